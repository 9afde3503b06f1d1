package extract

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// bare takes off what spreadsheets put around text to keep it as text (I1): an
// apostrophe before it, and ="…" around it. A mark that belongs to the words,
// as in 'Lilac' ward, stays.
func bare(cell []byte) []byte {
	for {
		text := bytes.TrimFunc(cell, isBlank)
		switch {
		case len(text) > 0 && text[0] == '\'' && bytes.IndexByte(text[1:], '\'') < 0:
			cell = text[1:]
		case len(text) > 2 && text[0] == '=' && text[1] == '"' && text[len(text)-1] == '"':
			inside := text[2 : len(text)-1]
			if whole := bytes.ReplaceAll(inside, []byte(`""`), nil); bytes.IndexByte(whole, '"') >= 0 {
				return cell // a formula with several texts
			}
			cell = bytes.ReplaceAll(inside, []byte(`""`), []byte{'"'})
		default:
			return cell
		}
	}
}

// bare takes the marks of spreadsheets off every cell of a record.
func (rec *record) bare() {
	for i, cell := range rec.cells {
		if len(cell) == 0 {
			continue
		}
		// Nearly no cell needs more than this look.
		if c := cell[0]; c == '=' || c == '\'' || c == ' ' {
			rec.cells[i] = bare(cell)
		}
		if rec.escaped {
			rec.cells[i] = bare(unescape(rec.cells[i], true))
		}
	}
}

var escape = []byte("_x")

// unescape turns the escapes of a workbook's text, such as _x000D_, into their
// characters. Source: ECMA-376, part 1, 22.9.2.19 (ST_Xstring). In text files,
// where they are left by a program that does not know them, only those of line
// breaks and tabs are turned.
func unescape(text []byte, blanksOnly bool) []byte {
	if !bytes.Contains(text, escape) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if text[i] == '_' && i+6 < len(text) && text[i+1] == 'x' && text[i+6] == '_' {
			n, err := strconv.ParseUint(string(text[i+2:i+6]), 16, 16)
			if err == nil && (!blanksOnly || n == '\r' || n == '\n' || n == '\t') {
				out = utf8.AppendRune(out, rune(n))
				i += 7
				continue
			}
		}
		out = append(out, text[i])
		i++
	}
	return out
}

// texts gives the cells of a record as texts, without marks and escapes. They are
// parts of one text, so that many short ones take little more than their length.
func (rec *record) texts() []string {
	rec.bare()
	n := 0
	for _, cell := range rec.cells {
		n += len(cell)
	}
	var whole strings.Builder
	whole.Grow(n)
	for _, cell := range rec.cells {
		whole.Write(cell)
	}
	text := whole.String()
	cells := make([]string, len(rec.cells))
	for i, cell := range rec.cells {
		cells[i], text = text[:len(cell)], text[len(cell):]
	}
	return cells
}
