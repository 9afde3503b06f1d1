package web

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/problem"
)

const metricsPath = "/metrics"

// Metrics counts requests and answers with what a monitoring system reads.
type Metrics interface {
	http.Handler
	Observe(route, method string, status int, took time.Duration)
}

// health says that the program runs; ready that what is sent now would be kept
// and that its jobs do their work.
func (s *Server) health(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

func (s *Server) ready(c echo.Context) error {
	if s.opts.Ready != nil {
		if err := s.opts.Ready(c.Request().Context()); err != nil {
			if problem.KindOf(err) != problem.Unavailable {
				return problem.Wrap(err, problem.Unavailable, "The store does not answer")
			}
			return err
		}
	}
	return c.String(http.StatusOK, "ready\n")
}

// metrics answers the monitoring system that sends the token of the settings. That
// token is no token of the database, so that a database that does not answer or a
// full disk keeps nobody from seeing it.
func (s *Server) metrics(c echo.Context) error {
	want := ""
	if s.opts.MetricsToken != nil && s.opts.Metrics != nil {
		want = s.opts.MetricsToken()
	}
	got, ok := strings.CutPrefix(c.Request().Header.Get("Authorization"), bearer)
	if !ok || want == "" || subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return &refusedToken{problem.New(problem.Forbidden, "Metrics are for the monitoring system that sends the token of metrics.token_file "+
			"in the header Authorization: Bearer.")}
	}
	s.opts.Metrics.ServeHTTP(c.Response(), c.Request())
	return nil
}

// observe counts a request. The pattern is one of the routes, or "none": nothing of
// what was asked for may become a label, because anybody can ask for anything.
func (s *Server) observe(method, pattern string, status int, took time.Duration) {
	if s.opts.Metrics == nil {
		return
	}
	if method != http.MethodGet && method != http.MethodHead && method != http.MethodPost {
		method = "other"
	}
	if !s.patterns[pattern] {
		pattern = "none"
	}
	s.opts.Metrics.Observe(pattern, method, status, took)
}
