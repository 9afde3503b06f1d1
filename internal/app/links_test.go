package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"homeward/internal/app"
)

// What lies in a folder that is taken in is taken or named: links to files are
// followed, and whatever holds nothing to read has a line of its own. The others do
// not wait for it.
func TestLinksInAFolderAreFollowedOrNamed(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	folder, other := filepath.Join(n.dir, "from-the-trusts"), filepath.Join(n.dir, "elsewhere")
	for _, dir := range []string{folder, other} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put := func(dir, day string) string {
		t.Helper()
		path := filepath.Join(dir, "RZ1_"+day+".csv")
		if err := os.WriteFile(path, []byte(northgate(day, 1, 30)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put(folder, "2026-03-09")
	linked := put(other, "2026-03-10")
	for name, target := range map[string]string{
		"RZ1_2026-03-10.csv": linked, "folder.csv": other, "gone.csv": filepath.Join(other, "nothing.csv"), "itself.csv": "itself.csv",
		"round.csv": folder,
	} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	front := filepath.Join(n.dir, "front")
	if err := os.Symlink(folder, front); err != nil {
		t.Fatal(err)
	}
	for what, args := range map[string][]string{
		"check":  {"check", "--data", n.data(), "--json", front},
		"ingest": {"ingest", "--data", n.data(), "--json", front},
	} {
		status, out, errs := run(t, args...)
		if status != app.ExitLess || errs != "" {
			t.Errorf("%s ended with %d: %s", what, status, errs)
		}
		reports := strings.ReplaceAll(out, "\n", "")
		for _, want := range []string{"a link to a file that is not there", "a link that leads to itself",
			"a link to a folder, which is not followed", "a pipe, a socket or a device"} {
			if !strings.Contains(reports, want) {
				t.Errorf("%s does not name %q:\n%s", what, want, out)
			}
		}
		if got := strings.Count(out, `"outcome"`); got != 7 {
			t.Errorf("%s has %d receipts, want 7:\n%s", what, got, out)
		}
	}
	got := must(t, "figures", "--data", n.data(), "--from", "2026-03", "--to", "2026-03", "--format", "csv")
	direct := newNorthshire(t)
	must(t, "ingest", "--data", direct.data(), filepath.Join(folder, "RZ1_2026-03-09.csv"), linked)
	if want := must(t, "figures", "--data", direct.data(), "--from", "2026-03", "--to", "2026-03", "--format", "csv"); got != want {
		t.Errorf("the figures are\n%s\nwant\n%s", got, want)
	}
}
