package web

import (
	"slices"

	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// changedDay is a number of delayed days before and after, with what it is counted
// by.
type changedDay struct {
	month, provider, council, body string
	before, after                  int64
}

// changedOfFile gives the lines of what a file changed.
func changedOfFile(c *ingest.Changed) []changedDay {
	var out []changedDay
	for _, d := range c.Days {
		out = append(out, changedDay{d.Month, d.Provider, d.Council, d.Responsible, d.Before, d.After})
	}
	return out
}

// changedTables sets delayed days before beside those after, by month, body,
// council and hospital. prefix begins the tables' IDs.
func (s *Server) changedTables(prefix string, days []changedDay) []page.Table {
	number := func(n int64) page.Cell { return page.Cell{Text: measure.Whole(n), Class: page.Numeric} }
	var out []page.Table
	for _, by := range []struct {
		id, caption, first string
		of                 func(changedDay) string
	}{
		{"month", "Delayed days by month", "Month", func(d changedDay) string { return monthOf(ingest.DaysChange{Month: d.month}) }},
		{"body", "Delayed days by responsible body", "Body", func(d changedDay) string { return measure.UpperFirst(d.body) }},
		{"council", "Delayed days by council", "Council", func(d changedDay) string { return measure.UpperFirst(s.againCouncil(d.council)) }},
		{"hospital", "Delayed days by hospital", "Hospital", func(d changedDay) string { return s.opts.Places.ProviderWords(d.provider) }},
	} {
		t := page.Table{ID: prefix + by.id, Caption: by.caption, Head: []page.Head{{Text: by.first}, {Text: "Before", Numeric: true},
			{Text: "After", Numeric: true}, {Text: "Difference", Numeric: true}}}
		var names []string
		sums := map[string]*changedDay{}
		for _, d := range days {
			name := by.of(d)
			if sums[name] == nil {
				sums[name] = &changedDay{}
				names = append(names, name)
			}
			sums[name].before += d.before
			sums[name].after += d.after
		}
		names = slices.DeleteFunc(names, func(name string) bool { return sums[name].before == sums[name].after })
		for _, name := range names {
			d := sums[name]
			t.Rows = append(t.Rows, []page.Cell{{Text: name, Header: true}, number(d.before), number(d.after),
				{Text: measure.Signed(d.after - d.before), Class: page.Numeric}})
		}
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	return out
}
