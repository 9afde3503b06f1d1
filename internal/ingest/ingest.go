// Package ingest is the use case of taking one extract file in: hash, read,
// attribute, compare, store in one transaction, and say what happened. How a
// layout is read is package extract's concern, and how it is stored package
// sqlite's.
package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"time"

	"homeward/internal/attribution"
	"homeward/internal/extract"
	"homeward/internal/identity"
	"homeward/internal/problem"
)

// Reader reads one file by the partnership's layouts.
type Reader interface {
	Read(ctx context.Context, name string, src io.ReadSeeker, each func(*extract.Row) error) (*extract.Summary, error)
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

// Service takes files in, one at a time.
type Service struct {
	Reader Reader
	Rules  *attribution.RuleSet
	Store  Store
	Key    *identity.Key
	// Now is the clock.
	Now func() time.Time
	Log *slog.Logger

	one sync.Mutex
}

// Outcome says what became of a file.
type Outcome string

// The outcomes. Held: at least one of the file's extracts is short (R5); the
// others count.
const (
	Taking   Outcome = "taken"
	Already  Outcome = "already taken"
	Held     Outcome = "held"
	Rejected Outcome = "rejected"
)

// Report is the receipt of one file. It holds no identifier.
type Report struct {
	File        string  `json:"file"`
	SHA256      string  `json:"sha256"`
	Outcome     Outcome `json:"outcome"`
	Reason      string  `json:"reason,omitempty"` // why it was rejected
	Provider    string  `json:"provider,omitempty"`
	Layout      string  `json:"layout,omitempty"`
	Encoding    string  `json:"encoding,omitempty"`
	RowsRead    int     `json:"rows_read"`
	Kept        int     `json:"kept"`
	Quarantined int     `json:"quarantined"`
	Excluded    int     `json:"excluded"`
	Warnings    int     `json:"warnings"`
	// Skipped counts lines that are not patients: titles, totals, blanks.
	Skipped  int             `json:"lines_not_patients"`
	Extracts []ExtractReport `json:"extracts,omitempty"`
	// Released and NewlyHeld are dates of other extracts of the provider whose
	// standing this file changed (R5).
	Released  []string       `json:"released,omitempty"`
	NewlyHeld []string       `json:"newly_held,omitempty"`
	Problems  []ReportedLine `json:"problems,omitempty"`
	// MoreProblems counts problems beyond those listed.
	MoreProblems int `json:"more_problems,omitempty"`
}

// ReportedLine is one problem as the receipt shows it.
type ReportedLine struct {
	Severity string `json:"severity"`
	extract.Problem
}

// ExtractReport is one extract date's line of the receipt.
type ExtractReport struct {
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
	if s.Key == nil {
		return nil, problem.New(problem.Unavailable, "The key file for identifiers is missing, so patients cannot be matched. Nothing was taken. Ask the person who runs Homeward to restore the key file from the backup.")
	}
	if s.Key == nil {
		return nil, problem.New(problem.Unavailable, "Extracts cannot be taken in without the key file, because patients could not be matched. Restore the key file from your backup and start Homeward again. Nothing was changed.")
	}
	s.one.Lock()
	defer s.one.Unlock()

	// Only the base name is kept: a path says where the sender's disk is.
	f := File{Name: baseName(name), ReceivedAt: s.Now()}
	h := sha256.New()
	n, err := io.Copy(h, src)
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "%s could not be read", f.Name)
	}
	f.Bytes = n
	h.Sum(f.SHA256[:0])
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "%s could not be read again", f.Name)
	}
	report := &Report{File: f.Name, SHA256: fmt.Sprintf("%x", f.SHA256)}

	if known, err := s.already(ctx, f, report); err != nil || known {
		return report, err
	}

	if f.Bytes > large {
		// A backfill holds much at once: collecting sooner costs little time
		// and keeps the peak near what is held.
		defer debug.SetGCPercent(debug.SetGCPercent(40))
	}
	g := newGatherer(s, f)
	summary, err := s.Reader.Read(ctx, f.Name, src, g.row)
	if err != nil {
		if ctx.Err() != nil || problem.KindOf(err) != problem.Invalid {
			return nil, err
		}
		if may != nil && summary != nil && summary.Provider != "" && !may(summary.Provider) {
			return nil, notTheirs()
		}
		report.Outcome, report.Reason = Rejected, problem.Sentence(err)
		if summary != nil {
			report.problems(summary.Problems, 0)
		}
		return report, s.reject(ctx, f, report)
	}
	if may != nil && !may(summary.Provider) {
		return nil, notTheirs()
	}
	batch := g.finish(summary)
	report.Provider, report.Layout, report.Encoding = summary.Provider, summary.Layout, summary.Encoding
	report.Skipped = summary.Skipped
	for _, e := range batch.Extracts {
		report.RowsRead += e.Read
		report.Kept += e.Kept
		report.Quarantined += e.Quarantined
		report.Excluded += e.Excluded
	}
	more := summary.MoreProblems
	err = s.Store.Take(ctx, batch, func(t Taken) ([]byte, error) {
		report.standing(batch, t)
		problems := append(append(summary.Problems, g.problems...), elsewhere(batch, g.lines, t)...)
		report.problems(problems, more)
		return json.Marshal(report)
	})
	if problem.KindOf(err) == problem.Conflict {
		// Another process may have taken the same bytes while these were read.
		report = &Report{File: f.Name, SHA256: report.SHA256}
		if known, again := s.already(ctx, f, report); again == nil && known {
			return report, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return report, nil
}

// already fills in the receipt of a file whose bytes were taken before, and
// says whether they were (C11).
func (s *Service) already(ctx context.Context, f File, report *Report) (bool, error) {
	earlier, known, err := s.Store.Known(ctx, f.SHA256)
	if err != nil || !known {
		return false, err
	}
	if err := json.Unmarshal(earlier, report); err != nil {
		return false, fmt.Errorf("reading the earlier receipt: %w", err)
	}
	report.Reason = fmt.Sprintf("The same bytes were already taken as %s. Nothing has changed.", report.File)
	report.File, report.Outcome, report.Problems, report.MoreProblems = f.Name, Already, nil, 0
	return true, nil
}

func notTheirs() error {
	return problem.New(problem.Forbidden, "This file is of a provider that you may not send for. Nothing was taken. Ask an administrator for a token for this provider.")
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
	for i, st := range t.Standings {
		e := b.Extracts[i]
		line := ExtractReport{Date: e.Date.String(), RowsRead: e.Read, Kept: e.Kept, Quarantined: e.Quarantined, Excluded: e.Excluded,
			New: st.New, Gone: st.Gone, Changed: st.Changed, ComparedTo: st.Compared.String()}
		if st.Held {
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
	for _, d := range t.Released {
		r.Released = append(r.Released, d.String())
	}
	for _, d := range t.NewlyHeld {
		r.NewlyHeld = append(r.NewlyHeld, d.String())
	}
}

// problems lists what was found, the gravest first, and counts the rest.
func (r *Report) problems(all []extract.Problem, more int) {
	for i, e := range r.Extracts {
		if e.Replaces != nil && e.RowsRead < *e.Replaces {
			all = append(all, extract.Problem{Rule: "C11", Found: fmt.Sprintf("%d rows for %s, fewer than the %d of the file that this one replaces", e.RowsRead, r.Extracts[i].Date, *e.Replaces),
				Expected: "a correction that the sender meant", Do: "Ask the sender whether rows are missing, and send the whole file again if so."})
		}
	}
	for _, p := range all {
		if p.Severity == extract.Warned {
			r.Warnings++
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Severity > all[j].Severity })
	if len(all) > MaxProblems {
		more += len(all) - MaxProblems
		all = all[:MaxProblems]
	}
	r.MoreProblems = more
	for _, p := range all {
		r.Problems = append(r.Problems, ReportedLine{Severity: p.Severity.String(), Problem: p})
	}
}

// Line gives the receipt in one line for people at a terminal.
func (r *Report) Line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", clean(r.File), r.Outcome)
	switch r.Outcome {
	case Rejected:
		fmt.Fprintf(&b, ". %s", r.Reason)
		return b.String()
	case Already:
		fmt.Fprintf(&b, ". %s", clean(r.Reason))
		return b.String()
	}
	fmt.Fprintf(&b, ": %s", r.Provider)
	switch n := len(r.Extracts); {
	case n == 1:
		fmt.Fprintf(&b, " %s", r.Extracts[0].Date)
	case n > 1:
		fmt.Fprintf(&b, " %s to %s (%d dates)", r.Extracts[0].Date, r.Extracts[n-1].Date, n)
	}
	fmt.Fprintf(&b, ", %d rows read, %d kept, %d quarantined, %d excluded, %d warnings", r.RowsRead, r.Kept, r.Quarantined, r.Excluded, r.Warnings)
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
			fmt.Fprintf(&b, "; %s held: %s", e.Date, e.Held)
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

// clean keeps control characters of a file name out of terminals and logs (R8).
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x200b && r <= 0x200f) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return '\uFFFD'
		}
		return r
	}, s)
}

func elsewhere(b *Batch, lines map[int32]int32, t Taken) []extract.Problem {
	var out []extract.Problem
	for _, e := range t.Elsewhere {
		out = append(out, extract.Problem{Line: int(lines[e.Statement]), Date: e.Date, Rule: "R7",
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
		fmt.Fprintf(&b, ", %s", clean(p.Field))
	}
	fmt.Fprintf(&b, ": found %s; expected %s. %s", clean(p.Found), clean(p.Expected), clean(p.Do))
	return b.String()
}
