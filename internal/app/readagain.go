package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/received"
	"homeward/internal/sqlite"
)

// rereading is an offer with what it takes to carry it out.
type rereading struct {
	offer *ingest.Offer
	// mark is the evidence that it was worked out from.
	mark  string
	files []readable
}

// readable is one file that is concerned.
type readable struct {
	sqlite.ReadFile
	entry received.Entry
	fate  ingest.Fate
	// with is what it was read with just now.
	with string
}

// kept gives the received files that are kept, by their content, the first of
// each.
func (a *App) kept() (map[[32]byte]received.Entry, error) {
	if a.Received == nil {
		return nil, problem.New(problem.Unavailable, "The key file is missing, so received files cannot be opened. Restore it from your backup.")
	}
	all, err := a.Received.After("")
	out := make(map[[32]byte]received.Entry, len(all))
	for _, e := range all {
		if _, twice := out[e.Sum]; !twice {
			out[e.Sum] = e
		}
	}
	return out, err
}

// concerned counts the kept files that were read with other words than today's.
func (a *App) concerned(ctx context.Context) (n int, err error) {
	if a.Received == nil && !a.copied {
		return 0, nil
	}
	files, err := a.readOtherwise(ctx, a.Store, sqlite.ReadFilter{})
	if err != nil || len(files) == 0 {
		return 0, err
	}
	if a.copied {
		return 0, problem.New(problem.Unavailable, "Some received files would be read otherwise now, and this is a copy for reading, which does "+
			"not have them.")
	}
	kept, err := a.kept()
	for _, f := range files {
		if _, is := kept[f.SHA256]; is {
			n++
		}
	}
	return n, err
}

func (a *App) readOtherwise(ctx context.Context, store *sqlite.Store, only sqlite.ReadFilter) ([]sqlite.ReadFile, error) {
	layouts, whole := a.Ingest.Words()
	return store.ReadOtherwise(ctx, append(layouts, whole), whole, only)
}

// offerAgain works out, on a copy of the store, what reading files again with
// today's words changes. Nothing is changed by it.
func (a *App) offerAgain(ctx context.Context, only sqlite.ReadFilter) (_ *rereading, err error) {
	out := &rereading{offer: &ingest.Offer{Files: []ingest.OfferedFile{}, Days: []ingest.DaysChange{}}}
	if files, err := a.readOtherwise(ctx, a.Store, only); err != nil || len(files) == 0 {
		return out, err
	}
	kept, err := a.kept()
	if err != nil {
		return nil, err
	}
	scratch, err := a.Store.Scratch(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	if out.mark, err = scratch.EvidenceMark(ctx); err != nil {
		return nil, err
	}
	files, err := a.readOtherwise(ctx, scratch.Store, only)
	if err != nil {
		return nil, err
	}
	before, err := everyCell(ctx, scratch.Store)
	if err != nil {
		return nil, err
	}
	_, err = scratch.ReadAgain(ctx, a.purgedBefore(), "", func(tx *sqlite.Rereading) error {
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			entry, is := kept[f.SHA256]
			one, with, err := a.readOneAgain(ctx, tx, f, entry, is)
			if err != nil {
				return err
			}
			out.offer.Files = append(out.offer.Files, one)
			out.files = append(out.files, readable{f, entry, one.Fate, with})
			if one.Fate == ingest.ReadsOtherwise {
				out.offer.Before.Add(one.Before)
				out.offer.After.Add(one.After)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	after, err := everyCell(ctx, scratch.Store)
	if err != nil {
		return nil, err
	}
	out.offer.All = beside(before, after)
	out.offer.Days = ingest.Differing(out.offer.All)
	layouts, whole := a.Ingest.Words()
	out.offer.Seen = seenWords(out.mark, whole, strings.Join(layouts, " "))
	return out, nil
}

// seenWords names what an offer was worked out from in letters alone: digits in
// a form could be taken for those of a person (P1).
func seenWords(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	out := make([]byte, 0, 2*len(sum))
	for _, b := range sum {
		out = append(out, 'a'+b>>4, 'a'+b&15)
	}
	return string(out)
}

// purgedBefore is the day before which delays may have lost their identifiers.
func (a *App) purgedBefore() delay.Day {
	return delay.DayOf(a.Options.Now().AddDate(-a.Partnership().RetentionYears, 0, 0))
}

// readOneAgain reads one file again and has what it states now stand in its
// place. It gives what that came to, and what the file was read with.
func (a *App) readOneAgain(ctx context.Context, tx *sqlite.Rereading, f sqlite.ReadFile, entry received.Entry,
	kept bool) (ingest.OfferedFile, string, error) {
	one := ingest.OfferedFile{File: f.Name, SHA256: fmt.Sprintf("%x", f.SHA256), Received: f.Received, Fate: ingest.NotKept}
	var err error
	if one.Before, err = tx.Before(f); err != nil || !kept {
		one.After = one.Before
		return one, "", err
	}
	one.After = one.Before
	read, without, err := a.openAgain(ctx, f, entry)
	if problem.KindOf(err) == problem.Unavailable && ctx.Err() == nil {
		// Damaged, or sealed with a key that is not here.
		one.Why = problem.Sentence(err)
		return one, "", nil
	}
	if err != nil {
		return one, "", err
	}
	if read.Batch == nil {
		_, whole := a.Ingest.Words()
		one.Fate, one.Why = ingest.TurnedAway, read.Why
		return one, whole, tx.Same(f, whole)
	}
	note := fmt.Sprintf("It was received on %s and read again on %s with the layout, words, councils and rules of then.",
		f.Received.In(a.London).Format("2 January 2006"), a.now().Format("2 January 2006"))
	if without != "" {
		note += " " + without
	}
	one.Without = without
	rows := ingest.RowsOf(read.Batch)
	one.Fate, err = tx.Replace(f, read.Batch, func(t ingest.Taken) ([]byte, error) { return read.Receipt(t, note) })
	if one.Fate == ingest.ReadsOtherwise {
		one.After = rows
	}
	return one, read.Batch.File.ReadWith, err
}

// openAgain reads a received file again, and says what was taken out of it.
func (a *App) openAgain(ctx context.Context, f sqlite.ReadFile, entry received.Entry) (_ *ingest.Reread, without string, _ error) {
	o, err := a.Received.OpenEntry(entry)
	if err != nil {
		return nil, "", err
	}
	kept, err := keptOf(f.SHA256, o.Without)
	if err != nil {
		return nil, "", errors.Join(err, o.Close())
	}
	reread, err := a.Ingest.Reread(ctx, o.Name, f.Received, o, kept)
	return reread, withoutWords(kept), errors.Join(err, o.Close())
}

// takeOffer carries an offer out in one transaction, noted in the audit log. ok
// is false, and nothing is done, when something has arrived since it was worked
// out.
func (a *App) takeOffer(ctx context.Context, r *rereading, by people.Actor, reason string) (ok bool, err error) {
	ok, err = a.Store.ReadAgain(ctx, a.purgedBefore(), r.mark, func(tx *sqlite.Rereading) error {
		for _, f := range r.files {
			if err := ctx.Err(); err != nil {
				return err
			}
			switch f.fate {
			case ingest.NotKept:
				continue
			case ingest.ReadsOtherwise:
			default:
				if err := tx.Same(f.ReadFile, f.with); err != nil {
					return err
				}
				continue
			}
			one, _, err := a.readOneAgain(ctx, tx, f.ReadFile, f.entry, true)
			if err != nil {
				return err
			}
			if one.Fate != f.fate {
				return problem.New(problem.Conflict, "%s reads otherwise than a moment ago (%s). Nothing was changed. Look again at what "+
					"would change.", f.Name, cmp.Or(one.Why, string(one.Fate)))
			}
		}
		return tx.Audit(by, takenWords(r.offer)+" Reason: "+reason)
	})
	r.offer.Taken = ok
	return ok, err
}

// takenWords says what was done, for the audit log.
func takenWords(o *ingest.Offer) string {
	var before, after int64
	for _, d := range o.All {
		before, after = before+d.Before, after+d.After
	}
	return fmt.Sprintf("%s Rows kept %d, were %d; quarantined %d, were %d. Delayed days %d, were %d.",
		o.Words(), o.After.Kept, o.Before.Kept, o.After.Quarantined, o.Before.Quarantined, after, before)
}

// cellLine is what delayed days are counted by.
type cellLine struct {
	month    delay.Day
	provider string
	council  delay.Council
	care     delay.CareType
	reason   delay.Reason
	body     delay.Body
}

// everyCell gives all delayed days of a store, by everything that they are
// counted by.
func everyCell(ctx context.Context, store *sqlite.Store) ([]measure.Cell, error) {
	return store.Cells(ctx, measure.Query{From: delay.MustDay("1900-01-01"), To: delay.MustDay("2999-12-31"),
		By: []measure.Dimension{measure.ByMonth, measure.ByProvider, measure.ByCouncil, measure.ByCare, measure.ByReason, measure.ByResponsible}})
}

// beside sets each line before beside the same after, in the order of tables.
func beside(before, after []measure.Cell) []ingest.DaysChange {
	type pair struct{ before, after int64 }
	days := map[cellLine]pair{}
	var order []cellLine
	add := func(cells []measure.Cell, into func(*pair, int64)) {
		for _, c := range cells {
			k := cellLine{c.Period, c.Provider, c.Council, c.Care, c.Reason, c.Body}
			p, known := days[k]
			if !known {
				order = append(order, k)
			}
			into(&p, c.Days)
			days[k] = p
		}
	}
	add(before, func(p *pair, n int64) { p.before = n })
	add(after, func(p *pair, n int64) { p.after = n })
	slices.SortFunc(order, func(a, b cellLine) int {
		return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.provider, b.provider), cmp.Compare(a.council, b.council),
			cmp.Compare(a.care, b.care), cmp.Compare(a.reason, b.reason), cmp.Compare(a.body, b.body))
	})
	out := []ingest.DaysChange{}
	for _, k := range order {
		p := days[k]
		out = append(out, ingest.DaysChange{Month: k.month.Month().String(), Provider: k.provider, Council: cmp.Or(string(k.council), notKnown),
			Care: k.care.String(), Reason: cmp.Or(string(k.reason), notKnown), Responsible: k.body.String(), Before: p.before, After: p.after})
	}
	return out
}

// notKnown is a reason or council that is not known.
const notKnown = "not known"

func setUpReadAgain(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	provider := flags.String("provider", "", "only files with an extract of this provider, by its ODS `code`")
	from := flags.String("from", "", "only files with an extract of this `date` or later")
	to := flags.String("to", "", "only files with an extract of this `date` or earlier")
	take := flags.Bool("take", false, "read them again now; without it, only what would change is shown")
	reason := flags.String("reason", "", "why, for the audit log")
	asJSON := flags.Bool("json", false, "print one JSON object, for machines")
	return func(ctx context.Context, words []string) (int, error) {
		if err := errors.Join(noWords(words), d.check()); err != nil {
			return ExitUsage, err
		}
		only := sqlite.ReadFilter{Provider: *provider}
		for _, one := range []struct {
			name, value string
			into        *delay.Day
		}{{"from", *from, &only.From}, {"to", *to, &only.To}} {
			if one.value == "" {
				continue
			}
			var err error
			if *one.into, err = dayFlag(one.name, one.value); err != nil {
				return ExitUsage, err
			}
		}
		why := strings.Join(strings.Fields(*reason), " ")
		switch {
		case *take && why == "":
			return ExitUsage, usage("Say why, for the audit log: --take --reason WORDS.")
		case !*take && why != "":
			return ExitUsage, usage("A reason is for --take. Add --take to read the files again, or leave --reason out.")
		case nhsnumber.In(why):
			return ExitUsage, usage("Remove the NHS number from --reason: the audit log keeps it for ever.")
		}
		a, err := Open(ctx, d.options(nil))
		if err != nil {
			return ExitLess, err
		}
		defer a.Close()
		if *provider != "" && !slices.ContainsFunc(a.Expected(), func(e measure.Expected) bool { return e.Code == *provider }) {
			return ExitUsage, usage("The partnership file has no provider %q.", *provider)
		}
		r, err := a.commandReadAgain(ctx, only, *take, why)
		if err != nil {
			return ExitLess, err
		}
		if *asJSON {
			err = printJSON(c.Out, r.offer)
		} else {
			err = printOffer(c.Out, r.offer)
		}
		if r.offer.Open() > 0 && !r.offer.Taken {
			return ExitLess, err
		}
		return ExitDone, err
	}
}

// offersTried is how often an offer is worked out again because something
// arrived meanwhile.
const offersTried = 5

func (a *App) commandReadAgain(ctx context.Context, only sqlite.ReadFilter, take bool, reason string) (*rereading, error) {
	for range offersTried {
		r, err := a.offerAgain(ctx, only)
		if err != nil || !take || r.offer.Open() == 0 {
			return r, err
		}
		if ok, err := a.takeOffer(ctx, r, people.Actor{Kind: people.Machine}, reason); err != nil || ok {
			return r, err
		}
	}
	return nil, problem.New(problem.Conflict, "Files keep arriving, so what would change is out of date each time. Nothing was read "+
		"again. Try again when the inbox is quiet, or stop Homeward meanwhile.")
}

// offeredShown bounds the files and lines that a terminal shows; JSON has all.
const offeredShown = 20

func printOffer(w io.Writer, o *ingest.Offer) error {
	fmt.Fprintln(w, o.Words())
	if len(o.Files) == 0 {
		return nil
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if n := o.Count(ingest.ReadsOtherwise); n > 0 {
		fmt.Fprintf(out, "\nRows of the files that read otherwise\tbefore\tafter\n  read\t%d\t%d\n  kept\t%d\t%d\n  "+
			"quarantined\t%d\t%d\n  excluded\t%d\t%d\n",
			o.Before.Read, o.After.Read, o.Before.Kept, o.After.Kept, o.Before.Quarantined, o.After.Quarantined, o.Before.Excluded, o.After.Excluded)
	}
	printDays(out, o.All, offerTables)
	if len(o.Days) == 0 {
		fmt.Fprintln(out, "No delayed day changes.")
	}
	shown := 0
	for _, f := range o.Files {
		if f.Fate == ingest.ReadsTheSame {
			continue
		}
		if shown++; shown > offeredShown {
			continue
		}
		if shown == 1 {
			fmt.Fprintln(out, "\nFiles\t\t")
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\n", f.File, f.Fate, cmp.Or(f.Why, f.Without))
	}
	if shown > offeredShown {
		fmt.Fprintf(out, "  … and %d more; --json lists them\t\t\n", shown-offeredShown)
	}
	switch {
	case o.Taken:
		fmt.Fprintln(out, "\nThey were read again. What was shown at past moments stays as it was.")
	case o.Open() > 0:
		fmt.Fprintln(out, "\nNothing was changed. To read them again: homeward read-again --take --reason WORDS")
	}
	return out.Flush()
}

// printDays prints delayed days before and after, by each thing.
func printDays(out io.Writer, days []ingest.DaysChange, tables []offerTable) {
	shown := false
	for _, by := range tables {
		lines := ingest.By(days, by.of)
		if len(lines) == 0 {
			continue
		}
		shown = true
		fmt.Fprintf(out, "\nDelayed days by %s\tbefore\tafter\n", by.name)
		for i, l := range lines {
			if i == offeredShown {
				fmt.Fprintf(out, "  … and %d more; --json lists them\t\t\n", len(lines)-i)
				break
			}
			fmt.Fprintf(out, "  %s\t%d\t%d\n", l.Month, l.Before, l.After)
		}
	}
	if n := len(ingest.Differing(days)); n > 0 && !shown {
		fmt.Fprintf(out, "\nDelayed days change places, and no sum changes: %d lines; --json lists them.\n", n)
	}
}

// offerTable is a summary of changed days by one thing that they are counted by.
type offerTable struct {
	name string
	of   func(ingest.DaysChange) string
}

// offerTables are the summaries of an offer's delayed days.
var offerTables = []offerTable{
	{"month", func(d ingest.DaysChange) string { return d.Month }},
	{"reason", func(d ingest.DaysChange) string { return d.Reason }},
	{"responsible body", func(d ingest.DaysChange) string { return d.Responsible }},
	{"council", func(d ingest.DaysChange) string { return d.Council }},
	{"type of care", func(d ingest.DaysChange) string { return d.Care }},
}

// again works offers out for the pages, one at a time, and keeps the last. The
// zero value is empty and ready.
type again struct {
	mu     sync.Mutex
	key    string
	now    *offering
	taking bool
	all    sync.WaitGroup
	closed bool
	stop   []context.CancelFunc
}

// offering is one offer on its way.
type offering struct {
	done chan struct{} // closed when r or err is set
	r    *rereading
	err  error
}

// begin runs f beside whoever asked for it, until the app closes.
func (g *again) begin(ctx context.Context, f func(context.Context)) bool {
	if g.closed {
		return false
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	g.stop = append(g.stop, cancel)
	g.all.Go(func() {
		defer cancel()
		f(ctx)
	})
	return true
}

// close ends what is under way; a transaction that is cut off leaves nothing.
func (g *again) close() {
	g.mu.Lock()
	g.closed = true
	for _, stop := range g.stop {
		stop()
	}
	g.mu.Unlock()
	g.all.Wait()
}

// offerPatience is how long a page waits for an offer before it says that it is being
// worked out.
const offerPatience = 10 * time.Second

// readingAgain offers to read files again on the pages.
type readingAgain struct{ app *App }

// Concerned counts the files that were read with other words than today's.
func (p readingAgain) Concerned(ctx context.Context) (int, error) { return p.app.concerned(ctx) }

// Offer gives what reading again changes, nil while that is being worked out.
func (p readingAgain) Offer(ctx context.Context) (*ingest.Offer, error) {
	r, err := p.offer(ctx)
	if err != nil || r == nil {
		return nil, err
	}
	return r.offer, nil
}

func (p readingAgain) offer(ctx context.Context) (*rereading, error) {
	a, g := p.app, &p.app.again
	mark, err := a.Store.EvidenceMark(ctx)
	if err != nil {
		return nil, err
	}
	n, err := a.concerned(ctx)
	if err != nil {
		return nil, err
	}
	_, words := a.Ingest.Words() // A layout may be saved while the program runs.
	key := fmt.Sprint(mark, n, words)
	g.mu.Lock()
	one := g.now
	if one != nil && g.key != key {
		select {
		case <-one.done:
			one = nil // Something has arrived since.
		default: // One at a time; the next who asks gets a fresh one.
		}
	}
	if one == nil {
		one = &offering{done: make(chan struct{})}
		if !g.begin(ctx, func(ctx context.Context) {
			defer close(one.done)
			one.r, one.err = a.offerAgain(ctx, sqlite.ReadFilter{})
		}) {
			g.mu.Unlock()
			return nil, problem.New(problem.Unavailable, "Homeward is stopping. Try again in a minute.")
		}
		g.key, g.now = key, one
	}
	g.mu.Unlock()
	wait := time.NewTimer(offerPatience)
	defer wait.Stop()
	select {
	case <-one.done:
	case <-wait.C:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if one.err != nil {
		g.mu.Lock()
		if g.now == one {
			g.now = nil // The next who asks tries anew.
		}
		g.mu.Unlock()
	}
	return one.r, one.err
}

// Take carries out the offer that was seen. A Conflict problem says that another
// stands by now, or that it is being carried out.
func (p readingAgain) Take(ctx context.Context, by people.Actor, reason, seen string) error {
	r, err := p.offer(ctx)
	if err != nil {
		return err
	}
	changed := problem.New(problem.Conflict, "Something has arrived or changed since this page was made. Nothing was read again. "+
		"Look again at what would change.")
	if r == nil || r.offer.Seen != seen {
		return changed
	}
	g := &p.app.again
	g.mu.Lock()
	if g.taking {
		g.mu.Unlock()
		return problem.New(problem.Conflict, "The files are being read again just now. Look at this page again in a minute.")
	}
	done := make(chan error, 1)
	g.taking = g.begin(ctx, func(ctx context.Context) {
		// The offer is shared with whoever looks at the page meanwhile.
		mine := *r
		offer := *r.offer
		mine.offer = &offer
		ok, err := p.app.takeOffer(ctx, &mine, by, reason)
		if err == nil && !ok {
			err = changed
		}
		if err != nil {
			p.app.Options.Log.Error("received files were not read again", "error", err)
		}
		g.mu.Lock()
		g.taking, g.now = false, nil
		g.mu.Unlock()
		done <- err
	})
	begun := g.taking
	g.mu.Unlock()
	if !begun {
		return problem.New(problem.Unavailable, "Homeward is stopping. Nothing was read again.")
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return problem.New(problem.Unavailable, "The files are still being read again. Look at the page in a minute: when it is done, "+
			"it offers them no more.")
	}
}
