package web

import (
	"slices"
	"strings"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// courseView is where a dispute stands on its way: who answers by when, the four
// stages, and who decides.
type courseView struct {
	Who, By, Left, Then string
	Stages              []stageView
	Decides             string
}

type stageView struct {
	Name, When, Class string
	Current           bool
}

// happened is one line of what happened, first to last.
type happened struct {
	When, Who, Swatch, What, Said, Why, Class string
}

// stageNames are the stages of a dispute, by the level that deals with it.
var stageNames = [...]string{agreement.Reviewers: "Answer", agreement.Leads: "Leads", agreement.Directors: "Directors",
	agreement.Chair: "Named chair, final"}

// sideSwatch is the colour of a side: the NHS's, or the council's, whose days are
// social care.
func sideSwatch(side agreement.Side) string {
	switch side {
	case agreement.NHSSide:
		return swatch(delay.NHS)
	case agreement.CouncilSide:
		return swatch(delay.SocialCare)
	}
	return ""
}

// course says how a contested segment goes on.
func (s *Server) course(k *casework.Case, seg *casework.Segment) *courseView {
	settings := s.opts.Casework.Settings
	clocks := settings.Clocks
	by := clocks.ReplyBy(seg.Since, seg.Level, s.opts.Zone)
	v := &courseView{By: measure.UpperFirst(s.replyWords(by))}
	next := measure.UpperFirst(s.sideWords(k, seg, seg.Next))
	switch {
	case seg.State == agreement.Decided:
		v.Who = next + " confirms by"
	case seg.Level == agreement.Reviewers:
		v.Who = next + " replies by"
	default:
		v.Who = measure.UpperFirst(seg.Level.String()) + " settle it by"
		if seg.Level == agreement.Chair {
			v.Who = "The named chair decides by"
		}
	}
	v.Left = leftWords(clocks, s.today(), delay.DayOf(by))
	if s.opts.Now().After(by) {
		v.Who, v.By, v.Left = "No reply by", s.replyWords(by)+".", "The days stay disputed and in the range."
		if seg.State == agreement.Decided {
			v.Who, v.Left = "Not confirmed by", "The days stay in the range."
		}
	}
	highest := s.opts.Casework.Settings.Highest()
	if seg.Level < highest {
		then := agreement.Level(seg.Level + 1)
		v.Then = "Then, if a director escalates it: " + then.String() + ", " + workingDays(clocks.Days(then)) + "."
	}
	handed := handedOn(seg.Segment, k.EventsOf(seg))
	for l := agreement.Reviewers; l <= max(seg.Level, highest); l++ {
		st := stageView{Name: stageNames[l]}
		switch {
		case l < seg.Level:
			st.Class, st.When = "app-stages__item--done", "done"
			if at, ok := handed[l]; ok {
				st.When = "until " + delay.DayOf(at.In(s.opts.Zone)).Long()
			}
		case l == seg.Level:
			st.Class, st.Current, st.When = "app-stages__item--now", true, "by "+delay.DayOf(by).Long()
		default:
			st.When = workingDays(clocks.Days(l)) + " once there"
		}
		v.Stages = append(v.Stages, st)
	}
	v.Decides = "Who decides (rule G5): both bodies, by agreeing. Else a director of either, once it has come to the " +
		strings.TrimPrefix(settings.DecideFrom.String(), "the ") + "; it is agreed once the other body confirms it."
	if settings.Chair != "" {
		v.Decides += " The chair whom the partnership names decides for both, and that is final."
	} else {
		v.Decides += " The partnership file names no chair."
	}
	return v
}

// handedOn gives when each level below the one that has a dispute handed it on, by
// where the answers brought it: one that is raised anew begins below again.
func handedOn(of agreement.Segment, events []casework.EventLine) map[agreement.Level]time.Time {
	handed := map[agreement.Level]time.Time{}
	bare := make([]agreement.Event, 0, len(events))
	level := agreement.Reviewers
	for _, e := range events {
		bare = append(bare, e.Event)
		now := agreement.Stand(of, bare)
		if now.Level > level {
			handed[level] = e.At
		}
		level = now.Level
	}
	return handed
}

// leftWords say how many working days are left to a day.
func leftWords(clocks agreement.Clocks, today, by delay.Day) string {
	if by <= today {
		return "Due today."
	}
	n := 0
	for day := today; day < by; n++ {
		day = clocks.AddWorkingDays(day, 1)
	}
	return measure.UpperFirst(workingDays(n)) + " left."
}

func workingDays(n int) string { return plural(int64(n), "working day", "working days") }

// proposedRun is the days that were proposed as one before a part of them was
// disputed: those around the segment that differ from it in their days alone.
func proposedRun(d *casework.Delay, seg *casework.Segment) (first, last delay.Day) {
	first, last = seg.Segment.First, seg.Segment.Last
	same := func(o agreement.Segment) bool {
		return o.Reason == seg.Segment.Reason && o.Council == seg.Segment.Council && o.Care == seg.Care && o.Body == seg.Segment.Body
	}
	for grown := true; grown; {
		grown = false
		for i := range d.Segments {
			o := d.Segments[i].Segment
			if same(o) && (o.Last == first-1 || o.First == last+1) {
				first, last, grown = min(first, o.First), max(last, o.Last), true
			}
		}
	}
	return first, last
}

// happened lists all that was said and did not come, first to last, and what
// comes next.
func (s *Server) happened(k *casework.Case, d *casework.Delay, seg *casework.Segment, rule string) []happened {
	clocks := s.opts.Casework.Settings.Clocks
	first, last := proposedRun(d, seg)
	what := "Proposed " + seg.Segment.Body.String() + ", " + span(first, last) + " (" + days(int64(last-first)+1) + ")"
	if seg.Segment.Body == delay.NotAttributed {
		what = "No rule decides " + span(first, last) + " (" + days(int64(last-first)+1) + ")"
	}
	out := []happened{{When: "First", Who: s.opts.Places.ProviderWords(k.Provider) + ", by its extract or log",
		Swatch: sideSwatch(agreement.NHSSide), What: what, Why: rule}}
	events := k.EventsOf(seg)
	bare := make([]agreement.Event, len(events))
	for i := range events {
		bare[i] = events[i].Event
	}
	// passed notes that nobody answered in time, before what came after it.
	passed := func(stood agreement.Standing, since, until time.Time) {
		if !stood.State.Contested() || since.IsZero() {
			return
		}
		by := clocks.ReplyBy(since, stood.Level, s.opts.Zone)
		if until.After(by) {
			out = append(out, happened{When: s.moment(by), Who: "Clock", What: "Reply date passed with no answer",
				Why: "The days stay in the range (G2)."})
		}
	}
	var since time.Time
	var stood agreement.Standing
	for i, e := range events {
		now := agreement.Stand(seg.Segment, bare[:i+1])
		moves := now.Last == e.ID
		if moves {
			passed(stood, since, e.At)
		}
		line := s.eventLine(e)
		row := happened{When: line.When, Who: line.Who, What: line.What, Said: line.Why, Swatch: sideSwatch(e.Side)}
		if e.Act == agreement.Ask {
			row.What += "; the clock goes on"
		}
		if moves {
			since, stood, row.Class = e.At, now, "app-course__item--key"
		}
		out = append(out, row)
	}
	if !seg.State.Contested() {
		return out
	}
	passed(stood, since, s.opts.Now())
	by := clocks.ReplyBy(seg.Since, seg.Level, s.opts.Zone)
	row := happened{When: s.moment(by), Who: measure.UpperFirst(s.sideWords(k, seg, seg.Next)), Swatch: sideSwatch(seg.Next),
		What: "Reply due", Class: "app-course__item--next"}
	switch {
	case s.opts.Now().After(by):
		row.When, row.What = "Now", "Reply awaited"
	case seg.State == agreement.Decided:
		row.What = "Confirmation due"
	case seg.Level > agreement.Reviewers:
		row.Who, row.Swatch, row.What = measure.UpperFirst(seg.Level.String()), "", "Decision due"
	}
	return append(out, row)
}

// bothAgree is how days are settled to which both bodies have said yes.
const bothAgree = "Both agree"

// settledHow says in what way days that are settled came to be so: silence and a
// decision are nobody's yes (G2, G5).
func settledHow(k *casework.Case, seg *casework.Segment) string {
	if seg.State == agreement.AgreedByDefault {
		return "Agreed by default"
	}
	for _, e := range k.Events {
		if e.ID != seg.Standing.Last || e.Act != agreement.Decide {
			continue
		}
		if e.Side == agreement.Neither {
			return "Decided by the named chair"
		}
		return "Decided by the " + e.Side.String() // as parties did before rule G5
	}
	return bothAgree
}

// common says what neither side questions: the days of the wait that both have
// agreed, and the facts that no dispute asks to check; with the days that are
// settled in another way.
func (s *Server) common(k *casework.Case, d *casework.Delay, seg *casework.Segment) string {
	settled, ways := map[string][]string{}, []string{bothAgree}
	for i := range d.Segments {
		o := &d.Segments[i]
		if !o.State.Settled() {
			continue
		}
		how := settledHow(k, o)
		if settled[how] = append(settled[how], span(o.Segment.First, o.Segment.Last)+" "+o.Standing.Body.String()+" ("+
			days(int64(o.Days()))+")"); !slices.Contains(ways, how) {
			ways = append(ways, how)
		}
	}
	words := ""
	for _, how := range ways {
		if len(settled[how]) > 0 {
			words += how + ": " + strings.Join(settled[how], "; ") + ". "
		} else {
			words += "No other day of this wait is agreed by both yet. "
		}
	}
	words = strings.TrimSpace(words)
	asked := map[string]bool{}
	for _, e := range k.EventsOf(seg) {
		for _, check := range casework.Checks {
			if e.Checks == check.Words {
				asked[check.Code] = true
			}
		}
	}
	if asked["fact"] {
		return words
	}
	var facts []string
	if !asked["date"] {
		facts = append(facts, "ready "+d.Ready.Long())
		if d.End != 0 && !d.Moved {
			facts = append(facts, "left "+d.End.Long())
		}
	}
	if !asked["council"] && seg.Segment.Council != delay.CouncilNotKnown {
		facts = append(facts, "resident of "+s.opts.Places.CouncilWords(seg.Segment.Council))
	}
	if len(facts) > 0 {
		words += " Neither questions: " + strings.Join(facts, ", ") + "."
	}
	return words
}

// claim says over a side's view whom it says the step is with, and
// for how many of the days.
func claim(body delay.Body, first, last delay.Day, whole bool) string {
	text := measure.UpperFirst(body.String())
	if n := int64(last-first) + 1; whole && n > 1 {
		return text + ", all " + days(n)
	}
	return text + " for " + span(first, last)
}
