package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/revision"
	"homeward/internal/spc"
	"homeward/internal/web/page"
)

// Course answers the questions of the trends, reasons and flow pages, of the
// present or of a past moment. Its answers hold counts only.
type Course interface {
	measure.TrendSource
	measure.CouncilSource
	// Expected names the providers.
	Expected() []measure.Expected
	// Annotations gives the notes that stand, by day.
	Annotations(ctx context.Context) ([]measure.Annotation, error)
}

// Trends is the present course, with what the partnership notes on its charts.
type Trends interface {
	Course
	// AddAnnotation puts a note on the charts, and gives its number.
	AddAnnotation(ctx context.Context, by people.Actor, a measure.Annotation) (int64, error)
	// WithdrawAnnotation takes a note off the charts, or gives a problem of kind
	// NotFound.
	WithdrawAnnotation(ctx context.Context, by people.Actor, id int64) error
}

// The query words of the trends page alone.
const (
	wordMeasure = "measure"
	wordSplit   = "split"
	wordChart   = "chart"
	wordCompare = "compare"
)

// trendsWords are the query words of the trends page.
var trendsWords = []string{wordMeasure, wordSplit, wordChart, wordCompare, page.WordFrom, page.WordTo, page.WordLast, page.WordGrain,
	page.WordProvider, page.WordCouncil, page.WordReason, page.WordResp, page.WordCare, page.WordPathway, page.WordBasis, page.WordKnown,
	page.WordView}

const (
	chartControl = "spc"
	chartLine    = "line"
	lastYear     = "last-year"
)

// mostPanels bounds the charts beside each other on one page; the table and
// the files have every series.
const mostPanels = 12

// panel is the size of one of several charts beside each other.
var panel = chart.Size{Width: 540, Height: 348, Font: 14, Line: 3}

// splits are the values of split, in the order of the form; none is first.
var splits = []measure.Dimension{measure.ByResponsible, measure.ByProvider, measure.ByCouncil, measure.ByReason, measure.ByCare,
	measure.ByPathway}

// trendAsked is what an address of the trends page asks for.
type trendAsked struct {
	page.Asked
	measure.TrendQuery
	// see is what the address looks at: the present, or a past moment.
	see     sight
	Chart   string
	Compare bool
}

// query writes what was asked as query words, with real dates.
func (a trendAsked) query() url.Values {
	q := a.see.keep(page.Dated(a.TrendQuery.Filter, a.TrendQuery.From, a.TrendQuery.To))
	q.Set(wordMeasure, a.Metric.Word)
	q.Set(page.WordGrain, string(a.TrendQuery.Grain))
	q.Set(wordChart, a.Chart)
	if a.Split != "" {
		q.Set(wordSplit, string(a.Split))
	}
	if a.Compare {
		q.Set(wordCompare, lastYear)
	}
	return q
}

// trendOf reads the address and works out the trend. The period is brought to
// the whole weeks or months that it lies in.
func (s *Server) trendOf(c echo.Context) (trendAsked, measure.Trend, error) {
	ctx := c.Request().Context()
	var t trendAsked
	query := c.QueryParams()
	a, err := s.opts.Places.Read(query, trendsWords...)
	if err != nil {
		return t, measure.Trend{}, err
	}
	t.Chart = chartControl
	if t.see, err = s.sight(c, &a); err != nil {
		return t, measure.Trend{}, err
	}
	if t.Metric, err = askedMetric(query, metrics(a.Filter.Book)); err != nil {
		return t, measure.Trend{}, err
	}
	if !t.Metric.OfDays() {
		if err = a.Everybody(t.Metric.Noun + " are counted once for a wait, whatever is agreed of its days"); err != nil {
			return t, measure.Trend{}, err
		}
	}
	t.Asked, t.TrendQuery.Filter = a, a.Filter
	if t.Split, err = askedSplit(query); err != nil {
		return t, measure.Trend{}, err
	}
	if given := page.Values(query, wordChart); len(given) > 0 {
		if t.Chart, err = page.Choose(wordChart, given[0], []string{chartControl, chartLine}); err != nil {
			return t, measure.Trend{}, err
		}
	}
	if given := page.Values(query, wordCompare); len(given) > 0 {
		if _, err = page.Choose(wordCompare, given[0], []string{lastYear}); err != nil {
			return t, measure.Trend{}, err
		}
		t.Compare = true
		if t.Split != "" {
			return t, measure.Trend{}, problem.New(problem.Invalid, "A comparison with last year is for one line. Remove 'split', or remove "+
				"'compare'.")
		}
	}
	if t.TrendQuery.Grain = a.Grain; a.Grain == "" {
		t.TrendQuery.Grain = measure.ByWeek
	}
	_, last, err := t.see.Extent(ctx)
	if err != nil || last == 0 {
		return t, measure.Trend{TrendQuery: t.TrendQuery}, err
	}
	if t.TrendQuery.From, t.TrendQuery.To, err = a.Period(last); err != nil {
		return t, measure.Trend{}, err
	}
	t.TrendQuery.To = max(t.TrendQuery.From, min(t.TrendQuery.To, last))
	trend, err := measure.MakeTrend(ctx, t.see, t.TrendQuery, t.see.Expected())
	return t, trend, err
}

func askedMetric(query url.Values, known []measure.Metric) (measure.Metric, error) {
	var words []string
	for _, m := range known {
		words = append(words, m.Word)
	}
	given := page.Values(query, wordMeasure)
	switch len(given) {
	case 0:
		return known[slices.IndexFunc(known, func(m measure.Metric) bool { return m.ID == measure.PeopleWaiting })], nil
	case 1:
	default:
		return measure.Metric{}, problem.New(problem.Invalid, "Select one measure. The address has %d.", len(given))
	}
	word, err := page.Choose(wordMeasure, given[0], words)
	if err != nil {
		return measure.Metric{}, err
	}
	return known[slices.Index(words, word)], nil
}

// metrics are those that can be followed: the council share only where days are
// divided between bodies (A8).
func metrics(b *definition.Book) []measure.Metric {
	all := measure.Metrics(b)
	if b.Divides() {
		return all
	}
	return slices.DeleteFunc(all, func(m measure.Metric) bool { return m.ID == measure.CouncilShare })
}

func askedSplit(query url.Values) (measure.Dimension, error) {
	given := page.Values(query, wordSplit)
	switch len(given) {
	case 0:
		return "", nil
	case 1:
		return page.Choose(wordSplit, given[0], splits)
	}
	return "", problem.New(problem.Invalid, "The address has 'split' %d times. Use it once.", len(given))
}

// trendCharts are the charts of one address with what stands beside them.
type trendCharts struct {
	// One is set when there is one chart, Panels when there are several.
	One    *chart.Control
	Panels []chart.Chart
	// Controls are the control charts of every series, drawn or not.
	Controls []chart.Control
	Before   *measure.TrendSeries
	Notes    []chart.Note
	Names    []string
}

// draw makes the charts of a trend: one control chart or chart of lines, or a
// panel for each series on one scale.
func (s *Server) drawTrend(ctx context.Context, a trendAsked, t measure.Trend) (trendCharts, error) {
	var out trendCharts
	for i := range t.Series {
		out.Names = append(out.Names, s.splitName(t.Split, t.Series[i].Cell))
	}
	all, err := a.see.Annotations(ctx)
	if err != nil {
		return out, err
	}
	touching := func(f measure.Filter) []measure.Annotation {
		var list []measure.Annotation
		for _, n := range all {
			if n.Touches(t.Metric, f, t.From, t.To) {
				n.Restart = n.Restart && n.Covers(f)
				list = append(list, n)
			}
		}
		return list
	}
	// What stands on a chart beside its readings: notes and agreed levels.
	mark := func(o *chart.TrendOptions, f measure.Filter) {
		o.Annotations, o.Levels = touching(f), measure.LevelsFor(s.opts.Levels, t.Metric, t.Grain, f, t.From, t.To)
	}
	place := s.place(t.Filter)
	if a.Compare && len(t.Series) > 0 {
		q := a.TrendQuery
		q.From, q.To = measure.YearBefore(t.From, q.Grain), measure.YearBefore(t.To, q.Grain)
		before, err := measure.MakeTrend(ctx, a.see, q, a.see.Expected())
		if err != nil {
			return out, err
		}
		out.Before = &measure.TrendSeries{}
		if len(before.Series) > 0 {
			out.Before = &before.Series[0]
		}
	}
	o := chart.TrendOptions{ID: "trend", Place: place, Names: out.Names, Before: out.Before}
	mark(&o, t.Filter)
	several := t.Split != "" && len(t.Series) > 0
	for i := range t.Series {
		one := o
		if several {
			one.ID, one.Name, one.Panel = fmt.Sprintf("trend-%d", i+1), out.Names[i], true
			mark(&one, narrowed(t.Filter, t.Split, t.Series[i].Cell))
		}
		control, err := chart.ControlOf(t, i, one)
		if err != nil {
			return out, err
		}
		out.Controls = append(out.Controls, control)
	}
	switch {
	case several && (a.Chart == chartControl || len(t.Series) > chart.MostLines):
		return out, s.drawPanels(a, t, o, &out, mark)
	case a.Chart == chartLine:
		lines := chart.Control{Chart: chart.LinesOf(t, o), Listed: chart.ListedOn(t, o.Annotations)}
		out.One = &lines
	case len(out.Controls) > 0:
		out.One = &out.Controls[0]
	default:
		empty, err := chart.ControlOf(t, 0, o)
		if err != nil {
			return out, err
		}
		out.One = &empty
	}
	out.Notes = out.One.Listed
	return out, nil
}

// drawPanels draws a chart for each of the largest series, all on one scale.
func (s *Server) drawPanels(a trendAsked, t measure.Trend, o chart.TrendOptions, out *trendCharts,
	mark func(*chart.TrendOptions, measure.Filter)) error {
	n := min(len(t.Series), mostPanels)
	which := make([]int, n)
	for i := range which {
		which[i] = i
	}
	scale, err := chart.SharedScale(t, which, func(i int) []measure.Level {
		return measure.LevelsFor(s.opts.Levels, t.Metric, t.Grain, narrowed(t.Filter, t.Split, t.Series[i].Cell), t.From, t.To)
	})
	if err != nil {
		return err
	}
	for i := range n {
		one := o
		one.ID, one.Name, one.Panel, one.Scale = fmt.Sprintf("trend-%d", i+1), out.Names[i], true, scale
		mark(&one, narrowed(t.Filter, t.Split, t.Series[i].Cell))
		if a.Chart == chartLine {
			alone := t
			alone.Series = t.Series[i : i+1]
			alone.Split = ""
			one.Names = nil
			c := chart.LinesOf(alone, one)
			c.Title = titleWith(out.Names[i], c.Title)
			out.Panels = append(out.Panels, c)
			continue
		}
		c, err := chart.ControlOf(t, i, one)
		if err != nil {
			return err
		}
		out.Panels = append(out.Panels, c.Chart)
	}
	return nil
}

// titleWith puts a panel's name before its finding, within the length of
// titles.
func titleWith(name, title string) string {
	both := name + ": " + title
	if r := []rune(both); len(r) > 89 {
		return string(r[:88]) + "…"
	}
	return both
}

// narrowed is the filter of one value of a split.
func narrowed(f measure.Filter, split measure.Dimension, c measure.Cell) measure.Filter {
	switch split {
	case measure.ByProvider:
		f.Providers = []string{c.Provider}
	case measure.ByCouncil:
		f.Councils = []delay.Council{c.Council}
	case measure.ByReason:
		f.Reasons = []delay.Reason{c.Reason}
	case measure.ByCare:
		f.Care = []delay.CareType{c.Care}
	case measure.ByResponsible:
		f.Bodies = []delay.Body{c.Body}
	case measure.ByPathway:
		f.Pathways = []delay.Pathway{c.Pathway}
	}
	return f
}

// splitName names a value of a split.
func (s *Server) splitName(split measure.Dimension, c measure.Cell) string {
	if split == "" {
		return "All"
	}
	return s.dimensionCell(split, c).Text
}

type iconView struct {
	Words string
	SVG   template.HTML
}

// noteView is one of the partnership's notes below a chart.
type noteView struct {
	Number, Words, Day, Restart, Compared, By string
	// Withdraw is where the form that takes it off posts to; empty for those
	// who may not.
	Withdraw string
}

type trendsView struct {
	page.Frame
	Showing string
	// Flows lead from a chart of a stock to those of the flows, in which a change
	// shows.
	Flows    []page.Link
	Offers   []offerView
	Restarts bool // the reader may start limits again
	// OffersWords says whose limits start again, and where.
	OffersWords string
	Empty       string
	Filters     page.Filters
	Icons       []iconView
	Charts      []page.Chart
	Class       string
	Settings    string
	Notes       []noteView
	NotesAdd    *noteForm
	Table       *page.Table
	// Differences compares with the present; nil on a page that shows it.
	Differences *differencesView
	More        string
	Return      string
}

func (s *Server) trendsPage(c echo.Context) error {
	a, t, err := s.trendOf(c)
	if err != nil {
		return err
	}
	v, err := s.trendsView(c, a, t)
	if err != nil {
		return err
	}
	return s.page(c, "trends", v)
}

func (s *Server) trendsView(c echo.Context, a trendAsked, t measure.Trend) (trendsView, error) {
	ctx := c.Request().Context()
	v := trendsView{Frame: s.frame(c, "Trends"), Class: "app-charts"}
	s.asOfMoment(c, &v.Frame, a.see)
	if a.Print {
		v.BodyClass = "app-view-print"
	}
	first, last, err := a.see.Extent(ctx)
	if err != nil {
		return v, err
	}
	if last == 0 {
		v.Empty = "No extracts are held yet, so there are no trends."
		return v, nil
	}
	s.withCharts(&v.Frame)
	q := a.query()
	v.Showing = "Showing " + measureWords(t.Metric) + ", " + s.opts.Places.FilterWords(t.Filter) + ", " + stepsFrom(t) + "."
	if t.Filter.Basis == measure.BasisAgreed && len(t.Series) > 0 {
		split, err := measure.MakeSplit(ctx, a.see, t.Filter, t.From, t.To)
		if err != nil {
			return v, err
		}
		v.Showing += " " + notAgreedWords(t.Filter.Basis, split.Agreed.Total(), split.NotAgreed())
	}
	v.Return = q.Encode()
	v.Filters = page.Filters{
		Action: "/trends", Clear: "/trends", Words: v.Showing,
		Dates:  &page.DateFields{From: a.TrendQuery.From.String(), To: a.TrendQuery.To.String()},
		Groups: append(append(s.trendGroups(a), page.BasisGroup(t.Filter)), s.dayGroups(t.Filter)...),
		Periods: page.PeriodLinks(
			"/trends",
			t.Filter,
			a.see.keep(url.Values{wordMeasure: {a.Metric.Word}, page.WordGrain: {string(a.TrendQuery.Grain)},
				wordChart: {a.Chart}, wordSplit: {string(a.Split)}}),
			last,
		),
		Known: s.momentField(a.see),
	}
	v.About = s.aboutFigures("/trends", q, last, t.Metric.ID)
	s.fix(ctx, v.About, a.see, "/trends", q)
	if len(t.Series) == 0 {
		v.Empty = "No readings for these choices. The first extract is for " + first.Long() + "."
		return v, nil
	}
	drawn, err := s.drawTrend(ctx, a, t)
	if err != nil {
		return v, err
	}
	links := []page.Link{
		{Text: downloadCSV, Href: page.Address("/trends.csv", q)},
		{Text: downloadXLSX, Href: page.Address("/trends.xlsx", q)},
		{Text: howCounted, Href: "/definitions/" + t.Metric.ID},
	}
	v.About.Links = append(v.About.Links, page.Link{Text: "Excel", Href: page.Address("/trends.xlsx", q)})
	switch {
	case drawn.One != nil:
		links = slices.Insert(links, 2, page.Link{Text: downloadSVG, Href: page.Address("/trends.svg", q)})
		v.About.Links = append(v.About.Links, page.Link{Text: "SVG", Href: page.Address("/trends.svg", q)})
		v.Charts = []page.Chart{s.charted(ctx, drawn.One.Chart, across, links, a.Print)}
		for _, i := range []chart.Icon{drawn.One.Variation, drawn.One.Assurance} {
			if i.Words != "" {
				v.Icons = append(v.Icons, iconView{Words: i.Words, SVG: svg(i.SVG)})
			}
		}
	default:
		v.Class = "app-charts app-charts--two"
		for _, one := range drawn.Panels {
			v.Charts = append(v.Charts, s.charted(ctx, one, panel, links, a.Print))
		}
		table := s.panelTable(t, drawn)
		v.Table = &table
		if n := len(t.Series); n > len(drawn.Panels) {
			v.More = "The " + count(int64(len(drawn.Panels))) + " largest of " + count(int64(n)) +
				" are drawn, on one scale. The table has them all."
		} else {
			v.More = "All charts have the same scale."
		}
		if a.Chart == chartControl {
			v.More += " " + shapes(t.Metric)
		}
	}
	s.mark(c, &v.Frame, t.From, t.To, v.Charts...)
	if a.Chart == chartControl && len(drawn.Controls) > 0 {
		v.Settings = drawn.Controls[0].Settings
	}
	if a.see.text != "" {
		if v.Differences, err = s.differences(ctx, a.see, func(since revision.Since) (*revision.Comparison, error) {
			return since.Trend(ctx, t)
		}); err != nil {
			return v, err
		}
	}
	s.offerRestarts(c, a, t, drawn, &v)
	v.Notes = s.noteViews(c, drawn.Notes, a.see)
	v.NotesAdd = s.noteForm(c, a, v.Return)
	return v, nil
}

// shapes is the key of several control charts in words: each is too small for a
// key of its own.
func shapes(m measure.Metric) string {
	if d, _ := measure.DefinitionOf(m.ID, nil); d.Direction == "neutral" {
		return "Circles show no signal, diamonds high or low readings."
	}
	return "Circles show no signal, squares an improvement, triangles something to look into."
}

// measureWords names a measure with its ID.
func measureWords(m measure.Metric) string { return m.ID + " " + m.Noun }

// stepsFrom says which periods are shown.
func stepsFrom(t measure.Trend) string {
	if len(t.Series) == 0 {
		return "no periods"
	}
	return map[measure.Dimension]string{measure.ByDay: "days", measure.ByWeek: "weeks", measure.ByMonth: "months"}[t.Grain] +
		" from " + t.From.Long() + " to " + t.To.Long()
}

// trendGroups are the fields of the form that are the trends page's own.
func (s *Server) trendGroups(a trendAsked) []page.ChoiceGroup {
	radio := func(legend, name string) page.ChoiceGroup {
		return page.ChoiceGroup{Legend: legend, Name: name, Kind: "radio", Style: "radios"}
	}
	add := func(g *page.ChoiceGroup, value, text string, chosen bool) {
		id := value
		if id == "" {
			id = "none"
		}
		g.Items = append(g.Items, page.Choice{ID: g.Name + "-" + id, Value: value, Text: text, Chosen: chosen})
	}
	m, split, step, form, compare := radio("Measure", wordMeasure), radio("Split by", wordSplit), radio("Step", page.WordGrain),
		radio("Chart", wordChart), radio("Compare", wordCompare)
	m.Class = page.Spread
	for _, one := range metrics(a.see.book) {
		add(&m, one.Word, one.ID+" "+one.Name, one.Word == a.Metric.Word)
	}
	add(&split, "", "No split", a.Split == "")
	for _, d := range splits {
		if d == measure.ByResponsible && !a.see.divides() {
			continue
		}
		add(&split, string(d), dimensionWords[d], d == a.Split)
	}
	for _, d := range []measure.Dimension{measure.ByMonth, measure.ByWeek, measure.ByDay} {
		add(&step, string(d), measure.UpperFirst(string(d)), d == a.TrendQuery.Grain)
	}
	add(&form, chartControl, "Control chart (SPC)", a.Chart == chartControl)
	add(&form, chartLine, "Line", a.Chart == chartLine)
	add(&compare, "", "With nothing", !a.Compare)
	add(&compare, lastYear, "With last year (no split)", a.Compare)
	return []page.ChoiceGroup{m, split, step, form, compare}
}

// panelTable has a row for each series, drawn or not: its latest reading and
// what the rules say of it.
func (s *Server) panelTable(t measure.Trend, drawn trendCharts) page.Table {
	table := page.Table{ID: "panels", Caption: t.Metric.Name + " by " + page.LowerHead(dimensionWords[t.Split]) + ", latest reading",
		Head: []page.Head{
			{Text: dimensionWords[t.Split]},
			{Text: "Latest", Numeric: true},
			{Text: "Average", Numeric: true},
			{Text: "Lower limit", Numeric: true},
			{Text: "Upper limit", Numeric: true},
			{Text: "What it shows"},
		}}
	for i, one := range drawn.Controls {
		row := []page.Cell{{Text: drawn.Names[i], Header: true}}
		if t.Split == measure.ByResponsible {
			row[0].Swatch = swatch(t.Series[i].Cell.Body)
		}
		// The last reading that the rules judged is the last that is drawn.
		cells := one.Table.Rows
		if n := len(one.Result.Points); n > 0 {
			day := one.Result.Points[n-1].Day
			for j, r := range t.Series[i].Readings {
				if r.First == day {
					for _, k := range []int{1, 2, 3, 4, 5} {
						cell := page.Cell{Text: cells[j][k].Text, Class: page.Numeric}
						if k == 5 {
							cell.Class = ""
						}
						row = append(row, cell)
					}
				}
			}
		}
		for len(row) < 6 {
			row = append(row, page.Cell{Text: "No data"})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// states are the states of readings in files.
var states = map[measure.State]string{
	measure.Complete: "complete", measure.PartData: "some data missing", measure.NotOver: "not over",
	measure.ProviderMissing: "a provider missing", measure.NoData: "no data", measure.NotApplicable: "not applicable",
}

// trendTwin is the trend as rows, one for each reading of each series. value is
// empty where no reading is drawn; counted always has what was counted, so that
// it adds up to the figures.
func (s *Server) trendTwin(a trendAsked, t measure.Trend, drawn trendCharts) page.Twin {
	d, _ := measure.DefinitionOf(t.Metric.ID, s.opts.Places.Book)
	tw := page.Twin{Convention: s.convention(),
		Title: t.Metric.Name, From: t.From.String(), To: t.To.String(), Measure: t.Metric.ID, AsAt: t.AsAt.String(),
		Definitions: []string{d.ID + " " + d.Name + ": " + d.Sentence}, Basis: t.Filter.Basis}
	tw.RuleVersion = s.ruleVersionAt(a.see)
	tw.Columns = []page.Column{{Name: string(t.Grain)}, {Name: "last_day"}}
	if t.Split != "" {
		tw.Columns = append(tw.Columns, page.Column{Name: measure.Column(t.Split)})
	}
	tw.Columns = append(
		tw.Columns,
		page.Column{Name: "metric"},
		page.Column{Name: "value", Number: true},
		page.Column{Name: "counted", Number: true},
		page.Column{Name: "state"},
	)
	if a.Compare {
		tw.Columns = append(tw.Columns, page.Column{Name: "year_before", Number: true})
	}
	tw.Columns = append(
		tw.Columns,
		page.Column{Name: "average", Number: true},
		page.Column{Name: "lower_limit", Number: true},
		page.Column{Name: "upper_limit", Number: true},
		page.Column{Name: "shows"},
		page.Column{Name: "rule"},
		page.Column{Name: "agreed_level", Number: true},
	)
	for i, series := range t.Series {
		agreed := measure.LevelsFor(s.opts.Levels, t.Metric, t.Grain, narrowed(t.Filter, t.Split, series.Cell), t.From, t.To)
		judged := map[delay.Day]spc.PointResult{}
		for _, p := range drawn.Controls[i].Result.Points {
			judged[p.Day] = p
		}
		for _, r := range series.Readings {
			row := []string{periodText(r.First, t.Grain), r.Last.String()}
			if t.Split != "" {
				row = append(row, series.Cell.Text(t.Split))
			}
			row = append(row, t.Metric.Word, r.Text(t.Metric), strconv.FormatInt(r.Amount, 10), states[r.State])
			if a.Compare {
				row = append(row, yearBeforeText(t, r, drawn.Before))
			}
			p, ok := judged[r.First]
			if !ok {
				tw.Rows = append(tw.Rows, append(row, "", "", "", "", "", levelText(agreed, r)))
				continue
			}
			tw.Rows = append(tw.Rows, append(row, limit(t.Metric, p, p.Mean), limit(t.Metric, p, p.LPL), limit(t.Metric, p, p.UPL), p.Words, p.Rule,
				levelText(agreed, r)))
		}
	}
	return tw
}

// periodText writes a period's first day as files of figures do.
func periodText(d delay.Day, grain measure.Dimension) string {
	return measure.Cell{Period: d}.Text(grain)
}

func yearBeforeText(t measure.Trend, r measure.TrendReading, before *measure.TrendSeries) string {
	if before == nil {
		return ""
	}
	want := periodText(measure.YearBefore(r.First, t.Grain), t.Grain)
	for _, b := range before.Readings {
		if periodText(b.First, t.Grain) == want {
			return b.Text(t.Metric)
		}
	}
	return ""
}

// limit writes a line of a control chart in the unit of value: parts of 1 for
// shares. Where the rules work out no limits there is none.
func limit(m measure.Metric, p spc.PointResult, n spc.Number) string {
	if !n.Known || !p.UPL.Known {
		return ""
	}
	v := max(0, n.Value)
	if m.Percent {
		v = min(v, 100) / 100
	}
	return measure.Exact(v)
}

func (s *Server) trendTwinOf(c echo.Context) (page.Twin, error) {
	a, t, err := s.trendOf(c)
	if err != nil {
		return page.Twin{}, err
	}
	drawn, err := s.drawTrend(c.Request().Context(), a, t)
	if err != nil {
		return page.Twin{}, err
	}
	return s.trendTwin(a, t, drawn), nil
}

func (s *Server) trendsCSV(c echo.Context) error {
	t, err := s.trendTwinOf(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-trends.csv", t)
}

func (s *Server) trendsJSON(c echo.Context) error {
	t, err := s.trendTwinOf(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}

// trendsXLSX answers with the tables of the page as they are seen.
func (s *Server) trendsXLSX(c echo.Context) error {
	a, t, err := s.trendOf(c)
	if err != nil {
		return err
	}
	v, err := s.trendsView(c, a, t)
	if err != nil {
		return err
	}
	w := workbook{Name: "homeward-trends", About: s.aboutWorkbook(v.Showing, v.About)}
	if v.Table != nil {
		w.Tables = append(w.Tables, *v.Table)
	}
	for _, one := range v.Charts {
		w.Tables = append(w.Tables, one.Table)
	}
	return s.sendXLSX(c, w)
}

// trendsSVG answers with the one chart of the address as a picture.
func (s *Server) trendsSVG(c echo.Context) error {
	a, t, err := s.trendOf(c)
	if err != nil {
		return err
	}
	drawn, err := s.drawTrend(c.Request().Context(), a, t)
	if err != nil {
		return err
	}
	if drawn.One == nil {
		return problem.New(problem.Invalid, "These choices give several charts. For a picture of one, choose its %s as a filter and remove "+
			"'split'.", page.LowerHead(dimensionWords[a.Split]))
	}
	b, err := s.drawn.svg(c.Request().Context(), drawn.One.At(chartAlone), true)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "image/svg+xml", b)
}
