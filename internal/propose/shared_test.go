package propose_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/extract"
	"homeward/internal/propose"
)

// shared gives a folder of the shared data, which is not part of the repository.
func shared(t testing.TB, elements ...string) string {
	t.Helper()
	root := os.Getenv("HOMEWARD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the shared data are not there: %v", err)
		}
		t.Skipf("the shared data are not there: %v", err)
	}
	return path
}

func file(t testing.TB, path string) propose.File {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return propose.File{Name: filepath.Base(path), Src: bytes.NewReader(content)}
}

// proposal proposes and demands that the layout loads.
func proposal(t testing.TB, o propose.Options, files ...propose.File) *propose.Proposal {
	t.Helper()
	if o.Ref == nil {
		o.Ref = data.Reference
	}
	p, err := propose.Propose(context.Background(), files, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// senders are those whose layouts were written by hand.
var senders = []struct{ example, layout, files string }{
	{"devon", "plymouth-csv", "devon-2018-19/extracts/RK9_*"},
	{"devon", "exeter-list", "devon-2018-19/extracts/RH8*"},
	{"devon", "torbay-workbook", "devon-2018-19/extracts/RA9*"},
	{"devon", "mhsds-csv", "devon-2018-19/extracts/MHS_RWV*"},
	{"devon", "north-devon-tab", "devon-2018-19/extracts/rbz*"},
	{"england-acute", "plymouth-bed-state", "ledger-2026/england-acute/RK9*"},
	{"england-acute", "torbay-bed-state", "ledger-2026/england-acute/RA9*"},
	{"england-mhsds", "mhsds-6", "ledger-2026/england-mhsds/RWV*"},
	{"scotland", "phs-monthly", "ledger-2026/scotland/S08*"},
	{"wales", "pocd-daily", "ledger-2026/wales/7A1*"},
	{"board-list", "board-list", "board-list/NCTR*"},
	{"devon", "plymouth-csv", "field/*/RK9_*"},
	{"devon", "torbay-workbook", "field/*/RA9*"},
}

// better are readings that a layout written by hand leaves out and that are right
// as well.
var better = map[string]string{
	"Pathway": "pathway", "Discharge_Pathway": "pathway",
}

// byHand gives the field of each heading of a layout that was written by hand.
func byHand(t testing.TB, example, layout string) map[string]string {
	t.Helper()
	p, err := config.ParsePartnership(data.Examples, example+"/partnership.yaml")
	if err != nil {
		t.Fatal(err)
	}
	l := p.Layouts[layout]
	if l == nil {
		t.Fatalf("%s has no layout %s", example, layout)
	}
	want := map[string]string{}
	for _, f := range l.Columns.Fields() {
		for _, h := range f.Headings {
			want[extract.Fold(h)] = f.Name
		}
	}
	for _, h := range l.NotRead {
		want[extract.Fold(h)] = "not_read"
	}
	return want
}

// From the samples alone, each column is what somebody wrote by hand that it is,
// or is marked.
func TestColumnsOfKnownSenders(t *testing.T) {
	for _, sender := range senders {
		t.Run(sender.layout+" "+filepath.Dir(sender.files), func(t *testing.T) {
			dir := shared(t, "extracts")
			paths, err := filepath.Glob(filepath.Join(dir, sender.files))
			if err != nil || len(paths) == 0 {
				t.Fatal("no samples", err)
			}
			want := byHand(t, sender.example, sender.layout)
			step := max(len(paths)/12, 1)
			for i := 0; i < len(paths); i += step {
				check(t, want, file(t, paths[i]))
			}
			var week []propose.File
			for _, path := range paths[:min(7, len(paths))] {
				week = append(week, file(t, path))
			}
			if !strings.Contains(sender.files, "*/") {
				check(t, want, week...)
			}
		})
	}
}

func check(t *testing.T, want map[string]string, files ...propose.File) {
	t.Helper()
	p := proposal(t, propose.Options{}, files...)
	name := fmt.Sprintf("%s (%d)", files[0].Name, len(files))
	if p.Refused != "" {
		t.Errorf("%s: refused: %s", name, p.Refused)
	}
	right, all := 0, 0
	for _, c := range p.Columns {
		field := want[extract.Fold(c.Heading)]
		all++
		switch {
		case c.Field == field || c.Field != "" && c.Field == better[c.Heading]:
			right++
		case c.Unsure == "":
			t.Errorf("%s: %s is silently %s, not %s (%s)", name, c.Heading, c.Field, field, c.Evidence)
		default:
			t.Logf("%s: %s is %s, not %s: %s", name, c.Heading, c.Field, field, c.Unsure)
		}
	}
	if right*10 < all*9 {
		t.Errorf("%s: %d of %d columns are right", name, right, all)
	}
	for _, f := range p.Files {
		if f.Rejected != "" {
			t.Errorf("%s: %s", name, f.Rejected)
		}
	}
}
