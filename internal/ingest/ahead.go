package ingest

import (
	"context"
	"io"

	"homeward/internal/extract"
)

// reading is what the rows of a file were read into.
type reading struct {
	rows    *gathering
	summary *extract.Summary
	err     error
}

// read reads the rows of a file, unless it is refused.
func (s *Service) read(ctx context.Context, name string, frozen *Frozen, refused error) *reading {
	r := &reading{rows: &gathering{service: s}, err: refused}
	if refused == nil {
		r.summary, r.err = s.Reader.Read(ctx, name, frozen.Reader(), r.rows.row)
	}
	return r
}

// Ahead is a file that waits for its turn to be taken in, read already: reading needs
// one core and storing another, and neither what the other does.
type Ahead struct {
	service *Service
	name    string
	frozen  *Frozen
	how     taking
	err     error
}

// small is the size in bytes up to which a file is read before its turn, so that little
// is held beside the file that is being stored.
const small = 2 << 20

// Ahead reads a small file of text while others are taken in. A large one, and what is
// packed, a workbook or a ZIP file, are read when their turn comes. Take or Drop what it
// gives; src may be closed before.
func (s *Service) Ahead(ctx context.Context, name string, src io.Reader) *Ahead {
	a := &Ahead{service: s, name: name, how: taking{keep: s.Keeper != nil}}
	if a.err = s.keyed(); a.err != nil {
		return a
	}
	if a.frozen, a.err = Freeze(src, s.Spool); a.err != nil || a.frozen.Size > small {
		return a
	}
	begins := make([]byte, len(packed))
	if n, _ := a.frozen.ReadAt(begins, 0); string(begins[:n]) != packed {
		a.how.read = s.read(ctx, baseName(name), a.frozen, nil)
	}
	return a
}

// packed is how ZIP files begin, and workbooks, which are some.
const packed = "PK"

// Unread is a file that cannot be read for an error, which its turn gives.
func Unread(err error) *Ahead { return &Ahead{err: err} }

// Take is Service.File for the file.
func (a *Ahead) Take(ctx context.Context) (*Report, error) {
	defer a.Drop()
	if a.err != nil {
		return nil, a.err
	}
	return a.service.arrived(ctx, a.name, a.frozen, a.how)
}

// Drop lets the file go.
func (a *Ahead) Drop() {
	if a.frozen != nil {
		a.frozen.Close()
		a.frozen = nil
	}
}
