package schedule

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A job that hangs is ended at its limit, or left behind where it cannot be; that is
// told, keeps no other job and no run of the next day from its time, and is told to be
// over when it is.
func TestAJobThatHangsIsEndedAtItsLimit(t *testing.T) {
	for name, deaf := range map[string]bool{"one that hears": false, "one that cannot be ended": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, told := &memory{}, &tidings{}
				s, err := New(Options{Recorder: m, Zone: london(t), Tell: told.tell})
				if err != nil {
					t.Fatal(err)
				}
				var hangs atomic.Bool
				hangs.Store(true)
				free := make(chan struct{})
				hang := func(ctx context.Context) (string, error) {
					switch {
					case !hangs.Load():
						return "Done.", nil
					case deaf:
						<-free
					default:
						<-ctx.Done()
					}
					return "", ctx.Err()
				}
				for _, j := range []Job{{Name: "backup", Title: "Backup", When: "40 2 * * *", Limit: 2 * time.Hour, Run: hang},
					{Name: "inbox", Title: "Inbox", When: "@every 1m", Run: nothing}} {
					if err := s.Add(j); err != nil {
						t.Fatal(err)
					}
				}
				start(t, s)
				until(t, "2000-01-01 04:39:00")
				told.is(t)
				until(t, "2000-01-01 04:45:00")
				told.is(t, "backup did not finish")
				all, err := s.List(t.Context())
				if err != nil || all[0].Result != DidNotFinish || !strings.Contains(all[0].Message, "within 2 hours") {
					t.Errorf("it is said to be %+v, %v", all[0], err)
				}
				if err := s.Trouble(); err == nil || !strings.Contains(err.Error(), "did not finish") {
					t.Errorf("readiness says %v", err)
				}
				if n := len(m.results("inbox")); n < 280 {
					t.Errorf("the other job ran %d times", n)
				}
				until(t, "2000-01-05 12:00:00")
				if got := m.results("backup"); len(got) != 5 || got[1] != DidNotFinish {
					t.Errorf("the runs of five days are %q", got)
				}
				s.mu.Lock()
				left := s.jobs[0].left
				s.mu.Unlock()
				if deaf && left != leftAtMost || !deaf && left != 0 {
					t.Errorf("%d runs are left behind", left)
				}
				hangs.Store(false)
				close(free)
				until(t, "2000-01-06 12:00:00")
				if got := m.results("backup"); len(got) != 6 || got[5] != Finished {
					t.Errorf("when nothing hangs any more the runs are %q", got)
				}
				told.is(t, "backup did not finish", "backup works again")
				stop(t, s)
			})
		})
	}
}

// A run that was left behind keeps the program from nothing at its end.
func TestARunLeftBehindDelaysNoStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Recorder: &memory{}, Zone: london(t)})
		if err != nil {
			t.Fatal(err)
		}
		free := make(chan struct{})
		if err := s.Add(Job{Name: "backup", Title: "Backup", When: "40 2 * * *", Limit: time.Hour,
			Run: func(context.Context) (string, error) { <-free; return "", nil }}); err != nil {
			t.Fatal(err)
		}
		start(t, s)
		until(t, "2000-01-01 04:00:00")
		began := time.Now()
		stop(t, s)
		if took := time.Since(began); took > 0 {
			t.Errorf("the stop took %s", took)
		}
		close(free)
	})
}
