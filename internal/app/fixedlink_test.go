package app_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
)

// waitsOn is an extract of Northgate with so many patients in turn waiting for
// care at home, an assessment or more NHS care, some of whom have left.
func waitsOn(day delay.Day, patients int) string {
	var b strings.Builder
	b.WriteString(northgateHead)
	for i := range patients {
		if int(day-delay.MustDay("2026-03-01")) > 5+i && i%4 == 0 {
			continue
		}
		why := []string{"E,Social Care", "A,NHS", "C,NHS"}[i%3]
		fmt.Fprintf(&b, "%s,RZ1,RZ101,5A,5A-%02d,L%05d,,1941-02-03,F,2026-02-10,%s,Acute,%s,E10000099,1,,\r\n", day, i, i,
			delay.MustDay("2026-02-20")+delay.Day(i%9), why)
	}
	return b.String()
}

// A fixed link that one role copies and another opens a month later shows the
// same figures, title and alt text, whatever has arrived, been said or noted in
// between; rows about people stay with those who may see them (J13, C15, P1).
func TestJ13AFixedLinkAMonthLater(t *testing.T) {
	skipShort(t)
	t.Parallel()
	draw, err := app.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	n := newNorthshire(t)
	now := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	a, err := app.Open(t.Context(), app.Options{Data: n.data(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	site, signIn := a.Site(t, draw, people.Presenter, people.Viewer)
	ingest := func(day delay.Day, patients int) {
		t.Helper()
		now = day.Time().Add(31*time.Hour + 250*time.Millisecond)
		if _, err := a.Ingest.File(t.Context(), "RZ1_"+day.String()+".csv", strings.NewReader(waitsOn(day, patients))); err != nil {
			t.Fatal(err)
		}
	}
	note := func(words string, day delay.Day) {
		t.Helper()
		if _, err := a.Store.AddAnnotation(t.Context(), people.Actor{Kind: people.Machine},
			measure.Annotation{Day: day, Words: words, At: now}); err != nil {
			t.Fatal(err)
		}
	}
	first := delay.MustDay("2026-03-01")
	for d := first; d < first+30; d++ {
		if d != first+12 { // This one arrives late.
			ingest(d, 24+int(d-first)%5)
		}
	}
	note("Home first team started", first+9)

	cookies := map[people.Role]string{}
	ask := func(role people.Role, target string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+target, nil)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Cookie", cookies[role])
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		return w
	}
	page := func(role people.Role, target string) *goquery.Document {
		t.Helper()
		w := ask(role, target)
		doc, err := goquery.NewDocumentFromReader(w.Body)
		if err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s for a %s: %d %v", target, role, w.Code, err)
		}
		return doc
	}
	// shown is what a reader takes from a page: titles, alt texts, pictures,
	// tables and notes, without what has changed since and what can be done today.
	shown := func(doc *goquery.Document) string {
		main := doc.Find("main").Clone()
		main.Find(".app-differences, .app-restart, .app-chart__strip, .app-about, .app-filters, .app-datebar, .app-print-foot, script").Remove()
		main.Find("a").Each(func(_ int, a *goquery.Selection) { // Links lead on to the same moment, and rows are of today.
			a.ReplaceWithHtml(html.EscapeString(a.Text()))
		})
		text, err := main.Html()
		if err != nil {
			t.Fatal(err)
		}
		if main.Find("svg[role=img][aria-label]").Length() == 0 && doc.Find("figure").Length() > 0 {
			t.Fatal("no chart with its alt text")
		}
		return strings.Join(strings.Fields(text), " ")
	}
	twins := func(role people.Role, fixed string) map[string]string {
		t.Helper()
		out := map[string]string{}
		path, query, _ := strings.Cut(fixed, "?")
		for _, ext := range []string{".csv", ".json", ".svg"} {
			if ext == ".svg" && path != "/trends" && !strings.HasPrefix(path, "/charts/") {
				continue
			}
			w := ask(role, path+ext+"?"+query)
			if w.Code != http.StatusOK {
				t.Fatalf("%s%s: %d", path, ext, w.Code)
			}
			out[ext] = w.Body.String()
		}
		return out
	}
	type kept struct {
		target, fixed, shown string
		twins                map[string]string
	}
	cookies[people.Presenter] = signIn(people.Presenter)
	var links []kept
	for _, target := range []string{
		"/trends?measure=M01&grain=day", "/trends?measure=M03&grain=day", "/trends?measure=M07&grain=week",
		"/trends?measure=M08&grain=day&split=reason&chart=line",
		"/trends?measure=M05-21&grain=day", "/reasons", "/flow?grain=day", "/flow?split=responsible", "/overview", "/figures?by=day,reason",
		"/charts/delayed-days", "/charts/council-share",
	} {
		doc := page(people.Presenter, target)
		fixed, _ := doc.Find("#fixed-link").Attr("href")
		if q, err := url.Parse(fixed); err != nil || q.Query().Get("known") == "" || q.Query().Get("basis") == "" || q.Query().Get("from") == "" {
			t.Fatalf("the fixed link of %s is %q", target, fixed)
		}
		links = append(links, kept{target, fixed, shown(doc), twins(people.Presenter, fixed)})
		if got := shown(page(people.Presenter, fixed)); got != links[len(links)-1].shown {
			t.Errorf("%s: behind its fixed link stands something else at once:\n%s", target, differ(links[len(links)-1].shown, got))
		}
	}

	// The month goes on: one extract is late, one is sent again, more come, and
	// notes are put on the charts and taken off.
	now = now.Add(time.Hour)
	if _, err := a.Ingest.File(t.Context(), "late.csv", strings.NewReader(waitsOn(first+12, 27))); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Ingest.File(t.Context(), "again.csv", strings.NewReader(waitsOn(first+20, 31))); err != nil {
		t.Fatal(err)
	}
	for d := first + 30; d < first+60; d++ {
		ingest(d, 30)
	}
	note("Winter ward closed", first+15)
	if err := a.Store.WithdrawAnnotation(t.Context(), people.Actor{Kind: people.Machine}, 1); err != nil {
		t.Fatal(err)
	}
	cookies = map[people.Role]string{people.Viewer: signIn(people.Viewer)}
	for _, l := range links {
		doc := page(people.Viewer, l.fixed)
		if got := shown(doc); got != l.shown {
			t.Errorf("%s: a month later its fixed link shows something else:\n%s", l.target, differ(l.shown, got))
		}
		if bar := strings.Join(strings.Fields(doc.Find(".app-datebar").Text()), " "); !strings.HasPrefix(bar,
			"As known at 8am, 31 March 2026. Data as at 30 March 2026.") {
			t.Errorf("%s: the bar says %q", l.target, bar)
		}
		for ext, got := range twins(people.Viewer, l.fixed) {
			if got != l.twins[ext] {
				t.Errorf("%s: a month later its %s is another:\n%s", l.target, ext, differ(l.twins[ext], got))
			}
		}
		if !strings.HasPrefix(l.target, "/charts/") && !strings.HasPrefix(l.target, "/figures") &&
			doc.Find("#differences tbody tr").Length() == 0 {
			t.Errorf("%s does not say what has changed since", l.target)
		}
		// The same question today has another answer.
		if l.target == "/trends?measure=M01&grain=day" {
			latest, _ := doc.Find(".app-datebar a").Attr("href")
			if got := shown(page(people.Viewer, latest)); got == l.shown || !strings.Contains(got, "Winter ward closed") {
				t.Error("the latest is what was known a month ago")
			}
			differences(t, doc, a, first)
		}
		if got := doc.Find("main a[href^='/days'], main a[href^='/delays']").Length(); got != 0 {
			t.Errorf("%s leads a viewer to rows about people", l.fixed)
		}
	}
	for _, rows := range []string{"/days?from=2026-03-01&to=2026-03-30", "/days.csv?from=2026-03-01&to=2026-03-30", "/today"} {
		w := ask(people.Viewer, rows)
		if w.Code != http.StatusForbidden && w.Code != http.StatusOK {
			t.Errorf("P1 %s: a viewer is answered with %d", rows, w.Code)
		}
		if strings.Contains(w.Body.String(), "5A-0") || strings.Contains(w.Body.String(), "L0000") {
			t.Errorf("P1 %s shows a viewer rows about people", rows)
		}
	}
}

// differences checks that what has changed since is what the days say.
func differences(t *testing.T, doc *goquery.Document, a *app.App, first delay.Day) {
	t.Helper()
	row := doc.Find("#differences tbody tr").First()
	was := strings.ReplaceAll(strings.TrimSpace(row.Find("td").Eq(0).Text()), ",", "")
	is := strings.ReplaceAll(strings.TrimSpace(row.Find("td").Eq(1).Text()), ",", "")
	why := row.Find("td").Eq(3).Text()
	table, err := measure.Figures(t.Context(), a.Store, measure.Query{From: first, To: first + 29}, []measure.Number{measure.Days})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(table.Total) != is || was == is {
		t.Errorf("C15 %s days then and %s now, want %d now", was, is, table.Total)
	}
	for _, cause := range []string{"extracts that arrived later", "extracts that were sent again"} {
		if !strings.Contains(why, cause) {
			t.Errorf("C15 the causes are %q, which do not name %s", why, cause)
		}
	}
}

// differ shows where two texts part.
func differ(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-120)
	return "…" + a[from:min(len(a), i+160)] + "…\n…" + b[from:min(len(b), i+160)] + "…"
}
