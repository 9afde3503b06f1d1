package measure

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"homeward/internal/delay"
)

// ProviderDays is where the extracts of one provider stand.
type ProviderDays struct {
	Code string
	// First and Latest are the first and the latest date with a counted
	// extract, zero when there is none; Rows the rows kept from the latest.
	First, Latest delay.Day
	Rows          int
	// Counted and Held are the dates within the asked period for which an
	// extract counts, and for which a short one is held, ascending.
	Counted, Held []delay.Day
	// Lacking names, for days that are counted, the codes of the provider that
	// should have sent as well and have no extract that counts: trusts that merged
	// send beside each other for a time.
	Lacking map[delay.Day][]string
	// LatestReceived is when the latest counted extract arrived.
	LatestReceived time.Time
	// FromLog is set for a provider that sends no extracts and is run from the
	// log: every day up to Latest counts, and no extract is expected (C17).
	FromLog bool
}

// Whole says whether every extract of the day that was due counts.
func (p ProviderDays) Whole(day delay.Day) bool {
	_, counted := slices.BinarySearch(p.Counted, day)
	return counted && len(p.Lacking[day]) == 0
}

// Waited is the number of people who are delayed at a provider on a day, with
// one body, and have so many delayed days by then.
type Waited struct {
	Provider string
	Body     delay.Body
	Days     int
	People   int64
}

// OverviewSource is what an overview is made from.
type OverviewSource interface {
	Source
	// ProviderDays gives every provider that ever sent an extract.
	ProviderDays(ctx context.Context, from, to delay.Day) ([]ProviderDays, error)
	// Waiting gives the people delayed at providers, by code, on an extract date of
	// each, by the days that they have waited.
	Waiting(ctx context.Context, f Filter, at map[string]delay.Day) ([]Waited, error)
	// ReadyOn gives the number of people at providers, by code, whose ready day is
	// the extract date of each.
	ReadyOn(ctx context.Context, f Filter, at map[string]delay.Day) (int64, error)
}

// Expected is a provider from whom extracts are expected.
type Expected struct {
	Code, Name string
	// Due is the time of day by which the extract of the day before is
	// expected, as a duration since midnight; negative when none is set.
	Due time.Duration
	// Days are the days of the week of which it sends extracts; none means every
	// day.
	Days []time.Weekday
}

// Sends says whether the provider sends an extract of the day.
func (e Expected) Sends(day delay.Day) bool {
	return len(e.Days) == 0 || slices.Contains(e.Days, day.Time().Weekday())
}

// Recent is the number of days for which a provider's latest extract still
// speaks for "now".
const Recent = 14

// Moment is when an overview is looked at: Now, in London time, and the latest
// extract date that it may use; zero means the day of Now.
type Moment struct {
	Now  time.Time
	UpTo delay.Day
}

// MakeOverview works out the first page for whole months from first to last,
// as seen at a moment. With first zero it shows the 13 months to the latest
// extract.
func MakeOverview(ctx context.Context, src OverviewSource, f Filter, first, last delay.Month, at Moment, expected []Expected) (Overview,
	error) {
	upTo := delay.DayOf(at.Now)
	if at.UpTo != 0 {
		upTo = min(upTo, at.UpTo)
	}
	o := Overview{Filter: f}

	stand, err := src.ProviderDays(ctx, 0, upTo)
	if err != nil {
		return o, err
	}
	asked := func(code string) bool { return len(f.Providers) == 0 || slices.Contains(f.Providers, code) }
	latest := map[string]delay.Day{} // the provider's latest extract date, not after today
	for _, p := range stand {
		if !asked(p.Code) || len(p.Counted) == 0 {
			continue
		}
		latest[p.Code] = p.Counted[len(p.Counted)-1]
		o.AsAt = max(o.AsAt, latest[p.Code])
	}
	o.arrivals(stand, expected, asked, at)
	if o.AsAt == 0 {
		return o, nil
	}
	if first == 0 {
		last = o.AsAt.Month()
		first = last - 12
	}
	o.From, o.To = first.First(), min(last.Last(), max(o.AsAt, first.First()))

	if err := o.months(ctx, src, stand, asked, expected); err != nil {
		return o, err
	}
	if err := o.reasons(ctx, src); err != nil {
		return o, err
	}
	if err := o.people(ctx, src, latest); err != nil {
		return o, err
	}
	return o, nil
}

func (o *Overview) months(ctx context.Context, src Source, stand []ProviderDays, asked func(string) bool, expected []Expected) error {
	cells, err := src.Cells(ctx, Query{From: o.From, To: o.To, By: []Dimension{ByMonth, ByResponsible, ByState},
		Filter: o.Filter.On(BasisCounted)})
	if err != nil {
		return err
	}
	sends := byCode(expected)
	start := delay.Day(0) // the first day for which any provider sent an extract
	for _, p := range stand {
		if asked(p.Code) && p.First != 0 && (start == 0 || p.First < start) {
			start = p.First
		}
	}
	// The log may speak of months before it (C17).
	for _, c := range cells {
		if c.Days != 0 && start > c.Period.Month().Last() {
			start = c.Period.Month().First()
		}
	}
	for m := o.From.Month(); m <= o.To.Month(); m++ {
		p := Period{First: max(m.First(), start), Last: min(m.Last(), o.To), Basis: o.Filter.Basis}
		if p.First > p.Last {
			continue // Nothing was sent yet: the month is not shown, and not zero.
		}
		for _, c := range cells {
			switch {
			case c.Period.Month() != m:
			case p.Basis == BasisAgreed && !c.State.Settled():
				p.NotAgreed += c.Days
			default:
				p.Days[c.Body] += c.Days
				if c.State.Contested() {
					p.Disputed[c.Body] += c.Days
				}
			}
		}
		p.gaps(stand, asked, sends)
		o.Months = append(o.Months, p)
	}
	return nil
}

// gaps notes on how many days of the period each provider has no extract.
func (p *Period) gaps(stand []ProviderDays, asked func(string) bool, sends map[string]Expected) {
	lacking := make([]bool, p.CalendarDays())
	for _, pd := range stand {
		if !asked(pd.Code) || pd.First == 0 || pd.First > p.Last {
			continue
		}
		from := max(p.First, pd.First)
		missing := 0
		i, _ := slices.BinarySearch(pd.Counted, from)
		for day := from; day <= p.Last; day++ {
			if i < len(pd.Counted) && pd.Counted[i] == day {
				i++
				if len(pd.Lacking[day]) == 0 {
					continue
				}
			} else if day < pd.Latest && !sends[pd.Code].Sends(day) {
				// None was to come, and a later one says who was there throughout (C6). After
				// the latest nobody has said anything yet.
				continue
			}
			missing++
			lacking[day-p.First] = true
		}
		if missing > 0 {
			p.Missing = append(p.Missing, Gap{Provider: pd.Code, Name: cmp.Or(sends[pd.Code].Name, pd.Code), Days: missing})
		}
	}
	for _, l := range lacking {
		if !l {
			p.Listed++
		}
	}
}

// byCode gives what is expected of each provider.
func byCode(expected []Expected) map[string]Expected {
	sends := make(map[string]Expected, len(expected))
	for _, e := range expected {
		sends[e.Code] = e
	}
	return sends
}

func (o *Overview) reasons(ctx context.Context, src Source) error {
	cells, err := src.Cells(ctx, Query{From: o.From, To: o.To, By: []Dimension{ByReason, ByResponsible}, Filter: o.Filter})
	if err != nil {
		return err
	}
	for _, c := range cells {
		n := len(o.Reasons)
		if n == 0 || o.Reasons[n-1].Reason != c.Reason {
			o.Reasons = append(o.Reasons, ReasonDays{Reason: c.Reason})
			n++
		}
		o.Reasons[n-1].Days[c.Body] += c.Days
	}
	slices.SortStableFunc(o.Reasons, func(a, b ReasonDays) int {
		return cmp.Compare(b.Days.Total(), a.Days.Total())
	})
	return nil
}

// people counts who is delayed now and a week before, each provider on its own
// latest extract date so that one that is late does not look empty. People wait
// whether or not their days are agreed, so the basis is left out.
func (o *Overview) people(ctx context.Context, src OverviewSource, latest map[string]delay.Day) error {
	from, everybody := o.AsAt-Recent-7, o.Filter.On(BasisCounted)
	by := []Dimension{ByDay, ByProvider, ByResponsible}
	if !o.Filter.Book.Divides() {
		by = append(by, ByReason)
		o.NowBy = map[string]int64{}
	}
	cells, err := src.Cells(ctx, Query{From: from, To: o.AsAt, By: by, Filter: everybody})
	if err != nil {
		return err
	}
	for _, c := range cells {
		day, ok := latest[c.Provider]
		switch {
		case !ok || day <= o.AsAt-Recent:
		case c.Period == day:
			if o.Now[c.Body] += c.Days; o.NowBy != nil {
				o.NowBy[o.Filter.Book.Group(c.Reason)] += c.Days
			}
		case c.Period == day-7:
			o.WeekBefore[c.Body] += c.Days
		}
	}
	bands := []int{7, 14, 21}
	for _, least := range bands {
		o.Waiting = append(o.Waiting, Waiting{AtLeast: least})
	}
	at := map[string]delay.Day{}
	for code, day := range latest {
		if day > o.AsAt-Recent {
			at[code] = day
		}
	}
	waited, err := src.Waiting(ctx, everybody, at)
	if err != nil {
		return err
	}
	for _, w := range waited {
		for i, least := range bands {
			if w.Days >= least {
				o.Waiting[i].People += w.People
			}
		}
	}
	o.ReadyToday, err = src.ReadyOn(ctx, everybody, at)
	return err
}

// arrivals says where each expected provider's extract stands.
func (o *Overview) arrivals(stand []ProviderDays, expected []Expected, asked func(string) bool, at Moment) {
	now := at.Now
	yesterday := delay.DayOf(now) - 1
	o.ArrivalDay = yesterday
	if at.UpTo != 0 {
		o.ArrivalDay = min(yesterday, at.UpTo)
	}
	if o.AsAt != 0 && o.AsAt < yesterday-7 {
		o.ArrivalDay = o.AsAt
	}
	for _, e := range expected {
		fromLog := slices.ContainsFunc(stand, func(p ProviderDays) bool { return p.Code == e.Code && p.FromLog })
		if !asked(e.Code) || fromLog {
			continue
		}
		a := ProviderArrival{Code: e.Code, Name: e.Name, Today: Missing}
		for _, p := range stand {
			if p.Code != e.Code {
				continue
			}
			a.Latest, a.Rows = p.Latest, p.Rows
			_, held := slices.BinarySearch(p.Held, o.ArrivalDay)
			_, counted := slices.BinarySearch(p.Counted, o.ArrivalDay)
			a.Lacks = p.Lacking[o.ArrivalDay]
			switch {
			case len(a.Lacks) > 0 && held:
				a.Today = Held
			case len(a.Lacks) > 0:
			case (counted || p.Latest > o.ArrivalDay) && o.ArrivalDay == yesterday && e.Due >= 0 &&
				p.LatestReceived.After(e.Deadline(yesterday, now.Location())):
				a.Today = Late
			case counted || p.Latest > o.ArrivalDay:
				a.Today = In
			case held:
				a.Today = Held
			}
		}
		if a.Today == Missing && o.ArrivalDay == yesterday && e.Due >= 0 && now.Before(e.Deadline(yesterday, now.Location())) {
			a.Today = NotDue
		}
		if a.Today == Missing && !e.Sends(o.ArrivalDay) && len(a.Lacks) == 0 {
			a.Today = NotDue
		}
		o.Providers = append(o.Providers, a)
	}
}

// GroupsNow lists the groups of the people waiting now, most people first.
func (o Overview) GroupsNow() []string {
	return slices.SortedFunc(maps.Keys(o.NowBy), func(a, b string) int {
		return cmp.Or(cmp.Compare(o.NowBy[b], o.NowBy[a]), cmp.Compare(a, b))
	})
}
