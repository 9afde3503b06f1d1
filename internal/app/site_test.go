package app

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"homeward/internal/chart"
	"homeward/internal/people"
	"homeward/internal/signin"
	"homeward/internal/web"
)

// Site gives tests from outside the whole of the pages, without a network, with
// one person for each role, of the first provider where a role is for named
// organisations; signIn gives the cookie of a new session.
func (a *App) Site(t testing.TB, draw *chart.Renderer, roles ...people.Role) (site http.Handler, signIn func(people.Role) string) {
	t.Helper()
	spool, err := a.spool()
	if err != nil {
		t.Fatal(err)
	}
	kept := a.Store.Sessions()
	scheduler, err := a.scheduler(draw, "test", kept)
	if err != nil {
		t.Fatal(err)
	}
	sessions := signin.NewSessions(a.SignIn, kept, false, slog.New(slog.DiscardHandler))
	tried := newLooks(a, t.TempDir())
	t.Cleanup(tried.close)
	desk, layouts, published := &partnershipDesk{app: a}, newLayoutDesk(a, spool), newPublishedDesk(a)
	pages := t.TempDir()
	options := func() web.Options {
		o := a.pages(web.Options{Drawer: draw, Jobs: jobs{scheduler}, Status: a.status(scheduler), Packs: packs{a, draw},
			Calls: calls{a.Store, a, draw}, Ready: a.Store.Ready,
			Looks: tried, Published: published, Sessions: sessions, Layouts: layouts, Partnership: desk, Version: "test", Spool: pages})
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
		return o
	}
	server, err := newLivePages(options())
	if err != nil {
		t.Fatal(err)
	}
	desk.renew = func() error { return server.renew(options()) }
	for _, role := range roles {
		var codes []string
		if role.Sides()[0] != people.Whole {
			codes = []string{a.Partnership().Providers[0].Code}
		}
		grant, err := people.NewGrant(role, codes, a.SignIn.Organisations())
		if err != nil {
			t.Fatal(err)
		}
		person := people.Person{Email: string(role) + "@partnership.example", Name: "Someone", Grants: []people.Grant{grant}}
		if _, err := a.Store.AddPerson(t.Context(), people.Actor{Kind: people.Machine}, person); err != nil {
			t.Fatal(err)
		}
	}
	return server, func(role people.Role) string {
		person, err := a.Store.PersonByEmail(t.Context(), string(role)+"@partnership.example")
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if err := sessions.Begin(r.Context(), signin.SignIn{Person: person}); err != nil {
				t.Error(err)
			}
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
		return cookie
	}
}

// NewRenderer makes the chart renderer that the program uses.
func NewRenderer() (*chart.Renderer, error) { return newRenderer() }
