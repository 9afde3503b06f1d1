package app_test

import (
	"slices"
	"testing"
	"time"

	"homeward/data"
	"homeward/internal/agreement"
	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Bank holidays of the nations are data (D5): England's table says what the
// library's rules do, and each nation's clocks leave out its own days.
func TestD5BankHolidaysOfTheNations(t *testing.T) {
	t.Parallel()
	tables, err := definition.Load(data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	clocks := func(nation string) agreement.Clocks {
		c := agreement.DefaultClocks
		c.Calendar = agreement.NewCalendar(tables.Holidays[nation])
		return c
	}
	england := clocks("england")
	for day := delay.MustDay("2015-01-01"); day <= delay.MustDay("2045-12-31"); day++ {
		if got, want := england.WorkingDay(day), agreement.WorkingDay(day); got != want {
			t.Fatalf("D5 %s is a working day of England: %t by the table, %t by the rules", day, got, want)
		}
	}
	for nation, days := range map[string][]string{
		"england": {"2026-04-06", "2026-08-31"}, "wales": {"2026-04-06", "2026-08-31"},
		"scotland":         {"2026-01-02", "2026-06-15", "2026-08-03", "2026-11-30"},
		"northern-ireland": {"2026-03-17", "2026-04-06", "2026-07-13", "2026-08-31"},
	} {
		for other := range tables.Holidays {
			for _, text := range days {
				day := delay.MustDay(text)
				has := slices.Contains(tables.Holidays[other], day)
				if got := clocks(other).WorkingDay(day); got == has || other == nation && got {
					t.Errorf("D5 %s is a working day of %s: %t", day, other, got)
				}
			}
		}
	}
	at := time.Date(2026, 6, 12, 10, 0, 0, 0, time.UTC) // a Friday
	if got := clocks("scotland").ReplyBy(at, agreement.Reviewers, time.UTC).Day(); got != 17 {
		t.Errorf("D5 two working days of Scotland end on the %dth", got)
	}
	if got := clocks("england").ReplyBy(at, agreement.Reviewers, time.UTC).Day(); got != 16 {
		t.Errorf("D5 two working days of England end on the %dth", got)
	}
}
