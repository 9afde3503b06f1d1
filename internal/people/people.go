// Package people says who may do and see what: accounts, roles, grants and the
// scope that a grant gives (P1), the rules of passwords, second factors,
// throttling and tokens. It is pure: it reads no clock, no file and no
// database, and knows nothing of HTTP. What is stored and how a person is
// signed in are the concern of packages sqlite and signin.
package people

import (
	"net/mail"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"homeward/internal/problem"
)

// Person is one account. People are deactivated and never deleted, so that the
// audit log goes on naming who did what.
type Person struct {
	ID    int64
	Email string // as NormaliseEmail gives it
	Name  string
	// Deactivated people cannot sign in and their sessions have ended.
	Deactivated bool
	// HasPassword is set once the person has chosen a password. Nobody is ever
	// given one.
	HasPassword bool
	// SecondFactor is set once a time-based code has been confirmed.
	SecondFactor bool
	// WorkAccount is set when the person signs in through the OpenID provider,
	// AwaitsWorkAccount when their next sign-in there, with this e-mail address
	// verified by the provider, will be tied to this account.
	WorkAccount, AwaitsWorkAccount bool
	// Epoch rises when every session of the person must end.
	Epoch int64
	// FirstPage is the path that opens after sign-in, empty for the role's own.
	FirstPage    string
	CreatedAt    time.Time
	LastSignedIn time.Time // zero for never
	Grants       []Grant   // those in force, ascending by ID
}

// Grant gives the grant of that number, and whether the person holds it.
func (p Person) Grant(id int64) (Grant, bool) {
	for _, g := range p.Grants {
		if g.ID == id {
			return g, true
		}
	}
	return Grant{}, false
}

// NormaliseEmail gives an e-mail address as accounts are known by: NFKC, small
// letters, no spaces around it. The error is an Invalid problem in the words
// of the sign-in page and does not repeat what was typed, because people type
// passwords into the wrong field.
func NormaliseEmail(s string) (string, error) {
	s = strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
	if s == "" {
		return "", problem.New(problem.Invalid, "Enter your email address")
	}
	a, err := mail.ParseAddress(s)
	_, domain, _ := strings.Cut(s, "@")
	if err != nil || a.Address != s || !strings.Contains(domain, ".") || len(s) > 254 {
		return "", problem.New(problem.Invalid, "Enter an email address in the correct format, like name@example.com")
	}
	return s, nil
}

// Credentials are what a sign-in is checked against.
type Credentials struct {
	Person
	// PasswordHash is empty when the person has chosen no password.
	PasswordHash string
	// SealedSecret is the authenticator app's secret, sealed with the
	// partnership's key; nil when there is none. Step is the step last used.
	SealedSecret []byte
	Step         int64
}
