package web

import (
	"strings"
	"testing"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
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
