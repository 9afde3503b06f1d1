package propose_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"homeward/internal/config"
	"homeward/internal/propose"
)

// inForce is a layout that reads what list makes.
const inForce = `# By hand, by somebody who knows the sender.
version: "4"
about: CSV, one row for each patient delayed
file:
  name: '(?i)^rk9'
  kind: text
  separator: comma
  encoding: utf-8
columns:
  extract_date: Report date
  provider: Provider
  local_id: Hospital number
  nhs_number: NHS number
  # Never the other date.
  ready: Discharge ready date
  admitted: Admission date
  care: Type of care
  reason: Reason for delay
  responsible: Attributable to
  council: Local authority
  discharged: Discharge date
not_read: [Ward] # by agreement
dates: [dd/mm/yyyy]
words:
  reasons: {use: england-dtoc}
  responsible: {use: england}
  care: {use: england}
`

func againstPartnership(t *testing.T) *config.Partnership {
	t.Helper()
	return &config.Partnership{Providers: []config.Provider{{Code: "RK9", Name: "Plymouth", Layout: "rk9-csv"}},
		Layouts: map[string]*config.Layout{}}
}

// R5: only what has changed is proposed, and what was written by hand stays.
func TestR5OnlyWhatHasChangedIsProposed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		edit func(head, cells []string, p truth)
		// text is what the next version has that this has not, minus gone.
		text, gone []string
		marks      []string
		held       bool
	}{
		{"nothing", nil, nil, nil, nil, false},
		{"a heading in place of another", func(head, _ []string, _ truth) { head[6] = "DRD" }, []string{"  ready: [Discharge ready date, DRD]"},
			[]string{"  ready: Discharge ready date"}, []string{"new, in place of Discharge ready date"}, false},
		{"a heading that says nothing", func(head, _ []string, _ truth) { head[7] = "Blue" }, []string{"  care: [Type of care, Blue]"},
			[]string{"  care: Type of care"}, []string{"new, in place of Type of care"}, false},
		{"a column that is no field", func(head, cells []string, _ truth) { head[4], cells[4] = "Frailty", "3" },
			[]string{"not_read: [Ward, Frailty] # by agreement"}, []string{"not_read: [Ward] # by agreement"}, nil, false},
		{"dates with two digits", func(_, cells []string, p truth) {
			cells[0], cells[5], cells[6] = dateAs("02/01/06")(listDay), dateAs("02/01/06")(p.admitted), dateAs("02/01/06")(p.ready)
			cells[11] = dateAs("02/01/06")(p.left)
		}, []string{"dates: [dd/mm/yyyy, dd/mm/yy]"}, []string{"dates: [dd/mm/yyyy]"}, []string{"does not read most dates"}, false},
		{"dates in the other order", func(_, cells []string, p truth) {
			cells[0], cells[5], cells[6] = dateAs("01/02/2006")(listDay), dateAs("01/02/2006")(p.admitted), dateAs("01/02/2006")(p.ready)
			cells[11] = dateAs("01/02/2006")(p.left)
		}, []string{"dates: mm/dd/yyyy"}, []string{"dates: [dd/mm/yyyy]"}, []string{"dates of earlier files would be read otherwise"}, false},
		{"words of another list for bodies", func(_, cells []string, p truth) {
			cells[9] = map[string]string{"NHS": "04", "Social Care": "05", "Both": "06"}[cells[9]]
		}, nil, nil, nil, false},
		{"reasons of the acute list", func(_, cells []string, p truth) {
			cells[8] = "Awaiting therapy review of need for supported discharge"
		}, []string{"code_set: england-acute-2024"}, []string{"  reasons: {use: england-dtoc}"},
			[]string{"the layout reads england-dtoc"}, false},
		{"a word that no list has", func(_, cells []string, p truth) {
			if p.n == 1 {
				cells[8] = "Waiting for Gwen"
			}
		}, nil, nil, []string{"that no list has"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := proposal(t, propose.Options{Partnership: againstPartnership(t), Against: &propose.Against{Name: "rk9-csv", Text: inForce}},
				list("RK9_2026-03-20.csv", c.edit))
			if p.Refused != "" || p.Name != "rk9-csv" {
				t.Fatalf("%s: %s", p.Name, p.Refused)
			}
			var text, gone []string
			for _, line := range propose.Compare(inForce, p.Layout) {
				switch line.Mark {
				case "+":
					text = append(text, line.Text)
				case "-":
					gone = append(gone, line.Text)
				}
			}
			if c.name != "words of another list for bodies" && (!slices.Equal(text, c.text) || !slices.Equal(gone, c.gone)) {
				t.Errorf("it adds %q and takes away %q\n%s", text, gone, p.Layout)
			}
			marks := strings.Join(p.Unsure, "\n")
			for _, m := range c.marks {
				if !strings.Contains(marks, m) {
					t.Errorf("marks: %s", marks)
				}
			}
			if len(c.marks) == 0 && marks != "" {
				t.Errorf("marks: %s", marks)
			}
			if (len(p.Differences) == 0) != (c.edit == nil) {
				t.Errorf("differences: %+v", p.Differences)
			}
			f := p.Files[0]
			if f.Rejected != "" || f.Held != "" || f.Quarantined > 0 || f.Read == 0 {
				t.Errorf("read by it: %+v", f)
			}
			if os.Getenv("SHOW") != "" {
				fmt.Println(c.name, p.Differences)
			}
		})
	}
}

// What somebody decides in the browser stands above the layout, and moves a heading.
func TestR5AnAnswerStandsAboveTheLayout(t *testing.T) {
	t.Parallel()
	p := proposal(t, propose.Options{Partnership: againstPartnership(t), Against: &propose.Against{Name: "rk9-csv", Text: inForce},
		Answers: propose.Answers{Fields: map[string]string{"ward": "ward"}, Words: map[string]map[string]string{
			"reasons": {"waiting for gwen": "E"}}}},
		list("RK9_2026-03-20.csv", func(_, cells []string, p truth) {
			if p.n == 1 {
				cells[8] = "Waiting for Gwen"
			}
		}))
	if p.Refused != "" || !strings.Contains(p.Layout, "  ward: Ward\n") || strings.Contains(p.Layout, "not_read") ||
		!strings.Contains(p.Layout, "  reasons: {use: england-dtoc, add: {E: Waiting for Gwen}}") {
		t.Errorf("%s\n%s", p.Refused, p.Layout)
	}
}
