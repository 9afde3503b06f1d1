package schedule

import (
	"testing"
	"time"

	"homeward/internal/problem"
)

func TestWords(t *testing.T) {
	for spec, want := range map[string]string{
		"15 7 * * *":      "every day at 7:15am",
		"45 7 * * 1":      "every Monday at 7:45am",
		"0 8 2 * *":       "on the 2nd of each month at 8am",
		"0 12 * * MON":    "every Monday at midday",
		"30 8 * * 1,4":    "every Monday and Thursday at 8:30am",
		"0 8 1,11,23 * *": "on the 1st, 11th and 23rd of each month at 8am",
		"5 6,18 * * 1-5":  "every weekday, Monday to Friday, at 6:05am and 6:05pm",
		"0 0 * * 0":       "every Sunday at midnight",
	} {
		if got, err := Words(spec); got != want || err != nil {
			t.Errorf("%s is %q, %v, want %q", spec, got, err, want)
		}
	}
	for _, spec := range []string{"*/5 * * * *", "0 8 1 * 1", "0 8 * 3 *", "@every 1m", "0 8 * *", "30 1 * * *", "TZ=UTC 0 8 * * *",
		"0 8-10 * * *"} {
		if got, err := Words(spec); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%s is %q, %v", spec, got, err)
		}
	}
}

// Times are London's on both sides of the night on which the clocks change.
func TestNextRuns(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	runs, err := Next("45 7 * * 1", time.Date(2026, 10, 20, 12, 0, 0, 0, london), 3)
	if err != nil || len(runs) != 3 {
		t.Fatal(runs, err)
	}
	for i, want := range []string{"2026-10-26T07:45:00Z", "2026-11-02T07:45:00Z", "2026-11-09T07:45:00Z"} {
		if got := runs[i].Format(time.RFC3339); got != want {
			t.Errorf("run %d is at %s, want %s", i+1, got, want)
		}
	}
}
