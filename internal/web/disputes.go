package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

type disputeView struct {
	page.Form
	Saved   string
	Back    string
	Caption string
	State   page.Tag
	Lede    string
	// Course is nil for what is settled.
	Course    *courseView
	Overdue   *page.Tag
	Unsettled string
	Sides     []sideView
	Common    string
	Effect    *effectView
	Waits     string
	Links     []page.Link
	// Days are the months of the delay's days, Counts how many stand how.
	Days     []page.PickMonth
	Counts   page.Table
	Facts    page.Table
	Happened []happened
	// Paper says that the page is to be printed: everything on it is open.
	Paper    bool
	Forms    []disputeForm
	Receipt  string
	Record   string
	Action   string
	Version  string
	Confirm  string
	Withdraw string
	Reply    []page.Part
	Escalate []page.Part
	Decide   []page.Part
	WhatItIs string
	Cannot   string
}

// disputeForm is one of the forms of the page. It is open when it came back with
// what is wrong.
type disputeForm struct {
	Act, Title, Intro, Button, Class string
	Parts                            []page.Part
	Open                             bool
}

// forms are those that the reader may send; answered is the one that came back.
func (v *disputeView) forms(answered string) {
	v.Forms = nil
	for _, f := range []disputeForm{
		{Act: "reply", Title: "Add a fact or an argument", Button: "Add reply", Class: "nhsuk-button--secondary", Parts: v.Reply},
		{Act: "escalate", Title: "Take it to the next level", Button: "Escalate", Class: "nhsuk-button--secondary", Parts: v.Escalate},
		{Act: "decide", Title: "Record a decision", Intro: v.WhatItIs, Button: "Record the decision", Parts: v.Decide},
	} {
		if f.Open = f.Act == answered; len(f.Parts) > 0 {
			v.Forms = append(v.Forms, f)
		}
	}
}

// sideView is a side's view with every argument that it made, first to last.
type sideView struct {
	Name, Colour, Claim, How, Swatch string
	Arguments                        []historyView
}

// sideWords names a side of the agreement about a segment.
func (s *Server) sideWords(k *casework.Case, seg *casework.Segment, side agreement.Side) string {
	return casework.SideWords(s.opts.Places, k, seg, side)
}

// doneWords say what a reader has just done, with whose answer comes next.
func (s *Server) doneWords(k *casework.Case, seg *casework.Segment) string {
	next, n := measure.UpperFirst(s.sideWords(k, seg, seg.Next)), days(int64(seg.Days()))
	by := s.replyWords(s.opts.Casework.Settings.Clocks.ReplyBy(seg.Since, seg.Level, s.opts.Zone))
	switch {
	case seg.State == agreement.Disputed:
		return "Disputed: " + n + ". " + next + " replies by " + by + "."
	case seg.State == agreement.Decided:
		return "Decided, not agreed: " + n + ", " + seg.Standing.Body.String() + ". " + next + " confirms it by " + by + "."
	case seg.State.Settled():
		return "Settled: " + n + ", " + seg.Standing.Body.String() + ", " + seg.State.String() + "."
	default:
		return ""
	}
}

// sides gives both views, each with all that its side has said. rule is what
// decided the proposal.
func (s *Server) sides(k *casework.Case, d *casework.Delay, seg *casework.Segment, rule string) []sideView {
	first, last := proposedRun(d, seg)
	whole := first == seg.Segment.First && last == seg.Segment.Last
	var out []sideView
	for _, side := range []agreement.Side{agreement.NHSSide, agreement.CouncilSide} {
		v := sideView{Name: measure.UpperFirst(s.sideWords(k, seg, side)), Claim: "No view recorded yet", Colour: "app-side--council"}
		if side == agreement.NHSSide {
			v.Colour = "app-side--nhs"
			if seg.Segment.Body != delay.NotAttributed {
				v.Claim, v.Swatch = claim(seg.Segment.Body, first, last, true), swatch(seg.Segment.Body)
				v.How = "Proposed from the extract or the log. " + rule
			}
		}
		for _, e := range k.EventsOf(seg) {
			if e.Side != side {
				continue
			}
			switch e.Act {
			case agreement.Dispute:
				v.Claim, v.Swatch, v.How = claim(e.Body, seg.Segment.First, seg.Segment.Last, whole), swatch(e.Body), "Proposed in a dispute."
			case agreement.Decide, agreement.DecideAlone:
				v.Claim, v.Swatch, v.How = claim(e.Body, seg.Segment.First, seg.Segment.Last, whole), swatch(e.Body), "Decided."
			}
			if e.Words != "" {
				v.Arguments = append(v.Arguments, s.eventLine(e))
			}
		}
		out = append(out, v)
	}
	return out
}

// eventLine is one answer as the history shows it.
func (s *Server) eventLine(e casework.EventLine) historyView {
	what := e.Act.String()
	if e.Body != delay.NotAttributed {
		what += ": " + e.Body.String()
	}
	if e.Cut != 0 {
		what += ", " + span(e.Segment.First, e.Segment.Last)
	}
	return historyView{When: s.moment(e.At), Who: s.opts.Places.RoleWords(e.Role), What: what, Why: e.Argument()}
}

func (s *Server) disputeView(c echo.Context, k *casework.Case, seg *casework.Segment, d *casework.Delay,
	f casework.AnswerForm) (disputeView, error) {
	id := casework.SegmentID(k.Reference, seg.Segment.First)
	title := "Dispute about "
	if seg.State == agreement.Decided {
		title = "Decision about "
	}
	title += days(int64(seg.Days())) + ", " + span(seg.Segment.First, seg.Segment.Last)
	v := disputeView{Form: page.Form{Frame: s.frame(c, title)}, Action: "/disputes/" + id,
		Version: f.Version, Back: s.backToQueue(c, casework.InDispute),
		Caption: k.Reference + ", " + s.opts.Places.ProviderWords(k.Provider) + ", " + s.opts.Places.ReasonWords(seg.Segment.Reason),
		State:   page.Tag{Text: measure.UpperFirst(seg.State.String()), Tag: stateTags[seg.State]},
		Receipt: "/delays/" + k.Reference + "/periods/" + strconv.Itoa(k.Period(seg)), Record: "/delays/" + k.Reference}
	v.BodyClass = "app-dispute-page"
	v.PageTitle = title + ", " + k.Reference + " – Homeward"
	if v.Version == "" {
		v.Version = k.Version
	}
	if c.QueryParam(wordDone) != "" {
		v.Saved = s.doneWords(k, seg)
	}
	r := s.receipts().For(k, d, seg, k.Period(seg))
	rule := ""
	for _, st := range d.Stretches {
		// The rule of the proposal, whatever people have decided since (A6).
		if st.First <= seg.Segment.Last && st.Last >= seg.Segment.First && st.Outcome.Rule != "" {
			rule = "Rule " + st.Outcome.Rule + "."
			break
		}
	}
	v.Sides = s.sides(k, d, seg, rule)
	v.Common = s.common(k, d, seg)
	nhs, council := measure.UpperFirst(s.sideWords(k, seg, agreement.NHSSide)), measure.UpperFirst(s.sideWords(k, seg, agreement.CouncilSide))
	switch {
	case seg.State == agreement.Disputed:
		says, of := council, nhs
		if seg.Next == agreement.CouncilSide {
			says, of = nhs, council
		}
		v.Lede = "The rules give " + seg.Segment.Body.String() + ". "
		if seg.Segment.Body == delay.NotAttributed {
			v.Lede = "No rule decides. "
		}
		v.Lede += says + " says " + seg.Suggested.String() + "; " + of + " answers."
		v.Unsettled = "The days stay with the proposing body, shown apart and in the range, until this is settled."
	case seg.State == agreement.Decided:
		v.Lede = casework.DecidedWords(s.opts.Places, k, seg)
		v.Unsettled = "Until then the days count with the body of the decision, shown apart, and stay in the range as disputed days do."
	case seg.State.Settled():
		v.Lede = "This is settled: " + seg.Standing.Body.String() + ", " + seg.State.String() + "."
	default:
		v.Lede = "This is not disputed."
	}
	if seg.State.Contested() {
		v.Course = s.course(k, seg)
		v.Waits = "Waiting for " + measure.UpperFirst(s.sideWords(k, seg, seg.Next)) + " since " + s.moment(seg.Since) + "."
		if s.opts.Now().After(s.opts.Casework.Settings.Clocks.ReplyBy(seg.Since, seg.Level, s.opts.Zone)) {
			v.Overdue = &page.Tag{Text: "Past reply date", Tag: "nhsuk-tag--yellow"}
			v.Unsettled = "" // The clock says so then.
		}
	}
	v.Facts = s.periodView(r, seg).Inputs
	v.Facts.Caption = "Facts"
	v.Happened = s.happened(k, d, seg, rule)
	s.disputeForms(c, &v, k, seg, f)
	v.forms("")
	v.Links = s.disputeLinks(c, &v, k, seg)
	v.Days, v.Counts = s.calendar(d, seg, nil), s.dayCounts(d, seg)
	var err error
	v.Effect, err = s.effect(c.Request().Context(), seg)
	return v, err
}

// disputeLinks lead to what the reader can do next.
func (s *Server) disputeLinks(c echo.Context, v *disputeView, k *casework.Case, seg *casework.Segment) (links []page.Link) {
	actor := s.actor(c)
	mine := s.opts.Casework.SideOf(actor)
	if seg.State == agreement.Disputed && mine == seg.Next && s.opts.Casework.MayAnswer(actor, k, seg) == nil {
		links = append(links, page.Link{Text: "Agree: " + seg.Suggested.String() + ", or dispute it in turn",
			Href: "/agreement/" + casework.SegmentID(k.Reference, seg.Segment.First)})
	}
	if k.MayWithdraw(seg, mine) && actor.May(people.Agree) {
		v.Withdraw = "Withdraw: accept " + seg.Segment.Body.String()
	}
	if len(v.Reply) > 0 {
		links = append(links, page.Link{Text: "Add a fact or an argument", Href: "#reply-words"})
	}
	if len(v.Escalate) > 0 {
		next := strings.TrimPrefix((seg.Level + 1).String(), "the ")
		links = append(links, page.Link{Text: "Take it to the " + next + " now", Href: "#escalate-words"})
	}
	if len(v.Decide) > 0 {
		links = append(links, page.Link{Text: "Record a decision", Href: "#decide-words"})
	}
	return links
}

// disputeForms adds the forms that the reader may send.
func (s *Server) disputeForms(c echo.Context, v *disputeView, k *casework.Case, seg *casework.Segment, f casework.AnswerForm) {
	actor := s.actor(c)
	words := func(act, label string) []page.Part {
		value := ""
		if f.Answer == act {
			value = f.Words
		}
		// Identifiers on one page must differ, though the fields have one name.
		p := page.AreaPart("words", label, "Do not include names or clinical detail.", value, 500)
		p.ID = act + "-words"
		return []page.Part{p}
	}
	if actor.May(people.Agree) && seg.State.Contested() {
		v.Reply = words("reply", "Add to the discussion")
	}
	if seg.State == agreement.Decided && s.opts.Casework.MayAnswer(actor, k, seg) == nil {
		v.Confirm = "Confirm: " + seg.Standing.Body.String()
	}
	if s.opts.Casework.MayEscalate(actor, seg) {
		v.Escalate = words("escalate", "Why does this go to the next level?")
	}
	switch err := s.opts.Casework.MayDecide(actor, k, seg); {
	case seg.State.Settled():
	case err == nil:
		var bodies [][2]string
		for _, b := range s.opts.Casework.Allowed(seg) {
			bodies = append(bodies, [2]string{b.Slug(), measure.UpperFirst(b.String())})
		}
		v.WhatItIs = "The other body is asked to confirm your decision. Until it does, the days are decided, not agreed."
		if s.opts.Casework.Settings.Chair != "" {
			v.WhatItIs = "The other body is asked to confirm your decision. Until it does, or the named chair makes it, the days are decided, " +
				"not agreed."
		}
		if s.isChair(c) {
			v.WhatItIs = "You decide as the named chair. The days are agreed at once, and only you decide them anew."
		}
		v.Decide = append([]page.Part{page.RadiosPart("body", "What is decided?", f.Body, bodies...)},
			words("decide", "The decision, and the rule or clarification")...)
		v.Decide = append(v.Decide, page.Part{Kind: "check", ID: "example", Groups: []page.PartGroup{
			{Items: []page.Choice{{ID: "example", Value: "yes", Text: "Use as a worked example", Chosen: f.Example}}}}},
			page.DatePart("review", "If it is a worked example, when is it reviewed?", "For example, 31 3 2027", f.ReviewOn))
	case actor.May(people.CloseMonth):
		v.Cannot = problem.Sentence(err)
	}
}

func (s *Server) disputePage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView, wordDone); err != nil {
		return err
	}
	k, seg, d, err := s.segmentOf(c)
	if err != nil {
		return err
	}
	v, err := s.disputeView(c, k, seg, d, casework.AnswerForm{})
	if err != nil {
		return err
	}
	if c.QueryParam(page.WordView) == "print" {
		v.BodyClass, v.Paper = v.BodyClass+" app-view-print", true
	}
	return s.page(c, "dispute", v)
}

func (s *Server) settle(c echo.Context) error {
	k, seg, d, err := s.segmentOf(c)
	if err != nil {
		return err
	}
	f := readAnswer(c)
	switch f.Answer {
	case "agree":
		f.Words = ""
	case "reply", "escalate", "decide":
		f.Words = c.FormValue(f.Answer + "-words")
	default:
		return problem.New(problem.Invalid, "Select confirm, reply, escalate or decide on the page of the dispute.")
	}
	if _, err := s.opts.Casework.Answer(c.Request().Context(), s.actor(c), f); err != nil {
		v, broken := s.disputeView(c, k, seg, d, f)
		if broken != nil {
			return broken
		}
		all := append(append(append([]page.Part{}, v.Reply...), v.Escalate...), v.Decide...)
		if r, ok := errors.AsType[*casework.Refusal](err); ok {
			for i := range r.Fields {
				if r.Fields[i].Field == "words" {
					r.Fields[i].Field = f.Answer + "-words"
				}
			}
			form := page.CaseForm{Form: v.Form, Parts: v.Reply}
			switch f.Answer {
			case "escalate":
				form.Parts = v.Escalate
			case "decide":
				form.Parts = v.Decide
			}
			form.Refuse(r)
			v.Form = form.Form
			v.forms(f.Answer)
			return s.pageAs(c, http.StatusUnprocessableEntity, "dispute", v)
		}
		return s.answerNotSaved(c, err, v.Action, all, nil)
	}
	if f.Answer == "decide" || f.Answer == "agree" {
		return onward(c, "/disputes/"+f.ID, url.Values{wordDone: {f.Answer}}, "")
	}
	return onward(c, "/disputes/"+f.ID, nil, "thread")
}
