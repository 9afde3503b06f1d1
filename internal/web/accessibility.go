package web

import (
	"github.com/labstack/echo/v4"

	"homeward/internal/web/page"
)

// plainView is a page of fixed words.
type plainView struct{ page.Frame }

func (s *Server) plainPage(c echo.Context, name, title string) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	return s.page(c, name, plainView{s.frame(c, title)})
}

func (s *Server) accessibilityPage(c echo.Context) error {
	return s.plainPage(c, "accessibility", "Accessibility statement")
}
