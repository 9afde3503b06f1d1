package measure

import "strconv"

// PublicCount is a count as it may leave the partnership.
type PublicCount struct {
	// Suppressed counts are not shown; Value is zero then and says nothing.
	Suppressed bool
	// Value is rounded to the nearest 5.
	Value int64
}

// SuppressedMark stands where a count is not shown.
const SuppressedMark = "*"

// SuppressedWords says what SuppressedMark means, for beside every table.
const SuppressedWords = "Counts under 5 are not shown, nor those that would give them away; all others are rounded to the nearest 5."

// String gives the count as tables and files show it.
func (c PublicCount) String() string {
	if c.Suppressed {
		return SuppressedMark
	}
	return strconv.FormatInt(c.Value, 10)
}

// smallCount is the least count that is shown, rounding the unit of rounding
// (P3).
const (
	smallCount = 5
	rounding   = 5
)

func round(n int64) int64 { return (n + rounding/2) / rounding * rounding }
