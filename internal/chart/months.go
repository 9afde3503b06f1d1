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

// reading is one month (or day) of a series as a chart sees it.
type reading struct {
	measure.Period
	// none says that nothing is known: no extract of any provider counts.
	none bool
	// gappy says that some provider lacks an extract for some day.
	gappy bool
	// part says that the month is not over yet.
	part bool
}

// readings classes each period. A period without any listed day and without any
// delayed day is a gap, never a zero; one with days, or with some days listed,
// is drawn and its missing days are named.
func readings(periods []measure.Period, monthly bool) []reading {
	out := make([]reading, len(periods))
	for i, p := range periods {
		r := reading{Period: p}
		r.none = p.Listed == 0 && p.Days.Total() == 0
		r.gappy = !r.none && (p.Listed < p.CalendarDays() || len(p.Missing) > 0)
		r.part = monthly && p.Last < p.First.Month().Last()
		out[i] = r
	}
	return out
}

// label is what stands under a month's bar.
func (r reading) label() string {
	if r.part {
		return shortMonth(r.First) + "\nto " + r.Last.Time().Format("2 Jan")
	}
	return shortMonth(r.First)
}

// header is what stands at the head of a month's table row.
func (r reading) header() string {
	s := r.First.Month().Long()
	if r.part {
		s += ", to " + r.Last.Time().Format("2 January")
	}
	if r.gappy {
		s += " (some data missing)"
	}
	return s
}

// DelayedDays is the delayed days of each month as bars stacked by responsible
// body, social care first. place names what the overview is of.
func DelayedDays(o measure.Overview, place string) Chart {
	return monthly(o, place, monthlyMeasure{
		id: "delayed-days", name: "Delayed days", noun: "delayed days", unit: "Delayed days a month",
		definition: definitionDays(o.Filter.Book.Counting()), whole: true,
		value: func(p measure.Period, b delay.Body) float64 { return float64(daysWith(p.Days, b)) },
		total: func(p measure.Period) float64 { return float64(p.Days.Total()) },
		words: func(v float64) string { return whole(int64(math.Round(v))) },
		sum:   func(days int64, _ int) float64 { return float64(days) },
		foot:  "All months",
	})
}

// Beds is the delayed days over calendar days of each month (C12), by the name
// that the convention has for it (D3), as bars stacked by responsible body.
func Beds(o measure.Overview, place string) Chart {
	c := o.Filter.Book.Counting()
	return monthly(o, place, monthlyMeasure{
		id: c.BedsID(), name: c.BedsWords(), noun: c.BedsNoun(), unit: c.BedsWords() + ", monthly average",
		definition: definitionBeds(c),
		value: func(p measure.Period, b delay.Body) float64 {
			return float64(daysWith(p.Days, b)) / float64(p.CalendarDays())
		},
		total: measure.Period.Beds,
		words: decimal,
		sum:   func(days int64, calendar int) float64 { return float64(days) / float64(calendar) },
		foot:  "Average of the period",
	})
}

// monthlyMeasure is what differs between the stacked monthly charts.
type monthlyMeasure struct {
	id, name, noun, unit, definition, foot string
	whole                                  bool
	value                                  func(measure.Period, delay.Body) float64
	total                                  func(measure.Period) float64
	words                                  func(float64) string
	// sum gives the measure for several months: days and calendar days (C12).
	sum func(days int64, calendar int) float64
}

func monthly(o measure.Overview, place string, m monthlyMeasure) Chart {
	rs := readings(o.Months, true)
	bodies := present(o.Filter.Book, o.Total())
	c := Chart{
		ID:         m.id,
		Subtitle:   subtitle(m.unit, byBody(o.Filter.Book), place, filterWords(o.Filter), span(o.From, o.To), agreedOnly(o.Filter.Basis)),
		Notes:      withGapNote(notes(o, rs), rs),
		missing:    missingDays(rs),
		Key:        keyOf(bodies),
		Definition: m.definition,
		Source:     source(o.AsAt),
	}
	c.Title = monthlyTitle(rs, m)
	c.Table = monthlyTable(rs, columns(o.Filter.Book), m, c.Title)
	c.Alt = monthlyAlt(o, place, rs, m)
	c.draw = func(s Size) (json.RawMessage, error) {
		return drawMonthly(rs[s.from(len(rs), phoneBars):], bodies, m, s)
	}
	c = c.latest(len(rs), phoneBars, "months")
	if known(rs) == 0 {
		c.draw, c.fit, c.cut = nothing(c.Title), lowFit, nil
	}
	return c.by(o.Filter.Book).At(Page)
}

// known counts the readings that are not gaps.
func known(rs []reading) int {
	n := 0
	for _, r := range rs {
		if !r.none {
			n++
		}
	}
	return n
}

func monthlyTable(rs []reading, bodies []delay.Body, m monthlyMeasure, caption string) Table {
	t := Table{Caption: caption, Head: []string{"Month"}}
	for _, b := range bodies {
		t.Head = append(t.Head, bodyLabel(b))
	}
	t.Head = append(t.Head, "All")
	var sum measure.ByBody
	calendar, gaps := 0, false
	for _, r := range rs {
		row := []Cell{text(r.header())}
		if r.none {
			gaps = true
			for range len(bodies) + 1 {
				row = append(row, text(noData))
			}
			t.Rows = append(t.Rows, row)
			continue
		}
		calendar += r.CalendarDays()
		for _, b := range bodies {
			sum[b] += r.Days[b]
			v := m.value(r.Period, b)
			row = append(row, number(v, m.words(v)))
		}
		v := m.total(r.Period)
		t.Rows = append(t.Rows, append(row, number(v, m.words(v))))
	}
	if calendar == 0 {
		return t
	}
	foot := m.foot
	if gaps {
		foot += " with data"
	}
	t.Foot = []Cell{text(foot)}
	for _, b := range bodies {
		v := m.sum(sum[b], calendar)
		t.Foot = append(t.Foot, number(v, m.words(v)))
	}
	v := m.sum(sum.Total(), calendar)
	t.Foot = append(t.Foot, number(v, m.words(v)))
	return t
}

func monthlyAlt(o measure.Overview, place string, rs []reading, m monthlyMeasure) string {
	s := fmt.Sprintf("Bar chart of %s, %s, %s, %s.", strings.TrimSpace(m.noun+" "+byBody(o.Filter.Book)), name(place), span(o.From, o.To),
		plural(int64(len(rs)), "month", "months"))
	low, high, last := extremes(rs, func(r reading) float64 { return m.total(r.Period) })
	if last < 0 {
		return s + " There is no data to show."
	}
	l := rs[last]
	s += fmt.Sprintf(" In %s: ", l.header())
	for _, b := range bodiesInWords {
		if o.Filter.Book.Divides() {
			s += fmt.Sprintf("%s %s, ", b, m.words(m.value(l.Period, b)))
		}
	}
	s += fmt.Sprintf("total %s.", m.words(m.total(l.Period)))
	if low != high {
		s += fmt.Sprintf(" Lowest %s in %s, highest %s in %s.", m.words(m.total(rs[low].Period)), rs[low].First.Month().Long(),
			m.words(m.total(rs[high].Period)), rs[high].First.Month().Long())
	}
	return s + gapWords(rs) + " Values are in the table below."
}

// extremes gives the indexes of the lowest and highest whole reading and of the
// latest one, -1 where there is none. Months that are not over do not count for
// lowest and highest unless there is nothing else.
func extremes(rs []reading, value func(reading) float64) (low, high, last int) {
	low, high, last = -1, -1, -1
	for i, r := range rs {
		if r.none {
			continue
		}
		last = i
		if r.part && i > 0 {
			continue
		}
		if low < 0 || value(r) < value(rs[low]) {
			low = i
		}
		if high < 0 || value(r) > value(rs[high]) {
			high = i
		}
	}
	if low < 0 {
		low, high = last, last
	}
	return low, high, last
}

// drawMonthly draws bars stacked by body, one bar a month.
func drawMonthly(rs []reading, bodies []delay.Body, m monthlyMeasure, s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	top := 0.0
	for _, r := range rs {
		if !r.none {
			top = math.Max(top, m.total(r.Period))
		}
	}
	maximum, step := scale(top*1.02, 5, m.whole)
	names := nameWidth(bodies, font)
	if s.Phone {
		names = 0 // The key stands above, for the plot's sake.
	}
	g := timeGrid(s, axisWidth(maximum, step, font), names, anyPart(rs))
	if s.Phone {
		g.top = keyHeight(bodies, s) + font*0.8
	}
	band := g.width(s) / float64(len(rs))
	gap := 0.22
	if band < 16 {
		gap = 0.12
	}
	barWidth := math.Min(band*(1-gap), font*6)
	perPixel := maximum / g.height(s)

	c := charts.NewBar()
	c.SetGlobalOptions(common(s, g, "shadow")...)
	labels := make([]string, len(rs))
	for i, r := range rs {
		labels[i] = r.label()
	}
	timeAxes(&c.RectChart, s, s.axisName(m.unit), maximum)
	if s.Phone {
		c.SetGlobalOptions(charts.WithLegendOpts(keyOpts(bodies, grid{}, s)))
	}
	c.SetXAxis(labels)

	e := extras{decals: map[int]*decal{}, y: axisExtras{step: step}, x: axisExtras{labels: monthLabels(rs, g.width(s), font), above: true}}
	ends := endLabels(rs, bodies, m, maximum, g, s, barWidth)
	edge := min(s.edge(), float32(math.Round(barWidth/2)/8))
	numbered := numbersFit(rs, bodies, m, barWidth, perPixel, s)
	for i, b := range bodies {
		p := paints[b]
		data := make([]opts.BarData, len(rs))
		for j, r := range rs {
			if r.none {
				data[j] = opts.BarData{Value: "-"}
				continue
			}
			v := m.value(r.Period, b)
			data[j] = opts.BarData{Value: plotted(v)}
			height := v / perPixel
			if numbered && v > 0 && height >= blockRoom(p, font) {
				data[j].Label = blockLabel(m.words(v), b, s, float64(s.small())*1.5)
			}
			data[j].ItemStyle = thin(p, height)
		}
		e.decals[i] = decalAt(b, s)
		c.AddSeries(bodyLabel(b), data,
			charts.WithBarChartOpts(opts.BarChart{Stack: "all", BarWidth: px(barWidth), BarCategoryGap: "10%"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: p.fill, BorderColor: p.edge, BorderWidth: edge}),
			charts.WithSeriesOpts(func(one *charts.SingleSeries) {
				if !s.Phone {
					one.MarkPoints = &opts.MarkPoints{Data: []any{ends[i]}}
				}
				if i == 0 {
					one.MarkAreas = gapAreas(rs, band, s, false)
					one.MarkPoints = under(one.MarkPoints, gapMarks(rs, 0, band, s))
				}
			}))
	}
	if len(bodies) == 0 {
		// Every month is known and has no delayed day: an empty plot from zero.
		data := make([]opts.BarData, len(rs))
		for j, r := range rs {
			data[j] = opts.BarData{Value: 0}
			if r.none {
				data[j] = opts.BarData{Value: "-"}
			}
		}
		c.AddSeries("All", data, charts.WithSeriesOpts(func(one *charts.SingleSeries) {
			one.MarkAreas = gapAreas(rs, band, s, false)
			one.MarkPoints = under(nil, gapMarks(rs, 0, band, s))
		}))
	}
	return finish(c, e)
}

// blockRoom is how high (or, lying down, how wide beyond its number) a block
// must be to bear its number: a number on the hatch needs white around it.
func blockRoom(p paint, font float64) float64 {
	if p.decal != nil {
		return font * 2.1
	}
	return font * 1.3
}

// numbersFit says whether the numbers of all blocks high enough to bear one are
// narrow enough for the bars. Numbers on some bars only would read as emphasis.
func numbersFit(rs []reading, bodies []delay.Body, m monthlyMeasure, barWidth, perPixel float64, s Size) bool {
	for _, r := range rs {
		for _, b := range bodies {
			v := m.value(r.Period, b)
			if v/perPixel >= blockRoom(paints[b], float64(s.Font)) && textWidth(m.words(v), float64(s.small()))+2 > barWidth {
				return false
			}
		}
	}
	return true
}

// blockLabel is the number on a block, on a clear ground of some height where there
// is a pattern.
func blockLabel(words string, b delay.Body, s Size, clear float64) *opts.Label {
	l := &opts.Label{Show: opts.Bool(true), Position: "inside", Formatter: words, Color: paints[b].text, FontSize: float32(s.small())}
	if decalAt(b, s) != nil {
		l.BackgroundColor, l.LineHeight = paints[b].fill, float32(clear)
	}
	return l
}

// thin is how a block too thin for its edge is drawn: one of no length leaves
// no line behind, and a white edge does not hide a short one. It is nil for
// blocks of ordinary length.
func thin(p paint, length float64) *opts.ItemStyle {
	switch {
	case length == 0:
		return &opts.ItemStyle{Color: p.fill, BorderColor: p.edge, Opacity: opts.Float(0)}
	case length < 4 && p.decal == nil:
		return &opts.ItemStyle{Color: p.fill, BorderColor: p.fill, BorderWidth: 0.1}
	}
	return nil
}

// plotted trims a value to what a drawing can use, so that option JSON holds no
// long tails of binary fractions.
func plotted(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func anyPart(rs []reading) bool {
	for _, r := range rs {
		if r.part {
			return true
		}
	}
	return false
}

// axisName is the name over a value axis. A phone has no room for it: the
// subtitle says it.
func (s Size) axisName(words string) string {
	if s.Phone {
		return ""
	}
	return words
}

// timeGrid leaves room for the axis numbers, the names beside the last bar, the
// axis name and the month labels.
func timeGrid(s Size, left, right float64, twoLines bool) grid {
	font := float64(s.Font)
	g := grid{left: left + font*0.6 + 2, right: right + font*0.6, top: font * 2.3, bottom: font * 2.2}
	if s.Phone {
		g.top = font * 0.8
	}
	if twoLines {
		g.bottom += font * 1.25
	}
	return g
}

// axisWidth is the width of the widest number on a value axis.
func axisWidth(maximum, step, font float64) float64 {
	w := 0.0
	for v := 0.0; v <= maximum+step/2; v += step {
		words := whole(int64(v))
		if v != math.Trunc(v) {
			words = decimal(v) + "0"
		}
		w = math.Max(w, textWidth(words, font))
	}
	return w * edge
}

func timeAxes(c *charts.RectChart, s Size, unit string, maximum float64) {
	c.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{
			Type:      "category",
			AxisLine:  &opts.AxisLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: ink, Width: 1}},
			AxisLabel: &opts.AxisLabel{Show: opts.Bool(true), Color: ink, FontSize: s.Font, Margin: math.Round(float64(s.Font) * 0.6), Rotate: 0},
			SplitLine: &opts.SplitLine{Show: opts.Bool(false)},
		}),
		charts.WithYAxisOpts(opts.YAxis{
			Type: "value", Name: unit, NameLocation: "end", NameGap: int(float64(s.Font) * 0.8),
			Min: 0, Max: maximum,
			AxisLine:  &opts.AxisLine{Show: opts.Bool(false)},
			AxisLabel: &opts.AxisLabel{Show: opts.Bool(true), Color: ink, FontSize: s.Font, Margin: math.Round(float64(s.Font) * 0.6)},
			SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: gridLine, Width: 1}},
		}),
	)
}

// nameWidth is the room that the names beside the last bar need.
func nameWidth(bodies []delay.Body, font float64) float64 {
	w := 0.0
	for _, b := range bodies {
		w = math.Max(w, textWidth(bodyLabel(b), font))
	}
	return w*edge + font*1.9
}

// point is a mark at a place in the plot, in the axes' own numbers so that it
// stays in place at any size.
type point struct {
	Name         string      `json:"name"`
	Coord        [2]float64  `json:"coord"`
	Symbol       string      `json:"symbol"`
	SymbolSize   [2]float64  `json:"symbolSize"`
	SymbolOffset [2]float64  `json:"symbolOffset"`
	ItemStyle    *itemStyle  `json:"itemStyle,omitempty"`
	Label        *pointLabel `json:"label"`
}

type pointLabel struct {
	opts.Label
	Distance float64 `json:"distance"`
	Offset   []int   `json:"offset,omitempty"`
}

// The swatches with a pattern: ECharts lays no decal over marks.
const (
	hatchedSquare = "path://M0,0H12V12H0ZM0,4L4,0M0,8L8,0M0,12L12,0M4,12L12,4M8,12L12,8"
	dottedSquare  = "path://M0,0H12V12H0ZM3,3h1v1h-1ZM8,3h1v1h-1ZM3,8h1v1h-1ZM8,8h1v1h-1Z"
)

// endLabels names each body beside the last bar, with a swatch, moved apart
// where blocks are too thin for their names.
func endLabels(rs []reading, bodies []delay.Body, m monthlyMeasure, maximum float64, g grid, s Size, barWidth float64) []point {
	font := float64(s.Font)
	height := g.height(s)
	last := 0
	for i, r := range rs {
		if !r.none {
			last = i
		}
	}
	ys := make([]float64, len(bodies))
	base := 0.0
	for i, b := range bodies {
		v := m.value(rs[last].Period, b)
		ys[i] = height * (1 - (base+v/2)/maximum)
		base += v
	}
	ys = apart(ys, font*1.4, font*0.7, height-font*0.6)
	band := g.width(s) / float64(len(rs))
	swatch := math.Round(font * 0.9)
	// The names stand at the right edge of the plot even when the latest months
	// are a gap.
	offset := band*float64(len(rs)-1-last) + band/2 + swatch/2 + font*0.5
	if last == len(rs)-1 {
		offset = math.Max(barWidth/2+swatch/2+font*0.5, band/2+swatch/2+2)
	}
	out := make([]point, len(bodies))
	for i, b := range bodies {
		p := paints[b]
		one := point{
			Name:  bodyLabel(b),
			Coord: [2]float64{float64(last), plotted(maximum * (1 - ys[i]/height))}, Symbol: "rect",
			SymbolSize: [2]float64{swatch, swatch}, SymbolOffset: [2]float64{math.Round(offset), 0},
			ItemStyle: &itemStyle{ItemStyle: &opts.ItemStyle{Color: p.fill, BorderColor: p.fill, BorderWidth: 1}},
			Label: &pointLabel{Distance: font * 0.45, Label: opts.Label{Show: opts.Bool(true), Position: "right",
				Formatter: bodyLabel(b), Color: ink, FontSize: float32(font)}},
		}
		if p.decal != nil {
			one.Symbol = hatchedSquare
			one.ItemStyle.BorderColor = hatchInk
		} else if b == delay.Joint {
			one.Symbol = dottedSquare
			if one.ItemStyle.BorderColor = white; s.Mono {
				one.ItemStyle.BorderColor = ink
			}
		}
		out[i] = one
	}
	return out
}

// area is one end of a shaded stretch of the time axis.
type area struct {
	Name      string          `json:"name,omitempty"`
	XAxis     int             `json:"xAxis"`
	ItemStyle *opts.ItemStyle `json:"itemStyle,omitempty"`
	Label     *opts.Label     `json:"label,omitempty"`
}

// gapAreas shades each run of readings without data and names it where the words
// fit. A line's band runs from the last reading before the gap to the first after
// it, which is exactly what the line leaves out.
func gapAreas(rs []reading, band float64, s Size, line bool) *opts.MarkAreas {
	font := float64(s.small())
	var data []any
	add := func(from, to int) {
		width := band * float64(to-from+1)
		if line {
			from, to = max(0, from-1), min(len(rs)-1, to+1)
			width = band * float64(to-from)
		}
		label := &opts.Label{Show: opts.Bool(false)}
		for _, n := range [...]string{noData, "No\ndata"} {
			if widest(n, font)+2 <= width {
				label = &opts.Label{Show: opts.Bool(true), Position: "insideTop", Formatter: n, Color: ink,
					FontSize: float32(math.Round(font)), LineHeight: float32(math.Round(font * 1.2))}
				break
			}
		}
		data = append(data, [2]area{
			{Name: noData, XAxis: from, ItemStyle: &opts.ItemStyle{Color: gapFill}, Label: label}, {XAxis: to},
		})
	}
	start := -1
	for i := 0; i <= len(rs); i++ {
		in := i < len(rs) && rs[i].none
		if in && start < 0 {
			start = i
		}
		if !in && start >= 0 {
			add(start, i-1)
			start = -1
		}
	}
	if data == nil {
		return nil
	}
	return &opts.MarkAreas{Data: data}
}

// monthLabels picks which months bear a label so that horizontal words do not
// touch: every month, every second from the latest, or Aprils and the months
// that divide a financial year evenly.
func monthLabels(rs []reading, width, font float64) []int {
	if len(rs) == 0 {
		return nil
	}
	band := width / float64(len(rs))
	room := textWidth("Sep 2018", font) + font*0.8
	step := 1
	for _, step = range [...]int{1, 2, 3, 6, 12, 24, 36, 60, 120} {
		if band*float64(step) >= room {
			break
		}
	}
	last := len(rs) - 1
	var out []int
	for i, r := range rs {
		shown := (last-i)%step == 0
		if step >= 3 {
			// Months count from January of year 0, so April is the fourth.
			shown = (int(r.First.Month())-3)%step == 0
		}
		if i != last && rs[last].part && float64(last-i)*band < room {
			shown = false
		}
		if shown || i == last && rs[last].part {
			out = append(out, i)
		}
	}
	if len(out) == 0 {
		out = []int{last}
	}
	return out
}
