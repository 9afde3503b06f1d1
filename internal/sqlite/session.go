package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"
)

// Sessions keeps sessions of signed-in people. It is the store that scs asks
// for (scs.CtxStore); scs gives it hashes of the cookies' values, never the
// values. It is safe for concurrent use.
type Sessions struct {
	store *Store

	mu sync.Mutex
	// written is what stands in the database for each session that this process
	// saw lately, so that a page that changes nothing costs no write.
	written map[string]writtenSession
	// ended are sessions that were ended, with their last expiry: a request that
	// was under way meanwhile must not write them back.
	ended map[string]time.Time
}

type writtenSession struct {
	data   []byte
	expiry time.Time
}

// sessionSlack is how much sooner than its idle limit a session may end,
// because not every page writes the new limit.
const sessionSlack = time.Minute

// Sessions gives the store of sessions. It is open as long as the store is;
// one Sessions serves the whole process.
func (s *Store) Sessions() *Sessions {
	return &Sessions{store: s, written: map[string]writtenSession{}, ended: map[string]time.Time{}}
}

// FindCtx gives the data of a session that has not expired, and whether there
// is one.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	var expiry int64
	err := s.store.read.QueryRowContext(ctx, `SELECT data, expires_at FROM session WHERE token = ? AND expires_at > ?`, token,
		s.store.clock.now().UnixMicro()).Scan(&data, &expiry)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	s.written[token] = writtenSession{bytes.Clone(data), time.UnixMicro(expiry)}
	s.mu.Unlock()
	return data, true, nil
}

// CommitCtx keeps a session until expiry. When only the expiry moved on, by
// less than a minute, nothing is written; when it moved on by more and the
// database is busy with a long import, the old expiry stands for now.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	// scs reckons by the machine's own clock; the time that is left counts.
	expiry = s.store.clock.now().Add(time.Until(expiry))
	s.mu.Lock()
	was, known := s.written[token]
	_, ended := s.ended[token]
	s.mu.Unlock()
	if ended {
		return nil
	}
	same := known && bytes.Equal(was.data, data)
	// Two readings of two clocks differ by a moment, which is no other limit.
	if moved := expiry.Sub(was.expiry); same && moved < sessionSlack && moved > -time.Second {
		return nil
	}
	if same {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 250*time.Millisecond)
		defer cancel()
	}
	_, err := s.store.write.ExecContext(ctx, `
		INSERT INTO session (token, data, expires_at) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`, token, data, expiry.UnixMicro())
	if err != nil {
		if same {
			return nil
		}
		return busy(err)
	}
	s.mu.Lock()
	s.written[token] = writtenSession{bytes.Clone(data), expiry}
	s.mu.Unlock()
	return nil
}

// DeleteCtx ends a session.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	s.mu.Lock()
	s.ended[token] = s.store.clock.now().Add(24 * time.Hour)
	delete(s.written, token)
	s.mu.Unlock()
	if _, err := s.store.write.ExecContext(ctx, `DELETE FROM session WHERE token = ?`, token); err != nil {
		return busy(err)
	}
	return nil
}

// Find is FindCtx without a context.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// Sweep deletes sessions that have expired, and forgets what this process kept
// of them. It is for a job that runs now and then.
func (s *Sessions) Sweep(ctx context.Context) error {
	now := s.store.clock.now()
	s.mu.Lock()
	for token, w := range s.written {
		if now.After(w.expiry) {
			delete(s.written, token)
		}
	}
	for token, until := range s.ended {
		if now.After(until) {
			delete(s.ended, token)
		}
	}
	s.mu.Unlock()
	if _, err := s.store.write.ExecContext(ctx, `DELETE FROM session WHERE expires_at <= ?`, now.UnixMicro()); err != nil {
		return busy(err)
	}
	return nil
}
