package sqlite_test

import (
	"testing"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/sqlite"
)

// A code may list people after its last day. Whoever the provider listed too has
// then no day of that code's calendar to be missed on, and the provider's next
// extract ends their wait, however long after their last listing (C5, C10).
func TestC10AnExtractEndsTheWaitOfWhomAFormerCodeListedTooLate(t *testing.T) {
	t.Parallel()
	first := delay.MustDay("2026-01-28")
	// file gives an extract of day i that lists people, all ready before it.
	file := func(provider string, i delay.Day, people ...int) dayFile {
		f := dayFile{provider: provider, day: first + i}
		for _, p := range people {
			f.rows = append(f.rows, row{person: p, nhs: true, local: true, ready: first - 3, given: 1})
		}
		return f
	}
	merged := lenient
	merged.Formerly = []sqlite.Former{{Code: "RZ1", Into: "RZ2", Until: first + 2}}
	s, err := sqlite.Open(t.Context(), t.TempDir(), &merged)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, f := range []dayFile{
		file("RZ1", 0), file("RZ2", 1, 0), file("RZ1", 4, 0, 1), file("RZ1", 6, 1), file("RZ2", 8, 1), file("RZ2", 7, 1),
	} {
		f.number = i + 1
		if err := s.Take(t.Context(), f.batch(), func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
			t.Fatal(err)
		}
		v, err := s.Verify(t.Context())
		if err != nil || len(v.Differences) > 0 {
			t.Errorf("C10: after %s of %s verify says %v, %q", f.provider, f.day, err, v.Differences)
		}
	}
}
