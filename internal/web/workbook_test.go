package web

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/measure"
)

// Each page with a workbook leads to it in one press; every table of the file is
// one of the page, with as many rows, and names nobody (P1).
func TestWorkbooksAreTheTablesAsSeen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const period = "from=2026-09-01&to=2026-10-31"
	for _, p := range []string{"/figures?" + period, "/figures?by=provider,reason&" + period, "/reasons?" + period,
		"/reasons?by=pathway&" + period, "/flow?" + period, "/flow?split=pathway&from=2026-10-05&to=2026-11-01",
		"/council/E10000099?" + period} {
		doc := s.get(t, p)
		path, query, _ := strings.Cut(p, "?")
		link := doc.Find(`a[href^="` + path + `.xlsx?"]`)
		if link.Length() == 0 {
			t.Errorf("%s does not lead to its workbook", p)
			continue
		}
		w := s.ask(http.MethodGet, path+".xlsx?"+query, nil)
		grids, err := extract.ReadGrids(w.Body.Bytes(), extract.DefaultLimits())
		if err != nil || w.Code != http.StatusOK || len(grids) < 2 || grids[len(grids)-1].Name != "About" {
			t.Errorf("%s: %d, %v, %d sheets", p, w.Code, err, len(grids))
			continue
		}
		if strings.Contains(p, "/council/") && len(grids) < 6 {
			t.Errorf("%s has %d sheets", p, len(grids))
		}
		for _, g := range grids[:len(grids)-1] {
			head, found := strings.Join(g.Rows[0].Cells, "|"), false
			doc.Find("table").Each(func(_ int, table *goquery.Selection) {
				rows := table.Find("tbody tr").Length() + table.Find("tfoot tr").Length() + 1
				found = found || rows == len(g.Rows) && strings.HasPrefix(head, strings.SplitN(words(table.Find("thead th").First()), " ", 2)[0])
			})
			if !found {
				t.Errorf("%s: the sheet %s of %d rows, %s, is no table of the page", p, g.Name, len(g.Rows), head)
			}
		}
		for _, g := range grids {
			for _, r := range g.Rows {
				if strings.Contains(strings.Join(r.Cells, " "), "HW-") {
					t.Errorf("P1 %s: the sheet %s names somebody", p, g.Name)
				}
			}
		}
		if bytes.Contains(w.Body.Bytes(), []byte("<f>")) {
			t.Errorf("R8 %s holds a formula", p)
		}
	}
}

// Moves add up both ways, and nobody moves from a body to itself (G4).
func TestG4HandoffsAddUpBothWays(t *testing.T) {
	table := handoffTable("h", "Moves", []measure.HandOff{{From: delay.NHS, To: delay.SocialCare, People: 1200},
		{From: delay.NHS, To: delay.Joint, People: 3}, {From: delay.NotAttributed, To: delay.NHS, People: 4}})
	var rows []string
	for _, r := range table.Rows {
		var cells []string
		for _, c := range r {
			cells = append(cells, c.Text)
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	for i, want := range []string{"Social care  0 0 0 0", "NHS 1,200  3 0 1,203", "Joint 0 0  0 0", "Not attributed 0 4 0  4"} {
		if rows[i] != want {
			t.Errorf("row %d is %q, expected %q", i+1, rows[i], want)
		}
	}
	var foot []string
	for _, c := range table.Foot {
		foot = append(foot, c.Text)
	}
	if got := strings.Join(foot, " "); got != "All 1,200 4 3 0 1,207" {
		t.Errorf("all is %q", got)
	}
}

// workbookOf gives the sheets of a workbook of the site.
func workbookOf(t *testing.T, s *site, target string) []extract.Grid {
	t.Helper()
	w := s.ask(http.MethodGet, target, nil)
	grids, err := extract.ReadGrids(w.Body.Bytes(), extract.DefaultLimits())
	if err != nil || w.Code != http.StatusOK || len(grids) < 2 {
		t.Fatalf("%s: %d, %v, %d sheets", target, w.Code, err, len(grids))
	}
	return grids
}
