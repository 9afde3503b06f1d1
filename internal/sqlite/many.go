package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
)

// manyAtOnce bounds what one look-up asks for.
const manyAtOnce = 500

// lookUp asks for many things with few queries, because a query costs far more
// than a row. Each query is given a part of wanted as a JSON array, which it
// reads with json_each(?1), and args as ?2 and so on; each is called for every
// row.
func lookUp[T any](ctx context.Context, tx *sql.Tx, query string, wanted []T, each func(*sql.Rows) error, args ...any) error {
	for part := range slices.Chunk(wanted, manyAtOnce) {
		list, err := json.Marshal(part)
		if err != nil {
			return err
		}
		if err := eachRow(ctx, tx, query, each, append([]any{string(list)}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

// eachRow runs a query and calls each for every row.
func eachRow(ctx context.Context, tx querier, query string, each func(*sql.Rows) error, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
