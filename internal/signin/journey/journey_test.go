// Package journey tests package signin as a whole, with the real database, and
// with a real OpenID provider for work accounts. It holds tests only: what
// they need must not be in the program.
package journey

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/audit"
	"homeward/internal/config"
	"homeward/internal/identity"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/sqlite"
)

// house is a partnership with accounts, and its clock.
type house struct {
	t       testing.TB
	dir     string
	store   *sqlite.Store
	service *signin.Service
	out     strings.Builder
	now     time.Time
}

const (
	email    = "anne@trust.example.org"
	password = "tulip canal mauve"
	here     = "192.0.2.1"
)

func open(t testing.TB) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, dir: dir, now: time.Now().Truncate(time.Second)}
	clock := func() time.Time { return h.now }
	store, err := sqlite.Open(t.Context(), dir, nil, sqlite.WithClock(clock))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	key, err := signin.LoadKey(t.Context(), store, filepath.Join(dir, "key"), true)
	if err != nil {
		t.Fatal(err)
	}
	h.store = store
	p := &config.Partnership{Name: "Northshire",
		Providers: []config.Provider{{Code: "RZ1", Name: "Northgate"}, {Code: "RZ2", Name: "Southmoor"}},
		Councils:  []config.Council{{Code: "E10000099", Name: "Northshire"}},
		SignIn:    config.SignIn{IdleMinutes: 30, LongestHours: 12, Help: "Sam on 01234 567890"}}
	h.service = signin.New(store, key, p, clock)
	h.service.Hasher = &people.Hasher{MemoryKiB: 64, Passes: 1, Lanes: 1}
	return h
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// is checks an error's kind and that its sentence holds the words.
func (h *house) is(err error, kind problem.Kind, words string) {
	h.t.Helper()
	if err == nil || problem.KindOf(err) != kind || !strings.Contains(problem.Sentence(err), words) {
		h.t.Errorf("got %v (%s), want %s with %q", err, problem.KindOf(err), kind, words)
	}
}

func (h *house) commands() signin.Commands {
	h.out.Reset()
	return signin.Commands{Service: h.service, Out: &h.out, Address: "https://homeward.example.org"}
}

var linkText = regexp.MustCompile(`hw_[0-9a-z]{16}_[0-9a-z]{52}`)

// link gives the token's text in what a command printed.
func (h *house) link() string {
	h.t.Helper()
	text := linkText.FindString(h.out.String())
	if text == "" {
		h.t.Fatalf("no link in %q", h.out.String())
	}
	return text
}

// add adds a person with a password, without a second factor.
func (h *house) add(address string, role people.Role, organisations ...string) people.Person {
	h.t.Helper()
	h.ok(h.commands().UserAdd(h.t.Context(), address, "Anne Example", role, organisations, false))
	p, err := h.service.ChoosePassword(h.t.Context(), h.link(), password, here)
	h.ok(err)
	return p
}

// optional lets people sign in without a second factor.
func (h *house) optional() *house {
	no := false
	h.service.Partnership().SignIn.RequireSecondFactor = &no
	return h
}

func (h *house) signIn(address, password, from string) (signin.SignIn, error) {
	return h.service.Password(h.t.Context(), address, password, from)
}

// codeAt gives the code that an authenticator app with the secret shows at the
// moment, by RFC 6238 and not by the library that checks it.
func codeAt(secret string, at time.Time) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[from:])&0x7fffffff%1000000), nil
}

// setUp gives a person a second factor and its recovery codes.
func (h *house) setUp(p people.Person) (code func() string, recovery []string) {
	h.t.Helper()
	f, sealed, err := h.service.NewSecondFactor(p)
	h.ok(err)
	code = func() string {
		c, err := codeAt(f.Secret, h.now)
		h.ok(err)
		return c
	}
	_, recovery, err = h.service.ConfirmSecondFactor(h.t.Context(), p.ID, sealed, code(), here, false)
	h.ok(err)
	return code, recovery
}

func TestALocalAccount(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	h.ok(h.commands().UserAdd(ctx, " Anne@Trust.Example.org ", "Anne Example", people.Coordinator, []string{"RZ1"}, false))
	link := h.link()
	if !strings.Contains(h.out.String(), "https://homeward.example.org/choose-password/hw_") {
		t.Errorf("printed %q", h.out.String())
	}
	t.Run("has no password until one is chosen", func(t *testing.T) {
		_, err := h.signIn(email, "", here)
		h.is(err, problem.Invalid, "Enter your password")
		_, err = h.signIn(email, "anything at all", here)
		h.is(err, problem.Forbidden, "Email address or password is incorrect")
	})
	t.Run("the link checks the password and works once", func(t *testing.T) {
		p, err := h.service.PasswordLinkOf(ctx, link)
		if err != nil || p.Email != email {
			t.Fatal(p, err)
		}
		_, err = h.service.ChoosePassword(ctx, link, "password1234", here)
		h.is(err, problem.Invalid, "easy to guess")
		_, err = h.service.ChoosePassword(ctx, link, "anne example trust", here)
		h.is(err, problem.Invalid, "easy to guess")
		_, err = h.service.ChoosePassword(ctx, link, password, here)
		h.ok(err)
		_, err = h.service.ChoosePassword(ctx, link, "another canal mauve", here)
		h.is(err, problem.NotFound, "used or has expired")
	})
	t.Run("needs a second factor before anything else", func(t *testing.T) {
		in, err := h.signIn(email, password, here)
		if err != nil || in.Next != signin.SetUpSecondFactor {
			t.Fatal(in, err)
		}
	})
	p, err := h.store.PersonByEmail(ctx, email)
	h.ok(err)
	code, recovery := h.setUp(p)
	t.Run("then password and code", func(t *testing.T) {
		in, err := h.signIn(email, password, here)
		if err != nil || in.Next != signin.EnterCode {
			t.Fatal(in, err)
		}
		_, err = h.service.Code(ctx, p.ID, code(), here)
		h.is(err, problem.Forbidden, "newest code") // The one that confirmed it was used.
		h.now = h.now.Add(30 * time.Second)
		in, err = h.service.Code(ctx, p.ID, code(), here)
		if err != nil || in.Next != signin.Nothing {
			t.Fatal(in, err)
		}
		_, err = h.service.Code(ctx, p.ID, code(), here)
		h.is(err, problem.Forbidden, "newest code")
	})
	t.Run("or a recovery code, once, even when the key is lost", func(t *testing.T) {
		key := h.service.Key
		defer func() { h.service.Key = key }()
		h.service.Key = nil
		_, err := h.service.Code(ctx, p.ID, code(), here)
		h.is(err, problem.Unavailable, "recovery code")
		if _, err := h.service.Code(ctx, p.ID, strings.ToUpper(recovery[2]), here); err != nil {
			t.Fatal(err)
		}
		_, err = h.service.Code(ctx, p.ID, recovery[2], here)
		h.is(err, problem.Forbidden, "incorrect")
	})
	t.Run("every step is in the audit log, without secrets", func(t *testing.T) {
		events, err := h.store.AuditEvents(ctx, audit.Filter{})
		h.ok(err)
		all := fmt.Sprint(events)
		for _, what := range []audit.What{audit.PersonAdded, audit.RoleGranted, audit.LinkMade, audit.PasswordChanged, audit.SecondFactorOn,
			audit.SignInRefused, audit.CodeRefused, audit.RecoveryCodeUsed, audit.SignedIn} {
			if !strings.Contains(all, string(what)) {
				t.Errorf("%s is not on record", what)
			}
		}
		for _, secret := range append(recovery, password, link, "anything at all") {
			if strings.Contains(all, secret) {
				t.Error("a secret is on record")
			}
		}
	})
	t.Run("a lost app is taken away at the command line", func(t *testing.T) {
		h.ok(h.commands().UserResetSecondFactor(ctx, email))
		in, err := h.signIn(email, password, here)
		if err != nil || in.Next != signin.SetUpSecondFactor {
			t.Fatal(in, err)
		}
	})
}

func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	h := open(t).optional()
	h.service.Hasher = &people.Hasher{MemoryKiB: 4 << 10, Passes: 2, Lanes: 1}
	h.add(email, people.Viewer)
	gone := h.add("gone@trust.example.org", people.Viewer)
	h.ok(h.store.SetDeactivated(t.Context(), people.Actor{Kind: people.Machine}, gone.ID, true))
	h.ok(h.commands().UserAdd(t.Context(), "new@trust.example.org", "New", people.Viewer, nil, false))
	took := map[string]time.Duration{}
	var said string
	// Without the hashing it would be a tenth.
	alike := func(d time.Duration) bool { return d <= 3*took[email] && took[email] <= 3*d }
	for round := range 24 {
		// On a busy machine it takes more rounds until each was held up by nothing once.
		if round >= 6 && !slices.ContainsFunc(slices.Collect(maps.Values(took)), func(d time.Duration) bool { return !alike(d) }) {
			break
		}
		for _, who := range []string{email, "gone@trust.example.org", "new@trust.example.org", "nobody@trust.example.org"} {
			given := "wrong canal mauve"
			if who == "gone@trust.example.org" {
				given = password
			}
			began := time.Now()
			_, err := h.signIn(who, given, fmt.Sprintf("192.0.2.%d", round))
			if d := time.Since(began); took[who] == 0 || d < took[who] {
				took[who] = d // The least of several is the one that nothing held up.
			}
			h.is(err, problem.Forbidden, "Email address or password is incorrect")
			if said != "" && err.Error() != said {
				t.Errorf("%q and %q", err, said)
			}
			said = err.Error()
		}
	}
	for who, d := range took {
		if !alike(d) {
			t.Errorf("%s took %v, a wrong password %v", who, d, took[email])
		}
	}
	t.Run("an unknown account is put off like a known one", func(t *testing.T) {
		for _, who := range []string{email, "nobody@trust.example.org"} {
			for range 5 {
				_, err := h.signIn(who, "wrong canal mauve", "198.51.100.1")
				h.is(err, problem.Forbidden, "incorrect")
			}
			_, err := h.signIn(who, password, "198.51.100.1")
			h.is(err, problem.Unavailable, "Too many attempts. Try again in 15 minutes, or contact Sam on 01234 567890")
		}
	})
	t.Run("from elsewhere the person still comes in", func(t *testing.T) {
		_, err := h.signIn(email, password, "198.51.100.2")
		h.ok(err)
	})
	t.Run("and here after a quarter of an hour", func(t *testing.T) {
		h.now = h.now.Add(15*time.Minute + time.Second)
		_, err := h.signIn(email, password, "198.51.100.1")
		h.ok(err)
	})
	t.Run("or at once by a new link", func(t *testing.T) {
		for range 5 {
			_, err := h.signIn(email, "wrong canal mauve", "198.51.100.1")
			h.is(err, problem.Forbidden, "incorrect")
		}
		h.ok(h.commands().UserLink(t.Context(), email))
		_, err := h.service.ChoosePassword(t.Context(), h.link(), "violet harbour stone", here)
		h.ok(err)
		_, err = h.signIn(email, "violet harbour stone", "198.51.100.1")
		h.ok(err)
		_, err = h.signIn(email, password, "198.51.100.1")
		h.is(err, problem.Forbidden, "incorrect")
	})
	t.Run("what was typed for an unknown account is not kept", func(t *testing.T) {
		events, err := h.store.AuditEvents(t.Context(), audit.Filter{Limit: 1000})
		h.ok(err)
		if strings.Contains(fmt.Sprint(events), "nobody@") {
			t.Error("it is in the log")
		}
	})
}

func TestCodesAreThrottledApartFromPasswords(t *testing.T) {
	h := open(t)
	p := h.add(email, people.Viewer)
	code, _ := h.setUp(p)
	h.now = h.now.Add(time.Minute)
	for range 5 {
		_, err := h.service.Code(t.Context(), p.ID, "000000", here)
		h.is(err, problem.Forbidden, "incorrect")
	}
	_, err := h.service.Code(t.Context(), p.ID, code(), here)
	h.is(err, problem.Unavailable, "Too many attempts")
	if in, err := h.signIn(email, password, here); err != nil || in.Next != signin.EnterCode {
		t.Error(in, err)
	}
}

func TestAHashWithOldParametersIsMadeAgain(t *testing.T) {
	h := open(t).optional()
	p := h.add(email, people.Viewer)
	h.service.Hasher = &people.Hasher{MemoryKiB: 128, Passes: 1, Lanes: 1}
	for range 2 {
		if _, err := h.signIn(email, password, here); err != nil {
			t.Fatal(err)
		}
	}
	c, err := h.store.CredentialsOf(t.Context(), p.ID)
	if err != nil || !strings.Contains(c.PasswordHash, "m=128,") {
		t.Error(c.PasswordHash, err)
	}
}

func TestChangingThePassword(t *testing.T) {
	h := open(t).optional()
	p := h.add(email, people.Viewer)
	by := people.Actor{Kind: people.APerson, PersonID: p.ID, Email: email, Address: here}
	h.is(h.service.ChangePassword(t.Context(), by, "wrong canal mauve", "violet harbour stone"), problem.Forbidden,
		"current password is incorrect")
	h.is(h.service.ChangePassword(t.Context(), by, password, "qwertyuiop12"), problem.Invalid, "easy to guess")
	h.ok(h.service.ChangePassword(t.Context(), by, password, "violet harbour stone"))
	h.now = h.now.Add(time.Second)
	_, err := h.signIn(email, password, here)
	h.is(err, problem.Forbidden, "incorrect")
	for range 4 {
		h.is(h.service.ChangePassword(t.Context(), by, "wrong canal mauve", "x"), problem.Forbidden, "incorrect")
	}
	h.is(h.service.ChangePassword(t.Context(), by, "wrong canal mauve", "x"), problem.Unavailable, "Too many attempts")
}

// browser is a browser at a small site that uses Sessions as pages do.
type browser struct {
	*house
	site     *httptest.Server
	sessions *signin.Sessions
	client   *http.Client
}

func (h *house) browse() *browser {
	b := &browser{house: h}
	b.sessions = signin.NewSessions(h.service, h.store.Sessions(), false, slog.New(slog.DiscardHandler))
	b.site = httptest.NewServer(b.sessions.Handler(http.HandlerFunc(b.serve)))
	h.t.Cleanup(b.site.Close)
	b.forget()
	return b
}

// forget is another browser at the same site.
func (b *browser) forget() {
	jar, err := cookiejar.New(nil)
	b.ok(err)
	b.client = &http.Client{Jar: jar}
}

func (b *browser) serve(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	current, err := b.sessions.Current(ctx, here)
	if err == nil {
		switch r.URL.Path {
		case "/sign-in":
			var in signin.SignIn
			if in, err = b.service.Password(ctx, r.FormValue("email"), r.FormValue("password"), here); err == nil {
				err = b.sessions.Begin(ctx, in)
			}
		case "/code":
			var in signin.SignIn
			if in, err = b.service.Code(ctx, current.Person.ID, r.FormValue("code"), here); err == nil {
				err = b.sessions.Begin(ctx, in)
			}
		case "/act":
			var id int64
			fmt.Sscan(r.FormValue("grant"), &id)
			err = b.sessions.ActAs(ctx, current, id)
		case "/keep":
			b.sessions.KeepQueue(ctx, "which=disputed")
			b.sessions.KeepList(ctx, "ward=4B")
		case "/kept":
			fmt.Fprint(w, b.sessions.Queue(ctx)+"|"+b.sessions.List(ctx))
			return
		case "/out":
			err = b.sessions.End(ctx, current)
		case "/out-everywhere":
			err = b.service.EndSessions(ctx, current.Actor)
		case "/password":
			if err = b.service.ChangePassword(ctx, current.Actor, password, "violet harbour stone"); err == nil {
				err = b.sessions.Again(ctx, current)
			}
		case "/ask":
			b.sessions.ReturnTo(ctx, r.FormValue("page"))
		case "/next":
			fmt.Fprint(w, b.sessions.TakeReturn(ctx, current))
			return
		case "/screen":
			err = b.sessions.BeginScreen(ctx, r.FormValue("text"), here)
		case "/work":
			var address string
			var flow signin.Flow
			if address, flow, err = b.service.BeginWork(ctx); err == nil {
				b.sessions.KeepFlow(ctx, flow)
				fmt.Fprint(w, address)
				return
			}
		case signin.WorkBack:
			var in signin.SignIn
			if in, err = b.service.FinishWork(ctx, b.sessions.TakeFlow(ctx), r.URL.Query(), here); err == nil {
				err = b.sessions.Begin(ctx, in)
			}
		case "/me":
			fmt.Fprintf(w, "%s|%s|%s|%v", current.Actor.Who(), current.Actor.As(), current.Next, current.Ended)
			return
		}
	}
	if err != nil {
		http.Error(w, problem.Sentence(err), http.StatusForbidden)
	}
}

func (b *browser) get(path string, query ...string) string {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i < len(query); i += 2 {
		v.Set(query[i], query[i+1])
	}
	res, err := b.client.Get(b.site.URL + path + "?" + v.Encode())
	b.ok(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.ok(err)
	return strings.TrimSpace(string(body))
}

func (b *browser) want(path, want string) {
	b.t.Helper()
	if got := b.get(path); got != want {
		b.t.Errorf("%s says %q, want %q", path, got, want)
	}
}

func (b *browser) cookie() string {
	u, err := url.Parse(b.site.URL)
	b.ok(err)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == b.sessions.CookieName() {
			return c.Value
		}
	}
	return ""
}

// with asks with a cookie of the given value.
func (b *browser) with(value, path string) string {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.site.URL+path, nil)
	b.ok(err)
	r.AddCookie(&http.Cookie{Name: b.sessions.CookieName(), Value: value})
	res, err := http.DefaultClient.Do(r)
	b.ok(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.ok(err)
	return string(body)
}

const nobody = "nobody|||false"

func TestSessions(t *testing.T) {
	h := open(t).optional()
	p := h.add(email, people.Coordinator, "RZ1")
	g, err := people.NewGrant(people.Analyst, nil, h.service.Organisations())
	h.ok(err)
	second, err := h.store.AddGrant(t.Context(), people.Actor{Kind: people.Machine}, p.ID, g)
	h.ok(err)
	b := h.browse()
	signIn := func() {
		t.Helper()
		if said := b.get("/sign-in", "email", email, "password", password); said != "" {
			t.Fatal(said)
		}
	}
	t.Run("nobody gets no cookie", func(t *testing.T) {
		b.want("/me", nobody)
		if b.cookie() != "" {
			t.Error("a cookie was set")
		}
	})
	t.Run("a cookie of before sign-in opens nothing after it", func(t *testing.T) {
		b.get("/ask", "page", "/today?site=RZ1")
		planted := b.cookie()
		if planted == "" {
			t.Fatal("no cookie")
		}
		signIn()
		b.want("/me", email+"|Coordinator, RZ1||false")
		if got := b.with(planted, "/me"); got != nobody {
			t.Errorf("the planted cookie is %q", got)
		}
		b.want("/next", "/today?site=RZ1")
		b.want("/next", "/today")
	})
	t.Run("the database holds no cookie", func(t *testing.T) {
		for _, name := range []string{sqlite.FileName, sqlite.FileName + "-wal"} {
			text, err := os.ReadFile(filepath.Join(h.dir, name))
			if err == nil && strings.Contains(string(text), b.cookie()) {
				t.Errorf("%s holds it", name)
			}
		}
	})
	t.Run("acting as another role", func(t *testing.T) {
		before := b.cookie()
		b.get("/keep")
		if said := b.get("/act", "grant", "999"); !strings.Contains(said, "do not hold this role") {
			t.Error(said)
		}
		b.want("/kept", "which=disputed|ward=4B")
		b.get("/act", "grant", fmt.Sprint(second.ID))
		b.want("/me", email+"|Analyst||false")
		if b.cookie() == before || b.with(before, "/me") != nobody {
			t.Error("the cookie's value stayed")
		}
		b.want("/kept", "|") // What the other role looked at may be none of this one's.
	})
	t.Run("a role that is revoked is gone at the next page", func(t *testing.T) {
		h.ok(h.commands().UserRevoke(t.Context(), email, second.ID))
		b.want("/me", email+"|Coordinator, RZ1||false")
	})
	t.Run("signing out", func(t *testing.T) {
		before := b.cookie()
		b.get("/out")
		b.want("/me", nobody)
		if b.with(before, "/me") != nobody {
			t.Error("the old cookie still opens")
		}
	})
	t.Run("signing out everywhere", func(t *testing.T) {
		signIn()
		first := b.client
		b.forget()
		signIn()
		b.get("/out-everywhere")
		b.want("/me", "nobody|||true")
		b.client = first
		b.want("/me", "nobody|||true")
		b.want("/me", nobody)
	})
	t.Run("changing the password keeps this browser and no other", func(t *testing.T) {
		signIn()
		first := b.client
		b.forget()
		signIn()
		if said := b.get("/password"); said != "" {
			t.Fatal(said)
		}
		b.want("/me", email+"|Coordinator, RZ1||false")
		b.client = first
		b.want("/me", "nobody|||true")
		h.ok(h.service.ChangePassword(t.Context(), people.Actor{Kind: people.APerson, PersonID: p.ID, Address: here}, "violet harbour stone",
			password))
	})
	t.Run("a deactivated person is out at once", func(t *testing.T) {
		signIn()
		h.ok(h.commands().UserDeactivate(t.Context(), email, true))
		b.want("/me", "nobody|||true")
		h.ok(h.commands().UserDeactivate(t.Context(), email, false))
	})
	t.Run("with a code still to come nobody is signed in", func(t *testing.T) {
		code, _ := h.setUp(p)
		h.now = h.now.Add(time.Minute)
		signIn()
		b.want("/me", "nobody||code|false")
		before := b.cookie()
		if said := b.get("/act", "grant", "1"); !strings.Contains(said, "do not hold") {
			t.Error(said)
		}
		b.get("/code", "code", code())
		b.want("/me", email+"|Coordinator, RZ1||false")
		if b.with(before, "/me") != nobody {
			t.Error("the cookie of before the code still opens")
		}
	})
	t.Run("a screen link shows the call until it is revoked", func(t *testing.T) {
		b.forget()
		h.ok(h.commands().TokenAdd(t.Context(), people.ScreenLink, "Board room", 0, nil))
		text := h.link()
		if !strings.Contains(h.out.String(), "https://homeward.example.org/screen/hw_") {
			t.Error(h.out.String())
		}
		if said := b.get("/screen", "text", text[:len(text)-1]+"x"); said == "" {
			t.Error("a wrong link opens")
		}
		if said := b.get("/screen", "text", text); said != "" {
			t.Fatal(said)
		}
		id, _, _ := people.TokenID(text)
		b.want("/me", "screen link "+id+"|Board room||false")
		h.ok(h.commands().TokenRevoke(t.Context(), id))
		b.want("/me", "nobody|||true")
	})
}

func TestCookies(t *testing.T) {
	h := open(t).optional()
	h.add(email, people.Viewer)
	for _, secure := range []bool{false, true} {
		sessions := signin.NewSessions(h.service, h.store.Sessions(), secure, slog.New(slog.DiscardHandler))
		w := httptest.NewRecorder()
		sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			in, err := h.service.Password(r.Context(), email, password, here)
			h.ok(err)
			h.ok(sessions.Begin(r.Context(), in))
		})).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/sign-in", nil))
		c := w.Result().Cookies()[0]
		if !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 ||
			strings.HasPrefix(c.Name, "__Host-") != secure {
			t.Errorf("%+v", c)
		}
	}
}

func TestLocalPaths(t *testing.T) {
	for path, want := range map[string]bool{
		"/today": true, "/days?from=2026-01-01&last=13w#row": true, "/": true,
		"": false, "today": false, "//evil.example": false, "/\\evil.example": false, "https://evil.example/": false, "/\t/evil.example": false,
		"javascript:alert(1)": false, "/sign-in": false, "/sign-out": false, "/%2f/evil.example": false, "/x\n": false,
		"\\\\evil.example": false, "/" + strings.Repeat("x", 3000): false,
	} {
		if got := signin.LocalPath(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

func TestTokens(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	h.is(h.commands().TokenAdd(ctx, people.UploadToken, "nightly", 0, nil), problem.Invalid, "named providers")
	h.is(h.commands().TokenAdd(ctx, people.UploadToken, "nightly", 0, []string{"E10000099"}), problem.Invalid, "ODS code of a provider")
	h.is(h.commands().TokenAdd(ctx, people.FiguresToken, "board", 0, []string{"RZ1"}), problem.Invalid, "named providers")
	h.is(h.commands().TokenAdd(ctx, people.PasswordLink, "x", 0, nil), problem.Invalid, "upload, figures or screen")
	h.ok(h.commands().TokenAdd(ctx, people.UploadToken, "nightly", 30, []string{"RZ1"}))
	text := h.link()
	id, _, _ := people.TokenID(text)
	by, err := h.service.Program(ctx, text, here)
	if err != nil || by.Kind != people.AProgram || !by.May(people.TakeExtracts) || by.May(people.SeeFigures) || !by.Token.MayUpload("RZ1") ||
		by.Token.MayUpload("RZ2") || !by.Scope().Empty() {
		t.Errorf("%+v, %v", by, err)
	}
	if tok, err := h.store.Token(ctx, id); err != nil || !tok.LastUsed.Equal(h.now) {
		t.Error(tok, err)
	}
	wrong := []string{"", "x", text[:len(text)-1] + "x", "hw_" + id + "_" + strings.Repeat("0", 52)}
	h.ok(h.commands().TokenAdd(ctx, people.ScreenLink, "board room", 0, nil))
	wrong = append(wrong, h.link())
	var said string
	for _, w := range wrong {
		_, err := h.service.Program(ctx, w, here)
		h.is(err, problem.Forbidden, "not known, has expired or was revoked")
		if said != "" && said != err.Error() {
			t.Error(err)
		}
		said = err.Error()
	}
	if _, err := h.service.Screen(ctx, text, here); err == nil {
		t.Error("an upload token opens the screen")
	}
	h.now = h.now.AddDate(0, 0, 31)
	_, err = h.service.Program(ctx, text, here)
	h.is(err, problem.Forbidden, "expired")
	h.ok(h.commands().TokenList(ctx))
	if !strings.Contains(h.out.String(), "Expired") || strings.Contains(h.out.String(), text) {
		t.Error(h.out.String())
	}
	h.ok(h.commands().TokenRevoke(ctx, id))
	h.is(h.commands().TokenRevoke(ctx, id), problem.NotFound, "no such token in force")
}

func TestCommands(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	h.is(h.commands().UserAdd(ctx, "anne", "", people.Viewer, nil, false), problem.Invalid, "correct format")
	h.is(h.commands().UserAdd(ctx, email, "", people.Coordinator, []string{"RK9"}, false), problem.Invalid,
		"provider or council of the partnership file")
	h.is(h.commands().UserAdd(ctx, email, "", people.Viewer, nil, true), problem.Invalid, "Work accounts are not set up")
	h.ok(h.commands().UserAdd(ctx, email, "", people.Administrator, nil, false))
	h.is(h.commands().UserAdd(ctx, email, "", people.Viewer, nil, false), problem.Conflict, "already exists")
	h.ok(h.commands().UserGrant(ctx, email, people.Reviewer, []string{"E10000099"}))
	h.is(h.commands().UserGrant(ctx, "other@example.org", people.Viewer, nil), problem.NotFound, "no such user")
	h.ok(h.commands().UserList(ctx))
	if got := h.out.String(); !strings.Contains(got, "Administrator [1]; Reviewer, E10000099 [2]") ||
		!strings.Contains(got, "Waiting for a password") {
		t.Error(got)
	}
	h.is(h.commands().UserDeactivate(ctx, email, true), problem.Conflict, "only administrator")

	var out strings.Builder
	if whole, err := signin.AuditVerify(ctx, h.store, &out); err != nil || !whole ||
		!strings.Contains(out.String(), "The audit log is whole: ") {
		t.Error(whole, err, out.String())
	}
	out.Reset()
	h.ok(signin.AuditExport(ctx, h.store, audit.Filter{}, &out))
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); !strings.HasPrefix(lines[0], "number,at,who") ||
		!strings.Contains(lines[len(lines)-1], string(audit.AuditExported)) {
		t.Error(out.String())
	}
	h.ok(os.Remove(filepath.Join(h.dir, sqlite.HeadFileName)))
	out.Reset()
	if whole, err := signin.AuditVerify(ctx, h.store, &out); err != nil || whole || !strings.Contains(out.String(), "security lead") {
		t.Error(whole, err, out.String())
	}
	out.Reset()
	h.ok(signin.RetentionRun(ctx, h.store, h.now, 8, &out))
	if !strings.Contains(out.String(), "0 patients") {
		t.Error(out.String())
	}
	_, err := signin.Retention(ctx, h.store, h.now, 0)
	h.is(err, problem.Invalid, "one year or more")
}

// cutOff is a store whose rotation does not come back, as when the program is
// killed before or after the database took the new key.
type cutOff struct {
	signin.KeyStore
	after bool
}

func (c cutOff) RotateKey(ctx context.Context, by people.Actor, from, to *identity.Key) (int, error) {
	if c.after {
		if _, err := c.KeyStore.RotateKey(ctx, by, from, to); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("killed")
}

func TestKeyRotationCanBeCutOffAnywhere(t *testing.T) {
	for name, c := range map[string]struct{ after, changes bool }{"before the database took the key": {false, false},
		"after the database took the key": {true, true}} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			path := filepath.Join(h.dir, "key")
			before := h.service.Key.Fingerprint()
			if _, err := signin.RotateKey(t.Context(), cutOff{h.store, c.after}, path, people.Actor{Kind: people.Machine}); err == nil {
				t.Fatal("was not cut off")
			}
			key, err := signin.LoadKey(t.Context(), h.store, path, true)
			if err != nil || (key.Fingerprint() != before) != c.changes {
				t.Fatal(key, err)
			}
			noted, err := h.store.KeyFingerprint(t.Context())
			if err != nil || noted != key.Fingerprint() {
				t.Fatal(noted, err)
			}
			// What is left lets the next rotation through, once the former key is away.
			_ = os.Remove(path + signin.FormerKey)
			if _, err := signin.RotateKey(t.Context(), h.store, path, people.Actor{Kind: people.Machine}); err != nil {
				t.Fatal(err)
			}
			last, err := signin.LoadKey(t.Context(), h.store, path, false)
			if err != nil || last.Fingerprint() == key.Fingerprint() {
				t.Fatal(last, err)
			}
			if _, err := os.Stat(path + signin.NextKey); err == nil {
				t.Error("the next key's file is left")
			}
			if former, err := identity.LoadOrCreate(path+signin.FormerKey, false); err != nil || former.Fingerprint() != key.Fingerprint() {
				t.Error(former, err)
			}
			_, err = signin.RotateKey(t.Context(), h.store, path, people.Actor{Kind: people.Machine})
			h.is(err, problem.Conflict, "before the last rotation is still beside")
		})
	}
	t.Run("a lost or wrong key is named, and none is made in its place", func(t *testing.T) {
		h := open(t)
		path := filepath.Join(h.dir, "key")
		h.ok(os.Rename(path, path+".away"))
		_, err := signin.LoadKey(t.Context(), h.store, path, true)
		h.is(err, problem.Unavailable, "Figures still work")
		if _, err := os.Stat(path); err == nil {
			t.Error("a key was made")
		}
		_, err = identity.LoadOrCreate(path, true)
		h.ok(err)
		_, err = signin.LoadKey(t.Context(), h.store, path, true)
		h.is(err, problem.Conflict, "not the one")
	})
}

// sealedElsewhere is a store of before fingerprints that holds identifiers.
type sealedElsewhere struct{ signin.KeyStore }

func (sealedElsewhere) KeyFingerprint(context.Context) (string, error) { return "", nil }
func (sealedElsewhere) UseKey(context.Context, *identity.Key) error {
	return problem.New(problem.Unavailable, "sealed with another key")
}

func TestNoKeyIsLeftThatOpensNothing(t *testing.T) {
	h := open(t)
	path := filepath.Join(t.TempDir(), "key")
	_, err := signin.LoadKey(t.Context(), sealedElsewhere{h.store}, path, true)
	h.is(err, problem.Unavailable, "another key")
	if _, err := os.Stat(path); err == nil {
		t.Error("a key was left")
	}
	_, err = identity.LoadOrCreate(path, true)
	h.ok(err)
	_, err = signin.LoadKey(t.Context(), sealedElsewhere{h.store}, path, true)
	h.is(err, problem.Unavailable, "another key")
	if _, err := os.Stat(path); err != nil {
		t.Error("a key that was there is gone")
	}
}

func TestALostKeyKeepsNobodyFromFigures(t *testing.T) {
	h := open(t)
	h.add(email, people.Viewer)
	h.service.Key = nil
	in, err := h.signIn(email, password, here)
	if err != nil || in.Next != signin.Nothing {
		t.Fatal(in, err)
	}
	_, _, err = h.service.NewSecondFactor(in.Person)
	h.is(err, problem.Unavailable, "key file is missing")
}

// BenchmarkCheck is what every page pays before its own work: the session, the
// account with its roles, and the scope.
func BenchmarkCheck(b *testing.B) {
	h := open(b).optional()
	h.add(email, people.Coordinator, "RZ1")
	for i := range 200 {
		_, err := h.store.AddPerson(b.Context(), people.Actor{Kind: people.Machine}, people.Person{Email: fmt.Sprintf("p%d@example.org", i)})
		h.ok(err)
	}
	sessions := signin.NewSessions(h.service, h.store.Sessions(), false, slog.New(slog.DiscardHandler))
	var value string
	handler := sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if value == "" {
			in, err := h.service.Password(r.Context(), email, password, here)
			h.ok(err)
			h.ok(sessions.Begin(r.Context(), in))
			return
		}
		c, err := sessions.Current(r.Context(), here)
		if err != nil || c.Actor.Scope().Empty() {
			b.Fatal(c, err)
		}
	}))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	value = w.Result().Cookies()[0].Value
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: sessions.CookieName(), Value: value})
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}
