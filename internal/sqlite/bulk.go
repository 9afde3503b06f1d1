package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// bulk inserts many rows with few calls into SQLite: rows gather and go in by
// the hundred, which is several times faster than one by one.
type bulk struct {
	ctx     context.Context
	tx      *sql.Tx
	head    string // INSERT INTO t (columns) VALUES
	tail    string // ON CONFLICT …, or nothing
	columns int
	args    []any
	queries map[int]string // by rows
}

// bulkRows is the number of rows a call; with up to 40 columns it stays under
// SQLite's limit of 32,766 arguments.
const bulkRows = 100

func newBulk(ctx context.Context, tx *sql.Tx, table string, columns []string, tail string) *bulk {
	return &bulk{
		ctx: ctx, tx: tx,
		head:    "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ",
		tail:    tail,
		columns: len(columns), // The arguments grow with the rows: most are few.
	}
}

func (b *bulk) query(rows int) string {
	if text, ok := b.queries[rows]; ok {
		return text
	}
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", b.columns), ", ") + ")"
	text := b.head + strings.TrimSuffix(strings.Repeat(row+", ", rows), ", ") + b.tail
	if b.queries == nil {
		b.queries = map[int]string{}
	}
	b.queries[rows] = text
	return text
}

// add takes one row; its arguments are those of the columns in order.
func (b *bulk) add(args ...any) error {
	if b.gather(args...) {
		return b.flush()
	}
	return nil
}

// gather is add for who flushes as soon as it says that a call is full.
func (b *bulk) gather(args ...any) (full bool) {
	b.args = append(b.args, args...)
	return len(b.args) >= bulkRows*b.columns
}

// flush writes what has gathered. Call it once all rows are added. Rows go in
// by few sizes, so that SQLite meets few different statements and keeps them
// prepared.
func (b *bulk) flush() error {
	args := b.args
	for _, rows := range [...]int{bulkRows, 25, 5, 1} {
		for n := rows * b.columns; len(args) >= n; args = args[n:] {
			if _, err := b.tx.ExecContext(b.ctx, b.query(rows), args[:n]...); err != nil {
				return err
			}
		}
	}
	b.args = b.args[:0]
	return nil
}

// unique gives the numbers ascending and each once.
func unique(ids []int64) []int64 {
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}
