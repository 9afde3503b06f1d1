package measure

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/delay"
)

// Split is delayed days by body, and how many of them stand how between the
// NHS and the council.
type Split struct {
	Days, Agreed, Proposed, Disputed ByBody
	// Decided is the days that one party alone has decided (G5).
	Decided ByBody
}

// Contested is the days that count as disputed in the band (G3).
func (s Split) Contested() ByBody {
	out := s.Disputed
	for b, n := range s.Decided {
		out[b] += n
	}
	return out
}

func (s *Split) add(c Cell) {
	s.Days[c.Body] += c.Days
	switch {
	case c.State.Settled():
		s.Agreed[c.Body] += c.Days
	case c.State == agreement.Disputed:
		s.Disputed[c.Body] += c.Days
	case c.State == agreement.Decided:
		s.Decided[c.Body] += c.Days
	default:
		s.Proposed[c.Body] += c.Days
	}
}

// Share is the council's share of every counted day with the band of G3
// (basis counted): its width is the days that are disputed or not attributed.
func (s Split) Share() Share {
	c := s.Contested()
	return SocialCareShare(s.Days, c[delay.SocialCare], c[delay.NHS]+c[delay.Joint])
}

// Unsettled is the days that are disputed or not attributed, each once.
func (s Split) Unsettled() int64 {
	c := s.Contested()
	return c[delay.SocialCare] + c[delay.NHS] + c[delay.Joint] + s.Days[delay.NotAttributed]
}

// AgreedShare is the council's share of agreed days, with the band that every
// day not agreed leaves open (basis agreed): the lowest is its agreed days of
// all counted ones, the highest those and every day that is not agreed.
func (s Split) AgreedShare() Share {
	return agreedShare(s.Agreed, s.NotAgreed())
}

// Less gives the split without the days of another that is part of it.
func (s Split) Less(part Split) Split {
	for b := range s.Days {
		s.Days[b] -= part.Days[b]
		s.Agreed[b] -= part.Agreed[b]
		s.Proposed[b] -= part.Proposed[b]
		s.Disputed[b] -= part.Disputed[b]
		s.Decided[b] -= part.Decided[b]
	}
	return s
}

// PartSplit is the split of one part: a hospital, a reason, a type of care, or
// the delays that began in the period beside those that went on.
type PartSplit struct {
	Cell Cell
	// New is set on the part of the delays that began in the period; it counts in
	// ByAge alone.
	New   bool
	Split Split
	// Was is the split of the same part in the period before.
	Was Split
	// Points is the part's contribution to the change of the share, in tenths of
	// a percentage point: its social care days of all days, now less before.
	// Points of all parts add up to the change exactly.
	Points int
}

// HandOff is people whose next step moved from one body to another.
type HandOff struct {
	From, To delay.Body
	People   int64
}

// CouncilFigures are the figures of one council's page for a period and the
// one before it.
type CouncilFigures struct {
	From, To       delay.Day
	WasFrom, WasTo delay.Day
	// Basis says of which days the share, its change and the parts of it are;
	// the splits hold every counted day.
	Basis      Basis
	Now, Was   Split
	ByProvider []PartSplit
	ByReason   []PartSplit
	ByCare     []PartSplit
	// ByAge has two parts: the days of delays that began in the period, as new
	// delays are dated (M08), and the days of those that went on from before it.
	ByAge []PartSplit
	// People is how many people had a delayed day in the period.
	People int64
	// NotSettled is how the days of the period stand that are not settled.
	NotSettled []Standing
	// Change is that of the share in tenths of a percentage point.
	Change   int
	HandOffs []HandOff
}

// Share is the council's share of a split with its band, on the basis of the
// figures.
func (c CouncilFigures) Share(s Split) Share {
	if c.Basis == BasisAgreed {
		return s.AgreedShare()
	}
	return s.Share()
}

// Open is the days of the period that leave the share open: its band.
func (c CouncilFigures) Open() int64 {
	if c.Basis == BasisAgreed {
		return c.Now.NotAgreed()
	}
	return c.Now.Unsettled()
}

// Period is the figures' period with the days of a split, on their basis.
func (c CouncilFigures) Period(s Split) Period {
	p := Period{First: c.From, Last: c.To, Days: c.Shared(s), Basis: c.Basis}
	if c.Basis == BasisAgreed {
		p.NotAgreed = s.NotAgreed()
	} else {
		p.Disputed = s.Contested()
	}
	return p
}

// Shared is the days of a split of which the share is one.
func (c CouncilFigures) Shared(s Split) ByBody {
	if c.Basis == BasisAgreed {
		return s.Agreed
	}
	return s.Days
}

// FewPeople is the number of people below which a period's share is not given:
// one or two of them would make it.
const FewPeople = 10

// Few says that there are too few people in the period to give a share.
func (c CouncilFigures) Few() bool { return c.People > 0 && c.People < FewPeople }

// CouncilSource gives what a council's figures need besides counts of days.
type CouncilSource interface {
	Events(ctx context.Context, q Query) ([]Event, error)
	// NewDays gives the part of a query's delayed days that belongs to delays
	// which began from q.From to q.To, by the query's dimensions without its
	// periods. A delay that was waiting already when its provider's first extract
	// came is not new (M08).
	NewDays(ctx context.Context, q Query) ([]Cell, error)
	// PeopleIn gives how many people have a delayed day of the query.
	PeopleIn(ctx context.Context, q Query) (int64, error)
	// NotSettled gives the parts of waits that are not settled and have
	// days of the query, by how they stand.
	NotSettled(ctx context.Context, q Query) ([]Standing, error)
	// Waiting gives the people delayed at providers, by code, on an extract date of
	// each, by the days that they have waited.
	Waiting(ctx context.Context, f Filter, at map[string]delay.Day) ([]Waited, error)
}

// Standing is parts of waits that are not settled and stand alike.
type Standing struct {
	State agreement.State
	// Body is whose days they count as while they are not settled.
	Body delay.Body
	// Suggested is the body that a dispute proposes instead.
	Suggested delay.Body
	// Next is the side whose answer comes next, Level who of them answers.
	Next  agreement.Side
	Level agreement.Level
	// Waits is the number of parts, Days their days in the period.
	Waits, Days int64
	// Oldest is the earliest moment since which one of them stands so, zero when
	// that is not known.
	Oldest time.Time
}

// WaitedBands is people by the days that they have waited: fewer than the first
// of Bands, then from each of them to the next, the last without an end.
type WaitedBands [len(Bands) + 1]int64

// Total is the people of all bands.
func (w WaitedBands) Total() (n int64) {
	for _, people := range w {
		n += people
	}
	return n
}

func (w *WaitedBands) add(one Waited) {
	band := 0
	for band < len(Bands) && one.Days >= Bands[band] {
		band++
	}
	w[band] += one.People
}

// ProviderWaits is the people who wait at one provider on a day.
type ProviderWaits struct {
	Code string
	Day  delay.Day
	WaitedBands
}

// Waits is the people who wait now by the days that they have waited: by
// provider, each on the day of its latest extract, and by body. Both have the
// same people (C16).
type Waits struct {
	ByProvider []ProviderWaits
	ByBody     [len(delay.Bodies)]WaitedBands
	All        WaitedBands
}

// MakeWaits counts who waits now, as the overview of o does: each provider on
// the date of its latest extract within the 14 days to the overview's day.
func MakeWaits(ctx context.Context, src CouncilSource, o Overview) (Waits, error) {
	var w Waits
	days, place := map[string]delay.Day{}, map[string]int{}
	for _, p := range o.Providers {
		if p.Latest == 0 || p.Latest <= o.AsAt-Recent || !o.Filter.asks(p.Code) {
			continue
		}
		days[p.Code], place[p.Code] = min(p.Latest, o.AsAt), len(w.ByProvider)
		w.ByProvider = append(w.ByProvider, ProviderWaits{Code: p.Code, Day: days[p.Code]})
	}
	waited, err := src.Waiting(ctx, o.Filter.On(BasisCounted), days)
	if err != nil {
		return w, err
	}
	for _, one := range waited {
		w.ByProvider[place[one.Provider]].add(one)
		w.ByBody[one.Body].add(one)
		w.All.add(one)
	}
	return w, nil
}

// Before gives the period of the same length before one: as many whole months
// for whole months, else as many days.
func Before(from, to delay.Day) (first, last delay.Day) {
	if from == from.Month().First() && to == to.Month().Last() {
		months := to.Month() - from.Month() + 1
		return (from.Month() - months).First(), from - 1
	}
	return from - (to - from + 1), from - 1
}

// MakeCouncil works out a council's figures for the days from from to to.
func MakeCouncil(ctx context.Context, src Source, more CouncilSource, f Filter, from, to delay.Day) (CouncilFigures, error) {
	// Every counted day is asked for: on basis agreed those that are not agreed
	// are the range.
	c := CouncilFigures{From: from, To: to, Basis: f.Basis}
	f = f.On(BasisCounted)
	c.WasFrom, c.WasTo = Before(from, to)
	sets := []struct {
		by   Dimension
		rows *[]PartSplit
	}{{ByProvider, &c.ByProvider}, {ByReason, &c.ByReason}, {ByCare, &c.ByCare}}
	for _, set := range sets {
		at := map[Cell]int{}
		part := func(cell Cell) *PartSplit {
			key := Cell{Provider: cell.Provider, Reason: cell.Reason, Care: cell.Care}
			i, ok := at[key]
			if !ok {
				i = len(*set.rows)
				at[key] = i
				*set.rows = append(*set.rows, PartSplit{Cell: key})
			}
			return &(*set.rows)[i]
		}
		for _, period := range []struct {
			from, to delay.Day
			now      bool
		}{{c.From, c.To, true}, {c.WasFrom, c.WasTo, false}} {
			cells, err := src.Cells(ctx, Query{From: period.from, To: period.to, By: []Dimension{set.by, ByResponsible, ByState}, Filter: f})
			if err != nil {
				return c, err
			}
			for _, cell := range cells {
				p := part(cell)
				split, total := &p.Was, &c.Was
				if period.now {
					split, total = &p.Split, &c.Now
				}
				split.add(cell)
				if set.by == ByProvider {
					total.add(cell)
				}
			}
		}
	}
	now, was := c.Shared(c.Now), c.Shared(c.Was)
	c.Change = tenths(share(now, now.Total()) - share(was, was.Total()))
	for _, set := range sets {
		c.contribute(*set.rows)
		slices.SortStableFunc(*set.rows, func(a, b PartSplit) int { return cmp.Compare(b.Split.Days.Total(), a.Split.Days.Total()) })
	}
	if err := c.byAge(ctx, more, f); err != nil {
		return c, err
	}
	var err error
	if c.People, err = more.PeopleIn(ctx, Query{From: from, To: to, Filter: f}); err != nil {
		return c, err
	}
	if c.NotSettled, err = more.NotSettled(ctx, Query{From: from, To: to, Filter: f}); err != nil {
		return c, err
	}
	moves, err := more.Events(ctx, Query{From: from, To: to, By: []Dimension{ByResponsible}, Filter: f})
	if err != nil {
		return c, err
	}
	sums := map[[2]delay.Body]int64{}
	for _, e := range moves {
		if e.Kind == MovedIn && e.From.Body != e.Body {
			sums[[2]delay.Body{e.From.Body, e.Body}] += e.People
		}
	}
	for _, a := range delay.Bodies {
		for _, b := range delay.Bodies {
			if n := sums[[2]delay.Body{a, b}]; n > 0 {
				c.HandOffs = append(c.HandOffs, HandOff{a, b, n})
			}
		}
	}
	return c, nil
}

// byAge splits both periods into the days of new delays and the rest, so that
// the two add up to the whole whatever is new.
func (c *CouncilFigures) byAge(ctx context.Context, more CouncilSource, f Filter) error {
	fresh, rest := PartSplit{New: true}, PartSplit{Split: c.Now, Was: c.Was}
	for _, period := range []struct {
		from, to delay.Day
		split    *Split
	}{{c.From, c.To, &fresh.Split}, {c.WasFrom, c.WasTo, &fresh.Was}} {
		cells, err := more.NewDays(ctx, Query{From: period.from, To: period.to, By: []Dimension{ByResponsible, ByState}, Filter: f})
		if err != nil {
			return err
		}
		for _, cell := range cells {
			period.split.add(cell)
		}
	}
	rest.Split, rest.Was = rest.Split.Less(fresh.Split), rest.Was.Less(fresh.Was)
	c.ByAge = []PartSplit{fresh, rest}
	c.contribute(c.ByAge)
	return nil
}

// share gives the social care days of b as a part of all, 0 of none.
func share(b ByBody, all int64) float64 {
	if all == 0 {
		return 0
	}
	return float64(b[delay.SocialCare]) / float64(all)
}

// tenths writes a part of 1 in tenths of a percentage point.
func tenths(v float64) int { return int(math.Round(v * 1000)) }

// contribute shares the change out over the parts so that they add up to it
// exactly: each is rounded down, and what is left goes to those that lost most
// by it.
func (c *CouncilFigures) contribute(parts []PartSplit) {
	left := c.Change
	type rest struct {
		at   int
		lost float64
	}
	rests := make([]rest, len(parts))
	for i := range parts {
		exact := 1000 * (share(c.Shared(parts[i].Split), c.Shared(c.Now).Total()) - share(c.Shared(parts[i].Was), c.Shared(c.Was).Total()))
		parts[i].Points = int(math.Floor(exact))
		left -= parts[i].Points
		rests[i] = rest{i, exact - math.Floor(exact)}
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return cmp.Compare(b.lost, a.lost) })
	for n := 0; len(rests) > 0 && left != 0; n++ {
		step := 1
		if left < 0 {
			step = -1
		}
		at := rests[n%len(rests)].at
		if step < 0 {
			at = rests[len(rests)-1-n%len(rests)].at
		}
		parts[at].Points += step
		left -= step
	}
}
