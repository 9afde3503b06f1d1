package sqlite_test

import (
	"context"
	"errors"
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
	// Five snapshots are open already, and a ninth would wait for one.
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

// What is too long to be kept is read by all who ask side by side, and whoever waits
// for what another reads stops with the request.
func TestLongRangesAreReadSideBySide(t *testing.T) {
	now := morning
	s := openDated(t, t.TempDir(), &now)
	if err := s.Take(t.Context(), one(start), receipt); err != nil {
		t.Fatal(err)
	}
	held, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	q := measure.Query{From: start - 3, To: start + 9}
	waits := 0
	held.KeepWaits(0)
	if err := held.EachWait(t.Context(), q, func() { waits++ }); err != nil || waits == 0 {
		t.Fatalf("%d waits, %v", waits, err)
	}

	// Each goes on at its first wait when the other is at its own.
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	var both, all sync.WaitGroup
	both.Add(2)
	met := make(chan struct{})
	go func() { both.Wait(); close(met) }()
	for range 2 {
		other, err := s.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		all.Go(func() {
			seen := 0
			err := other.EachWait(ctx, q, func() {
				if seen++; seen > 1 {
					return
				}
				both.Done()
				select {
				case <-met:
				case <-ctx.Done():
				}
			})
			if err != nil || seen != waits {
				t.Errorf("%d of %d waits, %v", seen, waits, err)
			}
		})
	}
	all.Wait()

	defer held.HoldWaits()()
	late, stop := context.WithCancel(t.Context())
	stop()
	if err := held.EachWait(late, q, func() { t.Error("a wait was read") }); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever waits got %v", err)
	}
}
