package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// errorView is the error page.
type errorView struct {
	page.Frame
	Body []string
	// Reference finds the log line; empty when nothing was logged for it.
	Reference string
	// Where is the address where it can be done, of a copy for reading.
	Where string
}

// statuses gives the status of each kind of problem.
var statuses = map[problem.Kind]int{
	problem.Internal:    http.StatusInternalServerError,
	problem.Invalid:     http.StatusBadRequest,
	problem.NotFound:    http.StatusNotFound,
	problem.Conflict:    http.StatusConflict,
	problem.Forbidden:   http.StatusForbidden,
	problem.Unavailable: http.StatusServiceUnavailable,
}

// headings gives the heading of each error page.
var headings = map[int]string{
	http.StatusBadRequest:            "This link is not quite right",
	http.StatusUnauthorized:          "Sign in first",
	http.StatusTooManyRequests:       "Too many tries",
	http.StatusRequestTimeout:        "This took too long to arrive",
	http.StatusForbidden:             "You do not have access to this page",
	http.StatusNotFound:              "Page not found",
	http.StatusMethodNotAllowed:      "This page cannot be used in that way",
	http.StatusConflict:              "This cannot be done now",
	http.StatusRequestEntityTooLarge: "This is too big",
	http.StatusUnprocessableEntity:   "This file could not be read",
	http.StatusServiceUnavailable:    "Homeward cannot answer just now",
	http.StatusInternalServerError:   "Sorry, there is a problem with the service",
}

// handleError is Echo's error handler: the one place where an error becomes an
// answer.
func (s *Server) handleError(err error, c echo.Context) {
	if c.Response().Committed {
		if gone(c.Request()) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
			s.opts.Log.Info("the reader went away", "route", c.Path())
			return
		}
		s.opts.Log.Error("an answer broke off", "route", c.Path(), "error", err)
		return
	}
	s.writeError(c.Response(), c.Request(), c.Path(), err)
}

// writeError answers with the page, JSON or line that says what went wrong.
// pattern is the route's, empty when none was reached. The log has the kind,
// the reference and, for faults of the service, the cause; never the address's
// query.
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, pattern string, err error) {
	if gone(r) {
		// Nobody reads an answer, and what their going broke off is no fault.
		s.opts.Log.Info("the reader went away", "method", r.Method, "route", pattern)
		w.WriteHeader(statusGone)
		return
	}
	status, kind, message := s.explain(r, err)
	message = nhsnumber.Redact(message) // It may repeat what was asked for (P1).
	ref := reference()
	attrs := []any{"reference", ref, "status", status, "kind", kind, "method", r.Method, "route", pattern}
	level, heading := slog.LevelInfo, headings[status]
	var there *elsewhere
	if errors.As(err, &there) {
		heading = "This is a copy for reading"
	} else if status >= 500 {
		level = slog.LevelError
		attrs = append(attrs, "error", err)
	}
	s.opts.Log.Log(r.Context(), level, "answered with a problem", attrs...)

	h := w.Header()
	h.Del("Content-Length")
	h.Set("Cache-Control", "no-store")
	if status == http.StatusRequestTimeout {
		h.Set("Connection", "close")
	}
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="Homeward"`)
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		h.Set("Retry-After", "60")
	}
	where := ""
	if s.opts.Copy != nil && (there != nil || status >= 500) {
		where = s.opts.Copy.WritesAt
	}
	if there == errChanges {
		h.Set("Allow", "GET, HEAD")
	}
	switch answerKind(r) {
	case "json":
		h.Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		body := struct {
			Error errorBody `json:"error"`
		}{errorBody{Kind: kind, Message: message, Reference: ref, Where: where}}
		_ = json.NewEncoder(w).Encode(body)
	case "text":
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		if where != "" {
			message += "\nGo on at " + where
		}
		fmt.Fprintf(w, "%s\nReference: %s\n", message, ref)
	default:
		view := errorView{Frame: s.bareFrame(r.Context(), heading), Body: []string{message}, Reference: ref, Where: where}
		if status == http.StatusInternalServerError {
			view.Body = []string{"Nothing you entered in the last step was saved. Try again later."}
		}
		s.writePage(w, status, "error", view)
	}
}

// statusGone stands in the log for an answer that its reader did not wait for;
// no number of HTTP means that.
const statusGone = 499

// errorBody is the shape of every JSON error.
type errorBody struct {
	Kind      string `json:"kind"`
	Message   string `json:"message"`
	Reference string `json:"reference"`
	// Where is the address where it can be done, of a copy for reading.
	Where string `json:"where,omitempty"`
}

// explain gives the status, kind and sentence for an error. A wrapped error
// counts as what it wraps.
func (s *Server) explain(r *http.Request, err error) (status int, kind, message string) {
	var he *echo.HTTPError
	var p *problem.Error
	var token *refusedToken
	var there *elsewhere
	switch {
	case errors.As(err, &there):
		return there.status, "copy for reading", there.words
	case tooSlow(err):
		return http.StatusRequestTimeout, "too slow", "Your request took too long to arrive, so nothing was done. Try again."
	case formTooLarge(err):
		return http.StatusRequestEntityTooLarge, "too large", fmt.Sprintf("Forms must be smaller than %dKB, so nothing was done.",
			largestForm>>10)
	case tooLarge(err):
		return http.StatusRequestEntityTooLarge, "too large", fmt.Sprintf("Files must be smaller than %dMB, so nothing was kept.", bound(err)>>20)
	case errors.Is(err, errSignIn):
		return http.StatusUnauthorized, "not signed in", "Sign in, or send a token in the header Authorization: Bearer."
	case errors.As(err, &token):
		return http.StatusUnauthorized, "not signed in", problem.Sentence(err)
	case errors.Is(err, errTooMany):
		return http.StatusTooManyRequests, "too many", "Too many requests came from your network. Try again in a minute."
	case errors.As(err, &p):
		k := problem.KindOf(err)
		return statuses[k], k.String(), problem.Sentence(err)
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, "unavailable", "This took too long. Try again, or ask for a shorter period."
	case errors.As(err, &he) && he.Code == http.StatusNotFound:
		return he.Code, "not found", "If you typed the address, check it is correct. If you followed a link, tell the person who runs Homeward."
	case errors.As(err, &he) && he.Code == http.StatusMethodNotAllowed:
		return he.Code, "method not allowed", "The address is right, but it does not take " + r.Method + " requests."
	}
	return http.StatusInternalServerError, "internal", problem.Sentence(err)
}

// answerKind says which form an answer should have: that of the twin asked for,
// or of the programming interface, else a page.
func answerKind(r *http.Request) string {
	switch ext := path.Ext(r.URL.Path); {
	case ext == ".json" || strings.HasPrefix(r.URL.Path, "/api/"):
		return "json"
	case ext == ".csv" || ext == ".svg" || strings.HasPrefix(r.URL.Path, "/static/") ||
		r.URL.Path == metricsPath || strings.HasSuffix(r.URL.Path, "z") && path.Dir(r.URL.Path) == "/":
		return "text"
	}
	accept := r.Header.Get("Accept")
	if strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html") {
		return "json"
	}
	return "page"
}

// reference makes a name for one problem that is easy to read out: no letter
// that is taken for a digit.
func reference() string {
	const letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
	var b [5]byte
	// crypto/rand's Read never returns an error (Go 1.24).
	_, _ = rand.Read(b[:])
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return "H-" + string(b[:])
}

// recoverPanic turns a panic of a handler into an error with its stack.
func (s *Server) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if v := recover(); v != nil {
				if broken, ok := v.(error); ok && errors.Is(broken, http.ErrAbortHandler) {
					panic(v)
				}
				err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			}
		}()
		return next(c)
	}
}

// record writes one line for each request: the route's pattern, never the
// address, which may hold what somebody typed.
func (s *Server) record(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		err := next(c)
		if err != nil {
			// The answer is written here so that its status is known below.
			c.Error(err)
		}
		level := slog.LevelInfo
		if strings.HasPrefix(c.Path(), "/static/") || c.Path() == "/healthz" || c.Path() == "/readyz" || c.Path() == metricsPath {
			level = slog.LevelDebug
		}
		s.observe(c.Request().Method, c.Path(), c.Response().Status, time.Since(start))
		s.opts.Log.Log(c.Request().Context(), level, "request", "method", c.Request().Method, "route", c.Path(),
			"status", c.Response().Status, "bytes", c.Response().Size, "ms", time.Since(start).Milliseconds())
		return nil
	}
}
