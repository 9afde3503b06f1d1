package chart

import (
	"encoding/json"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"homeward/internal/measure"
)

// mostOver is the most lines that lie over each other on a phone. More are drawn
// below each other.
const mostOver = 2

// earlierFill is that of the bars before the latest, which bears the colour of its
// line.
const earlierFill = "#D8DDE0"

// drawMultiples draws lines below each other as bars from nothing on one scale of
// pixels, the name and the latest value over each, the newest at the right edge: on
// a phone lines over each other have no room for their names.
func drawMultiples(m measure.Metric, rs []reading, grain measure.Dimension, all []line, s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	n := len(rs)
	tops := make([]float64, len(all))
	sum := 0.0
	for i, l := range all {
		for _, v := range l.values {
			if v != nil {
				tops[i] = math.Max(tops[i], *v)
			}
		}
		sum += tops[i]
	}
	const sides = 2.0
	head, foot := font*1.5, font*1.7
	gap := font * 0.5
	left := float64(s.Height) - foot - (head+gap)*float64(len(all))
	perPixel := sum / left
	if sum == 0 {
		perPixel = 1
	}
	width := float64(s.Width) - 2*sides
	band := width / float64(n)
	barWidth := math.Max(1, math.Min(band*0.86, font*3))

	c := charts.NewBar()
	c.SetGlobalOptions(common(s, grid{}, "shadow")...)
	c.GridList = nil
	c.XAxisList, c.YAxisList = nil, nil
	labels, _ := axisLabels(rs, grain, width, font)
	y := 0.0
	for i, l := range all {
		// A line that is nothing throughout has a plot of one pixel: an axis.
		height := math.Max(1, math.Ceil(tops[i]/perPixel))
		top := math.Round(y + head)
		y = top + height + gap
		c.GridList = append(c.GridList, opts.Grid{Left: px(sides), Right: px(sides), Top: px(top), Height: px(height),
			ContainLabel: opts.Bool(false)})
		c.ExtendXAxis(opts.XAxis{Type: "category", GridIndex: i, Data: labels,
			AxisLine:  &opts.AxisLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: ink, Width: 1}},
			AxisLabel: &opts.AxisLabel{Show: opts.Bool(false)}, SplitLine: &opts.SplitLine{Show: opts.Bool(false)}})
		maximum := plotted(height * perPixel)
		c.ExtendYAxis(opts.YAxis{Type: "value", GridIndex: i, Min: 0, Max: maximum,
			AxisLine:  &opts.AxisLine{Show: opts.Bool(false)},
			AxisLabel: &opts.AxisLabel{Show: opts.Bool(false)}, SplitLine: &opts.SplitLine{Show: opts.Bool(false)}})

		data := make([]opts.BarData, n)
		last := -1
		for j, v := range l.values {
			if data[j] = (opts.BarData{Value: "-"}); v != nil {
				data[j], last = opts.BarData{Value: plotted(*v)}, j
			}
		}
		latest := noData
		if last >= 0 {
			latest = words(m, *l.values[last])
			data[last].ItemStyle = &opts.ItemStyle{Color: l.color, BorderColor: ink, BorderWidth: 1}
			if l.hatched {
				data[last].ItemStyle.Color = white
			}
		}
		marks := []any{
			besideWords(l.name, 0, maximum, -band/2, -font*0.75, "right", "bold", font),
			besideWords(latest, n-1, maximum, band/2, -font*0.75, "left", "bold", font),
		}
		if i == len(all)-1 {
			marks = append(marks, besideWords(labels[0], 0, 0, -band/2, font, "right", "normal", font),
				besideWords("Filled: latest", n/2, 0, 0, font, "inside", "normal", font),
				besideWords(labels[n-1], n-1, 0, band/2, font, "left", "normal", font))
			marks = append(marks, gapMarks(rs, 0, band, s)...)
		}
		c.AddSeries(l.name, data,
			charts.WithBarChartOpts(opts.BarChart{XAxisIndex: i, YAxisIndex: i, BarWidth: px(barWidth)}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: earlierFill, BorderColor: usualEdge, BorderWidth: 1}),
			charts.WithSeriesOpts(func(one *charts.SingleSeries) { one.MarkPoints = &opts.MarkPoints{Data: marks} }))
	}
	return finish(c, extras{x: axisExtras{above: true}})
}

// besideWords are words that begin or end at a reading, so many pixels from a value.
func besideWords(words string, at int, value, right, down float64, position, weight string, font float64) point {
	return point{
		Name: "label", Coord: [2]float64{float64(at), value}, Symbol: "circle", SymbolSize: [2]float64{0.1, 0.1},
		SymbolOffset: [2]float64{math.Round(right), math.Round(down)},
		ItemStyle:    &itemStyle{ItemStyle: &opts.ItemStyle{Color: "transparent"}},
		Label: &pointLabel{Distance: 0, Label: opts.Label{Show: opts.Bool(true), Position: position, Formatter: literal(words), Color: ink,
			FontSize: float32(font), FontWeight: weight}},
	}
}
