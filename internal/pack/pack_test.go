package pack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // The tests must not depend on the machine's own zones.

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/chart"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

var shared struct {
	once sync.Once
	r    *remembering
}

// remembering draws each chart once: most tests look at what stands around the
// drawings.
type remembering struct {
	Drawer
	mu   sync.Mutex
	made map[string][]byte
}

func (r *remembering) SVG(ctx context.Context, c chart.Chart) ([]byte, error) {
	return r.get("inline", c, func() ([]byte, error) { return r.Drawer.SVG(ctx, c) })
}

func (r *remembering) StandaloneSVG(ctx context.Context, c chart.Chart) ([]byte, error) {
	return r.get("alone", c, func() ([]byte, error) { return r.Drawer.StandaloneSVG(ctx, c) })
}

func (r *remembering) get(how string, c chart.Chart, draw func() ([]byte, error)) ([]byte, error) {
	key := fmt.Sprintf("%s %q %q %q %q %q %s", how, c.Title, c.Subtitle, c.Alt, c.Notes, c.Source, c.Option)
	r.mu.Lock()
	defer r.mu.Unlock()
	if b, ok := r.made[key]; ok {
		return b, nil
	}
	b, err := draw()
	if err == nil {
		r.made[key] = b
	}
	return b, err
}

// renderer draws with the real ECharts; loading it is the slow part.
func renderer(tb testing.TB) *remembering {
	tb.Helper()
	for _, p := range []string{"../../static/vendor/echarts/echarts.min.js", "../../node_modules/echarts/dist/echarts.min.js"} {
		if js, err := os.ReadFile(filepath.FromSlash(p)); err == nil {
			shared.once.Do(func() { shared.r = &remembering{Drawer: chart.NewRenderer(js, 1), made: map[string][]byte{}} })
			return shared.r
		}
	}
	if os.Getenv("CI") != "" {
		tb.Fatal("echarts.min.js was expected in static/vendor/echarts; run npm ci and npm run build")
	}
	tb.Skip("echarts.min.js is not installed; run npm ci and npm run build")
	return nil
}

func london(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

// bodies gives counts in the order of the stack.
func bodies(social, nhs, joint, none int64) measure.ByBody {
	var b measure.ByBody
	b[delay.SocialCare], b[delay.NHS], b[delay.Joint], b[delay.NotAttributed] = social, nhs, joint, none
	return b
}

// figures are 13 months and 13 weeks of a partnership of three hospitals, with
// a month in which one sent too little and a file that is held.
func figures() Figures {
	asAt := delay.MustDay("2026-11-03")
	o := measure.Overview{
		Filter: measure.Filter{Book: book},
		AsAt:   asAt, From: delay.MustDay("2025-11-01"), To: asAt, ArrivalDay: asAt,
		Now: bodies(35, 46, 11, 13), WeekBefore: bodies(34, 46, 12, 12), ReadyToday: 9,
		Waiting: []measure.Waiting{{AtLeast: 7, People: 61}, {AtLeast: 14, People: 38}, {AtLeast: 21, People: 24}},
		Providers: []measure.ProviderArrival{
			{Code: "NGT", Name: "Northgate General", Latest: asAt, Today: measure.In, Rows: 412},
			{Code: "SMR", Name: "Southmoor", Latest: asAt, Today: measure.Late, Rows: 271},
			{Code: "WHV", Name: "Westhaven", Latest: asAt - 1, Today: measure.Held, Rows: 101},
		},
		Reasons: []measure.ReasonDays{
			{Reason: "E", Days: bodies(6105, 2210, 520, 0)}, {Reason: "C", Days: bodies(0, 7420, 0, 0)},
			{Reason: "A", Days: bodies(2420, 2630, 810, 0)},
			{Reason: "Dii", Days: bodies(2610, 1905, 401, 0)}, {Reason: "G", Days: bodies(1830, 2870, 0, 0)},
			{Reason: "Di", Days: bodies(2010, 220, 0, 0)},
			{Reason: "F", Days: bodies(430, 810, 201, 0)}, {Reason: "I", Days: bodies(0, 1290, 0, 0)}, {Reason: "B", Days: bodies(390, 460, 0, 0)},
			{Reason: "H", Days: bodies(15, 99, 0, 0)}, {Reason: delay.ReasonNotKnown, Days: bodies(0, 0, 0, 1371)},
		},
	}
	for i := range 13 {
		m := o.From.Month() + delay.Month(i)
		n := int64(1000 + (i*37)%90)
		p := measure.Period{First: m.First(), Last: min(m.Last(), asAt), Days: bodies(n, n*4/3, n/4, n/11)}
		p.Listed = p.CalendarDays()
		if p.Last < m.Last() {
			p.Days = bodies(105, 138, 33, 39)
		}
		if i == 8 {
			p.Listed = 21
			p.Missing = []measure.Gap{{Provider: "WHV", Name: "Westhaven", Days: 10}}
		}
		o.Months = append(o.Months, p)
	}
	f := Figures{Place: "Northshire", Overview: o}
	for i := range DaysShown {
		day := asAt - delay.Day(DaysShown-1-i)
		v := int64(96 + (i*7919)%17 + (i/30)%9)
		f.Days = append(f.Days, measure.Period{First: day, Last: day, Listed: 1, Days: bodies(v/3, v/2, v/10, 6)})
	}
	f.Days[40].Days, f.Days[40].Listed = measure.ByBody{}, 0
	f.Days[90].Listed, f.Days[90].Missing = 0, []measure.Gap{{Provider: "WHV", Name: "Westhaven", Days: 1}}
	return f
}

func meta(tb testing.TB) Meta {
	return Meta{Partnership: "Northshire Discharge Partnership", RuleSet: "Northshire 2026.2", Version: "1.4.0",
		At: time.Date(2026, 11, 4, 6, 30, 0, 123456789, london(tb))}
}

func render(t *testing.T, dir string, f Figures, m Meta) *Manifest {
	t.Helper()
	made, err := Render(t.Context(), dir, f, renderer(t), m)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// folder reads every file below dir.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, a, b map[string]string) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%d files and %d files", len(a), len(b))
	}
	for name, content := range a {
		if b[name] != content {
			t.Errorf("%s differs", name)
		}
	}
}

func TestRenderWritesWhatTheManifestNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	m := render(t, dir, figures(), meta(t))
	got := folder(t, dir)
	if len(got) != 13 || len(m.Files) != 12 || len(m.Charts) != 5 {
		t.Fatalf("%d files, %d named, %d charts", len(got), len(m.Files), len(m.Charts))
	}
	for _, f := range m.Files {
		sum := sha256.Sum256([]byte(got[f.Name]))
		if f.SHA256 != hex.EncodeToString(sum[:]) || f.Bytes != len(got[f.Name]) {
			t.Errorf("%s is not the file that the manifest names", f.Name)
		}
	}
	for _, want := range []string{`"data_as_at": "2026-11-03"`, `"held_at": "2026-11-04T06:30:00.123456Z"`, `"rule_set": "Northshire 2026.2"`,
		`"program_version": "1.4.0"`, `"basis": "counted"`} {
		if !strings.Contains(got[ManifestFile], want) {
			t.Errorf("the manifest lacks %s", want)
		}
	}
	if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) != 1 {
		t.Errorf("something is left beside the pack: %v", entries)
	}
}

func TestC10SameInputsGiveTheSameBytes(t *testing.T) {
	parent := t.TempDir()
	a, b := filepath.Join(parent, "a"), filepath.Join(parent, "b")
	render(t, a, figures(), meta(t))
	// Another machine, whose renderer has drawn other things before.
	js, err := os.ReadFile("../../static/vendor/echarts/echarts.min.js")
	if err != nil {
		js, err = os.ReadFile("../../node_modules/echarts/dist/echarts.min.js")
	}
	if err != nil {
		t.Fatal(err)
	}
	other := chart.NewRenderer(js, 1)
	if _, err := other.SVG(t.Context(), charts(figures())[4].At(chart.Slide)); err != nil {
		t.Fatal(err)
	}
	if _, err := Render(t.Context(), b, figures(), other, meta(t)); err != nil {
		t.Fatal(err)
	}
	before := folder(t, a)
	same(t, before, folder(t, b))
	render(t, a, figures(), meta(t)) // again, in place
	same(t, before, folder(t, a))
}

func TestRenderReplacesAPackAndNothingElse(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "pack")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	render(t, dir, figures(), meta(t)) // an empty folder is taken
	f := figures()
	f.Overview.Now = bodies(1, 2, 3, 4)
	render(t, dir, f, meta(t))
	if !strings.Contains(folder(t, dir)[PageFile], "10 people are waiting") {
		t.Error("the earlier pack still stands")
	}
	for name, add := range map[string]string{"a pack with a file of somebody else": filepath.Join(dir, "notes.txt"),
		"somebody's folder": filepath.Join(parent, "home", "notes.txt")} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(filepath.Dir(add), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(add, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			before := folder(t, parent)
			if _, err := Render(t.Context(), filepath.Dir(add), f, renderer(t), meta(t)); problem.KindOf(err) != problem.Conflict {
				t.Errorf("got %v", err)
			}
			same(t, before, folder(t, parent))
		})
	}
}

// tired is a drawer that stops part of the way.
type tired struct {
	Drawer
	left int
}

func (d *tired) SVG(ctx context.Context, c chart.Chart) ([]byte, error) {
	if d.left--; d.left < 0 {
		return nil, problem.New(problem.Unavailable, "The chart was not drawn in time.")
	}
	return d.Drawer.SVG(ctx, c)
}

func TestAPackIsThereWholeOrNotAtAll(t *testing.T) {
	root := t.TempDir()
	if _, _, err := Keep(t.Context(), root, figures(), &tired{renderer(t), 3}, meta(t)); problem.KindOf(err) != problem.Unavailable {
		t.Fatalf("got %v", err)
	}
	if entries, _ := os.ReadDir(root); len(entries) != 0 {
		t.Errorf("something is left: %v", entries)
	}
	// A process that was killed while it wrote leaves a folder with a dot.
	if err := os.MkdirAll(filepath.Join(root, ".2026-11-04-123", "index.html"), 0o750); err != nil {
		t.Fatal(err)
	}
	if packs, err := List(root); len(packs) != 0 || err != nil {
		t.Errorf("List gave %v, %v", packs, err)
	}
}

func TestWithoutExtractsThereIsNothingToDraw(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	if _, err := Render(t.Context(), dir, Figures{Place: "Northshire"}, renderer(t), meta(t)); problem.KindOf(err) != problem.NotFound {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder was made")
	}
}

func document(t *testing.T, page string) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPageStandsOnItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	m := render(t, dir, figures(), meta(t))
	text := folder(t, dir)[PageFile]
	d := document(t, text)

	style := text[strings.Index(text, "<style>")+len("<style>") : strings.Index(text, "</style>")]
	if styleHash([]byte(style)) != m.Style || !hashForm.MatchString(m.Style) {
		t.Error("the style of the page is not what the manifest's hash is of")
	}
	if policy, _ := d.Find(`meta[http-equiv="Content-Security-Policy"]`).Attr("content"); policy != pagePolicy(m.Style) {
		t.Errorf("the policy is %q", policy)
	}
	if n := d.Find("style").Length(); n != 1 {
		t.Errorf("%d style elements", n)
	}
	if n := d.Find("script, link, iframe, object, embed, img, form, [style], [onload], base").Length(); n != 0 {
		t.Errorf("%d elements that a page on its own may not have", n)
	}
	for _, outside := range []string{"http://", "https://", "//"} {
		for _, at := range regexp.MustCompile(regexp.QuoteMeta(outside)).FindAllStringIndex(text, -1) {
			if near := text[max(0, at[0]-10):min(len(text), at[1]+25)]; !strings.Contains(near, "http://www.w3.org/2000/svg") {
				t.Errorf("an outside address: %q", near)
			}
		}
	}
	d.Find("a").Each(func(_ int, a *goquery.Selection) {
		to, _ := a.Attr("href")
		if id, inside := strings.CutPrefix(to, "#"); inside {
			if d.Find("[id='"+id+"']").Length() != 1 {
				t.Errorf("the link %s leads nowhere", to)
			}
			return
		}
		if !slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == to }) {
			t.Errorf("the link %s leads to no file of the pack", to)
		}
	})
	ids := map[string]bool{}
	d.Find("[id]").Each(func(_ int, e *goquery.Selection) {
		id, _ := e.Attr("id")
		if ids[id] {
			t.Errorf("the id %s stands twice", id)
		}
		ids[id] = true
	})
	if d.Find("h1").Length() != 1 || d.Find("html[lang='en-GB']").Length() != 1 || d.Find("main").Length() != 1 {
		t.Error("one first heading, one main part and a language were expected")
	}
	if d.Find("figure svg[role='img'][aria-label]").Length() != 5 || d.Find("table caption").Length() != 6 {
		t.Error("five pictures with a text alternative and six tables with a caption were expected")
	}
	if n := d.Find(".tables > details:not([open]) > summary + .scroll table").Length(); n != 6 {
		t.Errorf("%d tables are folded", n)
	}
}

// What is noted of several charts stands once above them, what is of one beside it.
func TestANoteStandsOnce(t *testing.T) {
	t.Parallel()
	p := &page{Charts: []chartView{{Notes: []string{"all", "one"}}, {Notes: []string{"all"}}, {Notes: []string{"all", "other"}}}}
	p.gatherNotes()
	got := fmt.Sprint(p.Notes, p.Charts[0].Notes, p.Charts[1].Notes, p.Charts[2].Notes)
	if got != "[all] [one] [] [other]" {
		t.Errorf("the notes are %s", got)
	}
}

func TestPageSaysWhatItShows(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	render(t, dir, figures(), meta(t))
	d := document(t, folder(t, dir)[PageFile])
	all := strings.Join(strings.Fields(d.Find("body").Text()), " ")
	for _, want := range []string{
		"Northshire Discharge Partnership", "Data as at3 November 2026", "Figures held at6:30am, 4 November 2026",
		"105 people are waiting to leave hospital at the end of 3 November 2026. The next step is with the NHS for 46, with social care for 35 " +
			"and with both for 11. It is not attributed for 13.",
		"1 more than a week before (104). 9 people became ready on the day and are not counted yet.",
		"Westhaven: the extract for 3 November 2026 is held. Its figures are from 2 November 2026.",
		"Every number that is drawn above.",
		"Homeward 1.4.0, rule set Northshire 2026.2.", "do not publish this page",
		"No data from Westhaven for 10 of", // the gap, under the chart it is in
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, never := range []string{"blame", "fault", "fail", "block", "invalid", "worst", "crisis"} {
		if strings.Contains(strings.ToLower(all), never) {
			t.Errorf("the page says %q", never)
		}
	}
	for _, def := range measure.Definitions(book) {
		if !strings.Contains(all, def.Sentence) {
			t.Errorf("the page lacks the definition of %s", def.ID)
		}
	}
}

func TestTwinsHoldTheNumbersOfTheTables(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	m := render(t, dir, figures(), meta(t))
	files := folder(t, dir)
	d := document(t, files[PageFile])
	for _, c := range m.Charts {
		rows, err := csv.NewReader(strings.NewReader(files[c.ID+".csv"])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if n := d.Find("#" + c.ID + "-table tbody tr").Length(); n != len(rows)-1 || n == 0 {
			t.Errorf("%s: %d rows in the page and %d in the file", c.ID, n, len(rows)-1)
		}
		head := rows[0]
		if got := strings.Join(head[len(head)-4:], ","); got != "measure_id,basis,rule_version,data_as_at" {
			t.Errorf("%s: the last columns are %s", c.ID, got)
		}
		for _, row := range rows[1:] {
			if row[len(row)-4] == "" || row[len(row)-1] != "2026-11-03" {
				t.Errorf("%s: a row does not say what it is: %v", c.ID, row)
			}
		}
		if !strings.HasPrefix(files[c.ID+".svg"], "<svg") || !strings.Contains(files[c.ID+".svg"], "data as at 3 November 2026") {
			t.Errorf("%s: the picture does not carry its source", c.ID)
		}
	}
	people, _ := csv.NewReader(strings.NewReader(files["people.csv"])).ReadAll()
	if gap := people[41]; gap[1] != "" || gap[5] != "" {
		t.Errorf("a day without data should have empty cells, not zeros: %v", gap)
	}
}

func TestR8NamesAreWordsAndNothingElse(t *testing.T) {
	f, m := figures(), meta(t)
	evil := `</style></title><script>alert(1)</script>{{.}}"}*{display:none`
	f.Place, m.Partnership, m.RuleSet, m.Version = evil, evil, "=cmd()"+evil, evil
	f.Overview.Providers[2].Name = evil
	f.Overview.Months[8].Missing[0].Name = evil
	dir := filepath.Join(t.TempDir(), "pack")
	made := render(t, dir, f, m)
	files := folder(t, dir)
	for name, content := range files {
		if filepath.Ext(name) == ".html" || filepath.Ext(name) == ".svg" {
			if strings.Contains(content, "<script") || strings.Count(content, "</style>") > 1 {
				t.Errorf("%s holds markup from a name", name)
			}
		}
	}
	text := files[PageFile]
	style := text[strings.Index(text, "<style>")+len("<style>") : strings.Index(text, "</style>")]
	if styleHash([]byte(style)) != made.Style || strings.Contains(style, "alert") {
		t.Error("a name became part of the style")
	}
	if !strings.Contains(files["people.csv"], "'=cmd()") {
		t.Error("a spreadsheet would run the rule set's name")
	}
}

func keep(t *testing.T, root string, f Figures, m Meta) (string, bool) {
	t.Helper()
	id, fresh, err := Keep(t.Context(), root, f, renderer(t), m)
	if err != nil {
		t.Fatal(err)
	}
	return id, fresh
}

func TestKeptPacksAreNeverChanged(t *testing.T) {
	root := filepath.Join(t.TempDir(), "packs")
	m := meta(t)
	if id, fresh := keep(t, root, figures(), m); id != "2026-11-04" || !fresh {
		t.Errorf("the first pack is %s, %t", id, fresh)
	}
	before := folder(t, root)

	m.At = m.At.Add(3 * time.Hour)
	if id, fresh := keep(t, root, figures(), m); id != "2026-11-04" || fresh {
		t.Errorf("the same figures later that day gave %s, %t", id, fresh)
	}
	same(t, before, folder(t, root))

	late := figures()
	late.Overview.Now = bodies(36, 46, 11, 13)
	if id, fresh := keep(t, root, late, m); id != "2026-11-04-2" || !fresh {
		t.Errorf("figures with a late extract gave %s, %t", id, fresh)
	}
	if id, fresh := keep(t, root, late, m); id != "2026-11-04-2" || fresh {
		t.Errorf("the same again gave %s, %t", id, fresh)
	}
	if id, fresh := keep(t, root, figures(), m); id != "2026-11-04-3" || !fresh {
		t.Errorf("figures that went back are new once more, and gave %s, %t", id, fresh)
	}
	m.At = m.At.AddDate(0, 0, 1)
	if id, fresh := keep(t, root, late, m); id != "2026-11-05" || !fresh {
		t.Errorf("the next morning gave %s, %t", id, fresh)
	}
	after := folder(t, root)
	for name, content := range before {
		if after[name] != content {
			t.Errorf("%s was changed", name)
		}
	}

	packs, err := List(root)
	if err != nil {
		t.Fatal(err)
	}
	var ids, titles []string
	for _, p := range packs {
		ids, titles = append(ids, p.ID), append(titles, p.Title)
	}
	if got := strings.Join(ids, " "); got != "2026-11-05 2026-11-04-3 2026-11-04-2 2026-11-04" {
		t.Errorf("newest first, got %s", got)
	}
	if titles[2] != "4 November 2026, pack 2" || packs[3].AsAt != delay.MustDay("2026-11-03") ||
		!packs[3].Held.Equal(meta(t).At.Truncate(time.Microsecond)) || packs[3].RuleSet != "Northshire 2026.2" {
		t.Errorf("%q, %+v", titles, packs[3])
	}
}

func TestTwoProgramsKeepingAtOnceLoseNothing(t *testing.T) {
	root := t.TempDir()
	r := renderer(t)
	var all sync.WaitGroup
	want := []string{"2026-11-04", "2026-11-04-2", "2026-11-04-3", "2026-11-04-4"}
	if testing.Short() {
		want = want[:2] // The race detector draws slowly.
	}
	ids := make([]string, len(want))
	for i := range ids {
		f := figures()
		f.Overview.Now = bodies(int64(i), 46, 11, 13)
		all.Go(func() {
			id, _, err := Keep(context.Background(), root, f, r, meta(t))
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	all.Wait()
	slices.Sort(ids)
	if !slices.Equal(ids, want) {
		t.Errorf("got %v", ids)
	}
}

func TestOpen(t *testing.T) {
	root := filepath.Join(t.TempDir(), "packs")
	id, _ := keep(t, root, figures(), meta(t))
	secret := filepath.Join(filepath.Dir(root), "homeward.db")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := ReadManifest(root, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(m.Files, File{Name: ManifestFile}) {
		b, err := Open(root, id, f.Name)
		if err != nil || len(b) == 0 || TypeOf(f.Name) == "application/octet-stream" {
			t.Errorf("%s gave %d bytes, %v", f.Name, len(b), err)
		}
	}
	if err := os.Symlink(secret, filepath.Join(root, id, "link.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(root), filepath.Join(root, "2026-01-01")); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{id, "../../homeward.db"}, {id, "/etc/passwd"}, {id, ""}, {id, "."}, {id, ".."}, {id, "link.csv"}, {id, "PEOPLE.csv"},
		{id, "people.csv\x00"}, {id, `..\..\homeward.db`},
		{"", PageFile}, {".", PageFile}, {"..", PageFile}, {"../packs/" + id, PageFile}, {id + "/", PageFile}, {"2026-02-30", PageFile},
		{"2026-11-04-1", PageFile}, {"2026-11-04-02", PageFile}, {"2027-11-04", PageFile}, {"2026-11-04\n", PageFile},
	} {
		if b, err := Open(root, c[0], c[1]); problem.KindOf(err) != problem.NotFound || b != nil {
			t.Errorf("Open(%q, %q) gave %q, %v", c[0], c[1], b, err)
		}
	}
	if b, err := Open(root, "2026-01-01", PageFile); err == nil || b != nil {
		t.Errorf("a link out of the folder gave %q, %v", b, err)
	}
	if _, err := Open(root, "2026-11-02", PageFile); err == nil || err.Error() !=
		"No pack for 2 November 2026. The nearest is 4 November 2026." {
		t.Errorf("got %v", err)
	}
	if _, err := Open(filepath.Join(root, "nowhere"), id, PageFile); problem.KindOf(err) != problem.NotFound {
		t.Errorf("got %v", err)
	}

	page := filepath.Join(root, id, PageFile)
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(page, bytes.Replace(b, []byte("105 people"), []byte("100 people"), 1), 0o640); err != nil {
		t.Fatal(err)
	}
	if b, err := Open(root, id, PageFile); problem.KindOf(err) != problem.Unavailable || b != nil {
		t.Errorf("a page that was changed gave %d bytes, %v", len(b), err)
	}
}

func TestListNamesThePackThatCannotBeRead(t *testing.T) {
	root := t.TempDir()
	keep(t, root, figures(), meta(t))
	for id, manifest := range map[string]string{
		"2026-11-01": "{", "2026-11-02": `{"data_as_at":"yesterday","style_hash":"sha256-"}`,
		"2026-11-03": `{"data_as_at":"2026-11-02","style_hash":"'unsafe-inline'; script-src *"}`,
	} {
		if err := errors.Join(os.Mkdir(filepath.Join(root, id), 0o750), os.WriteFile(filepath.Join(root, id, ManifestFile), []byte(manifest),
			0o640)); err != nil {
			t.Fatal(err)
		}
	}
	packs, err := List(root)
	if len(packs) != 1 || packs[0].ID != "2026-11-04" {
		t.Errorf("the whole pack should be listed: %v", packs)
	}
	for _, id := range []string{"2026-11-01", "2026-11-02", "2026-11-03"} {
		if err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("%s is not named in %v", id, err)
		}
	}
	// A damaged pack keeps its place.
	m := meta(t)
	m.At = m.At.AddDate(0, 0, -1)
	if id, fresh := keep(t, root, figures(), m); id != "2026-11-03-2" || !fresh {
		t.Errorf("got %s, %t", id, fresh)
	}
}

// source is a store of two hospitals in memory, with one person delayed at the
// first on every day.
type source struct{ first, last delay.Day }

func (s source) Cells(_ context.Context, q measure.Query) ([]measure.Cell, error) {
	var out []measure.Cell
	for day := max(q.From, s.first); day <= min(q.To, s.last); day++ {
		c := measure.Cell{Days: 1}
		for _, by := range q.By {
			switch by {
			case measure.ByDay:
				c.Period = day
			case measure.ByMonth:
				c.Period = max(day.Month().First(), q.From)
			case measure.ByResponsible:
				c.Body = delay.NHS
			case measure.ByProvider:
				c.Provider = "NGT"
			}
		}
		out = append(out, c)
	}
	return out, nil
}

func (s source) ProviderDays(_ context.Context, from, to delay.Day) ([]measure.ProviderDays, error) {
	a := measure.ProviderDays{Code: "NGT", First: s.first, Latest: s.last}
	b := measure.ProviderDays{Code: "WHV", First: s.first + 10, Latest: s.last}
	for day := max(from, s.first); day <= min(to, s.last); day++ {
		a.Counted = append(a.Counted, day)
		if day >= b.First && day != s.last-3 {
			b.Counted = append(b.Counted, day)
		}
	}
	return []measure.ProviderDays{a, b}, nil
}

func (source) Waiting(context.Context, measure.Filter, map[string]delay.Day) ([]measure.Waited, error) {
	return nil, nil
}

func (source) ReadyOn(context.Context, measure.Filter, map[string]delay.Day) (int64, error) {
	return 0, nil
}

func TestGather(t *testing.T) {
	last := delay.MustDay("2026-11-03")
	at := measure.Moment{Now: time.Date(2026, 11, 4, 6, 30, 0, 0, london(t))}
	expected := []measure.Expected{{Code: "NGT", Name: "Northgate General", Due: -1}, {Code: "WHV", Name: "Westhaven", Due: -1}}

	f, err := Gather(t.Context(), source{last - 400, last}, measure.Filter{}, "Northshire", at, expected)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.Days); n != DaysShown || f.Days[0].First != last-90 || f.Days[n-1].Last != last {
		t.Fatalf("13 weeks to the latest extract were expected, got %d days", n)
	}
	if day := f.Days[DaysShown-1]; day.Listed != 1 || day.Days[delay.NHS] != 1 || len(day.Missing) != 0 {
		t.Errorf("the latest day: %+v", day)
	}
	if day := f.Days[DaysShown-4]; day.Listed != 0 || len(day.Missing) != 1 || day.Missing[0].Name != "Westhaven" || day.Days.Total() != 1 {
		t.Errorf("the day that Westhaven left out: %+v", day)
	}
	render(t, filepath.Join(t.TempDir(), "pack"), f, meta(t))

	f, err = Gather(t.Context(), source{last - 20, last}, measure.Filter{}, "Northshire", at, expected)
	if err != nil || len(f.Days) != 21 {
		t.Errorf("days before the first extract are not shown, not zero: %d days, %v", len(f.Days), err)
	}
	if day := f.Days[5]; day.Listed != 1 || len(day.Missing) != 0 {
		t.Errorf("before a hospital's first extract nothing of it is missing: %+v", day)
	}
	f, err = Gather(t.Context(), source{last + 1, last}, measure.Filter{}, "Northshire", at, nil)
	if err != nil || f.Overview.AsAt != 0 || f.Days != nil {
		t.Errorf("without extracts: %+v, %v", f, err)
	}
}

func BenchmarkRender(b *testing.B) {
	r := renderer(b).Drawer
	f, m := figures(), meta(b)
	for b.Loop() {
		all, err := drawAll(b.Context(), f, r, false)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := assemble(f, all, m); err != nil {
			b.Fatal(err)
		}
	}
}

// TestLook writes a pack to the folder that HOMEWARD_LOOK names, for a person
// to look at. Without it nothing is written.
func TestLook(t *testing.T) {
	dir := os.Getenv("HOMEWARD_LOOK")
	if dir == "" {
		t.Skip("HOMEWARD_LOOK names no folder")
	}
	if made := render(t, dir, figures(), meta(t)); len(made.Files) == 0 {
		t.Error("the pack holds no file")
	}
}

// book is that of a partnership that counts England's old return.
var book = func() *definition.Book {
	tables, err := definition.Load(os.DirFS("../../data/reference"))
	if err != nil {
		panic(err)
	}
	b, err := definition.NewBook(tables, "england-dtoc", []definition.Use{{Sets: []string{"england-dtoc"}}})
	if err != nil {
		panic(err)
	}
	return b
}()
