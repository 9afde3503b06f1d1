package published

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
)

// Kind says what a step of a comparison is.
type Kind string

// The kinds of steps. A comparison begins with what was published, and the
// causes lead from it to ours; what no cause is known for is NotExplained.
// Further steps lead from ours to another count of ours.
const (
	IsPublished  Kind = "published"
	IsCause      Kind = "cause"
	NotExplained Kind = "not explained"
	IsOurs       Kind = "ours"
	IsFurther    Kind = "further"
)

// Step is one line of a comparison. Running is the sum so far: every step adds
// its value to the running total of the one before it, but for totals
// (published and ours), whose value is the running total itself.
type Step struct {
	Kind           Kind
	Words          string
	Value, Running Decimal
}

// Total says whether the step is a sum and not a change.
func (s Step) Total() bool {
	return s.Kind == IsPublished || s.Kind == IsOurs || s.Kind == IsFurther && strings.HasPrefix(s.Words, "ours: ")
}

// Comparison is a published figure beside ours, with the way from one to the
// other, which adds up exactly (D8).
type Comparison struct {
	Series     string
	Period     Period
	Level      Level
	Code, Name string
	Measure    string
	// Breakdown is that of the published figure, such as body=NHS.
	Breakdown string
	// Convention made our figure.
	Convention string
	// Mark stands where the publisher gives no number; the comparison has no
	// steps from it to ours then.
	Mark            string
	Published, Ours Decimal
	Steps           []Step
	Notes           []string
	// File is the published file that states the figure.
	File int64
}

// Difference is ours less what was published.
func (c *Comparison) Difference() Decimal { return c.Ours - c.Published }

// Unexplained is the part of the difference that no cause is known for.
func (c *Comparison) Unexplained() Decimal {
	for _, s := range c.Steps {
		if s.Kind == NotExplained {
			return s.Value
		}
	}
	return 0
}

// Ours is what published figures are compared with.
type Ours struct {
	Stays  []national.Stay
	Window national.Window // the months asked for, and the evidence in all
	// Calendars are the extract dates that count, by provider.
	Calendars map[string]delay.Calendar
	// Cells are delayed days by month, provider, council and body; nil when the
	// partnership counts by another convention than England's old return.
	Cells []measure.Cell
	Defs  *definition.Tables
	// Floor is the age floor of the discharge ready date.
	Floor int
	// Providers and Councils are those that the partnership counts, with names.
	Providers map[string]string
	// Former leads from a code of before to the provider that shows its history.
	Former   map[string]string
	Councils map[delay.Council]string
	// Council gives the council that a publisher's code or name means on a day,
	// empty when it is none of the partnership's.
	Council func(code, name string, on delay.Day) delay.Council
}

// Compare sets the values of one series beside ours, month by month, for the
// providers and councils that this partnership counts. grain Daily compares
// the situation reports day by day instead. Months of which we have no
// evidence are left out.
func Compare(series string, values []Stored, o Ours, grain Grain) ([]Comparison, error) {
	m := matched{o: o, series: series, at: map[place][]Stored{}, causes: map[place][]Stored{}}
	for _, v := range values {
		m.place(v)
	}
	for p, of := range m.at {
		m.at[p] = together(of)
	}
	var out []Comparison
	var err error
	switch series {
	case AcuteSitrep, CommunitySitrep:
		out, err = m.sitrep(grain)
	case ReadyDate:
		out, err = m.readyDates()
	case OldReturn:
		out, err = m.oldReturn()
	case ScotlandDays:
		out, err = m.scotland()
	case WalesDelays:
		out, err = m.wales()
	}
	slices.SortStableFunc(out, func(a, b Comparison) int {
		return cmp.Or(cmp.Compare(a.Period.First, b.Period.First), cmp.Compare(a.Level, b.Level), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Code, b.Code))
	})
	return out, err
}

// place is an area of ours in a month.
type place struct {
	month delay.Month
	level Level
	code  string
}

// matched holds published values by the area of ours that they are of.
type matched struct {
	o      Ours
	series string
	// at has the values that are of the area; causes those of the area at one
	// provider, which may be another's.
	at, causes map[place][]Stored
}

func (m *matched) place(v Stored) {
	month := v.Period.First.Month()
	if provider := m.current(dimension(v.Breakdown, "provider")); m.o.Providers[provider] != "" {
		k := place{month, Provider, provider}
		m.causes[k] = append(m.causes[k], v)
	}
	switch v.Level {
	case Provider, Board:
		code := m.current(v.Code)
		if m.o.Providers[code] == "" {
			code = m.named(v)
		}
		if code == "" {
			return
		}
		k := place{month, Provider, code}
		m.at[k] = append(m.at[k], v)
	case Council:
		code := m.o.Council(v.Code, v.Name, v.Period.First)
		if _, ours := m.o.Councils[code]; code == "" || !ours {
			return
		}
		k := place{month, Council, string(code)}
		if dimension(v.Breakdown, "provider") != "" {
			m.causes[k] = append(m.causes[k], v)
			return
		}
		m.at[k] = append(m.at[k], v)
	}
}

// current gives the provider that shows the history of a code.
func (m *matched) current(code string) string {
	if into := m.o.Former[code]; into != "" {
		return into
	}
	return code
}

// together adds what is published under several codes of one provider of ours,
// such as those of two trusts that have merged since. Where one of them has a
// mark, the sum has it.
func together(values []Stored) []Stored {
	type figure struct {
		period             Period
		measure, breakdown string
	}
	at := map[figure]int{}
	var out []Stored
	for _, v := range values {
		k := figure{v.Period, v.Measure, v.Breakdown}
		i, has := at[k]
		if !has {
			at[k] = len(out)
			out = append(out, v)
			continue
		}
		sum := &out[i]
		a, one := ParseDecimal(sum.Text)
		b, other := ParseDecimal(v.Text)
		sum.Text, sum.Mark = "", cmp.Or(sum.Mark, v.Mark)
		if one && other {
			sum.Text, sum.Mark = (a + b).String(), ""
		}
	}
	return out
}

// named gives the provider of ours that has a board's name: boards are
// published by codes that no provider has.
func (m *matched) named(v Stored) string {
	for code, name := range m.o.Providers {
		if v.Level == Board && (key(name) == key(v.Name) || key(name) == key(v.Code)) {
			return code
		}
	}
	return ""
}

// dimension gives one value of a breakdown.
func dimension(breakdown, name string) string {
	for part := range strings.SplitSeq(breakdown, "; ") {
		if n, value, _ := strings.Cut(part, "="); n == name {
			return value
		}
	}
	return ""
}

func (m *matched) places() []place {
	all := map[place]bool{}
	for _, of := range []map[place][]Stored{m.at, m.causes} {
		for p := range of {
			all[p] = true
		}
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.level, b.level), cmp.Compare(a.code, b.code))
	})
}

// start begins a comparison of a place.
func (m *matched) start(p place, measure, breakdown, convention string, file int64) Comparison {
	name := m.o.Providers[p.code]
	if p.level == Council {
		name = m.o.Councils[delay.Council(p.code)]
	}
	return Comparison{Series: m.series, Period: Period{p.month.First(), Monthly}, Level: p.level, Code: p.code, Name: name, Measure: measure,
		Breakdown: breakdown, Convention: convention, File: file}
}

func (c *Comparison) total(kind Kind, words string, v Decimal) {
	c.Steps = append(c.Steps, Step{kind, words, v, v})
}

// add adds a step; a cause that makes no difference is left out.
func (c *Comparison) add(kind Kind, words string, v Decimal) {
	if v == 0 && kind != NotExplained {
		return
	}
	last := c.Steps[len(c.Steps)-1].Running
	c.Steps = append(c.Steps, Step{kind, words, v, last + v})
}

// end says what is not explained, and ends with ours.
func (c *Comparison) end(words string, ours Decimal) {
	c.Ours = ours
	c.add(NotExplained, "not explained", ours-c.Steps[len(c.Steps)-1].Running)
	c.total(IsOurs, words, ours)
}

// marked ends a comparison in which the publisher shows a mark.
func (c *Comparison) marked(mark, words string, ours Decimal) {
	c.Mark, c.Ours = mark, ours
	c.total(IsOurs, words, ours)
	c.Notes = append(c.Notes, fmt.Sprintf("The publisher shows %q in place of the figure, so the difference is not known.", mark))
}

// further goes on from ours by a bridge of ours (D8), which begins with the
// count that ours is.
func (c *Comparison) further(walk []national.Cause) {
	for i, step := range walk {
		switch {
		case i == 0:
			c.add(IsFurther, "days that one of our two counts has and the other has not", Whole(step.Days)-c.Steps[len(c.Steps)-1].Running)
		case step.Total:
			c.total(IsFurther, "ours: "+strings.TrimPrefix(step.Words, "= "), Whole(step.Days))
		default:
			c.add(IsFurther, "taken back: "+step.Words, Whole(step.Days))
		}
	}
}

// covered says which days of a month our evidence has, of one provider or of
// all; ok is false when it has none.
func (m *matched) covered(p place) (from, to delay.Day, ok bool) {
	from, to = max(p.month.First(), m.o.Window.From), min(p.month.Last(), m.o.Window.To)
	if p.level == Provider {
		days := m.o.Calendars[p.code]
		if len(days) == 0 {
			return 0, 0, false
		}
		from, to = max(p.month.First(), days[0]), min(p.month.Last(), days[len(days)-1])
	}
	return from, to, from <= to && m.o.Window.To != 0
}

// partly notes that evidence does not reach over the whole month.
func (c *Comparison) partly(p place, from, to delay.Day) {
	if from > p.month.First() || to < p.month.Last() {
		c.Notes = append(c.Notes, "Our extracts reach over "+delay.Span(from, to)+" of the month only.")
	}
}

// sum adds the numbers of values of a measure and breakdown.
func sum(values []Stored, measure string, in func(*Stored) bool) (total Decimal, numbers, marks int, file int64, mark string) {
	for i := range values {
		v := &values[i]
		if v.Measure != measure || !in(v) {
			continue
		}
		file = v.File
		if n, ok := ParseDecimal(v.Text); ok {
			total += n
			numbers++
		} else {
			marks++
			mark = v.Mark
		}
	}
	return total, numbers, marks, file, mark
}

func broken(breakdown string) func(*Stored) bool {
	return func(v *Stored) bool { return v.Breakdown == breakdown }
}

const adult = national.Adult

// walk gives the bridge of a place from one count of ours to its delayed days
// by the old return.
func (m *matched) walk(p place, from national.Count) ([]national.Cause, error) {
	dtoc, err := m.o.Defs.Convention("england-dtoc")
	if err != nil {
		return nil, err
	}
	drd, err := m.o.Defs.Convention("england-drd")
	if err != nil {
		return nil, err
	}
	of := national.Stretch{From: max(p.month.First(), m.o.Window.From), To: min(p.month.Last(), m.o.Window.To),
		Month: p.month, Floor: m.o.Floor, Evidence: m.o.Calendars}
	if p.level == Provider {
		of.Provider = p.code
	} else {
		council := delay.Council(p.code)
		of.Council = &council
	}
	return national.Walk(national.Chain(m.o.Stays, of, dtoc, drd), nil, from, national.DToC), nil
}

// sitrepWords name our figures beside those of the situation reports.
var sitrepWords = map[string]string{
	Remaining: "ours: people remaining, day by day, 18 and over", Discharged: "ours: people discharged while ready, 18 and over",
	NoLongerMeets: "ours: people who no longer meet the criteria to reside, day by day, 18 and over",
}

// sitrep compares the daily measures of providers.
func (m *matched) sitrep(grain Grain) ([]Comparison, error) {
	var out []Comparison
	for _, p := range m.places() {
		from, to, ok := m.covered(p)
		if p.level != Provider || !ok {
			continue
		}
		ours := map[delay.Day]national.Daily{}
		for _, d := range national.Sitrep(m.of(p), from, to, adult) {
			if d.Provider == p.code {
				ours[d.Date] = d
			}
		}
		for _, what := range []string{Remaining, Discharged, NoLongerMeets} {
			daily := map[delay.Day]*Stored{}
			for i := range m.at[p] {
				if v := &m.at[p][i]; v.Measure == what && v.Period.Grain == Daily {
					daily[v.Period.First] = v
				}
			}
			if len(daily) == 0 {
				continue
			}
			if grain == Daily {
				out = append(out, m.sitrepDays(p, what, daily, ours, from, to)...)
				continue
			}
			c, err := m.sitrepMonth(p, what, daily, ours, from, to)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// of gives the stays of a place.
func (m *matched) of(p place) []national.Stay {
	return slices.DeleteFunc(slices.Clone(m.o.Stays), func(s national.Stay) bool {
		if p.level == Provider {
			return s.Provider != p.code
		}
		return string(s.Council) != p.code
	})
}

func dailyOf(d national.Daily, what string) Decimal {
	switch what {
	case Remaining:
		return Whole(d.Remaining)
	case Discharged:
		return Whole(d.Discharged())
	default:
		return Whole(d.NoLongerMeets())
	}
}

func (m *matched) sitrepDays(p place, what string, daily map[delay.Day]*Stored, ours map[delay.Day]national.Daily,
	from, to delay.Day) []Comparison {
	var out []Comparison
	for _, day := range slices.Sorted(maps.Keys(daily)) {
		if day < from || day > to {
			continue
		}
		v := daily[day]
		c := m.start(p, what, "", "england-drd", v.File)
		c.Period = v.Period
		if n, ok := ParseDecimal(v.Text); ok {
			c.Published = n
			c.total(IsPublished, "published", n)
			c.end(sitrepWords[what], dailyOf(ours[day], what))
		} else {
			c.marked(v.Mark, sitrepWords[what], dailyOf(ours[day], what))
		}
		out = append(out, c)
	}
	return out
}

func (m *matched) sitrepMonth(p place, what string, daily map[delay.Day]*Stored, ours map[delay.Day]national.Daily,
	from, to delay.Day) (Comparison, error) {
	var total, outside, unstated, all Decimal
	var outsideDays, unstatedDays, numbers int
	c := m.start(p, what, "", "england-drd", 0)
	for day := p.month.First(); day <= p.month.Last(); day++ {
		var n Decimal
		stated := false
		if v := daily[day]; v != nil {
			c.File = v.File
			n, stated = ParseDecimal(v.Text)
		}
		if stated {
			numbers++
			total += n
		}
		if day < from || day > to {
			if stated {
				outsideDays++
				outside += n
			}
			continue
		}
		here := dailyOf(ours[day], what)
		all += here
		if !stated {
			unstatedDays++
			unstated += here
		}
	}
	if numbers == 0 {
		c.marked(daily[slices.Sorted(maps.Keys(daily))[0]].Mark, sitrepWords[what], all)
		return c, nil
	}
	c.Published = total
	c.total(IsPublished, fmt.Sprintf("published, %s with a figure", counted(numbers, "day")), total)
	c.add(IsCause, fmt.Sprintf("%s for which we have no extracts", counted(outsideDays, "day")), -outside)
	c.add(IsCause, fmt.Sprintf("%s for which the publisher has no figure", counted(unstatedDays, "day")), unstated)
	c.end(sitrepWords[what], all)
	c.partly(p, from, to)
	if what == Remaining {
		walk, err := m.walk(p, national.Remaining)
		if err != nil {
			return c, err
		}
		c.further(walk)
	}
	return c, nil
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

var readyWords = map[string]string{
	Discharges: "ours: discharges", SameDay: "ours: discharged on the ready date", Delayed: "ours: discharged after the ready date",
	BedDays: "ours: bed days from the ready date to discharge",
}

// AverageDelay is the Better Care Fund's measure, which is worked out from two
// others.
const AverageDelay = "average_delay"

// readyDates compares the discharge ready date of providers and councils.
func (m *matched) readyDates() ([]Comparison, error) {
	var out []Comparison
	for _, p := range m.places() {
		from, to, ok := m.covered(p)
		if !ok {
			continue
		}
		by := map[Level]string{Provider: "provider", Council: "council"}[p.level]
		var d national.Discharges
		for _, one := range national.ReadyDates(m.of(p), []delay.Month{p.month}, m.o.Floor) {
			if one.By == by && one.Code == p.code {
				d = one
			}
		}
		ours := map[string]Decimal{Discharges: Whole(d.Discharges), SameDay: Whole(d.SameDay), Delayed: Whole(d.Delayed()),
			BedDays: Whole(d.BedDays)}
		published, here := map[string]Decimal{}, map[string]Decimal{}
		for _, what := range []string{Discharges, SameDay, Delayed, BedDays} {
			total, numbers, marks, file, mark := sum(m.at[p], what, broken(""))
			if numbers+marks == 0 {
				continue
			}
			c := m.start(p, what, "", "england-drd-statistic", file)
			words := fmt.Sprintf("%s, %d and over", readyWords[what], m.o.Floor)
			if numbers == 0 {
				c.marked(mark, words, ours[what])
				out = append(out, c)
				continue
			}
			published[what], c.Published = total, total
			c.total(IsPublished, "published", total)
			if p.level == Council {
				m.elsewhere(&c, p, what)
			}
			here[what] = c.Steps[len(c.Steps)-1].Running
			c.end(words, ours[what])
			c.partly(p, from, to)
			if what == BedDays {
				walk, err := m.walk(p, national.ReadyDate)
				if err != nil {
					return nil, err
				}
				c.further(walk)
			}
			out = append(out, c)
		}
		if c, ok := m.average(p, published, here, ours); ok {
			out = append(out, c)
		}
	}
	return out, nil
}

// elsewhereWords say what a file without providers leaves open.
const elsewhereWords = "The publisher counts a council's residents in every hospital, we count those in ours: the file does not " +
	"say how many were elsewhere, so they are among what is not explained."

// elsewhere takes off what a council's residents had at providers that this
// partnership does not count, where the publisher says so.
func (m *matched) elsewhere(c *Comparison, p place, what string) {
	others := func(v *Stored) bool {
		provider := dimension(v.Breakdown, "provider")
		return v.Breakdown == "provider="+provider && m.o.Providers[m.current(provider)] == ""
	}
	total, numbers, marks, _, _ := sum(m.causes[p], what, others)
	if numbers > 0 {
		c.add(IsCause, fmt.Sprintf("residents at %s that we do not count", counted(numbers, "provider")), -total)
	} else if marks == 0 {
		c.Notes = append(c.Notes, elsewhereWords)
	}
	if marks > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("The publisher suppresses %s of other providers, which are among what is not explained.",
			counted(marks, "figure")))
	}
}

// average compares the Better Care Fund's average delay; here is what was
// published without the providers that we do not count. Averages are rounded to
// six decimals first, so that the steps add up.
func (m *matched) average(p place, published, here, ours map[string]Decimal) (Comparison, bool) {
	discharges, ok := published[Discharges]
	days, both := published[BedDays]
	theirs, some := days.Over(discharges)
	if !ok || !both || !some {
		return Comparison{}, false
	}
	_, _, _, file, _ := sum(m.at[p], BedDays, broken(""))
	c := m.start(p, AverageDelay, "", "england-drd-statistic", file)
	c.Published = theirs
	c.total(IsPublished, "published bed days divided by discharges", theirs)
	if left, ok := here[BedDays].Over(here[Discharges]); ok {
		c.add(IsCause, "residents at providers that we do not count", left-theirs)
	}
	mine, some := ours[BedDays].Over(ours[Discharges])
	if !some {
		c.Notes = append(c.Notes, "We have no discharges in the month, so there is no average of ours.")
	}
	c.end("ours: bed days divided by discharges", mine)
	return c, true
}

// oldReturn compares delayed days of councils and providers, in all and by
// body.
func (m *matched) oldReturn() ([]Comparison, error) {
	bodies := map[string]delay.Body{"NHS": delay.NHS, "Social care": delay.SocialCare, "Both": delay.Joint}
	var out []Comparison
	has := map[delay.Month]bool{}
	for _, cell := range m.o.Cells {
		has[cell.Period.Month()] = true
	}
	for _, p := range m.places() {
		if !has[p.month] {
			continue
		}
		for _, body := range []string{"", "NHS", "Social care", "Both"} {
			var ours Decimal
			for _, cell := range m.o.Cells {
				if cell.Period.Month() == p.month && (body == "" || cell.Body == bodies[body]) &&
					(p.level == Provider && cell.Provider == p.code || p.level == Council && string(cell.Council) == p.code) {
					ours += Decimal(cell.Days) * one
				}
			}
			if c, ok := m.oldOne(p, body, ours); ok {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// oldOne compares one body of the old return, empty for all.
func (m *matched) oldOne(p place, body string, ours Decimal) (Comparison, bool) {
	breakdown := ""
	if body != "" {
		breakdown = "body=" + body
	}
	total, numbers, marks, file, mark := sum(m.at[p], DelayedDays, broken(breakdown))
	// Without a total of the area, the parts of the file by provider, council,
	// care and reason are it.
	ofBody := func(v *Stored) bool { return body == "" || dimension(v.Breakdown, "body") == body }
	parts := m.causes[p]
	if p.level == Council {
		parts = slices.DeleteFunc(slices.Clone(parts), func(v Stored) bool { return v.Level != Council })
	}
	whole, n, k, of, other := sum(parts, DelayedDays, ofBody)
	if numbers+marks == 0 {
		if n+k == 0 {
			return Comparison{}, false
		}
		total, numbers, marks, file, mark = whole, n, k, of, other
	}
	c := m.start(p, DelayedDays, breakdown, "england-dtoc", file)
	words := "ours: delayed days"
	if body != "" {
		words += ", " + body
	}
	if numbers == 0 {
		c.marked(mark, words, ours)
		return c, true
	}
	c.Published = total
	c.total(IsPublished, "published", total)
	if p.level == Council && n > 0 {
		elsewhere, others, _, _, _ := sum(parts, DelayedDays, func(v *Stored) bool {
			return ofBody(v) && m.o.Providers[m.current(dimension(v.Breakdown, "provider"))] == ""
		})
		if others > 0 {
			c.add(IsCause, "residents at providers that we do not count", -elsewhere)
		}
	} else if p.level == Council {
		c.Notes = append(c.Notes, elsewhereWords)
	}
	if marks > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("The publisher suppresses %s, which are among what is not explained.", counted(marks, "figure")))
	}
	c.end(words, ours)
	return c, true
}

// scotland compares bed days, and the average of beds with its rounding.
func (m *matched) scotland() ([]Comparison, error) {
	conv, err := m.o.Defs.Convention("scotland-2016")
	if err != nil {
		return nil, err
	}
	lines := national.Days(m.o.Stays, m.o.Window, conv)
	var out []Comparison
	for _, p := range m.places() {
		from, to, ok := m.covered(p)
		if !ok {
			continue
		}
		ours := 0
		for _, l := range lines {
			set, code, known := m.o.Defs.Reason(l.Step.Reason, p.month.Last())
			if l.Month != p.month || l.Age >= 0 && l.Age < conv.AgeFloor || known && slices.Contains(set.Apart, code.Group) ||
				p.level == Provider && l.Provider != p.code || p.level == Council && string(l.Step.Council) != p.code {
				continue
			}
			ours += l.Days[0]
		}
		const all = "age=18plus; reason=All Delay Reasons"
		total, numbers, marks, file, mark := sum(m.at[p], BedDays, broken(all))
		if numbers+marks == 0 {
			continue
		}
		c := m.start(p, BedDays, all, "scotland-2016", file)
		const words = "ours: bed days, 18 and over, without code 100"
		if numbers == 0 {
			c.marked(mark, words, Whole(ours))
			out = append(out, c)
			continue
		}
		c.Published = total
		c.total(IsPublished, "published", total)
		c.end(words, Whole(ours))
		c.partly(p, from, to)
		out = append(out, c)
		beds, some, _, file, _ := sum(m.at[p], "average_beds", broken(all))
		exact, fine := total.Over(Whole(p.month.Days()))
		mine, also := Whole(ours).Over(Whole(p.month.Days()))
		if some == 0 || !fine || !also {
			continue
		}
		c = m.start(p, "average_beds", all, "scotland-2016", file)
		c.Published = beds
		c.total(IsPublished, "published, rounded to whole beds", beds)
		c.add(IsCause, "rounding by the publisher: its bed days divided by the days of the month", exact-beds)
		c.end("ours: bed days divided by the days of the month", mine)
		out = append(out, c)
	}
	return out, nil
}

// wales compares people on the census day.
func (m *matched) wales() ([]Comparison, error) {
	conv, err := m.o.Defs.Convention("wales-pocd")
	if err != nil {
		return nil, err
	}
	councils := map[place][]Stored{}
	for p, values := range m.at {
		for _, v := range values {
			if name := dimension(v.Breakdown, "council"); name != "" {
				if code := m.o.Council(name, name, v.Period.First); code != "" && m.o.Councils[code] != "" {
					k := place{p.month, Council, string(code)}
					councils[k] = append(councils[k], v)
				}
			}
		}
	}
	maps.Copy(m.at, councils)
	var out []Comparison
	for _, p := range m.places() {
		day := conv.Census.Day(p.month)
		from, to, ok := m.covered(p)
		if !ok || day < from || day > to {
			continue
		}
		people := 0
		for _, l := range national.CensusOf(m.of(p), []delay.Month{p.month}, conv, m.o.Window) {
			people += l.People
		}
		total, numbers, marks, file, mark := sum(m.at[p], "delays", func(v *Stored) bool {
			return !strings.HasPrefix(key(dimension(v.Breakdown, "reason")), "total") && !strings.HasPrefix(key(dimension(v.Breakdown, "reason")),
				"alldelays")
		})
		if numbers+marks == 0 {
			continue
		}
		c := m.start(p, "delays", "", "wales-pocd", file)
		words := "ours: people on the census day, " + day.Long()
		if numbers == 0 {
			c.marked(mark, words, Whole(people))
			out = append(out, c)
			continue
		}
		c.Published = total
		c.total(IsPublished, "published, all reasons", total)
		c.end(words, Whole(people))
		if marks > 0 {
			c.Notes = append(c.Notes, fmt.Sprintf("The publisher suppresses %s, which are among what is not explained.", counted(marks, "figure")))
		}
		if p.level == Council {
			c.Notes = append(c.Notes, "Of the boards that we count.")
		}
		out = append(out, c)
	}
	return out, nil
}
