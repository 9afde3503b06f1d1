package spc

import "homeward/internal/delay"

// Gap is a stretch between two readings in which dates are missing.
type Gap struct {
	// After and Before are the readings' dates on either side.
	After, Before delay.Day
	// Missing is the number of readings that the usual step would have put
	// between them.
	Missing int
}

// findGaps looks for steps longer than the usual one, which is the commonest.
// Dates that share their day of the month, or are all last days of months, step
// by months, others by days. Under three readings no step is usual.
func findGaps(pts []Point) []Gap {
	if len(pts) < 3 {
		return nil
	}
	byMonth := monthly(pts)
	at := func(i int) int {
		if byMonth {
			return int(pts[i].Day.Month())
		}
		return int(pts[i].Day)
	}
	counts := map[int]int{}
	for i := 1; i < len(pts); i++ {
		counts[at(i)-at(i-1)]++
	}
	usual, times := 0, 0
	for step, n := range counts {
		if n > times || n == times && step < usual {
			usual, times = step, n
		}
	}
	var out []Gap
	for i := 1; i < len(pts); i++ {
		if step := at(i) - at(i-1); step > usual {
			// A step of one and a half is one reading short, moved a little.
			if missing := (2*step+usual)/(2*usual) - 1; missing > 0 {
				out = append(out, Gap{After: pts[i-1].Day, Before: pts[i].Day, Missing: missing})
			}
		}
	}
	return out
}

// monthly says whether the readings stand on one day of the month, or all on
// the last.
func monthly(pts []Point) bool {
	sameDay, lastDay := true, true
	day := func(d delay.Day) int { return int(d - d.Month().First()) }
	for i := range pts {
		d := pts[i].Day
		if i > 0 && d.Month() == pts[i-1].Day.Month() {
			return false
		}
		sameDay = sameDay && day(d) == day(pts[0].Day)
		lastDay = lastDay && d == d.Month().Last()
	}
	return sameDay || lastDay
}
