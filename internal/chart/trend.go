package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/spc"
)

// TrendOptions is what a chart of a trend needs beside the trend.
type TrendOptions struct {
	// ID names the chart as Chart.ID does.
	ID string
	// Place names what the figures are of; Name the value of the split that a
	// panel shows, empty when it shows everything.
	Place, Name string
	// Names gives the name of each series of a line chart, in the trend's order.
	Names []string
	// Annotations are those that touch the chart, by day; they are numbered in
	// this order.
	Annotations []measure.Annotation
	// Levels are the agreed levels that stand on some day of the chart, by day.
	// They do not overlap; the one of the last reading is what the readings are
	// judged against.
	Levels []measure.Level
	// Before is the same series a year before, for comparison; its readings are
	// matched by date.
	Before *measure.TrendSeries
	// Scale, when its Top is not 0, is the value axis, so that several charts
	// share one.
	Scale Scale
	// Panel says that the chart is one of several beside each other: its title
	// begins with its name and it has no key of its own.
	Panel bool
	// TitleRoom, when it is not 0, is how many characters a title may have where
	// that is fewer than everywhere.
	TitleRoom int
}

// Scale is a value axis in the chart's own unit: per cent for shares.
type Scale struct{ Bottom, Top, Step float64 }

// Note is an annotation as a chart lists it below its plot.
type Note struct {
	ID      int64
	Number  int
	Day     delay.Day
	Words   string
	Restart bool
	// Compared is the before and after in words, with the caution that it
	// proves nothing; empty when there are too few readings.
	Compared string
	// By made the note and At is when; they are for a page and not for drawings.
	By string
	At time.Time
}

// caution stands beside every before and after.
const caution = "This does not show that one led to the other: other things changed too"

// drawnPart is the readings of a series that a chart draws: from the first to
// the last that is over. Those left out at either end are in the table.
type drawnPart struct {
	m     measure.Metric
	grain measure.Dimension
	// all are the readings of the table; rs those drawn, from index at of all.
	all []measure.TrendReading
	at  int
	rs  []reading
	// values are in the chart's unit; nil where there is none to draw.
	values []*float64
}

// unit brings a metric's value to the chart's: per cent for shares.
func unit(m measure.Metric, v float64) float64 {
	if m.Percent {
		return v * 100
	}
	return v
}

func drawn(m measure.Metric, grain measure.Dimension, all []measure.TrendReading) drawnPart {
	first, last := 0, len(all)
	for first < last && all[first].State == measure.NotOver && !all[first].Counts(m) {
		first++
	}
	for last > first && all[last-1].State == measure.NotOver && !all[last-1].Counts(m) {
		last--
	}
	return drawnFrom(m, grain, all, first, last)
}

// drawnFrom is the readings from first to before last.
func drawnFrom(m measure.Metric, grain measure.Dimension, all []measure.TrendReading, first, last int) drawnPart {
	p := drawnPart{m: m, grain: grain, all: all, at: first}
	for _, r := range all[first:last] {
		one := reading{Period: r.Period, none: r.State == measure.NoData || r.State == measure.ProviderMissing,
			gappy: r.State == measure.PartData}
		p.rs = append(p.rs, one)
		if !r.Counts(m) {
			p.values = append(p.values, nil)
			continue
		}
		v := unit(m, r.Value)
		p.values = append(p.values, &v)
	}
	return p
}

// missing is the number of days of a hospital without data in the readings of
// the table.
func (p drawnPart) missing() int {
	rs := make([]reading, len(p.all))
	for i, r := range p.all {
		rs[i] = reading{Period: r.Period}
	}
	return missingDays(rs)
}

// tail leaves out the first readings that are drawn.
func (p drawnPart) tail(k int) drawnPart {
	p.at, p.rs, p.values = p.at+k, p.rs[k:], p.values[k:]
	return p
}

// numbers says whether there is anything to draw.
func (p drawnPart) numbers() int {
	n := 0
	for _, v := range p.values {
		if v != nil {
			n++
		}
	}
	return n
}

// points are the readings for package spc, in the chart's unit.
func (p drawnPart) points() []spc.Point {
	out := make([]spc.Point, len(p.rs))
	for i, r := range p.rs {
		out[i] = spc.Point{Day: r.First, Missing: p.values[i] == nil}
		if p.values[i] != nil {
			out[i].Value = *p.values[i]
		}
	}
	return out
}

// words writes a reading, in the chart's unit; lineWords an average or limit,
// which is seldom whole.
func words(m measure.Metric, v float64) string {
	if m.Whole {
		return whole(int64(math.Round(v)))
	}
	return lineWords(m, v)
}

func lineWords(m measure.Metric, v float64) string {
	if m.Percent {
		return measure.PerCent(v / 100)
	}
	return decimal(v)
}

// stepWord names the step of a trend.
func stepWord(grain measure.Dimension) string {
	switch grain {
	case measure.ByMonth:
		return "month"
	case measure.ByWeek:
		return "week"
	default:
		return "day"
	}
}

// when names a period inside a sentence.
func when(first delay.Day, grain measure.Dimension) string {
	switch grain {
	case measure.ByMonth:
		return "in " + first.Month().Long()
	case measure.ByWeek:
		return "in the week starting " + first.Week().Long()
	default:
		return "on " + first.Long()
	}
}

// heading names a period at the head of a table's row.
func heading(first delay.Day, grain measure.Dimension) string {
	switch grain {
	case measure.ByMonth:
		return first.Month().Long()
	case measure.ByWeek:
		return first.Week().Long()
	default:
		return first.Long()
	}
}

// periodHead is the heading of the column of periods.
func periodHead(grain measure.Dimension) string {
	if grain == measure.ByWeek {
		return "Week starting"
	}
	return sentenceCase(stepWord(grain))
}

// metricAxes are the axes of a trend of a metric, its values on a scale.
func metricAxes(c *charts.RectChart, s Size, m measure.Metric, name string, axis Scale) {
	timeAxes(c, s, name, axis.Top)
	c.YAxisList[0].Min = axis.Bottom
	if m.Percent {
		c.YAxisList[0].AxisLabel.Formatter = "{value}%"
	}
}

// axisLabels writes the labels of a time axis and picks those that are shown.
func axisLabels(rs []reading, grain measure.Dimension, width, font float64) (labels []string, shown []int) {
	labels = make([]string, len(rs))
	switch {
	case grain == measure.ByMonth:
		for i, r := range rs {
			labels[i] = shortMonth(r.First)
		}
		return labels, monthLabels(rs, width, font)
	case grain == measure.ByDay:
		shown = dayLabels(rs, width, font)
		for i, r := range rs {
			labels[i] = r.First.Time().Format("2 Jan 2006")
		}
		if len(rs) > 92 {
			for _, i := range shown {
				labels[i] = shortMonth(rs[i].First)
			}
		}
		return labels, shown
	}
	for i, r := range rs {
		labels[i] = r.First.Week().Time().Format("2 Jan 2006")
	}
	if len(rs) == 0 {
		return labels, nil
	}
	room := textWidth("30 Sep 2018", font) + font*0.8
	band := width / float64(len(rs))
	step := 1
	for _, step = range [...]int{1, 2, 4, 8, 13, 26, 52, 104, 260} {
		if band*float64(step) >= room {
			break
		}
	}
	for i := len(rs) - 1; i >= 0; i -= step {
		// The first label's left half must stay in the drawing.
		if float64(i)*band+band/2 >= font*2 || len(rs) == 1 {
			shown = append([]int{i}, shown...)
		}
	}
	if shown == nil {
		shown = []int{len(rs) - 1}
	}
	return labels, shown
}

// between gives a value axis that holds everything from low to high. It begins
// at nothing unless that would leave more than half of the plot empty.
func between(low, high float64, wholeSteps bool) Scale {
	if low > high {
		low, high = 0, 1
	}
	if low < high/2 || high-low < high/100 {
		top, step := scale(high, 5, wholeSteps)
		return Scale{0, top, step}
	}
	_, step := scale(high-low, 5, wholeSteps)
	return Scale{plotted(math.Floor(low/step) * step), plotted(math.Ceil(high/step-1e-9) * step), step}
}

// limited keeps a limit where a reading can be: no count is below nothing, no
// share above all.
func limited(m measure.Metric, v float64) float64 {
	v = math.Max(0, v)
	if m.Percent {
		v = math.Min(100, v)
	}
	return v
}

// trendPlace names what a panel or chart is of.
func trendPlace(o TrendOptions) string {
	if o.Name != "" {
		return name(o.Name) + ", " + plain(o.Place)
	}
	return o.Place
}

// trendSubtitle says measure, place, period and basis.
func trendSubtitle(t measure.Trend, o TrendOptions) string {
	steps := stepWord(t.Grain) + "s"
	period := ""
	if t.From != 0 {
		period = steps + " from " + t.From.Long() + " to " + t.To.Long()
	}
	return subtitle(t.Metric.Name+" ("+t.Metric.Unit+")", trendPlace(o), filterWords(t.Filter), period, t.Filter.Basis.Short())
}

// trendNotes are the data-quality sentences: gaps by provider, periods that are
// not comparable, providers that began.
func trendNotes(t measure.Trend, p drawnPart) []string {
	var out []string
	rs := make([]reading, len(p.all))
	calendar := 0
	for i, r := range p.all {
		rs[i] = reading{Period: r.Period}
		calendar += r.CalendarDays()
	}
	for _, g := range gapsOf(rs) {
		s := fmt.Sprintf("No data from %s for %s of %s days", name(g.name), whole(int64(g.days)), whole(int64(calendar)))
		if g.steps > 0 {
			s += fmt.Sprintf(", among them %s that %s not drawn", plural(int64(g.steps), "whole "+stepWord(t.Grain),
				"whole "+stepWord(t.Grain)+"s"), isAre(g.steps))
		}
		out = append(out, s+".")
	}
	out = withGapNote(out, p.rs)
	for _, b := range t.Began {
		if slices.ContainsFunc(p.all, func(r measure.TrendReading) bool { return r.First <= b.Day && b.Day <= r.Last }) {
			out = append(out, fmt.Sprintf("The extracts of %s began on %s: more is counted from then on.", name(b.Name), b.Day.Long()))
		}
	}
	if n := len(p.all); n > 0 && p.at+len(p.rs) < n {
		r := p.all[n-1]
		out = append(out, fmt.Sprintf("The %s that began on %s is not over. So far: %s. It is in the table and is not drawn.",
			stepWord(t.Grain), r.First.Long(), words(t.Metric, unit(t.Metric, r.Value))))
	}
	return out
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// trendDefinition is the measure's in words.
func trendDefinition(m measure.Metric, b *definition.Book) string {
	d, ok := measure.DefinitionOf(m.ID, b)
	if !ok {
		return ""
	}
	if m.AtLeast > 0 {
		return fmt.Sprintf("People who have waited at least %d delayed days: the average number on a day of the period (C1, C16).", m.AtLeast)
	}
	return d.Sentence + " (" + d.ID + ", version " + fmt.Sprint(d.Version) + "; " + d.Rules + ")"
}

// noted numbers annotations and compares what is drawn before and after each.
func noted(t measure.Trend, all []measure.TrendReading, annotations []measure.Annotation) []Note {
	out := make([]Note, len(annotations))
	for i, a := range annotations {
		n := Note{ID: a.ID, Number: i + 1, Day: a.Day, Words: shorten(plain(a.Words), measure.AnnotationLimit), Restart: a.Restart, By: a.By,
			At: a.At}
		if b, ok := measure.Around(t.Metric, all, a.Day); ok {
			was, is := unit(t.Metric, b.BeforeAverage), unit(t.Metric, b.AfterAverage)
			n.Compared = fmt.Sprintf("Average of %s before: %s. Average of %s after: %s. %s.",
				plural(int64(b.Before), stepWord(t.Grain), stepWord(t.Grain)+"s"), lineWords(t.Metric, was),
				plural(int64(b.After), stepWord(t.Grain), stepWord(t.Grain)+"s"), lineWords(t.Metric, is), caution)
		}
		out[i] = n
	}
	return out
}

// noteWords are the annotations for alt text and for a picture on its own.
func noteWords(notes []Note) string {
	var parts []string
	for _, n := range notes {
		s := fmt.Sprintf("%d: %s, %s", n.Number, n.Words, n.Day.Long())
		if n.Restart {
			s += " (limits start again)"
		}
		parts = append(parts, s)
	}
	if parts == nil {
		return ""
	}
	return "Notes on the chart: " + strings.Join(parts, "; ") + "."
}

// stateCell is the value of a reading in a table: a number where it is drawn,
// words where it is not, with what was counted.
func stateCell(m measure.Metric, r measure.TrendReading) Cell {
	v := unit(m, r.Value)
	switch {
	case r.Counts(m):
		return number(v, words(m, v))
	case r.State == measure.NotApplicable:
		return text("Not applicable")
	case r.State == measure.NotOver:
		return text("So far " + words(m, v))
	case r.Amount > 0:
		// Days carried over a gap count in totals; they are no reading.
		return text(noData + " (" + words(m, v) + " counted)")
	}
	return text(noData)
}

// rowHead is the head of a table's row, with what a reader must know of it.
func rowHead(r measure.TrendReading, grain measure.Dimension) string {
	s := heading(r.First, grain)
	switch r.State {
	case measure.PartData:
		s += " (some data missing)"
	case measure.ProviderMissing:
		var who []string
		for _, g := range r.Missing {
			if g.Days >= r.CalendarDays() {
				who = append(who, name(g.Name))
			}
		}
		s += " (no data from " + joinAnd(who) + ")"
	case measure.NotOver:
		_, last := periodEnds(r.First, grain)
		if r.Last < last {
			s += ", to " + r.Last.Long()
		} else {
			s += ", from " + r.First.Long()
		}
	}
	return s
}

func periodEnds(d delay.Day, grain measure.Dimension) (first, last delay.Day) {
	switch grain {
	case measure.ByWeek:
		return d.Week(), d.Week() + 6
	case measure.ByMonth:
		return d.Month().First(), d.Month().Last()
	}
	return d, d
}

// yearBefore finds the value of the same period a year before.
func yearBefore(before *measure.TrendSeries, r measure.TrendReading, grain measure.Dimension) (measure.TrendReading, bool) {
	if before == nil {
		return measure.TrendReading{}, false
	}
	want := measure.YearBefore(r.First, grain)
	for _, b := range before.Readings {
		if first, _ := periodEnds(b.First, grain); first == want {
			return b, true
		}
	}
	return measure.TrendReading{}, false
}

// GapNotes says which providers' extracts are missing from the days of a trend.
func GapNotes(t measure.Trend) []string {
	if len(t.Series) == 0 {
		return nil
	}
	rs := make([]reading, len(t.Series[0].Readings))
	calendar := 0
	for i, r := range t.Series[0].Readings {
		rs[i] = reading{Period: r.Period}
		calendar += r.CalendarDays()
	}
	var out []string
	for _, g := range gapsOf(rs) {
		out = append(out, fmt.Sprintf("No data from %s for %s of %s days.", name(g.name), whole(int64(g.days)), whole(int64(calendar))))
	}
	return out
}
