package chart

import (
	"crypto/sha256"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
)

// hostileNames are names as a file or a setting might bring them.
var hostileNames = map[string]string{
	"R8 script":           `</script><script>window.__ran=1</script>`,
	"R8 svg":              `"><foreignObject><img src=x onerror=alert(1)></foreignObject>`,
	"R8 cdata":            `]]></text><script>1</script>`,
	"R8 spreadsheet":      `=cmd()|' /C calc'!A0`,
	"R8 300 characters":   strings.Repeat("Long hospital name ", 16)[:300],
	"R8 one long word":    strings.Repeat("W", 300),
	"R8 emoji":            "Ward 🏥👩🏽‍⚕️",
	"R8 right to left":    "مستشفى \u202eevil\u202c",
	"R8 control and NUL":  "a\x00b\x07c\u2028d\ufffe",
	"R8 echarts marks":    `{a} {b} {c} {style|x} __f__function(){}__f__ `,
	"R8 not UTF-8":        "a\xff\xfeb",
	"R8 nothing to print": "\u200e\u202e \t",
}

// hostileCharts has every constructor of the package give its charts with the
// name wherever one may stand: place, series, provider without data, note,
// agreed level, part.
var hostileCharts = map[string]func(testing.TB, string) []Chart{
	"DelayedDays": func(_ testing.TB, name string) []Chart { return []Chart{DelayedDays(hostileOverview(name), name)} },
	"Beds":        func(_ testing.TB, name string) []Chart { return []Chart{Beds(hostileOverview(name), name)} },
	"Share":       func(_ testing.TB, name string) []Chart { return []Chart{Share(hostileOverview(name), name)} },
	"Reasons":     func(_ testing.TB, name string) []Chart { return []Chart{Reasons(hostileOverview(name), name)} },
	"People": func(_ testing.TB, name string) []Chart {
		d := daily(9)
		d[8].Days, d[8].Listed, d[8].Missing = measure.ByBody{}, 0, []measure.Gap{{Provider: "RX1", Name: name, Days: 1}}
		return []Chart{People(d, measure.Filter{Reasons: []delay.Reason{delay.Reason(name)}}, name, 0)}
	},
	"ControlOf": func(tb testing.TB, name string) []Chart {
		t := hostileTrend(tb, name)
		o := TrendOptions{Place: name, Name: name, Annotations: []measure.Annotation{{Day: t.Series[0].Readings[15].First, Words: name,
			Restart: true}},
			Levels: []measure.Level{{Metric: "M02", Value: 31, From: 1, Agreed: name, Change: name}}}
		panel := o
		panel.Panel = true
		return []Chart{control(tb, t, o).Chart, control(tb, t, panel).Chart, control(tb, weekly(tb, "M02"), panel).Chart}
	},
	"LinesOf": func(tb testing.TB, name string) []Chart {
		t := hostileTrend(tb, name)
		t.Split = measure.ByProvider
		t.Series = append(t.Series, t.Series[0])
		o := TrendOptions{ID: "lines", Place: name, Names: []string{name, name}, Annotations: []measure.Annotation{{Day: t.From, Words: name}}}
		return []Chart{LinesOf(t, o), LinesOf(measure.Trend{TrendQuery: t.TrendQuery}, o)}
	},
	"FlowOf": func(tb testing.TB, name string) []Chart {
		f := measure.Flows{TrendQuery: hostileTrend(tb, name).TrendQuery}
		g := measure.FlowGroup{}
		for i, r := range hostileTrend(tb, name).Series[0].Readings {
			one := measure.Flow{Period: r.Period, Start: 30, Now: 30}
			one.By[measure.Began], one.By[measure.Ended] = int64(i), int64(i)
			g.Periods = append(g.Periods, one)
		}
		f.Groups = []measure.FlowGroup{g}
		return []Chart{FlowOf(f, 0, TrendOptions{ID: "flow", Place: name, Name: name}),
			FlowOf(f, 1, TrendOptions{ID: "flow", Place: name, Name: name})}
	},
	"LengthsOf": func(_ testing.TB, name string) []Chart {
		return []Chart{LengthsOf(hostileLengths(), name), LengthsOf(measure.Lengths{}, name)}
	},
	"SurvivalOf": func(_ testing.TB, name string) []Chart {
		return []Chart{SurvivalOf(hostileLengths(), name), SurvivalOf(measure.Lengths{}, name)}
	},
	"WeekdaysOf": func(_ testing.TB, name string) []Chart {
		w := [7]measure.Weekday{{Days: 9, Began: 70, Ended: 60, Waiting: 900}}
		return []Chart{WeekdaysOf(w, hostileLengths(), name)}
	},
	"MovedOf": func(_ testing.TB, name string) []Chart {
		m := Moved{Noun: "hospital", From: 2458574, To: 2458604, WasFrom: 2458543, WasTo: 2458573, Change: 28, Now: 300, Was: 200,
			Parts: []MovedPart{{Name: name, Now: 200, Was: 110, Points: 23}, {Name: name, Now: 100, Was: 90, Points: 5}}}
		return []Chart{MovedOf(m, name)}
	},
	"RemainingOf": func(_ testing.TB, name string) []Chart {
		return []Chart{RemainingOf([]RemainingDay{{Day: 20500, Remaining: 90, Left: 12}, {Day: 20501, None: true}}, name, "Remaining.", 20501),
			RemainingOf([]RemainingDay{{Day: 20500, None: true}}, name, "Remaining.", 20501)}
	},
	"BandsOf": func(_ testing.TB, name string) []Chart {
		d := national.Discharges{Discharges: 90, SameDay: 70, BedDays: 60, Bands: [7]int{70, 5, 5, 4, 3, 2, 1}}
		return []Chart{BandsOf(d, name, "March 2026", "Discharges.", 20501), BandsOf(national.Discharges{}, name, "March 2026", "Discharges.", 0)}
	},
	"BridgeOf": func(_ testing.TB, name string) []Chart {
		w := Walked{Title: name, Place: name, Period: "March 2026", Unit: "days", Definition: "Days.", AsAt: 20501, Steps: []national.Cause{
			{Words: name, Short: name, Total: true, Days: 90, Running: 90}, {Words: name, Short: name, Days: -20, Running: 70},
			{Words: name, Short: name, Days: 5, Running: 75}, {Words: name, Short: name, Total: true, Days: 75, Running: 75}}}
		return []Chart{BridgeOf(w), BridgeOf(Walked{Title: name, Place: name, Unit: "days"})}
	},
	"NetFlowOf": func(_ testing.TB, name string) []Chart {
		o := TrendOptions{ID: "net", Place: name, Name: name}
		return []Chart{NetFlowOf(netWeeks(), measure.ByWeek, o, "People.", 20501), NetFlowOf(nil, measure.ByWeek, o, "People.", 20501)}
	},
}

func hostileOverview(name string) measure.Overview {
	o := gaps()
	o.Providers[0].Name = name
	for i := range o.Months {
		for j := range o.Months[i].Missing {
			o.Months[i].Missing[j].Name = name
		}
	}
	o.Months[12].Missing = []measure.Gap{{Provider: "RX1", Name: name, Days: 14}}
	o.Reasons = append(o.Reasons, measure.ReasonDays{Reason: delay.Reason(name), Days: days(900, 0, 0, 0)})
	return o
}

func hostileTrend(tb testing.TB, name string) measure.Trend {
	t := weekly(tb, "M02", append(calm(24), 45, 28)...)
	for _, i := range []int{10, 25} {
		r := &t.Series[0].Readings[i]
		r.State, r.Listed, r.Missing = measure.ProviderMissing, 0, []measure.Gap{{Provider: "RXC", Name: name, Days: 7}}
	}
	t.Began = append(t.Began, measure.Beginning{Name: name, Day: t.From + 3})
	return t
}

func hostileLengths() measure.Lengths {
	l := measure.Lengths{Begun: 90, Ended: []int64{40, 30, 20}, Survival: []float64{1, 0.8, 0.4}, AtLeast: [3]int64{5, 2, 1}}
	l.EndedQuantiles.People, l.EndedQuantiles.Middle, l.EndedQuantiles.NineTen = 90, 2, 3
	return l
}

// A new constructor must be tried with hostile names too.
func TestR8EveryConstructorIsTried(t *testing.T) {
	t.Parallel()
	found := 0
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
				continue
			}
			for _, r := range f.Type.Results.List {
				if id, ok := r.Type.(*ast.Ident); ok && (id.Name == "Chart" || id.Name == "Control") {
					found++
					if hostileCharts[f.Name.Name] == nil {
						t.Errorf("%s gives a chart and is not among hostileCharts", f.Name.Name)
					}
				}
			}
		}
	}
	if found != len(hostileCharts) {
		t.Errorf("%d constructors were found, %d are tried", found, len(hostileCharts))
	}
}

// tame says whether words may stand on any surface as they are: no control
// characters and none that turn the direction of what follows.
func tame(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFFFE ||
			r == unicode.ReplacementChar
	})
}

// eachText calls see with every text of a JSON value, keys too.
func eachText(v any, see func(string)) {
	switch v := v.(type) {
	case string:
		see(v)
	case []any:
		for _, one := range v {
			eachText(one, see)
		}
	case map[string]any:
		for k, one := range v {
			see(k)
			eachText(one, see)
		}
	}
}

// R8: nothing in a file is trusted. Every chart is tried on every surface:
// option, drawing, picture on its own, title, subtitle, alt text, notes, table.
func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	drawn := map[[sha256.Size]byte]bool{}
	for rule, hostile := range hostileNames {
		if testing.Short() && rule != "R8 script" && rule != "R8 echarts marks" {
			continue
		}
		t.Run(rule, func(t *testing.T) {
			for constructor, make := range hostileCharts {
				for _, c := range make(t, hostile) {
					// A name that is not in the plot leaves the plot as it was.
					if key := sha256.Sum256(c.Option); !drawn[key] {
						drawn[key] = true
						inspect(t, draw(t, c), prefixOf(c.ID))
					}
					whole, err := renderer(t).StandaloneSVG(t.Context(), c)
					if err != nil {
						t.Fatal(constructor, err)
					}
					inspect(t, string(whole), prefixOf(c.ID))
					if strings.ContainsAny(string(c.Option), "<>") {
						t.Errorf("%s: the option holds < or >, which could end a script element", constructor)
					}
					var option any
					if err := json.Unmarshal(c.Option, &option); err != nil {
						t.Errorf("%s: %v", constructor, err)
					}
					eachText(option, func(s string) {
						if !tame(s) {
							t.Errorf("%s: the option says %q", constructor, s)
						}
					})
					if n := len([]rune(c.Title)); n >= titleLimit || n == 0 {
						t.Errorf("%s: %d characters in %q", constructor, n, c.Title)
					}
					said := append([]string{c.Title, c.Subtitle, c.Alt, c.Definition, c.Source, c.Table.Caption}, c.Notes...)
					said = append(said, c.Table.Head...)
					for _, row := range append(c.Table.Rows, c.Table.Foot) {
						for _, cell := range row {
							said = append(said, cell.Text)
						}
					}
					for _, s := range said {
						if !tame(s) || len([]rune(s)) > 3000 {
							t.Errorf("%s says %q", constructor, s)
						}
					}
				}
			}
		})
	}
	t.Run("R8 a line's name is no template of ECharts", func(t *testing.T) {
		c := hostileCharts["LinesOf"](t, "{a} {b} {c}")[0]
		texts, _ := inspect(t, draw(t, c), prefixOf(c.ID))
		if got := strings.ReplaceAll(strings.Join(texts, "|"), "\u200b", ""); !strings.Contains(got, "{a} {b} {c}") {
			t.Errorf("the drawing says %q", got)
		}
	})
	t.Run("R8 a name in a label is escaped in option and drawing", func(t *testing.T) {
		// No constructor takes labels from outside today; the drawing must hold
		// whatever a later one brings.
		hostile := `</script><script>window.__ran=1</script>{a}`
		c := Chart{ID: "x", Title: hostile, Alt: hostile, Width: 760, Height: 380}
		option, err := nothing(hostile)(Page)
		if err != nil {
			t.Fatal(err)
		}
		c.Option = option
		if strings.Contains(string(option), "<") || !strings.Contains(string(option), `\u003c`) {
			t.Errorf("option is %s", option)
		}
		texts, _ := inspect(t, draw(t, c), "x-")
		if !strings.Contains(strings.Join(texts, ""), "</script>") {
			t.Errorf("texts are %q", texts)
		}
	})
}
