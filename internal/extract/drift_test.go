package extract_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/extract"
)

// driftHeadings are those of plymouth-csv, driftRow a row of it by its number.
var driftHeadings = []string{"Extract date", "Provider", "Site", "Ward", "Local patient ID", "NHS number", "Date of birth",
	"Admission date",
	"Discharge ready date", "Type of care", "Reason for delay", "Attributable to", "Local authority", "Discharge date"}

func driftRow(n int) []string {
	return []string{"2026-03-20", "RK9", "RK901", "W1", fmt.Sprint("H10", n), "", fmt.Sprintf("1940-05-%02d", 10+n), "2026-01-05",
		fmt.Sprintf("2026-03-%02d", 1+n), "Acute", []string{"A", "C", "E"}[n%3], "NHS", "E10000008", ""}
}

// driftFile makes a file of six rows, changed.
func driftFile(change func(headings []string, rows [][]string) []string) string {
	headings := append([]string{}, driftHeadings...)
	var rows [][]string
	for n := range 6 {
		rows = append(rows, driftRow(n))
	}
	if change != nil {
		headings = change(headings, rows)
	}
	lines := []string{strings.Join(headings, ",")}
	for _, r := range rows {
		lines = append(lines, strings.Join(r, ","))
	}
	return strings.Join(lines, "\n") + "\n"
}

func renamed(from, to string) func([]string, [][]string) []string {
	return func(h []string, _ [][]string) []string {
		for i := range h {
			if h[i] == from {
				h[i] = to
			}
		}
		return h
	}
}

// without takes a column out.
func without(heading string) func([]string, [][]string) []string {
	return func(h []string, rows [][]string) []string {
		at := slices.Index(h, heading)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], at, at+1)
		}
		return slices.Delete(h, at, at+1)
	}
}

// each changes a column of every row.
func each(heading string, change func(n int, was string) string) func([]string, [][]string) []string {
	return func(h []string, rows [][]string) []string {
		for i := range h {
			for n := range rows {
				if h[i] == heading {
					rows[n][i] = change(n, rows[n][i])
				}
			}
		}
		return h
	}
}

func TestR5Drift(t *testing.T) {
	t.Parallel()
	set := devon(t)
	cases := []struct {
		name   string
		change func([]string, [][]string) []string
		// kind and field are those of the first change that suffers, else of the first.
		kind  extract.ChangeKind
		field string
		// fate is taken, held, new (held unless it is a habit) or rejected.
		fate string
		says string
	}{
		{"as usual", nil, "", "", "taken", ""},
		{"another column is said and nothing suffers", func(h []string, rows [][]string) []string {
			for i := range rows {
				rows[i] = append(rows[i], "3")
			}
			return append(h, "Frailty score")
		}, extract.HeadingNew, "", "taken", "Frailty score"},
		{"one new word is said and nothing suffers", each("Reason for delay", func(n int, was string) string {
			if n == 2 {
				return "Awaiting gadget"
			}
			return was
		}), extract.OtherWords, "reason", "taken", "1 of 6 values is not in the layout ('Awaiting gadget')"},
		{"a place that is called otherwise changes no figure", renamed("Ward", "Ward name"), extract.HeadingMissing, "ward", "taken", "'Ward'"},
		{"the ready date is called otherwise", renamed("Discharge ready date", "DRD"), extract.HeadingMissing, "ready", "rejected",
			"'Discharge ready date'"},
		{"C14 the birth date is called otherwise: children would count", renamed("Date of birth", "DOB"), extract.HeadingRenamed, "birth_date",
			"held", "'DOB' looks like it"},
		{"C14 no birth date is sent any more: children would count", without("Date of birth"), extract.HeadingMissing, "birth_date", "new",
			"nobody would be left out as under 18"},
		{"C14 no birth date can be read", each("Date of birth", func(n int, _ string) string { return fmt.Sprintf("1~5~19%d", 40+n) }),
			extract.OtherDates, "birth_date", "held", "6 of 6 dates"},
		{"C4 no discharge date can be read", each("Discharge date", func(n int, _ string) string { return fmt.Sprintf("20~03~%d", n) }),
			extract.OtherDates, "discharged", "held", "6 of 6 dates"},
		{"reasons of another national list", each("Reason for delay", func(int, string) string {
			return "Awaiting therapy review of need for supported discharge"
		}), extract.OtherList, "reason", "new", "6 of them are of the list england-acute-2024"},
		{"R2 one new word for every reason is said, and the rows are kept", each("Reason for delay", func(int, string) string {
			return "Awaiting POC"
		}), extract.OtherWords, "reason", "taken", "6 of 6 values"},
		{"local words for reasons", each("Reason for delay", func(n int, _ string) string { return fmt.Sprint("our word ", n) }),
			extract.OtherWords, "reason", "new", "6 of 6 values"},
		{"councils by names that nobody knows", each("Local authority", func(n int, _ string) string {
			return fmt.Sprint("Area ", n%2)
		}), extract.OtherWords,
			"council", "new", "6 of 6 values"},
		{"bodies by other words", each("Attributable to", func(n int, _ string) string {
			return fmt.Sprint("Z", n%2)
		}), extract.OtherWords, "responsible", "new",
			"6 of 6 values"},
		{"ready before admission in most rows", each("Discharge ready date", func(n int, _ string) string {
			return fmt.Sprintf("2025-12-%02d", 1+n)
		}),
			extract.HeadingMoved, "ready", "new", "6 of 6 rows"},
		{"R9 dates in the other order", each("Discharge ready date", func(n int, _ string) string { return fmt.Sprintf("03/%02d/2026", 13+n) }),
			extract.OtherDates, "ready", "rejected", "the other order"},
		{"R9 one date in the other order beside some that read either way", each("Discharge ready date", func(n int, _ string) string {
			return fmt.Sprintf("03/%02d/2026", []int{13, 1, 2, 3, 1, 2}[n])
		}), extract.OtherDates, "ready", "held", "the other order"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sum, err := set.Read(t.Context(), "RK9_2026-03-20.csv", strings.NewReader(driftFile(c.change)), func(*extract.Row) error { return nil })
			fate := "taken"
			switch {
			case err != nil:
				fate = "rejected"
			case sum.Doubt != "":
				fate = "held"
			case len(sum.Unlike.Fields) > 0:
				fate = "new"
			}
			if fate != c.fate {
				t.Errorf("it is %s, want %s: %v %q %+v", fate, c.fate, err, sum.Doubt, sum.Unlike)
			}
			if c.kind == "" {
				if len(sum.Changes) > 0 {
					t.Errorf("changes: %+v", sum.Changes)
				}
				return
			}
			var got extract.Change
			for _, one := range sum.Changes {
				if got.Kind == "" || one.Suffers && !got.Suffers {
					got = one
				}
			}
			if got.Kind != c.kind || got.Field != c.field || !strings.Contains(got.Says, c.says) || got.Suffers != (c.fate != "taken") {
				t.Errorf("%+v", sum.Changes)
			}
			if sum.Layout != "plymouth-csv" {
				t.Errorf("layout %q", sum.Layout)
			}
		})
	}
}

// P1: what a change says shows no number of a person.
func TestP1ChangesShowNoNumbers(t *testing.T) {
	t.Parallel()
	text := driftFile(func(h []string, rows [][]string) []string {
		for i := range rows {
			rows[i] = append(rows[i], "x")
		}
		return append(each("Local authority", func(int, string) string { return "12345678 Road" })(h, rows), "9990000018")
	})
	sum, err := devon(t).Read(t.Context(), "RK9_2026-03-20.csv", strings.NewReader(text), func(*extract.Row) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if said := fmt.Sprintf("%+v %+v", sum.Changes, sum.Unlike); strings.Contains(said, "9990000018") || strings.Contains(said, "12345678") {
		t.Error(said)
	}
}

// R5: a column that decides a figure and is not sent any more makes a file that is
// held unless it is a habit; one that the layout says may be missing, or that another
// stands for, is not missed.
func TestR5AColumnThatIsNotSentAnyMore(t *testing.T) {
	t.Parallel()
	stay := func(c *config.Columns) { c.Criteria, c.Pathway = config.List{"Criteria"}, config.List{"Pathway"} }
	for _, c := range []struct {
		name    string
		columns func(*config.Columns)
		excused config.List
		without string
		with    map[string]string // columns that are sent besides
		says    string            // empty: it is taken
	}{
		{"C14 neither birth date nor age", nil, nil, "Date of birth", nil, "nobody would be left out as under 18"},
		{"C14 excused by the layout", nil, config.List{"birth_date"}, "Date of birth", nil, ""},
		{"C14 the age stands for the birth date", func(c *config.Columns) { c.Age = config.List{"Age"} }, nil, "Date of birth",
			map[string]string{"Age": "85"}, ""},
		{"C14 the birth date stands for the age", func(c *config.Columns) { c.Age = config.List{"Age"} }, nil, "", nil, ""},
		{"no admission date, where delays count", nil, nil, "Admission date", nil, ""},
		{"no admission date, where stays count", stay, nil, "Admission date", map[string]string{"Criteria": "N", "Pathway": "1"},
			"the days before readiness could not be told"},
		{"D6 no pathway, where stays count", stay, nil, "", map[string]string{"Criteria": "N"}, "tables by it would say not known"},
		{"D6 no pathway, excused by the layout", stay, config.List{"pathway"}, "", map[string]string{"Criteria": "N"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := config.ParsePartnership(data.Examples, "devon/partnership.yaml")
			if err != nil {
				t.Fatal(err)
			}
			layout := p.Layouts["plymouth-csv"]
			if c.columns != nil {
				c.columns(&layout.Columns)
			}
			layout.NotRead = slices.DeleteFunc(layout.NotRead, func(h string) bool { return slices.Contains(layout.Columns.Pathway, h) })
			layout.MayBeMissing = c.excused
			set, err := extract.Compile(p, data.Reference)
			if err != nil {
				t.Fatal(err)
			}
			text := driftFile(func(h []string, rows [][]string) []string {
				if c.without != "" {
					h = without(c.without)(h, rows)
				}
				for heading, cell := range c.with {
					h = append(h, heading)
					for i := range rows {
						rows[i] = append(rows[i], cell)
					}
				}
				return h
			})
			sum, err := set.Read(t.Context(), "RK9_2026-03-20.csv", strings.NewReader(text), func(*extract.Row) error { return nil })
			if err != nil || sum.Doubt != "" {
				t.Fatalf("%v %q", err, sum.Doubt)
			}
			var said []string
			for _, one := range sum.Changes {
				if one.Suffers {
					said = append(said, one.Says)
				}
			}
			if (len(sum.Unlike.Fields) > 0) != (c.says != "") || (len(said) > 0) != (c.says != "") ||
				c.says != "" && !strings.Contains(said[0], c.says) {
				t.Errorf("unlike in %q: %q, want %q", sum.Unlike.Fields, said, c.says)
			}
		})
	}
}
