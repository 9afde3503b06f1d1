package chart

import (
	"strings"
	"testing"
	"unicode/utf8"

	"homeward/internal/delay"
)

// moved is a change of the share in parts of the points given.
func moved(points ...int) Moved {
	m := Moved{From: delay.MustDay("2026-10-01"), To: delay.MustDay("2026-10-31"), WasFrom: delay.MustDay("2026-09-01"),
		WasTo: delay.MustDay("2026-09-30"),
		Noun:  "hospital", AsAt: delay.MustDay("2026-11-04")}
	names := []string{"Northgate General", "Southmoor", "Westhaven"}
	for i, p := range points {
		m.Parts = append(m.Parts, MovedPart{Name: names[i], Now: int64(560 - i*200), Was: int64(540 - i*190), Points: p})
		m.Change += p
		m.Now, m.Was = m.Now+m.Parts[i].Now, m.Was+m.Parts[i].Was
	}
	return m
}

func TestPartsOfAChangeAreTheNumbersOfTheirTable(t *testing.T) {
	m := moved(23, 11, -6)
	c := MovedOf(m, "Northshire")
	drawn := read(t, c).values(t, "Points")
	sum := 0.0
	for i, p := range m.Parts {
		if cell := c.Table.Rows[i][3]; !same(cell.Value, float64(p.Points)/10) || !same(drawn[i], cell.Value) {
			t.Errorf("%s: the measure has %d tenths, the table %v, the drawing %v", p.Name, p.Points, cell.Value, drawn[i])
		}
		sum += drawn[i]
	}
	if foot := c.Table.Foot[3]; !same(sum, foot.Value) || foot.Text != "+2.8" {
		t.Errorf("the parts add up to %v, the change is %v", sum, foot)
	}
	if svg := draw(t, c); !strings.Contains(svg, "+2.3") || !strings.Contains(svg, "−0.6") {
		t.Error("the bars do not bear their numbers")
	}
}

func TestTitlesOfAChange(t *testing.T) {
	few, new, long := moved(23, 11, -6), moved(21, 7), moved(23, 11, -6)
	few.Few = 4
	new.Noun = "group"
	new.Parts[0].Name, new.Parts[0].Several = "New delays", true
	long.Parts[0].Name = strings.Repeat("Very long name of a hospital ", 12)
	for name, one := range map[string]struct {
		m    Moved
		want string
	}{
		"T2 few people":              {few, "Too few people to describe a change (4 people)"},
		"T10 most of a rise":         {moved(23, 11, -6), "Northgate General accounts for 2.3 of the 2.8-point rise in council share"},
		"T10 most of a fall":         {moved(4, -30, -2), "Southmoor took 3.0 points off council share, which fell by 2.8"},
		"T10 all of a fall":          {moved(0, -28, 0), "Southmoor accounts for 2.8 of the 2.8-point fall in council share"},
		"T10 several":                {new, "New delays account for 2.1 of the 2.8-point rise in council share"},
		"T10 no single one":          {moved(10, 9, 9), "No single hospital accounts for most of the 2.8-point change"},
		"T10 exactly half":           {moved(14, 14, 0), "Northgate General accounts for 1.4 of the 2.8-point rise in council share"},
		"T10 under half a point":     {moved(24, -20, 0), "Council share is about the same as in September 2026"},
		"T10 half a point":           {moved(5, 0, 0), "Northgate General accounts for 0.5 of the 0.5-point rise in council share"},
		"T10 nothing, and no parts":  {moved(), "Council share is about the same as in September 2026"},
		"T10 a name of 348 letters":  {long, "Very long name of a hospital Very l… accounts for 2.3 of the 2.8-point rise in council share"},
		"T10 a part beyond the rise": {moved(-11, 40, -1), "Southmoor added 4.0 points to council share, which rose by 2.8"},
	} {
		t.Run(name, func(t *testing.T) {
			c := MovedOf(one.m, "Northshire")
			if name == "T10 a name of 348 letters" {
				if n := utf8.RuneCountInString(c.Title); n >= titleLimit || !strings.HasSuffix(c.Title,
					"… accounts for 2.3 of the 2.8-point rise in council share") {
					t.Errorf("%d characters: %s", n, c.Title)
				}
				return
			}
			if c.Title != one.want {
				t.Errorf("got %q, want %q", c.Title, one.want)
			}
		})
	}
}
