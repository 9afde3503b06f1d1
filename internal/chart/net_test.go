package chart

import (
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// netWeeks are three weeks, the last of which is not over.
func netWeeks() []NetStep {
	monday := delay.MustDay("2026-11-02")
	return []NetStep{{First: monday, Last: monday + 6, New: 57, Ended: 46, Start: 100},
		{First: monday + 7, Last: monday + 13, New: 42, Ended: 60, Moved: 2, Start: 111},
		{First: monday + 14, Last: monday + 16, New: 9, Ended: 3, Start: 95}}
}

// Bars are what came less what stopped, of whole weeks alone; the table has
// every week and adds up from week to week.
func TestNetFlow(t *testing.T) {
	t.Parallel()
	c := NetFlowOf(netWeeks(), measure.ByWeek, TrendOptions{ID: "net", Place: "Northshire", Name: "1 Home with support"}, "People.", 0)
	if want := "1 Home with support: more became ready than went in 1 of 2 weeks: 7 fewer in all"; c.Title != want {
		t.Errorf("%q, expected %q", c.Title, want)
	}
	if got := read(t, c).values(t, "Net"); len(got) != 2 || got[0] != 11 || got[1] != -18 {
		t.Errorf("drawn are %v", got)
	}
	for i, want := range []string{"2 November 2026, 57, 46, +11, 0, 111", "9 November 2026, 42, 60, −18, +2, 95",
		"16 November 2026 (part of it), 9, 3, +6, 0, 101"} {
		var cells []string
		for _, cell := range c.Table.Rows[i] {
			cells = append(cells, cell.Text)
		}
		if got := strings.Join(cells, ", "); got != want {
			t.Errorf("row %d: %q, expected %q", i+1, got, want)
		}
	}
	if !strings.Contains(c.Alt, "42 became ready, 60 stopped waiting") {
		t.Errorf("the words for the picture: %q", c.Alt)
	}
	short := netWeeks()
	short[0].Less = true
	if c := NetFlowOf(short, measure.ByWeek, TrendOptions{ID: "net"}, "People.", 0); len(read(t, c).values(t, "Net")) != 1 ||
		c.Table.Rows[0][0].Text != "2 November 2026 (lists missing)" || len(c.Notes) != 1 {
		t.Errorf("C6 a week without every list is drawn: %v, %v", c.Table.Rows[0], c.Notes)
	}
	if c := NetFlowOf(netWeeks()[2:], measure.ByWeek, TrendOptions{ID: "net"}, "People.", 0); c.Title != "No week is over and whole" {
		t.Errorf("%q", c.Title)
	}
}
