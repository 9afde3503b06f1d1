package national_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/definition"
	"homeward/internal/national"
)

// keyed puts the keys of the code set in place of the ledger's own.
func keyed(t *testing.T, ledger string, people []national.Stay, defs *definition.Tables) []national.Stay {
	t.Helper()
	name := map[string]string{"england-acute": "england-acute-2024", "england-mhsds": "england-mhsds-6", "scotland": "scotland-2016",
		"wales": "wales-pocd"}[ledger]
	set, err := defs.CodeSet(name)
	if err != nil {
		t.Fatal(err)
	}
	label, _ := labels(t, ledger)
	for i := range people {
		for j := range people[i].Periods {
			for k := range people[i].Periods[j].Steps {
				step := &people[i].Periods[j].Steps[k]
				if step.Reason == "" {
					continue
				}
				text := string(step.Reason)
				if ledger == "england-acute" || ledger == "wales" {
					text = label[text]
				}
				code, ok := set.Match(text, step.From)
				if !ok {
					t.Fatalf("%s: no code for %q", ledger, text)
				}
				step.Reason = set.Reason(code.Code)
			}
		}
	}
	return people
}

// Each table is the expected file, byte for byte.
func TestD2TablesAreTheExpectedFiles(t *testing.T) {
	defs, err := definition.Load(data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ ledger, table, file string }{
		{"england-acute", "days", "delayed_days.csv"}, {"england-acute", "sitrep", "daily.csv"}, {"england-acute", "snapshot", "mondays.csv"},
		{"england-acute", "ready-dates", "drd.csv"}, {"england-acute", "bridge", "bridge.csv"},
		{"england-mhsds", "mhs26", "delayed_days.csv"}, {"england-mhsds", "mhs518", "records.csv"},
		{"scotland", "bed-days", "bed_days.csv"}, {"scotland", "census", "census.csv"}, {"wales", "census", "census.csv"},
	} {
		w := window
		if c.ledger == "wales" {
			w = welshWindow
		}
		got, err := national.Make(c.table, national.Choice{Stays: keyed(t, c.ledger, stays(t, c.ledger), defs), Window: w, Defs: defs})
		if err != nil {
			t.Errorf("%s: %v", c.table, err)
			continue
		}
		var text bytes.Buffer
		out := csv.NewWriter(&text)
		if err := out.WriteAll(append([][]string{got.Columns}, got.Rows...)); err != nil {
			t.Fatal(err)
		}
		shared := os.Getenv("HOMEWARD_SHARED")
		if shared == "" {
			shared = filepath.Join("..", "..", "..", "shared")
		}
		want, err := os.ReadFile(filepath.Join(shared, "extracts", "ledger-2026", "expected", c.ledger, c.file))
		if err != nil {
			t.Fatal(err)
		}
		a, b := strings.Split(text.String(), "\n"), strings.Split(strings.ReplaceAll(string(want), "\r", ""), "\n")
		if c.ledger == "wales" {
			// The expected file is in the order of the ledger's own keys.
			slices.Sort(a)
			slices.Sort(b)
		}
		for i := range max(len(a), len(b)) {
			if i >= len(a) || i >= len(b) || a[i] != b[i] {
				t.Errorf("D2 %s %s, line %d of %d and %d:\n got %s\nwant %s", c.ledger, c.file, i+1, len(a), len(b), at(a, i), at(b, i))
				break
			}
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

func TestD2UnknownTable(t *testing.T) {
	if _, err := national.Make("league", national.Choice{}); err == nil || !strings.Contains(err.Error(), "ready-dates") {
		t.Errorf("got %v", err)
	}
}
