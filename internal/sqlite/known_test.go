package sqlite_test

import (
	"maps"
	"path/filepath"
	"testing"
	"time"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
	"homeward/internal/measure"
	"homeward/internal/people"
)

// A past moment has the notes that stood on the charts then, with those that
// were withdrawn since and without those that came later (C15).
func TestAsKnownNotes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	who := person(people.Analyst, people.ProviderSide, trust)
	day := func(n int) time.Time { return time.Date(2026, 3, n, 9, 0, 0, 0, time.UTC) }
	for n, words := range map[int]string{2: "Home first team started", 6: "Winter ward closed"} {
		id, err := dated(d.Store, day(n)).AddAnnotation(t.Context(), who, measure.Annotation{Day: delay.Date(2026, 3, n), Words: words})
		if err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			if err := dated(d.Store, day(8)).WithdrawAnnotation(t.Context(), who, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	for n, want := range map[int]string{1: "", 2: "Home first team started", 5: "Home first team started", 8: "Winter ward closed",
		9: "Winter ward closed"} {
		past, err := d.AsKnown(t.Context(), day(n), delay.Date(2026, 3, n))
		if err != nil {
			t.Fatal(err)
		}
		notes, err := past.Annotations(t.Context())
		if err != nil {
			t.Error(err)
		}
		got := ""
		for _, a := range notes {
			got += a.Words
		}
		if got != want {
			t.Errorf("C15 on %d March: %q, want %q", n, got, want)
		}
		if err := past.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Figures can be worked out again as they were known at any past moment, from
// what had been received by then (C15).
func TestAsKnown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e, b := d.given("E", delay.SocialCare), d.given("B", delay.NHS)
	type moment struct {
		at   time.Time
		days map[string]int64
	}
	var moments []moment
	note := func(at time.Time) {
		moments = append(moments, moment{at, d.days(measure.ByReason)})
	}
	received := func() time.Time { return time.Date(2026, 3, 30, 9, d.files, 0, 0, time.UTC) }
	d.extract("2026-03-01", &e, "2026-03-01")
	d.extract("2026-03-02", &e, "2026-03-01")
	note(received())
	d.extract("2026-03-05", &b, "2026-03-01")
	note(received())
	d.extract("2026-03-04", nil, "") // late, and lists nobody
	note(received())
	d.extract("2026-03-02", &b, "2026-03-01") // a re-send
	note(received())
	d.mustLog(logbook.Paused, "2026-03-31", "2026-03-05", nil, "")
	note(time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC))

	// A trust that is run from the log, too.
	p := d.patient("9990000026")
	_, _, err := dated(d.Store, time.Date(2026, 4, 1, 10, 0, 0, 0, time.UTC)).Log(t.Context(), person("coordinator", 1, "RZ9"),
		casework.NewEntry{
			Provider: "RZ9", NewPatient: &p, Kind: logbook.Opened, Made: delay.MustDay("2026-04-01"), Day: delay.MustDay("2026-03-28"),
			Given: e.Given, Outcome: e.Outcome, Ready: delay.MustDay("2026-03-28"), Place: ingest.Place{Ward: "1"},
		})
	if err != nil {
		t.Fatal(err)
	}
	d.verify()
	note(time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC))

	for i, m := range moments {
		past, err := d.AsKnown(t.Context(), m.at, delay.DayOf(m.at))
		if err != nil {
			t.Fatal(err)
		}
		now := d.Store
		d.Store = past.Store
		got := d.days(measure.ByReason)
		d.verify()
		d.Store = now
		if err := past.Close(); err != nil {
			t.Error(err)
		}
		if !maps.Equal(got, m.days) {
			t.Errorf("moment %d: got %v, then it was %v", i, got, m.days)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(d.dir, ".known-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
