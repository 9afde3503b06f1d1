package spc_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/problem"
	"homeward/internal/spc"
)

func day(s string) delay.Day { return delay.MustDay(s) }

// missing stands for a missing reading in the lists below.
var missing = math.NaN()

// monthly gives the values dates, the first of each month from April 2019.
func monthly(values ...float64) []spc.Point {
	pts := make([]spc.Point, len(values))
	m := delay.MonthOf(2019, 4)
	for i, v := range values {
		pts[i] = spc.Point{Day: (m + delay.Month(i)).First(), Value: v, Missing: math.IsNaN(v)}
	}
	return pts
}

// calm is twelve readings with mean 100 and moving ranges of 20: limits 46.8
// and 153.2, near limits 64.53 and 135.47 when fixed after them.
var calm = []float64{110, 90, 110, 90, 110, 90, 110, 90, 110, 90, 110, 90}

func after(values ...float64) []spc.Point {
	return monthly(append(slices.Clone(calm), values...)...)
}

func analyse(t testing.TB, pts []spc.Point, p spc.Params) spc.Result {
	t.Helper()
	r, err := spc.Analyse(pts, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fixed(d spc.Direction) spc.Params {
	p := spc.Package(d)
	p.FixAfter = 12
	return p
}

func labels(r spc.Result, from int) string {
	var out []string
	for _, p := range r.Points[from:] {
		out = append(out, p.Label)
	}
	return strings.Join(out, "; ")
}

// TestRules has a sub-test for each rule of spc.md section 4; readings 13 on are
// judged against limits fixed before them.
func TestRules(t *testing.T) {
	const none = "Common Cause"
	repeat := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s+"; ", n), "; ") }
	for name, c := range map[string]struct {
		change func(*spc.Params)
		values []float64
		want   string
	}{
		"outside/above": {values: []float64{154}, want: "Above UCL"},
		"outside/below": {values: []float64{46}, want: "Below LCL"},
		"shift/six":     {values: []float64{99, 101, 103, 101, 103, 101, 103, 99}, want: repeat(none, 8)},
		"shift/seven": {values: []float64{99, 101, 103, 101, 103, 101, 103, 101, 99},
			want: none + "; " + repeat("7 Points Above CL", 7) + "; " + none},
		"shift/on the mean ends it": {values: []float64{101, 103, 101, 100, 103, 101, 103, 101}, want: repeat(none, 8)},
		"shift/missing ends it":     {values: []float64{101, 103, 101, 103, missing, 103, 101, 103, 101}, want: repeat(none, 9)},
		"trend/six":                 {values: []float64{89, 95, 97, 99, 101, 103, 98}, want: repeat(none, 7)},
		"trend/six, switch at six": {change: func(p *spc.Params) { p.TrendLength = 6 },
			values: []float64{91, 89, 97, 99, 101, 103, 105, 98},
			want:   none + "; " + repeat("6 Point Trend (Increasing)", 6) + "; " + none},
		"trend/seven": {values: []float64{89, 95, 97, 99, 101, 103, 105, 98},
			want: repeat("7 Point Trend (Increasing)", 7) + "; " + none},
		"trend/tie ends it":     {values: []float64{95, 97, 99, 99, 101, 103, 105}, want: repeat(none, 7)},
		"trend/missing ends it": {values: []float64{95, 97, 99, missing, 101, 103, 105, 107}, want: repeat(none, 8)},
		"trend/peak takes the next": {values: []float64{95, 97, 99, 101, 103, 105, 107, 104, 102, 98, 96, 94, 92},
			want: repeat("7 Point Trend (Increasing)", 6) + "; " + repeat("7 Point Trend (Decreasing)", 7)},
		"trend/saw-tooth keeps its own": {values: []float64{95, 97, 99, 101, 103, 105, 107, 94, 96, 98, 100, 102, 104, 106},
			want: repeat("7 Point Trend (Increasing)", 14)},
		"two in three/marks the near ones": {values: []float64{140, 105, 140, 95},
			want: "2 in 3 Above CL; " + none + "; 2 in 3 Above CL; " + none},
		"two in three/third on the other side": {values: []float64{140, 95, 140, 95}, want: repeat(none, 4)},
		"two in three/at the very end":         {values: []float64{140, 140}, want: repeat(none, 2)},
		"two in three/at the end after a same-sided one": {values: []float64{105, 140, 140},
			want: none + "; 2 in 3 Above CL; 2 in 3 Above CL"},
		"two in three/beyond does not count": {values: []float64{105, 160, 140, 95},
			want: none + "; Above UCL; " + none + "; " + none},
		"two in three/beyond counts when switched": {change: func(p *spc.Params) { p.BeyondCounts = true },
			values: []float64{105, 160, 140, 95}, want: none + "; Above UCL; 2 in 3 Above CL; " + none},
		"two in three/beyond may be the third": {values: []float64{140, 160, 140, 95},
			want: "2 in 3 Above CL; Above UCL; 2 in 3 Above CL; " + none},
		"order/outside before shift": {values: []float64{101, 103, 101, 160, 103, 101, 103, 95},
			want: repeat("7 Points Above CL", 3) + "; Above UCL; " + repeat("7 Points Above CL", 3) + "; " + none},
		"order/two in three before shift": {values: []float64{101, 103, 140, 141, 103, 101, 103, 95},
			want: repeat("7 Points Above CL", 2) + "; " + repeat("2 in 3 Above CL", 2) + "; " + repeat("7 Points Above CL", 3) + "; " + none},
	} {
		t.Run(name, func(t *testing.T) {
			p := fixed(spc.Increase)
			if c.change != nil {
				c.change(&p)
			}
			if got := labels(analyse(t, after(c.values...), p), 12); got != c.want {
				t.Errorf("labels are\n%s, want\n%s", got, c.want)
			}
		})
	}
}

func TestScreening(t *testing.T) {
	// One outlier gives two moving ranges of 890 and 910 among ranges of 20.
	pts := monthly(110, 90, 110, 90, 110, 90, 1000, 90, 110, 90, 110, 90, 110, 90, 110, 90)
	screened := spc.Package(spc.Decrease)
	kept := screened
	kept.Screen = false
	a, b := analyse(t, pts, screened), analyse(t, pts, kept)
	if a.Points[0].AMR.Value != 20 {
		t.Errorf("average moving range is %v with screening, want 20", a.Points[0].AMR.Value)
	}
	if want := (13.0*20 + 910*2) / 15; math.Abs(b.Points[0].AMR.Value-want) > 1e-9 {
		t.Errorf("average moving range is %v without screening, want %v", b.Points[0].AMR.Value, want)
	}
	if a.Points[0].Mean != b.Points[0].Mean {
		t.Error("screening moved the mean; only ranges are screened")
	}
	// Nine ranges of 1,000 and one of 4,370, which is 3.2685 times their mean.
	border := monthly(0, 1000, 0, 1000, 0, 1000, 0, 1000, 0, 1000, 5370)
	if got := analyse(t, border, screened).Points[0].AMR.Value; got != 1000 {
		t.Errorf("average moving range is %v, want 1000: the factor is 3.267, not 3.27", got)
	}
}

func TestLimitsNotAvailable(t *testing.T) {
	many := func(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }
	wobble := many(30, 20)
	wobble[10], wobble[20] = 20.1, 100
	rounding := many(20, 0.3)
	rounding[7] = math.Nextafter(0.3, 1)
	for name, c := range map[string]struct {
		values []float64
		words  string
	}{
		"one reading": {[]float64{5}, "Limits are not available: no two readings follow each other"},
		"every other reading missing": {[]float64{5, missing, 7, missing, 4, missing, 9},
			"Limits are not available: no two readings follow each other"},
		"all missing":                     {many(20, missing), "Limits are not available: no data"},
		"all equal":                       {many(20, 0.1), "Limits are not available: all values are equal"},
		"all zero":                        {many(20, 0), "Limits are not available: all values are equal"},
		"one spike":                       {append(many(20, 3), 9, 3, 3), "Limits are not available: nearly all values are equal"},
		"one step":                        {append(many(10, 3), many(10, 9)...), "Limits are not available: nearly all values are equal"},
		"one wobble and one spike":        {wobble, "Limits are not available: nearly all values are equal"},
		"one value off by rounding alone": {rounding, "Limits are not available: nearly all values are equal"},
	} {
		for _, screen := range []bool{true, false} {
			t.Run(name+"/screen "+map[bool]string{true: "on", false: "off"}[screen], func(t *testing.T) {
				p := spc.Package(spc.Decrease)
				p.Screen = screen
				target := 4.0
				p.Target = &target
				r := analyse(t, monthly(c.values...), p)
				if r.Groups[0].Limits == spc.LimitsGiven {
					if screen || name != "one spike" && name != "one step" && name != "one wobble and one spike" {
						t.Fatal("limits are given")
					}
					// Kept, the large change widens the limits and they mean something.
					return
				}
				for _, pt := range r.Points {
					if pt.Flag || pt.Outside.Is() || pt.Shift.Is() || pt.Trend.Is() || pt.UPL.Known {
						t.Fatalf("reading %d is flagged or has a limit", pt.Seq)
					}
				}
				if r.Groups[0].Words != c.words {
					t.Errorf("words are %q, want %q", r.Groups[0].Words, c.words)
				}
				if r.Assurance.Kind != spc.NoAssurance || r.Assurance.Icon != "" {
					t.Error("there is assurance without limits")
				}
				if len(r.Notes()) == 0 {
					t.Error("the notes are silent")
				}
			})
		}
	}
}

func TestNotEnoughReadings(t *testing.T) {
	nine := monthly(1, 2, 3, 4, 5, 6, 7, 8, 9)
	r := analyse(t, nine, spc.MakingDataCount(spc.Decrease))
	if r.Variation.Words != "Not enough readings yet (9 of 13)" || r.Variation.Icon != "" {
		t.Errorf("variation is %+v", r.Variation)
	}
	for _, p := range r.Points {
		if p.Flag || p.UPL.Known || !p.Mean.Known {
			t.Fatalf("reading %d: flag %v, limit %v, mean %v", p.Seq, p.Flag, p.UPL, p.Mean)
		}
	}
	t.Run("missing readings are not counted", func(t *testing.T) {
		thirteen := append(slices.Clone(calm), missing)
		r := analyse(t, monthly(thirteen...), spc.Params{})
		if r.Variation.Words != "No data" || r.Groups[0].Words != "Not enough readings yet (12 of 13)" {
			t.Errorf("words are %q and %q", r.Variation.Words, r.Groups[0].Words)
		}
	})
	t.Run("thirteen are enough", func(t *testing.T) {
		r := analyse(t, after(105), spc.Params{})
		if r.Groups[0].Limits != spc.LimitsGiven || r.Variation.Words != "No significant change" {
			t.Errorf("words are %q", r.Variation.Words)
		}
	})
	t.Run("each restart counts anew", func(t *testing.T) {
		p := spc.Params{Rebase: []delay.Day{day("2020-04-01")}}
		r := analyse(t, monthly(append(append(slices.Clone(calm), calm...), 105)...), p)
		if r.Groups[0].Limits != spc.NotEnoughReadings || r.Groups[1].Limits != spc.LimitsGiven {
			t.Errorf("limits are %v and %v", r.Groups[0].Limits, r.Groups[1].Limits)
		}
		if n := r.Notes(); len(n) != 1 || n[0] != "1 April 2019 to 1 March 2020: not enough readings yet (12 of 13)." {
			t.Errorf("notes are %q", n)
		}
	})
}

// TestWords holds the words of screens.md section 3 and the icons of spc.md
// section 5.
func TestWords(t *testing.T) {
	high, low := []float64{154}, []float64{46}
	for name, c := range map[string]struct {
		d           spc.Direction
		last        []float64
		words, icon string
		rule        string
		kind        spc.Kind
	}{
		"no signal":     {spc.Decrease, []float64{101}, "No significant change", "common_cause", "", spc.Common},
		"wanted, lower": {spc.Decrease, low, "Lower than usual: improvement", "improvement_low", "Below the lower limit", spc.Improvement},
		"wanted, higher": {spc.Increase, high, "Higher than usual: improvement", "improvement_high", "Above the upper limit",
			spc.Improvement},
		"not wanted, higher": {spc.Decrease, high, "Higher than usual: look into this", "concern_high", "Above the upper limit", spc.Concern},
		"not wanted, lower":  {spc.Increase, low, "Lower than usual: look into this", "concern_low", "Below the lower limit", spc.Concern},
		"neutral, higher":    {spc.Neutral, high, "Higher than usual", "neutral_high", "Above the upper limit", spc.NeutralHigh},
		"neutral, lower":     {spc.Neutral, low, "Lower than usual", "neutral_low", "Below the lower limit", spc.NeutralLow},
		"missing":            {spc.Decrease, []float64{missing}, "No data", "common_cause", "", spc.Common},
	} {
		t.Run(name, func(t *testing.T) {
			r := analyse(t, after(c.last...), fixed(c.d))
			latest := r.Points[len(r.Points)-1]
			if got := r.Variation; got.Words != c.words || got.Icon != c.icon || got.Kind != c.kind {
				t.Errorf("variation is %+v", got)
			}
			words := c.words
			if name == "no signal" {
				words = "No signal" // A reading is none; a series has no change.
			}
			if latest.Words != words || latest.Rule != c.rule {
				t.Errorf("reading says %q by %q", latest.Words, latest.Rule)
			}
		})
	}
}

func TestAssurance(t *testing.T) {
	for name, c := range map[string]struct {
		d      spc.Direction
		target float64
		want   spc.Assurance
	}{
		"higher wanted, above the limits": {spc.Increase, 154, spc.Assurance{Kind: spc.ConsistentFail, Icon: "fail", Letter: "F",
			Words: "Does not usually meet the agreed level"}},
		"higher wanted, below the limits": {spc.Increase, 46, spc.Assurance{Kind: spc.ConsistentPass, Icon: "pass", Letter: "P",
			Words: "Usually meets the agreed level"}},
		"lower wanted, above the limits": {spc.Decrease, 154, spc.Assurance{Kind: spc.ConsistentPass, Icon: "pass", Letter: "P",
			Words: "Usually meets the agreed level"}},
		"lower wanted, below the limits": {spc.Decrease, 46, spc.Assurance{Kind: spc.ConsistentFail, Icon: "fail", Letter: "F",
			Words: "Does not usually meet the agreed level"}},
		"between the limits": {spc.Decrease, 100, spc.Assurance{Kind: spc.Inconsistent, Icon: "inconsistent", Letter: "?",
			Words: "Sometimes meets the agreed level"}},
		"equal to a limit": {spc.Decrease, 153.2, spc.Assurance{Kind: spc.Inconsistent, Icon: "inconsistent", Letter: "?",
			Words: "Sometimes meets the agreed level"}},
		"neutral": {spc.Neutral, 154, spc.Assurance{}},
	} {
		t.Run(name, func(t *testing.T) {
			p := fixed(c.d)
			p.Target = &c.target
			if got := analyse(t, after(100), p).Assurance; got != c.want {
				t.Errorf("assurance is %+v, want %+v", got, c.want)
			}
		})
	}
	t.Run("no target", func(t *testing.T) {
		if got := analyse(t, after(100), fixed(spc.Increase)).Assurance; got != (spc.Assurance{}) {
			t.Errorf("assurance is %+v", got)
		}
	})
}

func TestRefusals(t *testing.T) {
	good := monthly(calm...)
	inf := math.Inf(1)
	nan := math.NaN()
	for name, c := range map[string]struct {
		pts  []spc.Point
		p    spc.Params
		says string
	}{
		"no readings":       {nil, spc.Params{}, "There are no readings"},
		"one date twice":    {append(slices.Clone(good), good[3]), spc.Params{}, "two readings for 1 July 2019"},
		"no date":           {[]spc.Point{{Value: 3}}, spc.Params{}, "no date"},
		"infinite reading":  {monthly(1, inf, 3), spc.Params{}, "1 May 2019 is too large"},
		"enormous reading":  {monthly(1, -1e101, 3), spc.Params{}, "too large"},
		"trend of five":     {good, spc.Params{TrendLength: 5}, "Choose 6 or 7"},
		"fixed after 11":    {good, spc.Params{FixAfter: 11}, "Choose 12 or more"},
		"fixed after -1":    {good, spc.Params{FixAfter: -1}, "Choose 12 or more"},
		"least points -1":   {good, spc.Params{LeastPoints: -1}, "Choose 1 or more"},
		"unknown direction": {good, spc.Params{Direction: 9}, "increase, neutral or decrease"},
		"infinite target":   {good, spc.Params{Target: &inf}, "Enter a number"},
		"no number target":  {good, spc.Params{Target: &nan}, "Enter a number"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := spc.Analyse(c.pts, c.p)
			if problem.KindOf(err) != problem.Invalid || !strings.Contains(problem.Sentence(err), c.says) {
				t.Errorf("error is %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestCallersDataIsLeftAlone(t *testing.T) {
	pts := after(101, 99)
	slices.Reverse(pts)
	before := slices.Clone(pts)
	rebase := []delay.Day{day("2020-02-01"), day("2019-05-01")}
	target := 5.0
	r := analyse(t, pts, spc.Params{Rebase: rebase, Target: &target})
	target = 6
	if !reflect.DeepEqual(pts, before) || rebase[0] != day("2020-02-01") || *r.Params.Target != 5 {
		t.Error("Analyse and its caller share data")
	}
}

func TestGaps(t *testing.T) {
	days := func(ds ...string) []spc.Point {
		var out []spc.Point
		for i, d := range ds {
			out = append(out, spc.Point{Day: day(d), Value: float64(i)})
		}
		return out
	}
	gap := func(a, b string, n int) spc.Gap { return spc.Gap{After: day(a), Before: day(b), Missing: n} }
	for name, c := range map[string]struct {
		pts  []spc.Point
		want []spc.Gap
	}{
		"months without a gap": {days("2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"), nil},
		"two months left out":  {days("2020-01-01", "2020-02-01", "2020-05-01", "2020-06-01"), []spc.Gap{gap("2020-02-01", "2020-05-01", 2)}},
		"last days of months":  {days("2020-01-31", "2020-02-29", "2020-04-30", "2020-05-31"), []spc.Gap{gap("2020-02-29", "2020-04-30", 1)}},
		"days": {days("2020-02-27", "2020-02-28", "2020-02-29", "2020-03-02", "2020-03-03"),
			[]spc.Gap{gap("2020-02-29", "2020-03-02", 1)}},
		"weeks":                    {days("2020-03-02", "2020-03-09", "2020-03-23", "2020-03-30"), []spc.Gap{gap("2020-03-09", "2020-03-23", 1)}},
		"a week moved by two days": {days("2020-03-02", "2020-03-09", "2020-03-18", "2020-03-23", "2020-03-30"), nil},
		"quarters":                 {days("2020-01-01", "2020-04-01", "2020-07-01", "2021-01-01"), []spc.Gap{gap("2020-07-01", "2021-01-01", 1)}},
		"two readings":             {days("2020-01-01", "2020-07-01"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := analyse(t, c.pts, spc.Params{}).Gaps; !slices.Equal(got, c.want) {
				t.Errorf("gaps are %v, want %v", got, c.want)
			}
		})
	}
}

func TestRebaseWithoutAReadingIsSaid(t *testing.T) {
	p := spc.Params{Rebase: []delay.Day{day("2019-05-15"), day("2019-04-01")}}
	r := analyse(t, after(105, 95), p)
	if !slices.Equal(r.UnmatchedRebase, []delay.Day{day("2019-05-15")}) || len(r.Groups) != 1 || r.Groups[0].Number != 1 {
		t.Errorf("unmatched %v, groups %+v", r.UnmatchedRebase, r.Groups)
	}
	want := "Limits were to restart on 15 May 2019, but there is no reading of that date, so they did not."
	if n := r.Notes(); len(n) != 1 || n[0] != want {
		t.Errorf("notes are %q", n)
	}
}

func TestStillGoing(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   int
	}{
		"no signal":           {[]float64{101}, 0},
		"outside":             {[]float64{160}, 0},
		"rise of eight":       {[]float64{91, 93, 95, 97, 99, 101, 103, 105}, 9},
		"run of eight":        {[]float64{101, 103, 101, 103, 101, 103, 101, 103}, 8},
		"run after a missing": {[]float64{103, missing, 101, 103, 101, 103, 101, 103, 101}, 7},
		"run that has ended":  {[]float64{101, 103, 101, 103, 101, 103, 101, 99}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := analyse(t, after(c.values...), fixed(spc.Decrease)).StillGoing(); got != c.want {
				t.Errorf("%d readings, want %d", got, c.want)
			}
		})
	}
}

func TestSettingsInWords(t *testing.T) {
	for want, p := range map[string]spc.Params{
		"13 points needed, trend of 7, outliers kept, points beyond the limits do not count in 2 of 3": {},
		"1 point needed, trend of 7, outliers left out of the limits, points beyond the limits do not count " +
			"in 2 of 3": spc.Package(spc.Increase),
		"13 points needed, trend of 7, outliers kept, points beyond the limits count " +
			"in 2 of 3": spc.MakingDataCount(spc.Decrease),
		"13 points needed, trend of 6, outliers kept, points beyond the limits do not count in 2 of 3, limits fixed after 20 points": {
			TrendLength: 6, FixAfter: 20},
	} {
		if got := p.Words(); got != want {
			t.Errorf("words are %q, want %q", got, want)
		}
	}
}

// TestNoBlame keeps the words of screens.md section 4 out of what readers see.
func TestNoBlame(t *testing.T) {
	target := 10.0
	p := spc.MakingDataCount(spc.Decrease)
	p.Target = &target
	r := analyse(t, after(160, 140, 141, 95), p)
	said := []string{r.Variation.Words, r.Assurance.Words, p.Words()}
	for _, pt := range r.Points {
		said = append(said, pt.Words, pt.Rule)
	}
	for _, s := range said {
		for _, w := range []string{"fail", "fault", "blame", "breach", "worst", "crisis", "invalid"} {
			if strings.Contains(strings.ToLower(s), w) {
				t.Errorf("%q holds %q", s, w)
			}
		}
	}
}
