// Package casework is the daily use of coordinators and reviewers: log a
// delay, check it, change, pause, resume and end it, and agree or dispute who
// a segment waits for. It decides what is impossible, what is unlikely and
// must be asked once, and who may do what to which segment; the rules of days,
// attribution and agreement are those of the packages below it, and how things
// are kept is package sqlite's.
package casework

import (
	"time"

	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
	"homeward/internal/measure"
)

// Case is one patient at one provider as a person with a scope sees them: the
// delays, the log, the answers and the actions. It holds no identifier.
type Case struct {
	Patient             int64
	Provider, Reference string
	// Version names the state that the case was read in; a change made from an
	// older one is refused (Conflict).
	Version string
	// Delays ascend. The last is the one that entries are about.
	Delays  []Delay
	Log     []LogLine
	Events  []EventLine
	Actions []Action
	// LatestExtract is the provider's latest counted extract date, zero when it
	// sends none; InExtract says whether that extract lists the patient.
	LatestExtract delay.Day
	InExtract     bool
	// Moved is set when the person is another council's by now: what is here
	// ends where they moved, and nothing can be changed that is of the present.
	Moved bool
	// Stated is what the latest extract states of the stay, nil when it states
	// nothing of it.
	Stated *Stated
}

// Stated is what a provider's latest extract states of a stay in hospital (R13).
type Stated struct {
	// Ready is since when this person is ready, zero while they are not: of a list of
	// everybody in a bed, since when they meet no criterion to reside.
	Ready delay.Day
	// Pathway is 0 to 3, empty when none is stated.
	Pathway string
}

// Delay is one delay with its segments and stretches.
type Delay struct {
	Listed, ListedLast delay.Day
	Ready, End         delay.Day
	EndKind            delay.EndKind
	// Moved is set when the delay went on as another council's: End is then the
	// day on which it did, and what came later is not here.
	Moved             bool
	FirstDay, LastDay delay.Day
	Admitted          delay.Day
	Site, Ward, Bed   string
	// Given is what the extract last stated of the delay, with its outcome.
	Given     attribution.Given
	Outcome   attribution.Outcome
	Segments  []Segment
	Stretches []Stretch
	Findings  []delay.Finding
}

// Days is the number of delayed days: those of the segments, so without paused
// days.
func (d Delay) Days() int {
	n := 0
	for _, s := range d.Segments {
		n += s.Days()
	}
	return n
}

// Segment is a segment with where it stands.
type Segment struct {
	agreement.Segment
	agreement.Standing
	// Since is the moment since which it stands so: that of the answer that
	// brought it there, else that at which Homeward first knew of it.
	Since time.Time
}

// Days is the number of delayed days of the segment.
func (s Segment) Days() int { return int(s.Segment.Last-s.Segment.First) + 1 }

// Stretch is an unbroken run of days that stand on one statement, with all
// that a receipt shows.
type Stretch struct {
	First, Last delay.Day
	Mark        delay.Mark
	Given       attribution.Given
	Outcome     attribution.Outcome
	// Entry is the log's entry that refines the extract, 0 when the extract
	// alone stands. File and Line are where the extract of the first day says
	// it; empty when no extract lists that day.
	Entry int64
	File  string
	Line  int
}

// LogLine is one entry of the log as the history shows it.
type LogLine struct {
	logbook.Entry
	At          time.Time
	Role        string
	Uncertain   bool
	Destination string
	How, Why    string
	Given       *attribution.Given // what it states, nil when nothing
	Undone      bool
	// Together is the first of the entries that were saved at once with this one,
	// Others how many these are, this one among them; both 0 for one alone.
	Together int64
	Others   int
	// CheckedAt is when a check that was sent later was made, by the clock of the
	// phone; zero for what was recorded as it was made.
	CheckedAt time.Time
}

// Saved is one entry of the log that was saved.
type Saved struct {
	Reference string
	Entry     int64
}

// EventLine is one answer as the history shows it.
type EventLine struct {
	agreement.Event
	At            time.Time
	Role          string
	Checks, Words string
	Example       bool
	ReviewOn      delay.Day
}

// Argument gives what was to be checked and what was said.
func (e EventLine) Argument() string {
	if e.Checks == "" || e.Words == "" {
		return e.Checks + e.Words
	}
	return e.Checks + ", " + e.Words
}

// Action is a next step with an owner.
type Action struct {
	ID              int64
	At              time.Time
	Role            string
	What            string
	OwnerOrg, Owner string
	Due             delay.Day
	State           string // open, done or declined
	ClosedAt        time.Time
	ClosedWhy       string
}

// WorkRow is one line of the worklist.
type WorkRow struct {
	Reference, Version string
	Listed             delay.Day
	Site, Ward, Bed    string
	Ready              delay.Day
	Days               int
	Reason             delay.Reason
	Body               delay.Body
	Council            delay.Council
	State              agreement.State
	// Logged says whether the log knows the delay; Checked is when anything was
	// last said of it, zero when never, and Recorded when we were told, which is
	// later for a check made without a network; Paused whether the wait has stopped.
	Logged            bool
	Checked, Recorded time.Time
	Paused            bool
	// Entry is the last entry of the log when it was saved alone, 0 when there is
	// none; Last is what it did.
	Entry     int64
	Last      logbook.Kind
	Uncertain bool
	Pathway   string
	// Discrepancy says in words how the log and the latest extract differ,
	// empty when they do not.
	Discrepancy string
	Action      *Action // the open action that is due first
}

// Which are the parts of the agreement's queue.
type Which string

// The parts: what my side is to answer, what waits for the other, what is
// disputed, and what was settled lately.
const (
	ForMe     Which = "for-you"
	ForOther  Which = "for-other"
	InDispute Which = "disputed"
	Settled   Which = "settled"
)

// Parts lists the parts in the order of the page.
var Parts = [...]Which{ForMe, ForOther, InDispute, Settled}

// QueueRow is one segment that waits for an answer.
type QueueRow struct {
	Reference, Provider string
	Delay               delay.Day // the delay's first listing
	Segment
	Ward, Bed string
}

// Periods are the numbers that the periods of people have in their cases, as
// Case.Period has them, by the person's reference and the period's first day.
type Periods map[string]map[delay.Day]int

// QueueQuery asks for rows of the agreement's queue.
type QueueQuery struct {
	Which Which
	// Side is the side that the queue is seen from. SettledSince bounds the part
	// of what is settled.
	Side         agreement.Side
	SettledSince time.Time
	// From and To leave only segments with a day in that period; zero for any.
	// Filter narrows by hospital, reason, state and the rest.
	From, To delay.Day
	Filter   measure.Filter
	// Offset and Limit are of the rows that are given; the rest is of all. Without a
	// limit no rows are given.
	Offset, Limit int
}

// QueueList is rows of the queue, oldest first, with how many there are in all,
// how many of their days lie in the period asked for, and the first day of the
// oldest, zero where there are none.
type QueueList struct {
	Rows   []QueueRow
	Total  int
	Days   int64
	Oldest delay.Day
}

// NewEntry is an entry about to be made.
type NewEntry struct {
	// Reference names a patient whom Homeward knows; NewPatient, with Provider,
	// one whom no extract has listed.
	Reference  string
	Provider   string
	NewPatient *ingest.Patient
	// Version is the state that the form was made from; empty to change
	// whatever stands.
	Version string

	Kind logbook.Kind
	// Made is the London day, Day the day that the entry speaks of.
	Made, Day delay.Day
	// Until is the last day of an earlier period that is corrected, else zero.
	Until       delay.Day
	Undoes      int64
	Uncertain   bool
	Destination string
	How, Why    string
	// CheckedAt and SentKey are of a check that was made without a network.
	CheckedAt time.Time
	SentKey   string

	// What it states, for kinds that state.
	Ready, Admitted delay.Day
	Given           attribution.Given
	Outcome         attribution.Outcome
	Place           ingest.Place
}

// NewAnswer is an answer about to be given.
type NewAnswer struct {
	Reference, Version string
	// As is what the person answers as when that is not their role: the named
	// chair.
	As            string
	Event         agreement.Event
	Checks, Words string
	Example       bool
	ReviewOn      delay.Day
}
