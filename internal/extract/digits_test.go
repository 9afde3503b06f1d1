package extract

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

// A number in a workbook is the nearest with 15 digits, not one cut short.
func TestWorkbookNumbersAreRounded(t *testing.T) {
	for v, want := range map[float64]string{
		2.177979347631127: "2.17797934763113", 94.01696261562508: "94.0169626156251", 0.1: "0.1", 1.0 / 3: "0.333333333333333",
		2.0 / 3: "0.666666666666667", -2.0 / 3: "-0.666666666666667", 1e-7 / 3: "0.0000000333333333333333", 29.9999999999999999: "30",
	} {
		var b bytes.Buffer
		if err := WriteSheets(&b, []Sheet{{Name: "N", Head: []string{"n", "p"}, Rows: [][]any{{v, PerCent(v * 100)}}}}); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range []string{"A2", "B2"} {
			if got, err := f.GetCellValue("N", cell, excelize.Options{RawCellValue: true}); err != nil || got != want {
				t.Errorf("%v is written as %s in %s (%v), want %s", v, got, cell, err, want)
			}
		}
	}
}
