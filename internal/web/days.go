package web

import (
	"context"
	"html/template"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/record"
	"homeward/internal/web/page"
)

// Rows gives identifiers to those whose role may see them.
type Rows interface {
	// Identifiers gives the identifiers of one patient and notes the display.
	Identifiers(ctx context.Context, by people.Actor, reference string) (*record.Identifiers, error)
}

// daysWords are the query words of the rows behind a figure.
var daysWords = []string{
	page.WordFrom,
	page.WordTo,
	page.WordLast,
	page.WordProvider,
	page.WordCouncil,
	page.WordReason,
	page.WordResp,
	page.WordCare,
	page.WordState,
	page.WordPathway,
	page.WordBasis,
	page.WordView,
	wordOrder,
	wordSheet,
}

const (
	wordOrder = "sort"
	wordSheet = "page"
)

// daysOnPage is how many rows a page of /days has.
const daysOnPage = 25

type daysView struct {
	page.Frame
	Lede, Showing, Outside string
	// Uncertain says how many of the days rest on an uncertain ready date.
	Uncertain string
	// Proof says that the rows add up to the figure.
	Proof string
	// Strips says that rows draw their days; From and To are the first and last.
	Strips   bool
	From, To string
	Empty    string
	Rows     []dayRow
	// Identifiers says that the role may ask for them.
	Identifiers bool
	Filters     page.Filters
	Sorted      []page.Link
	Earlier     string
	Later       string
	Pages       string
	Shown       *shownView
}

type dayRow struct {
	ID, Reference, Hospital, Place, Ready, End, Reason, Body, Swatch, Days string
	Action                                                                 string
	// Dates are those of the row's counted days, Rule what decided them.
	Dates, Rule, RuleWords string
	Strip                  template.HTML
	State                  *page.Tag
	Receipt                string
	Acts                   []page.Link
	// Asks says that the row has the button for numbers: the first of its delay.
	Asks bool
}

type shownView struct{ Reference, NHSNumber, LocalID, Note string }

// daysOf is what an address asks for of the rows.
type daysOf struct {
	Filter record.Filter
	Page   record.Page
	List   *record.List
	// Figure is the number of delayed days that the figure counts.
	Figure int64
	AsAt   delay.Day
	now    Present
}

// daysOf reads the address, and lists its page of at most size rows; size 0
// lists none.
func (s *Server) daysOf(c echo.Context, size int) (daysOf, error) {
	ctx := c.Request().Context()
	var d daysOf
	a, err := s.opts.Places.Read(c.QueryParams(), daysWords...)
	if err != nil {
		return d, err
	}
	if d.now, err = s.now(ctx); err != nil {
		return d, err
	}
	_, last, err := d.now.Extent(ctx)
	if err != nil {
		return d, err
	}
	d.AsAt, d.List = last, &record.List{}
	d.Page = record.Page{Sort: record.ByReady, Number: 1, Size: size}
	switch order := c.QueryParam(wordOrder); order {
	case "", string(record.ByReady):
	case string(record.ByDays):
		d.Page.Sort = record.ByDays
	default:
		return d, page.NotAValue(wordOrder, order, []string{string(record.ByReady), string(record.ByDays)})
	}
	if text := c.QueryParam(wordSheet); text != "" {
		if d.Page.Number, err = strconv.Atoi(text); err != nil || d.Page.Number < 1 || d.Page.Number > 1_000_000 {
			return d, problem.New(problem.Invalid, "We do not recognise %s as a value of 'page'. Use a number, like 2.", page.Quote(text))
		}
	}
	if last == 0 {
		return d, nil
	}
	if d.Filter.From, d.Filter.To, err = a.Period(last); err != nil {
		return d, err
	}
	d.Filter.To = max(d.Filter.From, min(d.Filter.To, last))
	d.Filter.Filter = a.Filter
	cells, err := d.now.Cells(ctx, measure.Query{From: d.Filter.From, To: d.Filter.To, Filter: a.Filter})
	if err != nil {
		return d, err
	}
	for _, cell := range cells {
		d.Figure += cell.Days
	}
	if actor := s.actor(c); actor.May(people.SeeRows) && size > 0 {
		d.List, err = d.now.ScopedDelays(ctx, actor.Scope(), d.Filter, d.Page)
	}
	return d, err
}

// outside says how much of the figure the reader's rows leave out.
func (d daysOf) outside() string {
	n := d.Figure - d.List.Days
	switch {
	case n <= 0:
		return ""
	case n == 1:
		return "This 1 day is outside your organisation. You can see the count but not the row."
	default:
		return "These " + days(n) + " are outside your organisation. You can see the count but not the rows."
	}
}

func (s *Server) daysView(c echo.Context) (daysView, error) {
	d, err := s.daysOf(c, daysOnPage)
	if err != nil {
		return daysView{}, err
	}
	v := daysView{Frame: s.frame(c, "Delays behind a figure"), Identifiers: s.actor(c).Scope().Identifiers()}
	v.Crumbs = []page.Link{{Text: "Figures", Href: "/figures"}}
	if d.AsAt == 0 {
		v.Empty = "No extracts are held yet, so there are no figures."
		return v, nil
	}
	v.Showing = "Showing " + s.opts.Places.FilterWords(d.Filter.Filter) + ", " + span(d.Filter.From, d.Filter.To) + "."
	v.Lede = measure.UpperFirst(plural(d.Figure, "delayed day", "delayed days")) + "."
	if d.List.Total > 0 {
		v.Lede = measure.UpperFirst(plural(d.Figure, "delayed day", "delayed days")) + ": " + days(d.List.Days) + " of " +
			plural(int64(d.List.Total), "delay", "delays") + " that you can see."
	}
	if n := d.List.Uncertain; n > 0 {
		v.Uncertain = "Of these, " + plural(n, "day rests", "days rest") + " on an uncertain ready date."
	}
	v.Outside = d.outside()
	var shown int64
	numbers, err := s.periodNumbers(c, d.List.Delays)
	if err != nil {
		return v, err
	}
	for _, r := range d.List.Delays {
		v.Rows = append(v.Rows, s.periodRows(c, r, d.Filter, numbers)...)
		shown += r.Days
	}
	v.Proof = d.proof(shown, len(v.Rows))
	v.Strips, v.From, v.To = d.Filter.To-d.Filter.From < stripMost, d.Filter.From.Long(), d.Filter.To.Long()
	q := page.Dated(d.Filter.Filter, d.Filter.From, d.Filter.To)
	v.Filters = page.Filters{Action: "/days", Clear: "/days", Words: v.Showing, Dates: &page.DateFields{From: d.Filter.From.String(),
		To: d.Filter.To.String()},
		Groups:  append([]page.ChoiceGroup{page.BasisGroup(d.Filter.Filter)}, s.dayGroups(d.Filter.Filter)...),
		Periods: page.PeriodLinks("/days", d.Filter.Filter, nil, d.AsAt)}
	to := func(order record.Sort, sheet int) string {
		words := url.Values{}
		maps.Copy(words, q)
		if order != record.ByReady {
			words.Set(wordOrder, string(order))
		}
		if sheet > 1 {
			words.Set(wordSheet, strconv.Itoa(sheet))
		}
		return page.Address("/days", words)
	}
	v.Sorted = []page.Link{
		{Text: "Longest waiting first", Href: to(record.ByReady, 1)},
		{Text: "Most delayed days first", Href: to(record.ByDays, 1)},
	}
	pages := (d.List.Total + daysOnPage - 1) / daysOnPage
	if pages > 1 {
		v.Pages = "Page " + strconv.Itoa(d.Page.Number) + " of " + strconv.Itoa(pages) + "."
	}
	if d.Page.Number > 1 {
		v.Earlier = to(d.Page.Sort, d.Page.Number-1)
	}
	if d.Page.Number < pages {
		v.Later = to(d.Page.Sort, d.Page.Number+1)
	}
	v.About = s.aboutFigures("/days", q, d.AsAt, measure.DelayedDays)
	return v, nil
}

func (s *Server) dayRow(r record.Delay, query url.Values) dayRow {
	row := dayRow{ID: "row-" + r.Reference + "-" + r.Listed.String(), Reference: r.Reference,
		Hospital: s.opts.Places.ProviderWords(r.Provider), Ready: r.Ready.Long(),
		End:    "Still waiting",
		Action: page.Address("/days/"+url.PathEscape(r.Reference)+"/identifiers", query)}
	var place []string
	for _, part := range []string{r.Bed, r.Ward, r.Site} {
		if part != "" {
			place = append(place, part)
		}
	}
	row.Place = orWords(strings.Join(place, ", "), "Not known")
	if r.End != 0 {
		row.End = "Left " + r.End.Long()
	}
	return row
}

func (s *Server) daysPage(c echo.Context) error {
	v, err := s.daysView(c)
	if err != nil {
		return err
	}
	if c.QueryParam(page.WordView) == "print" {
		v.BodyClass = "app-view-print"
	}
	return s.page(c, "days", v)
}

// showIdentifiers shows one patient's numbers on the page that the reader had,
// asked for by POST so that no address or history holds it (P2).
func (s *Server) showIdentifiers(c echo.Context) error {
	got, err := s.opts.Rows.Identifiers(c.Request().Context(), s.actor(c), c.Param("reference"))
	if err != nil {
		return err
	}
	v, err := s.daysView(c)
	if err != nil {
		return err
	}
	v.Shown = &shownView{Reference: got.Reference, NHSNumber: orWords(spaced(got.NHSNumber), "Not known"),
		LocalID: orWords(got.LocalID, "Not known"),
		Note:    "This display is in the audit log."}
	if got.Purged {
		v.Shown.Note = "The numbers were purged under the retention period. This display is in the audit log."
	}
	return s.page(c, "days", v)
}

// daysTwin gives every row of the scope, and notes the export before any leaves.
func (s *Server) daysTwin(c echo.Context) (page.Twin, error) {
	d, err := s.daysOf(c, 0)
	if err != nil {
		return page.Twin{}, err
	}
	ctx := c.Request().Context()
	def, _ := measure.DefinitionOf(measure.DelayedDays, s.opts.Places.Book)
	t := page.Twin{
		Convention:  s.convention(),
		Title:       "Delays behind a figure",
		From:        d.Filter.From.String(),
		To:          d.Filter.To.String(),
		Measure:     def.ID,
		AsAt:        d.AsAt.String(),
		Basis:       d.Filter.Filter.Basis,
		Definitions: []string{def.ID + " " + def.Name},
		Columns: []page.Column{{Name: "provider"}, {Name: "reference"}, {Name: "site"}, {Name: "ward"}, {Name: "bed"}, {Name: "ready"},
			{Name: "end"}, {Name: "reason"}, {Name: "responsible"}, {Name: "council"},
			{Name: "delayed_days", Number: true}, {Name: "first_day"}, {Name: "last_day"},
			{Name: "state"}, {Name: "rule"}},
	}
	actor := s.actor(c)
	if !actor.May(people.SeeRows) || d.AsAt == 0 {
		return t, nil
	}
	n, err := d.eachPeriod(ctx, actor.Scope(), func(r record.Delay, p record.Period) {
		end := ""
		if r.End != 0 {
			end = r.End.String()
		}
		t.Rows = append(t.Rows, []string{r.Provider, r.Reference, r.Site, r.Ward, r.Bed, r.Ready.String(), end, string(p.Reason),
			p.Body.Slug(), string(p.Council), strconv.FormatInt(p.Days(), 10), p.First.String(), p.Last.String(), p.State.Slug(), p.Rule})
	})
	if err != nil {
		return t, err
	}
	return t, s.opts.SignIn.Store.Record(ctx, audit.Entry{Who: actor.Who(), As: actor.As(), From: actor.Address, What: audit.RowsExported,
		After: strconv.Itoa(n) + " delays"})
}

func (s *Server) daysCSV(c echo.Context) error {
	t, err := s.daysTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-delays.csv", t)
}

func (s *Server) daysJSON(c echo.Context) error {
	t, err := s.daysTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}
