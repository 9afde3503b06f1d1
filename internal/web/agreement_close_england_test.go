package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/national"
)

// England's counts of a month stand on its page before and after it is closed,
// and the same in its files; when they move, both stand beside each other.
func TestEnglandsCountsOnTheMonthClose(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	s.office.stays = listing()
	rows := func(target string) []map[string]string {
		t.Helper()
		return rowsOf(t, s.ask(http.MethodGet, target, nil, wordAs, "viewer"))
	}
	open := s.get(t, octoberClose)
	for _, id := range []string{"england-lists", "england-discharges", "england-left-out", "england-by-provider", "england-by-council",
		"england-by-pathway", "england-by-group"} {
		if open.Find("#"+id).Length() != 1 {
			t.Errorf("D6 the open month has no table %s", id)
		}
	}
	closeIt(t, s, "all said")
	closed := s.get(t, octoberClose)
	// As the pages of the two counts have them, of the same days.
	t.Run("D7 as the page of the discharge delay", func(t *testing.T) {
		for _, by := range []string{"all", "provider", "council"} {
			for _, want := range rows("/discharge.csv?from=2026-10-01&to=2026-10-31&by=" + by) {
				found := slices.ContainsFunc(rows(octoberClose+".csv?part=discharge"), func(r map[string]string) bool {
					for column, v := range want {
						if column != "data_as_at" && column != "rule_version" && r[column] != v {
							return false
						}
					}
					return r["closed_at"] != ""
				})
				if !found {
					t.Errorf("no closed row is %v", want)
				}
			}
		}
	})
	t.Run("D6 as the page of the situation report", func(t *testing.T) {
		sum := func(rows []map[string]string, column string) (n int) {
			for _, r := range rows {
				v, _ := strconv.Atoi(r[column])
				n += v
			}
			return n
		}
		is, want := rows(octoberClose+".csv?part=sitrep"), rows("/sitrep.csv?from=2026-10-01&to=2026-10-31")
		for _, column := range national.NumberNames() {
			if got, want := sum(is, column), sum(want, column); got != want || column == "remaining" && got == 0 {
				t.Errorf("%s: %d, want %d", column, got, want)
			}
		}
		foot := words(closed.Find("#england-by-pathway tfoot tr"))
		if got := strings.Fields(strings.ReplaceAll(foot, ",", "")); len(got) < 3 || got[2] != strconv.Itoa(sum(is, "remaining")) {
			t.Errorf("the page says %q, the file has %d person-days", foot, sum(is, "remaining"))
		}
	})
	t.Run("C15 what has not moved is said to be the same, England's counts too", func(t *testing.T) {
		if got := words(s.get(t, "/overview").Find(".app-datebar")); !strings.Contains(got, "its figures are the same today.") {
			t.Errorf("the overview notes %q", got)
		}
		if got := words(s.get(t, closePath).Find(`tr:has(a[href="` + octoberClose + `"]) td`).Last()); got != "0" {
			t.Errorf("the list of months says %q", got)
		}
	})
	t.Run("C15 what has not moved has no cause", func(t *testing.T) {
		averages := 0
		for _, r := range rows(octoberClose + ".csv?part=england-revisions") {
			if strings.Contains(r["as_closed"], ".") {
				averages++
			}
			if r["cause"] != "no change" {
				t.Errorf("%s is %s as closed and %s now: %s", r["figure"], r["as_closed"], r["now"], r["cause"])
			}
		}
		if averages == 0 {
			t.Error("the file has no averages")
		}
	})
	t.Run("C15 files of what was kept need nothing of today", func(t *testing.T) {
		s.office.ledgerLost = errors.New("the ledger was read")
		defer func() { s.office.ledgerLost = nil }()
		for file, want := range map[string]int{".json?part=england": http.StatusOK, ".csv?part=discharge": http.StatusOK,
			".csv?part=sitrep": http.StatusOK, ".json?part=sitrep": http.StatusOK, ".xlsx": http.StatusOK,
			".csv?part=england-revisions": http.StatusInternalServerError} {
			target := octoberClose + file
			if w := s.ask(http.MethodGet, target, nil, wordAs, "viewer"); w.Code != want {
				t.Errorf("%s: %d, want %d: %.200s", target, w.Code, want, w.Body)
			}
		}
	})
	t.Run("C15 what has moved stands beside what was closed", func(t *testing.T) {
		frozen := s.ask(http.MethodGet, octoberClose+".json?part=england", nil, wordAs, "viewer")
		if frozen.Header().Get("ETag") == "" || !strings.Contains(words(closed.Find("dl")), strings.Trim(frozen.Header().Get("ETag"), `"`)) {
			t.Error("the page does not have the fingerprint of the bytes")
		}
		// Somebody of Northgate who is known to have left five days after they were
		// ready is known now to have been on another pathway and of another council.
		moved := listing()
		for i := range moved.Stays {
			one := &moved.Stays[i]
			if one.Out.Month() == delay.MustDay("2026-10-01").Month() && one.How == national.Alive && len(one.Periods) == 1 &&
				one.Out > one.Periods[0].Ready && one.Council == county {
				one.Council, one.Periods[0].Steps[0].Council, one.Periods[0].Steps[0].Pathway = city, city, "9"
				break
			}
		}
		s.office.stays = moved
		page := s.get(t, octoberClose)
		text := words(page.Find("#england-revisions-table"))
		for _, want := range []string{"People remaining, person-days, Northshire County Council",
			"People remaining, person-days, Southmoor City Council", "People remaining, person-days, Pathway 9",
			"Average discharge delay, Southmoor City Council"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in %s", want, text)
			}
		}
		if strings.Contains(text, "Pathway 9 0 0") || !strings.Contains(words(page.Find(".app-lede")), "Its delayed days are the same today. "+
			"England's counts of it have changed since.") {
			t.Errorf("the page says %q", words(page.Find(".app-lede")))
		}
		// The list of months and the notes on other pages say so too.
		for _, target := range []string{"/overview", "/figures?from=2026-10-01&to=2026-11-04"} {
			doc := s.get(t, target)
			note := doc.Find(`.app-datebar a[href="` + octoberClose + `#england-revisions"]`)
			if got := words(note.Parent()); !strings.Contains(got, "its delayed days are the same today, and England's counts of it have changed "+
				"since. See revisions") {
				t.Errorf("D7 %s notes %q", target, words(doc.Find(".app-datebar")))
			}
		}
		if got := words(s.get(t, closePath).Find(`tr:has(a[href="` + octoberClose + `"]) td`).Last()); got != "0; England's counts have" {
			t.Errorf("D7 the list of months says %q", got)
		}
		if list := rows(closePath + ".csv"); !slices.ContainsFunc(list, func(r map[string]string) bool {
			return r["month"] == "2026-10" && r["england_changed"] == "true"
		}) || slices.ContainsFunc(list, func(r map[string]string) bool { return r["month"] == "2026-11" && r["england_changed"] != "" }) {
			t.Errorf("D7 the file of months says %v", list)
		}
		again := s.ask(http.MethodGet, octoberClose+".json?part=england", nil, wordAs, "viewer")
		if again.Body.String() != frozen.Body.String() {
			t.Error("what was closed has changed")
		}
		ids := map[string]bool{}
		page.Find("[id]").Each(func(_ int, one *goquery.Selection) {
			id, _ := one.Attr("id")
			if ids[id] {
				t.Errorf("the id %q stands twice", id)
			}
			ids[id] = true
		})
	})
	t.Run("addresses that are not quite right", func(t *testing.T) {
		for target, want := range map[string]int{
			octoberClose + ".csv?part=england": http.StatusBadRequest, octoberClose + ".xlsx?part=sitrep": http.StatusBadRequest,
			octoberClose + ".xlsx": http.StatusOK, "/agreement/close/2026-11.xlsx": http.StatusOK,
			"/agreement/close/2026-11.csv?part=england-revisions": http.StatusNotFound,
			"/agreement/close/2026-11.json?part=sitrep":           http.StatusOK,
		} {
			if w := s.ask(http.MethodGet, target, nil, wordAs, "viewer"); w.Code != want {
				t.Errorf("%s: %d, want %d", target, w.Code, want)
			}
		}
	})
}

// A month that was closed before England's counts were kept stays as it was, and
// says that they were not frozen then.
func TestEnglandsCountsThatWereNotFrozen(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	s.office.stays = nil // Nobody listed everybody in a bed.
	closeIt(t, s, "all said")
	if got := words(s.get(t, octoberClose).Find("main")); strings.Contains(got, "England") {
		t.Errorf("D6 where nobody lists everybody the page speaks of England: %s", got)
	}
	if w := s.ask(http.MethodGet, octoberClose+".xlsx", nil, wordAs, "viewer"); w.Code != http.StatusNotFound {
		t.Errorf("a workbook of nothing: %d", w.Code)
	}
	s.office.stays = listing()
	page := s.get(t, octoberClose)
	if got := words(page.Find("main")); !strings.Contains(got, "The discharge delay and the situation report of October 2026 were not frozen "+
		"when it was closed") || !strings.Contains(got, "Its figures are the same today.") {
		t.Errorf("the page says %s", got)
	}
	page.Find(`section[aria-labelledby="england"] a`).Each(func(_ int, a *goquery.Selection) {
		to, _ := a.Attr("href")
		if w := s.ask(http.MethodGet, to, nil, wordAs, "viewer"); w.Code != http.StatusOK {
			t.Errorf("%s: %d", to, w.Code)
		}
	})
	for _, part := range []string{"discharge", "sitrep", "england", "england-revisions"} {
		if w := s.ask(http.MethodGet, octoberClose+".json?part="+part, nil, wordAs, "viewer"); w.Code != http.StatusNotFound ||
			!strings.Contains(w.Body.String(), "closed before these counts were kept") {
			t.Errorf("%s: %d %s", part, w.Code, w.Body)
		}
	}
}
