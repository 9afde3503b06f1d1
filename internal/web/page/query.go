package page

import (
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

// The query words. A page names those that it understands; any other is a 400,
// never ignored.
const (
	WordFrom     = "from"
	WordTo       = "to"
	WordLast     = "last"
	WordGrain    = "grain"
	WordBy       = "by"
	WordRows     = "rows"
	WordColumns  = "columns"
	WordProvider = "provider"
	WordCouncil  = "council"
	WordReason   = "reason"
	WordResp     = "resp"
	WordCare     = "care"
	WordState    = "state"
	WordPathway  = "pathway"
	WordBasis    = "basis"
	WordView     = "view"
	WordKnown    = "known"
	WordPage     = "page"
)

// Asked is what an address asks for, read from the query words that every page
// shares. The zero value of a field means that the word was not given.
type Asked struct {
	From, To delay.Day
	Last     string
	Grain    measure.Dimension
	By       []measure.Dimension
	// Rows and Columns are asked for in place of By by a crosstab.
	Rows, Columns measure.Dimension
	Filter        measure.Filter
	// BasisGiven says that the address names the basis; else it is the
	// partnership's own.
	BasisGiven bool
	Print      bool
	// Moment is the past moment to look at, as the address has it; empty means
	// the present.
	Moment string
}

// Everybody is for what is counted whatever is agreed, such as people who begin
// or end a wait: an address that asks for agreed days alone is refused, and the
// partnership's headline does not hold.
func (a *Asked) Everybody(why string) error {
	if a.Filter.Basis == measure.BasisAgreed && a.BasisGiven {
		return problem.New(problem.Invalid, "basis=agreed is not available here: %s. Remove 'basis', or use basis=counted.", why)
	}
	a.Filter.Basis = measure.BasisCounted
	return nil
}

// Dimensions gives what to break down by: the period first, then the rest in
// the order asked. Nothing asked means by month and responsible body.
func (a Asked) Dimensions() ([]measure.Dimension, error) {
	var periods, rest []measure.Dimension
	by := a.By
	if a.Rows != "" {
		by = []measure.Dimension{a.Rows}
	}
	if a.Columns != "" {
		by = append(by, a.Columns)
	}
	for _, d := range by {
		if slices.Contains(Dimensions[:3], d) {
			periods = append(periods, d)
		} else {
			rest = append(rest, d)
		}
	}
	if a.Grain != "" && !slices.Contains(periods, a.Grain) {
		periods = append(periods, a.Grain)
	}
	if len(periods) > 1 {
		return nil, problem.New(problem.Invalid, "The address asks for %s and %s at once. Use one of day, week and month.", periods[0],
			periods[1])
	}
	if len(periods)+len(rest) == 0 {
		if !a.Filter.Book.Divides() {
			return []measure.Dimension{measure.ByMonth, measure.ByReason}, nil
		}
		return []measure.Dimension{measure.ByMonth, measure.ByResponsible}, nil
	}
	return append(periods, rest...), nil
}

// Period gives the days that an address asks about, with last as the latest day
// held: the dates given, the span of 'last', or the 13 months to last.
func (a Asked) Period(last delay.Day) (from, to delay.Day, err error) {
	from, to = a.From, a.To
	if a.Last != "" {
		n, unit, _ := splitLast(a.Last)
		to = last
		switch unit {
		case 'd':
			from = last - delay.Day(n) + 1
		case 'w':
			from = last.Week() - delay.Day(7*(n-1))
		default:
			from = (last.Month() - delay.Month(n) + 1).First()
		}
	}
	if to == 0 {
		to = last
	}
	if from == 0 {
		from = (to.Month() - 12).First()
	}
	if to < from {
		return 0, 0, problem.New(problem.Invalid, "To date must be the same as or after from date. The latest extract held is for %s.",
			last.Long())
	}
	if to-from >= 366*longestYears {
		return 0, 0, problem.New(problem.Invalid, "Choose a period of %d years or less.", longestYears)
	}
	return from, to, nil
}

// NotKnown stands in addresses for the reason or council that is not known.
const NotKnown = "not-known"

// longestYears bounds the period that one address may ask for.
const longestYears = 10

// Dimensions are the values of by, in the order of the columns.
var Dimensions = []measure.Dimension{
	measure.ByDay, measure.ByWeek, measure.ByMonth, measure.ByProvider, measure.ByCouncil,
	measure.ByCare, measure.ByReason, measure.ByResponsible, measure.ByState, measure.ByPathway,
}

// Crossable are the breakdowns that make the rows and columns of a crosstab.
var Crossable = []measure.Dimension{measure.ByMonth, measure.ByWeek, measure.ByProvider, measure.ByCouncil, measure.ByReason,
	measure.ByResponsible, measure.ByPathway, measure.ByCare, measure.ByState}

// Crossing refuses a crosstab of other breakdowns than these.
func (a Asked) Crossing(allowed []measure.Dimension) error {
	for _, asked := range []struct {
		word string
		by   measure.Dimension
	}{{WordRows, a.Rows}, {WordColumns, a.Columns}} {
		if asked.by == "" {
			continue
		}
		if _, err := Choose(asked.word, string(asked.by), allowed); err != nil {
			return err
		}
	}
	return nil
}

// Read reads the query of an address. words are those that the page
// understands. Errors are problems of kind Invalid that suggest the nearest
// word or value.
func (p Places) Read(query url.Values, words ...string) (Asked, error) {
	var a Asked
	keys := make([]string, 0, len(query))
	for key := range query {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		if !slices.Contains(words, key) {
			return a, problem.New(problem.Invalid, "We do not recognise %s in the address.%s Words you can use: %s.",
				Quote(key), Suggest(key, words), strings.Join(words, ", "))
		}
	}
	one := func(word string) (string, error) {
		given := Values(query, word)
		if len(given) > 1 {
			return "", problem.New(problem.Invalid, "The address has '%s' %d times with different values. Use it once.", word, len(given))
		}
		if len(given) == 0 {
			return "", nil
		}
		return given[0], nil
	}
	var err error
	if a.From, err = readDay(one, WordFrom, "From date"); err != nil {
		return a, err
	}
	if a.To, err = readDay(one, WordTo, "To date"); err != nil {
		return a, err
	}
	if a.From != 0 && a.To != 0 && a.To < a.From {
		return a, problem.New(problem.Invalid, "To date must be the same as or after from date.")
	}
	if a.Last, err = one(WordLast); err != nil {
		return a, err
	}
	if a.Last != "" {
		if _, _, ok := splitLast(a.Last); !ok {
			return a, problem.New(problem.Invalid, "We do not recognise %s as a value of 'last'. Use a number of days, weeks or months, like 30d, "+
				"13w or 12m.", Quote(a.Last))
		}
		if a.From != 0 || a.To != 0 {
			return a, problem.New(problem.Invalid, "The address has both 'last' and dates. Use 'last', or 'from' and 'to'.")
		}
	}
	grain, err := one(WordGrain)
	if err != nil {
		return a, err
	}
	if grain != "" {
		if a.Grain, err = Choose(WordGrain, grain, Dimensions[:3]); err != nil {
			return a, err
		}
	}
	for _, given := range Values(query, WordBy) {
		for part := range strings.SplitSeq(given, ",") {
			d, err := Choose(WordBy, strings.TrimSpace(part), Dimensions)
			if err != nil {
				return a, err
			}
			if !slices.Contains(a.By, d) {
				a.By = append(a.By, d)
			}
		}
	}
	if err := a.readCrosstab(one); err != nil {
		return a, err
	}
	basis, err := one(WordBasis)
	if err != nil {
		return a, err
	}
	view, err := one(WordView)
	if err != nil {
		return a, err
	}
	if view != "" && view != "print" {
		return a, problem.New(problem.Invalid, "We do not recognise %s as a value of 'view'. Use print.", Quote(view))
	}
	a.Print = view == "print"
	if a.Moment, err = one(WordKnown); err != nil {
		return a, err
	}
	if a.Filter, err = p.readFilter(query); err != nil {
		return a, err
	}
	return a, p.readBasis(&a, basis, words)
}

// readCrosstab reads the rows and columns of a crosstab.
func (a *Asked) readCrosstab(one func(string) (string, error)) error {
	for _, asked := range []struct {
		word string
		into *measure.Dimension
	}{{WordRows, &a.Rows}, {WordColumns, &a.Columns}} {
		text, err := one(asked.word)
		if err == nil && text != "" {
			*asked.into, err = Choose(asked.word, text, Crossable)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case a.Rows == "" && a.Columns != "":
		return problem.New(problem.Invalid, "The address has 'columns' and no 'rows'. Say what the rows are, such as rows=month.")
	case a.Rows == "":
	case a.Rows == a.Columns:
		return problem.New(problem.Invalid, "The address has %s as rows and as columns. Use two different ones.", a.Rows)
	case len(a.By) > 0 || a.Grain != "":
		return problem.New(problem.Invalid, "The address has both 'rows' and 'by' or 'grain'. Use 'rows' and 'columns' for a crosstab, or 'by' "+
			"for a list.")
	}
	return nil
}

func (p Places) readFilter(query url.Values) (measure.Filter, error) {
	f := measure.Filter{Book: p.Book}
	for _, v := range Values(query, WordProvider) {
		code, err := Choose(WordProvider, strings.ToUpper(v), Codes(p.Providers))
		if err != nil {
			return f, err
		}
		f.Providers = append(f.Providers, code)
	}
	for _, v := range Values(query, WordCouncil) {
		if v == NotKnown {
			f.Councils = append(f.Councils, delay.CouncilNotKnown)
			continue
		}
		code := strings.ToUpper(v)
		if p.CouncilName(delay.Council(code)) == "" {
			return f, problem.New(problem.Invalid, "We do not recognise %s as a value of 'council'.%s Use an ONS code, like %s, or not-known.",
				Quote(v), Suggest(code, Codes(p.Councils)), Example(p.Councils, "E10000008"))
		}
		f.Councils = append(f.Councils, delay.Council(code))
	}
	for _, v := range Values(query, WordCare) {
		c, err := delay.ParseCareType(v)
		if err != nil || !slices.Contains(delay.CareTypes[:], c) {
			return f, NotAValue(WordCare, v, []string{delay.Acute.Slug(), delay.NonAcute.Slug(), delay.CareNotKnown.Slug()})
		}
		f.Care = append(f.Care, c)
	}
	for _, v := range Values(query, WordPathway) {
		pathway, err := measure.ParsePathway(v)
		if err != nil {
			return f, NotAValue(WordPathway, v, pathwaySlugs())
		}
		f.Pathways = append(f.Pathways, pathway)
	}
	for _, v := range Values(query, WordState) {
		st, err := agreement.ParseState(v)
		if err != nil {
			slugs := make([]string, 0, len(agreement.States))
			for _, s := range agreement.States {
				slugs = append(slugs, s.Slug())
			}
			return f, NotAValue(WordState, v, slugs)
		}
		f.States = append(f.States, st)
	}
	for _, v := range Values(query, WordReason) {
		if v == NotKnown {
			f.Reasons = append(f.Reasons, delay.ReasonNotKnown)
			continue
		}
		r := delay.Reason(v)
		if _, _, known := p.Book.Meaning(r); !known {
			var err error
			if r, err = Choose(WordReason, v, p.Book.Reasons()); err != nil {
				return f, err
			}
		}
		f.Reasons = append(f.Reasons, r)
	}
	for _, v := range Values(query, WordResp) {
		b, err := delay.ParseBody(v)
		if err != nil {
			slugs := make([]string, 0, len(delay.Bodies))
			for _, b := range delay.Bodies {
				slugs = append(slugs, b.Slug())
			}
			return f, NotAValue(WordResp, v, slugs)
		}
		f.Bodies = append(f.Bodies, b)
	}
	return f, nil
}

// readBasis reads which days are counted: as the address says, else the
// partnership's headline. An address that asks for a state asks for its days,
// so the headline does not stand in its way.
func (p Places) readBasis(a *Asked, given string, words []string) error {
	switch {
	case given != "":
		names := make([]string, len(measure.Bases))
		for i, b := range measure.Bases {
			names[i] = b.String()
		}
		name, err := Choose(WordBasis, given, names)
		if err != nil {
			return err
		}
		a.Filter.Basis, _ = measure.ParseBasis(name)
		a.BasisGiven = true
	case slices.Contains(words, WordBasis) && len(a.Filter.States) == 0:
		a.Filter.Basis = p.Headline
	}
	return a.Filter.CheckBasis()
}

// Values gives the different values of a word that are not empty, in order: an
// untouched field of a form sends an empty one.
func Values(query url.Values, word string) []string {
	var out []string
	for _, v := range query[word] {
		v = strings.TrimSpace(v)
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func readDay(one func(string) (string, error), word, name string) (delay.Day, error) {
	text, err := one(word)
	if err != nil || text == "" {
		return 0, err
	}
	d, err := delay.ParseDay(text)
	if err != nil {
		return 0, problem.New(problem.Invalid, "%s must be a real date like 2019-03-31. The address has %s as its '%s'.", name, Quote(text), word)
	}
	return d, nil
}

// OneOf reads a word that may have one of some values.
func OneOf(q url.Values, word, otherwise string, allowed ...string) (string, error) {
	given := Values(q, word)
	if len(given) == 0 {
		return otherwise, nil
	}
	if len(given) > 1 {
		return "", problem.New(problem.Invalid, "The address has '%s' %d times with different values. Use it once.", word, len(given))
	}
	var nonEmpty []string
	for _, a := range allowed {
		if a != "" {
			nonEmpty = append(nonEmpty, a)
		}
	}
	return Choose(word, given[0], nonEmpty)
}

// WholeNumber reads a word that is a number.
func WholeNumber(q url.Values, word string, otherwise, most int) (int, error) {
	given := Values(q, word)
	if len(given) == 0 {
		return otherwise, nil
	}
	n, err := strconv.Atoi(given[0])
	if err != nil || len(given) > 1 || n < 1 || n > most {
		return 0, problem.New(problem.Invalid, "We do not recognise %s as a value of '%s'. Use a number from 1 to %d.", Quote(given[0]), word,
			most)
	}
	return n, nil
}

// Choose gives the allowed value that was given, or a problem with a
// suggestion. The case of letters matters only where two values differ by it.
func Choose[T ~string](word, given string, allowed []T) (T, error) {
	for _, a := range allowed {
		if given == string(a) {
			return a, nil
		}
	}
	for _, a := range allowed {
		if strings.EqualFold(given, string(a)) {
			return a, nil
		}
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	return "", NotAValue(word, given, names)
}

// NotAValue refuses a value of a word, with those that it may have.
func NotAValue(word, given string, allowed []string) error {
	return problem.New(problem.Invalid, "We do not recognise %s as a value of '%s'.%s Values you can use: %s.",
		Quote(given), word, Suggest(given, allowed), strings.Join(allowed, ", "))
}

// Quote gives the reader's own text back in quotation marks, short and without
// control or direction characters.
func Quote(s string) string {
	clean := []rune(strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return -1
		}
		return r
	}, s))
	if len(clean) > 40 {
		clean = append(clean[:39], '…')
	}
	return "'" + string(clean) + "'"
}

// Suggest names the nearest of the choices when it is near enough to be what
// was meant.
func Suggest(given string, choices []string) string {
	given = strings.ToLower(given)
	if len(given) > 40 {
		return ""
	}
	best, bestDistance := "", len([]rune(given))/2+1
	for _, c := range choices {
		if d := distance(given, strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" {
		return ""
	}
	return " Did you mean '" + best + "'?"
}

// distance is the number of single-letter changes and swaps of neighbours from
// a to b (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(s)][len(t)]
}

// splitLast reads 13w as 13 weeks. It refuses nought and anything longer than
// the longest period.
func splitLast(s string) (n int, unit byte, ok bool) {
	if len(s) < 2 || len(s) > 5 {
		return 0, 0, false
	}
	unit = s[len(s)-1]
	n, err := strconv.Atoi(s[:len(s)-1])
	if err != nil || n < 1 {
		return 0, 0, false
	}
	most := map[byte]int{'d': 366 * longestYears, 'w': 53 * longestYears, 'm': 12 * longestYears}[unit]
	return n, unit, n <= most
}

// FilterQuery writes a filter back as query words, in a fixed order.
func FilterQuery(f measure.Filter) url.Values {
	q := url.Values{}
	for _, p := range f.Providers {
		q.Add(WordProvider, p)
	}
	for _, c := range f.Councils {
		q.Add(WordCouncil, SlugOr(string(c)))
	}
	for _, c := range f.Care {
		q.Add(WordCare, c.Slug())
	}
	for _, st := range f.States {
		q.Add(WordState, st.Slug())
	}
	for _, pathway := range f.Pathways {
		q.Add(WordPathway, PathwaySlug(pathway))
	}
	if f.Basis != measure.BasisCounted {
		q.Set(WordBasis, f.Basis.String())
	}
	for _, r := range f.Reasons {
		q.Add(WordReason, SlugOr(string(r)))
	}
	for _, b := range f.Bodies {
		q.Add(WordResp, b.Slug())
	}
	return q
}

// Dated writes the query that asks for the same figures again: filter, real
// dates and basis.
func Dated(f measure.Filter, from, to delay.Day) url.Values {
	q := FilterQuery(f)
	q.Set(WordFrom, from.String())
	q.Set(WordTo, to.String())
	q.Set(WordBasis, f.Basis.String())
	return q
}

// WithBy adds a breakdown to a query.
func WithBy(q url.Values, by ...measure.Dimension) url.Values {
	for _, d := range by {
		q.Add(WordBy, string(d))
	}
	return q
}

// WithCrosstab adds the words that ask for a crosstab to an address.
func WithCrosstab(q url.Values, rows, columns measure.Dimension) url.Values {
	q.Set(WordRows, string(rows))
	if columns != "" {
		q.Set(WordColumns, string(columns))
	}
	return q
}

// NotStated stands in addresses for the pathway that nobody has said.
const NotStated = "not-stated"

// PathwaySlug gives a pathway as addresses have it.
func PathwaySlug(p delay.Pathway) string {
	if p == delay.PathwayNotStated {
		return NotStated
	}
	return string(p)
}

func pathwaySlugs() []string {
	var out []string
	for _, p := range delay.Pathways {
		out = append(out, PathwaySlug(p))
	}
	return out
}

// SlugOr gives a code as addresses have it; one that is not known has a word.
func SlugOr(s string) string {
	if s == "" {
		return NotKnown
	}
	return s
}
