package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"homeward/internal/people"
)

// callers are the columns of docs/access.md.
var callers = []string{"nobody", "coordinator", "reviewer", "director", "presenter", "viewer", "analyst", "administrator", "screen",
	"upload token", "figures token"}

// call sends one request as a caller, in a session of its own.
func (s *site) call(caller, method, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, nil)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	v := s.visitors
	switch caller {
	case "nobody":
	case "screen":
		r.Header.Set("Cookie", v.cookie(func(ctx context.Context) error { return v.sessions.BeginScreen(ctx, v.screen, "") }))
	case "upload token", "figures token":
		kind, _, _ := strings.Cut(caller, " ")
		r.Header.Set("Authorization", "Bearer "+v.bearers[people.TokenKind(kind)])
	default:
		r.Header.Set("Cookie", v.signIn(people.Role(caller)))
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// admitted says whether an answer came from behind the guard.
func admitted(caller string, open bool, w *httptest.ResponseRecorder) bool {
	switch {
	case w.Code == http.StatusUnauthorized:
		return false
	case w.Code == http.StatusForbidden:
		body := w.Body.String()
		return !strings.Contains(body, "Your role is") && !strings.Contains(body, "This token is not for that") &&
			!strings.Contains(body, "This screen link shows")
	case !open && w.Code == http.StatusSeeOther:
		return !strings.HasPrefix(w.Header().Get("Location"), signInPath)
	default:
		return true
	}
}

// fill puts values into a route's pattern.
func fill(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, p := range parts {
		switch {
		case p == ":reference" || p == ":ref":
			parts[i] = "HW-7K3MQ"
		case strings.HasPrefix(p, ":"):
			parts[i] = "1"
		case p == "*":
			parts[i] = "nothing.js"
		}
	}
	return strings.Join(parts, "/")
}

// TestP1EveryRouteForEveryRole compares every route, for every role and for
// nobody, with the matrix in docs/access.md. A route without a line there
// fails, and so does a line without a route.
func TestP1EveryRouteForEveryRole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	matrix := map[string][]string{}
	for line := range strings.SplitSeq(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != len(callers)+4 || !strings.Contains(cells[2], "`") {
			continue
		}
		for i := range cells {
			cells[i] = strings.Trim(cells[i], " `")
		}
		matrix[cells[1]+" "+cells[2]] = cells[3 : 3+len(callers)]
	}
	s := siteOf(t, emptyOffice(t, at(morning)))
	for _, r := range s.routes() {
		name := r.method + " " + r.path
		want, ok := matrix[name]
		got := make([]string, len(callers))
		for i, caller := range callers {
			if strings.HasPrefix(r.path, "/static") || r.path == "/favicon.ico" || strings.HasSuffix(r.path, "z") {
				got[i] = "yes" // Files and health checks ask nobody who they are.
				continue
			}
			got[i] = "no"
			if admitted(caller, r.guarded.open, s.call(caller, r.method, fill(r.path))) {
				got[i] = "yes"
			}
		}
		if !ok {
			t.Errorf("%s has no line in docs/access.md. What the program does now is:\n| %s | `%s` | %s |", name, r.method, r.path,
				strings.Join(got, " | "))
			continue
		}
		for i, caller := range callers {
			if got[i] != want[i] {
				t.Errorf("%s for %s: the program says %s, docs/access.md says %s", name, caller, got[i], want[i])
			}
		}
		delete(matrix, name)
	}
	for name := range matrix {
		t.Errorf("docs/access.md lists %s, which does not exist", name)
	}
}
