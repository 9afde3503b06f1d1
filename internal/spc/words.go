package spc

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// label gives a cause as the R package writes it.
func (c Cause) label(p Params) string {
	switch c {
	case AboveLimit:
		return "Above UCL"
	case BelowLimit:
		return "Below LCL"
	case TrendUp:
		return fmt.Sprintf("%d Point Trend (Increasing)", p.TrendLength)
	case TrendDown:
		return fmt.Sprintf("%d Point Trend (Decreasing)", p.TrendLength)
	case TwoInThreeAbove:
		return "2 in 3 Above CL"
	case TwoInThreeBelow:
		return "2 in 3 Below CL"
	case ShiftAbove:
		return "7 Points Above CL"
	case ShiftBelow:
		return "7 Points Below CL"
	default:
		return "Common Cause"
	}
}

// rule gives a cause in plain words, empty for none.
func (c Cause) rule(p Params) string {
	switch c {
	case AboveLimit:
		return "Above the upper limit"
	case BelowLimit:
		return "Below the lower limit"
	case TrendUp:
		return fmt.Sprintf("Part of a rise over %d or more readings in a row", p.TrendLength)
	case TrendDown:
		return fmt.Sprintf("Part of a fall over %d or more readings in a row", p.TrendLength)
	case TwoInThreeAbove:
		return "One of 2 in 3 readings near the upper limit"
	case TwoInThreeBelow:
		return "One of 2 in 3 readings near the lower limit"
	case ShiftAbove:
		return "One of 7 or more readings in a row above average"
	case ShiftBelow:
		return "One of 7 or more readings in a row below average"
	default:
		return ""
	}
}

// pointWords is what is said of one reading (screens.md section 3, the table
// of SPC points). Where the series is not quiet nothing is compared with what is
// usual.
func pointWords(pt PointResult, g *Group, p Params, quiet bool) string {
	switch {
	case pt.Missing:
		return "No data"
	case g.Limits != LimitsGiven:
		return g.Words
	}
	higher := "High"
	switch high := pt.Cause.high() >= 0; {
	case quiet && high:
		higher = "Higher than usual"
	case quiet:
		higher = "Lower than usual"
	case !high:
		higher = "Low"
	}
	switch pt.Kind {
	case Improvement:
		return higher + ": improvement"
	case Concern:
		return higher + ": look into this"
	case NeutralHigh, NeutralLow:
		return higher
	default:
		return "No signal"
	}
}

// limitsWords says why a group has no limits, empty when it has.
func limitsWords(g *Group, l lines, p Params) string {
	switch {
	case g.Limits == LimitsGiven:
		return ""
	case g.Limits == NotEnoughReadings:
		return fmt.Sprintf("Not enough readings yet (%d of %d)", g.Readings, p.LeastPoints)
	case g.Readings == 0:
		return "Limits are not available: no data"
	case l.ranges == 0:
		return "Limits are not available: no two readings follow each other"
	}
	words := "Limits are not available: nearly all values are equal"
	if l.equal {
		words = "Limits are not available: all values are equal"
	}
	if p.FixAfter > 0 && p.FixAfter < g.Rows {
		words += fmt.Sprintf(" up to reading %d, after which limits are fixed", p.FixAfter)
	}
	return words
}

// Words gives the settings in a sentence part for the foot of a chart, such as
// "13 points needed, trend of 7, outliers kept, points beyond the limits count
// in 2 of 3".
func (p Params) Words() string {
	if p.TrendLength == 0 {
		p.TrendLength = DefaultTrendLength
	}
	if p.LeastPoints == 0 {
		p.LeastPoints = DefaultLeastPoints
	}
	parts := []string{
		plural(p.LeastPoints, "point", "points") + " needed",
		fmt.Sprintf("trend of %d", p.TrendLength),
	}
	if p.Screen {
		parts = append(parts, "outliers left out of the limits")
	} else {
		parts = append(parts, "outliers kept")
	}
	if p.BeyondCounts {
		parts = append(parts, "points beyond the limits count in 2 of 3")
	} else {
		parts = append(parts, "points beyond the limits do not count in 2 of 3")
	}
	if p.FixAfter > 0 {
		parts = append(parts, fmt.Sprintf("limits fixed after %d points", p.FixAfter))
	}
	return strings.Join(parts, ", ")
}

// Notes says in sentences what the reader of a chart has to know beside its
// lines: groups without limits, gaps in the dates, restart dates without a
// reading. It is empty when there is nothing to say.
func (r Result) Notes() []string {
	var out []string
	for _, g := range r.Groups {
		if g.Limits == LimitsGiven {
			continue
		}
		first, last := r.Points[g.First].Day.Long(), r.Points[g.Last].Day.Long()
		if len(r.Groups) == 1 {
			out = append(out, g.Words+".")
		} else if g.First == g.Last {
			out = append(out, fmt.Sprintf("%s: %s.", first, lowerFirst(g.Words)))
		} else {
			out = append(out, fmt.Sprintf("%s to %s: %s.", first, last, lowerFirst(g.Words)))
		}
	}
	for _, g := range r.Gaps {
		out = append(out, fmt.Sprintf("%s missing between %s and %s. The rules read on as if there were no gap.",
			isPlural(g.Missing), g.After.Long(), g.Before.Long()))
	}
	for _, d := range r.UnmatchedRebase {
		out = append(out, fmt.Sprintf("Limits were to restart on %s, but there is no reading of that date, so they did not.", d.Long()))
	}
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func isPlural(n int) string {
	if n == 1 {
		return "1 reading is"
	}
	return fmt.Sprintf("%d readings are", n)
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// quote puts a found value between quotation marks for a sentence, cut short
// and without control characters.
func quote(s string) string {
	const most = 40
	if s == "" {
		return "blank"
	}
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
