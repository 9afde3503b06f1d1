package ingest

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"reflect"
	"slices"
	"time"

	"homeward/internal/delay"
	"homeward/internal/extract"
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

// Thinned is a file without the rows of people who are not ready.
type Thinned struct {
	// Content is what is left, nil where the rows cannot be taken out of the file
	// without changing how the others are read.
	Content []byte
	LeftOut []LeftOut
}

// Thin takes out of a received file the rows of people who are not ready (R13),
// and makes sure that what is left reads as before. It is nil when the file has
// none, and when today's layouts turn it away, so that nobody can tell.
func (s *Service) Thin(ctx context.Context, name string, received time.Time, src io.Reader, kept Kept) (*Thinned, error) {
	frozen, err := Freeze(src, s.Spool)
	if err != nil {
		return nil, err
	}
	defer frozen.Close()
	before, err := s.Reread(ctx, name, received, frozen.Reader(), kept)
	if err != nil || before.Batch == nil || len(before.summary.NotReady) == 0 {
		return nil, err
	}
	out := &Thinned{}
	for _, r := range before.summary.NotReady {
		i := slices.IndexFunc(out.LeftOut, func(l LeftOut) bool { return l.Provider == r.Provider && l.Date == r.Date })
		if i < 0 {
			i = len(out.LeftOut)
			out.LeftOut = append(out.LeftOut, LeftOut{Provider: r.Provider, Date: r.Date})
		}
		out.LeftOut[i].Rows++
	}
	text, err := io.ReadAll(frozen.Reader())
	if err != nil {
		return nil, err
	}
	left, ok := extract.Blank(text, before.summary.Sheet, before.summary.NotReady)
	if !ok {
		return out, nil
	}
	after, err := s.Reread(ctx, name, received, bytes.NewReader(left), Kept{kept.Sum, slices.Concat(kept.LeftOut, out.LeftOut)})
	if err != nil {
		return nil, err
	}
	if after.Batch != nil && len(after.summary.NotReady) == 0 && sameReading(before.Batch, after.Batch) {
		out.Content = left
	}
	return out, nil
}

// sameReading says whether two readings give the same rows of people who wait.
func sameReading(a, b *Batch) bool {
	return slices.EqualFunc(a.All(), b.All(), func(a, b *Batch) bool {
		return a.Provider == b.Provider && slices.EqualFunc(a.Extracts, b.Extracts, func(x, y Extract) bool {
			return x.Date == y.Date && x.Doubt == y.Doubt && reflect.DeepEqual(x.Unlike, y.Unlike) &&
				x.Read == y.Read && x.Kept == y.Kept && x.Quarantined == y.Quarantined &&
				x.Excluded == y.Excluded && slices.EqualFunc(x.Listings, y.Listings, func(l, m Listing) bool {
				return l.Line == m.Line && sameStatement(a, b, a.Statements[l.Statement], b.Statements[m.Statement])
			})
		})
	})
}

func sameStatement(a, b *Batch, s, o Statement) bool {
	local := func(of *Batch, st Statement) (hash [len(Local{}.Hash)]byte) {
		if st.Local != 0 {
			hash = of.Locals[st.Local-1].Hash
		}
		return hash
	}
	return a.Patients[s.Patient].Hash == b.Patients[o.Patient].Hash && local(a, s) == local(b, o) && a.Givens[s.Given] == b.Givens[o.Given] &&
		a.Places[s.Place] == b.Places[o.Place] && s.Ready == o.Ready && s.Discharged == o.Discharged && s.Admitted == o.Admitted
}
