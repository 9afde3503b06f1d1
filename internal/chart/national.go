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
	"homeward/internal/national"
)

// RemainingDay is one day of England's situation report.
type RemainingDay struct {
	Day             delay.Day
	Remaining, Left int64
	// None says that no hospital has sent its list for the day.
	None bool
}

// RemainingOf is the people remaining at the end of each day (D6) as bars.
// definition is that of the convention which made them.
func RemainingOf(days []RemainingDay, place, definition string, asAt delay.Day) Chart {
	c := Chart{ID: "remaining", Definition: definition, Source: source(asAt)}
	c.Table = Table{Head: []string{"Day", "Remaining", "Left that day while ready"}}
	values := make([]int64, len(days))
	labels := make([]string, len(days))
	lacking := make([]bool, len(days))
	known, latest, low, high := 0, -1, -1, -1
	for i, d := range days {
		labels[i] = d.Day.Time().Format("2 Jan")
		row := []Cell{text(d.Day.Long()), number(float64(d.Remaining), whole(d.Remaining)), number(float64(d.Left), whole(d.Left))}
		if d.None {
			lacking[i] = true
			row = []Cell{text(d.Day.Long()), text(noData), text(noData)}
		} else {
			known++
			values[i], latest = d.Remaining, i
			if low < 0 || d.Remaining < days[low].Remaining {
				low = i
			}
			if high < 0 || d.Remaining > days[high].Remaining {
				high = i
			}
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	if known == 0 {
		c.Title = "No list of everybody in a bed is held for these days"
		c.Table.Caption = c.Title
		c.Alt = "Bar chart of people remaining at the end of each day. There is no data to show."
		c.draw, c.fit = nothing(c.Title), lowFit
		return c.At(Page)
	}
	from, to := days[0].Day, days[len(days)-1].Day
	c.Subtitle = subtitle("People remaining at the end of each day", place, span(from, to))
	c.Title = fmt.Sprintf("From %s to %s people remained on these days; %s at the end of %s", whole(days[low].Remaining),
		whole(days[high].Remaining), whole(days[latest].Remaining), days[latest].Day.Time().Format("2 January"))
	if low == high {
		c.Title = fmt.Sprintf("%s remained at the end of %s", plural(days[latest].Remaining, "person", "people"), days[latest].Day.Long())
	}
	c.Table.Caption = c.Title
	c.Alt = fmt.Sprintf("Bar chart of people remaining at the end of each day, %s, %s. Lowest %s on %s, highest %s on %s, latest %s. "+
		"Values are in "+
		"the table below.", name(place), span(from, to), whole(days[low].Remaining), days[low].Day.Long(), whole(days[high].Remaining),
		days[high].Day.Long(), whole(days[latest].Remaining))
	if n := len(days) - known; n > 0 {
		c.Notes = []string{gapNote}
		c.Alt = strings.TrimSuffix(c.Alt, " Values are in the table below.") + fmt.Sprintf(
			" Marked under the axis: no list for %s. Values are in the table below.", plural(int64(n), "day", "days"))
	}
	c.draw = func(s Size) (json.RawMessage, error) {
		return drawBars(labels, []barSet{{"Remaining", values, usualEdge, usualEdge}}, "People", "", lacking, s)
	}
	return c.At(Page)
}

// BandsOf is the discharges after the ready date by their days of delay (D7) as
// bars; those on the ready date are many times more and stand in the words and
// the table.
func BandsOf(d national.Discharges, place, period, definition string, asAt delay.Day) Chart {
	c := Chart{ID: "bands", Definition: definition, Source: source(asAt),
		Subtitle: subtitle("Discharges after the ready date by days of delay", place, period)}
	c.Table = Table{Head: []string{"Days from ready date to discharge", "Discharges", "Share"}}
	var values []int64
	var labels, said []string
	for i, n := range d.Bands {
		label := strings.ReplaceAll(national.BandNames[i], "-", "–")
		share := text("Not applicable")
		if d.Discharges > 0 {
			part := float64(n) / float64(d.Discharges)
			share = number(part*100, measure.PerCent(part))
		}
		c.Table.Rows = append(c.Table.Rows, []Cell{text(label), number(float64(n), whole(int64(n))), share})
		if i > 0 {
			values, labels = append(values, int64(n)), append(labels, label)
			said = append(said, label+" days: "+whole(int64(n)))
		}
	}
	c.Title = fmt.Sprintf("%s of %s left on their ready date; %s later", whole(int64(d.SameDay)), whole(int64(d.Discharges)),
		whole(int64(d.Delayed())))
	if d.Discharges == 0 {
		c.Title = "Nobody who counts was discharged in this period"
	}
	c.Table.Caption = c.Title
	c.Alt = "Bar chart of discharges after the ready date by days of delay. " + strings.Join(said, ", ") + ". Values are in the table below."
	c.draw = func(s Size) (json.RawMessage, error) {
		return drawBars(labels, []barSet{{"Discharges", values, usualEdge, usualEdge}}, "Discharges", "Days from ready date to discharge", nil, s)
	}
	if d.Delayed() == 0 {
		c.draw, c.fit = nothing(c.Title), lowFit
	}
	return c.At(Page)
}

// Walked is a bridge between two counts (D8) as a chart has it.
type Walked struct {
	Steps  []national.Cause
	Title  string
	Place  string
	Period string
	// Unit is what is counted: days or people.
	Unit       string
	Definition string
	AsAt       delay.Day
}

// signed writes a step of a bridge: more with a plus, fewer with a minus.
func signed(n int) string {
	switch {
	case n > 0:
		return "+" + whole(int64(n))
	case n < 0:
		return "−" + whole(int64(-n))
	}
	return "0"
}

// BridgeOf is a bridge as a waterfall: each count a full bar, each cause
// between them a bar from where the sum stood to where it stands.
func BridgeOf(w Walked) Chart {
	c := Chart{ID: "bridge", wide: true, Title: shorten(plain(w.Title), titleLimit-1), Definition: w.Definition, Source: source(w.AsAt),
		Subtitle: subtitle(sentenceCase(w.Unit)+" by what each count has and the other has not", w.Place, w.Period)}
	if c.Title == "" {
		c.Title = "From one count to another"
	}
	c.Table = Table{Caption: c.Title, Head: []string{"Step", sentenceCase(w.Unit), "Running total"}}
	lowest := 0
	var said []string
	for _, s := range w.Steps {
		lowest = min(lowest, s.Running)
		words := signed(s.Days)
		if s.Total {
			words = whole(int64(s.Days))
		}
		said = append(said, plain(s.Label())+" "+words)
		c.Table.Rows = append(c.Table.Rows, []Cell{text(sentenceCase(plain(s.Label()))), number(float64(s.Days), words),
			number(float64(s.Running), whole(int64(s.Running)))})
	}
	c.Alt = "Waterfall chart: " + strings.Join(said, ", ") + ". The steps add up exactly. Values are in the table below."
	c.draw = func(s Size) (json.RawMessage, error) { return drawWaterfall(w.Steps, s) }
	if len(w.Steps) == 0 || lowest < 0 {
		// A sum below nothing has no place on an axis of days; the table says it.
		c.draw, c.fit = nothing(c.Title), lowFit
	}
	return c.At(Page)
}

func drawWaterfall(steps []national.Cause, s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	numbers := font * 1.35
	g := grid{left: font * 0.5, right: font * 0.5, top: numbers * 1.8, bottom: font * 5.2}
	band := g.width(s) / float64(len(steps))
	labels := make([]string, len(steps))
	every := make([]int, len(steps))
	top := 0
	base, totals, more, less := make([]opts.BarData, len(steps)), make([]opts.BarData, len(steps)), make([]opts.BarData, len(steps)),
		make([]opts.BarData, len(steps))
	number := func(words string, size float64) *opts.Label {
		return &opts.Label{Show: opts.Bool(true), Position: "top", Formatter: words, Color: ink, FontSize: float32(size), FontWeight: "bold"}
	}
	for i, step := range steps {
		every[i] = i
		labels[i] = strings.Join(wrap(sentenceCase(plain(step.Short)), font, band-font*0.3, 4), "\n")
		before := step.Running - step.Days
		top = max(top, step.Running, before)
		base[i], totals[i], more[i], less[i] = opts.BarData{Value: "-"}, opts.BarData{Value: "-"}, opts.BarData{Value: "-"},
			opts.BarData{Value: "-"}
		switch {
		case step.Total:
			totals[i] = opts.BarData{Value: step.Days, Label: number(whole(int64(step.Days)), numbers*1.25)}
		case step.Days >= 0:
			base[i] = opts.BarData{Value: before}
			more[i] = opts.BarData{Value: step.Days, Label: number(signed(step.Days), numbers)}
		default:
			base[i] = opts.BarData{Value: step.Running}
			less[i] = opts.BarData{Value: -step.Days, Label: number(signed(step.Days), numbers)}
		}
	}
	c := charts.NewBar()
	c.SetGlobalOptions(common(s, g, "shadow")...)
	c.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{
			Type:      "category",
			AxisLine:  &opts.AxisLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: ink, Width: 2}},
			AxisLabel: &opts.AxisLabel{Show: opts.Bool(true), Color: ink, FontSize: s.Font, Margin: math.Round(font * 0.6)},
			SplitLine: &opts.SplitLine{Show: opts.Bool(false)},
		}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Show: opts.Bool(false), Min: 0, Max: max(1, top)}),
	)
	c.SetXAxis(labels)
	width := charts.WithBarChartOpts(opts.BarChart{Stack: "steps", BarWidth: px(math.Min(band*0.72, font*8))})
	c.AddSeries("Base", base, width, charts.WithItemStyleOpts(opts.ItemStyle{Color: "transparent"}))
	// A count is filled dark, what it gains grey, what it loses white with a
	// dark edge: told apart without colour.
	c.AddSeries("Count", totals, width, charts.WithItemStyleOpts(opts.ItemStyle{Color: ink, BorderColor: ink, BorderWidth: s.edge()}))
	c.AddSeries("More", more, width, charts.WithItemStyleOpts(opts.ItemStyle{Color: "#AEB7BD", BorderColor: ink, BorderWidth: 2}))
	c.AddSeries("Fewer", less, width, charts.WithItemStyleOpts(opts.ItemStyle{Color: white, BorderColor: ink, BorderWidth: 2}))
	return finish(c, extras{x: axisExtras{labels: every, above: true}})
}
