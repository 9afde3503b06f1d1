package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"homeward/internal/audit"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// AddAnnotation stores an annotation and gives its number, with an entry in the
// audit log. Its words have been checked by the caller; who made it is by, and
// when is now: a.By and a.At are not read.
func (s *Store) AddAnnotation(ctx context.Context, by people.Actor, a measure.Annotation) (id int64, err error) {
	err = s.recorded(ctx, func(r *recording) error {
		done, err := r.ExecContext(ctx, `
			INSERT INTO annotation (day, words, metric, provider, council, restart, made_by, made_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			a.Day, a.Words, a.Metric, a.Provider, string(a.Council), a.Restart, by.Who(), r.at.UnixMicro())
		if err != nil {
			return busy(err)
		}
		if id, err = done.LastInsertId(); err != nil {
			return err
		}
		return r.record(entry(by, audit.NoteAdded, noteRecord(id), "", noteWords(a)))
	})
	return id, err
}

// noteRecord names a note in the audit log.
func noteRecord(id int64) string { return "note " + strconv.FormatInt(id, 10) }

// noteWords writes a note for the audit log: its day and words, where and what
// it speaks of, and whether limits start again.
func noteWords(a measure.Annotation) string {
	var words strings.Builder
	words.WriteString(a.Day.String() + ": " + a.Words)
	for _, scope := range []string{a.Metric, a.Provider, string(a.Council)} {
		if scope != "" {
			words.WriteString(", " + scope)
		}
	}
	if a.Restart {
		words.WriteString(", limits start again")
	}
	return words.String()
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

// WithdrawAnnotation takes an annotation off the charts, with an entry in the
// audit log; it stays in the database with who took it off. It gives a problem of
// kind NotFound when none stands under the number.
func (s *Store) WithdrawAnnotation(ctx context.Context, by people.Actor, id int64) error {
	return s.recorded(ctx, func(r *recording) error {
		var a measure.Annotation
		err := r.QueryRowContext(ctx, `
			UPDATE annotation
			SET withdrawn_by = ?, withdrawn_at = ?
			WHERE annotation_id = ? AND withdrawn_at = 0
			RETURNING day, words, metric, provider, council, restart`, by.Who(), r.at.UnixMicro(), id).
			Scan(&a.Day, &a.Words, &a.Metric, &a.Provider, &a.Council, &a.Restart)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return problem.New(problem.NotFound, "This note is not on the charts any more.")
		case err != nil:
			return busy(err)
		}
		return r.record(entry(by, audit.NoteWithdrawn, noteRecord(id), noteWords(a), ""))
	})
}
