package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"homeward/internal/app"
)

// onReadOnlyRoot mounts everything but one folder read-only, for itself alone, and runs what follows without any capability.
const onReadOnlyRoot = `
set -e
data="$1"; shift
mount --make-rprivate /
mount --bind "$data" "$data"
awk '{print $5}' /proc/self/mountinfo | while read -r at; do
	[ "$at" = "$data" ] || mount -o remount,bind,ro "$at" 2>/dev/null || true
done
if touch "$(dirname "$data")/written" 2>/dev/null || touch /tmp/written 2>/dev/null; then echo "the root can be written"; exit 90; fi
unset TMPDIR HOME
cd /
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
`

// The program writes in its data folder and nowhere else, so that a container's root
// and, under systemd, the rest of the machine can be read-only.
func TestOnlyTheDataFolderIsWritten(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"unshare", "setpriv", "mount"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not here", name)
		}
	}
	if err := exec.CommandContext(t.Context(), "unshare", "-m", "true").Run(); err != nil {
		t.Skipf("no mounts of its own can be had here: %v", err)
	}
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	extract := filepath.Join(c.data(), "RZ1_2026-03-10.csv")
	if err := os.WriteFile(extract, []byte(northgate("2026-03-10", 1, 30)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"ingest", "--data", c.data(), extract},
		{"check", "--data", c.data(), extract},
		{"figures", "--data", c.data(), "--from", "2026-03", "--to", "2026-03"},
		{"figures", "--data", c.data(), "--from", "2026-03", "--to", "2026-03", "--as-known-at", "2026-03-31"},
		{"backup", "--data", c.data()},
		{"retention", "run", "--data", c.data()},
		{"key", "rotate", "--data", c.data()},
		{"verify", "--data", c.data()},
		{"doctor", "--data", c.data()},
	} {
		cmd := c.command(t.Context(), t, args...)
		cmd.Args = append([]string{"unshare", "-m", "sh", "-c", onReadOnlyRoot, "sh", c.data(), cmd.Path}, args...)
		cmd.Path = must2(exec.LookPath("unshare"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("homeward %s ended with %v:\n%s", strings.Join(args, " "), err, out)
		}
	}
	if _, err := os.Stat(filepath.Join(c.data(), app.BackupsFolder)); err != nil {
		t.Error(err)
	}
}

// What the unit of systemd and the image let the program write is what it needs, and
// the docs show how to run both so.
func TestTheSandboxesAreThoseOfTheDocs(t *testing.T) {
	t.Parallel()
	unit := string(must2(os.ReadFile(filepath.Join(root, "docs", "homeward.service"))))
	for _, line := range []string{"ProtectSystem=strict", "ReadWritePaths=/srv/homeward", "NoNewPrivileges=yes", "PrivateTmp=yes",
		"CapabilityBoundingSet=", "UMask=0077", "User=homeward"} {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(line) + `$`).MatchString(unit) {
			t.Errorf("the unit lacks %s", line)
		}
	}
	data := regexp.MustCompile(`--data (\S+)`).FindStringSubmatch(unit)[1]
	if !strings.Contains(unit, "\nReadWritePaths="+data+"\n") || !strings.Contains(unit, "\nWorkingDirectory="+data+"\n") {
		t.Errorf("the unit serves %s and may not write there", data)
	}
	operator := string(must2(os.ReadFile(filepath.Join(root, "docs", "operator.md"))))
	for _, want := range []string{"--read-only --tmpfs /tmp --cap-drop ALL", "--security-opt no-new-privileges", "(homeward.service)"} {
		if !strings.Contains(operator, want) {
			t.Errorf("docs/operator.md lacks %s", want)
		}
	}
	if analyse, err := exec.LookPath("systemd-analyze"); err == nil {
		// The program of the unit must be one that is there.
		here := filepath.Join(t.TempDir(), "homeward.service")
		text := strings.ReplaceAll(unit, "/usr/local/bin/homeward", must2(os.Executable()))
		if err := os.WriteFile(here, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), analyse, "verify", "--man=no", here).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("systemd finds in the unit: %v %s", err, out)
		}
	}
}
