package spc

import "fmt"

// LongRun is the readings in a row on one side of the average after which its
// limits no longer describe what is: the partnership is offered to start them
// again there.
const LongRun = 12

// Run is a stretch of readings in a row on one side of their average, of at least
// ShiftLength, in a group with limits. A missing reading ends it.
type Run struct {
	// First and Last are indexes into Result.Points, both included.
	First, Last int
	// Side is 1 above the average, -1 below.
	Side int
}

// Len is the number of its readings.
func (r Run) Len() int { return r.Last - r.First + 1 }

// Word is above or below.
func (r Run) Word() string {
	if r.Side < 0 {
		return "below"
	}
	return "above"
}

// Shape is what the whole of a judged series shows, where Variation names its
// latest reading.
type Shape struct {
	// Judged is the readings in groups with limits, Signals those of them that a
	// rule names.
	Judged, Signals int
	// Quiet says that at least four fifths of the judged readings are no signal, so
	// that the limits may be called the usual range. Weekly stocks are correlated:
	// on real series half of the weeks can be signals, and then nothing is usual.
	Quiet bool
	Runs  []Run
}

// Shape reads the whole series.
func (r Result) Shape() Shape {
	var s Shape
	for _, g := range r.Groups {
		if g.Limits != LimitsGiven {
			continue
		}
		from := g.First
		for i := g.First; i <= g.Last; i++ {
			pt := r.Points[i]
			if !pt.Missing {
				s.Judged++
				if pt.Flag {
					s.Signals++
				}
			}
			if i > from && (pt.Missing || pt.RelativeToMean != r.Points[from].RelativeToMean) {
				s.add(r.Points, from, i-1)
				from = i
			}
		}
		s.add(r.Points, from, g.Last)
	}
	s.Quiet = s.Judged > 0 && (s.Judged-s.Signals)*5 >= s.Judged*4
	return s
}

func (s *Shape) add(points []PointResult, first, last int) {
	side := points[first].RelativeToMean
	if run := (Run{first, last, int(side.Value)}); !points[first].Missing && side.Value != 0 && run.Len() >= ShiftLength {
		s.Runs = append(s.Runs, run)
	}
}

// Restarts gives the indexes of the readings at which limits might start again,
// newest first: where a long run of the latest group begins, and where one that
// the group began with has ended.
func (r Result) Restarts() []int {
	if len(r.Groups) == 0 {
		return nil
	}
	g := r.Groups[len(r.Groups)-1]
	var out []int
	for _, run := range r.Shape().Runs {
		if run.First < g.First || run.Len() < LongRun {
			continue
		}
		at := run.First
		if at == g.First {
			at = run.Last + 1
		}
		for at <= g.Last && r.Points[at].Missing {
			at++
		}
		// A run that follows another begins where that one has ended.
		if at <= g.Last && (len(out) == 0 || out[0] != at) {
			out = append([]int{at}, out...)
		}
	}
	return out
}

// latestWords says in a few words what the latest reading is, and never that
// something is usual where too little of the series is.
func latestWords(latest PointResult, s Shape) string {
	if latest.Missing || s.Judged == 0 {
		return latest.Words
	}
	high := "high"
	if latest.Cause.high() < 0 {
		high = "low"
	}
	switch {
	case s.Signals == 0:
		return "No significant change"
	case !latest.Flag && s.Quiet:
		return "The latest reading is as usual"
	case !latest.Flag:
		return "The latest reading is within the limits"
	case s.Quiet:
		return latest.Words
	case latest.Kind == Improvement:
		return "The latest reading is " + high + ": improvement"
	case latest.Kind == Concern:
		return "The latest reading is " + high + ": look into this"
	}
	return "The latest reading is " + high
}

// shapeWords says what the series shows: its latest reading, and how many others
// are signals.
func (r Result) shapeWords() string {
	latest, g := r.Points[len(r.Points)-1], r.Groups[len(r.Groups)-1]
	if latest.Missing || g.Limits != LimitsGiven {
		return latest.Words
	}
	s := r.Shape()
	words := latestWords(latest, s)
	if s.Signals == 0 || s.Signals == 1 && latest.Flag {
		return words
	}
	return words + ". " + s.SignalWords("reading")
}

// SignalWords says how many of the readings, each a step, are signals: "3 of 53
// weeks are signals".
func (s Shape) SignalWords(step string) string {
	are := "are signals"
	if s.Signals == 1 {
		are = "is a signal"
	}
	return fmt.Sprintf("%d of %s %s", s.Signals, plural(s.Judged, step, step+"s"), are)
}

// LatestWords is the part of Variation.Words that is of the latest reading alone.
func (r Result) LatestWords() string {
	latest, g := r.Points[len(r.Points)-1], r.Groups[len(r.Groups)-1]
	if g.Limits != LimitsGiven {
		return latest.Words
	}
	return latestWords(latest, r.Shape())
}
