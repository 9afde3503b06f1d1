package app

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What is built with, and whether it is behind a security release, is said by
// data of the project: .ci/security-releases.txt.

func behind(t *testing.T, data string) (said string, ok bool) {
	t.Helper()
	command := exec.Command("bash", "../../.ci/behind", data)
	out, err := command.CombinedOutput()
	return string(out), err == nil
}

// TestNoDependencyIsBehind runs the check of "make lint" on the project, and on
// data in which something is behind or unknown.
func TestNoDependencyIsBehind(t *testing.T) {
	path, err := filepath.Abs("../../.ci/security-releases.txt")
	if err != nil {
		t.Fatal(err)
	}
	if said, ok := behind(t, path); !ok {
		t.Errorf("a dependency is behind a security release:\n%s", said)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, try := range []struct{ name, old, new, want string }{
		{"a newer security release", `(?m)^(github.com/labstack/echo/v4 +)\S+`, "${1}v4.99.0", "is behind v4.99.0"},
		{"a release where none was known", `(?m)^(github.com/robfig/cron/v3 +)-`, "${1}v3.0.2 CVE-0", "CVE-0"},
		{"the release after the candidate", `(?m)^(golang.org/x/time +)-`, "${1}v9.0.0-rc1", "v9.0.0-rc1"},
		{"a dependency without a line", `(?m)^github.com/coreos/go-oidc.*\n`, "", "has no line"},
		{"a newer toolchain", `(?m)^(go +)\S+`, "${1}go1.26.99", "go get toolchain@go1.26.99"},
	} {
		t.Run(try.name, func(t *testing.T) {
			changed := regexp.MustCompile(try.old).ReplaceAllString(string(data), try.new)
			if changed == string(data) {
				t.Fatalf("nothing in the data matches %s", try.old)
			}
			other := filepath.Join(t.TempDir(), "data.txt")
			if err := os.WriteFile(other, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			if said, ok := behind(t, other); ok || !strings.Contains(said, try.want) {
				t.Errorf("passed: %v; wants %q in:\n%s", ok, try.want, said)
			}
		})
	}
}

// TestOneToolchainBuilds compares the places that say which Go builds.
func TestOneToolchainBuilds(t *testing.T) {
	named := func(path, pattern string) string {
		t.Helper()
		data, err := os.ReadFile("../../" + path)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindSubmatch(data)
		if found == nil {
			t.Fatalf("%s names no Go (%s)", path, pattern)
		}
		return string(found[1])
	}
	want := named("go.mod", `(?m)^toolchain go(\S+)$`)
	if got := named(".ci/tools.mod", `(?m)^toolchain go(\S+)$`); got != want {
		t.Errorf(".ci/tools.mod builds with Go %s, go.mod with %s", got, want)
	}
	if got := named("Dockerfile", `(?m)^FROM golang:([0-9.]+)-`); got != want {
		t.Errorf("the Dockerfile builds with Go %s, go.mod with %s", got, want)
	}
}
