package measure

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// tally counts records by every table of a release, by words: it shares no
// arithmetic with the ledger.
func tally(r *Release, records map[[dims]uint16]int64) []map[string]int64 {
	out := make([]map[string]int64, len(r.ledger.tables))
	for at, t := range r.ledger.tables {
		out[at] = map[string]int64{}
		for v, n := range records {
			out[at][textOf(t, v)] += n
		}
	}
	return out
}

func textOf(t table, v [dims]uint16) string {
	var words []string
	for _, a := range t.axes {
		words = append(words, a.values[a.to[v[a.dim]]])
	}
	return strings.Join(words, "|")
}

// proven checks the whole promise of a release: for each suppressed count there
// are two other sets of records, with no count of days below zero, that give
// every published number, suppress the same counts for the same reason, and
// give this count two other values.
func proven(t interface{ Fatalf(string, ...any) }, r *Release) (hidden, shown int) {
	l := r.ledger
	truth := map[[dims]uint16]int64{}
	for _, one := range l.records {
		truth[one.v] = one.n
	}
	counts := tally(r, truth)
	for at, tb := range l.tables {
		for c := range tb.hidden {
			if !tb.published(c) {
				continue
			}
			var words []string
			for i, a := range tb.axes {
				words = append(words, a.values[tb.value(c, i)])
			}
			key := strings.Join(words, "|")
			n := counts[at][key]
			if !tb.hidden[c] {
				if shown++; n < 5 {
					t.Fatalf("P3 %s is %d and shown", key, n)
				}
				continue
			}
			hidden++
			if tb.withheld[c] {
				continue
			}
			values := []int64{n}
			for _, way := range l.ways[place{at, c}] {
				other := map[string]int64{}
				for _, s := range way {
					other[textOf(tb, s.v)] += s.n
				}
				values = append(values, n+other[key])
				left := map[[dims]uint16]int64{}
				for _, s := range way {
					left[s.v] += s.n
				}
				for v, n := range left {
					if truth[v]+n < 0 {
						t.Fatalf("%s is written otherwise with less than nothing", key)
					}
				}
				// What the change touches, in every table, as a reader would see it.
				for also, tc := range l.tables {
					days := map[string]int64{}
					cell := map[string]int{}
					for _, s := range way {
						w := textOf(tc, s.v)
						days[w] += s.n
						cell[w] = tc.cell(&s.v)
					}
					for w, d := range days {
						k := cell[w]
						if d == 0 || tc.withheld[k] || !tc.published(k) {
							continue
						}
						was, is := counts[also][w], counts[also][w]+d
						same := (was < 5) == (is < 5)
						if !tc.hidden[k] {
							same = same && (was+2)/5 == (is+2)/5
						}
						if !same {
							t.Fatalf("P3 %s is safe only while %s goes from %d to %d", key, w, was, is)
						}
					}
				}
			}
			slices.Sort(values)
			if len(slices.Compact(values)) != 3 || values[0] < 0 {
				t.Fatalf("P3 %s is %d and can be %v and no more, by %v", key, n, values, l.ways[place{at, c}])
			}
		}
	}
	return hidden, shown
}

// invented gives cells of so many people at once over a period.
func invented(seed uint64, from, to delay.Day, people int) told {
	r := rand.New(rand.NewPCG(seed, 5))
	sums := map[Cell]int64{}
	for range people * int(to-from+1) / 6 {
		c := Cell{
			Provider: []string{"RZ1", "RZ1", "RZ2", "RZ3"}[r.IntN(4)], Council: []delay.Council{"E1", "E1", "E1", "E2", ""}[r.IntN(5)],
			Care: delay.CareTypes[r.IntN(2)], Reason: letters[min(r.IntN(11), r.IntN(11))], Body: delay.Bodies[min(r.IntN(4), r.IntN(4))],
			State: agreement.States[r.IntN(4)],
		}
		if seed%2 == 1 { // Lists that state pathways.
			c.Pathway = delay.Pathways[min(r.IntN(5), r.IntN(5))]
		}
		begin := from + delay.Day(r.IntN(int(to-from+1)))
		for day := begin; day < begin+delay.Day(1+r.IntN(11)) && day <= to; day++ {
			c.Period = day
			sums[c]++
		}
	}
	var out told
	for c, n := range sums {
		c.Days = n
		out = append(out, c)
	}
	return out
}

var partnership = Known{Providers: []string{"RZ1", "RZ2", "RZ3"}, Councils: []delay.Council{"E1", "E2"}, Reasons: letters}

// filters are kinds of filter, each of which is settled in its own way.
var filters = map[string]Filter{
	"no filter": {}, "agreed days": {Basis: BasisAgreed}, "one council": {Councils: []delay.Council{"E1"}},
	"two bodies at one hospital": {Bodies: []delay.Body{delay.NHS, delay.Joint}, Providers: []string{"RZ1"}},
}

func TestP3EverySuppressedCountHasThreeValues(t *testing.T) {
	t.Parallel()
	from := delay.MustDay("2026-01-30")
	for name, f := range filters {
		for i, people := range []int{0, 1, 3, 10, 40} {
			r, err := MakeRelease(t.Context(), invented(uint64(i), from, from+delay.Day(i), people), from, from+delay.Day(i), f, partnership)
			if err != nil {
				t.Fatalf("%s, %d people: %v", name, people, err)
			}
			proven(t, r)
		}
	}
}

// The same for whatever counts, which takes minutes.
func TestLongP3EverySuppressedCountHasThreeValues(t *testing.T) {
	if os.Getenv("HOMEWARD_LONG") == "" {
		t.Skip(`runs with "make test-long"`)
	}
	rapid.Check(t, func(t *rapid.T) {
		from := delay.MustDay("2026-01-28")
		to := from + delay.Day(rapid.IntRange(0, 9).Draw(t, "days"))
		people := rapid.IntRange(0, 60).Draw(t, "people")
		f := filters[rapid.SampledFrom(slices.Sorted(maps.Keys(filters))).Draw(t, "filter")]
		r, err := MakeRelease(t.Context(), invented(rapid.Uint64().Draw(t, "seed"), from, to, people), from, to, f, partnership)
		if err != nil {
			t.Fatal(err)
		}
		proven(t, r)
	})
}

// A quarter of an ordinary partnership keeps most of its figures, and finding
// that out stays within a bound of steps that does not depend on the machine.
func TestP3AQuarterIsSettledWithinItsSteps(t *testing.T) {
	t.Parallel()
	from, to := delay.MustDay("2026-01-01"), delay.MustDay("2026-03-31")
	r, err := MakeRelease(t.Context(), invented(1, from, to, 60), from, to, Filter{}, partnership)
	if err != nil {
		t.Fatal(err)
	}
	hidden, shown := proven(t, r)
	if shown == 0 || r.ledger.steps > stepsOfCount*(hidden+shown) {
		t.Fatalf("%d counts are shown after %d steps", shown, r.ledger.steps)
	}
	small, cells := 0, 0
	for _, one := range r.ledger.tables {
		for _, n := range one.count {
			if cells++; n < smallCount {
				small++
			}
		}
	}
	t.Logf("of %d counts %d are small and %d are not shown, after %d steps", cells, small, hidden, r.ledger.steps)
	if more := hidden - small; more > cells/5 {
		t.Errorf("P3 %d of %d counts are hidden for the sake of others", more, cells)
	}
}

func BenchmarkRelease(b *testing.B) {
	from, to := delay.MustDay("2026-01-01"), delay.MustDay("2026-03-31")
	cells := invented(1, from, to, 60)
	for b.Loop() {
		if _, err := MakeRelease(b.Context(), cells, from, to, Filter{}, partnership); err != nil {
			b.Fatal(err)
		}
	}
}

// rowsOf gives a public table as words.
func rowsOf(t *testing.T, cells told, f Filter, by ...Dimension) (string, *Table) {
	t.Helper()
	from := delay.MustDay("2026-01-28")
	table, err := PublicFigures(t.Context(), cells, Query{From: from, To: from + 6, By: by, Filter: f}, partnership)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, row := range table.Rows {
		fmt.Fprintln(&b, strings.Join(row[:len(row)-1], ","))
	}
	return b.String(), table
}

func TestP3PublicTables(t *testing.T) {
	t.Parallel()
	from := delay.MustDay("2026-01-28")
	cells := invented(3, from, from+6, 60)
	t.Run("P3 a row is there whether or not anything was counted", func(t *testing.T) {
		none, _ := rowsOf(t, nil, Filter{}, ByCouncil, ByReason)
		one, _ := rowsOf(t, told{{Period: from, Provider: "RZ1", Council: "E9", Care: delay.Acute, Reason: "H", Body: delay.NHS, Days: 1}},
			Filter{}, ByCouncil, ByReason)
		all, _ := rowsOf(t, cells, Filter{}, ByCouncil, ByReason)
		if none != one || one != all || strings.Count(all, "\n") != 5*13 {
			t.Errorf("the rows differ: %d, %d, %d", strings.Count(none, "\n"), strings.Count(one, "\n"), strings.Count(all, "\n"))
		}
	})
	t.Run("P3 nothing and something small look the same", func(t *testing.T) {
		_, none := rowsOf(t, nil, Filter{}, ByCouncil, ByReason)
		_, four := rowsOf(t, told{{Period: from, Provider: "RZ1", Council: "E1", Care: delay.Acute, Reason: "H", Body: delay.NHS, Days: 4}},
			Filter{}, ByCouncil, ByReason)
		if fmt.Sprint(none.Rows) != fmt.Sprint(four.Rows) {
			t.Error("they differ")
		}
	})
	t.Run("P3 counts are rounded to the nearest 5", func(t *testing.T) {
		for n, want := range map[int64]string{5: "5", 7: "5", 8: "10", 12: "10", 13: "15", 1002: "1000", 1003: "1005"} {
			if got := (PublicCount{Value: round(n)}).String(); got != want {
				t.Errorf("%d is %s", n, got)
			}
		}
	})
	t.Run("P3 one answer does not depend on what else is asked", func(t *testing.T) {
		_, by := rowsOf(t, cells, Filter{}, ByCouncil)
		_, crossed := rowsOf(t, cells, Filter{}, ByCouncil, ByReason)
		_, narrowed := rowsOf(t, cells, Filter{Councils: []delay.Council{"E1"}}, ByReason)
		find := func(table *Table, words ...string) string {
			for _, row := range table.Rows {
				if slices.Equal(row[:len(row)-1], words) {
					return row[len(row)-1]
				}
			}
			t.Fatalf("%v has no row", words)
			return ""
		}
		for _, c := range []string{"E1", "E2", OtherWords, NotKnown, AllWords} {
			if a, b := find(by, c), find(crossed, c, AllWords); a != b {
				t.Errorf("%s is %s alone and %s beside reasons", c, a, b)
			}
		}
		for _, reason := range append(slices.Clone(letters), NotKnown) {
			if a, b := find(narrowed, string(reason)), find(crossed, "E1", string(reason)); a != b {
				t.Errorf("%s of E1 is %s by filter and %s by row", reason, a, b)
			}
		}
		if a, b := find(narrowed, AllWords), find(by, "E1"); a != b {
			t.Errorf("E1 is %s by filter and %s by row", a, b)
		}
	})
	t.Run("P3 a place outside the partnership has a row from 5 days on", func(t *testing.T) {
		far := slices.Concat(cells, told{{Period: from, Provider: "RZ1", Council: "E9", Care: delay.Acute, Reason: "A", Body: delay.NHS,
			Days: 5}})
		if rows, _ := rowsOf(t, far, Filter{}, ByCouncil); !strings.Contains(rows, "E9\n") {
			t.Errorf("E9 has no row:\n%s", rows)
		}
	})
	for name, q := range map[string]Query{
		"no breakdown":                 {},
		"three breakdowns":             {By: []Dimension{ByProvider, ByResponsible, ByReason}},
		"two periods":                  {By: []Dimension{ByMonth, ByDay}},
		"a filter by an unknown place": {By: []Dimension{ByReason}, Filter: Filter{Councils: []delay.Council{"E8"}}},
		"days of more than a year":     {From: from - 900, By: []Dimension{ByDay}},
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			q.From, q.To = cmp.Or(q.From, from), from+6
			if _, err := PublicFigures(t.Context(), told{}, q, partnership); problem.KindOf(err) != problem.Invalid {
				t.Errorf("got %v, want an invalid problem", err)
			}
		})
	}
}

// letters are the reasons of england-dtoc.
var letters = []delay.Reason{"A", "B", "C", "Di", "Dii", "E", "F", "G", "H", "I", "O"}

// Pathways are settled with everything else where somebody states them, and
// change no public table where nobody does.
func TestP3Pathways(t *testing.T) {
	t.Parallel()
	from := delay.MustDay("2026-01-30")
	r, err := MakeRelease(t.Context(), invented(1, from, from+2, 40), from, from+2, Filter{Pathways: []delay.Pathway{"1", ""}}, partnership)
	if err != nil {
		t.Fatal(err)
	}
	proven(t, r)
	table, err := r.Table([]Dimension{ByPathway, ByProvider})
	if err != nil || len(table.Rows) != 3*5 || table.Rows[5][0] != NotStated || table.Rows[10][0] != AllWords {
		t.Errorf("%v, rows %v", err, table.Rows)
	}
	r, err = MakeRelease(t.Context(), invented(2, from, from+2, 40), from, from+2, Filter{}, partnership)
	if err != nil {
		t.Fatal(err)
	}
	if table, err = r.Table([]Dimension{ByPathway}); err != nil || len(table.Rows) != 2 || table.Rows[0][1] == "*" ||
		table.Rows[0][1] != table.Rows[1][1] {
		t.Errorf("%v, rows %v", err, table.Rows)
	}
	if _, err = MakeRelease(t.Context(), invented(2, from, from+2, 40), from, from+2, Filter{Pathways: []delay.Pathway{"1"}},
		partnership); err == nil {
		t.Error("a pathway that nobody states has a row of its own")
	}
}
