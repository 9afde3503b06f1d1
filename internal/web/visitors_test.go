package web

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeward/internal/audit"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/record"
	"homeward/internal/signin"
)

// register is as much of a signin.Store as the pages need when people are
// signed in already; signing in itself is tried with the real store in package
// app.
type register struct {
	signin.Store
	mu     sync.Mutex
	people map[int64]people.Person
	tokens map[string]people.Token
	log    []audit.Entry
}

func (r *register) People(context.Context) ([]people.Person, error) {
	return slices.Collect(maps.Values(r.people)), nil
}

func (r *register) Person(_ context.Context, id int64) (people.Person, error) {
	if p, ok := r.people[id]; ok {
		return p, nil
	}
	return people.Person{}, problem.New(problem.NotFound, "There is no such user.")
}

func (r *register) Token(_ context.Context, id string) (people.Token, error) {
	if t, ok := r.tokens[id]; ok {
		return t, nil
	}
	return people.Token{}, problem.New(problem.NotFound, "There is no such token.")
}

func (r *register) Tokens(context.Context) ([]people.Token, error) {
	return slices.Collect(maps.Values(r.tokens)), nil
}

func (r *register) TokenUsed(context.Context, time.Time, people.Token) error { return nil }

func (r *register) Record(_ context.Context, entries ...audit.Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, entries...)
	return nil
}

// drawer keeps sessions in memory.
type drawer struct {
	mu   sync.Mutex
	kept map[string][]byte
}

func (d *drawer) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b, ok := d.kept[token]
	return b, ok, nil
}

func (d *drawer) CommitCtx(_ context.Context, token string, b []byte, _ time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept[token] = b
	return nil
}

func (d *drawer) DeleteCtx(_ context.Context, token string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.kept, token)
	return nil
}

func (d *drawer) Find(token string) ([]byte, bool, error) {
	return d.FindCtx(context.Background(), token)
}
func (d *drawer) Commit(token string, b []byte, at time.Time) error {
	return d.CommitCtx(context.Background(), token, b, at)
}
func (d *drawer) Delete(token string) error { return d.DeleteCtx(context.Background(), token) }

// visitors are one person of each role, signed in, and a program of each kind.
type visitors struct {
	register *register
	service  *signin.Service
	sessions *signin.Sessions
	// cookies are the roles' sessions; bearers the texts of tokens by kind.
	cookies map[people.Role]string
	bearers map[people.TokenKind]string
	screen  string
}

// visitorGrants is what the person of each role holds.
var visitorGrants = map[people.Role]people.Grant{
	people.Coordinator:   {Role: people.Coordinator, Side: people.ProviderSide, Codes: []string{"RXA"}},
	people.Reviewer:      {Role: people.Reviewer, Side: people.CouncilSide, Codes: []string{"E10000099"}},
	people.Director:      {Role: people.Director, Side: people.CouncilSide, Codes: []string{"E10000099"}},
	people.Presenter:     {Role: people.Presenter},
	people.Viewer:        {Role: people.Viewer},
	people.Analyst:       {Role: people.Analyst},
	people.Administrator: {Role: people.Administrator},
}

func newVisitors(t testing.TB, n *northshire, now func() time.Time, log *slog.Logger) *visitors {
	t.Helper()
	p := &config.Partnership{Name: "Northshire Discharge Partnership"}
	p.SignIn.IdleMinutes, p.SignIn.LongestHours = 30, 12
	for _, h := range n.hospitals {
		p.Providers = append(p.Providers, config.Provider{Code: h.Code, Name: h.Name})
	}
	for _, c := range n.councils {
		p.Councils = append(p.Councils, config.Council{Code: c.Code, Name: c.Name})
	}
	r := &register{people: map[int64]people.Person{}, tokens: map[string]people.Token{}}
	v := &visitors{register: r, service: signin.New(r, nil, p, now), cookies: map[people.Role]string{}, bearers: map[people.TokenKind]string{}}
	v.sessions = signin.NewSessions(v.service, &drawer{kept: map[string][]byte{}}, false, log)
	for i, role := range people.Roles {
		g := visitorGrants[role]
		g.ID = int64(i + 1)
		person := people.Person{ID: int64(i + 1), Email: string(role) + "@northshire.example", Name: "A. " + role.String(), HasPassword: true,
			Grants: []people.Grant{g}}
		r.people[person.ID] = person
		v.cookies[role] = v.cookie(func(ctx context.Context) error { return v.sessions.Begin(ctx, signin.SignIn{Person: person}) })
	}
	for _, kind := range []people.TokenKind{people.UploadToken, people.FiguresToken, people.ScreenLink} {
		token, text, err := people.NewToken(kind, "a test", now(), 0, "a test")
		if err != nil {
			t.Fatal(err)
		}
		if kind == people.UploadToken {
			token.Providers = []string{"RXA"}
		}
		r.tokens[token.ID] = token
		if kind != people.ScreenLink {
			v.bearers[kind] = text
			continue
		}
		v.cookies[people.Screen] = v.cookie(func(ctx context.Context) error { return v.sessions.BeginScreen(ctx, text, "") })
		v.screen = text
	}
	return v
}

// cookie gives the session's cookie after do has been done in it.
func (v *visitors) cookie(do func(context.Context) error) string {
	w := httptest.NewRecorder()
	v.sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := do(r.Context()); err != nil {
			panic(err)
		}
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	return cookie
}

// roleFor is the role that a test asks in when it says nothing: one that may
// use the address.
func roleFor(target string) people.Role {
	switch {
	case strings.HasPrefix(target, "/extracts/upload"):
		return people.Analyst
	case strings.HasPrefix(target, "/days"), strings.HasPrefix(target, "/today"), strings.HasPrefix(target, "/delays"):
		return people.Coordinator
	case strings.HasPrefix(target, "/agreement"), strings.HasPrefix(target, "/disputes"):
		return people.Reviewer
	case strings.HasPrefix(target, "/council"):
		return people.Director
	default:
		return people.Administrator
	}
}

// wordAs is a header of tests only: the role to ask as, or "nobody".
const wordAs = "X-Test-As"

// ScopedDelays gives every scope that is not empty one delay.
func (r *register) ScopedDelays(_ context.Context, scope people.Scope, _ record.Filter, _ record.Page) (*record.List, error) {
	out := &record.List{}
	if scope.Empty() {
		return out, nil
	}
	out.Delays = []record.Delay{{Provider: "RXA", Reference: "HW-7K3MQ", Ready: delay.MustDay("2026-10-20"),
		Listed: delay.MustDay("2026-10-21"), Ward: "4B", Bed: "12", Days: 14,
		Stretches: []record.Stretch{{First: delay.MustDay("2026-10-21"), Last: delay.MustDay("2026-11-03"), Reason: "E", Body: delay.SocialCare,
			Council: "E10000099"}}}}
	out.Total, out.Days = 1, 14
	return out, nil
}

func (r *register) Identifiers(ctx context.Context, by people.Actor, reference string) (*record.Identifiers, error) {
	if reference != "HW-7K3MQ" {
		return nil, problem.New(problem.NotFound, "No delay in your area matches this reference.")
	}
	return &record.Identifiers{Provider: "RXA", Reference: reference, NHSNumber: "9990000018", LocalID: "L-1"},
		r.Record(ctx, audit.Entry{Who: by.Who(), What: audit.IdentifierSeen, Record: reference})
}

func (r *register) AuditEvents(context.Context, audit.Filter) ([]audit.Event, error) {
	return []audit.Event{(&audit.Chain{}).Next(audit.Head{}, time.Date(2026, 11, 4, 9, 0, 0, 0, time.UTC),
		audit.Entry{Who: "administrator@northshire.example", As: "Administrator", What: audit.SignedIn})}, nil
}

func (r *register) VerifyAudit(context.Context, ...audit.Head) (audit.Result, error) {
	return audit.Result{Head: audit.Head{Number: 18204}}, nil
}

func (r *register) EachAuditEvent(ctx context.Context, f audit.Filter, each func(audit.Event) error) error {
	all, err := r.AuditEvents(ctx, f)
	for _, e := range all {
		if err := each(e); err != nil {
			return err
		}
	}
	return err
}
