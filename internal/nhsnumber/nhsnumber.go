// Package nhsnumber knows what an NHS number looks like: its check digit, and
// where one stands in a text that people or systems wrote (P1). It is the one
// place of the program that checks either. How a cell that should hold a
// number reads is package extract's concern.
package nhsnumber

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Length is the number of digits of an NHS number.
const Length = 10

// Mark stands in a text where an NHS number was taken out.
const Mark = "(NHS number removed)"

// Valid says whether a text is ten ASCII digits whose last is the check digit
// of the nine before it. One digit repeated passes the arithmetic and is a
// filler (I2). Source: NHS Data Model and Dictionary, NHS NUMBER (modulus 11).
func Valid(digits string) bool {
	if len(digits) != Length {
		return false
	}
	check, ok := CheckDigit(digits[:Length-1])
	return ok && check == digits[Length-1] && strings.Trim(digits, digits[:1]) != ""
}

// CheckDigit gives the check digit that belongs to nine ASCII digits. ok is
// false when there is none: one number in eleven is not used.
func CheckDigit(nine string) (digit byte, ok bool) {
	if len(nine) != Length-1 {
		return 0, false
	}
	sum := 0
	for i := range nine {
		if nine[i] < '0' || nine[i] > '9' {
			return 0, false
		}
		sum += int(nine[i]-'0') * (Length - i)
	}
	check := (11 - sum%11) % 11
	return byte('0' + check%10), check != 10
}

// Span is a part of a text in bytes.
type Span struct{ From, To int }

// In says whether an NHS number stands in a text, written as Find knows it.
func In(text string) bool {
	found := false
	find(text, func(Span) bool { found = true; return false })
	return found
}

// Find gives where NHS numbers stand in a text: ten digits together, or three,
// three and four with spaces, full stops, dashes or strokes between them, in
// digits of any width and with characters among them that are not seen, whose
// last is the right check digit. Digits that are part of a longer run, a day
// with its hour, and what falls out of a SHA-256 in hexadecimal are none (P1):
// one digest in some 160 has ten such digits, and files are named by them.
func Find(text string) []Span {
	var out []Span
	find(text, func(s Span) bool { out = append(out, s); return true })
	return out
}

// Redact puts Mark in the place of every NHS number of a text.
func Redact(text string) string {
	// What is left on both sides of a mark never meets, so once is enough.
	for _, s := range slices.Backward(Find(text)) {
		text = text[:s.From] + Mark + text[s.To:]
	}
	return text
}

// group is a run of digits.
type group struct {
	Span
	digits [Length]byte
	n      int
	// joined says that nothing but separators stands between the group and the
	// one before it.
	joined bool
}

// find calls each for every NHS number in the text, in order, until it says
// that that is enough.
func find(text string, each func(Span) bool) {
	if !enough(text) {
		return
	}
	var last [3]group // the latest groups; the last is the one being read
	inside, separated := false, false
	// ended judges the latest groups once the last of them is whole.
	ended := func() bool {
		g := &last[2]
		switch {
		case g.n == Length:
			if digits := string(g.digits[:]); Valid(digits) && !isHour(digits) && !inDigest(text, g.Span) {
				return each(g.Span)
			}
		case g.n == 4 && last[1].n == 3 && last[0].n == 3 && g.joined && last[1].joined:
			digits := string(last[0].digits[:3]) + string(last[1].digits[:3]) + string(g.digits[:4])
			if Valid(digits) {
				return each(Span{last[0].From, g.To})
			}
		}
		return true
	}
	for at, c := range text {
		value, isDigit := digit(c)
		switch {
		case isDigit:
			if !inside {
				last[0], last[1] = last[1], last[2]
				last[2] = group{Span: Span{From: at}, joined: separated}
				inside, separated = true, true
			}
			g := &last[2]
			if g.n < Length {
				g.digits[g.n] = '0' + value
			}
			g.n++
			g.To = at + utf8.RuneLen(c)
		case unseen(c):
		default:
			if inside && !ended() {
				return
			}
			inside = false
			separated = separated && Separates(c)
		}
	}
	if inside {
		ended()
	}
}

// inDigest says whether a part of a text stands in 64 hexadecimal characters
// together.
func inDigest(text string, s Span) bool {
	const hexadecimal, long = "0123456789abcdef", 64
	from, to := s.From, s.To
	for from > 0 && strings.IndexByte(hexadecimal, text[from-1]) >= 0 {
		from--
	}
	for to < len(text) && strings.IndexByte(hexadecimal, text[to]) >= 0 {
		to++
	}
	return to-from == long
}

// enough says whether a text has as many digits as an NHS number: most have
// not, and need no closer look.
func enough(text string) bool {
	n := 0
	for _, c := range text {
		if _, ok := digit(c); ok {
			if n++; n == Length {
				return true
			}
		}
	}
	return false
}

// digit gives the value of a decimal digit of any script or width.
func digit(c rune) (value byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return byte(c - '0'), true
	case c < utf8.RuneSelf:
		return 0, false
	}
	// Each range begins with a nought and holds whole sets of ten.
	for _, r := range unicode.Nd.R16 {
		if c >= rune(r.Lo) && c <= rune(r.Hi) {
			return byte((c - rune(r.Lo)) % 10), true
		}
	}
	for _, r := range unicode.Nd.R32 {
		if c >= rune(r.Lo) && c <= rune(r.Hi) {
			return byte((c - rune(r.Lo)) % 10), true
		}
	}
	return 0, false
}

// unseen says whether a character shows nothing of its own: it neither parts
// digits nor joins them.
func unseen(c rune) bool {
	if c < utf8.RuneSelf {
		return unicode.IsControl(c) && !unicode.IsSpace(c)
	}
	return unicode.In(c, unicode.Cf, unicode.Mn, unicode.Me) || unicode.IsControl(c) && !unicode.IsSpace(c)
}

// Separates says whether a character may stand between the groups of an NHS
// number: spaces, full stops, dashes and strokes of any kind, and the low line
// that file names have for a space.
func Separates(c rune) bool {
	return unicode.IsSpace(c) || unicode.In(c, unicode.Pd, unicode.Zs) || strings.ContainsRune("._/\\−⁄∕／＼．·•․。｡﹒＿", c)
}

// isHour says whether ten digits are a day and an hour, such as 2026102007 in
// a file's name. Only years are taken that begin no number of any of the four
// nations: a Scottish one begins with a day and a month.
func isHour(digits string) bool {
	two := func(at int) int { return int(digits[at]-'0')*10 + int(digits[at+1]-'0') }
	century, year, month, day, hour := two(0), two(2), two(4), two(6), two(8)
	return (century == 19 || century == 20) && year >= 13 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 24
}
