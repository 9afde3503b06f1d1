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
