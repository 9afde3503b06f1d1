package schedule

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// tidings collects what is told.
type tidings struct {
	mu  sync.Mutex
	all []string
}

func (t *tidings) tell(what Tidings) {
	t.mu.Lock()
	defer t.mu.Unlock()
	words := what.Trouble
	if what.Well {
		words = "works again"
	}
	t.all = append(t.all, what.Name+" "+words)
}

func (t *tidings) is(tt *testing.T, want ...string) {
	tt.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	is(tt, t.all, want)
}

// fallible is a job of every minute that fails while broken is set.
type fallible struct {
	mu     sync.Mutex
	broken bool
}

func (f *fallible) set(broken bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = broken
}

func (f *fallible) run(context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return "", errors.New("no space left on device")
	}
	return "Done.", nil
}

func (m *memory) setDown(down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = down
}

// A disk that is full takes the record of runs with it. What did not finish is known
// all the same, told once, and recorded when there is room again.
func TestWhatCannotBeRecordedIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, told, job := &memory{}, &tidings{}, &fallible{}
		s, err := New(Options{Recorder: m, Zone: london(t), Tell: told.tell})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Add(Job{Name: "backup", Title: "Make a backup", When: "@every 1m", Run: job.run}); err != nil {
			t.Fatal(err)
		}
		start(t, s)
		until(t, "2000-01-01 00:01:30")
		if err := s.Trouble(); err != nil {
			t.Errorf("at first: %v", err)
		}
		m.setDown(true)
		job.set(true)
		until(t, "2000-01-01 03:00:30")
		if st := only(t, s); st.Result != DidNotFinish || st.Message == "" || st.Last.IsZero() {
			t.Errorf("the list has %+v", st)
		}
		if err := s.Trouble(); err == nil || !strings.Contains(err.Error(), `"Make a backup" did not finish (3am)`) ||
			!strings.Contains(err.Error(), `"Keep the record of jobs" did not finish (12:02am)`) {
			t.Errorf("Trouble is %v", err)
		}
		told.is(t, "backup did not finish", "records did not finish")
		m.setDown(false)
		until(t, "2000-01-01 03:01:30")
		is(t, m.results("backup"), []string{Finished, DidNotFinish, DidNotFinish})
		told.is(t, "backup did not finish", "records did not finish", "records works again")
		job.set(false)
		until(t, "2000-01-01 03:02:30")
		told.is(t, "backup did not finish", "records did not finish", "records works again", "backup works again")
		if err := s.Trouble(); err != nil {
			t.Errorf("in the end: %v", err)
		}
		stop(t, s)
	})
}

// The last run before a stop is recorded when there is room by then.
func TestWhatIsOwedIsRecordedAtTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, job := &memory{}, &fallible{broken: true}
		s := newScheduler(t, m, Job{Name: "backup", Title: "Make a backup", When: "30 2 * * *", Run: func(ctx context.Context) (string, error) {
			m.setDown(true) // Its beginning is recorded, its end is not.
			return job.run(ctx)
		}})
		start(t, s)
		until(t, "2000-01-01 03:00:00")
		is(t, m.results("backup"), []string{Running})
		m.setDown(false)
		stop(t, s)
		is(t, m.results("backup"), []string{DidNotFinish})
	})
}

// A restart that finds a job in trouble does not tell it again, also where the
// record cannot be written, and tells when it works.
func TestARestartTellsNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(-time.Hour)
		m, told, job := &memory{}, &tidings{}, &fallible{broken: true}
		m.runs = []Run{{ID: 0, Job: "inbox", Began: at, Ended: at, Result: DidNotFinish, Message: "It differs."},
			{ID: 1, Job: "backup", Began: at, Result: Running}}
		m.down = true
		s, err := New(Options{Recorder: m, Zone: london(t), Tell: told.tell})
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range []Job{{Name: "inbox", Title: "Inbox", When: "@every 1m", Run: job.run},
			{Name: "backup", Title: "Make a backup", When: "30 2 * * *", Run: nothing}} {
			if err := s.Add(j); err != nil {
				t.Fatal(err)
			}
		}
		start(t, s)
		until(t, "2000-01-01 00:10:30")
		told.is(t)
		m.setDown(false)
		job.set(false)
		until(t, "2000-01-01 00:11:30")
		told.is(t, "inbox works again", "records works again")
		stop(t, s)
	})
}

// A job that hangs is said, never started twice, and told when it has been running
// for hours.
func TestAJobThatHangsIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, told, begun := &memory{}, &tidings{}, 0
		s, err := New(Options{Recorder: m, Zone: london(t), Tell: told.tell})
		if err != nil {
			t.Fatal(err)
		}
		let := make(chan struct{})
		if err := s.Add(Job{Name: "inbox", Title: "Inbox", When: "@every 1h", Run: func(context.Context) (string, error) {
			begun++
			<-let
			return "", nil
		}}); err != nil {
			t.Fatal(err)
		}
		start(t, s)
		until(t, "2000-01-01 03:30:00")
		if st := only(t, s); st.Result != Running || st.Took != 2*time.Hour+30*time.Minute ||
			st.Message != "It was due 2 times meanwhile and was not started a second time." {
			t.Errorf("%+v", st)
		}
		told.is(t)
		until(t, "2000-01-01 09:30:00")
		told.is(t, "inbox has been running for hours")
		if begun != 1 {
			t.Errorf("started %d times", begun)
		}
		close(let)
		until(t, "2000-01-01 09:31:00")
		told.is(t, "inbox has been running for hours", "inbox works again")
		stop(t, s)
	})
}

func TestBell(t *testing.T) {
	at := func(trouble string) []Standing { return []Standing{{Name: "a", Trouble: trouble}} }
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		before string
		// each is the trouble at each minute; want the tidings, by minute.
		each func(minute int) string
		step time.Duration
		want string
	}{
		"a trouble that stays is told once":     {"", func(int) string { return unfinished }, time.Minute, "0-"},
		"one that was told before is not":       {unfinished, func(int) string { return unfinished }, time.Minute, ""},
		"its end is told":                       {unfinished, func(int) string { return "" }, time.Minute, "0+"},
		"well from the beginning is no tidings": {"", func(int) string { return "" }, time.Minute, ""},
		"by turns tells no more than twice an hour": {"", func(m int) string { return [2]string{unfinished, ""}[m%2] }, time.Minute,
			"0- 1+ 60- 61+ 120- 121+"},
		"a clock that goes back silences nothing": {"", func(m int) string { return [2]string{unfinished, ""}[m%2] }, -time.Hour,
			"0- 1+ 2- 3+ 4- 5+ 6- 7+"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBell(at(c.before))
			var got []string
			last := 150
			if c.step < 0 {
				last = 7
			}
			for m := range last + 1 {
				for _, told := range b.heed(began.Add(time.Duration(m)*c.step), at(c.each(m))) {
					got = append(got, fmt.Sprintf("%d%s", m, map[bool]string{true: "+", false: "-"}[told.Well]))
				}
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
}
