package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"homeward/internal/audit"
	"homeward/internal/config"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// WorkBack is the path that the OpenID provider sends the browser back to,
// below Homeward's own address.
const WorkBack = "/sign-in/work/back"

// Work is an OpenID provider, found by discovery when it is first needed and
// again until it answers. Sign-in is by code flow with PKCE, state and nonce.
type Work struct {
	Config config.WorkAccount
	secret string
	client *http.Client

	mu       sync.Mutex
	provider *oidc.Provider
}

// NewWork makes a Work; it reads the client secret's file and asks nothing of
// the provider yet. client is what requests are made with; nil means one that
// gives up after ten seconds.
func NewWork(c config.WorkAccount, client *http.Client) (*Work, error) {
	secret, err := os.ReadFile(c.ClientSecretFile)
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The client secret's file (sign_in.work_account.client_secret_file) could not be "+
			"read. Check its path and permissions")
	}
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second}
	}
	return &Work{Config: c, secret: strings.TrimSpace(string(secret)), client: client}, nil
}

// discovered gives the provider as it describes itself.
func (w *Work) discovered(ctx context.Context) (*oidc.Provider, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.provider != nil {
		return w.provider, nil
	}
	// The provider keeps this context for fetching keys later, so it must not
	// end with the request.
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), w.client), w.Config.Issuer)
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "Your work account's sign-in service could not be reached. Try again in a minute")
	}
	w.provider = p
	return p, nil
}

func (w *Work) registration(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: w.Config.ClientID, ClientSecret: w.secret, Endpoint: p.Endpoint(),
		RedirectURL: w.Config.Address + WorkBack,
		Scopes:      append([]string{oidc.ScopeOpenID}, w.Config.Scopes...),
	}
}

// Flow is one sign-in under way at the provider, kept in the browser's session.
type Flow struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Began    int64  `json:"began"` // Unix seconds
}

// String gives the flow as a session keeps it.
func (f Flow) String() string {
	text, _ := json.Marshal(f) // Texts and a number always marshal.
	return string(text)
}

func parseFlow(text string) Flow {
	var f Flow
	if json.Unmarshal([]byte(text), &f) != nil {
		return Flow{}
	}
	return f
}

// BeginWork gives the address to send the browser to and the flow to keep
// meanwhile.
func (s *Service) BeginWork(ctx context.Context) (string, Flow, error) {
	if s.Work == nil {
		return "", Flow{}, problem.New(problem.NotFound, "Work accounts are not set up here. Sign in with your email address and password.")
	}
	p, err := s.Work.discovered(ctx)
	if err != nil {
		return "", Flow{}, err
	}
	f := Flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Began: s.Now().Unix()}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	if levels := s.Work.Config.Levels; len(levels) > 0 {
		opts = append(opts, oauth2.SetAuthURLParam("acr_values", strings.Join(levels, " ")))
	}
	return s.Work.registration(p).AuthCodeURL(f.State, opts...), f, nil
}

// refused is the answer to everything about a work account's sign-in that does
// not fit; the cause is for the operator's log.
func refused(cause error) error {
	return problem.Wrap(cause, problem.Forbidden, "Signing in with your work account was not finished. Start again")
}

type unfit string

func (u unfit) Error() string { return string(u) }

// FinishWork takes the provider's answer, the query of the request to
// WorkBack, for the flow that was kept. The claims give the person's roles
// anew at each sign-in. The error is a Forbidden problem when the answer does
// not fit the flow or gives no role.
func (s *Service) FinishWork(ctx context.Context, f Flow, answer url.Values, address string) (SignIn, error) {
	claims, err := s.workClaims(ctx, f, answer)
	if err != nil {
		if problem.KindOf(err) == problem.Forbidden {
			err = s.noted(ctx, err, address)
		}
		return SignIn{}, err
	}
	p, err := s.workPerson(ctx, claims, address)
	if err != nil {
		return SignIn{}, err
	}
	out := SignIn{Person: p, How: "work account"}
	return out, s.signedIn(ctx, out, address)
}

// noted records a refusal and gives it back.
func (s *Service) noted(ctx context.Context, refusal error, address string) error {
	if err := s.Store.Record(ctx, audit.Entry{Who: "nobody", What: audit.SignInRefused, From: address, After: "work account"}); err != nil {
		return err
	}
	return refusal
}

// identityClaims are what the provider says of a person, in one place whether
// it says it in the ID token or at its user-information address.
type identityClaims struct {
	issuer, subject string
	all             map[string]any
}

func (s *Service) workClaims(ctx context.Context, f Flow, answer url.Values) (*identityClaims, error) {
	if s.Work == nil {
		return nil, refused(unfit("work accounts are not set up"))
	}
	same := func(a, b string) bool { return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	if !same(f.State, answer.Get("state")) {
		return nil, refused(unfit("the state is not that of this browser"))
	}
	if s.Now().Sub(time.Unix(f.Began, 0)) > stepTime {
		return nil, refused(unfit("the sign-in took too long"))
	}
	// RFC 6749, 3.1: no word may be said twice.
	for word, said := range answer {
		if len(said) > 1 {
			return nil, refused(unfit("the answer says " + strconv.Quote(word) + " more than once"))
		}
	}
	p, err := s.Work.discovered(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Work.ofIssuer(p, answer); err != nil {
		return nil, refused(err)
	}
	if code := answer.Get("error"); code != "" {
		return nil, refused(unfit("the provider answered with an error"))
	}
	ctx = oidc.ClientContext(ctx, s.Work.client)
	token, err := s.Work.registration(p).Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return nil, refused(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.VerifierContext(ctx, &oidc.Config{ClientID: s.Work.Config.ClientID, Now: s.Now}).Verify(ctx, raw)
	if err != nil {
		return nil, refused(err)
	}
	if err := s.Work.forUs(id); err != nil {
		return nil, refused(err)
	}
	if !same(f.Nonce, id.Nonce) {
		return nil, refused(unfit("the nonce is not that of this browser"))
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return nil, refused(err)
		}
	}
	out := &identityClaims{issuer: id.Issuer, subject: id.Subject, all: map[string]any{}}
	if err := id.Claims(&out.all); err != nil {
		return nil, refused(err)
	}
	if levels := s.Work.Config.Levels; len(levels) > 0 && !slices.ContainsFunc(out.texts("acr"),
		func(l string) bool { return slices.Contains(levels, l) }) {
		return nil, refused(unfit("the level of the sign-in (acr) is not one of those asked for"))
	}
	return out, s.addUserInfo(ctx, p, token, out)
}

// ofIssuer refuses an answer of another provider, which must not be taken for
// this one's, and one that does not say whose it is where the provider has said
// that it always does (RFC 9207).
func (w *Work) ofIssuer(p *oidc.Provider, answer url.Values) error {
	var described struct {
		Says bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.Claims(&described); err != nil {
		return err
	}
	switch iss := answer.Get("iss"); {
	case iss == "" && (described.Says || answer.Has("iss")):
		return unfit("the answer does not say its issuer, which this provider always says")
	case iss != "" && iss != w.Config.Issuer:
		return unfit("the answer is of another issuer")
	}
	return nil
}

// forUs refuses an ID token that was made for another client, or that names
// nobody (OpenID Connect Core, 2 and 3.1.3.7): the library checks that this
// client is among those that it is for, not that it was given to this one.
func (w *Work) forUs(id *oidc.IDToken) error {
	var claims struct {
		Party *string `json:"azp"`
	}
	if err := id.Claims(&claims); err != nil {
		return err
	}
	switch {
	case claims.Party != nil && *claims.Party != w.Config.ClientID:
		return unfit("the token was given to another client (azp)")
	case claims.Party == nil && len(id.Audience) > 1:
		return unfit("the token is for several clients and does not say whom it was given to (azp)")
	case strings.TrimSpace(id.Subject) == "" || len(id.Subject) > 255:
		return unfit("the token names nobody (sub)")
	}
	return nil
}

// addUserInfo adds what the provider says at its user-information address when
// the ID token lacks a claim that is read. What the signed token says stands.
func (s *Service) addUserInfo(ctx context.Context, p *oidc.Provider, token *oauth2.Token, c *identityClaims) error {
	wanted := []string{s.Work.Config.EmailClaim, s.Work.Config.NameClaim}
	for _, r := range s.Work.Config.Roles {
		wanted = append(wanted, r.Claim)
	}
	if p.UserInfoEndpoint() == "" || !slices.ContainsFunc(wanted, func(name string) bool { return c.texts(name) == nil }) {
		return nil
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return refused(err)
	}
	if info.Subject != c.subject {
		return refused(unfit("the user information is of another person"))
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return refused(err)
	}
	for name, value := range more {
		if _, ok := c.all[name]; !ok {
			c.all[name] = value
		}
	}
	return nil
}

// texts gives a claim's value or values as texts, nil when there is none. Dots
// reach into objects, after the whole name was tried: names of claims can hold
// dots.
func (c *identityClaims) texts(name string) []string { return textsOf(c.all, name) }

func textsOf(object map[string]any, name string) []string {
	value, ok := object[name]
	if !ok {
		for i := range name {
			if name[i] != '.' {
				continue
			}
			if inner, is := object[name[:i]].(map[string]any); is {
				if found := textsOf(inner, name[i+1:]); found != nil {
					return found
				}
			}
		}
		return nil
	}
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		out := []string{}
		for _, one := range v {
			if text, is := one.(string); is {
				out = append(out, text)
			}
		}
		return out
	default:
		return nil
	}
}

func (c *identityClaims) text(name string) string {
	if found := c.texts(name); len(found) > 0 {
		return found[0]
	}
	return ""
}

// verified says whether the provider vouches for the e-mail address: yes, no,
// or nothing said. Some providers write the truth as a text.
func (c *identityClaims) verified() (yes, no bool) {
	switch v := c.all["email_verified"].(type) {
	case bool:
		return v, !v
	case string:
		return v == "true", v != "true"
	}
	return false, false
}

// grants gives the roles that the claims give.
func (s *Service) grants(c *identityClaims) ([]people.Grant, error) {
	var out []people.Grant
	for _, r := range s.Work.Config.Roles {
		if !slices.Contains(c.texts(r.Claim), r.Value) {
			continue
		}
		g, err := people.NewGrant(people.Role(r.Role), r.Organisations, s.Organisations())
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// workPerson gives the account of a person whom the provider vouches for, with
// the roles that the claims give. An account is known by the provider's own
// name for the person (issuer and subject) and never by e-mail address alone,
// because addresses are given to other people and some providers let people
// write their own.
func (s *Service) workPerson(ctx context.Context, c *identityClaims, address string) (people.Person, error) {
	grants, err := s.grants(c)
	if err != nil {
		return people.Person{}, err
	}
	p, err := s.Store.PersonBySubject(ctx, c.issuer, c.subject)
	if problem.KindOf(err) == problem.NotFound {
		p, err = s.newWorkPerson(ctx, c, grants, address)
	}
	if err != nil {
		return p, err
	}
	if p.Deactivated {
		return p, s.noted(ctx, problem.New(problem.Forbidden, "Your account here is deactivated. Contact %s.", s.help()), address)
	}
	by := s.actor(p, people.Grant{}, address)
	if err := s.Store.ReplaceWorkGrants(ctx, by, p.ID, grants); err != nil {
		return p, err
	}
	return s.Store.Person(ctx, p.ID)
}

func (s *Service) newWorkPerson(ctx context.Context, c *identityClaims, grants []people.Grant, address string) (people.Person, error) {
	var none people.Person
	email, err := people.NormaliseEmail(c.text(s.Work.Config.EmailClaim))
	yes, no := c.verified()
	if err != nil || no {
		return none, s.noted(ctx, problem.New(problem.Forbidden, "Your work account gives no email address that can be used here. Contact %s.",
			s.help()), address)
	}
	p, err := s.Store.PersonByEmail(ctx, email)
	switch {
	case err == nil && p.AwaitsWorkAccount && yes:
	case err == nil:
		return none, s.noted(ctx, problem.New(problem.Conflict, "A user with this email address already exists and is not tied to your work "+
			"account. Contact %s.", s.help()), address)
	case problem.KindOf(err) != problem.NotFound:
		return none, err
	case len(grants) == 0:
		return none, s.noted(ctx, problem.New(problem.Forbidden, "Your work account gives you no role here. Ask %s to give you one.", s.help()),
			address)
	default:
		name := c.text(s.Work.Config.NameClaim)
		if name == "" {
			name = email
		}
		// Until it is tied it waits for that, so that a stop between the two can be
		// made good at the next sign-in.
		p = people.Person{Email: email, Name: name, AwaitsWorkAccount: true}
		by := people.Actor{Kind: people.APerson, Email: email, Name: name, Address: address}
		if p.ID, err = s.Store.AddPerson(ctx, by, p); err != nil {
			return none, err
		}
	}
	if err := s.Store.TieWorkAccount(ctx, s.actor(p, people.Grant{}, address), p.ID, c.issuer, c.subject); err != nil {
		return none, err
	}
	return p, nil
}
