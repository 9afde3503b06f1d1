package extract

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"

	"golang.org/x/text/encoding/unicode"

	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// Sample is the beginning of one file as it stands, whatever its headings: what
// somebody who works out a layout looks at.
type Sample struct {
	// Kind is text or workbook, Encoding as a Summary says it, and Separator the
	// name of the one that cuts the text into the most even rows.
	Kind, Encoding, Separator string
	// Legacy says that a text holds characters of Windows-1252.
	Legacy bool
	// Tables are the sheets of a workbook, or the text as a whole.
	Tables []SampleTable

	from1904 bool
}

// SampleTable is a Grid of which only the first rows were read when More is set.
type SampleTable struct {
	Grid
	More bool
}

// What is kept of a sample: enough to see every word that is written daily, and
// little enough that a hostile file stays small.
const (
	sampleRows  = 20_000
	sampleCells = 600_000
	sampleBytes = 12 << 20
	// sampleCell is the length of a cell that is kept, in bytes. Nothing that a
	// layout reads is longer.
	sampleCell = 1000
)

// ReadSample reads the first rows of every table of a file, as Read would read
// them. What no layout could make readable is an Invalid problem that says what
// to do.
func ReadSample(src io.ReadSeeker, limits Limits) (*Sample, error) {
	head := make([]byte, headLength)
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The file could not be read")
	}
	n, err := io.ReadFull(src, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, problem.Wrap(err, problem.Unavailable, "The file could not be read")
	}
	head = head[:n]
	kind, found, do := sniff(head)
	switch kind {
	case unreadable:
		return nil, reject("The file is %s. %s", found, do)
	case zipArchive:
		return sampleBook(src, limits)
	}
	return sampleText(kind, head, src, limits)
}

// room counts what a sample keeps.
type room struct{ rows, cells, bytes int }

// take keeps one record, and says whether there was room for it.
func (r *room) take(g *SampleTable, rec *record) bool {
	if r.rows >= sampleRows || r.cells+len(rec.cells) > sampleCells || r.bytes > sampleBytes {
		g.More = true
		return false
	}
	cells := make([]string, len(rec.cells))
	for i, cell := range rec.cells {
		text, _, _ := clean(cell[:min(len(cell), sampleCell)], sampleCell)
		cells[i] = text
		r.bytes += len(text)
	}
	r.rows, r.cells = r.rows+1, r.cells+len(cells)
	g.Rows = append(g.Rows, GridRow{rec.line, cells})
	return true
}

func sampleBook(src io.ReadSeeker, limits Limits) (*Sample, error) {
	size, err := src.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = src.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The file could not be read again")
	}
	if size > limits.Workbook {
		return nil, reject("The workbook is too large: %d MB, and the limit is %d MB. Send the list as CSV.", size>>20, limits.Workbook>>20)
	}
	data, err := readWhole(src, size)
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The file could not be read to its end")
	}
	book, err := openWorkbook(data, limits)
	if err != nil {
		return nil, err
	}
	s := &Sample{Kind: "workbook", Encoding: "workbook", from1904: book.from1904}
	var kept room
	for _, sheet := range book.sheets {
		kept.rows = 0
		g := SampleTable{Grid: Grid{Name: sheet.name, Hidden: sheet.hidden}}
		err := book.rows(sheet, func(rec record) error {
			rec.bare()
			if !kept.take(&g, &rec) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return nil, err
		}
		s.Tables = append(s.Tables, g)
	}
	return s, nil
}

func sampleText(kind container, head []byte, src io.ReadSeeker, limits Limits) (*Sample, error) {
	open := func(src io.Reader) io.Reader {
		switch kind {
		case utf16Little:
			return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(src)
		case utf16Big:
			return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(src)
		}
		return src
	}
	decoded, err := io.ReadAll(open(bytes.NewReader(head)))
	if err != nil {
		return nil, reject("The file's text cannot be decoded from UTF-16. Export it again as UTF-8.")
	}
	name, sep, width := evenest(decoded, limits)
	if width > limits.Columns {
		return nil, tooManyColumns(width, limits)
	}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The file could not be read again")
	}
	lines := newLineReader(open(src), limits.Line, len(head))
	cut := &splitter{lines: lines, sep: sep, want: width}
	s := &Sample{Kind: "text", Encoding: "UTF-8", Separator: name}
	var kept room
	var g SampleTable
	for {
		rec, ok := cut.next()
		if !ok {
			break
		}
		if rec.flaw == tooLong || rec.flaw == quoteAstray {
			continue // The reading itself will say so.
		}
		rec.bare()
		if len(rec.cells) <= 1 && (len(rec.cells) == 0 || len(rec.cells[0]) == 0) {
			continue
		}
		if !kept.take(&g, &rec) {
			break
		}
	}
	if lines.err != nil {
		return nil, reject("The file's text cannot be read to its end. Export it again as UTF-8.")
	}
	s.Tables = []SampleTable{g}
	switch {
	case kind != plainText:
		s.Encoding = "UTF-16"
	case cut.legacy > 0:
		s.Encoding, s.Legacy = "Windows-1252", true
	}
	return s, nil
}

// evenest finds the separator that cuts the first lines into the most cells of
// rows that are equally long, and how long they are.
func evenest(text []byte, limits Limits) (name string, sep byte, width int) {
	name, sep, best := separators[0].name, separators[0].char, 0
	for _, try := range separators {
		s := &splitter{lines: newLineReader(bytes.NewReader(text), limits.Line, len(text)), sep: try.char}
		widths := map[int]int{}
		for range 300 {
			rec, ok := s.next()
			if !ok {
				break
			}
			if n := len(rec.cells); n > 1 {
				widths[n]++
			}
		}
		for n, rows := range widths {
			if score := rows * (n - 1); score > best || score == best && try.name == name && n > width {
				name, sep, best, width = try.name, try.char, score, n
			}
		}
	}
	return name, sep, width
}

// Dates reads the cells of a sample as dates by formats of a layout.
type Dates struct{ reader dateReader }

// DatesOf is a reader by the formats that can be read in one way only and the
// given ones. Numbers of days are read where workbooks have them.
func (s *Sample) DatesOf(formats ...string) *Dates {
	d := &Dates{dateReader{serials: s.Kind == "workbook", from1904: s.from1904}}
	for _, f := range mustFormats(formats...) {
		if d.reader.serials = d.reader.serials || f.Serial; !f.Serial {
			d.reader.formats = append(d.reader.formats, f)
		}
	}
	return d
}

// Read reads one cell. none says that it is a blank or stands for one.
func (d *Dates) Read(cell string) (day delay.Day, none, ok bool) {
	v := d.reader.read([]byte(cell))
	return v.day, v.standIn || v.state == noDate, v.state == goodDate
}

// Fold gives a heading or a word in the form in which layouts compare them.
func Fold(text string) string { return fold(text) }

// IsNothing says whether a text stands for no value.
func IsNothing(text string) bool { return text == "" || nothing(text) }

// IsNoPatient says whether a line that begins with such a cell is known to be no
// patient: a total, a page number or a note at the foot.
func IsNoPatient(first string) bool {
	f := fold(first)
	return totalLine.MatchString(f) || footerLine.MatchString(f)
}

// Glimpse gives what may be shown of a cell that identifies nobody: short, and without
// numbers that may be somebody's (P1).
func Glimpse(text string) string { return strings.Trim(shown(text), "'") }

// Lexicon is what a layout's words of one kind mean.
type Lexicon struct {
	kind  string
	words vocabulary
}

// ReadLexicon reads word lists of the reference data by their names; kind is
// one of reasons, responsible, care and destination.
func ReadLexicon(ref fs.FS, kind string, lists ...string) (*Lexicon, error) {
	v, err := newVocabulary(ref, kind, config.Vocabulary{Use: lists})
	return &Lexicon{kind, v}, err
}

// Meaning gives what a word means, and false when no list has it.
func (l *Lexicon) Meaning(text string) (string, bool) {
	if l.kind == "reasons" {
		meaning, why := l.words.reason(text)
		return meaning, why == ""
	}
	meaning, ok := l.words[fold(text)]
	return meaning, ok
}

// PathwayOf gives the pathway of a text such as "P1" or "Pathway 1 - D2A" that
// every layout reads without words of its own, and false when it has none.
func PathwayOf(text string) (string, bool) {
	m := pathwayText.FindStringSubmatch(fold(text))
	if m == nil {
		return "", false
	}
	return m[1] + m[2], true
}
