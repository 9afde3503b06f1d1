package app_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/app"
	"homeward/internal/ingest"
	"homeward/internal/sqlite"
)

// A file that is checked gives the receipt and the figures that it gives when it
// is taken in, and nothing of it is left (C10, R4).
func TestCheckSaysWhatAFileGivesAndTakesNothing(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	first := n.file("RZ1_2026-03-09.csv", northgate("2026-03-09", 1, 30))
	again := []string{
		first, // the same bytes once more, when the first is in
		n.file("RZ1_2026-03-10.csv", northgate("2026-03-10", 5, 28)),
		n.file("RZ1_2026-03-11.csv", strings.Replace(northgate("2026-03-11", 5, 28), ",Acute,E,", ",Acute,Nobody said,", 1)),
		n.file("RZ1_2026-03-12.csv", northgate("2026-03-12", 5, 3)), // short: held (R5)
		n.file("RZ1_2026-03-13.csv", "no list\n"),
	}
	type checked struct {
		Files []ingest.Report     `json:"files"`
		Days  []ingest.DaysChange `json:"delayed_days"`
	}
	check := func(want int, files ...string) (out checked) {
		t.Helper()
		status, said, errs := run(t, append([]string{"check", "--data", n.data(), "--json"}, files...)...)
		if status != want {
			t.Fatalf("check ended with %d: %s %s", status, said, errs)
		}
		if err := json.Unmarshal([]byte(said), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}

	t.Run("P2 a folder without a database stays one", func(t *testing.T) {
		before := tree(t, n.data())
		if got := check(app.ExitDone, first); len(got.Files) != 1 || got.Files[0].Kept != 30 || len(got.Days) == 0 {
			t.Errorf("found %+v", got)
		}
		if after := tree(t, n.data()); !slices.Equal(before, after) {
			t.Errorf("the folder had %v, and has %v", before, after)
		}
	})
	must(t, "ingest", "--data", n.data(), first)
	total := func() (days int) {
		month := []string{"figures", "--data", n.data(), "--from", "2026-03", "--to", "2026-03", "--by", "month", "--format", "csv"}
		for _, r := range table(t, must(t, month...)) {
			one, err := strconv.Atoi(r["delayed_days"])
			if err != nil {
				t.Fatal(err)
			}
			days += one
		}
		return days
	}
	before, figures := tree(t, n.data()), total()
	tried := check(app.ExitLess, again...)
	if after := tree(t, n.data()); !slices.Equal(before, after) || total() != figures {
		t.Errorf("P2 something was taken: %v, then %v", before, after)
	}
	status, said, _ := run(t, append([]string{"ingest", "--data", n.data(), "--json"}, again...)...)
	took := receipts(t, said)
	if status != app.ExitLess || !reflect.DeepEqual(tried.Files, took) {
		t.Errorf("C10 the receipts were to be\n%+v\nand are\n%+v", tried.Files, took)
	}
	var outcomes []ingest.Outcome
	for _, r := range took {
		outcomes = append(outcomes, r.Outcome)
	}
	if want := []ingest.Outcome{ingest.Already, ingest.Taking, ingest.Taking, ingest.Held, ingest.Rejected}; !slices.Equal(outcomes, want) {
		t.Errorf("the outcomes are %v, want %v", outcomes, want)
	}
	var more int64
	for _, d := range tried.Days {
		more += d.After - d.Before
	}
	if got := int64(total() - figures); got != more || more == 0 {
		t.Errorf("check said %+d delayed days, and there are %+d", more, got)
	}

	t.Run("its words, with days that stand beside those of the figures", func(t *testing.T) {
		next := n.file("RZ1_2026-03-14.csv", northgate("2026-03-14", 5, 28))
		_, said, _ := run(t, "check", "--data", n.data(), next)
		_, table, _ := strings.Cut(said, "Delayed days by month")
		fields := strings.Fields(table)
		if len(fields) < 5 || fields[2] != "2026-03" || fields[3] != strconv.Itoa(total()) {
			t.Errorf("the days before are not those of the figures: %s", said)
		}
		for _, want := range []string{"Tried on a copy: nothing is taken.", "RZ1_2026-03-14.csv: taken: RZ1 2026-03-14", "Nothing was taken."} {
			if !strings.Contains(said, want) {
				t.Errorf("it does not say %q: %s", want, said)
			}
		}
	})
	t.Run("C7 under another partnership file the store stays as it is", func(t *testing.T) {
		own := filepath.Join(n.data(), app.PartnershipFile)
		content, err := os.ReadFile(own)
		if err != nil {
			t.Fatal(err)
		}
		other := n.file("other.yaml", strings.Replace(string(content), "settings:\n", "settings:\n  omitted_limit_days: 9\n", 1))
		if err := os.CopyFS(filepath.Join(n.dir, "layouts"), os.DirFS(filepath.Join(n.data(), "layouts"))); err != nil {
			t.Fatal(err)
		}
		next := n.file("RZ1_2026-03-15.csv", northgate("2026-03-15", 5, 28))
		was := derivedWith(t, n.data())
		if status, _, errs := run(t, "check", "--data", n.data(), "--partnership", other, next); status != app.ExitDone {
			t.Fatalf("check ended with %d: %s", status, errs)
		}
		if is := derivedWith(t, n.data()); is != was {
			t.Errorf("the store was derived with %s, and is with %s", was, is)
		}
		must(t, "verify", "--data", n.data())
	})
	t.Run("what it cannot do", func(t *testing.T) {
		for want, words := range map[string][]string{
			"Say which files or folders to check.": {"check", "--data", n.data()},
			"homeward init":                        {"check", "--data", filepath.Join(n.dir, "nowhere"), first},
		} {
			if status, _, errs := run(t, words...); status != app.ExitUsage || !strings.Contains(errs, want) {
				t.Errorf("%v ended with %d: %s", words, status, errs)
			}
		}
		if err := os.Remove(filepath.Join(n.data(), sqlite.FileName)); err != nil {
			t.Fatal(err)
		}
		status, _, errs := run(t, "check", "--data", n.data(), first)
		if status != app.ExitLess || !strings.Contains(errs, "Restore the database") {
			t.Errorf("beside a lost database it ended with %d: %s", status, errs)
		}
	})
}

// derivedWith gives what the store was derived with.
func derivedWith(t testing.TB, dir string) (with string) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.QueryRow(`SELECT settings FROM derived_with`).Scan(&with), db.Close()); err != nil {
		t.Fatal(err)
	}
	return with
}

// tree lists a folder's files, without the database's own beside it.
func tree(t testing.TB, dir string) (all []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && !strings.HasPrefix(path, sqlite.FileName+"-") {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
