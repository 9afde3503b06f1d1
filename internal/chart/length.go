package chart

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"homeward/internal/measure"
)

// lastBar is the days that the last bar of the distribution begins with.
const lastBar = 31

// LengthsOf is the waits that ended, by their days, as bars.
func LengthsOf(l measure.Lengths, place string) Chart {
	q := l.EndedQuantiles
	c := Chart{
		ID:         "lengths",
		Subtitle:   subtitle("Waits that ended, by their delayed days", place, filterWords(l.Filter), span(l.From, l.To)),
		Definition: trendDefinition(measure.Metric{ID: measure.DaysWaited}, l.Filter.Book), Source: source(l.AsAt),
	}
	counts := make([]int64, min(len(l.Ended), lastBar))
	for i, n := range l.Ended {
		counts[min(i, lastBar-1)] += n
	}
	label := func(i int) string {
		if i == lastBar-1 {
			return strconv.Itoa(lastBar) + " or more"
		}
		return strconv.Itoa(i + 1)
	}
	c.Table = Table{Caption: "", Head: []string{"Delayed days", "People", "Share", "Running share"}}
	var running int64
	for i, n := range counts {
		running += n
		part, run := float64(n)/float64(q.People), float64(running)/float64(q.People)
		c.Table.Rows = append(c.Table.Rows, []Cell{text(label(i)), number(float64(n), whole(n)), number(part*100, measure.PerCent(part)),
			number(run*100, measure.PerCent(run))})
	}
	switch {
	case q.People == 0:
		c.Title = "No waits ended in this period"
	case q.People < 10:
		c.Title = fmt.Sprintf("Too few people to describe how long waits last (%s)", plural(q.People, "person", "people"))
	default:
		c.Title = fmt.Sprintf("Half of the waits that ended had %s or fewer; 9 in 10 had %s or fewer",
			daysOf(q.Middle), daysOf(q.NineTen))
	}
	c.Table.Caption = c.Title
	c.Alt = "Bar chart of waits that ended by their delayed days. There are none to show."
	if q.People == 0 {
		c.draw, c.fit = nothing(c.Title), lowFit
		return c.by(l.Filter.Book).At(Page)
	}
	c.Table.Foot = []Cell{text("All"), number(float64(q.People), whole(q.People)), number(100, "100%"), text("Not applicable")}
	c.Alt = fmt.Sprintf("Bar chart of %s that ended, by their delayed days. Middle %s, 9 in 10 at most %s. %s of 7 days or more, %s of 14 or "+
		"more, %s of 21 or more. Values are in the table below.",
		plural(q.People, "wait", "waits"), daysOf(q.Middle), daysOf(q.NineTen), whole(l.AtLeast[0]), whole(l.AtLeast[1]), whole(l.AtLeast[2]))
	c.draw = func(s Size) (json.RawMessage, error) {
		labels := make([]string, len(counts))
		for i := range counts {
			labels[i] = label(i)
			if i == lastBar-1 {
				labels[i] = strconv.Itoa(lastBar) + "+"
			}
		}
		return drawBars(labels, []barSet{{"People", counts, usualEdge, usualEdge}}, "People", "Delayed days", nil, s)
	}
	return c.by(l.Filter.Book).At(Page)
}

// daysOf writes a middle number of days, which may be a half.
func daysOf(v float64) string {
	if v == math.Trunc(v) {
		return plural(int64(v), "day", "days")
	}
	return decimal(v) + " days"
}

// barSet is one set of bars beside others.
type barSet struct {
	name       string
	values     []int64
	fill, edge string
}

// drawBars draws counts as bars from zero, sets of one label beside each other,
// with their numbers on top where they fit. lacking says of each label whether its
// data are missing; nil says that none are.
func drawBars(labels []string, sets []barSet, unit, below string, lacking []bool, s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	top := int64(0)
	wide := 0.0
	for _, set := range sets {
		for _, v := range set.values {
			top = max(top, v)
			wide = math.Max(wide, textWidth(whole(v), float64(s.small())))
		}
	}
	maximum, step := scale(float64(top)*1.08, 5, true)
	g := timeGrid(s, axisWidth(maximum, step, font), font, false)
	if below != "" {
		g.bottom += font * 1.6
	}
	if len(sets) > 1 {
		g.top += font * 1.6
	}
	band := g.width(s) / float64(len(labels))
	barWidth := math.Min(band*0.8/float64(len(sets)), font*5)
	c := charts.NewBar()
	c.SetGlobalOptions(common(s, g, "shadow")...)
	timeAxes(&c.RectChart, s, s.axisName(unit), maximum)
	if below != "" {
		c.SetGlobalOptions(charts.WithTitleOpts(opts.Title{
			Title: below, Left: px(g.left), Top: px(float64(s.Height) - font*1.6),
			TitleStyle: &opts.TextStyle{Color: ink, FontSize: s.Font, FontWeight: "normal", FontFamily: fontNames},
		}))
	}
	c.SetXAxis(labels)
	if len(sets) > 1 {
		names := make([]string, len(sets))
		for i, set := range sets {
			names[i] = set.name
		}
		c.SetGlobalOptions(charts.WithLegendOpts(opts.Legend{
			Show: opts.Bool(true), Left: px(g.left), Top: "0", Icon: "rect", Data: names,
			ItemWidth: int(math.Round(font * 1.1)), ItemHeight: int(math.Round(font * 0.9)),
			TextStyle: &opts.TextStyle{Color: ink, FontSize: s.Font, FontFamily: fontNames},
		}))
	}
	var shown []int
	every := 1
	widestLabel := 0.0
	for _, l := range labels {
		widestLabel = math.Max(widestLabel, textWidth(l, font)+font*0.6)
	}
	for band*float64(every) < widestLabel {
		every++
	}
	for i := range labels {
		if i%every == 0 && (i == len(labels)-1 || len(labels)-1-i >= every || every == 1) {
			shown = append(shown, i)
		}
	}
	if n := len(labels) - 1; len(shown) == 0 || shown[len(shown)-1] != n {
		shown = append(shown, n)
	}
	for n, set := range sets {
		data := make([]opts.BarData, len(set.values))
		for i, v := range set.values {
			data[i] = opts.BarData{Value: v}
			if v > 0 && wide+2 <= math.Max(barWidth, band/float64(len(sets))) {
				data[i].Label = &opts.Label{Show: opts.Bool(true), Position: "top", Formatter: whole(v), Color: ink, FontSize: float32(s.small())}
			}
		}
		c.AddSeries(set.name, data,
			charts.WithBarChartOpts(opts.BarChart{BarWidth: px(barWidth), BarGap: "10%"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: set.fill, BorderColor: set.edge, BorderWidth: s.edge()}),
			charts.WithSeriesOpts(func(one *charts.SingleSeries) {
				if n == 0 {
					one.MarkPoints = under(one.MarkPoints, marksUnder(lacking, 0, band, s))
				}
			}))
	}
	return finish(c, extras{y: axisExtras{step: step}, x: axisExtras{labels: shown, above: true}})
}

// SurvivalOf is the part of the waits that lasted longer than each number of
// days, as a line, with waits that are still open allowed for.
func SurvivalOf(l measure.Lengths, place string) Chart {
	c := Chart{
		ID: "survival",
		Subtitle: subtitle("Part of waits that lasted longer than so many days", place, filterWords(l.Filter),
			"waits that began "+span(l.From, l.To)),
		Definition: fmt.Sprintf("Of the waits that began in the period, the estimated part that lasted longer than so many delayed days. "+
			"A wait that is still open counts up to its latest day and no further (Kaplan and Meier's method). The line ends where fewer than %d "+
			"waits are left.", measure.LeastAtRisk),
		Source: source(l.AsAt),
	}
	half := -1
	values := make([]*float64, len(l.Survival))
	c.Table = Table{Head: []string{"Delayed days", "Still waiting"}}
	for i, v := range l.Survival {
		if half < 0 && v <= 0.5 {
			half = i
		}
		x := v * 100
		values[i] = &x
		c.Table.Rows = append(c.Table.Rows, []Cell{text(plural(int64(i), "day", "days")), number(x, measure.PerCent(v))})
	}
	switch {
	case len(values) == 0:
		c.Title = fmt.Sprintf("Too few waits to describe how long they last (%s)", plural(l.Begun, "wait", "waits"))
	case half >= 0:
		c.Title = "Half of the waits that began were over within " + plural(int64(half), "delayed day", "delayed days")
	default:
		c.Title = fmt.Sprintf("After %s, %s of waits went on", plural(int64(len(values)-1), "delayed day", "delayed days"),
			measure.PerCent(l.Survival[len(values)-1]))
	}
	c.Table.Caption = c.Title
	c.Alt = "Line chart of waits that lasted longer than each number of days. There are too few to show."
	if len(values) == 0 {
		c.draw, c.fit = nothing(c.Title), lowFit
		return c.by(l.Filter.Book).At(Page)
	}
	c.Alt = fmt.Sprintf("Line chart of the part of %s still going on after each number of delayed days.", plural(l.Begun, "wait", "waits"))
	for _, n := range measure.Bands {
		if n < len(values) {
			c.Alt += fmt.Sprintf(" After %d days %s.", n, measure.PerCent(l.Survival[n]))
		}
	}
	c.Alt += " Values are in the table below."
	c.draw = func(s Size) (json.RawMessage, error) { return drawSurvival(values, s) }
	return c.by(l.Filter.Book).At(Page)
}

func drawSurvival(values []*float64, s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	last := len(values) - 1
	g := timeGrid(s, textWidth("100%", font), textWidth("over 99%", font)+font, false)
	g.bottom += font * 1.6
	band := g.width(s) / float64(len(values))
	c := charts.NewLine()
	c.SetGlobalOptions(common(s, g, "line")...)
	timeAxes(&c.RectChart, s, s.axisName("Still waiting"), 100)
	c.YAxisList[0].AxisLabel.Formatter = "{value}%"
	c.SetGlobalOptions(charts.WithTitleOpts(opts.Title{
		Title: "Delayed days", Left: px(g.left), Top: px(float64(s.Height) - font*1.6),
		TitleStyle: &opts.TextStyle{Color: ink, FontSize: s.Font, FontWeight: "normal", FontFamily: fontNames},
	}))
	labels := make([]string, len(values))
	data := make([]opts.LineData, len(values))
	var shown []int
	step := 7
	for band*float64(step) < textWidth("000", font)+font*0.6 {
		step += 7
	}
	for i, v := range values {
		labels[i] = strconv.Itoa(i)
		data[i] = opts.LineData{Value: plotted(*v)}
		if i%step == 0 {
			shown = append(shown, i)
		}
	}
	c.SetXAxis(labels)
	mark := endWords(measure.PerCent(*values[last]/100), last, len(values), plotted(*values[last]), font, band, "bold")
	c.AddSeries("Still waiting", data,
		charts.WithLineStyleOpts(opts.LineStyle{Width: float32(s.Line), Color: ink}), charts.WithItemStyleOpts(opts.ItemStyle{Color: ink}),
		charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "none", Step: "end"}),
		charts.WithSeriesOpts(func(one *charts.SingleSeries) { one.MarkPoints = &opts.MarkPoints{Data: []any{mark}} }))
	return finish(c, extras{y: axisExtras{step: 25}, x: axisExtras{labels: shown, ticks: true}})
}

// weekdayNames are Monday to Sunday, as weeks run (C16).
var weekdayNames = [7]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// WeekdaysOf is how many waits begin and end on each day of the week.
func WeekdaysOf(w [7]measure.Weekday, l measure.Lengths, place string) Chart {
	c := Chart{
		ID:       "weekdays",
		Subtitle: subtitle("New and ended waits by day of the week", place, filterWords(l.Filter), span(l.From, l.To)),
		Definition: "Waits by the day of the week of their first delayed day and of the day after their last. " +
			"Only days whose extract and whose day before's extract are in: without them an end is dated by the gap.",
		Source: source(l.AsAt),
	}
	c.Table = Table{Head: []string{"Day", "New", "Ended", "Days counted", "People waiting, average"}}
	var began, ended [7]int64
	var all measure.Weekday
	for i, d := range w {
		began[i], ended[i] = d.Began, d.Ended
		all.Days, all.Began, all.Ended, all.Waiting = all.Days+d.Days, all.Began+d.Began, all.Ended+d.Ended, all.Waiting+d.Waiting
		c.Table.Rows = append(c.Table.Rows, weekdayRow(weekdayNames[i], d))
	}
	c.Table.Foot = weekdayRow("All days", all)
	weekend := ended[5] + ended[6]
	switch {
	case all.Ended == 0 && all.Began == 0:
		c.Title = "No new or ended waits on days with every extract"
	case all.Ended < 10:
		c.Title = fmt.Sprintf("Too few people to describe a week (%s)", plural(all.Ended, "person", "people"))
	default:
		most := 0
		for i := range ended {
			if ended[i] > ended[most] {
				most = i
			}
		}
		c.Title = fmt.Sprintf("%s of waits that ended did so at a weekend; %s has the most ends",
			sentenceCase(measure.PerCent(float64(weekend)/float64(all.Ended))), weekdayNames[most])
	}
	c.Table.Caption = c.Title
	c.Alt = "Bar chart of new and ended waits by day of the week."
	for i, n := range weekdayNames {
		c.Alt += fmt.Sprintf(" %s: new %s, ended %s.", n, whole(began[i]), whole(ended[i]))
	}
	c.Alt += " Values are in the table below."
	c.draw = func(s Size) (json.RawMessage, error) {
		return drawBars([]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
			[]barSet{{"New", began[:], usualEdge, usualEdge}, {"Ended", ended[:], "#C8CED2", usualEdge}}, "People", "", nil, s)
	}
	if all.Ended == 0 && all.Began == 0 {
		c.draw, c.fit = nothing(c.Title), lowFit
	}
	return c.by(l.Filter.Book).At(Page)
}

func weekdayRow(head string, d measure.Weekday) []Cell {
	row := []Cell{text(head), number(float64(d.Began), whole(d.Began)), number(float64(d.Ended), whole(d.Ended)),
		number(float64(d.Days), whole(int64(d.Days)))}
	if d.Days == 0 {
		return append(row, text(noData))
	}
	v := float64(d.Waiting) / float64(d.Days)
	return append(row, number(v, decimal(v)))
}
