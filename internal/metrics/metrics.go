// Package metrics is what a monitoring system reads of a running server, in the form
// of Prometheus. It is the only user of client_golang. It holds names, units and
// help; what the values are, the caller says. No value and no label is about a
// person, and every label has few values: hospitals by code, jobs, patterns of
// routes.
package metrics

import (
	"context"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// State is how a server stands at one moment.
type State struct {
	// Ready says that what is sent now would be kept and that the jobs do their work.
	Ready     bool
	Providers []Provider
	Jobs      []Job
	// Held are extracts that are held, Disputes parts of delays in dispute, Inbox files
	// that wait in the inbox, Outbox messages and copies that wait to be sent.
	Held, Disputes, Inbox, Outbox int64
	// Database and WAL are bytes of the files, Free bytes of room on the disk.
	Database, WAL int64
	Free          uint64
	// Backup is when the newest backup was made, zero when there is none.
	Backup time.Time
	// Unread says that the database could not be asked: what it would have told is
	// left out then, and not zero.
	Unread bool
}

// Provider is a hospital and its extracts: the age of the newest that counts in days,
// -1 when none does, and when bytes came from it last.
type Provider struct {
	Code     string
	AgeDays  int
	Received time.Time
}

// Job is a job and its runs since the start.
type Job struct {
	Name             string
	Last, Finished   time.Time // when the last run began, and the last that finished
	Took             time.Duration
	Running, Trouble bool
	Runs             map[string]int64 // by result
}

// answering bounds how long the state may be found out for one answer.
const answering = 10 * time.Second

// Metrics counts requests and shows how the server stands. It is safe for concurrent
// use.
type Metrics struct {
	requests *prometheus.HistogramVec
	state    func(context.Context) State
	handler  http.Handler
}

// New makes metrics of a server of a version; state tells how it stands.
func New(version string, state func(context.Context) State) *Metrics {
	m := &Metrics{state: state, requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "homeward_http_request_duration_seconds", Help: "How long answers took, by pattern of route, method and class of status.",
		Buckets: []float64{.01, .03, .1, .3, 1, 3, 10, 30},
	}, []string{"route", "method", "status"})}
	registry := prometheus.NewRegistry()
	built := prometheus.NewGauge(prometheus.GaugeOpts{Name: "homeward_build_info", Help: "The version of Homeward and of Go, as labels.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()}})
	built.Set(1)
	registry.MustRegister(m, m.requests, built, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2})
	return m
}

// Observe counts one request. Route and method must be of a bounded number.
func (m *Metrics) Observe(route, method string, status int, took time.Duration) {
	class := "other"
	if status >= 100 && status < 600 {
		class = string(rune('0'+status/100)) + "xx"
	}
	m.requests.WithLabelValues(route, method, class).Observe(took.Seconds())
}

// ServeHTTP answers with everything.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("homeward_"+name, help, labels, nil)
}

var (
	ready    = gauge("ready", "1 when /readyz says so.")
	answered = gauge("database_answers", "1 when the database could be asked for these numbers.")
	age      = gauge("extract_age_days", "Days since the date of the newest extract that counts; yesterday's is 1 day old.", "provider")
	received = gauge("extract_received_timestamp_seconds", "When a file of the hospital came last.", "provider")
	held     = gauge("extracts_held", "Extracts that are held and wait for a decision.")
	disputes = gauge("disputes", "Parts of delays that are disputed.")
	inbox    = gauge("inbox_files", "Files that wait in the inbox.")
	outbox   = gauge("outbox_messages", "Messages and copies that wait to be sent.")
	database = gauge("database_bytes", "Size of the database file.")
	wal      = gauge("database_wal_bytes", "Size of the database's write-ahead log.")
	free     = gauge("data_free_bytes", "Room on the disk of the data folder.")
	backups  = gauge("backup_timestamp_seconds", "When the newest backup was made.")
	jobLast  = gauge("job_last_run_timestamp_seconds", "When the job's last run began.", "job")
	jobDone  = gauge("job_last_success_timestamp_seconds", "When the job's last run that finished began.", "job")
	jobTook  = gauge("job_last_run_seconds", "How long the job's last run took, or has taken so far.", "job")
	jobGoes  = gauge("job_running", "1 while the job runs.", "job")
	jobBad   = gauge("job_trouble", "1 when the job's last run did not finish, or it is overdue or stuck.", "job")
	jobRuns  = gauge("job_runs_total", "Runs since the start, by result.", "job", "result")
	every    = []*prometheus.Desc{ready, answered, age, received, held, disputes, inbox, outbox, database, wal, free, backups, jobLast,
		jobDone, jobTook, jobGoes, jobBad, jobRuns}
)

// Describe names what Collect gives.
func (m *Metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range every {
		out <- d
	}
}

// Collect tells how the server stands.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	ctx, done := context.WithTimeout(context.Background(), answering)
	defer done()
	s := m.state(ctx)
	put := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	at := func(d *prometheus.Desc, when time.Time, labels ...string) {
		if !when.IsZero() {
			put(d, float64(when.UnixMilli())/1000, labels...)
		}
	}
	put(ready, truth(s.Ready))
	put(answered, truth(!s.Unread))
	put(inbox, float64(s.Inbox))
	put(database, float64(s.Database))
	put(wal, float64(s.WAL))
	put(free, float64(s.Free))
	at(backups, s.Backup)
	if !s.Unread {
		put(held, float64(s.Held))
		put(disputes, float64(s.Disputes))
		put(outbox, float64(s.Outbox))
		for _, p := range s.Providers {
			if p.AgeDays >= 0 {
				put(age, float64(p.AgeDays), p.Code)
			}
			at(received, p.Received, p.Code)
		}
	}
	for _, j := range s.Jobs {
		at(jobLast, j.Last, j.Name)
		at(jobDone, j.Finished, j.Name)
		put(jobTook, j.Took.Seconds(), j.Name)
		put(jobGoes, truth(j.Running), j.Name)
		put(jobBad, truth(j.Trouble), j.Name)
		for result, n := range j.Runs {
			out <- prometheus.MustNewConstMetric(jobRuns, prometheus.CounterValue, float64(n), j.Name, result)
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
