package measure

import (
	"cmp"
	"context"
	"math"
	"slices"

	"homeward/internal/agreement"
	"homeward/internal/delay"
)

// Split is delayed days by body, and how many of them stand how between the
// NHS and the council.
type Split struct {
	Days, Agreed, Proposed, Disputed ByBody
}

func (s *Split) add(c Cell) {
	s.Days[c.Body] += c.Days
	switch {
	case c.State.Settled():
		s.Agreed[c.Body] += c.Days
	case c.State == agreement.Disputed:
		s.Disputed[c.Body] += c.Days
	default:
		s.Proposed[c.Body] += c.Days
	}
}

// Share is the council's share of every counted day with the band of G3
// (basis counted): its width is the days that are disputed or not attributed.
func (s Split) Share() Share {
	return SocialCareShare(s.Days, s.Disputed[delay.SocialCare], s.Disputed[delay.NHS]+s.Disputed[delay.Joint])
}

// Unsettled is the days that are disputed or not attributed, each once.
func (s Split) Unsettled() int64 {
	return s.Disputed[delay.SocialCare] + s.Disputed[delay.NHS] + s.Disputed[delay.Joint] + s.Days[delay.NotAttributed]
}

// AgreedShare is the council's share of agreed days, with the band that every
// day not agreed leaves open (basis agreed): the lowest is its agreed days of
// all counted ones, the highest those and every day that is not agreed.
func (s Split) AgreedShare() Share {
	all, agreed := s.Days.Total(), s.Agreed.Total()
	if all == 0 || agreed == 0 {
		return Share{}
	}
	sc := float64(s.Agreed[delay.SocialCare])
	return Share{Known: true, Value: sc / float64(agreed), Low: sc / float64(all), High: (sc + float64(all-agreed)) / float64(all)}
}

// PartSplit is the split of one part: a hospital, a reason or a type of care.
type PartSplit struct {
	Cell  Cell
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
	Now, Was       Split
	ByProvider     []PartSplit
	ByReason       []PartSplit
	ByCare         []PartSplit
	// Change is that of the share in tenths of a percentage point.
	Change   int
	HandOffs []HandOff
}

// EventSource gives what moved people between groups.
type EventSource interface {
	Events(ctx context.Context, q Query) ([]Event, error)
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
func MakeCouncil(ctx context.Context, src Source, events EventSource, f Filter, from, to delay.Day) (CouncilFigures, error) {
	c := CouncilFigures{From: from, To: to}
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
	c.Change = tenths(share(c.Now.Days, c.Now.Days.Total()) - share(c.Was.Days, c.Was.Days.Total()))
	for _, set := range sets {
		c.contribute(*set.rows)
		slices.SortStableFunc(*set.rows, func(a, b PartSplit) int { return cmp.Compare(b.Split.Days.Total(), a.Split.Days.Total()) })
	}
	if events == nil {
		return c, nil
	}
	moves, err := events.Events(ctx, Query{From: from, To: to, By: []Dimension{ByResponsible}, Filter: f})
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
		exact := 1000 * (share(parts[i].Split.Days, c.Now.Days.Total()) - share(parts[i].Was.Days, c.Was.Days.Total()))
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
