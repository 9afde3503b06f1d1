package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"homeward/internal/audit"
	"homeward/internal/people"
	"homeward/internal/signin"
)

func TestNobodyIsSentToSignInAndBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for target, want := range map[string]string{
		"/overview?last=3m":     "/sign-in?next=%2Foverview%3Flast%3D3m",
		"/":                     "/sign-in",
		"//evil.example/a":      "", // no such page, and nothing to come back to
		"/admin/audit?what=a&b": "/sign-in?next=%2Fadmin%2Faudit%3Fwhat%3Da%26b",
	} {
		w := s.ask(http.MethodGet, target, nil, wordAs, "nobody")
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("%s: sent to %q, expected %q", target, got, want)
		}
	}
	t.Run("a program is told that it needs a token", func(t *testing.T) {
		for _, target := range []string{"/figures.json", "/figures.csv", "/api/v1/extracts"} {
			w := s.ask(http.MethodGet, target, nil, wordAs, "nobody", "Accept", "application/json", "Authorization", "Basic eDp5")
			if target == "/api/v1/extracts" {
				w = s.ask(http.MethodPost, target, nil, wordAs, "nobody", "Accept", "*/*", "Authorization", "Basic eDp5")
			}
			if w.Code != 401 || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s: %d %q", target, w.Code, w.Header().Get("WWW-Authenticate"))
			}
		}
	})
	t.Run("a session that has ended says so", func(t *testing.T) {
		w := s.ask(http.MethodGet, "/overview", nil, wordAs, "nobody", "Cookie", "homeward=0000")
		if !strings.Contains(w.Header().Get("Location"), "ended=yes") {
			t.Errorf("sent to %q", w.Header().Get("Location"))
		}
		doc := parse(t, s.ask(http.MethodGet, w.Header().Get("Location"), nil, wordAs, "nobody"))
		if got := words(doc.Find(".nhsuk-inset-text")); !strings.HasPrefix(got, "You were signed out after 30 minutes without activity") {
			t.Errorf("found %q", got)
		}
	})
}

func TestNoLinkLeadsToAnotherSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, evil := range []string{"https://evil.example/", "//evil.example/", `/\evil.example/`, "/\t/evil.example", "javascript:alert(1)",
		"/sign-out", "evil.example"} {
		doc := parse(t, s.ask(http.MethodGet, "/sign-in?next="+url.QueryEscape(evil), nil, wordAs, "nobody"))
		if next, ok := doc.Find("input[name=next]").Attr("value"); ok {
			t.Errorf("%q: the form keeps %q", evil, next)
		}
		w := s.ask(http.MethodGet, "/sign-in?next="+url.QueryEscape(evil), nil, wordAs, "viewer")
		if to := w.Header().Get("Location"); strings.Contains(to, "evil") || to == "" || to == "/sign-out" {
			t.Errorf("%q: somebody who is signed in is sent to %q", evil, to)
		}
	}
}

func TestNavigationShowsWhatTheRoleMayOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for role, want := range map[string]struct{ has, hasNot string }{
		"viewer": {"/overview", "/admin/users"}, "administrator": {"/admin/audit", "/today"},
		"coordinator": {"/today", "/admin/jobs"}, "screen": {"/packs", "/figures"},
	} {
		page := "/overview"
		if role == "screen" {
			page = "/packs"
		}
		doc := parse(t, s.ask(http.MethodGet, page, nil, wordAs, role))
		if doc.Find(`.nhsuk-header__navigation-link[href="`+want.has+`"]`).Length() != 1 {
			t.Errorf("%s does not see %s", role, want.has)
		}
		if doc.Find(`.nhsuk-header__navigation-link[href="`+want.hasNot+`"]`).Length() != 0 {
			t.Errorf("%s sees %s", role, want.hasNot)
		}
	}
	t.Run("a council has no worklist, so no way to one", func(t *testing.T) {
		council, hospital := people.Grant{Role: people.Director, Side: people.CouncilSide, Codes: []string{"E10000099"}},
			people.Grant{Role: people.Director, Side: people.ProviderSide, Codes: []string{"RXA"}}
		if s.opens("/today", people.Actor{Kind: people.APerson, Grant: council}) ||
			!s.opens("/today", people.Actor{Kind: people.APerson, Grant: hospital}) {
			t.Error("who is led to the worklist does not follow the side")
		}
	})
	t.Run("the header says who acts and as what", func(t *testing.T) {
		doc := parse(t, s.ask(http.MethodGet, "/overview", nil, wordAs, "coordinator"))
		if got := words(doc.Find(".nhsuk-header__account-item").First()); got != "A. Coordinator, Coordinator, "+s.organisationName("RXA") {
			t.Errorf("found %q", got)
		}
	})
	t.Run("403 says the role and whom to ask", func(t *testing.T) {
		w := s.ask(http.MethodGet, "/admin/users", nil, wordAs, "coordinator")
		doc := parse(t, w)
		if w.Code != 403 || words(doc.Find("h1")) != "You do not have access to this page" ||
			!strings.Contains(words(doc.Find("main")), "Your role is Coordinator, "+s.organisationName("RXA")+
				". Ask your administrator if you need access.") {
			t.Errorf("%d %q", w.Code, words(doc.Find("main")))
		}
	})
}

func TestFormsOfOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	cookie := s.visitors.cookies[people.Administrator]
	_, value, _ := strings.Cut(cookie, "=")
	send := func(body string, header ...string) int {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/admin/jobs/inbox/run", strings.NewReader(body))
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	token := url.Values{wordToken: {formToken(value)}}.Encode()
	for _, c := range []struct {
		name   string
		body   string
		header []string
		want   int
	}{
		{"a browser that says it is the own page", "", []string{"Sec-Fetch-Site", "same-origin"}, 303},
		{"another site", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another site with the right token", token, []string{"Origin", "http://evil.example"}, 403},
		{"an old browser with the form's token", token, nil, 303},
		{"an old browser without it", "", nil, 403},
		{"an old browser with another session's token", url.Values{wordToken: {formToken("other")}}.Encode(), nil, 403},
		{"a form as plain text", token, []string{"Content-Type", "text/plain"}, 403},
	} {
		if got := send(c.body, c.header...); got != c.want {
			t.Errorf("%s: %d, expected %d", c.name, got, c.want)
		}
	}
	t.Run("every form carries the token", func(t *testing.T) {
		for page, role := range map[string]string{"/admin/jobs": "administrator", "/extracts/upload": "analyst", "/published/add": "analyst",
			"/account":         "viewer",
			"/admin/users/new": "administrator", "/admin/users/1": "administrator", "/admin/tokens": "administrator", "/days": "reviewer"} {
			w := s.ask(http.MethodGet, page, nil, wordAs, role)
			doc := parse(t, w)
			_, own, _ := strings.Cut(s.visitors.cookies[people.Role(role)], "=")
			forms := doc.Find(`form[method="post"]`)
			if forms.Length() < 2 {
				t.Errorf("%s: %d forms, status %d", page, forms.Length(), w.Code)
			}
			if n := forms.Find(`input[name="` + wordToken + `"][value="` + formToken(own) + `"]`).Length(); n != forms.Length() {
				t.Errorf("%s: %d of %d forms carry it", page, n, forms.Length())
			}
		}
	})
	t.Run("an upload from an old browser", func(t *testing.T) {
		_, own, _ := strings.Cut(s.visitors.cookies[people.Analyst], "=")
		for proof, want := range map[string]int{formToken(own): 303, "other": 403, "": 403} {
			var b bytes.Buffer
			form := multipart.NewWriter(&b)
			if proof != "" {
				_ = form.WriteField(wordToken, proof)
			}
			part, _ := form.CreateFormFile("file", "MHS_RXA_20261104.csv")
			_, _ = io.WriteString(part, newText())
			_ = form.Close()
			r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/extracts/upload", &b)
			r.Header.Set("Cookie", s.visitors.cookies[people.Analyst])
			r.Header.Set("Content-Type", form.FormDataContentType())
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("token %q: %d, expected %d", proof, w.Code, want)
			}
		}
	})
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, target := range []string{"/sign-in", "/account/password", "/admin/users/new"} {
		body := strings.NewReader("email=" + strings.Repeat("x", largestForm+1))
		w := s.ask(http.MethodPost, target, body, wordAs, "administrator", "Content-Type", "application/x-www-form-urlencoded")
		if w.Code < 400 || w.Code >= 500 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestCookiesAndTLS(t *testing.T) {
	t.Parallel()
	flags := func(secure bool) string {
		s := newSite(t)
		v := s.visitors
		sessions := signin.NewSessions(v.service, s.office.store.Sessions(), secure, s.opts.Log)
		w := httptest.NewRecorder()
		sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_ = sessions.Begin(r.Context(), signin.SignIn{Person: v.people[people.Coordinator]})
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return w.Header().Get("Set-Cookie")
	}
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if got := flags(false); !strings.Contains(got, want) || strings.Contains(got, "Expires") || strings.Contains(got, "Domain") {
			t.Errorf("found %q, expected %s", got, want)
		}
	}
	if got := flags(true); !strings.HasPrefix(got, "__Host-homeward=") || !strings.Contains(got, "Secure") {
		t.Errorf("over TLS found %q", got)
	}
	if h := newSite(t).ask(http.MethodGet, "/healthz", nil).Header().Get("Strict-Transport-Security"); h != "" {
		t.Errorf("without TLS the browser is told %q", h)
	}
	s := newSite(t, func(o *Options) { o.Secure, o.AnyHost = true, true })
	if h := s.ask(http.MethodGet, "/nothing", nil).Header().Get("Strict-Transport-Security"); !strings.HasPrefix(h, "max-age=31536000") {
		t.Errorf("over TLS the browser is told %q", h)
	}
}

func TestAddressesAreBelievedFromTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	_, network, _ := net.ParseCIDR("10.1.0.0/16")
	for _, c := range []struct {
		proxies      []*net.IPNet
		remote, said string
		want         string
	}{
		{nil, "10.1.2.3:1", "203.0.113.9", "10.1.2.3"},
		{[]*net.IPNet{network}, "10.1.2.3:1", "203.0.113.9", "203.0.113.9"},
		{[]*net.IPNet{network}, "10.1.2.3:1", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
		{[]*net.IPNet{network}, "192.0.2.7:1", "203.0.113.9", "192.0.2.7"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		r.Header.Set("X-Forwarded-For", c.said)
		if got := addressFinder(c.proxies)(r); got != c.want {
			t.Errorf("%s says %s: %s, expected %s", c.remote, c.said, got, c.want)
		}
	}
}

func TestOneAddressCannotAskWithoutEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.Pace = 1 })
	last := 0
	for range 15 {
		last = s.ask(http.MethodGet, "/sign-in", nil, wordAs, "nobody").Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the fifteenth request was answered with %d", last)
	}
	if w := s.ask(http.MethodGet, "/healthz", nil); w.Code != 200 {
		t.Errorf("health: %d", w.Code)
	}
}

// Who asks without end from the address of a wall does not stop the wall.
func TestAScreenHasItsPace(t *testing.T) {
	p := newPace(1)
	from := func(id string) visit {
		v := visit{Address: "192.0.2.7"}
		if v.Actor.Kind = people.AScreen; id == "" {
			v.Actor.Kind = people.Nobody
		}
		v.Actor.Token.ID = id
		return v
	}
	for n := 0; p.allowsVisit(from("")); n++ {
		if n == 1000 {
			t.Fatal("nothing bounds those who bring nothing true")
		}
	}
	for _, wall := range []string{"one", "two"} {
		if !p.allowsVisit(from(wall)) {
			t.Errorf("the wall %s is refused with them", wall)
		}
	}
}

// People behind one address are counted each for themselves; what brings a session
// that is none is counted as a stranger.
func TestEachPersonHasTheirPace(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.Pace = 1 })
	ask := func(role string, times int) (last int) {
		for range times {
			last = s.ask(http.MethodGet, "/account", nil, wordAs, role).Code
		}
		return last
	}
	for _, role := range []string{"viewer", "analyst", "presenter"} {
		if got := ask(role, 8); got != http.StatusOK {
			t.Errorf("the eighth request of the %s is answered %d", role, got)
		}
	}
	// However slowly the answers come.
	got := 0
	for n := 0; n < 200 && got != http.StatusTooManyRequests; n++ {
		got = ask("viewer", 1)
	}
	if got != http.StatusTooManyRequests {
		t.Errorf("one who asks without end is answered %d", got)
	}
	if got := ask("analyst", 1); got != http.StatusOK {
		t.Errorf("another from there is then answered %d", got)
	}
	last := 0
	for n := 0; n < 200 && last != http.StatusTooManyRequests; n++ {
		last = s.ask(http.MethodGet, "/account", nil, wordAs, "nobody", "Cookie", s.opts.Sessions.CookieName()+"=none").Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("a session that was never given is answered %d", last)
	}
}

func TestP2IdentifiersAreShownByPostToThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	reference := s.office.referenceOf("9990000018")
	target := "/days/" + reference + "/identifiers?last=3m"
	for role, want := range map[string]int{"coordinator": 200, "reviewer": 200, "director": 403, "viewer": 403, "presenter": 403,
		"analyst": 403, "administrator": 403} {
		before := len(s.audited(t))
		w := s.ask(http.MethodPost, target, nil, wordAs, role)
		if w.Code != want {
			t.Errorf("%s: %d, expected %d", role, w.Code, want)
		}
		shown := strings.Contains(w.Body.String(), "999 000 0018")
		if shown != (want == 200) {
			t.Errorf("%s: shown %v", role, shown)
		}
		if noted := len(s.audited(t)) > before; noted != shown {
			t.Errorf("%s: shown %v, noted %v", role, shown, noted)
		}
		if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "no-store") {
			t.Errorf("%s: kept by caches: %q", role, got)
		}
	}
	if w := s.ask(http.MethodGet, target, nil, wordAs, "coordinator"); w.Code != 405 {
		t.Errorf("asked by address: %d", w.Code)
	}
	if w := s.ask(http.MethodPost, "/days/HW-00000/identifiers", nil, wordAs, "coordinator"); w.Code != 404 {
		t.Errorf("a patient of elsewhere: %d", w.Code)
	}
	t.Run("logs hold no number", func(t *testing.T) {
		for _, number := range []string{"9990000018", "999 000", "L-1"} {
			if strings.Contains(s.log.String(), number) {
				t.Errorf("the log holds %s", number)
			}
		}
	})
	t.Run("an export is noted", func(t *testing.T) {
		before := len(s.audited(t))
		if w := s.ask(http.MethodGet, "/days.csv?last=3m", nil, wordAs, "director"); w.Code != 200 || strings.Contains(w.Body.String(), "999") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if log := s.audited(t); len(log) != before+1 || log[0].What != audit.RowsExported {
			t.Errorf("noted %v", log[:1])
		}
	})
}

func TestP1TheCountStandsWhereTheRowsDoNot(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for role, rows := range map[string]int{"coordinator": daysOnPage, "viewer": 0, "analyst": 0} {
		doc := parse(t, s.ask(http.MethodGet, "/days?last=3m", nil, wordAs, role))
		// A page has so many delays, and a row for each of their periods.
		if n := doc.Find("#days tbody tr").Length(); n < rows || rows == 0 && n > 0 {
			t.Errorf("%s sees %d rows", role, n)
		}
		if got := words(doc.Find("#outside")); !strings.HasSuffix(got, "are outside your organisation. You can see the count but not the rows.") {
			t.Errorf("%s: %q", role, got)
		}
	}
}

func TestScreenLinkShowsTheCallAlone(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	doc := parse(t, s.ask(http.MethodGet, "/screen/"+s.visitors.screen, nil, wordAs, "nobody"))
	if action, _ := doc.Find("main form").Attr("action"); action != "/screen/"+s.visitors.screen {
		t.Fatalf("the form goes to %q", action)
	}
	w := s.ask(http.MethodPost, "/screen/"+s.visitors.screen, nil, wordAs, "nobody")
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	if w.Code != 303 || cookie == "" {
		t.Fatalf("%d", w.Code)
	}
	home := s.ask(http.MethodGet, "/packs", nil, wordAs, "nobody", "Cookie", cookie)
	if home.Code != 200 || strings.Contains(home.Body.String(), s.visitors.screen) {
		t.Errorf("%d", home.Code)
	}
	if w := s.ask(http.MethodGet, "/overview", nil, wordAs, "nobody", "Cookie", cookie); w.Code != 403 {
		t.Errorf("the overview: %d", w.Code)
	}
	t.Run("a revoked link goes dark", func(t *testing.T) {
		all, err := s.office.store.Tokens(t.Context())
		for _, token := range all {
			if token.Kind == people.ScreenLink {
				err = errors.Join(err, s.office.store.RevokeToken(t.Context(), people.Actor{Kind: people.Machine}, token.ID))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if w := s.ask(http.MethodGet, "/packs", nil, wordAs, "nobody", "Cookie", cookie); w.Code != 303 {
			t.Errorf("%d", w.Code)
		}
		if w := s.ask(http.MethodPost, "/screen/"+s.visitors.screen, nil, wordAs, "nobody"); w.Code != 404 {
			t.Errorf("%d", w.Code)
		}
	})
}

// BenchmarkSessionAndScope is what finding out who asks, and as what, costs of
// each page, beside the cheapest page of the service.
func BenchmarkSessionAndScope(b *testing.B) {
	s := newSite(b)
	ctx := context.Background()
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/healthz", nil).WithContext(ctx)
	r.Header.Set("Cookie", s.visitors.cookies[people.Coordinator])
	b.Run("session", func(b *testing.B) {
		h := s.withVisit(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _ = visitOf(r.Context()).Actor.Scope() }))
		r := r.Clone(ctx)
		r.URL.Path = "/overview"
		for b.Loop() {
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
	b.Run("page", func(b *testing.B) {
		r := r.Clone(ctx)
		r.URL.Path = "/overview"
		for b.Loop() {
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
}
