package web

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/web/page"
)

var (
	dischargeShared = []string{page.WordFrom, page.WordTo, page.WordLast, page.WordProvider, page.WordCouncil, page.WordKnown, page.WordView}
	dischargeOwn    = []string{page.WordGrain, page.WordBy, wordAge}
)

// byQuarter is a step of the discharge page alone.
const byQuarter = "quarter"

// dischargeWords say what the statistic counts, wherever its figures stand.
const dischargeWords = "Discharges of the period, alive, after a night or more and not to another acute hospital. Days run from the " +
	"last ready " +
	"date to the discharge, all in the month of discharge; who left on the ready date, or with a blank one, waited no day. The average " +
	"delay " +
	"is bed days divided by discharges: the share who left later times the mean days of those."

type dischargeAsked struct {
	nationalAsked
	first, to delay.Month
	quarters  bool
	by        string
}

// dischargeRow is the statistic of one month or quarter in one place.
type dischargeRow struct {
	First, Last delay.Month
	national.Discharges
	// Plan is the agreed level that stands on the last day, zero for none.
	Plan float64
	// Part says that the period is not whole: the evidence begins or ends in it.
	Part bool
}

type dischargeView struct {
	page.Frame
	Showing, Empty, Lede string
	Filters              page.Filters
	Late                 []string
	Share, Days, Delay   figureView
	Period               string
	Bands                page.Chart
	LeftOut              page.Table
	LeftOutWords         string
	Rows, Quarters       page.Table
	NoPlan               string
	Walk                 page.Link
}

func (s *Server) dischargeOf(c echo.Context) (dischargeAsked, error) {
	var a dischargeAsked
	var err error
	if a.nationalAsked, err = s.askedNational(c, "/discharge", dischargeShared, dischargeOwn); err != nil {
		return a, err
	}
	if err = a.readAge(s.opts.DischargeFloor); err != nil {
		return a, err
	}
	grain, err := page.OneOf(a.own, page.WordGrain, string(measure.ByMonth), string(measure.ByMonth), byQuarter)
	if err != nil {
		return a, err
	}
	a.quarters = grain == byQuarter
	if a.by, err = page.OneOf(a.own, page.WordBy, "all", "all", "provider", "council"); err != nil || a.last == 0 {
		return a, err
	}
	from, to, err := a.Period(a.last)
	if err != nil {
		return a, err
	}
	begin, _ := a.ledger.Extent()
	a.to = min(to, a.last).Month()
	a.first = min(max(from.Month(), begin.Month()), a.to)
	if a.quarters {
		a.first = max(quarterOf(a.first), begin.Month())
	}
	return a, nil
}

// quarterOf gives the first month of a month's quarter; England's financial
// years begin with one.
func quarterOf(m delay.Month) delay.Month { return m - m%3 }

func quarterWords(m delay.Month) string {
	year := int(m-3) / 12
	return fmt.Sprintf("Quarter %d of %d to %d", int(m-3)%12/3+1, year, year+1)
}

func (a dischargeAsked) query() url.Values {
	q := page.FilterQuery(a.Filter)
	q.Set(page.WordFrom, a.first.First().String())
	q.Set(page.WordTo, a.to.Last().String())
	maps.Copy(q, a.own)
	return a.see.keep(q)
}

// discharges counts by month or quarter and by place, in order.
func (s *Server) discharges(a dischargeAsked, quarters bool, by string) []dischargeRow {
	if a.last == 0 {
		return nil
	}
	stays := a.ledger.Stays
	if len(a.Filter.Councils) > 0 {
		stays = slices.DeleteFunc(slices.Clone(stays), func(one national.Stay) bool { return !slices.Contains(a.Filter.Councils, one.Council) })
	}
	first := a.first
	if quarters {
		first = quarterOf(first)
	}
	begin, _ := a.ledger.Extent()
	var months []delay.Month
	for m := first; m <= a.to; m++ {
		months = append(months, m)
	}
	type key struct {
		first delay.Month
		code  string
	}
	at := map[key]*dischargeRow{}
	var out []*dischargeRow
	for _, d := range national.ReadyDates(stays, months, a.age) {
		if d.By != by {
			continue
		}
		k := key{d.Month, d.Code}
		last := d.Month
		if quarters {
			k.first = quarterOf(d.Month)
			last = k.first + 2
		}
		r := at[k]
		if r == nil {
			r = &dischargeRow{First: k.first, Last: last, Discharges: national.Discharges{By: by, Code: d.Code, AgeFloor: a.age},
				Part: k.first.First() < begin || last.Last() > a.last}
			r.Plan = measure.LevelAt(s.opts.Levels, config.DischargeDelay, a.Filter, measure.Dimension(by), d.Code,
				min(last.Last(), max(a.last, k.first.First())))
			at[k], out = r, append(out, r)
		}
		r.Add(d)
	}
	rows := make([]dischargeRow, len(out))
	for i, r := range out {
		rows[i] = *r
	}
	slices.SortStableFunc(rows, func(x, y dischargeRow) int {
		return cmp.Or(cmp.Compare(x.First, y.First), cmp.Compare(page.SlugOr(x.Code), page.SlugOr(y.Code)))
	})
	return rows
}

func (s *Server) dischargeTwin(a dischargeAsked) page.Twin {
	t := page.Twin{Title: "Discharge delay", RuleVersion: conventionReady + "-statistic", From: a.first.First().String(),
		To: min(a.to.Last(), a.last).String(), Measure: "discharge", AsAt: a.last.String(), Definitions: []string{dischargeWords}}
	grain := string(measure.ByMonth)
	if a.quarters {
		grain = byQuarter
	}
	t.Columns = dischargeColumns(grain)
	for _, r := range s.discharges(a, a.quarters, a.by) {
		name := r.First.String()
		if a.quarters {
			name = quarterWords(r.First)
		}
		t.Rows = append(t.Rows, r.cells(name, r.First.First(), min(r.Last.Last(), a.last)))
	}
	return t
}

// dischargeColumns are those of the statistic by month or quarter; cells gives
// their values.
func dischargeColumns(grain string) []page.Column {
	out := []page.Column{{Name: grain}, {Name: "first_day"}, {Name: "last_day"}, {Name: "by"}, {Name: "code"}}
	number := func(name string) { out = append(out, page.Column{Name: name, Number: true}) }
	for _, name := range []string{"discharges", "same_day", "delayed", "bed_days", "share_same_day", "share_delayed", "mean_inc_zero",
		"mean_exc_zero"} {
		number(name)
	}
	for _, name := range national.BandNames {
		number("band_" + name)
	}
	for _, name := range []string{"bcf_days", "agreed_level", "left_out_age", "left_out_died", "left_out_transferred", "left_out_no_night",
		"age_floor"} {
		number(name)
	}
	return append(out, page.Column{Name: "convention"})
}

func (r dischargeRow) cells(name string, first, last delay.Day) []string {
	row := []string{name, first.String(), last.String(), r.By, page.SlugOr(r.Code)}
	for _, n := range []int{r.Discharges.Discharges, r.SameDay, r.Delayed(), r.BedDays} {
		row = append(row, strconv.Itoa(n))
	}
	row = append(row, ratio(r.SameDay, r.Discharges.Discharges), ratio(r.Delayed(), r.Discharges.Discharges),
		ratio(r.BedDays, r.Discharges.Discharges), ratio(r.BedDays, r.Delayed()))
	for _, n := range r.Bands {
		row = append(row, strconv.Itoa(n))
	}
	plan := ""
	if r.Plan > 0 {
		plan = measure.Exact(r.Plan)
	}
	row = append(row, ratio(r.BedDays, r.Discharges.Discharges), plan)
	for _, n := range append(slices.Clone(r.LeftOut[:]), r.AgeFloor) {
		row = append(row, strconv.Itoa(n))
	}
	return append(row, conventionReady+"-statistic")
}

// ratio gives six decimals, and a blank where there is nothing to divide by.
func ratio(a, b int) string {
	if b == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(a)/float64(b), 'f', 6, 64)
}

// twoDecimals writes a mean of days for reading.
func twoDecimals(a, b int) string {
	if b == 0 {
		return "Not applicable"
	}
	return strconv.FormatFloat(float64(a)/float64(b), 'f', 2, 64)
}

func shareWords(a, b int) string {
	if b == 0 {
		return "Not applicable"
	}
	return strconv.FormatFloat(100*float64(a)/float64(b), 'f', 1, 64) + "%"
}

func (s *Server) dischargePage(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.dischargeOf(c)
	if err != nil {
		return err
	}
	v := dischargeView{Frame: s.nationalFrame(c, a.nationalAsked, "Discharge delay", "Discharge delay")}
	if a.last == 0 {
		v.Empty = noBeds
		return s.page(c, "discharge", v)
	}
	s.withCharts(&v.Frame)
	q := a.query()
	v.Showing = s.dischargeShowing(a)
	v.Filters = s.dischargeFilters(a, v.Showing)
	v.Late = s.late(a.ledger, min(a.to.Last(), a.last))
	whole := s.discharges(a, a.quarters, "all")
	if latest, ok := latestWhole(whole); ok {
		s.dischargeNow(ctx, a, latest, &v)
	} else {
		v.Lede = "Nobody left in this period."
	}
	v.Rows = s.dischargeTable(a)
	v.Quarters, v.NoPlan = s.quarterTable(a)
	v.About = s.definedBy(a.nationalAsked, q, fmt.Sprintf("As England's discharge ready date statistic does (%s-statistic), %d and over on "+
		"the "+
		"ready date", conventionReady, a.age), s.conventionLink(conventionReady), page.Link{Text: "How each number is read",
		Href: "/definitions#open"})
	v.About.Links = append(v.About.Links, page.Link{Text: "Excel", Href: page.Address("/discharge.xlsx", q)})
	s.fix(ctx, v.About, a.see, a.path, q)
	return s.page(c, "discharge", v)
}

// latestWhole gives the last row that is whole, else the last.
func latestWhole(rows []dischargeRow) (dischargeRow, bool) {
	for _, r := range slices.Backward(rows) {
		if !r.Part {
			return r, true
		}
	}
	if len(rows) == 0 {
		return dischargeRow{}, false
	}
	return rows[len(rows)-1], true
}

func (a dischargeAsked) periodWords(r dischargeRow) string {
	words := r.First.Long()
	if r.Last != r.First {
		words = quarterWords(r.First) + ", " + span(r.First.First(), r.Last.Last())
	}
	if r.Part {
		words += ", in part"
	}
	return words
}

// dischargeNow fills in the latest month or quarter.
func (s *Server) dischargeNow(ctx context.Context, a dischargeAsked, r dischargeRow, v *dischargeView) {
	all, later := r.Discharges.Discharges, r.Delayed()
	v.Period = a.periodWords(r)
	v.Title = "Average delay " + twoDecimals(r.BedDays, all) + " days: " + shareWords(r.SameDay, all) + " left on their ready date"
	v.Lede = v.Period + ": " + count(int64(r.BedDays)) + " bed days of " + plural(int64(all), "discharge", "discharges") + "."
	v.Share = figureView{Heading: "Did not leave that day", Value: shareWords(later, all), Words: count(int64(later)) + " of " +
		count(int64(all)) + " discharges"}
	v.Days = figureView{Heading: "Their average", Value: twoDecimals(r.BedDays, later), Words: "days, without those who waited none"}
	v.Delay = figureView{Heading: "Average delay", Value: twoDecimals(r.BedDays, all), Words: "days, the Better Care Fund's figure"}
	if r.Plan > 0 {
		v.Delay.More = "Agreed plan: " + measure.Exact(r.Plan) + " days"
	}
	v.Bands = s.charted(ctx, chart.BandsOf(r.Discharges, s.place(a.Filter), v.Period, dischargeWords, a.last), half, nil, a.Print)
	v.LeftOut = page.Table{ID: "left-out", Caption: "Left out, " + v.Period,
		Head: []page.Head{{Text: "Why"}, {Text: "Discharges", Numeric: true}}}
	sum := 0
	for i, why := range national.LeftOutCauses {
		words := measure.UpperFirst(why)
		if i == 0 {
			words = fmt.Sprintf("Under %d on the ready date", a.age)
		}
		sum += r.LeftOut[i]
		v.LeftOut.Rows = append(v.LeftOut.Rows, []page.Cell{{Text: words, Header: true}, numeric(r.LeftOut[i])})
	}
	v.LeftOut.Foot = []page.Cell{{Text: "All who left", Header: true}, numeric(all + sum)}
	v.LeftOut.Rows = append([][]page.Cell{{{Text: "Counted", Header: true}, numeric(all)}}, v.LeftOut.Rows...)
	v.LeftOutWords = "Who is counted and who is left out, with the reason, are everybody who left."
	q := page.FilterQuery(measure.Filter{Providers: a.Filter.Providers, Councils: a.Filter.Councils})
	q.Set(wordMonth, r.Last.String())
	q.Set(wordStart, string(national.ReadyDate))
	q.Set(wordEnd, string(national.Remaining))
	q.Set(wordAge, strconv.Itoa(a.age))
	if r.Last.First() <= a.last {
		v.Walk = page.Link{Text: "Walk these bed days to the situation report", Href: page.Address("/bridge", a.see.keep(q))}
	}
}

func (s *Server) dischargeFilters(a dischargeAsked, words string) page.Filters {
	begin, _ := a.ledger.Extent()
	radios := func(legend, name, chosen string, values ...[2]string) page.ChoiceGroup {
		g := page.ChoiceGroup{Legend: legend, Name: name, Kind: "radio", Style: "radios"}
		for _, one := range values {
			g.Items = append(g.Items, page.Choice{ID: name + "-" + one[0], Value: one[0], Text: one[1], Chosen: one[0] == chosen})
		}
		return g
	}
	grain := string(measure.ByMonth)
	if a.quarters {
		grain = byQuarter
	}
	return page.Filters{Action: a.path, Clear: a.path, Words: words, Months: page.MonthChoices(begin, a.last, a.first.First(), a.to.Last()),
		Groups: append([]page.ChoiceGroup{radios("Step", page.WordGrain, grain, [2]string{"month", "Month"}, [2]string{byQuarter, "Quarter"}),
			radios("Rows by", page.WordBy, a.by, [2]string{"all", "All together"}, [2]string{"provider", "Hospital"},
				[2]string{"council", "Council"}), ageGroup(a.age)}, s.nationalGroups(a.Filter)...),
		Known: s.momentField(a.see)}
}

func (s *Server) dischargePlace(r dischargeRow) string {
	switch r.By {
	case "provider":
		return s.opts.Places.ProviderWords(r.Code)
	case "council":
		return s.opts.Places.CouncilWords(delay.Council(r.Code))
	}
	return "All"
}

func (s *Server) dischargeTable(a dischargeAsked) page.Table {
	t := page.Table{ID: "discharges", Caption: "Discharges from " + span(a.first.First(), a.to.Last()), Head: []page.Head{{Text: "Month"}}}
	if a.quarters {
		t.Head[0].Text = "Quarter"
	}
	if a.by != "all" {
		t.Head = append(t.Head, page.Head{Text: map[string]string{"provider": "Hospital", "council": "Council"}[a.by]})
	}
	for _, name := range []string{"Discharges", "On the ready date", "Later", "Bed days", "Share on the ready date", "Mean days, all",
		"Mean days, later ones", "Left out"} {
		t.Head = append(t.Head, page.Head{Text: name, Numeric: true})
	}
	for _, name := range national.BandNames[1:] {
		t.Head = append(t.Head, page.Head{Text: strings.ReplaceAll(name, "-", "–") + " days", Numeric: true})
	}
	for _, r := range s.discharges(a, a.quarters, a.by) {
		row := []page.Cell{{Text: a.periodWords(r), Header: true}}
		if a.by != "all" {
			row = append(row, page.Cell{Text: s.dischargePlace(r)})
		}
		all, out := r.Discharges.Discharges, 0
		for _, n := range r.LeftOut {
			out += n
		}
		text := func(words string) page.Cell { return page.Cell{Text: words, Class: page.Numeric} }
		row = append(row, numeric(all), numeric(r.SameDay), numeric(r.Delayed()), numeric(r.BedDays), text(shareWords(r.SameDay, all)),
			text(twoDecimals(r.BedDays, all)), text(twoDecimals(r.BedDays, r.Delayed())), numeric(out))
		for _, n := range r.Bands[1:] {
			row = append(row, numeric(n))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// quarterTable is the Better Care Fund's: each quarter, all together and by
// council, with the plan that was agreed for it.
func (s *Server) quarterTable(a dischargeAsked) (t page.Table, noPlan string) {
	t = page.Table{ID: "quarters", Caption: "Better Care Fund: average discharge delay by quarter", Stack: true,
		Head: []page.Head{{Text: "Council"}, {Text: "Share on the ready date", Numeric: true}, {Text: "Mean days of later ones", Numeric: true},
			{Text: "Average delay, days", Numeric: true}, {Text: "Agreed plan", Numeric: true}, {Text: "More or fewer than planned", Numeric: true}}}
	rows := append(s.discharges(a, true, "all"), s.discharges(a, true, "council")...)
	slices.SortStableFunc(rows, func(x, y dischargeRow) int { return cmp.Compare(x.First, y.First) })
	text := func(words string) page.Cell { return page.Cell{Text: words, Class: page.Numeric} }
	planned := false
	for _, r := range rows {
		all := r.Discharges.Discharges
		plan, more := text("None"), text("Not applicable")
		if r.Plan > 0 && all > 0 {
			planned = true
			plan = text(measure.Exact(r.Plan))
			d := float64(r.BedDays)/float64(all) - r.Plan
			more = text(strings.ReplaceAll(fmt.Sprintf("%+.2f", d), "-", "−"))
		}
		if name := a.periodWords(r); len(t.Groups) == 0 || t.Groups[len(t.Groups)-1].Name != name {
			t.Groups = append(t.Groups, page.Group{Name: name})
		}
		g := &t.Groups[len(t.Groups)-1]
		g.Rows = append(g.Rows, []page.Cell{{Text: s.dischargePlace(r), Header: true},
			text(shareWords(r.SameDay, all)), text(twoDecimals(r.BedDays, r.Delayed())), text(twoDecimals(r.BedDays, all)), plan, more})
	}
	if !planned {
		noPlan = "No plan is agreed for these quarters. The partnership file may hold one under levels, with measure: " + config.DischargeDelay +
			" and a level from the first day of each quarter."
	}
	return t, noPlan
}

// dischargeXLSX gives the rows of the CSV as a workbook.
func (s *Server) dischargeXLSX(c echo.Context) error {
	a, err := s.dischargeOf(c)
	if err != nil {
		return err
	}
	t := s.dischargeTwin(a)
	facts := [][2]string{{"Partnership", s.opts.Places.Partnership}, {"What is counted", dischargeWords}}
	if a.last != 0 {
		facts = append(facts, [2]string{"Shown", s.dischargeShowing(a)}, [2]string{"Data as at", a.last.Long()})
	}
	t.Columns = append(t.Columns, page.Column{Name: columnAsAt})
	for i := range t.Rows {
		t.Rows[i] = append(t.Rows[i], t.AsAt)
	}
	return s.sendSheets(c, "homeward-discharge", []extract.Sheet{typedSheet(t.Title, t), aboutSheet(facts)})
}

// dischargeShowing says what is shown.
func (s *Server) dischargeShowing(a dischargeAsked) string {
	return fmt.Sprintf("Showing %s, people of %d and over on the ready date, %s.", s.opts.Places.FilterWords(a.Filter), a.age,
		span(a.first.First(), a.to.Last()))
}
