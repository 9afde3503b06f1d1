package journey

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/config"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/signin"
)

// The provider of these tests is oidc-provider, certified by the OpenID
// Foundation, in a process of its own: testdata/provider.mjs.

const (
	clientID = "homeward"
	secret   = "a secret of the tests"
)

// claims of one person at the provider.
type claims map[string]any

// provider starts a provider that knows the people, and sets the house up to
// use it. In continuous integration it must start; at the desk the tests are
// left out where npm's packages are not installed.
func (b *browser) provider(known map[string]claims, atUserInfoOnly bool, levels ...string) {
	b.t.Helper()
	if _, err := os.Stat("../../../node_modules/oidc-provider"); err != nil {
		if os.Getenv("CI") != "" {
			b.t.Fatal("node_modules/oidc-provider is not there; run: npm ci")
		}
		b.t.Skip("node_modules/oidc-provider is not there; run: npm ci")
	}
	setup, err := json.Marshal(map[string]any{"client_id": clientID, "client_secret": secret,
		"redirect": b.site.URL + signin.WorkBack, "people": known, "claims_at_userinfo_only": atUserInfoOnly})
	b.ok(err)
	command := exec.Command("node", "testdata/provider.mjs", string(setup))
	stdin, err := command.StdinPipe()
	b.ok(err)
	stdout, err := command.StdoutPipe()
	b.ok(err)
	b.ok(command.Start())
	b.t.Cleanup(func() {
		_ = stdin.Close() // It ends when its input does.
		_ = command.Wait()
	})
	issuer, err := bufio.NewReader(stdout).ReadString('\n')
	b.ok(err)
	file := filepath.Join(b.t.TempDir(), "client-secret")
	b.ok(os.WriteFile(file, []byte(secret+"\n"), 0o600))
	c := &config.WorkAccount{
		Issuer: strings.TrimSpace(issuer), ClientID: clientID, ClientSecretFile: file, Address: b.site.URL,
		Scopes: config.List{"email", "profile"}, EmailClaim: "email", NameClaim: "name", Levels: levels,
		Roles: []config.ClaimRole{
			{Claim: "groups", Value: "HW-Northgate-Coordinators", Role: "coordinator", Organisations: config.List{"RZ1"}},
			{Claim: "groups", Value: "HW-Analysts", Role: "analyst"},
			{Claim: "groups", Value: "HW-Council-Reviewers", Role: "reviewer", Organisations: config.List{"E10000099"}},
		},
	}
	b.service.Partnership().SignIn.WorkAccount = c
	b.service.Work, err = signin.NewWork(*c, nil)
	b.ok(err)
}

// away goes to the provider and signs in there, and gives the address at which
// the provider sends the browser back, without going there.
func (b *browser) away(login string) string {
	b.t.Helper()
	address := b.get("/work")
	if !strings.HasPrefix(address, "http") {
		b.t.Fatalf("the way to the provider is %q", address)
	}
	return b.atProvider(address, login)
}

func (b *browser) atProvider(address, login string) string {
	b.t.Helper()
	// The provider's cookies are not ours, and each sign-in is by a new person.
	jar, err := cookiejar.New(nil)
	b.ok(err)
	client := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	var back string
	done := errors.New("sent back")
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), b.site.URL) {
			back = r.URL.String()
			return done
		}
		return nil
	}
	res, err := client.Get(address)
	for range 5 {
		if errors.Is(err, done) {
			return back
		}
		b.ok(err)
		page, err2 := goquery.NewDocumentFromReader(res.Body)
		b.ok(err2)
		_ = res.Body.Close()
		form := page.Find("form").First()
		action, ok := form.Attr("action")
		if !ok {
			b.t.Fatalf("no form at the provider: %s", page.Text())
		}
		values := url.Values{}
		form.Find("input[name]").Each(func(_ int, i *goquery.Selection) {
			values.Set(i.AttrOr("name", ""), i.AttrOr("value", ""))
		})
		if values.Has("login") {
			values.Set("login", login)
			values.Set("password", "any")
		}
		next, err3 := res.Request.URL.Parse(action)
		b.ok(err3)
		res, err = client.PostForm(next.String(), values)
	}
	b.t.Fatal("the provider does not send the browser back")
	return ""
}

// back goes where the provider sends the browser, and gives what Homeward says.
func (b *browser) back(address string) string {
	b.t.Helper()
	u, err := url.Parse(address)
	b.ok(err)
	var query []string
	for k := range u.Query() {
		query = append(query, k, u.Query().Get(k))
	}
	return b.get(u.Path, query...)
}

// changed gives an address with one word of its query changed; the empty value
// takes the word out.
func changed(address, word, value string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	q := u.Query()
	q.Set(word, value)
	if value == "" {
		q.Del(word)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func TestWorkAccounts(t *testing.T) {
	for name, atUserInfoOnly := range map[string]bool{"claims in the ID token": false, "claims at the user-information address": true} {
		t.Run(name, func(t *testing.T) {
			b := open(t).browse()
			b.provider(map[string]claims{
				"anne": {"name": "Anne Example", "email": "Anne@Trust.Example.org", "email_verified": true,
					"groups": []string{"Everyone", "HW-Northgate-Coordinators", "HW-Analysts"}},
				"billy": {"name": "Billy", "email": "billy@trust.example.org", "email_verified": true, "groups": []string{"Everyone"}},
				"carol": {"name": "Carol", "email": "carol@trust.example.org", "email_verified": false, "groups": []string{"HW-Analysts"}},
				"dora":  {"name": "Dora", "email": "anne@trust.example.org", "email_verified": true, "groups": []string{"HW-Analysts"}},
				"erin":  {"email": "erin@trust.example.org", "email_verified": true, "groups": "HW-Council-Reviewers"},
			}, atUserInfoOnly)
			t.Run("signs in with the roles that the claims give", func(t *testing.T) {
				b.t = t
				if said := b.back(b.away("anne")); said != "" {
					t.Fatal(said)
				}
				b.want("/me", email+"|Coordinator, RZ1||false")
				p, err := b.store.PersonByEmail(t.Context(), email)
				b.ok(err)
				if len(p.Grants) != 2 || p.Grants[1].Role != people.Analyst || !p.WorkAccount || p.Name != "Anne Example" {
					t.Errorf("%+v", p)
				}
			})
			t.Run("roles follow the claims at each sign-in", func(t *testing.T) {
				b.t = t
				b.service.Work.Config.Roles = b.service.Work.Config.Roles[1:]
				defer func() { b.service.Work.Config.Roles = b.service.Partnership().SignIn.WorkAccount.Roles }()
				b.forget()
				if said := b.back(b.away("anne")); said != "" {
					t.Fatal(said)
				}
				b.want("/me", email+"|Analyst||false")
			})
			t.Run("no role, no entry", func(t *testing.T) {
				b.t = t
				b.forget()
				if said := b.back(b.away("billy")); !strings.Contains(said, "no role here. Ask Sam") {
					t.Error(said)
				}
				b.want("/me", nobody)
				if _, err := b.store.PersonByEmail(t.Context(), "billy@trust.example.org"); problem.KindOf(err) != problem.NotFound {
					t.Errorf("an account was made: %v", err)
				}
			})
			t.Run("an address that the provider does not vouch for", func(t *testing.T) {
				b.t = t
				b.forget()
				if said := b.back(b.away("carol")); !strings.Contains(said, "no email address that can be used") {
					t.Error(said)
				}
			})
			t.Run("another person with the same address does not get the account", func(t *testing.T) {
				b.t = t
				b.forget()
				if said := b.back(b.away("dora")); !strings.Contains(said, "already exists and is not tied") {
					t.Error(said)
				}
				b.want("/me", nobody)
			})
			t.Run("an account that waits for it is tied, once", func(t *testing.T) {
				b.t = t
				b.forget()
				b.ok(b.commands().UserAdd(t.Context(), "erin@trust.example.org", "Erin", people.Viewer, nil, true))
				if strings.Contains(b.out.String(), "hw_") {
					t.Error("a password link was printed")
				}
				if said := b.back(b.away("erin")); said != "" {
					t.Fatal(said)
				}
				p, err := b.store.PersonByEmail(t.Context(), "erin@trust.example.org")
				b.ok(err)
				if !p.WorkAccount || p.AwaitsWorkAccount || len(p.Grants) != 2 {
					t.Errorf("%+v", p)
				}
			})
			t.Run("a deactivated person", func(t *testing.T) {
				b.t = t
				b.forget()
				b.ok(b.commands().UserDeactivate(t.Context(), "erin@trust.example.org", true))
				if said := b.back(b.away("erin")); !strings.Contains(said, "deactivated") {
					t.Error(said)
				}
			})
		})
	}
}

func TestWorkAccountAnswersThatDoNotFit(t *testing.T) {
	b := open(t).browse()
	b.provider(map[string]claims{"anne": {"name": "Anne", "email": email, "email_verified": true, "groups": []string{"HW-Analysts"}}}, false)
	const refused = "Signing in with your work account was not finished. Start again"
	for name, change := range map[string]func(string) string{
		"another state":       func(a string) string { return changed(a, "state", "x") },
		"no state":            func(a string) string { return changed(a, "state", "") },
		"another issuer":      func(a string) string { return changed(a, "iss", "https://evil.example.org") },
		"another code":        func(a string) string { return changed(a, "code", "x") },
		"no code":             func(a string) string { return changed(a, "code", "") },
		"the provider's no":   func(a string) string { return changed(changed(a, "code", ""), "error", "access_denied") },
		"an error and a code": func(a string) string { return changed(a, "error", "access_denied") },
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			b.forget()
			if said := b.back(change(b.away("anne"))); said != refused {
				t.Errorf("%q", said)
			}
			b.want("/me", nobody)
		})
	}
	t.Run("an answer for another browser", func(t *testing.T) {
		b.t = t
		b.forget()
		address := b.away("anne")
		b.forget()
		if said := b.back(address); said != refused {
			t.Errorf("%q", said)
		}
		b.forget()
		_ = b.away("anne") // This browser is on its way too.
		if said := b.back(address); said != refused {
			t.Errorf("%q", said)
		}
	})
	t.Run("the same answer twice", func(t *testing.T) {
		b.t = t
		b.forget()
		address := b.away("anne")
		if said := b.back(address); said != "" {
			t.Fatal(said)
		}
		b.forget()
		if said := b.back(address); said != refused {
			t.Errorf("%q", said)
		}
	})
	t.Run("a code without the verifier of this browser", func(t *testing.T) {
		b.t = t
		b.forget()
		address, flow, err := b.service.BeginWork(t.Context())
		b.ok(err)
		u, err := url.Parse(b.atProvider(address, "anne"))
		b.ok(err)
		other := flow
		other.Verifier += "x"
		_, err = b.service.FinishWork(t.Context(), other, u.Query(), here)
		b.is(err, problem.Forbidden, "not finished")
	})
	t.Run("an ID token with another nonce", func(t *testing.T) {
		b.t = t
		address, flow, err := b.service.BeginWork(t.Context())
		b.ok(err)
		u, err := url.Parse(b.atProvider(address, "anne"))
		b.ok(err)
		flow.Nonce = "another"
		_, err = b.service.FinishWork(t.Context(), flow, u.Query(), here)
		b.is(err, problem.Forbidden, "not finished")
		if !strings.Contains(err.Error(), "nonce") {
			t.Error(err)
		}
	})
	t.Run("an answer that comes too late", func(t *testing.T) {
		b.t = t
		address, flow, err := b.service.BeginWork(t.Context())
		b.ok(err)
		u, err := url.Parse(b.atProvider(address, "anne"))
		b.ok(err)
		flow.Began -= 3600
		_, err = b.service.FinishWork(t.Context(), flow, u.Query(), here)
		b.is(err, problem.Forbidden, "not finished")
	})
	t.Run("a client secret that the provider does not know", func(t *testing.T) {
		b.t = t
		c := b.service.Work.Config
		c.ClientSecretFile = filepath.Join(t.TempDir(), "other")
		b.ok(os.WriteFile(c.ClientSecretFile, []byte("another"), 0o600))
		known := b.service.Work
		defer func() { b.service.Work = known }()
		var err error
		b.service.Work, err = signin.NewWork(c, nil)
		b.ok(err)
		b.forget()
		if said := b.back(b.away("anne")); said != refused {
			t.Errorf("%q", said)
		}
	})
}

func TestWorkAccountLevels(t *testing.T) {
	b := open(t).browse()
	b.provider(map[string]claims{"anne": {"name": "Anne", "email": email, "email_verified": true, "groups": []string{"HW-Analysts"}}}, false,
		"AAL3_ANY")
	// The provider's own sign-in page gives no level, so the answer lacks it.
	if said := b.back(b.away("anne")); !strings.Contains(said, "not finished") {
		t.Errorf("%q", said)
	}
	b.want("/me", nobody)
}

func TestWorkAccountProviderThatIsAway(t *testing.T) {
	b := open(t).browse()
	file := filepath.Join(t.TempDir(), "client-secret")
	b.ok(os.WriteFile(file, []byte(secret), 0o600))
	var err error
	b.service.Work, err = signin.NewWork(config.WorkAccount{Issuer: "http://127.0.0.1:1", ClientSecretFile: file}, nil)
	b.ok(err)
	_, _, err = b.service.BeginWork(t.Context())
	b.is(err, problem.Unavailable, "could not be reached")
	_, err = signin.NewWork(config.WorkAccount{ClientSecretFile: file + ".none"}, nil)
	b.is(err, problem.Unavailable, "client_secret_file")
	b.service.Work = nil
	_, _, err = b.service.BeginWork(t.Context())
	b.is(err, problem.NotFound, "not set up")
}
