package app_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/sqlite"
)

// ready asks the server whether it is, and gives the status and what it says.
func (s *served) ready() (int, string) {
	s.t.Helper()
	time.Sleep(1100 * time.Millisecond) // A write that came through speaks for a second.
	res, err := s.ask(http.MethodGet, "/readyz", "", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// upload sends an extract and gives the answer's status.
func (s *served) uploads(day string) int {
	s.t.Helper()
	res, err := s.ask(http.MethodPost, "/api/v1/extracts?name=RZ1_"+day+".csv", s.upload, strings.NewReader(northgate(day, 1, 30)))
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode
}

// smallDisk makes a folder that is a disk of 80 MB, where the machine lets it.
func smallDisk(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=80m,mode=0700", "tmpfs",
		dir).CombinedOutput(); err != nil {
		t.Skipf("no small disk can be mounted here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
}

// fill fills a disk to the last of it, so that not a page more can be written, until
// the function that it gives is called.
func fill(t *testing.T, dir string) (empty func()) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 20; size >= 512; {
		if _, err := f.Write(bytes.Repeat([]byte("x"), size)); err != nil {
			size /= 2
		}
	}
	return func() {
		t.Helper()
		if err := errors.Join(f.Truncate(0), f.Close(), os.Remove(f.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// What is not kept is never acknowledged, and the server says itself that it is
// not ready, and why.
func TestReadinessIsHonest(t *testing.T) {
	t.Parallel()
	began := func(t *testing.T, c child) *served {
		t.Helper()
		if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
			t.Fatal(err)
		}
		s := c.serve(t)
		s.upload = c.token(t, "upload", "--for", "RZ1")
		if status, said := s.ready(); status != http.StatusOK {
			t.Fatalf("at first: %d %s", status, said)
		}
		if status := s.uploads("2026-03-10"); status != http.StatusCreated {
			t.Fatalf("at first an upload is answered %d", status)
		}
		return s
	}
	want := func(t *testing.T, s *served, words string) {
		t.Helper()
		if status, said := s.ready(); status != http.StatusServiceUnavailable || !strings.Contains(said, words) {
			t.Errorf("answers %d %s, want that %q", status, said, words)
		}
	}
	for _, end := range []string{"", "-wal"} {
		name := sqlite.FileName + end
		t.Run(name+" deleted", func(t *testing.T) {
			t.Parallel()
			c := newChild(t)
			s := began(t, c)
			defer s.stop()
			if err := os.Remove(filepath.Join(c.data(), name)); err != nil {
				t.Fatal(err)
			}
			if status := s.uploads("2026-03-11"); status != http.StatusServiceUnavailable {
				t.Errorf("an upload into a deleted file is answered %d", status)
			}
			want(t, s, "was removed")
			if f := c.run(t, "healthcheck", "--listen", s.address); f.status != app.ExitLess {
				t.Errorf("healthcheck ended with %d", f.status)
			}
			if n := sealedFiles(t, c.data()); n != 1 {
				t.Errorf("%d files are kept, one was acknowledged", n)
			}
		})
	}
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		c := newChild(t)
		s := began(t, c)
		defer s.stop()
		path := filepath.Join(c.data(), sqlite.FileName)
		if err := errors.Join(copyFile(path, path+".new"), os.Rename(path+".new", path)); err != nil {
			t.Fatal(err)
		}
		if status := s.uploads("2026-03-11"); status != http.StatusServiceUnavailable {
			t.Errorf("an upload into a replaced file is answered %d", status)
		}
		want(t, s, "was replaced")
	})
	t.Run("locked by another program", func(t *testing.T) {
		t.Parallel()
		c := newChild(t)
		s := began(t, c)
		defer s.stop()
		db, err := sql.Open("sqlite3", filepath.Join(c.data(), sqlite.FileName)+"?_txlock=immediate")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		want(t, s, "locked by another program")
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if status, said := s.ready(); status != http.StatusOK {
			t.Errorf("afterwards: %d %s", status, said)
		}
	})
	t.Run("the disk full", func(t *testing.T) {
		t.Parallel()
		c := newChild(t)
		smallDisk(t, c.data())
		s := began(t, c)
		defer s.stop()
		empty := fill(t, c.data())
		if status := s.uploads("2026-03-11"); status != http.StatusServiceUnavailable {
			t.Errorf("an upload onto a full disk is answered %d", status)
		}
		want(t, s, "Make room")
		empty()
		if status := s.uploads("2026-03-11"); status != http.StatusCreated {
			t.Errorf("with room again an upload is answered %d", status)
		}
		if status, said := s.ready(); status != http.StatusOK {
			t.Errorf("with room again: %d %s", status, said)
		}
	})
	t.Run("a job that did not finish", func(t *testing.T) {
		t.Parallel()
		c := newChild(t)
		s := began(t, c)
		if status := s.stop(); status != app.ExitDone {
			t.Fatal(status)
		}
		db, err := sql.Open("sqlite3", filepath.Join(c.data(), sqlite.FileName))
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().UnixMicro()
		_, err = db.Exec(`
			INSERT INTO job_run (job, began_at, ended_at, result, message)
			VALUES ('verify', ?1, ?1, 'Did not finish', 'It differs.')`, now)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		s = c.serve(t)
		defer s.stop()
		deadline := time.Now().Add(20 * time.Second)
		for {
			status, said := s.ready()
			if status == http.StatusServiceUnavailable && strings.Contains(said, "Verify the figures") {
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("answers %d %s", status, said)
				break
			}
		}
	})
}
