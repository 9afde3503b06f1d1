package web

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/rulechange"
	"homeward/internal/web/page"
)

// RuleChanges keeps the changes of the rules that people propose and confirm (G1).
type RuleChanges interface {
	// RuleChanges gives them all, the latest first; RuleChange one of them, or a
	// problem of kind NotFound.
	RuleChanges(ctx context.Context) ([]rulechange.Change, error)
	RuleChange(ctx context.Context, number int64) (*rulechange.Change, error)
	// TryRule works out which days a change would move, and writes nothing.
	TryRule(ctx context.Context, c *rulechange.Change) ([]rulechange.Move, error)
	// Draft makes a change, or says in a sentence what is wrong with which field.
	Draft(reason delay.Reason, body delay.Body, from delay.Day, why string) (c rulechange.Change, field string, err error)
	ProposeRule(ctx context.Context, by people.Actor, c rulechange.Change) (int64, error)
	// Confirm turns one of the two keys; seen names the moves that the actor looked
	// at. With the second key the change stands.
	Confirm(ctx context.Context, by people.Actor, number int64, seen string) (stands bool, err error)
	DeclineRule(ctx context.Context, by people.Actor, number int64, why string) error
	WithdrawRule(ctx context.Context, by people.Actor, number int64, why string) error
}

const (
	changesPath = "/definitions/changes"
	newPath     = changesPath + "/new"
	// statedBody leaves the body to the table and to what is stated.
	statedBody = "stated"
)

func (s *Server) ruleChangeRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, changesPath, s.may(people.SeeFigures, s.changeable(s.changesPage)), false},
		{get, changesPath + ".csv", s.may(people.SeeFigures, s.changeable(s.changesCSV)), false},
		{get, changesPath + ".json", s.may(people.SeeFigures, s.changeable(s.changesJSON)), false},
		{get, newPath, s.may(people.ProposeRules, s.changeable(s.newChangePage)), false},
		{post, newPath, s.may(people.ProposeRules, s.changeable(s.proposeChange)), false},
		{get, changesPath + "/:number", s.may(people.SeeFigures, s.changeable(s.changePage)), false},
		{post, changesPath + "/:number", s.may(people.ConfirmRules, s.changeable(s.answerChange)), true},
		{post, changesPath + "/:number/withdraw", s.may(people.ProposeRules, s.changeable(s.withdrawChange)), false},
	}
}

// changeable refuses these routes where no store is behind them.
func (s *Server) changeable(handler echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.opts.RuleChanges == nil {
			return problem.New(problem.Unavailable, "Changes of the rules are not set up on this machine.")
		}
		return handler(c)
	}
}

func changeHref(number int64) string { return changesPath + "/" + strconv.FormatInt(number, 10) }

// changeBody says to whom a change gives its reason.
func changeBody(c *rulechange.Change) string {
	switch {
	case c.Body != delay.NotAttributed:
		return measure.UpperFirst(c.Body.String())
	case c.ByGroups:
		return "As the table has it: divided by groups"
	}
	return "As the table has it: what the extract states"
}

// changeTags are the colours of the states.
var changeTags = map[rulechange.State]string{rulechange.Proposed: "nhsuk-tag--blue", rulechange.Half: "nhsuk-tag--yellow",
	rulechange.Stands: "nhsuk-tag--green", rulechange.Refused: "nhsuk-tag--grey", rulechange.Back: "nhsuk-tag--grey"}

type changesView struct {
	page.Form
	Lede  string
	New   string
	Table *page.Table
	Links []page.Link
}

func (s *Server) changesPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, err := s.opts.RuleChanges.RuleChanges(ctx)
	if err != nil {
		return err
	}
	v := changesView{Form: page.Form{Frame: s.frame(c, "Changes of the rules"), Said: s.opts.Sessions.Said(ctx)}}
	v.Crumbs = []page.Link{{Text: "Definitions", Href: "/definitions"}}
	if s.actor(c).May(people.ProposeRules) {
		v.New = newPath
	}
	v.Links = []page.Link{{Text: "CSV", Href: changesPath + ".csv"}, {Text: "JSON", Href: changesPath + ".json"}}
	if len(all) == 0 {
		v.Lede = "No change of the rules has been proposed."
		return s.page(c, "rule-changes", v)
	}
	open := 0
	for i := range all {
		if all[i].Open() {
			open++
		}
	}
	v.Lede = measure.UpperFirst(measure.Plural(int64(open), "change waits", "changes wait")) + " for an answer."
	v.Table = s.changesTable(all)
	return s.page(c, "rule-changes", v)
}

// changesTable lists changes, the latest first.
func (s *Server) changesTable(all []rulechange.Change) *page.Table {
	t := &page.Table{ID: "changes", Caption: "Changes of the rules, the latest first", HiddenCaption: true, Head: []page.Head{{Text: "Change"},
		{Text: "Reason"}, {Text: "Next step with"}, {Text: "From"}, {Text: "State"}, {Text: "Proposed"}}}
	for i := range all {
		one := &all[i]
		t.Rows = append(t.Rows, []page.Cell{{Text: "Change " + strconv.FormatInt(one.Number, 10), Header: true, Href: changeHref(one.Number)},
			{Text: s.opts.Places.ReasonWords(one.Reason) + ", " + one.Set}, {Text: changeBody(one)}, {Text: one.From.Long()},
			{Text: measure.UpperFirst(string(one.State())), Tag: changeTags[one.State()]}, {Text: s.moment(one.Proposed.At)}})
	}
	return t
}

func (s *Server) changesTwin(c echo.Context) (page.Twin, error) {
	t := page.Twin{Title: "Changes of the rules", Definitions: []string{}, AsAt: s.today().String(), Rows: [][]string{}}
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return t, err
	}
	for _, name := range []string{"change", "rule_set", "code_set", "reason", "label", "responsible", "from", "why", "state", "stands_since",
		"agreed"} {
		t.Columns = append(t.Columns, page.Column{Name: name})
	}
	all, err := s.opts.RuleChanges.RuleChanges(c.Request().Context())
	if err != nil {
		return t, err
	}
	for i := range all {
		one := &all[i]
		body, since := statedBody, ""
		if one.Body != delay.NotAttributed {
			body = one.Body.Slug()
		}
		if at := one.Stood(); !at.IsZero() {
			since = at.In(s.opts.Zone).Format(time.RFC3339)
		}
		t.Rows = append(t.Rows, []string{strconv.FormatInt(one.Number, 10), one.RuleSet, one.Set, one.Reason.Code(),
			s.opts.Places.Book.Short(one.Reason), body, one.From.String(), one.Why, string(one.State()), since,
			s.opts.Places.RoleWords(one.AgreedWords(s.opts.Zone))})
	}
	return t, nil
}

func (s *Server) changesCSV(c echo.Context) error {
	t, err := s.changesTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-rule-changes.csv", t)
}

func (s *Server) changesJSON(c echo.Context) error {
	t, err := s.changesTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}

// changeForm is what is typed to propose a change, and what is wrong with it.
type changeForm struct {
	reason, body, why string
	from              casework.Date
	wrong             map[string]string
}

func (s *Server) newChangePage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	return s.page(c, "caseform", s.changeFormView(c, changeForm{}))
}

func (s *Server) changeFormView(c echo.Context, f changeForm) page.CaseForm {
	v := page.CaseForm{Form: page.Form{Frame: s.frame(c, "Propose a change of the rules")}, Caption: s.opts.Places.Partnership,
		Back: changesPath, BackText: "Changes of the rules", Action: newPath}
	v.Crumbs = []page.Link{{Text: "Definitions", Href: "/definitions"}, {Text: "Changes of the rules", Href: changesPath}}
	v.Lede = []string{"It says who the next step is with for one reason, from a day on. The next page shows which days would move. " +
		"Nothing moves until a director of a hospital and a director of a council have confirmed it."}
	reason := page.Part{Kind: "select", ID: "reason", Label: "Which reason?", Groups: []page.PartGroup{{Items: []page.Choice{{Value: "",
		Text: "Select a reason", Chosen: f.reason == ""}}}}}
	for _, set := range s.opts.Places.Book.Sets {
		g := page.PartGroup{Label: set.Title}
		for _, r := range set.Reasons() {
			if r.Code() != set.NoReason {
				g.Items = append(g.Items, page.Choice{Value: string(r), Text: s.opts.Places.ReasonWords(r), Chosen: f.reason == string(r)})
			}
		}
		reason.Groups = append(reason.Groups, g)
	}
	body := page.RadiosPart("body", "Who is the next step with?", f.body, [2]string{delay.NHS.Slug(), "NHS"},
		[2]string{delay.SocialCare.Slug(), "Social care"}, [2]string{delay.Joint.Slug(), "Both"},
		[2]string{statedBody, "As the table has it: no change of ours any more"})
	from := page.DatePart("from", "From which day?", "For example, 1 4 2026. It holds until the next change of this reason begins.", f.from)
	why := page.AreaPart("why", "Why?", "Say what was agreed and where. Everyone who signs in can read it. Do not include names or "+
		"numbers that identify a person.", f.why, decisionLimit)
	v.Parts = []page.Part{reason, body, from, why}
	for i := range v.Parts {
		if words := f.wrong[v.Parts[i].ID]; words != "" {
			v.Parts[i].Error = words
			v.Wrong(v.Parts[i].Target(), words)
		}
	}
	v.Buttons = []page.Button{{Text: "Propose and show which days move"}}
	return v
}

func (s *Server) proposeChange(c echo.Context) error {
	ctx := c.Request().Context()
	f := changeForm{reason: typed(c, "reason"), body: typed(c, "body"), from: typedDate(c, "from"), wrong: map[string]string{}}
	f.why, f.wrong["why"] = typedWhy(c, "why")
	if f.reason == "" {
		f.wrong["reason"] = "Select a reason"
	}
	body, err := delay.ParseBody(f.body)
	switch {
	case f.body == statedBody:
		body = delay.NotAttributed
	case err != nil || body == delay.NotAttributed:
		f.wrong["body"] = "Select who the next step is with"
	}
	from, wrong := f.from.Read("The day")
	f.wrong["from"] = wrong
	if f.valid() {
		change, field, err := s.opts.RuleChanges.Draft(delay.Reason(f.reason), body, from, f.why)
		if err != nil {
			if problem.KindOf(err) != problem.Invalid {
				return err
			}
			f.wrong[field] = strings.TrimSuffix(problem.Sentence(err), ".")
		} else {
			number, err := s.opts.RuleChanges.ProposeRule(ctx, s.actor(c), change)
			if err != nil {
				return err
			}
			s.opts.Sessions.Say(ctx, "Proposed. No day has moved.")
			return c.Redirect(http.StatusSeeOther, changeHref(number))
		}
	}
	return s.pageAs(c, http.StatusUnprocessableEntity, "caseform", s.changeFormView(c, f))
}

func (f changeForm) valid() bool {
	for _, words := range f.wrong {
		if words != "" {
			return false
		}
	}
	return true
}

// typedWhy reads a reason that people type, with what is wrong with it.
func typedWhy(c echo.Context, name string) (why, wrong string) {
	why = strings.Join(strings.Fields(typed(c, name)), " ")
	switch {
	case why == "":
		wrong = "Enter why"
	case len([]rune(why)) > decisionLimit:
		wrong = "Why must be " + measure.Whole(decisionLimit) + " characters or less"
	case nhsnumber.In(why):
		why, wrong = "", "Remove the NHS number. Do not type numbers that identify a person here."
	}
	return why, wrong
}

type changeView struct {
	page.Form
	Lede    string
	State   page.Tag
	Facts   []page.Fact
	Moved   string
	Moves   *page.Table
	History page.Table
	// Confirm and Withdraw are where the forms go, empty where the reader has none;
	// Cannot says why the reader cannot confirm.
	Confirm, Withdraw, Seen, Cannot string
	Parts                           []page.Part
}

func (s *Server) changeAsked(c echo.Context) (*rulechange.Change, error) {
	number, err := strconv.ParseInt(c.Param("number"), 10, 64)
	if err != nil || number < 1 {
		return nil, problem.New(problem.NotFound, "There is no change of the rules at this address.")
	}
	return s.opts.RuleChanges.RuleChange(c.Request().Context(), number)
}

func (s *Server) changePage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	change, err := s.changeAsked(c)
	if err != nil {
		return err
	}
	v, err := s.changeView(c, change, "", "")
	if err != nil {
		return err
	}
	return s.page(c, "rule-change", v)
}

func (s *Server) changeView(c echo.Context, change *rulechange.Change, why, wrong string) (changeView, error) {
	ctx, by := c.Request().Context(), s.actor(c)
	v := changeView{Form: page.Form{Frame: s.frame(c, "Change "+strconv.FormatInt(change.Number, 10)), Said: s.opts.Sessions.Said(ctx)}}
	v.Crumbs = []page.Link{{Text: "Definitions", Href: "/definitions"}, {Text: "Changes of the rules", Href: changesPath}}
	state := change.State()
	v.State = page.Tag{Text: measure.UpperFirst(string(state)), Tag: changeTags[state]}
	v.Facts = []page.Fact{{Name: "Reason", Value: s.opts.Places.ReasonWords(change.Reason)}, {Name: "Code set", Value: change.Set},
		{Name: "Rule set", Value: change.RuleSet}, {Name: "Next step with", Value: changeBody(change)},
		{Name: "From", Value: change.From.Long()}, {Name: "Why", Value: change.Why}}
	v.History = s.changeHistory(change)
	var moves []rulechange.Move
	switch {
	case change.Open():
		var err error
		if moves, err = s.opts.RuleChanges.TryRule(ctx, change); err != nil {
			return v, err
		}
		days, answered := rulechange.Total(moves)
		v.Lede = "Nothing has moved. Two keys are needed: a director of a hospital and a director of a council."
		v.Moved = "If it stands, " + measure.Plural(days, "delayed day counts", "delayed days count") + " under another body." +
			answeredWords(answered)
		v.openFor(change, by, rulechange.Seen(moves), why, wrong)
	case state == rulechange.Stands:
		moves = change.Answers[len(change.Answers)-1].Moves
		days, answered := rulechange.Total(moves)
		v.Lede = "It stands since " + s.moment(change.Stood()) + ". Pages of a moment before show what they showed."
		v.Moved = "When it came to stand, " + measure.Plural(days, "delayed day", "delayed days") + " moved." + answeredWords(answered)
	default:
		v.Lede = "It was " + string(state) + ". Nothing has moved."
	}
	if len(moves) > 0 {
		v.Moves = s.movesTable(moves)
	}
	return v, nil
}

func answeredWords(n int64) string {
	if n == 0 {
		return " Decisions of people stay as they are."
	}
	return " " + measure.UpperFirst(measure.Plural(n, "of them had been answered: its new body is proposed anew.",
		"of them had been answered: their new body is proposed anew.")) + " Decisions of people stay as they are."
}

// openFor adds the forms that the reader may send about an open change.
func (v *changeView) openFor(change *rulechange.Change, by people.Actor, seen, why, wrong string) {
	if err := change.MayConfirm(by); err == nil {
		v.Confirm, v.Seen = changeHref(change.Number), seen
	} else if by.May(people.ConfirmRules) {
		v.Cannot = problem.Sentence(err)
	}
	if change.MayWithdraw(by) == nil {
		v.Withdraw = changeHref(change.Number) + "/withdraw"
	}
	if v.Confirm == "" && v.Withdraw == "" {
		return
	}
	label := "Why is it withdrawn?"
	if v.Confirm != "" {
		label = "Why is it declined?"
	}
	area := page.AreaPart("why", label, "It is shown with the change. Do not include names or numbers that identify a person.", why,
		decisionLimit)
	area.Error = wrong
	v.Parts = []page.Part{area}
	v.Wrong("why", wrong)
}

// movesTable says which days move, by month, council and body.
func (s *Server) movesTable(moves []rulechange.Move) *page.Table {
	t := &page.Table{ID: "moves", Caption: "Delayed days that move, by month and council", Head: []page.Head{{Text: "Month"},
		{Text: "Council"}, {Text: "Without the change"}, {Text: "With the change"}, {Text: "Days", Numeric: true},
		{Text: "Answered before", Numeric: true}}}
	for _, m := range moves {
		month := m.Month
		if one, err := delay.ParseMonth(m.Month); err == nil {
			month = one.Long()
		}
		words := func(slug string) string {
			b, err := delay.ParseBody(slug)
			if err != nil {
				return slug
			}
			return measure.UpperFirst(b.String())
		}
		t.Rows = append(t.Rows, []page.Cell{{Text: month, Header: true}, {Text: s.opts.Places.CouncilWords(delay.Council(m.Council))},
			{Text: words(m.Was)}, {Text: words(m.Is)}, {Text: measure.Whole(m.Days), Class: page.Numeric},
			{Text: measure.Whole(m.Answered), Class: page.Numeric}})
	}
	return t
}

// changeHistory says who proposed and who answered a change, when and as what.
func (s *Server) changeHistory(change *rulechange.Change) page.Table {
	t := page.Table{ID: "history", Caption: "Who said what", Head: []page.Head{{Text: "When"}, {Text: "As what"}, {Text: "Said"},
		{Text: "Why"}}}
	row := func(w rulechange.Word, said, why string) {
		t.Rows = append(t.Rows, []page.Cell{{Text: s.moment(w.At), Header: true}, {Text: s.opts.Places.RoleWords(w.Role)},
			{Text: measure.UpperFirst(said)}, {Text: cmp.Or(why, "Not given")}})
	}
	row(change.Proposed, "proposed", change.Why)
	for _, a := range change.Answers {
		said := string(a.Act)
		if a.Act == rulechange.Confirmed {
			days, _ := rulechange.Total(a.Moves)
			said += ": " + measure.Plural(days, "day", "days") + " then"
		}
		row(a.Word, said, a.Why)
	}
	return t
}

// answerChange takes a director's answer.
func (s *Server) answerChange(c echo.Context) error {
	ctx, by := c.Request().Context(), s.actor(c)
	change, err := s.changeAsked(c)
	if err != nil {
		return err
	}
	switch typed(c, "answer") {
	case "confirm":
		stands, err := s.opts.RuleChanges.Confirm(ctx, by, change.Number, c.FormValue("seen"))
		if err != nil {
			return err
		}
		said := "Confirmed. It stands once the other side has confirmed it too."
		if stands {
			said = "Confirmed. The change stands, and its days have moved."
		}
		s.opts.Sessions.Say(ctx, said)
		return c.Redirect(http.StatusSeeOther, changeHref(change.Number))
	case "decline":
		return s.endChange(c, change, "Declined. Nothing has moved.", s.opts.RuleChanges.DeclineRule)
	}
	return problem.New(problem.Invalid, "Select confirm or decline.")
}

func (s *Server) withdrawChange(c echo.Context) error {
	change, err := s.changeAsked(c)
	if err != nil {
		return err
	}
	return s.endChange(c, change, "Withdrawn. Nothing has moved.", s.opts.RuleChanges.WithdrawRule)
}

// endChange ends a change with a reason.
func (s *Server) endChange(c echo.Context, change *rulechange.Change, said string,
	end func(context.Context, people.Actor, int64, string) error) error {
	ctx := c.Request().Context()
	why, wrong := typedWhy(c, "why")
	if wrong != "" && change.Open() {
		v, err := s.changeView(c, change, why, wrong)
		if err != nil {
			return err
		}
		return s.pageAs(c, http.StatusUnprocessableEntity, "rule-change", v)
	}
	if err := end(ctx, s.actor(c), change.Number, why); err != nil {
		return err
	}
	s.opts.Sessions.Say(ctx, said)
	return c.Redirect(http.StatusSeeOther, changeHref(change.Number))
}

// addChanges adds to the definitions the changes that stand or wait, the latest
// first.
func (s *Server) addChanges(ctx context.Context, v *definitionsView) error {
	v.NoChanges = "No change of the rules stands or waits for an answer."
	if s.opts.RuleChanges == nil {
		return nil
	}
	all, err := s.opts.RuleChanges.RuleChanges(ctx)
	if err != nil {
		return err
	}
	t := page.Table{ID: "changes-table", Caption: "Changes of the rules, the latest first", HiddenCaption: true, Head: []page.Head{
		{Text: "Change"}, {Text: "Reason"}, {Text: "Next step with"}, {Text: "From"}, {Text: "State"}, {Text: "Agreed"}}}
	for i := range all {
		one := &all[i]
		if state := one.State(); one.Open() || state == rulechange.Stands {
			t.Rows = append(t.Rows, []page.Cell{{Text: "Change " + strconv.FormatInt(one.Number, 10), Header: true, Href: changeHref(one.Number)},
				{Text: s.opts.Places.ReasonWords(one.Reason) + ", " + one.Set}, {Text: changeBody(one)}, {Text: one.From.Long()},
				{Text: measure.UpperFirst(string(state)), Tag: changeTags[state]},
				{Text: measure.UpperFirst(s.opts.Places.RoleWords(one.AgreedWords(s.opts.Zone)))}})
		}
	}
	if len(t.Rows) > 0 {
		v.Changes, v.NoChanges = &t, ""
	}
	return nil
}
