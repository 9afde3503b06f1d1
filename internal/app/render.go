package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"time"

	"homeward/internal/measure"
	"homeward/internal/pack"
)

func setUpRender(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	out := flags.String("out", "", "the `folder` to write the pack into")
	asAt := flags.String("as-at", "", "the last extract `date` to use; the latest when not given")
	known := flags.String("as-known-at", "", "figures as they were known at this `time`, such as 2019-03-31 or 2019-03-31T09:58")
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
		var at time.Time
		if *known != "" {
			if at, err = londonTime("as-known-at", *known); err != nil {
				return ExitUsage, err
			}
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
		store := a.Store
		if *known != "" {
			past, done, err := a.asKnown(ctx, at)
			if err != nil {
				return ExitLess, asUsage(err)
			}
			defer done()
			store = past.Store
		}
		meta := a.meta(c.Version, a.momentOr(at))
		meta.UpTo = day
		figures, err := a.gather(ctx, store, measure.Filter{}.On(a.headline()), meta)
		if err != nil {
			return ExitLess, err
		}
		m, err := pack.Render(ctx, *out, figures, renderer, meta)
		if err != nil {
			return ExitLess, err
		}
		fmt.Fprintf(c.Out, "Wrote %d charts as at %s to %s\n", len(m.Charts), figures.Overview.AsAt.Long(), filepath.Join(*out, pack.PageFile))
		return ExitDone, nil
	}
}
