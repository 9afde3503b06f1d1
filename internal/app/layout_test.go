package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/app"
)

// proposed puts in a layout's place the one that is proposed from samples alone.
func proposed(t *testing.T, dir, layout string, samples ...string) {
	t.Helper()
	path := filepath.Join(dir, "layouts", layout+".yaml")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	must(t, append([]string{"layout", "propose", "--name", layout, "--out", path}, samples...)...)
}

// firstOf gives the first files of a pattern, as a new sender would send.
func firstOf(t *testing.T, n int, elements ...string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shared(t, elements[:len(elements)-1]...), elements[len(elements)-1]))
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	return files[:min(n, len(files))]
}

// The ledger's five lists by layouts that are proposed from samples alone, uncorrected,
// are exact in every national table. The real year is TestDevonInAnyOrderByProposedLayoutsKilled.
func TestLedgerByProposedLayouts(t *testing.T) {
	skipShort(t)
	t.Parallel()
	layouts := map[string]map[string]string{
		"scotland": {"phs-monthly": "S08*"}, "wales": {"pocd-daily": "7A1*"}, "england-mhsds": {"mhsds-6": "RWV*"},
		"england-acute": {"plymouth-bed-state": "RK9*", "torbay-bed-state": "RA9*"},
	}
	for _, c := range nationalLedgers {
		t.Run(c.name, func(t *testing.T) {
			dir := copyExample(t, c.name, func(s string) string { return s })
			for layout, pattern := range layouts[c.name] {
				proposed(t, dir, layout, firstOf(t, 7, "extracts", "ledger-2026", c.name, pattern)...)
			}
			must(t, "ingest", "--data", dir, shared(t, "extracts", "ledger-2026", c.name))
			c.want(t, dir)
		})
	}
}

func TestBoardListByProposedLayout(t *testing.T) {
	t.Parallel()
	dir := copyExample(t, "board-list", func(s string) string { return s })
	proposed(t, dir, "board-list", firstOf(t, 5, "extracts", "board-list", "*.csv")...)
	must(t, append([]string{"ingest", "--data", dir}, firstOf(t, 100, "extracts", "board-list", "*.csv")...)...)
	wantBoardList(t, dir)
}

func TestLayoutCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sample := filepath.Join(dir, "RK9_2026-03-20.csv")
	text := "Extract date,Provider,Hosp No,NHS No,DOB,Admitted,Ready Date,Type of care,Reason for delay,Attributable to,LA\n" +
		"2026-03-20,RK9,H1001,9990000018,1940-05-17,2026-01-05,2026-03-10,Acute,E,Social Care,E10000008\n"
	if err := os.WriteFile(sample, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("prints a layout that loads as it is", func(t *testing.T) {
		t.Parallel()
		out := must(t, "layout", "propose", sample)
		if strings.Contains(out, "9990000018") || strings.Contains(out, "H1001") {
			t.Errorf("P1: it shows an identifier\n%s", out)
		}
		if !strings.Contains(out, "ready: Ready Date") || !strings.Contains(out, "# Rows as they are understood") {
			t.Error(out)
		}
	})
	t.Run("overwrites nothing", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "x.yaml")
		must(t, "layout", "propose", sample, "--out", path)
		if status, _, errs := run(t, "layout", "propose", sample, "--out", path); status != app.ExitLess || !strings.Contains(errs,
			"not overwritten") {
			t.Errorf("%d: %s", status, errs)
		}
	})
	t.Run("asks for files", func(t *testing.T) {
		t.Parallel()
		for _, words := range [][]string{{"layout"}, {"layout", "propose"}, {"layout", "guess", sample}, {"layout", "propose", "nowhere.csv"}} {
			if status, _, _ := run(t, words...); status != app.ExitUsage {
				t.Errorf("%v ends with %d", words, status)
			}
		}
	})
	t.Run("ends with 1 where rows would be set aside", func(t *testing.T) {
		t.Parallel()
		bad := filepath.Join(t.TempDir(), "RK9_2026-03-21.csv")
		late := strings.Replace(text, "2026-03-10", "2026-04-10", 1)
		if err := os.WriteFile(bad, []byte(late), 0o600); err != nil {
			t.Fatal(err)
		}
		status, out, _ := run(t, "layout", "propose", bad)
		if status != app.ExitLess || !strings.Contains(out, "after the day of the list") {
			t.Errorf("%d: %s", status, out)
		}
	})
}
