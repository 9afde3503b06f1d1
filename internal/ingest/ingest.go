// Package ingest is the use case of taking one extract file in: hash, read,
// attribute, compare, store in one transaction, and say what happened. How a
// layout is read is package extract's concern, and how it is stored package
// sqlite's.
package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"homeward/internal/attribution"
	"homeward/internal/extract"
	"homeward/internal/identity"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// Reader reads one file by the partnership's layouts.
type Reader interface {
	Read(ctx context.Context, name string, src io.ReadSeeker, each func(*extract.Row) error) (*extract.Summary, error)
	// Fingerprints gives those of all layouts, one of which stands in the summary
	// of every file that is taken.
	Fingerprints() []string
}

// Store keeps what was taken.
type Store interface {
	// Known gives the receipt of an earlier file with the same bytes that was
	// taken, and whether there is one (C11).
	Known(ctx context.Context, sum [32]byte) (report []byte, known bool, err error)
	// Take stores a batch and works out again what it touches, all or nothing.
	// It calls report once the standing of every extract is known; the receipt
	// it gives is stored with the file.
	Take(ctx context.Context, b *Batch, report func(Taken) ([]byte, error)) error
	// Reject keeps the record of a file that was turned away.
	Reject(ctx context.Context, f File, report []byte) error
}

// Keeper keeps each file as it was received, sealed, outside the database.
type Keeper interface {
	// Has says whether a content is kept already.
	Has(sum [32]byte) (bool, error)
	// Keep begins to keep a file, beside whoever else reads its content.
	Keep(f File, content io.Reader) Keeping
}

// Keeping is one file on its way to being kept.
type Keeping interface {
	// Place lets the file take its place as soon as it can; Wait waits until it
	// is there and on the disk.
	Place()
	Wait() error
	// Drop lets the file go and waits until nothing reads its content.
	Drop() error
}

// Service takes files in, one at a time.
type Service struct {
	Reader Reader
	// Rules decide where an extract names no code set of its own, RuleSets by the
	// name of the code set where it does (D4).
	Rules    *attribution.RuleSet
	RuleSets map[string]*attribution.RuleSet
	Store    Store
	Key      *identity.Key
	// Keeper may be nil: then files are not kept.
	Keeper Keeper
	// Spool is the folder where a large file lies while it is read; empty means
	// the machine's own for temporary files.
	Spool string
	// Into gives the code of the provider under whom another's history is shown,
	// else the code itself: who may send for the one may send for the other. It
	// may be nil.
	Into func(code string) string
	// Now is the clock by which a file began to arrive. When it became known, the
	// store says.
	Now func() time.Time
	// Recorded gives the moment of what was recorded last, to tell a clock that was
	// set back. It may be nil.
	Recorded func(context.Context) (time.Time, error)
	Log      *slog.Logger

	one sync.Mutex
}

// On gives a service that takes files into another store, by the same layouts and
// rules, and keeps nothing of them: to try out what they would give.
func (s *Service) On(store Store) *Service {
	return &Service{Reader: s.Reader, Rules: s.Rules, RuleSets: s.RuleSets, Store: store, Key: s.Key, Spool: s.Spool, Into: s.Into,
		Now: s.Now, Recorded: s.Recorded, Log: s.Log}
}

// Outcome says what became of a file.
type Outcome string

// The outcomes. Held: at least one of the file's extracts is short (R5); the
// others count.
const (
	Taking  Outcome = "taken"
	Already Outcome = "already taken"
	// ReadAgain is a file that was received before and read again with other words.
	ReadAgain Outcome = "read again"
	Held      Outcome = "held"
	Rejected  Outcome = "rejected"
)

// Report is the receipt of one file. It holds no identifier.
type Report struct {
	File    string  `json:"file"`
	SHA256  string  `json:"sha256"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"` // why it was rejected
	// Note says what else there is to know of how the file was taken.
	Note     string `json:"note,omitempty"`
	Provider string `json:"provider,omitempty"`
	// Providers are those of a file that holds several (R12); Provider is then
	// empty.
	Providers []string `json:"providers,omitempty"`
	Layout    string   `json:"layout,omitempty"`
	// ReadWith changes with anything that the file was read with: its layout, the
	// word lists, the councils, the names in the partnership file, the rules.
	ReadWith    string `json:"read_with,omitempty"`
	Encoding    string `json:"encoding,omitempty"`
	RowsRead    int    `json:"rows_read"`
	Kept        int    `json:"kept"`
	Quarantined int    `json:"quarantined"`
	Excluded    int    `json:"excluded"`
	Warnings    int    `json:"warnings"`
	// Skipped counts lines that are not patients: titles, totals, blanks.
	Skipped  int             `json:"lines_not_patients"`
	Extracts []ExtractReport `json:"extracts,omitempty"`
	// Released and NewlyHeld are dates of other extracts of the provider whose
	// standing this file changed (R5).
	Released  []string `json:"released,omitempty"`
	NewlyHeld []string `json:"newly_held,omitempty"`
	// Changed is what the file changed when it was taken; receipts of before this
	// was kept have none.
	Changed  *Changed       `json:"changed,omitempty"`
	Problems []ReportedLine `json:"problems,omitempty"`
	// Groups are all problems by cause, the worst first.
	Groups []extract.Group `json:"groups,omitempty"`
	// MoreCauses counts causes beyond those in Groups, in the receipt of a ZIP file;
	// the own receipt of each of its files has them all.
	MoreCauses int `json:"more_causes,omitempty"`
	// Changes are what the file states otherwise than its layout reads (R5).
	Changes []extract.Change `json:"changes,omitempty"`
	// MoreProblems counts problems beyond those listed.
	MoreProblems int `json:"more_problems,omitempty"`
	// Files are the receipts of the files of a ZIP file, without their rows and with
	// their worst causes; the counts are then of all of them.
	Files []*Report `json:"files,omitempty"`
}

// ReportedLine is one problem as the receipt shows it.
type ReportedLine struct {
	Severity string `json:"severity"`
	extract.Problem
}

// ExtractReport is one extract date's line of the receipt.
type ExtractReport struct {
	// Provider is the extract's in a file of several.
	Provider    string `json:"provider,omitempty"`
	Date        string `json:"date"`
	RowsRead    int    `json:"rows_read"`
	Kept        int    `json:"kept"`
	Quarantined int    `json:"quarantined"`
	Excluded    int    `json:"excluded"`
	Held        string `json:"held,omitempty"` // why it is held
	Replaces    *int   `json:"replaces_rows,omitempty"`
	ComparedTo  string `json:"compared_to,omitempty"`
	New         int    `json:"new"`
	Gone        int    `json:"gone"`
	Changed     int    `json:"changed"`
}

// large is the size in bytes from which a file's memory is watched.
const large = 16 << 20

// MaxProblems bounds the problems that one receipt lists.
const MaxProblems = 1000

// File takes one file in. The error is about the machine (disk, database,
// cancelled); what is wrong with the file is in the Report.
func (s *Service) File(ctx context.Context, name string, src io.ReadSeeker) (*Report, error) {
	return s.FileOf(ctx, name, src, nil)
}

// FileOf is File for a sender who may send for some providers only: a file of a
// provider that may refuses is a Forbidden problem and leaves nothing behind.
// A nil may refuses none.
func (s *Service) FileOf(ctx context.Context, name string, src io.ReadSeeker, may func(provider string) bool) (*Report, error) {
	if err := s.keyed(); err != nil {
		return nil, err
	}
	if own := may; own != nil && s.Into != nil {
		may = func(provider string) bool { return own(provider) || own(s.Into(provider)) }
	}
	frozen, err := Freeze(src, s.Spool)
	if err != nil {
		return nil, err
	}
	defer frozen.Close()
	return s.arrived(ctx, name, frozen, taking{may: may, keep: s.Keeper != nil})
}

// Frozen is File for what was frozen before, received at a moment of the past
// when that is not zero. The note stands in its receipt. It does not close what
// was frozen.
func (s *Service) Frozen(ctx context.Context, name string, received time.Time, frozen *Frozen, note string) (*Report, error) {
	if received.IsZero() {
		return s.arrived(ctx, name, frozen, taking{keep: s.Keeper != nil, note: note})
	}
	return s.take(ctx, File{Name: name, ReceivedAt: received, Recovered: !received.IsZero()}, frozen,
		taking{keep: s.Keeper != nil, note: note})
}

// Again takes in a file that is kept already and of which the store knows
// nothing, as received when it was; kept says what it lacks. The note stands in
// its receipt.
func (s *Service) Again(ctx context.Context, name string, received time.Time, src io.Reader, kept Kept, note string) (*Report, error) {
	frozen, err := Freeze(src, s.Spool)
	if err != nil {
		return nil, err
	}
	defer frozen.Close()
	return s.take(ctx, File{Name: name, ReceivedAt: received, Recovered: !received.IsZero()}, frozen, taking{note: note, kept: &kept})
}

// keyed refuses to take anything in without the key by which patients are matched.
func (s *Service) keyed() error {
	if s.Key != nil {
		return nil
	}
	return problem.New(problem.Unavailable, "The key file for identifiers is missing, so patients cannot be matched. Nothing was taken. Ask "+
		"the person who runs Homeward to restore the key file from the backup.")
}

// taking says how one file is taken in.
type taking struct {
	may  func(provider string) bool // nil: any
	keep bool
	note string
	kept *Kept // of a file that is kept already
	// refused says why the file is turned away unread.
	refused error
	// read is what was read of it before its turn, nil for nothing.
	read *reading
}

// rules gives the rule set of a code set, the partnership's own for none.
func (s *Service) rules(set string) *attribution.RuleSet {
	if rules := s.RuleSets[set]; rules != nil {
		return rules
	}
	return s.Rules
}

func (s *Service) take(ctx context.Context, f File, frozen *Frozen, how taking) (_ *Report, err error) {
	if err := s.keyed(); err != nil {
		return nil, err
	}
	s.one.Lock()
	defer s.one.Unlock()

	// Only the base name is kept: a path says where the sender's disk is. A
	// layout may find its date in the name as it was sent, so that the reader
	// gets; what is kept and shown has no NHS number in it (P1).
	name := baseName(f.Name)
	f.Name, f.Bytes, f.SHA256 = nhsnumber.Redact(name), frozen.Size, frozen.Sum
	if how.kept != nil {
		f.SHA256, f.Thinned = how.kept.Sum, len(how.kept.LeftOut) > 0
	}
	arrived := f.ReceivedAt // The clock's own word, by which dates are judged (R9).
	if arrived.IsZero() {
		arrived = s.Now()
		if f.ReceivedAt, err = s.receivedAt(ctx, arrived); err != nil {
			return nil, err
		}
	}
	// What is kept sealed has the name as it was sent: reading it again needs it.
	sent := f
	sent.Name = name
	report := &Report{File: f.Name, SHA256: fmt.Sprintf("%x", f.SHA256), Note: how.note}

	if known, err := s.already(ctx, f, report, how.may); err != nil {
		return nil, err
	} else if known {
		if how.keep {
			err = s.keepMissing(sent, frozen)
		}
		return report, err
	}
	kept := s.keep(sent, frozen, how.keep)
	// Until the file is stored, what is kept of it goes again: its sender is told
	// that it was not taken.
	stored := false
	defer func() {
		if !stored {
			err = errors.Join(err, kept.Drop())
		}
	}()

	if f.Bytes > large {
		defer Spare()()
	}
	if how.read == nil {
		how.read = s.read(ctx, name, frozen, how.refused)
	}
	g, summary, err := how.read.rows, how.read.summary, how.read.err
	if err == nil && how.kept != nil {
		how.kept.count(summary)
	}
	if err == nil {
		err = s.notYet(ctx, summary, arrived)
	}
	if err != nil {
		if ctx.Err() != nil || problem.KindOf(err) != problem.Invalid {
			return nil, err
		}
		if how.may != nil && summary != nil && !mayAll(how.may, summary) {
			return nil, notTheirs()
		}
		s.turnAway(&f, report, summary, err, f.Name != name)
		if err := s.keepOnce(f, kept, how.keep); err != nil {
			return nil, err
		}
		err = s.reject(ctx, f, report)
		stored = err == nil
		return report, err
	}
	if how.may != nil && !mayAll(how.may, summary) {
		return nil, notTheirs()
	}
	batch := g.finish(summary, f)
	batch.File.ReadWith = s.readWith(summary)
	report.describe(summary, batch)
	kept.Place()
	err = s.Store.Take(ctx, batch, func(t Taken) ([]byte, error) {
		g.settle(report, batch, summary, t, f.Name != name)
		// What is kept is on the disk before the store commits: what the store
		// then loses can be taken in again.
		if err := kept.Wait(); err != nil {
			return nil, err
		}
		return json.Marshal(report)
	})
	if problem.KindOf(err) == problem.Conflict {
		// Another process may have taken the same bytes while these were read.
		report = &Report{File: f.Name, SHA256: report.SHA256}
		if known, again := s.already(ctx, f, report, how.may); problem.KindOf(again) == problem.Forbidden {
			stored = true // The other process may count on this copy.
			return nil, errors.Join(again, kept.Wait())
		} else if again == nil && known {
			// The other process may count on this copy.
			stored = true
			return report, kept.Wait()
		}
	}
	if err != nil {
		// A commit that failed may have happened all the same.
		if _, known, again := s.Store.Known(context.WithoutCancel(ctx), f.SHA256); known || again != nil {
			stored = true
			err = errors.Join(err, kept.Wait())
		}
		return nil, err
	}
	stored = true
	return report, nil
}

// keep begins to keep a file, or does nothing.
func (s *Service) keep(f File, frozen *Frozen, wanted bool) Keeping {
	if !wanted {
		return unkept{}
	}
	return s.Keeper.Keep(f, frozen.Reader())
}

// keepOnce lets a file that is turned away take its place, unless the same
// bytes were turned away and kept before.
func (s *Service) keepOnce(f File, kept Keeping, wanted bool) error {
	if !wanted {
		return nil
	}
	if has, err := s.Keeper.Has(f.SHA256); err == nil && has {
		return kept.Drop()
	}
	kept.Place()
	return kept.Wait()
}

// keepMissing keeps a file that was taken before files were kept.
func (s *Service) keepMissing(f File, frozen *Frozen) error {
	if has, err := s.Keeper.Has(f.SHA256); err != nil || has {
		return err
	}
	k := s.Keeper.Keep(f, frozen.Reader())
	k.Place()
	return k.Wait()
}

// unkept is a file that need not be kept.
type unkept struct{}

func (unkept) Place()      {}
func (unkept) Wait() error { return nil }
func (unkept) Drop() error { return nil }

// already fills in the receipt of a file whose bytes were taken before, and
// says whether they were (C11). The receipt of a provider that may refuses is
// not given: having another trust's file does not make its receipt one's own.
func (s *Service) already(ctx context.Context, f File, report *Report, may func(provider string) bool) (bool, error) {
	earlier, known, err := s.Store.Known(ctx, f.SHA256)
	if err != nil || !known {
		return false, err
	}
	if err := json.Unmarshal(earlier, report); err != nil {
		return false, fmt.Errorf("reading the earlier receipt: %w", err)
	}
	if may != nil && !report.only(may) {
		*report = Report{}
		return false, notTheirs()
	}
	report.Reason = fmt.Sprintf("The same bytes were already taken as %s. Nothing has changed.", report.File)
	if layouts, _ := s.Words(); !slices.Contains(layouts, report.ReadWith) {
		report.Reason += " It was read with other words than today's: homeward read-again says what reading it again would change."
	}
	report.File, report.Outcome, report.Problems, report.Groups, report.MoreProblems = f.Name, Already, nil, nil, 0
	report.Changes = nil
	report.Changed = nil
	return true, nil
}

// only says whether every provider of the receipt is one that may lets through.
func (r *Report) only(may func(provider string) bool) bool {
	if len(r.Providers) == 0 {
		return may(r.Provider)
	}
	return !slices.ContainsFunc(r.Providers, func(provider string) bool { return !may(provider) })
}

// namedFile says that the file's name held an NHS number.
var namedFile = extract.Problem{Rule: "P1", Found: "an NHS number in the name of the file (not shown)",
	Expected: "a name that identifies nobody",
	Do:       "The name is kept without it. Ask the sender to name files by hospital and date."}

// notYet turns a file away that speaks of a day after the one on which it
// arrived, London's (R9): it would hold every later file to a day that nobody
// has seen. It may be sent again, and is then judged anew.
func notYet(sum *extract.Summary, received time.Time) error {
	today := extract.LondonDay(received)
	for _, d := range sum.Dates {
		if d.Date > today {
			return problem.New(problem.Invalid, "The extract date %s is in the future: the file arrived on %s. Nothing was taken (R9). Check the "+
				"year and the order of day and month, and send the file again, or send it on the day.",
				d.Date.Long(), today.Long())
		}
	}
	return nil
}

// receivedAt dates a file that arrives: by the clock, and after what was recorded
// last, so that files that are kept sealed have the order in which they
// came also when the clock was set back between them (C11).
func (s *Service) receivedAt(ctx context.Context, now time.Time) (time.Time, error) {
	if s.Recorded == nil {
		return now, nil
	}
	last, err := s.Recorded(ctx)
	if err != nil || last.Before(now) {
		return now, err
	}
	return last.Add(time.Microsecond), nil
}

// setBack is how far the clock must stand before what was recorded last to be named
// as a reason why a date seems to be in the future.
const setBack = time.Hour

// notYet is the rule of that name, and names a clock that was set back.
func (s *Service) notYet(ctx context.Context, sum *extract.Summary, received time.Time) error {
	err := notYet(sum, received)
	if err == nil || s.Recorded == nil {
		return err
	}
	last, lastErr := s.Recorded(ctx)
	if lastErr != nil || last.Sub(received) < setBack {
		return err
	}
	return problem.Wrap(err, problem.Invalid, "%s This machine's clock may be wrong: it stands before what was recorded last, on %s. If it "+
		"is, have it set, and send the file again", problem.Sentence(err), extract.LondonDay(last).Long())
}

// mayAll says whether a sender may send for every provider of a file.
func mayAll(may func(string) bool, sum *extract.Summary) bool {
	if !sum.Several {
		return sum.Provider == "" || may(sum.Provider)
	}
	for _, d := range sum.Dates {
		if !may(d.Provider) {
			return false
		}
	}
	return true
}

func notTheirs() error {
	return problem.New(problem.Forbidden, "This file is of a provider that you may not send for. Nothing was taken. Ask an administrator for "+
		"a token for this provider.")
}

func (s *Service) reject(ctx context.Context, f File, report *Report) error {
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return s.Store.Reject(ctx, f, text)
}

// standing fills in what the store found out.
func (r *Report) standing(b *Batch, t Taken) {
	r.Outcome = Taking
	type of struct {
		provider string
		Extract
	}
	var all []of
	for _, one := range b.All() {
		for _, e := range one.Extracts {
			all = append(all, of{one.Provider, e})
		}
	}
	for i, st := range t.Standings {
		e := all[i]
		line := ExtractReport{Date: e.Date.String(), RowsRead: e.Read, Kept: e.Kept, Quarantined: e.Quarantined, Excluded: e.Excluded,
			New: st.New, Gone: st.Gone, Changed: st.Changed, ComparedTo: st.Compared.String()}
		if len(r.Providers) > 0 {
			line.Provider = e.provider
		}
		if st.Held && e.Doubt != "" {
			r.Outcome = Held
			line.Held = e.Doubt + " It counts for nothing until someone accepts it or a right file is sent."
		} else if st.Held && st.Unlike {
			r.Outcome = Held
			line.Held = e.Unlike.Says + " It counts for nothing until someone accepts it, which lets later files like it " +
				"count too, or a right file is sent."
		} else if st.Held {
			r.Outcome = Held
			found := fmt.Sprintf("%d rows that could be read, and the extract of %s has %d", e.Read-e.Quarantined, st.BeforeDate.Long(), st.Before)
			if st.Broken {
				found = fmt.Sprintf("%d of its %d rows could not be read and are quarantined", e.Quarantined, e.Read)
			}
			line.Held = found + ". It counts for nothing until someone accepts it or a whole file is sent (R5)."
		}
		if st.Replaces >= 0 {
			line.Replaces = &st.Replaces
		}
		r.Extracts = append(r.Extracts, line)
	}
	r.Changed = &Changed{Delays: t.Delays, Days: t.Days}
	if n := len(t.Days); n > maxChanged {
		r.Changed.Days, r.Changed.MoreDays = t.Days[n-maxChanged:], n-maxChanged
	}
	for _, d := range t.Released {
		r.Released = append(r.Released, d.String())
	}
	for _, d := range t.NewlyHeld {
		r.NewlyHeld = append(r.NewlyHeld, d.String())
	}
}

// problems lists what was found, the gravest first, and counts the rest.
func (r *Report) problems(all []extract.Problem, more int, groups *extract.Groups) {
	for i, e := range r.Extracts {
		if e.Replaces != nil && e.RowsRead < *e.Replaces {
			p := extract.Problem{Rule: "C11", Found: fmt.Sprintf("%d rows for %s, fewer than the %d of the file that this one replaces", e.RowsRead,
				r.Extracts[i].Date, *e.Replaces),
				Expected: "a correction that the sender meant", Do: "Ask the sender whether rows are missing, and send the whole file again if so."}
			all = append(all, p)
			groups.Add(p)
		}
	}
	for _, p := range all {
		if p.Severity == extract.Warned {
			r.Warnings++
		}
	}
	if more > 0 {
		// Those that are not listed count too; the groups have every one.
		warned := 0
		for _, g := range groups.Sorted() {
			if g.Severity == extract.Warned.String() {
				warned += g.Rows
			}
		}
		r.Warnings = max(r.Warnings, warned)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Severity > all[j].Severity })
	if len(all) > MaxProblems {
		more += len(all) - MaxProblems
		all = all[:MaxProblems]
	}
	r.MoreProblems = more
	r.Groups = groups.Sorted()
	if len(r.Extracts) <= 1 {
		for i := range r.Groups {
			r.Groups[i].Days = nil // They are all of that extract.
		}
	}
	for _, p := range all {
		r.Problems = append(r.Problems, ReportedLine{Severity: p.Severity.String(), Problem: p})
	}
}

// Line gives the receipt in one line for people at a terminal.
func (r *Report) Line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", Clean(r.File), r.Outcome)
	switch r.Outcome {
	case Rejected:
		fmt.Fprintf(&b, ". %s", r.Reason)
		return b.String()
	case Already:
		fmt.Fprintf(&b, ". %s", Clean(r.Reason))
		return b.String()
	}
	if len(r.Files) > 0 {
		fmt.Fprintf(&b, ". %s", r.Reason)
		return b.String()
	}
	fmt.Fprintf(&b, ": %s", cmp.Or(r.Provider, strings.Join(r.Providers, ", ")))
	switch n := len(r.Extracts); {
	case len(r.Providers) > 1 && r.Extracts[0].Date == r.Extracts[n-1].Date:
		fmt.Fprintf(&b, " %s (%d providers)", r.Extracts[0].Date, len(r.Providers))
	case n == 1:
		fmt.Fprintf(&b, " %s", r.Extracts[0].Date)
	case n > 1:
		fmt.Fprintf(&b, " %s to %s (%d dates)", r.Extracts[0].Date, r.Extracts[n-1].Date, n)
	}
	fmt.Fprintf(&b, ", %d rows read, %d kept, %d quarantined, %d excluded, %d warnings", r.RowsRead, r.Kept, r.Quarantined, r.Excluded,
		r.Warnings)
	if len(r.Extracts) == 1 {
		e := r.Extracts[0]
		if e.ComparedTo != "" {
			fmt.Fprintf(&b, "; since %s %d new, %d gone, %d changed", e.ComparedTo, e.New, e.Gone, e.Changed)
		}
		if e.Replaces != nil {
			fmt.Fprintf(&b, "; replaces %d rows", *e.Replaces)
		}
	}
	for _, e := range r.Extracts {
		if e.Held != "" {
			fmt.Fprintf(&b, "; %s held: %s", strings.TrimSpace(e.Provider+" "+e.Date), e.Held)
		}
	}
	if len(r.Released) > 0 {
		fmt.Fprintf(&b, "; no longer held: %s", strings.Join(r.Released, ", "))
	}
	if len(r.NewlyHeld) > 0 {
		fmt.Fprintf(&b, "; now held: %s", strings.Join(r.NewlyHeld, ", "))
	}
	return b.String()
}

// baseName gives the last element of a path, of Windows too, so that no path
// of a sender is kept or followed (R8). A back-slash elsewhere is part of the
// name.
func baseName(name string) string {
	name = filepath.Base(name)
	if windowsPath.MatchString(name) {
		name = name[strings.LastIndexByte(name, '\\')+1:]
	}
	return name
}

var windowsPath = regexp.MustCompile(`^([A-Za-z]:)?\\`)

// Clean keeps control characters of a file name out of terminals and logs (R8).
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x200b && r <= 0x200f) || (r >= 0x202a && r <= 0x202e) ||
			(r >= 0x2066 && r <= 0x2069) {
			return '\uFFFD'
		}
		return r
	}, s)
}

func elsewhere(g *gathering, t Taken) []extract.Problem {
	var out []extract.Problem
	for _, e := range t.Elsewhere {
		out = append(out, extract.Problem{Line: int(g.lines(e.Batch)[e.Statement]), Date: e.Date, Provider: g.all[e.Batch].provider, Rule: "R7",
			Found:    fmt.Sprintf("the same patient is in the extract of another trust, %s, for %s", e.Provider, e.Date),
			Expected: "one patient in one bed on one day",
			Do:       "Check with both trusts whether this was a transfer. Both rows are kept until one is corrected."})
	}
	return out
}

// Line gives the problem in one line for people at a terminal.
func (p ReportedLine) Line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)", p.Severity, p.Rule)
	if p.Problem.Line > 0 {
		fmt.Fprintf(&b, ", line %d", p.Problem.Line)
	}
	if p.Field != "" {
		fmt.Fprintf(&b, ", %s", Clean(p.Field))
	}
	fmt.Fprintf(&b, ": found %s; expected %s. %s", Clean(p.Found), Clean(p.Expected), Clean(p.Do))
	return b.String()
}

// GroupLine gives a cause in one line for people at a terminal.
func GroupLine(g extract.Group) string {
	return Clean(fmt.Sprintf("%s (%s), %s", g.Severity, g.Rule, g.Says))
}
