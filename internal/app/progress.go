package app

import (
	"fmt"
	"io"
	"os"
	"time"

	"homeward/internal/delay"
)

// progress tells a person at a terminal how far long work has come, a line at
// most every two seconds.
type progress struct {
	w     io.Writer
	what  string
	last  time.Time
	start time.Time
	said  bool
}

func newProgress(w io.Writer, what string) *progress {
	now := time.Now()
	return &progress{w: w, what: what, last: now, start: now}
}

// atTerminal gives w where a person reads along, and otherwise nowhere: a log has
// no use for how far work has come.
func atTerminal(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return w
		}
	}
	return io.Discard
}

func (p *progress) step(done, total int) {
	if now := time.Now(); now.Sub(p.last) >= 2*time.Second {
		p.last, p.said = now, true
		fmt.Fprintf(p.w, "%d of %d %s\n", done, total, p.what)
	}
}

func (p *progress) done() {
	if p.said {
		fmt.Fprintf(p.w, "Done in %s.\n", time.Since(p.start).Round(time.Second))
	}
}

// yesterday is the latest day whose end has passed, in London.
func yesterday() delay.Day {
	now := time.Now()
	if london, err := time.LoadLocation("Europe/London"); err == nil {
		now = now.In(london)
	}
	return delay.DayOf(now) - 1
}
