package app_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/ingest"
)

// served is a server that runs as a process of its own.
type served struct {
	t       testing.TB
	cmd     *exec.Cmd
	address string // host and port
	errs    *bytes.Buffer
	// said is what it has printed so far.
	said func() string
	// upload and figures are tokens of programs.
	upload, figures string
}

var saidToken = regexp.MustCompile(`hw_\S{20,}`)

// token makes a token as an operator does.
func (c child) token(t testing.TB, args ...string) string {
	t.Helper()
	f := c.run(t, append([]string{"token", "add", "--data", c.data(), "--label", "a test"}, args...)...)
	token := saidToken.FindString(f.out)
	if f.status != app.ExitDone || token == "" {
		t.Fatalf("token add ended with %d: %s%s", f.status, f.out, f.errs)
	}
	return token
}

// ask asks for a page as a program does.
func (s *served) ask(method, path, token string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.address+path, body)
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return http.DefaultClient.Do(req)
}

var saidAddress = regexp.MustCompile(`https?://(\S+)`)

// serve starts the program's server on a free port and waits for its address.
func (c child) serve(t testing.TB, more ...string) *served {
	t.Helper()
	s := &served{t: t, cmd: c.command(t.Context(), t, append([]string{"serve", "--data", c.data(), "--listen", "127.0.0.1:0"}, more...)...),
		errs: new(bytes.Buffer)}
	s.cmd.Stderr = s.errs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	var mu sync.Mutex
	var printed strings.Builder
	s.said = func() string { mu.Lock(); defer mu.Unlock(); return printed.String() }
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			mu.Lock()
			printed.WriteString(lines.Text() + "\n")
			mu.Unlock()
			if m := saidAddress.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case found <- m[1]:
				default: // Later lines name addresses below it.
				}
			}
		}
		close(found)
	}()
	select {
	case s.address = <-found:
	case <-time.After(30 * time.Second):
	}
	if s.address == "" {
		_ = s.cmd.Process.Kill()
		t.Fatalf("it named no address: %s", s.errs)
	}
	return s
}

// send uploads a file and gives the answer's status and receipt.
func (s *served) send(name, text string) (int, ingest.Report) {
	s.t.Helper()
	res, err := s.ask(http.MethodPost, "/api/v1/extracts?name="+url.QueryEscape(name), s.upload, strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	all := receipts(s.t, string(body))
	if len(all) != 1 {
		s.t.Fatalf("answered %d with %s", res.StatusCode, body)
	}
	return res.StatusCode, all[0]
}

func (s *served) get(path string) string {
	s.t.Helper()
	res, err := s.ask(http.MethodGet, path, s.figures, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s answered %d: %v %s", path, res.StatusCode, err, last(string(body), 300))
	}
	return string(body)
}

// stop asks the server to stop and gives its exit status.
func (s *served) stop() int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = s.cmd.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		_ = s.cmd.Process.Kill()
		s.t.Fatal("it did not stop")
	}
	return s.cmd.ProcessState.ExitCode()
}

// A server from its start to its stop: extracts arrive over HTTP, pages and
// their twins show them, what is in flight when it is told to stop is finished,
// and everything is there after a new start.
func TestServe(t *testing.T) {
	t.Parallel()
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	s := c.serve(t)
	s.upload, s.figures = c.token(t, "upload", "--for", "RZ1"), c.token(t, "figures")
	for _, path := range []string{"/figures.csv?from=2026-03-10&to=2026-03-11&by=day", "/overview.json"} {
		if res, err := s.ask(http.MethodGet, path, "", nil); err != nil || res.StatusCode != http.StatusUnauthorized {
			t.Errorf("P1: a stranger is answered %v, %v", res, err)
		} else {
			res.Body.Close()
		}
	}
	if f := c.run(t, "healthcheck", "--listen", s.address); f.status != app.ExitDone || f.out != "Ready.\n" {
		t.Errorf("healthcheck ended with %d: %s%s", f.status, f.out, f.errs)
	}
	for _, step := range []struct {
		name, text string
		status     int
		outcome    ingest.Outcome
	}{
		{"RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 30), http.StatusCreated, ingest.Taking},
		{"another name.csv", northgate("2026-03-10", 1, 30), http.StatusOK, ingest.Already},
		{"RZ1_2026-03-11.csv", northgate("2026-03-11", 1, 3), http.StatusCreated, ingest.Held},
		{"../../RZ1_2026-03-12.csv", northgateHead[:40], http.StatusUnprocessableEntity, ingest.Rejected},
	} {
		if status, r := s.send(step.name, step.text); status != step.status || r.Outcome != step.outcome {
			t.Errorf("%s: answered %d, %s (%s)", step.name, status, r.Outcome, r.Reason)
		}
	}
	const query = "/figures.csv?from=2026-03-10&to=2026-03-11&by=day"
	figures := s.get(query)
	if !strings.Contains(figures, "2026-03-10") || !strings.Contains(figures, "30") {
		t.Errorf("the figures are %q", figures)
	}
	if overview := s.get("/overview.json"); !strings.Contains(overview, "2026-03-10") {
		t.Errorf("the overview is %s", overview)
	}

	// A file that is half sent when the server is told to stop is taken whole.
	text := northgate("2026-03-11", 1, 29)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/v1/extracts?name=RZ1_2026-03-11_v2.csv HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: "+
		"%d\r\n\r\n%s", s.address, s.upload, len(text), text[:500])
	time.Sleep(200 * time.Millisecond) // The server has the first half.
	rest := make(chan error, 1)
	go func() {
		time.Sleep(300 * time.Millisecond) // SIGTERM comes between the halves.
		_, err := io.WriteString(conn, text[500:])
		rest <- err
	}()
	if status := s.stop(); status != app.ExitDone {
		t.Errorf("SIGTERM ended it with %d: %s", status, last(s.errs.String(), 1000))
	}
	if err := <-rest; err != nil {
		t.Errorf("sending the second half: %v", err)
	}
	if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || res.StatusCode != http.StatusCreated {
		t.Errorf("the request in flight was answered %v, %v", res, err)
	}
	if strings.Contains(s.errs.String(), "L00001") || strings.Contains(s.errs.String(), "1941-02-03") {
		t.Error("P1: the log names a patient")
	}
	if f := c.run(t, "healthcheck", "--listen", s.address); f.status != app.ExitLess || !strings.Contains(f.errs, "does not answer") {
		t.Errorf("healthcheck of a stopped server ended with %d: %s", f.status, f.errs)
	}
	onlyIn(t, c.tmp())

	again := c.serve(t)
	again.figures = s.figures
	if got := again.get(query); !strings.Contains(got, "29") || !strings.Contains(got, "2026-03-11") {
		t.Errorf("after a new start the figures are %q", got)
	}
	if status := again.stop(); status != app.ExitDone {
		t.Errorf("the second stop ended with %d", status)
	}
	must(t, "verify", "--data", c.data())
	onlyIn(t, filepath.Join(c.home), "data", "tmp")
}
