package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"homeward/internal/app"
)

// Several processes that take the same files into a fresh folder at once end
// well, and nothing is taken twice (C11).
func TestProcessesAtOnce(t *testing.T) {
	t.Parallel()
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	sends := t.TempDir()
	for _, day := range []string{"2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12"} {
		if err := os.WriteFile(filepath.Join(sends, "RZ1_"+day+".csv"), []byte(northgate(day, 1, 30)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	outs := make([]finished, 4)
	for i := range outs {
		all.Go(func() { outs[i] = c.run(t, "ingest", "--data", c.data(), sends) })
	}
	all.Wait()
	taken := 0
	for _, f := range outs {
		if f.status != app.ExitDone {
			t.Errorf("one ended with %d: %s%s", f.status, f.out, f.errs)
		}
		// One that starts while another has kept a file and not taken it yet does it for it.
		taken += strings.Count(f.out, ": taken: ") + strings.Count(f.errs, "was not in the database and was taken in again")
	}
	if taken != 4 {
		t.Errorf("%d files were taken, 4 were sent", taken)
		for _, f := range outs {
			t.Logf("%s%s", f.out, f.errs)
		}
	}
	if out := must(t, "verify", "--data", c.data()); !strings.Contains(out, "4 extracts") {
		t.Errorf("verify says %s", out)
	}
}

// A process that is killed while it makes a data folder leaves one that the
// next can use.
func TestKilledAtTheStart(t *testing.T) {
	skipShort(t)
	t.Parallel()
	for i := range 12 {
		c := newChild(t)
		if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(c.home, "RZ1_2026-03-10.csv")
		if err := os.WriteFile(file, []byte(northgate("2026-03-10", 1, 30)), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Duration(4*i)*time.Millisecond+10*time.Millisecond)
		_ = c.command(ctx, t, "ingest", "--data", c.data(), file).Run() // Killed, or done when it was quick.
		stop()
		if f := c.run(t, "ingest", "--data", c.data(), file); f.status != app.ExitDone {
			t.Errorf("after a kill at %d ms it ended with %d: %s%s", 10+4*i, f.status, f.out, f.errs)
		}
	}
}
