package schedule

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"homeward/internal/problem"
)

// forms are the specifications that jobs may have.
var forms = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// everyHour is the hours of a specification that names none.
const everyHour = 1<<24 - 1

// timesOf reads when a job runs.
func timesOf(j Job) (cron.Schedule, error) {
	if strings.Contains(j.When, "TZ=") {
		return nil, problem.New(problem.Invalid, "Found the time %q of job %s. Times are London times; take the zone out.", j.When, j.Name)
	}
	times, err := forms.Parse(j.When)
	if err != nil {
		return nil, problem.Wrap(err, problem.Invalid, "Found the time %q of job %s. Write it as minute, hour, day of the month, month and day "+
			"of the week, such as 30 6 * * *", j.When, j.Name)
	}
	// A job of every hour does not mind a missing or a repeated one.
	if spec, ok := times.(*cron.SpecSchedule); ok && spec.Hour&(1<<1) != 0 && spec.Hour&everyHour != everyHour {
		return nil, problem.New(problem.Invalid, "Found the time %q of job %s. Choose an hour before 1am or from 2am on: between them the "+
			"clocks "+
			"change.", j.When, j.Name)
	}
	return times, nil
}

// latestDue gives the latest time up to now at which a job was due, zero when
// none was within a year. Cron can only look ahead, so it is asked from ever
// earlier: a job of every minute is found in the first hour, not by counting
// through a year.
func latestDue(times cron.Schedule, now time.Time) time.Time {
	for _, back := range [...]time.Duration{time.Hour, 25 * time.Hour, 8 * 24 * time.Hour, 32 * 24 * time.Hour, 366 * 24 * time.Hour} {
		var due time.Time
		for t := times.Next(now.Add(-back)); !t.IsZero() && !t.After(now); t = times.Next(t) {
			due = t
		}
		if !due.IsZero() {
			return due
		}
	}
	return time.Time{}
}
