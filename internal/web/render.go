package web

import (
	"bytes"
	"net/http"

	"github.com/labstack/echo/v4"
)

// page answers with a page. The whole page is made before its first byte is
// sent, so that an error never leaves half of one.
func (s *Server) page(c echo.Context, name string, view any) error {
	var b bytes.Buffer
	if err := s.pages.Fill(&b, name, view); err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, b.Bytes())
}

// writePage writes an error page. When even that cannot be made, a plain line
// is written instead.
func (s *Server) writePage(w http.ResponseWriter, status int, name string, view any) {
	var b bytes.Buffer
	if err := s.pages.Fill(&b, name, view); err != nil {
		s.opts.Log.Error("the error page could not be made", "error", err)
		http.Error(w, "Sorry, there is a problem with the service.", status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// pageAs answers with a page and a status.
func (s *Server) pageAs(c echo.Context, status int, name string, view any) error {
	c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
	s.writePage(c.Response(), status, name, view)
	return nil
}
