package app_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/identity"
	"homeward/internal/received"
	"homeward/internal/signin"
	"homeward/internal/sqlite"
)

// opensAll reads every received file of a data folder and gives the number.
func opensAll(t testing.TB, a *app.App) int {
	t.Helper()
	all, err := a.Received.After("")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		o, err := a.Received.OpenEntry(e)
		if err != nil {
			t.Errorf("one of %s: %v", e.At, err)
			continue
		}
		if _, err := io.Copy(io.Discard, o); errors.Join(err, o.Close()) != nil {
			t.Errorf("%s: %v", o.Name, err)
		}
	}
	return len(all)
}

func openApp(t testing.TB, o app.Options) *app.App {
	t.Helper()
	a, err := app.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// A rotation seals the received files anew, and one that was cut off after the
// database took the new key is finished at the next start.
func TestARotationSealsReceivedFilesAnew(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	key := filepath.Join(n.data(), app.KeyFile)
	for _, day := range []string{"2026-03-10", "2026-03-11"} {
		must(t, "ingest", "--data", n.data(), n.file("RZ1_"+day+".csv", northgate(day, 1, 30)))
	}
	old, err := identity.LoadOrCreate(key, false)
	if err != nil {
		t.Fatal(err)
	}
	// Cut off: the database and the key file are new, the files are not.
	a := openApp(t, app.Options{Data: n.data()})
	if err := a.Store.Owe(t.Context(), sqlite.Resealing, true); err != nil {
		t.Fatal(err)
	}
	if err := signin.KeyRotate(t.Context(), a.Store, key, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b := openApp(t, app.Options{Data: n.data()})
	if n := opensAll(t, b); n != 2 {
		t.Errorf("half-way %d files open, want 2", n)
	}
	if left, err := b.Received.Foreign(); err != nil || left != 2 {
		t.Errorf("%d are sealed with the former key, %v", left, err)
	}
	if err := b.TakeAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := b.Received.Foreign(); err != nil || left != 0 {
		t.Errorf("after the start %d are sealed with the former key, %v", left, err)
	}
	if err := errors.Join(b.Close(), os.Remove(key+signin.FormerKey)); err != nil {
		t.Fatal(err)
	}
	// Whole, by the command.
	must(t, "key", "rotate", "--data", n.data())
	if err := os.Remove(key + signin.FormerKey); err != nil {
		t.Fatal(err)
	}
	d := openApp(t, app.Options{Data: n.data()})
	if n := opensAll(t, d); n != 2 {
		t.Errorf("%d files open, want 2", n)
	}
	if left, err := received.New(filepath.Join(n.data(), app.ReceivedFolder), old, nil).Foreign(); err != nil || left != 2 {
		t.Errorf("%d of 2 are not the first key's, %v", left, err)
	}
	if owed, err := d.Store.Owes(t.Context(), sqlite.Resealing); err != nil || owed {
		t.Errorf("it is still owed: %v", err)
	}
	must(t, "verify", "--data", n.data())
}

// Received files go when their period ends, counted from their receipt or from
// their newest extract; clear copies of what was turned away after a month.
func TestReceivedFilesArePurged(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	now := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	a := openApp(t, app.Options{Data: n.data(), Now: clock})
	if _, err := a.TakeInbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"RZ1_2026-03-10.csv": northgate("2026-03-10", 1, 30),
		"RZ1_2026-03-12.csv": northgate("2026-03-12", 1, 30), "rota.csv": "who,when\n"} {
		path := filepath.Join(n.data(), app.InboxFolder, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, now.Add(-time.Hour),
			now.Add(-time.Hour))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.TakeInbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	rejected := func() int { return len(found(t, filepath.Join(n.data(), app.RejectedFolder), ".csv")) }
	want := func(sealed, clear int) {
		t.Helper()
		n, err := a.PurgeReceived(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := opensAll(t, a); got != sealed || rejected() != clear {
			t.Errorf("on %s, having deleted %d, %d are sealed and %d lie in clear, want %d and %d", now.Format(time.DateOnly), n,
				got, rejected(), sealed, clear)
		}
	}
	want(3, 1)
	now = now.AddDate(0, 0, 31)
	want(3, 0)
	if left := found(t, filepath.Join(n.data(), app.RejectedFolder), ".report.json"); len(left) != 1 {
		t.Errorf("the receipts are %v", left)
	}
	now = time.Date(2034, 3, 11, 9, 30, 0, 0, time.UTC) // Eight years and a day after the first extract.
	want(2, 0)
	now = now.AddDate(0, 0, 4)
	want(0, 0)
	if got := n.days("2026-03-11", "2026-03-11"); !strings.Contains(got, "30") {
		t.Errorf("figures stay: %s", got)
	}
}
