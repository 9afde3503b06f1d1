package measure

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
)

// The order is that of tables: bodies always the same way, months newest first
// down and oldest first across, reasons by their days and the unknown last.
func TestCrossedOrder(t *testing.T) {
	may, june := delay.MustDay("2026-05-01"), delay.MustDay("2026-06-01")
	cells := []Cell{{Period: may, Body: delay.NHS, Days: 3}, {Period: may, Body: delay.SocialCare, Days: 2},
		{Period: june, Body: delay.NotAttributed, Days: 5}}
	c := Crossed(cells, ByMonth, ByResponsible)
	if c.Rows[0].Period != june || c.Columns[0].Body != delay.SocialCare || c.Columns[2].Body != delay.NotAttributed ||
		!slices.Equal(c.Days[1], []int64{2, 3, 0}) || !slices.Equal(c.ColTotals, []int64{2, 3, 5}) || !slices.Equal(c.RowTotals, []int64{5, 5}) {
		t.Errorf("%+v", c)
	}
	if c = Crossed(cells, ByResponsible, ByMonth); c.Columns[0].Period != may {
		t.Errorf("across the oldest month comes first: %+v", c.Columns)
	}
	if c = Crossed(cells, ByMonth, ""); len(c.Columns) != 1 || c.ColTotals[0] != 10 {
		t.Errorf("without columns there is one: %+v", c)
	}
	reasons := Crossed([]Cell{{Reason: delay.ReasonNotKnown, Days: 9}, {Reason: "A", Days: 1}, {Reason: "B", Days: 2}}, ByReason, "")
	if got := []delay.Reason{reasons.Rows[0].Reason, reasons.Rows[1].Reason, reasons.Rows[2].Reason}; !slices.Equal(got,
		[]delay.Reason{"B", "A", delay.ReasonNotKnown}) {
		t.Errorf("reasons stand as %v", got)
	}
}

// Totals both ways are the sum of what is crossed, whatever it is, and no cell
// is lost (C3).
func TestCrossedAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Cell {
			return Cell{Period: delay.Day(rapid.IntRange(100, 104).Draw(t, "day")), Body: rapid.SampledFrom(delay.Bodies[:]).Draw(t, "body"),
				Reason:  rapid.SampledFrom([]delay.Reason{"A", "B", delay.ReasonNotKnown}).Draw(t, "reason"),
				Pathway: rapid.SampledFrom(delay.Pathways[:]).Draw(t, "pathway"), Days: int64(rapid.IntRange(0, 50).Draw(t, "days"))}
		})).Draw(t, "cells")
		dims := []Dimension{ByDay, ByResponsible, ByReason, ByPathway}
		rows := rapid.SampledFrom(dims).Draw(t, "rows")
		columns := rapid.SampledFrom(append(dims, "")).Draw(t, "columns")
		var want, down, across, inside int64
		for _, c := range cells {
			want += c.Days
		}
		c := Crossed(cells, rows, columns)
		for i, n := range c.RowTotals {
			down += n
			for _, m := range c.Days[i] {
				inside += m
			}
		}
		for _, n := range c.ColTotals {
			across += n
		}
		if c.Total != want || down != want || across != want || inside != want {
			t.Fatalf("%d cells of %d days come to %d, %d, %d and %d", len(cells), want, c.Total, down, across, inside)
		}
	})
}
