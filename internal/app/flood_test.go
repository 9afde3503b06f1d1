package app_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"homeward/internal/app"
)

// memory gives the bytes that the server holds now, and the most that it held
// since forget was last called.
func (s *served) memory() (now, most int64) {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Skipf("this system does not say what a process holds: %v", err)
	}
	for name, into := range map[string]*int64{"VmRSS": &now, "VmHWM": &most} {
		found := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+) kB`).FindSubmatch(text)
		if found == nil {
			s.t.Skipf("this system does not say %s", name)
		}
		kB, err := strconv.ParseInt(string(found[1]), 10, 64)
		if err != nil {
			s.t.Fatal(err)
		}
		*into = kB << 10
	}
	return now, most
}

// forget forgets the most that the server held (proc(5), clear_refs).
func (s *served) forget() {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0); err != nil {
		s.t.Skipf("this system does not forget what a process held: %v", err)
	}
}

// letters is a body of so many bytes.
type letters struct{ left int64 }

func (l *letters) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), l.left)
	for i := range p[:n] {
		p[i] = 'a'
	}
	l.left -= n
	return int(n), nil
}

func northshireHouse(t testing.TB) child {
	t.Helper()
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestP1AFloodFromStrangers posts what nobody may post: nothing of it is held,
// whatever the address, the kind of form and the cookie.
func TestP1AFloodFromStrangers(t *testing.T) {
	s := northshireHouse(t).serve(t)
	defer s.stop()
	if res, err := s.ask(http.MethodGet, "/sign-in", "", nil); err == nil {
		res.Body.Close()
	}
	for _, try := range []struct{ path, kind string }{
		{"/extracts/upload", "application/x-www-form-urlencoded"},
		{"/extracts/upload", "multipart/form-data; boundary=b"},
		{"/published/add", "multipart/form-data; boundary=b"},
		{"/api/v1/extracts", "application/x-www-form-urlencoded"},
		{"/api/v1/extracts?name=a.csv", "text/csv"},
		{"/sign-in", "application/x-www-form-urlencoded"},
		{"/delays/new", "multipart/form-data; boundary=b"},
	} {
		t.Run(try.path+" "+try.kind, func(t *testing.T) {
			s.forget()
			before, _ := s.memory()
			var all sync.WaitGroup
			for range 5 {
				all.Go(func() {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+try.path, &letters{200 << 20})
					if err != nil {
						t.Error(err)
						return
					}
					req.ContentLength = 200 << 20
					req.Header.Set("Content-Type", try.kind)
					req.Header.Set("Cookie", "homeward=anything")
					// The server may close before all is sent; then there is no answer.
					if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
						if res.StatusCode < 300 {
							t.Errorf("answered %d", res.StatusCode)
						}
						res.Body.Close()
					}
				})
			}
			all.Wait()
			_, most := s.memory()
			t.Logf("held %d MB before, %d MB at most during", before>>20, most>>20)
			if grown := most - before; grown > 32<<20 {
				t.Errorf("held %d MB more, expected no more than 32", grown>>20)
			}
		})
	}
}

// TestP1SlowStrangers begins a form and does not end it, and asks for pages
// faster than any hospital, with cookies and with tokens that were never made.
func TestP1SlowStrangers(t *testing.T) {
	t.Parallel()
	s := northshireHouse(t).serve(t)
	defer s.stop()
	var all sync.WaitGroup
	for _, path := range []string{"/sign-in", "/extracts/upload", "/published/add", "/api/v1/extracts?name=a.csv"} {
		all.Go(func() {
			conn, err := net.Dial("tcp", s.address)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nCookie: homeward=x\r\n"+
				"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail=", path, s.address)
			begin := time.Now()
			_ = conn.SetReadDeadline(begin.Add(25 * time.Second))
			text, err := io.ReadAll(conn)
			if took := time.Since(begin); err != nil || took > 20*time.Second {
				t.Errorf("%s: held the connection for %s: %v", path, took, err)
			}
			if !strings.HasPrefix(string(text), "HTTP/1.1 4") && !strings.HasPrefix(string(text), "HTTP/1.1 303") {
				t.Errorf("%s: answered %s", path, last(string(text), 300))
			}
		})
	}
	all.Wait()
	if testing.Short() {
		// With the race detector the answers come more slowly than the limit asks.
		return
	}
	for name, header := range map[string][2]string{
		"cookies that were never given": {"Cookie", "homeward=x"}, "tokens that were never made": {"Authorization",
			"Bearer hw_0000000000000000_" + strings.Repeat("0", 52)},
	} {
		var mu sync.Mutex
		counts := map[int]int{}
		for range 8 {
			all.Go(func() {
				for range 90 {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+"/figures.json", nil)
					if err != nil {
						t.Error(err)
						return
					}
					req.Header.Set(header[0], header[1])
					res, err := http.DefaultClient.Do(req)
					if err != nil {
						t.Error(err)
						return
					}
					res.Body.Close()
					mu.Lock()
					counts[res.StatusCode]++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if counts[http.StatusTooManyRequests] == 0 {
			t.Errorf("%s: 720 at once were answered %v", name, counts)
		}
	}
}

// TestConnectionsAreCapped holds more connections open than the server takes.
func TestConnectionsAreCapped(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	capped := app.CappedListener(inner, 8)
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(capped) }()
	defer server.Close()
	answered := func(conn net.Conn, wait time.Duration) bool {
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		_, err := bufio.NewReader(conn).ReadString('\n')
		return err == nil
	}
	var open []net.Conn
	for i := range 4 {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if !answered(conn, 5*time.Second) {
			t.Fatalf("connection %d of 4 is not answered", i+1)
		}
		open = append(open, conn)
	}
	fifth, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if answered(fifth, time.Second) {
		t.Error("one address holds more than half of the places")
	}
	fifth.Close()
	open[0].Close()
	time.Sleep(200 * time.Millisecond)
	again, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if !answered(again, 5*time.Second) {
		t.Error("a place that was given back is not taken again")
	}
}

// TestP2AKilledUploadLeavesNothing kills the server in the middle of an upload:
// what it read stands in the data folder alone, for its own account only, and is
// gone after the next start.
func TestP2AKilledUploadLeavesNothing(t *testing.T) {
	c := northshireHouse(t)
	s := c.serve(t)
	token := c.token(t, "upload", "--for", "RZ1")
	text := northgate("2026-03-10", 1, 30)
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/v1/extracts?name=RZ1_2026-03-10.csv HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: "+
		"%d\r\n\r\n%s", s.address, token, len(text)+1, text)
	spool := filepath.Join(c.data(), "spool")
	var held []os.DirEntry
	for begin := time.Now(); len(held) == 0 && time.Since(begin) < 10*time.Second; time.Sleep(20 * time.Millisecond) {
		held, _ = os.ReadDir(spool)
	}
	if len(held) != 1 {
		t.Fatalf("the spool holds %v", held)
	}
	if info, err := held[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the waiting file has mode %v (%v)", info.Mode(), err)
	}
	if info, err := os.Stat(spool); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the spool has mode %v (%v)", info.Mode(), err)
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait()
	onlyIn(t, c.tmp())
	again := c.serve(t)
	defer again.stop()
	if left, err := os.ReadDir(spool); err != nil || len(left) != 0 {
		t.Errorf("after a new start the spool holds %v (%v)", left, err)
	}
}
