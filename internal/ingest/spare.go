package ingest

import (
	"runtime/debug"
	"sync"
)

var sparing struct {
	mu      sync.Mutex
	by, was int
}

// Spare lets memory be collected sooner until done is called. Whoever holds much at
// once, as a backfill does, loses little time by it, and the peak stays near what is
// held. Several may ask for it at once.
func Spare() (done func()) {
	sparing.mu.Lock()
	defer sparing.mu.Unlock()
	if sparing.by++; sparing.by == 1 {
		sparing.was = debug.SetGCPercent(spared)
	}
	return sync.OnceFunc(func() {
		sparing.mu.Lock()
		defer sparing.mu.Unlock()
		if sparing.by--; sparing.by == 0 {
			debug.SetGCPercent(sparing.was)
		}
	})
}

// spared is how much of what is held may be waiting to be collected, in percent.
const spared = 25
