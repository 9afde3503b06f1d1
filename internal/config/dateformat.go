package config

import (
	"fmt"
	"strings"
)

// DateFormat is a date format in words, split into its parts: "d", "m", "mmm"
// (a month's name), "y" (four digits) and "yy" (two digits).
type DateFormat struct {
	Text  string
	Parts []string
	// Joined is true when the parts stand without separators, as in yyyymmdd;
	// each part then has a fixed number of digits.
	Joined bool
}

// ParseDateFormat reads a date format such as dd/mm/yyyy, yyyy-mm-dd,
// d mmm yyyy or yyyymmdd. Any of / - . and space separates the parts, in the
// format and in the dates that it reads.
func ParseDateFormat(text string) (DateFormat, error) {
	f := DateFormat{Text: text}
	rest, seen := strings.ToLower(strings.TrimSpace(text)), map[byte]bool{}
	separators := 0
	for rest != "" {
		n := len(rest) - len(strings.TrimLeft(rest, rest[:1]))
		part, letter := rest[:n], rest[0]
		rest = rest[n:]
		switch {
		case strings.ContainsRune("/-. ", rune(letter)):
			separators++
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
			return f, badFormat(text)
		}
		if seen[letter] {
			return f, badFormat(text)
		}
		seen[letter] = true
		f.Parts = append(f.Parts, part)
	}
	if len(f.Parts) != 3 {
		return f, badFormat(text)
	}
	f.Joined = separators == 0
	return f, nil
}

func badFormat(text string) error {
	return fmt.Errorf("%q is not a date format; write the day, month and year once each, such as dd/mm/yyyy, yyyy-mm-dd, d mmm yyyy or yyyymmdd", text)
}
