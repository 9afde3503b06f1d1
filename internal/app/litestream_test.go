package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/sqlite"
)

// Litestream itself replicates the database of a server that works; both are killed
// right after an extract was acknowledged and the folder loses its database. What the
// replica gives is restored as an act that says what is missing, without an alarm, and
// the start after it takes in again what the replica had not: the figures are those of
// before, all of them. "make litestream" builds it and runs this.
func TestLongLitestream(t *testing.T) {
	litestream := os.Getenv("HOMEWARD_LITESTREAM")
	if litestream == "" {
		t.Skip(`runs with "make litestream", which builds it`)
	}
	for name, rest := range map[string]time.Duration{"killed at once": 0, "killed when the replica had all": 4 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantReplica(t, litestream, rest)
		})
	}
}

func wantReplica(t *testing.T, litestream string, rest time.Duration) {
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	database := filepath.Join(c.data(), sqlite.FileName)
	s := c.serve(t)
	s.upload = c.token(t, "upload", "--for", "RZ1")
	reads := c.token(t, "figures")
	config := filepath.Join(c.home, "litestream.yml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "dbs:\n  - path: %s\n    replica:\n      type: file\n      path: %s\n", database,
		filepath.Join(c.home, "replica")), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	replicate := exec.CommandContext(t.Context(), litestream, "replicate", "-config", config)
	replicate.Stdout, replicate.Stderr = &said, &said
	if err := replicate.Start(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	for day := 1; day <= 14; day++ {
		name := fmt.Sprintf("RZ1_2026-03-%02d.csv", day)
		if status, r := s.send(name, northgate(name[4:14], 1, 30+day)); status != http.StatusCreated {
			t.Fatalf("%s: %d %s", name, status, r.Reason)
		}
		time.Sleep(300 * time.Millisecond)
	}
	c.token(t, "figures") // An act that the log notes, as people's are.
	time.Sleep(rest)
	for _, one := range []*exec.Cmd{s.cmd, replicate} {
		if err := one.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = one.Wait()
	}
	t.Logf("14 extracts in %s", time.Since(begin).Round(time.Millisecond))

	// The disk that had the database is gone; the folder's other files are not.
	before := filepath.Join(c.home, "before")
	keysInto(t, c.data(), before)
	for _, end := range []string{"", "-wal"} {
		if err := os.Rename(database+end, filepath.Join(before, sqlite.FileName+end)); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Remove(database + "-shm")
	replica := filepath.Join(c.home, "replica.db")
	restore := exec.CommandContext(t.Context(), litestream, "restore", "-config", config, "-integrity-check", "full", "-o", replica, database)
	if out, err := restore.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s%s", err, out, last(said.String(), 2000))
	}
	wantReplicaRead(t, replica, reads, rest > 0)
	f := c.run(t, "restore", replica, "--data", c.data())
	t.Log(f.out)
	if f.status != app.ExitDone || !strings.Contains(f.out, "Everything agrees") || !strings.Contains(f.out, "was restored from replica.db") ||
		!strings.Contains(f.out, "The audit log is whole") {
		t.Fatalf("ended with %d: %s%s", f.status, f.out, f.errs)
	}
	if complete := strings.Contains(f.out, "no entry is lost"); rest > 0 && !complete || !complete && !strings.Contains(f.out, "lost.") {
		t.Errorf("after %s the replica had not all, or it does not say what is missing: %s", rest, f.out)
	}

	s = c.serve(t)
	s.figures = c.token(t, "figures")
	got := s.get("/figures.csv?from=2026-03-01&to=2026-03-14&by=day,provider,council,care,reason,responsible")
	if status := s.stop(); status != app.ExitDone {
		t.Errorf("ended with %d", status)
	}
	if n := strings.Count(got, "2026-03-14,"); n == 0 {
		t.Errorf("the figures end before the last extract: %s", last(got, 500))
	}
	if err := os.CopyFS(before, os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	if figuresOf(t, c.data()) != figuresOf(t, before) {
		t.Error("the figures are not those of before")
	}
	for _, words := range [][]string{{"verify"}, {"audit", "verify"}} {
		if f := c.run(t, append(words, "--data", c.data())...); f.status != app.ExitDone {
			t.Errorf("%v ended with %d: %s%s", words, f.status, f.out, f.errs)
		}
	}
}

// wantReplicaRead has a second machine serve what Litestream restored to readers, whose
// token is of before; whole says that it has every extract.
func wantReplicaRead(t *testing.T, replica, token string, whole bool) {
	t.Helper()
	r := newChild(t)
	if err := os.CopyFS(r.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(replica)
	if err == nil {
		err = os.WriteFile(filepath.Join(r.data(), sqlite.FileName), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	before := contents(t, r.data())
	k := r.serve(t, "--read-only", "--writes-at", writesAt)
	k.figures = token
	got := k.get("/figures.csv?from=2026-03-01&to=2026-03-14&by=day,provider")
	if status := k.stop(); status != app.ExitDone {
		t.Errorf("the copy ended with %d", status)
	}
	if has := strings.Contains(got, "2026-03-14,"); !strings.Contains(got, ",RZ1,") || whole && !has {
		t.Errorf("the copy shows %s", last(got, 500))
	}
	if after := contents(t, r.data()); after != before {
		t.Errorf("something was written beside the copy:\n%s\nwas\n%s", after, before)
	}
}
