package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/config"
	"homeward/internal/measure"
)

// The overview of hospitals that list everybody in a bed says what England
// counts beside our own, and every number of it stands in its twin, opens, and
// names what made it.
func TestOverviewInTheWordsOfTheDay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := s.get(t, "/overview")
	rows := rowsOf(t, s.ask(http.MethodGet, "/overview.csv", nil))
	value := func(id, name string) string {
		t.Helper()
		i := slices.IndexFunc(rows, func(r map[string]string) bool {
			return r["measure_id"] == id && r["measure"] == name && r["pathway"] == "all" && r["group"] == "all" && r["responsible"] == "all"
		})
		if i < 0 {
			t.Fatalf("no row %s, %s", id, name)
		}
		return rows[i]["value"]
	}
	number := func(text string) int {
		n, err := strconv.Atoi(strings.NewReplacer(",", "", "−", "-", "+", "").Replace(text))
		if err != nil {
			t.Errorf("%q is no number", text)
		}
		return n
	}
	remaining := remainingOf(s.office.stays, madeLast, 18)
	t.Run("D6 remaining stands first, as the situation report counts it", func(t *testing.T) {
		hero := doc.Find(".app-hero__value")
		if got := hero.First().Text(); got != strconv.Itoa(remaining) || value("sitrep", "people remaining") != got || remaining == 0 {
			t.Errorf("found %s and %s, expected %d", got, value("sitrep", "people remaining"), remaining)
		}
		if got := digits(hero.Last().Text()); got != value(measure.PeopleWaiting, "people waiting") {
			t.Errorf("ours is %s on the page and %s in the file", got, value(measure.PeopleWaiting, "people waiting"))
		}
		if got := words(doc.Find("h1")); !strings.Contains(got, strconv.Itoa(remaining)+" people are ready and still in hospital") {
			t.Error(got)
		}
	})
	t.Run("D8 every step of the bridge adds up on the screen", func(t *testing.T) {
		running := 0
		steps := doc.Find(".app-hero__rows tbody tr")
		steps.Each(func(i int, tr *goquery.Selection) {
			n := number(words(tr.Find("td.app-bars__number")))
			if tr.HasClass("app-bars__total") {
				if i > 0 && n != running {
					t.Errorf("%s is %d after steps to %d", words(tr), n, running)
				}
				running = n
			} else {
				running += n
			}
		})
		if steps.Length() < 4 || strconv.Itoa(running) != digits(doc.Find(".app-hero__value").Last().Text()) {
			t.Errorf("%d steps end with %d", steps.Length(), running)
		}
		if line := words(doc.Find(".app-hero__line")); !strings.HasPrefix(line, strconv.Itoa(remaining)+" remaining") {
			t.Error(line)
		}
	})
	t.Run("D6 pathways add up by row and in all", func(t *testing.T) {
		rows := doc.Find("#pathways tbody tr, #pathways tfoot tr")
		rows.Each(func(_ int, tr *goquery.Selection) {
			var n []int
			tr.Find(".app-bars__number, td.app-bars__out").Each(func(_ int, td *goquery.Selection) { n = append(n, number(words(td))) })
			sum := n[0] + n[1] - n[2]
			if len(n) == 5 {
				sum += n[3]
			}
			if sum != n[len(n)-1] {
				t.Errorf("%s: %v", words(tr), n)
			}
		})
		if got := words(rows.Last().Find("td").Last()); got != strconv.Itoa(remaining) {
			t.Errorf("all pathways are %s, expected %d", got, remaining)
		}
	})
	t.Run("D6 groups open to their reasons, which add up", func(t *testing.T) {
		all := 0
		doc.Find("#groups .app-groups__group").Each(func(_ int, d *goquery.Selection) {
			n, sum := number(words(d.Find(".app-groups__value"))), 0
			d.Find("tbody td").Each(func(_ int, td *goquery.Selection) { sum += number(words(td)) })
			if all += n; n != sum {
				t.Errorf("%s: its reasons are %d", words(d.Find("summary")), sum)
			}
		})
		if all != remaining {
			t.Errorf("the groups are %d, expected %d", all, remaining)
		}
	})
	t.Run("D7 the equation and the bands are the statistic of the latest whole month", func(t *testing.T) {
		month := rowsOf(t, s.ask(http.MethodGet, "/discharge.csv?from=2026-10-01&to=2026-10-31", nil))[0]
		card := words(doc.Find("#delay"))
		if !strings.Contains(card, month["bed_days"]+" bed days ÷ "+month["discharges"]+" discharges") {
			t.Errorf("%v is not in %s", month, card)
		}
		if got := words(doc.Find("#delay tbody tr").First().Find("td.app-bars__number")); got != month["band_0"] {
			t.Errorf("%s on the ready date, expected %s", got, month["band_0"])
		}
	})
	t.Run("D6 days since admission stand beside days since ready", func(t *testing.T) {
		now := rowsOf(t, s.ask(http.MethodGet, "/sitrep.csv?last=1d", nil))[0]
		var got []string
		doc.Find("#lengths td.app-bars__number").Each(func(_ int, td *goquery.Selection) { got = append(got, words(td)) })
		var want []string
		for _, n := range []string{"7", "14", "21"} {
			want = append(want, now["people_stay_"+n+"plus"], now["people_since_ready_"+n+"plus"])
		}
		if !slices.Equal(got, want) {
			t.Errorf("found %v, expected %v", got, want)
		}
	})
	t.Run("G3 the share has its whisker and says that it is a local agreement", func(t *testing.T) {
		card := doc.Find("#share")
		if card.Find("path.app-share__range").Length() != 1 || !strings.Contains(words(card), "local agreement") {
			t.Error(words(card))
		}
	})
	t.Run("D3 each card and each row names what made it", func(t *testing.T) {
		doc.Find(".app-tile, .app-hero__number").Each(func(_ int, one *goquery.Selection) {
			if !strings.Contains(words(one), "england-") {
				t.Errorf("no convention in %s", words(one))
			}
		})
		for _, r := range rows {
			want, set := "england-dtoc", "england-dtoc"
			switch r["measure_id"] {
			case "sitrep", "pathways":
				want, set = "england-drd", "england-acute-2024"
			case "discharge":
				want, set = "england-drd-statistic", "england-acute-2024"
			case "bridge":
				continue
			}
			if r["convention"] != want || !strings.Contains(r["rule_version"], set) {
				t.Errorf("%v", r)
			}
		}
	})
	t.Run("every number opens", func(t *testing.T) {
		links := doc.Find(".app-hero a, .app-tile a")
		links.Each(func(_ int, a *goquery.Selection) {
			href, _ := a.Attr("href")
			if w := s.ask(http.MethodGet, href, nil); w.Code != http.StatusOK {
				t.Errorf("%s answers %d", href, w.Code)
			}
		})
		if links.Length() < 15 {
			t.Errorf("%d links", links.Length())
		}
	})
	t.Run("a filter that England's counts do not know leaves them out, and says so", func(t *testing.T) {
		for _, target := range []string{"/overview?resp=nhs", "/overview?care=acute", "/overview?provider=RXC"} {
			doc := s.get(t, target)
			if doc.Find(".app-hero").Length() != 0 || !strings.Contains(words(doc.Find("main")), "England's counts are left out") {
				t.Errorf("%s: %s", target, words(doc.Find("main")))
			}
			if w := s.ask(http.MethodGet, strings.Replace(target, "?", ".csv?", 1), nil); strings.Contains(w.Body.String(), "remaining") {
				t.Errorf("%s: the file has what the page leaves out", target)
			}
		}
	})
	t.Run("one hospital and one council", func(t *testing.T) {
		for _, by := range []string{"provider=RXB", "council=E10000099"} {
			want := rowsOf(t, s.ask(http.MethodGet, "/sitrep.csv?last=1d&"+by, nil))[0]["remaining"]
			if got := words(s.get(t, "/overview?"+by).Find(".app-hero__value").First()); got != want {
				t.Errorf("%s: %s remain, expected %s", by, got, want)
			}
		}
	})
	t.Run("the partnership chooses what leads", func(t *testing.T) {
		for lead, want := range map[string][2]string{config.LeadSitrep: {"ready and still", "app-hero"},
			config.LeadLocal: {"as delayed;", "app-hero"}, config.LeadDischarge: {"Average delay", "app-tiles"}} {
			doc := newSite(t, func(o *Options) { o.Lead = lead }).get(t, "/overview")
			if !strings.Contains(words(doc.Find("h1")), want[0]) || !doc.Find(".app-hero, .app-tiles").First().HasClass(want[1]) {
				t.Errorf("%s leads with %s", lead, words(doc.Find("h1")))
			}
		}
		doc := newSite(t, func(o *Options) { o.Lead = config.LeadLocal }).get(t, "/overview")
		if got := words(doc.Find(".app-hero__value").Last()); got != strconv.Itoa(remaining) {
			t.Errorf("the sitrep's number is not second: %s", got)
		}
	})
}

// The charts by month stand folded, without a script, and open where the page is
// to be printed.
func TestOverviewFoldsItsCharts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := s.get(t, "/overview")
	if n := doc.Find("details.app-monthly:not([open]) figure.app-chart").Length(); n != 4 {
		t.Errorf("%d charts are folded, expected 4", n)
	}
	if n := s.get(t, "/overview?view=print").Find("details.app-monthly[open] figure.app-chart").Length(); n != 4 {
		t.Errorf("%d charts stand open for print, expected 4", n)
	}
}
