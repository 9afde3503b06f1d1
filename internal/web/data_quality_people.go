package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/person"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// Pairs gives the people who may be one and takes what people say of them (I4,
// I6, C19).
type Pairs interface {
	PossiblePairs(ctx context.Context, by people.Actor, limit int) ([]person.Pair, error)
	Judge(ctx context.Context, by people.Actor, one, other string, same bool, reason string) error
	TakeBack(ctx context.Context, by people.Actor, one, other, reason string) error
}

const (
	samePeoplePath = "/data-quality/people"
	// pairLimit bounds the pairs of each kind on the page, of which each side is
	// read; pairTwinLimit those of a file, which has no more than references.
	pairLimit     = 25
	pairTwinLimit = 10_000
)

type samePeopleView struct {
	page.Form
	Lede     string
	More     string
	Action   string
	Sections []pairSection
	Links    []page.Link
}

type pairSection struct {
	ID, Heading, Words string
	Pairs              []pairView
}

// pairView is two people side by side with what can be said of them.
type pairView struct {
	ID, Title, Since string
	Standing         *page.Tag
	// Said is who said it when, and why.
	Said       string
	Sides      []pairSide
	One, Other string
	Why        page.Part
	Buttons    []page.Button
}

// pairSide is one of two people. Facts are those of a record that the reader
// may see; Hidden says why there are none.
type pairSide struct {
	Reference, Hospital, Href, Hidden string
	Facts                             []page.CaseFact
}

// The answers of the form.
const (
	pairSame    = "same"
	pairNotSame = "not-same"
	pairBack    = "take-back"
)

// paired refuses the routes of this page where no store is behind them.
func (s *Server) paired(handler echo.HandlerFunc) guarded {
	return s.may(people.JudgePeople, s.cased(func(c echo.Context) error {
		if s.opts.Pairs == nil {
			return problem.New(problem.Unavailable, "The page of possible same people is not set up on this machine.")
		}
		return handler(c)
	}))
}

func (s *Server) samePeopleRoutes() []route {
	return []route{
		{http.MethodGet, samePeoplePath, s.paired(s.samePeoplePage), false},
		{http.MethodGet, samePeoplePath + ".csv", s.paired(s.samePeopleCSV), false},
		{http.MethodGet, samePeoplePath + ".json", s.paired(s.samePeopleJSON), false},
		{http.MethodPost, samePeoplePath, s.paired(s.judgePair), false},
	}
}

// pairKinds are the sections of the page in their order.
var pairKinds = []struct {
	kind           person.PairKind
	id, word       string
	heading, words string
}{
	{person.SamePerson, "same-person", "possible same person", "Possible same person",
		"One hospital gave one hospital number with two NHS numbers. They count as two people until somebody says that they are one (rule I4)."},
	{person.Transfer, "transfer", "possible transfer", "Possible transfer",
		"Two hospitals list one NHS number on one day. The day counts once, with the hospital that listed the person later (rule C19). " +
			"If one of them has the NHS number wrong, say that they are not the same."},
	{person.JudgedPair, "judged", "decided before", "Decided before",
		"What people have said of others. It stands above the numbers until it is taken back."},
}

func (s *Server) samePeopleView(c echo.Context) (samePeopleView, error) {
	ctx, actor := c.Request().Context(), s.actor(c)
	pairs, err := s.opts.Pairs.PossiblePairs(ctx, actor, pairLimit+1)
	if err != nil {
		return samePeopleView{}, err
	}
	v := samePeopleView{Form: page.Form{Frame: s.frame(c, "Same person or not")}, Action: samePeoplePath}
	v.Crumbs = []page.Link{{Text: "Data quality", Href: qualityPath}}
	v.Said = s.opts.Sessions.Said(ctx)
	v.Links = []page.Link{{Text: "CSV", Href: samePeoplePath + ".csv"}, {Text: "JSON", Href: samePeoplePath + ".json"}}
	open := 0
	for _, k := range pairKinds {
		section := pairSection{ID: k.id, Heading: k.heading, Words: k.words}
		for _, p := range pairs {
			if p.Kind != k.kind {
				continue
			}
			if len(section.Pairs) == pairLimit {
				v.More = "The newest " + measure.Whole(pairLimit) + " of each kind are shown. The files hold all."
				continue
			}
			if !p.Judged {
				open++
			}
			one, err := s.pairView(ctx, actor, p)
			if err != nil {
				return v, err
			}
			section.Pairs = append(section.Pairs, one)
		}
		if len(section.Pairs) > 0 {
			v.Sections = append(v.Sections, section)
		}
	}
	switch {
	case len(pairs) == 0:
		v.Lede = "Nobody here may be the same person as somebody else."
	case open == 0:
		v.Lede = "All pairs have been decided."
	default:
		v.Lede = measure.Plural(int64(open), "pair has", "pairs have") + " not been decided."
	}
	return v, nil
}

func (s *Server) pairView(ctx context.Context, actor people.Actor, p person.Pair) (pairView, error) {
	v := pairView{ID: "pair-" + p.One.Reference + "-" + p.Other.Reference, Title: p.One.Reference + " and " + p.Other.Reference,
		One: p.One.Reference, Other: p.Other.Reference}
	if p.From != 0 {
		v.Since = "Since " + p.From.Long()
	}
	same, not, back := page.Button{Text: "Same person", Value: pairSame}, page.Button{Text: "Not the same", Value: pairNotSame},
		page.Button{Text: "Take back", Value: pairBack}
	switch {
	case !p.Judged:
		v.Buttons = []page.Button{same, not}
	case p.Same:
		v.Standing, v.Buttons = &page.Tag{Text: "Same person", Tag: "nhsuk-tag--green"}, []page.Button{not, back}
	default:
		v.Standing, v.Buttons = &page.Tag{Text: "Not the same", Tag: "nhsuk-tag--grey"}, []page.Button{same, back}
	}
	for i := range v.Buttons {
		v.Buttons[i].Name, v.Buttons[i].Class = "answer", "nhsuk-button--secondary"
	}
	if !p.At.IsZero() {
		v.Said = measure.UpperFirst(pairStanding(p)) + " at " + s.moment(p.At) + " (" + s.opts.Places.RoleWords(p.By) + "): " + p.Reason
	}
	v.Why = page.AreaPart("why-"+p.One.Reference+"-"+p.Other.Reference, "How do you know?",
		"Coordinators of both hospitals and analysts read it. Do not include names or numbers that identify a person.", "", decisionLimit)
	for _, side := range []person.Side{p.One, p.Other} {
		shown, err := s.pairSide(ctx, actor, side, p.From)
		if err != nil {
			return v, err
		}
		v.Sides = append(v.Sides, shown)
	}
	return v, nil
}

// pairStanding says what stands of a pair in words.
func pairStanding(p person.Pair) string {
	switch {
	case p.Judged && p.Same:
		return "the same person"
	case p.Judged:
		return "not the same person"
	case !p.At.IsZero():
		return "taken back"
	}
	return "not decided"
}

// pairSide shows a side as far as the reader's scope reaches: others see its
// reference and hospital and nothing more (P1).
func (s *Server) pairSide(ctx context.Context, actor people.Actor, side person.Side, day delay.Day) (pairSide, error) {
	v := pairSide{Reference: side.Reference, Hospital: s.opts.Places.ProviderWords(side.Provider)}
	if !actor.May(people.SeeRows) {
		v.Hidden = "Your role sees references alone. The coordinators of the hospital see the record."
		return v, nil
	}
	k, err := s.opts.Cases.Case(ctx, actor.Scope(), side.Reference)
	switch {
	case problem.KindOf(err) == problem.NotFound:
		v.Hidden = "The record is for this hospital's coordinators to see."
		return v, nil
	case err != nil:
		return v, err
	}
	v.Href = "/delays/" + k.Reference
	if k.Reference != side.Reference {
		v.Hidden = "This reference leads to " + k.Reference + ", which was given first (rule I6)."
		return v, nil
	}
	v.Facts = s.pairFacts(k, day)
	return v, nil
}

// pairFacts are the place, dates and bodies of the delay that held the day, else
// of the latest.
func (s *Server) pairFacts(k *casework.Case, day delay.Day) []page.CaseFact {
	d := k.Last()
	for i := range k.Delays {
		if e := &k.Delays[i]; day != 0 && e.Ready <= day && (e.EndKind == delay.Open || day <= e.End) {
			d = e
		}
	}
	if d == nil {
		return []page.CaseFact{{Name: "Waits", Value: "None"}}
	}
	place := joined(d.Site, d.Ward)
	if d.Bed != "" {
		place = joined(place, "bed "+d.Bed)
	}
	until := page.CaseFact{Name: "Ended", Value: "Still waiting"}
	if d.EndKind != delay.Open {
		until.Value, until.Source = d.End.Long(), d.EndKind.String()
	}
	bodies := "None"
	var names []string
	for _, seg := range d.Segments {
		if name := seg.Standing.Body.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		bodies = measure.UpperFirst(strings.Join(names, ", then "))
	}
	return []page.CaseFact{
		{Name: "Place", Value: cmp.Or(place, "Not known")},
		{Name: "Ready", Value: d.Ready.Long()}, until,
		{Name: "Listed", Value: delay.Span(d.Listed, d.ListedLast)},
		{Name: "Waiting for", Value: cmp.Or(s.opts.Places.ReasonWords(d.Given.Reason), "Not known")},
		{Name: "Body", Value: bodies}, {Name: "Days counted", Value: days(int64(d.Days()))},
		{Name: "Waits", Value: measure.Whole(int64(len(k.Delays)))},
	}
}

func (s *Server) samePeoplePage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	v, err := s.samePeopleView(c)
	if err != nil {
		return err
	}
	return s.page(c, "same-people", v)
}

// judgePair records what somebody says of two references, or takes it back.
func (s *Server) judgePair(c echo.Context) error {
	ctx, by := c.Request().Context(), s.actor(c)
	one, other, answer := typed(c, "one"), typed(c, "other"), typed(c, "answer")
	why := strings.Join(strings.Fields(typed(c, "why")), " ")
	wrong := ""
	switch {
	case !slices.Contains([]string{pairSame, pairNotSame, pairBack}, answer):
		wrong = "Select same person, not the same or take back"
	case why == "":
		wrong = "Enter how you know"
	case len([]rune(why)) > decisionLimit:
		wrong = "How you know must be " + measure.Whole(decisionLimit) + " characters or less"
	case nhsnumber.In(why):
		wrong, why = "Remove the NHS number. Do not type numbers that identify a person here.", ""
	}
	if wrong != "" {
		return s.pairRefused(c, one, other, why, wrong)
	}
	said := "Taken back. The numbers decide again."
	var err error
	switch answer {
	case pairBack:
		err = s.opts.Pairs.TakeBack(ctx, by, one, other, why)
	case pairSame:
		said, err = "Saved: "+one+" and "+other+" are the same person.", s.opts.Pairs.Judge(ctx, by, one, other, true, why)
	default:
		said, err = "Saved: "+one+" and "+other+" are not the same person.", s.opts.Pairs.Judge(ctx, by, one, other, false, why)
	}
	if err != nil {
		return err
	}
	s.opts.Sessions.Say(ctx, said)
	return c.Redirect(http.StatusSeeOther, samePeoplePath)
}

// pairRefused shows the page again with what was wrong beside the field.
func (s *Server) pairRefused(c echo.Context, one, other, why, wrong string) error {
	v, err := s.samePeopleView(c)
	if err != nil {
		return err
	}
	for i := range v.Sections {
		for j := range v.Sections[i].Pairs {
			p := &v.Sections[i].Pairs[j]
			if p.One == one && p.Other == other {
				p.Why.Error, p.Why.Value = wrong, why
				v.Wrong(p.Why.ID, wrong)
			}
		}
	}
	if len(v.Errors) == 0 {
		return problem.New(problem.NotFound, "This pair is not in the list, or it is outside your organisation. Nothing has been saved.")
	}
	return s.pageAs(c, http.StatusUnprocessableEntity, "same-people", v)
}

func (s *Server) samePeopleTwin(c echo.Context) (page.Twin, error) {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return page.Twin{}, err
	}
	pairs, err := s.opts.Pairs.PossiblePairs(c.Request().Context(), s.actor(c), pairTwinLimit)
	if err != nil {
		return page.Twin{}, err
	}
	t := page.Twin{Title: "Same person or not", Definitions: []string{}}
	for _, name := range []string{"kind", "since", "reference", "provider", "other_reference", "other_provider", "standing", "said_at",
		"said_by", "reason"} {
		t.Columns = append(t.Columns, page.Column{Name: name})
	}
	for _, p := range pairs {
		kind, since, at := "", "", ""
		for _, k := range pairKinds {
			if k.kind == p.Kind {
				kind = k.word
			}
		}
		if p.From != 0 {
			since = p.From.String()
		}
		if !p.At.IsZero() {
			at = p.At.In(s.opts.Zone).Format(time.RFC3339)
		}
		t.Rows = append(t.Rows, []string{kind, since, p.One.Reference, p.One.Provider, p.Other.Reference, p.Other.Provider,
			pairStanding(p), at, p.By, p.Reason})
	}
	return t, nil
}

func (s *Server) samePeopleCSV(c echo.Context) error {
	t, err := s.samePeopleTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-same-people.csv", t)
}

func (s *Server) samePeopleJSON(c echo.Context) error {
	t, err := s.samePeopleTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}
