package extract

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"homeward/internal/delay"
)

// Sheet is one sheet of a workbook that people work with: a table under a
// heading that stays in sight.
type Sheet struct {
	// Name is the sheet's, up to 31 characters; those that sheets may not have
	// are left out.
	Name string
	// Head are the table's headings. One that is empty or stands a second time is
	// written so that it differs from the others, as a table needs.
	Head []string
	// Rows are cells of text, int64, float64, PerCent, WholePerCent, delay.Day,
	// Month or nil, which is left empty. Text stays text: what looks like a
	// formula is not one (R8).
	Rows [][]any
	// Foot is a row of totals in bold below the table and outside of it, so that
	// a spreadsheet counts nothing twice; nil for none.
	Foot []any
	// Widths are those of the columns, in characters; the last stands for the
	// rest.
	Widths []float64
}

// PerCent is a number of per cent: 34.5 is stored as the share 0.345 and shown as
// 34.5%.
type PerCent float64

// WholePerCent is a number of per cent that is known without decimals: 25 is
// stored as 0.25 and shown as 25%.
type WholePerCent float64

// Month is the first day of a month, shown as October 2026.
type Month delay.Day

// WriteSheets writes an XLSX of the sheets, each a table that spreadsheets know
// as one, with its heading frozen. The same sheets give the same bytes.
func WriteSheets(w io.Writer, sheets []Sheet) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	var styles sheetStyles
	for _, s := range []struct {
		format string
		into   *int
	}{{"d mmmm yyyy", &styles.day}, {"mmmm yyyy", &styles.month}, {"0.0%", &styles.part}, {"0%", &styles.wholePart},
		{"#,##0", &styles.whole}, {"#,##0.0##", &styles.number}} {
		if *s.into, err = f.NewStyle(&excelize.Style{CustomNumFmt: &s.format, Alignment: &excelize.Alignment{Vertical: "top"}}); err != nil {
			return fmt.Errorf("style: %w", err)
		}
	}
	if styles.text, err = f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}); err != nil {
		return fmt.Errorf("style: %w", err)
	}
	if styles.head, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true},
		Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}); err != nil {
		return fmt.Errorf("style: %w", err)
	}
	if err := styles.makeTotals(f); err != nil {
		return fmt.Errorf("style: %w", err)
	}
	used := map[string]bool{}
	for i, sheet := range sheets {
		name := sheetName(sheet.Name, i, used)
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err == nil {
			err = styles.write(f, name, i, sheet)
		}
		if err != nil {
			return fmt.Errorf("sheet %d: %w", i+1, err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return err
	}
	return inOrder(w, b.Bytes())
}

// inOrder writes the parts of a workbook in the order of their names: excelize
// writes streamed sheets in the order of a map.
func inOrder(w io.Writer, book []byte) error {
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		return err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	out := zip.NewWriter(w)
	for _, part := range in.File {
		if err := out.Copy(part); err != nil {
			return err
		}
	}
	return out.Close()
}

type sheetStyles struct {
	head, text, day, month, part, wholePart, whole, number int
	// total has the bold style of each of these.
	total map[int]int
}

// makeTotals makes the styles of a row of totals.
func (st *sheetStyles) makeTotals(f *excelize.File) error {
	st.total = map[int]int{}
	for _, of := range []int{st.text, st.day, st.month, st.part, st.wholePart, st.whole, st.number} {
		style, err := f.GetStyle(of)
		if err != nil {
			return err
		}
		style.Font = &excelize.Font{Bold: true}
		if st.total[of], err = f.NewStyle(style); err != nil {
			return err
		}
	}
	return nil
}

func (st sheetStyles) write(f *excelize.File, name string, at int, sheet Sheet) error {
	s, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i := range sheet.Head {
		if len(sheet.Widths) > 0 {
			if err := s.SetColWidth(i+1, i+1, sheet.Widths[min(i, len(sheet.Widths)-1)]); err != nil {
				return err
			}
		}
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	head := make([]any, len(sheet.Head))
	for i, h := range unlike(sheet.Head) {
		head[i] = excelize.Cell{StyleID: st.head, Value: storable(h)}
	}
	if err := s.SetRow("A1", head); err != nil {
		return err
	}
	for i, row := range sheet.Rows {
		cells := make([]any, len(row))
		for j, v := range row {
			if cells[j], err = st.cell(v); err != nil {
				return fmt.Errorf("row %d: %w", i+2, err)
			}
		}
		start, err := excelize.CoordinatesToCellName(1, i+2)
		if err != nil {
			return err
		}
		if err := s.SetRow(start, cells); err != nil {
			return err
		}
	}
	if sheet.Foot != nil {
		cells := make([]any, len(sheet.Foot))
		for j, v := range sheet.Foot {
			cell, err := st.cell(v)
			if err != nil {
				return fmt.Errorf("total: %w", err)
			}
			if one, ok := cell.(excelize.Cell); ok {
				one.StyleID = st.total[one.StyleID]
				cell = one
			}
			cells[j] = cell
		}
		start, err := excelize.CoordinatesToCellName(1, max(len(sheet.Rows), 1)+2)
		if err != nil {
			return err
		}
		if err := s.SetRow(start, cells); err != nil {
			return err
		}
	}
	end, err := excelize.CoordinatesToCellName(len(sheet.Head), max(len(sheet.Rows), 1)+1)
	if err != nil {
		return err
	}
	if err := s.AddTable(&excelize.Table{Range: "A1:" + end, Name: fmt.Sprintf("Table%d", at+1), StyleName: "TableStyleLight1"}); err != nil {
		return err
	}
	return s.Flush()
}

func (st sheetStyles) cell(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		if v == "" {
			return nil, nil
		}
		return excelize.Cell{StyleID: st.text, Value: storable(v)}, nil
	case int64:
		return excelize.Cell{StyleID: st.whole, Value: v}, nil
	case float64:
		return excelize.Cell{StyleID: st.number, Value: Digits15(v)}, nil
	case PerCent:
		return excelize.Cell{StyleID: st.part, Value: Digits15(float64(v) / 100)}, nil
	case WholePerCent:
		return excelize.Cell{StyleID: st.wholePart, Value: Digits15(float64(v) / 100)}, nil
	case Month:
		return excelize.Cell{StyleID: st.month, Value: excelDate(delay.Day(v))}, nil
	case delay.Day:
		return excelize.Cell{StyleID: st.day, Value: excelDate(v)}, nil
	}
	return nil, fmt.Errorf("a cell of type %T", v)
}

// unlike makes headings differ from each other, as those of a table must.
func unlike(heads []string) []string {
	seen := map[string]bool{}
	out := make([]string, len(heads))
	for i, h := range heads {
		for h == "" || seen[strings.ToLower(h)] {
			h += " (again)"
		}
		seen[strings.ToLower(h)] = true
		out[i] = h
	}
	return out
}

// Digits15 rounds to the 15 significant digits that a spreadsheet keeps of a
// number. excelize cuts what is longer off, which would be a different number.
func Digits15(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	if err != nil { // Only of what rounds to infinity.
		return v
	}
	return rounded
}

// longestCell is how many characters a cell can hold.
const longestCell = 32_767

// storable takes out of a text what no cell can hold.
func storable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > longestCell {
		s = string(r[:longestCell])
	}
	return s
}

var notInSheetNames = regexp.MustCompile(`[\[\]:*?/\\'\x00-\x1f]+`)

func sheetName(name string, at int, used map[string]bool) string {
	name = strings.Join(strings.Fields(notInSheetNames.ReplaceAllString(name, " ")), " ")
	if r := []rune(name); len(r) > 31 {
		name = strings.TrimSpace(string(r[:31]))
	}
	if key := strings.ToLower(name); name == "" || used[key] {
		name = fmt.Sprintf("Sheet %d", at+1)
	}
	used[strings.ToLower(name)] = true
	return name
}
