// Package mail hands short plain messages to a mail server and says whether a
// message that was not taken may be tried again. It is the only user of
// go-mail. What is written to whom, and the record of it, are the caller's; no
// message holds anything about a person or any figure.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"homeward/internal/config"
	"homeward/internal/problem"
)

// Message is one message to one address.
type Message struct {
	To, Subject, Body string
	// ID names the message: the same one sent twice has the same, so that mail
	// programs show it once. It is letters, digits, dots and hyphens.
	ID string
	At time.Time
}

// Sender hands messages to one mail server. It is safe for concurrent use.
type Sender struct {
	settings config.Mail
	roots    *x509.CertPool
	within   time.Duration
}

// New reads the settings' certificates and checks that the password can be
// read. The password itself is read at each message, so that it can be changed
// while the program runs.
func New(settings config.Mail) (*Sender, error) {
	s := &Sender{settings: settings, within: 30 * time.Second}
	if settings.AuthorityFile != "" {
		pem, err := os.ReadFile(settings.AuthorityFile)
		if err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The file mail.authority_file could not be read")
		}
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM(pem) {
			return nil, problem.New(problem.Invalid, "The file mail.authority_file holds no certificate. Use one in PEM, which begins with BEGIN "+
				"CERTIFICATE.")
		}
	}
	if _, err := s.password(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Sender) password() (string, error) {
	if s.settings.PasswordFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(s.settings.PasswordFile)
	if err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The file mail.password_file could not be read")
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" {
		return "", problem.New(problem.Invalid, "The file mail.password_file is empty. Write the password of %s into it.", s.settings.User)
	}
	return password, nil
}

// Send hands one message over. The error is a problem that a reader may see; it
// tells nothing of the password. Lasting says whether trying again is of use.
func (s *Sender) Send(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.FromFormat("Homeward", s.settings.From), msg.To(m.To)); err != nil {
		return lasting{problem.Wrap(err, problem.Invalid, "The address is not one that mail can be sent to")}
	}
	_, domain, _ := strings.Cut(s.settings.From, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetDateWithValue(m.At)
	msg.Subject(m.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Body)
	client, err := s.client()
	if err != nil {
		return err
	}
	return said(client.DialAndSendWithContext(ctx, msg))
}

func (s *Sender) client() (*gomail.Client, error) {
	c := s.settings
	options := []gomail.Option{
		gomail.WithPort(c.Port), gomail.WithTimeout(s.within), gomail.WithHELO("homeward"),
		gomail.WithTLSConfig(&tls.Config{ServerName: c.Host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}),
	}
	switch c.Security {
	case "tls":
		options = append(options, gomail.WithSSL(), gomail.WithTLSPolicy(gomail.NoTLS))
	case "none":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	password, err := s.password()
	if err != nil {
		return nil, err
	}
	if c.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.User), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(c.Host, options...)
	if err != nil {
		return nil, problem.Wrap(err, problem.Invalid, "The section mail of the partnership file does not name a server that can be asked")
	}
	return client, nil
}

// lasting is an error that stays when the same message is sent again.
type lasting struct{ error }

func (l lasting) Unwrap() error { return l.error }

// Lasting says whether sending the same message again is of no use.
func Lasting(err error) bool {
	var l lasting
	return errors.As(err, &l)
}

// said puts what went wrong in words. What the server said stays in the wrapped
// error, for the log.
func said(err error) error {
	if err == nil {
		return nil
	}
	var send *gomail.SendError
	switch {
	case errors.As(err, &send) && send.ErrorCode() >= 500:
		return lasting{problem.Wrap(err, problem.Conflict, "The mail server does not take mail for this address")}
	case errors.As(err, &send):
		return problem.Wrap(err, problem.Unavailable, "The mail server did not take the message this time")
	case strings.Contains(err.Error(), "certificate"):
		return problem.Wrap(err, problem.Unavailable, "The mail server's certificate is not one that this machine trusts. Name its authority in "+
			"mail.authority_file")
	case strings.Contains(strings.ToLower(err.Error()), "auth"):
		return problem.Wrap(err, problem.Unavailable, "The mail server does not accept the account. Check mail.user and the password in "+
			"mail.password_file")
	case strings.Contains(strings.ToLower(err.Error()), "starttls"):
		return problem.Wrap(err, problem.Unavailable, "The mail server offers no secured line, and nothing is sent without one. Check mail.port "+
			"and mail.security")
	}
	return problem.Wrap(err, problem.Unavailable, "The mail server does not answer. Check mail.host and mail.port")
}

// waits are how long to wait after each attempt: two days in all.
var waits = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 8 * time.Hour, 12 * time.Hour,
	24 * time.Hour}

// Wait is how long to wait after so many attempts; ok is false when there have
// been enough.
func Wait(attempts int) (wait time.Duration, ok bool) {
	if attempts < 1 || attempts > len(waits) {
		return 0, false
	}
	return waits[attempts-1], true
}
