package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeward/internal/ingest"
)

func TestR5AShortFileIsAcceptedWithAReason(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	page := "/extracts/" + heldFile
	post := func(form url.Values) (int, string) {
		w := s.ask(http.MethodPost, page+"/decision", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded",
			wordAs, "analyst")
		if w.Code == http.StatusSeeOther {
			return w.Code, w.Header().Get("Location")
		}
		return w.Code, words(parse(t, w).Find(".nhsuk-error-summary__list"))
	}
	stands := func() ingest.StandsNow {
		t.Helper()
		all, err := s.office.store.Standings(t.Context(), heldFile)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0]
	}
	t.Run("the way there is for those who decide", func(t *testing.T) {
		for role, want := range map[string]int{"analyst": 1, "viewer": 0} {
			for _, at := range []string{"/extracts", page} {
				if n := parse(t, s.ask(http.MethodGet, at, nil, wordAs, role)).Find(`main a[href="` + page + `/decision"]`).Length(); n != want {
					t.Errorf("%s on %s: %d ways", role, at, n)
				}
			}
		}
	})
	t.Run("the form says what is short", func(t *testing.T) {
		got := words(parse(t, s.ask(http.MethodGet, page+"/decision", nil, wordAs, "analyst")).Find("main"))
		want := fmt.Sprintf("8 rows that could be read, and the extract of 1 November 2026 has %d.", listedOn(2, shortDay-1))
		if !strings.Contains(got, want) {
			t.Errorf("found %q, expected %q", got, want)
		}
	})
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"nothing selected": {url.Values{}, "Select what to do"},
		"no reason":        {url.Values{"what": {"accept"}, "why": {"  "}}, "Enter why this file is right"},
		"a long reason": {url.Values{"what": {"accept"}, "why": {strings.Repeat("x", 201)}},
			"The reason must be 200 characters or less"},
		"a number of a patient": {url.Values{"what": {"accept"}, "why": {"only 999 000 0018 is left"}},
			"Remove the NHS number. Do not type numbers that identify a person here."},
	} {
		t.Run(name, func(t *testing.T) {
			if status, said := post(c.form); status != http.StatusUnprocessableEntity || said != c.want {
				t.Errorf("%d %q", status, said)
			}
		})
	}
	t.Run("held on", func(t *testing.T) {
		if status, to := post(url.Values{"what": {"hold"}}); status != http.StatusSeeOther || to != page || !stands().Held {
			t.Errorf("%d %s %+v", status, to, stands())
		}
	})
	t.Run("accepted, and the receipt says by whom and why", func(t *testing.T) {
		status, to := post(url.Values{"what": {"accept"}, "why": {"A ward was closed."}})
		if now := stands(); status != http.StatusSeeOther || to != page || now.Held || !now.Counted ||
			now.Provider != "RXC" || now.Day != shortDay || now.Reason != "A ward was closed." {
			t.Fatalf("%d %s %+v", status, to, now)
		}
		doc := parse(t, s.ask(http.MethodGet, page, nil, wordAs, "analyst"))
		if got := words(doc.Find(".nhsuk-inset-text")); got != "This file was held and counts, because it was accepted at 9:12am, 4 November "+
			"2026 (Analyst): A ward was closed." {
			t.Errorf("found %q", got)
		}
		if got := words(doc.Find(".nhsuk-notification-banner__heading")); got != "The extract of 2 November 2026 counts now." {
			t.Errorf("found %q", got)
		}
		if w := s.ask(http.MethodGet, page+"/decision", nil, wordAs, "analyst"); w.Code != http.StatusConflict {
			t.Errorf("the decision is asked again: %d", w.Code)
		}
	})
}
