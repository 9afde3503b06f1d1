package sqlite_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
	"homeward/internal/measure"
)

// A wait that ends by the log ends on the pathway of where they left to, with a
// move to it on that day; its days stay where they were, and the record says so.
func TestC16EndOfTheLogIsAPathway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g, p := d.given("E", delay.SocialCare), d.patient("9990000026")
	scope := person("coordinator", 1, "RZ9")
	entries := int64(0)
	log := func(kind logbook.Kind, made, day, where string, undoes int64) {
		t.Helper()
		in := casework.NewEntry{Reference: p.Reference, Kind: kind, Made: delay.MustDay(made), Day: delay.MustDay(day), Destination: where,
			Undoes: undoes, Given: g.Given, Outcome: g.Outcome, Ready: delay.MustDay(day), Place: ingest.Place{Ward: "1"}}
		if kind == logbook.Opened {
			in.Provider, in.NewPatient = "RZ9", &p
		}
		entries++
		_, _, err := dated(d.Store, delay.MustDay(made).Time().Add(time.Duration(600+entries)*time.Minute)).Log(t.Context(), scope, in)
		if err != nil {
			t.Fatal(err)
		}
		d.verify()
	}
	events := func() string {
		t.Helper()
		found, err := d.Events(t.Context(), measure.Query{From: delay.MustDay("2026-03-02"), To: delay.MustDay("2026-03-31"),
			By: []measure.Dimension{measure.ByDay, measure.ByPathway}})
		if err != nil {
			t.Fatal(err)
		}
		out := make([]string, len(found))
		for i, e := range found {
			out[i] = fmt.Sprintf("%s %s %s", e.Day, e.Kind, e.Pathway)
		}
		return strings.Join(out, ", ")
	}
	findings := func(of int) []delay.Finding {
		t.Helper()
		c, err := d.Case(t.Context(), scope.Scope(), p.Reference)
		if err != nil {
			t.Fatal(err)
		}
		return c.Delays[of].Findings
	}
	log(logbook.Opened, "2026-03-02", "2026-03-02", "1", 0)
	log(logbook.Ended, "2026-03-20", "2026-03-09", "2", 0)
	const first = "2026-03-03 new 1, 2026-03-09 ended 2, 2026-03-09 moved in 2, 2026-03-09 moved out 1"
	if got := events(); got != first {
		t.Errorf("C16: %s, want %s", got, first)
	}
	days := map[string]int64{"1": 6}
	d.want(measure.ByPathway, days)
	if got := findings(0); len(got) != 1 || got[0].Rule != "C16" || !strings.Contains(got[0].Words, "they left on pathway 2") {
		t.Errorf("the record notes %v", got)
	}

	// The next wait was ready before the end of the first was written down.
	log(logbook.Opened, "2026-03-20", "2026-03-15", "3", 0)
	log(logbook.Ended, "2026-03-21", "2026-03-21", "3", 0)
	const both = first + ", 2026-03-16 new 3, 2026-03-21 ended 3"
	if got := events(); got != both {
		t.Errorf("C16: %s, want %s", got, both)
	}
	if got := findings(1); len(got) > 0 {
		t.Errorf("what agrees is noted: %v", got)
	}

	// An end that is taken back states nothing.
	log(logbook.Undone, "2026-03-21", "2026-03-21", "", 4)
	log(logbook.Ended, "2026-03-22", "2026-03-21", "0", 0)
	want := strings.ReplaceAll(both, "2026-03-21 ended 3", "2026-03-21 ended 0, 2026-03-21 moved in 0, 2026-03-21 moved out 3")
	if got := events(); got != want {
		t.Errorf("C16: %s, want %s", got, want)
	}
	spells, err := d.Spells(t.Context(), measure.Query{From: delay.MustDay("2026-03-02"), To: delay.MustDay("2026-03-31"),
		By: []measure.Dimension{measure.ByPathway}})
	if err != nil {
		t.Fatal(err)
	}
	var lengths []string
	for _, s := range spells {
		lengths = append(lengths, fmt.Sprintf("%s %d", s.Pathway, s.Delayed))
	}
	slices.Sort(lengths)
	if got := strings.Join(lengths, ", "); got != "0 5, 2 6" {
		t.Errorf("days waited are of pathway and days %s, want 0 5, 2 6", got)
	}
}

// An end of today is of the delay that was ready today where the one before was
// over, and of the one before where it was not; a pause up to the end hides nothing.
func TestC16EndOnTheDayOfBeingReady(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g, p := d.given("E", delay.SocialCare), d.patient("9990000026")
	scope := person("coordinator", 1, "RZ9")
	entries := int64(0)
	log := func(kind logbook.Kind, made, day, ready, where string) {
		t.Helper()
		in := casework.NewEntry{Reference: p.Reference, Kind: kind, Made: delay.MustDay(made), Day: delay.MustDay(day), Destination: where,
			Given: g.Given, Outcome: g.Outcome, Ready: delay.MustDay(ready), Place: ingest.Place{Ward: "1"}}
		if kind == logbook.Opened {
			in.Provider, in.NewPatient = "RZ9", &p
		}
		entries++
		_, _, err := dated(d.Store, delay.MustDay(made).Time().Add(time.Duration(600+entries)*time.Minute)).Log(t.Context(), scope, in)
		if err != nil {
			t.Fatal(err)
		}
		d.verify()
	}
	log(logbook.Opened, "2026-03-02", "2026-03-02", "2026-03-02", "1")
	log(logbook.Ended, "2026-03-10", "2026-03-10", "2026-03-02", "1")
	// Admitted again, ready on the day on which they leave.
	log(logbook.Opened, "2026-03-20", "2026-03-20", "2026-03-20", "2")
	log(logbook.Ended, "2026-03-20", "2026-03-20", "2026-03-20", "3")
	found, err := d.Events(t.Context(), measure.Query{From: delay.MustDay("2026-03-02"), To: delay.MustDay("2026-03-31"),
		By: []measure.Dimension{measure.ByDay, measure.ByPathway}})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(found))
	for i, e := range found {
		out[i] = fmt.Sprintf("%s %s %s", e.Day, e.Kind, e.Pathway)
	}
	const want = "2026-03-03 new 1, 2026-03-10 ended 1"
	if got := strings.Join(out, ", "); got != want {
		t.Errorf("C16: %s, want %s: the second end is not of the first wait", got, want)
	}
}

// Who comes from another council with the same next step is no hand-off, also
// where one council is asked for alone (G4).
func TestG4NoHandoffToOneself(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	here := d.given("E", delay.SocialCare)
	there := here
	there.Council = "E06000099"
	d.extract("2026-03-01", &there, "2026-03-01")
	d.extract("2026-03-02", &there, "2026-03-01")
	d.extract("2026-03-03", &here, "2026-03-01")
	f := measure.Filter{Councils: []delay.Council{council}}
	from, to := delay.MustDay("2026-03-01"), delay.MustDay("2026-03-31")
	events, err := d.Events(t.Context(), measure.Query{From: from, To: to, By: []measure.Dimension{measure.ByDay}, Filter: f})
	if err != nil || !slices.ContainsFunc(events, func(e measure.Event) bool { return e.Kind == measure.MovedIn }) {
		t.Fatal("nobody came from the other council", events, err)
	}
	if got, err := measure.Handoffs(t.Context(), d.Store, f, measure.ByResponsible, from, to); err != nil || len(got) > 0 {
		t.Errorf("G4: %v, %v", got, err)
	}
}
