package app

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"homeward/data"
	"homeward/internal/delay"
	"homeward/internal/durable"
	"homeward/internal/problem"
	"homeward/internal/synth"
)

// The worked examples that synthetic extracts are of: Northshire as long as it
// sends delays alone, and since it lists everybody in a bed.
const (
	exampleNorthshire     = "northshire"
	exampleNorthshire2026 = "northshire-2026"
)

func setUpSynth(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	out := flags.String("out", "", "the `folder` to write into, or with --backfill the file")
	seed := flags.Uint64("seed", 1, "the same seed gives the same bytes")
	from := flags.String("from", "", "first extract `date`; 18 months before the last when not given")
	to := flags.String("to", "", "last extract `date`; yesterday when not given")
	size := flags.Int("size", 0, "people delayed on an average day (default 105)")
	bedsFrom := flags.String("beds-from", "", "first `date` on which the trusts list everybody in a bed with the 37 reasons, and a "+
		"mental-health trust sends; never when not given")
	hostile := flags.Bool("hostile", false, "add what real exports contain on a bad day")
	backfill := flags.Int("backfill", 0, "write one file of so many `rows` with many extract dates instead")
	nation := flags.Bool("nation", false, "write a year of a nation instead: 302 providers, each with its year in one file, and 151 councils")
	return func(ctx context.Context, words []string) (int, error) {
		if err := noWords(words); err != nil {
			return ExitUsage, err
		}
		if *nation && (*backfill > 0 || *bedsFrom != "" || *hostile) {
			return ExitUsage, usage("A nation is of the delayed alone, and nobody spoils it. Leave out --nation, or --backfill, --beds-from and " +
				"--hostile.")
		}
		if *out == "" {
			return ExitUsage, usage("Say where to write: --out DIR.")
		}
		o := synth.Options{Seed: *seed, Beds: *size, Hostile: *hostile}
		var err error
		if o.BedsFrom, err = dayOr("beds-from", *bedsFrom, 0); err != nil {
			return ExitUsage, err
		}
		example := exampleNorthshire
		if o.BedsFrom != 0 {
			if *backfill > 0 {
				return ExitUsage, usage("A backfill is of the delayed alone. Leave out --beds-from or --backfill.")
			}
			example, o.Reference = exampleNorthshire2026, data.Reference
		}
		if o.Partnership, err = fs.Sub(data.Examples, example); err != nil {
			return ExitLess, err
		}
		if o.To, err = dayOr("to", *to, yesterday()); err != nil {
			return ExitUsage, err
		}
		if o.From, err = dayOr("from", *from, 0); err != nil {
			return ExitUsage, err
		}
		if *backfill > 0 {
			return ExitDone, writeBackfill(*out, *backfill, o)
		}
		if *nation {
			p := newProgress(c.Err, "providers written")
			if err := synth.WriteNation(ctx, *out, o, p.step); err != nil {
				return ExitLess, asUsage(err)
			}
			p.done()
			fmt.Fprintf(c.Out, "Wrote a year of a nation to %s\n", filepath.Join(*out, "extracts"))
			return ExitDone, nil
		}
		p := newProgress(c.Err, "days written")
		if err := synth.Write(ctx, *out, o, p.step); err != nil {
			return ExitLess, asUsage(err)
		}
		p.done()
		fmt.Fprintf(c.Out, "Wrote synthetic extracts to %s\n", filepath.Join(*out, "extracts"))
		return ExitDone, nil
	}
}

func dayOr(name, value string, otherwise delay.Day) (delay.Day, error) {
	if value == "" {
		return otherwise, nil
	}
	return dayFlag(name, value)
}

func writeBackfill(path string, rows int, o synth.Options) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, durable.FileMode)
	if err != nil {
		return problem.Wrap(err, problem.Conflict, "%s could not be made anew", path)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	err = synth.WriteBackfill(w, rows, o)
	return errors.Join(err, w.Flush(), f.Close())
}
