package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/definition"
	"homeward/internal/delay"
)

// No Go or template file lists what a table says (D1, D2): the labels of
// reasons, their groups, or several codes of one set.
func TestD1NoProgramTextListsReasons(t *testing.T) {
	skipShort(t)
	t.Parallel()
	tables, err := definition.Load(data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	labels, codes := map[string]string{}, map[string]map[string]bool{}
	for _, set := range tables.CodeSets {
		codes[set.Name] = map[string]bool{}
		for _, code := range set.Codes {
			codes[set.Name][code.Code] = true
			for _, text := range []string{code.Label, code.Short} {
				if telling(text) {
					labels[strings.ToLower(text)] = set.Name
				}
			}
		}
		for _, group := range set.Groups {
			if telling(group) {
				labels[strings.ToLower(group)] = set.Name
			}
		}
	}
	if len(labels) < 150 {
		t.Fatalf("found %d labels", len(labels))
	}
	for _, c := range conventionWords(tables) {
		labels[strings.ToLower(c)] = "conventions.csv"
	}
	checked := 0
	for _, dir := range []string{"internal", "cmd", "templates"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			switch filepath.Ext(path) {
			case ".go":
				checked++
				for _, fault := range goLists(t, path, labels, codes) {
					t.Errorf("D1 %s", fault)
				}
			case ".html":
				checked++
				text, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				for label, set := range labels {
					if strings.Contains(strings.ToLower(string(text)), label) {
						t.Errorf("D1 %s has the label %q of %s", path, label, set)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if checked < 300 {
		t.Errorf("only %d files were looked at", checked)
	}
}

// The test finds what it is there to find.
func TestD1ListsOfReasonsAreFound(t *testing.T) {
	t.Parallel()
	codes := map[string]map[string]bool{"england-dtoc": {"A": true, "Di": true, "Dii": true, "E": true}}
	labels := map[string]string{"awaiting public funding": "england-dtoc"}
	for name, text := range map[string]string{
		"a list":   `package x; var r = []string{"A", "Di", "Dii"}`,
		"a switch": `package x; func f(r string) int { switch r { case "Di", "Dii": return 1; case "E": return 2 }; return 0 }`,
		"a map":    `package x; var m = map[string]int{"A": 1, "Di": 2, "E": 3}`,
		"a label":  `package x; const s = "They are awaiting public funding."`,
		"two":      `package x; func f(r string) bool { return r == "Di" || r == "Dii" }`,
	} {
		path := filepath.Join(t.TempDir(), "x.go")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if len(goLists(t, path, labels, codes)) == 0 {
			t.Errorf("%s was not found", name)
		}
	}
}

// telling says whether a text is so long that nothing but a table's label would
// be it.
func telling(text string) bool { return len(strings.Fields(text)) >= 3 }

// ordinary are labels that are the program's own words for something else.
var ordinary = regexp.MustCompile(`^(reason not known)$`)

// areaPattern is a pattern of the area codes of the nations, which is the table
// areas.csv to say.
var areaPattern = regexp.MustCompile(`\[[EWSN]{2,4}\]|\^E0[6-9]`)

func conventionWords(tables *definition.Tables) []string {
	var out []string
	for _, c := range tables.Conventions {
		out = append(out, c.Title, c.Words)
	}
	return out
}

// goLists finds, in one Go file, labels, and two or more telling codes of one
// code set in one list, map, switch or comparison.
func goLists(t *testing.T, path string, labels map[string]string, codes map[string]map[string]bool) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	text := func(n ast.Node) (string, bool) {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(lit.Value)
		return s, err == nil
	}
	// several says that among the texts are codes of one set: two that have a
	// letter and more than one sign, or three.
	several := func(what string, texts []string) {
		for set, known := range codes {
			all, sure := map[string]bool{}, map[string]bool{}
			for _, s := range texts {
				if known[s] && strings.ContainsFunc(s, func(r rune) bool { return 'A' <= r && r <= 'Z' }) {
					if all[s] = true; len(s) > 1 {
						sure[s] = true
					}
				}
			}
			if len(all) > 2 || len(sure) > 1 {
				out = append(out, path+" has codes of "+set+" in a "+what+": "+strings.Join(texts, ", "))
				return
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		var texts []string
		gather := func(of ast.Node) {
			ast.Inspect(of, func(n ast.Node) bool {
				if s, ok := text(n); ok {
					texts = append(texts, s)
				}
				return true
			})
		}
		switch n := n.(type) {
		case *ast.BasicLit:
			if s, ok := text(n); ok {
				if areaPattern.MatchString(s) {
					out = append(out, path+" has a pattern of area codes: "+s)
				}
				for label, set := range labels {
					if strings.Contains(strings.ToLower(s), label) && !ordinary.MatchString(label) {
						out = append(out, path+" has the label "+strconv.Quote(label)+" of "+set)
					}
				}
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if pair, ok := e.(*ast.KeyValueExpr); ok {
					e = pair.Key
				}
				if inner, ok := e.(*ast.CompositeLit); ok && len(inner.Elts) > 0 {
					e = inner.Elts[0]
				}
				if s, ok := text(e); ok {
					texts = append(texts, s)
				}
			}
			several("list", texts)
		case *ast.SwitchStmt:
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					gather(e)
				}
			}
			several("switch", texts)
		case *ast.BinaryExpr:
			if n.Op == token.LOR || n.Op == token.LAND {
				gather(n)
				several("comparison", texts)
			}
		}
		return true
	})
	return out
}

// The rule set and the code set of England's old return are two tables of one
// thing (docs/decisions/0008): each day's reasons, their labels, bodies and types
// of care are the same in both (D2).
func TestD2OldReturnIsSaidOnce(t *testing.T) {
	t.Parallel()
	const name = "england-dtoc"
	tables, err := definition.Load(data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	set, err := tables.CodeSet(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(data.Reference, "rulesets/"+name+".csv")
	if err != nil {
		t.Fatal(err)
	}
	yes := map[bool]string{true: "yes", false: "no"}
	ruled, coded := map[string]string{}, map[string]string{}
	for _, r := range table(t, string(text)) {
		if r["version"] == set.Version {
			ruled[r["reason"]] = strings.Join([]string{r["label"], r["nhs"], r["social_care"], r["joint"], r["acute"], r["non_acute"]}, ";")
		}
	}
	for _, c := range set.Codes {
		if c.InForce(delay.MustDay("2017-04-01")) {
			coded[c.Code] = strings.Join([]string{c.Label, yes[slices.Contains(c.Bodies, delay.NHS)],
				yes[slices.Contains(c.Bodies, delay.SocialCare)], yes[slices.Contains(c.Bodies, delay.Joint)], yes[c.Acute], yes[c.NonAcute]}, ";")
		}
	}
	if len(ruled) == 0 || !maps.Equal(ruled, coded) {
		t.Errorf("the rule set says %v, the code set %v", ruled, coded)
	}
}
