package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// notYet holds the rules that no test cites so far, each with the issue that
// brings it. It only ever gets shorter: a rule that is cited must leave it.
var notYet = map[int][]string{}

// Every rule of rules.md is cited by at least one test, or stands in notYet.
func TestEveryRuleIsCited(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(shared(t, "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, m := range regexp.MustCompile(`(?m)^- \*\*([A-Z][0-9]+)[ *]`).FindAllStringSubmatch(string(text), -1) {
		rules = append(rules, m[1])
	}
	if len(rules) < 65 {
		t.Fatalf("found %d rules in rules.md: %v", len(rules), rules)
	}
	cited := citations(t)
	waiting := map[string]int{}
	for issue, list := range notYet {
		for _, rule := range list {
			waiting[rule] = issue
			if !slices.Contains(rules, rule) {
				t.Errorf("notYet holds %s, which is no rule of rules.md", rule)
			}
		}
	}
	for _, rule := range rules {
		issue, ok := waiting[rule]
		switch where := cited[rule]; {
		case where == "" && !ok:
			t.Errorf("no test cites %s", rule)
		case where != "" && ok:
			t.Errorf("%s is cited by %s: take it out of notYet (issue %d)", rule, where, issue)
		}
	}
}

// ruled is a rule's number as a word of its own, and leading the rules that a
// name of a test or a message about a fault begins with: "C19 …", "C3, G1: …",
// "P3/zero …". A cell such as "D2" or a code such as "I2" cites nothing.
var (
	ruled   = regexp.MustCompile(`\b[A-Z][0-9]{1,2}\b`)
	leading = regexp.MustCompile(`^(?:[A-Z][0-9]{1,2}(?:, | and | to |: ?|/|–| ))+[^0-9]`)
	named   = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)((?:[A-Z][0-9]{1,2}(?:And)?)+)(?:[A-Z_]|$)`)
)

// citations gives for each rule a test that cites it: in the name of a test
// function, in the comment on one, or at the begin of a sub-test's name.
func citations(t *testing.T) map[string]string {
	t.Helper()
	cited := map[string]string{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, e fs.DirEntry, err error) error {
		// This file's lists are no citations.
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") || e.Name() == "rules_test.go" &&
			strings.HasSuffix(filepath.Dir(path), "app") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		cite := func(words string) {
			for _, rule := range ruled.FindAllString(words, -1) {
				cited[rule] = path
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if m := named.FindStringSubmatch(n.Name.Name); m != nil {
					cite(regexp.MustCompile(`([A-Z][0-9]+)(?:And)?`).ReplaceAllString(m[1], "$1 "))
				}
				if strings.HasPrefix(n.Name.Name, "Test") || strings.HasPrefix(n.Name.Name, "Fuzz") {
					cite(n.Doc.Text())
				}
			case *ast.BasicLit:
				if n.Kind == token.STRING {
					if words, err := strconv.Unquote(n.Value); err == nil {
						cite(leading.FindString(words))
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return cited
}
