package mail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"homeward/internal/config"
	"homeward/internal/problem"
)

// post is a real SMTP server that keeps what it is handed.
type post struct {
	mu    sync.Mutex
	taken []letter
	// refuse gives the answer for an address, nil to take it.
	refuse func(to string) error
	noAuth bool
}

type letter struct {
	from, to, text string
	secured, known bool
}

func (p *post) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, secured := c.TLSConnectionState()
	return &session{post: p, letter: letter{secured: secured}}, nil
}

type session struct {
	post *post
	letter
}

func (s *session) AuthMechanisms() []string {
	if s.post.noAuth {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "homeward" || password != "right horse" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no"}
		}
		s.known = true
		return nil
	}), nil
}
func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	if s.post.refuse != nil {
		return s.post.refuse(to)
	}
	return nil
}
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.text = string(b)
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.taken = append(s.post.taken, s.letter)
	return err
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// open starts the server: with a certificate for localhost, for STARTTLS or,
// with implicit, from the first byte on. It gives the settings that reach it.
func open(t *testing.T, p *post, security string) config.Mail {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	authority, password := filepath.Join(dir, "authority.pem"), filepath.Join(dir, "password")
	if err := errors.Join(os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(password, []byte("right horse\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(p)
	server.Domain = "localhost"
	server.ErrorLog = silent{}
	if security != "none" {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	}
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if security == "tls" {
		l = tls.NewListener(l, server.TLSConfig)
	}
	done := make(chan struct{})
	go func() { _ = server.Serve(l); close(done) }()
	// A server that is closed before it serves does not know its listener yet, and
	// would wait on it for ever.
	t.Cleanup(func() { _, _ = server.Close(), l.Close(); <-done })
	return config.Mail{Host: "localhost", Port: port, Security: security, From: "homeward@northshire.example", User: "homeward",
		PasswordFile: password, AuthorityFile: authority, Address: "https://homeward.example"}
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

var letterOfTheWeek = Message{To: "director@northshire.example", Subject: "Weekly pack, 1 November 2026 – Northshire",
	ID:   "pack-2026-11-01-weekly.1",
	Body: "The weekly pack is ready:\nhttps://homeward.example/packs/2026-11-01-weekly/\n", At: time.Date(2026, 11, 2, 7, 45, 0, 0, time.UTC)}

func TestMailIsHandedOverOverTLS(t *testing.T) {
	for _, security := range []string{"starttls", "tls"} {
		t.Run(security, func(t *testing.T) {
			p := &post{}
			s, err := New(open(t, p, security))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Send(t.Context(), letterOfTheWeek); err != nil {
				t.Fatal(err)
			}
			if len(p.taken) != 1 || !p.taken[0].secured || !p.taken[0].known || p.taken[0].to != letterOfTheWeek.To ||
				p.taken[0].from != "homeward@northshire.example" {
				t.Fatalf("it took %+v", p.taken)
			}
			for _, want := range []string{"Message-ID: <pack-2026-11-01-weekly.1@northshire.example>",
				"https://homeward.example/packs/2026-11-01-weekly/", "Auto-Submitted: auto-generated", "Mon, 02 Nov 2026 07:45:00 +0000"} {
				if !strings.Contains(p.taken[0].text, want) {
					t.Errorf("%q is not in\n%s", want, p.taken[0].text)
				}
			}
		})
	}
}

// Nothing is sent in the clear, to a stranger, or with a wrong password.
func TestMailThatIsNotHandedOver(t *testing.T) {
	send := func(t *testing.T, c config.Mail) error {
		t.Helper()
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Send(t.Context(), letterOfTheWeek)
		if err == nil {
			t.Fatal("it was sent")
		}
		if strings.Contains(problem.Sentence(err), "right horse") || strings.Contains(err.Error(), "right horse") {
			t.Errorf("%v tells the password", err)
		}
		return err
	}
	t.Run("a server without a secured line", func(t *testing.T) {
		p := &post{}
		c := open(t, p, "none")
		c.Security = "starttls"
		if err := send(t, c); Lasting(err) || len(p.taken) != 0 {
			t.Errorf("%v, %d taken", err, len(p.taken))
		}
	})
	t.Run("a certificate of nobody known", func(t *testing.T) {
		p := &post{}
		c := open(t, p, "starttls")
		c.AuthorityFile = ""
		if err := send(t, c); !strings.Contains(problem.Sentence(err), "mail.authority_file") || len(p.taken) != 0 {
			t.Errorf("%v, %d taken", err, len(p.taken))
		}
	})
	t.Run("a wrong password", func(t *testing.T) {
		p := &post{}
		c := open(t, p, "starttls")
		if err := os.WriteFile(c.PasswordFile, []byte("wrong"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := send(t, c); !strings.Contains(problem.Sentence(err), "mail.password_file") || Lasting(err) {
			t.Error(err)
		}
	})
	t.Run("an address that the server does not know", func(t *testing.T) {
		c := open(t, &post{refuse: func(string) error {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		}}, "starttls")
		if err := send(t, c); !Lasting(err) {
			t.Errorf("%v would be tried again", err)
		}
	})
	t.Run("a server that is busy", func(t *testing.T) {
		c := open(t, &post{refuse: func(string) error {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
		}}, "starttls")
		if err := send(t, c); Lasting(err) || problem.KindOf(err) != problem.Unavailable {
			t.Errorf("%v would not be tried again", err)
		}
	})
	t.Run("no server at all", func(t *testing.T) {
		c := open(t, &post{}, "starttls")
		c.Port = 1
		if err := send(t, c); Lasting(err) || !strings.Contains(problem.Sentence(err), "does not answer") {
			t.Error(err)
		}
	})
}

// A subject or an address cannot add lines to the head of a message.
func TestMailHeadersStayWhatTheyAre(t *testing.T) {
	p := &post{}
	s, err := New(open(t, p, "starttls"))
	if err != nil {
		t.Fatal(err)
	}
	m := letterOfTheWeek
	m.Subject = "Weekly\r\nBcc: everyone@example.org\r\n\r\nhello"
	if err := s.Send(t.Context(), m); err == nil && strings.Contains(p.taken[0].text, "\nBcc:") {
		t.Errorf("R8 a subject became a header:\n%s", p.taken[0].text)
	}
	m = letterOfTheWeek
	m.To = "a@example.org>\r\nRCPT TO:<b@example.org"
	if err := s.Send(t.Context(), m); err == nil || !Lasting(err) {
		t.Errorf("R8 the address was taken: %v", err)
	}
}

func TestSettingsOfMail(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]config.Mail{
		"no password file":       {Host: "h", User: "u", PasswordFile: filepath.Join(dir, "none")},
		"an empty password file": {Host: "h", User: "u", PasswordFile: empty},
		"no authority file":      {Host: "h", AuthorityFile: filepath.Join(dir, "none")},
		"no certificate in it":   {Host: "h", AuthorityFile: empty},
	} {
		if _, err := New(c); problem.KindOf(err) == problem.Internal || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWaitsGrowAndEnd(t *testing.T) {
	last := time.Duration(0)
	for n := 1; ; n++ {
		wait, ok := Wait(n)
		if !ok {
			if n != len(waits)+1 {
				t.Errorf("it ends after %d", n)
			}
			break
		}
		if wait <= last {
			t.Errorf("the wait after %d attempts is %s, after %s", n, wait, last)
		}
		last = wait
	}
}
