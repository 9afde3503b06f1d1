package web

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/audit"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// Cases reads the people of the worklist, their records and the agreement's
// queue within a scope.
type Cases interface {
	Case(ctx context.Context, scope people.Scope, reference string) (*casework.Case, error)
	// Worklist gives the people who wait at one provider now, longest first,
	// and the day that the list is of.
	Worklist(ctx context.Context, scope people.Scope, provider string) ([]casework.WorkRow, delay.Day, error)
	Queue(ctx context.Context, scope people.Scope, q casework.QueueQuery) (casework.QueueList, error)
	// Periods gives the numbers of the periods of many people.
	Periods(ctx context.Context, scope people.Scope, references []string) (casework.Periods, error)
	// NextActions gives the open action that is due first of each of many people,
	// none for those who have none.
	NextActions(ctx context.Context, scope people.Scope, references []string) (map[string]casework.Action, error)
	// Examples gives the latest rulings about a reason that were kept as local
	// examples.
	Examples(ctx context.Context, reason delay.Reason, limit int) ([]casework.EventLine, error)
}

// The query words of the worklist, beside those that all pages share.
const (
	wordWard    = "ward"
	wordUnsure  = "uncertain"
	wordChecked = "checked"
	wordLeast   = "least"
	wordDue     = "due"
	wordSort    = "sort"
	wordRef     = "ref"
	wordDone    = "done"
	wordEntry   = "entry"
)

// workPage is how many rows of the worklist one page has.
const workPage = 25

// unchecked is how long after the last check a wait counts as not checked.
const unchecked = 24 * time.Hour

type todayView struct {
	page.Form
	Caption, Lede string
	Banner        *page.Banner
	Hospitals     []page.Link
	Cards         []cardView
	Filters       page.Filters
	Round         roundView
	Sorts         []page.Link
	Pages         []page.NavItem
	Empty         string
	Hidden        []page.Hidden
	// MaySelect says that several rows can be checked at once.
	MayLog, MaySelect bool
	NewHref           string
	CSV, Print        string
	Filtered          bool
	// Sheets are the print: the people of each ward, a page a ward.
	Sheets []sheetView
}

type cardView struct{ Value, Text, Href string }

type workRow struct {
	ID, Reference, Bed, Ward string
	Ready, Days              string
	Reason, Swatch, Body     string
	Action, Checked          string
	Tags                     []page.Tag
	Discrepancy              string
	Href, LogHref, EndHref   string
	Source                   string
	MayCheck                 bool
	roundRow
}

// sheetView is one ward of the print. Head stands at the top of each of its
// sheets.
type sheetView struct {
	ID, Ward, Head string
	Rows           []workRow
}

// worksAt gives the hospital whose worklist is asked for, of those that the
// actor may see.
func (s *Server) worksAt(c echo.Context, given []string) (string, []string, error) {
	mine := s.actor(c).Scope().Providers()
	if len(mine) == 0 {
		return "", nil, problem.New(problem.Forbidden, "The worklist is for the hospital's own staff. Your role is %s. The agreement list shows "+
			"the people whom your council is asked about.", s.grantWords(s.actor(c).Grant))
	}
	if len(given) == 0 {
		return mine[0], mine, nil
	}
	if !slices.Contains(mine, given[0]) {
		return "", nil, problem.New(problem.NotFound, "There is no worklist for this hospital, or it is outside your organisation.")
	}
	return given[0], mine, nil
}

// todayAsked is what the address of the worklist asks for.
type todayAsked struct {
	provider string
	mine     []string
	query    url.Values // what narrows, without page and banner
	ward     []string
	bodies   []delay.Body
	checked  string
	least    int
	due      bool
	unsure   bool
	sort     string
	page     int
	ref      string
	print    bool
}

func (s *Server) readToday(c echo.Context) (todayAsked, error) { return s.readList(c, c.QueryParams()) }

func (s *Server) readList(c echo.Context, q url.Values) (todayAsked, error) {
	a, err := s.opts.Places.Read(
		q,
		page.WordProvider,
		wordWard,
		page.WordResp,
		wordChecked,
		wordLeast,
		wordDue,
		wordUnsure,
		wordSort,
		page.WordPage,
		wordRef,
		wordDone,
		wordEntry,
		page.WordView,
	)
	if err != nil {
		return todayAsked{}, err
	}
	t := todayAsked{query: url.Values{}, ward: page.Values(q, wordWard), bodies: a.Filter.Bodies, print: a.Print}
	if t.provider, t.mine, err = s.worksAt(c, a.Filter.Providers); err != nil {
		return t, err
	}
	if t.checked, err = page.OneOf(q, wordChecked, "", "yes", "no", notLogged); err != nil {
		return t, err
	}
	var due string
	if due, err = page.OneOf(q, wordDue, "", "today"); err != nil {
		return t, err
	}
	t.due = due != ""
	unsure, err := page.OneOf(q, wordUnsure, "", "yes")
	if err != nil {
		return t, err
	}
	t.unsure = unsure != ""
	if t.sort, err = page.OneOf(q, wordSort, "ward", "ward", "ready", "checked"); err != nil {
		return t, err
	}
	if t.least, err = page.WholeNumber(q, wordLeast, 0, 1000); err != nil {
		return t, err
	}
	if t.page, err = page.WholeNumber(q, page.WordPage, 1, 10000); err != nil {
		return t, err
	}
	t.ref = strings.ToUpper(strings.TrimSpace(q.Get(wordRef)))
	for _, word := range []string{page.WordProvider, wordWard, page.WordResp, wordChecked, wordLeast, wordDue, wordUnsure, wordSort, wordRef} {
		if given := page.Values(q, word); len(given) > 0 {
			t.query[word] = given
		}
	}
	return t, nil
}

// matches says whether a row is among those asked for.
func (t todayAsked) matches(r casework.WorkRow, now time.Time, today delay.Day) bool {
	switch {
	case len(t.ward) > 0 && !slices.Contains(t.ward, r.Ward),
		len(t.bodies) > 0 && !slices.Contains(t.bodies, r.Body),
		t.checked == "yes" && (!r.Logged || now.Sub(r.Checked) > unchecked),
		t.checked == "no" && (!r.Logged || now.Sub(r.Checked) <= unchecked),
		t.checked == notLogged && !isNew(r),
		r.Days < t.least,
		t.unsure && !r.Uncertain,
		t.due && (r.Action == nil || r.Action.Due > today),
		t.ref != "" && r.Reference != t.ref:
		return false
	}
	return true
}

func (s *Server) todayPage(c echo.Context) error {
	t, err := s.readToday(c)
	if err != nil {
		return err
	}
	all, day, err := s.opts.Cases.Worklist(c.Request().Context(), s.actor(c).Scope(), t.provider)
	if err != nil {
		if problem.KindOf(err) != problem.NotFound {
			return err
		}
		all = nil // A hospital that has sent nothing and logged nothing.
	}
	if ward := s.rememberedWard(c, t, all); ward != "" {
		q := url.Values{wordWard: {ward}}
		if len(t.mine) > 1 {
			q.Set(page.WordProvider, t.provider)
		}
		return onward(c, "/today", q, "")
	}
	s.rememberList(c, t)
	now, today := s.opts.Now().In(s.opts.Zone), s.today()
	v := todayView{Form: page.Form{Frame: s.frame(c, "My site today")}, Caption: s.opts.Places.ProviderWords(t.provider) + ", " +
		today.Long(),
		MayLog: s.actor(c).May(people.LogDelays)}
	v.Filtered = t.narrowed()
	v.BodyClass = "app-print-landscape"
	if t.print {
		v.BodyClass += " app-view-print"
	}
	var rows []casework.WorkRow
	var checked, notChecked, unlogged, long, due, unsure int64
	for _, r := range all {
		if t.matches(r, now, today) {
			rows = append(rows, r)
		}
		switch {
		case isNew(r):
			unlogged++
		case now.Sub(r.Checked) <= unchecked:
			checked++
		default:
			notChecked++
		}
		if r.Days >= 21 {
			long++
		}
		if r.Uncertain {
			unsure++
		}
		if r.Action != nil && r.Action.Due <= today {
			due++
		}
	}
	v.Lede = measure.UpperFirst(peopleAre(int64(len(all)))) + " waiting to leave. " + count(checked) + " checked in the last 24 hours, " +
		count(notChecked) + " not."
	if unlogged > 0 {
		v.Lede += " " + measure.UpperFirst(peopleAre(unlogged)) + " ready in the extract and not logged."
	}
	at := func(word, value string) string {
		q := url.Values{page.WordProvider: {t.provider}, word: {value}}
		return page.Address("/today", q)
	}
	v.Cards = []cardView{
		{count(notChecked), "Not checked in 24 hours", at(wordChecked, "no")},
		{count(unlogged), "Ready, not logged", at(wordChecked, notLogged)},
		{count(long), "Waiting 21 days or more", at(wordLeast, "21")},
		{count(due), "Actions due today", at(wordDue, "today")},
	}
	if unsure > 0 {
		v.Cards = append(v.Cards, cardView{count(unsure), "Uncertain ready date", at(wordUnsure, "yes")})
	}
	if len(t.mine) > 1 {
		for _, code := range t.mine {
			v.Hospitals = append(
				v.Hospitals,
				page.Link{Text: s.opts.Places.ProviderWords(code), Href: page.Address("/today", url.Values{page.WordProvider: {code}})},
			)
		}
	}
	for name, value := range t.query {
		for _, one := range value {
			v.Hidden = append(v.Hidden, page.Hidden{Name: "keep-" + name, Value: one})
		}
	}
	slices.SortFunc(v.Hidden, func(a, b page.Hidden) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value)) })
	v.Hidden = append(v.Hidden, page.Hidden{Name: "page", Value: strconv.Itoa(t.page)})
	sortRound(rows, t.sort)
	shown := rows
	switch {
	case t.print:
		v.Sheets = s.sheets(t, rows, now, today, day)
		shown = nil
	case t.oneWard() == "":
		// The list of a whole hospital has pages; a ward's round has one, so that
		// the next row is always on it.
		v.Pages = page.PagesOf("/today", t.query, t.page, (len(rows)+workPage-1)/workPage)
		from := min((t.page-1)*workPage, len(rows))
		shown = rows[from:min(from+workPage, len(rows))]
	}
	v.Round = s.round(c, t, all, shown, now, today, day)
	v.Banner = s.savedBanner(c, "/today", t.query)
	if v.Banner != nil && v.Banner.Line && v.Round.has(c.QueryParam(wordDone)) {
		v.Round.Said, v.Banner = v.Banner.Words, nil
	}
	if ward := t.oneWard(); ward != "" {
		v.Title, v.PageTitle = "Ward round", "Ward round, "+ward+" – Homeward"
		v.Caption = s.opts.Places.ProviderWords(t.provider) + ", " + today.Long() + ", " + clock(now)
		v.Lede, v.Cards = "", nil
	}
	v.MaySelect = v.MayLog && t.oneWard() == "" && len(shown) > 0
	for _, x := range [][2]string{{"ward", "Ward and bed"}, {"ready", "Longest wait"}, {"checked", "Not checked for longest"}} {
		l := page.Link{Text: x[1]}
		if t.sort != x[0] {
			q := url.Values{}
			maps.Copy(q, t.query)
			q.Set(wordSort, x[0])
			l.Href = page.Address("/today", q)
		}
		v.Sorts = append(v.Sorts, l)
	}
	v.Filters = s.todayFilters(t, all)
	v.NewHref = page.Address("/delays/new", url.Values{page.WordProvider: {t.provider}}) + "#form"
	v.CSV = page.Address("/today.csv", t.query)
	print := url.Values{page.WordView: {"print"}}
	maps.Copy(print, t.query)
	v.Print = page.Address("/today", print)
	switch {
	case len(all) == 0:
		v.Empty = "Nobody is recorded as waiting at " + s.opts.Places.ProviderWords(t.provider) + "."
		if day != 0 {
			v.Empty += " The list is of " + day.Long() + "."
		}
	case len(rows) == 0:
		v.Empty = "No one matches these filters."
		if t.ref != "" {
			v.Empty = "No delay in your area matches " + page.Quote(t.ref) + "."
		}
	case day != 0 && day < today-1:
		v.Empty = ""
		v.Lede += " Today's extract has not arrived. This list is from " + day.Long() + ". You can still log delays."
	}
	v.Scripts = append(v.Scripts, s.assets.href(roundJS))
	return s.page(c, "today", v)
}

// sheets lays the rows out for a round on paper: by ward, and in a ward by bed.
func (s *Server) sheets(t todayAsked, rows []casework.WorkRow, now time.Time, today, day delay.Day) []sheetView {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b casework.WorkRow) int {
		return cmp.Or(byBed(a.Ward, b.Ward), byBed(a.Bed, b.Bed), cmp.Compare(a.Reference, b.Reference))
	})
	asAt := ""
	if day != 0 {
		asAt = ". Data as at " + day.Long()
	}
	var out []sheetView
	for i, r := range rows {
		if i == 0 || r.Ward != rows[i-1].Ward {
			ward := "Ward " + r.Ward
			if r.Ward == "" {
				ward = "Ward not known"
			}
			out = append(out, sheetView{ID: "sheet-" + strconv.Itoa(len(out)+1), Ward: ward,
				Head: "Confidential: patient information. " + s.opts.Places.ProviderWords(t.provider) + ", " + strings.ToLower(ward[:1]) + ward[1:] +
					", " + today.Long() + asAt})
		}
		w := s.workRow(r, now, today, day)
		if !r.Logged {
			w.Checked = "Not logged yet"
		}
		sheet := &out[len(out)-1]
		sheet.Rows = append(sheet.Rows, w)
	}
	return out
}

func (s *Server) todayFilters(t todayAsked, all []casework.WorkRow) page.Filters {
	group := func(legend, name string) page.ChoiceGroup {
		return page.ChoiceGroup{Legend: legend, Name: name, Kind: "checkbox", Style: "checkboxes"}
	}
	wards, body := group("Ward", wordWard), group("Next step with", page.WordResp)
	checked := page.ChoiceGroup{Legend: "Checked in the last 24 hours", Name: wordChecked, Kind: "radio", Style: "radios"}
	seen := map[string]bool{}
	for _, r := range all {
		if r.Ward != "" && !seen[r.Ward] {
			seen[r.Ward] = true
			wards.Items = append(wards.Items, page.Choice{Value: r.Ward, Text: r.Ward, Chosen: slices.Contains(t.ward, r.Ward)})
		}
	}
	slices.SortFunc(wards.Items, func(a, b page.Choice) int { return cmp.Compare(a.Text, b.Text) })
	for i := range wards.Items {
		wards.Items[i].ID = "ward-" + strconv.Itoa(i)
	}
	wards.Class = page.Spread
	for _, b := range delay.Bodies {
		body.Items = append(body.Items, page.Choice{ID: "resp-" + b.Slug(), Value: b.Slug(), Text: measure.UpperFirst(b.String()),
			Chosen: slices.Contains(t.bodies, b)})
	}
	for _, x := range [][2]string{{"", "All"}, {"yes", "Checked"}, {"no", "Not checked"}, {notLogged, "Not logged yet"}} {
		checked.Items = append(
			checked.Items,
			page.Choice{ID: "checked-" + cmp.Or(x[0], "all"), Value: x[0], Text: x[1], Chosen: t.checked == x[0]},
		)
	}
	provider := page.ChoiceGroup{Legend: "Hospital", Name: page.WordProvider, Kind: "radio", Style: "radios"}
	for _, code := range t.mine {
		provider.Items = append(provider.Items, page.Choice{ID: "provider-" + code, Value: code, Text: s.opts.Places.ProviderWords(code),
			Chosen: code == t.provider})
	}
	unsure := page.ChoiceGroup{Legend: "Ready date", Name: wordUnsure, Kind: "checkbox", Style: "checkboxes",
		Items: []page.Choice{{ID: "uncertain-yes", Value: "yes", Text: "Uncertain only", Chosen: t.unsure}}}
	groups := []page.ChoiceGroup{provider, wards, body, checked, unsure}
	if !s.divides() {
		groups = slices.DeleteFunc(groups, func(g page.ChoiceGroup) bool { return g.Name == page.WordResp })
	}
	return page.Filters{Action: "/today", Clear: page.Address("/today", url.Values{page.WordProvider: {t.provider}, wordWard: {""}}),
		Groups: groups}
}

func bedWords(bed, ward, reference string) string {
	switch {
	case bed != "" && ward != "" && !strings.Contains(bed, ward):
		return bed + ", " + ward
	case bed != "":
		return bed
	case ward != "":
		return ward
	default:
		return "Bed not known"
	}
}

func (s *Server) workRow(r casework.WorkRow, now time.Time, today, day delay.Day) workRow {
	w := workRow{
		ID: r.Reference, Reference: r.Reference, Bed: bedWords(r.Bed, r.Ward, r.Reference), Ward: r.Ward,
		Ready: r.Ready.Long(), Days: days(int64(r.Days)), Reason: s.opts.Places.ReasonWords(r.Reason),
		Href: "/delays/" + r.Reference, LogHref: "/delays/new?ref=" + url.QueryEscape(r.Reference),
		EndHref:     "/delays/" + r.Reference + "/end",
		Discrepancy: r.Discrepancy, Source: "Extract of " + day.Long(), MayCheck: r.Logged && !r.Paused,
		Action: "No action yet", Checked: "Never checked",
	}
	w.Body, w.Swatch = s.stepWords(r.Body, r.Reason)
	if r.Ready == 0 {
		w.Ready = "Not known"
	}
	if r.Listed == 0 && r.Reason == "" {
		// Only the log knows the person; what they wait for stands in the record.
		w.Reason, w.Body, w.Swatch = "See the record", "See the record", ""
	}
	if a := r.Action; a != nil {
		w.Action = a.What + ", " + s.opts.Places.OrgWords(a.OwnerOrg) + ", " + a.Due.Long()
		if a.Due <= today {
			w.Tags = append(w.Tags, page.Tag{Text: "Due today", Tag: "nhsuk-tag--yellow"})
		}
	}
	switch {
	case r.Checked.IsZero():
	case now.Sub(r.Checked) > unchecked:
		at := r.Checked.In(s.opts.Zone)
		w.Checked = "Not checked since " + at.Format("2 January 2006") + ", " + clock(at)
	default:
		at := r.Checked.In(s.opts.Zone)
		w.Checked = clock(at)
		if delay.DayOf(at) != today {
			w.Checked += " yesterday"
		}
	}
	if r.Paused {
		w.Tags = append(w.Tags, page.Tag{Text: "Paused", Tag: "nhsuk-tag--grey"})
	}
	if r.Uncertain {
		w.Tags = append(w.Tags, page.Tag{Text: "Uncertain date", Tag: "nhsuk-tag--white"})
	}
	return w
}

// checkToday notes "still waiting" for one or several people and goes on to the
// next.
func (s *Server) checkToday(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	references := form["checked"]
	if one := typed(c, "one"); one != "" {
		references = []string{one}
	}
	q := url.Values{}
	for name, value := range form {
		if word, ok := strings.CutPrefix(name, "keep-"); ok {
			q[word] = value
		}
	}
	if p := typed(c, "page"); p != "" && p != "1" {
		q.Set(page.WordPage, p)
	}
	if len(references) == 0 {
		return problem.New(problem.Invalid, "Select at least one person on the worklist, or use the button Still waiting of a row.")
	}
	done, err := s.check(c, references)
	if err != nil {
		return err
	}
	q.Set(wordDone, done.Reference)
	q.Set(wordEntry, strconv.FormatInt(done.Entry, 10))
	return onward(c, "/today", q, "row-"+nextRow(form["row"], done.Reference))
}

// check notes the checks of a form. One that was made without a network comes with
// when it was made, by the phone's clock, and a key.
func (s *Server) check(c echo.Context, references []string) (casework.Done, error) {
	ctx, key := c.Request().Context(), typed(c, "key")
	if key == "" {
		return s.opts.Casework.Check(ctx, s.actor(c), references)
	}
	at, err := time.Parse(time.RFC3339, typed(c, "at"))
	if err != nil || len(references) != 1 {
		return casework.Done{}, problem.New(problem.Invalid, "A check that is sent later needs one person and the time at which it was made.")
	}
	return s.opts.Casework.CheckSent(ctx, s.actor(c), references[0], at, key)
}

// nextRow gives the row after that of a reference, itself when it is the last.
func nextRow(rows []string, reference string) string {
	if i := slices.Index(rows, reference); i >= 0 && i+1 < len(rows) {
		return rows[i+1]
	}
	return reference
}

// savedBanner says what the address says was saved, with the button that
// takes it back while it can be.
func (s *Server) savedBanner(c echo.Context, back string, keep url.Values) *page.Banner {
	q := c.QueryParams()
	reference := q.Get(wordDone)
	if reference == "" {
		reference = c.Param("ref")
	}
	id, err := strconv.ParseInt(q.Get(wordEntry), 10, 64)
	if err != nil || reference == "" {
		return nil
	}
	k, err := s.opts.Cases.Case(c.Request().Context(), s.actor(c).Scope(), reference)
	if err != nil {
		return nil
	}
	for _, l := range k.Log {
		if l.ID != id {
			continue
		}
		b := &page.Banner{Words: s.savedWords(k, l), Quiet: back == "/today",
			Line: l.Others < 2 && (l.Kind == logbook.Verified || l.Kind == logbook.Undone)}
		switch {
		case l.Others > 1 && l.Kind == logbook.Verified:
			b.Words = persons(int64(l.Others)) + " checked at " + clock(l.At.In(s.opts.Zone)) + ". Undo takes back all of them."
		case l.Others > 1 && l.Kind == logbook.Undone:
			b.Words = "Undone for " + persons(int64(l.Others)) + "."
		}
		if l.Kind != logbook.Undone && !l.Undone && s.opts.Now().Sub(l.At) < s.opts.Casework.Settings.Undo && s.actor(c).May(people.LogDelays) {
			b.Undo = &page.Undo{Action: "/delays/" + reference + "/undo", Token: visitOf(c.Request().Context()).Token,
				Hidden: []page.Hidden{{Name: "entry", Value: q.Get(wordEntry)}, {Name: "back", Value: page.Address(back, keep)}}}
		}
		return b
	}
	return nil
}

// savedWords says what one entry did.
func (s *Server) savedWords(k *casework.Case, l casework.LogLine) string {
	name := k.Reference
	if d := k.Last(); d != nil && d.Bed != "" {
		name = "bed " + d.Bed
	}
	switch l.Kind {
	case logbook.Opened:
		return "Delay logged for " + name + ". " + s.proposalWords(l)
	case logbook.Changed, logbook.Corrected:
		when := "from " + l.Day.Long()
		if l.Until != 0 {
			when = "for " + span(l.Day, l.Until)
		}
		return "Saved for " + name + ": " + s.opts.Places.ReasonWords(l.Given.Reason) + " " + when + ". " + s.proposalWords(l)
	case logbook.Verified:
		if !l.CheckedAt.IsZero() {
			return measure.UpperFirst(name) + " checked at " + clock(l.CheckedAt.In(s.opts.Zone)) + ", recorded at " +
				clock(l.At.In(s.opts.Zone)) + "."
		}
		return measure.UpperFirst(name) + " checked at " + clock(l.At.In(s.opts.Zone)) + "."
	case logbook.Paused:
		return "Paused. Days from " + l.Day.Long() + " are not counted until you resume."
	case logbook.Resumed:
		return "Resumed. Days after " + l.Day.Long() + " are counted again; the day of becoming ready again is not."
	case logbook.Ended:
		words := "Delay " + k.Reference + " ended. " + days(int64(k.DaysUntil(l.Day))) + " counted."
		if k.InExtract && k.LatestExtract >= l.Day {
			words += " The extract of " + k.LatestExtract.Long() + " still lists them, so its days stand until it does not."
		}
		return words
	case logbook.Withdrawn:
		words := "The entry for " + name + " is withdrawn and kept in the history."
		if k.InExtract {
			words += " The extract of " + k.LatestExtract.Long() + " lists them, so they are still counted by the extract."
		}
		return words
	default:
		return "Undone for " + name + "."
	}
}

// proposalWords says what the rules make of a statement, and who is asked.
func (s *Server) proposalWords(l casework.LogLine) string {
	if l.Given == nil {
		return ""
	}
	o := s.sets().For(l.Given.Set).Attribute(*l.Given, l.Day)
	if o.Body == delay.NotAttributed {
		return "No rule decides this one. It is saved as not attributed and goes to the agreement list."
	}
	words := "Rule " + o.Rule + " proposes " + o.Body.String() + "."
	if l.Given.Council == delay.CouncilNotKnown {
		return words + " The council of residence is not known, so no council is asked to agree yet."
	}
	by := s.opts.Casework.Settings.Clocks.ReplyBy(l.At, agreement.Reviewers, s.opts.Zone)
	return words + " " + s.opts.Places.CouncilWords(l.Given.Council) + " is asked to agree by " + s.replyWords(by) + "."
}

// replyWords writes the moment by which an answer is expected.
func (s *Server) replyWords(t time.Time) string {
	t = t.In(s.opts.Zone)
	words := strings.TrimSuffix(clock(t), "")
	if t.Minute() == 0 && t.Hour() != 0 && t.Hour() != 12 {
		words = t.Format("3pm")
	}
	return words + " on " + t.Format("Monday 2 January 2006")
}

// undoEntry takes an entry back.
func (s *Server) undoEntry(c echo.Context) error {
	id, err := strconv.ParseInt(typed(c, "entry"), 10, 64)
	if err != nil {
		return problem.New(problem.Invalid, "There is nothing to undo.")
	}
	done, err := s.opts.Casework.Undo(c.Request().Context(), s.actor(c), c.Param("ref"), id)
	if err != nil {
		return err
	}
	q := url.Values{wordDone: {done.Reference}, wordEntry: {strconv.FormatInt(done.Entry, 10)}}
	back, err := url.Parse(typed(c, "back"))
	if err != nil || back.Path != "/today" {
		q.Del(wordDone)
		return onward(c, "/delays/"+done.Reference, q, "")
	}
	for k, v := range back.Query() {
		if k != wordDone && k != wordEntry {
			q[k] = v
		}
	}
	return onward(c, "/today", q, "row-"+done.Reference)
}

// noteRows notes in the audit log that rows about people were downloaded.
func (s *Server) noteRows(c echo.Context, rows int) error {
	actor := s.actor(c)
	return s.opts.SignIn.Store.Record(c.Request().Context(), audit.Entry{Who: actor.Who(), As: actor.As(), From: actor.Address,
		What: audit.RowsExported, After: strconv.Itoa(rows) + " rows"})
}

// todayCSV gives the worklist's rows, pseudonymous like the page.
func (s *Server) todayCSV(c echo.Context) error {
	t, err := s.readToday(c)
	if err != nil {
		return err
	}
	all, day, err := s.opts.Cases.Worklist(c.Request().Context(), s.actor(c).Scope(), t.provider)
	if err != nil {
		return err
	}
	tw := page.Twin{Convention: s.convention(),
		Title: "Worklist", AsAt: day.String(), Measure: "M02", Columns: []page.Column{{Name: "provider"}, {Name: "reference"},
			{Name: "ward"}, {Name: "bed"},
			{Name: "ready_date"}, {Name: "days", Number: true}, {Name: "reason"}, {Name: "responsible"}, {Name: "state"}, {Name: "logged"},
			{Name: "checked_at"},
			{Name: "paused"}, {Name: "uncertain"}, {Name: "next_action"}, {Name: "owner"}, {Name: "due"}, {Name: "differs"}}}
	now, today := s.opts.Now().In(s.opts.Zone), s.today()
	yes := func(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }
	for _, r := range all {
		if !t.matches(r, now, today) {
			continue
		}
		checked, what, owner, due := "", "", "", ""
		if !r.Checked.IsZero() {
			checked = r.Checked.UTC().Format(time.RFC3339)
		}
		if r.Action != nil {
			what, owner, due = r.Action.What, r.Action.OwnerOrg, r.Action.Due.String()
		}
		tw.Rows = append(tw.Rows, []string{t.provider, r.Reference, r.Ward, r.Bed, r.Ready.String(), strconv.Itoa(r.Days),
			page.SlugOr(string(r.Reason)), r.Body.String(),
			r.State.String(), yes(r.Logged), checked, yes(r.Paused), yes(r.Uncertain), what, owner, due, r.Discrepancy})
	}
	if err := s.noteRows(c, len(tw.Rows)); err != nil {
		return err
	}
	return s.sendCSV(c, "today-"+t.provider+"-"+today.String()+".csv", tw)
}
