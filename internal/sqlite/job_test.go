package sqlite_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"homeward/internal/schedule"
	"homeward/internal/sqlite"
)

func openJobs(t testing.TB, dir string) (*sqlite.Store, sqlite.Jobs) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, store.Jobs()
}

var morning = time.Date(2026, 11, 4, 6, 30, 0, 0, time.UTC)

func lastRun(t testing.TB, j sqlite.Jobs, job string) schedule.Run {
	t.Helper()
	last, err := j.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return last[job]
}

func beginRun(t testing.TB, j sqlite.Jobs, job string, at time.Time) int64 {
	t.Helper()
	id, err := j.Begin(t.Context(), job, at)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func endRun(t testing.TB, j sqlite.Jobs, id int64, at time.Time, result, message string) {
	t.Helper()
	if err := j.End(t.Context(), id, at, result, message); err != nil {
		t.Fatal(err)
	}
}

func TestJobRunsAreRecordedAndOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	store, jobs := openJobs(t, dir)
	if got := lastRun(t, jobs, "charts"); got != (schedule.Run{}) {
		t.Errorf("before any run: %+v", got)
	}
	id := beginRun(t, jobs, "charts", morning)
	if got := lastRun(t, jobs, "charts"); got.Result != schedule.Running || !got.Began.Equal(morning) || !got.Ended.IsZero() {
		t.Errorf("while running: %+v", got)
	}
	endRun(t, jobs, id, morning.Add(4*time.Second), schedule.Finished, "5 charts were drawn.")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	_, jobs = openJobs(t, dir)
	want := schedule.Run{ID: id, Job: "charts", Began: morning, Ended: morning.Add(4 * time.Second), Result: schedule.Finished,
		Message: "5 charts were drawn.", LastFinished: morning}
	if got := lastRun(t, jobs, "charts"); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWhereAJobStands(t *testing.T) {
	_, jobs := openJobs(t, t.TempDir())
	at := func(minutes int) time.Time { return morning.Add(time.Duration(minutes) * time.Minute) }

	long := beginRun(t, jobs, "inbox", at(0))
	skipped := beginRun(t, jobs, "inbox", at(10))
	endRun(t, jobs, skipped, at(10), schedule.Skipped, "")
	if got := lastRun(t, jobs, "inbox"); got.ID != long || got.Result != schedule.Running {
		t.Errorf("a run that has not ended comes first: %+v", got)
	}
	endRun(t, jobs, long, at(15), schedule.Finished, "")
	if got := lastRun(t, jobs, "inbox"); got.ID != long {
		t.Errorf("the run that ended last tells where the job stands: %+v", got)
	}
	later := beginRun(t, jobs, "inbox", at(20))
	endRun(t, jobs, later, at(21), schedule.DidNotFinish, "")
	if got := lastRun(t, jobs, "inbox"); got.ID != later || !got.LastFinished.Equal(at(0)) {
		t.Errorf("the last finished run began at %s: %+v", at(0), got)
	}
	if err := jobs.End(t.Context(), 4711, at(22), schedule.Finished, ""); err == nil {
		t.Error("a run that never began was ended")
	}
	if err := jobs.End(t.Context(), later, at(22), "Gone wrong", ""); err == nil {
		t.Error("a result that is no result was kept")
	}
}

func TestOldRunsAreLetGo(t *testing.T) {
	if testing.Short() {
		t.Skip("1,100 commits")
	}
	_, jobs := openJobs(t, t.TempDir())
	open := beginRun(t, jobs, "inbox", morning)
	only := beginRun(t, jobs, "inbox", morning.Add(time.Second))
	endRun(t, jobs, only, morning.Add(2*time.Second), schedule.Finished, "")
	other := beginRun(t, jobs, "charts", morning)
	endRun(t, jobs, other, morning, schedule.DidNotFinish, "")
	var oldest, newest int64
	for i := range 1100 {
		at := morning.Add(time.Duration(i) * time.Minute)
		newest = beginRun(t, jobs, "inbox", at)
		endRun(t, jobs, newest, at, schedule.DidNotFinish, "")
		if i == 0 {
			oldest = newest
		}
	}
	if err := jobs.End(t.Context(), oldest, morning, schedule.DidNotFinish, ""); err == nil {
		t.Error("the oldest run is still there")
	}
	got := lastRun(t, jobs, "inbox")
	if got.ID != open || !got.LastFinished.Equal(morning.Add(time.Second)) {
		t.Errorf("the open run and the only finished one should be kept: %+v", got)
	}
	endRun(t, jobs, open, morning, schedule.DidNotFinish, "")
	if got := lastRun(t, jobs, "inbox"); got.ID != newest {
		t.Errorf("got %+v, want run %d", got, newest)
	}
	if lastRun(t, jobs, "charts").ID != other {
		t.Error("another job's runs were let go")
	}
}

func TestASchedulerWithItsRecordInTheDatabase(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	store, jobs := openJobs(t, dir)
	beginRun(t, jobs, "charts", morning) // ... and the process is killed.
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	_, jobs = openJobs(t, dir)
	now := morning.Add(3 * time.Hour)
	s, err := schedule.New(schedule.Options{Recorder: jobs, Zone: london, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	runs := 0
	err = s.Add(schedule.Job{Name: "charts", Title: "Morning charts", Words: "every morning at 6:30am", When: "30 6 * * *", CatchUp: true,
		Run: func(context.Context) (string, error) {
			runs++
			return fmt.Sprintf("Run %d.", runs), nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if runs != 1 || len(list) != 1 || list[0].Result != schedule.Finished || list[0].Message != "Run 1." || !list[0].Last.Equal(now) {
		t.Errorf("the run that was cut short should be made up for once: %d runs, %+v", runs, list)
	}
	if !strings.HasPrefix(list[0].Words, "every morning") {
		t.Errorf("%+v", list[0])
	}
}
