package web

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

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
	about := extract.Sheet{Name: "About", Head: []string{"What", "Which"}, Widths: []float64{28, 90}}
	for _, fact := range append(w.About, [2]string{"Before you pass it on", notToPublish}) {
		about.Rows = append(about.Rows, []any{fact[0], fact[1]})
	}
	sheets := make([]extract.Sheet, 0, len(w.Tables)+1)
	for _, t := range w.Tables {
		if len(t.Rows) == 0 {
			continue // A page without it says so in words.
		}
		sheets = append(sheets, sheetOf(t))
		about.Rows = append(about.Rows, []any{"Table", t.Caption})
	}
	var b bytes.Buffer
	if err := extract.WriteSheets(&b, append(sheets, about)); err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+w.Name+`.xlsx"`)
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
	seen := map[string]bool{}
	for _, h := range t.Head {
		text := h.Text
		for text == "" || seen[strings.ToLower(text)] {
			text += " (again)"
		}
		seen[strings.ToLower(text)] = true
		out.Head = append(out.Head, text)
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
