package measure

import (
	"context"

	"homeward/internal/problem"
)

// AllWords stands in a public table where a row is a total.
const AllWords = "all"

// PublicFigures gives delayed days as they may leave the partnership (P3): by
// one or two dimensions, every combination of their values, with totals,
// suppressed and rounded so that no arithmetic gives a small count back. The
// error is an Invalid problem for another number of dimensions: beside a finer
// table of the same counts the suppression would be undone.
func PublicFigures(ctx context.Context, src Source, q Query) (*Table, error) {
	if len(q.By) != 1 && len(q.By) != 2 {
		return nil, problem.New(problem.Invalid, "A public table is by one or two breakdowns, and %d were asked for. Choose one or two, and publish one table of the same days.", len(q.By))
	}
	cells, err := src.Cells(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, columns := labels{}, labels{}
	across := q.By[len(q.By)-1]
	down := ""
	for _, c := range cells {
		if len(q.By) == 2 {
			down = c.Text(q.By[0])
		}
		rows.add(down)
		columns.add(c.Text(across))
	}
	g := Grid{RowTotals: len(q.By) == 2, ColumnTotals: len(q.By) == 2, GrandTotal: true, Cells: make([][]int64, len(rows.order))}
	for i := range g.Cells {
		g.Cells[i] = make([]int64, len(columns.order))
	}
	for _, c := range cells {
		if len(q.By) == 2 {
			down = c.Text(q.By[0])
		}
		g.Cells[rows.at[down]][columns.at[c.Text(across)]] += c.Days
	}
	public := Suppress(g)
	t := &Table{Query: q, Public: true}
	for _, d := range q.By {
		t.Head, t.Numeric = append(t.Head, Column(d)), append(t.Numeric, false)
	}
	t.Head, t.Numeric = append(t.Head, Numbers[0].Column), append(t.Numeric, false)
	row := func(down, across string, n PublicCount) {
		if len(q.By) == 2 {
			t.Rows = append(t.Rows, []string{down, across, n.String()})
			return
		}
		t.Rows = append(t.Rows, []string{across, n.String()})
	}
	for i, down := range rows.order {
		for j, across := range columns.order {
			row(down, across, public.Cells[i][j])
		}
		if g.RowTotals {
			row(down, AllWords, public.RowTotals[i])
		}
	}
	if g.ColumnTotals {
		for j, across := range columns.order {
			row(AllWords, across, public.ColumnTotals[j])
		}
	}
	row(AllWords, AllWords, public.Total)
	return t, nil
}

// labels are the values of a dimension in the order in which they came.
type labels struct {
	order []string
	at    map[string]int
}

func (l *labels) add(value string) {
	if _, ok := l.at[value]; ok {
		return
	}
	if l.at == nil {
		l.at = map[string]int{}
	}
	l.at[value] = len(l.order)
	l.order = append(l.order, value)
}
