package agreement

import (
	"testing"
	"time"

	"homeward/internal/delay"
)

// Days from gov.uk/bank-holidays and its archive.
func TestWorkingDaysOfEngland(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]bool{
		"2026-11-04": true, "2026-11-07": false, "2026-11-08": false, "2026-12-25": false,
		"2026-12-28": false, // Boxing Day 2026 is a Saturday
		"2026-04-03": false, "2026-04-06": false, "2026-05-04": false, "2026-05-25": false, "2026-08-31": false,
		"2020-05-04": true, "2020-05-08": false, "2022-05-30": true, "2022-06-02": false, "2022-06-03": false,
		"2022-09-19": false, "2023-05-08": false, "2022-01-03": false, "2022-12-27": false,
		"2026-03-17": true, // only Northern Ireland's
		"2026-11-30": true, // only Scotland's
	} {
		if got := WorkingDay(delay.MustDay(day)); got != want {
			t.Errorf("%s is a working day: %t, want %t", day, got, want)
		}
	}
}

func TestReplyBy(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		m, err := time.ParseInLocation("2006-01-02 15:04", s, london)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, c := range []struct {
		name, since string
		level       Level
		want        string
	}{
		{"G2 two working days, by 5pm", "2026-11-04 09:12", Reviewers, "2026-11-06 17:00"},
		{"G2 over a weekend", "2026-11-06 16:00", Reviewers, "2026-11-10 17:00"},
		{"G2 over Christmas", "2026-12-23 10:00", Reviewers, "2026-12-29 17:00"},
		{"G2 over Easter", "2026-04-02 10:00", Leads, "2026-04-08 17:00"},
		{"G2 directors have five", "2026-11-04 09:12", Directors, "2026-11-11 17:00"},
		{"G2 just before the clocks go back", "2026-10-23 23:30", Chair, "2026-10-30 17:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := DefaultClocks.ReplyBy(at(c.since), c.level, london); !got.Equal(at(c.want)) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	t.Run("G2 silence never counts unless it is set", func(t *testing.T) {
		c := DefaultClocks
		if !c.DefaultAt(at("2026-11-04 09:12"), london).IsZero() {
			t.Error("silence counts")
		}
		c.DefaultAfter = 10
		if got := c.DefaultAt(at("2026-11-04 09:12"), london); !got.Equal(at("2026-11-18 17:00")) {
			t.Errorf("got %s", got)
		}
	})
}
