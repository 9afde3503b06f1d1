package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
)

// What a monitoring system reads is true of the folder, names no person, and asks for
// the token that stands in its file now.
func TestMetricsOfAFolder(t *testing.T) {
	t.Parallel()
	n, _ := keptNorthshire(t)
	token := n.file("token", "0123456789abcdef0123456789abcdef\n")
	path := filepath.Join(n.data(), app.PartnershipFile)
	text := fmt.Sprintf("%s\nmetrics: {token_file: %q}\n", must2(os.ReadFile(path)), token)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	waits := filepath.Join(n.data(), app.InboxFolder, "RZ1_2026-03-11.csv")
	if err := os.MkdirAll(filepath.Dir(waits), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(waits, []byte(northgate("2026-03-11", 1, 3)), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC)
	a := openApp(t, app.Options{Data: n.data(), Now: func() time.Time { return now }})
	if _, err := a.Ingest.File(t.Context(), "RZ1_2026-03-11.csv", strings.NewReader(northgate("2026-03-11", 1, 2))); err != nil {
		t.Fatal(err) // Short of the day before, so it is held.
	}
	jobs, _, _, err := a.SchedulerForTests()
	if err != nil {
		t.Fatal(err)
	}
	handler, secret, err := a.MetricsForTests(jobs)
	if err != nil {
		t.Fatal(err)
	}
	if got := secret(); got != "0123456789abcdef0123456789abcdef" {
		t.Errorf("the token is %q", got)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	said := w.Body.String()
	for _, want := range []string{`homeward_extract_age_days{provider="RZ1"} 2`, "homeward_extracts_held 1", "homeward_disputes 0",
		"homeward_inbox_files 1", "homeward_database_answers 1", `homeward_job_running{job="backup"} 0`,
		`homeward_job_runs_total{job="inbox",result="Skipped"} 0`, "homeward_backup_timestamp_seconds 1."} {
		if !strings.Contains(said, want+"\n") && !(strings.HasSuffix(want, ".") && strings.Contains(said, want)) {
			t.Errorf("lacks %q", want)
		}
	}
	for _, name := range []string{"database_bytes", "data_free_bytes"} {
		if !regexp.MustCompile(`(?m)^homeward_` + name + ` [1-9]`).MatchString(said) {
			t.Errorf("%s is nothing", name)
		}
	}
	if strings.Contains(said, "L000") || strings.Contains(said, "HW-") {
		t.Error("it names a patient")
	}
	if t.Failed() {
		t.Log(said)
	}

	for name, c := range map[string]struct{ text, want string }{
		"short":      {"0123456789", "20 characters"},
		"two words":  {"0123456789abcdef 0123456789abcdef", "one word"},
		"not there":  {"", "could not be read"},
		"empty line": {"\n", "20 characters"},
	} {
		err := os.Remove(token)
		if err == nil && c.text != "" {
			err = os.WriteFile(token, []byte(c.text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := secret(); got != "" {
			t.Errorf("%s: the token is %q", name, got)
		}
		if _, _, err := a.MetricsForTests(jobs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: says %v", name, err)
		}
		if err := os.WriteFile(token, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
