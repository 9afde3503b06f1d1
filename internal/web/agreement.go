package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

const (
	wordWhich  = "which"
	wordAgreed = "agreed"
	wordDays   = "days"
	wordAnswer = "answer"
)

// queuePage is how many segments one page of the queue has.
const queuePage = 25

// settledFor is how far back the list of what was settled goes.
const settledFor = 7 * 24 * time.Hour

var whichWords = map[casework.Which]string{
	casework.ForMe: "For you to answer", casework.ForOther: "Waiting for the other body", casework.InDispute: "Disputed",
	casework.Settled: "Settled this week",
}

type agreementView struct {
	page.Form
	Caption, Lede, Saved string
	Parts                []page.NavItem
	Heading              string
	// Showing says what the list is narrowed to, Sum how much it holds.
	Showing, Sum     string
	Filters          page.Filters
	Rows             []queueRow
	Pages            []page.NavItem
	Empty            string
	Bulk             bool
	CSV, JSON, Close string
}

type queueRow struct {
	ID, Reply, Reference, Hospital string
	Overdue                        *page.Tag
	Reason, Swatch, Proposed       string
	State                          page.Tag
	Period, Days, Waits            string
	Href, Text                     string
	Pick                           bool
}

// mySide gives the side that the actor answers for and sees the queue from.
func (s *Server) mySide(c echo.Context) agreement.Side {
	if side := casework.SideOf(s.actor(c)); side != agreement.Neither {
		return side
	}
	return agreement.CouncilSide
}

// isChair says whether the reader is the chair whom the partnership file names.
func (s *Server) isChair(c echo.Context) bool {
	return s.opts.Casework != nil && s.opts.Casework.IsChair(s.actor(c))
}

func (s *Server) agreementPage(c echo.Context) error {
	a, err := s.queueAsked(c)
	if err != nil {
		return err
	}
	v, err := s.agreementView(c, a)
	if err != nil {
		return err
	}
	return s.page(c, "agreement", v)
}

func (s *Server) agreementView(c echo.Context, a queueAsked) (agreementView, error) {
	actor, side, which := s.actor(c), s.mySide(c), a.which
	v := agreementView{Form: page.Form{Frame: s.frame(c, "Agreement")}, Caption: s.grantWords(actor.Grant)}
	if a.print {
		v.BodyClass = "app-view-print"
	}
	counts := map[casework.Which]casework.QueueList{}
	for _, p := range casework.Parts {
		list, err := s.queue(c, a, p, 0, 0)
		if err != nil {
			return v, err
		}
		counts[p] = list
		v.Parts = append(v.Parts, page.NavItem{Text: whichWords[p] + " (" + count(int64(list.Total)) + ")",
			Href: page.Address(queuePath, a.query(p)), Current: p == which})
	}
	// What was saved can have emptied the last page of the list.
	total := counts[which].Total
	pages := max((total+queuePage-1)/queuePage, 1)
	a.sheet = min(a.sheet, pages)
	list, err := s.queue(c, a, which, (a.sheet-1)*queuePage, queuePage)
	if err != nil {
		return v, err
	}
	s.rememberQueue(c, a)
	if v.Filters, err = s.queueFilters(c, a); err != nil {
		return v, err
	}
	v.Showing = "Showing " + a.words(s.opts.Places) + "."
	rows := list.Rows
	today, dueToday, past := s.today(), 0, 0
	for _, r := range rows {
		w := s.queueRow(r, which)
		by := s.opts.Casework.Settings.Clocks.ReplyBy(r.Since, r.Level, s.opts.Zone)
		if which != casework.Settled {
			switch {
			case s.opts.Now().After(by):
				w.Overdue = &page.Tag{Text: "Past reply date", Tag: "nhsuk-tag--yellow"}
				past++
			case delay.DayOf(by) == today:
				w.Overdue = &page.Tag{Text: "Due today", Tag: "nhsuk-tag--yellow"}
				dueToday++
			}
		}
		w.Pick = which == casework.ForMe && actor.May(people.Agree) && r.State == agreement.Proposed &&
			r.Segment.Segment.Body != delay.NotAttributed && side == agreement.CouncilSide
		v.Bulk = v.Bulk || w.Pick
		v.Rows = append(v.Rows, w)
	}
	v.Lede = measure.UpperFirst(plural(int64(counts[casework.ForMe].Total), "proposal needs", "proposals need")) + " your answer."
	if a.narrowed() {
		v.Lede = strings.TrimSuffix(v.Lede, ".") + " in this selection."
	}
	if which == casework.ForMe && dueToday > 0 {
		v.Lede = strings.TrimSuffix(v.Lede, ".") + ", " + count(int64(dueToday)) + " by the end of today."
	}
	if which == casework.ForMe && past > 0 {
		v.Lede += " The reply date has passed for " + count(int64(past)) + " on this page. They stay proposed."
	}
	v.Heading = whichWords[which] + " (" + count(int64(total)) + ")"
	if v.Sum = plural(int64(total), "part of a wait", "parts of waits") + ", " + days(list.Days); a.from != 0 || a.to != 0 {
		v.Sum += " in the period"
	}
	v.Sum = measure.UpperFirst(v.Sum) + "."
	v.Pages = page.PagesOf(queuePath, a.query(which), a.sheet, pages)
	if len(v.Pages) > 30 {
		v.Pages = page.Around(v.Pages, a.sheet)
	}
	if total == 0 {
		v.Empty, v.Sum = "Nothing is in this list.", ""
		switch {
		case a.narrowed():
			v.Empty = "Nothing in this list fits the filters. Clear the filters to see all of it."
		case which == casework.ForMe:
			v.Empty = "Nothing needs your answer. " + measure.UpperFirst(plural(int64(counts[casework.ForOther].Total), "proposal is",
				"proposals are")) + " waiting for the other body."
		}
	}
	if n, err := strconv.Atoi(c.QueryParam(wordAgreed)); err == nil && n > 0 {
		v.Saved = plural(int64(n), "answer", "answers") + " saved"
		if d, err := strconv.Atoi(c.QueryParam(wordDays)); err == nil && d > 0 {
			v.Saved += ", " + days(int64(d))
		}
		v.Saved += "."
	}
	v.CSV = page.Address("/agreement.csv", a.query(which))
	v.JSON = page.Address("/agreement.json", a.query(which))
	v.Close = closePath
	return v, nil
}

func (s *Server) queueRow(r casework.QueueRow, which casework.Which) queueRow {
	id := casework.SegmentID(r.Reference, r.Segment.Segment.First)
	w := queueRow{
		ID: id, Reference: r.Reference, Hospital: s.opts.Places.ProviderWords(r.Provider),
		Reason: s.opts.Places.ReasonWords(r.Segment.Segment.Reason),
		Swatch: swatch(r.Standing.Body), Proposed: measure.UpperFirst(r.Standing.Body.String()),
		State:  page.Tag{Text: measure.UpperFirst(r.State.String()), Tag: stateTags[r.State]},
		Period: span(r.Segment.Segment.First, r.Segment.Segment.Last), Days: count(int64(r.Days())), Href: "/agreement/" + id, Text: "Answer",
	}
	w.Reply = s.replyWords(s.opts.Casework.Settings.Clocks.ReplyBy(r.Since, r.Level, s.opts.Zone))
	switch {
	case which == casework.Settled:
		w.Reply, w.Text = s.moment(r.Since), "Open"
	case r.State == agreement.Disputed:
		w.Href, w.Text = "/disputes/"+id, "Open dispute"
		w.Proposed += ", or " + r.Suggested.String()
	case r.State == agreement.Decided:
		w.Href, w.Text = "/disputes/"+id, "Open decision"
	case which == casework.ForOther:
		w.Text = "Open"
	}
	return w
}

// queueTwin gives one part of the queue as rows, at most 10,000.
func (s *Server) queueTwin(c echo.Context) (page.Twin, error) {
	a, err := s.queueAsked(c)
	if err != nil {
		return page.Twin{}, err
	}
	which := a.which
	title := "Agreement, " + whichWords[which]
	if a.narrowed() {
		title += ", " + a.words(s.opts.Places)
	}
	t := page.Twin{Convention: s.convention(), Title: title, Measure: "M11", AsAt: s.today().String(),
		Columns: []page.Column{{Name: "provider"}, {Name: "reference"}, {Name: "council"},
			{Name: "reason"}, {Name: "responsible"}, {Name: "suggested"}, {Name: "state"}, {Name: "level"}, {Name: "from"}, {Name: "to"},
			{Name: "days", Number: true}, {Name: "reply_by"}}}
	const most = 10000
	for offset := 0; offset < most; offset += 1000 {
		list, err := s.queue(c, a, which, offset, 1000)
		if err != nil {
			return t, err
		}
		for _, r := range list.Rows {
			suggested := ""
			if r.State == agreement.Disputed {
				suggested = r.Suggested.String()
			}
			t.Rows = append(t.Rows, []string{r.Provider, r.Reference, page.SlugOr(string(r.Segment.Segment.Council)),
				page.SlugOr(string(r.Segment.Segment.Reason)), r.Standing.Body.String(), suggested,
				r.State.String(), r.Level.String(), r.Segment.Segment.First.String(), r.Segment.Segment.Last.String(), strconv.Itoa(r.Days()),
				s.opts.Casework.Settings.Clocks.ReplyBy(r.Since, r.Level, s.opts.Zone).UTC().Format(time.RFC3339)})
		}
		if offset+len(list.Rows) >= list.Total || len(list.Rows) == 0 {
			break
		}
	}
	return t, nil
}

func (s *Server) agreementCSV(c echo.Context) error {
	t, err := s.queueTwin(c)
	if err != nil {
		return err
	}
	if err := s.noteRows(c, len(t.Rows)); err != nil {
		return err
	}
	return s.sendCSV(c, "agreement.csv", t)
}

func (s *Server) agreementJSON(c echo.Context) error {
	t, err := s.queueTwin(c)
	if err != nil {
		return err
	}
	if err := s.noteRows(c, len(t.Rows)); err != nil {
		return err
	}
	return s.sendJSON(c, t)
}

// segmentOf reads the case and segment of the address.
func (s *Server) segmentOf(c echo.Context) (*casework.Case, *casework.Segment, *casework.Delay, error) {
	reference, first, err := casework.ParseSegmentID(c.Param("id"))
	if err != nil {
		return nil, nil, nil, err
	}
	k, err := s.opts.Cases.Case(c.Request().Context(), s.actor(c).Scope(), reference)
	if err != nil {
		return nil, nil, nil, err
	}
	seg, d := k.Segment(first)
	if seg == nil {
		return nil, nil, nil, problem.New(problem.NotFound, "There is no period with this reference, or it is outside your organisation.")
	}
	return k, seg, d, nil
}

type answerView struct {
	periodView
	Errors    []page.Link
	Token     string
	Saved     string
	Action    string
	Version   string
	Parts     []page.Part
	Proposal  string
	ReplyBy   string
	Cannot    string
	Levels    string
	Overdue   *page.Tag
	Dispute   string
	RecordHef string
}

func (s *Server) answerView(c echo.Context, k *casework.Case, seg *casework.Segment, d *casework.Delay, f casework.AnswerForm) answerView {
	r := s.receipts().For(k, d, seg, k.Period(seg))
	v := answerView{periodView: s.periodView(r, seg), Action: "/agreement/" + casework.SegmentID(k.Reference, seg.Segment.First),
		Version: f.Version, RecordHef: "/delays/" + k.Reference}
	if v.Version == "" {
		v.Version = k.Version
	}
	v.Frame = s.frame(c, "Answer about "+days(int64(seg.Days()))+", "+k.Reference)
	v.Token = v.Frame.Token
	v.Caption, v.Back = s.opts.Places.ProviderWords(k.Provider)+", "+span(seg.Segment.First, seg.Segment.Last), s.backToQueue(c, "")
	by := s.opts.Casework.Settings.Clocks.ReplyBy(seg.Since, seg.Level, s.opts.Zone)
	v.ReplyBy = "Reply by " + s.replyWords(by)
	if !seg.State.Settled() && s.opts.Now().After(by) {
		v.Overdue = &page.Tag{Text: "Past reply date", Tag: "nhsuk-tag--yellow"}
		v.ReplyBy = "No reply by " + s.replyWords(by) + ". Under rule G2 this stays " + seg.State.String() + " and goes to the directors' list."
	}
	if seg.State.Settled() {
		v.ReplyBy = ""
	}
	v.Proposal = s.opts.Places.ProviderWords(k.Provider) + " proposes: " + seg.Segment.Body.String() + ", for " +
		span(seg.Segment.First, seg.Segment.Last) + ", " + days(int64(seg.Days())) + "."
	if seg.Segment.Body == delay.NotAttributed {
		v.Proposal = "No rule decides who the next step is with. Either body proposes one, and the other agrees."
	}
	if seg.State == agreement.Disputed {
		v.Proposal += " It is disputed: " + seg.Suggested.String() + " is proposed instead."
		v.Dispute = "/disputes/" + casework.SegmentID(k.Reference, seg.Segment.First)
	}
	if seg.State == agreement.Decided {
		v.Proposal += " " + casework.DecidedWords(s.opts.Places, k, seg)
		v.Dispute = "/disputes/" + casework.SegmentID(k.Reference, seg.Segment.First)
	}
	if err := s.opts.Casework.MayAnswer(s.actor(c), k, seg); err != nil {
		v.Cannot = strings.TrimSuffix(problem.Sentence(err), ".") + "."
	}
	if s.actor(c).May(people.Agree) && !s.isChair(c) {
		v.Parts = s.answerParts(k, seg, s.opts.Casework.SideOf(s.actor(c)), f)
	}
	leads := s.opts.Casework.Settings.Clocks
	v.Levels = "If you dispute, the other body has " + plural(int64(leads.Answer), "working day", "working days") + ", then leads " +
		count(int64(leads.Leads))
	if directors := " directors " + count(int64(leads.Directors)); s.opts.Casework.Settings.Highest() == agreement.Chair {
		v.Levels += "," + directors + " and the named chair " + count(int64(leads.Chair))
	} else {
		v.Levels += " and" + directors
	}
	v.Levels += ". Days stay in the range until settled."
	return v
}

// answerParts are the fields of an answer. Those of a dispute are always
// visible, so that the page works without scripts.
func (s *Server) answerParts(k *casework.Case, seg *casework.Segment, mine agreement.Side, f casework.AnswerForm) []page.Part {
	now := seg.Segment.Body
	if seg.State == agreement.Disputed {
		now = seg.Suggested
	}
	answer := page.Part{Kind: "radios", ID: "answer", Label: "What is your answer?", Groups: []page.PartGroup{{}}}
	add := func(value, text string) {
		answer.Groups[0].Items = append(answer.Groups[0].Items, page.Choice{ID: "answer-" + value, Value: value, Text: text,
			Chosen: f.Answer == value})
	}
	if seg.State == agreement.Decided {
		now = seg.Standing.Body
	}
	// A yes of the side that disputes takes its dispute back.
	disputing := seg.State == agreement.Disputed && k.Disputing(seg) == mine
	switch {
	case k.MayWithdraw(seg, mine):
		add("agree", "Withdraw the dispute: accept "+seg.Segment.Body.String())
	case disputing:
	case now != delay.NotAttributed && !seg.State.Settled():
		add("agree", "Agree: "+now.String())
	}
	if seg.State == agreement.Decided || disputing {
		// Only another decision undoes one (A6), and the other body answers a dispute.
	} else if seg.Segment.Body == delay.NotAttributed && seg.State == agreement.Proposed {
		add("dispute", "Propose who the next step is with")
	} else {
		add("dispute", "Dispute")
	}
	add("ask", "Ask a question (the clock keeps running)")
	add("reply", "Reply or add a note")
	if seg.State == agreement.Decided || disputing {
		return []page.Part{
			answer,
			page.AreaPart("words", "Explain in a sentence", "For a question or a note. Do not include names or clinical detail.",
				f.Words, 500),
		}
	}
	var bodies [][2]string
	for _, b := range s.opts.Casework.Allowed(seg) {
		bodies = append(bodies, [2]string{b.Slug(), measure.UpperFirst(b.String())})
	}
	checks := make([][2]string, len(casework.Checks))
	for i, x := range casework.Checks {
		checks[i] = [2]string{x.Code, x.Words}
	}
	parts := []page.Part{answer,
		page.RadiosPart("body", "If you dispute: who is the next step with?", f.Body, bodies...),
		page.RadiosPart("checks", "If you dispute: what should be checked?", f.Checks, checks...),
		page.AreaPart("words", "Explain in a sentence", "For a dispute or a question. Do not include names or clinical detail.", f.Words, 500)}
	return append(parts, s.dayParts(k, seg, f)...)
}

func (s *Server) answerPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView, wordAnswer); err != nil {
		return err
	}
	// Who comes to dispute has that chosen already.
	answer, err := page.OneOf(c.QueryParams(), wordAnswer, "", "dispute")
	if err != nil {
		return err
	}
	k, seg, d, err := s.segmentOf(c)
	if err != nil {
		return err
	}
	return s.page(c, "answer", s.answerView(c, k, seg, d, casework.AnswerForm{Answer: answer}))
}

func readAnswer(c echo.Context) casework.AnswerForm {
	return casework.AnswerForm{ID: c.Param("id"), Version: typed(c, "version"), Answer: typed(c, "answer"), Body: typed(c, "body"),
		Checks: typed(c, "checks"),
		Words:  c.FormValue("words"), Example: typed(c, "example") != "", ReviewOn: typedDate(c, "review"),
		From: typedDate(c, "from"), To: typedDate(c, "to"), Picks: typed(c, "picks") != "", Days: c.Request().PostForm["days"]}
}

func (s *Server) answer(c echo.Context) error {
	k, seg, d, err := s.segmentOf(c)
	if err != nil {
		return err
	}
	f := readAnswer(c)
	done, err := s.opts.Casework.Answer(c.Request().Context(), s.actor(c), f)
	if err != nil {
		v := s.answerView(c, k, seg, d, f)
		return s.answerNotSaved(c, err, v.Action, v.Parts, func(form page.CaseForm) error {
			v.Errors, v.Parts, v.PageTitle = form.Errors, form.Parts, "Error: "+v.PageTitle
			return s.pageAs(c, http.StatusUnprocessableEntity, "answer", v)
		})
	}
	if f.Answer == "ask" || f.Answer == "reply" {
		return onward(c, "/agreement/"+f.ID, nil, "said")
	}
	if f.Answer == "dispute" {
		return onward(c, "/disputes/"+casework.SegmentID(done.Reference, done.First), url.Values{wordDone: {f.Answer}}, "")
	}
	return s.answered(c, 1, done.Days)
}

// answerNotSaved answers to an answer that was not saved: with its page, or
// the 409 page.
func (s *Server) answerNotSaved(c echo.Context, err error, action string, parts []page.Part, refused func(page.CaseForm) error) error {
	form := page.CaseForm{Form: page.Form{Frame: s.frame(c, "Answer")}, Action: action, Parts: parts}
	if r, ok := errors.AsType[*casework.Refusal](err); ok {
		form.Refuse(r)
		return refused(form)
	}
	return s.notSaved(c, err, func() (page.CaseForm, error) { return form, nil }, func() (page.CaseForm, error) {
		k, seg, _, err := s.segmentOf(c)
		if err != nil {
			return form, err
		}
		now := form
		now.Parts = s.answerParts(k, seg, s.opts.Casework.SideOf(s.actor(c)), casework.AnswerForm{})
		return now, nil
	})
}

type bulkView struct {
	page.Form
	Back   string
	Table  page.Table
	Hidden []page.Hidden
	Lede   string
}

// checkAgreement shows what a bulk agreement would agree to.
func (s *Server) checkAgreement(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	segments, cases, err := s.opts.Casework.Preview(c.Request().Context(), s.actor(c), form["select"])
	if err != nil {
		return asked400(err)
	}
	v := bulkView{Form: page.Form{Frame: s.frame(c, "Check before you agree")}, Back: s.backToQueue(c, "")}
	v.Table = page.Table{ID: "bulk", Caption: "What you agree to", HiddenCaption: true,
		Head: []page.Head{{Text: "Reference"}, {Text: "Period"}, {Text: "Waiting for"}, {Text: "Next step with"}, {Text: "Days", Numeric: true}}}
	total := 0
	for i, seg := range segments {
		total += seg.Days()
		v.Table.Rows = append(v.Table.Rows, []page.Cell{{Text: cases[i].Reference, Header: true, Href: "/delays/" + cases[i].Reference},
			{Text: span(seg.Segment.First, seg.Segment.Last)},
			{Text: s.opts.Places.ReasonWords(seg.Segment.Reason)}, {Text: measure.UpperFirst(seg.Segment.Body.String()),
				Swatch: swatch(seg.Segment.Body)},
			{Text: count(int64(seg.Days())), Class: page.Numeric}})
		v.Hidden = append(v.Hidden, page.Hidden{Name: "select", Value: form["select"][i]}, page.Hidden{Name: "version", Value: cases[i].Version})
	}
	v.Table.Foot = []page.Cell{{Text: "Total", Header: true}, {}, {}, {}, {Text: count(int64(total)), Class: page.Numeric}}
	v.Lede = "You agree to " + plural(int64(len(segments)), "proposal", "proposals") + ", " + days(int64(total)) + "."
	return s.page(c, "agree-check", v)
}

// agreeAll agrees to what the check page listed.
func (s *Server) agreeAll(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	ids, versions := form["select"], form["version"]
	if len(ids) != len(versions) {
		return problem.New(problem.Invalid, "The list of proposals is not complete. Select them again.")
	}
	picked := make([]casework.Picked, len(ids))
	for i := range ids {
		picked[i] = casework.Picked{ID: ids[i], Version: versions[i]}
	}
	n, total, err := s.opts.Casework.AgreeAll(c.Request().Context(), s.actor(c), picked)
	if err != nil {
		return asked400(err)
	}
	return s.answered(c, n, total)
}

// stateTags are the colours of the states of the agreement.
var stateTags = map[agreement.State]string{
	agreement.Proposed: "nhsuk-tag--white", agreement.Agreed: "nhsuk-tag--blue",
	agreement.AgreedByDefault: "nhsuk-tag--blue", agreement.Disputed: "nhsuk-tag--purple", agreement.Decided: "nhsuk-tag--purple",
}
