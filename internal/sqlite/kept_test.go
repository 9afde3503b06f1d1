package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/sqlite"
)

// wantKept fails when readers who share what was kept of moments before are told
// anything else than the database says now (C15). Called after every write it sees what
// a write did not name.
func wantKept(t fataler, s *sqlite.Store) {
	ctx := context.Background()
	held, err := s.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	from, to := delay.MustDay("2026-01-10"), delay.MustDay("2026-04-20")
	same := func(what string, q measure.Query, ask func(*sqlite.Store) (any, error)) {
		got, err := ask(held.Store)
		if err != nil {
			t.Fatal(err)
		}
		want, err := ask(s)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("C15: kept %s by %v of %+v are\n%+v\nnot\n%+v", what, q.By, q.Filter, got, want)
		}
	}
	for _, q := range []measure.Query{
		{By: []measure.Dimension{measure.ByDay}},
		{By: []measure.Dimension{measure.ByMonth, measure.ByProvider, measure.ByResponsible, measure.ByReason, measure.ByCare, measure.ByCouncil,
			measure.ByState, measure.ByPathway}},
		{By: []measure.Dimension{measure.ByWeek, measure.ByReason}, Filter: measure.Filter{Bodies: []delay.Body{delay.NHS}}},
		{Filter: measure.Filter{Providers: []string{"RZ1"}}},
		{By: []measure.Dimension{measure.ByProvider, measure.ByDay}, Filter: measure.Filter{Councils: []delay.Council{councilA}}},
	} {
		q.From, q.To = from, to
		same("days", q, func(s *sqlite.Store) (any, error) { return s.Cells(ctx, q) })
		same("events", q, func(s *sqlite.Store) (any, error) { return s.Events(ctx, q) })
		same("days of long waits", q, func(s *sqlite.Store) (any, error) { return s.LongDays(ctx, q, 3) })
		same("waits", q, func(s *sqlite.Store) (any, error) { return s.Spells(ctx, q) })
	}
	same("extracts", measure.Query{}, func(s *sqlite.Store) (any, error) { return s.ProviderDays(ctx, 0, to) })
}

// What is too much to be kept, or does not fit where it is, is read from the database.
func TestCountsThatAreNotKeptAreRead(t *testing.T) {
	for name, spoil := range map[string]func(*sql.DB, *sqlite.Snapshot) error{
		"one row too many": func(_ *sql.DB, held *sqlite.Snapshot) error {
			held.KeepCounts(0)
			return nil
		},
		"5,000 people on one day": func(db *sql.DB, _ *sqlite.Snapshot) error {
			_, err := db.Exec(`UPDATE month_count SET days = days + 5000 - d03, d03 = 5000; UPDATE moment SET turn = turn + 1`)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			now, dir := morning, t.TempDir()
			s := openDated(t, dir, &now)
			if err := s.Take(t.Context(), one(start), receipt); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite3", filepath.Join(dir, sqlite.FileName))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			before, err := s.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			err = spoil(db, before)
			if gone := before.Close(); err != nil || gone != nil {
				t.Fatal(err, gone)
			}
			wantKept(t, s)
			held, err := s.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer held.Close()
			if _, err := held.Cells(t.Context(), measure.Query{From: start, To: start + 9}); err != nil || held.CountsKept() {
				t.Errorf("kept: %t, %v", held.CountsKept(), err)
			}
		})
	}
}

// After more has changed than is read one by one, all is read once, not by every
// question.
func TestAfterManyChangesAllIsReadOnce(t *testing.T) {
	now := morning
	s := openDated(t, t.TempDir(), &now)
	q := measure.Query{From: start - 3, To: start + 9}
	events := func() *sqlite.Snapshot {
		t.Helper()
		held, err := s.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := held.Events(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = held.Close() })
		return held
	}
	if err := s.Take(t.Context(), one(start), receipt); err != nil {
		t.Fatal(err)
	}
	first := events()
	for n := range sqlite.ManyChanged + 1 {
		b := one(start)
		b.Provider, b.File.SHA256[0], b.File.SHA256[1] = fmt.Sprintf("RX%02d", n), byte(n), 1
		b.Patients[0].Hash[1], b.Patients[0].Reference = byte(n+1), fmt.Sprintf("HW-X%02d", n)
		if err := s.Take(t.Context(), b, receipt); err != nil {
			t.Fatal(err)
		}
	}
	second := events()
	if a, b := first.RangesKept(), second.RangesKept(); a != 1 || b != 1 {
		t.Errorf("%d and %d ranges are kept", a, b)
	}
	wantKept(t, s)
}
