package app

import (
	"bytes"
	"database/sql"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/data"
	"homeward/internal/durable"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// Replicate puts a copy of the database at the place of another, as who restores one
// there and then renames it.
func Replicate(t testing.TB, from, to string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(from, sqlite.FileName)+"?_busy_timeout=10000&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for range 100 {
		if _, err := db.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
			t.Fatal(err)
		}
		tx, err := db.BeginTx(t.Context(), nil) // Nobody writes meanwhile.
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(from, sqlite.FileName+"-wal"))
		whole := err == nil && info.Size() == 0
		var bytes []byte
		if whole {
			if bytes, err = os.ReadFile(filepath.Join(from, sqlite.FileName)); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if whole {
			next := filepath.Join(to, "next.db")
			if err := os.WriteFile(next, bytes, 0o400); err != nil {
				t.Fatal(err)
			}
			if err := durable.Rename(next, filepath.Join(to, sqlite.FileName)); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("the database was written all the time")
}

// What a copy's page has beside what the page of the database has.
var saidOfCopy = regexp.MustCompile(`(?s)\s*<section class="app-datebar" aria-label="A copy for reading">.*?</section>|` +
	`This is a copy for reading, as at [^<]*?\d{4}\. `)

// wayBack leads to the list that was looked at last, of which a copy keeps nothing.
var wayBack = regexp.MustCompile(`(<a class="nhsuk-back-link" href="/(?:agreement|today))\?[^"]*`)

// Every address that pages lead to, for every role, and every address without a
// parameter answers at a copy with what it answers where the database is written, or
// leaves it to there. Nothing that is noted when it is read is shown.
func TestACopyShowsTheSameOrNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("one step after another; the full run has it")
	}
	t.Parallel()
	a := smallDemo(t)
	draw, err := newRenderer()
	if err != nil {
		t.Fatal(err)
	}
	site, signIn := a.Site(t, draw, people.Roles[:]...)
	cookies := map[people.Role]string{}
	for _, role := range people.Roles {
		cookies[role] = signIn(role)
	}
	ask := func(h http.Handler, method, target, cookie string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+target, nil)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	routes, err := os.ReadFile("../../docs/routes.md")
	if err != nil {
		t.Fatal(err)
	}
	type known struct {
		pattern *regexp.Regexp
		path    string
	}
	var patterns []known
	var plain []string
	for _, m := range regexp.MustCompile("(?m)^\\| GET \\| `([^`]+)`").FindAllStringSubmatch(string(routes), -1) {
		words := regexp.MustCompile(`:[a-z]+|\*`).ReplaceAllString(regexp.QuoteMeta(m[1]), `[^/]+`)
		words = strings.ReplaceAll(words, `\[^/]+`, `.+`)
		patterns = append(patterns, known{regexp.MustCompile(`^` + words + `$`), m[1]})
		if !strings.ContainsAny(m[1], ":*") {
			plain = append(plain, m[1])
		}
	}
	if len(patterns) < 100 {
		t.Fatalf("%d addresses in docs/routes.md", len(patterns))
	}
	patternOf := func(path string) string {
		i := slices.IndexFunc(patterns, func(k known) bool { return k.path == path })
		if i < 0 {
			i = slices.IndexFunc(patterns, func(k known) bool { return k.pattern.MatchString(path) })
		}
		if i < 0 {
			return path
		}
		return patterns[i].path + strings.Repeat("+", len(filepath.Ext(path)))
	}
	// The database is copied before pages are read where it is written, and after
	// everybody signed in.
	example, err := fs.Sub(data.Examples, exampleNorthshire)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := copyFS(dir, example); err != nil {
		t.Fatal(err)
	}
	Replicate(t, a.Options.Data, dir)
	var said bytes.Buffer
	v := &copies{options: Options{Data: dir, Now: a.Options.Now, Log: slog.New(slog.NewTextHandler(&said, nil))},
		of: copying{"https://homeward.example", 365 * 24 * time.Hour}, at: &Listening{Address: "127.0.0.1:0"}, renderer: draw, version: "test"}
	if err := v.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { v.swap(nil).end(v.options) }()

	// Each address is compared for the first two roles that may see it.
	shown, refused := map[string]int{}, map[string]bool{}
	for _, role := range people.Roles {
		seen := map[string]bool{}
		waiting := append([]string{"/"}, plain...)
		for len(waiting) > 0 {
			target := waiting[0]
			waiting = waiting[1:]
			u, err := url.Parse(target)
			if err != nil || seen[target] {
				continue
			}
			seen[target] = true
			pattern := patternOf(u.Path)
			if shown[pattern] > 1 {
				continue
			}
			there := ask(site, http.MethodGet, target, cookies[role])
			here := ask(v, http.MethodGet, target, cookies[role])
			if here.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s: %s sets a cookie", role, target)
			}
			switch {
			case here.Code == http.StatusServiceUnavailable:
				if !strings.Contains(here.Body.String(), "https://homeward.example") {
					t.Errorf("%s: %s does not say where: %s", role, target, here.Body)
				}
				refused[pattern] = true
			case here.Code != there.Code || here.Header().Get("Location") != there.Header().Get("Location"):
				t.Errorf("%s: %s is answered %d %q, where it is written %d %q", role, target, here.Code, here.Header().Get("Location"), there.Code,
					there.Header().Get("Location"))
			case here.Code == http.StatusOK:
				shown[pattern]++
				is := wayBack.ReplaceAllString(saidOfCopy.ReplaceAllString(here.Body.String(), ""), "$1")
				want := wayBack.ReplaceAllString(there.Body.String(), "$1")
				if is != want {
					i := 0
					for i < min(len(is), len(want)) && is[i] == want[i] {
						i++
					}
					t.Errorf("%s: %s shows %q, want %q", role, target, is[max(0, i-80):min(len(is), i+120)], want[max(0, i-80):min(len(want), i+120)])
				}
				if strings.HasPrefix(here.Header().Get("Content-Type"), "text/html") && !strings.Contains(here.Body.String(),
					"This is a copy for reading, as at ") {
					t.Errorf("%s: %s does not say that it is a copy", role, target)
				}
			}
			if to := there.Header().Get("Location"); to != "" {
				waiting = append(waiting, to)
			}
			if there.Code != http.StatusOK || !strings.HasPrefix(there.Header().Get("Content-Type"), "text/html") {
				continue
			}
			doc, err := goquery.NewDocumentFromReader(bytes.NewReader(there.Body.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			doc.Find("a[href]").Each(func(_ int, link *goquery.Selection) {
				to, err := u.Parse(link.AttrOr("href", ""))
				if err != nil || to.Host != "" {
					return
				}
				to.Fragment = ""
				// Of the addresses of one pattern one with a query and one without are enough.
				key := "like " + patternOf(to.Path)
				if to.RawQuery != "" {
					key += "?"
				}
				if !seen[key] {
					seen[key] = true
					waiting = append(waiting, to.String())
				}
			})
		}
	}
	for _, path := range []string{"/overview", "/figures", "/figures.json", "/trends", "/reasons", "/flow", "/council/:code", "/today",
		"/delays/:ref", "/days", "/agreement", "/extracts", "/extracts/:id", "/definitions"} {
		if !slices.ContainsFunc([]string{path, path + "+++++"}, func(p string) bool { return shown[p] > 0 }) {
			t.Errorf("a copy shows no %s to anybody", path)
		}
	}
	for path := range shown {
		if path := strings.TrimRight(path, "+"); notShown[path] || strings.HasPrefix(path, "/admin") || strings.HasPrefix(path, "/sign-in") {
			t.Errorf("a copy shows %s", path)
		}
	}
	for _, role := range people.Roles {
		for _, path := range []string{"/sign-in", "/sign-out", "/today/check", "/days/HW-1/identifiers", "/account/first-page", "/nothing"} {
			w := ask(v, http.MethodPost, path, cookies[role])
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" ||
				!strings.Contains(w.Body.String(), "https://homeward.example") {
				t.Errorf("%s: %s posted is answered %d %s", role, path, w.Code, w.Body)
			}
		}
	}
	t.Logf("shown %d, left %d", len(shown), len(refused))
}

// notShown are addresses that write when they are read, or show what is live or kept
// in files.
var notShown = map[string]bool{
	"/days.csv": true, "/days.json": true, "/today.csv": true, "/agreement.csv": true, "/agreement.json": true, "/extracts/:id/rows.csv": true,
	"/packs": true, "/packs/:id/": true, "/packs/:id/:file": true, "/packs/:id/about": true,
	"/call": true, "/call/:date": true, "/account": true, "/setup": true, "/metrics": true,
}
