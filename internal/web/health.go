package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"homeward/internal/problem"
)

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
