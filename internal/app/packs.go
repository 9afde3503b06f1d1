package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"bytes"
	"io"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/pack"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// gather gets what a pack shows, of a store, at the moment and up to the
// extract date of meta.
func (a *App) gather(ctx context.Context, store *sqlite.Store, f measure.Filter, meta pack.Meta) (pack.Figures, error) {
	return pack.Gather(ctx, store, f, a.Partnership.Name, measure.Moment{Now: meta.At, UpTo: meta.UpTo}, a.Expected())
}

func (a *App) meta(version string, at time.Time) pack.Meta {
	return pack.Meta{Partnership: a.Partnership.Name, RuleSet: a.ruleSetAt(at), Version: version, At: at.Truncate(time.Second)}
}

// ruleSetAt names the rule set with the version in force on the day of a
// moment.
func (a *App) ruleSetAt(at time.Time) string {
	return a.Rules.Name + " " + a.Rules.On(delay.DayOf(at.In(a.London))).Version
}

// ruleSet names the rule set with the version in force today.
func (a *App) ruleSet() string { return a.ruleSetAt(a.now()) }

// keepPack makes the morning's pack in the data folder.
func (a *App) keepPack(ctx context.Context, draw *chart.Renderer, version string) (string, error) {
	meta := a.meta(version, a.now())
	figures, err := a.gather(ctx, a.Store, measure.Filter{}, meta)
	if err != nil {
		return "", err
	}
	if figures.Overview.AsAt == 0 {
		return "There are no extracts yet, so there is nothing to draw.", nil
	}
	id, fresh, err := pack.Keep(ctx, filepath.Join(a.Options.Data, PacksFolder), figures, draw, meta)
	if err != nil {
		return "", err
	}
	if !fresh {
		return fmt.Sprintf("The pack of %s already shows these figures.", id), nil
	}
	return fmt.Sprintf("Charts as at %s are in the pack of %s.", figures.Overview.AsAt.Long(), id), nil
}

// packs shows the kept packs to the pages.
type packs struct{ app *App }

func (p packs) root() string { return filepath.Join(p.app.Options.Data, PacksFolder) }

// List gives the kept packs, newest first.
func (p packs) List(context.Context) ([]web.Pack, error) {
	all, err := pack.List(p.root())
	if err != nil {
		return nil, err
	}
	out := make([]web.Pack, len(all))
	for i, info := range all {
		out[i] = web.Pack{ID: info.ID, Title: info.Title, Held: info.Held.In(p.app.London), AsAt: info.AsAt, RuleSet: info.RuleSet}
	}
	return out, nil
}

// Open gives a pack's page.
func (p packs) Open(_ context.Context, id string) (io.ReadCloser, error) {
	page, err := pack.Open(p.root(), id, pack.PageFile)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(page)), nil
}
