package measure

import (
	"cmp"
	"context"
	"slices"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// Metric is something that a trend follows over time.
type Metric struct {
	// Word stands in addresses: the measure's ID, M05 with its number of days.
	Word string
	// ID is the measure's in Definitions.
	ID string
	// Name begins a sentence, Noun stands inside one.
	Name, Noun string
	// Unit is what one reading counts, for the axis.
	Unit string
	// Whole says that every reading is a whole number; Percent that readings are
	// parts of 1.
	Whole, Percent bool
	// AddsUp says that the readings of a period's parts add up to the period's:
	// such a reading is not comparable while its period is not over.
	AddsUp bool
	// AtLeast is the days waited that M05 asks for.
	AtLeast int
}

// Metrics lists what a trend can follow, in the order of the form, with names of
// the convention that makes the figures (D3).
func Metrics(b *definition.Book) []Metric {
	out, words := slices.Clone(metrics), wordsOf(b.Counting())
	for i := range out {
		out[i].Name, out[i].Noun = words.Replace(out[i].Name), words.Replace(out[i].Noun)
	}
	return out
}

// metrics are what can be followed: flows first, because a change shows in them
// soonest and plainest. Words in braces are the convention's.
var metrics = []Metric{
	{Word: "M08", ID: NewDelays, Name: "New delays", Noun: "new delays", Unit: "people", Whole: true, AddsUp: true},
	{Word: "M09", ID: EndedDelays, Name: "Ended delays", Noun: "ended delays", Unit: "people", Whole: true, AddsUp: true},
	{Word: "M02", ID: PeopleWaiting, Name: "People waiting", Noun: "people waiting", Unit: "people a day"},
	{Word: "M01", ID: DelayedDays, Name: "Delayed days", Noun: "delayed days", Unit: "days", Whole: true, AddsUp: true},
	{Word: "M01b", ID: DToCBeds, Name: "{Beds}", Noun: "{beds}", Unit: "beds"},
	{Word: "M03", ID: CouncilShare, Name: "Council share", Noun: "the council share", Unit: "share of delayed days", Percent: true},
	{Word: "M05-7", ID: LongWaits, Name: "Waiting 7 days or more", Noun: "people waiting 7 days or more", Unit: "people a day", AtLeast: 7},
	{Word: "M05-14", ID: LongWaits, Name: "Waiting 14 days or more", Noun: "people waiting 14 days or more", Unit: "people a day",
		AtLeast: 14},
	{Word: "M05-21", ID: LongWaits, Name: "Waiting 21 days or more", Noun: "people waiting 21 days or more", Unit: "people a day",
		AtLeast: 21},
	{Word: "M07", ID: DaysWaited, Name: "Days waited", Noun: "days waited", Unit: "days, middle of the waits that ended"},
}

// OfDays says that the metric is made from delayed days, each of which stands
// somewhere between the NHS and the council; the others count whole waits.
func (m Metric) OfDays() bool {
	return !slices.Contains([]string{DaysWaited, NewDelays, EndedDelays}, m.ID)
}

// MetricOf gives the metric of the word; ok is false when there is none.
func MetricOf(word string, b *definition.Book) (m Metric, ok bool) {
	all := Metrics(b)
	i := slices.IndexFunc(all, func(m Metric) bool { return m.Word == word })
	if i < 0 {
		return Metric{}, false
	}
	return all[i], true
}

// Stock says that the metric counts who is there, or the days of who is there: one
// reading holds many of the people of the one before, so that readings are alike.
func (m Metric) Stock() bool {
	return slices.Contains([]string{PeopleWaiting, DelayedDays, DToCBeds, LongWaits}, m.ID)
}

// State says how much a reading can be relied on.
type State uint8

// The states of a reading, best first.
const (
	// Complete: every extract of the whole period is in.
	Complete State = iota
	// PartData: extracts of some days are missing. The value is what was
	// counted, days carried over the gap among it.
	PartData
	// NotOver: the period is not over, or data begin inside it. It is not to be
	// compared with whole ones where readings add up.
	NotOver
	// ProviderMissing: a provider has no extract for any day of the period. The
	// value is what was counted and is not comparable.
	ProviderMissing
	// NoData: no provider has any extract. The value is no reading of anything,
	// though days carried over the gap are counted in totals.
	NoData
	// NotApplicable: the data are there and there is nothing to work out, such
	// as the share of no days.
	NotApplicable
)

// TrendReading is one period of one series. Its Period's Days are the delayed
// days by body where the metric is made from days, else zero.
type TrendReading struct {
	Period
	State State
	// Value is in the metric's unit, shares as parts of 1. It counts unless the
	// state is NoData or NotApplicable.
	Value float64
	// Amount is what Value was divided out of: delayed days, or people.
	Amount int64
}

// Counts says whether the reading's value may be drawn and judged beside whole
// ones.
func (r TrendReading) Counts(m Metric) bool {
	switch r.State {
	case Complete, PartData:
		return true
	case NotOver:
		return !m.AddsUp
	default:
		return false
	}
}

// Text writes the value for machines, in the metric's unit; empty when it does
// not count.
func (r TrendReading) Text(m Metric) string {
	if !r.Counts(m) {
		return ""
	}
	return Exact(r.Value)
}

// TrendSeries is the readings of one value of the split, or of everything.
type TrendSeries struct {
	// Cell holds the value of the split; only that field counts.
	Cell     Cell
	Readings []TrendReading
	// Amount is the sum of the readings' amounts, by which series are ranked.
	Amount int64
}

// TrendQuery asks for a trend. From and To are brought to the whole days, weeks
// or months that they lie in.
type TrendQuery struct {
	Metric Metric
	// Grain is ByDay, ByWeek or ByMonth.
	Grain Dimension
	// Split is empty for one series, else ByProvider, ByCouncil, ByCare, ByReason,
	// ByResponsible or ByPathway.
	Split    Dimension
	From, To delay.Day
	Filter   Filter
}

// Trend is a metric over time. It holds counts only.
type Trend struct {
	TrendQuery
	// AsAt is the latest extract date held, zero when there is none.
	AsAt delay.Day
	// Series are ordered by amount, most first; what is not known is last. There
	// is exactly one without a split.
	Series []TrendSeries
	// Began names the providers whose first extract is inside the period, with
	// its date: a step in the readings there is a step in what is counted.
	Began []Beginning
}

// Beginning is a provider whose extracts began inside a period.
type Beginning struct {
	Provider, Name string
	Day            delay.Day
}

// TrendSource is what trends and flows are made from.
type TrendSource interface {
	Source
	// ProviderDays gives every provider that ever sent an extract.
	ProviderDays(ctx context.Context, from, to delay.Day) ([]ProviderDays, error)
	// Events gives the events dated from q.From to q.To, ordered by day.
	Events(ctx context.Context, q Query) ([]Event, error)
	// LongDays gives the delayed days of a query that are at least the atLeast-th
	// day of their delay.
	LongDays(ctx context.Context, q Query, atLeast int) ([]Cell, error)
	// Spells gives the waits that have delayed days, or an end, from q.From to
	// q.To.
	Spells(ctx context.Context, q Query) ([]Spell, error)
}

// periodOf gives the whole day, week or month that a day lies in.
func periodOf(d delay.Day, grain Dimension) (first, last delay.Day) {
	switch grain {
	case ByWeek:
		return d.Week(), d.Week() + 6
	case ByMonth:
		return d.Month().First(), d.Month().Last()
	default:
		return d, d
	}
}

// longestTrend bounds the readings of one series: ten years by day.
const longestTrend = 3700

// MakeTrend works out a trend. expected names the providers.
func MakeTrend(ctx context.Context, src TrendSource, q TrendQuery, expected []Expected) (Trend, error) {
	t := Trend{TrendQuery: q}
	if err := q.check(); err != nil {
		return t, err
	}
	t.From, _ = periodOf(q.From, q.Grain)
	_, t.To = periodOf(q.To, q.Grain)
	if t.To < t.From {
		return t, problem.New(problem.Invalid, "To date must be the same as or after from date.")
	}
	stand, err := src.ProviderDays(ctx, 0, t.To)
	if err != nil {
		return t, err
	}
	start := delay.Day(0)
	for _, p := range stand {
		t.AsAt = max(t.AsAt, p.Latest)
		if !q.Filter.asks(p.Code) || p.First == 0 {
			continue
		}
		if start == 0 || p.First < start {
			start = p.First
		}
	}
	if start == 0 || start > t.To {
		return t, nil
	}
	// Evidence ends with the latest extract of those asked about (C2).
	end := delay.Day(0)
	for _, p := range stand {
		if q.Filter.asks(p.Code) && len(p.Counted) > 0 {
			end = max(end, p.Counted[len(p.Counted)-1])
		}
	}
	if end < t.From {
		return t, nil
	}
	sends := byCode(expected)
	for _, p := range stand {
		if q.Filter.asks(p.Code) && p.First > max(start, t.From) && p.First <= min(t.To, end) {
			t.Began = append(t.Began, Beginning{p.Code, cmp.Or(sends[p.Code].Name, p.Code), p.First})
		}
	}
	var periods []Period
	for first := max(t.From, start); first <= min(t.To, end); {
		_, last := periodOf(first, q.Grain)
		periods = append(periods, Period{First: first, Last: min(last, end)})
		first = last + 1
	}
	if len(periods) > longestTrend {
		return t, problem.New(problem.Invalid, "This period has %d steps. Choose a shorter period or a longer step.", len(periods))
	}
	t.From, t.To = periods[0].First, periods[len(periods)-1].Last
	amounts, err := t.amounts(ctx, src)
	if err != nil {
		return t, err
	}
	if q.Split == "" && len(amounts) == 0 {
		amounts[Cell{}] = map[delay.Day]*amount{}
	}
	for key, byPeriod := range amounts {
		s := TrendSeries{Cell: key}
		asked := q.Filter.asks
		if q.Split == ByProvider {
			asked = func(code string) bool { return code == key.Provider }
		}
		for _, p := range periods {
			r := TrendReading{Period: p}
			r.gaps(stand, asked, sends)
			began := 0
			for _, pd := range stand {
				if asked(pd.Code) && pd.First != 0 && pd.First <= p.Last {
					began++
				}
			}
			r.fill(q, byPeriod[p.First], began)
			s.Amount += r.Amount
			s.Readings = append(s.Readings, r)
		}
		t.Series = append(t.Series, s)
	}
	slices.SortFunc(t.Series, func(a, b TrendSeries) int { return q.order(a, b) })
	return t, nil
}

// check refuses what has no answer.
func (q TrendQuery) check() error {
	switch {
	case !slices.Contains([]Dimension{ByDay, ByWeek, ByMonth}, q.Grain):
		return problem.New(problem.Invalid, "A trend needs a step. Choose day, week or month.")
	case q.Metric.ID == CouncilShare && q.Split == ByResponsible:
		return problem.New(problem.Invalid, "This measure cannot be split by next step. Select another split.")
	case q.Metric.ID == CouncilShare && len(q.Filter.Bodies) > 0:
		return problem.New(problem.Invalid, "A share is of the days of everybody. Remove the filter on the next step, or select another measure.")
	}
	return nil
}

// asks says whether a filter covers a provider.
func (f Filter) asks(code string) bool {
	return len(f.Providers) == 0 || slices.Contains(f.Providers, code)
}

// order ranks series by amount, most first, what is not known last, then by
// what they are, so that the order is one.
func (q TrendQuery) order(a, b TrendSeries) int {
	if x, y := a.Cell.unknown(q.Split), b.Cell.unknown(q.Split); x != y {
		if x {
			return 1
		}
		return -1
	}
	if q.Split == ByResponsible || q.Split == ByCare || q.Split == ByPathway {
		// Bodies, care and pathways keep the order that they have everywhere.
		return a.Cell.rank(q.Split) - b.Cell.rank(q.Split)
	}
	if a.Amount != b.Amount {
		if a.Amount > b.Amount {
			return -1
		}
		return 1
	}
	if x, y := a.Cell.Text(q.Split), b.Cell.Text(q.Split); x < y {
		return -1
	} else if x > y {
		return 1
	}
	return 0
}

func (c Cell) unknown(d Dimension) bool {
	switch d {
	case ByCouncil:
		return c.Council == delay.CouncilNotKnown
	case ByReason:
		return c.Reason == delay.ReasonNotKnown
	case ByPathway:
		return c.Pathway == delay.PathwayNotStated
	}
	return false
}

func (c Cell) rank(d Dimension) int {
	switch d {
	case ByCare:
		return slices.Index(delay.CareTypes[:], c.Care)
	case ByPathway:
		return slices.Index(delay.Pathways[:], c.Pathway)
	}
	return slices.Index(delay.Bodies[:], c.Body)
}

// only gives the cell with the field of d alone.
func (c Cell) only(d Dimension) Cell {
	switch d {
	case ByDay, ByWeek, ByMonth:
		return Cell{Period: c.Period}
	case ByState:
		return Cell{State: c.State}
	case ByProvider:
		return Cell{Provider: c.Provider}
	case ByCouncil:
		return Cell{Council: c.Council}
	case ByCare:
		return Cell{Care: c.Care}
	case ByReason:
		return Cell{Reason: c.Reason}
	case ByResponsible:
		return Cell{Body: c.Body}
	case ByPathway:
		return Cell{Pathway: c.Pathway}
	}
	return Cell{}
}

// amount is what one reading is made from.
type amount struct {
	days  ByBody
	n     int64
	waits []wait
}

type wait struct {
	days int
	n    int64
}

// amounts asks for what the readings are made from, by split and by the first
// day of the period, cut to the query's.
func (t *Trend) amounts(ctx context.Context, src TrendSource) (map[Cell]map[delay.Day]*amount, error) {
	out := map[Cell]map[delay.Day]*amount{}
	at := func(c Cell, day delay.Day) *amount {
		key := c.only(t.Split)
		if out[key] == nil {
			out[key] = map[delay.Day]*amount{}
		}
		first, _ := periodOf(day, t.Grain)
		first = max(first, t.From)
		if out[key][first] == nil {
			out[key][first] = &amount{}
		}
		return out[key][first]
	}
	q := Query{From: t.From, To: t.To, By: []Dimension{t.Grain}, Filter: t.Filter}
	if t.Split != "" {
		q.By = append(q.By, t.Split)
	}
	switch t.Metric.ID {
	case NewDelays, EndedDelays:
		q.By[0] = ByDay
		events, err := src.Events(ctx, q)
		if err != nil {
			return nil, err
		}
		wanted := Began
		if t.Metric.ID == EndedDelays {
			wanted = Ended
		}
		for _, e := range events {
			if e.Kind == wanted {
				at(e.Cell, e.Day).n += e.People
			}
		}
	case DaysWaited:
		q.By[0] = ByDay
		spells, err := src.Spells(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, s := range spells {
			if end := s.Ended(); end >= t.From && end <= t.To {
				a := at(s.Cell, end)
				a.n += s.People
				a.waits = append(a.waits, wait{s.Delayed, s.People})
			}
		}
	case LongWaits:
		cells, err := src.LongDays(ctx, q, t.Metric.AtLeast)
		if err != nil {
			return nil, err
		}
		for _, c := range cells {
			at(c, c.Period).n += c.Days
		}
	default:
		if t.Split != ByResponsible {
			q.By = append(q.By, ByResponsible)
		}
		cells, err := src.Cells(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, c := range cells {
			a := at(c, c.Period)
			a.days[c.Body] += c.Days
			a.n += c.Days
		}
	}
	return out, nil
}

// fill works out the reading of a period. began is the number of asked
// providers that had begun to send extracts by the end of the period.
func (r *TrendReading) fill(q TrendQuery, a *amount, began int) {
	if a == nil {
		a = &amount{}
	}
	r.Days, r.Amount = a.days, a.n
	first, last := periodOf(r.First, q.Grain)
	lacking := 0
	for _, g := range r.Missing {
		if g.Days >= r.CalendarDays() {
			lacking++
		}
	}
	switch {
	case began == 0 || lacking == began:
		r.State = NoData
	case lacking > 0:
		r.State = ProviderMissing
	case r.First > first || r.Last < last:
		r.State = NotOver
	case r.Listed < r.CalendarDays():
		r.State = PartData
	}
	switch q.Metric.ID {
	case PeopleWaiting, DToCBeds, LongWaits:
		r.Value = float64(a.n) / float64(r.CalendarDays())
	case CouncilShare:
		share := SocialCareShare(a.days, 0, 0)
		r.Value = share.Value
		if !share.Known && r.State != NoData {
			r.State = NotApplicable
		}
	case DaysWaited:
		q := quantiles(a.waits)
		r.Value = q.Middle
		if q.People == 0 && r.State != NoData {
			r.State = NotApplicable
		}
	default:
		r.Value = float64(a.n)
	}
}

// YearBefore gives the first day of the period that a period beginning on first
// is compared with: the same month a year before, or the day 52 weeks before,
// which is the same day of the week.
func YearBefore(first delay.Day, grain Dimension) delay.Day {
	if grain == ByMonth {
		return (first.Month() - 12).First() + (first - first.Month().First())
	}
	return first - 364
}
