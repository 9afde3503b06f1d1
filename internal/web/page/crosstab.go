package page

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
