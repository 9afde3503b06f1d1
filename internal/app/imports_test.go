package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the name in go.mod.
const module = "homeward"

// root is the repository as seen from this package.
const root = "../.."

// ranks holds the rank of every package: a package imports only packages of
// strictly lower rank, so that what counts days cannot come to know of pages
// or tables. A new package gets its line here, with the rank of the highest
// thing that it needs to know, plus one.
var ranks = map[string]int{
	"internal/problem":        0,
	"internal/nhsnumber":      0,
	"internal/durable":        0,
	"internal/metrics":        0,
	"internal/csvout":         0,
	"internal/backup":         1,
	"internal/config":         1,
	"internal/bundle":         1,
	"internal/delay":          1,
	"internal/identity":       1,
	"internal/definition":     2,
	"internal/national":       3,
	"internal/published":      4,
	"internal/council":        2,
	"internal/attribution":    2,
	"internal/person":         2,
	"internal/received":       2,
	"internal/audit":          2,
	"internal/people":         2,
	"internal/record":         4,
	"internal/signin":         3,
	"internal/extract":        3,
	"internal/agreement":      2,
	"internal/logbook":        2,
	"internal/measure":        3,
	"internal/spc":            2,
	"internal/mail":           3,
	"internal/ingest":         4,
	"internal/casework":       5,
	"internal/chart":          4,
	"internal/call":           5,
	"internal/closing":        4,
	"internal/pack":           5,
	"internal/quality":        5,
	"internal/revision":       5,
	"internal/rulechange":     3,
	"internal/schedule":       4,
	"internal/synth":          4,
	"internal/propose":        4,
	"internal/poster":         6,
	"internal/sqlite":         6,
	"internal/web/page":       6,
	"internal/web":            7,
	"internal/signin/journey": 8, // tests only
	"internal/app":            8,
	"cmd/homeward":            9,
}

// embeds are the top-level folders that are packages only so that their files
// can be embedded. They import nothing of ours and are handed down as fs.FS,
// so only the two at the top may import them.
var embeds = []string{"static", "templates", "data"}

// homes holds the one package that may import each outside library, by the
// beginning of its import path. Test files may use a library only in its home too,
// unless it is in testLibraries.
var homes = map[string]string{
	"github.com/labstack/echo/v4":         "internal/web",
	"github.com/alexedwards/scs/v2":       "internal/signin",
	"github.com/coreos/go-oidc/v3":        "internal/signin",
	"golang.org/x/oauth2":                 "internal/signin",
	"github.com/pquerna/otp":              "internal/people",
	"github.com/ccojocar/zxcvbn-go":       "internal/people",
	"golang.org/x/crypto/argon2":          "internal/people",
	"golang.org/x/text/unicode/norm":      "internal/people",
	"github.com/go-echarts/go-echarts/v2": "internal/chart",
	"github.com/dop251/goja":              "internal/chart",
	"github.com/robfig/cron/v3":           "internal/schedule",
	"github.com/prometheus/client_golang": "internal/metrics",
	"github.com/mattn/go-sqlite3":         "internal/sqlite",
	"github.com/xuri/excelize/v2":         "internal/extract",
	"golang.org/x/text/encoding":          "internal/extract",
	"golang.org/x/text/transform":         "internal/extract",
	"golang.org/x/text/language":          "internal/web",
	"golang.org/x/time/rate":              "internal/web",
	"golang.org/x/text/message":           "internal/web",
	"github.com/goccy/go-yaml":            "internal/config",
	"github.com/rickar/cal/v2":            "internal/agreement",
	"github.com/wneessen/go-mail":         "internal/mail",
}

// testLibraries serve tests only and may stand in any test.
var testLibraries = []string{
	"github.com/PuerkitoBio/goquery",
	"github.com/andybalholm/cascadia",
	"github.com/chromedp/chromedp",
	"github.com/getkin/kin-openapi",
	"github.com/emersion/go-sasl",
	"github.com/emersion/go-smtp",
	"golang.org/x/net/html",
	"pgregory.net/rapid",
}

// forbiddenNames are package names that say nothing of what a package holds
// and so come to hold everything.
var forbiddenNames = []string{"utils", "util", "common", "types", "models", "model", "helpers", "helper", "misc", "shared", "lib"}

// topLevel is all that may stand at the top of the repository, besides files
// whose names begin with a dot and what git ignores.
var topLevel = []string{
	"cmd", "internal", "static", "templates", "data", "docs",
	"Makefile", "package.json", "package-lock.json", "go.mod", "go.sum", "Dockerfile", "README.md", "CHANGELOG.md",
}

// ignoredTop are folders that git ignores: built or downloaded on this machine.
var ignoredTop = []string{"bin", "node_modules", "demo", "homeward-data"}

// source is one Go file: its folder, name and imports.
type source struct {
	folder, name string
	imports      []string
}

func (s source) isTest() bool { return strings.HasSuffix(s.name, "_test.go") }

// sources parses every Go file of the repository. It reads with go/parser and
// not with "go list", because the test cache does not see what another program
// reads and would hand out an old answer.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains(ignoredTop, p) || d.Name() == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(p) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(p)), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{folder: path.Dir(p), name: path.Base(p)}
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, name)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d Go files were found; the walk looks in the wrong place", len(all))
	}
	return all
}

// within says whether an import path is the module path or lies below it.
func within(importPath, modulePath string) bool {
	return importPath == modulePath || strings.HasPrefix(importPath, modulePath+"/")
}

func TestPackagesImportOnlyLowerRanks(t *testing.T) {
	for _, s := range sources(t) {
		if slices.Contains(embeds, s.folder) {
			for _, i := range s.imports {
				if within(i, module) {
					t.Errorf("%s/%s imports %s; the embedding packages import nothing of ours", s.folder, s.name, i)
				}
			}
			continue
		}
		own, ok := ranks[s.folder]
		if !ok {
			t.Errorf("%s has no rank; give it one in ranks, or move %s", s.folder, s.name)
			continue
		}
		for _, i := range s.imports {
			if !within(i, module) {
				continue
			}
			of := strings.TrimPrefix(i, module+"/")
			if slices.Contains(embeds, of) {
				if own < ranks["internal/app"] && !s.isTest() {
					t.Errorf("%s/%s imports %s; only internal/app and cmd/homeward do, the others are handed an fs.FS", s.folder, s.name, of)
				}
				continue
			}
			rank, ok := ranks[of]
			switch {
			case !ok:
				t.Errorf("%s/%s imports %s, which has no rank", s.folder, s.name, of)
			case s.isTest() && of == s.folder:
				// An outside test (package x_test) imports the package it tests.
			case rank >= own:
				t.Errorf("%s/%s (rank %d) imports %s (rank %d); a package imports only lower ranks", s.folder, s.name, own, of, rank)
			}
		}
	}
}

func TestEachOutsideLibraryHasOneHome(t *testing.T) {
	for _, s := range sources(t) {
		for _, i := range s.imports {
			first, _, _ := strings.Cut(i, "/")
			if !strings.Contains(first, ".") {
				continue // the standard library, ours, or C
			}
			if slices.ContainsFunc(testLibraries, func(l string) bool { return within(i, l) }) {
				if !s.isTest() {
					t.Errorf("%s/%s imports %s, which serves tests only", s.folder, s.name, i)
				}
				continue
			}
			home := ""
			for library, of := range homes {
				if within(i, library) {
					home = of
				}
			}
			switch home {
			case s.folder:
			case "":
				t.Errorf("%s/%s imports %s, which has no home; give it one in homes", s.folder, s.name, i)
			default:
				t.Errorf("%s/%s imports %s, whose home is %s", s.folder, s.name, i, home)
			}
		}
	}
}

func TestPackagesAreNamedForWhatTheyHold(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if seen[s.folder] {
			continue
		}
		seen[s.folder] = true
		if name := path.Base(s.folder); slices.Contains(forbiddenNames, name) {
			t.Errorf("%s is named %s, which says nothing of what it holds", s.folder, name)
		}
	}
	for folder := range ranks {
		if !seen[folder] {
			t.Errorf("%s has a rank and no Go file; take its line out of ranks", folder)
		}
	}
}

func TestTopLevelHoldsWhatTheArchitectureNames(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || slices.Contains(ignoredTop, name) || slices.Contains(topLevel, name) {
			continue
		}
		t.Errorf("%s stands at the top of the repository, where it has no place", name)
	}
}
