package ingest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"homeward/internal/extract"
	"homeward/internal/identity"
	"homeward/internal/problem"
)

// What a receipt does not list is counted: by the reader that left it out, and
// by the receipt's own bound; warnings count whether they are listed or not.
func TestR1WhatIsNotListedIsCounted(t *testing.T) {
	var groups extract.Groups
	var all []extract.Problem
	for i := range MaxProblems + 5 {
		p := extract.Problem{Severity: extract.Warned, Rule: "R3", Line: i + 2,
			Found: fmt.Sprintf("a council of no list, %d", i), Expected: "a council", Do: "Ask."}
		groups.Add(p)
		if i > 6 { // The reader left the others out.
			all = append(all, p)
		}
	}
	r := &Report{}
	r.problems(all, 7, &groups)
	if len(r.Problems)+r.MoreProblems != MaxProblems+5 || len(r.Problems) > MaxProblems {
		t.Errorf("%d are listed and %d more, want %d together", len(r.Problems), r.MoreProblems, MaxProblems+5)
	}
	if r.Warnings != MaxProblems+5 {
		t.Errorf("%d warnings, want %d", r.Warnings, MaxProblems+5)
	}
}

// refusing reads a file that is turned away with more problems than it lists.
type refusing struct{}

func (refusing) Read(context.Context, string, io.ReadSeeker, func(*extract.Row) error) (*extract.Summary, error) {
	return &extract.Summary{Problems: []extract.Problem{{Severity: extract.Quarantined, Rule: "R2"}}, MoreProblems: 41},
		problem.New(problem.Invalid, "This file is not understood.")
}

func (refusing) Fingerprints() []string { return nil }

type noStore struct{}

func (noStore) Known(context.Context, [32]byte) ([]byte, bool, error)           { return nil, false, nil }
func (noStore) Take(context.Context, *Batch, func(Taken) ([]byte, error)) error { return nil }
func (noStore) Reject(context.Context, File, []byte) error                      { return nil }

func TestR1ARejectedFileCountsWhatItDoesNotList(t *testing.T) {
	key, err := identity.NewKey(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{Reader: refusing{}, Store: noStore{}, Key: key, Now: time.Now, Spool: t.TempDir()}
	r, err := s.File(t.Context(), "a.csv", strings.NewReader("x"))
	if err != nil || r.Outcome != Rejected || r.MoreProblems != 41 || len(r.Problems) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Rows of one pair of numbers at two providers in turn are one patient of each, and
// the words that were remembered of the other's never stand for them (R12).
func TestR12ThePairOfNumbersIsAPatientOfEachProvider(t *testing.T) {
	g := &gathering{service: &Service{}}
	for i := range int32(40) {
		for _, provider := range []string{"RZ2", "RZ1"} {
			of := g.of(provider)
			// Each provider has met another number of people before.
			if provider == "RZ1" && i == 0 {
				of.who(&extract.Row{NHSNumber: "9434765919"})
			}
			row := &extract.Row{Who: 1 + i%4, NHSNumber: fmt.Sprintf("943476%04d", i%4), LocalID: fmt.Sprintf("L%d", i%4)}
			patient, local := of.who(row)
			want, wantLocal := of.patient(identity.Patient{NHSNumber: row.NHSNumber, LocalID: row.LocalID})
			if patient != want || local != wantLocal || of.patients[patient].NHSNumber != row.NHSNumber {
				t.Fatalf("row %d of %s is of patient %d (%d beside), want %d (%d)", i, provider, patient, local, want, wantLocal)
			}
		}
	}
	if a, b := len(g.of("RZ1").patients), len(g.of("RZ2").patients); a != 5 || b != 4 {
		t.Errorf("%d and %d patients, want 5 and 4", a, b)
	}
}
