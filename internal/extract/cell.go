package extract

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"homeward/internal/delay"
)

var shownNumber = regexp.MustCompile(`^[+\-−]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?%?$`)

// Shown gives what a table shows as a cell of a workbook: a number as a number, a
// share as a share with the decimals that it shows, and what is no number, such as "No data", as its text.
func Shown(text string) any {
	text = strings.TrimSpace(text)
	if !shownNumber.MatchString(text) {
		return text
	}
	digits, share := strings.CutSuffix(strings.NewReplacer(",", "", "+", "", "−", "-").Replace(text), "%")
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil && !share {
		return n
	}
	v, err := strconv.ParseFloat(digits, 64)
	switch {
	case err != nil:
		return text
	case share && !strings.Contains(digits, "."):
		return WholePerCent(v)
	case share:
		return PerCent(v)
	}
	return v
}

// ShownDate gives a name as a cell of a workbook: a day or a month as a date, all
// else as its text. What stands in brackets behind a date is given apart.
func ShownDate(text string) (cell any, rest string) {
	name, rest, _ := strings.Cut(strings.TrimSpace(text), " (")
	rest = strings.TrimSuffix(rest, ")")
	if at, err := time.Parse("2 January 2006", name); err == nil {
		return delay.Date(at.Year(), at.Month(), at.Day()), rest
	}
	if at, err := time.Parse("January 2006", name); err == nil {
		return Month(delay.Date(at.Year(), at.Month(), 1)), rest
	}
	return text, ""
}
