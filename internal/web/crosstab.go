package web

import (
	"slices"
	"strconv"
	"strings"

	"homeward/internal/call"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// wideCell is the class of cells that a phone leaves out; its files have them.
const wideCell = page.Numeric + " " + page.WideOnly

// crosstab shows crossed days as a table. behind gives the address of the rows
// that count the days of a row and a column; nil stands for all.
func (s *Server) crosstab(c measure.Cross, rows, columns measure.Dimension, behind func(row, column *measure.Cell) string) page.Crosstab {
	t := page.Crosstab{Corner: dimensionWords[rows]}
	opening := func(n int64, row, column *measure.Cell) page.Cell {
		cell := page.Cell{Text: count(n), Class: page.Numeric}
		switch {
		case n > 0:
			cell.Href = behind(row, column)
		case column != nil:
			cell.Class += " " + page.LeftOut
		}
		return cell
	}
	if columns != "" {
		for j, column := range c.Columns {
			h := page.CrossHead{Text: s.splitName(columns, column), Short: s.shortName(columns, column)}
			if isPeriod(columns) { // Many, and their rows say of which years.
				h.Text, h.Short = h.Short, ""
			}
			if columns == measure.ByResponsible {
				h.Swatch = swatch(column.Body)
			}
			h.Line = sparkLine(c, rows, func(i int) int64 { return c.Days[i][j] })
			t.Heads = append(t.Heads, h)
		}
	}
	t.Heads = append(t.Heads, page.CrossHead{Text: "All", Line: sparkLine(c, rows, func(i int) int64 { return c.RowTotals[i] })})
	for i, row := range c.Rows {
		line := page.CrossRow{Text: s.splitName(rows, row), Short: s.shortName(rows, row)}
		if columns != "" {
			for j, column := range c.Columns {
				line.Cells = append(line.Cells, opening(c.Days[i][j], &row, &column))
			}
		}
		line.Cells = append(line.Cells, opening(c.RowTotals[i], &row, nil))
		t.Rows = append(t.Rows, line)
	}
	t.Foot = []page.Cell{{Text: "All", Header: true}}
	if columns != "" {
		for j, column := range c.Columns {
			t.Foot = append(t.Foot, opening(c.ColTotals[j], nil, &column))
		}
	}
	t.Foot = append(t.Foot, opening(c.Total, nil, nil))
	addBars(&t, c, columns)
	return t
}

// addBars draws each row on one scale, with the bodies apart where the columns
// are bodies.
func addBars(t *page.Crosstab, c measure.Cross, columns measure.Dimension) {
	if len(c.Rows) < 2 {
		return
	}
	t.BarHead = "Days, one scale"
	most := float64(max(1, slices.Max(c.RowTotals)))
	for i := range c.Rows {
		if columns != measure.ByResponsible {
			t.Rows[i].Bar = []page.BarPart{{X: "0", Width: fixed(1000 * float64(c.RowTotals[i]) / most), Fill: "#005EB8"}}
			continue
		}
		x := 0.0
		for j, column := range c.Columns {
			if width := 1000 * float64(c.Days[i][j]) / most; width > 0 {
				t.Rows[i].Bar = append(t.Rows[i].Bar, page.BarPart{X: fixed(x), Width: fixed(width), Fill: crossFill(column.Body)})
				x += width
			}
		}
	}
}

// crossFill is the fill of a body; joint bears dots, so that it is told from
// social care without colours.
func crossFill(b delay.Body) string {
	if b == delay.Joint {
		return "url(#app-dots)"
	}
	return fills[b]
}

// sparkLine draws a column from the oldest to the newest row, from nothing to
// its highest; nil where the rows are no periods or too few for a line.
func sparkLine(c measure.Cross, rows measure.Dimension, at func(row int) int64) *page.SparkLine {
	if n := len(c.Rows); n < 3 || !isPeriod(rows) {
		return nil
	}
	most := int64(1)
	for i := range c.Rows {
		most = max(most, at(i))
	}
	var line page.SparkLine
	var points []string
	for i := range c.Rows {
		row := len(c.Rows) - 1 - i // The newest row comes first in the table.
		line.X = fixed(4 + 104*float64(i)/float64(len(c.Rows)-1))
		line.Y = fixed(34 - 28*float64(at(row))/float64(most))
		points = append(points, line.X+","+line.Y)
	}
	line.Points = strings.Join(points, " ")
	return &line
}

// shortName names a value of a dimension on a phone; empty where its name is
// short enough.
func (s *Server) shortName(d measure.Dimension, c measure.Cell) string {
	switch d {
	case measure.ByMonth:
		return c.Period.Time().Format("Jan 06")
	case measure.ByWeek:
		return c.Period.Time().Format("2 Jan 06")
	case measure.ByProvider:
		if name := s.splitName(d, c); call.ShortName(name) != name {
			return call.ShortName(name)
		}
	case measure.ByResponsible:
		if c.Body == delay.NotAttributed {
			return "None"
		}
	case measure.ByPathway:
		if c.Pathway == delay.PathwayNotStated {
			return "None"
		}
		return "P" + string(c.Pathway)
	}
	return ""
}

// rowsWords says how many rows a crosstab has.
func rowsWords(d measure.Dimension, n int) string {
	many := map[measure.Dimension]string{measure.ByWeek: "weeks", measure.ByMonth: "months",
		measure.ByProvider: "hospitals", measure.ByCouncil: "councils", measure.ByReason: "reasons", measure.ByPathway: "pathways"}[d]
	if many == "" || n < 2 {
		return ""
	}
	return strconv.Itoa(n) + " " + many
}
