package sqlite_test

import (
	"testing"
	"time"

	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/sqlite"
)

func TestDeliveries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, _ := openJobs(t, dir)
	ctx := t.Context()
	add := func(pack string, targets ...string) {
		t.Helper()
		if err := store.AddDeliveries(ctx, pack, sqlite.ByMail, targets, morning); err != nil {
			t.Fatal(err)
		}
	}
	add("2026-11-04", "a@example.org", "b@example.org")
	add("2026-11-04", "a@example.org", "c@example.org") // a is there already
	due, err := store.DueDeliveries(ctx, morning)
	if err != nil || len(due) != 3 || due[0].Target != "a@example.org" || due[0].State != sqlite.DeliveryWaiting ||
		!due[0].Made.Equal(morning) {
		t.Fatalf("due are %+v, %v", due, err)
	}
	if err := store.EndDelivery(ctx, due[0].ID, sqlite.DeliverySent, morning.Add(time.Minute), ""); err != nil {
		t.Fatal(err)
	}
	if err := store.DelayDelivery(ctx, due[1].ID, morning.Add(time.Hour), "The mail server does not answer."); err != nil {
		t.Fatal(err)
	}
	// What was sent is never sent again, in another process neither.
	add("2026-11-04", "a@example.org")
	if err := store.DelayDelivery(ctx, due[0].ID, morning, "x"); err != nil {
		t.Fatal(err)
	}
	again, _ := openJobs(t, dir)
	if now, err := again.DueDeliveries(ctx, morning.Add(30*time.Minute)); err != nil || len(now) != 1 || now[0].Target != "c@example.org" {
		t.Errorf("due half an hour later are %+v, %v", now, err)
	}
	if now, err := again.DueDeliveries(ctx, morning.Add(time.Hour)); err != nil || len(now) != 2 || now[0].Attempts != 1 {
		t.Errorf("due an hour later are %+v, %v", now, err)
	}
	add("2026-11-05", "a@example.org")
	if all, err := store.Deliveries(ctx, "2026-11-04"); err != nil || len(all) != 3 || all[0].State != sqlite.DeliverySent ||
		!all[0].Ended.Equal(morning.Add(time.Minute)) {
		t.Errorf("of the pack are %+v, %v", all, err)
	}
	if all, err := store.Deliveries(ctx, ""); err != nil || len(all) != 4 {
		t.Errorf("of all packs are %+v, %v", all, err)
	}
}

func TestPackChecks(t *testing.T) {
	t.Parallel()
	store, _ := openJobs(t, t.TempDir())
	if _, ok, err := store.PackCheckOf(t.Context(), "2026-11-04"); ok || err != nil {
		t.Errorf("an unchecked pack: %t, %v", ok, err)
	}
	for _, want := range []sqlite.PackCheck{{At: morning, Message: "One file differs."},
		{At: morning.Add(time.Hour), Same: true, Message: "Every file is the same."}} {
		if err := store.SavePackCheck(t.Context(), "2026-11-04", want); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := store.PackCheckOf(t.Context(), "2026-11-04"); !ok || err != nil || got != want {
			t.Errorf("got %+v, %t, %v, want %+v", got, ok, err, want)
		}
	}
}

func TestWhatCameSince(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if at, err := d.FirstReceived(t.Context()); err != nil || !at.IsZero() {
		t.Errorf("C15 an empty store first received at %s, %v", at, err)
	}
	d.extract("2026-03-01", nil, "")
	d.extract("2026-03-02", nil, "")
	at, err := d.FirstReceived(t.Context())
	if err != nil || at.IsZero() {
		t.Errorf("C15 first received at %s, %v", at, err)
	}
	if n, days, err := d.AnswersSince(t.Context(), at); err != nil || n != 0 || len(days) != 0 {
		t.Errorf("C15 %d answers of %v, %v", n, days, err)
	}
	e := d.given("E", delay.SocialCare)
	d.extract("2026-03-03", &e, "2026-03-01")
	d.mustLog(logbook.Paused, "2026-03-31", "2026-03-05", nil, "")
	n, days, err := d.AnswersSince(t.Context(), at)
	if err != nil || n != 1 || len(days) != 1 || days[0].First != delay.MustDay("2026-03-05") || days[0].Last < delay.MustDay("2100-01-01") {
		t.Errorf("C15 %d answers of %v, %v", n, days, err)
	}
	if n, days, err := d.AnswersSince(t.Context(), time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)); err != nil || n != 0 || len(days) != 0 {
		t.Errorf("C15 nothing was said after that, but %d answers of %v, %v", n, days, err)
	}
}
