package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

// Debt is something that Homeward still has to do after a change that is
// already made.
type Debt string

// The debts. Wiping takes what was deleted or sealed anew out of the unused
// parts of the database's files; Resealing seals received files with the key
// that identifiers are sealed with already.
const (
	Wiping    Debt = "wiping owed"
	Resealing Debt = "resealing owed"
)

// Owe notes a debt, or that it is paid.
func (s *Store) Owe(ctx context.Context, d Debt, owed bool) error {
	_, err := s.write.ExecContext(ctx, owing(owed), string(d))
	if err != nil {
		return s.unwritten(err)
	}
	return nil
}

func owing(owed bool) string {
	if owed {
		return `INSERT INTO kept (name, value) VALUES (?, x'01') ON CONFLICT DO NOTHING`
	}
	return `DELETE FROM kept WHERE name = ?`
}

// Owes says whether a debt is open.
func (s *Store) Owes(ctx context.Context, d Debt) (owed bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM kept WHERE name = ?)`, string(d)).Scan(&owed)
	return owed, err
}

// Wipe takes what was deleted or overwritten out of the database's files, where
// it is owed: pages that are in use no more, what lies between the rows, and
// the log beside the database. Meanwhile nothing else is written; it takes time
// and room on the disk in proportion to the database. The error is Unavailable
// while another program holds back the log; the debt stays and can be tried
// again.
func (s *Store) Wipe(ctx context.Context) error {
	owed, err := s.Owes(ctx, Wiping)
	if err != nil || !owed {
		return err
	}
	// Secure deletion does not reach copies of rows that were left when pages
	// were split; only writing the database anew does.
	if _, err := s.write.ExecContext(ctx, `VACUUM`); err != nil {
		return problem.Wrap(err, problem.Unavailable,
			"What was deleted could not be wiped from the database's files. Check that the disk has room for the database twice. "+
				"It is tried again every night")
	}
	if err := s.truncateLog(ctx); err != nil {
		return err
	}
	return s.Owe(ctx, Wiping, false)
}

// truncateLog empties the log beside the database, waiting for readers who hold
// it back.
func (s *Store) truncateLog(ctx context.Context) error {
	begun := time.Now()
	for {
		var held, pages, moved int
		if err := s.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&held, &pages, &moved); err != nil {
			return s.unwritten(err)
		}
		if held == 0 {
			return nil
		}
		if time.Since(begun) > patience {
			return problem.New(problem.Unavailable, "What was deleted or sealed anew could not be wiped from the log beside the "+
				"database yet, "+
				"because another program is reading from it. It is tried again every night, and by homeward retention run.")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// FilesUpTo gives the fingerprints of the files that were taken and whose
// newest extract is of a day before this.
func (s *Store) FilesUpTo(ctx context.Context, day delay.Day) (out [][32]byte, err error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT f.sha256
		FROM file f
		JOIN extract e ON e.file_id = f.file_id
		GROUP BY f.sha256 -- as it was read at any time
		HAVING max(e.extract_date) < ?`, day)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var sum sql.RawBytes
		if err := rows.Scan(&sum); err != nil {
			return nil, err
		}
		if len(sum) == 32 {
			out = append(out, [32]byte(sum))
		}
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
