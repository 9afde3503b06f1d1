package app

import (
	"context"
	"errors"
	"io"
	"time"

	"homeward/internal/delay"
	"homeward/internal/problem"
	"homeward/internal/sqlite"
)

// londonTime reads a moment: a day, which means its end, or a day and a time
// of London, or a time with its own zone.
func londonTime(name, value string) (time.Time, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return time.Time{}, err
	}
	if day, err := time.ParseInLocation(time.DateOnly, value, london); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Microsecond), nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, value, london); err == nil {
			return at, nil
		}
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return time.Time{}, usage("Found %q for --%s. Use a day like 2019-03-31, or a day and a London time like 2019-03-31T09:58.", value, name)
	}
	return at.In(london), nil
}

// knownStore opens a data folder's figures, or with a moment those that were
// known then (C15), and gives what closes them.
func knownStore(ctx context.Context, o Options, asKnownAt string) (*sqlite.Store, io.Closer, error) {
	store, err := openStore(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	if asKnownAt == "" {
		return store, store, nil
	}
	at, err := londonTime("as-known-at", asKnownAt)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	if err := isOver(ctx, store, at, time.Now()); err != nil {
		return nil, nil, errors.Join(asUsage(err), store.Close())
	}
	if o.onlyRead() {
		return nil, nil, errors.Join(problem.New(problem.Unavailable, "Looking back makes a copy beside the database for as long as it looks, "+
			"and the data folder %s can only be read. Copy the folder to a place that may be written in, and ask there.", o.Data), store.Close())
	}
	past, err := store.AsKnown(ctx, at, delay.DayOf(at))
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return past.Store, closers{past, store}, nil
}

// closers closes each in turn.
type closers []io.Closer

// Close closes them and gives what went wrong.
func (c closers) Close() error {
	var err error
	for _, one := range c {
		err = errors.Join(err, one.Close())
	}
	return err
}
