package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/app"
	"homeward/internal/sqlite"
)

// The audit log is compared with heads that were kept elsewhere, and what is
// wrong with its head is put in order by a command that says why.
func TestAuditVerifyWithAHeadKeptElsewhere(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	must(t, "user", "add", "anne@example.org", "--data", n.data(), "--name", "Anne", "--role", "administrator")
	head := filepath.Join(n.data(), sqlite.HeadFileName)
	was, err := os.ReadFile(head)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := n.file("head.txt", string(was)+"\n")
	must(t, "token", "add", "figures", "--data", n.data(), "--label", "a test")
	if out := must(t, "audit", "verify", "--data", n.data(), "--head", elsewhere); !strings.Contains(out, "is whole") ||
		!strings.Contains(out, "as the head kept elsewhere names it") {
		t.Errorf("says %s", out)
	}
	other := n.file("other.txt", strings.Split(string(was), " ")[0]+" "+strings.Repeat("ab", 32))
	if status, out, _ := run(t, "audit", "verify", "--data", n.data(), "--head", other); status != app.ExitLess ||
		!strings.Contains(out, "is not the one that the head kept elsewhere names") {
		t.Errorf("another head: ended with %d: %s", status, out)
	}
	for name, text := range map[string]string{"empty.txt": "", "prose.txt": "the head\n"} {
		if status, _, errs := run(t, "audit", "verify", "--data", n.data(), "--head", n.file(name, text)); status != app.ExitUsage ||
			!strings.Contains(errs, "64 hexadecimal digits") {
			t.Errorf("%s: ended with %d: %s", name, status, errs)
		}
	}
	if err := os.Remove(head); err != nil {
		t.Fatal(err)
	}
	must(t, "token", "add", "figures", "--data", n.data(), "--label", "another")
	if status, out, _ := run(t, "audit", "verify", "--data", n.data()); status != app.ExitLess || !strings.Contains(out, "no head file") {
		t.Errorf("a head that was removed: ended with %d: %s", status, out)
	}
	if status, _, errs := run(t, "audit", "begin-anew", "--data", n.data()); status != app.ExitUsage || !strings.Contains(errs,
		"--reason") {
		t.Errorf("without a reason: ended with %d: %s", status, errs)
	}
	must(t, "audit", "begin-anew", "--data", n.data(), "--reason", "Compared with the log of the other machine")
	must(t, "audit", "verify", "--data", n.data(), "--head", elsewhere)
	if err := os.Remove(filepath.Join(n.data(), sqlite.AuditKeyName)); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := run(t, "user", "list", "--data", n.data()); status != app.ExitLess || !strings.Contains(errs, "begin-anew") {
		t.Errorf("without the key: ended with %d: %s", status, errs)
	}
	must(t, "audit", "begin-anew", "--data", n.data(), "--reason", "The disk died")
	must(t, "audit", "verify", "--data", n.data(), "--head", elsewhere)
}
