package schedule

import (
	"time"

	"github.com/robfig/cron/v3"
)

const (
	// heartbeat is how often the clock is looked at.
	heartbeat = 15 * time.Second
	// leap is by how much the clock must differ from the time that passed to have
	// jumped.
	leap = 2 * time.Second
	// hitch is how far a clock may be set back without what was due in between being
	// due again.
	hitch = 5 * time.Minute
)

// Jump is a jump of the machine's clock: At by the clock after it, By how far, below
// zero when it went back. The clock of a machine that slept goes forward.
type Jump struct {
	At time.Time
	By time.Duration
}

// Jumped gives the latest jump of the clock since the start, of no moment when there
// was none.
func (s *Scheduler) Jumped() Jump {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.jump
}

// wall is the clock without the reading that does not jump.
func (s *Scheduler) wall() time.Time { return s.opts.Now().Round(0).In(s.opts.Zone) }

// keepTime starts jobs when they are due, until Stop. A clock that goes forward past
// the times of a job starts it once; one that goes back has its times come again.
func (s *Scheduler) keepTime() {
	now, passed := s.wall(), time.Now()
	for {
		timer := time.NewTimer(max(s.untilDue(now), 0))
		select {
		case <-s.ended:
			timer.Stop()
			return
		case <-s.woken:
			timer.Stop()
		case <-timer.C:
		}
		then := now
		now = s.wall()
		if by := now.Sub(then) - time.Since(passed); by.Abs() > leap {
			s.jumped(now, by.Round(time.Second))
		}
		passed = time.Now()
		for _, e := range s.dueAt(now) {
			s.due(e)
		}
		s.ring()
	}
}

// untilDue gives how long to wait for the next job, a heartbeat at most.
func (s *Scheduler) untilDue(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := s.beat
	for _, e := range s.jobs {
		if e.fresh {
			e.next, e.fresh = e.times.Next(now), false
		}
		if !e.next.IsZero() {
			wait = min(wait, e.next.Sub(now))
		}
	}
	return wait
}

// dueAt gives the jobs that are due, and sets when they are due next.
func (s *Scheduler) dueAt(now time.Time) (due []*entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.jobs {
		if e.fresh || e.next.IsZero() || e.next.After(now) {
			continue
		}
		e.next, e.fired = e.times.Next(now), now
		due = append(due, e)
	}
	return due
}

// jumped notes a jump of the clock, and finds anew when jobs are due.
func (s *Scheduler) jumped(now time.Time, by time.Duration) {
	s.opts.Log.Warn("the machine's clock jumped", "by", by)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jump, s.since = Jump{At: now, By: by}, now
	if by > 0 {
		return // What was passed over is due now.
	}
	for _, e := range s.jobs {
		from := now
		if _, every := e.times.(cron.ConstantDelaySchedule); !every && -by < hitch && e.fired.After(now) {
			from = e.fired
		}
		e.next = e.times.Next(from)
	}
}

// due starts a job that is due, or notes that it still runs.
func (s *Scheduler) due(e *entry) {
	since, ok, err := s.begin(e, false)
	switch {
	case err != nil: // Stopping.
	case ok:
		go s.do(e)
	default:
		go s.skip(e, since)
	}
}
