package app_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/app"
	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// Torture: every kind of work is done once in peace, while a watch counts what it does
// to the disk, and then again and again with one fault: the process is killed before
// each of these deeds, or half-way through a write; the deed fails; the disk has no
// room from there on; SIGTERM arrives. From what was done in peace the disk is built
// as a power cut after each deed leaves it. After each fault the folder is opened
// anew, must be whole, the person tries again unless told that it was done, and what
// is there must be what is there after the work in peace.

// work is something that somebody does and is then told that it was done.
type work struct {
	name string
	// before prepares a folder for it.
	before func(t testing.TB, home string)
	// command is done at the console: told is in what it prints when it was done,
	// already in what the next one prints when it had been.
	command       func(data string) []string
	told, already string
	// desk is done in the pages or by a job: it opens the page and gives what sends
	// the form, which says "told" or "already", or why not.
	desk  func(d *bench) (func() (string, error), error)
	draws bool // it draws charts
	// into is the folder that the work makes, the data folder where it is empty.
	into string
	// again says of a table that the work may stand in it once more for each try.
	again []string
}

const (
	toldWord    = "TOLD:"
	refusedWord = "REFUSED:"
)

// tortureNow is when the pages are used.
var tortureNow = time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)

// bench is an open data folder with its pages.
type bench struct {
	*app.App
	t       testing.TB
	site    http.Handler
	signIn  func(people.Role) string
	cookies map[people.Role]string
}

func benchIn(t testing.TB, data string, draws bool) (*bench, error) {
	a, err := app.Open(t.Context(), app.Options{Data: data, Now: func() time.Time { return tortureNow }, Chromium: "/nowhere"})
	if err != nil {
		return nil, err
	}
	var draw *chart.Renderer
	if draws {
		if draw, err = app.NewRenderer(); err != nil {
			return nil, err
		}
	}
	b := &bench{App: a, t: t, cookies: map[people.Role]string{}}
	b.site, b.signIn = a.Site(t, draw)
	return b, nil
}

func (b *bench) ask(role people.Role, method, target string, form url.Values) (*httptest.ResponseRecorder, *goquery.Document) {
	if b.cookies[role] == "" {
		b.cookies[role] = b.signIn(role)
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", b.cookies[role])
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		b.t.Fatal(err)
	}
	return w, doc
}

// form opens a page and gives what sends the form to action on it; without such a form
// it was done already.
func (b *bench) form(role people.Role, page, action string, fill ...string) (func() (string, error), error) {
	w, doc := b.ask(role, http.MethodGet, page, nil)
	if w.Code != http.StatusOK && w.Code != http.StatusNotFound && w.Code != http.StatusSeeOther {
		return nil, fmt.Errorf("%s: %d %s", page, w.Code, words(doc))
	}
	found := doc.Find(`form[action="` + action + `"], form[action^="` + action + `?"]`).First()
	if found.Length() == 0 {
		return func() (string, error) { return "already: " + words(doc), nil }, nil
	}
	action = found.AttrOr("action", "")
	values := url.Values{}
	found.Find("input[type=hidden]").Each(func(_ int, in *goquery.Selection) {
		values.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	for i := 0; i+1 < len(fill); i += 2 {
		values.Set(fill[i], fill[i+1])
	}
	return func() (string, error) {
		w, doc := b.ask(role, http.MethodPost, action, values)
		switch {
		case w.Code == http.StatusSeeOther:
			return "told", nil
		case w.Code == http.StatusOK && strings.Contains(action, "/identifiers") && doc.Find("#numbers").Length() > 0:
			return "told", nil
		case w.Code == http.StatusConflict:
			return "already: " + words(doc), nil
		}
		return "", fmt.Errorf("%s: %d %s", action, w.Code, words(doc))
	}, nil
}

func words(doc *goquery.Document) string {
	return last(strings.Join(strings.Fields(doc.Find("main").Text()), " "), 600)
}

// tortured gives the rows of Northgate for one day.
func tortured(day delay.Day, people int) string {
	var b strings.Builder
	for i := range people {
		fmt.Fprintf(&b, "%s,RZ1,RZ101,5A,5A-%02d,L%05d,,1941-02-03,F,2026-02-01,2026-02-%02d,Acute,E,Social Care,E10000099,1,,\r\n",
			day, i, i+1, 9+i%9)
	}
	return b.String()
}

// tortureBase is a data folder with extracts of some weeks, people who sign in, and
// a plan of a pack; it is made once.
var tortureBase = sync.OnceValues(func() (string, error) {
	home, err := os.MkdirTemp("", "torture")
	if err != nil {
		return "", err
	}
	data := filepath.Join(home, "data")
	if err := os.CopyFS(data, os.DirFS(northshireExample)); err != nil {
		return home, err
	}
	path := filepath.Join(data, app.PartnershipFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return home, err
	}
	text = append(text, "\npacks: [{name: weekly, cron: \"45 7 * * 1\", period: week}]\n"...)
	var extracts strings.Builder
	extracts.WriteString(northgateHead)
	for day := delay.MustDay("2026-02-20"); day <= delay.MustDay("2026-03-12"); day++ {
		extracts.WriteString(tortured(day, 20))
	}
	return home, errors.Join(os.WriteFile(path, text, 0o600),
		os.WriteFile(filepath.Join(home, "RZ1_backfill.csv"), []byte(extracts.String()), 0o600),
		os.WriteFile(filepath.Join(home, "RZ1_2026-03-13.csv"), []byte(northgateHead+tortured(delay.MustDay("2026-03-13"), 19)), 0o600),
		os.WriteFile(filepath.Join(home, "RZ1_short.csv"), []byte(northgateHead+tortured(delay.MustDay("2026-03-13"), 3)), 0o600))
})

// tortureHome gives a copy of the folder that all work begins in.
func tortureHome(t testing.TB) string {
	t.Helper()
	base, err := tortureBase()
	if err != nil {
		t.Fatal(err)
	}
	tortureFilled.Do(func() {
		atTheEnd = append(atTheEnd, func() error { return os.RemoveAll(base) })
		data := filepath.Join(base, "data")
		must(t, "ingest", "--data", data, filepath.Join(base, "RZ1_backfill.csv"))
		for role, codes := range map[people.Role]string{
			people.Coordinator: "RZ1", people.Reviewer: "E10000099", people.Director: "E10000099", people.Presenter: "", people.Administrator: "",
		} {
			args := []string{"user", "add", string(role) + "@partnership.example", "--data", data, "--role", string(role)}
			if codes != "" {
				args = append(args, "--for", codes)
			}
			must(t, args...)
		}
		if err := os.Mkdir(filepath.Join(data, app.InboxFolder), 0o700); err != nil {
			t.Fatal(err)
		}
	})
	return copyOf(t, base)
}

var tortureFilled sync.Once

func copyOf(t testing.TB, home string) string {
	t.Helper()
	disk, err := platterOf(home)
	to := tempFolder(t)
	if err == nil {
		err = disk.cut(cutNothing, to, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// tempFolder is a folder by the name that the system knows it by.
func tempFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "point")
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func fileIn(data, name string) string { return filepath.Join(filepath.Dir(data), name) }

// works are the kinds of work, each with those of its ways that differ on the disk.
func works() []work {
	reference := func(b *bench) (string, error) {
		w, doc := b.ask(people.Coordinator, http.MethodGet, "/today?provider=RZ1", nil)
		ref, ok := strings.CutPrefix(doc.Find(`[id^="row-HW-"]`).First().AttrOr("id", ""), "row-")
		if !ok {
			return "", fmt.Errorf("/today: %d %s", w.Code, words(doc))
		}
		return ref, nil
	}
	startCall := func(b *bench) (func() (string, error), error) {
		return b.form(people.Presenter, "/call", "/call")
	}
	return []work{
		{name: "extract", command: func(data string) []string {
			return []string{"ingest", "--data", data, fileIn(data, "RZ1_2026-03-13.csv")}
		}, told: `RZ1_2026-03-13\.csv: taken`, already: `RZ1_2026-03-13\.csv: already`},
		{name: "first extract", before: func(t testing.TB, home string) {
			data := filepath.Join(home, "data")
			if err := errors.Join(os.RemoveAll(data), os.CopyFS(data, os.DirFS(northshireExample))); err != nil {
				t.Fatal(err)
			}
		}, command: func(data string) []string {
			return []string{"ingest", "--data", data, fileIn(data, "RZ1_2026-03-13.csv")}
		}, told: `RZ1_2026-03-13\.csv: taken`, already: `RZ1_2026-03-13\.csv: already`},
		{name: "inbox", before: func(t testing.TB, home string) {
			at := filepath.Join(home, "data", app.InboxFolder, "RZ1_2026-03-13.csv")
			if err := errors.Join(copyFile(filepath.Join(home, "RZ1_2026-03-13.csv"), at), os.Chtimes(at, longAgo, longAgo)); err != nil {
				t.Fatal(err)
			}
		}, desk: func(b *bench) (func() (string, error), error) {
			return func() (string, error) {
				said, err := b.TakeInbox(b.t.Context())
				if err != nil {
					return "", err
				}
				if strings.Contains(said, "1 taken") {
					return "told", nil
				}
				return "already: " + said, nil
			}, nil
		}},
		{name: "acceptance", before: func(t testing.TB, home string) {
			run(t, "ingest", "--data", filepath.Join(home, "data"), filepath.Join(home, "RZ1_short.csv"))
		}, command: func(data string) []string {
			return []string{"accept", "--data", data, "--provider", "RZ1", "--date", "2026-03-13", "--reason", "A quiet day"}
		}, told: `counts now`, already: `Nothing is held`},
		{name: "log entry", desk: func(b *bench) (func() (string, error), error) {
			ref, err := reference(b)
			if err != nil {
				return nil, err
			}
			return b.form(people.Coordinator, "/delays/new?ref="+ref, "/delays/new", "ref", ref, "ready", "fed", "reason", "E",
				"destination", "undecided", "body", "social-care")
		}},
		{name: "agreement", desk: func(b *bench) (func() (string, error), error) {
			w, doc := b.ask(people.Reviewer, http.MethodGet, "/agreement", nil)
			var at string
			doc.Find(`a[href^="/agreement/"]`).Each(func(_ int, a *goquery.Selection) {
				if href, _, _ := strings.Cut(a.AttrOr("href", ""), "?"); at == "" && strings.Contains(href, ".2026-") {
					at = href
				}
			})
			if at == "" {
				return nil, fmt.Errorf("/agreement: %d %s", w.Code, words(doc))
			}
			// The first of the list is another one when this was answered.
			if first, err := os.ReadFile(fileIn(b.Options.Data, "answered")); err == nil {
				at = string(first)
			} else if err := os.WriteFile(fileIn(b.Options.Data, "answered"), []byte(at), 0o600); err != nil {
				return nil, err
			}
			return b.form(people.Reviewer, at, at, "answer", "agree")
		}},
		{name: "close of a month", desk: func(b *bench) (func() (string, error), error) {
			return b.form(people.Director, "/agreement/close/2026-02", "/agreement/close/2026-02", "asked", "1", "because", "The month is over")
		}},
		{name: "call", draws: true, desk: startCall},
		// What it shows was drawn when it began.
		{name: "end of a call", before: func(t testing.TB, home string) {
			b, err := benchIn(t, filepath.Join(home, "data"), true)
			if err != nil {
				t.Fatal(err)
			}
			start, err := startCall(b)
			if err != nil {
				t.Fatal(err)
			}
			if said, err := start(); err != nil || said != "told" {
				t.Fatal(said, err)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
		}, desk: func(b *bench) (func() (string, error), error) {
			_, doc := b.ask(people.Presenter, http.MethodGet, "/call", nil)
			at := regexp.MustCompile(`/call/\d{4}-\d\d-\d\d`).FindString(doc.Find(`a[href^="/call/2"]`).First().AttrOr("href", ""))
			return b.form(people.Presenter, at+"/1", at+"/end")
		}},
		{name: "pack", draws: true, desk: func(b *bench) (func() (string, error), error) {
			jobs, err := b.PackJobs()
			return func() (string, error) {
				said, err := jobs["pack-weekly"](b.t.Context())
				if err != nil || !strings.Contains(said, "already shows") {
					return "told", err
				}
				return "already", nil
			}, err
		}},
		{name: "audit", command: func(data string) []string {
			return []string{"audit", "export", "--data", data}
		}, told: `number,at,who`, again: []string{"audit"}},
		{name: "identifier seen", desk: func(b *bench) (func() (string, error), error) {
			ref, err := reference(b)
			if err != nil {
				return nil, err
			}
			return b.form(people.Coordinator, "/days?from=2026-03-01&to=2026-03-12", "/days/"+ref+"/identifiers", "ask", "yes")
		}, again: []string{"audit"}},
		{name: "account", command: func(data string) []string {
			return []string{"user", "add", "new@partnership.example", "--data", data, "--role", "viewer"}
		}, told: `Added new@partnership\.example`, already: `already`},
		{name: "new key", command: func(data string) []string {
			return []string{"key", "rotate", "--data", data}
		}, told: `.`, already: `The key of before the last rotation is still beside`, again: []string{"audit"}},
		{name: "backup", command: func(data string) []string {
			return []string{"backup", "--data", data}
		}, told: `homeward-.*\.tar\.gz`, already: `There is a backup`, again: []string{"audit", app.BackupsFolder}},
		{name: "restore", into: "new", before: func(t testing.TB, home string) {
			data := filepath.Join(home, "data")
			must(t, "backup", "--data", data, "--to", filepath.Join(home, "kept"))
			keysInto(t.(*testing.T), data, filepath.Join(home, "new"))
		}, command: func(data string) []string {
			found, err := filepath.Glob(fileIn(data, "kept/homeward-*.tar.gz"))
			if err != nil || len(found) != 1 {
				panic(fmt.Sprint(found, err))
			}
			return []string{"restore", found[0], "--data", data}
		}, told: `The audit log is whole`, already: `a restore replaces nothing`},
		{name: "upgrade", before: olderDatabase, command: func(data string) []string {
			return []string{"verify", "--data", data}
		}, told: `Everything agrees`, again: []string{app.BackupsFolder}},
	}
}

// olderDatabase puts a database of an earlier version in the place of the folder's.
func olderDatabase(t testing.TB, home string) {
	t.Helper()
	const last = 26
	data := filepath.Join(home, "data")
	path := filepath.Join(data, sqlite.FileName)
	if err := errors.Join(os.RemoveAll(data), os.CopyFS(data, os.DirFS(northshireExample))); err != nil {
		t.Fatal(err)
	}
	migrations, err := filepath.Glob(filepath.Join(root, "internal", "sqlite", "migrations", "*.sql"))
	if err != nil || len(migrations) <= last {
		t.Fatal(migrations, err)
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range migrations[:last] {
		if _, err := db.Exec(string(must2(os.ReadFile(at)))); err != nil {
			t.Fatal(at, err)
		}
	}
	_, err = db.Exec(fmt.Sprintf(`INSERT INTO kept (name, value) VALUES ('of before', x'01'); PRAGMA user_version = %d`, last))
	if err := errors.Join(err, db.Close(), os.Chmod(path, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// data gives the data folder that the work is done in, below home.
func (w work) data(home string) string {
	if w.into != "" {
		return filepath.Join(home, w.into)
	}
	return filepath.Join(home, "data")
}

// deskWork names the work that TestTheDeskUnderWatch does.
const deskWork = "HOMEWARD_TEST_DESK"

// TestTheDeskUnderWatch is the process that is watched while it does a piece of work
// of the pages; alone it does nothing.
func TestTheDeskUnderWatch(t *testing.T) {
	name := os.Getenv(deskWork)
	if name == "" {
		t.Skip("only what TestTorture starts")
	}
	all := works()
	w := all[slices.IndexFunc(all, func(w work) bool { return w.name == name })]
	b, err := benchIn(t, os.Getenv("HOMEWARD_DATA"), w.draws)
	if err != nil {
		t.Fatal(err)
	}
	send, err := w.desk(b)
	if err != nil {
		t.Fatal(err)
	}
	watchedFromHere()
	for range 2 {
		if send == nil {
			if send, err = w.desk(b); err != nil {
				t.Fatal(err)
			}
		}
		said, err := send()
		if err == nil {
			fmt.Println(toldWord, said)
			break
		}
		fmt.Println(refusedWord, err)
		send = nil
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// did is what came of one piece of work.
type did struct {
	told, refused bool
	out, errs     string
	watch         *watch
}

// carry does a piece of work in a process of its own that is watched.
func (w work) carry(t testing.TB, home string, f fault) did {
	t.Helper()
	c := child{home: home}
	args := []string{"-test.run=^TestTheDeskUnderWatch$"}
	if w.command != nil {
		args = w.command(w.data(home))
	}
	cmd := c.command(t.Context(), t, args...)
	if w.desk != nil {
		cmd.Env = slices.DeleteFunc(cmd.Env, func(s string) bool { return strings.HasPrefix(s, asHomeward+"=") })
		cmd.Env = append(cmd.Env, deskWork+"="+w.name, "HOMEWARD_DATA="+w.data(home))
	}
	cmd.Env = append(cmd.Env, "TMPDIR="+os.TempDir())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	d := did{watch: watched(t, cmd, home, f)}
	d.watch.wait(t, time.Minute)
	d.out, d.errs = out.String(), errs.String()
	d.told = w.says(d.out)
	d.refused = strings.Contains(d.out, refusedWord) || w.command != nil && !d.told
	if strings.Contains(d.errs, "panic") || strings.Contains(d.errs, "goroutine ") {
		t.Errorf("it crashed: %s", last(d.errs, 4000))
	}
	return d
}

// says is whether somebody who reads out was told that the work is done.
func (w work) says(out string) bool {
	told := w.told
	if w.desk != nil {
		told = toldWord
	}
	return regexp.MustCompile(told).MatchString(out)
}

// retry does the work again as a person does who was not told that it was done.
func (w work) retry(t testing.TB, home string) error {
	if w.command != nil {
		status, out, errs := run(t, w.command(w.data(home))...)
		if strings.Contains(errs, "move these away first") && !w.begun(home) {
			// What half of a restore left is moved away, and the keys stay, as it says.
			for _, path := range must2(filepath.Glob(filepath.Join(w.data(home), "*"))) {
				if !strings.HasSuffix(path, ".key") {
					if err := os.RemoveAll(path); err != nil {
						return err
					}
				}
			}
			status, out, errs = run(t, w.command(w.data(home))...)
		}
		if !w.says(out) && (w.already == "" || !regexp.MustCompile(w.already).MatchString(out+errs)) {
			return fmt.Errorf("it ended with %d: %s%s", status, last(out, 600), last(errs, 600))
		}
		return nil
	}
	b, err := benchIn(t, w.data(home), w.draws)
	if err != nil {
		return err
	}
	send, err := w.desk(b)
	if err == nil {
		_, err = send()
	}
	return errors.Join(err, b.Close())
}

// notCounted are tables of what is no work of anybody's: runs of jobs, sessions, what
// was asked, and what is remembered to be quick.
var notCounted = []string{"job_run", "session", "attempt", "kept", "moment"}

// sight is what can be seen of a data folder: rows by table, entries of the audit log
// by kind, files by folder, and the figures.
func (w work) sight(t testing.TB, home string) (map[string]int, string, error) {
	data := w.data(home)
	out := map[string]int{}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(data, sqlite.FileName)+"?mode=ro")
	if err != nil {
		return nil, "", err
	}
	defer db.Close()
	count := func(query string) error {
		rows, err := db.Query(query)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var n int
			if err := rows.Scan(&name, &n); err != nil {
				return err
			}
			out[name] = n
		}
		return rows.Err()
	}
	var tables []string
	rows, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		return nil, "", err
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, "", err
		}
		tables = append(tables, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, "", err
	}
	for _, name := range tables {
		if slices.Contains(notCounted, name) || slices.Contains(w.again, name) {
			continue
		}
		if err := count(`SELECT 'rows of ` + name + `', count(*) FROM "` + name + `"`); err != nil {
			return nil, "", err
		}
	}
	if !slices.Contains(w.again, "audit") {
		if err := count(`SELECT 'audit: ' || what, count(*) FROM audit GROUP BY what`); err != nil {
			return nil, "", err
		}
	}
	for _, folder := range []string{app.InboxFolder, app.RejectedFolder, app.ReceivedFolder, app.PacksFolder, app.BackupsFolder} {
		if slices.Contains(w.again, folder) {
			continue
		}
		for _, path := range found(t, filepath.Join(data, folder), "") {
			// What a process that was killed left unfinished goes a day later.
			if rel, err := filepath.Rel(data, path); err == nil && !strings.Contains(rel, "/.") && !strings.Contains(rel, "unfinished") {
				out["files of "+folder]++
			}
		}
	}
	status, figures, errs := run(t, "figures", "--data", data, "--from", "2026-02-01", "--to", "2026-03-31", "--by", everyBreakdown,
		"--format", "csv")
	if status != app.ExitDone {
		return nil, "", fmt.Errorf("figures: %s", errs)
	}
	return out, figures, nil
}

// whole says what is not whole in a data folder, as the nightly checks look at it.
func (w work) whole(t testing.TB, home string) error {
	data := w.data(home)
	if status, out, errs := run(t, "verify", "--data", data); status != app.ExitDone {
		return fmt.Errorf("verify: %s%s", last(out, 600), last(errs, 600))
	}
	if status, out, errs := run(t, "audit", "verify", "--data", data); status != app.ExitDone {
		return fmt.Errorf("audit verify: %s%s", last(out, 600), last(errs, 600))
	}
	return nil
}

// begun says whether there is a database to look at yet.
func (w work) begun(home string) bool {
	if !slices.Contains([]string{"first extract", "restore", "upgrade"}, w.name) {
		return true
	}
	info, err := os.Stat(filepath.Join(w.data(home), sqlite.FileName))
	return err == nil && info.Size() > 0
}

// tally counts points by work and kind, what was lost, and what is there twice.
type tally struct {
	mu           sync.Mutex
	points       map[[2]string]int
	lost, double int
}

func (c *tally) add(work, kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.points[[2]string{work, kind}]++
}

// String gives the points by work and kind of fault as a table.
func (c *tally) String() string {
	var b strings.Builder
	names, kinds := map[string]int{}, map[string]int{}
	total := 0
	for key, n := range c.points {
		names[key[0]] += n
		kinds[key[1]] += n
		total += n
	}
	columns := slices.Sorted(maps.Keys(kinds))
	fmt.Fprintf(&b, "\n| work | %s | all |\n|---%s|---|\n", strings.Join(columns, " | "), strings.Repeat("|---", len(columns)))
	row := func(name string, of func(kind string) int, all int) {
		fmt.Fprintf(&b, "| %s", name)
		for _, kind := range columns {
			fmt.Fprintf(&b, " | %d", of(kind))
		}
		fmt.Fprintf(&b, " | %d |\n", all)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row(name, func(kind string) int { return c.points[[2]string{name, kind}] }, names[name])
	}
	row("all", func(kind string) int { return kinds[kind] }, total)
	fmt.Fprintf(&b, "%d points, %d lost, %d double", total, c.lost, c.double)
	return b.String()
}

// after looks at a folder after a fault, and tries the work again where nobody was
// told that it is done.
func (w work) after(t testing.TB, c *tally, home string, told bool, want map[string]int, figures string) {
	t.Helper()
	if told || w.begun(home) {
		if err := w.whole(t, home); err != nil {
			t.Errorf("not whole: %v", err)
		}
	}
	if !told {
		if err := w.retry(t, home); err != nil {
			t.Errorf("trying again: %v", err)
			return
		}
		if err := w.whole(t, home); err != nil {
			t.Errorf("not whole after trying again: %v", err)
		}
	}
	got, now, err := w.sight(t, home)
	if err != nil {
		t.Errorf("looking: %v", err)
		return
	}
	lost, double := now != figures, false
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s: %d, in peace %d", name, got[name], want[name])
			lost, double = lost || got[name] < want[name], double || got[name] > want[name]
		}
	}
	for name, n := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %d, in peace none", name, n)
			double = true
		}
	}
	if now != figures {
		t.Errorf("the figures differ")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if lost {
		c.lost++
	}
	if double {
		c.double++
	}
}

// pointsOf says which of n points are tried.
type pointsOf func(n int) []int

// spread gives so many points from the first to the last, at other places in each run
// where there are more.
func spread(count int) pointsOf {
	return func(n int) (out []int) {
		for i := range min(count, n) {
			from, to := 1+i*n/min(count, n), 1+(i+1)*n/min(count, n)
			out = append(out, from+rand.IntN(to-from))
		}
		return out
	}
}

// torture does one kind of work in peace and then at every point of the schedule.
func (w work) torture(t *testing.T, c *tally, kinds map[string]pointsOf) {
	start := tortureHome(t)
	defer os.RemoveAll(start)
	if w.before != nil {
		w.before(t, start)
	}
	peace := copyOf(t, start)
	defer os.RemoveAll(peace)
	d := w.carry(t, peace, fault{})
	if !d.told || d.refused || w.desk != nil && !strings.Contains(d.out, toldWord+" told") {
		t.Fatalf("in peace: %s%s", d.out, d.errs)
	}
	if err := w.whole(t, peace); err != nil {
		t.Fatalf("in peace: %v", err)
	}
	want, figures, err := w.sight(t, peace)
	if err != nil {
		t.Fatal(err)
	}
	w.cuts(t, c, d.watch, kinds, want, figures)
	n := 0
	for _, deed := range d.watch.deeds {
		if deed.what != "say" {
			n++
		}
	}
	for _, kind := range []string{"kill", "torn", "error", "full", "stop"} {
		for _, at := range kinds[kind](n) {
			home := copyOf(t, start)
			t.Run(fmt.Sprintf("%s at %d", kind, at), func(t *testing.T) {
				d := w.carry(t, home, fault{kind, at})
				if d.watch.hit == nil {
					return // It needed fewer deeds this time.
				}
				c.add(w.name, kind)
				if w.desk != nil && kind == "error" && !d.told {
					t.Errorf("the next try in the same process was refused: %s%s", d.out, d.errs)
				}
				w.after(t, c, home, d.told, want, figures)
				if t.Failed() {
					t.Logf("at %s; it said %s%s", d.watch.hit, d.out, last(d.errs, 800))
				}
			})
			if err := os.RemoveAll(home); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// cuts builds the disk as power cuts leave it from what was done in peace.
func (w work) cuts(t *testing.T, c *tally, peace *watch, kinds map[string]pointsOf, want map[string]int, figures string) {
	said, told, disk := "", false, peace.disk
	points := kinds["cut"](len(peace.deeds))
	for i, d := range peace.deeds {
		if d.what == "say" {
			said += string(d.data)
			told = w.says(said)
		} else {
			disk.do(d)
		}
		if !slices.Contains(points, i+1) {
			continue
		}
		for _, how := range []string{cutDropped, cutTorn} {
			home := tempFolder(t)
			t.Run(fmt.Sprintf("%s after %d", how, i+1), func(t *testing.T) {
				seed := rand.Uint64()
				if err := disk.cut(how, home, rand.New(rand.NewPCG(seed, 0))); err != nil {
					t.Fatal(err)
				}
				c.add(w.name, how)
				w.after(t, c, home, told, want, figures)
				if t.Failed() {
					t.Logf("after %s, told %v, seed %d", d, told, seed)
				}
			})
			if err := os.RemoveAll(home); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// someOf leaves every kind of write that people do, of the two that draw for seconds
// one, and three of the others, which are other ones each time.
func someOf(all []work) []work {
	others := []string{"first extract", "inbox", "acceptance", "end of a call", "identifier seen", "new key", "backup", "restore", "upgrade"}
	drawn := []string{"call", "pack"}
	rand.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	left := append(others[3:], drawn[rand.IntN(2)])
	return slices.DeleteFunc(all, func(w work) bool { return slices.Contains(left, w.name) })
}

// TestTorture proves that nothing is lost or double whatever fails: a point or two of
// each kind of work here, some ten of every kind of fault with "make torture".
func TestTorture(t *testing.T) {
	skipShort(t)
	c := &tally{points: map[[2]string]int{}}
	count := 0
	if setting := os.Getenv("HOMEWARD_TORTURE"); setting != "" {
		var err error
		if count, err = strconv.Atoi(setting); err != nil || count < 1 {
			t.Fatalf("HOMEWARD_TORTURE is %q, expected how many points of each kind of fault", setting)
		}
	}
	all := works()
	if count == 0 {
		all = someOf(all)
	}
	faults := []string{"kill", "torn", "error", "full", "stop"}
	t.Run("work", func(t *testing.T) {
		for _, w := range all {
			kinds := map[string]pointsOf{"cut": spread(max(1, count))}
			for _, kind := range faults {
				kinds[kind] = spread(count)
			}
			if count == 0 {
				kinds[faults[rand.IntN(len(faults))]] = spread(1)
			}
			t.Run(w.name, func(t *testing.T) {
				t.Parallel()
				w.torture(t, c, kinds)
			})
		}
	})
	t.Log(c)
}
