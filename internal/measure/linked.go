package measure

// Linked is a grid with further breakdowns of the same counts that are
// published beside it. Suppressed each on its own, one would undo the other:
// the days of a month add up to the month.
type Linked struct {
	Grid
	// RowParts break each row's total down once more. One that is nil does not;
	// Rest says that a row's parts do not make up the whole of it.
	RowParts [][]int64
	Rest     []bool
	// Parts break the grand total down once more, nil when nothing does.
	Parts []int64
}

// PublicLinked is a Linked as it may leave the partnership.
type PublicLinked struct {
	PublicGrid
	RowParts [][]PublicCount
	Parts    []PublicCount
}

// SuppressLinked is Suppress for breakdowns that are published together (P3):
// no suppressed count of any of them can be worked out from all of them.
func SuppressLinked(l Linked) PublicLinked {
	n := &network{rows: len(l.Cells)}
	if n.rows > 0 {
		n.columns = len(l.Cells[0])
	}
	// A row's total flows to its node, from there through its parts to a second
	// node, and on through the cells to the columns; everything then flows
	// through the parts of the total. So each breakdown is crossed once.
	row := func(i int) int { return i }
	split := func(i int) int {
		if l.parts(i) == nil {
			return row(i)
		}
		return n.rows + i
	}
	column := func(j int) int { return 2*n.rows + j }
	source := 2*n.rows + n.columns
	sink, last := source+1, source+1
	if l.Parts != nil {
		last = source + 2
	}
	n.out = make([][]int, last+1)
	add := func(from, to int, flow int64, published bool) {
		small := published && flow < smallCount
		n.out[from] = append(n.out[from], len(n.arcs))
		n.out[to] = append(n.out[to], len(n.arcs))
		n.arcs = append(n.arcs, arc{from, to, flow, published, small, small})
	}
	rows, columns, total := make([]int64, n.rows), make([]int64, n.columns), int64(0)
	for i, cells := range l.Cells {
		for j, v := range cells {
			add(split(i), column(j), v, true)
			rows[i], columns[j], total = rows[i]+v, columns[j]+v, total+v
		}
	}
	for i, t := range rows {
		add(source, row(i), t, l.RowTotals)
	}
	for j, t := range columns {
		add(column(j), sink, t, l.ColumnTotals)
	}
	add(last, source, total, l.GrandTotal)
	for i, t := range rows {
		for _, v := range l.parts(i) {
			add(row(i), split(i), v, true)
			t -= v
		}
		if l.parts(i) != nil && i < len(l.Rest) && l.Rest[i] {
			add(row(i), split(i), t, false)
		}
	}
	for _, v := range l.Parts {
		add(sink, last, v, true)
	}
	n.protect()

	out := PublicLinked{PublicGrid: n.public(l.Grid), RowParts: make([][]PublicCount, n.rows)}
	at := n.rows*n.columns + n.rows + n.columns + 1
	next := func() PublicCount {
		a := n.arcs[at]
		at++
		if a.hidden {
			return PublicCount{Suppressed: true}
		}
		return PublicCount{Value: round(a.flow)}
	}
	for i := range n.rows {
		for range l.parts(i) {
			out.RowParts[i] = append(out.RowParts[i], next())
		}
		if l.parts(i) != nil && i < len(l.Rest) && l.Rest[i] {
			at++
		}
	}
	for range l.Parts {
		out.Parts = append(out.Parts, next())
	}
	return out
}

func (l Linked) parts(row int) []int64 {
	if row >= len(l.RowParts) {
		return nil
	}
	return l.RowParts[row]
}
