// Package signin holds the use cases of signing in: passwords and second
// factors, work accounts through an OpenID provider, sessions, tokens and
// screen links, the key of identifiers, and what the command line does with
// accounts. The rules are package people's, the tables package sqlite's, and
// pages package web's; every act here is in the audit log.
package signin

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"homeward/internal/audit"
	"homeward/internal/config"
	"homeward/internal/identity"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// Accounts keeps accounts and their roles.
type Accounts interface {
	People(ctx context.Context) ([]people.Person, error)
	Person(ctx context.Context, id int64) (people.Person, error)
	PersonByEmail(ctx context.Context, email string) (people.Person, error)
	PersonBySubject(ctx context.Context, issuer, subject string) (people.Person, error)
	AddPerson(ctx context.Context, by people.Actor, p people.Person, links ...people.Token) (int64, error)
	SetDeactivated(ctx context.Context, by people.Actor, id int64, deactivated bool) error
	AddGrant(ctx context.Context, by people.Actor, id int64, g people.Grant) (people.Grant, error)
	RevokeGrant(ctx context.Context, by people.Actor, id, grant int64) error
	ReplaceWorkGrants(ctx context.Context, by people.Actor, id int64, grants []people.Grant) error
	TieWorkAccount(ctx context.Context, by people.Actor, id int64, issuer, subject string) error
	SignedIn(ctx context.Context, by people.Actor, how string) error
	EndSessions(ctx context.Context, by people.Actor, id int64) error
	SetFirstPage(ctx context.Context, id int64, path string) error
}

// Secrets keeps what people sign in with.
type Secrets interface {
	Credentials(ctx context.Context, email string) (people.Credentials, bool, error)
	CredentialsOf(ctx context.Context, id int64) (people.Credentials, error)
	SetPassword(ctx context.Context, by people.Actor, id int64, hash, link string) error
	Rehash(ctx context.Context, id int64, was, hash string) error
	SetSecondFactor(ctx context.Context, by people.Actor, id int64, sealed []byte, step int64, recovery [][]byte) error
	UseStep(ctx context.Context, id, step int64) (bool, error)
	UseRecoveryCode(ctx context.Context, by people.Actor, id int64, hash []byte) (bool, error)
}

// Attempts decides on attempts to sign in, and remembers them.
type Attempts interface {
	BeginAttempt(ctx context.Context, account, address string, t people.Throttle) (id int64, until time.Time, err error)
	AttemptRight(ctx context.Context, id int64) error
}

// Tokens keeps tokens, screen links and password links.
type Tokens interface {
	AddToken(ctx context.Context, by people.Actor, t people.Token) error
	Token(ctx context.Context, id string) (people.Token, error)
	Tokens(ctx context.Context) ([]people.Token, error)
	RevokeToken(ctx context.Context, by people.Actor, id string) error
	TokenUsed(ctx context.Context, at time.Time, t people.Token) error
}

// Log is the audit log.
type Log interface {
	Record(ctx context.Context, entries ...audit.Entry) error
}

// Store is everything that signing in keeps.
type Store interface {
	Accounts
	Secrets
	Attempts
	Tokens
	Log
}

// Service signs people in. Every field without a stated default must be given.
// It is safe for concurrent use.
type Service struct {
	Store Store
	// Key seals the secrets of authenticator apps. It is nil when the key file
	// is lost: then codes cannot be checked, recovery codes still work, and
	// nobody is made to set up a second factor.
	Key *identity.Key
	// Hasher hashes passwords; the default is people.StrongHasher.
	Hasher *people.Hasher
	// Throttle is people.DefaultThrottle when zero.
	Throttle people.Throttle
	// partnership says who takes part and how people sign in.
	partnership atomic.Pointer[config.Partnership]
	// Work is the OpenID provider, nil when only local accounts exist.
	Work *Work
	// Now is the clock.
	Now func() time.Time

	firstRun, doors onceOnly
}

// New makes a Service with the defaults for a partnership.
func New(store Store, key *identity.Key, p *config.Partnership, now func() time.Time) *Service {
	s := &Service{Store: store, Key: key, Hasher: people.StrongHasher(), Throttle: people.DefaultThrottle, Now: now}
	s.Use(p)
	return s
}

// Partnership says who takes part and how people sign in.
func (s *Service) Partnership() *config.Partnership { return s.partnership.Load() }

// Use has another partnership take the place of the one so far.
func (s *Service) Use(p *config.Partnership) { s.partnership.Store(p) }

// organisations adapts a partnership to what package people asks.
type organisations struct{ *config.Partnership }

// SideOf gives the side of an organisation's code.
func (o organisations) SideOf(code string) people.Side {
	switch o.Partnership.SideOf(code) {
	case "provider":
		return people.ProviderSide
	case "council":
		return people.CouncilSide
	default:
		return people.Whole
	}
}

// Organisations gives the partnership's organisations, to make grants with.
func (s *Service) Organisations() people.Organisations { return organisations{s.Partnership()} }

// Help gives whom to ask, in words that end a sentence.
func (s *Service) help() string {
	if s.Partnership().SignIn.Help != "" {
		return s.Partnership().SignIn.Help
	}
	return "your administrator"
}

// Next is what a person has to do next to be signed in.
type Next string

// The next steps. Nothing: the person is signed in.
const (
	Nothing           Next = ""
	EnterCode         Next = "code"
	SetUpSecondFactor Next = "set up"
)

// SignIn is how far a person has come.
type SignIn struct {
	Person people.Person
	Next   Next
	// How says how they signed in, for the audit log: "password", "password and
	// code", "work account".
	How string
}

// wrong is the one answer to everything that must not tell an account from
// none.
func wrong() error {
	return problem.New(problem.Forbidden, "Email address or password is incorrect")
}

func (s *Service) putOff(until time.Time) error {
	minutes := max(1, int(until.Sub(s.Now()).Round(time.Minute)/time.Minute))
	wait := fmt.Sprintf("%d minutes", minutes)
	switch {
	case minutes == 1:
		wait = "a minute"
	case minutes > 90:
		wait = fmt.Sprintf("%d hours", (minutes+59)/60)
	}
	return problem.New(problem.Unavailable, "Too many attempts. Try again in %s, or contact %s", wait, s.help())
}

// Password checks an e-mail address and a password as typed, from a network
// address. The errors are Invalid problems for what was left out, a Forbidden
// problem that is the same for no account, a wrong password and an account
// that was deactivated, and an Unavailable problem when there were too many
// attempts.
func (s *Service) Password(ctx context.Context, typed, password, address string) (SignIn, error) {
	email, err := people.NormaliseEmail(typed)
	if err != nil {
		return SignIn{}, err
	}
	if password == "" {
		return SignIn{}, problem.New(problem.Invalid, "Enter your password")
	}
	if len(password) > 4*people.MaxPassword {
		password = password[:4*people.MaxPassword+1] // Longer than any that can be chosen: wrong, at a bounded cost.
	}
	attempt, until, err := s.Store.BeginAttempt(ctx, email, address, s.Throttle)
	if err != nil {
		return SignIn{}, err
	}
	if !until.IsZero() {
		return SignIn{}, s.putOff(until)
	}
	c, known, err := s.Store.Credentials(ctx, email)
	if err != nil {
		return SignIn{}, err
	}
	right, again := s.Hasher.Verify(password, c.PasswordHash)
	if !right || !known || c.Deactivated {
		e := audit.Entry{Who: "nobody", What: audit.SignInRefused, From: address, After: "no such account"}
		if known {
			e.Who, e.Record, e.After = email, email, "wrong password"
			if c.Deactivated {
				e.After = "deactivated account"
			} else if !c.HasPassword {
				e.After = "no password chosen yet"
			}
		}
		if err := s.Store.Record(ctx, e); err != nil {
			return SignIn{}, err
		}
		return SignIn{}, wrong()
	}
	if err := s.Store.AttemptRight(ctx, attempt); err != nil {
		return SignIn{}, err
	}
	if again {
		if err := s.Store.Rehash(ctx, c.ID, c.PasswordHash, s.Hasher.Hash(password)); err != nil {
			return SignIn{}, err
		}
	}
	out := SignIn{Person: c.Person, How: "password"}
	switch {
	case c.SecondFactor:
		out.Next = EnterCode
		return out, nil
	case s.Partnership().SignIn.NeedsSecondFactor() && s.Key != nil:
		out.Next = SetUpSecondFactor
		return out, nil
	}
	return out, s.signedIn(ctx, out, address)
}

// signedIn notes that a person is signed in.
func (s *Service) signedIn(ctx context.Context, in SignIn, address string) error {
	if len(in.Person.Grants) == 0 {
		return problem.New(problem.Forbidden, "You have no role here yet. Ask %s to give you one.", s.help())
	}
	return s.Store.SignedIn(ctx, s.actor(in.Person, in.Person.Grants[0], address), in.How)
}

func (s *Service) actor(p people.Person, g people.Grant, address string) people.Actor {
	return people.Actor{Kind: people.APerson, PersonID: p.ID, Email: p.Email, Name: p.Name, Grant: g, Address: address}
}

func firstGrant(p people.Person) people.Grant {
	if len(p.Grants) == 0 {
		return people.Grant{}
	}
	return p.Grants[0]
}

// Code checks the six-digit code, or a recovery code, of a person whose
// password was right. The error is a Forbidden problem when it is wrong, and
// an Unavailable problem after too many attempts or without the key.
func (s *Service) Code(ctx context.Context, personID int64, code, address string) (SignIn, error) {
	c, err := s.Store.CredentialsOf(ctx, personID)
	if err != nil {
		return SignIn{}, err
	}
	if c.Deactivated || !c.SecondFactor {
		return SignIn{}, wrong()
	}
	how, err := s.ownCode(ctx, c, s.actor(c.Person, firstGrant(c.Person), address), code)
	if err != nil {
		return SignIn{}, err
	}
	out := SignIn{Person: c.Person, How: how}
	return out, s.signedIn(ctx, out, address)
}

// ownCode checks a six-digit code or a recovery code of a person, uses it up and
// says which it was. Codes are throttled apart from passwords, which the person
// has got right.
func (s *Service) ownCode(ctx context.Context, c people.Credentials, by people.Actor, code string) (how string, err error) {
	now := s.Now()
	attempt, until, err := s.Store.BeginAttempt(ctx, "code of "+c.Email, by.Address, s.Throttle)
	if err != nil {
		return "", err
	}
	if !until.IsZero() {
		return "", s.putOff(until)
	}
	how, right := "password and code", false
	if digits := strings.Join(strings.Fields(code), ""); len(digits) == 6 {
		right, err = s.checkCode(ctx, c, digits, now)
	} else {
		how = "password and recovery code"
		right, err = s.Store.UseRecoveryCode(ctx, by, c.ID, people.HashRecoveryCode(code))
	}
	if err != nil {
		return "", err
	}
	if !right {
		if err := s.Store.Record(ctx, audit.Entry{Who: by.Who(), As: by.As(), What: audit.CodeRefused, Record: c.Email,
			From: by.Address}); err != nil {
			return "", err
		}
		return "", wrongCode()
	}
	return how, s.Store.AttemptRight(ctx, attempt)
}

func (s *Service) checkCode(ctx context.Context, c people.Credentials, code string, now time.Time) (bool, error) {
	if s.Key == nil {
		return false, problem.New(problem.Unavailable, "Codes cannot be checked because the key file is missing. Use a recovery code, or "+
			"contact %s", s.help())
	}
	secret, err := s.Key.Open(c.SealedSecret)
	if err != nil {
		return false, err
	}
	step, right := people.CheckCode(secret, code, now, c.Step)
	if !right {
		return false, nil
	}
	return s.Store.UseStep(ctx, c.ID, step)
}

// NewSecondFactor makes a secret for an authenticator app, to show to the
// person who asked, and the same sealed, to hand back to ConfirmSecondFactor.
func (s *Service) NewSecondFactor(p people.Person) (people.SecondFactor, string, error) {
	if s.Key == nil {
		return people.SecondFactor{}, "", problem.New(problem.Unavailable, "A second factor cannot be set up because the key file is missing. "+
			"Contact %s", s.help())
	}
	f, err := people.NewSecondFactor("Homeward "+s.Partnership().Name, p.Email)
	if err != nil {
		return f, "", err
	}
	return f, base64.RawStdEncoding.EncodeToString(s.Key.Seal(f.Secret)), nil
}

// ConfirmSecondFactor sets up the first second factor of a person whose password
// was right, from the sealed secret that NewSecondFactor gave, once its first
// code is right, and gives recovery codes to show once. finish says that setting
// it up was the last step of signing in. The error is a Conflict problem when
// the person has one already: another takes its place by ReplaceSecondFactor.
func (s *Service) ConfirmSecondFactor(ctx context.Context, personID int64, sealed, code, address string, finish bool) (SignIn, []string,
	error) {
	p, err := s.Store.Person(ctx, personID)
	if err != nil {
		return SignIn{}, nil, err
	}
	if p.SecondFactor {
		return SignIn{}, nil, problem.New(problem.Conflict, "A 6-digit code was set up meanwhile. Sign in with it.")
	}
	show, err := s.keepSecondFactor(ctx, p, sealed, code, address)
	if err != nil {
		return SignIn{}, nil, err
	}
	// It has ended the person's sessions, those of this moment among them.
	if p, err = s.Store.Person(ctx, personID); err != nil {
		return SignIn{}, show, err
	}
	out := SignIn{Person: p, How: "password and code"}
	if finish {
		err = s.signedIn(ctx, out, address)
	}
	return out, show, err
}

// newFactor checks the first code of a sealed secret, and gives the step of it.
func (s *Service) newFactor(sealed, code string) (b []byte, step int64, err error) {
	b, err = base64.RawStdEncoding.DecodeString(sealed)
	if err != nil || len(b) == 0 || s.Key == nil {
		return nil, 0, problem.New(problem.Invalid, "Setting up the code was not finished in time. Start again.")
	}
	secret, err := s.Key.Open(b)
	if err != nil {
		return nil, 0, err
	}
	step, right := people.CheckCode(secret, code, s.Now(), 0)
	if !right {
		return nil, 0, wrongCode()
	}
	return b, step, nil
}

func wrongCode() error {
	return problem.New(problem.Forbidden, "That code is incorrect or has expired. Enter the newest code")
}

func (s *Service) keepSecondFactor(ctx context.Context, p people.Person, sealed, code, address string) ([]string, error) {
	if p.Deactivated {
		return nil, problem.New(problem.Invalid, "Setting up the code was not finished in time. Start again.")
	}
	b, step, err := s.newFactor(sealed, code)
	if err != nil {
		return nil, err
	}
	show, keep := people.NewRecoveryCodes()
	return show, s.Store.SetSecondFactor(ctx, s.actor(p, firstGrant(p), address), p.ID, b, step, keep)
}

// Replacement is what a person who is signed in proves before another second
// factor takes the place of theirs: a session alone, left open or stolen, must
// not be enough to own the account.
type Replacement struct {
	// Sealed is what NewSecondFactor gave, Code its first code.
	Sealed, Code string
	// Password is the person's, Old a code of the second factor that they have,
	// or a recovery code; empty when they have none.
	Password, Old string
}

// Proof names the part of a Replacement that was wrong.
type Proof string

// The parts.
const (
	ProofCode     Proof = "code"
	ProofPassword Proof = "password"
	ProofOld      Proof = "old"
)

// ReplaceSecondFactor sets up a second factor for a person who is signed in,
// ends their sessions and gives recovery codes to show once. The web begins the
// session at hand again. The errors are those of Password and Code, with the
// part that they are about.
func (s *Service) ReplaceSecondFactor(ctx context.Context, by people.Actor, r Replacement) ([]string, Proof, error) {
	c, err := s.Store.CredentialsOf(ctx, by.PersonID)
	if err != nil {
		return nil, "", err
	}
	// The new code comes first: it costs the old one nothing when it is mistyped.
	if _, _, err := s.newFactor(r.Sealed, r.Code); err != nil {
		return nil, ProofCode, err
	}
	if err := s.ownPassword(ctx, c, by, r.Password); err != nil {
		return nil, ProofPassword, err
	}
	if c.SecondFactor {
		if _, err := s.ownCode(ctx, c, by, r.Old); err != nil {
			return nil, ProofOld, err
		}
	}
	show, err := s.keepSecondFactor(ctx, c.Person, r.Sealed, r.Code, by.Address)
	return show, ProofCode, err
}

// ownPassword checks the password of a person who is signed in. A session that
// was left open must not become a place to guess at leisure.
func (s *Service) ownPassword(ctx context.Context, c people.Credentials, by people.Actor, password string) error {
	attempt, until, err := s.Store.BeginAttempt(ctx, c.Email, by.Address, s.Throttle)
	if err != nil {
		return err
	}
	if !until.IsZero() {
		return s.putOff(until)
	}
	if right, _ := s.Hasher.Verify(password, c.PasswordHash); !right {
		return problem.New(problem.Forbidden, "Your current password is incorrect")
	}
	return s.Store.AttemptRight(ctx, attempt)
}

// RemoveSecondFactor takes the second factor from a person who has lost it.
// Where one is required they set up another at the next sign-in.
func (s *Service) RemoveSecondFactor(ctx context.Context, by people.Actor, personID int64) error {
	return s.Store.SetSecondFactor(ctx, by, personID, nil, 0, nil)
}

// ChangePassword changes the password of a signed-in person who knows the old
// one, and ends their other sessions. The web begins the session at hand
// again.
func (s *Service) ChangePassword(ctx context.Context, by people.Actor, old, password string) error {
	c, err := s.Store.CredentialsOf(ctx, by.PersonID)
	if err != nil {
		return err
	}
	if err := s.ownPassword(ctx, c, by, old); err != nil {
		return err
	}
	return s.setPassword(ctx, by, c.Person, password, "")
}

func (s *Service) setPassword(ctx context.Context, by people.Actor, p people.Person, password, link string) error {
	if err := people.CheckPassword(password, p.Email, p.Name, s.Partnership().Name); err != nil {
		return err
	}
	return s.Store.SetPassword(ctx, by, p.ID, s.Hasher.Hash(password), link)
}

// EndSessions ends every session of the person who asks.
func (s *Service) EndSessions(ctx context.Context, by people.Actor) error {
	return s.Store.EndSessions(ctx, by, by.PersonID)
}

// SetFirstPage keeps the page that opens after the person signs in; the empty
// path means the role's own. The error is an Invalid problem for anything but
// a path of this service.
func (s *Service) SetFirstPage(ctx context.Context, by people.Actor, path string) error {
	if path != "" && !LocalPath(path) {
		return problem.New(problem.Invalid, "Choose a page of this service")
	}
	return s.Store.SetFirstPage(ctx, by.PersonID, path)
}
