package app_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/app"
	"homeward/internal/ingest"
	"homeward/internal/sqlite"
)

// unpackHostile unpacks the hostile files, whose names hold line breaks and
// worse, and gives the folder.
func unpackHostile(t testing.TB) string {
	t.Helper()
	f, err := os.Open(shared(t, "extracts", "hostile", "visible.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for archive := tar.NewReader(unzipped); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		name := strings.TrimPrefix(h.Name, "./")
		if strings.ContainsRune(name, filepath.Separator) {
			t.Fatalf("%q is not a plain name", name)
		}
		out, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(out, archive)
		if err := errors.Join(err, out.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// hostileMemory is the most that one hostile file may make the program hold.
// Some unpack to 300 MB.
const hostileMemory = 300 << 20

// Every hostile file by itself, in an empty store, as a process of its own:
// the program neither crashes nor hangs nor swells, no row is lost without a
// word, and nothing is written outside the data folder (R1, R2, R3, R4, R8).
func TestHostileFiles(t *testing.T) {
	skipShort(t)
	t.Parallel()
	manifest := sharedTable(t, "extracts", "hostile", "manifest.csv")
	dir := unpackHostile(t)
	for _, want := range manifest {
		t.Run(want["family"]+"/"+want["what_is_wrong"], func(t *testing.T) {
			t.Parallel()
			c := newChild(t)
			before := ""
			if first := want["load_first"]; first != "" {
				if f, _ := c.ingest(t, filepath.Join(dir, first)); f.status != app.ExitDone {
					t.Fatalf("the file before it ended with %d: %s", f.status, f.errs)
				}
				before = everything(t, c.data(), "2017-01-01", "2019-12-31")
			}
			f, all := c.ingest(t, filepath.Join(dir, want["file"]))
			if f.errs != "" {
				t.Errorf("it says beside the receipt: %s", f.errs)
			}
			if f.memory > hostileMemory {
				t.Errorf("held %d MiB of memory", f.memory>>20)
			}
			onlyIn(t, c.home, "data", "tmp")
			onlyIn(t, c.tmp())
			onlyIn(t, c.data(), "homeward.db", "homeward.db-wal", "homeward.db-shm", app.KeyFile, app.ReceivedFolder, app.SpoolFolder,
				sqlite.AuditKeyName, sqlite.HeadFileName)
			if len(all) != 1 {
				t.Fatalf("got %d receipts", len(all))
			}
			wantHostile(t, want, f.status, all[0])
			if want["expect"] == "no_change" && everything(t, c.data(), "2017-01-01", "2019-12-31") != before {
				t.Error("C11: the same bytes again changed the figures")
			}
			if out := must(t, "verify", "--data", c.data()); !strings.Contains(out, "Everything agrees") {
				t.Errorf("verify says %s", out)
			}
		})
	}
}

// wantHostile checks one receipt against the manifest's row.
func wantHostile(t *testing.T, want map[string]string, status int, r ingest.Report) {
	t.Helper()
	number := func(column string) int {
		n, err := strconv.Atoi(want[column])
		if err != nil && want[column] != "" {
			t.Fatal(err)
		}
		return n
	}
	status0 := r.Outcome == ingest.Taking || r.Outcome == ingest.Already
	if status0 != (status == app.ExitDone) || status == app.ExitUsage {
		t.Errorf("%s, and the exit status is %d", r.Outcome, status)
	}
	if r.Outcome == ingest.Rejected && r.Kept != 0 {
		t.Errorf("rejected, and %d rows are kept", r.Kept)
	}
	if n := number("rows_kept_min"); r.Kept < n {
		t.Errorf("%s with %d rows kept, want at least %d: %s", r.Outcome, r.Kept, n, r.Reason)
	}
	if n := number("rows_kept_max"); r.Kept > n {
		t.Errorf("%d rows kept, want at most %d", r.Kept, n)
	}
	if r.Outcome != ingest.Rejected {
		if r.Kept+r.Quarantined+r.Excluded != r.RowsRead {
			t.Errorf("R1: %d kept, %d quarantined and %d excluded are not the %d read", r.Kept, r.Quarantined, r.Excluded, r.RowsRead)
		}
		if n := number("rows_quarantined_min"); r.Quarantined < n {
			t.Errorf("R2: %d rows quarantined, want at least %d", r.Quarantined, n)
		}
		// Lines after an unclosed quotation mark cannot be told apart.
		if n := number("rows_in_file"); r.RowsRead < n && want["family"] != "quoting" {
			t.Errorf("R1: %d of %d rows read", r.RowsRead, n)
		}
	}
	said, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	plain := want["expect"] == "accepted" && r.Outcome == ingest.Taking && r.Warnings == 0 && r.Quarantined == 0
	if words := want["message_should_mention"]; words != "" && !plain {
		var parts struct {
			Reason   string
			Problems []map[string]any
			Extracts []ingest.ExtractReport
		}
		if err := json.Unmarshal(said, &parts); err != nil {
			t.Fatal(err)
		}
		// The file's name is in every receipt and is no message.
		message, err := json.Marshal(parts)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for word := range strings.SplitSeq(words, "|") {
			found = found || strings.Contains(strings.ToLower(string(message)), strings.ToLower(word))
		}
		if !found {
			t.Errorf("no message mentions any of %q: %s", words, last(string(message), 1500))
		}
	}
	for _, p := range r.Problems {
		if p.Found == "" || p.Expected == "" || p.Do == "" {
			t.Errorf("R1: a message lacks what was found, what was expected or what to do: %+v", p)
		}
	}
	if r.Outcome == ingest.Rejected && r.Reason == "" {
		t.Error("R4: rejected without a word")
	}
}

// All hostile files into one store, in the order of the manifest: what is
// stored is what the evidence gives, and no word out of a file or its name
// stands in a list where a spreadsheet or terminal would obey it (R8).
func TestHostileFilesTogether(t *testing.T) {
	skipShort(t)
	t.Parallel()
	dir := unpackHostile(t)
	c := newChild(t)
	var files []string
	for _, row := range sharedTable(t, "extracts", "hostile", "manifest.csv") {
		files = append(files, filepath.Join(dir, row["file"]))
	}
	f, all := c.ingest(t, files...)
	if f.status != app.ExitLess || len(all) != len(files) {
		t.Fatalf("ended with %d and %d receipts of %d files: %s", f.status, len(all), len(files), f.errs)
	}
	if f.memory > hostileMemory {
		t.Errorf("held %d MiB of memory", f.memory>>20)
	}
	onlyIn(t, c.home, "data", "tmp")
	onlyIn(t, c.tmp())
	if out := must(t, "verify", "--data", c.data()); !strings.Contains(out, "Everything agrees") {
		t.Errorf("verify says %s", out)
	}
	seen := everything(t, c.data(), "2017-01-01", "2019-12-31") +
		must(t, "delays", "--data", c.data(), "--format", "json") +
		must(t, "figures", "--data", c.data(), "--from", "2019-06", "--to", "2019-06", "--by", everyBreakdown, "--format", "table")
	for _, r := range seen {
		if r < ' ' && r != '\n' && r != '\t' {
			t.Fatalf("R8: the control character %U stands in a list", r)
		}
	}
	for line := range strings.SplitSeq(seen, "\n") {
		for cell := range strings.SplitSeq(line, ",") {
			if strings.IndexAny(strings.Trim(cell, `" `), "=+@") == 0 {
				t.Errorf("R8: a spreadsheet would run the cell %q", cell)
			}
		}
	}
	if again := c.run(t, append([]string{"ingest", "--data", c.data(), "--partnership", must2(filepath.Abs(devonExample)), "--"},
		files...)...); strings.ContainsAny(again.out, "\x1b\x00\x07") {
		t.Error("R8: a line at a terminal holds control characters")
	} else if lines := strings.Split(again.out, "\n"); len(lines) < len(files) {
		t.Errorf("%d lines for %d files", len(lines), len(files))
	}
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
