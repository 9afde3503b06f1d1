package app

import (
	"context"
	"time"

	"homeward/internal/sqlite"
)

// TakeInbox lets tests run the job that takes the inbox in.
func (a *App) TakeInbox(ctx context.Context) (string, error) { return a.takeInbox(ctx) }

// LookBack lets tests look at a past moment as pages do.
func (a *App) LookBack(ctx context.Context, at time.Time) (*sqlite.Known, func(), error) {
	return a.asKnown(ctx, at)
}

// SweepPasts lets tests remove what was left of past moments.
func (a *App) SweepPasts() error { return a.sweepPasts() }
