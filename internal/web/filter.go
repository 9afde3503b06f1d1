package web

import (
	"maps"
	"net/url"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// filterView is "Change filters": a GET form whose fields are the query words.
type filterView struct {
	Action string
	// Words says what is shown now.
	Words  string
	Clear  string
	Months *monthFields
	Dates  *dateFields
	Groups []choiceGroup
	// Periods are links to periods that people often want.
	Periods []link
	// Known is the field that looks back to a past moment; nil leaves it out.
	Known *knownField
}

type monthFields struct{ From, To []choice }

type dateFields struct{ From, To string }

type choiceGroup struct {
	Legend, Name string
	// Kind is the type of the inputs: checkbox or radio. Style is the package's
	// word for them.
	Kind, Style string
	// Class spreads a long group over the width.
	Class string
	Items []choice
}

type choice struct {
	ID, Value, Text string
	Chosen          bool
}

// groups makes the fields of a filter; values of the address that the
// partnership's own list lacks are added so that applying keeps them.
func (p Places) groups(f measure.Filter) []choiceGroup {
	group := func(legend, name string) choiceGroup {
		return choiceGroup{Legend: legend, Name: name, Kind: "checkbox", Style: "checkboxes"}
	}
	add := func(g *choiceGroup, value, text string, chosen bool) {
		g.Items = append(g.Items, choice{ID: g.Name + "-" + value, Value: value, Text: text, Chosen: chosen})
	}
	hospital, council, care := group("Hospital", wordProvider), group("Council", wordCouncil), group("Type of care", wordCare)
	body, reason := group("Next step with", wordResp), group("Waiting for", wordReason)
	for _, place := range p.Providers {
		add(&hospital, place.Code, place.Name, slices.Contains(f.Providers, place.Code))
	}
	listed := codes(p.Councils)
	for _, place := range p.Councils {
		add(&council, place.Code, place.Name, slices.Contains(f.Councils, delay.Council(place.Code)))
	}
	for _, c := range f.Councils {
		if c != delay.CouncilNotKnown && !slices.Contains(listed, string(c)) {
			add(&council, string(c), p.councilWords(c), true)
		}
	}
	add(&council, notKnown, "Not known", slices.Contains(f.Councils, delay.CouncilNotKnown))
	for _, c := range delay.CareTypes {
		add(&care, c.Slug(), c.String(), slices.Contains(f.Care, c))
	}
	for _, b := range delay.Bodies {
		add(&body, b.Slug(), upperFirst(b.String()), slices.Contains(f.Bodies, b))
	}
	for _, r := range delay.Reasons {
		add(&reason, string(r), reasonWords(r), slices.Contains(f.Reasons, r))
	}
	add(&reason, notKnown, delay.ReasonNotKnown.Short(), slices.Contains(f.Reasons, delay.ReasonNotKnown))
	reason.Class = spread
	const aFew = 6
	for _, g := range []*choiceGroup{&hospital, &council} {
		if len(g.Items) > aFew {
			g.Class = spread
		}
	}
	return []choiceGroup{hospital, council, care, body, reason}
}

const spread = "app-choices--spread"

// monthChoices lists the months held, with the chosen ends.
func monthChoices(first, last, from, to delay.Day) *monthFields {
	m := &monthFields{}
	lo, hi := min(first.Month(), from.Month()), max(last.Month(), to.Month())
	for month := lo; month <= hi; month++ {
		m.From = append(m.From, choice{Value: month.First().String(), Text: month.Long(), Chosen: month == from.Month()})
		m.To = append(m.To, choice{Value: month.Last().String(), Text: month.Long(), Chosen: month == to.Month()})
	}
	return m
}

// periodLinks links to the same page for periods that people often want.
func periodLinks(path string, f measure.Filter, keep url.Values, last delay.Day) []link {
	if last == 0 {
		return nil
	}
	year := int(last.Month()-3) / 12
	start, end := delay.MonthOf(year, 4), delay.MonthOf(year+1, 3)
	to := func(word, value string) url.Values {
		q := filterQuery(f)
		q.Set(wordBasis, f.Basis.String())
		maps.Copy(q, keep)
		q.Set(word, value)
		return q
	}
	financial := to(wordFrom, start.First().String())
	financial.Set(wordTo, min(end.Last(), last.Month().Last()).String())
	return []link{
		{"Latest 13 months", address(path, to(wordLast, "13m"))},
		{"Latest 3 months", address(path, to(wordLast, "3m"))},
		{"Financial year to date", address(path, financial)},
	}
}
