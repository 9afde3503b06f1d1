package sqlite_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"homeward/internal/attribution"
	"homeward/internal/audit"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
	"homeward/internal/measure"
	"homeward/internal/sqlite"
)

// dated gives the store for records of a moment that a test needs.
func dated(s *sqlite.Store, at time.Time) *sqlite.Store {
	return s.Backdated(func() time.Time { return at })
}

// fixedClock gives a clock that a test sets.
func fixedClock(at *time.Time) sqlite.Option {
	return sqlite.WithClock(func() time.Time { return *at })
}

func openDated(t *testing.T, dir string, at *time.Time) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), dir, &neverShort, fixedClock(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// one is an extract of the day with one patient who was ready two days before.
func one(day delay.Day) *ingest.Batch {
	b := &ingest.Batch{Provider: "RZ1", File: ingest.File{Name: day.String() + ".csv", SHA256: sha256.Sum256([]byte(day.String()))},
		Patients: []ingest.Patient{{Reference: "HW-1", LocalID: []byte("sealed")}}, Places: []ingest.Place{{Ward: "Ash"}},
		Givens: []ingest.Given{{Given: attribution.Given{Reason: "A", Council: councilA, Care: delay.Acute},
			Outcome: attribution.Outcome{Body: delay.NHS, Rule: "A2", RuleSet: "england-dtoc", Version: "1"}}},
		Statements: []ingest.Statement{{Ready: start - 2}},
		Extracts:   []ingest.Extract{{Date: day, Read: 1, Kept: 1, Listings: []ingest.Listing{{Line: 2}}}}}
	b.Patients[0].Hash[0] = 1
	return b
}

func delayedDays(t *testing.T, s *sqlite.Store) (n int64) {
	t.Helper()
	cells, err := s.Cells(t.Context(), measure.Query{From: start - 10, To: start + 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		n += c.Days
	}
	return n
}

// knownDays gives the delayed days as they were known.
func knownDays(t *testing.T, s *sqlite.Store, at time.Time) int64 {
	t.Helper()
	past, err := s.AsKnown(t.Context(), at, delay.DayOf(at))
	if err != nil {
		t.Fatal(err)
	}
	defer past.Close()
	return delayedDays(t, past.Store)
}

func TestC15RecordsAreDatedInTheirTransaction(t *testing.T) {
	t.Run("a clock that stands still or goes back dates no record before another", func(t *testing.T) {
		now, dir := morning, t.TempDir()
		s := openDated(t, dir, &now)
		other := openDated(t, dir, &now) // another process
		for i := range 6 {
			if err := []*sqlite.Store{s, other}[i%2].Record(t.Context(), audit.Entry{Who: "x", What: audit.Edited}); err != nil {
				t.Fatal(err)
			}
			now = now.Add(-time.Hour * time.Duration(i%3))
		}
		events, err := s.AuditEvents(t.Context(), audit.Filter{})
		if err != nil || len(events) != 6 {
			t.Fatal(len(events), err)
		}
		for i := 1; i < len(events); i++ { // The newest comes first.
			if !events[i-1].At.After(events[i].At) {
				t.Errorf("entry %d is of %s, the one before of %s", events[i-1].Number, events[i-1].At, events[i].At)
			}
		}
	})
	t.Run("a moment that is looked back to waits for what is being stored, and stays", func(t *testing.T) {
		now, dir := morning, t.TempDir()
		s, other := openDated(t, dir, &now), openDated(t, dir, &now)
		if err := s.Take(t.Context(), one(start), receipt); err != nil {
			t.Fatal(err)
		}
		now = morning.Add(time.Hour)
		at := now.Add(time.Second)
		storing, looked := make(chan struct{}), make(chan int64)
		go func() {
			<-storing
			looked <- knownDays(t, other, at)
		}()
		if err := s.Take(t.Context(), one(start+1), func(ingest.Taken) ([]byte, error) {
			close(storing) // Dated, and not yet committed.
			time.Sleep(200 * time.Millisecond)
			return []byte("{}"), nil
		}); err != nil {
			t.Fatal(err)
		}
		first := <-looked
		// What comes while the clock still stands there is later.
		if err := other.Take(t.Context(), one(start+2), receipt); err != nil {
			t.Fatal(err)
		}
		if again := knownDays(t, s, at); first != again || first != 2 {
			t.Errorf("the moment showed %d days and then %d, want 2 (of the extracts that were dated by then)", first, again)
		}
		if n := delayedDays(t, s); n != 3 {
			t.Errorf("%d days now, want 3", n)
		}
	})
	t.Run("C17 the day that the log reaches later is not found at an earlier moment", func(t *testing.T) {
		d := newDesk(t)
		now := time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC)
		d.Store = d.Backdated(func() time.Time { return now })
		given := d.given("E", delay.SocialCare)
		in := casework.NewEntry{Kind: logbook.Opened, Made: delay.MustDay("2026-03-01"), Day: delay.MustDay("2026-02-20"),
			Ready: delay.MustDay("2026-02-20"),
			Given: given.Given, Outcome: given.Outcome, Provider: trust}
		p := d.patient("9990000018")
		in.NewPatient = &p
		now = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		if _, _, err := d.Log(t.Context(), coordinator, in); err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC)
		before := knownAt(t, d.Store, at)
		now = time.Date(2026, 3, 2, 5, 5, 0, 0, time.UTC)
		if err := d.ExtendLog(t.Context(), delay.MustDay("2026-03-02")); err != nil {
			t.Fatal(err)
		}
		if after := knownAt(t, d.Store, at); after != before || before == 0 {
			t.Errorf("the night showed %d days and after the job %d", before, after)
		}
		learnt, err := d.Learnt(t.Context())
		if err != nil || !learnt.Equal(now) {
			t.Errorf("learnt at %s, want %s (%v)", learnt, now, err)
		}
		if linked := knownAt(t, d.Store, learnt); linked != before+1 {
			t.Errorf("the link of now shows %d days, want %d", linked, before+1)
		}
	})
}

// knownAt is knownDays of the desk's year.
func knownAt(t *testing.T, s *sqlite.Store, at time.Time) (n int64) {
	t.Helper()
	past, err := s.AsKnown(t.Context(), at, delay.DayOf(at))
	if err != nil {
		t.Fatal(err)
	}
	defer past.Close()
	cells, err := past.Cells(t.Context(), measure.Query{From: delay.MustDay("2026-01-01"), To: delay.MustDay("2026-12-31")})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		n += c.Days
	}
	return n
}

func TestC15SnapshotsAreOfOneMoment(t *testing.T) {
	now, dir := morning, t.TempDir()
	s, other := openDated(t, dir, &now), openDated(t, dir, &now)
	if err := s.Take(t.Context(), one(start), receipt); err != nil {
		t.Fatal(err)
	}
	held, at, err := s.SnapshotAt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	learnt, err := held.Learnt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// homeward ingest beside homeward serve.
	if err := other.Take(t.Context(), one(start+1), receipt); err != nil {
		t.Fatal(err)
	}
	if n := delayedDays(t, held.Store); n != 1 {
		t.Errorf("the snapshot has %d days, want 1", n)
	}
	if again, err := held.Learnt(t.Context()); err != nil || !again.Equal(learnt) {
		t.Errorf("the snapshot learnt something at %s (%v)", again, err)
	}
	if n := knownDays(t, s, at); n != 1 {
		t.Errorf("looking back to the snapshot's moment shows %d days, want 1", n)
	}
	if n := delayedDays(t, s); n != 2 {
		t.Errorf("the store has %d days, want 2", n)
	}
	if again, err := held.Snapshot(t.Context()); err != nil || delayedDays(t, again.Store) != 1 {
		t.Errorf("a snapshot of a snapshot is of another moment (%v)", err)
	}
	if err := held.Record(t.Context(), audit.Entry{Who: "x", What: audit.Edited}); err == nil {
		t.Error("a snapshot was written")
	}
	for range 2 {
		if err := held.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Run("they are let go with their context, so that readers do not run out", func(t *testing.T) {
		for range 3 * sqlite.ReadersAtMost {
			ctx, cancel := context.WithCancel(t.Context())
			if _, err := s.Snapshot(ctx); err != nil {
				t.Fatal(err)
			}
			cancel()
		}
	})
}
