package page

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// Filters is "Change filters": a GET form whose fields are the query words.
type Filters struct {
	Action string
	// Words says what is shown now.
	Words  string
	Clear  string
	Months *MonthFields
	Dates  *DateFields
	Groups []ChoiceGroup
	// Periods are links to periods that people often want.
	Periods []Link
	// Known is the field that looks back to a past moment; nil leaves it out.
	Known *MomentField
}

// MonthFields choose the first and the last month.
type MonthFields struct{ From, To []Choice }

// DateFields are the first and the last day.
type DateFields struct{ From, To string }

// ChoiceGroup is a field of choices.
type ChoiceGroup struct {
	Legend, Name string
	// Kind is the type of the inputs: checkbox or radio. Style is the package's
	// word for them.
	Kind, Style string
	// Class spreads a long group over the width.
	Class string
	Items []Choice
}

// Groups makes the fields of a filter; values of the address that the
// partnership's own list lacks are added so that applying keeps them.
func (p Places) Groups(f measure.Filter) []ChoiceGroup {
	group := func(legend, name string) ChoiceGroup {
		return ChoiceGroup{Legend: legend, Name: name, Kind: "checkbox", Style: "checkboxes"}
	}
	add := func(g *ChoiceGroup, value, text string, chosen bool) {
		g.Items = append(g.Items, Choice{ID: g.Name + "-" + strings.NewReplacer("/", "-", " ", "-").Replace(value), Value: value,
			Text: text, Chosen: chosen})
	}
	hospital, council, care := group("Hospital", WordProvider), group("Council", WordCouncil), group("Type of care", WordCare)
	body, reason := group("Next step with", WordResp), group("Waiting for", WordReason)
	for _, place := range p.Providers {
		add(&hospital, place.Code, place.Name, slices.Contains(f.Providers, place.Code))
	}
	listed := Codes(p.Councils)
	for _, place := range p.Councils {
		add(&council, place.Code, place.Name, slices.Contains(f.Councils, delay.Council(place.Code)))
	}
	for _, c := range f.Councils {
		if c != delay.CouncilNotKnown && !slices.Contains(listed, string(c)) {
			add(&council, string(c), p.CouncilWords(c), true)
		}
	}
	add(&council, NotKnown, "Not known", slices.Contains(f.Councils, delay.CouncilNotKnown))
	for _, c := range delay.CareTypes {
		add(&care, c.Slug(), c.String(), slices.Contains(f.Care, c))
	}
	for _, b := range delay.Bodies {
		add(&body, b.Slug(), measure.UpperFirst(b.String()), slices.Contains(f.Bodies, b))
	}
	reasons := p.Book.Reasons()
	for _, r := range f.Reasons {
		if r != delay.ReasonNotKnown && !slices.Contains(reasons, r) {
			reasons = append(reasons, r)
		}
	}
	for _, r := range reasons {
		add(&reason, string(r), p.ReasonWords(r), slices.Contains(f.Reasons, r))
	}
	add(&reason, NotKnown, p.ReasonWords(delay.ReasonNotKnown), slices.Contains(f.Reasons, delay.ReasonNotKnown))
	reason.Class = Spread
	const aFew = 6
	for _, g := range []*ChoiceGroup{&hospital, &council} {
		if len(g.Items) > aFew {
			g.Class = Spread
		}
	}
	if !f.Book.Divides() {
		return []ChoiceGroup{hospital, council, care, reason}
	}
	return []ChoiceGroup{hospital, council, care, body, reason}
}

// BasisGroup is the field that says which days are counted.
func BasisGroup(f measure.Filter) ChoiceGroup {
	g := ChoiceGroup{Legend: "Which days", Name: WordBasis, Kind: "radio", Style: "radios"}
	for _, b := range measure.Bases {
		g.Items = append(g.Items, Choice{ID: "basis-" + b.String(), Value: b.String(), Text: measure.UpperFirst(b.Short()), Chosen: b == f.Basis})
	}
	return g
}

const Spread = "app-choices--spread"

// MonthChoices lists the months held, with the chosen ends.
func MonthChoices(first, last, from, to delay.Day) *MonthFields {
	m := &MonthFields{}
	lo, hi := min(first.Month(), from.Month()), max(last.Month(), to.Month())
	for month := lo; month <= hi; month++ {
		m.From = append(m.From, Choice{Value: month.First().String(), Text: month.Long(), Chosen: month == from.Month()})
		m.To = append(m.To, Choice{Value: month.Last().String(), Text: month.Long(), Chosen: month == to.Month()})
	}
	return m
}

// PeriodLinks links to the same page for periods that people often want.
func PeriodLinks(path string, f measure.Filter, keep url.Values, last delay.Day) []Link {
	if last == 0 {
		return nil
	}
	year := int(last.Month()-3) / 12
	start, end := delay.MonthOf(year, 4), delay.MonthOf(year+1, 3)
	to := func(word, value string) url.Values {
		q := FilterQuery(f)
		q.Set(WordBasis, f.Basis.String())
		maps.Copy(q, keep)
		q.Set(word, value)
		return q
	}
	financial := to(WordFrom, start.First().String())
	financial.Set(WordTo, min(end.Last(), last.Month().Last()).String())
	return []Link{
		{"Latest 13 months", Address(path, to(WordLast, "13m"))},
		{"Latest 3 months", Address(path, to(WordLast, "3m"))},
		{"Financial year to date", Address(path, financial)},
	}
}

// MomentField is the field of the filters that looks back.
type MomentField struct{ Type, Value, Max string }
