package measure

import (
	"context"
	"maps"

	"homeward/internal/problem"
)

// AllWords stands in a public table where a row is a total.
const AllWords = "all"

// PublicFigures gives delayed days as they may leave the partnership (P3): by
// one or two dimensions, every combination of their values, with totals,
// suppressed and rounded so that neither arithmetic nor a missing row gives a
// small count back, in this table or in this and any others of the same period.
// The error is an Invalid problem for another number of dimensions.
func PublicFigures(ctx context.Context, src Source, q Query, known Known) (*Table, error) {
	if len(q.By) != 1 && len(q.By) != 2 {
		return nil, problem.New(problem.Invalid, "A public table is by one or two breakdowns, and %d were asked for. Choose one or two.",
			len(q.By))
	}
	if len(q.By) == 2 && dimOf[q.By[0]] == dimOf[q.By[1]] {
		return nil, problem.New(problem.Invalid, "Found %s and %s together. Use one of them.", q.By[0], q.By[1])
	}
	release, err := MakeRelease(ctx, src, q.From, q.To, q.Filter, known)
	if err != nil {
		return nil, err
	}
	return release.Table(q.By)
}

// Table gives one table of the release, by one or two dimensions.
func (r *Release) Table(by []Dimension) (*Table, error) {
	t := &Table{Query: Query{From: r.from, To: r.to, By: by, Filter: r.filter}, Public: true}
	rows := []map[Dimension]string{{}}
	for _, d := range by {
		values, err := r.Values(d)
		if err != nil {
			return nil, err
		}
		t.Head, t.Numeric = append(t.Head, Column(d)), append(t.Numeric, false)
		var next []map[Dimension]string
		for _, row := range rows {
			for _, v := range values {
				one := map[Dimension]string{d: v}
				maps.Copy(one, row)
				next = append(next, one)
			}
			next = append(next, row)
		}
		rows = next
	}
	t.Head, t.Numeric = append(t.Head, Numbers[0].Column), append(t.Numeric, false)
	for _, row := range rows {
		var line []string
		for _, d := range by {
			text, ok := row[d]
			if !ok {
				text = AllWords
			}
			line = append(line, text)
		}
		t.Rows = append(t.Rows, append(line, r.Count(r.filter.Basis, row).String()))
	}
	return t, nil
}
