package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// DelayRecord is one delay with its stretches, as lists of delays show it.
type DelayRecord struct {
	Provider, Reference string
	// NHSNumber and LocalID are given by IdentifiedDelays only.
	NHSNumber, LocalID string
	Ready, End         delay.Day
	EndKind            delay.EndKind
	FirstDay, LastDay  delay.Day // counted days, zero when none counts
	Segments           []Segment
}

// Segment is the part of a delay with one reason, one body by the rules, one
// council and one type of care, with where it stands (G1).
type Segment struct {
	agreement.Segment
	agreement.Standing
}

// Days is the number of delayed days of the segment.
func (s Segment) Days() int { return int(s.Segment.Last-s.First) + 1 }

// segmentColumns are the columns of a segment t, in the order of scan.
const segmentColumns = `t.first_day, t.last_day, t.reason, t.council, t.care, t.rule_body,
			t.body, t.by_people, t.state, t.suggested, t.next_side, t.level, t.event_id`

func (s *Segment) scan() []any {
	return []any{&s.First, &s.Segment.Last, &s.Reason, &s.Council, &s.Care, &s.Segment.Body,
		&s.Standing.Body, &s.ByPeople, &s.State, &s.Suggested, &s.Next, &s.Level, &s.Standing.Last}
}

// Delays gives every delay that has counted days, ordered by provider, ready
// date and reference, one at a time to each, without identifiers.
func (s *Store) Delays(ctx context.Context, each func(DelayRecord) error) error {
	return s.eachDelay(ctx, nil, each)
}

// IdentifiedDelays is Delays with the identifiers of each patient, for the
// command line of the machine that holds the data folder. That they leave is in
// the audit log before the first is given (P2): what was cut off was begun. The
// error is a Forbidden problem for any other actor.
func (s *Store) IdentifiedDelays(ctx context.Context, by people.Actor, key *identity.Key, each func(DelayRecord) error) error {
	if by.Kind != people.Machine {
		return problem.New(problem.Forbidden, "Identifiers are exported at the command line of the machine that holds the data folder only.")
	}
	err := s.recorded(ctx, func(r *recording) error {
		if err := s.sameKey(ctx, r); err != nil {
			return err
		}
		return r.record(entry(by, audit.IdentifiersExported, "", "", "every delay with NHS number and local number"))
	})
	if err != nil {
		return err
	}
	return s.eachDelay(ctx, key, each)
}

// eachDelay gives every delay, with identifiers when there is a key to open
// them with.
func (s *Store) eachDelay(ctx context.Context, key *identity.Key, each func(DelayRecord) error) error {
	rows, err := s.read.QueryContext(ctx, `
		SELECT v.code, p.reference, p.nhs_number, p.local_id, d.patient_id, d.listed_first,
			d.ready_date, d.end_date, d.end_kind, d.first_day, d.last_day,
			`+segmentColumns+`
		FROM delay d
		JOIN patient p ON p.patient_id = d.patient_id
		JOIN provider v ON v.provider_id = d.provider_id
		JOIN segment t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first
		ORDER BY v.code, d.ready_date, p.reference, d.listed_first, t.first_day`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var current DelayRecord
	var patient, listed int64
	for rows.Next() {
		var r DelayRecord
		var st Segment
		var itsPatient, itsListed int64
		var nhs, local []byte
		if err := rows.Scan(append([]any{&r.Provider, &r.Reference, &nhs, &local, &itsPatient, &itsListed,
			&r.Ready, &r.End, &r.EndKind, &r.FirstDay, &r.LastDay}, st.scan()...)...); err != nil {
			return err
		}
		if itsPatient != patient || itsListed != listed {
			if patient != 0 {
				if err := each(current); err != nil {
					return err
				}
			}
			for _, part := range []struct {
				sealed []byte
				text   *string
			}{{nhs, &r.NHSNumber}, {local, &r.LocalID}} {
				if key == nil || part.sealed == nil {
					continue
				}
				if *part.text, err = key.Open(part.sealed); err != nil {
					return err
				}
			}
			current, patient, listed = r, itsPatient, itsListed
		}
		current.Segments = append(current.Segments, st)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if patient != 0 {
		return each(current)
	}
	return nil
}

// Accept records that somebody accepts a provider's held extracts of a day
// (R5), with their reason, in the audit log too, and works the figures out
// again. as names who it was for the readers of the receipt, without a person's
// name. It says how many were accepted. The provider is named by its code, or by
// one under which it sent before. Where none is held, the latest of those that were
// discarded is accepted after all. With the SHA-256 of a file, in hexadecimal, it is about the
// extracts of those bytes alone.
func (s *Store) Accept(ctx context.Context, by people.Actor, as, sum, provider string, day delay.Day, reason string) (int64, error) {
	n, err := s.decideHeld(ctx, by, as, sum, provider, day, reason, heldOnDay, false)
	if err != nil || n > 0 {
		return n, err
	}
	return s.decideHeld(ctx, by, as, sum, provider, day, reason, `
		SELECT e.extract_id
		FROM extract e
		WHERE (e.provider_id = (SELECT provider_id FROM provider WHERE code = ?4)
				OR e.sender_id = (SELECT provider_id FROM provider WHERE code = ?4))
			AND e.extract_date = ?5 AND `+standsAsRead+` AND `+lastWord+` = 1
			ORDER BY e.extract_id DESC LIMIT 1`, false)
}

// Discard records that somebody discards a provider's held extracts of a day: they
// are as if they had not come. The rest is as for Accept.
func (s *Store) Discard(ctx context.Context, by people.Actor, as, sum, provider string, day delay.Day, reason string) (int64, error) {
	return s.decideHeld(ctx, by, as, sum, provider, day, reason, heldOnDay, true)
}

// heldOnDay gives the held extracts of a provider and day.
const heldOnDay = `
			SELECT s.held_extract
			FROM standing s
			JOIN provider v ON v.provider_id = s.provider_id
			WHERE (v.code = ?4 OR s.sender_id = (SELECT provider_id FROM provider WHERE code = ?4)) AND s.extract_date = ?5
				AND s.held_extract <> 0`

// decideHeld records what somebody says of the extracts that which gives, and
// works the figures out again.
func (s *Store) decideHeld(ctx context.Context, by people.Actor, as, sum, provider string, day delay.Day, reason, which string,
	discard bool) (int64, error) {
	var of any // the bytes of one file, or all
	if sum != "" {
		key, err := hex.DecodeString(sum)
		if err != nil {
			return 0, problem.New(problem.NotFound, "There is no extract with this fingerprint.")
		}
		of = key
	}
	was, words := "short, held", "accepted: "
	if discard {
		words = "discarded: "
	}
	if which != heldOnDay {
		was = "discarded"
	}
	var n int64
	err := s.recorded(ctx, func(r *recording) error {
		res, err := r.ExecContext(ctx, `
			INSERT INTO acceptance (extract_id, accepted_at, accepted_by, reason, discarded)
			SELECT w.extract_id, ?1, ?2, ?3, ?6
			FROM (WITH which (extract_id) AS (`+which+`) SELECT extract_id FROM which) w
			WHERE ?7 IS NULL
				OR EXISTS (SELECT 1 FROM extract x JOIN file f ON f.file_id = x.file_id WHERE x.extract_id = w.extract_id AND f.sha256 = ?7)`,
			r.at.UnixMicro(), as, reason, provider, day, discard, of)
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		what := strings.TrimSpace("extract " + provider + " " + day.String() + " " + sum[:min(len(sum), 12)])
		if err := r.record(entry(by, audit.Decided, what, was, words+reason)); err != nil {
			return err
		}
		var senders []int64
		if err := eachRow(ctx, r.Tx, `
			SELECT provider_id
			FROM provider
			WHERE code = ?1 OR shown_id = (SELECT provider_id FROM provider WHERE code = ?1)
			ORDER BY provider_id`, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			senders = append(senders, id)
			return err
		}, provider); err != nil {
			return err
		}
		for _, id := range senders {
			d := newDerivation(ctx, r.Tx, s, id)
			err := d.derive(nil, day)
			d.close()
			if err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
