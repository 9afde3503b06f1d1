package sqlite

import (
	"context"

	"homeward/internal/audit"
	"homeward/internal/people"
)

// SaveLayout notes in the audit log that somebody saves a version of a layout,
// and has write put it in its place: neither happens without the other.
func (s *Store) SaveLayout(ctx context.Context, by people.Actor, name, before, after string, write func() error) error {
	return s.recorded(ctx, func(r *recording) error {
		if err := r.record(entry(by, audit.LayoutSaved, "layout "+name, before, after)); err != nil {
			return err
		}
		return write()
	})
}
