package extract

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

// unpacked is every part of a workbook, one after another.
func unpacked(t testing.TB, book []byte) string {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(f.Name + "\n")
		if _, err := io.Copy(&out, r); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// packed makes an archive of parts.
func packed(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Rows of people who are not ready go out of a workbook with everything else that
// may speak of them, and the other rows read as before under the same numbers
// (R13).
func TestR13RowsGoOutOfAWorkbook(t *testing.T) {
	t.Parallel()
	parts := map[string]string{
		"[Content_Types].xml": `<Types/>`,
		"_rels/.rels":         `<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"docProps/app.xml":    `<Properties>SECRET</Properties>`,
		"xl/comments1.xml":    `<comments>SECRET</comments>`,
		"xl/sharedStrings.xml": `<?xml version="1.0"?><x:sst xmlns:x="m"><x:si><x:t>Name</x:t></x:si><x:si><x:t>SECRET</x:t></x:si>` +
			`<x:si><x:r><x:t>Kept</x:t></x:r></x:si></x:sst>`,
		"xl/workbook.xml": `<workbook xmlns:r="r"><workbookPr codeName="SECRET"/><sheets>` +
			`<sheet name="SECRET" state="veryHidden" r:id="a"/><sheet name="Sheet 3" r:id="b"/><sheet name="SECRET two" r:id="c"/></sheets>` +
			`<definedNames><definedName name="SECRET">'SECRET'!$A$2</definedName></definedNames></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/a.xml"/>` +
			`<Relationship Id="b" Type="x/worksheet" Target="worksheets/b.xml"/>` +
			`<Relationship Id="c" Type="x/worksheet" Target="worksheets/c.xml"/>` +
			`<Relationship Id="s" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/a.xml": `<worksheet><sheetData><row r="2"><c t="s"><v>1</v></c></row></sheetData></worksheet>`,
		"xl/worksheets/c.xml": `<worksheet><sheetData/></worksheet>`,
		"xl/worksheets/b.xml": `<x:worksheet xmlns:x="m"><x:cols/><x:sheetData><x:row r="3"><x:c t="s"><x:v>0</x:v></x:c></x:row>` +
			`<x:row><x:c t="s"><x:v> 1 </x:v></x:c><x:c><x:v>31</x:v></x:c></x:row><!-- SECRET --><x:row r="6"/>` +
			`<x:row><x:c r="B7" t="s"><x:v>2</x:v></x:c></x:row></x:sheetData>` +
			`<x:autoFilter><x:filter val="SECRET"/></x:autoFilter></x:worksheet>`,
	}
	book := packed(t, parts)
	left, ok := blanked(t, book, "Sheet 3", []NotReadyRows{{First: 4, Last: 4}})
	if !ok {
		t.Fatal("R13 the rows cannot be taken out")
	}
	if text := unpacked(t, left); strings.Contains(text, "SECRET") || strings.Contains(text, ">31<") {
		t.Errorf("R13 what is left of the workbook is %s", text)
	}
	was, err := ReadGrids(book, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	is, err := ReadGrids(left, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(was[1].Rows, func(r GridRow) bool { return r.Line == 4 })
	same := slices.EqualFunc(is[1].Rows, want, func(a, b GridRow) bool { return a.Line == b.Line && slices.Equal(a.Cells, b.Cells) })
	if len(is) != 3 || len(is[0].Rows) != 0 || !same || len(want) != 2 {
		t.Errorf("R13 left are %+v, want %+v", is, want)
	}
	for i, want := range []Grid{{Name: "Sheet 1", Hidden: true}, {Name: "Sheet 3"}, {Name: "Sheet 3 (other)"}} {
		if is[i].Name != want.Name || is[i].Hidden != want.Hidden {
			t.Errorf("R13 sheet %d is %q, hidden %v; want %+v", i+1, is[i].Name, is[i].Hidden, want)
		}
	}
	if twice, ok := blanked(t, left, "Sheet 3", []NotReadyRows{{First: 4, Last: 4}}); !ok || !bytes.Equal(twice, left) {
		t.Error("R13 what is left cannot be thinned again")
	}
	again, ok := blanked(t, book, "Sheet 3", []NotReadyRows{{First: 4, Last: 4}})
	if !ok || !bytes.Equal(again, left) {
		t.Error("C10 the same rows taken out give other bytes")
	}
	// No list of such a workbook is read; it must not become one whose dates are
	// four years off.
	parts["xl/workbook.xml"] = strings.Replace(parts["xl/workbook.xml"], `codeName="SECRET"`, `date1904="true"`, 1)
	old, ok := blanked(t, packed(t, parts), "Sheet 3", []NotReadyRows{{First: 4, Last: 4}})
	if read, err := openWorkbook(old, DefaultLimits()); !ok || err != nil || !read.from1904 {
		t.Errorf("R2 its dates no longer count from 1904: %v", err)
	}
	for name, rows := range map[string][]NotReadyRows{"Nothing": nil, "": nil} {
		if _, ok := blanked(t, book, name, rows); ok {
			t.Errorf("R13 rows of the sheet %q, which is not there", name)
		}
	}
}

// FuzzBlankBook takes a row out of any sheet: if it says that it did, no row of
// that number has a cell and the others are what they were.
func FuzzBlankBook(f *testing.F) {
	f.Add("<worksheet><sheetData><row r=\"2\"><c t=\"s\"><v>0</v></c></row><row><c><v>7</v></c></row></sheetData></worksheet>",
		"<sst><si><t>RA9</t></si></sst>", 3)
	f.Add("<x:worksheet xmlns:x='y'><x:sheetData/><x:sheetData><x:row><x:c t='inlineStr'><x:is><x:t>a</x:t></x:is></x:c></x:row>"+
		"</x:sheetData></x:worksheet>", "<sst/>", 1)
	f.Add("<worksheet><sheetData><row><c><v>1</v><row r='1'><c t='s'><v>0</v></c></row></c></row></sheetData></worksheet>",
		"<sst><si/></sst>", 1)
	f.Fuzz(func(t *testing.T, sheet, shared string, row int) {
		limits := DefaultLimits()
		limits.Unpacked, limits.Rows = 1<<20, 10_000
		book := pack(t, sheet, shared)
		was, err := ReadGrids(book, limits)
		if err != nil || len(was) != 1 {
			return
		}
		left, ok := blanked(t, book, was[0].Name, []NotReadyRows{{First: row, Last: row}})
		if !ok {
			return
		}
		is, err := ReadGrids(left, limits)
		if err != nil {
			t.Fatalf("%v: %s", err, unpacked(t, left))
		}
		for _, r := range is[0].Rows {
			if r.Line == row {
				t.Fatalf("row %d is %v", row, r.Cells)
			}
		}
	})
}
