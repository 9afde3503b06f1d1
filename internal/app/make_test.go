package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Of the packages that the race detector does not see whole, every test that
// starts a goroutine or the program's server is named in the Makefile.
func TestTheRaceDetectorSeesWhatRunsSideBySide(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	setting := func(name string) string {
		_, after, _ := strings.Cut(string(text), "\n"+name+" := ")
		value, _, ok := strings.Cut(after, "\n")
		if !ok {
			t.Fatalf("the Makefile does not set %s", name)
		}
		return value
	}
	seen := regexp.MustCompile(strings.ReplaceAll(setting("SIDEBYSIDERUN"), "$$", "$"))
	found := map[string]bool{}
	for folder := range strings.FieldsSeq(setting("SIDEBYSIDE")) {
		files, err := filepath.Glob(filepath.Join("..", "..", folder, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no tests: %v", folder, err)
		}
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Test") {
					continue
				}
				name := fn.Name.Name
				found[name] = true
				if sideBySide(fn) && !seen.MatchString(name) {
					t.Errorf("%s in %s runs things side by side: add it to SIDEBYSIDERUN in the Makefile", name, filepath.Base(file))
				}
			}
		}
	}
	// A name that is gone would hide that nothing is run.
	_, names, _ := strings.Cut(seen.String(), "(")
	names, _, _ = strings.Cut(names, ")")
	for name := range strings.SplitSeq(names, "|") {
		if !found["Test"+name] {
			t.Errorf("the Makefile names Test%s, which is no test of these packages", name)
		}
	}
}

func sideBySide(fn *ast.FuncDecl) (is bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			is = true
		case *ast.CallExpr:
			if called, ok := n.Fun.(*ast.SelectorExpr); ok && (called.Sel.Name == "Go" || called.Sel.Name == "serve") {
				is = true
			}
		}
		return !is
	})
	return is
}
