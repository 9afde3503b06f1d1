package app

import (
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
	rowsFileMost = 64 << 20
	// headingWithin is in how many rows from the top headings are looked for.
	headingWithin = 60
)

// shownFields are the fields of a layout whose cells may be shown to those who see
// no identifiers. What is in no field may be anything, and is not.
var shownFields = map[string]bool{"extract_date": true, "provider": true, "site": true, "admitted": true, "ready": true, "care": true,
	"reason": true, "responsible": true, "waiting_on": true, "funding": true, "council": true, "discharged": true, "criteria": true,
	"reason_detail": true, "pathway": true, "destination": true}

// RejectedRows gives the rows of a file that were put aside, as they stand in it.
// Without identifiers the cells of other fields, and numbers that may identify
// somebody, are left out.
func (e extracts) RejectedRows(ctx context.Context, sum string, identifiers bool) (web.RejectedRows, error) {
	var out web.RejectedRows
	got, err := e.Receipt(ctx, sum)
	if err != nil {
		return out, err
	}
	reasons := map[int][]ingest.ReportedLine{}
	for _, p := range got.Report.Problems {
		if p.Severity == extract.Quarantined.String() && p.Problem.Line > 0 {
			reasons[p.Problem.Line] = append(reasons[p.Problem.Line], p)
		}
	}
	if len(reasons) == 0 {
		return out, problem.New(problem.NotFound, "No row of this file was put aside, so there is nothing to download.")
	}
	layout := e.app.reader.Layout(got.Report.Layout)
	grid, err := e.grid(sum, layout)
	if err != nil {
		return out, err
	}
	head := headingRow(grid, layout)
	may, fields := []bool{}, []string{}
	if head >= 0 {
		for _, heading := range headingsOf(grid, head, layout) {
			out.Headings = append(out.Headings, extract.Masked(heading))
			fields = append(fields, fieldOf(heading, layout))
			may = append(may, shownFields[fields[len(fields)-1]])
		}
	}
	for _, row := range grid.Rows {
		for _, p := range reasons[row.Line] {
			one := web.RejectedRow{Line: row.Line, Field: p.Field, Found: p.Found, Expected: p.Expected, Do: p.Do}
			// Cells of a row that has others than the headings, or with which as a whole
			// something is wrong, may stand under any of them.
			fits := len(row.Cells) == len(out.Headings) && p.Field != ""
			seen := identifiers && !e.anothers(row.Cells, fields, got.Report.Provider, layout == nil || layout.SeveralProviders)
			for i := range out.Headings {
				cell := ""
				switch {
				case i >= len(row.Cells) || row.Cells[i] == "":
				case seen:
					cell = row.Cells[i]
				case may[i] && fits:
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

// grid gives the table of cells of a received file that has a layout's headings.
func (e extracts) grid(sum string, layout *config.Layout) (extract.Grid, error) {
	if e.app.Received == nil {
		return extract.Grid{}, problem.New(problem.Unavailable, "The key file is missing, so received files cannot be opened. Restore it from "+
			"your backup.")
	}
	var key [32]byte
	if b, err := hex.DecodeString(sum); err != nil || copy(key[:], b) != len(key) {
		return extract.Grid{}, problem.New(problem.NotFound, "There is no extract with this fingerprint.")
	}
	o, err := e.app.Received.Open(key)
	if err != nil {
		return extract.Grid{}, err
	}
	defer func() { _ = o.Close() }() // It was read only.
	text, err := io.ReadAll(io.LimitReader(o, rowsFileMost+1))
	if err != nil {
		return extract.Grid{}, problem.Wrap(err, problem.Unavailable, "The file as it was received could not be read")
	}
	if len(text) > rowsFileMost {
		return extract.Grid{}, problem.New(problem.Invalid, "The file is larger than %d MB, so its rows are not given here. Its receipt names "+
			"them by their numbers.", rowsFileMost>>20)
	}
	grids, err := extract.ReadGrids(text, extract.DefaultLimits())
	if err != nil {
		return extract.Grid{}, err
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
	return best, nil
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
