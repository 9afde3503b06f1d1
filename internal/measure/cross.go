package measure

import (
	"cmp"
	"slices"

	"homeward/internal/delay"
)

// Cross is one count by two breakdowns, with totals both ways. Only days are
// crossed: they add up, which averages and shares do not.
type Cross struct {
	// Rows and Columns hold one cell for each value of their dimension, without
	// days: periods newest first down and oldest first across, reasons by their
	// days down, all else in the order of tables.
	Rows, Columns []Cell
	// Days are by row and column.
	Days                 [][]int64
	RowTotals, ColTotals []int64
	Total                int64
}

// Crossed crosses cells of a query by both dimensions. Without a dimension of
// columns there is one column.
func Crossed(cells []Cell, rows, columns Dimension) Cross {
	var c Cross
	at := func(list *[]Cell, places map[Cell]int, one Cell) int {
		i, ok := places[one]
		if !ok {
			i = len(*list)
			places[one], *list = i, append(*list, one)
		}
		return i
	}
	down, across := map[Cell]int{}, map[Cell]int{}
	days := map[[2]int]int64{}
	rowDays, colDays := map[int]int64{}, map[int]int64{}
	for _, cell := range cells {
		i, j := at(&c.Rows, down, cell.only(rows)), at(&c.Columns, across, cell.only(columns))
		days[[2]int{i, j}] += cell.Days
		rowDays[i] += cell.Days
		colDays[j] += cell.Days
		c.Total += cell.Days
	}
	order := func(list []Cell, by func(a, b int) int) []int {
		out := make([]int, len(list))
		for i := range out {
			out[i] = i
		}
		slices.SortStableFunc(out, by)
		return out
	}
	rowOrder := order(c.Rows, func(a, b int) int {
		x, y := c.Rows[a], c.Rows[b]
		switch {
		case rows == ByReason && x.unknown(rows) == y.unknown(rows):
			return cmp.Or(cmp.Compare(rowDays[b], rowDays[a]), x.compare(y, rows))
		case rows == ByDay || rows == ByWeek || rows == ByMonth:
			return y.compare(x, rows)
		}
		return x.compare(y, rows)
	})
	colOrder := order(c.Columns, func(a, b int) int { return c.Columns[a].compare(c.Columns[b], columns) })
	sorted := Cross{Total: c.Total}
	for _, i := range rowOrder {
		line := make([]int64, len(colOrder))
		for k, j := range colOrder {
			line[k] = days[[2]int{i, j}]
		}
		sorted.Rows, sorted.Days = append(sorted.Rows, c.Rows[i]), append(sorted.Days, line)
		sorted.RowTotals = append(sorted.RowTotals, rowDays[i])
	}
	for _, j := range colOrder {
		sorted.Columns, sorted.ColTotals = append(sorted.Columns, c.Columns[j]), append(sorted.ColTotals, colDays[j])
	}
	return sorted
}

// And gives the cell with one dimension of another.
func (c Cell) And(o Cell, d Dimension) Cell {
	switch d {
	case ByDay, ByWeek, ByMonth:
		c.Period = o.Period
	case ByProvider:
		c.Provider = o.Provider
	case ByCouncil:
		c.Council = o.Council
	case ByCare:
		c.Care = o.Care
	case ByReason:
		c.Reason = o.Reason
	case ByResponsible:
		c.Body = o.Body
	case ByState:
		c.State = o.State
	case ByPathway:
		c.Pathway = o.Pathway
	}
	return c
}

// compare orders cells by one dimension, what is not known last.
func (c Cell) compare(o Cell, d Dimension) int {
	if x, y := c.unknown(d), o.unknown(d); x != y {
		if x {
			return 1
		}
		return -1
	}
	switch d {
	case ByDay, ByWeek, ByMonth:
		return cmp.Compare(c.Period, o.Period)
	case ByState:
		return cmp.Compare(c.State, o.State)
	case ByCare, ByResponsible, ByPathway:
		return cmp.Compare(c.rank(d), o.rank(d))
	case ByReason:
		return delay.CompareReasons(c.Reason, o.Reason)
	}
	return delay.CompareCodes(c.Text(d), o.Text(d))
}
