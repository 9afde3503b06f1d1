package config

import (
	"fmt"
	"slices"
	"strings"
)

// DateFormat is a date format in words, split into its parts: "d", "m", "mmm"
// (a month's name), "y" (four digits) and "yy" (two digits).
type DateFormat struct {
	Text  string
	Parts []string
	// Joined is true when the parts are all numbers that stand without
	// separators, as in yyyymmdd; each part then has a fixed number of digits. A
	// month's name needs no separators to be told from the numbers beside it, so
	// that ddmmmyyyy reads 10JUN2026 and d mmm yyyy reads it too.
	Joined bool
	// Serial stands for the numbers of days that a spreadsheet writes into text
	// when its cells have lost their form: 46090 is 2026-03-09. It has no parts.
	Serial bool
}

// ParseDateFormat reads a date format such as dd/mm/yyyy, yyyy-mm-dd,
// d mmm yyyy, yyyymmdd or ddmmmyyyy, or the word serial. Any of / - . , and space separates the
// parts, in the format and in the dates that it reads. A format that could not
// read what it says is an error.
func ParseDateFormat(text string) (DateFormat, error) {
	f := DateFormat{Text: text}
	if strings.EqualFold(strings.TrimSpace(text), "serial") {
		f.Serial = true
		return f, nil
	}
	rest, seen := strings.ToLower(strings.TrimSpace(text)), map[byte]bool{}
	var touching []bool // for each part, whether it touches the one before it
	var widths []int
	separated := true
	for rest != "" {
		n := len(rest) - len(strings.TrimLeft(rest, rest[:1]))
		part, letter := rest[:n], rest[0]
		rest = rest[n:]
		switch {
		case strings.ContainsRune("/-., ", rune(letter)):
			if separated = true; len(f.Parts) == 0 || rest == "" {
				return f, badFormat(text, "it begins or ends with a separator")
			}
			continue
		case part == "d" || part == "dd":
			part = "d"
		case part == "m" || part == "mm":
			part = "m"
		case part == "mmm" || part == "mmmm":
			part = "mmm"
		case part == "yyyy":
			part = "y"
		case part == "yy":
		default:
			return f, badFormat(text, "")
		}
		if seen[letter] {
			return f, badFormat(text, "")
		}
		seen[letter] = true
		f.Parts, widths = append(f.Parts, part), append(widths, n)
		touching = append(touching, !separated)
		separated = false
	}
	if len(f.Parts) != 3 {
		return f, badFormat(text, "")
	}
	number := func(i int) bool { return f.Parts[i] != "mmm" }
	meet := 0 // numbers that touch
	for i := 1; i < 3; i++ {
		if touching[i] && number(i-1) && number(i) {
			meet++
		}
	}
	switch {
	case meet == 2:
		f.Joined = true
		if slices.Contains(widths, 1) {
			return f, badFormat(text, "without separators, day and month have two digits each, as in ddmmyyyy")
		}
	case meet == 1:
		return f, badFormat(text, "two numbers touch, so it cannot be told where one ends")
	}
	if f.Parts[0] == "y" && f.Parts[1] == "d" && f.Parts[2] == "m" {
		return f, badFormat(text, "a date that begins with a year of four digits is always read as year, month, day")
	}
	return f, nil
}

// Contradicts says why two formats cannot stand in one list: some dates would
// be read in one way by the one and in another by the other. It is empty when
// they can.
func (f DateFormat) Contradicts(other DateFormat) string {
	if f.Serial || other.Serial || slices.Equal(f.Parts, other.Parts) || f.Joined != other.Joined {
		return ""
	}
	// A month's name or a year of four digits at another place tells two formats
	// apart; what is left is the order of numbers that look alike.
	for i := range 3 {
		if a, b := f.Parts[i], other.Parts[i]; a != b && (a == "mmm" || b == "mmm" || !f.Joined && (a == "y" || b == "y")) {
			return ""
		}
	}
	if f.Joined && slices.Contains(f.Parts, "y") != slices.Contains(other.Parts, "y") {
		return "" // eight digits and six
	}
	if f.Joined && slices.Index(f.Parts, "y") != slices.Index(other.Parts, "y") {
		return "" // no year of 1850 to 2199 reads as a day and a month, nor they as one
	}
	return fmt.Sprintf("%s contradicts another format of the list, %s: many dates would be read in two ways, so which is meant would be "+
		"a guess", f.Text, other.Text)
}

func badFormat(text, why string) error {
	if why != "" {
		why = " (" + why + ")"
	}
	return fmt.Errorf("%q is not a date format%s; write the day, month and year once each, such as dd/mm/yyyy, yyyy-mm-dd, d mmm yyyy, "+
		"yyyymmdd or ddmmmyyyy", text, why)
}
