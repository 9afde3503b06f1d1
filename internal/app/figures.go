package app

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"homeward/internal/config"
	"homeward/internal/csvout"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/sqlite"
)

func dayFlag(name, value string) (delay.Day, error) {
	day, err := delay.ParseDay(value)
	if err != nil {
		return 0, usage("Found %q for --%s. Use a date like 2019-03-31.", value, name)
	}
	return day, nil
}

// listFlag gathers the values of a flag that may be given several times or
// with commas.
type listFlag []string

func (l *listFlag) String() string { return strings.Join(*l, ",") }

func (l *listFlag) Set(s string) error {
	*l = append(*l, strings.Split(s, ",")...)
	return nil
}

func setUpFigures(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c)
	from := flags.String("from", "", "first month or day, such as 2018-04 or 2018-04-01")
	to := flags.String("to", "", "last month or day, included")
	by := flags.String("by", "month", "`breakdowns` in order: month, week, day, provider, council, care, reason, responsible, state, "+
		"pathway")
	numbers := flags.String("measures", "days", "`measures`: days, beds, share, people, not-agreed")
	basis := flags.String("basis", "", "which days count: counted (every one) or agreed; without it, what headline says in the "+
		"partnership file")
	format := flags.String("format", "table", "csv, json or table")
	public := flags.Bool("public", false, "counts that may leave the partnership: small ones suppressed, the rest rounded")
	known := flags.String("as-known-at", "", "figures as they were known at this `time`, such as 2019-03-31 or 2019-03-31T09:58")
	conventions := listFlag{}
	flags.Var(&conventions, "convention", "the period by these counting `conventions` side by side, such as england-dtoc,scotland-2016")
	filters := map[measure.Dimension]*listFlag{}
	for _, dim := range []measure.Dimension{measure.ByProvider, measure.ByCouncil, measure.ByCare, measure.ByReason, measure.ByResponsible,
		measure.ByState, measure.ByPathway} {
		filters[dim] = new(listFlag)
		flags.Var(filters[dim], string(dim), "only this `"+string(dim)+"`; several with commas")
	}
	return func(ctx context.Context, words []string) (int, error) {
		if err := errors.Join(noWords(words), d.check()); err != nil {
			return ExitUsage, err
		}
		if *from == "" || *to == "" {
			return ExitUsage, usage("Say for which period: --from 2018-04 --to 2019-03.")
		}
		var q measure.Query
		var err error
		if q.From, q.To, err = measure.ParsePeriod(*from, *to); err != nil {
			return ExitUsage, asUsage(err)
		}
		if q.By, err = measure.ParseBy(*by); err != nil {
			return ExitUsage, asUsage(err)
		}
		if len(conventions) > 0 {
			if set := flagsGiven(flags, "by", "measures", "basis", "public", "council", "care", "reason", "responsible", "state",
				"pathway"); set != "" {
				return ExitUsage, usage("Figures by conventions are of a period and of providers. Leave --%s out.", set)
			}
			return d.byConvention(ctx, c, q, conventions, *filters[measure.ByProvider], *known, *format)
		}
		wanted, err := measure.ParseNumbers(*numbers)
		if err != nil {
			return ExitUsage, asUsage(err)
		}
		store, opened, err := knownStore(ctx, d.options(nil), *known)
		if err != nil {
			return ExitLess, err
		}
		defer opened.Close()
		if q.Filter.Book, err = d.bookOf(store.Convention()); err != nil {
			return ExitLess, err
		}
		for dim, values := range filters {
			if err := q.Filter.ParseFilter(string(dim), *values); err != nil {
				return ExitUsage, asUsage(err)
			}
		}
		if q.Filter.Basis, err = d.basis(*basis, q.Filter); err != nil {
			return ExitUsage, asUsage(err)
		}
		if *public {
			if *numbers != "days" {
				return ExitUsage, usage("Public figures are delayed days only. Leave --measures out.")
			}
			rows, err := d.publicRows(q.Filter.Book)
			if err != nil {
				return ExitLess, err
			}
			table, err := measure.PublicFigures(ctx, store, q, rows)
			if err != nil {
				return ExitLess, asUsage(err)
			}
			return ExitDone, printTable(c.Out, table, *format)
		}
		table, err := measure.Figures(ctx, store, q, wanted)
		if err != nil {
			return ExitLess, asUsage(err)
		}
		return ExitDone, printTable(c.Out, table, *format)
	}
}

// basis reads which days count. Figures need no partnership file: where there
// is none, and where a state is asked for, every counted day counts.
func (d *dataFlags) basis(given string, f measure.Filter) (measure.Basis, error) {
	if given == "" {
		p, err := config.LoadPartnership(d.options(nil).partnershipPath())
		switch {
		case problem.KindOf(err) == problem.NotFound || len(f.States) > 0:
			return measure.BasisCounted, nil
		case err != nil:
			return measure.BasisCounted, problem.Wrap(err, problem.Invalid, "The partnership file says which days count and could not be read. Put "+
				"it right, or say --basis counted or --basis agreed")
		}
		return headlineOf(p), nil
	}
	b, err := measure.ParseBasis(given)
	if err != nil {
		return b, usage("Found %q for --basis. Use counted or agreed.", given)
	}
	return b, f.On(b).CheckBasis()
}

// publicRows gives the providers and councils of the partnership file, which
// have their rows in public tables whatever was counted. Without a file those
// with 5 days or more have rows, and all others one.
func (d *dataFlags) publicRows(b *definition.Book) (measure.Known, error) {
	p, err := config.LoadPartnership(d.options(nil).partnershipPath())
	if problem.KindOf(err) == problem.NotFound {
		return measure.Known{Reasons: b.Reasons()}, nil
	}
	return publicRowsOf(p, b), err
}

func publicRowsOf(p *config.Partnership, b *definition.Book) (known measure.Known) {
	known.Reasons = b.Reasons()
	if p == nil {
		return known
	}
	for _, one := range p.Providers {
		known.Providers = append(known.Providers, one.Code)
	}
	for _, one := range p.Councils {
		known.Councils = append(known.Councils, delay.Council(one.Code))
	}
	return known
}

func printTable(w io.Writer, t *measure.Table, format string) error {
	counted := t.Query.Filter.Book.Counting()
	switch format {
	case "csv":
		out := csvout.New(w)
		// The columns of the default convention are what programs have always read.
		// Any other adds its name to every row (D3).
		var made []string
		if counted.Name != "" && counted.Name != config.DefaultDefinitions {
			made = []string{counted.Name}
		}
		head := t.Head
		if made != nil {
			head = append(slices.Clone(head), "convention")
		}
		if err := out.Write(head); err != nil {
			return err
		}
		for _, row := range t.Rows {
			numeric := func(i int) bool { return i < len(t.Numeric) && t.Numeric[i] }
			if err := out.WriteMixed(append(slices.Clone(row), made...), numeric); err != nil {
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
				if t.Numeric[j] {
					n, err := strconv.ParseFloat(cell, 64)
					if err != nil {
						return err
					}
					rows[i][t.Head[j]] = n
					continue
				}
				rows[i][t.Head[j]] = cell
			}
		}
		out := map[string]any{"from": t.Query.From.String(), "to": t.Query.To.String(), "rows": rows, "basis": t.Query.Filter.Basis.String()}
		if counted.Name != "" {
			out["convention"], out["days_counted"] = counted.NameWords(), counted.DayWords()
		}
		if t.Public {
			out["note"] = measure.SuppressedWords
		} else {
			out["delayed_days"] = t.Total
		}
		return printJSON(w, out)
	case "table":
		var align uint
		out := tabwriter.NewWriter(w, 0, 0, 2, ' ', align)
		fmt.Fprintln(out, strings.Join(t.Head, "\t"))
		for _, row := range t.Rows {
			fmt.Fprintln(out, strings.Join(row, "\t"))
		}
		if t.Public {
			fmt.Fprintf(out, "%s from %s to %s. %s\n", dayWords[t.Query.Filter.Basis], t.Query.From.Long(), t.Query.To.Long(),
				measure.SuppressedWords)
		} else {
			fmt.Fprintf(out, "%d %s from %s to %s\n", t.Total, strings.ToLower(dayWords[t.Query.Filter.Basis]), t.Query.From.Long(),
				t.Query.To.Long())
		}
		if counted.Name != "" {
			fmt.Fprintf(out, "Counted by %s. %s\n", counted.NameWords(), counted.DayWords())
		}
		return out.Flush()
	default:
		return usage("Found the format %q. Use csv, json or table.", format)
	}
}

// dayWords name the days that a basis counts.
var dayWords = map[measure.Basis]string{measure.BasisCounted: "Delayed days", measure.BasisAgreed: "Agreed delayed days"}

func setUpDelays(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c)
	known := flags.String("as-known-at", "", "delays as they were known at this `time`, such as 2019-03-31 or 2019-03-31T09:58")
	identifiers := flags.Bool("identifiers", false, "show NHS numbers and local IDs; needs the key file and is noted in the audit log")
	format := flags.String("format", "csv", "csv or json")
	return func(ctx context.Context, words []string) (int, error) {
		if err := errors.Join(noWords(words), d.check()); err != nil {
			return ExitUsage, err
		}
		if *format != "csv" && *format != "json" {
			return ExitUsage, usage("Found the format %q. Use csv or json.", *format)
		}
		if *identifiers && *known != "" {
			return ExitUsage, usage("Identifiers are not kept for past moments. Use --identifiers or --as-known-at.")
		}
		var key *identity.Key
		if *identifiers {
			var err error
			if key, err = identity.LoadOrCreate(d.options(nil).keyPath(), false); err != nil {
				return ExitLess, err
			}
		}
		store, opened, err := knownStore(ctx, d.options(nil), *known)
		if err != nil {
			return ExitLess, err
		}
		defer opened.Close()
		out := bufio.NewWriter(c.Out)
		each := store.Delays
		if key != nil {
			by := people.Actor{Kind: people.Machine, Name: accountName()}
			each = func(ctx context.Context, each func(sqlite.DelayRecord) error) error {
				return store.IdentifiedDelays(ctx, by, key, each)
			}
		}
		if err := printDelays(ctx, out, each, key != nil, *format); err != nil {
			return ExitLess, err
		}
		return ExitDone, out.Flush()
	}
}

// delayHead names the columns of a list of delays.
var delayHead = []string{"provider", "reference", "council", "type_of_care", "ready_date", "ended_on", "end", "delayed_days", "segments"}

// accountName gives the operating system's name for whoever runs the command,
// for the audit log.
func accountName() string {
	u, err := user.Current()
	if err != nil {
		return "account " + strconv.Itoa(os.Getuid())
	}
	return u.Username
}

func printDelays(ctx context.Context, w io.Writer, delays func(context.Context, func(sqlite.DelayRecord) error) error, identified bool,
	format string) error {
	head := delayHead
	if identified {
		head = append([]string{"provider", "nhs_number", "local_patient_id"}, delayHead[1:]...)
	}
	out := csvout.New(w)
	asJSON := format == "json"
	if !asJSON {
		if err := out.Write(head); err != nil {
			return err
		}
	}
	err := delays(ctx, func(r sqlite.DelayRecord) error {
		row := delayRow(r, identified)
		if !asJSON {
			return out.Write(row)
		}
		object := map[string]string{}
		for i, name := range head {
			object[name] = row[i]
		}
		return printJSON(w, object)
	})
	out.Flush()
	return errors.Join(err, out.Error())
}

func delayRow(r sqlite.DelayRecord, identified bool) []string {
	row := []string{r.Provider}
	if identified {
		row = append(row, r.NHSNumber, r.LocalID)
	}
	segments := r.Segments
	last := segments[len(segments)-1]
	words := make([]string, len(segments))
	days := 0
	for i, s := range segments {
		words[i] = fmt.Sprintf("%s..%s %s %s", s.First, s.Segment.Last, orNotKnown(string(s.Reason)), s.Standing.Body)
		days += s.Days()
	}
	return append(row, r.Reference, orNotKnown(string(last.Council)), last.Care.String(), r.Ready.String(), r.End.String(), r.EndKind.String(),
		strconv.Itoa(days), strings.Join(words, "; "))
}

func orNotKnown(s string) string {
	if s == "" {
		return measure.NotKnown
	}
	return s
}

func setUpVerify(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c)
	return func(ctx context.Context, words []string) (int, error) {
		if err := errors.Join(noWords(words), d.check()); err != nil {
			return ExitUsage, err
		}
		store, err := openStore(ctx, d.options(nil))
		if err != nil {
			return ExitLess, err
		}
		defer store.Close()
		// Without its key a folder answers for its figures all the same.
		key, _ := identity.LoadOrCreate(d.options(nil).keyPath(), false)
		status, sentence, err := verify(ctx, store, key)
		if err != nil {
			return ExitLess, err
		}
		fmt.Fprintln(c.Out, sentence)
		return status, nil
	}
}

// verify derives everything afresh, opens everything that is sealed, compares what
// nothing works out again with its sums, and says in words what it found. A nil key
// opens nothing.
func verify(ctx context.Context, store *sqlite.Store, key *identity.Key) (int, string, error) {
	integrity, err := store.Check(ctx)
	if err != nil {
		return ExitLess, "", err
	}
	if integrity != "ok" {
		// What is derived from damaged evidence says nothing more.
		return ExitLess, fmt.Sprintf("The database is damaged: %s. Restore the data folder from your backup and take later extracts in again.",
			integrity), nil
	}
	v, err := store.Verify(ctx)
	if err != nil {
		return ExitLess, "", err
	}
	closed, err := wrongCloses(ctx, store)
	if err != nil {
		return ExitLess, "", err
	}
	altered, err := store.Altered(ctx)
	if err != nil {
		return ExitLess, "", err
	}
	of, opened := &sqlite.Opened{Another: true}, "What is sealed was not opened: the key file of this database is not there."
	if key != nil {
		if of, err = store.Unopened(ctx, key); err != nil {
			return ExitLess, "", err
		}
	}
	if !of.Another {
		opened = fmt.Sprintf("Everything that is sealed (%s) could be opened.", measure.Plural(int64(of.Sealed), "identifier", "identifiers"))
	}
	astray := slices.Concat(closed, of.Findings, altered)
	if len(v.Differences)+len(astray) == 0 {
		return ExitDone, fmt.Sprintf("Everything agrees: %d extracts of %d providers, %d patients, %d delays and %d delayed days derived afresh "+
			"equal what is stored. %s",
			v.Extracts, v.Providers, v.Patients, v.Delays, v.DelayedDays, opened), nil
	}
	var b strings.Builder
	for _, line := range astray {
		fmt.Fprintln(&b, line)
	}
	if n := len(v.Differences) + v.More; n > 0 {
		fmt.Fprintf(&b, "%d things are stored otherwise than the evidence gives:\n", n)
		for _, line := range v.Differences {
			fmt.Fprintf(&b, "  %s\n", line)
		}
		if v.More > 0 {
			fmt.Fprintf(&b, "  … and %d more that are not listed\n", v.More)
		}
	}
	return ExitLess, strings.TrimRight(b.String(), "\n"), nil
}
