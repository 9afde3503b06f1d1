package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"homeward/internal/config"
	"homeward/internal/national"
	"homeward/internal/sqlite"
)

// ledgersKept is how many states of the ledger of stays are kept made.
const ledgersKept = 3

// ledgers keeps the ledgers that were asked for last: making one walks through
// every row of every extract. The zero value is empty and ready.
type ledgers struct {
	mu   sync.Mutex
	kept []keptLedger // the one used last at the end
}

type keptLedger struct {
	at     time.Time
	state  string
	ledger *national.Ledger
}

// ledger gives the stays of a store as of one moment, at being the past moment
// that it is of and zero for the present.
func (a *App) ledger(ctx context.Context, store *sqlite.Store, at time.Time) (*national.Ledger, error) {
	held, err := store.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if held.Store != store {
		defer held.Close()
	}
	state, err := held.LedgerState(ctx)
	if err != nil {
		return nil, err
	}
	a.ledgers.mu.Lock()
	defer a.ledgers.mu.Unlock()
	for i, k := range a.ledgers.kept {
		if k.at.Equal(at) && k.state == state {
			a.ledgers.kept = append(slices.Delete(a.ledgers.kept, i, i+1), k)
			return k.ledger, nil
		}
	}
	made, err := a.makeLedger(ctx, held.Store)
	if err != nil {
		return nil, err
	}
	if len(a.ledgers.kept) == ledgersKept {
		a.ledgers.kept = slices.Delete(a.ledgers.kept, 0, 1)
	}
	a.ledgers.kept = append(a.ledgers.kept, keptLedger{at, state, made})
	return made, nil
}

func (a *App) makeLedger(ctx context.Context, store *sqlite.Store) (*national.Ledger, error) {
	rows, days, err := store.StayRows(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := Settings(a.Partnership, a.book.Convention)
	if err != nil {
		return nil, err
	}
	l := &national.Ledger{Stays: national.Build(rows, days, settings.Delay.OmittedLimit), Days: days}
	for _, p := range a.Partnership.Providers {
		if _, ok := days[p.Code]; ok && a.listsBeds(append(slices.Clone(p.OtherLayouts), p.Layout)) {
			l.Beds = append(l.Beds, p.Code)
		}
	}
	waits, listed, err := store.Waits(ctx)
	if err != nil {
		return nil, err
	}
	l.Stays = append(l.Stays, waits...)
	for provider, on := range listed {
		l.Days[provider] = on
	}
	return l, nil
}

// listsBeds says whether one of the layouts lists everybody in a bed (R13): it
// has a column of the criteria to reside.
func (a *App) listsBeds(layouts []string) bool {
	return slices.ContainsFunc(layouts, func(name string) bool {
		l := a.Partnership.Layouts[name]
		return l != nil && len(l.Columns.Criteria) > 0
	})
}

// Ledger gives the stays of the moment that the figures are of.
func (f figures) Ledger(ctx context.Context) (*national.Ledger, error) {
	return f.app.ledger(ctx, f.Store, f.at)
}

// dischargeFloor is the age floor of discharge ready dates.
func (a *App) dischargeFloor() int { return *a.Partnership.Settings.DischargeAgeFloor }

// bedLists says whether some provider lists everybody in a bed.
func (a *App) bedLists() bool {
	return slices.ContainsFunc(a.Partnership.Providers, func(p config.Provider) bool {
		return a.listsBeds(append(slices.Clone(p.OtherLayouts), p.Layout))
	})
}
