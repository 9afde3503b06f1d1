package schedule

import (
	"fmt"
	"strings"
	"time"

	"homeward/internal/problem"
)

// What is said of runs that a stop of the program cut short, which is no fault
// of the job.
const (
	stoppedInRun  = "Homeward was stopped before this run ended."
	stoppedBefore = "Homeward stopped before this run ended."
)

const (
	// late is how long after its time a job may begin.
	late = 10 * time.Minute
	// Longest is how long a run may take before it is taken for stuck.
	Longest = 6 * time.Hour
)

// The troubles of a job, in words that follow its title.
const (
	unfinished = "did not finish"
	overdue    = "is overdue"
	stuck      = "has been running for hours"
)

// Records is the name of what stands among the jobs for the record of runs.
const Records = "records"

// Standing is a job and what is wrong with it.
type Standing struct {
	Name, Title string
	// Trouble is empty when all is well, else in words that follow the title: "did
	// not finish". Since is when that was so.
	Trouble string
	Since   time.Time
	// Running says that the job runs, so that its trouble may be about to end.
	Running bool
}

// Standings tells of each job whether its last run did not finish, whether it is
// overdue or has been running for hours, and, under the name Records, whether the
// record of runs can be written. It needs no record and no disk. It is nil while
// jobs are not run.
func (s *Scheduler) Standings() []Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != started {
		return nil
	}
	return s.standings()
}

// standings is Standings whether or not jobs are run; mu is held.
func (s *Scheduler) standings() []Standing {
	now := s.opts.Now().In(s.opts.Zone)
	out := make([]Standing, 0, len(s.jobs)+1)
	for _, e := range s.jobs {
		at := Standing{Name: e.Name, Title: e.Title, Running: e.busy}
		seen := e.last.Ended                         // What was due while it ran was not for it to do.
		if seen.Before(s.since) || seen.After(now) { // After: the clock was set back.
			seen = s.since
		}
		if seen.Before(e.since) {
			seen = e.since
		}
		due := e.times.Next(seen.In(s.opts.Zone))
		switch {
		case e.busy && now.Sub(e.began) > Longest:
			at.Trouble, at.Since = stuck, e.began
		case e.last.Result == DidNotFinish && e.last.Message != stoppedInRun && e.last.Message != stoppedBefore:
			at.Trouble, at.Since = unfinished, e.last.Began
		case !e.busy && due.Add(late).Before(now):
			at.Trouble, at.Since = overdue, due
		}
		out = append(out, at)
	}
	records := Standing{Name: Records, Title: "Keep the record of jobs"}
	if !s.unwritten.IsZero() {
		records.Trouble, records.Since = unfinished, s.unwritten
	}
	return append(out, records)
}

// Trouble is an Unavailable problem that names what Standings finds wrong; nil when
// there is nothing.
func (s *Scheduler) Trouble() error {
	all := s.Standings()
	if all == nil {
		return problem.New(problem.Unavailable, "The scheduled jobs are not running: Homeward is starting or stopping.")
	}
	var found []string
	for _, at := range all {
		if at.Trouble != "" {
			found = append(found, fmt.Sprintf("%q %s (%s)", at.Title, at.Trouble, s.clock(at.Since)))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return problem.New(problem.Unavailable, "Scheduled jobs need attention: %s. The jobs page and the program's log say more.",
		strings.Join(found, "; "))
}
