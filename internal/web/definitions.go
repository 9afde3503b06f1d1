package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

type definitionsView struct {
	page.Frame
	// Paper says that the page is to be printed: every part of it is open.
	Paper    bool
	Measures []measureView
	Counting []ruleView
	Attribut []ruleView
	Matrix   page.Table
	RuleSet  string
	Worked   page.Table
	Control  []ruleView
	// Pathways are where people are to go, PathwayRules which days are of each.
	Pathways     page.Table
	PathwayRules []ruleView
	// Levels are the agreed levels; NoLevels says that there are none.
	Levels   *page.Table
	NoLevels string
	JSON     string
	// Conventions, CodeSets and RuleSets are the tables; OpenChoices what their
	// sources leave open.
	Conventions, CodeSets, RuleSets []definedView
	OpenChoices                     page.Table
	// Changes are the changes of the rules that stand or wait, with who agreed;
	// NoChanges says that there are none.
	Changes   *page.Table
	NoChanges string
}

type measureView struct {
	ID, Name, Anchor           string
	Sentence, Formula, LeftOut string
	Facts                      []page.Fact
}

type ruleView struct{ ID, Text string }

// countingRules and attributionRules are the rules in plain words, numbered as
// code, receipts and tests cite them. Words in braces are the convention's.
var countingRules = []ruleView{
	{"C1", "{days}"},
	{"C2", "A wait that goes on is counted up to the last extract that lists it, never ahead of the evidence."},
	{"C3", "Splitting a wait by reason, responsible body or council never changes its total."},
	{"C4", "An extract that lists a person is evidence that the person was in a bed at the end of that day."},
	{"C5", "A person listed on one day and not in the same hospital's next day's extract has left, unless a row states the date. This is " +
		"called an inferred end."},
	{"C6", "A day without an extract is not evidence that anyone left. A person listed before and after with the same ready date waited " +
		"throughout. Those days count and are marked carried."},
	{"C7", "A person who is left out of an extract and comes back with the same ready date was left out by mistake. The days count and are " +
		"marked omitted by the provider."},
	{"C8", "A changed ready date is a correction when it is not later than the last listing. When it is later, the person was ready " +
		"again and " +
		"a new wait begins."},
	{"C9", "Days between the ready date and the first listing count with the first listing's attribution and are marked back-dated."},
	{"C10", "Figures depend on what has been received and decided, and on nothing else. The order in which files arrive changes nothing."},
	{"C11", "For one hospital and date the latest file received counts, and replaces the earlier one whole. Both are kept."},
	{"C12", "{beds} are delayed days divided by calendar days. For several months: total days divided by total calendar days. Days that " +
		"are not attributed stay in the denominator of every share."},
	{"C14", "Not counted, and shown apart with the reason: people under 18 on their ready date, paediatric and maternity care, and " +
		"people who " +
		"left on their ready date."},
	{"C16", "People waiting on a day are the delayed days of that day. {people} They are shown as ready today."},
}

// countingRules are the rules in words of the convention that makes the figures
// (D3).
func (s *Server) countingRules() []ruleView {
	c := s.counting()
	words := strings.NewReplacer("{days}", orWords(c.DayWords(), "Which days count is for the counting convention to say."),
		"{beds}", c.BedsWords(), "{people}", orWords(c.PeopleWords(), "Others became ready that day."))
	out := slices.Clone(countingRules)
	for i := range out {
		out[i].Text = words.Replace(out[i].Text)
	}
	return out
}

// workedTable has the worked examples of the convention that makes the figures,
// which the tests recompute (D2).
func (s *Server) workedTable() page.Table {
	name := s.counting().Name
	t := page.Table{ID: "worked-table", Caption: strings.TrimSpace("Days that count " + name), HiddenCaption: true,
		Head: []page.Head{{Text: "Case"}, {Text: "In the report of"}, {Text: "Days", Numeric: true}}}
	for _, e := range s.opts.Defs.ExamplesOf(name) {
		t.Rows = append(t.Rows, []page.Cell{{Text: measure.UpperFirst(e.Name), Header: true}, {Text: span(e.From, e.To)},
			{Text: e.Answer(), Class: page.Numeric}})
	}
	return t
}

var attributionRules = []ruleView{
	{"A1", "Where only one body is possible for the reason, the day is with that body, unless the extract says another."},
	{"A2", "Where the extract names the body, and the table below allows it, the day is with that body."},
	{"A3", "Otherwise the organisations that the person is waiting on decide: the NHS, the council, or both where the table allows joint."},
	{"A4", "Otherwise who pays for the care waited for decides: NHS, council, both jointly, or the NHS for people who pay for themselves."},
	{"A5", "Where none of these answers, or they contradict the table, the day is not attributed. It is shown, counted in the total and " +
		"listed for a decision. It is never guessed and never spread."},
	{"A6", "A decision by people stands above the other rules for the part of the wait that it names. It keeps who decided, when and why."},
	{"A7", "The council is the one that the extract names. When it names none that is known, the council is not known. It is never the " +
		"hospital's own."},
}

func (s *Server) definitionsPage(c echo.Context) error {
	a, err := s.opts.Places.Read(c.QueryParams(), page.WordView)
	if err != nil {
		return err
	}
	v := definitionsView{Frame: s.frame(c, "Definitions"), Paper: a.Print,
		Counting: s.countingRules(), Attribut: attributionRules, RuleSet: s.ruleVersion(),
		JSON: "/definitions.json"}
	if err := s.addChanges(c.Request().Context(), &v); err != nil {
		return err
	}
	v.Conventions, v.CodeSets, v.RuleSets, v.OpenChoices = s.conventionViews(), s.codeSetViews(), s.ruleSetViews(), s.openChoices()
	for _, d := range measure.Definitions(s.opts.Places.Book) {
		v.Measures = append(v.Measures, measureOf(d))
	}
	v.Worked = s.workedTable()
	v.Matrix, v.Control = s.matrix(), controlRules
	v.Pathways, v.PathwayRules = pathwaysTable(), pathwayRules
	v.NoLevels = "No level is agreed now, so no chart shows one."
	if t := s.levelsTable(func(measure.Metric) bool { return true }); len(t.Rows) > 0 {
		v.Levels, v.NoLevels = &t, ""
	}
	return s.page(c, "definitions", v)
}

func measureOf(d measure.Definition) measureView {
	return measureView{ID: d.ID, Name: d.Name, Anchor: d.ID, Sentence: d.Sentence, Formula: d.Formula, LeftOut: d.LeftOut, Facts: []page.Fact{
		{Name: "How it is worked out", Value: d.Formula}, {Name: "Not in it", Value: d.LeftOut}, {Name: "Unit", Value: d.Unit},
		{Name: "Direction", Value: measure.UpperFirst(d.Direction)}, {Name: "Rules", Value: d.Rules},
		{Name: "Version", Value: count(int64(d.Version))},
	}}
}

// matrix says which bodies each reason may wait for.
func (s *Server) matrix() page.Table {
	version := s.sets().For("").On(s.today())
	t := page.Table{ID: "matrix", Caption: "Who each reason may wait for, rule set " + s.ruleVersion(),
		Head: []page.Head{{Text: "Reason"}, {Text: "NHS"}, {Text: "Social care"}, {Text: "Joint"},
			{Text: "Care that the person is receiving"}}}
	word := func(yes bool) page.Cell {
		if yes {
			return page.Cell{Text: "Yes", Class: "app-yes"}
		}
		return page.Cell{Text: "No", Class: "nhsuk-u-secondary-text-colour"}
	}
	for _, r := range slices.SortedFunc(maps.Keys(version.Matrix), delay.CompareReasons) {
		a, ok := version.Matrix[r]
		if !ok {
			continue
		}
		care := "Acute and non-acute"
		switch {
		case a.Acute && !a.NonAcute:
			care = "Acute only"
		case a.NonAcute && !a.Acute:
			care = "Non-acute only"
		}
		t.Rows = append(
			t.Rows,
			[]page.Cell{{Text: s.opts.Places.ReasonWords(r), Header: true}, word(a.NHS), word(a.SocialCare), word(a.Joint), {Text: care}},
		)
	}
	return t
}

// definition answers for one measure, and its JSON twin.
func (s *Server) definition(c echo.Context) error {
	id, isJSON := c.Param("id"), false
	if n := len(id) - len(".json"); n > 0 && id[n:] == ".json" {
		id, isJSON = id[:n], true
	}
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	d, ok := measure.DefinitionOf(id, s.opts.Places.Book)
	if !ok {
		return problem.New(problem.NotFound, "There is no measure %s. All measures are on the definitions page.", page.Quote(id))
	}
	if isJSON {
		return c.JSON(http.StatusOK, s.definitionBody(d))
	}
	v := definitionsView{Frame: s.frame(c, d.ID+" "+d.Name), Measures: []measureView{measureOf(d)}, JSON: "/definitions/" + d.ID + ".json"}
	v.Crumbs = []page.Link{{Text: "Definitions", Href: "/definitions"}}
	if t := s.levelsTable(func(m measure.Metric) bool { return m.ID == d.ID }); len(t.Rows) > 0 {
		v.Levels = &t
	}
	return s.page(c, "definition", v)
}

type definitionJSON struct {
	ID        string `json:"id"`
	Version   int    `json:"version"`
	Name      string `json:"name"`
	Sentence  string `json:"sentence"`
	Formula   string `json:"formula"`
	LeftOut   string `json:"left_out"`
	Unit      string `json:"unit"`
	Direction string `json:"direction"`
	Rules     string `json:"rules"`
	// Levels are the agreed levels of the measure, those of the past too.
	Levels []levelJSON `json:"levels"`
}

func (s *Server) definitionBody(d measure.Definition) definitionJSON {
	return definitionJSON{d.ID, d.Version, d.Name, d.Sentence, d.Formula, d.LeftOut, d.Unit, d.Direction, d.Rules, s.levelsBody(d.ID)}
}

func (s *Server) definitionsJSON(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	var all []definitionJSON
	for _, d := range measure.Definitions(s.opts.Places.Book) {
		all = append(all, s.definitionBody(d))
	}
	conventions, sets := s.definedJSON()
	return c.JSON(http.StatusOK, map[string]any{"measures": all, "rule_version": s.ruleVersion(), "conventions": conventions,
		"code_sets": sets})
}

// controlRules say in plain words how control charts are drawn and read, on the
// definitions page. Package spc holds the method itself.
var controlRules = []ruleView{
	{"Average", "The mean of the readings since the limits last started, a solid line."},
	{"Limits", "The average, plus and minus 2.66 times the average difference between one reading and the next: the range in which " +
		"nearly all " +
		"readings fall when nothing changes. Dashed lines. No limit is shown below 0."},
	{"Readings needed", "Limits are drawn from 13 readings on. Before that nothing is judged. When all values are equal or nearly so there " +
		"are no limits."},
	{"Rule 1", "A reading above the upper or below the lower limit."},
	{"Rule 2", "7 readings in a row that rise, or 7 that fall."},
	{"Rule 3", "2 of 3 readings in a row near the same limit, in the outer third of the range or beyond."},
	{"Rule 4", "7 readings in a row on one side of the average."},
	{"Outliers", "No reading is left out of the limits for being unusual."},
	{"Words", "A reading that meets a rule is a signal: high or low. Where lower is better, low is an improvement and high is to be looked " +
		"into. For a neutral measure, such as the council share, it is neither. The table names the rule. The title, the icon and the " +
		"alternative text read the whole series: its level, how long it has stood, the level before, and the latest reading. The range " +
		"between the limits is called usual only where at least four fifths of the readings are no signal, and that nothing has changed " +
		"is said only where none is."},
	{"What they can say", "The rules expect that each reading is apart from the one before. People who wait this week were mostly waiting " +
		"last week, so stocks (people waiting, delayed days, long waits) run in rows: on real series of a year a median of 56% of the " +
		"weeks met a rule, where 6% do of readings that are apart. A signal of a stock says that the level has moved at some time and not " +
		"that something happened that week."},
	{"Flows first", "New and ended waits are counted anew each week. A change shows in them soonest and plainest, so they come first where " +
		"a change is looked for."},
	{"Steps", "A figure of a month is judged by a chart of months, never by one of weeks: a month's average lies between narrower " +
		"limits than a week's."},
	{"Agreed level", "A level that the partners have agreed, a dotted line labelled with its value for the days on which it stands. Usually " +
		"meets: the whole range between the limits is on its wanted side. Does not usually meet: the whole range is on the other side. " +
		"Sometimes " +
		"meets: it lies between the limits. Without limits nothing is said. Readings are judged against the level that stands at the last " +
		"of them."},
	{"Missing data", "A week or month for which a hospital sent no extract is not drawn, not joined and not counted as 0. Days carried over " +
		"the gap are in the totals. A period that is not over is in the table and is drawn only when it is an average."},
	{"Limits that start again", "The partnership may start the limits again from a day on which the way of working changed, with its reason " +
		"as a numbered note on the chart, for everyone. After 12 or more readings in a row on one side of the average the chart offers it. " +
		"A note can be withdrawn, and both are in the audit log. Until there are 13 readings since, their points are hollow, with an average " +
		"so far, no limits and no signals. A change in one hospital starts only that hospital's limits again."},
	{"Before and after", "Beside a note on a chart stand the averages of up to 13 readings on either side. They do not show that one led to " +
		"the other."},
}
