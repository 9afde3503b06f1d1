package web

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

var british = message.NewPrinter(language.BritishEnglish)

func count(n int64) string { return measure.Whole(n) }

func oneDecimal(v float64) string { return measure.Decimal(v) }

func plural(n int64, one, many string) string { return measure.Plural(n, one, many) }

// verb gives "person is" or "people are" with its number.
func peopleAre(n int64) string { return plural(n, "person is", "people are") }

func persons(n int64) string { return plural(n, "person", "people") }

func days(n int64) string { return plural(n, "day", "days") }

// change says how much more or fewer a count is than before.
func change(now, before int64, than string) string {
	switch d := now - before; {
	case d > 0:
		return count(d) + " more than " + than
	case d < 0:
		return count(-d) + " fewer than " + than
	default:
		return "the same as " + than
	}
}

// span writes a period: whole months as months, anything else as days.
func span(from, to delay.Day) string { return delay.Span(from, to) }

// clock writes a time of day as people read it: 9:14am, 5pm, midday, midnight.
func clock(t time.Time) string { return delay.Clock(t) }

// moment writes a time with its day, in the service's zone.
func (s *Server) moment(t time.Time) string { return delay.Moment(t.In(s.opts.Zone)) }

// bytes writes a file's size.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return british.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return british.Sprintf("%.0f KB", float64(n)/(1<<10))
	}
	return plural(n, "byte", "bytes")
}

// notAgreedWords say beside a figure of agreed days how many are not agreed;
// empty on another basis.
func notAgreedWords(b measure.Basis, agreed, notAgreed int64) string {
	switch {
	case b != measure.BasisAgreed:
		return ""
	case notAgreed == 0:
		return "Every counted day is agreed."
	}
	return measure.UpperFirst(plural(notAgreed, "more day is", "more days are")) + " not agreed by both bodies; " +
		count(agreed+notAgreed) + " are counted in all."
}

func isAre(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// andList joins words: "a, b and c".
func andList(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

func orWords(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" }), ", ")
}

// spaced writes an NHS number as people read it out: 3, 3 and 4 digits.
func spaced(n string) string {
	if len(n) != 10 {
		return n
	}
	return n[:3] + " " + n[3:6] + " " + n[6:]
}

// columnName writes a heading as a column name: "Social care" as social_care.
func columnName(head string) string {
	return strings.Trim(strings.Join(strings.FieldsFunc(strings.ToLower(head), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "_"), "_")
}
