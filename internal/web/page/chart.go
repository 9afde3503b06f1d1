package page

import (
	"html/template"

	"homeward/internal/chart"
)

// Chart is one chart on a page.
type Chart struct {
	ID, Title, Subtitle, Alt string
	// Brief is the subtitle as it stands under the title: without the name of the
	// partnership, which is in the header. Foot is the one line under the plot and
	// NotesWords its link to the notes.
	Brief, Foot, NotesWords string
	// Notes are the data-quality sentences that the foot has no room for; they
	// stand with the values.
	Notes []string
	// Strip stands over the plot and says what to do about the chart; nil for most.
	Strip *Strip
	// Missing is how many days of hospitals without data are marked under the axis,
	// and Marked that there are marks.
	Missing int
	Marked  bool
	// Drawing is the server's SVG; Sorry stands in its place when there is none.
	Drawing template.HTML
	// Phone is the drawing for a phone, empty where the other serves. Cut and
	// Latest say which part the one and the other show, empty for everything, and
	// All is the words of the link to everything.
	Phone            template.HTML
	Cut, Latest, All string
	Sorry            string
	// Data is what the browser's script reads; nil leaves the chart as drawn.
	Data  *ChartData
	Table Table
	// ValuesClass is that of the section with table, definition and source: open
	// or shown when it is asked for.
	ValuesClass string
	Definition  string
	Source      string
	Links       []Link
	// PlotClass is that of the plot: a wide one keeps more width on a narrow
	// screen, where its own region scrolls.
	PlotClass string
}

// Strip is a sentence over a plot with what to do about it.
type Strip struct {
	Head, Words string
	Link        Link
}

// ChartData is what static/js/chart.js reads: the same option and the table
// rows as sentences, one for each reading.
type ChartData struct {
	Option   any      `json:"option"`
	Width    int      `json:"width"`
	Height   int      `json:"height"`
	Readings []string `json:"readings"`
	ByValue  bool     `json:"byValue"`
}

// ChartTable lays the values of a chart out as a table.
func ChartTable(c chart.Chart) Table {
	t := Table{ID: c.ID + "-table", Caption: c.Table.Caption}
	for i, h := range c.Table.Head {
		t.Head = append(t.Head, Head{Text: h, Numeric: i > 0})
	}
	row := func(cells []chart.Cell) []Cell {
		out := make([]Cell, len(cells))
		for i, cell := range cells {
			out[i] = Cell{Text: cell.Text, Header: i == 0}
			if i > 0 {
				out[i].Class = Numeric
			}
			if i > 0 && !cell.Numeric {
				out[i].Class += " nhsuk-u-secondary-text-colour"
			}
		}
		return out
	}
	for _, cells := range c.Table.Rows {
		t.Rows = append(t.Rows, row(cells))
	}
	t.Foot = row(c.Table.Foot)
	return t
}

// Readings writes each row of a chart's table as one line: "April 2018: social
// care 412, NHS 530, all 942".
func Readings(t chart.Table) []string {
	out := make([]string, len(t.Rows))
	for i, row := range t.Rows {
		line := ""
		missing := true
		for j, cell := range row {
			switch {
			case j == 0:
				line = cell.Text + ":"
			case cell.Numeric:
				missing = false
				fallthrough
			default:
				sep := ", "
				if j == 1 {
					sep = " "
				}
				line += sep + LowerHead(t.Head[j]) + " " + cell.Text
			}
		}
		if missing && len(row) > 1 {
			line = row[0].Text + ": " + row[1].Text
		}
		out[i] = line
	}
	return out
}

// LowerHead writes a column heading inside a sentence: words in capitals, such
// as NHS, stay as they are.
func LowerHead(s string) string {
	r := []rune(s)
	if len(r) > 1 && r[1] >= 'a' && r[1] <= 'z' {
		return string(r[0]+('a'-'A')) + string(r[1:])
	}
	return s
}
