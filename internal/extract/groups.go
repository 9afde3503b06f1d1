package extract

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"homeward/internal/nhsnumber"
)

// Group is every problem of one cause in one file: how many rows it concerns,
// with the first three.
type Group struct {
	Severity string `json:"severity"`
	Rule     string `json:"rule"`
	Field    string `json:"field,omitempty"`
	// Cause is what was found, once for all rows; empty when it differs by row.
	Cause string `json:"cause,omitempty"`
	// Rows is the number of rows, 0 when it concerns the file as a whole.
	Rows     int       `json:"rows"`
	Examples []Example `json:"examples,omitempty"`
	Expected string    `json:"expected"`
	Do       string    `json:"do"`
	// Says is all of it in a sentence or two for people.
	Says string `json:"says"`
	// Days are the rows by extract, as far as their extract is known. The receipt of
	// a file of one extract goes without.
	Days []GroupDay `json:"days,omitempty"`

	effect Severity
	key    string
	differ bool
	days   map[extractKey]int
}

// GroupDay is how many rows of a group one extract has.
type GroupDay struct {
	// Provider is the extract's in a file of several.
	Provider string `json:"provider,omitempty"`
	Date     string `json:"date"`
	Rows     int    `json:"rows"`
}

// Example is one row of a group.
type Example struct {
	Row   int    `json:"row"`
	Found string `json:"found"`
}

// examples is how many rows of a group are named.
const examples = 3

// maxGroups bounds the causes that are told apart in one file; what is beyond
// is counted under its rule.
const maxGroups = 500

type groupKey struct {
	severity                          Severity
	rule, field, cause, expected, do_ string
}

// Groups counts problems by cause. The zero value is ready to use.
type Groups struct {
	of  map[groupKey]*Group
	all []*Group
}

// Add counts one problem.
func (g *Groups) Add(p Problem) {
	k := groupKey{p.Severity, p.Rule, p.Field, p.cause(), p.Expected, p.Do}
	one := g.of[k]
	if one == nil && len(g.all) >= maxGroups {
		k = groupKey{severity: p.Severity, rule: p.Rule}
		one = g.of[k]
		p.Expected, p.Do = "what the other lines say", "The receipt as JSON lists the rows."
	}
	if one == nil {
		if g.of == nil {
			g.of = map[groupKey]*Group{}
		}
		one = &Group{Severity: p.Severity.String(), Rule: p.Rule, Field: k.field, Cause: p.Found, Expected: p.Expected, Do: p.Do,
			effect: p.Severity, key: k.cause}
		g.of[k] = one
		g.all = append(g.all, one)
	}
	one.differ = one.differ || one.Cause != p.Found
	if p.Line == 0 && p.rows == 0 {
		return
	}
	one.Rows += max(p.rows, 1)
	if p.Date != 0 {
		one.on(extractKey{p.Provider, p.Date}, max(p.rows, 1))
	}
	if p.Line > 0 && len(one.Examples) < examples {
		one.Examples = append(one.Examples, Example{p.Line, p.Found})
	}
}

// Merge counts what another has counted.
func (g *Groups) Merge(other *Groups) {
	for _, o := range other.all {
		k := groupKey{o.effect, o.Rule, o.Field, o.key, o.Expected, o.Do}
		one := g.of[k]
		if one == nil {
			if g.of == nil {
				g.of = map[groupKey]*Group{}
			}
			c := *o
			c.days = maps.Clone(o.days)
			g.of[k], g.all = &c, append(g.all, &c)
			continue
		}
		one.Rows += o.Rows
		for extract, rows := range o.days {
			one.on(extract, rows)
		}
		one.differ = one.differ || o.differ || one.Cause != o.Cause
		one.Examples = append(slices.Clone(one.Examples), o.Examples...)
		one.Examples = one.Examples[:min(len(one.Examples), examples)]
	}
}

// on counts rows of one extract.
func (g *Group) on(extract extractKey, rows int) {
	if g.days == nil {
		g.days = map[extractKey]int{}
	}
	g.days[extract] += rows
}

// byDay gives the rows by extract, in order.
func (g *Group) byDay() []GroupDay {
	out := make([]GroupDay, 0, len(g.days))
	for of, rows := range g.days {
		out = append(out, GroupDay{of.provider, of.date.String(), rows})
	}
	slices.SortFunc(out, func(a, b GroupDay) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Date, b.Date))
	})
	return out
}

// cause tells apart problems that ask for the same and have another cause: each
// word that is in no list is one.
func (p Problem) cause() string {
	if p.ByFound || p.Line == 0 {
		return p.Found
	}
	return ""
}

// worst orders what became of a row by how much it matters: what could not be
// read, then what was read with a doubt, then what is rightly left out.
var worst = map[Severity]int{Quarantined: 0, Warned: 1, Excluded: 2}

// Sorted gives the groups, the worst first: by what became of the rows, then
// by their number.
func (g *Groups) Sorted() []Group { return g.sorted(examples) }

// Across gives the groups of several files that were merged: rows of which file an
// example is of could not be told, so there are none.
func (g *Groups) Across() []Group { return g.sorted(0) }

func (g *Groups) sorted(examples int) []Group {
	out := make([]Group, 0, len(g.all))
	for _, one := range g.all {
		c := *one
		// Headings and names come from outside as cells do (P1).
		c.Field, c.Cause = nhsnumber.Redact(c.Field), nhsnumber.Redact(c.Cause)
		c.Examples = slices.Clone(c.Examples[:min(len(c.Examples), examples)])
		for i := range c.Examples {
			c.Examples[i].Found = nhsnumber.Redact(c.Examples[i].Found)
		}
		if c.differ {
			c.Cause = ""
		}
		c.Says, c.Days = c.says(), c.byDay()
		c.days = nil // A receipt may be kept long, and needs the count no more.
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(worst[a.effect], worst[b.effect]), cmp.Compare(b.Rows, a.Rows))
	})
	return out
}

// ThenAgain follows advice to change a layout or the partnership file, which by
// itself changes nothing that has come already.
const ThenAgain = " Then read again what has come (homeward read-again, or Extracts, Read again)."

// says puts a group in words: "'Awaiting POC' (14 rows): not in the layout. Add
// it to a reason."
func (g *Group) says() string {
	var b strings.Builder
	rows := fmt.Sprintf("%d rows", g.Rows)
	if g.Rows == 1 {
		rows = "1 row"
	}
	word, why, isWord := strings.Cut(g.Cause, "': ")
	switch {
	case g.Rows == 0:
		if g.Field != "" {
			fmt.Fprintf(&b, "%s: ", g.Field)
		}
		fmt.Fprintf(&b, "%s; expected %s. %s", g.Cause, g.Expected, g.Do)
		return b.String()
	case isWord && strings.HasPrefix(word, "'"):
		fmt.Fprintf(&b, "%s' (%s): %s. %s", word, rows, why, g.Do)
	case g.Cause != "":
		if g.Field != "" {
			fmt.Fprintf(&b, "%s: ", g.Field)
		}
		fmt.Fprintf(&b, "%s (%s); expected %s. %s", g.Cause, rows, g.Expected, g.Do)
	default:
		if g.Field != "" {
			fmt.Fprintf(&b, "%s: ", g.Field)
		}
		fmt.Fprintf(&b, "%s unlike what is expected, %s. %s", rows, g.Expected, g.Do)
	}
	if len(g.Examples) > 0 {
		var at []string
		for _, e := range g.Examples {
			if g.Cause != "" {
				at = append(at, fmt.Sprint(e.Row))
			} else {
				at = append(at, fmt.Sprintf("%d (%s)", e.Row, e.Found))
			}
		}
		name, more := "Row", ""
		if len(at) > 1 {
			name = "Rows"
		}
		if g.Rows > len(at) {
			more = " and others"
		}
		fmt.Fprintf(&b, " %s %s%s.", name, strings.Join(at, ", "), more)
	}
	return b.String()
}
