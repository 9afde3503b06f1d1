package app_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeward/internal/ingest"
)

// child is the program run as a process of its own, in a folder of its own.
type child struct {
	// home is where it runs; its data folder is data in it, and its temporary
	// folder tmp beside it.
	home string
	// patience is how long a command may take, two minutes for none.
	patience time.Duration
}

func newChild(t testing.TB) child {
	t.Helper()
	c := child{home: t.TempDir()}
	if err := os.Mkdir(c.tmp(), 0o700); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c child) data() string { return filepath.Join(c.home, "data") }
func (c child) tmp() string  { return filepath.Join(c.home, "tmp") }

// finished is what a child process left behind.
type finished struct {
	status    int
	out, errs string
	// memory is the most bytes that the process held at once, 0 where the
	// system does not say.
	memory int64
	// worked is the processor time that it took.
	worked time.Duration
}

func (c child) command(ctx context.Context, t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Dir = c.home
	cmd.Env = append(os.Environ(), asHomeward+"=1", "TMPDIR="+c.tmp(), "HOME="+c.home)
	return cmd
}

// run runs one command to its end. A process that hangs is a finding.
func (c child) run(t testing.TB, args ...string) finished {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), cmp.Or(c.patience, 2*time.Minute))
	defer stop()
	cmd := c.command(ctx, t, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	memory := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("homeward %q did not end in time", args)
	}
	f := finished{status: cmd.ProcessState.ExitCode(), out: out.String(), errs: errs.String(), memory: memory(),
		worked: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if strings.Contains(f.errs, "panic") || strings.Contains(f.errs, "goroutine ") {
		t.Errorf("homeward %q crashed: %s", args, last(f.errs, 4000))
	}
	return f
}

// watchMemory follows how much memory a process has held at most, until the
// function that it gives is called. What wait(2) says of a child is no use: it
// begins with what the parent held when it started the child.
func watchMemory(pid int) (most func() int64) {
	stop, done := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		for {
			most = max(most, heldAtMost(pid))
			select {
			case <-stop:
				done <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-done
	}
}

// heldAtMost gives the most bytes of memory that a living process has held, 0
// where the system does not say.
func heldAtMost(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if amount, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kibibytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(amount), "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kibibytes << 10
		}
	}
	return 0
}

// ingest takes files in and gives their receipts.
func (c child) ingest(t testing.TB, files ...string) (finished, []ingest.Report) {
	t.Helper()
	partnership, err := filepath.Abs(devonExample)
	if err != nil {
		t.Fatal(err)
	}
	f := c.run(t, append([]string{"ingest", "--json", "--data", c.data(), "--partnership", partnership, "--"}, files...)...)
	return f, receipts(t, f.out)
}

// receipts reads what --json prints.
func receipts(t testing.TB, out string) []ingest.Report {
	t.Helper()
	var all []ingest.Report
	dec := json.NewDecoder(strings.NewReader(out))
	for {
		var r ingest.Report
		err := dec.Decode(&r)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("reading receipts: %v in %s", err, last(out, 500))
		}
		all = append(all, r)
	}
}

// everyFigure prints all that can be seen of what a data folder counts.
const everyBreakdown = "day,provider,council,care,reason,responsible"

func everything(t testing.TB, dir, from, to string) string {
	t.Helper()
	return must(t, "figures", "--data", dir, "--from", from, "--to", to, "--by", everyBreakdown, "--format", "csv") +
		must(t, "delays", "--data", dir)
}

// onlyIn demands that nothing stands in a folder but the named entries.
func onlyIn(t testing.TB, dir string, allowed ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) {
			t.Errorf("%q was written in %s, where only %q may stand", e.Name(), filepath.Base(dir), allowed)
		}
	}
}

// long skips what takes longer than "make test" has, unless "make test-long"
// runs it.
func long(t testing.TB) {
	t.Helper()
	if os.Getenv("HOMEWARD_LONG") == "" {
		t.Skip(`runs with "make test-long"`)
	}
}

// skipShort leaves out of -short, which "make test" uses for the race detector
// beside the full run, what is long and takes one step after another: whole
// ledgers, whole years, the same page for many people.
func skipShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("a long proof; the full run has it")
	}
}
