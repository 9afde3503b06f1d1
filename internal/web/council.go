package web

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/record"
)

// Adults is a council's adult population with its year and source (C13).
type Adults struct {
	Number       int
	Year, Source string
}

const wordMoved = "split"

// councilWords are the query words of the council's page.
var councilWords = []string{wordFrom, wordTo, wordLast, wordProvider, wordReason, wordCare, wordBasis, wordView, wordMoved}

type councilView struct {
	Frame
	Caption, Lede, Agreed string
	Showing               string
	Empty                 string
	Figures               tableView
	Chart                 chartView
	Control               link
	// Split is where the days are; Besides stands on the page and not on paper.
	Split, Besides []tableView
	MovedBy        []pageLink
	Moved          tableView
	HandOffs       tableView
	NoHandOffs     string
	Unsettled      tableView
	Rates          string
	Longest        tableView
	LongestWords   string
	Decisions      []string
	Sentence       string
	Filters        filterView
}

// councilHome goes to the council of the reader, else the partnership's first.
func (s *Server) councilHome(c echo.Context) error {
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

// councilAsked is what an address of the page asks for.
type councilAsked struct {
	code     string
	form     string // csv, json or empty
	filter   measure.Filter
	figures  measure.CouncilFigures
	overview measure.Overview
	first    delay.Day
	last     delay.Day
	moved    string
	print    bool
}

func (s *Server) councilOf(c echo.Context) (councilAsked, error) {
	ctx := c.Request().Context()
	a := councilAsked{code: c.Param("code")}
	for _, form := range []string{"csv", "json"} {
		if code, ok := strings.CutSuffix(a.code, "."+form); ok {
			a.code, a.form = code, form
		}
	}
	if s.opts.Places.CouncilName(delay.Council(a.code)) == "" {
		return a, problem.New(problem.NotFound, "There is no council with this code. Use an ONS code, like %s.", example(s.opts.Places.Councils, "E10000008"))
	}
	query := c.QueryParams()
	asked, err := s.opts.Places.read(query, councilWords...)
	if err != nil {
		return a, err
	}
	if a.moved, err = oneOf(query, wordMoved, "provider", "provider", "reason", "care"); err != nil {
		return a, err
	}
	a.print = asked.Print
	a.filter = asked.Filter
	a.filter.Councils = []delay.Council{delay.Council(a.code)}
	if a.first, a.last, err = s.opts.Figures.Extent(ctx); err != nil || a.last == 0 {
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
	} else if from, to, err = asked.period(a.last); err != nil {
		return a, err
	}
	if a.figures, err = measure.MakeCouncil(ctx, s.opts.Figures, s.opts.Trends, a.filter, from, to); err != nil {
		return a, err
	}
	a.overview, err = s.opts.Figures.Overview(ctx, a.filter, to.Month()-12, to.Month())
	return a, err
}

func (s *Server) councilPage(c echo.Context) error {
	a, err := s.councilOf(c)
	if err != nil {
		return err
	}
	if a.form != "" {
		return s.councilTwin(c, a)
	}
	ctx := c.Request().Context()
	name := s.opts.Places.councilWords(delay.Council(a.code))
	v := councilView{Frame: s.frame(c, "Council share"), Caption: name}
	v.PageTitle = "Council share, " + name + " – Homeward"
	v.BodyClass = "app-council-page"
	if a.print {
		v.BodyClass += " app-view-print"
	}
	if a.last == 0 {
		v.Empty = "Homeward counts from the daily extracts that hospitals send. None has arrived yet."
		return s.page(c, "council", v)
	}
	f := a.figures
	words := span(f.From, f.To)
	v.Showing = "Showing " + s.opts.Places.filterWords(a.filter) + ", " + words + ", every counted day as it stands attributed."
	v.Lede, v.Agreed = councilLede(f, words)
	v.Sentence = v.Lede + " Days are counted by rule C1 and attributed under rule set " + s.ruleVersion() + "; data as at " + a.last.Long() + "."
	v.Figures = s.councilFigures(a)
	v.withCharts(s)
	q := dated(a.filter, f.From, f.To)
	series := dated(a.filter, (f.To.Month() - 12).First(), f.To.Month().Last())
	v.Chart = s.charted(ctx, chart.Share(a.overview, name), across, chartLinks("council-share", series), a.print)
	v.Control = link{"People waiting with social care, by week, as a control chart", address("/trends", url.Values{wordMeasure: {"M02"}, wordGrain: {"week"}, wordResp: {"social-care"}, wordCouncil: {a.code}})}
	v.Split = []tableView{
		s.splitTable("by-provider", "By hospital", "Hospital", f.ByProvider, f, func(c measure.Cell) string { return s.opts.Places.providerWords(c.Provider) }, q, wordProvider),
		s.splitTable("by-reason", "By reason", "Waiting for", f.ByReason, f, func(c measure.Cell) string { return reasonWords(c.Reason) }, q, wordReason),
	}
	v.Besides = []tableView{
		s.splitTable("by-care", "By type of care", "Type of care", f.ByCare, f, func(c measure.Cell) string { return c.Care.String() }, q, wordCare),
		lengthTable(a.overview),
	}
	v.MovedBy, v.Moved = s.movedTable(a, q)
	v.HandOffs = tableView{ID: "hand-offs", Caption: "Where the next step moved, " + words, Head: []headCell{{Text: "From"}, {Text: "To"}, {Text: "People", Numeric: true}}}
	for _, h := range f.HandOffs {
		v.HandOffs.Rows = append(v.HandOffs.Rows, []tableCell{{Text: upperFirst(h.From.String()), Header: true}, {Text: upperFirst(h.To.String()), Swatch: swatch(h.To)}, {Text: count(h.People), Class: numericClass}})
	}
	if len(f.HandOffs) == 0 {
		v.NoHandOffs = "The next step of nobody changed hands inside a delay."
	}
	v.Unsettled, v.Rates = unsettledTable(f)
	if v.Closed, err = s.closedNote(ctx, sight{}, a.filter, f.From, f.To); err != nil {
		return err
	}
	if v.Decisions, err = s.decisions(c, a.code); err != nil {
		return err
	}
	if v.Longest, v.LongestWords, err = s.longest(c, a); err != nil {
		return err
	}
	path := "/council/" + a.code
	groups := s.opts.Places.groups(a.filter)
	groups = slices.DeleteFunc(groups, func(g choiceGroup) bool { return g.Name == wordCouncil || g.Name == wordResp })
	v.Filters = filterView{Action: path, Clear: path, Months: monthChoices(a.first, a.last, f.From, f.To), Groups: groups}
	asIs := cloneQuery(q)
	asIs.Del(wordCouncil)
	v.About = s.aboutFigures(path, asIs, a.last, measure.CouncilShare, measure.DelayedDays, measure.DToCBeds, measure.PeopleWaiting, measure.LongWaits)
	return s.page(c, "council", v)
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
	share := f.Now.Share()
	if !share.Known {
		return "No delayed days in " + words + ".", ""
	}
	lede = measure.PerCent(share.Value) + " of delayed days in " + words + " were with social care."
	if n := f.Now.Unsettled(); n > 0 {
		lede += " The range is " + measure.PerCent(share.Low) + " to " + measure.PerCent(share.High) + " while " + plural(n, "day is", "days are") + " not settled."
	} else {
		lede += " Every day is settled, so there is no range."
	}
	if a := f.Now.AgreedShare(); a.Known {
		open := f.Now.Days.Total() - f.Now.Agreed.Total()
		agreed = "Of the " + days(f.Now.Agreed.Total()) + " that both bodies have agreed, " + measure.PerCent(a.Value) + " were with social care."
		if open > 0 {
			agreed += " With the " + days(open) + " that are not agreed yet the share is " + measure.PerCent(a.Low) + " to " + measure.PerCent(a.High) + "."
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

// councilFigures is the table of this period and the one before.
func (s *Server) councilFigures(a councilAsked) tableView {
	f := a.figures
	t := tableView{ID: "figures", Caption: "Figures", Head: []headCell{{Text: "Measure"}, {Text: "This period", Numeric: true}, {Text: "Period before", Numeric: true}, {Text: "Change", Numeric: true}}}
	row := func(name string, href string, cells ...string) {
		out := []tableCell{{Text: name, Header: true, Href: href}}
		for _, c := range cells {
			out = append(out, tableCell{Text: c, Class: numericClass})
		}
		t.Rows = append(t.Rows, out)
	}
	known := func(sh measure.Share) string {
		if !sh.Known {
			return "Not applicable"
		}
		return measure.PerCent(sh.Value)
	}
	change := "Not applicable"
	now, was := f.Now.Share(), f.Was.Share()
	if now.Known && was.Known {
		change = points(f.Change) + " points"
	}
	row("Share of delayed days", "/definitions/"+measure.CouncilShare, known(now), known(was), change)
	an, aw := f.Now.AgreedShare(), f.Was.AgreedShare()
	change = "Not applicable"
	if an.Known && aw.Known {
		change = signedPart((an.Value-aw.Value)*100) + " points"
	}
	row("Share of agreed days", "/definitions/"+measure.CouncilShare, known(an), known(aw), change)
	sc, scWas := f.Now.Days[delay.SocialCare], f.Was.Days[delay.SocialCare]
	row("Days with social care", "/definitions/"+measure.DelayedDays, count(sc), count(scWas), signed(sc-scWas))
	calendar, calendarWas := float64(f.To-f.From)+1, float64(f.WasTo-f.WasFrom)+1
	beds, bedsWas := float64(sc)/calendar, float64(scWas)/calendarWas
	row("DToC beds with social care (people a day)", "/definitions/"+measure.DToCBeds, oneDecimal(beds), oneDecimal(bedsWas), signedPart(beds-bedsWas))
	all, allWas := float64(f.Now.Days.Total())/calendar, float64(f.Was.Days.Total())/calendarWas
	row("DToC beds, all", "/definitions/"+measure.DToCBeds, oneDecimal(all), oneDecimal(allWas), signedPart(all-allWas))
	if adults := s.opts.Places.Adults[a.code]; adults.Number > 0 {
		rate := func(v float64) float64 { return v * 100000 / float64(adults.Number) }
		base := "per 100,000 adults, " + adults.Year
		row("People a day with social care "+base, "", oneDecimal(rate(beds)), oneDecimal(rate(bedsWas)), signedPart(rate(beds)-rate(bedsWas)))
		row("Days with social care "+base, "", oneDecimal(rate(float64(sc))), oneDecimal(rate(float64(scWas))), signedPart(rate(float64(sc))-rate(float64(scWas))))
	} else {
		row("Per 100,000 adults", "", "Not available", "Not available", "No adult population is loaded")
	}
	for _, w := range a.overview.Waiting {
		if w.AtLeast == 21 {
			row("People waiting 21 days or more now", "/definitions/"+measure.LongWaits, count(w.People), "Not applicable", "Not applicable")
		}
	}
	return t
}

// splitTable breaks the period's days down; its total is the period's.
func (s *Server) splitTable(id, caption, head string, parts []measure.PartSplit, f measure.CouncilFigures, name func(measure.Cell) string, q url.Values, word string) tableView {
	t := tableView{ID: id, Caption: caption, Head: []headCell{{Text: head}, {Text: "Social care", Numeric: true}, {Text: "NHS", Numeric: true}, {Text: "Joint", Numeric: true},
		{Text: "Not attributed", Numeric: true}, {Text: "All days", Numeric: true}, {Text: "Agreed", Numeric: true}, {Text: "Proposed", Numeric: true}, {Text: "Disputed", Numeric: true}, {Text: "Share", Numeric: true}}}
	cells := func(first tableCell, sp measure.Split, href string) []tableCell {
		out := []tableCell{first}
		for _, b := range delay.Bodies {
			out = append(out, tableCell{Text: count(sp.Days[b]), Class: numericClass})
		}
		share := "Not applicable"
		if sh := sp.Share(); sh.Known {
			share = measure.PerCent(sh.Value)
		}
		number := func(n int64, states ...agreement.State) tableCell {
			cell := tableCell{Text: count(n), Class: numericClass}
			if n > 0 {
				cell.Href = href
				for _, st := range states {
					cell.Href += "&" + wordState + "=" + st.Slug()
				}
			}
			return cell
		}
		return append(out, number(sp.Days.Total()), number(sp.Agreed.Total(), agreement.Agreed, agreement.AgreedByDefault),
			number(sp.Proposed.Total(), agreement.Proposed), number(sp.Disputed.Total(), agreement.Disputed), tableCell{Text: share, Class: numericClass})
	}
	for _, p := range parts {
		if p.Split.Days.Total() == 0 {
			continue
		}
		rows := cloneQuery(q)
		switch word {
		case wordProvider:
			rows.Set(word, p.Cell.Provider)
		case wordReason:
			rows.Set(word, slugOr(string(p.Cell.Reason)))
		case wordCare:
			rows.Set(word, p.Cell.Care.Slug())
		}
		t.Rows = append(t.Rows, cells(tableCell{Text: name(p.Cell), Header: true}, p.Split, address("/days", rows)))
	}
	t.Foot = cells(tableCell{Text: "All", Header: true}, f.Now, address("/days", q))
	return t
}

// lengthTable says how long people have waited who wait now.
func lengthTable(o measure.Overview) tableView {
	t := tableView{ID: "by-length", Caption: "By length, people waiting now", Head: []headCell{{Text: "Waiting"}, {Text: "People", Numeric: true}}}
	total := o.Now.Total()
	t.Rows = append(t.Rows, []tableCell{{Text: "All", Header: true}, {Text: count(total), Class: numericClass}})
	for _, w := range o.Waiting {
		t.Rows = append(t.Rows, []tableCell{{Text: count(int64(w.AtLeast)) + " days or more", Header: true}, {Text: count(w.People), Class: numericClass}})
	}
	return t
}

// movedTable is what moved the share: parts that add up exactly to its change.
func (s *Server) movedTable(a councilAsked, q url.Values) ([]pageLink, tableView) {
	var links []pageLink
	names := map[string]string{"provider": "hospital", "reason": "reason", "care": "type of care"}
	for _, by := range []string{"provider", "reason", "care"} {
		to := cloneQuery(q)
		to.Del(wordCouncil)
		to.Set(wordMoved, by)
		links = append(links, pageLink{Text: upperFirst(names[by]), Href: address("/council/"+a.code, to) + "#moved", Current: by == a.moved})
	}
	parts, name := a.figures.ByProvider, func(c measure.Cell) string { return s.opts.Places.providerWords(c.Provider) }
	switch a.moved {
	case "reason":
		parts, name = a.figures.ByReason, func(c measure.Cell) string { return reasonWords(c.Reason) }
	case "care":
		parts, name = a.figures.ByCare, func(c measure.Cell) string { return c.Care.String() }
	}
	t := tableView{ID: "moved-table", Caption: "Parts of the change of " + points(a.figures.Change) + " points, by " + names[a.moved],
		Head: []headCell{{Text: upperFirst(names[a.moved])}, {Text: "Social care days now", Numeric: true}, {Text: "Before", Numeric: true}, {Text: "Part of the change, points", Numeric: true}}}
	for _, p := range parts {
		t.Rows = append(t.Rows, []tableCell{{Text: name(p.Cell), Header: true}, {Text: count(p.Split.Days[delay.SocialCare]), Class: numericClass},
			{Text: count(p.Was.Days[delay.SocialCare]), Class: numericClass}, {Text: points(p.Points), Class: numericClass}})
	}
	t.Foot = []tableCell{{Text: "All", Header: true}, {Text: count(a.figures.Now.Days[delay.SocialCare]), Class: numericClass},
		{Text: count(a.figures.Was.Days[delay.SocialCare]), Class: numericClass}, {Text: points(a.figures.Change), Class: numericClass}}
	return links, t
}

// unsettledTable is what is not settled, by whose attribution it stands under,
// and how often each body's proposals are disputed.
func unsettledTable(f measure.CouncilFigures) (tableView, string) {
	t := tableView{ID: "unsettled", Caption: "What is not settled", Head: []headCell{{Text: "Days"}, {Text: "Social care", Numeric: true}, {Text: "NHS", Numeric: true}, {Text: "Joint", Numeric: true}, {Text: "Not attributed", Numeric: true}, {Text: "All", Numeric: true}}}
	row := func(name string, b measure.ByBody) {
		cells := []tableCell{{Text: name, Header: true}}
		for _, body := range delay.Bodies {
			cells = append(cells, tableCell{Text: count(b[body]), Class: numericClass})
		}
		t.Rows = append(t.Rows, append(cells, tableCell{Text: count(b.Total()), Class: numericClass}))
	}
	row("Proposed, waiting for an answer", f.Now.Proposed)
	row("Disputed", f.Now.Disputed)
	var words []string
	for _, b := range []delay.Body{delay.SocialCare, delay.NHS} {
		if all := f.Now.Days[b]; all > 0 {
			words = append(words, measure.PerCent(float64(f.Now.Disputed[b])/float64(all))+" of days with "+strings.Replace(b.String(), "NHS", "the NHS", 1))
		}
	}
	if len(words) == 0 {
		return t, ""
	}
	return t, "Disputed: " + strings.Join(words, ", ") + "."
}

// decisions says what waits for the reader's own answer.
func (s *Server) decisions(c echo.Context, code string) ([]string, error) {
	actor := s.actor(c)
	if s.opts.Cases == nil || !slices.Contains(actor.Scope().Councils(), code) {
		return nil, nil
	}
	since := s.opts.Now().Add(-settledFor)
	var out []string
	for _, part := range []casework.Which{casework.ForMe, casework.InDispute, casework.ForOther} {
		rows, n, err := s.opts.Cases.Queue(c.Request().Context(), actor.Scope(), agreement.CouncilSide, since, part, 0, 1)
		if err != nil {
			return nil, err
		}
		words := whichWords[part] + ": " + count(int64(n))
		if len(rows) > 0 && part == casework.ForMe {
			words += ", the oldest from " + rows[0].Segment.Segment.First.Long()
		}
		out = append(out, words)
	}
	return out, nil
}

// longest lists the longest waits with social care within the reader's scope,
// by pseudonym; others see counts.
func (s *Server) longest(c echo.Context, a councilAsked) (tableView, string, error) {
	actor := s.actor(c)
	t := tableView{ID: "longest", Caption: "Longest waits with social care now", Head: []headCell{{Text: "Reference"}, {Text: "Hospital"}, {Text: "Days", Numeric: true}, {Text: "Ready"}, {Text: "Waiting for"}}}
	if s.opts.Rows == nil || !actor.May(people.SeeRows) || actor.Scope().Empty() {
		return t, "Rows about people are for the people who work with them. You can see the counts above.", nil
	}
	f := record.Filter{Filter: a.filter, State: record.Open}
	f.Filter.Bodies = []delay.Body{delay.SocialCare}
	list, err := s.opts.Rows.ScopedDelays(c.Request().Context(), actor.Scope(), f, record.Page{Sort: record.ByReady, Number: 1, Size: 10})
	if err != nil {
		return t, "", err
	}
	for _, d := range list.Delays {
		reason := delay.ReasonNotKnown
		if n := len(d.Stretches); n > 0 {
			reason = d.Stretches[n-1].Reason
		}
		t.Rows = append(t.Rows, []tableCell{{Text: d.Reference, Header: true, Href: "/delays/" + d.Reference}, {Text: s.opts.Places.providerWords(d.Provider)},
			{Text: count(d.Days), Class: numericClass}, {Text: d.Ready.Long()}, {Text: reasonWords(reason)}})
	}
	if len(t.Rows) == 0 {
		return t, "Nobody waits for social care now within your organisation.", nil
	}
	return t, "", nil
}

// councilTwin gives the page's figures as rows.
func (s *Server) councilTwin(c echo.Context, a councilAsked) error {
	f := a.figures
	t := twin{Title: "Council share, " + s.opts.Places.councilWords(delay.Council(a.code)), AsAt: a.last.String(), From: f.From.String(), To: f.To.String(),
		Columns: []column{{"measure_id", false}, {"measure", false}, {"from", false}, {"to", false}, {"council", false}, {"provider", false}, {"reason", false}, {"care", false},
			{"responsible", false}, {"state", false}, {"value", true}, {"unit", false}}}
	for _, id := range []string{measure.CouncilShare, measure.DelayedDays} {
		d, _ := measure.DefinitionOf(id)
		t.Definitions = append(t.Definitions, d.ID+" "+d.Name+": "+d.Sentence)
	}
	add := func(id, name string, from, to delay.Day, provider, reason, care, body, state, value, unit string) {
		t.Rows = append(t.Rows, []string{id, name, from.String(), to.String(), a.code, provider, reason, care, body, state, value, unit})
	}
	for _, p := range []struct {
		from, to delay.Day
		split    measure.Split
	}{{f.From, f.To, f.Now}, {f.WasFrom, f.WasTo, f.Was}} {
		for name, sh := range map[string]measure.Share{"counted": p.split.Share(), "agreed": p.split.AgreedShare()} {
			if !sh.Known {
				continue
			}
			for _, one := range []struct {
				name  string
				value float64
			}{{"council share", sh.Value}, {"council share, lowest", sh.Low}, {"council share, highest", sh.High}} {
				add(measure.CouncilShare, one.name+" ("+name+" days)", p.from, p.to, "all", "all", "all", delay.SocialCare.String(), "all", decimals(one.value), "part of 1")
			}
		}
		for _, b := range delay.Bodies {
			for state, n := range map[string]measure.ByBody{"agreed": p.split.Agreed, "proposed": p.split.Proposed, "disputed": p.split.Disputed} {
				add(measure.DelayedDays, "delayed days", p.from, p.to, "all", "all", "all", b.String(), state, strconv.FormatInt(n[b], 10), "days")
			}
		}
	}
	parts := func(set []measure.PartSplit, place func(measure.Cell) (provider, reason, care string)) {
		for _, p := range set {
			provider, reason, care := place(p.Cell)
			for _, b := range delay.Bodies {
				add(measure.DelayedDays, "delayed days", f.From, f.To, provider, reason, care, b.String(), "all", strconv.FormatInt(p.Split.Days[b], 10), "days")
			}
			add(measure.CouncilShare, "part of the change", f.From, f.To, provider, reason, care, delay.SocialCare.String(), "all", decimals(float64(p.Points)/10), "points")
		}
	}
	parts(f.ByProvider, func(c measure.Cell) (string, string, string) { return c.Provider, "all", "all" })
	parts(f.ByReason, func(c measure.Cell) (string, string, string) { return "all", slugOr(string(c.Reason)), "all" })
	parts(f.ByCare, func(c measure.Cell) (string, string, string) { return "all", "all", c.Care.Slug() })
	add(measure.CouncilShare, "change of the share", f.From, f.To, "all", "all", "all", delay.SocialCare.String(), "all", decimals(float64(f.Change)/10), "points")
	slices.SortStableFunc(t.Rows, slices.Compare)
	if a.form == "csv" {
		return s.sendCSV(c, "council-"+a.code+".csv", t)
	}
	return s.sendJSON(c, t)
}
