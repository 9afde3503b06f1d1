package spc

import (
	"math"
	"slices"
)

// The constants of the method as the R package writes them: 2.66, not
// 3/1.128, and 3.267, not 3.27 (ptd_spc_standard.R, lines 46 to 94).
const (
	limitFactor  = 2.66
	screenFactor = 3.267
)

// nearFactor is worked out at run time, in float64 as R does, because an
// untyped constant would be rounded once and differently.
var nearFactor = func() float64 {
	limit := float64(limitFactor)
	return 2 * (limit / 3)
}()

// nothing is the part of the largest reading under which an average moving
// range is rounding and not variation.
const nothing = 1e-12

// judge fills the lines of one group and what the rules say of its readings.
func judge(g *Group, pts []PointResult, p Params) {
	baseline := pts
	if p.FixAfter > 0 && p.FixAfter < len(pts) {
		baseline = pts[:p.FixAfter]
	}
	l := draw(baseline, p.Screen)
	g.Rows = len(pts)
	for i := range pts {
		if !pts[i].Missing {
			g.Readings++
		}
	}
	for i := range pts {
		place(&pts[i], l)
	}
	applyRules(pts, p)

	switch {
	case g.Readings < p.LeastPoints && p.LeastPoints > 1:
		g.Limits = NotEnoughReadings
	case !l.amr.Known || l.amr.Value <= nothing*l.largest || nearlyConstant(baseline, l):
		g.Limits = LimitsNotAvailable
	}
	if g.Limits != LimitsGiven {
		l.lpl, l.upl, l.nlpl, l.nupl = Number{}, Number{}, Number{}, Number{}
	}
	g.Words = limitsWords(g, l, p)
	g.Mean, g.AMR, g.LPL, g.UPL, g.NLPL, g.NUPL = l.mean, l.amr, l.lpl, l.upl, l.nlpl, l.nupl
	for i := range pts {
		pt := &pts[i]
		pt.ShortGroup = g.Rows < shortGroup
		pt.Mean, pt.AMR, pt.LPL, pt.UPL, pt.NLPL, pt.NUPL = l.mean, l.amr, l.lpl, l.upl, l.nlpl, l.nupl
		if g.Limits != LimitsGiven {
			pt.Outside, pt.Close = NotKnown, NotKnown
			pt.Trend, pt.TwoInThree, pt.Shift = quiet(pt.Trend), quiet(pt.TwoInThree), quiet(pt.Shift)
			pt.Cause = CommonCause
		}
		pt.Label = pt.Cause.label(p)
		pt.Flag = pt.Cause != CommonCause
		pt.Kind = kind(pt.Cause, p.Direction)
		pt.Rule = pt.Cause.rule(p)
	}
}

// quiet turns a Yes into a No, for groups in which nothing is flagged.
func quiet(t Truth) Truth {
	if t == Yes {
		return No
	}
	return t
}

// lines are the centre line and limits of a group, with what tells whether
// they mean anything.
type lines struct {
	mean, amr, lpl, upl, nlpl, nupl Number
	// ranges is the number of moving ranges, stillRanges those that are 0.
	ranges, stillRanges int
	// largest is the largest reading without its sign.
	largest float64
	// equal says that all readings are equal.
	equal bool
	// screened is the number of moving ranges that screening left out.
	screened int
}

// draw works out the lines from the rows of a group up to the fix. Missing
// readings are left out of the mean, and a moving range next to one does not
// exist: gaps are not bridged. Readings are never screened, only moving ranges.
func draw(rows []PointResult, screen bool) lines {
	var l lines
	values := make([]float64, 0, len(rows))
	ranges := make([]float64, 0, len(rows))
	for i := range rows {
		if rows[i].Missing {
			continue
		}
		values = append(values, rows[i].Value)
		l.largest = math.Max(l.largest, math.Abs(rows[i].Value))
		if i > 0 && !rows[i-1].Missing {
			ranges = append(ranges, math.Abs(rows[i].Value-rows[i-1].Value))
		}
	}
	l.ranges = len(ranges)
	l.equal = len(values) > 0 && slices.Min(values) == slices.Max(values)
	for _, r := range ranges {
		if r == 0 {
			l.stillRanges++
		}
	}
	l.mean = mean(values)
	l.amr = mean(ranges)
	if screen && l.amr.Known {
		// Strictly under, once: where every range is 0 none is left.
		most := screenFactor * l.amr.Value
		ranges = slices.DeleteFunc(ranges, func(r float64) bool { return !(r < most) })
		l.screened = l.ranges - len(ranges)
		l.amr = mean(ranges)
	}
	if l.mean.Known && l.amr.Known {
		// The conversions forbid the compiler to fuse multiplication and addition,
		// which would move limits by the last bit on some machines.
		wide, near := float64(limitFactor*l.amr.Value), float64(nearFactor*l.amr.Value)
		l.lpl, l.upl = known(l.mean.Value-wide), known(l.mean.Value+wide)
		l.nlpl, l.nupl = known(l.mean.Value-near), known(l.mean.Value+near)
	}
	return l
}

// mean adds up twice. One pass puts the mean of fifteen times 0.1 a last bit
// off, and every reading above it.
func mean(xs []float64) Number {
	if len(xs) == 0 {
		return Number{}
	}
	n := float64(len(xs))
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	m := sum / n
	rest := 0.0
	for _, x := range xs {
		rest += x - m
	}
	return known(m + rest/n)
}

// place puts one reading against the lines. All comparisons are strict: a
// reading exactly on a line is inside it.
func place(pt *PointResult, l lines) {
	pt.RelativeToMean, pt.Outside, pt.Close = Number{}, NotKnown, NotKnown
	if pt.Missing {
		return
	}
	y := pt.Value
	if l.mean.Known {
		side := 0.0
		if y > l.mean.Value {
			side = 1
		} else if y < l.mean.Value {
			side = -1
		}
		pt.RelativeToMean = known(side)
	}
	if l.upl.Known {
		outside := y > l.upl.Value || y < l.lpl.Value
		pt.Outside = truth(outside)
		pt.Close = truth(!outside && (y < l.nlpl.Value || y > l.nupl.Value))
	}
}

// nearlyConstant tells readings that hardly ever change from those that drift
// or step: screening left some moving ranges out, at least half of all are 0,
// and not one reading that the limits were drawn from lies inside them. The
// limits then rest on a few small changes and every reading would be flagged.
func nearlyConstant(rows []PointResult, l lines) bool {
	if l.screened == 0 || 2*l.stillRanges < l.ranges {
		return false
	}
	for i := range rows {
		if rows[i].Outside == No {
			return false
		}
	}
	return true
}
