package measure

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"homeward/internal/delay"
)

// shelf is a source that gives out the same slices again and again, as one that
// keeps its answers does.
type shelf map[Basis][]Cell

func (s shelf) Cells(_ context.Context, q Query) ([]Cell, error) { return s[q.Filter.Basis], nil }

func TestG3TableCarriesItsCellsAndLeavesItsSourceAlone(t *testing.T) {
	a, b := Cell{Provider: "RXA", Body: delay.NHS}, Cell{Provider: "RXB", Body: delay.SocialCare}
	with := func(c Cell, days int64) Cell {
		c.Days = days
		return c
	}
	source := shelf{BasisCounted: {with(a, 9), with(b, 4)}, BasisAgreed: {with(a, 7)}}
	kept := slices.Clone(source[BasisCounted])
	q := Query{From: 100, To: 109, By: []Dimension{ByProvider, ByResponsible}, Filter: Filter{Basis: BasisAgreed}}
	for range 2 {
		table, err := Figures(t.Context(), source, q, []Number{Days, Open})
		if err != nil {
			t.Fatal(err)
		}
		if want := []Cell{with(a, 7), with(b, 0)}; !slices.Equal(table.Cells, want) {
			t.Errorf("found the cells %v, expected %v", table.Cells, want)
		}
		for i, c := range table.Cells {
			if row := table.Rows[i]; row[0] != c.Provider || row[2] != strconv.FormatInt(c.Days, 10) {
				t.Errorf("row %v is not of the cell %v", row, c)
			}
		}
		if table.Total != 7 || table.NotAgreed != 6 {
			t.Errorf("found %d agreed and %d others, expected 7 and 6", table.Total, table.NotAgreed)
		}
		if !slices.Equal(source[BasisCounted], kept) {
			t.Errorf("the source's answer became %v", source[BasisCounted])
		}
	}
}
