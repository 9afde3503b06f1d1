package sqlite

import "testing"

// What is acknowledged is on the disk: every connection that writes syncs its
// commits. Only the copies of past moments, which are thrown away, do not.
func TestCommitsAreSynced(t *testing.T) {
	for want, options := range map[int][]Option{2: nil, 1: {disposable}} {
		s, err := Open(t.Context(), t.TempDir(), &DefaultSettings, options...)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for range 2 { // A pool may open another connection for the same purpose.
			var got int
			if err := s.write.QueryRowContext(t.Context(), `PRAGMA synchronous`).Scan(&got); err != nil || got != want {
				t.Errorf("synchronous is %d, want %d (%v)", got, want, err)
			}
			s.write.SetMaxIdleConns(0)
		}
	}
}
