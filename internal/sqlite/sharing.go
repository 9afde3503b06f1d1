package sqlite

import (
	"sync"
	"time"
)

// keptFor is for how long nobody must have asked until what is shared is let go.
const keptFor = time.Minute

// sharing is what the snapshots of one moment share.
type sharing struct {
	waits   *keptWaits
	answers *keptAnswers
}

func newSharing() *sharing { return &sharing{newKeptWaits(), newKeptAnswers()} }

// shared is what the snapshots of a store share while nothing is written.
type shared struct {
	mu   sync.Mutex
	turn int64
	now  *sharing
	end  *time.Timer
}

// of gives what snapshots of a turn share. One that is older than another shares with
// nobody.
func (s *shared) of(turn int64) *sharing {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.now != nil && turn < s.turn:
		return newSharing()
	case s.now == nil || turn > s.turn:
		s.now, s.turn = newSharing(), turn
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
