package chart

import (
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

// MostLines is the most series that one chart of lines holds; more become
// panels.
const MostLines = 4

// stroke is how a line is told from the others: by its dash as well as its
// colour, and by its name at its end.
type stroke struct {
	color, kind string
	width       float64 // of the size's line
}

// strokes are those of lines without a colour of their own.
var strokes = [MostLines]stroke{{ink, "solid", 1}, {ink, "dashed", 0.8}, {"#4C6272", "solid", 0.6}, {"#4C6272", "dotted", 0.9}}

// bodyStrokes are those of lines by responsibility: the colours of the stacks.
var bodyStrokes = map[delay.Body]stroke{
	delay.SocialCare: {"#F46A25", "solid", 1}, delay.NHS: {"#12436D", "dashed", 1},
	delay.Joint: {"#28A197", "dotted", 1.1}, delay.NotAttributed: {hatchInk, "solid", 0.5},
}

// line is one line of a chart with its values in the chart's unit.
type line struct {
	name string
	stroke
	values []*float64
	// hatched says that its blocks are.
	hatched bool
}

// LinesOf is a chart of the trend's series as lines, MostLines at most, each
// named at its end.
func LinesOf(t measure.Trend, o TrendOptions) Chart {
	c := Chart{ID: o.ID, Subtitle: trendSubtitle(t, o), Definition: trendDefinition(t.Metric, t.Filter.Book), Source: source(t.AsAt)}
	n := min(len(t.Series), MostLines)
	if n == 0 {
		c.Title = "No readings for these choices"
		c.Table = Table{Caption: c.Title, Head: []string{periodHead(t.Grain), t.Metric.Name}}
		c.Alt = "Line chart of " + t.Metric.Noun + ". There is no data to show."
		c.draw, c.fit = nothing(c.Title), lowFit
		return c.by(t.Filter.Book).At(Page)
	}
	// All series share their periods, and those at either end that are not over.
	parts := make([]drawnPart, n)
	lines := make([]line, n)
	any := 0
	// What is over of one may not be of another: all are drawn over the same steps.
	first, last := len(t.Series[0].Readings), 0
	for i := range parts {
		one := drawn(t.Metric, t.Grain, t.Series[i].Readings)
		first, last = min(first, one.at), max(last, one.at+len(one.rs))
	}
	for i := range parts {
		parts[i] = drawnFrom(t.Metric, t.Grain, t.Series[i].Readings, min(first, last), last)
		lines[i] = line{name: seriesName(o, i), stroke: strokes[i], values: parts[i].values}
		if t.Split == measure.ByResponsible {
			lines[i].stroke = bodyStrokes[t.Series[i].Cell.Body]
			lines[i].hatched = t.Series[i].Cell.Body == delay.NotAttributed
		}
		any += parts[i].numbers()
	}
	p := parts[0]
	if o.Before != nil && n == 1 {
		was := line{name: "A year before", stroke: strokes[1]}
		for _, r := range p.all[p.at : p.at+len(p.rs)] {
			b, ok := yearBefore(o.Before, r, t.Grain)
			if !ok || !b.Counts(t.Metric) {
				was.values = append(was.values, nil)
				continue
			}
			v := unit(t.Metric, b.Value)
			was.values = append(was.values, &v)
		}
		lines = append(lines, was)
		lines[0].name = "This year"
	}
	notes := ListedOn(t, o.Annotations)
	c.Notes, c.missing = trendNotes(t, p), p.missing()
	if w := noteWords(notes); w != "" {
		c.Notes = append(c.Notes, w)
	}
	c.Title = linesTitle(t, p, o, n)
	c.Table = linesTable(t, lines, n, p, o, c.Title)
	c.Alt = linesAlt(t, p, lines, o, notes)
	if any == 0 {
		c.draw, c.fit = nothing(c.Title), lowFit
		return c.by(t.Filter.Book).At(Page)
	}
	axis := o.Scale
	c.draw = func(s Size) (json.RawMessage, error) {
		return drawLines(t.Metric, p.rs, t.Grain, lines, axis, p, notes, s)
	}
	c.below = len(lines) > mostOver
	return c.by(t.Filter.Book).latest(len(p.rs), phoneMarks, stepWord(t.Grain)+"s").At(Page)
}

// ListedOn numbers the annotations of a chart of lines. Before and after are
// compared only where there is one line.
func ListedOn(t measure.Trend, annotations []measure.Annotation) []Note {
	var all []measure.TrendReading
	if len(t.Series) == 1 {
		all = t.Series[0].Readings
	}
	return noted(t, all, annotations)
}

func seriesName(o TrendOptions, i int) string {
	if i < len(o.Names) {
		return name(o.Names[i])
	}
	return "All"
}

// linesTitle is the finding of a chart of lines: gaps (T1), too few to describe
// (T2), else the latest reading beside the one a year or a step before.
func linesTitle(t measure.Trend, p drawnPart, o TrendOptions, n int) string {
	if len(p.rs) == 0 {
		return t.Metric.Name + ": no period is over yet"
	}
	if s := missingTitle(t.Metric.Name, p.rs, stepWord(t.Grain)); s != "" {
		return shorten(s, titleLimit-1)
	}
	last := len(p.values) - 1
	if n > 1 {
		at := when(p.rs[last].First, t.Grain)
		var parts []string
		for i := range n {
			r := t.Series[i].Readings[p.at+last]
			if r.Counts(t.Metric) {
				parts = append(parts, seriesName(o, i)+" "+words(t.Metric, unit(t.Metric, r.Value)))
			}
		}
		// All of them say more than the step does, with which the subtitle ends.
		for _, head := range [...]string{t.Metric.Name + " " + at, t.Metric.Name} {
			if all := head + ": " + strings.Join(parts, ", "); len(parts) > 0 && len([]rune(all)) < titleLimit {
				return all
			}
		}
		for k := len(parts); k > 0; k-- {
			s := t.Metric.Name + " " + at + ": " + strings.Join(parts[:k], ", ")
			if len([]rune(s)) < titleLimit {
				return s
			}
		}
		return shorten(t.Metric.Name+" "+at, titleLimit-1)
	}
	if p.values[last] == nil {
		return t.Metric.Name + ": no reading " + when(p.rs[last].First, t.Grain)
	}
	v := *p.values[last]
	s := fmt.Sprintf("%s: %s %s", t.Metric.Name, words(t.Metric, v), when(p.rs[last].First, t.Grain))
	if o.Before != nil {
		if b, ok := yearBefore(o.Before, p.all[p.at+last], t.Grain); ok && b.Counts(t.Metric) {
			was := unit(t.Metric, b.Value)
			if long := s + ", " + words(t.Metric, was) + " a year before"; len([]rune(long)) < titleLimit {
				return long
			}
		}
	}
	return shorten(s, titleLimit-1)
}

func linesTable(t measure.Trend, lines []line, n int, p drawnPart, o TrendOptions, caption string) Table {
	table := Table{Caption: caption, Head: []string{periodHead(t.Grain)}}
	for i := range n {
		if n == 1 && t.Split == "" {
			table.Head = append(table.Head, t.Metric.Name)
		} else {
			table.Head = append(table.Head, sentenceCase(seriesName(o, i)))
		}
	}
	if len(lines) > n {
		table.Head = append(table.Head, "A year before")
	}
	for j, r := range p.all {
		row := []Cell{text(rowHead(r, t.Grain))}
		for i := range n {
			row = append(row, stateCell(t.Metric, t.Series[i].Readings[j]))
		}
		if len(lines) > n {
			cell := text(noData)
			if b, ok := yearBefore(o.Before, r, t.Grain); ok {
				cell = stateCell(t.Metric, b)
			}
			row = append(row, cell)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func linesAlt(t measure.Trend, p drawnPart, lines []line, o TrendOptions, notes []Note) string {
	var s strings.Builder
	fmt.Fprintf(&s, "Line chart of %s, %s, %s.", t.Metric.Noun, name(trendPlace(o)),
		plural(int64(len(p.rs)), stepWord(t.Grain), stepWord(t.Grain)+"s"))
	for _, l := range lines {
		low, high, last := -1, -1, -1
		for i, v := range l.values {
			if v == nil {
				continue
			}
			last = i
			if low < 0 || *v < *l.values[low] {
				low = i
			}
			if high < 0 || *v > *l.values[high] {
				high = i
			}
		}
		if last < 0 {
			s.WriteString(" " + l.name + ": no data.")
			continue
		}
		say := func(i int) string { return words(t.Metric, *l.values[i]) + " " + when(p.rs[i].First, t.Grain) }
		fmt.Fprintf(&s, " %s: lowest %s, highest %s, latest %s.", l.name, say(low), say(high), say(last))
	}
	s.WriteString(gapSentence(p.rs, stepWord(t.Grain)))
	if w := noteWords(notes); w != "" {
		s.WriteString(" " + w)
	}
	return s.String() + " Values are in the table below."
}

func drawLines(m measure.Metric, rs []reading, grain measure.Dimension, all []line, axis Scale, p drawnPart, notes []Note,
	s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	if k := s.from(len(rs), phoneMarks); k > 0 {
		rs, p, all = rs[k:], p.tail(k), slices.Clone(all)
		for i := range all {
			all[i].values = all[i].values[k:]
		}
	}
	if s.Phone && len(all) > mostOver {
		return drawMultiples(m, rs, grain, all, s)
	}
	high := 0.0
	for _, l := range all {
		for _, v := range l.values {
			if v != nil {
				high = math.Max(high, *v)
			}
		}
	}
	if axis.Top == 0 {
		if len(notes) > 0 {
			high *= 1.12
		}
		axis = between(0, high*1.02, m.Whole)
		if m.Percent {
			axis.Top = math.Min(axis.Top, 100)
		}
	}
	n := len(rs)
	var ends []lineEnd
	right := 0.0
	for _, l := range all {
		last := -1
		for i, v := range l.values {
			if v != nil {
				last = i
			}
		}
		if last < 0 {
			continue
		}
		e := lineEnd{words: strings.Join(wrap(l.name, font, float64(s.Width)*0.2, 2), "\n") + "\n" + words(m, *l.values[last]), weight: "normal",
			at: last, value: *l.values[last]}
		if len(all) == 1 {
			e.words = words(m, *l.values[last])
		}
		right = math.Max(right, widest(e.words, font))
		ends = append(ends, e)
	}
	grid := timeGrid(s, math.Max(axisWidth(axis.Top, axis.Step, font), textWidth("100%", font)), right+font*1.2, false)
	band := grid.width(s) / float64(n)
	height := grid.height(s)

	c := charts.NewLine()
	c.SetGlobalOptions(common(s, grid, "line")...)
	metricAxes(&c.RectChart, s, m, s.axisName(sentenceCase(m.Unit)), axis)
	labels, shown := axisLabels(rs, grain, grid.width(s), font)
	c.SetXAxis(labels)

	tall := 1.35
	for _, e := range ends {
		tall = math.Max(tall, 1.3*float64(strings.Count(e.words, "\n")+1))
	}
	marks := endsApart(ends, font*tall, n, band, axis, height, font)
	flags, verticals := flagged(p, notes, axis.Top, s)
	marks = append(append(marks, flags...), gapMarks(rs, axis.Bottom, band, s)...)
	thin := 1.0
	if n > 300 {
		thin = 0.5
	}
	for i, l := range all {
		c.AddSeries(l.name, lineOf(l.values, true, s.Line),
			charts.WithLineStyleOpts(opts.LineStyle{Width: float32(math.Max(1, s.Line*l.width*thin)), Color: l.color, Type: l.kind}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: l.color}),
			charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(true), Symbol: "none", SymbolSize: s.Line * 3}),
			charts.WithSeriesOpts(func(one *charts.SingleSeries) {
				if i > 0 {
					return
				}
				one.MarkAreas = gapAreas(rs, band, s, true)
				one.MarkPoints = &opts.MarkPoints{Data: marks}
				one.MarkLines = verticals
			}))
	}
	return finish(c, extras{y: axisExtras{step: axis.Step}, x: axisExtras{labels: shown, ticks: true}})
}

// FlowOf is a group's new and ended waits as two lines (T11). The title speaks
// of how often more became ready than left.
func FlowOf(f measure.Flows, group int, o TrendOptions) Chart {
	m := measure.Metric{Name: "People", Noun: "new and ended waits", Unit: "people", Whole: true, AddsUp: true}
	step := stepWord(f.Grain)
	t := measure.Trend{TrendQuery: f.TrendQuery, AsAt: f.AsAt}
	t.Metric = m
	c := Chart{ID: o.ID, Source: source(f.AsAt),
		Subtitle: subtitle("People new to the list and people whose wait ended", trendPlace(o), filterWords(f.Filter), span(f.From, f.To)),
		Definition: "New: waits whose first delayed day it is. Ended: waits whose last delayed day was the day before. Start and new, less " +
			"ended, with moves, is always the people waiting at the end (C16)."}
	if group >= len(f.Groups) {
		c.Title = "No readings for these choices"
		c.Table = Table{Caption: c.Title, Head: []string{periodHead(f.Grain), "New", "Ended"}}
		c.Alt = "Line chart of new and ended waits. There is no data to show."
		c.draw, c.fit = nothing(c.Title), lowFit
		return c.by(f.Filter.Book).At(Page)
	}
	g := f.Groups[group]
	all := make([]measure.TrendReading, len(g.Periods))
	began, ended := line{name: "New", stroke: strokes[0]}, line{name: "Ended", stroke: strokes[1]}
	for i, p := range g.Periods {
		all[i] = measure.TrendReading{Period: p.Period, Amount: p.By[measure.Began] + p.By[measure.Ended], Value: float64(p.By[measure.Began])}
		first, last := periodEnds(p.First, f.Grain)
		whole := 0
		for _, m := range p.Missing {
			if m.Days >= p.CalendarDays() {
				whole++
			}
		}
		switch {
		case p.Listed == 0 && whole > 0:
			all[i].State = measure.NoData
		case whole > 0:
			all[i].State = measure.ProviderMissing
		case p.First > first || p.Last < last:
			all[i].State = measure.NotOver
		case p.Listed < p.CalendarDays():
			all[i].State = measure.PartData
		}
	}
	p := drawn(m, f.Grain, all)
	more, seen := 0, 0
	for i := range p.rs {
		if p.values[i] == nil {
			began.values, ended.values = append(began.values, nil), append(ended.values, nil)
			continue
		}
		by := g.Periods[p.at+i].By
		b, e := float64(by[measure.Began]), float64(by[measure.Ended])
		began.values, ended.values = append(began.values, &b), append(ended.values, &e)
		seen++
		if b > e {
			more++
		}
	}
	c.missing = p.missing()
	for _, n := range trendNotes(t, p) {
		if !strings.Contains(n, "So far") { // The table has new and ended so far.
			c.Notes = append(c.Notes, n)
		}
	}
	prefix := ""
	if o.Name != "" {
		prefix = name(o.Name) + ": "
	}
	switch {
	case seen == 0:
		c.Title = prefix + "no " + step + " is over and whole"
	case more*2 > seen:
		c.Title = fmt.Sprintf("%sMore people became ready than left in %d of %s", prefix, more, plural(int64(seen), step, step+"s"))
	default:
		c.Title = prefix + "About as many people left as became ready"
	}
	if prefix != "" {
		c.Title = strings.Replace(strings.Replace(c.Title, ": More", ": more", 1), ": About", ": about", 1)
	}
	c.Title = shorten(sentenceCase(c.Title), titleLimit-1)
	c.Table = flowTable(g, all, f.Grain, c.Title)
	c.Alt = linesAlt(t, p, []line{began, ended}, o, nil)
	if seen == 0 {
		c.draw, c.fit = nothing(c.Title), lowFit
		return c.by(f.Filter.Book).At(Page)
	}
	c.draw = func(s Size) (json.RawMessage, error) {
		return drawLines(m, p.rs, f.Grain, []line{began, ended}, o.Scale, p, nil, s)
	}
	return c.by(f.Filter.Book).latest(len(p.rs), phoneMarks, step+"s").At(Page)
}

// flowTable has a row for each period, which adds up from left to right.
func flowTable(g measure.FlowGroup, all []measure.TrendReading, grain measure.Dimension, caption string) Table {
	t := Table{Caption: caption, Head: []string{periodHead(grain), "Waiting at the start"}}
	// New and ended always stand; the rest only where something of it happened.
	var kinds []measure.EventKind
	for _, k := range measure.EventKinds {
		if k == measure.Began || k == measure.Ended || g.Whole.By[k] > 0 {
			kinds = append(kinds, k)
			t.Head = append(t.Head, flowHeads[k])
		}
	}
	t.Head = append(t.Head, "Waiting at the end")
	row := func(head string, f measure.Flow) []Cell {
		cells := []Cell{text(head), number(float64(f.Start), whole(f.Start))}
		for _, k := range kinds {
			n := f.By[k]
			words := "+" + whole(n)
			if !k.Adds() {
				words = "−" + whole(n)
			}
			if n == 0 {
				words = "0"
			}
			cells = append(cells, number(float64(n), words))
		}
		return append(cells, number(float64(f.Now), whole(f.Now)))
	}
	for i, f := range g.Periods {
		t.Rows = append(t.Rows, row(rowHead(all[i], grain), f))
	}
	t.Foot = row("Whole period", g.Whole)
	return t
}

// flowHeads are the headings of the kinds of event.
var flowHeads = map[measure.EventKind]string{
	measure.Began: "New", measure.AlreadyWaiting: "Already waiting when extracts began", measure.Resumed: "Resumed",
	measure.MovedIn: "Moved in",
	measure.Ended:   "Ended", measure.NoLongerListed: "No extract since", measure.Paused: "Paused", measure.MovedOut: "Moved out",
}
