package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"homeward/internal/call"
	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/poster"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// Calls keeps the weekly calls. What a call showed is given as it was stored.
type Calls interface {
	// Preview works out what a call would show now, without charts.
	Preview(ctx context.Context) (*call.Content, error)
	// Start holds the figures of this moment for today's call, and gives its
	// day; a problem of kind Conflict when it has started already.
	Start(ctx context.Context, by people.Actor) (delay.Day, error)
	EndCall(ctx context.Context, day delay.Day) error
	// Withdraw takes back the call of the day that started at the moment; a
	// problem of kind Conflict when that is not possible any more. UndoWithin is
	// for how long after its start it is.
	Withdraw(ctx context.Context, by people.Actor, day delay.Day, started time.Time) error
	UndoWithin() time.Duration
	// WithdrawnCalls gives the calls that were taken back, newest first, without
	// what they showed; WithdrawnCall one with it, or a problem of kind NotFound.
	WithdrawnCalls(ctx context.Context) ([]call.Withdrawn, error)
	WithdrawnCall(ctx context.Context, day delay.Day, number int) (call.Withdrawn, error)
	// Calls gives the calls, newest first, without what they showed; Call one
	// with it, or a problem of kind NotFound.
	Calls(ctx context.Context) ([]call.Record, error)
	Call(ctx context.Context, day delay.Day) (call.Record, error)
	// Since gives the figures of a call as they are known now.
	Since(ctx context.Context, c *call.Content) ([]call.Difference, error)
	CallActions(ctx context.Context, day delay.Day) ([]call.Action, error)
	AddAction(ctx context.Context, by people.Actor, a call.Action) error
	SettleAction(ctx context.Context, by people.Actor, id int64, day delay.Day, state call.State) error
	// ChangeCallAction puts an open action right on the call of the day, and
	// WithdrawCallAction takes one back with a reason; a problem of kind Conflict
	// when that call is over or the action is not open.
	ChangeCallAction(ctx context.Context, by people.Actor, day delay.Day, a call.Action) error
	// Turn gives the slide that the walls of a call are to show, and TurnTo has them
	// show one, or a theme; what is empty stays.
	Turn(ctx context.Context, day delay.Day) (call.Turn, error)
	TurnTo(ctx context.Context, day delay.Day, slide int, theme string) error
	WithdrawCallAction(ctx context.Context, by people.Actor, day delay.Day, id int64, why string) error
}

const (
	callJS     = "js/call.js"
	wordTheme  = "theme"
	wordAction = "action"
	dark       = "dark"
)

// slides is how many slides a call has.
const slides = 9

// callRoutes are the addresses of the weekly call.
func (s *Server) callRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/call", s.may(people.SeeCall, s.calling(s.callHome)), false},
		{post, "/call", s.may(people.RunCall, s.calling(s.startCall)), false},
		{get, "/call/:date", s.may(people.SeeCall, s.calling(s.orWithdrawn(s.callPage))), false},
		{get, "/call/:date/:slide", s.may(people.SeeCall, s.calling(s.orWithdrawn(s.callSlide))), false},
		{get, "/call/:date/withdrawn/:number", s.may(people.SeeCall, s.calling(s.withdrawnCall)), false},
		{post, "/call/:date/withdraw", s.may(people.RunCall, s.calling(s.withdrawCall)), false},
		{post, "/call/:date/end", s.may(people.RunCall, s.calling(s.endCall)), false},
		{get, "/call/:date/actions.csv", s.may(people.SeeCall, s.calling(s.callActionsTwin)), false},
		{get, "/call/:date/actions.json", s.may(people.SeeCall, s.calling(s.callActionsTwin)), false},
		{get, "/call/:date/turn.json", s.may(people.SeeCall, s.calling(s.turnJSON)), false},
		{post, "/call/:date/turn", s.may(people.RunCall, s.calling(s.pressCall)), false},
		{post, "/call/:date/remotes", s.may(people.RunCall, s.calling(s.makeRemote)), false},
		{post, "/call/:date/remotes/:id", s.may(people.RunCall, s.calling(s.revokeRemote)), false},
		{get, remotePath, open(s.calling(s.remotePage)), false},
		{get, remotePath + ".json", s.may(people.TurnSlides, s.calling(s.remoteJSON)), false},
		{post, remotePath, s.may(people.TurnSlides, s.calling(s.pressRemote)), false},
		{get, remotePath + "/:link", open(s.calling(s.remoteLinkPage)), false},
		{post, remotePath + "/open", open(s.calling(s.openRemote)), false},
		{post, "/call/:date/actions", s.may(people.RunCall, s.calling(s.addCallAction)), false},
		{post, "/call/:date/actions/:id", s.may(people.RunCall, s.calling(s.settleCallAction)), false},
	}
}

// calling gives a handler to a program that keeps calls.
func (s *Server) calling(handler echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.opts.Calls == nil {
			return problem.New(problem.Unavailable, "This program keeps no calls.")
		}
		return handler(c)
	}
}

// callHomeView is the page from which a call is started.
type callHomeView struct {
	page.Frame
	Empty  bool
	MayRun bool
	// Today is the way into today's call when it has started.
	Today  page.Link
	Now    string
	Checks []callCheck
	Past   page.Table
	First  bool
	Due    []string
}

// callCheck is one thing to look at before a call starts.
type callCheck struct {
	Name, Tag, TagText, Words string
	More                      page.Link
}

// MayStart says whether the reader may start today's call.
func (v callHomeView) MayStart() bool { return v.MayRun && v.Today.Href == "" }

func (s *Server) callHome(c echo.Context) error {
	ctx := c.Request().Context()
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	records, err := s.opts.Calls.Calls(ctx)
	if err != nil {
		return err
	}
	v := callHomeView{Frame: s.frame(c, "Weekly call"), MayRun: s.actor(c).May(people.RunCall), First: len(records) == 0}
	today := s.today()
	for _, r := range records {
		if r.Day == today {
			v.Today = page.Link{Text: "Open today's call, started at " + clock(r.StartedAt.In(s.opts.Zone)), Href: callPath(r.Day, 1)}
		}
	}
	preview, err := s.opts.Calls.Preview(ctx)
	if err != nil {
		return err
	}
	v.Empty = preview.AsAt == 0
	if !v.Empty {
		v.Now = measure.UpperFirst(peopleAre(preview.Waiting.Total())) + " waiting, as at " + preview.AsAt.Long() + "."
		v.Checks = callChecks(preview)
		if !s.actor(c).May(people.SeeExtracts) {
			v.Checks[0].More = page.Link{}
		}
	}
	actions, err := s.opts.Calls.CallActions(ctx, today)
	if err != nil {
		return err
	}
	v.Due = s.pastDueWords(actions, today)
	withdrawn, err := s.opts.Calls.WithdrawnCalls(ctx)
	if err != nil {
		return err
	}
	v.First = v.First && len(withdrawn) == 0
	v.Past = page.Table{ID: "calls", Caption: "Calls, newest first", HiddenCaption: true, Stack: true,
		Head: []page.Head{{Text: "Call"}, {Text: "Figures held"}, {Text: "Ended"}, {Text: "Slides"}}}
	for _, r := range records {
		ended := "Not ended"
		if !r.EndedAt.IsZero() {
			ended = clock(r.EndedAt.In(s.opts.Zone))
		}
		v.Past.Rows = append(v.Past.Rows, []page.Cell{{Text: r.Day.Long(), Header: true, Href: callPath(r.Day, 0)},
			{Text: s.moment(r.StartedAt)}, {Text: ended}, {Text: "Slides of " + r.Day.Long(), Href: callPath(r.Day, 1)}})
	}
	for _, w := range withdrawn {
		row := []page.Cell{{Text: w.Day.Long() + ", withdrawn", Header: true, Href: withdrawnPath(w)}, {Text: s.moment(w.StartedAt)},
			{Text: "Withdrawn at " + clock(w.WithdrawnAt.In(s.opts.Zone))}, {Text: "Not applicable", Class: "nhsuk-u-secondary-text-colour"}}
		// Below the call that took its place, and above those before.
		at := 0
		for at < len(records) && records[at].Day >= w.Day {
			at++
		}
		records = slices.Insert(records, at, w.Record)
		v.Past.Rows = slices.Insert(v.Past.Rows, at, row)
	}
	return s.page(c, "call", v)
}

func callChecks(p *call.Content) []callCheck {
	in, due := int64(0), int64(0)
	var lacking []string
	for _, h := range p.Hospitals {
		switch measure.Arrival(h.Extract) {
		case measure.In, measure.Late:
			in++
			due++
		case measure.Missing, measure.Held:
			due++
			lacking = append(lacking, h.Name+": "+strings.ToLower(h.Extract))
		}
	}
	extracts := callCheck{
		Name:    "Extracts",
		Tag:     "nhsuk-tag--green",
		TagText: "All in",
		More:    page.Link{Text: "See Extracts", Href: "/extracts"},
		Words:   count(in) + " of " + plural(due, "extract is", "extracts are") + " in.",
	}
	if due == 0 {
		extracts.Tag, extracts.TagText, extracts.Words = "nhsuk-tag--white", "Not due", "No extract is due yet."
	}
	if len(lacking) > 0 {
		extracts.Tag, extracts.TagText = "nhsuk-tag--yellow", "Not all in"
		extracts.Words += " " + strings.Join(lacking, "; ") + "."
	}
	move := callCheck{Name: "Movement since the last call", Tag: "nhsuk-tag--white", TagText: "First call",
		Words: "There is no earlier call to compare with."}
	if p.Movement != nil {
		move.Tag, move.TagText, move.Words = "nhsuk-tag--green", "Adds up", "From "+p.Last.Long()+" to now, every line adds up."
		if !p.Movement.Adds() {
			move.Tag, move.TagText, move.Words = "nhsuk-tag--red", "Does not add up", p.Slides[1].Lines[0]
		}
	}
	settled := callCheck{Name: "Days not settled", Tag: "nhsuk-tag--green", TagText: "None", Words: p.Slides[7].Title + "."}
	if p.Unsettled.Days > 0 {
		settled.Tag, settled.TagText = "nhsuk-tag--yellow", count(p.Unsettled.Days)+" days"
	}
	return []callCheck{extracts, move, settled}
}

func (s *Server) startCall(c echo.Context) error {
	day, err := s.opts.Calls.Start(c.Request().Context(), s.actor(c))
	if problem.KindOf(err) == problem.Conflict {
		day, err = s.today(), nil // Somebody else has just started it.
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, callPath(day, 1))
}

func (s *Server) endCall(c echo.Context) error {
	day, err := readCallDay(c.Param("date"))
	if err != nil {
		return err
	}
	if err := s.opts.Calls.EndCall(c.Request().Context(), day); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, callPath(day, 0))
}

// withdrawCall takes back a call that was started by mistake.
func (s *Server) withdrawCall(c echo.Context) error {
	day, err := readCallDay(c.Param("date"))
	if err != nil {
		return err
	}
	started, err := time.Parse(time.RFC3339Nano, c.FormValue("started"))
	if err != nil {
		return problem.New(problem.Invalid, "The form does not say which call is meant. Open the page of the call and try again.")
	}
	if err := s.opts.Calls.Withdraw(c.Request().Context(), s.actor(c), day, started); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, callPath(day, 0))
}

// orWithdrawn leads from the pages of a call that was withdrawn, which may
// stand on a projector, to the page that says so.
func (s *Server) orWithdrawn(handler echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := handler(c)
		text, asJSON := strings.CutSuffix(c.Param("date"), ".json")
		day, notADay := delay.ParseDay(text)
		if problem.KindOf(err) != problem.NotFound || notADay != nil {
			return err
		}
		all, listErr := s.opts.Calls.WithdrawnCalls(c.Request().Context())
		if listErr != nil {
			return listErr
		}
		for _, w := range all {
			if w.Day != day {
				continue
			}
			if _, callErr := s.opts.Calls.Call(c.Request().Context(), day); callErr == nil {
				return err // The day has another call, which lacks something else.
			}
			if asJSON {
				return problem.New(problem.NotFound, "The call of %s was withdrawn at %s. What it showed is kept under %s.json.", day.Long(),
					s.moment(w.WithdrawnAt), withdrawnPath(w))
			}
			return c.Redirect(http.StatusSeeOther, withdrawnPath(w))
		}
		return err
	}
}

func withdrawnPath(w call.Withdrawn) string {
	return callPath(w.Day, 0) + "/withdrawn/" + strconv.Itoa(w.Number)
}

// withdrawnCall is a withdrawn call as one page. What it showed is kept like
// that of any other (C15).
func (s *Server) withdrawnCall(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	day, err := readCallDay(c.Param("date"))
	if err != nil {
		return err
	}
	text, asJSON := strings.CutSuffix(c.Param("number"), ".json")
	number, err := strconv.Atoi(text)
	if err != nil || text != strconv.Itoa(number) {
		return problem.New(problem.NotFound, "There is no withdrawn call %s of %s. Look at the page of the calls.", page.Quote(text), day.Long())
	}
	w, err := s.opts.Calls.WithdrawnCall(c.Request().Context(), day, number)
	if err != nil {
		return err
	}
	if asJSON {
		return c.Blob(http.StatusOK, "application/json; charset=utf-8", w.Frozen)
	}
	content, err := decodeCall(w.Record)
	if err != nil {
		return err
	}
	v := callPageView{Frame: s.frame(c, "Call of "+day.Long()+", withdrawn"), JSON: withdrawnPath(w) + ".json",
		Held: s.heldWords(content) + madeWords(content)}
	v.BodyClass = "app-call-page"
	v.Crumbs = []page.Link{{Text: "Weekly call", Href: "/call"}}
	v.Withdrawn = []string{fmt.Sprintf("This call was started by mistake. It was withdrawn at %s, by somebody with the role %s.",
		s.moment(w.WithdrawnAt), w.As),
		"What it showed is kept below. No later call compares with it."}
	for _, slide := range content.Slides {
		v.Slides = append(v.Slides, slideOf(content, slide, &callActions{Title: "No actions were logged"}, false))
	}
	return s.page(c, "call-page", v)
}

// callPath is the address of a slide, or of the page view when slide is 0.
func callPath(day delay.Day, slide int) string {
	if slide == 0 {
		return "/call/" + day.String()
	}
	return "/call/" + day.String() + "/" + strconv.Itoa(slide)
}

func readCallDay(text string) (delay.Day, error) {
	day, err := delay.ParseDay(text)
	if err != nil {
		return 0, problem.New(problem.NotFound, "There is no call %s. Calls are named by their day, like 2026-11-04.", page.Quote(text))
	}
	return day, nil
}

// callOf reads the call that an address names.
func (s *Server) callOf(c echo.Context, text string) (call.Record, *call.Content, error) {
	day, err := readCallDay(text)
	if err != nil {
		return call.Record{}, nil, err
	}
	r, err := s.opts.Calls.Call(c.Request().Context(), day)
	if err != nil {
		return r, nil, err
	}
	content, err := decodeCall(r)
	return r, content, err
}

// decodeCall reads what a call showed.
func decodeCall(r call.Record) (*call.Content, error) {
	content, err := call.Decode(r.Frozen)
	if err == nil && len(content.Slides) != slides {
		err = problem.New(problem.Internal, "the call of %s has %d slides", r.Day, len(content.Slides))
	}
	return content, err
}

// callPageView is a call as one page, the accessible and printable version.
type callPageView struct {
	page.Frame
	Held    string
	Slides  []slideView
	Show    page.Link
	Counted page.Link
	JSON    string
	// Since has the figures that are known differently now, Unchanged the others.
	Since, Unchanged page.Table
	Same             bool
	MayRun           bool
	Ended            string
	End              string
	Different        int64
	// Actions are the addresses of the twins of the actions.
	Actions []page.Link
	// Remotes is nil where none can be made.
	Remotes *callRemotes
	Errors  []page.Link
	// Withdrawn says that the call was taken back, empty when it was not.
	Withdrawn []string
	// Undo offers to take the call back, nil when that is not possible.
	Undo *callUndo
}

// callUndo is the form that takes a call back.
type callUndo struct{ Action, Started, Until string }

// Known says whether what is known since stands below the slides.
func (v callPageView) Known() bool { return len(v.Withdrawn) == 0 }

// Compared says whether there were figures to compare.
func (v callPageView) Compared() bool { return len(v.Since.Rows)+len(v.Unchanged.Rows) > 0 }

// UnchangedWords counts the figures that are as they were shown.
func (v callPageView) UnchangedWords() string {
	if v.Same {
		return "The figures"
	}
	return plural(int64(len(v.Unchanged.Rows)), "figure that is the same", "figures that are the same")
}

// MayEnd says whether the reader may end the call.
func (v callPageView) MayEnd() bool { return v.MayRun && v.Ended == "" }

func (s *Server) callPage(c echo.Context) error {
	text, asJSON := strings.CutSuffix(c.Param("date"), ".json")
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView, wordAction); err != nil {
		return err
	}
	r, content, err := s.callOf(c, text)
	if err != nil {
		return err
	}
	if asJSON {
		// The very bytes that were kept when the call started (C15).
		return c.Blob(http.StatusOK, "application/json; charset=utf-8", r.Frozen)
	}
	form, err := s.actionAsked(c)
	if err != nil {
		return err
	}
	return s.showCallPage(c, r, content, form)
}

func (s *Server) showCallPage(c echo.Context, r call.Record, content *call.Content, form actionForm) error {
	ctx := c.Request().Context()
	v := callPageView{Frame: s.frame(c, "Call of "+r.Day.Long()), Show: page.Link{Text: "Show as slides", Href: callPath(r.Day, 1)},
		JSON:   callPath(r.Day, 0) + ".json",
		MayRun: s.actor(c).May(people.RunCall), End: callPath(r.Day, 0) + "/end"}
	v.BodyClass = "app-call-page"
	v.Crumbs = []page.Link{{Text: "Weekly call", Href: "/call"}}
	v.Held = s.heldWords(content) + madeWords(content)
	if s.actor(c).May(people.SeeFigures) {
		v.Counted = page.Link{Text: "How this is counted", Href: "/definitions"}
	}
	if !r.EndedAt.IsZero() {
		v.Ended = "The call ended at " + clock(r.EndedAt.In(s.opts.Zone)) + "."
	}
	actions, err := s.actionsOf(c, r, form, callPath(r.Day, 0), "")
	if err != nil {
		return err
	}
	v.Actions = []page.Link{{Text: "Actions as CSV", Href: callPath(r.Day, 0) + "/actions.csv"},
		{Text: "Actions as JSON", Href: callPath(r.Day, 0) + "/actions.json"}}
	if v.Remotes, err = s.remotesOf(c, r.Day); err != nil {
		return err
	}
	if v.Errors = actions.Errors; len(v.Errors) > 0 {
		v.PageTitle = "Error: " + v.PageTitle
	}
	if until := r.StartedAt.Add(s.opts.Calls.UndoWithin()); v.MayRun && !actions.Noted && !s.opts.Now().After(until) {
		v.Undo = &callUndo{Action: callPath(r.Day, 0) + "/withdraw", Started: r.StartedAt.UTC().Format(time.RFC3339Nano),
			Until: clock(until.In(s.opts.Zone))}
	}
	for _, slide := range content.Slides {
		v.Slides = append(v.Slides, slideOf(content, slide, actions, false))
	}
	diffs, err := s.opts.Calls.Since(ctx, content)
	if err != nil {
		return err
	}
	v.Since = page.Table{ID: "since", Caption: "What was shown and what is known now", HiddenCaption: true, Stack: true,
		Head: []page.Head{
			{Text: "Figure"},
			{Text: "Shown then", Numeric: true},
			{Text: "Same figure now", Numeric: true},
			{Text: "Difference", Numeric: true},
			{Text: "Why"},
		}}
	v.Unchanged = v.Since
	v.Unchanged.ID, v.Unchanged.Caption = "since-same", "What is known now as it was shown"
	for _, d := range diffs {
		t := &v.Unchanged
		if d.Different {
			v.Different++
			t = &v.Since
		}
		t.Rows = append(t.Rows, []page.Cell{{Text: measure.UpperFirst(d.Measure), Header: true}, {Text: d.Then, Class: page.Numeric},
			{Text: d.Now, Class: page.Numeric}, {Text: d.Change, Class: page.Numeric}, {Text: d.Why}})
	}
	v.Same = v.Different == 0
	return s.page(c, "call-page", v)
}

// heldWords is the clock of the data: when the figures were held, and of what.
func (s *Server) heldWords(content *call.Content) string {
	held := content.Held.In(s.opts.Zone)
	words := "Figures held at " + clock(held) + ", " + held.Format("2 January 2006") + "."
	if content.AsAt == 0 {
		return words
	}
	arrived := content.Arrived.In(s.opts.Zone)
	at := clock(arrived)
	if delay.DayOf(arrived) != delay.DayOf(held) {
		at += " on " + arrived.Format("2 January")
	}
	words += " As at " + at + ": " + plural(content.Waiting.Total(), "delay", "delays")
	if content.Logs {
		words += ", " + count(content.Checked) + " checked in 24 hours"
	}
	words += "."
	for _, h := range content.Hospitals {
		if h.Day != 0 && h.Day < content.AsAt && h.Counted {
			words += " " + h.Name + " is from " + delay.Day(h.Day).Time().Format("2 Jan") + "."
		}
	}
	return words
}

// wallWords is the clock of the data in the bar of the wall, in one line.
func (s *Server) wallWords(content *call.Content) string {
	held := content.Held.In(s.opts.Zone)
	words := "Figures held at " + clock(held) + ", " + held.Format("2 January 2006")
	if content.AsAt == 0 {
		return words
	}
	words = "Data as at " + content.AsAt.Long() + " · figures held at " + clock(held)
	if delay.DayOf(held) != delay.Day(content.AsAt)+1 {
		words += ", " + held.Format("2 January")
	}
	var behind []string
	for _, h := range content.Hospitals {
		if h.Day != 0 && h.Day < content.AsAt && h.Counted {
			behind = append(behind, call.ShortName(h.Name)+" is from "+delay.Day(h.Day).Time().Format("2 Jan"))
		}
	}
	switch {
	case len(behind) == 1:
		words += " · " + behind[0]
	case len(behind) > 1:
		words += " · " + plural(int64(len(behind)), "hospital is", "hospitals are") + " from days before"
	}
	return words
}

// slideView is one slide, on the projector or as a part of the page view.
type slideView struct {
	call.Slide
	// Wall is true on the projector, where the title is the page's own heading.
	Wall bool
	ID   string
	// Poster is the drawing of the slide for a wall and for paper; without one the
	// words and tables stand there too.
	Poster template.HTML
	// Long says that the title does not stand on one line of the wall, which was
	// so before posters.
	Long    bool
	Stack   *stackView
	Bars    []barView
	Drawing template.HTML
	// Narrow is the drawing for a phone.
	Narrow template.HTML
	// Notes are the chart's notes below its drawing; on the wall, where there is one
	// line for them, those that fit.
	Notes string
	Icon  template.HTML
	Table *callTable
	// Chart is the chart's table in the page view.
	ChartTable *callTable
	Actions    *callActions
}

type stackView struct {
	Label string
	Parts []stackPart
}

type stackPart struct {
	Body, Name, Value, Share string
	X, Width                 string
	Some                     bool
}

type barView struct{ Name, Words, Width string }

type callTable struct {
	ID, Caption string
	Dense       bool
	// Narrow says that its cells are so short that a phone has room for its columns.
	Narrow bool
	Head   []call.Column
	Rows   []callRow
}

type callRow struct {
	Cells  []callCell
	Strong bool
}

type callCell struct {
	Text, Body      string
	Header, Numeric bool
	// Head names the column, where a phone shows the row as lines.
	Head string
}

func slideOf(content *call.Content, slide call.Slide, actions *callActions, wall bool) slideView {
	v := slideView{Slide: slide, Wall: wall, ID: "slide-" + strconv.Itoa(slide.Number),
		Long: utf8.RuneCountInString(slide.Title) > call.TitleRoom}
	v.Poster = template.HTML(poster.Draw(content, slide).SVG) //nolint:gosec // every word in it is escaped where it is drawn
	if st := slide.Stack; st != nil && st.Count.Total() > 0 {
		v.Stack = stackOf(*st)
	}
	most := int64(1)
	for _, b := range slide.Bars {
		if !b.Rest {
			most = max(most, b.Value)
		}
	}
	for _, b := range slide.Bars {
		bar := barView{Name: b.Name, Words: b.Words, Width: "0"}
		if !b.Rest { // All others together are no bar among the single ones.
			bar.Width = fixed(100 * float64(b.Value) / float64(most))
		}
		v.Bars = append(v.Bars, bar)
	}
	if slide.Table != nil {
		v.Table = callTableOf(v.ID+"-table", *slide.Table)
	}
	if ch := slide.Chart; ch != nil {
		v.Subtitle = cmp.Or(v.Subtitle, ch.Subtitle)
		v.Notes = strings.Join(ch.Notes, " ")
		if wall {
			v.Notes = wallNotes(ch.Notes)
		}
		v.Drawing, v.Narrow, v.Icon = svg([]byte(ch.SVG)), svg([]byte(ch.Narrow)), svg([]byte(ch.Icon))
		v.ChartTable = callTableOf(v.ID+"-chart-table", ch.Table)
	}
	// What stands below the title need not stand among the sentences too.
	v.Lines = slices.DeleteFunc(slices.Clone(v.Lines), func(line string) bool { return line == v.Subtitle })
	if slide.Actions {
		v.Actions = actions
		v.Title = actions.Title
	}
	return v
}

// wallNotes gives the notes that stand on one line of the wall, whole, and says
// how many others there are.
func wallNotes(notes []string) string {
	const room = 94.0 / 1.6 / 1.1 // In letters of the wall's notes, with what another font is wider by.
	for n := len(notes); n >= 0; n-- {
		line := strings.Join(notes[:n], " ")
		switch left := int64(len(notes) - n); {
		case left > 0 && n > 0:
			line += " " + plural(left, "more note", "more notes") + ` under "All slides".`
		case left > 0:
			line = plural(left, "note", "notes") + ` under "All slides".`
		}
		if chart.TextWidth(line, 1) <= room {
			return line
		}
	}
	return ""
}

func stackOf(st call.Stack) *stackView {
	v := &stackView{}
	b, total := st.Count.ByBody(), float64(st.Count.Total())
	x := 0.0
	var words []string
	for _, body := range delay.Bodies {
		width := 1000 * float64(b[body]) / total
		part := stackPart{Body: body.Slug(), Name: measure.UpperFirst(body.String()), Value: count(b[body]),
			Share: measure.PerCent(float64(b[body]) / total),
			X:     fixed(x), Width: fixed(max(width-3, 1)), Some: b[body] > 0}
		x += width
		v.Parts = append(v.Parts, part)
		words = append(words, body.String()+" "+part.Value)
	}
	v.Label = "Bar of " + st.Unit + ": " + strings.Join(words, ", ") + "."
	return v
}

// narrowColumns of cells of narrowLetters fit beside each other on a phone.
const (
	narrowColumns = 6
	narrowLetters = 10
)

func callTableOf(id string, t call.Table) *callTable {
	v := &callTable{ID: id, Caption: t.Caption, Dense: t.Dense, Head: t.Head, Narrow: !t.Dense && len(t.Head) <= narrowColumns}
	for _, r := range t.Rows {
		row := callRow{Strong: r.Strong}
		for i, text := range r.Cells {
			cell := callCell{Text: text, Header: i == 0, Numeric: i < len(t.Head) && t.Head[i].Numeric}
			if r.Body != "" && i == r.BodyAt {
				cell.Body = r.Body
			}
			if i < len(t.Head) {
				cell.Head = t.Head[i].Text
			}
			v.Narrow = v.Narrow && (i == 0 || utf8.RuneCountInString(text) <= narrowLetters)
			row.Cells = append(row.Cells, cell)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// callActions is the last slide: what was promised, and the form for more.
type callActions struct {
	Title string
	// Boxes are the actions of earlier calls, true for done, those that are done
	// first; BoxWords says so in words.
	Boxes    []bool
	BoxWords string
	// Head stands above the rows. Done and Withdrawn name what is done and what was
	// taken back, on the wall, where the rows are what is open.
	Head      string
	Rows      []callActionRow
	Done      string
	Withdrawn []string
	// More says how many do not fit the projector.
	More string
	// Due counts the actions past their date by organisation, in one line.
	Due    string
	MayRun bool
	// Noted says that something was noted on this call of an action.
	Noted  bool
	Token  string
	Action string
	// Change is the action that the form puts right, nil where it logs a new one.
	Change *callActionChange
	// What, Owners and Date are the form's fields, with what was typed.
	What, Date                string
	Owners                    []page.Choice
	WhatError                 string
	OwnerError, DueError      string
	Errors                    []page.Link
	FromWall, Theme, Earliest string
	owner                     string
}

// callActionChange is what the form of an action that is changed has besides the
// fields of a new one.
type callActionChange struct {
	Was, Action, Cancel string
	Why, WhyError       string
}

// FormAction is where the form is sent.
func (a callActions) FormAction() string {
	if a.Change != nil {
		return a.Change.Action
	}
	return a.Action
}

// actionForm is what the form of an action has: which action it changes, none for
// a new one, and what was typed into one that could not be taken.
type actionForm struct {
	id      int64
	typed   url.Values
	trouble []call.Trouble
}

// actionAsked reads which action an address opens to be changed.
func (s *Server) actionAsked(c echo.Context) (actionForm, error) {
	text := c.QueryParam(wordAction)
	if text == "" {
		return actionForm{}, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return actionForm{}, noSuchAction()
	}
	if !s.actor(c).May(people.RunCall) {
		return actionForm{}, problem.New(problem.Forbidden, "A presenter changes actions. Open the call without %s in its address.", wordAction)
	}
	return actionForm{id: id}, nil
}

func noSuchAction() error {
	return problem.New(problem.NotFound, "There is no open action of that number on this call. Check the latest list.")
}

// Settled says whether anything is done or withdrawn, in the line of the wall, and
// DoneAndWithdrawn whether both stand there.
func (a callActions) Settled() bool          { return a.Done != "" || len(a.Withdrawn) > 0 }
func (a callActions) DoneAndWithdrawn() bool { return a.Done != "" && len(a.Withdrawn) > 0 }

// Note is the line below the actions: what is past due, and what does not fit.
func (a callActions) Note() string {
	note := ""
	if a.Due != "" {
		note = a.Due + ". "
	}
	if a.More != "" {
		note += a.More + ` under "All slides".`
	}
	return strings.TrimSpace(note)
}

type callActionRow struct {
	ID, What, Owner, Due, State string
	PastDue                     bool
	// MaySettle shows the buttons that end the action; MayCarry the one that
	// hands it to the next call, for actions of an earlier one.
	MaySettle, MayCarry bool
	Action              string
	// Change is where the action is put right or withdrawn, empty where it may not
	// be.
	Change string
	// Withdrawn says when and by whom it was taken back, and why.
	Withdrawn string
}

// mostBoxes is how many boxes stand in a row.
const mostBoxes = 12

// onWall leaves what fits the wall: what is not done as rows, what is done as one
// line.
func (a *callActions) onWall() {
	var open []callActionRow
	var done []string
	for _, r := range a.Rows {
		switch r.State {
		case string(call.Done):
			done = append(done, r.What)
		case string(call.TakenBack):
			a.Withdrawn = append(a.Withdrawn, r.What)
		default:
			open = append(open, r)
		}
	}
	a.Done, a.Rows, a.Head = strings.Join(done, "; "), open, "Not done yet"
	if n := len(open); n > wallActions {
		a.Rows, a.More = open[:wallActions], plural(int64(n-wallActions), "more action", "more actions")
	}
	if len(a.Boxes) > mostBoxes {
		a.Boxes = nil
	}
}

// wallActions is how many actions fit the projector beside the form.
const wallActions = 4

// organisations are those that can own an action.
func (s *Server) organisations() []page.Place {
	return append(append([]page.Place{}, s.opts.Places.Providers...), s.opts.Places.Councils...)
}

func (s *Server) pastDueWords(actions []call.Action, today delay.Day) []string {
	var out []string
	for _, t := range call.PastDue(actions, today) {
		out = append(out, call.ShortName(s.organisationName(t.Owner))+": "+plural(int64(t.PastDue), "action", "actions")+
			" past the due date, the oldest "+t.Oldest.Long())
	}
	return out
}

// actionsOf makes the last slide. at is the page that it stands on, on which its
// links stay.
func (s *Server) actionsOf(c echo.Context, r call.Record, form actionForm, at, theme string) (*callActions, error) {
	ctx := c.Request().Context()
	all, err := s.opts.Calls.CallActions(ctx, r.Day)
	if err != nil {
		return nil, err
	}
	v := &callActions{MayRun: s.actor(c).May(people.RunCall), Token: visitOf(ctx).Token, Action: callPath(r.Day, 0) + "/actions", Theme: theme}
	// What is open on a call that is over stands on the one that followed.
	mayChange := v.MayRun && r.EndedAt.IsZero()
	if mayChange {
		records, err := s.opts.Calls.Calls(ctx)
		if err != nil {
			return nil, err
		}
		mayChange = len(records) > 0 && records[0].Day == r.Day
	}
	from, done := int64(0), int64(0)
	today := s.today()
	logged := int64(0)
	for _, a := range all {
		state := a.On(r.Day)
		row := callActionRow{ID: strconv.FormatInt(a.ID, 10), What: a.What, Owner: call.ShortName(s.organisationName(a.Owner)),
			Due: a.Due.Time().Format("2 Jan"), State: string(state),
			PastDue: a.PastDue(today), MaySettle: v.MayRun && state == call.Open && a.Stands(), MayCarry: a.Call != r.Day}
		row.Action = v.Action + "/" + row.ID
		v.Noted = v.Noted || slices.Contains([]delay.Day{a.Call, a.Done, a.Carried, a.Changed, a.Withdrawn}, r.Day)
		if mayChange && a.Stands() {
			q := url.Values{wordAction: {row.ID}}
			if theme != "" {
				q.Set(wordTheme, theme)
			}
			row.Change = page.Address(at, q) + "#change"
		}
		if form.id == a.ID && row.Change != "" {
			v.change(a, row, form)
		}
		switch {
		case state == call.TakenBack:
			row.Withdrawn = "Withdrawn at " + s.moment(a.WithdrawnAt) + ", by somebody with the role " + a.As + ": " + a.Why
		case a.Call < r.Day:
			from++
			if state == call.Done {
				done++
			}
		default:
			logged++
		}
		v.Rows = append(v.Rows, row)
	}
	if form.id != 0 && v.Change == nil {
		return nil, noSuchAction()
	}
	for i := range from {
		v.Boxes = append(v.Boxes, i < done)
	}
	v.BoxWords = count(done) + " of " + count(from) + " done"
	v.Head = "Actions"
	switch {
	case from > 0:
		v.Title = count(done) + " of " + plural(from, "action from earlier calls is", "actions from earlier calls are") + " done"
	case logged > 0:
		v.Title = plural(logged, "action", "actions") + " logged on this call"
	default:
		v.Title = "No actions yet"
	}
	for i, t := range call.PastDue(all, today) {
		if i == 0 {
			v.Due = "Past due: "
		} else {
			v.Due += ", "
		}
		v.Due += call.ShortName(s.organisationName(t.Owner)) + " " + count(int64(t.PastDue))
	}
	if v.Change != nil {
		v.Change.Cancel = themed(at, theme) + "#actions"
	} else {
		v.Earliest = today.String() // A date that an action has may have gone by.
		v.What, v.Date, v.owner = form.typed.Get("what"), form.typed.Get("due"), form.typed.Get("owner")
	}
	for _, p := range s.organisations() {
		v.Owners = append(v.Owners, page.Choice{Value: p.Code, Text: p.Name, Chosen: v.owner == p.Code})
	}
	for _, t := range form.trouble {
		switch t.Field {
		case "what":
			v.WhatError = t.Words
		case "owner":
			v.OwnerError = t.Words
		case "why":
			v.Change.WhyError = t.Words
		default:
			v.DueError = t.Words
		}
		v.Errors = append(v.Errors, page.Link{Text: t.Words, Href: "#" + t.Field})
	}
	return v, nil
}

// change has the form put an action right, with what was typed before.
func (a *callActions) change(of call.Action, row callActionRow, form actionForm) {
	a.Change = &callActionChange{Was: of.What, Action: row.Action, Why: form.typed.Get("why")}
	a.What, a.Date, a.owner = of.What, of.Due.String(), of.Owner
	if form.typed.Has("what") {
		a.What, a.Date, a.owner = form.typed.Get("what"), form.typed.Get("due"), form.typed.Get("owner")
	}
}

// callSlideView is one slide on the projector.
type callSlideView struct {
	page.Frame
	Slide       slideView
	Place       string
	Held        string
	First, Last string
	Prev, Next  string
	All         string
	Theme       page.Link
	End         string
	MayRun      bool
	Script      string
	Errors      []page.Link
	// Follow is where the slide asks which one is to be shown, empty where nobody
	// turns it from elsewhere; Turn is the press that it knows of, At the address of
	// the call, Press where the presenter's own turning is noted, empty for nowhere.
	Follow, At, Press string
	Turn              int64
	Number            int
}

func (s *Server) callSlide(c echo.Context) error {
	r, content, number, theme, err := s.slideAsked(c)
	if err != nil {
		return err
	}
	form, err := s.actionAsked(c)
	if err != nil {
		return err
	}
	return s.showSlide(c, r, content, number, theme, form)
}

func (s *Server) slideAsked(c echo.Context) (r call.Record, content *call.Content, number int, theme string, err error) {
	if _, err = s.opts.Places.Read(c.QueryParams(), wordTheme, wordAction); err != nil {
		return
	}
	if theme, err = readTheme(c.QueryParam(wordTheme)); err != nil {
		return
	}
	if r, content, err = s.callOf(c, c.Param("date")); err != nil {
		return
	}
	number, err = strconv.Atoi(c.Param("slide"))
	if err != nil || number < 1 || number > slides || c.Param("slide") != strconv.Itoa(number) {
		err = problem.New(problem.NotFound, "There is no slide %s. Slides are numbered from 1 to %d.", page.Quote(c.Param("slide")), slides)
	}
	return
}

func readTheme(given string) (string, error) {
	switch given {
	case "", "light":
		return "", nil
	case dark:
		return dark, nil
	}
	return "", page.NotAValue(wordTheme, given, []string{"light", dark})
}

func themed(path, theme string) string {
	if theme == "" {
		return path
	}
	return page.Address(path, url.Values{wordTheme: {theme}})
}

func (s *Server) showSlide(c echo.Context, r call.Record, content *call.Content, number int, theme string, form actionForm) error {
	var actions *callActions
	if content.Slides[number-1].Actions {
		var err error
		if actions, err = s.actionsOf(c, r, form, callPath(r.Day, number), theme); err != nil {
			return err
		}
		actions.FromWall = "yes"
		actions.onWall()
	} else if form.id != 0 {
		return noSuchAction()
	}
	v := callSlideView{Frame: s.bareFrame(c.Request().Context(), ""), Slide: slideOf(content, content.Slides[number-1], actions, true),
		Place: fmt.Sprintf("%d of %d", number, slides), Held: s.wallWords(content),
		First: themed(callPath(r.Day, 1), theme), Last: themed(callPath(r.Day, slides), theme), All: callPath(r.Day, 0),
		End: callPath(r.Day, 0) + "/end", MayRun: s.actor(c).May(people.RunCall) && r.EndedAt.IsZero(), Script: s.assets.href(callJS),
		Number: number}
	if number > 1 {
		v.Prev = themed(callPath(r.Day, number-1), theme)
	}
	if number < slides {
		v.Next = themed(callPath(r.Day, number+1), theme)
	}
	v.Title = v.Slide.Title
	v.PageTitle = fmt.Sprintf("%s – call of %s – Homeward", v.Slide.Title, r.Day.Long())
	v.BodyClass = "app-wall"
	v.Theme = page.Link{Text: "Dark", Href: themed(callPath(r.Day, number), dark)}
	if theme == dark {
		v.BodyClass += " app-wall--dark"
		v.Theme = page.Link{Text: "Light", Href: callPath(r.Day, number)}
	}
	if actions != nil {
		v.Errors = actions.Errors
	}
	if err := s.follow(c, r.Day, &v); err != nil {
		return err
	}
	if len(v.Errors) > 0 {
		v.PageTitle = "Error: " + v.PageTitle
	}
	return s.page(c, "call-slide", v)
}

// addCallAction logs what an organisation says that it will do. Numbers that
// can identify a person are refused here, not hidden later (P1).
func (s *Server) addCallAction(c echo.Context) error {
	r, content, theme, err := s.actionSent(c)
	if err != nil {
		return err
	}
	n := call.NewAction{What: typed(c, "what"), Owner: typed(c, "owner"), Due: typed(c, "due")}
	a, trouble := n.Check(page.Codes(s.organisations()), s.today())
	if len(trouble) > 0 {
		return s.actionAgain(c, r, content, theme, actionForm{typed: sentAgain(c), trouble: trouble})
	}
	a.Call = r.Day
	if err := s.opts.Calls.AddAction(c.Request().Context(), s.actor(c), a); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, s.backToActions(c, r.Day, theme))
}

// actionSent reads which call the form of an action was sent from, and in which
// theme.
func (s *Server) actionSent(c echo.Context) (r call.Record, content *call.Content, theme string, err error) {
	if theme, err = readTheme(c.FormValue(wordTheme)); err == nil {
		r, content, err = s.callOf(c, c.Param("date"))
	}
	return
}

// sentAgain gives what was typed into the form of an action, to stand there
// again. What must not stand on the wall is not given back.
func sentAgain(c echo.Context) url.Values {
	form := url.Values{}
	for _, field := range []string{"what", "owner", "due", "why"} {
		if _, sent := c.Request().PostForm[field]; sent {
			form.Set(field, typed(c, field))
		}
	}
	for _, field := range []string{"what", "why"} {
		if form.Has(field) {
			form.Set(field, call.WithoutNumbers(form.Get(field)))
		}
	}
	return form
}

// actionAgain shows a form that could not be taken, on the page that it was sent
// from.
func (s *Server) actionAgain(c echo.Context, r call.Record, content *call.Content, theme string, form actionForm) error {
	if c.FormValue("wall") == "" {
		return s.showCallPage(c, r, content, form)
	}
	return s.showSlide(c, r, content, slides, theme, form)
}

// backToActions is where an action's form leads: back to the slide, or to the
// page view that it was sent from.
func (s *Server) backToActions(c echo.Context, day delay.Day, theme string) string {
	if c.FormValue("wall") == "" {
		return callPath(day, 0) + "#slide-9"
	}
	return themed(callPath(day, slides), theme)
}

// settleCallAction notes that an action is done or carried over, puts it right or
// takes it back.
func (s *Server) settleCallAction(c echo.Context) error {
	r, content, theme, err := s.actionSent(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return noSuchAction()
	}
	ctx, by := c.Request().Context(), s.actor(c)
	var trouble []call.Trouble
	switch c.FormValue("state") {
	case "done":
		err = s.opts.Calls.SettleAction(ctx, by, id, r.Day, call.Done)
	case "carried":
		err = s.opts.Calls.SettleAction(ctx, by, id, r.Day, call.CarriedOver)
	case "changed":
		trouble, err = s.changeCallAction(c, r, id)
	case "withdrawn":
		var why string
		if why, trouble = call.CheckReason(typed(c, "why")); len(trouble) == 0 {
			err = s.opts.Calls.WithdrawCallAction(ctx, by, r.Day, id, why)
		}
	default:
		err = problem.New(problem.Invalid, "Select Done, Carry over, Save changes or Withdraw action.")
	}
	if err != nil {
		return err
	}
	if len(trouble) > 0 {
		return s.actionAgain(c, r, content, theme, actionForm{id: id, typed: sentAgain(c), trouble: trouble})
	}
	return c.Redirect(http.StatusSeeOther, s.backToActions(c, r.Day, theme))
}

// changeCallAction puts an action right, or gives what stands in the way of it.
func (s *Server) changeCallAction(c echo.Context, r call.Record, id int64) ([]call.Trouble, error) {
	ctx := c.Request().Context()
	all, err := s.opts.Calls.CallActions(ctx, r.Day)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(a call.Action) bool { return a.ID == id })
	if at < 0 {
		return nil, noSuchAction()
	}
	n := call.NewAction{What: typed(c, "what"), Owner: typed(c, "owner"), Due: typed(c, "due"), Was: all[at].Due}
	a, trouble := n.Check(page.Codes(s.organisations()), s.today())
	if len(trouble) > 0 {
		return trouble, nil
	}
	a.ID = id
	return nil, s.opts.Calls.ChangeCallAction(ctx, s.actor(c), r.Day, a)
}

// callActionsTwin gives the actions of a call as rows. They are not frozen with
// it: they are as they stand now.
func (s *Server) callActionsTwin(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	r, content, err := s.callOf(c, c.Param("date"))
	if err != nil {
		return err
	}
	all, err := s.opts.Calls.CallActions(c.Request().Context(), r.Day)
	if err != nil {
		return err
	}
	t := page.Twin{Title: "Actions of the call of " + r.Day.Long(), Definitions: []string{}, Convention: content.Convention,
		RuleVersion: content.RuleSet,
		Columns: []page.Column{{Name: "logged_on"}, {Name: "action"}, {Name: "owner"}, {Name: "owner_name"}, {Name: "due"}, {Name: "state"},
			{Name: "past_due"}, {Name: "changed_on"}, {Name: "withdrawn_at"}, {Name: "withdrawn_by_role"}, {Name: "withdrawn_because"}}}
	if content.AsAt != 0 {
		t.AsAt = content.AsAt.String()
	}
	day := func(d delay.Day) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	for _, a := range all {
		past := "no"
		if a.PastDue(s.today()) {
			past = "yes"
		}
		row := []string{a.Call.String(), a.What, a.Owner, s.organisationName(a.Owner), a.Due.String(), string(a.On(r.Day)), past, day(a.Changed),
			"", "", ""}
		if a.On(r.Day) == call.TakenBack {
			copy(row[8:], []string{a.WithdrawnAt.In(s.opts.Zone).Format(time.RFC3339), a.As, a.Why})
		}
		t.Rows = append(t.Rows, row)
	}
	if strings.HasSuffix(c.Path(), ".json") {
		return s.sendJSON(c, t)
	}
	return s.sendCSV(c, "call-"+r.Day.String()+"-actions.csv", t)
}

// Plain says that the slide has words and tables besides its drawing.
func (v slideView) Plain() bool {
	return v.Poster != "" || v.Drawing != ""
}

// madeWords names the rule set and the convention that made a call's figures.
func madeWords(content *call.Content) string {
	words := " Rule set " + content.RuleSet
	if content.Convention != "" {
		words += ", counted by " + content.Convention
	}
	return words + "."
}
