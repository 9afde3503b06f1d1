package web

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/web/page"
)

const wordConvention = "convention"

var (
	conventionsShared = []string{page.WordFrom, page.WordTo, page.WordLast, page.WordProvider, page.WordKnown, page.WordView}
	conventionsOwn    = []string{wordConvention}
)

type conventionsAsked struct {
	nationalAsked
	from, to    delay.Day
	conventions []*definition.Convention
	base        *definition.Convention
	counted     []national.ByConvention
}

type conventionsView struct {
	page.Frame
	Showing, Empty, Lede string
	Filters              page.Filters
	Notes                []string
	Cards                []conventionCard
	Table                page.Table
}

// conventionCard is one convention: its figure beside its own definition.
type conventionCard struct {
	figureView
	Name, InForce, Definition string
	Steps                     []conventionStep
}

type conventionStep struct{ Text, Value string }

// conventionsOf reads the address and counts.
func (s *Server) conventionsOf(c echo.Context) (conventionsAsked, error) {
	var a conventionsAsked
	var err error
	if a.nationalAsked, err = s.askedNational(c, "/conventions", conventionsShared, conventionsOwn); err != nil {
		return a, err
	}
	if a.ledger, err = a.see.Ledger(c.Request().Context()); err != nil {
		return a, err
	}
	if len(a.Filter.Providers) > 0 {
		a.ledger = a.ledger.Of(a.Filter.Providers)
	}
	var names []string
	for _, one := range s.opts.Defs.Conventions {
		names = append(names, one.Name)
	}
	for _, given := range page.Values(a.own, wordConvention) {
		for part := range strings.SplitSeq(given, ",") {
			name, err := page.Choose(wordConvention, strings.TrimSpace(part), names)
			if err != nil {
				return a, err
			}
			if one := s.conventionOf(name); !slices.Contains(a.conventions, one) {
				a.conventions = append(a.conventions, one)
			}
		}
	}
	if len(a.conventions) == 0 {
		a.conventions = s.opts.Defs.Conventions
	}
	a.base = s.conventionOf(s.opts.Counting)
	var begin delay.Day
	if begin, a.last = a.ledger.Extent(); a.last == 0 {
		return a, nil
	}
	if a.From == 0 && a.To == 0 && a.Last == "" {
		month := a.last.Month()
		if month.Last() > a.last && month-1 >= begin.Month() {
			month--
		}
		a.From, a.To = month.First(), month.Last()
	}
	if a.from, a.to, err = a.Period(a.last); err != nil {
		return a, err
	}
	a.to = max(a.from, min(a.to, a.last))
	a.counted = national.Rosetta(a.ledger.Stays, a.from, a.to, a.ledger.Days, a.conventions)
	return a, nil
}

func (a conventionsAsked) query() url.Values {
	q := page.FilterQuery(a.Filter)
	q.Set(page.WordFrom, a.from.String())
	q.Set(page.WordTo, a.to.String())
	maps.Copy(q, a.own)
	return a.see.keep(q)
}

// walk goes from the base to a convention that counts days.
func (a conventionsAsked) walk(b national.ByConvention) []national.Cause {
	if b.Counts != "days" {
		return nil
	}
	return national.Between(a.ledger.Stays, a.from, a.to, a.ledger.Days, a.base, b.Convention)
}

func inForceWords(p definition.Provenance) string {
	switch {
	case p.From == 0 && p.Until == 0:
		return "No dates are known"
	case p.Until != 0 && p.From == 0:
		return "Ended on " + p.Until.Long()
	case p.Until != 0:
		return "In force from " + p.From.Long() + "; ended on " + p.Until.Long()
	}
	return "In force since " + p.From.Long()
}

func (s *Server) conventionsPage(c echo.Context) error {
	a, err := s.conventionsOf(c)
	if err != nil {
		return err
	}
	v := conventionsView{Frame: s.nationalFrame(c, a.nationalAsked, "One period by every convention", "Conventions")}
	if a.last == 0 {
		v.Empty = "No extract is held yet, so there is nothing to count."
		return s.page(c, "conventions", v)
	}
	q := a.query()
	v.Lede = "The same waits, counted as each nation's publications count them. No figure here is better than another: each counts " +
		"something else."
	v.Showing = "Showing " + s.opts.Places.FilterWords(a.Filter) + ", " + span(a.from, a.to) + "."
	v.Notes = s.rosettaNotes(a)
	for _, b := range a.counted {
		v.Cards = append(v.Cards, s.conventionCard(a, b))
	}
	v.Table = rosettaTable(a)
	v.Filters = s.rosettaFilters(a, v.Showing)
	v.About = s.definedBy(a.nationalAsked, q, "Each figure by the convention that stands beside it")
	for _, b := range a.counted {
		v.About.Measures = append(v.About.Measures, s.conventionLink(b.Name))
	}
	s.fix(c.Request().Context(), v.About, a.see, a.path, q)
	return s.page(c, "conventions", v)
}

// rosettaNotes say what the ledger cannot tell every convention.
func (s *Server) rosettaNotes(a conventionsAsked) []string {
	var out []string
	var lists []string
	for _, p := range s.opts.Places.Providers {
		if on := a.ledger.Days[p.Code]; len(on) > 0 && !slices.Contains(a.ledger.Beds, p.Code) {
			lists = append(lists, p.Name)
		}
	}
	if len(lists) > 0 {
		out = append(out, andList(lists)+" list"+map[bool]string{true: "s"}[len(lists) == 1]+" people who wait and not everybody in a bed: whom "+
			"their lists leave out, such as people under 18, no convention can count.")
	}
	first, last := a.ledger.Extent()
	if a.from < first || a.to > last {
		out = append(out, "Lists are held from "+first.Long()+" to "+last.Long()+".")
	}
	return out
}

func (s *Server) conventionCard(a conventionsAsked, b national.ByConvention) conventionCard {
	card := conventionCard{Name: b.Name, InForce: inForceWords(b.Provenance), Definition: b.Words,
		figureView: figureView{Heading: b.Title, Value: count(int64(b.Figure())), Href: "/definitions#convention-" + b.Name}}
	switch {
	case b.Counts == "people":
		card.figureView.Words = plural(int64(b.People), "person", "people") + " on " + plural(int64(b.CensusDays), "census day", "census days") +
			", who had waited " + days(int64(b.Waited))
	case b.Census != definition.Daily:
		card.figureView.Words = fmt.Sprintf("days; on %s %s, who had waited %s", plural(int64(b.CensusDays), "census day", "census days"),
			persons(int64(b.People)), days(int64(b.Waited)))
	default:
		card.figureView.Words = "days"
	}
	if b.AgeFloor > 0 {
		card.figureView.Words += fmt.Sprintf("; people of %d and over", b.AgeFloor)
	}
	steps := a.walk(b)
	if b.Name == a.base.Name || len(steps) == 0 {
		return card
	}
	for i, step := range steps {
		value := signedCount(step.Days)
		if step.Total {
			value = count(int64(step.Days))
		}
		if i == len(steps)-1 {
			value = "= " + value
		}
		card.Steps = append(card.Steps, conventionStep{measure.UpperFirst(step.Words), value})
		if step.Total {
			card.Steps[i].Text = step.Words
		}
	}
	return card
}

func rosettaTable(a conventionsAsked) page.Table {
	t := page.Table{ID: "rosetta", Caption: "From " + a.base.Name + " to each convention", Head: []page.Head{{Text: "Convention"}}}
	for _, name := range []string{a.base.Name, "Age floor", "Ready days", "Continued records", "Days of leaving", "Other days", "Days",
		"People on census days", "Days they had waited", "Census days"} {
		t.Head = append(t.Head, page.Head{Text: name, Numeric: true})
	}
	for _, b := range a.counted {
		cells := b.Row(a.base.Name, a.walk(b))
		row := []page.Cell{{Text: b.Name, Header: true}}
		for i := range cells {
			if !national.RosettaNumeric(i) {
				continue
			}
			cell := page.Cell{Text: "None", Class: page.Numeric}
			if n, err := strconv.Atoi(cells[i]); err == nil {
				if cell = numeric(n); n < 0 {
					cell.Text = signedCount(n)
				}
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (s *Server) rosettaFilters(a conventionsAsked, words string) page.Filters {
	g := page.ChoiceGroup{Legend: "Convention", Name: wordConvention, Kind: "checkbox", Style: "checkboxes"}
	for _, one := range s.opts.Defs.Conventions {
		g.Items = append(g.Items, page.Choice{ID: "convention-" + one.Name, Value: one.Name, Text: one.Title,
			Chosen: slices.Contains(a.conventions, one)})
	}
	return page.Filters{Action: a.path, Clear: a.path, Words: words, Dates: &page.DateFields{From: a.from.String(), To: a.to.String()},
		Groups: append([]page.ChoiceGroup{g}, s.nationalGroups(a.Filter)[:1]...), Known: s.momentField(a.see)}
}

func (s *Server) conventionsTwin(a conventionsAsked) page.Twin {
	t := page.Twin{Title: "One period by every convention", RuleVersion: s.setsInUse(a.ledger), From: a.from.String(), To: a.to.String(),
		Measure: "conventions", AsAt: a.last.String()}
	for i, name := range national.RosettaColumns {
		t.Columns = append(t.Columns, page.Column{Name: name, Number: national.RosettaNumeric(i)})
	}
	for _, b := range a.counted {
		t.Definitions = append(t.Definitions, b.Name+": "+b.Words)
		t.Rows = append(t.Rows, b.Row(a.base.Name, a.walk(b)))
	}
	return t
}
