package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

var _ measure.TrendSource = (*Store)(nil)

// besides makes conditions on the columns of a segment, each with a prefix. An
// empty filter gives "1".
func besides(f measure.Filter, prefix string) where {
	var w where
	w.add("1")
	in(&w, prefix+"council", f.Councils, func(c delay.Council) any { return string(c) })
	in(&w, prefix+"care", f.Care, func(c delay.CareType) any { return int64(c) })
	in(&w, prefix+"reason", f.Reasons, func(r delay.Reason) any { return string(r) })
	in(&w, prefix+"body", f.Bodies, func(b delay.Body) any { return int64(b) })
	in(&w, prefix+"state", f.InStates(), func(s agreement.State) any { return int64(s) })
	in(&w, prefix+"pathway", f.Pathways, func(p delay.Pathway) any { return string(p) })
	return w
}

// segmentsOf names what days are counted from: segments, parted by pathway where
// it is asked about.
func segmentsOf(f measure.Filter, by []measure.Dimension) string {
	if len(f.Pathways) > 0 || slices.Contains(by, measure.ByPathway) {
		return "segment_by_pathway"
	}
	return "segment"
}

// cellColumns gives the columns of a query's dimensions without its period.
func cellColumns(q measure.Query, prefix string) (columns []string, fields func(*measure.Cell) []any) {
	columns, fields = dimensions(q)
	out := make([]string, len(columns))
	for i, c := range columns {
		if c != "code" { // A delay never changes its provider.
			c = prefix + c
		}
		out[i] = c
	}
	return out, fields
}

// list joins columns that follow others in a query.
func list(columns []string) string {
	var b strings.Builder
	for _, c := range columns {
		b.WriteString(", ")
		b.WriteString(c)
	}
	return b.String()
}

// asks says whether a cell is of a query's filter, the providers aside.
type asks struct {
	councils map[delay.Council]bool
	care     map[delay.CareType]bool
	reasons  map[delay.Reason]bool
	bodies   map[delay.Body]bool
	states   map[agreement.State]bool
	pathways map[delay.Pathway]bool
}

func askedBy(f measure.Filter) asks {
	return asks{set(f.Councils), set(f.Care), set(f.Reasons), set(f.Bodies), set(f.InStates()), set(f.Pathways)}
}

// set gives values as a set; nil, which is everything, for none.
func set[T comparable](values []T) map[T]bool {
	if len(values) == 0 {
		return nil
	}
	out := make(map[T]bool, len(values))
	for _, v := range values {
		out[v] = true
	}
	return out
}

func among[T comparable](set map[T]bool, v T) bool { return set == nil || set[v] }

func (a *asks) has(c *measure.Cell) bool {
	return among(a.councils, c.Council) && among(a.care, c.Care) && among(a.reasons, c.Reason) && among(a.bodies, c.Body) &&
		among(a.states, c.State) && among(a.pathways, c.Pathway)
}

// only gives a cell with nothing but the dimensions of a query; no period.
func only(by []measure.Dimension, c measure.Cell) (out measure.Cell) {
	for _, d := range by {
		switch d {
		case measure.ByProvider:
			out.Provider = c.Provider
		case measure.ByCouncil:
			out.Council = c.Council
		case measure.ByCare:
			out.Care = c.Care
		case measure.ByReason:
			out.Reason = c.Reason
		case measure.ByState:
			out.State = c.State
		case measure.ByPathway:
			out.Pathway = c.Pathway
		case measure.ByResponsible:
			out.Body = c.Body
		}
	}
	return out
}

// Events gives what changed the count of people delayed from one day to the
// next, from q.From to q.To, by day and q's dimensions (C16).
func (s *Store) Events(ctx context.Context, q measure.Query) ([]measure.Event, error) {
	return sharedAnswer(ctx, s, question("events", q), func() ([]measure.Event, error) { return s.events(ctx, q) })
}

func (s *Store) events(ctx context.Context, q measure.Query) ([]measure.Event, error) {
	sums := eventSums{q: q, grouping: newGrouping(q), byProvider: q.Has(measure.ByProvider), people: map[eventKey]int64{}, ready: 1}
	if s.settings.Delay.Convention.CountReady {
		sums.ready = 0
	}
	if err := s.eachWait(ctx, q, sums.add); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	out := make([]measure.Event, 0, len(sums.people))
	for e, n := range sums.people {
		one := measure.Event{Cell: sums.cell(e.group, e.provider), Day: e.day, Kind: e.kind, People: n}
		if e.from >= 0 {
			one.From = sums.cell(e.from, e.provider)
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b measure.Event) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), compare(q.By, a.Cell, b.Cell), compare(q.By, a.From, b.From))
	})
	return out, nil
}

// eventSums counts the people of events.
type eventSums struct {
	*grouping
	q          measure.Query
	byProvider bool
	people     map[eventKey]int64
	// ready is how many days after the ready date the first counted day is.
	ready delay.Day
}

// eventKey is an event without its people; from is -1 of one that is no move, and the
// provider is empty where it is not asked for.
type eventKey struct {
	provider    string
	day         delay.Day
	group, from int32
	kind        measure.EventKind
}

func (s *eventSums) add(keys *cellKeys, c *wait, at place) {
	e := eventKey{from: -1}
	if s.byProvider {
		e.provider = at.code
	}
	for i := range c.steps {
		t := &c.steps[i]
		is := s.at(keys, t.key)
		if e.day = t.first; s.q.From <= e.day && e.day <= s.q.To {
			if c.follows(i) {
				s.move(e, s.at(keys, c.steps[i-1].key), is)
			} else if is.asked {
				s.one(e, c.entered(i, at.firstList, s.ready), is)
			}
		}
		// An end is on the pathway of the leaving; everything else is the last day's.
		if e.day = t.last + 1; s.q.From <= e.day && e.day <= s.q.To {
			left := is
			if key := c.leaving(i); key != t.key && byPathway(s.q) {
				// Out of one pathway and into the other on the day that ends the wait, so
				// that who waits on each still adds up (C16).
				left = s.at(keys, key)
				s.move(e, is, left)
			}
			if !c.goesOn(i) && left.asked {
				s.one(e, c.went(i), left)
			}
		}
	}
}

// entered says what the first day of a step is that follows none at once. Somebody
// who was ready before their provider's first extract was already waiting when it
// came (C9).
func (c *wait) entered(i int, firstList, ready delay.Day) measure.EventKind {
	switch first := c.steps[i].first; {
	case i > 0:
		return measure.Resumed
	case c.ready+ready < first && first == firstList:
		return measure.AlreadyWaiting
	}
	return measure.Began
}

// went says what the day after a step is that none follows at once.
func (c *wait) went(i int) measure.EventKind {
	switch {
	case i+1 < len(c.steps):
		return measure.Paused
	case c.endKind != delay.Open:
		return measure.Ended
	case c.listedLast > c.steps[i].last:
		return measure.Paused
	}
	return measure.NoLongerListed
}

func (s *eventSums) one(e eventKey, kind measure.EventKind, of grouped) {
	e.kind, e.group = kind, of.group
	s.people[e]++
}

// move counts a move to a query that has one of its ends, both or neither.
func (s *eventSums) move(e eventKey, from, to grouped) {
	if from.asked && to.asked && from.group == to.group {
		return // What changed is not asked about.
	}
	if to.asked {
		e.kind, e.group, e.from = measure.MovedIn, to.group, from.group
		s.people[e]++
	}
	if from.asked {
		e.kind, e.group, e.from = measure.MovedOut, from.group, to.group
		s.people[e]++
	}
}

// openLast orders waits that are alike but in whether they have ended.
func openLast(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// LongDays gives the delayed days of a query that are at least the atLeast-th
// counted day of their delay, by its dimensions and its day, week or month.
func (s *Store) LongDays(ctx context.Context, q measure.Query, atLeast int) ([]measure.Cell, error) {
	return sharedAnswer(ctx, s, question("long days", q, atLeast), func() ([]measure.Cell, error) { return s.longDays(ctx, q, atLeast) })
}

func (s *Store) longDays(ctx context.Context, q measure.Query, atLeast int) ([]measure.Cell, error) {
	groups, byProvider := newGrouping(q), q.Has(measure.ByProvider)
	type groupAt struct {
		provider string
		group    int32
	}
	// Of each cell the difference of every day's count from the day before.
	changes := map[groupAt][]int64{}
	if err := s.eachWait(ctx, q, func(keys *cellKeys, c *wait, at place) {
		before := 0 // counted days of the delay before the step
		for i := range c.steps {
			t := &c.steps[i]
			first, last := max(t.first, t.first+delay.Day(atLeast-1-before), q.From), min(t.last, q.To)
			before += t.days()
			if first > last {
				continue
			}
			of := groups.at(keys, t.key)
			if !of.asked {
				continue
			}
			cell := groupAt{group: of.group}
			if byProvider {
				cell.provider = at.code
			}
			change := changes[cell]
			if change == nil {
				change = make([]int64, q.To-q.From+2)
				changes[cell] = change
			}
			change[first-q.From]++
			change[last-q.From+1]--
		}
	}); err != nil {
		return nil, fmt.Errorf("long waits: %w", err)
	}
	sums := map[measure.Cell]int64{}
	for at, change := range changes {
		c, n := groups.cell(at.group, at.provider), int64(0)
		for day := q.From; day <= q.To; day++ {
			if n += change[day-q.From]; n == 0 {
				continue
			}
			switch {
			case q.Has(measure.ByDay):
				c.Period = day
			case q.Has(measure.ByWeek):
				c.Period = max(day.Week(), q.From)
			case q.Has(measure.ByMonth):
				c.Period = max(day.Month().First(), q.From)
			}
			sums[c] += n
		}
	}
	out := make([]measure.Cell, 0, len(sums))
	for c, n := range sums {
		c.Days = n
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b measure.Cell) int { return compare(q.By, a, b) })
	return out, nil
}

// Spells gives the waits that have delayed days, or an end, from q.From to
// q.To, by what was recorded last of them, of their leaving too.
func (s *Store) Spells(ctx context.Context, q measure.Query) ([]measure.Spell, error) {
	return sharedAnswer(ctx, s, question("spells", q), func() ([]measure.Spell, error) { return s.spells(ctx, q) })
}

func (s *Store) spells(ctx context.Context, q measure.Query) ([]measure.Spell, error) {
	groups, byProvider := newGrouping(q), q.Has(measure.ByProvider)
	type spell struct {
		provider    string
		group       int32
		first, last delay.Day
		delayed     int
		open        bool
	}
	people := map[spell]int64{}
	if err := s.eachWait(ctx, q, func(keys *cellKeys, c *wait, at place) {
		i := len(c.steps) - 1
		of := groups.at(keys, c.leaving(i))
		if c.steps[i].last < q.From-1 || !of.asked {
			return
		}
		one := spell{group: of.group, first: c.began, last: c.steps[i].last, open: c.endKind == delay.Open}
		if byProvider {
			one.provider = at.code
		}
		for i := range c.steps {
			one.delayed += c.steps[i].days()
		}
		people[one]++
	}); err != nil {
		return nil, fmt.Errorf("lengths: %w", err)
	}
	out := make([]measure.Spell, 0, len(people))
	for one, n := range people {
		out = append(out, measure.Spell{Cell: groups.cell(one.group, one.provider), First: one.first, Last: one.last, Delayed: one.delayed,
			Open: one.open, People: n})
	}
	slices.SortFunc(out, func(a, b measure.Spell) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last), cmp.Compare(a.Delayed, b.Delayed),
			compare(q.By, a.Cell, b.Cell), openLast(a.Open, b.Open))
	})
	return out, nil
}
