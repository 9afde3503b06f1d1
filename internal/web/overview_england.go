package web

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"homeward/internal/chart"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/web/page"
)

// This file has the overview of a partnership whose hospitals list everybody in
// a bed (R13): England's counts of today beside the partnership's own.

// heroSize is that of the waterfall between them.
var heroSize = chart.Size{Width: 760, Height: 270, Font: 14, Line: 2}

// englandAsked is what the overview counts as England does.
type englandAsked struct {
	asked   nationalAsked
	present national.Present
	// from and to are the first and the last of the providers' days.
	from, to delay.Day
	// ours is the partnership's own count of those hospitals by hospital and body,
	// elsewhere that of the others.
	ours      map[string]measure.ByBody
	elsewhere int64
	steps     []national.Cause
	// months are the discharges of each month of the overview's period.
	months []dischargeRow
}

// england counts what England counts beside an overview, nil where that cannot
// be done: nobody lists everybody in a bed, or the filter is of what only the
// partnership's own count knows.
func (s *Server) england(ctx context.Context, see sight, o measure.Overview) (*englandAsked, error) {
	f := o.Filter
	if !s.opts.Beds || o.AsAt == 0 || len(f.Care)+len(f.Reasons)+len(f.Bodies)+len(f.States)+len(f.Pathways) > 0 {
		return nil, nil
	}
	all, err := see.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	e := &englandAsked{asked: nationalAsked{see: see, ledger: all.OfBeds(f.Providers), age: s.opts.DischargeFloor, path: "/discharge",
		own: url.Values{}}, ours: map[string]measure.ByBody{}}
	e.asked.Filter = f.On(measure.BasisCounted)
	days := map[string]delay.Day{}
	for _, p := range e.asked.ledger.Beds {
		on := e.asked.ledger.Days[p]
		if day := on[len(on)-1]; day > o.AsAt-measure.Recent {
			days[p] = day
			if e.to = max(e.to, day); e.from == 0 || day < e.from {
				e.from = day
			}
		}
	}
	if len(days) == 0 {
		return nil, nil
	}
	_, e.asked.last = e.asked.ledger.Extent()
	e.present = e.asked.ledger.PresentOn(days, s.opts.Defs, national.Asked{AgeFloor: adult, Councils: f.Councils},
		s.conventionOf(conventionDToC))
	if err := s.oursBeside(ctx, see, o, e); err != nil {
		return nil, err
	}
	e.steps = s.heroSteps(o, e)
	begin, _ := e.asked.ledger.Extent()
	a := dischargeAsked{nationalAsked: e.asked, first: max(o.From.Month(), begin.Month()), to: min(o.To, e.asked.last).Month()}
	e.months = s.discharges(a, false, "all")
	return e, nil
}

// oursBeside counts our own people of each hospital on its day.
func (s *Server) oursBeside(ctx context.Context, see sight, o measure.Overview, e *englandAsked) error {
	cells, err := see.Cells(ctx, measure.Query{From: e.from, To: e.to, By: []measure.Dimension{measure.ByDay, measure.ByProvider,
		measure.ByResponsible}, Filter: e.asked.Filter})
	if err != nil {
		return err
	}
	e.elsewhere = o.Now.Total()
	for _, c := range cells {
		if c.Period == e.present.Days[c.Provider] {
			n := e.ours[c.Provider]
			n[c.Body] += c.Days
			e.ours[c.Provider] = n
			e.elsewhere -= c.Days
		}
	}
	return nil
}

// heroSteps walk from everybody who did not meet the criteria to those who
// remain, and on to those whom we count; every step adds up (D8).
func (s *Server) heroSteps(o measure.Overview, e *englandAsked) []national.Cause {
	n := e.present.Now
	running := n.Remaining + n.Discharged()
	steps := []national.Cause{{Words: "did not meet the criteria to reside", Short: "Did not meet criteria", Total: true, Days: running,
		Running: running}}
	step := func(words, short string, days int) {
		if running += days; days != 0 {
			steps = append(steps, national.Cause{Words: words, Short: short, Days: days, Running: running})
		}
	}
	step("left that day", "left that day", -n.Discharged())
	steps = append(steps, national.Cause{Words: "remaining", Short: "Remaining (sitrep)", Of: national.Remaining, Total: true, Days: running,
		Running: running})
	if s.opts.Counting != conventionDToC && s.opts.Counting != conventionReady {
		return steps // Nobody can walk to a count of another nation's.
	}
	if s.opts.Counting == conventionDToC {
		step("ready that day", "ready that day", -e.present.ReadyThatDay)
	}
	ours := int(o.Now.Total() - e.elsewhere)
	step("at hospitals that list delays alone", "other hospitals", int(e.elsewhere))
	step("not explained: what the log, a decision or another reading of a row changed", "not explained", ours+int(e.elsewhere)-running)
	return append(steps, national.Cause{Words: "waiting", Short: "Waiting (our count)", Of: national.Ours, Total: true, Days: running,
		Running: running})
}

// same says that nothing stands between the situation report and our count, so
// that both are of the same people.
func (e *englandAsked) same() bool {
	n := len(e.steps)
	return e.steps[n-1].Of == national.Ours && e.steps[n-2].Of == national.Remaining
}

// line is the way from the situation report to our count in one line.
func (e *englandAsked) line() string {
	at := slices.IndexFunc(e.steps, func(c national.Cause) bool { return c.Of == national.Remaining })
	var b strings.Builder
	for i, c := range e.steps[at:] {
		n := count(int64(max(c.Days, -c.Days)))
		switch {
		case i == 0:
			fmt.Fprintf(&b, "%s %s", n, c.Words)
		case c.Total:
			fmt.Fprintf(&b, " = %s %s.", n, c.Words)
		case c.Days < 0:
			fmt.Fprintf(&b, " − %s %s", n, c.Words)
		default:
			fmt.Fprintf(&b, " + %s %s", n, c.Words)
		}
	}
	if e.steps[len(e.steps)-1].Of != national.Ours {
		return ""
	}
	return b.String()
}

// The views of the cards.
type (
	englandView struct {
		// Caption and Sections are the page's heading and its parts in the order that
		// the partnership chose.
		Caption  string
		Sections []englandSection
	}
	// englandSection is one part of the page: one of them is set.
	englandSection struct {
		Hero  *heroView
		Cards []overviewCard
	}
	heroView struct {
		Numbers []heroNumber
		Chart   page.Chart
		Steps   []heroStep
		Line    string
		Links   []page.Link
	}
	heroNumber struct{ Value, Name, Words, Label string }
	// heroStep is a step of the waterfall as a row: X and Width are in per cent.
	heroStep struct {
		Name, Value, X, Width string
		// Open is the class of a bar that is no total.
		Open  string
		Total bool
	}
	// overviewCard is a card: a finding, what it is of, and one of the bodies below.
	overviewCard struct {
		ID, Title, Label string
		Wide, Half       bool
		Equation         []sumPart
		Bands            []bandView
		Lengths          []lengthView
		Pathways         *pathwaysView
		Groups           []groupView
		Share            *shareView
		Notes            []string
		Links            []page.Link
	}
	// sumPart is a number of a sum, with the sign before it.
	sumPart struct {
		Sign         *signView
		Value, Words string
	}
	signView struct{ Text, Words string }
	bandView struct {
		Name, Value, Share, Width string
		Broken                    bool
	}
	lengthView struct {
		Name                  string
		Stay, Ready           string
		StayWidth, ReadyWidth string
		StayHref, ReadyHref   string
	}
	pathwaysView struct {
		Start, End string
		Moved      bool
		Rows       []pathwayView
		All        pathwayView
	}
	pathwayView struct {
		Name, Code, Start, In, Out, Moved, Net, Now string
		InX, InWidth, OutWidth                      string
	}
	shareView struct {
		Value, Words, More string
		Parts              []barPart
		// Low, High and At place the whisker; empty where there is no range.
		Low, High, At string
		Label         string
		Hospitals     []hospitalView
		Bodies        []bodyCount
	}
	hospitalView struct {
		Name, Value string
		Parts       []barPart
		Label       string
	}
)

// asEngland fills in the overview of England's counts.
func (s *Server) asEngland(ctx context.Context, see sight, o measure.Overview, e *englandAsked, first delay.Day, v *overviewView) {
	view := &englandView{Caption: measure.UpperFirst(s.opts.Places.FilterWords(measure.Filter{Providers: o.Filter.Providers,
		Councils: o.Filter.Councils})) + " · England"}
	hero := englandSection{Hero: s.hero(ctx, o, e, first, v)}
	delays := englandSection{Cards: []overviewCard{s.dischargeCard(e), s.lengthCard(e)}}
	people := englandSection{Cards: []overviewCard{s.pathwayCard(e), s.groupCard(e)}}
	local := englandSection{Cards: s.localCards(see, o, e)}
	remaining, ours := int64(e.present.Now.Remaining), o.Now.Total()
	switch s.opts.Lead {
	case config.LeadDischarge:
		view.Sections = []englandSection{delays, hero, people, local}
		v.Title = delays.Cards[0].Title
	case config.LeadLocal:
		view.Sections = []englandSection{hero, local, delays, people}
		v.Title = measure.UpperFirst(plural(ours, "person counts", "people count")) + " as delayed; " + count(remaining) + " " +
			isAre(remaining) + " ready and still in hospital"
	default:
		view.Sections = []englandSection{hero, delays, people, local}
		v.Title = measure.UpperFirst(plural(remaining, "person is", "people are")) + " ready and still in hospital; " +
			plural(ours, "counts", "count") + " as delayed"
		if e.same() {
			v.Title = measure.UpperFirst(plural(remaining, "person is", "people are")) + " ready and still in hospital, by both counts"
		}
	}
	v.England = view
	v.BodyClass = strings.TrimSpace("app-overview-page " + v.BodyClass)
}

// withEngland fills in England's counts, or says why they are left out.
func (s *Server) withEngland(ctx context.Context, see sight, o measure.Overview, first delay.Day, v *overviewView) error {
	e, err := s.england(ctx, see, o)
	if err != nil {
		return err
	}
	if e != nil {
		s.asEngland(ctx, see, o, e, first, v)
	} else if s.opts.Beds {
		v.NoEngland = "England's counts are left out: nobody lists everybody in a bed for what the filter asks, or it asks for a reason, a " +
			"type of care or a next step, which only our own count knows."
	}
	return nil
}

// sitrepQuery asks the situation report for the days that the overview shows.
func (e *englandAsked) sitrepQuery(pairs ...string) url.Values {
	q := page.FilterQuery(measure.Filter{Providers: e.asked.Filter.Providers, Councils: e.asked.Filter.Councils})
	q.Set(page.WordFrom, e.from.String())
	q.Set(page.WordTo, e.to.String())
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return e.asked.see.keep(q)
}

// dayWords says of which day the hospitals' numbers are.
func (e *englandAsked) dayWords() string {
	if e.from == e.to {
		return e.to.Long()
	}
	return "each hospital's latest day, " + span(e.from, e.to)
}

const sitrepLabel = "acute sitrep, 18 and over (" + conventionReady + ")"

func (s *Server) hero(ctx context.Context, o measure.Overview, e *englandAsked, first delay.Day, v *overviewView) *heroView {
	remaining, before := int64(e.present.Now.Remaining), int64(e.present.Before.Remaining)
	h := &heroView{Line: e.line()}
	sitrep := heroNumber{Value: count(remaining), Name: "remaining", Words: "at the end of " + e.dayWords(),
		Label: sitrepLabel + ": ready by that day, not out"}
	if e.present.Whole {
		sitrep.Words += ", " + change(remaining, before, "a week before")
	}
	ours := heroNumber{Value: v.Now.Value, Name: "waiting", Label: "our own count (" + s.convention() + "): the ready day is not counted"}
	if s.counting().Ready {
		ours.Label = "our own count (" + s.convention() + "): the ready day is counted"
	}
	if week, ok := weekAgo(o, first); ok {
		ours.Words = "now, " + change(o.Now.Total(), week, "a week before")
	}
	h.Numbers = []heroNumber{sitrep, ours}
	if s.opts.Lead == config.LeadLocal {
		slices.Reverse(h.Numbers)
	}
	title := "From " + count(int64(e.steps[0].Days)) + " who did not meet the criteria to " + count(int64(e.steps[len(e.steps)-1].Days))
	h.Chart = s.charted(ctx, chart.BridgeOf(chart.Walked{Steps: e.steps, Title: title, Place: s.place(o.Filter), Period: e.dayWords(),
		Unit: "people", Definition: h.Line, AsAt: e.to}), heroSize, nil, false)
	most := max(e.steps[0].Days, 1)
	for _, c := range e.steps {
		most = max(most, c.Running)
	}
	for _, c := range e.steps {
		row := heroStep{Name: measure.UpperFirst(c.Short), Value: signedCount(c.Days), Total: c.Total, Open: "app-bars__open"}
		low, high := min(c.Running, c.Running-c.Days), max(c.Running, c.Running-c.Days)
		if c.Total {
			row.Value, row.Open, low, high = count(int64(c.Days)), "", 0, c.Days
		}
		row.X, row.Width = fixed(100*float64(low)/float64(most)), fixed(max(100*float64(high-low)/float64(most), 0.8))
		h.Steps = append(h.Steps, row)
	}
	h.Links = []page.Link{{Text: "The situation report", Href: page.Address("/sitrep", e.sitrepQuery(page.WordBy, "day,provider"))},
		{Text: "People waiting by hospital", Href: v.Now.Href}}
	if v.Now.Walk.Href != "" {
		h.Links = append(h.Links, page.Link{Text: "Walk one to the other", Href: v.Now.Walk.Href})
	}
	return h
}

func (s *Server) dischargeCard(e *englandAsked) overviewCard {
	c := overviewCard{ID: "delay", Wide: true, Title: "Nobody left in this period: there is no average delay"}
	c.Label = fmt.Sprintf("Discharge delay, the Better Care Fund's figure (%s-statistic, %d and over)", conventionReady, e.asked.age)
	r, ok := latestWhole(e.months)
	if !ok || r.Discharges.Discharges == 0 {
		return c
	}
	a := dischargeAsked{nationalAsked: e.asked}
	period := a.periodWords(r)
	all, later := r.Discharges.Discharges, r.Delayed()
	c.Title = "Average delay " + twoDecimals(r.BedDays, all) + " days: " + shareWords(r.SameDay, all) + " left on their ready date"
	c.Label = plural(int64(all), "discharge", "discharges") + " of " + period + " by days from ready date. " + c.Label
	value := twoDecimals(r.BedDays, all)
	last := sumPart{Sign: &signView{"=", "is"}, Value: value + " days", Words: "average delay"}
	if r.Plan > 0 {
		last.Words = "agreed plan: " + measure.Exact(r.Plan)
	} else if i := slices.Index(e.months, r); i > 0 && e.months[i-1].Discharges.Discharges > 0 && e.months[i-1].First == r.First-1 {
		before := e.months[i-1]
		last.Words = before.First.Long() + ": " + twoDecimals(before.BedDays, before.Discharges.Discharges)
	}
	c.Equation = []sumPart{{Value: shareWords(later, all), Words: "did not leave that day"},
		{Sign: &signView{"×", "times"}, Value: twoDecimals(r.BedDays, later) + " days", Words: "their average"}, last}
	if later == 0 {
		c.Equation[1].Value = "0 days"
	}
	most := 1
	for _, n := range r.Bands[1:] {
		most = max(most, n)
	}
	for i, n := range r.Bands {
		b := bandView{Name: strings.ReplaceAll(national.BandNames[i], "-", "–"), Value: count(int64(n)), Share: shareWords(n, all),
			Width: fixed(100 * float64(n) / float64(most))}
		// Those who left at once are many times the others: their bar is broken off.
		if i == 0 && n > most {
			b.Width, b.Broken = "100", true
		}
		c.Bands = append(c.Bands, b)
	}
	sum := 0
	for _, n := range r.LeftOut {
		sum += n
	}
	c.Notes = []string{count(int64(r.BedDays)) + " bed days ÷ " + count(int64(all)) + " discharges. Days count in the month of leaving. " +
		count(int64(sum)) + " more left and are not counted: age, death, another hospital or no night."}
	q := page.FilterQuery(measure.Filter{Providers: e.asked.Filter.Providers, Councils: e.asked.Filter.Councils})
	q.Set(page.WordFrom, r.First.First().String())
	q.Set(page.WordTo, r.Last.Last().String())
	c.Links = []page.Link{{Text: "The discharge delay", Href: page.Address("/discharge", e.asked.see.keep(q))},
		{Text: "CSV", Href: page.Address("/discharge.csv", e.asked.see.keep(q))}}
	return c
}

func (s *Server) lengthCard(e *englandAsked) overviewCard {
	n := e.present.Now
	c := overviewCard{ID: "lengths", Title: fmt.Sprintf("21 days or more: %s in hospital, %s ready", count(int64(n.Stay[2])),
		count(int64(n.SinceReady[2]))), Label: "People remaining, by days since admission and days since ready. " +
		measure.UpperFirst(sitrepLabel)}
	all := float64(max(n.Remaining, 1))
	for i, days := range national.Thresholds {
		c.Lengths = append(c.Lengths, lengthView{Name: strconv.Itoa(days) + " or more", Stay: count(int64(n.Stay[i])),
			Ready: count(int64(n.SinceReady[i])), StayWidth: fixed(100 * float64(n.Stay[i]) / all),
			ReadyWidth: fixed(100 * float64(n.SinceReady[i]) / all)})
	}
	c.Notes = []string{"The full width is all " + count(int64(n.Remaining)) + " remaining. Nested: 21 or more are also in 14 or more."}
	if n.NoAdmission > 0 {
		c.Notes = append(c.Notes, measure.UpperFirst(plural(int64(n.NoAdmission), "person has", "people have"))+
			" no admission date and cannot be in the lengths since admission.")
	}
	q := e.sitrepQuery(page.WordBy, "day,provider")
	c.Links = []page.Link{{Text: "By hospital, council and pathway", Href: page.Address("/sitrep", q)},
		{Text: "CSV", Href: page.Address("/sitrep.csv", q)}}
	return c
}

// pathwayNames say in words where each pathway leads.
var pathwayNames = map[string]string{"0": "Home, no new support", "1": "Home with support", "2": "Short-term bed", "3": "Long-term bed",
	"": "Not recorded"}

func (s *Server) pathwayCard(e *englandAsked) overviewCard {
	before := e.to - 7
	c := overviewCard{ID: "pathways", Half: true, Label: "People remaining: in and out in the week to " + e.dayWords() + ". " +
		measure.UpperFirst(sitrepLabel)}
	v := &pathwaysView{Start: before.Time().Format("2 Jan"), End: e.to.Time().Format("2 Jan")}
	if e.from != e.to {
		v.Start, v.End = "A week before", "Latest"
	}
	var all national.PathwayFlow
	most := 1
	flows := map[string]national.PathwayFlow{}
	for _, f := range e.present.Pathways {
		flows[f.Pathway] = f
		all.Add(f)
		most = max(most, f.Ready, f.Gone())
		v.Moved = v.Moved || f.In+f.Out > 0
	}
	row := func(f national.PathwayFlow) pathwayView {
		r := pathwayView{Start: count(int64(f.Start)), In: count(int64(f.Ready)), Out: count(int64(f.Gone())),
			Moved: signedCount(f.Moved()), Net: signedCount(f.Net()), Now: count(int64(f.End)),
			OutWidth: fixed(50 * float64(f.Gone()) / float64(most))}
		width := 50 * float64(f.Ready) / float64(most)
		r.InX, r.InWidth = fixed(50-width), fixed(width)
		return r
	}
	grew, by := "", 0
	for _, p := range append(slices.Clone(pathways), "") {
		f, ok := flows[p]
		if p == "" && !ok {
			continue
		}
		one := row(f)
		one.Code, one.Name = p, pathwayNames[p]
		v.Rows = append(v.Rows, one)
		if n := f.Ready - f.Gone(); p != "" && n > by {
			grew, by = p, n
		}
	}
	v.All = row(all)
	c.Pathways = v
	switch {
	case grew != "":
		c.Title = "Pathway " + grew + ": " + count(int64(by)) + " more became ready than left"
	case all.Ready+all.Gone() == 0:
		c.Title = "Nobody became ready and nobody left in the week"
	default:
		c.Title = "On no pathway did more become ready than left"
	}
	if !e.present.Whole {
		c.Notes = append(c.Notes, "A hospital's lists began in this week: its first list stands where it was not yet known who waited.")
	}
	if all.MetAgain > 0 {
		c.Notes = append(c.Notes, measure.UpperFirst(plural(int64(all.MetAgain), "person", "people"))+" of those who left met the criteria "+
			"again and stayed.")
	}
	c.Notes = append(c.Notes, "Each row adds up. Who left on the day they became ready is in neither.")
	q := e.sitrepQuery(page.WordBy, "day,pathway")
	flow := page.FilterQuery(measure.Filter{Providers: e.asked.Filter.Providers, Councils: e.asked.Filter.Councils})
	flow.Set(page.WordFrom, (before + 1).String())
	flow.Set(page.WordTo, e.to.String())
	flow.Set(wordSplit, byPathway)
	flow = e.asked.see.keep(flow)
	c.Links = []page.Link{{Text: "In and out by pathway", Href: page.Address("/flow", flow)},
		{Text: "CSV", Href: page.Address("/flow.csv", flow)}, {Text: "Who remains by pathway", Href: page.Address("/sitrep", q)}}
	return c
}

func (s *Server) groupCard(e *englandAsked) overviewCard {
	c := overviewCard{ID: "groups", Half: true, Label: "People remaining by group of reasons, " + e.dayWords() +
		"; last column: change in a week. " +
		measure.UpperFirst(sitrepLabel)}
	sums := map[string]int{}
	var order []string
	most := 1
	for _, one := range e.present.Reasons {
		if one.Remaining == 0 {
			continue
		}
		if _, ok := sums[one.Group]; !ok {
			order = append(order, one.Group)
		}
		sums[one.Group] += one.Remaining
		most = max(most, sums[one.Group])
	}
	slices.SortStableFunc(order, func(a, b string) int { return sums[b] - sums[a] })
	for _, g := range order {
		name := orWords(g, "No reason stated")
		view := groupView{Name: name, Value: count(int64(sums[g])), Width: fixed(100 * float64(sums[g]) / float64(most)),
			Reasons: page.Table{ID: "overview-" + groupSlug(g), Caption: name + ", " + e.dayWords(), HiddenCaption: true,
				Head: []page.Head{{Text: "Reason"}, {Text: "People", Numeric: true}}}}
		if e.present.Whole {
			view.Change = signedCount(sums[g] - e.present.GroupsBefore[g])
		}
		rows := slices.DeleteFunc(slices.Clone(e.present.Reasons), func(one national.Situation) bool {
			return one.Group != g || one.Remaining == 0
		})
		slices.SortStableFunc(rows, func(x, y national.Situation) int { return y.Remaining - x.Remaining })
		for _, one := range rows {
			cell := numeric(one.Remaining)
			cell.Href = page.Address("/sitrep", e.sitrepQuery(page.WordBy, "day,provider", page.WordReason, page.SlugOr(string(one.Reason))))
			view.Reasons.Rows = append(view.Reasons.Rows, []page.Cell{{Text: s.reasonLabel(one.Reason), Header: true}, cell})
		}
		c.Groups = append(c.Groups, view)
	}
	switch len(order) {
	case 0:
		c.Title = "Nobody remains"
	case 1:
		c.Title = fmt.Sprintf("%s: all %s", orWords(order[0], "No reason stated"), count(int64(sums[order[0]])))
	default:
		c.Title = fmt.Sprintf("%s and %s are %s of the %s", orWords(order[0], "No reason stated"),
			lowerFirst(orWords(order[1], "no reason stated")), count(int64(sums[order[0]]+sums[order[1]])), count(int64(e.present.Now.Remaining)))
	}
	c.Notes = []string{"No reason here says whose next step it is."}
	q := e.sitrepQuery(page.WordBy, "day,reason")
	c.Links = []page.Link{{Text: "By reason", Href: page.Address("/sitrep", q)}, {Text: "CSV", Href: page.Address("/sitrep.csv", q)}}
	return c
}

// lowerFirst writes words within a sentence.
func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// localCards are the partnership's own count: the share with its range, and
// whose next step it is at each hospital.
func (s *Server) localCards(see sight, o measure.Overview, e *englandAsked) []overviewCard {
	if !see.divides() {
		return nil
	}
	label := "Our own count, a local agreement (" + s.convention() + "): England has had no national split since February 2020"
	figure := shareOf(o)
	share := overviewCard{ID: "share", Label: label, Share: &shareView{Value: figure.Value, Words: figure.Words, More: figure.More}}
	share.Title = "Social care's share: " + figure.Value + " " + figure.Words
	q := see.keep(page.Dated(o.Filter, o.From, o.To))
	if m, name, ok := latestMonth(o); ok {
		if figures := m.Share(); figures.Known {
			share.Title = measure.PerCent(figures.Value) + " of " + sharedDays[o.Filter.Basis] + " in " + name + " wait for social care"
			share.Share.Parts, share.Share.Bodies, share.Share.Label = bodyBar(m.Days, 1000)
			share.Share.Value = ""
			if figures.High-figures.Low >= 0.0005 {
				share.Share.Low, share.Share.High, share.Share.At = fixed(1000*figures.Low), fixed(1000*figures.High), fixed(1000*figures.Value)
			}
			q = see.keep(page.Dated(o.Filter, m.First, m.Last))
		}
	}
	share.Links = []page.Link{{Text: "The days by next step", Href: page.Address("/figures", page.WithBy(q, measure.ByResponsible))},
		{Text: figure.HrefText, Href: figure.Href}}
	next := overviewCard{ID: "next-step", Wide: true, Label: "People waiting by whose next step it is, " + o.AsAt.Long() +
		". Our own count, a local agreement (" + s.convention() + ")"}
	var words []string
	for _, b := range []delay.Body{delay.NHS, delay.SocialCare, delay.Joint} {
		if o.Now[b] > 0 || b != delay.Joint {
			words = append(words, bodyName(b)+" "+count(o.Now[b]))
		}
	}
	if n := o.Now[delay.NotAttributed]; n > 0 {
		words = append(words, "not attributed "+count(n))
	}
	next.Title = strings.Join(words, ", ")
	_, bodies, _ := bodyBar(o.Now, 1000)
	next.Share = &shareView{Bodies: bodies}
	most := int64(1)
	for _, n := range e.ours {
		most = max(most, n.Total())
	}
	most = max(most, e.elsewhere)
	for _, p := range e.asked.ledger.Beds {
		if _, ok := e.present.Days[p]; ok {
			next.Share.Hospitals = append(next.Share.Hospitals, hospital(s.opts.Places.ProviderWords(p), e.ours[p], most))
		}
	}
	if e.elsewhere > 0 {
		rest := o.Now
		for _, n := range e.ours {
			for b := range n {
				rest[b] -= n[b]
			}
		}
		next.Share.Hospitals = append(next.Share.Hospitals, hospital("Hospitals that list delays alone", rest, most))
	}
	next.Links = []page.Link{{Text: "By hospital and next step", Href: page.Address("/figures",
		page.WithBy(see.keep(page.Dated(o.Filter.On(measure.BasisCounted), o.AsAt, o.AsAt)), measure.ByProvider, measure.ByResponsible))}}
	return []overviewCard{share, next}
}

// bodyName is what a body is called where it stands first.
func bodyName(b delay.Body) string {
	if b == delay.NHS {
		return "NHS"
	}
	return lowerFirst(measure.UpperFirst(b.String()))
}

// bodyBar makes the blocks of a bar of the given width, with its key and words.
func bodyBar(n measure.ByBody, whole float64) (parts []barPart, bodies []bodyCount, label string) {
	total, x := n.Total(), 0.0
	var words []string
	for _, b := range delay.Bodies {
		bodies = append(bodies, bodyCount{Swatch: swatch(b), Text: measure.UpperFirst(b.String()), Value: count(n[b])})
		words = append(words, b.String()+" "+count(n[b]))
		if n[b] <= 0 {
			continue
		}
		width := whole * float64(n[b]) / float64(max(total, 1))
		part := barPart{X: fixed(x), Width: fixed(max(width-2, 1)), Fill: fills[b], Stroke: "0"}
		if b == delay.NotAttributed {
			part.Stroke = "1"
		}
		parts, x = append(parts, part), x+width
	}
	return parts, bodies, strings.Join(words, ", ")
}

// hospital is the bar of one hospital, on the scale of the longest.
func hospital(name string, n measure.ByBody, most int64) hospitalView {
	v := hospitalView{Name: name, Value: count(n.Total())}
	v.Parts, _, v.Label = bodyBar(n, 1000*float64(n.Total())/float64(most))
	return v
}

// englandTwin adds what England counts to the rows of an overview's twin, each
// row with the convention that made it (D3).
func (s *Server) englandTwin(t *page.Twin, o measure.Overview, e *englandAsked) {
	sets := s.setsInUse(e.asked.ledger)
	at := len(t.Rows)
	t.Columns = append(t.Columns, page.Column{Name: "pathway"}, page.Column{Name: "group"}, page.Column{Name: "convention"})
	for i := range t.Rows {
		t.Rows[i] = append(t.Rows[i], "all", "all", s.convention())
	}
	t.Definitions = append(t.Definitions, "sitrep "+sitrepWords, "discharge "+dischargeWords, "pathways "+pathwayFlowWords)
	row := func(id, name string, from, to delay.Day, reason, pathway, group, value, unit, convention string) {
		t.Rows = append(t.Rows, []string{id, name, from.String(), to.String(), "all", reason, value, unit, pathway, group, convention})
	}
	people := func(name, reason, pathway, group string, n int) {
		row("sitrep", name, e.from, e.to, reason, pathway, group, strconv.Itoa(n), "people", conventionReady)
	}
	now := e.present.Now
	people("people remaining", "all", "all", "all", now.Remaining)
	if e.present.Whole {
		row("sitrep", "people remaining a week before", e.from-7, e.to-7, "all", "all", "all", strconv.Itoa(e.present.Before.Remaining), "people",
			conventionReady)
	}
	people("people who left that day while ready", "all", "all", "all", now.Discharged())
	people("people who became ready that day", "all", "all", "all", e.present.ReadyThatDay)
	for _, c := range e.steps {
		name := "bridge: " + c.Words
		convention := conventionReady
		if c.Of == national.Ours {
			convention = s.convention()
		}
		row("bridge", name, e.from, e.to, "all", "all", "all", strconv.Itoa(c.Days), "people", convention)
	}
	for i, days := range national.Thresholds {
		people(fmt.Sprintf("remaining %d days or more since admission", days), "all", "all", "all", now.Stay[i])
		people(fmt.Sprintf("remaining %d days or more since ready", days), "all", "all", "all", now.SinceReady[i])
	}
	people("remaining without an admission date", "all", "all", "all", now.NoAdmission)
	for _, one := range e.present.Reasons {
		people("people remaining", page.SlugOr(string(one.Reason)), "all", orWords(one.Group, page.NotKnown), one.Remaining)
	}
	for _, f := range e.present.Pathways {
		for _, n := range flowNumbers(f) {
			row("pathways", n.name, e.from-6, e.to, "all", page.SlugOr(f.Pathway), "all", strconv.Itoa(n.n), "people", conventionReady)
		}
	}
	for _, m := range e.months {
		all := m.Discharges.Discharges
		month := func(name, value, unit string) {
			row("discharge", name, m.First.First(), min(m.Last.Last(), e.asked.last), "all", "all", "all", value, unit,
				conventionReady+"-statistic")
		}
		month("discharges", strconv.Itoa(all), "people")
		month("discharges on the ready date", strconv.Itoa(m.SameDay), "people")
		month("bed days", strconv.Itoa(m.BedDays), "days")
		month("share delayed", ratio(m.Delayed(), all), "part of 1")
		month("mean days of the delayed", ratio(m.BedDays, m.Delayed()), "days")
		month("average delay", ratio(m.BedDays, all), "days")
		for i, n := range m.Bands {
			month("discharges after "+national.BandNames[i]+" days", strconv.Itoa(n), "people")
		}
	}
	t.RowRules = append(make([]string, at), slices.Repeat([]string{sets}, len(t.Rows)-at)...)
	if t.RowBasis != nil {
		t.RowBasis = append(t.RowBasis, slices.Repeat([]measure.Basis{measure.BasisCounted}, len(t.Rows)-at)...)
	} else if o.Filter.Basis != measure.BasisCounted {
		t.RowBasis = slices.Repeat([]measure.Basis{o.Filter.Basis}, len(t.Rows))
	}
}

// pathwayFlowWords say what the flow by pathway counts.
const pathwayFlowWords = "People remaining at the end of the day before the first, and those who became ready, less those who left or " +
	"met the criteria again, and those whose pathway was changed to or from this one, are the people remaining at the end of the last day. " +
	"Somebody who left on the day they became ready was waiting at the end of no day and is in none of it."

// flowNumbers name the numbers of a flow, which add up.
func flowNumbers(f national.PathwayFlow) []struct {
	name string
	n    int
} {
	return []struct {
		name string
		n    int
	}{{"waiting at the start", f.Start}, {"became ready", f.Ready}, {"left", f.Left}, {"met the criteria again", f.MetAgain},
		{"moved here from another pathway", f.In}, {"moved to another pathway", f.Out}, {"waiting at the end", f.End}}
}
