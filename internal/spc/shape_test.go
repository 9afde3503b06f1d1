package spc_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/spc"
)

// after some readings around 10, n around 20 and then m around 10 again.
func steps(lengths ...int) []spc.Point {
	var out []spc.Point
	for k, n := range lengths {
		for i := range n {
			out = append(out, spc.Point{Day: delay.MustDay("2019-04-01") + delay.Day(7*len(out)),
				Value: 10 + 10*float64(k%2) + []float64{0, 1.5, -1, 2, 0.5, -1.5, 1}[i%7]})
		}
	}
	return out
}

// Limits may start again where a long run begins, or where the one that the
// readings began with has ended; nowhere for shorter runs.
func TestRestartsAreWhereLongRunsBegin(t *testing.T) {
	for _, c := range []struct {
		name    string
		lengths []int
		want    []int
	}{
		{"a step that has stood", []int{20, 20}, []int{20}},
		{"a step just under", []int{8, 11}, nil},
		{"up and down again", []int{16, 16, 16}, []int{32, 16}},
		{"nothing", []int{30}, nil},
	} {
		r, err := spc.Analyse(steps(c.lengths...), spc.MakingDataCount(spc.Decrease))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Restarts(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for _, at := range r.Restarts() {
			p := spc.MakingDataCount(spc.Decrease)
			p.Rebase = []delay.Day{r.Points[at].Day}
			again, err := spc.Analyse(steps(c.lengths...), p)
			if err != nil || len(again.Groups) != 2 || again.Groups[1].First != at {
				t.Errorf("%s: limits do not start again at %d: %+v, %v", c.name, at, again.Groups, err)
			}
		}
	}
}

// The shape counts what the readings say, its runs are on one side and as long as
// they can be, and a restart is offered of no group without limits.
func TestShapeIsOfTheReadings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pts := genPoints(t, 1, 80)
		r := must(t, pts, genParams(t, pts))
		s := r.Shape()
		signals := 0
		for _, p := range r.Points {
			if p.Flag {
				signals++
			}
		}
		if signals != s.Signals || s.Judged > len(r.Points) || s.Quiet != (s.Judged > 0 && float64(s.Signals) <= float64(s.Judged)/5) {
			t.Fatalf("%+v of %d readings with %d signals", s, len(r.Points), signals)
		}
		for _, run := range s.Runs {
			group := r.Points[run.First].Group
			for i := run.First; i <= run.Last; i++ {
				if p := r.Points[i]; p.Missing || p.Group != group || int(p.RelativeToMean.Value) != run.Side || !p.Flag {
					t.Fatalf("reading %d of %+v is %+v", i, run, p)
				}
			}
			for _, i := range []int{run.First - 1, run.Last + 1} {
				if i >= 0 && i < len(r.Points) && r.Points[i].Group == group && !r.Points[i].Missing &&
					int(r.Points[i].RelativeToMean.Value) == run.Side {
					t.Fatalf("%+v does not hold reading %d", run, i)
				}
			}
		}
		for _, at := range r.Restarts() {
			if p := r.Points[at]; p.Missing || at <= r.Groups[len(r.Groups)-1].First {
				t.Fatalf("a restart at %d: %+v", at, p)
			}
		}
	})
}
