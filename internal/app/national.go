package app

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/config"
	"homeward/internal/csvout"
	"homeward/internal/delay"
	"homeward/internal/national"
	"homeward/internal/problem"
)

func setUpNational(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	from := flags.String("from", "", "the first `month`, such as 2026-02")
	to := flags.String("to", "", "the last `month`")
	floors := flags.String("age-floor", "16,18", "the age floors of England's counts, with commas between")
	format := flags.String("format", "csv", "csv or json")
	return func(ctx context.Context, words []string) (int, error) {
		if len(words) != 1 {
			var names strings.Builder
			for _, t := range national.TableNames {
				fmt.Fprintf(&names, "\n  %-12s %s", t[0], t[1])
			}
			return ExitUsage, usage("Say which table:%s", names.String())
		}
		if err := d.check(); err != nil {
			return ExitUsage, err
		}
		choice := national.Choice{}
		for text := range strings.SplitSeq(*floors, ",") {
			var n int
			if _, err := fmt.Sscanf(strings.TrimSpace(text), "%d", &n); err != nil || n < 0 || n > 120 {
				return ExitUsage, usage("Found the age floor %q, expected ages such as 16,18.", *floors)
			}
			choice.Floors = append(choice.Floors, n)
		}
		first, err := month(*from)
		if err == nil {
			choice.Window.First = first
			choice.Window.Last, err = month(*to)
		}
		if err != nil {
			return ExitUsage, usageError{err}
		}
		o := d.options(nil)
		o.FiguresOnly = true
		a, err := Open(ctx, o)
		if err != nil {
			return ExitLess, err
		}
		defer a.Close()
		if err = a.stays(ctx, &choice); err != nil {
			return ExitLess, err
		}
		choice.Defs = a.counts().defs
		table, err := national.Make(words[0], choice)
		if err != nil {
			return ExitUsage, asUsage(problem.New(problem.Invalid, "The table could not be made: %v.", err))
		}
		for _, p := range table.LeftOut {
			fmt.Fprintf(c.Err, "Left out of %s: %s, because %s.\n", table.Name, p.Provider, p.Why)
		}
		switch *format {
		case "csv":
			out := csvout.New(c.Out)
			write := func(row []string) error { return out.WriteMixed(row, func(int) bool { return true }) }
			if table.Name == "bridge" {
				// Its steps are the program's own words, and a total begins with a
				// sign of equality as in the published bridge.
				write = out.WriteOwn
			}
			for _, row := range append([][]string{table.Columns}, table.Rows...) {
				if err := write(row); err != nil {
					return ExitLess, err
				}
			}
			out.Flush()
			return ExitDone, out.Error()
		case "json":
			return ExitDone, printJSON(c.Out, map[string]any{"table": table.Name, "title": table.Title, "convention": table.Convention,
				"definition": table.Words, "columns": table.Columns, "rows": table.Rows,
				"left_out": slices.Concat([]national.LeftOut{}, table.LeftOut)})
		default:
			return ExitUsage, usage("Found the format %q. Use csv or json.", *format)
		}
	}
}

func month(text string) (delay.Month, error) {
	day, err := delay.ParseDay(text + "-01")
	if err != nil {
		return 0, problem.New(problem.Invalid, "Found the month %q, expected one such as 2026-02.", text)
	}
	return day.Month(), nil
}

// stays fills in the stays of the ledger, whose providers' lists are of what and
// of which days.
func (a *App) stays(ctx context.Context, c *national.Choice) error {
	held, err := a.Store.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer held.Close()
	rows, days, err := held.StayRows(ctx)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return problem.New(
			problem.NotFound,
			"No extract that counts states stays. A layout does when it names a code set (code_set) or has a column criteria.",
		)
	}
	settings, err := Settings(a.Partnership(), a.counts().book.Convention)
	if err != nil {
		return err
	}
	c.Stays = national.Build(rows, days, settings.Delay.OmittedLimit)
	c.Days, c.Lists = a.calendars(rows, days), map[string]national.Lists{}
	for _, p := range a.Partnership().Providers {
		lists := national.Lists{Beds: a.Partnership().ListsBeds(p)}
		for _, name := range append(slices.Clone(p.OtherLayouts), p.Layout) {
			if l := a.Partnership().Layouts[name]; l != nil {
				lists.Sets = append(lists.Sets, cmp.Or(l.CodeSet, config.DefaultDefinitions))
			}
		}
		slices.Sort(lists.Sets)
		lists.Sets = slices.Compact(lists.Sets)
		c.Lists[p.Code] = lists
	}
	return nil
}
