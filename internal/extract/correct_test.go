package extract_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/problem"
)

// Any cell of any sender's file can hold another text, and nothing else changes (R1).
func TestR1CorrectChangesOneCellAndNothingElse(t *testing.T) {
	limits := extract.DefaultLimits()
	type sent struct {
		name    string
		content []byte
		grids   []extract.Grid
	}
	var files []sent
	for _, pattern := range []string{"devon-2018-19/extracts/RH8*", "devon-2018-19/extracts/RK9*", "devon-2018-19/extracts/RA9*",
		"devon-2018-19/extracts/MHS_RWV*", "devon-2018-19/extracts/rbz*", "ledger-2026/scotland/S08*", "ledger-2026/england-acute/RA9*",
		"board-list/NCTR*"} {
		paths, err := filepath.Glob(filepath.Join(shared(t, "extracts"), pattern))
		if err != nil || len(paths) == 0 {
			t.Fatal("no files", pattern, err)
		}
		one := sent{name: filepath.Base(paths[len(paths)/2])}
		if one.content, err = os.ReadFile(paths[len(paths)/2]); err != nil {
			t.Fatal(err)
		}
		if one.grids, err = extract.ReadGrids(one.content, limits); err != nil {
			t.Fatal(err)
		}
		files = append(files, one)
	}
	done := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		f := files[rapid.IntRange(0, len(files)-1).Draw(t, "file")]
		g := f.grids[rapid.IntRange(0, len(f.grids)-1).Draw(t, "sheet")]
		if len(g.Rows) == 0 {
			return
		}
		row := g.Rows[rapid.IntRange(0, len(g.Rows)-1).Draw(t, "row")]
		cell := rapid.IntRange(0, len(row.Cells)-1).Draw(t, "cell")
		text := rapid.SampledFrom([]string{"", "A, b; c|e", `the "Larches"`, "1999-03-17", "Tŷ Gwyn £5", "0123", "=1+1", "x"}).Draw(t, "text")
		out, err := extract.Correct(f.content, []extract.Fix{{Sheet: g.Name, Line: row.Line, Cell: cell, Text: text}}, limits)
		if err != nil {
			// What cannot be done is said, not half done.
			if problem.KindOf(err) != problem.Invalid {
				t.Fatalf("%s: %v", f.name, err)
			}
			return
		}
		done[f.name] = true
		again, err := extract.ReadGrids(out, limits)
		if err != nil {
			t.Fatal(err)
		}
		differ := 0
		for i := range f.grids {
			for j, r := range f.grids[i].Rows {
				for k, was := range r.Cells {
					is := again[i].Rows[j].Cells[k]
					if is == was {
						continue
					}
					differ++
					if f.grids[i].Name != g.Name || r.Line != row.Line || k != cell {
						t.Errorf("%s: row %d, cell %d was %q and is %q", f.name, r.Line, k, was, is)
					}
				}
			}
		}
		if differ > 1 || (row.Cells[cell] != text) != (differ == 1) {
			t.Errorf("%s: %d cells differ", f.name, differ)
		}
	})
	if len(done) < len(files)-1 {
		t.Errorf("only %d of %d files could be changed", len(done), len(files))
	}
}

func TestCorrectLeavesTheBytesOfOtherCells(t *testing.T) {
	const file = "Ward;Ready;\"What; for\"\r\n\"Larch\";=\"2026-03-01\";\"a \"\"b\"\"; c\"\r\n Ash ;01/03/2026; d \r\n"
	at := func(line, cell int, text string) extract.Fix { return extract.Fix{Line: line, Cell: cell, Text: text} }
	for _, c := range []struct {
		fixes []extract.Fix
		want  string
	}{
		{[]extract.Fix{at(2, 1, "2026-03-02")}, strings.Replace(file, "=\"2026-03-01\"", "2026-03-02", 1)},
		{[]extract.Fix{at(3, 2, "e; f"), at(3, 0, "Elm")}, strings.Replace(file, " Ash ;01/03/2026; d ", "Elm;01/03/2026;\"e; f\"", 1)},
		{[]extract.Fix{at(2, 2, `say "no"`)}, strings.Replace(file, `"a ""b""; c"`, `"say ""no"""`, 1)},
		{[]extract.Fix{at(2, 0, "Oak"), at(3, 1, "")}, strings.NewReplacer(`"Larch"`, "Oak", "01/03/2026", "").Replace(file)},
	} {
		got, err := extract.Correct([]byte(file), c.fixes, extract.DefaultLimits())
		if err != nil || string(got) != c.want {
			t.Errorf("%v: %q, expected %q (%v)", c.fixes, got, c.want, err)
		}
	}
	// The other encodings of spreadsheets keep theirs, or become UTF-8.
	legacy := []byte("Ward,Ready\nT\xf2 Gwyn,1\nB,2\n")
	if got, err := extract.Correct(legacy, []extract.Fix{at(3, 0, "Café")}, extract.DefaultLimits()); err != nil ||
		string(got) != "Ward,Ready\nT\xf2 Gwyn,1\nCaf\xe9,2\n" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := extract.Correct(legacy, []extract.Fix{at(3, 0, "Tŷ")}, extract.DefaultLimits()); problem.KindOf(err) != problem.Invalid ||
		!strings.Contains(err.Error(), "Row 3") {
		t.Errorf("%v", err)
	}
	wide := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune("Ward\tReady\nTŷ\t1\n")) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	if got, err := extract.Correct(wide, []extract.Fix{at(2, 1, "2")}, extract.DefaultLimits()); err != nil ||
		string(got) != "\xEF\xBB\xBFWard\tReady\nTŷ\t2\n" {
		t.Errorf("%q %v", got, err)
	}
	for _, bad := range []extract.Fix{at(9, 0, "x"), at(2, 9, "x"), at(2, -1, "x"), at(2, 0, "a\nb"), at(2, 0, strings.Repeat("x", 201)),
		{Sheet: "other", Line: 2, Text: "x"}} {
		if got, err := extract.Correct([]byte(file), []extract.Fix{bad}, extract.DefaultLimits()); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%v: %q %v", bad, got, err)
		}
	}
	// A row that spans lines is not guessed at.
	spanning := []byte("Ward,Note\n\"Larch\",\"one\ntwo\"\nAsh,x\n")
	if _, err := extract.Correct(spanning, []extract.Fix{at(2, 1, "y")}, extract.DefaultLimits()); problem.KindOf(err) != problem.Invalid {
		t.Errorf("%v", err)
	}
}

// A day typed over a date of a workbook is a date again.
func TestCorrectWritesDatesOfAWorkbook(t *testing.T) {
	var book bytes.Buffer
	ready := delay.Date(2026, 3, 1)
	if err := extract.WriteWorkbook(&book, "List", [][]any{{"Ward", "Ready"}, nil, {"Larch", ready}, {"Ash", "1 March"}}); err != nil {
		t.Fatal(err)
	}
	got, err := extract.Correct(book.Bytes(), []extract.Fix{{Sheet: "List", Line: 3, Cell: 1, Text: "02/03/2026"},
		{Sheet: "List", Line: 4, Cell: 1, Text: "02/03/2026"}}, extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	grids, err := extract.ReadGrids(got, extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if day, ok := extract.DayOfSerial(grids[0].Rows[1].Cells[1]); !ok || day != ready+1 || !slices.Equal(grids[0].Rows[2].Cells,
		[]string{"Ash", "02/03/2026"}) {
		t.Errorf("%v", grids)
	}
}

func FuzzCorrect(f *testing.F) {
	f.Add([]byte("Ward,Note\n\"Larch\",\"one\ntwo\"\nAsh,x\n"), 3, 1, "y")
	f.Add([]byte("a;b\r\r\n\"x\"\"y\";\"\"\r1;2"), 2, 0, `"`)
	f.Add([]byte("Ward\tT\xf2\nx\t\"\n"), 2, 1, "é")
	f.Fuzz(func(t *testing.T, data []byte, line, cell int, text string) {
		out, err := extract.Correct(data, []extract.Fix{{Line: line, Cell: cell, Text: text}}, extract.DefaultLimits())
		if err != nil {
			return
		}
		grids, err := extract.ReadGrids(out, extract.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range grids[0].Rows {
			if r.Line == line && r.Cells[cell] != text {
				t.Fatal(fmt.Errorf("%q is %q, not %q", out, r.Cells[cell], text))
			}
		}
	})
}
