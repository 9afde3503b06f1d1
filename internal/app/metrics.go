package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"homeward/internal/backup"
	"homeward/internal/delay"
	"homeward/internal/metrics"
	"homeward/internal/problem"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
)

// measured gives what a monitoring system reads of the server, and its token.
func (a *App) measured(version string, jobs *schedule.Scheduler) (*metrics.Metrics, func() string, error) {
	ready := a.ready(jobs)
	m := metrics.New(version, func(ctx context.Context) metrics.State { return a.state(ctx, ready, jobs) })
	if a.Partnership().Metrics == nil {
		return m, nil, nil
	}
	path := a.Partnership().Metrics.TokenFile
	if _, err := readMetricsToken(path); err != nil {
		return nil, nil, err
	}
	return m, func() string {
		// Read anew each time, so that it can be changed while the program runs.
		token, err := readMetricsToken(path)
		if err != nil {
			a.Options.Log.Error("the token for metrics could not be read", "error", err)
			return ""
		}
		return token
	}, nil
}

// tokenLeast is how many characters a token for metrics has at least.
const tokenLeast = 20

func readMetricsToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The file metrics.token_file of the partnership file could not be read")
	}
	token := strings.TrimSpace(string(text))
	if len(token) < tokenLeast || strings.ContainsAny(token, " \t\r\n") {
		return "", problem.New(problem.Invalid, "The file metrics.token_file holds no token of %d characters or more in one word. Make one "+
			"with: openssl rand -hex 32 > %s", tokenLeast, path)
	}
	return token, nil
}

// state tells how the server stands. What cannot be read is left out.
func (a *App) state(ctx context.Context, ready func(context.Context) error, jobs *schedule.Scheduler) metrics.State {
	s := metrics.State{Ready: ready(ctx) == nil}
	q, err := a.Store.Queues(ctx)
	if err != nil {
		a.Options.Log.Error("metrics are without what the database would tell", "error", err)
		s.Unread = true
	}
	s.Held, s.Disputes, s.Outbox = q.Held, q.Disputes, q.Outbox
	today := delay.DayOf(a.now())
	for _, p := range a.Partnership().Providers {
		one := metrics.Provider{Code: p.Code, AgeDays: -1, Received: q.Received[p.Code]}
		if latest, ok := q.Latest[p.Code]; ok {
			one.AgeDays = max(int(today-latest), 0)
		}
		s.Providers = append(s.Providers, one)
	}
	trouble := map[string]bool{}
	for _, at := range jobs.Standings() {
		trouble[at.Name] = at.Trouble != ""
	}
	all, err := jobs.List(ctx)
	if err != nil {
		a.Options.Log.Error("metrics are without the jobs", "error", err)
	}
	for _, j := range all {
		s.Jobs = append(s.Jobs, metrics.Job{Name: j.Name, Last: j.Last, Finished: j.LastFinished, Took: j.Took,
			Running: j.Result == schedule.Running, Trouble: trouble[j.Name], Runs: j.Runs})
	}
	waiting, err := a.Options.waitingInbox()
	if err != nil {
		a.Options.Log.Error("metrics are without the inbox", "error", err)
	}
	s.Inbox = int64(len(waiting))
	s.Database, s.WAL = sizeOf(a.Options.Data, sqlite.FileName), sizeOf(a.Options.Data, sqlite.FileName+"-wal")
	if s.Free, err = freeRoom(a.Options.Data); err != nil {
		a.Options.Log.Error("metrics are without the room on the disk", "error", err)
	}
	if kept, err := backup.List(a.backups("").folder); err == nil && len(kept) > 0 {
		s.Backup, _ = backup.MadeAt(kept[0])
	}
	return s
}

func sizeOf(dir, name string) int64 {
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return 0 // A log that is not there is empty.
	}
	return info.Size()
}

// waitingInbox gives what lies in the inbox to be taken in.
func (o Options) waitingInbox() (out []fs.FileInfo, err error) {
	entries, err := os.ReadDir(filepath.Join(o.Data, InboxFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, info)
		}
	}
	return out, nil
}
