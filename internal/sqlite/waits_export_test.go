package sqlite

import (
	"context"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// KeptTogether says whether two snapshots share what has been read of waits.
func KeptTogether(a, b *Snapshot) bool { return a.keptWaits == b.keptWaits }

// KeepWaits lets pages share at most so many steps of waits until something is written.
func (s *Snapshot) KeepWaits(steps int) { s.keptWaits.most = steps }

// HoldWaits makes others wait for what they share until release is called.
func (s *Snapshot) HoldWaits() (release func()) {
	s.keptWaits.turn <- struct{}{}
	return func() { <-s.keptWaits.turn }
}

// EachWait calls do for each wait of a query.
func (s *Snapshot) EachWait(ctx context.Context, q measure.Query, do func()) error {
	return s.eachWait(ctx, q, func(*wait, delay.Day) { do() })
}
