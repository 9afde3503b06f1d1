package extract

import (
	"bytes"

	"homeward/internal/delay"
)

// NotReadyRow says where in a file the row of somebody who is not ready stands
// (R13): from its first line to its last.
type NotReadyRow struct {
	Provider    string // in a file of several providers
	Date        delay.Day
	First, Last int
}

// ends notes the last line of a row of somebody who is not ready.
func (t *tally) ends(line int) {
	if n := len(t.NotReady); n > 0 && t.NotReady[n-1].Last == 0 {
		t.NotReady[n-1].Last = line
	}
}

// Blank takes rows out of a text and leaves their lines empty, so that the others
// keep their numbers. Every line ends with LF then. Of a workbook the rows are
// those of the sheet of that name. ok is false where that cannot be done, as in a
// text of two bytes a character.
func Blank(text []byte, sheet string, rows []NotReadyRow) (_ []byte, ok bool) {
	switch kind, _, _ := sniff(text[:min(len(text), headLength)]); kind {
	case plainText:
	case zipArchive:
		return blankBook(text, sheet, rows)
	default:
		return nil, false
	}
	gone := map[int]bool{}
	for _, r := range rows {
		for line := r.First; line <= r.Last; line++ {
			gone[line] = true
		}
	}
	out := make([]byte, 0, len(text))
	for line := 1; len(text) > 0; line++ {
		end := bytes.IndexAny(text, "\r\n")
		next := len(text)
		if end < 0 {
			end = len(text)
		} else {
			// Lines end as lineReader ends them: at LF, at CRs before one, at a CR.
			for next = end; next < len(text) && text[next] == '\r'; {
				next++
			}
			if next < len(text) && text[next] == '\n' {
				next++
			} else {
				next = end + 1
			}
		}
		if !gone[line] {
			out = append(out, text[:end]...)
		}
		if next > end {
			out = append(out, '\n') // A CR alone could become one ending with what follows.
		}
		text = text[next:]
	}
	return out, true
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
