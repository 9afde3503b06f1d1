package extract

import (
	"bytes"
	"encoding/binary"
	"io"
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
	eof     bool
	err     error
	max     int
	line    int
	// long is set while a line passes max; its bytes are dropped.
	long bool
	// open is set when the last line had no line ending.
	open bool
}

func newLineReader(src io.Reader, max int) *lineReader {
	return &lineReader{src: src, buf: make([]byte, 256<<10), nl: -1, max: max}
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
			after := stop
			for after < end && l.buf[after] == '\r' {
				after++
			}
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
		l.r = 0
	}
	if l.w == len(l.buf) {
		if len(l.buf) >= l.max {
			l.long = true
			// The last byte stays: it may be the CR of a CRLF.
			l.buf[0] = l.buf[l.w-1]
			l.w, l.scanned = 1, 1
		} else {
			l.buf = append(l.buf, make([]byte, len(l.buf))...)
		}
	}
	for tries := 0; tries < 100; tries++ {
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
	quoteKept        // a stray quotation mark was read as a character
	quoteAstray      // a quotation mark is not closed and the cells cannot be told
	tooLong          // the line is longer than the bound
)

// record is one line of cells: of a text file, with its number from 1, or of a
// sheet, with its row. Cells are valid until the next record.
type record struct {
	line  int
	cells [][]byte
	flaw  flaw
}

// lookahead bounds the lines and bytes that one quoted cell may span.
const (
	lookaheadLines = 200
	lookaheadBytes = 256 << 10
)

type pendingLine struct {
	text []byte
	line int
	long bool
}

// splitter cuts text into records. encoding/csv reads a lone quotation mark as
// the beginning of a cell that ends at the end of the file, so that the rows
// in between are lost in one cell; here a cell may span lines only when it is
// closed properly before a line that is itself a whole record, and otherwise
// reading goes on at the next line (R1). It also ends lines at a bare CR, counts
// them as editors do, and takes a little over half the time (BenchmarkSplit).
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
	if s.lines.line == 1 {
		text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	}
	return pendingLine{text: s.decode(text), line: s.lines.line, long: long}, true
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
		return record{line: p.line, flaw: tooLong}, true
	}
	if bytes.IndexByte(p.text, '"') < 0 {
		s.literal(p.text)
		return record{line: p.line, cells: s.fields}, true
	}
	switch s.quoted(p.text) {
	case whole:
		return record{line: p.line, cells: s.fields}, true
	case unfinished:
		s.joined = append(s.joined[:0], p.text...)
		first := len(s.joined)
		if s.join() {
			return record{line: p.line, cells: s.fields}, true
		}
		p.text = s.joined[:first]
	}
	s.literal(p.text)
	if len(s.fields) == s.want || s.want == 0 {
		return record{line: p.line, cells: s.fields, flaw: quoteKept}, true
	}
	return record{line: p.line, cells: s.fields, flaw: quoteAstray}, true
}

// join reads on after a line that ends inside a quoted cell. It gives back the
// lines when the cell is not closed properly.
func (s *splitter) join() bool {
	var ahead []pendingLine
	for len(ahead) < lookaheadLines && len(s.joined) < lookaheadBytes {
		p, ok := s.nextLine()
		if !ok {
			break
		}
		ahead = append(ahead, pendingLine{bytes.Clone(p.text), p.line, p.long})
		if p.long || s.want > 1 && bytes.Count(p.text, []byte{s.sep})+1 >= s.want {
			break
		}
		s.joined = append(append(s.joined, '\n'), p.text...)
		switch s.quoted(s.joined) {
		case whole:
			if s.want > 0 && len(s.fields) > s.want {
				s.pending = append(ahead, s.pending...)
				return false
			}
			return true
		case unfinished:
			continue
		}
		break
	}
	s.pending = append(ahead, s.pending...)
	return false
}

// literal splits at every separator.
func (s *splitter) literal(text []byte) {
	fields, sep, from := s.fields[:0], s.sep, 0
	// Cells are short: a plain loop costs less than a call for each.
	for i, c := range text {
		if c == sep {
			fields = append(fields, text[from:i])
			from = i + 1
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
