package pack

import (
	"bytes"
	"strconv"
	"strings"

	"homeward/internal/chart"
	"homeward/internal/csvout"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// twin is a chart's table as CSV: column names first, the numbers as plotted,
// and on every row what they are and where they come from. A cell without a
// number is empty: a gap is not zero.
func twin(c chart.Chart, basis measure.Basis, rules, convention string, asAt delay.Day) ([]byte, error) {
	var b bytes.Buffer
	w := csvout.New(&b)
	var head []string
	for _, h := range c.Table.Head {
		head = append(head, columnName(h))
	}
	if err := w.Write(append(head, "convention", "measure_id", "basis", "rule_version", "data_as_at")); err != nil {
		return nil, err
	}
	for _, row := range c.Table.Rows {
		var out []string
		for i, cell := range row {
			switch {
			case cell.Numeric:
				out = append(out, strconv.FormatFloat(cell.Value, 'f', -1, 64))
			case i == 0:
				out = append(out, cell.Text)
			case cell.Text == tooFew:
				out = append(out, measure.SuppressedMark)
			default:
				out = append(out, "")
			}
		}
		if err := w.WriteMixed(append(out, convention, measureOf(c), basis.String(), rules, asAt.String()),
			func(i int) bool { return i < len(row) && row[i].Numeric }); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// columnName writes a heading as a column name: "Social care" as social_care.
func columnName(head string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(head), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "_")
}
