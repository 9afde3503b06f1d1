package web

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/config"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// partForm is the form of one part of the partnership file: a section of it, or one
// entry of a list.
type partForm struct {
	part, title, removeText string
	lede                    []string
	facts                   []page.CaseFact
	fields                  []partField
	removable               bool
	// at is the place of the part in the file; adds is set where it is to be added to
	// the list of which it would be the last.
	at   []any
	adds bool
	// before are edits that make the place first.
	before []config.Edit
	// fill completes what was typed for a new entry, or says what is wrong.
	fill  func(f *partForm, desk PartnershipDesk)
	wrong []string
}

// partField is one thing that a form sets.
type partField struct {
	// key is its place under that of the form, such as due or population.adults.
	key, label, hint, class string
	kind                    fieldKind
	choices                 [][2]string
	// was is what stands, given what was typed; lists are one to a line.
	was, given, err string
}

type fieldKind uint8

const (
	aText fieldKind = iota
	aNumber
	aWhole
	aList   // one to a line
	aChoice // one of choices
	some    // of choices
	aTruth
	// only is a text of the form that no key holds.
	only
)

// id is the field's name on the page.
func (f *partField) id() string { return strings.ReplaceAll(f.key, ".", "-") }

// words say what stands, for the overview.
func (f *partField) words() string {
	for _, c := range f.choices {
		if c[0] == f.was {
			return c[1]
		}
	}
	return f.was
}

func (f *partField) part() page.Part {
	value := nhsnumber.Redact(f.given)
	p := page.Part{ID: f.id(), Label: f.label, Hint: f.hint, Error: f.err, Value: value, Class: f.class}
	switch f.kind {
	case aList:
		p.Kind = "area"
	case aChoice:
		p.Kind, p.Groups = "select", []page.PartGroup{{}}
		for _, c := range f.choices {
			p.Groups[0].Items = append(p.Groups[0].Items, page.Choice{Value: c[0], Text: c[1], Chosen: c[0] == f.given})
		}
	case some, aTruth:
		p.Kind, p.Groups = "check", []page.PartGroup{{}}
		for _, c := range f.choices {
			p.Groups[0].Items = append(p.Groups[0].Items, page.Choice{ID: f.id() + "-" + c[0], Value: c[0], Text: c[1],
				Chosen: slices.Contains(strings.Split(f.given, "\n"), c[0])})
		}
		return page.Part{Kind: "several", ID: p.ID, Label: p.Label, Hint: p.Hint, Error: p.Error, Groups: p.Groups}
	default:
		p.Kind = "text"
	}
	return p
}

func (f *partForm) field(key string) *partField {
	i := slices.IndexFunc(f.fields, func(o partField) bool { return o.key == key })
	if i < 0 {
		return nil
	}
	return &f.fields[i]
}

func (f *partForm) isWrong() bool {
	return len(f.wrong) > 0 || slices.ContainsFunc(f.fields, func(o partField) bool { return o.err != "" })
}

// clear takes back what was found wrong.
func (f *partForm) clear() {
	f.wrong = nil
	for i := range f.fields {
		f.fields[i].err = ""
	}
}

// read takes what was typed and gives the edits that it asks for.
func (f *partForm) read(c echo.Context, desk PartnershipDesk) []config.Edit {
	params, err := c.FormParams()
	if err != nil {
		f.wrong = append(f.wrong, "The form could not be read.")
		return nil
	}
	for i := range f.fields {
		o := &f.fields[i]
		values := params[o.id()]
		switch o.kind {
		case some, aTruth:
			o.given = linesOf(values)
		case aList:
			o.given = linesOf(linesTyped(strings.Join(values, "\n")))
		default:
			o.given = strings.Join(strings.Fields(strings.Join(values, " ")), " ")
		}
		switch n := len([]rune(o.given)); {
		case o.kind != aList && n > 300 || n > 6000:
			o.err = fmt.Sprintf("%s: found %d characters, which is too long. Shorten it", o.label, n)
		}
	}
	if f.fill != nil {
		f.fill(f, desk)
	}
	return f.edits()
}

// linesTyped gives the lines of a text that say something.
func linesTyped(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// value gives what was typed as the file holds it, nil for nothing.
func (f *partField) value() any {
	switch {
	case f.given == "":
		return nil
	case f.kind == aList || f.kind == some:
		return strings.Split(f.given, "\n")
	case f.kind == aTruth:
		return true
	case f.kind == aWhole:
		n, err := strconv.Atoi(strings.ReplaceAll(f.given, ",", ""))
		if err != nil {
			f.err = fmt.Sprintf("%s: found %q, expected a whole number such as 14", f.label, f.given)
		}
		return n
	case f.kind == aNumber:
		n, err := strconv.ParseFloat(f.given, 64)
		if err != nil || n > 1e9 || n < -1e9 || n != n {
			f.err = fmt.Sprintf("%s: found %q, expected a number such as 0.5", f.label, f.given)
			return 0.0
		}
		return n
	}
	return f.given
}

// edits gives what makes the file say what was typed: only what differs from what
// stands.
func (f *partForm) edits() []config.Edit {
	if f.adds {
		var entry config.Entry
		for i := range f.fields {
			o := &f.fields[i]
			v := o.value()
			if v == nil || o.kind == only {
				continue
			}
			key, under, nested := strings.Cut(o.key, ".")
			if !nested {
				entry = append(entry, config.Pair{Key: key, Value: v})
				continue
			}
			at := slices.IndexFunc(entry, func(p config.Pair) bool { return p.Key == key })
			if at < 0 {
				at, entry = len(entry), append(entry, config.Pair{Key: key, Value: config.Entry{}})
			}
			entry[at].Value = append(entry[at].Value.(config.Entry), config.Pair{Key: under, Value: v})
		}
		return append(slices.Clone(f.before), config.Append(entry, f.at[:len(f.at)-1]...))
	}
	edits, changed := slices.Clone(f.before), false
	left := map[string]int{} // how many fields of a group still say something
	for i := range f.fields {
		if group, _, ok := strings.Cut(f.fields[i].key, "."); ok && f.fields[i].given != "" {
			left[group]++
		}
	}
	for i := range f.fields {
		o := &f.fields[i]
		if o.kind == only || o.given == o.was {
			continue
		}
		changed = true
		group, _, nested := strings.Cut(o.key, ".")
		at := slices.Clone(f.at)
		if nested && left[group] == 0 {
			edits = append(edits, config.Drop(append(at, group)...))
			continue
		}
		for key := range strings.SplitSeq(o.key, ".") {
			at = append(at, key)
		}
		if v := o.value(); v != nil {
			edits = append(edits, config.Put(v, at...))
		} else {
			edits = append(edits, config.Drop(at...))
		}
	}
	if !changed {
		return nil
	}
	return edits
}

func (f *partForm) remove() []config.Edit {
	return append(slices.Clone(f.before), config.Drop(f.at...))
}

var findingKey = regexp.MustCompile(`^\.?([a-z_]+)`)

// place puts what is to be put right beside the fields.
func (f *partForm) place(found []config.Finding) {
	var b strings.Builder
	for _, step := range f.at {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", step+1)
		case string:
			b.WriteString(step)
		}
	}
	for _, one := range found {
		words := strings.TrimSuffix(strings.TrimSuffix(one.Words, "."), ", in quotation marks")
		words = strings.Replace(words, `found "",`, "found nothing,", 1)
		rest, mine := strings.CutPrefix(one.At, b.String())
		var o *partField
		if mine {
			if o = f.field(strings.TrimPrefix(rest, ".")); o == nil {
				if m := findingKey.FindStringSubmatch(rest); m != nil {
					o = f.field(m[1])
				}
			}
		}
		switch {
		case o == nil && mine && rest == "" && len(f.fields) > 0 && len(f.at) > 0:
			o = &f.fields[0]
			fallthrough
		case o != nil:
			if o.err == "" {
				o.err = o.label + ": " + words
			}
		case one.At == "":
			f.wrong = append(f.wrong, measure.UpperFirst(words))
		default:
			f.wrong = append(f.wrong, one.At+": "+words)
		}
	}
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func whole(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func noPart() error {
	return problem.New(problem.NotFound, "There is nothing to change at this address. The page Partnership lists what is set.")
}

// partForm gives the form of an address, with what stands in its fields.
func (s *Server) partForm(c echo.Context, file *PartnershipFile) (*partForm, error) {
	if len(file.Wrong) > 0 {
		return nil, problem.New(problem.Conflict, "The partnership file is not right as it stands, so it is not changed here. Put it right by "+
			"hand: %s", strings.Join(file.Wrong, " "))
	}
	part, id := c.Param("part"), c.Param("id")
	var f *partForm
	switch {
	case id == "" && part == "name":
		f = &partForm{title: "Change the name", fields: []partField{{key: "name", label: "Name of the partnership", class: wideInput,
			was: file.Written.Name}}}
	case id == "" && part == "settings":
		f = &partForm{title: "Change the settings", at: []any{"settings"}}
		f.fields, f.lede = settingsFields(file)
	case id == "" && part == "mail":
		f = mailForm(file)
	case part == "councils":
		f = councilForm(file, id)
	case part == "providers":
		f = providerForm(file, id)
	case part == "levels":
		f = s.levelForm(file, id)
	case part == "packs":
		f = packForm(file, id)
	}
	if f == nil {
		return nil, noPart()
	}
	f.part = part
	for i := range f.fields {
		f.fields[i].given = f.fields[i].was
	}
	return f, nil
}

const (
	wideInput  = "nhsuk-input--width-30"
	shortInput = "nhsuk-input--width-5"
	nameInput  = "nhsuk-input--width-20"
	codeInput  = "nhsuk-input--width-10"
)

func settingsFields(file *PartnershipFile) ([]partField, []string) {
	is := file.Is.Settings
	return []partField{
			{key: "headline", label: "Days that figures count", kind: aChoice, was: is.Headline, choices: [][2]string{
				{config.HeadlineCounted, "Every counted day"}, {config.HeadlineAgreed, "Days that both bodies have agreed"}}},
			{key: "lead", label: "What the overview begins with", kind: aChoice, was: is.Lead, choices: [][2]string{
				{config.LeadSitrep, "England's situation report"}, {config.LeadDischarge, "England's discharge delay"},
				{config.LeadLocal, "The partnership's own count"}}},
			{key: "discharge_age_floor", label: "Age from which discharges count", kind: aWhole, was: strconv.Itoa(*is.DischargeAgeFloor),
				class: shortInput, hint: "16 or 18. The discharge ready date statistic says 16."},
			{key: "omitted_limit_days", label: "Days that a patient may be left out and still be the same delay", kind: aWhole,
				was: strconv.Itoa(is.OmittedLimitDays), class: shortInput, hint: "Usually 14 (rule C7)."},
			{key: "short_file_ratio", label: "Part of the last file's rows below which a file is held as short", kind: aNumber,
				was: number(is.ShortFileRatio), class: shortInput, hint: "Usually 0.5 (rule R5)."},
			{key: "short_file_least", label: "Rows that must be lacking at least", kind: aWhole, was: strconv.Itoa(is.ShortFileLeast),
				class: shortInput, hint: "Usually 10."},
			{key: "unread_share", label: "Part of its rows that may not be read before a file is held", kind: aNumber,
				was: number(is.UnreadShare), class: shortInput, hint: "Usually 0.2 (rule R5)."},
			{key: "unread_least", label: "Rows that could not be read at least", kind: aWhole, was: strconv.Itoa(is.UnreadLeast),
				class: shortInput, hint: "Usually 3."},
		}, []string{"An empty field means what is usual. The counting convention (" + is.Counting + ") and the rule set (" + is.RuleSet +
			") are not changed here: another one counts every past day otherwise. Change them in " + file.Name +
			" by hand, compare with homeward figures --conventions, and start Homeward again."}
}

func councilForm(file *PartnershipFile, id string) *partForm {
	w := file.Written
	i := slices.IndexFunc(w.Councils, func(o config.Council) bool { return o.Code == id })
	var o config.Council
	f := &partForm{removable: true, removeText: "Remove this council"}
	switch {
	case id == "new":
		f.title, f.adds, f.removable, i, f.fill = "Add a council", true, false, len(w.Councils), fillCouncil
		f.fields = []partField{{key: "find", label: "Council", kind: only, class: wideInput, hint: "Its name or its ONS code, such as Devon or " +
			"E10000008. The code, number and name are those of the national list."}, {key: "code", label: "ONS code", class: codeInput,
			hint: "Only for a council that is in no national list."}}
	case i < 0:
		return nil
	default:
		o = w.Councils[i]
		f.title, f.facts = "Change "+o.Name, []page.CaseFact{{Name: "Code", Value: o.Code}}
	}
	f.at = []any{"councils", i}
	f.fields = append(f.fields,
		partField{key: "cssr", label: "Number of three characters", class: shortInput, was: o.CSSR, hint: "The old number, such as 912, where " +
			"files have it."},
		partField{key: "name", label: "Name on pages", class: wideInput, was: o.Name},
		partField{key: "names", label: "What else files call it", kind: aList, was: linesOf(o.Names), hint: "One name on each line."},
		partField{key: "population.adults", label: "Adults who live there", kind: aWhole, class: codeInput, was: whole(o.Population.Adults),
			hint: "For rates per 100,000. Leave all three empty where you have no figure."},
		partField{key: "population.year", label: "Year of that number", class: shortInput, was: o.Population.Year},
		partField{key: "population.source", label: "Source of that number", class: wideInput, was: o.Population.Source})
	return f
}

// fillCouncil finds the council that was named in the national lists.
func fillCouncil(f *partForm, desk PartnershipDesk) {
	find, code, name, cssr := f.field("find"), f.field("code"), f.field("name"), f.field("cssr")
	if find.given == "" {
		if code.given == "" {
			find.err = "Enter the council's name or its code"
		}
		return
	}
	found, err := desk.Council(find.given)
	switch {
	case err != nil:
		f.wrong = append(f.wrong, problem.Sentence(err))
	case len(found) == 1:
		if code.given == "" {
			code.given = found[0].Code
		}
		if name.given == "" {
			name.given = found[0].Name
		}
		if cssr.given == "" {
			cssr.given = found[0].CSSR
		}
	case len(found) == 0 && code.given == "":
		find.err = fmt.Sprintf("Council: found %q, which no national list has. Check the spelling, or enter its ONS code and its name below",
			find.given)
	case len(found) > 1:
		words := make([]string, len(found))
		for i, o := range found {
			words[i] = o.Name + " (" + o.Code + ")"
		}
		find.err = fmt.Sprintf("Council: found %q, which may be %s. Enter the code of the one that you mean", find.given,
			strings.Join(words, ", "))
	}
}

func providerForm(file *PartnershipFile, id string) *partForm {
	w := file.Written
	i := slices.IndexFunc(w.Providers, func(o config.Provider) bool { return o.Code == id })
	var o config.Provider
	f := &partForm{removable: true, removeText: "Remove this provider"}
	switch {
	case id == "new":
		f.title, f.adds, f.removable, i = "Add a provider", true, false, len(w.Providers)
		f.fields = []partField{{key: "code", label: "ODS code", class: codeInput, hint: "Such as RK9, in capitals."}}
	case i < 0:
		return nil
	default:
		o = w.Providers[i]
		f.title, f.facts = "Change "+o.Name, []page.CaseFact{{Name: "Code", Value: o.Code}}
		f.lede = []string{"A provider that got another code, or took another one in, lists the former code under formerly in " + file.Name +
			", by hand."}
	}
	f.at = []any{"providers", i}
	layouts := [][2]string{{"", "None: it is run from the log"}}
	for _, l := range file.Layouts {
		layouts = append(layouts, [2]string{l, l})
	}
	if o.Layout != "" && !slices.Contains(file.Layouts, o.Layout) {
		layouts = append(layouts, [2]string{o.Layout, o.Layout})
	}
	var days [][2]string
	for _, word := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		d, _ := config.Weekday(word)
		days = append(days, [2]string{word, d.String()})
	}
	var expected []string
	for _, day := range days {
		d, _ := config.Weekday(day[0])
		if slices.ContainsFunc(o.ExpectedDays, func(word string) bool { on, ok := config.Weekday(word); return ok && on == d }) {
			expected = append(expected, day[0])
		}
	}
	f.fields = append(f.fields,
		partField{key: "name", label: "Name", class: wideInput, was: o.Name},
		partField{key: "names", label: "What else files call it", kind: aList, was: linesOf(o.Names), hint: "One name on each line."},
		partField{key: "layout", label: "Layout of its files", kind: aChoice, choices: layouts, was: o.Layout, hint: "Layouts are made on the " +
			"page Layouts, from a sample."},
		partField{key: "other_layouts", label: "Other layouts that it sends or sent before", kind: aList, was: linesOf(o.OtherLayouts),
			hint: "One layout on each line."},
		partField{key: "due", label: "Due by", class: shortInput, was: o.Due, hint: "London time, such as 07:00. Empty: no time is expected."},
		partField{key: "expected_days", label: "Days of which it sends files", kind: some, choices: days, was: linesOf(expected),
			hint: "None chosen: every day."},
		partField{key: "data_owner", label: "Who mends its data", class: wideInput, was: o.DataOwner, hint: "A team or a role, not a person. " +
			"Empty: the hospital's data team."})
	return f
}

func (s *Server) levelForm(file *PartnershipFile, id string) *partForm {
	w := file.Written
	var o config.AgreedLevel
	f := &partForm{removable: true, removeText: "Remove this level"}
	i, err := strconv.Atoi(id)
	switch {
	case id == "new":
		f.title, f.adds, f.removable, i = "Add an agreed level", true, false, len(w.AgreedLevels)
	case err != nil || i < 1 || i > len(w.AgreedLevels):
		return nil
	default:
		i--
		o = w.AgreedLevels[i]
		f.title = "Change an agreed level"
	}
	f.at = []any{"levels", i}
	measures := [][2]string{}
	for _, m := range config.LevelMeasures {
		measures = append(measures, [2]string{m.Word, s.levelMeasure(m.Word)})
	}
	measures = append(measures, [2]string{config.DischargeDelay, s.levelMeasure(config.DischargeDelay)})
	providers, councils := [][2]string{{"", "Every provider"}}, [][2]string{{"", "Every council"}}
	for _, v := range w.Providers {
		providers = append(providers, [2]string{v.Code, v.Name})
	}
	for _, v := range w.Councils {
		councils = append(councils, [2]string{v.Code, v.Name})
	}
	f.fields = []partField{
		{key: "measure", label: "Measure", kind: aChoice, choices: measures, was: o.Measure},
		{key: "grain", label: "One reading is of", kind: aChoice, was: o.Grain, choices: [][2]string{
			{"", "No matter: its readings do not add up"},
			{"day", "A day"}, {"week", "A week"}, {"month", "A month"}}},
		{key: "provider", label: "Of one provider", kind: aChoice, choices: providers, was: o.Provider},
		{key: "council", label: "Of one council", kind: aChoice, choices: councils, was: o.Council},
		{key: "level", label: "Level", kind: aNumber, class: codeInput, hint: "In the measure's unit; in per cent for a share."},
		{key: "from", label: "From", class: codeInput, was: o.From, hint: "Such as 2026-04-01."},
		{key: "to", label: "To", class: codeInput, was: o.To, hint: "Empty: until the next level."},
		{key: "agreed", label: "Who agreed it, and where", class: wideInput, was: o.Agreed, hint: "Such as Discharge board, 17 March 2026."},
		{key: "change_agreed", label: "Who agreed that it replaces a level before its time", class: wideInput, was: o.Change,
			hint: "Only where it does."},
	}
	if o.Level != 0 {
		f.field("level").was = number(o.Level)
	}
	return f
}

// levelMeasure names a measure for a level.
func (s *Server) levelMeasure(word string) string {
	if m, ok := measure.MetricOf(word, s.opts.Places.Book); ok {
		return measureWords(m)
	}
	if word == config.DischargeDelay {
		return "Average discharge delay"
	}
	return word
}

func mailForm(file *PartnershipFile) *partForm {
	var o config.Mail
	f := &partForm{title: "Set up mail", at: []any{"mail"}, removeText: "Mail nothing any more"}
	if file.Written.Mail != nil {
		o, f.title, f.removable = *file.Written.Mail, "Change mail", true
	}
	if o.User != "" || o.PasswordFile != "" || o.AuthorityFile != "" {
		f.facts = []page.CaseFact{{Name: "Server", Value: o.Host, Source: "by hand"},
			{Name: "Account", Value: "Set in the file; its password stands in a file of its own", Source: "by hand"}}
		f.lede = []string{"The server, its line and the account are changed in " + file.Name + " by hand: they say where a password is sent."}
	} else {
		f.lede = []string{"An account for the server is set in " + file.Name + " by hand, with its password in a file of its own. No " +
			"password is ever typed or shown here."}
		f.fields = []partField{
			{key: "host", label: "Mail server", class: wideInput, was: o.Host},
			{key: "port", label: "Port", kind: aWhole, class: shortInput, was: whole(o.Port), hint: "Empty: 587, or 465 with TLS from the start."},
			{key: "security", label: "Line to the server", kind: aChoice, was: o.Security, choices: [][2]string{{"", "STARTTLS, as is usual"},
				{"starttls", "STARTTLS"}, {"tls", "TLS from the start"}, {"none", "None: a server on this machine only"}}},
		}
	}
	f.fields = append(f.fields,
		partField{key: "from", label: "Address that mail comes from", class: wideInput, was: o.From},
		partField{key: "address", label: "Homeward's own address, for links", class: wideInput, was: o.Address, hint: "Such as " +
			"https://homeward.example.org."},
		partField{key: "missing_to", label: "Who is told when an extract has not come", kind: aList, was: linesOf(o.MissingTo),
			hint: "One e-mail address on each line."},
		partField{key: "missing_at", label: "Told at", class: shortInput, was: o.MissingAt, hint: "London time. Empty: 09:30."})
	return f
}

// periodWords say up to when the figures of a pack run.
var periodWords = map[string]string{config.PackOfDay: "the latest extract", config.PackOfWeek: "the last Sunday",
	config.PackOfMonth: "the last day of the month before"}

func packForm(file *PartnershipFile, id string) *partForm {
	w := file.Written
	var o config.Pack
	f := &partForm{removable: true, removeText: "Make this pack no more"}
	all := w.Packs
	if len(all) == 0 && len(file.Is.Packs) > 0 {
		// The packs that are made where the file says nothing are written out first, else
		// one that is added would be the only one.
		all = file.Is.Packs
		for _, k := range all {
			f.before = append(f.before, config.Append(config.Entry{{Key: "name", Value: k.Name}, {Key: "title", Value: k.Title},
				{Key: "cron", Value: k.Cron}, {Key: "period", Value: k.Period}}, "packs"))
		}
	}
	i := slices.IndexFunc(all, func(o config.Pack) bool { return o.Name == id })
	switch {
	case id == "new":
		f.title, f.adds, f.removable, i = "Add a pack", true, false, len(all)
		f.fields = []partField{{key: "name", label: "Name in addresses", class: nameInput, hint: "Small letters and hyphens, such as " +
			"weekly."}}
	case i < 0:
		return nil
	default:
		o = all[i]
		f.title = "Change the pack " + o.Name
		folder := "None"
		if o.Folder != "" {
			folder = "Set in the file"
		}
		f.facts = []page.CaseFact{{Name: "Name in addresses", Value: o.Name}, {Name: "Folder that it is copied to", Value: folder,
			Source: "by hand"}}
	}
	f.at = []any{"packs", i}
	var periods, providers, councils [][2]string
	for _, p := range []string{config.PackOfDay, config.PackOfWeek, config.PackOfMonth} {
		periods = append(periods, [2]string{p, measure.UpperFirst(periodWords[p])})
	}
	if o.Period == "" {
		o.Period = config.PackOfDay
	}
	for _, v := range w.Providers {
		providers = append(providers, [2]string{v.Code, v.Name})
	}
	for _, v := range w.Councils {
		councils = append(councils, [2]string{v.Code, v.Name})
	}
	f.fields = append(f.fields,
		partField{key: "title", label: "Title", class: nameInput, was: o.Title, hint: "Empty: made from the name."},
		partField{key: "cron", label: "Times", class: nameInput, was: o.Cron,
			hint: "Minute, hour, day of the month, month and day of the week, London time: 45 7 * * 1 is every Monday at 7:45am."},
		partField{key: "words", label: "Times in words", class: nameInput, was: o.Words,
			hint: "Only where the times are not simple."},
		partField{key: "period", label: "Figures up to", kind: aChoice, choices: periods, was: o.Period},
		partField{key: "providers", label: "Of these providers", kind: some, choices: providers, was: linesOf(o.Providers),
			hint: "None chosen: all."},
		partField{key: "councils", label: "Of these councils", kind: some, choices: councils, was: linesOf(o.Councils),
			hint: "None chosen: all."},
		partField{key: "recipients", label: "Who is told that it is ready", kind: aList, was: linesOf(o.Recipients),
			hint: "One e-mail address on each line. A message holds a link and no figure."},
		partField{key: "public", label: "Who it is for", kind: aTruth, was: truth(o.Public), choices: [][2]string{{"true", "It may leave the " +
			"partnership: small counts are hidden and others rounded"}}})
	return f
}

func truth(b bool) string {
	if b {
		return "true"
	}
	return ""
}
