package web

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/attribution"
	"homeward/internal/chart"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
	"homeward/static"
	"homeward/templates"
)

// northshire is an invented partnership of three hospitals. Its counts are made
// by a fixed rule, so that pages and twins can be compared with it.
type northshire struct {
	first, last delay.Day
	hospitals   []page.Place
	councils    []page.Place
	// names spoils the first hospital's name.
	queried []measure.Query
	// notes are those of the trends page.
	notes []measure.Annotation
	// accepted are the short files that were accepted, in words.
	accepted []string
	// stays are those of its lists of everybody in a bed, nil for none.
	stays *national.Ledger
}

func newNorthshire() *northshire {
	return &northshire{
		first: delay.MustDay("2025-10-01"), last: delay.MustDay("2026-11-04"),
		hospitals: []page.Place{
			{Code: "RXA", Name: "Northgate General"},
			{Code: "RXB", Name: "Southmoor Hospital"},
			{Code: "RXC", Name: "Westhaven"},
		},
		councils: []page.Place{{Code: "E10000099", Name: "Northshire County Council"}, {Code: "E06000099", Name: "Southmoor City Council"}},
	}
}

func (n *northshire) Extent(context.Context) (delay.Day, delay.Day, error) {
	return n.first, n.last, nil
}

// people is the number of people delayed on a day in one combination.
func (n *northshire) people(d delay.Day, hospital, council int, care delay.CareType, reason delay.Reason, body delay.Body) int64 {
	if d < n.first || d > n.last {
		return 0
	}
	weight := map[delay.Reason]int64{"A": 3, "E": 5, "Dii": 4, "C": 3, "G": 2, "I": 1}[reason]
	allowed := map[delay.Reason][]delay.Body{"A": {delay.NHS, delay.SocialCare, delay.Joint},
		"E":   {delay.NHS, delay.SocialCare, delay.NotAttributed},
		"Dii": {delay.SocialCare, delay.NHS}, "C": {delay.NHS}, "G": {delay.NHS, delay.SocialCare}, "I": {delay.NHS}}[reason]
	if weight == 0 || !slices.Contains(allowed, body) {
		return 0
	}
	if care == delay.NonAcute {
		weight /= 2
	} else if care != delay.Acute {
		return 0
	}
	size := []int64{3, 2, 1}[hospital]
	if council == 1 {
		size = size / 2
	}
	share := map[delay.Body]int64{delay.NHS: 4, delay.SocialCare: 3, delay.Joint: 1, delay.NotAttributed: 1}[body]
	season := int64(d.Month()%12+int32Month(d)%5) % 4
	return weight * size * share * (10 + season) / 60
}

func int32Month(d delay.Day) delay.Month { return delay.Month(int(d) % 11) }

func (n *northshire) each(f measure.Filter, from, to delay.Day, visit func(d delay.Day, c measure.Cell)) {
	for d := max(from, n.first); d <= min(to, n.last); d++ {
		for h, hospital := range n.hospitals {
			if len(f.Providers) > 0 && !slices.Contains(f.Providers, hospital.Code) {
				continue
			}
			for k, council := range n.councils {
				if len(f.Councils) > 0 && !slices.Contains(f.Councils, delay.Council(council.Code)) {
					continue
				}
				for _, care := range delay.CareTypes {
					if len(f.Care) > 0 && !slices.Contains(f.Care, care) {
						continue
					}
					for _, reason := range letters {
						if len(f.Reasons) > 0 && !slices.Contains(f.Reasons, reason) {
							continue
						}
						for _, body := range delay.Bodies {
							if len(f.Bodies) > 0 && !slices.Contains(f.Bodies, body) {
								continue
							}
							if p := n.people(d, h, k, care, reason, body); p > 0 {
								visit(d, measure.Cell{Provider: hospital.Code, Council: delay.Council(council.Code), Care: care, Reason: reason, Body: body,
									Days: p})
							}
						}
					}
				}
			}
		}
	}
}

func (n *northshire) Cells(_ context.Context, q measure.Query) ([]measure.Cell, error) {
	n.queried = append(n.queried, q)
	has := func(d measure.Dimension) bool { return slices.Contains(q.By, d) }
	sums := map[measure.Cell]int64{}
	n.each(q.Filter, q.From, q.To, func(d delay.Day, c measure.Cell) {
		count := c.Days
		c.Days = 0
		switch {
		case has(measure.ByDay):
			c.Period = d
		case has(measure.ByWeek):
			c.Period = max(d.Week(), q.From)
		case has(measure.ByMonth):
			c.Period = max(d.Month().First(), q.From)
		}
		if !has(measure.ByProvider) {
			c.Provider = ""
		}
		if !has(measure.ByCouncil) {
			c.Council = ""
		}
		if !has(measure.ByCare) {
			c.Care = 0
		}
		if !has(measure.ByReason) {
			c.Reason = ""
		}
		if !has(measure.ByResponsible) {
			c.Body = 0
		}
		sums[c] += count
	})
	out := make([]measure.Cell, 0, len(sums))
	for c, days := range sums {
		c.Days = days
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b measure.Cell) int {
		return cmp.Or(cmp.Compare(a.Period, b.Period), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Council, b.Council),
			cmp.Compare(a.Care, b.Care), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Body, b.Body))
	})
	return out, nil
}

func (n *northshire) Overview(_ context.Context, f measure.Filter, from, to delay.Month) (measure.Overview, error) {
	o := measure.Overview{AsAt: n.last, From: from.First(), To: min(to.Last(), n.last), Filter: f, ReadyToday: 9,
		Waiting: []measure.Waiting{{AtLeast: 7, People: 61}, {AtLeast: 14, People: 38}, {AtLeast: 21, People: 24}},
		Providers: []measure.ProviderArrival{
			{Code: "RXA", Name: n.hospitals[0].Name, Latest: n.last, Today: measure.In, Rows: 52},
			{Code: "RXB", Name: n.hospitals[1].Name, Latest: n.last, Today: measure.Late, Rows: 33},
			{Code: "RXC", Name: n.hospitals[2].Name, Latest: n.last - 2, Today: measure.Missing, Rows: 20},
		}}
	reasons := map[delay.Reason]*measure.ByBody{}
	months := map[delay.Month]*measure.Period{}
	for m := from; m <= to; m++ {
		p := &measure.Period{First: m.First(), Last: min(m.Last(), n.last)}
		for d := p.First; d <= p.Last; d++ {
			if d >= n.first {
				p.Listed++
			}
		}
		if m == to {
			p.Missing = []measure.Gap{{Provider: "RXC", Name: n.hospitals[2].Name, Days: 2}}
			p.Listed -= 2
		}
		months[m] = p
	}
	n.each(f, from.First(), to.Last(), func(d delay.Day, c measure.Cell) {
		months[d.Month()].Days[c.Body] += c.Days
		if reasons[c.Reason] == nil {
			reasons[c.Reason] = &measure.ByBody{}
		}
		reasons[c.Reason][c.Body] += c.Days
		switch d {
		case n.last:
			o.Now[c.Body] += c.Days
		case n.last - 7:
			o.WeekBefore[c.Body] += c.Days
		}
	})
	n.each(f, n.last, n.last, func(_ delay.Day, c measure.Cell) { o.Now[c.Body] += 0 })
	for m := from; m <= to; m++ {
		o.Months = append(o.Months, *months[m])
	}
	for r, d := range reasons {
		o.Reasons = append(o.Reasons, measure.ReasonDays{Reason: r, Days: *d})
	}
	slices.SortFunc(o.Reasons, func(a, b measure.ReasonDays) int {
		return cmp.Or(cmp.Compare(b.Days.Total(), a.Days.Total()), cmp.Compare(a.Reason, b.Reason))
	})
	return o, nil
}

func (n *northshire) Arrivals(_ context.Context, from, to delay.Day) ([]measure.ExtractLine, error) {
	var out []measure.ExtractLine
	for i, h := range n.hospitals {
		line := measure.ExtractLine{Code: h.Code, Name: h.Name, Due: "07:00"}
		for d := from; d <= to; d++ {
			day := measure.ExtractDay{Day: d, Arrival: measure.In, Rows: 60 - 20*i, File: knownFile}
			switch {
			case i == 2 && d == n.last:
				day = measure.ExtractDay{Day: d, Arrival: measure.Missing}
			case i == 2 && d == n.last-1:
				day.Arrival, day.Rows, day.File, day.Held, day.HeldRows = measure.Held, 8, heldFile, heldFile, 8
			case i == 2 && d.Week()+5 <= d:
				day = measure.ExtractDay{Day: d, Arrival: measure.NotDue}
			case i == 1 && d == n.last:
				day.Arrival = measure.Late
			}
			line.Days = append(line.Days, day)
		}
		out = append(out, line)
	}
	return out, nil
}

// knownFile is the SHA-256 of the one file that has a receipt.
const knownFile = "51d07e0000000000000000000000000000000000000000000000000000000000"

// heldFile is that of one that is short.
const heldFile = "51d07e1111111111111111111111111111111111111111111111111111111111"

func (n *northshire) Receipt(_ context.Context, sum string) (ingest.Arrived, error) {
	if sum == heldFile {
		st := ingest.StandsNow{Provider: n.hospitals[2].Code, Day: n.last - 1, Held: true}
		if len(n.accepted) > 0 {
			st.Held, st.Counted, st.Accepted, st.By, st.Reason = false, true, time.Date(2026, 11, 4, 9, 12, 0, 0, time.UTC), "Analyst",
				"A ward was closed."
		}
		return ingest.Arrived{At: time.Date(2026, 11, 4, 6, 12, 0, 0, time.UTC), Bytes: 900, Standings: []ingest.StandsNow{st},
			Report: ingest.Report{
				File: "short.csv", SHA256: heldFile, Outcome: ingest.Held, Provider: st.Provider, RowsRead: 8, Kept: 8,
				Extracts: []ingest.ExtractReport{{Date: st.Day.String(), RowsRead: 8, Kept: 8,
					Held: "8 rows, and the extract of 2 November 2026 has 20."}}}}, nil
	}
	if sum != knownFile {
		return ingest.Arrived{}, problem.New(problem.NotFound, "There is no receipt for this file.")
	}
	replaced := 40
	return ingest.Arrived{At: time.Date(2026, 11, 4, 6, 10, 0, 0, time.UTC), Bytes: 48211, Report: ingest.Report{
		File: "MHS_RXA_20261104.csv", SHA256: knownFile, Outcome: ingest.Taking, Provider: "RXA", Layout: "northgate", Encoding: "utf-8",
		RowsRead: 52, Kept: 49, Quarantined: 2, Excluded: 1, Warnings: 1, Skipped: 1,
		Extracts: []ingest.ExtractReport{{Date: "2026-11-04", RowsRead: 52, Kept: 49, Quarantined: 2, Excluded: 1, New: 4, Gone: 3,
			Replaces: &replaced}},
		Problems: []ingest.ReportedLine{
			{Severity: "quarantined", Problem: extract.Problem{Line: 18, Rule: "R2", Field: "Ready date", Found: "12/10/2027",
				Expected: "a date on or before the extract date", Do: "Correct the ready date and send the file again."}},
			{Severity: "warning", Problem: extract.Problem{Line: 31, Rule: "R3", Field: "Council", Found: "=cmd()|' /C calc'!A0",
				Expected: "a council", Do: "Name the council of residence."}},
		},
		Groups: []extract.Group{
			{Severity: "quarantined", Rule: "R2", Field: "Ready date", Cause: "12/10/2027", Rows: 2,
				Examples: []extract.Example{{Row: 18, Found: "12/10/2027"}},
				Says: "Ready date: 12/10/2027 (2 rows); expected a date on or before the extract date. Correct the ready date and send the file " +
					"again. " +
					"Rows 18, 19."},
			{Severity: "warning", Rule: "R9", Field: "Born", Says: "Born: dates with two-digit years; expected years with four digits."},
		},
	}}, nil
}

// Accept has the short extract of 28 October count.
func (n *northshire) Accept(_ context.Context, by people.Actor, as, provider string, day delay.Day, reason string) (bool, error) {
	n.accepted = append(n.accepted, fmt.Sprint(by.Who(), " as ", as, ": ", provider, " ", day, ", ", reason))
	return true, nil
}

// nothing is a partnership that has received no extract.
type nothing struct{}

func (nothing) Extent(context.Context) (delay.Day, delay.Day, error) { return 0, 0, nil }
func (nothing) Overview(_ context.Context, f measure.Filter, _, _ delay.Month) (measure.Overview, error) {
	return measure.Overview{Filter: f}, nil
}
func (nothing) Cells(context.Context, measure.Query) ([]measure.Cell, error) { return nil, nil }
func (nothing) Arrivals(context.Context, delay.Day, delay.Day) ([]measure.ExtractLine, error) {
	return nil, nil
}
func (nothing) Accept(context.Context, people.Actor, string, string, delay.Day, string) (bool, error) {
	return false, nil
}
func (nothing) Receipt(context.Context, string) (ingest.Arrived, error) {
	return ingest.Arrived{}, problem.New(problem.NotFound, "There is no receipt for this file.")
}

// desk is the rest of what the pages need: an inbox that keeps what it is sent,
// jobs and packs.
type desk struct {
	mu    sync.Mutex
	taken map[string]string
	ran   []string
	jobs  []Job
}

func (d *desk) FileOf(_ context.Context, name string, src io.ReadSeeker, may func(string) bool) (*ingest.Report, error) {
	if may != nil && !may("RXA") {
		return nil, problem.New(problem.Forbidden, "This file is of a provider that you may not send for.")
	}
	b, err := io.ReadAll(src)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	outcome := ingest.Taking
	if d.taken[name] == string(b) {
		outcome = ingest.Already
	}
	if strings.HasPrefix(string(b), "%PDF") {
		outcome = ingest.Rejected
	}
	d.taken[name] = string(b)
	return &ingest.Report{File: name, SHA256: knownFile, Outcome: outcome, RowsRead: 1, Kept: 1}, nil
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

const rulesFile = `version,from,reason,nhs,social_care,joint,acute,non_acute,label
1,2017-04-01,A,yes,yes,yes,yes,yes,Assessment
1,2017-04-01,C,yes,no,no,yes,yes,Further non-acute NHS care
1,2017-04-01,Di,yes,yes,no,yes,yes,Residential home
1,2017-04-01,O,yes,yes,yes,no,yes,Other
`

// assetsForTests are the embedded files; where npm has not run, the built ones
// are stood in for, since no test here looks inside them.
func assetsForTests(t testing.TB) fs.FS {
	t.Helper()
	if _, err := loadAssets(static.Files); err == nil {
		return static.Files
	}
	m := fstest.MapFS{}
	for _, name := range []string{styleSheet, baseScript, favicon, chartJS, callJS, echartsJS, nhsukJS} {
		m[name] = &fstest.MapFile{Data: []byte("/* built by npm */")}
	}
	return m
}

type site struct {
	*Server
	visitors *visitors
	north    *northshire
	desk     *desk
	log      *bytes.Buffer
}

// options gives the invented partnership, for a test to change.
func options(t testing.TB) (Options, *site) {
	t.Helper()
	rules, err := attribution.ParseRuleSet("england-dtoc", strings.NewReader(rulesFile))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{north: newNorthshire(), log: &bytes.Buffer{}, desk: &desk{taken: map[string]string{}, jobs: []Job{
		{Name: "inbox", Title: "Read the inbox", When: "Every 5 minutes", Next: time.Date(2026, 11, 4, 9, 15, 0, 0, time.UTC),
			Last: time.Date(2026, 11, 4, 9, 10, 0, 0, time.UTC), Took: 1400 * time.Millisecond, Result: "Finished", Message: "3 files read."},
		{Name: "pack", Title: "Make the weekly pack", When: "Wednesdays at 9:55am", Result: ""},
	}}}
	n := s.north
	n.stays = n.listing()
	now := func() time.Time { return time.Date(2026, 11, 4, 9, 12, 0, 0, time.UTC) }
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.visitors = newVisitors(t, n, now, log)
	o := Options{
		Rows: s.visitors.register, Audit: s.visitors.register,
		SignIn: s.visitors.service, Sessions: s.visitors.sessions,
		Drawer: plainDrawer{}, Extracts: n, Ingest: s.desk, Jobs: s.desk, Pasts: &memory{north: n}, Closings: newCabinet(n),
		Trends: n, Published: shelfOfFigures{},
		Packs:  &shelf{packs: []Pack{ofOctober}},
		Places: page.Places{Partnership: "Northshire Discharge Partnership", Providers: n.hospitals, Councils: n.councils, Book: book},
		Rules:  rules, Defs: referenceTables(t), DischargeFloor: 16, Beds: true, Counting: "england-dtoc", Version: "1.0.0",
		Templates: templates.Files, Assets: assetsForTests(t),
		Log: log, Now: now, Pace: -1, MaxUpload: 1 << 20, Spool: t.TempDir(),
	}
	o.show(n)
	return o, s
}

func newSite(t testing.TB, change ...func(*Options)) *site {
	t.Helper()
	o, s := options(t)
	o.show(s.north)
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

// TestServe serves the invented partnership for the browser tests and for
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
	s := newSite(t, func(o *Options) {
		o.Drawer = chart.NewRenderer(js, 1)
		if os.Getenv("HOMEWARD_WEB_EMPTY") != "" {
			o.Extracts, o.Packs, o.Jobs = nothing{}, &shelf{}, &desk{}
			o.show(nothing{})
		}
	})
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

// skipShort leaves a test of many drawings to the run without the race
// detector, which has nothing to say about them.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("drawn by the run without the race detector")
	}
}

// letters are the reasons of england-dtoc.
var letters = []delay.Reason{"A", "B", "C", "Di", "Dii", "E", "F", "G", "H", "I", "O"}

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
