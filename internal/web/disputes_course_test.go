package web

import (
	"strings"
	"testing"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/web/page"
)

// argued is a case of one delay from 2 November 2026, a Monday, with a part of one
// day for each list of answers; each answer is an hour after the one before.
type argued struct {
	*Server
	c   casework.Case
	now time.Time
}

func newArgued(chair string) *argued {
	a := &argued{now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	settings := casework.DefaultSettings
	settings.Chair = chair
	now := func() time.Time { return a.now }
	a.Server = &Server{opts: Options{Now: now, Zone: time.UTC, Casework: &casework.Service{Settings: settings, Now: now, London: time.UTC},
		Places: page.Places{Providers: []page.Place{{Code: "RXA", Name: "Northgate General"}}}}}
	a.c = casework.Case{Provider: "RXA", Reference: "HW-1", Delays: []casework.Delay{{Ready: delay.MustDay("2026-11-01")}}}
	return a
}

// part adds days of a delay of which the answers were given.
func (a *argued) part(answers ...casework.EventLine) *casework.Segment {
	d := &a.c.Delays[0]
	first := d.Ready + 1 + delay.Day(len(d.Segments))
	about := agreement.Segment{First: first, Last: first, Reason: "E", Council: delay.CouncilNotKnown, Body: delay.SocialCare}
	since, events := a.now, []agreement.Event(nil)
	for _, e := range answers {
		e.Segment, e.ID = about, int64(len(a.c.Events)+1)
		if e.At.IsZero() {
			e.At = a.now.Add(time.Duration(e.ID) * time.Hour)
		}
		a.c.Events, events = append(a.c.Events, e), append(events, e.Event)
		if agreement.Stand(about, events).Last == e.ID {
			since = e.At
		}
	}
	d.Segments = append(d.Segments, casework.Segment{Segment: about, Standing: agreement.Stand(about, events), Since: since})
	return &d.Segments[len(d.Segments)-1]
}

func said(act agreement.Act, side agreement.Side, body delay.Body) casework.EventLine {
	return casework.EventLine{Event: agreement.Event{Act: act, Side: side, Body: body}}
}

// on is an answer of a day of November 2026.
func on(day int, e casework.EventLine) casework.EventLine {
	e.At = time.Date(2026, 11, day, 10, 0, 0, 0, time.UTC)
	return e
}

// What both agree is what both said yes to: silence and the chair's decision are in
// their own words.
func TestBothAgreeIsWhatBothSaid(t *testing.T) {
	t.Parallel()
	const nhs, council = agreement.NHSSide, agreement.CouncilSide
	a := newArgued("chair@example.org")
	a.part(said(agreement.Default, agreement.Neither, 0))
	a.part(said(agreement.Dispute, council, delay.NHS), said(agreement.Decide, agreement.Neither, delay.Joint))
	open := *a.part(said(agreement.Dispute, council, delay.NHS))
	words := func() string { return a.common(&a.c, &a.c.Delays[0], &open) }
	const rest = "Agreed by default: 2 November 2026 social care (1 day). Decided by the named chair: 3 November 2026 joint (1 day)."
	if got, want := words(), "No other day of this wait is agreed by both yet. "+rest; !strings.HasPrefix(got, want) {
		t.Errorf("G2, G5: %q, want %q", got, want)
	}
	a.part(said(agreement.Agree, council, 0))
	a.part(said(agreement.DecideAlone, council, delay.NHS), said(agreement.Agree, nhs, 0))
	a.part(said(agreement.DecideAlone, council, delay.NHS)) // Not agreed yet: neither list has it.
	if got, want := words(), "Both agree: 5 November 2026 social care (1 day); 6 November 2026 NHS (1 day). "+rest; !strings.HasPrefix(got,
		want) || strings.Contains(got, "7 November") {
		t.Errorf("G2, G5: %q, want %q", got, want)
	}
}

// The stages of a dispute are its own, and those that the partnership has.
func TestStagesOfADispute(t *testing.T) {
	t.Parallel()
	const nhs, council = agreement.NHSSide, agreement.CouncilSide
	stages := func(v *courseView) string {
		var out []string
		for _, st := range v.Stages {
			out = append(out, st.Name+" "+st.When)
		}
		return strings.Join(out, "; ")
	}
	t.Run("G2 a dispute raised anew has no date of the one before", func(t *testing.T) {
		a := newArgued("chair@example.org")
		k := a.part(on(3, said(agreement.Escalate, nhs, 0)), // Nothing is disputed that could be handed on.
			on(4, said(agreement.Dispute, council, delay.NHS)), on(5, said(agreement.Escalate, council, 0)),
			on(6, said(agreement.Agree, council, 0)), on(9, said(agreement.Dispute, council, delay.NHS)),
			on(10, said(agreement.Escalate, nhs, 0)))
		a.now = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)
		const want = "Answer until 10 November 2026; Leads by 12 November 2026; Directors 5 working days once there; " +
			"Named chair, final 5 working days once there"
		if got := stages(a.course(&a.c, k)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
	t.Run("G5 no stage of a chair whom nobody named", func(t *testing.T) {
		a := newArgued("")
		k := a.part(on(4, said(agreement.Dispute, council, delay.NHS)), on(5, said(agreement.Escalate, council, 0)),
			on(6, said(agreement.Escalate, nhs, 0)))
		a.now = time.Date(2026, 11, 6, 12, 0, 0, 0, time.UTC)
		v := a.course(&a.c, k)
		if got := stages(v); got != "Answer until 5 November 2026; Leads until 6 November 2026; Directors by 13 November 2026" || v.Then != "" {
			t.Errorf("%q, then %q", got, v.Then)
		}
		director := people.Actor{Kind: people.APerson, Grant: people.Grant{Role: people.Director, Side: people.CouncilSide}}
		if a.opts.Casework.MayEscalate(director, k) {
			t.Error("it can be taken to a chair whom nobody named")
		}
		// One that went to the chair while there was one is shown where it is.
		k = a.part(on(4, said(agreement.Dispute, council, delay.NHS)), on(5, said(agreement.Escalate, council, 0)),
			on(6, said(agreement.Escalate, nhs, 0)), on(9, said(agreement.Escalate, nhs, 0)))
		if got := stages(a.course(&a.c, k)); !strings.HasSuffix(got, "; Named chair, final by 16 November 2026") {
			t.Errorf("%q", got)
		}
	})
}

// Days that are nobody's cannot be agreed or decided to be so: there is no outcome of
// a dispute that is not upheld.
func TestNoOutcomeOfNobody(t *testing.T) {
	t.Parallel()
	a := newArgued("")
	var split measure.Split
	split.Days[delay.SocialCare], split.Days[delay.NHS], split.Disputed[delay.SocialCare] = 20, 10, 2
	e := measure.Effect{Month: delay.MustDay("2026-11-01").Month(), Days: 1, Now: measure.CouncilFigures{People: 40, Now: split}}
	for body, rows := range map[delay.Body]int{delay.NotAttributed: 2, delay.SocialCare: 3} {
		seg := &casework.Segment{Segment: agreement.Segment{Council: "E10000099", Body: body},
			Standing: agreement.Standing{State: agreement.Disputed, Body: body, Suggested: delay.NHS}}
		if v := a.effectView(seg, []measure.Effect{e}); len(v.Outcomes.Rows) != rows {
			t.Errorf("%v: %+v", body, v.Outcomes.Rows)
		}
	}
}

// The calendar and its counts say what is of the months that they show, and no more.
func TestDaysOfTheMonthsShown(t *testing.T) {
	t.Parallel()
	a := newArgued("")
	d := &a.c.Delays[0]
	seg := *a.part(said(agreement.Dispute, agreement.CouncilSide, delay.NHS))
	before := seg
	before.Segment.First, before.Segment.Last = d.Ready-9, d.Ready-1
	d.Segments = append([]casework.Segment{before}, d.Segments...)
	counts := a.dayCounts(d, &seg)
	if counts.Head[0].Text != "Days in the months shown" || counts.Foot[1].Text != "1" {
		t.Errorf("%q, %q days of November", counts.Head[0].Text, counts.Foot[1].Text)
	}
	for day, want := range map[delay.Day]string{d.Ready: "ready", seg.Segment.First: "social care, disputed", seg.Segment.Last + 1: "not of " +
		"this period"} {
		if got, _ := a.dayWords(d, day); got != want {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
}
