package sqlite

import (
	"context"
	"database/sql"
	"testing"
)

func TestSQLiteTakesTheSettingOfItsMemory(t *testing.T) {
	if sqliteRefused != 0 {
		t.Errorf("SQLite answered the setting with %d: it was at work already, or has another number for it", sqliteRefused)
	}
}

// What SQLite notes of one statement has room, however many pages it changes, and
// undoes it alone: a length of notes that SQLite cannot write at once reads as a full
// disk.
func TestOneStatementMayChangeManyPages(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, inTx := range map[string]func(context.Context, func(*sql.Tx) error) error{"few long": s.inTx, "many short": s.inTxOfShort} {
		t.Run(name, func(t *testing.T) {
			if err := inTx(ctx, func(tx *sql.Tx) error {
				for _, query := range []string{
					`CREATE TABLE pages (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT`,
					`INSERT INTO pages WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
						SELECT i, printf('%.1000c', 'x') || i FROM n`,
					`UPDATE pages SET text = 'y' || text`,
				} {
					if _, err := tx.ExecContext(ctx, query); err != nil {
						return err
					}
				}
				// The last row fails, and with it what the statement did to the others.
				if _, err := tx.ExecContext(ctx, `UPDATE pages SET text = iif(id = 3000, null, 'z' || text)`); err == nil {
					t.Error("a text may be missing")
				}
				var n int
				if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM pages WHERE text LIKE 'yx%'`).Scan(&n); err != nil || n != 3000 {
					t.Errorf("%d rows are as they were, %v", n, err)
				}
				_, err := tx.ExecContext(ctx, `DROP TABLE pages`)
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
}
