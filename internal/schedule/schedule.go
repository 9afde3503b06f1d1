// Package schedule runs named jobs at set times of the day, London time: one
// run of a job at a time, a run on demand, a run in place of one that was
// missed while the program was down, and a record of each run. It is the only
// user of robfig/cron.
//
// What a job does is the caller's. Records are kept by a Recorder, which
// package sqlite implements.
package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

// The results of a run, in the words of the jobs page. Running is the result of
// a run that has begun and not ended.
const (
	Finished     = "Finished"
	DidNotFinish = "Did not finish"
	Skipped      = "Skipped"
	Running      = "Running"
)

// Run is the record of one run of a job.
type Run struct {
	// ID is the recorder's number of the run.
	ID  int64
	Job string
	// Began and Ended are moments; Ended is zero while the run is going.
	Began, Ended time.Time
	// Result is Finished, Did not finish, Skipped or Running; Message a sentence
	// for the reader, which may be empty.
	Result, Message string
	// LastFinished is when the job's newest run with the result Finished began,
	// zero when none has.
	LastFinished time.Time
}

// Recorder keeps the record of runs.
type Recorder interface {
	// Begin notes that a run of the job began and gives the run's number.
	Begin(ctx context.Context, job string, at time.Time) (id int64, err error)
	// End notes how the run ended. Ending a run again replaces how it ended.
	End(ctx context.Context, id int64, at time.Time, result, message string) error
	// Last gives for each job that ever ran the run that tells where it stands:
	// one that has not ended if there is one, else the one that ended last.
	Last(ctx context.Context) (map[string]Run, error)
}

// Options are what a Scheduler is made from.
type Options struct {
	// Recorder keeps the record of runs. It is needed.
	Recorder Recorder
	// Zone is where the times of the day are read: London. It is needed.
	Zone *time.Location
	// Log receives what operators need and readers do not; nil means none.
	Log *slog.Logger
	// Now is the clock of the records and of what was missed; nil means
	// time.Now. When a job is due is decided by the machine's own clock.
	Now func() time.Time
}

// Job is something that is done at set times.
type Job struct {
	// Name stands in addresses and records: lower-case letters, digits and
	// hyphens, beginning with a letter.
	Name string
	// Title is what people read; Words say when it runs: "every morning at
	// 6:30am".
	Title, Words string
	// When is a cron specification of five fields (minute, hour, day of the
	// month, month, day of the week), or one like "@every 5m".
	When string
	// CatchUp has the job run once at the start when a run was missed while the
	// program was down.
	CatchUp bool
	// Run does the work and gives a sentence for the reader. It should end soon
	// after its context ends.
	Run func(ctx context.Context) (message string, err error)
}

// Status is a job and where it stands.
type Status struct {
	Name, Title, Words string
	// Next is when the job is next due.
	Next time.Time
	// Last is when the last run began, zero when it has never run; Took how long
	// it took, or has taken so far.
	Last time.Time
	Took time.Duration
	// Result is Finished, Did not finish, Skipped or Running; empty when the job
	// has never run. Message is a sentence about it, which may be empty.
	Result, Message string
}

// Scheduler runs jobs. Add every job, Start it, and Stop it at the end. It is
// safe for concurrent use.
type Scheduler struct {
	opts Options
	cron *cron.Cron
	jobs []*entry

	// mu guards what follows; no job runs and nothing is written under it.
	mu      sync.Mutex
	state   state
	since   time.Time       // of the start
	base    context.Context // of every run; ends when Stop stops waiting
	cancel  context.CancelFunc
	running sync.WaitGroup
}

type state uint8

const (
	notStarted state = iota
	starting
	started
	stopped
)

// entry is a job with its times and its state; mu of the Scheduler guards the
// state.
type entry struct {
	Job
	times cron.Schedule
	busy  bool
	began time.Time
	id    cron.EntryID
	since time.Time // from when it has these times, zero for the start
}

// New makes a scheduler without jobs.
func New(opts Options) (*Scheduler, error) {
	if opts.Recorder == nil || opts.Zone == nil {
		return nil, problem.New(problem.Internal, "a scheduler needs a recorder and a time zone")
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	// Wrappers are left out: cron's own cannot tell anyone since when a job has
	// been running, nor note a skipped run under the job's name. See begin.
	return &Scheduler{opts: opts, cron: cron.New(cron.WithLocation(opts.Zone), cron.WithLogger(cronLog{opts.Log}))}, nil
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Add adds a job, before Start. It refuses a name that is taken and times
// between 1am and 2am: on the day that the clocks go forward that hour does not
// exist, and on the day that they go back it comes twice.
func (s *Scheduler) Add(j Job) error {
	if !nameForm.MatchString(j.Name) {
		return problem.New(problem.Invalid, "Found the job name %q. Use lower-case letters, digits and hyphens, beginning with a letter.", j.Name)
	}
	if j.Run == nil || j.Title == "" {
		return problem.New(problem.Internal, "job %s has no title or nothing to run", j.Name)
	}
	times, err := timesOf(j)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != notStarted {
		return problem.New(problem.Internal, "job %s was added after the start", j.Name)
	}
	if slices.ContainsFunc(s.jobs, func(e *entry) bool { return e.Name == j.Name }) {
		return problem.New(problem.Conflict, "Found the job %s twice. Name each job once.", j.Name)
	}
	s.jobs = append(s.jobs, &entry{Job: j, times: times})
	return nil
}

// Start notes how runs ended that an earlier process left running, begins the
// runs that were missed, and runs jobs at their times until Stop. When ctx ends
// after Start has returned, nothing stops: runs get ctx's values and not its
// end, so that what stops the program does not cut them short.
func (s *Scheduler) Start(ctx context.Context) error {
	s.mu.Lock()
	if s.state != notStarted {
		s.mu.Unlock()
		return problem.New(problem.Internal, "the scheduler was started twice")
	}
	s.state = starting
	s.base, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.mu.Unlock()

	last, err := s.closeLeftRunning(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	if s.state == starting { // else Stop came first
		s.state, s.since = started, s.opts.Now()
	}
	s.mu.Unlock()
	now := s.opts.Now().In(s.opts.Zone)
	for _, e := range s.jobs {
		e.id = s.cron.Schedule(e.times, cron.FuncJob(func() { s.tick(e) }))
		if !e.CatchUp {
			continue
		}
		if due := latestDue(e.times, now); !due.IsZero() && last[e.Name].LastFinished.Before(due) {
			s.opts.Log.Info("a job was missed and runs now", "job", e.Name, "due", due)
			if err := s.RunNow(ctx, e.Name); err != nil && problem.KindOf(err) != problem.Conflict {
				return err
			}
		}
	}
	s.cron.Start()
	return nil
}

// Renew puts jobs in the place of those so far, while it runs: one of the same name
// and times is left as it is, one that is no more is not begun again, and a new one
// runs at its next time. Nothing changes when a job cannot be added.
func (s *Scheduler) Renew(jobs []Job) error {
	times := make([]cron.Schedule, len(jobs))
	for i, j := range jobs {
		var err error
		if times[i], err = timesOf(j); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != started {
		return problem.New(problem.Unavailable, "Homeward is starting or stopping. Try again in a minute.")
	}
	next := make([]*entry, 0, len(jobs))
	for i, j := range jobs {
		e := &entry{}
		if at := slices.IndexFunc(s.jobs, func(e *entry) bool { return e.Name == j.Name }); at >= 0 {
			e = s.jobs[at] // A run that is going on stays this job's.
		}
		if e.When != j.When {
			if e.Name != "" {
				s.cron.Remove(e.id)
			}
			e.times, e.since = times[i], s.opts.Now()
			e.id = s.cron.Schedule(e.times, cron.FuncJob(func() { s.tick(e) }))
		}
		e.Job = j
		next = append(next, e)
	}
	for _, e := range s.jobs {
		if !slices.Contains(next, e) {
			s.cron.Remove(e.id)
		}
	}
	s.jobs = next
	return nil
}

// closeLeftRunning ends the records of runs that a process that was killed left
// open, and gives where each job stands.
func (s *Scheduler) closeLeftRunning(ctx context.Context) (map[string]Run, error) {
	for {
		last, err := s.opts.Recorder.Last(ctx)
		if err != nil {
			return nil, err
		}
		open := 0
		for _, r := range last {
			if r.Result == Running {
				open++
				if err := s.opts.Recorder.End(ctx, r.ID, s.opts.Now(), DidNotFinish, stoppedBefore); err != nil {
					return nil, err
				}
			}
		}
		// Last tells one open run of each job; there may be one from before it.
		if open == 0 {
			return last, nil
		}
	}
}

// Stop runs no more jobs and waits for those that are running. When ctx ends
// first their contexts end too, they get a moment to notice, and Stop gives a
// problem that names those still going. Stopping twice is safe.
func (s *Scheduler) Stop(ctx context.Context) error {
	s.mu.Lock()
	was := s.state
	s.state = stopped
	s.mu.Unlock()
	if was == notStarted {
		return nil
	}
	s.cron.Stop()
	drained := make(chan struct{})
	go func() { s.running.Wait(); close(drained) }()
	defer s.cancel()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	select {
	case <-drained:
		return nil
	case <-time.After(grace):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, e := range s.jobs {
		if e.busy {
			names = append(names, e.Name)
		}
	}
	return problem.Wrap(ctx.Err(), problem.Unavailable, "These jobs did not end in time: %s", names)
}

// grace is how long a job whose context has ended may take to end.
const grace = 2 * time.Second

// List tells where each job stands, in the order in which they were added.
func (s *Scheduler) List(ctx context.Context) ([]Status, error) {
	last, err := s.opts.Recorder.Last(ctx)
	if err != nil {
		return nil, err
	}
	now := s.opts.Now().In(s.opts.Zone)
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Status, 0, len(s.jobs))
	for _, e := range s.jobs {
		st := Status{Name: e.Name, Title: e.Title, Words: e.Words}
		if s.state != stopped {
			st.Next = e.times.Next(now)
		}
		if r, ok := last[e.Name]; ok {
			st.Last, st.Result, st.Message = r.Began, r.Result, r.Message
			if !r.Ended.IsZero() {
				st.Took = r.Ended.Sub(r.Began)
			}
		}
		if e.busy {
			// What runs is known here even when it could not be recorded.
			st.Last, st.Result, st.Message, st.Took = e.began, Running, "", now.Sub(e.began)
		}
		out = append(out, st)
	}
	return out, nil
}

// RunNow begins a run of the named job and does not wait for its end. It gives
// a problem of kind NotFound when there is no such job, Conflict when it is
// running, and Unavailable before Start and after Stop.
func (s *Scheduler) RunNow(_ context.Context, name string) error {
	s.mu.Lock()
	i := slices.IndexFunc(s.jobs, func(e *entry) bool { return e.Name == name })
	if i < 0 {
		s.mu.Unlock()
		return problem.New(problem.NotFound, "There is no job of this name. The jobs page lists every job.")
	}
	e := s.jobs[i]
	s.mu.Unlock()
	since, ok, err := s.begin(e)
	switch {
	case err != nil:
		return err
	case !ok:
		return problem.New(problem.Conflict, "This job is already running. It started at %s.", s.clock(since))
	}
	go s.do(e)
	return nil
}

// tick is what cron calls when a job is due.
func (s *Scheduler) tick(e *entry) {
	since, ok, err := s.begin(e)
	switch {
	case err != nil: // Stopping: cron called just before it was told.
	case ok:
		s.do(e)
	default:
		s.skip(e, since)
	}
}

// begin takes the job for one run; ok is false when it is running, since when.
// do gives it back, whatever happens in the job: cron's wrapper
// SkipIfStillRunning, put inside Recover, keeps a job that panicked for ever.
func (s *Scheduler) begin(e *entry) (since time.Time, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != started {
		return time.Time{}, false, problem.New(problem.Unavailable, "Homeward is starting or stopping, so no job can be run. Try again in a "+
			"minute.")
	}
	if e.busy {
		return e.began, false, nil
	}
	e.busy, e.began = true, s.opts.Now()
	s.running.Add(1)
	return e.began, true, nil
}

// clock writes a moment of today as "6:05am", and of another day with its date.
func (s *Scheduler) clock(at time.Time) string {
	at = at.In(s.opts.Zone)
	words := delay.Clock(at)
	y, m, d := s.opts.Now().In(s.opts.Zone).Date()
	if ay, am, ad := at.Date(); ay != y || am != m || ad != d {
		words += " on " + at.Format("2 January 2006")
	}
	return words
}

// cronLog hands on what cron itself says.
type cronLog struct{ log *slog.Logger }

func (l cronLog) Info(string, ...any) {} // One line for every tick: of no use.

func (l cronLog) Error(err error, msg string, kv ...any) {
	l.log.Error("the scheduler met a problem", append([]any{"error", fmt.Errorf("%s: %w", msg, err)}, kv...)...)
}
