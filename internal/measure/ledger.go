package measure

import (
	"cmp"
	"math"
	"slices"
)

// ledger is the records that all tables of a release add up, with every table
// of it that is published. A count that is not shown is safe when the records
// can be written otherwise, in whole numbers and in two ways, so that the count
// comes out at three values and everything published is as it was: then no one
// who holds all tables can tell which of the three it is, whatever their
// method. Small changes are tried for it: a delayed day moved to another value
// of a dimension, two that exchange one, one more, one fewer. Where none
// serves, the counts that stand in the way are hidden too.
type ledger struct {
	records []record
	left    []int64 // how many of each record the change at hand leaves
	index   map[[dims]uint16]int
	sizes   [dims]int
	tables  []table
	by      [dims][]int         // tables that tell a dimension's values apart
	settled int                 // tables before this one are settled already
	queue   []place             // hidden counts that are to be looked at
	open    []place             // those for which nothing served
	ways    map[place][2]change // how a count that is safe comes out otherwise
	shifts  []shift             // of the change at hand
	steps   int                 // changes that were tried
	most    int                 // steps after which no more are
	seed    uint64
	all     []int
	lists   map[listKey][]int
}

// record is a number of delayed days with the same value of every dimension.
type record struct {
	v [dims]uint16
	n int64
}

// table is one published table: its counts by the mixed radix of its axes.
type table struct {
	axes   []axis
	stride []int
	mask   [dims]bool
	count  []int64
	change []int64 // by the change at hand
	hidden []bool
	// withheld counts are not published, not even whether they are small.
	withheld []bool
	narrow   []int // the axes of the filter
	// low and high are what one who reads the release knows of a count alone.
	// They know which counts are small, because that is the worst they can know.
	low, high []int64
	weight    int64 // of hiding one of its counts
}

type place struct{ table, cell int }

// shift is days added to a record, or taken from it.
type shift struct {
	v [dims]uint16
	n int64
}

// change is shifts that are made together.
type change []shift

type listKey struct {
	dim   int
	value uint16
}

func newLedger(records []record, sizes [dims]int) *ledger {
	l := &ledger{records: records, left: make([]int64, len(records)), index: map[[dims]uint16]int{}, sizes: sizes, lists: map[listKey][]int{},
		ways: map[place][2]change{}}
	for i, r := range records {
		l.left[i], l.index[r.v], l.all = r.n, i, append(l.all, i)
		for d, v := range r.v {
			k := listKey{d, v}
			l.lists[k] = append(l.lists[k], i)
		}
	}
	return l
}

// addTable counts the records by the axes, of which narrow are those of the
// filter. Its small counts are hidden.
func (l *ledger) addTable(axes []axis, narrow []int) int {
	t := table{axes: axes, narrow: narrow, weight: 1}
	size := 1
	for _, a := range axes {
		t.stride = append(t.stride, size)
		size *= len(a.values)
		t.mask[a.dim] = true
	}
	for range 2 - min(2, len(axes)) {
		t.weight *= 8 // Totals are missed most.
	}
	t.count, t.change, t.hidden = make([]int64, size), make([]int64, size), make([]bool, size)
	for _, r := range l.records {
		t.count[t.cell(&r.v)] += r.n
	}
	at := len(l.tables)
	t.low, t.high, t.withheld = make([]int64, size), make([]int64, size), make([]bool, size)
	for c, n := range t.count {
		t.hidden[c] = n < smallCount && t.published(c)
		t.know(c)
	}
	for d, told := range t.mask {
		if told {
			l.by[d] = append(l.by[d], at)
		}
	}
	l.tables = append(l.tables, t)
	return at
}

func (t *table) cell(v *[dims]uint16) int {
	c := 0
	for i := range t.axes {
		a := &t.axes[i]
		c += int(a.to[v[a.dim]]) * t.stride[i]
	}
	return c
}

// value gives the value of the table's i-th axis in a cell.
func (t *table) value(cell, i int) int { return cell / t.stride[i] % len(t.axes[i].values) }

func (t *table) published(cell int) bool {
	for i, a := range t.axes {
		if a.only >= 0 && t.value(cell, i) != a.only {
			return false
		}
	}
	return true
}

func (l *ledger) count(at int, values []int) PublicCount {
	t := &l.tables[at]
	c := 0
	for i, v := range values {
		c += v * t.stride[i]
	}
	if t.hidden[c] || !t.published(c) {
		return PublicCount{Suppressed: true}
	}
	return PublicCount{Value: round(t.count[c])}
}

// know sets the bounds of a count anew.
func (t *table) know(c int) {
	n := t.count[c]
	switch {
	case t.withheld[c] || !t.published(c):
		t.low[c], t.high[c] = 0, math.MaxInt64
	case n < smallCount:
		t.low[c], t.high[c] = 0, smallCount-1
	case t.hidden[c]:
		t.low[c], t.high[c] = smallCount, math.MaxInt64
	default:
		v := round(n)
		t.low[c], t.high[c] = max(v-rounding/2, smallCount), v+rounding/2
	}
}

// may is what may be hidden for the sake of another count: nothing, counts by two
// dimensions, or totals too, which are missed most.
type may int

const (
	hideNone may = iota
	hideInner
	hideAny
)

// effort is what is tried for a count: how many changes for each step, what may
// be hidden, and by which axis of its table a record may come in; below zero by
// any.
type effort struct {
	hide        may
	tries, axis int
}

// efforts are tried in turn until the count is safe. The first changes of each
// are those that touch least, and a small choice of these comes before a large
// one, because what is hidden stays hidden.
var efforts = []effort{
	{hideNone, 300, -1}, {hideNone, 300, 0}, {hideNone, 300, 1}, {hideNone, 1000, -1},
	{hideInner, 30, -1}, {hideInner, 300, 0}, {hideInner, 300, 1}, {hideInner, 3000, -1},
	{hideAny, 30, -1}, {hideAny, 300, 0}, {hideAny, 300, 1}, {hideAny, 3000, -1},
}

// rounds is how often a count for which nothing served is looked at again, with
// other choices and with what was hidden since.
const rounds = 4

// stepsOfCount bounds the changes that are tried for the counts of a stage, for
// each count on average. Counts that are not safe by then count as those for
// which nothing served.
const stepsOfCount = 400

// protect looks at every hidden count of the ledger until each is safe. Counts
// of tables that were settled before are not hidden any more.
func (l *ledger) protect() {
	l.queue, l.open = nil, nil
	for at := range l.tables {
		for c, hidden := range l.tables[at].hidden {
			if hidden {
				l.queue = append(l.queue, place{at, c})
			}
		}
	}
	l.most = l.steps + stepsOfCount*len(l.queue)
	for round := range rounds {
		l.look(round)
	}
	// Nothing served: all counts of the table under the same values of the filter
	// are withheld, and for a count of an earlier stage those of this one that
	// stand in the way of what served then.
	for len(l.open) > 0 {
		p := l.open[0]
		l.open = l.open[1:]
		switch {
		case l.tables[p.table].withheld[p.cell] || l.as(p) || l.again(p):
		case p.table >= l.settled:
			l.withhold(p)
		default:
			for at := l.settled; at < len(l.tables); at++ {
				for _, way := range l.ways[p] {
					l.clear(at, way)
				}
			}
		}
		if len(l.open) == 0 {
			l.most = l.steps + stepsOfCount*len(l.queue)
			l.look(rounds) // what was hidden meanwhile
		}
	}
	l.settled = len(l.tables)
}

// look looks at the queue and at what was left open.
func (l *ledger) look(round int) {
	l.queue, l.open = append(l.open, l.queue...), nil
	for len(l.queue) > 0 {
		p := l.queue[0]
		l.queue = l.queue[1:]
		l.seed = (uint64(p.table)<<32 ^ uint64(p.cell)*2654435761 + uint64(round)*7919) | 1
		if l.steps > l.most {
			l.open = append(append(l.open, p), l.queue...)
			l.queue = nil
			return
		}
		if l.tables[p.table].withheld[p.cell] || l.safe(p) {
			continue
		}
		l.open = append(l.open, p)
	}
}

// withhold publishes nothing of a table under the same values of the filter as
// a count has, not even which counts are small.
func (l *ledger) withhold(p place) {
	t := &l.tables[p.table]
	for c := range t.hidden {
		same := true
		for _, i := range t.narrow {
			same = same && t.value(c, i) == t.value(p.cell, i)
		}
		if same {
			t.withheld[c], t.hidden[c] = true, true
			t.know(c)
		}
	}
}

// clear withholds what stands in the way of a change in one table.
func (l *ledger) clear(at int, way change) {
	t := &l.tables[at]
	days := map[int]int64{}
	for i := range way {
		days[t.cell(&way[i].v)] += way[i].n
	}
	for c, n := range days {
		if is := t.count[c] + n; n != 0 && (is < t.low[c] || is > t.high[c]) {
			l.withhold(place{at, c})
		}
	}
}

// safe finds two other values of a hidden count, and hides more when it must.
func (l *ledger) safe(p place) bool {
	if l.as(p) {
		return true
	}
	t := &l.tables[p.table]
	low, high := t.low[p.cell], t.high[p.cell]
	n := t.count[p.cell]
	room := map[int64]int64{1: high - n, -1: n - low}
	for _, e := range efforts {
		if e.hide != hideNone && l.again(p) {
			return true
		}
		var ways [2]change
		got := 0
		for _, sign := range []int64{1, -1} {
			reach := int64(0)
			for reach < min(2, room[sign]) && got < 2 && l.step(p, sign, e) {
				reach++
				ways[got] = slices.Clone(l.shifts)
				got++
			}
			l.undo()
			if got == 2 {
				l.ways[p] = ways
				return true
			}
		}
	}
	return false
}

// again hides what stands in the way of what served an earlier stage, if hiding
// helps.
func (l *ledger) again(p place) bool {
	ways, ok := l.ways[p]
	if !ok {
		return false
	}
	for _, way := range ways {
		cost, stand := l.cost(way, hideAny)
		if cost == math.MaxInt64 {
			return false
		}
		l.hide(stand)
	}
	return true
}

// hide hides counts, which are then to be looked at themselves.
func (l *ledger) hide(places []place) {
	for _, at := range places {
		l.tables[at.table].hidden[at.cell] = true
		l.tables[at.table].know(at.cell)
		l.queue = append(l.queue, at)
	}
}

// as says whether what served an earlier stage still does.
func (l *ledger) as(p place) bool {
	ways, ok := l.ways[p]
	return ok && l.holds(ways[0]) && l.holds(ways[1])
}

// holds says whether a change leaves everything published as it is.
func (l *ledger) holds(c change) bool {
	cost, _ := l.cost(c, hideNone)
	return cost == 0
}

// undo takes the change at hand back.
func (l *ledger) undo() {
	for _, s := range l.shifts {
		l.put(s, -1)
	}
	l.shifts = l.shifts[:0]
}

// put makes a shift, or with sign -1 takes it back.
func (l *ledger) put(s shift, sign int64) {
	if i, ok := l.index[s.v]; ok {
		l.left[i] += sign * s.n
	}
	for at := range l.tables {
		t := &l.tables[at]
		t.change[t.cell(&s.v)] += sign * s.n
	}
}

// step raises or lowers a count by one, on top of the change at hand, by the
// first change that leaves everything published as it is. With hide it takes
// the change for which least has to be hidden, and hides it.
func (l *ledger) step(p place, sign int64, e effort) bool {
	var best change
	var stand []place
	least := int64(math.MaxInt64)
	l.candidates(p, sign, e, func(c change) bool {
		l.steps++
		cost, in := l.cost(c, e.hide)
		if cost < least {
			least, best, stand = cost, slices.Clone(c), slices.Clone(in)
		}
		return cost == 0
	})
	if least == math.MaxInt64 || least > 0 && e.hide == hideNone {
		return false
	}
	l.hide(stand)
	for _, s := range best {
		l.put(s, 1)
		l.shifts = append(l.shifts, s)
	}
	return true
}

// cost is what has to be hidden for a change to leave everything published as
// it is, and where: nothing when it does, MaxInt64 when hiding does not help.
func (l *ledger) cost(c change, hide may) (int64, []place) {
	for i := range c { // No days are taken that are not there.
		left := c[i].n
		for j := range c {
			if j != i && c[j].v == c[i].v {
				left += c[j].n
			}
		}
		if at, ok := l.index[c[i].v]; ok {
			left += l.left[at]
		}
		if left < 0 {
			return math.MaxInt64, nil
		}
	}
	var cost int64
	var stand []place
	var moved [dims]bool // Tables that tell none of these apart stay as they are.
	sum := int64(0)
	for i := range c {
		sum += c[i].n
		for d := range dims {
			moved[d] = moved[d] || c[i].v[d] != c[0].v[d]
		}
	}
	for at := range l.tables {
		if sum == 0 && !l.tables[at].touches(moved) {
			continue
		}
		more, in := l.costIn(at, c, hide)
		if more == math.MaxInt64 {
			return more, nil
		}
		cost, stand = cost+more, append(stand, in...)
	}
	return cost, stand
}

// costIn is the cost of a change in one table.
func (l *ledger) costIn(at int, c change, hide may) (int64, []place) {
	var cost int64
	var stand []place
	t := &l.tables[at]
	var cells [8]int // Two steps of four shifts are the most.
	var days [8]int64
	n := 0
	for i := range c {
		cell := t.cell(&c[i].v)
		j := 0
		for j < n && cells[j] != cell {
			j++
		}
		if j == n {
			cells[n], days[n] = cell, 0
			n++
		}
		days[j] += c[i].n
	}
	for j := range n {
		cell := cells[j]
		is := t.count[cell] + t.change[cell] + days[j]
		if days[j] == 0 || t.low[cell] <= is && is <= t.high[cell] {
			continue
		}
		if hide == hideNone || hide == hideInner && len(t.axes) < 2 || t.hidden[cell] || at < l.settled || is < smallCount {
			return math.MaxInt64, nil
		}
		cost += t.weight * (20 + min(t.count[cell], 400))
		stand = append(stand, place{at, cell})
	}
	return cost, stand
}

func (t *table) touches(moved [dims]bool) bool {
	for _, a := range t.axes {
		if moved[a.dim] {
			return true
		}
	}
	return false
}

// next gives a number below n, the same for the same count each time.
func (l *ledger) next(n int) int {
	l.seed ^= l.seed << 13
	l.seed ^= l.seed >> 7
	l.seed ^= l.seed << 17
	return int(l.seed % uint64(n))
}

// candidates gives changes that raise or lower a count by one until try says
// that one serves or enough were tried.
func (l *ledger) candidates(p place, sign int64, e effort, try func(change) bool) {
	t := &l.tables[p.table]
	tried := 0
	offer := func(c ...shift) bool {
		by := int64(0)
		for i := range c {
			if t.cell(&c[i].v) == p.cell {
				by += c[i].n
			}
		}
		if by != sign {
			return false // An exchange within the count changes nothing in it.
		}
		tried++
		return try(c)
	}
	// in gives the record with what it lacks to be counted in the cell, and
	// which dimensions were put right.
	in := func(v [dims]uint16) ([dims]uint16, []int) {
		var put []int
		for i := range t.axes {
			a := &t.axes[i]
			want := t.value(p.cell, i)
			if int(a.to[v[a.dim]]) == want {
				continue
			}
			start := l.next(len(a.to))
			for k := range a.to {
				if x := (start + k) % len(a.to); int(a.to[x]) == want {
					v[a.dim] = uint16(x)
					break
				}
			}
			put = append(put, a.dim)
		}
		return v, put
	}
	if len(l.records) == 0 {
		return
	}
	for _, r := range l.pool(t, p.cell, sign < 0, e) {
		if tried >= e.tries {
			break
		}
		if l.left[r] == 0 && sign < 0 {
			continue
		}
		v := l.records[r].v
		if sign < 0 {
			for i := range t.axes {
				if l.leave(t.axes[i].dim, i, t, v, offer) {
					return
				}
			}
			if offer(shift{v, -1}) {
				return
			}
			continue
		}
		w, put := in(v)
		if len(put) == 0 || l.left[r] == 0 {
			// One more beside those that are there, or as those that were.
			if offer(shift{w, 1}) {
				return
			}
			continue
		}
		if offer(shift{v, -1}, shift{w, 1}) {
			return
		}
		if len(put) == 1 && l.exchange(v, w, put[0], offer) {
			return
		}
	}
	// Adding stays possible where nothing can be moved.
	if sign > 0 {
		for range e.tries / 8 {
			v := l.records[l.next(len(l.records))].v
			w, put := in(v)
			if len(put) > 1 && offer(shift{v, -1}, shift{w, 1}) || offer(shift{w, 1}) {
				return
			}
		}
	}
}

// leave offers changes that take a record out of a cell by one dimension.
func (l *ledger) leave(dim, axis int, t *table, v [dims]uint16, offer func(...shift) bool) bool {
	for range 3 {
		w := v
		w[dim] = l.records[l.next(len(l.records))].v[dim]
		a := &t.axes[axis]
		if a.to[w[dim]] == a.to[v[dim]] {
			w[dim] = uint16(l.next(l.sizes[dim]))
		}
		if a.to[w[dim]] == a.to[v[dim]] {
			continue
		}
		if offer(shift{v, -1}, shift{w, 1}) || l.exchange(v, w, dim, offer) {
			return true
		}
	}
	return false
}

// exchange offers changes in which v becomes w, which differs in dim alone, and
// another record takes v's value of it for w's.
func (l *ledger) exchange(v, w [dims]uint16, dim int, offer func(...shift) bool) bool {
	partners := l.lists[listKey{dim, w[dim]}]
	if len(partners) == 0 {
		return false
	}
	// Those of the same time first: less differs, so less changes.
	start := l.near(partners, int(v[dimTime])) + l.next(3)
	for k := range 4 {
		i := partners[(start+k)%len(partners)]
		if k == 3 {
			i = partners[l.next(len(partners))]
		}
		s := l.records[i].v
		if l.left[i] == 0 || s == w {
			continue
		}
		u := s
		u[dim] = v[dim]
		if offer(shift{v, -1}, shift{w, 1}, shift{s, -1}, shift{u, 1}) {
			return true
		}
	}
	return false
}

// pool gives records to try: those in the cell, or those that lack
// one axis of it alone.
func (l *ledger) pool(t *table, cell int, inside bool, e effort) []int {
	if inside {
		return l.matching(t, cell, -1, e.tries)
	}
	var by [][]int
	longest := 0
	for lacking := range t.axes {
		if e.axis >= 0 && lacking != e.axis%len(t.axes) {
			continue
		}
		one := l.matching(t, cell, lacking, e.tries)
		by, longest = append(by, one), max(longest, len(one))
	}
	var out []int
	for k := range longest {
		for _, list := range by {
			if k < len(list) {
				out = append(out, list[k])
			}
		}
	}
	return out
}

// near gives where in a list the records of a unit of time begin.
func (l *ledger) near(list []int, unit int) int {
	at, _ := slices.BinarySearchFunc(list, unit, func(r, unit int) int { return cmp.Compare(int(l.records[r].v[dimTime]), unit) })
	return at
}

// matching gives records that are in the cell by every axis but one, lacking,
// and not by that one; lacking below zero is none.
func (l *ledger) matching(t *table, cell, lacking, most int) []int {
	list := l.all
	for i := range t.axes {
		if i == lacking {
			continue
		}
		if of := t.axes[i].records[t.value(cell, i)]; len(of) < len(list) {
			list = of
		}
	}
	var out []int
	start := l.next(max(1, len(list)))
	if lacking >= 0 && t.axes[lacking].dim == dimTime {
		// Those of the week first.
		first := slices.Index(t.axes[lacking].to, uint16(t.value(cell, lacking)))
		start = l.near(list, first-6)
	}
	for k := range list {
		r := list[(start+k)%len(list)]
		v := &l.records[r].v
		fits := true
		for i := range t.axes {
			a := &t.axes[i]
			if (int(a.to[v[a.dim]]) == t.value(cell, i)) == (i == lacking) {
				fits = false
				break
			}
		}
		if fits {
			if out = append(out, r); len(out) == most {
				break
			}
		}
	}
	return out
}
