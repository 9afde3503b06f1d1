package web

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"homeward/internal/delay"
)

// leaver is figures whose reader goes away while they are worked out.
type leaver struct {
	Present
	leave context.CancelFunc
}

func (l leaver) Extent(ctx context.Context) (first, last delay.Day, err error) {
	l.leave()
	<-ctx.Done()
	return 0, 0, ctx.Err()
}

// A reader who went away is no fault of the service: the log has no error, and
// the same error for a reader who waits is one.
func TestAReaderWhoWentAwayIsNoError(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var leave context.CancelFunc
	s := newSite(t, func(o *Options) {
		of := o.Moment
		o.Moment = func(ctx context.Context) (Present, func(), error) {
			now, done, err := of(ctx)
			return leaver{now, leave}, done, err
		}
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	for _, target := range []string{"/overview", "/overview.json", "/figures.csv"} {
		log.Reset()
		var ctx context.Context
		ctx, leave = context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:8080"+target, nil)
		r.Header.Set("Cookie", s.visitors.cookies["viewer"])
		s.ServeHTTP(httptest.NewRecorder(), r)
		leave()
		if said := log.String(); strings.Contains(said, "ERROR") || !strings.Contains(said, "the reader went away") ||
			strings.Contains(said, "status=500") {
			t.Errorf("%s: the log says %s", target, said)
		}
	}
}

// A form that is too long is said to be that, on every address, before anything
// looks at who sent it.
func TestFormsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	long := strings.Repeat("a", largestForm+1)
	for _, target := range []string{"/sign-in", "/setup", "/delays/new", "/admin/users/new", "/static/x", "/nothing"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8080"+target, strings.NewReader("x="+long))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", "homeward=x")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "smaller than 64KB") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

// One customer's addresses have one pace.
func TestNeighbourhood(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::9": "2001:db8:1:2::/64",
		"fe80::1%eth0":    "fe80::/64", "": "", "nonsense": "nonsense",
	} {
		if got := neighbourhood(address); got != want {
			t.Errorf("%q is of %q, expected %q", address, got, want)
		}
	}
}
