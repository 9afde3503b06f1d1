package revision

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// readingsNamed bounds the readings that are named as different.
const readingsNamed = 6

// longOf adds up the days of people who waited so long by provider's day.
func longOf(ctx context.Context, m Moment, from, to delay.Day, filter measure.Filter, atLeast int) (map[Spot]int64, error) {
	cells, err := m.LongDays(ctx, byDay(from, to, filter), atLeast)
	return bySpot(cells), err
}

// eventsOf adds up events by their kind and provider's day. by is what moves
// are between, none for the filter's edge.
func eventsOf(ctx context.Context, m Moment, from, to delay.Day, filter measure.Filter,
	by ...measure.Dimension) (map[measure.EventKind]map[Spot]int64, error) {
	q := byDay(from, to, filter)
	for _, d := range by {
		if d != "" && !q.Has(d) {
			q.By = append(q.By, d)
		}
	}
	events, err := m.Events(ctx, q)
	out := map[measure.EventKind]map[Spot]int64{}
	for _, e := range events {
		addTo(out, e.Kind, Spot{e.Provider, e.Day}, e.People)
	}
	return out, err
}

// eventsOfParts compares events of one kind by the values of a split.
func (s Since) eventsOfParts(ctx context.Context, x *Comparison, from, to delay.Day, f measure.Filter, split measure.Dimension, name string,
	kind measure.EventKind) error {
	return s.parts(x, name, split, x.whyEvent, func(m Moment) (map[string]map[Spot]int64, error) {
		events, err := m.Events(ctx, splitByDay(from, to, f, split))
		out := map[string]map[Spot]int64{}
		for _, e := range events {
			if e.Kind == kind {
				addTo(out, s.valueWords(e.Cell, f, split), Spot{e.Provider, e.Day}, e.People)
			}
		}
		return out, err
	})
}

// Trend compares a trend as it was known with the same trend now.
func (s Since) Trend(ctx context.Context, t measure.Trend) (*Comparison, error) {
	x, err := s.compare(ctx, t.From-1, t.To)
	if err != nil {
		return nil, err
	}
	if err := s.trendLines(ctx, x, t); err != nil {
		return nil, err
	}
	present, err := measure.MakeTrend(ctx, s.Now, measure.TrendQuery{Metric: t.Metric, Grain: t.Grain, Split: t.Split, From: t.From, To: t.To,
		Filter: t.Filter}, s.Now.Expected())
	if err != nil {
		return nil, err
	}
	x.Readings = readingsSince(t, present)
	return x, nil
}

// trendLines adds the counts that the readings of a trend are worked out from.
func (s Since) trendLines(ctx context.Context, x *Comparison, t measure.Trend) error {
	period := delay.Span(t.From, t.To)
	days := func(f measure.Filter) (Difference, error) {
		was, is, err := both(s, func(m Moment) (map[Spot]int64, error) { return daysOf(ctx, m, t.From, t.To, f) })
		return x.difference(was, is, x.evidence.Why), err
	}
	calendar := float64(t.To-t.From) + 1
	switch t.Metric.ID {
	case measure.NewDelays, measure.EndedDelays, measure.DaysWaited:
		kind, name := measure.Began, "New delays, "
		if t.Metric.ID != measure.NewDelays {
			kind, name = measure.Ended, "Ended delays, "
		}
		was, is, err := both(s, func(m Moment) (map[measure.EventKind]map[Spot]int64, error) {
			return eventsOf(ctx, m, t.From, t.To, t.Filter)
		})
		if err != nil {
			return err
		}
		x.counted(name+period, x.difference(was[kind], is[kind], x.whyEvent))
		if err := s.eventsOfParts(ctx, x, t.From, t.To, t.Filter, t.Split, name+period, kind); err != nil {
			return err
		}
		if t.Metric.ID == measure.DaysWaited {
			was, is, err := both(s, func(m Moment) (measure.Lengths, error) {
				return measure.MakeLengths(ctx, m, t.Filter, t.From, t.To, t.AsAt)
			})
			if err != nil {
				return err
			}
			if was, is := was.EndedQuantiles, is.EndedQuantiles; was.People > 0 && is.People > 0 {
				x.follows("Days waited, middle, "+period, was.Middle, is.Middle)
			}
		}
	case measure.LongWaits:
		was, is, err := both(s, func(m Moment) (map[Spot]int64, error) {
			return longOf(ctx, m, t.From, t.To, t.Filter, t.Metric.AtLeast)
		})
		if err != nil {
			return err
		}
		d := x.difference(was, is, x.evidence.Why)
		name := "Delayed days from the " + measure.Whole(int64(t.Metric.AtLeast)) + ordinal(t.Metric.AtLeast) + " of each wait on, " + period
		x.counted(name, d)
		if err := s.parts(x, name, t.Split, x.evidence.Why, func(m Moment) (map[string]map[Spot]int64, error) {
			cells, err := m.LongDays(ctx, splitByDay(t.From, t.To, t.Filter, t.Split), t.Metric.AtLeast)
			return s.byValue(cells, t.Filter, t.Split), err
		}); err != nil {
			return err
		}
		x.follows(t.Metric.Name+", a day", float64(d.Then)/calendar, float64(d.Now)/calendar)
	default:
		all, err := days(t.Filter)
		if err != nil {
			return err
		}
		x.counted("Delayed days, "+period, all)
		if err := s.daysOfParts(ctx, x, "Delayed days, "+period, t.Filter, t.Split, t.From, t.To); err != nil {
			return err
		}
		switch t.Metric.ID {
		case measure.PeopleWaiting:
			x.follows("People waiting, a day", float64(all.Then)/calendar, float64(all.Now)/calendar)
		case measure.DToCBeds:
			x.follows(t.Metric.Name, float64(all.Then)/calendar, float64(all.Now)/calendar)
		case measure.CouncilShare:
			f := t.Filter
			f.Bodies = []delay.Body{delay.SocialCare}
			social, err := days(f)
			if err != nil {
				return err
			}
			x.counted("Delayed days with social care, "+period, social)
			if err := s.daysOfParts(ctx, x, "Delayed days with social care, "+period, f, t.Split, t.From, t.To); err != nil {
				return err
			}
			x.share("Council share, "+period, social, all)
		}
	}
	return nil
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
				out[key{series.Cell, at(r.First)}] = r.Text(t.Metric)
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
	text := measure.Whole(int64(len(days))) + " of " + measure.Plural(int64(len(all)), string(then.Grain), string(then.Grain)+"s") + verb +
		"differently now"
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

// Reasons compares the reasons as they were known with the same days now, by
// pathway too where pathways are asked for.
func (s Since) Reasons(ctx context.Context, f measure.Filter, from, to delay.Day, pathways bool) (*Comparison, error) {
	x, err := s.compare(ctx, from-1, to)
	if err != nil {
		return nil, err
	}
	was, is, err := both(s, func(m Moment) (map[delay.Reason]map[Spot]int64, error) {
		cells, err := m.Cells(ctx, splitByDay(from, to, f, measure.ByReason))
		out := map[delay.Reason]map[Spot]int64{}
		for _, c := range cells {
			addTo(out, c.Reason, Spot{c.Provider, c.Period}, c.Days)
		}
		return out, err
	})
	if err != nil {
		return nil, err
	}
	total := func(m map[delay.Reason]map[Spot]int64) map[Spot]int64 {
		out := map[Spot]int64{}
		for _, days := range m {
			for at, n := range days {
				out[at] += n
			}
		}
		return out
	}
	x.counted("Delayed days, "+delay.Span(from, to), x.difference(total(was), total(is), x.evidence.Why))
	type line struct {
		reason delay.Reason
		Difference
	}
	var lines []line
	reasons := slices.Collect(maps.Keys(was))
	for reason := range is {
		if was[reason] == nil {
			reasons = append(reasons, reason)
		}
	}
	slices.SortFunc(reasons, delay.CompareReasons)
	for _, reason := range reasons {
		one := line{reason, x.difference(was[reason], is[reason], x.evidence.Why)}
		if one.By != nil {
			lines = append(lines, one)
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(b.Then, a.Then) })
	for _, one := range lines {
		x.counted(f.Book.Words(one.reason), one.Difference)
	}
	if !pathways {
		return x, nil
	}
	if err := s.daysOfParts(ctx, x, "Delayed days, "+delay.Span(from, to), f, measure.ByPathway, from, to); err != nil {
		return nil, err
	}
	// A reason with the days that it had may have them on other pathways.
	for _, reason := range reasons {
		if slices.ContainsFunc(lines, func(one line) bool { return one.reason == reason }) {
			continue
		}
		narrow := f
		narrow.Reasons = []delay.Reason{reason}
		if err := s.daysOfParts(ctx, x, f.Book.Words(reason), narrow, measure.ByPathway, from, to); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// Flow compares the flow as it was known with the same days now.
func (s Since) Flow(ctx context.Context, f measure.Flows) (*Comparison, error) {
	x, err := s.compare(ctx, f.From-1, f.To)
	if err != nil {
		return nil, err
	}
	waiting := func(name string, day delay.Day) error {
		was, is, err := both(s, func(m Moment) (map[Spot]int64, error) { return daysOf(ctx, m, day, day, f.Filter) })
		if err != nil {
			return err
		}
		x.counted(name+", "+day.Long(), x.difference(was, is, x.evidence.Why))
		return s.daysOfParts(ctx, x, name+", "+day.Long(), f.Filter, f.Split, day, day)
	}
	if err := waiting("Waiting at the start", f.From-1); err != nil {
		return nil, err
	}
	was, is, err := both(s, func(m Moment) (map[measure.EventKind]map[Spot]int64, error) {
		return eventsOf(ctx, m, f.From, f.To, f.Filter, f.Split)
	})
	if err != nil {
		return nil, err
	}
	for _, k := range measure.EventKinds {
		if d := x.difference(was[k], is[k], x.whyEvent); d.Then != 0 || d.Now != 0 {
			x.counted(measure.UpperFirst(k.String()), d)
			if err := s.eventsOfParts(ctx, x, f.From, f.To, f.Filter, f.Split, measure.UpperFirst(k.String()), k); err != nil {
				return nil, err
			}
		}
	}
	if err := waiting("Waiting at the end", f.To); err != nil {
		return nil, err
	}
	return x, nil
}

// Council compares a council's figures as they were known, up to the day to,
// with the same figures now.
func (s Since) Council(ctx context.Context, f measure.CouncilFigures, o measure.Overview, filter measure.Filter, to delay.Day) (*Comparison,
	error) {
	x, err := s.compare(ctx, min(f.WasFrom, o.AsAt-13), max(to, o.AsAt))
	if err != nil {
		return nil, err
	}
	everybody := filter.On(measure.BasisCounted)
	// The people waiting, each hospital on its own day.
	q := byDay(o.AsAt-13, o.AsAt, everybody)
	q.By = append(q.By, measure.ByResponsible)
	before, after, err := both(s, func(m Moment) (map[spotBody]int64, error) { return bodiesOf(ctx, m, q) })
	if err != nil {
		return nil, err
	}
	x.counted("People waiting, "+o.AsAt.Long(), x.waiting(o, before, after))
	type line struct {
		name   string
		narrow func(*measure.Filter)
	}
	all := func(*measure.Filter) {}
	agreed := func(m *measure.Filter) { m.Basis = measure.BasisAgreed }
	social := func(m *measure.Filter) { m.Bodies = []delay.Body{delay.SocialCare} }
	agreedSocial := func(m *measure.Filter) {
		agreed(m)
		social(m)
	}
	first := []line{{"Delayed days, ", all}, {"Delayed days with social care, ", social}}
	if f.Basis == measure.BasisAgreed {
		first = []line{{"Agreed days, ", agreed}, {"Agreed days with social care, ", agreedSocial}}
	}
	rest := []line{{"Delayed days not attributed, ", func(m *measure.Filter) { m.Bodies = []delay.Body{delay.NotAttributed} }},
		{"Agreed days, ", agreed}, {"Disputed days, ", func(m *measure.Filter) {
			m.States = []agreement.State{agreement.Disputed,
				agreement.Decided}
		}}}
	if f.Basis == measure.BasisAgreed {
		rest[1] = line{"Delayed days, ", all}
	}
	for i, period := range [][2]delay.Day{{f.From, to}, {f.WasFrom, f.WasTo}} {
		words, lines := delay.Span(period[0], period[1]), first
		if i == 0 {
			lines = append(slices.Clone(first), rest...)
		}
		var shared [2]Difference
		for j, line := range lines {
			narrowed := everybody
			line.narrow(&narrowed)
			was, is, err := both(s, func(m Moment) (map[Spot]int64, error) { return daysOf(ctx, m, period[0], period[1], narrowed) })
			if err != nil {
				return nil, err
			}
			d := x.difference(was, is, x.evidence.Why)
			x.counted(line.name+words, d)
			if j < len(shared) {
				shared[j] = d
			}
		}
		x.share("Council share, "+words, shared[1], shared[0])
	}
	return x, nil
}
