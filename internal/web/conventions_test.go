package web

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// One period by every convention: each figure stands beside the definition that
// made it, and the way to it from our own adds up.
func TestD8ConventionsPage(t *testing.T) {
	s := newSite(t)
	rows := rowsOf(t, s.ask(http.MethodGet, "/conventions.csv?from=2026-10-01&to=2026-10-31", nil))
	if len(rows) != len(s.opts.Defs.Conventions) {
		t.Fatalf("D2 %d conventions, expected %d", len(rows), len(s.opts.Defs.Conventions))
	}
	counted := map[string]string{}
	for i, r := range rows {
		c := s.opts.Defs.Conventions[i]
		if r["convention"] != c.Name || r["definition"] != c.Words {
			t.Errorf("D3 %s stands beside %q", r["convention"], r["definition"])
		}
		if r["counts"] != "days" {
			continue
		}
		counted[c.Name] = r["days"]
		sum := 0
		for _, name := range []string{"base_days", "by_age_floor", "by_ready_days", "by_continued_records", "by_leaving_days", "by_other_days"} {
			n, err := strconv.Atoi(r[name])
			if err != nil {
				t.Errorf("D8 %s: %s is %q", c.Name, name, r[name])
			}
			sum += n
		}
		if strconv.Itoa(sum) != r["days"] || r["base"] != "england-dtoc" || sum == 0 {
			t.Errorf("D8 the way to %s adds up to %d, its days are %s", c.Name, sum, r["days"])
		}
	}
	// The same days as the bridge counts.
	bridge := rowsOf(t, s.ask(http.MethodGet, "/bridge.csv?month=2026-10&start=england-dtoc&end=sitrep", nil))
	if bridge[0]["days"] != counted["england-dtoc"] || bridge[2]["days"] != counted["england-drd"] {
		t.Errorf("D8 the bridge has %s and %s, the conventions %s and %s", bridge[0]["days"], bridge[2]["days"], counted["england-dtoc"],
			counted["england-drd"])
	}
	s.get(t, "/conventions?from=2026-10-01&to=2026-10-31").Find(".app-figure").Each(func(i int, card *goquery.Selection) {
		c := s.opts.Defs.Conventions[i]
		text := words(card)
		if !strings.Contains(text, c.Words) || !strings.Contains(text, c.Name) || !strings.Contains(text, inForceWords(c.Provenance)) {
			t.Errorf("D3 the card of %s: %s", c.Name, text)
		}
		for _, other := range s.opts.Defs.Conventions {
			if other.Name != c.Name && strings.Contains(text, other.Words) {
				t.Errorf("D3 the definition of %s stands beside the figure of %s", other.Name, c.Name)
			}
		}
	})
	two := rowsOf(t, s.ask(http.MethodGet, "/conventions.csv?convention=england-drd,scotland-2016", nil))
	if len(two) != 2 || two[0]["convention"] != "england-drd" || two[1]["convention"] != "scotland-2016" {
		t.Errorf("two conventions: %v", two)
	}
	if w := s.ask(http.MethodGet, "/conventions?convention=england-drt", nil); w.Code != http.StatusBadRequest ||
		!strings.Contains(w.Body.String(), "england-drd") {
		t.Errorf("a convention that is none: %d", w.Code)
	}
	none := newSite(t, func(o *Options) { o.Pasts.(*office).stays = nil })
	if text := words(none.get(t, "/conventions").Find("main")); !strings.Contains(text, "nothing to count") {
		t.Error(text)
	}
}

// The foot of a page that counts by several conventions, or by another than our
// own, says nothing of which days our own count has (D3).
func TestD3FootOfNationalPages(t *testing.T) {
	s := newSite(t)
	ours := s.opts.Places.Book.Counting()
	for _, target := range []string{"/sitrep", "/discharge", "/bridge?month=2026-10", "/conventions?from=2026-10-01&to=2026-10-31"} {
		foot := words(s.get(t, target).Find(".app-about"))
		if !strings.Contains(foot, "Counted") || strings.Contains(foot, ours.EndWords()) || strings.Contains(foot, ", by "+ours.NameWords()) {
			t.Errorf("D3 %s: %s", target, foot)
		}
	}
	if foot := words(s.get(t, "/overview").Find(".app-about")); !strings.Contains(foot, ours.EndWords()) {
		t.Errorf("D3 the overview does not say which days count: %s", foot)
	}
}
