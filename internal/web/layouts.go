package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/config"
	"homeward/internal/extract"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/propose"
	"homeward/internal/web/page"
)

// Layouts keeps the layouts of extracts and works new ones out of samples.
type Layouts interface {
	Layouts(ctx context.Context) ([]LayoutLine, error)
	// Layout gives a layout's text as it is used and its versions, the latest
	// first, or a problem of kind NotFound.
	Layout(ctx context.Context, name string) (string, []propose.Version, error)
	// Begin keeps samples, sealed, for the actor alone.
	Begin(ctx context.Context, by people.Actor, files []SentFile) (id string, err error)
	// Offer keeps a received file as the sample of the next version of its layout. It is
	// a Conflict problem where no layout is known or the file is no longer kept.
	Offer(ctx context.Context, by people.Actor, sum string) (id string, err error)
	Draft(ctx context.Context, by people.Actor, id string) (*LayoutDraft, error)
	// Correct takes answers given on the page of a revision; another one is a
	// Conflict problem.
	Correct(ctx context.Context, by people.Actor, id string, revision int, name string, answers propose.Answers) error
	// Save and TakeBack write a version, noted in the audit log. used says that
	// files are read by it from now on.
	Save(ctx context.Context, by people.Actor, id, why string) (name string, used bool, err error)
	TakeBack(ctx context.Context, by people.Actor, name string, number int, why string) (used bool, err error)
	Cancel(ctx context.Context, by people.Actor, id string) error
}

// LayoutLine is one layout of the list.
type LayoutLine struct {
	Name, About string
	// Wrong says what is to be put right in it, empty when it can be read.
	Wrong     string
	Providers []string
	Versions  int
	Last      propose.Version
	// ByHand says that the file was changed since its last version.
	ByHand bool
}

// LayoutDraft is a layout that is being worked out.
type LayoutDraft struct {
	ID    string
	Files []string
	// Named is the layout's name where somebody gave it.
	Named    string
	Proposal *propose.Proposal
	Answers  propose.Answers
	Revision int
	Until    time.Time
	// Against is the layout in force of which it is the next version, nil where the
	// sender is new.
	Against *propose.Against
}

const (
	layoutsPath   = "/layouts"
	newLayoutPath = layoutsPath + "/new"
	// The bounds of the samples of one sender.
	mostSamples = 31
	allSamples  = 32 << 20
)

func (s *Server) layoutRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	see, take := people.ReadAgain, people.TakeExtracts
	return []route{
		{get, layoutsPath, s.may(see, s.layouts(s.layoutsPage)), false},
		{get, layoutsPath + ".csv", s.may(see, s.layouts(s.layoutsCSV)), false},
		{get, layoutsPath + ".json", s.may(see, s.layouts(s.layoutsJSON)), false},
		{get, newLayoutPath, s.may(take, s.layouts(s.newLayoutPage)), false},
		{post, newLayoutPath, s.may(take, s.layouts(s.beginLayout)), true},
		{get, newLayoutPath + "/:id", s.may(take, s.layouts(s.draftPage)), false},
		{post, newLayoutPath + "/:id", s.may(take, s.layouts(s.correctLayout)), true},
		{post, newLayoutPath + "/:id/save", s.may(take, s.layouts(s.saveLayout)), true},
		{post, offerPath(":id"), s.may(take, s.layouts(s.offerLayout)), true},
		{post, newLayoutPath + "/:id/cancel", s.may(take, s.layouts(s.cancelLayout)), false},
		{get, layoutsPath + "/:name", s.may(see, s.layouts(s.layoutPage)), false},
		{post, layoutsPath + "/:name", s.may(take, s.layouts(s.takeLayoutBack)), true},
	}
}

// layouts refuses these routes where no layouts are kept.
func (s *Server) layouts(handler echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.opts.Layouts == nil {
			return problem.New(problem.Unavailable, "Layouts cannot be worked on here.")
		}
		return handler(c)
	}
}

type layoutsView struct {
	page.Form
	Lede  string
	Table page.Table
	New   string
	Links []page.Link
}

var layoutsCrumbs = []page.Link{{Text: "Extracts", Href: "/extracts"}}

func (s *Server) layoutsPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	all, err := s.opts.Layouts.Layouts(c.Request().Context())
	if err != nil {
		return err
	}
	v := layoutsView{Form: page.Form{Frame: s.frame(c, "Layouts"), Said: s.opts.Sessions.Said(c.Request().Context())}}
	v.Crumbs = layoutsCrumbs
	v.Lede = plural(int64(len(all)), "layout says", "layouts say") + " how the files of each hospital are read."
	v.Links = []page.Link{{Text: "CSV", Href: layoutsPath + ".csv"}, {Text: "JSON", Href: layoutsPath + ".json"}}
	if s.opens(newLayoutPath, s.actor(c)) {
		v.New = newLayoutPath
	}
	v.Table = page.Table{ID: "layouts", Caption: "Layouts", HiddenCaption: true, Stack: true,
		Head: []page.Head{{Text: "Layout"}, {Text: "Read by it"}, {Text: "What it reads"}, {Text: "Versions", Numeric: true},
			{Text: "Last saved"}}}
	for _, l := range all {
		about := orWords(l.About, "Not said")
		if l.Wrong != "" {
			about = "Cannot be read: " + l.Wrong
		}
		v.Table.Rows = append(v.Table.Rows, []page.Cell{{Text: l.Name, Header: true, Href: layoutsPath + "/" + l.Name},
			{Text: orWords(strings.Join(l.Providers, ", "), "Nobody yet")}, {Text: about},
			{Text: count(int64(l.Versions)), Class: page.Numeric}, {Text: s.lastSaved(l)}})
	}
	return s.page(c, "layouts", v)
}

func (s *Server) lastSaved(l LayoutLine) string {
	if l.Versions == 0 {
		return "By hand"
	}
	said := s.moment(l.Last.At) + ", " + l.Last.By
	if l.ByHand {
		said += ", and by hand since"
	}
	return said
}

func (s *Server) layoutsTwin(c echo.Context) (page.Twin, error) {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return page.Twin{}, err
	}
	all, err := s.opts.Layouts.Layouts(c.Request().Context())
	if err != nil {
		return page.Twin{}, err
	}
	t := page.Twin{Title: "Layouts", AsAt: s.today().String(), Rows: [][]string{},
		Columns: []page.Column{{Name: "layout"}, {Name: "providers"}, {Name: "about"}, {Name: "versions", Number: true}, {Name: "last_saved"},
			{Name: "saved_by"}, {Name: "changed_by_hand"}}}
	for _, l := range all {
		saved := ""
		if l.Versions > 0 {
			saved = l.Last.At.UTC().Format(time.RFC3339)
		}
		t.Rows = append(t.Rows, []string{l.Name, strings.Join(l.Providers, " "), l.About, strconv.Itoa(l.Versions), saved, l.Last.By,
			strconv.FormatBool(l.ByHand || l.Versions == 0)})
	}
	return t, nil
}

func (s *Server) layoutsCSV(c echo.Context) error {
	t, err := s.layoutsTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-layouts.csv", t)
}

func (s *Server) layoutsJSON(c echo.Context) error {
	t, err := s.layoutsTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}

// samplesView is the form for the samples of a new sender.
type samplesView struct {
	page.Form
	File   page.Field
	Action string
}

func (s *Server) samplesForm(c echo.Context, wrong string) samplesView {
	v := samplesView{Form: page.Form{Frame: s.frame(c, "Take on a new sender")}, Action: newLayoutPath,
		File: page.Field{ID: "file", Label: "Files of one sender", Error: wrong,
			Hint: fmt.Sprintf("CSV, TSV or XLSX, one or a few days, at most %d files and %dMB in all.", mostSamples, allSamples>>20)}}
	v.Crumbs = append(slices.Clone(layoutsCrumbs), page.Link{Text: "Layouts", Href: layoutsPath})
	v.WrongFields(v.File)
	return v
}

func (s *Server) newLayoutPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	return s.page(c, "layout-new", s.samplesForm(c, ""))
}

// beginLayout takes the samples and goes on to what they seem to say.
func (s *Server) beginLayout(c echo.Context) error {
	r := c.Request()
	s.wholeBody(r, allSamples)
	files, done, err := s.sentFiles(r, mostSamples, "One or a few days are enough.")
	defer done()
	id := ""
	if err == nil {
		id, err = s.opts.Layouts.Begin(r.Context(), s.actor(c), files)
	}
	if kind := problem.KindOf(err); kind == problem.Invalid || kind == problem.Conflict {
		return s.formPage(c, http.StatusUnprocessableEntity, "layout-new", s.samplesForm(c, problem.Sentence(err)))
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, newLayoutPath+"/"+id)
}

// wizardView is what samples seem to say, with a choice for each thing.
type wizardView struct {
	page.Form
	Caption, Action, Save, Cancel string
	Revision                      int
	Until                         string
	Lede, Trouble, Marks          string
	Files                         page.Table
	Unsure                        []string
	Columns                       []columnChoice
	Words                         []wordChoice
	Parts                         []page.Part
	Rows, Causes                  page.Table
	Layout, Needs                 string
	Name                          page.Field
	Why                           page.Field
	// Next says that it is the next version of a layout in force: Differences are those
	// of the files, Changed the lines that it has otherwise, and Same the columns that
	// are read as before.
	Next        bool
	Differences page.Table
	Changed     []propose.Line
	Same        []columnChoice
	SameWords   string
}

// columnChoice is one heading with what it could be.
type columnChoice struct {
	ID, Heading, Evidence, Unsure, Filled string
	// Right is the identifier of the box that says that it is right as it is, empty
	// where nothing is unsure.
	Right    string
	Examples []string
	Items    []page.Choice
}

// wordChoice is one word with what it could mean.
type wordChoice struct {
	ID, Word, Kind, Rows, How string
	Unsure                    bool
	Items                     []page.Choice
}

// fieldWords are the fields of a layout as people call them.
var fieldWords = []struct{ field, words string }{
	{"not_read", "Not read"}, {"extract_date", "Date of the list"}, {"provider", "Hospital or provider"}, {"site", "Site"}, {"ward", "Ward"},
	{"bed", "Bed"}, {"local_id", "Hospital number"}, {"nhs_number", "NHS number"}, {"pseudonym", "Pseudonym"}, {"spell",
		"Number of the stay"},
	{"birth_date", "Date of birth"}, {"age", "Age"}, {"admitted", "Admission date"}, {"criteria", "Meets the criteria to reside"},
	{"ready", "Discharge ready date"}, {"care", "Type of care"}, {"reason", "Reason for the delay"}, {"reason_detail",
		"Second code of the reason"},
	{"pathway", "Pathway"}, {"responsible", "Responsible body"}, {"waiting_on", "Who is waited on"}, {"funding", "Who pays"},
	{"council", "Council"}, {"discharged", "Day of leaving"}, {"destination", "Destination"},
}

// kindWords are the kinds of words as people call them.
var kindWords = map[string]string{"reasons": "Reason", "responsible": "Responsible body", "care": "Type of care",
	"waiting_on": "Who is waited on", "funding": "Who pays", "criteria": "Criteria to reside", "pathway": "Pathway",
	"destination": "Destination",
	"councils":    "Council"}

// meaningWords are meanings of layouts as people call them.
var meaningWords = map[string]string{"nhs": "NHS", "social-care": "Social care", "joint": "Joint", "housing": "Housing", "acute": "Acute",
	"non-acute": "Non-acute", "paediatric": "Paediatric", "maternity": "Maternity", "council": "Council", "self": "Self-funder",
	"meets": "Meets them", "does-not-meet": "Does not meet them", "died": "Died", "transferred": "To another acute hospital",
	"left": "Left alive", "not-known": "Not known", "0": "Pathway 0", "1": "Pathway 1", "2": "Pathway 2", "3": "Pathway 3"}

func (s *Server) draftPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	d, err := s.opts.Layouts.Draft(c.Request().Context(), s.actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	return s.page(c, "layout-draft", s.wizardView(c, d))
}

func (s *Server) wizardView(c echo.Context, d *LayoutDraft) wizardView {
	p := d.Proposal
	at := newLayoutPath + "/" + d.ID
	v := wizardView{Form: page.Form{Frame: s.frame(c, "Take on a new sender"), Said: s.opts.Sessions.Said(c.Request().Context())},
		Action: at, Save: at + "/save", Cancel: at + "/cancel", Revision: d.Revision, Until: s.moment(d.Until), Trouble: p.Refused,
		Layout: p.Layout, Needs: p.Partnership,
		Name: page.Field{ID: "name", Label: "Name of the layout", Value: p.Name, Hint: "Small letters, digits and hyphens. A name that " +
			"is there " +
			"already gets a new version.", Class: "nhsuk-input--width-20"},
		Why: page.Field{ID: "why", Label: "Why it is saved", Hint: "For example, first list of a new sender. The audit log keeps it: do " +
			"not name " +
			"people.", Class: "nhsuk-input--width-30"}}
	v.Crumbs = append(slices.Clone(layoutsCrumbs), page.Link{Text: "Layouts", Href: layoutsPath})
	if d.Against != nil {
		s.nextVersion(c, &v, d)
	}
	for _, u := range p.Unsure {
		v.Unsure = append(v.Unsure, measure.UpperFirst(u)+".")
	}
	v.Marks = count(int64(len(p.Unsure))) + " to check"
	if p.Refused != "" {
		v.Save = ""
	}
	v.Caption = nhsnumber.Redact(strings.Join(d.Files[:min(len(d.Files), 3)], ", "))
	if len(d.Files) > 3 {
		v.Caption += fmt.Sprintf(" and %d more", len(d.Files)-3)
	}
	var read, kept, excluded, aside int
	files := page.Table{ID: "files", Caption: "The samples, read this way", Stack: true, Head: []page.Head{{Text: "File"}, {Text: "Date"},
		{Text: "Rows", Numeric: true}, {Text: "Kept", Numeric: true}, {Text: "Not counted", Numeric: true}, {Text: "Put aside", Numeric: true},
		{Text: "Would be"}}}
	number := func(n int) page.Cell { return page.Cell{Text: count(int64(n)), Class: page.Numeric} }
	var groups []extract.Group
	rows := page.Table{ID: "rows", Caption: "The first rows as they are understood", Stack: true,
		Head: []page.Head{{Text: "Patient"}, {Text: "Line", Numeric: true},
			{Text: "Ready"}, {Text: "Left"}, {Text: "Reason"}, {Text: "Responsible"}, {Text: "Care"}, {Text: "Council"}}}
	for _, f := range p.Files {
		read, kept, excluded, aside = read+f.Read, kept+f.Kept, excluded+f.Excluded, aside+f.Quarantined
		fate := "Taken in"
		switch {
		case f.Rejected != "":
			fate = "Rejected. " + f.Rejected
		case f.Held != "":
			fate = "Held. " + f.Held
		}
		dates := "None"
		switch n := len(f.Dates); {
		case n == 1:
			dates = f.Dates[0]
		case n > 1:
			dates = f.Dates[0] + " to " + f.Dates[n-1]
		}
		files.Rows = append(files.Rows, []page.Cell{{Text: nhsnumber.Redact(f.Name), Header: true}, {Text: dates}, number(f.Read),
			number(f.Kept),
			number(f.Excluded), number(f.Quarantined), {Text: fate}})
		groups = append(groups, f.Causes...)
		for _, r := range f.Rows {
			rows.Rows = append(rows.Rows, []page.Cell{{Text: r.Who, Header: true}, number(r.Line), {Text: r.Ready, Class: page.Whole},
				{Text: orWords(r.Discharged, "In bed"), Class: page.Whole},
				{Text: measure.UpperFirst(r.Reason)}, {Text: measure.UpperFirst(r.Responsible)}, {Text: r.Care, Class: page.Whole},
				{Text: orWords(r.Council, "Not known")}})
		}
	}
	v.Lede = fmt.Sprintf("%s read: %s kept, %s not counted, %s put aside.", plural(int64(read), "row", "rows"), count(int64(kept)),
		count(int64(excluded)), count(int64(aside)))
	if len(p.Causes) > 0 {
		groups = p.Causes // The same word in every file is one thing to settle.
	}
	v.Files, v.Rows, v.Causes = files, rows, causesTable(groups)
	for i, col := range p.Columns {
		ch := columnChoice{ID: "c" + strconv.Itoa(i), Heading: col.Heading, Evidence: measure.UpperFirst(col.Evidence),
			Unsure: measure.UpperFirst(col.Unsure), Examples: col.Examples,
			Filled: fmt.Sprintf("%.0f%% filled", col.Filled*100)}
		if col.Unsure != "" {
			ch.Right = "ok" + strconv.Itoa(i)
		}
		for _, f := range fieldWords {
			ch.Items = append(ch.Items, page.Choice{Value: f.field, Text: f.words, Chosen: f.field == col.Field})
		}
		if d.Against != nil && col.Unsure == "" && col.Kept {
			v.Same = append(v.Same, ch)
			continue
		}
		v.Columns = append(v.Columns, ch)
	}
	v.SameWords = plural(int64(len(v.Same)), "column is", "columns are") + " read as before"
	for i, w := range p.Words {
		if w.How == "layout" || w.How == "list" && (w.Kind != "criteria" || d.Against != nil) {
			continue
		}
		ch := wordChoice{ID: "w" + strconv.Itoa(i), Word: extract.Glimpse(w.Word), Kind: kindWords[w.Kind],
			Rows:   plural(int64(w.Rows), "row", "rows"),
			Unsure: w.How == "none" || w.How == "like", How: howWords[w.How]}
		ch.Items = s.meanings(p, w)
		v.Words = append(v.Words, ch)
	}
	v.Parts = s.draftParts(d)
	return v
}

// howWords say how the meaning of a word was found.
var howWords = map[string]string{"like": "Read by likeness", "none": "In no list", "you": "As you said", "list": "As the list has it",
	"national": "In a national list, and not in the layout"}

// nextVersion says on the page of a draft that it is the next version of a layout.
func (s *Server) nextVersion(c echo.Context, v *wizardView, d *LayoutDraft) {
	p := d.Proposal
	v.Next, v.Needs = true, ""
	v.Frame = s.frame(c, "Next version of "+d.Against.Name)
	v.Crumbs = append(slices.Clone(layoutsCrumbs), page.Link{Text: "Layouts", Href: layoutsPath},
		page.Link{Text: d.Against.Name, Href: layoutsPath + "/" + d.Against.Name})
	v.Why.Hint = "For example, the sender's new system calls columns otherwise. The audit log keeps it: do not name people."
	v.Differences = page.Table{ID: "differences", Caption: "Where these files differ from the layout", Stack: true,
		Head: []page.Head{{Text: "What"}, {Text: "The layout has"}, {Text: "The file has"}, {Text: "Proposed"}}}
	for _, diff := range p.Differences {
		found := diff.Found
		if diff.Rows > 0 {
			found += " (" + plural(int64(diff.Rows), "row", "rows") + ")"
		}
		proposed := diff.Proposed
		for _, f := range fieldWords {
			if diff.Field != "" && f.field == diff.Proposed {
				proposed = f.words
			}
		}
		v.Differences.Rows = append(v.Differences.Rows, []page.Cell{{Text: diff.What, Header: true}, {Text: orWords(diff.Was, "Nothing")},
			{Text: measure.UpperFirst(orWords(found, "Not said"))}, {Text: orWords(orWords(meaningWords[proposed], proposed), "Nothing yet")}})
	}
	for _, line := range propose.Compare(d.Against.Text, p.Layout) {
		if line.Mark != "" {
			v.Changed = append(v.Changed, line)
		}
	}
	if len(v.Changed) == 0 {
		v.Save = ""
	}
}

// offerLayout opens the next version of a received file's layout, with the file as its
// sample.
func (s *Server) offerLayout(c echo.Context) error {
	sum := c.Param("id")
	if !isSum(sum) {
		return problem.New(problem.NotFound, "There is no receipt at this address. Receipts are listed on the extracts page.")
	}
	id, err := s.opts.Layouts.Offer(c.Request().Context(), s.actor(c), sum)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, newLayoutPath+"/"+id)
}

// offerPath is where a received file is offered as a new version of its layout.
func offerPath(sum string) string { return "/extracts/" + sum + "/layout" }

// meanings are what a word of a kind could mean.
func (s *Server) meanings(p *propose.Proposal, w propose.Word) []page.Choice {
	items := []page.Choice{{Value: "", Text: "Not known", Chosen: w.Meaning == ""}}
	add := func(values ...string) {
		for _, v := range values {
			items = append(items, page.Choice{Value: v, Text: orWords(meaningWords[v], v), Chosen: w.Meaning == v})
		}
	}
	switch w.Kind {
	case "reasons":
		set, err := s.opts.Defs.CodeSet(p.ReasonSet)
		if err != nil {
			return items
		}
		for _, r := range set.Reasons() {
			code, _ := set.Coded(r.Code(), 0)
			items = append(items, page.Choice{Value: code.Code, Text: strings.TrimSpace(code.Code + " " + code.Short),
				Chosen: w.Meaning == code.Code})
		}
	case "responsible":
		add(config.Bodies...)
	case "care":
		add(config.CareTypes...)
	case "waiting_on":
		add(config.Waited...)
	case "funding":
		add(config.Funders...)
	case "criteria":
		add(config.Criteria...)
	case "pathway":
		add(config.Pathways...)
	case "destination":
		add(config.Destinations...)
	case "councils":
		for _, a := range s.opts.Places.Councils {
			items = append(items, page.Choice{Value: string(a.Code), Text: a.Name, Chosen: w.Meaning == string(a.Code)})
		}
	}
	return items
}

// draftParts are the choices that concern the file as a whole.
func (s *Server) draftParts(d *LayoutDraft) []page.Part {
	p := d.Proposal
	choose := func(id, label, hint, chosen string, values ...[2]string) page.Part {
		part := page.Part{Kind: "select", ID: id, Label: label, Hint: hint, Groups: []page.PartGroup{{}}}
		known := false
		for _, v := range values {
			known = known || v[0] == chosen
			part.Groups[0].Items = append(part.Groups[0].Items, page.Choice{Value: v[0], Text: v[1], Chosen: v[0] == chosen})
		}
		if !known {
			part.Groups[0].Items = append(part.Groups[0].Items, page.Choice{Value: chosen, Text: chosen, Chosen: true})
		}
		return part
	}
	unsure := func(evidence, unsure string) string {
		if unsure != "" {
			return "To check: " + unsure + "."
		}
		return measure.UpperFirst(evidence)
	}
	dates := strings.Join(p.Dates.Formats, ", ")
	var parts []page.Part
	// What is unsure can be said to be right as well as changed.
	add := func(part page.Part, unsure string) {
		if parts = append(parts, part); unsure != "" {
			parts = append(parts, page.Part{Kind: "check", ID: "ok-" + part.ID,
				Groups: []page.PartGroup{{Items: []page.Choice{{ID: "ok-" + part.ID, Value: "yes", Text: part.Label + ": it is right"}}}}})
		}
	}
	values := [][2]string{{dates, orWords(dates, "Only forms that read one way")}}
	for _, other := range []string{"dd/mm/yyyy", "mm/dd/yyyy", "dd/mm/yy", "mm/dd/yy", "ddmmyyyy", "serial"} {
		if other != dates {
			values = append(values, [2]string{other, other})
		}
	}
	add(choose("dates", "How dates are written", unsure(p.Dates.Evidence, p.Dates.Unsure), dates, values...), p.Dates.Unsure)
	code := ""
	if len(p.Providers) == 1 {
		code = p.Providers[0].Code
	}
	if !p.Several && d.Against == nil {
		part := page.Part{Kind: "text", ID: "provider", Label: "Code of the provider", Value: code, Class: "nhsuk-input--width-10",
			Hint: "The ODS code, such as RK9."}
		if len(p.Providers) > 0 && p.Providers[0].Unsure != "" {
			part.Hint = "To check: " + p.Providers[0].Unsure + "."
		}
		parts = append(parts, part)
	}
	if p.Care.Value != "column" {
		var care [][2]string
		for _, t := range config.CareTypes {
			care = append(care, [2]string{t, meaningWords[t]})
		}
		add(choose("care", "Type of care of every row", unsure(p.Care.Evidence, p.Care.Unsure), p.Care.Value, care...), p.Care.Unsure)
	}
	sets := make([][2]string, 0, len(s.opts.Defs.CodeSets))
	for _, set := range s.opts.Defs.CodeSets {
		sets = append(sets, [2]string{set.Name, set.Title})
	}
	add(choose("codeset", "List of reasons", unsure(p.CodeSet.Evidence, p.CodeSet.Unsure), p.CodeSet.Value, sets...), p.CodeSet.Unsure)
	return parts
}

// correctLayout takes what was chosen and shows its effect at once.
func (s *Server) correctLayout(c echo.Context) error {
	ctx, by, id := c.Request().Context(), s.actor(c), c.Param("id")
	d, err := s.opts.Layouts.Draft(ctx, by, id)
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(typed(c, "revision"))
	if err != nil {
		return problem.New(problem.Invalid, "The form could not be read.")
	}
	answers, name := s.answersOf(c, d)
	if err := s.opts.Layouts.Correct(ctx, by, id, revision, name, answers); err != nil {
		if problem.KindOf(err) != problem.Invalid {
			return err
		}
		v := s.wizardView(c, d)
		v.Wrong("corrections", problem.Sentence(err))
		return s.formPage(c, http.StatusUnprocessableEntity, "layout-draft", v)
	}
	s.opts.Sessions.Say(ctx, "The samples were read again with your choices.")
	return c.Redirect(http.StatusSeeOther, newLayoutPath+"/"+id)
}

// answersOf gives the answers so far with what differs from the page: what was
// left as it was proposed stays a proposal.
func (s *Server) answersOf(c echo.Context, d *LayoutDraft) (propose.Answers, string) {
	p, a := d.Proposal, d.Answers
	a.Fields, a.Words = cloneMap(a.Fields), cloneWords(a.Words)
	form, _ := c.FormParams()
	given := func(key string) (string, bool) { return strings.TrimSpace(form.Get(key)), form.Has(key) }
	for i, col := range p.Columns {
		_, right := given("ok" + strconv.Itoa(i))
		if field, ok := given("c" + strconv.Itoa(i)); ok && (field != col.Field || right) {
			a.Fields[extract.Fold(col.Heading)] = field
		}
	}
	for i, w := range p.Words {
		if meaning, ok := given("w" + strconv.Itoa(i)); ok && meaning != w.Meaning {
			if a.Words[w.Kind] == nil {
				a.Words[w.Kind] = map[string]string{}
			}
			a.Words[w.Kind][extract.Fold(w.Word)] = meaning
		}
	}
	right := func(part string) bool { return form.Has("ok-" + part) }
	if dates, ok := given("dates"); ok && (dates != strings.Join(p.Dates.Formats, ", ") || right("dates")) {
		a.Dates = strings.Split(dates, ", ")
	}
	if care, ok := given("care"); ok && (care != p.Care.Value || right("care")) {
		a.Care = care
	}
	if set, ok := given("codeset"); ok && (set != p.CodeSet.Value || right("codeset")) {
		a.CodeSet = set
	}
	code := ""
	if len(p.Providers) == 1 {
		code = p.Providers[0].Code
	}
	if provider, ok := given("provider"); ok && provider != code {
		a.Provider = strings.ToUpper(provider)
	}
	name, _ := given("name")
	if name == p.Name {
		name = d.Named // What was made up follows what it is made of.
	}
	return a, name
}

func cloneMap(m map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, m)
	return out
}

func cloneWords(m map[string]map[string]string) map[string]map[string]string {
	out := map[string]map[string]string{}
	for k, v := range m {
		out[k] = cloneMap(v)
	}
	return out
}

// saveLayout saves the layout as it is proposed.
func (s *Server) saveLayout(c echo.Context) error {
	ctx, by, id := c.Request().Context(), s.actor(c), c.Param("id")
	d, err := s.opts.Layouts.Draft(ctx, by, id)
	if err != nil {
		return err
	}
	why, wrong := whySaved(c)
	if wrong == "" && typed(c, "revision") != strconv.Itoa(d.Revision) {
		wrong = "These samples were worked on in another window since. Look at the page again"
	}
	if wrong == "" {
		var name string
		var used bool
		if name, used, err = s.opts.Layouts.Save(ctx, by, id, why); err == nil {
			s.opts.Sessions.Say(ctx, savedWords(name, used))
			return c.Redirect(http.StatusSeeOther, layoutsPath+"/"+name)
		}
		if problem.KindOf(err) != problem.Invalid {
			return err
		}
		wrong = problem.Sentence(err)
	}
	v := s.wizardView(c, d)
	v.Why.Value, v.Why.Error = why, wrong
	v.WrongFields(v.Why)
	return s.formPage(c, http.StatusUnprocessableEntity, "layout-draft", v)
}

func savedWords(name string, used bool) string {
	if used {
		return "The layout " + name + " is saved, and files are read by it from now on. What came before can be read again by it: " +
			"Extracts, Read again."
	}
	return "The layout " + name + " is saved. It is used once the partnership file names it, which an administrator sets on the page " +
		"Partnership, or, where it counts otherwise than before, when Homeward is started again."
}

// whySaved reads why a version is saved.
func whySaved(c echo.Context) (why, wrong string) {
	why = strings.Join(strings.Fields(typed(c, "why")), " ")
	switch {
	case why == "":
		return "", "Enter why it is saved"
	case len([]rune(why)) > decisionLimit:
		return why, "Why it is saved must be " + measure.Whole(decisionLimit) + " characters or less"
	case nhsnumber.In(why):
		return "", "Remove the NHS number. Do not type numbers that identify a person here."
	}
	return why, ""
}

func (s *Server) cancelLayout(c echo.Context) error {
	ctx := c.Request().Context()
	if err := s.opts.Layouts.Cancel(ctx, s.actor(c), c.Param("id")); err != nil {
		return err
	}
	s.opts.Sessions.Say(ctx, "The samples are deleted. Nothing was saved.")
	return c.Redirect(http.StatusSeeOther, layoutsPath)
}

// layoutView is one layout with its versions, and how one of them differs from
// the text that is used.
type layoutView struct {
	page.Form
	Lede    string
	Heading string
	// Upload is the form for a file that is read by it, empty where none is.
	Upload   string
	Versions page.Table
	Text     string
	Compared string
	Lines    []propose.Line
	// Back is the version that the form takes back, 0 for none.
	Back   int
	Action string
	Why    page.Field
}

// wordVersion is the query word of a version.
const wordVersion = "version"

func (s *Server) layoutPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), wordVersion, page.WordView); err != nil {
		return err
	}
	v, err := s.layoutView(c, c.QueryParam(wordVersion))
	if err != nil {
		return err
	}
	return s.page(c, "layout", v)
}

func (s *Server) layoutView(c echo.Context, asked string) (layoutView, error) {
	name := c.Param("name")
	text, versions, err := s.opts.Layouts.Layout(c.Request().Context(), name)
	if err != nil {
		return layoutView{}, err
	}
	v := layoutView{Form: page.Form{Frame: s.frame(c, "Layout "+name), Said: s.opts.Sessions.Said(c.Request().Context())}, Text: text,
		Action: layoutsPath + "/" + name}
	v.Crumbs = append(slices.Clone(layoutsCrumbs), page.Link{Text: "Layouts", Href: layoutsPath})
	switch {
	case len(versions) == 0:
		v.Lede = "It was written by hand. The first version that is saved here keeps it beside."
	case versions[0].Text != text:
		v.Lede = "It was changed by hand since its last version, number " + strconv.Itoa(versions[0].Number) + "."
	default:
		v.Lede = "Version " + strconv.Itoa(versions[0].Number) + " is the latest."
	}
	all, err := s.opts.Layouts.Layouts(c.Request().Context())
	if err != nil {
		return v, err
	}
	v.Heading = "As it is used"
	for _, l := range all {
		switch {
		case l.Name != name:
		case len(l.Providers) == 0:
			v.Heading = "As it stands"
			v.Lede += " No hospital's files are read by it yet: an administrator gives it to one on the page Partnership, where it is used at " +
				"once, or writes the lines at its end into partnership.yaml and starts Homeward again."
		default:
			v.Lede += " Files of " + strings.Join(l.Providers, ", ") + " are read by it."
			if s.opens(uploadPath, s.actor(c)) {
				v.Upload = uploadPath
			}
		}
	}
	if len(versions) > 0 {
		v.Versions = page.Table{ID: "versions", Caption: "Versions", Stack: true, Head: []page.Head{{Text: "Version"}, {Text: "Saved"},
			{Text: "By"},
			{Text: "Why"}}}
	}
	for _, one := range versions {
		number := strconv.Itoa(one.Number)
		href := page.Address(v.Action, url.Values{wordVersion: {number}})
		v.Versions.Rows = append(v.Versions.Rows, []page.Cell{{Text: number, Header: true, Href: href}, {Text: s.moment(one.At)},
			{Text: measure.UpperFirst(one.By)}, {Text: nhsnumber.Redact(one.Why)}})
		if asked == number {
			v.Compared, v.Lines = "Version "+number+" beside what is used", propose.Compare(one.Text, text)
			if one.Text != text && s.actor(c).May(people.TakeExtracts) {
				v.Back = one.Number
				v.Why = page.Field{ID: "why", Label: "Why version " + number + " is used again", Class: "nhsuk-input--width-30",
					Hint: "The audit log keeps it: do not name people."}
			}
		}
	}
	if asked != "" && v.Compared == "" {
		return v, problem.New(problem.NotFound, "The layout %s has no version %s.", name, page.Quote(asked))
	}
	return v, nil
}

func (s *Server) takeLayoutBack(c echo.Context) error {
	name, asked := c.Param("name"), typed(c, "version")
	number, err := strconv.Atoi(asked)
	if err != nil {
		return problem.New(problem.Invalid, "The form could not be read.")
	}
	why, wrong := whySaved(c)
	if wrong != "" {
		v, err := s.layoutView(c, asked)
		if err != nil {
			return err
		}
		v.Why.Value, v.Why.Error = why, wrong
		v.WrongFields(v.Why)
		return s.formPage(c, http.StatusUnprocessableEntity, "layout", v)
	}
	used, err := s.opts.Layouts.TakeBack(c.Request().Context(), s.actor(c), name, number, why)
	if err != nil {
		return err
	}
	s.opts.Sessions.Say(c.Request().Context(), savedWords(name, used))
	return c.Redirect(http.StatusSeeOther, layoutsPath+"/"+name)
}
