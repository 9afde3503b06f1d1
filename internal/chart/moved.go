package chart

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Moved is what moved the council share from one period to the next, in parts
// that add up to the change exactly.
type Moved struct {
	From, To, WasFrom, WasTo delay.Day
	// Noun is what a part is: a hospital, a reason, a type of care, a group.
	Noun  string
	Parts []MovedPart
	// Change is that of the share in tenths of a percentage point; Now and Was
	// are all social care days of the two periods.
	Change   int
	Now, Was int64
	// Few is the number of people in the period when they are too few to
	// describe a change, else zero.
	Few  int64
	AsAt delay.Day
	// Book says by which convention the days are counted.
	Book *definition.Book
}

// MovedPart is one part. Points is in tenths of a percentage point, Now and Was
// are its social care days of the two periods.
type MovedPart struct {
	Name     string
	Several  bool // the name stands for several: "new delays account for"
	Now, Was int64
	Points   int
}

const definitionMoved = "Each part is its delayed days with social care divided by all delayed days, this period less the one before, in " +
	"percentage points. " +
	"Parts are rounded to tenths so that they add up to the change exactly."

// MovedOf is the parts of a change of the council share as bars to either side
// of zero, in the order given.
func MovedOf(m Moved, place string) Chart {
	c := Chart{
		ID:    "moved-share",
		Title: movedTitle(m),
		Subtitle: subtitle("Parts of the change in council share, in points, by "+m.Noun, place,
			span(m.From, m.To)+" against "+span(m.WasFrom, m.WasTo)),
		Definition: definitionMoved,
		Source:     source(m.AsAt),
	}
	c.Table = movedTable(m, c.Title)
	c.Alt = movedAlt(m)
	c.draw = func(s Size) (json.RawMessage, error) { return drawMoved(m.Parts, s) }
	c.fit = func(s Size) Size {
		s.Height = min(s.Height, int(math.Round(float64(s.Font)*(1.4+3*float64(len(m.Parts))))))
		return s
	}
	if len(m.Parts) == 0 {
		c.draw, c.fit = nothing(c.Title), lowFit
	}
	return c.by(m.Book).At(Page)
}

// movedTitle is the finding (T2, T10).
func movedTitle(m Moved) string {
	size := pointWords(abs(m.Change))
	before := span(m.WasFrom, m.WasTo)
	if m.Few > 0 {
		return "Too few people to describe a change (" + plural(m.Few, "person", "people") + ")"
	}
	if abs(m.Change) < 5 {
		return "Council share is about the same as in " + before
	}
	way, verb, went := "rise", "added %s points to", "rose"
	if m.Change < 0 {
		way, verb, went = "fall", "took %s points off", "fell"
	}
	largest := -1
	for i, p := range m.Parts {
		// Of equal parts the first, which has the most days, speaks.
		if p.Points != 0 && (p.Points > 0) == (m.Change > 0) && (largest < 0 || abs(p.Points) > abs(m.Parts[largest].Points)) {
			largest = i
		}
	}
	if largest < 0 || 2*abs(m.Parts[largest].Points) < abs(m.Change) {
		return fmt.Sprintf("No single %s accounts for most of the %s-point change", m.Noun, size)
	}
	p := m.Parts[largest]
	accounts := "accounts"
	if p.Several {
		accounts = "account"
	}
	say := func(who string) string {
		if abs(p.Points) > abs(m.Change) {
			// A part of more than the whole would read as a slip.
			return who + " " + fmt.Sprintf(verb, pointWords(abs(p.Points))) + " council share, which " + went + " by " + size
		}
		return fmt.Sprintf("%s %s for %s of the %s-point %s in council share", who, accounts, pointWords(abs(p.Points)), size, way)
	}
	if t := say(sentenceCase(plain(p.Name))); len([]rune(t)) < titleLimit {
		return t
	}
	rest := len([]rune(say("")))
	return say(shorten(sentenceCase(plain(p.Name)), titleLimit-1-rest))
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// pointWords writes tenths of a point without a sign, signedPoints with one.
func pointWords(tenths int) string { return fmt.Sprintf("%d.%d", tenths/10, tenths%10) }

func signedPoints(tenths int) string {
	switch {
	case tenths > 0:
		return "+" + pointWords(tenths)
	case tenths < 0:
		return "−" + pointWords(-tenths)
	}
	return "0.0"
}

func movedTable(m Moved, caption string) Table {
	t := Table{Caption: caption, Head: []string{sentenceCase(m.Noun), "Social care days now", "Before", "Points"}}
	row := func(head string, now, was int64, points int) []Cell {
		return []Cell{text(head), number(float64(now), whole(now)), number(float64(was), whole(was)),
			number(float64(points)/10, signedPoints(points))}
	}
	for _, p := range m.Parts {
		t.Rows = append(t.Rows, row(sentenceCase(plain(p.Name)), p.Now, p.Was, p.Points))
	}
	if len(m.Parts) > 0 {
		t.Foot = row("All", m.Now, m.Was, m.Change)
	}
	return t
}

func movedAlt(m Moved) string {
	if len(m.Parts) == 0 {
		return "Bars showing parts of a change in council share. There is nothing to show."
	}
	parts := make([]string, len(m.Parts))
	for i, p := range m.Parts {
		parts[i] = name(p.Name) + " " + signedPoints(p.Points)
	}
	return fmt.Sprintf("Bars showing parts of a %s-point change: %s. They add up exactly. Values are in the table beside the chart.",
		signedPoints(m.Change), strings.Join(parts, ", "))
}

func drawMoved(parts []MovedPart, s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	room := float64(s.Width) * 0.36
	labels := make([]string, len(parts))
	left, most, ends := 0.0, 0.5, 0.0
	for i, p := range parts {
		lines := wrap(plain(p.Name), font, room, 2)
		for _, l := range lines {
			left = math.Max(left, textWidth(l, font))
		}
		labels[i] = strings.Join(lines, "\n")
		most = math.Max(most, math.Abs(float64(p.Points))/10)
		ends = math.Max(ends, textWidth(signedPoints(p.Points), font))
	}
	// A tenth more than the measure, for fonts that a reader has in place of ours and that are wider.
	g := grid{left: left*1.1 + font*1.2, right: font * 0.4, top: font * 0.7, bottom: font * 0.7}
	// Both sides have the same scale, with room for the numbers at the ends.
	half := g.width(s) / 2
	side := most * half / math.Max(half-ends-font*0.8, half/4)
	band := g.height(s) / float64(len(parts))
	barWidth := math.Min(band*0.6, font*1.9)

	c := charts.NewBar()
	c.SetGlobalOptions(common(s, g, "shadow")...)
	c.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Show: opts.Bool(false), Min: plotted(-side), Max: plotted(side)}),
		charts.WithYAxisOpts(opts.YAxis{
			Type: "category", Inverse: opts.Bool(true),
			AxisLine:  &opts.AxisLine{Show: opts.Bool(false), OnZero: opts.Bool(false)},
			AxisLabel: &opts.AxisLabel{Show: opts.Bool(true), Color: ink, FontSize: s.Font, Margin: math.Round(font * 0.6)},
			SplitLine: &opts.SplitLine{Show: opts.Bool(false)},
		}),
	)
	c.SetXAxis(labels)
	c.XYReversal()
	data := make([]opts.BarData, len(parts))
	every := make([]int, len(parts))
	for i, p := range parts {
		every[i] = i
		position := "right"
		if p.Points < 0 {
			position = "left"
		}
		data[i] = opts.BarData{Value: float64(p.Points) / 10,
			Label: &opts.Label{Show: opts.Bool(true), Position: position, Formatter: signedPoints(p.Points), Color: ink, FontSize: float32(font)}}
	}
	c.AddSeries("Points", data,
		charts.WithBarChartOpts(opts.BarChart{BarWidth: px(barWidth)}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: usualEdge, BorderColor: usualEdge, BorderWidth: s.edge()}),
		charts.WithMarkLineNameXAxisItemOpts(opts.MarkLineNameXAxisItem{Name: "No change", XAxis: 0}),
		charts.WithMarkLineStyleOpts(opts.MarkLineStyle{Symbol: []string{"none", "none"}, Label: &opts.Label{Show: opts.Bool(false)},
			LineStyle: &opts.LineStyle{Color: ink, Width: 2, Type: "solid"}}))
	return finish(c, extras{y: axisExtras{labels: every}})
}
