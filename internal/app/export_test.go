package app

import "context"

// TakeInbox lets tests run the job that takes the inbox in.
func (a *App) TakeInbox(ctx context.Context) (string, error) { return a.takeInbox(ctx) }
