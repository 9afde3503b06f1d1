package app_test

import (
	"os"
	"path/filepath"
	"slices"
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

// A former code's file that comes after the month was closed, for a day on which
// its successor sent too, is the cause of what it changes: not what later extracts
// say of the day.
func TestFormerlyLateFileIsACause(t *testing.T) {
	t.Parallel()
	files := mergedFiles(t, false)
	at := slices.IndexFunc(files, func(f string) bool { return strings.HasSuffix(f, "RZY_20260331.csv") })
	late := files[at]
	text := strings.NewReplacer("RZY01", "RWV01", "RZY", "RWV").Replace(string(must2(os.ReadFile(late))))
	headings, _, _ := strings.Cut(text, "\n")
	own := filepath.Join(t.TempDir(), "MHS_RWV_20260331.csv")
	row := "\n2026-03-31,RWV,RWV01,Oak,N7,,1951-05-17,2026-01-05,2026-03-28,,A2,04,913\n"
	if err := os.WriteFile(own, []byte(headings+row), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := merging(t, "", true)
	must(t, append([]string{"ingest", "--data", dir, own}, slices.Delete(slices.Clone(files), at, at+1)...)...)
	closeNow(t, dir, time.Now(), "RWV")
	// Addresses name whole seconds: this one begins after the first file came.
	before := time.Now().Truncate(time.Second).Add(time.Second)
	time.Sleep(time.Until(before))
	must(t, "ingest", "--data", dir, late)

	d := newCloseDesk(t, dir, "", time.Now())
	var causes []string
	for _, r := range table(t, d.get(people.Viewer, "/agreement/close/2026-03.csv?part=revisions")) {
		if r["figure"] == "Delayed days" {
			causes = append(causes, r["difference"]+" "+r["cause"])
		}
	}
	if want := []string{"1 extracts that arrived later"}; !slices.Equal(causes, want) {
		t.Errorf("the revision is put down to %q, want %q", causes, want)
	}
	page := d.page(people.Viewer, "/agreement/close/2026-03")
	if got := page.Find("#revisions-table tbody tr").First().Text(); !strings.Contains(got, "(RZY)") {
		t.Errorf("the cause does not name the code: %q", got)
	}
	known := before.UTC().Format("2006-01-02T15:04:05Z")
	page = d.page(people.Viewer, "/trends?measure=M02&from=2026-03-23&to=2026-04-05&known="+known)
	if got := page.Find("#differences").Text(); !strings.Contains(got, "extracts that arrived later") || !strings.Contains(got, "(RZY)") {
		t.Errorf("C15 what has changed since is put down to %q", got)
	}
}
