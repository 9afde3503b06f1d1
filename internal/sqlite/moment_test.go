package sqlite_test

import (
	"time"

	"homeward/internal/sqlite"
)

// dated gives the store for records of a moment that a test needs.
func dated(s *sqlite.Store, at time.Time) *sqlite.Store {
	return s.Backdated(func() time.Time { return at })
}
