package web

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
)

// The flow by pathway adds up in every row, its steps meet, and its ends are what
// the situation report counts.
func TestFlowByPathway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const period = "from=2026-10-05&to=2026-11-01"
	rows := rowsOf(t, s.ask(http.MethodGet, "/flow.csv?split=pathway&"+period, nil))
	number := func(r map[string]string, column string) int {
		n, err := strconv.Atoi(r[column])
		if err != nil {
			t.Fatalf("%s is %q in %v", column, r[column], r)
		}
		return n
	}
	ends, weeks := map[string]int{}, map[string]bool{}
	for _, r := range rows {
		end := number(r, "waiting_at_the_start") + number(r, "became_ready") - number(r, "left") - number(r, "met_the_criteria_again") +
			number(r, "moved_here_from_another_pathway") - number(r, "moved_to_another_pathway")
		if end != number(r, "waiting_at_the_end") {
			t.Errorf("D6 %v does not add up", r)
		}
		if was, ok := ends[r["pathway"]]; ok && was != number(r, "waiting_at_the_start") {
			t.Errorf("D6 %v starts otherwise than the week before ended", r)
		}
		ends[r["pathway"]], weeks[r["week"]] = number(r, "waiting_at_the_end"), true
		if r["convention"] != "england-drd" || r["age_floor"] != "18" {
			t.Errorf("D3 %v", r)
		}
	}
	if len(weeks) != 4 {
		t.Errorf("%d weeks", len(weeks))
	}
	for _, r := range rowsOf(t, s.ask(http.MethodGet, "/sitrep.csv?by=day,pathway&from=2026-11-01&to=2026-11-01", nil)) {
		if got := strconv.Itoa(ends[r["pathway"]]); got != r["remaining"] {
			t.Errorf("pathway %s ends with %s, the situation report has %s", r["pathway"], got, r["remaining"])
		}
	}
	doc := s.get(t, "/flow?split=pathway&"+period)
	if n := doc.Find("#flow-steps tbody tr").Length(); n != len(rows) {
		t.Errorf("%d rows on the page, %d in the file", n, len(rows))
	}
	// The chart's table is the sum of the pathways, and each has its own.
	came, left := map[string]int{}, map[string]int{}
	for _, r := range rows {
		week := delay.MustDay(r["week"]).Long()
		came[week] += number(r, "became_ready")
		left[week] += number(r, "left") + number(r, "met_the_criteria_again")
	}
	drawn := doc.Find("figure.app-chart").First().Find("table tbody tr")
	drawn.Each(func(_ int, tr *goquery.Selection) {
		week, _, _ := strings.Cut(words(tr.Find("th")), " (")
		net := strings.NewReplacer("+", "", "−", "-").Replace(words(tr.Find("td").Eq(2)))
		if n, err := strconv.Atoi(net); err != nil || words(tr.Find("td").Eq(0)) != strconv.Itoa(came[week]) || n != came[week]-left[week] {
			t.Errorf("D6 the chart has %q, expected %d and %d", words(tr), came[week], left[week])
		}
	})
	if each := doc.Find("details figure.app-chart").Length(); drawn.Length() != 4 || each != doc.Find("#flow-all tbody tr").Length() {
		t.Errorf("%d weeks are drawn, and %d pathways", drawn.Length(), each)
	}
	if long := s.get(t, "/flow?split=pathway"); doc.Find("details[open] #flow-steps").Length() != 1 ||
		long.Find("details:not([open]) #flow-steps").Length() != 1 {
		t.Error("few steps stand open and many fold")
	}
	if doc.Find("#split-pathway[checked]").Length() != 1 || s.get(t, "/flow").Find("#split-pathway").Length() != 1 {
		t.Error("the form has no choice of pathways")
	}
	for _, target := range []string{"/flow?split=pathway&grain=day&last=7d", "/flow?split=pathway&grain=month&provider=RXB"} {
		s.get(t, target)
	}
	if w := s.ask(http.MethodGet, "/flow?split=pathway&resp=nhs", nil); w.Code != http.StatusBadRequest {
		t.Errorf("a next step, which lists do not state, answers %d", w.Code)
	}
	alone := newSite(t, func(o *Options) { o.Beds, o.Pasts.(*office).stays = false, nil })
	// Without such lists, and beside them, it is the flow of delayed days.
	for target, from := range map[string]*site{"/flow?split=pathway": alone, "/flow?split=pathway-days": s} {
		doc := from.get(t, target)
		if doc.Find("#split-pathway-days[checked], #split-pathway[checked]").Length() != 1 || !strings.Contains(doc.Text(), "Not stated") {
			t.Errorf("%s is no flow of delayed days by pathway", target)
		}
	}
	if w := alone.ask(http.MethodGet, "/flow?split=pathway-days", nil); w.Code != http.StatusBadRequest {
		t.Errorf("a choice that is not offered answers %d", w.Code)
	}
}
