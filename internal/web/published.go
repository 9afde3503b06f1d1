package web

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/published"
	"homeward/internal/web/page"
)

// Published gives the national files that were added, and their figures beside
// ours (D8).
type Published interface {
	PublishedFiles(ctx context.Context) ([]published.Kept, error)
	// Beside compares one series in one month, whole or day by day.
	Beside(ctx context.Context, series string, month delay.Month, grain published.Grain) ([]published.Comparison, error)
	// PublishedFile gives one file that was added, with what it states.
	PublishedFile(ctx context.Context, id int64) (published.Kept, []published.Line, error)
	// AddPublished adds a file as the command does. Bytes that were added before
	// change nothing, and added is false. vintage and month are what the form
	// says, zero for what the file says itself.
	AddPublished(ctx context.Context, by people.Actor, name string, file io.Reader, vintage delay.Day, month delay.Month) (
		k published.Kept, added bool, err error)
}

const publishedPath = "/published"

// The query words of the page. Chosen names one comparison by its place in the
// list, as its link does.
const (
	wordSeries = "series"
	wordOf     = "of"
)

var publishedWords = []string{wordSeries, wordMonth, page.WordGrain, wordOf, page.WordView}

func (s *Server) publishedRoutes() []route {
	those := func(act people.Act, handler echo.HandlerFunc) guarded {
		return s.may(act, func(c echo.Context) error {
			if s.opts.Published == nil {
				return problem.New(problem.Unavailable, "The page of published figures is not set up on this machine.")
			}
			return handler(c)
		})
	}
	return []route{
		{http.MethodGet, publishedPath, those(people.SeeFigures, s.publishedPage), false},
		{http.MethodGet, publishedPath + ".csv", those(people.SeeFigures, s.publishedCSV), false},
		{http.MethodGet, publishedPath + ".json", those(people.SeeFigures, s.publishedJSON), false},
		{http.MethodGet, addPublishedPath, those(people.AddPublished, s.addPublishedPage), false},
		{http.MethodPost, addPublishedPath, those(people.AddPublished, s.addPublished), true},
		{http.MethodGet, publishedFiles + ":id", those(people.SeeFigures, s.publishedFile), false},
	}
}

type publishedView struct {
	page.Frame
	Lede           string
	Series, Months []page.Choice
	Grains         []page.Choice
	Showing, Empty string
	Convention     string
	Table          page.Table
	Steps          page.Table
	Notes          []string
	Links          []page.Link
	Files          page.Table
	NoFiles        bool
	// Add leads to the form for a file, for those who may add one.
	Add string
}

// besideAsked is what the address asks for, and the answer.
type besideAsked struct {
	files  []published.Kept
	series published.Series
	month  delay.Month
	grain  published.Grain
	months []delay.Month
	list   []published.Comparison
}

// besideOf reads the address. Without choices the series that came first in the
// list stands, and the latest month that both we and the publisher have.
func (s *Server) besideOf(c echo.Context) (besideAsked, error) {
	ctx, q := c.Request().Context(), c.QueryParams()
	a := besideAsked{grain: published.Monthly}
	for word := range q {
		if !slices.Contains(publishedWords, word) {
			return a, problem.New(problem.Invalid, "We do not recognise %s in the address.%s Words you can use: %s.", page.Quote(word),
				page.Suggest(word, publishedWords), strings.Join(publishedWords, ", "))
		}
	}
	var err error
	if a.files, err = s.opts.Published.PublishedFiles(ctx); err != nil || len(a.files) == 0 {
		return a, err
	}
	name := q.Get(wordSeries)
	if name == "" {
		name = a.files[0].Series
	}
	var ok bool
	if a.series, ok = published.SeriesNamed(name); !ok {
		return a, problem.New(problem.NotFound, "There is no published series %s.", page.Quote(name))
	}
	if text := q.Get(page.WordGrain); text == string(published.Daily) {
		a.grain = published.Daily
	} else if text != "" && text != string(published.Monthly) {
		return a, problem.New(problem.Invalid, "We do not recognise %s as a value of 'grain'. Use month or day.", page.Quote(text))
	}
	a.months = monthsOf(a.files, a.series.Name)
	switch text := q.Get(wordMonth); {
	case text != "":
		if a.month, err = delay.ParseMonth(text); err != nil {
			return a, problem.New(problem.Invalid, "We do not recognise %s as a value of 'month'. Use a month like 2026-03.", page.Quote(text))
		}
	case len(a.months) == 0:
		return a, nil
	default:
		now, err := s.present(ctx)
		if err != nil {
			return a, err
		}
		_, last, err := now.Extent(ctx)
		if err != nil {
			return a, err
		}
		a.month = a.months[len(a.months)-1]
		for _, m := range slices.Backward(a.months) {
			if last != 0 && m <= last.Month() {
				a.month = m
				break
			}
		}
	}
	a.list, err = s.opts.Published.Beside(ctx, a.series.Name, a.month, a.grain)
	return a, err
}

// monthsOf gives the months from the first to the last of a series, at most
// twenty years.
func monthsOf(files []published.Kept, series string) []delay.Month {
	var first, last delay.Month
	for _, k := range files {
		if k.Series == series {
			if first == 0 || k.First.Month() < first {
				first = k.First.Month()
			}
			last = max(last, k.Last.Month())
		}
	}
	if last == 0 {
		return nil
	}
	var out []delay.Month
	for m := max(first, last-239); m <= last; m++ {
		out = append(out, m)
	}
	return out
}

// query is the address of what is shown.
func (a besideAsked) query() url.Values {
	q := url.Values{wordSeries: {a.series.Name}, wordMonth: {a.month.String()}}
	if a.grain == published.Daily {
		q.Set(page.WordGrain, string(a.grain))
	}
	return q
}

func (s *Server) publishedPage(c echo.Context) error {
	a, err := s.besideOf(c)
	if err != nil {
		return err
	}
	v := publishedView{Frame: s.frame(c, "Published figures"), NoFiles: len(a.files) == 0,
		Lede: "What the national bodies published, beside what is counted here. Each difference is listed by cause as far as it is known."}
	if c.QueryParam(page.WordView) == "print" {
		v.BodyClass = "app-view-print"
	}
	if s.opens(addPublishedPath, s.actor(c)) {
		v.Add = addPublishedPath
	}
	if v.NoFiles {
		return s.page(c, "published", v)
	}
	v.Files = s.filesTable(a.files)
	for _, one := range published.AllSeries {
		if slices.ContainsFunc(a.files, func(k published.Kept) bool { return k.Series == one.Name }) {
			v.Series = append(v.Series, page.Choice{Value: one.Name, Text: one.Title + ", " + one.Publisher, Chosen: one.Name == a.series.Name})
		}
	}
	for _, m := range slices.Backward(a.months) {
		v.Months = append(v.Months, page.Choice{Value: m.String(), Text: m.Long(), Chosen: m == a.month})
	}
	v.Grains = []page.Choice{{Value: string(published.Monthly), Text: "The whole month", Chosen: a.grain == published.Monthly},
		{Value: string(published.Daily), Text: "Day by day (situation reports)", Chosen: a.grain == published.Daily}}
	v.Showing = "Showing " + a.series.Title + ", " + a.series.Publisher + ", " + a.month.Long() + "."
	if a.series.Convention != "" {
		v.Convention = "Ours count " + a.series.Words + " (" + a.series.Convention + ")."
	}
	if a.series.Name == published.ReadyDate {
		v.Convention += " The age floor is " + strconv.Itoa(s.opts.DischargeFloor) + "."
	}
	if len(a.list) == 0 {
		v.Empty = "Nothing to compare: the files state no figure of a hospital or council of ours in this month, or we hold no extracts of it."
		return s.page(c, "published", v)
	}
	q := a.query()
	chosen := 0
	if n, err := strconv.Atoi(c.QueryParam(wordOf)); err == nil && n > 0 && n <= len(a.list) {
		chosen = n - 1
	}
	v.Table = besideTable(a, chosen, q)
	v.Steps = stepsTable(a.list[chosen])
	v.Notes = a.list[chosen].Notes
	v.Links = []page.Link{{Text: "CSV", Href: page.Address(publishedPath+".csv", q)},
		{Text: "JSON", Href: page.Address(publishedPath+".json", q)}}
	return s.page(c, "published", v)
}

// amount writes a number with its thousands apart.
func amount(d published.Decimal) string {
	whole, part, _ := strings.Cut(d.String(), ".")
	n, _ := strconv.ParseInt(strings.TrimPrefix(whole, "-"), 10, 64)
	text := measure.Whole(n)
	if part != "" {
		text += "." + part
	}
	if strings.HasPrefix(whole, "-") {
		text = "−" + text
	}
	return text
}

func signed(d published.Decimal) string {
	if d > 0 {
		return "+" + amount(d)
	}
	return amount(d)
}

// of says what a comparison is of, in words.
func besideWords(c published.Comparison) string {
	words := measure.UpperFirst(strings.ReplaceAll(c.Measure, "_", " "))
	if body, ok := strings.CutPrefix(c.Breakdown, "body="); ok {
		words += ", " + body
	}
	if c.Period.Grain == published.Daily {
		words += ", " + c.Period.First.Long()
	}
	return words
}

func besideTable(a besideAsked, chosen int, q url.Values) page.Table {
	t := page.Table{ID: "beside", Caption: "Published and ours, " + a.month.Long(), Stack: true,
		Head: []page.Head{{Text: "Where"}, {Text: "What"},
			{Text: "Published", Numeric: true}, {Text: "Ours", Numeric: true}, {Text: "Difference", Numeric: true},
			{Text: "Not explained", Numeric: true}, {Text: "From one to the other"}}}
	for i, one := range a.list {
		link := page.Cell{Text: "Shown above"}
		if i != chosen {
			q.Set(wordOf, strconv.Itoa(i+1))
			link = page.Cell{Text: "Show " + one.Name + ", " + besideWords(one), Href: page.Address(publishedPath, q) + "#steps-heading"}
		}
		theirs, difference, rest := amount(one.Published), signed(one.Difference()), signed(one.Unexplained())
		if one.Mark != "" {
			theirs, difference, rest = one.Mark, "not known", "not known"
		}
		t.Rows = append(t.Rows, []page.Cell{{Text: one.Name, Header: true}, {Text: besideWords(one)}, {Text: theirs, Class: page.Numeric},
			{Text: amount(one.Ours), Class: page.Numeric}, {Text: difference, Class: page.Numeric}, {Text: rest, Class: page.Numeric}, link})
	}
	q.Del(wordOf)
	return t
}

func stepsTable(c published.Comparison) page.Table {
	t := page.Table{ID: "steps", Caption: c.Name + ", " + besideWords(c) + ": from the published figure to ours",
		Head: []page.Head{{Text: "Step"}, {Text: "Change", Numeric: true}, {Text: "Comes to", Numeric: true}}}
	for _, step := range c.Steps {
		by := page.Cell{Text: signed(step.Value), Class: page.Numeric}
		if step.Total() {
			by.Text = ""
		}
		t.Rows = append(t.Rows, []page.Cell{{Text: measure.UpperFirst(step.Words), Header: true}, by,
			{Text: amount(step.Running), Class: page.Numeric}})
	}
	return t
}

func (s *Server) filesTable(files []published.Kept) page.Table {
	t := page.Table{ID: "files", Caption: "Files, the newest vintage of a series stands before the older ones", Stack: true,
		Head: []page.Head{{Text: "Series"}, {Text: "Vintage"}, {Text: "Periods"},
			{Text: "Figures", Numeric: true}, {Text: "File"}, {Text: "Digest (SHA-256)"}, {Text: "Added"}}}
	for _, k := range slices.Backward(files) {
		series, _ := published.SeriesNamed(k.Series)
		t.Rows = append(t.Rows, []page.Cell{{Text: series.Title, Header: true}, {Text: k.VintageWords()}, {Text: k.Periods()},
			{Text: measure.Whole(int64(k.Values)), Class: page.Numeric},
			{Text: k.Name, Class: "app-file app-breaks", Href: publishedFiles + strconv.FormatInt(k.ID, 10)},
			{Text: hex.EncodeToString(k.SHA256[:6]) + "…", Class: "app-breaks"}, {Text: s.moment(k.At), Class: "app-when"}})
	}
	return t
}

// publishedTwin gives every step of every comparison as rows.
func (s *Server) publishedTwin(c echo.Context) (page.Twin, error) {
	a, err := s.besideOf(c)
	if err != nil {
		return page.Twin{}, err
	}
	now, err := s.present(c.Request().Context())
	if err != nil {
		return page.Twin{}, err
	}
	_, last, err := now.Extent(c.Request().Context())
	if err != nil {
		return page.Twin{}, err
	}
	t := page.Twin{Title: "Published figures beside ours", RuleVersion: a.series.Convention,
		Definitions: []string{"Every step from the published figure to ours; what no cause is known for is not explained."}}
	if a.series.Words != "" {
		t.Definitions = append(t.Definitions, "Ours: "+a.series.Words+" ("+a.series.Convention+").")
	}
	if a.month != 0 {
		t.From, t.To = a.month.First().String(), a.month.Last().String()
	}
	if last != 0 {
		t.AsAt = last.String()
	}
	head, rows := published.Table(a.list)
	for _, name := range head {
		t.Columns = append(t.Columns, page.Column{Name: name, Number: name == "value" || name == "running"})
	}
	t.Rows = rows
	return t, nil
}

func (s *Server) publishedCSV(c echo.Context) error {
	t, err := s.publishedTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-published.csv", t)
}

func (s *Server) publishedJSON(c echo.Context) error {
	t, err := s.publishedTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}
