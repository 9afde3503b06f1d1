package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/app"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// checksOf gives what doctor says of a folder, by name.
func checksOf(t *testing.T, dir string, want int) map[string]web.Check {
	t.Helper()
	status, said, errs := run(t, "doctor", "--data", dir, "--json")
	if status != want {
		t.Errorf("doctor ended with %d: %s%s", status, said, errs)
	}
	var all []web.Check
	if err := json.Unmarshal([]byte(said), &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]web.Check{}
	for _, c := range all {
		if c.Found == "" || c.State != web.CheckGood && c.Do == "" && !strings.Contains(c.Found, ":") && !strings.Contains(c.Found, ". ") {
			t.Errorf("%+v does not say what to do", c)
		}
		out[c.Name] = c
	}
	return out
}

func TestDoctorSaysWhatIsNotRight(t *testing.T) {
	t.Parallel()
	if got := checksOf(t, filepath.Join(t.TempDir(), "none"), app.ExitLess)["Data folder"]; got.State != web.CheckWrong {
		t.Errorf("%+v", got)
	}
	n, _ := keptNorthshire(t)
	before := tree(t, n.data())
	whole := checksOf(t, n.data(), app.ExitDone)
	for name, c := range whole {
		if c.State == web.CheckWrong {
			t.Errorf("%s of a folder that is as it should be: %+v", name, c)
		}
	}
	if got := tree(t, n.data()); len(got) != len(before) {
		t.Errorf("it left something: %v, before %v", got, before)
	}
	for _, c := range []struct {
		name, check, want string
		state             web.CheckState
		change            func(dir string) error
	}{
		{"partnership file", "Partnership file", "name", web.CheckWrong, func(dir string) error {
			return os.WriteFile(filepath.Join(dir, app.PartnershipFile), []byte("name:\n"), 0o600)
		}},
		{"key away", "Key of identifiers", "is missing", web.CheckWrong, func(dir string) error {
			return os.Remove(filepath.Join(dir, app.KeyFile))
		}},
		{"another key", "Key of identifiers", "is not the key of this database", web.CheckWrong, func(dir string) error {
			return os.WriteFile(filepath.Join(dir, app.KeyFile), []byte(strings.Repeat("ab", 32)), 0o600)
		}},
		{"log key away", "Audit log", "audit.key, is missing", web.CheckWrong, func(dir string) error {
			return os.Remove(filepath.Join(dir, sqlite.AuditKeyName))
		}},
		{"head away", "Audit log", "no head file", web.CheckWrong, func(dir string) error {
			return os.Remove(filepath.Join(dir, sqlite.HeadFileName))
		}},
		{"database away", "Database", "homeward restore", web.CheckWrong, func(dir string) error {
			return os.Remove(filepath.Join(dir, sqlite.FileName))
		}},
		{"open to all", "Who may open it", "chmod 600", web.CheckWrong, func(dir string) error {
			return os.Chmod(filepath.Join(dir, app.KeyFile), 0o644)
		}},
		{"old backup", "Backups", "1 January 2025", web.CheckWrong, func(dir string) error {
			folder := filepath.Join(dir, app.BackupsFolder)
			all, err := os.ReadDir(folder)
			if err != nil {
				return err
			}
			return os.Rename(filepath.Join(folder, all[0].Name()), filepath.Join(folder, "homeward-20250101T024000Z.tar.gz"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(n.data())); err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{app.KeyFile, sqlite.AuditKeyName, sqlite.FileName} {
				if err := os.Chmod(filepath.Join(dir, secret), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.change(dir); err != nil {
				t.Fatal(err)
			}
			got := checksOf(t, dir, app.ExitLess)[c.check]
			if got.State != c.state || !strings.Contains(got.Found+got.Do, c.want) {
				t.Errorf("%+v, want %q", got, c.want)
			}
		})
	}
}

// One server serves a folder: a second would run every job twice.
func TestASecondServerIsRefused(t *testing.T) {
	t.Parallel()
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(c.data(), app.PartnershipFile)
	text := string(must2(os.ReadFile(own))) + "\nsign_in:\n  require_second_factor: false\n"
	if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := c.serve(t)
	f := c.run(t, "serve", "--data", c.data(), "--listen", "127.0.0.1:0")
	const refused = "Another Homeward serves the data folder"
	if f.status != app.ExitLess || !strings.Contains(f.errs, refused) || !strings.Contains(f.errs, "(process ") {
		t.Errorf("a second server ended with %d: %s", f.status, f.errs)
	}
	if f := c.run(t, "backup", "--data", c.data(), "--to", c.home); f.status != app.ExitDone {
		t.Fatal(f.errs)
	}
	made := must2(filepath.Glob(filepath.Join(c.home, "homeward-*.tar.gz")))
	f = c.run(t, "restore", made[0], "--data", c.data())
	if f.status != app.ExitLess || !strings.Contains(f.errs, refused) {
		t.Errorf("a restore beside a server ended with %d: %s", f.status, f.errs)
	}
	if f := c.run(t, "doctor", "--data", c.data()); !strings.Contains(f.out, "Server: It runs: process ") {
		t.Errorf("doctor says %s", f.out)
	}
	admin := c.staff(s, "admin@partnership.example", "--role", "administrator")
	if status, page, _ := admin.open("/admin/status"); status != http.StatusOK || !strings.Contains(page, "It is the key of this database") {
		t.Errorf("the status page answers %d: %s", status, last(page, 500))
	}
	if status, twin, _ := admin.open("/admin/status.json"); status != http.StatusOK || !strings.Contains(twin, `"Backups"`) {
		t.Errorf("its twin answers %d: %s", status, last(twin, 500))
	}
	if status := s.stop(); status != 0 {
		t.Errorf("it ended with %d: %s", status, s.errs)
	}
	again := c.serve(t)
	if status := again.stop(); status != 0 {
		t.Errorf("after it another ended with %d: %s", status, again.errs)
	}
}
