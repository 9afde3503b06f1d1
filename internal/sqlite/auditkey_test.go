package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"homeward/internal/audit"
	"homeward/internal/durable"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/sqlite"
)

func note(t testing.TB, s *sqlite.Store, n int) {
	t.Helper()
	for i := range n {
		if err := dated(s, morning.Add(time.Duration(i)*time.Minute)).Record(t.Context(),
			audit.Entry{Who: "p@example.org", What: audit.RowsExported}); err != nil {
			t.Fatal(err)
		}
	}
}

// before turns a log into one of before keys, with n entries.
func before(t *testing.T, n int) string {
	t.Helper()
	s, dir := filled(t, keyOne, evidence{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := raw(t, dir)
	var h audit.Head
	for i := range n {
		e := (&audit.Chain{}).Next(h, morning.Add(time.Duration(i)*time.Minute), audit.Entry{Who: "p@example.org",
			What: audit.RowsExported})
		if _, err := db.Exec(`INSERT INTO audit (number, at, who, acting_as, what, record, before, after, from_address, hash)
			VALUES (?, ?, ?, '', ?, '', '', '', '', ?)`,
			e.Number, e.At.UnixMicro(), e.Who, string(e.What), e.Hash[:]); err != nil {
			t.Fatal(err)
		}
		h = e.Head()
	}
	if err := os.WriteFile(filepath.Join(dir, sqlite.HeadFileName), []byte(h.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`DELETE FROM kept WHERE name = 'audit key'`); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(dir, sqlite.AuditKeyName))
	return dir
}

func whole(t testing.TB, s *sqlite.Store, entries int64) audit.Result {
	t.Helper()
	r, err := s.VerifyAudit(t.Context())
	if err != nil || !r.Whole() || r.Head.Number != entries {
		t.Errorf("%+v, %v; want %d entries that agree", r, err, entries)
	}
	return r
}

func unlockLog(t testing.TB, dir string, change ...string) {
	t.Helper()
	db := raw(t, dir)
	db.SetMaxOpenConns(1)
	for _, q := range append([]string{`DROP TRIGGER IF EXISTS audit_is_never_changed`,
		`DROP TRIGGER IF EXISTS audit_is_never_deleted`, `DROP TRIGGER IF EXISTS audit_is_only_added_to`}, change...) {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALogOfBeforeKeysIsTakenOver(t *testing.T) {
	t.Parallel()
	t.Run("whole", func(t *testing.T) {
		dir := before(t, 5)
		s := openStore(t, dir)
		defer s.Close()
		whole(t, s, 5)
		if err := dated(s, morning).UseAuditKey(t.Context(), filepath.Join(dir, sqlite.AuditKeyName)); err != nil {
			t.Fatal(err)
		}
		note(t, s, 2)
		whole(t, s, 8)
		got, err := s.AuditEvents(t.Context(), audit.Filter{What: audit.AuditKeyed})
		if err != nil || len(got) != 1 || got[0].Number != 6 || !strings.Contains(got[0].After, "the 5 entries before it agreed") {
			t.Errorf("%v, %v", got, err)
		}
		if info, err := os.Stat(filepath.Join(dir, sqlite.AuditKeyName)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		// What is older than the key cannot be changed either.
		unlockLog(t, dir, `UPDATE audit SET who = 'x' WHERE number = 2`)
		if r, err := s.VerifyAudit(t.Context()); err != nil || r.Whole() {
			t.Errorf("%v, %v", r, err)
		}
	})
	t.Run("altered before, which is written down", func(t *testing.T) {
		dir := before(t, 5)
		unlockLog(t, dir, `UPDATE audit SET who = 'x' WHERE number = 2`)
		s := openStore(t, dir)
		defer s.Close()
		note(t, s, 1)
		got, err := s.AuditEvents(t.Context(), audit.Filter{What: audit.AuditKeyed})
		if err != nil || len(got) != 1 || !strings.Contains(got[0].After,
			"did not agree: The log does not match its check value from entry 2") {
			t.Errorf("%v, %v", got, err)
		}
		if r, err := s.VerifyAudit(t.Context()); err != nil || r.Whole() {
			t.Errorf("%v, %v", r, err)
		}
	})
	t.Run("by several at once", func(t *testing.T) {
		dir := before(t, 5)
		var all sync.WaitGroup
		for range 4 {
			s := openStore(t, dir)
			defer s.Close()
			all.Go(func() { note(t, s, 3) })
		}
		all.Wait()
		s := openStore(t, dir)
		defer s.Close()
		whole(t, s, 5+1+12)
	})
}

// Whoever has the database and the head file, and not the key, can write no log
// that passes.
func TestALogWrittenAnewWithoutTheKeyIsFound(t *testing.T) {
	t.Parallel()
	s, dir := filled(t, keyOne, evidence{})
	note(t, s, 6)
	whole(t, s, 6)
	var h audit.Head
	changes := []string{`DELETE FROM audit`}
	for i := range 6 {
		e := (&audit.Chain{}).Next(h, morning.Add(time.Duration(i)*time.Minute), audit.Entry{Who: "somebody else",
			What: audit.RowsExported})
		changes = append(changes, fmt.Sprintf(`INSERT INTO audit (number, at, who, acting_as, what, record, before, after, from_address, hash)
			VALUES (%d, %d, '%s', '', '%s', '', '', '', '', x'%x')`,
			e.Number, e.At.UnixMicro(), e.Who, e.What, e.Hash))
		h = e.Head()
	}
	unlockLog(t, dir, changes...)
	if err := os.WriteFile(filepath.Join(dir, sqlite.HeadFileName), []byte(h.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := s.VerifyAudit(t.Context()); err != nil || r.Whole() {
		t.Errorf("%+v, %v", r, err)
	}
}

// The head shows that a log was cut, and goes on showing it whatever is recorded
// afterwards, until people say that they have looked into it.
func TestTheHeadOfACutLogStays(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(dir string){
		"cut":          func(dir string) { unlockLog(t, dir, `DELETE FROM audit WHERE number > 3`) },
		"head removed": func(dir string) { _ = os.Remove(filepath.Join(dir, sqlite.HeadFileName)) },
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := filled(t, keyOne, evidence{})
			note(t, s, 6)
			change(dir)
			note(t, s, 9)
			r, err := s.VerifyAudit(t.Context())
			if err != nil || r.Whole() {
				t.Errorf("%+v, %v", r, err)
			}
			if err := dated(s, morning).BeginAuditAnew(t.Context(), machine, "Looked into on 4 November"); err != nil {
				t.Fatal(err)
			}
			note(t, s, 1)
			whole(t, s, r.Head.Number+2)
			got, err := s.AuditEvents(t.Context(), audit.Filter{What: audit.AuditBegunAnew})
			if err != nil || len(got) != 1 || got[0].Before == "" || got[0].After != "Looked into on 4 November" {
				t.Errorf("%v, %v", got, err)
			}
			if err := dated(s, morning).BeginAuditAnew(t.Context(), machine, "again"); problem.KindOf(err) != problem.Conflict {
				t.Errorf("again: %v", err)
			}
		})
	}
}

func TestALostAuditKeyIsNamedAndNoneIsMade(t *testing.T) {
	t.Parallel()
	s, dir := filled(t, keyOne, evidence{})
	note(t, s, 6)
	path := filepath.Join(dir, sqlite.AuditKeyName)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := dated(s, morning).Record(t.Context(), audit.Entry{What: audit.Edited}); problem.KindOf(err) != problem.Unavailable ||
		!strings.Contains(err.Error(), "begin-anew") {
		t.Errorf("recording: %v", err)
	}
	if _, err := s.VerifyAudit(t.Context()); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("verifying: %v", err)
	}
	if err := dated(s, morning).UseAuditKey(t.Context(), path); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("opening: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Fatal("one was made")
	}
	if err := dated(s, morning).BeginAuditAnew(t.Context(), machine, "The disk died"); err != nil {
		t.Fatal(err)
	}
	note(t, s, 1)
	if r := whole(t, s, 8); len(r.Notes) != 1 {
		t.Errorf("says %v", r.Notes)
	}
	t.Run("another database's key is refused", func(t *testing.T) {
		other, otherDir := filled(t, keyOne, evidence{})
		note(t, other, 1)
		text, err := os.ReadFile(filepath.Join(otherDir, sqlite.AuditKeyName))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := dated(s, morning).Record(t.Context(), audit.Entry{What: audit.Edited}); problem.KindOf(err) != problem.Conflict {
			t.Errorf("recording: %v", err)
		}
	})
}

// The data folder as a power cut leaves it, after any step of any entry, reads
// as whole, and so it does after further entries.
func TestNoPowerCutReadsAsACutLog(t *testing.T) {
	s, dir := filled(t, keyOne, evidence{})
	var cuts []string
	see := func(step durable.Step) {
		if !strings.HasPrefix(step.Path, dir) {
			return
		}
		// What was renamed and whose folder was not synced has its old name.
		to := t.TempDir()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Error(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil || strings.HasSuffix(e.Name(), "-shm") {
				continue
			}
			if step.Did == "rename" && filepath.Join(dir, e.Name()) == step.To {
				continue
			}
			if err := os.WriteFile(filepath.Join(to, e.Name()), text, 0o600); err != nil {
				t.Error(err)
			}
		}
		if step.Did == "rename" && filepath.Base(step.To) == sqlite.HeadFileName {
			if text, err := os.ReadFile(filepath.Join(cuts[len(cuts)-1], sqlite.HeadFileName)); err == nil {
				if err := os.WriteFile(filepath.Join(to, sqlite.HeadFileName), text, 0o600); err != nil {
					t.Error(err)
				}
			}
		}
		cuts = append(cuts, to)
	}
	durable.Observer.Store(&see)
	note(t, s, 3)
	durable.Observer.Store(nil)
	if len(cuts) < 10 {
		t.Fatalf("only %d steps were seen", len(cuts))
	}
	for i, dir := range cuts {
		cut := openStore(t, dir)
		r, err := cut.VerifyAudit(t.Context())
		if err != nil || !r.Whole() {
			t.Errorf("after step %d: %v, %v", i, r.Findings, err)
		}
		note(t, cut, 1)
		whole(t, cut, r.Head.Number+1)
		if err := cut.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What is committed is said to be done, and the head that could not follow is
// said to lag behind, not to be cut.
func TestAHeadThatCannotBeWrittenUndoesNothing(t *testing.T) {
	t.Parallel()
	s, dir := filled(t, keyOne, evidence{})
	note(t, s, 2)
	head := filepath.Join(dir, sqlite.HeadFileName)
	was, err := os.ReadFile(head)
	if err != nil {
		t.Fatal(err)
	}
	// A folder in its place cannot be replaced by a file.
	blocked := func() {
		if err := os.Remove(head); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(head, was, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	see := func(step durable.Step) {
		if step.Did == "sync" && strings.HasPrefix(step.Path, filepath.Join(dir, ".writing-")) {
			_ = os.Remove(head)
			_ = os.MkdirAll(filepath.Join(head, "in the way"), 0o700)
		}
	}
	durable.Observer.Store(&see)
	id, err := dated(s, morning).AddPerson(context.Background(), machine, people.Person{Email: "a@example.org", Name: "Someone"})
	durable.Observer.Store(nil)
	if err != nil {
		t.Errorf("the person is there and the caller is told: %v", err)
	}
	accountOf(t, s, id)
	if err := os.RemoveAll(filepath.Join(head, "in the way")); err != nil {
		t.Fatal(err)
	}
	blocked()
	if r := whole(t, s, 3); len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "names entry 2 and the log goes on to entry 3") {
		t.Errorf("says %v", r.Notes)
	}
}

// A restore that was cut off after the log said it, and is noted again at the next
// start, is said once; another one is said too.
func TestARestoreThatIsNotedAgainIsSaidOnce(t *testing.T) {
	t.Parallel()
	s, _ := filled(t, keyOne, evidence{})
	note(t, s, 3)
	first := whole(t, s, 3).Head
	for range 2 {
		if err := dated(s, morning).Restored(t.Context(), "homeward-2026-11-04.tar.gz", &first); err != nil {
			t.Fatal(err)
		}
	}
	second := whole(t, s, 4).Head
	if err := dated(s, morning).Restored(t.Context(), "homeward-2026-11-04.tar.gz", &second); err != nil {
		t.Fatal(err)
	}
	whole(t, s, 5)
}
