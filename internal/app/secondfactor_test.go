package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
)

// optional lets the people of a house sign in without a second factor.
func (c child) optional(t testing.TB) child {
	t.Helper()
	file := filepath.Join(c.data(), "partnership.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, "\nsign_in:\n  require_second_factor: false\n  help: Sam on 01234 567890\n"...),
		0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestP1ASessionAloneReplacesNoSecondFactor holds a signed-in browser and
// nothing else, and tries to make the account its own.
func TestP1ASessionAloneReplacesNoSecondFactor(t *testing.T) {
	t.Parallel()
	c := northshireHouse(t).optional(t)
	s := c.serve(t)
	defer s.stop()
	const email = "ada@northshire.example"
	r := c.staff(s, email, "--role", "administrator")
	another := func() *reader {
		b := s.reader()
		b.open("/sign-in", "email", email, "password", journeyPassword)
		return b
	}
	in := func(b *reader) bool {
		_, page, _ := b.open("/account")
		return strings.HasPrefix(page, "/account\n")
	}
	// begin opens the page and gives the code that the new app shows.
	begin := func() string {
		t.Helper()
		_, page, doc := r.open("/sign-in/set-up")
		secret := strings.ReplaceAll(doc.Find("#secret").Text(), " ", "")
		code, err := authenticatorCode(secret, time.Now())
		if err != nil {
			t.Fatalf("%v in %s", err, last(page, 500))
		}
		return code
	}
	refused := func(name, words string, status int, fields ...string) {
		t.Helper()
		got, page, doc := r.open("/sign-in/set-up", append([]string{"code", begin()}, fields...)...)
		if said := doc.Find(".nhsuk-error-summary").Text(); got != status || !strings.Contains(said, words) {
			t.Errorf("%s: %d %q, expected %d with %q: %s", name, got, said, status, words, last(page, 300))
		}
	}
	other := another()
	if !in(other) {
		t.Fatal("the second browser is not signed in")
	}
	refused("no password", "Enter your current password", http.StatusBadRequest)
	refused("a wrong password", "Your current password is incorrect", http.StatusForbidden, "password", "not the password")
	_, page, doc := r.open("/sign-in/set-up", "code", begin(), "password", journeyPassword)
	recovery := strings.Fields(doc.Find("main code").First().Text())
	if len(recovery) == 0 {
		t.Fatalf("no recovery codes: %s", last(page, 1500))
	}
	if !in(r) || in(other) {
		t.Errorf("after setting up: the browser that did it is in: %v, another: %v; expected true, false", in(r), in(other))
	}
	refused("no code of the app before", "Enter a code of the app that you have used until now", http.StatusBadRequest, "password",
		journeyPassword)
	refused("a wrong code of the app before", "That code is incorrect", http.StatusForbidden, "password", journeyPassword, "old", "000000")
	refused("a wrong recovery code", "That code is incorrect", http.StatusForbidden, "password", journeyPassword, "old", "aaaa-bbbb-cccc-dddd")
	refused("the code of the app before and no password", "Enter your current password", http.StatusBadRequest, "old", recovery[0])
	_, page, doc = r.open("/sign-in/set-up", "code", begin(), "password", journeyPassword, "old", recovery[0])
	if again := doc.Find("main code").First().Text(); again == "" || strings.Contains(again, recovery[0]) {
		t.Errorf("the second factor is not replaced: %s", last(page, 500))
	}
	if !in(r) {
		t.Error("the browser that replaced it is signed out")
	}
	t.Run("an administrator's own account", func(t *testing.T) {
		_, _, doc := r.open("/admin/users")
		href, _ := doc.Find(`#users tr:contains("` + email + `") a`).Attr("href")
		for _, act := range []string{"/reset-code", "/link"} {
			if status, page, _ := r.open(href+act, "sure", "yes"); status != http.StatusConflict || strings.Contains(page, "hw_") {
				t.Errorf("%s: %d %s", act, status, last(page, 300))
			}
		}
	})
	t.Run("taking it off ends the sessions", func(t *testing.T) {
		if f := c.run(t, "user", "reset-code", email, "--data", c.data()); f.status != app.ExitDone {
			t.Fatal(f.errs)
		}
		if in(r) {
			t.Error("still signed in")
		}
	})
}
