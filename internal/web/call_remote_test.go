package web

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"homeward/internal/audit"
	"homeward/internal/people"
)

// remoteOf has the presenter make a remote of today's call, and gives its code
// and the cookie of a phone that opened it.
func remoteOf(t *testing.T, s *site) (code, cookie string) {
	t.Helper()
	body := s.ask(http.MethodPost, "/call/2026-11-04/remotes", nil, wordAs, "presenter").Body.String()
	code = regexp.MustCompile(`\b([0-9a-z]{4}-){3}[0-9a-z]{4}\b`).FindString(body)
	if code == "" {
		t.Fatalf("no code stands in %s", body)
	}
	return code, s.visitors.cookie(func(ctx context.Context) error { return s.visitors.sessions.BeginRemote(ctx, code, "") })
}

// with asks with a cookie.
func (s *site) with(cookie, method, target string, form url.Values) (status int, body, location string) {
	w := s.ask(method, target, strings.NewReader(form.Encode()), wordAs, "nobody", "Cookie", cookie,
		"Sec-Fetch-Site", "same-origin", "Content-Type", "application/x-www-form-urlencoded")
	return w.Code, w.Body.String(), w.Header().Get("Location")
}

// Whoever holds a remote may turn slides and do nothing else: every route, but
// its own and those that are open to everybody, refuses it.
func TestP1RemoteOpensNothingElse(t *testing.T) {
	t.Parallel()
	s, _ := callSite(t)
	s.as(people.Presenter, http.MethodPost, "/call", url.Values{})
	code, cookie := remoteOf(t, s)
	opened := 0
	for _, r := range s.routes() {
		if strings.HasPrefix(r.path, "/static") || r.path == "/favicon.ico" || strings.HasSuffix(r.path, "z") {
			continue
		}
		// A session of its own, because one of them ends it.
		cookie := s.visitors.cookie(func(ctx context.Context) error { return s.visitors.sessions.BeginRemote(ctx, code, "") })
		status, body, _ := s.with(cookie, r.method, fill(r.path), url.Values{})
		refused := status == 403 && strings.Contains(body, "This remote turns the slides of the call only.")
		own := r.path == remotePath || r.path == remotePath+".json"
		if refused == (own || r.guarded.open) {
			t.Errorf("%s %s: %d", r.method, r.path, status)
		}
		if own {
			opened++
		}
	}
	if opened != 3 {
		t.Errorf("%d routes are the remote's own", opened)
	}
	for _, target := range []string{"/call/2026-11-04", "/call/2026-11-04/1", "/call/2026-11-04.json", "/call/2026-11-04/turn.json",
		"/call/2026-11-04/actions.csv"} {
		if status, _, _ := s.with(cookie, http.MethodGet, target, nil); status != 403 {
			t.Errorf("%s: %d", target, status)
		}
	}
	// And nobody else turns slides with a remote's routes, or makes one.
	for _, role := range append([]people.Role{people.Screen}, people.Roles[:]...) {
		for _, target := range []string{"/remote", "/call/2026-11-04/remotes", "/call/2026-11-04/remotes/x", "/call/2026-11-04/turn"} {
			want := role == people.Presenter && target != "/remote"
			if status, _, _ := s.as(role, http.MethodPost, target, url.Values{"slide": {"2"}}); (status != 403) != want {
				t.Errorf("POST %s of %s: %d", target, role, status)
			}
		}
	}
}

// A phone turns the slides: its page has their names and no figures, the last of
// two presses stands, and it ends with its day or when it is revoked.
func TestRemote(t *testing.T) {
	t.Parallel()
	s, k := callSite(t)
	if status, _, _ := s.as(people.Presenter, http.MethodPost, "/call/2026-11-04/remotes", url.Values{}); status != 404 {
		t.Errorf("a remote before there is a call: %d", status)
	}
	s.as(people.Presenter, http.MethodPost, "/call", url.Values{})
	code, cookie := remoteOf(t, s)
	_, other := remoteOf(t, s)

	status, body, _ := s.with(cookie, http.MethodGet, "/remote", nil)
	if status != 200 || !strings.Contains(body, "1 Name 1") {
		t.Fatalf("%d %s", status, body)
	}
	for _, hidden := range []string{"118", "Finding", "Northgate", "A line.", "Assessment", "drawn then", code} {
		if strings.Contains(body, hidden) {
			t.Errorf("the phone shows %q", hidden)
		}
	}
	press := func(cookie string, form url.Values) {
		t.Helper()
		if status, body, location := s.with(cookie, http.MethodPost, "/remote", form); status != 303 || location != "/remote" {
			t.Errorf("%v: %d to %s: %s", form, status, location, body)
		}
	}
	stands := func(want string) {
		t.Helper()
		for _, asked := range []struct {
			role   people.Role
			target string
		}{{people.Screen, "/call/2026-11-04/turn.json"}, {people.Viewer, "/call/2026-11-04/turn.json"}} {
			if _, got, _ := s.as(asked.role, http.MethodGet, asked.target, nil); strings.TrimSpace(got) != want {
				t.Errorf("%s of %s: %s, want %s", asked.target, asked.role, got, want)
			}
		}
		if _, got, _ := s.with(cookie, http.MethodGet, "/remote.json", nil); strings.TrimSpace(got) != want {
			t.Errorf("the remote: %s, want %s", got, want)
		}
	}
	stands(`{"turn":0,"slide":0,"theme":""}`)
	press(cookie, url.Values{"slide": {"4"}})
	press(other, url.Values{"slide": {"7"}})
	stands(`{"turn":2,"slide":7,"theme":""}`)
	press(cookie, url.Values{"theme": {"dark"}})
	stands(`{"turn":3,"slide":7,"theme":"dark"}`)
	doc := parse(t, s.ask(http.MethodGet, "/remote", nil, wordAs, "nobody", "Cookie", cookie))
	if got := words(doc.Find("h1")); got != "7 Name 7" || doc.Find("button[name=slide]").Length() != 11 ||
		words(doc.Find("button[name=theme]")) != "Light" || doc.Find("script:not([src]), style, [style]").Length() != 0 {
		t.Errorf("the phone says %s", words(doc.Find("main")))
	}
	for name, form := range map[string]url.Values{"no slide": {}, "slide 0": {"slide": {"0"}}, "slide 10": {"slide": {"10"}},
		"slide x": {"slide": {"x"}}, "blue": {"theme": {"blue"}}} {
		if status, _, _ := s.with(cookie, http.MethodPost, "/remote", form); status != 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	t.Run("a screen's and the presenter's slides follow, and only the presenter's turning is a press", func(t *testing.T) {
		for role, want := range map[people.Role]string{people.Screen: "/call/2026-11-04/turn.json 3  7", people.Viewer: "   ",
			people.Presenter: "/call/2026-11-04/turn.json 3 /call/2026-11-04/turn 7"} {
			main := parse(t, s.ask(http.MethodGet, "/call/2026-11-04/7", nil, wordAs, string(role))).Find("main")
			got := main.AttrOr("data-follow", "") + " " + main.AttrOr("data-turn", "") + " " + main.AttrOr("data-press", "") + " " +
				main.AttrOr("data-slide", "")
			if got != want {
				t.Errorf("%s: %q, want %q", role, got, want)
			}
		}
		if status, _, _ := s.as(people.Presenter, http.MethodPost, "/call/2026-11-04/turn",
			url.Values{"slide": {"2"}, "theme": {"light"}}); status != 204 {
			t.Errorf("the presenter's press: %d", status)
		}
		stands(`{"turn":4,"slide":2,"theme":"light"}`)
	})
	t.Run("a wall asks without keeping its session", func(t *testing.T) {
		before := k.office.number(t, `SELECT sum(expires_at) FROM session`)
		s.as(people.Presenter, http.MethodGet, "/call/2026-11-04/turn.json", nil)
		if after := k.office.number(t, `SELECT sum(expires_at) FROM session`); after != before {
			t.Error("the presenter's session was kept")
		}
	})
	t.Run("the code opens it, however it is typed, and tries are bounded", func(t *testing.T) {
		doc := parse(t, s.ask(http.MethodGet, "/remote/"+code, nil, wordAs, "nobody"))
		if got := doc.Find("#code").AttrOr("value", ""); got != code {
			t.Errorf("the link's page has %q", got)
		}
		if got := parse(t, s.ask(http.MethodGet, "/remote/nothing", nil, wordAs, "nobody")).Find("#code").AttrOr("value", ""); got != "" {
			t.Errorf("a link that is none gives back %q", got)
		}
		if status, _, location := s.as("nobody", http.MethodPost, "/remote/open", url.Values{"code": {strings.ToUpper(code)}}); status != 303 ||
			location != "/remote" {
			t.Errorf("%d, to %s", status, location)
		}
		statuses := map[int]int{}
		for range 7 {
			status, body, _ := s.with("", http.MethodPost, "/remote/open", url.Values{"code": {"0000-0000-0000-0000"}})
			if statuses[status]++; !strings.Contains(body, "code-error") {
				t.Errorf("%d %s", status, body)
			}
		}
		if statuses[400] != 5 || statuses[429] != 2 {
			t.Errorf("seven wrong codes are answered with %v", statuses)
		}
	})
	t.Run("it is listed, revoked by the presenter, and in the audit log", func(t *testing.T) {
		doc := parse(t, s.ask(http.MethodGet, "/call/2026-11-04", nil, wordAs, "presenter"))
		forms := doc.Find(".app-call__remote form")
		if forms.Length() != 2 || strings.Contains(words(doc.Find("main")), code) {
			t.Fatalf("listed are %s", words(doc.Find("#remotes")))
		}
		if n := parse(t, s.ask(http.MethodGet, "/call/2026-11-04", nil, wordAs, "viewer")).Find("#remotes").Length(); n != 0 {
			t.Error("a viewer is offered a remote")
		}
		for i := range 2 {
			if status, _, location := s.as(people.Presenter, http.MethodPost, forms.Eq(i).AttrOr("action", ""), url.Values{}); status != 303 ||
				location != "/call/2026-11-04#remotes" {
				t.Errorf("%d, to %s", status, location)
			}
		}
		if status, _, _ := s.with(cookie, http.MethodPost, "/remote", url.Values{"slide": {"9"}}); status == 303 {
			if _, got, _ := s.as(people.Screen, http.MethodGet, "/call/2026-11-04/turn.json", nil); strings.Contains(got, `"slide":9`) {
				t.Error("a revoked remote turns slides")
			}
		}
		for what, want := range map[audit.What]int{audit.TokenMade: 2, audit.TokenRevoked: 2} {
			events, err := s.visitors.store.AuditEvents(t.Context(), audit.Filter{What: what, Limit: 99})
			n := 0
			for _, e := range events {
				if e.Who == "presenter@northshire.example" && !strings.Contains(e.After+e.Record, code) {
					n++
				}
			}
			if err != nil || n != want {
				t.Errorf("%s: %d of %+v, %v", what, n, events, err)
			}
		}
	})
	t.Run("it ends with its day", func(t *testing.T) {
		_, cookie := remoteOf(t, s)
		s.office.now = at(time.Date(2026, 11, 5, 0, 0, 1, 0, time.UTC))
		if status, _, location := s.with(cookie, http.MethodGet, "/remote.json", nil); status == 200 {
			t.Errorf("%d %s", status, location)
		}
	})
}
