package propose_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/extract"
	"homeward/internal/problem"
	"homeward/internal/propose"
)

// Each hostile file is looked at as a first sample: it stops nothing, and no
// column of it is silently another than somebody wrote by hand.
func TestHostileSamples(t *testing.T) {
	f, err := os.Open(shared(t, "extracts", "hostile", "visible.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	wants := map[string]map[string]string{"rk9": byHand(t, "devon", "plymouth-csv"), "rh8": byHand(t, "devon", "exeter-list"),
		"ra9": byHand(t, "devon", "torbay-workbook"), "mhs": byHand(t, "devon", "mhsds-csv"), "rbz": byHand(t, "devon", "north-devon-tab")}
	looked := 0
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name := h.Name[strings.LastIndex(h.Name, "/")+1:]
		if len(name) < 4 || strings.Contains(name, "manifest") || h.Size > 20<<20 {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		want := wants[strings.ToLower(name[:3])]
		p, err := propose.Propose(context.Background(), []propose.File{{Name: name, Src: bytes.NewReader(content)}},
			propose.Options{Ref: data.Reference})
		if err != nil {
			if problem.KindOf(err) != problem.Invalid || strings.Contains(err.Error(), "panic") {
				t.Errorf("%q: %v", name, err)
			}
			continue
		}
		looked++
		for _, c := range p.Columns {
			field, known := want[extract.Fold(c.Heading)]
			if known && c.Field != field && c.Unsure == "" && c.Field != better[c.Heading] {
				t.Errorf("%q: %s is silently %s, not %s (%s)", name, c.Heading, c.Field, field, c.Evidence)
			}
		}
	}
	if looked < 40 {
		t.Errorf("only %d files were looked at", looked)
	}
}
