package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Readers and a writer whose time is up in the middle of a question, many at once
// on few connections, neither crash the program nor harm the database, although
// SQLite has no locks of its own around a connection (_mutex=no).
func TestQuestionsThatAreCutOffHarmNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cut.db")
	made, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL")
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	if _, err := made.ExecContext(t.Context(), `CREATE TABLE days (id INTEGER PRIMARY KEY, words TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO days SELECT i, hex(i) FROM n`); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", dsn(path, false))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(4)
	cut := func(ctx context.Context, seed uint64, n int, ask func(context.Context) error) (whole, ended int) {
		r := rand.New(rand.NewPCG(seed, 5))
		for range n {
			within, stop := context.WithTimeout(ctx, time.Duration(r.IntN(6000))*time.Microsecond)
			err := ask(within)
			if err == nil {
				whole++
			} else if within.Err() != nil {
				ended++
			} else if !errors.Is(err, sql.ErrTxDone) {
				t.Errorf("a question failed: %v", err)
			}
			stop()
		}
		return whole, ended
	}
	read := func(ctx context.Context) error {
		rows, err := db.QueryContext(ctx, `SELECT id, words FROM days WHERE words LIKE '%3%' ORDER BY words DESC`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			var words string
			if err := rows.Scan(&id, &words); err != nil {
				return err
			}
		}
		return rows.Err()
	}
	write := func(ctx context.Context) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.ExecContext(ctx, `UPDATE days SET words = hex(id + 1) WHERE id % 7 = 0`); err != nil {
			return err
		}
		return tx.Commit()
	}
	var all sync.WaitGroup
	var counts sync.Map
	for i := range uint64(8) {
		all.Go(func() {
			ask := read
			if i == 0 {
				ask = write
			}
			whole, ended := cut(t.Context(), i, 100, ask)
			counts.Store(i, [2]int{whole, ended})
		})
	}
	all.Wait()
	ended := 0
	counts.Range(func(_, n any) bool { ended += n.([2]int)[1]; return true })
	if ended < 50 {
		t.Errorf("only %d questions were cut off", ended)
	}
	var said string
	if err := db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&said); err != nil || said != "ok" {
		t.Errorf("the database says %q, %v", said, err)
	}
	t.Logf("%d of 800 were cut off", ended)
}
