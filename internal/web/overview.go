package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/revision"
	"homeward/internal/web/page"
)

// The sizes of the overview's charts: across the page, and two in a row.
var (
	across = chart.Size{Width: 1142, Height: 345, Font: 15, Line: 3, Rows: 14}
	half   = chart.Size{Width: 540, Height: 348, Font: 14, Line: 3}
)

// overviewWords are the query words of the overview and its charts.
var overviewWords = []string{
	page.WordFrom,
	page.WordTo,
	page.WordLast,
	page.WordProvider,
	page.WordCouncil,
	page.WordReason,
	page.WordResp,
	page.WordCare,
	page.WordBasis,
	page.WordKnown,
	page.WordView,
}

// overviewView is the first page.
type overviewView struct {
	page.Frame
	Caption string
	// Lede is the finding in words; Showing says what is shown.
	Lede, Showing string
	// Empty stands in place of everything else when there are no extracts.
	Empty      bool
	Incomplete []string
	Now        nowView
	Share      figureView
	Waiting    waitingView
	// Upload is the address of the form for a file, empty for those who may not
	// use it.
	Upload string
	First  page.Chart
	Pair   []page.Chart
	Last   page.Chart
	// Paper says that the page is to be printed: the charts by month are open.
	Paper    bool
	Arrivals arrivalsView
	Filters  page.Filters
	// England has England's counts beside our own, in place of the key figures, nil
	// where no hospital lists everybody in a bed. NoEngland says why a filter leaves
	// them out.
	England   *englandView
	NoEngland string
	// Differences compares with the present; nil on a page that shows it.
	Differences *differencesView
}

type nowView struct {
	Value, Words string
	Label        string
	Parts        []barPart
	Bodies       []bodyCount
	Ready        string
	Href         string
	// Walk leads to the bridge from this number to England's.
	Walk page.Link
}

// barPart is one block of the bar, in units of which the whole bar is 1000
// wide. Only the hatch has an outline.
type barPart struct {
	X, Width     string
	Fill, Stroke string
}

type bodyCount struct{ Swatch, Text, Value string }

type figureView struct {
	Heading, Value, Words, More string
	Href, HrefText              string
	// Open leads to what the figure counts; empty where there is nothing.
	Open page.Link
}

// arrivalsView is the strip of extracts for the day.
type arrivalsView struct {
	Heading string
	Items   []arrivalItem
}

type arrivalItem struct{ Name, Words, Tag, Rows string }

type waitingView struct {
	Heading string
	Items   []waitingItem
}

// waitingItem is a count of people, whose Href shows it over time.
type waitingItem struct{ Text, Value, Href string }

// home sends the bare address to the overview.
// home leads to the page that was asked for before signing in, or to the first
// page of the person or of their role.
func (s *Server) home(c echo.Context) error {
	ctx := c.Request().Context()
	now := visitOf(ctx)
	if now.Actor.Kind == people.Nobody {
		return s.signInFirst(c, now)
	}
	wanted := ""
	if now.Actor.Kind == people.APerson {
		wanted = s.opts.Sessions.TakeReturn(ctx, now.Current)
	}
	return c.Redirect(303, s.firstPage(now.Actor, wanted))
}

// overviewOf reads the address and asks for the overview. The series runs over
// whole months.
func (s *Server) overviewOf(c echo.Context) (page.Asked, sight, measure.Overview, error) {
	ctx := c.Request().Context()
	a, err := s.opts.Places.Read(c.QueryParams(), overviewWords...)
	if err != nil {
		return a, sight{}, measure.Overview{}, err
	}
	see, err := s.sight(c, &a)
	if err != nil {
		return a, see, measure.Overview{}, err
	}
	_, last, err := see.Extent(ctx)
	if err != nil {
		return a, see, measure.Overview{}, err
	}
	if last == 0 {
		return a, see, measure.Overview{Filter: a.Filter}, nil
	}
	from, to, err := a.Period(last)
	if err != nil {
		return a, see, measure.Overview{}, err
	}
	o, err := see.Overview(ctx, a.Filter, from.Month(), to.Month())
	return a, see, o, err
}

func (s *Server) overviewPage(c echo.Context) error {
	ctx := c.Request().Context()
	a, see, o, err := s.overviewOf(c)
	if err != nil {
		return err
	}
	v := overviewView{Frame: s.frame(c, s.counting().DelaysWords()), Caption: s.opts.Places.Partnership}
	v.PageTitle = "Overview – Homeward"
	s.asOfMoment(c, &v.Frame, see)
	if v.Paper = a.Print; a.Print {
		v.BodyClass = "app-view-print"
	}
	if o.AsAt == 0 {
		v.Empty = true
		v.Title = "No extracts yet"
		if s.opens(uploadPath, s.actor(c)) {
			v.Upload = uploadPath
		}
		return s.page(c, "overview", v)
	}
	first, last, err := see.Extent(ctx)
	if err != nil {
		return err
	}
	s.withCharts(&v.Frame)
	q := see.keep(page.Dated(o.Filter, o.From, o.To))
	v.Lede = s.lede(o, first)
	v.Showing = "Showing " + s.opts.Places.FilterWords(o.Filter) + ", " + span(o.From, o.To) + "."
	if o.Filter.Basis == measure.BasisAgreed {
		v.Showing += " People waiting are everybody, whatever is agreed."
	}
	v.Incomplete = incomplete(o)
	v.Now = nowOf(o, first)
	by := measure.ByResponsible
	if !see.divides() {
		by = measure.ByReason
	}
	v.Now.Href = page.Address("/figures",
		page.WithBy(see.keep(page.Dated(o.Filter.On(measure.BasisCounted), o.AsAt, o.AsAt)), measure.ByProvider, by))
	if s.walkable(o.Filter) {
		v.Now.Walk = page.Link{Text: "Walk this number to the situation report", Href: s.walkFrom(see, o.Filter, url.Values{
			wordDay: {o.AsAt.String()}})}
	}
	if see.divides() {
		v.Share = shareOf(o)
	}
	if m, _, ok := latestMonth(o); ok && see.divides() {
		v.Share.Open = page.Link{
			Text: "The days by next step",
			Href: page.Address("/figures", page.WithBy(see.keep(page.Dated(o.Filter, m.First, m.Last)),
				measure.ByResponsible)),
		}
	}
	v.Waiting = waitingOf(o, see.keep(page.Dated(o.Filter.On(measure.BasisCounted), o.From, o.To)))
	v.First, v.Pair, v.Last = s.overviewCharts(ctx, o, q, a.Print)
	s.mark(c, &v.Frame, o.From, o.To, append([]page.Chart{v.First}, v.Pair...)...)
	v.Arrivals = arrivalsOf(o)
	if err := s.withEngland(ctx, see, o, first, &v); err != nil {
		return err
	}
	v.Filters = page.Filters{
		Action: "/overview", Clear: "/overview", Words: v.Showing,
		Months: page.MonthChoices(
			first,
			last,
			o.From,
			o.To,
		), Groups: append([]page.ChoiceGroup{page.BasisGroup(o.Filter)}, s.opts.Places.Groups(o.Filter)...),
		Periods: page.PeriodLinks("/overview", o.Filter, see.keep(url.Values{}), last), Known: s.momentField(see),
	}
	if see.text != "" {
		if v.Differences, err = s.differences(ctx, see, func(since revision.Since) (*revision.Comparison, error) {
			return since.Overview(ctx, o)
		}); err != nil {
			return err
		}
	}
	if v.Closed, err = s.closedNote(ctx, see, o.Filter, o.From, o.To); err != nil {
		return err
	}
	v.About = s.aboutFigures("/overview", q, o.AsAt, see.measures(measure.DelayedDays, measure.DToCBeds, measure.PeopleWaiting,
		measure.CouncilShare, measure.LongWaits)...)
	if v.England != nil {
		v.About.Measures = append(v.About.Measures, s.conventionLink(conventionReady))
		v.About.Basis = "Each card names its own count. Our own: " + lowerFirst(v.About.Basis)
	}
	s.fix(ctx, v.About, see, "/overview", q)
	if v.England != nil {
		return s.page(c, "overview-england", v)
	}
	return s.page(c, "overview", v)
}

// lede says in a sentence or two what a director asks first.
func (s *Server) lede(o measure.Overview, first delay.Day) string {
	now := o.Now.Total()
	text := measure.UpperFirst(peopleAre(now)) + " waiting to leave hospital at the end of " + o.AsAt.Long()
	if week, ok := weekAgo(o, first); ok {
		text += ", " + change(now, week, "a week before")
	}
	text += "."
	if groups := o.GroupsNow(); len(groups) > 0 {
		var words []string
		for _, g := range groups[:min(3, len(groups))] {
			words = append(words, count(o.NowBy[g])+" for "+g)
		}
		return text + " Most of them wait as follows: " + strings.Join(words, ", ") + "."
	}
	if sc := o.Now[delay.SocialCare]; now > 0 {
		text += " The next step is with the NHS for " + count(o.Now[delay.NHS]) + ", with social care for " + count(sc)
		if j := o.Now[delay.Joint]; j > 0 {
			text += " and with both for " + count(j)
		}
		text += "."
		if none := o.Now[delay.NotAttributed]; none > 0 {
			text += " For " + count(none) + " it is not attributed yet."
		}
	}
	return text
}

// weekAgo gives the count a week before; ok is false when no extract is held
// from then.
func weekAgo(o measure.Overview, first delay.Day) (n int64, ok bool) {
	return o.WeekBefore.Total(), o.AsAt-7 >= first
}

// incomplete names the extracts that the page's figures lack.
func incomplete(o measure.Overview) []string {
	var out []string
	for _, p := range o.Providers {
		from := " No extract is held for the last 14 days, so its people are not counted."
		if p.Latest != 0 && o.AsAt-p.Latest < 14 {
			from = " Its figures are from " + p.Latest.Long() + "."
		}
		day := o.AsAt
		if len(p.Lacks) > 0 {
			day, from = o.ArrivalDay, " What the trust sent beside it is counted."
		}
		extract := p.Name + ": the extract" + measure.WithoutWords(p.Lacks) + " for " + day.Long()
		switch p.Today {
		case measure.Missing:
			out = append(out, extract+" has not arrived."+from)
		case measure.Held:
			out = append(out, extract+" is held."+from)
		}
	}
	return out
}

func nowOf(o measure.Overview, first delay.Day) nowView {
	total := o.Now.Total()
	v := nowView{Value: count(total)}
	if week, ok := weekAgo(o, first); ok {
		v.Words = change(total, week, "a week ago") + " (" + count(week) + ")"
	} else {
		v.Words = "no extract is held from a week ago"
	}
	if o.ReadyToday > 0 {
		v.Ready = measure.UpperFirst(persons(o.ReadyToday)) + " became ready on the day. They are not in these counts yet."
		if o.Filter.Book.Counting().Ready {
			v.Ready = measure.UpperFirst(persons(o.ReadyToday)) + " became ready on the day. They are in these counts."
		}
	}
	const shown = 8
	rest := total
	for i, g := range o.GroupsNow() {
		if i == shown {
			v.Bodies = append(v.Bodies, bodyCount{Text: "All others", Value: count(rest)})
			break
		}
		v.Bodies = append(v.Bodies, bodyCount{Text: g, Value: count(o.NowBy[g])})
		rest -= o.NowBy[g]
	}
	if o.NowBy != nil {
		return v
	}
	const whole = 1000.0
	x := 0.0
	var words []string
	for _, b := range delay.Bodies {
		n := o.Now[b]
		v.Bodies = append(v.Bodies, bodyCount{Swatch: swatch(b), Text: measure.UpperFirst(b.String()), Value: count(n)})
		words = append(words, b.String()+" "+count(n))
		if n == 0 {
			continue
		}
		width := whole * float64(n) / float64(total)
		// A white gap keeps neighbours apart in greyscale.
		part := barPart{X: fixed(x), Width: fixed(max(width-2, 1)), Fill: fills[b], Stroke: "0"}
		if b == delay.NotAttributed {
			part.Stroke = "1"
		}
		v.Parts = append(v.Parts, part)
		x += width
	}
	v.Label = "People waiting by whose next step: " + strings.Join(words, ", ") + "."
	return v
}

// fills are the colours of the responsible bodies, the chart's own; what is not
// attributed bears the hatch drawn in the page's definitions.
var fills = map[delay.Body]string{
	delay.SocialCare: "#F46A25", delay.NHS: "#12436D", delay.Joint: "url(#app-dots)", delay.NotAttributed: "url(#app-hatch)",
}

func swatch(b delay.Body) string { return "app-swatch--" + b.Slug() }

func fixed(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// latestMonth gives the last whole month of the series that has any extract, as
// the charts' titles do, and how it is named; the month that is not over stands
// in when there is no other.
func latestMonth(o measure.Overview) (m measure.Period, name string, ok bool) {
	for _, p := range slices.Backward(o.Months) {

		if p.Listed == 0 && p.Days.Total() == 0 {
			continue
		}
		if p.Last == p.First.Month().Last() {
			return p, p.First.Month().Long(), true
		}
		if !ok {
			m, name, ok = p, p.First.Month().Long()+" so far", true
		}
	}
	return m, name, ok
}

func shareOf(o measure.Overview) figureView {
	v := figureView{Heading: "Days with social care", Value: "No data", Href: "/definitions/" + measure.CouncilShare,
		HrefText: "How this share is counted"}
	if len(o.Filter.Bodies) > 0 {
		v.Value, v.Words = "Not shown", "Remove the filter \"Next step with\" to see a share of all days."
		return v
	}
	m, name, ok := latestMonth(o)
	if !ok {
		return v
	}
	share := m.Share()
	if !share.Known {
		v.Words = "No " + sharedDays[o.Filter.Basis] + " in " + name + "."
		return v
	}
	v.Value = measure.PerCent(share.Value)
	v.Words = "of " + sharedDays[o.Filter.Basis] + " in " + name
	if words := m.UnsettledWords(); words != "" {
		v.More = "Between " + measure.PerCent(share.Low) + " and " + measure.PerCent(share.High) + " while " + words + "."
	} else {
		v.More = "Every day is attributed and none is disputed, so there is no range."
		if o.Filter.Basis == measure.BasisAgreed {
			v.More = "Every counted day is agreed, so there is no range."
		}
	}
	return v
}

// sharedDays names the days that a basis counts.
var sharedDays = map[measure.Basis]string{measure.BasisCounted: "delayed days", measure.BasisAgreed: "agreed days"}

// waitingOf lists the long waits. q asks for the same figures again.
func waitingOf(o measure.Overview, q url.Values) waitingView {
	v := waitingView{Heading: "Waiting now for"}
	for _, w := range o.Waiting {
		q.Set(wordMeasure, measure.LongWaits+"-"+strconv.Itoa(w.AtLeast))
		v.Items = append(v.Items, waitingItem{Text: count(int64(w.AtLeast)) + " days or more", Value: count(w.People),
			Href: page.Address("/trends", q)})
	}
	return v
}

// overviewCharts makes the charts in the order of the page.
func (s *Server) overviewCharts(ctx context.Context, o measure.Overview, q url.Values, open bool) (first page.Chart, pair []page.Chart,
	last page.Chart) {
	place := s.place(o.Filter)
	make := func(id string, size chart.Size) page.Chart {
		return s.charted(ctx, chartsByID[id](o, place), size, s.chartLinks(id, q), open)
	}
	first = make("delayed-days", across)
	if o.Filter.Book.Divides() {
		pair = []page.Chart{make(chartBeds, half), make("council-share", half)}
	} else {
		pair = []page.Chart{make(chartBeds, across)}
	}
	last = make("reasons", across)
	return first, pair, last
}

// place names what the figures are of: the one hospital and the one council
// asked for, else the partnership.
func (s *Server) place(f measure.Filter) string {
	hospital, council := "", ""
	if len(f.Providers) == 1 {
		hospital = s.opts.Places.ProviderWords(f.Providers[0])
	}
	if len(f.Councils) == 1 && f.Councils[0] != delay.CouncilNotKnown {
		council = s.opts.Places.CouncilWords(f.Councils[0])
	}
	return orWords(joined(hospital, council), s.opts.Places.Partnership)
}

// chartsByID are the charts that have addresses of their own.
var chartsByID = map[string]func(measure.Overview, string) chart.Chart{
	"delayed-days":  chart.DelayedDays,
	chartBeds:       chart.Beds,
	"council-share": chart.Share,
	"reasons":       chart.Reasons,
}

// chartMeasures are the measures that the charts draw.
var chartMeasures = map[string]string{
	"delayed-days": measure.DelayedDays, chartBeds: measure.DToCBeds,
	"council-share": measure.CouncilShare, "reasons": measure.DelayedDays,
}

func (s *Server) chartLinks(id string, q url.Values) []page.Link {
	at := func(ext string) string { return page.Address("/charts/"+s.chartID(id)+ext, q) }
	return []page.Link{
		{Text: "Chart on its own", Href: at("")},
		{Text: downloadCSV, Href: at(".csv")},
		{Text: downloadXLSX, Href: at(".xlsx")},
		{Text: downloadSVG, Href: at(".svg")},
		{Text: howCounted, Href: "/definitions/" + chartMeasures[id]},
	}
}

// tags are the colours of the arrival words.
var tags = map[measure.Arrival]string{
	measure.In: "nhsuk-tag--green", measure.Late: "nhsuk-tag--yellow", measure.Held: "nhsuk-tag--pink",
	measure.Missing: "nhsuk-tag--red", measure.NotDue: "nhsuk-tag--white",
}

// arrivalsOf says where the extract of every provider stands.
func arrivalsOf(o measure.Overview) arrivalsView {
	v := arrivalsView{}
	in, due := int64(0), int64(0)
	for _, p := range o.Providers {
		if p.Today != measure.NotDue {
			due++
		}
		item := arrivalItem{Name: p.Name, Words: string(p.Today), Tag: tags[p.Today]}
		switch {
		case p.Today == measure.In || p.Today == measure.Late:
			in++
			item.Rows = plural(int64(p.Rows), "person listed", "people listed")
		case p.Latest == 0:
			item.Rows = "none yet"
		default:
			item.Rows = "latest " + p.Latest.Long()
		}
		v.Items = append(v.Items, item)
	}
	v.Heading = "Extracts for " + o.AsAt.Long() + ": " + count(in) + " of " + count(due) + " in"
	return v
}

// overviewTwin is the overview as rows: one figure each.
func (s *Server) overviewTwin(ctx context.Context, see sight, o measure.Overview) (page.Twin, error) {
	t := s.localTwin(see, o)
	e, err := s.england(ctx, see, o)
	if err == nil && e != nil {
		s.englandTwin(&t, o, e)
	}
	return t, err
}

// localTwin has the rows of the partnership's own count.
func (s *Server) localTwin(see sight, o measure.Overview) page.Twin {
	t := page.Twin{Convention: s.convention(),
		RuleVersion: s.ruleVersionAt(see), Title: "Overview", From: o.From.String(), To: o.To.String(), AsAt: o.AsAt.String(),
		Basis: o.Filter.Basis,
		Columns: []page.Column{{Name: "measure_id"}, {Name: "measure"}, {Name: "from"}, {Name: "to"}, {Name: "responsible"},
			{Name: "reason"}, {Name: "value", Number: true}, {Name: "unit"}}}
	for _, id := range []string{measure.DelayedDays, measure.DToCBeds, measure.PeopleWaiting, measure.CouncilShare, measure.LongWaits} {
		d, _ := measure.DefinitionOf(id, s.opts.Places.Book)
		if id == measure.CouncilShare && !see.divides() {
			continue
		}
		t.Definitions = append(t.Definitions, d.ID+" "+d.Name+": "+d.Sentence)
	}
	if o.AsAt == 0 {
		return t
	}
	add := func(id, name string, from, to delay.Day, body, reason, value, unit string) {
		t.Rows = append(t.Rows, []string{id, name, from.String(), to.String(), body, reason, value, unit})
	}
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	bodies := func(id, name string, from, to delay.Day, reason string, n measure.ByBody, unit string) {
		for _, b := range delay.Bodies {
			if see.divides() {
				add(id, name, from, to, b.String(), reason, whole(n[b]), unit)
			}
		}
		add(id, name, from, to, "all", reason, whole(n.Total()), unit)
	}
	bodies(measure.PeopleWaiting, "people waiting", o.AsAt, o.AsAt, "all", o.Now, "people")
	bodies(measure.PeopleWaiting, "people waiting a week before", o.AsAt-7, o.AsAt-7, "all", o.WeekBefore, "people")
	add(measure.PeopleWaiting, "people ready today", o.AsAt, o.AsAt, "all", "all", whole(o.ReadyToday), "people")
	for _, w := range o.Waiting {
		add(measure.LongWaits, "waiting "+strconv.Itoa(w.AtLeast)+" days or more", o.AsAt, o.AsAt, "all", "all", whole(w.People), "people")
	}
	people := len(t.Rows)
	for _, m := range o.Months {
		if m.Listed == 0 && m.Days.Total() == 0 {
			// A gap is not zero: the row stands with no value.
			add(measure.DelayedDays, "delayed days", m.First, m.Last, "all", "all", "", "days")
			continue
		}
		bodies(measure.DelayedDays, "delayed days", m.First, m.Last, "all", m.Days, "days")
		if o.Filter.Basis == measure.BasisAgreed {
			add(measure.DelayedDays, "delayed days not agreed", m.First, m.Last, "all", "all", whole(m.NotAgreed), "days")
		}
		add(measure.DToCBeds, s.counting().BedsNoun(), m.First, m.Last, "all", "all", measure.Exact(m.Beds()), "beds")
		if share := m.Share(); share.Known && len(o.Filter.Bodies) == 0 && see.divides() {
			add(measure.CouncilShare, "council share", m.First, m.Last, delay.SocialCare.String(), "all", measure.Exact(share.Value), "part of 1")
			add(measure.CouncilShare, "council share, lowest", m.First, m.Last, delay.SocialCare.String(), "all", measure.Exact(share.Low),
				"part of 1")
			add(measure.CouncilShare, "council share, highest", m.First, m.Last, delay.SocialCare.String(), "all", measure.Exact(share.High),
				"part of 1")
		}
	}
	for _, r := range o.Reasons {
		bodies(measure.DelayedDays, "delayed days", o.From, o.To, page.SlugOr(string(r.Reason)), r.Days, "days")
	}
	if o.Filter.Basis != measure.BasisCounted {
		// People who wait are counted whatever is agreed.
		t.RowBasis = append(make([]measure.Basis, people), slices.Repeat([]measure.Basis{o.Filter.Basis}, len(t.Rows)-people)...)
	}
	return t
}

func (s *Server) overviewCSV(c echo.Context) error {
	_, see, o, err := s.overviewOf(c)
	if err != nil {
		return err
	}
	t, err := s.overviewTwin(c.Request().Context(), see, o)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-overview.csv", t)
}

func (s *Server) overviewJSON(c echo.Context) error {
	_, see, o, err := s.overviewOf(c)
	if err != nil {
		return err
	}
	t, err := s.overviewTwin(c.Request().Context(), see, o)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}
