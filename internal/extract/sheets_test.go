package extract

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"homeward/internal/delay"
)

func writtenSheets(t *testing.T, sheets []Sheet) ([]byte, *excelize.File) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteSheets(&b, sheets); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return b.Bytes(), f
}

func TestSheetsAreTables(t *testing.T) {
	sheets := []Sheet{
		{Name: "Delayed days: by month?", Head: []string{"Month", "Days", "Beds", "Share", "To"}, Widths: []float64{20, 10},
			Rows: [][]any{{"October 2026", int64(1200), 38.71, PerCent(34.5), delay.MustDay("2026-10-31")},
				{Month(delay.MustDay("2026-11-01")), nil, nil, WholePerCent(25), nil}},
			Foot: []any{"All", int64(1200)}},
		{Name: "Empty", Head: []string{"Only"}},
		{Name: "empty", Head: []string{"Again", "again", ""}, Rows: [][]any{{"x"}}},
	}
	first, f := writtenSheets(t, sheets)
	for range 8 {
		if again, _ := writtenSheets(t, sheets); !bytes.Equal(first, again) {
			t.Fatal("C10 the same sheets give other bytes")
		}
	}
	if got := strings.Join(f.GetSheetList(), "|"); got != "Delayed days by month|Empty|Sheet 3" {
		t.Errorf("the sheets are %s", got)
	}
	name := f.GetSheetList()[0]
	tables, err := f.GetTables(name)
	if err != nil || len(tables) != 1 || tables[0].Range != "A1:E3" {
		t.Errorf("the tables are %+v, %v", tables, err)
	}
	head, err := f.GetRows("Sheet 3")
	if err != nil || len(head) == 0 || strings.Join(head[0], "|") != "Again|again (again)| (again)" {
		t.Errorf("the headings are %q, %v: a table has none empty and none twice", head, err)
	}
	panes, err := f.GetPanes(name)
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the heading is not frozen: %+v, %v", panes, err)
	}
	for cell, want := range map[string]string{"B2": "1200", "C2": "38.71", "D2": "0.345", "D3": "0.25",
		"E2": "46326", "A3": "46327", "A4": "All", "B4": "1200"} {
		if got, err := f.GetCellValue(name, cell, excelize.Options{RawCellValue: true}); got != want || err != nil {
			t.Errorf("%s is %q, %v, want %q", cell, got, err, want)
		}
		if kind, _ := f.GetCellType(name, cell); want != "All" &&
			(kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString) {
			t.Errorf("%s is text", cell)
		}
	}
	for cell, want := range map[string]string{"A3": "November 2026", "D2": "34.5%", "D3": "25%", "E2": "31 October 2026"} {
		if got, _ := f.GetCellValue(name, cell); got != want {
			t.Errorf("%s is shown as %q, want %q", cell, got, want)
		}
	}
	if got, _ := f.GetCellValue(name, "B3"); got != "" {
		t.Errorf("a gap is %q", got)
	}
}

func TestSheetsRunNoFormula(t *testing.T) {
	hostile := []string{"=cmd()|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1", "</t><f>1</f>", "a\x00b", "\u202e"}
	var rows [][]any
	for _, h := range hostile {
		rows = append(rows, []any{h})
	}
	b, f := writtenSheets(t, []Sheet{{Name: "='x'!A1", Head: []string{"=1+1"}, Rows: rows}})
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range z.File {
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r)
		if bytes.Contains(text, []byte("<f>")) {
			t.Errorf("R8 %s holds a formula", file.Name)
		}
	}
	name := f.GetSheetList()[0]
	if got, _ := f.GetCellValue(name, "A2"); got != hostile[0] {
		t.Errorf("the text became %q", got)
	}
	if got, _ := f.GetCellValue(name, "A8"); got != "ab" {
		t.Errorf("R8 a control character stays in %q", got)
	}
}
