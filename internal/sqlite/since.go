package sqlite

import (
	"context"
	"time"
)

// FirstReceived gives when the first extract arrived, zero when none has.
func (s *Store) FirstReceived(ctx context.Context) (time.Time, error) {
	var at int64
	err := s.read.QueryRowContext(ctx, `SELECT coalesce(min(received_at), 0) FROM file`).Scan(&at)
	return moment(at), err
}

// AnswersSince counts what people have entered, answered and accepted after a
// moment.
func (s *Store) AnswersSince(ctx context.Context, at time.Time) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, `
		SELECT
			(SELECT count(*) FROM log_entry WHERE made_at > ?1)
			+ (SELECT count(*) FROM agreement_event WHERE made_at > ?1)
			+ (SELECT count(*) FROM acceptance WHERE accepted_at > ?1)`, at.UnixMicro()).Scan(&n)
	return n, err
}
