package extract

import (
	"bufio"
	"cmp"
	"errors"
	"io"

	"homeward/internal/delay"
)

// NotReadyRows says where in a file rows of people who are not ready stand (R13), with
// nothing between them: from the first line of the first to the last of the last.
type NotReadyRows struct {
	Provider    string // in a file of several providers
	Date        delay.Day
	First, Last int
	Rows        int
}

// ends notes the last line of a row of somebody who is not ready. What follows rows of
// the same list goes with them: of everybody in a bed most are not ready.
func (t *tally) ends(line int) {
	n := len(t.NotReady)
	if n == 0 || t.NotReady[n-1].Last != 0 {
		return
	}
	last := &t.NotReady[n-1]
	last.Last = line
	if n == 1 {
		return
	}
	if was := &t.NotReady[n-2]; was.Provider == last.Provider && was.Date == last.Date && was.Last == last.First-1 {
		was.Last, was.Rows = line, was.Rows+last.Rows
		t.NotReady = t.NotReady[:n-1]
	}
}

// Blank writes a file of size bytes without some rows, and leaves their lines empty, so
// that the others keep their numbers. The rows ascend. Every line ends with LF then. Of
// a workbook the rows are those of the sheet of that name, and it is read whole. ok is
// false where that cannot be done, as in a text of two bytes a character; then something
// may have been written. The error is of reading or writing.
func Blank(to io.Writer, src io.ReaderAt, size int64, sheet string, rows []NotReadyRows) (ok bool, err error) {
	head := make([]byte, min(size, headLength))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	switch kind, _, _ := sniff(head); kind {
	case plainText:
		b := bufio.NewWriterSize(to, 64<<10)
		err := blankText(b, bufio.NewReaderSize(io.NewSectionReader(src, 0, size), 64<<10), rows)
		return err == nil, cmp.Or(err, b.Flush())
	case zipArchive:
		if size > DefaultLimits().Workbook {
			return false, nil
		}
		book := make([]byte, size)
		if _, err := src.ReadAt(book, 0); err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		left, ok := blankBook(book, sheet, rows)
		if ok {
			_, err = to.Write(left)
		}
		return ok && err == nil, err
	default:
		return false, nil
	}
}

// blankText writes a text without the lines of rows. Lines end as lineReader ends them:
// at LF, at CRs before one, at a CR.
func blankText(to *bufio.Writer, from *bufio.Reader, rows []NotReadyRows) error {
	line, returns := 1, 0 // the number of a line, and of CRs before what is read next
	end := func(lines int) {
		for range lines {
			_ = to.WriteByte('\n') // A CR alone could become one ending with what follows. Flush tells of errors.
		}
		line, returns = line+lines, 0
	}
	for {
		b, err := from.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			end(returns)
			return nil
		case err != nil:
			return err
		case b == '\r':
			returns++
			continue
		case b == '\n':
			end(1)
			continue
		}
		end(returns)
		for len(rows) > 0 && rows[0].Last < line {
			rows = rows[1:]
		}
		if len(rows) == 0 || line < rows[0].First {
			_ = to.WriteByte(b)
		}
	}
}

// Criteria says whether a layout tells who meets the criteria to reside, so that
// files can hold people who are not ready.
func (s *Set) Criteria() bool {
	for _, l := range s.layouts {
		if l.mapped[fCriteria] {
			return true
		}
	}
	return false
}
