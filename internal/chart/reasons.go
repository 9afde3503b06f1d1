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
	"homeward/internal/measure"
)

// Reasons is the delayed days of the whole period by reason, as horizontal bars
// ranked by days and stacked by responsible body. Days whose reason is not
// known stand last.
func Reasons(o measure.Overview, place string) Chart {
	reasons, called := o.Reasons, namesOf(o.Filter.Book)
	if byGroup(o.Filter.Book) {
		reasons = grouped(o.Filter.Book, reasons)
	}
	ranked := rank(reasons)
	var total measure.ByBody
	for _, r := range ranked {
		for b, n := range r.Days {
			total[b] += n
		}
	}
	bodies := present(o.Filter.Book, total)
	c := Chart{
		ID:    "reasons",
		Title: reasonsTitle(called, ranked),
		Subtitle: subtitle("Delayed days by "+called.one, byBody(o.Filter.Book), place, filterWords(o.Filter), span(o.From, o.To),
			agreedOnly(o.Filter.Basis)),
		Notes:      notes(o, readings(o.Months, true)),
		missing:    missingDays(readings(o.Months, true)),
		Key:        keyOf(bodies),
		Definition: definitionReasons(o.Filter.Book),
		Source:     source(o.AsAt),
	}
	c.Table = reasonsTable(called, columns(o.Filter.Book), ranked, total, c.Title)
	c.Alt = reasonsAlt(o, place, ranked, total)
	c.draw = func(s Size) (json.RawMessage, error) {
		return drawReasons(called, ranked[:s.bars(ranked)], bodies, total, s)
	}
	c.cut = func(s Size) (int, int) { return s.bars(ranked), len(ranked) }
	c.steps, c.ranked = called.many, true
	c.fit = func(s Size) Size {
		// A few bars do not swell to fill the frame, and many make it taller: a
		// label below another's foot is left out by ECharts.
		rows := func(each float64) int {
			return int(math.Round(float64(s.Font) * (rankedTop + rankedBottom + each*float64(s.bars(ranked)))))
		}
		if s.Phone {
			s.Height = min(s.Height, int(keyHeight(bodies, s))+int(math.Round(float64(s.Font)*2.9*float64(s.bars(ranked)))))
			return s
		}
		s.Height = min(max(s.Height, rows(1.6)), rows(3.4))
		return s
	}
	if len(ranked) == 0 {
		c.draw, c.fit, c.cut = nothing(c.Title), lowFit, nil
	}
	return c.by(o.Filter.Book).At(Page)
}

// bars is how many of the ranking a drawing shows. The unknown reason stands last
// whatever its size, so nothing is left out where it is one of the large ones.
func (s Size) bars(ranked []measure.ReasonDays) int {
	n := len(ranked)
	if s.Rows == 0 || n <= s.Rows {
		return n
	}
	if last := ranked[n-1]; last.Reason == delay.ReasonNotKnown && last.Days.Total() > ranked[s.Rows-1].Days.Total() {
		return n
	}
	return s.Rows
}

// names is what the rows of the chart are: reasons, or groups of them.
type names struct {
	one, many string
	of        func(delay.Reason) string
}

func namesOf(b *definition.Book) names {
	if byGroup(b) {
		return names{"group", "groups", b.Group}
	}
	return names{"reason", "reasons", b.Short}
}

// rank puts reasons with days in order of days, most first, equal ones in the
// order of their codes, and the unknown reason last whatever its size.
func rank(reasons []measure.ReasonDays) []measure.ReasonDays {
	var out []measure.ReasonDays
	for _, r := range reasons {
		if r.Days.Total() > 0 {
			out = append(out, r)
		}
	}
	less := func(a, b measure.ReasonDays) bool {
		if (a.Reason == delay.ReasonNotKnown) != (b.Reason == delay.ReasonNotKnown) {
			return b.Reason == delay.ReasonNotKnown
		}
		if x, y := a.Days.Total(), b.Days.Total(); x != y {
			return x > y
		}
		return delay.CompareReasons(a.Reason, b.Reason) < 0
	}
	for i := 1; i < len(out); i++ {
		for j := i; j > 0 && less(out[j], out[j-1]); j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

func reasonsTable(called names, bodies []delay.Body, ranked []measure.ReasonDays, total measure.ByBody, caption string) Table {
	t := Table{Caption: caption, Head: []string{sentenceCase(called.one)}}
	for _, b := range bodies {
		t.Head = append(t.Head, bodyLabel(b))
	}
	t.Head = append(t.Head, "All", "Share", "Running share")
	all := total.Total()
	row := func(head string, days measure.ByBody, running int64) []Cell {
		cells := []Cell{text(head)}
		for _, b := range bodies {
			cells = append(cells, number(float64(days[b]), whole(days[b])))
		}
		part, run := float64(days.Total())/float64(all), float64(running)/float64(all)
		return append(cells, number(float64(days.Total()), whole(days.Total())),
			number(part*100, measure.PerCent(part)), number(run*100, measure.PerCent(run)))
	}
	var running int64
	for _, r := range ranked {
		running += r.Days.Total()
		t.Rows = append(t.Rows, row(plain(called.of(r.Reason)), r.Days, running))
	}
	if all > 0 {
		t.Foot = row("All "+called.many, total, all)
	}
	return t
}

func reasonsAlt(o measure.Overview, place string, ranked []measure.ReasonDays, total measure.ByBody) string {
	called := namesOf(o.Filter.Book)
	where := fmt.Sprintf("%s, %s", name(place), span(o.From, o.To))
	if len(ranked) == 0 {
		return "Bar chart of delayed days by " + called.one + ", " + where + ". There are no delayed days to show."
	}
	var top []string
	for i, r := range ranked {
		if i == 3 {
			break
		}
		top = append(top, fmt.Sprintf("%s %s", lowerFirst(name(called.of(r.Reason))), whole(r.Days.Total())))
	}
	s := fmt.Sprintf("Bar chart of delayed days, %s, by %s, largest first: %s.", where, plural(int64(len(ranked)), called.one, called.many),
		joinAnd(top))
	if k, days := fewest(ranked, total.Total()); k > 0 && days*10 >= total.Total()*8 && len(ranked) > 1 {
		verb := "make"
		if k == 1 {
			verb = "makes"
		}
		s += fmt.Sprintf(" %d %s up %s.", k, verb, measure.PerCent(float64(days)/float64(total.Total())))
	}
	return s + fmt.Sprintf(" Total %s. Values are in the table below.", whole(total.Total()))
}

// The room above and below ranked bars, in sizes of the text.
const rankedTop, rankedBottom = 2.4, 0.5

func drawReasons(called names, ranked []measure.ReasonDays, bodies []delay.Body, total measure.ByBody, s Size) (json.RawMessage, error) {
	font := float64(s.Font)
	room := float64(s.Width) * 0.3
	labels := make([]string, len(ranked))
	left, top := 0.0, 0.0
	for i, r := range ranked {
		lines := wrap(plain(called.of(r.Reason)), font, room, 2)
		for _, l := range lines {
			left = math.Max(left, textWidth(l, font))
		}
		labels[i] = strings.Join(lines, "\n")
		top = math.Max(top, float64(r.Days.Total()))
	}
	all := float64(total.Total())
	ends := make([]string, len(ranked))
	right := 0.0
	for i, r := range ranked {
		n := r.Days.Total()
		ends[i] = fmt.Sprintf("%s (%s)", whole(n), measure.PerCent(float64(n)/all))
		right = math.Max(right, textWidth(ends[i], font))
	}
	g := grid{left: left*edge + font*1.2, right: right*edge + font*0.8, top: font * rankedTop, bottom: font * rankedBottom}
	if s.Phone {
		g = grid{left: 1, right: g.right, top: keyHeight(bodies, s)}
	}
	band := g.height(s) / float64(len(ranked))
	barWidth := math.Min(band*0.72, font*2.6)
	if s.Phone {
		barWidth = band - font*1.75 // its name stands above it
	}
	perPixel := top / g.width(s)

	c := charts.NewBar()
	c.SetGlobalOptions(common(s, g, "shadow")...)
	c.SetGlobalOptions(
		charts.WithLegendOpts(keyOpts(bodies, g, s)),
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Show: opts.Bool(false), Min: 0, Max: top}),
		charts.WithYAxisOpts(opts.YAxis{
			Type: "category", Inverse: opts.Bool(true),
			AxisLine:  &opts.AxisLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: ink, Width: 1}},
			AxisLabel: &opts.AxisLabel{Show: opts.Bool(!s.Phone), Color: ink, FontSize: s.Font, Margin: math.Round(font * 0.6)},
			SplitLine: &opts.SplitLine{Show: opts.Bool(false)},
		}),
	)
	c.SetXAxis(labels)
	c.XYReversal()
	every := make([]int, len(ranked))
	for i := range every {
		every[i] = i
	}
	e := extras{decals: map[int]*decal{}, y: axisExtras{labels: every, above: true}}
	marks := make([]any, len(ranked))
	for i, r := range ranked {
		marks[i] = point{
			Name: "total", Coord: [2]float64{float64(r.Days.Total()), float64(i)}, Symbol: "circle", SymbolSize: [2]float64{0.1, 0.1},
			ItemStyle: &itemStyle{ItemStyle: &opts.ItemStyle{Color: "transparent"}},
			Label: &pointLabel{Distance: font * 0.4, Label: opts.Label{Show: opts.Bool(true), Position: "right",
				Formatter: ends[i], Color: ink, FontSize: float32(font)}},
		}
	}
	if s.Phone {
		for i, r := range ranked {
			marks = append(marks, point{
				Name: "name", Coord: [2]float64{0, float64(i)}, Symbol: "circle", SymbolSize: [2]float64{0.1, 0.1},
				SymbolOffset: [2]float64{0, -math.Round(barWidth/2 + font*0.75)},
				ItemStyle:    &itemStyle{ItemStyle: &opts.ItemStyle{Color: "transparent"}},
				Label: &pointLabel{Label: opts.Label{Show: opts.Bool(true), Position: "right", Color: ink, FontSize: float32(font),
					Formatter: shorten(plain(called.of(r.Reason)), int(float64(s.Width)/(font*0.56)))}},
			})
		}
	}
	for i, b := range bodies {
		p := paints[b]
		data := make([]opts.BarData, len(ranked))
		for j, r := range ranked {
			n := daysWith(r.Days, b)
			data[j] = opts.BarData{Value: n}
			width := float64(n) / perPixel
			// A block that is the whole bar has its number at the bar's end.
			if words := whole(n); n > 0 && n != r.Days.Total() && textWidth(words, float64(s.small()))+blockRoom(p, font)-font*0.6 <= width &&
				barWidth >= font {
				if decalAt(b, s) != nil {
					words = "\u00a0" + words + "\u00a0" // Marks of the pattern touch no digit.
				}
				data[j].Label = blockLabel(words, b, s, barWidth-2*float64(s.edge()))
			}
			data[j].ItemStyle = thin(p, width)
		}
		e.decals[i] = decalAt(b, s)
		c.AddSeries(bodyLabel(b), data,
			charts.WithBarChartOpts(opts.BarChart{Stack: "all", BarWidth: px(barWidth)}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: p.fill, BorderColor: p.edge, BorderWidth: s.edge()}),
			charts.WithSeriesOpts(func(one *charts.SingleSeries) {
				if i == 0 {
					one.MarkPoints = &opts.MarkPoints{Data: marks}
				}
			}))
	}
	return finish(c, e)
}

// keyHeight is the room that the key of the bodies needs above a drawing for a
// phone, where it may stand in two lines.
func keyHeight(bodies []delay.Body, s Size) float64 {
	font := float64(s.Font)
	rows, used := 1, 0.0
	for _, b := range bodies {
		w := textWidth(bodyLabel(b), font)*edge + font*2.8
		if used > 0 && used+w > float64(s.Width) {
			rows, used = rows+1, 0
		}
		used += w
	}
	return font*1.7*float64(rows) + 2
}

// keyOpts is a key above the plot, for a drawing that has no place to name its
// blocks beside them.
func keyOpts(bodies []delay.Body, g grid, s Size) opts.Legend {
	names := make([]string, len(bodies))
	for i, b := range bodies {
		names[i] = bodyLabel(b)
	}
	return opts.Legend{
		Show: opts.Bool(true), Left: px(g.left), Top: "0", Icon: "rect", Data: names, Width: px(float64(s.Width) - g.left),
		ItemWidth: int(math.Round(float64(s.Font) * 1.1)), ItemHeight: int(math.Round(float64(s.Font) * 0.9)),
		TextStyle: &opts.TextStyle{Color: ink, FontSize: s.Font, FontFamily: fontNames},
	}
}
