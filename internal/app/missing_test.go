package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/people"
)

// ask asks a site for an address as whoever has the cookie.
func ask(site http.Handler, method, target, cookie string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, "http://127.0.0.1:8080"+target, nil)
	r.Header.Set("Cookie", cookie)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

// What was due and is not in is named each morning: on the page of jobs, by mail
// once a day to each, in the bar of every page and in the calendar. Days of which
// a hospital sends none are not missed.
func TestMissingExtractsAreRaised(t *testing.T) {
	t.Parallel()
	office, port := openPost(t)
	n := newNorthshire(t)
	path := filepath.Join(n.data(), app.PartnershipFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(text), "    layout: northgate-csv\n",
		"    layout: northgate-csv\n    expected_days: [mon, tue, wed, thu, fri]\n", 1)
	edited += fmt.Sprintf("\nmail: {host: 127.0.0.1, port: %d, security: none, from: homeward@northshire.example, "+
		"address: \"https://homeward.northshire.example\", missing_to: [data@northshire.example], missing_at: \"08:00\"}\n", port)
	if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 18, 6, 30, 0, 0, london)
	a := openApp(t, app.Options{Data: n.data(), Now: func() time.Time { return now }})
	take := func(name, text string) {
		t.Helper()
		if _, err := a.Ingest.File(t.Context(), name, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	take("RZ1_2026-11-17.csv", northgate("2026-11-17", 1, 20))
	now = time.Date(2026, 11, 19, 6, 30, 0, 0, london)
	take("RZ1_2026-11-18.csv", northgate("2026-11-18", 1, 20))
	now = now.Add(5 * time.Hour)
	take("RZ1_2026-11-18_v2.csv", northgate("2026-11-18", 2, 20))
	now = time.Date(2026, 11, 20, 6, 30, 0, 0, london)
	take("RZ1_2026-12-19.csv", northgate("2026-12-19", 1, 20)) // a day that is to come
	now = time.Date(2026, 11, 22, 8, 0, 0, 0, london)          // a Sunday

	jobs, err := a.JobsForTests()
	if err != nil {
		t.Fatal(err)
	}
	run := func(job, want string) {
		t.Helper()
		said, err := jobs[job](t.Context())
		if err != nil || !strings.Contains(said, want) {
			t.Errorf("%s says %q, %v; want %q", job, said, err, want)
		}
	}
	const friday = "Northgate NHS Trust: the extract for 20 November 2026 has not arrived. The latest is of 18 November 2026; " +
		"2 days are missing in this fortnight."
	run("missing", friday)
	run("missing", friday)
	run("deliver", "Sent 1")
	run("deliver", "Nothing waits")
	if got := office.letters["data@northshire.example"]; len(got) != 1 || !strings.Contains(strings.ReplaceAll(got[0], "=\r\n", ""),
		"20 November 2026") || !strings.Contains(got[0], "/extracts/calendar") || strings.Contains(got[0], "L0000") {
		t.Errorf("the mail is %q", got)
	}

	site, signIn := a.Site(t, nil, people.Viewer)
	cookie := signIn(people.Viewer)
	get := func(target string) string {
		t.Helper()
		w := ask(site, http.MethodGet, target, cookie)
		if w.Code != http.StatusOK {
			t.Fatalf("%s answers %d: %s", target, w.Code, w.Body)
		}
		return w.Body.String()
	}
	calendar := get("/extracts/calendar.csv?from=2026-11-16&to=2026-11-22&provider=RZ1")
	for day, want := range map[string]string{"2026-11-16": "Not due", "2026-11-17": "In", "2026-11-18": `"Late, corrected"`,
		"2026-11-19": `"Missing, a file rejected"`, "2026-11-20": "Missing", "2026-11-21": "Not due"} {
		if !strings.Contains(calendar, day+","+want+",") {
			t.Errorf("%s is not %s in:\n%s", day, want, calendar)
		}
	}
	if page := get("/extracts/calendar"); !strings.Contains(page, strings.Replace(friday, "in this fortnight", "in the days shown", 1)) ||
		!strings.Contains(page, "Monday, Tuesday, Wednesday, Thursday, Friday, by 7am the morning after") {
		t.Error("the calendar does not say what is missing, or what is expected")
	}
	if w := ask(site, http.MethodGet, "/extracts/calendar?from=2024-01-01&to=2026-01-01", cookie); w.Code != http.StatusBadRequest {
		t.Errorf("two years answer %d", w.Code)
	}

	// All has come before the mail could be sent: there is nothing to tell.
	now = time.Date(2026, 11, 23, 8, 0, 0, 0, london)
	run("missing", friday)
	take("RZ1_2026-11-20.csv", northgate("2026-11-20", 1, 20))
	run("missing", "Every hospital's latest extract is in.")
	run("deliver", "Sent 1")
	if got := office.letters["data@northshire.example"]; len(got) != 1 {
		t.Errorf("what has come was told all the same: %q", got)
	}
}
