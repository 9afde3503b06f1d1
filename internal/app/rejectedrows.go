package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"slices"

	"homeward/internal/config"
	"homeward/internal/extract"
	"homeward/internal/ingest"
	"homeward/internal/problem"
	"homeward/internal/web"
)

const (
	// rowsFileMost bounds the file whose rows put aside are given, in bytes: it is
	// read as a whole.
	rowsFileMost = 16 << 20
	// headingWithin is in how many rows from the top headings are looked for.
	headingWithin = 60
)

// shownFields are the fields of a layout whose cells may be shown to those who see
// no identifiers. What is in no field may be anything, and is not.
var shownFields = map[string]bool{"extract_date": true, "provider": true, "site": true, "admitted": true, "ready": true, "care": true,
	"reason": true, "responsible": true, "waiting_on": true, "funding": true, "council": true, "discharged": true, "criteria": true,
	"reason_detail": true, "pathway": true, "destination": true}

// asideRows are the rows of a file that were put aside, with the table they stand in.
type asideRows struct {
	report  ingest.Report
	content []byte
	grid    extract.Grid
	layout  *config.Layout
	// headings and fields are of the table's columns; a column that is no field has
	// an empty one.
	headings, fields []string
	// reasons are why, by the number of the row.
	reasons map[int][]ingest.ReportedLine
}

func (e extracts) aside(ctx context.Context, sum string) (out asideRows, err error) {
	got, err := e.Receipt(ctx, sum)
	if err != nil {
		return out, err
	}
	out.report, out.reasons = got.Report, map[int][]ingest.ReportedLine{}
	for _, p := range got.Report.Problems {
		if p.Severity == extract.Quarantined.String() && p.Problem.Line > 0 {
			out.reasons[p.Problem.Line] = append(out.reasons[p.Problem.Line], p)
		}
	}
	if len(out.reasons) == 0 {
		return out, problem.New(problem.NotFound, "No row of this file was put aside, so there is nothing to put right.")
	}
	out.layout = e.app.reader.Layout(got.Report.Layout)
	if out.content, out.grid, err = e.grid(sum, out.layout); err != nil {
		return out, err
	}
	if head := headingRow(out.grid, out.layout); head >= 0 {
		out.headings = headingsOf(out.grid, head, out.layout)
	}
	for _, heading := range out.headings {
		out.fields = append(out.fields, fieldOf(heading, out.layout))
	}
	return out, nil
}

// RejectedRows gives the rows of a file that were put aside, as they stand in it.
// Without identifiers the cells of other fields, and numbers that may identify
// somebody, are left out.
func (e extracts) RejectedRows(ctx context.Context, sum string, identifiers bool) (web.RejectedRows, error) {
	var out web.RejectedRows
	aside, err := e.aside(ctx, sum)
	if err != nil {
		return out, err
	}
	for _, heading := range aside.headings {
		out.Headings = append(out.Headings, extract.Masked(heading))
	}
	for _, row := range aside.grid.Rows {
		for _, p := range aside.reasons[row.Line] {
			one := web.RejectedRow{Line: row.Line, Field: p.Field, Found: p.Found, Expected: p.Expected, Do: p.Do}
			// Cells of a row that has others than the headings, or with which as a whole
			// something is wrong, may stand under any of them.
			fits := len(row.Cells) == len(out.Headings) && p.Field != ""
			seen := identifiers && !e.anothers(row.Cells, aside.fields, aside.report.Provider,
				aside.layout == nil || aside.layout.SeveralProviders)
			for i := range out.Headings {
				cell := ""
				switch {
				case i >= len(row.Cells) || row.Cells[i] == "":
				case seen:
					cell = row.Cells[i]
				case shownFields[aside.fields[i]] && fits:
					cell = extract.Masked(row.Cells[i])
				default:
					cell = "(not shown)"
				}
				one.Cells = append(one.Cells, cell)
			}
			out.Rows = append(out.Rows, one)
		}
	}
	return out, nil
}

// dateFields are those whose cells are dates, which a workbook keeps as numbers.
var dateFields = []string{"extract_date", "admitted", "ready", "discharged"}

// WrongRows gives the rows that were put aside with the cells that may be changed by
// somebody who sees no identifiers: of a field that may be shown, in a row whose
// cells stand under their headings.
func (e extracts) WrongRows(ctx context.Context, sum string) ([]web.WrongRow, error) {
	aside, err := e.aside(ctx, sum)
	if err != nil {
		return nil, err
	}
	var out []web.WrongRow
	for _, row := range aside.grid.Rows {
		reasons := aside.reasons[row.Line]
		if len(reasons) == 0 {
			continue
		}
		one := web.WrongRow{Line: row.Line}
		wrong, fits := map[string]bool{}, len(row.Cells) == len(aside.headings)
		for _, p := range reasons {
			one.Why = append(one.Why, p.Problem)
			wrong[extract.Fold(p.Field)] = true
			fits = fits && p.Field != ""
		}
		for i, heading := range aside.headings {
			bad := wrong[extract.Fold(heading)]
			if !fits || !shownFields[aside.fields[i]] || extract.Masked(row.Cells[i]) != row.Cells[i] {
				continue
			}
			// Whose row it is, and of which day, is not for the reader to change.
			if !bad && (aside.fields[i] == "provider" || aside.fields[i] == "extract_date") {
				continue
			}
			text := row.Cells[i]
			if day, ok := extract.DayOfSerial(text); ok && aside.grid.Name != "" && slices.Contains(dateFields, aside.fields[i]) {
				text = day.String()
			}
			one.Cells = append(one.Cells, web.WrongCell{At: i, Heading: heading, Text: text, Wrong: bad})
		}
		out = append(out, one)
	}
	return out, nil
}

// Corrected gives a file of the same name in which cells of rows that were put aside
// hold other texts. A cell that may not be changed is a problem of kind Invalid.
func (e extracts) Corrected(ctx context.Context, sum string, cells []web.CellText) (web.SentFile, error) {
	rows, err := e.WrongRows(ctx, sum)
	if err != nil {
		return web.SentFile{}, err
	}
	aside, err := e.aside(ctx, sum)
	if err != nil {
		return web.SentFile{}, err
	}
	var fixes []extract.Fix
	for _, c := range cells {
		if !slices.ContainsFunc(rows, func(r web.WrongRow) bool {
			return r.Line == c.Line && slices.ContainsFunc(r.Cells, func(one web.WrongCell) bool { return one.At == c.At })
		}) {
			return web.SentFile{}, problem.New(problem.Invalid, "A cell of row %d cannot be changed here. Load the page again.", c.Line)
		}
		fixes = append(fixes, extract.Fix{Sheet: aside.grid.Name, Line: c.Line, Cell: c.At, Text: c.Text})
	}
	content, err := extract.Correct(aside.content, fixes, extract.CorrectLimits())
	if err != nil {
		return web.SentFile{}, err
	}
	return web.SentFile{Name: aside.report.File, Content: bytes.NewReader(content)}, nil
}

// anothers says whether a row names another provider than the file's: its numbers are
// for that one's people alone (P1). several says that a row that names none may be
// anybody's.
func (e extracts) anothers(cells, fields []string, code string, several bool) bool {
	names := []string{code}
	for _, p := range e.app.Partnership().Providers {
		if p.Code == code || slices.ContainsFunc(p.Formerly, func(f config.Former) bool { return f.Code == code }) {
			names = append(append(names, p.Code, p.Name), p.Names...)
			for _, f := range p.Formerly {
				names = append(names, f.Code)
			}
		}
	}
	for i, field := range fields {
		switch {
		case field != "provider":
			continue
		case i >= len(cells) || extract.IsNothing(cells[i]):
			if several {
				return true
			}
			continue
		}
		if !slices.ContainsFunc(names, func(name string) bool { return extract.Fold(name) == extract.Fold(cells[i]) }) {
			return true
		}
	}
	return false
}

// grid gives a received file and the table of cells in it that has a layout's headings.
func (e extracts) grid(sum string, layout *config.Layout) ([]byte, extract.Grid, error) {
	if e.app.Received == nil {
		return nil, extract.Grid{}, problem.New(problem.Unavailable, "The key file is missing, so received files cannot be opened. "+
			"Restore it from your backup.")
	}
	var key [32]byte
	if b, err := hex.DecodeString(sum); err != nil || copy(key[:], b) != len(key) {
		return nil, extract.Grid{}, problem.New(problem.NotFound, "There is no extract with this fingerprint.")
	}
	o, err := e.app.Received.Open(key)
	if err != nil {
		return nil, extract.Grid{}, err
	}
	defer func() { _ = o.Close() }() // It was read only.
	text, err := io.ReadAll(io.LimitReader(o, rowsFileMost+1))
	if err != nil {
		return nil, extract.Grid{}, problem.Wrap(err, problem.Unavailable, "The file as it was received could not be read")
	}
	if len(text) > rowsFileMost {
		return nil, extract.Grid{}, problem.New(problem.Invalid, "The file is larger than %d MB, so its rows are not given here. Its "+
			"receipt names them by their numbers.", rowsFileMost>>20)
	}
	grids, err := extract.ReadGrids(text, extract.CorrectLimits())
	if err != nil {
		return nil, extract.Grid{}, err
	}
	best, most := extract.Grid{}, -1
	for _, g := range grids {
		if g.Hidden {
			continue
		}
		if n := len(knownHeadings(g, headingRow(g, layout), layout)); n > most {
			best, most = g, n
		}
	}
	return text, best, nil
}

// headingRow gives the row that has the most headings of a layout, -1 for none.
func headingRow(g extract.Grid, layout *config.Layout) int {
	best, most := -1, 0
	within := headingWithin
	if layout != nil {
		within = layout.File.HeadingWithin
	}
	for i := range g.Rows[:min(len(g.Rows), within)] {
		if n := len(knownHeadings(g, i, layout)); n > most {
			best, most = i, n
		}
	}
	return best
}

// knownHeadings gives the cells of a row that are headings of a layout.
func knownHeadings(g extract.Grid, row int, layout *config.Layout) (out []string) {
	if row < 0 {
		return nil
	}
	for _, cell := range headingsOf(g, row, layout) {
		if fieldOf(cell, layout) != "" {
			out = append(out, cell)
		}
	}
	return out
}

// headingsOf gives the headings of a row, with what stands above them where the layout
// says that they are spread over several.
func headingsOf(g extract.Grid, row int, layout *config.Layout) []string {
	if layout == nil {
		return g.Rows[row].Cells
	}
	var above [][]string
	for _, r := range g.Rows[max(0, row-layout.File.HeadingLines+1):row] {
		above = append(above, r.Cells)
	}
	return extract.Spread(above, g.Rows[row].Cells, layout.File.HeadingLines)
}

// fieldOf gives the field that a heading stands for in a layout, empty for none.
func fieldOf(heading string, layout *config.Layout) string {
	if layout == nil {
		return ""
	}
	for _, f := range layout.Columns.Fields() {
		for _, h := range f.Headings {
			if extract.Fold(h) == extract.Fold(heading) {
				return f.Name
			}
		}
	}
	return ""
}
