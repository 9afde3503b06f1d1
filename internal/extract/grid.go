package extract

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"golang.org/x/text/encoding/unicode"

	"homeward/internal/problem"
)

// Grid is one table of cells as it stands in a file: a sheet of a workbook, or
// a text file as a whole, which has no name.
type Grid struct {
	Name   string
	Hidden bool
	// Rows are the rows that have a cell, in their order. Dates of a workbook are
	// numbers of days since 1899-12-30.
	Rows []GridRow
}

// GridRow is one row: its number in the file, from 1, and its cells as text,
// without what a spreadsheet put around them (I1).
type GridRow struct {
	Line  int
	Cells []string
}

// ReadGrids gives every table of cells of a CSV, TSV or workbook, whatever its
// headings. It knows no layout: it serves files that other people publish, not
// lists of patients. What is no text and no workbook, is cut off, or passes a
// limit (R8) is a problem of kind Invalid that says what to do.
func ReadGrids(data []byte, limits Limits) ([]Grid, error) {
	kind, found, do := sniff(data[:min(len(data), 64<<10)])
	switch kind {
	case unreadable:
		return nil, reject("The file is %s. %s", found, do)
	case zipArchive:
		return workbookGrids(data, limits)
	case utf16Little, utf16Big:
		endian := unicode.LittleEndian
		if kind == utf16Big {
			endian = unicode.BigEndian
		}
		text, err := io.ReadAll(io.LimitReader(unicode.UTF16(endian, unicode.UseBOM).NewDecoder().Reader(bytes.NewReader(data)),
			limits.Unpacked+1))
		if err != nil {
			return nil, reject("The file's text cannot be decoded from UTF-16. Save it again as UTF-8.")
		}
		data = text
	}
	if int64(len(data)) > limits.Unpacked {
		return nil, reject("The file is too large: more than the limit of %d MB.", limits.Unpacked>>20)
	}
	return textGrid(data, limits)
}

func workbookGrids(data []byte, limits Limits) ([]Grid, error) {
	if int64(len(data)) > limits.Workbook {
		return nil, reject("The workbook is too large: %d MB, and the limit is %d MB.", len(data)>>20, limits.Workbook>>20)
	}
	book, err := openWorkbook(data, limits)
	if err != nil {
		return nil, err
	}
	if book.from1904 {
		return nil, reject("The workbook counts its days from 1904, as old Macintosh programs do. Save it again in Excel with the " +
			"setting \"Use 1904 date system\" off.")
	}
	var out []Grid
	cells := 0
	for _, s := range book.sheets {
		g := Grid{Name: s.name, Hidden: s.hidden}
		err := book.rows(s, func(rec record) error {
			rec.bare()
			if cells += len(rec.cells); cells > limits.GridCells {
				return book.tooLarge()
			}
			g.Rows = append(g.Rows, GridRow{rec.line, rec.texts()})
			return nil
		})
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// separatorOf gives the separator that gives the most cells in the first lines of a
// text, and how many.
func separatorOf(data []byte, limits Limits) (best byte, most int) {
	best = ','
	for _, sep := range separators {
		s := &splitter{lines: newLineReader(bytes.NewReader(data), limits.Line, len(data)), sep: sep.char}
		widest := 0
		for range 60 {
			rec, ok := s.next()
			if !ok {
				break
			}
			widest = max(widest, len(rec.cells))
		}
		if widest > most {
			best, most = sep.char, widest
		}
	}
	return best, most
}

// textGrid cuts a text into its cells.
func textGrid(data []byte, limits Limits) ([]Grid, error) {
	best, most := separatorOf(data, limits)
	if most > limits.Columns {
		return nil, reject("The file has too many columns: %d, and the limit is %d.", most, limits.Columns)
	}
	lines := newLineReader(bytes.NewReader(data), limits.Line, len(data))
	s := &splitter{lines: lines, sep: best}
	// Room for every line at once: growing would hold the rows twice.
	g := Grid{Rows: make([]GridRow, 0, min(bytes.Count(data, []byte("\n"))+1, limits.Rows))}
	cells := 0
	for {
		rec, ok := s.next()
		if !ok {
			break
		}
		if rec.flaw == tooLong {
			return nil, reject("Line %d is longer than the limit of %d MB.", rec.line, limits.Line>>20)
		}
		rec.bare()
		if len(rec.cells) == 0 || !slices.ContainsFunc(rec.cells, func(c []byte) bool { return len(c) > 0 }) {
			continue
		}
		if len(g.Rows) >= limits.Rows {
			return nil, reject("The file has too many rows: more than the limit of %d.", limits.Rows)
		}
		if cells += len(rec.cells); cells > limits.GridCells {
			return nil, reject("The file has too many cells: more than the limit of %d.", limits.GridCells)
		}
		g.Rows = append(g.Rows, GridRow{rec.line, rec.texts()})
	}
	if lines.err != nil && !errors.Is(lines.err, io.EOF) {
		return nil, problem.Wrap(lines.err, problem.Unavailable, "The file could not be read to its end")
	}
	return []Grid{g}, nil
}
