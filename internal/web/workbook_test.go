package web

import (
	"archive/zip"
	"bytes"
	"html"
	"io"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// Each page with a workbook leads to it in one press; every table of the file is
// one of the page, with as many rows, and names nobody (P1).
func TestWorkbooksAreTheTablesAsSeen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const period = "from=2026-09-01&to=2026-10-31"
	for _, p := range []string{"/figures?" + period, "/figures?by=provider,reason&" + period, "/reasons?" + period,
		"/reasons?by=pathway&" + period, "/flow?" + period, "/flow?split=pathway&from=2026-10-05&to=2026-11-01",
		"/trends?" + period, "/trends?measure=M03&grain=month&split=provider&" + period,
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
		var captions []string
		for _, r := range grids[len(grids)-1].Rows {
			if r.Cells[0] == "Table" {
				captions = append(captions, r.Cells[1])
			}
		}
		if len(captions) != len(grids)-1 {
			t.Fatalf("%s: %d sheets, and About names %q", p, len(grids)-1, captions)
		}
		for i, g := range grids[:len(grids)-1] {
			table := doc.Find("table").FilterFunction(func(_ int, table *goquery.Selection) bool {
				return words(table.Find("caption")) == captions[i]
			})
			if table.Length() != 1 {
				t.Errorf("%s: %d tables of the page are %q", p, table.Length(), captions[i])
				continue
			}
			sheetIsTable(t, p, g, ungroup(table))
		}
		for _, g := range grids {
			for _, r := range g.Rows {
				if strings.Contains(strings.Join(r.Cells, " "), "HW-") {
					t.Errorf("P1 %s: the sheet %s names somebody", p, g.Name)
				}
			}
		}
		if holdsFormula(t, w.Body.Bytes()) {
			t.Errorf("R8 %s holds a formula", p)
		}
	}
}

// ungroup gives a table of the page in which the name that rows stand under is the
// first cell of each, as files have it.
func ungroup(table *goquery.Selection) *goquery.Selection {
	name, groups := "", table.Find("tbody tr.app-group").Length()
	if groups == 0 {
		return table
	}
	table = table.Clone()
	table.Find("tbody tr").Each(func(_ int, tr *goquery.Selection) {
		if tr.HasClass("app-group") {
			tr.Find(".app-group__note").Remove()
			name = words(tr)
			return
		}
		tr.PrependHtml("<th>" + html.EscapeString(name) + "</th>")
	})
	table.Find("tr.app-group").Remove()
	table.Find("tfoot tr > :first-child").AfterHtml("<td></td>")
	return table
}

// sheetIsTable compares each cell of a sheet with that of the page's table.
func sheetIsTable(t *testing.T, of string, g extract.Grid, table *goquery.Selection) {
	t.Helper()
	rows := table.Find("tbody tr, tfoot tr")
	if rows.Length() != len(g.Rows)-1 {
		t.Errorf("%s: the sheet %s has %d rows, the table %d", of, g.Name, len(g.Rows)-1, rows.Length())
		return
	}
	rows.Each(func(i int, row *goquery.Selection) {
		cells := row.Find("th, td").Not(".app-crosstab__bar, .app-crosstab__drawn")
		if cells.Length() == 0 || cells.Length() > len(g.Rows[0].Cells) {
			t.Errorf("%s: the sheet %s has %d columns, the table %d", of, g.Name, len(g.Rows[0].Cells), cells.Length())
		}
		cells.Each(func(j int, cell *goquery.Selection) {
			cell = cell.Clone()
			cell.Find(".app-crosstab__short, .app-crosstab__tag").Remove()
			stored := ""
			if j < len(g.Rows[i+1].Cells) {
				stored = g.Rows[i+1].Cells[j]
			}
			if shown := words(cell); !sameCell(shown, stored) {
				t.Errorf("%s: the sheet %s has %q in row %d, column %d, where the page has %q", of, g.Name, stored, i+1, j+1, shown)
			}
		})
	})
}

// sameCell says whether a workbook's cell is what a page shows: a share rounds
// to what is shown, a day is that day.
func sameCell(shown, stored string) bool {
	if shown == stored {
		return true
	}
	v, err := strconv.ParseFloat(stored, 64)
	if err != nil {
		return false
	}
	switch shown {
	case "under 1%":
		return v > 0 && v < 0.005
	case "over 99%":
		return v >= 0.995 && v < 1
	}
	plain := strings.NewReplacer(",", "", "+", "", "−", "-").Replace(shown)
	if part, ok := strings.CutSuffix(plain, "%"); ok {
		n, err := strconv.ParseFloat(part, 64)
		return err == nil && math.Abs(100*v-n) <= 0.5+1e-9
	}
	if n, err := strconv.ParseFloat(plain, 64); err == nil {
		return n == v
	}
	day := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(v))
	return shown == day.Format("2 January 2006") || shown == day.Format("January 2006")
}

// holdsFormula looks for a formula in the unpacked sheets of a workbook.
func holdsFormula(t *testing.T, book []byte) bool {
	t.Helper()
	files, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	sheets := 0
	for _, f := range files.File {
		if !strings.HasPrefix(f.Name, "xl/worksheets/") || !strings.HasSuffix(f.Name, ".xml") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		xml, err := io.ReadAll(r)
		if err != nil || !bytes.Contains(xml, []byte("<row ")) {
			t.Fatalf("%s holds no row: %v", f.Name, err)
		}
		if sheets++; formulaPart.Match(xml) {
			return true
		}
	}
	if sheets == 0 {
		t.Fatal("the workbook has no sheet")
	}
	return false
}

var formulaPart = regexp.MustCompile(`<f[ >/]`)

// Agreed days say in their workbook how many are not, crosstab or not (G1).
func TestG1WorkbookOfAgreedDaysSaysWhatIsNot(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/figures", "/council/E10000099"} {
		const q = "basis=agreed&from=2026-09-01&to=2026-10-31"
		shown := words(s.get(t, path+"?"+q).Find("main"))
		grids := workbookOf(t, s, path+".xlsx?"+q)
		found := false
		for _, r := range grids[len(grids)-1].Rows {
			if r.Cells[0] == "In words" {
				found = strings.Contains(r.Cells[1], "not agreed")
				for sentence := range strings.SplitSeq(r.Cells[1], ". ") {
					if !strings.Contains(shown, strings.TrimSuffix(sentence, ".")) {
						t.Errorf("%s: the page does not say %q", path, sentence)
					}
				}
			}
		}
		if !found {
			t.Errorf("%s: About does not say what is not agreed: %v", path, grids[len(grids)-1].Rows)
		}
	}
}

// Where nobody's next step moved there is no sheet of noughts (G4).
func TestG4NoSheetWhereNothingChangedHands(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/flow", "/council/E10000099"} {
		// People may change hands over months; on one day they cannot.
		const one, months = "from=2026-10-05&to=2026-10-05", "from=2026-09-01&to=2026-10-31"
		for q, moved := range map[string]bool{one: false, months: true} {
			doc := s.get(t, path+"?"+q)
			if said := strings.Contains(words(doc.Find("main")), "change hands") || strings.Contains(words(doc.Find("main")),
				"changed hands"); said == moved {
				t.Fatalf("%s?%s: the page says that nothing moved: %t", path, q, said)
			}
			sheet := slices.ContainsFunc(workbookOf(t, s, path+".xlsx?"+q), func(g extract.Grid) bool {
				return len(g.Rows) > 0 && g.Rows[0].Cells[0] == "From"
			})
			if sheet != moved {
				t.Errorf("G4 %s?%s: a sheet of hand-offs: %t", path, q, sheet)
			}
		}
	}
}

// A formula in a workbook would be found.
func TestR8FormulasAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		`<row r="1"><c r="A1"><f>1+1</f></c></row>`:   true,
		`<row r="1"><c r="A1"><v>2</v></c></row>`:     false,
		`<row r="1"><c><f t="shared">1</f></c></row>`: true} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		part, err := z.Create("xl/worksheets/sheet1.xml")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, strings.Repeat(text, 100))
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if got := holdsFormula(t, b.Bytes()); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// Shares leave as they are, not as they are rounded on the page.
func TestWorkbookHasExactShares(t *testing.T) {
	part := 1.0 / 3
	none, all := 0.004, 0.9961
	table := page.Table{Caption: "Shares", Head: []page.Head{{Text: "A"}, {Text: "Share"}, {Text: "Seen"}}, Rows: [][]page.Cell{
		{{Text: "a"}, shareCell(part), {Text: "33%", Class: page.Numeric}}, {{Text: "b"}, shareCell(none)}, {{Text: "c"}, shareCell(all)}}}
	got := sheetOf(table).Rows
	for i, want := range []any{extract.PerCent(100 * part), extract.PerCent(100 * none), extract.PerCent(100 * all)} {
		if got[i][1] != want {
			t.Errorf("row %d is %v, expected %v", i+1, got[i][1], want)
		}
	}
	if got[0][2] != extract.WholePerCent(33) {
		t.Errorf("a share that is known without decimals is %v", got[0][2])
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
