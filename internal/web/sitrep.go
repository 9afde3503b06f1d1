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
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/web/page"
)

// adult is the age floor of England's situation report.
const adult = national.Adult

var (
	sitrepShared = []string{page.WordFrom, page.WordTo, page.WordLast, page.WordGrain, page.WordProvider, page.WordCouncil, page.WordKnown,
		page.WordView}
	sitrepOwn = []string{page.WordBy, wordPathway, wordGroup, page.WordReason, wordAge}
)

// sitrepWords say what the report counts; they stand on the page, in its files
// and in the chart alike.
const sitrepWords = "Remaining: ready on or before the day and not out by its end, so the ready day counts and the day of leaving does " +
	"not. " +
	"Left that day while ready: alive, after a night or more and not to another acute hospital, with a ready date or with a blank one " +
	"(ready " +
	"on the day of leaving). Those who died, moved to another hospital or stayed no night are counted beside them."

type sitrepAsked struct {
	nationalAsked
	national.Asked
	from, to delay.Day
	weekly   bool
}

type sitrepView struct {
	page.Frame
	Showing, Empty string
	Lede           string
	Filters        page.Filters
	Late           []string
	Remaining      figureView
	Left           figureView
	Long           page.Table
	Internal       figureView
	Chart          page.Chart
	Groups         []groupView
	GroupsHeading  string
	GroupsNote     string
	Places         []page.Table
	Snapshot       page.Table
	Rows           page.Table
	More           string
	Files          []page.Link
	// Open shows the rows at once: somebody asked for them, or prints.
	Open bool
}

// groupView is a group of reasons, which opens to its reasons.
type groupView struct {
	Name, Value, Width string
	// Change is how many more there are than a week before, empty where it is not
	// known.
	Change  string
	Reasons page.Table
}

// sitrepOf reads the address.
func (s *Server) sitrepOf(c echo.Context) (sitrepAsked, error) {
	var a sitrepAsked
	var err error
	if a.nationalAsked, err = s.askedNational(c, "/sitrep", sitrepShared, sitrepOwn); err != nil {
		return a, err
	}
	if err = a.readAge(adult); err != nil {
		return a, err
	}
	if a.Grain == measure.ByMonth {
		return a, page.NotAValue(page.WordGrain, string(a.Grain), []string{"day", "week"})
	}
	a.weekly = a.Grain == measure.ByWeek
	a.AgeFloor = a.age
	for _, given := range a.own[page.WordBy] {
		for part := range strings.SplitSeq(given, ",") {
			d, err := page.Choose(page.WordBy, strings.TrimSpace(part), national.Dimensions)
			if err != nil {
				return a, err
			}
			if !slices.Contains(a.Asked.By, d) {
				a.Asked.By = append(a.Asked.By, d)
			}
		}
	}
	if len(a.Asked.By) == 0 {
		a.Asked.By = []national.Dimension{national.ByDay}
	}
	slices.SortFunc(a.Asked.By, func(x, y national.Dimension) int {
		return slices.Index(national.Dimensions, x) - slices.Index(national.Dimensions, y)
	})
	if err = s.readSitrepFilter(&a); err != nil {
		return a, err
	}
	if a.last == 0 {
		return a, nil
	}
	if a.From == 0 && a.To == 0 && a.Last == "" {
		a.Last = "28d"
	}
	if a.from, a.to, err = a.Period(a.last); err != nil {
		return a, err
	}
	a.to = max(a.from, min(a.to, a.last))
	a.Evidence = a.ledger.Days
	for day := a.from; day <= a.to; day++ {
		if !a.weekly || day == day.Week() {
			a.Days = append(a.Days, day)
		}
	}
	return a, nil
}

func (s *Server) readSitrepFilter(a *sitrepAsked) error {
	a.Councils = a.Filter.Councils
	for _, v := range a.own[wordPathway] {
		p, err := page.Choose(wordPathway, v, append(slices.Clone(pathways), page.NotKnown))
		if err != nil {
			return err
		}
		a.Pathways = append(a.Pathways, strings.TrimSuffix(p, page.NotKnown))
	}
	groups, reasons := s.codesOf(a.ledger)
	var slugs, keys []string
	for _, g := range groups {
		slugs = append(slugs, groupSlug(g))
	}
	for _, r := range reasons {
		keys = append(keys, page.SlugOr(string(r)))
	}
	for _, v := range a.own[wordGroup] {
		slug, err := page.Choose(wordGroup, v, slugs)
		if err != nil {
			return err
		}
		a.Groups = append(a.Groups, groups[slices.Index(slugs, slug)])
	}
	for _, v := range a.own[page.WordReason] {
		key, err := page.Choose(page.WordReason, v, keys)
		if err != nil {
			return err
		}
		a.Reasons = append(a.Reasons, reasons[slices.Index(keys, key)])
	}
	return nil
}

// pathways are the pathways out of hospital by number.
var pathways = []string{"0", "1", "2", "3"}

// groupSlug gives a group of reasons as addresses have it.
func groupSlug(group string) string {
	return page.SlugOr(strings.ReplaceAll(columnName(group), "_", "-"))
}

// codesOf gives the groups and the reasons of the code sets that a ledger
// uses, in their order; the empty ones stand for none stated.
func (s *Server) codesOf(l *national.Ledger) (groups []string, reasons []delay.Reason) {
	used := map[string]bool{}
	for i := range l.Stays {
		for _, p := range l.Stays[i].Periods {
			for _, step := range p.Steps {
				if set, _, ok := s.opts.Defs.Reason(step.Reason, asWordedNow); ok {
					used[set.Name] = true
				}
			}
		}
	}
	for _, set := range s.opts.Defs.CodeSets {
		// Where nothing is held yet, an address may name any group that there is.
		if !used[set.Name] && len(l.Stays) > 0 {
			continue
		}
		for _, g := range set.Groups {
			if !slices.Contains(groups, g) {
				groups = append(groups, g)
			}
		}
		for _, c := range set.Codes {
			if key := set.Reason(c.Code); !slices.Contains(reasons, key) {
				reasons = append(reasons, key)
			}
		}
	}
	return append(groups, ""), append(reasons, "")
}

// query asks for the same again.
func (a sitrepAsked) query() url.Values {
	q := page.FilterQuery(a.Filter)
	q.Set(page.WordFrom, a.from.String())
	q.Set(page.WordTo, a.to.String())
	if a.weekly {
		q.Set(page.WordGrain, string(measure.ByWeek))
	}
	maps.Copy(q, a.own)
	return a.see.keep(q)
}

// situations counts what the address asks for.
func (s *Server) situations(a sitrepAsked) []national.Situation {
	return national.Situations(a.ledger.Stays, s.opts.Defs, a.Asked)
}

func (s *Server) sitrepTwin(a sitrepAsked) page.Twin {
	t := page.Twin{Title: "Discharge situation report", RuleVersion: s.setsInUse(a.ledger), From: a.from.String(), To: a.to.String(),
		Measure: "sitrep", AsAt: a.last.String(), Definitions: []string{sitrepWords, snapshotWords, s.internalWords()}}
	t.Columns = situationColumns(a.Asked.By)
	for _, one := range s.situations(a) {
		t.Rows = append(t.Rows, s.situationCells(a.Asked.By, one, a.age))
	}
	return t
}

// situationColumns are those of the report by what it is broken down by;
// situationCells gives their values.
func situationColumns(by []national.Dimension) []page.Column {
	var out []page.Column
	for _, d := range by {
		out = append(out, page.Column{Name: string(d)})
		if d == national.ByReason {
			out = append(out, page.Column{Name: "label"})
		}
	}
	for _, name := range national.NumberNames() {
		out = append(out, page.Column{Name: name, Number: true})
	}
	return append(out, page.Column{Name: "age_floor", Number: true}, page.Column{Name: "convention"})
}

func (s *Server) situationCells(by []national.Dimension, one national.Situation, floor int) []string {
	var row []string
	for _, d := range by {
		switch d {
		case national.ByDay:
			row = append(row, one.Day.String())
		case national.ByProvider:
			row = append(row, one.Provider)
		case national.ByCouncil:
			row = append(row, page.SlugOr(string(one.Council)))
		case national.ByPathway:
			row = append(row, page.SlugOr(one.Pathway))
		case national.ByGroup:
			row = append(row, orWords(one.Group, page.NotKnown))
		case national.ByReason:
			row = append(row, page.SlugOr(string(one.Reason)), s.reasonLabel(one.Reason))
		}
	}
	for _, n := range one.Values() {
		row = append(row, strconv.Itoa(n))
	}
	return append(row, strconv.Itoa(floor), conventionReady)
}

const snapshotWords = "The weekly snapshot is of the Mondays: people remaining who were admitted 7, 14 and 21 days or more before, " +
	"those who " +
	"have been ready for 7, 14 and 21 days or more, and the days past the ready date of the first. The lengths are nested and are never added."

// internalWords say what internal delays are, by the names of the groups that
// the code sets mark so.
func (s *Server) internalWords() string {
	var names []string
	for _, set := range s.opts.Defs.CodeSets {
		for _, g := range set.Internal {
			if !slices.Contains(names, strings.ToLower(g)) {
				names = append(names, strings.ToLower(g))
			}
		}
	}
	return fmt.Sprintf("Internal delays are people remaining who wait for the hospital's own process (%s). Lists give dates alone, so more "+
		"than "+
		"48 hours is counted from %d days after the ready date on; those of 2 days or more stand beside it.", andList(names),
		national.InternalDays)
}

func (s *Server) sitrepPage(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.sitrepOf(c)
	if err != nil {
		return err
	}
	v := sitrepView{Frame: s.nationalFrame(c, a.nationalAsked, "Discharge situation report", "Situation report")}
	if a.last == 0 {
		v.Empty = noBeds
		return s.page(c, "sitrep", v)
	}
	s.withCharts(&v.Frame)
	q := a.query()
	v.Showing = "Showing " + s.sitrepShowing(a) + ", " + span(a.from, a.to) + "."
	v.Filters = page.Filters{Action: a.path, Clear: a.path, Words: v.Showing,
		Dates:  &page.DateFields{From: a.from.String(), To: a.to.String()},
		Groups: s.sitrepGroups(a), Known: s.momentField(a.see)}
	v.Late, v.Open = s.late(a.ledger, a.to), a.Print || len(a.own) > 0
	counted := s.countSitrep(a)
	s.sitrepNow(a, counted, &v)
	s.sitrepBreakdowns(a, counted, &v)
	v.Chart = s.sitrepChart(ctx, a, counted, q)
	s.mark(c, &v.Frame, a.from, a.to, v.Chart)
	v.About = s.definedBy(a.nationalAsked, q, fmt.Sprintf("As England's acute discharge situation report does, %d and over on the ready date",
		a.age), s.conventionLink(conventionReady), page.Link{Text: "How each number is read", Href: "/definitions#open"})
	s.fix(ctx, v.About, a.see, a.path, q)
	return s.page(c, "sitrep", v)
}

// sitrepShowing says in words what is counted.
func (s *Server) sitrepShowing(a sitrepAsked) string {
	parts := []string{s.opts.Places.FilterWords(a.Filter)}
	for _, p := range a.Pathways {
		parts = append(parts, strings.ToLower(pathwayWords(p)[:1])+pathwayWords(p)[1:])
	}
	for _, g := range a.Groups {
		parts = append(parts, orWords(strings.ToLower(g), "no reason stated"))
	}
	for _, r := range a.Reasons {
		parts = append(parts, s.reasonLabel(r))
	}
	return strings.Join(append(parts, fmt.Sprintf("people of %d and over", a.age)), ", ")
}

func (s *Server) sitrepGroups(a sitrepAsked) []page.ChoiceGroup {
	by := page.ChoiceGroup{Legend: "Rows by", Name: page.WordBy, Kind: "checkbox", Style: "checkboxes"}
	for _, d := range national.Dimensions {
		by.Items = append(by.Items, page.Choice{ID: "by-" + string(d), Value: string(d), Text: sitrepHeads[d],
			Chosen: slices.Contains(a.Asked.By, d)})
	}
	pathway := page.ChoiceGroup{Legend: "Pathway", Name: wordPathway, Kind: "checkbox", Style: "checkboxes"}
	for _, p := range append(slices.Clone(pathways), "") {
		pathway.Items = append(pathway.Items, page.Choice{ID: "pathway-" + page.SlugOr(p), Value: page.SlugOr(p), Text: pathwayWords(p),
			Chosen: slices.Contains(a.Pathways, p)})
	}
	group := page.ChoiceGroup{Legend: "Group of reasons", Name: wordGroup, Kind: "checkbox", Style: "checkboxes"}
	groups, _ := s.codesOf(a.ledger)
	for _, g := range groups {
		group.Items = append(group.Items, page.Choice{ID: "group-" + groupSlug(g), Value: groupSlug(g), Text: orWords(g, "No reason stated"),
			Chosen: slices.Contains(a.Groups, g)})
	}
	grain := page.ChoiceGroup{Legend: "Days", Name: page.WordGrain, Kind: "radio", Style: "radios", Items: []page.Choice{
		{ID: "grain-day", Value: "day", Text: "Every day", Chosen: !a.weekly}, {ID: "grain-week", Value: "week", Text: "Mondays (weekly " +
			"snapshot)",
			Chosen: a.weekly}}}
	return append([]page.ChoiceGroup{by, grain, pathway, group, ageGroup(a.age)}, s.nationalGroups(a.Filter)...)
}

var sitrepHeads = map[national.Dimension]string{national.ByDay: "Day", national.ByProvider: "Hospital", national.ByCouncil: "Council",
	national.ByPathway: "Pathway", national.ByGroup: "Group", national.ByReason: "Reason"}

// sitrepCounted is what the page counts, each of it once.
type sitrepCounted struct {
	byDay map[delay.Day]national.Numbers
	// now are the rows of the last day by all that it is broken down by.
	now  []national.Situation
	rows []national.Situation
}

func (s *Server) countSitrep(a sitrepAsked) sitrepCounted {
	c := sitrepCounted{byDay: map[delay.Day]national.Numbers{}}
	every := a
	every.Asked.By = []national.Dimension{national.ByDay}
	every.Days = append(slices.Clone(a.Days), a.to-7, a.to)
	for monday := a.from.Week(); monday <= a.to; monday += 7 {
		every.Days = append(every.Days, monday)
	}
	slices.Sort(every.Days)
	every.Days = slices.Compact(every.Days)
	daily := s.situations(every)
	for _, one := range daily {
		c.byDay[one.Day] = one.Numbers
	}
	last := a
	last.Days, last.Asked.By = []delay.Day{a.to}, national.Dimensions[1:]
	c.now = s.situations(last)
	if slices.Equal(a.Asked.By, every.Asked.By) {
		for _, one := range daily {
			if slices.Contains(a.Days, one.Day) {
				c.rows = append(c.rows, one)
			}
		}
	} else {
		c.rows = s.situations(a)
	}
	return c
}

// nowBy adds the rows of the last day up by one dimension, in the order of the
// rows.
func (c sitrepCounted) nowBy(d national.Dimension) []national.Situation {
	var out []national.Situation
	at := map[national.Key]int{}
	for _, one := range c.now {
		k := one.Only(d)
		i, ok := at[k]
		if !ok {
			i, at[k] = len(out), len(out)
			out = append(out, national.Situation{Key: k})
		}
		out[i].Add(one.Numbers)
	}
	slices.SortStableFunc(out, func(x, y national.Situation) int {
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(page.SlugOr(string(x.Council)), page.SlugOr(string(y.Council))),
			cmp.Compare(page.SlugOr(x.Pathway), page.SlugOr(y.Pathway)))
	})
	return out
}

// sitrepNow fills in the last day of the period.
func (s *Server) sitrepNow(a sitrepAsked, counted sitrepCounted, v *sitrepView) {
	now, before := counted.byDay[a.to], counted.byDay[a.to-7]
	first, _ := a.ledger.Extent()
	v.Title = measure.UpperFirst(plural(int64(now.Remaining), "person is", "people are")) + " ready and still in hospital"
	v.Lede = "At the end of " + a.to.Long() + ", as England's discharge situation report counts."
	v.Remaining = figureView{Heading: "Remaining", Value: count(int64(now.Remaining)), Words: "ready on or before the day, not out by its end",
		Open: page.Link{Text: "Walk this number to ours", Href: s.bridgeFrom(a, national.Remaining)}}
	if a.to-7 >= first {
		v.Remaining.More = change(int64(now.Remaining), int64(before.Remaining), "a week before")
	}
	v.Left = figureView{Heading: "Left that day while ready", Value: count(int64(now.Discharged())),
		Words: fmt.Sprintf("%d with a ready date before or on the day, %d ready on the day with a blank one", now.DischargedDated,
			now.DischargedBlank),
		More: fmt.Sprintf("Beside them: %d died, %d moved to another hospital, %d stayed no night.", now.Died, now.Transferred,
			now.ZeroNight)}
	v.Internal = figureView{Heading: "Internal delays over 48 hours", Value: count(int64(now.InternalOver)),
		Words: fmt.Sprintf("of %s waiting for the hospital's own process; %d of 2 days or more", persons(int64(now.Internal)), now.InternalNear)}
	v.Long = page.Table{ID: "long", Caption: "Long waits, of the " + count(int64(now.Remaining)) + " remaining",
		Head: []page.Head{{Text: "Length"}, {Text: "Since admission", Numeric: true}, {Text: "Since ready", Numeric: true}}}
	for i, days := range national.Thresholds {
		v.Long.Rows = append(v.Long.Rows, []page.Cell{{Text: strconv.Itoa(days) + " days or more", Header: true}, numeric(now.Stay[i]),
			numeric(now.SinceReady[i])})
	}
	v.GroupsHeading = "Why people remain, " + a.to.Long()
	if now.NoAdmission > 0 {
		v.GroupsNote = measure.UpperFirst(plural(int64(now.NoAdmission), "person has", "people have")) + " no admission date and cannot be in " +
			"the " +
			"lengths since admission."
	}
	most := 1
	rows := s.reasonsNow(a, counted)
	sums := map[string]int{}
	var order []string
	for _, one := range rows {
		if one.Remaining == 0 {
			continue
		}
		if _, ok := sums[one.Group]; !ok {
			order = append(order, one.Group)
		}
		sums[one.Group] += one.Remaining
		most = max(most, sums[one.Group])
	}
	for _, g := range order {
		view := groupView{Name: orWords(g, "No reason stated"), Value: count(int64(sums[g])),
			Width: fixed(100 * float64(sums[g]) / float64(most)),
			Reasons: page.Table{ID: "group-" + groupSlug(g) + "-reasons", Caption: orWords(g, "No reason stated") + ", " + a.to.Long(),
				HiddenCaption: true, Head: []page.Head{{Text: "Reason"}, {Text: "People", Numeric: true},
					{Text: "14 days or more since ready", Numeric: true}}}}
		for _, one := range rows {
			if one.Group == g && one.Remaining > 0 {
				view.Reasons.Rows = append(view.Reasons.Rows, []page.Cell{{Text: s.reasonLabel(one.Reason), Header: true}, numeric(one.Remaining),
					numeric(one.SinceReady[1])})
			}
		}
		v.Groups = append(v.Groups, view)
	}
}

// reasonsNow are the rows of the last day by reason, in the order of the code
// sets.
func (s *Server) reasonsNow(a sitrepAsked, counted sitrepCounted) []national.Situation {
	rows := counted.nowBy(national.ByReason)
	_, order := s.codesOf(a.ledger)
	slices.SortStableFunc(rows, func(x, y national.Situation) int {
		return slices.Index(order, x.Reason) - slices.Index(order, y.Reason)
	})
	return rows
}

func numeric(n int) page.Cell { return page.Cell{Text: count(int64(n)), Class: page.Numeric} }

// bridgeFrom leads to the bridge from a count of the period's last day.
func (s *Server) bridgeFrom(a sitrepAsked, from national.Count) string {
	q := page.FilterQuery(measure.Filter{Providers: a.Filter.Providers, Councils: a.Filter.Councils})
	q.Set(wordDay, a.to.String())
	q.Set(wordStart, string(from))
	q.Set(wordEnd, string(national.Ours))
	return page.Address("/bridge", a.see.keep(q))
}

// sitrepBreakdowns fills in the tables.
func (s *Server) sitrepBreakdowns(a sitrepAsked, counted sitrepCounted, v *sitrepView) {
	heads := []page.Head{{Text: "Remaining", Numeric: true}, {Text: "Left that day", Numeric: true}}
	for _, since := range []string{"since admission", "since ready"} {
		for _, n := range national.Thresholds {
			heads = append(heads, page.Head{Text: fmt.Sprintf("%d+ %s", n, since), Numeric: true})
		}
	}
	cells := func(n national.Numbers) []page.Cell {
		out := []page.Cell{numeric(n.Remaining), numeric(n.Discharged())}
		for _, three := range [][3]int{n.Stay, n.SinceReady} {
			for _, one := range three {
				out = append(out, numeric(one))
			}
		}
		return out
	}
	for _, d := range []national.Dimension{national.ByProvider, national.ByCouncil, national.ByPathway} {
		t := page.Table{ID: "by-" + string(d) + "-now", Caption: "By " + strings.ToLower(sitrepHeads[d]) + ", " + a.to.Long(),
			Head: append([]page.Head{{Text: sitrepHeads[d]}}, heads...)}
		var all national.Numbers
		for _, one := range counted.nowBy(d) {
			t.Rows = append(t.Rows, append([]page.Cell{{Text: s.sitrepCell(d, one.Key), Header: true}}, cells(one.Numbers)...))
			all.Add(one.Numbers)
		}
		t.Foot = append([]page.Cell{{Text: "All", Header: true}}, cells(all)...)
		v.Places = append(v.Places, t)
	}
	v.Snapshot = snapshotTable(a, counted)
	rows := counted.rows
	v.Rows = page.Table{ID: "rows", Caption: "From " + a.from.Long() + " to " + a.to.Long()}
	for _, d := range a.Asked.By {
		v.Rows.Head = append(v.Rows.Head, page.Head{Text: sitrepHeads[d]})
	}
	v.Rows.Head = append(v.Rows.Head, heads...)
	if !slices.Contains(a.Asked.By, national.ByDay) {
		v.Rows.Caption += ", person-days: one person on one day"
	}
	for i, one := range rows {
		if i == rowsOnPage {
			v.More = "The first " + count(rowsOnPage) + " of " + count(int64(len(rows))) + " rows are shown. The CSV has them all."
			break
		}
		var row []page.Cell
		for j, d := range a.Asked.By {
			row = append(row, page.Cell{Text: s.sitrepCell(d, one.Key), Header: j == 0})
		}
		v.Rows.Rows = append(v.Rows.Rows, append(row, cells(one.Numbers)...))
	}
	for _, d := range national.Dimensions {
		q := a.query()
		q[page.WordBy] = []string{string(national.ByDay) + "," + string(d)}
		if d == national.ByDay {
			q[page.WordBy] = []string{string(d)}
		}
		v.Files = append(v.Files, page.Link{Text: "CSV by " + strings.ToLower(sitrepHeads[d]), Href: page.Address("/sitrep.csv", q)})
	}
}

// sitrepCell names where a number stands.
func (s *Server) sitrepCell(d national.Dimension, k national.Key) string {
	switch d {
	case national.ByDay:
		return k.Day.Long()
	case national.ByProvider:
		return s.opts.Places.ProviderWords(k.Provider)
	case national.ByCouncil:
		return s.opts.Places.CouncilWords(k.Council)
	case national.ByPathway:
		return pathwayWords(k.Pathway)
	case national.ByGroup:
		return orWords(k.Group, "No reason stated")
	}
	return s.reasonLabel(k.Reason)
}

// snapshotTable has a row for each Monday of the period.
func snapshotTable(a sitrepAsked, counted sitrepCounted) page.Table {
	t := page.Table{ID: "snapshot", Caption: "Weekly snapshot: Mondays, people and their days past the ready date",
		Head: []page.Head{{Text: "Monday"}}}
	for _, what := range []string{"%d+ since admission", "%d+ since ready", "Bed days of %d+ since admission"} {
		for _, n := range national.Thresholds {
			t.Head = append(t.Head, page.Head{Text: fmt.Sprintf(what, n), Numeric: true})
		}
	}
	for monday := a.from.Week(); monday <= a.to; monday += 7 {
		if monday < a.from {
			continue
		}
		n := counted.byDay[monday]
		row := []page.Cell{{Text: monday.Long(), Header: true}}
		for _, three := range [][3]int{n.Stay, n.SinceReady, n.ExtraDays} {
			for _, one := range three {
				row = append(row, numeric(one))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (s *Server) sitrepChart(ctx context.Context, a sitrepAsked, counted sitrepCounted, q url.Values) page.Chart {
	var days []chart.RemainingDay
	for _, day := range a.Days {
		n := counted.byDay[day]
		d := chart.RemainingDay{Day: day, Remaining: int64(n.Remaining), Left: int64(n.Discharged()), None: true}
		for _, on := range a.ledger.Days {
			d.None = d.None && (day < on[0] || day > on[len(on)-1])
		}
		days = append(days, d)
	}
	return s.charted(ctx, chart.RemainingOf(days, s.place(a.Filter), sitrepWords, a.last), across, []page.Link{
		{Text: downloadCSV, Href: page.Address("/sitrep.csv", q)}}, a.Print)
}
