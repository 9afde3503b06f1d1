package web

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"homeward/internal/problem"
)

func TestPacksAreServedAsTheyWereMade(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if w := s.ask(http.MethodGet, "/packs/2026-10-28", nil); w.Code != http.StatusSeeOther ||
		w.Header().Get("Location") != "/packs/2026-10-28/" {
		t.Errorf("without its slash: %d to %q", w.Code, w.Header().Get("Location"))
	}
	for target, want := range map[string]struct{ kind, style, disposition string }{
		"/packs/2026-10-28/":           {"text/html; charset=utf-8", "style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", ""},
		"/packs/2026-10-28/index.html": {"text/html; charset=utf-8", "style-src 'sha256-", ""},
		"/packs/2026-10-28/people.svg": {"image/svg+xml", "style-src 'none'", ""},
		"/packs/2026-10-28/people.csv": {"text/csv; charset=utf-8", "style-src 'none'", `attachment; filename="homeward-2026-10-28-people.csv"`},
	} {
		w := s.ask(http.MethodGet, target, nil)
		policy := w.Header().Get("Content-Security-Policy")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != want.kind || w.Header().Get("Content-Disposition") != want.disposition {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
		}
		if !strings.Contains(policy, want.style) || !strings.Contains(policy, "sandbox allow-downloads") || strings.Contains(policy, "unsafe") ||
			!strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s has the policy %q", target, policy)
		}
	}
	for _, target := range []string{"/packs/2026-10-27", "/packs/2026-10-27/", "/packs/2026-10-28/key", "/packs/2026-10-27/about",
		"/packs/..%2f/", "/packs/2026-10-28/..%2fidentity.key"} {
		if w := s.ask(http.MethodGet, target, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestPacksPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := s.get(t, "/packs")
	if got := words(doc.Find("#packs tbody tr")); !strings.Contains(got, "1 sent, 1 waiting") {
		t.Errorf("the list says %q", got)
	}
	if got := words(doc.Find("#plans tbody tr")); got != "Weekly pack Every Monday at 7:45am The last Sunday Northshire This page, 2 e-mail "+
		"addresses 7:45am, 9 November 2026" {
		t.Errorf("the plan says %q", got)
	}
	// One damaged pack does not hide the others.
	s.opts.Packs.(*shelf).damaged = errors.Join(problem.New(problem.Unavailable,
		"The manifest of the pack 2026-10-27 could not be read. Restore it."))
	doc = s.get(t, "/packs")
	if doc.Find("#packs tbody tr").Length() != 1 || !strings.Contains(words(doc.Find(".nhsuk-inset-text")), "2026-10-27 could not be read") {
		t.Errorf("with a damaged pack: %s", words(doc.Find("main")))
	}
	if w := s.ask(http.MethodGet, "/packs.json", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"waiting":1`) {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
}

func TestAboutAPack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := s.get(t, "/packs/2026-10-28/about")
	rows := doc.Find("#deliveries tbody tr")
	if got := words(rows.Eq(0)); got != "director@northshire.example Mail Sent 9:59am, 28 October 2026 Nothing" {
		t.Errorf("what was sent: %q", got)
	}
	if got := words(rows.Eq(1)); got != "lead@northshire.example Mail Waiting Next try at 10:14am, 28 October 2026 The mail server does not "+
		"answer." {
		t.Errorf("what waits: %q", got)
	}
	if href, _ := doc.Find("main a[href^='/overview']").Attr("href"); href != "/overview?known=2026-10-28T09%3A58%3A00&provider=RXA" {
		t.Errorf("it is compared at %q", href)
	}
	if href, _ := doc.Find("#files a").First().Attr("href"); href != "/packs/2026-10-28/index.html" {
		t.Errorf("the first file is at %q", href)
	}
	if got := words(doc.Find("main")); !strings.Contains(got, "It has not been checked yet.") || !strings.Contains(got, "has no Chromium") {
		t.Errorf("it says %q", got)
	}
	if w := s.ask(http.MethodPost, "/packs/2026-10-28/check", nil); w.Code != http.StatusSeeOther {
		t.Fatalf("the check answered %d", w.Code)
	}
	if got := words(s.get(t, "/packs/2026-10-28/about").Find("main")); !strings.Contains(got,
		"Checked at 9:12am, 4 November 2026. Every file is the same, byte for byte.") {
		t.Errorf("after the check it says %q", got)
	}
}
