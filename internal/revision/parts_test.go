package revision

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// made is a moment with made-up days and events.
type made struct {
	measure.TrendSource
	measure.CouncilSource
	cells  []measure.Cell
	events []measure.Event
	lines  []measure.ExtractLine
}

func (m made) Arrivals(context.Context, delay.Day, delay.Day) ([]measure.ExtractLine, error) {
	return m.lines, nil
}

func (m made) Expected() []measure.Expected { return nil }

func (m made) AnswersSince(context.Context, time.Time) (Answers, error) { return Answers{}, nil }

func (m made) ProviderWords(code string) string { return "Hospital " + code }

func (m made) CouncilWords(c delay.Council) string { return "Council " + string(c) }

// asked gives what of a cell a query asks for, and whether it asks for it.
func asked(q measure.Query, c measure.Cell, day delay.Day) (measure.Cell, bool) {
	out := measure.Cell{}
	for _, d := range q.By {
		switch d {
		case measure.ByDay:
			out.Period = c.Period
		case measure.ByProvider:
			out.Provider = c.Provider
		case measure.ByReason:
			out.Reason = c.Reason
		case measure.ByPathway:
			out.Pathway = c.Pathway
		}
	}
	of := func(n int, is func(int) bool) bool {
		for i := range n {
			if is(i) {
				return true
			}
		}
		return n == 0
	}
	f := q.Filter
	return out, q.From <= day && day <= q.To && of(len(f.Pathways), func(i int) bool { return f.Pathways[i] == c.Pathway }) &&
		of(len(f.Reasons), func(i int) bool { return f.Reasons[i] == c.Reason })
}

func (m made) Cells(_ context.Context, q measure.Query) ([]measure.Cell, error) {
	var out []measure.Cell
	for _, c := range m.cells {
		if one, ok := asked(q, c, c.Period); ok {
			one.Days = c.Days
			out = append(out, one)
		}
	}
	return out, nil
}

func (m made) LongDays(ctx context.Context, q measure.Query, atLeast int) ([]measure.Cell, error) {
	out, err := m.Cells(ctx, q)
	for i := range out {
		out[i].Days /= int64(min(atLeast, 2))
	}
	return out, err
}

func (m made) Events(_ context.Context, q measure.Query) ([]measure.Event, error) {
	var out []measure.Event
	for _, e := range m.events {
		if one, ok := asked(q, e.Cell, e.Day); ok {
			out = append(out, measure.Event{Cell: one, Day: e.Day, Kind: e.Kind, People: e.People})
		}
	}
	return out, nil
}

var fromWords = regexp.MustCompile(`([+−][0-9,]+) from `)

func amountOf(t *rapid.T, text string) int64 {
	n, err := strconv.ParseInt(strings.NewReplacer("+", "", ",", "", "−", "-").Replace(text), 10, 64)
	if err != nil {
		t.Fatalf("%q is no number", text)
	}
	return n
}

// Whatever has come since, with any pathway asked for and any split: the causes
// of each line add up to its difference, and the lines of a figure's parts to its
// own. Where a part differs, it is said, though the whole is as it was.
func TestC15CausesAddUpByPathway(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := delay.MustDay("2026-03-02")
		cell := func(n int) measure.Cell {
			return measure.Cell{Period: from + delay.Day(n%4), Provider: []string{"RXA", "RXB"}[n/4%2],
				Reason: []delay.Reason{"A", "E"}[n/8%2], Pathway: []delay.Pathway{"1", "2", ""}[n/16%3]}
		}
		moment := func(name string) made {
			var m made
			for n := range 48 {
				c := cell(n)
				if c.Days = int64(rapid.IntRange(0, 2).Draw(t, name)); c.Days > 0 {
					m.cells = append(m.cells, c)
					m.events = append(m.events, measure.Event{Cell: c, Day: c.Period, Kind: measure.EventKind(c.Days), People: c.Days},
						measure.Event{Cell: c, Day: c.Period, Kind: measure.Began, People: 1})
				}
			}
			for _, p := range []string{"RXA", "RXB"} {
				line := measure.ExtractLine{Code: p}
				for i := range 4 {
					if file := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, name+" file"); file != "" {
						line.Days = append(line.Days, measure.ExtractDay{Day: from + delay.Day(i), Arrival: measure.In, File: file})
					}
				}
				m.lines = append(m.lines, line)
			}
			return m
		}
		s := Since{Then: moment("then"), Now: moment("now"), Names: made{}}
		var f measure.Filter
		if n := rapid.IntRange(0, 3).Draw(t, "asked for"); n < 3 {
			f.Pathways = []delay.Pathway{[]delay.Pathway{"1", "2", ""}[n]}
		}
		split := rapid.SampledFrom([]measure.Dimension{"", measure.ByPathway, measure.ByReason}).Draw(t, "split")
		check := func(x *Comparison, err error) {
			if err != nil {
				t.Fatal(err)
			}
			wholes, parts := map[string]int64{}, map[string]int64{}
			for _, l := range x.Lines {
				if strings.HasPrefix(l.Why, "It follows") {
					continue
				}
				sum := int64(0)
				for _, found := range fromWords.FindAllStringSubmatch(l.Why, -1) {
					sum += amountOf(t, found[1])
				}
				difference := amountOf(t, l.Difference)
				if sum != difference || amountOf(t, l.Is)-amountOf(t, l.Was) != difference {
					t.Fatalf("C15: %s: %s to %s is %s, because %s", l.Name, l.Was, l.Is, l.Difference, l.Why)
				}
				if name, _, part := strings.Cut(l.Name, ": "); part {
					parts[name] += difference
				} else {
					wholes[name] = difference
				}
			}
			for name, sum := range parts {
				if whole := wholes[name]; whole != sum { // A reason that is as it was has no line.
					t.Fatalf("C15: the parts of %s differ by %d, the whole by %d", name, sum, whole)
				}
			}
		}
		for _, metric := range []string{measure.PeopleWaiting, measure.CouncilShare, measure.NewDelays, measure.LongWaits} {
			x, err := s.compare(t.Context(), from, from+3)
			if err != nil {
				t.Fatal(err)
			}
			trend := measure.Trend{TrendQuery: measure.TrendQuery{From: from, To: from + 3, Filter: f, Split: split}}
			trend.Metric.ID, trend.Metric.AtLeast = metric, 2
			check(x, s.trendLines(t.Context(), x, trend))
		}
		x, err := s.Flow(t.Context(), measure.Flows{TrendQuery: measure.TrendQuery{From: from + 1, To: from + 3, Filter: f, Split: split}})
		check(x, err)
		x, err = s.Reasons(t.Context(), f, from, from+3, split == measure.ByPathway)
		check(x, err)

		// Somebody who went from one pathway to another that day.
		moved := s.Then.(made)
		moved.cells = append([]measure.Cell{}, moved.cells...)
		for i, c := range moved.cells {
			moved.cells[i].Pathway = map[delay.Pathway]delay.Pathway{"1": "2", "2": "", "": "1"}[c.Pathway]
		}
		s = Since{Then: s.Then, Now: moved, Names: made{}}
		f.Pathways = nil
		x, err = s.Reasons(t.Context(), f, from, from+3, true)
		if check(x, err); len(moved.cells) > 0 && !sameCells(s.Then.(made).cells, moved.cells) && x.Differing == 0 {
			t.Fatal("C15: the pathways of reasons differ, and nothing says so")
		}
	})
}

// sameCells says whether two lists have the same days in every cell.
func sameCells(a, b []measure.Cell) bool {
	sums := map[measure.Cell]int64{}
	for sign, cells := range map[int64][]measure.Cell{1: a, -1: b} {
		for _, c := range cells {
			days := c.Days
			c.Days = 0
			sums[c] += sign * days
		}
	}
	for _, n := range sums {
		if n != 0 {
			return false
		}
	}
	return true
}
