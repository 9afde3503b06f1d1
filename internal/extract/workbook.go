package extract

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"homeward/internal/problem"
)

// workbook is an Excel workbook (.xlsx, .xlsm) whose rows are read one by one.
//
// It is read here with archive/zip and encoding/xml, not with excelize, which
// this module has: excelize ends a sheet without a word where its XML is
// damaged, and writes large parts to the temporary folder; here a damaged part
// rejects the file (R1) and every part is bounded and refused when it declares
// a document type (R8). Formulas are never calculated, macros never opened,
// and nothing outside the file is read.
type workbook struct {
	files    map[string]*zip.File
	sheets   []sheet
	shared   []string
	from1904 bool
	limits   Limits
	// left is what may still be unpacked, in bytes.
	left int64
}

type sheet struct {
	name, path string
	// id is the relation that leads to the path.
	id     string
	hidden bool
}

const sendWorkbook = "Save the list again as an Excel workbook (.xlsx), and send it again."

func damaged(cause error, what string) error {
	return problem.Wrap(cause, problem.Invalid, "The workbook is damaged or incomplete: %s cannot be read. %s", what, sendWorkbook)
}

// openWorkbook reads what the sheets need of a workbook's bytes.
func openWorkbook(data []byte, limits Limits) (*workbook, error) {
	// Its list is held in memory whole, so it is counted before it is read.
	if bytes.Count(data, []byte("PK\x01\x02")) > mostParts {
		return nil, problem.New(problem.Invalid, "The workbook is too large: it has more than %d parts. %s", mostParts, sendWorkbook)
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, damaged(err, "its archive (the file may have been cut off)")
	}
	w := &workbook{files: map[string]*zip.File{}, limits: limits, left: limits.Unpacked}
	var total uint64
	for _, f := range archive.File {
		total += f.UncompressedSize64
		if total > uint64(limits.Unpacked) || f.UncompressedSize64 > uint64(limits.Unpacked) {
			return nil, w.tooLarge()
		}
		if f.Flags&1 != 0 {
			return nil, problem.New(problem.Invalid, "The workbook is protected (encrypted) with a password. Save it without one, and send "+
				"it again.")
		}
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, "\\", "/"), "/"))
		if w.files[name] == nil {
			w.files[name] = f
		}
	}
	book, err := w.bookPath()
	if err != nil {
		return nil, err
	}
	targets, err := w.relations(path.Join(path.Dir(book), "_rels", path.Base(book)+".rels"), path.Dir(book))
	if err != nil {
		return nil, err
	}
	sharedPath := ""
	err = w.each(book, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "workbookPr":
			on := attr(e, "date1904")
			w.from1904 = on == "1" || on == "true"
		case "sheet":
			id := attr(e, "id")
			t, ok := targets[id]
			if ok && strings.HasSuffix(t.kind, "/worksheet") {
				if len(w.sheets) == mostSheets {
					return problem.New(problem.Invalid, "The workbook is too large: it has more than %d sheets. Delete those that are not needed, or "+
						"send the list as CSV.", mostSheets)
				}
				state := attr(e, "state")
				w.sheets = append(w.sheets, sheet{name: attr(e, "name"), path: t.path, id: id,
					hidden: state == "hidden" || state == "veryHidden"})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		if strings.HasSuffix(t.kind, "/sharedStrings") {
			sharedPath = t.path
		}
	}
	if sharedPath != "" && w.files[sharedPath] != nil {
		if err := w.readShared(sharedPath); err != nil {
			return nil, err
		}
	}
	if len(w.sheets) == 0 {
		return nil, damaged(nil, "its list of sheets")
	}
	return w, nil
}

func (w *workbook) tooLarge() error {
	return problem.New(problem.Invalid, "The workbook is too large: it unpacks to more than the limit of %d MB. Delete empty rows and unused "+
		"sheets, or send the list as CSV.", w.limits.Unpacked>>20)
}

// bookPath finds the part that lists the sheets.
func (w *workbook) bookPath() (string, error) {
	targets, err := w.relations("_rels/.rels", "")
	if err != nil {
		return "", err
	}
	for _, t := range targets {
		if strings.HasSuffix(t.kind, "/officeDocument") && w.files[t.path] != nil && !strings.HasPrefix(t.path, "word/") &&
			!strings.HasPrefix(t.path, "ppt/") {
			if strings.HasSuffix(t.path, ".bin") {
				return "", problem.New(problem.Invalid, "This is a binary Excel workbook (.xlsb), which cannot be read. %s", sendWorkbook)
			}
			return t.path, nil
		}
	}
	what := "an archive that is not a workbook"
	switch {
	case w.files["word/document.xml"] != nil:
		what = "a Word document, not a workbook"
	case w.files["content.xml"] != nil:
		what = "an OpenDocument file, not an Excel workbook (.xlsx)"
	case w.files["xl/workbook.xml"] != nil:
		return "xl/workbook.xml", nil
	}
	return "", problem.New(problem.Invalid, "The file is %s. %s", what, sendWorkbook)
}

type relation struct{ kind, path string }

func (w *workbook) relations(name, dir string) (map[string]relation, error) {
	targets := map[string]relation{}
	if w.files[strings.ToLower(name)] == nil {
		return targets, nil
	}
	err := w.each(name, func(e xml.StartElement) error {
		if e.Name.Local == "Relationship" && !strings.EqualFold(attr(e, "TargetMode"), "External") {
			target := strings.ReplaceAll(attr(e, "Target"), "\\", "/")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("/", dir, target)
			}
			if len(targets) == mostRelations {
				return w.tooLarge()
			}
			targets[attr(e, "Id")] = relation{attr(e, "Type"), strings.ToLower(strings.TrimPrefix(path.Clean(target), "/"))}
		}
		return nil
	})
	return targets, err
}

// attr gives an attribute by its local name, whatever its name space.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if strings.EqualFold(a.Name.Local, name) {
			return a.Value
		}
	}
	return ""
}

// Bounds on the shape of a workbook (R8): XML that is small on the disk can take many
// times its unpacked size in memory.
const (
	// mostParts is the number of files in its archive, mostSheets and mostRelations
	// of what they list.
	mostParts, mostSheets, mostRelations = 10_000, 1000, 20_000
	// mostOfOne is the bytes of one text, tag or remark; a cell has 32,767 characters.
	mostOfOne = 1 << 20
	// mostDeep is how deep elements stand in one another.
	mostDeep = 200
)

// part is a part of a workbook that is being read.
type part struct {
	*xml.Decoder
	src  *bounded
	deep int
}

// bounded reads no more than the workbook may still unpack, and no more than one text
// or tag may have before the next begins.
type bounded struct {
	src io.Reader
	w   *workbook
	// since counts the bytes since a text or tag began; negative where nothing
	// counts them.
	since int
}

var (
	errTooLarge = errors.New("unpacked size")
	errTooLong  = errors.New("one text or tag")
)

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.src.Read(p)
	b.w.left -= int64(n)
	if b.w.left < 0 {
		return 0, errTooLarge
	}
	if b.since += n; b.since > mostOfOne {
		return 0, errTooLong
	}
	return n, err
}

func (w *workbook) open(name string) (*part, io.Closer, error) {
	f := w.files[strings.ToLower(name)]
	if f == nil {
		return nil, nil, damaged(nil, "the part "+path.Base(name))
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, damaged(err, "the part "+path.Base(name))
	}
	src := &bounded{src: r, w: w}
	return &part{Decoder: xml.NewDecoder(src), src: src}, r, nil
}

// token gives the next token of a part. A document type is refused: it can
// name entities, and entities can name files.
func (w *workbook) token(d *part, name string) (xml.Token, error) {
	d.src.since = 0
	t, err := d.Token()
	switch t.(type) {
	case xml.StartElement:
		if d.deep++; d.deep > mostDeep {
			return nil, problem.New(problem.Invalid, "The workbook cannot be read: its part %s has elements that stand in one another more than "+
				"%d deep. %s", path.Base(name), mostDeep, sendWorkbook)
		}
	case xml.EndElement:
		d.deep--
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case errors.Is(err, errTooLarge):
		return nil, w.tooLarge()
	case errors.Is(err, errTooLong):
		return nil, problem.New(problem.Invalid, "The workbook is too large: one text of its part %s has more than %d MB, and a cell has at "+
			"most 32,767 characters. %s", path.Base(name), mostOfOne>>20, sendWorkbook)
	case err != nil:
		var what strings.Builder
		what.WriteString("the part " + path.Base(name))
		for _, s := range w.sheets {
			if s.path == name {
				what.WriteString(" (the sheet " + shown(s.name) + ")")
			}
		}
		return nil, damaged(err, what.String())
	}
	if _, ok := t.(xml.Directive); ok {
		return nil, problem.New(problem.Invalid, "The workbook's XML declares a document type (DOCTYPE) or entity in %s, which is not allowed: "+
			"it could read other files. %s", path.Base(name), sendWorkbook)
	}
	return t, nil
}

// each calls f for every element of a part that starts.
func (w *workbook) each(name string, f func(xml.StartElement) error) error {
	d, closer, err := w.open(name)
	if err != nil {
		return err
	}
	defer closer.Close()
	for {
		t, err := w.token(d, name)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := f(e); err != nil {
				return err
			}
		}
	}
}

// readShared reads the texts that cells refer to by number. Phonetic readings
// beside them are left out.
func (w *workbook) readShared(name string) error {
	d, closer, err := w.open(name)
	if err != nil {
		return err
	}
	defer closer.Close()
	var text strings.Builder
	inText, phonetic := false, 0
	for {
		t, err := w.token(d, name)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				text.Reset()
			case "t":
				inText = phonetic == 0
			case "rPh":
				phonetic++
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "si":
				if len(w.shared) >= w.limits.SharedTexts {
					return w.tooLarge()
				}
				w.shared = append(w.shared, string(unescape([]byte(text.String()), false)))
			case "t":
				inText = false
			case "rPh":
				phonetic--
			}
		case xml.CharData:
			if inText {
				text.Write(t)
			}
		}
	}
}

// uncalculated stands for a formula whose value was never stored.
const uncalculated = "#FORMULA!"

// rows calls each for every row of a sheet that has a cell, with its number
// from 1. Cells are raw values: dates are numbers of days, numbers are written
// out. They are valid until each returns. A non-nil error of each stops it.
func (w *workbook) rows(s sheet, each func(record) error) error {
	d, closer, err := w.open(s.path)
	if err != nil {
		return err
	}
	defer closer.Close()
	var (
		row, column, count int
		arena, value       []byte
		spans              [][2]int
		cells              [][]byte
		kind               string
		inValue, formula   bool
		phonetic, depth    int
		beyond             int
	)
	for {
		t, err := w.token(d, s.path)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "sheetData":
				depth++
			case "row":
				row++
				if n, err := strconv.Atoi(attr(t, "r")); err == nil && n > 0 && n <= 1<<20 {
					row = n
				}
				if count++; count > w.limits.Rows {
					return problem.New(problem.Invalid, "The sheet %s has too many rows: more than the limit of %d.", shown(s.name), w.limits.Rows)
				}
				column, arena, spans, beyond = 0, arena[:0], spans[:0], 0
			case "c":
				column++
				if n := columnOf(attr(t, "r")); n > 0 {
					column = n
				}
				kind, value, formula = attr(t, "t"), value[:0], false
			case "v":
				inValue = true
			case "t":
				inValue = kind == "inlineStr" && phonetic == 0
			case "rPh":
				phonetic++
			case "f":
				formula = true
			}
		case xml.CharData:
			if inValue && len(value) <= w.limits.Cell {
				value = append(value, t...)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "v", "t":
				inValue = false
			case "rPh":
				phonetic--
			case "c":
				text := w.value(kind, value)
				if len(text) == 0 && formula && kind != "str" {
					text = []byte(uncalculated)
				}
				if len(text) == 0 {
					continue
				}
				if column > w.limits.Columns {
					if beyond == 0 && len(bytes.TrimFunc(text, isBlank)) > 0 {
						beyond = column
					}
					continue
				}
				for len(spans) < column {
					spans = append(spans, [2]int{})
				}
				from := len(arena)
				arena = append(arena, text...)
				spans[column-1] = [2]int{from, len(arena)}
			case "row":
				if depth == 0 {
					continue
				}
				cells = cells[:0]
				for _, s := range spans {
					cells = append(cells, arena[s[0]:s[1]])
				}
				if len(cells) == 0 && beyond == 0 {
					continue
				}
				if err := each(record{line: row, cells: cells, beyond: beyond}); err != nil {
					return err
				}
			case "sheetData":
				depth--
			}
		}
	}
}

// value gives a cell's text by its type.
func (w *workbook) value(kind string, value []byte) []byte {
	switch kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(string(value)))
		if err != nil || n < 0 || n >= len(w.shared) {
			return []byte("#REF!")
		}
		return []byte(w.shared[n])
	case "b":
		if string(value) == "1" {
			return []byte("TRUE")
		}
		return []byte("FALSE")
	case "", "n":
		// Identifiers may be stored as 9.990000018E9; that loses nothing.
		if bytes.ContainsAny(value, "eE") {
			if n, err := strconv.ParseFloat(string(value), 64); err == nil && n == float64(int64(n)) && n < 1e15 && n > -1e15 {
				return fmt.Appendf(nil, "%d", int64(n))
			}
		}
		return bytes.TrimSuffix(value, []byte(".0"))
	}
	if kind == "str" || kind == "inlineStr" {
		return unescape(value, false)
	}
	return value
}

// columnName gives the letters of a column, from 1: 28 is AB.
func columnName(n int) string {
	name := ""
	for ; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// columnOf gives the column of a cell reference such as AB12, from 1, or 0.
func columnOf(ref string) int {
	n := 0
	for i := 0; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n
}
