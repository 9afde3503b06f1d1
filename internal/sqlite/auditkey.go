package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"homeward/internal/audit"
	"homeward/internal/durable"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// AuditKeyName is the name of the file with the secret that the audit log is
// bound with. It stands beside the key of identifiers.
const AuditKeyName = "audit.key"

// chainFile is the audit log's chain with the file that it was read from.
type chainFile struct {
	mu    sync.Mutex
	path  string // empty: beside the database
	chain *audit.Chain
	info  fs.FileInfo
}

// UseAuditKey says where the audit log's key stands. A log that has none gets
// one: what is there is verified first, and an entry says what was found.
func (s *Store) UseAuditKey(ctx context.Context, path string) error {
	s.ledger.chain.mu.Lock()
	s.ledger.chain.path = path
	s.ledger.chain.mu.Unlock()
	_, noted, err := s.chainNow(ctx, s.read)
	if err != nil || noted {
		return err // As nearly always: nobody has to wait for the lock.
	}
	return s.recorded(ctx, func(r *recording) error { return r.begin() })
}

// chainNow gives the chain as its file holds it, nil when there is none, and whether the
// database notes one, which is then this. The file is read after the note: another process
// that makes the key just now writes the file first.
func (s *Store) chainNow(ctx context.Context, q querier) (chain *audit.Chain, is bool, err error) {
	noted, err := notedChain(ctx, q)
	if err != nil {
		return nil, false, err
	}
	if chain, err = s.readChain(); err == nil && noted != "" {
		err = rightChain(chain, noted)
	}
	return chain, noted != "", err
}

// rightChain refuses to go on without the chain that the database notes.
func rightChain(chain *audit.Chain, noted string) error {
	switch {
	case chain == nil:
		return problem.Wrap(errNoAuditKey, problem.Unavailable,
			"The key file of the audit log, %s, is missing, so nothing can be recorded. %s", AuditKeyName, restoreAuditKey)
	case chain.Fingerprint() != noted:
		return problem.Wrap(errNoAuditKey, problem.Conflict,
			"The key file of the audit log, %s, is not the one of this database, so nothing can be recorded. %s", AuditKeyName,
			restoreAuditKey)
	}
	return nil
}

const restoreAuditKey = "Restore it from your backup. If it is lost for good, begin the log anew: homeward audit begin-anew --data " +
	"DIR --reason WORDS"

func (s *Store) auditKeyPath() string {
	if p := s.ledger.chain.path; p != "" {
		return p
	}
	return filepath.Join(s.ledger.dir, AuditKeyName)
}

// readChain gives the chain as its file holds it, nil when there is none. The
// file is read again when it has changed.
func (s *Store) readChain() (*audit.Chain, error) {
	s.ledger.chain.mu.Lock()
	defer s.ledger.chain.mu.Unlock()
	info, err := os.Stat(s.auditKeyPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if was := s.ledger.chain.info; err == nil && was != nil && os.SameFile(was, info) && was.ModTime().Equal(info.ModTime()) {
		return s.ledger.chain.chain, nil
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(s.auditKeyPath())
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The key file of the audit log could not be read. Check its permissions")
	}
	chain, err := audit.ParseChain(string(text))
	if err == nil {
		s.ledger.chain.chain, s.ledger.chain.info = chain, info
	}
	return chain, err
}

const notedAuditKey = "audit key"

func notedChain(ctx context.Context, q querier) (string, error) {
	var value []byte
	err := q.QueryRowContext(ctx, `SELECT value FROM kept WHERE name = ?`, notedAuditKey).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return string(value), err
}

func (r *recording) noteChain() error {
	_, err := r.ExecContext(r.ctx, `
		INSERT INTO kept (name, value) VALUES (?, ?)
		ON CONFLICT DO UPDATE SET value = excluded.value`, notedAuditKey, []byte(r.chain.Fingerprint()))
	return err
}

// begin reads where the log stands, before the first entry of a transaction:
// the last entry, the head file and the chain.
func (r *recording) begin() error {
	if r.begun {
		return nil
	}
	err := r.QueryRowContext(r.ctx, `SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1`).Scan(&r.head.Number,
		hashInto{&r.head.Hash})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err := r.beginHead(); err != nil {
		return err
	}
	if err := r.beginChain(); err != nil {
		return err
	}
	r.begun = true
	if r.takenOver != "" {
		return r.record(audit.Entry{Who: people.Actor{Kind: people.Machine}.Who(), What: audit.AuditKeyed, After: r.takenOver})
	}
	return nil
}

// beginHead sees whether the head file may follow what is recorded. It names an
// entry that is there, always: one that is not, or is another, shows that the
// log was changed, and must stay to show it.
func (r *recording) beginHead() error {
	kept, err := r.store.readHead()
	if problem.KindOf(err) == problem.Invalid {
		r.leaveHead = true
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case kept == nil && r.head.Number == 0:
		// A log that ends before its first head is not one whose head was removed.
		return r.store.writeHead(audit.Head{}, false)
	case kept == nil, kept.Number > r.head.Number:
		r.leaveHead = true
		return nil
	case kept.Number == 0:
		return nil
	}
	var hash [audit.HashSize]byte
	err = r.QueryRowContext(r.ctx, `SELECT hash FROM audit WHERE number = ?`, kept.Number).Scan(hashInto{&hash})
	r.leaveHead = errors.Is(err, sql.ErrNoRows) || hash != kept.Hash
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// beginChain reads the chain, or makes the key of a log that has none.
func (r *recording) beginChain() error {
	chain, err := r.store.readChain()
	if err != nil {
		return err
	}
	noted, err := notedChain(r.ctx, r)
	if err != nil {
		return err
	}
	if noted != "" {
		r.chain = chain
		return rightChain(chain, noted)
	}
	// A log of before keys, or of a program that was stopped while it made one.
	if r.head.Number > 0 {
		found, err := r.verifyPlain()
		if err != nil {
			return err
		}
		r.takenOver = fmt.Sprintf("from this entry on; the %d entries before it agreed with their check values and the head file",
			r.head.Number)
		if !found.Whole() {
			r.takenOver = fmt.Sprintf("from this entry on; the %d entries before it did not agree: %s", r.head.Number, found.Findings[0])
		}
	}
	if chain == nil {
		secret := make([]byte, audit.SecretSize)
		rand.Read(secret)
		chain = audit.NewChain(r.head.Number, secret)
		if err := durable.WriteNew(r.store.auditKeyPath(), []byte(chain.String())); err != nil {
			return problem.Wrap(err, problem.Unavailable,
				"The key file of the audit log could not be written. Check that the disk has room and that the folder may be written in")
		}
	}
	r.chain = chain
	return r.noteChain()
}

// verifyPlain verifies the log as one of before keys.
func (r *recording) verifyPlain() (audit.Result, error) {
	v := audit.NewVerifier(&audit.Chain{}, r.store.keptHeads(nil)...)
	err := eachEvent(r.ctx, r, `SELECT `+auditColumns+` FROM audit ORDER BY number`, nil, func(e audit.Event) error {
		v.Next(e)
		return nil
	})
	return v.Finish(), err
}

// keptHeads gives the head file's head, when it can be read, and those kept
// elsewhere.
func (s *Store) keptHeads(elsewhere []audit.Head) []audit.Kept {
	var out []audit.Kept
	if h, err := s.readHead(); err == nil && h != nil {
		out = append(out, audit.Kept{Head: *h, Where: audit.HeadFile})
	}
	for _, h := range elsewhere {
		out = append(out, audit.Kept{Head: h, Where: "head kept elsewhere"})
	}
	return out
}

// BeginAuditAnew makes the audit log's head file and key anew, after people have
// looked into what is wrong with them, and records what was found and the
// reason. What was altered in the log itself stays a finding. The error is a
// Conflict when head file and key are as they should be.
func (s *Store) BeginAuditAnew(ctx context.Context, by people.Actor, reason string) error {
	found, err := s.VerifyAudit(ctx)
	keyLost := errors.Is(err, errNoAuditKey)
	if headUnread := problem.KindOf(err) == problem.Invalid; err != nil && !keyLost && !headUnread {
		return err
	}
	var head audit.Head
	wrong := "the key file of the audit log was missing"
	err = s.recorded(ctx, func(r *recording) error {
		if keyLost {
			err := r.QueryRowContext(ctx, `SELECT number FROM audit ORDER BY number DESC LIMIT 1`).Scan(&r.head.Number)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			secret := make([]byte, audit.SecretSize)
			rand.Read(secret)
			r.chain = audit.BegunAnew(r.head.Number, secret)
			// One of another database is not destroyed.
			if err := durable.Rename(s.auditKeyPath(), s.auditKeyPath()+".replaced"); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return problem.Wrap(err, problem.Unavailable, "The key file of the audit log could not be put aside")
			}
			if err := durable.WriteNew(s.auditKeyPath(), []byte(r.chain.String())); err != nil {
				return problem.Wrap(err, problem.Unavailable, "The key file of the audit log could not be written")
			}
			if err := r.noteChain(); err != nil {
				return err
			}
		}
		if err := r.begin(); err != nil {
			return err
		}
		if !keyLost {
			if !r.leaveHead {
				return problem.New(problem.Conflict, "The head file and the key of the audit log are as they should be. Nothing "+
					"has changed.")
			}
			wrong = "the head file could not be read"
			if len(found.Findings) > 0 {
				wrong = found.Findings[len(found.Findings)-1]
			}
		}
		err := r.record(entry(by, audit.AuditBegunAnew, "", wrong, reason))
		head = r.head
		return err
	})
	if err != nil {
		return err
	}
	return s.writeHead(head, true)
}

// lockFolder holds the data folder for oneself among the processes that write
// the head file.
func lockFolder(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // Closing lets the lock go.
}
