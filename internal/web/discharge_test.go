package web

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/web/page"
)

func TestDischargePage(t *testing.T) {
	plan := measure.Level{Metric: "discharge-delay", Value: 1.25, From: delay.MustDay("2026-07-01"), Agreed: "Board"}
	s := newSite(t, func(o *Options) { o.Levels = []measure.Level{plan} })
	october := delay.MonthOf(2026, 10)
	var want national.Discharges
	for _, d := range national.ReadyDates(s.office.stays.Stays, []delay.Month{october}, 16) {
		if d.By == "all" {
			want = d
		}
	}
	if want.Discharges == 0 || want.BedDays == 0 || want.LeftOut[1] == 0 {
		t.Fatalf("the fixture has %+v", want)
	}
	number := func(r map[string]string, name string) float64 {
		n, err := strconv.ParseFloat(r[name], 64)
		if err != nil {
			t.Errorf("%s is %q", name, r[name])
		}
		return n
	}
	t.Run("D7 the latest whole month is said, and adds up", func(t *testing.T) {
		doc := s.get(t, "/discharge")
		text := words(doc.Find("main"))
		for _, say := range []string{"Average delay " + twoDecimals(want.BedDays, want.Discharges) + " days", "October 2026",
			"Agreed plan: 1.25 days", "Left out, October 2026", "in part"} {
			if !strings.Contains(text, say) {
				t.Errorf("%q is not in %q", say, text)
			}
		}
		sum := 0
		doc.Find("#left-out tbody td").Each(func(_ int, cell *goquery.Selection) {
			n, _ := strconv.Atoi(words(cell))
			sum += n
		})
		if all := words(doc.Find("#left-out tfoot td")); all != strconv.Itoa(sum) {
			t.Errorf("counted and left out are %d, everybody is %s", sum, all)
		}
	})
	t.Run("D7 the Better Care Fund's figure is share times mean, by month and quarter", func(t *testing.T) {
		beds := map[string]float64{}
		for _, grain := range []string{"month", "quarter"} {
			for _, by := range []string{"all", "provider", "council"} {
				for _, r := range rowsOf(t, s.ask(http.MethodGet, "/discharge.csv?grain="+grain+"&by="+by, nil)) {
					beds[grain+by] += number(r, "bed_days")
					if r["delayed"] == "0" {
						continue
					}
					got, from := number(r, "bcf_days"), number(r, "share_delayed")*number(r, "mean_exc_zero")
					if math.Abs(got-from) > 1e-5 || r["convention"] != "england-drd-statistic" || r["age_floor"] != "16" {
						t.Errorf("D7 %s by %s: %v is not %v", grain, by, got, from)
					}
				}
			}
		}
		for name, n := range beds {
			if n != beds["monthall"] {
				t.Errorf("D7 bed days %s are %v, in all %v", name, n, beds["monthall"])
			}
		}
	})
	t.Run("a workbook is the CSV with dates as dates, shares as shares and numbers as numbers", func(t *testing.T) {
		w := s.ask(http.MethodGet, "/discharge.xlsx?by=council", nil)
		grids, err := extract.ReadGrids(w.Body.Bytes(), extract.DefaultLimits())
		if err != nil || w.Code != http.StatusOK || len(grids) != 2 || !strings.Contains(w.Header().Get("Content-Type"), "spreadsheet") {
			t.Fatalf("%d %v: %v", w.Code, w.Header(), err)
		}
		serial := func(iso string) string {
			return strconv.Itoa(int(delay.MustDay(iso)-delay.MustDay("1970-01-01")) + 25_569)
		}
		all := rowsOf(t, s.ask(http.MethodGet, "/discharge.csv?by=council", nil))
		if len(grids[0].Rows) != len(all)+1 {
			t.Errorf("%d rows, the CSV has %d", len(grids[0].Rows), len(all))
		}
		for i, name := range grids[0].Rows[0].Cells {
			got, want := grids[0].Rows[1].Cells[i], all[0][name]
			switch name {
			case "month":
				want = serial(want + "-01")
			case "first_day", "last_day", "data_as_at":
				want = serial(want)
			}
			if a, err := strconv.ParseFloat(want, 64); err == nil {
				if b, err := strconv.ParseFloat(got, 64); err == nil && math.Abs(a-b) < 1e-9 {
					continue
				}
			}
			if got != want {
				t.Errorf("D7 %s is %q, want %q", name, got, want)
			}
		}
		if about := fmt.Sprint(grids[1].Rows); !strings.Contains(about, notToPublish) || !strings.Contains(about, dischargeWords) {
			t.Errorf("P3 the workbook does not say whom it is for and what is counted: %s", about)
		}
		for _, c := range []struct {
			column, text string
			want         any
		}{{"month", "2026-10", extract.Month(delay.MustDay("2026-10-01"))}, {"quarter", "2026-10", "2026-10"},
			{"last_day", "2026-10-31", delay.MustDay("2026-10-31")}, {"share_delayed", "0.25", extract.PerCent(25)}, {"bed_days", "7", int64(7)},
			{"mean_exc_zero", "", ""}, {"code", "2026-10-31", "2026-10-31"}} {
			number := strings.HasPrefix(c.column, "share") || strings.HasPrefix(c.column, "mean") || c.column == "bed_days"
			if got := typedCell(page.Column{Name: c.column, Number: number}, c.text); got != c.want {
				t.Errorf("D7 %s %q is the cell %T %v, want %T %v", c.column, c.text, got, got, c.want, c.want)
			}
		}
	})
	t.Run("a word that is not known", func(t *testing.T) {
		for target, say := range map[string]string{"/discharge?grain=week": "month, quarter", "/discharge?by=reason": "all, provider, council",
			"/discharge?age=21": "16, 18"} {
			if w := s.ask(http.MethodGet, target, nil); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), say) {
				t.Errorf("%s: %d", target, w.Code)
			}
		}
	})
}

func TestBridgePage(t *testing.T) {
	s := newSite(t)
	ends := func(query string) (first, last map[string]string) {
		t.Helper()
		rows := rowsOf(t, s.ask(http.MethodGet, "/bridge.csv?"+query, nil))
		running := 0
		for i, r := range rows {
			n, _ := strconv.Atoi(r["days"])
			if i == 0 || r["count"] == "" {
				running += n
			}
			if got, _ := strconv.Atoi(r["running_total"]); got != running {
				t.Errorf("D8 %s, step %s: the sum is %d, the row says %d", query, r["step"], running, got)
			}
		}
		if len(rows) < 3 {
			t.Fatalf("D8 %s has %d rows", query, len(rows))
		}
		return rows[0], rows[len(rows)-1]
	}
	t.Run("D8 every pair adds up, and its ends are the pages' own numbers", func(t *testing.T) {
		discharge := rowsOf(t, s.ask(http.MethodGet, "/discharge.csv?from=2026-10-01&to=2026-10-31", nil))[0]["bed_days"]
		sitrep := rowsOf(t, s.ask(http.MethodGet, "/sitrep.csv?from=2026-10-01&to=2026-10-31&by=provider", nil))
		person := 0
		for _, r := range sitrep {
			n, _ := strconv.Atoi(r["remaining"])
			person += n
		}
		ours := 0
		for _, r := range rowsOf(t, s.ask(http.MethodGet, "/figures.csv?by=provider&from=2026-10-01&to=2026-10-31&basis=counted", nil)) {
			n, _ := strconv.Atoi(r["delayed_days"])
			ours += n
		}
		want := map[national.Count]string{national.ReadyDate: discharge, national.Remaining: strconv.Itoa(person),
			national.Ours: strconv.Itoa(ours)}
		for _, from := range national.Counts {
			for _, to := range national.Counts {
				if from == to {
					continue
				}
				first, last := ends("month=2026-10&start=" + string(from) + "&end=" + string(to))
				for of, r := range map[national.Count]map[string]string{from: first, to: last} {
					if w := want[of]; w != "" && r["days"] != w || r["count"] != string(of) {
						t.Errorf("D8 from %s to %s: %s is %s on the bridge and %s on its own page", from, to, of, r["days"], w)
					}
				}
			}
		}
		ends("month=2026-10&council=E10000099&provider=RXA&age=18")
	})
	t.Run("D8 either number leads to it", func(t *testing.T) {
		for _, target := range []string{"/sitrep", "/discharge", "/overview", "/figures?from=2026-10-01&to=2026-10-31"} {
			links := s.get(t, target).Find("main a[href^='/bridge']")
			if links.Length() != 1 {
				t.Errorf("%s has %d ways to the bridge", target, links.Length())
				continue
			}
			href, _ := links.Attr("href")
			s.get(t, href)
		}
	})
	t.Run("D8 what cannot be walked is refused", func(t *testing.T) {
		for query, say := range map[string]string{
			"start=sitrep&end=sitrep":                    "same count",
			"day=2026-10-05&start=england-drd-statistic": "Discharges are counted by months",
			"day=2026-10-05&month=2026-10":               "Use one of them once",
			"month=October":                              "one like 2026-03",
			"month=2019-01":                              "No list of everybody in a bed is held",
			"provider=RXA&provider=RXB":                  "of one provider or of all",
			"start=dtoc":                                 "england-drd-statistic",
		} {
			w := s.ask(http.MethodGet, "/bridge?"+query, nil)
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), say) {
				t.Errorf("%s: %d, expected %q in %s", query, w.Code, say, words(parse(t, w).Find("main")))
			}
		}
		other := newSite(t, func(o *Options) { o.Counting = "scotland-2016" })
		if w := other.ask(http.MethodGet, "/bridge?start=ours", nil); w.Code != http.StatusBadRequest {
			t.Errorf("a convention that no bridge knows: %d", w.Code)
		}
	})
}
