package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// chartPages are addresses that between them show every chart: each measure, each
// step and each split, as control chart and as lines.
func chartPages() []string {
	out := []string{"/overview", "/reasons", "/reasons?last=1m", "/flow", "/council/E10000099", "/sitrep", "/sitrep?grain=week&last=8w",
		"/discharge",
		"/bridge", "/bridge?start=england-drd-statistic&end=ours"}
	for _, id := range chartOrder {
		out = append(out, "/charts/"+id)
	}
	for _, split := range splits {
		word := string(split)
		if split == measure.ByPathway {
			word = byPathwayDays // The other is of the situation report and has tables alone.
		}
		out = append(out, "/flow?grain=month&split="+word)
	}
	steps := []string{"month&last=6m", "week&last=16w", "day&last=30d"}
	for i, m := range measure.Metrics(nil) {
		if m.ID == measure.CouncilShare {
			out = append(out, "/trends?measure=M03&grain=month&last=3m&split=provider")
		} else {
			out = append(out, fmt.Sprintf("/trends?measure=%s&grain=month&last=3m&split=%s", m.Word, splits[i%len(splits)]))
		}
		out = append(out, fmt.Sprintf("/trends?measure=%s&grain=%s", m.Word, steps[i%len(steps)]),
			fmt.Sprintf("/trends?measure=%s&grain=month&chart=line&compare=last-year&last=3m", m.Word))
	}
	for _, step := range steps {
		out = append(out, "/trends?measure=M01&grain="+step)
	}
	for _, split := range splits {
		out = append(out, fmt.Sprintf("/trends?measure=M01&grain=week&last=8w&chart=line&split=%s", split),
			"/trends?measure=M01&grain=month&last=3m&split="+string(split))
	}
	return out
}

// drawnNumber is one value of a series of an option.
type drawnNumber struct {
	series string
	value  float64
}

// drawnNumbers reads the values of the bars, lines and marks of an option.
// Marks of a place alone, such as notes and bands, have no value.
func drawnNumbers(t *testing.T, option any) []drawnNumber {
	t.Helper()
	b, err := json.Marshal(option)
	if err != nil {
		t.Fatal(err)
	}
	var o struct {
		Series []struct {
			Name, Type string
			Data       []any
		}
	}
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	var out []drawnNumber
	for _, s := range o.Series {
		if !slices.Contains([]string{"bar", "line", "scatter"}, s.Type) {
			continue
		}
		for _, item := range s.Data {
			if m, ok := item.(map[string]any); ok {
				item = m["value"]
			}
			if list, ok := item.([]any); ok && len(list) > 0 {
				item = list[len(list)-1]
			}
			if v, ok := item.(float64); ok {
				out = append(out, drawnNumber{s.Name, v})
			}
		}
	}
	return out
}

// readNumber reads a number as a table or a file writes it; about is how far the
// number that it stands for may lie from it.
func readNumber(text string) (value, about float64, ok bool) {
	switch text {
	case "under 1%":
		return .5, .5, true
	case "over 99%":
		return 99.5, .5, true
	}
	percent := strings.HasSuffix(text, "%")
	clean := strings.NewReplacer(",", "", "%", "", "+", "", "−", "-").Replace(text)
	v, err := strconv.ParseFloat(clean, 64)
	if err != nil {
		return 0, 0, false
	}
	_, decimals, _ := strings.Cut(clean, ".")
	about = 0.5000001 * math.Pow(10, -float64(len(decimals)))
	if percent && decimals == "" {
		about = 0.51
	}
	return v, about, true
}

// Every chart of every page draws the numbers of its table, and its table those
// of the page's file, which adds up to the figures where it counts days.
func TestEveryChartEqualsItsTable(t *testing.T) {
	t.Parallel()
	skipShort(t)
	s := newSite(t)
	charts := 0
	for _, target := range chartPages() {
		w := s.ask(http.MethodGet, target, nil)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", target, w.Code)
			continue
		}
		doc := parse(t, w)
		figures := doc.Find("figure.app-chart")
		if figures.Length() == 0 {
			t.Errorf("%s shows no chart", target)
		}
		figures.Each(func(_ int, figure *goquery.Selection) {
			charts++
			id, _ := figure.Attr("id")
			name := target + " #" + id
			var table [][]string
			figure.Find("table tr").Each(func(_ int, tr *goquery.Selection) {
				var row []string
				tr.Find("th, td").Each(func(_ int, cell *goquery.Selection) { row = append(row, words(cell)) })
				table = append(table, row)
			})
			script := figure.Find("script.app-chart__data")
			if script.Length() == 0 {
				return // Nothing is drawn, and the words say so.
			}
			var data page.ChartData
			if err := json.Unmarshal([]byte(script.Text()), &data); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if rows := figure.Find("tbody tr").Length(); len(data.Readings) != rows {
				t.Errorf("%s: %d readings, %d rows", name, len(data.Readings), rows)
			}
			drawn := drawnNumbers(t, data.Option)
			if len(drawn) == 0 {
				t.Errorf("%s draws nothing", name)
			}
			for _, n := range drawn {
				if !inTable(table, n) {
					t.Errorf("%s: %v of %q is drawn and not in its table", name, n.value, n.series)
					break
				}
			}
			if !strings.HasPrefix(id, "trend") && !strings.HasPrefix(id, "flow") && id != "reasons" || strings.HasPrefix(target, "/overview") {
				return
			}
			file := twinNumbers(t, s, target)
			for _, n := range drawn {
				if !slices.ContainsFunc(file, func(v float64) bool {
					return math.Abs(v-math.Abs(n.value)) < 0.0006 || math.Abs(100*v-n.value) < 0.0006
				}) {
					t.Errorf("%s: %v of %q is drawn and not in its file", name, n.value, n.series)
					break
				}
			}
		})
	}
	if charts < 100 {
		t.Errorf("%d charts were looked at", charts)
	}
}

// inTable says whether a drawn number stands in a table, or is the width between
// two numbers of a row where that is what is drawn.
func inTable(table [][]string, n drawnNumber) bool {
	for _, row := range table {
		var values []float64
		for _, cell := range row[min(1, len(row)):] {
			v, about, ok := readNumber(cell)
			if !ok {
				continue
			}
			if math.Abs(math.Abs(v)-math.Abs(n.value)) <= about {
				return true
			}
			values = append(values, v)
		}
		if n.series != "Width of the range" {
			continue
		}
		for _, high := range values {
			for _, low := range values {
				if math.Abs(high-low-n.value) <= 1.02 {
					return true
				}
			}
		}
	}
	return false
}

// twinNumbers gives every number of a page's file.
func twinNumbers(t *testing.T, s *site, target string) []float64 {
	t.Helper()
	path, query, _ := strings.Cut(target, "?")
	var out []float64
	for _, row := range rowsOf(t, s.ask(http.MethodGet, path+".csv?"+query, nil)) {
		for _, cell := range row {
			if v, err := strconv.ParseFloat(cell, 64); err == nil {
				out = append(out, v)
			}
		}
	}
	return out
}

// What a trend counts of days adds up to the figures of the same period, by any
// split and step: one definition on every surface.
func TestTrendsOfDaysAreTheFigures(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const period = "from=2026-03-01&to=2026-08-31"
	for _, grain := range []measure.Dimension{measure.ByMonth, measure.ByDay} {
		for _, split := range splits {
			count := func(target, number string) map[string]string {
				out := map[string]string{}
				for _, r := range rowsOf(t, s.ask(http.MethodGet, target, nil)) {
					if r[number] != "0" {
						out[r[string(grain)]+" "+r[measure.Column(split)]] = r[number]
					}
				}
				return out
			}
			trend := count(fmt.Sprintf("/trends.csv?measure=M01&grain=%s&split=%s&%s", grain, split, period), "counted")
			figures := count(fmt.Sprintf("/figures.csv?by=%s,%s&%s", grain, split, period), "delayed_days")
			made := map[string]string{}
			days := map[string]int{}
			countDays(delay.MustDay("2026-03-01"), delay.MustDay("2026-08-31"), func(c madeDay) {
				period := c.day.String()
				if grain == measure.ByMonth {
					period = period[:7]
				}
				council := c.council
				if council == "" {
					council = "not-known"
				}
				days[period+" "+map[measure.Dimension]string{measure.ByResponsible: bodyWords[c.body], measure.ByProvider: c.provider(),
					measure.ByCouncil: council, measure.ByReason: string(c.reason), measure.ByCare: c.care.String(),
					measure.ByPathway: measure.NotStated}[split]]++
			})
			for key, n := range days {
				made[key] = strconv.Itoa(n)
			}
			if !maps.Equal(figures, made) {
				t.Errorf("by %s and %s: the figures %v are not what was made, %v", grain, split, figures, made)
			}
			if len(figures) == 0 || !maps.Equal(trend, figures) {
				t.Errorf("by %s and %s: %d counts in the trend, %d in the figures, or they differ", grain, split, len(trend), len(figures))
			}
		}
	}
}
