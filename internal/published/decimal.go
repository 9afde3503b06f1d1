package published

import (
	"math"
	"strconv"
	"strings"
)

// Decimal is a number in millionths, so that sums and differences add up
// exactly (D8).
type Decimal int64

const one = 1_000_000

// Whole gives a count.
func Whole(n int) Decimal { return Decimal(n) * one }

// ParseDecimal reads the digits of a value. What has more than six decimals is
// rounded, half away from zero.
func ParseDecimal(text string) (Decimal, bool) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(n) > largest {
		return 0, false
	}
	return Decimal(math.Round(n * one)), true
}

// String gives the number without zeros at its end: 12, 0.825571.
func (d Decimal) String() string {
	sign, n := "", uint64(d)
	if d < 0 {
		sign, n = "-", uint64(-d)
	}
	text := strconv.FormatUint(n/one, 10)
	if rest := n % one; rest > 0 {
		part := strconv.FormatUint(one+rest, 10)[1:]
		text += "." + strings.TrimRight(part, "0")
	}
	return sign + text
}

// Over divides, to six decimals; there is nothing to divide by zero.
func (d Decimal) Over(by Decimal) (Decimal, bool) {
	if by == 0 {
		return 0, false
	}
	return Decimal(math.Round(float64(d) / float64(by) * one)), true
}

// Average is the Better Care Fund's average discharge delay of one area and
// month, by our formula: bed days divided by all discharges (D7).
type Average struct {
	Period              Period
	Level               Level
	Code, Name          string
	BedDays, Discharges Decimal
}

// Days gives the average with six decimals, empty where nobody was discharged.
func (a Average) Days() string {
	n, ok := a.BedDays.Over(a.Discharges)
	if !ok {
		return ""
	}
	return strconv.FormatFloat(float64(n)/one, 'f', 6, 64)
}

// Averages gives the averages of the values of the discharge ready date, in
// the order of their periods and codes. Where either number is suppressed
// there is none.
func Averages(values []Value) []Average {
	type area struct {
		period Period
		level  Level
		code   string
	}
	days := map[area]Decimal{}
	for i := range values {
		v := &values[i]
		if v.Measure == BedDays && v.Breakdown == "" {
			if n, ok := ParseDecimal(v.Text); ok {
				days[area{v.Period, v.Level, v.Code}] = n
			}
		}
	}
	var out []Average
	for i := range values {
		v := &values[i]
		if v.Measure != Discharges || v.Breakdown != "" {
			continue
		}
		n, ok := ParseDecimal(v.Text)
		d, has := days[area{v.Period, v.Level, v.Code}]
		if ok && has {
			out = append(out, Average{v.Period, v.Level, v.Code, v.Name, d, n})
		}
	}
	return out
}
