package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"
)

// ReadersAtMost bounds the connections that read, and as many again that hold a
// snapshot: each may keep 8 MiB of pages. Whoever comes then waits for one.
// Two pools, so that whoever holds a snapshot and asks something beside it
// never waits for others who do the same.
const ReadersAtMost = 8

// Snapshot is the store as of one moment: whatever is written meanwhile, by
// this process or another, all its answers are of that moment. Read it like any
// Store; it cannot be written. Close it soon: the write-ahead log grows while it
// is open.
type Snapshot struct {
	*Store
	// conn goes back with the snapshot when it was taken before.
	conn *sql.Conn
}

// Snapshot gives the store as it is now. It ends with ctx at the latest.
func (s *Store) Snapshot(ctx context.Context) (*Snapshot, error) {
	if s.held != nil {
		return &Snapshot{Store: s}, nil // It is of one moment already.
	}
	tx, err := s.snapshots.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return s.snapshot(ctx, tx)
}

// snapshot gives the store as a transaction that begins now sees it.
func (s *Store) snapshot(ctx context.Context, tx *sql.Tx) (*Snapshot, error) {
	// The moment of a read transaction is that of its first reading.
	turn, err := readTurn(ctx, tx)
	if err != nil {
		return nil, errors.Join(err, ignoreDone(tx.Rollback()))
	}
	out := *s
	out.read, out.held, out.write, out.sharing = tx, tx, unwritable, s.shared.of(turn)
	return &Snapshot{Store: &out}, nil
}

// SnapshotAt gives the store as it is now, and the moment that this is: what is
// in the snapshot is dated before it, and what comes later is dated after it, so
// that looking back to the moment shows the same for ever (C15).
func (s *Store) SnapshotAt(ctx context.Context) (held *Snapshot, at time.Time, err error) {
	// Whoever has the right to write never waits for a connection, which others
	// may hold who wait for that right.
	conn, err := s.snapshots.Conn(ctx)
	if err != nil {
		return nil, at, err
	}
	err = s.inTxOn(ctx, s.write, whatIsDerived, func(tx *sql.Tx) error {
		reading, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if held, err = s.snapshot(ctx, reading); err != nil {
			return err
		}
		at, err = s.stamp(ctx, tx)
		return err
	})
	if err != nil {
		if held != nil {
			err = errors.Join(err, held.Close())
		}
		return nil, at, errors.Join(err, conn.Close())
	}
	held.conn = conn
	return held, at, nil
}

// Close lets the snapshot go. Closing it again does nothing.
func (s *Snapshot) Close() error {
	err := ignoreDone(s.held.Rollback())
	if s.conn != nil {
		if gone := s.conn.Close(); !errors.Is(gone, sql.ErrConnDone) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// atOnce gives a read transaction, for answers that need several queries of one
// moment, and what to call when it has served: the snapshot's own in a snapshot.
func (s *Store) atOnce(ctx context.Context) (*sql.Tx, func(), error) {
	if s.held != nil {
		return s.held, func() {}, nil
	}
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	return tx, func() { _ = tx.Rollback() }, nil // Nothing was written.
}

// unwritable is where a snapshot would write to.
var unwritable = sql.OpenDB(unwritableDriver{})

type unwritableDriver struct{}

var errUnwritable = errors.New("a snapshot of the database cannot be written")

func (unwritableDriver) Connect(context.Context) (driver.Conn, error) { return nil, errUnwritable }
func (unwritableDriver) Driver() driver.Driver                        { return unwritableDriver{} }
func (unwritableDriver) Open(string) (driver.Conn, error)             { return nil, errUnwritable }
