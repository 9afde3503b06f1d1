package web

import (
	"crypto/rand"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// drafts holds what people typed into a form of the daily use that was sent after
// their session had ended, until they have signed in again. It is in memory
// alone and goes after draftLife or when the program stops; it is given back to
// the person whose session it was and to nobody else at that browser. The
// address leads to it by a random name and holds nothing of it.
type drafts struct {
	mu sync.Mutex
	// people are who was signed in with which cookie, by the form token.
	people map[string]seenPerson
	forms  map[string]draft
}

// see notes who is signed in with a cookie.
func (d *drafts) see(token string, person int64, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.people) >= seenMost {
		for t, p := range d.people {
			if now.Sub(p.at) > seenFor {
				delete(d.people, t)
			}
		}
	}
	if len(d.people) < seenMost {
		d.people[token] = seenPerson{person, now}
	}
}

// keep holds a form that was sent with a cookie whose session has ended, and
// names it. Without a name it is not kept.
func (d *drafts) keep(token, path string, fields url.Values, now time.Time) (name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, known := d.people[token]
	for n, f := range d.forms {
		if now.Sub(f.at) > draftLife {
			delete(d.forms, n)
		}
	}
	if !known || now.Sub(p.at) > seenFor || len(d.forms) >= mostDrafts {
		return ""
	}
	name = rand.Text()
	d.forms[name] = draft{p.id, path, fields, now}
	return name
}

// give gives back what was kept for a person.
func (d *drafts) give(name string, person int64, now time.Time) (draft, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := d.forms[name]
	if !ok || f.person != person || now.Sub(f.at) > draftLife {
		return draft{}, false
	}
	return f, true
}

type seenPerson struct {
	id int64
	at time.Time
}

// draft is one form: where it was sent and what stood in it.
type draft struct {
	person int64
	path   string
	fields url.Values
	at     time.Time
}

const (
	draftLife = 15 * time.Minute
	// seenFor is for how long a cookie's person is known after the last request;
	// longer than any session lives.
	seenFor = 24 * time.Hour
	// mostDrafts bounds the forms held, seenMost the cookies.
	mostDrafts, seenMost = 200, 20000
	draftPath            = "/kept/"
)

func newDrafts() *drafts { return &drafts{people: map[string]seenPerson{}, forms: map[string]draft{}} }

// draftedForms are the paths of forms whose text is worth keeping: those of the
// daily use, none with a password in it.
var draftedForms = regexp.MustCompile(`^/(delays|agreement|disputes)/[^?]+$`)

// keepTyped keeps the form of a request whose session has ended, when it was
// made for that session, and gives the address that leads back to it.
func (s *Server) keepTyped(c echo.Context, v visit) string {
	r := c.Request()
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || !v.Had || kind != "application/x-www-form-urlencoded" || !draftedForms.MatchString(r.URL.Path) {
		return ""
	}
	if err := r.ParseForm(); err != nil || !v.proves(r.PostForm.Get(wordToken)) {
		return ""
	}
	if name := s.drafts.keep(v.Token, r.URL.Path, r.PostForm, s.opts.Now()); name != "" {
		return draftPath + name
	}
	return ""
}

type draftView struct {
	page.Form
	Words  string
	Action string
	Hidden []page.Hidden
	// Look says that the form can be looked at before it is saved.
	Look bool
}

// draftReference finds whose record a path is about.
var draftReference = regexp.MustCompile(`HW-[0-9A-Z]+`)

// keptPage offers what was typed before signing in again.
func (s *Server) keptPage(c echo.Context) error {
	f, ok := s.drafts.give(c.Param("id"), visitOf(c.Request().Context()).Person.ID, s.opts.Now())
	if !ok {
		return problem.New(problem.NotFound, "What was typed is not kept any more. Open the form again.")
	}
	v := draftView{Form: page.Form{Frame: s.frame(c, "Carry on where you were")}, Action: f.path,
		Look: strings.HasPrefix(f.path, "/delays/") && !strings.Contains(f.path, "/actions/")}
	about := draftReference.FindString(f.path + " " + f.fields.Get("ref"))
	if about != "" {
		about = " about " + about
	}
	v.Words = "What you typed" + about + " has been kept. Nothing has been saved yet."
	for _, name := range slices.Sorted(maps.Keys(f.fields)) {
		for _, value := range f.fields[name] {
			if name != wordToken && name != "back" {
				v.Hidden = append(v.Hidden, page.Hidden{Name: name, Value: value})
			}
		}
	}
	return s.page(c, "kept", v)
}
