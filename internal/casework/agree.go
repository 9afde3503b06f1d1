package casework

import (
	"context"
	"slices"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// SideOf gives the side of the agreement that an actor answers for: providers
// are the NHS's.
func SideOf(by people.Actor) agreement.Side {
	switch by.Grant.Side {
	case people.ProviderSide:
		return agreement.NHSSide
	case people.CouncilSide:
		return agreement.CouncilSide
	default:
		return agreement.Neither
	}
}

// IsChair says whether the actor is the chair whom the partnership file names.
func (s *Service) IsChair(by people.Actor) bool {
	return s.Settings.Chair != "" && by.Kind == people.APerson && strings.EqualFold(by.Email, s.Settings.Chair)
}

// SideOf gives the side that an actor answers for here: the named chair
// answers for neither, whatever organisations their role is for (G5).
func (s *Service) SideOf(by people.Actor) agreement.Side {
	if s.IsChair(by) {
		return agreement.Neither
	}
	return SideOf(by)
}

// SegmentID names one segment in addresses: the patient's reference and the
// segment's first day.
func SegmentID(reference string, first delay.Day) string { return reference + "." + first.String() }

// ParseSegmentID reads what SegmentID wrote.
func ParseSegmentID(id string) (reference string, first delay.Day, err error) {
	reference, day, ok := strings.Cut(id, ".")
	if first, err = delay.ParseDay(day); !ok || reference == "" || err != nil {
		return "", 0, problem.New(problem.NotFound, "There is no period with this reference, or it is outside your organisation.")
	}
	return reference, first, nil
}

// Segment gives the segment of the case that begins on the day, and its delay.
func (c *Case) Segment(first delay.Day) (*Segment, *Delay) {
	for i := range c.Delays {
		for j := range c.Delays[i].Segments {
			if s := &c.Delays[i].Segments[j]; s.Segment.First == first {
				return s, &c.Delays[i]
			}
		}
	}
	return nil, nil
}

// EventsOf gives the answers about a segment, in order.
func (c *Case) EventsOf(s *Segment) []EventLine {
	var out []EventLine
	for _, e := range c.Events {
		if e.Names(s.Segment) {
			out = append(out, e)
		}
	}
	return out
}

// Checks are what a dispute may ask to be checked, by their value in the form.
var Checks = []struct{ Code, Words string }{
	{"fact", "A fact is wrong"}, {"date", "A date is wrong"}, {"council", "Council of residence is wrong"},
	{"need", "A need was not met"}, {"rule", "The rule does not fit"},
}

// AnswerForm is an answer about one segment.
type AnswerForm struct {
	ID, Version string
	// Answer is agree, dispute, ask, reply, escalate or decide.
	Answer string
	Body   string
	// Checks is the code of Checks.
	Checks, Words string
	// Example keeps a decision as a local example until ReviewOn.
	Example  bool
	ReviewOn Date
	// From and To are the days that a dispute is about, both empty for the
	// whole segment.
	From, To Date
	// Picks says that the form let days be picked one by one, and Days are those
	// that were, like 2026-10-12. From and To, where typed, stand before them.
	Picks bool
	Days  []string
}

// MayAnswer says why the actor may not agree to or dispute a segment now, nil
// when they may.
func (s *Service) MayAnswer(by people.Actor, c *Case, seg *Segment) error {
	side := s.SideOf(by)
	switch {
	case s.IsChair(by):
		return problem.New(problem.Forbidden, "You are the named chair, who answers for neither body. Record a decision instead.")
	case !by.May(people.Agree) || side == agreement.Neither:
		return problem.New(problem.Forbidden, "Segments are answered by reviewers and directors. Your role is %s.", by.Grant.Role)
	case seg.State.Settled():
		return s.answered(c, seg)
	case seg.State == agreement.Decided && side != seg.Next:
		return problem.New(problem.Conflict, "Your own organisation has decided this. The other body confirms it, or the named chair makes it.")
	case seg.State == agreement.Proposed && side == agreement.NHSSide && seg.Segment.Body != delay.NotAttributed:
		return problem.New(problem.Conflict, "Your own organisation made this proposal. The other body answers it")
	}
	return nil
}

// answered says by whom a settled segment was answered.
func (s *Service) answered(c *Case, seg *Segment) error {
	for _, e := range c.Events {
		if e.ID == seg.Standing.Last {
			return problem.New(problem.Conflict, "This was answered at %s by %s. Nothing has changed",
				e.At.In(s.London).Format("3:04pm on 2 January 2006"), e.Role)
		}
	}
	return problem.New(problem.Conflict, "This is settled already. Nothing has changed")
}

// Disputing gives the side that disputes a segment, Neither when none does.
func (c *Case) Disputing(seg *Segment) agreement.Side {
	if seg.State != agreement.Disputed {
		return agreement.Neither
	}
	return seg.Next.Other()
}

// MayWithdraw says whether the side disputes the segment and its yes takes the
// dispute back: the proposal is then agreed.
func (c *Case) MayWithdraw(seg *Segment, side agreement.Side) bool {
	return side != agreement.Neither && c.Disputing(seg) == side && seg.Segment.Body != delay.NotAttributed
}

// Answer gives one answer about one segment.
func (s *Service) Answer(ctx context.Context, by people.Actor, f AnswerForm) (Done, error) {
	now, today := s.today()
	reference, first, err := ParseSegmentID(f.ID)
	if err != nil {
		return Done{}, err
	}
	c, err := s.Store.Case(ctx, by.Scope(), reference)
	if err != nil {
		return Done{}, err
	}
	seg, _ := c.Segment(first)
	if seg == nil {
		return Done{}, problem.New(problem.NotFound, "There is no period with this reference, or it is outside your organisation.")
	}
	if !by.May(people.Agree) || SideOf(by) == agreement.Neither {
		return Done{}, problem.New(problem.Forbidden, "Segments are answered by reviewers and directors. Your role is %s.", by.Grant.Role)
	}
	r := &Refusal{}
	a := NewAnswer{Reference: reference, Version: f.Version, Event: agreement.Event{Side: s.SideOf(by), Segment: seg.Segment}}
	if s.IsChair(by) {
		a.As = "Chair"
	}
	a.Words = r.text("words", "The explanation", f.Words, 500)
	switch f.Answer {
	case "agree":
		a.Event.Act = agreement.Agree
		if err := s.MayAnswer(by, c, seg); err != nil {
			return Done{}, err
		}
		if seg.State == agreement.Proposed && seg.Segment.Body == delay.NotAttributed {
			r.field("answer", "Nobody is proposed yet, so there is nothing to agree. Select who the next step is with")
		}
		if side := a.Event.Side; c.Disputing(seg) == side && side != agreement.Neither && !c.MayWithdraw(seg, side) {
			r.field("answer", "No rule decides these days, so there is no proposal to go back to. The other body answers the dispute")
		}
	case "dispute":
		a.Event.Act = agreement.Dispute
		if err := s.mayDispute(by, c, seg); err != nil {
			return Done{}, err
		}
		s.proposal(r, seg, f, &a)
		s.part(r, seg, f, &a)
	case "ask", "reply":
		a.Event.Act = map[string]agreement.Act{"ask": agreement.Ask, "reply": agreement.Reply}[f.Answer]
		if a.Words == "" {
			r.field("words", "%s", map[string]string{"ask": "Enter your question", "reply": "Enter your reply"}[f.Answer])
		}
	case "escalate":
		a.Event.Act = agreement.Escalate
		if err := s.mayEscalate(by, seg); err != nil {
			return Done{}, err
		}
		if a.Words == "" {
			r.field("words", "Enter why this goes to the next level")
		}
	case "decide":
		// A party's decision waits for the other; the chair's does not (G5).
		if a.Event.Act = agreement.DecideAlone; s.IsChair(by) {
			a.Event.Act = agreement.Decide
		}
		if err := s.MayDecide(by, c, seg); err != nil {
			return Done{}, err
		}
		if a.Event.Body = s.chosen(r, seg, f.Body); a.Words == "" {
			r.field("words", "Enter the decision and the rule that it follows")
		}
		if a.Example = f.Example; f.Example {
			if a.ReviewOn = f.ReviewOn.read(r, "review", "Review date"); a.ReviewOn != 0 && a.ReviewOn <= today {
				r.field("review", "Review date must be after today")
			}
		}
	default:
		r.field("answer", "Select an answer")
	}
	if err := r.or(""); err != nil {
		return Done{}, err
	}
	if err := s.Store.Answer(ctx, by, []NewAnswer{a}); err != nil {
		return Done{}, err
	}
	about := a.Event.Segment
	return Done{Reference: reference, First: about.First, Days: int(about.Last-about.First) + 1,
		ReplyBy: s.Settings.Clocks.ReplyBy(now, seg.Level, s.London)}, nil
}

// part checks the days that a dispute is about, when those are not all of the
// segment. One end alone leaves the other as it is.
func (s *Service) part(r *Refusal, seg *Segment, f AnswerForm, a *NewAnswer) {
	first, last := seg.Segment.First, seg.Segment.Last
	if f.Picks && f.From.Empty() && f.To.Empty() {
		picked(r, f.Days, a)
		return
	}
	within := func(day delay.Day, field, name string) bool {
		if day != 0 && (day < first || day > last) {
			r.field(field, "%s must be from %s to %s, the days of this period", name, first.Long(), last.Long())
		}
		return day != 0
	}
	of := &a.Event.Segment
	if !f.From.Empty() {
		if day := f.From.read(r, "from", "First day"); within(day, "from", "First day") && day > first {
			of.First, a.Event.Cut = day, a.Event.Cut|agreement.CutBefore
		}
	}
	if !f.To.Empty() {
		if day := f.To.read(r, "to", "Last day"); within(day, "to", "Last day") && day < last {
			of.Last, a.Event.Cut = day, a.Event.Cut|agreement.CutAfter
		}
	}
	if of.First > of.Last {
		r.field("to", "Last day must be on or after the first day, %s", of.First.Long())
	}
}

// picked checks days that were picked one by one: they are of the period and
// follow each other. An end of the period that is picked stays open, so that the
// dispute goes on as the period does.
func picked(r *Refusal, given []string, a *NewAnswer) {
	of := &a.Event.Segment
	first, last := of.First, of.Last
	var days []delay.Day
	for _, text := range given {
		day, err := delay.ParseDay(text)
		if err != nil || day < first || day > last {
			r.field("days", "The days must be from %s to %s, the days of this period", first.Long(), last.Long())
			return
		}
		days = append(days, day)
	}
	slices.Sort(days)
	days = slices.Compact(days)
	if len(days) == 0 {
		r.field("days", "Select the days that you dispute")
		return
	}
	for i, day := range days[1:] {
		if day != days[i]+1 {
			r.field("days", "Select days that follow each other: %s is not selected. Dispute the days after it by themselves",
				(days[i] + 1).Long())
			return
		}
	}
	if of.First = days[0]; of.First > first {
		a.Event.Cut |= agreement.CutBefore
	}
	if of.Last = days[len(days)-1]; of.Last < last {
		a.Event.Cut |= agreement.CutAfter
	}
}

// mayDispute says why the actor may not dispute: an agreed segment may be
// disputed anew by either side, until people have decided it (A6).
func (s *Service) mayDispute(by people.Actor, c *Case, seg *Segment) error {
	if s.IsChair(by) {
		return s.MayAnswer(by, c, seg)
	}
	if seg.State.Settled() || seg.State == agreement.Decided {
		if seg.ByPeople {
			return problem.New(problem.Conflict, "People have decided this one. Only another decision changes it")
		}
		return nil
	}
	if seg.State == agreement.Disputed && s.SideOf(by) != seg.Next {
		return problem.New(problem.Conflict, "Your own organisation disputes this. The other body answers it")
	}
	return s.MayAnswer(by, c, seg)
}

// proposal checks what a dispute proposes.
func (s *Service) proposal(r *Refusal, seg *Segment, f AnswerForm, a *NewAnswer) {
	now := seg.Segment.Body
	if seg.State == agreement.Disputed {
		now = seg.Suggested
	}
	if a.Event.Body = s.chosen(r, seg, f.Body); a.Event.Body != delay.NotAttributed && a.Event.Body == now {
		r.field("body", "This is who the next step is with now. Select another, or agree")
	}
	// Where nobody is proposed there is nothing that could be wrong yet.
	if seg.Segment.Body != delay.NotAttributed {
		for _, c := range Checks {
			if c.Code == f.Checks {
				a.Checks = c.Words
			}
		}
		if a.Checks == "" {
			r.field("checks", "Select what should be checked")
		}
	}
	if a.Words == "" {
		r.field("words", "Explain what should be checked")
	}
}

// chosen checks the body that an answer names.
func (s *Service) chosen(r *Refusal, seg *Segment, given string) delay.Body {
	b, err := delay.ParseBody(given)
	if err != nil || b == delay.NotAttributed {
		r.field("body", "Select who the next step is with")
		return delay.NotAttributed
	}
	allowed := s.Allowed(seg)
	if !slices.Contains(allowed, b) {
		r.field("body", "Reason %s cannot be %s under rule set %s. %s", seg.Segment.Reason.Code(), b,
			s.rules(seg.Segment.Reason.Set()).Name, selectOneOf(allowed))
	}
	return b
}

// Allowed gives the bodies that a segment can be with. A segment whose reason
// is not known can be with any.
func (s *Service) Allowed(seg *Segment) []delay.Body {
	allowed := s.Bodies(seg.Segment.Reason, seg.Care, seg.Segment.First)
	if len(allowed) == 0 {
		return []delay.Body{delay.SocialCare, delay.NHS, delay.Joint}
	}
	return allowed
}

func (s *Service) mayEscalate(by people.Actor, seg *Segment) error {
	switch {
	case !by.May(people.CloseMonth):
		return problem.New(problem.Forbidden, "Disputes are escalated by directors. Your role is %s.", by.Grant.Role)
	case s.IsChair(by):
		return problem.New(problem.Forbidden, "You are the named chair. Disputes are escalated by the directors of the two bodies.")
	case !seg.State.Contested():
		return problem.New(problem.Conflict, "This is not disputed, so it cannot be escalated.")
	case seg.Level == agreement.Chair:
		return problem.New(problem.Conflict, "This is with the named chair already. The chair's decision is final.")
	case seg.Level >= s.Settings.Highest():
		return problem.New(problem.Conflict, "This is with the %s, and the partnership file names no chair above them.", seg.Level)
	}
	return nil
}

// ByChair says whether the named chair has decided the segment.
func (c *Case) ByChair(seg *Segment) bool {
	return slices.ContainsFunc(c.EventsOf(seg), func(e EventLine) bool { return e.Act == agreement.Decide && e.Side == agreement.Neither })
}

// MayEscalate says whether the actor may escalate the segment now.
func (s *Service) MayEscalate(by people.Actor, seg *Segment) bool {
	return s.mayEscalate(by, seg) == nil
}

// MayDecide says why the actor may not decide a segment, nil when they may:
// directors and the named chair, a dispute that has come to the level of the
// setting, or days that no rule attributes. What the chair has decided only the
// chair decides again (G5).
func (s *Service) MayDecide(by people.Actor, c *Case, seg *Segment) error {
	switch {
	case !by.May(people.CloseMonth):
		return problem.New(problem.Forbidden, "Decisions are recorded by directors. Your role is %s.", by.Grant.Role)
	case c.ByChair(seg) && !s.IsChair(by):
		return problem.New(problem.Conflict, "The named chair has decided this. Only the chair decides it anew.")
	case seg.State == agreement.Disputed && seg.Level < s.Settings.DecideFrom:
		return problem.New(problem.Conflict, "This is with the %s. It can be decided once it has come to the %s.", seg.Level,
			s.Settings.DecideFrom)
	case seg.State == agreement.Proposed && seg.Segment.Body != delay.NotAttributed:
		return problem.New(problem.Conflict, "This is proposed and not disputed. The other body answers it first.")
	case seg.State.Settled() && !seg.ByPeople:
		return problem.New(problem.Conflict, "This is agreed. Dispute it first.")
	}
	return nil
}

// Picked is one segment of a bulk agreement, with the version that the preview
// showed.
type Picked struct{ ID, Version string }

// Preview gives the segments of a bulk agreement as they stand now, each with
// its case. The error is a Refusal when one cannot be agreed.
func (s *Service) Preview(ctx context.Context, by people.Actor, ids []string) ([]*Segment, []*Case, error) {
	if len(ids) == 0 {
		return nil, nil, &Refusal{Fields: []FieldError{{"select", "Select at least one proposal"}}}
	}
	const most = 200
	if len(ids) > most {
		return nil, nil, &Refusal{Fields: []FieldError{{"select", "Select 200 proposals or fewer"}}}
	}
	var segments []*Segment
	var cases []*Case
	byReference := map[string]*Case{}
	for _, id := range ids {
		reference, first, err := ParseSegmentID(id)
		if err != nil {
			return nil, nil, err
		}
		c := byReference[reference]
		if c == nil {
			if c, err = s.Store.Case(ctx, by.Scope(), reference); err != nil {
				return nil, nil, err
			}
			byReference[reference] = c
		}
		seg, _ := c.Segment(first)
		if seg == nil {
			return nil, nil, problem.New(problem.NotFound, "There is no period with this reference, or it is outside your organisation.")
		}
		if err := s.MayAnswer(by, c, seg); err != nil {
			return nil, nil, err
		}
		if seg.State != agreement.Proposed || seg.Segment.Body == delay.NotAttributed {
			return nil, nil, problem.New(problem.Conflict, "%s needs an answer of its own, because no rule decides it or it is disputed. Take it "+
				"out of the selection.", reference)
		}
		segments, cases = append(segments, seg), append(cases, c)
	}
	return segments, cases, nil
}

// AgreeAll agrees to several proposals, all or none.
func (s *Service) AgreeAll(ctx context.Context, by people.Actor, picked []Picked) (segments, days int, err error) {
	ids := make([]string, len(picked))
	for i, p := range picked {
		ids[i] = p.ID
	}
	found, cases, err := s.Preview(ctx, by, ids)
	if err != nil {
		return 0, 0, err
	}
	var answers []NewAnswer
	seen := map[string]bool{}
	for i, seg := range found {
		a := NewAnswer{Reference: cases[i].Reference, Event: agreement.Event{Act: agreement.Agree, Side: s.SideOf(by), Segment: seg.Segment}}
		if !seen[a.Reference] {
			// The first answer itself makes another version of the case.
			a.Version, seen[a.Reference] = picked[i].Version, true
		}
		answers = append(answers, a)
		days += seg.Days()
	}
	return len(answers), days, s.Store.Answer(ctx, by, answers)
}

// AgreeByDefault notes silence as agreement for every proposal whose time has
// passed, when the partnership has set one (G2). by is the job, with the scope
// of every provider. It gives how many were noted.
func (s *Service) AgreeByDefault(ctx context.Context, by people.Actor) (int, error) {
	now, _ := s.today()
	if s.Settings.Clocks.DefaultAfter == 0 {
		return 0, nil
	}
	noted := 0
	const page = 500
	for offset := 0; ; {
		list, err := s.Store.Queue(ctx, by.Scope(), QueueQuery{Which: ForMe, Side: agreement.CouncilSide, Offset: offset, Limit: page})
		if err != nil {
			return noted, err
		}
		rows := list.Rows
		var answers []NewAnswer
		for _, row := range rows {
			at := s.Settings.Clocks.DefaultAt(row.Since, s.London)
			if row.State != agreement.Proposed || row.Segment.Segment.Body == delay.NotAttributed || now.Before(at) {
				continue
			}
			answers = append(answers, NewAnswer{Reference: row.Reference, Event: agreement.Event{Act: agreement.Default,
				Segment: row.Segment.Segment},
				Words: "No reply by " + at.Format("3:04pm on 2 January 2006") + "."})
		}
		if len(answers) > 0 {
			if err := s.Store.Answer(ctx, by, answers); err != nil {
				return noted, err
			}
			noted += len(answers)
		}
		// What was noted has left the queue.
		if offset += len(rows) - len(answers); len(rows) < page {
			return noted, nil
		}
	}
}
