package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/quality"
	"homeward/internal/web/page"
)

// Qualities tells what senders' files leave to be mended. Its answers hold counts
// only.
type Qualities interface {
	// Quality is of the extracts of the days from from to to, both included.
	Quality(ctx context.Context, from, to delay.Day) (QualityOf, error)
}

// QualityOf is what the extracts of a period leave to be mended.
type QualityOf struct {
	quality.Report
	// Blanks are the fields that measures miss.
	Blanks []quality.Blank
	// Same and Transfers count the people who may be one, Before the pairs that
	// nothing but people's word concerns any more.
	Same, Transfers quality.Pairs
	Before          int
	// Owners names who mends what is found in each provider's files.
	Owners map[string]string
}

const (
	qualityPath = "/quality"
	// qualityDays is the period that is shown when the address names none.
	qualityDays = 56
)

func (s *Server) qualityRoutes() []route {
	return []route{
		{http.MethodGet, qualityPath, s.may(people.SeeExtracts, s.qualityPage), false},
		{http.MethodGet, qualityPath + ".csv", s.may(people.SeeExtracts, s.qualityCSV), false},
		{http.MethodGet, qualityPath + ".json", s.may(people.SeeExtracts, s.qualityJSON), false},
	}
}

type qualityView struct {
	page.Frame
	Lede, Showing string
	Empty         string
	Filters       page.Filters
	// Notes say what the counts lack.
	Notes []string
	// Tables are those that have rows.
	Tables []page.Table
	Pairs  []pairCount
	Links  []page.Link
}

// pairCount counts people who may be one, in words.
type pairCount struct{ Name, Words string }

type qualityAsked struct {
	page.Asked
	from, to, latest delay.Day
	of               QualityOf
}

func (s *Server) qualityOf(c echo.Context) (qualityAsked, error) {
	ctx := c.Request().Context()
	var a qualityAsked
	if s.opts.Quality == nil {
		return a, problem.New(problem.Unavailable, "The page of data quality is not set up on this machine.")
	}
	var err error
	if a.Asked, err = s.opts.Places.Read(c.QueryParams(), page.WordFrom, page.WordTo, page.WordLast, page.WordProvider,
		page.WordView); err != nil {
		return a, err
	}
	now, err := s.now(ctx)
	if err != nil {
		return a, err
	}
	if _, a.latest, err = now.Extent(ctx); err != nil || a.latest == 0 {
		return a, err
	}
	if a.From == 0 && a.Last == "" {
		a.From = a.To
		if a.To == 0 {
			a.From = a.latest
		}
		a.From -= qualityDays - 1
	}
	if a.from, a.to, err = a.Period(a.latest); err != nil {
		return a, err
	}
	if a.to-a.from >= quality.Longest {
		return a, problem.New(problem.Invalid, "Choose a period of %d days or fewer: every receipt of the period is read.", quality.Longest)
	}
	if a.of, err = s.opts.Quality.Quality(ctx, a.from, a.to); err != nil {
		return a, err
	}
	if of := a.Filter.Providers; len(of) > 0 {
		others := func(c quality.Check) bool { return !slices.Contains(of, c.Provider) }
		a.of.Checks, a.of.Words = slices.DeleteFunc(a.of.Checks, others), slices.DeleteFunc(a.of.Words, others)
		a.of.Blanks = slices.DeleteFunc(a.of.Blanks, func(b quality.Blank) bool { return !slices.Contains(of, b.Provider) })
	}
	return a, nil
}

func (a qualityAsked) query() url.Values { return page.Dated(a.Filter, a.from, a.to) }

func (s *Server) qualityPage(c echo.Context) error {
	a, err := s.qualityOf(c)
	if err != nil {
		return err
	}
	v := qualityView{Frame: s.frame(c, "Data quality")}
	if a.latest == 0 {
		v.Empty = "No extract is held yet, so there is nothing to check."
		return s.page(c, "quality", v)
	}
	v.Showing = "Showing " + span(a.from, a.to) + "."
	v.Lede = qualityWords(a.of)
	v.Filters = page.Filters{Action: qualityPath, Clear: qualityPath,
		Dates: &page.DateFields{From: a.from.String(), To: a.to.String()}, Groups: s.opts.Places.Groups(a.Filter)[:1]}
	for _, n := range []int{28, qualityDays, 182} {
		q := page.Dated(a.Filter, a.latest-delay.Day(n)+1, a.latest)
		v.Filters.Periods = append(v.Filters.Periods, page.Link{Text: "Last " + strconv.Itoa(n/7) + " weeks", Href: page.Address(qualityPath, q)})
	}
	if n := a.of.Undivided; n > 0 {
		v.Notes = append(v.Notes, measure.UpperFirst(plural(int64(n), "extract", "extracts"))+" of files that hold several came before findings "+
			"were kept by day. What was found in them is not counted here; their receipts have it, and reading them again puts it here.")
	}
	v.Tables = s.qualityTables(a)
	v.Pairs = []pairCount{{"Possible same person", a.of.Same.Words()}, {"Possible transfer", a.of.Transfers.Words()}}
	if a.of.Before > 0 {
		v.Pairs = append(v.Pairs, pairCount{"Decided before", plural(int64(a.of.Before), "pair", "pairs")})
	}
	if s.opens(samePeoplePath, s.actor(c)) {
		v.Links = append(v.Links, page.Link{Text: "Decide on people who may be one", Href: samePeoplePath})
	}
	if s.opens(againPath, s.actor(c)) {
		v.Links = append(v.Links, page.Link{Text: "Read again what has come", Href: againPath})
	}
	v.Links = append(v.Links, page.Link{Text: "Extracts", Href: "/extracts"},
		page.Link{Text: "CSV", Href: page.Address(qualityPath+".csv", a.query())},
		page.Link{Text: "JSON", Href: page.Address(qualityPath+".json", a.query())})
	return s.page(c, "quality", v)
}

// qualityWords says how much there is to do.
func qualityWords(of QualityOf) string {
	aside, hospitals := 0, map[string]bool{}
	for _, c := range of.Checks {
		if c.Severity == "quarantined" && c.Latest > 0 {
			aside += c.Latest
			hospitals[c.Provider] = true
		}
	}
	words := "Every row of the latest extracts could be read."
	if aside > 0 {
		words = "In the latest extracts of " + plural(int64(len(hospitals)), "hospital", "hospitals") + " " +
			plural(int64(aside), "row", "rows") + " could not be read."
	}
	if n := len(of.Words); n > 0 {
		words += " " + measure.UpperFirst(plural(int64(n), "word waits", "words wait")) + " to be mapped."
	}
	if n := of.Same.Open + of.Transfers.Open; n > 0 {
		words += " " + measure.UpperFirst(plural(int64(n), "pair", "pairs")) + " of people wait for a decision."
	}
	return words
}

// analysts map words, and change the partnership file with whoever runs Homeward.
const analysts = "The partnership's analyst"

func (s *Server) qualityTables(a qualityAsked) []page.Table {
	const mends = "Who mends it: "
	blanks := page.Table{ID: "blanks", Caption: "What is blank, and what measures go without", Stack: true,
		Head: []page.Head{{Text: "Blank"}, {Text: "How much"}, {Text: "What it means"}}}
	for _, b := range a.of.Blanks {
		s.underHospital(&blanks, b.Provider, mends+a.of.Owners[b.Provider], []page.Cell{{Text: measure.UpperFirst(string(b.Field)), Header: true},
			{Text: b.Share()}, {Text: b.Without()}})
	}
	number := func(n int) page.Cell { return page.Cell{Text: count(int64(n)), Class: page.Numeric} }
	words := page.Table{ID: "words", Caption: "Words and councils waiting to be mapped", Stack: true, Head: []page.Head{{Text: "Word"},
		{Text: "Column"}, {Text: "Rows in the latest", Numeric: true}, {Text: "In the period", Numeric: true}, {Text: "Waiting since"},
		{Text: "Latest receipt"}}}
	for _, w := range a.of.Words {
		s.underHospital(&words, w.Provider, "Who maps it: "+analysts, []page.Cell{{Text: w.Word, Header: true}, {Text: w.Field}, number(w.Latest),
			number(w.Rows), {Text: w.Since.Long()}, {Text: w.Last.Long(), Class: page.Whole, Href: "/extracts/" + w.File}})
	}
	checks := page.Table{ID: "checks", Caption: "Checks by hospital", Stack: true, Head: []page.Head{{Text: "What was expected"},
		{Text: "Effect"}, {Text: "Rows in the latest", Numeric: true}, {Text: "In the period", Numeric: true},
		{Text: "By week, oldest first"}, {Text: "Oldest"}, {Text: "Latest receipt"}}}
	for _, k := range a.of.Checks {
		s.underHospital(&checks, k.Provider, mends+a.of.Owners[k.Provider], []page.Cell{{Text: checkWords(k), Header: true, Class: page.Words},
			{Text: effectWords[k.Severity]}, number(k.Latest), number(k.Rows), {Text: trendWords(k)},
			{Text: oldestWords(k, a.of.Latest[k.Provider])}, {Text: k.Last.Long(), Class: page.Whole, Href: "/extracts/" + k.File}})
	}
	var out []page.Table
	for _, t := range []page.Table{blanks, words, checks} {
		if len(t.Groups) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// underHospital adds a row to the rows of its hospital, which follow each other,
// and says once what holds of all of them.
func (s *Server) underHospital(t *page.Table, provider, note string, row []page.Cell) {
	name := s.opts.Places.ProviderWords(provider)
	if n := len(t.Groups); n == 0 || t.Groups[n-1].Name != name {
		t.Groups = append(t.Groups, page.Group{Name: name, Note: note})
	}
	last := &t.Groups[len(t.Groups)-1]
	last.Rows = append(last.Rows, row)
}

// checkWords names a check by what it expects.
func checkWords(k quality.Check) string {
	words := measure.UpperFirst(k.Expected) + " (" + k.Rule + ")"
	if k.Field != "" {
		words = measure.UpperFirst(k.Field) + ": " + k.Expected + " (" + k.Rule + ")"
	}
	return words
}

// trendWords gives the rows of the last weeks, and what they come to.
func trendWords(k quality.Check) string {
	var weeks []string
	for _, w := range k.Weeks {
		if w.Extracts == 0 {
			weeks = append(weeks, "no file")
			continue
		}
		weeks = append(weeks, count(int64(w.Rows)))
	}
	// The weeks are read as one line, like the drawing that they stand for.
	return strings.ReplaceAll(strings.Join(weeks, ", "), " ", "\u00a0") + ": " + k.Trend()
}

func oldestWords(k quality.Check, latest delay.Day) string {
	since := strings.ReplaceAll(k.Since.Long(), " ", "\u00a0") // The words after it wrap, the day does not.
	if k.Latest == 0 {
		return since + ", not in the latest"
	}
	if n := k.Age(latest); n > 0 {
		return since + ", for " + days(int64(n))
	}
	return since + ", new"
}

func (s *Server) qualityTwin(c echo.Context) (page.Twin, error) {
	a, err := s.qualityOf(c)
	if err != nil {
		return page.Twin{}, err
	}
	t := page.Twin{Title: "Data quality", Definitions: []string{}}
	for _, name := range []string{"kind", "provider", "provider_name", "rule", "effect", "field", "word", "expected", "what_to_do"} {
		t.Columns = append(t.Columns, page.Column{Name: name})
	}
	for _, name := range []string{"rows_latest", "rows", "of"} {
		t.Columns = append(t.Columns, page.Column{Name: name, Number: true})
	}
	for _, name := range []string{"of_what", "oldest", "latest", "weeks", "trend", "file", "who"} {
		t.Columns = append(t.Columns, page.Column{Name: name})
	}
	if a.latest == 0 {
		return t, nil
	}
	t.From, t.To, t.AsAt = a.from.String(), a.to.String(), a.latest.String()
	name := s.opts.Places.ProviderWords
	for _, b := range a.of.Blanks {
		t.Rows = append(t.Rows, []string{"blank field", b.Provider, name(b.Provider), "", "", string(b.Field), "", "", b.Without(), "",
			strconv.FormatInt(b.Blank, 10), strconv.FormatInt(b.Of, 10), b.Counted(), "", "", "", "", "", a.of.Owners[b.Provider]})
	}
	for _, list := range []struct {
		kind   string
		checks []quality.Check
	}{{"word to map", a.of.Words}, {"check", a.of.Checks}} {
		for _, k := range list.checks {
			var weeks []string
			for _, w := range k.Weeks {
				weeks = append(weeks, w.First.String()+"="+strconv.Itoa(w.Rows))
			}
			who := a.of.Owners[k.Provider]
			if k.Waiting() {
				who = analysts
			}
			t.Rows = append(t.Rows, []string{list.kind, k.Provider, name(k.Provider), k.Rule, effectWords[k.Severity], k.Field, k.Word, k.Expected,
				k.Do, strconv.Itoa(k.Latest), strconv.Itoa(k.Rows), "", "", k.Since.String(), k.Last.String(), strings.Join(weeks, " "), k.Trend(),
				k.File, who})
		}
	}
	for _, p := range []struct {
		kind string
		quality.Pairs
	}{{"possible same person", a.of.Same}, {"possible transfer", a.of.Transfers}} {
		t.Rows = append(t.Rows, []string{p.kind, "", "", "", "", "", "", "", "Coordinators of the hospitals and analysts decide.", "",
			strconv.Itoa(p.Open), strconv.Itoa(p.Open + p.Decided), "pairs", "", "", "", "", "", "Coordinators of the hospitals"})
	}
	return t, nil
}

func (s *Server) qualityCSV(c echo.Context) error {
	t, err := s.qualityTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-quality.csv", t)
}

func (s *Server) qualityJSON(c echo.Context) error {
	t, err := s.qualityTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}
