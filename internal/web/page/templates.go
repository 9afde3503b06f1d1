package page

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"text/template/parse"

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

// ParseTemplates walks the folders: every page is its own file, the layout, and
// those of the partials that they need. Any that does not parse, or that needs one
// that there is not, is a problem that stops the program.
func ParseTemplates(files fs.FS) (Templates, error) {
	shared := template.New("")
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
		t, err := template.New(name).Option("missingkey=error").Parse(string(text))
		if err == nil {
			err = complete(t, shared)
		}
		if err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The page template %s could not be read", name)
		}
		all[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return all, nil
}

// complete adds to a page the templates that its own need, and those that they need in
// turn. All of the partials for each page were 40 MB.
func complete(page, shared *template.Template) error {
	need := []string{"layout"}
	for _, t := range page.Templates() {
		need = append(need, called(t.Tree.Root)...)
	}
	for len(need) > 0 {
		name := need[0]
		need = need[1:]
		if t := page.Lookup(name); t != nil && t.Tree != nil {
			continue
		}
		t := shared.Lookup(name)
		if t == nil || t.Tree == nil {
			return fmt.Errorf("there is no template %q", name)
		}
		// Escaping changes a tree to suit the page that it is in.
		tree := t.Tree.Copy()
		if _, err := page.AddParseTree(name, tree); err != nil {
			return err
		}
		need = append(need, called(tree.Root)...)
	}
	return nil
}

// called gives the names of the templates that a part of one calls.
func called(part parse.Node) []string {
	var out []string
	branch := func(b *parse.BranchNode) {
		out = append(called(b.List), called(b.ElseList)...)
	}
	switch n := part.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, one := range n.Nodes {
			out = append(out, called(one)...)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		out = []string{n.Name}
	}
	return out
}
