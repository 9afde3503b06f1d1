package measure

import (
	"testing"

	"pgregory.net/rapid"
)

// bounds is what a reader knows of one count.
type bounds struct {
	low, high int64
	hidden    bool
}

// relation is an equation that a reader knows: the parts make up the total.
type relation struct {
	total *bounds
	parts []*bounds
}

// published gives what a reader knows of a count before any arithmetic, small
// ones told apart because that is the worst that they can know.
func published(c PublicCount, truth int64) *bounds {
	switch {
	case c.Suppressed && truth < 5:
		return &bounds{0, 4, true}
	case c.Suppressed:
		return &bounds{5, 1 << 40, true}
	default:
		return &bounds{max(c.Value-2, 5), c.Value + 2, false}
	}
}

// unpublished is a count of which nothing is said.
func unpublished() *bounds { return &bounds{0, 1 << 40, false} }

// reckon takes parts from totals and adds parts up until nothing more can be
// learnt, which is what somebody with a spreadsheet does.
func reckon(all []relation) {
	for again := true; again; {
		again = false
		learn := func(k *bounds, low, high int64) {
			if low > k.low {
				k.low, again = low, true
			}
			if high < k.high {
				k.high, again = high, true
			}
		}
		for _, r := range all {
			var low, high int64
			for _, p := range r.parts {
				low, high = low+p.low, high+p.high
			}
			learn(r.total, low, high)
			for _, p := range r.parts {
				learn(p, r.total.low-(high-p.high), r.total.high-(low-p.low))
			}
		}
	}
}

// Whatever the counts, no arithmetic over all published breakdowns together
// gives a suppressed one away (P3).
func TestP3LinkedBreakdownsGiveNothingAway(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows, columns := rapid.IntRange(1, 5).Draw(t, "rows"), rapid.IntRange(1, 4).Draw(t, "columns")
		most := rapid.SampledFrom([]int64{6, 9, 40}).Draw(t, "most")
		l := Linked{Grid: Grid{RowTotals: true, ColumnTotals: true, GrandTotal: true}, RowParts: make([][]int64, rows), Rest: make([]bool, rows)}
		split := func(n int64, into int) []int64 {
			out := make([]int64, into)
			for ; n > 0; n-- {
				out[rapid.IntRange(0, into-1).Draw(t, "where")]++
			}
			return out
		}
		total, rowSums, columnSums := int64(0), make([]int64, rows), make([]int64, columns)
		for i := range rows {
			var cells []int64
			for j := range columns {
				v := rapid.Int64Range(0, most).Draw(t, "cell")
				cells = append(cells, v)
				rowSums[i], columnSums[j], total = rowSums[i]+v, columnSums[j]+v, total+v
			}
			l.Cells = append(l.Cells, cells)
			if into := rapid.IntRange(0, 4).Draw(t, "parts of the row"); into > 0 {
				l.RowParts[i] = split(rowSums[i], into)
				if into > 1 && rapid.Bool().Draw(t, "rest") {
					l.RowParts[i], l.Rest[i] = l.RowParts[i][1:], true
				}
			}
		}
		if into := rapid.IntRange(0, 4).Draw(t, "parts"); into > 0 {
			l.Parts = split(total, into)
		}
		p := SuppressLinked(l)

		var all []*bounds
		note := func(c PublicCount, truth int64) *bounds {
			if !c.Suppressed && (truth < 5 || c.Value%5 != 0 || c.Value-truth > 2 || truth-c.Value > 2) {
				t.Fatalf("%d is published as %d", truth, c.Value)
			}
			b := published(c, truth)
			all = append(all, b)
			return b
		}
		var known []relation
		byColumn := make([][]*bounds, columns)
		var rowTotals, columnTotals []*bounds
		for i, cells := range l.Cells {
			total := note(p.RowTotals[i], rowSums[i])
			rowTotals = append(rowTotals, total)
			var parts []*bounds
			for j, v := range cells {
				b := note(p.Cells[i][j], v)
				parts, byColumn[j] = append(parts, b), append(byColumn[j], b)
			}
			known = append(known, relation{total, parts})
			if l.RowParts[i] != nil {
				var days []*bounds
				for j, v := range l.RowParts[i] {
					days = append(days, note(p.RowParts[i][j], v))
				}
				if l.Rest[i] {
					days = append(days, unpublished())
				}
				known = append(known, relation{total, days})
			}
		}
		for j := range columns {
			b := note(p.ColumnTotals[j], columnSums[j])
			columnTotals = append(columnTotals, b)
			known = append(known, relation{b, byColumn[j]})
		}
		grand := note(p.Total, total)
		known = append(known, relation{grand, rowTotals}, relation{grand, columnTotals})
		if l.Parts != nil {
			var parts []*bounds
			for j, v := range l.Parts {
				parts = append(parts, note(p.Parts[j], v))
			}
			known = append(known, relation{grand, parts})
		}
		reckon(known)
		for _, b := range all {
			if b.hidden && b.high-b.low < leastWidth {
				t.Fatalf("a suppressed count is known to lie from %d to %d: %+v gives %+v", b.low, b.high, l, p)
			}
		}
	})
}

// A day with few people would be given away by the month beside it, were the
// two suppressed each on its own.
func TestP3DaysBesideTheirMonth(t *testing.T) {
	t.Parallel()
	days := []int64{4, 7, 7}
	l := Linked{Grid: Grid{Cells: [][]int64{{18}}, RowTotals: true}, RowParts: [][]int64{days}}
	p := SuppressLinked(l)
	if !p.RowParts[0][0].Suppressed {
		t.Error("4 is shown")
	}
	hidden := 0
	for _, c := range append(append(p.RowParts[0], p.RowTotals...), p.Cells[0]...) {
		if c.Suppressed {
			hidden++
		}
	}
	if hidden < 2 {
		t.Errorf("only the small count is suppressed: %+v", p)
	}
	without := SuppressLinked(Linked{Grid: Grid{Cells: [][]int64{{18, 30}}, RowTotals: true, ColumnTotals: true, GrandTotal: true}})
	if want := Suppress(Grid{Cells: [][]int64{{18, 30}}, RowTotals: true, ColumnTotals: true, GrandTotal: true}); without.Cells[0][1] != want.Cells[0][1] || without.Total != want.Total {
		t.Errorf("without further breakdowns it differs from Suppress: %+v, %+v", without, want)
	}
}
