package chart

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// byBodies is a trend of 40 weeks with a series for each body.
func byBodies(tb testing.TB) measure.Trend {
	t := weekly(tb, "M02", calm(40)...)
	t.Split = measure.ByResponsible
	one := t.Series[0]
	t.Series = nil
	for i, b := range delay.Bodies {
		s := one
		s.Cell.Body = b
		s.Readings = append([]measure.TrendReading(nil), one.Readings...)
		for j := range s.Readings {
			s.Readings[j].Value /= float64(1 + 3*i)
		}
		t.Series = append(t.Series, s)
	}
	return t
}

// On a phone more than two lines are bars below each other, from nothing, all on
// one scale of pixels, the latest at the right edge and the only one in colour.
func TestManyLinesAreSmallMultiplesOnAPhone(t *testing.T) {
	t.Parallel()
	trend := byBodies(t)
	o := TrendOptions{ID: "trend", Place: "Northshire", Names: []string{"social care", "NHS", "joint", "not attributed"}}
	c, ok := LinesOf(trend, o).OnPhone()
	if !ok || !strings.HasPrefix(c.Alt, "Bars below each other of ") {
		t.Errorf("%v %q", ok, c.Alt)
	}
	if part, all := c.Part(); part != "Latest 29 of 40 weeks" || all != "All 40 weeks" {
		t.Errorf("%q %q", part, all)
	}
	var in struct {
		Grid []struct{ Top, Height string }
	}
	if err := json.Unmarshal(c.Option, &in); err != nil {
		t.Fatal(err)
	}
	got := read(t, c)
	if len(in.Grid) != 4 || len(got.XAxis) != 4 || len(got.YAxis) != 4 || len(got.Series) != 4 {
		t.Fatalf("%d plots, %d series", len(in.Grid), len(got.Series))
	}
	end, perPixel := 0.0, 0.0
	for i, g := range in.Grid {
		var top, height float64
		if _, err := fmt.Sscan(g.Top+" "+g.Height, &top, &height); err != nil {
			t.Fatal(err)
		}
		if top < end {
			t.Errorf("plot %d lies over the one before", i)
		}
		end = top + height
		scale := *got.YAxis[i].Max / height
		if i == 0 {
			perPixel = scale
		} else if math.Abs(scale-perPixel) > perPixel*1e-3 {
			t.Errorf("plot %d has %v a pixel, the first %v", i, scale, perPixel)
		}
		if *got.YAxis[i].Min != 0 || got.Series[i].Type != "bar" || len(got.Series[i].Data) != 29 {
			t.Errorf("plot %d: %+v", i, got.YAxis[i])
		}
	}
	if end > float64(c.Height) {
		t.Errorf("the plots end at %v of %d", end, c.Height)
	}
	drawn := draw(t, c)
	for _, words := range []string{"Social care", "Not attributed", "Filled: latest"} {
		if !strings.Contains(strings.ToLower(drawn), strings.ToLower(words)) {
			t.Errorf("the drawing does not say %q", words)
		}
	}
	if c := LinesOf(trend, o); len(read(t, c).YAxis) != 1 {
		t.Error("a desk has small multiples")
	}
	two := byBodies(t)
	two.Series = two.Series[:2]
	if c, _ := LinesOf(two, o).OnPhone(); len(read(t, c).YAxis) != 1 {
		t.Error("two lines are drawn below each other")
	}
}

// Where the last week is over for one series and not for another, all are drawn
// over the same weeks.
func TestLinesThatEndApartAreDrawnOverTheSameSteps(t *testing.T) {
	t.Parallel()
	trend := byBodies(t)
	last := len(trend.Series[0].Readings) - 1
	trend.Series[0].Readings[last].State = measure.NotOver
	trend.Series[0].Readings[last].Last--
	o := TrendOptions{ID: "trend", Place: "Northshire", Names: []string{"social care", "NHS", "joint", "not attributed"}}
	phone, _ := LinesOf(trend, o).OnPhone()
	for _, c := range []Chart{LinesOf(trend, o), phone} {
		all := read(t, c).Series
		for _, s := range all {
			if len(s.Data) != len(all[0].Data) || len(s.Data) < phoneMarks {
				t.Errorf("%s: %s has %d steps, the first %d", c.ID, s.Name, len(s.Data), len(all[0].Data))
			}
		}
	}
}
