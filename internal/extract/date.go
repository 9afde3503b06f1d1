package extract

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
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

// dateForm says how a date is written, as far as the order of day and month
// shows in it.
type dateForm uint8

const (
	otherForm   dateForm = iota
	slashedForm          // numbers in the layout's order, such as 13/03/2026
	trueForm             // a workbook's date, or text in the order year, month, day
)

// clock says what the time of day beside a date tells.
type clock uint8

const (
	noClock    clock = iota
	otherClock       // a time of day, which is passed over
	zuluClock        // London midnight said in UTC, by its mark
	plainClock       // the same time without a mark, in summer
)

// date is a cell read as a date.
type date struct {
	day      delay.Day
	state    dateState
	order    dateOrder
	form     dateForm
	clock    clock
	twoDigit bool // the year has two digits
	standIn  bool // a date or word that stands for none
	late     bool // the day of the month is over 12
	// london is the day after, where the clock says London midnight in UTC and
	// it is the midnight with which that day begins.
	london bool
}

// standIns are dates that databases and spreadsheets write for none (R9).
// 1970-01-01 is not among them: people were born on it.
var standIns = map[[3]int]bool{
	{1, 1, 1}: true, {1753, 1, 1}: true, {1899, 12, 30}: true, {1900, 1, 1}: true,
	{2999, 12, 31}: true, {9999, 12, 31}: true, {9999, 12, 30}: true,
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

// isoDate reads a date such as 2026-03-13 as dateReader.read does, whatever the
// formats, and leaves all else to it. Large files come from databases, which
// write dates so: reading one costs less than looking it up.
func isoDate(cell []byte) (v date, ok bool) {
	if len(cell) != len("2026-03-13") || cell[4] != '-' || cell[7] != '-' {
		return v, false
	}
	y, m, d := number(cell[:4]), number(cell[5:7]), number(cell[8:])
	// No date that stands for none is of these years.
	if y <= 1900 || y > lastYear || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return v, false
	}
	return date{day: delay.Date(y, time.Month(m), d), state: goodDate, form: trueForm, late: d > 12}, true
}

// number reads ASCII digits, and gives -1 where anything else stands among them.
func number(digits []byte) (n int) {
	for _, c := range digits {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// read reads one cell. A time of day after the date is passed over: the day is
// the one that is written, unless the whole column says otherwise (R9).
func (d *dateReader) read(cell []byte) date {
	text := bytes.TrimFunc(cell, isBlank)
	if len(text) == 0 {
		return date{}
	}
	if len(text) > 64 {
		return date{state: badDate}
	}
	if d.serials && !d.sixDigits(text) {
		if v, ok := d.serial(text); ok {
			return v
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
	parts, rest, ok := datePartsOf(lower)
	for i, formats := range [2][]config.DateFormat{oneWay, d.formats} {
		for _, f := range formats {
			var v date
			tail, matched := rest, false
			if f.Joined {
				v, tail, matched = joined(f, lower)
			} else if ok {
				v, matched = match(f, parts)
			}
			if !matched {
				continue
			}
			switch {
			case v.state != goodDate:
			case i == 0 && f.Parts[0] == "y":
				v.form = trueForm
			case i == 1 && !f.Joined && f.Parts[1] != "mmm" && (f.Parts[0] == "d" || f.Parts[0] == "m"):
				v.form = slashedForm
			}
			v.late = v.day.Time().Day() > 12
			v.time(tail)
			return v
		}
	}
	if nothing(lower) {
		return date{standIn: true}
	}
	v := date{state: badDate}
	if ok {
		// Would it be a date with day and month exchanged?
		exchanged := [3]string{parts[1], parts[0], parts[2]}
		for _, f := range d.formats {
			if f.Joined {
				continue
			}
			if other, ok := match(f, exchanged); ok && other.standIn {
				return other // 12/31/9999 stands for none in either order
			} else if ok {
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

// sixDigits says whether a workbook's text has the six digits of a format such
// as ddmmyy, which would else be taken for a number of days after the year 2173.
func (d *dateReader) sixDigits(text []byte) bool {
	if len(text) != 6 {
		return false
	}
	for _, f := range d.formats {
		if _, _, ok := joined(f, string(text)); f.Joined && ok {
			return true
		}
	}
	return false
}

// millisecond is the finest that a workbook shows of a time, in days. A number
// nearer to the next midnight than half of one is shown as that midnight.
const millisecond = 1.0 / (24 * 60 * 60 * 1000)

// serial reads a workbook's number of days as the workbook shows it.
func (d *dateReader) serial(text []byte) (date, bool) {
	if c := text[0]; c < '0' || c > '9' || len(text) > 24 {
		return date{}, false
	}
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil || n < 0 || n != n {
		return date{}, false
	}
	days := delay.Day(0)
	if n < 10_000_000 {
		days = delay.Day(n + millisecond/2)
	}
	first := delay.Date(1899, 12, 30)
	if d.from1904 {
		first = delay.Date(1904, 1, 1)
	} else if days > 0 && days < 61 {
		// Workbooks hold a 29 February 1900, which never was; day 61 is 1 March.
		first++
	}
	v := date{day: first + days, state: goodDate, form: trueForm}
	y, m, day := v.day.Time().Date()
	// A date that stands for none, whatever the epoch; 0 is how a formula shows
	// an empty cell.
	if standIns[[3]int{y, int(m), day}] && n < 10_000_000 || n == 0 {
		return date{standIn: true}, true
	}
	if n < 1 || n >= 10_000_000 || y > lastYear {
		return date{}, false
	}
	v.late = day > 12
	rest := max(n-float64(days), 0)
	v.midnight(int(rest*24*60*60+0.5), false)
	return v, true
}

// time notes what a time of day tells.
func (v *date) time(tail string) {
	if v.state != goodDate || tail == "" {
		return
	}
	v.clock = otherClock
	if seconds, zone, ok := clockOf(tail); ok && zone != otherZone {
		v.midnight(seconds, zone == inUTC)
	}
}

// midnight says whether the day's time, in seconds, is a midnight of London if
// it is in UTC. A midnight of winter without a mark tells nothing.
func (v *date) midnight(seconds int, marked bool) {
	y, m, d := v.day.Time().Date()
	there := time.Date(y, m, d, 0, 0, seconds, 0, time.UTC).In(london())
	h, min, sec := there.Clock()
	y, m, d = there.Date()
	v.london = false
	switch {
	case h+min+sec != 0:
		v.clock = otherClock
	case marked:
		v.clock, v.london = zuluClock, delay.Date(y, m, d) > v.day
	case delay.Date(y, m, d) > v.day:
		v.clock, v.london = plainClock, true
	default:
		v.clock = noClock
	}
}

// london gives the zone of the extracts' days.
var london = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		// The program does not start without it; a tool that has no zones reads
		// the days as they are written.
		return time.UTC
	}
	return zone
})

// LondonDay gives the day of a moment in London.
func LondonDay(t time.Time) delay.Day {
	y, m, d := t.In(london()).Date()
	return delay.Date(y, m, d)
}

// zone says what a time of day says of its zone.
type zone uint8

const (
	noZone zone = iota
	inUTC
	otherZone
)

// clockOf reads a time of day such as " 14:35", "t23:30:00z" or
// " 00:00:00.000+01:00", in seconds after midnight.
func clockOf(tail string) (seconds int, in zone, ok bool) {
	s := strings.TrimLeft(tail[1:], " ")
	var at [3]int
	for i := range at {
		digits := leadingDigits(s)
		if digits == "" || len(digits) > 2 {
			return 0, noZone, false
		}
		at[i], _ = strconv.Atoi(digits)
		if s = s[len(digits):]; s == "" || s[0] != ':' || i == 2 {
			break
		}
		s = s[1:]
	}
	if fraction, has := strings.CutPrefix(s, "."); has {
		digits := leadingDigits(fraction)
		if s = fraction[len(digits):]; strings.Trim(digits, "0") != "" {
			return 0, noZone, false // no midnight
		}
	}
	s = strings.TrimSpace(s)
	switch half, after, _ := strings.Cut(s, "m"); {
	case half == "p" && at[0] < 12:
		at[0], s = at[0]+12, after
	case half == "a" && at[0] == 12:
		at[0], s = 0, after
	case half == "p" || half == "a":
		s = after
	}
	switch strings.TrimSpace(s) {
	case "":
	case "z", "utc", "gmt", "+0", "+00", "+00:00", "+0000", "-00:00", "+00:00:00":
		in = inUTC
	default:
		in = otherZone
	}
	return at[0]*3600 + at[1]*60 + at[2], in, true
}

// datePartsOf cuts a text into three parts at separators, or where letters and
// digits meet, and checks that what follows them is a time of day.
func datePartsOf(s string) (parts [3]string, rest string, ok bool) {
	s = strings.TrimSpace(s)
	if day := leadingLetters(s); weekdays[day] {
		s = strings.TrimLeft(s[len(day):], "., ")
	}
	letters := false
	for i := range 3 {
		part := leadingLetters(s)
		letters = part != ""
		if !letters {
			part = leadingDigits(s)
			s = s[len(part):]
			suffix := leadingLetters(s)
			if i < 2 && (suffix == "st" || suffix == "nd" || suffix == "rd" || suffix == "th") {
				s = s[2:]
			}
		} else {
			s = s[len(part):]
		}
		if part == "" {
			return parts, "", false
		}
		parts[i] = part
		if i < 2 {
			trimmed := strings.TrimLeft(s, "/-., ")
			if len(s)-len(trimmed) > 3 {
				return parts, "", false
			}
			if trimmed == s {
				// Only a month's name is told from numbers without a separator.
				next := leadingLetters(s) != ""
				if s == "" || next == letters || !next && leadingDigits(s) == "" {
					return parts, "", false
				}
			}
			s = trimmed
		}
	}
	return parts, s, s == "" || isTime(s)
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
// " 14:35", "t23:30:00z" or " 00:00:00.000+01:00", or ":14:35:00" as statistics
// packages write it.
func isTime(s string) bool {
	if s[0] != ' ' && s[0] != 't' && s[0] != ',' && s[0] != ':' {
		return false
	}
	s = strings.TrimLeft(s[1:], " ")
	hour := leadingDigits(s)
	if len(hour) < 1 || len(hour) > 2 || len(s) == len(hour) || s[len(hour)] != ':' {
		return false
	}
	for _, name := range []string{"utc", "gmt"} {
		s = strings.TrimSuffix(s, name)
	}
	return strings.Trim(s, "0123456789:.+-zapm ") == ""
}

func joined(f config.DateFormat, s string) (v date, rest string, ok bool) {
	s = strings.TrimSpace(s)
	digits := leadingDigits(s)
	if rest = s[len(digits):]; rest != "" && !isTime(rest) {
		return v, "", false
	}
	var parts [3]string
	for i, p := range f.Parts {
		n := 2
		if p == "y" {
			n = 4
		}
		if len(digits) < n {
			return v, "", false
		}
		parts[i], digits = digits[:n], digits[n:]
	}
	if digits != "" {
		return v, "", false
	}
	v, ok = match(f, parts)
	return v, rest, ok
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
	if standIns[[3]int{y, m, day}] {
		return date{standIn: true}, true
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

var months = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
	"december"}

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
