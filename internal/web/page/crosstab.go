package page

import (
	"cmp"
	"slices"
	"strings"
)

// Crosstab is a table of one count by two breakdowns, with totals both ways.
type Crosstab struct {
	ID, Caption string
	// Corner heads the rows, and Size says how many there are.
	Corner, Size string
	Heads        []CrossHead
	Rows         []CrossRow
	Foot         []Cell
	// BarHead heads the bars, which are drawn on one scale; empty where there are
	// none.
	BarHead string
	Note    string
	// Links are the table as it is seen, in files.
	Links []Link
}

// CrossHead is the heading of a column. Short stands in its place on a phone.
type CrossHead struct {
	Text, Short, Swatch string
	Class               string
	// Line draws the column from the oldest to the newest row; nil where the rows
	// are no periods.
	Line *SparkLine
}

// SparkLine is a line in a box of 112 by 40 with a dot at its end.
type SparkLine struct{ Points, X, Y string }

// CrossRow is one row: its name, the cells, and its bar.
type CrossRow struct {
	// Short stands in the place of Text on a phone, Tag beside both.
	Text, Short, Tag string
	Cells            []Cell
	Bar              []BarPart
}

// BarPart is a part of a bar of 1000 by 10.
type BarPart struct{ X, Width, Fill string }

// crossLetters is how many letters of a crosstab's size a line has on a phone of 320
// pixels; fewLetters are what a column needs for its numbers, and rowLetters for a
// period.
const (
	crossLetters = 46
	fewLetters   = 5
	rowLetters   = 8
)

// Stacks says whether each row is a block on a phone, because the names of the columns
// do not fit beside each other.
func (t Crosstab) Stacks() bool {
	sum := max(rowLetters, longestWord(t.Corner))
	for _, r := range t.Rows {
		sum = max(sum, longestWord(cmp.Or(r.Short, r.Text)))
	}
	for _, h := range t.Heads {
		if !strings.Contains(h.Class, WideOnly) {
			sum += max(fewLetters, longestWord(cmp.Or(h.Short, h.Text))) + 1
		}
	}
	return sum > crossLetters
}

// LeftOut is the class of the cells that a phone leaves out where rows are stacked,
// being nothing, which is said once above them.
const LeftOut = "app-crosstab__nothing"

// WideOnly is the class of a crosstab's cells that a phone leaves out.
const WideOnly = "app-crosstab__wide"

// Bodies are the rows, whose cells and those of the foot know the heading of their
// column where they are stacked.
func (t Crosstab) Bodies() []CrossRow {
	if !t.Stacks() {
		return t.Rows
	}
	for i, h := range t.Heads {
		for _, r := range t.Rows {
			r.Cells[i].Under = cmp.Or(h.Short, h.Text)
		}
		t.Foot[i+1].Under = cmp.Or(h.Short, h.Text) // The first is the row's name.
	}
	return t.Rows
}

// Table gives the crosstab as a plain table, with what part of a period is
// counted as a column.
func (t Crosstab) Table() Table {
	out := Table{ID: t.ID, Caption: t.Caption, Head: []Head{{Text: t.Corner}}, Foot: t.Foot}
	for _, h := range t.Heads {
		out.Head = append(out.Head, Head{Text: h.Text, Numeric: true})
	}
	tagged := slices.ContainsFunc(t.Rows, func(r CrossRow) bool { return r.Tag != "" })
	if tagged {
		out.Head = append(out.Head, Head{Text: "Part counted"})
	}
	for _, r := range t.Rows {
		row := append([]Cell{{Text: r.Text, Header: true}}, r.Cells...)
		if tagged {
			row = append(row, Cell{Text: r.Tag})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}
