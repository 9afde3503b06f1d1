package measure

import (
	"testing"
	"time"

	"homeward/internal/delay"
)

// An extract is expected at the same time by the clock on every morning, also
// on the two on which the clocks change.
func TestDeadlinesAreLondonTimes(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	e := Expected{Code: "RZ1", Due: 7 * time.Hour}
	for _, c := range []struct{ day, deadline string }{
		{"2026-03-27", "2026-03-28T07:00:00Z"}, {"2026-03-28", "2026-03-29T06:00:00Z"}, {"2026-03-29", "2026-03-30T06:00:00Z"},
		{"2026-10-23", "2026-10-24T06:00:00Z"}, {"2026-10-24", "2026-10-25T07:00:00Z"}, {"2026-10-25", "2026-10-26T07:00:00Z"},
	} {
		day := delay.MustDay(c.day)
		deadline, err := time.Parse(time.RFC3339, c.deadline)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Deadline(day, london); !got.Equal(deadline) || got.Hour() != 7 {
			t.Errorf("the extract of %s is due at %s, want %s", day, got, c.deadline)
		}
		for _, s := range []struct {
			after time.Duration
			want  Arrival
		}{{-time.Minute, In}, {time.Minute, Late}, {32 * 24 * time.Hour, In}} {
			at := deadline.Add(s.after)
			if got := e.Standing(day, Received{Counted: true, At: at}, day, at.In(london)); got != s.want {
				t.Errorf("the extract of %s that came at %s is %s, want %s", day, at.In(london), got, s.want)
			}
		}
		for after, want := range map[time.Duration]Arrival{-time.Minute: NotDue, time.Minute: Missing} {
			now := deadline.Add(after).In(london)
			if got := e.Standing(day, Received{}, day-3, now); got != want {
				t.Errorf("at %s the extract of %s is %s, want %s", now, day, got, want)
			}
			var o Overview
			stand := []ProviderDays{{Code: "RZ1", First: day - 3, Latest: day - 1, Counted: []delay.Day{day - 1}}}
			o.arrivals(stand, []Expected{e}, func(string) bool { return true }, Moment{Now: now})
			if got := o.Providers[0].Today; got != want {
				t.Errorf("at %s the overview calls the extract of %s %s, want %s", now, day, got, want)
			}
			stand[0].Latest, stand[0].LatestReceived, stand[0].Counted = day, now, []delay.Day{day}
			o = Overview{}
			o.arrivals(stand, []Expected{e}, func(string) bool { return true }, Moment{Now: deadline.Add(time.Hour).In(london)})
			if got, want := o.Providers[0].Today, map[Arrival]Arrival{NotDue: In, Missing: Late}[want]; got != want {
				t.Errorf("the overview calls the extract of %s that came at %s %s, want %s", day, now, got, want)
			}
		}
	}
}
