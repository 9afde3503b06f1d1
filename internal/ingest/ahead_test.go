package ingest

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"homeward/internal/extract"
	"homeward/internal/identity"
)

// counting counts how often it reads a file.
type counting struct {
	refusing
	reads int
}

func (c *counting) Read(ctx context.Context, name string, src io.ReadSeeker, each func(*extract.Row) error) (*extract.Summary, error) {
	c.reads++
	return c.refusing.Read(ctx, name, src, each)
}

// What waits for its turn is read once, before it where little is held by that, and
// leaves nothing behind when its turn does not come.
func TestAFileThatWaitsIsReadOnce(t *testing.T) {
	key, err := identity.NewKey(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	var two bytes.Buffer
	z := zip.NewWriter(&two)
	for _, name := range []string{"a.csv", "b.csv"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, content string
		before, after int
	}{
		{"small.csv", "x", 1, 1},
		{"large.csv", strings.Repeat("x", small+1), 0, 1},
		{"two.zip", two.String(), 0, 2},
	} {
		reader := &counting{}
		s := &Service{Reader: reader, Store: noStore{}, Key: key, Now: time.Now, Spool: t.TempDir()}
		a := s.Ahead(t.Context(), c.name, strings.NewReader(c.content))
		if reader.reads != c.before {
			t.Errorf("%s was read %d times before its turn, want %d", c.name, reader.reads, c.before)
		}
		if r, err := a.Take(t.Context()); err != nil || r.Outcome != Rejected {
			t.Errorf("%s: %+v, %v", c.name, r, err)
		}
		if reader.reads != c.after {
			t.Errorf("%s was read %d times, want %d", c.name, reader.reads, c.after)
		}
		s.Ahead(t.Context(), c.name, strings.NewReader(c.content)).Drop()
		if left, err := os.ReadDir(s.Spool); err != nil || len(left) > 0 {
			t.Errorf("%s left %v in the spool, %v", c.name, left, err)
		}
	}
}

func TestWithoutAKeyNothingIsReadAhead(t *testing.T) {
	reader := &counting{}
	s := &Service{Reader: reader, Store: noStore{}, Now: time.Now, Spool: t.TempDir()}
	if _, err := s.Ahead(t.Context(), "a.csv", strings.NewReader("x")).Take(t.Context()); err == nil || reader.reads != 0 {
		t.Errorf("read %d times, %v", reader.reads, err)
	}
}
