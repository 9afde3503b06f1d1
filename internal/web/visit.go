package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/web/page"
)

// visit is who a request comes from and how far they have come with signing in.
type visit struct {
	signin.Current
	// Address is the network address that the request comes from.
	Address string
	// Token proves that a form was made for this browser's session; empty when
	// there is no session.
	Token string
	// Unproved is set for an unsafe request whose form has yet to prove itself.
	Unproved bool
	// Had says that the browser sent a session's cookie.
	Had bool
}

type visitKey struct{}

// visitOf gives the visit of a request, the zero visit outside of one.
func visitOf(ctx context.Context) visit {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v
}

// actor gives who asks and as what: nobody, a person acting as one of their
// roles, a program with a token or a screen.
func (s *Server) actor(c echo.Context) people.Actor { return visitOf(c.Request().Context()).Actor }

// guarded is a handler with what it takes to reach it. Only may and open make
// one, so that no route can be without.
type guarded struct {
	handler echo.HandlerFunc
	act     people.Act
	open    bool
}

// may gives a handler to those whose role may do the act.
func (s *Server) may(act people.Act, handler echo.HandlerFunc) guarded {
	return guarded{handler: handler, act: act}
}

// open gives a handler to everybody, signed in or not.
func open(handler echo.HandlerFunc) guarded { return guarded{handler: handler, open: true} }

// admits says whether the actor may use the route.
func (g guarded) admits(a people.Actor) bool { return g.open || a.May(g.act) }

// guard lets through who may do the handler's act, and says to all others what
// would let them.
func (s *Server) guard(g guarded) echo.HandlerFunc {
	return func(c echo.Context) error {
		v := visitOf(c.Request().Context())
		if !g.open {
			// The body of a form is read once it is known whose it is.
			r := c.Request()
			if !g.admits(v.Actor) {
				r = &http.Request{Method: http.MethodGet, URL: r.URL}
			}
			if err := nameless(r); err != nil {
				return err
			}
		}
		switch {
		case v.Unproved && !sendsFile(c.Path()):
			return unproved() // Only these read the proof from a form with parts.
		case v.Actor.Kind == people.AProgram && !g.open && !opensToProgram(v.Actor.Token, c.Request(), c.Path()):
			return s.noAccess(v.Actor)
		case g.admits(v.Actor):
			if v.Actor.Kind != people.Nobody {
				patient(c.Request())
			}
			return g.handler(c)
		case v.Actor.Kind != people.Nobody:
			if other, ok := v.otherRole(g); ok {
				return problem.New(problem.Forbidden, "You act as %s. You are %s too, who may open it: choose that role on the page Account, "+
					"Act in another role.", s.grantWords(v.Actor.Grant), s.grantWords(other))
			}
			return s.noAccess(v.Actor)
		default:
			return s.signInFirst(c, v)
		}
	}
}

// otherRole gives another role of the same person that a route admits.
func (v visit) otherRole(g guarded) (people.Grant, bool) {
	if v.Actor.Kind != people.APerson {
		return people.Grant{}, false
	}
	for _, other := range v.Person.Grants {
		as := v.Actor
		if as.Grant = other; other.ID != v.Actor.Grant.ID && g.admits(as) {
			return other, true
		}
	}
	return people.Grant{}, false
}

// noAccess is the answer to a role that may not.
func (s *Server) noAccess(a people.Actor) error {
	switch a.Kind {
	case people.AProgram:
		return problem.New(problem.Forbidden, "This token is not for that. Ask %s for a token of the right kind.", s.help())
	case people.AScreen:
		if holdsRemote(a) {
			return problem.New(problem.Forbidden, "This remote turns the slides of the call only. Sign in to see more.")
		}
		return problem.New(problem.Forbidden, "This screen link shows the pages of the call only. Sign in to see more.")
	default:
		return problem.New(problem.Forbidden, "Your role is %s. Ask %s if you need access.", s.grantWords(a.Grant), s.help())
	}
}

// help names whom to ask, in words that can end a sentence.
func (s *Server) help() string {
	if h := s.opts.SignIn.Partnership().SignIn.Help; h != "" {
		return h
	}
	return "your administrator"
}

// grantWords gives a grant with the names of its organisations.
func (s *Server) grantWords(g people.Grant) string {
	var words strings.Builder
	words.WriteString(g.Role.String())
	for _, code := range g.Codes {
		words.WriteString(", " + s.organisationName(code))
	}
	return words.String()
}

// organisationName gives the name of a provider or council of the partnership.
func (s *Server) organisationName(code string) string {
	for _, list := range [][]page.Place{s.opts.Places.Providers, s.opts.Places.Councils} {
		for _, p := range list {
			if p.Code == code {
				return p.Name
			}
		}
	}
	return code
}

// errSignIn is the answer to a program that is not signed in.
var errSignIn = errors.New("not signed in")

// signInFirst sends people on to sign in and back again afterwards, and tells
// programs that they need a token.
func (s *Server) signInFirst(c echo.Context, v visit) error {
	if s.opts.Copy != nil {
		return errUnknown
	}
	r := c.Request()
	browser := strings.Contains(r.Header.Get("Accept"), "text/html") && !strings.HasPrefix(r.URL.Path, "/api/")
	if !browser && answerKind(r) != "page" {
		return errSignIn
	}
	switch v.Next {
	case signin.EnterCode:
		return c.Redirect(http.StatusSeeOther, codePath)
	case signin.SetUpSecondFactor:
		return c.Redirect(http.StatusSeeOther, setUpPath)
	}
	q := url.Values{}
	if r.Method == http.MethodGet {
		if target := r.URL.RequestURI(); target != "/" && signin.LocalPath(target) {
			q.Set(wordNext, target)
		}
	}
	if back := s.keepTyped(c, v); back != "" {
		q.Set(wordNext, back)
	}
	if v.Had {
		q.Set(wordEnded, "yes")
	}
	return c.Redirect(http.StatusSeeOther, page.Address(signInPath, q))
}

// bearer begins the header with which a program brings its token.
const bearer = "Bearer "

// withVisit finds out who each request comes from: a program by its token, a
// person or a screen by the session. Files and health checks belong to nobody.
func (s *Server) withVisit(next http.Handler) http.Handler {
	known := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visit{Address: s.addressOf(r)}
		if cookie, err := r.Cookie(s.opts.Sessions.CookieName()); err == nil && cookie.Value != "" {
			v.Had, v.Token = true, formToken(cookie.Value)
		}
		var err error
		if v.Current, err = s.opts.Sessions.Current(r.Context(), v.Address); err != nil {
			s.writeError(w, r, "", err)
			return
		}
		if v.Had && !s.pace.allowsVisit(v) {
			s.writeError(w, r, "", errTooMany)
			return
		}
		if v.Had && v.Actor.Kind == people.APerson {
			s.drafts.see(v.Token, v.Person.ID, s.opts.Now())
		}
		if v.Unproved = v.Had && unsafeUnsaid(r); v.Unproved {
			if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
				if !v.proves(r.PostFormValue(wordToken)) {
					s.writeError(w, r, "", unproved())
					return
				}
				v.Unproved = false
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
	withSession, glance := s.opts.Sessions.Handler(known), s.opts.Sessions.Glance(known)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, program := strings.CutPrefix(r.Header.Get("Authorization"), bearer)
		switch {
		case fileOrHealth(r.URL.Path):
			next.ServeHTTP(w, r)
		case program && forPrograms(r.URL.Path):
			v := visit{Address: s.addressOf(r)}
			var err error
			v.Actor, err = s.opts.SignIn.Program(r.Context(), strings.TrimSpace(text), v.Address)
			if !s.pace.allowsVisit(v) {
				err = errTooMany
			}
			if err != nil {
				switch {
				case problem.KindOf(err) == problem.Forbidden && s.opts.Copy != nil:
					err = errUnknown // It may be too new for the copy.
				case problem.KindOf(err) == problem.Forbidden:
					err = &refusedToken{err}
				}
				s.writeError(w, r, "", err)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
		case r.Method == http.MethodGet && ofRemote(r.URL.Path):
			glance.ServeHTTP(w, r)
		default:
			withSession.ServeHTTP(w, r)
		}
	})
}

// fileOrHealth says whether a path is one that asks nobody who they are.
func fileOrHealth(p string) bool {
	return strings.HasPrefix(p, "/static/") || p == "/healthz" || p == "/readyz" || p == "/favicon.ico"
}

// forPrograms says whether a path is one that programs use: the programming
// interface and the twins of pages. Pages are for people, whatever is sent.
func forPrograms(p string) bool {
	return strings.HasPrefix(p, "/api/") || slices.Contains([]string{".json", ".csv", ".svg"}, path.Ext(p))
}

// refusedToken is a token that opens nothing: answered with 401, so that a
// program knows that another token would help.
type refusedToken struct{ error }

func (e *refusedToken) Unwrap() error { return e.error }

// addressOf gives the network address of the browser or program. What a proxy
// says of it is believed only from the trusted proxies of the settings.
func (s *Server) addressOf(r *http.Request) string { return s.clientAddress(r) }

// uploadPath is the path of the form that sends a file.
const uploadPath = "/extracts/upload"

// wordToken is the field of every form that carries the session's proof.
const wordToken = "form_token"

// formToken gives the proof that stands in the forms of a session: a hash of
// the cookie's value, which another site can neither read nor guess.
func formToken(cookie string) string {
	sum := sha256.Sum256([]byte("homeward form\x00" + cookie))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

func (v visit) proves(token string) bool {
	return v.Token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(v.Token)) == 1
}

// unsafeUnsaid says that a request may change something and that the browser
// does not say which site it comes from, so that only the form's token tells.
func unsafeUnsaid(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	return r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == ""
}

func unproved() error {
	return problem.New(problem.Forbidden, "This form was not made for this browser, so nothing was done. Open Homeward's own page and "+
		"try again.")
}

// firstPage gives the page that opens for an actor: the first of those given,
// the role's own, the overview and the packs that the role may open.
func (s *Server) firstPage(a people.Actor, wanted ...string) string {
	role := a.Grant.Role
	if holdsRemote(a) {
		return remotePath
	}
	if a.Kind == people.AScreen {
		role = people.Screen
	}
	own := role.FirstPage()
	if role == people.Director && a.Grant.Side == people.CouncilSide && len(a.Grant.Codes) > 0 {
		own = "/council/" + a.Grant.Codes[0]
	}
	for _, page := range append(wanted, own, "/overview", "/packs") {
		if page != "" && signin.LocalPath(page) && s.opens(page, a) {
			return page
		}
	}
	return "/account"
}

// opens says whether a target is one of this service's that the actor may open.
func (s *Server) opens(target string, a people.Actor) bool {
	u, err := url.Parse(target)
	if err != nil || u.Path == "/" {
		return false
	}
	c := s.echo.NewContext(nil, nil)
	s.echo.Router().Find(http.MethodGet, u.Path, c)
	// A council has no worklist, though its reviewers and directors have the same
	// roles as a hospital's.
	if c.Path() == "/today" && len(a.Scope().Providers()) == 0 {
		return false
	}
	// Where days are not divided between bodies there is no council share, and
	// nothing to agree on (A8).
	if !s.divides() && (c.Path() == "/council" || strings.HasPrefix(c.Path(), "/council/") || ofAgreement(c.Path())) {
		return false
	}
	g, ok := s.guards[http.MethodGet+" "+c.Path()]
	return ok && g.admits(a)
}

// ofAgreement says whether a route is of what two bodies agree on; the month close
// is not.
func ofAgreement(path string) bool {
	return (strings.HasPrefix(path, "/agreement") || strings.HasPrefix(path, "/disputes")) && !strings.HasPrefix(path, closePath)
}

// divided refuses a route of what two bodies agree on where days are not divided
// between them (A8).
func (s *Server) divided(handler echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !s.divides() {
			return problem.New(problem.NotFound, "Days are not divided between the NHS and the council here, so there is nothing to agree on. "+
				"The month close shows the groups.")
		}
		return handler(c)
	}
}
