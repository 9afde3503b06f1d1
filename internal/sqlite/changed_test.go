package sqlite

import (
	"slices"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/ingest"
)

func TestWhatBecameOfDelays(t *testing.T) {
	d := func(listed, ready, end string, kind delay.EndKind) delayRow {
		row := delayRow{listedFirst: delay.MustDay(listed), ready: delay.MustDay(ready), endKind: kind}
		if end != "" {
			row.end = delay.MustDay(end)
		}
		return row
	}
	open := d("2026-03-05", "2026-03-01", "", delay.Open)
	ended := d("2026-03-05", "2026-03-01", "2026-03-09", delay.Stated)
	for _, c := range []struct {
		name          string
		before, after []delayRow
		want          ingest.DelaysChanged
	}{
		{"one that goes on", []delayRow{open}, []delayRow{open}, ingest.DelaysChanged{}},
		{"a new one", nil, []delayRow{open}, ingest.DelaysChanged{Started: 1}},
		{"a new one that has ended", nil, []delayRow{ended}, ingest.DelaysChanged{Started: 1, Ended: 1}},
		{"one that ends", []delayRow{open}, []delayRow{ended}, ingest.DelaysChanged{Ended: 1}},
		{"one that is open again", []delayRow{ended}, []delayRow{open}, ingest.DelaysChanged{Moved: 1}},
		{"another ready date", []delayRow{open}, []delayRow{d("2026-03-05", "2026-02-20", "", delay.Open)}, ingest.DelaysChanged{Moved: 1}},
		{"another end", []delayRow{ended}, []delayRow{d("2026-03-05", "2026-03-01", "2026-03-10", delay.Inferred)},
			ingest.DelaysChanged{Moved: 1}},
		{"listed from an earlier day", []delayRow{open}, []delayRow{d("2026-03-04", "2026-03-01", "", delay.Open)},
			ingest.DelaysChanged{Moved: 1}},
		{"none any more", []delayRow{ended, d("2026-04-05", "2026-04-01", "", delay.Open)}, []delayRow{ended}, ingest.DelaysChanged{Gone: 1}},
	} {
		if got := changedDelays(c.before, c.after); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestChangedDaysOfOnePlaceStandOnce(t *testing.T) {
	line := func(provider string, before, after int64) ingest.ChangedDays {
		return ingest.ChangedDays{Month: "2026-03", Provider: provider, Council: "E1", Responsible: "NHS", Before: before, After: after}
	}
	got := changedOnce([]ingest.ChangedDays{line("A", 3, 4), line("B", 9, 8), line("A", 4, 9), line("C", 1, 2), line("C", 2, 1)})
	if want := []ingest.ChangedDays{line("A", 3, 9), line("B", 9, 8)}; !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}
