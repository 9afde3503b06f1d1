package delay

import (
	"fmt"
	"time"
)

// Day is a calendar day as a Julian day number (the number of the day's noon),
// so that SQLite's own date() reads a stored Day without arithmetic:
// date(2451545) is 2000-01-01. The zero Day means "no day given".
type Day int32

// unixEpoch is the Julian day number of 1 January 1970.
const unixEpoch Day = 2440588

// Date gives the Day of a year, month and day of the month, normalised as
// time.Date does. Rows ask for it by the million, and time.Date takes ten times
// as long for what a Day does not hold.
func Date(year int, month time.Month, day int) Day {
	// Counted from March, a year ends with the day that only some have, and its
	// months before that repeat in fives of 153 days.
	const marchOfYear0 = unixEpoch - 719468
	months := int64(year)*12 + int64(month) - 3
	y := floorDiv(months, 12)
	m := months - 12*y
	return marchOfYear0 + Day(365*y+floorDiv(y, 4)-floorDiv(y, 100)+floorDiv(y, 400)+(153*m+2)/5+int64(day)-1)
}

// DayOf gives the calendar day of t in t's own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Date(y, m, d)
}

// ParseDay reads an ISO 8601 calendar date, 2019-03-31, and nothing else.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date like 2019-03-31", s)
	}
	return DayOf(t), nil
}

// MustDay is ParseDay for constants and tests; it panics on anything that is
// not an ISO date.
func MustDay(s string) Day {
	d, err := ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Time gives midnight UTC at the start of the day.
func (d Day) Time() time.Time {
	return time.Unix(int64(d-unixEpoch)*86400, 0).UTC()
}

// String gives the ISO date, or nothing for the zero Day.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// Long gives the day as people read it, "4 November 2026".
func (d Day) Long() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format("2 January 2006")
}

// Clock gives a time of day as people read it: "9:14am", "5pm", "midday",
// "midnight". The time's own zone counts.
func Clock(t time.Time) string {
	switch hour, minute, _ := t.Clock(); {
	case minute != 0:
		return t.Format("3:04pm")
	case hour == 12:
		return "midday"
	case hour == 0:
		return "midnight"
	}
	return t.Format("3pm")
}

// Moment gives a time with its day: "9:14am, 28 October 2026". The time's own
// zone counts.
func Moment(t time.Time) string { return Clock(t) + ", " + t.Format("2 January 2006") }

// Span gives the period from first to last, both included, as people read it:
// whole months as months, "October 2026" and "July to September 2026", anything
// else as days, "10 to 12 July 2026" and "28 July to 3 August 2026". One day is
// itself, and a period without days is "no dates".
func Span(first, last Day) string {
	from, to := first.Month(), last.Month()
	switch {
	case first == 0 || last < first:
		return "no dates"
	case first == last:
		return first.Long()
	case first == from.First() && last == to.Last():
		switch {
		case from == to:
			return from.Long()
		case sameYear(first, last):
			return first.Time().Format("January") + " to " + to.Long()
		}
		return from.Long() + " to " + to.Long()
	case from == to:
		return first.Time().Format("2") + " to " + last.Long()
	case sameYear(first, last):
		return first.Time().Format("2 January") + " to " + last.Long()
	}
	return first.Long() + " to " + last.Long()
}

func sameYear(a, b Day) bool { return a.Time().Year() == b.Time().Year() }

// Month gives the month that the day is in.
func (d Day) Month() Month {
	y, m, _ := d.Time().Date()
	return MonthOf(y, m)
}

// Week gives the Monday of the week that the day is in (C16).
func (d Day) Week() Day {
	// Julian day number 0 was a Monday.
	return d - d%7
}

// Month is a calendar month counted from January of year 0, so that months
// subtract and compare as numbers.
type Month int32

// MonthOf gives the Month of a year and month.
func MonthOf(year int, month time.Month) Month {
	return Month(year*12 + int(month) - 1)
}

// ParseMonth reads a month like 2018-04.
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a month like 2018-04", s)
	}
	return MonthOf(t.Year(), t.Month()), nil
}

// First gives the first day of the month.
func (m Month) First() Day { return Date(int(m)/12, time.Month(int(m)%12+1), 1) }

// Last gives the last day of the month.
func (m Month) Last() Day { return (m + 1).First() - 1 }

// Days gives the number of calendar days in the month.
func (m Month) Days() int { return int((m + 1).First() - m.First()) }

// String gives the month as 2018-04.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }

// Long gives the month as people read it, "April 2018".
func (m Month) Long() string { return m.First().Time().Format("January 2006") }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
