package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// HasFile says whether a file with these bytes is on record, whatever became of
// it.
func (s *Store) HasFile(ctx context.Context, sum [32]byte) (bool, error) {
	var has bool
	err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM file WHERE sha256 = ?)`, sum[:]).Scan(&has)
	return has, err
}

// ReceivedMark gives the place, in the order of receipt, up to which everything
// that was received is known to be on record; empty when nothing is known.
func (s *Store) ReceivedMark(ctx context.Context) (string, error) {
	var mark []byte
	err := s.read.QueryRowContext(ctx, `SELECT value FROM kept WHERE name = 'received mark'`).Scan(&mark)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return string(mark), err
}

// SetReceivedMark notes that place.
func (s *Store) SetReceivedMark(ctx context.Context, mark string) error {
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO kept (name, value) VALUES ('received mark', ?)
		ON CONFLICT DO UPDATE SET value = excluded.value`, []byte(mark))
	if err != nil {
		return busy(err)
	}
	return nil
}
