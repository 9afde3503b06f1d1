package revision

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

func TestC15EveryDifferenceHasOneCause(t *testing.T) {
	at := Spot{"RXA", 100}
	none, a, b, anew := File{}, File{"a", 0}, File{"b", 0}, File{"a", 1}
	answered := Answers{Count: 1, Days: []AnsweredDays{{"RXA", 99, 101}}}
	for name, c := range map[string]struct {
		then, now File
		held      bool
		answers   Answers
		want      Cause
	}{
		"held then, discarded":         {a, a, true, answered, Answered},
		"arrived late":                 {none, a, false, Answers{}, ArrivedLate},
		"held then":                    {none, a, true, Answers{}, Released},
		"sent again":                   {a, b, false, Answers{}, SentAgain},
		"sent again, answered as well": {a, b, false, answered, SentAgain},
		"read again":                   {a, anew, false, Answers{}, ReadAgain},
		"sent, then read again":        {anew, b, false, Answers{}, SentAgain},
		"held now":                     {a, none, false, Answers{}, NotCounted},
		"answered":                     {a, a, false, answered, Answered},
		"answered and ruled":           {a, a, false, Answers{Days: answered.Days, Ruled: answered.Days}, RulesAgreed},
		"ruled, sent again":            {a, b, false, Answers{Ruled: answered.Days}, SentAgain},
		"answered elsewhere":           {a, a, false, Answers{Days: []AnsweredDays{{"RXB", 99, 101}, {"RXA", 101, 102}}}, LaterWords},
		"nothing of its own day":       {a, a, false, Answers{}, LaterWords},
	} {
		e := Evidence{Then: map[Spot]File{}, Now: map[Spot]File{}, HeldThen: map[Spot]bool{at: c.held}, Answers: c.answers}
		if c.then != none {
			e.Then[at] = c.then
		}
		if c.now != none {
			e.Now[at] = c.now
		}
		if got := e.Why(at); got != c.want {
			t.Errorf("%s: found %q, expected %q", name, got, c.want)
		}
	}
	e := Evidence{Then: map[Spot]File{at: a}, Now: map[Spot]File{at: a}, HeldThen: map[Spot]bool{at: true},
		Codes: map[Spot][]measure.CodeDay{at: {{Code: "RXC", File: "c", Counted: true}}}}
	if got := e.Why(at); got != Released {
		t.Errorf("another code's file, held then: found %q", got)
	}
}

func TestC15CausesAddUpToTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SliceOf(rapid.Custom(func(t *rapid.T) [4]int {
			return [4]int{rapid.IntRange(0, 4).Draw(t, "hospital"), rapid.IntRange(0, len(Causes)-1).Draw(t, "cause"),
				rapid.IntRange(0, 9).Draw(t, "then"), rapid.IntRange(0, 9).Draw(t, "now")}
		})).Draw(t, "days")
		var d Difference
		then, now, differs := int64(0), int64(0), false
		for _, one := range days {
			d.Add(Causes[one[1]], "Hospital "+string(rune('A'+one[0])), int64(one[2]), int64(one[3]))
			then, now, differs = then+int64(one[2]), now+int64(one[3]), differs || one[2] != one[3]
		}
		sum := int64(0)
		for _, n := range d.By {
			sum += n
		}
		if d.Then != then || d.Now != now || sum != now-then {
			t.Fatalf("found %d, %d and causes of %d; expected %d, %d and %d", d.Then, d.Now, sum, then, now, now-then)
		}
		words := d.Words()
		if differs != (words != "No change") {
			t.Fatalf("words %q where days differ: %v", words, differs)
		}
		for why := range d.By {
			if !strings.Contains(words, string(why)) {
				t.Fatalf("%q does not name %q", words, why)
			}
		}
	})
}

func TestSignsOfDifferences(t *testing.T) {
	for v, want := range map[float64]string{0: "0.0", 0.04: "0.0", -0.04: "0.0", 1.25: "+1.2", -3: "−3.0"} {
		if got := signedDecimal(v); got != want {
			t.Errorf("%v: found %s, expected %s", v, got, want)
		}
	}
	if got := periodName(delay.Day(20000).Month().First(), "month"); got != delay.Day(20000).Month().Long() {
		t.Errorf("found %s", got)
	}
}
