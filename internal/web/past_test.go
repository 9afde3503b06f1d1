package web

import (
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
)

func TestC15PagesLookBack(t *testing.T) {
	skipShort(t)
	t.Parallel()
	s := newSite(t)
	m := s.office
	for target, latest := range map[string]string{
		"/overview?known=2026-10-28&provider=RXA": "/overview?provider=RXA",
		"/figures?known=2026-10-28&by=council":    "/figures?by=council",
		"/charts/council-share?known=2026-10-28":  "/charts/council-share",
		"/trends?known=2026-10-28&measure=M01":    "/trends?measure=M01",
		"/trends?split=provider&known=2026-10-28": "/trends?split=provider",
		"/reasons?known=2026-10-28&provider=RXA":  "/reasons?provider=RXA",
		"/flow?grain=month&known=2026-10-28":      "/flow?grain=month",
	} {
		doc := s.get(t, target)
		if bar := words(doc.Find(".app-datebar")); !strings.HasPrefix(bar, "As known on 28 October 2026. Data as at 27 October 2026.") {
			t.Errorf("%s says %q", target, bar)
		}
		if got, _ := doc.Find(".app-datebar a").Attr("href"); got != latest {
			t.Errorf("%s leads back to %q, want %q", target, got, latest)
		}
		if fixed := doc.Find("#fixed-link").Text(); !strings.Contains(fixed, "known=2026-10-28") {
			t.Errorf("the fixed link of %s is %q", target, fixed)
		}
		if got, _ := doc.Find("#known").Attr("value"); got != "2026-10-28" && !strings.HasPrefix(target, "/charts/") {
			t.Errorf("the filters of %s have %q as their moment", target, got)
		}
		doc.Find(".app-about a[href$='.csv'], .app-about a[href*='.csv?'], .app-about a[href*='.svg'], .app-chart a[href*='/charts/'], " +
			".app-chart a[href*='.csv'], .app-chart a[href*='.svg'], a.app-period").Each(func(_ int, a *goquery.Selection) {
			if href, _ := a.Attr("href"); !strings.Contains(href, "known=2026-10-28") {
				t.Errorf("%s leads on to %s, which is of another moment", target, href)
			}
		})
	}
	if got, want := m.asked[0].UTC(), time.Date(2026, 10, 28, 23, 59, 59, 999999000, time.UTC); !got.Equal(want) {
		t.Errorf("a day means %s, want %s", got, want)
	}
	// A day of summer time ends at London's midnight.
	s.get(t, "/figures?known=2026-06-30")
	if got, want := m.asked[len(m.asked)-1].UTC(), time.Date(2026, 6, 30, 22, 59, 59, 999999000, time.UTC); !got.Equal(want) {
		t.Errorf("a summer's day means %s, want %s", got, want)
	}
	doc := s.get(t, "/overview?known=2026-10-28T09:58")
	if bar := words(doc.Find(".app-datebar")); !strings.HasPrefix(bar, "As known at 9:58am, 28 October 2026.") {
		t.Errorf("a time says %q", bar)
	}
	if kind, _ := doc.Find("#known").Attr("type"); kind != "datetime-local" {
		t.Errorf("the field of a time is a %s", kind)
	}
	if now := s.get(t, "/overview"); now.Find(".app-differences").Length() != 0 ||
		strings.Contains(words(now.Find(".app-datebar")), "As known") {
		t.Error("the present says that it is the past")
	}
	for range 100 {
		if m.open.Load() == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := m.open.Load(); n != 0 {
		t.Errorf("%d pasts stay open after their requests", n)
	}
}

func TestC15TheSameMomentGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	skipShort(t)
	s := newSite(t)
	for _, target := range []string{"/overview.csv", "/overview.json", "/figures.csv", "/figures.json", "/charts/delayed-days.csv",
		"/charts/delayed-days.svg",
		"/trends.csv", "/trends.json", "/trends.svg", "/reasons.csv", "/reasons.json", "/flow.csv", "/flow.json"} {
		get := func(q string) string {
			w := s.ask(http.MethodGet, target+q, nil)
			if w.Code != http.StatusOK {
				t.Fatalf("%s%s: %d %s", target, q, w.Code, w.Body.String())
			}
			return w.Body.String()
		}
		if get("?known=2026-09-30") != get("?known=2026-09-30T23:59:59.999999+01:00") {
			t.Errorf("%s differs between two words for one moment", target)
		}
		if !strings.HasSuffix(target, ".svg") && get("?known=2026-09-30") == get("") {
			t.Errorf("%s is that of the present", target)
		}
	}
}

// A chart of a past moment has the notes that stood then, and no form for more.
func TestC15NotesAsTheyStood(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	for words, when := range map[string]time.Time{"Home first team started": time.Date(2026, 5, 5, 9, 0, 0, 0, time.UTC),
		"Winter ward closed": time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)} {
		_, err := s.office.store.Backdated(at(when)).AddAnnotation(t.Context(), people.Actor{Kind: people.Machine},
			measure.Annotation{Day: delay.MustDay("2026-05-03"), Words: words})
		if err != nil {
			t.Fatal(err)
		}
	}
	read := func(target string) string {
		return words(parse(t, s.ask(http.MethodGet, target, nil, wordAs, string(people.Analyst))).Find("main"))
	}
	then, now := read("/trends?known=2026-10-28"), read("/trends")
	for _, one := range []struct {
		on, what string
		want     bool
	}{
		{then, "Home first team started", true}, {then, "Winter ward closed", false}, {then, "Add a note", false}, {then, "Withdraw", false},
		{now, "Home first team started", true}, {now, "Winter ward closed", true}, {now, "Add a note", true}, {now, "Withdraw", true},
	} {
		if strings.Contains(one.on, one.what) != one.want {
			t.Errorf("%q stands: %v, want %v, on %s", one.what, !one.want, one.want, one.on[:60])
		}
	}
}

// The fixed link of the present names the moment since which nothing is new,
// and shows the same figures.
func TestC15FixedLinksNameTheirMoment(t *testing.T) {
	skipShort(t)
	t.Parallel()
	s := newSite(t)
	for _, target := range []string{"/overview?last=3m", "/figures?by=council&last=30d", "/charts/reasons", "/trends?measure=M03&last=26w",
		"/trends?split=reason&chart=line", "/reasons?last=1m", "/flow?grain=month"} {
		doc := s.get(t, target)
		fixed, _ := doc.Find("#fixed-link").Attr("href")
		q, err := url.Parse(fixed)
		if err != nil || q.Query().Get("known") != momentText(lastReceived) || q.Query().Get("from") == "" || q.Query().Get("to") == "" ||
			q.Query().Get("basis") == "" {
			t.Errorf("the fixed link of %s is %q", target, fixed)
			continue
		}
		again := s.get(t, fixed)
		for _, part := range []string{"h1", "figure.app-chart", ".app-table-card table:not(#differences)"} {
			if got, want := words(again.Find(part)), words(doc.Find(part)); got != want {
				t.Errorf("%s: behind the fixed link stands %q, want %q", target, got, want)
			}
		}
		if got, _ := again.Find("#fixed-link").Attr("href"); got != fixed {
			t.Errorf("the fixed link of a fixed link is %q, want %q", got, fixed)
		}
		if field, ok := again.Find("#known").Attr("value"); ok && field != "2026-11-04T08:40:01" {
			t.Errorf("the filters of %s have %q as their moment", fixed, field)
		}
	}
}

// differing checks that every row of a page's differences adds up and gives
// the rows.
func differing(t *testing.T, doc *goquery.Document) *goquery.Selection {
	t.Helper()
	number := func(text string) float64 {
		clean := strings.NewReplacer("+", "", ",", "", "−", "-", "%", "", " points", "").Replace(text)
		n, err := strconv.ParseFloat(clean, 64)
		if err != nil {
			t.Errorf("%q is no number", text)
		}
		return n
	}
	amount := regexp.MustCompile(`([+−][0-9,]+) from `)
	rows := doc.Find("#differences tbody tr")
	rows.Each(func(_ int, row *goquery.Selection) {
		name := words(row.Find("th"))
		cells := row.Find("td")
		then, now, difference, why := words(cells.Eq(0)), words(cells.Eq(1)), words(cells.Eq(2)), words(cells.Eq(3))
		if off := number(now) - number(then) - number(difference); math.Abs(off) > 0.11 {
			t.Errorf("%s: %s to %s is %s", name, then, now, difference)
		}
		if strings.HasPrefix(why, "It follows") {
			return
		}
		var sum float64
		for _, a := range amount.FindAllStringSubmatch(why, -1) {
			sum += number(a[1])
		}
		if sum != number(difference) || number(difference) != 0 && why == "No change" {
			t.Errorf("%s: %s to %s is %s, because %s", name, then, now, difference, why)
		}
	})
	return rows
}

func TestC15DifferencesAddUp(t *testing.T) {
	t.Parallel()
	skipShort(t)
	s := newSite(t)
	doc := s.get(t, "/overview?known=2026-10-28")
	rows := differing(t, doc)
	if rows.Length() != 5 {
		t.Fatalf("%d rows: %s", rows.Length(), words(doc.Find(".app-differences")))
	}
	first := rows.First()
	if got := words(first); !strings.HasPrefix(got, "People waiting, 27 October 2026") ||
		!strings.Contains(got, "extracts that arrived later: Southmoor Hospital") {
		t.Errorf("the first row is %q", got)
	}
	// The second hospital's people were those of the day before then: its extract
	// had not arrived.
	then := countOf(lateDay, lateDay, func(c madeDay) bool { return c.hospital != 1 }) +
		countOf(lateDay-1, lateDay-1, func(c madeDay) bool { return c.hospital == 1 })
	now := countOf(lateDay, lateDay, nil)
	if was, is := words(first.Find("td").Eq(0)), words(first.Find("td").Eq(1)); was != count(then) || is != count(now) || then == now {
		t.Errorf("%s then and %s now, made %d and %d", was, is, then, now)
	}
	// What is shown then is what the page shows.
	shown := doc.Find(".app-hero__value").Map(func(_ int, v *goquery.Selection) string { return words(v) })
	if then := words(first.Find("td").First()); then == "" || !slices.Contains(shown, then) {
		t.Errorf("shown %q, then %q", shown, then)
	}
	for target, wants := range map[string][]string{
		"/trends?measure=M01": {"Delayed days, ", "extracts that arrived later: Southmoor Hospital",
			"weeks reads differently now: the week from 26 October 2026"},
		"/trends?measure=M02":                            {"Delayed days, ", "People waiting, a day"},
		"/trends?measure=M01b":                           {"DToC beds", "It follows from the lines above"},
		"/trends?measure=M03":                            {"Delayed days with social care, ", "Council share, "},
		"/trends?measure=M05-21":                         {"Delayed days from the 21st of each wait on, ", "Waiting 21 days or more, a day"},
		"/trends?measure=M07":                            {"Ended delays, ", "Days waited, middle, "},
		"/trends?measure=M08&grain=month&split=provider": {"New delays, "},
		"/trends?measure=M09&grain=day&last=30d":         {"Ended delays, "},
		"/reasons":                                       {"Delayed days, ", "E Care package in own home"},
		"/flow":                                          {"Waiting at the start, ", "New", "Ended", "Waiting at the end, 27 October 2026"},
		"/flow?split=responsible":                        {"Waiting at the start, "},
		"/trends?split=pathway&pathway=not-stated":       {"Delayed days, ", ": pathway not stated"},
		"/trends?measure=M08&split=reason":               {"New delays, ", ": E Care package in own home"},
		"/reasons?by=pathway":                            {"Delayed days, ", ": pathway not stated"},
		"/flow?split=pathway-days":                       {"New: pathway not stated", "27 October 2026: pathway not stated"},
		"/reasons?provider=RXA":                          {"These figures are the same today."},
		"/trends?provider=RXA":                           {"These figures are the same today."},
		"/flow?known=2026-10-28T23:58":                   {"As known"},
	} {
		if !strings.Contains(target, "known=") {
			mark := "?"
			if strings.Contains(target, "?") {
				mark = "&"
			}
			target += mark + "known=2026-10-28"
		}
		doc := s.get(t, target)
		if differing(t, doc).Length() == 0 {
			t.Errorf("%s does not say what has changed since", target)
		}
		for _, want := range wants {
			if got := words(doc.Find("body")); !strings.Contains(got, want) {
				t.Errorf("%s does not say %q: %s", target, want, words(doc.Find(".app-differences")))
			}
		}
		if s.get(t, strings.Replace(strings.Replace(target, "known=2026-10-28T23:58", "", 1), "known=2026-10-28", "", 1)).
			Find(".app-differences").Length() != 0 {
			t.Errorf("%s compares the present", target)
		}
	}
}

func TestMomentsThatCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for target, want := range map[string]string{
		"/overview?known=yesterday":                            "We do not recognise 'yesterday' as a value of 'known'",
		"/overview?known=2026-02-30":                           "as a value of 'known'",
		"/figures.csv?known=2026-12-01":                        "is not over yet",
		"/charts/reasons?known=2025-01-01":                     "this date cannot be rebuilt",
		"/overview?known=2026-10-28&known=2026-10-27":          "2 times with different values",
		"/extracts?known=2026-10-28":                           "We do not recognise 'known'",
		"/overview?known=%3Cscript%3E":                         "as a value of 'known'",
		"/overview?know=2026-10-28":                            "Did you mean 'known'?",
		"/figures?known=0000-00-00T99:99":                      "as a value of 'known'",
		"/overview?known=2026-10-28T09:58:00Z&from=2026-11-30": "To date must be",
	} {
		w := s.ask(http.MethodGet, target, nil)
		if w.Code != http.StatusBadRequest || !strings.Contains(strings.ReplaceAll(w.Body.String(), "&#39;", "'"), want) {
			t.Errorf("%s: %d, which does not say %q\n%s", target, w.Code, want, w.Body.String())
		}
	}
}
