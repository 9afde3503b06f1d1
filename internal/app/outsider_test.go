package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/attribution"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/people"
	"homeward/internal/signin"
)

// This file asks every address of the service, as everybody who can ask, about
// people who are theirs, another's, another's by now, and nobody's, and reads
// each answer for what it must not hold (P1). The addresses are those of
// docs/access.md, which a test of package web compares with the router, so that
// a new route is asked here from the day it is made.

// outsider is the state that the matrix is asked in.
type outsider struct {
	*desk
	callers []caller
	objects []object
	served  int // requests sent, for an address of its own each
}

// caller is somebody who asks, with what P1 lets them see.
type caller struct {
	name   string
	column int // of docs/access.md
	grant  people.Grant
	person people.Person
	bearer string
	screen string
}

// object is somebody whom requests are about. Words that stand in their record
// and nowhere else are told apart by whose they are.
type object struct {
	name, ref string
	provider  string
	// number is the NHS number, local the hospital number.
	number, local string
	// secrets are the words of each council's days.
	secrets map[string][]string
	// first is the first day of each council's days, action an action of them.
	first  map[string]delay.Day
	action map[string]int64
}

const (
	north, south = "E10000099", "E06000099"
	gone         = "HW-00000000"
)

func (o object) all() []string {
	out := []string{o.number, o.local}
	for _, words := range o.secrets {
		out = append(out, words...)
	}
	return out
}

// sees says whether a caller's scope holds any of the object, and which words
// of its record they may read.
func (c caller) sees(o object) (words []string, any bool) {
	scope := c.grant.Scope()
	for _, council := range []string{north, south} {
		if len(o.secrets[council]) == 0 {
			continue
		}
		if slices.Contains(scope.Providers(), o.provider) || slices.Contains(scope.Councils(), council) {
			words, any = append(words, o.secrets[council]...), true
		}
	}
	return words, any
}

// held is one day's row of a person.
type held struct {
	from, council, ward, bed string
}

func newOutsider(t *testing.T) *outsider {
	t.Helper()
	o := &outsider{desk: newDesk(t)}
	// What people say here is made up for days of before.
	o.App.Store = o.App.Store.Backdated(func() time.Time { return o.now })
	days := []string{"2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03"}
	plan := []struct {
		name, provider, number string
		rows                   []held
	}{
		{"the county's", "RXA", "9434765919", []held{{days[0], north, "WARDONE", "BEDONE"}}},
		{"the city's", "RXA", "9990000018", []held{{days[0], south, "WARDTWO", "BEDTWO"}}},
		{"moved to the city", "RXA", "9990000026", []held{{days[0], north, "WARDOLD", "BEDOLD"}, {days[2], south, "WARDNEW", "BEDNEW"}}},
		{"another hospital's", "RXB", "9990000034", []held{{days[0], south, "WARDFOUR", "BEDFOUR"}}},
		{"moved to the city by the log", "RXA", "9990000042", []held{
			{days[0], north, "WARDFIVE", "BEDFIVE"}, {days[3], north, "WARDSIX", "BEDSIX"}}},
	}
	take := func(provider string, days ...string) {
		for _, day := range days {
			b := &ingest.Batch{Provider: provider, Extracts: []ingest.Extract{{Date: delay.MustDay(day)}}, File: ingest.File{
				Name: provider + "_" + day + ".csv", SHA256: sha256.Sum256([]byte(provider + day)),
				ReceivedAt: delay.MustDay(day).Time().Add(30 * time.Hour), Recovered: true}}
			for i, p := range plan {
				if p.provider != provider {
					continue
				}
				var row held
				for _, r := range p.rows {
					if r.from <= day {
						row = r
					}
				}
				local := fmt.Sprintf("LOCAL%d", i+1)
				h := o.Key.Hash(identity.Patient{Provider: provider, NHSNumber: p.number, LocalID: local})
				b.Patients = append(b.Patients, ingest.Patient{Hash: h, Reference: o.Key.Reference(provider, h),
					NHSNumber: o.Key.Seal(p.number), LocalID: o.Key.Seal(local), ByNHSNumber: true})
				g := attribution.Given{Reason: "E", Care: delay.Acute, Council: delay.Council(row.council), Stated: delay.SocialCare,
					Words: attribution.Words{Reason: "E", Responsible: "social care", Council: p.name + " " + row.council}}
				n := int32(len(b.Patients) - 1)
				b.Givens = append(b.Givens, ingest.Given{Given: g, Outcome: o.Rules.Attribute(g, delay.MustDay(day))})
				b.Places = append(b.Places, ingest.Place{Ward: row.ward, Bed: row.bed})
				b.Statements = append(b.Statements, ingest.Statement{Patient: n, Given: n, Place: n, Ready: delay.MustDay("2026-10-20")})
				x := &b.Extracts[0]
				x.Listings, x.Read, x.Kept = append(x.Listings, ingest.Listing{Line: n + 2, Statement: n}), x.Read+1, x.Kept+1
			}
			if err := o.Store.Take(t.Context(), b, func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	take("RXB", days...)
	take("RXA", days[:2]...)
	for i, p := range plan {
		h := o.Key.Hash(identity.Patient{Provider: p.provider, NHSNumber: p.number})
		x := object{name: p.name, ref: o.Key.Reference(p.provider, h), provider: p.provider, number: p.number, local: fmt.Sprintf("LOCAL%d", i+1),
			secrets: map[string][]string{}, first: map[string]delay.Day{}, action: map[string]int64{}}
		for _, r := range p.rows {
			x.secrets[r.council] = append(x.secrets[r.council], r.ward, r.bed)
		}
		o.objects = append(o.objects, x)
	}
	o.people()
	o.said(func() { take("RXA", days[2:]...) })
	return o
}

// people adds one person of each role and side, and the programs.
func (o *outsider) people() {
	machine := people.Actor{Kind: people.Machine}
	for _, who := range []struct {
		name  string
		role  people.Role
		codes []string
	}{
		{"coordinator of the hospital", people.Coordinator, []string{"RXA"}},
		{"coordinator of the other hospital", people.Coordinator, []string{"RXB"}},
		{"reviewer of the hospital", people.Reviewer, []string{"RXA"}}, {"reviewer of the county", people.Reviewer, []string{north}},
		{"reviewer of the city", people.Reviewer, []string{south}}, {"director of the hospital", people.Director, []string{"RXA"}},
		{"director of the other hospital", people.Director, []string{"RXB"}}, {"director of the county", people.Director, []string{north}},
		{"director of the city", people.Director, []string{south}},
		{"presenter", people.Presenter, nil}, {"viewer", people.Viewer, nil},
		{"analyst", people.Analyst, nil}, {"administrator", people.Administrator, nil},
	} {
		grant, err := people.NewGrant(who.role, who.codes, o.SignIn.Organisations())
		if err != nil {
			o.t.Fatal(err)
		}
		c := caller{name: who.name, column: slices.Index(people.Roles[:], who.role) + 1, grant: grant, person: people.Person{
			Email: strings.ReplaceAll(who.name, " ", ".") + "@outside.example", Name: "Someone", Grants: []people.Grant{grant}}}
		id, err := o.Store.AddPerson(o.t.Context(), machine, c.person)
		if err != nil {
			o.t.Fatal(err)
		}
		if c.person, err = o.Store.Person(o.t.Context(), id); err != nil {
			o.t.Fatal(err)
		}
		o.callers = append(o.callers, c)
	}
	token := func(kind people.TokenKind, providers ...string) string {
		text := ""
		err := o.SignIn.MakeToken(o.t.Context(), machine, kind, "a test", 0, providers, func(_ people.Token, secret string) error {
			text = secret
			return nil
		})
		if err != nil {
			o.t.Fatal(err)
		}
		return text
	}
	o.callers = append(o.callers, caller{name: "nobody"}, caller{name: "screen", column: 8, screen: token(people.ScreenLink)},
		caller{name: "upload token", column: 9, bearer: token(people.UploadToken, "RXB")},
		caller{name: "figures token", column: 10, bearer: token(people.FiguresToken)})
}

// by gives the actor of a caller.
func (o *outsider) by(name string) people.Actor {
	for _, c := range o.callers {
		if c.name == name {
			return people.Actor{Kind: people.APerson, PersonID: c.person.ID, Email: c.person.Email, Grant: c.grant}
		}
	}
	o.t.Fatalf("there is no %s", name)
	return people.Actor{}
}

// said has people say things about the objects, each with a word of its own,
// on the day on which they could; moving takes in the extracts by which one of
// them moves.
func (o *outsider) said(moving func()) {
	t, ctx := o.t, o.t.Context()
	steady := o.now
	defer func() { o.now = steady }()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	at := func(day, who string, x *object, council, word string) {
		t.Helper()
		o.now = delay.MustDay(day).Time().Add(12 * time.Hour)
		by := o.by(who)
		must(o.casework().AddAction(ctx, by, casework.ActionForm{
			Reference: x.ref, What: "STEP" + word, OwnerOrg: "Northgate General", Owner: "team",
			Due: casework.Date{Day: "20", Month: "11", Year: "2026"}}))
		c, err := o.Store.Case(ctx, by.Scope(), x.ref)
		must(err)
		x.action[council] = c.Actions[len(c.Actions)-1].ID
		x.secrets[council] = append(x.secrets[council], "STEP"+word)
		for _, d := range c.Delays {
			for _, seg := range d.Segments {
				if string(seg.Segment.Council) == council {
					x.first[council] = seg.Segment.First
				}
			}
		}
		if x.first[council] == 0 {
			t.Fatalf("%s has no days of %s", x.name, council)
		}
		_, err = o.casework().Answer(ctx, by, casework.AnswerForm{
			ID: casework.SegmentID(x.ref, x.first[council]), Answer: "dispute", Body: "nhs", Checks: "fact", Words: "WORDS" + word})
		must(err)
		x.secrets[council] = append(x.secrets[council], "WORDS"+word)
	}
	log := func(day string, x *object, council, word string) {
		t.Helper()
		o.now = delay.MustDay(day).Time().Add(9 * time.Hour)
		_, err := o.casework().Log(ctx, o.by("coordinator of the hospital"), casework.LogForm{
			Reference: x.ref, Ready: "fed", Reason: "E", Destination: "1", Because: "WHY" + word})
		must(err)
		x.secrets[council] = append(x.secrets[council], "WHY"+word)
	}
	one, two, moved, four, five := &o.objects[0], &o.objects[1], &o.objects[2], &o.objects[3], &o.objects[4]
	log("2026-11-01", one, north, "ONE")
	log("2026-11-01", moved, north, "OLD")
	log("2026-11-01", five, north, "FIVE")
	at("2026-11-01", "reviewer of the county", one, north, "ONE")
	at("2026-11-01", "reviewer of the city", two, south, "TWO")
	at("2026-11-01", "reviewer of the county", moved, north, "OLD")
	at("2026-11-01", "reviewer of the county", five, north, "FIVE")
	moving()
	o.now = delay.MustDay("2026-11-03").Time().Add(10 * time.Hour)
	_, err := o.casework().Change(ctx, o.by("coordinator of the hospital"), casework.ChangeForm{Reference: five.ref, What: "changed",
		From: casework.Date{Day: "2", Month: "11", Year: "2026"}, Council: south, Because: "WHYSIX"})
	must(err)
	// The extract goes on to name the county: what the log says stands (A6).
	five.secrets[north] = slices.DeleteFunc(five.secrets[north], func(s string) bool { return s == "WARDSIX" || s == "BEDSIX" })
	five.secrets[south] = []string{"WARDSIX", "BEDSIX", "WHYSIX"}
	at("2026-11-03", "reviewer of the city", moved, south, "NEW")
	at("2026-11-03", "reviewer of the city", four, south, "FOUR")
	at("2026-11-03", "reviewer of the city", five, south, "SIX")
}

// address is one line of docs/access.md.
type address struct {
	method, path string
	admits       []string // by caller.column
}

func addresses(t *testing.T) []address {
	t.Helper()
	text, err := os.ReadFile("../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []address
	for line := range strings.SplitSeq(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 15 || !strings.Contains(cells[2], "`") {
			continue
		}
		for i := range cells {
			cells[i] = strings.Trim(cells[i], " `")
		}
		out = append(out, address{cells[1], cells[2], cells[3:14]})
	}
	if len(out) < 100 {
		t.Fatalf("%d addresses are read from docs/access.md", len(out))
	}
	return out
}

// target is a path that is asked for; of is the council whose days or action it
// names, if it names one.
type target struct{ path, of string }

// about says whether an address is about one person, and gives the targets that
// ask it about an object: each council's days and actions, where it names them.
func (a address) about(x object) (targets []target, person bool) {
	path := strings.NewReplacer(":reference", x.ref, ":ref", x.ref).Replace(a.path)
	switch {
	case a.path == "/agreement/:id" || a.path == "/disputes/:id":
		for _, council := range []string{north, south} {
			if x.first[council] != 0 {
				targets = append(targets, target{strings.Replace(path, ":id", casework.SegmentID(x.ref, x.first[council]), 1), council})
			}
		}
		return append(targets, target{path: strings.Replace(path, ":id", x.ref+".2026-01-01", 1)}), true
	case strings.Contains(a.path, "/actions/:id"):
		for _, council := range []string{north, south} {
			if x.action[council] != 0 {
				targets = append(targets, target{strings.Replace(path, ":id", fmt.Sprint(x.action[council]), 1), council})
			}
		}
		return append(targets, target{path: strings.Replace(path, ":id", "99999", 1)}), true
	case strings.Contains(a.path, ":n"):
		for _, n := range []string{"1", "2.json", "9"} {
			targets = append(targets, target{path: strings.Replace(path, ":n", n, 1)})
		}
		return targets, true
	case path == "/delays/"+x.ref:
		return []target{{path: path}, {path: path + ".json"}}, true
	case path != a.path:
		return []target{{path: path}}, true
	}
	return nil, false
}

// others are the targets of an address that is about nobody in particular.
func (a address) others() []string {
	parts := strings.Split(a.path, "/")
	for i, p := range parts {
		switch {
		case p == ":date":
			parts[i] = "2026-11-03"
		case p == ":code":
			parts[i] = north
		case p == ":month":
			parts[i] = "2026-10"
		case strings.HasPrefix(p, ":"):
			parts[i] = "1234"
		case p == "*":
			parts[i] = "nothing.js"
		}
	}
	path := strings.Join(parts, "/")
	out := []string{path}
	if a.method == http.MethodGet {
		switch a.path {
		case "/today", "/today.csv":
			out = append(out, path+"?provider=RXA", path+"?provider=RXB")
		case "/days", "/days.csv", "/days.json":
			out = append(out, path+"?council="+south, path+"?council="+north, path+"?provider=RXB")
		case "/agreement", "/agreement.csv", "/agreement.json":
			out = append(out, path+"?list=disputed", path+"?list=settled", path+"?list=for-other")
		case "/council/:code":
			out = append(out, "/council/"+south)
		}
	}
	return out
}

// forms are what is sent to each address, so that what refuses is the scope and
// not an empty form.
func forms(x object) url.Values {
	return url.Values{
		"what": {"Ring the team"}, "org": {"Northgate General"}, "owner": {"team"}, "due-day": {"20"}, "due-month": {"11"}, "due-year": {"2026"},
		"state": {"declined"}, "why": {casework.Declines[0]},
		"answer": {"ask"}, "words": {"A question"}, "ask-words": {"A question"}, "reply-words": {"A reply"},
		"ref": {x.ref}, "ready": {"fed"}, "reason": {"A"}, "destination": {"1"}, "because": {"It is right"},
		"find": {x.ref}, "one": {x.ref}, "checked": {x.ref}, "select": {casework.SegmentID(x.ref, delay.MustDay("2026-10-21"))},
		"version": {""}, "entry": {"1"}, "how": {"error"}, "confirmed": {"yes"},
	}
}

// as sends one request as a caller, in a session of its own and a second after
// the one before: some of what is asked ends sessions, or all until then.
func (o *outsider) as(c caller, method, target string, form url.Values) *httptest.ResponseRecorder {
	var body *strings.Reader
	if body = strings.NewReader(""); form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, body)
	o.served++
	o.now = o.now.Add(time.Second)
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1234", o.served>>16&255, o.served>>8&255, o.served&255)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	begin := func(f func(context.Context) error) {
		w := httptest.NewRecorder()
		o.sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if err := f(r.Context()); err != nil {
				o.t.Error(err)
			}
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
		r.Header.Set("Cookie", cookie)
	}
	switch {
	case c.bearer != "":
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	case c.screen != "":
		begin(func(ctx context.Context) error { return o.sessions.BeginScreen(ctx, c.screen, "") })
	case c.person.ID != 0:
		begin(func(ctx context.Context) error {
			person, err := o.Store.Person(ctx, c.person.ID) // As they stand now: signed out everywhere, maybe.
			if err != nil {
				return err
			}
			return o.sessions.Begin(ctx, signin.SignIn{Person: person})
		})
	}
	w := httptest.NewRecorder()
	o.server.ServeHTTP(w, r)
	return w
}

// changes counts what people have said, by which a write that went through is
// known.
func (o *outsider) changes() (n int) {
	for _, x := range o.objects {
		for _, who := range []string{"coordinator of the hospital", "coordinator of the other hospital"} {
			c, err := o.Store.Case(o.t.Context(), o.by(who).Scope(), x.ref)
			if err != nil {
				continue
			}
			n += len(c.Log) + len(c.Events) + len(c.Actions)
			for _, a := range c.Actions {
				if a.State != "open" {
					n++
				}
			}
		}
	}
	return n
}

// read fails the test when an answer holds a word that the caller may not read.
func (o *outsider) read(c caller, a address, target string, w *httptest.ResponseRecorder) (leaks int) {
	answer := w.Body.String() + "\n" + fmt.Sprint(w.Header())
	for _, x := range o.objects {
		may, in := c.sees(x)
		for _, word := range x.all() {
			if !strings.Contains(answer, word) || slices.Contains(may, word) {
				continue
			}
			numbers := word == x.number || word == x.local
			if numbers && in && c.grant.Scope().Identifiers() && a.path == "/days/:reference/identifiers" {
				continue
			}
			leaks++
			o.t.Errorf("P1: %s %s as %s (%d) shows %s of the person who is %s", a.method, target, c.name, w.Code, word, x.name)
		}
	}
	return leaks
}

// inTheQuick names the callers of the part of the matrix that every run has.
var inTheQuick = []string{"coordinator of the other hospital", "reviewer of the county", "reviewer of the city",
	"director of the county", "viewer", "nobody"}

// lists are the first parts of addresses that list people, or may name them.
var lists = []string{"today", "days", "agreement", "search", "call"}

// TestP1Outsider is the matrix: every route × everybody × people who are
// theirs, another's, another's by now and nobody's, reads and writes. With
// HOMEWARD_LONG=1 it is whole; else it is the addresses about one person and the
// lists of people, for those who could see too much.
func TestP1Outsider(t *testing.T) {
	if testing.Short() {
		t.Skip("one step after another; the full run has it")
	}
	o := newOutsider(t)
	long := os.Getenv("HOMEWARD_LONG") != ""
	unknown := object{name: "nobody", ref: gone, first: map[string]delay.Day{north: delay.MustDay("2026-10-21")},
		action: map[string]int64{north: 1}}
	counts := map[string]int{}
	// Reads go before writes, and writes about others before those about one's
	// own, so that each is asked of the state that was set up.
	// A hospital's own writes come last: they may bring somebody back.
	for _, pass := range []string{"reads", "writes of others", "councils' own writes", "hospitals' own writes"} {
		ownWrites := strings.HasSuffix(pass, "own writes")
		before := o.changes()
		for _, a := range addresses(t) {
			if (a.method == http.MethodGet) != (pass == "reads") {
				continue
			}
			for _, c := range o.callers {
				if !long && !slices.Contains(inTheQuick, c.name) {
					continue
				}
				admitted := a.admits[c.column] == "yes"
				for _, x := range append(slices.Clone(o.objects), unknown) {
					targets, person := a.about(x)
					if !person {
						break
					}
					_, own := c.sees(x)
					council := len(c.grant.Scope().Councils()) > 0
					if ownWrites && (!own || council != (pass == "councils' own writes")) || pass == "writes of others" && own {
						continue
					}
					var form url.Values
					if a.method == http.MethodPost {
						form = forms(x)
					}
					for _, at := range targets {
						w, target := o.as(c, a.method, at.path, form), at.path
						counts[pass]++
						counts["leaks"] += o.read(c, a, target, w)
						councils := c.grant.Scope().Councils()
						another := council && at.of != "" && !slices.Contains(councils, at.of)
						past := council && slices.Contains(councils, north) && len(x.secrets[south]) > 0 && strings.Contains(a.path, "/actions/")
						switch {
						case !admitted:
							counts["not admitted"]++
							if w.Code != http.StatusForbidden && w.Code != http.StatusUnauthorized && w.Code != http.StatusSeeOther {
								t.Errorf("%s %s as %s, who is not admitted: %d", a.method, target, c.name, w.Code)
							}
						case !own || another:
							counts["outside the scope"]++
							if w.Code != http.StatusNotFound {
								t.Errorf("P1: %s %s as %s, for the person who is %s: %d, want 404", a.method, target, c.name, x.name, w.Code)
							}
						case past && a.method == http.MethodPost && w.Code != http.StatusNotFound:
							counts["moved away"]++
							if w.Code != http.StatusConflict {
								t.Errorf("P1: %s %s as %s, for the person who is %s: %d, want 409", a.method, target, c.name, x.name, w.Code)
							}
						default:
							counts["own"]++
							if w.Code >= 500 {
								t.Errorf("%s %s as %s, for the person who is %s: %d", a.method, target, c.name, x.name, w.Code)
							}
						}
					}
				}
				first, _, _ := strings.Cut(strings.NewReplacer("/", " ", ".", " ").Replace(strings.TrimPrefix(a.path, "/")), " ")
				if _, person := a.about(unknown); person || ownWrites || !long && !slices.Contains(lists, first) {
					continue
				}
				for _, target := range a.others() {
					// A list is asked for with forms about people whom the caller may not
					// change.
					for _, x := range append(slices.Clone(o.objects), unknown) {
						var form url.Values
						if a.method == http.MethodPost {
							if _, own := c.sees(x); own {
								continue
							}
							form = forms(x)
						}
						w := o.as(c, a.method, target, form)
						counts[pass]++
						counts["about nobody"]++
						counts["leaks"] += o.read(c, a, target, w)
						if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
							t.Errorf("%s %s as %s: %d", a.method, target, c.name, w.Code)
						}
						if a.method == http.MethodGet {
							break
						}
					}
				}
			}
		}
		if after := o.changes(); !ownWrites && after != before {
			t.Errorf("P1: %d things were changed by %s", after-before, pass)
		} else if ownWrites {
			counts["changes by "+pass] = after - before
			if after == before && (long || pass == "councils' own writes") {
				t.Error("no write about one's own went through, so the refusals prove nothing")
			}
		}
	}
	t.Logf("callers %d, objects %d and one unknown, requests %d: %v", len(o.callers), len(o.objects), o.served, counts)
}
