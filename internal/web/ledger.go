package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// Ledgers gives the ledger of stays in hospital, of the present or of a past
// moment. Nothing of a person is shown of it but counts.
type Ledgers interface {
	Ledger(ctx context.Context) (*national.Ledger, error)
}

// nationalRoutes are the addresses of what the nations count.
func (s *Server) nationalRoutes() []route {
	return append(slices.Concat(
		nationalPage(s, "sitrep", s.sitrepPage, s.sitrepOf, s.sitrepTwin),
		nationalPage(s, "discharge", s.dischargePage, s.dischargeOf, s.dischargeTwin),
		nationalPage(s, "bridge", s.bridgePage, s.bridgeOf, s.bridgeTwin),
		nationalPage(s, "conventions", s.conventionsPage, s.conventionsOf, s.conventionsTwin),
	), route{http.MethodGet, "/discharge.xlsx", s.may(people.SeeFigures, s.dischargeXLSX), false})
}

// nationalPage gives the addresses of a page and of its twins, which read the
// address in the same way.
func nationalPage[T any](
	s *Server, name string, show echo.HandlerFunc, read func(echo.Context) (T, error), twin func(T) page.Twin,
) []route {
	at := func(end string, handler echo.HandlerFunc) route {
		return route{http.MethodGet, "/" + name + end, s.may(people.SeeFigures, handler), false}
	}
	return []route{
		at("", show),
		at(".csv", func(c echo.Context) error {
			a, err := read(c)
			if err != nil {
				return err
			}
			return s.sendCSV(c, "homeward-"+name+".csv", twin(a))
		}),
		at(".json", func(c echo.Context) error {
			a, err := read(c)
			if err != nil {
				return err
			}
			return s.sendJSON(c, twin(a))
		}),
	}
}

// The query words of the pages of national counts alone.
const (
	wordPathway = "pathway"
	wordGroup   = "group"
	wordAge     = "age"
	wordMonth   = "month"
	wordDay     = "day"
	wordStart   = "start"
	wordEnd     = "end"
)

// The names of the conventions that these pages count by.
const (
	conventionDToC  = "england-dtoc"
	conventionReady = "england-drd"
)

// noBeds says why a page of England's counts is empty.
const noBeds = "No hospital here sends a list of everybody in a bed, with the criteria to reside and the date from which they were no " +
	"longer " +
	"met. Without one nobody can count who left on the day they were ready, so this count is left out and not shown as 0."

// nationalAsked is what an address asks of the ledger of stays.
type nationalAsked struct {
	page.Asked
	see    sight
	ledger *national.Ledger
	// last is the last day with evidence, zero when there is none.
	last delay.Day
	// age is the floor; path and own are for addresses that ask for the same.
	age  int
	path string
	own  url.Values
}

// askedNational reads an address of national counts: shared are the words that
// every page reads alike, own those that the page itself reads.
func (s *Server) askedNational(c echo.Context, path string, shared, own []string) (nationalAsked, error) {
	a := nationalAsked{path: path, own: url.Values{}}
	query := maps.Clone(c.QueryParams())
	for _, word := range own {
		if values := page.Values(query, word); len(values) > 0 {
			a.own[word] = values
		}
		delete(query, word)
	}
	var err error
	if a.Asked, err = s.opts.Places.Read(query, shared...); err != nil {
		return a, wordsOfAddress(err, shared, own)
	}
	// Whatever is agreed of whose next step it is, a person remains.
	a.Filter.Basis = measure.BasisCounted
	if a.see, err = s.sight(c, &a.Asked); err != nil {
		return a, err
	}
	all, err := a.see.Ledger(c.Request().Context())
	if err != nil {
		return a, err
	}
	a.ledger = all.OfBeds(a.Filter.Providers)
	_, a.last = all.OfBeds(nil).Extent()
	return a, nil
}

// wordsOfAddress has a refusal of an address name the page's own words too.
func wordsOfAddress(err error, shared, own []string) error {
	words := strings.Join(shared, ", ")
	var p *problem.Error
	if errors.As(err, &p) && len(own) > 0 && strings.Contains(p.Message, words) {
		return problem.New(p.Kind, "%s", strings.Replace(p.Message, words, words+", "+strings.Join(own, ", "), 1))
	}
	return err
}

// readAge reads the age floor.
func (a *nationalAsked) readAge(otherwise int) error {
	text, err := page.OneOf(a.own, wordAge, "", "16", "18")
	a.age = otherwise
	switch text {
	case "16":
		a.age = 16
	case "18":
		a.age = 18
	}
	return err
}

// ageGroup is the field of the age floor.
func ageGroup(age int) page.ChoiceGroup {
	g := page.ChoiceGroup{Legend: "Age on the ready date", Name: wordAge, Kind: "radio", Style: "radios"}
	for _, one := range []struct{ value, words string }{{"16", "16 and over"}, {"18", "18 and over"}} {
		g.Items = append(g.Items, page.Choice{ID: "age-" + one.value, Value: one.value, Text: one.words,
			Chosen: one.value == count(int64(age))})
	}
	return g
}

// late names the hospitals whose last list is older than the day.
func (s *Server) late(l *national.Ledger, day delay.Day) []string {
	var out []string
	for _, p := range l.Beds {
		on := l.Days[p]
		if on[len(on)-1] < day {
			out = append(out, s.opts.Places.ProviderWords(p)+": the last list is for "+on[len(on)-1].Long()+", so later days have nobody of it.")
		}
		if on[0] > day {
			out = append(out, s.opts.Places.ProviderWords(p)+": the first list is for "+on[0].Long()+", so earlier days have nobody of it.")
		}
	}
	return out
}

// conventionOf gives a convention of the tables; those that the pages name are
// always there.
func (s *Server) conventionOf(name string) *definition.Convention {
	c, err := s.opts.Defs.Convention(name)
	if err != nil {
		s.opts.Log.Error("a convention is missing", "error", err)
		return &definition.Convention{Provenance: definition.Provenance{Name: name}}
	}
	return c
}

// nationalFrame is the frame of a page of national counts. Its foot names no
// rule set of the local count: that made none of the page's figures (D3).
func (s *Server) nationalFrame(c echo.Context, a nationalAsked, title, tab string) page.Frame {
	f := s.frame(c, title)
	f.PageTitle, f.Footer = tab+" – Homeward", "Homeward "+s.opts.Version
	s.asOfMoment(c, &f, a.see)
	if a.Print {
		f.BodyClass = "app-view-print"
	}
	return f
}

// definedBy makes the foot of a page of national counts: the definitions that
// made its figures, and no other (D3).
func (s *Server) definedBy(a nationalAsked, q url.Values, counted string, measures ...page.Link) *page.About {
	about := s.aboutFigures(a.path, q, a.last)
	about.Measures, about.Basis = measures, counted
	about.RuleSet = s.setsInUse(a.ledger)
	about.Convention, about.Counted = "", ""
	return about
}

// conventionLink leads to a convention on the definitions page.
func (s *Server) conventionLink(name string) page.Link {
	return page.Link{Text: s.conventionOf(name).Title + " (" + name + ")", Href: "/definitions#convention-" + name}
}

// setsInUse names the code sets that the reasons of a ledger are of.
func (s *Server) setsInUse(l *national.Ledger) string {
	var names []string
	seen := map[delay.Reason]bool{}
	for i := range l.Stays {
		for _, p := range l.Stays[i].Periods {
			for _, step := range p.Steps {
				if seen[step.Reason] {
					continue
				}
				seen[step.Reason] = true
				if set, _, ok := s.opts.Defs.Reason(step.Reason, asWordedNow); ok && !slices.Contains(names, set.Name+" "+set.Version) {
					names = append(names, set.Name+" "+set.Version)
				}
			}
		}
	}
	slices.Sort(names)
	return orWords(strings.Join(names, ", "), "none: no reason is stated")
}

// asWordedNow asks for a reason as it is worded now.
const asWordedNow = delay.Day(1 << 30)

// reasonLabel gives a reason in the words of its code set.
func (s *Server) reasonLabel(key delay.Reason) string {
	if _, code, ok := s.opts.Defs.Reason(key, asWordedNow); ok {
		return code.Short
	}
	return "No reason stated"
}

// pathwayWords names a pathway by its number.
func pathwayWords(p string) string {
	if p == "" {
		return "Not known"
	}
	return "Pathway " + p
}

// nationalGroups are the fields of hospitals and councils.
func (s *Server) nationalGroups(f measure.Filter) []page.ChoiceGroup {
	return s.opts.Places.Groups(f)[:2]
}
