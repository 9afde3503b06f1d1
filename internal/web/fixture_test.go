package web

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/data"
	"homeward/internal/chart"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/rulechange"
	"homeward/internal/sqlite"
	"homeward/internal/web/page"
	"homeward/static"
	"homeward/templates"
)

// parsedTemplates are shared by the servers of all tests.
var parsedTemplates = sync.OnceValues(func() (page.Templates, error) { return page.ParseTemplates(templates.Files) })

// desk is the jobs, of which one runs and one is running already.
type desk struct {
	ran  []string
	jobs []Job
}

func (d *desk) List(context.Context) ([]Job, error) { return d.jobs, nil }

func (d *desk) Run(_ context.Context, name string) error {
	switch name {
	case "inbox":
		d.ran = append(d.ran, name)
		return nil
	case "pack":
		return problem.New(problem.Conflict, "This job is already running. It started at 6:05am.")
	}
	return problem.New(problem.NotFound, "There is no job of this name.")
}

var ofOctober = Pack{ID: "2026-10-28", Title: "28 October 2026", Held: time.Date(2026, 10, 28, 9, 58, 0, 0, time.UTC),
	AsAt: delay.MustDay("2026-10-28"), RuleSet: "england-dtoc 1", Sent: 1, Waiting: 1}

// shelf holds one pack, made on 28 October and sent to one of two.
type shelf struct {
	packs   []Pack
	damaged error
	checked *PackCheck
}

func (s *shelf) List(context.Context) ([]Pack, error) { return s.packs, s.damaged }
func (s *shelf) Plans(context.Context) ([]PackPlan, error) {
	if len(s.packs) == 0 {
		return nil, nil
	}
	return []PackPlan{{Title: "Weekly pack", When: "every Monday at 7:45am", UpTo: "the last Sunday", Of: "Northshire", Recipients: 2,
		Next: []time.Time{time.Date(2026, 11, 9, 7, 45, 0, 0, time.UTC)}}}, nil
}
func (s *shelf) Open(_ context.Context, id, file string) (PackFile, error) {
	if id != "2026-10-28" {
		return PackFile{}, problem.New(problem.NotFound, "No pack for this date.")
	}
	switch file {
	case "", "index.html":
		return PackFile{Type: "text/html; charset=utf-8", Style: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
			Bytes: []byte(`<!DOCTYPE html><html lang="en-GB"><head><title>Pack</title></head><body><main><h1>Pack of 28 October ` +
				`2026</h1></main></body></html>`)}, nil
	case "people.csv":
		return PackFile{Type: "text/csv; charset=utf-8", Bytes: []byte("day,all\n")}, nil
	case "people.svg":
		return PackFile{Type: "image/svg+xml", Bytes: []byte("<svg/>")}, nil
	}
	return PackFile{}, problem.New(problem.NotFound, "The pack has no file of this name.")
}
func (s *shelf) Record(_ context.Context, id string) (PackRecord, error) {
	if id != "2026-10-28" {
		return PackRecord{}, problem.New(problem.NotFound, "No pack for this date.")
	}
	return PackRecord{Pack: ofOctober, Of: "Northshire", Version: "1.0.0", Unprinted: "This machine has no Chromium.",
		Files:  []PackPart{{"index.html", 48211}, {"people.csv", 9}},
		Filter: measure.Filter{Providers: []string{"RXA"}}, Checked: s.checked,
		Deliveries: []PackDelivery{
			{Kind: "mail", Target: "director@northshire.example", State: "Sent", Attempts: 1, At: time.Date(2026, 10, 28, 9, 59, 0, 0, time.UTC)},
			{Kind: "mail", Target: "lead@northshire.example", State: "Waiting", Attempts: 2, Next: time.Date(2026, 10, 28, 10, 14, 0, 0, time.UTC),
				Message: "The mail server does not answer."},
		}}, nil
}
func (s *shelf) Check(_ context.Context, id string) error {
	if id != "2026-10-28" {
		return problem.New(problem.NotFound, "No pack for this date.")
	}
	s.checked = &PackCheck{At: time.Date(2026, 11, 4, 9, 12, 0, 0, time.UTC), Same: true, Message: "Every file is the same, byte for byte."}
	return nil
}

// plainDrawer draws nothing but words; ECharts is tried in the browser tests.
type plainDrawer struct{ err error }

func (p plainDrawer) SVG(_ context.Context, c chart.Chart) ([]byte, error) {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" role="img" aria-label="drawing"></svg>`), p.err
}
func (p plainDrawer) StandaloneSVG(ctx context.Context, c chart.Chart) ([]byte, error) {
	return p.SVG(ctx, c)
}

// assetsForTests are the embedded files; where npm has not run, the built ones
// are stood in for, since no test here looks inside them.
func assetsForTests(t testing.TB) fs.FS {
	t.Helper()
	if _, err := loadAssets(static.Files); err == nil {
		return static.Files
	}
	m := fstest.MapFS{}
	for _, name := range []string{styleSheet, baseScript, favicon, chartJS, callJS, remoteJS, echartsJS, nhsukJS} {
		m[name] = &fstest.MapFile{Data: []byte("/* built by npm */")}
	}
	return m
}

type site struct {
	*Server
	visitors *visitors
	office   *office
	desk     *desk
	log      *bytes.Buffer
}

// options gives the made partnership, for a test to change.
func options(t testing.TB, of *office) (Options, *site) {
	t.Helper()
	s := &site{office: of, log: &bytes.Buffer{}, desk: &desk{jobs: []Job{
		{Name: "inbox", Title: "Read the inbox", When: "Every 5 minutes", Next: time.Date(2026, 11, 4, 9, 15, 0, 0, time.UTC),
			Last: time.Date(2026, 11, 4, 9, 10, 0, 0, time.UTC), Took: 1400 * time.Millisecond, Result: "Finished", Message: "3 files read."},
		{Name: "pack", Title: "Make the weekly pack", When: "Wednesdays at 9:55am", Result: ""},
	}}}
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.visitors = of.visit(log)
	o := Options{
		SignIn: s.visitors.service, Sessions: s.visitors.sessions,
		Drawer: plainDrawer{}, Jobs: s.desk, Status: func(context.Context) []Check {
			return []Check{{"Clock", CheckGood, "It is 9:00.", ""}, {"Mail", CheckLook, "None is set.", "Set it."},
				{"Room", CheckWrong, "Full.", "Make room."}}
		},
		Packs:     &shelf{packs: []Pack{ofOctober}},
		Published: shelfOfFigures{},
		Places:    page.Places{Partnership: "Northshire Discharge Partnership", Book: book},
		Rules:     of.rules, Defs: tables, DischargeFloor: 16, Beds: true, Counting: "england-dtoc", Version: "1.0.0",
		Templates: parsedTemplates, Assets: assetsForTests(t),
		Log: log, Now: at(morning), Pace: -1, MaxUpload: 1 << 20, Spool: t.TempDir(),
	}
	for _, h := range hospitals {
		o.Places.Providers = append(o.Places.Providers, page.Place{Code: h.code, Name: h.name})
	}
	o.Places.Councils = []page.Place{{Code: county, Name: "Northshire County Council"}, {Code: city, Name: "Southmoor City Council"}}
	o.from(of)
	return o, s
}

// from has the pages show what an office holds.
func (o *Options) from(of *office) {
	now := view{Store: of.store, office: of}
	o.Extracts, o.Trends, o.Rows, o.Audit = now, now, now, of.store
	o.Moment, o.Pasts, o.Closings, o.Ingest = of.present, of, closings{of.store, of}, of
	o.RuleChanges = ruleBook{of.store}
}

// ruleBook keeps changes of the rules in the office's store; package app drafts
// them.
type ruleBook struct{ *sqlite.Store }

func (ruleBook) Draft(delay.Reason, delay.Body, delay.Day, string) (rulechange.Change, string, error) {
	return rulechange.Change{}, "reason", problem.New(problem.Invalid, "Select a reason from the list")
}

func (b ruleBook) Confirm(ctx context.Context, by people.Actor, number int64, seen string) (bool, error) {
	return b.ConfirmRule(ctx, by, number, seen)
}

// rename gives the first hospital another name, wherever names come from.
func (o *Options) rename(name string) {
	o.Places.Providers[0].Name = name
	o.Pasts.(*office).expected[0].Name = name
}

// newSite gives pages that nothing is written by: their store is that of all
// other tests.
func newSite(t testing.TB, change ...func(*Options)) *site {
	t.Helper()
	return siteOf(t, sharedOffice(t, filled), change...)
}

// ownSite gives pages with a store of their own.
func ownSite(t testing.TB, change ...func(*Options)) *site {
	t.Helper()
	return siteOf(t, ownOffice(t), change...)
}

// emptySite gives pages that no extract has arrived for.
func emptySite(t testing.TB, change ...func(*Options)) *site {
	t.Helper()
	return siteOf(t, sharedOffice(t, empty), change...)
}

func siteOf(t testing.TB, of *office, change ...func(*Options)) *site {
	t.Helper()
	o, s := options(t, of)
	for _, c := range change {
		c(&o)
	}
	server, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = server
	return s
}

// ask sends one request as a browser on this machine would, signed in in a role
// that may use the address unless the header of wordAs names another.
func (s *site) ask(method, target string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, body)
	r.Header.Set("Accept", "text/html")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	as := r.Header.Get(wordAs)
	r.Header.Del(wordAs)
	if as == "" {
		as = string(roleFor(target))
	}
	switch {
	case as == "nobody":
	case strings.HasPrefix(target, "/api/") && r.Header.Get("Authorization") == "":
		r.Header.Set("Authorization", "Bearer "+s.visitors.bearers[people.UploadToken])
	default:
		r.Header.Set("Cookie", s.visitors.cookies[people.Role(as)])
		if r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func (s *site) get(t testing.TB, target string) *goquery.Document {
	t.Helper()
	w := s.ask(http.MethodGet, target, nil)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d\n%s", target, w.Code, w.Body.String())
	}
	return parse(t, w)
}

func parse(t testing.TB, w *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// words gives the text of a selection with its spaces evened out.
func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// TestServe serves the made partnership for the browser tests and for
// looking at pages, until the process is stopped. It runs only when asked for.
func TestServe(t *testing.T) {
	address := os.Getenv("HOMEWARD_WEB_SERVE")
	if address == "" {
		t.Skip("serves pages only when HOMEWARD_WEB_SERVE names an address")
	}
	js, err := os.ReadFile("../../static/vendor/echarts/echarts.min.js")
	if err != nil {
		t.Fatal(err)
	}
	of := ownOffice(t)
	if os.Getenv("HOMEWARD_WEB_EMPTY") != "" {
		of = sharedOffice(t, empty)
	}
	s := siteOf(t, of, func(o *Options) { o.Drawer = chart.NewRenderer(js, 1) })
	l := s.Listener()
	l.Addr = address
	t.Log(l.ListenAndServe())
}

// brokenJobs answers with an error, or panics when it has none.
type brokenJobs struct{ err error }

func (b brokenJobs) List(context.Context) ([]Job, error) {
	if b.err == nil {
		panic("a job list that breaks")
	}
	return nil, b.err
}
func (b brokenJobs) Run(context.Context, string) error { return b.err }
func (b brokenJobs) ready(context.Context) error       { return b.err }

// skipShort leaves a test of many drawings or many pages, one after another, to
// the run without the race detector, which has nothing to say about them.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("one page after another; the run without the race detector has it")
	}
}

// tables are the code sets and conventions of the program, and book those of a
// partnership that counts England's old return.
var tables, book = func() (*definition.Tables, *definition.Book) {
	tables, err := definition.Load(data.Reference)
	if err != nil {
		panic(err)
	}
	b, err := definition.NewBook(tables, "england-dtoc", []definition.Use{{Sets: []string{"england-dtoc"}}})
	if err != nil {
		panic(err)
	}
	return tables, b
}()
