package web

import (
	"bytes"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/problem"
)

// pages holds one parsed template for each file of page/, by name.
type pages map[string]*template.Template

// parsePages walks the folders: every page is the layout, all partials and its
// own file. Any that does not parse is a problem that stops the program.
func parsePages(files fs.FS) (pages, error) {
	shared := template.New("").Option("missingkey=error")
	var own []string
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".html" {
			return err
		}
		if strings.HasPrefix(name, "page/") {
			own = append(own, name)
			return nil
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		_, err = shared.New(name).Parse(string(text))
		return err
	})
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "A page template could not be read")
	}
	all := pages{}
	for _, name := range own {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The page template %s could not be read", name)
		}
		t, err := shared.Clone()
		if err == nil {
			_, err = t.New(name).Parse(string(text))
		}
		if err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The page template %s could not be read", name)
		}
		all[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return all, nil
}

// page answers with a page. The whole page is made before its first byte is
// sent, so that an error never leaves half of one.
func (s *Server) page(c echo.Context, name string, view any) error {
	var b bytes.Buffer
	if err := s.pages.fill(&b, name, view); err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, b.Bytes())
}

// fill writes the page of a name into b.
func (p pages) fill(b *bytes.Buffer, name string, view any) error {
	t, ok := p[name]
	if !ok {
		return problem.New(problem.Internal, "there is no page template %q", name)
	}
	return t.ExecuteTemplate(b, "layout", view)
}

// writePage writes an error page. When even that cannot be made, a plain line
// is written instead.
func (s *Server) writePage(w http.ResponseWriter, status int, name string, view any) {
	var b bytes.Buffer
	if err := s.pages.fill(&b, name, view); err != nil {
		s.opts.Log.Error("the error page could not be made", "error", err)
		http.Error(w, "Sorry, there is a problem with the service.", status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
