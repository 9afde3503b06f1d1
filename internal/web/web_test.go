package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/csvout"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
	"homeward/static"
	"homeward/templates"
)

// everyPage is one address for each page that people read.
var everyPage = []string{
	"/overview", "/figures", "/charts/delayed-days", "/charts/dtoc-beds", "/charts/council-share", "/charts/reasons",
	"/extracts", "/extracts/upload", "/extracts/" + knownFile, "/packs", "/packs/2026-10-28/about", "/definitions", "/definitions/M01",
	"/definitions/changes", "/definitions/changes/new",
	"/admin/status",
	"/admin/jobs", "/accessibility", "/help/keyboard", "/agreement/close", "/published", "/published/add", "/published/files/1",
	"/sitrep", "/sitrep?by=provider,group&group=capacity", "/discharge", "/discharge?grain=quarter&by=council", "/bridge", "/conventions",
}

func TestEveryPageHasItsFrame(t *testing.T) {
	t.Parallel()
	full := newSite(t)
	empty := emptySite(t, func(o *Options) { o.Packs, o.Jobs = &shelf{}, &desk{} })
	for name, s := range map[string]*site{"full": full, "empty": empty} {
		for _, p := range everyPage {
			if name == "empty" && p == "/extracts/"+knownFile {
				continue // Nothing is held that the address names.
			}
			t.Run(name+p, func(t *testing.T) {
				doc := s.get(t, p)
				if lang, _ := doc.Find("html").Attr("lang"); lang != "en-GB" {
					t.Errorf("lang is %q", lang)
				}
				if n := doc.Find("h1").Length(); n != 1 {
					t.Errorf("%d h1", n)
				}
				if !strings.HasSuffix(doc.Find("title").Text(), " – Homeward") {
					t.Errorf("title is %q", doc.Find("title").Text())
				}
				if doc.Find("a.nhsuk-skip-link").First().Length() != 1 || doc.Find("main#maincontent").Length() != 1 {
					t.Error("the skip link or its target is missing")
				}
				if doc.Find("script:not([src]):not([type='application/json'])").Length() != 0 {
					t.Error("an inline script")
				}
				if doc.Find("style, [style]").Length() != 0 {
					t.Error("an inline style")
				}
				doc.Find("table").Each(func(_ int, table *goquery.Selection) {
					if table.Find("caption").Length() != 1 || table.Find("th:not([scope])").Length() != 0 {
						t.Error("a table lacks its caption or a scope")
					}
				})
				doc.Find("[src], link[href], form[action]").Each(func(_ int, s *goquery.Selection) {
					for _, a := range []string{"src", "href", "action"} {
						if v, ok := s.Attr(a); ok && !strings.HasPrefix(v, "/") {
							t.Errorf("%s=%q leads elsewhere", a, v)
						}
					}
				})
				headings := doc.Find("h1,h2,h3,h4").Map(func(_ int, s *goquery.Selection) string { return goquery.NodeName(s) })
				for i := 1; i < len(headings); i++ {
					if headings[i] > headings[i-1] && headings[i][1]-headings[i-1][1] > 1 {
						t.Errorf("headings skip from %s to %s", headings[i-1], headings[i])
					}
				}
				ids := map[string]bool{}
				doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
					id, _ := s.Attr("id")
					if ids[id] {
						t.Errorf("the id %q stands twice", id)
					}
					ids[id] = true
				})
			})
		}
	}
}

func TestOverviewAnswersWhatADirectorAsksFirst(t *testing.T) {
	t.Parallel()
	// Hospitals that send delays alone: England's counts have a test of their own.
	alone := func(o *Options) { o.Beds, o.Pasts.(*office).stays = false, nil }
	s := newSite(t, alone)
	// Each hospital's people are of its own latest extract.
	var now, before measure.ByBody
	ready := 0
	for h := range hospitals {
		day := latest(h)
		countDays(day-7, day, func(c madeDay) {
			switch {
			case c.hospital != h:
			case c.day == day:
				now[c.body]++
			case c.day == day-7:
				before[c.body]++
			}
		})
		for _, one := range madeStays() {
			if one.hospital == h && one.ready == day {
				ready++
			}
		}
	}
	doc := s.get(t, "/overview")
	t.Run("C16 people waiting now and the change on a week before", func(t *testing.T) {
		if got := doc.Find(".app-figure--wide .app-figure__value").Text(); got != count(now.Total()) || now.Total() < 50 {
			t.Errorf("found %q, expected %d", got, now.Total())
		}
		lede := words(doc.Find(".app-lede"))
		if !strings.Contains(lede, change(now.Total(), before.Total(), "a week before")) {
			t.Errorf("the change is not in %q", lede)
		}
		want := plural(int64(ready), "person", "people") + " became ready on the day"
		if got := words(doc.Find(".app-figure--wide")); ready == 0 || !strings.Contains(got, want) {
			t.Errorf("people ready today are not shown apart: %q, not %q", got, want)
		}
	})
	t.Run("C12 not attributed stands in the split", func(t *testing.T) {
		var names []string
		doc.Find(".app-bodies__item").Each(func(_ int, s *goquery.Selection) { names = append(names, words(s)) })
		want := fmt.Sprintf("[Social care %d NHS %d Joint %d Not attributed %d]", now[2], now[1], now[3], now[0])
		if fmt.Sprint(names) != want {
			t.Errorf("found %v, expected %s", names, want)
		}
	})
	t.Run("G3 the share has its range", func(t *testing.T) {
		var days measure.ByBody // of the latest whole month
		countDays(delay.MustDay("2026-10-01"), delay.MustDay("2026-10-31"), func(c madeDay) { days[c.body]++ })
		share := measure.SocialCareShare(days, 0, 0)
		card := words(doc.Find(".app-figure:has(a[href='/definitions/M03'])"))
		for _, want := range []string{measure.PerCent(share.Value), "Between " + measure.PerCent(share.Low) + " and " +
			measure.PerCent(share.High)} {
			if !strings.Contains(card, want) {
				t.Errorf("%q is not in %q", want, card)
			}
		}
	})
	t.Run("the figures open", func(t *testing.T) {
		links := doc.Find(".app-figure").Find("a.app-list__number, a[href^='/figures']")
		if links.Length() != 5 {
			t.Errorf("%d figures open, expected people, share and three lengths", links.Length())
		}
		links.Each(func(_ int, a *goquery.Selection) {
			href, _ := a.Attr("href")
			if w := s.ask(http.MethodGet, href, nil); w.Code != http.StatusOK {
				t.Errorf("%s answers %d", href, w.Code)
			}
		})
	})
	t.Run("missing extracts are named", func(t *testing.T) {
		if got := words(doc.Find(".nhsuk-notification-banner")); !strings.Contains(got,
			"Westhaven: the extract for 3 November 2026 has not arrived. Its figures are from 1 November 2026.") {
			t.Errorf("found %q", got)
		}
		if got := words(doc.Find(".app-arrivals")); !strings.Contains(got, "In Northgate General") ||
			!strings.Contains(got, "Late Southmoor Hospital") || !strings.Contains(got, "Missing Westhaven") {
			t.Errorf("found %q", got)
		}
	})
	t.Run("four charts with drawing, table and data", func(t *testing.T) {
		if n := doc.Find("figure.app-chart").Length(); n != 4 {
			t.Fatalf("%d charts", n)
		}
		doc.Find("figure.app-chart").Each(func(_ int, f *goquery.Selection) {
			if f.Find(".app-chart__still svg[role=img]").Length() != 1 ||
				f.Find(".app-chart__phone svg[role=img]").Length() != 1 || f.Find("table tbody tr").Length() == 0 {
				t.Error("a chart lacks its drawing or table")
			}
			var data page.ChartData
			if err := json.Unmarshal([]byte(f.Find("script[type='application/json']").Text()), &data); err != nil {
				t.Fatalf("the chart's data cannot be read: %v", err)
			}
			if len(data.Readings) != f.Find("table tbody tr").Length() {
				t.Errorf("%d readings, %d table rows", len(data.Readings), f.Find("table tbody tr").Length())
			}
		})
	})
	t.Run("view=print opens every table", func(t *testing.T) {
		doc := s.get(t, "/overview?view=print")
		if doc.Find("figure .app-chart__values--open table").Length() != 4 || doc.Find("body.app-view-print").Length() != 1 {
			t.Error("a table is closed")
		}
	})
	t.Run("no drawing leaves words and table", func(t *testing.T) {
		s := newSite(t, alone, func(o *Options) { o.Drawer = plainDrawer{errors.New("no machine")} })
		doc := s.get(t, "/overview")
		if doc.Find("figure table").Length() != 4 || !strings.Contains(words(doc.Find("figure").First()), "Its values are in the table below") {
			t.Error("the page does not stand without its drawings")
		}
	})
}

func TestAddressesThatAreNotQuiteRight(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct{ target, want string }{
		{"/figures?grian=month", "Did you mean 'grain'?"},
		{"/figures?grain=mnth", "Did you mean 'month'?"},
		{"/overview?provder=RXA", "Did you mean 'provider'?"},
		{"/overview?provider=RXZ", "Did you mean 'RXA'?"},
		{"/overview?resp=council", "Values you can use: social-care, nhs, joint, none."},
		{"/overview?reason=Dx", "Did you mean 'Di'?"},
		{"/overview?council=E10000098", "Did you mean 'E10000099'?"},
		{"/overview?care=acut", "Did you mean 'acute'?"},
		{"/overview?from=31/03/2019", "From date must be a real date"},
		{"/overview?from=2019-02-30", "From date must be a real date"},
		{"/overview?from=2026-03-01&to=2026-02-01", "To date must be the same as or after from date"},
		{"/overview?last=13x", "like 30d, 13w or 12m"},
		{"/overview?last=0m", "like 30d, 13w or 12m"},
		{"/overview?last=3m&from=2026-01-01", "both 'last' and dates"},
		{"/overview?from=1990-01-01", "Choose a period of 10 years or less"},
		{"/overview?grain=month", "We do not recognise 'grain'"},
		{"/figures?by=day,month", "Use one of day, week and month"},
		{"/figures?grain=day&by=month", "Use one of day, week and month"},
		{"/overview?view=prnt", "Use print."},
		{"/overview?basis=agred", "Did you mean 'agreed'? Values you can use: counted, agreed."},
		{"/figures?basis=agreed&state=disputed", "Days that are disputed are not agreed, and basis=agreed counts agreed days only. Remove " +
			"'basis=agreed', or remove 'state=disputed'."},
		{"/flow?basis=agreed", "basis=agreed is not available here: flow counts people who begin and end a wait, whatever is agreed of their " +
			"days. Remove 'basis', or use basis=counted."},
		{"/trends?basis=agreed&measure=M08", "basis=agreed is not available here: new delays are counted once for a wait"},
		{"/overview?from=2026-01-01&from=2026-02-01", "2 times"},
		{"/packs?nhs=9990000530", "An NHS number must not stand in an address"},
	} {
		t.Run(c.target, func(t *testing.T) {
			w := s.ask(http.MethodGet, c.target, nil)
			doc := parse(t, w)
			if w.Code != 400 || words(doc.Find("h1")) != "This link is not quite right" {
				t.Errorf("%d %q", w.Code, words(doc.Find("h1")))
			}
			if got := words(doc.Find("main")); !strings.Contains(got, c.want) {
				t.Errorf("%q is not in %q", c.want, got)
			}
		})
	}
	t.Run("fields of a form left empty are as if not there", func(t *testing.T) {
		s.get(t, "/figures?from=&to=&grain=&provider=&last=")
	})
	t.Run("the address is not in the log", func(t *testing.T) {
		if strings.Contains(s.log.String(), "9990000530") || strings.Contains(s.log.String(), "grian") {
			t.Error("what was typed in an address stands in the log")
		}
	})
}

func TestFilterReachesTheQuery(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get(t,
		"/figures?provider=RXA&provider=rxb&council=not-known&resp=none&reason=Di&reason=not-known&care=non-acute&grain=week&by=provider,"+
			"reason&from=2026-10-01&to=2026-10-31")
	q := s.office.queried[0]
	got := fmt.Sprintf("%v %v %v", q.From, q.To, q.By)
	if got != "2026-10-01 2026-10-31 [week provider reason]" {
		t.Errorf("found %s", got)
	}
	if f := fmt.Sprintf("%q %q %v %q %v", q.Filter.Providers, q.Filter.Councils, q.Filter.Care, q.Filter.Reasons,
		q.Filter.Bodies); f != `["RXA" "RXB"] [""] [Non-Acute] ["Di" ""] [not attributed]` {
		t.Errorf("found %s", f)
	}
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for target, want := range map[string]string{
		"/figures":                             "2025-11-01 2026-11-03",
		"/figures?last=1m":                     "2026-11-01 2026-11-03",
		"/figures?last=13m":                    "2025-11-01 2026-11-03",
		"/figures?last=1w":                     "2026-11-02 2026-11-03",
		"/figures?last=2w":                     "2026-10-26 2026-11-03",
		"/figures?last=30d":                    "2026-10-05 2026-11-03",
		"/figures?to=2026-06-30":               "2025-06-01 2026-06-30",
		"/figures?to=2026-12-31":               "2025-12-01 2026-11-03",
		"/figures?from=2026-11-03&by=provider": "2026-11-03 2026-11-03",
	} {
		s.office.queried = nil
		s.get(t, target)
		if q := s.office.queried[0]; q.From.String()+" "+q.To.String() != want {
			t.Errorf("%s: found %s %s, expected %s", target, q.From, q.To, want)
		}
	}
}

// rowsOf reads a CSV twin as maps by column.
func rowsOf(t *testing.T, w *httptest.ResponseRecorder) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("%d: the CSV cannot be read: %v", w.Code, err)
	}
	var rows []map[string]string
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// bodyWords are the bodies as files have them.
var bodyWords = map[delay.Body]string{delay.NHS: "NHS", delay.SocialCare: "social care", delay.Joint: "joint",
	delay.NotAttributed: "not attributed"}

func digits(s string) string { return strings.NewReplacer(",", "", "%", "").Replace(s) }

func TestTwinsEqualThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const query = "?last=3m&by=provider,responsible&grain=month&provider=RXA&provider=RXB"
	doc := s.get(t, "/figures"+query)
	fromCSV := rowsOf(t, s.ask(http.MethodGet, "/figures.csv"+query, nil))
	var fromJSON struct {
		Rows     []map[string]any `json:"rows"`
		DataAsAt string           `json:"data_as_at"`
	}
	if err := json.Unmarshal(s.ask(http.MethodGet, "/figures.json"+query, nil).Body.Bytes(), &fromJSON); err != nil {
		t.Fatal(err)
	}
	onPage := ungroup(doc.Find("#figures")).Find("tbody tr")
	if onPage.Length() != len(fromCSV) || len(fromCSV) != len(fromJSON.Rows) || len(fromCSV) == 0 {
		t.Fatalf("%d rows on the page, %d in the CSV, %d in the JSON", onPage.Length(), len(fromCSV), len(fromJSON.Rows))
	}
	total := 0
	onPage.Each(func(i int, tr *goquery.Selection) {
		cells := tr.Find("th,td").Map(func(_ int, s *goquery.Selection) string { return words(s) })
		if digits(cells[3]) != fromCSV[i]["delayed_days"] || fmt.Sprint(fromJSON.Rows[i]["delayed_days"]) != fromCSV[i]["delayed_days"] {
			t.Errorf("row %d: page %s, CSV %s, JSON %v", i, cells[3], fromCSV[i]["delayed_days"], fromJSON.Rows[i]["delayed_days"])
		}
		if !strings.EqualFold(cells[2], fromCSV[i]["responsible"]) {
			t.Errorf("row %d: %s, %s", i, cells[2], fromCSV[i]["responsible"])
		}
		beds, _ := strconv.ParseFloat(fromCSV[i]["dtoc_beds"], 64)
		if cells[4] != oneDecimal(beds) {
			t.Errorf("row %d: beds %s, %s", i, cells[4], fromCSV[i]["dtoc_beds"])
		}
		n, _ := strconv.Atoi(fromCSV[i]["delayed_days"])
		total += n
		month := delay.MustDay(fromCSV[i]["month"] + "-01").Month()
		if made := countOf(month.First(), month.Last(), func(c madeDay) bool {
			return c.provider() == fromCSV[i]["provider"] && bodyWords[c.body] == fromCSV[i]["responsible"]
		}); int64(n) != made || n == 0 {
			t.Errorf("row %d: %d days, made %d", i, n, made)
		}
		for column, want := range map[string]string{"measure_id": "M01", "basis": "counted", "rule_version": "england-dtoc 2017.1",
			"data_as_at": "2026-11-03"} {
			if fromCSV[i][column] != want {
				t.Errorf("row %d: %s is %q", i, column, fromCSV[i][column])
			}
		}
	})
	if foot := words(doc.Find("#figures tfoot td.nhsuk-table__cell--numeric").First()); digits(foot) != strconv.Itoa(total) {
		t.Errorf("the total on the page is %s, of the CSV %d", foot, total)
	}
	t.Run("overview", func(t *testing.T) {
		doc := s.get(t, "/overview?last=3m")
		rows := rowsOf(t, s.ask(http.MethodGet, "/overview.csv?last=3m", nil))
		i := slices.IndexFunc(rows, func(r map[string]string) bool {
			return r["measure"] == "people waiting" && r["responsible"] == "all"
		})
		if got := doc.Find(".app-hero__value").Last().Text(); rows[i]["value"] != digits(got) {
			t.Errorf("page %s, CSV %s", got, rows[i]["value"])
		}
	})
	for _, id := range chartOrder {
		t.Run("chart "+id, func(t *testing.T) {
			doc := s.get(t, "/charts/"+id+"?last=3m")
			rows := rowsOf(t, s.ask(http.MethodGet, "/charts/"+id+".csv?last=3m", nil))
			if n := doc.Find("figure table tbody tr").Length(); n != len(rows) || n == 0 {
				t.Errorf("%d rows on the page, %d in the CSV", n, len(rows))
			}
			if w := s.ask(http.MethodGet, "/charts/"+id+".svg?last=3m", nil); w.Code != 200 || w.Header().Get("Content-Type") != "image/svg+xml" {
				t.Errorf("the SVG answered %d %s", w.Code, w.Header().Get("Content-Type"))
			}
		})
	}
	t.Run("the fixed link asks for the same", func(t *testing.T) {
		href, _ := s.get(t, "/figures"+query).Find("#fixed-link").Attr("href")
		again := s.get(t, href)
		if words(again.Find("#figures")) != words(doc.Find("#figures")) {
			t.Error("the fixed link shows other figures")
		}
	})
}

func TestR8HostileNamesStayText(t *testing.T) {
	t.Parallel()
	hostile := []string{"</script><script>window.__ran=1</script>", "=cmd()|' /C calc'!A0", "<img src=x onerror=alert(1)>",
		strings.Repeat("Very long ", 30)}
	for _, name := range hostile {
		t.Run(name[:10], func(t *testing.T) {
			s := newSite(t, func(o *Options) {
				o.Places.Partnership = name
				o.rename(name)
			})
			for _, p := range []string{"/overview", "/overview?provider=RXA", "/figures?by=provider", "/charts/delayed-days?provider=RXA",
				"/extracts"} {
				w := s.ask(http.MethodGet, p, nil)
				if strings.Contains(w.Body.String(), "<script>window") || strings.Contains(w.Body.String(), "<img") {
					t.Errorf("%s: the name became markup", p)
				}
				doc := parse(t, w)
				doc.Find("script[type='application/json']").Each(func(_ int, one *goquery.Selection) {
					if !json.Valid([]byte(one.Text())) {
						t.Errorf("%s: the chart's data is broken", p)
					}
				})
			}
			for _, row := range rowsOf(t, s.ask(http.MethodGet, "/extracts.csv", nil)) {
				if strings.HasPrefix(row["provider_name"], "=") {
					t.Error("a spreadsheet would run the name")
				}
			}
		})
	}
	t.Run("a value of an address comes back as text", func(t *testing.T) {
		w := newSite(t).ask(http.MethodGet, "/overview?provider="+url.QueryEscape(hostile[0]), nil)
		if w.Code != 400 || strings.Contains(w.Body.String(), "<script>window") {
			t.Error("the address became markup")
		}
	})
	for cell, want := range map[string]string{"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\t=1": "'\t=1", "a=1": "a=1", "": ""} {
		if got := csvout.Harmless(cell); got != want {
			t.Errorf("%q became %q", cell, got)
		}
	}
}

func TestSecurityHeadersStandOnEveryAnswer(t *testing.T) {
	t.Parallel()
	s := siteOf(t, emptyOffice(t, at(morning)))
	targets := []string{"/nothing", "/charts/nothing", "/static/nothing.js", "/overview?x=1", "/overview.json?x=1", "/healthz"}
	for _, r := range s.routes() {
		targets = append(targets, strings.NewReplacer(":id", "M01", ":name", "inbox", "*", styleSheet).Replace(r.path))
	}
	for _, target := range targets {
		s.visitors.cookies[people.Administrator] = s.visitors.signIn(people.Administrator) // Some addresses sign out.
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
			h := s.ask(method, target, nil).Header()
			for name, want := range map[string]string{
				"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
				"Permissions-Policy": "camera=()", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
				"X-Frame-Options": "DENY",
			} {
				if !strings.Contains(h.Get(name), want) {
					t.Errorf("%s %s: %s is %q", method, target, name, h.Get(name))
				}
			}
			if csp := h.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("%s %s: the policy is %q", method, target, csp)
			}
		}
	}
}

func TestRequestsFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.Hosts = []string{"homeward.northshire.example"} })
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "localhost": 200, "[::1]:80": 200, "LOCALHOST:1": 200, "127.8.8.8": 200, "homeward.northshire.example:443": 200,
		"evil.example": 403, "127.0.0.1.evil.example": 403, "10.0.0.7:8080": 403, "": 403,
	} {
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("host %q: %d, expected %d", host, w.Code, want)
		}
	}
	for _, c := range []struct {
		name, site, origin string
		want               int
	}{
		{"own page", "same-origin", "http://127.0.0.1:8080", 303}, {"no browser", "", "", 303},
		{"another site", "cross-site", "http://evil.example", 403}, {"another site, old browser", "", "http://evil.example", 403},
		{"another port of this machine", "same-site", "http://127.0.0.1:9999", 403},
	} {
		header := []string{}
		if c.site != "" {
			header = append(header, "Sec-Fetch-Site", c.site)
		}
		if c.origin != "" {
			header = append(header, "Origin", c.origin)
		}
		if w := s.ask(http.MethodPost, "/admin/jobs/inbox/run", nil, header...); w.Code != c.want {
			t.Errorf("%s: %d, expected %d", c.name, w.Code, c.want)
		}
	}
	if len(s.desk.ran) != 2 {
		t.Errorf("the job ran %d times, expected 2", len(s.desk.ran))
	}
}

func TestErrorsAsPagesAndJSON(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk I/O error at 0xbeef")
	for kind, want := range map[problem.Kind]int{problem.Invalid: 400, problem.NotFound: 404, problem.Conflict: 409, problem.Forbidden: 403,
		problem.Unavailable: 503, problem.Internal: 500} {
		s := newSite(t, func(o *Options) {
			o.Ready = nil
			o.Jobs = brokenJobs{fmt.Errorf("listing: %w", problem.Wrap(cause, kind, "A sentence for the reader"))}
		})
		t.Run(kind.String(), func(t *testing.T) {
			page := s.ask(http.MethodGet, "/admin/jobs", nil)
			twin := s.ask(http.MethodGet, "/admin/jobs.json", nil)
			if page.Code != want || twin.Code != want {
				t.Fatalf("page %d, twin %d, expected %d", page.Code, twin.Code, want)
			}
			var body struct {
				Error errorBody `json:"error"`
			}
			if err := json.Unmarshal(twin.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if body.Error.Kind != kind.String() || !regexp.MustCompile(`^H-[2-9A-Z]{5}$`).MatchString(body.Error.Reference) {
				t.Errorf("found %+v", body.Error)
			}
			if strings.Contains(page.Body.String()+twin.Body.String(), "0xbeef") {
				t.Error("the cause was shown to the reader")
			}
			reference := words(parse(t, page).Find("main strong"))
			if !strings.Contains(s.log.String(), reference) || !strings.Contains(s.log.String(), body.Error.Reference) {
				t.Error("the reference does not find the log line")
			}
			if want >= 500 && !strings.Contains(s.log.String(), "0xbeef") {
				t.Error("the operator does not see the cause")
			}
		})
	}
	s := newSite(t, func(o *Options) { o.Jobs = brokenJobs{nil} })
	t.Run("a panic is a page with a reference", func(t *testing.T) {
		w := s.ask(http.MethodGet, "/admin/jobs", nil)
		if w.Code != 500 || words(parse(t, w).Find("h1")) != "Sorry, there is a problem with the service" {
			t.Errorf("%d", w.Code)
		}
	})
	t.Run("an unknown address is 404, a wrong method 405", func(t *testing.T) {
		if w := s.ask(http.MethodGet, "/nothing", nil); w.Code != 404 || words(parse(t, w).Find("h1")) != "Page not found" {
			t.Errorf("%d", w.Code)
		}
		if w := s.ask(http.MethodDelete, "/overview", nil); w.Code != 405 {
			t.Errorf("%d", w.Code)
		}
		if w := s.ask(http.MethodGet, "/charts/reason", nil); w.Code != 404 || !strings.Contains(w.Body.String(),
			"Did you mean &#39;reasons&#39;?") {
			t.Errorf("%d", w.Code)
		}
	})
	t.Run("the store that does not answer makes it not ready", func(t *testing.T) {
		s := newSite(t, func(o *Options) { o.Ready = brokenJobs{cause}.ready })
		if w := s.ask(http.MethodGet, "/readyz", nil); w.Code != 503 || strings.Contains(w.Body.String(), "0xbeef") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := s.ask(http.MethodGet, "/healthz", nil); w.Code != 200 {
			t.Errorf("%d", w.Code)
		}
	})
}

func TestUploads(t *testing.T) {
	t.Parallel()
	form := func(name, content string) (io.Reader, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("note", "ignored")
		part, _ := w.CreateFormFile("file", name)
		_, _ = io.WriteString(part, content)
		_ = w.Close()
		return &b, w.FormDataContentType()
	}
	const name, files = newName, `SELECT count(*) FROM file`
	text := newText()
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	t.Run("body with its name", func(t *testing.T) {
		s := ownSite(t)
		w := s.ask(http.MethodPost, "/api/v1/extracts?name="+name, strings.NewReader(text))
		kept, err := s.office.store.File(t.Context(), sum)
		if w.Code != 201 || err != nil || kept.Bytes != int64(len(text)) {
			t.Fatalf("%d %s, %v", w.Code, w.Body, err)
		}
		var receipt map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &receipt); err != nil || receipt["outcome"] != "taken" ||
			receipt["rows_read"] != float64(listedOn(0, madeLast)) {
			t.Errorf("found %v, %v", receipt, err)
		}
		before := s.office.number(t, files)
		if w := s.ask(http.MethodPost, "/api/v1/extracts?name="+name, strings.NewReader(text)); w.Code != 200 ||
			s.office.number(t, files) != before {
			t.Errorf("C11: known bytes answered %d", w.Code)
		}
	})
	t.Run("form, with a path for a name", func(t *testing.T) {
		s := ownSite(t)
		body, kind := form(`C:\exports\..\`+name, text)
		w := s.ask(http.MethodPost, "/extracts/upload", body, "Content-Type", kind)
		if w.Code != 303 || w.Header().Get("Location") != "/extracts/"+sum {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if n := s.office.number(t, files+` WHERE outcome = 'taken' AND name = '`+name+`'`); n != 1 {
			t.Errorf("%d files of that name are taken", n)
		}
	})
	t.Run("R4 turned away", func(t *testing.T) {
		w := ownSite(t).ask(http.MethodPost, "/api/v1/extracts?name=a.pdf", strings.NewReader("%PDF-1.7"))
		if w.Code != 422 {
			t.Errorf("%d", w.Code)
		}
	})
	t.Run("R8 too big", func(t *testing.T) {
		s := newSite(t)
		before := s.office.number(t, files)
		w := s.ask(http.MethodPost, "/api/v1/extracts?name=a.csv", strings.NewReader(strings.Repeat("x", 2<<20)))
		if w.Code != 413 || !strings.Contains(w.Body.String(), "smaller than 1MB") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		body, kind := form("a.csv", strings.Repeat("x", 2<<20))
		if w := s.ask(http.MethodPost, "/extracts/upload", body, "Content-Type", kind); w.Code != 413 {
			t.Errorf("%d", w.Code)
		}
		if s.office.number(t, files) != before {
			t.Error("part of a file was taken")
		}
	})
	t.Run("nothing chosen", func(t *testing.T) {
		s := newSite(t)
		body, kind := form("", "")
		doc := parse(t, s.ask(http.MethodPost, "/extracts/upload", body, "Content-Type", kind))
		if got := words(doc.Find(".nhsuk-error-summary__list a[href='#file']")); got != "Select a file." {
			t.Errorf("found %q", got)
		}
		if !strings.HasPrefix(doc.Find("title").Text(), "Error: ") || doc.Find("#file[aria-describedby~=file-error]").Length() != 1 {
			t.Error("the error is not tied to its field")
		}
		for target, want := range map[string]string{"/api/v1/extracts": "has no name", "/api/v1/extracts?name=a.csv": "empty",
			"/api/v1/extracts?name=..": "has no name"} {
			if w := s.ask(http.MethodPost, target, strings.NewReader("")); w.Code != 400 || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d %s", target, w.Code, w.Body)
			}
		}
	})
	t.Run("nothing is left in the spool", func(t *testing.T) {
		dir := t.TempDir()
		s := ownSite(t, func(o *Options) { o.Spool = dir })
		s.ask(http.MethodPost, "/api/v1/extracts?name="+name, strings.NewReader(text))
		s.ask(http.MethodPost, "/api/v1/extracts?name=b.csv", strings.NewReader(strings.Repeat("x", 2<<20)))
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%d files are left", len(left))
		}
	})
}

func TestReceiptAddsUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := s.get(t, "/extracts/"+knownFile)
	// Beside its people the file has two rows that are ready in the future and one
	// of a child; some people's rows lack their body, council or NHS number.
	kept, unsaid := listedOn(0, madeLast), 0
	for _, one := range madeStays() {
		if one.hospital == 0 && one.listed(madeLast) {
			for _, lacks := range []bool{one.on(madeLast) == delay.NotAttributed, one.council == "", one.nhs == ""} {
				if lacks {
					unsaid++
				}
			}
		}
	}
	want := fmt.Sprintf("%d rows read: %d kept, 2 could not be understood, 1 outside what is counted.", kept+3, kept)
	if got := words(doc.Find(".app-lede")); got != want || unsaid == 0 {
		t.Errorf("R1: found %q, expected %q", got, want)
	}
	want = fmt.Sprintf("Row %d Put aside Discharge ready date 2027-10-12, which is after the extract date 2026-11-03", kept+2)
	problems := doc.Find("#problems tbody tr")
	if n := problems.Length(); n != 2+1+unsaid || !strings.Contains(words(problems.First()), want) {
		t.Errorf("%d rows, expected %d; found %q", n, 3+unsaid, words(doc.Find("#problems")))
	}
	causes := doc.Find("#causes tbody tr").Map(func(_ int, tr *goquery.Selection) string { return words(tr) })
	if !strings.HasPrefix(causes[0], "Discharge ready date: 2027-10-12") || !strings.Contains(causes[0], "(2 rows)") ||
		!strings.Contains(causes[0], "2 Put aside") || !slices.ContainsFunc(causes, func(one string) bool {
		return strings.HasPrefix(one, "NHS number: ") && strings.Contains(one, "Whole file Kept, with a warning")
	}) {
		t.Errorf("what was found by cause, the worst first: %q", causes)
	}
	for _, id := range []string{"nothing", strings.Repeat("0", 64), strings.Repeat("0", 63) + "G", knownFile + ".csv", "..%2f..%2fetc"} {
		if w := s.ask(http.MethodGet, "/extracts/"+id, nil); w.Code != 404 {
			t.Errorf("%s: %d", id, w.Code)
		}
	}
	if w := s.ask(http.MethodGet, "/extracts/"+knownFile+".json", nil); w.Code != 200 || !json.Valid(w.Body.Bytes()) {
		t.Errorf("%d", w.Code)
	}
}

func TestExtractsGrid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	last := func(target string) string {
		doc := s.get(t, target)
		if doc.Find("#grid tbody tr").Length() != 3 || doc.Find("#grid thead th").Length() != 15 {
			t.Fatal("the grid is not 3 hospitals by 14 days")
		}
		return fmt.Sprint(doc.Find("#grid tbody tr").Map(func(_ int, tr *goquery.Selection) string { return words(tr.Find("td").Last()) }))
	}
	if got := last("/extracts"); got != "[Not due Not due Not due]" {
		t.Errorf("today: found %v", got)
	}
	want := fmt.Sprintf("[In %d rows, receipt Late %d rows, receipt Missing]", listedOn(0, madeLast), listedOn(1, madeLast))
	if got := last("/extracts?to=2026-11-03"); got != want {
		t.Errorf("found %v, expected %s", got, want)
	}
	doc := s.get(t, "/extracts")
	if got := words(doc.Find(".app-lede")); got != "2 of 3 extracts for 3 November 2026 are in. 1 file in this fortnight is held." {
		t.Errorf("R5: found %q", got)
	}
	if href, _ := doc.Find(".app-pager a").First().Attr("href"); href != "/extracts?to=2026-10-21" {
		t.Errorf("earlier leads to %s", href)
	}
	t.Run("the twins are of the same days, and the form for a file is for those who may use it", func(t *testing.T) {
		for role, want := range map[string]string{
			"analyst": "[Earlier fortnight Later fortnight Upload an extract Same person or not Calendar Data quality CSV JSON]",
			"viewer":  "[Earlier fortnight Later fortnight Calendar Data quality CSV JSON]",
		} {
			links := parse(t, s.ask(http.MethodGet, "/extracts?to=2026-10-21", nil, wordAs, role)).Find(".app-pager a")
			if got := fmt.Sprint(links.Map(func(_ int, a *goquery.Selection) string { return words(a) })); got != want {
				t.Errorf("%s: %s", role, got)
			}
			if href, _ := links.Last().Attr("href"); href != "/extracts.json?to=2026-10-21" {
				t.Errorf("%s: JSON leads to %s", role, href)
			}
		}
	})
}

func TestJobs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if w := s.ask(http.MethodPost, "/admin/jobs/pack/run", nil); w.Code != 409 || !strings.Contains(w.Body.String(), "already running") {
		t.Errorf("%d", w.Code)
	}
	if w := s.ask(http.MethodPost, "/admin/jobs/nothing/run", nil); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	w := s.ask(http.MethodPost, "/admin/jobs/inbox/run", nil)
	doc := s.get(t, w.Header().Get("Location"))
	if got := words(doc.Find(".nhsuk-notification-banner--success p")); got != "Started: Read the inbox." {
		t.Errorf("found %q", got)
	}
}

func TestRoutesAreListedInTheDocuments(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/routes.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| (GET|POST) \\| `([^`]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		listed[m[1]+" "+m[2]] = true
	}
	for _, r := range newSite(t).routes() {
		name := r.method + " " + r.path
		if !listed[name] {
			t.Errorf("%s is not in docs/routes.md", name)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("docs/routes.md lists %s, which does not exist", name)
	}
	for _, word := range figuresWords {
		if !strings.Contains(string(text), "`"+word+"`") {
			t.Errorf("the query word %s is not in docs/routes.md", word)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := s.get(t, "/overview")
	href, _ := doc.Find("link[rel=stylesheet]").Attr("href")
	w := s.ask(http.MethodGet, href, nil)
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%d %s", w.Code, w.Header().Get("Cache-Control"))
	}
	if again := s.ask(http.MethodGet, href, nil, "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
		t.Errorf("%d", again.Code)
	}
	for _, name := range []string{"/static/css/app.scss", "/static/vendor/README.md", "/static/../server.go", "/static/", "/static/js"} {
		if w := s.ask(http.MethodGet, name, nil); w.Code != 404 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	t.Run("refuses to start without them", func(t *testing.T) {
		o, _ := options(t, sharedOffice(t, empty))
		o.Assets = fstest.MapFS{"js/app.js": {Data: []byte("x")}}
		_, err := New(o)
		if problem.KindOf(err) != problem.Unavailable || !strings.Contains(problem.Sentence(err), "npm run build") {
			t.Errorf("found %v", err)
		}
	})
	t.Run("load nothing from elsewhere", func(t *testing.T) {
		css, err := fs.ReadFile(static.Files, styleSheet)
		if err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal("static/vendor/homeward.css was expected; run npm ci and npm run build")
			}
			t.Skip("npm run build has not run")
		}
		if bytes.Contains(css, []byte("//assets")) || fontsFetched.Match(css) || bytes.Contains(css, []byte("url(http")) {
			t.Error("the style sheet loads from another host")
		}
		if !bytes.Contains(css, []byte("arial,sans-serif")) {
			t.Error("the style sheet names no typeface")
		}
	})
}

func TestTemplateThatDoesNotParseStopsTheProgram(t *testing.T) {
	t.Parallel()
	o, _ := options(t, sharedOffice(t, empty))
	o.Templates = func() (page.Templates, error) {
		return page.ParseTemplates(fstest.MapFS{"layout/layout.html": {Data: []byte(`{{define "layout"}}{{end}}`)},
			"page/overview.html": {Data: []byte(`{{if}}`)}})
	}
	if _, err := New(o); problem.KindOf(err) != problem.Unavailable || !strings.Contains(err.Error(), "page/overview.html") {
		t.Errorf("found %v", err)
	}
}

// avoid are the words of the style guide that pages never use.
var avoid = regexp.MustCompile(
	`(?i)\b(fault|blame|culprit|bed.?block\w*|blocking|stuck|liable|guilty|breach\w*|excuse|failed|failing|failure|ignored|refused|` +
		`non-compliant|the elderly|frail elderly|dtoc ` +
		`patient|worst|best|underperform\w*|soaring|crisis|crashed|fatal|illegal|invalid|please|failures)\b`)

func TestWordsOfThePages(t *testing.T) {
	skipShort(t)
	t.Parallel()
	err := fs.WalkDir(templates.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templates.Files, name)
		if err != nil {
			return err
		}
		if found := avoid.FindString(string(text)); found != "" {
			t.Errorf("%s says %q", name, found)
		}
		// Choices belong in the handler.
		for _, m := range regexp.MustCompile(`\{\{-?\s*(?:if|else `+
			`if|with|range)?\s*\(?(eq|ne|lt|le|gt|ge|and|or|not|len|index|printf|call|js|slice)\b`).FindAllStringSubmatch(string(text), -1) {
			t.Errorf("%s decides with %q", name, m[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	for _, p := range append(slices.Clone(everyPage), "/nothing", "/overview?x=1") {
		doc := parse(t, s.ask(http.MethodGet, p, nil))
		doc.Find("script").Remove()
		if found := avoid.FindString(words(doc.Find("body"))); found != "" {
			t.Errorf("%s says %q", p, found)
		}
	}
	for _, h := range headings {
		if found := avoid.FindString(h); found != "" {
			t.Errorf("a heading says %q", found)
		}
	}
}

func TestNoDefinitionIsTwiceOrUnnamed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range measure.Definitions(nil) {
		if seen[d.ID] || d.Name == "" || d.Sentence == "" || d.Formula == "" || d.LeftOut == "" || d.Unit == "" || d.Rules == "" {
			t.Errorf("%s is twice or lacks words", d.ID)
		}
		seen[d.ID] = true
	}
	for _, n := range measure.Numbers {
		if !seen[n.ID] {
			t.Errorf("%s has no definition", n.ID)
		}
	}
	for id := range chartsByID {
		if !seen[chartMeasures[id]] || id != chartBeds && chartNames[id] == "" || !slices.Contains(chartOrder, id) {
			t.Errorf("the chart %s lacks its measure, name or place", id)
		}
	}
}

// A job that was missed and has not had its turn says so where its next time stands;
// on a new installation nothing was missed.
func TestAJobThatWasMissedSaysSo(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 4, 9, 15, 0, 0, time.UTC)
	s := newSite(t, func(o *Options) {
		o.Jobs = &desk{jobs: []Job{
			{Name: "log", Title: "Carry the log", Waits: true, Last: at.AddDate(0, 0, -2), Next: at},
			{Name: "audit", Title: "Check the audit log", Waits: true, Next: at},
			{Name: "verify", Title: "Verify the figures", Next: at},
		}}
	})
	cells := parse(t, s.ask(http.MethodGet, "/admin/jobs", nil)).Find(`td[data-head="Next run"]`)
	for i, want := range []string{"it was missed while Homeward was off", "for the first time", "9:15am"} {
		if next := words(cells.Eq(i)); !strings.Contains(next, want) {
			t.Errorf("it says %q, want %q", next, want)
		}
	}
	var twin struct{ Rows []map[string]any }
	if err := json.Unmarshal(s.ask(http.MethodGet, "/admin/jobs.json", nil).Body.Bytes(), &twin); err != nil || len(twin.Rows) != 3 {
		t.Fatalf("%v %+v", err, twin)
	}
	for i, want := range []string{"yes", "yes", "no"} {
		if twin.Rows[i]["waits"] != want {
			t.Errorf("%v waits: %v, want %s", twin.Rows[i]["name"], twin.Rows[i]["waits"], want)
		}
	}
}
