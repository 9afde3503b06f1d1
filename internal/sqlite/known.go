package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"homeward/internal/delay"
)

// Known is the store as it was at a past moment: read it like any Store, and
// Close it when done.
type Known struct {
	*Store
	dir string
}

// Close closes and removes it.
func (k *Known) Close() error {
	return errors.Join(k.Store.Close(), os.RemoveAll(k.dir))
}

// AsKnown works everything out as it was known at the moment at: from the
// extracts that had been received by then, and from what people had said and
// accepted by then (C15), with the notes that stood on the charts. The settings are today's. The same moment gives the
// same figures, whatever has arrived since. It takes time in proportion to the
// evidence, so keep what it gives for a while. Identifiers are left out.
//
// today is the London day of the moment: up to it, and no further than the log
// reached then, the log is evidence (C17).
func (s *Store) AsKnown(ctx context.Context, at time.Time, today delay.Day) (_ *Known, err error) {
	dir, err := os.MkdirTemp(s.ledger.dir, ScratchPattern)
	if err != nil {
		return nil, fmt.Errorf("a folder for past figures: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	// What comes from now on is dated after the moment.
	if err := s.settle(ctx, at); err != nil {
		return nil, err
	}
	settings := s.settings
	past, err := Open(ctx, dir, &settings, disposable)
	if err != nil {
		return nil, err
	}
	var linked int64
	if err := s.read.QueryRowContext(ctx, `SELECT coalesce((SELECT linked_from FROM derived_with), 0)`).Scan(&linked); err != nil {
		return nil, errors.Join(err, past.Close())
	}
	past.unlinked = at.UnixMicro() < linked
	if err := past.copyKnown(ctx, filepath.Join(s.ledger.dir, FileName), at, today); err != nil {
		return nil, errors.Join(err, past.Close())
	}
	return &Known{Store: past, dir: dir}, nil
}

// disposable opens a database that is thrown away.
func disposable(s *Store) { s.disposable = true }

// copyKnown copies the evidence of the database at path as of a moment and
// derives everything from it.
func (s *Store) copyKnown(ctx context.Context, path string, at time.Time, today delay.Day) error {
	// The only connection of the pool: what is attached stays attached.
	source := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=ro"}).String()
	if _, err := s.write.ExecContext(ctx, `ATTACH DATABASE ? AS source`, source); err != nil {
		return fmt.Errorf("attaching the database: %w", err)
	}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		moment := at.UnixMicro()
		for _, copying := range []struct {
			query string
			args  []any
		}{
			{`INSERT INTO provider SELECT * FROM source.provider`, nil},
			{`INSERT INTO file SELECT * FROM source.file WHERE received_at <= ?`, []any{moment}},
			{`INSERT INTO reading SELECT * FROM source.reading WHERE file_id IN (SELECT file_id FROM file)`, nil},
			{`INSERT INTO reading_change SELECT * FROM source.reading_change WHERE file_id IN (SELECT file_id FROM file)`, nil},
			{`INSERT INTO extract SELECT * FROM source.extract WHERE file_id IN (SELECT file_id FROM file)`, nil},
			{`INSERT INTO stay SELECT * FROM source.stay WHERE extract_id IN (SELECT extract_id FROM extract)`, nil},
			{`INSERT INTO acceptance SELECT * FROM source.acceptance WHERE accepted_at <= ? AND extract_id IN (SELECT extract_id FROM extract)`,
				[]any{moment}},
			// Statements that nothing of the time refers to do no harm: figures
			// follow from the extracts and the log.
			{`INSERT INTO patient (patient_id, provider_id, sender_id, key_hash, reference, local_number, nhs_id, group_id, person_id)
				SELECT patient_id, provider_id, sender_id, key_hash, reference, local_number, nhs_id, group_id, patient_id
				FROM source.patient`, nil},
			{`INSERT INTO person_verdict SELECT * FROM source.person_verdict WHERE made_at <= ?`, []any{moment}},
			{`INSERT INTO rule_change SELECT * FROM source.rule_change WHERE made_at <= ?`, []any{moment}},
			{`INSERT INTO rule_answer SELECT * FROM source.rule_answer WHERE made_at <= ?`, []any{moment}},
			{`INSERT INTO rule_began SELECT * FROM source.rule_began
				WHERE change_id IN (SELECT change_id FROM rule_answer WHERE act = 'confirmed' GROUP BY change_id HAVING count(DISTINCT side) = 2)`,
				nil},
			{`INSERT INTO given SELECT * FROM source.given`, nil},
			{`INSERT INTO place SELECT * FROM source.place`, nil},
			{`INSERT INTO statement SELECT * FROM source.statement`, nil},
			{`INSERT INTO log_entry SELECT * FROM source.log_entry WHERE made_at <= ?`, []any{moment}},
			{`INSERT INTO agreement_event SELECT * FROM source.agreement_event WHERE made_at <= ?`, []any{moment}},
			{`INSERT INTO action SELECT * FROM source.action WHERE made_at <= ?`, []any{moment}},
			// A note that was withdrawn later stood at the time.
			{`INSERT INTO annotation (annotation_id, day, words, metric, provider, council, restart, made_by, made_at, withdrawn_by, withdrawn_at)
				SELECT annotation_id, day, words, metric, provider, council, restart, made_by, made_at,
					iif(withdrawn_at <= ?1, withdrawn_by, ''), iif(withdrawn_at <= ?1, withdrawn_at, 0)
				FROM source.annotation WHERE made_at <= ?1`, []any{moment}},
			{`INSERT INTO log_reach SELECT * FROM source.log_reach WHERE reached_at <= ?`, []any{moment}},
			{`UPDATE derived_with SET log_day = min(?, (SELECT coalesce(max(log_day), 0) FROM log_reach))`, []any{today}},
		} {
			if _, err := tx.ExecContext(ctx, copying.query, copying.args...); err != nil {
				return fmt.Errorf("%s: %w", copying.query, err)
			}
		}
		return s.deriveAll(ctx, tx)
	})
	if err != nil {
		return err
	}
	_, err = s.write.ExecContext(ctx, `DETACH DATABASE source`)
	return err
}
