package call

import (
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// Movement is how the people waiting at the last call became those waiting now,
// by who the next step is with.
type Movement struct {
	// Lines begin with what was shown and end with what is waiting now; those
	// between add up from one to the other, but for Gap.
	Lines []Line `json:"lines"`
	// Gap is by how much they do not.
	Gap Count `json:"gap"`
}

// Line is one line of a movement.
type Line struct {
	Key   LineKey `json:"key"`
	Count Count   `json:"count"`
}

// LineKey names a line.
type LineKey string

// The lines. Late is what is now known differently of the very days that were
// shown. Began and Lost stand only where a hospital's extracts began or stopped.
const (
	Shown  LineKey = "shown"
	Late   LineKey = "late or corrected"
	Began  LineKey = "extracts began"
	New    LineKey = "new"
	Ended  LineKey = "ended"
	Paused LineKey = "paused less resumed"
	Moved  LineKey = "next step moved"
	Lost   LineKey = "no longer listed"
	Now    LineKey = "now"
)

// lineOrder is the order of the lines between Shown and Now.
var lineOrder = []LineKey{Late, Began, New, Ended, Paused, Moved, Lost}

// always are the lines that stand even when they are zero.
var always = map[LineKey]bool{Late: true, New: true, Ended: true, Paused: true, Moved: true}

// Part is one hospital's share of a movement.
type Part struct {
	// Shown is what was shown of it at the last call, nothing when it was not in
	// the count. Then is the same day's count as it is known now.
	Shown, Then measure.ByBody
	// Events are those from the day after to its latest day.
	Events []measure.Event
	// Latest is the count on its latest day; Counted says whether it is in the
	// count of people waiting now.
	Latest  measure.ByBody
	Counted bool
}

// Reconcile adds the hospitals' parts up.
func Reconcile(parts []Part) *Movement {
	sums := map[LineKey]*measure.ByBody{}
	for _, k := range append([]LineKey{Shown, Now}, lineOrder...) {
		sums[k] = &measure.ByBody{}
	}
	add := func(k LineKey, b measure.ByBody, sign int64) {
		for i, n := range b {
			sums[k][i] += sign * n
		}
	}
	for _, p := range parts {
		add(Shown, p.Shown, 1)
		add(Late, p.Then, 1)
		add(Late, p.Shown, -1)
		for _, e := range p.Events {
			k, sign := lineOf(e.Kind)
			sums[k][e.Body] += sign * e.People
		}
		if p.Counted {
			add(Now, p.Latest, 1)
		} else {
			add(Lost, p.Latest, -1)
		}
	}
	m := &Movement{}
	line := func(k LineKey) {
		m.Lines = append(m.Lines, Line{k, CountOf(*sums[k])})
	}
	line(Shown)
	gap := CountOf(*sums[Now]).Plus(CountOf(*sums[Shown]), -1)
	for _, k := range lineOrder {
		gap = gap.Plus(CountOf(*sums[k]), -1)
		if always[k] || *sums[k] != (measure.ByBody{}) {
			line(k)
		}
	}
	line(Now)
	m.Gap = gap
	return m
}

func lineOf(k measure.EventKind) (LineKey, int64) {
	switch k {
	case measure.Began:
		return New, 1
	case measure.AlreadyWaiting:
		return Began, 1
	case measure.Ended:
		return Ended, -1
	case measure.NoLongerListed:
		return Lost, -1
	case measure.Resumed:
		return Paused, 1
	case measure.Paused:
		return Paused, -1
	case measure.MovedIn:
		return Moved, 1
	default:
		return Moved, -1
	}
}

// Of gives the count of a line, zero when it does not stand.
func (m *Movement) Of(k LineKey) Count {
	for _, l := range m.Lines {
		if l.Key == k {
			return l.Count
		}
	}
	return Count{}
}

// Adds says whether the lines add up for every body.
func (m *Movement) Adds() bool { return m.Gap == Count{} }

// sum writes the movement of everybody as one sum, or by how much it does not
// add up.
func (m *Movement) sum() string {
	if !m.Adds() {
		return gapWords(m.Gap)
	}
	words := ""
	for _, l := range m.Lines {
		switch n := l.Count.Total(); {
		case l.Key == Shown:
			words = whole(n)
		case l.Key == Now:
			words += " = " + whole(n) + " ✓"
		case n > 0:
			words += " + " + whole(n)
		case n < 0:
			words += " − " + whole(-n)
		}
	}
	return words
}

// Words gives a line's name in the table; last is the day of the last call.
func (k LineKey) Words(last, now delay.Day) string {
	switch k {
	case Shown:
		return "As shown on " + shortDay(last)
	case Late:
		return "Late or corrected since"
	case Began:
		return "Hospital's extracts began"
	case New:
		return "New"
	case Ended:
		return "Ended"
	case Paused:
		return "Resumed less paused"
	case Moved:
		return "Next step moved"
	case Lost:
		return "No longer listed, no end known"
	default:
		return "Now, " + shortDay(now)
	}
}

func shortDay(d delay.Day) string { return d.Time().Format("2 Jan") }
