package web

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"homeward/internal/audit"
	"homeward/internal/identity"
	"homeward/internal/people"
	"homeward/internal/signin"
	"homeward/internal/sqlite"
)

// visitors are one person of each role, signed in, and a program of each kind.
type visitors struct {
	store    *sqlite.Store
	people   map[people.Role]people.Person
	service  *signin.Service
	sessions *signin.Sessions
	// cookies are the roles' sessions; bearers the texts of tokens by kind.
	cookies map[people.Role]string
	bearers map[people.TokenKind]string
	screen  string
}

// madeCallers are what a store knows of those who ask: it is the same for every
// site that is made of it.
type madeCallers struct {
	people  map[people.Role]people.Person
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

// admit puts one person of each role and one token of each kind into a store.
func (o *office) admit() (*madeCallers, error) {
	ctx, machine := context.Background(), people.Actor{Kind: people.Machine}
	c := &madeCallers{people: map[people.Role]people.Person{}, bearers: map[people.TokenKind]string{}, cookies: map[people.Role]string{}}
	o.callers = c
	for _, role := range people.Roles {
		id, err := o.store.AddPerson(ctx, machine, people.Person{Email: string(role) + "@northshire.example", Name: "A. " + role.String(),
			Grants: []people.Grant{visitorGrants[role]}})
		if err == nil {
			err = o.store.SetPassword(ctx, machine, id, "never matched", "")
		}
		if err != nil {
			return nil, err
		}
		if c.people[role], err = o.store.Person(ctx, id); err != nil {
			return nil, err
		}
	}
	for _, kind := range []people.TokenKind{people.UploadToken, people.FiguresToken, people.ScreenLink} {
		token, text, err := people.NewToken(kind, "a test", o.now(), 0, "a test")
		if kind == people.UploadToken {
			token.Providers = []string{"RXA"}
		}
		if err = errors.Join(err, o.store.AddToken(ctx, machine, token)); err != nil {
			return nil, err
		}
		if kind == people.ScreenLink {
			c.screen = text
		} else {
			c.bearers[kind] = text
		}
	}
	v := o.visit(slog.New(slog.DiscardHandler))
	for role := range c.people {
		c.cookies[role] = v.signIn(role)
	}
	c.cookies[people.Screen] = v.cookie(func(ctx context.Context) error { return v.sessions.BeginScreen(ctx, c.screen, "") })
	return c, nil
}

// visit gives those who ask, signed in.
func (o *office) visit(log *slog.Logger) *visitors {
	c := o.callers
	v := &visitors{store: o.store, people: c.people, cookies: maps.Clone(c.cookies), bearers: c.bearers, screen: c.screen,
		service: signin.New(o.store, nil, o.partnership, func() time.Time { return o.now() })}
	v.sessions = signin.NewSessions(v.service, o.store.Sessions(), false, log)
	return v
}

// signIn begins a session of the person of a role, whatever was done to the
// account and its sessions before, and gives its cookie.
func (v *visitors) signIn(role people.Role) string {
	ctx, id := context.Background(), v.people[role].ID
	person, err := v.store.Person(ctx, id)
	if err == nil && person.Deactivated {
		if err = v.store.SetDeactivated(ctx, people.Actor{Kind: people.Machine}, id, false); err == nil {
			person, err = v.store.Person(ctx, id)
		}
	}
	if err != nil {
		panic(err)
	}
	return v.cookie(func(ctx context.Context) error { return v.sessions.Begin(ctx, signin.SignIn{Person: person}) })
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
	case strings.HasPrefix(target, "/extracts/upload"), strings.HasPrefix(target, addPublishedPath),
		strings.HasPrefix(target, "/definitions/changes/new"):
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

// audited gives the audit log, the newest first.
func (s *site) audited(t testing.TB) []audit.Event {
	t.Helper()
	all, err := s.office.store.AuditEvents(t.Context(), audit.Filter{Limit: 10000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// referenceOf gives the pseudonym of a person of the first hospital by NHS number.
func (o *office) referenceOf(nhs string) string {
	return o.key.Reference("RXA", o.key.Hash(identity.Patient{Provider: "RXA", NHSNumber: nhs}))
}
