package measure

import (
	"context"
	"maps"
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

// NewDays takes every day of an odd number to be of a new delay.
func (d drawn) NewDays(_ context.Context, q Query) ([]Cell, error) {
	var out []Cell
	for _, c := range d.cells {
		if c.Period >= q.From && c.Period <= q.To && c.Days%2 == 1 {
			out = append(out, Cell{Body: c.Body, State: c.State, Days: c.Days})
		}
	}
	return out, nil
}

func (d drawn) PeopleIn(_ context.Context, q Query) (n int64, err error) {
	for _, c := range d.cells {
		if c.Period >= q.From && c.Period <= q.To {
			n++
		}
	}
	return n, nil
}

func (d drawn) NotSettled(context.Context, Query) ([]Standing, error) { return nil, nil }

func (d drawn) Waiting(context.Context, Filter, map[string]delay.Day) ([]Waited, error) {
	return nil, nil
}

func (d drawn) Events(context.Context, Query) ([]Event, error) { return nil, nil }

func (s Split) plus(o Split) Split {
	return s.Less(Split{}.Less(o))
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
				Reason:   rapid.SampledFrom(letters).Draw(t, "reason"),
				Care:     rapid.SampledFrom(delay.CareTypes[:]).Draw(t, "care"),
				Body:     rapid.SampledFrom(delay.Bodies[:]).Draw(t, "body"),
				State:    rapid.SampledFrom(agreement.States[:]).Draw(t, "state"),
				Days:     rapid.Int64Range(1, 500).Draw(t, "days"),
			})
		}
		c, err := MakeCouncil(t.Context(), d, d, Filter{}, from, to)
		if err != nil {
			t.Fatal(err)
		}
		if c.WasFrom != delay.MustDay("2026-09-01") || c.WasTo != from-1 {
			t.Fatalf("the period before is %s to %s", c.WasFrom, c.WasTo)
		}
		for _, s := range []Split{c.Now, c.Was} {
			if s.Agreed.Total()+s.Proposed.Total()+s.Contested().Total() != s.Days.Total() {
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
		if c.Few() != (c.People > 0 && c.People < 10) {
			t.Fatalf("%d people are few: %v", c.People, c.Few())
		}
		for _, parts := range [][]PartSplit{c.ByProvider, c.ByReason, c.ByCare, c.ByAge} {
			var points int
			var now, was Split
			for _, p := range parts {
				points += p.Points
				now, was = now.plus(p.Split), was.plus(p.Was)
			}
			if now != c.Now || was != c.Was {
				t.Fatalf("the parts have %v and %v, all %v and %v", now, was, c.Now, c.Was)
			}
			if len(parts) > 0 && points != c.Change {
				t.Fatalf("contributions add up to %d, the change is %d", points, c.Change)
			}
		}
	})
}

// waiting gives people by body, on one provider's day each.
type waiting struct {
	drawn
	people []Waited
	asked  map[string]delay.Day
}

func (w waiting) Waiting(_ context.Context, _ Filter, at map[string]delay.Day) ([]Waited, error) {
	maps.Copy(w.asked, at)
	return w.people, nil
}

func TestWaitsAreOfEachProvidersLatestDay(t *testing.T) {
	today := delay.MustDay("2026-11-04")
	src := waiting{asked: map[string]delay.Day{}, people: []Waited{
		{"RXA", delay.SocialCare, 6, 1}, {"RXA", delay.SocialCare, 7, 2}, {"RXA", delay.SocialCare, 13, 4},
		{"RXA", delay.NHS, 14, 8}, {"RXA", delay.NHS, 20, 16}, {"RXA", delay.NHS, 21, 32},
		{"RXB", delay.NotAttributed, 100, 64},
	}}
	o := Overview{AsAt: today, Providers: []ProviderArrival{{Code: "RXA", Latest: today}, {Code: "RXB", Latest: today - 13},
		{Code: "RXC", Latest: today - 14}, {Code: "RXD"}}}
	w, err := MakeWaits(t.Context(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("C16 the same people by provider and by body", func(t *testing.T) {
		var byProvider, byBody int64
		for _, p := range w.ByProvider {
			byProvider += p.Total()
		}
		for _, b := range delay.Bodies {
			byBody += w.ByBody[b].Total()
		}
		if byProvider != 127 || byBody != 127 || w.All.Total() != 127 {
			t.Errorf("got %d by provider, %d by body and %d in all, want 127", byProvider, byBody, w.All.Total())
		}
	})
	t.Run("bands begin with 7, 14 and 21 days", func(t *testing.T) {
		if w.ByProvider[0].WaitedBands != (WaitedBands{1, 6, 24, 32}) || w.ByBody[delay.NotAttributed] != (WaitedBands{0, 0, 0, 64}) {
			t.Errorf("got %v and %v", w.ByProvider[0], w.ByBody)
		}
	})
	t.Run("a provider that is late stands on its own day, one of 14 days back not at all", func(t *testing.T) {
		if len(w.ByProvider) != 2 || src.asked["RXB"] != today-13 || src.asked["RXC"] != 0 {
			t.Errorf("asked %v", src.asked)
		}
	})
}
