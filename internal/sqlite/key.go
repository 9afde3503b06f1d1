package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"homeward/internal/audit"
	"homeward/internal/identity"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// KeyFingerprint gives the fingerprint of the key that identifiers are sealed
// with, empty when the database does not say yet.
func (s *Store) KeyFingerprint(ctx context.Context) (string, error) {
	return keyFingerprint(ctx, s.read)
}

func keyFingerprint(ctx context.Context, q querier) (string, error) {
	var value []byte
	err := q.QueryRowContext(ctx, `SELECT value FROM kept WHERE name = 'key fingerprint'`).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return string(value), err
}

// UseKey says with which key this process seals identifiers from now on. The
// database notes the first; later the error is a Conflict problem when it
// names another. A database of before fingerprints takes the key only if it
// opens what is sealed there.
func (s *Store) UseKey(ctx context.Context, key *identity.Key) error {
	fingerprint := key.Fingerprint()
	noted, err := s.KeyFingerprint(ctx)
	if err != nil {
		return err
	}
	if noted == "" {
		err = s.noteKey(ctx, key)
	} else if noted != fingerprint {
		err = wrongKey()
	}
	if err != nil {
		return err
	}
	s.ledger.key.Lock()
	s.ledger.inUse = fingerprint
	s.ledger.key.Unlock()
	if err := s.hideNumbers(ctx); err != nil {
		return err
	}
	return s.takeOver(ctx, key)
}

func (s *Store) noteKey(ctx context.Context, key *identity.Key) error {
	return s.recorded(ctx, func(r *recording) error {
		noted, err := keyFingerprint(ctx, r)
		if err != nil {
			return err
		}
		if noted == key.Fingerprint() {
			return nil
		}
		if noted != "" {
			return wrongKey()
		}
		var sealed []byte
		err = r.QueryRowContext(ctx, `SELECT coalesce(nhs_number, local_id) FROM patient WHERE coalesce(nhs_number, local_id) IS NOT NULL `+
			`LIMIT 1`).Scan(&sealed)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if sealed != nil {
			if _, err := key.Open(sealed); err != nil {
				return err
			}
		}
		_, err = r.ExecContext(ctx, `INSERT INTO kept (name, value) VALUES ('key fingerprint', ?)`, []byte(key.Fingerprint()))
		return err
	})
}

func wrongKey() error {
	return problem.New(problem.Conflict, "The key file is not the one that the identifiers of this database are sealed with. Figures still "+
		"work; identifiers cannot be shown or matched. Restore the key file from your backup, or restart Homeward if the key was replaced while "+
		"it ran.")
}

// sameKey refuses to go on when the key was replaced since this process took
// it in use: what it would hash and seal could never be matched or opened.
func (s *Store) sameKey(ctx context.Context, q querier) error {
	s.ledger.key.Lock()
	inUse := s.ledger.inUse
	s.ledger.key.Unlock()
	if inUse == "" {
		return nil
	}
	noted, err := keyFingerprint(ctx, q)
	if err == nil && noted != inUse {
		err = wrongKey()
	}
	return err
}

// RotateKey seals every identifier and every authenticator's secret anew and
// hashes every patient anew, from the key that the database names to another,
// in one transaction. References stay. It gives the number of patients. What was
// sealed with the former key is in unused parts of the files until Wipe. After
// it, the database names the new key and other processes that use the old one
// are refused until they are restarted.
func (s *Store) RotateKey(ctx context.Context, by people.Actor, from, to *identity.Key) (int, error) {
	if from.Fingerprint() == to.Fingerprint() {
		return 0, problem.New(problem.Invalid, "The new key is the old one. Nothing has changed.")
	}
	// What is overwritten is wiped from the file too, not only unlinked.
	if _, err := s.write.ExecContext(ctx, `PRAGMA secure_delete = ON`); err != nil {
		return 0, busy(err)
	}
	n := 0
	err := s.recorded(ctx, func(r *recording) error {
		noted, err := keyFingerprint(ctx, r)
		if err != nil {
			return err
		}
		if noted != "" && noted != from.Fingerprint() {
			return wrongKey()
		}
		if n, err = r.resealPatients(from, to); err != nil {
			return err
		}
		if err := r.resealLocalNumbers(from, to); err != nil {
			return err
		}
		if err := r.resealSecondFactors(from, to); err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `
			INSERT INTO kept (name, value) VALUES ('key fingerprint', ?)
			ON CONFLICT DO UPDATE SET value = excluded.value`, []byte(to.Fingerprint())); err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, owing(true), string(Wiping)); err != nil {
			return err
		}
		return r.record(entry(by, audit.KeyRotated, "", "key "+from.Fingerprint(), fmt.Sprintf("key %s, %d patients", to.Fingerprint(), n)))
	})
	if err != nil {
		return 0, err
	}
	s.ledger.key.Lock()
	s.ledger.inUse = to.Fingerprint()
	s.ledger.key.Unlock()
	return n, nil
}

// patientsAtOnce is how many patients are read before they are written.
const patientsAtOnce = 5000

func (r *recording) resealPatients(from, to *identity.Key) (int, error) {
	type patient struct {
		id                int64
		provider          string
		nhs, local, other []byte
	}
	update, err := r.PrepareContext(r.ctx, `UPDATE patient SET key_hash = ?, nhs_number = ?, local_id = ?, other_id = ? WHERE patient_id = ?`)
	if err != nil {
		return 0, err
	}
	defer update.Close()
	n, last := 0, int64(0)
	for {
		rows, err := r.QueryContext(r.ctx, `
			SELECT p.patient_id, v.code, p.nhs_number, p.local_id, p.other_id
			FROM patient p
			JOIN provider v ON v.provider_id = p.sender_id
			WHERE p.patient_id > ? AND p.purged_at = 0
			ORDER BY p.patient_id
			LIMIT ?`, last, patientsAtOnce)
		if err != nil {
			return n, err
		}
		var batch []patient
		for rows.Next() {
			var p patient
			if err := rows.Scan(&p.id, &p.provider, &p.nhs, &p.local, &p.other); err != nil {
				return n, errors.Join(err, rows.Close())
			}
			batch = append(batch, p)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return n, err
		}
		if len(batch) == 0 {
			return n, nil
		}
		for _, p := range batch {
			who := identity.Patient{Provider: p.provider}
			nhs, err := reseal(from, to, p.nhs, &who.NHSNumber)
			if err != nil {
				return n, err
			}
			local, err := reseal(from, to, p.local, &who.LocalID)
			if err != nil {
				return n, err
			}
			var text string
			other, err := reseal(from, to, p.other, &text)
			if err != nil {
				return n, err
			}
			hash := to.Hash(who.WithOther(text))
			if _, err := update.ExecContext(r.ctx, hash[:], nhs, local, other, p.id); err != nil {
				return n, err
			}
			n, last = n+1, p.id
		}
	}
}

// resealLocalNumbers seals and hashes the providers' own numbers anew, so that
// they go on being matched.
func (r *recording) resealLocalNumbers(from, to *identity.Key) error {
	type number struct {
		id       int64
		provider string
		sealed   []byte
	}
	last := int64(0)
	for {
		var part []number
		if err := eachRow(r.ctx, r.Tx, `
			SELECT l.local_number_id, v.code, l.sealed
			FROM local_number l
			JOIN provider v ON v.provider_id = l.provider_id
			WHERE l.local_number_id > ? AND l.sealed IS NOT NULL
			ORDER BY l.local_number_id
			LIMIT ?`, func(rows *sql.Rows) error {
			var n number
			err := rows.Scan(&n.id, &n.provider, &n.sealed)
			part = append(part, n)
			return err
		}, last, patientsAtOnce); err != nil || len(part) == 0 {
			return err
		}
		for _, n := range part {
			var text string
			sealed, err := reseal(from, to, n.sealed, &text)
			if err != nil {
				return err
			}
			hash := to.Hash(identity.Patient{Provider: n.provider}.WithLocal(text))
			if _, err := r.ExecContext(r.ctx, `UPDATE local_number SET hash = ?, sealed = ? WHERE local_number_id = ?`, hash[:], sealed,
				n.id); err != nil {
				return err
			}
			last = n.id
		}
	}
}

// reseal opens sealed bytes with one key, gives their text, and seals them with
// another. Nil stays nil.
func reseal(from, to *identity.Key, sealed []byte, text *string) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	var err error
	if *text, err = from.Open(sealed); err != nil {
		return nil, err
	}
	return to.Seal(*text), nil
}

func (r *recording) resealSecondFactors(from, to *identity.Key) error {
	rows, err := r.QueryContext(r.ctx, `SELECT person_id, second_factor FROM person WHERE second_factor IS NOT NULL`)
	if err != nil {
		return err
	}
	sealed := map[int64][]byte{}
	for rows.Next() {
		var id int64
		var b []byte
		if err := rows.Scan(&id, &b); err != nil {
			return errors.Join(err, rows.Close())
		}
		sealed[id] = b
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for id, b := range sealed {
		var secret string
		again, err := reseal(from, to, b, &secret)
		if err != nil {
			return err
		}
		if _, err := r.ExecContext(r.ctx, `UPDATE person SET second_factor = ? WHERE person_id = ?`, again, id); err != nil {
			return err
		}
	}
	return nil
}
