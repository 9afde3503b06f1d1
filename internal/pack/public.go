package pack

import (
	"cmp"
	"fmt"
	"slices"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// publicWords stand on the cover of a pack that may leave the partnership (P3).
const publicWords = "Public copy: counts under 5 are not shown, others are rounded to the nearest 5."

// publicMore says the rest of it.
const publicMore = "Counts that would give a small one away are not shown either. Shares and averages are worked out from the rounded " +
	"counts."

// partnershipWords stand on every other pack.
const partnershipWords = "For the partnership. Counts under 5 are shown as they are, so do not publish this page."

// tooFew stands in a table for a count that is not shown.
const tooFew = "Too few to show"

// published are the figures of a pack as they may leave the partnership: every
// number of a public pack is one of these or is worked out from them.
type published struct {
	// cells are the months by body, parts the days of each reason, in the order
	// of delay.Bodies and of reasonsOf.
	cells          [][]measure.PublicCount
	months, bodies []measure.PublicCount
	parts, days    []measure.PublicCount
	total          measure.PublicCount
}

// reasonsOf are those that a public pack has a row for: all of the code sets in
// use, because a missing row says that there were none.
func reasonsOf(f Figures) []delay.Reason {
	return append(f.Overview.Filter.Book.Reasons(), delay.ReasonNotKnown)
}

// publish reads the pack's counts off the release of its period, so that they
// agree with each other and with public figures of the same period.
func publish(f Figures) published {
	var p published
	basis := f.Overview.Filter.Basis
	count := func(of map[measure.Dimension]string) measure.PublicCount { return f.Release.Count(basis, of) }
	for _, m := range f.Overview.Months {
		month := measure.Cell{Period: m.First}.Text(measure.ByMonth)
		var cells []measure.PublicCount
		for _, b := range delay.Bodies {
			cells = append(cells, count(map[measure.Dimension]string{measure.ByMonth: month, measure.ByResponsible: b.String()}))
		}
		p.cells = append(p.cells, cells)
		p.months = append(p.months, count(map[measure.Dimension]string{measure.ByMonth: month}))
	}
	for _, b := range delay.Bodies {
		p.bodies = append(p.bodies, count(map[measure.Dimension]string{measure.ByResponsible: b.String()}))
	}
	for _, r := range reasonsOf(f) {
		p.parts = append(p.parts, count(map[measure.Dimension]string{measure.ByReason: measure.Cell{Reason: r}.Text(measure.ByReason)}))
	}
	for _, d := range f.Days { // People wait whether or not their days are agreed.
		p.days = append(p.days, f.Release.Count(measure.BasisCounted, map[measure.Dimension]string{measure.ByDay: d.First.String()}))
	}
	p.total = count(nil)
	return p
}

// publicCharts are the charts of a pack that may leave the partnership, drawn
// from what is published and from nothing else. A chart that would need counts
// that are not shown is left out; its table stands.
func publicCharts(f Figures) []chart.Chart {
	p := publish(f)
	o := f.Overview
	var out []chart.Chart
	add := func(id, metric string, grain measure.Dimension, from, to delay.Day, periods []measure.Period, cells []measure.Cell,
		names []string, value func(period, series int) (float64, bool)) {
		m, _ := measure.MetricOf(metric, o.Filter.Book)
		if grain == measure.ByDay {
			m.Whole = true // A day's average is a count.
		}
		t := measure.Trend{TrendQuery: measure.TrendQuery{Metric: m, Grain: grain, From: from, To: to, Filter: o.Filter}, AsAt: o.AsAt}
		if cells != nil {
			t.Split = measure.ByResponsible
		}
		for j := range max(len(cells), 1) {
			s := measure.TrendSeries{}
			if cells != nil {
				s.Cell = cells[j]
			}
			for i, q := range periods {
				s.Readings = append(s.Readings, publicReading(q, grain, func() (float64, bool) { return value(i, j) }))
			}
			t.Series = append(t.Series, s)
		}
		c := chart.LinesOf(t, chart.TrendOptions{ID: id, Place: f.Place, Names: names})
		for i := range c.Table.Rows {
			for j := range t.Series {
				if _, ok := value(i, j); !ok && t.Series[j].Readings[i].State == measure.NotApplicable {
					c.Table.Rows[i][j+1] = chart.Cell{Text: tooFew}
				}
			}
		}
		c.Notes = append(c.Notes, publicWords+" "+publicMore)
		out = append(out, c)
	}
	shown := func(c measure.PublicCount) (float64, bool) { return float64(c.Value), !c.Suppressed }

	if len(f.Days) > 0 {
		add("people", "M02", measure.ByDay, f.Days[0].First, f.Days[len(f.Days)-1].First, f.Days, nil, nil,
			func(i, _ int) (float64, bool) { return shown(p.days[i]) })
	}
	var cells []measure.Cell
	var names, left []string
	var columns, hidden []int
	for j, b := range delay.Bodies {
		any := false
		for i := range o.Months {
			any = any || !p.cells[i][j].Suppressed
		}
		if !any {
			left, hidden = append(left, b.String()), append(hidden, j)
			continue
		}
		cells, names, columns = append(cells, measure.Cell{Body: b}), append(names, measure.UpperFirst(b.String())), append(columns, j)
	}
	if !o.Filter.Book.Divides() {
		add("delayed-days", "M01", measure.ByMonth, o.From, o.To, o.Months, nil, nil, func(i, _ int) (float64,
			bool) {
			return shown(p.months[i])
		})
	} else if len(cells) > 0 {
		add("delayed-days", "M01", measure.ByMonth, o.From, o.To, o.Months, cells, names,
			func(i, j int) (float64, bool) { return shown(p.cells[i][columns[j]]) })
		c := &out[len(out)-1]
		// A body without a line has its column all the same.
		for _, name := range left {
			c.Table.Head = append(c.Table.Head, measure.UpperFirst(name))
		}
		c.Table.Head = append(c.Table.Head, "All")
		for i := range c.Table.Rows {
			for range hidden {
				c.Table.Rows[i] = append(c.Table.Rows[i], chart.Cell{Text: tooFew})
			}
			c.Table.Rows[i] = append(c.Table.Rows[i], publicCell(p.months[i]))
		}
		c.Table.Foot = []chart.Cell{{Text: "All months"}}
		for _, j := range append(slices.Clone(columns), hidden...) {
			c.Table.Foot = append(c.Table.Foot, publicCell(p.bodies[j]))
		}
		c.Table.Foot = append(c.Table.Foot, publicCell(p.total))
		for _, name := range left {
			c.Notes = append(c.Notes, fmt.Sprintf("%s has no line: there are too few to show in every month.", measure.UpperFirst(name)))
		}
	}
	social := -1
	for j, b := range delay.Bodies {
		if b == delay.SocialCare {
			social = j
		}
	}
	if len(o.Filter.Bodies) == 0 && o.Filter.Book.Divides() { // A share of some bodies' days is none of all (C12).
		add("council-share", "M03", measure.ByMonth, o.From, o.To, o.Months, nil, nil, func(i, _ int) (float64, bool) {
			part, all := p.cells[i][social], p.months[i]
			if part.Suppressed || all.Suppressed {
				return 0, false
			}
			return min(float64(part.Value)/float64(all.Value), 1), true
		})
	}
	add(o.Filter.Book.Counting().BedsID(), "M01b", measure.ByMonth, o.From, o.To, o.Months, nil, nil, func(i, _ int) (float64, bool) {
		return float64(p.months[i].Value) / float64(o.Months[i].CalendarDays()), !p.months[i].Suppressed
	})
	return append(out, publicReasons(f, p))
}

// publicReading is a reading whose value may be shown. What is not shown is a
// gap; the counts themselves are left behind.
func publicReading(p measure.Period, grain measure.Dimension, value func() (float64, bool)) measure.TrendReading {
	r := measure.TrendReading{Period: measure.Period{First: p.First, Last: p.Last, Listed: p.Listed, Missing: p.Missing, Basis: p.Basis}}
	whole := 0
	for _, m := range p.Missing {
		if m.Days >= p.CalendarDays() {
			whole++
		}
	}
	month := p.First.Month()
	switch {
	case p.Listed == 0 && whole > 0:
		r.State = measure.NoData
		return r
	case whole > 0:
		r.State = measure.ProviderMissing
	case grain == measure.ByMonth && (p.First > month.First() || p.Last < month.Last()):
		r.State = measure.NotOver
	case p.Listed < p.CalendarDays():
		r.State = measure.PartData
	}
	v, ok := value()
	if !ok {
		r.State = measure.NotApplicable
		return r
	}
	r.Value = v
	if whole > 0 {
		r.Amount = 1 // Words say that something was counted.
	}
	return r
}

// publicReasons is the table of the reasons. Its bars by body would need counts
// that are not published.
func publicReasons(f Figures, p published) chart.Chart {
	o := f.Overview
	d, _ := measure.DefinitionOf(measure.DelayedDays, o.Filter.Book)
	c := chart.Chart{
		ID: "reasons", Title: "Delayed days by reason, most first", Subtitle: f.Place + ", " + span(o.From, o.To), Definition: d.Sentence,
		Source: "Source: Homeward, data as at " + o.AsAt.Long(), Notes: []string{publicWords + " " + publicMore},
		Table: chart.Table{Caption: "Delayed days by reason, most first", Head: []string{"Reason", "Delayed days"}},
	}
	reasons := reasonsOf(f)
	order := make([]int, len(reasons))
	for i := range order {
		order[i] = i
	}
	// The order must not tell what the numbers do not.
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(p.parts[b].Value, p.parts[a].Value), cmp.Compare(a, b))
	})
	for _, i := range order {
		r := reasons[i]
		c.Table.Rows = append(c.Table.Rows, []chart.Cell{{Text: measure.UpperFirst(o.Filter.Book.Words(r))},
			publicCell(p.parts[i])})
	}
	c.Table.Foot = []chart.Cell{{Text: "All reasons"}, publicCell(p.total)}
	return c
}

func publicCell(c measure.PublicCount) chart.Cell {
	if c.Suppressed {
		return chart.Cell{Text: tooFew}
	}
	return chart.Cell{Text: whole(c.Value), Value: float64(c.Value), Numeric: true}
}

// publicLede says how many people are waiting, as rounded.
func publicLede(f Figures) string {
	o := f.Overview
	p := publish(f)
	n := len(p.days)
	if n == 0 || f.Days[n-1].First != o.AsAt || p.days[n-1].Suppressed {
		return "How many people were waiting to leave hospital at the end of " + o.AsAt.Long() + " is not shown."
	}
	return fmt.Sprintf("About %s people were waiting to leave hospital at the end of %s.", whole(p.days[n-1].Value), o.AsAt.Long())
}
