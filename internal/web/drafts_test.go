package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeward/internal/people"
)

// What was typed into a form that was sent after the session had ended is kept
// for the same person and for nobody else, and stands in no address.
func TestTypedTextIsKeptWhenTheSessionEnds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 4, 9, 0, 0, 0, time.UTC)
	s := ownSite(t, func(o *Options) { o.Now = func() time.Time { return now } })
	cookieOf := func(role people.Role) string { return s.visitors.signIn(role) }
	send := func(method, target, cookie string, form url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, strings.NewReader(form.Encode()))
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Cookie", cookie)
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	// ended gives a cookie whose session has ended, with the proof of its forms.
	ended := func(t *testing.T, role people.Role) (cookie, proof string) {
		t.Helper()
		cookie = cookieOf(role)
		_, value, _ := strings.Cut(cookie, "=")
		proof = formToken(value)
		if w := send(http.MethodGet, "/account", cookie, nil); w.Code != http.StatusOK {
			t.Fatalf("the account page: %d", w.Code)
		}
		send(http.MethodPost, "/sign-out", cookie, url.Values{wordToken: {proof}})
		if w := send(http.MethodGet, "/account", cookie, nil); w.Code != http.StatusSeeOther {
			t.Fatalf("the session goes on: %d", w.Code)
		}
		return cookie, proof
	}
	next := func(w *httptest.ResponseRecorder) string {
		u, err := url.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != http.StatusSeeOther || u.Path != signInPath {
			t.Fatalf("answered with %d to %q", w.Code, w.Header().Get("Location"))
		}
		return u.Query().Get(wordNext)
	}
	const path = "/delays/HW-7K3MQ/pause"
	typed := func(proof string) url.Values {
		return url.Values{wordToken: {proof}, "why": {"other"}, "other": {"Chest infection, ward round"}, "version": {"3.0.0"}}
	}

	cookie, proof := ended(t, people.Coordinator)
	answer := send(http.MethodPost, path, cookie, typed(proof))
	back := next(answer)
	t.Run("it is kept, out of the address, and the sign-in page says so", func(t *testing.T) {
		if !strings.HasPrefix(back, draftPath) || strings.Contains(answer.Header().Get("Location"), "infection") {
			t.Fatalf("the way back is %q", back)
		}
		w := send(http.MethodGet, answer.Header().Get("Location"), cookie, nil)
		if got := words(parse(t, w).Find("main")); !strings.Contains(got, "Sign in to carry on. What you typed has been kept.") {
			t.Errorf("%s", got)
		}
	})
	t.Run("the same person gets it back, with the proof of the new session", func(t *testing.T) {
		fresh := cookieOf(people.Coordinator)
		doc := parse(t, send(http.MethodGet, back, fresh, nil))
		if got := words(doc.Find("main")); !strings.Contains(got, "What you typed about HW-7K3MQ has been kept. Nothing has been saved yet.") {
			t.Errorf("%s", got)
		}
		form := doc.Find(`main form[action="` + path + `"]`)
		for name, want := range map[string]string{"other": "Chest infection, ward round", "why": "other", "version": "3.0.0"} {
			if got, _ := form.Find(`input[name="` + name + `"]`).Attr("value"); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		_, value, _ := strings.Cut(fresh, "=")
		if got, _ := form.Find(`input[name="` + wordToken + `"]`).Attr("value"); got != formToken(value) ||
			form.Find(`input[name="`+wordToken+`"]`).Length() != 1 {
			t.Errorf("the proof is %q", got)
		}
	})
	t.Run("nobody else does", func(t *testing.T) {
		for _, role := range []people.Role{people.Reviewer, people.Administrator} {
			if w := send(http.MethodGet, back, cookieOf(role), nil); w.Code != http.StatusNotFound ||
				strings.Contains(w.Body.String(), "infection") {
				t.Errorf("the %s is answered with %d", role, w.Code)
			}
		}
		if w := send(http.MethodGet, back, "", nil); w.Code != http.StatusSeeOther {
			t.Errorf("nobody is answered with %d", w.Code)
		}
	})
	t.Run("not kept: no proof, another form, a cookie that was never seen", func(t *testing.T) {
		if to := next(send(http.MethodPost, path, cookie, typed("another"))); to != "" {
			t.Errorf("without proof: %q", to)
		}
		if to := next(send(http.MethodPost, "/account/password", cookie, url.Values{wordToken: {proof}, "password": {"secret words"}})); to !=
			"" {
			t.Errorf("a password: %q", to)
		}
		_, value, _ := strings.Cut(cookie, "=")
		never := strings.Replace(cookie, value, strings.Repeat("a", 43), 1)
		if to := next(send(http.MethodPost, path, never, typed(formToken(strings.Repeat("a", 43))))); to != "" {
			t.Errorf("a cookie that was never seen: %q", to)
		}
	})
	t.Run("after a quarter of an hour it is gone", func(t *testing.T) {
		now = now.Add(draftLife + time.Second)
		if w := send(http.MethodGet, back, cookieOf(people.Coordinator), nil); w.Code != http.StatusNotFound {
			t.Errorf("answered with %d", w.Code)
		}
	})
}
