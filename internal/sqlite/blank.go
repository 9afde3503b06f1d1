package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// State is how the database in a data folder looks from outside.
type State uint8

// The states. Blank is one that holds nothing that anybody has put there: a
// file of no bytes, one without tables, or one whose tables are as they were
// made.
const (
	Absent State = iota
	Blank
	Filled
)

// StateOf looks at the database in dir and changes nothing.
func StateOf(ctx context.Context, dir string) (State, error) {
	path := filepath.Join(dir, FileName)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Absent, nil
	}
	if err != nil || info.Size() == 0 {
		return Blank, err
	}
	db, err := sql.Open("sqlite3", dsn(path, true))
	if err != nil {
		return Blank, err
	}
	defer func() { _ = db.Close() }()
	for _, table := range []string{"kept", "file", "person", "patient", "log_entry", "audit"} {
		var has bool
		err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?)`, table).Scan(&has)
		if err == nil && has {
			// The names are ours.
			err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+table+`)`).Scan(&has)
		}
		if err != nil {
			return Filled, nil // Opening it says what is wrong.
		}
		if has {
			return Filled, nil
		}
	}
	return Blank, nil
}
