package web

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// readingsNamed bounds the readings that are named as different.
const readingsNamed = 6

// countsOf adds up delayed days by provider's day.
func countsOf(ctx context.Context, f measure.Source, from, to delay.Day, filter measure.Filter) (map[spot]int64, error) {
	cells, err := f.Cells(ctx, measure.Query{From: from, To: to, By: []measure.Dimension{measure.ByDay, measure.ByProvider}, Filter: filter})
	out := map[spot]int64{}
	for _, c := range cells {
		out[spot{c.Provider, c.Period}] += c.Days
	}
	return out, err
}

// longOf adds up the days of people who waited so long by provider's day.
func longOf(ctx context.Context, course Course, from, to delay.Day, filter measure.Filter, atLeast int) (map[spot]int64, error) {
	cells, err := course.LongDays(ctx, measure.Query{From: from, To: to, By: []measure.Dimension{measure.ByDay, measure.ByProvider},
		Filter: filter}, atLeast)
	out := map[spot]int64{}
	for _, c := range cells {
		out[spot{c.Provider, c.Period}] += c.Days
	}
	return out, err
}

// eventsOf adds up events by their kind and provider's day. by is what moves
// are between, none for the filter's edge.
func eventsOf(ctx context.Context, course Course, from, to delay.Day, filter measure.Filter,
	by ...measure.Dimension) (map[measure.EventKind]map[spot]int64, error) {
	q := measure.Query{From: from, To: to, By: []measure.Dimension{measure.ByDay, measure.ByProvider}, Filter: filter}
	for _, d := range by {
		if d != "" && !q.Has(d) {
			q.By = append(q.By, d)
		}
	}
	events, err := course.Events(ctx, q)
	out := map[measure.EventKind]map[spot]int64{}
	for _, e := range events {
		if out[e.Kind] == nil {
			out[e.Kind] = map[spot]int64{}
		}
		out[e.Kind][spot{e.Provider, e.Day}] += e.People
	}
	return out, err
}

// whyEvent says why the events of a provider's day are others now. They follow
// from that day and the day before.
func (x *comparing) whyEvent(at spot) cause {
	if yesterday := (spot{at.provider, at.day - 1}); x.then[at] == x.now[at] && x.then[yesterday] != x.now[yesterday] {
		return x.why(yesterday)
	}
	return x.why(at)
}

// both asks the past and then the present the same.
func both[T any](v sight, now Course, ask func(Course) (T, error)) (was, is T, err error) {
	if was, err = ask(v); err != nil {
		return was, is, err
	}
	is, err = ask(now)
	return was, is, err
}

// trendSince compares a trend as it was known with the same trend now.
func (s *Server) trendSince(ctx context.Context, a trendAsked, t measure.Trend) (*differencesView, error) {
	x, err := s.compare(ctx, a.see, t.From-1, t.To)
	if err != nil {
		return nil, err
	}
	now, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	period := span(t.From, t.To)
	days := func(f measure.Filter) (reckoning, error) {
		was, is, err := both(a.see, now, func(c Course) (map[spot]int64, error) { return countsOf(ctx, c, t.From, t.To, f) })
		return x.reckon(was, is, x.why), err
	}
	calendar := float64(t.To-t.From) + 1
	switch t.Metric.ID {
	case measure.NewDelays, measure.EndedDelays, measure.DaysWaited:
		kind, name := measure.Began, "New delays, "
		if t.Metric.ID != measure.NewDelays {
			kind, name = measure.Ended, "Ended delays, "
		}
		was, is, err := both(a.see, now, func(c Course) (map[measure.EventKind]map[spot]int64, error) {
			return eventsOf(ctx, c, t.From, t.To, t.Filter)
		})
		if err != nil {
			return nil, err
		}
		x.counted(name+period, x.reckon(was[kind], is[kind], x.whyEvent))
		if t.Metric.ID == measure.DaysWaited {
			was, is, err := both(a.see, now, func(c Course) (measure.Lengths, error) {
				return measure.MakeLengths(ctx, c, t.Filter, t.From, t.To, t.AsAt)
			})
			if err != nil {
				return nil, err
			}
			if was, is := was.EndedQuantiles, is.EndedQuantiles; was.People > 0 && is.People > 0 {
				x.follows("Days waited, middle, "+period, was.Middle, is.Middle)
			}
		}
	case measure.LongWaits:
		was, is, err := both(a.see, now, func(c Course) (map[spot]int64, error) {
			return longOf(ctx, c, t.From, t.To, t.Filter, t.Metric.AtLeast)
		})
		if err != nil {
			return nil, err
		}
		r := x.reckon(was, is, x.why)
		x.counted("Delayed days from the "+count(int64(t.Metric.AtLeast))+ordinal(t.Metric.AtLeast)+" of each wait on, "+period, r)
		x.follows(t.Metric.Name+", a day", float64(r.then)/calendar, float64(r.now)/calendar)
	default:
		all, err := days(t.Filter)
		if err != nil {
			return nil, err
		}
		x.counted("Delayed days, "+period, all)
		switch t.Metric.ID {
		case measure.PeopleWaiting:
			x.follows("People waiting, a day", float64(all.then)/calendar, float64(all.now)/calendar)
		case measure.DToCBeds:
			x.follows("DToC beds", float64(all.then)/calendar, float64(all.now)/calendar)
		case measure.CouncilShare:
			f := t.Filter
			f.Bodies = []delay.Body{delay.SocialCare}
			social, err := days(f)
			if err != nil {
				return nil, err
			}
			x.counted("Delayed days with social care, "+period, social)
			x.share("Council share, "+period, social, all)
		}
	}
	d := x.view()
	present, err := measure.MakeTrend(ctx, now, measure.TrendQuery{Metric: t.Metric, Grain: t.Grain, Split: t.Split, From: t.From, To: t.To,
		Filter: t.Filter}, now.Expected())
	if err != nil {
		return nil, err
	}
	if words := readingsSince(t, present); words != "" {
		d.Words += " " + words
	}
	return d, nil
}

// ordinal ends a number that says which.
func ordinal(n int) string {
	if n%10 == 1 && n%100 != 11 {
		return "st"
	}
	return "th"
}

// readingsSince names the periods whose readings are others now.
func readingsSince(then, now measure.Trend) string {
	type key struct {
		cell measure.Cell
		day  delay.Day
	}
	at := func(d delay.Day) delay.Day {
		// A first or last period that was cut short then is whole now.
		switch then.Grain {
		case measure.ByWeek:
			return d.Week()
		case measure.ByMonth:
			return d.Month().First()
		}
		return d
	}
	texts := func(t measure.Trend) map[key]string {
		out := map[key]string{}
		for _, series := range t.Series {
			for _, r := range series.Readings {
				out[key{series.Cell, at(r.First)}] = valueText(t.Metric, r)
			}
		}
		return out
	}
	was, is := texts(then), texts(now)
	all, differ := map[delay.Day]bool{}, map[delay.Day]bool{}
	for _, m := range []map[key]string{was, is} {
		for k := range m {
			if k.day <= then.To {
				all[k.day] = true
				if was[k] != is[k] {
					differ[k.day] = true
				}
			}
		}
	}
	if len(differ) == 0 {
		return ""
	}
	days := make([]delay.Day, 0, len(differ))
	for d := range differ {
		days = append(days, d)
	}
	slices.Sort(days)
	verb := " read "
	if len(days) == 1 {
		verb = " reads "
	}
	text := count(int64(len(days))) + " of " + plural(int64(len(all)), string(then.Grain), string(then.Grain)+"s") + verb + "differently now"
	if len(days) > readingsNamed {
		return text + ", the first " + periodName(days[0], then.Grain) + " and the last " + periodName(days[len(days)-1], then.Grain) + "."
	}
	names := make([]string, len(days))
	for i, d := range days {
		names[i] = periodName(d, then.Grain)
	}
	return text + ": " + strings.Join(names, ", ") + "."
}

// periodName names a day, week or month in a sentence.
func periodName(d delay.Day, grain measure.Dimension) string {
	switch grain {
	case measure.ByMonth:
		return d.Month().Long()
	case measure.ByWeek:
		return "the week from " + d.Long()
	}
	return d.Long()
}

// reasonsSince compares the reasons as they were known with the same days now.
func (s *Server) reasonsSince(ctx context.Context, r reasonFigures) (*differencesView, error) {
	x, err := s.compare(ctx, r.see, r.From-1, r.To)
	if err != nil {
		return nil, err
	}
	now, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	was, is, err := both(r.see, now, func(c Course) (map[delay.Reason]map[spot]int64, error) {
		cells, err := c.Cells(ctx, measure.Query{From: r.From, To: r.To, By: []measure.Dimension{measure.ByDay, measure.ByProvider,
			measure.ByReason}, Filter: r.Asked.Filter})
		out := map[delay.Reason]map[spot]int64{}
		for _, c := range cells {
			if out[c.Reason] == nil {
				out[c.Reason] = map[spot]int64{}
			}
			out[c.Reason][spot{c.Provider, c.Period}] += c.Days
		}
		return out, err
	})
	if err != nil {
		return nil, err
	}
	total := func(m map[delay.Reason]map[spot]int64) map[spot]int64 {
		out := map[spot]int64{}
		for _, days := range m {
			for at, n := range days {
				out[at] += n
			}
		}
		return out
	}
	x.counted("Delayed days, "+span(r.From, r.To), x.reckon(total(was), total(is), x.why))
	type line struct {
		reason delay.Reason
		reckoning
	}
	var lines []line
	for _, reason := range append(delay.Reasons[:], delay.ReasonNotKnown) {
		one := line{reason, x.reckon(was[reason], is[reason], x.why)}
		if one.by != nil {
			lines = append(lines, one)
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(b.then, a.then) })
	for _, one := range lines {
		x.counted(page.ReasonWords(one.reason), one.reckoning)
	}
	return x.view(), nil
}

// flowSince compares the flow as it was known with the same days now.
func (s *Server) flowSince(ctx context.Context, v sight, f measure.Flows) (*differencesView, error) {
	x, err := s.compare(ctx, v, f.From-1, f.To)
	if err != nil {
		return nil, err
	}
	now, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	waiting := func(name string, day delay.Day) error {
		was, is, err := both(v, now, func(c Course) (map[spot]int64, error) { return countsOf(ctx, c, day, day, f.Filter) })
		if err == nil {
			x.counted(name+", "+day.Long(), x.reckon(was, is, x.why))
		}
		return err
	}
	if err := waiting("Waiting at the start", f.From-1); err != nil {
		return nil, err
	}
	was, is, err := both(v, now, func(c Course) (map[measure.EventKind]map[spot]int64, error) {
		return eventsOf(ctx, c, f.From, f.To, f.Filter, f.Split)
	})
	if err != nil {
		return nil, err
	}
	for _, k := range measure.EventKinds {
		if r := x.reckon(was[k], is[k], x.whyEvent); r.then != 0 || r.now != 0 {
			x.counted(page.UpperFirst(k.String()), r)
		}
	}
	if err := waiting("Waiting at the end", f.To); err != nil {
		return nil, err
	}
	return x.view(), nil
}
