package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/people"
)

// What the marks under the axes of charts are stands once, in the bar of the page,
// and leads to the days those who may see them; the calendar leads on from there.
func TestTheBarSaysOnceWhatTheMarksAre(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, target := range []string{"/trends", "/trends?split=provider", "/overview", "/charts/delayed-days", "/council/E10000099"} {
		doc := parse(t, s.ask(http.MethodGet, target, nil, wordAs, string(people.Analyst)))
		marked := doc.Find(".app-datebar__marked")
		if text := words(marked); marked.Length() != 1 || !strings.HasPrefix(text, "▲ on an axis: ") || !strings.Contains(text, "no extract.") {
			t.Errorf("%s: the bar says %q", target, text)
			continue
		}
		if foot := words(doc.Find(".app-chart__foot")); strings.Contains(foot, "No data for") {
			t.Errorf("%s says it again under a chart: %q", target, foot)
		}
		href, _ := marked.Find("a").Attr("href")
		w := s.ask(http.MethodGet, href, nil, wordAs, string(people.Analyst))
		if w.Code != http.StatusOK {
			t.Errorf("%s leads to %s, which gives %d", target, href, w.Code)
		}
	}
	if doc := s.get(t, "/figures"); doc.Find(".app-datebar__marked").Length() != 0 {
		t.Error("a page without marks explains them")
	}
	// Of several months the newest is open, each says what is not in, and none is lost.
	months := parse(t, s.ask(http.MethodGet, calendarPath+"?from=2026-08-15&to=2026-10-31", nil, wordAs, string(people.Analyst)))
	if got := words(months.Find("details.app-part[open] h2")); got != "October 2026" {
		t.Errorf("open is %q", got)
	}
	n, rows := months.Find("details.app-part:not([open]) .app-part__note").Length(), months.Find("details.app-part tbody tr").Length()
	if n != 2 || rows != 78 {
		t.Errorf("%d months are closed, %d days in all", n, rows)
	}
	calendar := parse(t, s.ask(http.MethodGet, calendarPath, nil, wordAs, string(people.Analyst)))
	n = 0
	calendar.Find("main a[href^='" + calendarPath + "']").Each(func(_ int, a *goquery.Selection) {
		href, _ := a.Attr("href")
		if w := s.ask(http.MethodGet, href, nil, wordAs, string(people.Analyst)); w.Code != http.StatusOK {
			t.Errorf("the calendar leads to %s, which gives %d", href, w.Code)
		}
		n++
	})
	if n < 3 {
		t.Errorf("the calendar leads on by %d links", n)
	}
}
