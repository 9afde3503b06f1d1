package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"homeward/internal/problem"
)

// Copy is the database of a copy for reading, which somebody else keeps up to date.
// Neither the file nor its folder is ever written, no lock or log of SQLite's either.
type Copy struct {
	*Store
	path string
	// info is the file that was opened.
	info fs.FileInfo
	// followed says that somebody may change the file in place, under SQLite's own
	// locks, as who keeps a rollback journal does; each reading is then of one moment.
	// A file that keeps a write-ahead log is read as one that never changes: beside it
	// SQLite would make files of its own. It changes by being replaced.
	followed bool
}

// OpenCopy opens the database in dir as a copy for reading. Its figures must have been
// derived with the settings. was is the copy that is open so far, or nil. Close it when
// done.
func OpenCopy(ctx context.Context, dir string, settings *Settings, was *Copy, options ...Option) (*Copy, error) {
	path := filepath.Join(dir, FileName)
	c := &Copy{path: path, Store: &Store{settings: *settings, clock: clock{now: time.Now}, guard: &guard{}, ledger: &ledger{dir: dir},
		shared: &shared{}, copied: true}}
	for _, option := range options {
		option(c.Store)
	}
	if err := c.look(was); err != nil {
		return nil, err
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return nil, problem.New(problem.Unavailable, "Beside the database of %s stands %s-wal: it was not closed, or a program writes in it. "+
			"Serve what Litestream restored, or a backup, in a folder of its own.", dir, FileName)
	}
	reading := strings.Replace(dsn(path, true), "_journal_mode=WAL&", "", 1)
	if !c.followed {
		reading += "&immutable=1"
	}
	c.write, c.probes = sql.OpenDB(copyDriver{}), sql.OpenDB(copyDriver{})
	for _, pool := range []**sql.DB{&c.pool, &c.snapshots} {
		*pool = sql.OpenDB(&copyConnector{copied: c, dsn: reading})
		(*pool).SetMaxOpenConns(ReadersAtMost)
		(*pool).SetMaxIdleConns(ReadersAtMost)
	}
	c.read = c.pool
	if err := c.openAll(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if err := c.fits(ctx, dir, settings); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// look notes which file stands there and how it is changed. A file that is open under
// SQLite's locks is not opened beside it: closing it would end the locks (POSIX).
func (c *Copy) look(was *Copy) error {
	if was != nil && was.followed {
		if info, err := os.Stat(c.path); err == nil && os.SameFile(info, was.info) {
			c.info, c.followed = info, true
			return nil
		}
	}
	f, err := os.Open(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return problem.New(problem.NotFound, "There is no database at %s to serve for reading. Restore one there: litestream restore -o %s …",
			c.path, c.path)
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The copy %s could not be opened. Check its permissions", c.path)
	}
	// Bytes 18 and 19 of a database are 1 where it keeps a rollback journal, 2 where it
	// keeps a write-ahead log (https://sqlite.org/fileformat.html).
	var head [20]byte
	_, err = io.ReadFull(f, head[:])
	if err == nil {
		c.info, err = f.Stat()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The copy %s is no database, or not all of it is there yet", c.path)
	}
	c.followed = head[18] == 1
	return nil
}

// openAll opens every connection that there may be, so that who reads the copy needs
// none to a file that was replaced meanwhile.
func (c *Copy) openAll(ctx context.Context) error {
	var all []*sql.Conn
	var err error
	for _, pool := range []*sql.DB{c.pool, c.snapshots} {
		for range ReadersAtMost {
			conn, connErr := pool.Conn(ctx)
			if connErr != nil {
				err = errors.Join(err, connErr)
				break
			}
			all = append(all, conn)
		}
	}
	for _, conn := range all {
		err = errors.Join(err, conn.Close())
	}
	return err
}

// fits refuses a copy that is of another program's version or partnership file.
func (c *Copy) fits(ctx context.Context, dir string, settings *Settings) error {
	has, err := firstAnswer(ctx, c.pool)
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The copy %s could not be read. If it is damaged, restore it again", c.path)
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	if has != len(names) {
		return problem.New(problem.Conflict, "The copy in %s is of another version of Homeward (%d, this program knows %d), and a copy is never "+
			"changed. Use the program here that writes the database.", dir, has, len(names))
	}
	var stored string
	if err := c.pool.QueryRowContext(ctx, `SELECT settings FROM derived_with`).Scan(&stored); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	text, err := json.Marshal(settings)
	if err == nil && stored != "" && stored != string(text) {
		err = problem.New(problem.Conflict, "The figures of the copy in %s were made with other settings than those of the partnership file "+
			"beside it. Copy the partnership file from where the database is written too.", dir)
	}
	return err
}

// Changed says that another file stands in the place of the one that is open, or
// that a file was changed that is read as one that does not.
func (c *Copy) Changed() bool {
	info, err := os.Stat(c.path)
	if err != nil {
		return true
	}
	return !os.SameFile(info, c.info) || !c.followed && (!info.ModTime().Equal(c.info.ModTime()) || info.Size() != c.info.Size())
}

// AsAt gives the newest moment in the copy: of what was recorded last, or of the run
// of a job, of which a working server has one a minute.
func (c *Copy) AsAt(ctx context.Context) (time.Time, error) {
	var at int64
	err := c.pool.QueryRowContext(ctx, `
		SELECT max(
			(SELECT at FROM moment),
			coalesce((SELECT max(began_at, ended_at) FROM job_run ORDER BY job_run_id DESC LIMIT 1), 0))`).Scan(&at)
	return moment(at), err
}

// ErrCopy is why nothing is written.
var ErrCopy = problem.New(problem.Unavailable, "This is a copy for reading, so nothing is written in it.")

// copyDriver is where a copy would write to.
type copyDriver struct{}

func (copyDriver) Connect(context.Context) (driver.Conn, error) { return nil, ErrCopy }
func (copyDriver) Driver() driver.Driver                        { return copyDriver{} }
func (copyDriver) Open(string) (driver.Conn, error)             { return nil, ErrCopy }

// copyConnector makes connections to the file that was opened, and to none that stands
// in its place.
type copyConnector struct {
	driver sqlite3.SQLiteDriver
	copied *Copy
	dsn    string
}

// Connect opens a connection.
func (o *copyConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := o.driver.Open(o.dsn)
	// Looked at afterwards: what was replaced before is seen, and what is replaced
	// later is not what was opened.
	if err == nil && o.copied.Changed() {
		return nil, errors.Join(problem.New(problem.Unavailable, "A newer copy has just come. Ask again in a second."), conn.Close())
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The copy %s could not be opened. Check its permissions", o.copied.path)
	}
	if kept, ok := conn.(*sqlite3.SQLiteConn); ok && err == nil {
		return keptConn{kept}, nil
	}
	return conn, err
}

// keptConn is a connection that goes on after a reading that was broken off, which
// database/sql else ends: the file may not be there any more for another.
type keptConn struct{ *sqlite3.SQLiteConn }

var (
	_ driver.Validator       = keptConn{}
	_ driver.SessionResetter = keptConn{}
)

// IsValid says that the connection can be used again.
func (keptConn) IsValid() bool { return true }

// ResetSession has nothing to put back.
func (keptConn) ResetSession(context.Context) error { return nil }

// Driver gives the driver.
func (o *copyConnector) Driver() driver.Driver { return &o.driver }
