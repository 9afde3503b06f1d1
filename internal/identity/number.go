package identity

import (
	"strings"
	"unicode"

	"homeward/internal/nhsnumber"
)

// Reading says what stands in a place for an identifier.
type Reading uint8

// The readings of an identifier (I1, I2).
const (
	// Nothing: a blank, or what people write for one.
	Nothing Reading = iota
	// Good: an identifier in its normal form.
	Good
	// WrongCheck: ten digits that fail the check of NHS numbers, or a filler.
	WrongCheck
	// WrongLength: something that is not ten digits.
	WrongLength
	// Rounded: a spreadsheet has rounded it (9.99E+09), and its digits are lost.
	Rounded
	// Failed: a spreadsheet's error value.
	Failed
)

// NHSNumber reads an NHS number however it is spaced or dashed, and whatever a
// spreadsheet has put around it (I1). The number is ten digits with a right
// check digit when the reading is Good, else empty. Numbers of one digit
// repeated pass the arithmetic and are fillers. Source: NHS Data Model and
// Dictionary, NHS NUMBER (modulus 11).
func NHSNumber(text string) (number string, r Reading) {
	text = unwrap(strings.Map(oneWidth, text))
	var digits [10]byte
	n, other := 0, false
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			if n < len(digits) {
				digits[n] = byte(c)
			}
			n++
		case nhsnumber.Separates(c), unseen(c):
		default:
			other = true
		}
	}
	switch {
	case n == 0 && !other, isPlaceholder(text):
		// A long run of zeros or nines stands for nothing too, but ten digits
		// are somebody's attempt at a number and are warned about.
		if n == len(digits) {
			return "", WrongCheck
		}
		return "", Nothing
	case strings.HasPrefix(text, "#"):
		return "", Failed
	case isRounded(text):
		return "", Rounded
	case other || n != len(digits):
		return "", WrongLength
	case !nhsnumber.Valid(string(digits[:])):
		return "", WrongCheck
	}
	return string(digits[:]), Good
}

// LocalID reads a provider's own number of a patient into its normal form:
// capitals, without spaces, digits alone without leading zeros, and without
// what a spreadsheet has put around it (I1). What stands for nothing is
// Nothing (I2); so is a run of one digit, but only where the extract shows that
// it does: see Filler.
func LocalID(text string) (id string, r Reading) {
	text = unwrap(strings.Map(oneWidth, text))
	var b strings.Builder
	digits := true
	for _, c := range text {
		if unicode.IsSpace(c) || unseen(c) {
			continue
		}
		digits = digits && c >= '0' && c <= '9'
		b.WriteRune(unicode.ToUpper(c))
	}
	id = b.String()
	switch {
	case id == "" || isPlaceholder(id):
		return "", Nothing
	case id[0] == '#':
		return "", Failed
	case isRounded(id):
		return "", Rounded
	}
	if digits {
		// One zero alone is a placeholder and was caught above.
		id = strings.TrimLeft(id, "0")
	}
	return id, Good
}

// Filler says whether a local ID in its normal form is one digit repeated: it
// may be a number, and is none where one extract gives it to two people (I2).
func Filler(id string) bool {
	return len(id) >= 3 && id[0] >= '0' && id[0] <= '9' && strings.Count(id, id[:1]) == len(id)
}

// unwrap takes off what a spreadsheet puts around text: ="0123", the
// apostrophe that marks text, quotation marks left over, and the escapes of a
// workbook's text such as _x000D_.
func unwrap(text string) string {
	if strings.Contains(text, "_x") {
		text = unescape(text)
	}
	for {
		was := text
		text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unseen(r) })
		if rest, ok := strings.CutPrefix(text, "="); ok && strings.HasPrefix(strings.TrimSpace(rest), `"`) {
			text = strings.TrimSpace(rest)
		}
		if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
			text = text[1 : len(text)-1]
		}
		for _, mark := range []string{"'", "‘", "’", "`", "´"} {
			text = strings.TrimPrefix(text, mark)
		}
		if text == was {
			return text
		}
	}
}

// unescape takes out _xHHHH_, which a workbook writes for a character that its
// XML cannot hold. Control characters become a space.
func unescape(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "_x")
		if i < 0 || len(text) < i+7 {
			b.WriteString(text)
			return b.String()
		}
		code, ok := hexadecimal(text[i+2 : i+6])
		if !ok || text[i+6] != '_' {
			b.WriteString(text[:i+2])
			text = text[i+2:]
			continue
		}
		b.WriteString(text[:i])
		if unicode.IsControl(code) {
			code = ' '
		}
		b.WriteRune(code)
		text = text[i+7:]
	}
}

func hexadecimal(s string) (n rune, ok bool) {
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | (c - '0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | (c - 'a' + 10)
		case c >= 'A' && c <= 'F':
			n = n<<4 | (c - 'A' + 10)
		default:
			return 0, false
		}
	}
	return n, true
}

// placeholders are words for no identifier, in capitals without spaces (I2).
var placeholders = map[string]bool{
	"NULL": true, "NIL": true, "NONE": true, "NA": true, "N/A": true, "#N/A": true, "N.A.": true, "NK": true, "N/K": true, "N.K.": true,
	"UNKNOWN": true, "UNK": true, "NOTKNOWN": true, "NOTGIVEN": true, "NOTAVAILABLE": true, "NOTAPPLICABLE": true, "NOTRECORDED": true,
	"NOTTRACED": true, "UNTRACED": true, "NONUMBER": true, "NONHSNUMBER": true, "NOID": true, "NOTASSIGNED": true, "MISSING": true,
	"BLANK": true,
	"TBC":   true, "TBA": true, "TBD": true, "TOBECONFIRMED": true, "TOFOLLOW": true, "PENDING": true,
	"NAN": true, "UNDEFINED": true, "(NULL)": true, "<NULL>": true, "[NULL]": true, `\N`: true, "NOTSTATED": true, "NOTSPECIFIED": true,
	"0": true, "00": true,
}

// isPlaceholder says whether a text stands for no identifier: a word for none,
// punctuation alone, one letter however often, or three or more zeros or nines
// alone (I2).
func isPlaceholder(text string) bool {
	id := strings.ToUpper(strings.Join(strings.Fields(text), ""))
	if id == "" || placeholders[id] {
		return true
	}
	first, letter, sign := rune(0), true, true
	same, n := true, 0
	for _, c := range id {
		if n == 0 {
			first = c
		}
		n++
		same = same && c == first
		letter = letter && unicode.IsLetter(c)
		sign = sign && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	}
	return sign || same && (letter || n >= 3 && (first == '0' || first == '9'))
}

// isRounded says whether a text is a number such as 9.99E+09.
func isRounded(text string) bool {
	digits, marks, es := 0, 0, 0
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' || c == '+':
			marks++
		case (c == 'e' || c == 'E') && i > 0 && es == 0:
			es++
		case c == '-' || unicode.IsSpace(c):
		default:
			return false
		}
	}
	return es == 1 && digits >= 2 && marks > 0
}

// oneWidth gives the usual form of a character written in full width.
func oneWidth(c rune) rune {
	if c >= '！' && c <= '～' {
		return c - '！' + '!'
	}
	return c
}

// unseen says whether a character cannot be seen: controls, zero-width marks,
// byte order marks, marks of direction, private use, fillers.
func unseen(c rune) bool {
	return unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Co) || c == 0x115f || c == 0x1160 || c == 0x3164
}
