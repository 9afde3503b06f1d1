package metrics

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func answer(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("answered %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestAnswer(t *testing.T) {
	at := time.Date(2026, 11, 29, 2, 40, 0, 0, time.UTC)
	s := State{Ready: true, Held: 2, Disputes: 3, Inbox: 4, Outbox: 5, Database: 6, WAL: 7, Free: 8, Backup: at,
		Providers: []Provider{{Code: "RZ1", AgeDays: 1, Received: at}, {Code: "RZ2", AgeDays: -1}},
		Jobs: []Job{{Name: "backup", Last: at, Finished: at.Add(-24 * time.Hour), Took: 1500 * time.Millisecond, Trouble: true,
			Runs: map[string]int64{"Finished": 9, "Did not finish": 1}}}}
	m := New("0.2.0", func(context.Context) State { return s })
	m.Observe("/figures", "GET", 200, 40*time.Millisecond)
	m.Observe("/figures", "GET", 499, time.Second)
	text := answer(t, m)
	for _, want := range []string{
		"homeward_ready 1\n", "homeward_extracts_held 2\n", "homeward_disputes 3\n", "homeward_inbox_files 4\n", "homeward_outbox_messages 5\n",
		"homeward_database_bytes 6\n", "homeward_database_wal_bytes 7\n", "homeward_data_free_bytes 8\n",
		`homeward_extract_age_days{provider="RZ1"} 1` + "\n", `homeward_extract_received_timestamp_seconds{provider="RZ1"} 1.79592`,
		"homeward_backup_timestamp_seconds 1.79592", `homeward_job_trouble{job="backup"} 1` + "\n",
		`homeward_job_last_run_seconds{job="backup"} 1.5` + "\n", `homeward_job_runs_total{job="backup",result="Did not finish"} 1` + "\n",
		`homeward_http_request_duration_seconds_bucket{method="GET",route="/figures",status="2xx",le="0.1"} 1` + "\n",
		`homeward_http_request_duration_seconds_count{method="GET",route="/figures",status="4xx"} 1` + "\n",
		`homeward_build_info{go="go`, `version="0.2.0"} 1`, "go_goroutines ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if strings.Contains(text, `{provider="RZ2"}`) {
		t.Error("a hospital without an extract has an age")
	}
	if t.Failed() {
		t.Log(text)
	}

	// A database that does not answer leaves out what it would tell: no zero is a lie.
	s = State{Unread: true, Free: 8, Providers: s.Providers, Jobs: s.Jobs}
	text = answer(t, m)
	for _, want := range []string{"homeward_ready 0\n", "homeward_database_answers 0\n", "homeward_data_free_bytes 8\n",
		`homeward_job_trouble{`} {
		if !strings.Contains(text, want) {
			t.Errorf("without a database it lacks %q", want)
		}
	}
	for _, not := range []string{"homeward_disputes ", "homeward_extracts_held ", "homeward_extract_age_days{"} {
		if strings.Contains(text, not) {
			t.Errorf("without a database it has %q", not)
		}
	}
}
