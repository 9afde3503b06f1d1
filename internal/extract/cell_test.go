package extract

import (
	"testing"

	"homeward/internal/delay"
)

// Numbers are numbers, shares shares and dates dates; everything else is the
// text that it was.
func TestShown(t *testing.T) {
	for text, want := range map[string]any{"1,234": int64(1234), "−12": int64(-12), "+3": int64(3), "95.7": 95.7, "23%": WholePerCent(23),
		"22.5%": PerCent(22.5), "under 1%": "under 1%", "No data": "No data", "": "", "1,23": "1,23", "12 days": "12 days", "=1+1": "=1+1",
		"<5": "<5", "-": "-"} {
		if got := Shown(text); got != want {
			t.Errorf("%q is %v (%T), expected %v (%T)", text, got, got, want, want)
		}
	}
	november := Month(delay.MustDay("2026-11-01"))
	for text, want := range map[string]struct {
		cell any
		rest string
	}{"November 2026": {november, ""}, "November 2026 (to 27 November)": {november, "to 27 November"},
		"2 November 2026": {delay.MustDay("2026-11-02"), ""}, "31 November 2026": {"31 November 2026", ""},
		"Northgate (NHS)": {"Northgate (NHS)", ""},
		"All":             {"All", ""}, "2026": {"2026", ""}} {
		if cell, rest := ShownDate(text); cell != want.cell || rest != want.rest {
			t.Errorf("%q is %v and %q, expected %v and %q", text, cell, rest, want.cell, want.rest)
		}
	}
}
