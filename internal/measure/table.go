package measure

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// Number is a measure that a table of figures can show.
type Number string

// The numbers, as they stand in --measures and in addresses.
const (
	Days   Number = "days"
	Beds   Number = "beds"
	ShareN Number = "share"
	People Number = "people"
	// Open is the days that are not agreed.
	Open Number = "not-agreed"
)

// Numbers lists every number with its column and its definition in words.
var Numbers = []struct {
	Number             Number
	ID, Column, Define string
}{
	{Days, "M01", "delayed_days", "Delayed days: {days} (C1)."},
	{Beds, "M01b", "{beds column}", "{Beds}: delayed days in the period divided by the calendar days in the period (C12)."},
	{ShareN, "M03", "share", "Share: the days of the row's responsible body divided by all delayed days of the same group, not attributed " +
		"days included (C12)."},
	{People, "M02", "people", "People waiting: the average number of people delayed on a day of the period; on one day, the people delayed " +
		"that day (C16)."},
	{Open, "M01", "not_agreed_days", "Not agreed: the delayed days that are proposed or disputed, or that one body alone has decided. With " +
		"the agreed days they are every counted day (G1, G3)."},
}

// DefineNumber gives a number's definition in words that fit the convention.
func DefineNumber(define string, c *definition.Convention) string {
	return strings.NewReplacer("{days}", c.SpanWords(), "{Beds}", c.BedsWords()).Replace(define)
}

// Table is figures as people and machines read them.
type Table struct {
	Query Query
	Head  []string
	Rows  [][]string
	// Cells are those that the rows were made of, in the same order; a public
	// table has none.
	Cells   []Cell
	Numeric []bool // of each column
	// Total is the delayed days of all rows; a public table has its total among
	// its rows instead, suppressed and rounded like them (P3).
	Total  int64
	Public bool
	// NotAgreed is the days of all rows that are not agreed. It counts when the
	// numbers hold Open.
	NotAgreed int64
}

// ParseBy reads dimensions separated by commas.
func ParseBy(s string) ([]Dimension, error) {
	if s == "" {
		return nil, nil
	}
	known := []Dimension{ByMonth, ByWeek, ByDay, ByProvider, ByCouncil, ByCare, ByReason, ByResponsible, ByState, ByPathway}
	var by []Dimension
	for word := range strings.SplitSeq(s, ",") {
		d := Dimension(strings.TrimSpace(word))
		if !slices.Contains(known, d) {
			return nil, problem.New(problem.Invalid, "Found %q among the breakdowns. Use any of month, week, day, provider, council, care, reason, "+
				"responsible, state, pathway.", word)
		}
		if slices.Contains(by, d) {
			return nil, problem.New(problem.Invalid, "Found the breakdown %s twice. Name each once.", d)
		}
		by = append(by, d)
	}
	periods := 0
	for _, d := range by {
		if d == ByDay || d == ByWeek || d == ByMonth {
			periods++
		}
	}
	if periods > 1 {
		return nil, problem.New(problem.Invalid, "Found more than one of month, week and day. Use one of them.")
	}
	return by, nil
}

// ParseNumbers reads measures separated by commas; nothing means days.
func ParseNumbers(s string) ([]Number, error) {
	if s == "" {
		return []Number{Days}, nil
	}
	var out []Number
	for word := range strings.SplitSeq(s, ",") {
		i := slices.IndexFunc(Numbers, func(n struct {
			Number             Number
			ID, Column, Define string
		}) bool {
			return string(n.Number) == strings.TrimSpace(word)
		})
		if i < 0 {
			return nil, problem.New(problem.Invalid, "Found %q among the measures. Use any of days, beds, share, people, not-agreed.", word)
		}
		out = append(out, Numbers[i].Number)
	}
	return out, nil
}

// ParsePeriod reads from and to, each a day (2019-03-31) or a month (2019-03),
// both included.
func ParsePeriod(from, to string) (first, last delay.Day, err error) {
	if first, _, err = dayOrMonth("from", from); err != nil {
		return 0, 0, err
	}
	if _, last, err = dayOrMonth("to", to); err != nil {
		return 0, 0, err
	}
	if last < first {
		return 0, 0, problem.New(problem.Invalid, "To date must be the same as or after from date. Found from %s and to %s.", from, to)
	}
	return first, last, nil
}

func dayOrMonth(word, s string) (first, last delay.Day, err error) {
	if m, err := delay.ParseMonth(s); err == nil {
		return m.First(), m.Last(), nil
	}
	d, err := delay.ParseDay(s)
	if err != nil {
		return 0, 0, problem.New(problem.Invalid, "Found %q for %s. Use a day like 2019-03-31 or a month like 2019-03.", s, word)
	}
	return d, d, nil
}

// NotKnown stands for a council or reason that is not known.
const NotKnown = "not known"

// Has says whether the query breaks down by d.
func (q Query) Has(d Dimension) bool { return slices.Contains(q.By, d) }

// CalendarDays gives the calendar days that a cell of the query speaks of:
// those of its day, week or month that lie in the query's period, or the whole
// period (C12).
func (q Query) CalendarDays(c Cell) int {
	first, last := q.From, q.To
	switch {
	case q.Has(ByDay):
		return 1
	case q.Has(ByWeek):
		monday := c.Period.Week()
		first, last = max(first, monday), min(last, monday+6)
	case q.Has(ByMonth):
		first, last = max(first, c.Period.Month().First()), min(last, c.Period.Month().Last())
	}
	return int(last-first) + 1
}

// Figures gives a table of figures: a column for each dimension of the query,
// then one for each number, a row for each combination that has delayed days.
func Figures(ctx context.Context, src Source, q Query, numbers []Number) (*Table, error) {
	if slices.Contains(numbers, ShareN) && !q.Has(ByResponsible) {
		return nil, problem.New(problem.Invalid, "A share is of one responsible body. Add responsible to the breakdown.")
	}
	cells, open, err := standing(ctx, src, q, slices.Contains(numbers, Open))
	if err != nil {
		return nil, err
	}
	whole := map[Cell]int64{}
	if slices.Contains(numbers, ShareN) {
		all := q
		all.Filter.Bodies = nil // The denominator holds every body (C12).
		everything, err := src.Cells(ctx, all)
		if err != nil {
			return nil, err
		}
		for _, c := range everything {
			whole[group(c)] += c.Days
		}
	}
	t := &Table{Query: q, Cells: cells}
	for _, d := range q.By {
		t.Head, t.Numeric = append(t.Head, Column(d)), append(t.Numeric, false)
	}
	for _, n := range numbers {
		for _, known := range Numbers {
			if known.Number == n {
				column := strings.ReplaceAll(known.Column, "{beds column}", q.Filter.Book.Counting().BedsColumn())
				t.Head, t.Numeric = append(t.Head, column), append(t.Numeric, true)
			}
		}
	}
	// A nation's table has a hundred thousand rows: their cells are one piece of memory.
	width := len(t.Head)
	all := make([]string, len(cells)*width)
	t.Rows = make([][]string, 0, len(cells))
	for i, c := range cells {
		t.Total += c.Days
		t.NotAgreed += open[key(c)]
		row := all[i*width : i*width : (i+1)*width]
		for j, d := range q.By {
			if i > 0 && d.isTime() && c.Period == cells[i-1].Period {
				row = append(row, t.Rows[i-1][j])
				continue
			}
			row = append(row, c.Text(d))
		}
		for _, n := range numbers {
			switch n {
			case Days:
				row = append(row, strconv.FormatInt(c.Days, 10))
			case Beds, People:
				row = append(row, Exact(float64(c.Days)/float64(q.CalendarDays(c))))
			case ShareN:
				part := 0.0
				if n := whole[group(c)]; n > 0 {
					part = float64(c.Days) / float64(n)
				}
				row = append(row, Exact(part))
			case Open:
				row = append(row, strconv.FormatInt(open[key(c)], 10))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// standing gives the cells of a query and, where they are wanted, how many days
// of each are not agreed. On basis agreed a cell whose days are all not agreed
// is there too, with no days.
func standing(ctx context.Context, src Source, q Query, wanted bool) ([]Cell, map[Cell]int64, error) {
	if !wanted {
		cells, err := src.Cells(ctx, q)
		return cells, nil, err
	}
	counted, settled := q, q
	counted.Filter.Basis, settled.Filter.Basis = BasisCounted, BasisAgreed
	cells, err := src.Cells(ctx, counted)
	if err != nil {
		return nil, nil, err
	}
	agreed, err := src.Cells(ctx, settled)
	if err != nil {
		return nil, nil, err
	}
	open := make(map[Cell]int64, len(cells))
	for _, c := range cells {
		open[key(c)] = c.Days
	}
	left := make(map[Cell]int64, len(agreed))
	for _, c := range agreed {
		open[key(c)] -= c.Days
		left[key(c)] = c.Days
	}
	if q.Filter.Basis != BasisAgreed {
		return cells, open, nil
	}
	// What a source has given stays as it is.
	shown := slices.Clone(cells)
	for i, c := range shown {
		shown[i].Days = left[key(c)]
	}
	return shown, open, nil
}

// key is the cell without its days.
func key(c Cell) Cell {
	c.Days = 0
	return c
}

// group is the cell without its body, whose days are a share's denominator.
func group(c Cell) Cell {
	c.Body, c.Days = 0, 0
	return c
}

// isTime says that a dimension is a cell's period alone.
func (d Dimension) isTime() bool { return d == ByDay || d == ByWeek || d == ByMonth }

// Column names the column of a dimension.
func Column(d Dimension) string {
	if d == ByCare {
		return "type_of_care"
	}
	return string(d)
}

// Text gives the cell's value of a dimension as it stands in tables and files.
func (c Cell) Text(d Dimension) string {
	switch d {
	case ByDay:
		return c.Period.String()
	case ByWeek:
		return c.Period.Week().String()
	case ByMonth:
		return c.Period.Month().String()
	case ByProvider:
		return c.Provider
	case ByCouncil:
		return orNotKnown(string(c.Council))
	case ByCare:
		return c.Care.String()
	case ByReason:
		return orNotKnown(string(c.Reason))
	case ByResponsible:
		return c.Body.String()
	case ByState:
		return c.State.String()
	case ByPathway:
		return orNotStated(c.Pathway)
	default:
		panic(fmt.Sprintf("measure: unknown dimension %q", d))
	}
}

// NotStated stands for a pathway that nobody has said.
const NotStated = "not stated"

func orNotStated(p delay.Pathway) string {
	if p == delay.PathwayNotStated {
		return NotStated
	}
	return string(p)
}

func orNotKnown(s string) string {
	if s == "" {
		return NotKnown
	}
	return s
}

func join(reasons []delay.Reason) string {
	out := make([]string, len(reasons))
	for i, r := range reasons {
		out[i] = string(r)
	}
	return strings.Join(out, ", ")
}

// ParseFilter adds the values of one filter word (provider, council, care,
// reason, responsible, state, pathway) to f.
func (f *Filter) ParseFilter(word string, values []string) error {
	for _, v := range values {
		switch Dimension(word) {
		case ByProvider:
			f.Providers = append(f.Providers, v)
		case ByCouncil:
			if v == NotKnown || v == "not-known" {
				v = ""
			}
			f.Councils = append(f.Councils, delay.Council(v))
		case ByCare:
			c, err := delay.ParseCareType(v)
			if err != nil {
				return problem.New(problem.Invalid, "Found the type of care %q. Use acute, non-acute or not-known.", v)
			}
			f.Care = append(f.Care, c)
		case ByReason:
			if v == NotKnown || v == "not-known" {
				v = ""
			}
			if _, _, ok := f.Book.Meaning(delay.Reason(v)); v != "" && !ok {
				return problem.New(problem.Invalid, "Found the reason %q. Use %s or not-known.", v, join(f.Book.Reasons()))
			}
			f.Reasons = append(f.Reasons, delay.Reason(v))
		case ByResponsible:
			b, err := delay.ParseBody(v)
			if err != nil {
				return problem.New(problem.Invalid, "Found the responsible body %q. Use nhs, social-care, joint or none.", v)
			}
			f.Bodies = append(f.Bodies, b)
		case ByState:
			st, err := agreement.ParseState(v)
			if err != nil {
				return problem.New(problem.Invalid, "Found the state %q. Use agreed, agreed-by-default, proposed, disputed or decided-not-agreed.", v)
			}
			f.States = append(f.States, st)
		case ByPathway:
			p, err := ParsePathway(v)
			if err != nil {
				return err
			}
			f.Pathways = append(f.Pathways, p)
		default:
			return problem.New(problem.Invalid, "Found the filter %q. Use provider, council, care, reason, responsible, state or pathway.", word)
		}
	}
	return nil
}

// ParsePathway reads a pathway: 0 to 3, P0 to P3 or not-stated.
func ParsePathway(s string) (delay.Pathway, error) {
	word := strings.ToLower(strings.TrimSpace(s))
	if slices.Contains([]string{NotStated, "not-stated", NotKnown, "not-known"}, word) {
		return delay.PathwayNotStated, nil
	}
	p := delay.Pathway(strings.TrimPrefix(word, "p"))
	if p == delay.PathwayNotStated || !slices.Contains(delay.Pathways[:], p) {
		return "", problem.New(problem.Invalid, "Found the pathway %q. Use 0, 1, 2, 3 or not-stated.", s)
	}
	return p, nil
}
