package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"

	"homeward/internal/audit"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
)

// SchemaOf gives the number of the last migration of the database in a folder, and
// that of the last one that this program knows.
func SchemaOf(ctx context.Context, dir string) (has, knows int, err error) {
	db, err := sql.Open("sqlite3", asItIs(filepath.Join(dir, FileName)))
	if err != nil {
		return 0, 0, err
	}
	has, err = firstAnswer(ctx, db)
	err = errors.Join(err, db.Close())
	names, globErr := fs.Glob(migrations, "migrations/*.sql")
	return has, len(names), errors.Join(err, globErr)
}

// asItIs gives the options of a connection that reads a database however it keeps
// its journal, and can change nothing.
func asItIs(path string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=ro&" + busyTimeout}).String()
}

// CopyOf copies the database in a folder, whatever its schema, into another folder
// while others may write to it.
func CopyOf(ctx context.Context, dir, to string) error {
	return (&Store{ledger: &ledger{dir: dir}}).CopyTo(ctx, to)
}

// AuditHead gives the last entry of the audit log.
func (s *Store) AuditHead(ctx context.Context) (audit.Head, error) {
	var h audit.Head
	err := s.read.QueryRowContext(ctx, `SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1`).Scan(&h.Number, hashInto{&h.Hash})
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return h, err
}

// AuditKeyFingerprint names the key that the audit log is bound with; empty when
// there is none yet.
func (s *Store) AuditKeyFingerprint(ctx context.Context) (string, error) {
	return notedChain(ctx, s.read)
}

// Restored records that the database was put back from what was kept elsewhere,
// named by from, and lets the head file follow the log again. lost is the head that
// the log had before, nil when nobody knows it. Where it was cut off after the entry
// and is done again, the entry stands once.
func (s *Store) Restored(ctx context.Context, from string, lost *audit.Head) error {
	var head audit.Head
	err := s.recorded(ctx, func(r *recording) error {
		if err := r.begin(); err != nil {
			return err
		}
		last := r.head.Number
		words, before := fmt.Sprintf("It goes on after entry %d, and what was recorded after that is not known.", last), ""
		if lost != nil {
			before = lost.String()
			switch missing := lost.Number - last; {
			case missing > 1:
				words = fmt.Sprintf("It goes on after entry %d; entries %d to %d of before are lost.", last, last+1, lost.Number)
			case missing == 1:
				words = fmt.Sprintf("It goes on after entry %d; entry %d of before is lost.", last, lost.Number)
			default:
				words = fmt.Sprintf("It goes on after entry %d, and no entry is lost.", last)
			}
		}
		head = r.head
		is := entry(people.Actor{Kind: people.Machine}, audit.Restored, from, before, words)
		said, err := r.endsWith(is)
		if err != nil || said {
			return err
		}
		err = r.record(is)
		head = r.head
		return err
	})
	if err != nil {
		return err
	}
	return s.writeHead(head, true)
}

// endsWith says that the last entry of the log says of the same record that the same
// was done to the same. A record is compared as the log holds it.
func (r *recording) endsWith(e audit.Entry) (said bool, err error) {
	err = eachEvent(r.ctx, r, `SELECT `+auditColumns+` FROM audit ORDER BY number DESC LIMIT 1`, nil, func(last audit.Event) error {
		said = last.Who == e.Who && last.What == e.What && last.Record == nhsnumber.Redact(e.Record) && last.Before == e.Before
		return nil
	})
	return said, err
}

// AuditHeadFile gives what the head file in a folder names, nil when there is none.
func AuditHeadFile(dir string) (*audit.Head, error) {
	return (&Store{ledger: &ledger{dir: dir}}).readHead()
}
