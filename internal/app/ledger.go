package app

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"homeward/internal/csvout"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/sqlite"
)

// ledgersKept is how many states of the ledger of stays are kept made.
const ledgersKept = 3

// ledgers keeps the ledgers that were asked for last: making one walks through
// every row of every extract. The zero value is empty and ready.
type ledgers struct {
	mu   sync.Mutex
	kept []keptLedger // the one used last at the end
}

type keptLedger struct {
	at     time.Time
	state  string
	ledger *national.Ledger
}

// forget has every ledger be made anew.
func (l *ledgers) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = nil
}

// ledger gives the stays of a store as of one moment, at being the past moment
// that it is of and zero for the present.
func (a *App) ledger(ctx context.Context, store *sqlite.Store, at time.Time) (*national.Ledger, error) {
	held, err := store.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if held.Store != store {
		defer held.Close()
	}
	state, err := held.LedgerState(ctx)
	if err != nil {
		return nil, err
	}
	a.ledgers.mu.Lock()
	defer a.ledgers.mu.Unlock()
	for i, k := range a.ledgers.kept {
		if k.at.Equal(at) && k.state == state {
			a.ledgers.kept = append(slices.Delete(a.ledgers.kept, i, i+1), k)
			return k.ledger, nil
		}
	}
	made, err := a.makeLedger(ctx, held.Store)
	if err != nil {
		return nil, err
	}
	if len(a.ledgers.kept) == ledgersKept {
		a.ledgers.kept = slices.Delete(a.ledgers.kept, 0, 1)
	}
	a.ledgers.kept = append(a.ledgers.kept, keptLedger{at, state, made})
	return made, nil
}

func (a *App) makeLedger(ctx context.Context, store *sqlite.Store) (*national.Ledger, error) {
	rows, days, err := store.StayRows(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := Settings(a.Partnership(), a.counts().book.Convention)
	if err != nil {
		return nil, err
	}
	l := &national.Ledger{Stays: national.Build(rows, days, settings.Delay.OmittedLimit), Days: days}
	maps.Copy(days, a.calendars(rows, days))
	for _, p := range a.Partnership().Providers {
		if len(days[p.Code]) > 0 && a.Partnership().ListsBeds(p) {
			l.Beds = append(l.Beds, p.Code)
		}
	}
	waits, listed, err := store.Waits(ctx)
	if err != nil {
		return nil, err
	}
	l.Stays = append(l.Stays, waits...)
	maps.Copy(l.Days, listed)
	return l, nil
}

// calendars gives the extract dates of each provider that states stays, those of
// the codes under which it sent before among them. A hospital that sent delays
// alone before is known by its lists of everybody from the first of them on.
func (a *App) calendars(rows []national.Row, days map[string]delay.Calendar) map[string]delay.Calendar {
	first := map[string]delay.Day{}
	for _, r := range rows {
		if on, ok := first[r.Provider]; !ok || r.Day < on {
			first[r.Provider] = r.Day
		}
	}
	out := map[string]delay.Calendar{}
	for _, p := range a.Partnership().Providers {
		on := slices.Clone(days[p.Code])
		for _, f := range p.Formerly {
			on = append(on, days[f.Code]...)
		}
		slices.Sort(on)
		if on = slices.Compact(on); a.Partnership().ListsBeds(p) {
			on = slices.DeleteFunc(on, func(day delay.Day) bool { return day < first[p.Code] })
		}
		if len(on) > 0 {
			out[p.Code] = on
		}
	}
	return out
}

// Ledger gives the stays of the moment that the figures are of.
func (f figures) Ledger(ctx context.Context) (*national.Ledger, error) {
	return f.app.ledger(ctx, f.Store, f.at)
}

// dischargeFloor is the age floor of discharge ready dates.
func (a *App) dischargeFloor() int { return *a.Partnership().Settings.DischargeAgeFloor }

// bedLists says whether some provider lists everybody in a bed.
func (a *App) bedLists() bool {
	return slices.ContainsFunc(a.Partnership().Providers, a.Partnership().ListsBeds)
}

// flagsGiven gives the first of the flags that a command was given, empty for
// none.
func flagsGiven(flags *flag.FlagSet, names ...string) string {
	given := ""
	flags.Visit(func(f *flag.Flag) {
		if given == "" && slices.Contains(names, f.Name) {
			given = f.Name
		}
	})
	return given
}

// byConvention prints one period by several conventions, side by side, with the
// way to each from the convention of the settings.
func (d *dataFlags) byConvention(ctx context.Context, c *Console, q measure.Query, names, providers []string, known, format string) (int,
	error) {
	o := d.options(nil)
	o.FiguresOnly = true
	a, err := Open(ctx, o)
	if err != nil {
		return ExitLess, err
	}
	defer a.Close()
	base, err := a.counts().defs.Convention(a.Partnership().Settings.Counting)
	if err != nil {
		return ExitLess, err
	}
	var conventions []*definition.Convention
	for _, name := range names {
		one, err := a.counts().defs.Convention(strings.TrimSpace(name))
		if err != nil {
			return ExitUsage, asUsage(err)
		}
		conventions = append(conventions, one)
	}
	store, at := a.Store, time.Time{}
	if known != "" {
		if at, err = londonTime("as-known-at", known); err != nil {
			return ExitUsage, err
		}
		past, done, err := a.asKnown(ctx, at)
		if err != nil {
			return ExitLess, err
		}
		defer done()
		store = past.Store
	}
	l, err := a.ledger(ctx, store, at)
	if err != nil {
		return ExitLess, err
	}
	if len(providers) > 0 {
		l = l.Of(providers)
	}
	t := &measure.Table{Query: q, Head: national.RosettaColumns}
	for i := range t.Head {
		t.Numeric = append(t.Numeric, national.RosettaNumeric(i))
	}
	for _, b := range national.Rosetta(l.Stays, q.From, q.To, l.Days, conventions) {
		var steps []national.Cause
		if b.Counts == "days" {
			steps = national.Between(l.Stays, q.From, q.To, l.Days, base, b.Convention)
		}
		t.Rows = append(t.Rows, b.Row(base.Name, steps))
	}
	return ExitDone, printConventions(c.Out, t, format)
}

// printConventions prints a table of conventions. Its cells may be empty where a
// convention counts no days, or no people.
func printConventions(w io.Writer, t *measure.Table, format string) error {
	switch format {
	case "csv":
		out := csvout.New(w)
		for i, row := range append([][]string{t.Head}, t.Rows...) {
			if err := out.WriteMixed(row, func(j int) bool { return i > 0 && t.Numeric[j] }); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	case "json":
		rows := make([]map[string]any, len(t.Rows))
		for i, row := range t.Rows {
			rows[i] = map[string]any{}
			for j, cell := range row {
				switch {
				case t.Numeric[j] && cell == "":
					rows[i][t.Head[j]] = nil
				case t.Numeric[j]:
					rows[i][t.Head[j]] = json.Number(cell)
				default:
					rows[i][t.Head[j]] = cell
				}
			}
		}
		return printJSON(w, map[string]any{"from": t.Query.From.String(), "to": t.Query.To.String(), "rows": rows})
	case "table":
		for _, row := range t.Rows {
			fmt.Fprintf(w, "%s (%s)\n  %s\n", row[0], row[1], row[len(row)-1])
			for j, cell := range row {
				if t.Numeric[j] && cell != "" && (cell != "0" || !strings.HasPrefix(t.Head[j], "by_")) {
					fmt.Fprintf(w, "  %-22s %s\n", t.Head[j], cell)
				}
			}
		}
		return nil
	default:
		return usage("Found the format %q. Use csv, json or table.", format)
	}
}

// sitrepOf gives the people that England's old return and its situation report
// count at a hospital on a day, of the stays of a store; nil where no hospital
// lists everybody in a bed.
func (a *App) sitrepOf(ctx context.Context, store *sqlite.Store) (func(string, delay.Day) (int64, int64, bool), error) {
	if !a.bedLists() {
		return nil, nil
	}
	l, err := a.ledger(ctx, store, time.Time{})
	if err != nil {
		return nil, err
	}
	dtoc, err := a.counts().defs.Convention("england-dtoc")
	if err != nil {
		return nil, err
	}
	drd, err := a.counts().defs.Convention("england-drd")
	if err != nil {
		return nil, err
	}
	return func(provider string, day delay.Day) (int64, int64, bool) {
		if !slices.Contains(l.Beds, provider) {
			return 0, 0, false
		}
		chain := national.Chain(l.Stays, national.Stretch{From: day, To: day, Provider: provider, Floor: 18, Evidence: l.Days}, dtoc, drd)
		return int64(chain[0].Days), int64(chain[len(chain)-1].Days), true
	}, nil
}
