package app_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/sqlite"
)

// ledger is one data folder in which files are taken.
type ledger struct {
	*app.App
	dir      string
	from, to delay.Day
}

func newLedger(t testing.TB, first delay.Day, days int) *ledger {
	t.Helper()
	dir := t.TempDir()
	a, err := app.Open(t.Context(), app.Options{Data: dir, Make: true, Partnership: devonExample})
	if err != nil {
		t.Fatal(err)
	}
	return &ledger{a, dir, first - 60, first + delay.Day(days) + 10}
}

func (l *ledger) take(t testing.TB, name string, file []byte) *ingest.Report {
	t.Helper()
	r, err := l.Ingest.File(t.Context(), name, bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

// figures gives every cell by day, by provider.
func (l *ledger) figures(t testing.TB) map[string][]measure.Cell {
	t.Helper()
	cells, err := l.Store.Cells(t.Context(), measure.Query{From: l.from, To: l.to, By: []measure.Dimension{
		measure.ByDay, measure.ByProvider, measure.ByCouncil, measure.ByCare, measure.ByReason, measure.ByResponsible}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]measure.Cell{}
	for _, c := range cells {
		out[c.Provider] = append(out[c.Provider], c)
	}
	return out
}

// delays gives every delay, which knows no reference.
func (l *ledger) delays(t testing.TB) []string {
	t.Helper()
	var lines []string
	if err := l.Store.Delays(t.Context(), func(r sqlite.DelayRecord) error {
		var segments []string
		for _, s := range r.Segments {
			segments = append(segments, fmt.Sprint(s.Segment))
		}
		lines = append(lines, fmt.Sprint(r.Provider, r.Ready, r.End, r.EndKind, r.FirstDay, r.LastDay, segments))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

// standing is a broken file that has not been sent again.
type standingFile struct {
	sheet  *sheet
	clean  []byte
	how    string
	report *ingest.Report
	// spoke says whether anything was said of it that is not said of the clean
	// file.
	spoke bool
	again int // after which file it comes whole
}

// spoke says whether a receipt says more than that of the clean file.
func spoke(r, clean *ingest.Report) bool {
	if r.Outcome != clean.Outcome || len(r.NewlyHeld) != len(clean.NewlyHeld) || len(r.Released) != len(clean.Released) {
		return true
	}
	said := map[string]bool{}
	for _, g := range clean.Groups {
		said[g.Says] = true
	}
	for _, g := range r.Groups {
		if !said[g.Says] {
			return true
		}
	}
	return false
}

// dirtyRun gives one ledger a clean run of extracts, and another each file
// broken in one way and sent again whole later. On every day in between no
// figure is another without a word, and in the end all are the same.
func dirtyRun(t *testing.T, r *rand.Rand, first delay.Day, days, people, lag int, inOrder bool, used map[string]int) {
	clean, dirty := newLedger(t, first, days), newLedger(t, first, days)
	files := cleanRun(r, first, days, people)
	if inOrder {
		slices.SortStableFunc(files, func(a, b *sheet) int { return int(a.day - b.day) })
	} else {
		r.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	}
	var standing []standingFile
	// check compares the two ledgers while nothing that was said explains another figure.
	check := func(when string) {
		if slices.ContainsFunc(standing, func(f standingFile) bool { return f.spoke }) {
			return
		}
		want, got := clean.figures(t), dirty.figures(t)
		for _, provider := range sheetProviders {
			if slices.Equal(got[provider], want[provider]) {
				continue
			}
			var how []string
			for _, f := range standing {
				how = append(how, fmt.Sprintf("%s: %s\n%s", f.sheet.name, f.how, causes(*f.report)))
			}
			t.Errorf(
				"%s, figures of %s are others and nothing says so; standing are %s\n%s",
				when,
				provider,
				strings.Join(how, "; "),
				firstLines(want[provider], got[provider]),
			)
		}
	}
	resend := func(i int) {
		for j := 0; j < len(standing); {
			if f := standing[j]; f.again <= i {
				dirty.take(t, f.sheet.name, f.clean)
				standing = slices.Delete(standing, j, j+1)
				check(f.sheet.name + " whole again")
				continue
			}
			j++
		}
	}
	for i, s := range files {
		whole := s.write(t)
		how, broken := "nothing", whole
		for range 20 {
			d := damages[r.IntN(len(damages))]
			c := s.clone()
			if !d.do(r, c) {
				continue
			}
			if b := c.write(t); !bytes.Equal(b, whole) {
				how, broken = d.name, b
				break
			}
		}
		used[how]++
		said := clean.take(t, s.name, whole)
		report := dirty.take(t, s.name, broken)
		if how != "nothing" {
			standing = append(standing, standingFile{s, whole, how, report, spoke(report, said), i + r.IntN(lag+1)})
		}
		check(s.name + " broken: " + how)
		if t.Failed() && os.Getenv("HOMEWARD_KEEP") != "" {
			if err := os.WriteFile(filepath.Join(os.Getenv("HOMEWARD_KEEP"), s.name), broken, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		resend(i)
	}
	resend(len(files) + lag)
	want, got := clean.figures(t), dirty.figures(t)
	for _, provider := range sheetProviders {
		if !slices.Equal(got[provider], want[provider]) {
			t.Errorf("C10: in the end figures of %s are others\n%s", provider, firstLines(want[provider], got[provider]))
		}
		if len(want[provider]) == 0 {
			t.Errorf("%s has no figures, so nothing is shown", provider)
		}
	}
	if want, got := clean.delays(t), dirty.delays(t); !slices.Equal(got, want) {
		t.Errorf("C10: in the end delays are others\n%s", firstLines(want, got))
	}
	for _, l := range []*ledger{clean, dirty} {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if out := must(t, "verify", "--data", l.dir); !strings.Contains(out, "Everything agrees") {
			t.Errorf("verify says %s", out)
		}
	}
}

// firstLines gives the first of two lists that the other does not have.
func firstLines[S ~[]E, E comparable](want, got S) string {
	var out []string
	for _, one := range want {
		if !slices.Contains(got, one) && len(out) < 6 {
			out = append(out, fmt.Sprint("  no longer ", one))
		}
	}
	for _, one := range got {
		if !slices.Contains(want, one) && len(out) < 12 {
			out = append(out, fmt.Sprint("  now       ", one))
		}
	}
	return strings.Join(out, "\n")
}

// dirtSeasons begin runs across both changes of the clocks, in summer and over
// the turn of a year.
var dirtSeasons = []string{"2025-06-02", "2025-03-24", "2025-10-20", "2024-12-24"}

// No dirt makes a wrong figure quietly, and none that is mended leaves a trace
// (C10, C11, C20, I1 to I5, R5, R9 to R11).
func TestNoDirtMakesAWrongFigureQuietly(t *testing.T) {
	skipShort(t)
	t.Parallel()
	for i := range 2 * len(dirtSeasons) {
		season := dirtSeasons[i%len(dirtSeasons)]
		t.Run(fmt.Sprintf("from %s, %d", season, i), func(t *testing.T) {
			t.Parallel()
			dirtyRun(t, rand.New(rand.NewPCG(uint64(i), 10)), delay.MustDay(season), 9, 5, i%2*4, i < len(dirtSeasons), map[string]int{})
		})
	}
}

// The same over a year, and over many shorter runs; every kind of damage is
// tried.
func TestLongNoDirtMakesAWrongFigureQuietly(t *testing.T) {
	long(t)
	used := map[string]int{}
	for i := range 60 {
		season := delay.MustDay(dirtSeasons[i%len(dirtSeasons)]) + delay.Day(i)
		t.Run(fmt.Sprint("run ", i), func(t *testing.T) {
			dirtyRun(t, rand.New(rand.NewPCG(uint64(i), 11)), season, 10, 6, i%3*3, i%2 == 0, used)
		})
	}
	t.Run("a year", func(t *testing.T) {
		dirtyRun(t, rand.New(rand.NewPCG(366, 11)), delay.MustDay("2024-12-24"), 366, 8, 3, true, used)
	})
	for _, d := range damages {
		if used[d.name] == 0 {
			t.Errorf("%s was never tried", d.name)
		}
	}
}
