package web

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// workbook is the tables of a page as they are seen, in one file: dates are
// dates, shares shares and numbers numbers.
type workbook struct {
	// Name is the file's, without its ending. About says what the tables are of,
	// by name and value.
	Name   string
	About  [][2]string
	Tables []page.Table
}

// notToPublish is said of every workbook of a page.
const notToPublish = "For the partnership. Counts under 5 are shown as they are, so do not publish them."

// sendXLSX answers with a workbook.
func (s *Server) sendXLSX(c echo.Context, w workbook) error {
	about := aboutSheet(w.About)
	sheets := make([]extract.Sheet, 0, len(w.Tables)+1)
	for _, t := range w.Tables {
		if len(t.Rows) == 0 {
			continue // A page without it says so in words.
		}
		sheets = append(sheets, sheetOf(t))
		about.Rows = append(about.Rows, []any{"Table", t.Caption})
	}
	return s.sendSheets(c, w.Name, append(sheets, about))
}

// aboutSheet says what the tables are of, by name and value.
func aboutSheet(facts [][2]string) extract.Sheet {
	out := extract.Sheet{Name: "About", Head: []string{"What", "Which"}, Widths: []float64{28, 90}}
	for _, fact := range append(slices.Clip(facts), [2]string{"Before you pass it on", notToPublish}) {
		out.Rows = append(out.Rows, []any{fact[0], fact[1]})
	}
	return out
}

// sendSheets answers with sheets as a file; name is without its ending.
func (s *Server) sendSheets(c echo.Context, name string, sheets []extract.Sheet) error {
	var b bytes.Buffer
	if err := extract.WriteSheets(&b, sheets); err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`.xlsx"`)
	return c.Blob(http.StatusOK, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b.Bytes())
}

// shareCell shows a part of 1, which workbooks have as it is.
func shareCell(part float64) page.Cell {
	return page.Cell{Text: measure.PerCent(part), Class: page.Numeric, Share: &part}
}

// sheetOf gives a table of a page as a sheet.
func sheetOf(t page.Table) extract.Sheet {
	name := t.Caption
	if at := strings.Index(name, ","); at > 0 {
		name = name[:at]
	}
	out := extract.Sheet{Name: name, Widths: []float64{34, 16}}
	for _, h := range t.Head {
		out.Head = append(out.Head, h.Text)
	}
	cells := func(row []page.Cell) []any {
		var out []any
		for i, cell := range row {
			switch {
			case cell.Text == "":
				out = append(out, nil)
			case cell.Share != nil:
				out = append(out, extract.PerCent(100**cell.Share))
			case i > 0 && strings.Contains(cell.Class, page.Numeric):
				out = append(out, extract.Shown(cell.Text))
			default:
				value, rest := extract.ShownDate(cell.Text)
				if rest != "" {
					value = cell.Text // Nothing that is seen is left out.
				}
				out = append(out, value)
			}
		}
		return out
	}
	for _, row := range t.Rows {
		out.Rows = append(out.Rows, cells(row))
	}
	if len(t.Foot) > 0 {
		out.Foot = cells(t.Foot)
	}
	return out
}

// typedSheet gives the rows of a twin as cells of their kinds: months and days as
// dates, numbers as numbers, shares in per cent.
func typedSheet(name string, t page.Twin) extract.Sheet {
	sheet := extract.Sheet{Name: name, Widths: []float64{16}}
	for _, col := range t.Columns {
		sheet.Head = append(sheet.Head, col.Name)
	}
	for _, row := range t.Rows {
		cells := make([]any, len(row))
		for i, text := range row {
			cells[i] = typedCell(t.Columns[i], text)
		}
		sheet.Rows = append(sheet.Rows, cells)
	}
	return sheet
}

// typedCell gives a value of a column. What is not of the column's kind stays the
// text that it is.
func typedCell(col page.Column, text string) any {
	if !col.Number {
		if month, err := delay.ParseMonth(text); err == nil && col.Name == string(measure.ByMonth) {
			return extract.Month(month.First())
		}
		if day, err := delay.ParseDay(text); err == nil && (col.Name == "day" || col.Name == columnAsAt || strings.HasSuffix(col.Name, "_day")) {
			return day
		}
		return text
	}
	if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
		return whole
	}
	number, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return text // Empty where there is nothing to divide by.
	case strings.HasPrefix(col.Name, "share_"):
		return extract.PerCent(100 * number)
	}
	return number
}

// columnAsAt has the day that rows speak of.
const columnAsAt = "data_as_at"

// aboutWorkbook says what the tables of a page are of and how they are counted.
func (s *Server) aboutWorkbook(showing string, a *page.About) [][2]string {
	out := [][2]string{{"Partnership", s.opts.Places.Partnership}, {"Shown", showing}}
	if a == nil {
		return out
	}
	for _, fact := range [][2]string{{"Data as at", a.AsAt}, {"Days counted", a.Basis}, {"Counted by", a.Convention},
		{"Which days count", a.Counted}, {"Rule set", a.RuleSet}, {"Fixed link", a.Fixed}} {
		if fact[1] != "" {
			out = append(out, fact)
		}
	}
	return out
}
