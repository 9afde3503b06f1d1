package web

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/revision"
	"homeward/internal/web/page"
)

// reasonsWords are the query words of the reasons page.
var reasonsWords = []string{
	page.WordFrom,
	page.WordTo,
	page.WordLast,
	page.WordProvider,
	page.WordCouncil,
	page.WordReason,
	page.WordResp,
	page.WordCare,
	page.WordPathway,
	page.WordBy,
	page.WordBasis,
	page.WordKnown,
	page.WordView,
}

// reasonLine is one reason over a period, with the same dates a year before
// and what came next.
type reasonLine struct {
	Reason       delay.Reason
	Days         measure.ByBody
	Before       int64
	Left, WentOn int64
	// Next is the reason that most often came next, with its number.
	Next  delay.Reason
	NextN int64
}

// freed is the least and most days that would not have been waited had this
// wait not been: at least those of the part of people who left from it, at most
// all of its days. People who went on to another wait may have begun that one
// sooner instead.
func (r reasonLine) freed() (least, most int64) {
	most = r.Days.Total()
	if n := r.Left + r.WentOn; n > 0 {
		return most * r.Left / n, most
	}
	return 0, most
}

// reasonFigures is everything on the reasons page.
type reasonFigures struct {
	page.Asked
	see            sight
	From, To, AsAt delay.Day
	First          delay.Day
	Lines          []reasonLine
	Total          measure.ByBody
	// BeforeKnown says that extracts reach back to the same dates a year before.
	BeforeKnown bool
	BeforeTotal int64
	// NotAgreed is the days that are not agreed, on basis agreed.
	NotAgreed int64
	Gaps      []string
	// Pathways are the days by reason and pathway, where the address asks for
	// them with by=pathway.
	Pathways *measure.Cross
}

// reasonsOf reads the address and counts.
func (s *Server) reasonsOf(c echo.Context) (reasonFigures, error) {
	ctx := c.Request().Context()
	var out reasonFigures
	a, err := s.opts.Places.Read(c.QueryParams(), reasonsWords...)
	if err != nil {
		return out, err
	}
	if len(a.By) > 1 || len(a.By) == 1 && a.By[0] != measure.ByPathway {
		return out, problem.New(problem.Invalid, "Reasons are split by pathway alone: use by=pathway, or nothing. The figures have every other "+
			"breakdown.")
	}
	if out.see, err = s.sight(c, &a); err != nil {
		return out, err
	}
	out.Asked = a
	course := out.see
	if out.First, out.AsAt, err = out.see.Extent(ctx); err != nil || out.AsAt == 0 {
		return out, err
	}
	if out.From, out.To, err = a.Period(out.AsAt); err != nil {
		return out, err
	}
	out.To = max(out.From, min(out.To, out.AsAt))
	cells, err := course.Cells(ctx, measure.Query{From: out.From, To: out.To, By: []measure.Dimension{measure.ByReason,
		measure.ByResponsible}, Filter: a.Filter})
	if err != nil {
		return out, err
	}
	lines := map[delay.Reason]*reasonLine{}
	at := func(r delay.Reason) *reasonLine {
		if lines[r] == nil {
			lines[r] = &reasonLine{Reason: r}
		}
		return lines[r]
	}
	for _, cell := range cells {
		at(cell.Reason).Days[cell.Body] += cell.Days
		out.Total[cell.Body] += cell.Days
	}
	if len(a.By) > 0 {
		cells, err := course.Cells(ctx, measure.Query{From: out.From, To: out.To, By: []measure.Dimension{measure.ByReason, measure.ByPathway},
			Filter: a.Filter})
		if err != nil {
			return out, err
		}
		out.Pathways = new(measure.Crossed(cells, measure.ByReason, measure.ByPathway))
	}
	if a.Filter.Basis == measure.BasisAgreed {
		split, err := measure.MakeSplit(ctx, course, a.Filter, out.From, out.To)
		if err != nil {
			return out, err
		}
		out.NotAgreed = split.NotAgreed()
	}
	from, to := yearEarlier(out.From), yearEarlier(out.To)
	if out.BeforeKnown = from >= out.First; out.BeforeKnown {
		before, err := course.Cells(ctx, measure.Query{From: from, To: to, By: []measure.Dimension{measure.ByReason}, Filter: a.Filter})
		if err != nil {
			return out, err
		}
		for _, cell := range before {
			at(cell.Reason).Before += cell.Days
			out.BeforeTotal += cell.Days
		}
	}
	// What came next is asked without the filter on reasons: a next wait for
	// something else would otherwise look like leaving.
	open := a.Filter.On(measure.BasisCounted)
	open.Reasons, open.Bodies = nil, nil
	events, err := course.Events(ctx, measure.Query{From: out.From, To: out.To, By: []measure.Dimension{measure.ByDay, measure.ByReason},
		Filter: open})
	if err != nil {
		return out, err
	}
	next := map[[2]delay.Reason]int64{}
	for _, e := range events {
		switch e.Kind {
		case measure.Ended:
			if l := lines[e.Reason]; l != nil {
				l.Left += e.People
			}
		case measure.MovedOut:
			if l := lines[e.Reason]; l != nil {
				l.WentOn += e.People
				next[[2]delay.Reason{e.Reason, e.From.Reason}] += e.People
			}
		}
	}
	for r, l := range lines {
		for pair, n := range next {
			if pair[0] == r && (n > l.NextN || n == l.NextN && delay.CompareReasons(pair[1], l.Next) < 0) {
				l.Next, l.NextN = pair[1], n
			}
		}
		out.Lines = append(out.Lines, *l)
	}
	slices.SortFunc(out.Lines, func(a, b reasonLine) int {
		if x, y := a.Reason == delay.ReasonNotKnown, b.Reason == delay.ReasonNotKnown; x != y {
			if x {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.Days.Total(), a.Days.Total()), delay.CompareReasons(a.Reason, b.Reason))
	})
	m, _ := measure.MetricOf(measure.DelayedDays, s.opts.Places.Book)
	days, err := measure.MakeTrend(ctx, course, measure.TrendQuery{Metric: m, Grain: measure.ByDay, From: out.From, To: out.To,
		Filter: a.Filter}, course.Expected())
	if err != nil {
		return out, err
	}
	out.Gaps = chart.GapNotes(days)
	return out, nil
}

// yearEarlier is the same day of the month a year before, or the month's last.
func yearEarlier(d delay.Day) delay.Day {
	m := d.Month() - 12
	if d == d.Month().Last() {
		return m.Last()
	}
	return min(m.First()+(d-d.Month().First()), m.Last())
}

func (r reasonFigures) chart(place string) chart.Chart {
	o := measure.Overview{AsAt: r.AsAt, From: r.From, To: r.To, Filter: r.Asked.Filter}
	for _, l := range r.Lines {
		o.Reasons = append(o.Reasons, measure.ReasonDays{Reason: l.Reason, Days: l.Days})
	}
	c := chart.Reasons(o, place)
	c.Notes = append(c.Notes, r.Gaps...)
	return c
}

type reasonsView struct {
	page.Frame
	Showing, Empty string
	Filters        page.Filters
	Chart          page.Chart
	Table, Next    page.Table
	NextWords      string
	// Groups and MixedWords are of code sets that share groups and not reasons (D4).
	Groups     *page.Table
	MixedWords string
	// Largest are the groups with the most days, each with its reasons, and Others
	// the rest.
	Largest, Others *reasonGroups
	// Folded says that the tables of every reason are too long to stand open, Open
	// that they do all the same, for paper.
	Folded, Open bool
	NextFolded   bool
	TableWords   string
	// Pathways are the reasons by pathway, where they are asked for; ByPathway
	// leads to them where they are not.
	Pathways  *page.Crosstab
	ByPathway string
	// Differences compares with the present; nil on a page that shows it.
	Differences *differencesView
}

// reasonGroups is a list of groups that open to their reasons; Words names a list
// that is folded.
type reasonGroups struct {
	Words string
	Each  []groupView
}

// largestGroups is how many groups stand open to the eye, and fewReasons how many
// reasons a table may have to stand open beside them.
const largestGroups, fewReasons, fewNext = 8, 20, 8

func (s *Server) reasonsPage(c echo.Context) error {
	v, err := s.reasonsShown(c)
	if err != nil {
		return err
	}
	return s.page(c, "reasons", v)
}

// reasonsXLSX gives the tables of the page as they are seen.
func (s *Server) reasonsXLSX(c echo.Context) error {
	v, err := s.reasonsShown(c)
	if err != nil {
		return err
	}
	w := workbook{Name: "homeward-reasons", About: s.aboutWorkbook(v.Showing, v.About)}
	if v.Pathways != nil {
		w.Tables = append(w.Tables, v.Pathways.Table())
	}
	if v.Groups != nil {
		w.Tables = append(w.Tables, *v.Groups)
	}
	w.Tables = append(w.Tables, v.Table, v.Next)
	return s.sendXLSX(c, w)
}

// reasonsShown reads the address and fills in the page.
func (s *Server) reasonsShown(c echo.Context) (reasonsView, error) {
	ctx := c.Request().Context()
	r, err := s.reasonsOf(c)
	if err != nil {
		return reasonsView{}, err
	}
	v := reasonsView{Frame: s.frame(c, "Reasons")}
	s.asOfMoment(c, &v.Frame, r.see)
	if r.Print {
		v.BodyClass = "app-view-print"
	}
	if r.AsAt == 0 {
		v.Empty = "No extracts are held yet, so there are no reasons."
		return v, nil
	}
	s.withCharts(&v.Frame)
	plain := r.see.keep(page.Dated(r.Asked.Filter, r.From, r.To))
	q := page.WithBy(maps.Clone(plain), r.Asked.By...)
	v.Showing = "Showing " + s.opts.Places.FilterWords(r.Asked.Filter) + ", " + span(r.From, r.To) + "."
	if words := notAgreedWords(r.Asked.Filter.Basis, r.Total.Total(), r.NotAgreed); words != "" {
		v.Showing += " " + words
	}
	v.Filters = page.Filters{Action: "/reasons", Clear: "/reasons", Words: v.Showing,
		Dates:   &page.DateFields{From: r.From.String(), To: r.To.String()},
		Groups:  append([]page.ChoiceGroup{reasonSplit(r.Asked.By), page.BasisGroup(r.Asked.Filter)}, s.dayGroups(r.Asked.Filter)...),
		Periods: page.PeriodLinks("/reasons", r.Asked.Filter, page.WithBy(r.see.keep(url.Values{}), r.Asked.By...), r.AsAt),
		Known:   s.momentField(r.see)}
	v.About = s.aboutFigures("/reasons", q, r.AsAt, measure.DelayedDays, measure.PeopleWaiting)
	v.About.Links = append(v.About.Links, page.Link{Text: "Excel", Href: page.Address("/reasons.xlsx", q)})
	s.fix(ctx, v.About, r.see, "/reasons", q)
	if r.Total.Total() == 0 {
		v.Empty = "No delayed days in this period."
		return v, nil
	}
	v.Chart = s.charted(ctx, r.chart(s.place(r.Asked.Filter)), across, []page.Link{
		{Text: downloadCSV, Href: page.Address("/reasons.csv", q)}, {Text: downloadXLSX, Href: page.Address("/reasons.xlsx", q)},
		{Text: howCounted, Href: "/definitions/M01"}}, r.Print)
	v.Table, v.Next, v.Groups = r.table(), r.next(), r.groups()
	v.Folded, v.Open, v.NextFolded = len(v.Table.Rows) > fewReasons, r.Print, len(v.Next.Rows) > fewNext
	v.TableWords = plural(int64(len(v.Table.Rows)), "reason as a table", "reasons as a table")
	if v.Groups != nil {
		v.Largest, v.Others = r.opening(v.Table, v.Groups)
		v.TableWords = plural(int64(len(v.Groups.Rows)), "group", "groups") + " and " + plural(int64(len(v.Table.Rows)), "reason", "reasons") +
			" as tables"
	}
	if r.Pathways != nil {
		v.Pathways = s.reasonPathways(r, q)
	} else {
		v.ByPathway = page.Address("/reasons", page.WithBy(plain, measure.ByPathway)) + "#by-pathway-caption"
	}
	if r.Asked.Filter.Book.Mixed() {
		v.MixedWords = "The hospitals here record reasons in different lists: " + r.Asked.Filter.Book.SetWords() +
			". What they share are groups and bodies, so the chart is by group; a reason of one list is none of another's."
	}
	if r.see.text != "" {
		if v.Differences, err = s.differences(ctx, r.see, func(since revision.Since) (*revision.Comparison, error) {
			return since.Reasons(ctx, r.Filter, r.From, r.To, r.Pathways != nil)
		}); err != nil {
			return v, err
		}
	}
	v.NextWords = "If a wait had not been, some people would have left sooner, and others would have begun their next wait sooner. " +
		"So the days freed are a range: at least those of the part who left straight from it, at most all of its days."
	return v, nil
}

// calendar is the calendar days of the period.
func (r reasonFigures) calendar() float64 { return float64(r.To-r.From) + 1 }

func (r reasonFigures) table() page.Table {
	t := page.Table{ID: "reasons-table-all", Caption: "Delayed days by reason, " + span(r.From, r.To),
		Head: []page.Head{{Text: "Waiting for"}, {Text: "Days", Numeric: true}, {Text: "Share", Numeric: true},
			{Text: "Running share", Numeric: true}, {Text: "People a day", Numeric: true}, {Text: "Not attributed", Numeric: true},
			{Text: "A year before", Numeric: true},
			{Text: "Change", Numeric: true}}}
	divides := r.Asked.Filter.Book.Divides()
	if !divides {
		t.Head = slices.DeleteFunc(t.Head, func(h page.Head) bool { return h.Text == "Not attributed" })
	}
	number := func(text string) page.Cell { return page.Cell{Text: text, Class: page.Numeric} }
	total := r.Total.Total()
	// A number of days opens the rows that it counts, which are those of today.
	opening := func(text string, n int64, f measure.Filter) page.Cell {
		cell := number(text)
		if n > 0 && r.see.text == "" {
			cell.Href = page.Address("/days", page.Dated(f, r.From, r.To))
		}
		return cell
	}
	row := func(name, href string, f measure.Filter, days measure.ByBody, running, before int64) []page.Cell {
		n, none := days.Total(), days[delay.NotAttributed]
		unattributed := f
		unattributed.Bodies = []delay.Body{delay.NotAttributed}
		cells := []page.Cell{{Text: name, Header: true, Href: href}, opening(count(n), n, f),
			shareCell(float64(n) / float64(total)), shareCell(float64(running) / float64(total)),
			number(oneDecimal(float64(n) / r.calendar()))}
		if divides {
			cells = append(cells, opening(count(none), none, unattributed))
		}
		if !r.BeforeKnown {
			return append(cells, number("No data"), number("No data"))
		}
		sign := ""
		if n > before {
			sign = "+"
		}
		return append(cells, number(count(before)), number(sign+count(n-before)))
	}
	var running int64
	for _, l := range r.Lines {
		running += l.Days.Total()
		t.Rows = append(t.Rows, row(r.Asked.Filter.Book.Words(l.Reason), "/definitions#reasons",
			narrowed(r.Asked.Filter, measure.ByReason, measure.Cell{Reason: l.Reason}), l.Days, running, l.Before))
	}
	t.Foot = row("All reasons", "", r.Asked.Filter, r.Total, total, r.BeforeTotal)
	return t
}

// groups are the days by group of reasons, which code sets share where their
// reasons are not the same (D4); nil where there is one code set without groups.
func (r reasonFigures) groups() *page.Table {
	book := r.Asked.Filter.Book
	if book == nil || !book.Mixed() && !book.Grouped() {
		return nil
	}
	t := page.Table{ID: "reasons-groups", Caption: "Delayed days by group of reasons, " + span(r.From, r.To),
		Head: []page.Head{{Text: "Group"}, {Text: "Days", Numeric: true}, {Text: "Share", Numeric: true}, {Text: "Reasons", Numeric: true}}}
	days, reasons := map[string]int64{}, map[string]int64{}
	var order []string
	for _, l := range r.Lines {
		name := book.Group(l.Reason)
		if reasons[name] == 0 {
			order = append(order, name)
		}
		days[name] += l.Days.Total()
		reasons[name]++
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(days[b], days[a]) })
	total := float64(r.Total.Total())
	number := func(text string) page.Cell { return page.Cell{Text: text, Class: page.Numeric} }
	for _, name := range order {
		t.Rows = append(t.Rows, []page.Cell{{Text: name, Header: true}, number(count(days[name])),
			shareCell(float64(days[name]) / total),
			number(count(reasons[name]))})
	}
	return &t
}

// opening gives the groups of a table, largest first, each with its reasons, which
// are rows of the table of all.
func (r reasonFigures) opening(all page.Table, groups *page.Table) (largest, others *reasonGroups) {
	book := r.Asked.Filter.Book
	days := map[string]int64{}
	for _, l := range r.Lines {
		days[book.Group(l.Reason)] += l.Days.Total()
	}
	most := int64(1)
	for _, n := range days {
		most = max(most, n)
	}
	largest, others = &reasonGroups{}, &reasonGroups{}
	var rest int64
	for i, g := range groups.Rows {
		name := g[0].Text
		view := groupView{Name: name, Value: count(days[name]), Width: fixed(100 * float64(days[name]) / float64(most)), Change: g[2].Text,
			Reasons: page.Table{ID: "group-" + strconv.Itoa(i+1), Caption: name + ", by reason", HiddenCaption: true, Stack: true, Head: []page.Head{
				{Text: "Waiting for"}, {Text: "Days", Numeric: true}, {Text: "A year before", Numeric: true}, {Text: "Change", Numeric: true}}}}
		for j, l := range r.Lines {
			if row := all.Rows[j]; book.Group(l.Reason) == name {
				view.Reasons.Rows = append(view.Reasons.Rows, []page.Cell{row[0], row[1], row[len(row)-2], row[len(row)-1]})
			}
		}
		if i < largestGroups {
			largest.Each = append(largest.Each, view)
			continue
		}
		others.Each = append(others.Each, view)
		rest += days[name]
	}
	if len(others.Each) == 0 {
		return largest, nil
	}
	others.Words = plural(int64(len(others.Each)), "more group", "more groups") + ", " + plural(rest, "day", "days")
	return largest, others
}

func (r reasonFigures) next() page.Table {
	t := page.Table{
		ID:      "next-table",
		Caption: "What came next",
		Head: []page.Head{{Text: "Waiting for"}, {Text: "Left hospital", Numeric: true},
			{Text: "Went on to another wait", Numeric: true}, {Text: "Most often next"}, {Text: "Days freed, at least", Numeric: true},
			{Text: "Days freed, at most", Numeric: true}},
	}
	number := func(n int64) page.Cell { return page.Cell{Text: count(n), Class: page.Numeric} }
	for _, l := range r.Lines {
		if l.Days.Total() == 0 {
			continue
		}
		next := "None"
		if l.NextN > 0 {
			next = r.Asked.Filter.Book.Words(l.Next) + " (" + count(l.NextN) + ")"
		}
		least, most := l.freed()
		t.Rows = append(t.Rows, []page.Cell{{Text: r.Asked.Filter.Book.Words(l.Reason), Header: true}, number(l.Left), number(l.WentOn),
			{Text: next},
			number(least), number(most)})
	}
	return t
}

// reasonSplit is the field that splits reasons.
func reasonSplit(by []measure.Dimension) page.ChoiceGroup {
	return page.ChoiceGroup{Legend: "Split", Name: page.WordBy, Kind: "radio", Style: "radios", Items: []page.Choice{
		{ID: "split-none", Value: "", Text: "None", Chosen: len(by) == 0},
		{ID: "split-pathway", Value: string(measure.ByPathway), Text: "By pathway", Chosen: len(by) > 0}}}
}

// reasonPathways is the table of reasons by pathway; q is the page's address.
func (s *Server) reasonPathways(r reasonFigures, q url.Values) *page.Crosstab {
	t := s.crosstab(*r.Pathways, measure.ByReason, measure.ByPathway, func(row, column *measure.Cell) string {
		if r.see.text != "" {
			return "" // The rows are those of today.
		}
		f := r.Asked.Filter
		if row != nil {
			f = narrowed(f, measure.ByReason, *row)
		}
		if column != nil {
			f = narrowed(f, measure.ByPathway, *column)
		}
		return page.Address("/days", page.Dated(f, r.From, r.To))
	})
	t.ID, t.Caption = "by-pathway", "Delayed days by reason and pathway, "+span(r.From, r.To)
	t.Links = []page.Link{{Text: "Excel", Href: page.Address("/reasons.xlsx", q)}, {Text: "CSV", Href: page.Address("/reasons.csv", q)}}
	return &t
}

// reasonPathwaysTwin has a row for each reason and pathway that has days.
func (s *Server) reasonPathwaysTwin(t page.Twin, r reasonFigures) page.Twin {
	t.Title = "Reasons by pathway"
	t.Columns = []page.Column{{Name: "reason"}, {Name: "pathway"}, {Name: "delayed_days", Number: true},
		{Name: "share_of_reason", Number: true}, {Name: "share", Number: true}, {Name: "people", Number: true}}
	total := float64(max(1, r.Pathways.Total))
	for i, row := range r.Pathways.Rows {
		of := float64(max(1, r.Pathways.RowTotals[i]))
		for j, column := range r.Pathways.Columns {
			n := r.Pathways.Days[i][j]
			if n == 0 {
				continue
			}
			t.Rows = append(t.Rows, []string{row.Text(measure.ByReason), column.Text(measure.ByPathway), strconv.FormatInt(n, 10),
				measure.Exact(float64(n) / of), measure.Exact(float64(n) / total), measure.Exact(float64(n) / r.calendar())})
		}
	}
	return t
}

func (s *Server) reasonsTwin(r reasonFigures) page.Twin {
	d, _ := measure.DefinitionOf(measure.DelayedDays, s.opts.Places.Book)
	t := page.Twin{Convention: s.convention(),
		Title: "Reasons", RuleVersion: s.ruleVersionAt(r.see), From: r.From.String(), To: r.To.String(), Measure: d.ID,
		AsAt: r.AsAt.String(), Basis: r.Asked.Filter.Basis, Definitions: []string{d.ID + " " + d.Name + ": " + d.Sentence}}
	if r.Pathways != nil {
		return s.reasonPathwaysTwin(t, r)
	}
	t.Columns = []page.Column{
		{Name: "reason"},
		{Name: "delayed_days", Number: true},
		{Name: "share", Number: true},
		{Name: "running_share", Number: true},
		{Name: "people", Number: true},
	}
	bodies := delay.Bodies[:]
	if !r.see.divides() {
		bodies = nil
	}
	for _, b := range bodies {
		t.Columns = append(t.Columns, page.Column{Name: columnName(b.String()), Number: true})
	}
	t.Columns = append(
		t.Columns,
		page.Column{Name: "year_before", Number: true},
		page.Column{Name: "left", Number: true},
		page.Column{Name: "went_on", Number: true},
		page.Column{Name: "next"},
		page.Column{Name: "freed_least", Number: true},
		page.Column{Name: "freed_most", Number: true},
	)
	total := float64(max(1, r.Total.Total()))
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	var running int64
	for _, l := range r.Lines {
		running += l.Days.Total()
		row := []string{measure.Cell{Reason: l.Reason}.Text(measure.ByReason), whole(l.Days.Total()),
			measure.Exact(float64(l.Days.Total()) / total),
			measure.Exact(float64(running) / total), measure.Exact(float64(l.Days.Total()) / r.calendar())}
		for _, b := range bodies {
			row = append(row, whole(l.Days[b]))
		}
		before, next := "", ""
		if r.BeforeKnown {
			before = whole(l.Before)
		}
		if l.NextN > 0 {
			next = measure.Cell{Reason: l.Next}.Text(measure.ByReason)
		}
		least, most := l.freed()
		t.Rows = append(t.Rows, append(row, before, whole(l.Left), whole(l.WentOn), next, whole(least), whole(most)))
	}
	return t
}

func (s *Server) reasonsCSV(c echo.Context) error {
	r, err := s.reasonsOf(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-reasons.csv", s.reasonsTwin(r))
}

func (s *Server) reasonsJSON(c echo.Context) error {
	r, err := s.reasonsOf(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, s.reasonsTwin(r))
}
