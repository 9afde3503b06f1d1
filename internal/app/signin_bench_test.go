package app_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"homeward/internal/app"
	"homeward/internal/people"
	"homeward/internal/signin"
)

// BenchmarkSessionAndScope is what it costs, with the real database, to find
// out from a request's cookie who asks and as what. A page of figures takes
// six milliseconds at least; docs/benchmarks.md compares.
func BenchmarkSessionAndScope(b *testing.B) {
	c := newChild(b)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		b.Fatal(err)
	}
	a, err := app.Open(b.Context(), app.Options{Data: c.data()})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	g, err := people.NewGrant(people.Coordinator, []string{"RZ1"}, a.SignIn.Organisations())
	if err != nil {
		b.Fatal(err)
	}
	id, err := a.Store.AddPerson(b.Context(), people.Actor{Kind: people.Machine},
		people.Person{Email: "c@northshire.example", Name: "C", Grants: []people.Grant{g}})
	if err != nil {
		b.Fatal(err)
	}
	person, err := a.Store.Person(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	sessions := signin.NewSessions(a.SignIn, a.Store.Sessions(), false, slog.New(slog.DiscardHandler))
	do := func(cookie string, inside func(context.Context)) string {
		r := httptest.NewRequest(http.MethodGet, "/overview", nil)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inside(r.Context()) })).ServeHTTP(w, r)
		set, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
		return set
	}
	cookie := do("", func(ctx context.Context) {
		if err := sessions.Begin(ctx, signin.SignIn{Person: person}); err != nil {
			b.Fatal(err)
		}
	})
	for b.Loop() {
		do(cookie, func(ctx context.Context) {
			current, err := sessions.Current(ctx, "192.0.2.1")
			if err != nil || len(current.Actor.Scope().Providers()) != 1 {
				b.Fatal(current, err)
			}
		})
	}
}
