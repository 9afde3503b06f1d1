package ingest

import (
	"runtime/debug"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/extract"
)

// Whatever a file says of people who wait tells its reading from others, so that rows
// are taken out of it only where the others read as before (R13).
func TestR13DigestTellsReadingsApart(t *testing.T) {
	t.Parallel()
	batch := func(change func(b *Batch, e *Extract, s *Statement)) [32]byte {
		b := &Batch{Provider: "RZ1", Patients: make([]Patient, 2), Locals: []Local{{}, {}}, Givens: make([]Given, 2),
			Places: []Place{{Ward: "a"}, {Ward: "b"}}, Statements: make([]Statement, 1), Extracts: make([]Extract, 1)}
		b.Patients[1].Hash[0], b.Locals[0].Hash[0], b.Locals[1].Hash[0], b.Givens[1].Words.Reason = 1, 1, 2, "x"
		b.Extracts[0].Listings = []Listing{{}}
		change(b, &b.Extracts[0], &b.Statements[0])
		return digest(b)
	}
	seen := map[[32]byte]string{}
	for what, change := range map[string]func(*Batch, *Extract, *Statement){
		"nothing":      func(*Batch, *Extract, *Statement) {},
		"provider":     func(b *Batch, _ *Extract, _ *Statement) { b.Provider = "RZ2" },
		"date":         func(_ *Batch, e *Extract, _ *Statement) { e.Date = delay.Date(2026, 3, 1) },
		"doubt":        func(_ *Batch, e *Extract, _ *Statement) { e.Doubt = "x" },
		"unlike":       func(_ *Batch, e *Extract, _ *Statement) { e.Unlike = extract.Unlike{Fields: []string{"x"}} },
		"read":         func(_ *Batch, e *Extract, _ *Statement) { e.Read = 1 },
		"kept":         func(_ *Batch, e *Extract, _ *Statement) { e.Kept = 1 },
		"quarantined":  func(_ *Batch, e *Extract, _ *Statement) { e.Quarantined = 1 },
		"excluded":     func(_ *Batch, e *Extract, _ *Statement) { e.Excluded = 1 },
		"a row less":   func(_ *Batch, e *Extract, _ *Statement) { e.Listings = nil },
		"line":         func(_ *Batch, e *Extract, _ *Statement) { e.Listings[0].Line = 1 },
		"patient":      func(_ *Batch, _ *Extract, s *Statement) { s.Patient = 1 },
		"local":        func(_ *Batch, _ *Extract, s *Statement) { s.Local = 1 },
		"other local":  func(_ *Batch, _ *Extract, s *Statement) { s.Local = 2 },
		"given":        func(_ *Batch, _ *Extract, s *Statement) { s.Given = 1 },
		"place":        func(_ *Batch, _ *Extract, s *Statement) { s.Place = 1 },
		"ready":        func(_ *Batch, _ *Extract, s *Statement) { s.Ready = 1 },
		"discharged":   func(_ *Batch, _ *Extract, s *Statement) { s.Discharged = 1 },
		"admitted":     func(_ *Batch, _ *Extract, s *Statement) { s.Admitted = 1 },
		"two extracts": func(b *Batch, _ *Extract, _ *Statement) { b.Extracts = append(b.Extracts, Extract{}) },
		"two batches":  func(b *Batch, _ *Extract, _ *Statement) { b.Also = []*Batch{{}} },
	} {
		sum := batch(change)
		if was, ok := seen[sum]; ok {
			t.Errorf("%s and %s are the same reading", what, was)
		}
		if seen[sum] = what; sum != batch(change) {
			t.Errorf("%s: not the same twice", what)
		}
	}
}

// Whoever asks first that memory is collected sooner may be done first or last.
func TestSpare(t *testing.T) {
	was := debug.SetGCPercent(77)
	defer debug.SetGCPercent(was)
	first := Spare()
	second := Spare()
	first()
	first() // Once is enough.
	if is := debug.SetGCPercent(spared); is != spared {
		t.Errorf("%d percent while one still asks", is)
	}
	second()
	if is := debug.SetGCPercent(77); is != 77 {
		t.Errorf("%d percent when all are done", is)
	}
}
