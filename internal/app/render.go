package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"bytes"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/pack"
	"homeward/internal/web"
)

func setUpRender(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	out := flags.String("out", "", "the `folder` to write the pack into")
	asAt := flags.String("as-at", "", "the last extract `date` to use; the latest when not given")
	return func(ctx context.Context, words []string) (int, error) {
		if err := errors.Join(noWords(words), d.check()); err != nil {
			return ExitUsage, err
		}
		if *out == "" {
			return ExitUsage, usage("Say where to write: --out DIR.")
		}
		day, err := dayOr("as-at", *asAt, 0)
		if err != nil {
			return ExitUsage, err
		}
		a, err := Open(ctx, d.options(nil))
		if err != nil {
			return ExitLess, err
		}
		defer a.Close()
		renderer, err := newRenderer()
		if err != nil {
			return ExitLess, err
		}
		figures, err := a.gather(ctx, day)
		if err != nil {
			return ExitLess, err
		}
		m, err := pack.Render(ctx, *out, figures, renderer, a.meta(c.Version))
		if err != nil {
			return ExitLess, err
		}
		fmt.Fprintf(c.Out, "Wrote %d charts as at %s to %s\n", len(m.Charts), figures.Overview.AsAt.Long(), filepath.Join(*out, pack.PageFile))
		return ExitDone, nil
	}
}

// gather gets what a pack shows, up to an extract date; zero means the latest.
func (a *App) gather(ctx context.Context, upTo delay.Day) (pack.Figures, error) {
	return pack.Gather(ctx, a.Store, measure.Filter{}, a.Partnership.Name, measure.Moment{Now: a.now(), UpTo: upTo}, a.Expected())
}

func (a *App) meta(version string) pack.Meta {
	return pack.Meta{Partnership: a.Partnership.Name, RuleSet: a.ruleSet(), Version: version, At: a.now().Truncate(time.Second)}
}

// ruleSet names the rule set with the version in force today.
func (a *App) ruleSet() string {
	return a.Rules.Name + " " + a.Rules.On(delay.DayOf(a.now())).Version
}

// keepPack makes the morning's pack in the data folder.
func (a *App) keepPack(ctx context.Context, draw *chart.Renderer, version string) (string, error) {
	figures, err := a.gather(ctx, 0)
	if err != nil {
		return "", err
	}
	if figures.Overview.AsAt == 0 {
		return "There are no extracts yet, so there is nothing to draw.", nil
	}
	id, fresh, err := pack.Keep(ctx, filepath.Join(a.Options.Data, PacksFolder), figures, draw, a.meta(version))
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
