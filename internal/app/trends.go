package app

import (
	"homeward/internal/measure"
	"homeward/internal/sqlite"
)

// trends answers the trends, reasons and flow pages from the store.
type trends struct {
	*sqlite.Store
	app *App
}

// Expected names the providers of the partnership.
func (t trends) Expected() []measure.Expected { return t.app.Expected() }
