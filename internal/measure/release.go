package measure

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// Release is everything that may leave the partnership on one period (P3): the
// delayed days by nothing, by each dimension and by each two of them, and the
// same of what a filter lets through. Which counts are suppressed is settled
// for all of these tables together, from the records that they all add up, so
// that whichever of them somebody holds, and however many, each suppressed
// count has at least three values that agree with every one. The tables without
// a filter are settled first and do not depend on it.
//
// What is not seen here is another period: a quarter beside its months asked
// for one by one, or the figures of last week beside those of today.
type Release struct {
	from, to delay.Day
	filter   Filter
	units    []delay.Day // first day of each unit of time, days or months
	values   [dims][]string
	ledger   *ledger
	tables   map[string]int // by key
	axes     []axis
	axisAt   map[string]int
}

// Known lists the providers, councils and reasons that have a row whatever the
// counts are. Days of any other have a row of their own where they come to 5 or more
// in the whole period; all others are together in the row OtherWords.
type Known struct {
	Providers []string
	Councils  []delay.Council
	Reasons   []delay.Reason
}

// OtherWords stands in a public table for all providers, councils or reasons that have
// no row of their own.
const OtherWords = "other"

// longest is the most days that a release by week or day covers. Longer ones
// are by month.
const longest = 400

// shortPeriod is the most days of a release that crosses weeks and days with
// another dimension under a filter.
const shortPeriod = 93

// The dimensions of a record: the unit of time and the seven that do not nest.
const (
	dimTime = iota
	dimProvider
	dimCouncil
	dimCare
	dimReason
	dimBody
	dimState
	dimPathway
	dims
)

var dimOf = map[Dimension]int{
	ByDay: dimTime, ByWeek: dimTime, ByMonth: dimTime, ByProvider: dimProvider, ByCouncil: dimCouncil, ByCare: dimCare,
	ByReason: dimReason, ByResponsible: dimBody, ByState: dimState, ByPathway: dimPathway,
}

// plain are the dimensions of which a record has one value each.
var plain = [...]Dimension{ByProvider, ByCouncil, ByCare, ByReason, ByResponsible, ByState, ByPathway}

// mostFilters is the number of dimensions that a public table can be narrowed by.
const mostFilters = 3

// MakeRelease settles what of the period may leave the partnership, with and
// without the filter. The error is an Invalid problem for a filter by more than
// three dimensions or by a value that has no row of its own.
func MakeRelease(ctx context.Context, src Source, from, to delay.Day, f Filter, known Known) (*Release, error) {
	r := &Release{from: from, to: to, filter: f, tables: map[string]int{}, axisAt: map[string]int{}}
	unit := ByDay
	if to-from+1 > longest {
		unit = ByMonth
	}
	// The filter is left out: it must not settle what is suppressed without it.
	cells, err := src.Cells(ctx, Query{From: from, To: to, By: append([]Dimension{unit}, plain[:]...)})
	if err != nil {
		return nil, err
	}
	for day := from; day <= to; {
		r.units = append(r.units, day)
		if day++; unit == ByMonth {
			day = (day - 1).Month().Last() + 1
		}
	}
	r.spread(cells, known)
	records, err := r.records(cells)
	if err != nil {
		return nil, err
	}
	r.ledger = newLedger(records, r.sizes())
	r.timeAxes(unit)
	for i, d := range plain {
		r.addAxis(string(d), dimProvider+i, nil, -1)
	}
	narrow, err := r.narrowing(f)
	if err != nil {
		return nil, err
	}
	for _, s := range r.stages(narrow) {
		r.settle(s)
	}
	return r, nil
}

// spread lists the values of every dimension that have a row.
func (r *Release) spread(cells []Cell, known Known) {
	open := func(d Dimension, fixed []string, last ...string) []string {
		sums := map[string]int64{}
		for _, c := range cells {
			sums[c.Text(d)] += c.Days
		}
		out := slices.Clone(fixed)
		var more []string
		for value, n := range sums {
			if n >= smallCount && !slices.Contains(fixed, value) && !slices.Contains(last, value) {
				more = append(more, value)
			}
		}
		slices.Sort(more)
		return append(append(out, more...), last...)
	}
	var councils []string
	for _, c := range known.Councils {
		councils = append(councils, orNotKnown(string(c)))
	}
	r.values[dimProvider] = open(ByProvider, known.Providers, OtherWords)
	r.values[dimCouncil] = open(ByCouncil, councils, OtherWords, NotKnown)
	for _, c := range delay.CareTypes {
		r.values[dimCare] = append(r.values[dimCare], c.String())
	}
	var reasons []string
	for _, reason := range known.Reasons {
		reasons = append(reasons, string(reason))
	}
	// A row for all others says no more than that another code set was used.
	last := []string{NotKnown}
	if slices.ContainsFunc(cells, func(c Cell) bool {
		return c.Reason != delay.ReasonNotKnown && !slices.Contains(known.Reasons, c.Reason)
	}) {
		last = []string{OtherWords, NotKnown}
	}
	r.values[dimReason] = open(ByReason, reasons, last...)
	for _, b := range delay.Bodies {
		r.values[dimBody] = append(r.values[dimBody], b.String())
	}
	for _, s := range agreement.States {
		r.values[dimState] = append(r.values[dimState], s.String())
	}
	// Where nobody states a pathway there is nothing to tell apart, and no table
	// more to settle.
	r.values[dimPathway] = []string{NotStated}
	if slices.ContainsFunc(cells, func(c Cell) bool { return c.Pathway != delay.PathwayNotStated }) {
		r.values[dimPathway] = nil
		for _, p := range delay.Pathways {
			r.values[dimPathway] = append(r.values[dimPathway], orNotStated(p))
		}
	}
	for _, u := range r.units {
		r.values[dimTime] = append(r.values[dimTime], u.String())
	}
}

func (r *Release) records(cells []Cell) ([]record, error) {
	at := [dims]map[string]uint16{}
	for d, values := range r.values {
		at[d] = map[string]uint16{}
		for i, v := range values {
			at[d][v] = uint16(i)
		}
	}
	sums := map[[dims]uint16]int64{}
	for _, c := range cells {
		var v [dims]uint16
		i, ok := slices.BinarySearch(r.units, c.Period)
		if !ok {
			return nil, fmt.Errorf("measure: a count of %s is outside %s to %s", c.Period, r.from, r.to)
		}
		v[dimTime] = uint16(i)
		for i, d := range plain {
			n, ok := at[dimProvider+i][c.Text(d)]
			if other, open := at[dimProvider+i][OtherWords]; !ok && open {
				n, ok = other, true
			}
			if !ok {
				return nil, fmt.Errorf("measure: the %s %q has no row in a public table", d, c.Text(d))
			}
			v[dimProvider+i] = n
		}
		sums[v] += c.Days
	}
	out := make([]record, 0, len(sums))
	for v, n := range sums {
		out = append(out, record{v, n})
	}
	slices.SortFunc(out, func(a, b record) int { return slices.Compare(a.v[:], b.v[:]) })
	return out, nil
}

func (r *Release) sizes() (out [dims]int) {
	for d, values := range r.values {
		out[d] = len(values)
	}
	return out
}

// axis is one way to tell the values of a dimension apart.
type axis struct {
	name   string
	dim    int
	to     []uint16 // by the dimension's value
	values []string
	// records are those of each value.
	records [][]int
	// only is the one value whose counts are published; below zero all are.
	only int
}

func (r *Release) addAxis(name string, dim int, group func(value int) string, only int) {
	a := axis{name: name, dim: dim, only: only}
	for i, text := range r.values[dim] {
		if group != nil {
			text = group(i)
		}
		at := slices.Index(a.values, text)
		if at < 0 {
			at, a.values = len(a.values), append(a.values, text)
		}
		a.to = append(a.to, uint16(at))
	}
	a.records = make([][]int, len(a.values))
	for i, one := range r.ledger.records {
		at := a.to[one.v[dim]]
		a.records[at] = append(a.records[at], i)
	}
	r.axisAt[name] = len(r.axes)
	r.axes = append(r.axes, a)
}

func (r *Release) timeAxes(unit Dimension) {
	r.addAxis(string(ByMonth), dimTime, func(i int) string { return r.units[i].Month().String() }, -1)
	if unit == ByDay {
		r.addAxis(string(ByWeek), dimTime, func(i int) string { return r.units[i].Week().String() }, -1)
		r.addAxis(string(ByDay), dimTime, nil, -1)
	}
}

// narrowing gives the axis of each dimension that the filter narrows: that of
// the dimension itself for one value, so that the others' counts are settled
// with it, or one that tells those let through from the rest.
func (r *Release) narrowing(f Filter) (map[Dimension]int, error) {
	out := map[Dimension]int{}
	for _, d := range plain {
		texts := f.texts(d)
		if len(texts) == 0 {
			continue
		}
		values := r.values[dimOf[d]]
		in := make([]bool, len(values))
		count := 0
		for _, text := range texts {
			at := slices.Index(values, text)
			if at < 0 {
				return nil, problem.New(problem.Invalid,
					"Found the %s %q, which has no row of its own in a public table: it is not in the partnership file and has too few days. Leave "+
						"it out.", d, text)
			}
			if !in[at] {
				in[at] = true
				count++
			}
		}
		switch {
		case count == len(values):
		case count == 1:
			out[d] = r.axisAt[string(d)]
		default:
			r.addAxis(string(d)+"="+strings.Join(texts, ","), dimOf[d], func(i int) string {
				if in[i] {
					return "in"
				}
				return "out"
			}, 0)
			at := len(r.axes) - 1
			r.axes[at].only = slices.Index(r.axes[at].values, "in")
			out[d] = at
		}
	}
	if len(out) > mostFilters {
		return nil, problem.New(problem.Invalid, "A public table can be narrowed by three things at most, and %d are. Leave some out.", len(out))
	}
	return out, nil
}

// texts gives the values that the filter lets through of a dimension, as they
// stand in tables; none means all.
func (f Filter) texts(d Dimension) (out []string) {
	add := func(c Cell) { out = append(out, c.Text(d)) }
	switch d {
	case ByProvider:
		return f.Providers
	case ByCouncil:
		for _, v := range f.Councils {
			add(Cell{Council: v})
		}
	case ByCare:
		for _, v := range f.Care {
			add(Cell{Care: v})
		}
	case ByReason:
		for _, v := range f.Reasons {
			add(Cell{Reason: v})
		}
	case ByResponsible:
		for _, v := range f.Bodies {
			add(Cell{Body: v})
		}
	case ByState:
		for _, v := range f.InStates() {
			add(Cell{State: v})
		}
	case ByPathway:
		for _, v := range f.Pathways {
			add(Cell{Pathway: v})
		}
	}
	return out
}

// stages gives what narrows each stage: nothing first, then ever more of the
// filter. Within one filter a table of a month and of a month narrowed by
// council are both published, so every part of the filter is a stage.
func (r *Release) stages(narrow map[Dimension]int) [][]Dimension {
	out := [][]Dimension{nil}
	for _, d := range plain {
		if _, ok := narrow[d]; ok {
			for _, s := range slices.Clone(out) {
				out = append(out, append(slices.Clone(s), d))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b []Dimension) int { return cmp.Compare(len(a), len(b)) })
	for i, s := range out {
		for j, d := range s {
			out[i][j] = Dimension(r.axes[narrow[d]].name)
		}
	}
	return out
}

// settle adds the tables of a stage to the ledger and hides in them what must
// be.
func (r *Release) settle(narrow []Dimension) {
	taken := [dims]bool{}
	var base []int
	for _, name := range narrow {
		at := r.axisAt[string(name)]
		base, taken[r.axes[at].dim] = append(base, at), true
	}
	var free []int
	for at, a := range r.axes {
		if a.only < 0 && !taken[a.dim] && !r.single(a.dim) {
			free = append(free, at)
		}
	}
	add := func(more ...int) {
		axes := append(slices.Clone(base), more...)
		key := r.key(axes)
		if _, ok := r.tables[key]; !ok {
			var narrow []int
			for i, at := range axes {
				if slices.Contains(base, at) {
					narrow = append(narrow, i)
				}
			}
			r.tables[key] = r.ledger.addTable(r.picked(axes), narrow)
		}
	}
	add()
	for i, a := range free {
		add(a)
		for _, b := range free[i+1:] {
			if r.axes[a].dim != r.axes[b].dim && (len(base) == 0 || r.fine(a) && r.fine(b)) {
				add(a, b)
			}
		}
	}
	r.ledger.protect()
}

// fine says whether an axis is crossed with another under a filter. Weeks and
// days are for short periods only: nearly all of their counts are small.
func (r *Release) fine(axis int) bool {
	a := r.axes[axis]
	return a.dim != dimTime || a.name == string(ByMonth) || r.to-r.from+1 <= shortPeriod
}

// single says whether a dimension tells nothing apart, so that a table by it is
// the same as without it. Only the pathway's values depend on whether anybody
// states one.
func (r *Release) single(dim int) bool { return dim == dimPathway && len(r.values[dim]) == 1 }

func (r *Release) picked(axes []int) []axis {
	var out []axis
	for _, at := range axes {
		out = append(out, r.axes[at])
	}
	return out
}

// key names a table by its axes, and puts them in order.
func (r *Release) key(axes []int) string {
	slices.Sort(axes)
	return fmt.Sprint(axes)
}

// Values are the rows of a dimension in public tables, in their order: those
// that the filter lets through, each whether anything was counted or not.
func (r *Release) Values(d Dimension) ([]string, error) {
	at, ok := r.axisAt[string(d)]
	if !ok {
		return nil, problem.New(problem.Invalid, "A public table by %s is of %d days at most. Ask for a shorter period, or by month.", d, longest)
	}
	values := r.axes[at].values
	texts := r.filter.texts(d)
	if len(texts) == 0 {
		return values, nil
	}
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !slices.Contains(texts, v) }), nil
}

// Count gives one count of the release, on a basis, of the given values of at
// most two dimensions and narrowed by the release's filter in all others.
func (r *Release) Count(basis Basis, of map[Dimension]string) PublicCount {
	f := r.filter.On(basis)
	var axes []int
	at := map[int]int{}
	fix := func(a, value int) {
		axes = append(axes, a)
		at[a] = value
	}
	for d, value := range of {
		if dim, known := dimOf[d]; known && r.single(dim) && value == r.values[dim][0] {
			continue
		}
		a, ok := r.axisAt[string(d)]
		if !ok {
			return PublicCount{Suppressed: true}
		}
		i := slices.Index(r.axes[a].values, value)
		if i < 0 {
			return PublicCount{Suppressed: true}
		}
		fix(a, i)
	}
	for _, d := range plain {
		texts := f.texts(d)
		if _, fixed := of[d]; fixed || len(texts) == 0 || len(texts) == len(r.values[dimOf[d]]) {
			continue
		}
		if a, ok := r.axisAt[string(d)+"="+strings.Join(texts, ",")]; ok {
			fix(a, r.axes[a].only)
			continue
		}
		a := r.axisAt[string(d)]
		fix(a, slices.Index(r.axes[a].values, texts[0]))
	}
	t, ok := r.tables[r.key(axes)]
	if !ok {
		return PublicCount{Suppressed: true}
	}
	var values []int
	for _, a := range axes {
		values = append(values, at[a])
	}
	return r.ledger.count(t, values)
}
