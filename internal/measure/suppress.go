package measure

import (
	"cmp"
	"slices"
	"strconv"
)

// Grid is a table of counts that leaves the partnership (P3): cells by row and
// column, with the totals that are published beside them. A series is a grid
// of one row. All rows have the same length; no count is below zero.
type Grid struct {
	Cells [][]int64
	// RowTotals, ColumnTotals and GrandTotal say which totals are published.
	RowTotals, ColumnTotals, GrandTotal bool
}

// PublicCount is a count as it may leave the partnership.
type PublicCount struct {
	// Suppressed counts are not shown; Value is zero then and says nothing.
	Suppressed bool
	// Value is rounded to the nearest 5.
	Value int64
}

// SuppressedMark stands where a count is not shown.
const SuppressedMark = "*"

// SuppressedWords says what SuppressedMark means, for beside every table.
const SuppressedWords = "Counts under 5 are not shown, nor those that would give them away; all others are rounded to the nearest 5."

// String gives the count as tables and files show it.
func (c PublicCount) String() string {
	if c.Suppressed {
		return SuppressedMark
	}
	return strconv.FormatInt(c.Value, 10)
}

// PublicGrid is a Grid as it may leave the partnership. Totals that are not
// published are nil, and Total is then suppressed.
type PublicGrid struct {
	Cells        [][]PublicCount
	RowTotals    []PublicCount
	ColumnTotals []PublicCount
	Total        PublicCount
}

// smallCount is the least count that is shown, rounding the unit of rounding
// (P3).
const (
	smallCount = 5
	rounding   = 5
)

// leastWidth is how far apart the least and the greatest value that a
// suppressed count can have must be, for one who knows every published figure,
// which counts are suppressed for being small, and how totals add up.
const leastWidth = 2

// Suppress makes a grid public (P3): counts under 5, zero among them, are
// suppressed, all others rounded to the nearest 5 on their own, and further
// counts are suppressed until no suppressed count can be worked out. What one
// table gives away beside another table of the same counts is not seen here:
// publish one breakdown of the same counts, or the same one again.
func Suppress(g Grid) PublicGrid {
	n := newNetwork(g)
	n.protect()
	return n.public(g)
}

// network is a grid as a circulation: from the source to each row flows its
// total, from a row to each column the cell, from a column to the sink its
// total, and from the sink back to the source everything. The grids that agree
// with what is published are exactly the whole-number flows within the arcs'
// bounds (such networks have whole-number corners), so what can be worked out
// of an arc is the least and greatest flow through it.
type network struct {
	rows, columns int
	arcs          []arc
	out           [][]int // arcs that begin or end at each node
}

type arc struct {
	from, to  int
	flow      int64 // the true count
	published bool  // as a figure, unless suppressed
	small     bool  // suppressed for itself
	hidden    bool  // suppressed
}

// boundless stands for "no bound".
const boundless = int64(1) << 40

// bounds gives what one who reads the published grid knows of the arc alone.
// They know which counts are small, because that is the worst they can know.
func (a arc) bounds() (low, high int64) {
	switch {
	case !a.published:
		return 0, boundless
	case a.small:
		return 0, smallCount - 1
	case a.hidden:
		return smallCount, boundless
	default:
		v := round(a.flow)
		return max(v-rounding/2, smallCount), v + rounding/2
	}
}

func round(n int64) int64 { return (n + rounding/2) / rounding * rounding }

func newNetwork(g Grid) *network {
	n := &network{rows: len(g.Cells)}
	if n.rows > 0 {
		n.columns = len(g.Cells[0])
	}
	source, sink := n.rows+n.columns, n.rows+n.columns+1
	n.out = make([][]int, n.rows+n.columns+2)
	columns, total := make([]int64, n.columns), int64(0)
	add := func(from, to int, flow int64, published bool) {
		small := published && flow < smallCount
		n.out[from] = append(n.out[from], len(n.arcs))
		n.out[to] = append(n.out[to], len(n.arcs))
		n.arcs = append(n.arcs, arc{from, to, flow, published, small, small})
	}
	for i, row := range g.Cells {
		for j, v := range row {
			add(i, n.rows+j, v, true)
			columns[j] += v
		}
	}
	for i, row := range g.Cells {
		var t int64
		for _, v := range row {
			t += v
		}
		total += t
		add(source, i, t, g.RowTotals)
	}
	for j, t := range columns {
		add(n.rows+j, sink, t, g.ColumnTotals)
	}
	add(sink, source, total, g.GrandTotal)
	return n
}

// protect hides further counts until every hidden one has width enough. One
// pass does it: hiding a count never narrows another, but a count hidden for
// one that was passed has to be looked at itself.
func (n *network) protect() {
	for {
		before := n.hiddenArcs()
		for i := range n.arcs {
			for n.arcs[i].hidden && !n.wide(i) && n.hideFor(i) {
				continue
			}
		}
		if n.hiddenArcs() == before {
			return
		}
	}
}

func (n *network) hiddenArcs() int {
	count := 0
	for _, a := range n.arcs {
		if a.hidden {
			count++
		}
	}
	return count
}

// hideFor hides one more count for the sake of an arc that can be worked out:
// the smallest that makes it wide, inner cells before totals, or else the
// smallest that shares a row or column with it, or else the smallest of all.
// It says false when everything is hidden already.
func (n *network) hideFor(open int) bool {
	var candidates []int
	for i, a := range n.arcs {
		if a.published && !a.hidden {
			candidates = append(candidates, i)
		}
	}
	if len(candidates) == 0 {
		return false
	}
	inner := n.rows * n.columns
	slices.SortStableFunc(candidates, func(a, b int) int {
		if (a < inner) != (b < inner) {
			if a < inner {
				return -1
			}
			return 1
		}
		return cmp.Compare(n.arcs[a].flow, n.arcs[b].flow)
	})
	for _, c := range candidates {
		n.arcs[c].hidden = true
		if n.wide(open) {
			return true
		}
		n.arcs[c].hidden = false
	}
	touches := func(c int) bool {
		a, b := n.arcs[open], n.arcs[c]
		return a.from == b.from || a.to == b.to || a.from == b.to || a.to == b.from
	}
	choice := max(0, slices.IndexFunc(candidates, touches))
	n.arcs[candidates[choice]].hidden = true
	return true
}

// wide says whether the flow through the arc can be raised and lowered, within
// all bounds, by leastWidth together.
func (n *network) wide(i int) bool {
	a := n.arcs[i]
	low, high := a.bounds()
	up := n.push(i, a.to, a.from, min(leastWidth, high-a.flow))
	if up >= leastWidth {
		return true
	}
	down := n.push(i, a.from, a.to, min(leastWidth-up, a.flow-low))
	return up+down >= leastWidth
}

// push gives how much flow, up to most, can be sent from one node to another
// around the arc without leaving any bound. The true flow stays as it is.
func (n *network) push(without, from, to int, most int64) int64 {
	change := make([]int64, len(n.arcs))
	pushed := int64(0)
	for pushed < most {
		// The shortest way with room for one more.
		via := make([]int, len(n.out))
		for i := range via {
			via[i] = -1
		}
		queue := []int{from}
		seen := make([]bool, len(n.out))
		seen[from] = true
		for len(queue) > 0 && !seen[to] {
			at := queue[0]
			queue = queue[1:]
			for _, i := range n.out[at] {
				if i == without {
					continue
				}
				a := n.arcs[i]
				low, high := a.bounds()
				flow := a.flow + change[i]
				var next int
				switch {
				case a.from == at && flow < high:
					next = a.to
				case a.to == at && flow > low:
					next = a.from
				default:
					continue
				}
				if !seen[next] {
					seen[next], via[next] = true, i
					queue = append(queue, next)
				}
			}
		}
		if !seen[to] {
			return pushed
		}
		for at := to; at != from; {
			i := via[at]
			if n.arcs[i].to == at {
				change[i]++
				at = n.arcs[i].from
			} else {
				change[i]--
				at = n.arcs[i].to
			}
		}
		pushed++
	}
	return pushed
}

func (n *network) public(g Grid) PublicGrid {
	at := 0
	next := func() PublicCount {
		a := n.arcs[at]
		at++
		if a.hidden || !a.published {
			return PublicCount{Suppressed: true}
		}
		return PublicCount{Value: round(a.flow)}
	}
	var out PublicGrid
	for range n.rows {
		row := make([]PublicCount, n.columns)
		for j := range row {
			row[j] = next()
		}
		out.Cells = append(out.Cells, row)
	}
	for range n.rows {
		c := next()
		if g.RowTotals {
			out.RowTotals = append(out.RowTotals, c)
		}
	}
	for range n.columns {
		c := next()
		if g.ColumnTotals {
			out.ColumnTotals = append(out.ColumnTotals, c)
		}
	}
	out.Total = next()
	return out
}
