package page

// Table is a table with a caption; the first cell of a row is its header.
type Table struct {
	ID, Caption   string
	HiddenCaption bool
	Head          []Head
	Rows          [][]Cell
	Foot          []Cell
}

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
	// Share is the part of 1 that Text rounds, nil where the cell is no share.
	Share *float64
}

// Tag is a state in words, with the class of its colour.
type Tag struct{ Text, Tag string }

// Numeric is the class of a cell with a number.
const Numeric = "nhsuk-table__cell--numeric"
