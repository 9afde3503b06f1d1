package web

import (
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/casework"
	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// closes gives the closed months.
func (s *site) closes(t testing.TB) []closing.Record {
	t.Helper()
	all, err := s.office.store.Closes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// post sends a form in a role.
func (s *site) post(target, as string, fields url.Values) *httptest.ResponseRecorder {
	return s.ask(http.MethodPost, target, strings.NewReader(fields.Encode()), wordAs, as, "Content-Type", "application/x-www-form-urlencoded")
}

const octoberClose = "/agreement/close/2026-10"

// closeIt sends the form of the page, and the question that may follow.
func closeIt(t *testing.T, s *site, because string) *goquery.Document {
	t.Helper()
	doc := parse(t, s.ask(http.MethodGet, octoberClose, nil, wordAs, "director"))
	form := doc.Find(`form[action="` + octoberClose + `"]`)
	if form.Length() != 1 {
		t.Fatalf("no form to close it:\n%s", words(doc.Find("main")))
	}
	seen, _ := form.Find(`[name="seen"]`).Attr("value")
	fields := url.Values{"seen": {seen}}
	if because != "" {
		fields.Set("asked", "1")
		fields.Set("because", because)
	}
	w := s.post(octoberClose, "director", fields)
	if w.Code != http.StatusSeeOther {
		return parse(t, w)
	}
	return parse(t, s.ask(http.MethodGet, w.Header().Get("Location"), nil, wordAs, "director"))
}

func TestCloseAMonth(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	list := s.get(t, "/agreement/close")
	if got := words(list.Find("h1")); got != "Northshire Discharge Partnership Month close" {
		t.Errorf("h1 %q", got)
	}
	if got := words(list.Find("tbody tr").First()); !strings.HasPrefix(got, "November 2026 Not over Can be closed from 1 December 2026") {
		t.Errorf("the first line is %q", got)
	}
	if got := words(list.Find("tbody tr").Eq(1)); !strings.HasPrefix(got, "October 2026 Due Since 4 November 2026") {
		t.Errorf("the second line is %q", got)
	}
	page := s.get(t, octoberClose)
	tasks := page.Find(".nhsuk-task-list__item").Map(func(_ int, li *goquery.Selection) string {
		return words(li.Find("a")) + ": " + words(li.Find(".nhsuk-task-list__status"))
	})
	if want := []string{"Extracts complete: 3 days not in", "Snapshot and days reconcile: Complete"}; !slices.Equal(tasks[:2], want) {
		t.Errorf("tasks %q, want %q", tasks[:2], want)
	}
	page.Find(".nhsuk-task-list__link").Each(func(_ int, a *goquery.Selection) {
		if to, _ := a.Attr("href"); page.Find(to).Length() != 1 {
			t.Errorf("a task leads to %s, which is not there", to)
		}
	})
	if got := words(page.Find("#extracts-table tbody tr").Last()); got != "Westhaven 28 5 to 6 and 9 None" {
		t.Errorf("missing days read %q", got)
	}
	if page.Find("form[action='"+octoberClose+"']").Length() != 0 || !strings.Contains(words(page.Find("main")),
		"A director of a hospital or council") {
		t.Error("a reviewer is offered to close it")
	}

	asked := closeIt(t, s, "")
	if got := words(asked.Find(".nhsuk-panel--interruption")); !strings.Contains(got, "3 daily extracts are missing.") ||
		!strings.Contains(got, "proposed and not answered.") {
		t.Errorf("asks %q", got)
	}
	for because, want := range map[string]string{" ": "Enter a reason", "About 999 000 0018": "Remove the NHS number. Do not type numbers " +
		"that identify a person here."} {
		if got := words(closeIt(t, s, because).Find(".nhsuk-error-summary")); !strings.Contains(got, want) {
			t.Errorf("%q is answered with %q", because, got)
		}
	}
	if len(s.closes(t)) != 0 {
		t.Fatal("closed without a reason")
	}
	closed := closeIt(t, s, "Westhaven had no power")
	for name, doc := range map[string]*goquery.Document{"open": page, "closed": closed} {
		ids := map[string]bool{}
		doc.Find("[id]").Each(func(_ int, one *goquery.Selection) {
			id, _ := one.Attr("id")
			if ids[id] {
				t.Errorf("%s: the id %q stands twice", name, id)
			}
			ids[id] = true
		})
		if doc.Find("h1").Length() != 1 || avoid.MatchString(words(doc.Find("main"))) {
			t.Errorf("%s: h1 or words", name)
		}
	}
	for _, want := range []string{"October 2026 is closed.", "October 2026 was closed on 4 November 2026 by a director of Northshire County " +
		"Council", "Its figures are the same today.", "Westhaven had no power"} {
		if got := words(closed.Find("main")); !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
	if strings.Contains(closed.Find("body").Text(), "director@northshire.example") {
		t.Error("the page names the person")
	}
}

func TestC15WhatWasClosedStaysBesideWhatIsKnown(t *testing.T) {
	skipShort(t)
	t.Parallel()
	s := ownSite(t)
	closeIt(t, s, "all said")
	r := s.closes(t)[0]
	get := func(target string) string {
		t.Helper()
		w := s.ask(http.MethodGet, target, nil, wordAs, "viewer")
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", target, w.Code)
		}
		return w.Body.String()
	}
	counts := get(octoberClose + ".csv")
	if got := get(octoberClose + ".json"); sha256.Sum256([]byte(got)) != r.SHA256 {
		t.Error("the JSON is not what was kept")
	}
	for target, want := range map[string]string{
		"/overview":                              "October 2026 was closed on 4 November 2026; its figures are the same today.",
		"/figures?from=2026-10-01&to=2026-11-04": "October 2026 was closed on 4 November 2026; its figures are the same today.",
		"/council/E10000099":                     "October 2026 was closed on 4 November 2026; its figures are the same today.",
	} {
		if got := words(parse(t, s.ask(http.MethodGet, target, nil, wordAs, "viewer")).Find(".app-datebar")); !strings.Contains(got, want) {
			t.Errorf("%s says %q", target, got)
		}
	}
	if got := get("/figures?from=2026-10-02&to=2026-11-04"); strings.Contains(got, "was closed on") {
		t.Error("a period without a whole closed month speaks of one")
	}

	// The 8th's file is sent again with one more person, who has been ready since
	// the 5th: the 6th and 7th are counted back, and the 8th is the file's.
	day := delay.MustDay("2026-10-08")
	var again strings.Builder
	again.WriteString(madeHead)
	rowsOn(&again, 0, day, 1000)
	again.WriteString("2026-10-08,RXA,1B,1,A80001,,1941-02-03,2026-10-05,Acute,E,Social Care,E10000099\r\n")
	s.office.now = at(morning.Add(time.Minute))
	if _, err := s.office.ingest.File(t.Context(), "MHS_RXA_20261008.csv", strings.NewReader(again.String())); err != nil {
		t.Fatal(err)
	}
	if get(octoberClose+".csv") != counts || sha256.Sum256([]byte(get(octoberClose+".json"))) != r.SHA256 {
		t.Error("what was closed has changed")
	}
	page := s.get(t, octoberClose)
	if got := words(page.Find(".app-lede")); !strings.HasSuffix(got, "Its figures have changed by +3 days since.") {
		t.Errorf("says %q", got)
	}
	if got, want := words(page.Find("#revisions-table tbody tr").First().Find("td").Last()),
		"+1 from extracts that were sent again: Northgate General; +2 from what later extracts say of these days: Northgate General"; got !=
		want {
		t.Errorf("why: %q, want %q", got, want)
	}
	for _, target := range []string{"/overview", "/council/E10000099"} {
		bar := parse(t, s.ask(http.MethodGet, target, nil, wordAs, "viewer")).Find(".app-datebar")
		if got, want := words(bar), "October 2026 was closed on 4 November 2026; its figures have changed by +3 days since. See "+
			"revisions"; !strings.Contains(got, want) {
			t.Errorf("%s says %q", target, got)
		}
		if to, _ := bar.Find("a").Last().Attr("href"); to != octoberClose+"#revisions" {
			t.Errorf("%s leads to %s", target, to)
		}
	}
	if got := get("/overview?known=2026-10-28"); strings.Contains(got, "was closed on") {
		t.Error("a past moment speaks of what was closed later")
	}
	rows, err := csv.NewReader(strings.NewReader(get(octoberClose + ".csv?part=revisions"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Delayed days", "extracts that were sent again", "1"}; !slices.Equal([]string{rows[1][0], rows[1][3], rows[1][4]},
		want) {
		t.Errorf("the first row is %q", rows[1])
	}
	settings := sqlite.DefaultSettings
	settings.Short.Least++
	s = siteOf(t, reopened(t, s.office, settings))
	if got := words(s.get(t, octoberClose).Find("main")); !strings.Contains(got, "settings for counting days have changed since") ||
		!strings.Contains(got, "+2 from rules or settings that have changed: Northgate General") {
		t.Errorf("with other settings it says %s", got)
	}
	if got := words(s.get(t, "/agreement/close").Find("tbody tr").Eq(1)); !strings.Contains(got, "Closed on 4 November 2026") ||
		!strings.HasSuffix(got, " +3; England's counts too") {
		t.Errorf("the list says %q", got)
	}
}

func TestMonthsThatAreNotClosed(t *testing.T) {
	skipShort(t)
	t.Parallel()
	t.Run("snapshot and days differ", func(t *testing.T) {
		s := ownSite(t)
		seen := func() string {
			check, err := s.opts.Closings.Check(t.Context(), delay.MonthOf(2026, time.October))
			if err != nil {
				t.Fatal(err)
			}
			return check.Content.Fingerprint()
		}
		spoil(t, s.office, `UPDATE month_count SET days = days + 3, d01 = d01 + 3
			WHERE (month, provider_id, council, care, reason, body, state) = (
				SELECT month, provider_id, council, care, reason, body, state FROM month_count
				WHERE month = 2026 * 12 + 9 AND provider_id = (SELECT provider_id FROM provider WHERE code = 'RXC') LIMIT 1)`)
		const says = "October 2026 cannot be closed. Snapshot and days differ by 3 at Westhaven. See the reconciliation."
		page := parse(t, s.ask(http.MethodGet, octoberClose, nil, wordAs, "director"))
		if got := words(page.Find("main")); !strings.Contains(got, says) || page.Find("#reconciliation-lines").Length() != 1 ||
			page.Find(`form[action="`+octoberClose+`"]`).Length() != 0 {
			t.Errorf("the page says %s", got)
		}
		w := s.post(octoberClose, "director", url.Values{"seen": {seen()}, "asked": {"1"}, "because": {"all the same"}})
		doc := parse(t, w)
		if to, _ := doc.Find(".nhsuk-error-summary a").Attr("href"); w.Code != http.StatusConflict ||
			words(doc.Find(".nhsuk-error-summary a")) != says || to != "#reconciliation" || doc.Find(to).Length() != 1 {
			t.Errorf("answered with %d: %s", w.Code, words(doc.Find("main")))
		}
		if !strings.HasPrefix(doc.Find("title").Text(), "Error: ") || len(s.closes(t)) != 0 {
			t.Errorf("title %q, %d closed", doc.Find("title").Text(), len(s.closes(t)))
		}
	})
	t.Run("a month that is not over", func(t *testing.T) {
		s := ownSite(t)
		w := s.post("/agreement/close/2026-11", "director", url.Values{"seen": {"x"}})
		if got := words(parse(t, w).Find(".nhsuk-error-summary a")); w.Code != http.StatusConflict ||
			got != "November 2026 cannot be closed. It is not over." || len(s.closes(t)) != 0 {
			t.Errorf("%d: %q", w.Code, got)
		}
	})
	t.Run("figures that changed while somebody read", func(t *testing.T) {
		s := ownSite(t)
		w := s.post(octoberClose, "director", url.Values{"seen": {"other figures"}})
		if got := words(parse(t, w).Find("main")); w.Code != http.StatusConflict ||
			!strings.Contains(got, "The figures of October 2026 have changed since you opened this page.") || len(s.closes(t)) != 0 {
			t.Errorf("%d: %s", w.Code, got)
		}
	})
	t.Run("J14 the second of two people", func(t *testing.T) {
		s := ownSite(t)
		closeIt(t, s, "first")
		was := s.closes(t)[0]
		w := s.post(octoberClose, "director", url.Values{"seen": {"x"}, "asked": {"1"}, "because": {"second"}})
		if got := words(parse(t, w).Find("main")); w.Code != http.StatusConflict ||
			!strings.Contains(got, "October 2026 was closed at 9:12am, 4 November 2026 by a director of Northshire County Council.") {
			t.Errorf("%d: %s", w.Code, got)
		}
		if s.closes(t)[0].SHA256 != was.SHA256 {
			t.Error("the second close replaced the first")
		}
	})
	t.Run("P1 only directors close", func(t *testing.T) {
		s := ownSite(t)
		for _, as := range people.Roles {
			if as == people.Director {
				continue
			}
			if w := s.post(octoberClose, string(as), url.Values{"asked": {"1"}, "because": {"x"}}); w.Code != http.StatusForbidden ||
				len(s.closes(t)) != 0 {
				t.Errorf("%s: %d", as, w.Code)
			}
			page := parse(t, s.ask(http.MethodGet, octoberClose, nil, wordAs, string(as)))
			if page.Find(".nhsuk-task-list").Length() != 1 || page.Find(`form[action="`+octoberClose+`"]`).Length() != 0 {
				t.Errorf("%s sees another page", as)
			}
		}
	})
	t.Run("addresses that are not quite right", func(t *testing.T) {
		s := newSite(t)
		for target, want := range map[string]int{
			"/agreement/close/october": http.StatusNotFound, "/agreement/close/2026-13": http.StatusNotFound,
			"/agreement/close/2030-01": http.StatusNotFound, "/agreement/close/2001-01.json": http.StatusNotFound,
			octoberClose + ".csv?part=revisions": http.StatusNotFound, octoberClose + "?part=all": http.StatusBadRequest,
			octoberClose + "?from=2026-10-01": http.StatusBadRequest, "/agreement/close?which=due": http.StatusBadRequest,
		} {
			if w := s.ask(http.MethodGet, target, nil, wordAs, "director"); w.Code != want {
				t.Errorf("%s: %d, want %d", target, w.Code, want)
			}
		}
	})
	t.Run("a month with nothing open is closed at once", func(t *testing.T) {
		s := siteOf(t, settledOffice(t))
		if got := words(closeIt(t, s, "").Find("main")); !strings.Contains(got, "October 2026 is closed.") || len(s.closes(t)) != 1 {
			t.Errorf("answered with %s", got)
		}
	})
}

// reopened gives an office again with other settings.
func reopened(t testing.TB, o *office, settings sqlite.Settings) *office {
	t.Helper()
	if err := o.store.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := openOffice(o.dir, o.now, settings)
	if err != nil {
		t.Fatal(err)
	}
	again.callers = o.callers
	t.Cleanup(func() { _ = again.close() })
	return again
}

// settledOffice has one person of each hospital, all of whose days of October are
// in and agreed.
func settledOffice(t testing.TB) *office {
	t.Helper()
	received := time.Date(2026, 11, 1, 6, 10, 0, 0, time.UTC)
	now := received
	o := emptyOffice(t, func() time.Time { return now })
	for _, h := range hospitals {
		var b strings.Builder
		b.WriteString(madeHead)
		for d := delay.MustDay("2026-10-01"); d <= delay.MustDay("2026-10-31"); d++ {
			fmt.Fprintf(&b, "%s,%s,1B,1,A1,,1941-02-03,2026-09-30,Acute,E,Social Care,E10000099\r\n", d, h.code)
		}
		r, err := o.ingest.File(t.Context(), "MHS_"+h.code+"_months.csv", strings.NewReader(b.String()))
		if err != nil || r.Outcome != ingest.Taking {
			t.Fatal(r.Reason, err)
		}
	}
	now = morning
	o.callers.cookies[people.Director] = o.visit(slog.New(slog.DiscardHandler)).signIn(people.Director)
	cases := &casework.Service{Store: o.store, Rules: o.rules, Key: o.key, Now: o.now, London: o.zone, Settings: casework.DefaultSettings}
	cases.Settings.Clocks.DefaultAfter = 1
	n, err := cases.AgreeByDefault(t.Context(), people.Actor{Kind: people.APerson, Email: "the job log",
		Grant: people.Grant{Role: people.Director, Side: people.ProviderSide, Codes: []string{"RXA", "RXB", "RXC"}}})
	if n != len(hospitals) || err != nil {
		t.Fatal(n, err)
	}
	return o
}

func TestDayRuns(t *testing.T) {
	t.Parallel()
	for want, days := range map[string][]string{
		"None": nil, "3": {"2026-10-03"}, "3 and 5": {"2026-10-03", "2026-10-05"},
		"1 to 3, 7 and 30 to 31": {"2026-10-01", "2026-10-02", "2026-10-03", "2026-10-07", "2026-10-30", "2026-10-31"},
	} {
		if got := dayRuns(days); got != want {
			t.Errorf("%v reads %q, want %q", days, got, want)
		}
	}
}
