package app_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/backup"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
)

// No job goes on for ever: each has a limit, and none is longer than until the next
// night.
func TestEveryJobHasALimit(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	n.ingest(n.file("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 30)))
	a := openApp(t, app.Options{Data: n.data()})
	jobs, err := a.AllJobsForTests()
	if err != nil || len(jobs) < 8 {
		t.Fatalf("there are %d jobs, %v", len(jobs), err)
	}
	for _, j := range jobs {
		if j.Limit <= 0 || j.Limit > schedule.Longest {
			t.Errorf("%s has the limit %s", j.Name, j.Limit)
		}
	}
}

// The same work of a server, the console and other looks through the inbox, all at
// once, is done once: each file is there once, and each backup that was made is whole.
func TestTheSameWorkInSeveralProcessesIsDoneOnce(t *testing.T) {
	t.Parallel()
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	s := c.serve(t)
	upload := c.token(t, "upload", "--for", "RZ1")
	s.upload = upload
	inbox := filepath.Join(c.data(), app.InboxFolder)
	if err := os.MkdirAll(inbox, 0o700); err != nil {
		t.Fatal(err)
	}
	sends := filepath.Join(c.home, "sends")
	if err := os.Mkdir(sends, 0o700); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	const files = 8
	name := func(i int) string { return fmt.Sprintf("RZ1_2026-03-%02d.csv", 2+i) }
	for i := range files {
		text := []byte(northgate(fmt.Sprintf("2026-03-%02d", 2+i), 1, 30))
		for _, dir := range []string{sends, inbox} {
			// It comes into the inbox whole and at rest.
			at := filepath.Join(dir, "."+name(i))
			if err := os.WriteFile(at, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(at, long, long); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(at, filepath.Join(dir, name(i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if f := c.run(t, "ingest", "--data", c.data(), sends); f.status != app.ExitDone {
				t.Errorf("ingest ended with %d: %s%s", f.status, f.out, f.errs)
			}
		})
		all.Go(func() {
			cmd := c.command(t.Context(), t, c.data())
			cmd.Env = append(cmd.Env, asHomeward+"="+onlyInbox)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("the inbox: %v %s", err, out)
			}
		})
		all.Go(func() {
			// Two in one second have one name, and the second is refused.
			f := c.run(t, "backup", "--data", c.data())
			if f.status != app.ExitDone && !strings.Contains(f.errs, "Make one again in a second") {
				t.Errorf("backup ended with %d: %s%s", f.status, f.out, f.errs)
			}
		})
	}
	all.Go(func() {
		for i := range files {
			s.send(name(i), northgate(fmt.Sprintf("2026-03-%02d", 2+i), 1, 30))
		}
	})
	all.Wait()
	if status := s.stop(); status != app.ExitDone {
		t.Errorf("the server ended with %d: %s", status, last(s.errs.String(), 1000))
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(c.data(), sqlite.FileName)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var extracts, once int
	if err := db.QueryRow(`SELECT count(*), count(DISTINCT extract_date) FROM extract`).Scan(&extracts, &once); err != nil {
		t.Fatal(err)
	}
	if extracts != files || once != files {
		t.Errorf("there are %d extracts of %d days, %d were sent", extracts, once, files)
	}
	must(t, "verify", "--data", c.data())
	must(t, "audit", "verify", "--data", c.data())
	made := must2(backup.List(filepath.Join(c.data(), app.BackupsFolder)))
	if len(made) == 0 {
		t.Error("no backup was made")
	}
	for i, name := range made {
		to := filepath.Join(c.home, fmt.Sprintf("restored%d", i))
		if f := c.run(t, "restore", filepath.Join(c.data(), app.BackupsFolder, name), "--data", to); f.status != app.ExitDone {
			t.Errorf("%s comes back with %d: %s%s", name, f.status, f.out, f.errs)
		}
	}
}
