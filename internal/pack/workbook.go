package pack

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"homeward/internal/chart"
	"homeward/internal/definition"
	"homeward/internal/extract"
	"homeward/internal/measure"
)

// workbook makes the tables of the charts as sheets, with one that says what
// they are of and one that says how they are counted. A cell without a number is
// empty: a gap is not zero. Totals are left out, for a table in a spreadsheet
// would count them twice.
func workbook(f Figures, all []drawn, m *Manifest) ([]byte, error) {
	counted := f.Overview.Filter.Book.Counting()
	about := extract.Sheet{Name: "About", Head: []string{"What", "Which"}, Widths: []float64{28, 90}, Rows: [][]any{
		{"Partnership", m.Partnership}, {"Figures of", m.Place}, {"Data as at", f.Overview.AsAt}, {"From", f.Overview.From},
		{"To", f.Overview.To},
		{"Figures held at", m.HeldAt.Format(time.RFC3339)}, {"Days counted", strings.Replace(f.Overview.Filter.Basis.Words(), ", as", " as", 1) +
			" (" + m.Basis + ")"},
		{"Counted by", f.Overview.Filter.Book.Counting().NameWords()}, {"Which days count", f.Overview.Filter.Book.Counting().DayWords()},
		{"Rule set", m.RuleSet}, {"Made by", "Homeward " + m.Version},
	}}
	if m.Public {
		about.Rows = append(about.Rows, []any{"Public copy", publicWords + " " + publicMore + " " + measure.SuppressedMark +
			" stands where a count is not shown."})
	} else {
		about.Rows = append(about.Rows, []any{"Before you pass it on", "For the partnership. Counts under 5 are shown as they are, so do not " +
			"publish them."})
	}
	if len(m.Providers) > 0 {
		about.Rows = append(about.Rows, []any{"Limited to the providers", strings.Join(m.Providers, ", ")})
	}
	if len(m.Councils) > 0 {
		about.Rows = append(about.Rows, []any{"Limited to the councils", strings.Join(m.Councils, ", ")})
	}
	sheets := []extract.Sheet{about}
	for _, d := range all {
		c := d.chart
		s := extract.Sheet{Name: sheetName(c, counted), Head: c.Table.Head, Widths: []float64{30, 14}}
		var notes []string
		noted := false
		for _, row := range c.Table.Rows {
			var cells []any
			note := ""
			for i, cell := range row {
				switch {
				case cell.Numeric && strings.HasSuffix(cell.Text, "%"):
					cells = append(cells, extract.PerCent(cell.Value))
				case cell.Numeric && cell.Value == float64(int64(cell.Value)) && !strings.Contains(cell.Text, "."):
					cells = append(cells, int64(cell.Value))
				case cell.Numeric:
					cells = append(cells, cell.Value)
				case i == 0:
					// Months and days are dates; what is said of one stands in a column of
					// its own.
					var first any
					first, note = extract.ShownDate(cell.Text)
					cells = append(cells, first)
				case cell.Text == tooFew:
					cells = append(cells, measure.SuppressedMark)
				default:
					cells = append(cells, nil)
				}
			}
			if notes = append(notes, note); note != "" {
				noted = true
			}
			s.Rows = append(s.Rows, cells)
		}
		if noted {
			s.Head = append(slices.Clip(s.Head), "Note")
			for i := range s.Rows {
				s.Rows[i] = append(s.Rows[i], notes[i])
			}
		}
		sheets = append(sheets, s)
		sheets[0].Rows = append(sheets[0].Rows, []any{"Sheet " + s.Name, measureOf(c) + ". " + c.Title})
	}
	words := extract.Sheet{Name: "Definitions", Head: []string{"Measure", "Version", "Name", "What is counted", "How", "What is left out",
		"Unit", "Rules"},
		Widths: []float64{10, 9, 24, 50, 50, 50, 14, 16}}
	for _, d := range measure.Definitions(f.Overview.Filter.Book) {
		if d.ID == measure.CouncilShare && !f.Overview.Filter.Book.Divides() {
			continue
		}
		words.Rows = append(words.Rows, []any{d.ID, int64(d.Version), d.Name, d.Sentence, d.Formula, d.LeftOut, d.Unit, d.Rules})
	}
	var b bytes.Buffer
	err := extract.WriteSheets(&b, append(sheets, words))
	return b.Bytes(), err
}

// sheetNames are the names of the charts' sheets, by the charts' IDs.
var sheetNames = map[string]string{
	"people": "People waiting", "delayed-days": "Delayed days", "council-share": "Council share", "reasons": "Reasons",
}

// sheetName is the name of a chart's sheet; a measure that the convention names
// has that name (D3).
func sheetName(c chart.Chart, counted *definition.Convention) string {
	return cmp.Or(sheetNames[c.ID], counted.BedsWords())
}
