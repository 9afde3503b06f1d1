package web

import (
	"net/http"
	"strings"
	"testing"
)

// Delayed days lead to the bridge from a month that is shown, else from the last
// whole one, and only where somebody listed everybody in a bed then: every link
// that stands opens (D8).
func TestD8FiguresLeadToTheBridge(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	s.office.stays = listing()
	const these, october = "Walk these days to the situation report", "Walk October 2026 to the situation report"
	for target, want := range map[string]string{
		"/figures?rows=council&columns=month&from=2026-10-01&to=2026-10-31":              these,
		"/figures?rows=council&columns=month&from=2026-08-01&to=2026-11-04":              october,
		"/figures?by=council&from=2026-08-01&to=2026-11-04":                              october,
		"/figures?rows=council&columns=month&from=2026-08-01&to=2026-11-04&provider=RXA": october,
		"/figures?rows=council&columns=month&from=2026-08-01&to=2026-11-04&provider=RXC": "",
		"/figures?rows=council&columns=month&from=2026-08-01&to=2026-08-31":              "",
		"/figures?by=council&from=2026-08-01&to=2026-08-31":                              "",
		"/figures?rows=council&columns=month&from=2026-10-05&to=2026-11-03":              "",
		"/figures?rows=reason&from=2026-10-01&to=2026-10-31&pathway=1":                   "",
	} {
		doc := s.get(t, target)
		links := doc.Find(`main a[href^="/bridge"], .app-about a[href^="/bridge"]`)
		if got := words(links.First()); got != want {
			t.Errorf("%s leads on by %q, want %q", target, got, want)
		}
		if href, ok := links.Attr("href"); ok {
			if w := s.ask(http.MethodGet, href, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "October 2026") {
				t.Errorf("%s leads to %s: %d", target, href, w.Code)
			}
		}
	}
	// The total of a list of one month is the way itself.
	total := s.get(t, "/figures?by=council&from=2026-10-01&to=2026-10-31").Find("tfoot a")
	if href, _ := total.Attr("href"); !strings.HasPrefix(href, "/bridge") {
		t.Errorf("the total of October leads to %q", href)
	}
}
