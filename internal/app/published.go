package app

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"homeward/internal/council"
	"homeward/internal/csvout"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/published"
	"homeward/internal/sqlite"
)

// publishedFlags are the flags of homeward published and its words.
type publishedFlags struct {
	*dataFlags
	c                                       *Console
	vintage, month, series, from, to, grain string
	format                                  string
	every                                   bool
	floor                                   int
	levels, codes, measures                 listFlag
}

func setUpPublished(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	p := &publishedFlags{dataFlags: addData(flags, c).addPartnership(flags), c: c}
	flags.StringVar(&p.vintage, "vintage", "", "add: the `date` of publication or revision, where the file does not state it or states "+
		"another")
	flags.StringVar(&p.month, "month", "", "add: the `month` of a file that states none, such as 2020-02")
	flags.StringVar(&p.series, "series", "", "figures, average-delay, compare: the `series`, such as "+published.AcuteSitrep)
	flags.StringVar(&p.from, "from", "", "the first month or day of the periods")
	flags.StringVar(&p.to, "to", "", "the last month or day of the periods")
	flags.Var(&p.levels, "level", "figures: only this `level`: nation, region, icb, provider, council or board; several with commas")
	flags.Var(&p.codes, "code", "only this `code` of an area or provider; several with commas")
	flags.Var(&p.measures, "measure", "only this `measure`; several with commas")
	flags.BoolVar(&p.every, "every", false, "figures: those of every vintage, not of the newest alone")
	flags.StringVar(&p.grain, "grain", "month", "compare: month, or day for the situation reports")
	flags.IntVar(&p.floor, "age-floor", -1, "compare: the age floor of the discharge ready date; without it, that of the partnership file")
	flags.StringVar(&p.format, "format", "csv", "csv or json; list also takes table")
	return func(ctx context.Context, words []string) (int, error) {
		if len(words) == 0 {
			return ExitUsage, usage("Say what to do: published add FILE…, published list, published figures, published average-delay or " +
				"published compare.")
		}
		if err := p.check(); err != nil {
			return ExitUsage, err
		}
		if !slices.Contains([]string{"csv", "json"}, p.format) && (p.format != "table" || words[0] != "list") {
			return ExitUsage, usage("Found the format %q. Use csv or json.", p.format)
		}
		do, ok := map[string]func(context.Context, []string) (int, error){
			"add": p.add, "list": p.list, "figures": p.figures, "average-delay": p.averages, "compare": p.compare,
		}[words[0]]
		if !ok {
			return ExitUsage, usage("Found published %q, expected add, list, figures, average-delay or compare.", words[0])
		}
		if words[0] != "add" {
			if err := noWords(words[1:]); err != nil {
				return ExitUsage, err
			}
		}
		return do(ctx, words[1:])
	}
}

// add takes files in; one that is refused does not keep the others out.
func (p *publishedFlags) add(ctx context.Context, paths []string) (int, error) {
	if len(paths) == 0 {
		return ExitUsage, usage("Say which files to add: published add FILE….")
	}
	var vintage delay.Day
	var o published.Options
	var err error
	if p.vintage != "" {
		if vintage, err = dayFlag("vintage", p.vintage); err != nil {
			return ExitUsage, err
		}
	}
	if p.month != "" {
		if o.Month, err = month(p.month); err != nil {
			return ExitUsage, usageError{err}
		}
	}
	options := p.options(nil)
	options.FiguresOnly = true
	a, err := Open(ctx, options)
	if err != nil {
		return ExitLess, err
	}
	defer a.Close()
	by := people.Actor{Kind: people.Machine, Name: accountName()}
	status := ExitDone
	for _, path := range paths {
		words, err := a.addPublished(ctx, by, path, vintage, o)
		if ctx.Err() != nil {
			return ExitLess, ctx.Err()
		}
		if err != nil {
			status = ExitLess
			fmt.Fprintf(p.c.Err, "%s: refused. %v\n", path, err)
			continue
		}
		fmt.Fprintf(p.c.Out, "%s: %s\n", path, words)
	}
	return status, nil
}

// addPublished adds one file and says what was done.
func (a *App) addPublished(ctx context.Context, by people.Actor, path string, vintage delay.Day, o published.Options) (string, error) {
	data, err := readPublished(path)
	if err != nil {
		return "", err
	}
	k, added, err := a.takePublished(ctx, by, path, data, vintage, o)
	if err != nil {
		return "", err
	}
	if !added {
		return fmt.Sprintf("the same bytes were added before, as file %d; nothing changes.", k.ID), nil
	}
	series, _ := published.SeriesNamed(k.Series)
	var words strings.Builder
	fmt.Fprintf(&words, "added as file %d. %s, %s: %d figures, vintage %s.", k.ID, series.Publisher, series.Title, k.Values,
		k.VintageWords())
	if k.Vintage == 0 {
		words.WriteString(" It counts as older than every file with a vintage; say --vintage DATE when you know it.")
	}
	for _, note := range k.Notes {
		words.WriteString("\n  " + note)
	}
	return words.String(), nil
}

// takePublished adds the bytes of one file, for the command and the form alike.
// Bytes that were added before change nothing: the number is then theirs and
// added is false. vintage is what who adds it says, zero for the file's own.
func (a *App) takePublished(ctx context.Context, by people.Actor, name string, data []byte, vintage delay.Day, o published.Options) (
	k published.Kept, added bool, err error) {
	f, err := published.Read(data, o)
	if err != nil {
		return k, false, err
	}
	if k, err = published.Describe(name, data, f, vintage); err != nil {
		return k, false, err
	}
	if today := delay.DayOf(a.now()); k.Vintage > today {
		return k, false, problem.New(problem.Invalid, "The vintage %s is after today, %s: expected the day of publication or revision. Give "+
			"the right day as the vintage (the command has --vintage for it).", k.Vintage, today)
	}
	k.Series, k.Title, k.Notes, k.Values = f.Series, f.Title, f.Notes, len(f.Values)
	k.ID, added, err = a.Store.AddPublished(ctx, by, f, k)
	return k, added, err
}

// readPublished reads a file up to the limit.
func readPublished(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, problem.Wrap(err, problem.NotFound, "The file could not be opened")
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && !info.Mode().IsRegular() {
		return nil, problem.New(problem.Invalid, "This is no file: expected a CSV or an Excel workbook (.xlsx).")
	}
	data, err := io.ReadAll(io.LimitReader(file, published.MaxBytes+1))
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The file could not be read to its end")
	}
	return data, nil
}

// printRows writes a table as CSV, or as JSON with numbers as numbers.
func printRows(w io.Writer, format string, head []string, rows [][]string, number func(int) bool) error {
	if format == "json" {
		out := make([]map[string]any, len(rows))
		for i, row := range rows {
			out[i] = map[string]any{}
			for j, cell := range row {
				if n, err := strconv.ParseFloat(cell, 64); err == nil && number(j) {
					out[i][head[j]] = n
				} else {
					out[i][head[j]] = cell
				}
			}
		}
		return printJSON(w, map[string]any{"rows": out})
	}
	out := csvout.New(w)
	if err := out.Write(head); err != nil {
		return err
	}
	for _, row := range rows {
		if err := out.WriteMixed(row, number); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (p *publishedFlags) list(ctx context.Context, _ []string) (int, error) {
	store, err := openStore(ctx, p.options(nil))
	if err != nil {
		return ExitLess, err
	}
	defer store.Close()
	files, err := store.PublishedFiles(ctx)
	if err != nil {
		return ExitLess, err
	}
	head := []string{"file", "series", "publisher", "title", "vintage", "vintage_from", "first", "last", "figures", "name", "sha256", "added",
		"added_by", "notes"}
	rows := make([][]string, len(files))
	for i, k := range files {
		series, _ := published.SeriesNamed(k.Series)
		vintage, from := "", "nobody"
		if k.Vintage != 0 {
			vintage, from = k.Vintage.String(), "the file"
		}
		if k.Given {
			from = "who added it"
		}
		rows[i] = []string{strconv.FormatInt(k.ID, 10), k.Series, series.Publisher, k.Title, vintage, from, k.First.String(), k.Last.String(),
			strconv.Itoa(k.Values), k.Name, hex.EncodeToString(k.SHA256[:]), k.At.Format("2006-01-02T15:04:05Z"), k.By,
			strings.Join(k.Notes, " ")}
	}
	if p.format == "table" {
		out := tabwriter.NewWriter(p.c.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "file\tseries\tvintage\tfirst\tlast\tfigures\tname")
		for _, r := range rows {
			fmt.Fprintln(out, strings.Join([]string{r[0], r[1], r[4], r[6], r[7], r[8], r[9]}, "\t"))
		}
		return ExitDone, out.Flush()
	}
	return ExitDone, printRows(p.c.Out, p.format, head, rows, func(i int) bool { return i == 0 || i == 8 })
}

// query gives what the flags ask for.
func (p *publishedFlags) query() (published.Query, error) {
	q := published.Query{Series: p.series, Codes: p.codes, Measures: p.measures, Every: p.every}
	if _, ok := published.SeriesNamed(p.series); !ok {
		var names []string
		for _, s := range published.AllSeries {
			names = append(names, s.Name)
		}
		return q, usage("Found the series %q. Say which with --series: %s.", p.series, strings.Join(names, ", "))
	}
	for _, l := range p.levels {
		if !slices.Contains(published.Levels, published.Level(l)) {
			return q, usage("Found the level %q, expected nation, region, icb, provider, council or board.", l)
		}
		q.Levels = append(q.Levels, published.Level(l))
	}
	if p.from == "" && p.to == "" {
		return q, nil
	}
	if p.from == "" || p.to == "" {
		return q, usage("Say both --from and --to, or neither.")
	}
	var err error
	q.From, q.To, err = measure.ParsePeriod(p.from, p.to)
	return q, asUsage(err)
}

func (p *publishedFlags) figures(ctx context.Context, _ []string) (int, error) {
	q, err := p.query()
	if err != nil {
		return ExitUsage, err
	}
	store, err := openStore(ctx, p.options(nil))
	if err != nil {
		return ExitLess, err
	}
	defer store.Close()
	values, err := store.PublishedValues(ctx, q)
	if err != nil {
		return ExitLess, err
	}
	rows := make([][]string, len(values))
	for i, v := range values {
		rows[i] = []string{q.Series, string(v.Period.Grain), v.Period.First.String(), string(v.Level), v.Code, v.Name, v.Measure, v.Breakdown,
			v.Text, v.Mark, strconv.FormatInt(v.File, 10)}
	}
	return ExitDone, printRows(p.c.Out, p.format, []string{"series", "grain", "period", "level", "code", "name", "measure", "breakdown",
		"value", "mark", "file"}, rows, func(i int) bool { return i == 8 || i == 10 })
}

// averages prints the Better Care Fund's average delay of the published
// discharge ready date by our formula (D7).
func (p *publishedFlags) averages(ctx context.Context, _ []string) (int, error) {
	p.series = published.ReadyDate
	if len(p.measures) > 0 {
		return ExitUsage, usage("The average delay is made of two measures. Leave --measure out.")
	}
	p.measures = listFlag{published.BedDays, published.Discharges}
	q, err := p.query()
	if err != nil {
		return ExitUsage, err
	}
	store, err := openStore(ctx, p.options(nil))
	if err != nil {
		return ExitLess, err
	}
	defer store.Close()
	stored, err := store.PublishedValues(ctx, q)
	if err != nil {
		return ExitLess, err
	}
	values := make([]published.Value, len(stored))
	for i, v := range stored {
		values[i] = v.Value
	}
	var rows [][]string
	row := func(period string, a published.Average) {
		rows = append(rows, []string{period, string(a.Level), a.Code, a.Name, a.Discharges.String(), a.BedDays.String(), a.Days()})
	}
	totals := map[published.Level]*published.Average{}
	for _, a := range published.Averages(values) {
		row(a.Period.String(), a)
		t := totals[a.Level]
		if t == nil {
			t = &published.Average{Level: a.Level, Code: "all", Name: "all together"}
			totals[a.Level] = t
		}
		t.Discharges, t.BedDays = t.Discharges+a.Discharges, t.BedDays+a.BedDays
	}
	for _, l := range published.Levels {
		if t := totals[l]; t != nil {
			row("all", *t)
		}
	}
	return ExitDone, printRows(p.c.Out, p.format, []string{"month", "level", "code", "name", "discharges", "bed_days", "average_delay"}, rows,
		func(i int) bool { return i >= 4 })
}

func (p *publishedFlags) compare(ctx context.Context, _ []string) (int, error) {
	q, err := p.query()
	if err != nil {
		return ExitUsage, err
	}
	if q.From == 0 {
		return ExitUsage, usage("Say for which months: --from 2026-02 --to 2026-04.")
	}
	if p.grain != string(published.Monthly) && p.grain != string(published.Daily) {
		return ExitUsage, usage("Found the grain %q. Use month or day.", p.grain)
	}
	options := p.options(nil)
	options.FiguresOnly = true
	a, err := Open(ctx, options)
	if err != nil {
		return ExitLess, err
	}
	defer a.Close()
	floor := p.floor
	if floor < 0 {
		floor = a.dischargeFloor()
	}
	list, err := a.ComparePublished(ctx, a.Store, q.Series, q.From.Month(), q.To.Month(), published.Grain(p.grain), floor)
	if err != nil {
		return ExitLess, err
	}
	list = slices.DeleteFunc(list, func(c published.Comparison) bool {
		return len(p.codes) > 0 && !slices.Contains(p.codes, c.Code) || len(p.measures) > 0 && !slices.Contains(p.measures, c.Measure)
	})
	if p.format == "json" {
		return ExitDone, printJSON(p.c.Out, map[string]any{"series": q.Series, "comparisons": published.JSON(list)})
	}
	head, rows := published.Table(list)
	out := csvout.New(p.c.Out)
	for _, row := range append([][]string{head}, rows...) {
		if err := out.WriteMixed(row, func(i int) bool { return i >= 9 && i <= 10 }); err != nil {
			return ExitLess, err
		}
	}
	out.Flush()
	return ExitDone, out.Error()
}

// ComparePublished sets the published values of a series beside ours as of one
// moment of the store.
func (a *App) ComparePublished(ctx context.Context, store *sqlite.Store, series string, first, last delay.Month, grain published.Grain,
	floor int) ([]published.Comparison, error) {
	held, err := store.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	values, err := held.PublishedValues(ctx, published.Query{Series: series, From: first.First(), To: last.Last(),
		Levels: []published.Level{published.Provider, published.Council, published.Board}})
	if err != nil || len(values) == 0 {
		return nil, err
	}
	o := published.Ours{Defs: a.counts().defs, Floor: floor, Window: national.Window{First: first, Last: last}, Providers: map[string]string{},
		Former: map[string]string{}, Councils: map[delay.Council]string{}}
	for _, one := range a.Partnership().Providers {
		o.Providers[one.Code] = one.Name
		for _, f := range one.Formerly {
			o.Former[f.Code] = one.Code
		}
	}
	for _, one := range a.Partnership().Councils {
		o.Councils[delay.Council(one.Code)] = one.Name
	}
	areas, err := council.Load(referenceBeside(a.Options.partnershipPath()), a.Partnership())
	if err != nil {
		return nil, err
	}
	o.Council = councilOf(areas)
	ledger, err := a.ledger(ctx, held.Store, time.Time{})
	if err != nil {
		return nil, err
	}
	if series == published.AcuteSitrep || series == published.CommunitySitrep || series == published.ReadyDate {
		// The others list nobody who left on the day they were ready.
		ledger = ledger.OfBeds(nil)
		maps.DeleteFunc(o.Providers, func(code, _ string) bool { return !slices.Contains(ledger.Beds, code) })
	}
	o.Stays, o.Calendars = ledger.Stays, ledger.Days
	for _, calendar := range ledger.Days {
		if o.Window.From == 0 || calendar[0] < o.Window.From {
			o.Window.From = calendar[0]
		}
		o.Window.To = max(o.Window.To, calendar[len(calendar)-1])
	}
	if series == published.OldReturn {
		if o.Cells, err = a.oldDays(ctx, held, first, last, o); err != nil {
			return nil, err
		}
	}
	return published.Compare(series, values, o, grain)
}

// councilOf finds councils by a publisher's code or name.
func councilOf(areas *council.List) func(code, name string, on delay.Day) delay.Council {
	type asked struct {
		code, name string
		on         delay.Day
	}
	known := map[asked]delay.Council{}
	return func(code, name string, on delay.Day) delay.Council {
		k := asked{code, name, on}
		if c, ok := known[k]; ok {
			return c
		}
		found := areas.Find(code)
		if len(found) == 0 {
			found = areas.Find(name)
		}
		var c delay.Council
		if len(found) > 0 {
			c, _ = areas.Resolve(found, on)
		}
		known[k] = c
		return c
	}
}

// oldDays counts delayed days by England's old return: the ledger's own where
// the partnership counts by it, else those of the stays.
func (a *App) oldDays(ctx context.Context, held *sqlite.Snapshot, first, last delay.Month, o published.Ours) ([]measure.Cell, error) {
	if a.Partnership().Settings.Counting == "england-dtoc" {
		return held.Cells(ctx, measure.Query{From: first.First(), To: last.Last(), By: []measure.Dimension{measure.ByMonth, measure.ByProvider,
			measure.ByCouncil, measure.ByResponsible}})
	}
	conv, err := a.counts().defs.Convention("england-dtoc")
	if err != nil {
		return nil, err
	}
	var out []measure.Cell
	for _, l := range national.Days(o.Stays, o.Window, conv) {
		if l.Age >= 0 && l.Age < conv.AgeFloor {
			continue
		}
		out = append(out, measure.Cell{Period: l.Month.First(), Provider: l.Provider, Council: l.Step.Council, Body: l.Step.Body,
			Days: int64(l.Days[0])})
	}
	return out, nil
}

// publishedDesk answers the pages of published figures and takes files in from
// the form, one at a time: a file may take 64 MB, and as much again unpacked.
type publishedDesk struct {
	app  *App
	turn chan struct{}
}

func newPublishedDesk(a *App) publishedDesk { return publishedDesk{a, make(chan struct{}, 1)} }

// PublishedFiles gives the files that were added.
func (d publishedDesk) PublishedFiles(ctx context.Context) ([]published.Kept, error) {
	return d.app.Store.PublishedFiles(ctx)
}

// PublishedFile gives one file that was added, with what it states.
func (d publishedDesk) PublishedFile(ctx context.Context, id int64) (published.Kept, []published.Line, error) {
	files, err := d.app.Store.PublishedFiles(ctx)
	if err != nil {
		return published.Kept{}, nil, err
	}
	i := slices.IndexFunc(files, func(k published.Kept) bool { return k.ID == id })
	if i < 0 {
		return published.Kept{}, nil, problem.New(problem.NotFound, "There is no published file %d. Those that were added are listed on the "+
			"page of published figures.", id)
	}
	stored, err := d.app.Store.PublishedValues(ctx, published.Query{File: id, Every: true})
	if err != nil {
		return published.Kept{}, nil, err
	}
	values := make([]published.Value, len(stored))
	for i, v := range stored {
		values[i] = v.Value
	}
	return files[i], published.Tally(values), nil
}

// AddPublished adds a file that was sent with the form.
func (d publishedDesk) AddPublished(ctx context.Context, by people.Actor, name string, file io.Reader, vintage delay.Day,
	month delay.Month) (published.Kept, bool, error) {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return published.Kept{}, false, ctx.Err()
	}
	data, err := io.ReadAll(io.LimitReader(file, published.MaxBytes+1))
	if err != nil {
		return published.Kept{}, false, problem.Wrap(err, problem.Unavailable, "The file could not be read to its end")
	}
	return d.app.takePublished(ctx, by, name, data, vintage, published.Options{Month: month})
}

// Beside compares one series in one month.
func (d publishedDesk) Beside(ctx context.Context, series string, month delay.Month, grain published.Grain) (
	[]published.Comparison, error) {
	return d.app.ComparePublished(ctx, d.app.Store, series, month, month, grain, d.app.dischargeFloor())
}
