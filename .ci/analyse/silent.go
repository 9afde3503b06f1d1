package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// silent finds tests and fuzz targets that nothing can fail: neither they nor a function of their package that they reach calls
// Error, Fatal or Fail of anything.
var silent = &analysis.Analyzer{Name: "silent", Doc: "report tests that assert nothing", Run: runSilent}

func runSilent(pass *analysis.Pass) (any, error) {
	reaches := map[types.Object][]types.Object{}
	fails := map[types.Object]bool{}
	var tests []*ast.FuncDecl
	for _, file := range pass.Files {
		test := strings.HasSuffix(pass.Fset.Position(file.Pos()).Filename, "_test.go")
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			me := pass.TypesInfo.Defs[f.Name]
			if test && f.Recv == nil && f.Name.Name != "TestMain" &&
				(strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
				tests = append(tests, f)
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				id, ok := n.(*ast.Ident)
				if !ok {
					return true
				}
				used, ok := pass.TypesInfo.Uses[id].(*types.Func)
				switch {
				case !ok:
				case used.Pkg() == pass.Pkg:
					reaches[me] = append(reaches[me], used.Origin())
				case slices.Contains([]string{"Error", "Errorf", "Fatal", "Fatalf", "Fail", "FailNow"}, used.Name()):
					// Error() string of an error asserts nothing.
					fails[me] = fails[me] || used.Signature().Results().Len() == 0
				}
				return true
			})
		}
	}
	for _, f := range tests {
		if !anyFails(pass.TypesInfo.Defs[f.Name], reaches, fails, map[types.Object]bool{}) {
			pass.Reportf(f.Name.Pos(), "%s asserts nothing: no Error, Fatal or Fail can be reached from it", f.Name.Name)
		}
	}
	return nil, nil
}

func anyFails(f types.Object, reaches map[types.Object][]types.Object, fails, seen map[types.Object]bool) bool {
	if seen[f] {
		return false
	}
	seen[f] = true
	return fails[f] || slices.ContainsFunc(reaches[f], func(g types.Object) bool { return anyFails(g, reaches, fails, seen) })
}
