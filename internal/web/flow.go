package web

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/revision"
	"homeward/internal/web/page"
)

// flowWords are the query words of the flow page.
var flowWords = []string{
	wordSplit,
	page.WordFrom,
	page.WordTo,
	page.WordLast,
	page.WordGrain,
	page.WordProvider,
	page.WordCouncil,
	page.WordReason,
	page.WordResp,
	page.WordCare,
	page.WordBasis,
	page.WordKnown,
	page.WordView,
}

type flowView struct {
	page.Frame
	Showing, Empty string
	Filters        page.Filters
	Charts         []page.Chart
	Class          string
	// More says that not all are drawn; empty when they are.
	More       string
	Flow       page.Table
	Waited     page.Table
	Pair       []page.Chart
	Weekdays   page.Chart
	Handoffs   page.Table
	NoHandoffs string
	// Differences compares with the present; nil on a page that shows it.
	Differences *differencesView
}

// flowOf reads the address and works out the flow.
func (s *Server) flowOf(c echo.Context) (page.Asked, sight, measure.Flows, error) {
	ctx := c.Request().Context()
	a, err := s.opts.Places.Read(c.QueryParams(), flowWords...)
	if err != nil {
		return a, sight{}, measure.Flows{}, err
	}
	if err = a.Everybody("flow counts people who begin and end a wait, whatever is agreed of their days"); err != nil {
		return a, sight{}, measure.Flows{}, err
	}
	q := measure.TrendQuery{Filter: a.Filter, Grain: a.Grain}
	split := maps.Clone(c.QueryParams())
	if s.opts.Beds && slices.Equal(page.Values(split, wordSplit), []string{byPathwayDays}) {
		split.Set(wordSplit, byPathway)
	}
	if q.Split, err = askedSplit(split); err != nil {
		return a, sight{}, measure.Flows{}, err
	}
	if q.Grain == "" {
		q.Grain = measure.ByWeek
	}
	see, err := s.sight(c, &a)
	if err != nil {
		return a, see, measure.Flows{}, err
	}
	q.Filter.Book = a.Filter.Book
	_, last, err := see.Extent(ctx)
	if err != nil || last == 0 {
		return a, see, measure.Flows{TrendQuery: q}, err
	}
	if q.From, q.To, err = a.Period(last); err != nil {
		return a, see, measure.Flows{}, err
	}
	q.To = max(q.From, min(q.To, last))
	f, err := measure.MakeFlows(ctx, see, q, see.Expected())
	return a, see, f, err
}

func (s *Server) flowPage(c echo.Context) error {
	if s.pathwaySplit(c) {
		return s.pathwayFlowPage(c)
	}
	v, err := s.flowShown(c)
	if err != nil {
		return err
	}
	return s.page(c, "flow", v)
}

// flowXLSX gives the tables of the page as they are seen.
func (s *Server) flowXLSX(c echo.Context) error {
	if s.pathwaySplit(c) {
		v, err := s.pathwayFlowShown(c)
		if err != nil {
			return err
		}
		return s.sendXLSX(c, workbook{Name: "homeward-flow", About: s.aboutWorkbook(v.Showing, v.About),
			Tables: []page.Table{v.Whole, v.Steps}})
	}
	v, err := s.flowShown(c)
	if err != nil {
		return err
	}
	return s.sendXLSX(c, workbook{Name: "homeward-flow", About: s.aboutWorkbook(v.Showing, v.About),
		Tables: []page.Table{v.Flow, v.Waited, v.Handoffs}})
}

// flowShown reads the address and fills in the page.
func (s *Server) flowShown(c echo.Context) (flowView, error) {
	ctx := c.Request().Context()
	a, see, f, err := s.flowOf(c)
	if err != nil {
		return flowView{}, err
	}
	v := flowView{Frame: s.frame(c, "Flow"), Class: "app-charts"}
	s.asOfMoment(c, &v.Frame, see)
	if a.Print {
		v.BodyClass = "app-view-print"
	}
	_, last, err := see.Extent(ctx)
	if err != nil {
		return v, err
	}
	if last == 0 {
		v.Empty = "No extracts are held yet, so there is no flow."
		return v, nil
	}
	s.withCharts(&v.Frame)
	q := see.keep(s.flowQuery(f))
	v.Showing = "Showing " + s.opts.Places.FilterWords(f.Filter) + ", " + span(f.From, f.To) + "."
	v.Filters = page.Filters{Action: "/flow", Clear: "/flow", Words: v.Showing,
		Dates:  &page.DateFields{From: f.From.String(), To: f.To.String()},
		Groups: append(s.flowGroups(f, false), s.opts.Places.Groups(f.Filter)...),
		Periods: page.PeriodLinks("/flow", f.Filter, see.keep(url.Values{page.WordGrain: {string(f.Grain)},
			wordSplit: {s.flowSplit(f.Split)}}), last),
		Known: s.momentField(see)}
	v.About = s.aboutFigures("/flow", q, last, measure.PeopleWaiting, measure.NewDelays, measure.EndedDelays, measure.DaysWaited)
	v.About.Links = append(v.About.Links, page.Link{Text: "Excel", Href: page.Address("/flow.xlsx", q)})
	s.fix(ctx, v.About, see, "/flow", q)
	if len(f.Groups) == 0 {
		v.Empty = "No readings for these choices."
		return v, nil
	}
	place := s.place(f.Filter)
	links := []page.Link{
		{Text: downloadCSV, Href: page.Address("/flow.csv", q)},
		{Text: downloadXLSX, Href: page.Address("/flow.xlsx", q)},
		{Text: howCounted, Href: "/definitions/" + measure.NewDelays},
	}
	if f.Split == "" {
		v.Charts = []page.Chart{s.charted(ctx, chart.FlowOf(f, 0, chart.TrendOptions{ID: "flow", Place: place}), across, links, a.Print)}
	} else {
		v.Class = "app-charts app-charts--two"
		v.More = notAllDrawn(len(f.Groups))
		for i := range f.Groups[:min(len(f.Groups), mostPanels)] {
			o := chart.TrendOptions{ID: fmt.Sprintf("flow-%d", i+1), Place: place, Name: s.splitName(f.Split, f.Groups[i].Cell)}
			v.Charts = append(v.Charts, s.charted(ctx, chart.FlowOf(f, i, o), panel, links, a.Print))
		}
	}
	s.mark(c, &v.Frame, f.From, f.To, v.Charts...)
	v.Flow = s.flowTable(see, f)
	if see.text != "" {
		if v.Differences, err = s.differences(ctx, see, func(since revision.Since) (*revision.Comparison, error) {
			return since.Flow(ctx, f)
		}); err != nil {
			return v, err
		}
	}
	if err := s.lengths(ctx, see, f, place, a.Print, &v); err != nil {
		return v, err
	}
	return v, nil
}

// notAllDrawn says how many of so many groups have a chart, when not all have.
func notAllDrawn(groups int) string {
	if groups <= mostPanels {
		return ""
	}
	return "The first " + count(mostPanels) + " of " + count(int64(groups)) + " are drawn. The table and the files have them all."
}

// lengths fills in how long waits last, the week's pattern and the hand-offs.
func (s *Server) lengths(ctx context.Context, course Course, f measure.Flows, place string, open bool, v *flowView) error {
	l, err := measure.MakeLengths(ctx, course, f.Filter, f.From, f.To, f.AsAt)
	if err != nil {
		return err
	}
	number := func(text string) page.Cell { return page.Cell{Text: text, Class: page.Numeric} }
	v.Waited = page.Table{
		ID:      "waited",
		Stack:   true,
		Caption: "Days waited",
		Head: []page.Head{{Text: "Waits"}, {Text: "People", Numeric: true}, {Text: "Middle, days", Numeric: true},
			{Text: "9 in 10 at most, days", Numeric: true},
			{Text: "7 days or more", Numeric: true}, {Text: "14 days or more", Numeric: true}, {Text: "21 days or more", Numeric: true}},
	}
	for _, one := range []struct {
		name  string
		q     measure.Quantiles
		least [3]int64
	}{{"Ended in the period, all their days", l.EndedQuantiles, l.AtLeast}, {"Waiting on " + f.To.Long() + ", days so far", l.OpenQuantiles,
		l.OpenAtLeast}} {
		row := []page.Cell{{Text: one.name, Header: true}, number(count(one.q.People))}
		if one.q.People == 0 {
			row = append(row, number("Not applicable"), number("Not applicable"))
		} else {
			row = append(row, number(oneDecimal(one.q.Middle)), number(oneDecimal(one.q.NineTen)))
		}
		for _, n := range one.least {
			row = append(row, number(count(n)))
		}
		v.Waited.Rows = append(v.Waited.Rows, row)
	}
	w, err := measure.Weekdays(ctx, course, f.Filter, f.From, f.To)
	if err != nil {
		return err
	}
	how := []page.Link{{Text: howCounted, Href: "/definitions/" + measure.DaysWaited}}
	v.Pair = []page.Chart{s.charted(ctx, chart.LengthsOf(l, place), half, how, open),
		s.charted(ctx, chart.SurvivalOf(l, place), half, how, open)}
	v.Weekdays = s.charted(ctx, chart.WeekdaysOf(w, l, place), across, nil, open)
	if !f.Filter.Book.Divides() {
		v.NoHandoffs = "Delays are divided by groups of reasons here and not between bodies, so no next step changes hands."
		return nil
	}
	moves, err := measure.Handoffs(ctx, course, f.Filter, measure.ByResponsible, f.From, f.To)
	if err != nil {
		return err
	}
	hands := make([]measure.HandOff, len(moves))
	for i, m := range moves {
		hands[i] = measure.HandOff{From: m.From.Body, To: m.To.Body, People: m.People}
	}
	if len(moves) == 0 {
		v.NoHandoffs = "The next step did not change hands in this period."
		return nil
	}
	v.Handoffs = handoffTable("handoffs", "Changes of who the next step is with", hands)
	return nil
}

// flowTable has a row for each group and its whole period, which adds up from
// left to right. Its ends open the rows of people who waited on those days.
func (s *Server) flowTable(see sight, f measure.Flows) page.Table {
	t := page.Table{ID: "flow-all", Caption: "From " + f.From.Long() + " to " + f.To.Long(),
		Head: []page.Head{{Text: "All"}, {Text: "Waiting at the start", Numeric: true}}}
	if f.Split != "" {
		t.Head[0].Text = dimensionWords[f.Split]
	}
	for _, k := range measure.EventKinds {
		t.Head = append(t.Head, page.Head{Text: measure.UpperFirst(k.String()), Numeric: true})
	}
	t.Head = append(t.Head, page.Head{Text: "Waiting at the end", Numeric: true})
	number := func(text string) page.Cell { return page.Cell{Text: text, Class: page.Numeric} }
	for _, g := range f.Groups {
		head := page.Cell{Text: s.splitName(f.Split, g.Cell), Header: true}
		if f.Split == measure.ByResponsible {
			head.Swatch = swatch(g.Cell.Body)
		}
		on := func(n int64, day delay.Day) page.Cell {
			cell := number(count(n))
			if n > 0 && see.text == "" {
				cell.Href = page.Address("/days", page.Dated(narrowed(f.Filter, f.Split, g.Cell), day, day))
			}
			return cell
		}
		row := []page.Cell{head, on(g.Whole.Start, f.From-1)}
		for _, k := range measure.EventKinds {
			n := g.Whole.By[k]
			switch {
			case n == 0:
				row = append(row, number("0"))
			case k.Adds():
				row = append(row, number("+"+count(n)))
			default:
				row = append(row, number(count(-n)))
			}
		}
		t.Rows = append(t.Rows, append(row, on(g.Whole.Now, f.To)))
	}
	return t
}

func (s *Server) flowGroups(f measure.Flows, situation bool) []page.ChoiceGroup {
	all := s.trendGroups(trendAsked{TrendQuery: f.TrendQuery})
	if s.opts.Beds {
		days := &all[1].Items[len(all[1].Items)-1] // the last of splits
		days.ID, days.Value, days.Text = all[1].Name+"-"+byPathwayDays, byPathwayDays, "Pathway (delayed days)"
		days.Chosen = f.Split == measure.ByPathway && !situation
		all[1].Items = append(all[1].Items, page.Choice{ID: all[1].Name + "-" + byPathway, Value: byPathway,
			Text: "Pathway (situation report)", Chosen: situation})
	}
	return []page.ChoiceGroup{all[1], all[2]}
}

// flowSplit gives a split as the flow's address has it.
func (s *Server) flowSplit(d measure.Dimension) string {
	if d == measure.ByPathway && s.opts.Beds {
		return byPathwayDays
	}
	return string(d)
}

func (s *Server) flowQuery(f measure.Flows) url.Values {
	q := page.Dated(f.Filter, f.From, f.To)
	q.Set(page.WordGrain, string(f.Grain))
	if f.Split != "" {
		q.Set(wordSplit, s.flowSplit(f.Split))
	}
	return q
}

func (s *Server) flowTwin(see sight, f measure.Flows) page.Twin {
	t := page.Twin{Convention: s.convention(),
		Title: "Flow", RuleVersion: s.ruleVersionAt(see), From: f.From.String(), To: f.To.String(), Measure: measure.PeopleWaiting,
		AsAt: f.AsAt.String(),
		Definitions: []string{"Waiting at the start, with those who are new, already waiting, resumed or moved in, less those who ended, " +
			"are no " +
			"longer listed, paused or moved out, is always those waiting at the end (C16)."},
		Columns: []page.Column{{Name: string(f.Grain)}, {Name: "last_day"}}}
	if f.Split != "" {
		t.Columns = append(t.Columns, page.Column{Name: measure.Column(f.Split)})
	}
	t.Columns = append(t.Columns, page.Column{Name: "start", Number: true})
	for _, k := range measure.EventKinds {
		t.Columns = append(t.Columns, page.Column{Name: columnName(k.String()), Number: true})
	}
	t.Columns = append(t.Columns, page.Column{Name: "end", Number: true}, page.Column{Name: "days_with_every_extract", Number: true})
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, g := range f.Groups {
		for _, p := range g.Periods {
			row := []string{periodText(p.First, f.Grain), p.Last.String()}
			if f.Split != "" {
				row = append(row, g.Cell.Text(f.Split))
			}
			row = append(row, whole(p.Start))
			for _, k := range measure.EventKinds {
				row = append(row, whole(p.By[k]))
			}
			t.Rows = append(t.Rows, append(row, whole(p.Now), strconv.Itoa(p.Listed)))
		}
	}
	return t
}

func (s *Server) flowCSV(c echo.Context) error {
	if s.pathwaySplit(c) {
		a, err := s.pathwayFlowOf(c)
		if err != nil {
			return err
		}
		return s.sendCSV(c, "homeward-flow.csv", s.pathwayFlowTwin(a))
	}
	_, see, f, err := s.flowOf(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-flow.csv", s.flowTwin(see, f))
}

func (s *Server) flowJSON(c echo.Context) error {
	if s.pathwaySplit(c) {
		a, err := s.pathwayFlowOf(c)
		if err != nil {
			return err
		}
		return s.sendJSON(c, s.pathwayFlowTwin(a))
	}
	_, see, f, err := s.flowOf(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, s.flowTwin(see, f))
}
