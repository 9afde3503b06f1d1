package propose_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"homeward/internal/propose"
)

// trap is a heading that says nearly what another field's says, with what stands below
// it, and the usual heading that it takes the place of.
type trap struct {
	heading string
	values  func(p truth) string
	instead string // empty where it stands beside all the usual ones
	want    string // what it is, "" for a column that is not read
}

// A column that is nearly what is looked for is not taken for it in silence, and one
// that says it in other words is not passed over in silence.
func TestHeadingsThatSayNearlyTheSame(t *testing.T) {
	uk := dateAs("02/01/2006")
	past := func(p truth) string { return uk(p.ready - 4) }
	after := func(p truth) string { return uk(p.ready + 1) }
	planned := func(truth) string { return uk(listDay + 5) }
	ready, left, admitted := func(p truth) string { return uk(p.ready) }, func(p truth) string { return uk(p.left) },
		func(p truth) string { return uk(p.admitted) }
	flag := func(p truth) string { return []string{"Y", "N"}[p.n%2] }
	ward, reason, body := func(p truth) string { return p.ward }, func(p truth) string { return labels[p.reason] },
		func(p truth) string { return bodyAs(p.body) }
	pick := func(all ...string) func(truth) string { return func(p truth) string { return all[p.n%len(all)] } }
	traps := []trap{
		{"Discharge notice date", after, "Discharge date", ""},
		{"Discharge notification sent", after, "Discharge date", ""},
		{"Date of discharge planning meeting", after, "Discharge date", ""},
		{"Discharge by", planned, "Discharge date", ""},
		{"Provisional discharge date", planned, "Discharge date", ""},
		{"Likely discharge date", planned, "Discharge date", ""},
		{"Agreed discharge date", planned, "Discharge date", ""},
		{"Confirmed discharge date", after, "Discharge date", ""},
		{"Discharge date booked", planned, "Discharge date", ""},
		{"Intended date of discharge", planned, "Discharge date", ""},
		{"Criteria led discharge date", planned, "Discharge date", ""},
		{"Previous discharge date", past, "Discharge date", ""},
		{"Date left the ward on leave", planned, "Discharge date", ""},
		{"Home on", left, "Discharge date", "discharged"},
		{"Gone on", left, "Discharge date", "discharged"},
		{"Disposition date", left, "Discharge date", "discharged"},
		{"A&E arrival date", admitted, "Admission date", ""},
		{"Decision to admit", admitted, "Admission date", ""},
		{"Previous admission date", admitted, "Admission date", ""},
		{"Last admission date", admitted, "Admission date", ""},
		{"DoA", admitted, "Admission date", "admitted"},
		{"ADMDTE", admitted, "Admission date", "admitted"},
		{"Next MDT date", func(truth) string { return uk(listDay + 1) }, "Report date", ""},
		{"Date panel", func(truth) string { return uk(listDay) }, "Report date", ""},
		{"Delay reported date", past, "Discharge ready date", ""},
		{"Delay escalated date", past, "Discharge ready date", ""},
		{"First day of delay", ready, "Discharge ready date", "ready"},
		{"CRFD date", ready, "Discharge ready date", "ready"},
		{"RFDDTE", ready, "Discharge ready date", "ready"},
		{"Delay commenced", ready, "Discharge ready date", "ready"},
		{"Date no longer meeting CtR", ready, "Discharge ready date", "ready"},
		{"Date agreed fit and safe", ready, "Discharge ready date", "ready"},
		{"Criteria led discharge", flag, "", ""},
		{"Ready for lounge", flag, "", ""},
		{"Interim bed?", flag, "", ""},
		{"Previous ward", ward, "Ward", ""},
		{"Admitting ward", ward, "Ward", ""},
		{"Discharge ward", ward, "Ward", ""},
		{"Target ward", ward, "Ward", ""},
		{"Department", ward, "Ward", "ward"},
		{"Location", ward, "Ward", "ward"},
		{"Previous delay reason", reason, "Reason for delay", ""},
		{"Why still here", pick("Awaiting SW assessment", "Rehab bed", "POC"), "Reason for delay", "reason"},
		{"Hold-up", pick("Assessment", "Rehab bed", "POC", "Equipment"), "Reason for delay", "reason"},
		{"Provider type", pick("Acute", "Community"), "Provider", ""},
		{"New provider", pick("Homecare Ltd", "Care Co"), "Provider", ""},
		{"Attending provider", pick("Dr A Frost", "Mr B Lake"), "Provider", ""},
		{"Seen by", pick("Dr A Frost", "Mr B Lake"), "Provider", ""},
		{"Trust of residence", pick("Belfast", "Lisburn and Castlereagh"), "", ""},
		{"H/S/B", pick("H", "S", "B"), "Attributable to", "responsible"},
		{"Who", pick("Health", "Social", "Both"), "Attributable to", "responsible"},
		{"Owner", body, "Attributable to", "responsible"},
		{"D.O.B", func(p truth) string { return uk(p.born) }, "", "birth_date"},
		{"Site coordinator notes", pick("chase", "call family"), "", ""},
	}
	for _, trap := range traps {
		t.Run(trap.heading, func(t *testing.T) {
			f := list("RK9_2026-03-20.csv", func(head, cells []string, p truth) {
				at := slices.Index(head, trap.instead)
				if at < 0 {
					at = slices.Index(head, "Type of care")
				}
				head[at], cells[at] = trap.heading, fmt.Sprintf("%q", trap.values(p))
			})
			p := proposal(t, propose.Options{}, f)
			for _, c := range p.Columns {
				if c.Heading != trap.heading {
					continue
				}
				want := trap.want
				if want == "" {
					want = "not_read"
				}
				if c.Field != want && (c.Unsure == "" || trap.want != "") {
					t.Errorf("it is %s, not %s: %s %s", c.Field, want, c.Evidence, c.Unsure)
				}
				return
			}
			t.Error("there is no such column", strings.Join(p.Unsure, "; "))
		})
	}
}

// The name of a file says of which day and whose it is, whatever else stands in it.
func TestNamesOfFiles(t *testing.T) {
	undated := func(head, cells []string, _ truth) {
		head[0], head[1], cells[0], cells[1] = "Colour", "Shape", "blue", "round"
	}
	for _, c := range []struct{ name, day, provider string }{
		{"nctr_RK9_26-03-20.csv", "2026-03-20", "RK9"},
		{"RK901-202603202359.csv", "2026-03-20", "RK9"},
		{"THE RAW REP 20.03.2026.TXT", "2026-03-20", ""},
		{"RK9 delays 200326.csv", "2026-03-20", "RK9"},
	} {
		p := proposal(t, propose.Options{}, list(c.name, undated))
		if p.Refused != "" || len(p.Files) != 1 || !slices.Equal(p.Files[0].Dates, []string{c.day}) {
			t.Errorf("%s: %s %+v", c.name, p.Refused, p.Files)
		}
		if len(p.Providers) != 1 || p.Providers[0].Code != c.provider {
			t.Errorf("%s: the provider is %+v", c.name, p.Providers)
		}
	}
	// One name reads in two ways, and the other shows the order.
	files := []propose.File{list("RK9_12042026.csv", undated), list("RK9_20042026.csv", undated)}
	p := proposal(t, propose.Options{}, files...)
	for i, day := range []string{"2026-04-12", "2026-04-20"} {
		if len(p.Files) != 2 || !slices.Equal(p.Files[i].Dates, []string{day}) || strings.Contains(p.Day.Unsure, "two ways") {
			t.Errorf("%s: %+v %s", day, p.Files, p.Day.Unsure)
		}
	}
}

// What goes one with one says the same where it is words, and not where it is dates.
func TestColumnsThatSayTheSame(t *testing.T) {
	uk := dateAs("02/01/2006")
	marked := func(edit func(head, cells []string, p truth), heading string) string {
		p := proposal(t, propose.Options{}, list("RK9_2026-03-20.csv", edit))
		for _, c := range p.Columns {
			if c.Heading == heading {
				return c.Unsure
			}
		}
		t.Fatal("no column", heading)
		return ""
	}
	if why := marked(func(head, cells []string, p truth) {
		head[7], cells[7] = "Delay reason description", labels[p.reason]
	}, "Reason for delay"); why != "" {
		t.Error("a code beside its name is in doubt: ", why)
	}
	if why := marked(func(head, cells []string, p truth) {
		head[7], cells[7] = "Date ready for discharge", uk(p.ready-1)
	}, "Discharge ready date"); why == "" {
		t.Error("one of two ready dates, a day apart, is taken with no mark")
	}
}

// A ward with its bed in one cell is read, and marked.
func TestWardAndBedInOneCellIsMarked(t *testing.T) {
	p := proposal(t, propose.Options{}, list("RK9_2026-03-20.csv", func(_, cells []string, p truth) {
		cells[4] = fmt.Sprintf("%s - Bed %d", p.ward, p.n)
	}))
	if !strings.Contains(strings.Join(p.Unsure, "; "), "each bed would be a ward") {
		t.Error(p.Unsure)
	}
}

// Whoever leaves the answer blank is not taken for either in silence.
func TestBlankAnswersAreMarked(t *testing.T) {
	p := proposal(t, propose.Options{}, list("RK9_2026-03-20.csv", func(head, cells []string, p truth) {
		head[7], cells[7] = "C2R (Y/N)", []string{"Y", "N", ""}[p.n%3]
		if p.n%3 != 1 {
			cells[6] = ""
		}
	}))
	if !strings.Contains(strings.Join(p.Unsure, "; "), "what a blank means") {
		t.Error(p.Unsure)
	}
}

// Numbers without a zero in front are of no list for sure.
func TestNumbersForReasonsAreMarked(t *testing.T) {
	p := proposal(t, propose.Options{}, list("RK9_2026-03-20.csv", func(_, cells []string, p truth) {
		cells[8] = fmt.Sprint(p.n%9 + 1)
	}))
	if !strings.Contains(p.CodeSet.Unsure, "numbers without a zero") {
		t.Errorf("%+v", p.CodeSet)
	}
}
