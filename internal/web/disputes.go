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
	Saved     string
	Back      string
	Caption   string
	Level     string
	Clock     string
	Overdue   *page.Tag
	Sides     []sideView
	Facts     page.Table
	Thread    []historyView
	Receipt   string
	Record    string
	Answer    string
	Action    string
	Version   string
	Confirm   string
	Reply     []page.Part
	Escalate  []page.Part
	Decide    []page.Part
	WhatItIs  string
	Cannot    string
	Settled   string
	Unsettled string
}

// sideView is a side's view with every argument that it made, first to last.
type sideView struct {
	Name, Proposes, Swatch string
	Arguments              []historyView
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

// sides gives both views, each with all that its side has said.
func (s *Server) sides(k *casework.Case, seg *casework.Segment) []sideView {
	var out []sideView
	for _, side := range []agreement.Side{agreement.NHSSide, agreement.CouncilSide} {
		v := sideView{Name: s.sideWords(k, seg, side), Proposes: "No view recorded yet"}
		if side == agreement.NHSSide && seg.Segment.Body != delay.NotAttributed {
			v.Proposes, v.Swatch = "Proposes "+seg.Segment.Body.String()+", by the rules, from the extract or the log", swatch(seg.Segment.Body)
		}
		for _, e := range k.EventsOf(seg) {
			if e.Side != side {
				continue
			}
			switch e.Act {
			case agreement.Dispute:
				v.Proposes, v.Swatch = "Proposes "+e.Body.String(), swatch(e.Body)
			case agreement.Decide, agreement.DecideAlone:
				v.Proposes, v.Swatch = "Decided "+e.Body.String(), swatch(e.Body)
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
	f casework.AnswerForm) disputeView {
	id := casework.SegmentID(k.Reference, seg.Segment.First)
	title := "Dispute about "
	if seg.State == agreement.Decided {
		title = "Decision about "
	}
	v := disputeView{Form: page.Form{Frame: s.frame(c, title+days(int64(seg.Days()))+", "+k.Reference)}, Action: "/disputes/" + id,
		Version: f.Version, Back: s.backToQueue(c, casework.InDispute),
		Caption: s.opts.Places.ProviderWords(k.Provider) + ", " + span(seg.Segment.First, seg.Segment.Last),
		Receipt: "/delays/" + k.Reference + "/periods/" + strconv.Itoa(k.Period(seg)), Record: "/delays/" + k.Reference,
		Answer: "/agreement/" + id}
	if v.Version == "" {
		v.Version = k.Version
	}
	if c.QueryParam(wordDone) != "" {
		v.Saved = s.doneWords(k, seg)
	}
	v.Sides = s.sides(k, seg)
	by := s.opts.Casework.Settings.Clocks.ReplyBy(seg.Since, seg.Level, s.opts.Zone)
	late := s.opts.Now().After(by)
	switch {
	case seg.State == agreement.Disputed:
		with := "the " + strings.TrimPrefix(seg.Level.String(), "the ")
		if seg.Level == agreement.Reviewers {
			with = s.sideWords(k, seg, seg.Next)
		}
		v.Level, v.Clock = "With "+with+".", "Reply by "+s.replyWords(by)+"."
		v.Unsettled = "The days stay with the proposing body, shown apart and in the range, until this is settled."
		if late {
			v.Clock = "No reply by " + s.replyWords(by) + ". The days stay disputed and in the range."
		}
	case seg.State == agreement.Decided:
		v.Level, v.Clock = casework.DecidedWords(s.opts.Places, k, seg), "Confirm by "+s.replyWords(by)+"."
		v.Unsettled = "Until then the days count with the body of the decision, shown apart, and stay in the range as disputed days do."
		if late {
			v.Clock = "Not confirmed by " + s.replyWords(by) + ". The days stay in the range."
		}
	case seg.State.Settled():
		v.Settled = "This is settled: " + seg.Standing.Body.String() + ", " + seg.State.String() + "."
	default:
		v.Settled = "This is not disputed."
	}
	if late && seg.State.Contested() {
		v.Overdue = &page.Tag{Text: "Past reply date", Tag: "nhsuk-tag--yellow"}
	}
	v.Facts = s.periodView(s.receipts().For(k, d, seg, k.Period(seg)), seg).Inputs
	v.Facts.Caption = "Facts"
	for _, e := range k.EventsOf(seg) {
		v.Thread = append(v.Thread, s.eventLine(e))
	}
	s.disputeForms(c, &v, k, seg, f)
	return v
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
		v.WhatItIs = "The other body is asked to confirm your decision. Until it does, or the named chair makes it, the days are decided, not " +
			"agreed."
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
	return s.page(c, "dispute", s.disputeView(c, k, seg, d, casework.AnswerForm{}))
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
		v := s.disputeView(c, k, seg, d, f)
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
			return s.pageAs(c, http.StatusUnprocessableEntity, "dispute", v)
		}
		return s.answerNotSaved(c, err, v.Action, all, nil)
	}
	if f.Answer == "decide" || f.Answer == "agree" {
		return onward(c, "/disputes/"+f.ID, url.Values{wordDone: {f.Answer}}, "")
	}
	return onward(c, "/disputes/"+f.ID, nil, "thread")
}
