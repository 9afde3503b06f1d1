package chart

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// NetStep is the flow of one day, week or month: who came, who stopped waiting,
// how many more moved here than from here, and who waits at its end.
type NetStep struct {
	First, Last              delay.Day
	New, Ended, Moved, Start int64
	// Less says that not every hospital had sent its lists by then.
	Less bool
}

// Net is how many more came than stopped waiting.
func (n NetStep) Net() int64 { return n.New - n.Ended }

// End is who waits at the end.
func (n NetStep) End() int64 { return n.Start + n.Net() + n.Moved }

// partOf says that the step is not a whole period.
func (n NetStep) partOf(grain measure.Dimension) bool {
	first, last := periodEnds(n.First, grain)
	return n.First > first || n.Last < last
}

// NetFlowOf is a flow as bars: up where more came than stopped waiting, down and
// hollow where more stopped, with both numbers below where they fit. Steps for
// which lists are missing have a mark in place of a bar, and those that are not
// whole are in the table alone. definition is that of the convention which counted
// them.
func NetFlowOf(steps []NetStep, grain measure.Dimension, o TrendOptions, definition string, asAt delay.Day) Chart {
	step := stepWord(grain)
	c := Chart{ID: o.ID, Source: source(asAt), Definition: definition}
	moves := false
	for _, s := range steps {
		moves = moves || s.Moved != 0
	}
	c.Table.Head = []string{periodHead(grain), "Became ready", "Stopped waiting", "Net"}
	if moves {
		c.Table.Head = append(c.Table.Head, "Moved between pathways")
	}
	c.Table.Head = append(c.Table.Head, "Waiting at the end")
	row := func(head string, s NetStep, end int64) []Cell {
		cells := []Cell{text(head), number(float64(s.New), whole(s.New)), number(float64(s.Ended), whole(s.Ended)),
			number(float64(s.Net()), signedWhole(s.Net()))}
		if moves {
			cells = append(cells, number(float64(s.Moved), signedWhole(s.Moved)))
		}
		return append(cells, number(float64(end), whole(end)))
	}
	var drawn, axis []NetStep
	var all NetStep
	more := 0
	for i, s := range steps {
		head := heading(s.First, grain)
		switch {
		case s.Less:
			head += " (lists missing)"
			// Before the first list there is nothing to miss a bar between.
			if len(axis) > 0 && !s.partOf(grain) {
				axis = append(axis, s)
			}
		case s.partOf(grain):
			head += " (part of it)"
		default:
			drawn, axis = append(drawn, s), append(axis, s)
		}
		if i == 0 {
			all.First, all.Start = s.First, s.Start
		}
		all.Last, all.New, all.Ended, all.Moved = s.Last, all.New+s.New, all.Ended+s.Ended, all.Moved+s.Moved
		c.Table.Rows = append(c.Table.Rows, row(head, s, s.End()))
	}
	var net int64
	for _, s := range drawn {
		net += s.Net()
		if s.Net() > 0 {
			more++
		}
	}
	prefix := ""
	if o.Name != "" {
		prefix = name(o.Name) + ": "
	}
	switch {
	case len(drawn) == 0:
		c.Title = prefix + "no " + step + " is over and whole"
	case net == 0:
		c.Title = fmt.Sprintf("%sas many became ready as went in %s", prefix, plural(int64(len(drawn)), step, step+"s"))
	default:
		way := "more"
		if net < 0 {
			way = "fewer"
		}
		c.Title = fmt.Sprintf("%smore became ready than went in %d of %s: %s %s in all", prefix, more,
			plural(int64(len(drawn)), step, step+"s"), whole(max(net, -net)), way)
	}
	c.Title = shorten(sentenceCase(c.Title), titleLimit-1)
	c.Table.Caption = c.Title
	if len(steps) > 0 {
		c.Subtitle = subtitle("People who became ready less people who stopped waiting, by "+step, trendPlace(o), span(all.First, all.Last))
		c.Table.Foot = row("Whole period", all, all.End())
	}
	if len(drawn) == 0 {
		c.Alt = "Bar chart of people who became ready less people who stopped waiting. There is no data to show."
		c.draw, c.fit = nothing(c.Title), lowFit
		return c.At(Page)
	}
	if len(drawn) < len(steps) && slices.ContainsFunc(steps, func(s NetStep) bool { return s.Less }) {
		c.Notes = append(c.Notes, fmt.Sprintf("Drawn are the %ss for which every hospital had sent its lists; the table has all.", step))
	}
	for axis[len(axis)-1].Less {
		axis = axis[:len(axis)-1]
	}
	marked := ""
	if n := len(axis) - len(drawn); n > 0 {
		c.Notes = append(c.Notes, gapNote)
		marked = fmt.Sprintf(" Marked under the axis: lists are missing in %s.", plural(int64(n), step, step+"s"))
	}
	latest := drawn[len(drawn)-1]
	c.Alt = fmt.Sprintf("Bar chart of people who became ready less people who stopped waiting, %s, by %s. %s. Latest, %s: %s became ready, "+
		"%s stopped waiting.%s Values are in the table below.", name(trendPlace(o)), step, c.Title, when(latest.First, grain), whole(latest.New),
		whole(latest.Ended), marked)
	c.draw = func(s Size) (json.RawMessage, error) {
		return drawNet(axis[s.from(len(axis), phoneMarks):], grain, s)
	}
	return c.latest(len(axis), phoneMarks, step+"s").At(Page)
}

// signedWhole writes a number with its sign.
func signedWhole(n int64) string {
	switch {
	case n > 0:
		return "+" + whole(n)
	case n < 0:
		return "−" + whole(-n)
	}
	return "0"
}

func drawNet(steps []NetStep, grain measure.Dimension, s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	var high, low int64
	widest, names := 0.0, 0.0
	labels := make([]string, len(steps))
	lacking := make([]bool, len(steps))
	for i, one := range steps {
		if lacking[i] = one.Less; !one.Less {
			high, low = max(high, one.Net()), min(low, one.Net())
		}
		labels[i] = one.First.Time().Format("2 Jan")
		if grain == measure.ByMonth {
			labels[i] = one.First.Time().Format("Jan 06")
		}
		widest = math.Max(widest, textWidth(signedWhole(one.Net()), font))
		for _, words := range []string{labels[i], whole(one.New), whole(one.Ended)} {
			names = math.Max(names, textWidth(words, font)+font*0.6)
		}
	}
	maximum, step := scale(float64(max(high, -low))*1.2, 3, true)
	top, bottom := step, 0.0
	// Numbers stand over and under the bars.
	for top < float64(high)*1.25 && top < maximum+step {
		top += step
	}
	for bottom > float64(low)*1.25 && bottom > -maximum-step {
		bottom -= step
	}
	heads := []string{sentenceCase(stepWord(grain)), "New", "Ended"}
	room := 0.0
	for _, h := range heads {
		room = math.Max(room, textWidth(h, font)*edge)
	}
	g := timeGrid(s, math.Max(axisWidth(maximum, step, font)+textWidth("−", font), room), font, false)
	band := g.width(s) / float64(len(steps))
	both := band >= names
	if both {
		g.bottom += font * 3
	}
	c := charts.NewBar()
	c.SetGlobalOptions(common(s, g, "shadow")...)
	timeAxes(&c.RectChart, s, s.axisName("People"), top)
	c.YAxisList[0].Min = bottom
	c.XAxisList[0].AxisLine = &opts.AxisLine{Show: opts.Bool(false), OnZero: opts.Bool(false)}
	if both {
		// The numbers that make each bar stand below it, named at their left.
		for i, one := range steps {
			if one.Less {
				labels[i] += "\n\n"
				continue
			}
			labels[i] += "\n" + whole(one.New) + "\n" + whole(one.Ended)
		}
		c.SetGlobalOptions(charts.WithTitleOpts(opts.Title{
			Title: heads[0] + "\n" + heads[1] + "\n" + heads[2], Left: "0", Top: px(float64(s.Height) - g.bottom + font*0.6),
			TitleStyle: &opts.TextStyle{Color: ink, FontSize: s.Font, FontWeight: "normal", FontFamily: fontNames,
				LineHeight: int(math.Round(font * 1.17))},
		}))
	}
	c.SetXAxis(labels)
	every := 1
	for band*float64(every) < names {
		every++
	}
	var shown []int
	for i := range labels {
		if (len(labels)-1-i)%every == 0 {
			shown = append(shown, i)
		}
	}
	barWidth := math.Min(band*0.72, font*4.5)
	data := make([]opts.BarData, len(steps))
	for i, one := range steps {
		if one.Less {
			data[i] = opts.BarData{Value: "-"}
			continue
		}
		fill, position := usualEdge, "top"
		if one.Net() < 0 {
			fill, position = "#ffffff", "bottom"
		}
		data[i] = opts.BarData{Value: one.Net(), ItemStyle: &opts.ItemStyle{Color: fill, BorderColor: usualEdge, BorderWidth: s.edge()}}
		if widest+2 <= band {
			data[i].Label = &opts.Label{Show: opts.Bool(true), Position: position, Formatter: signedWhole(one.Net()), Color: ink,
				FontSize: float32(font)}
		}
	}
	c.AddSeries("Net", data,
		charts.WithSeriesOpts(func(one *charts.SingleSeries) {
			one.MarkPoints = under(one.MarkPoints, marksUnder(lacking, bottom, band, s))
		}),
		charts.WithBarChartOpts(opts.BarChart{BarWidth: px(barWidth)}),
		charts.WithMarkLineNameYAxisItemOpts(opts.MarkLineNameYAxisItem{Name: "As many", YAxis: 0}),
		charts.WithMarkLineStyleOpts(opts.MarkLineStyle{Symbol: []string{"none", "none"}, Label: &opts.Label{Show: opts.Bool(false)},
			LineStyle: &opts.LineStyle{Color: ink, Width: 2, Type: "solid"}}))
	return finish(c, extras{y: axisExtras{step: step}, x: axisExtras{labels: shown}})
}
