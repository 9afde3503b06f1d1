package web

import (
	"github.com/labstack/echo/v4"
)

func (s *Server) keyboardPage(c echo.Context) error {
	return s.plainPage(c, "keyboard", "Keyboard help")
}
