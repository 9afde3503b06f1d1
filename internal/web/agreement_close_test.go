package web

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/agreement"
	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// cabinet keeps closed months of Northshire in memory.
type cabinet struct {
	*northshire
	now func() time.Time
	// kept are the closed months; off is what the second hospital's stored counts
	// are off by.
	kept map[delay.Month]closing.Record
	off  int64
	// open is what is not settled; files what the days stand on.
	open  []closing.Open
	files map[delay.Day]string
	// more are counts that came later; settled says that nothing is open.
	more    []measure.Cell
	settled bool
	// settings are those that days are counted with.
	settings string
}

func newCabinet(n *northshire) *cabinet {
	return &cabinet{northshire: n, kept: map[delay.Month]closing.Record{}, now: func() time.Time {
		return time.Date(2026, 11, 4, 9, 12, 0, 0, time.UTC)
	}}
}

func (k *cabinet) Cells(ctx context.Context, q measure.Query) ([]measure.Cell, error) {
	cells, err := k.northshire.Cells(ctx, q)
	for i := range cells {
		if k.settled && q.Has(measure.ByState) {
			cells[i].State = agreement.Agreed
		}
	}
	for _, c := range k.more {
		if c.Period < q.From || c.Period > q.To {
			continue
		}
		switch {
		case q.Has(measure.ByDay):
		case q.Has(measure.ByMonth):
			c.Period = c.Period.Month().First()
		default:
			c.Period = 0
		}
		if !q.Has(measure.ByProvider) {
			c.Provider = ""
		}
		if !q.Has(measure.ByCouncil) {
			c.Council = ""
		}
		if !q.Has(measure.ByCare) {
			c.Care = 0
		}
		if !q.Has(measure.ByReason) {
			c.Reason = ""
		}
		if !q.Has(measure.ByResponsible) {
			c.Body = 0
		}
		cells = append(cells, c)
	}
	return cells, err
}

func (k *cabinet) ProviderDays(_ context.Context, from, to delay.Day) ([]measure.ProviderDays, error) {
	var out []measure.ProviderDays
	for i, h := range k.hospitals {
		p := measure.ProviderDays{Code: h.Code, First: k.first, Latest: k.last}
		for d := max(from, k.first); d <= min(to, k.last); d++ {
			// The third hospital's extracts of 5, 6 and 9 October are missing.
			if i == 2 && !k.settled && (d == delay.MustDay("2026-10-05") || d == delay.MustDay("2026-10-06") || d == delay.MustDay("2026-10-09")) {
				continue
			}
			p.Counted = append(p.Counted, d)
		}
		out = append(out, p)
	}
	return out, nil
}

func (k *cabinet) JoinedSince(context.Context, time.Time, delay.Day, delay.Day) (bool, error) {
	return false, nil
}

func (k *cabinet) MonthFiles(_ context.Context, m delay.Month) ([]closing.File, error) {
	var out []closing.File
	for d := m.First(); d <= m.Last(); d++ {
		file := "first"
		if k.files[d] != "" {
			file = k.files[d]
		}
		out = append(out, closing.File{Provider: "RXA", Day: d, SHA256: file})
	}
	return out, nil
}
func (k *cabinet) MonthPeople(context.Context, delay.Month) (closing.People, error) {
	return closing.People{All: 40}, nil
}
func (k *cabinet) Settings(context.Context) (string, error) { return k.settings, nil }
func (k *cabinet) MonthOpen(context.Context, delay.Month) ([]closing.Open, error) {
	return k.open, nil
}
func (k *cabinet) Recount(ctx context.Context, m delay.Month) ([]closing.Recounted, error) {
	cells, err := k.Cells(ctx, measure.Query{From: m.First(), To: m.Last(), By: []measure.Dimension{measure.ByProvider}})
	var out []closing.Recounted
	for _, c := range cells {
		r := closing.Recounted{Provider: c.Provider, Snapshot: c.Days, Days: c.Days, Waits: c.Days}
		if c.Provider == "RXC" && k.off != 0 {
			r.Snapshot += k.off
			r.Lines = []closing.Line{{Council: "E10000099", Care: delay.Acute, Reason: "E", Body: delay.SocialCare, Snapshot: 10 + k.off, Days: 10}}
		}
		out = append(out, r)
	}
	return out, err
}

func (k *cabinet) Check(ctx context.Context, m delay.Month) (*closing.Check, error) {
	return closing.Make(ctx, k, closing.Setup{Now: k.now(), Month: m, Partnership: "Northshire", RuleSet: "england-dtoc", RuleVersion: "1",
		Clocks: agreement.DefaultClocks,
		Expected: []measure.Expected{{Code: "RXA", Name: "Northgate General"}, {Code: "RXB", Name: "Southmoor Hospital"},
			{Code: "RXC", Name: "Westhaven"}}})
}

func (k *cabinet) Close(ctx context.Context, by people.Actor, m delay.Month, seen, reason string) error {
	check, err := k.Check(ctx, m)
	if err != nil {
		return err
	}
	if check.Content.Fingerprint() != seen {
		return problem.New(problem.Conflict, "The figures of %s have changed since you opened this page. Look at them again before you "+
			"close it.", m.Long())
	}
	r, err := check.Seal(k.now(), by.Grant.Role.String(), by.Grant.Codes, reason)
	if err == nil {
		k.kept[m] = r
	}
	return err
}

func (k *cabinet) Closes(context.Context) ([]closing.Record, error) {
	var out []closing.Record
	for _, r := range k.kept {
		r.Frozen = nil
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b closing.Record) int { return int(a.Month - b.Month) })
	return out, nil
}

func (k *cabinet) Closed(_ context.Context, m delay.Month) (closing.Record, *closing.Content, bool, error) {
	r, ok := k.kept[m]
	if !ok {
		return r, nil, false, nil
	}
	c, err := r.Content()
	return r, c, true, err
}

// closeSite is the pages with a cabinet.
func closeSite(t *testing.T) (*site, *cabinet) {
	var k *cabinet
	s := newSite(t, func(o *Options) {
		k = newCabinet(o.Trends.(*northshire))
		o.Closings = k
		o.show(k)
	})
	return s, k
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
	s, k := closeSite(t)
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
	if len(k.kept) != 0 {
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
	s, k := closeSite(t)
	closeIt(t, s, "all said")
	r := k.kept[delay.MonthOf(2026, time.October)]
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

	// A late extract of the 7th brings three days, one of which the 8th's re-sent
	// file takes over.
	k.files = map[delay.Day]string{delay.MustDay("2026-10-08"): "again"}
	at := measure.Cell{Provider: "RXA", Council: "E10000099", Care: delay.Acute, Reason: "E", Body: delay.SocialCare}
	for day, n := range map[string]int64{"2026-10-07": 2, "2026-10-08": 1} {
		at.Period, at.Days = delay.MustDay(day), n
		k.more = append(k.more, at)
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
		if to, _ := bar.Find("a").Attr("href"); to != octoberClose+"#revisions" {
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
	k.settings = "other"
	if got := words(s.get(t, octoberClose).Find("main")); !strings.Contains(got, "settings for counting days have changed since") ||
		!strings.Contains(got, "+2 from rules or settings that have changed: Northgate General") {
		t.Errorf("with other settings it says %s", got)
	}
	if got := words(s.get(t, "/agreement/close").Find("tbody tr").Eq(1)); !strings.Contains(got, "Closed on 4 November 2026") ||
		!strings.HasSuffix(got, " +3") {
		t.Errorf("the list says %q", got)
	}
}

func TestMonthsThatAreNotClosed(t *testing.T) {
	t.Run("snapshot and days differ", func(t *testing.T) {
		s, k := closeSite(t)
		seen := func() string {
			check, err := k.Check(t.Context(), delay.MonthOf(2026, time.October))
			if err != nil {
				t.Fatal(err)
			}
			return check.Content.Fingerprint()
		}
		k.off = 3
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
		if !strings.HasPrefix(doc.Find("title").Text(), "Error: ") || len(k.kept) != 0 {
			t.Errorf("title %q, %d closed", doc.Find("title").Text(), len(k.kept))
		}
	})
	t.Run("a month that is not over", func(t *testing.T) {
		s, k := closeSite(t)
		w := s.post("/agreement/close/2026-11", "director", url.Values{"seen": {"x"}})
		if got := words(parse(t, w).Find(".nhsuk-error-summary a")); w.Code != http.StatusConflict ||
			got != "November 2026 cannot be closed. It is not over." || len(k.kept) != 0 {
			t.Errorf("%d: %q", w.Code, got)
		}
	})
	t.Run("figures that changed while somebody read", func(t *testing.T) {
		s, k := closeSite(t)
		w := s.post(octoberClose, "director", url.Values{"seen": {"other figures"}})
		if got := words(parse(t, w).Find("main")); w.Code != http.StatusConflict ||
			!strings.Contains(got, "The figures of October 2026 have changed since you opened this page.") || len(k.kept) != 0 {
			t.Errorf("%d: %s", w.Code, got)
		}
	})
	t.Run("J14 the second of two people", func(t *testing.T) {
		s, k := closeSite(t)
		closeIt(t, s, "first")
		was := k.kept[delay.MonthOf(2026, time.October)]
		w := s.post(octoberClose, "director", url.Values{"seen": {"x"}, "asked": {"1"}, "because": {"second"}})
		if got := words(parse(t, w).Find("main")); w.Code != http.StatusConflict ||
			!strings.Contains(got, "October 2026 was closed at 9:12am, 4 November 2026 by a director of Northshire County Council.") {
			t.Errorf("%d: %s", w.Code, got)
		}
		if k.kept[delay.MonthOf(2026, time.October)].SHA256 != was.SHA256 {
			t.Error("the second close replaced the first")
		}
	})
	t.Run("P1 only directors close", func(t *testing.T) {
		s, k := closeSite(t)
		for _, as := range people.Roles {
			if as == people.Director {
				continue
			}
			if w := s.post(octoberClose, string(as), url.Values{"asked": {"1"}, "because": {"x"}}); w.Code != http.StatusForbidden ||
				len(k.kept) != 0 {
				t.Errorf("%s: %d", as, w.Code)
			}
			page := parse(t, s.ask(http.MethodGet, octoberClose, nil, wordAs, string(as)))
			if page.Find(".nhsuk-task-list").Length() != 1 || page.Find(`form[action="`+octoberClose+`"]`).Length() != 0 {
				t.Errorf("%s sees another page", as)
			}
		}
	})
	t.Run("addresses that are not quite right", func(t *testing.T) {
		s, _ := closeSite(t)
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
		s, k := closeSite(t)
		k.settled = true
		if got := words(closeIt(t, s, "").Find("main")); !strings.Contains(got, "October 2026 is closed.") || len(k.kept) != 1 {
			t.Errorf("answered with %s", got)
		}
	})
}

func TestDayRuns(t *testing.T) {
	for want, days := range map[string][]string{
		"None": nil, "3": {"2026-10-03"}, "3 and 5": {"2026-10-03", "2026-10-05"},
		"1 to 3, 7 and 30 to 31": {"2026-10-01", "2026-10-02", "2026-10-03", "2026-10-07", "2026-10-30", "2026-10-31"},
	} {
		if got := dayRuns(days); got != want {
			t.Errorf("%v reads %q, want %q", days, got, want)
		}
	}
}
