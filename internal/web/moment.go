package web

import (
	"context"
	"net/http"
	"sync"
	"time"

	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/record"
	"homeward/internal/revision"
)

// Present answers as of one moment, which is now: whatever arrives meanwhile,
// all its answers fit each other.
type Present interface {
	Past
	// Learnt gives the moment since which nothing new is known: looking back to
	// it shows what is shown now. It is zero when nothing is known at all.
	Learnt(ctx context.Context) (time.Time, error)
	// AnswersSince gives what people have entered, answered and accepted after a
	// moment.
	AnswersSince(ctx context.Context, at time.Time) (revision.Answers, error)
	// MonthFiles gives the file that counts for each provider's day of a month,
	// and the days whose short file is held.
	MonthFiles(ctx context.Context, m delay.Month) ([]closing.File, error)
	// ScopedDelays gives one page of the rows that the scope reaches.
	ScopedDelays(ctx context.Context, scope people.Scope, f record.Filter, page record.Page) (*record.List, error)
	// EachScopedDelay gives all of them in turn.
	EachScopedDelay(ctx context.Context, scope people.Scope, f record.Filter, order record.Sort, each func(record.Delay) error) error
}

// requestMoment is the moment that one request looks at, taken when it first
// asks and let go when it ends.
type requestMoment struct {
	mu      sync.Mutex
	present Present
	done    func()
}

type momentKey struct{}

// withMoment gives each request one moment of its own.
func withMoment(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := &requestMoment{}
		defer func() {
			if m.done != nil {
				m.done()
			}
		}()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), momentKey{}, m)))
	})
}

// now gives what is known at the request's moment: a page, its date bar, its
// fixed link and its files fit each other.
func (s *Server) now(ctx context.Context) (Present, error) {
	m, ok := ctx.Value(momentKey{}).(*requestMoment)
	if !ok {
		present, done, err := s.opts.Moment(ctx)
		if err == nil {
			context.AfterFunc(ctx, done)
		}
		return present, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var err error
	if m.present == nil {
		m.present, m.done, err = s.opts.Moment(ctx)
	}
	return m.present, err
}

// present is the sight of what is known now.
func (s *Server) present(ctx context.Context) (sight, error) {
	now, err := s.now(ctx)
	if err != nil {
		return sight{}, err
	}
	return sight{Past: now, book: s.opts.Places.Book}, nil
}
