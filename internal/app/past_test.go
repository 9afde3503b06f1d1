package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

// remembering is Northshire with ten extracts, each received at nine on the
// morning after its day.
func remembering(t *testing.T) (northshire, *app.App, func(day int) time.Time) {
	t.Helper()
	n := newNorthshire(t)
	var now time.Time
	a, err := app.Open(t.Context(), app.Options{Data: n.data(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	received := func(day int) time.Time { return time.Date(2026, 3, day+1, 9, 0, 0, 0, a.London) }
	for day := 1; day <= 10; day++ {
		now = received(day)
		d := delay.Date(2026, 3, day)
		text := strings.ReplaceAll(northgate(d.String(), 1, 12), ","+(d-2).String()+",", ",2026-02-20,")
		if _, err := a.Ingest.File(t.Context(), "RZ1_"+d.String()+".csv", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	now = time.Date(2026, 4, 1, 12, 0, 0, 0, a.London)
	return n, a, received
}

func pastsOnDisk(t *testing.T, dir string) int {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, ".known-*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestC15LookingBack(t *testing.T) {
	t.Parallel()
	n, a, received := remembering(t)
	days := func(at time.Time) int64 {
		t.Helper()
		past, done, err := a.LookBack(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		table, err := measure.Figures(t.Context(), past, measure.Query{From: delay.MustDay("2026-03-01"), To: delay.MustDay("2026-03-31")},
			[]measure.Number{measure.Days})
		if err != nil {
			t.Fatal(err)
		}
		return table.Total
	}
	for day := 1; day <= 10; day++ {
		if got, want := days(received(day)), int64(12*day); got != want {
			t.Errorf("with the extract of %d March just in: %d days, want %d", day, got, want)
		}
		if got := pastsOnDisk(t, n.data()); got > 2 {
			t.Fatalf("%d past moments are kept on the disk", got)
		}
	}

	// Twenty readers of one moment share one copy.
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			_, done, err := a.LookBack(t.Context(), received(5))
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(20 * time.Millisecond)
			done()
			done() // Twice is safe.
		})
	}
	wait.Wait()
	if got := pastsOnDisk(t, n.data()); got > 2 {
		t.Errorf("%d past moments are kept on the disk", got)
	}

	// What is in use is not taken away, and there is a bound.
	var held []func()
	for day := 1; day <= 4; day++ {
		_, done, err := a.LookBack(t.Context(), received(day))
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, done)
	}
	if _, _, err := a.LookBack(t.Context(), received(9)); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("a fifth moment at once: %v", err)
	}
	for _, done := range held {
		done()
	}
	if got := days(received(9)); got != 12*9 {
		t.Errorf("afterwards %d days", got)
	}

	for name, at := range map[string]time.Time{"a moment to come": received(40), "before the first extract": received(1).Add(-time.Second)} {
		if _, _, err := a.LookBack(t.Context(), at); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if got := pastsOnDisk(t, n.data()); got != 0 {
		t.Errorf("%d past moments stay on the disk after the end", got)
	}
	if _, _, err := a.LookBack(t.Context(), received(5)); err == nil {
		t.Error("a closed folder looks back")
	}
}

// A process that was killed leaves its copies; the next start removes them, but
// not what a command may be using now.
func TestPastsLeftBehindAreRemoved(t *testing.T) {
	t.Parallel()
	n, a, _ := remembering(t)
	old, fresh := filepath.Join(n.data(), ".known-1"), filepath.Join(n.data(), ".known-2")
	for dir, at := range map[string]time.Time{old: a.Options.Now().Add(-25 * time.Hour), fresh: a.Options.Now().Add(-time.Hour)} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(dir, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.SweepPasts(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("an old copy stays")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("a copy of today was removed")
	}
}

// The same moment gives the same bytes, whatever has arrived since.
func TestC15CommandsLookBack(t *testing.T) {
	skipShort(t)
	t.Parallel()
	n, a, received := remembering(t)
	at := received(5).Format("2006-01-02T15:04")
	dir := filepath.Join(n.dir, "pack")
	all := func() string {
		t.Helper()
		out := must(t, "figures", "--data", n.data(), "--from", "2026-03", "--to", "2026-03", "--by", everyBreakdown, "--format", "csv",
			"--as-known-at", at) +
			must(t, "delays", "--data", n.data(), "--as-known-at", at)
		must(t, "render", "--data", n.data(), "--out", dir, "--as-known-at", at)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			out += e.Name() + string(text)
		}
		return out
	}
	before := all()
	if !strings.Contains(before, `"held_at": "2026-03-06T09:00:00Z"`) || !strings.Contains(before, `"data_as_at": "2026-03-05"`) {
		t.Error("the pack is of another moment")
	}
	if _, err := a.Ingest.File(t.Context(), "RZ1_2026-03-03.csv", strings.NewReader(northgate("2026-03-03", 3, 30))); err != nil {
		t.Fatal(err)
	}
	if all() != before {
		t.Error("what arrived since has changed what was known")
	}
	if status, _, errs := run(t, "delays", "--data", n.data(), "--as-known-at", at, "--identifiers"); status != app.ExitUsage ||
		!strings.Contains(errs, "past moments") {
		t.Errorf("P2 identifiers of the past: %d %s", status, errs)
	}
	for _, args := range [][]string{{"figures", "--from", "2026-03", "--to", "2026-03"}, {"delays"}, {"render", "--out", dir}} {
		if status, out, errs := run(t, append(args, "--data", n.data(), "--as-known-at", "2099-01-01")...); status != app.ExitUsage ||
			!strings.Contains(errs, "1 January 2099 is not over yet") || out != "" {
			t.Errorf("C15: %s of a moment that is not over: %d %s%s", args[0], status, out, errs)
		}
	}
	if status, _, errs := run(t, "render", "--data", n.data(), "--out", dir, "--as-known-at", "last week"); status != app.ExitUsage ||
		!strings.Contains(errs, "last week") {
		t.Errorf("a time that is none: %d %s", status, errs)
	}
}
