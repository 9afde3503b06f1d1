package app_test

import (
	"bytes"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
)

// TestTheSetUpCodeStands adds people on the command line before the first
// administrator was made: the code that was printed still makes one.
func TestTheSetUpCodeStands(t *testing.T) {
	t.Parallel()
	c := northshireHouse(t)
	s := c.serve(t)
	defer s.stop()
	var code []string
	for begin := time.Now(); code == nil && time.Since(begin) < 10*time.Second; time.Sleep(20 * time.Millisecond) {
		code = regexp.MustCompile(`one-time code: (\S+)`).FindStringSubmatch(s.said())
	}
	if code == nil {
		t.Fatalf("no code in %s", s.said())
	}
	if f := c.run(t, "user", "add", "rita@northshire.example", "--data", c.data(), "--role", "reviewer", "--for",
		"RZ1"); f.status != app.ExitDone {
		t.Fatal(f.errs)
	}
	r := s.reader()
	if status, page, _ := r.open("/setup"); status != http.StatusOK {
		t.Fatalf("the page is %d: %s", status, last(page, 300))
	}
	if _, page, _ := r.open("/overview"); !strings.HasPrefix(page, "/sign-in?") {
		t.Errorf("who has an account cannot sign in: %s", last(page, 300))
	}
	status, page, doc := r.open("/setup", "code", code[1], "name", "Rita", "email", "rita@northshire.example")
	if status != http.StatusConflict || !strings.Contains(doc.Find(".nhsuk-error-summary").Text(), "already exists") {
		t.Errorf("an address that has an account: %d %s", status, last(page, 500))
	}
	if _, page, _ := r.open("/setup", "code", code[1], "name", "Ada", "email", "ada@northshire.example"); !strings.HasPrefix(page,
		"/choose-password/hw_") {
		t.Errorf("the code does not make an administrator: %s", last(page, 500))
	}
	if status, page, _ := r.open("/setup"); status != http.StatusNotFound {
		t.Errorf("with an administrator the page is %d: %s", status, last(page, 300))
	}
}

// TestNothingLivesThatNobodySaw runs commands whose output cannot be written:
// they say what was done, and no secret is in force that nobody saw.
func TestNothingLivesThatNobodySaw(t *testing.T) {
	skipShort(t)
	t.Parallel()
	c := northshireHouse(t)
	c.run(t, "user", "add", "first@northshire.example", "--data", c.data(), "--role", "viewer")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no device that is always full")
	}
	defer full.Close()
	unread, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	unread.Close()
	for name, out := range map[string]*os.File{"a full disk": full, "a reader who left": write} {
		user := strings.ReplaceAll(name, " ", "") + "@northshire.example"
		for _, try := range []struct {
			want string
			args []string
		}{
			{"token could not be printed, so none was made", []string{"token", "add", "figures", "--label", "x"}},
			{"token could not be printed, so none was made", []string{"token", "add", "screen", "--label", "x"}},
			{"link could not be printed, so none was made", []string{"user", "link", "first@northshire.example"}},
			{user + " was added as Viewer, but the link could not be printed and was taken back", []string{"user", "add", user, "--role", "viewer"}},
			{user + " is now Analyst too, though", []string{"user", "grant", user, "--role", "analyst"}},
		} {
			cmd := c.command(t.Context(), t, append(try.args, "--data", c.data())...)
			var errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = out, &errs
			_ = cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != app.ExitLess || !strings.Contains(errs.String(), try.want) {
				t.Errorf("%s: %q ended with %d (%s) and said %q, expected 1 and %q", name, try.args, code, cmd.ProcessState, errs.String(), try.want)
			}
		}
		if f := c.run(t, "user", "list", "--data", c.data()); !strings.Contains(f.out, user) {
			t.Errorf("%s was said to be added and is not there: %s", user, f.out)
		}
	}
	if f := c.run(t, "token", "list", "--data", c.data()); f.status != app.ExitDone || strings.Contains(f.out, "In force") {
		t.Errorf("tokens that nobody saw: %s%s", f.out, f.errs)
	}
	log := c.run(t, "audit", "export", "--data", c.data()).out
	if made, back := strings.Count(log, ",link made,")+strings.Count(log, "password link made"),
		strings.Count(log, "token revoked"); back != 2 {
		t.Errorf("%d links made, %d taken back, expected 2: %s", made, back, last(log, 2000))
	}
}
