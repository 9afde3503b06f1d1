package schedule

import (
	"context"
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
	// longest is how long a run may take before it is taken for stuck.
	longest = 6 * time.Hour
)

// Trouble is an Unavailable problem that names the jobs whose last run did not
// finish, that are overdue, or that have been running for hours; nil when there
// is none.
func (s *Scheduler) Trouble(ctx context.Context) error {
	last, err := s.opts.Recorder.Last(ctx)
	if err != nil {
		return err
	}
	now := s.opts.Now().In(s.opts.Zone)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != started {
		return problem.New(problem.Unavailable, "The scheduled jobs are not running: Homeward is starting or stopping.")
	}
	var found []string
	for _, e := range s.jobs {
		r := last[e.Name]
		since := r.Began
		if since.Before(s.since) {
			since = s.since
		}
		if since.Before(e.since) {
			since = e.since
		}
		switch {
		case e.busy && now.Sub(e.began) > longest:
			found = append(found, fmt.Sprintf("%q has been running since %s", e.Title, s.clock(e.began)))
		case e.busy:
		case e.times.Next(since.In(s.opts.Zone)).Add(late).Before(now):
			found = append(found, fmt.Sprintf("%q is overdue", e.Title))
		case r.Result == DidNotFinish && r.Message != stoppedInRun && r.Message != stoppedBefore:
			found = append(found, fmt.Sprintf("%q did not finish at %s", e.Title, s.clock(r.Began)))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return problem.New(problem.Unavailable, "Scheduled jobs need attention: %s. The jobs page and the program's log say more.",
		strings.Join(found, "; "))
}
