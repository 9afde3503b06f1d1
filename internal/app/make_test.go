package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Of the packages that the race detector does not see whole, every test whose own
// body starts a goroutine or the program's server is named in the Makefile, and none
// that is named leaves itself out. A server that answers one request after the other
// in a long proof is left to the others.
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
				switch listed := seen.MatchString(name); {
				case listed && calls(fn, "skipShort"):
					t.Errorf("%s in %s is named in the Makefile and leaves itself out of -short", name, filepath.Base(file))
				case !listed && (starts(fn) || calls(fn, "Go") || calls(fn, "serve") && !calls(fn, "skipShort")):
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

// starts says whether a test begins a goroutine.
func starts(fn *ast.FuncDecl) (is bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		_, ok := n.(*ast.GoStmt)
		is = is || ok
		return !is
	})
	return is
}

// calls says whether a test calls something of one of these names.
func calls(fn *ast.FuncDecl, names ...string) (is bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch of := call.Fun.(type) {
			case *ast.SelectorExpr:
				is = is || slices.Contains(names, of.Sel.Name)
			case *ast.Ident:
				is = is || slices.Contains(names, of.Name)
			}
		}
		return !is
	})
	return is
}
