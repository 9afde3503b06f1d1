package app_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/extract"
)

// bedList is a data folder of a board that lists everybody in a bed, with a
// clock.
type bedList struct {
	t   *testing.T
	dir string
	now time.Time
}

func (b *bedList) do(f func(*app.App)) {
	b.t.Helper()
	a, err := app.Open(b.t.Context(), app.Options{Data: b.dir, Make: true, Now: func() time.Time { return b.now }})
	if err != nil {
		b.t.Fatal(err)
	}
	defer a.Close()
	f(a)
}

// night does what the nightly job does.
func (b *bedList) night() (words string) {
	b.t.Helper()
	b.do(func(a *app.App) {
		var err error
		if words, err = app.RetentionNight(b.t.Context(), a); err != nil {
			b.t.Fatal(err)
		}
	})
	return words
}

// tables are all national counts and delays that the store gives.
func (b *bedList) tables() string {
	b.t.Helper()
	var out strings.Builder
	for _, table := range []string{"days", "sitrep", "snapshot", "ready-dates", "bridge"} {
		fmt.Fprintln(&out, table)
		out.WriteString(must(b.t, "national", table, "--data", b.dir, "--from", "2026-11", "--to", "2026-11"))
	}
	out.WriteString(must(b.t, "figures", "--data", b.dir, "--from", "2026-11-02", "--to", "2026-11-22", "--by", "provider,council",
		"--format", "csv"))
	return out.String()
}

func (b *bedList) count(query string, args ...any) (n int64) {
	b.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(b.dir, "homeward.db")+"?mode=ro")
	if err != nil {
		b.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// received is the content of all sealed files.
func (b *bedList) received() string {
	b.t.Helper()
	var out strings.Builder
	b.do(func(a *app.App) {
		all, err := a.Received.After("")
		if err != nil {
			b.t.Fatal(err)
		}
		for _, e := range all {
			o, err := a.Received.OpenEntry(e)
			if err != nil {
				b.t.Fatal(err)
			}
			if _, err := io.Copy(&out, o); err != nil {
				b.t.Fatal(err)
			}
			if err := o.Close(); err != nil {
				b.t.Fatal(err)
			}
		}
	})
	return out.String()
}

// R13: people who are not ready are forgotten after the setting's days, in the
// store and in the sealed files, and no figure changes: not while they are
// listed, though the retention job runs every night, and not by the purge;
// reading again says what is gone and changes nothing.
func TestR13NotReadyArePurged(t *testing.T) {
	skipShort(t)
	t.Parallel()
	board := shared(t, "extracts", "board-list")
	files, err := filepath.Glob(filepath.Join(board, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files of the board's list", err)
	}
	at := func(day string) time.Time { return delay.MustDay(day).Time().Add(10 * time.Hour) }
	whole := &bedList{t, copyExample(t, "board-list", func(s string) string { return s }), at("2026-11-24")}
	nightly := &bedList{t, copyExample(t, "board-list", func(s string) string { return s + "\nnot_ready_days: 7\n" }), at("2026-11-02")}
	send := func(b *bedList, path string) {
		b.do(func(a *app.App) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := a.Ingest.File(t.Context(), filepath.Base(path), f); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, path := range files {
		send(whole, path)
		day := strings.TrimSuffix(path[strings.LastIndexByte(path, '_')+1:], ".csv")
		nightly.now = at(day[:4] + "-" + day[4:6] + "-" + day[6:8])
		send(nightly, path)
		nightly.night()
	}
	nightly.now = at("2026-11-24")
	nightly.night()
	want := whole.tables()
	if got := nightly.tables(); got != want {
		t.Errorf("D6, D7: with nights between the files it is not what it is without: %s", firstDifference(lines(got), lines(want)))
	}
	whole.now = at("2027-06-01")
	words := whole.night()
	if !strings.Contains(words, "rows of people who were not ready") || !strings.Contains(words, "21 received files") {
		t.Errorf("the job says %s", words)
	}
	if got := whole.tables(); got != want {
		t.Errorf("D6, D7: purged it is not what it was: %s", firstDifference(lines(got), lines(want)))
	}
	if again := whole.night(); strings.Contains(again, "not ready") {
		t.Errorf("a second night purges again: %s", again)
	}
	// Nobody's number is left of those who never waited, and no row of those who
	// met the criteria in any file.
	known := whole.count(`SELECT count(*) FROM patient WHERE purged_at = 0`)
	for who, n := range map[string]int64{
		"with a number that was purged": whole.count(`SELECT count(*) FROM patient WHERE purged_at <> 0
			AND (nhs_number IS NOT NULL OR local_id IS NOT NULL OR other_id IS NOT NULL)`),
		"who waited and are purged": whole.count(`SELECT count(*) FROM patient p WHERE purged_at <> 0
			AND EXISTS (SELECT 1 FROM statement st WHERE st.patient_id = p.patient_id)`),
		"whose spell stands": whole.count(`SELECT count(*) FROM local_number WHERE sealed IS NOT NULL`) - known,
	} {
		if n > 0 {
			t.Errorf("R13: there are %d people %s", n, who)
		}
	}
	if n := whole.count(`SELECT count(*) FROM patient WHERE purged_at <> 0`); n == 0 {
		t.Error("R13: nobody was purged")
	}
	if text := whole.received(); strings.Contains(text, ",Y,NULL,") || !strings.Contains(text, ",N,") {
		t.Error("R13: a sealed file has a row of somebody who meets the criteria, or none of those who do not")
	}
	if n := whole.count(`SELECT count(*) FROM file WHERE report NOT LIKE '%people who were not ready were purged%'`); n > 0 {
		t.Errorf("R13: %d receipts do not say that rows were purged", n)
	}
	if n := whole.count(`SELECT count(*) FROM audit WHERE after LIKE '%people who were not ready%'`); n < 2 {
		t.Errorf("R13: %d entries of the audit log say so", n)
	}

	// Read again with another word, the files say what they lack.
	partnership := filepath.Join(whole.dir, "partnership.yaml")
	changed := strings.Replace(string(must2(os.ReadFile(partnership))), "names: [Bristol, ", "names: [Bristol, Bristle, ", 1)
	if err := os.WriteFile(partnership, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, errs := run(t, "read-again", "--data", whole.dir)
	if !strings.Contains(out, "21 files read the same.") || !strings.Contains(out, "21 files lack rows of people who were not ready") {
		t.Errorf("R13: reading again says %s%s", last(out, 1500), errs)
	}
	must(t, "read-again", "--data", whole.dir, "--take", "--reason", "another name")
	if got := whole.tables(); got != want {
		t.Errorf("D6, D7: read again it is not what it was: %s", firstDifference(lines(got), lines(want)))
	}
	must(t, "verify", "--data", whole.dir)
}

// Rows of people who are not ready are taken out of sealed workbooks too: the
// file stays, reads again as before for those who wait, and says what it lacks
// (R13).
func TestR13NotReadyArePurgedFromWorkbooks(t *testing.T) {
	t.Parallel()
	at := func(day string) time.Time { return delay.MustDay(day).Time().Add(10 * time.Hour) }
	b := &bedList{t, copyExample(t, "england-acute", func(s string) string { return s }), at("2026-03-07")}
	all := []inPlymouth{{"A100001", "20/01/1938", 1, 2, 6, "", "P3", "Devon", "Usual place of residence"},
		{"A100003", "20/01/1938", 1, 0, 0, "", "", "Devon", ""},
		{"A100002", "20/01/1950", 1, 3, 0, "", "P1", "Plymouth", ""}}
	b.do(func(a *app.App) {
		for day := 1; day <= 6; day++ {
			var rows [][]any
			for line := range strings.Lines(plymouth(day, all...)) {
				var row []any
				for cell := range strings.SplitSeq(strings.TrimRight(line, "\r\n"), ",") {
					row = append(row, cell)
				}
				rows = append(rows, row)
			}
			var book bytes.Buffer
			if err := extract.WriteWorkbook(&book, "List", rows); err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("RK9_2026-03-%02d.xlsx", day)
			if r, err := a.Ingest.File(t.Context(), name, bytes.NewReader(book.Bytes())); err != nil || r.RowsRead == 0 {
				t.Fatalf("%s: %+v, %v", name, r, err)
			}
		}
	})
	counted := func() string {
		return must(t, "national", "sitrep", "--data", b.dir, "--from", "2026-03", "--to", "2026-03")
	}
	want := counted()
	b.now = at("2026-09-01")
	if words := b.night(); !strings.Contains(words, "purged from 6 received files") || strings.Contains(words, "deleted whole") {
		t.Errorf("R13 the job says %s", words)
	}
	if got := counted(); got != want {
		t.Errorf("D6 purged it is not what it was: %s", firstDifference(lines(got), lines(want)))
	}
	b.do(func(a *app.App) {
		files, err := a.Received.After("")
		if err != nil || len(files) != 6 {
			t.Fatal(len(files), err)
		}
		for _, e := range files {
			o, err := a.Received.OpenEntry(e)
			if err != nil {
				t.Fatal(err)
			}
			book, err := io.ReadAll(o)
			if err := errors.Join(err, o.Close()); err != nil {
				t.Fatal(err)
			}
			grids, err := extract.ReadGrids(book, extract.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprint(grids)
			if strings.Contains(text, "A100003") || o.Name > "RK9_2026-03-03" != strings.Contains(text, "A100002") {
				t.Errorf("R13 the sealed workbook %s holds %s", o.Name, text)
			}
		}
	})
	partnership := filepath.Join(b.dir, "partnership.yaml")
	changed := strings.Replace(string(must2(os.ReadFile(partnership))), "[Devon County Council]", "[Devon County Council, Devonn]", 1)
	if err := os.WriteFile(partnership, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, errs := run(t, "read-again", "--data", b.dir)
	if !strings.Contains(out, "6 files read the same.") || !strings.Contains(out, "6 files lack rows of people who were not ready") {
		t.Errorf("R13 reading again says %s%s", last(out, 1500), errs)
	}
	must(t, "read-again", "--data", b.dir, "--take", "--reason", "another name")
	if got := counted(); got != want {
		t.Errorf("D6 read again it is not what it was: %s", firstDifference(lines(got), lines(want)))
	}
	must(t, "verify", "--data", b.dir)
}
