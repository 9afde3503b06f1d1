// Package agreement says where each segment of a delay stands between the NHS
// and the council: proposed, agreed or disputed (G1, G2), and which body a
// decision by people gives it (A6). It is pure: segments and events in, their
// standing out. Clocks are in clock.go; who may answer is package people's
// concern.
package agreement

import (
	"fmt"
	"slices"

	"homeward/internal/delay"
)

// State is where a segment stands.
type State uint8

// The states. Proposed is the zero value: by the extract or a coordinator.
const (
	Proposed State = iota
	Agreed
	Disputed
	// AgreedByDefault: nobody answered by the deadline that the partnership has
	// set for silence to count (G2).
	AgreedByDefault
	// Decided: one of the two parties has recorded a decision, and neither has
	// the other confirmed it nor has the named chair made it (G5).
	Decided
)

// States lists the states in the order of tables.
var States = [...]State{Agreed, AgreedByDefault, Proposed, Disputed, Decided}

// String gives the state as tables show it.
func (s State) String() string {
	switch s {
	case Agreed:
		return "agreed"
	case Disputed:
		return "disputed"
	case AgreedByDefault:
		return "agreed by default"
	case Decided:
		return "decided, not agreed"
	default:
		return "proposed"
	}
}

// Slug gives the state as it stands in addresses.
func (s State) Slug() string {
	switch s {
	case AgreedByDefault:
		return "agreed-by-default"
	case Decided:
		return "decided-not-agreed"
	default:
		return s.String()
	}
}

// ParseState reads what String or Slug wrote.
func ParseState(s string) (State, error) {
	for _, st := range States {
		if s == st.String() || s == st.Slug() {
			return st, nil
		}
	}
	return Proposed, fmt.Errorf("%q is not a state of the agreement", s)
}

// Settled says whether both bodies have said so, or silence counts as if they
// had.
func (s State) Settled() bool { return s == Agreed || s == AgreedByDefault }

// Contested says whether the days count as disputed in the band (G3): those
// that are disputed, and those that one party alone has decided (G5).
func (s State) Contested() bool { return s == Disputed || s == Decided }

// Side is a party to the agreement.
type Side uint8

// The sides. Neither is the zero value.
const (
	Neither Side = iota
	NHSSide
	CouncilSide
)

// String names the side.
func (s Side) String() string {
	switch s {
	case NHSSide:
		return "NHS"
	case CouncilSide:
		return "council"
	default:
		return "neither"
	}
}

// Other gives the other side.
func (s Side) Other() Side {
	switch s {
	case NHSSide:
		return CouncilSide
	case CouncilSide:
		return NHSSide
	default:
		return Neither
	}
}

// Segment is the part of a delay with one reason, one body by the rules, one
// council and one type of care.
type Segment struct {
	First, Last delay.Day
	Reason      delay.Reason
	Council     delay.Council
	Care        delay.CareType
	// Body is what the extract or the log proposes by rules A1 to A5.
	Body delay.Body
}

// Act is what an event does.
type Act uint8

// The acts.
const (
	// Agree says yes to what is proposed: by the other side's dispute if there
	// is one, else by the segment.
	Agree Act = iota + 1
	// Dispute says no and proposes another body.
	Dispute
	// Ask puts a question; the clock keeps running.
	Ask
	// Reply answers a question or adds to the thread.
	Reply
	// Escalate hands the dispute to the next level.
	Escalate
	// Decide settles the segment above both sides' words (A6): the named chair
	// makes it, for neither side. One with a side was recorded by a party before
	// rule G5 and stood as agreed until the store was brought up to date.
	Decide
	// Default notes that the deadline for silence passed (G2).
	Default
	// DecideAlone records a decision of one of the two parties, which waits for
	// the other to confirm it or for the chair (G5).
	DecideAlone
)

var actNames = map[Act]string{
	Agree: "Agreed", Dispute: "Disputed", Ask: "Asked", Reply: "Replied", Escalate: "Escalated", Decide: "Decided",
	Default:     "Agreed by default",
	DecideAlone: "Decided",
}

// String gives the act as the history shows it.
func (a Act) String() string { return actNames[a] }

// Event is one answer about one segment. Events are added and never changed;
// ID ascends in the order in which they were made. The segment is named by
// what it is about, so that an event never follows to a segment with another
// reason, body, council or type of care (A6).
type Event struct {
	ID      int64
	Act     Act
	Side    Side
	Segment Segment
	// Body is the body that a Dispute proposes or a decision gives.
	Body delay.Body
	// Cut says at which ends of the event's days the segment is cut, when the
	// event is about a part of it.
	Cut Cut
}

// Cut is at which ends of its days an event parts a segment.
type Cut uint8

// The ends; both may be cut. One that is not goes on as far as the segment
// does, also when that grows.
const (
	CutBefore Cut = 1 << iota
	CutAfter
)

// Names says whether the event is about the segment: the same reason, body by
// the rules, council and type of care, and at least one day in common. A
// segment that grows by a day keeps its events.
func (e Event) Names(s Segment) bool {
	n := e.Segment
	return n.Reason == s.Reason && n.Council == s.Council && n.Care == s.Care && n.Body == s.Body &&
		n.First <= s.Last && s.First <= n.Last
}

// Level is who deals with a dispute.
type Level uint8

// The levels of escalation.
const (
	Reviewers Level = iota
	Leads
	Directors
	Chair
)

// String names the level.
func (l Level) String() string {
	switch l {
	case Leads:
		return "leads"
	case Directors:
		return "directors"
	case Chair:
		return "the named chair"
	default:
		return "reviewers"
	}
}

// Standing is where a segment stands after its events.
type Standing struct {
	State State
	// Body is what the segment counts under: the proposal's while it is
	// proposed or disputed (G1), the agreed or decided one afterwards, also
	// while the decision is one party's (G5).
	Body delay.Body
	// ByPeople is set when people and not rules A1 to A5 gave the body (A6).
	ByPeople bool
	// Suggested is the body that the dispute proposes instead.
	Suggested delay.Body
	// Next is the side whose answer is waited for, Neither when settled.
	Next  Side
	Level Level
	// Last is the event that brought the segment to where it stands, 0 when it
	// is as first proposed.
	Last int64
}

// Split parts a segment where events were about a part of it. The parts tile
// the segment (C3) and differ from it in their days alone; each stands for
// itself.
func Split(s Segment, events []Event) []Segment {
	var begins []delay.Day
	for _, e := range events {
		if e.Cut == 0 || !e.Names(s) {
			continue
		}
		if e.Cut&CutBefore != 0 && e.Segment.First > s.First {
			begins = append(begins, e.Segment.First)
		}
		if e.Cut&CutAfter != 0 && e.Segment.Last < s.Last {
			begins = append(begins, e.Segment.Last+1)
		}
	}
	slices.Sort(begins)
	parts := []Segment{s}
	for _, day := range slices.Compact(begins) {
		next := s
		next.First = day
		parts[len(parts)-1].Last = day - 1
		parts = append(parts, next)
	}
	return parts
}

// proposer is the side that the first proposal comes from: extracts and
// coordinators are the provider's.
const proposer = NHSSide

// Stand works out where a segment stands. Events must ascend by ID; those that
// do not name the segment are passed over.
func Stand(s Segment, events []Event) Standing {
	st := Standing{Body: s.Body, Next: proposer.Other()}
	// disputing is the side that disputes, while a dispute is open.
	disputing := Neither
	// byChair is set once the chair has decided: then only the chair changes it.
	byChair := false
	settle := func(e Event, body delay.Body, state State) {
		decided := e.Act == Decide || st.State == Decided
		st = Standing{State: state, Body: body, ByPeople: body != s.Body || decided, Last: e.ID}
		disputing = Neither
	}
	for _, e := range events {
		if !e.Names(s) {
			continue
		}
		switch e.Act {
		case Agree:
			switch {
			case st.State == Disputed && e.Side == disputing.Other():
				settle(e, st.Suggested, Agreed)
			case st.State == Disputed && e.Side == disputing:
				// The disputing side takes its dispute back.
				settle(e, s.Body, Agreed)
			case st.State == Decided && e.Side == st.Next:
				// The other party confirms what the first decided (G5).
				settle(e, st.Body, Agreed)
			case st.State == Proposed && e.Side == proposer.Other() && s.Body != delay.NotAttributed:
				settle(e, s.Body, Agreed)
			}
		case Dispute:
			// A settled segment is disputed anew only before a decision: a
			// decision is undone by another decision alone (A6).
			if st.ByPeople || e.Side == Neither {
				continue
			}
			st = Standing{State: Disputed, Body: s.Body, Suggested: e.Body, Next: e.Side.Other(), Level: st.Level, Last: e.ID}
			disputing = e.Side
		case Escalate:
			if st.State.Contested() && st.Level < Chair {
				st.Level++
				st.Last = e.ID
			}
		case Decide:
			if byChair && e.Side != Neither {
				continue
			}
			byChair = e.Side == Neither
			settle(e, e.Body, Agreed)
		case DecideAlone:
			switch {
			case e.Side == Neither || byChair:
			case st.State == Decided && e.Side == st.Next && e.Body == st.Body:
				// Each party has decided the same.
				settle(e, e.Body, Agreed)
			default:
				st = Standing{State: Decided, Body: e.Body, ByPeople: true, Next: e.Side.Other(), Level: st.Level, Last: e.ID}
				disputing = Neither
			}
		case Default:
			if st.State == Proposed && s.Body != delay.NotAttributed {
				settle(e, s.Body, AgreedByDefault)
			}
		}
	}
	return st
}
