package measure

import (
	"slices"

	"homeward/internal/delay"
)

// Level is a level of a measure that the partners have agreed to work towards,
// the "agreed level" of control charts. It is a fact about the partnership, not
// about the figures: no figure depends on it.
type Level struct {
	// Metric is the metric's word.
	Metric string
	// Grain is what one reading is, ByDay, ByWeek or ByMonth, for a metric whose
	// readings add up; empty for any other.
	Grain Dimension
	// Provider and Council are where it was agreed, empty for everywhere.
	Provider string
	Council  delay.Council
	// Basis is that of the days of which it was agreed: the partnership's own
	// headline.
	Basis Basis
	// Value is in the metric's unit, shares as parts of 1.
	Value float64
	// From and To are the days for which it stands, both included; To is zero
	// while no end is set.
	From, To delay.Day
	// Agreed says who agreed it, and where; Change who agreed that it replaced
	// another before its time, empty when it did not.
	Agreed, Change string
}

// InForce says whether the level stands on the day.
func (l Level) InForce(on delay.Day) bool { return l.From <= on && (l.To == 0 || on <= l.To) }

// For says whether the level is one of a chart of the metric, step and filter:
// it speaks of the whole of a place, so a chart of a part of it, such as one
// reason, has none.
func (l Level) For(m Metric, grain Dimension, f Filter) bool {
	if l.Metric != m.Word || l.Basis != f.Basis || m.AddsUp && l.Grain != grain ||
		len(f.Care)+len(f.Reasons)+len(f.Bodies)+len(f.States)+len(f.Pathways) > 0 {
		return false
	}
	return only(f.Providers, l.Provider) && only(f.Councils, l.Council)
}

// only says whether a filter asks for the one place, or for everywhere when the
// place is empty.
func only[T ~string](asked []T, place T) bool {
	if place == "" {
		return len(asked) == 0
	}
	return len(asked) == 1 && asked[0] == place
}

// LevelAt gives the value of the level of a metric, by its word, that stands on a
// day in one place: that of a code by ByProvider or ByCouncil, by anything else
// all that the filter asks for. It is zero where none stands; no level of
// everywhere is one of a place that is not known.
func LevelAt(all []Level, word string, f Filter, by Dimension, code string, on delay.Day) float64 {
	switch by {
	case ByProvider:
		f.Providers = []string{code}
	case ByCouncil:
		f.Councils = []delay.Council{delay.Council(code)}
	}
	for _, l := range all {
		if l.Metric == word && l.InForce(on) && only(f.Providers, l.Provider) && only(f.Councils, l.Council) {
			return l.Value
		}
	}
	return 0
}

// LevelsFor gives the levels that stand on some day from from to to on a chart
// of the metric, step and filter, by day. Levels of one chart do not overlap.
func LevelsFor(all []Level, m Metric, grain Dimension, f Filter, from, to delay.Day) []Level {
	var out []Level
	for _, l := range all {
		if l.For(m, grain, f) && l.From <= to && (l.To == 0 || l.To >= from) {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b Level) int { return int(a.From) - int(b.From) })
	return out
}
