package app_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/sqlite"
)

// contents gives what stands in a folder: each name with its mode, time and content.
func contents(t testing.TB, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "%s %s %d", path, info.Mode(), info.ModTime().UnixNano())
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, " %x", sha256.Sum256(text))
		}
		out.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// comes waits for something that a server does by itself.
func comes(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

const writesAt = "https://homeward.example"

// A copy of a working server's database is served for readers from a folder that can
// only be read: who signed in where it is written reads, nothing is written, and newer
// copies are shown as they come.
func TestACopyIsServedForReaders(t *testing.T) {
	t.Parallel()
	c, r := newChild(t), newChild(t)
	for _, one := range []child{c, r} {
		if err := os.CopyFS(one.data(), os.DirFS(northshireExample)); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(one.data(), app.PartnershipFile)
		text, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, append(text, "\nsign_in:\n  require_second_factor: false\n"...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s := c.serve(t)
	defer s.stop()
	s.upload, s.figures = c.token(t, "upload", "--for", "RZ1"), c.token(t, "figures")
	if status, receipt := s.send("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 30)); status != http.StatusCreated {
		t.Fatalf("%d %s", status, receipt.Reason)
	}
	coordinator := c.staff(s, "co@partnership.example", "--role", "coordinator", "--for", "RZ1")
	// The folder may be written while somebody brings a copy, and at no other time.
	bring := func(from string) {
		t.Helper()
		if err := os.Chmod(r.data(), 0o700); err != nil {
			t.Fatal(err)
		}
		app.Replicate(t, from, r.data())
		if err := os.Chmod(r.data(), 0o500); err != nil {
			t.Fatal(err)
		}
	}
	bring(c.data())
	defer func() { _ = os.Chmod(r.data(), 0o700) }()
	before := contents(t, r.data())
	k := r.serve(t, "--read-only", "--writes-at", writesAt)
	k.figures = s.figures

	here := &reader{k, coordinator.client}
	for _, path := range []string{"/today", "/overview", "/figures", "/trends", "/definitions"} {
		status, page, doc := here.open(path)
		banner := doc.Find(`section[aria-label="A copy for reading"]`)
		if status != http.StatusOK || !strings.HasPrefix(page, path) ||
			!strings.Contains(banner.Text(), "This is a copy for reading, as at ") || banner.Find("a").AttrOr("href", "") != writesAt {
			t.Errorf("%s: %d %s", path, status, last(page, 400))
		}
		if _, _, there := coordinator.open(path); doc.Find("main h1").Text() != there.Find("main h1").Text() ||
			doc.Find("tbody tr").Length() != there.Find("tbody tr").Length() {
			t.Errorf("%s shows other rows than where it is written", path)
		}
	}
	const question = "/figures.json?from=2026-03-01&to=2026-03-31&by=reason"
	if is, want := k.get(question), s.get(question); is != want {
		t.Errorf("figures are %s, want %s", is, want)
	}
	elsewhere := func(what string, want int, ask func() (*http.Response, error)) {
		t.Helper()
		res, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != want || !strings.Contains(string(body), writesAt) {
			t.Errorf("%s: %v %d %s", what, err, res.StatusCode, last(string(body), 500))
		}
	}
	elsewhere("an extract", http.StatusMethodNotAllowed, func() (*http.Response, error) {
		return k.ask(http.MethodPost, "/api/v1/extracts?name=RZ1_2026-03-11.csv", s.upload, strings.NewReader(northgate("2026-03-11", 1, 30)))
	})
	elsewhere("another method", http.StatusMethodNotAllowed, func() (*http.Response, error) {
		return k.ask(http.MethodDelete, "/overview", "", nil)
	})
	elsewhere("a token that is not in the copy", http.StatusServiceUnavailable, func() (*http.Response, error) {
		return k.ask(http.MethodGet, "/figures.json", "hw_nobodyknowsthistoken12345", nil)
	})
	for _, path := range []string{"/", "/overview", "/sign-in", "/setup", "/figures.json"} {
		elsewhere("a stranger at "+path, http.StatusServiceUnavailable, func() (*http.Response, error) {
			return k.ask(http.MethodGet, path, "", nil)
		})
	}
	for _, path := range []string{"/today.csv", "/days.csv?from=2026-03-01&to=2026-03-31", "/agreement.json", "/account",
		"/overview?known=2026-03-31"} {
		if status, page, _ := here.open(path); status != http.StatusServiceUnavailable || !strings.Contains(page, writesAt) {
			t.Errorf("%s: %d %s", path, status, last(page, 400))
		}
	}
	if status, page, _ := here.open("/sign-in", "email", "co@partnership.example", "password", journeyPassword); status !=
		http.StatusMethodNotAllowed || !strings.Contains(page, "nothing was done") {
		t.Errorf("signing in: %d %s", status, last(page, 400))
	}
	if status, said := k.ready(); status != http.StatusOK {
		t.Errorf("it is not ready: %d %s", status, said)
	}
	if after := contents(t, r.data()); after != before {
		t.Errorf("the folder is\n%s\nit was\n%s", after, before)
	}

	// A newer copy.
	if status, receipt := s.send("RZ1_2026-03-11.csv", northgate("2026-03-11", 1, 20)); status != http.StatusCreated {
		t.Fatalf("%d %s", status, receipt.Reason)
	}
	want := s.get(question)
	if k.get(question) == want {
		t.Fatal("the second extract changes no figure")
	}
	bring(c.data())
	comes(t, "the newer copy is shown", func() bool { return k.get(question) == want })

	// One of another version is not shown, and the copy before still is.
	other := t.TempDir()
	app.Replicate(t, c.data(), other)
	if err := os.Chmod(filepath.Join(other, sqlite.FileName), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", filepath.Join(other, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `PRAGMA user_version = 3`); err != nil {
		t.Fatal(err)
	}
	bring(other)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	comes(t, "it says that the copy is of another version", func() bool {
		status, said := k.ready()
		return status == http.StatusServiceUnavailable && strings.Contains(said, "another version of Homeward")
	})
	if k.get(question) != want {
		t.Error("the copy before is not shown any more")
	}
	if f := r.run(t, "serve", "--data", r.data(), "--listen", "127.0.0.1:0", "--read-only", "--writes-at",
		writesAt); f.status != app.ExitLess || !strings.Contains(f.errs, "Use the program here that writes the database") {
		t.Errorf("it starts with a copy of another version: %d %s", f.status, f.errs)
	}
	bring(c.data())
	comes(t, "it is ready again", func() bool { status, _ := k.ready(); return status == http.StatusOK })
	if status := k.stop(); status != app.ExitDone {
		t.Errorf("it ended with %d: %s", status, k.errs)
	}

	// A copy that is too old shows nothing.
	before = contents(t, r.data())
	k = r.serve(t, "--read-only", "--writes-at", writesAt, "--oldest", "1ms")
	here.s = k
	if status, said := k.ready(); status != http.StatusServiceUnavailable || !strings.Contains(said, "older than 1ms") {
		t.Errorf("it says of an old copy %d %s", status, said)
	}
	if status, page, _ := here.open("/overview"); status != http.StatusServiceUnavailable || !strings.Contains(page, "too old") {
		t.Errorf("of an old copy it shows %d %s", status, last(page, 400))
	}
	res, err := k.ask(http.MethodGet, "/api/v1/extracts", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var said struct {
		Error struct{ Kind, Where string }
	}
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil || said.Error.Where != writesAt {
		t.Errorf("a program is told %+v: %v", said, err)
	}
	k.stop()
	if after := contents(t, r.data()); after != before {
		t.Errorf("the folder is\n%s\nit was\n%s", after, before)
	}

	// A folder in which somebody writes is no copy.
	if f := c.run(t, "serve", "--data", c.data(), "--listen", "127.0.0.1:0", "--read-only", "--writes-at", writesAt); f.status !=
		app.ExitLess || !strings.Contains(f.errs, "a program writes in it") {
		t.Errorf("a folder that is written: %d %s", f.status, f.errs)
	}
	empty := newChild(t)
	if err := os.CopyFS(empty.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	if f := empty.run(t, "serve", "--data", empty.data(), "--listen", "127.0.0.1:0", "--read-only", "--writes-at",
		writesAt); f.status != app.ExitLess || !strings.Contains(f.errs, "There is no database") {
		t.Errorf("a folder without a database: %d %s", f.status, f.errs)
	}
	if _, err := os.Stat(filepath.Join(empty.data(), sqlite.FileName)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a database was made")
	}
	for _, args := range [][]string{{"--read-only"}, {"--writes-at", writesAt}, {"--read-only", "--writes-at", "homeward.example"},
		{"--read-only", "--writes-at", writesAt, "--oldest", "0s"}} {
		if f := r.run(t, append([]string{"serve", "--data", r.data(), "--listen", "127.0.0.1:0"}, args...)...); f.status != app.ExitUsage {
			t.Errorf("%v ended with %d: %s", args, f.status, f.errs)
		}
	}
}
