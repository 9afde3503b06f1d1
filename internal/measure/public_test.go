package measure

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

// told is a source of given cells.
type told []Cell

func (t told) Cells(context.Context, Query) ([]Cell, error) { return t, nil }

func TestPublicFigures(t *testing.T) {
	t.Parallel()
	src := told{
		{Provider: "RZ1", Body: delay.SocialCare, Days: 123}, {Provider: "RZ1", Body: delay.NHS, Days: 3},
		{Provider: "RZ2", Body: delay.SocialCare, Days: 41}, {Provider: "RZ2", Body: delay.NHS, Days: 78},
	}
	table, err := PublicFigures(t.Context(), src, Query{By: []Dimension{ByProvider, ByResponsible}})
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 9 {
		t.Fatalf("got %d rows: %v", len(table.Rows), table.Rows)
	}
	for _, r := range table.Rows {
		n, err := strconv.Atoi(r[2])
		if r[2] == SuppressedMark {
			continue
		}
		if err != nil || n < 5 || n%5 != 0 {
			t.Errorf("P3: %v is shown", r)
		}
	}
	if i := slices.IndexFunc(table.Rows, func(r []string) bool { return r[0] == "RZ1" && r[1] == "NHS" }); table.Rows[i][2] != SuppressedMark {
		t.Errorf("P3: the small count is shown: %v", table.Rows[i])
	}
	for _, by := range [][]Dimension{nil, {ByProvider, ByResponsible, ByReason}} {
		if _, err := PublicFigures(t.Context(), src, Query{By: by}); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%v: got %v, want an invalid problem", by, err)
		}
	}
}
