package sqlite_test

import (
	"testing"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/sqlite"
)

// What is stored after each file is what the evidence gives, where one of two
// codes was the other's before and both send (C10).
func TestC10FilesOfMergedCodesTouchWhomTheyCanChange(t *testing.T) {
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
	for _, c := range []struct {
		name  string
		until delay.Day // the last day of which RZ1 speaks
		files []dayFile
	}{
		{"C5 listed after the last day of the code, and by both", 2, []dayFile{
			file("RZ1", 0), file("RZ2", 1, 0), file("RZ1", 4, 0, 1), file("RZ1", 6, 1), file("RZ2", 8, 1), file("RZ2", 7, 1),
		}},
		{"C19 listed by one on the day that ends the other's own delay", 9, []dayFile{
			file("RZ1", 0, 0), file("RZ2", 0), file("RZ2", 1, 0), file("RZ2", 3, 0), file("RZ2", 4), file("RZ1", 5, 0), file("RZ2", 5, 0),
			file("RZ2", 6, 0), file("RZ1", 3),
		}},
		{"C9 listed after days of which another speaks first", -2, []dayFile{
			file("RZ2", -5), file("RZ1", 5, 0), file("RZ2", 6, 0), file("RZ2", -1), file("RZ2", 1),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			merged := lenient
			merged.Formerly = []sqlite.Former{{Code: "RZ1", Into: "RZ2", Until: first + c.until}}
			s, err := sqlite.Open(t.Context(), t.TempDir(), &merged)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for i, f := range c.files {
				f.number = i + 1
				if err := s.Take(t.Context(), f.batch(), func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
					t.Fatal(err)
				}
				v, err := s.Verify(t.Context())
				if err != nil || len(v.Differences) > 0 {
					t.Errorf("C10: after %s of %s verify says %v, %q", f.provider, f.day, err, v.Differences)
				}
			}
		})
	}
}
