package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	maps0 "maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/attribution"
	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/signin"
	"homeward/internal/web"
	"homeward/static"
)

// desk is the whole program with a few people signed in and a clock that the
// test sets, without a network.
type desk struct {
	*App
	t       testing.TB
	server  *web.Server
	now     time.Time
	cookies map[string]string
	// people sign in anew when the clock has gone on, as a session would have ended.
	people   map[string]people.Person
	signedIn map[string]time.Time
	sessions *signin.Sessions
	// sessions keeps who is signed in.
}

const deskPartnership = `
name: Northshire Discharge Partnership
councils:
  - {code: E10000099, name: Northshire County Council, population: {adults: 640000, year: mid-2025, source: invented}}
  - {code: E06000099, name: Southmoor City Council}
providers:
  - {code: RXA, name: Northgate General}
  - {code: RXB, name: Southmoor Hospital}
agreement:
  chair: {name: Dr A. Chair, email: chair@northshire.example}
`

type noDrawing struct{}

func (noDrawing) SVG(context.Context, chart.Chart) ([]byte, error) {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" role="img" aria-label="drawing"></svg>`), nil
}
func (n noDrawing) StandaloneSVG(ctx context.Context, c chart.Chart) ([]byte, error) {
	return n.SVG(ctx, c)
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, PartnershipFile), []byte(deskPartnership), 0o600); err != nil {
		t.Fatal(err)
	}
	return deskIn(t, Options{Data: dir, Make: true}, "RXA", time.Date(2026, 11, 4, 9, 12, 0, 0, time.UTC))
}

// deskIn is a desk over a data folder of Northshire, with the people of one of its
// hospitals.
func deskIn(t testing.TB, folder Options, hospital string, now time.Time) *desk {
	t.Helper()
	d := &desk{t: t, now: now, cookies: map[string]string{}, people: map[string]people.Person{}, signedIn: map[string]time.Time{}}
	folder.Now = func() time.Time { return d.now }
	a, err := Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	d.App = a
	kept := a.Store.Sessions()
	scheduler, err := a.scheduler(nil, "test", kept)
	if err != nil {
		t.Fatal(err)
	}
	sessions := signin.NewSessions(a.SignIn, kept, false, slog.New(slog.DiscardHandler))
	d.sessions = sessions
	assets := static.Files
	o := web.Options{
		Drawer: noDrawing{}, Extracts: extracts{app: a, store: a.Store}, Ingest: a.Ingest,
		Jobs: jobs{scheduler}, Status: a.status(scheduler), Packs: packs{app: a}, Pasts: known{a}, Moment: a.present, Trends: trends{a.Store, a},
		Calls: calls{a.Store, a, nil}, Ready: a.Store.Ready, Closings: a.closings(),
		Cases: a.Store, Casework: a.casework(), Pairs: a.Store, Quality: dataQuality{a}, Rows: rows{a.Store, a}, Audit: a.Store,
		SignIn: a.SignIn, Sessions: sessions, Places: a.places(), Rules: a.Rules, RuleSets: a.counts().rules,
		RuleChanges: ruleDesk{a.Store, a}, Defs: a.counts().defs, Beds: a.bedLists(),
		Counting: a.Partnership().Settings.Counting, DischargeFloor: a.dischargeFloor(), Version: "test",
		Lead:      a.Partnership().Settings.Lead,
		Templates: parsedTemplates, Assets: assets, Spool: t.TempDir(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: a.Options.Now,
		Zone: a.London,
		// Tests ask faster than people; the bound has tests of its own.
		Pace: 10000,
	}
	if _, err := assets.Open("vendor/homeward.css"); err != nil {
		m := fstest.MapFS{}
		for _, name := range []string{"vendor/homeward.css", "js/app.js", "js/chart.js", "img/favicon.svg", "vendor/echarts/echarts.min.js",
			"vendor/nhsuk/nhsuk-frontend.min.js"} {
			m[name] = &fstest.MapFile{Data: []byte("/* built by npm */")}
		}
		o.Assets = m
	}
	if d.server, err = web.New(o); err != nil {
		t.Fatal(err)
	}
	machine := people.Actor{Kind: people.Machine}
	for _, who := range []struct {
		name string
		role people.Role
		code string
	}{
		{"coordinator", people.Coordinator, hospital}, {"nhs reviewer", people.Reviewer, hospital},
		{"council reviewer", people.Reviewer, "E10000099"},
		{"council director", people.Director, "E10000099"}, {"nhs director", people.Director, hospital},
		{"other council", people.Reviewer, "E06000099"},
		{"chair", people.Director, hospital},
	} {
		grant, err := people.NewGrant(who.role, []string{who.code}, a.SignIn.Organisations())
		if err != nil {
			t.Fatal(err)
		}
		person := people.Person{Email: strings.ReplaceAll(who.name, " ", ".") + "@northshire.example", Name: who.name,
			Grants: []people.Grant{grant}}
		id, err := a.Store.AddPerson(t.Context(), machine, person)
		if err != nil {
			t.Fatal(err)
		}
		if person, err = a.Store.Person(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		d.people[who.name] = person
	}
	d.sessions = sessions
	return d
}

// cookie gives the session of a person, who signs in when none would stand.
func (d *desk) cookie(who string) string {
	at, ok := d.signedIn[who]
	if ok && d.now.Sub(at).Abs() < 20*time.Minute {
		return d.cookies[who]
	}
	w := httptest.NewRecorder()
	d.sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := d.sessions.Begin(r.Context(), signin.SignIn{Person: d.people[who]}); err != nil {
			d.t.Error(err)
		}
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	d.cookies[who], _, _ = strings.Cut(w.Header().Get("Set-Cookie"), ";")
	d.signedIn[who] = d.now
	return d.cookies[who]
}

// listed is a patient of the extract of one day.
type listed struct {
	number string // nine digits
	ready  string
	reason delay.Reason
	stated delay.Body
	ward   string
	bed    string
}

func (d *desk) patient(provider, number string) ingest.Patient {
	h := d.Key.Hash(identity.Patient{Provider: provider, LocalID: number})
	return ingest.Patient{Hash: h, Reference: d.Key.Reference(provider, h), LocalID: d.Key.Seal(number)}
}

func (d *desk) ref(number string) string { return d.patient("RXA", number).Reference }

// extract takes an extract of RXA in.
func (d *desk) extract(date string, rows ...listed) {
	d.t.Helper()
	b := &ingest.Batch{Provider: "RXA", File: ingest.File{Name: date + ".csv",
		SHA256: [32]byte([]byte(fmt.Sprintf("%-32s", date+fmt.Sprint(len(rows)))))},
		Extracts: []ingest.Extract{{Date: delay.MustDay(date), Read: len(rows), Kept: len(rows)}}}
	for i, r := range rows {
		g := attribution.Given{Reason: r.reason, Care: delay.Acute, Council: "E10000099", Stated: r.stated,
			Words: attribution.Words{Reason: string(r.reason), Responsible: r.stated.String()}}
		b.Patients = append(b.Patients, d.patient("RXA", r.number))
		given := slices.IndexFunc(b.Givens, func(o ingest.Given) bool { return o.Given == g })
		if given < 0 { // A batch has each of them once.
			given = len(b.Givens)
			b.Givens = append(b.Givens, ingest.Given{Given: g, Outcome: d.Rules.Attribute(g, delay.MustDay(date))})
		}
		b.Places = append(b.Places, ingest.Place{Ward: r.ward, Bed: r.bed})
		b.Statements = append(b.Statements, ingest.Statement{Patient: int32(i), Given: int32(given), Place: int32(i),
			Ready:    delay.MustDay(r.ready),
			Admitted: delay.MustDay("2026-10-01")})
		b.Extracts[0].Listings = append(b.Extracts[0].Listings, ingest.Listing{Line: int32(i + 2), Statement: int32(i)})
	}
	if err := d.App.madeUp(delay.MustDay(date).Time().Add(30*time.Hour)).Take(d.t.Context(), b,
		func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
		d.t.Fatal(err)
	}
}

// reply is an answer to a request.
type reply struct {
	*goquery.Document
	status int
	where  string
	body   string
}

func (d *desk) ask(who, method, target string, form url.Values) reply {
	d.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, body)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", d.cookie(who))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		d.t.Fatal(err)
	}
	return reply{doc, w.Code, w.Header().Get("Location"), w.Body.String()}
}

func (d *desk) get(who, target string) reply {
	d.t.Helper()
	r := d.ask(who, http.MethodGet, target, nil)
	if r.status != http.StatusOK {
		d.t.Fatalf("GET %s as %s: %d\n%s", target, who, r.status, words(r.Find("main")))
	}
	return r
}

// send fills in the form of a page whose action is target and sends it.
func (d *desk) send(who, page, action string, fill map[string]string) reply {
	d.t.Helper()
	doc := d.get(who, page)
	return d.submit(who, doc, action, fill)
}

func (d *desk) submit(who string, doc reply, action string, fill map[string]string) reply {
	d.t.Helper()
	form := url.Values{}
	found := doc.Find(`form[action="` + action + `"]`).First()
	if found.Length() == 0 {
		d.t.Fatalf("no form to %s on the page:\n%s", action, words(doc.Find("main")))
	}
	found.Find("input, select, textarea").Each(func(_ int, in *goquery.Selection) {
		name, _ := in.Attr("name")
		value, _ := in.Attr("value")
		switch kind, _ := in.Attr("type"); {
		case goquery.NodeName(in) == "select":
			value, _ = in.Find("option[selected]").First().Attr("value")
		case goquery.NodeName(in) == "textarea":
			value = in.Text()
		case kind == "radio" || kind == "checkbox":
			if _, on := in.Attr("checked"); !on {
				return
			}
		}
		form.Add(name, value)
	})
	for name, value := range fill {
		form.Set(name, value)
	}
	return d.ask(who, http.MethodPost, action, form)
}

func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// follow goes where a saved form leads.
func (d *desk) follow(who string, r reply) reply {
	d.t.Helper()
	if r.status != http.StatusSeeOther {
		d.t.Fatalf("answered with %d: %s", r.status, words(r.Find("main")))
	}
	path, _, _ := strings.Cut(r.where, "#")
	return d.get(who, path)
}

func (r reply) has(t testing.TB, want string) {
	t.Helper()
	if got := words(r.Find("body")); !strings.Contains(got, want) {
		t.Errorf("%q is not on the page:\n%s", want, words(r.Find("main")))
	}
}

// verify demands that what is stored follows from what was said.
func (d *desk) verify() {
	d.t.Helper()
	v, err := d.Store.Verify(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	if len(v.Differences) > 0 {
		d.t.Fatalf("verify: %v", v.Differences)
	}
}

// waiting fills RXA with people listed on the days to 3 November.
func (d *desk) waiting() {
	for _, day := range []string{"2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03"} {
		d.extract(day,
			listed{"100000001", "2026-10-20", "E", delay.SocialCare, "4B", "4B-12"},
			listed{"100000002", "2026-10-28", "A", delay.SocialCare, "4B", "4B-14"},
			listed{"100000003", "2026-10-30", "Di", delay.SocialCare, "5A", "5A-03"},
			listed{"100000004", "2026-10-30", "E", delay.NotAttributed, "5A", "5A-04"})
	}
}

func TestJourneyLogADelay(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	ref := d.ref("100000002")
	page := d.get("coordinator", "/today")
	page.has(t, "4 people are waiting to leave. 0 checked in the last 24 hours, 0 not.")
	href, _ := page.Find("#row-" + ref + " a").Attr("href")
	if href != "/delays/new?ref="+ref {
		t.Fatalf("the row's link is %q", href)
	}
	t.Run("J3 every error in the exact words", func(t *testing.T) {
		r := d.send("coordinator", "/delays/new?ref="+ref, "/delays/new", map[string]string{"ready": "other", "other-day": "31",
			"other-month": "2", "other-year": "2026"})
		if r.status != http.StatusUnprocessableEntity {
			t.Fatalf("answered with %d", r.status)
		}
		for _, want := range []string{"There is a problem", "Ready date must be a real date", "Select what they are waiting for",
			"Select where they are going, or select 'Not decided yet'"} {
			r.has(t, want)
		}
		if v, _ := r.Find("#other-month").Attr("value"); v != "2" {
			t.Errorf("what was typed was not kept: %q", v)
		}
		if !strings.HasPrefix(r.Find("title").Text(), "Error: ") {
			t.Errorf("the title is %q", r.Find("title").Text())
		}
		r.Find(".nhsuk-error-summary a").Each(func(_ int, a *goquery.Selection) {
			if to, _ := a.Attr("href"); r.Find(to).Length() != 1 {
				t.Errorf("the summary leads to %q, which is not on the page", to)
			}
		})
	})
	t.Run("J2 three fields", func(t *testing.T) {
		r := d.send("coordinator", "/delays/new?ref="+ref, "/delays/new", map[string]string{"reason": "E", "destination": "1",
			"body": "social-care"})
		after := d.follow("coordinator", r)
		after.has(t, "Delay logged for bed 4B-14. Rule A2 proposes social care. Northshire County Council is asked to agree by 5pm on Friday 6 "+
			"November 2026.")
		if after.Find("#row-"+ref+" button").Length() != 1 {
			t.Error("the row has no Still waiting button")
		}
		d.verify()
	})
	t.Run("J1 still waiting and undo", func(t *testing.T) {
		d.now = d.now.Add(26 * time.Hour)
		d.get("coordinator", "/today").has(t, "Not checked since 4 November 2026, 9:12am")
		r := d.send("coordinator", "/today", "/today/check", map[string]string{"one": ref})
		page := d.follow("coordinator", r)
		page.has(t, "Bed 4B-14 checked at 11:12am.")
		undone := d.follow("coordinator", d.submit("coordinator", page, "/delays/"+ref+"/undo", nil))
		undone.has(t, "Undone for bed 4B-14.")
		undone.has(t, "Not checked since 4 November 2026, 9:12am")
		d.now = d.now.Add(-26 * time.Hour)
	})
	t.Run("the record shows it, and no identifier", func(t *testing.T) {
		r := d.get("coordinator", "/delays/"+ref)
		r.has(t, "Bed 4B-14")
		r.has(t, "Waiting periods")
		if strings.Contains(r.body, "100000002") {
			t.Error("an identifier stands on the page")
		}
		receipt := d.get("coordinator", "/delays/"+ref+"/periods/1")
		receipt.has(t, "Why these 4 days are with social care")
	})
	t.Run("J3 a likely mistake is asked once and its reason kept", func(t *testing.T) {
		ref := d.ref("100000003")
		r := d.send("coordinator", "/delays/new?ref="+ref, "/delays/new", map[string]string{"ready": "fed", "reason": "Di", "destination": "1"})
		r.has(t, "rarely go together. Is that right?")
		again := d.submit("coordinator", r, "/delays/new", nil)
		again.has(t, "Enter a reason")
		back := d.submit("coordinator", r, "/delays/new", map[string]string{"back": "1"})
		if v, _ := back.Find("input[name=reason][checked], #other-reason option[selected]").Attr("value"); v != "Di" {
			t.Errorf("what was typed was not kept: %q", v)
		}
		saved := d.follow("coordinator", d.submit("coordinator", r, "/delays/new", map[string]string{"because": "Going to live with a daughter"}))
		saved.has(t, "Delay logged for bed 5A-03. Rule A2 proposes social care.")
		d.get("coordinator", "/delays/"+ref).has(t, "Going to live with a daughter")
	})
	t.Run("A5 saving is never blocked by attribution", func(t *testing.T) {
		ref := d.ref("100000004")
		saved := d.follow("coordinator", d.send("coordinator", "/delays/new?ref="+ref, "/delays/new",
			map[string]string{"reason": "E", "destination": "undecided"}))
		saved.has(t, "Delay logged for bed 5A-04. No rule decides this one. It is saved as not attributed and goes to the agreement list.")
	})
	t.Run("P1 NHS numbers are taken out of texts", func(t *testing.T) {
		r := d.send("coordinator", "/delays/"+ref+"/actions/new", "/delays/"+ref+"/actions/new",
			map[string]string{"what": "Ring about 999 000 0018", "org": "Northgate General", "due-day": "6", "due-month": "11", "due-year": "2026"})
		r.has(t, "Remove the NHS number. Do not type numbers that identify a person here.")
		d.follow("coordinator", d.send("coordinator", "/delays/"+ref+"/actions/new", "/delays/"+ref+"/actions/new",
			map[string]string{"what": "Care agency gives a start date", "org": "Northshire County Council", "owner": "Brokerage", "due-day": "6",
				"due-month": "11", "due-year": "2026"})).has(t, "Care agency gives a start date")
	})
	t.Run("the council's page has the action that is due first", func(t *testing.T) {
		d.follow("coordinator", d.send("coordinator", "/delays/"+ref+"/actions/new", "/delays/"+ref+"/actions/new",
			map[string]string{"what": "Visit the home", "org": "Northgate General", "due-day": "5", "due-month": "11", "due-year": "2026"}))
		steps := map[string]string{}
		d.get("council director", "/council/E10000099").Find("#longest tbody tr").Each(func(_ int, row *goquery.Selection) {
			steps[words(row.Find("th"))] = words(row.Find("td").Last())
		})
		want := map[string]string{ref: "Visit the home, Northgate General, 5 November 2026", d.ref("100000003"): "None recorded"}
		for reference, step := range want {
			if steps[reference] != step {
				t.Errorf("the next step of %s is %q, want %q (of %q)", reference, steps[reference], step, steps)
			}
		}
	})
	t.Run("P1 another council sees nothing", func(t *testing.T) {
		if r := d.ask("other council", http.MethodGet, "/delays/"+ref, nil); r.status != http.StatusNotFound {
			t.Errorf("answered with %d", r.status)
		}
	})
}

// figures counts November's and October's delayed days by a dimension.
func (d *desk) days(by measure.Dimension) map[string]int64 {
	d.t.Helper()
	cells, err := d.Store.Cells(d.t.Context(), measure.Query{From: delay.MustDay("2026-10-01"), To: delay.MustDay("2026-11-30"),
		By: []measure.Dimension{by}})
	if err != nil {
		d.t.Fatal(err)
	}
	out := map[string]int64{}
	for _, c := range cells {
		out[c.Text(by)] += c.Days
	}
	return out
}

// log logs one listed person with what the extract says.
func (d *desk) log(number, reason string) {
	d.t.Helper()
	d.follow("coordinator", d.send("coordinator", "/delays/new?ref="+d.ref(number), "/delays/new",
		map[string]string{"reason": reason, "destination": "undecided"}))
	d.verify()
}

func date(prefix, day string) map[string]string {
	dd := delay.MustDay(day).Time()
	return map[string]string{prefix + "-day": fmt.Sprint(dd.Day()), prefix + "-month": fmt.Sprint(int(dd.Month())),
		prefix + "-year": fmt.Sprint(dd.Year())}
}

func with(maps ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range maps {
		maps0.Copy(out, m)
	}
	return out
}

// J4: change a reason, correct it, pause, resume and end; periods tile and sum
// to the total all the way.
func TestJourneyManageADelay(t *testing.T) {
	d := newDesk(t)
	for _, day := range []string{"2026-10-20", "2026-10-21", "2026-10-22", "2026-10-23", "2026-10-24", "2026-10-25", "2026-10-26",
		"2026-10-27", "2026-10-28", "2026-10-29", "2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03"} {
		d.extract(day, listed{"100000001", "2026-10-20", "A", delay.NHS, "4B", "4B-12"})
	}
	ref := d.ref("100000001")
	at := "/delays/" + ref
	d.log("100000001", "A")
	tiles := func(want int) {
		t.Helper()
		d.verify()
		r := d.get("coordinator", at)
		if got := words(r.Find("#periods tfoot td").Eq(3)); got != fmt.Sprint(want) {
			t.Errorf("the total is %q, want %d", got, want)
		}
		var all int64
		for _, n := range d.days(measure.ByReason) {
			all += n
		}
		if all != int64(want) {
			t.Errorf("the figures have %d days, the record %d", all, want)
		}
		k, err := d.Store.Case(t.Context(), people.Grant{Role: people.Coordinator, Side: people.ProviderSide, Codes: []string{"RXA"}}.Scope(),
			ref)
		if err != nil {
			t.Fatal(err)
		}
		last := k.Last()
		day := last.FirstDay
		for _, st := range last.Stretches {
			if st.First != day {
				t.Fatalf("a gap or an overlap before %s (C3)", st.First)
			}
			day = st.Last + 1
		}
	}
	tiles(14)
	t.Run("C3 change from a date", func(t *testing.T) {
		r := d.send("coordinator", at+"/reason", at+"/reason", map[string]string{})
		r.has(t, "Select what has happened")
		r = d.send("coordinator", at+"/reason", at+"/reason", with(map[string]string{"what": "changed", "reason": "A"},
			date("from", "2026-10-26")))
		r.has(t, "This is the same reason as now. Select a different one or go back")
		r = d.send("coordinator", at+"/reason", at+"/reason", with(map[string]string{"what": "changed", "reason": "E"},
			date("from", "2026-10-19")))
		r.has(t, "Start date must be after 20 October 2026, when the current wait began")
		r = d.send("coordinator", at+"/reason", at+"/reason", with(map[string]string{"what": "changed", "reason": "E", "body": "social-care"},
			date("from", "2026-10-26")))
		r.has(t, "Why was it not recorded at the time?")
		r = d.follow("coordinator", d.submit("coordinator", r, at+"/reason", map[string]string{"because": "Noted on paper"}))
		r.has(t, "E Care package in own home from 26 October 2026")
		tiles(14)
		if got := d.days(measure.ByReason); got["A"] != 5 || got["E"] != 9 {
			t.Errorf("got %v, want A 5 and E 9 as the wireframe has it", got)
		}
		d.get("coordinator", at).has(t, "The next step changed hands 1 time.")
	})
	t.Run("correct a reason", func(t *testing.T) {
		r := d.send("coordinator", at+"/reason", at+"/reason", map[string]string{"what": "corrected", "reason": "F", "body": "nhs"})
		r.has(t, "Enter what was wrong")
		r = d.follow("coordinator", d.send("coordinator", at+"/reason", at+"/reason",
			map[string]string{"what": "corrected", "reason": "F", "body": "nhs", "because": "It was equipment"}))
		r.has(t, "It was equipment")
		tiles(14)
		if got := d.days(measure.ByReason); got["A"] != 5 || got["F"] != 9 {
			t.Errorf("got %v, want A 5 and F 9", got)
		}
	})
	t.Run("pause and resume", func(t *testing.T) {
		r := d.follow("coordinator", d.send("coordinator", at+"/pause", at+"/pause",
			with(map[string]string{"why": "hospital"}, date("date", "2026-10-30"))))
		r.has(t, "Days from 30 October 2026 are not counted until you resume.")
		tiles(9)
		r = d.send("coordinator", at+"/resume", at+"/resume", date("date", "2026-10-30"))
		r.has(t, "Resume date must be after 30 October 2026, when the wait was paused")
		d.follow("coordinator", d.send("coordinator", at+"/resume", at+"/resume", date("date", "2026-11-01")))
		tiles(11)
	})
	t.Run("end", func(t *testing.T) {
		r := d.send("coordinator", at+"/end", at+"/end", with(map[string]string{"how": "left", "destination": "1"}, date("date", "2026-10-19")))
		r.has(t, "Leaving date must be on or after")
		r = d.send("coordinator", at+"/end", at+"/end", with(map[string]string{"how": "left", "destination": "1"}, date("date", "2026-11-04")))
		r.has(t, "Check before you end this delay")
		r.has(t, "11 days are counted")
		r = d.follow("coordinator", d.submit("coordinator", r, at+"/end", nil))
		r.has(t, "Delay "+ref+" ended. 11 days counted.")
		tiles(11)
		r = d.ask("coordinator", http.MethodPost, "/today/check", url.Values{"one": {ref}})
		if r.status != http.StatusConflict {
			t.Errorf("still waiting on an ended delay: %d", r.status)
		}
		r.has(t, "This delay ended on 4 November 2026. Reopen it if that is wrong.")
	})
}

// J14: two people change one record; the second is told, nothing is lost.
func TestJourneyTwoPeopleOneRecord(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	d.log("100000001", "E")
	at := "/delays/" + d.ref("100000001")
	mine, theirs := d.get("coordinator", at+"/pause"), d.get("coordinator", at+"/reason")
	d.now = d.now.Add(time.Minute)
	d.follow("coordinator", d.submit("coordinator", mine, at+"/pause", map[string]string{"why": "hospital"}))
	before := d.days(measure.ByReason)
	d.now = d.now.Add(time.Minute)
	r := d.submit("coordinator", theirs, at+"/reason", map[string]string{"what": "corrected", "reason": "A",
		"because": "Wrong from the start"})
	if r.status != http.StatusConflict && r.status != http.StatusUnprocessableEntity {
		t.Fatalf("answered with %d", r.status)
	}
	for _, want := range []string{"Someone else changed this", "This record was changed at 9:13am, after you opened it. Nothing you entered " +
		"has been saved. Check the latest details and try again.", "Wrong from the start"} {
		r.has(t, want)
	}
	if got := d.days(measure.ByReason); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("the figures changed from %v to %v", before, got)
	}
}

// J5 and J6: the council agrees and disputes, the NHS answers, a dispute is
// escalated and settled; at each step the range is as wide as what is not
// settled, and silence never becomes agreement.
func TestJourneyAgreement(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	id := func(number string) string { return d.ref(number) + ".2026-10-31" }
	width := func(want int64) {
		t.Helper()
		d.verify()
		o, err := figures{Store: d.Store, app: d.App}.Overview(t.Context(), measure.Filter{}, delay.MustDay("2026-10-01").Month(),
			delay.MustDay("2026-11-01").Month())
		if err != nil {
			t.Fatal(err)
		}
		var unsettled int64
		for _, m := range o.Months {
			unsettled += m.Unsettled()
			if sh := m.Share(); sh.Known && int64((sh.High-sh.Low)*float64(m.Days.Total())+0.5) != m.Unsettled() {
				t.Errorf("the range is %v to %v of %d days, %d are not settled", sh.Low, sh.High, m.Days.Total(), m.Unsettled())
			}
		}
		if unsettled != want {
			t.Errorf("%d days are not settled, want %d", unsettled, want)
		}
	}
	width(4) // 5A-04 is not attributed
	queue := d.get("council reviewer", "/agreement")
	queue.has(t, "4 proposals need your answer.")
	if r := d.ask("other council", http.MethodGet, "/agreement/"+id("100000001"), nil); r.status != http.StatusNotFound {
		t.Errorf("another council's reviewer is answered with %d", r.status)
	}
	t.Run("own proposal cannot be answered", func(t *testing.T) {
		r := d.get("nhs reviewer", "/agreement/"+id("100000001"))
		r.has(t, "Your own organisation made this proposal. The other body answers it")
		sent := d.submit("nhs reviewer", r, "/agreement/"+id("100000001"), map[string]string{"answer": "agree"})
		if sent.status != http.StatusConflict {
			t.Errorf("answered with %d", sent.status)
		}
	})
	t.Run("bulk with a preview", func(t *testing.T) {
		form := url.Values{"select": {id("100000001"), id("100000002")}}
		check := d.ask("council reviewer", http.MethodPost, "/agreement/check", form)
		check.has(t, "You agree to 2 proposals, 8 days.")
		r := d.ask("council reviewer", http.MethodPost, "/agreement/agree", url.Values{"select": form["select"],
			"version": check.values("version")})
		d.follow("council reviewer", r).has(t, "2 answers saved, 8 days.")
		if got := d.days(measure.ByState); got["agreed"] != 8 || got["proposed"] != 8 {
			t.Errorf("got %v", got)
		}
		again := d.ask("council reviewer", http.MethodPost, "/agreement/agree", url.Values{"select": form["select"],
			"version": check.values("version")})
		again.has(t, "This was answered at 9:12am on 4 November 2026 by Reviewer, E10000099. Nothing has changed")
		width(4)
	})
	third := "/agreement/" + id("100000003")
	t.Run("dispute in the exact words", func(t *testing.T) {
		r := d.send("council reviewer", third, third, nil)
		r.has(t, "Select an answer")
		r = d.send("council reviewer", third, third, map[string]string{"answer": "dispute"})
		for _, want := range []string{"Select who the next step is with", "Select what should be checked", "Explain what should be checked"} {
			r.has(t, want)
		}
		r = d.ask("council reviewer", http.MethodPost, third, url.Values{"answer": {"dispute"}, "body": {"joint"}, "checks": {"fact"},
			"words": {"Paid jointly"}})
		r.has(t, "Reason Di cannot be joint under rule set england-dtoc. Select NHS or social care")
		r = d.send("council reviewer", third, third, map[string]string{"answer": "dispute", "body": "nhs", "checks": "fact",
			"words": "The family pays for the place."})
		on := d.follow("council reviewer", r)
		on.has(t, "Disputed: 4 days. Northgate General replies by 5pm on Friday 6 November 2026.")
		on.has(t, "Both views")
		if got := d.days(measure.ByState); got["disputed"] != 4 {
			t.Errorf("got %v", got)
		}
		if got := d.days(measure.ByResponsible); got["social care"] != 12 {
			t.Errorf("disputed days left the proposing body: %v (G1)", got)
		}
		width(8)
	})
	dispute := "/disputes/" + id("100000003")
	t.Run("J6 the clock passes with no reply", func(t *testing.T) {
		was := d.now
		d.now = time.Date(2026, 11, 9, 9, 0, 0, 0, time.UTC)
		d.get("nhs reviewer", "/agreement").has(t, "Past reply date")
		d.get("council reviewer", dispute).has(t, "No reply by 5pm on Friday 6 November 2026. The days stay disputed and in the range.")
		if _, err := d.keepLog(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := d.days(measure.ByState); got["proposed"] != 4 || got["disputed"] != 4 || got["agreed"] != 8 {
			t.Errorf("silence changed the figures: %v (G2)", got)
		}
		d.now = was
	})
	t.Run("escalate and settle", func(t *testing.T) {
		d.get("council director", dispute).has(t, "It can be decided once it has come to the directors.")
		for range 2 {
			r := d.get("council director", dispute)
			form := url.Values{"answer": {"escalate"}, "escalate-words": {"No agreement after two calls"}, "version": {r.values("version")[0]}}
			d.follow("council director", d.ask("council director", http.MethodPost, dispute, form))
		}
		r := d.get("nhs director", dispute)
		refused := d.ask("nhs director", http.MethodPost, dispute, url.Values{"answer": {"decide"}})
		refused.has(t, "Select who the next step is with")
		refused.has(t, "Enter the decision and the rule that it follows")
		form := url.Values{"answer": {"decide"}, "body": {"nhs"}, "decide-words": {"A self-funder is with the NHS (A4)."},
			"version": {r.values("version")[0]},
			"example": {"yes"}, "review-day": {"31"}, "review-month": {"3"}, "review-year": {"2027"}}
		d.follow("nhs director", d.ask("nhs director", http.MethodPost, dispute, form))
		if got := d.days(measure.ByResponsible); got["NHS"] != 4 || got["social care"] != 8 {
			t.Errorf("got %v", got)
		}
		if got := d.days(measure.ByState); got["decided, not agreed"] != 4 || got["agreed"] != 8 {
			t.Errorf("G5: one party's decision stands as %v", got)
		}
		width(8)
		d.get("nhs director", dispute).has(t, "It is not agreed until Northshire County Council confirms it or the named chair makes it "+
			"(rule G5).")
		r = d.get("council reviewer", dispute)
		r.has(t, "Confirm: NHS")
		confirm := url.Values{"answer": {"agree"}, "version": {r.values("version")[0]}}
		d.follow("council reviewer", d.ask("council reviewer", http.MethodPost, dispute, confirm)).has(t, "Settled: 4 days, NHS, agreed.")
		width(4)
		d.get("coordinator", "/delays/"+d.ref("100000003")+"/periods/1").has(t, "Rule A6")
		// The store knows that the 9th was here, whatever the clock says now.
		d.get("coordinator", "/delays/new?ref="+d.ref("100000003")).has(t,
			"Local ruling for Di, 9 November 2026: NHS. A self-funder is with the NHS (A4). Review on 31 March 2027.")
	})
	t.Run("J7 and G3 the council's page", func(t *testing.T) {
		r := d.get("council director", "/council/E10000099?from=2026-10-01&to=2026-11-30")
		r.has(t, "Too few people to give a share. 4 people waited 16 days in October to November 2026.")
		r.has(t, "The range of the share is as wide as the days that leave it open: 4 days are not attributed.")
		for i, want := range []string{"8 delayed days", "4 delayed days", "4 delayed days", "16 delayed days"} {
			href, _ := r.Find("#by-provider tbody a").Eq(i).Attr("href")
			d.get("council director", href).has(t, want)
		}
		for _, ext := range []string{".csv", ".json"} {
			if r := d.ask("council director", http.MethodGet, "/council/E10000099"+ext, nil); r.status != http.StatusOK {
				t.Errorf("%s: %d", ext, r.status)
			}
		}
	})
	if _, err := d.Store.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// values gives the values of the page's fields of a name.
func (r reply) values(name string) []string {
	var out []string
	r.Find(`input[name="` + name + `"]`).Each(func(_ int, in *goquery.Selection) {
		v, _ := in.Attr("value")
		out = append(out, v)
	})
	return out
}

// C17: a hospital that sends no extracts is run from the log, with people whom
// no extract has listed.
func TestJourneyRunFromTheLog(t *testing.T) {
	d := newDesk(t)
	page := d.get("coordinator", "/today")
	page.has(t, "Nobody is recorded as waiting at Northgate General.")
	href, _ := page.Find("a:contains('Log a delay for someone')").Attr("href")
	if href != "/delays/new?provider=RXA#form" {
		t.Fatalf("the link is %q", href)
	}
	r := d.send("coordinator", "/delays/new?provider=RXA", "/delays/new", nil)
	for _, want := range []string{"Enter the hospital number", "Enter the ward", "Enter the admission date",
		"Select the council of residence, or select 'Not known'",
		"Select when they became ready to leave", "Select what they are waiting for",
		"Select where they are going, or select 'Not decided yet'"} {
		r.has(t, want)
	}
	person := with(map[string]string{"number": "h 123 456", "ward": "4B", "bed": "4B-01", "council": "E10000099", "care": "acute",
		"ready": "other", "reason": "E", "destination": "1", "body": "social-care"},
		date("admitted", "2026-10-01"), date("other", "2026-10-20"))
	early := with(person, date("other", "2026-09-20"))
	d.send("coordinator", "/delays/new?provider=RXA", "/delays/new", early).has(t, "Ready date must be on or after admission, 1 October 2026")
	asked := d.send("coordinator", "/delays/new?provider=RXA", "/delays/new", person)
	asked.has(t, "This adds 15 days that were not recorded at the time. Why was it not recorded?")
	saved := d.follow("coordinator", d.submit("coordinator", asked, "/delays/new", map[string]string{"because": "The ward kept paper lists"}))
	saved.has(t, "Delay logged for bed 4B-01. Rule A2 proposes social care. Northshire County Council is asked to agree by 5pm on Friday 6 "+
		"November 2026.")
	d.verify()
	if got := d.days(measure.ByReason); got["E"] != 15 {
		t.Errorf("got %v, want E 15 (21 October to 4 November)", got)
	}
	if strings.Contains(saved.body, "123456") || strings.Contains(saved.body, "H123456") {
		t.Error("the hospital number stands on the page")
	}
	d.now = d.now.Add(72 * time.Hour)
	if _, err := d.keepLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.verify()
	if got := d.days(measure.ByReason); got["E"] != 18 {
		t.Errorf("got %v, want E 18", got)
	}
	ref := d.ref("H123456")
	d.get("coordinator", "/delays/"+ref+"/periods/1").has(t, "Unverified")
	// A check of last night that comes this morning says nothing of today.
	d.follow("coordinator", d.send("coordinator", "/today?provider=RXA", "/today/check", map[string]string{"one": ref,
		"key": "lastnightwithoutanetwork", "at": d.now.Add(-11*time.Hour - 45*time.Minute).UTC().Format(time.RFC3339)}))
	d.verify()
	d.get("coordinator", "/delays/"+ref+"/periods/1").has(t, "Unverified")
	d.send("coordinator", "/delays/new?provider=RXA", "/delays/new", with(person, map[string]string{"because": "again"})).has(t,
		"already has an open delay")
	ended := d.submit("coordinator", d.send("coordinator", "/delays/"+ref+"/end", "/delays/"+ref+"/end",
		with(map[string]string{"how": "left", "destination": "1"}, date("date", "2026-11-06"))), "/delays/"+ref+"/end", nil)
	d.follow("coordinator", ended).has(t, "ended. 16 days counted.")
	d.verify()
	if got := d.days(measure.ByReason); got["E"] != 16 {
		t.Errorf("got %v, want E 16", got)
	}
	undone := d.follow("coordinator", d.submit("coordinator", d.get("coordinator", ended.where), "/delays/"+ref+"/undo", nil))
	undone.has(t, "Undone")
	if got := d.days(measure.ByReason); got["E"] != 18 {
		t.Errorf("undone: got %v, want E 18", got)
	}
}

// G2: silence counts as agreement only when the partnership has set a
// deadline; then the receipt says so.
func TestAgreedByDefault(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	d.now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	if said, err := d.keepLog(t.Context()); err != nil || strings.Contains(said, "default") {
		t.Fatalf("%q, %v", said, err)
	}
	if got := d.days(measure.ByState); got["proposed"] != 16 {
		t.Fatalf("silence counted without a setting: %v", got)
	}
	d.Partnership().Agreement.DefaultAfterDays = 3
	said, err := d.keepLog(t.Context())
	if err != nil || !strings.Contains(said, "3 agreed by default.") {
		t.Fatalf("%q, %v", said, err)
	}
	d.verify()
	// Where no rule decides there is nothing that silence could agree to.
	if got := d.days(measure.ByState); got["agreed by default"] != 12 || got["proposed"] != 4 {
		t.Fatalf("got %v", got)
	}
	r := d.get("coordinator", "/delays/"+d.ref("100000001")+"/periods/1")
	r.has(t, "Agreed by default")
	r.has(t, "No reply by")
	if said, err := d.keepLog(t.Context()); err != nil || !strings.Contains(said, "0 agreed by default.") {
		t.Errorf("a second run: %q, %v", said, err)
	}
}
