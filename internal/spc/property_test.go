package spc_test

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/spc"
)

// genPoints draws a series by day with missing readings, ties, steps and spikes.
// Values are eighths, so that sums are exact.
func genPoints(t *rapid.T, least, most int) []spc.Point {
	n := rapid.IntRange(least, most).Draw(t, "n")
	span := rapid.SampledFrom([]int{0, 1, 3, 40, 4000}).Draw(t, "span")
	missingIn := rapid.SampledFrom([]int{0, 0, 3, 20}).Draw(t, "missing one in")
	first := delay.MustDay("2019-04-01")
	pts := make([]spc.Point, n)
	level := 0
	for i := range pts {
		if rapid.IntRange(0, 15).Draw(t, "step") == 0 {
			level += rapid.IntRange(-span, span).Draw(t, "by") * 3
		}
		v := level + rapid.IntRange(-span, span).Draw(t, "v")
		pts[i] = spc.Point{Day: first + delay.Day(i), Value: float64(v) / 8}
		if missingIn > 0 && rapid.IntRange(0, missingIn).Draw(t, "gone") == 0 {
			pts[i] = spc.Point{Day: pts[i].Day, Missing: true}
		}
	}
	return pts
}

func genParams(t *rapid.T, pts []spc.Point) spc.Params {
	p := spc.Params{
		Direction:    spc.Direction(rapid.IntRange(0, 2).Draw(t, "direction")),
		Screen:       rapid.Bool().Draw(t, "screen"),
		TrendLength:  rapid.SampledFrom([]int{0, 6, 7}).Draw(t, "trend"),
		BeyondCounts: rapid.Bool().Draw(t, "beyond"),
		LeastPoints:  rapid.SampledFrom([]int{0, 1, 20}).Draw(t, "least"),
		FixAfter:     rapid.SampledFrom([]int{0, 0, 12, 15}).Draw(t, "fix"),
	}
	if rapid.Bool().Draw(t, "has target") {
		target := float64(rapid.IntRange(-4000, 4000).Draw(t, "target")) / 8
		p.Target = &target
	}
	for range rapid.IntRange(0, 2).Draw(t, "rebases") {
		at := rapid.IntRange(0, len(pts)).Draw(t, "rebase at")
		p.Rebase = append(p.Rebase, pts[0].Day+delay.Day(at))
	}
	return p
}

func must(t *rapid.T, pts []spc.Point, p spc.Params) spc.Result {
	r, err := spc.Analyse(pts, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// changed maps every value, and the target.
func changed(pts []spc.Point, p spc.Params, f func(float64) float64) ([]spc.Point, spc.Params) {
	out := make([]spc.Point, len(pts))
	for i, pt := range pts {
		out[i] = pt
		if !pt.Missing {
			out[i].Value = f(pt.Value)
		}
	}
	if p.Target != nil {
		target := f(*p.Target)
		p.Target = &target
	}
	return out, p
}

// onALine says that some value or the target lies so near a line that rounding
// may put it on either side.
func onALine(r spc.Result) bool {
	near := func(y float64, lines ...spc.Number) bool {
		for _, l := range lines {
			if l.Known && math.Abs(y-l.Value) < 1e-6 {
				return true
			}
		}
		return false
	}
	for _, p := range r.Points {
		if !p.Missing && near(p.Value, p.Mean, p.LPL, p.UPL, p.NLPL, p.NUPL) {
			return true
		}
		if r.Params.Target != nil && near(*r.Params.Target, p.LPL, p.UPL) {
			return true
		}
	}
	return false
}

func sameSignals(t *rapid.T, a, b spc.Result) {
	if a.Variation != b.Variation || a.Assurance != b.Assurance {
		t.Fatalf("icons differ: %+v %+v, %+v %+v", a.Variation, a.Assurance, b.Variation, b.Assurance)
	}
	for i := range a.Points {
		p, q := a.Points[i], b.Points[i]
		if p.Label != q.Label || p.Kind != q.Kind || p.Outside != q.Outside || p.Close != q.Close ||
			p.Trend != q.Trend || p.TwoInThree != q.TwoInThree || p.Shift != q.Shift || p.RelativeToMean != q.RelativeToMean {
			t.Fatalf("reading %d differs:\n%+v\n%+v", p.Seq, p, q)
		}
	}
}

func TestProperties(t *testing.T) {
	t.Run("scale changes no signal", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			pts := genPoints(t, 1, 60)
			p := genParams(t, pts)
			// A power of two scales without rounding.
			scale := math.Ldexp(1, rapid.IntRange(-30, 30).Draw(t, "scale"))
			qts, q := changed(pts, p, func(x float64) float64 { return x * scale })
			a, b := must(t, pts, p), must(t, qts, q)
			sameSignals(t, a, b)
			for i := range a.Points {
				if a.Points[i].UPL.Value*scale != b.Points[i].UPL.Value {
					t.Fatal("a limit did not scale")
				}
			}
		})
	})
	t.Run("shift changes no signal", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			pts := genPoints(t, 1, 60)
			p := genParams(t, pts)
			by := float64(rapid.IntRange(-10000, 10000).Draw(t, "by"))
			qts, q := changed(pts, p, func(x float64) float64 { return x + by })
			a, b := must(t, pts, p), must(t, qts, q)
			if onALine(a) {
				t.Skip("a value lies on a line")
			}
			sameSignals(t, a, b)
		})
	})
	t.Run("upside down with the direction turned is the mirror image", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			pts := genPoints(t, 1, 60)
			p := genParams(t, pts)
			qts, q := changed(pts, p, func(x float64) float64 { return -x })
			q.Direction = map[spc.Direction]spc.Direction{
				spc.Increase: spc.Decrease, spc.Decrease: spc.Increase}[p.Direction]
			a, b := must(t, pts, p), must(t, qts, q)
			if a.Assurance != b.Assurance {
				t.Fatalf("assurance %+v became %+v", a.Assurance, b.Assurance)
			}
			for i := range a.Points {
				x, y := a.Points[i], b.Points[i]
				if x.Flag != y.Flag || x.Outside != y.Outside || x.TwoInThree != y.TwoInThree ||
					x.LPL.Value != -y.UPL.Value || p.Direction != spc.Neutral && x.Kind != y.Kind {
					t.Fatalf("reading %d:\n%+v\n%+v", x.Seq, x, y)
				}
			}
		})
	})
	t.Run("C10 order of arrival changes nothing", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			pts := genPoints(t, 1, 60)
			p := genParams(t, pts)
			if !reflect.DeepEqual(must(t, pts, p), must(t, rapid.Permutation(pts).Draw(t, "order"), p)) {
				t.Fatal("order changed the result")
			}
		})
	})
	t.Run("a restart is two charts", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			pts := genPoints(t, 2, 60)
			p := genParams(t, pts)
			cut := rapid.IntRange(1, len(pts)-1).Draw(t, "cut")
			p.Rebase = []delay.Day{pts[cut].Day}
			whole := must(t, pts, p)
			p.Rebase = nil
			parts := append(must(t, pts[:cut], p).Points, must(t, pts[cut:], p).Points...)
			for i := range parts {
				parts[i].Seq, parts[i].Group = whole.Points[i].Seq, whole.Points[i].Group
				// Whether a signal is compared with what is usual is said of the whole chart.
				parts[i].Words, whole.Points[i].Words = "", ""
			}
			if !reflect.DeepEqual(whole.Points, parts) {
				t.Fatal("the readings either side of a restart touch each other")
			}
		})
	})
	t.Run("a flag has a cause, a rule and limits", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			pts := genPoints(t, 1, 60)
			r := must(t, pts, genParams(t, pts))
			for _, p := range r.Points {
				fired := p.Outside.Is() || p.Trend.Is() || p.TwoInThree.Is() || p.Shift.Is()
				if p.Flag != fired || p.Flag != (p.Rule != "") || p.Flag != (p.Cause != spc.CommonCause) ||
					p.Flag != (p.Kind != spc.Common) || p.Flag && (!p.UPL.Known || p.Missing) || p.Words == "" {
					t.Fatalf("reading %+v", p)
				}
			}
		})
	})
	t.Run("nearly constant series are not all outside screened limits", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.IntRange(2, 60).Draw(t, "n")
			pts := genPoints(t, n, n)
			still := 0
			for i := range pts {
				if i%4 != 0 || rapid.Bool().Draw(t, "still") {
					pts[i].Value, pts[i].Missing = 7, false
					if i > 0 && pts[i-1].Value == 7 {
						still++
					}
				}
			}
			if 2*still < n-1 {
				t.Skip("too lively")
			}
			p := genParams(t, pts)
			p.Screen, p.Rebase, p.FixAfter = true, nil, 0
			out := 0
			for _, pt := range must(t, pts, p).Points {
				if pt.Outside.Is() {
					out++
				}
			}
			if out == n {
				t.Fatal("every reading is outside")
			}
		})
	})
	t.Run("any readings at all give figures that are numbers", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			pts := genPoints(t, 1, 60)
			p := genParams(t, pts)
			for i := range pts {
				pts[i].Value = rapid.OneOf(
					rapid.Float64Range(-1e100, 1e100),
					rapid.SampledFrom([]float64{0, 5e-324, -5e-324, 1e-300, 1e100, -1e100, math.NaN(), math.Copysign(0, -1)}),
				).Draw(t, "value")
			}
			r := must(t, pts, p)
			for _, p := range r.Points {
				for _, n := range []spc.Number{p.Mean, p.AMR, p.LPL, p.UPL, p.NLPL, p.NUPL, p.RelativeToMean, {Value: p.Value}} {
					if math.IsNaN(n.Value) || math.IsInf(n.Value, 0) {
						t.Fatalf("reading %+v", p)
					}
				}
				if p.UPL.Known && !(p.LPL.Value <= p.Mean.Value && p.Mean.Value <= p.UPL.Value) {
					t.Fatalf("the mean is outside the limits: %+v", p)
				}
			}
			r.Notes()
		})
	})
}

func BenchmarkTenYearsByDay(b *testing.B) {
	pts := make([]spc.Point, 3653)
	for i := range pts {
		// A wave with steps and gaps; no random source, so that runs compare.
		v := 100 + 20*math.Sin(float64(i)/58) + float64(i*7919%13)
		pts[i] = spc.Point{Day: delay.MustDay("2016-01-01") + delay.Day(i), Value: v, Missing: i%97 == 0}
	}
	p := spc.MakingDataCount(spc.Decrease)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := spc.Analyse(pts, p); err != nil {
			b.Fatal(err)
		}
	}
}
