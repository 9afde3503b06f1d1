package chart

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// option is what the tests read back from a chart's option JSON.
type option struct {
	Animation *bool `json:"animation"`
	Tooltip   struct {
		ShowContent *bool `json:"showContent"`
	} `json:"tooltip"`
	XAxis, YAxis []struct {
		Type string   `json:"type"`
		Min  *float64 `json:"min"`
		Max  *float64 `json:"max"`
		Data []string `json:"data"`
	}
	Series []struct {
		Name      string  `json:"name"`
		Type      string  `json:"type"`
		Stack     string  `json:"stack"`
		Data      []datum `json:"data"`
		ItemStyle struct {
			Decal *json.RawMessage `json:"decal"`
		} `json:"itemStyle"`
	} `json:"series"`
}

// datum is one item of a series: a bare value, or one with what else it bears.
type datum struct {
	Value  any    `json:"value"`
	Symbol string `json:"symbol"`
	Label  struct {
		Formatter       string  `json:"formatter"`
		LineHeight      float64 `json:"lineHeight"`
		BackgroundColor string  `json:"backgroundColor"`
	} `json:"label"`
}

func (d *datum) UnmarshalJSON(b []byte) error {
	type whole datum
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, (*whole)(d))
	}
	return json.Unmarshal(b, &d.Value)
}

func read(t *testing.T, c Chart) option {
	t.Helper()
	var o option
	if err := json.Unmarshal(c.Option, &o); err != nil {
		t.Fatalf("%s: option is not JSON: %v", c.ID, err)
	}
	return o
}

// values gives one series by name; a gap is NaN.
func (o option) values(t *testing.T, name string) []float64 {
	t.Helper()
	for _, s := range o.Series {
		if s.Name != name {
			continue
		}
		out := make([]float64, len(s.Data))
		for i, d := range s.Data {
			switch v := d.Value.(type) {
			case float64:
				out[i] = v
			case string:
				if v != "-" {
					t.Fatalf("series %s holds the text %q", name, v)
				}
				out[i] = math.NaN()
			default:
				t.Fatalf("series %s holds %T", name, v)
			}
		}
		return out
	}
	t.Fatalf("no series %q", name)
	return nil
}

func same(a, b float64) bool { return math.Abs(a-b) < 1e-5 }

func all() map[string]Chart {
	return map[string]Chart{
		"days": DelayedDays(year(), "Northshire"), "days with gaps": DelayedDays(gaps(), "Northshire"),
		"days, long": DelayedDays(long(), "Northshire"),
		"beds":       Beds(year(), "Northshire"), "beds with gaps": Beds(gaps(), "Northshire"),
		"share": Share(year(), "Northshire"), "share with gaps": Share(gaps(), "Northshire"), "share, long": Share(long(), "Northshire"),
		"reasons": Reasons(year(), "Northshire"),
		"people":  People(daily(90), measure.Filter{}, "Northshire", year().AsAt),
	}
}

func TestTableTwinHasTheNumbersOfTheDrawingAndOfTheMeasure(t *testing.T) {
	for title, c := range map[string]Chart{"C1 delayed days": DelayedDays(gaps(), "Northshire"), "C12 beds": Beds(gaps(), "Northshire")} {
		t.Run(title, func(t *testing.T) {
			o, in := read(t, c), gaps()
			for i, p := range in.Months {
				row := c.Table.Rows[i]
				rowSum := 0.0
				for j, b := range delay.Bodies {
					plotted := o.values(t, sentenceCase(b.String()))[i]
					if i == 6 {
						if row[j+1].Text != "No data" || row[j+1].Numeric || !math.IsNaN(plotted) {
							t.Errorf("gap: table %+v, drawing %v; a gap is words, never zero", row[j+1], plotted)
						}
						continue
					}
					want := float64(p.Days[b])
					if c.ID == "dtoc-beds" {
						want = p.BedsOf(b)
					}
					if !same(row[j+1].Value, want) || !same(plotted, want) {
						t.Errorf("%s %s: measure %v, table %v, drawing %v", p.First, b, want, row[j+1].Value, plotted)
					}
					rowSum += want
				}
				if total := row[len(row)-1]; i != 6 && !same(total.Value, rowSum) {
					t.Errorf("%s: row adds up to %v, its total is %v", p.First, rowSum, total.Value)
				}
			}
		})
	}
	t.Run("C12 totals are total days over total calendar days", func(t *testing.T) {
		foot := Beds(year(), "Northshire").Table.Foot
		total, calendar := year().Total().Total(), 0
		for _, p := range year().Months {
			calendar += p.CalendarDays()
		}
		if want := float64(total) / float64(calendar); !same(foot[len(foot)-1].Value, want) {
			t.Errorf("beds of the period are %v, want %v", foot[len(foot)-1].Value, want)
		}
	})
	t.Run("G3 share and its band", func(t *testing.T) {
		c := Share(gaps(), "Northshire")
		o := read(t, c)
		low, width, value := o.values(t, "Lowest"), o.values(t, "Width of the range"), o.values(t, "Social care")
		for i, p := range gaps().Months {
			row := c.Table.Rows[i]
			if i == 6 {
				if row[1].Text != "No data" || !math.IsNaN(value[i]) || !math.IsNaN(low[i]) || !math.IsNaN(width[i]) {
					t.Errorf("gap is %v in the table and %v in the drawing", row[1].Text, value[i])
				}
				continue
			}
			s := measure.SocialCareShare(p.Days, 0, 0)
			for _, pair := range [][3]float64{{s.Value * 100, row[1].Value, value[i]}, {s.Low * 100, row[2].Value, low[i]},
				{s.High * 100, row[3].Value, low[i] + width[i]}} {
				if !same(pair[0], pair[1]) || !same(pair[0], pair[2]) {
					t.Errorf("%s: measure, table, drawing are %v", p.First, pair)
				}
			}
		}
	})
	t.Run("reasons", func(t *testing.T) {
		c := Reasons(year(), "Northshire")
		o := read(t, c)
		all := 0.0
		for i, row := range c.Table.Rows {
			sum := 0.0
			for j, b := range delay.Bodies {
				v := o.values(t, sentenceCase(b.String()))[i]
				if !same(v, row[j+1].Value) {
					t.Errorf("%s %s: table %v, drawing %v", row[0].Text, b, row[j+1].Value, v)
				}
				sum += v
			}
			if !same(sum, row[5].Value) {
				t.Errorf("%s adds up to %v, its total is %v", row[0].Text, sum, row[5].Value)
			}
			all += sum
		}
		if !same(all, c.Table.Foot[5].Value) || c.Table.Foot[7].Text != "100%" || c.Table.Rows[len(c.Table.Rows)-1][7].Text != "100%" {
			t.Errorf("foot is %v for %v", c.Table.Foot, all)
		}
	})
	t.Run("C16 people", func(t *testing.T) {
		in := daily(90)
		in[40].Days, in[40].Listed = days(0, 0, 0, 0), 0
		in[41].Days = days(0, 0, 0, 0) // a true zero: the extract is in and lists nobody
		c := People(in, measure.Filter{}, "Northshire", year().AsAt)
		v := read(t, c).values(t, "People delayed")
		for i, p := range in {
			cell := c.Table.Rows[i][5]
			switch {
			case i == 40:
				if cell.Text != "No data" || !math.IsNaN(v[i]) {
					t.Errorf("gap is %q and %v", cell.Text, v[i])
				}
			case !same(v[i], float64(p.Days.Total())) || !same(cell.Value, v[i]):
				t.Errorf("%s: measure %d, table %v, drawing %v", p.First, p.Days.Total(), cell.Value, v[i])
			}
		}
		if c.Table.Rows[41][5].Text != "0" {
			t.Errorf("a day without people reads %q", c.Table.Rows[41][5].Text)
		}
	})
}

// A number on dots or a hatch has clear ground around it: in grey, marks between its
// digits leave it unread.
func TestNumbersStandClearOfAPattern(t *testing.T) {
	o := read(t, Reasons(measure.Overview{Filter: measure.Filter{Book: book}, Reasons: []measure.ReasonDays{
		{Reason: "A", Days: days(400, 300, 500, 0)}, {Reason: "B", Days: days(100, 0, 300, 600)}}}, "x"))
	found := 0
	for _, s := range o.Series {
		for _, d := range s.Data {
			l := d.Label
			patterned := s.ItemStyle.Decal != nil
			if l.Formatter == "" {
				continue
			}
			clear := strings.HasPrefix(l.Formatter, "\u00a0") && strings.HasSuffix(l.Formatter, "\u00a0") &&
				l.BackgroundColor != "" && l.LineHeight > 8
			if clear != patterned {
				t.Errorf("%s, a pattern %v: %+v", s.Name, patterned, l)
			}
			if patterned {
				found++
			}
		}
	}
	if found != 3 {
		t.Errorf("%d numbers stand on a pattern, 3 are drawn", found)
	}
}

func TestEveryChartKeepsTheRulesOfDrawing(t *testing.T) {
	for title, c := range all() {
		t.Run(title, func(t *testing.T) {
			for _, s := range []Size{Page, Wide, Slide} {
				o := read(t, c.At(s))
				if o.Animation == nil || *o.Animation || o.Tooltip.ShowContent == nil || *o.Tooltip.ShowContent {
					t.Error("animation and tooltip content are to be off")
				}
				if len(o.Series) > 4 {
					t.Errorf("%d series, at most 4", len(o.Series))
				}
				for _, a := range append(o.XAxis, o.YAxis...) {
					if a.Type == "value" && (a.Min == nil || *a.Min != 0) {
						t.Error("a value axis begins at zero")
					}
				}
				for _, one := range o.Series {
					if one.Name == "Not attributed" && one.ItemStyle.Decal == nil {
						t.Error("not attributed is hatched")
					}
				}
				for _, bad := range []string{"function", "__f__", "=>", "http"} {
					if strings.Contains(string(c.Option), bad) {
						t.Errorf("option holds %q", bad)
					}
				}
			}
			if n := utf8.RuneCountInString(c.Title); n >= 90 || n == 0 || strings.HasSuffix(c.Title, ".") {
				t.Errorf("title has %d characters: %s", n, c.Title)
			}
			if c.Table.Caption != c.Title {
				t.Errorf("caption is %q", c.Table.Caption)
			}
			for _, row := range append(c.Table.Rows, c.Table.Foot) {
				if len(row) != 0 && len(row) != len(c.Table.Head) {
					t.Errorf("row of %d cells under %d heads", len(row), len(c.Table.Head))
				}
				for _, cell := range row {
					if cell.Text == "" || cell.Text == "-" {
						t.Errorf("an empty cell in %v", row)
					}
				}
			}
			for _, words := range []string{c.Subtitle, c.Alt, c.Definition, c.Source} {
				if words == "" {
					t.Error("subtitle, alt, definition and source are to be given")
				}
			}
			for _, words := range append(c.Notes, c.Title, c.Subtitle, c.Alt, c.Definition) {
				for _, bad := range []string{"fault", "blame", "block", "failed", "invalid", "worst", "best", "better", "worse", "because", "due to"} {
					if strings.Contains(strings.ToLower(words), bad) {
						t.Errorf("%q says %q", words, bad)
					}
				}
			}
		})
	}
}

func TestTitlesSayWhatTheDataSays(t *testing.T) {
	change := func(edit func(*measure.Overview)) measure.Overview {
		o := year()
		edit(&o)
		return o
	}
	lastFew := func(n int, o measure.Overview) measure.Overview {
		o.Months = o.Months[len(o.Months)-n:]
		o.From = o.Months[0].First
		return o
	}
	none := func(o *measure.Overview, i int, who ...string) {
		o.Months[i].Days, o.Months[i].Listed = measure.ByBody{}, 0
		for _, w := range who {
			o.Months[i].Missing = append(o.Months[i].Missing, measure.Gap{Provider: w, Name: w, Days: o.Months[i].CalendarDays()})
		}
	}
	for _, c := range []struct{ name, got, want string }{
		{"T1 latest missing", DelayedDays(change(func(o *measure.Overview) { none(o, 12, "Westhaven") }), "x").Title,
			"Delayed days: no data from Westhaven for 1 of 13 months"},
		{"T1 over a tenth missing", Beds(change(func(o *measure.Overview) { none(o, 2, "Westhaven"); none(o, 3, "Westhaven") }), "x").Title,
			"DToC beds: no data from Westhaven for 2 of 13 months"},
		{"T1 several providers", Share(change(func(o *measure.Overview) { none(o, 11, "Westhaven"); none(o, 12, "Southmoor") }), "x").Title,
			"Council share: no data from one or more of 2 providers for 2 of 13 months"},
		{"T1 no provider named", DelayedDays(change(func(o *measure.Overview) { none(o, 12) }), "x").Title,
			"Delayed days: no data for 1 of 13 months"},
		{"T1 not for one early month of 13", DelayedDays(change(func(o *measure.Overview) { none(o, 6, "Westhaven") }), "x").Title,
			"Delayed days fell to 1,670 in March 2019, from 1,923 in March 2018"},
		{"no months", DelayedDays(measure.Overview{}, "x").Title, "Delayed days: no data"},
		{"no delayed days", DelayedDays(measure.Overview{Months: []measure.Period{month("2019-03", days(0, 0, 0, 0))}}, "x").Title,
			"No delayed days in this period"},
		{"T2 too few", DelayedDays(measure.Overview{Months: []measure.Period{month("2019-03", days(0, 1, 0, 0))}}, "x").Title,
			"Too few delayed days to describe a change (1 day)"},
		{"rose", Beds(change(func(o *measure.Overview) { o.Months[12].Days[delay.NHS] += 900 }), "x").Title,
			"DToC beds rose to 82.9 in March 2019, from 62.0 in March 2018"},
		{"about the same", DelayedDays(change(func(o *measure.Overview) { o.Months[12].Days[delay.NHS] += 230 }), "x").Title,
			"Delayed days were 1,900 in March 2019, about the same as 1,923 in March 2018"},
		{"the same", DelayedDays(change(func(o *measure.Overview) { o.Months[12].Days = o.Months[0].Days }), "x").Title,
			"Delayed days were 1,923 in March 2019, the same as in March 2018"},
		{"C12 days of months of unlike length are not compared", DelayedDays(lastFew(2, year()), "x").Title, "Delayed days: 1,670 in March 2019"},
		{"C12 beds of months of unlike length are", Beds(lastFew(2, year()), "x").Title,
			"DToC beds fell to 53.9 in March 2019, from 56.5 in February 2019"},
		{"a month with missing data is not compared", DelayedDays(change(func(o *measure.Overview) { o.Months[0].Listed = 3 }), "x").Title,
			"Delayed days: 1,670 in March 2019"},
		{"a part month is not the finding", Beds(gaps(), "x").Title, "DToC beds were 56.5 in February 2019, about the same as 56.7 in " +
			"January 2019"},
		{"only a part month", DelayedDays(lastFew(1, gaps()), "x").Title, "Delayed days: 744 in March 2019 so far"},
		{"T8 unsettled at least 5%", Share(year(), "x").Title, "34% of days were with social care in March 2019; 34% to 41% with unsettled days"},
		{"T8 unsettled under 5%", Share(change(func(o *measure.Overview) { o.Months[12].Days[delay.NotAttributed] = 10 }), "x").Title,
			"36% of delayed days were with social care in March 2019"},
		{"T8 too few", Share(measure.Overview{Months: []measure.Period{month("2019-03", days(2, 3, 0, 0))}}, "x").Title,
			"Too few delayed days to give a share (5 days in March 2019)"},
		{"T9", Reasons(year(), "x").Title, "5 of 10 reasons account for 8 in 10 delayed days"},
		{"T9 one of several", Reasons(measure.Overview{Filter: measure.Filter{Book: book}, Reasons: []measure.ReasonDays{{Reason: "A",
			Days: days(90, 5, 0, 0)},
			{Reason: "E", Days: days(5, 0, 0, 0)}}}, "x").Title, "1 of 2 reasons accounts for 9 in 10 delayed days"},
		{"T9 all reasons needed", Reasons(measure.Overview{Filter: measure.Filter{Book: book}, Reasons: []measure.ReasonDays{{Reason: "A",
			Days: days(51, 0, 0, 0)},
			{Reason: "E", Days: days(49, 0, 0, 0)}}}, "x").Title, "The largest of 2 reasons is assessment, 51% of delayed days"},
		{"T9 one reason", Reasons(measure.Overview{Filter: measure.Filter{Book: book}, Reasons: []measure.ReasonDays{{Reason: "E",
			Days: days(50, 0, 0, 0)}}}, "x").Title,
			"All delayed days have one reason: care package in own home"},
		{"T9 one known reason", Reasons(measure.Overview{Filter: measure.Filter{Book: book}, Reasons: []measure.ReasonDays{{Days: days(0, 0,
			0, 5)},
			{Reason: "E", Days: days(50, 0, 0, 0)}}}, "x").Title, "The one known reason is care package in own home, 91% of delayed days"},
		{"T9 reason not known over a fifth", Reasons(measure.Overview{Filter: measure.Filter{Book: book},
			Reasons: []measure.ReasonDays{{Days: days(0, 0, 0, 30)},
				{Reason: "E", Days: days(50, 0, 0, 0)}}}, "x").Title, "The reason is not known for 38% of delayed days"},
		{"T9 none", Reasons(measure.Overview{}, "x").Title, "No delayed days in this period"},
		{"people", People(daily(28), measure.Filter{}, "x", year().AsAt).Title, "61 people were delayed on 31 March 2019, 2 more than a " +
			"week before"},
		{"people, one", People([]measure.Period{{First: 2458574, Last: 2458574, Listed: 1, Days: days(1, 0, 0, 0)}}, measure.Filter{}, "x",
			0).Title, "1 person was delayed on 31 March 2019"},
		{"people, latest missing", People([]measure.Period{{First: 2458574, Last: 2458574}}, measure.Filter{}, "x", 0).Title,
			"People delayed: no data for 1 of 1 day"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("title is\n%q, want\n%q", c.got, c.want)
			}
		})
	}
}

func TestNumbersInTitlesStandInTheTable(t *testing.T) {
	for title, c := range all() {
		t.Run(title, func(t *testing.T) {
			cells := map[string]bool{}
			for _, row := range append(c.Table.Rows, c.Table.Foot) {
				for _, cell := range row {
					cells[cell.Text] = true
				}
			}
			for _, word := range strings.FieldsFunc(c.Title, func(r rune) bool { return r == ' ' || r == ';' }) {
				word = strings.TrimSuffix(word, ",")
				number := strings.NewReplacer(",", "", "%", "").Replace(word)
				v, err := strconv.ParseFloat(number, 64)
				if err != nil || v == 2018 || v == 2019 || v == 2020 || c.ID == "reasons" || c.ID == "people" {
					continue
				}
				if !cells[word] {
					t.Errorf("%s of %q is not in the table", word, c.Title)
				}
			}
		})
	}
}

func TestAltTextGivesTheValues(t *testing.T) {
	for name, c := range map[string]struct{ got, want string }{
		"stacked": {DelayedDays(gaps(), "Northshire").Alt, "Bar chart of delayed days by whose next step, Northshire, 1 March 2018 to 14 March " +
			"2019, 13 months. In March 2019, to 14 March: social care 251, NHS 410, joint 33, not attributed 50, total 744. Lowest 1,581 in " +
			"February 2019, highest 1,923 in March 2018. No data for September 2018. Some data is missing in 1 month, marked " +
			"under the axis. The last month runs to 14 March 2019. Values are in the table below. Counted by england-dtoc."},
		"share": {Share(year(), "Northshire").Alt, "Line chart of the share of delayed days with social care, Northshire, March 2018 to March " +
			"2019, 13 months. Lowest 34% in February 2019, highest 37% in July 2018. Latest 34% in March 2019; 34% to 41% with unsettled days. " +
			"Values are in the table below. Counted by england-dtoc."},
		"ranked": {Reasons(year(), "Northshire").Alt, "Bar chart of delayed days, Northshire, March 2018 to March 2019, by 11 reasons, largest " +
			"first: care package in own home 4,535, further non-acute NHS care 4,420 and assessment 3,460. 5 make up 83%. Total 21,567. " +
			"Values are " +
			"in the table below. Counted by england-dtoc."},
		"empty": {DelayedDays(measure.Overview{}, "Northshire").Alt, "Bar chart of delayed days by whose next step, Northshire, no dates, 0 " +
			"months. There is no data to show."},
	} {
		t.Run(name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("alt is\n%s\nwant\n%s", c.got, c.want)
			}
		})
	}
}

func TestNotesNameGapsPartMonthsAndHeldFiles(t *testing.T) {
	got := strings.Join(DelayedDays(gaps(), "Northshire").Notes, "|")
	want := "No data from Westhaven for 39 of 379 days.|March 2019 is not over: its figures run to 14 March 2019.|A short file from " +
		"Westhaven " +
		"is held and counts for nothing until it is settled (R5).|▲ under the axis: an extract is missing on some of these days."
	if got != want {
		t.Errorf("notes are\n%s", got)
	}
}

func TestAFilterIsNamedInTheSubtitle(t *testing.T) {
	o := year()
	o.Filter = measure.Filter{Book: book, Care: []delay.CareType{delay.Acute}, Bodies: []delay.Body{delay.NHS, delay.Joint},
		Reasons: []delay.Reason{"E"}}
	if got := DelayedDays(o, "Northshire").Subtitle; got != "Delayed days a month, by whose next step, Northshire, acute care only, NHS and "+
		"joint only, care package in own home only, March 2018 to March 2019" {
		t.Error(got)
	}
}

func TestRankPutsTheUnknownReasonLast(t *testing.T) {
	got := rank([]measure.ReasonDays{
		{Reason: "", Days: days(0, 0, 0, 900)}, {Reason: "E", Days: days(5, 0, 0, 0)}, {Reason: "A", Days: days(0, 5, 0, 0)},
		{Reason: "G", Days: days(0, 9, 0, 0)}, {Reason: "B"},
	})
	var order []string
	for _, r := range got {
		order = append(order, string(r.Reason))
	}
	if strings.Join(order, " ") != "G A E " {
		t.Errorf("order is %q", order)
	}
}

func TestTheSameFiguresGiveTheSameChart(t *testing.T) {
	// C10: byte for byte.
	first := all()
	for range 3 {
		for name, c := range all() {
			if string(c.Option) != string(first[name].Option) || c.Title != first[name].Title || c.Alt != first[name].Alt {
				t.Errorf("%s changes from run to run", name)
			}
		}
	}
}

func TestMonthLabelsNeverTouch(t *testing.T) {
	for n := 1; n <= 130; n++ {
		o := long()
		for len(o.Months) < n {
			next := o.Months[len(o.Months)-1].First.Month() + 1
			o.Months = append(o.Months, measure.Period{First: next.First(), Last: next.Last()})
		}
		rs := readings(o.Months[:n], true)
		for _, part := range []bool{false, true} {
			rs[n-1].part = part
			shown := monthLabels(rs, 560, 14)
			if len(shown) == 0 {
				t.Fatalf("%d months have no label", n)
			}
			for i := 1; i < len(shown); i++ {
				if float64(shown[i]-shown[i-1])*560/float64(n) < textWidth("Sep 2018", 14) {
					t.Errorf("%d months: labels %v touch", n, shown)
				}
			}
			if part && shown[len(shown)-1] != n-1 {
				t.Errorf("%d months: the part month has no label", n)
			}
		}
	}
}

func TestScaleEndsOnRoundNumbersAboveTheLargest(t *testing.T) {
	for _, top := range []float64{0, 0.04, 0.9, 1, 3, 9, 10, 62.3, 99, 100, 101, 1923, 123456} {
		for _, wholeSteps := range []bool{true, false} {
			maximum, step := scale(top, 5, wholeSteps)
			if maximum < top || step <= 0 || maximum/step > 8 || math.Abs(maximum/step-math.Round(maximum/step)) > 1e-9 ||
				wholeSteps && step != math.Trunc(step) {
				t.Errorf("scale(%v, %v) = %v by %v", top, wholeSteps, maximum, step)
			}
		}
	}
}

func TestWordsForNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{whole(0), "0"}, {whole(999), "999"}, {whole(1000), "1,000"}, {whole(1234567), "1,234,567"}, {whole(-1234), "−1,234"},
		{decimal(0), "0.0"}, {decimal(1234.56), "1,234.6"}, {decimal(-0.04), "0.0"}, {decimal(-2.25), "−2.3"},
		{measure.PerCent(0), "0%"}, {measure.PerCent(0.001), "under 1%"}, {measure.PerCent(0.344), "34%"}, {measure.PerCent(0.999), "over 99%"},
		{measure.PerCent(1), "100%"},
		{plural(1, "person", "people"), "1 person"}, {plural(2000, "person", "people"), "2,000 people"},
		{joinAnd([]string{"a", "b", "c"}), "a, b and c"}, {shorten("abcdef", 4), "abc…"}, {plain("a\x00b\n c\u202ed"), "a b cd"},
		{span(delay.MustDay("2019-03-01"), delay.MustDay("2019-03-31")), "March 2019"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestWrapKeepsEveryLineWithinItsWidth(t *testing.T) {
	for _, s := range []string{"Community equipment and adaptations", strings.Repeat("W", 300), "a " + strings.Repeat("é", 300) + " b", "",
		"日本語のとても長い病院の名前です"} {
		for _, width := range []float64{5, 40, 120, 400} {
			lines := wrap(s, 14, width, 3)
			if len(lines) > 3 {
				t.Errorf("%d lines", len(lines))
			}
			for _, l := range lines {
				if utf8.RuneCountInString(l) > 1 && textWidth(l, 14) > width+0.01 {
					t.Errorf("%q is %v wide, %v allowed", l, textWidth(l, 14), width)
				}
			}
		}
	}
}
