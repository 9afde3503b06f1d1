package web

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
	"homeward/internal/published"
	"homeward/internal/web/page"
)

const (
	// addPublishedPath is the path of the form that sends a published file.
	addPublishedPath = publishedPath + "/add"
	publishedFiles   = publishedPath + "/files/"
)

// The fields of the form beside the file. They stand before it, because what
// comes first is read first.
const (
	fieldVintage = "vintage"
	fieldMonth   = "of-month"
)

// largestPublished bounds a published file that is sent, in bytes.
func (s *Server) largestPublished() int64 { return min(s.opts.MaxUpload, published.MaxBytes) }

// publishedForm is the form for one published file.
type publishedForm struct {
	page.Form
	Vintage, Month page.Field
	File           page.Field
	Action         string
}

func (s *Server) addPublishedForm(c echo.Context, vintage, month string) publishedForm {
	v := publishedForm{Form: page.Form{Frame: s.frame(c, "Add a published file")}, Action: addPublishedPath,
		File: page.Field{ID: "file", Label: "File", Hint: "The workbook (.xlsx) or CSV as its publisher issues it, unchanged. Files must be " +
			"smaller than " + strconv.FormatInt(s.largestPublished()>>20, 10) + "MB."},
		Vintage: page.Field{ID: fieldVintage, Label: "Vintage, if the file does not state it", Type: "date", Class: "nhsuk-input--width-10",
			Hint: "The day of publication or revision, like 2026-11-12. The newest vintage of a figure stands.", Value: vintage},
		Month: page.Field{ID: fieldMonth, Label: "Month, if the file does not state it", Class: "nhsuk-input--width-5",
			Hint: "Like 2020-02. Only the old return's files by provider need it.", Value: month}}
	v.Crumbs = []page.Link{{Text: "Published figures", Href: publishedPath}}
	return v
}

func (s *Server) addPublishedPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	return s.page(c, "published-add", s.addPublishedForm(c, "", ""))
}

// addPublished takes a published file from the form and goes on to its receipt.
// One that is refused leaves nothing, and the form says why.
func (s *Server) addPublished(c echo.Context) error {
	r := c.Request()
	s.wholeBody(r, s.largestPublished())
	refused := func(v publishedForm) error {
		v.WrongFields(v.Vintage, v.Month, v.File)
		return s.formPage(c, http.StatusUnprocessableEntity, "published-add", v)
	}
	body, name, fields, err := sentFile(r)
	v := s.addPublishedForm(c, fieldText(fields, fieldVintage), fieldText(fields, fieldMonth))
	if problem.KindOf(err) == problem.Invalid {
		v.File.Error = problem.Sentence(err)
		return refused(v)
	}
	if err != nil {
		return err
	}
	vintage, month := readGiven(&v)
	if v.Vintage.Error != "" || v.Month.Error != "" {
		return refused(v)
	}
	spool, done, err := s.spooled(body)
	if err == nil {
		defer done()
		var k published.Kept
		var added bool
		if k, added, err = s.opts.Published.AddPublished(r.Context(), s.actor(c), name, spool, vintage, month); err == nil {
			said := "The file is added."
			if !added {
				said = "The same bytes were added before, as file " + strconv.FormatInt(k.ID, 10) + ". Nothing changes."
			}
			s.opts.Sessions.Say(r.Context(), said)
			return c.Redirect(http.StatusSeeOther, publishedFiles+strconv.FormatInt(k.ID, 10))
		}
	}
	if problem.KindOf(err) == problem.Invalid {
		v.File.Error = problem.Sentence(err)
		return refused(v)
	}
	return err
}

// fieldText gives a field's text without spaces around it, and a
// question mark where it reads as an NHS number: what is refused is shown again, and that never is (P1).
func fieldText(fields url.Values, name string) string {
	text := strings.TrimSpace(fields.Get(name))
	if nhsnumber.In(text) {
		return "?"
	}
	return text
}

// readGiven reads what was said beside the file; what is wrong stands at its
// field.
func readGiven(v *publishedForm) (vintage delay.Day, month delay.Month) {
	var err error
	if v.Vintage.Value != "" {
		if vintage, err = delay.ParseDay(v.Vintage.Value); err != nil {
			v.Vintage.Error = "Found the vintage " + page.Quote(v.Vintage.Value) + ". Enter a day like 2026-11-12, or nothing"
		}
	}
	if v.Month.Value != "" {
		if month, err = delay.ParseMonth(v.Month.Value); err != nil {
			v.Month.Error = "Found the month " + page.Quote(v.Month.Value) + ". Enter a month like 2020-02, or nothing"
		}
	}
	return vintage, month
}

// publishedReceipt says what one published file states.
type publishedReceipt struct {
	page.Frame
	Said, Caption, Lede string
	Lines               page.Table
	Notes               []string
	Facts               []page.Fact
	Beside              string
	Links               []page.Link
}

// publishedFile answers for one file's receipt and its twins.
func (s *Server) publishedFile(c echo.Context) error {
	text, ext, _ := strings.Cut(c.Param("id"), ".")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 || ext != "" && ext != "json" && ext != "csv" {
		return problem.New(problem.NotFound, "There is no published file at this address. Those that were added are listed on the page of "+
			"published figures.")
	}
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	k, lines, err := s.opts.Published.PublishedFile(c.Request().Context(), id)
	if err != nil {
		return err
	}
	series, _ := published.SeriesNamed(k.Series)
	switch ext {
	case "csv":
		return s.sendCSV(c, "homeward-published-file-"+text+".csv", tallyTwin(k, series, lines))
	case "json":
		return s.sendJSON(c, tallyTwin(k, series, lines))
	}
	v := publishedReceipt{Frame: s.frame(c, "Receipt of a published file"), Caption: series.Title + ", " + series.Publisher,
		Said: s.opts.Sessions.Said(c.Request().Context()), Lines: tallyTable(lines), Notes: k.Notes}
	v.Crumbs = []page.Link{{Text: "Published figures", Href: publishedPath}}
	if c.QueryParam(page.WordView) == "print" {
		v.BodyClass = "app-view-print"
	}
	marks := 0
	for _, l := range lines {
		marks += l.Marks
	}
	v.Lede = plural(int64(k.Values), "figure", "figures") + " of " + k.Periods() + ", vintage " + k.VintageWords() + "."
	if marks > 0 {
		v.Lede += " In place of " + count(int64(marks)) + " of them a mark stands, " +
			"such as * or -: these are kept as marks and never counted as 0."
	}
	if k.Vintage == 0 {
		v.Notes = append([]string{"Nobody said the vintage, so this file counts as older than every file with one."}, v.Notes...)
	}
	v.Facts = []page.Fact{{Name: "File", Value: k.Name}, {Name: "Title in the file", Value: orWords(k.Title, "None")},
		{Name: "Number", Value: strconv.FormatInt(k.ID, 10)}, {Name: "Vintage", Value: k.VintageWords()},
		{Name: "Size", Value: size(k.Bytes)}, {Name: "Added", Value: s.moment(k.At)},
		{Name: "Fingerprint", Value: hex.EncodeToString(k.SHA256[:])}}
	v.Beside = page.Address(publishedPath, url.Values{wordSeries: {k.Series}, wordMonth: {k.Last.Month().String()}})
	v.Links = []page.Link{{Text: "CSV", Href: publishedFiles + text + ".csv"}, {Text: "JSON", Href: publishedFiles + text + ".json"}}
	return s.page(c, "published-file", v)
}

// tallyTable says what a file states, a line for each measure, level and
// breakdown.
func tallyTable(lines []published.Line) page.Table {
	t := page.Table{ID: "lines", Caption: "What the file states",
		Head: []page.Head{{Text: "Level"}, {Text: "Measure"}, {Text: "Broken down by"},
			{Text: "Periods"}, {Text: "Areas", Numeric: true}, {Text: "Figures", Numeric: true}, {Text: "Marks", Numeric: true},
			{Text: "Total of the figures", Numeric: true}}}
	number := func(n int) page.Cell { return page.Cell{Text: count(int64(n)), Class: page.Numeric} }
	for _, l := range lines {
		sum := page.Cell{Text: "does not add up", Class: page.Numeric}
		if l.Adds {
			sum.Text = amount(l.Sum)
		}
		t.Rows = append(t.Rows, []page.Cell{{Text: measure.UpperFirst(string(l.Level)), Header: true},
			{Text: strings.ReplaceAll(l.Measure, "_", " ")}, {Text: orWords(strings.ReplaceAll(l.Dimensions, "; ", ", "), "Nothing")},
			{Text: published.Span(l.Grain, l.First, l.Last)}, number(l.Areas), number(l.Figures), number(l.Marks), sum})
	}
	return t
}

func tallyTwin(k published.Kept, series published.Series, lines []published.Line) page.Twin {
	t := page.Twin{Title: "What published file " + strconv.FormatInt(k.ID, 10) + " states", From: k.First.String(), To: k.Last.String(),
		RuleVersion: series.Name, Definitions: []string{"Sums of the figures of one measure, level and breakdown as they were published, " +
			"without marks; empty where they do not add up: averages, shares, and parts beside their whole."},
		Columns: []page.Column{{Name: "file", Number: true}, {Name: "series"}, {Name: "vintage"}, {Name: "level"}, {Name: "published_measure"},
			{Name: "breakdown"}, {Name: "grain"}, {Name: "first"}, {Name: "last"}, {Name: "areas", Number: true}, {Name: "figures", Number: true},
			{Name: "marks", Number: true}, {Name: "total", Number: true}}}
	vintage := ""
	if k.Vintage != 0 {
		vintage = k.Vintage.String()
	}
	for _, l := range lines {
		sum := ""
		if l.Adds {
			sum = l.Sum.String()
		}
		t.Rows = append(t.Rows, []string{strconv.FormatInt(k.ID, 10), k.Series, vintage, string(l.Level), l.Measure, l.Dimensions,
			string(l.Grain), l.First.String(), l.Last.String(), strconv.Itoa(l.Areas), strconv.Itoa(l.Figures), strconv.Itoa(l.Marks), sum})
	}
	return t
}
