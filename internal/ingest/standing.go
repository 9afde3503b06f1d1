package ingest

import (
	"cmp"
	"slices"

	"homeward/internal/delay"
)

// ShortRule says when an extract is short or broken (R5): the rows that could
// be read are fewer than Ratio times those of the provider's nearest
// earlier-dated extract received, and at least Least fewer; or more than the
// share Unread of its rows, and at least LeastUnread, are quarantined; or every
// one of them is. Without an Unread only the last holds a broken one.
type ShortRule struct {
	Ratio       float64
	Least       int
	Unread      float64
	LeastUnread int
}

// DefaultShortRule is that of the counting rules.
var DefaultShortRule = ShortRule{Ratio: 0.5, Least: 10, Unread: 0.2, LeastUnread: 3}

// Short says whether an extract of so many rows is short beside one of before.
func (r ShortRule) Short(rows, before int) bool {
	return float64(rows) < r.Ratio*float64(before) && before-rows >= r.Least
}

// Broken says whether an extract of so many rows, of which quarantined could
// not be read, is broken.
func (r ShortRule) Broken(rows, quarantined int) bool {
	return quarantined > 0 && (quarantined == rows || r.Unread > 0 && float64(quarantined) > r.Unread*float64(rows) &&
		quarantined >= r.LeastUnread)
}

// Received is one extract of a provider as it was received.
type Received struct {
	ID int64
	// Order ascends in the order of receipt. A file that was read again keeps its
	// place, so Order and not ID says which is the latest.
	Order int64
	Date  delay.Day
	Rows  int // as read, with those that were quarantined
	// Quarantined is how many of them could not be read.
	Quarantined int
	Accepted    bool
	// Discarded is set when people said so last: it is as if it had not come.
	Discarded bool
	// Doubt is set when what was read speaks against the whole file (R9).
	Doubt bool
	// Unlike are the fields of which it states most otherwise than its layout reads, so
	// that a figure suffers if that is new (R5). Tells says that it states enough to
	// tell a habit by.
	Unlike []string
	Tells  bool
}

// DayStanding is which extract counts for a day and which short one is held;
// 0 where there is none.
type DayStanding struct {
	Date          delay.Day
	Counted, Held int64
	// Rows is the number of rows of the held extract, of which Quarantined could
	// not be read. Before is the number of readable rows of the extract that it
	// is compared with, of BeforeDate. Broken says that it is held for its own
	// rows, whatever was sent before.
	Rows, Quarantined, Before int
	BeforeDate                delay.Day
	Broken                    bool
	// Unlike says that it is held for what it states otherwise than the extracts
	// before it (R5).
	Unlike bool
}

// Standings derives where every day of one provider stands from all that was
// received (C11, R5), ascending by date. The latest received extract of a day
// counts, unless it is short, broken or in doubt and nobody has accepted it: then it is held, and
// the one received before it goes on counting. One that was discarded is as if it had not come.
// One that is unlike its layout in a field in which the provider's extracts of before
// were not is held (R5); what a sender has always done, or does with people's consent,
// is a habit. It is pure: a late file can hold or release another (C10).
func Standings(received []Received, rule ShortRule) []DayStanding {
	all := slices.DeleteFunc(slices.Clone(received), func(r Received) bool { return r.Discarded })
	slices.SortFunc(all, func(a, b Received) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	var out []DayStanding
	before, beforeDate := -1, delay.Day(0)
	var habit []string // the fields in which the extracts so far were unlike their layout
	known := false
	isNew := func(r Received) bool {
		return known && slices.ContainsFunc(r.Unlike, func(field string) bool { return !slices.Contains(habit, field) })
	}
	for start := 0; start < len(all); {
		end := start
		for end < len(all) && all[end].Date == all[start].Date {
			end++
		}
		st := DayStanding{Date: all[start].Date}
		for i := end - 1; i >= start; i-- {
			r := all[i]
			broken := rule.Broken(r.Rows, r.Quarantined)
			unlike := isNew(r)
			if r.Accepted || !broken && !r.Doubt && !unlike && (before < 0 || !rule.Short(r.Rows-r.Quarantined, before)) {
				st.Counted = r.ID
				break
			}
			if st.Held == 0 {
				st.Held, st.Rows, st.Quarantined, st.Before, st.BeforeDate, st.Broken = r.ID, r.Rows, r.Quarantined, max(before, 0), beforeDate, broken
				st.Unlike = unlike && !broken && !r.Doubt
			}
		}
		out = append(out, st)
		for _, r := range all[start:end] {
			if r.Tells && (r.Accepted || !isNew(r)) {
				habit, known = r.Unlike, true
			}
		}
		before, beforeDate = all[end-1].Rows-all[end-1].Quarantined, st.Date
		start = end
	}
	return out
}
