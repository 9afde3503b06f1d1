package config

import (
	"strings"
	"testing"
)

const board = "agreed: Discharge board on 3 March 2026"

func TestLevelsOfAFile(t *testing.T) {
	if p, err := parsed(t, ""); err != nil || len(p.AgreedLevels) != 0 {
		t.Fatalf("without the section: %+v, %v", p.AgreedLevels, err)
	}
	p, err := parsed(t, `
levels:
  - {measure: M02, level: 95, from: 2026-04-01, to: 2027-03-31, `+board+`}
  - {measure: M02, level: 110, from: 2025-04-01, `+board+`}
  - {measure: M01, grain: month, level: 900.5, from: 2026-04-01, provider: RZ1, `+board+`}
  - {measure: M03, level: 35, from: 2026-04-01, council: E10000099, `+board+`}
`)
	if err != nil {
		t.Fatal(err)
	}
	l := p.AgreedLevels
	if len(l) != 4 || l[0].Measure != "M01" || l[0].Level != 900.5 || l[1].Level != 110 || l[2].Level != 95 || l[3].Measure != "M03" {
		t.Fatalf("read as %+v", l)
	}
	if l[1].To != "2026-03-31" {
		t.Errorf("a level without an end stands until %q, want the day before the next begins", l[1].To)
	}
}

// A level that replaces another before its time says who agreed that.
func TestLevelsAreFixedUntilTheirDay(t *testing.T) {
	const two = `
levels:
  - {measure: M02, level: 95, from: 2026-04-01, to: 2027-03-31, ` + board + `}
  - {measure: M02, level: 90, from: 2026-10-01, to: 2027-03-31, ` + board
	_, err := parsed(t, two+"}\n")
	if err == nil || !strings.Contains(err.Error(), "line 8: levels[2].change_agreed: Levels for 2026 to 2027 are fixed until 31 March 2027. "+
		"Enter who agreed the change") {
		t.Errorf("says %v", err)
	}
	p, err := parsed(t, two+", change_agreed: Chief executives on 20 September 2026}\n")
	if err != nil {
		t.Fatal(err)
	}
	if l := p.AgreedLevels; l[0].To != "2026-09-30" || l[1].To != "2027-03-31" {
		t.Errorf("the days are %+v", l)
	}
	// Another place or another measure is another level.
	if _, err := parsed(t, two+", provider: RZ1}\n"); err != nil {
		t.Error(err)
	}
}

func TestLevelsThatCannotBe(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"a measure that is none", "measure: M99, level: 9, from: 2026-04-01, " + board,
			`levels[1].measure: found "M99", expected one of M08, M09, M02`},
		{"a sum without its step", "measure: M08, level: 9, from: 2026-04-01, " + board, "levels[1].grain: expected day, week or month"},
		{"a step that is none", "measure: M08, grain: year, level: 9, from: 2026-04-01, " + board, "levels[1].grain"},
		{"a step for an average", "measure: M02, grain: week, level: 9, from: 2026-04-01, " + board, "leave grain out"},
		{"a step for a plan", "measure: discharge-delay, grain: month, level: 0.8, from: 2026-04-01, " + board, "leave grain out"},
		{"no level", "measure: M02, from: 2026-04-01, " + board, "levels[1].level: found 0, expected a number above 0"},
		{"a level below nothing", "measure: M02, level: -3, from: 2026-04-01, " + board, "levels[1].level"},
		{"a level that is no number", "measure: M02, level: .nan, from: 2026-04-01, " + board, "levels[1].level"},
		{"a level without end", "measure: M02, level: .inf, from: 2026-04-01, " + board, "levels[1].level"},
		{"more than everything", "measure: M03, level: 101, from: 2026-04-01, " + board, "per cent up to 100"},
		{"a provider of elsewhere", "measure: M02, level: 9, provider: RK9, from: 2026-04-01, " + board, "levels[1].provider"},
		{"a council of elsewhere", "measure: M02, level: 9, council: E10000008, from: 2026-04-01, " + board, "levels[1].council"},
		{"two places", "measure: M02, level: 9, provider: RZ1, council: E10000099, from: 2026-04-01, " + board, "not both"},
		{"no day", "measure: M02, level: 9, " + board, `levels[1].from: found "", expected a date such as 2026-04-01`},
		{"a day that is none", "measure: M02, level: 9, from: 2026-02-30, " + board, "levels[1].from"},
		{"an end before the beginning", "measure: M02, level: 9, from: 2026-04-01, to: 2026-03-31, " + board, "levels[1].to"},
		{"nobody agreed", "measure: M02, level: 9, from: 2026-04-01", "expected who agreed this level, and where"},
		{"words without end", "measure: M02, level: 9, from: 2026-04-01, agreed: " + strings.Repeat("x", 101), "found 101 characters"},
		{"a key that is not known", "measure: M02, target: 9, from: 2026-04-01, " + board, "levels[1].target"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parsed(t, "levels: [{"+c.line+"}]"); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("says %v, which does not name %q", err, c.want)
			}
		})
	}
	_, err := parsed(t, "levels: [{measure: M02, level: 9, from: 2026-04-01, "+board+"}, {measure: M02, level: 8, from: 2026-04-01, "+board+
		"}]")
	if err == nil || !strings.Contains(err.Error(), "give each a day of its own") {
		t.Errorf("two levels from one day: %v", err)
	}
}
