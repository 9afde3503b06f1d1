package chart

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// extras adds to a go-echarts option what go-echarts has no field for, through
// its own visitor. Nothing here is ever a function: the option is data.
type extras struct {
	charts.BaseConfigurationVisitor
	x, y   axisExtras
	decals map[int]*decal
	// over names the lines that lie over markers: those of a chart with so many
	// marks that a line under them would be gone.
	over []string
}

// axisExtras are an axis's step between ticks and the category indexes that
// bear a label.
type axisExtras struct {
	step   float64
	labels []int
	// ticks says that each label has a tick over it, as points on a line need.
	ticks bool
	// above draws the axis over the bars, whose white edges would cut its line.
	above bool
}

func (a axisExtras) z() int {
	if a.above {
		return 3
	}
	return 0
}

type xAxis struct {
	opts.XAxis
	AxisLabel axisLabel `json:"axisLabel"`
	AxisTick  axisTick  `json:"axisTick"`
	Interval  float64   `json:"interval,omitempty"`
	Z         int       `json:"z"`
}

type yAxis struct {
	opts.YAxis
	AxisLabel axisLabel  `json:"axisLabel"`
	AxisTick  *axisTick  `json:"axisTick,omitempty"`
	NameStyle *nameStyle `json:"nameTextStyle,omitempty"`
	Interval  float64    `json:"interval,omitempty"`
	Z         int        `json:"z"`
}

type axisLabel struct {
	*opts.AxisLabel
	CustomValues []int `json:"customValues,omitempty"`
	// LineHeight shadows go-echarts' text field: ECharts wants a number.
	LineHeight float64 `json:"lineHeight,omitempty"`
}

// axisTick always has an interval of 0: ECharts places bands over bars by the
// ticks of their categories, drawn or not.
type axisTick struct {
	Show         bool            `json:"show"`
	Interval     int             `json:"interval"`
	CustomValues []int           `json:"customValues,omitempty"`
	Align        bool            `json:"alignWithLabel,omitempty"`
	LineStyle    *opts.LineStyle `json:"lineStyle,omitempty"`
}

type nameStyle struct {
	Color    string `json:"color"`
	FontSize int    `json:"fontSize"`
	Align    string `json:"align"`
}

type series struct {
	charts.SingleSeries
	ItemStyle *itemStyle `json:"itemStyle,omitempty"`
	Silent    bool       `json:"silent"`
	// Data shadows go-echarts' field: most readings are plain numbers.
	Data any `json:"data,omitempty"`
	Z    int `json:"z,omitempty"`
}

type itemStyle struct {
	*opts.ItemStyle
	Decal *decal `json:"decal,omitempty"`
}

func (e extras) VisitXAxis(axes []opts.XAxis) any {
	out := make([]xAxis, len(axes))
	for i, a := range axes {
		label := axisLabel{AxisLabel: a.AxisLabel, CustomValues: e.x.labels}
		if a.AxisLabel != nil {
			label.LineHeight = math.Round(float64(a.AxisLabel.FontSize) * 1.25)
		}
		tick := axisTick{}
		if e.x.ticks {
			tick = axisTick{Show: true, Align: true, CustomValues: e.x.labels, LineStyle: &opts.LineStyle{Color: ink}}
		}
		out[i] = xAxis{XAxis: a, AxisLabel: label, AxisTick: tick, Interval: e.x.step, Z: e.x.z()}
	}
	return out
}

func (e extras) VisitYAxis(axes []opts.YAxis) any {
	out := make([]yAxis, len(axes))
	for i, a := range axes {
		label := axisLabel{AxisLabel: a.AxisLabel, CustomValues: e.y.labels}
		size := 12
		if a.AxisLabel != nil {
			size = a.AxisLabel.FontSize
			label.LineHeight = math.Round(float64(size) * 1.2)
		}
		out[i] = yAxis{YAxis: a, AxisLabel: label, AxisTick: &axisTick{}, Interval: e.y.step, Z: e.y.z(),
			NameStyle: &nameStyle{Color: ink, FontSize: size, Align: "left"}}
	}
	return out
}

func (e extras) VisitSeriesOpt(all charts.MultiSeries) any {
	out := make([]series, len(all))
	for i, s := range all {
		out[i] = series{SingleSeries: s, Silent: true, Data: lean(s.Data)}
		switch {
		case slices.Contains(e.over, s.Name):
			out[i].Z = markersZ + 1
		case s.Type == "scatter":
			out[i].Z = markersZ
		case s.Type == "line" && !marked(s.Data):
			out[i].ShowSymbol = opts.Bool(false)
		}
		if s.ItemStyle != nil || e.decals[i] != nil {
			out[i].ItemStyle = &itemStyle{ItemStyle: s.ItemStyle, Decal: e.decals[i]}
		}
	}
	return out
}

// markersZ lies over lines, whose own is 3: ECharts would draw a line over its
// markers.
const markersZ = 4

// marked says whether a reading of a line bears a mark of its own: without one
// ECharts need not look at each.
func marked(data any) bool {
	items, ok := data.([]opts.LineData)
	return !ok || slices.ContainsFunc(items, func(d opts.LineData) bool { return d.Symbol != "" })
}

// lean writes a reading that is only a value as that value: ECharts makes a
// model of its own for every item that is an object, and ten years by day are
// thousands.
func lean(data any) any {
	var out []any
	switch items := data.(type) {
	case []opts.LineData:
		for _, d := range items {
			value := d.Value
			if d.Value = nil; d == (opts.LineData{}) {
				out = append(out, value)
				continue
			}
			d.Value = value
			out = append(out, d)
		}
	case []opts.BarData:
		for _, d := range items {
			value := d.Value
			if d.Value = nil; d == (opts.BarData{}) {
				out = append(out, value)
				continue
			}
			d.Value = value
			out = append(out, d)
		}
	default:
		return data
	}
	return out
}

// legendWords is the style of a key's words with the space around them: top,
// right, bottom, left.
type legendWords struct {
	*opts.TextStyle
	Padding [4]int `json:"padding"`
}

// VisitLegendOpt makes a key that is read, not clicked: go-echarts has no field
// for the space between its items and only words for whether they are buttons.
func (e extras) VisitLegendOpt(l opts.Legend) any {
	// Letters may be wider in the reader's browser than in Arial, by which words
	// are measured: the longest keeps clear of the mark after it.
	longest := 0.0
	add := func(name string) { longest = math.Max(longest, textWidth(name, float64(l.ItemHeight)/0.9)) }
	switch names := l.Data.(type) {
	case []string:
		for _, name := range names {
			add(name)
		}
	case []keyEntry:
		for _, one := range names {
			add(one.Name)
		}
	}
	// Half of the space between items is spaces after the words: ECharts puts the
	// other half between lines too.
	half := l.ItemWidth / 2
	font := float64(l.ItemHeight) / 0.9
	spaces := int(math.Ceil((float64(half) + longest*(edge-1)) / math.Max(1, textWidth(" ", font))))
	var words *legendWords
	if l.TextStyle != nil {
		// ECharts keeps words five pixels from their mark, whatever their size.
		words = &legendWords{TextStyle: l.TextStyle, Padding: [4]int{3: max(0, l.TextStyle.FontSize/2-5)}}
	}
	return struct {
		opts.Legend
		TextStyle    *legendWords `json:"textStyle,omitempty"`
		ItemGap      int          `json:"itemGap,omitempty"`
		Formatter    string       `json:"formatter,omitempty"`
		SelectedMode bool         `json:"selectedMode"`
	}{Legend: l, TextStyle: words, ItemGap: half, Formatter: "{name}" + strings.Repeat(" ", spaces)}
}

func (e extras) VisitTooltipOpt(t opts.Tooltip) any {
	return struct {
		opts.Tooltip
		ShowContent bool `json:"showContent"`
	}{Tooltip: t}
}

func (e extras) Visit(option map[string]any) {
	option["textStyle"] = map[string]any{"fontFamily": fontNames, "color": ink}
	option["animation"] = false
	// Without this ECharts splits long series over frames, and the server has
	// one frame only.
	option["progressive"] = 0
	// go-echarts sends empty components and a palette that the chart never uses.
	delete(option, "toolbox")
	delete(option, "color")
}

// common are the settings that every chart has.
func common(s Size, g grid, pointer string) []charts.GlobalOpts {
	return []charts.GlobalOpts{
		charts.WithAnimation(false),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{
			Show: opts.Bool(true), Trigger: "axis",
			AxisPointer: &opts.AxisPointer{Type: pointer, Label: &opts.Label{Show: opts.Bool(false)}},
		}),
		charts.WithGridOpts(opts.Grid{
			Left: px(g.left), Right: px(g.right), Top: px(g.top), Bottom: px(g.bottom),
			ContainLabel: opts.Bool(false),
		}),
	}
}

// grid is the room around the plot, in pixels.
type grid struct{ left, right, top, bottom float64 }

func (g grid) width(s Size) float64  { return float64(s.Width) - g.left - g.right }
func (g grid) height(s Size) float64 { return float64(s.Height) - g.top - g.bottom }

func px(v float64) string { return strconv.FormatFloat(math.Round(v), 'f', 0, 64) }

// finish turns a go-echarts chart into option JSON. It takes Validate and JSON
// only: Render and RenderSnippet turn escaping off, and a ward named
// "</script>" would run.
func finish(c interface {
	Validate()
	JSON() map[string]any
	Accept(charts.ConfigurationVisitor)
}, e extras) (json.RawMessage, error) {
	c.Accept(e)
	c.Validate()
	return json.Marshal(c.JSON())
}

// nothing is the drawing of a chart without numbers: its words, in the middle.
func nothing(words string) func(Size) (json.RawMessage, error) {
	return func(s Size) (json.RawMessage, error) {
		lines := wrap(words, float64(s.Font)*1.3, float64(s.Width)*0.8, 4)
		var joined strings.Builder
		for i, l := range lines {
			if i > 0 {
				joined.WriteString("\n")
			}
			joined.WriteString(l)
		}
		c := charts.NewBar()
		c.SetGlobalOptions(common(s, grid{}, "none")...)
		c.SetGlobalOptions(charts.WithTitleOpts(opts.Title{
			Title: joined.String(), Left: "center", Top: "middle", TextAlign: "auto",
			TitleStyle: &opts.TextStyle{Color: ink, FontSize: int(math.Round(float64(s.Font) * 1.3)), FontWeight: "normal", FontFamily: fontNames},
		}),
			charts.WithXAxisOpts(opts.XAxis{Show: opts.Bool(false)}),
			charts.WithYAxisOpts(opts.YAxis{Show: opts.Bool(false)}),
			charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(false)}))
		c.SetXAxis([]string{})
		return finish(c, extras{})
	}
}

// lowFit leaves a chart without numbers only the room for its words.
func lowFit(s Size) Size {
	s.Height = min(s.Height, s.Font*9)
	return s
}

// scale gives the top of an axis that begins at zero and the step between its
// ticks, about count of them, on round numbers. Counts of people and days have
// whole steps.
func scale(top float64, count int, wholeSteps bool) (maximum, step float64) {
	if !(top > 0) {
		top = 1
	}
	raw := top / float64(count)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range [...]float64{1, 1.5, 2, 2.5, 5, 10} {
		step = m * power
		if wholeSteps && step != math.Trunc(step) {
			continue
		}
		if step >= raw*(1-1e-9) {
			break
		}
	}
	if wholeSteps && step < 1 {
		step = 1
	}
	return step * math.Ceil(top/step-1e-9), step
}

// apart moves label positions, in pixels from the top and in order from the
// bottom of the plot upwards, until neighbours are at least gap apart and all
// lie between low (nearer the top) and high.
func apart(ys []float64, gap, low, high float64) []float64 {
	out := append([]float64(nil), ys...)
	for i := range out {
		out[i] = math.Min(out[i], high)
		if i > 0 && out[i-1]-out[i] < gap {
			out[i] = out[i-1] - gap
		}
	}
	for i := len(out) - 1; i >= 0; i-- {
		limit := low + float64(len(out)-1-i)*gap
		if out[i] < limit {
			out[i] = limit
		}
	}
	return out
}
