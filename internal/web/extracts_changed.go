package web

import (
	"slices"

	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// changedOfFile gives the lines of what a file changed, which are kept without reason
// and type of care.
func changedOfFile(c *ingest.Changed) []ingest.DaysChange {
	var out []ingest.DaysChange
	for _, d := range c.Days {
		out = append(out, ingest.DaysChange{Month: d.Month, Provider: d.Provider, Council: d.Council, Responsible: d.Responsible,
			Before: d.Before, After: d.After})
	}
	return out
}

// beforeAndAfter heads a table of what was and what is, or would be.
func beforeAndAfter(id, caption, first, before, after string) page.Table {
	return page.Table{ID: id, Caption: caption, Head: []page.Head{{Text: first}, {Text: before, Numeric: true}, {Text: after, Numeric: true},
		{Text: "Difference", Numeric: true}}}
}

// beforeAndAfterLine is a line of it.
func beforeAndAfterLine(name string, before, after int64) []page.Cell {
	number := func(n int64) page.Cell { return page.Cell{Text: measure.Whole(n), Class: page.Numeric} }
	return []page.Cell{{Text: name, Header: true}, number(before), number(after),
		{Text: measure.Signed(after - before), Class: page.Numeric}}
}

// daysTables sets delayed days before beside those after, by each thing that the lines
// say they are counted by, where a sum changes. prefix begins the tables' IDs.
func (s *Server) daysTables(prefix, before, after string, days []ingest.DaysChange) []page.Table {
	var out []page.Table
	for _, by := range []struct {
		id, caption, first string
		of                 func(ingest.DaysChange) string
	}{
		{"month", "Delayed days by month", "Month", monthOf},
		{"reason", "Delayed days by reason", "Reason", func(d ingest.DaysChange) string { return d.Reason }},
		{"body", "Delayed days by responsible body", "Body", func(d ingest.DaysChange) string { return d.Responsible }},
		{"council", "Delayed days by council", "Council", func(d ingest.DaysChange) string { return s.againCouncil(d.Council) }},
		{"care", "Delayed days by type of care", "Type of care", func(d ingest.DaysChange) string { return d.Care }},
		{"hospital", "Delayed days by hospital", "Hospital", func(d ingest.DaysChange) string { return s.opts.Places.ProviderWords(d.Provider) }},
	} {
		if !slices.ContainsFunc(days, func(d ingest.DaysChange) bool { return by.of(d) != "" }) {
			continue // The lines do not say.
		}
		t := beforeAndAfter(prefix+by.id, by.caption, by.first, before, after)
		for _, l := range ingest.By(days, by.of) {
			t.Rows = append(t.Rows, beforeAndAfterLine(measure.UpperFirst(l.Month), l.Before, l.After))
		}
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	return out
}
