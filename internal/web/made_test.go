package web

import (
	"testing"

	"homeward/internal/measure"
)

// The plain count of the made evidence is that of the store, in every cell.
func TestTheMadePartnershipIsCountedAsMade(t *testing.T) {
	t.Parallel()
	o := sharedOffice(t, filled)
	type key struct {
		day                     any
		provider, council, body any
		reason, care            any
	}
	want := map[key]int64{}
	countDays(madeFirst, madeLast, func(c madeDay) {
		want[key{c.day, c.provider(), c.council, c.body, c.reason, c.care}]++
	})
	cells, err := o.store.Cells(t.Context(), measure.Query{From: madeFirst, To: madeLast, By: []measure.Dimension{measure.ByDay,
		measure.ByProvider, measure.ByCouncil, measure.ByCare, measure.ByReason, measure.ByResponsible}})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range cells {
		k := key{c.Period, c.Provider, string(c.Council), c.Body, c.Reason, c.Care}
		if want[k] != c.Days {
			if n++; n < 20 {
				t.Errorf("%+v: %d, made %d", k, c.Days, want[k])
			}
		}
		delete(want, k)
	}
	for k, n := range want {
		t.Errorf("%+v: none, made %d", k, n)
		break
	}
}
