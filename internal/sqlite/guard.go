package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"

	"homeward/internal/problem"
)

// guard knows the files that the database was opened in. SQLite goes on writing
// into files that were removed or replaced; nothing that it is told there would
// ever be seen again.
type guard struct {
	mu     sync.Mutex
	path   string
	opened map[string]fs.FileInfo // by the ending of the name
	// holding is when this process's write transaction began, in Unix
	// nanoseconds, 0 when it has none.
	holding atomic.Int64
	// probed is when the last probe came through, in Unix nanoseconds.
	probed atomic.Int64
}

var guarded = []string{"", "-wal"}

// open notes the files, once the database has its log beside it.
func (g *guard) open(path string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.path, g.opened = path, map[string]fs.FileInfo{}
	for _, end := range guarded {
		if info, err := os.Stat(path + end); err == nil {
			g.opened[end] = info
		}
	}
}

// same refuses when the files at the path are not those that were opened.
func (g *guard) same() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for end, was := range g.opened {
		now, err := os.Stat(g.path + end)
		name := filepath.Base(g.path) + end
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return problem.New(problem.Unavailable, "The file %s was removed while Homeward ran, so nothing can be kept. "+
				"Stop Homeward, restore the database from your backup, and start it again.", name)
		case err != nil:
			return problem.Wrap(err, problem.Unavailable,
				"The file %s can no longer be looked at. Check the disk and the permissions of the data folder", name)
		case !os.SameFile(was, now):
			return problem.New(problem.Unavailable, "The file %s was replaced while Homeward ran, so what is written now would be "+
				"lost. Stop Homeward and start it again.", name)
		}
	}
	return nil
}

// connector makes connections on which no transaction commits into files that
// are not the database's any more.
type connector struct {
	driver sqlite3.SQLiteDriver
	dsn    string
}

func (g *guard) connect(dsn string) *sql.DB {
	c := &connector{dsn: dsn}
	c.driver.ConnectHook = func(conn *sqlite3.SQLiteConn) error {
		if _, err := conn.Exec("PRAGMA wal_autocheckpoint = "+strconv.Itoa(pagesOfLog), nil); err != nil {
			return err
		}
		conn.RegisterCommitHook(func() int {
			if g.same() != nil {
				return 1 // The commit is undone.
			}
			return 0
		})
		return nil
	}
	return sql.OpenDB(c)
}

// pagesOfLog is from how many pages of 4 KiB on a commit moves the log into the
// database. A page that many files change is then moved once for all of them, and the
// disk is waited for less often; the log stays at some 16 MiB while
// nobody reads an older moment.
const pagesOfLog = 4000

// Connect opens a connection.
func (c *connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver gives the driver.
func (c *connector) Driver() driver.Driver { return &c.driver }

// leastRoom is how many bytes the disk must have free: a large extract, its
// sealed copy and the log of the database.
const leastRoom = 64 << 20

// probing bounds how long Ready waits for the lock of the database.
const probing = 1500 * time.Millisecond

// Ready says whether what is sent now would be kept: the database is the one
// that was opened, the disk has room, and a write comes through. A write of
// this process that is under way counts as one that does.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.guard.same(); err != nil {
		return err
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(s.ledger.dir, &disk); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The disk of the data folder does not answer")
	}
	if free := uint64(disk.Bavail) * uint64(disk.Bsize); free < leastRoom {
		return problem.New(problem.Unavailable, "The disk of the data folder has %d MB free, and Homeward needs %d. Make room.",
			free>>20, leastRoom>>20)
	}
	if err := s.probe(ctx); err != nil {
		return err
	}
	s.ledger.head.Lock()
	defer s.ledger.head.Unlock()
	return s.ledger.headErr
}

// probed is how long a write that came through speaks for the next who ask, so
// that asking often does not keep the disk busy.
const probed = time.Second

// probe writes a line of no meaning.
func (s *Store) probe(ctx context.Context) error {
	if time.Since(time.Unix(0, s.guard.probed.Load())) < probed {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*probing)
	defer cancel()
	_, err := s.probes.ExecContext(ctx, `
		INSERT INTO kept (name, value) VALUES ('probe', x'00')
		ON CONFLICT DO UPDATE SET value = iif(value = x'00', x'01', x'00')`)
	if err == nil {
		s.guard.probed.Store(time.Now().UnixNano())
		return nil
	}
	var of sqlite3.Error
	if errors.As(err, &of) && (of.Code == sqlite3.ErrBusy || of.Code == sqlite3.ErrLocked) {
		if s.guard.holding.Load() != 0 {
			return nil
		}
		return problem.Wrap(err, problem.Unavailable,
			"The database is locked by another program, so nothing can be written. Find what holds homeward.db open, and end it")
	}
	if gone := s.guard.same(); gone != nil {
		return gone
	}
	return busy(err)
}

// beginner is a pool of connections, or one of them.
type beginner interface {
	BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
}

// concerns is what of the figures a write transaction may change.
type concerns bool

const (
	// everything: what readers keep of any provider may be another afterwards.
	everything concerns = true
	// whatIsDerived: only of providers of whom something is derived again, which names
	// them (derivation.name).
	whatIsDerived concerns = false
)

// begin begins a write transaction, says to readers that what they know of figures may
// change with it, and notes that this process holds the lock; the function that it gives is called at its end.
func (s *Store) begin(ctx context.Context, on beginner, what concerns) (*sql.Tx, func(), error) {
	tx, err := on.BeginTx(ctx, nil)
	if err != nil {
		return nil, nil, s.unwritten(err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE moment SET turn = turn + 1, everything = iif(?, turn + 1, everything)`, bool(what)); err != nil {
		return nil, nil, errors.Join(s.unwritten(err), ignoreDone(tx.Rollback()))
	}
	s.guard.holding.Store(time.Now().UnixNano())
	return tx, func() { s.guard.holding.Store(0) }, nil
}

// unwritten says why something could not be written.
func (s *Store) unwritten(err error) error {
	if gone := s.guard.same(); gone != nil {
		return errors.Join(gone, err)
	}
	return busy(err)
}
