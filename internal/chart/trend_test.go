package chart

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/spc"
)

func metricFor(tb testing.TB, word string) measure.Metric {
	tb.Helper()
	m, ok := measure.MetricOf(word, nil)
	if !ok {
		tb.Fatalf("there is no metric %s", word)
	}
	return m
}

// weekly is a trend of weeks from Monday 5 January 2026 with the values given.
func weekly(tb testing.TB, word string, values ...float64) measure.Trend {
	return stepped(tb, word, measure.ByWeek, values...)
}

func stepped(tb testing.TB, word string, grain measure.Dimension, values ...float64) measure.Trend {
	t := measure.Trend{TrendQuery: measure.TrendQuery{Metric: metricFor(tb, word), Grain: grain}}
	var s measure.TrendSeries
	first := delay.MustDay("2026-01-05")
	for _, v := range values {
		first, last := periodEnds(first, grain)
		r := measure.TrendReading{Period: measure.Period{First: first, Last: last}, Value: v, Amount: int64(v*7) + 1}
		r.Listed = r.CalendarDays()
		s.Readings = append(s.Readings, r)
		s.Amount += r.Amount
		t.To = last
		first = last + 1
		_ = first
	}
	// Each period begins where the one before ends.
	for i := range s.Readings {
		if i > 0 {
			s.Readings[i].First, s.Readings[i].Last = periodEnds(s.Readings[i-1].Last+1, grain)
			s.Readings[i].Listed = s.Readings[i].CalendarDays()
		}
		t.To = s.Readings[i].Last
	}
	if len(values) > 0 {
		t.From, t.AsAt, t.Series = s.Readings[0].First, t.To, []measure.TrendSeries{s}
	}
	return t
}

// calm is n readings without a signal.
func calm(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = []float64{30, 33, 29, 34, 31, 28, 33, 30, 32, 29}[i%10]
	}
	return out
}

// higher is n readings like calm's a good deal above them.
func higher(n int) []float64 {
	out := calm(n)
	for i := range out {
		out[i] += 20
	}
	return out
}

func control(tb testing.TB, t measure.Trend, o TrendOptions) Control {
	tb.Helper()
	if o.ID == "" {
		o.ID = "trend"
	}
	if o.Place == "" {
		o.Place = "Northshire"
	}
	c, err := ControlOf(t, 0, o)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestControlTitles(t *testing.T) {
	t.Parallel()
	with := func(base []float64, tail ...float64) []float64 { return append(append([]float64{}, base...), tail...) }
	gap := weekly(t, "M02", calm(20)...)
	last := &gap.Series[0].Readings[19]
	last.State, last.Listed = measure.NoData, 0
	last.Missing = []measure.Gap{{Provider: "RXC", Name: "Westhaven", Days: 7}}
	few := weekly(t, "M08", 1, 0, 2, 1)
	for i := range few.Series[0].Readings {
		few.Series[0].Readings[i].Amount = 1
	}
	level := weekly(t, "M02", 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30)
	for _, c := range []struct {
		name string
		t    measure.Trend
		want string
	}{
		{"T1 latest reading missing", gap, "People waiting: no data from Westhaven for 1 of 20 weeks"},
		{"T2 too few people", few, "Too few people to describe a change (4 people)"},
		{"T3 above the limits", weekly(t, "M02", with(calm(20), 131)...),
			"People waiting reached 131.0, above the limits 13.7 to 57.6, after 20 weeks below average"},
		{"T3 above a range that is usual", weekly(t, "M02", with(calm(60), 50)...), "People waiting reached 50.0 in the week starting "},
		{"a signal, and few others", weekly(t, "M02", with(append(calm(20), 60), calm(20)...)...),
			"People waiting: 29.0, within its usual 19.2 to 44.0; 1 of 41 weeks is a signal"},
		{"a step up that has stood", weekly(t, "M02", with(calm(20), higher(20)...)...),
			"People waiting have been above average for 20 weeks, after 20 below; latest 49.0"},
		{"a step that went back", weekly(t, "M02", with(append(calm(20), higher(20)...), 34, 42, 35, 43, 36)...),
			"People waiting were above average for 20 weeks to 5 October; latest 36.0"},
		{"T4 a trend still going", weekly(t, "M02", with(calm(26), 28.1, 29, 30, 31, 32, 33, 34)...),
			"People waiting have risen 8 weeks in a row, to 34.0"},
		{"T6 a run on one side", weekly(t, "M02", with(calm(30), 33, 32.5, 33.1, 32.6, 33.2, 32.7, 33.3)...),
			"People waiting have been above average for "},
		{"T7 no signal", weekly(t, "M02", calm(20)...), "No significant change in people waiting: about 30.9, usually "},
		{"T7 no limits yet", weekly(t, "M02", calm(9)...), "People waiting: 32.0; too few readings to say if this is usual"},
		{"T7 all equal", level, "People waiting: 30.0 in the week starting 6 April 2026; limits are not available"},
		{"T3 a neutral measure", weekly(t, "M03", with([]float64{.3, .33, .29, .34, .31, .28, .33, .3, .32, .29, .31, .3, .33, .31}, .6)...),
			"Council share reached 60% in the week starting 13 April 2026, above its usual "},
		{"one point", weekly(t, "M02", 12), "People waiting: 12.0; too few readings to say if this is usual"},
		{"nothing", weekly(t, "M02"), "No readings for these choices"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := control(t, c.t, TrendOptions{})
			if !strings.HasPrefix(got.Title, c.want) {
				t.Errorf("found    %q\nexpected %q", got.Title, c.want)
			}
			if n := len([]rune(got.Title)); n >= titleLimit {
				t.Errorf("%d characters: %q", n, got.Title)
			}
			if got.Table.Caption != got.Title {
				t.Error("the caption is not the title")
			}
		})
	}
	t.Run("T5 two of three near a limit", func(t *testing.T) {
		base := calm(90)
		c := control(t, weekly(t, "M02", base...), TrendOptions{})
		g := c.Result.Groups[0]
		near := g.NUPL.Value + (g.UPL.Value-g.NUPL.Value)*0.8
		got := control(t, weekly(t, "M02", append(base, near, 33, near)...), TrendOptions{})
		if got.Title != "People waiting were near the top of its usual range in 2 of the last 3 weeks" {
			t.Errorf("found %q", got.Title)
		}
	})
}

// plottedSeries reads the numbers of the option's first series.
func plottedSeries(tb testing.TB, c Chart, name string) [][]*float64 {
	tb.Helper()
	var option struct {
		Series []struct {
			Name string  `json:"name"`
			Type string  `json:"type"`
			Data []datum `json:"data"`
		} `json:"series"`
	}
	if err := json.Unmarshal(c.Option, &option); err != nil {
		tb.Fatal(err)
	}
	var out [][]*float64
	for _, s := range option.Series {
		if s.Name != name || s.Type == "scatter" {
			continue
		}
		var data []*float64
		for _, d := range s.Data {
			switch v := d.Value.(type) {
			case float64:
				data = append(data, &v)
			default:
				data = append(data, nil)
			}
		}
		out = append(out, data)
	}
	return out
}

func TestControlDrawsWhatItsTableSays(t *testing.T) {
	t.Parallel()
	trend := weekly(t, "M02", calm(26)...)
	for i := 10; i < 13; i++ {
		r := &trend.Series[0].Readings[i]
		r.State, r.Listed, r.Missing = measure.NoData, 0, []measure.Gap{{Provider: "RXC", Name: "Westhaven", Days: 7}}
	}
	c := control(t, trend, TrendOptions{})
	got := plottedSeries(t, c.Chart, "People waiting")[0]
	if len(got) != len(c.Table.Rows) {
		t.Fatalf("%d plotted, %d in the table", len(got), len(c.Table.Rows))
	}
	for i, row := range c.Table.Rows {
		switch {
		case row[1].Numeric != (got[i] != nil):
			t.Errorf("%s: plotted %v, table %q", row[0].Text, got[i], row[1].Text)
		case got[i] != nil && math.Abs(*got[i]-row[1].Value) > 1e-6:
			t.Errorf("%s: plotted %v, table %v", row[0].Text, *got[i], row[1].Value)
		}
	}
	t.Run("C6 a three-week gap is a gap", func(t *testing.T) {
		for i := 10; i < 13; i++ {
			if got[i] != nil || !strings.HasPrefix(c.Table.Rows[i][1].Text, "No data") {
				t.Errorf("%v %q", got[i], c.Table.Rows[i][1].Text)
			}
		}
		if !strings.Contains(strings.Join(c.Notes, " "), "No data from Westhaven for 21 of 182 days, among them 3 whole weeks that are "+
			"not drawn.") {
			t.Errorf("found %q", c.Notes)
		}
	})
	t.Run("numbers of the title stand in the table", func(t *testing.T) {
		flat := ""
		calmChart := control(t, weekly(t, "M02", calm(20)...), TrendOptions{})
		for _, cell := range calmChart.Table.Rows[0] {
			flat += cell.Text + " | "
		}
		for _, n := range []string{"30.9"} {
			if !strings.Contains(flat, n) || !strings.Contains(calmChart.Title, n) {
				t.Errorf("%s is not in both %q and %q", n, calmChart.Title, flat)
			}
		}
	})
	t.Run("each flagged reading names its rule", func(t *testing.T) {
		c := control(t, weekly(t, "M02", append(calm(20), 131)...), TrendOptions{})
		row := c.Table.Rows[20]
		if row[len(row)-1].Text != "Above the upper limit" || row[len(row)-2].Text != "High: look into this" {
			t.Errorf("found %+v", row)
		}
		if c.Variation.Words == "" || !bytes.Contains(c.Variation.SVG, []byte("H</text>")) {
			t.Errorf("the icon is %q %s", c.Variation.Words, c.Variation.SVG)
		}
	})
}

func TestNotOverIsInTheTableAndNotDrawn(t *testing.T) {
	t.Parallel()
	trend := weekly(t, "M01", calm(16)...)
	trend.Series[0].Readings[15].State = measure.NotOver
	trend.Series[0].Readings[15].Last -= 4
	c := control(t, trend, TrendOptions{})
	if got := plottedSeries(t, c.Chart, "Delayed days")[0]; len(got) != 15 {
		t.Errorf("%d readings are drawn", len(got))
	}
	if row := c.Table.Rows[15]; !strings.HasPrefix(row[1].Text, "So far") || !strings.Contains(row[0].Text, ", to ") {
		t.Errorf("found %+v", row)
	}
	// An average can be compared while its week goes on.
	trend = weekly(t, "M02", calm(16)...)
	trend.Series[0].Readings[15].State = measure.NotOver
	if got := plottedSeries(t, control(t, trend, TrendOptions{}).Chart, "People waiting")[0]; len(got) != 16 {
		t.Errorf("%d readings are drawn", len(got))
	}
}

func TestRestartHasAGapAndItsReason(t *testing.T) {
	t.Parallel()
	values := append(calm(16), []float64{20, 22, 19, 23, 21, 18, 22, 20, 21, 19, 20, 22, 21, 19, 20, 21}...)
	trend := weekly(t, "M02", values...)
	c := control(t, trend, TrendOptions{Annotations: []measure.Annotation{
		{ID: 1, Day: trend.Series[0].Readings[16].First, Words: "Home first team started", Restart: true},
		{ID: 2, Day: trend.Series[0].Readings[20].First, Words: "</script><script>window.__ran=1</script>"},
	}})
	if len(c.Result.Groups) != 2 {
		t.Fatalf("%d groups", len(c.Result.Groups))
	}
	if means := plottedSeries(t, c.Chart, "Average"); len(means) != 2 {
		t.Errorf("%d averages are drawn", len(means))
	}
	n := c.Listed[0]
	if !n.Restart || !strings.Contains(n.Compared, "Average of 13 weeks before: 30.9.") ||
		!strings.Contains(n.Compared, "This does not show that one led to the other") {
		t.Errorf("found %+v", n)
	}
	if !strings.Contains(c.Alt, "1: Home first team started, 27 April 2026 (limits start again)") {
		t.Errorf("found %q", c.Alt)
	}
	if bytes.Contains(c.Option, []byte("<script")) {
		t.Error("a note's words became markup")
	}
}

func TestTargetIsLabelledAndJudged(t *testing.T) {
	t.Parallel()
	c := control(t, weekly(t, "M02", calm(20)...), TrendOptions{Levels: []measure.Level{{Metric: "M02", Value: 50, From: 1, Agreed: "Board"}}})
	if c.Result.Assurance.Kind != spc.ConsistentPass || !bytes.Contains(c.Assurance.SVG, []byte(">P<")) || c.Assurance.Words == "" {
		t.Errorf("found %+v", c.Assurance)
	}
	if !bytes.Contains(c.Option, []byte("Agreed level 50.0")) {
		t.Error("the level has no label")
	}
}

func TestLowerLimitIsNeverBelowNothing(t *testing.T) {
	t.Parallel()
	c := control(t, weekly(t, "M08", 2, 9, 1, 8, 0, 9, 2, 8, 1, 9, 0, 7, 3, 8, 1, 9), TrendOptions{})
	if c.Table.Rows[0][3].Text != "0.0" || !strings.Contains(strings.Join(c.Notes, " "), "shown as 0") {
		t.Errorf("found %+v %q", c.Table.Rows[0], c.Notes)
	}
}

// trendCharts are charts of every kind, for tests of what holds for all.
func trendCharts(tb testing.TB, place string) map[string]Chart {
	tb.Helper()
	out := map[string]Chart{}
	flagged := append(calm(24), 45, 28.1, 29, 30, 31, 32, 33, 34, 30, 29, 27, 26, 25, 26, 25, 24, 25, 18)
	trend := weekly(tb, "M02", flagged...)
	for i := 10; i < 13; i++ {
		r := &trend.Series[0].Readings[i]
		r.State, r.Listed, r.Missing = measure.NoData, 0, []measure.Gap{{Provider: "RXC", Name: place, Days: 7}}
	}
	notes := []measure.Annotation{{ID: 1, Day: trend.Series[0].Readings[20].First + 2, Words: "Home first team started"},
		{ID: 2, Day: trend.Series[0].Readings[20].First + 2, Words: place}}
	half := trend.Series[0].Readings[30].First
	levels := []measure.Level{{Metric: "M02", Value: 33, From: 1, To: half - 1, Agreed: place},
		{Metric: "M02", Value: 26, From: half, Agreed: place, Change: place}}
	out["control"] = control(tb, trend, TrendOptions{Place: place, Annotations: notes, Levels: levels}).Chart
	restart := weekly(tb, "M02", append(calm(20), 20, 22, 19, 23, 21, 18, 22, 20, 21, 19, 20, 22, 21, 19)...)
	out["control-restart"] = control(tb, restart, TrendOptions{Place: place, Annotations: []measure.Annotation{
		{Day: restart.Series[0].Readings[20].First, Words: place, Restart: true}}}).Chart
	out["control-share"] = control(tb, stepped(tb, "M03", measure.ByMonth, .3, .33, .29, .34, .31, .28, .33, .3, .32, .29, .31, .3, .33, .31,
		.45, .4), TrendOptions{Place: place}).Chart
	out["control-nine"] = control(tb, weekly(tb, "M02", calm(9)...), TrendOptions{Place: place}).Chart
	out["control-one"] = control(tb, weekly(tb, "M02", 12), TrendOptions{Place: place}).Chart
	out["control-none"] = control(tb, weekly(tb, "M02"), TrendOptions{Place: place}).Chart
	out["control-equal"] = control(tb, weekly(tb, "M02", make([]float64, 20)...), TrendOptions{Place: place}).Chart
	out["control-panel"] = control(tb, weekly(tb, "M02", calm(30)...), TrendOptions{Place: place, Name: place, Panel: true,
		Scale: Scale{0, 60, 20}}).Chart
	tenYears := make([]float64, 3653)
	for i := range tenYears {
		tenYears[i] = 90 + float64((i*7919)%41) + 20*math.Sin(float64(i)/58)
	}
	out["control-ten-years"] = control(tb, stepped(tb, "M02", measure.ByDay, tenYears...), TrendOptions{Place: place}).Chart

	split := weekly(tb, "M02", flagged...)
	split.Split = measure.ByResponsible
	for k, b := range []delay.Body{delay.NHS, delay.Joint, delay.NotAttributed} {
		s := measure.TrendSeries{Cell: measure.Cell{Body: b}}
		for _, r := range split.Series[0].Readings {
			r.Value = r.Value*[]float64{1.4, 0.3, 0.05}[k] + float64(k)
			s.Readings = append(s.Readings, r)
		}
		split.Series = append(split.Series, s)
	}
	split.Series[0].Cell.Body = delay.SocialCare
	out["lines-bodies"] = LinesOf(split, TrendOptions{ID: "lines", Place: place,
		Names: []string{"Social care", "NHS", "Joint", "Not attributed"}})
	before := weekly(tb, "M02", calm(30)...)
	for i := range before.Series[0].Readings {
		before.Series[0].Readings[i].First -= 364
		before.Series[0].Readings[i].Last -= 364
	}
	out["lines-before"] = LinesOf(weekly(tb, "M02", flagged...), TrendOptions{ID: "lines", Place: place, Before: &before.Series[0]})
	out["lines-none"] = LinesOf(measure.Trend{TrendQuery: measure.TrendQuery{Metric: metricFor(tb, "M01"), Grain: measure.ByWeek}},
		TrendOptions{ID: "lines", Place: place})

	f := measure.Flows{TrendQuery: measure.TrendQuery{Grain: measure.ByWeek, From: trend.From, To: trend.To}, AsAt: trend.AsAt}
	g := measure.FlowGroup{}
	now := int64(30)
	for i, r := range weekly(tb, "M08", calm(20)...).Series[0].Readings {
		fl := measure.Flow{Period: r.Period, Start: now}
		fl.By[measure.Began], fl.By[measure.Ended], fl.By[measure.MovedIn] = int64(r.Value), int64(28+(i*5)%9), 1
		now += fl.By[measure.Began] - fl.By[measure.Ended] + 1
		fl.Now = now
		g.Periods = append(g.Periods, fl)
		for k, n := range fl.By {
			g.Whole.By[k] += n
		}
	}
	g.Whole.Start, g.Whole.Now = 30, now
	f.Groups = []measure.FlowGroup{g}
	out["flow"] = FlowOf(f, 0, TrendOptions{ID: "flow", Place: place})
	out["flow-none"] = FlowOf(measure.Flows{}, 0, TrendOptions{ID: "flow", Place: place})

	l := measure.Lengths{From: trend.From, To: trend.To, AsAt: trend.AsAt, Begun: 900}
	for i := range 45 {
		n := int64(160 / (1 + i/2))
		l.Ended = append(l.Ended, n)
		l.EndedQuantiles.People += n
	}
	l.EndedQuantiles.Middle, l.EndedQuantiles.NineTen, l.AtLeast = 6.5, 24, [3]int64{500, 260, 120}
	part := 1.0
	for range 40 {
		l.Survival = append(l.Survival, part)
		part *= 0.92
	}
	out["lengths"], out["survival"] = LengthsOf(l, place), SurvivalOf(l, place)
	out["lengths-none"], out["survival-none"] = LengthsOf(measure.Lengths{}, place), SurvivalOf(measure.Lengths{Begun: 3}, place)
	var w [7]measure.Weekday
	for i := range w {
		w[i] = measure.Weekday{Days: 20, Began: int64(70 + i*9), Ended: int64(120 - i*15), Waiting: 900}
	}
	out["weekdays"], out["weekdays-none"] = WeekdaysOf(w, l, place), WeekdaysOf([7]measure.Weekday{}, l, place)
	return out
}

func TestTrendChartsOnEverySurface(t *testing.T) {
	if testing.Short() {
		t.Skip("drawn one after another; the run without the race detector has them")
	}
	t.Parallel()
	for _, place := range []string{"Northshire", "</script><script>window.__ran=1</script>", strings.Repeat("Very long name ", 20),
		"\u202eWard 🏥 مستشفى"} {
		for id, c := range trendCharts(t, place) {
			// Ten years by day are the longest to draw: once is enough, and the race
			// detector (-short) has nothing to find in it.
			if id == "control-ten-years" && (place != "Northshire" || testing.Short()) {
				continue
			}
			t.Run(id+"/"+fmt.Sprintf("%.12q", place), func(t *testing.T) {
				if n := len([]rune(c.Title)); n == 0 || n >= titleLimit {
					t.Errorf("%d characters in %q", n, c.Title)
				}
				if strings.HasSuffix(c.Title, ".") || c.Alt == "" || c.Definition == "" || c.Source == "" {
					t.Errorf("title %q, alt %q", c.Title, c.Alt)
				}
				for _, row := range c.Table.Rows {
					if len(row) != len(c.Table.Head) {
						t.Fatalf("%d cells under %d heads", len(row), len(c.Table.Head))
					}
					for _, cell := range row {
						if cell.Text == "" || strings.Contains(cell.Text, "NaN") {
							t.Errorf("an empty cell in %+v", row)
						}
					}
				}
				if bytes.ContainsAny(c.Option, "<>") {
					t.Error("the option holds markup")
				}
				for name, f := range map[string]func(context.Context, Chart) ([]byte, error){"inline": renderer(t).SVG,
					"standalone": renderer(t).StandaloneSVG} {
					svg, err := f(t.Context(), c)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					var into struct{}
					if err := xml.Unmarshal(svg, &into); err != nil {
						t.Errorf("%s is not well-formed: %v", name, err)
					}
					for _, bad := range []string{"<script", "<style", "style=", "NaN", "undefined"} {
						if bytes.Contains(svg, []byte(bad)) {
							t.Errorf("%s holds %q", name, bad)
						}
					}
				}
			})
		}
	}
}

func TestControlMarksLieOverTheirLine(t *testing.T) {
	t.Parallel()
	c := trendCharts(t, "Northshire")["control"]
	svg := draw(t, c)
	line := strings.LastIndex(svg, `stroke="`+usualEdge+`" stroke-width="1.5"`)
	for _, fill := range []string{usualFill, wantedFill, otherFill} {
		// The first mark of a look is the one in the key.
		if first, last := strings.Index(svg, `fill="`+fill+`"`), strings.LastIndex(svg, `fill="`+fill+`"`); last < line || first < 0 {
			t.Errorf("marks of %s are drawn at %d, the line at %d", fill, last, line)
		}
	}
	t.Run("one path for all marks of a look", func(t *testing.T) {
		if n := strings.Count(svg, `fill="`+wantedFill+`"`); n != 2 {
			t.Errorf("%d drawings, expected the key's and the plot's", n)
		}
	})
	t.Run("a triangle for lower than usual stands on its point", func(t *testing.T) {
		up, down := look{kind: "other", symbol: upTriangle}, look{kind: "other", symbol: downTriangle}
		if up.upright() != 1 || down.upright() != -1 || up.mark() != "triangle" || down.mark() != "triangle" {
			t.Errorf("found %v %v", up.upright(), down.upright())
		}
	})
}

func TestTenYearsOfControlByDayLeaveNoReadingOut(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the race detector has nothing to find in 3,653 readings")
	}
	c := trendCharts(t, "Northshire")["control-ten-years"]
	values := plottedSeries(t, c, "People waiting")[0]
	if len(values) != 3653 || len(c.Table.Rows) != 3653 {
		t.Fatalf("%d plotted, %d in the table", len(values), len(c.Table.Rows))
	}
	for i, v := range values {
		if cell := c.Table.Rows[i][1]; v == nil || math.Abs(*v-cell.Value) > 1e-6 {
			t.Fatalf("%s: plotted %v, table %v", c.Table.Rows[i][0].Text, v, cell.Value)
		}
	}
	svg := draw(t, c)
	d := regexp.MustCompile(`d="(M[^"]*)"[^>]*stroke="` + denseLine + `"`).FindStringSubmatch(svg)
	if d == nil || strings.Count(d[1], "L")+strings.Count(d[1], "M") != 3653 {
		t.Error("the line does not turn at each of 3,653 readings")
	}
	// The time to draw it is what its elements cost.
	if n := strings.Count(svg, "<"); n > 150 {
		t.Errorf("%d elements; marks are to be one path for each look", n)
	}
	if !strings.Contains(svg, "No signal (line only)") {
		t.Error("the key does not say that unmarked readings are the line's")
	}
}

func TestADenseControlMarksAReadingWithoutNeighbours(t *testing.T) {
	t.Parallel()
	trend := stepped(t, "M02", measure.ByDay, calm(500)...)
	for _, i := range []int{100, 102} {
		r := &trend.Series[0].Readings[i]
		r.State, r.Listed = measure.NoData, 0
	}
	var o option
	if err := json.Unmarshal(control(t, trend, TrendOptions{}).Option, &o); err != nil {
		t.Fatal(err)
	}
	for _, s := range o.Series {
		if s.Name == "No signal (line only)" {
			if len(s.Data) != 1 || s.Data[0].Value.([]any)[0] != 101.0 {
				t.Errorf("marks are %+v, expected the reading 101 alone", s.Data)
			}
			return
		}
	}
	t.Error("the chart has no plain readings")
}

func TestNearLimitsHaveRoundLabelsApart(t *testing.T) {
	t.Parallel()
	values := make([]float64, 30)
	for i := range values {
		values[i] = 3 + 0.02*float64((i*7)%5)
	}
	c := control(t, weekly(t, "M02", values...), TrendOptions{Levels: []measure.Level{{Metric: "M02", Value: 3.04, From: 1, Agreed: "Board"}}})
	for _, size := range []Size{Page, Slide} {
		svg := draw(t, c.At(size))
		if strings.Contains(svg, "00000") {
			t.Error("an axis label is not rounded")
		}
		var ys []float64
		for _, m := range regexp.MustCompile(`<text[^>]*transform="translate\([0-9.]+ ([0-9.]+)\)"[^>]*>(?:Upper|Lower|Average|Agreed)`).
			FindAllStringSubmatch(svg, -1) {
			y, _ := strconv.ParseFloat(m[1], 64)
			ys = append(ys, y)
		}
		slices.Sort(ys)
		if len(ys) != 4 {
			t.Fatalf("%d labels were found in %s", len(ys), svg)
		}
		for i := 1; i < len(ys); i++ {
			if ys[i]-ys[i-1] < float64(size.Font) {
				t.Errorf("labels at %v are closer than their letters are high", ys)
			}
		}
	}
}

// A slide's drawing is made for a white ground; the dark wall gives each of its
// colours a counterpart in the style sheet.
func TestTheDarkWallKnowsEveryColourOfASlide(t *testing.T) {
	if testing.Short() {
		t.Skip("drawn one after another; the run without the race detector has them")
	}
	t.Parallel()
	scss, err := os.ReadFile(filepath.FromSlash("../../static/css/_call.scss"))
	if err != nil {
		t.Fatal(err)
	}
	// These show on both grounds; black is what is drawn with no opacity.
	known := map[string]bool{"none": true, "#000": true, "rgb(0,0,0)": true, "#ccc": true, usualFill: true, wantedFill: true, otherFill: true}
	for _, m := range regexp.MustCompile(`"(#[0-9A-F]{6})": #[0-9a-f]{6}`).FindAllSubmatch(scss, -1) {
		known[string(m[1])] = true
	}
	if !known[denseLine] {
		t.Error("the dark wall has no colour for the line of many readings")
	}
	charts := trendCharts(t, "Northshire")
	for _, id := range []string{"control", "control-restart", "control-nine", "control-share", "control-none", "flow", "flow-none"} {
		for _, m := range regexp.MustCompile(` (?:fill|stroke)="([^"]*)"`).FindAllStringSubmatch(draw(t, charts[id].At(Slide)), -1) {
			if !known[m[1]] && !strings.HasPrefix(m[1], "url(#") {
				t.Errorf("%s draws with %s, for which the dark wall has no colour", id, m[1])
			}
		}
	}
}

// TestLookAtTrends writes the charts of trends as TestLook does the others.
func TestLookAtTrends(t *testing.T) {
	folder := os.Getenv("HOMEWARD_LOOK")
	if folder == "" {
		t.Skip("HOMEWARD_LOOK names no folder")
	}
	for id, c := range trendCharts(t, "Northshire") {
		for size, s := range map[string]Size{"page": Page, "across": {Width: 1120, Height: 400, Font: 16, Line: 3},
			"panel": {Width: 540, Height: 300, Font: 14, Line: 3}} {
			if size == "panel" && id != "control-panel" {
				continue
			}
			svg, err := renderer(t).StandaloneSVG(t.Context(), c.At(s))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, id+"-"+size+".svg"), svg, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func BenchmarkControlTenYearsByDay(b *testing.B) {
	c := trendCharts(b, "Northshire")["control-ten-years"]
	r := forgetful(b)
	for b.Loop() {
		if _, err := r.SVG(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}
