package spc

// applyRules answers the rules for the readings of one group and chooses the
// cause of each (ptd_calculate_point_type.R).
func applyRules(pts []PointResult, p Params) {
	up, down := trends(pts, p.TrendLength)
	shift(pts)
	twoInThree(pts, p.BeyondCounts)
	for i := range pts {
		pt := &pts[i]
		pt.Trend = truth(up[i] || down[i])
		pt.Cause = cause(*pt, up[i], down[i], i, down)
	}
}

// cause takes the first rule that holds: outside, trend, two in three, shift.
func cause(pt PointResult, up, down bool, i int, falling []bool) Cause {
	above := pt.RelativeToMean.Value > 0
	switch {
	case pt.Outside.Is():
		return either(above, AboveLimit, BelowLimit)
	case up && down:
		// The reading ends one trend and begins the next; the next names it.
		return either(i+1 < len(falling) && !falling[i+1], TrendUp, TrendDown)
	case up || down:
		return either(up, TrendUp, TrendDown)
	case pt.TwoInThree.Is():
		return either(above, TwoInThreeAbove, TwoInThreeBelow)
	case pt.Shift.Is():
		return either(above, ShiftAbove, ShiftBelow)
	default:
		return CommonCause
	}
}

func either(b bool, yes, no Cause) Cause {
	if b {
		return yes
	}
	return no
}

// kind is what a cause means when readings ought to go the given way.
func kind(c Cause, d Direction) Kind {
	high := c.high()
	switch {
	case high == 0:
		return Common
	case d == Neutral && high > 0:
		return NeutralHigh
	case d == Neutral:
		return NeutralLow
	case high == d.sign():
		return Improvement
	default:
		return Concern
	}
}

// trends marks the readings of every stretch of at least length readings that
// rises, or falls, from each to the next. A missing reading and an equal
// neighbour end a stretch; the mean plays no part.
func trends(pts []PointResult, length int) (up, down []bool) {
	up, down = make([]bool, len(pts)), make([]bool, len(pts))
	step := func(i int) int {
		switch {
		case i == 0 || pts[i].Missing || pts[i-1].Missing || pts[i].Value == pts[i-1].Value:
			return 0
		case pts[i].Value > pts[i-1].Value:
			return 1
		default:
			return -1
		}
	}
	for i := 1; i < len(pts); {
		way := step(i)
		first := i - 1
		for i++; i < len(pts) && step(i) == way; i++ {
		}
		if way == 0 || i-first < length {
			continue
		}
		marks := up
		if way < 0 {
			marks = down
		}
		for j := first; j < i; j++ {
			marks[j] = true
		}
	}
	return up, down
}

// shift marks the readings of every seven in a row on one side of the mean. A
// reading on the mean ends the row.
//
// Whether a row that a missing reading cuts is a shift stays open, in the way
// of the R package: seven that end in a missing reading are not known whatever
// stands before it; seven with one further back are not known only if nothing
// else rules them out. A reading of both a shift and an open row is in a shift.
func shift(pts []PointResult) {
	ends := make([]Truth, len(pts))
	for i := range pts {
		ends[i] = shiftEndsAt(pts, i)
	}
	for i := range pts {
		pts[i].Shift = No
		for j := i; j < len(pts) && j < i+ShiftLength; j++ {
			if ends[j] == Yes {
				pts[i].Shift = Yes
				break
			}
			if ends[j] == NotKnown {
				pts[i].Shift = NotKnown
			}
		}
	}
}

func shiftEndsAt(pts []PointResult, i int) Truth {
	side := pts[i].RelativeToMean
	switch {
	case !side.Known:
		return NotKnown
	case side.Value == 0 || i < ShiftLength-1:
		return No
	}
	answer := Yes
	for j := i - ShiftLength + 1; j < i; j++ {
		other := pts[j].RelativeToMean
		if !other.Known {
			answer = NotKnown
		} else if other.Value != side.Value {
			return No
		}
	}
	return answer
}

// twoInThree marks readings near a limit that are two or three of some three in
// a row, all three on one side of the mean; the third, when it is not near, is
// not marked. With beyond, readings outside the limits count as near.
func twoInThree(pts []PointResult, beyond bool) {
	near := make([]Truth, len(pts))
	for i := range pts {
		near[i] = pts[i].Close
		if beyond && pts[i].Outside == Yes {
			near[i] = Yes
		}
	}
	for i := range pts {
		some := No
		for first := i - 2; first <= i; first++ {
			some = or(some, threeFrom(pts, near, first))
		}
		pts[i].TwoInThree = and(some, near[i])
	}
}

// threeFrom answers for the three readings from first on. Three that reach past
// the first or last reading do not qualify: no side stands there.
func threeFrom(pts []PointResult, near []Truth, first int) Truth {
	count, sides := 0, 0.0
	nears, oneSide := NotKnown, NotKnown
	allNear, allSides := true, true
	for j := max(first, 0); j < min(first+3, len(pts)); j++ {
		allNear = allNear && near[j] != NotKnown
		if near[j] == Yes {
			count++
		}
		allSides = allSides && pts[j].RelativeToMean.Known
		sides += pts[j].RelativeToMean.Value
	}
	if allNear {
		nears = truth(count >= 2)
	}
	if allSides {
		oneSide = truth(sides == 3 || sides == -3)
	}
	return and(nears, oneSide)
}

// and and or are those of three-valued logic: No decides and, Yes decides or.
func and(a, b Truth) Truth {
	switch {
	case a == No || b == No:
		return No
	case a == NotKnown || b == NotKnown:
		return NotKnown
	default:
		return Yes
	}
}

func or(a, b Truth) Truth {
	switch {
	case a == Yes || b == Yes:
		return Yes
	case a == NotKnown || b == NotKnown:
		return NotKnown
	default:
		return No
	}
}

// variation is the kind of the latest reading; a missing one shows none.
func variation(latest PointResult, g Group, p Params) Variation {
	v := Variation{Kind: latest.Kind, Words: latest.Words}
	if g.Limits != NotEnoughReadings {
		v.Icon = icon(latest.Kind, p.Direction)
	}
	return v
}

// icon names the variation icon. High and low follow from the direction and
// the kind, not from where the reading lies.
func icon(k Kind, d Direction) string {
	higher := d == Increase
	switch k {
	case Improvement:
		if higher {
			return "improvement_high"
		}
		return "improvement_low"
	case Concern:
		if higher {
			return "concern_low"
		}
		return "concern_high"
	case NeutralHigh:
		return "neutral_high"
	case NeutralLow:
		return "neutral_low"
	default:
		return "common_cause"
	}
}

// assurance compares the target with the limits of the last group. Target
// equal to a limit is inconsistent. Without limits nothing can be assured.
func assurance(g Group, p Params) Assurance {
	if p.Target == nil || p.Direction == Neutral {
		return Assurance{}
	}
	if g.Limits != LimitsGiven {
		return Assurance{Words: g.Words}
	}
	side := 0
	if *p.Target > g.UPL.Value {
		side = 1
	} else if *p.Target < g.LPL.Value {
		side = -1
	}
	switch side * p.Direction.sign() {
	case 1:
		return Assurance{ConsistentFail, "fail", "F", "Does not usually meet the agreed level"}
	case -1:
		return Assurance{ConsistentPass, "pass", "P", "Usually meets the agreed level"}
	default:
		return Assurance{Inconsistent, "inconsistent", "?", "Sometimes meets the agreed level"}
	}
}

// StillGoing counts the readings, back from the latest one, of the trend or
// shift that the latest reading is labelled with; 0 when its label is another.
// Neither crosses a restart of limits or a missing reading.
func (r Result) StillGoing() int {
	if len(r.Groups) == 0 {
		return 0
	}
	g := r.Groups[len(r.Groups)-1]
	latest := r.Points[g.Last]
	n := 1
	for i := g.Last; i > g.First; i, n = i-1, n+1 {
		this, before := r.Points[i], r.Points[i-1]
		on := false
		switch latest.Cause {
		case TrendUp:
			on = this.Value > before.Value
		case TrendDown:
			on = this.Value < before.Value
		case ShiftAbove, ShiftBelow:
			on = before.RelativeToMean == latest.RelativeToMean
		default:
			return 0
		}
		if before.Missing || !on {
			break
		}
	}
	if latest.Cause == CommonCause {
		return 0
	}
	return n
}
