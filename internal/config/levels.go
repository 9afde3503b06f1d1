package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// AgreedLevel is one line of the section levels of the partnership file: the
// level of a measure that the partners have agreed to work towards.
type AgreedLevel struct {
	// Measure is the measure's word in addresses, such as M02 or M05-21.
	Measure string `yaml:"measure"`
	// Grain is day, week or month: what one reading is, for a measure whose
	// readings add up. Others have none.
	Grain string `yaml:"grain"`
	// Provider and Council are codes of this file; both empty means everybody.
	Provider string `yaml:"provider"`
	Council  string `yaml:"council"`
	// Level is in the measure's unit, in per cent for a share.
	Level float64 `yaml:"level"`
	// From and To are the days for which it is agreed, as 2026-04-01. Without
	// To it stands until the next one. Once checked, a level that a later one
	// replaces ends the day before that one begins.
	From string `yaml:"from"`
	To   string `yaml:"to"`
	// Agreed says who agreed it, and where.
	Agreed string `yaml:"agreed"`
	// Change says who agreed that it replaces a level before its time.
	Change string `yaml:"change_agreed"`
}

// The values of Settings.Headline.
const (
	HeadlineCounted = "counted"
	HeadlineAgreed  = "agreed"
)

// The values of Settings.Lead: England's situation report (D6), its discharge
// delay (D7), and the partnership's own count.
const (
	LeadSitrep    = "sitrep"
	LeadDischarge = "discharge"
	LeadLocal     = "local"
)

// Leads lists them.
var Leads = []string{LeadSitrep, LeadDischarge, LeadLocal}

// LevelMeasures are the words of the measures that a level can be agreed for,
// and whether the readings of a measure add up, so that a level is one of a
// day, week or month. They are package measure's words; config stands below it
// and spells them out.
var LevelMeasures = []struct {
	Word   string
	AddsUp bool
}{
	{"M08", true}, {"M09", true}, {"M02", false}, {"M01", true}, {"M01b", false}, {"M03", false}, {"M05-7", false}, {"M05-14", false},
	{"M05-21", false}, {"M07", false},
}

// DischargeDelay is the word of England's average discharge delay, whose levels
// are the partnership's plan for it: one from the first day of each quarter. It
// is drawn on no control chart.
const DischargeDelay = "discharge-delay"

// levelShare is the word of the measure whose level is in per cent.
const levelShare = "M03"

// mostAgreed bounds the words on who agreed a level, in characters.
const mostAgreed = 100

// checkLevels validates the section levels and ends each level where a later
// one of the same measure and place replaces it.
func (p *Partnership) checkLevels(d *document) {
	var sound []int
	for i := range p.AgreedLevels {
		l := &p.AgreedLevels[i]
		at := func(rest ...any) []any { return append([]any{"levels", i}, rest...) }
		before := len(d.problems)
		k := slices.IndexFunc(LevelMeasures, func(m struct {
			Word   string
			AddsUp bool
		}) bool {
			return m.Word == l.Measure
		})
		switch {
		case l.Measure == DischargeDelay && l.Grain != "":
			d.add(at("grain"), "found %q; a plan of %s is an average, so leave grain out", l.Grain, l.Measure)
		case l.Measure == DischargeDelay:
		case k < 0:
			var words []string
			for _, m := range LevelMeasures {
				words = append(words, m.Word)
			}
			words = append(words, DischargeDelay)
			d.add(at("measure"), "found %q, expected one of %s", l.Measure, strings.Join(words, ", "))
		case LevelMeasures[k].AddsUp && l.Grain == "":
			d.add(at("grain"), "expected day, week or month: readings of %s add up, so a level is one of a day, a week or a month", l.Measure)
		case LevelMeasures[k].AddsUp:
			oneOf(d, at("grain"), l.Grain, "day", "week", "month")
		case l.Grain != "":
			d.add(at("grain"), "found %q; a level of %s is the same for a day, a week and a month, so leave grain out", l.Grain, l.Measure)
		}
		switch {
		case !(l.Level > 0) || math.IsInf(l.Level, 0):
			d.add(at("level"), "found %v, expected a number above 0", l.Level)
		case l.Measure == levelShare && l.Level > 100:
			d.add(at("level"), "found %v, expected a number of per cent up to 100", l.Level)
		}
		if l.Provider != "" && !slices.ContainsFunc(p.Providers, func(v Provider) bool { return v.Code == l.Provider }) {
			d.add(at("provider"), "found %q, expected the code of a provider of this file", l.Provider)
		}
		if l.Council != "" && !slices.ContainsFunc(p.Councils, func(c Council) bool { return c.Code == l.Council }) {
			d.add(at("council"), "found %q, expected the code of a council of this file", l.Council)
		}
		if l.Provider != "" && l.Council != "" {
			d.add(at("council"), "expected a provider or a council, not both")
		}
		from, ok := d.date(at("from"), l.From)
		if l.To != "" {
			if to, okTo := d.date(at("to"), l.To); ok && okTo && to.Before(from) {
				d.add(at("to"), "found %s, expected the same day as from or a later one", l.To)
			}
		}
		for _, text := range []struct{ key, value string }{{"agreed", l.Agreed}, {"change_agreed", l.Change}} {
			if n := len([]rune(text.value)); n > mostAgreed {
				d.add(at(text.key), "found %d characters, expected %d or fewer", n, mostAgreed)
			}
		}
		if strings.TrimSpace(l.Agreed) == "" {
			d.add(at("agreed"), "expected who agreed this level, and where, such as \"Discharge board, 3 March 2026\"")
		}
		if len(d.problems) == before {
			sound = append(sound, i)
		}
	}
	of := func(a, b AgreedLevel) int {
		return cmp.Or(cmp.Compare(a.Measure, b.Measure), cmp.Compare(a.Grain, b.Grain), cmp.Compare(a.Provider, b.Provider),
			cmp.Compare(a.Council, b.Council))
	}
	order := func(a, b AgreedLevel) int { return cmp.Or(of(a, b), cmp.Compare(a.From, b.From)) }
	slices.SortStableFunc(sound, func(i, j int) int { return order(p.AgreedLevels[i], p.AgreedLevels[j]) })
	for n := 1; n < len(sound); n++ {
		old, l := &p.AgreedLevels[sound[n-1]], &p.AgreedLevels[sound[n]]
		if of(*old, *l) != 0 || old.To != "" && l.From > old.To {
			continue
		}
		at := func(key string) []any { return []any{"levels", sound[n], key} }
		switch {
		case l.From == old.From:
			d.add(at("from"), "found %s, the day from which another level of %s stands in the same place; give each a day of its own", l.From,
				l.Measure)
		case old.To != "" && strings.TrimSpace(l.Change) == "":
			d.add(at("change_agreed"), "%s", fixedWords(*old))
		}
		from, _ := time.Parse(time.DateOnly, l.From)
		old.To = from.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	slices.SortStableFunc(p.AgreedLevels, order)
}

// fixedWords says that a level stands until its day, and what changes it.
func fixedWords(l AgreedLevel) string {
	from, _ := time.Parse(time.DateOnly, l.From)
	to, _ := time.Parse(time.DateOnly, l.To)
	years := fmt.Sprint(from.Year())
	if to.Year() != from.Year() {
		years += fmt.Sprintf(" to %d", to.Year())
	}
	return fmt.Sprintf("Levels for %s are fixed until %s. Enter who agreed the change", years, to.Format("2 January 2006"))
}

// date reads a day of the file, or notes what is wrong with it.
func (d *document) date(at []any, text string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		d.add(at, "found %q, expected a date such as 2026-04-01", text)
		return time.Time{}, false
	}
	return t, true
}
