package signin

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"homeward/internal/audit"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// SessionStore keeps sessions; it is what scs asks for.
type SessionStore interface{ scs.CtxStore }

// Sessions holds who is signed in at which browser. The cookie's value is
// random and stands in the database as a hash only; the value changes at every
// step of signing in, so that one that was planted or seen before opens
// nothing.
type Sessions struct {
	manager *scs.SessionManager
	service *Service
	// reading is set where sessions are those of a copy for reading: nothing is kept.
	reading bool
}

// The keys of a session's values.
const (
	keyPerson  = "person"  // int64
	keyGrant   = "grant"   // int64
	keyEpoch   = "epoch"   // int64
	keyNext    = "next"    // string: the step that is still to do
	keySince   = "since"   // int64: Unix seconds when that step began
	keySecret  = "secret"  // string: sealed secret of an app being set up
	keyFlow    = "flow"    // string: a work account's sign-in under way
	keyReturn  = "return"  // string: the page that was asked for
	keyScreen  = "screen"  // string: public ID of a screen or remote link
	keySeen    = "seen"    // int64: Unix seconds when a screen's session was last kept
	keyMessage = "message" // string: what the next page says once
	keyQueue   = "queue"   // string: query of the agreement's queue that was looked at last
	keyList    = "list"    // string: query of the list that was looked at last
)

// stepTime is how long a person may take for the second step of signing in.
const stepTime = 10 * time.Minute

// NewSessions makes Sessions with the partnership's limits. secure says that
// people reach Homeward over TLS, which is everywhere but on the machine
// itself.
func NewSessions(service *Service, store SessionStore, secure bool, log *slog.Logger) *Sessions {
	m := scs.New()
	m.Store = store
	m.HashTokenInStore = true
	m.IdleTimeout = service.Partnership().SignIn.Idle()
	m.Lifetime = service.Partnership().SignIn.Longest()
	m.Cookie.Persist = false
	m.Cookie.HttpOnly = true
	m.Cookie.Secure = secure
	m.Cookie.Path = "/"
	// Lax, because the way back from an OpenID provider is a link from there.
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Name = "homeward"
	if secure {
		// Browsers take this name from this host over TLS only, for all paths.
		m.Cookie.Name = "__Host-homeward"
	}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		if r.Context().Err() != nil {
			return // The reader went away, and there is nobody to answer.
		}
		log.Error("a session could not be read or kept", "error", err)
		http.Error(w, "There is a problem with the service. Try again in a minute.", http.StatusServiceUnavailable)
	}
	return &Sessions{manager: m, service: service}
}

// ReadOnly gives the sessions of a copy for reading, in which people are known who
// signed in where it is written. No use of a session is kept, and no cookie changed.
func (s *Sessions) ReadOnly() *Sessions {
	out := *s
	out.reading = true
	return &out
}

// Handler gives next the session of each request, and keeps what it did to it.
// The other methods need a context of such a request.
func (s *Sessions) Handler(next http.Handler) http.Handler {
	if s.reading {
		return s.Glance(next)
	}
	return s.manager.LoadAndSave(next)
}

// Glance gives next the session of each request and keeps nothing: for what a page
// asks every second or two by itself, which costs no write and is no sign that
// the person is still there. The session of a screen or a remote, at which nobody
// signs in, goes on: it is kept once a minute.
func (s *Sessions) Glance(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value := ""
		if cookie, err := r.Cookie(s.manager.Cookie.Name); err == nil {
			value = cookie.Value
		}
		ctx, err := s.manager.Load(r.Context(), value)
		now := s.service.Now().Unix()
		if err == nil && !s.reading && s.manager.GetString(ctx, keyScreen) != "" && now-s.manager.GetInt64(ctx, keySeen) >= 60 {
			s.manager.Put(ctx, keySeen, now)
			_, _, err = s.manager.Commit(ctx)
		}
		if err != nil {
			s.manager.ErrorFunc(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Begin keeps how far a person has come, under a new cookie value. It is called
// after the password or work account was right, and again after each further
// step.
func (s *Sessions) Begin(ctx context.Context, in SignIn) error {
	back := s.manager.GetString(ctx, keyReturn)
	if err := s.manager.RenewToken(ctx); err != nil {
		return err
	}
	if err := s.manager.Clear(ctx); err != nil {
		return err
	}
	// A new sign-in has the whole longest time, whatever was left of the old.
	// scs itself reckons by the machine's own clock.
	s.manager.SetDeadline(ctx, time.Now().Add(s.manager.Lifetime).UTC())
	s.manager.Put(ctx, keyPerson, in.Person.ID)
	s.manager.Put(ctx, keyEpoch, in.Person.Epoch)
	if len(in.Person.Grants) > 0 {
		s.manager.Put(ctx, keyGrant, in.Person.Grants[0].ID)
	}
	if in.Next != Nothing {
		s.manager.Put(ctx, keyNext, string(in.Next))
		s.manager.Put(ctx, keySince, s.service.Now().Unix())
	}
	if back != "" {
		s.manager.Put(ctx, keyReturn, back)
	}
	return nil
}

// Current is who a request comes from.
type Current struct {
	// Actor is nobody unless the person is signed in, or the browser holds a
	// screen link.
	Actor people.Actor
	// Person is set with Actor, and while a step of signing in is still to do.
	Person people.Person
	Next   Next
	// Ended says that there was a session and that it is no more: the person
	// was signed out everywhere, deactivated, or lost the last role.
	Ended bool
}

// Current says who a request from the network address comes from. It reads the
// account afresh, so that a role that was revoked is gone at the next page.
func (s *Sessions) Current(ctx context.Context, address string) (Current, error) {
	if id := s.manager.GetString(ctx, keyScreen); id != "" {
		actor, err := s.service.screenOf(ctx, id, address)
		if err != nil && problem.KindOf(err) == problem.NotFound {
			return Current{Ended: true}, s.drop(ctx)
		}
		return Current{Actor: actor}, err
	}
	id := s.manager.GetInt64(ctx, keyPerson)
	if id == 0 {
		return Current{}, nil
	}
	p, err := s.service.Store.Person(ctx, id)
	if err != nil {
		return Current{}, err
	}
	next := Next(s.manager.GetString(ctx, keyNext))
	late := next != Nothing && s.service.Now().Sub(time.Unix(s.manager.GetInt64(ctx, keySince), 0)) > stepTime
	if p.Deactivated || p.Epoch != s.manager.GetInt64(ctx, keyEpoch) || late || (next == Nothing && len(p.Grants) == 0) {
		return Current{Ended: true}, s.drop(ctx)
	}
	if next != Nothing {
		return Current{Person: p, Next: next}, nil
	}
	g, ok := p.Grant(s.manager.GetInt64(ctx, keyGrant))
	if !ok {
		g = p.Grants[0]
	}
	return Current{Actor: s.service.actor(p, g, address), Person: p}, nil
}

// drop ends a session that opens nothing any more.
func (s *Sessions) drop(ctx context.Context) error {
	if s.reading {
		return nil
	}
	return s.manager.Destroy(ctx)
}

// ActAs has the signed-in person act as another of their grants, under a new
// cookie value. The lists that the other role looked at are forgotten. The error is a Forbidden problem when they do not hold it.
func (s *Sessions) ActAs(ctx context.Context, current Current, grant int64) error {
	g, ok := current.Person.Grant(grant)
	if !ok || current.Actor.Kind != people.APerson {
		return problem.New(problem.Forbidden, "You do not hold this role. Choose one from the list.")
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return err
	}
	s.manager.Put(ctx, keyGrant, g.ID)
	s.manager.Remove(ctx, keyQueue)
	s.manager.Remove(ctx, keyList)
	by := current.Actor
	return s.service.Store.Record(ctx, audit.Entry{
		Who: by.Who(), As: g.String(), From: by.Address, What: audit.RoleChosen, Record: by.Email, Before: by.As(), After: g.String()})
}

// Again begins the session at hand again after its person's epoch rose by
// their own doing, as a changed password does.
func (s *Sessions) Again(ctx context.Context, current Current) error {
	p, err := s.service.Store.Person(ctx, current.Person.ID)
	if err != nil {
		return err
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return err
	}
	s.manager.Put(ctx, keyEpoch, p.Epoch)
	return nil
}

// End signs the browser out.
func (s *Sessions) End(ctx context.Context, current Current) error {
	if current.Actor.Kind == people.APerson {
		by := current.Actor
		if err := s.service.Store.Record(ctx, audit.Entry{
			Who: by.Who(), As: by.As(), From: by.Address, What: audit.SignedOut, Record: by.Email}); err != nil {
			return err
		}
	}
	return s.manager.Destroy(ctx)
}

// BeginScreen has the browser show what a screen link shows. The session keeps
// the link's public ID, so that its text is out of the address after the first
// request, and looks it up at each request, so that a revoked link goes dark.
func (s *Sessions) BeginScreen(ctx context.Context, text, address string) error {
	actor, err := s.service.Screen(ctx, text, address)
	if err != nil {
		return err
	}
	return s.show(ctx, actor)
}

// BeginRemote has the browser turn slides, by the code of a remote. Like a screen
// it is signed out of whatever it was.
func (s *Sessions) BeginRemote(ctx context.Context, code, address string) error {
	actor, err := s.service.Remote(ctx, code, address)
	if err != nil {
		return err
	}
	return s.show(ctx, actor)
}

func (s *Sessions) show(ctx context.Context, actor people.Actor) error {
	if err := s.manager.RenewToken(ctx); err != nil {
		return err
	}
	if err := s.manager.Clear(ctx); err != nil {
		return err
	}
	s.manager.Put(ctx, keyScreen, actor.Token.ID)
	return nil
}

// KeepSecret keeps the sealed secret of an app that is being set up.
func (s *Sessions) KeepSecret(ctx context.Context, sealed string) {
	s.manager.Put(ctx, keySecret, sealed)
}

// Secret gives what KeepSecret kept, nothing when there is none.
func (s *Sessions) Secret(ctx context.Context) string { return s.manager.GetString(ctx, keySecret) }

// DropSecret forgets it once it was confirmed.
func (s *Sessions) DropSecret(ctx context.Context) { s.manager.Remove(ctx, keySecret) }

// KeepFlow keeps a work account's sign-in while the browser is away.
func (s *Sessions) KeepFlow(ctx context.Context, f Flow) { s.manager.Put(ctx, keyFlow, f.String()) }

// TakeFlow gives what KeepFlow kept and forgets it, so that each answer of the
// provider is taken once.
func (s *Sessions) TakeFlow(ctx context.Context) Flow {
	return parseFlow(s.manager.PopString(ctx, keyFlow))
}

// ReturnTo keeps the page that was asked for before signing in. Anything but a
// path of this service is not kept.
func (s *Sessions) ReturnTo(ctx context.Context, path string) {
	if LocalPath(path) {
		s.manager.Put(ctx, keyReturn, path)
	}
}

// TakeReturn gives the page to go to after signing in and forgets it: the page
// that was asked for, else the person's own first page, else the role's.
func (s *Sessions) TakeReturn(ctx context.Context, current Current) string {
	for _, path := range []string{s.manager.PopString(ctx, keyReturn), current.Person.FirstPage} {
		if LocalPath(path) {
			return path
		}
	}
	return current.Actor.Grant.Role.FirstPage()
}

// Say keeps a sentence that the next page shows once.
func (s *Sessions) Say(ctx context.Context, sentence string) {
	s.manager.Put(ctx, keyMessage, sentence)
}

// Said gives the sentence that Say kept, and forgets it. A copy for reading cannot
// forget it, and leaves it for where it was said.
func (s *Sessions) Said(ctx context.Context) string {
	if s.reading {
		return ""
	}
	return s.manager.PopString(ctx, keyMessage)
}

// KeepList keeps the query of the list that the person looks at, so that the
// ways back lead to it.
func (s *Sessions) KeepList(ctx context.Context, query string) {
	if query != s.List(ctx) {
		s.manager.Put(ctx, keyList, query)
	}
}

// List gives what KeepList kept, nothing when there is none.
func (s *Sessions) List(ctx context.Context) string { return s.manager.GetString(ctx, keyList) }

// KeepQueue keeps the query of the part of the agreement's queue that the person
// looks at, so that the ways back lead to it.
func (s *Sessions) KeepQueue(ctx context.Context, query string) {
	if query != s.Queue(ctx) {
		s.manager.Put(ctx, keyQueue, query)
	}
}

// Queue gives what KeepQueue kept, nothing when there is none.
func (s *Sessions) Queue(ctx context.Context) string { return s.manager.GetString(ctx, keyQueue) }

// CookieName is the name of the session's cookie.
func (s *Sessions) CookieName() string { return s.manager.Cookie.Name }
