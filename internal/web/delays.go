package web

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// recordView is the page of one delay.
type recordView struct {
	page.Form
	Caption string
	Tags    []page.Tag
	Banner  *page.Banner
	Ref     string
	// Back leads to the list that the reader may open.
	Back     string
	BackText string
	MayLog   bool
	MayCheck bool
	Links    []page.Link
	Facts    []page.CaseFact
	Notes    []string
	Baton    template.HTML
	Key      []bodyCount
	Periods  page.Table
	// ReadyWords says whether the ready day counts.
	ReadyWords string
	HandOffs   string
	Holds      []string
	Actions    []actionView
	MayAct     bool
	ActionNew  string
	Declines   []string
	History    []historyView
	Earlier    []page.Link
}

type actionView struct {
	ID                       int64
	What, Owner, Due, State  string
	Open                     bool
	DoneAction, ClosedReason string
}

type historyView struct{ When, Who, What, Why string }

// caseOf reads the case of the address.
func (s *Server) caseOf(c echo.Context) (*casework.Case, error) {
	return s.opts.Cases.Case(c.Request().Context(), s.actor(c).Scope(), c.Param("ref"))
}

// caseTitle names a case as pages do.
func (s *Server) caseTitle(k *casework.Case) (title, caption string) {
	title = "Delay " + k.Reference
	if d := k.Last(); d != nil && d.Bed != "" {
		title = "Bed " + d.Bed
	}
	return title, "Delay " + k.Reference + ", " + s.opts.Places.ProviderWords(k.Provider)
}

func (s *Server) delayPage(c echo.Context) error {
	if reference, ok := strings.CutSuffix(c.Param("ref"), ".json"); ok {
		return s.delayJSON(c, reference)
	}
	if _, err := s.opts.Places.Read(c.QueryParams(), wordDone, wordEntry, page.WordView); err != nil {
		return err
	}
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	if k.Reference != c.Param("ref") {
		// The reference leads to the one that was given first (I6).
		to := url.URL{Path: "/delays/" + k.Reference, RawQuery: c.QueryString()}
		return c.Redirect(http.StatusSeeOther, to.String())
	}
	title, caption := s.caseTitle(k)
	actor := s.actor(c)
	back := s.backFrom(c, k)
	v := recordView{Form: page.Form{Frame: s.frame(c, title)}, Caption: caption, Ref: k.Reference, MayLog: actor.May(people.LogDelays),
		MayAct: actor.May(people.Propose) && !k.Moved, ActionNew: "/delays/" + k.Reference + "/actions/new", Declines: casework.Declines,
		ReadyWords: s.counting().ReadyWords(), Back: back.Href, BackText: back.Text}
	v.PageTitle = caption + " – Homeward"
	v.Banner = s.savedBanner(c, "/delays", nil)
	d := k.Last()
	open := k.IsLogged() && k.IsOpen() && (d == nil || d.EndKind == delay.Open)
	v.MayCheck = v.MayLog && open
	at := "/delays/" + k.Reference
	if v.MayLog {
		switch {
		case !k.IsLogged():
			v.Links = []page.Link{{Text: "Log this delay", Href: "/delays/new?ref=" + url.QueryEscape(k.Reference) + "#form"}}
		case k.IsPaused():
			v.Links = []page.Link{{Text: "Resume", Href: at + "/resume"}, {Text: "End delay", Href: at + "/end"}}
		case open:
			v.Links = []page.Link{
				{Text: "Change reason", Href: at + "/reason"},
				{Text: "Pause", Href: at + "/pause"},
				{Text: "End delay", Href: at + "/end"},
			}
		}
	}
	if d != nil && actor.May(people.JudgePeople) && slices.ContainsFunc(d.Findings, func(f delay.Finding) bool {
		return f.Rule == "C19" || f.Rule == "I4"
	}) {
		v.Links = append(v.Links, page.Link{Text: "Same person or not", Href: samePeoplePath})
	}
	v.Tags = s.recordTags(k)
	v.Facts = s.recordFacts(k)
	v.Notes = s.recordNotes(k)
	if d != nil {
		v.Baton, v.Key = s.baton(d)
		v.Periods = s.periodsTable(k, d)
		v.HandOffs = handOffs(d)
		for i := range k.Delays[:len(k.Delays)-1] {
			e := &k.Delays[i]
			v.Earlier = append(v.Earlier, page.Link{Text: "Ready " + e.Ready.Long() + ", ended " + e.End.Long() + ", " + days(int64(e.Days())),
				Href: at + "/periods/" + strconv.Itoa(k.FirstPeriod(i))})
		}
	}
	for _, a := range k.Actions {
		w := actionView{ID: a.ID, What: a.What, Owner: joined(s.opts.Places.OrgWords(a.OwnerOrg), a.Owner), Due: a.Due.Long(),
			State: measure.UpperFirst(a.State), Open: a.State == "open" && v.MayAct,
			DoneAction: fmt.Sprintf("%s/actions/%d", at, a.ID), ClosedReason: a.ClosedWhy}
		if a.State == "open" {
			v.Holds = append(v.Holds, a.What+", "+w.Owner+", due "+w.Due)
		}
		v.Actions = append(v.Actions, w)
	}
	v.History = s.history(k)
	return s.page(c, "delay", v)
}

// backFrom leads back to the list that the reader came from: the worklist for the
// hospital's staff, the agreement's for a council's, who have no worklist.
func (s *Server) backFrom(c echo.Context, k *casework.Case) page.Link {
	for _, l := range []page.Link{{Text: "My site today", Href: "/today"}, {Text: "Agreement", Href: "/agreement"}} {
		if !s.opens(l.Href, s.actor(c)) {
			continue
		}
		if l.Href == "/today" {
			l.Href = s.backToList(c, k.Provider, k.Reference)
		} else {
			l.Href = s.backToQueue(c, "")
		}
		return l
	}
	return page.Link{Text: "Overview", Href: "/overview"}
}

// stateTagsOf gives a delay's state, with the days of each where its periods
// differ, so that a tag never speaks for days that it is not about.
func stateTagsOf(d *casework.Delay) []page.Tag {
	var states []agreement.State
	held := map[agreement.State]int{}
	for _, seg := range d.Segments {
		if !slices.Contains(states, seg.State) {
			states = append(states, seg.State)
		}
		held[seg.State] += seg.Days()
	}
	var out []page.Tag
	for _, state := range states {
		words := measure.UpperFirst(state.String())
		if len(states) > 1 {
			words += ": " + days(int64(held[state]))
		}
		out = append(out, page.Tag{Text: words, Tag: stateTags[state]})
	}
	return out
}

func (s *Server) recordTags(k *casework.Case) []page.Tag {
	var out []page.Tag
	d := k.Last()
	switch {
	case d != nil && d.Moved:
		out = append(out, page.Tag{Text: "Moved", Tag: "nhsuk-tag--grey"})
	case d != nil && d.EndKind != delay.Open:
		out = append(out, page.Tag{Text: "Ended", Tag: "nhsuk-tag--grey"})
	case k.IsPaused():
		out = append(out, page.Tag{Text: "Paused", Tag: "nhsuk-tag--grey"})
	}
	if d != nil && len(d.Segments) > 0 && s.divides() {
		out = append(out, stateTagsOf(d)...)
	}
	for _, l := range slices.Backward(k.Current()) {
		if l.Kind == logbook.Opened || l.Kind == logbook.Resumed {
			if l.Uncertain {
				out = append(out, page.Tag{Text: "Uncertain date", Tag: "nhsuk-tag--white"})
			}
			break
		}
	}
	return out
}

// recordFacts are the lines at the head of the record.
func (s *Server) recordFacts(k *casework.Case) []page.CaseFact {
	var out []page.CaseFact
	d := k.Last()
	var opened *casework.LogLine
	current := k.Current()
	for i := range current {
		if current[i].Kind == logbook.Opened {
			opened = &current[i]
		}
	}
	ready := page.CaseFact{Name: "Ready date", Value: k.Ready().Long(), Source: "extract"}
	if opened != nil {
		at := opened.At.In(s.opts.Zone)
		ready.Source = "entered by " + s.opts.Places.RoleWords(opened.Role) + " on " + at.Format("2 January 2006") + ", " + clock(at)
		if n := int64(opened.Made - opened.Day); n > 0 {
			ready.Source += ", " + days(n) + " after"
		}
		if d != nil && opened.Day < d.Ready {
			ready.Source += "; the extract says " + d.Ready.Long() + ", which counts"
		}
	}
	if k.Ready() != 0 {
		out = append(out, ready)
	}
	if d != nil && d.Admitted != 0 {
		out = append(out, page.CaseFact{Name: "Admitted", Value: d.Admitted.Long(), Source: "extract or log"})
	}
	given := k.Stands()
	council := page.CaseFact{Name: "Council of residence", Value: s.opts.Places.CouncilWords(given.Council)}
	if given.Words.Council != "" && given.Words.Council != string(given.Council) {
		council.Source = "given as " + page.Quote(given.Words.Council)
	}
	out = append(out, council, page.CaseFact{Name: "Waiting for", Value: s.opts.Places.ReasonWords(given.Reason)},
		page.CaseFact{Name: "Type of care", Value: given.Care.String()})
	for _, l := range slices.Backward(current) {
		if l.Destination != "" {
			name := "Most suitable destination"
			if l.Kind == logbook.Ended {
				name = "Went to"
			}
			out = append(out, page.CaseFact{Name: name, Value: casework.DestinationWords(l.Destination)})
			break
		}
	}
	if d != nil {
		value := days(int64(d.Days()))
		if d.FirstDay != 0 {
			value += " (" + span(d.FirstDay, d.LastDay) + ")"
		}
		out = append(
			out,
			page.CaseFact{Name: "Days so far", Value: value + ".", Source: "The day they became ready and the day they leave are not " +
				"counted. Rule C1."},
		)
		switch {
		case d.Moved:
			out = append(out, page.CaseFact{Name: "Moved", Value: d.End.Long(), Source: movedWords})
		case d.EndKind != delay.Open:
			out = append(out, page.CaseFact{Name: "Ended", Value: d.End.Long(), Source: d.EndKind.String()})
		}
	}
	return out
}

// movedWords say why a record ends for a council whose resident the person was.
const movedWords = "another council's resident from this day. What came later is theirs to see."

// recordNotes are what people should look at.
func (s *Server) recordNotes(k *casework.Case) []string {
	var out []string
	d := k.Last()
	if d != nil {
		for _, f := range d.Findings {
			out = append(out, measure.UpperFirst(f.Words)+" (rule "+f.Rule+", "+f.Day.Long()+").")
		}
	}
	if k.LatestExtract != 0 && k.IsLogged() && !k.Moved {
		switch {
		case k.IsOpen() && !k.InExtract:
			out = append(out, "Logged as waiting, and not in the extract of "+k.LatestExtract.Long()+". End the delay, or ask for a new extract.")
		case !k.IsOpen() && !k.IsPaused() && k.InExtract:
			out = append(out, "Logged as ended, and still in the extract of "+k.LatestExtract.Long()+". Check whether they have left.")
		}
	}
	return out
}

// baton draws the segments and pauses of a delay as a bar by day, in the
// colours of the bodies, and gives its key.
func (s *Server) baton(d *casework.Delay) (template.HTML, []bodyCount) {
	if d.FirstDay == 0 || d.LastDay < d.FirstDay {
		return "", nil
	}
	const width, height = 1000.0, 44.0
	total := float64(d.LastDay-d.FirstDay) + 1
	x := func(day delay.Day) float64 { return float64(day-d.FirstDay) / total * width }
	var b strings.Builder
	var label []string
	byBody := map[delay.Body]int{}
	fmt.Fprint(&b, `<defs><pattern id="baton-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect `+
		`width="8" height="8" fill="#ffffff"/><rect width="2" height="8" fill="#3d3d3d"/></pattern></defs>`)
	paused := 0
	for _, st := range d.Stretches {
		if st.Mark == delay.Paused {
			paused += int(st.Last-st.First) + 1
			fmt.Fprintf(&b, `<rect x="%.1f" y="14" width="%.1f" height="16" fill="#ffffff" stroke="#212b32" stroke-dasharray="4 4"/>`, x(st.First),
				max(x(st.Last+1)-x(st.First)-2, 1))
		}
	}
	for _, seg := range d.Segments {
		fill, ink := fills[seg.Standing.Body], "#212b32"
		switch seg.Standing.Body {
		case delay.NotAttributed:
			fill = "url(#baton-hatch)"
		case delay.NHS:
			ink = "#ffffff"
		}
		w := max(x(seg.Segment.Last+1)-x(seg.Segment.First)-2, 1)
		stroke := ""
		if seg.Standing.Body == delay.NotAttributed || seg.State.Contested() {
			stroke = ` stroke="#212b32" stroke-width="2"`
			if seg.State.Contested() {
				stroke += ` stroke-dasharray="6 3"`
			}
		}
		fmt.Fprintf(&b, `<rect x="%.1f" y="1" width="%.1f" height="%.0f" fill="%s"%s/>`, x(seg.Segment.First), w, height-2, fill, stroke)
		words := strconv.Itoa(seg.Days())
		if w > 160 && seg.Standing.Body != delay.NotAttributed {
			words = measure.UpperFirst(seg.Standing.Body.String()) + " " + words
		}
		if w > 30 && seg.Standing.Body != delay.NotAttributed {
			fmt.Fprintf(&b, `<text x="%.1f" y="28" font-family="arial, sans-serif" font-size="18" text-anchor="middle" fill="%s">%s</text>`,
				x(seg.Segment.First)+w/2, ink, template.HTMLEscapeString(words))
		}
		byBody[seg.Standing.Body] += seg.Days()
		step := seg.Standing.Body.String()
		if !s.divides() {
			step = s.opts.Places.Book.Group(seg.Segment.Reason)
		}
		said := step + " " + days(int64(seg.Days()))
		if s.divides() {
			said += ", " + seg.State.String()
		}
		label = append(label, said)
	}
	if paused > 0 {
		label = append(label, "paused "+days(int64(paused)))
	}
	divides := s.divides()
	var key []bodyCount
	for _, body := range delay.Bodies {
		if n := byBody[body]; n > 0 && (body != delay.NotAttributed || divides) {
			key = append(key, bodyCount{Swatch: swatch(body), Text: measure.UpperFirst(body.String()), Value: days(int64(n))})
		}
	}
	head := fmt.Sprintf(`<svg class="app-baton" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`, width, height,
		template.HTMLEscapeString("Waiting periods from "+d.FirstDay.Long()+" to "+d.LastDay.Long()+": "+strings.Join(label, "; ")+"."))
	return template.HTML(head + b.String() + `</svg>`), key
}

// periodsTable lists the segments and pauses of a delay; its total is the
// delay's days.
func (s *Server) periodsTable(k *casework.Case, d *casework.Delay) page.Table {
	t := page.Table{ID: "periods", Caption: "Waiting periods", HiddenCaption: true,
		Head: []page.Head{{Text: "From"}, {Text: "To"}, {Text: "Waiting for"},
			{Text: s.stepHead()}, {Text: "Days", Numeric: true}, {Text: "State"}, {Text: "Why"}}}
	type line struct {
		first delay.Day
		cells []page.Cell
	}
	var lines []line
	n := k.FirstPeriod(slices.IndexFunc(k.Delays, func(e casework.Delay) bool { return e.Listed == d.Listed }))
	for i, seg := range d.Segments {
		to := seg.Segment.Last.Long()
		if i == len(d.Segments)-1 && d.EndKind == delay.Open {
			to = "now"
		}
		number := strconv.Itoa(n + i)
		state := page.Cell{Text: measure.UpperFirst(seg.State.String()), Tag: stateTags[seg.State]}
		if !s.divides() { // There is nothing to agree on (A8).
			state = page.Cell{Text: "Counted"}
		}
		step, swatchClass := s.stepWords(seg.Standing.Body, seg.Segment.Reason)
		lines = append(lines, line{seg.Segment.First, []page.Cell{{Text: seg.Segment.First.Long(), Header: true}, {Text: to},
			{Text: s.opts.Places.ReasonWords(seg.Segment.Reason)},
			{Text: step, Swatch: swatchClass},
			{Text: count(int64(seg.Days())), Class: page.Numeric},
			state, {Text: "Receipt " + number,
				Href: "/delays/" + k.Reference + "/periods/" + number}}})
	}
	for _, st := range d.Stretches {
		if st.Mark != delay.Paused {
			continue
		}
		why := ""
		for _, l := range k.Log {
			if l.Kind == logbook.Paused && !l.Undone && l.Day <= st.Last {
				why = l.How
			}
		}
		lines = append(lines, line{st.First, []page.Cell{{Text: st.First.Long(), Header: true}, {Text: st.Last.Long()},
			{Text: cmp.Or(why, "Paused")},
			{Text: "Not counted"}, {Text: "0", Class: page.Numeric}, {Text: "Paused", Tag: "nhsuk-tag--grey"}, {Text: "Paused by the log"}}})
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.first, b.first) })
	for _, l := range lines {
		t.Rows = append(t.Rows, l.cells)
	}
	if len(t.Rows) > 0 {
		t.Foot = []page.Cell{{Text: "Total", Header: true}, {}, {}, {}, {Text: count(int64(d.Days())), Class: page.Numeric}, {}, {}}
	}
	return t
}

// handOffs says how often the next step changed hands, as flow.
func handOffs(d *casework.Delay) string {
	n := int64(0)
	for i := 1; i < len(d.Segments); i++ {
		if d.Segments[i].Standing.Body != d.Segments[i-1].Standing.Body {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return "The next step changed hands " + plural(n, "time", "times") + "."
}

// history lists every entry and answer, newest first; people stand by their
// role, names are in the audit log only.
func (s *Server) history(k *casework.Case) []historyView {
	type item struct {
		at   time.Time
		view historyView
	}
	var items []item
	when := func(t time.Time) string { return s.moment(t) }
	for _, l := range k.Log {
		what := l.Kind.String() + ", " + l.Day.Long()
		if l.Until != 0 {
			what = l.Kind.String() + ", " + span(l.Day, l.Until)
		}
		if l.Given != nil {
			what += ": " + s.opts.Places.ReasonWords(l.Given.Reason)
			if l.Given.Stated != delay.NotAttributed {
				what += ", " + l.Given.Stated.String()
			}
		}
		if !l.CheckedAt.IsZero() {
			what += ". Checked at " + when(l.CheckedAt) + " by the clock of the phone, recorded at " + when(l.At)
		}
		if l.How != "" {
			what += ". " + l.How
		}
		if l.Destination != "" {
			what += ". " + casework.DestinationWords(l.Destination)
		}
		if l.Undone {
			what += " (undone)"
		}
		items = append(items, item{l.At, historyView{when(l.At), s.opts.Places.RoleWords(l.Role), what, l.Why}})
	}
	for _, e := range k.Events {
		what := e.Act.String() + ", " + span(e.Segment.First, e.Segment.Last)
		if e.Body != delay.NotAttributed {
			what += ": " + e.Body.String()
		}
		items = append(items, item{e.At, historyView{when(e.At), s.opts.Places.RoleWords(e.Role), what, e.Argument()}})
	}
	for _, a := range k.Actions {
		items = append(items, item{a.At, historyView{when(a.At), s.opts.Places.RoleWords(a.Role), "Action added: " + a.What, ""}})
		if !a.ClosedAt.IsZero() {
			items = append(items, item{a.ClosedAt, historyView{when(a.ClosedAt), "", "Action " + a.State + ": " + a.What, a.ClosedWhy}})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return b.at.Compare(a.at) })
	out := make([]historyView, len(items))
	for i, it := range items {
		out[i] = it.view
	}
	return out
}

// receipts makes the receipts of periods.
func (s *Server) receipts() casework.Receipts {
	return casework.Receipts{Rules: s.sets(), Book: s.opts.Places.Book, Names: s.opts.Places, Zone: s.opts.Zone}
}

type periodView struct {
	page.Frame
	Caption    string
	Receipt    casework.Receipt
	Words      string
	Inputs     page.Table
	Evidence   page.Table
	Said       page.Table
	Rows       []page.CaseFact
	Links      []page.Link
	WouldBe    string
	Back       string
	ShowsHead  bool
	TagOfState page.Tag
}

func (s *Server) periodPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	number, asJSON := strings.CutSuffix(c.Param("n"), ".json")
	n, err := strconv.Atoi(number)
	if err != nil {
		return problem.New(problem.NotFound, "There is no such period of this delay.")
	}
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	seg, _, r, err := s.receipts().Of(k, n)
	if err != nil {
		return err
	}
	if asJSON {
		return c.JSON(http.StatusOK, r)
	}
	_, caption := s.caseTitle(k)
	v := s.periodView(r, seg)
	v.Frame = s.frame(c, "Why "+theseDays(seg.Days())+" "+withWords(seg.Standing.Body))
	if !s.divides() {
		v.TagOfState = page.Tag{}
		v.Frame = s.frame(c, "Why "+theseDays(seg.Days())+" in "+s.opts.Places.Book.Group(seg.Segment.Reason))
	}
	v.Caption, v.Back = caption, "/delays/"+k.Reference
	v.PageTitle = "Receipt " + number + ", " + k.Reference + " – Homeward"
	v.Links = []page.Link{{Text: "JSON", Href: "/delays/" + k.Reference + "/periods/" + number + ".json"}}
	if _, err := k.Correctable(seg.Segment.First.String()); err == nil && s.actor(c).May(people.LogDelays) {
		v.Links = append([]page.Link{{Text: "Correct this period", Href: s.correctHref(k, seg.Segment.First)}}, v.Links...)
	}
	if s.actor(c).May(people.Agree) && s.divides() {
		v.Links = append(
			[]page.Link{{Text: "Answer or dispute", Href: "/agreement/" + casework.SegmentID(k.Reference, seg.Segment.First)}},
			v.Links...)
	}
	return s.page(c, "period", v)
}

func theseDays(n int) string {
	if n == 1 {
		return "this day is"
	}
	return "these " + count(int64(n)) + " days are"
}

func withWords(b delay.Body) string {
	switch b {
	case delay.NotAttributed:
		return "not attributed"
	case delay.NHS:
		return "with the NHS"
	default:
		return "with " + b.String()
	}
}

// periodView lays a receipt out.
func (s *Server) periodView(r casework.Receipt, seg *casework.Segment) periodView {
	v := periodView{Receipt: r, TagOfState: page.Tag{Text: measure.UpperFirst(r.State), Tag: stateTags[seg.State]}}
	v.Words = "“" + r.RuleWords + "” Rule " + r.Rule + ", " + r.RuleSet + " " + r.Version
	if d, err := delay.ParseDay(r.InForce); err == nil {
		v.Words += ", in force from " + d.Long()
	}
	v.Words += "."
	if r.Convention != "" {
		v.Words += " Counted by " + r.Convention + ". " + r.Counted
	}
	v.Inputs = page.Table{
		ID:      "inputs",
		Caption: "What decided",
		Head:    []page.Head{{Text: "Input"}, {Text: "Value"}, {Text: "As it was given"}},
	}
	for _, l := range r.Inputs {
		v.Inputs.Rows = append(v.Inputs.Rows, []page.Cell{{Text: l.Input, Header: true}, {Text: measure.UpperFirst(l.Value)}, {Text: l.Given}})
	}
	v.Evidence = page.Table{ID: "evidence", Caption: "The days and where they stand",
		Head: []page.Head{{Text: "From"}, {Text: "To"}, {Text: "Marked"}, {Text: "Source"}}}
	for _, e := range r.Evidence {
		from, _ := delay.ParseDay(e.From)
		to, _ := delay.ParseDay(e.To)
		v.Evidence.Rows = append(
			v.Evidence.Rows,
			[]page.Cell{{Text: from.Long(), Header: true}, {Text: to.Long()}, {Text: measure.UpperFirst(e.Mark)},
				{Text: e.Source}},
		)
	}
	if !s.divides() { // Nobody proposes or agrees anything (A8).
		v.WouldBe = "Another reason, council or type of care stated by the hospital begins a new period."
		return v
	}
	v.Said = page.Table{ID: "said", Caption: "Who proposed and who agreed", Head: []page.Head{{Text: "When"}, {Text: "Who"}, {Text: "What"},
		{Text: "Words"}}}
	v.Said.Rows = append(v.Said.Rows, []page.Cell{{Text: "First", Header: true}, {Text: s.opts.Places.ProviderWords(r.Provider)},
		{Text: "Proposed: " + seg.Segment.Body.String()}, {Text: "By the rules, from the extract or the log"}})
	for _, e := range r.Said {
		v.Said.Rows = append(v.Said.Rows, []page.Cell{{Text: e.At, Header: true}, {Text: e.Who}, {Text: e.What}, {Text: page.OrNothing(e.Words)}})
	}
	v.WouldBe = "Another reason, body, council or type of care stated by the hospital begins a new period; an answer by the other " +
		"body, or a " +
		"decision, changes this one."
	return v
}

// delayJSON gives a record as data, without identifiers.
func (s *Server) delayJSON(c echo.Context, reference string) error {
	k, err := s.opts.Cases.Case(c.Request().Context(), s.actor(c).Scope(), reference)
	if err != nil {
		return err
	}
	out := struct {
		Reference string       `json:"reference"`
		Provider  string       `json:"provider"`
		Version   string       `json:"version"`
		Delays    []delayShape `json:"delays"`
	}{k.Reference, k.Provider, k.Version, []delayShape{}}
	n := 0
	for i := range k.Delays {
		d := &k.Delays[i]
		one := delayShape{Ready: d.Ready.String(), End: d.End.String(), EndKind: d.EndKind.String(), Moved: d.Moved, Days: d.Days(),
			Ward: d.Ward, Bed: d.Bed, Periods: []casework.Receipt{}}
		for j := range d.Segments {
			n++
			one.Periods = append(one.Periods, s.receipts().For(k, d, &d.Segments[j], n))
		}
		out.Delays = append(out.Delays, one)
	}
	return c.JSON(http.StatusOK, out)
}

type delayShape struct {
	Ready   string `json:"ready_date"`
	End     string `json:"end_date,omitempty"`
	EndKind string `json:"end_kind"`
	// Moved says that it went on as another council's from end_date.
	Moved   bool               `json:"moved,omitempty"`
	Days    int                `json:"days"`
	Ward    string             `json:"ward"`
	Bed     string             `json:"bed"`
	Periods []casework.Receipt `json:"periods"`
}
