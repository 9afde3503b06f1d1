// Package spc draws the lines of XmR control charts the way NHS England's
// Making Data Count programme does and says which readings are signals: centre
// line, limits, the four rules, the label of each reading, and the variation
// and assurance of a series, with their words. It follows the R package
// NHSRplotthedots 0.2.2, whose answers its tests compare with; where it departs
// on purpose is listed in docs/decisions/spc-deviations.md.
//
// It is pure: no files, no clock, no drawing. What is counted is package
// measure's concern; colours, shapes and titles are package chart's.
package spc

import (
	"math"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

// Point is one reading of a series: its date and its value in the unit of the
// measure. Missing says that there is no value for the date; a Value that is
// not a number is missing too.
type Point struct {
	Day     delay.Day
	Value   float64
	Missing bool
}

// Direction says which way a measure improves. The zero value is Neutral, which
// calls nothing an improvement.
type Direction uint8

// The directions, in the words of the R package's improvement_direction.
const (
	Neutral Direction = iota
	Increase
	Decrease
)

// String gives the direction as it stands in files: increase, neutral or
// decrease.
func (d Direction) String() string {
	switch d {
	case Increase:
		return "increase"
	case Decrease:
		return "decrease"
	default:
		return "neutral"
	}
}

// ParseDirection reads what String wrote.
func ParseDirection(s string) (Direction, error) {
	for _, d := range [...]Direction{Increase, Neutral, Decrease} {
		if s == d.String() {
			return d, nil
		}
	}
	return Neutral, problem.New(problem.Invalid,
		"The improvement direction is %s. Use increase, neutral or decrease.", quote(s))
}

// sign is +1 when higher is better, -1 when lower is better, 0 when neutral.
func (d Direction) sign() int {
	switch d {
	case Increase:
		return 1
	case Decrease:
		return -1
	default:
		return 0
	}
}

// The defaults of Params and the numbers of the method that no switch changes.
const (
	// DefaultLeastPoints is the fewest readings for which NHS England's Single
	// Chart tool draws limits (NHSRplotthedots issue 194).
	DefaultLeastPoints = 13
	// DefaultTrendLength is the readings of a trend in NHSRplotthedots 0.2.2.
	DefaultTrendLength = 7
	// ShiftLength is the readings in a row on one side of the mean that make a
	// shift.
	ShiftLength = 7
	// LeastFixAfter is the fewest readings that limits can be fixed after.
	LeastFixAfter = 12
	// shortGroup is the number of rows under which the R package warns. Its
	// message says 12; its code says 13.
	shortGroup = 13
)

// Params is how a series is judged. The zero value is usable: neutral, all
// readings in the limits, a trend of seven, thirteen readings needed.
type Params struct {
	Direction Direction
	// Target is the agreed level in the unit of the readings, nil when none is
	// set.
	Target *float64
	// Screen leaves moving ranges of 3.267 times their mean or more out of the
	// limits, once. The R package does so; NHS England's Excel tool does not.
	Screen bool
	// TrendLength is 6 or 7, the readings of a trend; 0 means 7.
	TrendLength int
	// BeyondCounts lets readings beyond the limits count as near a limit in the
	// two-of-three rule, as NHS England announced in November 2023.
	BeyondCounts bool
	// LeastPoints is the fewest readings in a group for which limits are given
	// and signals named; 0 means 13. 1 gives them always, as the R package does.
	LeastPoints int
	// FixAfter, when not 0, takes mean and limits from the first so many rows of
	// each group, missing ones included; it is 12 or more.
	FixAfter int
	// Rebase holds the dates at which limits start again. The reading of that
	// date is the first of the new group. Order and repeats do not matter.
	Rebase []delay.Day
}

// Package gives the settings at which figures agree with the R package
// NHSRplotthedots 0.2.2 as it comes.
func Package(d Direction) Params {
	return Params{Direction: d, Screen: true, TrendLength: 7, LeastPoints: 1}
}

// MakingDataCount gives the settings of NHS England's own tools: nothing is
// screened, readings beyond the limits count in two of three, thirteen readings
// are needed.
func MakingDataCount(d Direction) Params {
	return Params{Direction: d, TrendLength: 7, BeyondCounts: true, LeastPoints: DefaultLeastPoints}
}

// withDefaults fills what zero stands for and refuses what has no meaning.
func (p Params) withDefaults() (Params, error) {
	if p.TrendLength == 0 {
		p.TrendLength = DefaultTrendLength
	}
	if p.LeastPoints == 0 {
		p.LeastPoints = DefaultLeastPoints
	}
	switch {
	case p.Direction > Decrease:
		return p, problem.New(problem.Invalid, "The improvement direction is not known. Use increase, neutral or decrease.")
	case p.TrendLength != 6 && p.TrendLength != 7:
		return p, problem.New(problem.Invalid, "A trend of %d readings was asked for. Choose 6 or 7.", p.TrendLength)
	case p.LeastPoints < 0:
		return p, problem.New(problem.Invalid, "At least %d readings for limits were asked for. Choose 1 or more.", p.LeastPoints)
	case p.FixAfter != 0 && p.FixAfter < LeastFixAfter:
		return p, problem.New(problem.Invalid,
			"Limits fixed after %d readings were asked for. Choose %d or more, or do not fix them.", p.FixAfter, LeastFixAfter)
	case p.Target != nil && !usable(*p.Target):
		return p, problem.New(problem.Invalid, "The agreed level is not a number that can be drawn. Enter a number.")
	}
	// The caller's slice and target stay the caller's.
	p.Rebase = slices.Clone(p.Rebase)
	slices.Sort(p.Rebase)
	p.Rebase = slices.Compact(p.Rebase)
	if p.Target != nil {
		t := *p.Target
		p.Target = &t
	}
	return p, nil
}

// largest bounds readings so that no sum of them can overflow.
const largest = 1e100

func usable(x float64) bool { return math.Abs(x) <= largest }

// Number is a figure that may not exist; Value counts only when Known.
type Number struct {
	Value float64
	Known bool
}

func known(x float64) Number {
	// Adding zero turns a negative zero into zero, which reads better.
	return Number{Value: x + 0, Known: true}
}

// Truth is the answer of a rule about one reading. The zero value is NotKnown:
// a missing reading, or one beside it, or limits that do not exist leave the
// question open. NotKnown never flags.
type Truth uint8

// The answers.
const (
	NotKnown Truth = iota
	No
	Yes
)

// Is says whether the answer is Yes.
func (t Truth) Is() bool { return t == Yes }

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// Limits says whether a group of readings has limits.
type Limits uint8

// The states of limits. Without limits no reading of the group is flagged.
const (
	// LimitsGiven: the group has limits.
	LimitsGiven Limits = iota
	// NotEnoughReadings: fewer than LeastPoints.
	NotEnoughReadings
	// LimitsNotAvailable: all readings equal or nearly so, or no two readings
	// side by side.
	LimitsNotAvailable
)

// Cause is the special cause that a reading shows; CommonCause is none.
type Cause uint8

// The causes, in the order in which the first that holds is the label.
const (
	CommonCause Cause = iota
	AboveLimit
	BelowLimit
	TrendUp
	TrendDown
	TwoInThreeAbove
	TwoInThreeBelow
	ShiftAbove
	ShiftBelow
)

// high is +1 for the causes that speak of high or rising readings, -1 for low
// or falling, 0 for none.
func (c Cause) high() int {
	switch c {
	case AboveLimit, TrendUp, TwoInThreeAbove, ShiftAbove:
		return 1
	case BelowLimit, TrendDown, TwoInThreeBelow, ShiftBelow:
		return -1
	default:
		return 0
	}
}

// Kind is what a signal means for the measure, given its direction.
type Kind uint8

// The kinds of reading, named after the R package's point_type.
const (
	Common Kind = iota
	Improvement
	Concern
	NeutralHigh
	NeutralLow
)

// String gives the kind as the R package writes it, common_cause,
// special_cause_improvement and so on.
func (k Kind) String() string {
	switch k {
	case Improvement:
		return "special_cause_improvement"
	case Concern:
		return "special_cause_concern"
	case NeutralHigh:
		return "special_cause_neutral_high"
	case NeutralLow:
		return "special_cause_neutral_low"
	default:
		return "common_cause"
	}
}

// PointResult is one reading with its lines and what the rules say of it.
// Readings come ordered by date.
type PointResult struct {
	Point
	// Seq counts readings of the series from 1, missing ones included.
	Seq int
	// Group is the number of limits restarts up to and with this reading.
	Group int
	// Mean, AMR (average moving range), LPL and UPL (limits at three sigma), NLPL
	// and NUPL (near limits at two) are those of the reading's group.
	Mean, AMR, LPL, UPL, NLPL, NUPL Number
	// RelativeToMean is -1, 0 or 1; not known for a missing reading.
	RelativeToMean Number
	// Outside is beyond a limit; Close is beyond a near limit and not Outside.
	Outside, Close Truth
	// Trend, TwoInThree and Shift say whether the reading is part of each, before
	// one is chosen as the label.
	Trend, TwoInThree, Shift Truth
	Cause                    Cause
	// Label is the cause as the R package writes it, such as "Above UCL".
	Label string
	// Flag says that the reading is a signal.
	Flag bool
	Kind Kind
	// Words is what the chart says of the reading, such as "Lower than usual:
	// improvement"; Rule names the rule that fired, empty when none did.
	Words, Rule string
	// ShortGroup says that the group has under 13 rows.
	ShortGroup bool
}

// Group is a stretch of readings judged against one mean and one pair of limits.
type Group struct {
	// Number is as in PointResult.Group. It starts at 1 when the first reading's
	// date is a restart date.
	Number int
	// First and Last are indexes into Result.Points, both included.
	First, Last int
	// Rows counts readings, missing ones included; Readings those with a value.
	Rows, Readings int
	Limits         Limits
	// Words says why there are no limits, empty when there are.
	Words                           string
	Mean, AMR, LPL, UPL, NLPL, NUPL Number
}

// Variation is what the latest reading says of the series; its words read the
// whole of it (Shape).
type Variation struct {
	Kind Kind
	// Icon is the R package's icon name, such as improvement_low. It is empty
	// while there are not enough readings.
	Icon  string
	Words string
}

// AssuranceKind says how the limits stand to the target.
type AssuranceKind uint8

// The kinds of assurance. NoAssurance: no target, a neutral measure, or no
// limits; there is no icon.
const (
	NoAssurance AssuranceKind = iota
	ConsistentPass
	Inconsistent
	ConsistentFail
)

// String gives the kind as the R package writes it, empty for none.
func (a AssuranceKind) String() string {
	switch a {
	case ConsistentPass:
		return "consistent_pass"
	case Inconsistent:
		return "inconsistent"
	case ConsistentFail:
		return "consistent_fail"
	default:
		return ""
	}
}

// Assurance is how likely the agreed level is to be met, from the last group.
type Assurance struct {
	Kind AssuranceKind
	// Icon is the R package's icon name (pass, inconsistent, fail) and Letter
	// what the icon shows (P, ?, F); both are empty when there is no assurance.
	Icon, Letter string
	// Words is empty when no target is set or the measure is neutral.
	Words string
}

// Result is a judged series.
type Result struct {
	// Params are the settings with their defaults filled in.
	Params    Params
	Points    []PointResult
	Groups    []Group
	Variation Variation
	Assurance Assurance
	// UnmatchedRebase are restart dates on which there is no reading; they change
	// nothing.
	UnmatchedRebase []delay.Day
	// Gaps are the stretches in which dates are missing, judged by the usual step
	// from one reading to the next. The rules do not look at dates.
	Gaps []Gap
}

// Analyse judges a series. Points may come in any order; they are ordered by
// date. It refuses no readings at all, two readings of one date, readings that
// are infinite or beyond 1e100, and settings without meaning; missing, constant
// and nearly constant series are answered, with nothing flagged.
func Analyse(points []Point, p Params) (Result, error) {
	p, err := p.withDefaults()
	if err != nil {
		return Result{}, err
	}
	if len(points) == 0 {
		return Result{}, problem.New(problem.Invalid, "There are no readings. Give at least one.")
	}
	pts := slices.Clone(points)
	slices.SortFunc(pts, func(a, b Point) int { return int(a.Day) - int(b.Day) })
	for i := range pts {
		if pts[i].Day <= 0 {
			return Result{}, problem.New(problem.Invalid, "A reading has no date. Give each reading a date.")
		}
		if i > 0 && pts[i].Day == pts[i-1].Day {
			return Result{}, problem.New(problem.Invalid,
				"There are two readings for %s. Keep one for each date.", pts[i].Day.Long())
		}
		if pts[i].Missing || math.IsNaN(pts[i].Value) {
			pts[i].Missing, pts[i].Value = true, 0
		} else if !usable(pts[i].Value) {
			return Result{}, problem.New(problem.Invalid,
				"The reading for %s is too large to be drawn. Check its value.", pts[i].Day.Long())
		}
	}

	r := Result{Params: p, Points: make([]PointResult, len(pts)), Gaps: findGaps(pts)}
	group, start, matched := 0, 0, 0
	for i := range pts {
		if _, ok := slices.BinarySearch(p.Rebase, pts[i].Day); ok {
			matched++
			if i > start {
				r.Groups = append(r.Groups, Group{Number: group, First: start, Last: i - 1})
			}
			group, start = group+1, i
		}
		r.Points[i] = PointResult{Point: pts[i], Seq: i + 1, Group: group}
	}
	r.Groups = append(r.Groups, Group{Number: group, First: start, Last: len(pts) - 1})
	if matched < len(p.Rebase) {
		r.UnmatchedRebase = unmatched(p.Rebase, pts)
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		judge(g, r.Points[g.First:g.Last+1], p)
	}
	quiet := r.Shape().Quiet
	for i := range r.Groups {
		g := &r.Groups[i]
		for j := g.First; j <= g.Last; j++ {
			r.Points[j].Words = pointWords(r.Points[j], g, p, quiet)
		}
	}
	last := r.Groups[len(r.Groups)-1]
	r.Variation = variation(r.Points[len(r.Points)-1], last, p)
	r.Variation.Words = r.shapeWords()
	r.Assurance = assurance(last, p)
	return r, nil
}

func unmatched(rebase []delay.Day, pts []Point) []delay.Day {
	var out []delay.Day
	for _, d := range rebase {
		_, ok := slices.BinarySearchFunc(pts, d, func(p Point, d delay.Day) int { return int(p.Day) - int(d) })
		if !ok {
			out = append(out, d)
		}
	}
	return out
}
