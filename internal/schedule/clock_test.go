package schedule

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Whatever the clock does, a job of every minute goes on within a minute, one of
// every night is not forgotten, and the jump is known.
func TestTheClockJumps(t *testing.T) {
	for name, c := range map[string]struct {
		by time.Duration
		// inbox and nightly are the least and the most runs within two hours after the
		// jump at 2:45am, when the night's run has been.
		inbox, nightly [2]int
	}{
		"back by a second, which is no jump":          {-time.Second, [2]int{119, 121}, [2]int{0, 0}},
		"back by four minutes and no run comes twice": {-4 * time.Minute, [2]int{119, 121}, [2]int{0, 0}},
		"back by ten minutes and 2:40am comes again":  {-10 * time.Minute, [2]int{119, 121}, [2]int{1, 1}},
		"back by a year":                              {-365 * 24 * time.Hour, [2]int{119, 121}, [2]int{0, 0}},
		"on by an hour":                               {time.Hour, [2]int{119, 121}, [2]int{0, 0}},
		"on by a day, whose run is made up for":       {24 * time.Hour, [2]int{119, 121}, [2]int{1, 1}},
		"on by a year, whose runs are made up by one": {365 * 24 * time.Hour, [2]int{119, 121}, [2]int{1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var off atomic.Int64 // The clock is read beside this.
				m, told := &memory{}, &tidings{}
				s, err := New(Options{Recorder: m, Zone: london(t), Tell: told.tell,
					Now: func() time.Time { return time.Now().Add(time.Duration(off.Load())) }})
				if err != nil {
					t.Fatal(err)
				}
				for _, j := range []Job{{Name: "inbox", Title: "Inbox", When: "@every 1m", Run: nothing},
					{Name: "nightly", Title: "Nightly", When: "40 2 * * *", Run: nothing}} {
					if err := s.Add(j); err != nil {
						t.Fatal(err)
					}
				}
				start(t, s)
				until(t, "2000-01-01 02:45:00")
				inbox, nightly := len(m.results("inbox")), len(m.results("nightly"))
				if nightly != 1 {
					t.Fatalf("ran %d times before the jump", nightly)
				}
				off.Store(int64(c.by))
				until(t, "2000-01-01 04:45:00")
				inbox, nightly = len(m.results("inbox"))-inbox, len(m.results("nightly"))-nightly
				if inbox < c.inbox[0] || inbox > c.inbox[1] || nightly < c.nightly[0] || nightly > c.nightly[1] {
					t.Errorf("after it the inbox ran %d times, the nightly job %d times", inbox, nightly)
				}
				jump := s.Jumped()
				if wide := c.by.Abs() > leap; wide != !jump.At.IsZero() || wide && jump.By != c.by {
					t.Errorf("the jump is noted as %+v", jump)
				}
				told.is(t)
				if err := s.Trouble(); err != nil {
					t.Error(err)
				}
				stop(t, s)
			})
		})
	}
}

// A jump in the middle of a wait does not keep the job of every minute waiting.
func TestAJumpBackIsSeenWithinAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var off atomic.Int64
		m := &memory{}
		s, err := New(Options{Recorder: m, Zone: london(t),
			Now: func() time.Time { return time.Now().Add(time.Duration(off.Load())) }})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Add(Job{Name: "inbox", Title: "Inbox", When: "@every 1m", Run: nothing}); err != nil {
			t.Fatal(err)
		}
		start(t, s)
		time.Sleep(90 * time.Second)
		off.Store(int64(-30 * 24 * time.Hour))
		time.Sleep(heartbeat + time.Minute)
		synctest.Wait()
		if n := len(m.results("inbox")); n != 2 {
			t.Errorf("ran %d times, want once before and once after", n)
		}
		stop(t, s)
	})
}

// In the nights on which the clocks change no time of a job is missed or comes twice.
func TestBothChangesOfTheYear(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		hours    int
	}{
		"forward": {"2000-03-25 12:00:00", "2000-03-26 12:00:00", 23},
		"back":    {"2000-10-28 12:00:00", "2000-10-29 12:00:00", 25},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(t, c.from)
				m, told := &memory{}, &tidings{}
				s, err := New(Options{Recorder: m, Zone: london(t), Tell: told.tell})
				if err != nil {
					t.Fatal(err)
				}
				for _, j := range []Job{{Name: "backup", Title: "Backup", When: "40 2 * * *", Run: nothing},
					{Name: "midnight", Title: "Midnight", When: "30 0 * * *", Run: nothing},
					{Name: "sessions", Title: "Sessions", When: "20 * * * *", Run: nothing}} {
					if err := s.Add(j); err != nil {
						t.Fatal(err)
					}
				}
				start(t, s)
				until(t, c.to)
				if b, n, h := len(m.results("backup")), len(m.results("midnight")), len(m.results("sessions")); b != 1 || n != 1 || h != c.hours {
					t.Errorf("backup %d, midnight %d, sessions %d of %d hours", b, n, h, c.hours)
				}
				told.is(t)
				if jump := s.Jumped(); !jump.At.IsZero() {
					t.Errorf("a change of the year is taken for a jump: %+v", jump)
				}
				stop(t, s)
			})
		})
	}
}
