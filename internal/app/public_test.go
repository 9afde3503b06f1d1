package app

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// long skips what takes longer than "make test" has, unless "make test-long"
// runs it.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("HOMEWARD_LONG") == "" {
		t.Skip(`runs with "make test-long"`)
	}
}

// cut is one table of a period: its counts by the values of two dimensions,
// published and true, the empty value standing for all.
type cut struct {
	by     [2]measure.Dimension
	values [2][]string
	shown  map[[2]string]string
	truth  map[[2]string]int64
}

func cutOf(t *testing.T, a *App, release *measure.Release, from, to delay.Day, x, y measure.Dimension) cut {
	t.Helper()
	out := cut{by: [2]measure.Dimension{x, y}, shown: map[[2]string]string{}, truth: map[[2]string]int64{}}
	table, err := release.Table(out.by[:])
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range out.by {
		if out.values[i], err = release.Values(d); err != nil {
			t.Fatal(err)
		}
	}
	name := func(i int, text string) string {
		if text != measure.AllWords && !slices.Contains(out.values[i], text) {
			return measure.OtherWords
		}
		return text
	}
	for _, row := range table.Rows {
		out.shown[[2]string{row[0], row[1]}] = row[2]
	}
	cells, err := a.Store.Cells(t.Context(), measure.Query{From: from, To: to, By: out.by[:]})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		for _, p := range []string{name(0, c.Text(x)), measure.AllWords} {
			for _, q := range []string{name(1, c.Text(y)), measure.AllWords} {
				out.truth[[2]string{p, q}] += c.Days
			}
		}
	}
	if want := (len(out.values[0]) + 1) * (len(out.values[1]) + 1); len(table.Rows) != want || len(out.shown) != want {
		t.Fatalf("P3 %v has %d rows, want %d", out.by, len(table.Rows), want)
	}
	return out
}

// solver bounds every count of tables that share one margin, exactly: such
// tables are a flow from the columns of the first through the rows that they
// share to the columns of the second, the whole-number flows within what is
// known of each arc are all tables that agree with what is published, and what
// can be known of a count is the least and the greatest flow of its arc.
type solver struct {
	arcs  []arc
	nodes map[string]int
	at    [][]int
}

type arc struct {
	from, to        int
	flow, low, high int64
	hidden          bool
	words           string
}

func (s *solver) node(name string) int {
	n, ok := s.nodes[name]
	if !ok {
		n = len(s.nodes)
		s.nodes[name], s.at = n, append(s.at, nil)
	}
	return n
}

// add says what a reader knows of one count: its rounding, or that it is or is
// not small.
func (s *solver) add(t *testing.T, from, to, words, shown string, truth int64) {
	t.Helper()
	a := arc{from: s.node(from), to: s.node(to), flow: truth, words: words}
	switch {
	case shown == measure.SuppressedMark && truth < 5:
		a.hidden, a.low, a.high = true, 0, 4
	case shown == measure.SuppressedMark:
		a.hidden, a.low, a.high = true, 5, 1<<40
	default:
		v, err := strconv.ParseInt(shown, 10, 64)
		if err != nil || v%5 != 0 || truth < 5 || v-truth > 2 || truth-v > 2 {
			t.Fatalf("P3 %s is %d and shown as %q", words, truth, shown)
		}
		a.low, a.high = max(5, v-2), v+2
	}
	for _, n := range []int{a.from, a.to} {
		s.at[n] = append(s.at[n], len(s.arcs))
	}
	s.arcs = append(s.arcs, a)
}

// push gives how much more can flow from one node to another, up to most,
// without the arc and within every bound.
func (s *solver) push(without, from, to int, most int64) (sent int64) {
	moved := map[int]int64{}
	for sent < most {
		via := map[int]int{from: -1}
		queue := []int{from}
		for len(queue) > 0 {
			n := queue[0]
			queue = queue[1:]
			if n == to {
				break
			}
			for _, i := range s.at[n] {
				a := s.arcs[i]
				flow := a.flow + moved[i]
				next := a.to
				if a.from != n {
					next = a.from
				}
				room := a.from == n && flow < a.high || a.from != n && flow > a.low
				if _, seen := via[next]; i != without && room && !seen {
					via[next] = i
					queue = append(queue, next)
				}
			}
		}
		if _, ok := via[to]; !ok {
			return sent
		}
		for n := to; n != from; {
			i := via[n]
			if s.arcs[i].to == n {
				moved[i]++
				n = s.arcs[i].from
			} else {
				moved[i]--
				n = s.arcs[i].to
			}
		}
		sent++
	}
	return sent
}

// bounded fails for every suppressed count that has fewer than three values,
// and gives how many it looked at.
func (s *solver) bounded(t *testing.T) (hidden int) {
	t.Helper()
	for i, a := range s.arcs {
		if !a.hidden {
			continue
		}
		hidden++
		up := s.push(i, a.to, a.from, min(2, a.high-a.flow))
		down := s.push(i, a.from, a.to, min(2, a.flow-a.low))
		if up+down < 2 {
			t.Errorf("P3 %s is known to be from %d to %d", a.words, a.flow-down, a.flow+up)
		}
	}
	return hidden
}

// together puts two tables that share their first dimension into one flow; the
// second may be left out.
func together(t *testing.T, a cut, b *cut) *solver {
	t.Helper()
	s := &solver{nodes: map[string]int{}}
	all := measure.AllWords
	put := func(from, to string, c *cut, x, y string) {
		s.add(t, from, to, fmt.Sprintf("%s %s of %v", x, y, c.by), c.shown[[2]string{x, y}], c.truth[[2]string{x, y}])
	}
	for _, y := range a.values[1] {
		put("source", "first "+y, &a, all, y)
		for _, x := range a.values[0] {
			put("first "+y, "in "+x, &a, x, y)
		}
	}
	for _, x := range a.values[0] {
		out := "sink"
		if b != nil {
			out = "out " + x
		}
		put("in "+x, out, &a, x, all)
	}
	if b != nil {
		for _, y := range b.values[1] {
			put("second "+y, "sink", b, all, y)
			for _, x := range b.values[0] {
				put("out "+x, "second "+y, b, x, y)
			}
		}
	}
	put("sink", "source", &a, all, all)
	return s
}

// solved looks at every public table of a period alone and with every other
// that shares a margin with it.
func solved(t *testing.T, a *App, from, to delay.Day, grains ...measure.Dimension) {
	t.Helper()
	release, err := measure.MakeRelease(t.Context(), a.Store, from, to, measure.Filter{}, publicRowsOf(a.Partnership(), a.counts().book))
	if err != nil {
		t.Fatal(err)
	}
	others := []measure.Dimension{measure.ByProvider, measure.ByCouncil, measure.ByCare, measure.ByReason, measure.ByResponsible,
		measure.ByState}
	tables, solvers, hidden, small, cells, shown := 0, 0, 0, 0, 0, 0
	for _, x := range append(slices.Clone(grains), others...) {
		var cuts []cut
		for _, y := range append(slices.Clone(grains), others...) {
			if x != y && !(slices.Contains(grains, x) && slices.Contains(grains, y)) {
				cuts = append(cuts, cutOf(t, a, release, from, to, x, y))
			}
		}
		for i, one := range cuts {
			hidden += together(t, one, nil).bounded(t)
			tables++
			for key, text := range one.shown {
				if cells++; one.truth[key] < 5 {
					small++
				}
				if text != measure.SuppressedMark {
					shown++
				}
			}
			for _, other := range cuts[i+1:] {
				hidden += together(t, one, &other).bounded(t)
				solvers++
			}
		}
	}
	t.Logf("%d tables alone and %d pairs, %d bounds of suppressed counts; of %d counts %d are 5 or more and %d are shown", tables, solvers,
		hidden, cells, cells-small, shown)
}

func TestP3PublicTablesOfTenWeeks(t *testing.T) {
	if testing.Short() {
		t.Skip("one step after another; the full run has it")
	}
	t.Parallel()
	a := smallDemo(t)
	from, to := delay.MustDay("2026-09-01"), delay.MustDay("2026-10-31")
	solved(t, a, from, to, measure.ByMonth)
	t.Run("P3 the command gives the same table", func(t *testing.T) {
		release, err := measure.MakeRelease(t.Context(), a.Store, from, to, measure.Filter{}, publicRowsOf(a.Partnership(), a.counts().book))
		if err != nil {
			t.Fatal(err)
		}
		table, err := release.Table([]measure.Dimension{measure.ByCouncil, measure.ByReason})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		c := &Console{Out: &out, Err: &out, Env: func(string) string { return "" }}
		words := strings.Fields("figures --public --from 2026-09 --to 2026-10 --by council,reason --basis counted --format csv --data")
		if code := Main(t.Context(), append(words, a.Options.Data), c); code != ExitDone {
			t.Fatalf("ended with %d: %s", code, out.String())
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || !slices.EqualFunc(rows[1:], table.Rows, slices.Equal) {
			t.Errorf("%d rows and %d: %v", len(rows), len(table.Rows), err)
		}
	})
}

// Every public table of a demonstration year, by month, week and day (P3).
func TestLongP3EveryPublicTableOfAYear(t *testing.T) {
	long(t)
	dir := t.TempDir()
	var out bytes.Buffer
	c := &Console{Out: &out, Err: &out, Env: func(string) string { return "" }}
	if code := Main(t.Context(), []string{"demo", "--fill-only", "--data", dir + "/demo"}, c); code != ExitDone {
		t.Fatalf("ended with %d: %s", code, out.String())
	}
	a, err := Open(t.Context(), Options{Data: dir + "/demo"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	to := yesterday().Month().First() - 1
	from := (to.Month() - 11).First()
	for _, grain := range []measure.Dimension{measure.ByMonth, measure.ByWeek, measure.ByDay} {
		t.Run(string(grain), func(t *testing.T) { solved(t, a, from, to, grain) })
	}
}
