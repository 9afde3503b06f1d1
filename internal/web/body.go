package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"time"
)

// largestForm bounds the body of every request until it is known who sends it,
// and of every request that is not an upload.
const largestForm = 64 << 10

const (
	// formTime is how long the body of a form may take to arrive. Nobody needs to
	// be known to send one, so it is seconds.
	formTime = 10 * time.Second
	// fileTime is how long a file may take: a backfill over a slow line takes
	// minutes to arrive.
	fileTime = 15 * time.Minute
	// strangerTime is how long an answer to nobody may take to be read, knownTime
	// one to a person, a program or a screen.
	strangerTime = 2 * time.Minute
	knownTime    = 20 * time.Minute
)

// arrival is a request as the listener handed it over, kept for the handlers
// that take a whole file and for the question whether its reader is still there.
type arrival struct {
	reader  context.Context
	writer  http.ResponseWriter
	control *http.ResponseController
	body    io.ReadCloser
}

type arrivalKey struct{}

func arrivalOf(ctx context.Context) *arrival {
	a, _ := ctx.Value(arrivalKey{}).(*arrival)
	return a
}

// bounded gives the request with its body bounded to that of a form, in bytes
// and in time. Handlers that take a file, and that know whose it is, ask for the
// whole body with wholeBody.
func boundedBody(w http.ResponseWriter, r *http.Request) *http.Request {
	a := &arrival{reader: r.Context(), writer: w, control: http.NewResponseController(w), body: r.Body}
	if r.Body != nil && r.Body != http.NoBody {
		// A writer without deadlines, as tests have, has no slow reader either.
		_ = a.control.SetReadDeadline(time.Now().Add(formTime))
		r.Body = &timed{http.MaxBytesReader(w, r.Body, largestForm), a.control}
	}
	return r.WithContext(context.WithValue(r.Context(), arrivalKey{}, a))
}

// wholeBody lifts the bound of forms from a request whose sender is known and
// may send a file of at most so many bytes. What a form's parser has taken
// already stays taken.
func (s *Server) wholeBody(r *http.Request, largest int64) {
	a := arrivalOf(r.Context())
	if a == nil || a.body == nil || a.body == http.NoBody || r.PostForm != nil {
		return
	}
	_ = a.control.SetReadDeadline(time.Now().Add(fileTime))
	// The parts of a form around the file are small.
	r.Body = &timed{http.MaxBytesReader(a.writer, a.body, largest+largestForm), a.control}
}

// timed is a body that lifts its deadline once it has arrived: the listener goes
// on reading to notice a reader who goes away, and would take the deadline for
// that.
type timed struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b *timed) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// readForm reads the body of a form, so that one that is too long or too slow is
// said to be that, and not taken for a form with nothing in it.
func readForm(r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" || takesFile(r.URL.Path) {
		return nil
	}
	if err := r.ParseForm(); tooLarge(err) || tooSlow(err) {
		return err
	}
	return nil
}

// takesFile says whether a path is one that a file is sent to.
func takesFile(path string) bool { return path == apiUploadPath || sendsFile(path) }

// sendsFile says whether a path is that of a form with a file, which is read, with
// the proof that stands in it, by its handler.
func sendsFile(path string) bool {
	return path == uploadPath || path == lookPath || path == addPublishedPath || path == newLayoutPath
}

// apiUploadPath is the path that programs send files to.
const apiUploadPath = "/api/v1/extracts"

// tooLarge says whether an error means that a body passed its bound.
func tooLarge(err error) bool {
	var e *http.MaxBytesError
	return errors.As(err, &e)
}

// bound gives the bytes that a file may have whose body passed its bound.
func bound(err error) int64 {
	var e *http.MaxBytesError
	if !errors.As(err, &e) {
		return 0
	}
	return e.Limit - largestForm
}

// formTooLarge says whether the bound was that of a form.
func formTooLarge(err error) bool {
	var e *http.MaxBytesError
	return errors.As(err, &e) && e.Limit == largestForm
}

// tooSlow says whether an error means that a body did not arrive in time.
func tooSlow(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// gone says whether the reader of an answer has gone away, which ends the work
// for it with errors of all kinds.
func gone(r *http.Request) bool {
	a := arrivalOf(r.Context())
	return a != nil && errors.Is(a.reader.Err(), context.Canceled)
}

// patient gives a known reader the time that a long answer takes.
func patient(r *http.Request) {
	if a := arrivalOf(r.Context()); a != nil {
		_ = a.control.SetWriteDeadline(time.Now().Add(knownTime))
	}
}
