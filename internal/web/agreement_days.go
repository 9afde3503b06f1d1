package web

import (
	"slices"
	"strconv"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// mostPicked is the longest period whose days are picked one by one; of a longer
// one the first and the last are typed.
const mostPicked = 93

// dayParts ask which days of a period a dispute is about: on the days of the
// delay, or by their dates.
func (s *Server) dayParts(k *casework.Case, seg *casework.Segment, f casework.AnswerForm) []page.Part {
	dates := []page.Part{
		page.DatePart("from", "If you dispute part of the period: its first day", "Leave empty for "+seg.Segment.First.Long()+".", f.From),
		page.DatePart("to", "If you dispute part of the period: its last day", "Leave empty for "+seg.Segment.Last.Long()+
			", or for as long as it goes on.", f.To)}
	_, d := k.Segment(seg.Segment.First)
	switch {
	case seg.Days() < 2:
		return nil // One day has no parts.
	case seg.Days() > mostPicked || d == nil:
		return dates
	}
	picked := page.Part{Kind: "days", ID: "days", Label: "If you dispute: which days?", Hint: "All " + days(int64(seg.Days())) +
		" of the period are ticked. Untick those that you accept; the days that are left must follow each other. A dispute of the last " +
		"day goes on for as long as the period does."}
	chosen := func(day delay.Day) bool { return !f.Picks || slices.Contains(f.Days, day.String()) }
	picked.Months = s.calendar(d, seg, chosen)
	typed := page.Part{Kind: "details", ID: "by-date", Label: "Type the first and the last day instead",
		Words: []string{"Dates that are typed here stand before the ticks."}, Parts: dates}
	if !f.From.Empty() || !f.To.Empty() {
		typed.Error = "typed" // It stays open.
	}
	return []page.Part{picked, typed}
}

// noDay is the class of a day that is none of the delay's.
const noDay = "app-cal__day--off"

// calendar draws the months of a segment and what its delay's days stand as, by
// the weeks that have one. Days of the segment can be picked where chosen is given.
func (s *Server) calendar(d *casework.Delay, seg *casework.Segment, chosen func(delay.Day) bool) (months []page.PickMonth) {
	for m := seg.Segment.First.Month(); m <= seg.Segment.Last.Month(); m++ {
		one := page.PickMonth{Name: m.Long()}
		week := make([]page.PickDay, int(m.First()-m.First().Week()), 7)
		some := false
		end := func() {
			if some {
				one.Weeks = append(one.Weeks, append(week, make([]page.PickDay, 7-len(week))...))
			}
			week, some = nil, false
		}
		for day := m.First(); day <= m.Last(); day++ {
			p := page.PickDay{Number: strconv.Itoa(int(day-m.First()) + 1), Name: day.Long()}
			p.Words, p.Class = s.dayWords(d, day)
			if day >= seg.Segment.First && day <= seg.Segment.Last && chosen != nil {
				p.ID, p.Value, p.Chosen = "day-"+day.String(), day.String(), chosen(day)
			}
			some = some || p.Class != noDay
			if week = append(week, p); len(week) == 7 {
				end()
			}
		}
		end()
		months = append(months, one)
	}
	return months
}

// dayCounts are the days of a delay by how they stand, in the months that are
// drawn, with what they add up to.
func (s *Server) dayCounts(d *casework.Delay, seg *casework.Segment) page.Table {
	t := page.Table{ID: "day-counts", Caption: "Days in the months shown", HiddenCaption: true,
		Head: []page.Head{{Text: "Days in the months shown"}, {Text: "Days", Numeric: true}}}
	type standing struct {
		body  delay.Body
		state agreement.State
	}
	sums, all := map[standing]int{}, 0
	first, last := seg.Segment.First.Month().First(), seg.Segment.Last.Month().Last()
	for i := range d.Segments {
		o := &d.Segments[i]
		if n := int(min(o.Segment.Last, last)-max(o.Segment.First, first)) + 1; n > 0 {
			sums[standing{o.Standing.Body, o.State}] += n
			all += n
		}
	}
	for _, state := range agreement.States {
		for _, b := range delay.Bodies {
			if n := sums[standing{b, state}]; n > 0 {
				t.Rows = append(t.Rows, []page.Cell{{Text: measure.UpperFirst(b.String()) + ", " + state.String(), Header: true, Swatch: swatch(b)},
					{Text: count(int64(n)), Class: page.Numeric}})
			}
		}
	}
	t.Foot = []page.Cell{{Text: "Counted", Header: true}, {Text: count(int64(all)), Class: page.Numeric}}
	return t
}

// dayWords say what a day of a delay is, with its class: whose it counts as, drawn
// by its state, the ready day or the day of leaving.
func (s *Server) dayWords(d *casework.Delay, day delay.Day) (words, class string) {
	for i := range d.Segments {
		o := &d.Segments[i]
		if day < o.Segment.First || day > o.Segment.Last {
			continue
		}
		class = "app-cal__day--" + o.Standing.Body.Slug()
		if o.State.Contested() {
			class += " app-cal__day--contested"
		} else if o.State == agreement.Proposed {
			class += " app-cal__day--proposed"
		}
		return o.Standing.Body.String() + ", " + o.State.String(), class
	}
	switch day {
	case d.Ready:
		return "ready", "app-cal__day--ready"
	case d.End:
		if !d.Moved {
			return "left", "app-cal__day--left"
		}
	}
	// It may be paused, or counted for a council whose days the reader does not see.
	return "not of this period", noDay
}
