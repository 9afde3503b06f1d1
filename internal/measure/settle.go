package measure

import (
	"context"

	"homeward/internal/agreement"
	"homeward/internal/delay"
)

// Settle gives the split as it is once n days that stand with one body, in a
// state that is not settled, are agreed to be of a body: the total stays. They are
// put where a decision puts them, so that the share of the result is the share
// that the decision makes.
func (s Split) Settle(state agreement.State, from, to delay.Body, n int64) Split {
	s.add(Cell{State: state, Body: from, Days: -n})
	s.add(Cell{State: agreement.Agreed, Body: to, Days: n})
	return s
}

// Unsettled is a part of a wait that is not settled.
type Unsettled struct {
	First, Last delay.Day
	State       agreement.State
	// Body is whose days they count as while they are not settled.
	Body delay.Body
}

// In is the part's days in a month.
func (u Unsettled) In(m delay.Month) int64 {
	return max(int64(min(u.Last, m.Last())-max(u.First, m.First()))+1, 0)
}

// Effect is what settling a part of a wait does to a council's share of one
// month.
type Effect struct {
	Month delay.Month
	// Days are the part's in the month.
	Days int64
	// Now are the figures as they stand.
	Now  CouncilFigures
	part Unsettled
}

// MakeEffects gives the effect on each month that the part has days in, the
// month with most of them first; the filter names the council and the basis.
func MakeEffects(ctx context.Context, src Source, more CouncilSource, f Filter, part Unsettled) ([]Effect, error) {
	var out []Effect
	for m := part.First.Month(); m <= part.Last.Month(); m++ {
		e := Effect{Month: m, Days: part.In(m), part: part}
		e.Now = CouncilFigures{From: m.First(), To: m.Last(), Basis: f.Basis}
		every := Query{From: m.First(), To: m.Last(), Filter: f.On(BasisCounted)}
		var err error
		if e.Now.Now, err = MakeSplit(ctx, src, f, m.First(), m.Last()); err != nil {
			return nil, err
		}
		if e.Now.People, err = more.PeopleIn(ctx, every); err != nil {
			return nil, err
		}
		if e.Now.NotSettled, err = more.NotSettled(ctx, every); err != nil {
			return nil, err
		}
		out = append(out, e)
		if last := len(out) - 1; out[last].Days > out[0].Days {
			out[0], out[last] = out[last], out[0]
		}
	}
	return out, nil
}

// If gives the split of the month when the part's days are agreed to be of a
// body.
func (e Effect) If(to delay.Body) Split {
	return e.Now.Now.Settle(e.part.State, e.part.Body, to, e.Days)
}

// IfAll gives the split of the month when each of its disputes is upheld and each
// decision of one party confirmed, and how many there are.
func (e Effect) IfAll() (s Split, disputes int64) {
	s = e.Now.Now
	for _, one := range e.Now.NotSettled {
		switch one.State {
		case agreement.Disputed:
			s = s.Settle(one.State, one.Body, one.Suggested, one.Days)
		case agreement.Decided:
			s = s.Settle(one.State, one.Body, one.Body, one.Days)
		default:
			continue
		}
		disputes += one.Waits
	}
	return s, disputes
}
