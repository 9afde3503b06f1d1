// Command analyse holds the analysers that neither go vet nor staticcheck has, in one program that go vet runs, because go vet
// remembers what it has found: a package that has not changed costs nothing.
//
//	go build -modfile=.ci/tools.mod -o bin/analyse ./.ci/analyse && go vet -vettool=bin/analyse ./...
package main

import (
	"path/filepath"

	"github.com/polyfloyd/go-errorlint/errorlint"
	"go-simpler.org/sloglint"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/modernize"
	"golang.org/x/tools/go/analysis/unitchecker"
)

func main() {
	// What is logged is found by its words: messages are fixed text, in lower case, and what differs stands beside them under a
	// key. Nothing logs past the logger that it was given.
	logging := sloglint.New(&sloglint.Options{
		NoGlobalLogger:    "all",
		StaticMessage:     true,
		MessageStyle:      "lowercased",
		NoMixedArguments:  true,
		KeyValuePairsOnly: true,
		KeyNamingCase:     "snake",
	})
	wrapping := errorlint.NewAnalyzer()
	if err := wrapping.Flags.Set("errorf", "true"); err != nil {
		panic(err)
	}
	for _, a := range modernize.Suite {
		ours(a)
	}
	unitchecker.Main(append(modernize.Suite, wrapping, logging, silent)...)
}

// ours has an analyser say nothing of the file that cgo writes.
func ours(a *analysis.Analyzer) {
	run := a.Run
	a.Run = func(pass *analysis.Pass) (any, error) {
		report := pass.Report
		pass.Report = func(d analysis.Diagnostic) {
			if filepath.Base(pass.Fset.Position(d.Pos).Filename) != "_cgo_gotypes.go" {
				report(d)
			}
		}
		return run(pass)
	}
}
