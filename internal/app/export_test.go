package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/people"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// TakeInbox lets tests run the job that takes the inbox in.
func (a *App) TakeInbox(ctx context.Context) (string, error) { return a.takeInbox(ctx) }

// LookBack lets tests look at a past moment as pages do.
func (a *App) LookBack(ctx context.Context, at time.Time) (*sqlite.Known, func(), error) {
	return a.asKnown(ctx, at)
}

// SweepPasts lets tests remove what was left of past moments.
func (a *App) SweepPasts() error { return a.sweepPasts() }

// PackJobs lets tests run the jobs of packs by their names.
func (a *App) PackJobs() (map[string]func(context.Context) (string, error), error) {
	renderer, err := newRenderer()
	if err != nil {
		return nil, err
	}
	jobs, err := a.packJobs(renderer, "test")
	out := map[string]func(context.Context) (string, error){}
	for _, j := range jobs {
		out[j.Name] = j.Run
	}
	return out, err
}

// JobsForTests is PackJobs with the job that looks for missing extracts.
func (a *App) JobsForTests() (map[string]func(context.Context) (string, error), error) {
	jobs, err := a.PackJobs()
	if err != nil {
		return nil, err
	}
	missing, err := a.missingJob()
	jobs[missing.Name] = missing.Run
	return jobs, err
}

// SchedulerForTests gives the scheduler of a server, with what says of it whether the
// server is ready and how things stand.
func (a *App) SchedulerForTests() (s *schedule.Scheduler, ready func(context.Context) error, status func(context.Context) []web.Check,
	err error) {
	if s, err = a.scheduler(nil, "test", a.Store.Sessions()); err != nil {
		return nil, nil, nil, err
	}
	return s, a.ready(s), a.status(s), nil
}

// MetricsForTests gives what a monitoring system reads, and its token.
func (a *App) MetricsForTests(jobs *schedule.Scheduler) (http.Handler, func() string, error) {
	return a.measured("test", jobs)
}

// Packs lets tests see packs as pages do.
func (a *App) Packs() (web.Packs, error) {
	renderer, err := newRenderer()
	return packs{a, renderer}, err
}

// TakeIn lets tests take files in, in their order, received by the program's
// own clock.
func (a *App) TakeIn(ctx context.Context, files []string) error {
	_, err := a.ingestFiles(ctx, files, func(*ingest.Report) error { return nil })
	return err
}

// CloseAsKnown lets tests close a month as the demonstration does.
func (a *App) CloseAsKnown(ctx context.Context, by people.Actor, m delay.Month) error {
	return a.closeAsKnown(ctx, by, m)
}

// CloseNow lets tests close a month as it stands.
func (a *App) CloseNow(ctx context.Context, by people.Actor, m delay.Month) error {
	k := a.closings()
	check, err := k.Check(ctx, m)
	if err != nil {
		return err
	}
	return k.Close(ctx, by, m, check.Content.Fingerprint(), "The month is over")
}

// TakeAgain lets tests take in what the database lost, as the start does.
func (a *App) TakeAgain(ctx context.Context) error { return a.takeAgain(ctx, nil) }

// PurgeReceived lets tests end the period of received files.
func (a *App) PurgeReceived(ctx context.Context) (int, error) { return a.purgeReceived(ctx) }

// RetentionNight does what the job does that deletes what is past its period.
func RetentionNight(ctx context.Context, a *App) (string, error) { return a.retention(ctx) }

// NewLooks lets tests look at files as the pages do.
func NewLooks(a *App, dir string) web.Looks { return newLooks(a, dir) }

// SentFiles gives files by names and contents in turn.
func SentFiles(parts ...string) []web.SentFile {
	var out []web.SentFile
	for i := 0; i < len(parts); i += 2 {
		out = append(out, web.SentFile{Name: parts[i], Content: strings.NewReader(parts[i+1])})
	}
	return out
}

// AllJobsForTests gives what a server does at set times.
func (a *App) AllJobsForTests() ([]schedule.Job, error) {
	return a.jobs(nil, "test", a.Store.Sessions())
}
