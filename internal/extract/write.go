package extract

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"homeward/internal/delay"
)

// WriteWorkbook writes an XLSX with one sheet, such as package synth makes. A
// cell may be a text, a number or a delay.Day, which becomes an Excel date; a
// nil row is left blank, as are nil, "" and the zero Day. The same cells give
// the same bytes.
func WriteWorkbook(w io.Writer, sheet string, rows [][]any) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return fmt.Errorf("sheet name: %w", err)
	}
	british := "dd/mm/yyyy"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &british})
	if err != nil {
		return fmt.Errorf("date style: %w", err)
	}
	s, err := f.NewStreamWriter(sheet)
	if err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	for i, row := range rows {
		if row == nil {
			continue
		}
		cells := make([]any, len(row))
		for j, v := range row {
			switch v := v.(type) {
			case delay.Day:
				if v != 0 {
					cells[j] = excelize.Cell{StyleID: style, Value: excelDate(v)}
				}
			case string:
				if v != "" {
					cells[j] = v
				}
			default:
				cells[j] = v
			}
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
		if err := s.SetRow(at, cells); err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
	}
	if err := s.Flush(); err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	return f.Write(w)
}

// excelDate gives the day's number in Excel's 1900 system, in which 1 January
// 1970 is 25,569.
func excelDate(d delay.Day) int { return int(d-delay.Date(1970, 1, 1)) + 25_569 }
