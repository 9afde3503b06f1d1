package extract

import (
	"unicode/utf8"

	"homeward/internal/nhsnumber"
)

// numberState says how a cell reads as an NHS number.
type numberState uint8

const (
	noNumber numberState = iota
	goodNumber
	wrongCheck  // ten digits that fail the check, or a filler
	wrongLength // something else
	scientific  // a spreadsheet has rounded it: 9.99E+09
	errorCell   // a spreadsheet's error value
)

// nhsNumber reads an NHS number: ten digits with spaces, dashes or invisible
// characters among them, whose last is the modulus-11 check digit. Numbers of
// one digit repeated pass the arithmetic and are fillers. Source: NHS Data
// Model and Dictionary, NHS NUMBER.
func nhsNumber(cell []byte) (digits [10]byte, state numberState) {
	n, other := 0, false
	var first byte
	for i := 0; i < len(cell); {
		c := cell[i]
		if c >= '0' && c <= '9' {
			if n < 10 {
				digits[n] = c
			}
			n++
			i++
			continue
		}
		r, size := utf8.DecodeRune(cell[i:])
		i += size
		if isBlank(r) || isInvisible(r) || r == '-' || r == '‐' || r == '‑' || r == '–' {
			continue
		}
		if !other {
			other, first = true, c
		}
	}
	switch {
	case n == 0 && !other:
		return digits, noNumber
	case other && first == '#':
		return digits, errorCell
	case other && isScientific(cell):
		return digits, scientific
	case other || n != 10:
		return digits, wrongLength
	}
	if !nhsnumber.Valid(string(digits[:])) {
		return digits, wrongCheck
	}
	return digits, goodNumber
}

// isScientific says whether a cell is a number such as 9.99E+09.
func isScientific(cell []byte) bool {
	digits, marks, es := 0, 0, 0
	for i, c := range cell {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' || c == '+':
			marks++
		case (c == 'e' || c == 'E') && i > 0 && es == 0:
			es++
		case c == '-' || c == ' ':
		default:
			return false
		}
	}
	return es == 1 && digits >= 2 && marks > 0
}
