package extract

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// blankBook takes rows of one sheet out of a workbook and leaves their numbers
// to empty rows. Whatever may speak of the same people goes as well: the texts
// that no other cell of the sheet uses, the rows of the other sheets, what stands
// around the rows of a sheet (filters and checks keep values), the names of the
// other sheets and of ranges, and every part of the archive that is not read:
// comments, tables of pivots, recovered copies. The sheet keeps its own name.
// What is left is for Homeward to read again; other programs may offer to repair
// it. ok is false where the workbook cannot be read so.
func blankBook(book []byte, name string, rows []NotReadyRows) (_ []byte, ok bool) {
	w, err := openWorkbook(book, DefaultLimits())
	if err != nil {
		return nil, false
	}
	read := slices.DeleteFunc(slices.Clone(w.sheets), func(s sheet) bool {
		shown, _, _ := clean([]byte(s.name), maxText)
		return shown != name
	})
	if len(read) != 1 {
		return nil, false
	}
	gone := map[int]bool{}
	for _, r := range rows {
		// Nothing after the last row of a sheet says where that ends: at itself.
		for line := r.First; line <= max(r.First, r.Last); line++ {
			gone[line] = true
		}
	}
	parts := map[string][]byte{}
	used := map[int]bool{}
	for _, s := range w.sheets {
		kept := func(row int) bool { return s == read[0] && !gone[row] }
		if parts[s.path], err = w.thinSheet(s.path, kept, used); err != nil {
			return nil, false
		}
	}
	if err := w.thinRest(parts, used, read[0], name); err != nil {
		return nil, false
	}
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		to, err := archive.Create(w.files[part].Name)
		if err == nil {
			_, err = to.Write(parts[part])
		}
		if err != nil {
			return nil, false
		}
	}
	if archive.Close() != nil {
		return nil, false
	}
	return out.Bytes(), true
}

// thinRest adds the parts that say where the sheets are, with the name of the
// one that is kept, which is shown as name, and the texts that are still used.
func (w *workbook) thinRest(parts map[string][]byte, used map[int]bool, kept sheet, name string) error {
	book, err := w.bookPath()
	if err != nil {
		return err
	}
	bookRelations := path.Join(path.Dir(book), "_rels", path.Base(book)+".rels")
	for _, name := range []string{"[content_types].xml", "_rels/.rels", strings.ToLower(bookRelations)} {
		if w.files[name] == nil {
			continue
		}
		if parts[name], err = w.whole(name); err != nil {
			return err
		}
	}
	parts[book] = w.thinList(kept, name)
	targets, err := w.relations(bookRelations, path.Dir(book))
	if err != nil {
		return err
	}
	for _, t := range targets {
		if strings.HasSuffix(t.kind, "/sharedStrings") && w.files[t.path] != nil {
			if parts[t.path], err = w.thinTexts(t.path, used); err != nil {
				return err
			}
		}
	}
	return nil
}

// thinList lists the sheets in their order, all but the one that is kept, which
// is shown as name, by neutral names, and says how dates are counted. Nothing
// else that a workbook says of itself is read: names of ranges hold people's.
func (w *workbook) thinList(kept sheet, name string) []byte {
	var out bytes.Buffer
	attribute := func(name, value string) {
		out.WriteString(" " + name + `="`)
		_ = xml.EscapeText(&out, []byte(value)) // A buffer takes everything.
		out.WriteString(`"`)
	}
	out.WriteString(xml.Header + `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ` +
		`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">`)
	if w.from1904 {
		out.WriteString(`<workbookPr date1904="1"/>`)
	}
	out.WriteString("<sheets>")
	for i, s := range w.sheets {
		called := s.name
		if s != kept {
			called = "Sheet " + strconv.Itoa(i+1)
			for strings.EqualFold(called, kept.name) || strings.EqualFold(called, name) {
				called += " (other)"
			}
		}
		out.WriteString("<sheet")
		attribute("name", called)
		attribute("sheetId", strconv.Itoa(i+1))
		if s.hidden {
			attribute("state", "hidden")
		}
		attribute("r:id", s.id)
		out.WriteString("/>")
	}
	out.WriteString("</sheets></workbook>")
	return out.Bytes()
}

// whole gives a part unpacked.
func (w *workbook) whole(name string) ([]byte, error) {
	r, err := w.files[name].Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(&bounded{src: r, w: w, since: math.MinInt})
}

// element is one element of a part, with where it stands in it.
type element struct {
	xml.StartElement
	from, to int64 // from its first byte to after its start tag
	depth    int   // 1 for the outermost
}

// walk calls start for every element of a part that starts and end where it
// ends, with the offset after it.
func walk(part []byte, start func(element), end func(e element, to int64)) error {
	d := xml.NewDecoder(bytes.NewReader(part))
	var open []element
	for {
		from := d.InputOffset()
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			e := element{t.Copy(), from, d.InputOffset(), len(open) + 1}
			open = append(open, e)
			start(e)
		case xml.EndElement:
			e := open[len(open)-1]
			open = open[:len(open)-1]
			end(e, d.InputOffset())
		}
	}
}

// thinSheet gives a sheet with nothing but the rows that are kept; of the others
// there is the number. used notes the shared texts of those kept.
func (w *workbook) thinSheet(name string, kept func(row int) bool, used map[int]bool) ([]byte, error) {
	part, err := w.whole(name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	row, inData := 0, 0
	shared, value := false, int64(0) // Where the value of a cell begins.
	err = walk(part, func(e element) {
		switch e.Name.Local {
		case "sheetData":
			inData++
		case "row":
			row++
			if n, err := strconv.Atoi(attr(e.StartElement, "r")); err == nil && n > 0 && n <= 1<<20 {
				row = n
			}
		case "c":
			shared = attr(e.StartElement, "t") == "s"
		}
		if e.depth == 1 {
			out.Write(opened(part[e.from:e.to]))
			out.WriteString("<" + tagOf(part, e, "sheetData") + ">")
		}
		if e.Name.Local == "v" {
			value = e.to
		}
	}, func(e element, to int64) {
		switch {
		case e.Name.Local == "v" && shared && inData > 0 && kept(row):
			number, _, _ := strings.Cut(string(part[value:to]), "<")
			if n, err := strconv.Atoi(strings.TrimSpace(number)); err == nil {
				used[n] = true
			}
		case e.Name.Local == "sheetData":
			inData--
		case e.Name.Local == "row" && inData > 0 && kept(row):
			out.Write(part[e.from:to])
		case e.Name.Local == "row" && inData > 0:
			out.WriteString("<" + tagOf(part, e, "row") + ` r="` + strconv.Itoa(row) + `"/>`)
		case e.depth == 1:
			out.WriteString("</" + tagOf(part, e, "sheetData") + "></" + tagOf(part, e, e.Name.Local) + ">")
		}
	})
	return out.Bytes(), err
}

// thinTexts gives the shared texts, those that are not used empty.
func (w *workbook) thinTexts(name string, used map[int]bool) ([]byte, error) {
	part, err := w.whole(name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	n := 0
	err = walk(part, func(e element) {
		if e.depth == 1 {
			out.Write(opened(part[e.from:e.to]))
		}
	}, func(e element, to int64) {
		switch {
		case e.Name.Local == "si":
			if used[n] {
				out.Write(part[e.from:to])
			} else {
				out.WriteString("<" + tagOf(part, e, "si") + "/>")
			}
			n++
		case e.depth == 1:
			out.WriteString("</" + tagOf(part, e, e.Name.Local) + ">")
		}
	})
	return out.Bytes(), err
}

// opened gives a start tag as one that something stands in.
func opened(tag []byte) []byte {
	if within, empty := bytes.CutSuffix(tag, []byte("/>")); empty {
		return append(bytes.Clone(within), '>')
	}
	return tag
}

// tagOf gives a name with the prefix that an element has.
func tagOf(part []byte, e element, name string) string {
	tag := string(part[e.from+1 : e.to])
	if at := strings.IndexAny(tag, " \t\r\n/>"); at >= 0 {
		tag = tag[:at]
	}
	if prefix, _, found := strings.Cut(tag, ":"); found {
		return prefix + ":" + name
	}
	return name
}
