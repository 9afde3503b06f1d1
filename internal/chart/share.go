package chart

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// shareOf is the month's council share with its band, whose width is the days
// that are disputed or not attributed (G3).
func shareOf(p measure.Period) measure.Share { return p.Share() }

// Share is the share of delayed days that wait for social care, month by month,
// with the band between the lowest and highest share that the unsettled days
// allow (G3).
func Share(o measure.Overview, place string) Chart {
	rs := readings(o.Months, true)
	for i := range rs {
		// A month without days has no share: nothing to divide.
		rs[i].none = rs[i].none || rs[i].Days.Total() == 0
	}
	c := Chart{
		ID:         "council-share",
		Title:      shareTitle(readings(o.Months, true)),
		Subtitle:   subtitle("Share of delayed days with social care", place, filterWords(o.Filter), span(o.From, o.To), o.Filter.Basis.Short()),
		Notes:      withGapNote(notes(o, readings(o.Months, true)), rs),
		missing:    missingDays(readings(o.Months, true)),
		Definition: definitionShare,
		Source:     source(o.AsAt),
	}
	if o.Filter.Basis == measure.BasisAgreed {
		c.Definition = definitionAgreedShare
	}
	c.Table = shareTable(readings(o.Months, true), c.Title, o.Filter.Basis)
	c.Alt = shareAlt(o, place, rs)
	c.draw = func(s Size) (json.RawMessage, error) { return drawShare(rs, s) }
	if known(rs) == 0 {
		c.draw, c.fit = nothing(c.Title), lowFit
	}
	return c.by(o.Filter.Book).At(Page)
}

func shareTable(rs []reading, caption string, basis measure.Basis) Table {
	t := Table{Caption: caption, Head: []string{"Month", "Share with social care", "Lowest", "Highest", "Social care days", "Disputed days",
		"Not attributed days", "All days"}}
	if basis == measure.BasisAgreed {
		t.Head = append(t.Head[:4], "Agreed days with social care", "Agreed days", "Days not agreed", "All counted days")
	}
	row := func(head string, p measure.Period) []Cell {
		s := shareOf(p)
		cells := []Cell{text(head)}
		if s.Known {
			cells = append(cells, number(s.Value*100, measure.PerCent(s.Value)), number(s.Low*100, measure.PerCent(s.Low)),
				number(s.High*100, measure.PerCent(s.High)))
		} else {
			cells = append(cells, text("Not applicable"), text("Not applicable"), text("Not applicable"))
		}
		counts := [...]int64{p.Days[delay.SocialCare], p.Disputed.Total(), p.Days[delay.NotAttributed], p.Days.Total()}
		if basis == measure.BasisAgreed {
			counts = [...]int64{p.Days[delay.SocialCare], p.Days.Total(), p.NotAgreed, p.Days.Total() + p.NotAgreed}
		}
		for _, n := range counts {
			cells = append(cells, number(float64(n), whole(n)))
		}
		return cells
	}
	all := measure.Period{Basis: basis}
	gaps := false
	for _, r := range rs {
		if r.none {
			gaps = true
			cells := []Cell{text(r.header())}
			for range len(t.Head) - 1 {
				cells = append(cells, text(noData))
			}
			t.Rows = append(t.Rows, cells)
			continue
		}
		t.Rows = append(t.Rows, row(r.header(), r.Period))
		for b, n := range r.Days {
			all.Days[b] += n
			all.Disputed[b] += r.Disputed[b]
		}
		all.NotAgreed += r.NotAgreed
	}
	if known(rs) > 0 {
		foot := "All months"
		if gaps {
			foot += " with data"
		}
		t.Foot = row(foot, all)
	}
	return t
}

func shareAlt(o measure.Overview, place string, rs []reading) string {
	s := fmt.Sprintf("Line chart of the share of %s with social care, %s, %s, %s.", sharedDays(o.Filter.Basis), name(place),
		span(o.From, o.To), plural(int64(len(rs)), "month", "months"))
	value := func(r reading) float64 { return shareOf(r.Period).Value }
	low, high, last := extremes(rs, value)
	if last < 0 {
		return s + " There is no share to show."
	}
	if low != high {
		s += fmt.Sprintf(" Lowest %s in %s, highest %s in %s.", measure.PerCent(value(rs[low])), rs[low].First.Month().Long(),
			measure.PerCent(value(rs[high])), rs[high].First.Month().Long())
	}
	latest := shareOf(rs[last].Period)
	s += fmt.Sprintf(" Latest %s in %s; %s to %s with unsettled days.", measure.PerCent(latest.Value), rs[last].First.Month().Long(),
		measure.PerCent(latest.Low), measure.PerCent(latest.High))
	return s + gapWords(readings(o.Months, true)) + " Values are in the table below."
}

// sharedDays names the days of which a share is one.
func sharedDays(b measure.Basis) string {
	if b == measure.BasisAgreed {
		return "agreed days"
	}
	return "delayed days"
}

func drawShare(rs []reading, s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	top, last := 0.0, 0
	for i, r := range rs {
		if !r.none {
			top, last = math.Max(top, shareOf(r.Period).High*100), i
		}
	}
	maximum, step := scale(math.Max(top*1.05, 10), 5, true)
	maximum = math.Min(maximum, 100)
	latest := shareOf(rs[last].Period)
	shareWords := "Social care\n" + measure.PerCent(latest.Value)
	rangeWords := "Unsettled days:\n" + measure.PerCent(latest.Low) + " to " + measure.PerCent(latest.High)
	banded := latest.High-latest.Low >= 0.005
	right := widest(shareWords, font*1.1)
	if banded {
		right = math.Max(right, widest(rangeWords, font))
	}
	right += font
	g := timeGrid(s, textWidth("100%", font), right, anyPart(rs))
	band := g.width(s) / float64(len(rs))

	c := charts.NewLine()
	c.SetGlobalOptions(common(s, g, "line")...)
	timeAxes(&c.RectChart, s, s.axisName("Share of "+sharedDays(rs[0].Basis)), maximum)
	c.YAxisList[0].AxisLabel.Formatter = "{value}%"
	labels := make([]string, len(rs))
	low := make([]opts.LineData, len(rs))
	width := make([]opts.LineData, len(rs))
	value := make([]opts.LineData, len(rs))
	for i, r := range rs {
		labels[i] = r.label()
		if r.none {
			low[i], width[i], value[i] = opts.LineData{Value: "-"}, opts.LineData{Value: "-"}, opts.LineData{Value: "-"}
			continue
		}
		sh := shareOf(r.Period)
		low[i] = opts.LineData{Value: plotted(sh.Low * 100)}
		width[i] = opts.LineData{Value: plotted((sh.High - sh.Low) * 100)}
		value[i] = lonely(rs, i, plotted(sh.Value*100), s.Line)
	}
	c.SetXAxis(labels)
	invisible := charts.WithLineStyleOpts(opts.LineStyle{Opacity: opts.Float(0), Width: 0.1, Color: ink})
	c.AddSeries("Lowest", low, invisible, charts.WithLineChartOpts(opts.LineChart{Stack: "band", ShowSymbol: opts.Bool(false),
		Symbol: "none"}),
		charts.WithSeriesOpts(func(one *charts.SingleSeries) { one.MarkAreas = gapAreas(rs, band, s, true) }))
	c.AddSeries("Width of the range", width, charts.WithLineStyleOpts(opts.LineStyle{Width: 1, Color: hatchInk}),
		charts.WithLineChartOpts(opts.LineChart{Stack: "band", ShowSymbol: opts.Bool(false), Symbol: "none"}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: white}),
		charts.WithAreaStyleOpts(opts.AreaStyle{Color: white, Opacity: opts.Float(1)}))
	height := g.height(s)
	at := func(y float64) float64 { return plotted(maximum * (1 - y/height)) }
	// The share's own words stand below the line and those of the range above,
	// where the band is, each near its end.
	y := height * (1 - latest.Value*100/maximum)
	ys := []float64{y}
	if banded {
		ys = apart([]float64{y + font*0.6, height*(1-latest.High*100/maximum) - font*0.6}, font*2.8, font*1.3, height-font*1.4)
	}
	marks := []any{endWords(shareWords, last, len(rs), at(ys[0]), font, band, "bold")}
	if banded {
		marks = append(marks, endWords(rangeWords, last, len(rs), at(ys[1]), font, band, "normal"))
	}
	marks = append(marks, gapMarks(rs, 0, band, s)...)
	c.AddSeries("Social care", value, charts.WithLineStyleOpts(opts.LineStyle{Width: float32(s.Line), Color: ink}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: ink}),
		charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(true), Symbol: "none", SymbolSize: s.Line * 3}),
		charts.WithSeriesOpts(func(one *charts.SingleSeries) { one.MarkPoints = &opts.MarkPoints{Data: marks} }))
	e := extras{y: axisExtras{step: step}, x: axisExtras{labels: monthLabels(rs, g.width(s), font)}, decals: map[int]*decal{1: hatchAt(s)}}
	e.x.ticks = true
	return finish(c, e)
}

// lonely is one reading of a line. A reading without neighbours would leave no
// trace as a line, so it alone bears a mark.
func lonely(rs []reading, i int, v, line float64) opts.LineData {
	d := opts.LineData{Value: v}
	if (i == 0 || rs[i-1].none) && (i == len(rs)-1 || rs[i+1].none) {
		d.Symbol, d.SymbolSize = "circle", int(math.Round(line*3))
	}
	return d
}

// lineEnd is words that stand to the right of a line's end: at the reading at,
// level with the value.
type lineEnd struct {
	words, weight string
	at            int
	value         float64
}

// endsApart places the words of lines' ends level with their values where they
// can be and at least gap apart, in pixels, over n readings of a band's width.
func endsApart(ends []lineEnd, gap float64, n int, band float64, axis Scale, height, font float64) []any {
	slices.SortStableFunc(ends, func(a, b lineEnd) int { return cmp.Compare(a.value, b.value) })
	ys := make([]float64, len(ends))
	for i, e := range ends {
		ys[i] = height * (1 - (e.value-axis.Bottom)/(axis.Top-axis.Bottom))
	}
	ys = apart(ys, gap, font*0.7, height-font*0.6)
	marks := make([]any, len(ends))
	for i, e := range ends {
		level := plotted(axis.Bottom + (axis.Top-axis.Bottom)*(1-ys[i]/height))
		marks[i] = endWords(e.words, e.at, n, level, font, band, e.weight)
	}
	return marks
}

// lineOf is the values of one line; a reading that is missing is a gap. Where
// marks is set, a reading without neighbours bears one: as a line it would leave
// no trace.
func lineOf(values []*float64, marks bool, width float64) []opts.LineData {
	out := make([]opts.LineData, len(values))
	for i, v := range values {
		if v == nil {
			out[i] = opts.LineData{Value: "-"}
			continue
		}
		out[i] = opts.LineData{Value: plotted(*v)}
		if marks && alone(values, i) {
			out[i].Symbol, out[i].SymbolSize = "circle", int(math.Round(width*3))
		}
	}
	return out
}

// alone says whether a reading has no neighbour on either side.
func alone(values []*float64, i int) bool {
	return (i == 0 || values[i-1] == nil) && (i == len(values)-1 || values[i+1] == nil)
}

// literal keeps ECharts from taking words for a template: {a} would become the
// name of the series. The space of no width between shows nothing.
func literal(words string) string { return strings.ReplaceAll(words, "{", "{\u200b") }

// endWords are words to the right of a line's end.
func endWords(words string, last, n int, v, font, band float64, weight string) point {
	offset := band*float64(n-1-last) + band/2
	return point{
		Name: "label", Coord: [2]float64{float64(last), v}, Symbol: "circle", SymbolSize: [2]float64{0.1, 0.1},
		// Among thousands of readings a band is nothing: words still stand off.
		SymbolOffset: [2]float64{math.Round(math.Max(font*0.3, math.Min(offset, band*float64(n-1-last)+font))), 0},
		ItemStyle:    &itemStyle{ItemStyle: &opts.ItemStyle{Color: "transparent"}},
		Label: &pointLabel{Distance: 2, Label: opts.Label{Show: opts.Bool(true), Position: "right", Formatter: literal(words),
			Color: ink, FontSize: float32(font), FontWeight: weight, LineHeight: float32(math.Round(font * 1.25))}},
	}
}

// agreedOnly ends a subtitle where only agreed days are drawn; empty where every
// counted day is.
func agreedOnly(b measure.Basis) string {
	if b == measure.BasisAgreed {
		return b.Short()
	}
	return ""
}
