package app_test

import (
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/people"
)

// closeNow closes March 2026 as it stands at a moment.
func closeNow(t testing.TB, dir string, now time.Time, provider string) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Data: dir, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	by := people.Actor{Kind: people.APerson, Email: "director@example.org", Grant: people.Grant{Role: people.Director,
		Side: people.ProviderSide, Codes: []string{provider}}}
	if err := a.CloseNow(t.Context(), by, delay.MonthOf(2026, time.March)); err != nil {
		t.Fatal(err)
	}
}

// A month that was closed before two trusts merged stays as it was closed, and
// shows the merger itself as no revision: what a former code had stands beside
// its successor's figures. What does change has its cause, and the causes add up.
func TestFormerlyLeavesClosedMonthsAlone(t *testing.T) {
	t.Parallel()
	dir := merging(t, "", false)
	must(t, append([]string{"ingest", "--data", dir}, mergedFiles(t, false)...)...)
	closeNow(t, dir, time.Now(), "RWV")
	merging(t, dir, true)
	must(t, "ingest", "--data", dir, mergedFiles(t, false)[0])

	d := newCloseDesk(t, dir, "", time.Now())
	if text := string(d.frozen("2026-03")); !strings.Contains(text, "RZY") {
		t.Error("C15: what was closed names RZY no more")
	}
	// The history reaches back before RWV's first extract now (C9): three days of
	// who was ready then.
	sums := map[string]string{}
	for _, r := range table(t, d.get(people.Viewer, "/agreement/close/2026-03.csv?part=revisions")) {
		sums[r["figure"]] += r["as_closed"] + " " + r["now"] + " " + r["difference"] + " " + r["cause"] + ";"
		if strings.Contains(r["figure"], "Old Trust") || strings.Contains(r["figure"], "RZY") {
			t.Errorf("C19: a figure of the former code: %v", r)
		}
	}
	if got, want := sums["Delayed days"], "24 27 3 rules or settings that have changed;"; got != want {
		t.Errorf("the revision is %q, want %q", got, want)
	}
}
