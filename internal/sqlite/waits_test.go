package sqlite_test

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"homeward/internal/measure"
	"homeward/internal/sqlite"
)

// Pages that are looked at while nothing is written share what was read for one of
// them. Whatever is written, by another process too, ends that, and who holds an older
// moment goes on with it (C15).
func TestC15WhatPagesShareIsOfOneMoment(t *testing.T) {
	now, dir := morning, t.TempDir()
	s, other := openDated(t, dir, &now), openDated(t, dir, &now)
	q := measure.Query{From: start - 3, To: start + 9, By: []measure.Dimension{measure.ByDay, measure.ByCouncil}}
	snapshot := func() *sqlite.Snapshot {
		t.Helper()
		held, err := s.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = held.Close() })
		return held
	}
	events := func(s *sqlite.Store) []measure.Event {
		t.Helper()
		out, err := s.Events(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if err := s.Take(t.Context(), one(start), receipt); err != nil {
		t.Fatal(err)
	}
	first, second := snapshot(), snapshot()
	was := events(first.Store)
	if !sqlite.KeptTogether(first, second) || !reflect.DeepEqual(events(second.Store), was) {
		t.Errorf("two pages of one moment share nothing, or differ: %+v and %+v", events(second.Store), was)
	}
	// Signing in changes no figure.
	if err := s.Sessions().CommitCtx(t.Context(), "a", []byte("b"), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if third := snapshot(); !sqlite.KeptTogether(second, third) {
		t.Error("a session ended what pages share")
	}

	if err := other.Take(t.Context(), one(start+1), receipt); err != nil {
		t.Fatal(err)
	}
	later := snapshot()
	is := events(later.Store)
	if sqlite.KeptTogether(later, first) || reflect.DeepEqual(is, was) || !reflect.DeepEqual(is, events(s)) {
		t.Errorf("after a file was taken a page shows %+v, the store %+v, a page of before %+v", is, events(s), was)
	}
	if !reflect.DeepEqual(events(first.Store), was) || !reflect.DeepEqual(events(second.Store), was) {
		t.Error("pages of before changed")
	}
	if next := snapshot(); !sqlite.KeptTogether(later, next) {
		t.Error("the next page shares nothing with the one before")
	}

	// Many at once read it once, and all see the same.
	if err := s.Take(t.Context(), one(start+2), receipt); err != nil {
		t.Fatal(err)
	}
	want := events(s)
	var all sync.WaitGroup
	for range sqlite.ReadersAtMost - 5 {
		held := snapshot()
		for range 4 {
			all.Go(func() {
				if got, err := held.Events(t.Context(), q); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("one of many sees %+v, %v; want %+v", got, err, want)
				}
			})
		}
	}
	all.Wait()
}
