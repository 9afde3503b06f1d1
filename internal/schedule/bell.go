package schedule

import (
	"sync"
	"time"
)

// pause is how long after a trouble of a job was told the next one of the same job
// waits: a job of every minute that fails and works by turns is no reason for a
// message a minute.
const pause = time.Hour

// Tidings is what those who look after the jobs are told of one.
type Tidings struct {
	Standing
	// Well says that the job works again.
	Well bool
}

// bell decides what is told: that a job is in trouble, once, and that it works
// again, once. It is safe for concurrent use.
type bell struct {
	mu   sync.Mutex
	told map[string]*told
}

// told is what was told of a job last.
type told struct {
	trouble bool
	// at is when a trouble was told last.
	at time.Time
}

// newBell makes a bell for jobs that stand as they do at the start of the program:
// whoever looks after them was told of their troubles by the process before.
func newBell(at []Standing) *bell {
	b := &bell{told: map[string]*told{}}
	for _, s := range at {
		b.told[s.Name] = &told{trouble: s.Trouble != ""}
	}
	return b
}

// heed gives what is to be told now that the jobs stand so.
func (b *bell) heed(now time.Time, all []Standing) []Tidings {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Tidings
	for _, s := range all {
		was := b.told[s.Name]
		if was == nil {
			was = &told{}
			b.told[s.Name] = was
		}
		// A clock that was set back must not silence it.
		waits := !was.at.IsZero() && now.Sub(was.at).Abs() < pause
		switch {
		case s.Trouble != "" && !was.trouble && !waits:
			was.trouble, was.at = true, now
			out = append(out, Tidings{Standing: s})
		case s.Trouble == "" && was.trouble && !s.Running:
			was.trouble = false
			out = append(out, Tidings{Standing: s, Well: true})
		}
	}
	return out
}

// ring tells what is to be told now, also of a run that ends while the program stops.
func (s *Scheduler) ring() {
	s.mu.Lock()
	all := s.standings()
	s.mu.Unlock()
	for _, t := range s.bell.heed(s.opts.Now(), all) {
		s.opts.Tell(t)
	}
}
