// Package sqlite keeps evidence and what follows from it in one SQLite
// database. It is the only user of go-sqlite3. All SQL of Homeward stands here,
// written by hand; the rules of counting and attribution do not.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3" // The driver named "sqlite3".

	"homeward/internal/delay"
	"homeward/internal/durable"
	"homeward/internal/ingest"
	"homeward/internal/problem"
)

//go:embed migrations/*.sql
var migrations embed.FS

// FileName is the database's name in the data folder. In WAL mode SQLite adds
// files beside it, so the folder is the unit to mount and to back up.
const FileName = "homeward.db"

// Store is an open database. It is safe for concurrent use.
type Store struct {
	write    *sql.DB
	read     querier // pool, or the transaction of a snapshot
	probes   *sql.DB // of Ready, whose waiting must not hold up the others
	guard    *guard
	settings Settings
	clock    clock
	// disposable is set for a copy that is thrown away, of which nobody was told
	// that it is kept.
	disposable bool
	// copied is set for a copy for reading, in which nothing is ever written.
	copied bool

	pool      *sql.DB  // for readings that stand alone
	snapshots *sql.DB  // for snapshots
	held      *sql.Tx  // the transaction of a snapshot, else nil
	sharing   *sharing // of a snapshot, else nil
	shared    *shared

	// unlinked is set in a store of a past moment at which people were not found
	// across numbers and providers yet (C15).
	unlinked bool

	ledger *ledger // the audit log's head file and the key in use
}

// Settings are the partnership's choices that derived rows depend on.
type Settings struct {
	Delay delay.Settings
	Short ingest.ShortRule
	// Formerly are the codes under which providers sent before.
	Formerly []Former `json:",omitempty"`
}

// DefaultSettings are those of the counting rules.
var DefaultSettings = Settings{Delay: delay.DefaultSettings, Short: ingest.DefaultShortRule}

// Open opens the database in dir, making and migrating it as needed. When the
// settings differ from those that the database was derived with, everything is
// derived again; nil keeps those of the database. Close it when done.
func Open(ctx context.Context, dir string, settings *Settings, options ...Option) (*Store, error) {
	path := filepath.Join(dir, FileName)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, problem.New(problem.NotFound, "There is no data folder at %s. Make one with: homeward init --data %s", dir, dir)
	}
	// SQLite itself would make a file that every account of the machine may read.
	// The files beside it get the same mode.
	made, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		err = errors.Join(made.Close(), durable.SyncFolder(dir))
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, busy(err)
	}
	s := &Store{settings: DefaultSettings, clock: clock{now: time.Now}, guard: &guard{}, ledger: &ledger{dir: dir}, shared: &shared{}}
	for _, option := range options {
		option(s)
	}
	writing := dsn(path, false)
	if s.disposable {
		writing = strings.Replace(writing, synced, "_synchronous=NORMAL", 1)
	}
	s.write = s.guard.connect(writing)
	// One writer at a time is all that SQLite allows; a pool of one waits its
	// turn instead of meeting "database is locked".
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.guard.open(path)
	s.probes = s.guard.connect(strings.Replace(writing, busyTimeout,
		"_busy_timeout="+strconv.FormatInt(probing.Milliseconds(), 10), 1))
	s.probes.SetMaxOpenConns(1)
	for _, pool := range []**sql.DB{&s.pool, &s.snapshots} {
		if *pool, err = sql.Open("sqlite3", dsn(path, true)); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		(*pool).SetMaxOpenConns(ReadersAtMost)
	}
	s.read = s.pool
	if err := s.apply(ctx, settings); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// again is what a migration adds to the settings when everything is to be
// derived again by new rules.
const again = " "

// apply brings the derived rows to the given settings, or takes those of the
// database when there are none.
func (s *Store) apply(ctx context.Context, settings *Settings) error {
	var stored string
	err := s.read.QueryRowContext(ctx, `SELECT settings FROM derived_with`).Scan(&stored)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if settings == nil {
		if stored == "" {
			return nil
		}
		if err := json.Unmarshal([]byte(stored), &s.settings); err != nil || !strings.HasSuffix(stored, again) {
			return err
		}
		settings = &s.settings
	}
	s.settings = *settings
	text, err := json.Marshal(settings)
	if err != nil || string(text) == stored {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO derived_with (only, settings) VALUES (1, ?)
			ON CONFLICT DO UPDATE SET settings = excluded.settings`, string(text)); err != nil {
			return err
		}
		return s.deriveAll(ctx, tx)
	})
}

// deriveAll derives everything of every provider again from the evidence.
func (s *Store) deriveAll(ctx context.Context, tx *sql.Tx) error {
	if err := s.showAll(ctx, tx); err != nil {
		return err
	}
	for _, table := range []string{"standing", "presence", "delay", "stretch", "segment", "finding", "pathway_listed", "pathway",
		"month_count"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table); err != nil {
			return err
		}
	}
	for _, query := range []string{
		`UPDATE patient SET person_id = patient_id WHERE person_id <> patient_id`,
		`UPDATE log_entry SET patient_id = about_id WHERE patient_id <> about_id`,
		`UPDATE agreement_event SET patient_id = about_id WHERE patient_id <> about_id`,
		`UPDATE action SET patient_id = about_id WHERE patient_id <> about_id`,
	} {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(provider_id), 0) FROM provider`).Scan(&last); err != nil {
		return err
	}
	for id := int64(1); id <= last; id++ {
		d := newDerivation(ctx, tx, s, id)
		err := d.derive(nil)
		if err == nil && len(d.changed) == 0 && d.hasLog {
			// A provider that sends no extracts is run from the log (C17).
			var patients []int64
			err = d.each(`SELECT DISTINCT about_id FROM log_entry WHERE provider_id = ? ORDER BY about_id`, d.provider, func(r *sql.Rows) error {
				var patient int64
				err := r.Scan(&patient)
				patients = append(patients, patient)
				return err
			})
			if err == nil {
				err = d.rebuild(patients, nil, nil)
			}
		}
		d.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// busyTimeout is the waiting for a lock as it stands in what dsn gives.
const busyTimeout = "_busy_timeout=10000"

// synced has commits on the disk, as it stands there.
const synced = "_synchronous=FULL"

// dsn gives the options that every connection must have: as statements they
// would reach one connection of the pool only.
func dsn(path string, readOnly bool) string {
	q := url.Values{}
	q.Set("mode", "rw")              // a database that is gone is never made anew by a connection
	q.Set("_busy_timeout", "10000")  // first, so that the others wait for a lock
	q.Set("_journal_mode", "WAL")    // readers never wait for the writer
	q.Set("_synchronous", "FULL")    // a commit is on the disk: what was acknowledged outlives a power cut
	q.Set("_foreign_keys", "on")     // off by default in SQLite
	q.Set("_txlock", "immediate")    // a write transaction waits at its start, not half-way
	q.Set("_cache_size", "-32768")   // 32 MiB for who writes
	q.Set("_mutex", "no")            // database/sql has one goroutine at a time on a connection, which is a twentieth faster
	q.Set("_stmt_cache_size", "100") // a file asks the same questions as the one before
	if readOnly {
		q.Set("mode", "ro")
		q.Set("_query_only", "on")
		// There are 16 of them, and what they read again is kept by the kernel too.
		q.Set("_cache_size", "-8192")
		q.Set("_txlock", "deferred")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Close closes the database.
func (s *Store) Close() error {
	var all []error
	for _, pool := range []*sql.DB{s.probes, s.pool, s.snapshots, s.write} {
		if pool != nil {
			all = append(all, pool.Close())
		}
	}
	return errors.Join(all...)
}

// Check runs SQLite's own checks of integrity and gives what they say, "ok" when
// nothing is wrong. What leads to a row that is not there is a damage too: the first
// check looks at each table alone.
func (s *Store) Check(ctx context.Context) (string, error) {
	var out string
	if err := s.read.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&out); err != nil || out != "ok" {
		return out, err
	}
	rows, err := s.read.QueryContext(ctx, `PRAGMA foreign_key_check`)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if rows.Next() {
		var table, parent string
		var row, key sql.NullInt64
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return "", err
		}
		out = fmt.Sprintf("a row of the table %s leads to one of %s that is not there", table, parent)
	}
	return out, rows.Err()
}

// inTx runs f in one write transaction: committed when it returns nil, else
// undone.
func (s *Store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	return s.inTxOn(ctx, s.write, everything, f)
}

// inTxOfShort is inTx for many statements that each change little, and change figures
// only where something is derived again. SQLite notes each
// page that a statement changes, to undo the statement alone, and beyond 64 KiB in a
// file, two writes a page. Rows that go in by the hundred, each into indexes in the
// order of hashes, made half a million writes of a backfill, a fifth of its time. Here
// the notes stay in memory, whatever their length, and so do orderings.
//
// SQLite has a number for that length too, SQLITE_CONFIG_STMTJRNL_SPILL. Above 128 KiB
// it takes what does not fit for a full disk: a write of more is cut there.
func (s *Store) inTxOfShort(ctx context.Context, f func(*sql.Tx) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return s.unwritten(err)
	}
	defer func() {
		// Without this later statements would take more memory, and nothing else.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA temp_store = DEFAULT`)
		_ = conn.Close()
	}()
	if _, err := conn.ExecContext(ctx, `PRAGMA temp_store = MEMORY`); err != nil {
		return s.unwritten(err)
	}
	return s.inTxOn(ctx, conn, whatIsDerived, f)
}

// inTxOn is inTx on a connection.
func (s *Store) inTxOn(ctx context.Context, on beginner, what concerns, f func(*sql.Tx) error) error {
	tx, end, err := s.begin(ctx, on, what)
	if err != nil {
		return err
	}
	defer end()
	if err := f(tx); err != nil {
		return errors.Join(stopped(ctx, err), ignoreDone(tx.Rollback()))
	}
	if err := stopped(ctx, tx.Commit()); errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	} else if err != nil {
		return s.unwritten(err)
	}
	return nil
}

// stopped gives why a transaction ended before its time, where that is all that an
// error says.
func stopped(ctx context.Context, err error) error {
	if why := ctx.Err(); why != nil && errors.Is(err, sql.ErrTxDone) {
		return why
	}
	return err
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func busy(err error) error {
	if errors.Is(err, ErrCopy) {
		return ErrCopy
	}
	return problem.Wrap(err, problem.Unavailable, "The database could not be written. Check that the disk has room and that no other program "+
		"holds the data folder")
}

// patience is how long an opening waits for other processes that open the same
// new database.
const patience = 10 * time.Second

// firstAnswer gives the number of the last migration. It asks again while the
// database is locked: making a new database keep a write-ahead log needs it for
// oneself, and SQLite's own waiting does not cover that.
func firstAnswer(ctx context.Context, db *sql.DB) (version int, err error) {
	begun := time.Now()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		err = db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version)
		var locked sqlite3.Error
		if !errors.As(err, &locked) || locked.Code != sqlite3.ErrBusy && locked.Code != sqlite3.ErrLocked || time.Since(begun) > patience {
			return version, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// unopened says why a database could not be opened, so that nobody restores a backup
// over one that an account may only not open.
func unopened(err error) error {
	const begin = "The database could not be opened"
	var of sqlite3.Error
	errors.As(err, &of)
	switch of.Code {
	case sqlite3.ErrReadonly, sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrAuth:
		return problem.Wrap(err, problem.Unavailable, begin+" to be written: this account may not write it, or its folder or disk can only be "+
			"read. Run Homeward as the account that the data folder belongs to, and check its permissions")
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return problem.Wrap(err, problem.Unavailable, begin+": another program holds it locked. Find what holds %s open, and end it", FileName)
	case sqlite3.ErrFull, sqlite3.ErrIoErr:
		return problem.Wrap(err, problem.Unavailable, begin+": the disk is full or does not answer. Make room, and check the disk")
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return problem.Wrap(err, problem.Unavailable, begin+": it is damaged. Keep it as it is, and restore the newest backup: homeward restore "+
			"FILE --data NEWFOLDER")
	}
	return problem.Wrap(err, problem.Unavailable, begin+". If it is damaged, restore the data folder from your backup")
}

// migrate runs the migrations that have not run, each in a transaction of its
// own, in the order of their numbers.
func migrate(ctx context.Context, db *sql.DB) error {
	version, err := firstAnswer(ctx, db)
	if err != nil {
		return unopened(err)
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	sort.Strings(names)
	if version > len(names) {
		return problem.New(problem.Conflict, "The database is of a later version of Homeward (%d, this program knows %d). Use the later "+
			"program.", version, len(names))
	}
	for i, name := range names {
		if !strings.HasPrefix(filepath.Base(name), fmt.Sprintf("%04d_", i+1)) {
			return fmt.Errorf("migration %s is not number %d", name, i+1)
		}
		if i < version {
			continue
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		// Another process may have been first while this one waited for the lock.
		if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil || i < version {
			if err = errors.Join(err, tx.Rollback()); err != nil {
				return err
			}
			continue
		}
		// PRAGMA takes no arguments; the number is ours.
		if _, err = tx.ExecContext(ctx, string(text)+fmt.Sprintf("\nPRAGMA user_version = %d;", i+1)); err != nil {
			return errors.Join(fmt.Errorf("migration %s: %w", name, err), tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
	}
	return nil
}
