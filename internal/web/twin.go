package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"homeward/internal/web/page"
)

// sendCSV answers with the rows as CSV.
func (s *Server) sendCSV(c echo.Context, name string, t page.Twin) error {
	head := c.Response().Header()
	head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	head.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	c.Response().WriteHeader(http.StatusOK)
	return t.WriteCSV(c.Response(), s.ruleVersion())
}

// sendJSON answers with the same rows as JSON.
func (s *Server) sendJSON(c echo.Context, t page.Twin) error {
	return c.JSON(http.StatusOK, t.JSON(s.ruleVersion()))
}
