package sqlite

import (
	"context"

	"homeward/internal/measure"
)

// KeptTogether says whether two snapshots share what has been read of waits.
func KeptTogether(a, b *Snapshot) bool { return a.sharing == b.sharing }

// KeepWaits lets pages share at most so many steps of waits until something is written.
func (s *Snapshot) KeepWaits(steps int) { s.sharing.waits.most = steps }

// HoldWaits makes others wait for what they share until release is called.
func (s *Snapshot) HoldWaits() (release func()) {
	s.sharing.waits.turn <- struct{}{}
	return func() { <-s.sharing.waits.turn }
}

// EachWait calls do for each wait of a query.
func (s *Snapshot) EachWait(ctx context.Context, q measure.Query, do func()) error {
	return s.eachWait(ctx, q, func(*cellKeys, *wait, place) { do() })
}

// Ask asks a question as the store does.
func (s *Store) Ask(ctx context.Context, question string, work func() ([]int64, error)) ([]int64, error) {
	return sharedAnswer(ctx, s, question, work)
}

// KeepAnswers lets pages share at most so many bytes of answers.
func (s *Snapshot) KeepAnswers(bytes int) { s.sharing.answers.most = bytes }

// AnswersKept is how many bytes of answers are kept.
func (s *Snapshot) AnswersKept() int { return s.sharing.answers.bytes }

// Question names a question.
var Question = question

// KeepCounts lets pages share at most so many rows of counts.
func (s *Snapshot) KeepCounts(rows int) { s.sharing.counts.most = rows }

// CountsKept says whether counts are kept.
func (s *Snapshot) CountsKept() bool { return s.sharing.counts.table != nil }

// RangesKept is of how many ranges waits are kept.
func (s *Snapshot) RangesKept() int { return len(s.sharing.waits.ranges) }

// ManyChanged is of how many providers things are read again one by one.
const ManyChanged = manyChanged
