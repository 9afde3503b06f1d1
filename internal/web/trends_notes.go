package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// noteForm is the form below a chart with which the partnership notes what it
// did. What was typed is kept when something is to be put right.
type noteForm struct {
	Errors             []formError
	Day, Words         string
	DayError           string
	WordsError         string
	ScopeError         string
	Places, Councils   []page.Choice
	OnlyThis, Restart  bool
	Metric, MetricName string
	Return, Token      string
}

// formError is one line of an error summary; it leads to its field.
type formError struct{ Text, Href string }

// identifying finds what may be an NHS number: nine digits or more, with spaces
// or hyphens between them.
var identifying = regexp.MustCompile(`\d(?:[ \-]?\d){8,}`)

// mayAnnotate says whether the reader may add and withdraw notes.
func (s *Server) mayAnnotate(c echo.Context) bool { return s.actor(c).May(people.Annotate) }

// noteForm is the empty form, nil for those who may not add notes and for a
// past moment, on whose charts a new note would not stand.
func (s *Server) noteForm(c echo.Context, a trendAsked, back string) *noteForm {
	if !s.mayAnnotate(c) || a.see.text != "" {
		return nil
	}
	f := &noteForm{Metric: a.Metric.Word, MetricName: a.Metric.Noun, Return: back, Token: visitOf(c.Request().Context()).Token}
	provider, council := "", ""
	if len(a.TrendQuery.Filter.Providers) == 1 {
		provider = a.TrendQuery.Filter.Providers[0]
	}
	if len(a.TrendQuery.Filter.Councils) == 1 {
		council = string(a.TrendQuery.Filter.Councils[0])
	}
	f.choose(s.opts.Places, provider, council)
	return f
}

// choose fills the lists of places with what is chosen.
func (f *noteForm) choose(p page.Places, provider, council string) {
	f.Places = []page.Choice{{Value: "", Text: "All hospitals", Chosen: provider == ""}}
	for _, one := range p.Providers {
		f.Places = append(f.Places, page.Choice{Value: one.Code, Text: one.Name, Chosen: one.Code == provider})
	}
	f.Councils = []page.Choice{{Value: "", Text: "All councils", Chosen: council == ""}}
	for _, one := range p.Councils {
		f.Councils = append(f.Councils, page.Choice{Value: one.Code, Text: one.Name, Chosen: one.Code == council})
	}
}

// noteViews are the notes below a chart.
func (s *Server) noteViews(c echo.Context, notes []chart.Note, see sight) []noteView {
	out := make([]noteView, len(notes))
	may := s.mayAnnotate(c) && see.text == ""
	for i, n := range notes {
		out[i] = noteView{Number: strconv.Itoa(n.Number), Words: n.Words, Day: n.Day.Long(), Compared: n.Compared,
			By: s.notedBy(n)}
		if n.Restart {
			out[i].Restart = "Limits start again with the first reading from this day."
		}
		if may {
			out[i].Withdraw = "/trends/notes/" + strconv.FormatInt(n.ID, 10) + "/withdraw"
		}
	}
	return out
}

// addNote takes the form and goes back to the chart.
func (s *Server) addNote(c echo.Context) error {
	ctx := c.Request().Context()
	field := func(name string) string { return strings.TrimSpace(c.FormValue(name)) }
	back, err := returnQuery(field("return"))
	if err != nil {
		return err
	}
	a := measure.Annotation{Words: strings.Join(strings.Fields(field("words")), " "), Provider: field("provider"),
		Council: delay.Council(field("council")),
		Restart: field("restart") == "yes", By: s.actor(c).Who(), At: s.opts.Now()}
	form := noteForm{Day: field("day"), Words: field("words"), OnlyThis: field("only") != "", Restart: a.Restart}
	wrong := func(into *string, href, words string) {
		*into = words
		form.Errors = append(form.Errors, formError{Text: words, Href: href})
	}
	switch day, err := delay.ParseDay(form.Day); {
	case form.Day == "":
		wrong(&form.DayError, "#note-day", "Enter the day")
	case err != nil:
		wrong(&form.DayError, "#note-day", "Day must be a real date")
	case day > s.today():
		wrong(&form.DayError, "#note-day", "Day must be today or in the past")
	default:
		a.Day = day
	}
	switch {
	case a.Words == "":
		wrong(&form.WordsError, "#note-words", "Enter what happened")
	case utf8.RuneCountInString(a.Words) > measure.AnnotationLimit:
		wrong(&form.WordsError, "#note-words", "What happened must be "+strconv.Itoa(measure.AnnotationLimit)+" characters or less")
	case identifying.MatchString(a.Words) || nhsnumber.In(a.Words):
		wrong(&form.WordsError, "#note-words", "Remove the NHS number. Do not type numbers that identify a person here.")
		form.Words = ""
	}
	if a.Provider != "" && s.opts.Places.ProviderWords(a.Provider) == a.Provider ||
		a.Council != "" && s.opts.Places.CouncilName(a.Council) == "" {
		wrong(&form.ScopeError, "#note-provider", "Select a hospital and a council from the lists")
		a.Provider, a.Council = "", ""
	}
	if form.OnlyThis {
		m, ok := measure.MetricOf(field("only"), s.opts.Places.Book)
		if !ok {
			return problem.New(problem.Invalid, "We do not recognise %s as a measure.", page.Quote(field("only")))
		}
		a.Metric = m.Word
	}
	if len(form.Errors) == 0 {
		if _, err := s.opts.Trends.AddAnnotation(ctx, s.actor(c), a); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, page.Address("/trends", back)+"#notes")
	}
	// The chart is shown again with the form as it was typed.
	r := c.Request().Clone(ctx)
	r.URL = &url.URL{Path: "/trends", RawQuery: back.Encode()}
	again := c.Echo().NewContext(r, c.Response())
	again.SetPath("/trends")
	asked, trend, err := s.trendOf(again)
	if err != nil {
		return err
	}
	v, err := s.trendsView(again, asked, trend)
	if err != nil {
		return err
	}
	if v.NotesAdd == nil {
		return problem.New(problem.Invalid, "%s.", form.Errors[0].Text)
	}
	form.Metric, form.MetricName, form.Return, form.Token = v.NotesAdd.Metric, v.NotesAdd.MetricName, v.NotesAdd.Return, v.NotesAdd.Token
	form.choose(s.opts.Places, a.Provider, string(a.Council))
	v.NotesAdd = &form
	v.PageTitle = "Error: " + v.PageTitle
	return s.pageWith(c, http.StatusBadRequest, "trends", v)
}

// pageWith answers with a page under another status than 200.
func (s *Server) pageWith(c echo.Context, status int, name string, view any) error {
	var b strings.Builder
	t, ok := s.pages[name]
	if !ok {
		return problem.New(problem.Internal, "there is no page template %q", name)
	}
	if err := t.ExecuteTemplate(&b, "layout", view); err != nil {
		return err
	}
	return c.HTML(status, b.String())
}

// returnQuery reads the address to go back to: query words of the trends page
// and nothing else, so that no form can lead elsewhere.
func returnQuery(text string) (url.Values, error) {
	q, err := url.ParseQuery(text)
	if err != nil {
		return nil, problem.New(problem.Invalid, "The form did not say which chart it belongs to. Go back to the trends page and try again.")
	}
	out := url.Values{}
	for _, word := range trendsWords {
		if word == page.WordKnown {
			continue // A note stands on the charts of the present.
		}
		if given := page.Values(q, word); len(given) > 0 {
			out[word] = given
		}
	}
	return out, nil
}

// withdrawNote takes a note off the charts and goes back to the chart.
func (s *Server) withdrawNote(c echo.Context) error {
	back, err := returnQuery(c.FormValue("return"))
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return problem.New(problem.NotFound, "There is no note %s.", page.Quote(c.Param("id")))
	}
	if err := s.opts.Trends.WithdrawAnnotation(c.Request().Context(), s.actor(c), id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, page.Address("/trends", back)+"#notes")
}
