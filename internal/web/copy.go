package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/people"
	"homeward/internal/web/page"
)

// Copy says that the pages are those of a copy for reading, in which nothing is
// written.
type Copy struct {
	// AsAt gives the newest moment in the copy.
	AsAt func(context.Context) (time.Time, error)
	// WritesAt is where changes are made, such as "https://homeward.example".
	WritesAt string
	// Oldest is how old a copy may be. An older one shows nothing: who may see what
	// is as old.
	Oldest time.Duration
}

// readingActs are what a copy lets those do who may. What begins with another act ends
// in a form or is about this machine, and is done where the copy comes from. What is
// not named here is not shown: not the call either, nor anything to a screen, because
// what it shows hangs on whether the call is in progress just now (P1).
var readingActs = map[people.Act]bool{people.SeeFigures: true, people.SeeRows: true, people.SeeExtracts: true}

// openAtCopy are the addresses without a sign-in that a copy answers.
var openAtCopy = map[string]bool{
	"/": true, "/accessibility": true, "/help/keyboard": true, "/api/v1/openapi.json": true, "/healthz": true, "/readyz": true,
	"/favicon.ico": true, "/static/*": true,
}

// notAtCopy are addresses of the reading acts that a copy does not answer: rows that
// are downloaded stand in the audit log (P2), and packs are files that are not in the
// database.
var notAtCopy = map[string]bool{
	"/days.csv": true, "/days.json": true, "/today.csv": true, "/agreement.csv": true, "/agreement.json": true, "/packs/:id/about": true,
}

// answersAtCopy says whether a copy for reading answers the route.
func answersAtCopy(r route) bool {
	if r.method != http.MethodGet || notAtCopy[r.path] {
		return false
	}
	if r.guarded.open {
		return openAtCopy[r.path]
	}
	return readingActs[r.guarded.act]
}

// elsewhere is the answer to what a copy for reading leaves to where it comes from.
// Its status is 503 for what is read there, so that a proxy asks there, and 405 for
// what changes something.
type elsewhere struct {
	status int
	words  string
}

func (e *elsewhere) Error() string { return e.words }

var (
	errChanges = &elsewhere{http.StatusMethodNotAllowed, "This is a copy for reading, so nothing was done and nothing is kept."}
	errNotHere = &elsewhere{http.StatusServiceUnavailable, "This is a copy for reading, which does not have this page."}
	errUnknown = &elsewhere{http.StatusServiceUnavailable, "This is a copy for reading, where nobody signs in. It knows those who signed in " +
		"where it comes from, as soon as it has that."}
	errOld = &elsewhere{http.StatusServiceUnavailable, "This copy for reading is too old to be shown: nothing newer has come."}
)

// notHere answers what a copy leaves to where it comes from.
func notHere(echo.Context) error { return errNotHere }

type copyKey struct{}

// ofCopy lets through what a copy for reading may answer, with the moment that it is
// of; it does nothing where the database itself is served.
func (s *Server) ofCopy(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	of := s.opts.Copy
	if of == nil {
		return r, nil
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return r, errChanges
	}
	if fileOrHealth(r.URL.Path) {
		return r, nil
	}
	at, err := of.AsAt(r.Context())
	if err != nil {
		return r, err
	}
	w.Header().Set("Homeward-Copy-As-At", at.UTC().Format(time.RFC3339))
	r = r.WithContext(context.WithValue(r.Context(), copyKey{}, at))
	if s.opts.Now().Sub(at) > of.Oldest {
		return r, errOld
	}
	return r, nil
}

// copied is what pages say of the copy that they are of, nil where they are of none.
func (s *Server) copied(ctx context.Context) *page.Copied {
	if s.opts.Copy == nil {
		return nil
	}
	c := &page.Copied{Text: "This is a copy for reading.", WritesAt: s.opts.Copy.WritesAt}
	if at, ok := ctx.Value(copyKey{}).(time.Time); ok {
		c.Text = "This is a copy for reading, as at " + strings.TrimSuffix(s.moment(at), ".") + "."
	}
	return c
}
