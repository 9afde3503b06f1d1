package extract

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"homeward/internal/config"
	"homeward/internal/delay"
)

// dateState says how a cell reads as a date.
type dateState uint8

const (
	noDate dateState = iota
	goodDate
	badDate
)

// dateOrder says what a numeric date tells about the order of day and month.
type dateOrder uint8

const (
	orderUnknown dateOrder = iota // either order could be meant, or neither
	orderDay                      // only day first is possible
	orderMonth                    // only month first is possible
)

// date is a cell read as a date.
type date struct {
	day      delay.Day
	state    dateState
	order    dateOrder
	twoDigit bool // the year has two digits
}

// firstYear and lastYear bound the years that a date may have; the oldest
// patients were born after the first.
const (
	firstYear = 1850
	lastYear  = 2199
)

// oneWay are the formats that can be read in one way only.
var oneWay = mustFormats("yyyy-mm-dd", "yyyymmdd", "d mmm yyyy", "mmm d yyyy")

func mustFormats(texts ...string) []config.DateFormat {
	var all []config.DateFormat
	for _, t := range texts {
		f, err := config.ParseDateFormat(t)
		if err != nil {
			panic(err) // the texts stand above
		}
		all = append(all, f)
	}
	return all
}

// dateReader reads cells as dates by a list of formats.
type dateReader struct {
	formats []config.DateFormat
	// serials is set for workbooks, whose dates are numbers of days; from1904
	// for those that count from 1904.
	serials, from1904 bool
}

// read reads one cell. A time of day after the date is passed over: the day is
// the one that is written.
func (d *dateReader) read(cell []byte) date {
	text := bytes.TrimFunc(cell, isBlank)
	if len(text) == 0 {
		return date{}
	}
	if len(text) > 64 {
		return date{state: badDate}
	}
	if d.serials {
		if day, ok := d.serial(text); ok {
			return date{day: day, state: goodDate}
		}
	}
	lower := strings.ToLower(string(text))
	lower = strings.Map(func(r rune) rune {
		if isInvisible(r) {
			return -1
		}
		if isBlank(r) {
			return ' '
		}
		return r
	}, lower)
	parts, ok := datePartsOf(lower)
	for _, formats := range [2][]config.DateFormat{oneWay, d.formats} {
		for _, f := range formats {
			if f.Joined {
				if day, ok := joined(f, lower); ok {
					return date{day: day, state: goodDate}
				}
				continue
			}
			if !ok {
				continue
			}
			if v, ok := match(f, parts); ok {
				return v
			}
		}
	}
	v := date{state: badDate}
	if ok {
		// Would it be a date with day and month exchanged?
		exchanged := [3]string{parts[1], parts[0], parts[2]}
		for _, f := range d.formats {
			if _, ok := match(f, exchanged); ok {
				// What the layout cannot read is in the other order.
				v.order = orderMonth
				if f.Parts[0] == "m" {
					v.order = orderDay
				}
			}
		}
	}
	return v
}

// serial reads a workbook's number of days.
func (d *dateReader) serial(text []byte) (delay.Day, bool) {
	if c := text[0]; c < '0' || c > '9' || len(text) > 24 {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil || n < 1 || n >= 110_000 {
		return 0, false
	}
	days := delay.Day(n)
	if d.from1904 {
		return delay.Date(1904, 1, 1) + days, true
	}
	// Workbooks hold a 29 February 1900, which never was; day 61 is 1 March.
	if days < 61 {
		days++
	}
	return delay.Date(1899, 12, 30) + days, true
}

// datePartsOf cuts a text into three parts at separators, and checks that what
// follows them is a time of day.
func datePartsOf(s string) (parts [3]string, ok bool) {
	s = strings.TrimSpace(s)
	if day := leadingLetters(s); weekdays[day] {
		s = strings.TrimLeft(s[len(day):], "., ")
	}
	for i := range 3 {
		part := leadingLetters(s)
		if part == "" {
			part = leadingDigits(s)
			s = s[len(part):]
			if suffix := leadingLetters(s); i < 2 && (suffix == "st" || suffix == "nd" || suffix == "rd" || suffix == "th") {
				s = s[2:]
			}
		} else {
			s = s[len(part):]
		}
		if part == "" {
			return parts, false
		}
		parts[i] = part
		if i < 2 {
			trimmed := strings.TrimLeft(s, "/-., ")
			if trimmed == s || len(s)-len(trimmed) > 3 {
				return parts, false
			}
			s = trimmed
		}
	}
	return parts, s == "" || isTime(s)
}

func leadingLetters(s string) string {
	n := 0
	for n < len(s) && s[n] >= 'a' && s[n] <= 'z' {
		n++
	}
	return s[:n]
}

func leadingDigits(s string) string {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[:n]
}

// isTime says whether s, which follows a date, is a time of day such as
// " 14:35", "t23:30:00z" or " 00:00:00.000+01:00".
func isTime(s string) bool {
	if s[0] != ' ' && s[0] != 't' && s[0] != ',' {
		return false
	}
	s = strings.TrimLeft(s[1:], " ")
	hour := leadingDigits(s)
	if len(hour) < 1 || len(hour) > 2 || len(s) == len(hour) || s[len(hour)] != ':' {
		return false
	}
	return strings.Trim(s, "0123456789:.+-zapm ") == ""
}

func joined(f config.DateFormat, s string) (delay.Day, bool) {
	s = strings.TrimSpace(s)
	digits := leadingDigits(s)
	if rest := s[len(digits):]; rest != "" && !isTime(rest) {
		return 0, false
	}
	var parts [3]string
	for i, p := range f.Parts {
		n := 2
		if p == "y" {
			n = 4
		}
		if len(digits) < n {
			return 0, false
		}
		parts[i], digits = digits[:n], digits[n:]
	}
	if digits != "" {
		return 0, false
	}
	v, ok := match(f, parts)
	return v.day, ok
}

// match reads three parts by a format.
func match(f config.DateFormat, parts [3]string) (date, bool) {
	var y, m, day int
	v := date{state: goodDate}
	for i, kind := range f.Parts {
		p := parts[i]
		n, err := strconv.Atoi(p)
		switch kind {
		case "mmm":
			if m = monthOf(p); m == 0 {
				return v, false
			}
			continue
		case "y":
			if len(p) != 4 {
				return v, false
			}
			y = n
		case "yy":
			if len(p) != 2 {
				return v, false
			}
			y, v.twoDigit = 2000+n, true
		case "m", "d":
			if len(p) > 2 {
				return v, false
			}
			if kind == "m" {
				m = n
			} else {
				day = n
			}
		}
		if err != nil {
			return v, false
		}
	}
	if y < firstYear || y > lastYear || m < 1 || m > 12 || day < 1 || day > daysIn(y, m) {
		return v, false
	}
	v.day = delay.Date(y, time.Month(m), day)
	if f.Parts[0] == "d" && f.Parts[1] == "m" && day > 12 {
		v.order = orderDay
	} else if f.Parts[0] == "m" && f.Parts[1] == "d" && day > 12 {
		v.order = orderMonth
	}
	return v, true
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

var months = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// monthOf gives the month of a name of at least three letters, or 0.
func monthOf(s string) int {
	if s == "sept" {
		return 9
	}
	if len(s) < 3 {
		return 0
	}
	for i, name := range months {
		if s == name || s == name[:3] {
			return i + 1
		}
	}
	return 0
}

var weekdays = map[string]bool{
	"mon": true, "tue": true, "tues": true, "wed": true, "thu": true, "thur": true, "thurs": true, "fri": true, "sat": true, "sun": true,
	"monday": true, "tuesday": true, "wednesday": true, "thursday": true, "friday": true, "saturday": true, "sunday": true,
}
