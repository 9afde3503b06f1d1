package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// tally is what was observed, by its labels.
type tally struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *tally) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, "homeward_ready 1\n")
}

func (c *tally) Observe(route, method string, _ int, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	c.seen[method+" "+route]++
}

// Whatever strangers ask for, and by whatever method, the labels are the patterns of
// the routes: nothing of an address becomes one.
func TestLabelsOfMetricsAreBounded(t *testing.T) {
	t.Parallel()
	s := siteOf(t, emptyOffice(t, at(morning)))
	c := &tally{}
	s.Server.opts.Metrics = c
	patterns := map[string]bool{"none": true}
	for _, r := range s.routes() {
		patterns[r.path] = true
	}
	asked := 0
	ask := func(method, target, host string) {
		r := httptest.NewRequest(method, "http://127.0.0.1:8080/", nil)
		r.URL.Path, r.URL.RawPath, r.RequestURI = target, "", target
		if host != "" {
			r.Host = host
		}
		s.ServeHTTP(httptest.NewRecorder(), r)
		asked++
	}
	for i := range 200 {
		for _, target := range []string{
			fmt.Sprintf("/delays/HW-%05d", i), fmt.Sprintf("/no/such/%d/page", i), fmt.Sprintf("/static/%d/%d.js", i, i),
			fmt.Sprintf("/charts/%d.csv", i), fmt.Sprintf("/943 476 5919/%d", i), fmt.Sprintf("/extracts/%s", strings.Repeat("a", i)),
			fmt.Sprintf("//%d//..//\x00\"}\n%d", i, i), "/council/:code", "/:id", "/*", fmt.Sprintf("/packs/%d/", i),
		} {
			ask(http.MethodGet, target, "")
			ask(fmt.Sprintf("METHOD%d", i), target, "")
		}
		ask(http.MethodGet, "/figures", fmt.Sprintf("host%d.example", i))
		ask(http.MethodOptions, "/figures", "")
		ask(http.MethodHead, "/healthz", "")
	}
	sum := 0
	for label, n := range c.seen {
		method, route, _ := strings.Cut(label, " ")
		if !patterns[route] || method != "GET" && method != "HEAD" && method != "POST" && method != "other" {
			t.Errorf("the label %q", label)
		}
		sum += n
	}
	if sum != asked {
		t.Errorf("%d requests were counted of %d", sum, asked)
	}
	if len(c.seen) > 40 {
		t.Errorf("%d labels: %v", len(c.seen), c.seen)
	}
	if c.seen["GET none"] == 0 || c.seen["other none"] == 0 || c.seen["GET /delays/:ref"] == 0 || c.seen["HEAD /healthz"] != 200 {
		t.Errorf("%v", c.seen)
	}
}

// The metrics are for whoever sends the token of the settings, and for nobody where
// there is none.
func TestMetricsAskForTheirToken(t *testing.T) {
	t.Parallel()
	s := siteOf(t, emptyOffice(t, at(morning)))
	const right = "0123456789abcdef0123456789abcdef"
	want := right
	ask := func(header string) int {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/metrics", nil)
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK && strings.Contains(w.Body.String(), "homeward_") {
			t.Errorf("%q is answered with metrics", header)
		}
		return w.Code
	}
	if got := ask("Bearer " + right); got != http.StatusUnauthorized {
		t.Errorf("without settings it answers %d", got)
	}
	s.Server.opts.Metrics, s.Server.opts.MetricsToken = &tally{}, func() string { return want }
	for header, status := range map[string]int{"Bearer " + right: 200, "": 401, "Bearer ": 401, "Bearer " + right + "0": 401,
		"Bearer " + right[1:]: 401, right: 401, "Basic " + right: 401, "Bearer " + s.visitors.bearers["figures"]: 401} {
		if got := ask(header); got != status {
			t.Errorf("%q answers %d, want %d", header, got, status)
		}
	}
	want = "" // The file is gone.
	if got := ask("Bearer "); got != http.StatusUnauthorized {
		t.Errorf("an empty token answers %d", got)
	}
}
