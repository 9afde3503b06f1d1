package measure

import (
	"context"
	"fmt"
	"slices"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// Basis says which delayed days a figure counts (G1 to G3).
type Basis uint8

// The bases. Counted is the zero value.
const (
	// BasisCounted is every counted day as it stands attributed, whether it is
	// proposed, agreed or disputed.
	BasisCounted Basis = iota
	// BasisAgreed is the days that both bodies have agreed, or that silence
	// agrees (G2). The days that are not agreed stand beside them as a range.
	BasisAgreed
)

// Bases lists the bases in the order of forms.
var Bases = [...]Basis{BasisCounted, BasisAgreed}

// String gives the basis as it stands in addresses and files.
func (b Basis) String() string {
	if b == BasisAgreed {
		return "agreed"
	}
	return "counted"
}

// Words say which days are counted, for the foot of a page.
func (b Basis) Words() string {
	if b == BasisAgreed {
		return "agreed days only: those that both bodies have agreed"
	}
	return "every counted day, as it stands attributed"
}

// Short is Words for a subtitle.
func (b Basis) Short() string {
	if b == BasisAgreed {
		return "agreed days only"
	}
	return "all counted days"
}

// ParseBasis reads what String wrote.
func ParseBasis(s string) (Basis, error) {
	for _, b := range Bases {
		if s == b.String() {
			return b, nil
		}
	}
	return BasisCounted, fmt.Errorf("%q is not a basis", s)
}

// On is the filter on another basis.
func (f Filter) On(b Basis) Filter {
	f.Basis = b
	return f
}

// noState is a state that no day has.
const noState = agreement.State(255)

// InStates gives the states that the filter lets through, by its states and its
// basis together; none means all. A Source narrows by it.
func (f Filter) InStates() []agreement.State {
	if f.Basis != BasisAgreed {
		return f.States
	}
	asked := f.States
	if len(asked) == 0 {
		asked = agreement.States[:]
	}
	out := slices.DeleteFunc(slices.Clone(asked), func(s agreement.State) bool { return !s.Settled() })
	if len(out) == 0 {
		return []agreement.State{noState}
	}
	return out
}

// CheckBasis refuses a filter whose states and basis leave nothing to count.
func (f Filter) CheckBasis() error {
	if f.Basis != BasisAgreed {
		return nil
	}
	for _, s := range f.States {
		if !s.Settled() {
			return problem.New(problem.Invalid, "Days that are %s are not agreed, and basis=agreed counts agreed days only. Remove 'basis=agreed', "+
				"or remove 'state=%s'.", s, s.Slug())
		}
	}
	return nil
}

// agreedShare is the council's share of agreed days: the lowest is its agreed
// days of all counted ones, the highest those and every day that is not agreed.
func agreedShare(agreed ByBody, notAgreed int64) Share {
	n := agreed.Total()
	if n == 0 {
		return Share{}
	}
	sc, all := float64(agreed[delay.SocialCare]), float64(n+notAgreed)
	return Share{Known: true, Value: sc / float64(n), Low: sc / all, High: (sc + float64(notAgreed)) / all}
}

// MakeSplit counts the days of a period by how they stand, by the filter
// without its basis: the agreed days and those that are not add up to every
// counted day.
func MakeSplit(ctx context.Context, src Source, f Filter, from, to delay.Day) (Split, error) {
	var s Split
	cells, err := src.Cells(ctx, Query{From: from, To: to, By: []Dimension{ByResponsible, ByState}, Filter: f.On(BasisCounted)})
	for _, c := range cells {
		s.add(c)
	}
	return s, err
}

// NotAgreed is the days that are proposed, disputed or decided by one party.
func (s Split) NotAgreed() int64 { return s.Days.Total() - s.Agreed.Total() }
