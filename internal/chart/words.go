package chart

import (
	"fmt"
	"strings"
	"unicode"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

const (
	noData  = "No data"
	noDates = "no dates"
)

// titleLimit is the length that a title stays under, in characters.
const titleLimit = 90

// nameLimit bounds a name inside a title or label, in runes: names come from
// extracts and settings, and a title stays under 90 characters.
const nameLimit = 36

// plain makes a name safe to stand in a drawing, a table or a sentence: control
// characters and those that XML cannot hold become spaces, marks that turn the
// direction of the text around are dropped (they would turn our words around
// too), and runs of space become one. It does not escape: what writes the name
// does that.
func plain(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C:
			continue
		case unicode.IsSpace(r), unicode.IsControl(r), r == unicode.ReplacementChar, r == 0xFFFE, r == 0xFFFF:
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

// shorten cuts s to at most n runes, the last an ellipsis.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}

func name(s string) string { return shorten(plain(s), nameLimit) }

func sentenceCase(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

func whole(n int64) string { return measure.Whole(n) }

func decimal(v float64) string { return measure.Decimal(v) }

func plural(n int64, one, many string) string { return measure.Plural(n, one, many) }

func joinAnd(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func shortMonth(d delay.Day) string { return d.Time().Format("Jan 2006") }

// span writes a period: whole months as months, anything else as days.
func span(from, to delay.Day) string { return delay.Span(from, to) }

func source(asAt delay.Day) string {
	if asAt == 0 {
		return "Source: Homeward. No extracts are held yet."
	}
	return fmt.Sprintf("Source: Homeward, data as at %s.", asAt.Long())
}

func subtitle(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p = plain(p); p != "" && p != noDates {
			kept = append(kept, shorten(p, 160))
		}
	}
	return strings.Join(kept, ", ")
}
