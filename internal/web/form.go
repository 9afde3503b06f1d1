package web

import (
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// typed gives a form field's text without spaces around it, bounded in length.
func typed(c echo.Context, name string) string {
	s := strings.TrimSpace(c.FormValue(name))
	if utf8.RuneCountInString(s) > 500 {
		s = string([]rune(s)[:500])
	}
	return s
}
