package app_test

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/ingest"
)

// box is a data folder whose inbox a test fills, with a clock of its own.
type box struct {
	t    testing.TB
	n    northshire
	app  *app.App
	now  time.Time
	logs *strings.Builder
}

func newBox(t testing.TB) *box {
	t.Helper()
	b := &box{t: t, n: newNorthshire(t), now: time.Date(2026, 3, 12, 9, 30, 0, 0, time.UTC), logs: new(strings.Builder)}
	a, err := app.Open(t.Context(), app.Options{Data: b.n.data(), Now: func() time.Time { return b.now },
		Log: slog.New(slog.NewTextHandler(b.logs, nil))})
	if err != nil {
		t.Fatal(err)
	}
	b.app = a
	t.Cleanup(func() { _ = a.Close() })
	b.take()
	return b
}

func (b *box) path(name string) string { return filepath.Join(b.n.data(), app.InboxFolder, name) }

func (b *box) put(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
	b.age(name)
}

// age has something look as if it had been left alone for a minute.
func (b *box) age(name string) {
	b.t.Helper()
	if err := os.Chtimes(b.path(name), b.now.Add(-time.Minute), b.now.Add(-time.Minute)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *box) take() string {
	b.t.Helper()
	said, err := b.app.TakeInbox(b.t.Context())
	if err != nil {
		b.t.Errorf("the pass ended with %v", err)
	}
	return said
}

// aside gives the receipt of what was set aside under a name.
func (b *box) aside(name string) ingest.Report {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.n.data(), app.RejectedFolder, "2026-03-12", name+".report.json"))
	if err != nil {
		b.t.Error(err)
		return ingest.Report{}
	}
	return receipts(b.t, string(text))[0]
}

// What cannot be read is set aside with its reason, and the files after it are
// taken, whatever it is.
func TestOneUnreadableFileDoesNotStopTheInbox(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make   func(b *box, path string) error
		reason string
	}{
		"a folder": {func(b *box, path string) error {
			return errors.Join(os.Mkdir(path, 0o700), os.Chtimes(path, b.now.Add(-time.Minute), b.now.Add(-time.Minute)))
		}, "It is a folder."},
		"a broken link":     {func(_ *box, path string) error { return os.Symlink("/nowhere/at/all", path) }, "It is a link."},
		"a link to a file":  {func(_ *box, path string) error { return os.Symlink("/etc/passwd", path) }, "It is a link."},
		"a link in a ring":  {func(_ *box, path string) error { return os.Symlink(path, path) }, "It is a link."},
		"a pipe":            {func(_ *box, path string) error { return syscall.Mkfifo(path, 0o600) }, "It is no file that holds anything"},
		"a name too long":   {nil, "No layout"},
		"a name of nothing": {nil, "No layout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			first := "AAA_first.csv"
			switch name {
			case "a name too long":
				first = "AAA" + strings.Repeat("ä", 122) + ".csv"
			case "a name of nothing":
				first = " "
			}
			if c.make == nil {
				b.put(first, "who,when\n")
			} else if err := c.make(b, b.path(first)); err != nil {
				t.Fatal(err)
			}
			b.put("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 30))
			b.take()
			b.now = b.now.Add(time.Minute) // What cannot be dated back has come to rest by now.
			b.take()
			onlyIn(t, filepath.Join(b.n.data(), app.InboxFolder))
			if got := b.n.days("2026-03-10", "2026-03-10"); got != "2026-03-10:30" {
				t.Errorf("the file after it: %s", got)
			}
			if c.make == nil {
				if n := len(found(t, filepath.Join(b.n.data(), app.RejectedFolder), ".report.json")); n != 1 {
					t.Errorf("%d receipts in rejected", n)
				}
				return
			}
			if r := b.aside(first); r.Outcome != ingest.Rejected || !strings.HasPrefix(r.Reason, c.reason) {
				t.Errorf("the receipt says %+v", r)
			}
		})
	}
	t.Run("one that can neither be read nor moved is said once", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		b.put("AAA_first.csv", "who,when\n")
		b.put("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 30))
		if out, err := exec.CommandContext(t.Context(), "chattr", "+i", b.path("AAA_first.csv")).CombinedOutput(); err != nil {
			t.Skipf("this system makes no file immutable: %s", out)
		}
		defer func() { _ = exec.Command("chattr", "-i", b.path("AAA_first.csv")).Run() }()
		for range 3 {
			if said := b.take(); !strings.Contains(said, "1 cannot be moved out of it") {
				t.Errorf("says %q", said)
			}
			b.now = b.now.Add(time.Minute)
		}
		if got := b.n.days("2026-03-10", "2026-03-10"); got != "2026-03-10:30" {
			t.Errorf("the file after it: %s", got)
		}
		if n := strings.Count(b.logs.String(), "level=ERROR"); n != 1 {
			t.Errorf("the log says it %d times: %s", n, b.logs)
		}
	})
	t.Run("one that the account may not read", func(t *testing.T) {
		t.Parallel()
		asNobody(t, func(c child) {
			if err := os.WriteFile(filepath.Join(c.data(), "inbox", "RZ1_2026-03-11.csv"), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T, c child, log string) {
			if got := must(t, "figures", "--data", c.data(), "--from", "2026-03-10", "--to", "2026-03-10", "--format",
				"csv"); !strings.Contains(got, "30") {
				t.Errorf("the file after it: %s", got)
			}
			all := found(t, filepath.Join(c.data(), app.RejectedFolder), ".report.json")
			if len(all) != 1 {
				t.Fatalf("set aside are %v: %s", all, log)
			}
			if text, err := os.ReadFile(all[0]); err != nil || !strings.Contains(string(text), "may not read it") {
				t.Errorf("the receipt says %s, %v", text, err)
			}
		})
	})
}

// asNobody looks through an inbox with one good file as an account without
// rights.
func asNobody(t *testing.T, fill func(child), look func(*testing.T, child, string)) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can run the program as somebody else")
	}
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(c.data(), "inbox"), 0o700); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	if err := os.WriteFile(filepath.Join(c.data(), "inbox", "RZ1_2026-03-10.csv"), []byte(northgate("2026-03-10", 1, 30)),
		0o644); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(c.home, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, nobody, nobody))
	})
	for dir := c.home; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		err = errors.Join(err, os.Chmod(dir, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	fill(c)
	old := time.Now().Add(-time.Minute)
	for _, path := range found(t, filepath.Join(c.data(), "inbox"), "") {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	// The test binary may lie where only root may look; it is run from a copy.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(c.home, "homeward")
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(program, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	cmd := c.command(t.Context(), t, c.data())
	cmd.Path, cmd.SysProcAttr = program, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	cmd.Env = append(cmd.Env, asHomeward+"="+onlyInbox)
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("the pass ended with %v: %s", err, said)
	}
	look(t, c, string(said))
}

// What is still being written to, or grew while it was read, is not taken half.
func TestAGrowingFileIsTakenWhole(t *testing.T) {
	t.Parallel()
	text := northgate("2026-03-10", 1, 30)
	t.Run("held open by its sender", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		f, err := os.OpenFile(b.path("RZ1_2026-03-10.csv"), os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text[:2000]); err != nil {
			t.Fatal(err)
		}
		b.age("RZ1_2026-03-10.csv")
		said := b.take()
		if _, err := f.WriteString(text[2000:]); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		b.age("RZ1_2026-03-10.csv")
		if said != "Files from the inbox: 1 still arriving." {
			t.Errorf("half of it: %q", said)
		}
		if said := b.take(); said != "Files from the inbox: 1 taken." {
			t.Errorf("whole: %q", said)
		}
	})
	t.Run("one whose time lies in the future is taken all the same", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		b.put("RZ1_2026-03-10.csv", text)
		if err := os.Chtimes(b.path("RZ1_2026-03-10.csv"), b.now.Add(time.Hour), b.now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if said := b.take(); said != "Files from the inbox: 1 still arriving." {
			t.Errorf("at first: %q", said)
		}
		b.now = b.now.Add(time.Minute)
		if said := b.take(); said != "Files from the inbox: 1 taken." {
			t.Errorf("a minute later: %q", said)
		}
	})
	t.Run("grown since it was read, it stays and is taken anew", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		b.put("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 20))
		grown := false
		b.app.Ingest.Now = func() time.Time {
			if !grown { // While it is taken.
				grown = true
				b.put("RZ1_2026-03-10.csv", text)
			}
			return b.now
		}
		b.take()
		if said := b.take(); said != "Files from the inbox: 1 taken." {
			t.Errorf("the second time: %q", said)
		}
		if got := b.n.days("2026-03-10", "2026-03-10"); got != "2026-03-10:30" {
			t.Errorf("counts %s", got)
		}
		onlyIn(t, filepath.Join(b.n.data(), app.InboxFolder))
	})
	t.Run("left between its taking and its removal, it changes nothing", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		b.put("RZ1_2026-03-10.csv", text)
		b.take()
		b.put(".taken-RZ1_2026-03-10.csv", text)
		b.take()
		if said := b.take(); said != "Files from the inbox: 1 already taken." {
			t.Errorf("says %q", said)
		}
		onlyIn(t, filepath.Join(b.n.data(), app.InboxFolder))
	})
}
