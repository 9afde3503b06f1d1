package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"homeward/internal/audit"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// AddToken keeps a new token. A password link replaces those that its person
// has.
func (s *Store) AddToken(ctx context.Context, by people.Actor, t people.Token) error {
	return s.recorded(ctx, func(r *recording) error { return r.token(by, t) })
}

func (r *recording) token(by people.Actor, t people.Token) error {
	what, record := audit.TokenMade, t.ID
	var person sql.NullInt64
	if t.PersonID != 0 {
		email, err := r.email(t.PersonID)
		if err != nil {
			return err
		}
		what, record, person = audit.LinkMade, email, sql.NullInt64{Int64: t.PersonID, Valid: true}
		if _, err := r.ExecContext(r.ctx, `UPDATE token SET revoked_at = ? WHERE person_id = ? AND kind = ? AND revoked_at = 0`,
			r.at.UnixMicro(), t.PersonID, string(t.Kind)); err != nil {
			return err
		}
	}
	if _, err := r.ExecContext(r.ctx, `
		INSERT INTO token (token_id, kind, label, providers, person_id, hash, created_at, created_by, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, string(t.Kind), t.Label, strings.Join(t.Providers, " "), person, t.Hash, t.CreatedAt.UnixMicro(), t.CreatedBy,
		t.ExpiresAt.UnixMicro()); err != nil {
		return err
	}
	after := string(t.Kind) + ", " + t.Label
	if len(t.Providers) > 0 {
		after += ", for " + strings.Join(t.Providers, " and ")
	}
	return r.record(entry(by, what, record, "", after+", until "+t.ExpiresAt.UTC().Format(time.DateOnly)))
}

// Token gives the token of a public ID, revoked and expired ones too. The
// error is a NotFound problem when there is none.
func (s *Store) Token(ctx context.Context, id string) (people.Token, error) {
	found, err := s.tokens(ctx, "token_id = ?", id)
	if err == nil && len(found) == 0 {
		err = problem.New(problem.NotFound, "There is no such token. List them with: homeward token list")
	}
	if err != nil {
		return people.Token{}, err
	}
	return found[0], nil
}

// Tokens gives the tokens of programs and screens, newest first; those that
// were revoked or have expired are among them.
func (s *Store) Tokens(ctx context.Context) ([]people.Token, error) {
	return s.tokens(ctx, "kind <> 'password' ORDER BY created_at DESC, token_id")
}

func (s *Store) tokens(ctx context.Context, condition string, args ...any) ([]people.Token, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT token_id, kind, label, providers, coalesce(person_id, 0), hash, created_at, created_by, expires_at, last_used, revoked_at
		FROM token
		WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []people.Token
	for rows.Next() {
		var t people.Token
		var providers string
		var created, expires, used, revoked int64
		if err := rows.Scan(&t.ID, &t.Kind, &t.Label, &providers, &t.PersonID, &t.Hash, &created, &t.CreatedBy, &expires, &used,
			&revoked); err != nil {
			return nil, err
		}
		t.Providers = strings.Fields(providers)
		t.CreatedAt, t.ExpiresAt, t.LastUsed, t.RevokedAt = moment(created), moment(expires), moment(used), moment(revoked)
		out = append(out, t)
	}
	return out, rows.Err()
}

// RevokeToken ends a token. The error is a NotFound problem when there is none
// in force.
func (s *Store) RevokeToken(ctx context.Context, by people.Actor, id string) error {
	return s.recorded(ctx, func(r *recording) error {
		revoked, err := changedOne(r.ExecContext(ctx, `UPDATE token SET revoked_at = ? WHERE token_id = ? AND revoked_at = 0`, r.at.UnixMicro(),
			id))
		if err != nil {
			return err
		}
		if !revoked {
			return problem.New(problem.NotFound, "There is no such token in force. List them with: homeward token list")
		}
		return r.record(entry(by, audit.TokenRevoked, id, "", ""))
	})
}

// tokenUseEvery is how exactly a token's last use is kept: a use within so
// long of the last one noted costs no write.
const tokenUseEvery = 10 * time.Minute

// TokenUsed notes that a token was used. It does nothing when the database is
// busy, or a copy for reading.
func (s *Store) TokenUsed(ctx context.Context, at time.Time, t people.Token) error {
	if s.copied || at.Sub(t.LastUsed) < tokenUseEvery {
		return nil
	}
	short, cancel := context.WithTimeout(ctx, 250*time.Millisecond)
	defer cancel()
	_, err := s.write.ExecContext(short, `UPDATE token SET last_used = ? WHERE token_id = ?`, at.UnixMicro(), t.ID)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	return err
}
