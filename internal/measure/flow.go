package measure

import (
	"context"
	"slices"

	"homeward/internal/delay"
)

// EventKind is a way in which the people delayed on one day differ from those
// of the day before.
type EventKind uint8

// The kinds of event. Each is dated with the day on which the count first
// differs, so that counts and events reconcile day by day (C16).
const (
	// Began: the first delayed day of a wait.
	Began EventKind = iota
	// AlreadyWaiting: the first counted day of somebody who was ready before the
	// provider's first extract (C9). They are not new.
	AlreadyWaiting
	// Ended: the day after the last delayed day of a wait that ended.
	Ended
	// NoLongerListed: the day after the provider's latest extract, for waits that
	// are open in it: what became of them is not known yet.
	NoLongerListed
	// Resumed and Paused: the wait stopped and went on, by the log.
	Resumed
	Paused
	// MovedIn and MovedOut: the reason, body, council, care or pathway changed, and
	// with it the group that the person is counted in; the pathway on the day of
	// leaving too (C16).
	MovedIn
	MovedOut

	kinds = iota
)

// EventKinds lists the kinds in the order of tables.
var EventKinds = [kinds]EventKind{Began, AlreadyWaiting, Resumed, MovedIn, Ended, NoLongerListed, Paused, MovedOut}

// Adds says whether events of the kind add to the count; the others take from
// it.
func (k EventKind) Adds() bool {
	switch k {
	case Began, AlreadyWaiting, Resumed, MovedIn:
		return true
	}
	return false
}

// String gives the kind as a column of a table names it.
func (k EventKind) String() string {
	return [kinds]string{"new", "already waiting", "ended", "no longer listed", "resumed", "paused", "moved in", "moved out"}[k]
}

// Event is people of one kind on one day in one cell. Fields of the cell that
// the query's By does not name are zero. Of a move, From is where it came from
// and the cell where it went; one of them may lie outside the query's filter
// (Inside, FromInside).
type Event struct {
	Cell
	Day    delay.Day
	Kind   EventKind
	People int64
	// From is set on MovedIn and MovedOut: the other cell of the move.
	From Cell
}

// Flow is how one group's count changed over one period: Start, and the events
// that add, less those that take, is Now, always (C16).
type Flow struct {
	Period
	Cell Cell
	// Start is the people delayed on the day before the period, Now those on its
	// last day.
	Start, Now int64
	// By holds the events by kind.
	By [kinds]int64
}

// Adds says whether the flow reconciles.
func (f Flow) Adds() bool {
	n := f.Start
	for _, k := range EventKinds {
		if k.Adds() {
			n += f.By[k]
		} else {
			n -= f.By[k]
		}
	}
	return n == f.Now
}

// Flows is the flow of each period and group.
type Flows struct {
	TrendQuery
	AsAt delay.Day
	// Groups are the values of the split in the order of trends; one without a
	// split. Each has a flow for every period.
	Groups []FlowGroup
}

// FlowGroup is one group's flows and their sum over the whole time.
type FlowGroup struct {
	Cell    Cell
	Periods []Flow
	Whole   Flow
}

// MakeFlows works out the flow of each period. Of q, the metric is not used.
func MakeFlows(ctx context.Context, src TrendSource, q TrendQuery, expected []Expected) (Flows, error) {
	q.Metric, _ = MetricOf("M02", q.Filter.Book)
	t, err := MakeTrend(ctx, src, q, expected)
	if err != nil {
		return Flows{}, err
	}
	out := Flows{TrendQuery: t.TrendQuery, AsAt: t.AsAt}
	if len(t.Series) == 0 {
		return out, nil
	}
	daily := Query{From: t.From - 1, To: t.To, By: []Dimension{ByDay}, Filter: q.Filter}
	if q.Split != "" {
		daily.By = append(daily.By, q.Split)
	}
	cells, err := src.Cells(ctx, daily)
	if err != nil {
		return out, err
	}
	type dayCell struct {
		day  delay.Day
		cell Cell
	}
	on := map[dayCell]int64{}
	for _, c := range cells {
		on[dayCell{c.Period, c.only(q.Split)}] += c.Days
	}
	daily.From = t.From
	events, err := src.Events(ctx, daily)
	if err != nil {
		return out, err
	}
	keys := map[Cell]bool{}
	for _, s := range t.Series {
		keys[s.Cell] = true
	}
	byPeriod := map[dayCell]*[kinds]int64{}
	for _, e := range events {
		first, _ := periodOf(e.Day, q.Grain)
		key := dayCell{max(first, t.From), e.only(q.Split)}
		if byPeriod[key] == nil {
			byPeriod[key] = &[kinds]int64{}
		}
		byPeriod[key][e.Kind] += e.People
		if !keys[key.cell] {
			// A group may have had people only on the day before the period.
			keys[key.cell] = true
			t.Series = append(t.Series, TrendSeries{Cell: key.cell, Readings: t.Series[0].Readings})
		}
	}
	slices.SortStableFunc(t.Series, func(a, b TrendSeries) int { return q.order(a, b) })
	for _, s := range t.Series {
		g := FlowGroup{Cell: s.Cell}
		for _, r := range s.Readings {
			f := Flow{Period: r.Period, Cell: s.Cell, Start: on[dayCell{r.First - 1, s.Cell}], Now: on[dayCell{r.Last, s.Cell}]}
			if by := byPeriod[dayCell{r.First, s.Cell}]; by != nil {
				f.By = *by
			}
			g.Periods = append(g.Periods, f)
			for k, n := range f.By {
				g.Whole.By[k] += n
			}
		}
		n := len(g.Periods)
		g.Whole.Cell, g.Whole.Start, g.Whole.Now = s.Cell, g.Periods[0].Start, g.Periods[n-1].Now
		g.Whole.First, g.Whole.Last = g.Periods[0].First, g.Periods[n-1].Last
		out.Groups = append(out.Groups, g)
	}
	return out, nil
}

// Handoff is the number of times that waits went from one cell to another,
// for instance from one body to another (G4).
type Handoff struct {
	From, To Cell
	People   int64
}

// Handoffs gives the moves between values of d from from to to, most first.
func Handoffs(ctx context.Context, src TrendSource, f Filter, d Dimension, from, to delay.Day) ([]Handoff, error) {
	events, err := src.Events(ctx, Query{From: from, To: to, By: []Dimension{ByDay, d}, Filter: f})
	if err != nil {
		return nil, err
	}
	type pair struct{ from, to Cell }
	sums := map[pair]int64{}
	for _, e := range events {
		// Who came into the filter may have had the same value before.
		if from, to := e.From.only(d), e.only(d); e.Kind == MovedIn && from != to {
			sums[pair{from, to}] += e.People
		}
	}
	out := make([]Handoff, 0, len(sums))
	for p, n := range sums {
		out = append(out, Handoff{p.from, p.to, n})
	}
	slices.SortFunc(out, func(a, b Handoff) int {
		if a.People != b.People {
			return int(b.People - a.People)
		}
		if x, y := a.From.Text(d), b.From.Text(d); x != y {
			if x < y {
				return -1
			}
			return 1
		}
		if a.To.Text(d) < b.To.Text(d) {
			return -1
		}
		return 1
	})
	return out, nil
}
