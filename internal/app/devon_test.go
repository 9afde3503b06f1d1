package app_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeward/internal/app"
)

// table reads a CSV into maps by heading.
func table(t testing.TB, text string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := make([]map[string]string, 0, len(rows)-1)
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, cell := range row {
			m[rows[0][i]] = cell
		}
		out = append(out, m)
	}
	return out
}

func sharedTable(t testing.TB, elements ...string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(shared(t, elements...))
	if err != nil {
		t.Fatal(err)
	}
	return table(t, string(text))
}

// ourWords are the words of the expected files in ours.
var ourWords = strings.NewReplacer("Social Care", "social care", "Both", "joint")

// wantDevon demands that figures and delays equal the answers, cell by cell and
// nothing more.
func wantDevon(t *testing.T, dir string) {
	t.Helper()
	want, got := map[string]string{}, map[string]string{}
	for _, r := range sharedTable(t, "extracts", "devon-2018-19", "expected", "delayed_days.csv") {
		want[strings.Join([]string{r["month"], r["council"], r["type_of_care"], r["reason"], ourWords.Replace(r["responsible"])},
			",")] = r["delayed_days"]
	}
	figures := must(t, "figures", "--data", dir, "--from", "2018-04", "--to", "2019-03", "--by", "month,council,care,reason,responsible",
		"--format", "csv")
	for _, r := range table(t, figures) {
		got[strings.Join([]string{r["month"], r["council"], r["type_of_care"], r["reason"], r["responsible"]}, ",")] = r["delayed_days"]
	}
	if !maps.Equal(got, want) {
		n := 0
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if got[key] != want[key] && n < 5 {
				t.Errorf("%s: got %q days, want %q", key, got[key], want[key])
				n++
			}
		}
		t.Fatalf("got %d cells, want %d", len(got), len(want))
	}
	var wantDelays, gotDelays []string
	columns := []string{"provider", "nhs_number", "council", "type_of_care", "ready_date", "ended_on", "segments"}
	line := func(r map[string]string) string {
		cells := make([]string, len(columns))
		for i, name := range columns {
			cells[i] = ourWords.Replace(r[name])
		}
		return strings.Join(cells, ",")
	}
	for _, r := range sharedTable(t, "extracts", "devon-2018-19", "expected", "delays.csv") {
		wantDelays = append(wantDelays, line(r))
	}
	for _, r := range table(t, must(t, "delays", "--data", dir, "--identifiers", "--format", "csv")) {
		gotDelays = append(gotDelays, line(r))
	}
	slices.Sort(wantDelays)
	slices.Sort(gotDelays)
	if !slices.Equal(gotDelays, wantDelays) {
		t.Fatalf("got %d delays, want %d, and they differ", len(gotDelays), len(wantDelays))
	}
	if out := must(t, "verify", "--data", dir); !strings.Contains(out, "44464 delayed days") {
		t.Errorf("verify says %q", out)
	}
}

// devonFiles gives what arrived, in the order of arrival.
func devonFiles(t testing.TB) []string {
	t.Helper()
	var files []string
	for _, folder := range []string{"extracts", "extracts-late"} {
		dir := shared(t, "extracts", "devon-2018-19", folder)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}

func takeIn(t testing.TB, dir string, files ...string) string {
	t.Helper()
	return must(t, append([]string{"ingest", "--data", dir, "--partnership", devonExample}, files...)...)
}

// takenOnce is a data folder that several tests begin with, filled when the
// first of them asks.
type takenOnce struct {
	once sync.Once
	dir  string
	err  error
}

// devonTaken has the year's extracts in the order of arrival, the late ones not
// yet. Taking them in is half a minute of work.
var devonTaken takenOnce

func (o *takenOnce) remove() error { return os.RemoveAll(o.dir) }

// devonYear gives a test its own copy of the folder.
func devonYear(t testing.TB) (dir string) {
	t.Helper()
	extracts := shared(t, "extracts", "devon-2018-19", "extracts")
	devonTaken.once.Do(func() {
		if devonTaken.dir, devonTaken.err = os.MkdirTemp("", "devon-year-"); devonTaken.err != nil {
			return
		}
		status, out, errs := run(t, "ingest", "--data", devonTaken.dir, "--partnership", devonExample, extracts)
		if status != app.ExitDone {
			devonTaken.err = fmt.Errorf("taking the year in ended with %d: %s%s", status, last(out, 2000), last(errs, 2000))
		}
	})
	if devonTaken.err != nil {
		t.Fatal(devonTaken.err)
	}
	dir = filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(devonTaken.dir)); err != nil {
		t.Fatal(err)
	}
	// CopyFS lets everybody read, and a key that everybody can read is refused.
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// The real year, in the order of arrival; then everything a second time, which
// changes nothing (C10, C11).
func TestDevonYear(t *testing.T) {
	skipShort(t)
	t.Parallel()
	dir := devonYear(t)
	takeIn(t, dir, shared(t, "extracts", "devon-2018-19", "extracts-late"))
	wantDevon(t, dir)

	figures := func() string {
		return must(t, "figures", "--data", dir, "--from", "2018-04-01", "--to", "2019-03-31", "--by",
			"day,provider,council,care,reason,responsible", "--format", "csv")
	}
	before := figures()
	out := takeIn(t, dir, devonFiles(t)...)
	if n := strings.Count(out, ": already taken"); n != len(devonFiles(t)) {
		t.Errorf("%d of %d files were known the second time", n, len(devonFiles(t)))
	}
	if figures() != before {
		t.Error("taking everything in twice changed the figures")
	}
}

// shuffled gives the files in random order, each re-send still after the file
// that it corrects. Only that share of them is, after the others in their order.
func shuffled(files []string, seed uint64, share float64) []string {
	out := slices.Clone(files)
	r := rand.New(rand.NewPCG(seed, 1))
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	inTime := out[:int(float64(len(out))*(1-share))]
	slices.SortFunc(inTime, func(a, b string) int { return slices.Index(files, a) - slices.Index(files, b) })
	for i, f := range out {
		first := strings.Replace(f, "_v2", "", 1)
		if j := slices.Index(out, first); first != f && j > i {
			out[i], out[j] = out[j], out[i]
		}
	}
	return out
}

// An ordeal is a way in which the year arrives otherwise than it did.
type ordeal struct {
	order    uint64  // of arrival; 0 is the order in which it arrived
	share    float64 // of the files that arrive in that order, after the others
	kills    int     // at random moments while it is taken in
	proposed bool    // each hospital's layout is the one that is proposed from seven of its files
}

// Three files of ten late and in any order, by layouts that are proposed from
// samples alone, uncorrected, and killed at random moments: the figures are the
// same, cell for cell (C10). One year goes through all three here; which of them it
// is that makes a difference shows in the long run, which has all files in any order.
func TestDevonInAnyOrderByProposedLayoutsKilled(t *testing.T) {
	skipShort(t)
	t.Parallel()
	wantDevonAfter(t, ordeal{order: 1, share: 0.3, kills: 8, proposed: true})
}

func TestLongDevonInAnyOrder(t *testing.T) {
	long(t)
	for seed := uint64(1); seed < 5; seed++ {
		t.Run(fmt.Sprintf("order %d", seed), func(t *testing.T) {
			t.Parallel()
			wantDevonAfter(t, ordeal{order: seed, share: 1})
		})
	}
}

func TestLongDevonKilled(t *testing.T) {
	long(t)
	wantDevonAfter(t, ordeal{kills: 20})
}

func TestLongDevonByProposedLayouts(t *testing.T) {
	long(t)
	wantDevonAfter(t, ordeal{proposed: true})
}

func wantDevonAfter(t *testing.T, o ordeal) {
	t.Helper()
	dir := copyExample(t, "devon", func(s string) string { return s })
	if o.proposed {
		for layout, pattern := range map[string]string{"plymouth-csv": "RK9_*", "exeter-list": "RH8*", "torbay-workbook": "RA9*",
			"mhsds-csv": "MHS_RWV*", "north-devon-tab": "rbz*"} {
			proposed(t, dir, layout, firstOf(t, 7, "extracts", "devon-2018-19", "extracts", pattern)...)
		}
	}
	files := devonFiles(t)
	if o.order > 0 {
		files = shuffled(files, o.order, o.share)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(20, 20))
	args := append([]string{"ingest", "--data", dir}, files...)
	killed := 0
	for range o.kills {
		ctx, stop := context.WithCancel(t.Context())
		cmd := exec.CommandContext(ctx, self, args...) // CommandContext kills with SIGKILL.
		cmd.Env = append(os.Environ(), asHomeward+"=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(50+r.IntN(500)) * time.Millisecond)
		stop()
		if err := cmd.Wait(); err != nil {
			killed++
		}
	}
	if killed < o.kills*3/4 {
		t.Errorf("only %d of %d runs were killed at work; shorten the wait", killed, o.kills)
	}
	// A held file is a passing state while files arrive out of order.
	middle := len(args) / 2
	for _, part := range [][]string{args[:middle], append(args[:3:3], args[middle:]...)} {
		status, _, errs := run(t, part...)
		// What a run that was killed had kept and not stored is taken in first, and said.
		for line := range strings.Lines(errs) {
			if !strings.HasPrefix(line, "A received file was not in the database and was taken in again. ") {
				t.Fatalf("ended with %d: %s", status, errs)
			}
		}
		if status == app.ExitUsage {
			t.Fatalf("ended with %d", status)
		}
	}
	wantDevon(t, dir)
}
