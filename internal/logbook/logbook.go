// Package logbook holds the coordinators' log: what an entry says, and how the
// log and the extracts meet. For a provider that sends extracts, the extract
// says who is in a bed and the log refines the reason, the body and the
// council until the extract says something new; a provider that sends none is
// run from the log alone (C17). It is pure. Who may write an entry is package
// people's concern, how one is kept package sqlite's.
package logbook

import (
	"cmp"
	"slices"

	"homeward/internal/delay"
)

// Kind says what an entry does.
type Kind uint8

// The kinds of entry.
const (
	// Opened: the patient is ready since Day and waits for what the statement
	// says.
	Opened Kind = iota + 1
	// Verified: still waiting, nothing has changed.
	Verified
	// Changed: from Day on the statement stands.
	Changed
	// Corrected: the statement stands from Day, the start of the period that
	// was recorded wrongly, to Until, its end.
	Corrected
	// Paused: from Day on the wait has stopped.
	Paused
	// Resumed: ready again since Day.
	Resumed
	// Ended: left, or no longer ready, on Day.
	Ended
	// Withdrawn: the delay was recorded in error.
	Withdrawn
	// Undone takes back the entry that it names.
	Undone
)

// names are the kinds in the words of the history.
var names = map[Kind]string{
	Opened: "Logged", Verified: "Checked", Changed: "Changed", Corrected: "Corrected", Paused: "Paused",
	Resumed: "Resumed", Ended: "Ended", Withdrawn: "Withdrawn", Undone: "Undone",
}

// String gives the kind as the history shows it.
func (k Kind) String() string { return names[k] }

// States says whether entries of the kind carry a statement.
func (k Kind) States() bool {
	return k == Opened || k == Changed || k == Corrected || k == Resumed || k == Ended
}

// Entry is one line of the log about one patient at one provider. Entries are
// added and never changed; ID ascends in the order in which they were made.
type Entry struct {
	ID   int64
	Kind Kind
	// Made is the London day on which it was made, Day the day it speaks of.
	Made, Day delay.Day
	// Until is the last day of an earlier period that a Corrected entry is
	// about; zero when what it states goes on.
	Until delay.Day
	// Statement is the number of what it states, for kinds that state.
	Statement int64
	// Undoes is the entry that an Undone entry takes back.
	Undoes int64
	// Destination is where the patient is going: a pathway, or that it is not
	// decided; empty when the entry does not say.
	Destination string
}

// OfThePast says whether the entry is about days that are over alone: it
// corrects what was recorded of them and says nothing of where the patient is.
func (e Entry) OfThePast() bool { return e.Kind == Corrected && e.Until != 0 }

// Effective gives the entries that stand, in order: those that were not undone
// and are not about an undoing, and after a withdrawal only what follows it.
func Effective(entries []Entry) []Entry {
	undone := map[int64]bool{}
	for _, e := range entries {
		if e.Kind == Undone {
			undone[e.Undoes] = true
		}
	}
	var out []Entry
	for _, e := range entries {
		switch {
		case e.Kind == Undone, undone[e.ID]:
		case e.Kind == Withdrawn:
			// The withdrawn delay is the one opened or resumed last; what was
			// said before it stands.
			for len(out) > 0 {
				last := out[len(out)-1]
				out = out[:len(out)-1]
				if last.Kind == Opened {
					break
				}
			}
		default:
			out = append(out, e)
		}
	}
	return out
}

// IsOpen says whether the log holds the patient as waiting, after the
// effective entries.
func IsOpen(effective []Entry) bool {
	open := false
	for _, e := range effective {
		if e.OfThePast() {
			continue
		}
		switch e.Kind {
		case Opened, Resumed, Changed, Corrected:
			open = true
		case Paused, Ended:
			open = false
		}
	}
	return open
}

// IsPaused says whether the last thing that the log says of the wait is that
// it has stopped for now.
func IsPaused(effective []Entry) bool {
	paused := false
	for _, e := range effective {
		switch e.Kind {
		case Paused:
			paused = true
		case Opened, Resumed, Ended:
			paused = false
		}
	}
	return paused
}

// Run is an unbroken run of days for which the log is evidence that the
// patient is in a bed, with the statement that stands.
type Run struct {
	First, Last delay.Day
	Statement   int64
}

// Presence gives the days for which the log alone is evidence, up to the day
// upTo and no further: from the day on which the delay was logged, or its last
// day if it ended before that, to its end (C17). The days between the ready
// date and the first run are package delay's to count as back-dated (C9).
func Presence(effective []Entry, upTo delay.Day) []Run {
	var runs []Run
	// start is the first day of the open wait, 0 when none is open; ready the
	// day that it is about. changes hold from which day which statement stands.
	var start, ready delay.Day
	type change struct {
		from      delay.Day
		statement int64
	}
	var changes []change
	set := func(from delay.Day, statement int64) {
		changes = slices.DeleteFunc(changes, func(c change) bool { return c.from == from })
		changes = append(changes, change{from, statement})
		slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.from, b.from) })
	}
	// setUntil lets a statement stand for a part of the open wait; after it
	// what stood there stands again.
	setUntil := func(from, until delay.Day, statement int64) {
		after := int64(0)
		for _, c := range changes {
			if c.from <= until+1 {
				after = c.statement
			}
		}
		changes = slices.DeleteFunc(changes, func(c change) bool { return from <= c.from && c.from <= until })
		set(from, statement)
		if after != 0 {
			set(until+1, after)
		}
	}
	closeAt := func(last delay.Day) {
		if start == 0 || last < ready {
			start, changes = 0, nil
			return
		}
		// What was over before it was logged is known on its last day.
		first := min(start, last)
		for i, c := range changes {
			from, to := max(c.from, first), last
			if i == 0 {
				from = first
			}
			if i+1 < len(changes) {
				to = min(to, changes[i+1].from-1)
			}
			if from <= to {
				runs = append(runs, Run{from, to, c.statement})
			}
		}
		start, changes = 0, nil
	}
	for _, e := range effective {
		switch e.Kind {
		case Opened, Resumed:
			closeAt(e.Day - 1)
			start, ready = max(e.Day, e.Made), e.Day
			set(e.Day, e.Statement)
		case Changed, Corrected:
			switch {
			case start == 0: // Refine corrects what was of a wait that is over.
			case e.OfThePast():
				setUntil(e.Day, e.Until, e.Statement)
			default:
				set(e.Day, e.Statement)
			}
		case Paused:
			closeAt(e.Day - 1)
		case Ended:
			if start != 0 {
				set(e.Day, e.Statement)
				closeAt(e.Day)
			}
		}
	}
	if start <= upTo {
		closeAt(upTo)
	}
	for i := range runs {
		runs[i].Last = min(runs[i].Last, upTo)
	}
	return slices.DeleteFunc(runs, func(r Run) bool { return r.First > r.Last })
}

// LastChecked gives the day on which the log last said anything of the
// patient, zero when it never did: days after it are unverified (C17). A
// correction of days that are over does not say that the patient is there.
func LastChecked(effective []Entry) delay.Day {
	var last delay.Day
	for _, e := range effective {
		if !e.OfThePast() {
			last = max(last, e.Made)
		}
	}
	return last
}

// Piece is a run of counted days of a delay as the extract states them:
// Statement is the extract's, and Given what of it decides attribution, so that
// a new ward is nothing new.
type Piece struct {
	First, Last delay.Day
	Statement   int64
	Given       int64
	Mark        delay.Mark
}

// Refined is a piece after the log has spoken: Statement is the log's where it
// refines, and Entry the entry that does, else 0. Paused days do not count.
type Refined struct {
	First, Last delay.Day
	Statement   int64
	Entry       int64
	Mark        delay.Mark
	Paused      bool
}

// Refine lets the log speak on the counted days of one delay. An entry with a
// statement stands from its day on, until the first later day on which the
// extract states something else than it did when the entry was made: then the
// extract's newest word stands again. A correction of an earlier period stands
// to that period's end alone. A pause takes days out until the wait is
// resumed; the day of being ready again does not count (C1). pieces tile the
// delay's counted days and so does the result.
func Refine(pieces []Piece, effective []Entry) []Refined {
	type rule struct {
		from, to  delay.Day // both included
		statement int64
		entry     int64
		paused    bool
	}
	const ever = delay.Day(1 << 30)
	var rules []rule
	if len(pieces) == 0 {
		return nil
	}
	for i, e := range effective {
		switch e.Kind {
		case Opened, Resumed, Changed, Corrected:
			to := newWord(pieces, e.Made) - 1
			if e.OfThePast() {
				to = e.Until
			}
			rules = append(rules, rule{from: e.Day, to: to, statement: e.Statement, entry: e.ID})
		case Paused:
			to := ever
			for _, later := range effective[i+1:] {
				if later.Kind == Resumed || later.Kind == Opened {
					to = later.Day
					break
				}
			}
			rules = append(rules, rule{from: e.Day, to: to, entry: e.ID, paused: true})
		}
	}
	var out []Refined
	for _, p := range pieces {
		for day := p.First; day <= p.Last; day++ {
			r := Refined{First: day, Last: day, Statement: p.Statement, Mark: p.Mark}
			for _, rule := range rules { // Later entries stand above earlier ones.
				if day < rule.from || day > rule.to {
					continue
				}
				if rule.paused {
					r.Paused = true
					continue
				}
				r.Statement, r.Entry = rule.statement, rule.entry
			}
			if n := len(out); n > 0 {
				same := r
				same.First, same.Last = out[n-1].First, out[n-1].Last
				if same == out[n-1] {
					out[n-1].Last = day
					continue
				}
			}
			out = append(out, r)
		}
	}
	return out
}

// newWord gives the first day after made on which the extract states something
// else than it stated on the last day up to made; a day that never comes when
// it does not.
func newWord(pieces []Piece, made delay.Day) delay.Day {
	const never = delay.Day(1 << 30)
	base := pieces[0].Given
	for _, p := range pieces {
		if p.First <= made {
			base = p.Given
			continue
		}
		if p.Given != base {
			return p.First
		}
	}
	return never
}
