package extract

// Limits bound what one file may hold (R8). Passing one rejects the file or
// quarantines the row, and says so.
type Limits struct {
	// Rows is the number of rows of a file; Columns the number of columns.
	Rows, Columns int
	// Cell is the number of bytes of a cell that is read; Line of a line of
	// text, after which the line is quarantined unread.
	Cell, Line int
	// Workbook is the number of bytes of a workbook as it arrives, Unpacked of
	// all its parts together, and SharedTexts the number of its shared texts.
	Workbook, Unpacked int64
	SharedTexts        int
	// GridCells is the number of cells that ReadGrids keeps in memory at once.
	GridCells int
	// UsualRows is the number of rows of one extract date above which a
	// warning says that the file is large.
	UsualRows int
	// Aside is the number of rows of a file that may be quarantined.
	Aside int
	// Problems is the number of problems that are kept; the rest are counted.
	Problems int
}

// DefaultLimits gives the limits of the product: room for a year's backfill of
// a large trust, and none for an archive that unpacks to gigabytes.
func DefaultLimits() Limits {
	return Limits{
		Rows: 2_000_000, Columns: 200, Cell: 64 << 10, Line: 4 << 20,
		Workbook: 32 << 20, Unpacked: 64 << 20, SharedTexts: 1_000_000, GridCells: 6_000_000,
		UsualRows: 10_000, Aside: 250_000, Problems: 10_000,
	}
}

// CorrectLimits give the limits of a file whose cells are changed by hand: it is held in
// memory as it was and as it becomes. A day's list of a large trust has a tenth of it.
func CorrectLimits() Limits {
	l := DefaultLimits()
	l.Workbook, l.Unpacked, l.GridCells = 8<<20, 16<<20, 500_000
	return l
}
