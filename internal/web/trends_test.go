package web

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
)

// trendPages are addresses of the three pages in their different shapes.
var trendPages = []string{
	"/trends", "/trends?chart=line&compare=last-year&grain=month", "/trends?split=provider&measure=M01&grain=month",
	"/trends?split=responsible&chart=line",
	"/trends?split=reason&chart=line", "/trends?measure=M03&last=13m", "/trends?measure=M07", "/trends?measure=M05-21&split=council",
	"/trends?measure=M08&grain=day&last=30d",
	"/reasons", "/reasons?last=1m", "/flow", "/flow?split=responsible&grain=month", "/flow?last=1d",
}

func TestTrendPagesHaveTheirFrame(t *testing.T) {
	t.Parallel()
	skipShort(t)
	s := newSite(t)
	for _, p := range trendPages {
		t.Run(p, func(t *testing.T) {
			doc := s.get(t, p)
			if doc.Find("h1").Length() != 1 || doc.Find("figure.app-chart").Length() == 0 {
				t.Fatal("a heading or chart is missing")
			}
			ids := map[string]bool{}
			doc.Find("[id]").Each(func(_ int, e *goquery.Selection) {
				id, _ := e.Attr("id")
				if ids[id] {
					t.Errorf("the id %q stands twice", id)
				}
				ids[id] = true
			})
			doc.Find("table").Each(func(_ int, table *goquery.Selection) {
				if table.Find("caption").Length() != 1 || table.Find("th:not([scope])").Length() != 0 {
					t.Error("a table lacks its caption or a scope")
				}
				n := table.Find("thead th").Length()
				table.Find("tr").Each(func(_ int, tr *goquery.Selection) {
					if tr.Find("th,td").Length() != n {
						t.Errorf("%d cells under %d headings: %s", tr.Find("th,td").Length(), n, words(tr))
					}
				})
			})
			if doc.Find("style, [style], script:not([src]):not([type='application/json'])").Length() != 0 {
				t.Error("something inline")
			}
			path, query, _ := strings.Cut(p, "?")
			if w := s.ask(http.MethodGet, path+".json?"+query, nil); w.Code != 200 || !json.Valid(w.Body.Bytes()) {
				t.Errorf("the JSON twin answered %d", w.Code)
			}
			if rows := rowsOf(t, s.ask(http.MethodGet, path+".csv?"+query, nil)); len(rows) == 0 || rows[0]["basis"] != "counted" ||
				rows[0]["measure_id"] == "" {
				t.Error("the CSV twin lacks its rows or its provenance")
			}
			fixed, _ := doc.Find("#fixed-link").Attr("href")
			if again := s.get(t, fixed); words(again.Find("figure.app-chart").First()) != words(doc.Find("figure.app-chart").First()) {
				t.Error("the fixed link shows another chart")
			}
		})
	}
	empty := emptySite(t)
	for _, p := range []string{"/trends", "/reasons", "/flow"} {
		if got := words(empty.get(t, p).Find("main")); !strings.Contains(got, "No extracts are held yet") {
			t.Errorf("%s: found %q", p, got)
		}
	}
}

func TestTrendsEqualTheFigures(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const period = "from=2026-01-05&to=2026-10-25"
	trend := rowsOf(t, s.ask(http.MethodGet, "/trends.csv?measure=M01&split=provider&grain=week&"+period, nil))
	counted := map[string]string{}
	for _, r := range trend {
		counted[r["week"]+" "+r["provider"]] = r["counted"]
		drawn := r["value"] != ""
		if gap := r["provider"] == "RXC" && r["week"] >= "2026-06-01" && r["week"] <= "2026-06-15"; gap == drawn {
			t.Errorf("C6 %s %s: value %q, state %q", r["week"], r["provider"], r["value"], r["state"])
		}
		if drawn && r["value"] != r["counted"] {
			t.Errorf("value %s, counted %s", r["value"], r["counted"])
		}
	}
	figures := rowsOf(t, s.ask(http.MethodGet, "/figures.csv?by=week,provider&"+period, nil))
	if len(figures) == 0 {
		t.Fatal("no figures")
	}
	for _, f := range figures {
		if got := counted[f["week"]+" "+f["provider"]]; got != f["delayed_days"] {
			t.Errorf("%s %s: trend %s, figures %s", f["week"], f["provider"], got, f["delayed_days"])
		}
	}
	t.Run("the chart's table has the numbers of the file", func(t *testing.T) {
		doc := s.get(t, "/trends?measure=M01&grain=month&"+period)
		rows := rowsOf(t, s.ask(http.MethodGet, "/trends.csv?measure=M01&grain=month&"+period, nil))
		cells := doc.Find("#trend-table tbody tr")
		if cells.Length() != len(rows) {
			t.Fatalf("%d rows on the page, %d in the file", cells.Length(), len(rows))
		}
		cells.Each(func(i int, tr *goquery.Selection) {
			if got := digits(words(tr.Find("td").First())); rows[i]["value"] != "" && got != rows[i]["value"] {
				t.Errorf("row %d: page %s, file %s", i, got, rows[i]["value"])
			}
		})
	})
	t.Run("reasons add up to the figures", func(t *testing.T) {
		total := 0
		for _, r := range rowsOf(t, s.ask(http.MethodGet, "/reasons.csv?"+period, nil)) {
			n, _ := strconv.Atoi(r["delayed_days"])
			total += n
		}
		all := 0
		for _, r := range figures {
			n, _ := strconv.Atoi(r["delayed_days"])
			all += n
		}
		if total != all {
			t.Errorf("reasons %d, figures %d", total, all)
		}
	})
	t.Run("C16 flow adds up on every line", func(t *testing.T) {
		for _, r := range rowsOf(t, s.ask(http.MethodGet, "/flow.csv?split=responsible&"+period, nil)) {
			n := func(name string) int { v, _ := strconv.Atoi(r[name]); return v }
			if n("start")+n("new")+n("already_waiting")+n("resumed")+n("moved_in")-n("ended")-n("no_longer_listed")-n("paused")-n("moved_out") !=
				n("end") {
				t.Errorf("found %v", r)
			}
		}
	})
}

func TestTrendAddressesThatAreNotQuiteRight(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct{ target, want string }{
		{"/trends?measure=M99", "We do not recognise 'M99'"},
		{"/trends?measure=M01&measure=M02", "Select one measure"},
		{"/trends?split=ward", "Values you can use: responsible, provider, council, reason, care"},
		{"/trends?chart=pie", "spc, line"},
		{"/trends?split=provider&compare=last-year", "comparison with last year is for one line"},
		{"/trends?measure=M03&split=responsible", "cannot be split by next step"},
		{"/trends?measure=M03&resp=nhs", "Remove the filter on the next step"},
		{"/trends?mesure=M01", "Did you mean 'measure'?"},
		{"/trends.svg?split=provider", "For a picture of one, choose its hospital as a filter"},
		{"/reasons?grain=day", "We do not recognise 'grain'"},
		{"/flow?measure=M01", "We do not recognise 'measure'"},
	} {
		t.Run(c.target, func(t *testing.T) {
			w := s.ask(http.MethodGet, c.target, nil)
			// A picture's address answers in plain text.
			body := html.UnescapeString(w.Body.String())
			if w.Code != 400 || !strings.Contains(body, c.want) {
				t.Errorf("%d %q", w.Code, words(parse(t, w).Find("main")))
			}
		})
	}
}

func TestNotesStandOnTheChartsTheyTouch(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	s.note(t, measure.Annotation{Day: delay.MustDay("2026-05-04"), Words: "Home first team started", Provider: "RXA", Restart: true},
		measure.Annotation{Day: delay.MustDay("2026-08-03"), Words: "<img src=x onerror=alert(1)>"},
		measure.Annotation{Day: delay.MustDay("2026-08-03"), Words: "Only on days", Metric: "M01"})
	whole := s.get(t, "/trends")
	if got := words(whole.Find(".app-notes")); !strings.Contains(got, "4 May 2026: Home first team started") ||
		strings.Contains(got, "Only on days") {
		t.Errorf("found %q", got)
	}
	if strings.Contains(words(whole.Find(".app-notes")), "Limits start again") {
		t.Error("one hospital's change restarts the limits of all")
	}
	if whole.Find("main img").Length() != 0 {
		t.Error("a note became markup")
	}
	if got := words(whole.Find(".app-notes")); !strings.Contains(got, "Average of 13 weeks before") ||
		!strings.Contains(got, "This does not show that one led to the other") {
		t.Errorf("before and after are missing: %q", got)
	}
	if got := words(s.get(t, "/trends?provider=RXA").Find(".app-notes")); !strings.Contains(got, "Limits start again") {
		t.Errorf("found %q", got)
	}
	if got := words(s.get(t, "/trends?split=responsible&chart=line").Find(".app-notes")); !strings.Contains(got, "Home first team started") ||
		strings.Contains(got, "Average of") {
		t.Errorf("notes on several lines: %q", got)
	}
	if got := words(s.get(t, "/trends?split=provider").Find("#trend-1")); !strings.Contains(got, "Home first team started") {
		t.Errorf("a panel does not name its note: %q", got)
	}
	if got := words(s.get(t, "/trends?provider=RXB").Find(".app-notes")); strings.Contains(got, "Home first") {
		t.Errorf("found %q", got)
	}
}

func TestAddingAndWithdrawingNotes(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	post := func(as, target string, fields url.Values) (*httptest.ResponseRecorder, *goquery.Document) {
		if fields.Get("return") == "" {
			fields.Set("return", "measure=M02&provider=RXA&next=//elsewhere.example")
		}
		w := s.ask(http.MethodPost, target, strings.NewReader(fields.Encode()), "Content-Type", "application/x-www-form-urlencoded", wordAs, as)
		return w, parse(t, w)
	}
	analyst := string(people.Analyst)
	t.Run("only those who may annotate see the form", func(t *testing.T) {
		if s.get(t, "/trends").Find("#note-day").Length() != 0 {
			t.Error("the form is shown to an administrator")
		}
		w := s.ask(http.MethodGet, "/trends", nil, wordAs, analyst)
		if parse(t, w).Find("#note-day").Length() != 1 {
			t.Error("an analyst has no form")
		}
		if w, _ := post(string(people.Viewer), "/trends/notes", url.Values{"day": {"2026-05-04"}, "words": {"x"}}); w.Code !=
			http.StatusForbidden {
			t.Errorf("a viewer's note was answered with %d", w.Code)
		}
	})
	for name, c := range map[string]struct {
		fields url.Values
		want   string
	}{
		"no day":             {url.Values{"words": {"Home first"}}, "Enter the day"},
		"a day that is none": {url.Values{"day": {"2026-02-30"}, "words": {"Home first"}}, "Day must be a real date"},
		"a day to come":      {url.Values{"day": {"2027-01-01"}, "words": {"Home first"}}, "Day must be today or in the past"},
		"no words":           {url.Values{"day": {"2026-05-04"}, "words": {"  "}}, "Enter what happened"},
		"51 characters":      {url.Values{"day": {"2026-05-04"}, "words": {strings.Repeat("é", 51)}}, "must be 50 characters or less"},
		"P1 an NHS number":   {url.Values{"day": {"2026-05-04"}, "words": {"Seen 999 000 0530"}}, "Remove the NHS number"},
		"an unknown hospital": {url.Values{"day": {"2026-05-04"}, "words": {"Home first"}, "provider": {"RZZ"}},
			"Select a hospital and a council"},
	} {
		t.Run(name, func(t *testing.T) {
			w, doc := post(analyst, "/trends/notes", c.fields)
			if w.Code != 400 || !strings.Contains(words(doc.Find(".nhsuk-error-summary")), c.want) ||
				!strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
				t.Fatalf("%d %q", w.Code, words(doc.Find(".nhsuk-error-summary")))
			}
			if v, _ := doc.Find("#note-day").Attr("value"); v != c.fields.Get("day") {
				t.Errorf("the day that was typed is not kept: %q", v)
			}
			if strings.Contains(w.Body.String(), "999 000 0530") {
				t.Error("an identifier came back")
			}
			if len(s.notes(t)) != 0 {
				t.Error("a note was kept")
			}
		})
	}
	w, _ := post(analyst, "/trends/notes", url.Values{"day": {"2026-05-04"}, "words": {" Home  first team started "}, "provider": {"RXA"},
		"restart": {"yes"}, "only": {"M02"}})
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/trends?measure=M02&provider=RXA#notes" {
		t.Fatalf("%d %q", w.Code, got)
	}
	n := s.notes(t)[0]
	if n.Words != "Home first team started" || n.Provider != "RXA" || !n.Restart || n.Metric != "M02" || n.By != "analyst@northshire.example" {
		t.Errorf("found %+v", n)
	}
	if w, _ := post(analyst, "/trends/notes/1/withdraw", url.Values{}); w.Code != 303 || len(s.notes(t)) != 0 {
		t.Errorf("%d, %d notes", w.Code, len(s.notes(t)))
	}
	if w, _ := post(analyst, "/trends/notes/1/withdraw", url.Values{}); w.Code != 404 {
		t.Errorf("withdrawing twice was answered with %d", w.Code)
	}
}

// After a long shift the page offers an analyst to start the limits again there;
// others read that one can. The form posts a note with its reason, which stands on
// the charts of that measure for everyone with who noted it and when, in the audit
// log, and can be withdrawn.
func TestALongShiftOffersToStartTheLimitsAgain(t *testing.T) {
	skipShort(t)
	t.Parallel()
	s := ownSite(t)
	const target = "/trends?grain=day&provider=RXA"
	as := func(role people.Role, target string) *goquery.Document {
		return parse(t, s.ask(http.MethodGet, target, nil, wordAs, string(role)))
	}
	viewer := as(people.Viewer, target).Find(".app-restart")
	if text := words(viewer); viewer.Find("form").Length() != 0 || !strings.Contains(text, "An analyst can start the limits again from ") {
		t.Errorf("a viewer reads %q", text)
	}
	for _, other := range []string{"&known=2026-11-02", "&chart=line"} {
		if n := as(people.Analyst, target+other).Find(".app-restart").Length(); n != 0 {
			t.Errorf("%s%s offers a restart", target, other)
		}
	}
	if link := as(people.Viewer, target).Find(".app-chart__strip a[href='#restart']"); link.Length() != 1 {
		t.Error("the chart does not say that its limits may be out of date")
	}
	// A chart of a part says that limits belong to the whole, and leads to it; of
	// several charts each has its own.
	for narrow, want := range map[string][2]string{
		"/trends?grain=day&provider=RXA&resp=nhs":          {"Limits start again for a measure as a whole", "provider=RXA"},
		"/trends?grain=day&provider=RXA&split=responsible": {"Limits start again for a measure as a whole", "provider=RXA"},
		"/trends?grain=day&split=provider":                 {"Each has its own chart", "provider=R"},
	} {
		strip := as(people.Analyst, narrow).Find(".app-restart")
		if text := words(strip); strip.Find("form").Length() != 0 || !strings.Contains(text, want[0]) {
			t.Errorf("%s: %q", narrow, text)
		}
		href, _ := strip.Find("li a").First().Attr("href")
		if !strings.Contains(href, want[1]) || !strings.Contains(href, "grain=day") || !strings.HasSuffix(href, "#restart") ||
			strings.Contains(href, "resp=") || strings.Contains(href, "split=") {
			t.Errorf("%s leads to %q", narrow, href)
		}
		target, _, _ := strings.Cut(href, "#")
		if as(people.Analyst, target).Find(".app-chart").Length() != 1 {
			t.Errorf("%s does not have one chart", target)
		}
	}
	form := as(people.Analyst, target).Find(".app-restart form").First()
	action, _ := form.Attr("action")
	fields := url.Values{}
	form.Find("input").Each(func(_ int, in *goquery.Selection) {
		name, _ := in.Attr("name")
		value, _ := in.Attr("value")
		fields.Set(name, value)
	})
	send := func() *httptest.ResponseRecorder {
		return s.ask(http.MethodPost, action, strings.NewReader(fields.Encode()), "Content-Type", "application/x-www-form-urlencoded",
			wordAs, string(people.Analyst))
	}
	if w := send(); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Enter what happened") || len(s.notes(t)) != 0 {
		t.Errorf("without a reason: %d, %d notes", w.Code, len(s.notes(t)))
	}
	fields.Set("words", "Home first team started")
	if w := send(); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body.String())
	}
	n := s.notes(t)
	if len(n) != 1 || !n[0].Restart || n[0].Metric != "M02" || n[0].Provider != "RXA" || n[0].Day.String() != fields.Get("day") {
		t.Fatalf("found %+v", n)
	}
	after := as(people.Viewer, target)
	if text := words(after.Find(".app-notes")); !strings.Contains(text, "Home first team started") ||
		!strings.Contains(text, "Limits start again with the first reading from this day. ") ||
		!strings.Contains(text, "Noted by an analyst on ") || strings.Contains(text, "@") {
		t.Errorf("others read %q", text)
	}
	if text := words(after.Find(".app-restart")); strings.Contains(text, "again from "+n[0].Day.Long()) {
		t.Errorf("it is offered again: %q", text)
	}
	if text := words(as(people.Viewer, target).Find("main")); strings.Contains(text, "No significant change") {
		t.Error("nothing is said to have changed beside signals")
	}
}

// note puts notes on the charts.
func (s *site) note(t testing.TB, notes ...measure.Annotation) {
	t.Helper()
	for _, n := range notes {
		if _, err := s.office.store.AddAnnotation(t.Context(), people.Actor{Kind: people.Machine}, n); err != nil {
			t.Fatal(err)
		}
	}
}

// notes gives those that stand.
func (s *site) notes(t testing.TB) []measure.Annotation {
	t.Helper()
	all, err := s.office.store.Annotations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A number of days, or of people on a day, opens the rows that it counts, with
// the same filter and dates; of a past moment there are no rows to open.
func TestReasonsAndFlowOpenTheirRows(t *testing.T) {
	skipShort(t)
	t.Parallel()
	s := newSite(t)
	for target, want := range map[string]string{
		"/reasons?from=2026-10-01&to=2026-10-31&provider=RXA":         "/days?basis=counted&from=2026-10-01&provider=RXA&reason=E&to=2026-10-31",
		"/flow?from=2026-10-05&to=2026-11-01&split=responsible":       "/days?basis=counted&from=2026-11-01&resp=social-care&to=2026-11-01",
		"/flow?from=2026-10-05&to=2026-11-01&grain=week&provider=RXA": "/days?basis=counted&from=2026-10-04&provider=RXA&to=2026-10-04",
	} {
		if s.get(t, target).Find("main a[href='"+want+"']").Length() == 0 {
			t.Errorf("%s does not lead to %s", target, want)
		}
		if n := s.get(t, target+"&known=2026-11-02").Find("main a[href^='/days']").Length(); n != 0 {
			t.Errorf("%s of a past moment leads to %d rows of today", target, n)
		}
	}
}

// Names of any kind stay text on every chart, table and file of these pages, now
// and as they were known.
func TestR8HostileNamesOnTrends(t *testing.T) {
	skipShort(t)
	t.Parallel()
	for _, name := range []string{"</script><script>window.__ran=1</script>", "=cmd()|' /C calc'!A0", strings.Repeat("Very long ", 30),
		"\u202etxt.exe \u0645\u0633\u062a\u0634\u0641\u0649"} {
		s := ownSite(t, func(o *Options) {
			o.Places.Partnership = name
			o.rename(name)
		})
		s.note(t, measure.Annotation{Day: delay.MustDay("2026-10-05"), Words: string([]rune(name)[:min(20, len([]rune(name)))])})
		for _, p := range []string{"/trends?split=provider&last=8w", "/trends?provider=RXA&last=8w", "/reasons?provider=RXA&last=1m",
			"/flow?split=provider&last=4w", "/trends?provider=RXA&last=8w&known=2026-10-28"} {
			w := s.ask(http.MethodGet, p, nil)
			if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "<script>window") {
				t.Errorf("%s with %q: %d, or the name became markup", p, name[:8], w.Code)
			}
			parse(t, w).Find("script[type='application/json']").Each(func(_ int, one *goquery.Selection) {
				if !json.Valid([]byte(one.Text())) {
					t.Errorf("%s with %q: the chart's data is broken", p, name[:8])
				}
			})
			path, query, _ := strings.Cut(p, "?")
			for _, row := range rowsOf(t, s.ask(http.MethodGet, path+".csv?"+query, nil)) {
				for column, cell := range row {
					if strings.HasPrefix(cell, "=") {
						t.Errorf("%s: a spreadsheet would run %s", p, column)
					}
				}
			}
		}
	}
}
