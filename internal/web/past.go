package web

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/revision"
	"homeward/internal/web/page"
)

// Pasts gives what was known at past moments (C15).
type Pasts interface {
	// At gives the figures and arrivals as they were known at a past moment, and
	// what to call when they are no longer needed. The same moment gives the
	// same answers, whatever has arrived since. A moment that is not over, or
	// before the first extract, is a problem for the reader.
	At(ctx context.Context, at time.Time) (Past, func(), error)
}

// Past answers as Figures, Trends and Extracts would have at a past moment: the
// notes on its charts are those that stood then.
type Past interface {
	Figures
	Course
	Ledgers
	Arrivals(ctx context.Context, from, to delay.Day) ([]measure.ExtractLine, error)
}

// sight is what a page looks at: the present, or a past moment.
type sight struct {
	Past
	// at is the past moment, zero for the present; text is how the address has
	// it.
	at   time.Time
	text string
	// book is what the partnership counted by at that moment.
	book *definition.Book
}

// divides says whether days were divided between bodies at the moment looked at
// (A8): a change of the rules that came later says nothing of it.
func (v sight) divides() bool { return v.book.Divides() }

// measures leaves the council share out where days were not divided.
func (v sight) measures(ids ...string) []string {
	if v.divides() {
		return ids
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id == measure.CouncilShare })
}

// sight gives what an address asks to look at, and has its filter count by the
// book of that moment. A past stays open until the request ends.
func (s *Server) sight(c echo.Context, a *page.Asked) (sight, error) {
	if a.Moment == "" {
		return s.present(c.Request().Context())
	}
	at, err := readMoment(a.Moment, s.opts.Zone)
	if err != nil {
		return sight{}, err
	}
	ctx := c.Request().Context()
	past, done, err := s.opts.Pasts.At(ctx, at)
	if err != nil {
		return sight{}, err
	}
	context.AfterFunc(ctx, done)
	a.Filter.Book = s.opts.Places.Book.Known(at)
	return sight{Past: past, at: at, text: a.Moment, book: a.Filter.Book}, nil
}

// momentForms are the ways to write a moment of the service's zone.
var momentForms = []string{"2006-01-02T15:04", "2006-01-02T15:04:05"}

// readMoment reads a day, which means its end, or a day and a time in the zone,
// or a time that has its own zone.
func readMoment(text string, zone *time.Location) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Microsecond), nil
	}
	for _, form := range momentForms {
		if at, err := time.ParseInLocation(form, text, zone); err == nil {
			return at, nil
		}
	}
	// A plus sign in an address stands for a space.
	if at, err := time.Parse(time.RFC3339, strings.Replace(text, " ", "+", 1)); err == nil {
		return at, nil
	}
	return time.Time{}, problem.New(problem.Invalid, "We do not recognise %s as a value of 'known'. Use a day like 2026-10-28, which means "+
		"its end, or a day and a time like 2026-10-28T09:58.", page.Quote(text))
}

// words says the moment: a day that was asked for as a day stands as one.
func (v sight) words(s *Server) string {
	if _, err := time.Parse(time.DateOnly, v.text); err == nil {
		return "on " + v.at.In(s.opts.Zone).Format("2 January 2006")
	}
	return "at " + s.moment(v.at)
}

// keep adds the moment to a query that leads on from a page.
func (v sight) keep(q url.Values) url.Values {
	if v.text != "" {
		q.Set(page.WordKnown, v.text)
	}
	return q
}

// momentText writes a moment as addresses have it: to the microsecond, as it is
// kept.
func momentText(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999999Z07:00") }

// ruleVersionAt names the rule set that was in force at the moment looked at, so
// that a file of a past moment is the same whenever it is asked for.
func (s *Server) ruleVersionAt(v sight) string {
	if v.text == "" {
		return s.ruleVersion()
	}
	return s.sets().Known(v.at).Words(delay.DayOf(v.at.In(s.opts.Zone)))
}

// fix has the fixed link of a page name the moment that it shows, so that the
// same figures stand behind it whatever arrives later (C15). path is the page's,
// q its query with real dates.
func (s *Server) fix(ctx context.Context, a *page.About, v sight, path string, q url.Values) {
	if v.text != "" {
		a.RuleSet = s.ruleVersionAt(v)
		return // q has the moment already.
	}
	now, err := s.now(ctx)
	var at time.Time
	if err == nil {
		at, err = now.Learnt(ctx)
	}
	if err != nil {
		s.opts.Log.Error("a fixed link could not name its moment", "error", err)
		return
	}
	if at.IsZero() {
		return
	}
	fixed := maps.Clone(q)
	fixed.Set(page.WordKnown, momentText(at))
	a.Fixed = page.Address(path, fixed)
}

// asOfMoment has the frame of a page say that it looks at a past moment, with the
// way back.
func (s *Server) asOfMoment(c echo.Context, f *page.Frame, v sight) {
	if v.text == "" {
		return
	}
	f.DateBar = "As known " + v.words(s) + ". " + s.dateBarOf(c.Request().Context(), v)
	q := maps.Clone(c.QueryParams())
	q.Del(page.WordKnown)
	f.Latest = &page.Link{Text: "Show latest", Href: page.Address(c.Path(), q)}
	if strings.Contains(c.Path(), ":") {
		f.Latest.Href = page.Address(c.Request().URL.Path, q)
	}
}

func (s *Server) momentField(v sight) *page.MomentField {
	f := &page.MomentField{Type: "date", Value: v.text, Max: (s.today() - 1).String()}
	if v.text == "" {
		return f
	}
	if _, err := time.Parse(time.DateOnly, v.text); err != nil {
		// The field has whole seconds: the next one still has all of this moment.
		up := v.at.Add(time.Second - 1).Truncate(time.Second)
		f.Type, f.Value, f.Max = "datetime-local", up.In(s.opts.Zone).Format("2006-01-02T15:04:05"), ""
	}
	return f
}

// differencesView is what has changed since a past moment.
type differencesView struct {
	Heading string
	Words   string
	Table   page.Table
	More    string
}

// since is the moment that a page looks at beside the present.
func (s *Server) since(ctx context.Context, v sight) (revision.Since, error) {
	now, err := s.now(ctx)
	return revision.Since{Then: v, At: v.at, Now: now, Names: s.opts.Places}, err
}

// differences asks for a comparison of what a page shows with the present, and
// lays it out.
func (s *Server) differences(ctx context.Context, v sight, ask func(revision.Since) (*revision.Comparison, error)) (*differencesView,
	error) {
	since, err := s.since(ctx, v)
	if err != nil {
		return nil, err
	}
	x, err := ask(since)
	if err != nil {
		return nil, err
	}
	d := &differencesView{Heading: "What has changed since",
		Words: "The same days are counted from what has arrived and been answered since then. The causes add up to each difference.",
		Table: changesTable("differences", "Figures as known "+v.words(s)+", and the same figures now", "Shown then", x.Lines)}
	if x.Differing == 0 {
		d.Words = "These figures are the same today."
	}
	if x.Readings != "" {
		d.Words += " " + x.Readings
	}
	if x.Answers > 0 {
		d.More = measure.UpperFirst(plural(x.Answers, "answer or entry has", "answers and entries have")) + " been made since."
	}
	return d, nil
}

// changesTable lays out figures then and now. was is the heading of then.
func changesTable(id, caption, was string, lines []revision.Line) page.Table {
	t := page.Table{ID: id, Caption: caption, HiddenCaption: true,
		Head: []page.Head{{Text: "Measure"}, {Text: was, Numeric: true}, {Text: "Same figure now", Numeric: true},
			{Text: "Difference", Numeric: true}, {Text: "Why"}}}
	for _, l := range lines {
		t.Rows = append(t.Rows, []page.Cell{{Text: l.Name, Header: true}, {Text: l.Was, Class: page.Numeric}, {Text: l.Is, Class: page.Numeric},
			{Text: l.Difference, Class: page.Numeric}, {Text: l.Why}})
	}
	return t
}
