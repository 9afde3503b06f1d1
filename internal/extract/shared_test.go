package extract_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/problem"
)

// shared gives a path of the shared data, which is not part of the repository.
func shared(t testing.TB, elements ...string) string {
	t.Helper()
	root := os.Getenv("HOMEWARD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the shared data are not there: %v", err)
		}
		t.Skipf("the shared data are not there: %v", err)
	}
	return path
}

// devon compiles the worked example.
func devon(t testing.TB) *extract.Set {
	t.Helper()
	p, err := config.ParsePartnership(data.Examples, "devon/partnership.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := extract.Compile(p, data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func read(t testing.TB, set *extract.Set, name string, content []byte) (*extract.Summary, []extract.Row, error) {
	t.Helper()
	var rows []extract.Row
	sum, err := set.Read(context.Background(), name, bytes.NewReader(content), func(r *extract.Row) error {
		rows = append(rows, *r)
		return nil
	})
	if sum == nil {
		t.Fatalf("%q: no summary", name)
	}
	if err != nil && problem.KindOf(err) != problem.Invalid {
		t.Fatalf("%q: %v", name, err)
	}
	if err == nil && (sum.Kept+sum.Quarantined+sum.Excluded != sum.Read || sum.Kept != len(rows)) {
		t.Errorf("R1 %q: kept %d (given %d) + quarantined %d + excluded %d is not read %d", name, sum.Kept, len(rows), sum.Quarantined,
			sum.Excluded, sum.Read)
	}
	return sum, rows, err
}

func table(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return tableOf(t, f)
}

func tableOf(t *testing.T, src io.Reader) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(src).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, h := range rows[0] {
			m[h] = row[i]
		}
		out = append(out, m)
	}
	return out
}

// TestDevonYear reads every file of the real year: nothing may be left over but
// the last line of the files that were cut off.
func TestDevonYear(t *testing.T) {
	expected := table(t, shared(t, "extracts", "devon-2018-19", "expected", "files.csv"))
	set := devon(t)
	kept := map[string]int{}
	for _, want := range expected {
		folder := "extracts"
		if want["trick"] == "late" {
			folder = "extracts-late"
		}
		path := shared(t, "extracts", "devon-2018-19", folder, want["file"])
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sum, rows, err := read(t, set, want["file"], content)
		if err != nil {
			t.Errorf("%s: %v", want["file"], err)
			continue
		}
		if sum.Provider != want["provider"] || len(sum.Dates) != 1 || sum.Dates[0].Date != delay.MustDay(want["extract_date"]) {
			t.Errorf("%s: provider %s, dates %v", want["file"], sum.Provider, sum.Dates)
		}
		cut := want["trick"] == "truncated" && !strings.Contains(want["file"], "_v2")
		if (sum.Quarantined != 0) != cut || sum.Excluded != 0 {
			t.Errorf("%s: %d quarantined, %d excluded: %v", want["file"], sum.Quarantined, sum.Excluded, sum.Problems)
		}
		for _, p := range sum.Problems {
			if !cut {
				t.Errorf("%s: %v", want["file"], p)
			}
		}
		kept[sum.Provider] += sum.Kept
		for _, r := range rows {
			if r.NHSNumber == "" || r.LocalID == "" || r.Given.Reason == "" || r.Given.Council == "" || r.Given.Care == delay.CareNotKnown ||
				r.Given.StatedUnread {
				t.Errorf("%s, line %d: not all known: %+v", want["file"], r.Line, r.Given)
				break
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Log(kept)
}

// beyondReader are the hostile files whose message needs what only ingest
// knows: other files, earlier rows of the file, or the attribution matrix.
var beyondReader = map[string]bool{"duplicates": true, "resend": true}

// twice counts the rows that ingest takes once (R7).
var twice = map[string]int{"MHS_RWV_20190605_same-row-twice.csv": 1}

var beyondReaderFiles = []string{"reason-C-not-nhs", "reason-Di-joint", "reason-O-in-acute-care"}

// TestHostile reads every hostile file by itself.
func TestHostile(t *testing.T) {
	dir := shared(t, "extracts", "hostile")
	files := unpack(t, filepath.Join(dir, "visible.tar.gz"))
	set := devon(t)
	for _, m := range table(t, filepath.Join(dir, "manifest.csv")) {
		t.Run(m["family"]+"/"+m["file"], func(t *testing.T) {
			content, ok := files[m["file"]]
			if !ok {
				t.Fatal("not in the archive")
			}
			sum, _, err := read(t, set, m["file"], content)
			messages := ""
			kept, quarantined, accounted := sum.Kept, sum.Quarantined, sum.Read
			if err != nil {
				kept, messages = 0, problem.Sentence(err)
			}
			for _, p := range sum.Problems {
				messages += "\n" + p.String()
			}
			number := func(key string) int { n, _ := strconv.Atoi(m[key]); return n }
			// Rows that stand twice are ingest's to tell (R7).
			if m["family"] != "duplicates" && kept < number("rows_kept_min") || kept > number("rows_kept_max")+twice[m["file"]] {
				t.Errorf("kept %d, limits %s to %s\n%s", kept, m["rows_kept_min"], m["rows_kept_max"], messages)
			}
			if err == nil && quarantined+sum.Excluded < number("rows_quarantined_min") {
				t.Errorf("quarantined %d, least %s\n%s", quarantined, m["rows_quarantined_min"], messages)
			}
			if err == nil && m["rows_in_file"] != "" && accounted != number("rows_in_file") {
				t.Errorf("R1: %d rows accounted for of %s\n%s", accounted, m["rows_in_file"], messages)
			}
			if (m["expect"] != "accepted" || kept < number("rows_in_file")) && !beyond(m) {
				mentioned := m["message_should_mention"] == ""
				for word := range strings.SplitSeq(m["message_should_mention"], "|") {
					mentioned = mentioned || strings.Contains(strings.ToLower(messages), strings.ToLower(word))
				}
				if !mentioned || messages == "" {
					t.Errorf("no message mentions %s\n%s", m["message_should_mention"], messages)
				}
			}
		})
	}
}

func beyond(m map[string]string) bool {
	for _, part := range beyondReaderFiles {
		if strings.Contains(m["file"], part) {
			return true
		}
	}
	return beyondReader[m["family"]]
}

func unpack(t *testing.T, path string) map[string][]byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := io.Copy(&b, r); err != nil {
			t.Fatal(err)
		}
		// Names in the archive may hold a folder, and back-slashes of their own.
		files[strings.TrimPrefix(h.Name, "./")] = b.Bytes()
		if i := strings.LastIndex(h.Name, "/"); i >= 0 {
			files[h.Name[i+1:]] = b.Bytes()
		}
	}
}
