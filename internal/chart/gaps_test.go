package chart

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// marksOf gives the readings that bear a mark under the axis, and the value at
// which the marks stand.
func marksOf(t *testing.T, c Chart) (at []int, bottom float64) {
	t.Helper()
	var o struct {
		Series []struct {
			MarkPoint struct {
				Data []struct {
					Name, Symbol string
					Coord        [2]float64
					SymbolOffset [2]float64
				}
			}
		}
	}
	if err := json.Unmarshal(c.Option, &o); err != nil {
		t.Fatal(err)
	}
	for _, s := range o.Series {
		for _, p := range s.MarkPoint.Data {
			if p.Symbol != "triangle" {
				continue
			}
			at, bottom = append(at, int(p.Coord[0])), p.Coord[1]
			if p.SymbolOffset[1] <= 0 {
				t.Errorf("%s: a mark stands over the axis", c.ID)
			}
		}
	}
	return at, bottom
}

// gappyWeeks is 60 weeks, of which one has part of its data and two have none of
// one hospital.
func gappyWeeks(tb testing.TB) measure.Trend {
	t := weekly(tb, "M02", calm(60)...)
	for i, days := range map[int]int{20: 2, 50: 7, 54: 7} {
		r := &t.Series[0].Readings[i]
		r.Missing = []measure.Gap{{Provider: "RX1", Name: "Westhaven", Days: days}}
		r.Listed -= days
		r.State = measure.PartData
		if days == 7 {
			r.State = measure.ProviderMissing
		}
	}
	return t
}

// Every chart over time has a mark under its axis where data are missing, the alt
// text says so, and the line under the plot leaves it to the page.
func TestMissingDaysAreMarkedUnderTheAxis(t *testing.T) {
	t.Parallel()
	control, err := ControlOf(gappyWeeks(t), 0, TrendOptions{ID: "trend", Place: "Northshire"})
	if err != nil {
		t.Fatal(err)
	}
	lines := LinesOf(gappyWeeks(t), TrendOptions{ID: "lines", Place: "Northshire"})
	d := daily(28)
	d[9].Listed, d[9].Missing = 0, []measure.Gap{{Provider: "RX1", Name: "Westhaven", Days: 1}}
	for name, c := range map[string]struct {
		Chart
		at  []int
		alt string
	}{
		"delayed days": {DelayedDays(gaps(), "Northshire"), []int{6, 8}, "No data for September 2018. Some data is missing in 1 month, marked"},
		"beds":         {Beds(gaps(), "Northshire"), []int{6, 8}, "marked under the axis"},
		"share":        {Share(gaps(), "Northshire"), []int{6, 8}, "marked under the axis"},
		"people": {People(d, year().Filter, "Northshire", year().AsAt), []int{9},
			"Marked under the axis: an extract is missing in the day"},
		"control": {control.Chart, []int{20, 50, 54}, "Marked under the axis: an extract is missing in 3 weeks."},
		"lines":   {lines, []int{20, 50, 54}, "Marked under the axis: an extract is missing in 3 weeks."},
	} {
		t.Run(name, func(t *testing.T) {
			if at, _ := marksOf(t, c.Chart); !slices.Equal(at, c.at) {
				t.Errorf("marked are %v, expected %v", at, c.at)
			}
			if !strings.Contains(c.Alt, c.alt) {
				t.Errorf("the alt text is %q", c.Alt)
			}
			if strings.Contains(c.Foot(), "ata") {
				t.Errorf("the line under the plot says it again: %q", c.Foot())
			}
			if _, marked := c.Marked(); !marked {
				t.Error("the page does not know of the marks")
			}
		})
	}
	if at, _ := marksOf(t, DelayedDays(year(), "Northshire")); at != nil {
		t.Errorf("nothing is missing and %v are marked", at)
	}
	phone, _ := control.OnPhone()
	if at, _ := marksOf(t, phone); !slices.Equal(at, []int{19, 23}) {
		t.Errorf("of the latest 29 weeks %v are marked", at)
	}
}

// Marks stand on the axis where it does not begin at nothing.
func TestMarksStandOnTheAxis(t *testing.T) {
	t.Parallel()
	trend := gappyWeeks(t)
	for i := range trend.Series[0].Readings {
		trend.Series[0].Readings[i].Value += 100
	}
	c, err := ControlOf(trend, 0, TrendOptions{ID: "trend"})
	if err != nil {
		t.Fatal(err)
	}
	if _, bottom := marksOf(t, c.Chart); bottom != *read(t, c.Chart).YAxis[0].Min || bottom < 50 {
		t.Errorf("marks stand at %v, the axis at %v", bottom, *read(t, c.Chart).YAxis[0].Min)
	}
}

// Among thousands of readings one mark stands for its neighbours.
func TestMarksDoNotLieOverEachOther(t *testing.T) {
	t.Parallel()
	d := daily(3653)
	for i := range d {
		d[i].Listed, d[i].Missing = 0, []measure.Gap{{Provider: "RX1", Days: 1}}
	}
	at, _ := marksOf(t, People(d, year().Filter, "Northshire", year().AsAt))
	if n := len(at); n == 0 || float64(n)*float64(Page.Font)*0.6 > float64(Page.Width) {
		t.Errorf("%d marks in %d px", n, Page.Width)
	}
}

// A week between others for which lists are missing has a mark in place of its
// bar.
func TestAWeekWithoutListsIsMarked(t *testing.T) {
	t.Parallel()
	monday := delay.MustDay("2026-08-03")
	steps := make([]NetStep, 6)
	for i := range steps {
		first := monday + delay.Day(7*i)
		steps[i] = NetStep{First: first, Last: first + 6, New: 10, Ended: 8, Start: 50, Less: i == 0 || i == 3 || i == 5}
	}
	c := NetFlowOf(steps, measure.ByWeek, TrendOptions{ID: "net", Place: "Northshire"}, "People.", 0)
	if at, _ := marksOf(t, c); fmt.Sprint(at) != "[2]" || !strings.Contains(c.Alt, "Marked under the axis: lists are missing in 1 week.") {
		t.Errorf("marked are %v: %q", at, c.Alt)
	}
	if got := len(read(t, c).values(t, "Net")); got != 4 {
		t.Errorf("%d weeks are drawn", got)
	}
	days := make([]RemainingDay, 10)
	for i := range days {
		days[i] = RemainingDay{Day: monday + delay.Day(i), Remaining: 20, None: i == 4}
	}
	if at, _ := marksOf(t, RemainingOf(days, "Northshire", "People.", 0)); fmt.Sprint(at) != "[4]" {
		t.Errorf("of the days %v are marked", at)
	}
}
