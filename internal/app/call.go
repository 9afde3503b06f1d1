package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"homeward/internal/call"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// calls keeps the weekly calls for the pages.
type calls struct {
	*sqlite.Store
	app  *App
	draw call.Drawer
}

// makeOf works out a call at the moment now from the figures of src, which is
// of one moment: a snapshot, or the store as it was known. The call before is
// always the store's.
func (k calls) makeOf(ctx context.Context, src *sqlite.Store, now time.Time, draw call.Drawer) (*call.Content, error) {
	notes, err := src.Annotations(ctx)
	if err != nil {
		return nil, err
	}
	s := call.Setup{Now: now, Partnership: k.app.Partnership().Name, RuleSet: k.app.ruleSetAt(now), Book: k.app.counts().book.Known(now),
		Expected: k.app.Expected(), Clocks: k.app.casework().Settings.Clocks, Annotations: notes, Levels: k.app.levels(),
		Headline: k.app.headline()}
	for _, d := range casework.Destinations {
		if _, err := strconv.Atoi(d.Code); err == nil { // The others are not pathways.
			s.Pathways = append(s.Pathways, call.Pathway{Code: d.Code, Name: strings.ToLower(d.Words[:1]) + d.Words[1:]})
		}
	}
	before, ok, err := k.CallBefore(ctx, delay.DayOf(now))
	if err != nil {
		return nil, err
	}
	if ok {
		if s.Last, err = call.Decode(before.Frozen); err != nil {
			return nil, err
		}
	}
	if s.Sitrep, err = k.app.sitrepOf(ctx, src); err != nil {
		return nil, err
	}
	return call.Make(ctx, src, draw, s)
}

// Preview works out what a call would show now.
func (k calls) Preview(ctx context.Context) (*call.Content, error) {
	held, err := k.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	return k.makeOf(ctx, held.Store, k.app.now(), nil)
}

// Start holds the figures of this moment for today's call.
func (k calls) Start(ctx context.Context, by people.Actor) (delay.Day, error) {
	held, at, err := k.SnapshotAt(ctx)
	if err != nil {
		return 0, err
	}
	defer held.Close()
	return k.startOf(ctx, held.Store, at.In(k.app.London), by)
}

// startOf holds the figures of src at the moment now for that day's call.
func (k calls) startOf(ctx context.Context, src *sqlite.Store, now time.Time, by people.Actor) (delay.Day, error) {
	c, err := k.makeOf(ctx, src, now, k.draw)
	if err != nil {
		return 0, err
	}
	frozen, err := c.Encode()
	if err != nil {
		return 0, err
	}
	day := delay.Day(c.Call)
	return day, k.StartCall(ctx, call.Record{Day: day, StartedAt: c.Held, StartedBy: by.Who(), Frozen: frozen})
}

// EndCall ends the call of the day.
func (k calls) EndCall(ctx context.Context, day delay.Day) error {
	return k.Store.EndCall(ctx, day, k.app.now())
}

// Withdraw takes back the call of the day that started at the moment.
func (k calls) Withdraw(ctx context.Context, by people.Actor, day delay.Day, started time.Time) error {
	return k.WithdrawCall(ctx, day, started, k.UndoWithin(), by)
}

// UndoWithin is for how long after its start a call can be withdrawn.
func (k calls) UndoWithin() time.Duration { return k.app.casework().Settings.Undo }

// Since gives the figures of a call as they are known now.
func (k calls) Since(ctx context.Context, c *call.Content) ([]call.Difference, error) {
	held, err := k.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	return call.Since(ctx, held.Store, c, k.app.counts().book.Divides())
}

// AddAction logs an action.
func (k calls) AddAction(ctx context.Context, by people.Actor, a call.Action) error {
	a.At, a.By = k.app.now(), by.Who()
	_, err := k.AddCallAction(ctx, a)
	return err
}

// SettleAction notes that an action is done or carried over.
func (k calls) SettleAction(ctx context.Context, by people.Actor, id int64, day delay.Day, state call.State) error {
	return k.SettleCallAction(ctx, id, day, state, k.app.now(), by.Who())
}
