package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"homeward/internal/web/page"
)

// sendCSV answers with the rows as CSV.
func (s *Server) sendCSV(c echo.Context, name string, t page.Twin) error {
	b, err := t.CSV(s.ruleVersion())
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b)
}

// sendJSON answers with the same rows as JSON.
func (s *Server) sendJSON(c echo.Context, t page.Twin) error {
	return c.JSON(http.StatusOK, t.JSON(s.ruleVersion()))
}
