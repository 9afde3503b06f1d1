package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"html/template"
	"sync"

	"homeward/internal/chart"
)

// keptDrawings bounds the drawings kept in memory: a few dozen kilobytes each.
const keptDrawings = 200

// drawings keeps the latest drawings by their content, so that a page that many
// people open draws its charts once. A drawing depends on nothing but its
// chart, so it never goes stale.
type drawings struct {
	drawer Drawer
	mu     sync.Mutex
	kept   map[[32]byte][]byte
	order  [][32]byte
}

func newDrawings(d Drawer) *drawings {
	return &drawings{drawer: d, kept: map[[32]byte][]byte{}}
}

func (d *drawings) svg(ctx context.Context, c chart.Chart, standalone bool) ([]byte, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %q %d %d %t ", c.ID, c.Title, c.Subtitle, c.Alt, c.Definition, c.Source, c.Width, c.Height, standalone)
	fmt.Fprintf(h, "%q ", c.Notes)
	h.Write(c.Option)
	var key [32]byte
	h.Sum(key[:0])
	d.mu.Lock()
	b, ok := d.kept[key]
	d.mu.Unlock()
	if ok {
		return b, nil
	}
	draw := d.drawer.SVG
	if standalone {
		draw = d.drawer.StandaloneSVG
	}
	b, err := draw(ctx, c)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.kept[key]; !ok {
		if len(d.order) == keptDrawings {
			delete(d.kept, d.order[0])
			d.order = d.order[1:]
		}
		d.kept[key] = b
		d.order = append(d.order, key)
	}
	return b, nil
}

// chartView is one chart on a page.
type chartView struct {
	ID, Title, Subtitle, Alt string
	Notes                    []string
	// PlotClass is that of the plot: a wide one keeps more width on a narrow
	// screen, where its own region scrolls.
	// Drawing is the server's SVG; Sorry stands in its place when there is none.
	Drawing template.HTML
	Sorry   string
	// Data is what the browser's script reads; nil leaves the chart as drawn.
	Data       *chartData
	Table      tableView
	Open       bool
	Definition string
	Source     string
	Links      []link
	PlotClass  string
}

// chartData is what static/js/chart.js reads: the same option and the table
// rows as sentences, one for each reading.
type chartData struct {
	Option   any      `json:"option"`
	Width    int      `json:"width"`
	Height   int      `json:"height"`
	Readings []string `json:"readings"`
	ByValue  bool     `json:"byValue"`
}

// tableView is a table with a caption; the first cell of a row is its header.
type tableView struct {
	ID, Caption   string
	HiddenCaption bool
	Head          []headCell
	Rows          [][]tableCell
	Foot          []tableCell
}

type headCell struct {
	Text    string
	Numeric bool
}

type tableCell struct {
	Text   string
	Header bool
	// Class is that of the cell; Swatch that of the square before the words.
	Class, Swatch string
	Href          string
	Tag           string
}

// charted makes the view of a chart at a size. A drawing that cannot be made
// leaves its words and table standing.
func (s *Server) charted(ctx context.Context, c chart.Chart, size chart.Size, links []link, open bool) chartView {
	c = c.At(size)
	v := chartView{
		ID: c.ID, Title: c.Title, Subtitle: c.Subtitle, Alt: c.Alt, Notes: c.Notes,
		Table: chartTable(c), Open: open, Definition: c.Definition, Source: c.Source, Links: links,
		PlotClass: "app-chart__plot",
	}
	if size.Width > 800 {
		v.PlotClass += " app-chart__plot--wide"
	}
	b, err := s.drawn.svg(ctx, c, false)
	if err != nil {
		s.opts.Log.Error("a chart could not be drawn", "chart", c.ID, "error", err)
		v.Sorry = "The chart could not be drawn. Its values are in the table below."
		return v
	}
	v.Drawing = svg(b)
	if len(c.Option) > 0 && !c.Empty() {
		v.Data = &chartData{Option: c.Option, Width: c.Width, Height: c.Height, Readings: readings(c.Table), ByValue: c.ID == "reasons"}
	}
	return v
}

func chartTable(c chart.Chart) tableView {
	t := tableView{ID: c.ID + "-table", Caption: c.Table.Caption}
	for i, h := range c.Table.Head {
		t.Head = append(t.Head, headCell{Text: h, Numeric: i > 0})
	}
	row := func(cells []chart.Cell) []tableCell {
		out := make([]tableCell, len(cells))
		for i, cell := range cells {
			out[i] = tableCell{Text: cell.Text, Header: i == 0}
			if i > 0 {
				out[i].Class = numericClass
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

const numericClass = "nhsuk-table__cell--numeric"

// readings writes each row of a chart's table as one line: "April 2018: social
// care 412, NHS 530, all 942".
func readings(t chart.Table) []string {
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
				line += sep + lowerHead(t.Head[j]) + " " + cell.Text
			}
		}
		if missing && len(row) > 1 {
			line = row[0].Text + ": " + row[1].Text
		}
		out[i] = line
	}
	return out
}

// lowerHead writes a column heading inside a sentence: words in capitals, such
// as NHS, stay as they are.
func lowerHead(s string) string {
	r := []rune(s)
	if len(r) > 1 && r[1] >= 'a' && r[1] <= 'z' {
		return string(r[0]+('a'-'A')) + string(r[1:])
	}
	return s
}
