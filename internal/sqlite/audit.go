package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"homeward/internal/audit"
	"homeward/internal/durable"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// HeadFileName is the name, in the data folder, of the file that holds the
// number and hash of the audit log's last line, so that lines cut off the end
// of the log are missed.
const HeadFileName = "audit.head"

// ledger is what a Store keeps for the audit log and the key.
type ledger struct {
	dir   string
	head  sync.Mutex // held while the head file is written, with headErr
	chain chainFile
	// headErr is why the head file could not follow what was recorded last.
	headErr error

	key sync.Mutex
	// inUse is the fingerprint of the key that this process seals with, empty
	// when it has none.
	inUse string
}

// entry gives the audit log's entry of what an actor did.
func entry(by people.Actor, what audit.What, record, before, after string) audit.Entry {
	return audit.Entry{Who: by.Who(), As: by.As(), From: by.Address, What: what, Record: record, Before: before, After: after}
}

// recording is a write transaction that notes what is done in it.
type recording struct {
	*sql.Tx
	store *Store
	ctx   context.Context
	at    time.Time // the moment of what the transaction records
	head  audit.Head
	any   bool // something was recorded

	begun bool
	chain *audit.Chain
	// takenOver says what was found when a log of before keys got its key.
	takenOver string
	// leaveHead says that the head file shows something and must stay.
	leaveHead bool
}

// record adds an entry to the audit log in the transaction.
func (r *recording) record(e audit.Entry) error {
	// What somebody typed may stand in any part, such as the name at sign-in, and
	// an entry is never changed afterwards (P1).
	for _, text := range []*string{&e.Who, &e.As, &e.Record, &e.Before, &e.After} {
		*text = nhsnumber.Redact(*text)
	}
	if err := r.begin(); err != nil {
		return err
	}
	next := r.chain.Next(r.head, r.at, e)
	r.any = true
	_, err := r.ExecContext(r.ctx, `
		INSERT INTO audit (number, at, who, acting_as, what, record, before, after, from_address, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		next.Number, next.At.UnixMicro(), next.Who, next.As, string(next.What), next.Record, next.Before, next.After, next.From, next.Hash[:])
	r.head = next.Head()
	return err
}

// hashInto scans a hash of the audit log.
type hashInto struct{ into *[audit.HashSize]byte }

// Scan reads a BLOB. One of another length was altered: it is taken as zeros,
// which Verify finds.
func (h hashInto) Scan(src any) error {
	*h.into = [audit.HashSize]byte{}
	if b, ok := src.([]byte); ok && len(b) == audit.HashSize {
		copy(h.into[:], b)
	}
	return nil
}

// recorded runs f in one write transaction: what it does and what it records
// stand together or not at all, dated with the transaction's moment. The head
// file follows the commit, which is on the disk by then. What is committed is
// done, whatever becomes of the head file: one that lags behind is no finding,
// and Ready says why it does.
func (s *Store) recorded(ctx context.Context, f func(*recording) error) error {
	return s.recordedOf(ctx, everything, f)
}

// recordedOf is recorded for what says which figures it may change.
func (s *Store) recordedOf(ctx context.Context, what concerns, f func(*recording) error) error {
	tx, end, err := s.begin(ctx, s.write, what)
	if err != nil {
		return err
	}
	defer end()
	r := &recording{Tx: tx, store: s, ctx: ctx}
	if r.at, err = s.stamp(ctx, tx); err == nil {
		err = f(r)
	}
	if err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return s.unwritten(err)
	}
	if !r.any {
		return nil
	}
	if r.leaveHead {
		err = problem.New(problem.Conflict, "The audit log does not agree with its head file. Run homeward audit verify, and contact your "+
			"security lead.")
	} else {
		err = s.writeHead(r.head, false)
	}
	s.ledger.head.Lock()
	s.ledger.headErr = err
	s.ledger.head.Unlock()
	return nil
}

// writeHead writes the head file, whole or not at all, unless it already names
// a later line and is not to be made anew.
func (s *Store) writeHead(h audit.Head, anew bool) error {
	s.ledger.head.Lock()
	defer s.ledger.head.Unlock()
	unlock, err := lockFolder(s.ledger.dir)
	if err == nil {
		defer unlock()
		kept, readErr := s.readHead()
		if readErr == nil && kept != nil && kept.Number >= h.Number && !anew {
			return nil
		}
		err = durable.Write(filepath.Join(s.ledger.dir, HeadFileName), []byte(h.String()+"\n"))
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The head file of the audit log could not be written. Check that the disk has room and "+
			"that the data folder may be written in")
	}
	return nil
}

// readHead gives the head that the head file names, nil when there is no file.
func (s *Store) readHead() (*audit.Head, error) {
	text, err := os.ReadFile(filepath.Join(s.ledger.dir, HeadFileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The head file of the audit log could not be read. Check its permissions")
	}
	h, err := audit.ParseHead(string(text))
	if err != nil {
		return nil, err
	}
	return &h, nil
}

// Record adds entries to the audit log, for acts that change nothing else in
// the database: an export, a search, a refusal.
func (s *Store) Record(ctx context.Context, entries ...audit.Entry) error {
	return s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		for _, e := range entries {
			if err := r.record(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// errNoAuditKey is in the chain of the error of a log whose key is missing.
var errNoAuditKey = errors.New("no audit key")

// VerifyAudit reads the whole audit log as of one moment and says what does
// not agree, with the head file and with heads that were kept elsewhere. An
// error is about the machine, or about a head or key file that cannot be read.
func (s *Store) VerifyAudit(ctx context.Context, elsewhere ...audit.Head) (audit.Result, error) {
	// The head first: the log only grows.
	if _, err := s.readHead(); err != nil {
		return audit.Result{}, err
	}
	kept := s.keptHeads(elsewhere)
	chain, _, err := s.chainNow(ctx, s.read)
	if err != nil {
		return audit.Result{}, err
	}
	if chain == nil {
		chain = &audit.Chain{} // A log of before keys.
	}
	v := audit.NewVerifier(chain, kept...)
	err = s.eachEvent(ctx, `SELECT `+auditColumns+` FROM audit ORDER BY number`, nil, func(e audit.Event) error {
		v.Next(e)
		return nil
	})
	return v.Finish(), err
}

// AuditEvents gives the newest events that the filter lets through, newest
// first.
func (s *Store) AuditEvents(ctx context.Context, f audit.Filter) ([]audit.Event, error) {
	var out []audit.Event
	w := auditWhere(f)
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	err := s.eachEvent(ctx, `SELECT `+auditColumns+` FROM audit`+w.clause()+` ORDER BY number DESC LIMIT ?`, append(w.args, limit),
		func(e audit.Event) error {
			out = append(out, e)
			return nil
		})
	return out, err
}

// EachAuditEvent gives every event that the filter lets through to each, in
// the order of the log, whatever the filter's Limit. It is for exports, which
// the caller records.
func (s *Store) EachAuditEvent(ctx context.Context, f audit.Filter, each func(audit.Event) error) error {
	w := auditWhere(f)
	return s.eachEvent(ctx, `SELECT `+auditColumns+` FROM audit`+w.clause()+` ORDER BY number`, w.args, each)
}

const auditColumns = `number, at, who, acting_as, what, record, before, after, from_address, hash`

func auditWhere(f audit.Filter) where {
	var w where
	if !f.From.IsZero() {
		w.add("at >= ?", f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		w.add("at < ?", f.To.UnixMicro())
	}
	if f.Who != "" {
		w.add("who = ?", f.Who)
	}
	if f.What != "" {
		w.add("what = ?", string(f.What))
	}
	if f.Record != "" {
		w.add("record = ?", f.Record)
	}
	if f.Before != 0 {
		w.add("number < ?", f.Before)
	}
	return w
}

// clause gives the conditions as a WHERE clause, nothing when there are none.
func (w *where) clause() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + w.String()
}

func (s *Store) eachEvent(ctx context.Context, query string, args []any, each func(audit.Event) error) error {
	return eachEvent(ctx, s.read, query, args, each)
}

func eachEvent(ctx context.Context, q querier, query string, args []any, each func(audit.Event) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e audit.Event
		var at int64
		if err := rows.Scan(&e.Number, &at, &e.Who, &e.As, &e.What, &e.Record, &e.Before, &e.After, &e.From, hashInto{&e.Hash}); err != nil {
			return err
		}
		e.At = time.UnixMicro(at).UTC()
		if err := each(e); err != nil {
			return err
		}
	}
	return rows.Err()
}
