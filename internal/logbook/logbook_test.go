package logbook

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
)

func march(d int) delay.Day { return delay.MustDay("2026-03-01") + delay.Day(d-1) }

func TestEffective(t *testing.T) {
	t.Parallel()
	opened := Entry{ID: 1, Kind: Opened, Made: march(2), Day: march(1), Statement: 10}
	changed := Entry{ID: 2, Kind: Changed, Made: march(3), Day: march(3), Statement: 11}
	cases := []struct {
		name    string
		entries []Entry
		want    []int64
		open    bool
	}{
		{"everything stands", []Entry{opened, changed}, []int64{1, 2}, true},
		{"an undone entry and its undoing are gone", []Entry{opened, changed, {ID: 3, Kind: Undone, Undoes: 2}}, []int64{1}, true},
		{"a withdrawn delay is gone", []Entry{opened, changed, {ID: 3, Kind: Withdrawn}}, nil, false},
		{"what stood before a withdrawn delay stands", []Entry{opened, {ID: 2, Kind: Ended, Day: march(5), Statement: 10},
			{ID: 3, Kind: Opened, Day: march(8), Statement: 12}, {ID: 4, Kind: Withdrawn}}, []int64{1, 2}, false},
		{"a withdrawal that was undone withdraws nothing", []Entry{opened, {ID: 2, Kind: Withdrawn}, {ID: 3, Kind: Undone, Undoes: 2}},
			[]int64{1}, true},
		{"C7 a correction of days that are over opens nothing", []Entry{opened, {ID: 2, Kind: Ended, Day: march(5), Statement: 10},
			{ID: 3, Kind: Corrected, Day: march(2), Until: march(3), Statement: 12}}, []int64{1, 2, 3}, false},
		{"a pause that was undone", []Entry{opened, {ID: 2, Kind: Paused, Day: march(4)}, {ID: 3, Kind: Undone, Undoes: 2}}, []int64{1}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Effective(c.entries)
			var ids []int64
			for _, e := range got {
				ids = append(ids, e.ID)
			}
			if !slices.Equal(ids, c.want) || IsOpen(got) != c.open {
				t.Errorf("got %v, open %t", ids, IsOpen(got))
			}
		})
	}
}

func TestPresence(t *testing.T) {
	t.Parallel()
	opened := Entry{ID: 1, Kind: Opened, Made: march(4), Day: march(1), Statement: 10}
	cases := []struct {
		name    string
		entries []Entry
		want    []Run
	}{
		{"C17 open up to today", []Entry{opened}, []Run{{march(4), march(20), 10}}},
		{"C17 changed from a day", []Entry{opened, {ID: 2, Kind: Changed, Made: march(9), Day: march(8), Statement: 11}},
			[]Run{{march(4), march(7), 10}, {march(8), march(20), 11}}},
		{"C17 ended", []Entry{opened, {ID: 2, Kind: Ended, Made: march(9), Day: march(9), Statement: 12}},
			[]Run{{march(4), march(8), 10}, {march(9), march(9), 12}}},
		{"C17 ended before it was logged", []Entry{opened, {ID: 2, Kind: Ended, Made: march(4), Day: march(3), Statement: 12}},
			[]Run{{march(3), march(3), 12}}},
		{"paused and resumed", []Entry{opened, {ID: 2, Kind: Paused, Made: march(6), Day: march(6)},
			{ID: 3, Kind: Resumed, Made: march(10), Day: march(9), Statement: 13}},
			[]Run{{march(4), march(5), 10}, {march(10), march(20), 13}}},
		{"corrected from the start", []Entry{opened, {ID: 2, Kind: Corrected, Made: march(9), Day: march(1), Statement: 11}},
			[]Run{{march(4), march(20), 11}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Presence(Effective(c.entries), march(20)); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	changes := []Entry{opened, {ID: 2, Kind: Changed, Made: march(6), Day: march(6), Statement: 11},
		{ID: 3, Kind: Changed, Made: march(9), Day: march(9), Statement: 12}}
	correct := func(day, until delay.Day) []Run {
		return Presence(append(slices.Clone(changes), Entry{ID: 4, Kind: Corrected, Made: march(12), Day: day, Until: until, Statement: 20}),
			march(20))
	}
	t.Run("C3 a correction of an earlier period leaves the others", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			day, until delay.Day
			want       []Run
		}{
			"the first":  {march(1), march(5), []Run{{march(4), march(5), 20}, {march(6), march(8), 11}, {march(9), march(20), 12}}},
			"the middle": {march(6), march(8), []Run{{march(4), march(5), 10}, {march(6), march(8), 20}, {march(9), march(20), 12}}},
			"a part": {march(7), march(7), []Run{{march(4), march(5), 10}, {march(6), march(6), 11}, {march(7), march(7), 20},
				{march(8), march(8), 11}, {march(9), march(20), 12}}},
			"two as one": {march(1), march(8), []Run{{march(4), march(8), 20}, {march(9), march(20), 12}}},
		} {
			if got := correct(c.day, c.until); !slices.Equal(got, c.want) {
				t.Errorf("%s: got %v, want %v", name, got, c.want)
			}
		}
	})
	t.Run("C9 logged after the first extract: the extracts alone are evidence", func(t *testing.T) {
		t.Parallel()
		if got := Presence([]Entry{opened}, march(2)); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
}

func TestRefine(t *testing.T) {
	t.Parallel()
	// The extract says 100 (given 1) on days 2 to 9, then 101 (given 2).
	pieces := []Piece{{First: march(2), Last: march(9), Statement: 100, Given: 1},
		{First: march(10), Last: march(15), Statement: 101, Given: 2}}
	cases := []struct {
		name    string
		entries []Entry
		want    []Refined
	}{
		{"nothing logged", nil, []Refined{{First: march(2), Last: march(9), Statement: 100},
			{First: march(10), Last: march(15), Statement: 101}}},
		{"the log stands until the extract says something new", []Entry{{ID: 1, Kind: Changed, Made: march(6), Day: march(5), Statement: 200}},
			[]Refined{{First: march(2), Last: march(4), Statement: 100}, {First: march(5), Last: march(9), Statement: 200, Entry: 1},
				{First: march(10), Last: march(15), Statement: 101}}},
		{"an entry made after the new word stands", []Entry{{ID: 1, Kind: Changed, Made: march(12), Day: march(5), Statement: 200}},
			[]Refined{{First: march(2), Last: march(4), Statement: 100}, {First: march(5), Last: march(15), Statement: 200, Entry: 1}}},
		{"C3 a correction of an earlier period stands to its end, later ones as they were",
			[]Entry{{ID: 1, Kind: Changed, Made: march(6), Day: march(6), Statement: 200},
				{ID: 2, Kind: Corrected, Made: march(8), Day: march(1), Until: march(5), Statement: 201}},
			[]Refined{{First: march(2), Last: march(5), Statement: 201, Entry: 2}, {First: march(6), Last: march(9), Statement: 200, Entry: 1},
				{First: march(10), Last: march(15), Statement: 101}}},
		{"C3 a correction of what the extract alone said", []Entry{{ID: 1, Kind: Corrected, Made: march(12), Day: march(1), Until: march(9),
			Statement: 201}},
			[]Refined{{First: march(2), Last: march(9), Statement: 201, Entry: 1}, {First: march(10), Last: march(15), Statement: 101}}},
		{"C3 the last of two corrections stands, where they meet", []Entry{{ID: 1, Kind: Corrected, Made: march(12), Day: march(1),
			Until: march(9), Statement: 201}, {ID: 2, Kind: Corrected, Made: march(13), Day: march(5), Until: march(11), Statement: 202}},
			[]Refined{{First: march(2), Last: march(4), Statement: 201, Entry: 1}, {First: march(5), Last: march(11), Statement: 202, Entry: 2},
				{First: march(12), Last: march(15), Statement: 101}}},
		{"a later entry stands above an earlier one", []Entry{{ID: 1, Kind: Opened, Made: march(6), Day: march(1), Statement: 200},
			{ID: 2, Kind: Changed, Made: march(7), Day: march(7), Statement: 201}},
			[]Refined{{First: march(2), Last: march(6), Statement: 200, Entry: 1}, {First: march(7), Last: march(9), Statement: 201, Entry: 2},
				{First: march(10), Last: march(15), Statement: 101}}},
		{"a pause takes days out, and the day of being ready again", []Entry{{ID: 1, Kind: Paused, Made: march(4), Day: march(4)},
			{ID: 2, Kind: Resumed, Made: march(6), Day: march(6), Statement: 200}},
			[]Refined{{First: march(2), Last: march(3), Statement: 100}, {First: march(4), Last: march(5), Statement: 100, Paused: true},
				{First: march(6), Last: march(6), Statement: 200, Entry: 2, Paused: true}, {First: march(7), Last: march(9), Statement: 200, Entry: 2},
				{First: march(10), Last: march(15), Statement: 101}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Refine(pieces, c.entries); !slices.Equal(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// Whatever is logged, what comes out tiles the same days (C3).
func TestRefineTiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var pieces []Piece
		day := march(1)
		for i := range rapid.IntRange(1, 4).Draw(t, "pieces") {
			last := day + delay.Day(rapid.IntRange(0, 9).Draw(t, "length"))
			pieces = append(pieces, Piece{First: day, Last: last, Statement: int64(i + 1), Given: int64(rapid.IntRange(1, 2).Draw(t, "given"))})
			day = last + 1
		}
		var entries []Entry
		for i := range rapid.IntRange(0, 6).Draw(t, "entries") {
			made := march(rapid.IntRange(1, 40).Draw(t, "made"))
			e := Entry{ID: int64(i + 1), Kind: Kind(rapid.IntRange(1, 9).Draw(t, "kind")), Made: made,
				Day: made - delay.Day(rapid.IntRange(0, 10).Draw(t, "back")), Statement: int64(100 + i),
				Undoes: int64(rapid.IntRange(1, 6).Draw(t, "undoes"))}
			if e.Kind == Corrected && rapid.Bool().Draw(t, "of the past") {
				e.Until = e.Day + delay.Day(rapid.IntRange(0, 8).Draw(t, "until"))
			}
			entries = append(entries, e)
		}
		next := pieces[0].First
		for _, r := range Refine(pieces, Effective(entries)) {
			if r.First != next || r.Last < r.First {
				t.Fatalf("a gap or overlap at %s", r.First)
			}
			next = r.Last + 1
		}
		if next != day {
			t.Fatalf("ends on %s, not %s", next-1, day-1)
		}
		for i, run := range Presence(Effective(entries), march(30)) {
			if run.Last < run.First || run.Last > march(30) {
				t.Fatalf("run %d is %v", i, run)
			}
		}
	})
}

// A correction of some days changes what is stated of those days and of no
// other, whatever was logged before, and never who is in a bed (C3).
func TestCorrectionReachesItsDaysAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pieces := []Piece{{First: march(1), Last: march(12), Statement: 1, Given: 1},
			{First: march(13), Last: march(25), Statement: 2, Given: int64(rapid.IntRange(1, 2).Draw(t, "given"))}}
		entries := []Entry{{ID: 1, Kind: Opened, Made: march(2), Day: march(1), Statement: 100}}
		for i := range rapid.IntRange(0, 5).Draw(t, "entries") {
			made := march(rapid.IntRange(2, 25).Draw(t, "made"))
			entries = append(entries, Entry{ID: int64(i + 2), Kind: rapid.SampledFrom([]Kind{Verified, Changed, Corrected, Paused, Resumed, Ended}).
				Draw(t, "kind"), Made: made,
				Day: made - delay.Day(rapid.IntRange(0, 5).Draw(t, "back")), Statement: int64(101 + i)})
		}
		c := Entry{ID: 50, Kind: Corrected, Made: march(26), Day: march(rapid.IntRange(1, 25).Draw(t, "from")), Statement: 500}
		c.Until = min(c.Day+delay.Day(rapid.IntRange(0, 9).Draw(t, "days")), march(25))
		after := append(slices.Clone(entries), c)
		was, is := map[delay.Day]Refined{}, map[delay.Day]Refined{}
		for out, list := range map[*map[delay.Day]Refined][]Refined{&was: Refine(pieces, entries), &is: Refine(pieces, after)} {
			for _, r := range list {
				for day := r.First; day <= r.Last; day++ {
					(*out)[day] = Refined{Statement: r.Statement, Entry: r.Entry, Paused: r.Paused}
				}
			}
		}
		for day, before := range was {
			want := before
			if c.Day <= day && day <= c.Until {
				want.Statement, want.Entry = c.Statement, c.ID
			}
			if is[day] != want {
				t.Fatalf("%s: %+v, want %+v", day, is[day], want)
			}
		}
		present := func(entries []Entry) map[delay.Day]int64 {
			out := map[delay.Day]int64{}
			for _, r := range Presence(entries, march(30)) {
				for day := r.First; day <= r.Last; day++ {
					out[day] = r.Statement
				}
			}
			return out
		}
		then, now := present(entries), present(after)
		if len(then) != len(now) {
			t.Fatalf("present on %d days, %d before the correction", len(now), len(then))
		}
		for day, statement := range then {
			if in := c.Day <= day && day <= c.Until; !in && now[day] != statement {
				t.Fatalf("%s: stated %d, was %d", day, now[day], statement)
			}
		}
		if IsOpen(entries) != IsOpen(after) || IsPaused(entries) != IsPaused(after) || LastChecked(entries) != LastChecked(after) {
			t.Fatal("the correction says where the patient is")
		}
	})
}
