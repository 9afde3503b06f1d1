package web

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// rowsOnPage bounds the rows of a table on a page; files hold all of them.
const rowsOnPage = 500

// figuresOnPage is how many rows of a list of figures a page has: five hundred are
// sixty screens of a phone.
const figuresOnPage = 30

// figuresWords are the query words of the figures page.
var figuresWords = []string{
	page.WordFrom,
	page.WordTo,
	page.WordLast,
	page.WordGrain,
	page.WordBy,
	page.WordRows,
	page.WordColumns,
	page.WordProvider,
	page.WordCouncil,
	page.WordReason,
	page.WordResp,
	page.WordCare,
	page.WordState,
	page.WordPathway,
	page.WordBasis,
	page.WordKnown,
	page.WordView,
}

// dimensionWords are the headings of the dimensions on the page.
var dimensionWords = map[measure.Dimension]string{
	measure.ByDay: "Day", measure.ByWeek: "Week starting", measure.ByMonth: "Month", measure.ByProvider: "Hospital",
	measure.ByCouncil: "Council", measure.ByCare: "Type of care", measure.ByReason: "Waiting for", measure.ByResponsible: "Next step with",
	measure.ByState: "State", measure.ByPathway: "Pathway",
}

// breakdown is a table of figures with what it was asked for.
type breakdown struct {
	*measure.Table
	Numbers []measure.Number
	AsAt    delay.Day
	// Past is set for figures as they were known at a past moment: the rows
	// behind them are as they are known now.
	Past bool
}

type figuresView struct {
	page.Frame
	Showing string
	Lede    string
	Empty   string
	Table   page.Table
	More    string
	Pages   []page.NavItem
	days    []int64 // of each row of Table
	Filters page.Filters
	// Cross is the crosstab that stands in place of the list; Chips lead to
	// others, and to the list.
	Cross *page.Crosstab
	Chips []chipRow
}

// askedFigures reads the address of the figures or of their public copy, which may
// have more words.
func (s *Server) askedFigures(c echo.Context, more ...string) (page.Asked, sight, error) {
	a, err := s.opts.Places.Read(c.QueryParams(), slices.Concat(figuresWords, more)...)
	if err != nil {
		return a, sight{}, err
	}
	see, err := s.sight(c, &a)
	if err != nil {
		return a, see, err
	}
	if err := a.Crossing(crossed(see)); err != nil {
		return a, see, err
	}
	if a.Rows == "" && len(a.By) == 0 && a.Grain == "" && see.divides() {
		// Nothing asked for is a crosstab of the default list.
		a.Rows, a.Columns = measure.ByMonth, measure.ByResponsible
	}
	a.By, err = a.Dimensions()
	return a, see, err
}

// breakdownOf reads the address and asks for the table.
func (s *Server) breakdownOf(c echo.Context, more ...string) (page.Asked, sight, breakdown, error) {
	a, see, err := s.askedFigures(c, more...)
	if err != nil {
		return a, see, breakdown{}, err
	}
	b, err := s.count(c.Request().Context(), see, a)
	return a, see, b, err
}

// figuresQuery is what an address asks to count, and the latest extract date,
// zero when there is none.
func (s *Server) figuresQuery(ctx context.Context, see sight, a page.Asked) (measure.Query, delay.Day, error) {
	q := measure.Query{By: a.By, Filter: a.Filter}
	_, last, err := see.Extent(ctx)
	if err != nil || last == 0 {
		return q, last, err
	}
	if q.From, q.To, err = a.Period(last); err != nil {
		return q, last, err
	}
	// Evidence ends with the latest extract (C2); days after it would only
	// stretch the calendar days below the beds.
	q.To = max(q.From, min(q.To, last))
	return q, last, nil
}

func (s *Server) count(ctx context.Context, see sight, a page.Asked) (breakdown, error) {
	q, last, err := s.figuresQuery(ctx, see, a)
	if err != nil {
		return breakdown{}, err
	}
	if last == 0 {
		return breakdown{Table: &measure.Table{Query: q}}, nil
	}
	b := breakdown{AsAt: last, Past: !see.at.IsZero(), Numbers: []measure.Number{measure.Days, measure.Beds}}
	if q.Has(measure.ByResponsible) && see.divides() {
		b.Numbers = append(b.Numbers, measure.ShareN)
	}
	if q.Has(measure.ByDay) || q.From == q.To {
		b.Numbers = append(b.Numbers, measure.People)
	}
	// The days that are not agreed stand beside the agreed ones as their range.
	if a.Filter.Basis == measure.BasisAgreed && !q.Has(measure.ByState) {
		b.Numbers = slices.Insert(b.Numbers, 1, measure.Open)
	}
	b.Table, err = measure.Figures(ctx, see, q, b.Numbers)
	return b, err
}

func (s *Server) figuresTwin(see sight, b breakdown) page.Twin {
	d, _ := measure.DefinitionOf(measure.DelayedDays, s.opts.Places.Book)
	t := page.Twin{Convention: s.convention(),
		Title: "Figures", RuleVersion: s.ruleVersionAt(see), From: b.Query.From.String(), To: b.Query.To.String(), Measure: d.ID,
		AsAt: b.AsAt.String(), Rows: b.Rows, Basis: b.Query.Filter.Basis}
	for _, n := range measure.Numbers {
		if slices.Contains(b.Numbers, n.Number) {
			t.Definitions = append(t.Definitions, n.ID+" "+measure.DefineNumber(n.Define, s.counting()))
		}
	}
	for i, name := range b.Head {
		t.Columns = append(t.Columns, page.Column{Name: name, Number: b.Numeric[i]})
	}
	return t
}

// numberHeads are the headings of the numbers on the page.
var numberHeads = map[measure.Number]string{
	measure.Days: "Delayed days", measure.ShareN: "Share", measure.People: "People waiting",
	measure.Open: "Days not agreed",
}

// figuresTable is the list of a breakdown.
func (s *Server) figuresTable(b breakdown, walk string) page.Table {
	t := page.Table{ID: "figures", Caption: "Delayed days, " + span(b.Query.From, b.Query.To)}
	for _, by := range b.Query.By {
		t.Head = append(t.Head, page.Head{Text: dimensionWords[by]})
	}
	for _, n := range b.Numbers {
		head := cmp.Or(numberHeads[n], s.counting().BedsWords())
		if n == measure.Days && b.Query.Filter.Basis == measure.BasisAgreed {
			head = "Agreed days"
		}
		t.Head = append(t.Head, page.Head{Text: head, Numeric: true})
	}
	for i, c := range b.Cells {
		var row []page.Cell
		for j, by := range b.Query.By {
			cell := s.dimensionCell(by, c)
			cell.Header = j == 0
			row = append(row, cell)
		}
		for j := range b.Numbers {
			cell := numberCell(b.Numbers[j], b.Rows[i][len(b.Query.By)+j])
			switch {
			case b.Past || cell.Text == "0":
			case b.Numbers[j] == measure.Days:
				cell.Href = b.rowsBehind(c)
			case b.Numbers[j] == measure.Open:
				cell.Href = b.openBehind(c)
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Foot = []page.Cell{{Text: "All", Header: true}}
	for range len(b.Query.By) - 1 {
		t.Foot = append(t.Foot, page.Cell{})
	}
	calendar := float64(b.Query.To-b.Query.From) + 1
	for _, n := range b.Numbers {
		cell := page.Cell{Class: page.Numeric}
		switch n {
		case measure.Days:
			cell.Text = count(b.Total)
			cell.Href = walk
		case measure.Open:
			cell.Text = count(b.NotAgreed)
		case measure.Beds, measure.People:
			cell.Text = oneDecimal(float64(b.Total) / calendar)
		case measure.ShareN:
			// The shares of a filtered table add up to less than everything.
			cell = shareCell(1)
			if b.Total == 0 || len(b.Query.Filter.Bodies) > 0 {
				cell = page.Cell{Text: "Not applicable", Class: page.Numeric}
			}
		}
		t.Foot = append(t.Foot, cell)
	}
	return t
}

// walkOfMonth leads to the bridge from the days of a month: of the one shown, or of
// the last whole one of a longer period, as only says. It leads nowhere where they
// cannot be walked: no hospital asked for listed everybody in a bed then (D8).
func (s *Server) walkOfMonth(ctx context.Context, see sight, b breakdown) (walk page.Link, only bool, err error) {
	if !s.walkable(b.Query.Filter) {
		return walk, false, nil
	}
	from, to := b.Query.From, min(b.Query.To, b.AsAt)
	m := from.Month()
	if only = from == m.First() && b.Query.To == min(m.Last(), b.AsAt); !only {
		if m = to.Month(); m.Last() > to {
			m--
		}
		if m.First() < from {
			return walk, false, nil
		}
	}
	l, err := see.Ledger(ctx)
	if err != nil {
		return walk, only, err
	}
	if !slices.ContainsFunc(l.Beds, func(p string) bool {
		days := l.Days[p]
		asked := len(b.Query.Filter.Providers) == 0 || slices.Contains(b.Query.Filter.Providers, p)
		return asked && len(days) > 0 && days[0] <= m.Last() && days[len(days)-1] >= m.First()
	}) {
		return walk, only, nil
	}
	walk = page.Link{Text: "Walk these days to the situation report",
		Href: s.walkFrom(see, b.Query.Filter, url.Values{wordMonth: {m.String()}})}
	if !only {
		walk.Text = "Walk " + m.Long() + " to the situation report"
	}
	return walk, only, nil
}

// openBehind gives the address of the rows of a cell that are not agreed.
func (b breakdown) openBehind(c measure.Cell) string {
	open := b
	open.Table = &measure.Table{Query: b.Query}
	open.Query.Filter = b.Query.Filter.On(measure.BasisCounted)
	open.Query.Filter.States = []agreement.State{agreement.Proposed, agreement.Disputed, agreement.Decided}
	return open.rowsBehind(c)
}

// rowsBehind gives the address of the rows that a cell counts.
func (b breakdown) rowsBehind(c measure.Cell) string {
	f, from, to := b.Query.Filter, b.Query.From, b.Query.To
	for _, by := range b.Query.By {
		switch by {
		case measure.ByDay:
			from, to = c.Period, c.Period
		case measure.ByWeek:
			from, to = max(from, c.Period.Week()), min(to, c.Period.Week()+6)
		case measure.ByMonth:
			from, to = max(from, c.Period.Month().First()), min(to, c.Period.Month().Last())
		case measure.ByProvider:
			f.Providers = []string{c.Provider}
		case measure.ByCouncil:
			f.Councils = []delay.Council{c.Council}
		case measure.ByCare:
			f.Care = []delay.CareType{c.Care}
		case measure.ByReason:
			f.Reasons = []delay.Reason{c.Reason}
		case measure.ByResponsible:
			f.Bodies = []delay.Body{c.Body}
		case measure.ByState:
			f.States = []agreement.State{c.State}
		case measure.ByPathway:
			f.Pathways = []delay.Pathway{c.Pathway}
		}
	}
	return page.Address("/days", page.Dated(f, from, to))
}

func (s *Server) dimensionCell(by measure.Dimension, c measure.Cell) page.Cell {
	switch by {
	case measure.ByMonth:
		return page.Cell{Text: c.Period.Month().Long()}
	case measure.ByWeek:
		return page.Cell{Text: c.Period.Week().Long()}
	case measure.ByDay:
		return page.Cell{Text: c.Period.Long()}
	case measure.ByProvider:
		return page.Cell{Text: s.opts.Places.ProviderWords(c.Provider)}
	case measure.ByCouncil:
		return page.Cell{Text: s.opts.Places.CouncilWords(c.Council)}
	case measure.ByReason:
		return page.Cell{Text: s.opts.Places.ReasonWords(c.Reason)}
	case measure.ByResponsible:
		return page.Cell{Text: measure.UpperFirst(c.Body.String()), Swatch: swatch(c.Body)}
	case measure.ByPathway:
		return page.Cell{Text: pathwayDayWords(c.Pathway)}
	}
	return page.Cell{Text: c.Text(by)}
}

// numberCell writes a number of the table for reading.
func numberCell(n measure.Number, text string) page.Cell {
	cell := page.Cell{Text: text, Class: page.Numeric}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return cell
	}
	switch n {
	case measure.Days, measure.Open:
		cell.Text = count(int64(v))
	case measure.ShareN:
		return shareCell(v)
	default:
		cell.Text = oneDecimal(v)
	}
	return cell
}

func (s *Server) figuresPage(c echo.Context) error {
	sheet, err := page.WholeNumber(c.QueryParams(), page.WordPage, 1, 100000)
	if err != nil {
		return err
	}
	v, q, err := s.figuresShown(c, page.WordPage)
	if err != nil {
		return err
	}
	rows, most := v.Table.Rows, figuresOnPage
	if view := c.QueryParam(page.WordView); view != "" { // Paper has longer pages.
		most = rowsOnPage
		q.Set(page.WordView, view)
	}
	pages := max(1, (len(rows)+most-1)/most)
	if sheet > pages {
		return problem.New(problem.Invalid, "There is no page %d. %s Use a number from 1 to %d as 'page'.", sheet,
			measure.UpperFirst(plural(int64(pages), "page holds", "pages hold"))+" all of these figures.", pages)
	}
	from, to := (sheet-1)*most, min(len(rows), sheet*most)
	if pages > 1 {
		v.More = "Rows " + count(int64(from+1)) + " to " + count(int64(to)) + " of " + count(int64(len(rows))) +
			" are shown. The Excel file and the CSV have them all."
		v.Pages = page.PagesOf("/figures", q, sheet, pages)
		if pages > 12 {
			v.Pages = page.Around(v.Pages, sheet)
		}
	}
	v.Table = underNames(v.Table, v.days, from, to)
	return s.page(c, "figures", v)
}

// underNames gives some rows of a list, those of one name under it, with the days
// of all of them: a phone would otherwise say it before every row. A list by one
// thing has no names.
func underNames(t page.Table, days []int64, from, to int) page.Table {
	all := t.Rows
	t.Rows = all[from:to]
	number := slices.IndexFunc(t.Head, func(h page.Head) bool { return h.Numeric })
	if number < 2 || len(all) == 0 {
		return t
	}
	sums := map[string]int64{}
	for i, row := range all {
		sums[row[0].Text] += days[i]
	}
	for _, row := range t.Rows {
		name := row[0].Text
		if n := len(t.Groups); n == 0 || t.Groups[n-1].Name != name {
			t.Groups = append(t.Groups, page.Group{Name: name, Note: plural(sums[name], "day", "days")})
		}
		row = slices.Clone(row[1:])
		row[0].Header, row[0].Class = true, page.Words
		g := &t.Groups[len(t.Groups)-1]
		g.Rows = append(g.Rows, row)
	}
	t.Head[1].Text = t.Head[0].Text + ", " + lowerFirst(t.Head[1].Text)
	t.Rows, t.Head, t.Foot = nil, t.Head[1:], slices.Delete(t.Foot, 1, 2)
	return t
}

// figuresXLSX gives the table of the page as it is seen, with all of its rows.
func (s *Server) figuresXLSX(c echo.Context) error {
	v, _, err := s.figuresShown(c)
	if err != nil {
		return err
	}
	w := workbook{Name: "homeward-figures", About: s.aboutWorkbook(v.Showing, v.About)}
	if v.Lede != "" { // A crosstab has no column of the days that are not agreed.
		w.About = append(w.About, [2]string{"In words", v.Lede})
	}
	switch {
	case v.Cross != nil:
		w.Tables = []page.Table{v.Cross.Table()}
	case len(v.Table.Rows) > 0:
		w.Tables = []page.Table{v.Table}
	}
	return s.sendXLSX(c, w)
}

// figuresShown reads the address, which may have more words, and fills in the page
// with the whole list. It gives the words of its links beside.
func (s *Server) figuresShown(c echo.Context, more ...string) (figuresView, url.Values, error) {
	a, see, b, err := s.breakdownOf(c, more...)
	if err != nil {
		return figuresView{}, nil, err
	}
	v := figuresView{Frame: s.frame(c, "Figures")}
	s.asOfMoment(c, &v.Frame, see)
	if a.Print {
		v.BodyClass = "app-view-print"
	}
	if b.AsAt == 0 {
		v.Empty = "No extracts are held yet, so there are no figures."
		return v, nil, nil
	}
	v.Showing = "Showing " + s.opts.Places.FilterWords(b.Query.Filter) + ", " + span(b.Query.From, b.Query.To) + "."
	v.Lede = b.lede()
	q := see.keep(page.Dated(b.Query.Filter, b.Query.From, b.Query.To))
	v.Chips = crosstabChips(see, a, q)
	form := s.byGroups(see, b.Query.By)
	if a.Rows != "" {
		form = crosstabGroups(crossed(see), a)
		q = page.WithCrosstab(q, a.Rows, a.Columns)
	} else {
		q = page.WithBy(q, b.Query.By...)
	}
	walk, only, err := s.walkOfMonth(c.Request().Context(), see, b)
	if err != nil {
		return v, nil, err
	}
	switch {
	case len(b.Cells) == 0:
		v.Empty = "No delayed days in this period."
	case a.Rows != "":
		v.Cross = s.figuresCrosstab(a, b)
		v.Cross.Links = []page.Link{{Text: "Excel", Href: page.Address("/figures.xlsx", q)}, {Text: "CSV", Href: page.Address("/figures.csv", q)}}
		if walk.Href != "" {
			v.Cross.Links = slices.Insert(v.Cross.Links, 0, walk)
		}
	case only:
		v.Table = s.figuresTable(b, walk.Href)
	default:
		v.Table = s.figuresTable(b, "")
	}
	for _, c := range b.Cells {
		v.days = append(v.days, c.Days)
	}
	if v.Closed, err = s.closedNote(c.Request().Context(), see, b.Query.Filter, b.Query.From, b.Query.To); err != nil {
		return v, nil, err
	}
	v.Filters = page.Filters{
		Action: "/figures", Clear: "/figures", Words: v.Showing,
		Dates:  &page.DateFields{From: b.Query.From.String(), To: b.Query.To.String()},
		Groups: append(append(form, page.BasisGroup(b.Query.Filter)), s.dayGroups(b.Query.Filter)...),
		Periods: page.PeriodLinks(
			"/figures",
			b.Query.Filter,
			crosstabOr(a, see.keep(url.Values{}), b.Query.By),
			b.AsAt,
		), Known: s.momentField(see),
	}
	v.About = s.aboutFigures("/figures", q, b.AsAt, see.measures(measure.DelayedDays, measure.DToCBeds,
		measure.CouncilShare)...)
	v.About.Links = append(v.About.Links, publicLink(b, q)...)
	v.About.Links = append(v.About.Links, page.Link{Text: "Excel", Href: page.Address("/figures.xlsx", q)})
	if walk.Href != "" && a.Rows == "" && !only {
		v.About.Links = append(v.About.Links, walk)
	}
	s.fix(c.Request().Context(), v.About, see, "/figures", q)
	return v, q, nil
}

// lede is the figure in words, with what is not agreed beside agreed days.
func (b breakdown) lede() string {
	perDay := oneDecimal(float64(b.Total) / float64(b.Query.To-b.Query.From+1))
	if b.Query.Filter.Basis != measure.BasisAgreed {
		return measure.UpperFirst(plural(b.Total, "delayed day", "delayed days")) + ": " + perDay + " people waiting on an average day."
	}
	text := measure.UpperFirst(plural(b.Total, "agreed delayed day", "agreed delayed days")) + ": " + perDay + " on an average day."
	if !slices.Contains(b.Numbers, measure.Open) {
		return text
	}
	return text + " " + notAgreedWords(measure.BasisAgreed, b.Total, b.NotAgreed)
}

// byGroups are the fields that say what to break down by.
func (s *Server) byGroups(see sight, by []measure.Dimension) []page.ChoiceGroup {
	grain := page.ChoiceGroup{Legend: "Step", Name: page.WordGrain, Kind: "radio", Style: "radios"}
	chosen := false
	for _, d := range []measure.Dimension{measure.ByMonth, measure.ByWeek, measure.ByDay} {
		on := slices.Contains(by, d)
		chosen = chosen || on
		grain.Items = append(grain.Items, page.Choice{ID: "grain-" + string(d), Value: string(d), Text: measure.UpperFirst(string(d)),
			Chosen: on})
	}
	grain.Items = append(grain.Items, page.Choice{ID: "grain-none", Value: "", Text: "Whole period", Chosen: !chosen})
	rest := page.ChoiceGroup{Legend: "Break down by", Name: page.WordBy, Kind: "checkbox", Style: "checkboxes"}
	for _, d := range page.Dimensions[3:] {
		if d == measure.ByResponsible && !see.divides() {
			continue
		}
		rest.Items = append(
			rest.Items,
			page.Choice{ID: "by-" + string(d), Value: string(d), Text: dimensionWords[d], Chosen: slices.Contains(by, d)},
		)
	}
	return []page.ChoiceGroup{grain, rest}
}

func (s *Server) figuresCSV(c echo.Context) error {
	_, see, b, err := s.breakdownOf(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-figures.csv", s.figuresTwin(see, b))
}

func (s *Server) figuresJSON(c echo.Context) error {
	_, see, b, err := s.breakdownOf(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, s.figuresTwin(see, b))
}
