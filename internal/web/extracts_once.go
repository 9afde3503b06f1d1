package web

import (
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/ingest"
	"homeward/internal/problem"
)

// SentAnswers keep what programs were answered that send files with a key of
// their own, so that one who got no answer can ask again.
type SentAnswers interface {
	SentAnswer(ctx context.Context, key [32]byte, since time.Time) (a ingest.SentAnswer, known bool, err error)
	KeepSentAnswer(ctx context.Context, key [32]byte, a ingest.SentAnswer, at, before time.Time) error
}

const (
	headerOnce = "Idempotency-Key"
	// onceKept is for how long an answer is given again.
	onceKept = 24 * time.Hour
	// longestKey bounds a key in bytes.
	longestKey = 200
)

// sending are the keys whose files are being taken just now. The zero value is
// ready.
type sending struct {
	mu   sync.Mutex
	keys map[[32]byte]bool
}

func (s *sending) begin(key [32]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[key] {
		return false
	}
	if s.keys == nil {
		s.keys = map[[32]byte]bool{}
	}
	s.keys[key] = true
	return true
}

func (s *sending) end(key [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, key)
}

// answeredOnce takes a file that came with an Idempotency-Key once: the same key
// with the same name and bytes gets the first answer again, with others it is
// refused. What could not be done, or was turned away, is not kept: it can be sent
// again. Without a key
// it takes the file.
func (s *Server) answeredOnce(c echo.Context, name string, file io.ReadSeeker, take func() (ingest.SentAnswer, error)) (
	ingest.SentAnswer, error) {
	given := c.Request().Header.Values(headerOnce)
	if len(given) == 0 || s.opts.SentAnswers == nil {
		return take()
	}
	none := ingest.SentAnswer{}
	if text := given[0]; len(given) > 1 || text == "" || len(text) > longestKey ||
		strings.ContainsFunc(text, func(r rune) bool { return r < '!' || r > '~' }) {
		return none, problem.New(problem.Invalid, "The header %s is not one that can be used. Send one of 1 to %d letters, digits and signs, "+
			"without spaces, such as a UUID. Nothing was taken.", headerOnce, longestKey)
	}
	key := sha256.Sum256([]byte(s.actor(c).Who() + "\n" + given[0]))
	if !s.sending.begin(key) {
		return none, problem.New(problem.Conflict, "A file with this %s is being taken just now. Ask again in a minute with the same key and "+
			"the same file.", headerOnce)
	}
	defer s.sending.end(key)
	sum, err := namedSum(name, file)
	if err != nil {
		return none, err
	}
	ctx, now := c.Request().Context(), s.opts.Now()
	earlier, known, err := s.opts.SentAnswers.SentAnswer(ctx, key, now.Add(-onceKept))
	switch {
	case err != nil:
		return none, err
	case known && earlier.Sum != sum:
		return none, problem.New(problem.Conflict, "This %s came with another file, or another name of it, less than a day ago. Nothing was "+
			"taken. Send each file with a key of its own.", headerOnce)
	case known:
		return earlier, nil
	}
	a, err := take()
	if err != nil {
		return none, err
	}
	if a.Sum = sum; a.Status >= http.StatusMultipleChoices {
		return a, nil // Turned away, it may be sent again and is judged anew (R9).
	}
	// The file is taken: whoever goes away now is to be answered so all the same.
	return a, s.opts.SentAnswers.KeepSentAnswer(context.WithoutCancel(ctx), key, a, now, now.Add(-onceKept))
}

// namedSum gives the SHA-256 of a file's name and bytes, and leaves it at its
// beginning.
func namedSum(name string, file io.ReadSeeker) (sum [32]byte, err error) {
	h := sha256.New()
	_, err = io.WriteString(h, name+"\n")
	if err == nil {
		_, err = io.Copy(h, file)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return sum, problem.Wrap(err, problem.Unavailable, "The file could not be stored while it is read. Nothing was changed")
	}
	return [32]byte(h.Sum(nil)), nil
}
