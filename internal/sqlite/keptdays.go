package sqlite

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// keptDays keeps where the extracts of every provider stand, by the days that are asked
// about, so that a write costs what was read of the providers that it concerned.
type keptDays struct {
	at int64 // the turn
	mu sync.Mutex
	of map[[2]delay.Day]daysAsOf // guarded by mu
}

type daysAsOf struct {
	turn int64
	days []measure.ProviderDays
}

// keptDayRanges bounds of how many ranges days are kept, and keptDayBytes how much of
// each.
const (
	keptDayRanges = 8
	keptDayBytes  = 4 << 20
)

func newKeptDays() *keptDays { return &keptDays{of: map[[2]delay.Day]daysAsOf{}} }

// goOn takes over what was kept at a turn before.
func (k *keptDays) goOn(before *keptDays) {
	before.mu.Lock()
	defer before.mu.Unlock()
	maps.Copy(k.of, before.of)
}

func (k *keptDays) get(days [2]delay.Day) (daysAsOf, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	one, ok := k.of[days]
	return one, ok
}

func (k *keptDays) put(days [2]delay.Day, all []measure.ProviderDays) {
	if weight(all) > keptDayBytes {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.of[days]; !ok && len(k.of) >= keptDayRanges {
		clear(k.of)
	}
	k.of[days] = daysAsOf{k.at, all}
}

// ProviderDays gives where the extracts of every provider stand.
func (s *Store) ProviderDays(ctx context.Context, from, to delay.Day) ([]measure.ProviderDays, error) {
	if s.sharing == nil {
		return s.providerDays(ctx, from, to, nil)
	}
	return sharedAnswer(ctx, s, question("provider days", measure.Query{From: from, To: to}), func() ([]measure.ProviderDays, error) {
		kept, days := s.sharing.days, [2]delay.Day{from, to}
		was, ok := kept.get(days)
		var again []string // nil for all
		if ok {
			var err error
			if again, err = s.changedCodes(ctx, was.turn); err != nil {
				return nil, err
			}
		}
		out, err := s.providerDays(ctx, from, to, again)
		if err != nil {
			return nil, err
		}
		if again != nil {
			for _, one := range was.days {
				if !slices.Contains(again, one.Code) {
					out = append(out, one)
				}
			}
			slices.SortFunc(out, func(a, b measure.ProviderDays) int { return cmp.Compare(a.Code, b.Code) })
		}
		kept.put(days, slices.Clone(out))
		return out, nil
	})
}

// changedCodes names the providers of whom something was derived again after a turn: nil
// for more than are read one by one.
func (s *Store) changedCodes(ctx context.Context, after int64) ([]string, error) {
	tx, end, err := s.atOnce(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	ids, err := changed(ctx, tx, after)
	if err != nil || len(ids) > manyChanged {
		return nil, err
	}
	places, err := readPlaces(ctx, tx)
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, places[id].code)
	}
	return out, err
}
