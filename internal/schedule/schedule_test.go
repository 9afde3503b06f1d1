package schedule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // The tests must not depend on the machine's own zones.

	"homeward/internal/problem"
)

// memory is a recorder in memory; the real one is tested in package sqlite.
type memory struct {
	mu   sync.Mutex
	runs []Run
	down bool
}

func (m *memory) Begin(_ context.Context, job string, at time.Time) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return 0, errors.New("no room on the disk")
	}
	m.runs = append(m.runs, Run{ID: int64(len(m.runs)), Job: job, Began: at, Result: Running})
	return int64(len(m.runs) - 1), nil
}

func (m *memory) End(ctx context.Context, id int64, at time.Time, result, message string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errors.New("no room on the disk")
	}
	r := &m.runs[id]
	r.Ended, r.Result, r.Message = at, result, message
	return ctx.Err()
}

func (m *memory) Last(context.Context) (map[string]Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]Run{}
	finished := map[string]time.Time{}
	for _, r := range m.runs {
		if r.Result == Finished {
			finished[r.Job] = r.Began
		}
		old, ok := out[r.Job]
		if !ok || r.Result == Running || old.Result != Running && !r.Ended.Before(old.Ended) {
			out[r.Job] = r
		}
	}
	for job, r := range out {
		r.LastFinished = finished[job]
		out[job] = r
	}
	return out, nil
}

// results lists the results of a job's runs in the order in which they began.
func (m *memory) results(job string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, r := range m.runs {
		if r.Job == job {
			out = append(out, r.Result)
		}
	}
	return out
}

func london(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func newScheduler(t testing.TB, m *memory, jobs ...Job) *Scheduler {
	t.Helper()
	s, err := New(Options{Recorder: m, Zone: london(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		if err := s.Add(j); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func start(t testing.TB, s *Scheduler) {
	t.Helper()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func stop(t testing.TB, s *Scheduler) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func only(t testing.TB, s *Scheduler) Status {
	t.Helper()
	list, err := s.List(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("List gave %v, %v", list, err)
	}
	return list[0]
}

// until lets the bubble's clock run to a moment of London time.
func until(t testing.TB, words string) {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", words, london(t))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(at))
	synctest.Wait()
}

func is(t testing.TB, got, want []string) {
	t.Helper()
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func nothing(context.Context) (string, error) { return "", nil }

func TestJobsRunAtLondonTimeInEverySeason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		s := newScheduler(t, m, Job{Name: "morning", Title: "Morning charts", When: "30 6 * * *", Run: nothing})
		s.beat = 24 * time.Hour // A year of looking at the clock takes long.
		start(t, s)
		// A leap year: 366 mornings, and both changes of the clocks.
		until(t, "2001-01-01 00:00:00")
		stop(t, s)
		if len(m.runs) != 366 {
			t.Fatalf("%d runs in a year of 366 days", len(m.runs))
		}
		for _, r := range m.runs {
			if at := r.Began.In(london(t)).Format("15:04"); at != "06:30" {
				t.Fatalf("ran at %s on %s", at, r.Began)
			}
			if r.Result != Finished {
				t.Fatalf("%+v", r)
			}
		}
	})
}

// TestJobsAreRenewedWhileTheyRun changes the times of one job, takes one away and
// adds one.
func TestJobsAreRenewedWhileTheyRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		kept := Job{Name: "kept", Title: "Kept", When: "0 6 * * *", Run: nothing}
		s := newScheduler(t, m, kept, Job{Name: "moved", Title: "Moved", When: "0 7 * * *", Run: nothing},
			Job{Name: "gone", Title: "Gone", When: "0 8 * * *", Run: nothing})
		start(t, s)
		until(t, "2000-01-02 00:00:00")
		m.runs = nil
		if err := s.Renew([]Job{kept, {Name: "bad", Title: "Bad", When: "30 1 * * *", Run: nothing}}); err == nil {
			t.Error("a job between 1am and 2am was taken")
		}
		if err := s.Renew([]Job{kept, {Name: "moved", Title: "Moved", When: "0 9 * * *", Run: nothing},
			{Name: "new", Title: "New", When: "0 10 * * *", Run: nothing}}); err != nil {
			t.Fatal(err)
		}
		until(t, "2000-01-03 00:00:00")
		stop(t, s)
		var got []string
		for _, r := range m.runs {
			got = append(got, r.Job+" "+r.Began.In(london(t)).Format("15:04"))
		}
		is(t, got, []string{"kept 06:00", "moved 09:00", "new 10:00"})
	})
}

func TestTimesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		when string
		ok   bool
	}{
		"at half past one, when the clocks change":     {"30 1 * * *", false},
		"at one on Sundays":                            {"0 1 * * 0", false},
		"in hours 0 to 3, one among them":              {"0 0-3 * * *", false},
		"every third hour from one on":                 {"0 1-23/3 * * *", false},
		"in a zone of its own":                         {"CRON_TZ=Europe/Paris 30 6 * * *", false},
		"in a zone without the rest, which cron minds": {"TZ=Europe/Paris", false},
		"in words":                 {"every morning", false},
		"empty":                    {"", false},
		"with six fields":          {"0 30 6 * * *", false},
		"at half past six":         {"30 6 * * *", true},
		"at five to one":           {"55 0 * * *", true},
		"at two":                   {"0 2 * * *", true},
		"every hour":               {"5 * * * *", true},
		"every five minutes":       {"*/5 * * * *", true},
		"every five minutes again": {"@every 5m", true},
		"at midnight":              {"@daily", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScheduler(t, &memory{})
			err := s.Add(Job{Name: "job", Title: "Job", When: c.when, Run: nothing})
			if (err == nil) != c.ok {
				t.Fatalf("%q gave %v", c.when, err)
			}
			if err != nil && problem.KindOf(err) != problem.Invalid {
				t.Errorf("the problem is %s: %v", problem.KindOf(err), err)
			}
		})
	}
}

func TestAddRefusesNamesThatAreTakenOrNoAddress(t *testing.T) {
	s := newScheduler(t, &memory{}, Job{Name: "inbox", Title: "Inbox", When: "@every 1m", Run: nothing})
	if err := s.Add(Job{Name: "inbox", Title: "Inbox again", When: "@every 1m", Run: nothing}); problem.KindOf(err) != problem.Conflict {
		t.Errorf("the name twice gave %v", err)
	}
	for _, name := range []string{"", "Inbox", "../inbox", "in box", "1inbox"} {
		if err := s.Add(Job{Name: name, Title: "Inbox", When: "@every 1m", Run: nothing}); problem.KindOf(err) != problem.Invalid {
			t.Errorf("the name %q gave %v", name, err)
		}
	}
}

func TestJobThatPanicsRunsAgainNextTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, runs := &memory{}, 0
		var said bytes.Buffer
		s, err := New(Options{Recorder: m, Zone: london(t), Log: slog.New(slog.NewTextHandler(&said, nil))})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Add(Job{Name: "charts", Title: "Charts", When: "30 6 * * *", Run: func(context.Context) (string, error) {
			if runs++; runs == 1 {
				panic("patient 9990000001")
			}
			return "5 charts were drawn.", nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		start(t, s)
		until(t, "2000-01-01 07:00:00")
		if st := only(t, s); st.Result != DidNotFinish || !strings.HasPrefix(st.Message, "This run met a problem") {
			t.Errorf("after the panic: %+v", st)
		}
		until(t, "2000-01-02 07:00:00")
		if st := only(t, s); st.Result != Finished || st.Message != "5 charts were drawn." {
			t.Errorf("on the next morning: %+v", st)
		}
		stop(t, s)
		if strings.Contains(said.String(), "9990000001") || !strings.Contains(said.String(), "schedule_test.go") {
			t.Errorf("the log should tell where and not what:\n%s", said.String())
		}
	})
}

func TestJobThatIsStillRunningIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		s := newScheduler(t, m, Job{Name: "inbox", Title: "Inbox", When: "*/10 * * * *", Run: func(context.Context) (string, error) {
			time.Sleep(25 * time.Minute)
			return "3 files were taken in.", nil
		}})
		start(t, s)
		until(t, "2000-01-01 05:58:00")
		if st := only(t, s); st.Result != Running || st.Took != 18*time.Minute || st.Next.Format("15:04") != "06:00" {
			t.Errorf("while running: %+v", st)
		}
		until(t, "2000-01-01 06:08:00")
		if st := only(t, s); st.Result != Finished {
			t.Errorf("the finished run ended last and should be told: %+v", st)
		}
		stop(t, s)
		if got := m.results("inbox")[:4]; strings.Join(got, "; ") != "Finished; Skipped; Skipped; Finished" {
			t.Errorf("got %v", got)
		}
		if got, want := m.runs[1].Message, "The run before was still going. It started at 12:10am."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestRunNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		m := &memory{}
		s := newScheduler(t, m, Job{Name: "charts", Title: "Charts", When: "30 6 * * *", Run: func(context.Context) (string, error) {
			<-release
			return "", problem.New(problem.Unavailable, "There are no extracts yet. Send one.")
		}})
		if err := s.RunNow(t.Context(), "charts"); problem.KindOf(err) != problem.Unavailable {
			t.Errorf("before the start: %v", err)
		}
		start(t, s)
		until(t, "2000-01-01 06:05:00")
		if err := s.RunNow(t.Context(), "nothing-of-the-kind"); problem.KindOf(err) != problem.NotFound {
			t.Errorf("an unknown job: %v", err)
		}
		if err := s.RunNow(t.Context(), "charts"); err != nil {
			t.Fatal(err)
		}
		until(t, "2000-01-01 06:20:00")
		err := s.RunNow(t.Context(), "charts")
		if problem.KindOf(err) != problem.Conflict || err.Error() != "This job is already running. It started at 6:05am." {
			t.Errorf("while running: %v", err)
		}
		until(t, "2000-01-02 05:00:00")
		if err := s.RunNow(t.Context(), "charts"); err == nil || !strings.HasSuffix(err.Error(), "It started at 6:05am on 1 January 2000.") {
			t.Errorf("on the day after: %v", err)
		}
		close(release)
		synctest.Wait()
		if st := only(t, s); st.Result != DidNotFinish || st.Message != "There are no extracts yet. Send one." {
			t.Errorf("the reader's sentence should stand: %+v", st)
		}
		stop(t, s)
		if err := s.RunNow(t.Context(), "charts"); problem.KindOf(err) != problem.Unavailable {
			t.Errorf("after the stop: %v", err)
		}
		is(t, m.results("charts"), []string{DidNotFinish, Skipped})
	})
}

func TestManyPeoplePressRunNowAtOnce(t *testing.T) {
	m := &memory{}
	var mu sync.Mutex
	going, most, runs := 0, 0, 0
	s := newScheduler(t, m, Job{Name: "charts", Title: "Charts", When: "30 6 * * *", Run: func(context.Context) (string, error) {
		mu.Lock()
		going++
		runs++
		most = max(most, going)
		mu.Unlock()
		time.Sleep(time.Millisecond)
		mu.Lock()
		going--
		mu.Unlock()
		return "", nil
	}})
	start(t, s)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if err := s.RunNow(t.Context(), "charts"); err != nil && problem.KindOf(err) != problem.Conflict {
					t.Error(err)
				}
				if _, err := s.List(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	stop(t, s)
	if most != 1 || runs == 0 || len(m.runs) != runs {
		t.Errorf("at most %d at once, %d runs, %d records", most, runs, len(m.runs))
	}
}

func TestStopWaitsForWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		s := newScheduler(t, m, Job{Name: "charts", Title: "Charts", When: "30 6 * * *", Run: func(ctx context.Context) (string, error) {
			time.Sleep(time.Minute)
			return "", ctx.Err()
		}})
		// What stops the program ends the context of Start first.
		ctx, cancel := context.WithCancel(t.Context())
		if err := s.Start(ctx); err != nil {
			t.Fatal(err)
		}
		until(t, "2000-01-01 06:30:30")
		cancel()
		begin := time.Now()
		stop(t, s)
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("Stop took %s", took)
		}
		is(t, m.results("charts"), []string{Finished})
		stop(t, s) // Twice is safe.
	})
}

func TestStopEndsWhatRunsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		deaf := make(chan struct{})
		s := newScheduler(t, m,
			Job{Name: "listens", Title: "Listens", When: "30 6 * * *", Run: func(ctx context.Context) (string, error) {
				<-ctx.Done()
				return "", ctx.Err()
			}},
			Job{Name: "deaf", Title: "Deaf", When: "30 6 * * *", Run: func(context.Context) (string, error) {
				<-deaf
				return "", nil
			}})
		start(t, s)
		until(t, "2000-01-01 06:31:00")
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := s.Stop(ctx)
		if problem.KindOf(err) != problem.Unavailable || !strings.Contains(err.Error(), "[deaf]") {
			t.Errorf("Stop gave %v", err)
		}
		is(t, m.results("listens"), []string{DidNotFinish})
		if got, want := m.runs[0].Message+m.runs[1].Message, "Homeward was stopped before this run ended."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		close(deaf)
		synctest.Wait()
	})
}

func TestRunsLeftRunningAreClosedAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		for range 2 { // Two processes were killed, one after the other.
			if _, err := m.Begin(t.Context(), "charts", time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := m.Begin(t.Context(), "job-of-an-older-version", time.Now()); err != nil {
			t.Fatal(err)
		}
		until(t, "2000-01-01 09:00:00")
		s := newScheduler(t, m, Job{Name: "charts", Title: "Charts", When: "30 6 * * *", Run: nothing})
		start(t, s)
		for _, r := range m.runs {
			if r.Result != DidNotFinish || r.Message != "Homeward stopped before this run ended." {
				t.Errorf("%+v", r)
			}
		}
		stop(t, s)
	})
}

func TestCatchUp(t *testing.T) {
	ran := func(began, result string) Run {
		at, err := time.ParseInLocation("2006-01-02 15:04", began, london(t))
		if err != nil {
			t.Fatal(err)
		}
		return Run{Job: "charts", Began: at, Ended: at.Add(time.Minute), Result: result}
	}
	for name, c := range map[string]struct {
		runs  []Run
		off   bool
		when  string
		start string
		want  []string
	}{
		"a run of this morning is not made again": {[]Run{ran("2000-01-05 06:30", Finished)}, false, "", "2000-01-05 09:00:00",
			[]string{Finished}},
		"a morning missed while down is made up for": {[]Run{ran("2000-01-04 06:30", Finished)}, false, "", "2000-01-05 09:00:00",
			[]string{Finished, Finished}},
		"three mornings missed are made up for once": {[]Run{ran("2000-01-02 06:30", Finished)}, false, "", "2000-01-05 09:00:00",
			[]string{Finished, Finished}},
		"before the morning nothing was missed": {[]Run{ran("2000-01-04 06:30", Finished)}, false, "", "2000-01-05 06:00:00",
			[]string{Finished}},
		"a run that did not finish is made up for": {[]Run{ran("2000-01-04 06:30", Finished), ran("2000-01-05 06:30", DidNotFinish)}, false,
			"", "2000-01-05 09:00:00", []string{Finished, DidNotFinish, Finished}},
		"a run by hand after the due time is enough": {[]Run{ran("2000-01-05 08:00", Finished)}, false, "", "2000-01-05 09:00:00",
			[]string{Finished}},
		"a job that never ran is run":        {nil, false, "", "2000-01-05 09:00:00", []string{Finished}},
		"a job that does not catch up waits": {nil, true, "", "2000-01-05 09:00:00", nil},
		"a weekly job missed on Sunday is made up": {[]Run{ran("1999-12-26 05:00", Finished)}, false, "0 5 * * 0", "2000-01-05 09:00:00",
			[]string{Finished, Finished}},
		"a weekly job that ran on Sunday is left": {[]Run{ran("2000-01-02 05:00", Finished)}, false, "0 5 * * 0", "2000-01-05 09:00:00",
			[]string{Finished}},
		"a yearly job that ran is not made again": {[]Run{ran("1999-04-01 05:00", Finished)}, false, "0 5 1 4 *", "2000-01-05 09:00:00",
			[]string{Finished}},
		"due in this very second counts as missed": {[]Run{ran("2000-01-04 06:30", Finished)}, false, "", "2000-01-05 06:30:00",
			[]string{Finished, Finished}},
		"the day that the clocks went forward counts": {[]Run{ran("2000-03-25 06:30", Finished)}, false, "", "2000-03-26 06:31:00",
			[]string{Finished, Finished}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &memory{}
				for i, r := range c.runs {
					r.ID = int64(i)
					m.runs = append(m.runs, r)
				}
				until(t, c.start)
				when := c.when
				if when == "" {
					when = "30 6 * * *"
				}
				s := newScheduler(t, m, Job{Name: "charts", Title: "Charts", When: when, CatchUp: !c.off, Run: nothing})
				start(t, s)
				synctest.Wait()
				stop(t, s)
				is(t, m.results("charts"), c.want)
			})
		})
	}
}

func TestJobRunsThoughItCannotBeRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, runs := &memory{down: true}, 0
		s := newScheduler(t, m, Job{Name: "charts", Title: "Charts", When: "30 6 * * *",
			Run: func(context.Context) (string, error) { runs++; return "", nil }})
		start(t, s)
		until(t, "2000-01-02 07:00:00")
		stop(t, s)
		if runs != 2 {
			t.Errorf("ran %d times in two mornings", runs)
		}
	})
}

// Runs that were missed are made up for one after the other, in the order in which
// they were due; one that hangs keeps the others waiting for its turn alone, and one
// that somebody runs meanwhile is not made again.
func TestCatchUpRunsOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		until(t, "2000-01-05 09:00:00")
		began := time.Now()
		var mu sync.Mutex
		var order []string
		job := func(name, when string, takes time.Duration) Job {
			return Job{Name: name, Title: name, When: when, CatchUp: true, Run: func(ctx context.Context) (string, error) {
				mu.Lock()
				order = append(order, fmt.Sprintf("%s at %s", name, time.Since(began)))
				mu.Unlock()
				select {
				case <-time.After(takes):
				case <-ctx.Done():
				}
				return "", nil
			}}
		}
		s := newScheduler(t, m, job("late", "0 8 * * *", time.Minute), job("early", "0 3 * * *", time.Minute),
			job("hangs", "0 5 * * *", 24*time.Hour), job("by-hand", "30 8 * * *", time.Second))
		start(t, s)
		time.Sleep(2 * time.Minute)
		if list, err := s.List(t.Context()); err != nil || !list[0].Waits || list[1].Waits || list[2].Waits || !list[0].Next.Equal(time.Now()) {
			t.Errorf("%+v, %v", list, err)
		}
		if err := s.RunNow(t.Context(), "by-hand"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Minute)
		stop(t, s)
		is(t, order, []string{"early at 0s", "hangs at 1m0s", "by-hand at 2m0s", "late at 11m0s"})
	})
}
