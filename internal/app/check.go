package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"homeward/internal/ingest"
	"homeward/internal/problem"
	"homeward/internal/sqlite"
)

// checked is what files would give.
type checked struct {
	Files []*ingest.Report `json:"files"`
	// Days are the delayed days that would change, by everything that they are
	// counted by.
	Days []ingest.DaysChange `json:"delayed_days"`
	all  []ingest.DaysChange
}

func setUpCheck(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	asJSON := flags.Bool("json", false, "print one JSON object, for machines")
	return func(ctx context.Context, paths []string) (int, error) {
		if err := d.check(); err != nil {
			return ExitUsage, err
		}
		if len(paths) == 0 {
			return ExitUsage, usage("Say which files or folders to check.")
		}
		files, err := find(paths)
		if err != nil {
			return ExitUsage, err
		}
		receipts := []*ingest.Report{}
		say := func(r *ingest.Report) error {
			if *asJSON {
				receipts = append(receipts, r)
				return nil
			}
			printReceipt(c.Out, r)
			if len(r.Changes) > 0 && r.Layout != "" {
				fmt.Fprintf(c.Out, "  It differs from the layout %s (R5). The next version: homeward layout propose --data %s "+
					"--against %s %s\n", r.Layout, d.data, r.Layout, ingest.Clean(r.File))
			}
			return nil
		}
		if !*asJSON {
			fmt.Fprintln(c.Out, "Tried on a copy: nothing is taken.")
		}
		status, out, err := check(ctx, d.options(nil), files, say)
		switch {
		case err != nil:
			return ExitLess, err
		case *asJSON:
			out.Files = receipts
			return status, printJSON(c.Out, out)
		}
		return status, printChecked(c.Out, out)
	}
}

// check takes files in, in order, into a copy of the data folder's store that is
// gone afterwards, and gives what became of each and of the delayed days. say is
// called after each file. A folder that has no database yet is left without one.
// The status is ExitLess when any would be rejected or held.
func check(ctx context.Context, o Options, files []string, say func(*ingest.Report) error) (_ int, _ *checked, err error) {
	state, err := o.database(ctx)
	if err != nil {
		return ExitLess, nil, err
	}
	if info, err := os.Stat(o.Data); err != nil || !info.IsDir() {
		return ExitUsage, nil, usage("%s is no data folder. homeward init --data %s makes one.", o.Data, o.Data)
	}
	// Swept at the next start if this is killed.
	dir, err := os.MkdirTemp(o.Data, sqlite.ScratchPattern)
	if err != nil {
		return ExitLess, nil, problem.Wrap(err, problem.Unavailable, "No folder for a trial could be made in %s", o.Data)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// The partnership file is applied to the copy alone: another one than the folder's
	// may be tried.
	trial := o
	trial.Partnership, trial.Data = o.partnershipPath(), dir
	if state == sqlite.Filled {
		if err := copyStore(ctx, o, dir); err != nil {
			return ExitLess, nil, err
		}
		trial.Key, trial.AnyAudit = o.keyPath(), true
	} else {
		trial.Key, trial.Make = "", true
	}
	a, err := Open(ctx, trial)
	if err != nil {
		return ExitLess, nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	before, err := everyCell(ctx, a.Store)
	if err != nil {
		return ExitLess, nil, err
	}
	a.Ingest.Keeper = nil // Nothing is kept sealed of a trial.
	status, err := a.ingestFiles(ctx, files, say)
	if err != nil {
		return ExitLess, nil, err
	}
	out := &checked{}
	after, err := everyCell(ctx, a.Store)
	out.all = beside(before, after)
	out.Days = ingest.Differing(out.all)
	return status, out, err
}

func copyStore(ctx context.Context, o Options, dir string) error {
	store, err := openStore(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(store.CopyTo(ctx, dir), store.Close())
}

// checkTables are the summaries of the delayed days that files would change.
var checkTables = append([]offerTable{{"hospital", func(d ingest.DaysChange) string { return d.Provider }}}, offerTables...)

func printChecked(w io.Writer, c *checked) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(c.Days) == 0 {
		fmt.Fprintln(out, "\nNo delayed day would change.")
	}
	printDays(out, c.all, checkTables)
	fmt.Fprintln(out, "\nNothing was taken. To take these files in: homeward ingest with the same words.")
	return out.Flush()
}
