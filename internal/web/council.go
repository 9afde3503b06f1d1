package web

import (
	"cmp"
	"context"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/record"
	"homeward/internal/revision"
	"homeward/internal/spc"
	"homeward/internal/web/page"
)

const wordMoved = "split"

// councilWords are the query words of the council's page.
var councilWords = []string{
	page.WordFrom,
	page.WordTo,
	page.WordLast,
	page.WordProvider,
	page.WordReason,
	page.WordCare,
	page.WordBasis,
	page.WordKnown,
	page.WordView,
	page.WordRows,
	page.WordColumns,
	wordMoved,
}

// byAge is the value of split for new and continuing delays, which are no
// dimension of counts.
const byAge = "new"

// changeSplits are what the change of the share can be split by, in the order
// of the page, each with what one part is.
var changeSplits = [][2]string{{string(measure.ByProvider), "hospital"}, {string(measure.ByReason), "reason"},
	{string(measure.ByCare), "type of care"}, {byAge, "group of delays"}}

type councilView struct {
	page.Frame
	Caption, Lede, Agreed string
	Showing               string
	Answer                answerTile
	// Of is the heading over the states, Beside what could come to them.
	Of, Beside  string
	Stands      []standCard
	Reasons     []reasonBar
	ReasonsRest string
	// Paper says that the page is to be printed: everything on it is open.
	Paper bool
	// Public is the copy that may leave the partnership (P3).
	Public  page.Link
	Empty   string
	Figures page.Table
	// FiguresNotes name what rates divide by, or say why there is none (C13).
	FiguresNotes []string
	Chart        page.Chart
	Waiting      page.Chart
	Icons        []iconView
	WaitingLink  *page.Link
	// ByHospital and Split are where the days are; Besides stands on the page and
	// not on paper.
	ByHospital     page.Table
	Split, Besides []page.Table
	Lengths        []page.Table
	Moved          movedView
	// Cross are the days by the rows and columns of the address, or by reason and
	// hospital, which CrossClass leaves off paper; Chosen says that the address has
	// them, or that all is printed.
	Cross        *page.Crosstab
	Chips        []chipRow
	Chosen       bool
	CrossClass   string
	HandOffs     page.Table
	NoHandOffs   string
	Unsettled    page.Table
	Rates        string
	Longest      page.Table
	LongestWords string
	Decisions    []page.Link
	Sentence     string
	Filters      page.Filters
	// Differences compares with the present; nil on a page that shows it.
	Differences *differencesView
}

// movedView is what moved the share: bars with their table beside them, or
// words when there is nothing to compare with.
type movedView struct {
	By    []page.NavItem
	Chart page.Chart
	Words string
	// drawn is the chart of which Chart is the view.
	drawn chart.Chart
}

// councilHome goes to the council of the reader, else the partnership's first.
func (s *Server) councilHome(c echo.Context) error {
	if !s.divides() {
		return noShare()
	}
	code := ""
	if mine := s.actor(c).Scope().Councils(); len(mine) > 0 {
		code = mine[0]
	} else if len(s.opts.Places.Councils) > 0 {
		code = s.opts.Places.Councils[0].Code
	}
	if code == "" {
		return problem.New(problem.NotFound, "The partnership file names no council.")
	}
	return c.Redirect(303, "/council/"+code)
}

// noShare answers where there is no council share (A8).
func noShare() error {
	return problem.New(problem.NotFound, "There is no council share here: the code sets in use divide delays by groups of "+
		"reasons and not between "+
		"the NHS and the council (A8). See Reasons for the groups.")
}

// councilAsked is what an address of the page asks for.
type councilAsked struct {
	code     string
	form     string // csv, json or empty
	filter   measure.Filter
	figures  measure.CouncilFigures
	overview measure.Overview
	see      sight
	first    delay.Day
	last     delay.Day
	moved    string
	print    bool
	// cross asks for the crosstab; chosen says that the address has its rows.
	cross  page.Asked
	chosen bool
}

// rows is the address of the rows behind a count: the days from from to to, as
// narrowed. Of a past moment there is none, for rows are as they are known now.
func (a councilAsked) rows(from, to delay.Day, narrow func(*measure.Filter)) string {
	if a.see.text != "" {
		return ""
	}
	f := a.filter
	narrow(&f)
	return page.Address("/days", page.Dated(f, from, to))
}

// counted is the cell of a count, which leads to the rows behind it.
func counted(n int64, href string) page.Cell {
	cell := page.Cell{Text: count(n), Class: page.Numeric}
	if n > 0 {
		cell.Href = href
	}
	return cell
}

func (s *Server) councilOf(c echo.Context) (councilAsked, error) {
	ctx := c.Request().Context()
	a := councilAsked{code: c.Param("code")}
	for _, form := range []string{"csv", "json", "xlsx", "svg"} {
		if code, ok := strings.CutSuffix(a.code, "."+form); ok {
			a.code, a.form = code, form
		}
	}
	if s.opts.Places.CouncilName(delay.Council(a.code)) == "" {
		return a, problem.New(problem.NotFound, "There is no council with this code. Use an ONS code, like %s.",
			page.Example(s.opts.Places.Councils, "E10000008"))
	}
	query := c.QueryParams()
	asked, err := s.opts.Places.Read(query, councilWords...)
	if err != nil {
		return a, err
	}
	var splits []string
	for _, by := range changeSplits {
		splits = append(splits, by[0])
	}
	if a.moved, err = page.OneOf(query, wordMoved, splits[0], splits...); err != nil {
		return a, err
	}
	if a.see, err = s.sight(c, &asked); err != nil {
		return a, err
	}
	if !a.see.divides() {
		return a, noShare()
	}
	if a.cross, err = a.crossing(asked); err != nil {
		return a, err
	}
	a.chosen = asked.Rows != ""
	a.print = asked.Print
	a.filter = asked.Filter
	a.filter.Councils = []delay.Council{delay.Council(a.code)}
	if a.first, a.last, err = a.see.Extent(ctx); err != nil || a.last == 0 {
		return a, err
	}
	from, to := asked.From, asked.To
	if from == 0 && to == 0 && asked.Last == "" {
		// The latest month that is over, the present one when there is no other.
		month := a.last.Month()
		if a.last != month.Last() && a.first < month.First() {
			month--
		}
		from, to = month.First(), month.Last()
	} else if from, to, err = asked.Period(a.last); err != nil {
		return a, err
	}
	if a.figures, err = measure.MakeCouncil(ctx, a.see, a.see, a.filter, from, to); err != nil {
		return a, err
	}
	a.overview, err = a.see.Overview(ctx, a.filter, to.Month()-12, to.Month())
	return a, err
}

// crossing reads the rows and columns of the page's crosstab, of days by reason
// and hospital where the address has none.
func (a councilAsked) crossing(asked page.Asked) (page.Asked, error) {
	if asked.Rows == "" {
		asked.Rows, asked.Columns = measure.ByReason, measure.ByProvider
	}
	if err := asked.Crossing(councilCrossed(a.see)); err != nil {
		return asked, err
	}
	var err error
	asked.By, err = asked.Dimensions()
	return asked, err
}

// councilCrossed lists the breakdowns of one council's days.
func councilCrossed(see sight) []measure.Dimension {
	return slices.DeleteFunc(crossed(see), func(d measure.Dimension) bool { return d == measure.ByCouncil })
}

func (s *Server) councilPage(c echo.Context) error {
	a, err := s.councilOf(c)
	if err != nil {
		return err
	}
	if a.form == "csv" || a.form == "json" {
		return s.councilTwin(c, a)
	}
	v, err := s.councilShown(c, a)
	if err != nil {
		return err
	}
	if a.form == "svg" {
		if v.Moved.Words != "" {
			return problem.New(problem.NotFound, "There is no picture of what moved the share. %s", v.Moved.Words)
		}
		b, err := s.drawn.svg(c.Request().Context(), v.Moved.drawn.At(movedSize), true)
		if err != nil {
			return err
		}
		return c.Blob(200, "image/svg+xml", b)
	}
	if a.form == "xlsx" {
		// Rows about people are on the page alone, for those whose they are (P1).
		about := s.aboutWorkbook(v.Showing, v.About)
		if v.Lede != "" {
			about = append(about, [2]string{"In words", strings.TrimSpace(v.Lede + " " + v.Agreed)})
		}
		return s.sendXLSX(c, workbook{Name: "homeward-council-" + a.code, About: about,
			Tables: slices.Concat([]page.Table{v.Figures, v.ByHospital, v.Moved.Chart.Table}, v.Split,
				v.Besides, v.Lengths, []page.Table{v.HandOffs, v.Unsettled},
				v.crossed())})
	}
	return s.page(c, "council", v)
}

// crossed is the crosstab as a table of a workbook, where there is one.
func (v councilView) crossed() []page.Table {
	if v.Cross == nil {
		return nil
	}
	return []page.Table{v.Cross.Table()}
}

// councilShown fills in the page.
func (s *Server) councilShown(c echo.Context, a councilAsked) (councilView, error) {
	var err error
	ctx := c.Request().Context()
	name := s.opts.Places.CouncilWords(delay.Council(a.code))
	v := councilView{Frame: s.frame(c, "Is this my share?"), Caption: "Council share, " + name, Paper: a.print, Chosen: a.chosen || a.print}
	v.PageTitle = "Council share, " + name + " – Homeward"
	s.asOfMoment(c, &v.Frame, a.see)
	v.BodyClass = "app-council-page"
	if a.print {
		v.BodyClass += " app-view-print"
	}
	if a.last == 0 {
		v.Empty = "Homeward counts from the daily extracts that hospitals send. None has arrived yet."
		return v, nil
	}
	f := a.figures
	words := span(f.From, f.To)
	v.Showing = "Showing " + s.opts.Places.FilterWords(a.filter) + ", " + words
	if f.Basis == measure.BasisCounted {
		v.Showing += ", every counted day as it stands attributed."
	} else {
		v.Showing += ". People waiting are everybody, whatever is agreed."
	}
	v.Caption += ", " + words
	v.Lede, v.Agreed = councilLede(f, words)
	v.Answer = answerOf(f, words)
	if len(v.Answer.Bars) > 0 {
		v.Answer.Waits = waitsWords(f, name)
	}
	v.Stands, v.Beside = s.stands(c, a)
	v.Of = "How sure are we of the " + count(f.Now.Days[delay.SocialCare]) + "?"
	v.Reasons, v.ReasonsRest = s.reasonBars(f)
	v.Sentence = v.Lede + " Days are counted by rule C1 and attributed under rule set " + s.ruleVersion() + "; data as at " + a.last.Long() +
		"."
	s.withCharts(&v.Frame)
	q := a.see.keep(page.Dated(a.filter, f.From, f.To))
	series := a.see.keep(page.Dated(a.filter, (f.To.Month() - 12).First(), f.To.Month().Last()))
	v.Chart = s.charted(ctx, chart.Share(a.overview, name), councilChart, s.chartLinks("council-share", series), false)
	if err := s.councilTrends(ctx, a, &v); err != nil {
		return v, err
	}
	s.mark(c, &v.Frame, (f.To.Month() - 12).First(), f.To, v.Chart, v.Waiting)
	// The heading of the page says whose the charts are, the title whom they count and
	// the axis in what; what is saved of them says all of it.
	for _, c := range []*page.Chart{&v.Chart, &v.Waiting} {
		c.Brief = strings.NewReplacer(", "+name, "", " (people a day)", "", ", social care only", "").Replace(c.Brief)
	}
	v.ByHospital = s.splitTable("by-provider", "By hospital", "Hospital", f.ByProvider, a, func(c measure.Cell) string {
		return s.opts.Places.ProviderWords(c.Provider)
	}, measure.ByProvider)
	v.ByHospital.HiddenCaption = true
	v.Split = []page.Table{
		s.splitTable("by-reason", "By reason", "Waiting for", f.ByReason, a,
			func(c measure.Cell) string { return s.opts.Places.ReasonWords(c.Reason) },
			measure.ByReason),
	}
	v.Besides = []page.Table{
		s.splitTable("by-care", "By type of care", "Type of care", f.ByCare, a, func(c measure.Cell) string { return c.Care.String() },
			measure.ByCare),
	}
	if err := s.councilCross(ctx, a, &v); err != nil {
		return v, err
	}
	waits, err := measure.MakeWaits(ctx, a.see, a.overview)
	if err != nil {
		return v, err
	}
	v.Lengths = s.lengthTables(a, waits)
	v.Moved = s.moved(ctx, a, name)
	if f.Change != 0 && v.Moved.Words == "" {
		v.Answer.Moved = v.Moved.Chart.Title + "."
	}
	if len(f.HandOffs) > 0 {
		v.HandOffs = handoffTable("hand-offs", "Where the next step moved, "+words, f.HandOffs)
	} else {
		v.NoHandOffs = "The next step of nobody changed hands inside a delay."
	}
	v.Unsettled, v.Rates = s.unsettledTable(a)
	if v.Closed, err = s.closedNote(ctx, a.see, a.filter, f.From, f.To); err != nil {
		return v, err
	}
	if a.see.text != "" {
		if v.Differences, err = s.differences(ctx, a.see, func(since revision.Since) (*revision.Comparison, error) {
			return since.Council(ctx, a.figures, a.overview, a.filter, min(a.figures.To, a.last))
		}); err != nil {
			return v, err
		}
	}
	if v.Decisions, err = s.decisions(c, a.code, a.see.text != ""); err != nil {
		return v, err
	}
	if v.Longest, v.LongestWords, err = s.longest(c, a, waits); err != nil {
		return v, err
	}
	path := "/council/" + a.code
	groups := s.opts.Places.Groups(a.filter)
	groups = slices.DeleteFunc(groups, func(g page.ChoiceGroup) bool { return g.Name == page.WordCouncil || g.Name == page.WordResp })
	v.Filters = page.Filters{Action: path, Clear: path, Months: page.MonthChoices(a.first, a.last, f.From, f.To),
		Groups: append([]page.ChoiceGroup{page.BasisGroup(a.filter)}, groups...), Known: s.momentField(a.see)}
	asIs := cloneQuery(q)
	asIs.Del(page.WordCouncil)
	if a.chosen {
		page.WithCrosstab(asIs, a.cross.Rows, a.cross.Columns)
		v.Filters.Groups = append(v.Filters.Groups, crosstabGroups(councilCrossed(a.see), a.cross)...)
	}
	v.About = s.aboutFigures(path, asIs, a.last, a.see.measures(measure.CouncilShare, measure.DelayedDays, measure.DToCBeds,
		measure.PeopleWaiting, measure.LongWaits)...)
	v.About.Links = append(v.About.Links, page.Link{Text: "Excel", Href: page.Address(path+".xlsx", asIs)})
	s.fix(ctx, v.About, a.see, path, asIs)
	v.FiguresNotes = append(v.FiguresNotes, s.whoseWords(f, name))
	if a.see.text == "" {
		v.Public = page.Link{Text: "Public edition of these days, small numbers hidden (CSV)", Href: page.Address("/figures/public.csv",
			page.WithBy(page.Dated(a.filter, f.From, f.To), measure.ByMonth, measure.ByResponsible))}
	}
	return v, nil
}

// councilCross fills in the crosstab of the page's days and the ways to others.
func (s *Server) councilCross(ctx context.Context, a councilAsked, v *councilView) error {
	asked, q := a.cross, a.see.keep(page.Dated(a.filter, a.figures.From, a.figures.To))
	asked.Filter, asked.From, asked.To, asked.Last = a.filter, a.figures.From, a.figures.To, ""
	b, err := s.count(ctx, a.see, asked)
	if err != nil || len(b.Cells) == 0 {
		return err
	}
	v.Cross = s.figuresCrosstab(asked, b)
	if !a.chosen {
		v.CrossClass = "app-no-print"
	}
	file := page.WithCrosstab(cloneQuery(q), asked.Rows, asked.Columns)
	v.Cross.Links = []page.Link{{Text: "Excel", Href: page.Address("/figures.xlsx", file)},
		{Text: "CSV", Href: page.Address("/figures.csv", file)}}
	own := cloneQuery(q)
	own.Del(page.WordCouncil)
	v.Chips = crossChips(councilCrossed(a.see), asked.Rows, asked.Columns, true, func(rows, columns measure.Dimension) string {
		return page.Address("/council/"+a.code, page.WithCrosstab(cloneQuery(own), rows, columns)) + "#crossed"
	})
	return nil
}

func cloneQuery(q url.Values) url.Values {
	out := url.Values{}
	for k, v := range q {
		out[k] = slices.Clone(v)
	}
	return out
}

// councilLede is the headline with its range, and the same of agreed days.
func councilLede(f measure.CouncilFigures, words string) (lede, agreed string) {
	p, noun := f.Period(f.Now), sharedDays[f.Basis]
	share, open := p.Share(), p.UnsettledWords()
	switch {
	case f.Now.Days.Total() == 0:
		return "No delayed days in " + words + ".", ""
	case f.Few():
		return "Too few people to give a share. " + plural(f.People, "person", "people") + " waited " + days(f.Now.Days.Total()) + " in " +
			words + ".", ""
	case p.Days[delay.SocialCare] == 0:
		if lede = "No " + noun + " with social care in " + words + "."; open != "" {
			lede += " " + open + "."
		}
		return lede, ""
	}
	lede = measure.PerCent(share.Value) + " of " + noun + " in " + words + " were with social care."
	switch {
	case open != "":
		lede += " The range is " + measure.PerCent(share.Low) + " to " + measure.PerCent(share.High) + " while " + open + "."
	case f.Basis == measure.BasisAgreed:
		lede += " Every counted day is agreed, so there is no range."
	default:
		lede += " Every day is attributed and none is disputed, so there is no range."
	}
	if f.Basis == measure.BasisAgreed {
		return lede, "Of all " + days(f.Now.Days.Total()) + " that are counted, " + measure.PerCent(f.Now.Share().Value) +
			" were with social care as they stand attributed."
	}
	if a := f.Now.AgreedShare(); a.Known {
		agreed = "Of the " + days(f.Now.Agreed.Total()) + " that both bodies have agreed, " + measure.PerCent(a.Value) + " were with social care."
		if n := f.Now.NotAgreed(); n > 0 {
			agreed += " With the " + days(n) + " that are not agreed yet the share is " + measure.PerCent(a.Low) + " to " +
				measure.PerCent(a.High) + "."
		}
	} else {
		agreed = "No day of this period is agreed by both bodies yet; every figure here is provisional."
	}
	return lede, agreed
}

// points writes tenths of a percentage point as a change.
func points(n int) string {
	v := strconv.FormatFloat(math.Abs(float64(n))/10, 'f', 1, 64)
	switch {
	case n > 0:
		return "+" + v
	case n < 0:
		return "−" + v
	}
	return "0.0"
}

// signedPart writes a change to one decimal.
func signedPart(v float64) string {
	text := strconv.FormatFloat(math.Abs(v), 'f', 1, 64)
	switch {
	case text == "0.0":
		return "0.0"
	case v > 0:
		return "+" + text
	}
	return "−" + text
}

// councilTrends fills in the table of figures, with what charts of months say of
// them, and the control chart of the weeks.
func (s *Server) councilTrends(ctx context.Context, a councilAsked, v *councilView) error {
	trend := func(word string, grain measure.Dimension, to delay.Day, bodies ...delay.Body) (trendAsked, *chart.Control, error) {
		t := trendAsked{see: a.see, Chart: chartControl}
		t.Metric, _ = measure.MetricOf(word, s.opts.Places.Book)
		t.TrendQuery.Filter, t.TrendQuery.Grain = a.filter, grain
		t.TrendQuery.Filter.Bodies = bodies
		if word != measure.CouncilShare {
			t.TrendQuery.Filter.Basis = measure.BasisCounted // People are everybody.
		}
		back := delay.Month(12)
		if grain == measure.ByMonth {
			back = judgedMonths
		}
		t.TrendQuery.From, t.TrendQuery.To = min((to.Month()-back).First(), to), to
		made, err := measure.MakeTrend(ctx, a.see, t.TrendQuery, a.see.Expected())
		if err != nil {
			return t, nil, err
		}
		t.TrendQuery = made.TrendQuery
		drawn, err := s.drawTrend(ctx, t, made)
		return t, drawn.One, err
	}
	end := min(a.figures.To, a.last)
	waiting, social, err := trend(measure.PeopleWaiting, measure.ByWeek, end, delay.SocialCare)
	if err != nil {
		return err
	}
	var u usual
	if _, u.long, err = trend(measure.LongWaits+"-21", measure.ByWeek, a.last); err != nil {
		return err
	}
	// A month's figures are judged by a chart of months. What is of another period
	// has no chart.
	if month := a.figures.From.Month(); a.figures.From == month.First() && a.figures.To == month.Last() {
		if _, u.social, err = trend(measure.PeopleWaiting, measure.ByMonth, a.figures.To, delay.SocialCare); err != nil {
			return err
		}
		if _, u.all, err = trend(measure.PeopleWaiting, measure.ByMonth, a.figures.To); err != nil {
			return err
		}
		if _, u.share, err = trend(measure.CouncilShare, measure.ByMonth, a.figures.To); err != nil {
			return err
		}
	}
	v.Figures, v.FiguresNotes = s.councilFigures(a, u)
	one := *social
	one.ID = "people-with-social-care"
	q := waiting.query()
	v.Waiting = s.charted(
		ctx,
		one.Chart,
		councilChart,
		[]page.Link{{Text: "Chart on its own", Href: page.Address("/trends", q)}, {Text: downloadCSV, Href: page.Address("/trends.csv", q)},
			{Text: downloadSVG, Href: page.Address("/trends.svg", q)}, {Text: howCounted, Href: "/definitions/" + waiting.Metric.ID}},
		false,
	)
	for _, i := range []chart.Icon{social.Variation, social.Assurance} {
		if i.Words != "" {
			v.Icons = append(v.Icons, iconView{Words: i.Words, SVG: svg(i.SVG)})
		}
	}
	return nil
}

// judgedMonths is how many months before a month its figures are judged by.
const judgedMonths = 35

// usual holds the control charts by which a period's figures are judged: of months
// for those of a month, nil where the period is another; of weeks for who waits now.
type usual struct{ share, social, all, long *chart.Control }

// usualWords says what a control chart shows, with the range of its latest
// limits as write has them.
func usualWords(c *chart.Control, write func(float64) string) string {
	if c == nil {
		return "Not judged: the period is not one month"
	}
	n := len(c.Result.Groups)
	if n == 0 {
		return "No data"
	}
	words := c.Variation.Words
	if g := c.Result.Groups[n-1]; g.Limits == spc.LimitsGiven {
		words += " (" + write(max(0, g.LPL.Value)) + " to " + write(g.UPL.Value) + ")"
	}
	return words
}

// councilFigures is the table of this period and the one before, with what is
// usual of the weeks, and notes on what its rates divide by.
func (s *Server) councilFigures(a councilAsked, u usual) (page.Table, []string) {
	f := a.figures
	t := page.Table{ID: "figures", Caption: "Figures", Head: []page.Head{{Text: "Measure"}, {Text: "This period", Numeric: true},
		{Text: "Period before", Numeric: true}, {Text: "Change", Numeric: true}, {Text: "What a chart of months shows"}}}
	const notJudged, notApplicable = "Not judged", "Not applicable"
	row := func(name, href, usual string, cells ...page.Cell) {
		out := []page.Cell{{Text: name, Header: true, Href: href}}
		for _, c := range cells {
			c.Class = page.Numeric
			out = append(out, c)
		}
		t.Rows = append(t.Rows, append(out, page.Cell{Text: usual}))
	}
	say := func(texts ...string) (cells []page.Cell) {
		for _, text := range texts {
			cells = append(cells, page.Cell{Text: text})
		}
		return cells
	}
	known := func(sh measure.Share) string {
		switch {
		case !sh.Known:
			return notApplicable
		case f.Few():
			return "Too few people"
		}
		return measure.PerCent(sh.Value)
	}
	shares := func(name string, now, was measure.Share, change, usual string) {
		if !now.Known || !was.Known || f.Few() {
			change = notApplicable
		}
		cells := say(known(now), known(was), change)
		for i, sh := range []measure.Share{now, was} {
			if sh.Known && !f.Few() {
				cells[i].Share = &sh.Value
			}
		}
		row(name, "/definitions/"+measure.CouncilShare, usual, cells...)
	}
	tenth := func(v float64) string { return oneDecimal(v) }
	for _, b := range measure.Bases {
		on := f
		on.Basis = b
		now, was := on.Share(f.Now), on.Share(f.Was)
		change, usual := signedPart((now.Value-was.Value)*100), notJudged
		if b == f.Basis {
			change, usual = points(f.Change), usualWords(u.share, func(v float64) string { return measure.PerCent(min(v, 100) / 100) })
		}
		shares("Share of "+sharedDays[b], now, was, change+" points", usual)
	}
	sc, scWas := f.Now.Days[delay.SocialCare], f.Was.Days[delay.SocialCare]
	social := func(m *measure.Filter) { m.Bodies, m.Basis = []delay.Body{delay.SocialCare}, measure.BasisCounted }
	row("Days with social care", "/definitions/"+measure.DelayedDays, notJudged,
		counted(sc, a.rows(f.From, f.To, social)), counted(scWas, a.rows(f.WasFrom, f.WasTo, social)),
		page.Cell{Text: measure.Signed(sc - scWas)})
	calendar, calendarWas := float64(f.To-f.From)+1, float64(f.WasTo-f.WasFrom)+1
	beds, bedsWas := float64(sc)/calendar, float64(scWas)/calendarWas
	row(s.counting().BedsWords()+" with social care (people a day)", "/definitions/"+measure.DToCBeds, usualWords(u.social, tenth),
		say(oneDecimal(beds), oneDecimal(bedsWas), signedPart(beds-bedsWas))...)
	all, allWas := float64(f.Now.Days.Total())/calendar, float64(f.Was.Days.Total())/calendarWas
	row(s.counting().BedsWords()+", all", "/definitions/"+measure.DToCBeds, usualWords(u.all, tenth),
		say(oneDecimal(all), oneDecimal(allWas), signedPart(all-allWas))...)
	var notes []string
	if adults := s.opts.Places.Adults[a.code]; adults.Number > 0 {
		rate := func(v float64) float64 { return v * 100000 / float64(adults.Number) }
		base := "per 100,000 adults, " + adults.Year
		row("People a day with social care "+base, "", usualWords(u.social, func(v float64) string { return oneDecimal(rate(v)) }),
			say(oneDecimal(rate(beds)), oneDecimal(rate(bedsWas)), signedPart(rate(beds)-rate(bedsWas)))...)
		row("Days with social care in the period "+base, "", notJudged, say(oneDecimal(rate(float64(sc))), oneDecimal(rate(float64(scWas))),
			signedPart(rate(float64(sc))-rate(float64(scWas))))...)
		notes = append(notes, "Rates divide by "+count(int64(adults.Number))+" adults, "+adults.Year+". Source: "+
			orWords(adults.Source, "not given")+".")
	} else {
		notes = append(notes, "Rate not available. No adult population is loaded for "+strconv.Itoa(f.To.Time().Year())+".")
	}
	for _, w := range a.overview.Waiting {
		if w.AtLeast == 21 {
			row("People waiting 21 days or more now, all", "/definitions/"+measure.LongWaits, usualWords(u.long, tenth)+", by week",
				say(count(w.People), notApplicable, notApplicable)...)
		}
	}
	return t, notes
}

// splitTable breaks the period's days down; its total is the period's.
func (s *Server) splitTable(id, caption, head string, parts []measure.PartSplit, a councilAsked, name func(measure.Cell) string,
	by measure.Dimension) page.Table {
	f := a.figures
	if f.Basis == measure.BasisAgreed {
		caption += ", agreed days by body"
	}
	t := page.Table{ID: id, Caption: caption, Head: []page.Head{{Text: head}, {Text: "Social care", Numeric: true},
		{Text: "NHS", Numeric: true}, {Text: "Joint", Numeric: true},
		{Text: "Not attributed", Numeric: true}, {Text: "All days", Numeric: true}, {Text: "Agreed", Numeric: true},
		{Text: "Proposed", Numeric: true}, {Text: "Disputed", Numeric: true}, {Text: "Share", Numeric: true}}}
	cells := func(first page.Cell, sp measure.Split, narrow func(measure.Filter) measure.Filter) []page.Cell {
		rows := func(change func(*measure.Filter)) string {
			return a.rows(f.From, f.To, func(m *measure.Filter) {
				*m = narrow(*m)
				change(m)
			})
		}
		out := []page.Cell{first}
		for _, b := range delay.Bodies {
			out = append(out, counted(f.Shared(sp)[b], rows(func(m *measure.Filter) { m.Bodies = []delay.Body{b} })))
		}
		share := page.Cell{Text: "Not applicable", Class: page.Numeric}
		switch sh := f.Share(sp); {
		case sh.Known && f.Few():
			share.Text = "Too few people"
		case sh.Known:
			share = shareCell(sh.Value)
		}
		number := func(n int64, states ...agreement.State) page.Cell {
			return counted(n, rows(func(m *measure.Filter) { m.States, m.Basis = states, measure.BasisCounted }))
		}
		return append(out, number(sp.Days.Total()), number(sp.Agreed.Total(), agreement.Agreed, agreement.AgreedByDefault),
			number(sp.Proposed.Total(), agreement.Proposed), number(sp.Contested().Total(), agreement.Disputed, agreement.Decided),
			share)
	}
	for _, p := range parts {
		if p.Split.Days.Total() == 0 {
			continue
		}
		t.Rows = append(t.Rows, cells(page.Cell{Text: name(p.Cell), Header: true}, p.Split,
			func(m measure.Filter) measure.Filter { return narrowed(m, by, p.Cell) }))
	}
	t.Foot = cells(page.Cell{Text: "All", Header: true}, f.Now, func(m measure.Filter) measure.Filter { return m })
	return t
}

// lengthTables say how long people have waited who wait now: by hospital, and
// by whose next step it is.
func (s *Server) lengthTables(a councilAsked, w measure.Waits) []page.Table {
	head := func(first string) []page.Head {
		out := []page.Head{{Text: first}, {Text: "Under " + strconv.Itoa(measure.Bands[0]) + " days", Numeric: true}}
		for i := range measure.Bands {
			out = append(out, page.Head{Text: bandWords(i), Numeric: true})
		}
		return append(out, page.Head{Text: "All", Numeric: true})
	}
	row := func(first page.Cell, bands measure.WaitedBands, href string) []page.Cell {
		out := []page.Cell{first}
		for _, n := range bands {
			out = append(out, counted(n, ""))
		}
		return append(out, counted(bands.Total(), href))
	}
	// People waiting are everybody, whatever is agreed of their days.
	everybody := func(day delay.Day, narrow func(*measure.Filter)) string {
		return a.rows(day, day, func(m *measure.Filter) {
			m.Basis = measure.BasisCounted
			narrow(m)
		})
	}
	// Where hospitals stand on different days there is no one list of rows.
	oneDay := true
	for _, p := range w.ByProvider {
		oneDay = oneDay && p.Day == a.last
	}
	rows := func(narrow func(*measure.Filter)) string {
		if !oneDay {
			return ""
		}
		return everybody(a.last, narrow)
	}
	hospitals := page.Table{ID: "by-length", Caption: "By hospital and days waited", Head: head("Hospital")}
	for _, p := range w.ByProvider {
		name := s.opts.Places.ProviderWords(p.Code)
		if p.Day != a.last {
			name += ", " + p.Day.Long()
		}
		hospitals.Rows = append(hospitals.Rows, row(page.Cell{Text: name, Header: true}, p.WaitedBands,
			everybody(p.Day, func(m *measure.Filter) { m.Providers = []string{p.Code} })))
	}
	hospitals.Foot = row(page.Cell{Text: "All", Header: true}, w.All, rows(func(*measure.Filter) {}))
	bodies := page.Table{ID: "by-length-body", Caption: "By whose next step and days waited", Head: head("Next step with")}
	for _, b := range delay.Bodies {
		bodies.Rows = append(bodies.Rows, row(page.Cell{Text: measure.UpperFirst(b.String()), Header: true, Swatch: swatch(b)}, w.ByBody[b],
			rows(func(m *measure.Filter) { m.Bodies = []delay.Body{b} })))
	}
	bodies.Foot = hospitals.Foot
	return []page.Table{hospitals, bodies}
}

// moved is what moved the share: parts that add up exactly to its change, as
// bars and as their table.
func (s *Server) moved(ctx context.Context, a councilAsked, place string) movedView {
	f := a.figures
	var v movedView
	m := chart.Moved{From: f.From, To: f.To, WasFrom: f.WasFrom, WasTo: f.WasTo, Change: f.Change, Now: f.Shared(f.Now)[delay.SocialCare],
		Was: f.Shared(f.Was)[delay.SocialCare], AsAt: a.last}
	for _, by := range changeSplits {
		to := a.see.keep(page.Dated(a.filter, f.From, f.To))
		to.Del(page.WordCouncil)
		to.Set(wordMoved, by[0])
		words := measure.UpperFirst(by[1])
		if by[0] == byAge {
			words = "New or continuing delays"
		}
		v.By = append(v.By, page.NavItem{Text: words, Href: page.Address("/council/"+a.code, to) + "#moved", Current: by[0] == a.moved})
		if by[0] == a.moved {
			m.Noun = by[1]
		}
	}
	if !f.Share(f.Now).Known || !f.Share(f.Was).Known {
		v.Words = "There is nothing to compare: " + span(f.From, f.To) + " or " + span(f.WasFrom, f.WasTo) + " has no " + sharedDays[f.Basis] +
			"."
		return v
	}
	if f.Few() {
		m.Few = f.People
	}
	parts, name := f.ByProvider, func(p measure.PartSplit) string { return s.opts.Places.ProviderWords(p.Cell.Provider) }
	switch a.moved {
	case string(measure.ByReason):
		parts, name = f.ByReason, func(p measure.PartSplit) string { return s.opts.Places.ReasonWords(p.Cell.Reason) }
	case string(measure.ByCare):
		parts, name = f.ByCare, func(p measure.PartSplit) string { return p.Cell.Care.String() + " care" }
	case byAge:
		parts, name = f.ByAge, func(p measure.PartSplit) string {
			if p.New {
				return "New delays"
			}
			return "Continuing delays"
		}
	}
	// What has had no social care day in either period moved nothing.
	parts = slices.DeleteFunc(slices.Clone(parts), func(p measure.PartSplit) bool {
		return a.moved != byAge && f.Shared(p.Split)[delay.SocialCare] == 0 && f.Shared(p.Was)[delay.SocialCare] == 0
	})
	for _, p := range parts {
		m.Parts = append(m.Parts, chart.MovedPart{Name: name(p), Several: a.moved == byAge, Now: f.Shared(p.Split)[delay.SocialCare],
			Was: f.Shared(p.Was)[delay.SocialCare], Points: p.Points})
	}
	m.Book = s.opts.Places.Book
	v.drawn = chart.MovedOf(m, place)
	q := a.see.keep(page.Dated(a.filter, f.From, f.To))
	q.Del(page.WordCouncil)
	q.Set(wordMoved, a.moved)
	at := func(ending string) string { return page.Address("/council/"+a.code+ending, q) }
	v.Chart = s.charted(ctx, v.drawn, movedSize, []page.Link{{Text: downloadCSV, Href: at(".csv")}, {Text: downloadXLSX, Href: at(".xlsx")},
		{Text: downloadSVG, Href: at(".svg")}, {Text: howCounted, Href: "/definitions/" + measure.CouncilShare}}, a.print)
	v.Chart.Brief = strings.Replace(v.Chart.Brief, ", "+place, "", 1) // The heading of the page names it.
	v.Chart.Foot = "They add up to " + points(f.Change) + " points exactly."
	v.Chart.Data = nil // A few bars with their numbers on them are not read one by one.
	t := &v.Chart.Table
	t.ID, t.Caption = "moved-table", "Parts of the change of "+points(f.Change)+" points"
	if a.moved != byAge {
		for i, p := range parts {
			narrow := func(m *measure.Filter) {
				*m = narrowed(*m, measure.Dimension(a.moved), p.Cell)
				m.Bodies = []delay.Body{delay.SocialCare}
			}
			t.Rows[i][1] = counted(m.Parts[i].Now, a.rows(f.From, f.To, narrow))
			t.Rows[i][2] = counted(m.Parts[i].Was, a.rows(f.WasFrom, f.WasTo, narrow))
		}
	}
	social := func(m *measure.Filter) { m.Bodies = []delay.Body{delay.SocialCare} }
	t.Foot[1], t.Foot[2] = counted(m.Now, a.rows(f.From, f.To, social)), counted(m.Was, a.rows(f.WasFrom, f.WasTo, social))
	return v
}

// The sizes of the bars beside the reasons, and of the two charts in a row.
var (
	movedSize    = chart.Size{Width: 520, Height: 640, Font: 14, Line: 3}
	councilChart = chart.Size{Width: 540, Height: 346, Font: 14, Line: 3}
)

// unsettledTable is what is not settled, by how it stands and whose answer
// comes next, and how often each body's days are disputed.
func (s *Server) unsettledTable(a councilAsked) (page.Table, string) {
	f := a.figures
	t := page.Table{ID: "unsettled", HiddenCaption: true, Caption: "Days not settled, by whose answer comes next",
		Head: []page.Head{{Text: "Days"}, {Text: "Social care", Numeric: true}, {Text: "NHS", Numeric: true}, {Text: "Joint", Numeric: true},
			{Text: "Not attributed", Numeric: true}, {Text: "All", Numeric: true}, {Text: "The council answers next", Numeric: true},
			{Text: "The NHS answers next", Numeric: true}, {Text: "Oldest reply date"}}}
	clocks := s.clocks()
	row := func(name string, state agreement.State, b measure.ByBody) {
		cells := []page.Cell{{Text: name, Header: true}}
		rows := func(bodies ...delay.Body) string {
			return a.rows(f.From, f.To, func(m *measure.Filter) {
				m.States, m.Bodies, m.Basis = []agreement.State{state}, bodies, measure.BasisCounted
			})
		}
		for _, body := range delay.Bodies {
			cells = append(cells, counted(b[body], rows(body)))
		}
		cells = append(cells, counted(b.Total(), rows()))
		var council, nhs int64
		var by time.Time
		for _, one := range f.NotSettled {
			if one.State != state {
				continue
			}
			switch one.Next {
			case agreement.CouncilSide:
				council += one.Days
			case agreement.NHSSide:
				nhs += one.Days
			}
			if !one.Oldest.IsZero() {
				if at := clocks.ReplyBy(one.Oldest, one.Level, s.opts.Zone); by.IsZero() || at.Before(by) {
					by = at
				}
			}
		}
		when := "None"
		if !by.IsZero() {
			when = by.In(s.opts.Zone).Format("2 January 2006")
		}
		t.Rows = append(t.Rows, append(cells, counted(council, ""), counted(nhs, ""), page.Cell{Text: when}))
	}
	row("Proposed, no answer yet", agreement.Proposed, f.Now.Proposed)
	row("Disputed", agreement.Disputed, f.Now.Disputed)
	row("Decided, not agreed", agreement.Decided, f.Now.Decided)
	var words []string
	for _, b := range []delay.Body{delay.SocialCare, delay.NHS} {
		if all := f.Now.Days[b]; all > 0 {
			words = append(words, measure.PerCent(float64(f.Now.Disputed[b])/float64(all))+" of days with "+
				strings.Replace(b.String(), "NHS", "the NHS", 1))
		}
	}
	var said []string
	if open := f.Period(f.Now).UnsettledWords(); open != "" {
		said = append(said, "The range of the share is as wide as the days that leave it open: "+open+".")
	}
	if len(words) > 0 {
		said = append(said, "Disputed: "+strings.Join(words, ", ")+".")
	}
	return t, strings.Join(said, " ")
}

// decisions says what waits for the reader's own answer: now, not in the past.
func (s *Server) decisions(c echo.Context, code string, past bool) ([]page.Link, error) {
	actor := s.actor(c)
	if s.opts.Cases == nil || past || !slices.Contains(actor.Scope().Councils(), code) {
		return nil, nil
	}
	var out []page.Link
	of := queueAsked{filter: measure.Filter{Councils: []delay.Council{delay.Council(code)}}}
	for _, part := range []casework.Which{casework.ForMe, casework.InDispute, casework.ForOther} {
		list, err := s.queue(c, of, part, 0, 0)
		if err != nil {
			return nil, err
		}
		words := whichWords[part] + ": " + plural(int64(list.Total), "part of a wait", "parts of waits")
		if list.Oldest != 0 && part == casework.ForMe {
			words += ", the oldest of which began on " + list.Oldest.Long()
		}
		out = append(out, page.Link{Text: words, Href: page.Address(queuePath, of.query(part))})
	}
	return out, nil
}

// longestShown is how many of the longest waits the page lists.
const longestShown = 10

// longest lists the longest waits with social care within the reader's scope,
// by pseudonym; others see counts.
func (s *Server) longest(c echo.Context, a councilAsked, w measure.Waits) (page.Table, string, error) {
	ctx, actor := c.Request().Context(), s.actor(c)
	t := page.Table{ID: "longest", HiddenCaption: true, Caption: "Longest waits with social care now",
		Head: []page.Head{{Text: "Reference"}, {Text: "Hospital"}, {Text: "Days so far", Numeric: true}, {Text: "Ready"}, {Text: "Waiting for"},
			{Text: "Next step, owner, due"}}}
	switch {
	case s.opts.Rows == nil || !actor.May(people.SeeRows) || actor.Scope().Empty():
		return t, "Rows about people are for the people who work with them. You can see the counts above.", nil
	case a.see.text != "":
		return t, "Rows about people are as they stand today. Show the latest to see them.", nil
	}
	present, err := s.now(ctx)
	if err != nil {
		return t, "", err
	}
	var waits []record.Delay
	for _, p := range w.ByProvider {
		if p.Total() == 0 {
			continue // A nation's council has people at a few of its hospitals.
		}
		// Who waits with social care on the day of the provider's latest extract.
		f := record.Filter{Filter: a.filter.On(measure.BasisCounted), From: p.Day, To: p.Day, State: record.Open}
		f.Filter.Providers, f.Filter.Bodies = []string{p.Code}, []delay.Body{delay.SocialCare}
		list, err := present.ScopedDelays(ctx, actor.Scope(), f, record.Page{Sort: record.ByReady, Number: 1, Size: longestShown})
		if err != nil {
			return t, "", err
		}
		waits = append(waits, list.Delays...)
	}
	waited := func(d record.Delay) (n int64) {
		for _, one := range d.Stretches {
			if one.Mark != delay.Paused {
				n += int64(one.Last-one.First) + 1
			}
		}
		return n
	}
	slices.SortStableFunc(waits, func(a, b record.Delay) int {
		return cmp.Or(cmp.Compare(waited(b), waited(a)), cmp.Compare(a.Ready, b.Ready))
	})
	waits = waits[:min(len(waits), longestShown)]
	next, err := s.nextActions(ctx, actor.Scope(), waits)
	if err != nil {
		return t, "", err
	}
	for _, d := range waits {
		reason := delay.ReasonNotKnown
		if n := len(d.Stretches); n > 0 {
			reason = d.Stretches[n-1].Reason
		}
		t.Rows = append(t.Rows, []page.Cell{{Text: d.Reference, Header: true, Href: "/delays/" + d.Reference},
			{Text: s.opts.Places.ProviderWords(d.Provider)},
			{Text: count(waited(d)), Class: page.Numeric}, {Text: d.Ready.Long()}, {Text: s.opts.Places.ReasonWords(reason)},
			{Text: next[d.Reference]}})
	}
	if len(t.Rows) > 0 {
		return t, "", nil
	}
	switch n := w.ByBody[delay.SocialCare].Total(); n {
	case 0:
		return t, "Nobody waits for social care now.", nil
	case 1:
		return t, "The 1 person who waits for social care now is outside your organisation. You can see the count above.", nil
	default:
		return t, "The " + count(n) + " people who wait for social care now are outside your organisation. You can see the counts above.", nil
	}
}

// nextActions says of each person the open action that is due first, with its owner and
// date.
func (s *Server) nextActions(ctx context.Context, scope people.Scope, waits []record.Delay) (map[string]string, error) {
	references := make([]string, len(waits))
	said := map[string]string{}
	for i, d := range waits {
		references[i], said[d.Reference] = d.Reference, "None recorded"
	}
	if s.opts.Cases == nil {
		return said, nil
	}
	actions, err := s.opts.Cases.NextActions(ctx, scope, references)
	for reference, first := range actions {
		said[reference] = first.What + ", " + s.opts.Places.OrgWords(first.OwnerOrg) + ", " + first.Due.Long()
	}
	return said, err
}

// councilTwin gives the page's figures as rows.
func (s *Server) councilTwin(c echo.Context, a councilAsked) error {
	f := a.figures
	t := page.Twin{Convention: s.convention(),
		Title: "Council share, " + s.opts.Places.CouncilWords(delay.Council(a.code)), AsAt: a.last.String(), From: f.From.String(),
		To: f.To.String(),
		Columns: []page.Column{{Name: "measure_id"}, {Name: "measure"}, {Name: "from"}, {Name: "to"}, {Name: "council"}, {Name: "provider"},
			{Name: "reason"}, {Name: "care"},
			{Name: "responsible"}, {Name: "state"}, {Name: "value", Number: true}, {Name: "unit"}}}
	for _, id := range []string{measure.CouncilShare, measure.DelayedDays} {
		d, _ := measure.DefinitionOf(id, s.opts.Places.Book)
		t.Definitions = append(t.Definitions, d.ID+" "+d.Name+": "+d.Sentence)
	}
	type row struct {
		cells []string
		basis measure.Basis
	}
	var rows []row
	on := measure.BasisCounted
	add := func(id, name string, from, to delay.Day, provider, reason, care, body, state, value, unit string) {
		rows = append(rows, row{[]string{id, name, from.String(), to.String(), a.code, provider, reason, care, body, state, value, unit}, on})
	}
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	const all = "all"
	for _, p := range []struct {
		from, to delay.Day
		split    measure.Split
	}{{f.From, f.To, f.Now}, {f.WasFrom, f.WasTo, f.Was}} {
		for _, b := range measure.Bases {
			share := f
			share.Basis, on = b, b
			sh := share.Share(p.split)
			if !sh.Known {
				continue
			}
			for _, one := range []struct {
				name  string
				value float64
			}{{"council share", sh.Value}, {"council share, lowest", sh.Low}, {"council share, highest", sh.High}} {
				add(measure.CouncilShare, one.name+" ("+b.String()+" days)", p.from, p.to, all, all, all, delay.SocialCare.String(), all,
					measure.Exact(one.value), "part of 1")
			}
		}
		on = measure.BasisCounted
		for _, b := range delay.Bodies {
			for _, one := range []struct {
				state agreement.State
				days  measure.ByBody
			}{{agreement.Agreed, p.split.Agreed}, {agreement.Proposed, p.split.Proposed}, {agreement.Disputed, p.split.Disputed},
				{agreement.Decided, p.split.Decided}} {
				add(measure.DelayedDays, "delayed days", p.from, p.to, all, all, all, b.String(), one.state.String(), whole(one.days[b]), "days")
			}
		}
	}
	parts := func(set []measure.PartSplit, place func(measure.PartSplit) (provider, reason, care, of string)) {
		for _, p := range set {
			provider, reason, care, of := place(p)
			on = measure.BasisCounted
			for _, b := range delay.Bodies {
				add(measure.DelayedDays, "delayed days"+of, f.From, f.To, provider, reason, care, b.String(), all, whole(p.Split.Days[b]), "days")
			}
			on = f.Basis
			add(measure.CouncilShare, "part of the change"+of, f.From, f.To, provider, reason, care, delay.SocialCare.String(), all,
				measure.Exact(float64(p.Points)/10), "points")
		}
	}
	parts(f.ByProvider, func(p measure.PartSplit) (string, string, string, string) { return p.Cell.Provider, all, all, "" })
	parts(f.ByReason, func(p measure.PartSplit) (string, string, string, string) {
		return all, page.SlugOr(string(p.Cell.Reason)), all, ""
	})
	parts(f.ByCare, func(p measure.PartSplit) (string, string, string, string) { return all, all, p.Cell.Care.Slug(), "" })
	parts(f.ByAge, func(p measure.PartSplit) (string, string, string, string) {
		if p.New {
			return all, all, all, " of new delays"
		}
		return all, all, all, " of continuing delays"
	})
	on = f.Basis
	add(measure.CouncilShare, "change of the share", f.From, f.To, all, all, all, delay.SocialCare.String(), all,
		measure.Exact(float64(f.Change)/10), "points")
	on = measure.BasisCounted
	if a.last != 0 {
		waits, err := measure.MakeWaits(c.Request().Context(), a.see, a.overview)
		if err != nil {
			return err
		}
		bands := func(w measure.WaitedBands, day delay.Day, provider, body string) {
			for i, n := range w {
				name := "people waiting under " + strconv.Itoa(measure.Bands[0]) + " days"
				if i > 0 {
					name = "people waiting " + bandWords(i-1)
				}
				add(measure.PeopleWaiting, name, day, day, provider, all, all, body, all, whole(n), "people")
			}
		}
		for _, p := range waits.ByProvider {
			bands(p.WaitedBands, p.Day, p.Code, all)
		}
		for _, b := range delay.Bodies {
			bands(waits.ByBody[b], a.last, all, b.String())
		}
	}
	for _, h := range f.HandOffs {
		add(measure.PeopleWaiting, "hand-offs from "+h.From.String(), f.From, f.To, all, all, all, h.To.String(), all, whole(h.People), "people")
	}
	for _, one := range f.NotSettled {
		next := "nobody"
		if one.Next != agreement.Neither {
			next = "the " + one.Next.String()
		}
		add(measure.DelayedDays, "days whose answer comes next from "+next+", level "+strconv.Itoa(int(one.Level)), f.From, f.To, all, all, all,
			one.Body.String(), one.State.Slug(), whole(one.Days), "days")
	}
	slices.SortStableFunc(rows, func(a, b row) int { return slices.Compare(a.cells, b.cells) })
	for _, r := range rows {
		t.Rows, t.RowBasis = append(t.Rows, r.cells), append(t.RowBasis, r.basis)
	}
	t.Basis = f.Basis
	if a.form == "csv" {
		return s.sendCSV(c, "council-"+a.code+".csv", t)
	}
	return s.sendJSON(c, t)
}

// bandWords says how long the people of a band have waited, of those that begin
// with measure.Bands.
func bandWords(i int) string {
	least := strconv.Itoa(measure.Bands[i])
	if i+1 < len(measure.Bands) {
		return least + " to " + strconv.Itoa(measure.Bands[i+1]-1) + " days"
	}
	return least + " days or more"
}
