package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"homeward/internal/nhsnumber"
)

// texts are the columns that hold words of files or of people. The audit log is
// not among them: its rows are bound to each other, and its words have been
// without numbers since they are written through one door.
var texts = []struct{ table, key, columns string }{
	{"file", "file_id", "name report"},
	{"given", "given_id", "reason_words care_words council_words responsible_words waiting_on_words funding_words why finding"},
	{"place", "place_id", "site ward bed"},
	{"acceptance", "acceptance_id", "reason"},
	{"log_entry", "entry_id", "destination how reason"},
	{"agreement_event", "event_id", "checks words"},
	{"action", "action_id", "what closed_why"},
	{"annotation", "annotation_id", "words"},
	{"call_action", "call_action_id", "what withdrawn_why"},
	{"call_action_change", "call_action_change_id", "what"},
	{"person_verdict", "verdict_id", "reason"},
	{"rule_change", "change_id", "why"},
	{"rule_answer", "answer_id", "why"},
	{"job_run", "job_run_id", "message"},
}

// hideNumbers takes NHS numbers out of the words that a store of before kept in
// clear (P1): in its own rows, and with Wiping in what lies between them. What
// is read since then is without them before it is kept.
func (s *Store) hideNumbers(ctx context.Context) error {
	const mark = `SELECT EXISTS (SELECT 1 FROM kept WHERE name = 'words without NHS numbers')`
	var done bool
	if err := s.read.QueryRowContext(ctx, mark).Scan(&done); err != nil || done {
		return err
	}
	return s.recorded(ctx, func(r *recording) error {
		// Another process may have been first.
		if err := r.QueryRowContext(ctx, mark).Scan(&done); err != nil || done {
			return err
		}
		if _, err := r.ExecContext(ctx, `INSERT INTO kept (name, value) VALUES ('words without NHS numbers', x'01')`); err != nil {
			return err
		}
		hidden := 0
		for _, t := range texts {
			n, err := hideNumbersOf(ctx, r.Tx, t.table, t.key, strings.Fields(t.columns))
			if err != nil {
				return fmt.Errorf("NHS numbers among the words of %s: %w", t.table, err)
			}
			hidden += n
		}
		if hidden == 0 {
			return nil
		}
		_, err := r.ExecContext(ctx, owing(true), string(Wiping))
		return err
	})
}

// hideNumbersOf gives how many rows it changed.
func hideNumbersOf(ctx context.Context, tx *sql.Tx, table, key string, columns []string) (int, error) {
	type row struct {
		id    int64
		words []string
	}
	var found []row
	words := make([]string, len(columns))
	into := make([]any, 1, len(columns)+1)
	var id int64
	into[0] = &id
	for i := range words {
		into = append(into, &words[i])
	}
	if err := eachRow(ctx, tx, `SELECT `+key+`, `+strings.Join(columns, ", ")+` FROM `+table, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		changed := row{id, make([]string, len(words))}
		any := false
		for i, w := range words {
			changed.words[i] = nhsnumber.Redact(w)
			any = any || changed.words[i] != w
		}
		if any {
			found = append(found, changed)
		}
		return nil
	}); err != nil {
		return 0, err
	}
	set := strings.Join(columns, " = ?, ") + " = ?"
	for _, f := range found {
		args := make([]any, 0, len(columns)+1)
		for _, w := range f.words {
			args = append(args, w)
		}
		args = append(args, f.id)
		result, err := tx.ExecContext(ctx, `UPDATE OR IGNORE `+table+` SET `+set+` WHERE `+key+` = ?`, args...)
		if err != nil {
			return 0, err
		}
		if n, err := result.RowsAffected(); err != nil {
			return 0, err
		} else if n == 1 {
			continue
		}
		// Two beds that were called by two numbers are two beds still.
		for i, w := range f.words {
			if strings.Contains(w, nhsnumber.Mark) {
				args[i] = fmt.Sprintf("%s %d", w, f.id)
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE `+table+` SET `+set+` WHERE `+key+` = ?`, args...); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}
