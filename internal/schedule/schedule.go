// Package schedule runs named jobs at set times of the day, London time: one
// run of a job at a time, a run on demand, a run in place of one that was
// missed while the program was down, a record of each run, and word of a job that
// is in trouble. It is the only user of robfig/cron, which reads the times; when
// they have come is decided here, because cron's own runner waits out a clock that
// is set back.
//
// What a job does is the caller's. Records are kept by a Recorder, which
// package sqlite implements.
package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
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
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Tell is told once of a job in trouble, and once when it works again. It must
	// not wait. Nil means that nobody is told.
	Tell func(Tidings)
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
	// Within, when it is not zero, is how far the clock may have gone on since the job
	// last finished for it to be done by itself. It is for what cannot be undone: a
	// clock that leapt years ahead must not do it. When it went on further, somebody
	// has to run it.
	Within time.Duration
	// Limit is how long a run may take; zero means as long as it likes. Then its context
	// ends, and a run that does not end with it is left behind: it did not finish, and
	// the next is begun when it is due.
	Limit time.Duration
	// Run does the work and gives a sentence for the reader. It should end soon
	// after its context ends.
	Run func(ctx context.Context) (message string, err error)
}

// Status is a job and where it stands.
type Status struct {
	Name, Title, Words string
	// Next is when the job is next due. Waits says that it was missed while the program
	// was off and runs when those that were due before it are done; Next is now then.
	Next  time.Time
	Waits bool
	// Last is when the last run began, zero when it has never run; Took how long
	// it took, or has taken so far.
	Last time.Time
	Took time.Duration
	// Result is Finished, Did not finish, Skipped or Running; empty when the job
	// has never run. Message is a sentence about it, which may be empty.
	Result, Message string
	// LastFinished is when the newest run that finished began, zero when none has.
	LastFinished time.Time
	// Runs counts the runs since the start by result.
	Runs map[string]int64
}

// Scheduler runs jobs. Add every job, Start it, and Stop it at the end. It is
// safe for concurrent use.
type Scheduler struct {
	opts  Options
	jobs  []*entry
	bell  *bell
	ended chan struct{} // closed by Stop
	woken chan struct{} // has one when jobs were renewed
	beat  time.Duration // how often the clock is looked at

	// mu guards what follows; no job runs and nothing is written under it.
	mu      sync.Mutex
	state   state
	since   time.Time       // of the start
	base    context.Context // of every run; ends when Stop stops waiting
	cancel  context.CancelFunc
	running sync.WaitGroup
	// unwritten is since when the record cannot be written, zero when it can.
	unwritten time.Time
	jump      Jump

	paying sync.Mutex // held while payUp writes
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
	// next is when the job is due next, fired when it was due last; fresh says that
	// next is to be found, and since is from when it has these times, zero for the
	// start.
	next, fired, since time.Time
	fresh              bool
	busy               bool
	asked              bool // the run was asked for by somebody
	waits              bool // it was missed, and its turn has not come
	began              time.Time
	left               int // runs that were left behind and have not ended
	// skipped is how often the job was due during the run that is going.
	skipped int
	// last is the newest run that ended, zero when none has; owed are the runs of
	// which the record lacks something.
	last Run
	owed []*owed
	runs map[string]int64 // since the start, by result
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
	if opts.Tell == nil {
		opts.Tell = func(Tidings) {}
	}
	return &Scheduler{opts: opts, ended: make(chan struct{}), woken: make(chan struct{}, 1), beat: heartbeat}, nil
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
	s.jobs = append(s.jobs, newEntry(j, times))
	return nil
}

func newEntry(j Job, times cron.Schedule) *entry {
	return &entry{Job: j, times: times, fresh: true, runs: map[string]int64{Finished: 0, DidNotFinish: 0, Skipped: 0}}
}

// entries are the jobs as they are now.
func (s *Scheduler) entries() []*entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.jobs
}

// Renew puts jobs in the place of those so far, while they run: one of the same name
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
		at := slices.IndexFunc(s.jobs, func(e *entry) bool { return e.Name == j.Name })
		if at < 0 {
			e := newEntry(j, times[i])
			e.since = s.opts.Now()
			next = append(next, e)
			continue
		}
		e := s.jobs[at] // A run that is going on stays this job's.
		if e.When != j.When {
			e.times, e.since, e.fresh = times[i], s.opts.Now(), true
		}
		e.Title, e.Words, e.When, e.CatchUp, e.Within, e.Limit, e.Run = j.Title, j.Words, j.When, j.CatchUp, j.Within,
			j.Limit, j.Run
		next = append(next, e)
	}
	s.jobs = next
	select {
	case s.woken <- struct{}{}:
	default: // It is to wake already.
	}
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

	if err := s.recall(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	s.since = s.opts.Now()
	// What is wrong before anything runs was told by the process before.
	s.bell = newBell(s.standings())
	if s.state == starting { // else Stop came first
		s.state = started
	}
	missed := s.missed(s.opts.Now().In(s.opts.Zone))
	s.mu.Unlock()
	s.catchUp(missed)
	go s.keepTime()
	return nil
}

// missedRun is a run that was due while the program was down.
type missedRun struct {
	of  *entry
	due time.Time
}

// missed marks what is to be caught up on and gives it in the order in which it was
// due. The caller holds mu.
func (s *Scheduler) missed(now time.Time) (all []missedRun) {
	for _, e := range s.jobs {
		if !e.CatchUp {
			continue
		}
		if due := latestDue(e.times, now); !due.IsZero() && e.last.LastFinished.Before(due) {
			e.waits = true
			all = append(all, missedRun{e, due})
		}
	}
	slices.SortStableFunc(all, func(a, b missedRun) int { return a.due.Compare(b.due) })
	return all
}

// turn is how long a missed run has to itself: one that takes longer, or hangs, keeps
// the others waiting no more.
const turn = 10 * time.Minute

// catchUp makes up for the runs that were missed, one after the other as they would
// have come: all at once they would hold each other up, and the readers who come with
// the start. It comes back when the first has begun.
func (s *Scheduler) catchUp(all []missedRun) {
	for i, m := range all {
		s.mu.Lock()
		made := !m.of.last.LastFinished.Before(m.due) // By hand, or at its time, while it waited.
		m.of.waits = m.of.waits && !made
		s.mu.Unlock()
		if made {
			continue
		}
		_, ok, err := s.begin(m.of, false)
		if err != nil {
			return // It stops, and the next start catches up.
		}
		if !ok {
			continue // It is running already.
		}
		s.opts.Log.Info("a job was missed and runs now", "job", m.of.Name, "due", m.due)
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.do(m.of)
		}()
		go func() {
			select {
			case <-done:
			case <-time.After(turn):
			case <-s.base.Done():
				return
			}
			s.catchUp(all[i+1:])
		}()
		return
	}
}

// recall reads where each job stands, and ends the records of runs that a process
// that was killed left open. A record that can be read and not written stops
// nothing: it is owed.
func (s *Scheduler) recall(ctx context.Context) error {
	for {
		last, err := s.opts.Recorder.Last(ctx)
		if err != nil {
			return err
		}
		open, wrote := 0, true
		for name, r := range last {
			if r.Result != Running {
				continue
			}
			open++
			r.Ended, r.Result, r.Message = s.opts.Now(), DidNotFinish, stoppedBefore
			last[name] = r
			if err := s.opts.Recorder.End(ctx, r.ID, r.Ended, r.Result, r.Message); err != nil {
				s.opts.Log.Error("the end of a run that was cut off could not be recorded", "job", name, "error", err)
				wrote = false
			}
		}
		// Last tells one open run of each job; there may be one from before it.
		if open > 0 && wrote {
			continue
		}
		s.mu.Lock()
		for _, e := range s.jobs {
			e.last = last[e.Name]
		}
		if !wrote {
			s.unwritten = s.opts.Now()
		}
		s.mu.Unlock()
		return nil
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
	if was != stopped {
		close(s.ended)
	}
	drained := make(chan struct{})
	go func() { s.running.Wait(); s.payUp(); close(drained) }()
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

// List tells where each job stands, in the order in which they were added. From
// the start on it is known here, whether or not the record can be read or written.
func (s *Scheduler) List(ctx context.Context) ([]Status, error) {
	var last map[string]Run
	s.mu.Lock()
	before := s.state < started
	s.mu.Unlock()
	if before {
		var err error
		if last, err = s.opts.Recorder.Last(ctx); err != nil {
			return nil, err
		}
	}
	now := s.opts.Now().In(s.opts.Zone)
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Status, 0, len(s.jobs))
	for _, e := range s.jobs {
		st := Status{Name: e.Name, Title: e.Title, Words: e.Words}
		if s.state != stopped {
			st.Next = e.times.Next(now)
			if st.Waits = e.waits; e.waits {
				st.Next = now
			}
		}
		r := e.last
		if before {
			r = last[e.Name]
		}
		st.Last, st.Result, st.Message, st.LastFinished, st.Runs = r.Began, r.Result, r.Message, r.LastFinished, maps.Clone(e.runs)
		if !r.Ended.IsZero() {
			st.Took = r.Ended.Sub(r.Began)
		}
		if e.busy {
			st.Last, st.Result, st.Message, st.Took = e.began, Running, e.skippedWords(), now.Sub(e.began)
		}
		out = append(out, st)
	}
	return out, nil
}

// skippedWords says how often a job that runs was due meanwhile.
func (e *entry) skippedWords() string {
	switch e.skipped {
	case 0:
		return ""
	case 1:
		return "It was due once meanwhile and was not started a second time."
	}
	return fmt.Sprintf("It was due %d times meanwhile and was not started a second time.", e.skipped)
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
	since, ok, err := s.begin(e, true)
	switch {
	case err != nil:
		return err
	case !ok:
		return problem.New(problem.Conflict, "This job is already running. It started at %s.", s.clock(since))
	}
	go s.do(e)
	return nil
}

// begin takes the job for one run, which somebody asked for or which is due; ok is false when it is running, since when.
// do gives it back, whatever happens in the job.
func (s *Scheduler) begin(e *entry, asked bool) (since time.Time, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != started {
		return time.Time{}, false, problem.New(problem.Unavailable, "Homeward is starting or stopping, so no job can be run. Try again in a "+
			"minute.")
	}
	if e.busy {
		return e.began, false, nil
	}
	e.busy, e.waits, e.asked, e.began = true, false, asked, s.opts.Now()
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
