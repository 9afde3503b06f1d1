package sqlite

import (
	"context"
	"time"

	"homeward/internal/measure"
	"homeward/internal/problem"
)

// AddAnnotation stores an annotation and gives its number. Its words have been
// checked by the caller.
func (s *Store) AddAnnotation(ctx context.Context, a measure.Annotation) (int64, error) {
	// Without inTx, which would tell readers that figures changed.
	done, err := s.write.ExecContext(ctx, `
		INSERT INTO annotation (day, words, metric, provider, council, restart, made_by, made_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		a.Day, a.Words, a.Metric, a.Provider, string(a.Council), a.Restart, a.By, a.At.UnixMicro())
	if err != nil {
		return 0, busy(err)
	}
	return done.LastInsertId()
}

// Annotations gives the annotations that stand, by day and then in the order in
// which they were made.
func (s *Store) Annotations(ctx context.Context) ([]measure.Annotation, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT annotation_id, day, words, metric, provider, council, restart, made_by, made_at
		FROM annotation
		WHERE withdrawn_at = 0
		ORDER BY day, annotation_id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []measure.Annotation
	for rows.Next() {
		var a measure.Annotation
		var at int64
		if err := rows.Scan(&a.ID, &a.Day, &a.Words, &a.Metric, &a.Provider, &a.Council, &a.Restart, &a.By, &at); err != nil {
			return nil, err
		}
		a.At = time.UnixMicro(at).UTC()
		out = append(out, a)
	}
	return out, rows.Err()
}

// WithdrawAnnotation takes an annotation off the charts; it stays in the
// database with who took it off. It gives a problem of kind NotFound when none
// stands under the number.
func (s *Store) WithdrawAnnotation(ctx context.Context, id int64, by string, at time.Time) error {
	done, err := s.write.ExecContext(ctx, `
		UPDATE annotation
		SET withdrawn_by = ?, withdrawn_at = ?
		WHERE annotation_id = ? AND withdrawn_at = 0`, by, at.UnixMicro(), id)
	if err != nil {
		return busy(err)
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return problem.New(problem.NotFound, "This note is not on the charts any more.")
}
