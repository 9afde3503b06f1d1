package web

import (
	"slices"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// levelText writes the agreed level that stands on the last day of a reading,
// in the unit of value; empty where none does.
func levelText(levels []measure.Level, r measure.TrendReading) string {
	for _, l := range levels {
		if l.InForce(r.Last) {
			return measure.Exact(l.Value)
		}
	}
	return ""
}

// levelsTable lists the agreed levels of the measures that keep names, those in
// force first, then those to come. Levels of the past are on the charts of
// their time.
func (s *Server) levelsTable(keep func(measure.Metric) bool) page.Table {
	t := page.Table{ID: "levels-table", Caption: "Agreed levels", HiddenCaption: true,
		Head: []page.Head{{Text: "Measure"}, {Text: "Level", Numeric: true}, {Text: "Of"},
			{Text: "From"}, {Text: "To"}, {Text: "Agreed"}, {Text: "Stands"}}}
	today := s.today()
	for _, m := range measure.Metrics(s.opts.Places.Book) {
		for _, l := range s.opts.Levels {
			if l.Metric != m.Word || !keep(m) || l.To != 0 && l.To < today {
				continue
			}
			stands := "In force"
			if l.From > today {
				stands = "Not begun"
			}
			t.Rows = append(t.Rows, []page.Cell{{Text: m.ID + " " + m.Name, Header: true}, {Text: agreedLevel(m, l), Class: page.Numeric},
				{Text: s.levelPlace(l)},
				{Text: l.From.Long()}, {Text: levelEnd(l)}, {Text: agreedWords(l)}, {Text: stands}})
		}
	}
	slices.SortStableFunc(t.Rows, func(a, b []page.Cell) int {
		return slices.Index(levelOrder, a[len(a)-1].Text) - slices.Index(levelOrder, b[len(b)-1].Text)
	})
	return t
}

var levelOrder = []string{"In force", "Not begun"}

// agreedLevel writes a level in its unit.
func agreedLevel(m measure.Metric, l measure.Level) string {
	if m.Percent {
		return measure.PerCent(l.Value)
	}
	words := oneDecimal(l.Value) + " " + m.Unit
	if l.Grain != "" {
		words += " a " + string(l.Grain)
	}
	return words
}

func (s *Server) levelPlace(l measure.Level) string {
	switch {
	case l.Provider != "":
		return s.opts.Places.ProviderWords(l.Provider)
	case l.Council != "":
		return s.opts.Places.CouncilWords(l.Council)
	}
	return "All hospitals and councils"
}

func levelEnd(l measure.Level) string {
	if l.To == 0 {
		return "Until changed"
	}
	return l.To.Long()
}

func agreedWords(l measure.Level) string {
	if l.Change == "" {
		return l.Agreed
	}
	return l.Agreed + "; change agreed: " + l.Change
}

// levelJSON is an agreed level in JSON.
type levelJSON struct {
	Measure  string `json:"measure"`
	Metric   string `json:"metric"`
	Grain    string `json:"grain,omitempty"`
	Provider string `json:"provider,omitempty"`
	Council  string `json:"council,omitempty"`
	// Level is in the measure's unit, shares as parts of 1.
	Level  float64 `json:"level"`
	From   string  `json:"from"`
	To     string  `json:"to,omitempty"`
	Agreed string  `json:"agreed"`
	Change string  `json:"change_agreed,omitempty"`
}

// levelsBody are the levels of the measure with the ID.
func (s *Server) levelsBody(id string) []levelJSON {
	out := []levelJSON{}
	for _, l := range s.opts.Levels {
		m, ok := measure.MetricOf(l.Metric, nil)
		if !ok || m.ID != id {
			continue
		}
		out = append(out, levelJSON{Measure: m.ID, Metric: l.Metric, Grain: string(l.Grain), Provider: l.Provider, Council: string(l.Council),
			Level: l.Value, From: l.From.String(), To: dayText(l.To), Agreed: l.Agreed, Change: l.Change})
	}
	return out
}

func dayText(d delay.Day) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
