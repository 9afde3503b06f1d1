package chart

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

// inspect reads an SVG as XML and says what a page must not take in.
func inspect(t *testing.T, svg, prefix string) (texts []string, elements map[string]int) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	elements = map[string]int{}
	ids, refs := map[string]bool{}, map[string]bool{}
	depth := []string{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth = append(depth, e.Name.Local)
			elements[e.Name.Local]++
			switch e.Name.Local {
			case "style", "script", "foreignObject", "image", "a", "animate", "set", "iframe":
				t.Errorf("holds <%s>", e.Name.Local)
			}
			for _, a := range e.Attr {
				switch {
				case a.Name.Local == "style" || a.Name.Local == "class" || strings.HasPrefix(a.Name.Local, "on") ||
					strings.HasPrefix(a.Name.Local, "ecmeta"):
					t.Errorf("<%s> has %s", e.Name.Local, a.Name.Local)
				case a.Name.Local == "href":
					if !strings.HasPrefix(a.Value, "#"+prefix) {
						t.Errorf("refers to %s", a.Value)
					}
					refs[a.Value[1:]] = true
				case a.Name.Local == "id":
					if !strings.HasPrefix(a.Value, prefix) || ids[a.Value] {
						t.Errorf("id %q has no prefix or comes twice", a.Value)
					}
					ids[a.Value] = true
				}
				if a.Name.Local != "aria-label" {
					for _, m := range reference.FindAllStringSubmatch(a.Value, -1) {
						refs[m[1]] = true
					}
				}
			}
		case xml.EndElement:
			depth = depth[:len(depth)-1]
		case xml.CharData:
			if n := len(depth); n > 0 && depth[n-1] == "text" {
				texts = append(texts, string(e))
			}
		}
	}
	for r := range refs {
		if !ids[r] {
			t.Errorf("refers to #%s, which is not there", r)
		}
	}
	return texts, elements
}

func TestSVGIsCleanAndNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("drawn one after another; the run without the race detector has them")
	}
	r := renderer(t)
	for title, c := range all() {
		t.Run(title, func(t *testing.T) {
			svg := draw(t, c)
			texts, elements := inspect(t, svg, c.ID+"-")
			if elements["title"] != 1 || elements["desc"] != 1 || len(texts) < 4 {
				t.Errorf("has %v", elements)
			}
			for _, want := range []string{`role="img"`, fmt.Sprintf(`viewBox="0 0 %d %d"`, c.Width, c.Height), `width="100%"`,
				"<title id=\"" + c.ID + "-title\">"} {
				if !strings.Contains(svg, want) {
					t.Errorf("lacks %s", want)
				}
			}
			if hatched := c.ID != "people"; hatched && elements["pattern"] == 0 {
				t.Error("the hatch of what is not attributed is not drawn")
			}
			whole, err := r.StandaloneSVG(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			texts, _ = inspect(t, string(whole), c.ID+"-")
			words := strings.Join(texts, " ")
			for _, want := range append([]string{c.Title, c.Subtitle, c.Definition, c.Source}, c.Notes...) {
				if !strings.Contains(words, want) {
					t.Errorf("the picture lacks %q", want)
				}
			}
			fresh := forgetful(t)
			again, err := fresh.SVG(context.Background(), c)
			if err != nil || string(again) != svg {
				t.Errorf("the second drawing differs from the first (C10): %v", err)
			}
		})
	}
}

// Orange and teal are one grey, so joint blocks bear dots: white ones, and dark ones
// on paper without colour.
func TestJointIsToldFromSocialCareByDots(t *testing.T) {
	mono := Page
	mono.Mono = true
	for _, c := range []Chart{DelayedDays(year(), "Northshire"), Reasons(year(), "Northshire")} {
		screen, sheet := draw(t, c), draw(t, c.At(mono))
		_, colour := inspect(t, screen, c.ID+"-")
		_, paper := inspect(t, sheet, c.ID+"-")
		if colour["pattern"] < 2 || paper["pattern"] != colour["pattern"] || screen == sheet {
			t.Errorf("%s: %d patterns on paper, %d in colour", c.ID, paper["pattern"], colour["pattern"])
		}
	}
}

func TestFewReasonsMakeALowChart(t *testing.T) {
	o := year()
	o.Reasons = o.Reasons[:2]
	few, many := Reasons(o, "Northshire"), Reasons(year(), "Northshire")
	if few.Height >= 200 || many.Height != Page.Height {
		t.Errorf("heights are %d and %d", few.Height, many.Height)
	}
	inspect(t, draw(t, few), "reasons-")
}

// Every row of a long list has its name, one below the other.
func TestManyReasonsMakeATallChart(t *testing.T) {
	o := year()
	o.Reasons = nil
	for i, r := range book.Reasons() {
		for _, copied := range []string{"", " again"} {
			o.Reasons = append(o.Reasons, measure.ReasonDays{Reason: r + delay.Reason(copied), Days: days(int64(900-10*i), 40, 0, 0)})
		}
	}
	c := Reasons(o, "Northshire")
	svg := string(draw(t, c))
	if rows := len(c.Table.Rows); rows != len(o.Reasons) || c.Height <= Page.Height {
		t.Errorf("%d of %d rows are %d high", rows, len(o.Reasons), c.Height)
	}
	if n := strings.Count(svg, " again</text>"); n != len(o.Reasons)/2 {
		t.Errorf("%d of %d copies are named", n, len(o.Reasons)/2)
	}
	if n := strings.Count(svg, "%)</text>"); n != len(o.Reasons) {
		t.Errorf("%d of %d rows have their days", n, len(o.Reasons))
	}
}

func TestGapsAreDrawnAndNamed(t *testing.T) {
	for name, c := range map[string]Chart{"bars": DelayedDays(gaps(), "Northshire").At(Wide), "line": Share(gaps(), "Northshire")} {
		t.Run(name, func(t *testing.T) {
			svg := draw(t, c)
			texts, _ := inspect(t, svg, c.ID+"-")
			if !strings.Contains(strings.Join(texts, "|"), "No data") || !strings.Contains(svg, gapFill) &&
				!strings.Contains(svg, "rgb(232,237,238)") {
				t.Errorf("no band, or no words: %q", texts)
			}
			if !strings.Contains(strings.Join(texts, "|"), "to 14 Mar") {
				t.Error("the part month is not marked")
			}
		})
	}
}

func TestEmptyAndSmallestCharts(t *testing.T) {
	day := []measure.Period{{First: 2458574, Last: 2458574, Listed: 1, Days: days(0, 3, 0, 0)}}
	one := measure.Overview{AsAt: delay.MustDay("2019-03-31"), From: delay.MustDay("2019-03-01"), To: delay.MustDay("2019-03-31"),
		Months:  []measure.Period{month("2019-03", days(20, 30, 1, 0))},
		Reasons: []measure.ReasonDays{{Reason: "E", Days: days(20, 0, 0, 0)}}}
	zero := one
	zero.Months, zero.Reasons = []measure.Period{month("2019-03", days(0, 0, 0, 0))}, nil
	tiny := one
	tiny.Months = []measure.Period{month("2019-02", days(0, 0, 1, 0)), month("2019-03", days(0, 0, 0, 1))}
	for name, c := range map[string]struct {
		chart Chart
		words string
	}{
		"no months: days":      {DelayedDays(measure.Overview{}, "Northshire"), "Delayed days: no data"},
		"no months: beds":      {Beds(measure.Overview{}, "Northshire"), "Beds in delays: no data"},
		"no months: share":     {Share(measure.Overview{}, "Northshire"), "Council share: no data"},
		"no months: reasons":   {Reasons(measure.Overview{}, "Northshire"), "No delayed days in this period"},
		"no days: people":      {People(nil, measure.Filter{}, "Northshire", 0), "People delayed: no data"},
		"zero: share":          {Share(zero, "Northshire"), "No delayed days in this period"},
		"zero: days from zero": {DelayedDays(zero, "Northshire"), "Mar 2019"},
		"zero: beds from zero": {Beds(zero, "Northshire"), "Mar 2019"},
		"one month: days":      {DelayedDays(one, "Northshire"), "NHS"},
		"one month: share":     {Share(one, "Northshire"), "39%"},
		"one reason":           {Reasons(one, "Northshire"), "20 (100%)"},
		"one day":              {People(day, measure.Filter{}, "Northshire", 0), "31 Mar 2019"},
		"tiny":                 {Beds(tiny, "Northshire"), "Joint"},
	} {
		t.Run(name, func(t *testing.T) {
			texts, _ := inspect(t, draw(t, c.chart), c.chart.ID+"-")
			if !strings.Contains(strings.Join(texts, "|"), c.words) {
				t.Errorf("drawing says %q, want %q", texts, c.words)
			}
		})
	}
	t.Run("one point of a line is a mark", func(t *testing.T) {
		if s := read(t, People(day, measure.Filter{}, "x", 0)).Series[0].Data[0].Symbol; s != "circle" {
			t.Errorf("symbol is %q", s)
		}
	})
}

func TestDrawingsThatHoldMoreThanShapesAreRefused(t *testing.T) {
	for name, raw := range map[string]string{
		"script":                 `<svg><script>1</script></svg>`,
		"foreign object":         `<svg><g><foreignObject/></g></svg>`,
		"image":                  `<svg><image href="http://example.org/x.png"/></svg>`,
		"link outside":           `<svg><use href="http://example.org/x.svg#a"/></svg>`,
		"paint outside":          `<svg><path fill="url(http://example.org/x.svg#a)"/></svg>`,
		"paint outside in style": `<svg><path style="fill:url(http://example.org/x.svg#a)"/></svg>`,
		"not closed":             `<svg><g>`,
		"nothing":                ``,
		"not svg":                `<g/>`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(raw, "x-"); err == nil {
				t.Error("was taken")
			}
		})
	}
	t.Run("style becomes attributes, handlers and classes go", func(t *testing.T) {
		n, err := parse(`<svg><style>.a:hover{fill:red}</style><text id="t" class="a" onclick="x()" `+
			`style="font-size:12px;font-family:Arial;cursor:pointer" clip-path="url(#c)">a&lt;b</text></svg>`, "x-")
		if err != nil {
			t.Fatal(err)
		}
		text := n.children[0]
		if text.attr("font-size") != "12px" || text.attr("font-family") != "Arial" || text.attr("id") != "x-1" ||
			text.attr("clip-path") != "url(#x-2)" || len(text.attrs) != 4 {
			t.Errorf("attributes are %v", text.attrs)
		}
	})
}

func TestTheRendererServesManyAtOnceAndKeepsToItsTime(t *testing.T) {
	r := NewRenderer(echarts(t), 2)
	r.kept.limit, r.limit = 0, patience
	if err := r.Warm(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := DelayedDays(year(), "Northshire")
	want, err := r.SVG(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				got, err := r.SVG(context.Background(), c)
				if err != nil || string(got) != string(want) {
					t.Errorf("differs: %v", err)
				}
			})
		}
		wg.Wait()
	})
	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := r.SVG(ctx, c); !errors.Is(err, context.Canceled) || problem.KindOf(err) != problem.Unavailable {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("cancelled while drawing, then well again", func(t *testing.T) {
		days := 3653
		if testing.Short() {
			days = 900 // With the race detector ten years take half a minute.
		}
		large := People(daily(days), measure.Filter{}, "Northshire", 0)
		start := time.Now()
		if _, err := r.SVG(context.Background(), large); err != nil {
			t.Fatal(err)
		}
		whole := time.Since(start)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		start = time.Now()
		_, err := r.SVG(ctx, large)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
		if took := time.Since(start); took > whole {
			t.Errorf("took %v to stop, and %v to draw it all", took, whole)
		}
		got, err := r.SVG(context.Background(), c)
		if err != nil || string(got) != string(want) {
			t.Errorf("after the interruption: %v", err)
		}
	})
	t.Run("nothing to draw", func(t *testing.T) {
		if _, err := r.SVG(context.Background(), Chart{ID: "x"}); err == nil {
			t.Error("was drawn")
		}
	})
	t.Run("not an option, then well again", func(t *testing.T) {
		if _, err := r.SVG(context.Background(), Chart{ID: "x", Width: 10, Height: 10, Option: json.RawMessage(`{"series":`)}); err == nil {
			t.Error("was drawn")
		}
		if got, err := r.SVG(context.Background(), c); err != nil || string(got) != string(want) {
			t.Errorf("after it: %v", err)
		}
	})
	t.Run("too large", func(t *testing.T) {
		if _, err := r.SVG(context.Background(), Chart{ID: "x", Width: 10, Height: 10,
			Option: make(json.RawMessage, optionLimit+1)}); problem.KindOf(err) != problem.Invalid {
			t.Errorf("error is %v", err)
		}
	})
}

func TestDrawingsAreKeptWithinBounds(t *testing.T) {
	k := kept{limit: 2, svg: map[drawingKey]string{}}
	for i := range 5 {
		k.put(drawingKey{width: i}, "svg")
		k.put(drawingKey{width: i}, "svg")
	}
	_, oldest := k.get(drawingKey{width: 2})
	_, latest := k.get(drawingKey{width: 4})
	if len(k.svg) != 2 || len(k.order) != 2 || oldest || !latest {
		t.Errorf("keeps %v", k.order)
	}
	r := renderer(t)
	c := DelayedDays(year(), "Northshire")
	draw(t, c)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.SVG(ctx, c); err != nil {
		t.Errorf("a kept drawing needs no machine: %v", err)
	}
	c.Title = "Another title"
	if svg := draw(t, c); !strings.Contains(svg, "Another title") {
		t.Error("a kept drawing brought its old words")
	}
}

func TestADamagedEChartsIsSaidPlainly(t *testing.T) {
	for name, js := range map[string]string{"empty": "", "not a script": "<html>", "not echarts": "var a = 1"} {
		t.Run(name, func(t *testing.T) {
			err := NewRenderer([]byte(js), 1).Warm(context.Background())
			if problem.KindOf(err) != problem.Unavailable || !strings.Contains(problem.Sentence(err), "echarts.min.js") {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestTenYearsByDay(t *testing.T) {
	c := People(daily(3653), measure.Filter{}, "Northshire", 0)
	texts, _ := inspect(t, draw(t, c), "people-")
	if len(texts) < 8 {
		t.Errorf("texts are %q", texts)
	}
	if len(c.Option) > optionLimit/2 {
		t.Errorf("option has %d bytes", len(c.Option))
	}
}

// BenchmarkPageCharts draws the charts of pages by two machines at once, as a
// server of two cores does: at least 10 a second are asked for.
func BenchmarkPageCharts(b *testing.B) {
	var typical []Chart
	trends := trendCharts(b, "Northshire")
	for _, id := range []string{"control", "control-panel", "lines-bodies", "lengths", "weekdays"} {
		typical = append(typical, trends[id])
	}
	typical = append(typical, DelayedDays(year(), "Northshire"), Share(year(), "Northshire"), Reasons(year(), "Northshire"))
	r := NewRenderer(echarts(b), 2)
	r.kept.limit = 0
	var next atomic.Int64
	some := func(n int) {
		var wg sync.WaitGroup
		last := next.Load() + int64(n)
		for range 2 {
			wg.Go(func() {
				for i := next.Add(1) - 1; i < last; i = next.Add(1) - 1 {
					if _, err := r.SVG(b.Context(), typical[i%int64(len(typical))]); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
		next.Store(last)
	}
	some(2 * len(typical))
	b.ResetTimer()
	some(b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "charts/s")
}

func BenchmarkSVG(b *testing.B) {
	for name, c := range map[string]Chart{
		"stacked 13 months": DelayedDays(year(), "Northshire"), "stacked 115 months": DelayedDays(long(), "Northshire"),
		"share": Share(year(), "Northshire"), "reasons": Reasons(year(), "Northshire"),
		"line 365": People(daily(365), measure.Filter{}, "Northshire", 0), "line 3653": People(daily(3653), measure.Filter{}, "Northshire", 0),
	} {
		b.Run(name, func(b *testing.B) {
			r := forgetful(b)
			if err := r.Warm(context.Background()); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := r.SVG(context.Background(), c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// attr gives one attribute of a node, empty when it has none of the name.
func (n node) attr(name string) string {
	for _, a := range n.attrs {
		if a[0] == name {
			return a[1]
		}
	}
	return ""
}

// A page that many people have open asks for the same charts at the same time.
func TestAChartThatManyAskForIsDrawnOnce(t *testing.T) {
	r := NewRenderer(echarts(t), 2)
	r.limit = patience
	c := DelayedDays(year(), "Northshire")
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := r.SVG(context.Background(), c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	drawn := 0
	for range cap(r.pool) {
		if m := <-r.pool; m != nil {
			drawn += m.drawn
		}
	}
	if drawn != 1 {
		t.Errorf("it was drawn %d times", drawn)
	}
}

// Whoever waits for a drawing that comes to nothing draws it.
func TestADrawingThatWasGivenUpIsMadeByTheNext(t *testing.T) {
	r := NewRenderer(echarts(t), 1)
	r.limit = patience
	c := DelayedDays(year(), "Northshire")
	place := <-r.pool // The first waits for a machine.
	ctx, stop := context.WithCancel(context.Background())
	var first, second sync.WaitGroup
	first.Go(func() {
		if _, err := r.SVG(ctx, c); !errors.Is(err, context.Canceled) {
			t.Errorf("whoever gave up got %v", err)
		}
	})
	for {
		r.mu.Lock()
		n := len(r.making)
		r.mu.Unlock()
		if n == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	second.Go(func() {
		if _, err := r.SVG(context.Background(), c); err != nil {
			t.Errorf("the next got %v", err)
		}
	})
	stop()
	first.Wait()
	r.pool <- place
	second.Wait()
}
