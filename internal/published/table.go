package published

import (
	"strconv"
	"strings"
)

// Levels are the levels in the order in which they are listed.
var Levels = []Level{Nation, Region, ICB, Provider, Council, Board}

// Table gives comparisons as rows, one a step; those without steps from the
// published figure have the mark that stands in its place.
func Table(list []Comparison) (head []string, rows [][]string) {
	head = []string{"series", "period", "level", "code", "name", "measure", "breakdown", "kind", "words", "value", "running", "mark",
		"convention", "file", "notes"}
	for _, c := range list {
		for _, s := range c.Steps {
			rows = append(rows, []string{c.Series, c.Period.String(), string(c.Level), c.Code, c.Name, c.Measure, c.Breakdown, string(s.Kind),
				s.Words, s.Value.String(), s.Running.String(), c.Mark, c.Convention, strconv.FormatInt(c.File, 10), strings.Join(c.Notes, " ")})
		}
	}
	return head, rows
}

// StepJSON and ComparisonJSON are a comparison as programs get it.
type StepJSON struct {
	Kind    Kind    `json:"kind"`
	Words   string  `json:"words"`
	Value   Decimal `json:"value"`
	Running Decimal `json:"running"`
}

// ComparisonJSON is one comparison. Published and Difference are missing where
// the publisher shows a mark.
type ComparisonJSON struct {
	Series       string     `json:"series"`
	Period       string     `json:"period"`
	Level        Level      `json:"level"`
	Code         string     `json:"code"`
	Name         string     `json:"name"`
	Measure      string     `json:"measure"`
	Breakdown    string     `json:"breakdown,omitempty"`
	Convention   string     `json:"convention"`
	Published    *Decimal   `json:"published,omitempty"`
	Mark         string     `json:"mark,omitempty"`
	Ours         Decimal    `json:"ours"`
	Difference   *Decimal   `json:"difference,omitempty"`
	NotExplained *Decimal   `json:"not_explained,omitempty"`
	Steps        []StepJSON `json:"steps"`
	Notes        []string   `json:"notes,omitempty"`
	File         int64      `json:"file"`
}

// JSON gives comparisons as programs get them.
func JSON(list []Comparison) []ComparisonJSON {
	out := make([]ComparisonJSON, len(list))
	for i, c := range list {
		j := ComparisonJSON{Series: c.Series, Period: c.Period.String(), Level: c.Level, Code: c.Code, Name: c.Name, Measure: c.Measure,
			Breakdown: c.Breakdown, Convention: c.Convention, Mark: c.Mark, Ours: c.Ours, Notes: c.Notes, File: c.File}
		if c.Mark == "" {
			d, u := c.Difference(), c.Unexplained()
			j.Published, j.Difference, j.NotExplained = &c.Published, &d, &u
		}
		for _, s := range c.Steps {
			j.Steps = append(j.Steps, StepJSON(s))
		}
		out[i] = j
	}
	return out
}

// MarshalJSON writes the number in its digits.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }
