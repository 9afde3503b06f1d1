package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/propose"
	"homeward/internal/schedule"
	"homeward/internal/web/page"
)

// PartnershipDesk keeps the partnership file and its versions.
type PartnershipDesk interface {
	File(ctx context.Context) (*PartnershipFile, error)
	// Council finds councils of the national lists by name or code.
	Council(text string) ([]config.Council, error)
	// Try and TryBack say what a change would make of the file; Save and PutBack make
	// it. base is the fingerprint of the file that the change is meant for: another
	// one is a Conflict problem.
	Try(ctx context.Context, base string, edits []config.Edit) (*PartnershipTrial, error)
	TryBack(ctx context.Context, number int64) (*PartnershipTrial, error)
	Save(ctx context.Context, by people.Actor, base string, edits []config.Edit, why string) (*PartnershipSaved, error)
	PutBack(ctx context.Context, by people.Actor, base string, number int64, why string) (*PartnershipSaved, error)
	Versions(ctx context.Context) ([]PartnershipVersion, error)
}

// PartnershipFile is the partnership file as it stands.
type PartnershipFile struct {
	Name string
	Text []byte
	// Sum is the fingerprint of its bytes.
	Sum string
	// Written is what it says, in its order and without defaults; Is the same with
	// defaults.
	Written, Is *config.Partnership
	// Wrong is what is to be put right in it; Waits names what of it is used when
	// Homeward is started again.
	Wrong, Waits []string
	// Layouts are those that are beside it.
	Layouts []string
}

// PartnershipTrial is what a change would make of the file.
type PartnershipTrial struct {
	Before, After []byte
	// Findings are what would be wrong in it, Refused why it is not done all the same.
	Findings []config.Finding
	Refused  []string
	// Effects says what it does; Waits names what of it would be used when Homeward is
	// started again.
	Effects, Waits []string
}

// PartnershipSaved is a version that was saved.
type PartnershipSaved struct {
	Number int64
	Waits  []string
}

// PartnershipVersion is one version of the file.
type PartnershipVersion struct {
	Number  int64
	At      time.Time
	By, Why string
	Text    []byte
}

const (
	partnershipPath  = "/admin/partnership"
	partnershipTitle = "Partnership"
	versionsPath     = partnershipPath + "/versions"
	versionsTitle    = "Versions of the partnership file"
)

func (s *Server) partnershipRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	may := func(handler echo.HandlerFunc) guarded { return s.may(people.ManageSettings, s.partnered(handler)) }
	return []route{
		{get, partnershipPath, may(s.partnershipPage), false},
		{get, partnershipPath + ".csv", may(s.partnershipCSV), false},
		{get, partnershipPath + ".json", may(s.partnershipJSON), false},
		{get, versionsPath, may(s.partnershipVersionsPage), false},
		{get, versionsPath + ".csv", may(s.partnershipVersionsCSV), false},
		{get, versionsPath + ".json", may(s.partnershipVersionsJSON), false},
		{get, versionsPath + "/:number", may(s.partnershipVersionPage), false},
		{post, versionsPath + "/:number", may(s.putPartnershipBack), false},
		{get, partnershipPath + "/:part", may(s.partnershipFormPage), false},
		{post, partnershipPath + "/:part", may(s.changePartnership), false},
		{get, partnershipPath + "/:part/:id", may(s.partnershipFormPage), false},
		{post, partnershipPath + "/:part/:id", may(s.changePartnership), false},
	}
}

// partnered refuses these routes where no file is kept.
func (s *Server) partnered(handler echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.opts.Partnership == nil {
			return problem.New(problem.Unavailable, "The partnership file cannot be changed here.")
		}
		return handler(c)
	}
}

type partnershipView struct {
	page.Form
	Lede          string
	Notes         []string
	Sections      []partnershipSection
	Links         []page.Link
	HandsOff      string
	VersionsTable page.Table
}

// partnershipSection is one part of the file with what leads to its forms.
type partnershipSection struct {
	ID, Title, Words string
	Facts            []page.CaseFact
	Table            page.Table
	Actions          []page.Link
	// Fold names what is folded, empty where it stands open.
	Fold string
}

// openLines is how many lines of a section stand open.
const openLines = 3

// fold folds a section of more lines, of which one and many are the words.
func (sec *partnershipSection) fold(one, many string) {
	n := len(sec.Facts) + len(sec.Table.Rows)
	if n <= openLines {
		return
	}
	sec.Fold = "Show " + plural(int64(n), one, many)
	if sec.Words != "" {
		return
	}
	var names []string
	for _, row := range sec.Table.Rows {
		if name := row[0].Text; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		sec.Words = strings.Join(names, ", ") + "."
	}
}

func (s *Server) partnershipPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	ctx := c.Request().Context()
	f, err := s.opts.Partnership.File(ctx)
	if err != nil {
		return err
	}
	versions, err := s.opts.Partnership.Versions(ctx)
	if err != nil {
		return err
	}
	v := partnershipView{Form: page.Form{Frame: s.frame(c, partnershipTitle), Said: s.opts.Sessions.Said(ctx)},
		Links: append([]page.Link{{Text: "Versions", Href: versionsPath}}, twinLinks(partnershipPath)...)}
	v.Lede = standsWords(f, versions, s.moment)
	if len(f.Wrong) > 0 {
		v.Notes = append([]string{"The file is not right, and Homeward goes by what it read before:"}, f.Wrong...)
	}
	if len(f.Waits) > 0 {
		v.Notes = append(v.Notes, laterWords(f.Waits))
	}
	v.Sections = s.partnershipSections(f)
	v.HandsOff = "How people sign in, backups, retention, clocks of the agreement, mappings of reasons, the counting convention, the rule " +
		"set, former codes, and where passwords stand are set in " + f.Name + " by hand: a change of them alters what past figures count, or " +
		"who may come in. The operator guide says how."
	return s.page(c, "partnership", v)
}

func standsWords(f *PartnershipFile, versions []PartnershipVersion, moment func(time.Time) string) string {
	switch {
	case len(versions) == 0:
		return "Set in " + f.Name + ", written by hand. The first change that is saved here keeps what stands now as version 1."
	case string(versions[0].Text) != string(f.Text):
		return "Set in " + f.Name + ", changed by hand since version " + count(versions[0].Number) + "."
	}
	return "Set in " + f.Name + ", version " + count(versions[0].Number) + ", saved " + moment(versions[0].At) + "."
}

// laterWords says what is used later.
func laterWords(waits []string) string {
	return "Takes effect when Homeward is started again: " + strings.Join(waits, ", ") + "."
}

func linesOf(words []string) string { return strings.Join(words, "\n") }

func (s *Server) partnershipSections(f *PartnershipFile) []partnershipSection {
	w, is := f.Written, f.Is
	yes := func(b bool) string {
		if b {
			return "Yes"
		}
		return "No"
	}
	name := partnershipSection{ID: "name", Title: "The partnership", Facts: []page.CaseFact{{Name: "Name", Value: w.Name}},
		Actions: []page.Link{{Text: "Change the name", Href: partnershipPath + "/name"}}}
	councils := partnershipSection{ID: "councils", Title: "Councils", Actions: []page.Link{{Text: "Add a council", Href: partnershipPath +
		"/councils/new"}},
		Table: page.Table{ID: "councils-table", Caption: "Councils", HiddenCaption: true, Stack: true, Head: []page.Head{{Text: "Council"},
			{Text: "Code"}, {Text: "Number"}, {Text: "Also called"}, {Text: "Adults", Numeric: true}}}}
	for _, o := range w.Councils {
		adults := "Not given"
		if o.Population.Adults > 0 {
			adults = count(int64(o.Population.Adults)) + " (" + o.Population.Year + ")"
		}
		councils.Table.Rows = append(councils.Table.Rows, []page.Cell{{Text: o.Name, Header: true, Href: partnershipPath + "/councils/" + o.Code},
			{Text: o.Code}, {Text: orWords(o.CSSR, "None")}, {Text: orWords(strings.Join(o.Names, "; "), "Nothing else")},
			{Text: adults, Class: page.Numeric}})
	}
	providers := partnershipSection{ID: "providers", Title: "Hospitals and other providers",
		Actions: []page.Link{{Text: "Add a provider", Href: partnershipPath + "/providers/new"}},
		Table: page.Table{ID: "providers-table", Caption: "Providers", HiddenCaption: true, Stack: true, Head: []page.Head{{Text: "Provider"},
			{Text: "Code"}, {Text: "Read by the layout"}, {Text: "Due"}, {Text: "Days"}, {Text: "Formerly"}}}}
	for _, o := range w.Providers {
		var days, former []string
		for _, word := range o.ExpectedDays {
			if d, ok := config.Weekday(word); ok {
				days = append(days, d.String()[:3])
			}
		}
		for _, one := range o.Formerly {
			former = append(former, one.Code)
		}
		layout := "None: run from the log"
		if o.Layout != "" {
			layout = strings.Join(append([]string{o.Layout}, o.OtherLayouts...), ", ")
		}
		providers.Table.Rows = append(providers.Table.Rows, []page.Cell{{Text: o.Name, Header: true, Href: partnershipPath + "/providers/" +
			o.Code},
			{Text: o.Code}, {Text: layout}, {Text: orWords(o.Due, "No time")}, {Text: orWords(strings.Join(days, ", "), "Every day")},
			{Text: orWords(strings.Join(former, ", "), "No other code")}})
	}
	settings := partnershipSection{ID: "settings", Title: "Settings",
		Actions: []page.Link{{Text: "Change the settings", Href: partnershipPath + "/settings"}}}
	fields, _ := settingsFields(f)
	for _, one := range fields {
		settings.Facts = append(settings.Facts, page.CaseFact{Name: one.label, Value: one.words()})
	}
	settings.Words = "How days are counted, and when a file is held for a person to look at."
	settings.Facts = append(settings.Facts, page.CaseFact{Name: "Counting convention", Value: is.Settings.Counting, Source: "by hand"},
		page.CaseFact{Name: "Rule set", Value: is.Settings.RuleSet, Source: "by hand"})
	levels := partnershipSection{ID: "levels", Title: "Agreed levels", Actions: []page.Link{{Text: "Add a level", Href: partnershipPath +
		"/levels/new"}}}
	if len(w.AgreedLevels) == 0 {
		levels.Words = "None. A level is a dotted line on a control chart."
	} else {
		levels.Table = page.Table{ID: "levels-table", Caption: "Agreed levels", HiddenCaption: true, Stack: true, Head: []page.Head{
			{Text: "Measure"}, {Text: "Of"}, {Text: "Level", Numeric: true}, {Text: "From"}, {Text: "To"}, {Text: "Agreed by"}}}
	}
	for i, l := range w.AgreedLevels {
		of := orWords(l.Provider+l.Council, "Everybody")
		if of != "Everybody" {
			of = orWords(is.NameOf(of), of)
		}
		levels.Table.Rows = append(levels.Table.Rows, []page.Cell{
			{Text: strings.TrimSpace(s.levelMeasure(l.Measure) + " " + l.Grain), Header: true,
				Href: partnershipPath + "/levels/" + strconv.Itoa(i+1)}, {Text: of}, {Text: number(l.Level), Class: page.Numeric},
			{Text: dayWords(l.From), Class: page.Whole}, {Text: orWords(dayWords(l.To), "The next one"), Class: page.Whole}, {Text: l.Agreed}})
	}
	mail := partnershipSection{ID: "mail", Title: "Mail", Actions: []page.Link{{Text: "Set up mail", Href: partnershipPath + "/mail"}},
		Words: "Nothing is mailed."}
	if m := is.Mail; w.Mail != nil && m != nil {
		mail.Words, mail.Actions[0].Text = "", "Change mail"
		account := "None"
		if m.User != "" {
			account = "Set in the file; its password stands in a file of its own"
		}
		mail.Facts = []page.CaseFact{{Name: "Server", Value: m.Host + ", port " + strconv.Itoa(m.Port) + ", " + m.Security},
			{Name: "Account", Value: account, Source: "by hand"}, {Name: "From", Value: m.From}, {Name: "Homeward's address", Value: m.Address},
			{Name: "Told of missing extracts", Value: orWords(strings.Join(m.MissingTo, ", "), "Nobody")},
			{Name: "Told at", Value: m.MissingAt}}
	}
	packs := partnershipSection{ID: "packs", Title: "Packs", Actions: []page.Link{{Text: "Add a pack", Href: partnershipPath + "/packs/new"}},
		Table: page.Table{ID: "packs-table", Caption: "Packs", HiddenCaption: true, Stack: true, Head: []page.Head{{Text: "Pack"},
			{Text: "Times"}, {Text: "Up to"}, {Text: "Of"}, {Text: "Told", Numeric: true}, {Text: "Public"}}}}
	for _, k := range is.Packs {
		packs.Table.Rows = append(packs.Table.Rows, []page.Cell{{Text: k.Title, Header: true, Href: partnershipPath + "/packs/" + k.Name},
			{Text: packTimes(k)}, {Text: measure.UpperFirst(periodWords[k.Period])},
			{Text: orWords(strings.Join(append(slices.Clone(k.Providers), k.Councils...), ", "), "Everybody")},
			{Text: count(int64(len(k.Recipients))), Class: page.Numeric}, {Text: yes(k.Public)}})
	}
	if len(is.Packs) == 0 {
		packs.Table, packs.Words = page.Table{}, "No pack is made by itself."
	}
	councils.fold("council", "councils")
	providers.fold("provider", "providers")
	settings.fold("setting", "settings")
	levels.fold("level", "levels")
	mail.fold("line", "lines")
	packs.fold("pack", "packs")
	return []partnershipSection{name, councils, providers, settings, levels, mail, packs}
}

// dayWords writes a day of the file as pages do.
func dayWords(text string) string {
	if day, err := delay.ParseDay(text); err == nil {
		return day.Long()
	}
	return text
}

// packTimes says when a pack is made.
func packTimes(k config.Pack) string {
	words, err := schedule.Words(k.Cron)
	if k.Words != "" || err != nil {
		return orWords(k.Words, k.Cron)
	}
	return measure.UpperFirst(words)
}

// twinLinks lead to the same rows in other forms.
func twinLinks(path string) []page.Link {
	return []page.Link{{Text: "CSV", Href: path + ".csv"}, {Text: "JSON", Href: path + ".json"}}
}

// partnershipTwin gives what the page shows: each thing that is set as one row.
func (s *Server) partnershipTwin(c echo.Context) (page.Twin, error) {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return page.Twin{}, err
	}
	f, err := s.opts.Partnership.File(c.Request().Context())
	if err != nil {
		return page.Twin{}, err
	}
	t := page.Twin{Title: partnershipTitle, AsAt: s.today().String(), Rows: [][]string{},
		Columns: []page.Column{{Name: "section"}, {Name: "entry"}, {Name: "name"}, {Name: "value"}}}
	for _, section := range s.partnershipSections(f) {
		for _, fact := range section.Facts {
			t.Rows = append(t.Rows, []string{section.ID, "", fact.Name, fact.Value})
		}
		for _, row := range section.Table.Rows {
			for i, cell := range row {
				t.Rows = append(t.Rows, []string{section.ID, row[0].Text, section.Table.Head[i].Text, cell.Text})
			}
		}
	}
	return t, nil
}

func (s *Server) partnershipCSV(c echo.Context) error {
	t, err := s.partnershipTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-partnership.csv", t)
}

func (s *Server) partnershipJSON(c echo.Context) error {
	t, err := s.partnershipTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}

// The fields of these forms beside those of the part itself.
const (
	wordBase = "base"
	wordDo   = "do"
	doSave   = "save"
	doBack   = "back"
	doRemove = "remove"
)

func (s *Server) partnershipFormPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	f, err := s.opts.Partnership.File(c.Request().Context())
	if err != nil {
		return err
	}
	form, err := s.partForm(c, f)
	if err != nil {
		return err
	}
	return s.page(c, "caseform", s.partView(c, f.Sum, form))
}

// partView is the page of a form of one part.
func (s *Server) partView(c echo.Context, base string, form *partForm) page.CaseForm {
	v := page.CaseForm{Form: page.Form{Frame: s.frame(c, form.title)}, Action: c.Request().URL.Path, Back: partnershipPath + "#" + form.part,
		BackText: "Back to Partnership", Caption: partnershipTitle, Lede: form.lede, Facts: form.facts,
		Hidden:  []page.Hidden{{Name: wordBase, Value: base}},
		Buttons: []page.Button{{Text: "Look at what it changes"}}}
	if form.removable {
		v.Buttons = append(v.Buttons, page.Button{Text: form.removeText, Name: wordDo, Value: doRemove, Class: "nhsuk-button--secondary"})
	}
	for i := range form.fields {
		v.Parts = append(v.Parts, form.fields[i].part())
	}
	page.Each(v.Parts, func(p page.Part) { v.Wrong(p.Target(), p.Error) })
	for _, sentence := range form.wrong {
		v.Wrong("form", sentence)
	}
	return v
}

// partnershipCheck is what a change does, before it is saved.
type partnershipCheck struct {
	page.Form
	Action, Back   string
	Hidden         []page.Hidden
	Does           string
	Effects        []string
	Waits          string
	Lines          []propose.Line
	Why            page.Field
	SaveText, Keep string
	// Cannot says why it is not done, Stands that there is nothing to do.
	Cannot []string
	Stands string
}

// changePartnership shows what a change does, and saves it when it is sent again
// from there.
func (s *Server) changePartnership(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := s.opts.Partnership.File(ctx)
	if err != nil {
		return err
	}
	form, err := s.partForm(c, f)
	if err != nil {
		return err
	}
	do := typed(c, wordDo)
	removing := do == doRemove || typed(c, "removing") != ""
	edits := form.read(c, s.opts.Partnership)
	if removing && form.removable {
		form.clear()
		edits = form.remove()
	}
	base := typed(c, wordBase)
	if do == doBack {
		form.clear()
		return s.page(c, "caseform", s.partView(c, base, form))
	}
	if base != f.Sum {
		return problem.New(problem.Conflict, "The partnership file was changed since you opened this page, by somebody else or by hand. Nothing "+
			"was saved. Look at the page Partnership again and make your change there.")
	}
	refuse := func() error {
		return s.formPage(c, http.StatusUnprocessableEntity, "caseform", s.partView(c, base, form))
	}
	if form.isWrong() {
		return refuse()
	}
	if len(edits) == 0 {
		form.wrong = append(form.wrong, "Nothing was changed. Change something, or go back.")
		return refuse()
	}
	t, err := s.opts.Partnership.Try(ctx, base, edits)
	if problem.KindOf(err) == problem.Invalid {
		form.wrong = append(form.wrong, problem.Sentence(err))
		return refuse()
	}
	if err != nil {
		return err
	}
	if form.place(t.Findings); len(t.Refused) > 0 || form.isWrong() {
		form.wrong = append(form.wrong, t.Refused...)
		return refuse()
	}
	v := s.checkView(c, "Check the change", t)
	v.SaveText, v.Keep = "Save this change", "Change it"
	v.Hidden = sentAlong(c, wordDo, "why", "removing")
	if removing {
		v.Title = "Check what goes"
		v.Hidden = append(v.Hidden, page.Hidden{Name: "removing", Value: "yes"})
		v.SaveText, v.Keep = form.removeText, ""
	}
	if do != doSave {
		return s.page(c, "partnership-check", v)
	}
	why, wrong := whySaved(c)
	if wrong != "" {
		v.Why.Value, v.Why.Error = why, wrong
		v.WrongFields(v.Why)
		return s.formPage(c, http.StatusUnprocessableEntity, "partnership-check", v)
	}
	saved, err := s.opts.Partnership.Save(ctx, s.actor(c), base, edits, why)
	if err != nil {
		return err
	}
	s.opts.Sessions.Say(ctx, savedAs(saved))
	return c.Redirect(http.StatusSeeOther, partnershipPath)
}

func savedAs(saved *PartnershipSaved) string {
	words := "Version " + count(saved.Number) + " is saved"
	if len(saved.Waits) == 0 {
		return words + ", and Homeward goes by it."
	}
	return words + ". " + laterWords(saved.Waits)
}

func (s *Server) checkView(c echo.Context, title string, t *PartnershipTrial) partnershipCheck {
	v := partnershipCheck{Form: page.Form{Frame: s.frame(c, title)}, Action: c.Request().URL.Path, Back: partnershipPath, Effects: t.Effects,
		Does:  "What it does",
		Lines: around(propose.Compare(string(t.Before), string(t.After))), Cannot: t.Refused,
		Why: page.Field{ID: "why", Label: "Why it is changed", Class: "nhsuk-input--width-30",
			Hint: "For example, agreed at the discharge board. The audit log keeps it: do not name people."}}
	v.Crumbs = []page.Link{{Text: partnershipTitle, Href: partnershipPath}}
	for _, f := range t.Findings {
		v.Cannot = append(v.Cannot, strings.TrimPrefix(f.At+": "+f.Words, ": "))
	}
	if len(t.Waits) > 0 {
		v.Waits = laterWords(t.Waits)
	}
	return v
}

// around leaves of a comparison the lines that differ and a few about them.
func around(all []propose.Line) []propose.Line {
	const near = 3
	var out []propose.Line
	last := -1
	for i, l := range all {
		from, to := max(0, i-near), min(len(all), i+near+1)
		if l.Mark == "" && !slices.ContainsFunc(all[from:to], func(o propose.Line) bool { return o.Mark != "" }) {
			continue
		}
		if last >= 0 && i > last+1 {
			out = append(out, propose.Line{Text: "…"})
		}
		out, last = append(out, l), i
	}
	for i := range out {
		out[i].Text = nhsnumber.Redact(out[i].Text)
	}
	return out
}

func (s *Server) partnershipVersionsPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	ctx := c.Request().Context()
	f, err := s.opts.Partnership.File(ctx)
	if err != nil {
		return err
	}
	all, err := s.opts.Partnership.Versions(ctx)
	if err != nil {
		return err
	}
	v := partnershipView{Form: page.Form{Frame: s.frame(c, versionsTitle), Said: s.opts.Sessions.Said(ctx)},
		Lede: standsWords(f, all, s.moment)}
	v.Crumbs = []page.Link{{Text: partnershipTitle, Href: partnershipPath}}
	v.Links = twinLinks(versionsPath)
	if len(all) > 0 {
		v.VersionsTable = page.Table{ID: "versions", Caption: "Versions", HiddenCaption: true, Stack: true, Head: []page.Head{{Text: "Version"},
			{Text: "Saved"}, {Text: "By"}, {Text: "Why"}}}
	}
	for _, one := range all {
		n := strconv.FormatInt(one.Number, 10)
		v.VersionsTable.Rows = append(v.VersionsTable.Rows, []page.Cell{{Text: n, Header: true, Href: versionsPath + "/" + n},
			{Text: s.moment(one.At)}, {Text: one.By}, {Text: nhsnumber.Redact(one.Why)}})
	}
	return s.page(c, "partnership", v)
}

// partnershipVersionsTwin gives the versions that the page lists, and whether the file
// is as each has it.
func (s *Server) partnershipVersionsTwin(c echo.Context) (page.Twin, error) {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return page.Twin{}, err
	}
	ctx := c.Request().Context()
	f, err := s.opts.Partnership.File(ctx)
	if err != nil {
		return page.Twin{}, err
	}
	all, err := s.opts.Partnership.Versions(ctx)
	if err != nil {
		return page.Twin{}, err
	}
	t := page.Twin{Title: versionsTitle, AsAt: s.today().String(), Rows: [][]string{},
		Columns: []page.Column{{Name: "version", Number: true}, {Name: "saved"}, {Name: "saved_by"}, {Name: "why"}, {Name: "stands_now"}}}
	now := slices.IndexFunc(all, func(v PartnershipVersion) bool { return string(v.Text) == string(f.Text) })
	for i, one := range all {
		t.Rows = append(t.Rows, []string{strconv.FormatInt(one.Number, 10), one.At.UTC().Format(time.RFC3339), one.By,
			nhsnumber.Redact(one.Why), strconv.FormatBool(i == now)})
	}
	return t, nil
}

func (s *Server) partnershipVersionsCSV(c echo.Context) error {
	t, err := s.partnershipVersionsTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-partnership-versions.csv", t)
}

func (s *Server) partnershipVersionsJSON(c echo.Context) error {
	t, err := s.partnershipVersionsTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}

// versionView is one version beside what stands.
func (s *Server) versionView(c echo.Context) (partnershipCheck, int64, error) {
	ctx := c.Request().Context()
	number, err := strconv.ParseInt(c.Param("number"), 10, 64)
	if err != nil {
		return partnershipCheck{}, 0, problem.New(problem.NotFound, "There is no version at this address. The page Versions lists those "+
			"that are kept.")
	}
	t, err := s.opts.Partnership.TryBack(ctx, number)
	if err != nil {
		return partnershipCheck{}, 0, err
	}
	f, err := s.opts.Partnership.File(ctx)
	if err != nil {
		return partnershipCheck{}, 0, err
	}
	n := count(number)
	v := s.checkView(c, "Version "+n+" of the partnership file", t)
	v.Crumbs = append(v.Crumbs, page.Link{Text: "Versions", Href: versionsPath})
	v.Hidden = []page.Hidden{{Name: wordBase, Value: f.Sum}}
	v.SaveText, v.Back = "Put version "+n+" back", versionsPath
	v.Does = "What putting it back does"
	v.Why.Label, v.Why.Hint = "Why version "+n+" is put back", "The audit log keeps it: do not name people."
	if string(t.Before) == string(t.After) {
		v.Stands = "This is what the file says now."
	}
	return v, number, nil
}

func (s *Server) partnershipVersionPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	v, _, err := s.versionView(c)
	if err != nil {
		return err
	}
	return s.page(c, "partnership-check", v)
}

func (s *Server) putPartnershipBack(c echo.Context) error {
	ctx := c.Request().Context()
	v, number, err := s.versionView(c)
	if err != nil {
		return err
	}
	why, wrong := whySaved(c)
	if wrong != "" {
		v.Why.Value, v.Why.Error = why, wrong
		v.WrongFields(v.Why)
		return s.formPage(c, http.StatusUnprocessableEntity, "partnership-check", v)
	}
	saved, err := s.opts.Partnership.PutBack(ctx, s.actor(c), typed(c, wordBase), number, why)
	if err != nil {
		return err
	}
	s.opts.Sessions.Say(ctx, savedAs(saved))
	return c.Redirect(http.StatusSeeOther, partnershipPath)
}
