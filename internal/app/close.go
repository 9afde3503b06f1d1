package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"homeward/internal/closing"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/sqlite"
)

// closings keeps the closed months for the pages.
type closings struct {
	*sqlite.Store
	app *App
	// read keeps what has been read: it never changes. Nil reads anew each time.
	read *sync.Map
}

// setup is what a month is closed from at the moment now. store is what is known
// then: known is zero where that is the present.
func (k closings) setup(store *sqlite.Store, m delay.Month, now, known time.Time) closing.Setup {
	a := k.app
	words, version := a.counts().rules.WordsApart(m.Last())
	out := closing.Setup{Now: now, Month: m, Partnership: a.Partnership().Name, RuleSet: words, RuleVersion: version,
		Convention: a.counts().book.Convention.Name,
		Expected:   a.Expected(), Clocks: a.casework().Settings.Clocks}
	if book := a.counts().book.Known(now); !book.Divides() {
		out.Group = book.Group
	}
	if a.bedLists() {
		out.England = func(ctx context.Context) (*closing.England, error) {
			if first, err := store.FirstStayDay(ctx); err != nil || first == 0 || first > m.Last() {
				return nil, err
			}
			l, err := a.ledger(ctx, store, known)
			if err != nil {
				return nil, err
			}
			return k.EnglandOf(l, m), nil
		}
	}
	return out
}

// EnglandOf works out England's counts of a month from a ledger of stays; nil when
// no hospital listed everybody in a bed.
func (k closings) EnglandOf(l *national.Ledger, m delay.Month) *closing.England {
	a := k.app
	return closing.MakeEngland(closing.EnglandSetup{Month: m, Partnership: a.Partnership().Name, Ledger: l, Defs: a.counts().defs,
		AgeFloor: a.dischargeFloor(), Name: a.places().ProviderWords, Plan: a.dischargePlan})
}

// dischargePlan gives the agreed level of the average discharge delay of a place
// on a day, zero for none.
func (a *App) dischargePlan(by, code string, on delay.Day) float64 {
	return measure.LevelAt(a.levels(), config.DischargeDelay, measure.Filter{}, measure.Dimension(by), code, on)
}

// ClosedEngland gives England's counts that a month was closed with, and their
// bytes; nil where none were kept.
func (k closings) ClosedEngland(ctx context.Context, m delay.Month, c *closing.Content) (*closing.England, []byte, error) {
	frozen, err := k.Store.ClosedEngland(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	e, err := c.ReadEngland(frozen)
	return e, frozen, err
}

// Check works out a month as it would be closed now.
func (k closings) Check(ctx context.Context, m delay.Month) (*closing.Check, error) {
	held, err := k.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	return closing.Make(ctx, held.Store, k.setup(held.Store, m, k.app.now(), time.Time{}))
}

// Close closes a month with the figures of this moment; what arrives while it
// is being closed is a revision.
func (k closings) Close(ctx context.Context, by people.Actor, m delay.Month, seen, reason string) error {
	held, at, err := k.SnapshotAt(ctx)
	if err != nil {
		return err
	}
	defer held.Close()
	at = at.In(k.app.London)
	check, err := closing.Make(ctx, held.Store, k.setup(held.Store, m, at, time.Time{}))
	if err != nil {
		return err
	}
	if check.Content.Fingerprint() != seen {
		return problem.New(problem.Conflict, "The figures of %s have changed since you opened this page. Look at them again before you "+
			"close it.", m.Long())
	}
	r, err := check.Seal(at, by.Grant.Role.String(), by.Grant.Codes, reason)
	if err != nil {
		return err
	}
	return k.CloseMonth(ctx, by, r, closeWords(r, reason))
}

// closeWords are what the audit log keeps of a close.
func closeWords(r closing.Record, reason string) string {
	words := fmt.Sprintf("%d delayed days, SHA-256 %x", r.Days, r.SHA256)
	if reason != "" {
		words += ": " + reason
	}
	return words
}

// wrongCloses says, one sentence each, which closed months are not as they were
// closed.
func wrongCloses(ctx context.Context, store *sqlite.Store) ([]string, error) {
	all, err := store.Closes(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, one := range all {
		r, ok, err := store.ClosedMonth(ctx, one.Month)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		c, err := r.Content()
		if err != nil {
			out = append(out, problem.Sentence(err))
			continue
		}
		england, err := store.ClosedEngland(ctx, one.Month)
		if err != nil {
			return nil, err
		}
		if _, err := c.ReadEngland(england); err != nil {
			out = append(out, problem.Sentence(err))
		}
	}
	return out, nil
}

// Closed gives what a month was closed with; ok is false when it is not closed.
func (k closings) Closed(ctx context.Context, m delay.Month) (r closing.Record, c *closing.Content, ok bool, err error) {
	type kept struct {
		closing.Record
		content *closing.Content
	}
	if k.read != nil {
		if was, found := k.read.Load(m); found {
			one := was.(kept)
			return one.Record, one.content, true, nil
		}
	}
	if r, ok, err = k.ClosedMonth(ctx, m); err != nil || !ok {
		return r, nil, ok, err
	}
	if c, err = r.Content(); err == nil {
		c.ShowUnder(k.app.Partnership().IntoOf)
		if k.read != nil {
			k.read.Store(m, kept{r, c})
		}
	}
	return r, c, true, err
}

// closings gives the closed months.
func (a *App) closings() closings { return closings{Store: a.Store, app: a, read: new(sync.Map)} }
