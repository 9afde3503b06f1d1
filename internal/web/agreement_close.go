package web

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/revision"
	"homeward/internal/web/page"
)

// Closings keeps the months that are closed. What one was closed with never
// changes.
type Closings interface {
	// Closes gives the closed months, the earliest first, without what they were
	// closed with.
	Closes(ctx context.Context) ([]closing.Record, error)
	// Closed gives one month with what it was closed with; ok is false when it
	// is not closed.
	Closed(ctx context.Context, m delay.Month) (r closing.Record, c *closing.Content, ok bool, err error)
	// Check works out a month as it would be closed now, or gives a problem of
	// kind NotFound.
	Check(ctx context.Context, m delay.Month) (*closing.Check, error)
	// Close closes a month. seen is the fingerprint of the figures that the
	// actor has looked at: others, a month that is closed already and one that
	// cannot be closed are problems of kind Conflict.
	Close(ctx context.Context, by people.Actor, m delay.Month, seen, reason string) error
	// Settings gives the settings that days are counted with.
	Settings(ctx context.Context) (string, error)
	// JoinedSince says whether it was found or said since the moment who is one
	// person, on days from from to to (I6).
	JoinedSince(ctx context.Context, at time.Time, from, to delay.Day) (bool, error)
	// EnglandOf works out England's counts of a month from a ledger of stays; nil
	// when no hospital listed everybody in a bed.
	EnglandOf(l *national.Ledger, m delay.Month) *closing.England
	// ClosedEngland gives England's counts that a month was closed with, and their
	// bytes; nil where none were kept.
	ClosedEngland(ctx context.Context, m delay.Month, c *closing.Content) (*closing.England, []byte, error)
}

const (
	closePath = "/agreement/close"
	// wordPart asks for the rows of one part of the page.
	wordPart     = "part"
	partCounts   = "counts"
	partRevision = "revisions"
	// The parts of England's counts: the two counts as rows, the bytes that are
	// kept, and what has changed of them.
	partDischarge        = "discharge"
	partSitrep           = "sitrep"
	partEngland          = "england"
	partEnglandRevisions = "england-revisions"
	// formXLSX is the form of a month as a workbook.
	formXLSX = "xlsx"
)

func (s *Server) closeRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, closePath, s.may(people.SeeFigures, s.closable(s.closesPage)), false},
		{get, closePath + ".csv", s.may(people.SeeFigures, s.closable(s.closesCSV)), false},
		{get, closePath + ".json", s.may(people.SeeFigures, s.closable(s.closesJSON)), false},
		{get, closePath + "/:month", s.may(people.SeeFigures, s.closable(s.closePage)), false},
		{post, closePath + "/:month", s.may(people.CloseMonth, s.closable(s.closeMonth)), false},
	}
}

// closable refuses a route of the month close where it is not set up.
func (s *Server) closable(handler echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.opts.Closings == nil {
			return problem.New(problem.Unavailable, "The month close is not set up on this machine.")
		}
		return handler(c)
	}
}

// monthsStanding lists every month of which figures are held, the latest first.
func (s *Server) monthsStanding(ctx context.Context) ([]monthStanding, error) {
	present, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	first, last, err := present.Extent(ctx)
	if err != nil || last == 0 {
		return nil, err
	}
	closes, err := s.opts.Closings.Closes(ctx)
	if err != nil {
		return nil, err
	}
	cells, err := present.Cells(ctx, measure.Query{From: first.Month().First(), To: last.Month().Last(),
		By: []measure.Dimension{measure.ByMonth, measure.ByProvider, measure.ByResponsible}})
	if err != nil {
		return nil, err
	}
	clocks := agreement.DefaultClocks
	if s.opts.Casework != nil {
		clocks = s.opts.Casework.Settings.Clocks
	}
	var out []monthStanding
	now := s.opts.Now().In(s.opts.Zone)
	for m := last.Month(); m >= first.Month(); m-- {
		st := monthStanding{month: m}
		of := slices.DeleteFunc(slices.Clone(cells), func(c measure.Cell) bool { return c.Period.Month() != m })
		for _, c := range of {
			st.days += c.Days
		}
		i := slices.IndexFunc(closes, func(r closing.Record) bool { return r.Month == m })
		due := closing.Due(m, clocks)
		switch {
		case i >= 0:
			st.closed, st.tag, st.when = &closes[i], page.Tag{Text: "Closed", Tag: "nhsuk-tag--blue"}, "Closed on "+s.dayOf(closes[i])
			_, content, _, err := s.opts.Closings.Closed(ctx, m)
			if err != nil {
				return nil, err
			}
			closed, err := content.Counted(measure.Filter{})
			if err != nil {
				return nil, err
			}
			st.more, st.elsewhere = closing.Moved(closed, of, byHospitalAndBody)
			st.kept = content.EnglandSHA256 != ""
			if st.england, err = s.englandMoved(ctx, closes[i], content); err != nil {
				return nil, err
			}
		case !closing.Over(m, now):
			st.tag, st.when = page.Tag{Text: "Not over", Tag: "nhsuk-tag--grey"}, "Can be closed from "+(m.Last()+1).Long()
		case s.today() > due:
			st.tag, st.when = page.Tag{Text: "Due", Tag: "nhsuk-tag--yellow"}, "Since "+(due+1).Long()
		default:
			st.tag, st.when = page.Tag{Text: "Can be closed", Tag: "nhsuk-tag--white"}, "Due after "+due.Long()
		}
		out = append(out, st)
	}
	return out, nil
}

// dayOf gives the day of a close in words.
func (s *Server) dayOf(r closing.Record) string {
	return delay.DayOf(r.At.In(s.opts.Zone)).Long()
}

// byHospitalAndBody is the place of a count on short notices of what has
// changed.
func byHospitalAndBody(c measure.Cell) measure.Cell {
	return measure.Cell{Provider: c.Provider, Body: c.Body}
}

// changeWords says in a cell how figures have changed since a close.
func (m monthStanding) changeWords() string {
	words := measure.Signed(m.more)
	switch {
	case m.elsewhere != 0 && m.more == 0:
		words = count(m.elsewhere) + " moved"
	case m.elsewhere != 0:
		words += ", " + count(m.elsewhere) + " moved"
	}
	if m.england {
		words += "; England's counts too"
		if m.more == 0 && m.elsewhere == 0 {
			words = "0; England's counts have"
		}
	}
	return words
}

func closeHref(m delay.Month) string { return closePath + "/" + m.String() }

type closesView struct {
	page.Frame
	Caption, Lede, Empty string
	Table                page.Table
	CSV, JSON            string
}

func (s *Server) closesPage(c echo.Context) error {
	a, err := s.opts.Places.Read(c.QueryParams(), page.WordView)
	if err != nil {
		return err
	}
	states, err := s.monthsStanding(c.Request().Context())
	if err != nil {
		return err
	}
	v := closesView{Frame: s.frame(c, "Month close"), Caption: s.opts.Places.Partnership, CSV: closePath + ".csv", JSON: closePath + ".json"}
	if a.Print {
		v.BodyClass = "app-view-print"
	}
	if len(states) == 0 {
		v.Empty = "No extracts are held yet, so there is no month to close."
		return s.page(c, "close-list", v)
	}
	due := int64(0)
	v.Table = page.Table{ID: "months", Caption: "Months, the latest first", HiddenCaption: true, Stack: true,
		Head: []page.Head{{Text: "Month"}, {Text: "State"}, {Text: "When"},
			{Text: "Delayed days now", Numeric: true}, {Text: "As closed", Numeric: true}, {Text: "Changed since", Numeric: true}}}
	for _, st := range states {
		row := []page.Cell{{Text: st.month.Long(), Header: true, Href: closeHref(st.month)}, {Text: st.tag.Text, Tag: st.tag.Tag},
			{Text: st.when}, {Text: count(st.days), Class: page.Numeric}}
		if st.closed != nil {
			row = append(row, page.Cell{Text: count(st.closed.Days), Class: page.Numeric},
				page.Cell{Text: st.changeWords(), Class: page.Numeric})
		} else {
			row = append(row, page.Cell{Text: "Not closed", Class: page.Numeric}, page.Cell{Text: "Not applicable", Class: page.Numeric})
		}
		if st.tag.Text == "Due" {
			due++
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	v.Lede = measure.UpperFirst(plural(due, "month is", "months are")) + " due to be closed."
	return s.page(c, "close-list", v)
}

func (s *Server) closesTwin(c echo.Context) (page.Twin, error) {
	t := page.Twin{Convention: s.convention(),
		Title: "Month close", Measure: measure.DelayedDays, Definitions: []string{}, AsAt: s.today().String(),
		Columns: []page.Column{{Name: "month"}, {Name: "state"}, {Name: "closed_at"}, {Name: "closed_as"},
			{Name: "delayed_days_now", Number: true}, {Name: "delayed_days_closed", Number: true}, {Name: "more_since", Number: true},
			{Name: "elsewhere_since", Number: true},
			{Name: "sha256"}, {Name: "england_changed"}}}
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return t, err
	}
	states, err := s.monthsStanding(c.Request().Context())
	if err != nil {
		return t, err
	}
	for _, st := range states {
		row := []string{st.month.String(), strings.ToLower(st.tag.Text), "", "", strconv.FormatInt(st.days, 10), "", "", "", "", ""}
		if r := st.closed; r != nil {
			row = []string{row[0], row[1], r.At.Format("2006-01-02T15:04:05Z"), s.closedAs(r.Role, r.Codes), row[4], strconv.FormatInt(r.Days, 10),
				strconv.FormatInt(st.more, 10), strconv.FormatInt(st.elsewhere, 10), hexOf(r.SHA256), ""}
			if st.kept {
				row[len(row)-1] = strconv.FormatBool(st.england)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

func (s *Server) closesCSV(c echo.Context) error {
	t, err := s.closesTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-months.csv", t)
}

func (s *Server) closesJSON(c echo.Context) error {
	t, err := s.closesTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}

// closedAs names as what somebody closed a month: "Director, Northshire County
// Council".
func (s *Server) closedAs(role string, codes []string) string {
	return s.grantWords(people.Grant{Role: people.Role(strings.ToLower(role)), Codes: codes})
}

// closedBy says the same inside a sentence: "a director of Northshire County
// Council".
func (s *Server) closedBy(r closing.Record) string {
	names := make([]string, len(r.Codes))
	for i, code := range r.Codes {
		names[i] = s.organisationName(code)
	}
	words := "a " + strings.ToLower(r.Role)
	if len(names) > 0 {
		words += " of " + andList(names)
	}
	return words
}

// closeView is the page of one month.
type closeView struct {
	page.Form
	Caption, Lede string
	// Blocked says why the month cannot be closed; More is a sentence about it.
	Blocked, More string
	Tasks         []taskView
	Facts         []page.Fact
	// Action is where the form goes, empty where there is none; Seen is the
	// fingerprint of the figures on the page.
	Action, Button, Seen string
	Cannot               string
	Sections             []closeSection
	RevisionCSV          string
}

// taskView is one line of the task list.
type taskView struct{ ID, Href, Text, Hint, Status, Tag string }

// closeSection is one part of the page below the list.
type closeSection struct {
	ID, Heading string
	Words       []string
	Tables      []page.Table
	Links       []page.Link
	// Method says how the tables are counted; it stands with them.
	Method []string
	// Fold names the tables where they are folded, empty where they stand open. Open
	// has them stand open all the same, for paper.
	Fold string
	Open bool
	// Stays says that the tables never fold.
	Stays bool
}

// closeRows is how many rows of a section stand open.
const closeRows = 2

// folded folds the tables of sections, of which the words and the list of tasks say
// the essence. What a director decides by, the figures and their revisions, always
// stands open. Tables that are wider than a phone are stacked on one.
func folded(sections []closeSection, print bool) []closeSection {
	for i := range sections {
		sec := &sections[i]
		rows := 0
		for j := range sec.Tables {
			rows += len(sec.Tables[j].Rows)
			sec.Tables[j].Stack = len(sec.Tables[j].Head) > 3
		}
		if rows <= closeRows && len(sec.Method) == 0 || sec.Stays {
			continue
		}
		sec.Open = print
		if sec.Fold = "Show " + plural(int64(rows), "row", "rows"); len(sec.Tables) > 1 {
			sec.Fold = "Show " + count(int64(len(sec.Tables))) + " tables with " + plural(int64(rows), "row", "rows")
		}
	}
	return sections
}

// monthAsked reads the month of the address and what form of it is asked for.
func (s *Server) monthAsked(c echo.Context) (m delay.Month, form string, err error) {
	text := c.Param("month")
	for _, ext := range []string{"csv", "json", formXLSX} {
		if month, ok := strings.CutSuffix(text, "."+ext); ok {
			text, form = month, ext
		}
	}
	if m, err = delay.ParseMonth(text); err != nil {
		return 0, "", problem.New(problem.NotFound, "There is no month at this address. Months are written like 2026-10.")
	}
	return m, form, nil
}

func (s *Server) closePage(c echo.Context) error {
	m, form, err := s.monthAsked(c)
	if err != nil {
		return err
	}
	a, err := s.opts.Places.Read(c.QueryParams(), page.WordView, wordPart, wordDone)
	if err != nil {
		return err
	}
	part, err := page.OneOf(c.QueryParams(), wordPart, partCounts, partCounts, partRevision, partDischarge, partSitrep, partEngland,
		partEnglandRevisions)
	if err != nil {
		return err
	}
	if form == formXLSX && part != partCounts {
		return problem.New(problem.Invalid, "The workbook of a month holds all its counts. Leave part=%s out.", part)
	}
	ctx := c.Request().Context()
	r, content, closed, err := s.opts.Closings.Closed(ctx, m)
	if err != nil {
		return err
	}
	if closed {
		return s.closedPage(c, r, content, form, part, a.Print)
	}
	if part == partRevision || part == partEnglandRevisions {
		return problem.New(problem.NotFound, "%s is not closed, so nothing has been revised.", m.Long())
	}
	k, err := s.opts.Closings.Check(ctx, m)
	if err != nil {
		return err
	}
	switch {
	case form == formXLSX, form != "" && part != partCounts:
		return s.sendEngland(c, &k.Content, k.England, k.EnglandBytes(), form, part, notClosedWords)
	case form == "csv":
		return s.sendCSV(c, "homeward-"+m.String()+"-not-closed.csv", s.countsTwin(&k.Content, notClosedWords))
	case form == "json":
		return c.JSON(http.StatusOK, k.Content)
	}
	v, err := s.openView(c, m, k)
	if err != nil {
		return err
	}
	if a.Print {
		v.BodyClass = "app-view-print"
	}
	v.Sections = folded(v.Sections, a.Print)
	return s.page(c, "close", v)
}

// What the figures of a month are, closed or not.
const (
	closedWords    = "as closed"
	notClosedWords = "as counted now"
)

// openView is the page of a month that is not closed.
func (s *Server) openView(c echo.Context, m delay.Month, k *closing.Check) (closeView, error) {
	content := &k.Content
	v := closeView{Form: page.Form{Frame: s.frame(c, "Close "+m.Long())}, Caption: s.opts.Places.Partnership}
	v.About = s.closeAbout(content)
	v.Crumbs = []page.Link{{Text: "Month close", Href: closePath}}
	v.Lede = "Closing fixes the figures of " + m.Long() + " as they stand. Later changes show as revisions beside them."
	v.More = "Only a month that is not over, or figures that do not reconcile, cannot be closed. What else is open is named in what is closed."
	if err := k.Refused(); err != nil {
		v.Blocked = problem.Sentence(err)
	}
	loose := content.Loose()
	v.Tasks = closeTasks(k, loose)
	switch {
	case v.Blocked != "":
	case s.actor(c).May(people.CloseMonth):
		v.Action, v.Button, v.Seen = closeHref(m), "Close "+m.Long(), content.Fingerprint()
	default:
		v.Cannot = "A director of a hospital or council of the partnership can close it."
	}
	rows := s.actor(c).May(people.SeeRows)
	v.Sections = []closeSection{s.extractsSection(content), s.reconciliation(k)}
	if !content.ByGroups() {
		v.Sections = append(v.Sections, s.proposals(k, rows), s.disputes(k, rows))
	}
	v.Sections = append(v.Sections, s.figureSections(content, "What would be closed")...)
	if k.England != nil {
		england, err := s.englandSection(k.England, "England's counts that would be closed")
		if err != nil {
			return v, err
		}
		v.Sections = append(v.Sections, england)
	}
	return v, nil
}

// closeAbout is the foot of the page.
func (s *Server) closeAbout(content *closing.Content) *page.About {
	asAt, err := delay.ParseDay(content.AsAt)
	if err != nil {
		asAt = 0
	}
	a := s.aboutFigures(closePath+"/"+content.Month, url.Values{}, asAt,
		sight{book: s.opts.Places.Book}.measures(measure.DelayedDays, measure.DToCBeds, measure.CouncilShare)...)
	a.RuleSet = content.RuleSet + " " + content.RuleVersion
	// A month that was closed under another convention keeps its name alone.
	if content.Convention != s.convention() {
		a.Convention, a.Counted = content.Convention, ""
	}
	return a
}

// closeTasks is the list of what is looked at before a month is closed.
func closeTasks(k *closing.Check, loose closing.Loose) []taskView {
	done := func(t taskView, words, tag string) taskView {
		t.Status, t.Tag = "Complete", ""
		if words != "" {
			t.Status, t.Tag = words, tag
		}
		return t
	}
	const open, stop = "nhsuk-tag--yellow", "nhsuk-tag--red"
	extracts, reconcile := "", ""
	if n := loose.Missing + loose.Held; n > 0 {
		extracts = plural(int64(n), "day", "days") + " not in"
	}
	if !k.Over {
		extracts = "Month not over"
	}
	if n := k.Differing(); len(n) > 0 {
		by := int64(0)
		for _, r := range n {
			by += r.Differs()
		}
		reconcile = "Differ by " + count(by)
	}
	answered, disputed := "", ""
	if n := loose.Unanswered; n > 0 {
		answered = days(n) + " open"
	}
	if n := loose.Disputed + loose.NotAttributed; n > 0 {
		disputed = days(n) + " open"
	}
	tasks := []taskView{
		done(taskView{ID: "task-extracts", Href: "#extracts", Text: "Extracts complete",
			Hint: "Every hospital's extract of every day is in, or is named as missing or held."}, extracts, open),
		done(taskView{ID: "task-reconciliation", Href: "#reconciliation", Text: "Snapshot and days reconcile",
			Hint: "The stored counts equal every period counted again. This must hold."}, reconcile, stop),
		done(taskView{ID: "task-proposals", Href: "#proposals", Text: "Proposals answered",
			Hint: "The other body has answered what was proposed."}, answered, open),
		done(taskView{ID: "task-disputes", Href: "#disputes", Text: "Disputes listed",
			Hint: "Disputed days, and those that no rule attributes, are in the range of the share."}, disputed, open),
	}
	if k.Content.ByGroups() {
		return tasks[:2] // Nothing is agreed between bodies (A8).
	}
	return tasks
}

// dayRuns names days in words, runs of them as ranges: "3 and 5 to 9 October
// 2026" for days of one month.
func dayRuns(iso []string) string {
	var runs []string
	for i := 0; i < len(iso); {
		first, err := delay.ParseDay(iso[i])
		if err != nil {
			return strings.Join(iso, ", ")
		}
		last, j := first, i+1
		for ; j < len(iso) && iso[j] == (last+1).String(); j++ {
			last++
		}
		run := strconv.Itoa(first.Time().Day())
		if last > first {
			run += " to " + strconv.Itoa(last.Time().Day())
		}
		runs, i = append(runs, run), j
	}
	if len(runs) == 0 {
		return "None"
	}
	return andList(runs)
}

func (s *Server) extractsSection(content *closing.Content) closeSection {
	sec := closeSection{ID: "extracts", Heading: "Extracts"}
	t := page.Table{ID: "extracts-table", Caption: "Extracts by hospital", HiddenCaption: true,
		Head: []page.Head{{Text: "Hospital"}, {Text: "Extracts in", Numeric: true}, {Text: "Days missing"}, {Text: "Days held"}}}
	for _, p := range content.Providers {
		row := []page.Cell{{Text: p.Name, Header: true}, {Text: count(int64(p.Extracts)), Class: page.Numeric}, {Text: dayRuns(p.Missing)},
			{Text: dayRuns(p.Held)}}
		if p.FromLog {
			row[1].Text, row[2].Text, row[3].Text = "Not applicable", "Counted from the log", "Not applicable"
		}
		t.Rows = append(t.Rows, row)
	}
	sec.Tables = []page.Table{t}
	to, err := delay.ParseDay(content.To)
	if err == nil {
		sec.Links = []page.Link{{Text: "First half on the extracts page", Href: page.Address("/extracts",
			url.Values{page.WordTo: {(to.Month().First() + fortnight - 1).String()}})},
			{Text: "Second half", Href: page.Address("/extracts", url.Values{page.WordTo: {to.String()}})}}
	}
	return sec
}

// reconcileRows bounds the counts that a page lists.
const reconcileRows = 50

func (s *Server) reconciliation(k *closing.Check) closeSection {
	sec := closeSection{ID: "reconciliation", Heading: "Reconciliation", Words: []string{
		"Snapshot is the stored counts that every page reads. Days is every period counted again, day by day. Waits is the days of every wait, " +
			"less those paused. All three must be the same."}}
	t := page.Table{ID: "reconciliation-table", Caption: "Delayed days by hospital, counted in three ways", HiddenCaption: true,
		Head: []page.Head{{Text: "Hospital"}, {Text: "Snapshot", Numeric: true}, {Text: "Days", Numeric: true}, {Text: "Waits", Numeric: true},
			{Text: "Differ by", Numeric: true}}}
	var all [4]int64
	lines := page.Table{ID: "reconciliation-lines", Caption: "Counts that differ",
		Head: []page.Head{{Text: "Hospital"}, {Text: "Day"}, {Text: "Council"}, {Text: "Waiting for"}, {Text: "Type of care"},
			{Text: s.stepHead()}, {Text: "State"},
			{Text: "Snapshot", Numeric: true}, {Text: "Days", Numeric: true}}}
	more := 0
	for _, r := range k.Recounted {
		row := []page.Cell{{Text: k.Content.Named(r.Provider), Header: true}}
		for i, n := range [4]int64{r.Snapshot, r.Days, r.Waits, r.Differs()} {
			all[i] += n
			row = append(row, page.Cell{Text: count(n), Class: page.Numeric})
		}
		t.Rows = append(t.Rows, row)
		for _, l := range r.Lines {
			if len(lines.Rows) == reconcileRows {
				more++
				continue
			}
			day := "Whole month"
			if l.Day != 0 {
				day = l.Day.Long()
			}
			step, colour := s.stepWords(l.Body, l.Reason)
			lines.Rows = append(lines.Rows, []page.Cell{{Text: k.Content.Named(r.Provider), Header: true}, {Text: day},
				{Text: s.opts.Places.CouncilWords(l.Council)}, {Text: s.opts.Places.ReasonWords(l.Reason)}, {Text: l.Care.String()},
				{Text: step, Swatch: colour}, {Text: measure.UpperFirst(l.State.String())},
				{Text: count(l.Snapshot), Class: page.Numeric}, {Text: count(l.Days), Class: page.Numeric}})
		}
	}
	t.Foot = []page.Cell{{Text: "All", Header: true}}
	for _, n := range all {
		t.Foot = append(t.Foot, page.Cell{Text: count(n), Class: page.Numeric})
	}
	sec.Tables = []page.Table{t}
	if len(lines.Rows) > 0 {
		sec.Tables = append(sec.Tables, lines)
		sec.Words = append(sec.Words, "Ask "+s.help()+" to verify the figures. The month can be closed when all three are the same.")
	}
	if more > 0 {
		sec.Words = append(sec.Words, "The first "+count(reconcileRows)+" counts that differ are listed, "+count(int64(more))+" more are not.")
	}
	return sec
}

// openTable lists what is not settled of one state.
func (s *Server) openTable(id, caption string, k *closing.Check, levels bool, which func(closing.Open) bool) (t page.Table,
	periods, days int64, by map[agreement.Side]int64) {
	t = page.Table{ID: id, Caption: caption, HiddenCaption: true, Head: []page.Head{{Text: "Hospital"}, {Text: "Council"},
		{Text: "Next step with"}, {Text: "Waits for"}}}
	if levels {
		t.Head = append(t.Head, page.Head{Text: "Level"})
	}
	t.Head = append(t.Head, page.Head{Text: "Periods", Numeric: true}, page.Head{Text: "Days", Numeric: true})
	by = map[agreement.Side]int64{}
	for _, o := range k.Open {
		if !which(o) {
			continue
		}
		periods, days = periods+o.Periods, days+o.Days
		by[o.Next] += o.Days
		waits := "the council"
		if o.Next == agreement.NHSSide {
			waits = "the NHS"
		}
		row := []page.Cell{{Text: k.Content.Named(o.Provider), Header: true}, {Text: s.opts.Places.CouncilWords(o.Council)},
			{Text: measure.UpperFirst(o.Body.String()), Swatch: swatch(o.Body)}, {Text: measure.UpperFirst(waits)}}
		if levels {
			level := measure.UpperFirst(o.Level.String())
			if o.State == agreement.Decided {
				level = "Decided, not agreed"
			}
			row = append(row, page.Cell{Text: level})
		}
		t.Rows = append(t.Rows, append(row, page.Cell{Text: count(o.Periods), Class: page.Numeric},
			page.Cell{Text: count(o.Days), Class: page.Numeric}))
	}
	return t, periods, days, by
}

func (s *Server) proposals(k *closing.Check, rows bool) closeSection {
	sec := closeSection{ID: "proposals", Heading: "Proposals"}
	t, periods, n, by := s.openTable("proposals-table", "Proposals that are not answered", k, false,
		func(o closing.Open) bool { return o.State == agreement.Proposed && o.Body != delay.NotAttributed })
	if periods == 0 {
		sec.Words = []string{"Every proposal of the month is answered."}
		return sec
	}
	sec.Words = []string{measure.UpperFirst(plural(periods, "proposal", "proposals")) + " with " + days(n) + " of the month " +
		isAre(periods) +
		" not answered: " + days(by[agreement.CouncilSide]) + " wait for a council, " + days(by[agreement.NHSSide]) + " for the NHS."}
	sec.Tables = []page.Table{t}
	if rows {
		sec.Links = []page.Link{
			{Text: "Proposals for you to answer", Href: queueOf(k.Content.From, k.Content.To, casework.ForMe)},
			{Text: "Waiting for the other body", Href: queueOf(k.Content.From, k.Content.To, casework.ForOther)},
		}
	}
	return sec
}

func (s *Server) disputes(k *closing.Check, rows bool) closeSection {
	sec := closeSection{ID: "disputes", Heading: "Disputes, and days that are not attributed"}
	t, periods, n, _ := s.openTable("disputes-table", "Disputes", k, true, func(o closing.Open) bool { return o.State.Contested() })
	u, others, none, _ := s.openTable("unattributed-table", "Not attributed", k, false,
		func(o closing.Open) bool { return !o.State.Contested() && o.Body == delay.NotAttributed })
	if periods+others == 0 {
		sec.Words = []string{"Nothing of the month is disputed, and every day is attributed."}
		return sec
	}
	sec.Words = []string{measure.UpperFirst(plural(periods, "dispute", "disputes")) + " about " + days(n) + " of the month. " +
		measure.UpperFirst(days(none)) + " are not attributed. They stay in the range of the share (G3)."}
	if periods > 0 {
		t.HiddenCaption = false
		sec.Tables = append(sec.Tables, t)
	}
	if others > 0 {
		u.HiddenCaption = false
		sec.Tables = append(sec.Tables, u)
	}
	if rows {
		sec.Links = []page.Link{{Text: "Go to the disputes", Href: queueOf(k.Content.From, k.Content.To, casework.InDispute)}}
	}
	return sec
}

// figureSections are the figures of a content in tables.
func (s *Server) figureSections(content *closing.Content, heading string) []closeSection {
	hospitals := page.Table{ID: "hospitals", Caption: "By hospital", Head: []page.Head{{Text: "Hospital"},
		{Text: "Delayed days", Numeric: true}, {Text: s.counting().BedsWords(), Numeric: true}, {Text: "People", Numeric: true}}}
	beds := func(n int64) string { return oneDecimal(float64(n) / float64(content.CalendarDays)) }
	for _, p := range content.Providers {
		hospitals.Rows = append(hospitals.Rows, []page.Cell{{Text: p.Name, Header: true}, {Text: count(p.DelayedDays), Class: page.Numeric},
			{Text: beds(p.DelayedDays), Class: page.Numeric}, {Text: count(p.People), Class: page.Numeric}})
	}
	hospitals.Foot = []page.Cell{{Text: "All", Header: true}, {Text: count(content.DelayedDays), Class: page.Numeric},
		{Text: beds(content.DelayedDays), Class: page.Numeric}, {Text: count(content.People), Class: page.Numeric}}
	const once = "Someone who waited at two hospitals is one person in the total and one at each."
	if content.ByGroups() {
		return []closeSection{{ID: "figures", Heading: heading, Tables: append([]page.Table{hospitals}, s.groupTables(content)...),
			Words: []string{measure.UpperFirst(days(content.DelayedDays)) + " of " + persons(content.People) + ".", once}}}
	}
	councils := page.Table{ID: "councils", Caption: "By council", Head: []page.Head{{Text: "Council"}, {Text: "Social care", Numeric: true},
		{Text: "NHS", Numeric: true}, {Text: "Joint", Numeric: true}, {Text: "Not attributed", Numeric: true},
		{Text: "All days", Numeric: true}, {Text: "In the range", Numeric: true}, {Text: "Share", Numeric: true}, {Text: "Range", Numeric: true},
		{Text: "People", Numeric: true}}}
	for _, one := range content.Councils {
		code := delay.Council(one.Code)
		if one.Code == page.NotKnown {
			code = delay.CouncilNotKnown
		}
		row := []page.Cell{{Text: s.opts.Places.CouncilWords(code), Header: true}}
		for _, n := range []int64{one.SocialCare, one.NHS, one.Joint, one.NotAttributed, one.DelayedDays, one.InRange} {
			row = append(row, page.Cell{Text: count(n), Class: page.Numeric})
		}
		share, band := "Not applicable", "Not applicable"
		if one.Share != nil {
			share, band = measure.PerCent(*one.Share), "No range"
			if one.InRange > 0 {
				band = measure.PerCent(*one.Lowest) + " to " + measure.PerCent(*one.Highest)
			}
		}
		councils.Rows = append(councils.Rows, append(row, page.Cell{Text: share, Class: page.Numeric},
			page.Cell{Text: band, Class: page.Numeric}, page.Cell{Text: count(one.People), Class: page.Numeric}))
	}
	words := measure.UpperFirst(days(content.DelayedDays)) + " of " + persons(content.People) + ". "
	if loose := content.Loose(); content.InRange > 0 {
		words += measure.UpperFirst(days(content.InRange)) + " of them " + isAre(content.InRange) + " in the range of the share: " +
			count(content.InRange-loose.NotAttributed) + " disputed, " + count(loose.NotAttributed) + " not attributed."
	} else {
		words += "None of them is disputed or not attributed, so the share has no range."
	}
	return []closeSection{{ID: "figures", Heading: heading, Words: []string{words, once}, Tables: []page.Table{hospitals, councils}}}
}

// groupTables are the days by group and by council, without a division between
// bodies (A8).
func (s *Server) groupTables(content *closing.Content) []page.Table {
	groups := page.Table{ID: "groups", Caption: "By group", Head: []page.Head{{Text: "Group"}, {Text: "Delayed days", Numeric: true}}}
	for _, g := range content.Groups {
		groups.Rows = append(groups.Rows, []page.Cell{{Text: g.Name, Header: true}, {Text: count(g.DelayedDays), Class: page.Numeric}})
	}
	groups.Foot = []page.Cell{{Text: "All", Header: true}, {Text: count(content.DelayedDays), Class: page.Numeric}}
	councils := page.Table{ID: "councils", Caption: "By council", Head: []page.Head{{Text: "Council"}, {Text: "Delayed days", Numeric: true},
		{Text: "People", Numeric: true}}}
	for _, one := range content.Councils {
		code := delay.Council(one.Code)
		if one.Code == page.NotKnown {
			code = delay.CouncilNotKnown
		}
		councils.Rows = append(councils.Rows, []page.Cell{{Text: s.opts.Places.CouncilWords(code), Header: true},
			{Text: count(one.DelayedDays), Class: page.Numeric}, {Text: count(one.People), Class: page.Numeric}})
	}
	return []page.Table{groups, councils}
}

// countsTwin gives the counts of a content as rows. state says what they are.
func (s *Server) countsTwin(content *closing.Content, state string) page.Twin {
	d, _ := measure.DefinitionOf(measure.DelayedDays, s.opts.Places.Book)
	t := page.Twin{Convention: content.Convention, Title: "Delayed days of " + content.Month + ", " + state, Measure: d.ID,
		Definitions: []string{d.ID + " " + d.Name + ": " + d.Sentence}, From: content.From, To: content.To, AsAt: content.AsAt,
		RuleVersion: content.RuleSet + " " + content.RuleVersion,
		Columns: []page.Column{{Name: "month"}, {Name: "provider"}, {Name: "council"}, {Name: "type_of_care"}, {Name: "reason"},
			{Name: "responsible"}, {Name: "state"}, {Name: "delayed_days", Number: true}, {Name: "closed_at"}}}
	if content.ByGroups() {
		t.Columns[5], t.Columns = page.Column{Name: "group"}, slices.Delete(t.Columns, 6, 7)
	}
	for _, cell := range content.Cells {
		if content.ByGroups() {
			t.Rows = append(t.Rows, []string{content.Month, cell.Provider, cell.Council, cell.Care, cell.Reason, s.groupOf(cell.Reason),
				strconv.FormatInt(cell.Days, 10), content.ClosedAt})
			continue
		}
		t.Rows = append(t.Rows, []string{content.Month, cell.Provider, cell.Council, cell.Care, cell.Reason, cell.Responsible, cell.State,
			strconv.FormatInt(cell.Days, 10), content.ClosedAt})
	}
	return t
}

// groupOf gives the group of a reason as contents have it.
func (s *Server) groupOf(reason string) string {
	if reason == page.NotKnown {
		reason = ""
	}
	return s.opts.Places.Book.Group(delay.Reason(reason))
}

// closedPage answers for a month that is closed.
func (s *Server) closedPage(c echo.Context, r closing.Record, content *closing.Content, form, part string, print bool) error {
	ctx := c.Request().Context()
	if part == partCounts {
		switch form {
		case "csv":
			return s.sendCSV(c, "homeward-"+r.Month.String()+"-closed.csv", s.countsTwin(content, closedWords))
		case "json":
			// The very bytes that were kept: their SHA-256 is the fingerprint.
			c.Response().Header().Set("ETag", `"`+hexOf(r.SHA256)+`"`)
			return c.Blob(http.StatusOK, "application/json", r.Frozen)
		}
	}
	kept, frozen, err := s.opts.Closings.ClosedEngland(ctx, r.Month, content)
	if err != nil {
		return err
	}
	if form == formXLSX || form != "" && part != partRevision && part != partEnglandRevisions {
		return s.sendEngland(c, content, kept, frozen, form, part, closedWords) // Nothing of today is asked for.
	}
	england, err := s.englandOf(ctx, r.Month, kept)
	if err != nil {
		return err
	}
	if part == partEnglandRevisions && form != "" && england.kept == nil {
		return noEngland(r.Month)
	}
	revised, err := s.revise(ctx, r, content, england)
	if err != nil {
		return err
	}
	if form != "" {
		t := s.revisionsTwin(r, revised)
		if part == partEnglandRevisions {
			t = s.englandRevisionsTwin(r, england.kept, revised.England)
		}
		if form == "json" {
			return s.sendJSON(c, t)
		}
		return s.sendCSV(c, "homeward-"+r.Month.String()+"-"+part+".csv", t)
	}
	month := r.Month.Long()
	v := closeView{Form: page.Form{Frame: s.frame(c, month+", closed")}, Caption: s.opts.Places.Partnership,
		RevisionCSV: page.Address(closeHref(r.Month)+".csv", url.Values{wordPart: {partRevision}})}
	v.About = s.closeAbout(content)
	v.Crumbs = []page.Link{{Text: "Month close", Href: closePath}}
	if print {
		v.BodyClass = "app-view-print"
	}
	v.Lede = month + " was closed on " + s.dayOf(r) + " by " + s.closedBy(r) + ", with " + days(r.Days) + ". " + revisedSentence(revised)
	if c.QueryParam(wordDone) != "" {
		v.Said = month + " is closed."
	}
	v.Facts = []page.Fact{
		{Name: "Closed", Value: s.moment(r.At)},
		{Name: "Closed as", Value: s.closedAs(r.Role, r.Codes)},
		{Name: "Rule set", Value: r.RuleSet + " " + r.RuleVersion},
		{Name: "Data as at", Value: longDay(content.AsAt)},
	}
	if content.Reason != "" {
		v.Facts = append(v.Facts, page.Fact{Name: "Reason for closing with something open", Value: content.Reason})
	}
	v.Facts = append(v.Facts, page.Fact{Name: "Fingerprint (SHA-256 of the JSON)", Value: hexOf(r.SHA256)})
	if content.EnglandSHA256 != "" {
		v.Facts = append(v.Facts, page.Fact{Name: "Fingerprint of England's counts, which that JSON names", Value: content.EnglandSHA256})
	}
	counts, err := s.englandSections(r, england, revised)
	if err != nil {
		return err
	}
	v.Sections = append([]closeSection{revisionsSection(r, revised, content.ByGroups())}, s.figureSections(content, "What was closed")...)
	v.Sections = append(v.Sections, counts...)
	if !content.ByGroups() {
		v.Sections = append(v.Sections, s.openAsClosed(content))
	}
	v.Sections = folded(append(v.Sections, s.extractsSection(content)), print)
	return s.page(c, "close", v)
}

func longDay(iso string) string {
	d, err := delay.ParseDay(iso)
	if err != nil {
		return iso
	}
	return d.Long()
}

func hexOf(sum [32]byte) string { return hex.EncodeToString(sum[:]) }

// openAsClosed names the days that were not settled when the month was closed,
// by body and number.
func (s *Server) openAsClosed(content *closing.Content) closeSection {
	sec := closeSection{ID: "not-settled", Heading: "Not settled when it was closed"}
	if len(content.Open) == 0 {
		sec.Words = []string{"Every day was settled."}
		return sec
	}
	t := page.Table{ID: "not-settled-table", Caption: "Days that were not settled, by body", HiddenCaption: true,
		Head: []page.Head{{Text: "Next step with"}, {Text: "State"}, {Text: "Periods", Numeric: true}, {Text: "Days", Numeric: true}}}
	for _, o := range content.Open {
		body, err := delay.ParseBody(o.Responsible)
		if err != nil {
			body = delay.NotAttributed
		}
		t.Rows = append(t.Rows, []page.Cell{{Text: measure.UpperFirst(body.String()), Header: true}, {Text: measure.UpperFirst(o.State)},
			{Text: count(o.Periods), Class: page.Numeric}, {Text: count(o.Days), Class: page.Numeric}})
	}
	sec.Tables = []page.Table{t}
	return sec
}

// revise sets a closed month beside what is known of it now.
func (s *Server) revise(ctx context.Context, r closing.Record, content *closing.Content, e englandClosed) (*revision.Revised, error) {
	present, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := s.opts.Closings.Settings(ctx)
	if err != nil {
		return nil, err
	}
	joined, err := s.opts.Closings.JoinedSince(ctx, r.At, r.Month.First(), r.Month.Last())
	if err != nil {
		return nil, err
	}
	return revision.Closed{Record: r, Content: content, Now: present, Names: s.opts.Places, Joined: joined, Settings: settings,
		RuleSet: s.sets().Words(r.Month.Last()), England: e.kept, EnglandNow: e.now, Place: s.sitrepCell}.Revise(ctx)
}

// revisedSentence says how the figures have changed.
func revisedSentence(r *revision.Revised) string {
	if r.England.Changed() {
		return delayedSentence(r) + " England's counts of it have changed since."
	}
	return delayedSentence(r)
}

func delayedSentence(r *revision.Revised) string {
	switch {
	case r.More == 0 && r.Elsewhere == 0 && r.England.Changed():
		return "Its delayed days are the same today."
	case r.More == 0 && r.Elsewhere == 0:
		return "Its figures are the same today."
	case r.More == 0:
		return "Its total is the same today; " + plural(r.Elsewhere, "day counts", "days count") + " in another place."
	case r.Elsewhere == 0:
		return "Its figures have changed by " + daysMore(r.More) + " since."
	}
	return "Its figures have changed by " + daysMore(r.More) + " since, and " + plural(r.Elsewhere, "day counts", "days count") +
		" in another place."
}

// changedSince says how the figures of one month have changed.
func changedSince(more, elsewhere int64) string {
	if more == 0 {
		return "its total is the same today, with " + changedBy(more, elsewhere) + " since."
	}
	return "its figures have changed by " + changedBy(more, elsewhere) + " since."
}

// changedBy says a change in days, and how many count in another place. It names
// no body: a month may be closed where days are not divided between bodies (A8).
func changedBy(more, elsewhere int64) string {
	moved := plural(elsewhere, "day", "days") + " counted in another place"
	switch {
	case elsewhere == 0:
		return daysMore(more)
	case more == 0:
		return moved
	}
	return daysMore(more) + " (and " + moved + ")"
}

// daysMore writes a change in days with its sign.
func daysMore(n int64) string {
	if n == 1 || n == -1 {
		return measure.Signed(n) + " day"
	}
	return measure.Signed(n) + " days"
}

// revisionsSection is what has changed since a month was closed. It names no body
// where the month was closed by groups (A8).
func revisionsSection(rec closing.Record, r *revision.Revised, byGroups bool) closeSection {
	sec := closeSection{ID: "revisions", Stays: true, Heading: "Revisions since", Words: []string{
		"The same days are counted from what is known now. What was closed stays as it is. The causes add up to each difference."}}
	if r.Elsewhere != 0 {
		place := "reason or body"
		if byGroups {
			place = "reason or group"
		}
		sec.Words = append(sec.Words, measure.UpperFirst(plural(r.Elsewhere, "day counts", "days count"))+
			" in another place: with another hospital, council, type of care, "+place+".")
	}
	if r.RuleSet != "" {
		sec.Words = append(sec.Words, "It was closed under rule set "+rec.RuleSet+" "+rec.RuleVersion+"; the month is counted under "+r.RuleSet+
			" now.")
	}
	if r.Settings {
		sec.Words = append(sec.Words, "The partnership's settings for counting days have changed since.")
	}
	sec.Tables = []page.Table{changesTable("revisions-table", rec.Month.Long()+" as closed, and the same figures now", "As closed", r.Lines())}
	return sec
}

// revisionsTwin gives each figure as closed and now, one row for each cause of its
// difference; the rows of a figure add up to it.
func (s *Server) revisionsTwin(rec closing.Record, r *revision.Revised) page.Twin {
	t := revisionTable(rec, ", revisions since it was closed", r.Figures)
	t.Convention, t.Measure, t.AsAt = s.convention(), measure.DelayedDays, s.today().String()
	return t
}

// noChange stands where a figure has no cause of a difference.
const noChange = "no change"

// revisionTable gives figures as closed and now with the causes of each.
func revisionTable(rec closing.Record, title string, figures []revision.Figure) page.Twin {
	t := page.Twin{Title: rec.Month.Long() + title, Definitions: []string{},
		From: rec.Month.First().String(), To: rec.Month.Last().String(),
		Columns: []page.Column{
			{Name: "figure"},
			{Name: "as_closed", Number: true},
			{Name: "now", Number: true},
			{Name: "cause"},
			{Name: "difference", Number: true},
		}}
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, one := range figures {
		if len(one.By) == 0 {
			t.Rows = append(t.Rows, []string{one.Name, whole(one.Then), whole(one.Now), noChange, "0"})
		}
		for _, why := range revision.Causes {
			if _, ok := one.By[why]; ok {
				t.Rows = append(t.Rows, []string{one.Name, whole(one.Then), whole(one.Now), string(why), whole(one.By[why])})
			}
		}
	}
	return t
}

// closeMonth closes a month: at once when nothing is open in it, else after
// asking once for a reason.
func (s *Server) closeMonth(c echo.Context) error {
	m, form, err := s.monthAsked(c)
	if err != nil {
		return err
	}
	if form != "" {
		return problem.New(problem.NotFound, "There is no month at this address. Months are written like 2026-10.")
	}
	if typed(c, "back") != "" {
		return onward(c, closeHref(m), nil, "")
	}
	ctx := c.Request().Context()
	if r, _, closed, err := s.opts.Closings.Closed(ctx, m); err != nil {
		return err
	} else if closed {
		return s.closedAlready(r)
	}
	k, err := s.opts.Closings.Check(ctx, m)
	if err != nil {
		return err
	}
	if err := k.Refused(); err != nil {
		v, viewErr := s.openView(c, m, k)
		if viewErr != nil {
			return viewErr
		}
		to := "task-extracts"
		if k.Over {
			to = "reconciliation"
		}
		v.Wrong(to, problem.Sentence(err))
		return s.pageAs(c, http.StatusConflict, "close", v)
	}
	seen, reason := typed(c, "seen"), typed(c, "because")
	if asks := asksOf(k.Content.Loose()); len(asks) > 0 && seen == k.Content.Fingerprint() {
		v := page.Interruption{Form: page.Form{Frame: s.frame(c, "Check this before you close "+m.Long())}, Action: closeHref(m),
			Asks:   append(asks, "They are named in what is closed. Say why the month is closed all the same."),
			Hidden: sentAlong(c, "because", "asked", "back"), Reason: page.Field{ID: "because", Label: "Reason",
				Hint: "Every partner reads it. Do not include names or clinical detail.", Value: reason}}
		switch {
		case c.FormValue("asked") == "":
			return s.page(c, "interruption", v)
		case reason == "":
			v.Reason.Error = "Enter a reason"
		case nhsnumber.In(reason):
			v.Reason.Error, v.Reason.Value = "Remove the NHS number. Do not type numbers that identify a person here.", ""
		}
		if v.Reason.Error != "" {
			v.WrongFields(v.Reason)
			return s.page(c, "interruption", v)
		}
	} else {
		reason = ""
	}
	if err := s.opts.Closings.Close(ctx, s.actor(c), m, seen, reason); err != nil {
		if r, _, closed, readErr := s.opts.Closings.Closed(ctx, m); readErr == nil && closed {
			return s.closedAlready(r)
		}
		return err
	}
	return onward(c, closeHref(m), url.Values{wordDone: {"closed"}}, "")
}

// closedAlready tells the second of two people.
func (s *Server) closedAlready(r closing.Record) error {
	return problem.New(problem.Conflict, "%s was closed at %s by %s. Nothing that you sent has changed it.", r.Month.Long(), s.moment(r.At),
		s.closedBy(r))
}

// asksOf says what is open in a month, one sentence each.
func asksOf(l closing.Loose) []string {
	var out []string
	if n := int64(l.Missing); n > 0 {
		out = append(out, measure.UpperFirst(plural(n, "daily extract is", "daily extracts are"))+" missing.")
	}
	if n := int64(l.Held); n > 0 {
		out = append(out, measure.UpperFirst(plural(n, "daily extract is", "daily extracts are"))+" held. What is held counts for nothing.")
	}
	if n := l.Unanswered; n > 0 {
		out = append(out, measure.UpperFirst(plural(n, "delayed day is", "delayed days are"))+" proposed and not answered.")
	}
	if n := l.Disputed; n > 0 {
		out = append(out, measure.UpperFirst(plural(n, "delayed day is", "delayed days are"))+" disputed.")
	}
	if n := l.NotAttributed; n > 0 {
		out = append(out, measure.UpperFirst(plural(n, "delayed day is", "delayed days are"))+" not attributed.")
	}
	return out
}

// closedNote gives the note of a period, nil where no whole month of it is
// closed, or when the page looks at a past moment.
func (s *Server) closedNote(ctx context.Context, see sight, f measure.Filter, from, to delay.Day) (*page.ClosedNote, error) {
	if s.opts.Closings == nil || see.text != "" || to == 0 {
		return nil, nil
	}
	f.Pathways = nil // What is closed does not tell them apart: the note is of all.
	closes, err := s.opts.Closings.Closes(ctx)
	if err != nil {
		return nil, err
	}
	closes = slices.DeleteFunc(closes, func(r closing.Record) bool { return r.Month.First() < from || r.Month.Last() > to })
	if len(closes) == 0 {
		return nil, nil
	}
	present, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	cells, err := present.Cells(ctx, measure.Query{From: closes[0].Month.First(), To: closes[len(closes)-1].Month.Last(), Filter: f,
		By: []measure.Dimension{measure.ByMonth, measure.ByProvider, measure.ByResponsible}})
	if err != nil {
		return nil, err
	}
	all := make([]monthMoves, len(closes))
	for i, r := range closes {
		_, content, _, err := s.opts.Closings.Closed(ctx, r.Month)
		if err != nil {
			return nil, err
		}
		closed, err := content.Counted(f)
		if err != nil {
			return nil, err
		}
		now := slices.DeleteFunc(slices.Clone(cells), func(c measure.Cell) bool { return c.Period.Month() != r.Month })
		all[i].month = r.Month
		all[i].more, all[i].elsewhere = closing.Moved(closed, now, byHospitalAndBody)
		if all[i].england, err = s.englandMoved(ctx, r, content); err != nil {
			return nil, err
		}
	}
	if len(closes) == 1 {
		words, part := oneMonthMoved(all[0])
		n := &page.ClosedNote{Text: closes[0].Month.Long() + " was closed on " + s.dayOf(closes[0]) + "; " + words,
			Href: closeHref(closes[0].Month) + part, Link: "See what was closed"}
		if part != "" {
			n.Link = "See revisions"
		}
		return n, nil
	}
	n := &page.ClosedNote{Href: closePath, Link: "See the closed months"}
	words, changed := monthsMoved(all)
	if n.Text = words; changed {
		n.Link = "See revisions"
	}
	return n, nil
}

// monthStanding is where a month stands on the list of months.
type monthStanding struct {
	month delay.Month
	tag   page.Tag
	// when is in words on what day it was closed, or from when it is due.
	when   string
	closed *closing.Record
	// days are those now, zero for a month that has none; more and elsewhere say
	// how a closed month's figures have changed.
	days, more, elsewhere int64
	// kept says that England's counts were closed too, england that they are others
	// now.
	kept, england bool
}
