package chart

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// People is the people delayed on each day (C16) as one line. Every period of
// days is one day; asAt is the day that the figures are as at, and f what they
// are narrowed to.
func People(days []measure.Period, f measure.Filter, place string, asAt delay.Day) Chart {
	rs := readings(days, false)
	var from, to delay.Day
	if len(rs) > 0 {
		from, to = rs[0].First, rs[len(rs)-1].Last
	}
	c := Chart{
		ID:         "people",
		Title:      peopleTitle(rs),
		Subtitle:   subtitle("People delayed each day", place, filterWords(f), span(from, to)),
		Notes:      withGapNote(peopleNotes(rs), rs),
		missing:    missingDays(rs),
		Definition: definitionPeople(f.Book.Counting()),
		Source:     source(asAt),
	}
	c.Table = peopleTable(rs, columns(f.Book), c.Title)
	c.Alt = peopleAlt(rs, place, span(from, to))
	c.draw = func(s Size) (json.RawMessage, error) { return drawPeople(rs, s) }
	if known(rs) == 0 {
		c.draw, c.fit = nothing(c.Title), lowFit
	}
	return c.by(f.Book).At(Page)
}

// peopleTitle is the finding of the daily line: gaps (T1), else the latest day
// against the same day a week before. What is usual is the SPC chart's to say.
func peopleTitle(rs []reading) string {
	if t := missingTitle("People delayed", rs, "day"); t != "" {
		return t
	}
	last := len(rs) - 1
	n := rs[last].Days.Total()
	verb := "were"
	if n == 1 {
		verb = "was"
	}
	s := fmt.Sprintf("%s %s delayed on %s", plural(n, "person", "people"), verb, rs[last].First.Long())
	if last < 7 || rs[last-7].none {
		return s
	}
	switch change := n - rs[last-7].Days.Total(); {
	case change > 0:
		return fmt.Sprintf("%s, %s more than a week before", s, whole(change))
	case change < 0:
		return fmt.Sprintf("%s, %s fewer than a week before", s, whole(-change))
	default:
		return s + ", the same as a week before"
	}
}

func peopleNotes(rs []reading) []string {
	var out []string
	for _, g := range gapsOf(rs) {
		out = append(out, fmt.Sprintf("No data from %s for %s of %s.", name(g.name), whole(int64(g.days)), plural(int64(len(rs)), "day", "days")))
	}
	if n := len(rs) - known(rs); n > 0 && len(out) == 0 {
		out = append(out, fmt.Sprintf("No data for %s of %s.", whole(int64(n)), plural(int64(len(rs)), "day", "days")))
	}
	return out
}

func peopleTable(rs []reading, bodies []delay.Body, caption string) Table {
	t := Table{Caption: caption, Head: []string{"Day"}}
	for _, b := range bodies {
		t.Head = append(t.Head, bodyLabel(b))
	}
	t.Head = append(t.Head, "All")
	for _, r := range rs {
		head := r.First.Long()
		if r.gappy {
			head += " (some data missing)"
		}
		row := []Cell{text(head)}
		for _, b := range bodies {
			row = append(row, number(float64(r.Days[b]), whole(r.Days[b])))
		}
		row = append(row, number(float64(r.Days.Total()), whole(r.Days.Total())))
		if r.none {
			for i := 1; i < len(row); i++ {
				row[i] = text(noData)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func peopleAlt(rs []reading, place, period string) string {
	s := fmt.Sprintf("Line chart of people delayed, %s, %s, %s.", name(place), period, plural(int64(len(rs)), "day", "days"))
	value := func(r reading) float64 { return float64(r.Days.Total()) }
	low, high, last := extremes(rs, value)
	if last < 0 {
		return s + " There is no data to show."
	}
	if low != high {
		s += fmt.Sprintf(" Lowest %s on %s, highest %s on %s,", whole(rs[low].Days.Total()), rs[low].First.Long(), whole(rs[high].Days.Total()),
			rs[high].First.Long())
	}
	s += fmt.Sprintf(" latest %s on %s.", whole(rs[last].Days.Total()), rs[last].First.Long())
	if n := len(rs) - known(rs); n > 0 {
		s += fmt.Sprintf(" No data for %s.", plural(int64(n), "day", "days"))
	}
	s += gapSentence(rs, "day")
	return strings.ReplaceAll(s, ". latest", ". Latest") + " Values are in the table below."
}

func drawPeople(rs []reading, s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	top, last := 0.0, 0
	for i, r := range rs {
		if !r.none {
			top, last = math.Max(top, float64(r.Days.Total())), i
		}
	}
	maximum, step := scale(top*1.05, 5, true)
	words := whole(rs[last].Days.Total())
	g := timeGrid(s, axisWidth(maximum, step, font), textWidth(words, font)+font, false)
	band := g.width(s) / float64(len(rs))

	c := charts.NewLine()
	c.SetGlobalOptions(common(s, g, "line")...)
	timeAxes(&c.RectChart, s, s.axisName("People delayed each day"), maximum)
	labels := make([]string, len(rs))
	data := make([]opts.LineData, len(rs))
	for i, r := range rs {
		labels[i] = r.First.Time().Format("2 Jan 2006")
		if r.none {
			data[i] = opts.LineData{Value: "-"}
			continue
		}
		data[i] = lonely(rs, i, float64(r.Days.Total()), s.Line)
	}
	shown := dayLabels(rs, g.width(s), font)
	if len(rs) > 92 {
		// Over a quarter, months are enough; the first label of a month stands
		// for the whole of it.
		for _, i := range shown {
			labels[i] = shortMonth(rs[i].First)
		}
	}
	c.SetXAxis(labels)
	width := s.Line
	switch {
	case len(rs) > 1500:
		width = s.Line / 3
	case len(rs) > 150:
		width = s.Line / 2
	}
	height := g.height(s)
	ys := apart([]float64{height * (1 - float64(rs[last].Days.Total())/maximum)}, 0, font*0.7, height-font*0.6)
	c.AddSeries("People delayed", data,
		charts.WithLineStyleOpts(opts.LineStyle{Width: float32(width), Color: ink}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: ink}),
		charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(true), Symbol: "none", SymbolSize: s.Line * 3}),
		charts.WithSeriesOpts(func(one *charts.SingleSeries) {
			one.MarkAreas = gapAreas(rs, band, s, true)
			one.MarkPoints = under(&opts.MarkPoints{
				Data: []any{endWords(words, last, len(rs), plotted(maximum*(1-ys[0]/height)), font, band, "bold")},
			}, gapMarks(rs, 0, band, s))
		}))
	return finish(c, extras{y: axisExtras{step: step}, x: axisExtras{labels: shown, ticks: true}})
}

// dayLabels picks which days bear a label: every so many days from the latest
// in a short series, the first days of months in a long one.
func dayLabels(rs []reading, width, font float64) []int {
	if len(rs) == 0 {
		return nil
	}
	band := width / float64(len(rs))
	if len(rs) <= 92 {
		room := textWidth("30 Sep 2018", font) + font*0.8
		var out []int
		for _, step := range [...]int{1, 2, 7, 14, 28, 56, 112} {
			if band*float64(step) < room {
				continue
			}
			for i := len(rs) - 1; i >= 0; i -= step {
				// The first label's left half would leave the drawing.
				if float64(i)*band+band/2 >= font || len(rs) == 1 {
					out = append([]int{i}, out...)
				}
			}
			break
		}
		if out == nil {
			out = []int{len(rs) - 1}
		}
		return out
	}
	room := textWidth("Sep 2018", font) + font*0.8
	step := 1
	for _, step = range [...]int{1, 2, 3, 6, 12, 24, 36, 60, 120} {
		if band*float64(step)*30.4 >= room {
			break
		}
	}
	var out []int
	for i, r := range rs {
		if r.First == r.First.Month().First() && (int(r.First.Month())-3)%step == 0 {
			out = append(out, i)
		}
	}
	if out == nil {
		out = []int{0}
	}
	return out
}
