package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// summed are tables whose rows are only ever added, or changed by few, with the
// columns that nothing works out again. Migration 0036 takes the sum of a part away
// when SQL changes a row in it, so what differs from its sum was changed by the disk.
var summed = []summedTable{
	{"file", "file_id", "file_id", "receipts of files",
		"sha256, name, bytes, received_at, outcome, report, lists"},
	{"extract", "extract_id", "extract_id", "extracts",
		"file_id, extract_date, rows_read, kept, quarantined, excluded, listed, doubt, sender_id, unlike, " +
			"unlike_in, tells"},
	{"acceptance", "acceptance_id", "acceptance_id", "what people said of held extracts",
		"extract_id, accepted_at, accepted_by, reason, discarded"},
	{"patient", "patient_id", "patient_id", "patients",
		"key_hash, reference, nhs_number, local_id, purged_at, local_number, nhs_id, other_id, group_id, " +
			"sender_id"},
	{"local_number", "local_number_id", "local_number_id", "numbers of patients at their providers",
		"provider_id, hash, sealed"},
	{"given", "given_id", "given_id", "words that extracts gave",
		"reason_words, care_words, council_words, responsible_words, waiting_on_words, funding_words, reason, " +
			"care, council, stated, stated_unread, waiting_on, funding, body, rule, rule_set, rule_version, why, " +
			"finding"},
	{"place", "place_id", "place_id", "wards and beds",
		"provider_id, site, ward, bed"},
	{"statement", "statement_id", "statement_id", "what extracts state",
		"patient_id, given_id, place_id, ready_date, discharged_date, admitted_date, local_number"},
	{"person", "person_id", "person_id", "accounts",
		"email, name, password_hash, second_factor, issuer, subject, awaits_work_account, deactivated_at, epoch, " +
			"first_page, created_at"},
	{"person_grant", "grant_id", "grant_id", "roles of accounts",
		"person_id, role, side, codes, from_work_account, granted_at, granted_by, revoked_at"},
	{"log_entry", "entry_id", "entry_id", "entries of the log",
		"made_at, made_on, made_by, made_role, kind, day, statement_id, undoes, uncertain, destination, how, " +
			"reason, until_day, about_id, together, checked_at, sent_key"},
	{"agreement_event", "event_id", "event_id", "agreements and answers",
		"made_at, made_by, made_role, act, side, body, first_day, last_day, reason, council, care, rule_body, " +
			"checks, words, example, review_on, cut, about_id"},
	{"action", "action_id", "action_id", "actions",
		"made_at, made_by, made_role, what, owner_org, owner_role, due, state, closed_at, closed_why, about_id"},
	{"annotation", "annotation_id", "annotation_id", "annotations of charts",
		"day, words, metric, provider, council, restart, made_by, made_at, withdrawn_by, withdrawn_at"},
	{"call", "day", "day", "calls",
		"started_at, started_by, ended_at, frozen"},
	{"call_action", "call_action_id", "call_action_id", "actions of calls",
		"what, owner_org, due, call_day, made_at, made_by, done_day, done_at, done_by, carried_day, " +
			"withdrawn_day, withdrawn_at, withdrawn_by, withdrawn_as, withdrawn_why"},
	{"call_action_change", "call_action_change_id", "call_action_change_id", "changes of actions of calls",
		"call_action_id, what, owner_org, due, changed_day, changed_at, changed_by"},
	{"call_withdrawn", "call_withdrawn_id", "call_withdrawn_id", "calls that were withdrawn",
		"day, started_at, started_by, ended_at, withdrawn_at, withdrawn_by, withdrawn_as, frozen"},
	{"person_verdict", "verdict_id", "verdict_id", "verdicts on who is the same person",
		"one_id, other_id, verdict, made_at, made_by, made_role, reason"},
	{"stay", "extract_id", "extract_id", "stays of extracts",
		"rows, purged_at"},
	{"reading", "file_id", "file_id", "files that were read again",
		"replaces, first_file"},
	{"published_file", "published_file_id", "published_file_id", "published files",
		"series, title, name, sha256, bytes, published, revised, vintage, given, notes, values_n, first_day, " +
			"last_day, added_by, added_at"},
	{"published_part", "published_part_id", "published_part_id", "parts of published files",
		"published_file_id, first_day, grain, level, measure, dimensions"},
	{"published_text", "published_text_id", "published_text_id", "words of published files",
		"text"},
	{"published_value", "published_part_id", "published_part_id, code, breakdown", "published figures",
		"code, breakdown, name, value, mark"},
	{"rule_change", "change_id", "change_id", "changes of rules",
		"set_name, code_set, rule_set, reason, from_day, body, label, nhs, social_care, joint, acute, non_acute, " +
			"stated_stands, by_groups, why, made_at, made_by, made_role"},
	{"rule_answer", "answer_id", "answer_id", "answers to changes of rules",
		"change_id, act, side, why, moves, made_at, made_by, made_role"},
	{"partnership_version", "number", "number", "versions of the partnership file",
		"at, by_role, why, text"}}

type summedTable struct {
	name, key, order string
	// words say what its rows are.
	words   string
	columns string
}

// rowsOfSum is how many keys a sum is of. The triggers know it too.
const rowsOfSum = 4096

// MaxAltered bounds the findings of Altered and of Unopened.
const MaxAltered = 20

// rowSum is the sum of the rows of one part up to a key.
type rowSum struct {
	part, upTo int64
	sum        []byte
}

// Altered says, one sentence each, which rows differ from the sums that SumRows made
// of them, MaxAltered at most. It reads part after part and keeps no moment open
// meanwhile.
func (s *Store) Altered(ctx context.Context) ([]string, error) {
	var out []string
	if err := eachRow(ctx, s.read, `SELECT DISTINCT name FROM row_sum ORDER BY name`, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		if err == nil && !slices.ContainsFunc(summed, func(t summedTable) bool { return t.name == name }) {
			out = append(out, "There is a sum of rows of a table that has none, so the sums are not as they were written.")
		}
		return err
	}); err != nil {
		return nil, err
	}
	for _, t := range summed {
		var parts []int64
		if err := eachRow(ctx, s.read, `SELECT part FROM row_sum WHERE name = ? ORDER BY part`, func(rows *sql.Rows) error {
			var part int64
			err := rows.Scan(&part)
			parts = append(parts, part)
			return err
		}, t.name); err != nil {
			return nil, err
		}
		for _, part := range parts {
			same, err := s.asSummed(ctx, t, part)
			if err != nil {
				return nil, err
			}
			if same {
				continue
			}
			out = append(out, fmt.Sprintf("Among the %s (table %s, rows %d to %d) something is not as it was when it was last found whole.",
				t.words, t.name, max(part*rowsOfSum, 1), (part+1)*rowsOfSum-1))
			if len(out) == MaxAltered {
				return out, nil
			}
		}
	}
	return out, nil
}

func (s *Store) asSummed(ctx context.Context, t summedTable, part int64) (bool, error) {
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	was, ok, err := t.was(ctx, tx, part)
	if err != nil || !ok {
		return true, err // It was changed in earnest just now.
	}
	sum, _, _, err := t.sum(ctx, tx, part, was.upTo)
	return string(sum) == string(was.sum), err
}

// was gives the sum that is kept of a part, and whether there is one.
func (t summedTable) was(ctx context.Context, q querier, part int64) (rowSum, bool, error) {
	was := rowSum{part: part}
	err := q.QueryRowContext(ctx, `SELECT up_to, sum FROM row_sum WHERE name = ? AND part = ?`, t.name, part).Scan(&was.upTo, &was.sum)
	if errors.Is(err, sql.ErrNoRows) {
		return was, false, nil
	}
	return was, err == nil, err
}

// sum gives the sum of the rows of a part up to a key, the sum of all of them, and the
// greatest key.
func (t summedTable) sum(ctx context.Context, q querier, part, upTo int64) (some, all []byte, last int64, err error) {
	hash := sha256.New()
	var cells []sql.RawBytes
	var into []any
	var frame [8]byte
	last = -1
	err = eachRow(ctx, q, `SELECT `+t.key+`, `+t.columns+` FROM `+t.name+` WHERE `+t.key+` BETWEEN ? AND ? ORDER BY `+t.order,
		func(rows *sql.Rows) error {
			if cells == nil {
				columns, err := rows.Columns()
				if err != nil {
					return err
				}
				cells, into = make([]sql.RawBytes, len(columns)-1), make([]any, len(columns))
				for i := range cells {
					into[i+1] = &cells[i]
				}
			}
			var key int64
			into[0] = &key
			if err := rows.Scan(into...); err != nil {
				return err
			}
			if key > upTo && some == nil {
				some = hash.Sum(nil)
			}
			last = key
			hash.Write(binary.BigEndian.AppendUint64(frame[:0], uint64(key)))
			for _, c := range cells {
				size := int64(len(c))
				if c == nil {
					size = -1
				}
				hash.Write(binary.BigEndian.AppendUint64(frame[:0], uint64(size)))
				hash.Write(c)
			}
			return nil
		}, part*rowsOfSum, (part+1)*rowsOfSum-1)
	all = hash.Sum(nil)
	if some == nil {
		some = all
	}
	return some, all, last, err
}

// SumRows makes the sums of what was added since it was called last, one part at a
// time so that nobody who writes waits for long. A part that differs from its sum
// keeps it. Call it when everything was found whole.
func (s *Store) SumRows(ctx context.Context) error {
	for _, t := range summed {
		var least, most sql.NullInt64
		if err := s.read.QueryRowContext(ctx, `SELECT min(`+t.key+`), max(`+t.key+`) FROM `+t.name).Scan(&least, &most); err != nil {
			return err
		}
		if !most.Valid {
			continue
		}
		for part := least.Int64 / rowsOfSum; part <= most.Int64/rowsOfSum; part++ {
			if err := s.sumPart(ctx, t, part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) sumPart(ctx context.Context, t summedTable, part int64) error {
	was, ok, err := t.was(ctx, s.read, part)
	if err != nil {
		return err
	}
	var last sql.NullInt64
	if err := s.read.QueryRowContext(ctx, `SELECT max(`+t.key+`) FROM `+t.name+` WHERE `+t.key+` BETWEEN ? AND ?`, part*rowsOfSum,
		(part+1)*rowsOfSum-1).Scan(&last); err != nil || !last.Valid || ok && was.upTo >= last.Int64 {
		return err
	}
	// Without inTx, which would tell readers that figures changed. A change in between
	// would take away a sum that is not there yet, so it is read as it is written.
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return busy(err)
	}
	defer func() { _ = tx.Rollback() }() // Nothing is left of it after Commit.
	if was, ok, err = t.was(ctx, tx, part); err != nil {
		return err
	}
	some, all, upTo, err := t.sum(ctx, tx, part, was.upTo)
	if err != nil || ok && string(some) != string(was.sum) {
		return err
	}
	if upTo < 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `
		INSERT INTO row_sum (name, part, up_to, sum)
		VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET up_to = excluded.up_to, sum = excluded.sum`, t.name, part, upTo, all); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return busy(err)
	}
	return nil
}
