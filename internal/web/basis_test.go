package web

import (
	"net/http"
	"strings"
	"testing"

	"homeward/internal/measure"
)

// The partnership's headline is the basis of every page that has one, until the
// address says another; what counts people or asks for a state is as it was.
func TestHeadlineIsTheBasis(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.Places.Headline = measure.BasisAgreed })
	for _, c := range []struct {
		target string
		agreed bool
	}{
		{"/overview", true}, {"/figures", true}, {"/trends", true}, {"/trends?measure=M03&grain=month", true}, {"/reasons", true},
		{"/days", true}, {"/charts/council-share", true},
		{"/overview?basis=counted", false}, {"/figures?basis=counted", false}, {"/trends?basis=counted", false},
		{"/figures?state=disputed", false},
		{"/flow", false}, {"/trends?measure=M08", false},
	} {
		page := s.get(t, c.target)
		if got := strings.Contains(words(page.Find("main")), "agreed days only"); got != c.agreed &&
			(c.agreed || strings.Contains(words(page.Find(".app-showing")), "agreed days only")) {
			t.Errorf("%s says agreed days only: %v", c.target, got)
		}
		fixed, _ := page.Find(".app-about__link, a[href*='basis=']").Last().Attr("href")
		want := "basis=counted"
		if c.agreed {
			want = "basis=agreed"
		}
		if !strings.Contains(fixed, want) {
			t.Errorf("the fixed link of %s is %q, want %s", c.target, fixed, want)
		}
		if n := page.Find("input[name=basis]").Length(); c.target != "/flow" && !strings.HasPrefix(c.target, "/charts") && n != 2 {
			t.Errorf("%s has %d choices of which days count", c.target, n)
		}
	}
	if w := s.ask(http.MethodGet, "/flow?basis=agreed", nil); w.Code != http.StatusBadRequest {
		t.Errorf("flow of agreed days: %d", w.Code)
	}
	plain := newSite(t)
	if got := words(plain.get(t, "/overview").Find(".app-showing")); strings.Contains(got, "agreed") {
		t.Errorf("without a headline the page says %q", got)
	}
}
