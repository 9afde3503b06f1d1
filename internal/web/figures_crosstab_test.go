package web

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/definition"
	"homeward/internal/extract"
)

// Without choices the figures are a crosstab of months and next steps; whatever
// the rows and columns, it adds up both ways to the list of the same period.
func TestFiguresCrosstab(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const period = "from=2026-08-10&to=2026-10-31&basis=counted"
	total := 0
	for _, r := range rowsOf(t, s.ask(http.MethodGet, "/figures.csv?by=month&"+period, nil)) {
		n, _ := strconv.Atoi(r["delayed_days"])
		total += n
	}
	number := func(cell *goquery.Selection) int {
		n, err := strconv.Atoi(digits(words(cell)))
		if err != nil {
			t.Errorf("%q is no number", words(cell))
		}
		return n
	}
	for _, q := range []string{"", "rows=month&columns=responsible&", "rows=provider&columns=month&", "rows=council&columns=care&",
		"rows=reason&columns=pathway&", "rows=week&columns=provider&"} {
		table := s.get(t, "/figures?"+q+period).Find("table#crosstab")
		addsUpBothWays(t, table, total, number)
		// What a number opens is as many days as it says.
		link, _ := table.Find("tbody td a").First().Attr("href")
		days := rowsOf(t, s.ask(http.MethodGet, strings.Replace(link, "/days?", "/figures.csv?", 1), nil))
		sum := 0
		for _, r := range days {
			n, _ := strconv.Atoi(r["delayed_days"])
			sum += n
		}
		if want := number(table.Find("tbody td a").First()); sum != want {
			t.Errorf("%s: the number %d opens %d days at %s", q, want, sum, link)
		}
	}
	doc := s.get(t, "/figures?"+period)
	if got := words(doc.Find("#crosstab tbody tr").Last().Find("th")); !strings.Contains(got, "August 2026") ||
		!strings.Contains(got, "from 10 Aug") {
		t.Errorf("the oldest month is %q", got)
	}
	if n := doc.Find("#crosstab thead svg.app-crosstab__line").Length(); n < 5 {
		t.Errorf("%d columns have a line at their head", n)
	}
	list := s.get(t, "/figures?by=month,responsible&"+period)
	if list.Find("table#figures").Length() != 1 || list.Find("table#crosstab").Length() != 0 {
		t.Error("by gives no list")
	}
	if list.Find(`nav.app-chips a[href*="rows="]`).Length() == 0 || doc.Find(`nav.app-chips a[href*="by="]`).Length() != 1 {
		t.Error("list and crosstab do not lead to each other")
	}
	for target, want := range map[string]string{"rows=month&columns=month": "two different ones", "columns=care": "no 'rows'",
		"rows=month&by=care": "both 'rows' and 'by'", "rows=ward": "We do not recognise", "rows=month&columns=week": "at once",
		"rows=day":                "Values you can use: month, week, provider, council, reason, responsible, pathway, care, state.",
		"rows=reason&columns=day": "as a value of 'columns'"} {
		if w := s.ask(http.MethodGet, "/figures?"+target, nil); w.Code != http.StatusBadRequest ||
			!strings.Contains(words(parse(t, w).Find("main")), want) {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

// A crosstab leaves the partnership only as the protected list of its rows and
// columns: the public copy of the one is that of the other (P3).
func TestP3CrosstabPublishesNoMargin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const period = "&from=2026-10-01&to=2026-10-31"
	list := string(s.body(t, "/figures/public.csv?by=provider,reason"+period))
	if got := string(s.body(t, "/figures/public.csv?rows=provider&columns=reason"+period)); got != list {
		t.Error("P3 the public copy of a crosstab is another than that of its list")
	}
	if w := s.ask(http.MethodGet, "/figures/public.xlsx?rows=provider&columns=reason"+period, nil); w.Code != http.StatusNotFound {
		t.Errorf("P3 a public workbook answers %d", w.Code)
	}
	links := s.get(t, "/figures?rows=provider&columns=reason"+period).Find(`a[href*="public"]`)
	if links.Length() == 0 {
		t.Error("P3 the crosstab does not lead to its public copy")
	}
	links.Each(func(_ int, a *goquery.Selection) {
		if href, _ := a.Attr("href"); string(s.body(t, href)) != list {
			t.Errorf("P3 the crosstab leads to another public copy: %s", href)
		}
	})
}

// The workbook is the table as it is seen: months are dates, shares shares and
// numbers numbers, with the totals below.
func TestFiguresWorkbook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const target = "/figures.xlsx?rows=month&columns=responsible&from=2026-08-10&to=2026-10-31"
	w := s.ask(http.MethodGet, target, nil)
	grids, err := extract.ReadGrids(w.Body.Bytes(), extract.DefaultLimits())
	if err != nil || w.Code != http.StatusOK || len(grids) != 2 {
		t.Fatalf("%d, %v, %d sheets", w.Code, err, len(grids))
	}
	doc := s.get(t, strings.Replace(target, ".xlsx", "", 1))
	rows := doc.Find("#crosstab tbody tr")
	if len(grids[0].Rows) != rows.Length()+2 {
		t.Fatalf("%d rows in the file, %d on the page", len(grids[0].Rows), rows.Length())
	}
	head, first, foot := grids[0].Rows[0].Cells, grids[0].Rows[1].Cells, grids[0].Rows[len(grids[0].Rows)-1].Cells
	at := func(name string) int {
		for i, h := range head {
			if h == name {
				return i
			}
		}
		t.Fatalf("no column %s in %v", name, head)
		return 0
	}
	for name, want := range map[string]string{"Month": "46296", "All": digits(words(rows.First().Find("td").Eq(at("All") - 1)))} {
		if got := first[at(name)]; got != want {
			t.Errorf("%s is %q, expected %q", name, got, want)
		}
	}
	if got := foot[at("All")]; got != digits(words(doc.Find("#crosstab tfoot td").Eq(at("All")-1))) {
		t.Errorf("all is %q", got)
	}
	number := func(name string) float64 {
		v, err := strconv.ParseFloat(first[at(name)], 64)
		if err != nil {
			t.Error(err)
		}
		return v
	}
	if want := number("Social care") / number("All"); math.Abs(number("Social care share")-want) > 1e-12 {
		t.Errorf("the share is %v, expected %v", number("Social care share"), want)
	}
	if holdsFormula(t, w.Body.Bytes()) {
		t.Error("R8 the workbook holds a formula")
	}
}

// From a list of days the figures lead to a crosstab of months.
func TestListOfDaysLeadsToCrosstabs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const period = "&from=2026-10-05&to=2026-10-31"
	for _, by := range []string{"by=day", "by=day,responsible", "by=responsible"} {
		links := s.get(t, "/figures?"+by+period).Find(`nav.app-chips a[href*="rows="]`)
		if links.Length() < 10 {
			t.Errorf("%s: %d links", by, links.Length())
		}
		links.Each(func(_ int, a *goquery.Selection) {
			href, _ := a.Attr("href")
			if w := s.ask(http.MethodGet, href, nil); w.Code != http.StatusOK {
				t.Errorf("%s leads to %s: %d", by, href, w.Code)
			}
		})
	}
}

// Where days are not divided between bodies, or were not at the moment looked
// at, a crosstab has neither bodies nor states nor a council share (A8, D3).
func TestA8CrosstabWithoutBodies(t *testing.T) {
	t.Parallel()
	scotland, err := definition.NewBook(tables, "scotland-2016", []definition.Use{{Sets: []string{"scotland-2016"}}})
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := definition.NewBook(tables, "scotland-2016", []definition.Use{{Sets: []string{"scotland-2016"}}})
	if err != nil {
		t.Fatal(err)
	}
	mapped.Amend([]definition.Amended{{Set: "scotland-2016", At: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)}})
	for _, at := range []struct {
		name, known string
		book        *definition.Book
	}{{"today", "", scotland}, {"before the mapping", "&known=2026-11-02", mapped}} {
		s := newSite(t, func(o *Options) { o.Places.Book = at.book })
		const period = "&from=2026-10-01&to=2026-10-31"
		for _, ending := range []string{"", ".csv", ".xlsx"} {
			for _, q := range []string{"rows=month&columns=responsible", "rows=state"} {
				w := s.ask(http.MethodGet, "/figures"+ending+"?"+q+period+at.known, nil)
				if text := w.Body.String(); w.Code != http.StatusBadRequest ||
					!strings.Contains(text, "Values you can use: month, week, provider, council, reason, pathway, care.") {
					t.Errorf("A8 %s: %s%s answers %d", at.name, q, ending, w.Code)
				}
			}
		}
		doc := s.get(t, "/figures?by=responsible"+period+at.known)
		if n := doc.Find(`nav.app-chips a[href*="rows=responsible"], nav.app-chips a[href*="columns=responsible"]`).Length(); n != 0 {
			t.Errorf("A8 %s: %d links to a crosstab of bodies", at.name, n)
		}
		table := s.get(t, "/figures?rows=month&columns=reason"+period+at.known).Find("#crosstab")
		if text := words(table); text == "" || strings.Contains(text, "Social care share") {
			t.Errorf("A8 %s: a council share", at.name)
		}
	}
	if doc := newSite(t, func(o *Options) { o.Places.Book = mapped }).get(t, "/figures?rows=month&columns=responsible"); !strings.Contains(
		words(doc.Find("#crosstab thead")), "Social care share") {
		t.Error("D3 since the mapping there is a share")
	}
}

// A list that is longer than a page is whole in its workbook, above its total.
func TestFiguresWorkbookHasEveryRow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const q = "by=day,provider,council,reason,responsible,care&from=2026-08-10&to=2026-10-31&basis=counted"
	rows := rowsOf(t, s.ask(http.MethodGet, "/figures.csv?"+q, nil))
	if len(rows) <= rowsOnPage {
		t.Fatalf("%d rows are no more than a page has", len(rows))
	}
	shown := 0
	pages := (len(rows) + figuresOnPage - 1) / figuresOnPage
	for n := 1; n <= pages; n++ {
		doc := s.get(t, "/figures?"+q+"&page="+strconv.Itoa(n))
		on := doc.Find("table#figures tbody tr:not(.app-group)").Length()
		if on > figuresOnPage {
			t.Errorf("%d rows on page %d", on, n)
		}
		shown += on
		if !strings.Contains(words(doc.Find("main")), "The Excel file and the CSV have them all.") {
			t.Errorf("page %d does not say where the others are", n)
		}
	}
	if shown != len(rows) {
		t.Errorf("%d pages show %d of %d rows", pages, shown, len(rows))
	}
	if n := s.get(t, "/figures?"+q+"&view=print").Find("table#figures tbody tr:not(.app-group)").Length(); n != rowsOnPage {
		t.Errorf("%d rows on paper", n)
	}
	if w := s.ask(http.MethodGet, "/figures?"+q+"&page="+strconv.Itoa(pages+1), nil); w.Code != http.StatusBadRequest {
		t.Errorf("a page that there is not answers %d", w.Code)
	}
	if w := s.ask(http.MethodGet, "/figures.csv?"+q+"&page=2", nil); w.Code != http.StatusBadRequest {
		t.Errorf("a page of a file answers %d", w.Code)
	}
	grid := workbookOf(t, s, "/figures.xlsx?"+q)[0]
	if len(grid.Rows) != len(rows)+2 {
		t.Fatalf("%d rows in the workbook, expected %d", len(grid.Rows), len(rows)+2)
	}
	days := slices.Index(grid.Rows[0].Cells, "Delayed days")
	sum := 0
	for _, r := range grid.Rows[1 : len(grid.Rows)-1] {
		n, _ := strconv.Atoi(r.Cells[days])
		sum += n
	}
	if got := grid.Rows[len(grid.Rows)-1].Cells[days]; got != strconv.Itoa(sum) {
		t.Errorf("the total is %s, the rows come to %d", got, sum)
	}
}

// A list by two things says each name once, above its rows, with the days of all of
// them, on whatever page they stand.
func TestFiguresListSaysANameOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const q = "from=2026-08-10&to=2026-10-31&basis=counted"
	days := map[string]string{}
	s.get(t, "/figures?by=provider&"+q).Find("#figures tbody tr").Each(func(_ int, tr *goquery.Selection) {
		days[words(tr.Find("th"))] = words(tr.Find("td").First())
	})
	seen := 0
	s.get(t, "/figures?by=provider,responsible&"+q).Find("#figures .app-group").Each(func(_ int, tr *goquery.Selection) {
		note := words(tr.Find(".app-group__note"))
		name := strings.TrimSpace(strings.TrimSuffix(words(tr), note))
		if days[name] == "" || !strings.HasPrefix(note, days[name]+" day") {
			t.Errorf("%q has %q, expected %q", name, note, days[name])
		}
		seen++
	})
	if seen != len(days) || seen < 2 {
		t.Errorf("%d names of %d", seen, len(days))
	}
}
