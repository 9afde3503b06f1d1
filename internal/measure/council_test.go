package measure

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/agreement"
	"homeward/internal/delay"
)

// drawn gives the same random days for every breakdown.
type drawn struct{ cells []Cell }

func (d drawn) Cells(_ context.Context, q Query) ([]Cell, error) {
	sums := map[Cell]int64{}
	var order []Cell
	for _, c := range d.cells {
		if c.Period < q.From || c.Period > q.To {
			continue
		}
		key := Cell{Body: c.Body, State: c.State}
		switch q.By[0] {
		case ByProvider:
			key.Provider = c.Provider
		case ByReason:
			key.Reason = c.Reason
		case ByCare:
			key.Care = c.Care
		}
		if _, ok := sums[key]; !ok {
			order = append(order, key)
		}
		sums[key] += c.Days
	}
	var out []Cell
	for _, key := range order {
		c := key
		c.Days = sums[key]
		out = append(out, c)
	}
	return out, nil
}

// For any days whatever: parts add up to the whole, contributions to the
// change, states to all days, and the band is as wide as what is not settled
// (G3).
func TestCouncilFiguresAddUp(t *testing.T) {
	t.Parallel()
	from, to := delay.MustDay("2026-10-01"), delay.MustDay("2026-10-31")
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "cells")
		var d drawn
		for range n {
			d.cells = append(d.cells, Cell{
				Period:   rapid.SampledFrom([]delay.Day{from, to, from - 1, from - 30}).Draw(t, "day"),
				Provider: rapid.SampledFrom([]string{"RXA", "RXB", "RXC"}).Draw(t, "provider"),
				Reason:   rapid.SampledFrom(delay.Reasons[:]).Draw(t, "reason"),
				Care:     rapid.SampledFrom(delay.CareTypes[:]).Draw(t, "care"),
				Body:     rapid.SampledFrom(delay.Bodies[:]).Draw(t, "body"),
				State:    rapid.SampledFrom(agreement.States[:]).Draw(t, "state"),
				Days:     rapid.Int64Range(1, 500).Draw(t, "days"),
			})
		}
		c, err := MakeCouncil(t.Context(), d, nil, Filter{}, from, to)
		if err != nil {
			t.Fatal(err)
		}
		if c.WasFrom != delay.MustDay("2026-09-01") || c.WasTo != from-1 {
			t.Fatalf("the period before is %s to %s", c.WasFrom, c.WasTo)
		}
		for _, s := range []Split{c.Now, c.Was} {
			if s.Agreed.Total()+s.Proposed.Total()+s.Disputed.Total() != s.Days.Total() {
				t.Fatal("the states do not add up to all days")
			}
			if sh := s.Share(); sh.Known {
				width := (sh.High - sh.Low) * float64(s.Days.Total())
				if diff := width - float64(s.Unsettled()); diff > 1e-6 || diff < -1e-6 {
					t.Fatalf("the band is %v days wide, %d are not settled", width, s.Unsettled())
				}
				if sh.Value < sh.Low || sh.Value > sh.High {
					t.Fatal("the share is outside its band")
				}
			}
			if sh := s.AgreedShare(); sh.Known && (sh.High-sh.Low)*float64(s.Days.Total())-float64(s.Days.Total()-s.Agreed.Total()) > 1e-6 {
				t.Fatal("the band of agreed days is not as wide as what is not agreed")
			}
		}
		for _, parts := range [][]PartSplit{c.ByProvider, c.ByReason, c.ByCare} {
			var points int
			var all int64
			for _, p := range parts {
				points += p.Points
				all += p.Split.Days.Total()
			}
			if all != c.Now.Days.Total() {
				t.Fatalf("the parts have %d days, all %d", all, c.Now.Days.Total())
			}
			if len(parts) > 0 && points != c.Change {
				t.Fatalf("contributions add up to %d, the change is %d", points, c.Change)
			}
		}
	})
}
