package app_test

import (
	"cmp"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A whole ledger, from the files that hospitals would send, through the program
// with the worked examples as they stand, is the expected table, cell for cell.
func TestD4NationalCountsOfTheLedger(t *testing.T) {
	skipShort(t)
	for _, c := range nationalLedgers {
		t.Run(c.name, func(t *testing.T) {
			files := shared(t, "extracts", "ledger-2026", c.name)
			dir := copyExample(t, c.name, func(s string) string { return s })
			must(t, "ingest", "--data", dir, files)
			c.want(t, dir)
		})
	}
}

// nationalLedger is what hospitals of one nation or kind send, and the tables that
// answer it.
type nationalLedger struct {
	name, from, to string
	tables         map[string]string
}

var nationalLedgers = []nationalLedger{
	{"scotland", "2026-02", "2026-04", map[string]string{"bed-days": "bed_days.csv", "census": "census.csv"}},
	{"wales", "2025-02", "2025-04", map[string]string{"census": "census.csv"}},
	{"england-mhsds", "2026-02", "2026-04", map[string]string{"mhs26": "delayed_days.csv"}},
	{"england-acute", "2026-02", "2026-04", map[string]string{"days": "delayed_days.csv", "sitrep": "daily.csv", "snapshot": "mondays.csv",
		"ready-dates": "drd.csv", "bridge": "bridge.csv"}},
}

// want demands that the tables of a folder equal the answers, line by line.
func (c nationalLedger) want(t *testing.T, dir string) {
	t.Helper()
	for table, file := range c.tables {
		got := lines(must(t, "national", table, "--data", dir, "--from", c.from, "--to", c.to))
		text, err := os.ReadFile(shared(t, "extracts", "ledger-2026", "expected", c.name, file))
		if err != nil {
			t.Fatal(err)
		}
		want := lines(string(text))
		// The files are in the order of keys of their own.
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d lines, expected %d; the first that differs: %s", table, len(got), len(want), firstDifference(got, want))
		}
	}
}

func lines(text string) []string {
	return strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r", "")), "\n")
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return got[i] + "\nexpected " + want[i]
		}
	}
	return "the end"
}

// A board's list of two providers, everybody in a bed, by pseudonyms: who moves
// between them counts once (C19), and who is ready and in a bed is who remains
// (D6).
func TestD6BoardListRemainingAndDays(t *testing.T) {
	dir := copyExample(t, "board-list", func(s string) string { return s })
	files, err := filepath.Glob(filepath.Join(shared(t, "extracts", "board-list"), "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	must(t, append([]string{"ingest", "--data", dir}, files...)...)
	wantBoardList(t, dir)
}

// wantBoardList demands who remains and the days of the board's list.
func wantBoardList(t *testing.T, dir string) {
	t.Helper()
	read := func(text string) []map[string]string {
		all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var out []map[string]string
		for _, cells := range all[1:] {
			row := map[string]string{}
			for i, name := range all[0] {
				row[name] = cells[i]
			}
			out = append(out, row)
		}
		return out
	}
	expected := func(name string) []map[string]string {
		text, err := os.ReadFile(shared(t, "extracts", "board-list", "expected", name))
		if err != nil {
			t.Fatal(err)
		}
		return read(string(text))
	}
	remaining := map[string]string{}
	for _, r := range read(must(t, "national", "sitrep", "--data", dir, "--from", "2026-11", "--to", "2026-11", "--age-floor", "18")) {
		remaining[r["date"]+" "+r["provider"]] = r["remaining"]
	}
	for _, r := range expected("remaining.csv") {
		if got := remaining[r["day"]+" "+r["provider"]]; got != r["remaining_18_and_over"] {
			t.Errorf("D6 remaining on %s at %s: got %s, want %s", r["day"], r["provider"], got, r["remaining_18_and_over"])
		}
	}
	days := map[string][2]int{}
	for _, r := range read(must(t, "national", "days", "--data", dir, "--from", "2026-11", "--to", "2026-11")) {
		if r["age_at_ready"] != "18+" {
			continue
		}
		key := r["provider"] + " " + r["council"]
		sum := days[key]
		for i, name := range []string{"england_drd_days", "england_dtoc_days"} {
			n, err := strconv.Atoi(r[name])
			if err != nil {
				t.Fatal(err)
			}
			sum[i] += n
		}
		days[key] = sum
	}
	for _, r := range expected("delayed_days.csv") {
		got := days[r["provider"]+" "+cmp.Or(r["council"], "not known")]
		if strconv.Itoa(got[0]) != r["england_drd_days"] || strconv.Itoa(got[1]) != r["england_dtoc_days"] {
			t.Errorf("D2 %s %s: got %v, want %s and %s", r["provider"], r["council"], got, r["england_drd_days"], r["england_dtoc_days"])
		}
	}
}

// In a partnership of providers with lists of different kinds each table counts
// those whose lists can answer it, as if the others were not there, and says who
// is left out and why (D4).
func TestD4NationalCountsOfAMixedPartnership(t *testing.T) {
	skipShort(t)
	dir := copyExample(t, "england-acute", func(s string) string {
		return strings.Replace(s, "\nsettings:", "  - {code: RWV, name: Devon Partnership NHS Trust, layout: mhsds-6}\n\nsettings:", 1)
	})
	layout, err := os.ReadFile(filepath.Join("..", "..", "data", "examples", "england-mhsds", "layouts", "mhsds-6.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "layouts", "mhsds-6.yaml"), layout, 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "ingest", "--data", dir, shared(t, "extracts", "ledger-2026", "england-acute"),
		shared(t, "extracts", "ledger-2026", "england-mhsds"))
	period := []string{"--data", dir, "--from", "2026-02", "--to", "2026-04"}
	for table, file := range map[string]string{"sitrep": "england-acute/daily.csv", "snapshot": "england-acute/mondays.csv",
		"ready-dates": "england-acute/drd.csv", "bridge": "england-acute/bridge.csv", "mhs26": "england-mhsds/delayed_days.csv"} {
		text, err := os.ReadFile(shared(t, "extracts", "ledger-2026", "expected", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		code, out, said := run(t, append([]string{"national", table}, period...)...)
		got, want := lines(out), lines(string(text))
		slices.Sort(got)
		slices.Sort(want)
		if code != 0 || !slices.Equal(got, want) {
			t.Errorf("%s: %d, %d lines, expected %d; the first that differs: %s", table, code, len(got), len(want), firstDifference(got, want))
		}
		left := "Left out of " + table + ": RWV, because its lists are not of everybody in a bed"
		if table == "mhs26" {
			left = "Left out of mhs26: RA9, because its reasons are of england-acute-2024, not of england-mhsds"
		}
		if !strings.Contains(said, left) {
			t.Errorf("%s says %q, expected %q", table, said, left)
		}
	}
	if code, _, said := run(t, append([]string{"national", "bed-days"}, period...)...); code == 0 ||
		!strings.Contains(said, "no provider's lists can answer bed-days (RA9: its reasons are of england-acute-2024, not of scotland") {
		t.Errorf("bed-days: %d %q", code, said)
	}
	if out := must(t, append([]string{"national", "sitrep", "--format", "json"}, period...)...); !strings.Contains(out, `"left_out"`) ||
		!strings.Contains(out, `"provider": "RWV"`) {
		t.Errorf("the JSON does not say who is left out: %.300s", out)
	}
}
