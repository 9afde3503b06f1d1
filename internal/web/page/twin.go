package page

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"

	"homeward/internal/csvout"
	"homeward/internal/measure"
)

// Column is one column of a twin. Numbers are written as numbers in JSON.
type Column struct {
	Name   string
	Number bool
}

// Twin is a data page's content as rows: what its CSV and JSON forms hold.
type Twin struct {
	// Title, From and To say what the rows are.
	Title, From, To string
	// Definition is the measure's in words, one for each measure in the rows.
	Definitions []string
	Columns     []Column
	Rows        [][]string
	// Measure is the measure of every row; empty when the rows have a measure_id
	// of their own.
	Measure string
	// AsAt is the day the data speaks of, in ISO form.
	AsAt string
	// Basis says which days are counted in every row. RowBasis, where it is given,
	// says so row by row: people who wait are counted whatever is agreed.
	Basis    measure.Basis
	RowBasis []measure.Basis
	// RuleVersion names the rule set; empty means the one in force today.
	RuleVersion string
	// RowRules, where it is given, names the rule set row by row.
	RowRules []string
	// Convention names the counting convention of the rows, empty where they are
	// of another count than the partnership's own (D3).
	Convention string
}

// ownConvention says that the rows name their own convention.
func (t Twin) ownConvention() bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == "convention" })
}

// WriteCSV writes the rows as CSV, the last columns of each being where it comes from;
// rules names the rule set in force today. A text cell that a spreadsheet would run as a
// formula is given an apostrophe (R8).
func (t Twin) WriteCSV(to io.Writer, rules string) error {
	w := csvout.New(to)
	var line []string
	for _, col := range t.Columns {
		line = append(line, col.Name)
	}
	own := t.ownConvention()
	if !own {
		line = append(line, "convention")
	}
	if t.Measure != "" {
		line = append(line, "measure_id")
	}
	if err := w.Write(append(line, "basis", "rule_version", "data_as_at")); err != nil {
		return err
	}
	number := func(i int) bool { return i < len(t.Columns) && t.Columns[i].Number }
	for n, row := range t.Rows {
		line = append(line[:0], row...)
		if !own {
			line = append(line, t.Convention)
		}
		if t.Measure != "" {
			line = append(line, t.Measure)
		}
		if err := w.WriteMixed(append(line, t.basisOf(n).String(), t.rulesOf(n, rules), t.AsAt), number); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// JSON gives the same rows as they are written in JSON.
func (t Twin) JSON(rules string) any {
	rows := make([]map[string]any, len(t.Rows))
	for i, row := range t.Rows {
		m := make(map[string]any, len(row))
		for j, cell := range row {
			switch {
			case t.Columns[j].Number && cell == "":
				m[t.Columns[j].Name] = nil
			case t.Columns[j].Number:
				m[t.Columns[j].Name] = json.Number(cell)
			default:
				m[t.Columns[j].Name] = cell
			}
		}
		if t.RowBasis != nil {
			m["basis"] = t.basisOf(i).String()
		}
		if t.RowRules != nil {
			m["rule_version"] = t.rulesOf(i, rules)
		}
		rows[i] = m
	}
	columns := make([]string, len(t.Columns))
	for i, col := range t.Columns {
		columns[i] = col.Name
	}
	return struct {
		Title       string           `json:"title"`
		Measure     string           `json:"measure_id,omitempty"`
		Definitions []string         `json:"definitions"`
		From        string           `json:"from,omitempty"`
		To          string           `json:"to,omitempty"`
		Basis       string           `json:"basis"`
		RuleVersion string           `json:"rule_version"`
		Convention  string           `json:"convention,omitempty"`
		DataAsAt    string           `json:"data_as_at"`
		Columns     []string         `json:"columns"`
		Rows        []map[string]any `json:"rows"`
	}{t.Title, t.Measure, t.Definitions, t.From, t.To, t.Basis.String(), cmp.Or(t.RuleVersion, rules), t.Convention, t.AsAt, columns, rows}
}

// basisOf is the basis of a row.
func (t Twin) basisOf(row int) measure.Basis {
	if row >= 0 && row < len(t.RowBasis) {
		return t.RowBasis[row]
	}
	return t.Basis
}

// rulesOf names the rule set of a row; rules is the one in force today.
func (t Twin) rulesOf(row int, rules string) string {
	if row >= 0 && row < len(t.RowRules) {
		return cmp.Or(t.RowRules[row], t.RuleVersion, rules)
	}
	return cmp.Or(t.RuleVersion, rules)
}
