package chart

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/measure"
	"homeward/internal/spc"
)

// What is called usual is what most readings are: where over a fifth of them are
// signals neither title, icon nor alternative text says so, and where one is, none
// says that nothing has changed.
func TestControlWordsReadTheWholeShape(t *testing.T) {
	t.Parallel()
	quiet, loud := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(14, 60).Draw(rt, "n")
		values, level := make([]float64, n), 40.0
		drift := rapid.SampledFrom([]float64{0, 0, 1, 4}).Draw(rt, "drift")
		for i := range values {
			level += drift * float64(rapid.IntRange(-2, 2).Draw(rt, "step"))
			values[i] = max(0, level+float64(rapid.IntRange(-5, 5).Draw(rt, "by")))
		}
		word := rapid.SampledFrom([]string{"M02", "M08", "M05-21"}).Draw(rt, "metric")
		var notes []measure.Annotation
		trend := weekly(t, word, values...)
		if rapid.Bool().Draw(rt, "restart") {
			at := rapid.IntRange(0, n-1).Draw(rt, "at")
			notes = []measure.Annotation{{Day: trend.Series[0].Readings[at].First, Words: "A new team", Restart: true}}
		}
		for _, panel := range []bool{false, true} {
			c := control(t, trend, TrendOptions{Annotations: notes, Panel: panel, Name: "Westhaven"})
			sh := c.Result.Shape()
			said := strings.Join([]string{c.Title, c.Variation.Words, c.Alt}, " | ")
			if len([]rune(c.Title)) >= titleLimit {
				rt.Errorf("a title of %d characters: %q", len([]rune(c.Title)), c.Title)
			}
			if sh.Signals > 0 && strings.Contains(said, "significant") {
				rt.Errorf("%d signals, and it says %q", sh.Signals, said)
			}
			if sh.Judged > 0 && !sh.Quiet {
				loud++
				for _, word := range []string{"usual range", "usually", "its usual", "as usual", "than usual"} {
					if strings.Contains(said, word) {
						rt.Errorf("%d of %d readings are signals, and it says %q", sh.Signals, sh.Judged, said)
					}
				}
			} else if sh.Judged > 0 {
				quiet++
			}
			if sh.Signals > 1 && c.Result.Groups[len(c.Result.Groups)-1].Limits == spc.LimitsGiven &&
				!strings.Contains(c.Variation.Words, " are signals") {
				rt.Errorf("%d of %d readings are signals, and the icon says %q", sh.Signals, sh.Judged, c.Variation.Words)
			}
		}
	})
	if quiet == 0 || loud == 0 {
		t.Errorf("%d quiet series and %d others were drawn", quiet, loud)
	}
}

// After a restart, until there are thirteen readings, their points are hollow and
// there is an average so far, no limit and no signal.
func TestAfterARestartThereIsAnAverageSoFar(t *testing.T) {
	t.Parallel()
	trend := weekly(t, "M02", append(calm(20), higher(7)...)...)
	c := control(t, trend, TrendOptions{Annotations: []measure.Annotation{{Day: trend.Series[0].Readings[20].First, Words: "A new team",
		Restart: true}}})
	const so = "average so far 51.1, 7 of 13"
	if !strings.HasSuffix(c.Title, so) || !strings.Contains(c.Alt, "Average so far 51.1, 7 of 13 since the limits started again.") {
		t.Errorf("the title is %q, the text %q", c.Title, c.Alt)
	}
	if c.Variation.Words != "Not enough readings yet (7 of 13)" || c.Result.Shape().Signals != 0 {
		t.Errorf("the icon says %q", c.Variation.Words)
	}
	for i, row := range c.Table.Rows[20:] {
		if row[2].Text != "51.1 so far" || row[3].Text != "Not available" || row[6].Text != "None" {
			t.Errorf("row %d is %+v", 20+i, row)
		}
	}
	if got := plottedSeries(t, c.Chart, "Average so far"); len(got) != 1 {
		t.Errorf("%d lines of an average so far", len(got))
	}
	for _, name := range []string{"Average", "Lower limit", "Upper limit"} {
		if got := plottedSeries(t, c.Chart, name); len(got) != 1 {
			t.Errorf("%d lines %s, want that of before the restart", len(got), name)
		}
	}
	if !strings.Contains(string(c.Option), "Average so far 51.1,\\n7 of 13") || !strings.Contains(string(c.Option), "Not judged: no limits") {
		t.Error("the drawing does not say how many readings there are so far")
	}
}

// After a long shift a restart is offered where it began, in words of what it was;
// never on a chart whose limits have started again there.
func TestALongShiftOffersARestart(t *testing.T) {
	t.Parallel()
	trend := weekly(t, "M02", append(append(calm(16), higher(16)...), calm(16)...)...)
	c := control(t, trend, TrendOptions{})
	day := func(i int) string { return trend.Series[0].Readings[i].First.Long() }
	want := []string{day(32) + ": People waiting were below average for 16 weeks, since " + day(32) + ".",
		day(16) + ": People waiting were above average for 16 weeks, from " + day(16) + " on."}
	var got []string
	for _, o := range c.Offers {
		got = append(got, o.Day.Long()+": "+o.Words)
	}
	if !slices.Equal(got, want) {
		t.Errorf("offered %q, want %q", got, want)
	}
	ended := control(t, weekly(t, "M02", append(calm(14), 40, 20, 45, 25, 41, 22, 44, 23, 60, 12, 50, 20)...), TrendOptions{})
	for _, o := range ended.Offers {
		if !strings.Contains(o.Words, "until "+day(13)) {
			t.Errorf("offered %+v", o)
		}
	}
	again := control(t, trend, TrendOptions{Annotations: []measure.Annotation{
		{Day: trend.Series[0].Readings[16].First, Words: "A new team", Restart: true},
		{Day: trend.Series[0].Readings[32].First, Words: "It ended", Restart: true}}})
	if len(again.Offers) != 0 {
		t.Errorf("offered again: %+v", again.Offers)
	}
	if n := len(again.Listed); n != 2 || len(again.Result.Groups) != 3 {
		t.Errorf("%d flags and %d groups", n, len(again.Result.Groups))
	}
}
