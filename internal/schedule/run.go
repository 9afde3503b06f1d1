package schedule

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"homeward/internal/problem"
)

// recordWithin bounds the writing of one line of the record.
const recordWithin = 30 * time.Second

// do makes one run of a job that begin took, and records it.
func (s *Scheduler) do(e *entry) {
	defer s.running.Done()
	defer func() {
		s.mu.Lock()
		e.busy = false
		s.mu.Unlock()
	}()
	id, recorded := s.recordBegin(e, e.began)
	message, err := s.guarded(e)
	result := Finished
	if err != nil {
		result, message = DidNotFinish, s.sentence(err)
		s.opts.Log.Error("a job did not finish", "job", e.Name, "error", err)
	}
	if recorded {
		s.recordEnd(e, id, result, message)
	}
}

// skip records that a job was due while it was still running.
func (s *Scheduler) skip(e *entry, since time.Time) {
	s.opts.Log.Warn("a job was due while it was still running", "job", e.Name, "since", since)
	if id, ok := s.recordBegin(e, s.opts.Now()); ok {
		s.recordEnd(e, id, Skipped, fmt.Sprintf("The run before was still going. It started at %s.", s.clock(since)))
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

// guarded runs the job and turns a panic into an error.
func (s *Scheduler) guarded(e *entry) (message string, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked{v}
			s.opts.Log.Error("a job panicked", "job", e.Name, "stack", string(debug.Stack()))
		}
	}()
	s.mu.Lock()
	run := e.Run
	s.mu.Unlock()
	return run(s.base)
}

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
// can be written; the log then has the gap.
func (s *Scheduler) recordBegin(e *entry, at time.Time) (id int64, ok bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.base), recordWithin)
	defer cancel()
	id, err := s.opts.Recorder.Begin(ctx, e.Name, at)
	if err != nil {
		s.opts.Log.Error("the beginning of a job's run could not be recorded", "job", e.Name, "error", err)
	}
	return id, err == nil
}

func (s *Scheduler) recordEnd(e *entry, id int64, result, message string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.base), recordWithin)
	defer cancel()
	if err := s.opts.Recorder.End(ctx, id, s.opts.Now(), result, message); err != nil {
		s.opts.Log.Error("the end of a job's run could not be recorded", "job", e.Name, "result", result, "error", err)
	}
}
