package delay

// Convention says which days of a delay count (C1). Conventions are data, which
// package definition reads; the partnership file names the one in use.
type Convention struct {
	Name string
	// CountReady counts the ready day itself; CountEnd the day of leaving.
	CountReady, CountEnd bool
}

// firstDay gives the first day that counts after the ready day.
func (c Convention) firstDay(ready Day) Day {
	if c.CountReady {
		return ready
	}
	return ready + 1
}

// lastDay gives the last day that counts before or on the end.
func (c Convention) lastDay(end Day) Day {
	if c.CountEnd {
		return end
	}
	return end - 1
}
