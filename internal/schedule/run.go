package schedule

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"homeward/internal/problem"
)

// recordWithin bounds the writing of one line of the record.
const recordWithin = 30 * time.Second

// do makes one run of a job that begin took, and records it.
func (s *Scheduler) do(e *entry) {
	defer s.running.Done()
	s.payUp()
	id, begun := s.recordBegin(e, e.began)
	message, err := s.guarded(e)
	result := Finished
	if err != nil {
		result, message = DidNotFinish, s.sentence(err)
		s.opts.Log.Error("a job did not finish", "job", e.Name, "error", err)
	}
	s.keep(e, Run{ID: id, Job: e.Name, Began: e.began, Ended: s.opts.Now(), Result: result, Message: message}, begun)
	s.ring()
}

// keep keeps how a run ended: here at once, and in the record when it can be
// written. What cannot be written now is owed, and written when it can be.
func (s *Scheduler) keep(e *entry, r Run, begun bool) {
	r.LastFinished = e.last.LastFinished // Runs of one job end one after the other.
	if r.Result == Finished {
		r.LastFinished = r.Began
	}
	s.mu.Lock()
	e.last = r
	e.runs[r.Result]++
	if !begun {
		// Of runs of which the record knows nothing the newest is enough.
		e.owed = slices.DeleteFunc(e.owed, func(o *owed) bool { return !o.begun })
	}
	e.owed = append(e.owed, &owed{r, begun})
	s.mu.Unlock()
	s.payUp()
	s.mu.Lock()
	e.busy, e.skipped = false, 0
	s.mu.Unlock()
}

// owed is a run of which the record does not say how it ended; begun, whether it
// says that it began.
type owed struct {
	Run
	begun bool
}

// payUp writes what the record is owed, until that cannot be written.
func (s *Scheduler) payUp() {
	s.paying.Lock()
	defer s.paying.Unlock()
	for _, e := range s.entries() {
		for o := s.owedOf(e); o != nil; o = s.owedOf(e) {
			begun := o.begun
			if !begun {
				o.ID, begun = s.recordBegin(e, o.Began)
			}
			paid := begun && s.recordEnd(e, o.Run)
			s.mu.Lock()
			o.begun = begun
			if paid {
				e.owed = slices.DeleteFunc(e.owed, func(p *owed) bool { return p == o })
			}
			s.mu.Unlock()
			if !paid {
				return
			}
		}
	}
}

// owedOf gives the first run of a job that the record is owed, nil when there is none.
func (s *Scheduler) owedOf(e *entry) *owed {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(e.owed) == 0 {
		return nil
	}
	return e.owed[0]
}

// skip records that a job was due while it was still running.
func (s *Scheduler) skip(e *entry, since time.Time) {
	s.opts.Log.Warn("a job was due while it was still running", "job", e.Name, "since", since)
	s.mu.Lock()
	e.skipped++
	e.runs[Skipped]++
	s.mu.Unlock()
	now := s.opts.Now()
	if id, ok := s.recordBegin(e, now); ok {
		s.recordEnd(e, Run{ID: id, Ended: now, Result: Skipped, Message: fmt.Sprintf("The run before was still going. It started at %s.",
			s.clock(since))})
	}
}

// panicked is the error of a run that panicked.
type panicked struct{ value any }

// Error tells what the Go runtime says and, of any other value, its type only:
// it may hold a part of a row.
func (p panicked) Error() string {
	if err, ok := p.value.(runtime.Error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic with a %T", p.value)
}

const (
	// leaves is how long a run whose time is over may take to end.
	leaves = time.Minute
	// leftAtMost is how many runs of a job may be left behind: each holds what it hangs on.
	leftAtMost = 3
)

// ran is how a run ended.
type ran struct {
	message string
	err     error
}

// errLimit ends the context of a run whose time is over.
var errLimit = errors.New("the time of the run is over")

// guarded runs the job for as long as it may take.
func (s *Scheduler) guarded(e *entry) (message string, err error) {
	s.mu.Lock()
	run, within, limit, finished, left := e.Run, e.Within, e.Limit, e.last.LastFinished, e.left
	s.mu.Unlock()
	if within > 0 && !e.asked && !finished.IsZero() && e.began.Sub(finished) > within {
		return "", problem.New(problem.Conflict, "It was not done: the clock says %s, and it was done last on %s. If the clock is right, run it "+
			"from the jobs page; what it does cannot be undone.", s.dated(e.began), s.dated(finished))
	}
	if left >= leftAtMost {
		return "", problem.New(problem.Unavailable, "It was not begun: %d runs before it hang and cannot be ended. See what they wait for, "+
			"such as a disk over the network, and restart Homeward.", left)
	}
	if limit == 0 {
		return s.recovered(s.base, e.Name, run)
	}
	ctx, cancel := context.WithTimeoutCause(s.base, limit, errLimit)
	over := time.NewTimer(limit + leaves)
	defer over.Stop()
	ended := make(chan ran, 1)
	// The entry may be taken up by the next run before a run that was left behind ends.
	go func() {
		defer cancel()
		message, err := s.recovered(ctx, e.Name, run)
		ended <- ran{message, err}
	}()
	select {
	case r := <-ended:
		if r.err != nil && errors.Is(context.Cause(ctx), errLimit) {
			r.err = problem.Wrap(r.err, problem.Unavailable, "It did not finish within %s, so it was ended", length(limit))
		}
		return r.message, r.err
	case <-over.C:
	}
	s.mu.Lock()
	e.left++
	s.mu.Unlock()
	go func() {
		r := <-ended
		s.mu.Lock()
		e.left--
		s.mu.Unlock()
		s.opts.Log.Warn("a run that was left behind has ended", "job", e.Name, "error", r.err)
	}()
	return "", problem.New(problem.Unavailable, "It did not finish within %s and could not be ended, so it was left behind. See what it "+
		"waits for, such as a disk over the network.", length(limit))
}

// length says a limit in words.
func length(d time.Duration) string {
	n, one, many := int64(d/time.Minute), "minute", "minutes"
	if d >= time.Hour && d%time.Hour == 0 {
		n, one, many = int64(d/time.Hour), "hour", "hours"
	}
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// recovered runs the job and turns a panic into an error.
func (s *Scheduler) recovered(ctx context.Context, name string, run func(context.Context) (string, error)) (message string, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked{v}
			s.opts.Log.Error("a job panicked", "job", name, "stack", string(debug.Stack()))
		}
	}()
	return run(ctx)
}

func (s *Scheduler) dated(at time.Time) string { return at.In(s.opts.Zone).Format("2 January 2006") }

// sentence is what the reader is told of an error.
func (s *Scheduler) sentence(err error) string {
	if s.base.Err() != nil {
		return stoppedInRun
	}
	if problem.KindOf(err) == problem.Internal {
		return "This run met a problem with the service. The program's log has the details."
	}
	return problem.Sentence(err)
}

// recordBegin and recordEnd have a context of their own, so that the end of a
// run is written while the program stops. A job runs whether or not its record
// can be written; what was not written is known to Troubles.
func (s *Scheduler) recordBegin(e *entry, at time.Time) (id int64, ok bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.base), recordWithin)
	defer cancel()
	id, err := s.opts.Recorder.Begin(ctx, e.Name, at)
	return id, s.wrote(e, "beginning", err)
}

func (s *Scheduler) recordEnd(e *entry, r Run) (ok bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.base), recordWithin)
	defer cancel()
	return s.wrote(e, "end", s.opts.Recorder.End(ctx, r.ID, r.Ended, r.Result, r.Message))
}

// wrote notes since when the record cannot be written.
func (s *Scheduler) wrote(e *entry, part string, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.unwritten = time.Time{}
		return true
	}
	if s.unwritten.IsZero() {
		s.unwritten = s.opts.Now()
	}
	s.opts.Log.Error("a job's run could not be recorded", "job", e.Name, "of", part, "error", err)
	return false
}
