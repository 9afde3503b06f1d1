package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/ingest"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// hands is a clock that a test sets.
type hands struct{ at time.Time }

func (h *hands) now() time.Time { return h.at }

func (h *hands) set(t *testing.T, words string) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, words)
	if err != nil {
		t.Fatal(err)
	}
	h.at = at
}

// Whatever the clock does between the files, they keep the order in which they came,
// in the database and among the sealed ones: so the same extract counts (C11), also
// once the database is lost and they are taken in again.
func TestC11ClockJumpsBetweenFiles(t *testing.T) {
	t.Parallel()
	type arrival struct{ at, name, text string }
	files := []arrival{
		{"2026-03-28T23:59:59Z", "RZ1_2026-03-27.csv", northgate("2026-03-27", 1, 30)},
		{"2026-03-29T02:30:00Z", "RZ1_2026-03-28.csv", northgate("2026-03-28", 1, 29)},
		// Set back by a year in the night of summer time: the correction still comes last.
		{"2025-03-29T06:00:00Z", "RZ1_2025-03-28.csv", northgate("2025-03-28", 1, 30)},
		{"2026-03-28T23:00:00Z", "RZ1_2026-03-28 corrected.csv", northgate("2026-03-28", 2, 28)},
		// Ahead by ten years, and right again.
		{"2036-03-30T07:00:00Z", "RZ1_2026-03-29.csv", northgate("2026-03-29", 2, 28)},
		{"2026-03-30T07:30:00Z", "RZ1_2026-03-29 corrected.csv", northgate("2026-03-29", 3, 27)},
		{"2026-10-25T00:30:00Z", "RZ1_2026-10-23.csv", northgate("2026-10-23", 3, 26)},
		{"2026-10-25T01:30:00Z", "RZ1_2026-10-24.csv", northgate("2026-10-24", 3, 25)},
	}
	figures := func(dir string) string {
		return must(t, "figures", "--data", dir, "--from", "2025-03", "--to", "2026-10", "--format", "csv")
	}
	steady := newNorthshire(t)
	for i, f := range files {
		// The same files in the same order by a clock that only goes on.
		at := time.Date(2026, 10, 25, 8, i, 0, 0, time.UTC)
		a := must2(app.Open(t.Context(), app.Options{Data: steady.data(), Now: func() time.Time { return at }}))
		_, err := a.Ingest.File(t.Context(), f.name, strings.NewReader(f.text))
		if err := errors.Join(err, a.Close()); err != nil {
			t.Fatal(err)
		}
	}
	want := figures(steady.data())

	n := newNorthshire(t)
	clock := &hands{}
	clock.set(t, files[0].at)
	a := must2(app.Open(t.Context(), app.Options{Data: n.data(), Now: clock.now}))
	early := filepath.Join(n.dir, "early")
	var sums []string
	for i, f := range files {
		clock.set(t, f.at)
		r, err := a.Ingest.File(t.Context(), f.name, strings.NewReader(f.text))
		if err != nil || r.Outcome != ingest.Taking {
			t.Fatalf("%s: %+v, %v", f.name, r, err)
		}
		sums = append(sums, r.SHA256)
		if i == 0 {
			// What a backup of that moment has.
			if err := os.CopyFS(early, os.DirFS(n.data())); err != nil {
				t.Fatal(err)
			}
		}
	}
	var last time.Time
	for i, sum := range sums {
		f, err := a.Store.File(t.Context(), sum)
		if err != nil || !f.Received.After(last) {
			t.Errorf("%s was received at %s, after %s, %v", files[i].name, f.Received, last, err)
		}
		last = f.Received
	}
	if kept := sealedSums(t, n.data()); !slices.Equal(kept, sums) {
		t.Errorf("the sealed files are in the order\n%q, want\n%q", kept, sums)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if got := figures(n.data()); got != want {
		t.Errorf("the figures are\n%s\nwant\n%s", got, want)
	}
	must(t, "verify", "--data", n.data())

	// The database of the first file, and the sealed ones of all.
	if err := errors.Join(os.RemoveAll(filepath.Join(early, app.ReceivedFolder)),
		os.CopyFS(filepath.Join(early, app.ReceivedFolder), os.DirFS(filepath.Join(n.data(), app.ReceivedFolder)))); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Concat([]string{filepath.Join(early, app.KeyFile), filepath.Join(early, sqlite.AuditKeyName)},
		must2(filepath.Glob(filepath.Join(early, sqlite.FileName+"*")))) {
		if err := os.Chmod(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := must2(app.Open(t.Context(), app.Options{Data: early, Now: clock.now}))
	if err := errors.Join(b.TakeAgain(t.Context()), b.Close()); err != nil {
		t.Fatal(err)
	}
	if got := figures(early); got != want {
		t.Errorf("taken in again the figures are\n%s\nwant\n%s", got, want)
	}
}

// sealedSums gives the SHA-256 of the sealed files in the order of their names.
func sealedSums(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, app.ReceivedFolder, "*", "*.sealed"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	var out []string
	for _, path := range all {
		_, sum, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".sealed"), "-")
		out = append(out, sum)
	}
	return out
}

// A date in the future is turned away (R9), by the day of London also in the hours
// around midnight in summer, and where the clock was set back the receipt says so.
func TestR9ADateInTheFutureAndTheClock(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	clock := &hands{}
	clock.set(t, "2026-07-10T09:00:00Z")
	a := openApp(t, app.Options{Data: n.data(), Now: clock.now})
	for _, c := range []struct {
		at, day string
		outcome ingest.Outcome
		words   string
	}{
		{"2026-07-10T09:00:00Z", "2026-07-10", ingest.Taking, ""},
		{"2026-07-10T22:59:59Z", "2026-07-11", ingest.Rejected, "in the future"},
		{"2026-07-10T23:00:00Z", "2026-07-11", ingest.Taking, ""}, // Midnight in London.
		{"2026-07-11T09:00:00Z", "2027-07-11", ingest.Rejected, "in the future"},
		{"2026-03-29T00:59:59Z", "2026-03-29", ingest.Taking, ""}, // The hour before summer time begins.
		{"2025-07-12T09:00:00Z", "2026-07-12", ingest.Rejected, "clock may be wrong: it stands before what was recorded last, on 11 July 2026"},
		{"2026-07-13T09:00:00Z", "2026-07-12", ingest.Taking, ""}, // The same file, once the clock is right.
	} {
		clock.set(t, c.at)
		r, err := a.Ingest.File(t.Context(), "RZ1_"+c.day+".csv", strings.NewReader(northgate(c.day, 1, 20)))
		if err != nil || r.Outcome != c.outcome || !strings.Contains(r.Reason, c.words) || c.words == "in the future" &&
			strings.Contains(r.Reason, "clock") {
			t.Errorf("%s at %s is %s, %q, %v", c.day, c.at, r.Outcome, r.Reason, err)
		}
	}
}

// What cannot be undone is not done by a clock that leapt: identifiers stay, and open
// entries of the log are not counted up to a year that has not come. Somebody can
// run it.
func TestALeapOfTheClockDeletesNothing(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	must(t, "ingest", "--data", n.data(), n.file("RZ1_2026-03-09.csv", northgate("2026-03-09", 1, 30)))
	clock := &hands{at: time.Now()}
	a := openApp(t, app.Options{Data: n.data(), Now: clock.now})
	began := clock.at
	run := func(want string, asked bool) map[string]schedule.Status {
		t.Helper()
		jobs, _, status, err := a.SchedulerForTests()
		if err != nil {
			t.Fatal(err)
		}
		if err := jobs.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		out := map[string]schedule.Status{}
		look := func() bool {
			all, err := jobs.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			busy := false
			for _, s := range all {
				if strings.HasPrefix(s.Name, "pack-") {
					continue // Nothing draws here.
				}
				out[s.Name] = s
				busy = busy || s.Waits || s.Result == schedule.Running
			}
			return !busy
		}
		soon(t, time.Minute, "jobs that were missed end", look)
		if asked {
			for _, name := range []string{"retention", "log"} {
				if err := jobs.RunNow(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
			soon(t, time.Minute, "what was asked for ends", look)
		}
		found := status(t.Context())
		if i := slices.IndexFunc(found, func(c web.Check) bool { return c.Name == "Clock" }); !strings.Contains(found[i].Found, want) {
			t.Errorf("the status page says of the clock %+v, want %q", found[i], want)
		}
		if err := jobs.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, s := range run("in London.", false) {
		if s.Result == schedule.DidNotFinish {
			t.Errorf("at first %s did not finish: %s", name, s.Message)
		}
	}
	clock.at = began.AddDate(12, 0, 0)
	for name, s := range run("in London.", false) {
		refused := name == "retention" || name == "log"
		if refused != (s.Result == schedule.DidNotFinish) || refused && !strings.Contains(s.Message, "If the clock is right, run it") {
			t.Errorf("after a leap %s is %s: %s", name, s.Result, s.Message)
		}
	}
	if rows := must(t, "delays", "--data", n.data(), "--format", "csv"); rows == "" {
		t.Error("no rows")
	}
	clock.at = began.Add(time.Hour)
	run("before what was recorded last", false)
	clock.at = began.AddDate(0, 1, 0)
	for name, s := range run("before what was recorded last", true) {
		if s.Result == schedule.DidNotFinish {
			t.Errorf("asked for by somebody %s did not finish: %s", name, s.Message)
		}
	}
}
