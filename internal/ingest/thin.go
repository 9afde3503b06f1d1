package ingest

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/identity"
)

// LeftOut says how many rows of people who were not ready were taken out of an
// extract of a received file (R13).
type LeftOut struct {
	Provider string // in a file of several
	Date     delay.Day
	Rows     int
}

// Kept says which file a content is of that is kept, and what it lacks.
type Kept struct {
	Sum     [32]byte // of the content as it came
	LeftOut []LeftOut
}

// count counts the rows that were taken out as they were counted when they came.
func (k Kept) count(sum *extract.Summary) {
	for _, l := range k.LeftOut {
		i := slices.IndexFunc(sum.Dates, func(d extract.DateRows) bool { return d.Provider == l.Provider && d.Date == l.Date })
		if i < 0 {
			i = len(sum.Dates)
			sum.Dates = append(sum.Dates, extract.DateRows{Provider: l.Provider, Date: l.Date})
		}
		sum.Dates[i].Read += l.Rows
		sum.Dates[i].Excluded += l.Rows
		sum.Read += l.Rows
		sum.Excluded += l.Rows
	}
	slices.SortFunc(sum.Dates, func(a, b extract.DateRows) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Date, b.Date))
	})
}

// Thinned is a file without the rows of people who are not ready. Close it when done.
type Thinned struct {
	// Content is what is left, nil where the rows cannot be taken out of the file
	// without changing how the others are read.
	Content *Frozen
	LeftOut []LeftOut
}

// Close lets what is left go.
func (t *Thinned) Close() {
	if t != nil && t.Content != nil {
		t.Content.Close()
	}
}

// Thin takes out of a received file the rows of people who are not ready (R13),
// and makes sure that what is left reads as before. It is nil when the file has
// none, and when today's layouts turn it away, so that nobody can tell. It holds one
// reading of the file at a time.
func (s *Service) Thin(ctx context.Context, name string, received time.Time, src io.Reader, kept Kept) (*Thinned, error) {
	frozen, err := Freeze(src, s.Spool)
	if err != nil {
		return nil, err
	}
	defer frozen.Close()
	if frozen.Size > large {
		defer Spare()()
	}
	before, summary, err := s.readingOf(ctx, name, received, frozen, kept)
	if err != nil || summary == nil || len(summary.NotReady) == 0 {
		return nil, err
	}
	out := &Thinned{}
	for _, r := range summary.NotReady {
		i := slices.IndexFunc(out.LeftOut, func(l LeftOut) bool { return l.Provider == r.Provider && l.Date == r.Date })
		if i < 0 {
			i = len(out.LeftOut)
			out.LeftOut = append(out.LeftOut, LeftOut{Provider: r.Provider, Date: r.Date})
		}
		out.LeftOut[i].Rows += r.Rows
	}
	left, err := s.blank(frozen, summary)
	if err != nil || left == nil {
		return out, err
	}
	after, summary, err := s.readingOf(ctx, name, received, left, Kept{kept.Sum, slices.Concat(kept.LeftOut, out.LeftOut)})
	if err != nil || summary == nil || len(summary.NotReady) > 0 || after != before {
		left.Close()
		return out, err
	}
	out.Content = left
	return out, nil
}

// blank gives a file without the rows of people who are not ready, nil where they cannot
// be taken out.
func (s *Service) blank(f *Frozen, summary *extract.Summary) (*Frozen, error) {
	from, to := io.Pipe()
	cannot := errors.New("the rows cannot be taken out")
	go func() {
		ok, err := extract.Blank(to, f, f.Size, summary.Sheet, summary.NotReady)
		if err == nil && !ok {
			err = cannot
		}
		to.CloseWithError(err)
	}()
	left, err := Freeze(from, s.Spool)
	_ = from.Close() // Whoever writes does not wait for a reader that has gone.
	if errors.Is(err, cannot) {
		return nil, nil
	}
	return left, err
}

// readingOf reads a received file again, and gives what tells its reading from others:
// the digest of its rows of people who wait. The summary is nil where the file is turned
// away.
func (s *Service) readingOf(ctx context.Context, name string, received time.Time, f *Frozen, kept Kept) (
	sum [sha256.Size]byte, summary *extract.Summary, err error) {
	r, err := s.Reread(ctx, name, received, f.Reader(), kept)
	if err != nil || r.Batch == nil {
		return sum, nil, err
	}
	return digest(r.Batch), r.summary, nil
}

// digest is the same of two readings that give the same rows of people who wait.
func digest(b *Batch) (sum [sha256.Size]byte) {
	h := sha256.New()
	to := bufio.NewWriterSize(h, 64<<10) // It never gives an error.
	// %#v writes texts in quotes, so that two that follow each other are told apart.
	of := func(v any) [sha256.Size]byte { return sha256.Sum256(fmt.Appendf(nil, "%#v", v)) }
	for _, one := range b.All() {
		fmt.Fprintf(to, "%q\n", one.Provider)
		givens, places := make([][sha256.Size]byte, len(one.Givens)), make([][sha256.Size]byte, len(one.Places))
		for i, g := range one.Givens {
			givens[i] = of(g)
		}
		for i, p := range one.Places {
			places[i] = of(p)
		}
		for _, e := range one.Extracts {
			fmt.Fprintf(to, "%d %q %#v %d %d %d %d %d\n", e.Date, e.Doubt, e.Unlike, e.Read, e.Kept, e.Quarantined, e.Excluded, len(e.Listings))
			for _, l := range e.Listings {
				s := one.Statements[l.Statement]
				var local [identity.HashSize]byte
				if s.Local != 0 {
					local = one.Locals[s.Local-1].Hash
				}
				for _, part := range [][]byte{one.Patients[s.Patient].Hash[:], local[:], givens[s.Given][:], places[s.Place][:]} {
					_, _ = to.Write(part)
				}
				fmt.Fprintf(to, "%d %d %d %d\n", l.Line, s.Ready, s.Discharged, s.Admitted)
			}
		}
	}
	_ = to.Flush()
	return [sha256.Size]byte(h.Sum(nil))
}
