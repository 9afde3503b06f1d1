package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/durable"
	"homeward/internal/ingest"
	"homeward/internal/sqlite"
	"homeward/internal/synth"
)

// demoReady marks a data folder whose demonstration was taken in whole.
const demoReady = ".demonstration"

func setUpDemo(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c)
	at := addListening(flags)
	fillOnly := flags.Bool("fill-only", false, "fill the folder and end")
	return func(ctx context.Context, words []string) (int, error) {
		if err := errors.Join(noWords(words), d.check()); err != nil {
			return ExitUsage, err
		}
		// Said before the long work, not after it.
		if err := at.check(config.SignIn{}); err != nil {
			return ExitUsage, err
		}
		if !at.loopback() {
			return ExitUsage, usage("Found the address %q. The demonstration signs people in by links that it prints, so it is for this machine "+
				"only: use 127.0.0.1 or localhost.", at.Address)
		}
		if err := fillDemo(ctx, d, c); err != nil || *fillOnly {
			return ExitDone, err
		}
		a, err := Open(ctx, d.options(slog.New(slog.NewTextHandler(c.Err, nil))))
		if err != nil {
			return ExitLess, err
		}
		if err := a.addDemoPeople(ctx); err != nil {
			return ExitLess, errors.Join(err, a.Close())
		}
		err = a.Serve(ctx, at, c)
		return ExitDone, errors.Join(err, a.Close())
	}
}

// fillDemo fills an empty data folder with a fictional partnership's last 18
// months, taken in as any extract is: delays alone by the reasons of the
// ended return, then everybody in a bed by those of 2026. A folder that it was stopped in half-way
// is filled up; one with anything else in it is left alone.
func fillDemo(ctx context.Context, d *dataFlags, c *Console) error {
	ready := filepath.Join(d.data, demoReady)
	if _, err := os.Stat(ready); err == nil {
		fmt.Fprintf(c.Out, "The demonstration in %s is ready. Remove the folder to make it anew.\n", d.data)
		return nil
	}
	if entries, err := os.ReadDir(d.data); err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(d.data, "synthetic")); err != nil {
			return usage("%s is not empty and holds no demonstration. Choose another folder, or serve it with: homeward serve --data %s", d.data,
				d.data)
		}
	}
	example, err := fs.Sub(data.Examples, exampleNorthshire2026)
	if err != nil {
		return err
	}
	// The extracts are made again after a stop half-way: they are quick, and
	// the same seed gives the same bytes.
	files := filepath.Join(d.data, "synthetic")
	if err := errors.Join(os.RemoveAll(files), durable.MkdirAll(files)); err != nil {
		return err
	}
	fmt.Fprintln(c.Out, "Making 18 months of synthetic extracts of Northshire, a partnership that does not exist …")
	writing := newProgress(c.Out, "days written")
	if err := synth.Write(ctx, files, demoExtracts(yesterday()), writing.step); err != nil {
		return err
	}
	if err := copyFS(d.data, example); err != nil {
		return err
	}
	a, err := Open(ctx, d.options(nil))
	if err != nil {
		return err
	}
	defer a.Close()
	paths, err := find([]string{filepath.Join(files, "extracts")})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "Taking %d extracts in …\n", len(paths))
	taking := newProgress(c.Out, "extracts taken in")
	if err := a.takeAsArrived(ctx, paths, taking.step); err != nil {
		return err
	}
	taking.done()
	fmt.Fprintln(c.Out, "Answering as the councils and trusts would …")
	answering := newProgress(c.Out, "segments answered")
	if err := answerDemo(ctx, a, answering.step); err != nil {
		return err
	}
	answering.done()
	if err := pathwaysDemo(ctx, a); err != nil {
		return err
	}
	if err := logDemo(ctx, a); err != nil {
		return err
	}
	if err := publishDemo(ctx, a, filepath.Join(files, "published")); err != nil {
		return err
	}
	fmt.Fprintln(c.Out, "Closing months as the directors would …")
	closing := newProgress(c.Out, "months closed")
	if err := closeDemo(ctx, a, closing.step); err != nil {
		return err
	}
	closing.done()
	fmt.Fprintln(c.Out, "Holding the weekly calls of the last two months …")
	holding := newProgress(c.Out, "calls held")
	draw, err := newRenderer()
	if err != nil {
		return err
	}
	if err := callsDemo(ctx, a, draw, holding.step); err != nil {
		return err
	}
	holding.done()
	// The files have served; the evidence is in the database.
	if err := os.RemoveAll(files); err != nil {
		return err
	}
	return os.WriteFile(ready, []byte("This data folder holds the demonstration of Homeward. Nobody in it is real.\n"), durable.FileMode)
}

// demoExtracts says what the demonstration's trusts have sent up to a day: the
// older return, and since the quarter before the present one began, everybody in
// a bed.
func demoExtracts(to delay.Day) synth.Options {
	quarter := to.Month() - delay.Month((to.Time().Month()-1)%3)
	return synth.Options{Seed: 1, To: to, BedsFrom: (quarter - 3).First(), Reference: data.Reference}
}

// takeAsArrived takes each extract in at the time at which it would have
// arrived, so that the demonstration has a past that can be looked back on
// (C15).
func (a *App) takeAsArrived(ctx context.Context, paths []string, said func(done, total int)) error {
	n := 0
	arrived := make(map[string]time.Time, len(paths))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		// Last night's file may be due only later this morning.
		if arrived[path] = info.ModTime(); arrived[path].After(a.now()) {
			arrived[path] = a.now()
		}
	}
	slices.SortStableFunc(paths, func(x, y string) int { return arrived[x].Compare(arrived[y]) })
	defer func(now func() time.Time, store ingest.Store) { a.Ingest.Now, a.Ingest.Store = now, store }(a.Ingest.Now, a.Ingest.Store)
	a.Ingest.Now = func() time.Time { return arrived[paths[n]] }
	a.Ingest.Store = a.Store.Backdated(a.Ingest.Now)
	_, err := a.ingestFiles(ctx, paths, func(*ingest.Report) error {
		n++
		said(n, len(paths))
		return nil
	})
	return err
}

// madeUp gives the store for what the demonstration makes up of a past moment.
func (a *App) madeUp(at time.Time) *sqlite.Store {
	return a.Store.Backdated(func() time.Time { return at })
}
