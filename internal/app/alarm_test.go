package app_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/problem"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// soon waits until something is so.
func soon(t *testing.T, limit time.Duration, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// mailed opens a folder whose partnership file names who is told of jobs.
func mailed(t *testing.T, dir string, port int) *app.App {
	t.Helper()
	path := filepath.Join(dir, app.PartnershipFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = fmt.Appendf(text, "\nmail: {host: 127.0.0.1, port: %d, security: none, from: homeward@northshire.example, "+
		"address: \"https://homeward.northshire.example\", jobs_to: [data@northshire.example]}\n", port)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return openApp(t, app.Options{Data: dir})
}

func (p *postOffice) of(address string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, l := range p.letters[address] {
		out = append(out, strings.ReplaceAll(l, "=\r\n", ""))
	}
	return out
}

// A disk that is full takes the record of jobs and the outbox with it, and hides
// nothing: the pages, readiness and one message say which job did not finish, and one
// that it works again.
func TestAFullDiskHidesNoFailedJob(t *testing.T) {
	t.Parallel()
	office, port := openPost(t)
	dir := filepath.Join(t.TempDir(), "data")
	smallDisk(t, dir)
	if err := os.CopyFS(dir, os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	a := mailed(t, dir, port)
	jobs, ready, status, err := a.SchedulerForTests()
	if err != nil {
		t.Fatal(err)
	}
	if err := jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop := func() { _ = jobs.Stop(context.Background()) }
	defer stop()
	job := func(name string) schedule.Status {
		all, err := jobs.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return all[slices.IndexFunc(all, func(s schedule.Status) bool { return s.Name == name })]
	}
	run := func(name, want string) {
		t.Helper()
		soon(t, time.Minute, "the run before ends", func() bool { return job(name).Result != schedule.Running })
		if err := jobs.RunNow(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		soon(t, time.Minute, name+" is "+want, func() bool { return job(name).Result == want })
	}
	soon(t, time.Minute, "the first backup is made", func() bool { return job("backup").Result == schedule.Finished })
	if err := ready(t.Context()); err != nil {
		t.Fatalf("at first: %v", err)
	}

	empty := fill(t, dir)
	for range 3 {
		run("backup", schedule.DidNotFinish)
	}
	err = ready(t.Context())
	for _, want := range []string{"Make room", `"Make a backup and check it" did not finish`, `"Keep the record of jobs" did not finish`} {
		if problem.KindOf(err) != problem.Unavailable || !strings.Contains(problem.Sentence(err), want) {
			t.Errorf("readiness says %v, want %q", err, want)
		}
	}
	found := false
	for _, c := range status(t.Context()) {
		found = found || c.Name == "Jobs" && c.State == web.CheckWrong && strings.Contains(c.Found, "Make a backup and check it")
	}
	if !found {
		t.Error("the status page does not say it")
	}
	const to = "data@northshire.example"
	soon(t, time.Minute, "both are mailed", func() bool { return len(office.of(to)) >= 2 })
	time.Sleep(200 * time.Millisecond)
	all := strings.Join(office.of(to), "\n")
	for _, want := range []string{"Subject: Make a backup and check it did not finish: ", "Subject: Record of jobs did not finish: ",
		"Make room", "https://homeward.northshire.example/admin/jobs"} {
		if !strings.Contains(all, want) {
			t.Errorf("the messages lack %q:\n%s", want, all)
		}
	}
	if n := len(office.of(to)); n != 2 {
		t.Errorf("%d messages of a full disk:\n%s", n, all)
	}

	empty()
	time.Sleep(time.Until(job("backup").Last.Add(time.Second))) // One backup a second.
	run("backup", schedule.Finished)
	soon(t, time.Minute, "that it works again waits in the outbox", func() bool {
		all, err := a.Store.Deliveries(t.Context(), "")
		return err == nil && len(all) == 2
	})
	run("deliver", schedule.Finished)
	soon(t, time.Minute, "that it works again is mailed", func() bool { return len(office.of(to)) == 4 })
	if err := ready(t.Context()); err != nil {
		t.Errorf("in the end: %v", err)
	}
	stop()
	last, err := a.Store.Jobs().Last(t.Context())
	if err != nil || last["backup"].Result != schedule.Finished {
		t.Errorf("%+v, %v", last["backup"], err)
	}
}

// A message that was sent and could not be noted as sent, because the disk had become
// full meanwhile, is not sent again: not while it is full, and not when there is room.
func TestWhatWasSentAndCouldNotBeNotedGoesOnce(t *testing.T) {
	t.Parallel()
	office, port := openPost(t)
	dir := filepath.Join(t.TempDir(), "data")
	smallDisk(t, dir)
	if err := os.CopyFS(dir, os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	a := mailed(t, dir, port)
	const to = "data@northshire.example"
	name := fmt.Sprintf("job:backup:did not finish:%d", time.Now().UnixMicro())
	if err := a.Store.AddDeliveries(t.Context(), name, sqlite.ByMail, []string{to}, time.Now()); err != nil {
		t.Fatal(err)
	}
	var empty func()
	office.taken = func() {
		// With its log emptied, the database needs room for whatever it writes next.
		db, err := sql.Open("sqlite3", filepath.Join(dir, sqlite.FileName))
		if err == nil {
			_, err = db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
		}
		if err := errors.Join(err, db.Close()); err != nil {
			t.Error(err)
		}
		empty = fill(t, dir)
	}
	jobs, err := a.PackJobs()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if said, err := jobs["deliver"](t.Context()); err == nil {
			t.Errorf("it could be noted: %s", said)
		}
	}
	if n := len(office.of(to)); n != 1 {
		t.Errorf("on the full disk it went %d times", n)
	}
	empty()
	office.taken = nil
	for range 2 {
		if _, err := jobs["deliver"](t.Context()); err != nil {
			t.Error(err)
		}
	}
	all, err := a.Store.Deliveries(t.Context(), "")
	if n := len(office.of(to)); err != nil || n != 1 || len(all) != 1 || all[0].State != sqlite.DeliverySent {
		t.Errorf("in the end it went %d times, noted as %+v, %v", n, all, err)
	}
}
