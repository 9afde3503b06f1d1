package app_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/sqlite"
)

// everyCommand is each command that opens a data folder, with what it needs.
func everyCommand(n northshire) map[string][]string {
	at := "--data=" + n.data()
	return map[string][]string{
		"init":            {"init", at},
		"ingest":          {"ingest", at, n.file("RZ1_2026-03-13.csv", northgate("2026-03-13", 1, 30))},
		"figures":         {"figures", at, "--from", "2026-03", "--to", "2026-03"},
		"figures of then": {"figures", at, "--from", "2026-03", "--to", "2026-03", "--as-known-at", "2026-03-31"},
		"public figures":  {"figures", at, "--from", "2026-03", "--to", "2026-03", "--public"},
		"delays":          {"delays", at},
		"identifiers":     {"delays", at, "--identifiers"},
		"accept":          {"accept", at, "--provider", "RZ1", "--date", "2026-03-10", "--reason", "right"},
		"serve":           {"serve", at, "--listen", "127.0.0.1:0"},
		"render":          {"render", at, "--out", filepath.Join(n.dir, "out")},
		"user list":       {"user", "list", at},
		"user add":        {"user", "add", "b@example.org", at, "--role", "viewer"},
		"token list":      {"token", "list", at},
		"token add":       {"token", "add", "figures", at, "--label", "x"},
		"key rotate":      {"key", "rotate", at},
		"audit verify":    {"audit", "verify", at},
		"audit export":    {"audit", "export", at},
		"retention run":   {"retention", "run", at},
		"verify":          {"verify", at},
		"demo":            {"demo", at, "--fill-only"},
	}
}

// A database that is missing or empty beside what shows that there was one is
// never replaced: every command says so, and ends with a status that says so.
func TestALostDatabaseIsNeverReplaced(t *testing.T) {
	skipShort(t)
	t.Parallel()
	database := func(n northshire) string { return filepath.Join(n.data(), sqlite.FileName) }
	gone := func(n northshire) error {
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(database(n) + end); err != nil && end == "" {
				return err
			}
		}
		return nil
	}
	keep := func(n northshire, names ...string) error {
		var all error
		for _, name := range []string{app.KeyFile, sqlite.AuditKeyName, sqlite.HeadFileName, app.PacksFolder, app.ReceivedFolder} {
			kept := false
			for _, k := range names {
				kept = kept || k == name
			}
			if !kept {
				all = errors.Join(all, os.RemoveAll(filepath.Join(n.data(), name)))
			}
		}
		return all
	}
	for name, lose := range map[string]func(northshire) error{
		"missing":                  gone,
		"empty":                    func(n northshire) error { return errors.Join(gone(n), os.WriteFile(database(n), nil, 0o600)) },
		"missing beside its log":   func(n northshire) error { return os.Remove(database(n)) },
		"missing, only a key left": func(n northshire) error { return errors.Join(gone(n), keep(n, app.KeyFile)) },
		"missing, only a head":     func(n northshire) error { return errors.Join(gone(n), keep(n, sqlite.HeadFileName)) },
		"missing, only packs":      func(n northshire) error { return errors.Join(gone(n), keep(n, app.PacksFolder)) },
		"missing, only files":      func(n northshire) error { return errors.Join(gone(n), keep(n, app.ReceivedFolder)) },
		"new": func(n northshire) error {
			if err := gone(n); err != nil {
				return err
			}
			s, err := sqlite.Open(t.Context(), n.data(), nil)
			return errors.Join(err, s.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNorthshire(t)
			must(t, "ingest", "--data", n.data(), n.file("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 30)))
			must(t, "token", "add", "figures", "--data", n.data(), "--label", "x")
			if err := os.MkdirAll(filepath.Join(n.data(), app.PacksFolder, "weekly"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := lose(n); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(database(n))
			for what, args := range everyCommand(n) {
				status, out, errs := run(t, args...)
				if what == "demo" || what == "identifiers" {
					if status == app.ExitDone {
						t.Errorf("%s ended with %d: %s%s", what, status, out, errs)
					}
					continue
				}
				if status != app.ExitLess || !strings.Contains(errs, "Restore the database from your backup") {
					t.Errorf("%s ended with %d: %s%s", what, status, last(out, 300), last(errs, 600))
				}
			}
			after, err := os.ReadFile(database(n))
			if len(after) != len(before) || err == nil && before == nil {
				t.Errorf("a database of %d bytes stands where one of %d stood", len(after), len(before))
			}
		})
	}
	t.Run("a new folder begins, by whatever command", func(t *testing.T) {
		n := northshire{t, t.TempDir()}
		must(t, "init", "--data", n.data())
		if status, _, errs := run(t, "figures", "--data", n.data(), "--from", "2026-03", "--to", "2026-03"); status != app.ExitLess ||
			!strings.Contains(errs, "no database") {
			t.Errorf("figures of nothing ended with %d: %s", status, errs)
		}
		must(t, "user", "list", "--data", n.data())
		n = newNorthshire(t)
		must(t, "ingest", "--data", n.data(), n.file("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 30)))
		must(t, "verify", "--data", n.data())
		if left, err := filepath.Glob(filepath.Join(n.data(), "*.making")); err != nil || len(left) > 0 {
			t.Errorf("%v is left", left)
		}
	})
}

// Keys and a database that everybody on the machine may open are refused, with
// the command that mends it.
func TestWhatEverybodyMayOpenIsRefused(t *testing.T) {
	skipShort(t)
	t.Parallel()
	for _, name := range []string{app.KeyFile, sqlite.AuditKeyName, sqlite.FileName} {
		for _, mode := range []os.FileMode{0o644, 0o604, 0o666} {
			t.Run(name+" "+mode.String(), func(t *testing.T) {
				n := newNorthshire(t)
				n.dir = filepath.Join(n.dir, "it's one")
				if err := os.CopyFS(n.data(), os.DirFS(northshireExample)); err != nil {
					t.Fatal(err)
				}
				must(t, "ingest", "--data", n.data(), n.file("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 30)))
				must(t, "token", "add", "figures", "--data", n.data(), "--label", "x")
				path := filepath.Join(n.data(), name)
				if err := os.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
				for what, args := range everyCommand(n) {
					if what == "init" || what == "demo" {
						continue
					}
					status, _, errs := run(t, args...)
					_, command, said := strings.Cut(errs, "Mend it with: ")
					if status != app.ExitLess || !said || !strings.HasPrefix(command, "chmod 600 ") {
						t.Errorf("%s ended with %d: %s", what, status, errs)
					}
				}
				_, _, errs := run(t, "verify", "--data", n.data())
				_, command, _ := strings.Cut(errs, "Mend it with: ")
				shell(t, strings.TrimSpace(command))
				must(t, "verify", "--data", n.data())
			})
		}
	}
}

// Whatever the umask, what the program writes in the data folder is for its own
// account alone.
func TestWhatIsWrittenIsForOneAccountAlone(t *testing.T) {
	skipShort(t)
	t.Parallel()
	c := newChild(t)
	put := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sh := func(line string) {
		t.Helper()
		cmd := c.command(t.Context(), t)
		shellWith(t, cmd.Env, "umask 000; "+line)
	}
	self := quote(executable(t))
	sh(self + " init --data " + quote(c.data()))
	if err := os.CopyFS(filepath.Join(c.home, "example"), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	partnership := " --partnership " + quote(filepath.Join(c.home, "example", "partnership.yaml"))
	put(filepath.Join(c.home, "RZ1_2026-03-10.csv"), northgate("2026-03-10", 1, 30))
	sh(self + " ingest --data " + quote(c.data()) + partnership + " " + quote(filepath.Join(c.home, "RZ1_2026-03-10.csv")))
	sh(self + " token add figures --label x --data " + quote(c.data()) + partnership)
	sh(self + " key rotate --data " + quote(c.data()) + partnership)
	if err := os.MkdirAll(filepath.Join(c.data(), app.InboxFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Minute)
	for name, text := range map[string]string{"RZ1_2026-03-11.csv": northgate("2026-03-11", 1, 30), "rota.csv": "who,when\n"} {
		path := filepath.Join(c.data(), app.InboxFolder, name)
		put(path, text)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	shellWith(t, append(c.command(t.Context(), t).Env, asHomeward+"="+onlyInbox), "umask 000; cp -r "+quote(filepath.Join(c.home,
		"example"))+"/. "+quote(c.data())+
		"; chmod 700 "+quote(filepath.Join(c.data(),
		"layouts"))+"; chmod 600 "+quote(c.data())+"/*.yaml "+quote(c.data())+"/layouts/*; "+self+" "+quote(c.data()))
	if n := len(found(t, filepath.Join(c.data(), app.RejectedFolder), "")); n != 2 {
		t.Errorf("%d files in rejected", n)
	}
	wantPrivate(t, c.data())
}

// A data folder that can only be read is read: figures, delays and both checks say
// what they say of one that can be written in, and nothing else is done.
func TestAFolderThatCanOnlyBeReadIsRead(t *testing.T) {
	t.Parallel()
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	extract := filepath.Join(c.home, "RZ1_2026-03-10.csv")
	if err := os.WriteFile(extract, []byte(northgate("2026-03-10", 1, 30)), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "ingest", "--data", c.data(), extract)
	questions := [][]string{
		{"figures", "--from", "2026-03", "--to", "2026-03", "--by", everyBreakdown, "--format", "csv"},
		{"delays"}, {"verify"}, {"audit", "verify"},
	}
	asked := func(ask func(args ...string) (int, string)) (out []string) {
		t.Helper()
		for _, args := range questions {
			status, said := ask(append(args, "--data", c.data())...)
			if status != app.ExitDone {
				t.Errorf("%v ended with %d: %s", args, status, said)
			}
			out = append(out, said)
		}
		return out
	}
	want := asked(func(args ...string) (int, string) {
		status, out, errs := run(t, args...)
		return status, out + errs
	})
	readOnly := func(args ...string) (int, string) {
		cmd := c.command(t.Context(), t, args...)
		if os.Geteuid() == 0 {
			const mounted = `mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"`
			cmd.Args = append([]string{"unshare", "-m", "sh", "-c", mounted, "sh", c.data(), cmd.Path}, args...)
			cmd.Path = must2(exec.LookPath("unshare"))
		}
		out, err := cmd.CombinedOutput()
		if ended := (*exec.ExitError)(nil); err != nil && !errors.As(err, &ended) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), string(out)
	}
	if os.Geteuid() == 0 {
		if err := exec.CommandContext(t.Context(), "unshare", "-m", "true").Run(); err != nil {
			t.Skipf("no mounts of its own can be had here: %v", err)
		}
	} else {
		if err := os.Chmod(c.data(), 0o500); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.Chmod(c.data(), 0o700) }()
	}
	for i, got := range asked(readOnly) {
		if got != want[i] {
			t.Errorf("%v says %s, want %s", questions[i], got, want[i])
		}
	}
	if status, said := readOnly("ingest", "--data", c.data(), extract); status != app.ExitLess || !strings.Contains(said, "can only be read") {
		t.Errorf("an extract: %d %s", status, said)
	}
	if status, said := readOnly("delays", "--data", c.data(), "--as-known-at", "2026-03-31"); status != app.ExitLess ||
		!strings.Contains(said, "Looking back makes a copy") {
		t.Errorf("looking back: %d %s", status, said)
	}
	// What is in the log beside the database would be passed over.
	if err := os.WriteFile(filepath.Join(c.data(), sqlite.FileName+"-wal"), []byte("x"), 0o600); err == nil {
		status, said := readOnly("figures", "--data", c.data(), "--from", "2026-03", "--to", "2026-03")
		if status != app.ExitLess || !strings.Contains(said, "Copy the folder to a place that may be written in") {
			t.Errorf("with a log: %d %s", status, said)
		}
	}
}
