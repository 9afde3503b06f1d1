package page

// Table is a table with a caption; the first cell of a row is its header.
type Table struct {
	ID, Caption   string
	HiddenCaption bool
	// Stack turns each row into a block on a phone, each cell behind the heading
	// of its column, where words would otherwise be scrolled sideways.
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
	if t.Stack {
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
