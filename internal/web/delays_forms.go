package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

const backToToday = "Back to My site today"

// logForm makes the page of the three-field log from what was typed.
func (s *Server) logForm(c echo.Context, f casework.LogForm) (page.CaseForm, error) {
	ctx, actor, today := c.Request().Context(), s.actor(c), s.today()
	v := page.CaseForm{Form: page.Form{Frame: s.frame(c, "Log a delay")}, Back: "/today", BackText: backToToday, Action: "/delays/new"}
	var k *casework.Case
	ward, provider := "", f.New.Provider
	ready := page.Part{Kind: "radios", ID: "ready", Label: "1 When did they become ready to leave?", Class: "app-choices",
		Groups: []page.PartGroup{{}}}
	add := func(value, text string, day delay.Day) {
		one := page.Choice{ID: "ready-" + value, Value: value, Text: text, Chosen: f.Ready == value, Says: s.countedFrom(day)}
		if value == "other" {
			one.Inside = []page.Part{page.DatePart("other", "On which date?", "For example, 31 10 2026", f.Other)}
		}
		ready.Groups[0].Items = append(ready.Groups[0].Items, one)
	}
	if f.Reference != "" {
		var err error
		if k, err = s.opts.Cases.Case(ctx, actor.Scope(), f.Reference); err != nil {
			return v, err
		}
		provider = k.Provider
		title, _ := s.caseTitle(k)
		v.Caption = title + ", " + k.Reference
		given := k.Stands()
		if d := k.Last(); d != nil {
			ward = d.Ward
			v.Caption = joined(title, d.Ward, k.Reference)
			if d.Admitted != 0 {
				v.Facts = append(v.Facts, page.CaseFact{Name: "Admitted", Value: d.Admitted.Long(), Source: s.extractAge(k)})
			}
			v.Facts = append(
				v.Facts,
				page.CaseFact{Name: "Council of residence", Value: s.opts.Places.CouncilWords(given.Council), Source: s.extractAge(k)},
				page.CaseFact{Name: "Waiting for, by the extract", Value: s.opts.Places.ReasonWords(given.Reason), Source: s.extractAge(k)},
			)
			if d.EndKind == delay.Open {
				add("fed", d.Ready.Long()+", from the extract", d.Ready)
			}
		}
		v.Hidden = []page.Hidden{{Name: "ref", Value: k.Reference}, {Name: "version", Value: cmp.Or(f.Version, k.Version)}}
		v.Back = s.backToList(c, provider, k.Reference)
	} else {
		v.Title, v.Caption = "Log a delay for someone who is not listed", s.opts.Places.ProviderWords(provider)
		v.Lede = []string{"Find them by reference, ward or hospital number first: whoever is in the latest extract is on the list already."}
		v.Parts = s.newPersonParts(actor, f.New)
	}
	add("today", "Today", today)
	add("yesterday", "Yesterday", today-1)
	add("other", "Another date", 0)
	uncertain := page.Part{Kind: "check", ID: "uncertain", Groups: []page.PartGroup{{Items: []page.Choice{{ID: "uncertain", Value: "yes",
		Text: "This date is uncertain", Chosen: f.Uncertain}}}}}
	v.Parts = append(v.Parts, ready)
	reason := s.reasonParts(c, provider, ward, f.Reason)
	where := page.Part{
		Kind:   "radios",
		ID:     "destination",
		Label:  "3 Where are they going?",
		Class:  "app-choices",
		Groups: []page.PartGroup{{}},
	}
	for _, d := range casework.Destinations {
		where.Groups[0].Items = append(where.Groups[0].Items, page.Choice{ID: "destination-" + d.Code, Value: d.Code,
			Text: casework.DestinationWords(d.Code), Chosen: f.Destination == d.Code})
	}
	if k != nil {
		s.sayStated(&v, &where, k, f)
	}
	v.Parts = append(append(append(v.Parts, uncertain), reason...), where)
	// What few need stands after the three fields, so that they come first by
	// keyboard; its parts are closed unless one is used.
	body := s.bodyPart("If the rules do not say, who is the next step with?", f.Body)
	v.Parts = append(v.Parts,
		page.Part{Kind: "details", ID: "more-body", Label: "Who the next step is with",
			Words: []string{
				"Leave this to the rules unless the ward knows better. The council is asked to agree either way.",
			}, Parts: []page.Part{body}})
	v.Aside = []page.Part{s.meaningsPart(c, s.opts.Casework.Reasons(provider, today))}
	v.Class = "app-log"
	next := "Save and go to next"
	if k != nil {
		s.previewLog(&v, k, f, today)
		if r := s.nextOnList(c, k.Provider, s.keptList(c, k.Provider), k.Reference); r.Bed != "" {
			next += ": bed " + r.Bed
		}
	}
	v.Buttons = []page.Button{
		{Text: next, Name: "then", Value: "next"},
		{Text: "Save and open record", Name: "then", Value: "open", Class: "nhsuk-button--secondary"},
	}
	return v, nil
}

// extractAge says which extract a fed detail comes from.
func (s *Server) extractAge(k *casework.Case) string {
	if k.LatestExtract == 0 {
		return "log"
	}
	n := int64(s.today() - k.LatestExtract)
	switch n {
	case 0:
		return "extract of today"
	case 1:
		return "extract of yesterday"
	}
	return "extract of " + k.LatestExtract.Long() + ", " + days(n) + " old"
}

// bodyPart asks for a body; the first choice leaves it to the rules.
func (s *Server) bodyPart(label, chosen string) page.Part {
	return page.RadiosPart("body", label, chosen, [2]string{"", "Leave it to the rules"}, [2]string{"nhs", "NHS"},
		[2]string{"social-care", "Social care"}, [2]string{"joint", "Joint"})
}

// usualReasons is how many of the most used reasons stand before all of them.
const usualReasons = 5

// usedOn counts the reasons for which people wait now at a hospital, on one ward
// when it is named.
func (s *Server) usedOn(c echo.Context, provider, ward string) map[delay.Reason]int {
	used := map[delay.Reason]int{}
	if provider == "" {
		return used
	}
	if rows, _, err := s.opts.Cases.Worklist(c.Request().Context(), s.actor(c).Scope(), provider); err == nil {
		for _, r := range rows {
			if r.Reason != "" && (ward == "" || r.Ward == ward) {
				used[r.Reason]++
			}
		}
	}
	return used
}

// reasonGroups lists the reasons: the most used first, then all, each beginning
// with its code so that typing the code selects it.
func (s *Server) reasonGroups(reasons []delay.Reason, used map[delay.Reason]int, chosen string) []page.PartGroup {
	option := func(r delay.Reason, chosen bool) page.Choice {
		return page.Choice{Value: string(r), Text: s.opts.Places.ReasonWords(r), Chosen: chosen}
	}
	var most []delay.Reason
	var all []page.PartGroup
	for _, r := range reasons {
		if used[r] > 0 {
			most = append(most, r)
		}
		label := "All reasons"
		if _, code, ok := s.opts.Places.Book.Meaning(r); ok && code.Group != "" {
			label = code.Group
		}
		at := slices.IndexFunc(all, func(g page.PartGroup) bool { return g.Label == label })
		if at < 0 {
			at, all = len(all), append(all, page.PartGroup{Label: label})
		}
		all[at].Items = append(all[at].Items, option(r, false))
	}
	slices.SortStableFunc(most, func(a, b delay.Reason) int { return cmp.Compare(used[b], used[a]) })
	first := page.PartGroup{Items: []page.Choice{{Value: "", Text: "Select a reason", Chosen: chosen == ""}}}
	groups := []page.PartGroup{first}
	if len(most) > 0 {
		g := page.PartGroup{Label: "Most used on this ward"}
		for _, r := range most[:min(usualReasons, len(most))] {
			g.Items = append(g.Items, option(r, false))
		}
		groups = append(groups, g)
	}
	groups = append(groups, all...)
	for i := range groups {
		for j := range groups[i].Items {
			if chosen != "" && groups[i].Items[j].Value == chosen {
				groups[i].Items[j].Chosen = true
				return groups
			}
		}
	}
	return groups
}

// meaningsPart is what each reason means, with its worked examples and the
// latest local rulings.
func (s *Server) meaningsPart(c echo.Context, reasons []delay.Reason) page.Part {
	p, today := page.Part{Kind: "details", ID: "meanings", Label: "What each reason means"}, s.today()
	for _, r := range reasons {
		words := s.opts.Places.ReasonWords(r)
		_, code, _ := s.opts.Places.Book.Meaning(r)
		if code.Label != code.Short && code.Meaning == "" {
			words += ": " + code.Label
		}
		words = strings.TrimSuffix(words, ".") + "."
		for _, part := range [][2]string{{"", code.Meaning}, {"Counts: ", code.Counts}, {"Does not count: ", code.CountsNot}} {
			if part[1] != "" {
				words += " " + part[0] + part[1]
			}
		}
		p.Words = append(p.Words, words)
		rulings, err := s.opts.Cases.Examples(c.Request().Context(), r, 3)
		if err != nil {
			continue
		}
		for _, e := range rulings {
			if e.ReviewOn != 0 && e.ReviewOn <= today {
				continue
			}
			p.Words = append(p.Words, "Local ruling for "+r.Code()+", "+e.At.In(s.opts.Zone).Format("2 January 2006")+": "+e.Body.String()+". "+
				e.Words+" Review on "+e.ReviewOn.Long()+".")
		}
	}
	return p
}

func (s *Server) newPersonParts(actor people.Actor, n casework.NewPerson) []page.Part {
	var parts []page.Part
	if mine := actor.Scope().Providers(); len(mine) > 1 {
		p := page.Part{Kind: "select", ID: "provider", Label: "Hospital", Groups: []page.PartGroup{
			{Items: []page.Choice{{Text: "Select the hospital", Chosen: n.Provider == ""}}}}}
		for _, code := range mine {
			p.Groups[0].Items = append(
				p.Groups[0].Items,
				page.Choice{Value: code, Text: s.opts.Places.ProviderWords(code), Chosen: code == n.Provider},
			)
		}
		parts = append(parts, p)
	}
	council := page.Part{
		Kind:   "select",
		ID:     "council",
		Label:  "Council of residence",
		Groups: s.councilGroups(n.Council, "Select the council"),
	}
	care := page.Part{
		Kind:  "select",
		ID:    "care",
		Label: "Type of care that they are receiving",
		Groups: []page.PartGroup{{Items: []page.Choice{
			{Value: "acute", Text: "Acute", Chosen: n.Care == "acute"}, {Value: "non-acute", Text: "Non-acute", Chosen: n.Care == "non-acute"},
			{Value: page.NotKnown, Text: "Not known", Chosen: n.Care == page.NotKnown}}}},
	}
	return append(
		parts,
		page.Part{
			Kind:  "text",
			ID:    "number",
			Label: "Hospital number",
			Hint:  "It is kept encrypted and stands on no page.",
			Value: n.HospitalNumber,
			Class: "nhsuk-input--width-10",
		},
		page.Part{Kind: "text", ID: "ward", Label: "Ward", Value: n.Ward, Class: "nhsuk-input--width-10"},
		page.Part{Kind: "text", ID: "bed", Label: "Bed (optional)", Value: n.Bed, Class: "nhsuk-input--width-5"},
		page.DatePart("admitted", "Admission date", "For example, 28 10 2026", n.Admitted),
		council,
		care,
	)
}

// councilGroups lists the partnership's councils and "Not known".
func (s *Server) councilGroups(chosen, first string) []page.PartGroup {
	g := page.PartGroup{Items: []page.Choice{{Value: "", Text: first, Chosen: chosen == ""}}}
	for _, p := range s.opts.Places.Councils {
		g.Items = append(g.Items, page.Choice{Value: p.Code, Text: p.Name, Chosen: chosen == p.Code})
	}
	g.Items = append(g.Items, page.Choice{Value: page.NotKnown, Text: "Not known", Chosen: chosen == page.NotKnown})
	return []page.PartGroup{g}
}

func (s *Server) logPage(c echo.Context) error {
	a, err := s.opts.Places.Read(c.QueryParams(), wordRef, page.WordProvider)
	if err != nil {
		return err
	}
	f := casework.LogForm{Reference: strings.ToUpper(c.QueryParam(wordRef))}
	if f.Reference != "" {
		k, err := s.opts.Cases.Case(c.Request().Context(), s.actor(c).Scope(), f.Reference)
		if err != nil {
			return err
		}
		if d := k.Last(); d != nil && d.EndKind == delay.Open {
			f.Ready = "fed"
		}
		if k.IsLogged() && k.IsOpen() && (k.Last() == nil || k.Last().EndKind == delay.Open) {
			return onward(c, "/delays/"+k.Reference, nil, "")
		}
	} else {
		if f.New.Provider, _, err = s.worksAt(c, a.Filter.Providers); err != nil {
			return err
		}
	}
	v, err := s.logForm(c, f)
	if err != nil {
		return err
	}
	return s.page(c, "caseform", v)
}

func readLogForm(c echo.Context) casework.LogForm {
	return casework.LogForm{
		Reference: strings.ToUpper(typed(c, "ref")), Version: typed(c, "version"),
		New: casework.NewPerson{Provider: typed(c, "provider"), HospitalNumber: typed(c, "number"), Ward: typed(c, "ward"), Bed: typed(c, "bed"),
			Admitted: typedDate(c, "admitted"), Council: typed(c, "council"), Care: typed(c, "care")},
		Ready: typed(c, "ready"), Other: typedDate(c, "other"), Uncertain: typed(c, "uncertain") != "", Reason: typedReason(c),
		Destination: typed(c, "destination"), Body: typed(c, "body"), Because: typed(c, "because"),
	}
}

func (s *Server) logDelay(c echo.Context) error {
	f := readLogForm(c)
	if f.Reference == "" && f.New.Provider == "" {
		f.New.Provider, _, _ = s.worksAt(c, nil)
	}
	form := func() (page.CaseForm, error) { return s.logForm(c, f) }
	if typed(c, "back") != "" {
		return s.formAgain(c, form)
	}
	done, err := s.opts.Casework.Log(c.Request().Context(), s.actor(c), f)
	if err != nil {
		return s.notSaved(c, err, form, func() (page.CaseForm, error) {
			return s.logForm(c, casework.LogForm{Reference: f.Reference, New: casework.NewPerson{Provider: f.New.Provider}})
		})
	}
	entry := strconv.FormatInt(done.Entry, 10)
	if typed(c, "then") == "open" {
		return onward(c, "/delays/"+done.Reference, url.Values{wordEntry: {entry}}, "")
	}
	k, err := s.opts.Cases.Case(c.Request().Context(), s.actor(c).Scope(), done.Reference)
	if err != nil {
		return err
	}
	q := s.keptList(c, k.Provider)
	next := s.nextOnList(c, k.Provider, q, done.Reference)
	q.Set(wordDone, done.Reference)
	q.Set(wordEntry, entry)
	return onward(c, "/today", q, "row-"+cmp.Or(next.Reference, done.Reference))
}

// nextOnList gives the person after one in a list as it is shown, whatever their
// state, nobody after the last.
func (s *Server) nextOnList(c echo.Context, provider string, q url.Values, reference string) casework.WorkRow {
	t, err := s.readList(c, q)
	if err != nil {
		return casework.WorkRow{}
	}
	rows, _, err := s.opts.Cases.Worklist(c.Request().Context(), s.actor(c).Scope(), provider)
	if err != nil {
		return casework.WorkRow{}
	}
	now, today := s.opts.Now(), s.today()
	rows = slices.DeleteFunc(rows, func(r casework.WorkRow) bool { return r.Reference != reference && !t.matches(r, now, today) })
	sortRound(rows, t.sort)
	if i := slices.IndexFunc(rows, func(r casework.WorkRow) bool { return r.Reference == reference }); i >= 0 && i+1 < len(rows) {
		return rows[i+1]
	}
	return casework.WorkRow{}
}

// caseFormFor starts a form about one case.
func (s *Server) caseFormFor(c echo.Context, k *casework.Case, title, path, version string) page.CaseForm {
	name, caption := s.caseTitle(k)
	v := page.CaseForm{Form: page.Form{Frame: s.frame(c, title)}, Caption: name + ", " + strings.ToLower(caption[:1]) + caption[1:],
		Back: "/delays/" + k.Reference, BackText: caption,
		Action: "/delays/" + k.Reference + path, Hidden: []page.Hidden{{Name: "version", Value: cmp.Or(version, k.Version)}}}
	v.PageTitle = title + ", " + k.Reference + " – Homeward"
	return v
}

// caseStep is one of the pages that change a case.
type caseStep struct {
	// words are the query words that the page knows.
	words []string
	// form makes the page from what was typed, save does the change.
	form func(c echo.Context, k *casework.Case, fresh bool) page.CaseForm
	save func(c echo.Context, reference string) (casework.Done, error)
}

func (s *Server) stepPage(step caseStep) echo.HandlerFunc {
	return func(c echo.Context) error {
		if _, err := s.opts.Places.Read(c.QueryParams(), step.words...); err != nil {
			return err
		}
		k, err := s.caseOf(c)
		if err != nil {
			return err
		}
		return s.page(c, "caseform", step.form(c, k, true))
	}
}

func (s *Server) stepSave(step caseStep) echo.HandlerFunc {
	return func(c echo.Context) error {
		k, err := s.caseOf(c)
		if err != nil {
			return err
		}
		form, fresh := s.made(c, k, step.form)
		if typed(c, "back") != "" {
			return s.formAgain(c, form)
		}
		done, err := step.save(c, k.Reference)
		if err != nil {
			return s.notSaved(c, err, form, fresh)
		}
		return onward(c, "/delays/"+done.Reference, url.Values{wordEntry: {strconv.FormatInt(done.Entry, 10)}}, "")
	}
}

func (s *Server) changeStep() caseStep {
	return caseStep{
		words: []string{wordPeriod},
		form: func(c echo.Context, k *casework.Case, fresh bool) page.CaseForm {
			if first := c.FormValue(wordPeriod); first != "" {
				return s.correctForm(c, k, first, fresh)
			}
			v := s.caseFormFor(c, k, "Change reason", "/reason", sent(c, fresh, "version", ""))
			given := k.Stands()
			ward := ""
			if d := k.Last(); d != nil {
				ward = d.Ward
			}
			v.Facts = []page.CaseFact{{Name: "Waiting for now", Value: s.opts.Places.ReasonWords(given.Reason)},
				{Name: "Council of residence", Value: s.opts.Places.CouncilWords(given.Council)}}
			v.Parts = []page.Part{
				page.RadiosPart(
					"what",
					"What has happened?",
					sent(c, fresh, "what", ""),
					[2]string{"changed", "They are now waiting for something else"},
					[2]string{"corrected", "The reason was recorded wrongly (replaces it from the start; the old version is kept)"},
				),
				page.DatePart("from", "If they are now waiting for something else, from which date?",
					"For example, 31 10 2026. Periods always join: there is no gap and no overlap.",
					sentDate(c, fresh, "from", casework.DateOf(s.today()))),
				{Kind: "select", ID: "reason", Label: "What are they waiting for?", Groups: s.reasonGroups(
					s.opts.Casework.Reasons(k.Provider, s.today()), s.usedOn(c, k.Provider, ward),
					sent(c, fresh, "reason", string(given.Reason)))},
				s.bodyPart("If the rules do not say, who is the next step with?", sent(c, fresh, "body", "")),
				{Kind: "select", ID: "council", Label: "If the council of residence is another",
					Groups: s.councilGroups(sent(c, fresh, "council", ""), "No change")},
				page.AreaPart("because", "If the reason was recorded wrongly, what was wrong?", "Do not include names or clinical detail.",
					sent(c, fresh, "because", ""), 500),
			}
			v.Aside = []page.Part{s.meaningsPart(c, s.opts.Casework.Reasons(k.Provider, s.today()))}
			v.Buttons = []page.Button{{Text: "Save change"}}
			v.Links = s.periodLinksOf(k)
			return v
		},
		save: func(c echo.Context, reference string) (casework.Done, error) {
			return s.opts.Casework.Change(c.Request().Context(), s.actor(c), casework.ChangeForm{Reference: reference, Version: typed(c, "version"),
				What: typed(c, "what"), Period: typed(c, wordPeriod),
				From: typedDate(c, "from"), Reason: typed(c, "reason"), Body: typed(c, "body"), Council: typed(c, "council"),
				Because: typed(c, "because")})
		},
	}
}

// wordPeriod names a period of a delay by its first day.
const wordPeriod = "period"

// periodLinksOf leads to the correction of each period that is over.
func (s *Server) periodLinksOf(k *casework.Case) []page.Link {
	var out []page.Link
	for _, p := range k.Periods() {
		if !p.Present {
			out = append(
				out,
				page.Link{Text: span(p.Segment.Segment.First, p.Segment.Segment.Last) + ": " + s.opts.Places.ReasonWords(p.Segment.Segment.Reason) +
					", " + p.Standing.Body.String(), Href: s.correctHref(k, p.Segment.Segment.First)},
			)
		}
	}
	return out
}

func (s *Server) correctHref(k *casework.Case, first delay.Day) string {
	return page.Address("/delays/"+k.Reference+"/reason", url.Values{wordPeriod: {first.String()}})
}

// correctForm makes the page that corrects what was recorded of one period.
func (s *Server) correctForm(c echo.Context, k *casework.Case, first string, fresh bool) page.CaseForm {
	v := s.caseFormFor(c, k, "Correct a period", "/reason", sent(c, fresh, "version", ""))
	p, err := k.Correctable(first)
	if err != nil {
		v.Lede = []string{problem.Sentence(err)}
		return v
	}
	seg := p.Segment
	v.Lede = []string{"Only what was recorded of these days is replaced. Other periods stay as they are, the days still add up, and the old " +
		"version is kept in the history. The other body is asked about the corrected days again."}
	v.Facts = []page.CaseFact{{Name: "Period", Value: span(seg.Segment.First, seg.Segment.Last) + ", " + days(int64(seg.Days()))},
		{Name: "Recorded as", Value: s.opts.Places.ReasonWords(p.Given.Reason)},
		{Name: "Next step with", Value: measure.UpperFirst(seg.Standing.Body.String()) + ", " + seg.State.String()},
		{Name: "Council of residence", Value: s.opts.Places.CouncilWords(p.Given.Council)}}
	v.Hidden = append(v.Hidden, page.Hidden{Name: "what", Value: "corrected"}, page.Hidden{Name: wordPeriod, Value: first})
	v.Parts = []page.Part{
		{Kind: "select", ID: "reason", Label: "What were they waiting for?", Groups: s.reasonGroups(
			s.opts.Casework.ReasonsBeside(k.Provider, p.Given.Reason, seg.Segment.First), s.usedOn(c, k.Provider, ""),
			sent(c, fresh, "reason", string(p.Given.Reason)))},
		s.bodyPart("If the rules do not say, who was the next step with?", sent(c, fresh, "body", "")),
		{Kind: "select", ID: "council", Label: "If the council of residence was another",
			Groups: s.councilGroups(sent(c, fresh, "council", ""), "No change")},
		page.AreaPart("because", "What was wrong?", "Do not include names or clinical detail.", sent(c, fresh, "because", ""), 500),
	}
	v.Aside = []page.Part{s.meaningsPart(c, s.opts.Casework.ReasonsBeside(k.Provider, p.Given.Reason, seg.Segment.First))}
	v.Buttons = []page.Button{{Text: "Save correction"}}
	return v
}

func (s *Server) pauseStep() caseStep {
	return caseStep{
		form: func(c echo.Context, k *casework.Case, fresh bool) page.CaseForm {
			v := s.caseFormFor(c, k, "Pause", "/pause", sent(c, fresh, "version", ""))
			v.Lede = []string{"Days from the date of the pause are not counted until you resume. The new ready date then starts the count again."}
			v.Parts = []page.Part{
				page.RadiosPart("why", "Why has the wait stopped?", sent(c, fresh, "why", ""), [2]string{"hospital", "Needs hospital treatment again"},
					[2]string{"other", "Other"}),
				{Kind: "text", ID: "other", Label: "If other, say why", Hint: "Do not include names or clinical detail.",
					Value: sent(c, fresh, "other", "")},
				page.DatePart("date", "From which date?", "For example, 31 10 2026", sentDate(c, fresh, "date", casework.DateOf(s.today()))),
			}
			v.Buttons = []page.Button{{Text: "Pause"}}
			return v
		},
		save: func(c echo.Context, reference string) (casework.Done, error) {
			return s.opts.Casework.Pause(c.Request().Context(), s.actor(c), casework.PauseForm{Reference: reference, Version: typed(c, "version"),
				Why:   typed(c, "why"),
				Other: typed(c, "other"), Date: typedDate(c, "date"), Because: typed(c, "because")})
		},
	}
}

func (s *Server) resumeStep() caseStep {
	return caseStep{
		form: func(c echo.Context, k *casework.Case, fresh bool) page.CaseForm {
			v := s.caseFormFor(c, k, "Resume", "/resume", sent(c, fresh, "version", ""))
			v.Lede = []string{"Ready again starts the count again. " + s.counting().ReadyWords()}
			// Today stands there unless it would be refused: they can be ready again
			// from the day after the pause.
			hint, first := "For example, 31 10 2026", casework.DateOf(s.today())
			if paused := k.PausedOn(); paused != 0 {
				hint = "A date after " + paused.Long() + ", when the wait was paused. For example, 31 10 2026"
				if s.today() <= paused {
					first = casework.Date{}
				}
			}
			v.Parts = []page.Part{page.DatePart("date", "When did they become ready to leave again?", hint, sentDate(c, fresh, "date", first))}
			v.Buttons = []page.Button{{Text: "Resume"}}
			return v
		},
		save: func(c echo.Context, reference string) (casework.Done, error) {
			return s.opts.Casework.Resume(c.Request().Context(), s.actor(c), casework.PauseForm{Reference: reference, Version: typed(c, "version"),
				Date: typedDate(c, "date"), Because: typed(c, "because")})
		},
	}
}

// endForm makes the page that ends a delay.
func (s *Server) endForm(c echo.Context, k *casework.Case, fresh bool) page.CaseForm {
	v := s.caseFormFor(c, k, "End delay", "/end", sent(c, fresh, "version", ""))
	how := page.Part{Kind: "radios", ID: "how", Label: "How did it end?", Groups: []page.PartGroup{{}}}
	chosen := sent(c, fresh, "how", "")
	for _, e := range casework.Endings {
		how.Groups[0].Items = append(
			how.Groups[0].Items,
			page.Choice{ID: "how-" + e.Code, Value: e.Code, Text: e.Words, Chosen: chosen == e.Code},
		)
	}
	where := page.Part{Kind: "select", ID: "destination", Label: "If they left hospital, where to?",
		Groups: []page.PartGroup{{Items: []page.Choice{{Text: "Select where they went", Chosen: true}}}}}
	went := sent(c, fresh, "destination", "")
	for _, d := range casework.Destinations[:4] {
		where.Groups[0].Items = append(where.Groups[0].Items, page.Choice{Value: d.Code, Text: casework.DestinationWords(d.Code),
			Chosen: d.Code == went})
	}
	v.Parts = []page.Part{how,
		page.DatePart(
			"date",
			"On which date?",
			s.counting().LeavingWords(),
			sentDate(c, fresh, "date", casework.DateOf(s.today())),
		), where,
		page.AreaPart(
			"because",
			"If it was recorded in error, what was wrong?",
			"It is removed from the log and kept in the history. Do not include "+
				"names or clinical detail.",
			sent(c, fresh, "because", ""),
			500,
		)}
	v.Buttons = []page.Button{{Text: "Check and continue"}}
	return v
}

func readEnd(c echo.Context, reference string) casework.EndForm {
	return casework.EndForm{Reference: reference, Version: typed(c, "version"), How: typed(c, "how"), Date: typedDate(c, "date"),
		Destination: typed(c, "destination"), Because: typed(c, "because")}
}

func (s *Server) endPage(c echo.Context) error {
	return s.stepPage(caseStep{form: s.endForm})(c)
}

// end shows what would be saved, and saves it once confirmed.
func (s *Server) end(c echo.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	form, fresh := s.made(c, k, s.endForm)
	if typed(c, "back") != "" {
		return s.formAgain(c, form)
	}
	confirmed := typed(c, "confirmed") != ""
	done, err := s.opts.Casework.End(c.Request().Context(), s.actor(c), readEnd(c, k.Reference), !confirmed)
	if err != nil {
		return s.notSaved(c, err, form, fresh)
	}
	if confirmed {
		return onward(c, "/delays/"+done.Reference, url.Values{wordEntry: {strconv.FormatInt(done.Entry, 10)}}, "")
	}
	check := s.caseFormFor(c, k, "Check before you end this delay", "/end", typed(c, "version"))
	page.Each(s.endForm(c, k, false).Parts, func(p page.Part) {
		if words := p.Entered(); words != "" && p.Kind != "details" {
			check.Facts = append(check.Facts, page.CaseFact{Name: p.Label, Value: words})
		}
	})
	if typed(c, "how") == "error" {
		check.Lede = []string{"The entry is withdrawn. What the hospital's extracts say of them stands."}
	} else {
		check.Lede = []string{days(int64(done.Days)) + " are counted, by what is known today."}
	}
	check.Hidden = append(sentAlong(c, "back", "confirmed"), page.Hidden{Name: "confirmed", Value: "1"})
	check.Buttons = []page.Button{
		{Text: "Confirm and end"},
		{Text: "Go back and change it", Name: "back", Value: "1", Class: "nhsuk-button--secondary"},
	}
	return s.page(c, "caseform", check)
}

func (s *Server) actionForm(c echo.Context, k *casework.Case, fresh bool) page.CaseForm {
	v := s.caseFormFor(c, k, "Add an action", "/actions/new", sent(c, fresh, "version", ""))
	org := page.Part{Kind: "select", ID: "org", Label: "Owner organisation", Groups: []page.PartGroup{
		{Items: []page.Choice{{Text: "Select who owns this", Chosen: true}}}}}
	chosen := sent(c, fresh, "org", "")
	for _, list := range [][]page.Place{s.opts.Places.Providers, s.opts.Places.Councils} {
		for _, p := range list {
			org.Groups[0].Items = append(org.Groups[0].Items, page.Choice{Value: p.Name, Text: p.Name, Chosen: chosen == p.Name})
		}
	}
	org.Groups[0].Items = append(org.Groups[0].Items, page.Choice{Value: "Another organisation", Text: "Another organisation",
		Chosen: chosen == "Another organisation"})
	v.Parts = []page.Part{
		page.AreaPart("what", "What needs to happen?", "Do not include names or clinical detail.", sent(c, fresh, "what", ""), 200), org,
		{Kind: "text", ID: "owner", Label: "Owner role or team", Value: sent(c, fresh, "owner", "")},
		page.DatePart("due", "Due date", "For example, 6 11 2026", sentDate(c, fresh, "due", casework.Date{})),
	}
	v.Buttons = []page.Button{{Text: "Add action"}}
	return v
}

func (s *Server) actionPage(c echo.Context) error {
	return s.stepPage(caseStep{form: s.actionForm})(c)
}

func (s *Server) addAction(c echo.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	form, fresh := s.made(c, k, s.actionForm)
	org := typed(c, "org")
	known := org == "Another organisation" || org == ""
	for _, list := range [][]page.Place{s.opts.Places.Providers, s.opts.Places.Councils} {
		known = known || slices.ContainsFunc(list, func(p page.Place) bool { return p.Name == org })
	}
	if !known {
		return problem.New(problem.Invalid, "Select the owner organisation from the list.")
	}
	err = s.opts.Casework.AddAction(c.Request().Context(), s.actor(c), casework.ActionForm{Reference: k.Reference,
		Version: typed(c, "version"), What: typed(c, "what"),
		OwnerOrg: org, Owner: typed(c, "owner"), Due: typedDate(c, "due")})
	if err != nil {
		return s.notSaved(c, err, form, fresh)
	}
	return onward(c, "/delays/"+k.Reference, nil, "actions")
}

func (s *Server) closeAction(c echo.Context) error {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return problem.New(problem.NotFound, "There is no such action.")
	}
	if err := s.opts.Casework.CloseAction(c.Request().Context(), s.actor(c), c.Param("ref"), id, typed(c, "state"),
		typed(c, "why")); err != nil {
		return asked400(err)
	}
	return onward(c, "/delays/"+c.Param("ref"), nil, "actions")
}
