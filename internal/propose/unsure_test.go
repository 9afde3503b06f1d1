package propose_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"homeward/internal/propose"
)

// list makes a sample of the usual columns, changed by edit.
func list(name string, edit func(head, cells []string, p truth)) propose.File {
	head := []string{"Report date", "Provider", "Hospital number", "NHS number", "Ward", "Admission date", "Discharge ready date",
		"Type of care",
		"Reason for delay", "Attributable to", "Local authority", "Discharge date"}
	var b strings.Builder
	day := dateAs("02/01/2006")
	for i, p := range people() {
		cells := []string{day(listDay), "RK9", p.local, p.nhs, p.ward, day(p.admitted), day(p.ready), careAs(p.care), p.reason, bodyAs(p.body),
			councilAs(p.council), day(p.left)}
		h := slices.Clone(head)
		if edit != nil {
			edit(h, cells, p)
		}
		if i == 0 {
			fmt.Fprintln(&b, strings.Join(h, ","))
		}
		fmt.Fprintln(&b, strings.Join(cells, ","))
	}
	return propose.File{Name: name, Src: bytes.NewReader([]byte(b.String()))}
}

// What cannot be told is marked, in words that say what to look at.
func TestNothingIsSettledInSilence(t *testing.T) {
	early := func(p truth, i int) string { return fmt.Sprintf("%02d/%02d/2026", (p.n+i)%3+1, (p.n+i)/3%3+1) }
	for _, c := range []struct {
		name, file string
		edit       func(head, cells []string, p truth)
		says       string // in the marks or the refusal
	}{
		{"no day is over 12", "RK9.csv", func(_, cells []string, p truth) {
			cells[0], cells[5], cells[6], cells[11] = "05/04/2026", early(p, 0), early(p, 0), ""
		}, "dd/mm/yyyy and as mm/dd/yyyy alike"},
		{"columns of two orders", "RK9_2026-03-20.csv", func(_, cells []string, p truth) {
			cells[5] = dateAs("01/02/2006")(p.admitted)
		}, "not all written alike"},
		{"the clinical test alone", "RK9_2026-03-20.csv", func(head, _ []string, _ truth) {
			head[6] = "Date medically fit"
		}, "no column is the discharge ready date"},
		{"two ready dates", "RK9_2026-03-20.csv", func(head, _ []string, _ truth) {
			head[5] = "Date ready for discharge"
		}, "could be ready as well"},
		{"a heading that stands twice", "RK9_2026-03-20.csv", func(head, _ []string, _ truth) {
			head[4] = "Discharge ready date"
		}, "stands twice"},
		{"reasons of no list", "RK9_2026-03-20.csv", func(_, cells []string, p truth) {
			cells[8] = []string{"Waiting for Gwen", "Bed at Larkrise"}[p.n%2]
		}, "no reason of the samples is in a national list"},
		{"a word of no list among others", "RK9_2026-03-20.csv", func(_, cells []string, p truth) {
			if p.n == 7 {
				cells[9] = "Wellspring"
			}
		}, "Wellspring (1 row)"},
		{"no council", "RK9_2026-03-20.csv", func(head, cells []string, _ truth) {
			head[10], cells[10] = "Colour", "blue"
		}, "no column says the council"},
		{"no type of care", "RK9_2026-03-20.csv", func(head, cells []string, _ truth) {
			head[7], cells[7] = "Colour", "blue"
		}, "no column says the type of care"},
		{"a name of another day than the column", "RK9_2026-03-21.csv", nil, ""},
		{"names and columns that differ now and then", "RK9_2026-03-20.csv", func(_, cells []string, p truth) {
			if p.n%2 == 0 {
				cells[0] = "19/03/2026"
			}
		}, ""},
		{"nothing says whose it is", "list_2026-03-20.csv", func(head, cells []string, _ truth) {
			head[1], cells[1] = "Colour", "blue"
		}, "whose they are"},
		{"nothing says of which day", "RK9.csv", func(head, cells []string, _ truth) {
			head[0], cells[0] = "Colour", "blue"
		}, "of which day the list is"},
		{"ready after the list", "RK9_2026-03-20.csv", func(_, cells []string, p truth) {
			cells[6] = dateAs("02/01/2006")(listDay + 3)
		}, "after the day of the list"},
		{"numbers that fail the check and are few", "RK9_2026-03-20.csv", func(_, cells []string, p truth) {
			cells[3] = fmt.Sprint(1234567890 + p.n*7)
		}, ""},
		{"a column that holds dates without saying which", "RK9_2026-03-20.csv", func(head, cells []string, p truth) {
			head[1], cells[1] = "Milestone", cells[5]
		}, "holds dates"},
		{"everybody in a bed and nobody says who is ready", "RK9_2026-03-20.csv", func(_, cells []string, p truth) {
			if p.n%2 == 0 {
				cells[6] = ""
			}
		}, "have no ready date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := proposal(t, propose.Options{}, list(c.file, c.edit))
			marks := strings.Join(append(slices.Clone(p.Unsure), p.Refused), "\n")
			if !strings.Contains(marks, c.says) {
				t.Errorf("no mark says %q:\n%s\n%s", c.says, marks, p.Layout)
			}
			if c.says != "" {
				return
			}
			// There is nothing to ask, and the rows are read.
			if p.Refused != "" || len(p.Files) == 0 {
				t.Errorf("refused: %s\n%s", p.Refused, p.Layout)
			}
			for _, f := range p.Files {
				if f.Rejected != "" || f.Kept == 0 {
					t.Errorf("%s: kept %d, rejected: %s\n%s", f.Name, f.Kept, f.Rejected, p.Layout)
				}
			}
		})
	}
}

// A layout is kept in clear and for good: what may be a note about somebody, or names
// somebody's number, is no word of it and no part of a file's name (P1).
func TestP1NoNoteStandsInALayout(t *testing.T) {
	const number = "999 882 0928"
	const note = "Social worker waits until the neighbour of bed 7 has brought the keys of the flat in Larkrise Road back"
	p := proposal(t, propose.Options{}, list("RK9_2026-03-20.csv", func(_, cells []string, p truth) {
		switch p.n {
		case 3:
			cells[9] = "Social worker re " + number
		case 5:
			cells[9] = note
		}
	}))
	if strings.Contains(p.Layout, number) || strings.Contains(p.Layout, note) {
		t.Errorf("the layout holds it:\n%s", p.Layout)
	}
	if p.Layout == "" || !strings.Contains(p.Layout, "responsible:") {
		t.Fatalf("nothing was proposed: %s", p.Refused)
	}
	named := proposal(t, propose.Options{}, list("9998820928 list 2026-03-20.csv", nil))
	if strings.Contains(named.Layout, "9998820928") {
		t.Errorf("the layout holds the number of a file's name:\n%s", named.Layout)
	}
}
