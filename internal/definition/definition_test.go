package definition_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"homeward/data"
	"homeward/internal/definition"
	"homeward/internal/delay"
)

func tables(t testing.TB) *definition.Tables {
	t.Helper()
	tab, err := definition.Load(data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// Every worked example of the tables is recomputed, and every convention has
// some.
func TestD2WorkedExamples(t *testing.T) {
	tab := tables(t)
	for _, c := range tab.Conventions {
		examples := tab.ExamplesOf(c.Name)
		if len(examples) == 0 {
			t.Errorf("D2 %s has no worked example", c.Name)
		}
		for _, e := range examples {
			if got, want := c.Compute(e), e.Answer(); got != want {
				t.Errorf("D2 %s, %s: got %s, want %s", c.Name, e.Name, got, want)
			}
		}
	}
}

// The code sets hold every label of the lists in shared/domain, and each label
// is found however its dashes, spaces and lost characters came.
func TestD1EveryLabelIsKnown(t *testing.T) {
	tab := tables(t)
	for _, c := range []struct{ file, code, label, set, on string }{
		{"england_acute_37_reasons.csv", "seq", "label_published_aug_2026", "england-acute-2024", "2026-03-01"},
		{"england_acute_37_reasons.csv", "seq", "reason", "england-acute-2024", "2026-03-01"},
		{"mhsds_v6_reasons.csv", "code", "description", "england-mhsds-6", "2026-03-01"},
		{"wales_pocd_reasons.csv", "", "label", "wales-pocd", ""},
	} {
		set, err := tab.CodeSet(c.set)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows(t, c.file) {
			on := delay.MustDay("2025-03-01")
			if c.on != "" {
				on = delay.MustDay(c.on)
			} else if strings.HasPrefix(row["valid"], "from") {
				on = delay.MustDay("2025-04-16")
			}
			label := row[c.label]
			for _, text := range []string{label, strings.ToUpper(label), strings.NewReplacer("–", "-", "—", "-").Replace(label),
				strings.ReplaceAll(label, " ", "  "), strings.ReplaceAll(label, "–", "�"), strings.ReplaceAll(label, " – ", "–")} {
				got, ok := set.Match(text, on)
				if !ok || c.code != "" && got.Code != row[c.code] {
					t.Errorf("D1 %s: %q: got %q, %v", c.set, text, got.Code, ok)
				}
			}
		}
	}
	scotland, err := tab.CodeSet("scotland-2016")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"9/51X": "9/51X", "51X": "9/51X", "11a": "11A", "41": "25E", "100": "100"} {
		if got, ok := scotland.Match(text, delay.MustDay("2026-03-01")); !ok || got.Code != want {
			t.Errorf("D1 scotland-2016: %q: got %q, %v", text, got.Code, ok)
		}
	}
	dtoc, _ := tab.CodeSet("england-dtoc")
	for on, want := range map[string]string{"2012-01-01": "Housing: patients not covered by the NHS and Community Care Act",
		"2019-01-01": "Housing: patients not covered by the Care Act"} {
		if got, _ := dtoc.Coded("I", delay.MustDay(on)); got.Label != want {
			t.Errorf("D1 the label of I on %s: got %q", on, got.Label)
		}
	}
	if _, ok := dtoc.Match("Z", delay.MustDay("2019-01-01")); ok {
		t.Error("D1 an unknown reason was guessed")
	}
}

func rows(t *testing.T, file string) []map[string]string {
	t.Helper()
	shared := os.Getenv("HOMEWARD_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(shared, "domain", file))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the shared list is missing: %v", err)
		}
		t.Skipf("the shared list is missing: %v", err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
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

// A nation that the program has never heard of is added with tables only.
func TestD2AFifthNation(t *testing.T) {
	own := fstest.MapFS{
		"codesets/ruritania.csv": {
			Data: []byte(
				"# title: Waiting in Ruritania\n# nation: ruritania\n# version: 1\n# divides_by: groups\n# source: the Ministry\n# certainty: " +
					"invented\n" +
					"code,label,short,spellings,group,subgroup,pathways,bodies,suggested,acute,non_acute,from,until\nX1,Waiting for a " +
					"coach,,,Crown,,,,,yes,yes,,\n",
			),
		},
		"conventions.csv": {
			Data: []byte(
				"name,title,nation,counts,ready,end,continues,age_floor,grace_days,census,census_leaving,apart,from,until,source,certainty,words\n" +
					"ruritania,Waiting days,ruritania,days,yes,yes,no,21,0,daily,no,,,,the Ministry,invented,Both ends count.\n",
			),
		},
		"examples.csv": {
			Data: []byte(
				"convention,example,ready,out,after,age,from,to,expect,source\nruritania,three " +
					"days,2026-03-10,2026-03-12,,30,2026-03-01,2026-03-31,3,x\n",
			),
		},
	}
	tab, err := definition.Load(data.Reference, own)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tab.Convention("ruritania")
	if err != nil {
		t.Fatal(err)
	}
	e := tab.ExamplesOf("ruritania")[0]
	if got := c.Compute(e); got != e.Answer() {
		t.Errorf("D2 ruritania: got %s, want %s", got, e.Answer())
	}
	if set, err := tab.CodeSet("ruritania"); err != nil || set.Bodies || set.Groups[0] != "Crown" {
		t.Errorf("D1 ruritania: %+v, %v", set, err)
	}
	if _, err := tab.Convention("nowhere"); err == nil || !strings.Contains(err.Error(), "ruritania") {
		t.Errorf("D2 an unknown convention: %v", err)
	}
}

func TestD1DamagedTablesAreRefused(t *testing.T) {
	head := "# title: T\n# nation: n\n# version: 1\n# divides_by: groups\n# source: s\n# certainty: c\n"
	columns := "code,label,short,spellings,group,subgroup,pathways,bodies,suggested,acute,non_acute,from,until\n"
	for name, text := range map[string]string{
		"no source":      strings.Replace(head, "# source: s\n", "", 1) + columns + "A,B,,,,,,,,yes,yes,,\n",
		"a body":         head + columns + "A,B,,,,,,church,,yes,yes,,\n",
		"a day":          head + columns + "A,B,,,,,,,,yes,yes,soon,\n",
		"no rows":        head + columns,
		"divides by":     strings.Replace(head, "groups", "whim", 1) + columns + "A,B,,,,,,,,yes,yes,,\n",
		"no code":        head + columns + ",B,,,,,,,,yes,yes,,\n",
		"yes or no":      head + columns + "A,B,,,,,,,,perhaps,yes,,\n",
		"missing column": head + "code,label\nA,B\n",
	} {
		if _, err := definition.Load(fstest.MapFS{"codesets/x.csv": {Data: []byte(text)}}); err == nil {
			t.Errorf("D1 %s: a damaged table was read", name)
		}
	}
}
