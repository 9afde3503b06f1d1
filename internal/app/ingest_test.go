package app

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"homeward/data"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/synth"
)

// A command takes files in their order, whatever is read ahead; one that is not there
// any more is named in its turn, the same bytes again are known, and what was read ahead
// is not taken when the command is stopped.
func TestFilesAreTakenInTheirOrderAndStopBetweenTwo(t *testing.T) {
	dir, last := t.TempDir(), delay.MustDay("2026-11-03")
	example, err := fs.Sub(data.Examples, exampleNorthshire)
	if err == nil {
		err = copyFS(filepath.Join(dir, "data"), example)
	}
	if err == nil {
		err = synth.Write(t.Context(), dir, synth.Options{Seed: 1, From: last - 2, To: last, Beds: 20}, func(int, int) {})
	}
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), Options{Data: filepath.Join(dir, "data"), Now: func() time.Time { return last.Time().Add(33 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	paths, err := find([]string{filepath.Join(dir, "extracts")})
	if err != nil || len(paths) < 5 {
		t.Fatal(paths, err)
	}

	ctx, stop := context.WithCancel(t.Context())
	taken := 0
	status, err := a.ingestFiles(ctx, paths, func(r *ingest.Report) error {
		if taken++; taken == 2 {
			stop()
		}
		return nil
	})
	if status != ExitLess || !errors.Is(err, context.Canceled) || taken != 2 {
		t.Errorf("stopped after two files: status %d, %v, %d were taken", status, err, taken)
	}

	gone := filepath.Join(dir, "extracts", "gone.csv")
	all := append([]string{gone}, paths...)
	all = append(all, paths[4])
	var said []string
	status, err = a.ingestFiles(t.Context(), all, func(r *ingest.Report) error {
		said = append(said, r.File)
		want := ingest.Taking
		switch n := len(said) - 1; {
		case n == 0:
			want = ingest.Rejected
		case n == 1, n == 2, n == len(all)-1:
			want = ingest.Already
		}
		if r.Outcome != want {
			t.Errorf("file %d, %s, is %s, want %s: %s", len(said), r.File, r.Outcome, want, r.Reason)
		}
		return nil
	})
	if status != ExitLess || err != nil || len(said) != len(all) {
		t.Fatalf("status %d, %v, %d of %d files", status, err, len(said), len(all))
	}
	for i, path := range all {
		if said[i] != filepath.Base(path) {
			t.Errorf("file %d is %s, want %s", i+1, said[i], filepath.Base(path))
		}
	}
}
