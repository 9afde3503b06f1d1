// Package chart turns measure results into charts: option JSON for the browser,
// SVG drawn on the server, the table twin with the same numbers, the finding
// that stands as the title, and the alt text. A chart is defined once and
// serves the page, the print, the mail and the projector.
//
// It is the only user of go-echarts (the option) and goja (ECharts run on the
// server). It counts nothing: every number comes from package measure. It knows
// no SQL, no HTTP and no templates.
package chart

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Chart is one chart, ready to be shown. It holds counts and names of
// organisations only, never anything about a person (P1).
type Chart struct {
	// ID names the chart in addresses and prefixes every id of its SVG:
	// lower-case letters, digits and hyphens, beginning with a letter.
	ID string
	// Title is the finding, made from the data by stated conditions: under 90
	// characters, sentence case, no full stop.
	Title string
	// Subtitle says measure, place, period and basis.
	Subtitle string
	// Alt is the text alternative: one paragraph with the values that matter.
	Alt string
	// Notes are the data-quality sentences: gaps, part months, held files.
	Notes []string
	// Key lists the bodies drawn, in the order of the stack. The drawing labels
	// them itself; the key is for a page that wants swatches beside its words.
	Key []KeyItem
	// Table is the table twin.
	Table Table
	// Definition says in words what is counted; Source where the figures come
	// from and as at when.
	Definition, Source string
	// Option is the ECharts option as JSON, with <, > and & escaped, so that it
	// may stand inside <script type="application/json">. It holds no functions.
	Option json.RawMessage
	// Width and Height are the drawing's size in pixels.
	Width, Height int

	// missing is the number of days of a hospital without data in what is shown.
	missing int
	// cut says how much of its steps, named by the word steps, a drawing shows;
	// nil for a chart that always shows everything.
	cut    func(Size) (shown, of int)
	steps  string
	shown  int
	of     int
	ranked bool
	// wide says that there is no drawing for phones, below that it has lines below
	// each other.
	wide, below bool
	font        float64
	// fit, when set, adapts a size to what there is to draw.
	fit  func(Size) Size
	draw func(Size) (json.RawMessage, error)
}

// KeyItem is one body in a chart's key.
type KeyItem struct {
	Body  delay.Body
	Label string
	// Fill is the colour as #RRGGBB; Hatched that it bears the diagonal hatch.
	Fill    string
	Hatched bool
}

// Table is a chart's table twin. Its first column holds row headers, its order
// is the chart's, and its numbers are the numbers plotted.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]Cell
	// Foot is the totals row, empty when a total would mean nothing.
	Foot []Cell
}

// Cell is one cell of a table: the text that people read and, when Numeric, the
// number as plotted, before rounding for the reader.
type Cell struct {
	Text    string
	Value   float64
	Numeric bool
}

// Size is how large a chart is drawn, in pixels, with the size of its text and
// the width of its lines to match.
type Size struct {
	Width, Height int
	Font          int
	Line          float64
	// Mono makes the dots of joint blocks dark, for paper without colour.
	Mono bool
	// Phone says that the drawing is for a phone: the latest readings only, and
	// names above bars.
	Phone bool
	// Rows is the most bars of a ranking that are drawn; 0 is all.
	Rows int
}

// The sizes: in a page, across a wide page, and on a slide whose text must be
// read from the back of the room.
var (
	Page  = Size{Width: 760, Height: 380, Font: 14, Line: 3}
	Wide  = Size{Width: 1200, Height: 560, Font: 17, Line: 3}
	Slide = Size{Width: 1840, Height: 800, Font: 32, Line: 5}
	Phone = Size{Width: 332, Height: 290, Font: 14, Line: 3, Phone: true, Rows: 6}
)

// At gives the same chart drawn at another size: same words, same numbers. A
// ranked chart with few bars is lower than the size says.
func (c Chart) At(s Size) Chart {
	if c.draw == nil {
		return c
	}
	if c.fit != nil {
		s = c.fit(s)
	}
	if c.cut != nil {
		c.shown, c.of = c.cut(s)
	}
	option, err := c.draw(s)
	if err != nil {
		// The renderer says that there is nothing to draw; title and table stand.
		option = nil
	}
	c.Option, c.Width, c.Height, c.font = option, s.Width, s.Height, float64(s.Font)
	return c
}

// OnPhone gives the chart as it is drawn for a phone. A chart whose page has rows
// in its place there has no such drawing.
func (c Chart) OnPhone() (Chart, bool) {
	if c.wide {
		return c, false
	}
	c = c.At(Phone)
	c.ID += "-phone"
	if c.below {
		c.Alt = strings.Replace(c.Alt, "Line chart", "Bars below each other", 1)
	}
	return c, true
}

// Part says which part of its steps the chart, as sized, draws, "Latest 29 of 53
// weeks", and names the whole; both are empty where it draws everything.
func (c Chart) Part() (part, all string) {
	if c.shown >= c.of {
		return "", ""
	}
	first := "Latest"
	if c.ranked {
		first = "Drawn are"
	}
	return fmt.Sprintf("%s %d of %d %s", first, c.shown, c.of, c.steps), fmt.Sprintf("All %d %s", c.of, c.steps)
}

// latest has a chart of so many steps draw only the latest on a phone.
func (c Chart) latest(of, most int, steps string) Chart {
	c.steps = steps
	c.cut = func(s Size) (int, int) { return of - s.from(of, most), of }
	return c
}

// from is the first of so many readings that a drawing shows: on a phone the
// latest.
func (s Size) from(of, most int) int {
	if !s.Phone {
		return 0
	}
	return max(0, of-most)
}

// How many readings a phone shows: bars with numbers on them, and marks.
const phoneBars, phoneMarks = 5, 29

// footLimit is how long a note may be to stand under a plot in one line, and
// footFont the size of its letters, with what wider fonts need.
const (
	footLimit = 80
	footFont  = 14 * 1.2
)

// Marked says whether readings are marked under the axis for missing data, and how
// many days of hospitals are missing where that is known.
func (c Chart) Marked() (days int, marked bool) {
	return c.missing, slices.Contains(c.Notes, gapNote)
}

// Foot is the one line under a plot: the first note that is short enough and not
// about missing data, which are marked and whose words stand once a page. It is
// empty where no note says anything else.
func (c Chart) Foot() string {
	for _, n := range c.Notes {
		if !aboutGaps(n) && len([]rune(n)) <= footLimit && textWidth(n+" All 9 notes", footFont) <= float64(c.Width) {
			return n
		}
	}
	return ""
}

// Empty says whether the chart has no number to plot.
func (c Chart) Empty() bool {
	for _, row := range c.Table.Rows {
		for _, cell := range row {
			if cell.Numeric {
				return false
			}
		}
	}
	return true
}

func text(s string) Cell                  { return Cell{Text: s} }
func number(v float64, words string) Cell { return Cell{Text: words, Value: v, Numeric: true} }

// by names the convention that counted: beside the definition, in the text
// alternative and at the source (D3).
func (c Chart) by(b *definition.Book) Chart {
	named := b.Counting()
	if named.Name == "" {
		return c
	}
	c.Definition += " Counted by " + named.NameWords() + "."
	c.Alt += " Counted by " + named.Name + "."
	if before, ok := strings.CutSuffix(c.Source, "."); ok && strings.Contains(before, "as at") {
		c.Source = before + ", counted by " + named.Name + "."
	}
	return c
}
