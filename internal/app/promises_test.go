package app_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/schedule"
)

// The jobs that a started server has scheduled are those of docs/operator.md,
// each at its time: a job that nothing schedules any more is a promise that
// nobody keeps (C17, G2).
func TestJobsAreThoseOfTheDocs(t *testing.T) {
	t.Parallel()
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(c.data(), "partnership.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, "\nsign_in:\n  require_second_factor: false\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	s := c.serve(t)
	admin := c.staff(s, "admin@partnership.example", "--role", "administrator")
	var twin struct {
		Rows []struct{ Name, Title, When, Next, Waits, Result string } `json:"rows"`
	}
	// What runs at the start has run, and is due at its time again.
	for busy, end := true, time.Now().Add(5*time.Minute); busy; {
		status, page, _ := admin.open("/admin/jobs.json")
		if status != http.StatusOK {
			t.Fatalf("the jobs answer %d", status)
		}
		_, body, _ := strings.Cut(page, "\n")
		if err := json.Unmarshal([]byte(body), &twin); err != nil {
			t.Fatalf("%v: %s", err, last(body, 500))
		}
		busy = false
		for _, j := range twin.Rows {
			busy = busy || j.Waits != "no" || j.Result == schedule.Running
		}
		if busy {
			if time.Now().After(end) {
				t.Fatalf("jobs of the start still run or wait: %+v", twin.Rows)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	var scheduled, named []string
	for _, j := range twin.Rows {
		scheduled = append(scheduled, j.Title+", "+j.When)
		if j.Next == "" {
			t.Errorf("%s is never due", j.Name)
		}
		if j.Name == "log" && !strings.Contains(j.Next, "T05:05:00") {
			t.Errorf("C17, G2 the log is carried at %s, not at five past five", j.Next)
		}
		if j.Name == "rehearsal" && j.Result != "" {
			t.Errorf("a restore was rehearsed before there was a backup: %s", j.Result)
		}
	}
	operator, err := os.ReadFile(filepath.Join(root, "docs", "operator.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(operator), "\n## Jobs\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	for _, m := range regexp.MustCompile(`(?m)^\| ([A-Z][^|]*) \| ([^|]*) \|`).FindAllStringSubmatch(section, -1) {
		named = append(named, m[1]+", "+m[2])
	}
	slices.Sort(scheduled)
	slices.Sort(named)
	if !slices.Equal(scheduled, named) {
		t.Errorf("scheduled %q\nin the docs %q", scheduled, named)
	}
	if status := s.stop(); status != 0 {
		t.Errorf("it ended with %d: %s", status, s.errs)
	}
}

// said are words in texts that call the program: in code, in a block of
// commands, or as a sentence of a file that we write for people.
var said = regexp.MustCompile("(?:[\"`(]|^[ \t$]*|docker run [^\n]*|/)homeward ([a-z][^\"`\n)]*)")

// Every command that a text names exists, with the word after it and its
// flags: those of the README, the docs, the pages, the change log, and what
// the program itself writes for people to edit or prints for them to do.
func TestCommandsNamedExist(t *testing.T) {
	t.Parallel()
	help := map[string]string{}
	_, list, _ := run(t, "help")
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z][a-z-]*) `).FindAllStringSubmatch(list, -1) {
		_, _, help[m[1]] = run(t, m[1], "--help")
	}
	if len(help) < 15 {
		t.Fatalf("found %d commands in the help", len(help))
	}
	flagged := regexp.MustCompile(`--([a-z][a-z-]*)`)
	verbs := regexp.MustCompile(`^homeward [a-z][a-z-]* ([a-z][a-z-]*(?:\|[a-z-]+)*) `)
	checked := 0
	for _, place := range []string{"README.md", "CHANGELOG.md", "docs", "templates", "data/examples", "data/reference", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, place), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || strings.HasSuffix(path, "_test.go") ||
				!slices.Contains([]string{".md", ".html", ".yaml", ".csv", ".go"}, filepath.Ext(path)) {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for n, line := range strings.Split(string(text), "\n") {
				if filepath.Ext(path) == ".go" {
					// Only what the program says, not what it says about itself.
					if code, _, _ := strings.Cut(line, "//"); !strings.Contains(code, `"`) || strings.Contains(code, `\x00`) {
						continue
					}
				}
				for _, m := range said.FindAllStringSubmatch(line, -1) {
					words := strings.Fields(m[1])
					about, ok := help[words[0]]
					if !ok {
						// A sentence that begins with the program's name is no command, and
						// neither is a label that keys are derived under.
						label := filepath.Ext(path) == ".go" && !strings.Contains(line, "with: homeward ") && !strings.Contains(line, "run homeward ")
						if words[0] != "checks" && !label {
							t.Errorf("%s:%d names homeward %s, which does not exist", path, n+1, words[0])
						}
						continue
					}
					checked++
					if v := verbs.FindStringSubmatch(about); v != nil && len(words) > 1 && regexp.MustCompile(`^[a-z-]+$`).MatchString(words[1]) &&
						!slices.Contains(strings.Split(v[1], "|"), words[1]) {
						t.Errorf("%s:%d names homeward %s %s; it has %s", path, n+1, words[0], words[1], v[1])
					}
					for _, f := range flagged.FindAllStringSubmatch(m[1], -1) {
						if !regexp.MustCompile(`(?m)^  -` + f[1] + `\b`).MatchString(about) {
							t.Errorf("%s:%d names the flag --%s of homeward %s, which does not exist", path, n+1, f[1], words[0])
						}
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if checked < 50 {
		t.Errorf("found %d commands in the texts; the pattern finds too few", checked)
	}
}
