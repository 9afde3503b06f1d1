package app

import (
	"testing"
	"time"
)

// The partnership's own clocks say by when an answer is expected, on the call
// as on the agreement page.
func TestCallKeepsThePartnershipsClocks(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	replyBy := func() time.Time {
		t.Helper()
		c, err := calls{d.Store, d.App, nil}.Preview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c.Unsettled.ReplyBy
	}
	usual := replyBy()
	d.Partnership().Agreement.AnswerDays, d.Partnership().Agreement.At = 4, "12:30"
	// The first extract came on Sunday 1 November: the clock begins on Monday.
	if got, want := replyBy(), time.Date(2026, 11, 5, 12, 30, 0, 0, d.London); !got.Equal(want) || got.Equal(usual) {
		t.Errorf("with 4 days and half past twelve the reply is due at %v, want %v; by the usual clocks %v", got, want, usual)
	}
}
