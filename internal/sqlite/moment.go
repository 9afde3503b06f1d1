package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// clock dates what the store records.
type clock struct {
	now func() time.Time
	// told dates records as the clock says, even before what is there.
	told bool
}

// Option is a choice of how a database is opened.
type Option func(*Store)

// WithClock gives the clock that dates records; without it that is time.Now.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.clock.now = now } }

// Backdated gives the store for records that are made up: they are dated as the
// clock says, whatever stands there already. It is for a demonstration, which
// makes up a past, and for tests; what is real is never dated by hand.
func (s *Store) Backdated(now func() time.Time) *Store {
	out := *s
	out.clock = clock{now: now, told: true}
	return &out
}

// stamp gives the moment of what a write transaction records. It is taken while
// the transaction holds the only right to write, and is later than every moment
// that was given before, in whichever process and whatever the machine's clock
// says: so what was known at a moment never changes afterwards (C15). Moments
// are kept to the microsecond.
func (s *Store) stamp(ctx context.Context, tx *sql.Tx) (time.Time, error) {
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT at FROM moment`).Scan(&last); err != nil {
		return time.Time{}, fmt.Errorf("the moment of a record: %w", err)
	}
	at := s.clock.now().UnixMicro()
	if !s.clock.told {
		at = max(at, last+1)
	}
	if at > last {
		if _, err := tx.ExecContext(ctx, `UPDATE moment SET at = ?`, at); err != nil {
			return time.Time{}, err
		}
	}
	return moment(at), nil
}

// Moment gives the moment up to which what is known is complete: nothing that
// comes later is dated at or before it.
func (s *Store) Moment(ctx context.Context) (time.Time, error) {
	var last int64
	err := s.read.QueryRowContext(ctx, `SELECT at FROM moment`).Scan(&last)
	return moment(last), err
}

// settle makes what is dated up to at complete: what is written from now on is
// dated later.
func (s *Store) settle(ctx context.Context, at time.Time) error {
	if last, err := s.Moment(ctx); err != nil || !at.After(last) {
		return err
	}
	return s.inTxOn(ctx, s.write, whatIsDerived, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE moment SET at = max(at, ?)`, at.UnixMicro())
		return err
	})
}
