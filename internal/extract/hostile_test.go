package extract

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"homeward/internal/problem"
)

// split reads a text to its end.
func split(text string, want int, each func(record)) *splitter {
	s := &splitter{lines: newLineReader(strings.NewReader(text), 4<<20, len(text)), sep: ',', want: want}
	for {
		rec, ok := s.next()
		if !ok {
			return s
		}
		each(rec)
	}
}

// Marks that are never closed cost little more than the file is long, and no line is
// lost over it.
func TestR8MarksThatAreNeverClosed(t *testing.T) {
	const lines = 8000
	text := strings.Repeat(`"`+strings.Repeat("c", 1250)+"\n", lines)
	begin, n := time.Now(), 0
	split(text, 16, func(rec record) {
		if n++; rec.flaw != quoteAstray {
			t.Fatalf("line %d is taken for a row", rec.line)
		}
	})
	// Looking 200 lines ahead for each of them took minutes.
	if took := time.Since(begin); n != lines || took > 20*time.Second {
		t.Errorf("%d of %d lines in %s", n, lines, took)
	}
}

// Rows whose cells go over several lines stay rows, however many there are.
func TestR10ManyCellsOverLines(t *testing.T) {
	const rows = 200_000
	row := `1,"first ""line"" of a long note ` + strings.Repeat("x", 300) + "\nsecond \"\"line\"\"\nthird\",2\n"
	n := 0
	split(strings.Repeat(row, rows), 3, func(rec record) {
		if n++; rec.flaw != sound || len(rec.cells) != 3 {
			t.Fatalf("row %d: flaw %d, %d cells", n, rec.flaw, len(rec.cells))
		}
	})
	if n != rows {
		t.Errorf("%d of %d rows", n, rows)
	}
}

// A line of separators alone does not become millions of cells.
func TestR8CellsOfALine(t *testing.T) {
	for _, text := range []string{strings.Repeat(",", 1<<20), strings.Repeat(`"",`, 1<<18), `"a"x` + strings.Repeat(`,""`, 1<<18)} {
		split(text+"\n", 16, func(rec record) {
			if n := len(rec.cells); n > mostCells {
				t.Errorf("%d cells", n)
			}
			if got := rec.count(); got != "20000 or more" && len(rec.cells) == mostCells {
				t.Errorf("counted as %s", got)
			}
		})
	}
	// As many as a sheet has columns are told apart.
	split(strings.Repeat(",", 16_383)+"\n", 16, func(rec record) {
		if len(rec.cells) != 16_384 {
			t.Errorf("%d cells", len(rec.cells))
		}
	})
}

// bookOf packs a workbook of one sheet.
func bookOf(t *testing.T, sheet string, more ...string) []byte {
	t.Helper()
	parts := append([]string{
		"_rels/.rels", `<Relationships><Relationship Id="a" Type="/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<workbook><sheets><sheet name="List" id="a"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Type="/worksheet" Target="s.xml"/></Relationships>`,
		"xl/s.xml", sheet}, more...)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		f, err := w.Create(parts[i])
		if err == nil {
			_, err = f.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestR8ShapesOfAWorkbook(t *testing.T) {
	var parts []string
	for i := range mostParts {
		parts = append(parts, fmt.Sprint("p", i), "")
	}
	for name, c := range map[string]struct {
		book []byte
		want string
	}{
		"deep":            {bookOf(t, "<sheetData>"+strings.Repeat("<a>", 1000)), "stand in one another"},
		"many attributes": {bookOf(t, "<sheetData><row"+strings.Repeat(` a=""`, 1<<19)+"/></sheetData>"), "has more than 1 MB"},
		"a long text": {bookOf(t, `<sheetData><row><c t="str"><v>`+strings.Repeat("a", 2<<20)+"</v></c></row></sheetData>"),
			"has more than 1 MB"},
		"a long remark": {bookOf(t, "<sheetData><!--"+strings.Repeat(">", 2<<20)+"--></sheetData>"), "has more than 1 MB"},
		"many parts":    {bookOf(t, "<sheetData/>", parts...), "more than 10000 parts"},
	} {
		_, err := ReadGrids(c.book, DefaultLimits())
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The longest that a cell can hold is read.
	grids, err := ReadGrids(bookOf(t, `<sheetData><row><c t="str"><v>`+strings.Repeat("&#228;", 32_767)+"</v></c></row></sheetData>"),
		DefaultLimits())
	if err != nil || len(grids[0].Rows[0].Cells[0]) != 2*32_767 {
		t.Errorf("the longest cell: %v", err)
	}
}
