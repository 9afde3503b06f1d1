package sqlite_test

import (
	"context"
	"errors"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/ingest"
)

// A file that is being taken in is stopped whole: nothing of it stands.
func TestATakeThatIsStoppedLeavesNothing(t *testing.T) {
	d := newDesk(t)
	ctx, stop := context.WithCancel(t.Context())
	b := &ingest.Batch{Provider: trust, File: ingest.File{Name: "stopped", SHA256: [32]byte{9}},
		Extracts: []ingest.Extract{{Date: delay.MustDay("2026-03-30")}}}
	err := d.Take(ctx, b, func(ingest.Taken) ([]byte, error) {
		stop()
		return []byte("{}"), nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the take ended with %v, not as stopped", err)
	}
	if _, known, err := d.Known(t.Context(), b.File.SHA256); err != nil || known {
		t.Errorf("the file is known: %v, %v", known, err)
	}
	// The next one finds the database free.
	if err := d.Take(t.Context(), b, func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
		t.Error(err)
	}
}
