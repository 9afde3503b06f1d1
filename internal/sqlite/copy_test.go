package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeward/internal/durable"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/sqlite"
)

// closedDatabase gives the folder of a database that was closed.
func closedDatabase(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	settings := sqlite.DefaultSettings
	s, err := sqlite.Open(t.Context(), dir, &settings)
	if err == nil {
		_, err = s.AddPerson(t.Context(), people.Actor{Kind: people.Machine}, people.Person{Email: "a@b.example", Name: "A. Person"})
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func openCopy(t *testing.T, dir string, was *sqlite.Copy) *sqlite.Copy {
	t.Helper()
	settings := sqlite.DefaultSettings
	c, err := sqlite.OpenCopy(t.Context(), dir, &settings, was)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Nothing is written by way of a copy, and every writing says so.
func TestACopyIsNotWritten(t *testing.T) {
	t.Parallel()
	dir := closedDatabase(t)
	c := openCopy(t, dir, nil)
	by := people.Actor{Kind: people.Machine}
	for name, write := range map[string]func(context.Context) error{
		"an account": func(ctx context.Context) error {
			_, err := c.AddPerson(ctx, by, people.Person{Email: "c@d.example", Name: "C. Person"})
			return err
		},
		"the audit log": func(ctx context.Context) error { return c.Record(ctx) },
		"a run of a job": func(ctx context.Context) error {
			_, err := c.Jobs().Begin(ctx, "inbox", time.Now())
			return err
		},
		"a first page": func(ctx context.Context) error { return c.SetFirstPage(ctx, 1, "/flow") },
		"a session": func(ctx context.Context) error {
			return c.Sessions().CommitCtx(ctx, "x", []byte("y"), time.Now().Add(time.Hour))
		},
		"readiness": c.Ready,
	} {
		if err := write(t.Context()); !errors.Is(err, sqlite.ErrCopy) || problem.KindOf(err) != problem.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.TokenUsed(t.Context(), time.Now(), people.Token{ID: "x"}); err != nil {
		t.Errorf("the use of a token: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, sqlite.FileName+"*")); err != nil || len(left) != 1 {
		t.Errorf("in the folder stand %v, %v", left, err)
	}
	at, err := c.AsAt(t.Context())
	if age := time.Since(at); err != nil || age < 0 || age > time.Minute {
		t.Errorf("it is as at %s: %v", at, err)
	}
}

// A copy that is replaced is told, and what was open shows what it showed.
func TestACopyThatIsReplacedIsTold(t *testing.T) {
	t.Parallel()
	dir, other := closedDatabase(t), closedDatabase(t)
	c := openCopy(t, dir, nil)
	was, err := c.AsAt(t.Context())
	if err != nil || c.Changed() {
		t.Fatalf("at first it is changed: %v, %v", c.Changed(), err)
	}
	if err := durable.Rename(filepath.Join(other, sqlite.FileName), filepath.Join(dir, sqlite.FileName)); err != nil {
		t.Fatal(err)
	}
	if !c.Changed() {
		t.Error("it is not told that it was replaced")
	}
	var held []*sqlite.Snapshot
	for range sqlite.ReadersAtMost {
		// One that is given up is no loss.
		ctx, give := context.WithCancel(t.Context())
		if _, err := c.Snapshot(ctx); err != nil {
			t.Fatal(err)
		}
		give()
		one, err := c.Snapshot(t.Context())
		if err != nil {
			t.Fatalf("what was open is not read any more: %v", err)
		}
		held = append(held, one)
	}
	for _, one := range held {
		if at, err := one.Moment(t.Context()); err != nil || at.After(was) {
			t.Errorf("what was open shows %s, was %s: %v", at, was, err)
		}
		_ = one.Close()
	}
	next := openCopy(t, dir, c)
	if at, err := next.AsAt(t.Context()); err != nil || !at.After(was) || next.Changed() {
		t.Errorf("the newer one is as at %s, after %s: %v", at, was, err)
	}
	if err := os.Remove(filepath.Join(dir, sqlite.FileName)); err != nil || !next.Changed() {
		t.Errorf("it is not told that it is gone: %v", err)
	}
}

// A copy that somebody changes in place under SQLite's locks, as Litestream does when
// it follows, shows each change at once.
func TestACopyThatIsFollowedShowsEachChange(t *testing.T) {
	t.Parallel()
	dir := closedDatabase(t)
	db, err := sql.Open("sqlite3", filepath.Join(dir, sqlite.FileName)+"?_journal_mode=DELETE&_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `PRAGMA user_version`); err != nil {
		t.Fatal(err)
	}
	c := openCopy(t, dir, nil)
	for range 3 {
		was, err := c.AsAt(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), `UPDATE moment SET at = at + 1000000, turn = turn + 1`); err != nil {
			t.Fatal(err)
		}
		if at, err := c.AsAt(t.Context()); err != nil || at.Sub(was) != time.Second || c.Changed() {
			t.Errorf("after a change it is as at %s, was %s: %v", at, was, err)
		}
		c = openCopy(t, dir, c) // As for another partnership file.
	}
}

// What cannot be served says what to do, and nothing is made.
func TestACopyThatCannotBeServedSaysWhy(t *testing.T) {
	t.Parallel()
	settings := sqlite.DefaultSettings
	for name, c := range map[string]struct {
		spoil func(path string) error
		other bool
		kind  problem.Kind
	}{
		"gone":                {func(path string) error { return os.Remove(path) }, false, problem.NotFound},
		"half there":          {func(path string) error { return os.Truncate(path, 10) }, false, problem.Unavailable},
		"damaged":             {func(path string) error { return os.WriteFile(path, make([]byte, 5000), 0o600) }, false, problem.Unavailable},
		"not closed":          {func(path string) error { return os.WriteFile(path+"-wal", nil, 0o600) }, false, problem.Unavailable},
		"another partnership": {func(string) error { return nil }, true, problem.Conflict},
	} {
		dir := closedDatabase(t)
		if err := c.spoil(filepath.Join(dir, sqlite.FileName)); err != nil {
			t.Fatal(err)
		}
		wanted := settings
		if c.other {
			wanted.Short.Least++
		}
		opened, err := sqlite.OpenCopy(t.Context(), dir, &wanted, nil)
		if err == nil || problem.KindOf(err) != c.kind {
			t.Errorf("%s: %v, %v", name, opened, err)
		}
	}
}
