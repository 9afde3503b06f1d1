package measure

import (
	"math"
	"strconv"
	"strings"
)

// Whole writes a count as every page, chart, slide and pack shows it: commas
// from 1,000, and a real minus.
func Whole(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Signed writes a change: +9, −10, 0.
func Signed(n int64) string {
	if n > 0 {
		return "+" + Whole(n)
	}
	return Whole(n)
}

// Decimal writes a number to one decimal place, halves away from nothing, with
// commas from 1,000 and a real minus. What rounds to nothing has no sign.
func Decimal(v float64) string {
	tenths := int64(math.Round(math.Abs(v) * 10))
	s := Whole(tenths/10) + "." + strconv.FormatInt(tenths%10, 10)
	if v < 0 && tenths > 0 {
		return "−" + s
	}
	return s
}

// Plural writes a count with the noun for one or for any other number.
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Whole(n) + " " + many
}

// Exact writes a number for machines, with as many digits as it needs, six
// after the point at most.
func Exact(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', 6, 64), "0"), ".")
}

// UpperFirst begins a sentence.
func UpperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
