package extract

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

const (
	// fixLength bounds what a cell is changed to, in characters.
	fixLength = 200
)

// Fix is one cell of a file and the text that it is to hold.
type Fix struct {
	// Sheet is the name of a Grid; Line and Cell, from 0, are those of its rows.
	Sheet      string
	Line, Cell int
	Text       string
}

// Correct gives a file, a text or a workbook, in which some cells hold another text
// and all others what they held: it is read again and compared cell by cell before
// it is given. Bytes of a text outside those cells stay as they are, but UTF-16
// becomes UTF-8. A day is written into a cell of a workbook that holds a date as a
// date. What cannot be changed so is a problem of kind Invalid that says why.
func Correct(data []byte, fixes []Fix, limits Limits) ([]byte, error) {
	before, err := ReadGrids(data, limits)
	if err != nil {
		return nil, err
	}
	for i, f := range fixes {
		cell, ok := cellOf(before, f)
		switch {
		case !ok:
			return nil, problem.New(problem.Invalid, "Row %d has no such cell. Put the row right where it comes from and send the file "+
				"again.", f.Line)
		case utf8.RuneCountInString(f.Text) > fixLength:
			return nil, problem.New(problem.Invalid, "Row %d: a cell must be %d characters or less.", f.Line, fixLength)
		case !utf8.ValidString(f.Text) || strings.ContainsFunc(f.Text, func(r rune) bool { return r < ' ' || r == 0x7f }):
			return nil, problem.New(problem.Invalid, "Row %d: a cell must be one line of text.", f.Line)
		}
		if serial, ok := asSerial(cell, f.Text); ok && before[0].Name != "" {
			fixes = slices.Clone(fixes)
			fixes[i].Text = serial
		}
	}
	change := correctText
	if kind, _, _ := sniff(data[:min(len(data), 64<<10)]); kind == zipArchive {
		change = correctBook
	}
	out, err := change(data, fixes, limits)
	if err != nil {
		return nil, err
	}
	after, err := ReadGrids(out, limits)
	if err != nil {
		return nil, err
	}
	for _, f := range fixes {
		if row := rowOf(before, f); row != nil {
			row[f.Cell] = f.Text
		}
	}
	if !slices.EqualFunc(before, after, sameGrid) {
		return nil, problem.New(problem.Invalid, "These cells cannot be changed without changing others: the file is written in a way of "+
			"its own there. Put the rows right where they come from and send the file again.")
	}
	return out, nil
}

func sameGrid(a, b Grid) bool {
	return a.Name == b.Name && a.Hidden == b.Hidden && slices.EqualFunc(a.Rows, b.Rows, func(a, b GridRow) bool {
		return a.Line == b.Line && slices.Equal(a.Cells, b.Cells)
	})
}

// rowOf gives the cells of a fix's row, nil where there is none or it is too short.
func rowOf(grids []Grid, f Fix) []string {
	for _, g := range grids {
		if g.Name != f.Sheet {
			continue
		}
		at, found := slices.BinarySearchFunc(g.Rows, f.Line, func(r GridRow, line int) int { return cmp.Compare(r.Line, line) })
		if found && f.Cell >= 0 && f.Cell < len(g.Rows[at].Cells) {
			return g.Rows[at].Cells
		}
	}
	return nil
}

func cellOf(grids []Grid, f Fix) (string, bool) {
	row := rowOf(grids, f)
	if row == nil {
		return "", false
	}
	return row[f.Cell], true
}

// dayForms are how people write a day into a form.
var dayForms = []string{time.DateOnly, "02/01/2006", "2/1/2006"}

// asSerial gives a typed day as the number that a workbook keeps, where the cell
// holds one now.
func asSerial(cell, text string) (string, bool) {
	if _, ok := DayOfSerial(cell); !ok {
		return "", false
	}
	for _, form := range dayForms {
		if at, err := time.Parse(form, text); err == nil {
			return strconv.Itoa(excelDate(delay.Date(at.Year(), at.Month(), at.Day()))), true
		}
	}
	return "", false
}

// DayOfSerial gives the day for which a workbook keeps a number, if it is one between
// 1900 and 2100.
func DayOfSerial(cell string) (delay.Day, bool) {
	n, err := strconv.Atoi(cell)
	day := delay.Day(n-25_569) + delay.Date(1970, time.January, 1)
	if err != nil || n < 60 || day >= delay.Date(2100, time.January, 1) {
		return 0, false
	}
	return day, true
}

func correctBook(data []byte, fixes []Fix, limits Limits) (_ []byte, err error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: limits.Unpacked, UnzipXMLSizeLimit: limits.Unpacked})
	if err != nil {
		return nil, damaged(err, "the file as a whole")
	}
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	for _, fix := range fixes {
		at, err := excelize.CoordinatesToCellName(fix.Cell+1, fix.Line)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", fix.Line, err)
		}
		if day, ok := DayOfSerial(fix.Text); ok {
			err = f.SetCellInt(fix.Sheet, at, int64(excelDate(day)))
		} else {
			err = f.SetCellStr(fix.Sheet, at, fix.Text)
		}
		if err != nil {
			return nil, damaged(err, fmt.Sprintf("row %d", fix.Line))
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, fmt.Errorf("workbook: %w", err)
	}
	return out.Bytes(), nil
}

const byteOrderMark = "\xEF\xBB\xBF"

func correctText(data []byte, fixes []Fix, limits Limits) ([]byte, error) {
	switch kind, _, _ := sniff(data[:min(len(data), 64<<10)]); kind {
	case utf16Little, utf16Big:
		endian := unicode.LittleEndian
		if kind == utf16Big {
			endian = unicode.BigEndian
		}
		text, err := unicode.UTF16(endian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return nil, reject("The file's text cannot be decoded from UTF-16. Save it again as UTF-8.")
		}
		data = append([]byte(byteOrderMark), text...)
	}
	sep, _ := separatorOf(data, limits)
	lines := map[int][]Fix{}
	for _, f := range fixes {
		lines[f.Line] = append(lines[f.Line], f)
	}
	legacy := !utf8.Valid(data)
	var out bytes.Buffer
	src := bytes.NewReader(data)
	l := newLineReader(src, limits.Line, len(data))
	kept := 0
	for {
		start := len(data) - src.Len() - (l.w - l.r)
		text, _, ok := l.next()
		if !ok {
			break
		}
		wanted := lines[l.line]
		if len(wanted) == 0 {
			continue
		}
		line, err := correctLine(text, sep, wanted, legacy)
		if err != nil {
			return nil, err
		}
		out.Write(data[kept:start])
		out.Write(line)
		kept = start + len(text)
	}
	out.Write(data[kept:])
	return out.Bytes(), nil
}

// correctLine writes cells of one line anew and leaves the others' bytes. What it
// takes for cells is compared by Correct, not believed.
func correctLine(line []byte, sep byte, fixes []Fix, legacy bool) ([]byte, error) {
	spans := spansOf(line, sep)
	fixes = slices.SortedFunc(slices.Values(fixes), func(a, b Fix) int { return cmp.Compare(a.Cell, b.Cell) })
	var out []byte
	kept := 0
	for _, f := range fixes {
		if f.Cell >= len(spans) || spans[f.Cell].from < kept {
			return nil, problem.New(problem.Invalid, "Row %d stands on more than one line of the file, or a cell of it twice, so it cannot be "+
				"corrected here. Put it right where it comes from and send the file again.", f.Line)
		}
		text := f.Text
		if legacy && !ascii([]byte(text)) {
			encoded, err := charmap.Windows1252.NewEncoder().String(text)
			if err != nil {
				return nil, problem.New(problem.Invalid, "Row %d: %q has a letter that this file, which is not in UTF-8, cannot hold.", f.Line, text)
			}
			text = encoded
		}
		if strings.IndexByte(text, sep) >= 0 || strings.ContainsRune(text, '"') || strings.TrimSpace(text) != text {
			text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		}
		out = append(out, line[kept:spans[f.Cell].from]...)
		out = append(out, text...)
		kept = spans[f.Cell].to
	}
	return append(out, line[kept:]...), nil
}

// span is where a cell's bytes stand in its line, marks of quotation and all.
type span struct{ from, to int }

func spansOf(line []byte, sep byte) (out []span) {
	from, open := 0, false
	for i, b := range line {
		switch {
		case b == '"' && (open || i == from):
			open = !open
		case b == '"' && i > from && line[i-1] == '"' && line[from] == '"':
			open = true // It was doubled: the cell goes on.
		case b == sep && !open:
			out = append(out, span{from, i})
			from = i + 1
		}
	}
	return append(out, span{from, len(line)})
}
