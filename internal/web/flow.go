package web

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// flowWords are the query words of the flow page.
var flowWords = []string{wordSplit, wordFrom, wordTo, wordLast, wordGrain, wordProvider, wordCouncil, wordReason, wordResp, wordCare,
	wordBasis, wordKnown, wordView}

type flowView struct {
	Frame
	Showing, Empty string
	Filters        filterView
	Charts         []chartView
	Class          string
	Flow           tableView
	Waited         tableView
	Pair           []chartView
	Weekdays       chartView
	Handoffs       tableView
	NoHandoffs     string
	// Differences compares with the present; nil on a page that shows it.
	Differences *differencesView
}

// flowOf reads the address and works out the flow.
func (s *Server) flowOf(c echo.Context) (asked, sight, measure.Flows, error) {
	ctx := c.Request().Context()
	a, err := s.opts.Places.read(c.QueryParams(), flowWords...)
	if err != nil {
		return a, sight{}, measure.Flows{}, err
	}
	if err = a.everybody("flow counts people who begin and end a wait, whatever is agreed of their days"); err != nil {
		return a, sight{}, measure.Flows{}, err
	}
	q := measure.TrendQuery{Filter: a.Filter, Grain: a.Grain}
	if q.Split, err = askedSplit(c.QueryParams()); err != nil {
		return a, sight{}, measure.Flows{}, err
	}
	if q.Grain == "" {
		q.Grain = measure.ByWeek
	}
	see, err := s.sight(c, a)
	if err != nil {
		return a, see, measure.Flows{}, err
	}
	_, last, err := see.Extent(ctx)
	if err != nil || last == 0 {
		return a, see, measure.Flows{TrendQuery: q}, err
	}
	if q.From, q.To, err = a.period(last); err != nil {
		return a, see, measure.Flows{}, err
	}
	q.To = max(q.From, min(q.To, last))
	f, err := measure.MakeFlows(ctx, see.course, q, see.course.Expected())
	return a, see, f, err
}

func (s *Server) flowPage(c echo.Context) error {
	ctx := c.Request().Context()
	a, see, f, err := s.flowOf(c)
	if err != nil {
		return err
	}
	v := flowView{Frame: s.frame(c, "Flow"), Class: "app-charts"}
	s.asKnown(c, &v.Frame, see)
	if a.Print {
		v.BodyClass = "app-view-print"
	}
	_, last, err := see.Extent(ctx)
	if err != nil {
		return err
	}
	if last == 0 {
		v.Empty = "No extracts are held yet, so there is no flow."
		return s.page(c, "flow", v)
	}
	s.withCharts(&v.Frame)
	q := see.keep(flowQuery(f))
	v.Showing = "Showing " + s.opts.Places.filterWords(f.Filter) + ", " + span(f.From, f.To) + "."
	v.Filters = filterView{Action: "/flow", Clear: "/flow", Words: v.Showing,
		Dates:   &dateFields{From: f.From.String(), To: f.To.String()},
		Groups:  append(flowGroups(f), s.opts.Places.groups(f.Filter)...),
		Periods: periodLinks("/flow", f.Filter, see.keep(url.Values{wordGrain: {string(f.Grain)}, wordSplit: {string(f.Split)}}), last),
		Known:   s.knownField(see)}
	v.About = s.aboutFigures("/flow", q, last, measure.PeopleWaiting, measure.NewDelays, measure.EndedDelays, measure.DaysWaited)
	s.fix(ctx, v.About, see, "/flow", q)
	if len(f.Groups) == 0 {
		v.Empty = "No readings for these choices."
		return s.page(c, "flow", v)
	}
	place := s.place(f.Filter)
	links := []link{{"CSV", address("/flow.csv", q)}, {"How this is counted", "/definitions/" + measure.NewDelays}}
	if f.Split == "" {
		v.Charts = []chartView{s.charted(ctx, chart.FlowOf(f, 0, chart.TrendOptions{ID: "flow", Place: place}), across, links, a.Print)}
	} else {
		v.Class = "app-charts app-charts--two"
		for i := range f.Groups[:min(len(f.Groups), mostPanels)] {
			o := chart.TrendOptions{ID: fmt.Sprintf("flow-%d", i+1), Place: place, Name: s.splitName(f.Split, f.Groups[i].Cell)}
			v.Charts = append(v.Charts, s.charted(ctx, chart.FlowOf(f, i, o), panel, nil, a.Print))
		}
	}
	v.Flow = s.flowTable(see, f)
	if see.text != "" {
		if v.Differences, err = s.flowSince(ctx, see, f); err != nil {
			return err
		}
	}
	if err := s.lengths(ctx, see.course, f, place, a.Print, &v); err != nil {
		return err
	}
	return s.page(c, "flow", v)
}

// lengths fills in how long waits last, the week's pattern and the hand-offs.
func (s *Server) lengths(ctx context.Context, course Course, f measure.Flows, place string, open bool, v *flowView) error {
	l, err := measure.MakeLengths(ctx, course, f.Filter, f.From, f.To, f.AsAt)
	if err != nil {
		return err
	}
	number := func(text string) tableCell { return tableCell{Text: text, Class: numericClass} }
	v.Waited = tableView{ID: "waited", Caption: "Days waited", Head: []headCell{{"Waits", false}, {"People", true}, {"Middle, days", true},
		{"9 in 10 at most, days", true},
		{"7 days or more", true}, {"14 days or more", true}, {"21 days or more", true}}}
	for _, one := range []struct {
		name  string
		q     measure.Quantiles
		least [3]int64
	}{{"Ended in the period, all their days", l.EndedQuantiles, l.AtLeast}, {"Waiting on " + f.To.Long() + ", days so far", l.OpenQuantiles,
		l.OpenAtLeast}} {
		row := []tableCell{{Text: one.name, Header: true}, number(count(one.q.People))}
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
	how := []link{{"How this is counted", "/definitions/" + measure.DaysWaited}}
	v.Pair = []chartView{s.charted(ctx, chart.LengthsOf(l, place), half, how, open),
		s.charted(ctx, chart.SurvivalOf(l, place), half, how, open)}
	v.Weekdays = s.charted(ctx, chart.WeekdaysOf(w, l, place), across, nil, open)
	moves, err := measure.Handoffs(ctx, course, f.Filter, measure.ByResponsible, f.From, f.To)
	if err != nil {
		return err
	}
	v.Handoffs = tableView{ID: "handoffs", Caption: "Changes of who the next step is with",
		Head: []headCell{{"From", false}, {"To", false}, {"Times", true}}}
	for _, m := range moves {
		v.Handoffs.Rows = append(v.Handoffs.Rows, []tableCell{
			{Text: upperFirst(m.From.Body.String()), Header: true, Swatch: swatch(m.From.Body)},
			{Text: upperFirst(m.To.Body.String()), Swatch: swatch(m.To.Body)}, number(count(m.People)),
		})
	}
	if len(moves) == 0 {
		v.NoHandoffs = "The next step did not change hands in this period."
	}
	return nil
}

// flowTable has a row for each group and its whole period, which adds up from
// left to right. Its ends open the rows of people who waited on those days.
func (s *Server) flowTable(see sight, f measure.Flows) tableView {
	t := tableView{ID: "flow-all", Caption: "From " + f.From.Long() + " to " + f.To.Long(),
		Head: []headCell{{"All", false}, {"Waiting at the start", true}}}
	if f.Split != "" {
		t.Head[0].Text = dimensionWords[f.Split]
	}
	for _, k := range measure.EventKinds {
		t.Head = append(t.Head, headCell{upperFirst(k.String()), true})
	}
	t.Head = append(t.Head, headCell{"Waiting at the end", true})
	number := func(text string) tableCell { return tableCell{Text: text, Class: numericClass} }
	for _, g := range f.Groups {
		head := tableCell{Text: s.splitName(f.Split, g.Cell), Header: true}
		if f.Split == measure.ByResponsible {
			head.Swatch = swatch(g.Cell.Body)
		}
		on := func(n int64, day delay.Day) tableCell {
			cell := number(count(n))
			if n > 0 && see.text == "" {
				cell.Href = address("/days", dated(narrowed(f.Filter, f.Split, g.Cell), day, day))
			}
			return cell
		}
		row := []tableCell{head, on(g.Whole.Start, f.From-1)}
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

func flowGroups(f measure.Flows) []choiceGroup {
	all := trendGroups(trendAsked{TrendQuery: f.TrendQuery})
	return []choiceGroup{all[1], all[2]}
}

func flowQuery(f measure.Flows) url.Values {
	q := dated(f.Filter, f.From, f.To)
	q.Set(wordGrain, string(f.Grain))
	if f.Split != "" {
		q.Set(wordSplit, string(f.Split))
	}
	return q
}

func (s *Server) flowTwin(see sight, f measure.Flows) twin {
	t := twin{Title: "Flow", RuleVersion: s.ruleVersionAt(see), From: f.From.String(), To: f.To.String(), Measure: measure.PeopleWaiting,
		AsAt: f.AsAt.String(),
		Definitions: []string{"Waiting at the start, with those who are new, already waiting, resumed or moved in, less those who ended, " +
			"are no " +
			"longer listed, paused or moved out, is always those waiting at the end (C16)."},
		Columns: []column{{string(f.Grain), false}, {"last_day", false}}}
	if f.Split != "" {
		t.Columns = append(t.Columns, column{measure.Column(f.Split), false})
	}
	t.Columns = append(t.Columns, column{"start", true})
	for _, k := range measure.EventKinds {
		t.Columns = append(t.Columns, column{columnName(k.String()), true})
	}
	t.Columns = append(t.Columns, column{"end", true}, column{"days_with_every_extract", true})
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
	_, see, f, err := s.flowOf(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-flow.csv", s.flowTwin(see, f))
}

func (s *Server) flowJSON(c echo.Context) error {
	_, see, f, err := s.flowOf(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, s.flowTwin(see, f))
}
