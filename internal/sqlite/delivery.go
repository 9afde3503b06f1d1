package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"
)

// The kinds and states of a delivery, in the words of the packs page.
const (
	ByMail     = "mail"
	IntoFolder = "folder"

	DeliveryWaiting = "Waiting"
	DeliverySent    = "Sent"
	DeliveryNotSent = "Not sent"
)

// Delivery is one pack on its way to one address or folder.
type Delivery struct {
	ID                 int64
	Pack, Kind, Target string
	State              string
	Attempts           int
	// Made, Next and Ended are moments in UTC; Ended is zero while it waits.
	Made, Next, Ended time.Time
	// Message is a sentence about the latest attempt, which may be empty.
	Message string
}

// AddDeliveries puts a pack in the outbox for each target of a kind. What is
// there already stays as it is, so that a pack goes to each once.
func (s *Store) AddDeliveries(ctx context.Context, pack, kind string, targets []string, at time.Time) error {
	return s.aside(ctx, func(tx *sql.Tx) error {
		for _, target := range targets {
			if _, err := tx.ExecContext(ctx, `
				INSERT INTO delivery (pack, kind, target, state, made_at, next_at)
				VALUES (?1, ?2, ?3, ?4, ?5, ?5)
				ON CONFLICT DO NOTHING`, pack, kind, target, DeliveryWaiting, at.UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}

// waitsAtMost is more than any delivery waits for its next attempt.
const waitsAtMost = 48 * time.Hour

// DueDeliveries gives what waits and is to be tried by a moment, oldest first. What
// would wait for longer than anything does was put off by a clock that has been set
// back since, and is due.
func (s *Store) DueDeliveries(ctx context.Context, at time.Time) ([]Delivery, error) {
	return s.deliveries(ctx, `ended_at = 0 AND next_at NOT BETWEEN ?1 + 1 AND ?1 + `+
		strconv.FormatInt(waitsAtMost.Microseconds(), 10), at.UnixMicro())
}

// Deliveries gives all deliveries of a pack, or with an empty ID of every pack,
// in the order in which they were made.
func (s *Store) Deliveries(ctx context.Context, pack string) ([]Delivery, error) {
	return s.deliveries(ctx, `?1 IN ('', pack)`, pack)
}

func (s *Store) deliveries(ctx context.Context, which string, arg any) ([]Delivery, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT delivery_id, pack, kind, target, state, attempts, made_at, next_at, ended_at, message
		FROM delivery
		WHERE `+which+`
		ORDER BY delivery_id`, arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Delivery
	for rows.Next() {
		var d Delivery
		var made, next, ended int64
		if err := rows.Scan(&d.ID, &d.Pack, &d.Kind, &d.Target, &d.State, &d.Attempts, &made, &next, &ended, &d.Message); err != nil {
			return nil, err
		}
		d.Made, d.Next, d.Ended = moment(made), moment(next), moment(ended)
		out = append(out, d)
	}
	return out, rows.Err()
}

// EndDelivery notes that a delivery's attempt at a moment was its last: it is
// Sent, or Not sent.
func (s *Store) EndDelivery(ctx context.Context, id int64, state string, at time.Time, message string) error {
	return s.aside(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE delivery
			SET state = ?, ended_at = ?, message = ?, attempts = attempts + 1
			WHERE delivery_id = ?`, state, at.UnixMicro(), message, id)
		return err
	})
}

// DelayDelivery notes that a delivery was tried and is to be tried again at
// next.
func (s *Store) DelayDelivery(ctx context.Context, id int64, next time.Time, message string) error {
	return s.aside(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE delivery
			SET next_at = ?, message = ?, attempts = attempts + 1
			WHERE delivery_id = ? AND ended_at = 0`, next.UnixMicro(), message, id)
		return err
	})
}

// PackCheck is the latest comparison of a kept pack with a second rendering.
type PackCheck struct {
	At      time.Time
	Same    bool
	Message string
}

// SavePackCheck keeps a comparison in place of the one before.
func (s *Store) SavePackCheck(ctx context.Context, pack string, c PackCheck) error {
	return s.aside(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO pack_check (pack, checked_at, same, message)
			VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET checked_at = excluded.checked_at, same = excluded.same, message = excluded.message`,
			pack, c.At.UnixMicro(), c.Same, c.Message)
		return err
	})
}

// PackCheckOf gives the latest comparison of a pack; ok is false when there has
// been none.
func (s *Store) PackCheckOf(ctx context.Context, pack string) (c PackCheck, ok bool, err error) {
	var at int64
	err = s.read.QueryRowContext(ctx, `
		SELECT checked_at, same, message
		FROM pack_check
		WHERE pack = ?`, pack).Scan(&at, &c.Same, &c.Message)
	if errors.Is(err, sql.ErrNoRows) {
		return c, false, nil
	}
	c.At = moment(at)
	return c, err == nil, err
}

// aside is inTx for rows that no figure depends on: readers are not told that
// figures changed.
func (s *Store) aside(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return busy(err)
	}
	if err := f(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return busy(err)
	}
	return nil
}
