package sqlite

import (
	"context"
	"database/sql"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/delay"
)

// Queues is how much waits, and how old what came last is.
type Queues struct {
	// Held are extracts that are held, Disputes parts of delays in dispute, Outbox what
	// waits to be sent.
	Held, Disputes, Outbox int64
	// Latest is the newest extract date that counts, by the provider's code; Received
	// when a file of it that was taken came last.
	Latest   map[string]delay.Day
	Received map[string]time.Time
}

// Queues counts what waits.
func (s *Store) Queues(ctx context.Context) (Queues, error) {
	q := Queues{Latest: map[string]delay.Day{}, Received: map[string]time.Time{}}
	// The states are those of the index of what is not settled.
	err := s.read.QueryRowContext(ctx, `
		SELECT
			(SELECT count(*) FROM standing WHERE held_extract <> 0),
			(SELECT count(*) FROM segment WHERE state IN (0, 2, 4) AND state = ?),
			(SELECT count(*) FROM delivery WHERE ended_at = 0)`, agreement.Disputed).Scan(&q.Held, &q.Disputes, &q.Outbox)
	if err != nil {
		return q, err
	}
	return q, eachRow(ctx, s.read, `
		SELECT v.code, coalesce((
				SELECT s.extract_date
				FROM standing s
				WHERE s.provider_id = v.provider_id AND s.counted_extract <> 0
				ORDER BY s.extract_date DESC
				LIMIT 1), 0), coalesce((
				SELECT f.received_at
				FROM file f
				WHERE f.file_id = (SELECT max(e.file_id) FROM extract e WHERE e.provider_id = v.provider_id)), 0)
		FROM provider v`, func(rows *sql.Rows) error {
		var code string
		var latest delay.Day
		var received int64
		if err := rows.Scan(&code, &latest, &received); err != nil {
			return err
		}
		if latest != 0 {
			q.Latest[code] = latest
		}
		if received != 0 {
			q.Received[code] = moment(received)
		}
		return nil
	})
}
