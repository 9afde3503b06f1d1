package app

import (
	"context"

	"homeward/internal/people"
	"homeward/internal/record"
	"homeward/internal/sqlite"
)

// rows gives the pages rows about people within a scope.
type rows struct {
	*sqlite.Store
	app *App
}

// Identifiers gives the identifiers of one patient and notes the display.
func (r rows) Identifiers(ctx context.Context, by people.Actor, reference string) (*record.Identifiers, error) {
	return r.Store.Identifiers(ctx, by, r.app.Key, reference)
}
