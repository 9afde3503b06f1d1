package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/web/page"
)

const councilPage = "/council/E10000099"

func TestCouncilPageHasItsParts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := s.get(t, councilPage)
	t.Run("the answer first, the rest folded", func(t *testing.T) {
		var order []string
		doc.Find("#figures, #council-share, #people-with-social-care, #by-provider, #by-reason, #by-care, #by-length, #moved-share, " +
			"#unsettled, " +
			"#longest, .nhsuk-inset-text").Each(func(_ int, part *goquery.Selection) {
			id, _ := part.Attr("id")
			order = append(order, id)
		})
		if got := strings.Join(order, " "); got != "council-share people-with-social-care by-provider moved-share  figures by-reason "+
			"by-care unsettled by-length longest" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("C13 rates name the adults, their year and source", func(t *testing.T) {
		s.opts.Places.Adults = map[string]page.Adults{"E10000099": {Number: 640000, Year: "mid-2025", Source: "invented"}}
		defer func() { s.opts.Places.Adults = nil }()
		doc := s.get(t, councilPage)
		for _, want := range []string{"per 100,000 adults, mid-2025", "Rates divide by 640,000 adults, mid-2025. Source: invented.",
			"Days with social care in the period per 100,000"} {
			if !strings.Contains(words(doc.Find(".app-council")), want) {
				t.Errorf("the page does not say %q", want)
			}
		}
	})
	t.Run("C13 no rate without adults", func(t *testing.T) {
		if got := words(doc.Find(".app-council")); !strings.Contains(got, "Rate not available. No adult population is loaded for 2026.") ||
			strings.Contains(got, "100,000") {
			t.Errorf("the page says %q", got)
		}
	})
	t.Run("a month's figures are judged by a chart of months, not by the weeks beside them", func(t *testing.T) {
		title := words(doc.Find("#people-with-social-care-heading"))
		row := words(doc.Find("#figures tr").FilterFunction(func(_ int, r *goquery.Selection) bool {
			return strings.HasPrefix(words(r), "DToC beds with social care")
		}))
		months := words(s.get(t, "/trends?measure=M02&grain=month&council=E10000099&resp=social-care&last=36m").Find(".app-icons__item").First())
		if months == "" || !strings.Contains(row, months) {
			t.Errorf("the months say %q, the table %q", months, row)
		}
		if weeks := words(doc.Find(".app-icons__item").First()); weeks == "" || weeks == months {
			t.Errorf("the weeks say %q, the months %q", weeks, months)
		}
		if title == "" || doc.Find("#people-with-social-care svg").Length() == 0 {
			t.Errorf("the chart is missing: %q", title)
		}
		if sub := words(doc.Find("#people-with-social-care .app-chart__of")); !strings.Contains(sub, "Northshire County Council") {
			t.Errorf("the chart names its place %q", sub)
		}
	})
	t.Run("whose answer comes next, and the oldest reply date", func(t *testing.T) {
		// Of what has days in the period, the part that was said first, and two
		// working days for the reply.
		oldest := morning
		countDays(delay.MustDay("2026-10-01"), delay.MustDay("2026-10-31"), func(c madeDay) {
			began := c.ready
			if c.changed != 0 && c.day >= c.changed {
				began = c.changed
			}
			if said := receivedAt(max(began, madeFirst), c.hospital); c.council == county && said.Before(oldest) {
				oldest = said
			}
		})
		reply := delay.DayOf(oldest)
		for left := 2; left > 0; {
			if reply++; reply.Time().Weekday() != time.Saturday && reply.Time().Weekday() != time.Sunday {
				left--
			}
		}
		if got := words(doc.Find("#unsettled tbody tr").First()); !strings.HasSuffix(got, " "+reply.Long()) || reply >= madeLast-30 {
			t.Errorf("got %q, expected %s", got, reply.Long())
		}
	})
	t.Run("splits of the change", func(t *testing.T) {
		for split, want := range map[string]string{"provider": "Northgate General", "reason": "E Care package in own home", "care": "Acute care",
			"new": "Continuing delays"} {
			doc := s.get(t, councilPage+"?split="+split)
			if got := words(doc.Find("#moved-table tbody")); !strings.Contains(got, want) {
				t.Errorf("%s: the table has %q", split, got)
			}
			if doc.Find("#moved-share svg").Length() != 2 {
				t.Errorf("%s: there are no bars for desk and phone", split)
			}
			for _, ending := range []string{".csv", ".xlsx", ".svg"} {
				href, _ := doc.Find("#moved-share .app-data__menu a[href^='" + councilPage + ending + "']").Attr("href")
				if w := s.ask(http.MethodGet, href, nil); w.Code != http.StatusOK || !strings.Contains(href, "split="+split) {
					t.Errorf("%s: the Data menu leads to %q, which gives %d", split, href, w.Code)
				}
			}
		}
		if w := s.ask(http.MethodGet, councilPage+"?split=ward", nil); w.Code != http.StatusBadRequest {
			t.Errorf("an unknown split gives %d", w.Code)
		}
	})
	t.Run("nothing to compare with", func(t *testing.T) {
		doc := s.get(t, councilPage+"?from=2025-10-01&to=2025-10-31")
		if doc.Find("#moved-share").Length() != 0 || !strings.Contains(words(doc.Find(".app-council")),
			"There is nothing to compare: October 2025 or September 2025 has no delayed days.") {
			t.Error("a change from nothing is explained")
		}
		if w := s.ask(http.MethodGet, councilPage+".svg?from=2025-10-01&to=2025-10-31", nil); w.Code != http.StatusNotFound {
			t.Errorf("its picture gives %d", w.Code)
		}
	})
	t.Run("P1 those without rows see counts, and no links that they cannot follow are lost", func(t *testing.T) {
		doc := parse(t, s.ask(http.MethodGet, councilPage, nil, wordAs, string(people.Viewer)))
		if got := words(doc.Find(".app-council")); !strings.Contains(got, "Rows about people are for the people who work with them.") ||
			strings.Contains(got, "HW-") {
			t.Errorf("a viewer sees %q", got)
		}
	})
}

func TestCouncilPageLooksBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := s.get(t, councilPage+"?known=2026-10-28&from=2026-10-01&to=2026-10-31")
	t.Run("C15 it says so, and leads back", func(t *testing.T) {
		if bar := words(doc.Find(".app-datebar")); !strings.HasPrefix(bar, "As known on 28 October 2026. Data as at 27 October 2026.") {
			t.Errorf("the bar says %q", bar)
		}
		if got, _ := doc.Find(".app-datebar a").Attr("href"); got != councilPage+"?from=2026-10-01&to=2026-10-31" {
			t.Errorf("it leads back to %q", got)
		}
		if got, _ := doc.Find("#known").Attr("value"); got != "2026-10-28" {
			t.Errorf("the filters have %q as their moment", got)
		}
	})
	t.Run("C15 what leads on is of the same moment", func(t *testing.T) {
		n := 0
		doc.Find(".app-about a[href*='.csv'], .app-about a[href*='.json'], .app-chart a[href*='/charts/'], .app-chart a[href*='/trends'], " +
			".app-moved__by a, #fixed-link").Each(func(_ int, a *goquery.Selection) {
			n++
			if href, _ := a.Attr("href"); !strings.Contains(href, "known=2026-10-28") {
				t.Errorf("it leads on to %s", href)
			}
		})
		if n < 12 {
			t.Errorf("only %d links lead on", n)
		}
	})
	t.Run("rows are as they are now, so none stand behind figures of the past", func(t *testing.T) {
		if n := doc.Find(".app-council a[href^='/days'], #longest").Length(); n != 0 {
			t.Errorf("%d links to rows", n)
		}
		if !strings.Contains(words(doc.Find(".app-council")), "Rows about people are as they stand today.") {
			t.Error("it does not say why there are no rows")
		}
	})
	t.Run("what has changed since, of both periods", func(t *testing.T) {
		got := words(differing(t, doc))
		for _, want := range []string{"People waiting, 27 October 2026", "Delayed days with social care, 1 to 27 October 2026",
			"Agreed days, 1 to 27 October 2026", "Council share, September 2026", "extracts that arrived later: Southmoor Hospital"} {
			if !strings.Contains(got, want) {
				t.Errorf("it does not say %q: %s", want, got)
			}
		}
		if s.get(t, councilPage).Find(".app-differences").Length() != 0 {
			t.Error("the present is compared with itself")
		}
	})
	t.Run("C15 the same moment gives the same bytes", func(t *testing.T) {
		for _, target := range []string{councilPage + "?known=2026-10-28", councilPage + ".csv?known=2026-10-28",
			councilPage + ".json?known=2026-10-28"} {
			first, again := s.ask(http.MethodGet, target, nil), s.ask(http.MethodGet, target, nil)
			if first.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", target, first.Code, first.Body)
			}
			one, two := first.Body.String(), again.Body.String()
			if strings.HasPrefix(one, "<!") {
				a, _ := parse(t, first).Find("main").Html()
				b, _ := parse(t, again).Find("main").Html()
				one, two = a, b
			}
			if one != two {
				t.Errorf("%s differs from one time to the next", target)
			}
		}
	})
}

func TestLedesOfSmallNumbers(t *testing.T) {
	t.Parallel()
	days := func(social, nhs, none int64) (b measure.ByBody) {
		b[delay.SocialCare], b[delay.NHS], b[delay.NotAttributed] = social, nhs, none
		return b
	}
	for name, one := range map[string]struct {
		f    measure.CouncilFigures
		want string
	}{
		"no days": {measure.CouncilFigures{}, "No delayed days in October 2026."},
		"fewer than ten": {measure.CouncilFigures{Now: measure.Split{Days: days(20, 11, 0)}, People: 4},
			"Too few people to give a share. 4 people waited 31 days in October 2026."},
		"one": {measure.CouncilFigures{Now: measure.Split{Days: days(1, 0, 0)}, People: 1},
			"Too few people to give a share. 1 person waited 1 day in October 2026."},
		"ten": {measure.CouncilFigures{Now: measure.Split{Days: days(10, 30, 0)}, People: 10},
			"25% of delayed days in October 2026 were with social care. Every day is attributed and none is disputed, so there is no range."},
		"no social care": {measure.CouncilFigures{Now: measure.Split{Days: days(0, 30, 12)}, People: 30},
			"No delayed days with social care in October 2026. 12 days are not attributed."},
		"G1 agreed days": {measure.CouncilFigures{Basis: measure.BasisAgreed, Now: measure.Split{Days: days(10, 25, 5),
			Agreed: days(10, 20, 0)}, People: 30}, "33% of agreed days in October 2026 were with social care. The range is 25% to 50% while " +
			"10 days " +
			"are not agreed."},
		"G1 none agreed": {measure.CouncilFigures{Basis: measure.BasisAgreed, Now: measure.Split{Days: days(10, 25, 5)}, People: 30},
			"No agreed days with social care in October 2026. 40 days are not agreed."},
		"G3 with the range": {measure.CouncilFigures{Now: measure.Split{Days: days(10, 25, 5)}, People: 30},
			"25% of delayed days in October 2026 were with social care. The range is 25% to 38% while 5 days are not attributed."},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := councilLede(one.f, "October 2026"); got != one.want {
				t.Errorf("got %q, want %q", got, one.want)
			}
		})
	}
}

// The days of the council stand by the rows and columns of the address, with
// totals both ways that are those of the page.
func TestCouncilDaysByChosenRowsAndColumns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	period := "from=2026-09-01&to=2026-10-31"
	total := func(doc *goquery.Document, id string, cell int) string {
		return words(doc.Find("#" + id + " tfoot tr > *").Eq(cell))
	}
	doc := s.get(t, councilPage+"?"+period)
	if _, open := doc.Find("#crossed").Attr("open"); open || doc.Find("#crosstab tbody tr").Length() == 0 {
		t.Error("the crosstab stands closed where the address asks for none")
	}
	chosen := s.get(t, councilPage+"?"+period+"&rows=month&columns=responsible")
	if _, open := chosen.Find("#crossed").Attr("open"); !open {
		t.Error("what the address asks for is closed")
	}
	heads := chosen.Find("#crosstab thead th").Length()
	if n := chosen.Find("#crosstab tbody tr").Length(); n != 2 || heads < 5 {
		t.Errorf("%d rows and %d columns of two months by next step", n, heads)
	}
	all := total(chosen, "by-provider", 5)
	for _, query := range []string{"", "&rows=month&columns=responsible", "&rows=provider", "&rows=pathway&columns=reason"} {
		doc := s.get(t, councilPage+"?"+period+query)
		var sum []string
		doc.Find("#crosstab thead th").Each(func(i int, h *goquery.Selection) {
			if words(h) == "All" {
				sum = append(sum, total(doc, "crosstab", i))
			}
		})
		if len(sum) != 1 || sum[0] != all || all == "" {
			t.Errorf("%s: all are %v, the page says %q", query, sum, all)
		}
		grids := workbookOf(t, s, councilPage+".xlsx?"+period+query)
		if got, want := grids[len(grids)-2].Rows[0].Cells[0], words(doc.Find("#crosstab thead th").First().Contents().First()); got != want {
			t.Errorf("%s: the workbook's last table heads its rows %q, the page %q", query, got, want)
		}
	}
	// Another choice keeps the period, and its filters keep the choice.
	chips, _ := chosen.Find("#crossed .app-pairs__pair").First().Attr("href")
	if !strings.Contains(chips, "from=2026-09-01") || !strings.HasPrefix(chips, councilPage) || !strings.HasSuffix(chips, "#crossed") {
		t.Errorf("a choice leads to %s", chips)
	}
	if chosen.Find("input[name=rows][value=month][checked]").Length() != 1 {
		t.Error("the filters forget the rows")
	}
	got := s.ask(http.MethodGet, councilPage+"?rows=council", nil)
	if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "rows") {
		t.Errorf("one council's days by councils are answered %d", got.Code)
	}
}
