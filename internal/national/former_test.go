package national_test

import (
	"testing"

	"homeward/internal/delay"
	"homeward/internal/national"
)

// Somebody whom two codes of one provider list, one after the other and both on
// one day, has one stay with one ready period (C19); somebody whom the former
// code alone lists is absent from its own extracts and, after its last day, from
// the provider's.
func TestC19FormerCodesAreOneStay(t *testing.T) {
	t.Parallel()
	day := func(n int) delay.Day { return delay.MustDay("2026-03-28") + delay.Day(n) }
	row := func(person, sender string, n int) national.Row {
		return national.Row{Day: day(n), Provider: "RWV", Sender: sender, Person: person, Across: person, Ready: day(-3), Admitted: day(-20),
			Age: 80, Reason: "E"}
	}
	rows := []national.Row{row("over", "RZY", 0), row("over", "RZY", 1), row("over", "RZY", 2), row("over", "RWV", 2), row("over", "RWV", 3),
		row("old", "RZY", 0), row("old", "RZY", 1), row("own", "RWV", 2)}
	days := map[string]delay.Calendar{
		"RZY": {day(0), day(1), day(3), day(4)}, // its own up to day 1, the provider's after
		"RWV": {day(0), day(2), day(3), day(4)},
	}
	got := map[string]national.Stay{}
	for _, s := range national.Build(rows, days, 14) {
		if _, twice := got[s.Person]; twice {
			t.Errorf("C19: %s has two stays", s.Person)
		}
		got[s.Person] = s
	}
	for person, out := range map[string]delay.Day{"over": day(4), "old": day(2), "own": day(3)} {
		s := got[person]
		if s.Provider != "RWV" || s.Out != out || len(s.Periods) != 1 || s.Periods[0].End != out {
			t.Errorf("%s: %+v, want out on %s and one period", person, s, out)
		}
	}
}
