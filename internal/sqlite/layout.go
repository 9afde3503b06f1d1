package sqlite

import (
	"context"

	"homeward/internal/audit"
	"homeward/internal/people"
)

// SaveLayout notes in the audit log that somebody saves a version of a layout, once
// keep has put the version among those that are kept. It is read by afterwards, so
// that no layout is in force that the log does not know.
func (s *Store) SaveLayout(ctx context.Context, by people.Actor, name, before, after string, keep func() error) error {
	return s.recorded(ctx, func(r *recording) error {
		if err := r.record(entry(by, audit.LayoutSaved, "layout "+name, before, after)); err != nil {
			return err
		}
		return keep()
	})
}
