package sqlite

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"homeward/internal/audit"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// People gives every account, ordered by name and e-mail address.
func (s *Store) People(ctx context.Context) ([]people.Person, error) {
	return peopleWhere(ctx, s.read, "1 = 1 ORDER BY name, email")
}

// Person gives the account of that number. The error is a NotFound problem
// when there is none.
func (s *Store) Person(ctx context.Context, id int64) (people.Person, error) {
	return one(peopleWhere(ctx, s.read, "person_id = ?", id))
}

// PersonByEmail gives the account of a normalised e-mail address. The error is
// a NotFound problem when there is none.
func (s *Store) PersonByEmail(ctx context.Context, email string) (people.Person, error) {
	return one(peopleWhere(ctx, s.read, "email = ?", email))
}

// PersonBySubject gives the account that is tied to the subject of an OpenID
// provider. The error is a NotFound problem when there is none.
func (s *Store) PersonBySubject(ctx context.Context, issuer, subject string) (people.Person, error) {
	return one(peopleWhere(ctx, s.read, "issuer = ? AND subject = ? AND subject <> ''", issuer, subject))
}

func one(found []people.Person, err error) (people.Person, error) {
	if err == nil && len(found) == 0 {
		err = problem.New(problem.NotFound, "There is no such user. List them with: homeward user list")
	}
	if err != nil {
		return people.Person{}, err
	}
	return found[0], nil
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func peopleWhere(ctx context.Context, q querier, condition string, args ...any) ([]people.Person, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT person_id, email, name, deactivated_at <> 0, password_hash <> '', second_factor IS NOT NULL,
			subject <> '', awaits_work_account, epoch, first_page, created_at, last_signed_in,
			(SELECT group_concat(grant_id || '|' || role || '|' || side || '|' || from_work_account || '|' || codes, char(10) ORDER BY grant_id)
				FROM person_grant g
				WHERE g.person_id = p.person_id AND g.revoked_at = 0)
		FROM person p
		WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []people.Person
	for rows.Next() {
		var p people.Person
		var created, last int64
		var grants sql.NullString
		if err := rows.Scan(&p.ID, &p.Email, &p.Name, &p.Deactivated, &p.HasPassword, &p.SecondFactor,
			&p.WorkAccount, &p.AwaitsWorkAccount, &p.Epoch, &p.FirstPage, &created, &last, &grants); err != nil {
			return nil, err
		}
		p.CreatedAt, p.LastSignedIn = moment(created), moment(last)
		if p.Grants, err = readGrants(grants.String); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// Credentials gives what a sign-in with the normalised e-mail address is
// checked against, and whether there is such an account.
func (s *Store) Credentials(ctx context.Context, email string) (people.Credentials, bool, error) {
	c := people.Credentials{}
	var err error
	c.Person, err = s.PersonByEmail(ctx, email)
	if problem.KindOf(err) == problem.NotFound {
		return c, false, nil
	}
	if err == nil {
		c, err = s.secrets(ctx, c.Person)
	}
	return c, err == nil, err
}

// CredentialsOf is Credentials by the account's number.
func (s *Store) CredentialsOf(ctx context.Context, id int64) (people.Credentials, error) {
	p, err := s.Person(ctx, id)
	if err != nil {
		return people.Credentials{}, err
	}
	return s.secrets(ctx, p)
}

func (s *Store) secrets(ctx context.Context, p people.Person) (people.Credentials, error) {
	c := people.Credentials{Person: p}
	err := s.read.QueryRowContext(ctx, `SELECT password_hash, second_factor, second_factor_step FROM person WHERE person_id = ?`, p.ID).
		Scan(&c.PasswordHash, &c.SealedSecret, &c.Step)
	return c, err
}

// AddPerson adds an account with the person's e-mail address, name, grants and
// AwaitsWorkAccount, and the password links given, which become the person's:
// all of it or nothing. It gives the account's number. The error is a Conflict
// problem when the e-mail address is taken.
func (s *Store) AddPerson(ctx context.Context, by people.Actor, p people.Person, links ...people.Token) (int64, error) {
	var id int64
	err := s.recorded(ctx, func(r *recording) error {
		res, err := r.ExecContext(ctx, `INSERT INTO person (email, name, awaits_work_account, created_at) VALUES (?, ?, ?, ?)`,
			p.Email, p.Name, p.AwaitsWorkAccount, r.at.UnixMicro())
		if isUnique(err) {
			return problem.New(problem.Conflict, "A user with this email address already exists")
		}
		if err != nil {
			return err
		}
		if id, err = res.LastInsertId(); err != nil {
			return err
		}
		if err := r.record(entry(by, audit.PersonAdded, p.Email, "", p.Name)); err != nil {
			return err
		}
		for _, g := range p.Grants {
			if _, err := r.grant(by, id, p.Email, g); err != nil {
				return err
			}
		}
		for _, t := range links {
			t.PersonID = id
			if err := r.token(by, t); err != nil {
				return err
			}
		}
		return nil
	})
	return id, err
}

func isUnique(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
}

// email gives a person's address in the transaction, as records name them.
func (r *recording) email(id int64) (email string, err error) {
	err = r.QueryRowContext(r.ctx, `SELECT email FROM person WHERE person_id = ?`, id).Scan(&email)
	if errors.Is(err, sql.ErrNoRows) {
		err = problem.New(problem.NotFound, "There is no such user. List them with: homeward user list")
	}
	return email, err
}

// SetDeactivated deactivates an account, which ends its sessions and its
// password links, or activates it again.
func (s *Store) SetDeactivated(ctx context.Context, by people.Actor, id int64, deactivated bool) error {
	return s.recorded(ctx, func(r *recording) error {
		email, err := r.email(id)
		if err != nil {
			return err
		}
		what, since := audit.PersonReactivated, int64(0)
		if deactivated {
			what, since = audit.PersonDeactivated, r.at.UnixMicro()
			if err := r.keepAnAdministrator(id, 0); err != nil {
				return err
			}
		}
		if _, err := r.ExecContext(ctx, `UPDATE person SET deactivated_at = ?, epoch = epoch + 1 WHERE person_id = ?`, since, id); err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `UPDATE token SET revoked_at = ? WHERE person_id = ? AND revoked_at = 0`, r.at.UnixMicro(),
			id); err != nil {
			return err
		}
		return r.record(entry(by, what, email, "", ""))
	})
}

// keepAnAdministrator refuses to take away the last administrator's account or
// grant, because nobody could then give the role to another from a page.
func (r *recording) keepAnAdministrator(person, grant int64) error {
	var others, own bool
	if err := r.QueryRowContext(r.ctx, `
		SELECT
			EXISTS (SELECT 1 FROM person_grant g JOIN person p ON p.person_id = g.person_id
				WHERE g.role = ?1 AND g.revoked_at = 0 AND p.deactivated_at = 0 AND (g.person_id <> ?2 OR (?3 <> 0 AND g.grant_id <> ?3))),
			EXISTS (SELECT 1 FROM person_grant g JOIN person p ON p.person_id = g.person_id
				WHERE g.role = ?1 AND g.revoked_at = 0 AND p.deactivated_at = 0 AND g.person_id = ?2 AND (?3 = 0 OR g.grant_id = ?3))`,
		string(people.Administrator), person, grant).Scan(&others, &own); err != nil {
		return err
	}
	if own && !others {
		return problem.New(problem.Conflict, "This is the only administrator. Give another user the role first.")
	}
	return nil
}

// AddGrant gives a person a role. A grant that they hold already is given back
// as it is.
func (s *Store) AddGrant(ctx context.Context, by people.Actor, id int64, g people.Grant) (people.Grant, error) {
	err := s.recorded(ctx, func(r *recording) error {
		email, err := r.email(id)
		if err != nil {
			return err
		}
		g, err = r.grant(by, id, email, g)
		return err
	})
	return g, err
}

func (r *recording) grant(by people.Actor, id int64, email string, g people.Grant) (people.Grant, error) {
	codes := strings.Join(g.Codes, " ")
	err := r.QueryRowContext(r.ctx, `
		SELECT grant_id
		FROM person_grant
		WHERE person_id = ? AND role = ? AND side = ? AND codes = ? AND from_work_account = ? AND revoked_at = 0`,
		id, string(g.Role), g.Side, codes, g.FromWorkAccount).Scan(&g.ID)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return g, err
	}
	res, err := r.ExecContext(r.ctx, `
		INSERT INTO person_grant (person_id, role, side, codes, from_work_account, granted_at, granted_by)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, id, string(g.Role), g.Side, codes, g.FromWorkAccount, r.at.UnixMicro(), by.Who())
	if err != nil {
		return g, err
	}
	if g.ID, err = res.LastInsertId(); err != nil {
		return g, err
	}
	return g, r.record(entry(by, audit.RoleGranted, email, "", g.String()))
}

// RevokeGrant takes a role from a person. Their sessions go on in another of
// their roles. The error is a NotFound problem when they do not hold it and a
// Conflict problem when it is the last administrator's.
func (s *Store) RevokeGrant(ctx context.Context, by people.Actor, id, grant int64) error {
	return s.recorded(ctx, func(r *recording) error {
		return r.revoke(by, id, grant)
	})
}

func (r *recording) revoke(by people.Actor, id, grant int64) error {
	found, err := one(peopleWhere(r.ctx, r.Tx, "person_id = ?", id))
	if err != nil {
		return err
	}
	g, ok := found.Grant(grant)
	if !ok {
		return problem.New(problem.NotFound, "The user does not hold this role. Nothing has changed.")
	}
	if err := r.keepAnAdministrator(id, grant); err != nil {
		return err
	}
	if _, err := r.ExecContext(r.ctx, `UPDATE person_grant SET revoked_at = ? WHERE grant_id = ?`, r.at.UnixMicro(), grant); err != nil {
		return err
	}
	return r.record(entry(by, audit.RoleRevoked, found.Email, g.String(), ""))
}

// ReplaceWorkGrants makes the grants that follow from a person's work account
// those given: others of that origin are revoked, those given by hand stay.
func (s *Store) ReplaceWorkGrants(ctx context.Context, by people.Actor, id int64, grants []people.Grant) error {
	return s.recorded(ctx, func(r *recording) error {
		found, err := one(peopleWhere(ctx, r.Tx, "person_id = ?", id))
		if err != nil {
			return err
		}
		keep := map[int64]bool{}
		for _, g := range grants {
			g.FromWorkAccount = true
			if g, err = r.grant(by, id, found.Email, g); err != nil {
				return err
			}
			keep[g.ID] = true
		}
		for _, g := range found.Grants {
			if !g.FromWorkAccount || keep[g.ID] {
				continue
			}
			if _, err := r.ExecContext(ctx, `UPDATE person_grant SET revoked_at = ? WHERE grant_id = ?`, r.at.UnixMicro(), g.ID); err != nil {
				return err
			}
			if err := r.record(entry(by, audit.RoleRevoked, found.Email, g.String(), "")); err != nil {
				return err
			}
		}
		return nil
	})
}

// TieWorkAccount ties an account to the subject of an OpenID provider.
func (s *Store) TieWorkAccount(ctx context.Context, by people.Actor, id int64, issuer, subject string) error {
	return s.recorded(ctx, func(r *recording) error {
		email, err := r.email(id)
		if err != nil {
			return err
		}
		_, err = r.ExecContext(ctx, `UPDATE person SET issuer = ?, subject = ?, awaits_work_account = 0 WHERE person_id = ?`, issuer, subject, id)
		if isUnique(err) {
			return problem.New(problem.Conflict, "This work account is already tied to another user. Ask an administrator to look at both.")
		}
		if err != nil {
			return err
		}
		return r.record(entry(by, audit.PersonLinked, email, "", issuer))
	})
}

// SetPassword keeps the hash of a password that the person chose and ends
// their sessions, which the caller begins anew for the browser that changed
// it. link is the ID of the password link that it was chosen by, empty when
// the person was signed in; a link that was used or has expired meanwhile is
// a Conflict problem and nothing changes. Wrong attempts at the account before
// it are forgotten.
func (s *Store) SetPassword(ctx context.Context, by people.Actor, id int64, hash, link string) error {
	return s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		email, err := r.email(id)
		if err != nil {
			return err
		}
		if link != "" {
			res, err := r.ExecContext(ctx, `
				UPDATE token SET revoked_at = ?1, last_used = ?1
				WHERE token_id = ?2 AND person_id = ?3 AND kind = 'password' AND revoked_at = 0 AND expires_at > ?1`,
				r.at.UnixMicro(), link, id)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				return errors.Join(err, problem.New(problem.Conflict, "This link has been used or has expired. Ask an administrator for a new one."))
			}
		}
		// Every other link falls with a new password.
		if _, err := r.ExecContext(ctx, `UPDATE token SET revoked_at = ? WHERE person_id = ? AND revoked_at = 0`, r.at.UnixMicro(),
			id); err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `UPDATE person SET password_hash = ?, epoch = epoch + 1 WHERE person_id = ?`, hash, id); err != nil {
			return err
		}
		account, err := accountHash(ctx, r, email)
		if err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `DELETE FROM attempt WHERE account = ? AND was_right = 0`, account); err != nil {
			return err
		}
		return r.record(entry(by, audit.PasswordChanged, email, "", ""))
	})
}

// Rehash keeps a new hash of the same password, after the parameters of
// hashing have changed. It does nothing when the password has changed
// meanwhile.
func (s *Store) Rehash(ctx context.Context, id int64, was, hash string) error {
	_, err := s.write.ExecContext(ctx, `UPDATE person SET password_hash = ? WHERE person_id = ? AND password_hash = ?`, hash, id, was)
	return err
}

// SetSecondFactor keeps the sealed secret of an authenticator app with the
// hashes of its recovery codes and the step that confirmed it; a nil secret
// removes the second factor. It ends the person's sessions, which the caller
// begins anew for the browser that did it.
func (s *Store) SetSecondFactor(ctx context.Context, by people.Actor, id int64, sealed []byte, step int64, recovery [][]byte) error {
	return s.recorded(ctx, func(r *recording) error {
		email, err := r.email(id)
		if err != nil {
			return err
		}
		what := audit.SecondFactorOn
		if sealed == nil {
			what, recovery = audit.SecondFactorOff, nil
		}
		if _, err := r.ExecContext(ctx, `UPDATE person SET second_factor = ?, second_factor_step = ?, epoch = epoch + 1 WHERE person_id = ?`,
			sealed, step, id); err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `DELETE FROM recovery_code WHERE person_id = ?`, id); err != nil {
			return err
		}
		for _, hash := range recovery {
			if _, err := r.ExecContext(ctx, `INSERT INTO recovery_code (person_id, hash) VALUES (?, ?)`, id, hash); err != nil {
				return err
			}
		}
		return r.record(entry(by, what, email, "", ""))
	})
}

// UseStep takes the step of a right code, and says whether nobody took it or a
// later one before.
func (s *Store) UseStep(ctx context.Context, id, step int64) (bool, error) {
	return changedOne(s.write.ExecContext(ctx, `UPDATE person SET second_factor_step = ?2 WHERE person_id = ?1 AND second_factor_step < ?2`,
		id, step))
}

// UseRecoveryCode takes a recovery code, and says whether it was there.
func (s *Store) UseRecoveryCode(ctx context.Context, by people.Actor, id int64, hash []byte) (used bool, err error) {
	err = s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		email, err := r.email(id)
		if err != nil {
			return err
		}
		if used, err = changedOne(r.ExecContext(ctx, `DELETE FROM recovery_code WHERE person_id = ? AND hash = ?`, id, hash)); err != nil ||
			!used {
			return err
		}
		return r.record(entry(by, audit.RecoveryCodeUsed, email, "", ""))
	})
	return used, err
}

func changedOne(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, busy(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// SignedIn notes that a person signed in. The actor is the person.
func (s *Store) SignedIn(ctx context.Context, by people.Actor, how string) error {
	return s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		if _, err := r.ExecContext(ctx, `UPDATE person SET last_signed_in = ? WHERE person_id = ?`, r.at.UnixMicro(), by.PersonID); err != nil {
			return err
		}
		return r.record(entry(by, audit.SignedIn, by.Email, "", how))
	})
}

// EndSessions ends every session of a person.
func (s *Store) EndSessions(ctx context.Context, by people.Actor, id int64) error {
	return s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		email, err := r.email(id)
		if err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `UPDATE person SET epoch = epoch + 1 WHERE person_id = ?`, id); err != nil {
			return err
		}
		return r.record(entry(by, audit.SignedOutAll, email, "", ""))
	})
}

// SetFirstPage keeps the path that opens after the person signs in, empty for
// the role's own.
func (s *Store) SetFirstPage(ctx context.Context, id int64, path string) error {
	_, err := s.write.ExecContext(ctx, `UPDATE person SET first_page = ? WHERE person_id = ?`, path, id)
	return err
}

// BeginAttempt decides on an attempt to sign in and, when it may be made, notes
// it as wrong until AttemptRight: two attempts at once cannot both be the last
// that is allowed. until is the moment from which on an attempt may be made,
// the zero time when this one may. account is what was typed, normalised or
// not.
func (s *Store) BeginAttempt(ctx context.Context, account, address string, t people.Throttle) (id int64, until time.Time, err error) {
	err = s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		hash, err := accountHash(ctx, r, account)
		if err != nil {
			return err
		}
		since := r.at.Add(-t.Memory()).UnixMicro()
		if _, err := r.ExecContext(ctx, `DELETE FROM attempt WHERE at < ?`, since); err != nil {
			return err
		}
		var past []people.Attempt
		rows, err := r.QueryContext(ctx, `
			SELECT at, account = ?1, address = ?2, was_right
			FROM attempt
			WHERE (account = ?1 OR address = ?2) AND at >= ?3`, hash, address, since)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a people.Attempt
			var micro int64
			if err := rows.Scan(&micro, &a.SameAccount, &a.SameAddress, &a.Right); err != nil {
				return err
			}
			a.At = time.UnixMicro(micro)
			past = append(past, a)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if until = t.Until(r.at, past); !until.IsZero() {
			return nil
		}
		res, err := r.ExecContext(ctx, `INSERT INTO attempt (at, account, address) VALUES (?, ?, ?)`, r.at.UnixMicro(), hash, address)
		if err != nil {
			return err
		}
		id, err = res.LastInsertId()
		return err
	})
	return id, until, err
}

// AttemptRight notes that the attempt was right.
func (s *Store) AttemptRight(ctx context.Context, id int64) error {
	_, err := s.write.ExecContext(ctx, `UPDATE attempt SET was_right = 1 WHERE attempt_id = ?`, id)
	return err
}

// accountHash gives what an e-mail address as typed is known by among attempts.
// People type passwords into the wrong field, so what was typed is not kept.
func accountHash(ctx context.Context, r *recording, typed string) ([]byte, error) {
	fresh := make([]byte, 32)
	rand.Read(fresh)
	if _, err := r.ExecContext(ctx, `INSERT INTO kept (name, value) VALUES ('attempt key', ?) ON CONFLICT DO NOTHING`, fresh); err != nil {
		return nil, err
	}
	var key []byte
	if err := r.QueryRowContext(ctx, `SELECT value FROM kept WHERE name = 'attempt key'`).Scan(&key); err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(typed))
	return mac.Sum(nil)[:6], nil
}
