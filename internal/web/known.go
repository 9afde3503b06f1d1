package web

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// Known gives what was known at past moments (C15).
type Known interface {
	// At gives the figures and arrivals as they were known at a past moment, and
	// what to call when they are no longer needed. The same moment gives the
	// same answers, whatever has arrived since. A moment that is not over, or
	// before the first extract, is a problem for the reader.
	At(ctx context.Context, at time.Time) (Past, func(), error)
}

// Answers is how much people have said, and of which days.
type Answers struct {
	Count int64
	Days  []AnsweredDays
}

// AnsweredDays are days of one provider of which people have said something.
type AnsweredDays struct {
	Provider    string
	First, Last delay.Day
}

func (a Answers) of(at spot) bool {
	return slices.ContainsFunc(a.Days, func(d AnsweredDays) bool {
		return d.Provider == at.provider && d.First <= at.day && at.day <= d.Last
	})
}

// Past answers as Figures, Trends and Extracts would have at a past moment: the
// notes on its charts are those that stood then.
type Past interface {
	Figures
	Course
	Arrivals(ctx context.Context, from, to delay.Day) ([]measure.ExtractLine, error)
}

// sight is what a page looks at: the present, or a past moment.
type sight struct {
	Past
	// at is the past moment, zero for the present; text is how the address has
	// it.
	at   time.Time
	text string
}

// sight gives what an address asks to look at. A past stays open until the
// request ends.
func (s *Server) sight(c echo.Context, a page.Asked) (sight, error) {
	if a.Known == "" {
		return s.present(c.Request().Context())
	}
	at, err := readMoment(a.Known, s.opts.Zone)
	if err != nil {
		return sight{}, err
	}
	ctx := c.Request().Context()
	past, done, err := s.opts.Known.At(ctx, at)
	if err != nil {
		return sight{}, err
	}
	context.AfterFunc(ctx, done)
	return sight{Past: past, at: at, text: a.Known}, nil
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
	return s.opts.Rules.Name + " " + s.opts.Rules.On(delay.DayOf(v.at.In(s.opts.Zone))).Version
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

// asKnown has the frame of a page say that it looks at a past moment, with the
// way back.
func (s *Server) asKnown(c echo.Context, f *page.Frame, v sight) {
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

func (s *Server) knownField(v sight) *page.KnownField {
	f := &page.KnownField{Type: "date", Value: v.text, Max: (s.today() - 1).String()}
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

// cause is why a figure of one day and provider is no longer what it was.
type cause string

const (
	arrivedLate cause = "extracts that arrived later"
	sentAgain   cause = "extracts that were sent again"
	released    cause = "extracts that were held then"
	notCounted  cause = "extracts that are held now"
	readAnew    cause = "files that were read again with other words"
	saidSince   cause = "answers and entries about these days"
	otherPeople cause = "who is one person, as later evidence shows or people have said"
	laterWords  cause = "what later extracts say of these days"
	otherRules  cause = "rules or settings that have changed"
)

var causes = []cause{arrivedLate, sentAgain, released, notCounted, readAnew, saidSince, otherPeople, laterWords, otherRules}

// reckoning adds up a difference by its causes.
type reckoning struct {
	then, now int64
	by        map[cause]int64
	where     map[cause][]string
}

func (r *reckoning) add(why cause, where string, then, now int64) {
	r.then, r.now = r.then+then, r.now+now
	if then == now {
		return
	}
	if r.by == nil {
		r.by, r.where = map[cause]int64{}, map[cause][]string{}
	}
	r.by[why] += now - then
	if !slices.Contains(r.where[why], where) {
		r.where[why] = append(r.where[why], where)
	}
}

// words says the causes; their numbers add up to the difference.
func (r *reckoning) words() string {
	var out []string
	for _, why := range causes {
		if where := r.where[why]; len(where) > 0 {
			slices.Sort(where)
			named := strings.Join(where, ", ")
			if len(where) > 3 {
				named = plural(int64(len(where)), "hospital", "hospitals")
			}
			amount := signed(r.by[why])
			if r.by[why] == 0 {
				amount = "0 in all"
			}
			out = append(out, amount+" from "+string(why)+": "+named)
		}
	}
	if len(out) == 0 {
		return "No change"
	}
	return strings.Join(out, "; ")
}

// signed writes a difference with its sign.
func signed(n int64) string {
	if n > 0 {
		return "+" + count(n)
	}
	return count(n)
}

// spot is one provider's day, spotBody one body's part of it.
type spot struct {
	provider string
	day      delay.Day
}

type spotBody struct {
	spot
	body delay.Body
}

// comparing compares figures as they were known at a past moment with the same
// figures now, and gives each difference its causes.
type comparing struct {
	s           *Server
	v           sight
	then, now   map[spot]string // the file that counts, by its SHA-256
	heldThen    map[spot]bool
	answers     Answers
	table       page.Table
	differences int
}

// compare prepares to compare figures of the days from from to to.
func (s *Server) compare(ctx context.Context, v sight, from, to delay.Day) (*comparing, error) {
	x := &comparing{s: s, v: v, table: page.Table{ID: "differences", HiddenCaption: true,
		Caption: "Figures as known " + v.words(s) + ", and the same figures now",
		Head: []page.Head{
			{Text: "Measure"},
			{Text: "Shown then", Numeric: true},
			{Text: "Same figure now", Numeric: true},
			{Text: "Difference", Numeric: true},
			{Text: "Why"},
		}}}
	now, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	if x.then, x.heldThen, err = filesOf(ctx, v.Arrivals, from, to); err != nil {
		return nil, err
	}
	if x.now, _, err = filesOf(ctx, now.Arrivals, from, to); err != nil {
		return nil, err
	}
	x.answers, err = now.AnswersSince(ctx, v.at)
	return x, err
}

// why says why a figure of a provider's day is another now.
func (x *comparing) why(at spot) cause {
	was, is := x.then[at], x.now[at]
	switch {
	case was == is && x.answers.of(at):
		return saidSince
	case was == is:
		return laterWords
	case was == "" && x.heldThen[at]:
		return released
	case was == "":
		return arrivedLate
	case is == "":
		return notCounted
	case sumOf(was) == sumOf(is):
		return readAnew
	default:
		return sentAgain
	}
}

// reckon adds up a figure of each provider's day, with why for its causes.
func (x *comparing) reckon(then, now map[spot]int64, why func(spot) cause) reckoning {
	var r reckoning
	for at, was := range then {
		r.add(why(at), x.s.opts.Places.ProviderWords(at.provider), was, now[at])
	}
	for at, is := range now {
		if _, counted := then[at]; !counted {
			r.add(why(at), x.s.opts.Places.ProviderWords(at.provider), 0, is)
		}
	}
	return r
}

// row adds a line, with its difference already in words.
func (x *comparing) row(name, was, is, difference, reason string) {
	if was != is {
		x.differences++
	}
	x.table.Rows = append(x.table.Rows, []page.Cell{{Text: name, Header: true}, {Text: was, Class: page.Numeric},
		{Text: is, Class: page.Numeric}, {Text: difference, Class: page.Numeric}, {Text: reason}})
}

// counted adds a line of a count. The causes may cancel out.
func (x *comparing) counted(name string, r reckoning) {
	if r.by != nil {
		x.differences++
	}
	x.row(name, count(r.then), count(r.now), signed(r.now-r.then), r.words())
}

// follows adds a line that is worked out from the lines above it.
func (x *comparing) follows(name string, was, is float64) {
	x.row(name, oneDecimal(was), oneDecimal(is), signedDecimal(is-was), "It follows from the lines above")
}

// share adds a line of a share, unless there is nothing to divide by.
func (x *comparing) share(name string, part, whole reckoning) {
	if whole.then > 0 && whole.now > 0 {
		was, is := 100*float64(part.then)/float64(whole.then), 100*float64(part.now)/float64(whole.now)
		x.row(name, oneDecimal(was)+"%", oneDecimal(is)+"%", sharePoints(is-was), "It follows from the days above")
	}
}

// view gives the comparison for a page.
func (x *comparing) view() *differencesView {
	d := &differencesView{Heading: "What has changed since", Table: x.table}
	d.Words = "The same days are counted from what has arrived and been answered since then. The causes add up to each difference."
	if x.differences == 0 {
		d.Words = "These figures are the same today."
	}
	if x.answers.Count > 0 {
		d.More = page.UpperFirst(plural(x.answers.Count, "answer or entry has", "answers and entries have")) + " been made since."
	}
	return d
}

// differences compares the overview as it was known with the same figures now.
func (s *Server) differences(ctx context.Context, v sight, then measure.Overview) (*differencesView, error) {
	from := min(then.From, then.AsAt-13)
	q := measure.Query{From: from, To: then.AsAt, By: []measure.Dimension{measure.ByDay, measure.ByProvider, measure.ByResponsible},
		Filter: then.Filter}
	before, err := counts(ctx, v, q)
	if err != nil {
		return nil, err
	}
	now, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	after, err := counts(ctx, now, q)
	if err != nil {
		return nil, err
	}
	x, err := s.compare(ctx, v, from, then.AsAt)
	if err != nil {
		return nil, err
	}
	// People wait whether or not their days are agreed.
	everybody, everybodyNow := before, after
	if then.Filter.Basis != measure.BasisCounted {
		people := q
		people.Filter = then.Filter.On(measure.BasisCounted)
		if everybody, err = counts(ctx, v, people); err != nil {
			return nil, err
		}
		if everybodyNow, err = counts(ctx, now, people); err != nil {
			return nil, err
		}
	}
	var waiting reckoning
	s.reckonWaiting(&waiting, then, everybody, everybodyNow, x.now, x.why)
	days := x.reckon(spots(before, then.From, delay.Bodies[:]...), spots(after, then.From, delay.Bodies[:]...), x.why)
	social := x.reckon(spots(before, then.From, delay.SocialCare), spots(after, then.From, delay.SocialCare), x.why)
	none := x.reckon(spots(before, then.From, delay.NotAttributed), spots(after, then.From, delay.NotAttributed), x.why)
	period := span(then.From, then.To)
	x.counted("People waiting, "+then.AsAt.Long(), waiting)
	x.counted("Delayed days, "+period, days)
	if len(then.Filter.Bodies) == 0 {
		x.counted("Delayed days with social care, "+period, social)
		x.counted("Delayed days not attributed, "+period, none)
		x.share("Council share, "+period, social, days)
	}
	return x.view(), nil
}

// spots adds up the days of some bodies from a day on. A day that went from one
// body to another is the same day.
func spots(m map[spotBody]int64, from delay.Day, bodies ...delay.Body) map[spot]int64 {
	out := map[spot]int64{}
	for k, n := range m {
		if k.day >= from && slices.Contains(bodies, k.body) {
			out[k.spot] += n
		}
	}
	return out
}

// signedDecimal writes a difference of two numbers that are shown with one
// decimal.
func signedDecimal(d float64) string {
	return unsigned.Replace(strings.Replace(fmt.Sprintf("%+.1f", d), "-", "−", 1))
}

// unsigned takes the sign from nothing.
var unsigned = strings.NewReplacer("+0.0", "0.0", "−0.0", "0.0")

// sharePoints writes a difference of shares.
func sharePoints(d float64) string {
	return signedDecimal(d) + " points"
}

// reckonWaiting compares the people waiting: each hospital on the day of its
// latest extract then, or on the day of the figures when that has come since.
func (s *Server) reckonWaiting(r *reckoning, then measure.Overview, before, after map[spotBody]int64, filesNow map[spot]string,
	why func(spot) cause) {
	for _, p := range then.Providers {
		at := spot{p.Code, min(p.Latest, then.AsAt)}
		was := int64(0)
		if p.Latest > then.AsAt-14 {
			was = totalOf(before, at)
		}
		end := spot{p.Code, then.AsAt}
		if filesNow[end] != "" || at.day <= then.AsAt-14 {
			at = end
		}
		r.add(why(at), s.opts.Places.ProviderWords(p.Code), was, totalOf(after, at))
	}
}

func totalOf(m map[spotBody]int64, at spot) (n int64) {
	for _, b := range delay.Bodies {
		n += m[spotBody{at, b}]
	}
	return n
}

func counts(ctx context.Context, f measure.Source, q measure.Query) (map[spotBody]int64, error) {
	cells, err := f.Cells(ctx, q)
	if err != nil {
		return nil, err
	}
	out := make(map[spotBody]int64, len(cells))
	for _, c := range cells {
		out[spotBody{spot{c.Provider, c.Period}, c.Body}] += c.Days
	}
	return out, nil
}

// filesOf gives the file that counts for each provider's day, by its SHA-256,
// and the days whose file is held.
func filesOf(ctx context.Context, arrivals func(context.Context, delay.Day, delay.Day) ([]measure.ExtractLine, error),
	from, to delay.Day) (counted map[spot]string, held map[spot]bool, err error) {
	lines, err := arrivals(ctx, from, to)
	if err != nil {
		return nil, nil, err
	}
	counted, held = map[spot]string{}, map[spot]bool{}
	for _, line := range lines {
		for _, d := range line.Days {
			switch d.Arrival {
			case measure.In, measure.Late:
				counted[spot{line.Code, d.Day}] = readingOf(d.File, d.Reading)
			case measure.Held:
				held[spot{line.Code, d.Day}] = true
			}
		}
	}
	return counted, held, nil
}
