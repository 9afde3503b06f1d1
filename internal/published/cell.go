package published

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"homeward/internal/delay"
)

// maxText bounds a label that is kept, in characters.
const maxText = 300

// plain gives a cell as one line of text without what steers devices (R8).
func plain(cell string) string {
	text := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u00a0', r == '\u202f':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, cell)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText])
	}
	return text
}

// key makes spellings of one heading alike: letters and digits alone, in small
// letters. "+" stays, because "7+ days" is not "7 days", and so does "%".
func key(text string) string {
	var out strings.Builder
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '+' || r == '%' {
			out.WriteRune(unicode.ToLower(r))
		}
	}
	return out.String()
}

// slug makes a name of words.
func slug(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(plain(text)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), "_")
}

// marks are what publishers write where no number stands. Text in square
// brackets is one too.
var marks = map[string]bool{
	"-": true, "–": true, "—": true, "*": true, "**": true, "..": true, "...": true, ".": true, ":": true, "c": true, "x": true, "z": true,
	"na": true, "n/a": true, "#n/a": true, "#div/0!": true, "#value!": true, "#ref!": true, "null": true, "low": true, "suppressed": true,
	"not available": true, "no data": true, "nil return": true,
}

var bracketed = regexp.MustCompile(`^\[[a-z]{1,4}\]$`)

// Blank is the mark of a cell with nothing in it.
const Blank = "blank"

// largest bounds a value: no published figure comes near it.
const largest = 1e12

// value reads a cell: the number in its shortest digits, or the mark.
func value(cell string) (text, mark string, ok bool) {
	cell = plain(cell)
	if cell == "" {
		return "", Blank, true
	}
	if low := strings.ToLower(cell); marks[low] || bracketed.MatchString(low) {
		return "", cell, true
	}
	if strings.HasPrefix(strings.ToLower(cell), "no data") {
		return "", "no data", true // with words that say why
	}
	n, err := number(cell)
	if err != nil {
		return "", "", false
	}
	return strconv.FormatFloat(n, 'f', -1, 64), "", true
}

var thousands = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+(\.\d+)?$`)

// digits is what a number may be made of: no hexadecimal, no infinity.
var digits = regexp.MustCompile(`^-?\d+(\.\d*)?([eE][-+]?\d{1,3})?%?$`)

func number(text string) (float64, error) {
	if thousands.MatchString(text) {
		text = strings.ReplaceAll(text, ",", "")
	}
	text = strings.TrimPrefix(text, "£")
	if !digits.MatchString(text) {
		return 0, strconv.ErrSyntax
	}
	share := strings.HasSuffix(text, "%")
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if share {
		n = math.Round(n*1e10) / 1e12
	}
	if err != nil || math.Abs(n) > largest {
		return 0, strconv.ErrRange
	}
	return n, nil
}

var (
	isoDay    = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})`)
	isoMonth  = regexp.MustCompile(`^(\d{4})-?(\d{2})$`)
	ukDay     = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4})`)
	wordMonth = regexp.MustCompile(`^(?i)([a-z]{3,9})[-_ ]*(\d{4})$`)
	wordDay   = regexp.MustCompile(`^(?i)(\d{1,2})(?:st|nd|rd|th)? +([a-z]{3,9}) +(\d{4})$`)
	shortYear = regexp.MustCompile(`^(?i)([a-z]{3})-(\d{2})$`)
)

// monthNamed gives the month of a name, whole or cut to three letters or more.
func monthNamed(name string) (time.Month, bool) {
	name = strings.ToLower(name)
	for m := time.January; m <= time.December; m++ {
		if len(name) >= 3 && strings.HasPrefix(strings.ToLower(m.String()), name) || name == "sept" && m == time.September {
			return m, true
		}
	}
	return 0, false
}

func onDay(year, month, day string) (delay.Day, bool) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	return dated(y, time.Month(m), d)
}

// dated gives a day that exists, of a year in which delays were published.
func dated(y int, m time.Month, d int) (delay.Day, bool) {
	if y < 1990 || y > 2100 || m < 1 || m > 12 || d < 1 {
		return 0, false
	}
	day := delay.Date(y, m, d)
	return day, day.Month() == delay.MonthOf(y, m)
}

// date reads a day or the first day of a month, in the forms in which they are
// published. Serial is the number of days of a workbook's date.
func date(cell string) (day delay.Day, ok bool) {
	cell = plain(cell)
	if m := isoDay.FindStringSubmatch(cell); m != nil {
		return onDay(m[1], m[2], m[3])
	}
	if m := isoMonth.FindStringSubmatch(cell); m != nil {
		return onDay(m[1], m[2], "1")
	}
	if m := ukDay.FindStringSubmatch(cell); m != nil {
		return onDay(m[3], m[2], m[1])
	}
	if m := wordMonth.FindStringSubmatch(cell); m != nil {
		if month, ok := monthNamed(m[1]); ok {
			y, _ := strconv.Atoi(m[2])
			return dated(y, month, 1)
		}
	}
	if m := shortYear.FindStringSubmatch(cell); m != nil {
		if month, ok := monthNamed(m[1]); ok {
			y, _ := strconv.Atoi(m[2])
			return dated(2000+y, month, 1)
		}
	}
	if m := wordDay.FindStringSubmatch(cell); m != nil {
		if month, ok := monthNamed(m[2]); ok {
			y, _ := strconv.Atoi(m[3])
			d, _ := strconv.Atoi(m[1])
			return dated(y, month, d)
		}
	}
	if n, err := number(cell); err == nil && n >= 33000 && n < 73000 {
		// A workbook's day: 33000 is in 1990, 73000 in 2099.
		return delay.Date(1899, time.December, 30) + delay.Day(n), true
	}
	return 0, false
}
