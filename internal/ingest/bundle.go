package ingest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"homeward/internal/bundle"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// causesOfZIP bounds the causes that the receipt of a ZIP file names, the worst of
// each of its files first; causesOfFile are named of every file.
const (
	causesOfZIP  = 5000
	causesOfFile = 20
)

// arrived takes in what a sender sent: one file, or each file of a ZIP file by
// name, as if it had been sent alone.
func (s *Service) arrived(ctx context.Context, name string, frozen *Frozen, how taking) (*Report, error) {
	in, err := bundle.Open(frozen, frozen.Size, bundle.DefaultLimits())
	if err != nil {
		how.refused = err
	}
	if in == nil {
		return s.take(ctx, File{Name: name}, frozen, how)
	}
	out := &Report{File: nhsnumber.Redact(baseName(name)), SHA256: fmt.Sprintf("%x", frozen.Sum), Note: how.note}
	room := causesOfZIP
	for _, f := range in.Files {
		one, err := s.bundled(ctx, f, how)
		if err != nil {
			return nil, err
		}
		// The rows, and causes without number, stand on each file's own receipt: those
		// of four hundred do not fit on one.
		one.MoreProblems += len(one.Problems)
		one.Problems = nil
		if n := max(room, causesOfFile); len(one.Groups) > n {
			one.Groups, one.MoreCauses = slices.Clone(one.Groups[:n]), len(one.Groups)-n
		}
		room -= len(one.Groups)
		out.Files = append(out.Files, one)
	}
	out.sum()
	return out, nil
}

// bundled takes in one file of a ZIP file. One that cannot be taken does not keep
// the others from it.
func (s *Service) bundled(ctx context.Context, f bundle.File, how taking) (*Report, error) {
	var report *Report
	err := f.Read(func(content io.Reader) error {
		frozen, err := Freeze(content, s.Spool)
		if err != nil {
			return err
		}
		defer frozen.Close()
		how := how
		nested, err := bundle.Open(frozen, frozen.Size, bundle.DefaultLimits())
		if nested != nil || err != nil {
			how.refused = problem.New(problem.Invalid, "A ZIP file stands in the ZIP file. Put the files themselves into one ZIP file and send it "+
				"again (R8).")
		}
		report, err = s.take(ctx, File{Name: f.Name}, frozen, how)
		return err
	})
	if kind := problem.KindOf(err); ctx.Err() == nil && (kind == problem.Invalid || kind == problem.Forbidden) {
		return &Report{File: nhsnumber.Redact(baseName(f.Name)), Outcome: Rejected, Reason: problem.Sentence(err)}, nil
	}
	return report, err
}

// gravity orders outcomes: a ZIP file's is the gravest of its files'.
var gravity = []Outcome{Already, Taking, Held, Rejected}

// sum fills in a ZIP file's receipt from those of its files.
func (r *Report) sum() {
	counts := map[Outcome]int{}
	for _, one := range r.Files {
		counts[one.Outcome]++
		r.RowsRead, r.Kept, r.Quarantined = r.RowsRead+one.RowsRead, r.Kept+one.Kept, r.Quarantined+one.Quarantined
		r.Excluded, r.Warnings, r.Skipped = r.Excluded+one.Excluded, r.Warnings+one.Warnings, r.Skipped+one.Skipped
	}
	var words []string
	for _, o := range gravity {
		if counts[o] > 0 {
			r.Outcome = o
			words = append(words, fmt.Sprintf("%d %s", counts[o], o))
		}
	}
	noun := "files"
	if len(r.Files) == 1 {
		noun = "file"
	}
	r.Reason = fmt.Sprintf("A ZIP file of %d %s: %s.", len(r.Files), noun, strings.Join(words, ", "))
}
