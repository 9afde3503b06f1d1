package published

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"homeward/internal/delay"
)

// Line is what a file states of one measure at one level, broken down by the
// same dimensions: how many figures of which periods, and what they come to.
type Line struct {
	Level      Level
	Measure    string
	Dimensions string
	Grain      Grain
	// First and Last are the first days of the first and last period.
	First, Last delay.Day
	Areas       int // different codes
	Figures     int
	Marks       int // figures in whose place a mark stands, which Sum leaves out
	Sum         Decimal
	// Adds says that Sum means something: averages and shares do not add up, and
	// neither do parts beside the whole that they are parts of.
	Adds bool
}

// Tally gives the lines of a file's values, by level, measure, dimensions and
// grain. The figures and marks of all lines together are the values.
func Tally(values []Value) []Line {
	type of struct {
		level               Level
		measure, dimensions string
		grain               Grain
	}
	lines, areas := map[of]*Line{}, map[of]map[string]bool{}
	for i := range values {
		v := &values[i]
		k := of{v.Level, v.Measure, v.Dimensions(), v.Period.Grain}
		l := lines[k]
		if l == nil {
			l = &Line{Level: v.Level, Measure: v.Measure, Dimensions: k.dimensions, Grain: v.Period.Grain, First: v.Period.First,
				Adds: mayAdd(v.Measure)}
			lines[k], areas[k] = l, map[string]bool{}
		}
		l.First, l.Last = min(l.First, v.Period.First), max(l.Last, v.Period.First)
		areas[k][v.Code] = true
		l.Adds = l.Adds && !wholeAmongParts(v.Breakdown)
		n, ok := ParseDecimal(v.Text)
		switch {
		case v.Mark != "":
			l.Marks++
			continue
		case !ok, n > 0 && l.Sum > math.MaxInt64-n, n < 0 && l.Sum < math.MinInt64-n:
			l.Adds = false
		default:
			l.Sum += n
		}
		l.Figures++
	}
	out := make([]Line, 0, len(lines))
	for k, l := range lines {
		l.Areas = len(areas[k])
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b Line) int {
		return cmp.Or(cmp.Compare(slices.Index(Levels, a.Level), slices.Index(Levels, b.Level)), cmp.Compare(a.Measure, b.Measure),
			cmp.Compare(a.Dimensions, b.Dimensions), cmp.Compare(a.Grain, b.Grain))
	})
	return out
}

// mayAdd says whether figures of a measure may be added: the publishers'
// averages and shares may not.
func mayAdd(measure string) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(measure), func(r rune) bool { return r == '_' || r == ' ' || r == '-' }) {
		switch word {
		case "average", "mean", "median", "share", "percent", "percentage", "proportion", "rate", "%":
			return false
		}
	}
	return !strings.Contains(measure, "%")
}

// wholeAmongParts says whether a part of a breakdown is all parts together, as
// publishers list them beside the parts.
func wholeAmongParts(breakdown string) bool {
	for part := range strings.SplitSeq(breakdown, "; ") {
		_, value, _ := strings.Cut(part, "=")
		k := strings.ToLower(value)
		if k == "all" || k == "total" || strings.HasPrefix(k, "all ") || strings.HasPrefix(k, "total ") || strings.HasSuffix(k, "plus") {
			return true
		}
	}
	return false
}
