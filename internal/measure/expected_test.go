package measure

import (
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/delay"
)

// Of days of which a trust sends no extract none is late or missing; what it sends
// all the same counts.
func TestDaysOfWhichNoneIsSent(t *testing.T) {
	e := Expected{Code: "RZ1", Due: 7 * time.Hour, Days: []time.Weekday{1, 2, 3, 4, 5}}
	friday, saturday := delay.MustDay("2026-11-20"), delay.MustDay("2026-11-21")
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		day  delay.Day
		r    Received
		want Arrival
	}{
		{"a Friday without one", friday, Received{}, Missing},
		{"a Saturday without one", saturday, Received{}, NotDue},
		{"a Saturday with one", saturday, Received{Counted: true, At: now.Add(-70 * time.Hour)}, In},
		{"a Saturday with a short one", saturday, Received{Held: true}, Held},
		{"a Saturday that lacks a code's", saturday, Received{Counted: true, Lacks: true}, Missing},
	} {
		if got := e.Standing(c.day, c.r, friday-10, now); got != c.want {
			t.Errorf("%s is %s, want %s", c.name, got, c.want)
		}
	}
	if e := (Expected{}); !e.Sends(saturday) {
		t.Error("without days of the week no extract of a Saturday is expected")
	}
}

// A day of which none is sent is no gap once a later extract says who was there
// throughout (C6); before that nobody has said anything of it, and it is one.
func TestGapsOfDaysOfWhichNoneIsSent(t *testing.T) {
	expected := []Expected{{Code: "RZ1", Name: "Northgate", Days: []time.Weekday{1, 2, 3, 4, 5}}}
	week := func(from string, counted ...string) Period {
		stand := []ProviderDays{{Code: "RZ1", First: delay.MustDay("2026-11-02")}}
		for _, d := range counted {
			stand[0].Counted = append(stand[0].Counted, delay.MustDay(d))
		}
		stand[0].Latest = stand[0].Counted[len(counted)-1]
		p := Period{First: delay.MustDay(from), Last: delay.MustDay(from) + 6}
		p.gaps(stand, func(string) bool { return true }, byCode(expected))
		return p
	}
	days := []string{"2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"}
	if p := week("2026-11-16", append(slices.Clone(days), "2026-11-23")...); len(p.Missing) != 0 || p.Listed != 7 {
		t.Errorf("a week whose next Monday is in: %+v, %d days", p.Missing, p.Listed)
	}
	if p := week("2026-11-16", days...); len(p.Missing) != 1 || p.Missing[0].Days != 2 {
		t.Errorf("a week after which nothing has come: %+v", p.Missing)
	}
	if p := week("2026-11-16", append(days[:2:2], "2026-11-23")...); len(p.Missing) != 1 || p.Missing[0].Days != 3 {
		t.Errorf("a week without three of its days: %+v", p.Missing)
	}
}

func TestRaiseNamesWhatIsNotIn(t *testing.T) {
	line := func(name string, arrivals ...Arrival) ExtractLine {
		l := ExtractLine{Name: name}
		for i, a := range arrivals {
			l.Days = append(l.Days, ExtractDay{Day: delay.MustDay("2026-11-20") + delay.Day(i), Arrival: a})
		}
		return l
	}
	got := Raise([]ExtractLine{
		line("In", In, Late, In), line("Mended since", Missing, In, NotDue), line("Missing", In, Missing, Missing),
		line("Over a weekend", In, Missing, NotDue), line("Held", In, In, Held), line("Never", NotDue, NotDue, NotDue),
		line("Long gone", Missing, Missing, Missing),
	})
	var words []string
	for _, r := range got {
		words = append(words, r.Words("in this fortnight"))
	}
	want := []string{
		"Missing: the extract for 22 November 2026 has not arrived. The latest is of 20 November 2026; 2 days are missing in this fortnight.",
		"Over a weekend: the extract for 21 November 2026 has not arrived. The latest is of 20 November 2026.",
		"Held: the file for 22 November 2026 is held and counts for nothing yet. The latest is of 21 November 2026.",
		"Long gone: the extract for 22 November 2026 has not arrived. None has come in this fortnight.",
	}
	if !slices.Equal(words, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(words, "\n"), strings.Join(want, "\n"))
	}
}

func TestMarksOfADay(t *testing.T) {
	for want, d := range map[string]ExtractDay{
		"In":                             {Arrival: In, Files: 1},
		"Late, corrected, read again":    {Arrival: Late, Files: 2, Reading: 7},
		"Short, held":                    {Arrival: Held, Held: "aa", Files: 1},
		"In doubt, held":                 {Arrival: Held, Held: "aa", Doubt: "Day and month are swapped."},
		"In, a later file is held":       {Arrival: In, Held: "aa"},
		"Missing, a file rejected":       {Arrival: Missing, Rejected: []string{"bb"}},
		"In, corrected, a file rejected": {Arrival: In, Files: 3, Rejected: []string{"bb"}},
	} {
		if got := strings.Join(d.Marks(), ", "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
