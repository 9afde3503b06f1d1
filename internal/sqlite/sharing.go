package sqlite

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// keptFor is for how long nobody must have asked until what is shared is let go.
const keptFor = 10 * time.Minute

// turn is how often something was written that figures may depend on.
type turn struct {
	// now is the number of the last write, and everything that of the last write that
	// may concern any provider: a later one names the providers that it concerns.
	now, everything int64
}

// readTurn reads how far a transaction sees.
func readTurn(ctx context.Context, tx *sql.Tx) (t turn, err error) {
	err = tx.QueryRowContext(ctx, `SELECT turn, everything FROM moment`).Scan(&t.now, &t.everything)
	return t, err
}

// sharing is what the snapshots of one moment share.
type sharing struct {
	turn
	waits   *keptWaits
	counts  *keptCounts
	days    *keptDays
	answers *keptAnswers
}

// newSharing begins what is shared of a moment with what was kept of one before, nil for
// none.
func newSharing(t turn, before *sharing) *sharing {
	s := &sharing{t, newKeptWaits(), newKeptCounts(), newKeptDays(), newKeptAnswers()}
	s.waits.at, s.counts.at, s.days.at = t.now, t.now, t.now
	if before != nil && before.now >= t.everything {
		s.waits.goOn(before.waits)
		s.counts.goOn(before.counts)
		s.days.goOn(before.days)
	}
	return s
}

// changed gives the providers of whom something was derived again after a turn.
func changed(ctx context.Context, tx *sql.Tx, after int64) ([]int64, error) {
	var out []int64
	err := eachRow(ctx, tx, `SELECT provider_id FROM provider_turn WHERE turn > ?`, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	}, after)
	return out, err
}

// shared is what the snapshots of a store share: all that is asked of one moment while
// nothing is written, and what is kept of the providers of whom nothing is.
type shared struct {
	mu  sync.Mutex
	now *sharing
	end *time.Timer
}

// of gives what snapshots of a turn share. One that is older than another shares with
// nobody.
func (s *shared) of(t turn) *sharing {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.now != nil && t.now < s.now.now:
		return newSharing(t, nil)
	case s.now == nil || t.now > s.now.now:
		s.now = newSharing(t, s.now)
	}
	if s.end != nil {
		s.end.Stop()
	}
	s.end = time.AfterFunc(keptFor, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now = nil
	})
	return s.now
}
