package extract

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"homeward/internal/delay"
)

// CountRecords counts what the splitter makes of comma-separated text.
func CountRecords(src io.Reader) int {
	s := &splitter{lines: newLineReader(src, DefaultLimits().Line, headLength), sep: ','}
	n := 0
	for {
		if _, ok := s.next(); !ok {
			return n
		}
		n++
	}
}

// pack makes a workbook of one sheet and shared texts, given as XML.
func pack(t testing.TB, sheet, shared string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"_rels/.rels", `<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="s.xml"/><Relationship Id="r2" ` +
			`Type="x/sharedStrings" Target="t.xml"/></Relationships>`},
		{"xl/s.xml", sheet}, {"xl/t.xml", shared},
	} {
		w, err := z.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(part[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ReadDate reads a text as a layout with these formats does; the zero Day is no
// date.
func ReadDate(text string, formats ...string) delay.Day {
	return (&dateReader{formats: mustFormats(formats...)}).read([]byte(text)).day
}
