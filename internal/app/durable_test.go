package app_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/durable"
	"homeward/internal/sqlite"
)

// sealedFiles counts the received files that a data folder keeps, and demands
// that nothing else stands among them.
func sealedFiles(t testing.TB, data string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(filepath.Join(data, app.ReceivedFolder), func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || e.IsDir() {
			return err
		}
		if !strings.HasSuffix(path, ".sealed") {
			t.Errorf("%s stands among the received files", e.Name())
		}
		n++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// disk follows what would be left of a data folder if the power went now: of a
// file whose content was not synced nothing, of a rename or removal whose
// folder was not synced the name of before.
type disk struct {
	mu     sync.Mutex
	synced map[string]bool   // content is on the disk
	moved  map[string]string // new name → old name, not on the disk yet
	cuts   []cut
	root   string
	to     func() string
	// acknowledged is what has been promised so far.
	acknowledged func() []string
}

// cut is a data folder as a power cut left it.
type cut struct {
	after        durable.Step
	dir          string
	acknowledged []string
}

func (d *disk) see(t testing.TB, s durable.Step) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !strings.HasPrefix(s.Path, d.root) {
		return
	}
	switch s.Did {
	case "sync":
		d.synced[s.Path] = true
	case "rename":
		d.moved[s.To] = s.Path
		d.synced[s.To] = d.synced[s.Path]
	case "sync folder":
		maps.DeleteFunc(d.moved, func(to, _ string) bool { return filepath.Dir(to) == s.Path })
	}
	c := cut{after: s, dir: d.to(), acknowledged: d.acknowledged()}
	err := filepath.WalkDir(d.root, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(d.root, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(c.dir, rel), 0o700)
		}
		if from, ok := d.moved[path]; ok {
			if rel, err = filepath.Rel(d.root, from); err != nil {
				return err
			}
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		// SQLite syncs its own, and the files of before the test are on the disk.
		ours := strings.Contains(rel, app.ReceivedFolder) || strings.Contains(rel, app.RejectedFolder)
		if ours && !d.synced[path] {
			text = nil
		}
		if err != nil || strings.HasSuffix(path, "-shm") {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		copied := filepath.Join(c.dir, rel)
		return errors.Join(err, os.WriteFile(copied, text, 0o600), os.Chtimes(copied, info.ModTime(), info.ModTime()))
	})
	if err != nil {
		t.Error(err)
	}
	d.cuts = append(d.cuts, c)
}

// Whatever the moment at which the power goes, what had left the inbox by then
// or was answered counts after a new start, and what had not is still there.
func TestAPowerCutLosesNothingThatWasAcknowledged(t *testing.T) {
	skipShort(t)
	n := newNorthshire(t)
	now := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	open := func(dir string) *app.App {
		t.Helper()
		a, err := app.Open(t.Context(), app.Options{Data: dir, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := open(n.data())
	inbox := filepath.Join(n.data(), app.InboxFolder)
	if _, err := a.TakeInbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	days := map[string][32]byte{}
	for i, day := range []string{"2026-03-10", "2026-03-11", "2026-03-12"} {
		name := "RZ1_" + day + ".csv"
		days[name] = sha256.Sum256([]byte(northgate(day, 1, 30+i)))
		path := filepath.Join(inbox, name)
		if err := os.WriteFile(path, []byte(northgate(day, 1, 30+i)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-time.Minute), now.Add(-time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(inbox, "holiday rota.csv"), []byte("who,when\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(inbox, "holiday rota.csv"), now.Add(-time.Minute), now.Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	d := &disk{synced: map[string]bool{}, moved: map[string]string{}, root: n.data(), to: t.TempDir,
		acknowledged: func() []string {
			var out []string
			for name := range days {
				if _, err := os.Stat(filepath.Join(inbox, name)); err != nil {
					out = append(out, name)
				}
			}
			slices.Sort(out)
			return out
		}}
	see := func(s durable.Step) { d.see(t, s) }
	durable.Observer.Store(&see)
	_, err := a.TakeInbox(t.Context())
	durable.Observer.Store(nil)
	if err := errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
	want := everything(t, n.data(), "2026-03-01", "2026-03-31")
	if len(d.cuts) < 20 {
		t.Fatalf("only %d steps were seen", len(d.cuts))
	}
	most := 0
	for i, c := range d.cuts {
		most = max(most, len(c.acknowledged))
		b := open(c.dir)
		if err := b.TakeAgain(t.Context()); err != nil {
			t.Fatalf("a cut after step %d (%v): %v", i, c.after, err)
		}
		has := func(name string) bool {
			known, err := b.Store.HasFile(t.Context(), days[name])
			if err != nil {
				t.Fatal(err)
			}
			return known
		}
		for _, name := range c.acknowledged {
			if !has(name) {
				t.Errorf("a cut after step %d (%v): %s had left the inbox and does not count", i, c.after, name)
			}
			if o, err := b.Received.Open(days[name]); err != nil {
				t.Errorf("a cut after step %d (%v): %s is not kept: %v", i, c.after, name, err)
			} else if _, err := io.Copy(io.Discard, o); errors.Join(err, o.Close()) != nil {
				t.Errorf("a cut after step %d (%v): what is kept of %s is not whole: %v", i, c.after, name, err)
			}
		}
		// Then the inbox goes on, and everything is there once.
		said, err := b.TakeInbox(t.Context())
		if err != nil {
			t.Fatalf("a cut after step %d (%v): %v", i, c.after, err)
		}
		for name := range days {
			if !has(name) {
				t.Errorf("a cut after step %d (%v): %s is lost; the inbox says %s", i, c.after, name, said)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if got := everything(t, c.dir, "2026-03-01", "2026-03-31"); got != want {
			t.Errorf("a cut after step %d (%v): the figures are other ones", i, c.after)
		}
		for _, receipt := range found(t, filepath.Join(c.dir, app.RejectedFolder), ".report.json") {
			if text, err := os.ReadFile(receipt); err != nil || len(text) == 0 {
				t.Errorf("a cut after step %d (%v): the receipt is empty", i, c.after)
			}
		}
	}
	if most != len(days) {
		t.Errorf("%d files left the inbox, %d came", most, len(days))
	}
}

// found gives the files below dir whose names end so.
func found(t testing.TB, dir, ending string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(path, ending) {
			out = append(out, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A database of before the newest files, as a restored backup is or one whose
// disk lied: at the start everything that was received since is taken in again,
// with a word in its receipt and in the log, as received when it was.
func TestWhatTheDatabaseLostIsTakenInAgain(t *testing.T) {
	t.Parallel()
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	send := func(day string, rows int) {
		t.Helper()
		file := filepath.Join(c.home, "RZ1_"+day+".csv")
		if err := os.WriteFile(file, []byte(northgate(day, 1, rows)), 0o600); err != nil {
			t.Fatal(err)
		}
		if f := c.run(t, "ingest", "--data", c.data(), file); f.status != app.ExitDone {
			t.Fatalf("ended with %d: %s%s", f.status, f.out, f.errs)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	send("2026-03-10", 30)
	backup := filepath.Join(c.home, "backup.db")
	if err := copyFile(filepath.Join(c.data(), sqlite.FileName), backup); err != nil {
		t.Fatal(err)
	}
	send("2026-03-11", 31)
	send("2026-03-12", 32)
	if err := copyFile(backup, filepath.Join(c.data(), sqlite.FileName)); err != nil {
		t.Fatal(err)
	}
	for _, beside := range []string{"-wal", "-shm"} {
		_ = os.Remove(filepath.Join(c.data(), sqlite.FileName+beside))
	}
	s := c.serve(t)
	s.figures = c.token(t, "figures")
	if got := s.get("/figures.csv?from=2026-03-10&to=2026-03-12&by=day"); !strings.Contains(got, "2026-03-11,32") ||
		!strings.Contains(got, "2026-03-12,32") {
		t.Errorf("the figures are %s", got)
	}
	if status := s.stop(); status != app.ExitDone {
		t.Errorf("ended with %d", status)
	}
	if n := strings.Count(s.errs.String(), "was taken in again"); n != 2 {
		t.Errorf("the log says it %d times: %s", n, s.errs)
	}
	s = c.serve(t)
	if status := s.stop(); status != app.ExitDone || strings.Contains(s.errs.String(), "again") {
		t.Errorf("a second start ended with %d: %s", status, s.errs)
	}
	if n := sealedFiles(t, c.data()); n != 3 {
		t.Errorf("%d files are kept, 3 were sent", n)
	}
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

// What earlier versions kept in clear is sealed, and its clear copies go.
func TestTheArchiveIsSealed(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	a, err := app.Open(t.Context(), app.Options{Data: n.data()})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	dir := filepath.Join(n.data(), app.ArchiveFolder, "2026-03-12")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	known, lost := northgate("2026-03-10", 1, 30), northgate("2026-03-11", 1, 31)
	for name, text := range map[string]string{
		"RZ1_2026-03-10.csv": known, "RZ1_2026-03-10.csv.report.json": "{}", "RZ1_2026-03-11.csv": lost,
		"RZ1_2026-03-11.csv.report.json": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	// As before files were kept: the first is in the database and not sealed.
	if err := a.TakeIn(t.Context(), []string{filepath.Join(dir, "RZ1_2026-03-10.csv")}); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(n.data(), app.ReceivedFolder)); err != nil {
		t.Fatal(err)
	}
	said, err := a.TakeInbox(t.Context())
	if err != nil || !strings.Contains(said, "2 files of the archive were sealed") {
		t.Errorf("says %q, %v", said, err)
	}
	if _, err := os.Stat(filepath.Join(n.data(), app.ArchiveFolder)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the archive is still there: %v", err)
	}
	if got, want := n.days("2026-03-10", "2026-03-11"), "2026-03-10:31 2026-03-11:31"; got != want {
		t.Errorf("counts %s, want %s", got, want)
	}
	all, err := a.Received.After("")
	if err != nil || len(all) != 2 {
		t.Fatalf("kept are %v, %v", all, err)
	}
	for _, e := range all {
		o, err := a.Received.Open(e.Sum)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(o)
		if err := errors.Join(err, o.Close()); err != nil || string(text) != known && string(text) != lost {
			t.Errorf("%s opens as %.30q, %v", o.Name, text, err)
		}
	}
	for _, path := range found(t, filepath.Join(n.data(), app.ReceivedFolder), "") {
		if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "L00001") || strings.Contains(string(text), "RZ1") {
			t.Errorf("P2: a sealed file gives its content away, %v", err)
		}
	}
}
