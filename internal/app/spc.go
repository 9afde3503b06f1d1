package app

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"os"

	"homeward/internal/problem"
	"homeward/internal/spc"
)

func setUpSPC(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	input := flags.String("input", "", "the `file` of readings: series_id, date, value")
	params := flags.String("params", "", "the `file` of settings, one row a series")
	format := flags.String("format", "csv", "csv: one row a reading; icons: one row a series")
	return func(_ context.Context, words []string) (int, error) {
		if err := noWords(words); err != nil {
			return ExitUsage, err
		}
		if *input == "" || *params == "" {
			return ExitUsage, usage("Say which files to read: --input FILE --params FILE.")
		}
		run := spc.RunCSV
		switch *format {
		case "csv":
		case "icons":
			run = spc.RunIconsCSV
		default:
			return ExitUsage, usage("Found the format %q. Use csv or icons.", *format)
		}
		readings, err := os.Open(*input)
		if err != nil {
			return ExitUsage, problem.Wrap(err, problem.NotFound, "%s could not be opened", *input)
		}
		defer readings.Close()
		settings, err := os.Open(*params)
		if err != nil {
			return ExitUsage, problem.Wrap(err, problem.NotFound, "%s could not be opened", *params)
		}
		defer settings.Close()
		out := bufio.NewWriter(c.Out)
		if err := errors.Join(run(readings, settings, out), out.Flush()); err != nil {
			return ExitLess, err
		}
		return ExitDone, nil
	}
}
