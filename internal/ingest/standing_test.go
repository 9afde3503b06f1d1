package ingest

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
)

func TestStandings(t *testing.T) {
	t.Parallel()
	d := delay.MustDay("2026-03-01")
	cases := []struct {
		name     string
		received []Received
		want     []DayStanding
	}{
		{"C11 the latest received counts", []Received{{ID: 1, Date: d, Rows: 40}, {ID: 2, Date: d, Rows: 41}},
			[]DayStanding{{Date: d, Counted: 2}}},
		{"R5 fewer than half and ten fewer is held", []Received{{ID: 1, Date: d, Rows: 40}, {ID: 2, Date: d + 1, Rows: 19}},
			[]DayStanding{{Date: d, Counted: 1}, {Date: d + 1, Held: 2, Rows: 19, Before: 40, BeforeDate: d}}},
		{"R5 exactly half counts", []Received{{ID: 1, Date: d, Rows: 40}, {ID: 2, Date: d + 1, Rows: 20}},
			[]DayStanding{{Date: d, Counted: 1}, {Date: d + 1, Counted: 2}}},
		{"R5 fewer than half but not ten fewer counts", []Received{{ID: 1, Date: d, Rows: 10}, {ID: 2, Date: d + 1, Rows: 1}},
			[]DayStanding{{Date: d, Counted: 1}, {Date: d + 1, Counted: 2}}},
		{"R5 fewer than half and just ten fewer is held", []Received{{ID: 1, Date: d, Rows: 11}, {ID: 2, Date: d + 1, Rows: 1}},
			[]DayStanding{{Date: d, Counted: 1}, {Date: d + 1, Held: 2, Rows: 1, Before: 11, BeforeDate: d}}},
		{"R5 a person's acceptance makes it count", []Received{{ID: 1, Date: d, Rows: 40}, {ID: 2, Date: d + 1, Rows: 5, Accepted: true}},
			[]DayStanding{{Date: d, Counted: 1}, {Date: d + 1, Counted: 2}}},
		{"R5 a re-send replaces the held one", []Received{{ID: 1, Date: d, Rows: 40}, {ID: 2, Date: d + 1, Rows: 5},
			{ID: 3, Date: d + 1, Rows: 38}},
			[]DayStanding{{Date: d, Counted: 1}, {Date: d + 1, Counted: 3}}},
		{"R5 a short re-send is held and the earlier one goes on counting", []Received{{ID: 1, Date: d, Rows: 40},
			{ID: 2, Date: d + 1, Rows: 38}, {ID: 3, Date: d + 1, Rows: 5}},
			[]DayStanding{{Date: d, Counted: 1}, {Date: d + 1, Counted: 2, Held: 3, Rows: 5, Before: 40, BeforeDate: d}}},
		{"R5 a late file between them releases a held one", []Received{{ID: 1, Date: d, Rows: 40}, {ID: 2, Date: d + 2, Rows: 15},
			{ID: 3, Date: d + 1, Rows: 25}},
			[]DayStanding{{Date: d, Counted: 1}, {Date: d + 1, Counted: 3}, {Date: d + 2, Counted: 2}}},
		{"R9 one in doubt is held whatever its rows", []Received{{ID: 1, Date: d, Rows: 40, Doubt: true}},
			[]DayStanding{{Date: d, Held: 1, Rows: 40}}},
		{"R9 one in doubt and accepted counts", []Received{{ID: 1, Date: d, Rows: 40, Doubt: true, Accepted: true}},
			[]DayStanding{{Date: d, Counted: 1}}},
		{"R9 a re-send replaces one in doubt", []Received{{ID: 1, Date: d, Rows: 40, Doubt: true}, {ID: 2, Date: d, Rows: 40}},
			[]DayStanding{{Date: d, Counted: 2}}},
		{"R9 the earlier one goes on counting beside one in doubt", []Received{{ID: 1, Date: d, Rows: 40},
			{ID: 2, Date: d, Rows: 40, Doubt: true}},
			[]DayStanding{{Date: d, Counted: 1, Held: 2, Rows: 40}}},
		{"R5 compares with the nearest earlier date, however long ago", []Received{{ID: 1, Date: d, Rows: 40}, {ID: 2, Date: d + 30, Rows: 15}},
			[]DayStanding{{Date: d, Counted: 1}, {Date: d + 30, Held: 2, Rows: 15, Before: 40, BeforeDate: d}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Standings(c.received, DefaultShortRule); !slices.Equal(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// Where the days stand does not depend on the order in which different days'
// extracts arrived (C10): only the order within a day decides (C11).
func TestStandingsAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var received []Received
		for i := range rapid.IntRange(1, 30).Draw(t, "files") {
			received = append(received, Received{ID: int64(i + 1), Date: delay.Day(rapid.IntRange(100, 110).Draw(t, "date")),
				Rows: rapid.IntRange(0, 60).Draw(t, "rows"), Accepted: rapid.IntRange(0, 5).Draw(t, "accepted") == 0,
				Doubt: rapid.IntRange(0, 5).Draw(t, "doubt") == 0})
		}
		// Number them anew in another order that keeps the order within a day.
		other := slices.Clone(received)
		rand.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		byDay := map[delay.Day][]Received{}
		for _, r := range received {
			byDay[r.Date] = append(byDay[r.Date], r)
		}
		number := map[int64]int64{}
		for i := range other {
			day := other[i].Date
			first := byDay[day][0]
			byDay[day] = byDay[day][1:]
			number[int64(i+1)] = first.ID
			first.ID = int64(i + 1)
			other[i] = first
		}
		want := Standings(received, DefaultShortRule)
		got := Standings(other, DefaultShortRule)
		for i := range got {
			if got[i].Counted != 0 {
				got[i].Counted = number[got[i].Counted]
			}
			if got[i].Held != 0 {
				got[i].Held = number[got[i].Held]
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestR5BrokenFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rows, quarantined int
		held              bool
	}{{100, 20, false}, {100, 21, true}, {10, 2, false}, {10, 3, true}, {9, 2, false}, {2, 2, true}, {1, 1, true}, {2, 1, false},
		{0, 0, false}, {5, 0, false}} {
		st := Standings([]Received{{ID: 1, Date: 5, Rows: c.rows, Quarantined: c.quarantined}}, DefaultShortRule)[0]
		if (st.Held == 1) != c.held || st.Broken != c.held || (st.Counted == 1) == c.held {
			t.Errorf("R5 %d of %d quarantined: %+v", c.quarantined, c.rows, st)
		}
		if st := Standings([]Received{{ID: 1, Date: 5, Rows: c.rows, Quarantined: c.quarantined, Accepted: true}},
			DefaultShortRule)[0]; st.Counted != 1 {
			t.Errorf("R5 accepted: %+v", st)
		}
	}
	// Rows that could not be read do not fill a short file up.
	st := Standings([]Received{{ID: 1, Date: 5, Rows: 30}, {ID: 2, Date: 6, Rows: 17, Quarantined: 3}}, DefaultShortRule)
	if st[1].Held != 2 || st[1].Broken {
		t.Errorf("R5 short: %+v", st[1])
	}
}

// What a sender has always done is a habit; what is new is held until somebody accepts
// it or the layout reads it.
func TestR5WhatIsNewIsHeld(t *testing.T) {
	t.Parallel()
	d := delay.MustDay("2026-03-01")
	like := func(id int64, day delay.Day) Received { return Received{ID: id, Date: day, Rows: 30, Tells: true} }
	unlike := func(id int64, day delay.Day, fields ...string) Received {
		r := like(id, day)
		r.Unlike = fields
		return r
	}
	accepted := func(r Received) Received { r.Accepted = true; return r }
	silent := Received{ID: 9, Date: d + 1, Rows: 30}
	cases := []struct {
		name     string
		received []Received
		counted  []bool
	}{
		{"new words are held, the next day too", []Received{like(1, d), unlike(2, d+1, "reason"), unlike(3, d+2, "reason")},
			[]bool{true, false, false}},
		{"what the first file does is its habit", []Received{unlike(1, d, "reason"), unlike(2, d+1, "reason")}, []bool{true, true}},
		{"another field than the habit's is new", []Received{unlike(1, d, "reason"), unlike(2, d+1, "council", "reason")},
			[]bool{true, false}},
		{"accepting one lets those after it count", []Received{like(1, d), accepted(unlike(2, d+1, "reason")), unlike(3, d+2, "reason")},
			[]bool{true, true, true}},
		{"a habit that was given up is new again", []Received{unlike(1, d, "reason"), like(2, d+1), unlike(3, d+2, "reason")},
			[]bool{true, true, false}},
		{"a day with next to nothing on it ends no habit", []Received{unlike(1, d, "reason"), silent, unlike(3, d+2, "reason")},
			[]bool{true, true, true}},
		{"a discarded file is as if it had not come", []Received{{ID: 1, Date: d, Rows: 30, Tells: true, Discarded: true},
			unlike(2, d+1, "reason")}, []bool{true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, backwards := range []bool{false, true} {
				received := slices.Clone(c.received)
				if backwards {
					slices.Reverse(received) // C10: in any order
				}
				got := Standings(received, DefaultShortRule)
				for i, st := range got {
					if (st.Counted != 0) != c.counted[i] || st.Unlike == c.counted[i] {
						t.Errorf("%s: counted %d, held %d, unlike %v", st.Date, st.Counted, st.Held, st.Unlike)
					}
				}
			}
		})
	}
}
