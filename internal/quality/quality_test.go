package quality

import (
	"slices"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/person"
)

func day(s string) delay.Day { return delay.MustDay(s) }

// What was found counts with the extract that has it: in a file of one extract all
// of it, in a file of several what is known to be of that day and provider, and of
// a receipt of before nothing, which is said.
func TestFoundIsOfItsExtract(t *testing.T) {
	g := extract.Group{Severity: "quarantined", Rule: "R2", Field: "Ready", Expected: "a date", Rows: 5}
	whole := extract.Group{Severity: "warning", Rule: "R4", Expected: "a text file"}
	found, undivided := Of([]extract.Group{g, whole}, true, "RZ1", day("2026-03-02"))
	if len(found) != 1 || found[0].Rows != 5 || undivided {
		t.Errorf("a file of one extract: %+v, undivided %t", found, undivided)
	}
	if found, undivided = Of([]extract.Group{g}, false, "RZ1", day("2026-03-02")); len(found) != 0 || !undivided {
		t.Errorf("a receipt of before: %+v, undivided %t", found, undivided)
	}
	g.Days = []extract.GroupDay{{Provider: "RZ1", Date: "2026-03-02", Rows: 2}, {Provider: "RZ2", Date: "2026-03-02", Rows: 1},
		{Provider: "RZ1", Date: "2026-03-03", Rows: 2}}
	if found, undivided = Of([]extract.Group{g}, false, "RZ1", day("2026-03-02")); len(found) != 1 || found[0].Rows != 2 || undivided {
		t.Errorf("a file of several: %+v, undivided %t", found, undivided)
	}
}

func TestChecksByProvider(t *testing.T) {
	bad := func(rows int) Found {
		return Found{extract.Group{Severity: "quarantined", Rule: "R2", Field: "Ready", Expected: "a date", Do: "Correct it."}, rows}
	}
	word := func(rows int) Found {
		return Found{extract.Group{Severity: "warning", Rule: "R2", Field: "Reason", Cause: "'Awaiting: POC': not in the layout",
			Expected: "a reason", Do: "Add it."}, rows}
	}
	minor := Found{extract.Group{Severity: "excluded", Rule: "C14", Field: "Age", Expected: "18 or over"}, 9}
	r := Make(day("2026-03-02"), day("2026-03-22"), []Extract{
		{Provider: "RZ2", Day: day("2026-03-03"), File: "b", Found: []Found{bad(1)}},
		{Provider: "RZ1", Day: day("2026-03-03"), File: "a1", Found: []Found{bad(4), minor}},
		{Provider: "RZ1", Day: day("2026-03-04"), File: "a2", Found: []Found{bad(3), word(2)}},
		{Provider: "RZ1", Day: day("2026-03-10"), File: "a3", Found: []Found{bad(2), word(1)}},
		{Provider: "RZ1", Day: day("2026-03-17"), File: "a4", Found: []Found{bad(2)}, Undivided: true},
	}, []string{"RZ1", "RZ2"})
	if len(r.Checks) != 2 || len(r.Words) != 1 || r.Undivided != 1 {
		t.Fatalf("checks %+v, words %+v, undivided %d", r.Checks, r.Words, r.Undivided)
	}
	c := r.Checks[0]
	if c.Provider != "RZ1" || c.Rows != 11 || c.Latest != 2 || c.Since != day("2026-03-03") || c.File != "a4" ||
		c.Age(r.Latest["RZ1"]) != 14 {
		t.Errorf("the check of RZ1 is %+v, %d days old", c, c.Age(r.Latest["RZ1"]))
	}
	want := []Week{{day("2026-03-02"), 2, 7}, {day("2026-03-09"), 1, 2}, {day("2026-03-16"), 1, 2}}
	if !slices.Equal(c.Weeks, want) || c.Trend() != "as many as the week before" {
		t.Errorf("its weeks are %+v (%s), want %+v", c.Weeks, c.Trend(), want)
	}
	w := r.Words[0]
	if w.Word != "Awaiting: POC" || w.Rows != 3 || w.Latest != 0 || w.Age(r.Latest["RZ1"]) != 0 {
		t.Errorf("the word waiting is %+v", w)
	}
	if got := w.Trend(); got != "fewer than the week before" {
		t.Errorf("the word's trend is %q", got)
	}
	// A week without an extract is no week without findings.
	if o := r.Checks[1]; o.Provider != "RZ2" || o.Weeks[1].Extracts != 0 || o.Trend() != "no week to compare with" {
		t.Errorf("the check of RZ2 is %+v", o)
	}
}

// What is blank is said of what it is counted of, and what measures go without;
// the bodies are nobody's to miss where days are not divided between them (A8).
func TestBlanksSayWhatMeasuresGoWithout(t *testing.T) {
	counted := []Blank{{"RZ1", Responsible, 10, 100}, {"RZ1", ReadyDate, 14, 100}, {"RZ1", Ward, 0, 9}, {"RZ2", Council, 1, 1000}}
	got := Blanks(counted, []string{"RZ2", "RZ1"}, true)
	want := []Blank{{"RZ2", Council, 1, 1000}, {"RZ1", ReadyDate, 14, 100}, {"RZ1", Responsible, 10, 100}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if s := got[1].Share(); s != "14% of 100 discharges" {
		t.Errorf("the share is %q", s)
	}
	for _, n := range needs {
		if b := (Blank{Field: n.field, Blank: 1, Of: 1}); b.Without() == "" || b.Share() == "" || b.Counted() == "" {
			t.Errorf("%s says nothing", n.field)
		}
	}
	if got := Blanks(counted, []string{"RZ1"}, false); slices.ContainsFunc(got, func(b Blank) bool { return b.Field == Responsible }) {
		t.Errorf("A8 without bodies: %+v", got)
	}
}

func TestPairsAreCounted(t *testing.T) {
	same, transfers, before := CountPairs([]person.Pair{{Kind: person.SamePerson}, {Kind: person.SamePerson, Judged: true},
		{Kind: person.Transfer}, {Kind: person.JudgedPair, Judged: true}})
	if same != (Pairs{1, 1}) || transfers != (Pairs{Open: 1}) || before != 1 {
		t.Errorf("got %+v, %+v, %d", same, transfers, before)
	}
	if got := same.Words(); got != "1 pair waits for a decision, 1 decided" {
		t.Errorf("got %q", got)
	}
}
