package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/people"
)

// A file that is sent again with its key is answered as it was the first time, for
// a day, across a restart and whatever has become of it meanwhile; the key with
// another file is refused, and nobody else's key is known.
func TestFileSentWithAKey(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	var site http.Handler
	var cookie string
	var signIn func(people.Role) string
	open := func() *app.App {
		a := openApp(t, app.Options{Data: n.data(), Now: func() time.Time { return now }})
		if cookie == "" {
			site, signIn = a.Site(t, nil, people.Analyst)
		} else {
			site, signIn = a.Site(t, nil)
		}
		cookie = signIn(people.Analyst)
		return a
	}
	a := open()
	send := func(key, name, text string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "http://127.0.0.1:8080/api/v1/extracts?name="+name,
			strings.NewReader(text))
		r.Header.Set("Content-Type", "text/csv")
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", "http://127.0.0.1:8080")
		if key != "" {
			r.Header.Set("Idempotency-Key", key)
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		return w
	}
	const name = "RZ1_2026-11-18.csv"
	text, other := northgate("2026-11-18", 1, 20), northgate("2026-11-18", 1, 21)
	first := send("key-1", name, text)
	if first.Code != http.StatusCreated {
		t.Fatalf("the first is answered %d: %s", first.Code, first.Body)
	}
	for _, c := range []struct {
		what, key, name, text string
		status                int
		same                  bool
	}{
		{"the same again", "key-1", name, text, http.StatusCreated, true},
		{"the same without a key", "", name, text, http.StatusOK, false},
		{"another file", "key-1", name, other, http.StatusConflict, false},
		{"another name", "key-1", "RZ1_2026-11-18_v2.csv", text, http.StatusConflict, false},
		{"another key", "key-2", name, text, http.StatusOK, false},
		{"a key with a space", "key 1", name, text, http.StatusBadRequest, false},
		{"a key whose digits could be somebody's", "999-882-0928", name, text, http.StatusOK, false},
		{"a key of no end", strings.Repeat("k", 201), name, text, http.StatusBadRequest, false},
		{"one that is turned away", "key-3", "odd.csv", "no,extract\n", http.StatusUnprocessableEntity, false},
		{"one that was turned away, again", "key-3", "odd.csv", "no,extract\n", http.StatusUnprocessableEntity, false},
		{"R9 another in its place, under its key", "key-3", name, text, http.StatusOK, false},
	} {
		w := send(c.key, c.name, c.text)
		if w.Code != c.status || c.same != (w.Body.String() == first.Body.String()) {
			t.Errorf("%s is answered %d: %s", c.what, w.Code, w.Body)
		}
	}
	if got := n.days("2026-11-18", "2026-11-18"); got != "2026-11-18:20" {
		t.Errorf("counted: %s", got)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	open()
	now = now.Add(23 * time.Hour)
	cookie = signIn(people.Analyst)
	if w := send("key-1", name, text); w.Code != http.StatusCreated || w.Body.String() != first.Body.String() {
		t.Errorf("after a restart it is answered %d: %s", w.Code, w.Body)
	}
	now = now.Add(2 * time.Hour)
	cookie = signIn(people.Analyst)
	if w := send("key-1", name, other); w.Code != http.StatusCreated {
		t.Errorf("a day later the key is answered %d: %s", w.Code, w.Body)
	}
}
