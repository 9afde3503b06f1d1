package revision

import (
	"context"
	"maps"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// parts compares a figure by the values of a split: it adds a line for each value
// that differs, so that what went from one to another is told where the whole is
// as it was. ask gives the figure by value, in the words of valueWords. Days of
// one provider's day never go to another provider, so that split has no lines.
func (s Since) parts(x *Comparison, name string, split measure.Dimension, why func(Spot) Cause,
	ask func(Moment) (map[string]map[Spot]int64, error)) error {
	if split == "" || split == measure.ByProvider {
		return nil
	}
	was, is, err := both(s, ask)
	if err != nil {
		return err
	}
	values := maps.Clone(was)
	maps.Copy(values, is)
	for _, value := range slices.Sorted(maps.Keys(values)) {
		if d := x.difference(was[value], is[value], why); d.By != nil {
			x.counted(name+": "+value, d)
		}
	}
	return nil
}

// daysOfParts compares delayed days by the values of a split.
func (s Since) daysOfParts(ctx context.Context, x *Comparison, name string, f measure.Filter, split measure.Dimension,
	from, to delay.Day) error {
	return s.parts(x, name, split, x.evidence.Why, func(m Moment) (map[string]map[Spot]int64, error) {
		cells, err := m.Cells(ctx, splitByDay(from, to, f, split))
		return s.byValue(cells, f, split), err
	})
}

// splitByDay is the query for a figure of each provider's day by the values of a
// split.
func splitByDay(from, to delay.Day, f measure.Filter, split measure.Dimension) measure.Query {
	q := byDay(from, to, f)
	q.By = append(q.By, split)
	return q
}

func (s Since) byValue(cells []measure.Cell, f measure.Filter, split measure.Dimension) map[string]map[Spot]int64 {
	out := map[string]map[Spot]int64{}
	for _, c := range cells {
		addTo(out, s.valueWords(c, f, split), Spot{c.Provider, c.Period}, c.Days)
	}
	return out
}

func addTo[K comparable](m map[K]map[Spot]int64, key K, at Spot, n int64) {
	if m[key] == nil {
		m[key] = map[Spot]int64{}
	}
	m[key][at] += n
}

// valueWords names a value of a split as the pages do.
func (s Since) valueWords(c measure.Cell, f measure.Filter, split measure.Dimension) string {
	switch split {
	case measure.ByReason:
		return f.Book.Words(c.Reason)
	case measure.ByCouncil:
		return s.Names.CouncilWords(c.Council)
	case measure.ByPathway:
		return "pathway " + c.Text(split)
	default:
		return c.Text(split)
	}
}
