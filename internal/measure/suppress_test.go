package measure

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// attacker knows everything that is published, how it is rounded, that totals
// add up, and which counts were suppressed for being small. It shares no code
// with Suppress: it fills the table in by trying.
type attacker struct {
	rows, columns int
	low, high     []int64 // of each cell, by row
	rowLow        []int64
	rowHigh       []int64
	colLow        []int64
	colHigh       []int64
	allLow        int64
	allHigh       int64
	truth         []int64
}

// most bounds what the attacker tries for a count that is hidden beside small
// ones; a larger bound only gives more answers.
const most = 40

// range of a published count; small says that it is known to be under 5.
func known(c PublicCount, published, small bool) (low, high int64) {
	switch {
	case !published:
		return 0, 9 * most
	case c.Suppressed && small:
		return 0, 4
	case c.Suppressed:
		return 5, 9 * most
	default:
		return max(5, c.Value-2), c.Value + 2
	}
}

func attack(g Grid, p PublicGrid) *attacker {
	a := &attacker{rows: len(g.Cells), columns: len(g.Cells[0])}
	var total int64
	columns := make([]int64, a.columns)
	for i, row := range g.Cells {
		var t int64
		for j, v := range row {
			low, high := known(p.Cells[i][j], true, v < 5)
			a.low, a.high, a.truth = append(a.low, low), append(a.high, min(high, max(most, v+5))), append(a.truth, v)
			t += v
			columns[j] += v
		}
		var c PublicCount
		if g.RowTotals {
			c = p.RowTotals[i]
		}
		low, high := known(c, g.RowTotals, t < 5)
		a.rowLow, a.rowHigh = append(a.rowLow, low), append(a.rowHigh, high)
		total += t
	}
	for j, t := range columns {
		var c PublicCount
		if g.ColumnTotals {
			c = p.ColumnTotals[j]
		}
		low, high := known(c, g.ColumnTotals, t < 5)
		a.colLow, a.colHigh = append(a.colLow, low), append(a.colHigh, high)
	}
	a.allLow, a.allHigh = known(p.Total, g.GrandTotal, total < 5)
	return a
}

// other says whether some table agrees with all that is published and differs
// from the truth in what differs says.
func (a *attacker) other(differs func(cells []int64) bool) bool {
	cells := make([]int64, len(a.truth))
	budget := 2_000_000
	var try func(k int) bool
	try = func(k int) bool {
		if budget--; budget < 0 {
			panic("the attacker gave up")
		}
		if k == len(cells) {
			return a.agrees(cells, k) && differs(cells)
		}
		// Values near the truth first: another answer is usually near.
		for d := int64(0); d <= a.high[k]-a.low[k]; d++ {
			for _, v := range []int64{a.truth[k] - d, a.truth[k] + d} {
				if v < a.low[k] || v > a.high[k] || (d == 0 && v != a.truth[k]) {
					continue
				}
				cells[k] = v
				if a.agrees(cells, k+1) && try(k+1) {
					return true
				}
				if d == 0 {
					break
				}
			}
		}
		return false
	}
	return try(0)
}

// agrees says whether the first k cells can still agree with the totals.
func (a *attacker) agrees(cells []int64, k int) bool {
	bound := func(i int) (int64, int64) {
		if i < k {
			return cells[i], cells[i]
		}
		return a.low[i], a.high[i]
	}
	var allLow, allHigh int64
	colLow, colHigh := make([]int64, a.columns), make([]int64, a.columns)
	for i := range a.rows {
		var low, high int64
		for j := range a.columns {
			l, h := bound(i*a.columns + j)
			low, high = low+l, high+h
			colLow[j], colHigh[j] = colLow[j]+l, colHigh[j]+h
		}
		if low > a.rowHigh[i] || high < a.rowLow[i] {
			return false
		}
		allLow, allHigh = allLow+low, allHigh+high
	}
	for j := range a.columns {
		if colLow[j] > a.colHigh[j] || colHigh[j] < a.colLow[j] {
			return false
		}
	}
	return allLow <= a.allHigh && allHigh >= a.allLow
}

func sum(cells []int64, from, step, n int) (t int64) {
	for i := range n {
		t += cells[from+i*step]
	}
	return t
}

// check has the attacker try every suppressed count.
func check(t interface{ Fatalf(string, ...any) }, g Grid) PublicGrid {
	p := Suppress(g)
	a := attack(g, p)
	differs := func(name string, of func([]int64) int64) {
		truth := of(a.truth)
		if !a.other(func(cells []int64) bool { return of(cells) != truth }) {
			t.Fatalf("%s is %d and nothing else agrees with %v of %v", name, truth, p, g)
		}
	}
	shown := func(name string, c PublicCount, truth int64) {
		if c.Suppressed {
			return
		}
		if truth < 5 || c.Value%5 != 0 || c.Value < truth-2 || c.Value > truth+2 {
			t.Fatalf("%s: %d is shown as %d", name, truth, c.Value)
		}
	}
	n, m := a.rows, a.columns
	for i := range n {
		for j := range m {
			k := i*m + j
			shown("a cell", p.Cells[i][j], a.truth[k])
			if p.Cells[i][j].Suppressed {
				differs(fmt.Sprintf("cell %d,%d", i, j), func(c []int64) int64 { return c[k] })
			}
		}
		if g.RowTotals {
			shown("a row's total", p.RowTotals[i], sum(a.truth, i*m, 1, m))
			if p.RowTotals[i].Suppressed {
				differs(fmt.Sprintf("total of row %d", i), func(c []int64) int64 { return sum(c, i*m, 1, m) })
			}
		}
	}
	if g.ColumnTotals {
		for j := range m {
			shown("a column's total", p.ColumnTotals[j], sum(a.truth, j, m, n))
			if p.ColumnTotals[j].Suppressed {
				differs(fmt.Sprintf("total of column %d", j), func(c []int64) int64 { return sum(c, j, m, n) })
			}
		}
	}
	if g.GrandTotal {
		shown("the total", p.Total, sum(a.truth, 0, 1, n*m))
		if p.Total.Suppressed {
			differs("the total", func(c []int64) int64 { return sum(c, 0, 1, n*m) })
		}
	}
	return p
}

func TestP3NoSuppressedCountCanBeWorkedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Many small counts, and totals on the edge of rounding, are where
		// arithmetic gives things away.
		value := rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, 13), rapid.SampledFrom([]int64{0, 4, 4, 4, 7, 8, 12}))
		rows, columns := rapid.IntRange(1, 3).Draw(t, "rows"), rapid.IntRange(1, 3).Draw(t, "columns")
		if rows == 1 {
			columns = rapid.IntRange(1, 8).Draw(t, "length")
		}
		g := Grid{RowTotals: rapid.Bool().Draw(t, "row totals"), ColumnTotals: rapid.Bool().Draw(t, "column totals"), GrandTotal: rapid.Bool().Draw(t, "total")}
		for range rows {
			row := make([]int64, columns)
			for j := range row {
				row[j] = value.Draw(t, "count")
			}
			g.Cells = append(g.Cells, row)
		}
		check(t, g)
	})
}

func TestP3WorkedCases(t *testing.T) {
	t.Run("P3/two fours under a total of eight", func(t *testing.T) {
		// 8 is shown as 10, so at least 8, so both are 4: the total goes.
		p := check(t, Grid{Cells: [][]int64{{4, 4}}, GrandTotal: true})
		if !p.Total.Suppressed {
			t.Error("the total is shown")
		}
	})
	t.Run("P3/zero is under five", func(t *testing.T) {
		if p := check(t, Grid{Cells: [][]int64{{0, 50}}}); p.Cells[0][0].String() != "*" || p.Cells[0][1].String() != "50" {
			t.Errorf("%v", p)
		}
	})
	t.Run("P3/rounds to the nearest five", func(t *testing.T) {
		got := Suppress(Grid{Cells: [][]int64{{5, 6, 7, 8, 12, 13, 1002, 1003}}}).Cells[0]
		want := []string{"5", "5", "5", "10", "10", "15", "1000", "1005"}
		for i := range want {
			if got[i].String() != want[i] {
				t.Errorf("%d: %s, want %s", i, got[i], want[i])
			}
		}
	})
	t.Run("P3/large counts keep their totals", func(t *testing.T) {
		p := check(t, Grid{Cells: [][]int64{{21, 38}, {33, 14}}, RowTotals: true, ColumnTotals: true, GrandTotal: true})
		if fmt.Sprint(p) != "{[[20 40] [35 15]] [60 45] [55 50] 105}" {
			t.Error(p)
		}
	})
	t.Run("P3/one small among large leaves the totals", func(t *testing.T) {
		p := check(t, Grid{Cells: [][]int64{{3, 38}, {33, 14}}, RowTotals: true, ColumnTotals: true, GrandTotal: true})
		if fmt.Sprint(p) != "{[[* 40] [35 15]] [40 45] [35 50] 90}" {
			t.Error(p)
		}
	})
	t.Run("P3/nothing at all", func(t *testing.T) {
		if p := Suppress(Grid{}); len(p.Cells) != 0 {
			t.Error(p)
		}
	})
}

func TestP3LargeGridIsQuick(t *testing.T) {
	g := Grid{RowTotals: true, ColumnTotals: true, GrandTotal: true}
	for i := range 40 {
		row := make([]int64, 24)
		for j := range row {
			row[j] = int64((i*7 + j*13) % 23)
		}
		g.Cells = append(g.Cells, row)
	}
	p := Suppress(g)
	hidden := 0
	for _, row := range p.Cells {
		for _, c := range row {
			if c.Suppressed {
				hidden++
			}
		}
	}
	t.Logf("%d of %d cells hidden", hidden, 40*24)
}
