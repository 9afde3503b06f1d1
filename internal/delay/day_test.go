package delay

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestClock(t *testing.T) {
	for given, want := range map[string]string{"09:14": "9:14am", "17:00": "5pm", "08:00": "8am", "12:00": "midday", "12:01": "12:01pm",
		"00:00": "midnight", "00:30": "12:30am"} {
		at, err := time.Parse("15:04", given)
		if err != nil {
			t.Fatal(err)
		}
		if got := Clock(at); got != want {
			t.Errorf("%s: %q, want %q", given, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct{ first, last, want string }{
		{"2026-10-01", "2026-10-31", "October 2026"},
		{"2026-07-01", "2026-09-30", "July to September 2026"},
		{"2025-11-01", "2026-10-31", "November 2025 to October 2026"},
		{"2024-02-01", "2024-02-28", "1 to 28 February 2024"},
		{"2026-07-10", "2026-07-12", "10 to 12 July 2026"},
		{"2026-07-28", "2026-08-03", "28 July to 3 August 2026"},
		{"2025-12-28", "2026-01-03", "28 December 2025 to 3 January 2026"},
		{"2025-07-10", "2026-07-12", "10 July 2025 to 12 July 2026"},
		{"2026-07-10", "2026-07-10", "10 July 2026"},
		{"2026-07-10", "2026-07-09", "no dates"},
	} {
		if got := Span(MustDay(c.first), MustDay(c.last)); got != c.want {
			t.Errorf("%s to %s: %q, want %q", c.first, c.last, got, c.want)
		}
	}
	if got := Span(0, 0); got != "no dates" {
		t.Errorf("no days: %q", got)
	}
}

// A day is the one that time.Date means, months and days beyond their bounds too.
func TestDateIsTimeDate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y, m, d := rapid.IntRange(-5000, 9999).Draw(t, "year"), rapid.IntRange(-30, 40).Draw(t, "month"), rapid.IntRange(-800, 800).Draw(t, "day")
		want := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		if got := Date(y, time.Month(m), d); !got.Time().Equal(want) {
			t.Errorf("Date(%d, %d, %d) is %s, want %s", y, m, d, got.Time(), want)
		}
	})
	for day := MustDay("1850-01-01"); day < MustDay("2200-01-01"); day++ {
		y, m, d := day.Time().Date()
		if got := Date(y, m, d); got != day {
			t.Fatalf("%s is %s", day, got)
		}
	}
}
