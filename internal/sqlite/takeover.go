package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"homeward/internal/identity"
)

// takeOver gives a store of before people were found across numbers (I1 to I6)
// the hashes that it takes, and derives everything again: numbers that were
// written in two ways, traced late or lost for a day come to be one person's.
// References and what people said follow. Rows of before say only with which
// local number a patient was first listed, so that is taken for all of them.
// The moment is noted: what was known before it stays as it was known (C15).
func (s *Store) takeOver(ctx context.Context, key *identity.Key) error {
	const mark = `SELECT EXISTS (SELECT 1 FROM kept WHERE name = 'people found across numbers')`
	var done bool
	if err := s.read.QueryRowContext(ctx, mark).Scan(&done); err != nil || done {
		return err
	}
	return s.recorded(ctx, func(r *recording) error {
		// Another process may have been first.
		if err := r.QueryRowContext(ctx, mark).Scan(&done); err != nil || done {
			return err
		}
		if _, err := r.ExecContext(ctx, `INSERT INTO kept (name, value) VALUES ('people found across numbers', x'01')`); err != nil {
			return err
		}
		var any bool
		if err := r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM patient WHERE `+ofBefore+`)`).Scan(&any); err != nil || !any {
			return err
		}
		if err := r.hashLocalNumbers(key); err != nil {
			return err
		}
		if err := r.groupAll(); err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `UPDATE derived_with SET linked_from = ?`, r.at.UnixMicro()); err != nil {
			return err
		}
		return s.deriveAll(ctx, r.Tx)
	})
}

// ofBefore says of a patient that nobody has hashed the local number yet.
const ofBefore = `local_id IS NOT NULL AND purged_at = 0 AND local_number = 0
	AND NOT EXISTS (SELECT 1 FROM stated_with w WHERE w.patient_id = patient.patient_id)`

// hashLocalNumbers opens the local number of every patient and notes it in its
// normal form.
func (r *recording) hashLocalNumbers(key *identity.Key) error {
	type patient struct {
		id, provider int64
		code         string
		nhs, local   []byte
	}
	known := map[[identity.HashSize]byte]int64{}
	last, next := int64(0), int64(1)
	if err := eachRow(r.ctx, r.Tx, `SELECT local_number_id, hash FROM local_number`, func(rows *sql.Rows) error {
		var id int64
		var hash []byte
		if err := rows.Scan(&id, &hash); err != nil {
			return err
		}
		next = max(next, id+1)
		if len(hash) == identity.HashSize {
			known[[identity.HashSize]byte(hash)] = id
		}
		return nil
	}); err != nil {
		return err
	}
	numbers := newBulk(r.ctx, r.Tx, "local_number", []string{"local_number_id", "provider_id", "hash", "sealed"}, "")
	for {
		var part []patient
		if err := eachRow(r.ctx, r.Tx, `
			SELECT patient_id, sender_id, (SELECT code FROM provider v WHERE v.provider_id = patient.sender_id), nhs_number, local_id
			FROM patient
			WHERE patient_id > ? AND `+ofBefore+`
			ORDER BY patient_id
			LIMIT ?`, func(rows *sql.Rows) error {
			var p patient
			err := rows.Scan(&p.id, &p.provider, &p.code, &p.nhs, &p.local)
			part = append(part, p)
			return err
		}, last, patientsAtOnce); err != nil || len(part) == 0 {
			return errors.Join(err, numbers.flush())
		}
		for _, p := range part {
			last = p.id
			text, err := key.Open(p.local)
			if err != nil {
				return err
			}
			id, reading := identity.LocalID(text)
			if reading != identity.Good {
				continue // A placeholder of before is nobody else's number.
			}
			h := key.Hash(identity.Patient{Provider: p.code, LocalID: id})
			number, ok := known[h]
			if !ok {
				number = next
				known[h], next = next, next+1
				if err := numbers.add(number, p.provider, h[:], key.Seal(id)); err != nil {
					return err
				}
				if err := numbers.flush(); err != nil {
					return err
				}
			}
			if p.nhs != nil {
				for _, query := range []string{
					`INSERT INTO stated_with (local_number_id, patient_id) VALUES (?1, ?2)`,
					`UPDATE statement SET local_number = ?1 WHERE patient_id = ?2`,
				} {
					if _, err := r.ExecContext(r.ctx, query, number, p.id); err != nil {
						return err
					}
				}
				continue
			}
			// The first who has the number is found by it from now on.
			if _, err := r.ExecContext(r.ctx, `UPDATE patient SET local_number = ?1, nhs_id = 0, key_hash = iif(?3, ?4, key_hash) WHERE `+
				`patient_id = ?2`,
				number, p.id, !r.taken(h[:], p.provider, p.id), h[:]); err != nil {
				return err
			}
		}
	}
}

// taken says whether another patient of the provider is found by the hash.
func (r *recording) taken(hash []byte, provider, patient int64) bool {
	var other bool
	err := r.QueryRowContext(r.ctx, `SELECT EXISTS (SELECT 1 FROM patient WHERE key_hash = ? AND sender_id = ? AND patient_id <> ?)`, hash,
		provider, patient).Scan(&other)
	return err != nil || other
}

// groupAll puts all patients who may be one person into groups.
func (r *recording) groupAll() error {
	if _, err := r.ExecContext(r.ctx, `
		UPDATE patient
		SET nhs_id = (SELECT min(o.patient_id) FROM patient o WHERE o.key_hash = patient.key_hash)
		WHERE nhs_id <> 0`); err != nil {
		return err
	}
	var pairs [][2]int64
	err := eachRow(r.ctx, r.Tx, `
		SELECT nhs_id, patient_id FROM patient WHERE nhs_id NOT IN (0, patient_id)
		UNION ALL
		SELECT f.first, x.patient_id
		FROM (
			SELECT number, min(patient_id) AS first
			FROM (
				SELECT local_number_id AS number, patient_id FROM stated_with
				UNION ALL
				SELECT local_number, patient_id FROM patient WHERE local_number <> 0)
			GROUP BY number
			HAVING count(*) > 1) f
		JOIN (
			SELECT local_number_id AS number, patient_id FROM stated_with
			UNION ALL
			SELECT local_number, patient_id FROM patient WHERE local_number <> 0) x ON x.number = f.number
		WHERE x.patient_id <> f.first`, func(rows *sql.Rows) error {
		var p [2]int64
		err := rows.Scan(&p[0], &p[1])
		pairs = append(pairs, p)
		return err
	})
	if err != nil {
		return err
	}
	return group(r.ctx, r.Tx, pairs)
}
