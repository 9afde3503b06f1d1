package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/published"
)

// shelfOfFigures holds one published file of a situation report.
type shelfOfFigures struct{ none bool }

func (f shelfOfFigures) PublishedFiles(context.Context) ([]published.Kept, error) {
	if f.none {
		return nil, nil
	}
	return []published.Kept{{ID: 1, Series: published.AcuteSitrep, Title: "Acute Daily Discharge Situation Report",
		Name: "Daily-discharge-sitrep-<b>October</b>.xlsx", Vintage: delay.MustDay("2026-11-12"), Values: 22_846,
		First: delay.MustDay("2026-10-01"), Last: delay.MustDay("2026-10-31"), At: time.Date(2026, 11, 12, 9, 30, 0, 0, time.UTC)}}, nil
}

func (shelfOfFigures) Beside(_ context.Context, series string, month delay.Month, grain published.Grain) ([]published.Comparison, error) {
	if series != published.AcuteSitrep || month != delay.MonthOf(2026, time.October) {
		return nil, nil
	}
	whole := published.Whole
	one := published.Comparison{Series: series, Period: published.Period{First: month.First(), Grain: grain},
		Level: published.Provider, Code: "RXA", Name: "Royal Northshire",
		Measure: published.Remaining, Convention: "england-drd", Published: whole(1650), Ours: whole(1617), File: 1,
		Steps: []published.Step{
			{Kind: published.IsPublished, Words: "published, 30 days with a figure", Value: whole(1650), Running: whole(1650)},
			{Kind: published.IsCause, Words: "1 day for which the publisher has no figure", Value: whole(50), Running: whole(1700)},
			{Kind: published.NotExplained, Words: "not explained", Value: whole(-83), Running: whole(1617)},
			{Kind: published.IsOurs, Words: "ours: people remaining, day by day, 18 and over", Value: whole(1617), Running: whole(1617)}}}
	hidden := one
	hidden.Code, hidden.Name, hidden.Mark, hidden.Published, hidden.Steps = "RXB", "=Northshire West", "*", 0, one.Steps[3:]
	return []published.Comparison{one, hidden}, nil
}

func (f shelfOfFigures) PublishedFile(ctx context.Context, id int64) (published.Kept, []published.Line, error) {
	files, err := f.PublishedFiles(ctx)
	if err != nil || id != 1 || f.none {
		return published.Kept{}, nil, problem.New(problem.NotFound, "There is no published file %d.", id)
	}
	return files[0], published.Tally([]published.Value{
		{Period: published.Period{First: files[0].First, Grain: published.Daily}, Level: published.Provider, Code: "RXA",
			Measure: published.Remaining, Text: "1650"},
		{Period: published.Period{First: files[0].Last, Grain: published.Daily}, Level: published.Provider, Code: "RXB",
			Measure: published.Remaining, Mark: "*"},
		{Period: published.Period{First: files[0].First, Grain: published.Daily}, Level: published.Provider, Code: "RXA",
			Measure: "average_wait", Text: "2.5"}}), nil
}

func (f shelfOfFigures) AddPublished(_ context.Context, _ people.Actor, name string, file io.Reader, vintage delay.Day, month delay.Month) (
	published.Kept, bool, error) {
	text, err := io.ReadAll(file)
	if err != nil {
		return published.Kept{}, false, err
	}
	if string(text) == "known" {
		return published.Kept{ID: 1}, false, nil
	}
	return published.Kept{}, false, problem.New(problem.Invalid, "%s of %d bytes, vintage %d, month %d: refused.", name, len(text), vintage,
		month)
}

// The page shows the published figure beside ours, the way from one to the
// other, and the files; it works without a script and marks nothing up.
func TestD8PublishedPage(t *testing.T) {
	s := newSite(t)
	w := s.ask(http.MethodGet, "/published", nil)
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, err)
	}
	var steps []string
	doc.Find("#steps tbody tr").Each(func(_ int, r *goquery.Selection) {
		steps = append(steps, strings.Join(strings.Fields(r.Text()), " "))
	})
	for i, want := range []string{"Published, 30 days with a figure 1,650", "1 day for which the publisher has no figure +50 1,700",
		"Not explained −83 1,617", "Ours: people remaining, day by day, 18 and over 1,617"} {
		if i >= len(steps) || steps[i] != want {
			t.Errorf("step %d of %q, expected %q", i+1, steps, want)
		}
	}
	row := strings.Join(strings.Fields(doc.Find("#beside tbody tr").Eq(1).Text()), " ")
	if !strings.Contains(row, "* 1,617 not known not known") {
		t.Errorf("a figure with a mark: %q", row)
	}
	if doc.Find("#files b").Length() != 0 || !strings.Contains(doc.Find("#files").Text(), "<b>October</b>") {
		t.Error("R8 a file's name became markup")
	}
	if doc.Find("form[action='/published'][method=get] button[type=submit]").Length() != 1 ||
		doc.Find("main script, main [style]").Length() != 0 {
		t.Error("the choices need more than a form")
	}
	next, ok := doc.Find("#beside tbody a").First().Attr("href")
	if !ok || !strings.Contains(next, "of=2") {
		t.Errorf("the way to the other comparison: %q", next)
	}
	if w := s.ask(http.MethodGet, strings.Split(next, "#")[0], nil); !strings.Contains(w.Body.String(), "so the difference is not known") &&
		!strings.Contains(w.Body.String(), "Northshire West, Remaining: from the published figure to ours") {
		t.Error("the other comparison is not shown")
	}
}

// The twins have every step, with the convention that made our figures (D3).
func TestD8PublishedTwins(t *testing.T) {
	s := newSite(t)
	rows, err := csv.NewReader(s.ask(http.MethodGet, "/published.csv", nil).Body).ReadAll()
	if err != nil || len(rows) != 1+5 {
		t.Fatal(err, rows)
	}
	if got := rows[len(rows)-1]; got[4] != "'=Northshire West" || got[12] != "england-drd" {
		t.Errorf("R8, D3: %q", got)
	}
}

// What is not understood in an address says so.
func TestPublishedAddresses(t *testing.T) {
	s := newSite(t)
	for target, want := range map[string]int{
		"/published?series=nothing": http.StatusNotFound, "/published?month=soon": http.StatusBadRequest,
		"/published?grain=week": http.StatusBadRequest, "/published?mnth=2026-10": http.StatusBadRequest,
		"/published?series=england-dtoc": http.StatusOK, "/published?month=2020-01": http.StatusOK, "/published?of=99": http.StatusOK,
	} {
		if w := s.ask(http.MethodGet, target, nil); w.Code != want {
			t.Errorf("%s: %d, expected %d", target, w.Code, want)
		}
	}
	empty := newSite(t, func(o *Options) { o.Published = shelfOfFigures{none: true} })
	if w := empty.ask(http.MethodGet, "/published", nil); w.Code != http.StatusOK ||
		!strings.Contains(w.Body.String(), "homeward published add") {
		t.Error("without files it does not say how to add one")
	}
}

// publishedPart is the form with a published file, whose other fields stand
// before it.
func publishedPart(t *testing.T, name, text string, fields ...string) (*bytes.Buffer, string) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		_ = form.WriteField(fields[i], fields[i+1])
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, text)
	_ = form.Close()
	return &b, form.FormDataContentType()
}

// The fields before a file are bounded whatever their names, before the proof
// of the form too (R8).
func TestR8FieldsBeforeAFileAreBounded(t *testing.T) {
	t.Parallel()
	for _, names := range []func(int) string{func(i int) string { return "field" + strconv.Itoa(i) }, func(int) string { return "series" },
		func(int) string { return wordToken }, func(int) string { return "" }} {
		for n, bounded := range map[int]bool{20: false, 21: true, 2000: true} {
			var fields []string
			for i := range n {
				fields = append(fields, names(i), "x")
			}
			body, kind := publishedPart(t, "a.csv", "x", fields...)
			r := httptest.NewRequest(http.MethodPost, "/published/add", body)
			r.Header.Set("Content-Type", kind)
			_, _, got, err := sentFile(r)
			if (err != nil) != bounded {
				t.Errorf("%d fields of %q: %v", n, names(0), err)
			}
			sum := 0
			for _, v := range got {
				sum += len(v)
			}
			if sum > 20 {
				t.Errorf("%d fields of %q are kept", sum, names(0))
			}
		}
	}
}

// A file is sent by an analyst and by nobody else, is bounded, waits in the data
// folder and leaves nothing there; what is wrong stands at its field.
func TestAddPublishedForm(t *testing.T) {
	t.Parallel()
	spool := t.TempDir()
	s := newSite(t, func(o *Options) { o.Spool = spool })
	send := func(role, name, text string, fields ...string) *httptest.ResponseRecorder {
		body, kind := publishedPart(t, name, text, fields...)
		return s.ask(http.MethodPost, addPublishedPath, body, wordAs, role, "Content-Type", kind)
	}
	wrong := func(id, want string, fields ...string) {
		t.Helper()
		w := send("analyst", "a.csv", "text", fields...)
		doc := parse(t, w)
		if got := words(doc.Find(".nhsuk-error-summary__list a[href='#" + id + "']")); w.Code != http.StatusUnprocessableEntity ||
			!strings.Contains(got, want) || doc.Find("#"+id+"[aria-describedby~="+id+"-error]").Length() != 1 {
			t.Errorf("%d, %s: %q, expected %q", w.Code, id, got, want)
		}
		if strings.Contains(doc.Text(), "9434765919") {
			t.Error("P1 an NHS number is shown again")
		}
	}
	wrong("file", "a.csv of 4 bytes, vintage 0, month 0: refused")
	wrong("file", fmt.Sprintf("vintage %d, month %d", delay.MustDay("2026-01-01"), delay.MonthOf(2002, time.March)),
		"vintage", "2026-01-01", "of-month", "2002-03")
	wrong("vintage", "Enter a day like 2026-11-12", "vintage", "soon")
	wrong("vintage", "Enter a day", "vintage", "943 476 5919")
	wrong("of-month", "Enter a month like 2020-02", "of-month", "March")
	if w := send("analyst", "", ""); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "Select a file") {
		t.Errorf("nothing chosen: %d", w.Code)
	}
	if w := send("analyst", "a.csv", ""); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "file is empty") {
		t.Errorf("an empty file: %d", w.Code)
	}
	if w := send("analyst", "a.csv", "known"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/published/files/1" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	if w := send("analyst", "a.csv", strings.Repeat("x", 2<<20)); w.Code != http.StatusRequestEntityTooLarge ||
		!strings.Contains(w.Body.String(), "smaller than 1MB") {
		t.Errorf("R8 too big: %d", w.Code)
	}
	for _, role := range []string{"viewer", "coordinator", "reviewer", "director", "presenter", "administrator"} {
		if w := send(role, "a.csv", "known"); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", role, w.Code)
		}
		if w := s.ask(http.MethodGet, "/published", nil, wordAs, role); strings.Contains(w.Body.String(), addPublishedPath) {
			t.Errorf("%s is offered the form", role)
		}
	}
	if !strings.Contains(s.ask(http.MethodGet, "/published", nil, wordAs, "analyst").Body.String(), `href="/published/add"`) {
		t.Error("the analyst is not led to the form")
	}
	if left, err := os.ReadDir(spool); err != nil || len(left) > 0 {
		t.Errorf("in the spool stay %v, %v", left, err)
	}
}

// A browser that does not say where it comes from proves the form with the token
// before the file.
func TestAddPublishedIsProved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.ask(http.MethodGet, addPublishedPath, nil, wordAs, "analyst")
	cookie := s.visitors.cookies[people.Analyst]
	_, own, _ := strings.Cut(cookie, "=")
	for proof, want := range map[string]int{formToken(own): http.StatusSeeOther, "other": http.StatusForbidden} {
		body, kind := publishedPart(t, "a.csv", "known", wordToken, proof)
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080"+addPublishedPath, body)
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("token %q: %d, expected %d", proof, w.Code, want)
		}
	}
}

// The receipt says what table, of which periods and vintage, how many figures
// and what they come to; its twins say the same.
func TestPublishedReceipt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := s.get(t, "/published/files/1")
	var lines []string
	doc.Find("#lines tbody tr").Each(func(_ int, r *goquery.Selection) { lines = append(lines, words(r)) })
	for i, want := range []string{"Provider average wait Nothing 1 October 2026 1 1 0 does not add up",
		"Provider remaining Nothing 1 October 2026 to 31 October 2026 2 1 1 1,650"} {
		if i >= len(lines) || lines[i] != want {
			t.Errorf("line %d of %q, expected %q", i+1, lines, want)
		}
	}
	if lede := words(doc.Find(".app-lede")); !strings.Contains(lede, "vintage 2026-11-12") || !strings.Contains(lede, "never counted as 0") {
		t.Errorf("the lede: %q", lede)
	}
	rows, err := csv.NewReader(s.ask(http.MethodGet, "/published/files/1.csv", nil).Body).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][12] != "" || rows[2][12] != "1650" {
		t.Errorf("%v, %v", rows, err)
	}
	for target, want := range map[string]int{"/published/files/1.json": 200, "/published/files/2": 404, "/published/files/x": 404,
		"/published/files/1.pdf": 404, "/published/files/1?x=1": 400} {
		if w := s.ask(http.MethodGet, target, nil); w.Code != want {
			t.Errorf("%s: %d, expected %d", target, w.Code, want)
		}
	}
}
