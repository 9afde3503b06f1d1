package extract

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// lineReader cuts bytes into lines at LF, CRLF, doubled CR before LF, and bare
// CR. A line is valid until the next call.
type lineReader struct {
	src     io.Reader
	buf     []byte
	r, w    int
	nl      int // index of the next LF in buf, -1 when not found yet
	scanned int // buf[r:scanned] holds no LF
	crs     int // from the first CR in buf[r:crs] on there is nothing else
	eof     bool
	err     error
	max     int
	line    int
	// long is set while a line passes max; its bytes are dropped, and noText
	// says that they are no text.
	long, noText bool
	// open is set when the last line had no line ending.
	open bool
}

// newLineReader reads a source of about size bytes: of a small one at once, of a
// large one piece by piece.
func newLineReader(src io.Reader, max, size int) *lineReader {
	return &lineReader{src: src, buf: make([]byte, min(size+512, 256<<10)), nl: -1, max: max}
}

// next gives a line without its ending. long says that it was longer than the
// bound and is not given.
func (l *lineReader) next() (text []byte, long, ok bool) {
	for {
		if l.nl < 0 {
			if i := bytes.IndexByte(l.buf[l.scanned:l.w], '\n'); i >= 0 {
				l.nl = l.scanned + i
			} else {
				l.scanned = l.w
			}
		}
		end := l.nl
		if end < 0 {
			end = l.w
		}
		if i := bytes.IndexByte(l.buf[l.r:end], '\r'); i >= 0 {
			stop := l.r + i
			after := max(stop, l.crs) // A long run of CR is looked through once.
			for after < end && l.buf[after] == '\r' {
				after++
			}
			l.crs = after
			switch {
			case after == end && l.nl >= 0:
				return l.take(stop, end+1)
			case after < end || l.eof:
				return l.take(stop, stop+1)
			}
			// CR at the end of what was read: an LF may follow.
		} else if l.nl >= 0 {
			return l.take(end, end+1)
		} else if l.eof {
			if l.r == l.w && !l.long {
				return nil, false, false
			}
			l.open = true
			return l.take(l.w, l.w)
		}
		l.fill()
	}
}

func (l *lineReader) take(stop, next int) ([]byte, bool, bool) {
	text, long := l.buf[l.r:stop], l.long
	l.r = next
	if l.nl >= 0 && l.nl < next {
		l.nl = -1
	}
	l.scanned = max(l.scanned, next)
	l.long = false
	l.line++
	if long {
		text = nil
	}
	return text, long, true
}

func (l *lineReader) fill() {
	if l.r > 0 {
		copy(l.buf, l.buf[l.r:l.w])
		l.w -= l.r
		l.scanned -= l.r
		l.crs = max(l.crs-l.r, 0)
		l.r = 0
	}
	if l.w == len(l.buf) {
		if len(l.buf) >= l.max {
			l.noText = l.noText && l.long || notText(l.buf[:l.w])
			l.long = true
			// The last byte stays: it may be the CR of a CRLF.
			l.buf[0] = l.buf[l.w-1]
			l.w, l.scanned, l.crs = 1, 1, 0
		} else {
			l.buf = append(l.buf, make([]byte, len(l.buf))...)
		}
	}
	for range 100 {
		n, err := l.src.Read(l.buf[l.w:])
		l.w += n
		if err != nil {
			l.eof = true
			if err != io.EOF {
				l.err = err
			}
			return
		}
		if n > 0 {
			return
		}
	}
	l.eof, l.err = true, io.ErrNoProgress
}

// flaw says what is wrong with a record as a whole.
type flaw uint8

const (
	sound       flaw = iota
	quoteKept        // a stray quotation mark was read as a character, in the cell astray
	quoteAstray      // a quotation mark is not closed and the cells cannot be told
	tooLong          // the line is longer than the bound
)

// record is one line of cells: of a text file, with its number from 1, or of a
// sheet, with its row. Cells are valid until the next record.
type record struct {
	line  int
	cells [][]byte
	flaw  flaw
	// astray is the cell, from 0, with the stray quotation mark of quoteKept.
	astray int
	// lines is how many lines of the file look like rows of their own and stand
	// inside one quoted cell of this record.
	lines int
	// beyond is the first column, from 1, with a cell beyond the bound.
	beyond int
	// escaped is set when the text may hold escapes of a workbook.
	escaped bool
	// noText is set when the bytes of a line that is too long are no text.
	noText bool
}

// mostCells is how many cells of a line are told apart, which is more than a sheet
// has columns: the last is what is left of the line. A line of separators alone would
// otherwise take many times its own length (R8).
const mostCells = 20_000

// count says how many cells a record has, in words.
func (rec *record) count() string {
	if n := len(rec.cells); n < mostCells {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d or more", mostCells)
}

// lookahead bounds the lines and bytes that one quoted cell may span.
const (
	lookaheadLines = 200
	lookaheadBytes = 256 << 10
)

// Reading on after each of very many marks that are never closed takes hundreds of
// times the length of the file (R8). What is read so in vain is counted, less a little
// for each byte of the file that has gone by; beyond spentMost no cell is looked for on
// the next lines until it is less. A cell that is found costs nothing up to spentFair
// times its length.
const (
	spentMost = 64 << 20
	spentBack = 2
	spentFair = 16
)

type pendingLine struct {
	text []byte
	line int
	long bool
	// noText is set when what was dropped of a long line is no text.
	noText bool
}

// splitter cuts text into records. encoding/csv reads a lone quotation mark as
// the beginning of a cell that ends at the end of the file, so that the rows
// in between are lost in one cell; here a cell may span lines only when it is
// closed and leaves the right number of cells, and otherwise reading goes on at
// the next line (R1, R10). It also ends lines at a bare CR, counts them as
// editors do, and takes a little over half the time (BenchmarkSplit).
type splitter struct {
	lines *lineReader
	sep   byte
	// want is the number of headings, 0 while they are not known.
	want    int
	fields  [][]byte
	joined  []byte
	scratch []byte
	decoded []byte
	pending []pendingLine
	// spent counts the bytes that were read on for cells over several lines.
	spent int
	// utf8 and legacy count the lines that hold more than ASCII, by encoding.
	utf8, legacy int
	undefined    bool
}

func (s *splitter) nextLine() (p pendingLine, ok bool) {
	if len(s.pending) > 0 {
		p = s.pending[0]
		s.pending = s.pending[1:]
		return p, true
	}
	text, long, ok := s.lines.next()
	if !ok {
		return p, false
	}
	s.spent = max(0, s.spent-spentBack*len(text))
	if s.lines.line == 1 {
		text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	}
	return pendingLine{text: s.decode(text), line: s.lines.line, long: long, noText: long && s.lines.noText}, true
}

// decode gives the line in UTF-8. What is not UTF-8 is Windows-1252, the other
// encoding of spreadsheets in this country; deciding line by line keeps a file
// readable in which a system mixes both.
func (s *splitter) decode(text []byte) []byte {
	if ascii(text) {
		return text
	}
	if utf8.Valid(text) {
		s.utf8++
		return text
	}
	s.legacy++
	s.decoded = s.decoded[:0]
	for _, b := range text {
		r := charmap.Windows1252.DecodeByte(b)
		if r == utf8.RuneError {
			s.undefined = true
		}
		s.decoded = utf8.AppendRune(s.decoded, r)
	}
	return s.decoded
}

// notText says whether bytes are no text: one in sixteen or more steers a device
// or is no character at all.
func notText(b []byte) bool {
	n := 0
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' || c == 0x7f {
			n++
		}
	}
	return n > 0 && n*16 >= len(b)
}

func ascii(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// next gives the next record.
func (s *splitter) next() (record, bool) {
	p, ok := s.nextLine()
	if !ok {
		return record{}, false
	}
	if p.long {
		return record{line: p.line, flaw: tooLong, noText: p.noText}, true
	}
	rec := record{line: p.line, escaped: bytes.Contains(p.text, escape)}
	if bytes.IndexByte(p.text, '"') < 0 {
		s.literal(p.text)
		rec.cells = s.fields
		return rec, true
	}
	how := s.quoted(p.text)
	if how == whole {
		rec.cells = s.fields
		return rec, true
	}
	s.joined = append(s.joined[:0], p.text...)
	first := len(s.joined)
	if how == unfinished && s.join(&rec, true, s.quoted) {
		rec.escaped = rec.escaped || bytes.Contains(s.joined, escape)
		return rec, true
	}
	// A mark is not closed, or stands inside a quoted cell without being doubled
	// (R10): recovery begins.
	// An odd number of marks leaves a cell open, so the lines below may be of it.
	odd := bytes.Count(s.joined, []byte{'"'})%2 == 1
	if odd && s.joinStray(&rec) {
		return rec, true
	}
	text := s.joined[:first]
	if astray, ok := s.lenient(text); ok && len(s.fields) == s.want {
		rec.cells, rec.flaw, rec.astray = s.fields, quoteKept, astray
		return rec, true
	}
	if astray, ok := s.allQuoted(text); ok {
		rec.cells, rec.flaw, rec.astray = s.fields, quoteKept, astray
		return rec, true
	}
	if !odd && s.joinStray(&rec) {
		return rec, true
	}
	s.literal(s.joined[:first])
	rec.cells = s.fields
	if len(s.fields) != s.want && s.want != 0 {
		rec.flaw = quoteAstray
		return rec, true
	}
	rec.flaw = quoteKept
	for i, cell := range s.fields {
		if len(cell) > 0 && cell[0] == '"' && (len(cell) == 1 || cell[len(cell)-1] != '"') {
			rec.astray = i
			break
		}
	}
	return rec, true
}

// joinStray reads on after a line that ends inside a quoted cell with stray marks.
func (s *splitter) joinStray(rec *record) bool {
	if s.want < 2 {
		return false
	}
	astray := 0
	joined := s.join(rec, false, func(text []byte) quoting {
		at, closed := s.lenient(text)
		if astray = at; closed && len(s.fields) == s.want {
			return whole
		}
		return unfinished
	})
	if joined {
		rec.flaw, rec.astray = quoteKept, astray
		rec.escaped = rec.escaped || bytes.Contains(s.joined, escape)
	}
	return joined
}

// join reads on after a line that ends inside a quoted cell, until read finds
// the cell closed with the right number of cells in all. It gives the lines back
// when it does not. Unless the marks are all in order, a line that looks like a
// row of its own ends the search.
func (s *splitter) join(rec *record, inOrder bool, read func([]byte) quoting) bool {
	var ahead []pendingLine
	first := len(s.joined)
	before := s.spent
	if before > spentMost {
		return false
	}
	for len(ahead) < lookaheadLines && len(s.joined) < lookaheadBytes {
		p, ok := s.nextLine()
		if !ok {
			break
		}
		ahead = append(ahead, pendingLine{bytes.Clone(p.text), p.line, p.long, p.noText})
		if p.long || !inOrder && s.likeRow(p.text) {
			break
		}
		s.joined = append(append(s.joined, '\n'), p.text...)
		s.spent += len(p.text)
		if inOrder && bytes.IndexByte(p.text, '"') < 0 {
			continue // it cannot close the cell
		}
		s.spent += len(s.joined)
		how := read(s.joined)
		if how == unfinished {
			continue
		}
		if how == whole && (s.want == 0 || len(s.fields) == s.want) {
			s.spent = before + max(0, s.spent-before-spentFair*len(s.joined))
			rec.cells = s.fields
			for _, cell := range rec.cells {
				for i, line := range bytes.Split(cell, []byte{'\n'}) {
					if i > 0 && s.likeRow(line) {
						rec.lines++
					}
				}
			}
			return true
		}
		break
	}
	s.pending = append(ahead, s.pending...)
	s.joined = s.joined[:first]
	return false
}

// likeRow says whether a line has as many cells as a row.
func (s *splitter) likeRow(text []byte) bool {
	return s.want > 1 && bytes.Count(text, []byte{s.sep})+1 >= s.want
}

// lenient splits as quoted does, and takes a mark inside a quoted cell that is
// neither doubled nor at its end for a character. It gives the first cell with
// such a mark, and whether the last cell is closed.
func (s *splitter) lenient(text []byte) (astray int, closed bool) {
	fields, sep := s.fields[:0], s.sep
	astray = -1
	pos := 0
	ends := func(i int) bool { return i >= len(text) || text[i] == sep }
	for pos <= len(text) {
		if len(fields) == mostCells-1 {
			fields = append(fields, text[pos:])
			break
		}
		if pos == len(text) || text[pos] != '"' {
			end := pos
			for !ends(end) {
				end++
			}
			fields = append(fields, text[pos:end])
			pos = end + 1
			continue
		}
		var cell []byte
		at, open := pos+1, true
		for stray := false; at < len(text); at++ {
			if c := text[at]; c != '"' {
				cell = append(cell, c)
				continue
			}
			if ends(at + 1) {
				open = false
				break
			}
			// A doubled mark is one, unless a stray one before it wants its fellow.
			if text[at+1] == '"' && (!stray || !ends(at+2)) {
				cell = append(cell, '"')
				at++
				continue
			}
			cell = append(cell, '"')
			if stray = true; astray < 0 {
				astray = len(fields)
			}
		}
		if open {
			return astray, false
		}
		fields = append(fields, cell)
		pos = at + 2
	}
	s.fields = fields
	return max(astray, 0), true
}

// allQuoted splits a line whose every cell is quoted where marks and a separator
// stand between two cells, so that other marks, and separators beside them, are
// characters.
func (s *splitter) allQuoted(text []byte) (astray int, ok bool) {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' || s.want < 2 {
		return 0, false
	}
	cells := bytes.SplitN(text[1:len(text)-1], []byte{'"', s.sep, '"'}, s.want+1)
	if len(cells) != s.want {
		return 0, false
	}
	fields := s.fields[:0]
	astray = -1
	for i, cell := range cells {
		plain := bytes.ReplaceAll(cell, []byte(`""`), nil)
		if bytes.IndexByte(plain, '"') >= 0 {
			if astray < 0 {
				astray = i
			}
		} else {
			cell = bytes.ReplaceAll(cell, []byte(`""`), []byte{'"'})
		}
		fields = append(fields, cell)
	}
	s.fields = fields
	return max(astray, 0), true
}

// literal splits at every separator.
func (s *splitter) literal(text []byte) {
	fields, sep, from := s.fields[:0], s.sep, 0
	// Cells are short: a plain loop costs less than a call for each.
	for i, c := range text {
		if c == sep {
			fields = append(fields, text[from:i])
			if from = i + 1; len(fields) == mostCells-1 {
				break
			}
		}
	}
	s.fields = append(fields, text[from:])
}

type quoting uint8

const (
	whole quoting = iota
	unfinished
	improper
)

// quoted splits at the separators outside quotation marks. A cell is quoted
// only when the mark is its first character; elsewhere a mark is a character.
func (s *splitter) quoted(text []byte) quoting {
	fields, sep := s.fields[:0], s.sep
	if cap(s.scratch) < len(text) {
		s.scratch = make([]byte, 0, 2*len(text))
	}
	s.scratch = s.scratch[:0]
	pos := 0
	for {
		if len(fields) == mostCells-1 {
			s.fields = append(fields, text[pos:])
			return whole
		}
		if pos == len(text) || text[pos] != '"' {
			end := pos
			for end < len(text) && text[end] != sep {
				end++
			}
			fields = append(fields, text[pos:end])
			if end == len(text) {
				s.fields = fields
				return whole
			}
			pos = end + 1
			continue
		}
		from, piece, doubled := pos+1, len(s.scratch), false
		at := from
		for {
			i := bytes.IndexByte(text[at:], '"')
			if i < 0 {
				return unfinished
			}
			at += i
			if at+1 < len(text) && text[at+1] == '"' {
				s.scratch = append(s.scratch, text[from:at+1]...)
				at += 2
				from, doubled = at, true
				continue
			}
			if at+1 < len(text) && text[at+1] != sep {
				return improper
			}
			break
		}
		if doubled {
			s.scratch = append(s.scratch, text[from:at]...)
			fields = append(fields, s.scratch[piece:len(s.scratch):len(s.scratch)])
		} else {
			fields = append(fields, text[from:at])
		}
		pos = at + 1
		if pos == len(text) {
			s.fields = fields
			return whole
		}
		pos++
	}
}
