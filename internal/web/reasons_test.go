package web

import (
	"html"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Reasons by pathway add up both ways to the days of each reason, on the page
// and in the files, and each number opens as many days as it says.
func TestReasonsByPathway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const period = "from=2026-09-01&to=2026-10-31"
	plain, total := map[string]int{}, 0
	for _, r := range rowsOf(t, s.ask(http.MethodGet, "/reasons.csv?"+period, nil)) {
		n, _ := strconv.Atoi(r["delayed_days"])
		plain[r["reason"]], total = n, total+n
	}
	rows := rowsOf(t, s.ask(http.MethodGet, "/reasons.csv?by=pathway&"+period, nil))
	split := map[string]int{}
	for _, r := range rows {
		n, _ := strconv.Atoi(r["delayed_days"])
		split[r["reason"]] += n
	}
	for reason, n := range plain {
		if split[reason] != n {
			t.Errorf("%s has %d days, by pathway %d", reason, n, split[reason])
		}
	}
	if len(rows) == 0 || len(split) != len(plain) {
		t.Errorf("%d rows of %d reasons, expected %d", len(rows), len(split), len(plain))
	}
	doc := s.get(t, "/reasons?by=pathway&"+period)
	number := func(cell *goquery.Selection) int {
		n, err := strconv.Atoi(digits(words(cell)))
		if err != nil {
			t.Errorf("%q is no number", words(cell))
		}
		return n
	}
	addsUpBothWays(t, doc.Find("#by-pathway"), total, number)
	link, ok := doc.Find("#by-pathway tbody td a").First().Attr("href")
	if !ok || !strings.Contains(link, "reason=") || !strings.Contains(link, "pathway=") {
		t.Errorf("the first number opens %q", link)
	}
	if doc.Find("table#by-pathway").Length() != 1 || doc.Find("input#split-pathway[checked]").Length() != 1 {
		t.Error("the table or the choice is missing")
	}
	if s.get(t, "/reasons?"+period).Find(`a[href*="by=pathway"]`).Length() == 0 {
		t.Error("the page does not lead to the pathways")
	}
	for _, target := range []string{"/reasons?by=provider", "/reasons?by=pathway,council"} {
		if w := s.ask(http.MethodGet, target, nil); w.Code != http.StatusBadRequest ||
			!strings.Contains(html.UnescapeString(w.Body.String()), "use by=pathway") {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

// addsUpBothWays demands of a crosstab that its rows come to their totals, its
// columns to theirs, and both to total. What stands after the column All is no
// part of it.
func addsUpBothWays(t *testing.T, table *goquery.Selection, total int, number func(*goquery.Selection) int) {
	t.Helper()
	columns := -1
	table.Find("thead th").Each(func(i int, th *goquery.Selection) {
		if strings.HasPrefix(words(th), "All") {
			columns = i - 1
		}
	})
	rows := table.Find("tbody tr")
	if columns < 1 || rows.Length() == 0 {
		t.Fatalf("%d columns, %d rows", columns, rows.Length())
	}
	sums := make([]int, columns+1)
	rows.Each(func(i int, tr *goquery.Selection) {
		sum, cells := 0, tr.Find("td")
		for j := range columns {
			n := number(cells.Eq(j))
			sum, sums[j] = sum+n, sums[j]+n
		}
		if all := number(cells.Eq(columns)); all != sum {
			t.Errorf("row %d comes to %d, its cells to %d", i+1, all, sum)
		}
		sums[columns] += sum
	})
	foot := table.Find("tfoot td")
	for j, sum := range sums {
		if n := number(foot.Eq(j)); n != sum {
			t.Errorf("column %d comes to %d, its cells to %d", j+1, n, sum)
		}
	}
	if sums[columns] != total {
		t.Errorf("the table comes to %d, expected %d", sums[columns], total)
	}
}
