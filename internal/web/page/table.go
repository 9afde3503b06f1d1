package page

import (
	"strings"
	"unicode/utf8"
)

// Table is a table with a caption; the first cell of a row is its header.
type Table struct {
	ID, Caption   string
	HiddenCaption bool
	// Stack turns each row into a block on a phone, each cell behind the heading
	// of its column. Tables that a phone has no room for do so by themselves.
	Stack bool
	Head  []Head
	Rows  [][]Cell
	// Groups are rows under a name of their own, in place of Rows.
	Groups []Group
	Foot   []Cell
}

// Group is rows that share a name, and what else holds of all of them.
type Group struct {
	Name, Note string
	Rows       [][]Cell
}

// Bodies are the groups of a table, or its rows as the only one. The cells of a table
// that is stacked know the heading of their column.
func (t Table) Bodies() []Group {
	groups := t.Groups
	if len(groups) == 0 {
		groups = []Group{{Rows: t.Rows}}
	}
	if t.Stacks() {
		for _, g := range groups {
			for _, row := range g.Rows {
				for i := range row {
					row[i].Under = t.Head[i].Text
				}
			}
		}
		for i := range t.Foot {
			t.Foot[i].Under = t.Head[i].Text
		}
	}
	return groups
}

// tableLetters is how many letters of a table's size a line has on a phone of 320
// pixels.
const tableLetters = 27

// Stacks says whether each row is a block on a phone, where the table would otherwise
// be scrolled sideways.
func (t Table) Stacks() bool {
	if t.Stack || len(t.Head) > 4 {
		return true
	}
	widest := make([]int, len(t.Head))
	for i, h := range t.Head {
		widest[i] = longestWord(h.Text)
	}
	see := func(row []Cell) {
		for i, c := range row[:min(len(row), len(widest))] {
			letters := longestWord(c.Text)
			if c.Tag != "" || strings.Contains(c.Class, Whole) { // In one line.
				letters = utf8.RuneCountInString(c.Text)
			}
			if c.Tag != "" || c.Swatch != "" {
				letters += 3
			}
			widest[i] = max(widest[i], letters)
		}
	}
	for _, row := range t.Rows {
		see(row)
	}
	for _, g := range t.Groups {
		for _, row := range g.Rows {
			see(row)
		}
	}
	see(t.Foot)
	sum := 0
	for _, letters := range widest {
		sum += letters + 1
	}
	return sum > tableLetters
}

// longestWord is the number of letters of the longest word of a text.
func longestWord(text string) int {
	most := 0
	for word := range strings.FieldsSeq(text) {
		most = max(most, utf8.RuneCountInString(word))
	}
	return most
}

// Columns is the number of columns.
func (t Table) Columns() int { return len(t.Head) }

// Head is the heading of a column.
type Head struct {
	Text    string
	Numeric bool
}

// Cell is one cell of a table.
type Cell struct {
	Text   string
	Header bool
	// Class is that of the cell; Swatch that of the square before the words.
	Class, Swatch string
	Href          string
	Tag           string
	// Under is the heading of its column where a phone shows it beside the cell.
	Under string
	// Share is the part of 1 that Text rounds, nil where the cell is no share.
	Share *float64
}

// Tag is a state in words, with the class of its colour.
type Tag struct{ Text, Tag string }

// Numeric is the class of a cell with a number.
const Numeric = "nhsuk-table__cell--numeric"

// Words is the class of a row's heading that is a sentence, not a name.
const Words = "app-words"

// Whole is the class of a cell whose words stay on one line.
const Whole = "app-nowrap"
