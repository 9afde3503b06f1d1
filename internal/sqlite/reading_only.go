package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"homeward/internal/problem"
)

// OpenReading opens the database of a folder that can only be read, for questions
// alone: nothing is made, migrated or derived, and whatever would write fails. served
// says that a server holds the folder. Close it when done.
//
// SQLite itself reads such a folder only beside the files that a writer keeps there.
// Without them it can be told that the file never changes, which must then be so: it
// is told that where no server holds the folder and no log stands beside the database,
// since a log is the first that a writer makes and the last that it removes.
func OpenReading(ctx context.Context, dir string, served bool) (*Store, error) {
	path := filepath.Join(dir, FileName)
	s := &Store{settings: DefaultSettings, clock: clock{now: time.Now}, guard: &guard{}, ledger: &ledger{dir: dir}, shared: &shared{}}
	options := dsn(path, true)
	has, err := s.readThrough(ctx, options)
	if err != nil {
		err = errors.Join(err, s.Close())
		if info, statErr := os.Stat(path + "-wal"); served || statErr == nil && info.Size() > 0 {
			return nil, problem.Wrap(err, problem.Unavailable, "The data folder %s can only be read, and the database in it was not closed "+
				"or is in use: what was written last stands in %s-wal. Copy the folder to a place that may be written in, and read it there",
				dir, FileName)
		}
		if has, err = s.readThrough(ctx, options+"&immutable=1"); err != nil {
			return nil, errors.Join(unopened(err), s.Close())
		}
	}
	if _, knows, err := SchemaOf(ctx, dir); err == nil && has != knows {
		return nil, errors.Join(problem.New(problem.Conflict, "The data folder %s can only be read, and its database is of another version of "+
			"Homeward (%d, this program knows %d). Copy the folder to a place that may be written in, or use the program of that version.",
			dir, has, knows), s.Close())
	}
	if err := s.apply(ctx, nil); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// readThrough opens every pool with the same options and gives the number of the last
// migration.
func (s *Store) readThrough(ctx context.Context, options string) (version int, err error) {
	s.write = s.guard.connect(options)
	s.write.SetMaxOpenConns(1)
	s.probes = s.guard.connect(strings.Replace(options, busyTimeout, "_busy_timeout=1000", 1))
	s.probes.SetMaxOpenConns(1)
	for _, pool := range []**sql.DB{&s.pool, &s.snapshots} {
		if *pool, err = sql.Open("sqlite3", options); err != nil {
			return 0, err
		}
		(*pool).SetMaxOpenConns(ReadersAtMost)
	}
	s.read = s.pool
	return firstAnswer(ctx, s.pool)
}
