package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"homeward/internal/ingest"
)

// SentAnswer gives what was answered to a key since a moment; known is false when
// nothing was.
func (s *Store) SentAnswer(ctx context.Context, key [32]byte, since time.Time) (a ingest.SentAnswer, known bool, err error) {
	var sum []byte
	err = s.read.QueryRowContext(ctx, `
		SELECT sha256, status, answer FROM sent_answer WHERE key_hash = ? AND sent_at >= ?`, key[:], since.UnixMicro()).
		Scan(&sum, &a.Status, &a.Answer)
	if errors.Is(err, sql.ErrNoRows) {
		return a, false, nil
	}
	copy(a.Sum[:], sum)
	return a, err == nil, err
}

// KeepSentAnswer keeps what was answered to a key at a moment, and lets go of what
// was answered before another.
func (s *Store) KeepSentAnswer(ctx context.Context, key [32]byte, a ingest.SentAnswer, at, before time.Time) error {
	// Without inTx, which would tell readers that figures changed.
	if _, err := s.write.ExecContext(ctx, `DELETE FROM sent_answer WHERE sent_at < ?`, before.UnixMicro()); err != nil {
		return busy(err)
	}
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO sent_answer (key_hash, sha256, status, answer, sent_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET sha256 = excluded.sha256, status = excluded.status, answer = excluded.answer, sent_at = excluded.sent_at`,
		key[:], a.Sum[:], a.Status, string(a.Answer), at.UnixMicro())
	if err != nil {
		return busy(err)
	}
	return nil
}
