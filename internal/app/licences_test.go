package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every library that the program uses, and what it serves, stands with the version of
// go.mod and package-lock.json in what "homeward licences" prints. "make lint" makes
// the list anew and compares it whole.
func TestLicencesAreOfTheseVersions(t *testing.T) {
	t.Parallel()
	said := must(t, "licences")
	listed := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^(?:go |npm) (\S+) (\S+)$`).FindAllStringSubmatch(said, -1) {
		listed[m[1]] = m[2]
		if !strings.Contains(said, "\n"+m[1]+" "+m[2]+"\n====") {
			t.Errorf("%s has no licence", m[1])
		}
	}
	required := map[string]string{}
	text := must2(os.ReadFile(filepath.Join(root, "go.mod")))
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) (v\S+)`).FindAllStringSubmatch(string(text), -1) {
		required[m[1]] = m[2]
	}
	required["Go"] = strings.TrimPrefix(regexp.MustCompile(`(?m)^toolchain \S+`).FindString(string(text)), "toolchain go")
	var lock struct {
		Packages map[string]struct{ Version string } `json:"packages"`
	}
	if err := json.Unmarshal(must2(os.ReadFile(filepath.Join(root, "package-lock.json"))), &lock); err != nil {
		t.Fatal(err)
	}
	for name, p := range lock.Packages {
		required[strings.TrimPrefix(name, "node_modules/")] = p.Version
	}
	const mend = "run node .ci/licences.mjs"
	for name, version := range listed {
		if required[name] != version {
			t.Errorf("%s is listed as %s and is %q: %s", name, version, required[name], mend)
		}
	}
	for library := range homes {
		known := false
		for name := range listed {
			known = known || library == name || strings.HasPrefix(library, name+"/")
		}
		if !known {
			t.Errorf("%s is not listed: %s", library, mend)
		}
	}
	for _, name := range []string{"Go", "echarts", "zrender", "nhsuk-frontend"} {
		if listed[name] == "" {
			t.Errorf("%s is not listed: %s", name, mend)
		}
	}
}
