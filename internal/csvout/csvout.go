// Package csvout writes the program's CSV: the one writer of every file and
// answer that people open in a spreadsheet, so that none can be without the
// guard against text that spreadsheets run (R8). Reading is elsewhere; the
// invented extracts of package synth, which must be as unsafe as real ones,
// are not written here.
package csvout

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Writer writes rows of cells. Flush it when done; Error gives the first error.
type Writer struct {
	w    *csv.Writer
	line []string
}

// New gives a Writer to w.
func New(w io.Writer) *Writer { return &Writer{w: csv.NewWriter(w)} }

// Write writes one row of text, each cell as Harmless gives it.
func (w *Writer) Write(cells []string) error {
	return w.WriteMixed(cells, func(int) bool { return false })
}

// WriteMixed writes one row of which some columns hold numbers: a number there,
// such as -3.5, is written as it is, and anything else as text.
func (w *Writer) WriteMixed(cells []string, number func(column int) bool) error {
	w.line = w.line[:0]
	for i, c := range cells {
		if !number(i) || !isNumber(c) {
			c = Harmless(c)
		}
		w.line = append(w.line, c)
	}
	return w.w.Write(w.line)
}

// WriteOwn writes one row of the program's own words and numbers as they are: of
// nothing in it can anybody outside choose how it begins.
func (w *Writer) WriteOwn(cells []string) error { return w.w.Write(cells) }

// Flush writes what is still held.
func (w *Writer) Flush() { w.w.Flush() }

// Error gives the first error of writing or flushing.
func (w *Writer) Error() error { return w.w.Error() }

// Harmless puts an apostrophe before text that a spreadsheet takes for a
// formula: text that begins with a sign of a formula, of whatever width, as it
// is or behind what some strip first, and text that begins with a line break
// or a tab.
func Harmless(s string) string {
	if s == "" || s[0] < 0x7f && !strings.ContainsRune("=+-@ \t\r\n", rune(s[0])) && s[0] >= ' ' {
		return s
	}
	if strings.ContainsRune("\t\r\n", rune(s[0])) {
		return "'" + s
	}
	rest := strings.TrimLeftFunc(s, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c) || unicode.Is(unicode.Cf, c)
	})
	if first, n := utf8.DecodeRuneInString(rest); n > 0 && strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫", first) {
		return "'" + s
	}
	return s
}

// isNumber says whether a cell is a number as the program writes one: -3.5 or
// -1e-07.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	if at := strings.IndexByte(s, 'e'); at > 0 {
		if !digits(strings.TrimLeft(s[at+1:], "+-")) || len(s)-at > 6 {
			return false
		}
		s = s[:at]
	}
	whole, part, point := strings.Cut(s, ".")
	return digits(whole) && (!point || digits(part))
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
