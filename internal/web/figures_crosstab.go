package web

import (
	"maps"
	"net/url"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// chipRow is a row of links to other tables of the same figures.
type chipRow struct {
	Name  string
	Items []chip
}

type chip struct {
	Text, Href string
	Current    bool
}

// crossWords names breakdowns in chips and forms.
var crossWords = map[measure.Dimension]string{measure.ByMonth: "Months", measure.ByWeek: "Weeks", measure.ByProvider: "Hospitals",
	measure.ByCouncil: "Councils", measure.ByReason: "Reasons", measure.ByResponsible: "Next step", measure.ByPathway: "Pathways",
	measure.ByCare: "Types of care", measure.ByState: "States"}

// crossed lists the breakdowns that the partnership had.
func crossed(see sight) []measure.Dimension {
	return slices.DeleteFunc(slices.Clone(page.Crossable), func(d measure.Dimension) bool {
		return (d == measure.ByResponsible || d == measure.ByState) && !see.divides()
	})
}

// crosstabOr adds to an address what asks for the table that is shown.
func crosstabOr(a page.Asked, q url.Values, by []measure.Dimension) url.Values {
	if a.Rows != "" {
		return page.WithCrosstab(q, a.Rows, a.Columns)
	}
	return page.WithBy(q, by...)
}

// crosstabChips lead to other rows, other columns and the list; q is the filter
// and the period.
func crosstabChips(see sight, a page.Asked, q url.Values) []chipRow {
	rows, columns, allowed := a.Rows, a.Columns, crossed(see)
	if rows == "" { // From the list to a crosstab of its first breakdowns, of days by months.
		first := make([]measure.Dimension, 0, len(a.By)+1)
		for _, d := range append(slices.Clone(a.By), measure.ByMonth) {
			if d == measure.ByDay {
				d = measure.ByMonth
			}
			if slices.Contains(allowed, d) && !slices.Contains(first, d) {
				first = append(first, d)
			}
		}
		if rows = first[0]; len(first) > 1 && len(a.By) > 1 {
			columns = first[1]
		}
	}
	chips := crossChips(allowed, rows, columns, a.Rows != "", func(rows, columns measure.Dimension) string {
		return page.Address("/figures", page.WithCrosstab(maps.Clone(q), rows, columns))
	})
	list := chip{Text: "List", Href: page.Address("/figures", page.WithBy(maps.Clone(q), a.By...)), Current: a.Rows == ""}
	chips[1].Items = append(chips[1].Items, list)
	return chips
}

// crossChips lead from a crosstab to those with other rows or other columns; shown
// says that it stands on the page.
func crossChips(allowed []measure.Dimension, rows, columns measure.Dimension, shown bool,
	to func(rows, columns measure.Dimension) string) []chipRow {
	down, across := chipRow{Name: "Rows"}, chipRow{Name: "Columns"}
	for _, d := range allowed {
		c := chip{Text: crossWords[d], Href: to(d, columns), Current: shown && d == rows}
		if d == columns {
			c.Href = to(d, rows) // They change places.
		}
		if !isPeriod(d) || !isPeriod(columns) || d == columns {
			down.Items = append(down.Items, c)
		}
		if d != rows && (d == measure.ByMonth || !isPeriod(d)) && (!isPeriod(d) || !isPeriod(rows)) {
			across.Items = append(across.Items, chip{Text: crossWords[d], Href: to(rows, d), Current: shown && d == columns})
		}
	}
	return []chipRow{down, across}
}

func isPeriod(d measure.Dimension) bool {
	return d == measure.ByWeek || d == measure.ByMonth
}

// crosstabGroups are the fields that choose rows and columns.
func crosstabGroups(allowed []measure.Dimension, a page.Asked) []page.ChoiceGroup {
	rows := page.ChoiceGroup{Legend: "Rows", Name: page.WordRows, Kind: "radio", Style: "radios"}
	columns := page.ChoiceGroup{Legend: "Columns", Name: page.WordColumns, Kind: "radio", Style: "radios"}
	for _, d := range allowed {
		rows.Items = append(rows.Items, page.Choice{ID: "rows-" + string(d), Value: string(d), Text: crossWords[d], Chosen: d == a.Rows})
		columns.Items = append(columns.Items, page.Choice{ID: "columns-" + string(d), Value: string(d), Text: crossWords[d],
			Chosen: d == a.Columns})
	}
	columns.Items = append(columns.Items, page.Choice{ID: "columns-none", Value: "", Text: "None", Chosen: a.Columns == ""})
	return []page.ChoiceGroup{rows, columns}
}

// figuresCrosstab is the crosstab of a breakdown. Days add up both ways; DToC
// beds and the share of social care, which do not, are reckoned for each row and
// for all from its days (C12).
func (s *Server) figuresCrosstab(a page.Asked, b breakdown) *page.Crosstab {
	c := measure.Crossed(b.Cells, a.Rows, a.Columns)
	t := s.crosstab(c, a.Rows, a.Columns, func(row, column *measure.Cell) string {
		if b.Past {
			return "" // The rows are those of today.
		}
		var cell measure.Cell
		asked := b
		asked.Table = &measure.Table{Query: b.Query}
		asked.Query.By = nil
		if row != nil {
			cell, asked.Query.By = *row, append(asked.Query.By, a.Rows)
		}
		if column != nil {
			cell, asked.Query.By = cell.And(*column, a.Columns), append(asked.Query.By, a.Columns)
		}
		return asked.rowsBehind(cell)
	})
	t.ID, t.Size = "crosstab", rowsWords(a.Rows, len(c.Rows))
	t.Caption = "Delayed days by " + lowerWords(a.Rows)
	if a.Columns != "" {
		t.Caption += " and " + lowerWords(a.Columns)
	}
	if b.Query.Filter.Basis == measure.BasisAgreed {
		t.Caption = "Agreed d" + t.Caption[1:]
	}
	t.Note = s.counting().BedsWords() + " are days divided by the calendar days of the row."
	if !b.Past {
		t.Note = "Each number opens its rows. " + t.Note
	}
	beds := func(days int64, calendar int) page.Cell {
		return page.Cell{Text: oneDecimal(float64(days) / float64(calendar)), Class: wideCell}
	}
	t.Heads = append(t.Heads, page.CrossHead{Text: s.counting().BedsWords(), Class: "app-crosstab__wide"})
	// Where days were not divided there is no council share (A8).
	share := a.Columns == measure.ByResponsible && slices.Contains(b.Numbers, measure.ShareN) && len(b.Query.Filter.Bodies) == 0
	social := slices.IndexFunc(c.Columns, func(c measure.Cell) bool { return c.Body == delay.SocialCare })
	socialShare := func(days []int64, all int64) page.Cell {
		if all == 0 {
			return page.Cell{Text: "Not applicable", Class: page.Numeric}
		}
		part := 0.0
		if social >= 0 {
			part = float64(days[social]) / float64(all)
		}
		return shareCell(part)
	}
	if share {
		t.Heads = append(t.Heads, page.CrossHead{Text: "Social care share", Short: "Share"})
	}
	for i, row := range c.Rows {
		line := &t.Rows[i]
		calendar := int(b.Query.To-b.Query.From) + 1
		if isPeriod(a.Rows) {
			calendar = b.Query.CalendarDays(row)
		}
		line.Cells = append(line.Cells, beds(c.RowTotals[i], calendar))
		if share {
			line.Cells = append(line.Cells, socialShare(c.Days[i], c.RowTotals[i]))
		}
		line.Tag = partOfPeriod(a.Rows, row.Period, b.Query.From, b.Query.To)
	}
	t.Foot = append(t.Foot, beds(c.Total, int(b.Query.To-b.Query.From)+1))
	if share {
		t.Foot = append(t.Foot, socialShare(c.ColTotals, c.Total))
	}
	return &t
}

// partOfPeriod says which part of a month or week is counted, when not all is.
func partOfPeriod(d measure.Dimension, day, from, to delay.Day) string {
	var first, last delay.Day
	switch d {
	case measure.ByMonth:
		first, last = day.Month().First(), day.Month().Last()
	case measure.ByWeek:
		first, last = day.Week(), day.Week()+6
	default:
		return ""
	}
	switch {
	case first < from && last > to:
		return from.Time().Format("2 Jan") + " to " + to.Time().Format("2 Jan")
	case first < from:
		return "from " + from.Time().Format("2 Jan")
	case last > to:
		return "to " + to.Time().Format("2 Jan")
	}
	return ""
}

func lowerWords(d measure.Dimension) string {
	switch d {
	case measure.ByResponsible:
		return "next step"
	case measure.ByCare:
		return "type of care"
	case measure.ByProvider:
		return "hospital"
	}
	return string(d)
}
