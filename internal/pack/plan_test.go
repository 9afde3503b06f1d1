package pack

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

// A pack of a series is named by the end of its period, so that making it again
// later, after an outage or by hand, changes nothing.
func TestPacksOfASeries(t *testing.T) {
	root := t.TempDir()
	weekly := meta(t)
	weekly.Series, weekly.Title, weekly.Day, weekly.UpTo = "directors-weekly", "Directors weekly pack", delay.MustDay("2026-11-01"),
		delay.MustDay("2026-11-01")
	keep := func(m Meta, f Figures) (string, bool) {
		t.Helper()
		id, fresh, err := Keep(t.Context(), root, f, renderer(t), m)
		if err != nil {
			t.Fatal(err)
		}
		return id, fresh
	}
	if id, fresh := keep(weekly, figures()); id != "2026-11-01-directors-weekly" || !fresh {
		t.Errorf("the first is %s, %t", id, fresh)
	}
	weekly.At = weekly.At.Add(50 * time.Hour)
	if id, fresh := keep(weekly, figures()); id != "2026-11-01-directors-weekly" || fresh {
		t.Errorf("C10 the same figures two days later gave %s, %t", id, fresh)
	}
	late := figures()
	late.Overview.Now[delay.NHS]++
	if id, fresh := keep(weekly, late); id != "2026-11-01-directors-weekly-2" || !fresh {
		t.Errorf("other figures gave %s, %t", id, fresh)
	}
	if id, _ := keep(meta(t), figures()); id != "2026-11-04" {
		t.Errorf("the morning's is %s", id)
	}
	all, err := List(root)
	if err != nil || len(all) != 3 {
		t.Fatal(all, err)
	}
	var words []string
	for _, i := range all {
		words = append(words, i.Title)
	}
	if got, want := strings.Join(words, "|"), "1 November 2026, directors weekly, pack 2|4 November 2026|1 November 2026, "+
		"directors weekly"; got != want {
		t.Errorf("the list is %s, want %s", got, want)
	}
	m, err := ReadManifest(root, "2026-11-01-directors-weekly")
	if err != nil || m.Series != "directors-weekly" || m.UpTo != "2026-11-01" {
		t.Errorf("the manifest has %+v, %v", m, err)
	}
}

func TestAgainIsTheSame(t *testing.T) {
	root := t.TempDir()
	f := figures()
	f.Overview.Filter.Councils = []delay.Council{"E10000099"}
	id, _, err := Keep(t.Context(), root, f, renderer(t), meta(t))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadManifest(root, id)
	if err != nil || len(m.Filter().Councils) != 1 {
		t.Fatal(m, err)
	}
	if differ, err := Again(t.Context(), m, f, renderer(t), london(t)); err != nil || len(differ) != 0 {
		t.Errorf("C15 rendered again %v differ, %v", differ, err)
	}
	f.Overview.Now[delay.NHS]++
	if differ, err := Again(t.Context(), m, f, renderer(t), london(t)); err != nil || strings.Join(differ, " ") != "index.html" {
		t.Errorf("with another count %v differ, %v", differ, err)
	}
}

func TestCopyIsTheWholePack(t *testing.T) {
	root, to := t.TempDir(), filepath.Join(t.TempDir(), "shared", "packs")
	id, _, err := Keep(t.Context(), root, figures(), renderer(t), meta(t))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // The second time it stands there already.
		if err := Copy(root, id, to); err != nil {
			t.Fatal(err)
		}
	}
	same(t, folder(t, filepath.Join(root, id)), folder(t, filepath.Join(to, id)))
	if err := Copy(root, "2026-11-05", to); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a pack that there is not: %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, id, "people.csv"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Copy(root, id, filepath.Join(to, "again")); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("a pack with a changed file is copied: %v", err)
	}
}

type printing struct{ err error }

func (p printing) Print(_ context.Context, dir string) ([]byte, []byte, error) {
	if _, err := os.Stat(filepath.Join(dir, PageFile)); err != nil {
		return nil, nil, err
	}
	return []byte("%PDF-"), []byte("\x89PNG"), p.err
}

func TestPrintedPacks(t *testing.T) {
	root := t.TempDir()
	m := meta(t)
	m.Printer = printing{}
	id, _, err := Keep(t.Context(), root, figures(), renderer(t), m)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := Open(root, id, PDFFile); err != nil || string(b) != "%PDF-" {
		t.Errorf("the PDF is %q, %v", b, err)
	}
	// Print is not part of what is compared: without a printer nothing is new.
	m.Printer, m.Unprinted = nil, NoChromium
	if again, fresh, err := Keep(t.Context(), root, figures(), renderer(t), m); err != nil || fresh || again != id {
		t.Errorf("without a printer %s, %t, %v", again, fresh, err)
	}
	m.Printer, m.Day = printing{problem.Wrap(errors.New("exit 1"), problem.Unavailable, "It did not print")}, delay.MustDay("2026-11-01")
	id, _, err = Keep(t.Context(), root, figures(), renderer(t), m)
	if err != nil {
		t.Fatalf("a printer that does not print stops the pack: %v", err)
	}
	kept, err := ReadManifest(root, id)
	if err != nil || !strings.Contains(kept.Unprinted, "It did not print") || len(kept.Printed) != 0 {
		t.Errorf("the manifest says %+v, %v", kept, err)
	}
	if _, err := Open(root, id, PDFFile); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a PDF that there is not: %v", err)
	}
}

// A real browser prints the page on paper of the right size. As root it cannot
// have its sandbox, so the test wraps it; the program never takes the sandbox
// away.
func TestChromiumPrints(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	found := FindChromium(os.Getenv("HOMEWARD_CHROMIUM"))
	if found == nil {
		if os.Getenv("CI") != "" {
			t.Fatal("this machine has no Chromium; install Debian's chromium")
		}
		t.Skip("this machine has no Chromium")
	}
	if os.Getuid() == 0 {
		wrapper := filepath.Join(t.TempDir(), "chromium")
		if err := os.WriteFile(wrapper, []byte("#!/bin/sh\nexec '"+found.Path+"' --no-sandbox \"$@\"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		found = &Chromium{Path: wrapper}
	}
	m := meta(t)
	m.Printer = found
	dir := filepath.Join(t.TempDir(), "pack")
	made := render(t, dir, figures(), m)
	if made.Unprinted != "" || len(made.Printed) != 2 {
		t.Fatalf("nothing was printed: %s", made.Unprinted)
	}
	files := folder(t, dir)
	if !strings.HasPrefix(files[PDFFile], "%PDF-") || !strings.Contains(files[PDFFile], "595") ||
		!strings.HasPrefix(files[PictureFile], "\x89PNG\r\n") {
		t.Error("the PDF is not on A4 or the picture is none")
	}
	// The same folder may be rendered into again.
	render(t, dir, figures(), meta(t))
}

func TestChromiumThatHangsIsStopped(t *testing.T) {
	slow := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(slow, []byte("#!/bin/sh\nsleep 60 & wait\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, _, err := (&Chromium{Path: slow, Within: 200 * time.Millisecond}).Print(t.Context(), t.TempDir())
	if problem.KindOf(err) != problem.Unavailable || time.Since(start) > 10*time.Second {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
	if FindChromium(filepath.Join(t.TempDir(), "none")) != nil {
		t.Error("a browser was found where there is none")
	}
}

// sheetsOf reads what stands in a workbook: the names of its sheets, and the
// cells of each by row, as they are stored.
func sheetsOf(t *testing.T, book string) (names []string, rows map[string][][]string) {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string, into any) {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		if err := xml.NewDecoder(f).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	var all struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
		} `xml:"sheets>sheet"`
	}
	read("xl/workbook.xml", &all)
	rows = map[string][][]string{}
	for i, sheet := range all.Sheets {
		names = append(names, sheet.Name)
		var content struct {
			Rows []struct {
				Cells []struct {
					At     string `xml:"r,attr"`
					Number string `xml:"v"`
					Text   string `xml:"is>t"`
				} `xml:"c"`
			} `xml:"sheetData>row"`
			Tables []struct{} `xml:"tableParts>tablePart"`
		}
		read(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), &content)
		if len(content.Tables) != 1 {
			t.Errorf("%s has %d tables", sheet.Name, len(content.Tables))
		}
		for _, r := range content.Rows {
			row := make([]string, 26)
			for _, c := range r.Cells {
				row[c.At[0]-'A'] = c.Number + c.Text
			}
			rows[sheet.Name] = append(rows[sheet.Name], row)
		}
	}
	return names, rows
}

// digits15 gives a cell of a CSV file as a spreadsheet keeps it: numbers to 15
// significant digits, rounded.
func digits15(cell string) string {
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return cell
	}
	return strconv.FormatFloat(extract.Digits15(v), 'f', -1, 64)
}

// serial gives a month or a day as a workbook holds it, and other names as they
// are.
func serial(t *testing.T, text string) string {
	t.Helper()
	first, _ := extract.ShownDate(text)
	day, ok := first.(delay.Day)
	if month, is := first.(extract.Month); is {
		day, ok = delay.Day(month), true
	}
	if !ok {
		return text
	}
	return strconv.Itoa(int(day-delay.Date(1970, 1, 1)) + 25_569)
}

// The workbook holds the numbers of the charts' tables, as the CSV has them, to
// the 15 digits that a spreadsheet keeps.
func TestWorkbookHoldsTheTables(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	render(t, dir, figures(), meta(t))
	files := folder(t, dir)
	names, rows := sheetsOf(t, files[WorkbookFile])
	if got := strings.Join(names, "|"); got != "About|People waiting|Delayed days|Council share|DToC beds|Reasons|Definitions" {
		t.Errorf("the sheets are %s", got)
	}
	for _, c := range charts(figures()) {
		table, err := csv.NewReader(strings.NewReader(files[c.ID+".csv"])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		sheet := rows[sheetName(c, figures().Overview.Filter.Book.Counting())]
		if len(sheet) != len(table) {
			t.Errorf("%s has %d rows in the workbook, %d in the CSV", c.ID, len(sheet), len(table))
			continue
		}
		for i := 1; i < len(table); i++ {
			for j := range c.Table.Head {
				want := table[i][j]
				switch v, err := strconv.ParseFloat(want, 64); {
				case err == nil && c.Table.Rows[i-1][j].Numeric && strings.HasSuffix(c.Table.Rows[i-1][j].Text, "%"):
					// A share is a share in a workbook, shown as per cent.
					want = strconv.FormatFloat(extract.Digits15(v/100), 'f', -1, 64)
				case j == 0:
					want = serial(t, want)
				default:
					want = digits15(want)
				}
				if sheet[i][j] != want {
					t.Errorf("%s row %d column %d is %q in the workbook, %q in the CSV", c.ID, i, j+1, sheet[i][j], table[i][j])
				}
			}
		}
	}
	if got := rows["Definitions"]; len(got) != len(measure.Definitions(nil))+1 {
		t.Errorf("%d rows of definitions", len(got))
	}
}

// The sandbox is never switched off, whoever runs the program; as root the pack
// is whole in HTML and SVG and says why it has no PDF.
func TestChromiumKeepsItsSandbox(t *testing.T) {
	dir := t.TempDir()
	spy, said := filepath.Join(dir, "chromium"), filepath.Join(dir, "said")
	if err := os.WriteFile(spy, []byte("#!/bin/sh\necho \"$@\" >> '"+said+"'\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	m := meta(t)
	m.Printer = &Chromium{Path: spy}
	made := render(t, filepath.Join(dir, "pack"), figures(), m)
	args, err := os.ReadFile(said)
	if err != nil || !strings.Contains(string(args), "--print-to-pdf") || strings.Contains(string(args), "sandbox") {
		t.Errorf("Chromium was started with %q, %v", args, err)
	}
	want := "the Chromium of this machine did not print the page. It may lack its sandbox here"
	if os.Geteuid() == 0 {
		want = "because Homeward runs as root"
	}
	if !strings.Contains(made.Unprinted, want) || !strings.HasSuffix(made.Unprinted, "from any browser.") || len(made.Printed) > 0 {
		t.Errorf("the pack says %q", made.Unprinted)
	}
	for _, c := range made.Charts {
		if _, err := os.Stat(filepath.Join(dir, "pack", c.ID+".svg")); err != nil {
			t.Error(err)
		}
	}
}
