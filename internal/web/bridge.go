package web

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

var (
	bridgeShared = []string{page.WordProvider, page.WordCouncil, page.WordKnown, page.WordView}
	bridgeOwn    = []string{wordMonth, wordDay, wordStart, wordEnd, wordAge}
)

// bridgeSize is that of the waterfall: read from the back of a room when the
// page stands on a projector of 1,280 by 720.
var bridgeSize = chart.Size{Width: 1142, Height: 350, Font: 17, Line: 3}

// countNames are what the counts are called in titles, countWords in full.
var countNames = map[national.Count]string{national.Ours: "ours", national.DToC: "DToC", national.Remaining: "sitrep",
	national.ReadyDate: "discharge"}

type bridgeAsked struct {
	nationalAsked
	of         national.Stretch
	start, end national.Count
	// local is our own count of the stretch, nil where it is by a convention
	// that no national count of England's shares.
	local *national.Local
	steps []national.Cause
}

type bridgeView struct {
	page.Frame
	Showing, Empty string
	Filters        page.Filters
	Pairs          []page.NavItem
	Months         []page.Link
	Late           []string
	Chart          page.Chart
	Table          page.Table
	Words          []string
}

// bridgeOf reads the address and walks.
func (s *Server) bridgeOf(c echo.Context) (bridgeAsked, error) {
	var a bridgeAsked
	var err error
	if a.nationalAsked, err = s.askedNational(c, "/bridge", bridgeShared, bridgeOwn); err != nil {
		return a, err
	}
	if err = a.readAge(s.opts.DischargeFloor); err != nil {
		return a, err
	}
	names := make([]string, len(national.Counts))
	for i, one := range national.Counts {
		names[i] = string(one)
	}
	start, err := page.OneOf(a.own, wordStart, string(national.DToC), names...)
	if err != nil {
		return a, err
	}
	otherwise := string(national.ReadyDate)
	if start == otherwise {
		otherwise = string(national.Remaining)
	}
	if len(page.Values(a.own, wordDay)) > 0 && otherwise == string(national.ReadyDate) {
		otherwise = string(national.Remaining)
	}
	end, err := page.OneOf(a.own, wordEnd, otherwise, names...)
	if err != nil {
		return a, err
	}
	a.start, a.end = national.Count(start), national.Count(end)
	if a.start == a.end {
		return a, problem.New(problem.Invalid, "The address walks from %s to the same count. Choose another 'end'.", start)
	}
	for word, given := range map[string]int{page.WordProvider: len(a.Filter.Providers), page.WordCouncil: len(a.Filter.Councils)} {
		if given > 1 {
			return a, problem.New(problem.Invalid, "A bridge is of one %s or of all. The address has '%s' %d times.", word, word, given)
		}
	}
	if a.last == 0 {
		return a, nil
	}
	if err = a.readStretch(); err != nil {
		return a, err
	}
	if a.local, err = s.localCount(c.Request().Context(), a); err != nil {
		return a, err
	}
	if a.local == nil && (a.start == national.Ours || a.end == national.Ours) {
		return a, problem.New(problem.Invalid, "Our own figures count by %s, which England's counts cannot be walked from. Use england-dtoc, "+
			"sitrep "+
			"or england-drd-statistic.", s.opts.Counting)
	}
	chain := national.Chain(a.ledger.Stays, a.of, s.conventionOf(conventionDToC), s.conventionOf(conventionReady))
	a.steps = national.Walk(chain, a.local, a.start, a.end)
	return a, nil
}

// readStretch reads the month or the day.
func (a *bridgeAsked) readStretch() error {
	days, months := page.Values(a.own, wordDay), page.Values(a.own, wordMonth)
	if len(days) > 1 || len(months) > 1 || len(days)+len(months) > 1 {
		return problem.New(problem.Invalid, "The address has 'day' and 'month' %d times. Use one of them once.", len(days)+len(months))
	}
	begin, _ := a.ledger.Extent()
	if begin == 0 {
		begin = a.last
	}
	a.of = national.Stretch{Floor: a.age, Evidence: a.ledger.Days}
	if len(a.Filter.Councils) == 1 {
		a.of.Council = &a.Filter.Councils[0]
	}
	if len(days) == 1 {
		day, err := delay.ParseDay(days[0])
		if err != nil {
			return problem.New(problem.Invalid, "Day must be a real date like 2026-03-31. The address has %s.", page.Quote(days[0]))
		}
		if a.start == national.ReadyDate || a.end == national.ReadyDate {
			return problem.New(problem.Invalid, "Discharges are counted by months. Use 'month' in place of 'day' for england-drd-statistic.")
		}
		a.of.From, a.of.To = day, day
		return a.within(begin)
	}
	month := a.last.Month()
	if month.Last() > a.last && month-1 >= begin.Month() {
		month--
	}
	if len(months) == 1 {
		first, err := delay.ParseDay(months[0] + "-01")
		if err != nil {
			return problem.New(problem.Invalid, "Month must be one like 2026-03. The address has %s.", page.Quote(months[0]))
		}
		month = first.Month()
	}
	a.of.Month, a.of.From, a.of.To = month, month.First(), min(month.Last(), a.last)
	return a.within(begin)
}

// within refuses a stretch without evidence.
func (a *bridgeAsked) within(begin delay.Day) error {
	if a.of.From > a.last || max(a.of.To, a.of.Month.Last()) < begin {
		return problem.New(problem.Invalid, "No list of everybody in a bed is held for these days. Choose from %s to %s.", begin.Long(),
			a.last.Long())
	}
	return nil
}

// localCount gives our own count of the stretch, nil where its convention is
// none that the bridge knows.
func (s *Server) localCount(ctx context.Context, a bridgeAsked) (*national.Local, error) {
	l := &national.Local{Name: s.opts.Counting}
	switch s.opts.Counting {
	case conventionDToC:
		l.Anchor = national.DToC
	case conventionReady:
		l.Anchor = national.Remaining
	default:
		return nil, nil
	}
	f := measure.Filter{Providers: a.Filter.Providers, Councils: a.Filter.Councils}
	cells, err := a.see.Cells(ctx, measure.Query{From: a.of.From, To: a.of.To, By: []measure.Dimension{measure.ByProvider}, Filter: f})
	for _, one := range cells {
		l.Days += int(one.Days)
		if !slices.Contains(a.ledger.Beds, one.Provider) {
			l.Elsewhere += int(one.Days)
		}
	}
	return l, err
}

func (a bridgeAsked) query() url.Values {
	q := page.FilterQuery(a.Filter)
	q.Set(wordStart, string(a.start))
	q.Set(wordEnd, string(a.end))
	q.Set(wordAge, strconv.Itoa(a.age))
	if a.of.Month != 0 {
		q.Set(wordMonth, a.of.Month.String())
	} else {
		q.Set(wordDay, a.of.From.String())
	}
	return a.see.keep(q)
}

// with asks for the same with other values.
func (a bridgeAsked) with(pairs ...string) string {
	q := a.query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return page.Address(a.path, q)
}

// unit is what the bridge counts.
func (a bridgeAsked) unit() string {
	if a.of.From == a.of.To && a.of.Month == 0 {
		return "people"
	}
	return "days"
}

func (a bridgeAsked) period() string { return span(a.of.From, a.of.To) }

// countWords say what each count of the bridge is.
func (s *Server) countWords(one national.Count, age int) string {
	switch one {
	case national.Ours:
		return "Our figure: delayed days of this ledger by " + s.opts.Counting + "."
	case national.DToC:
		return "DToC days: england-dtoc, 18 and over. " + s.conventionOf(conventionDToC).Words
	case national.Remaining:
		return "Sitrep: people of 18 and over remaining, one person on one day. " + s.conventionOf(conventionReady).Words
	}
	return fmt.Sprintf("Discharge ready date: england-drd-statistic, %d and over. %s", age, dischargeWords)
}

func (s *Server) bridgePage(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.bridgeOf(c)
	if err != nil {
		return err
	}
	v := bridgeView{Frame: s.nationalFrame(c, a.nationalAsked, "From one count to another", "Bridge")}
	if a.last == 0 || len(a.steps) == 0 {
		v.Empty = noBeds
		return s.page(c, "bridge", v)
	}
	s.withCharts(&v.Frame)
	q := a.query()
	first, last := a.steps[0], a.steps[len(a.steps)-1]
	become := " become "
	if first.Days == last.Days {
		become = " are equal to "
	}
	v.Title = measure.UpperFirst(bridgeFigure(first, a.unit())) + become + bridgeFigure(last, a.unit())
	v.Showing = s.place(a.Filter) + ", " + a.period() + ". Every step adds up."
	v.Late = s.late(a.ledger, a.of.To)
	s.bridgeChoices(a, &v)
	walked := chart.Walked{Steps: shown(a.steps), Title: v.Title, Place: s.place(a.Filter), Period: a.period(), Unit: a.unit(),
		Definition: strings.Join(s.bridgeDefinitions(a), " "), AsAt: a.last}
	v.Chart = s.charted(ctx, chart.BridgeOf(walked), bridgeSize, nil, a.Print)
	v.Table = s.bridgeTable(a)
	v.Words = s.bridgeDefinitions(a)
	v.About = s.definedBy(a.nationalAsked, q, "As each count of the bridge says of itself", s.conventionLink(conventionDToC),
		s.conventionLink(conventionReady))
	s.fix(ctx, v.About, a.see, a.path, q)
	return s.page(c, "bridge", v)
}

// bridgeFigure writes an end of a bridge: "2,819 DToC days".
func bridgeFigure(c national.Cause, unit string) string {
	n := count(int64(c.Days))
	switch {
	case c.Of == national.Ours:
		return "our " + n
	case c.Of == national.Remaining && unit == "people":
		return n + " in the sitrep"
	case c.Of == national.Remaining:
		return n + " sitrep person-days"
	case c.Of == national.ReadyDate:
		return n + " discharge bed days"
	}
	return n + " DToC " + unit
}

// shown leaves out causes of nothing: they stand in the table.
func shown(steps []national.Cause) []national.Cause {
	return slices.DeleteFunc(slices.Clone(steps), func(c national.Cause) bool { return !c.Total && c.Days == 0 })
}

// bridgeDefinitions define the counts that the bridge passes, and no other
// (D3).
func (s *Server) bridgeDefinitions(a bridgeAsked) []string {
	var out []string
	for _, step := range a.steps {
		if step.Total {
			out = append(out, s.countWords(step.Of, a.age))
		}
	}
	return out
}

func (s *Server) bridgeChoices(a bridgeAsked, v *bridgeView) {
	pairs := [][2]national.Count{{national.DToC, national.Remaining}}
	if a.of.Month != 0 {
		pairs = append(pairs, [2]national.Count{national.Remaining, national.ReadyDate}, [2]national.Count{national.DToC, national.ReadyDate})
	}
	if a.local != nil {
		pairs = append(pairs, [2]national.Count{national.Ours, national.Remaining})
		if a.of.Month != 0 {
			pairs = append(pairs, [2]national.Count{national.Ours, national.ReadyDate})
		}
	}
	for _, p := range pairs {
		v.Pairs = append(v.Pairs, page.NavItem{Text: measure.UpperFirst(countNames[p[0]]) + " to " + countNames[p[1]],
			Href:    a.with(wordStart, string(p[0]), wordEnd, string(p[1])),
			Current: p[0] == a.start && p[1] == a.end})
	}
	v.Months = append(v.Months, page.Link{Text: "Reverse", Href: a.with(wordStart, string(a.end), wordEnd, string(a.start))})
	begin, _ := a.ledger.Extent()
	if m := a.of.Month; m != 0 {
		if m > begin.Month() {
			v.Months = append(v.Months, page.Link{Text: (m - 1).Long(), Href: a.with(wordMonth, (m - 1).String())})
		}
		if m < a.last.Month() {
			v.Months = append(v.Months, page.Link{Text: (m + 1).Long(), Href: a.with(wordMonth, (m + 1).String())})
		}
	}
	places := s.nationalGroups(a.Filter)
	for i := range places {
		places[i].Kind, places[i].Style = "radio", "radios"
		places[i].Items = append([]page.Choice{{ID: places[i].Name + "-all", Text: "All", Chosen: !slices.ContainsFunc(places[i].Items,
			func(c page.Choice) bool { return c.Chosen })}}, places[i].Items...)
	}
	counts := func(legend, name string, chosen national.Count) page.ChoiceGroup {
		g := page.ChoiceGroup{Legend: legend, Name: name, Kind: "radio", Style: "radios"}
		for _, one := range national.Counts {
			if one == national.Ours && a.local == nil || one == national.ReadyDate && a.of.Month == 0 {
				continue
			}
			g.Items = append(g.Items, page.Choice{ID: name + "-" + string(one), Value: string(one), Text: measure.UpperFirst(countNames[one]),
				Chosen: one == chosen})
		}
		return g
	}
	period := page.ChoiceGroup{Legend: "Month", Name: wordMonth, Kind: "radio", Style: "radios"}
	for m := max(begin.Month(), a.last.Month()-11); m <= a.last.Month(); m++ {
		period.Items = append(period.Items, page.Choice{ID: "month-" + m.String(), Value: m.String(), Text: m.Long(), Chosen: m == a.of.Month})
	}
	v.Filters = page.Filters{Action: a.path, Clear: a.path, Words: v.Showing,
		Groups: append([]page.ChoiceGroup{counts("From", wordStart, a.start), counts("To", wordEnd, a.end), period, ageGroup(a.age)}, places...),
		Known:  s.momentField(a.see)}
}

func (s *Server) bridgeTable(a bridgeAsked) page.Table {
	t := page.Table{ID: "causes", Caption: "What each count has and the other has not", Head: []page.Head{{Text: "Step"},
		{Text: measure.UpperFirst(a.unit()), Numeric: true}, {Text: "Running total", Numeric: true}}}
	for _, step := range a.steps {
		cell := page.Cell{Text: signedCount(step.Days), Class: page.Numeric}
		name := page.Cell{Text: measure.UpperFirst(step.Label()), Header: true}
		if step.Total {
			cell.Text = count(int64(step.Days))
			cell.Class += " app-bridge__total"
			name.Href = s.countHref(a, step.Of)
		}
		t.Rows = append(t.Rows, []page.Cell{name, cell, numeric(step.Running)})
	}
	return t
}

func signedCount(n int) string {
	switch {
	case n > 0:
		return "+" + count(int64(n))
	case n < 0:
		return "−" + count(int64(-n))
	}
	return "0"
}

// countHref leads from an end of a bridge to the page of its count.
func (s *Server) countHref(a bridgeAsked, of national.Count) string {
	q := page.FilterQuery(a.Filter)
	q.Set(page.WordFrom, a.of.From.String())
	q.Set(page.WordTo, a.of.To.String())
	switch of {
	case national.Remaining:
		return page.Address("/sitrep", a.see.keep(q))
	case national.ReadyDate:
		q.Set(wordAge, strconv.Itoa(a.age))
		return page.Address("/discharge", a.see.keep(q))
	case national.Ours:
		return page.Address("/figures", a.see.keep(page.Dated(a.Filter, a.of.From, a.of.To)))
	}
	return ""
}

func (s *Server) bridgeTwin(a bridgeAsked) page.Twin {
	t := page.Twin{Title: "From one count to another", RuleVersion: s.setsInUse(a.ledger), From: a.of.From.String(), To: a.of.To.String(),
		Measure: "bridge", AsAt: a.last.String(), Definitions: s.bridgeDefinitions(a)}
	t.Columns = []page.Column{{Name: "step", Number: true}, {Name: "cause"}, {Name: "count"}, {Name: a.unit(), Number: true},
		{Name: "running_total", Number: true}, {Name: "from"}, {Name: "to"}, {Name: "provider"}, {Name: "council"},
		{Name: "age_floor", Number: true}}
	provider, council := "all", "all"
	if len(a.Filter.Providers) == 1 {
		provider = a.Filter.Providers[0]
	}
	if len(a.Filter.Councils) == 1 {
		council = page.SlugOr(string(a.Filter.Councils[0]))
	}
	for i, step := range a.steps {
		t.Rows = append(t.Rows, []string{strconv.Itoa(i + 1), step.Label(), string(step.Of), strconv.Itoa(step.Days), strconv.Itoa(step.Running),
			a.of.From.String(), a.of.To.String(), provider, council, strconv.Itoa(a.age)})
	}
	return t
}

// walkable says whether a figure of our own can be walked to England's counts:
// it is of one place or all, by a convention that the bridge knows, and some
// hospital lists everybody in a bed.
func (s *Server) walkable(f measure.Filter) bool {
	return s.opts.Beds && len(f.Providers) < 2 && len(f.Councils) < 2 && f.Basis == measure.BasisCounted &&
		len(f.Care)+len(f.Reasons)+len(f.Bodies)+len(f.States)+len(f.Pathways) == 0 &&
		(s.opts.Counting == conventionDToC || s.opts.Counting == conventionReady)
}

// walkFrom leads to the bridge from a figure of our own.
func (s *Server) walkFrom(see sight, f measure.Filter, q url.Values) string {
	maps.Copy(q, page.FilterQuery(f))
	q.Set(wordStart, string(national.Ours))
	q.Set(wordEnd, string(national.Remaining))
	return page.Address("/bridge", see.keep(q))
}
