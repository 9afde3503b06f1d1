package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"homeward/internal/closing"
	"homeward/internal/delay"
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

func (k closings) setup(m delay.Month, now time.Time) closing.Setup {
	a := k.app
	words, version := a.rules.WordsApart(m.Last())
	out := closing.Setup{Now: now, Month: m, Partnership: a.Partnership.Name, RuleSet: words, RuleVersion: version,
		Convention: a.book.Convention.Name,
		Expected:   a.Expected(), Clocks: a.casework().Settings.Clocks}
	if book := a.book.Known(now); !book.Divides() {
		out.Group = book.Group
	}
	return out
}

// Check works out a month as it would be closed now.
func (k closings) Check(ctx context.Context, m delay.Month) (*closing.Check, error) {
	held, err := k.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	return closing.Make(ctx, held.Store, k.setup(m, k.app.now()))
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
	check, err := closing.Make(ctx, held.Store, k.setup(m, at))
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
		if _, err := r.Content(); err != nil {
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
		c.ShowUnder(k.app.Partnership.IntoOf)
		if k.read != nil {
			k.read.Store(m, kept{r, c})
		}
	}
	return r, c, true, err
}

// closings gives the closed months.
func (a *App) closings() closings { return closings{Store: a.Store, app: a, read: new(sync.Map)} }
