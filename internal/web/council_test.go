package web

import (
	"context"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// NewDays takes a third of the days to be of new delays.
func (n *northshire) NewDays(ctx context.Context, q measure.Query) ([]measure.Cell, error) {
	cells, err := n.Cells(ctx, q)
	for i := range cells {
		cells[i].Days /= 3
	}
	return cells, err
}

func (n *northshire) PeopleIn(ctx context.Context, q measure.Query) (people int64, err error) {
	q.By = nil
	cells, err := n.Cells(ctx, q)
	for _, c := range cells {
		people += (c.Days + 9) / 10
	}
	return people, err
}

func (n *northshire) NotSettled(ctx context.Context, q measure.Query) ([]measure.Standing, error) {
	q.By = []measure.Dimension{measure.ByResponsible}
	cells, err := n.Cells(ctx, q)
	var out []measure.Standing
	for _, c := range cells {
		out = append(out, measure.Standing{State: agreement.Proposed, Body: c.Body, Next: agreement.CouncilSide, Waits: 3, Days: c.Days, Oldest: n.last.Time()})
	}
	return out, err
}

// Waiting has everybody wait for a number of days that their body gives.
func (n *northshire) Waiting(_ context.Context, f measure.Filter, provider string, day delay.Day) ([]measure.Waited, error) {
	f.Providers = []string{provider}
	people := map[int]int64{}
	n.each(f, day, day, func(_ delay.Day, c measure.Cell) { people[5+8*int(c.Body)] += c.Days })
	var out []measure.Waited
	for days, p := range people {
		out = append(out, measure.Waited{Days: days, People: p})
	}
	return out, nil
}
