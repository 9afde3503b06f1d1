package agreement

import (
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
)

var segment = Segment{
	First: delay.MustDay("2026-03-02"), Last: delay.MustDay("2026-03-10"),
	Reason: "E", Council: "E10000099", Care: delay.Acute, Body: delay.SocialCare,
}

// told numbers events about the segment.
func told(events ...Event) []Event {
	for i := range events {
		events[i].ID = int64(i + 1)
		if events[i].Segment == (Segment{}) {
			events[i].Segment = segment
		}
	}
	return events
}

func TestStand(t *testing.T) {
	t.Parallel()
	with := func(change func(*Segment)) Segment {
		s := segment
		change(&s)
		return s
	}
	unattributed := with(func(s *Segment) { s.Body = delay.NotAttributed })
	disputed := Event{Act: Dispute, Side: CouncilSide, Body: delay.Joint}
	cases := []struct {
		name    string
		segment Segment
		events  []Event
		want    Standing
	}{
		{"G1 proposed by the extract, for the council to answer", segment, nil,
			Standing{State: Proposed, Body: delay.SocialCare, Next: CouncilSide}},
		{"G2 agreed by the council", segment, told(Event{Act: Agree, Side: CouncilSide}),
			Standing{State: Agreed, Body: delay.SocialCare, Last: 1}},
		{"G2 the proposing side's own yes agrees nothing", segment, told(Event{Act: Agree, Side: NHSSide}),
			Standing{State: Proposed, Body: delay.SocialCare, Next: CouncilSide}},
		{"G1 a dispute stays with the proposing body", segment, told(disputed),
			Standing{State: Disputed, Body: delay.SocialCare, Suggested: delay.Joint, Next: NHSSide, Last: 1}},
		{"G2 the other side agrees with the dispute", segment, told(disputed, Event{Act: Agree, Side: NHSSide}),
			Standing{State: Agreed, Body: delay.Joint, ByPeople: true, Last: 2}},
		{"the disputing side takes its dispute back", segment, told(disputed, Event{Act: Agree, Side: CouncilSide}),
			Standing{State: Agreed, Body: delay.SocialCare, Last: 2}},
		{"a question changes nothing", segment, told(Event{Act: Ask, Side: CouncilSide}, Event{Act: Reply, Side: NHSSide}),
			Standing{State: Proposed, Body: delay.SocialCare, Next: CouncilSide}},
		{"escalated twice", segment, told(disputed, Event{Act: Escalate, Side: NHSSide}, Event{Act: Escalate, Side: CouncilSide}),
			Standing{State: Disputed, Body: delay.SocialCare, Suggested: delay.Joint, Next: NHSSide, Level: Directors, Last: 3}},
		{"A6 a decision settles it above both", segment, told(disputed, Event{Act: Decide, Body: delay.NHS}),
			Standing{State: Agreed, Body: delay.NHS, ByPeople: true, Last: 2}},
		{"A6 a decision is not undone by a dispute", segment, told(disputed, Event{Act: Decide, Body: delay.NHS}, disputed),
			Standing{State: Agreed, Body: delay.NHS, ByPeople: true, Last: 2}},
		{"A6 a decision is undone by another decision", segment, told(Event{Act: Decide, Body: delay.NHS}, Event{Act: Decide, Body: delay.Joint}),
			Standing{State: Agreed, Body: delay.Joint, ByPeople: true, Last: 2}},
		{"G5 a decision of one party is decided, not agreed", segment, told(disputed, Event{Act: DecideAlone, Side: NHSSide, Body: delay.NHS}),
			Standing{State: Decided, Body: delay.NHS, ByPeople: true, Next: CouncilSide, Last: 2}},
		{"G5 its own yes agrees nothing", segment,
			told(disputed, Event{Act: DecideAlone, Side: NHSSide, Body: delay.NHS}, Event{Act: Agree, Side: NHSSide}, Event{Act: Default}),
			Standing{State: Decided, Body: delay.NHS, ByPeople: true, Next: CouncilSide, Last: 2}},
		{"G5 the other confirms it", segment, told(disputed, Event{Act: DecideAlone, Side: NHSSide, Body: delay.SocialCare},
			Event{Act: Agree, Side: CouncilSide}),
			Standing{State: Agreed, Body: delay.SocialCare, ByPeople: true, Last: 3}},
		{"G5 the other decides the same", segment,
			told(disputed, Event{Act: DecideAlone, Side: NHSSide, Body: delay.NHS}, Event{Act: DecideAlone, Side: CouncilSide, Body: delay.NHS}),
			Standing{State: Agreed, Body: delay.NHS, ByPeople: true, Last: 3}},
		{"G5 the other decides otherwise", segment,
			told(disputed, Event{Act: DecideAlone, Side: NHSSide, Body: delay.NHS}, Event{Act: DecideAlone, Side: CouncilSide, Body: delay.Joint}),
			Standing{State: Decided, Body: delay.Joint, ByPeople: true, Next: NHSSide, Last: 3}},
		{"G5 the chair makes it", segment, told(disputed, Event{Act: DecideAlone, Side: NHSSide, Body: delay.NHS},
			Event{Act: Decide, Body: delay.NHS}),
			Standing{State: Agreed, Body: delay.NHS, ByPeople: true, Last: 3}},
		{"G5 what the chair decided no party decides anew", segment, told(Event{Act: Decide, Body: delay.NHS},
			Event{Act: DecideAlone, Side: CouncilSide, Body: delay.Joint}),
			Standing{State: Agreed, Body: delay.NHS, ByPeople: true, Last: 1}},
		{"G5, A6 a dispute does not undo one party's decision, and it can be escalated", segment,
			told(disputed, Event{Act: DecideAlone, Side: NHSSide, Body: delay.NHS}, disputed, Event{Act: Escalate, Side: CouncilSide}),
			Standing{State: Decided, Body: delay.NHS, ByPeople: true, Next: CouncilSide, Level: Leads, Last: 4}},
		{"G5 days that no rule attributes, decided by one party", unattributed, told(Event{Act: DecideAlone, Side: CouncilSide, Body: delay.NHS,
			Segment: unattributed}),
			Standing{State: Decided, Body: delay.NHS, ByPeople: true, Next: NHSSide, Last: 1}},
		{"an agreed segment can be disputed anew", segment, told(Event{Act: Agree, Side: CouncilSide}, disputed),
			Standing{State: Disputed, Body: delay.SocialCare, Suggested: delay.Joint, Next: NHSSide, Last: 2}},
		{"G2 agreed by default after silence", segment, told(Event{Act: Default}),
			Standing{State: AgreedByDefault, Body: delay.SocialCare, Last: 1}},
		{"G2 silence does not agree what nobody has proposed", unattributed, told(Event{Act: Default, Segment: unattributed},
			Event{Act: Agree, Side: CouncilSide, Segment: unattributed}),
			Standing{State: Proposed, Body: delay.NotAttributed, Next: CouncilSide}},
		{"A5 a body is proposed where no rule decides, and agreed", unattributed,
			told(Event{Act: Dispute, Side: CouncilSide, Body: delay.NHS, Segment: unattributed},
				Event{Act: Agree, Side: NHSSide, Segment: unattributed}),
			Standing{State: Agreed, Body: delay.NHS, ByPeople: true, Last: 2}},
		{"the segment grew by a day since", with(func(s *Segment) { s.Last++ }), told(Event{Act: Agree, Side: CouncilSide}),
			Standing{State: Agreed, Body: delay.SocialCare, Last: 1}},
		{"A6 an answer does not follow to another reason", with(func(s *Segment) { s.Reason = "B" }), told(Event{Act: Agree, Side: CouncilSide}),
			Standing{State: Proposed, Body: delay.SocialCare, Next: CouncilSide}},
		{"A6 nor to another body", with(func(s *Segment) { s.Body = delay.NHS }), told(Event{Act: Decide, Body: delay.NHS}),
			Standing{State: Proposed, Body: delay.NHS, Next: CouncilSide}},
		{"A6 nor to another council", with(func(s *Segment) { s.Council = "E06000099" }), told(Event{Act: Agree, Side: CouncilSide}),
			Standing{State: Proposed, Body: delay.SocialCare, Next: CouncilSide}},
		{"A6 nor to other days", with(func(s *Segment) { s.First, s.Last = s.First+20, s.Last+20 }), told(Event{Act: Agree, Side: CouncilSide}),
			Standing{State: Proposed, Body: delay.SocialCare, Next: CouncilSide}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Stand(c.segment, c.events); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// Whatever is said, an unsettled segment counts under the proposing body (G1)
// unless one party has decided it (G5), a settled one waits for nobody, only
// people's words change the body, and one party alone never makes a decision
// read as agreed.
func TestStandInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := segment
		s.Body = delay.Body(rapid.IntRange(0, 3).Draw(t, "body"))
		var events []Event
		for range rapid.IntRange(0, 12).Draw(t, "events") {
			e := Event{ID: int64(len(events) + 1), Act: Act(rapid.IntRange(1, 8).Draw(t, "act")), Side: Side(rapid.IntRange(0, 2).Draw(t, "side")),
				Body: delay.Body(rapid.IntRange(0, 3).Draw(t, "its body")), Segment: s}
			if rapid.IntRange(0, 4).Draw(t, "other") == 0 {
				e.Segment.Reason = "A"
			}
			events = append(events, e)
		}
		st := Stand(s, events)
		switch {
		case !st.State.Settled() && st.State != Decided && st.Body != s.Body:
			t.Fatalf("G1: unsettled, and counted under %s: %+v", st.Body, st)
		case st.State.Settled() != (st.Next == Neither):
			t.Fatalf("who answers next: %+v", st)
		case st.Body != s.Body && !st.ByPeople:
			t.Fatalf("A6: the body changed and nobody decided: %+v", st)
		case st.State == AgreedByDefault && st.ByPeople:
			t.Fatalf("G2: silence decided: %+v", st)
		case st.State == Decided && (!st.ByPeople || !st.State.Contested()):
			t.Fatalf("G5: one party's decision is no decision, or not in the band: %+v", st)
		}
		// What is left when the other party and the chair had said nothing.
		for _, side := range []Side{NHSSide, CouncilSide} {
			var alone []Event
			decided := false
			for _, e := range events {
				if e.Side == side && e.Act != Decide {
					alone = append(alone, e)
					decided = decided || e.Act == DecideAlone && e.Names(s)
				}
			}
			if got := Stand(s, alone); decided && (got.State != Decided || got.Next != side.Other()) {
				t.Fatalf("G5: the %s decided alone, and it stands as %+v", side, got)
			}
		}
	})
}

// However often parts of a segment are disputed: its parts tile it (C3), each
// differs from it in its days alone, what was said of a part touches no day
// outside it (G5), and a segment that grows keeps its parts.
func TestSplitInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := segment
		var events []Event
		for range rapid.IntRange(0, 6).Draw(t, "events") {
			e := Event{ID: int64(len(events) + 1), Act: Dispute, Side: CouncilSide, Body: delay.NHS, Segment: s,
				Cut: Cut(rapid.IntRange(0, 3).Draw(t, "cut"))}
			if e.Cut&CutBefore != 0 {
				e.Segment.First += delay.Day(rapid.IntRange(0, 8).Draw(t, "first"))
			}
			if e.Cut&CutAfter != 0 {
				e.Segment.Last = e.Segment.First + delay.Day(rapid.IntRange(0, int(s.Last-e.Segment.First)).Draw(t, "last"))
			}
			if rapid.IntRange(0, 4).Draw(t, "other") == 0 {
				e.Segment.Reason = "A"
			}
			events = append(events, e)
		}
		parts := Split(s, events)
		day := s.First
		for _, p := range parts {
			if p.First != day || p.Last < p.First {
				t.Fatalf("C3: %+v", parts)
			}
			day = p.Last + 1
			same := p
			if same.First, same.Last = s.First, s.Last; same != s {
				t.Fatalf("a part is another thing: %+v", p)
			}
			disputed := Stand(p, events).State == Disputed
			for d := p.First; d <= p.Last; d++ {
				said := false
				for _, e := range events {
					said = said || e.Names(s) && e.Segment.First <= d && d <= e.Segment.Last
				}
				if said != disputed {
					t.Fatalf("G5: %s is disputed: %v, and was: %v", d, disputed, said)
				}
			}
		}
		if day != s.Last+1 {
			t.Fatalf("C3: the parts end on %s", day-1)
		}
		grown := s
		grown.Last += 5
		if after := Split(grown, events); len(after) < len(parts) || after[0].First != parts[0].First {
			t.Fatalf("a segment that grew lost parts: %+v, before %+v", after, parts)
		}
	})
}
