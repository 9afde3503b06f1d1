package app

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/data"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/people"
	"homeward/internal/synth"
)

// smallDemo fills a data folder as the demonstration does, with ten weeks of
// fewer people, and opens it the morning after.
func smallDemo(t *testing.T) *App {
	t.Helper()
	dir := t.TempDir()
	example, err := fs.Sub(data.Examples, exampleNorthshire)
	if err != nil {
		t.Fatal(err)
	}
	if err := copyFS(filepath.Join(dir, "data"), example); err != nil {
		t.Fatal(err)
	}
	last := delay.MustDay("2026-11-03")
	if err := synth.Write(t.Context(), dir, synth.Options{Seed: 1, From: last - 70, To: last, Beds: 45}, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 4, 9, 12, 0, 0, time.UTC)
	a, err := Open(t.Context(), Options{Data: filepath.Join(dir, "data"), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	paths, err := find([]string{filepath.Join(dir, "extracts")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.ingestFiles(t.Context(), paths, func(*ingest.Report) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := answerDemo(t.Context(), a, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	return a
}

// Every number of the council's page that has rows behind it leads to them, and
// they are as many as it says (J7): for a director of the council all of them
// are within the scope.
func TestJ7EveryNumberOfACouncilOpens(t *testing.T) {
	if testing.Short() {
		t.Skip("one step after another; the full run has it")
	}
	t.Parallel()
	a := smallDemo(t)
	grant, err := people.NewGrant(people.Director, []string{"E10000099"}, a.SignIn.Organisations())
	if err != nil {
		t.Fatal(err)
	}
	person := people.Person{Email: string(people.Director) + "@partnership.example", Name: "Des Director", Grants: []people.Grant{grant}}
	if _, err := a.Store.AddPerson(t.Context(), people.Actor{Kind: people.Machine}, person); err != nil {
		t.Fatal(err)
	}
	draw, err := newRenderer()
	if err != nil {
		t.Fatal(err)
	}
	site, signIn := a.Site(t, draw)
	cookie := signIn(people.Director)
	get := func(target string) *goquery.Document {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+target, nil)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", target, w.Code, w.Body)
		}
		doc, err := goquery.NewDocumentFromReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	number := regexp.MustCompile(`^[\d,]+`)
	whole := func(text string) int {
		n, err := strconv.Atoi(strings.ReplaceAll(number.FindString(strings.TrimSpace(text)), ",", ""))
		if err != nil {
			t.Fatalf("%q is no number", text)
		}
		return n
	}
	opened := map[string]bool{}
	for _, query := range []string{"", "?split=reason", "?split=care&provider=RZ1&basis=agreed", "?split=new&last=2w"} {
		page := get("/council/E10000099" + query)
		tables := map[string]int{}
		page.Find(".app-council td a[href^='/days']").Each(func(_ int, link *goquery.Selection) {
			href, _ := link.Attr("href")
			id, _ := link.Closest("table").Attr("id")
			tables[id]++
			if opened[href+link.Text()] {
				return
			}
			opened[href+link.Text()] = true
			want := whole(link.Text())
			rows := get(href)
			lede := rows.Find(".app-lede").Text()
			if got := whole(lede); got != want {
				t.Errorf("%s: %d in %s opens %q: %s", query, want, id, lede, href)
			}
			// Nothing is outside the scope, and the rows add up.
			if !strings.Contains(lede, fmt.Sprintf(": %s of ", plainDays(want))) {
				t.Errorf("%s: %d in %s: not all rows can be seen: %q", query, want, id, lede)
			}
			asked, err := url.Parse(href)
			if err != nil {
				t.Fatal(err)
			}
			if council := asked.Query().Get("council"); council != "E10000099" {
				t.Errorf("%s asks for council %q", href, council)
			}
		})
		wants := []string{"figures", "by-provider", "by-reason", "by-care", "by-length", "by-length-body", "moved-table", "unsettled"}
		for _, id := range wants {
			if tables[id] == 0 {
				t.Errorf("%s: no number of %s opens", query, id)
			}
		}
		// Every count of days that is not nothing opens.
		page.Find("#by-provider td, #by-reason td, #by-care td").Each(func(_ int, cell *goquery.Selection) {
			text := strings.TrimSpace(cell.Text())
			if number.MatchString(text) && text != "0" && !strings.HasSuffix(text, "%") && cell.Find("a").Length() == 0 {
				t.Errorf("%s: %s does not open", query, text)
			}
		})
	}
	t.Logf("%d numbers opened", len(opened))
	t.Run("one click to the rows, two to the record, three to the receipt", func(t *testing.T) {
		at := "/council/E10000099"
		for _, click := range []string{"#by-provider tbody td a", "#days a[href^='/delays/HW-']", "main a[href*='/periods/']"} {
			href, ok := get(at).Find(click).First().Attr("href")
			if !ok {
				t.Fatalf("%s has no %s", at, click)
			}
			at = href
		}
		if doc := get(at); !strings.Contains(doc.Find("main").Text(), "Rule") {
			t.Errorf("%s is no receipt", at)
		}
	})
	t.Run("the parts of the change add up, and the bars have their numbers", func(t *testing.T) {
		for _, split := range []string{"provider", "reason", "care", "new"} {
			page := get("/council/E10000099?split=" + split)
			sum := 0
			bars := page.Find("#moved-share svg").Text()
			page.Find("#moved-table tbody tr").Each(func(_ int, row *goquery.Selection) {
				text := strings.TrimSpace(row.Find("td").Last().Text())
				sum += tenthsOf(t, text)
				if !strings.Contains(bars, text) {
					t.Errorf("%s: %s is in the table and not on the bars", split, text)
				}
			})
			if all := tenthsOf(t, strings.TrimSpace(page.Find("#moved-table tfoot td").Last().Text())); sum != all {
				t.Errorf("%s: the parts add up to %d tenths, the change is %d", split, sum, all)
			}
		}
	})
	t.Run("the page's sums are the same everywhere", func(t *testing.T) {
		page := get("/council/E10000099")
		foot := func(id string, i int) string {
			return strings.TrimSpace(page.Find("#" + id + " tfoot td").Eq(i).Text())
		}
		for i := range 4 {
			if foot("by-provider", i) != foot("by-reason", i) || foot("by-provider", i) != foot("by-care", i) {
				t.Errorf("column %d: %s by hospital, %s by reason, %s by care", i, foot("by-provider", i), foot("by-reason", i), foot("by-care", i))
			}
		}
		for i := range 5 {
			if foot("by-length", i) != foot("by-length-body", i) {
				t.Errorf("people, column %d: %s by hospital, %s by next step", i, foot("by-length", i), foot("by-length-body", i))
			}
		}
	})
}

func plainDays(n int) string {
	if n == 1 {
		return "1 day"
	}
	text := strconv.Itoa(n)
	if len(text) > 3 {
		text = text[:len(text)-3] + "," + text[len(text)-3:]
	}
	return text + " days"
}

// tenthsOf reads "+2.3", "−0.6" or "0.0" in tenths.
func tenthsOf(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.NewReplacer(".", "", "−", "-").Replace(text))
	if err != nil {
		t.Fatalf("%q is no number of points", text)
	}
	return n
}
