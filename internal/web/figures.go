package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

// rowsOnPage bounds the rows of a table on a page; files hold all of them.
const rowsOnPage = 500

// figuresWords are the query words of the figures page.
var figuresWords = []string{wordFrom, wordTo, wordLast, wordGrain, wordBy, wordProvider, wordCouncil, wordReason, wordResp, wordCare, wordBasis, wordView}

// headings of the dimensions on the page, and names in files.
var dimensionWords = map[measure.Dimension][2]string{
	measure.ByDay: {"Day", "day"}, measure.ByWeek: {"Week starting", "week"}, measure.ByMonth: {"Month", "month"},
	measure.ByProvider: {"Hospital", "provider"}, measure.ByCouncil: {"Council", "council"}, measure.ByCare: {"Type of care", "type_of_care"},
	measure.ByReason: {"Waiting for", "reason"}, measure.ByResponsible: {"Next step with", "responsible"},
}

// breakdown is a table of delayed days with what can be said beside them.
type breakdown struct {
	Query measure.Query
	Cells []measure.Cell
	AsAt  delay.Day
	// WithShare says that each row has its share of the days that differ from it
	// only in the responsible body; WithPeople that rows are of one day (C16).
	WithShare, WithPeople bool
	Total                 int64
}

type figuresView struct {
	Frame
	Showing string
	Lede    string
	Empty   string
	Table   tableView
	More    string
	Filters filterView
}

func (s *Server) breakdownOf(c echo.Context) (asked, breakdown, error) {
	ctx := c.Request().Context()
	a, err := s.opts.Places.read(c.QueryParams(), figuresWords...)
	if err != nil {
		return a, breakdown{}, err
	}
	by, err := a.dimensions()
	if err != nil {
		return a, breakdown{}, err
	}
	a.By = by
	b, err := s.count(ctx, a)
	return a, b, err
}

// dimensions gives what to break down by: the period first, then the rest in
// the order asked. Nothing asked means by month and responsible body.
func (a asked) dimensions() ([]measure.Dimension, error) {
	var periods, rest []measure.Dimension
	for _, d := range a.By {
		if slices.Contains(dimensions[:3], d) {
			periods = append(periods, d)
		} else {
			rest = append(rest, d)
		}
	}
	if a.Grain != "" && !slices.Contains(periods, a.Grain) {
		periods = append(periods, a.Grain)
	}
	if len(periods) > 1 {
		return nil, problem.New(problem.Invalid, "The address asks for %s and %s at once. Use one of day, week and month.", periods[0], periods[1])
	}
	if len(periods)+len(rest) == 0 {
		return []measure.Dimension{measure.ByMonth, measure.ByResponsible}, nil
	}
	return append(periods, rest...), nil
}

func (s *Server) count(ctx context.Context, a asked) (breakdown, error) {
	_, last, err := s.opts.Figures.Extent(ctx)
	if err != nil || last == 0 {
		return breakdown{Query: measure.Query{By: a.By, Filter: a.Filter}}, err
	}
	from, to, err := a.period(last)
	if err != nil {
		return breakdown{}, err
	}
	// Evidence ends with the latest extract (C2); days after it would only
	// stretch the calendar days below DToC beds.
	to = max(from, min(to, last))
	b := breakdown{Query: measure.Query{From: from, To: to, By: a.By, Filter: a.Filter}, AsAt: last}
	if b.Cells, err = s.opts.Figures.Cells(ctx, b.Query); err != nil {
		return b, err
	}
	for _, cell := range b.Cells {
		b.Total += cell.Days
	}
	b.WithShare = slices.Contains(a.By, measure.ByResponsible) && len(a.Filter.Bodies) == 0
	b.WithPeople = slices.Contains(a.By, measure.ByDay) || from == to
	return b, nil
}

// calendarDays is the number of calendar days that a row of the breakdown is
// about (C12).
func (b breakdown) calendarDays(c measure.Cell) int {
	end := b.Query.To
	switch {
	case slices.Contains(b.Query.By, measure.ByDay):
		end = c.Period
	case slices.Contains(b.Query.By, measure.ByWeek):
		end = min(end, c.Period.Week()+6)
	case slices.Contains(b.Query.By, measure.ByMonth):
		end = min(end, c.Period.Month().Last())
	default:
		return int(b.Query.To-b.Query.From) + 1
	}
	return int(end-c.Period) + 1
}

// shares gives each cell's part of the days of the cells that differ from it
// only in body.
func (b breakdown) shares() []float64 {
	key := func(c measure.Cell) measure.Cell {
		c.Body, c.Days = 0, 0
		return c
	}
	totals := map[measure.Cell]int64{}
	for _, c := range b.Cells {
		totals[key(c)] += c.Days
	}
	out := make([]float64, len(b.Cells))
	for i, c := range b.Cells {
		if t := totals[key(c)]; t > 0 {
			out[i] = float64(c.Days) / float64(t)
		}
	}
	return out
}

// periodText writes a cell's period for files: 2018-04 for a month, the day or
// the Monday otherwise. A week cut by the start of the query keeps its Monday.
func periodText(d measure.Dimension, c measure.Cell) string {
	switch d {
	case measure.ByMonth:
		return c.Period.Month().String()
	case measure.ByWeek:
		return c.Period.Week().String()
	}
	return c.Period.String()
}

func (s *Server) figuresTwin(b breakdown) twin {
	d, _ := measure.DefinitionOf(measure.DelayedDays)
	t := twin{Title: "Figures", From: b.Query.From.String(), To: b.Query.To.String(), Measure: d.ID,
		Definitions: []string{d.ID + " " + d.Name + ": " + d.Sentence}, AsAt: b.AsAt.String()}
	for _, by := range b.Query.By {
		t.Columns = append(t.Columns, column{Name: dimensionWords[by][1]})
	}
	t.Columns = append(t.Columns, column{"delayed_days", true}, column{"dtoc_beds", true})
	if b.WithShare {
		t.Columns = append(t.Columns, column{"share", true})
	}
	if b.WithPeople {
		t.Columns = append(t.Columns, column{"people", true})
	}
	shares := b.shares()
	for i, c := range b.Cells {
		row := make([]string, 0, len(t.Columns))
		for _, by := range b.Query.By {
			row = append(row, map[measure.Dimension]string{
				measure.ByProvider: c.Provider, measure.ByCouncil: string(c.Council), measure.ByCare: c.Care.String(),
				measure.ByReason: string(c.Reason), measure.ByResponsible: c.Body.String(),
			}[by])
			if slices.Contains(dimensions[:3], by) {
				row[len(row)-1] = periodText(by, c)
			}
		}
		row = append(row, strconv.FormatInt(c.Days, 10), decimals(float64(c.Days)/float64(b.calendarDays(c))))
		if b.WithShare {
			row = append(row, decimals(shares[i]))
		}
		if b.WithPeople {
			row = append(row, strconv.FormatInt(c.Days, 10))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (s *Server) figuresTable(b breakdown) tableView {
	t := tableView{ID: "figures", Caption: "Delayed days, " + span(b.Query.From, b.Query.To)}
	for _, by := range b.Query.By {
		t.Head = append(t.Head, headCell{Text: dimensionWords[by][0]})
	}
	t.Head = append(t.Head, headCell{"Delayed days", true}, headCell{"DToC beds", true})
	if b.WithShare {
		t.Head = append(t.Head, headCell{"Share", true})
	}
	if b.WithPeople {
		t.Head = append(t.Head, headCell{"People waiting", true})
	}
	shares := b.shares()
	for i, c := range b.Cells[:min(len(b.Cells), rowsOnPage)] {
		var row []tableCell
		for j, by := range b.Query.By {
			cell := tableCell{Header: j == 0}
			switch by {
			case measure.ByMonth:
				cell.Text = c.Period.Month().Long()
			case measure.ByWeek:
				cell.Text = c.Period.Week().Long()
			case measure.ByDay:
				cell.Text = c.Period.Long()
			case measure.ByProvider:
				cell.Text = s.opts.Places.providerWords(c.Provider)
			case measure.ByCouncil:
				cell.Text = s.opts.Places.councilWords(c.Council)
			case measure.ByCare:
				cell.Text = c.Care.String()
			case measure.ByReason:
				cell.Text = reasonWords(c.Reason)
			case measure.ByResponsible:
				cell.Text, cell.Swatch = upperFirst(c.Body.String()), swatch(c.Body)
			}
			row = append(row, cell)
		}
		number := func(text string) { row = append(row, tableCell{Text: text, Class: numericClass}) }
		number(count(c.Days))
		number(oneDecimal(float64(c.Days) / float64(b.calendarDays(c))))
		if b.WithShare {
			number(perCent(shares[i]))
		}
		if b.WithPeople {
			number(count(c.Days))
		}
		t.Rows = append(t.Rows, row)
	}
	all := []tableCell{{Text: "All", Header: true}}
	for range len(b.Query.By) - 1 {
		all = append(all, tableCell{})
	}
	calendar := int(b.Query.To-b.Query.From) + 1
	all = append(all, tableCell{Text: count(b.Total), Class: numericClass},
		tableCell{Text: oneDecimal(float64(b.Total) / float64(calendar)), Class: numericClass})
	if b.WithShare {
		all = append(all, tableCell{Text: "100%", Class: numericClass})
	}
	if b.WithPeople {
		words := count(b.Total)
		if b.Query.From != b.Query.To {
			words = "Not applicable"
		}
		all = append(all, tableCell{Text: words, Class: numericClass})
	}
	t.Foot = all
	return t
}

func (s *Server) figuresPage(c echo.Context) error {
	a, b, err := s.breakdownOf(c)
	if err != nil {
		return err
	}
	v := figuresView{Frame: s.frame(c, "Figures")}
	if a.Print {
		v.BodyClass = "app-view-print"
	}
	if b.AsAt == 0 {
		v.Empty = "No extracts are held yet, so there are no figures."
		return s.page(c, "figures", v)
	}
	v.Showing = "Showing " + s.opts.Places.filterWords(b.Query.Filter) + ", " + span(b.Query.From, b.Query.To) + "."
	v.Lede = upperFirst(plural(b.Total, "delayed day", "delayed days")) + ": " +
		oneDecimal(float64(b.Total)/float64(b.Query.To-b.Query.From+1)) + " people waiting on an average day."
	if len(b.Cells) == 0 {
		v.Empty = "No delayed days in this period."
	} else {
		v.Table = s.figuresTable(b)
	}
	q := withBy(dated(b.Query.Filter, b.Query.From, b.Query.To), b.Query.By...)
	if n := len(b.Cells); n > rowsOnPage {
		v.More = "The first " + count(rowsOnPage) + " of " + count(int64(n)) + " rows are shown. The CSV has them all."
	}
	v.Filters = filterView{
		Action: "/figures", Clear: "/figures", Words: v.Showing,
		Dates:   &dateFields{From: b.Query.From.String(), To: b.Query.To.String()},
		Groups:  append(byGroups(b.Query.By), s.opts.Places.groups(b.Query.Filter)...),
		Periods: periodLinks("/figures", b.Query.Filter, withBy(url.Values{}, b.Query.By...), b.AsAt),
	}
	v.About = s.aboutFigures("/figures", q, b.AsAt, measure.DelayedDays, measure.PeopleWaiting, measure.CouncilShare)
	return s.page(c, "figures", v)
}

// byGroups are the fields that say what to break down by.
func byGroups(by []measure.Dimension) []choiceGroup {
	grain := choiceGroup{Legend: "Step", Name: wordGrain, Kind: "radio", Style: "radios"}
	chosen := false
	for _, d := range []measure.Dimension{measure.ByMonth, measure.ByWeek, measure.ByDay} {
		on := slices.Contains(by, d)
		chosen = chosen || on
		grain.Items = append(grain.Items, choice{ID: "grain-" + string(d), Value: string(d), Text: upperFirst(string(d)), Chosen: on})
	}
	grain.Items = append(grain.Items, choice{ID: "grain-none", Value: "", Text: "Whole period", Chosen: !chosen})
	rest := choiceGroup{Legend: "Break down by", Name: wordBy, Kind: "checkbox", Style: "checkboxes"}
	for _, d := range dimensions[3:] {
		rest.Items = append(rest.Items, choice{ID: "by-" + string(d), Value: string(d), Text: dimensionWords[d][0], Chosen: slices.Contains(by, d)})
	}
	return []choiceGroup{grain, rest}
}

func (s *Server) figuresCSV(c echo.Context) error {
	_, b, err := s.breakdownOf(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-figures.csv", s.figuresTwin(b))
}

func (s *Server) figuresJSON(c echo.Context) error {
	_, b, err := s.breakdownOf(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, s.figuresTwin(b))
}
