package page

import (
	"bytes"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"homeward/internal/problem"
)

// Templates holds one parsed template for each file of page/, by name.
type Templates map[string]*template.Template

// Fill writes the page of a name into b.
func (p Templates) Fill(b *bytes.Buffer, name string, view any) error {
	t, ok := p[name]
	if !ok {
		return problem.New(problem.Internal, "there is no page template %q", name)
	}
	return t.ExecuteTemplate(b, "layout", view)
}

// ParseTemplates walks the folders: every page is the layout, all partials and its
// own file. Any that does not parse is a problem that stops the program.
func ParseTemplates(files fs.FS) (Templates, error) {
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
	all := Templates{}
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
