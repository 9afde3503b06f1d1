package ingest

import (
	"cmp"
	"slices"

	"homeward/internal/delay"
)

// ShortRule says when an extract is short (R5): fewer rows than Ratio times
// those of the provider's nearest earlier-dated extract received, and at least
// Least fewer.
type ShortRule struct {
	Ratio float64
	Least int
}

// DefaultShortRule is that of the counting rules.
var DefaultShortRule = ShortRule{Ratio: 0.5, Least: 10}

// Short says whether an extract of so many rows is short beside one of before.
func (r ShortRule) Short(rows, before int) bool {
	return float64(rows) < r.Ratio*float64(before) && before-rows >= r.Least
}

// Received is one extract of a provider as it was received.
type Received struct {
	ID       int64 // ascends in the order of receipt
	Date     delay.Day
	Rows     int
	Accepted bool
	// Doubt is set when what was read speaks against the whole file (R9).
	Doubt bool
}

// DayStanding is which extract counts for a day and which short one is held;
// 0 where there is none.
type DayStanding struct {
	Date          delay.Day
	Counted, Held int64
	// Rows is the number of rows of the held extract, Before of the extract it
	// is compared with, of BeforeDate.
	Rows, Before int
	BeforeDate   delay.Day
}

// Standings derives where every day of one provider stands from all that was
// received (C11, R5), ascending by date. The latest received extract of a day
// counts, unless it is short or in doubt and nobody has accepted it: then it is held, and
// the one received before it goes on counting. It is pure: a late file can
// hold or release another (C10).
func Standings(received []Received, rule ShortRule) []DayStanding {
	all := slices.Clone(received)
	slices.SortFunc(all, func(a, b Received) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.ID, b.ID))
	})
	var out []DayStanding
	before, beforeDate := -1, delay.Day(0)
	for start := 0; start < len(all); {
		end := start
		for end < len(all) && all[end].Date == all[start].Date {
			end++
		}
		st := DayStanding{Date: all[start].Date}
		for i := end - 1; i >= start; i-- {
			r := all[i]
			if r.Accepted || !r.Doubt && (before < 0 || !rule.Short(r.Rows, before)) {
				st.Counted = r.ID
				break
			}
			if st.Held == 0 {
				st.Held, st.Rows, st.Before, st.BeforeDate = r.ID, r.Rows, before, beforeDate
			}
		}
		out = append(out, st)
		before, beforeDate = all[end-1].Rows, st.Date
		start = end
	}
	return out
}
