package app

import (
	"context"
	"crypto/tls"
	"flag"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"

	"homeward/internal/config"
	"homeward/internal/problem"
)

// Listening says where and how the server can be reached.
type Listening struct {
	Address string
	// Cert and Key are files of a certificate, both or none.
	Cert, Key string
	// Hosts are the host names that people type, with commas between them.
	Hosts string
	// Plain lets the server answer without TLS on a network address, where
	// something in front of it ends TLS or nobody else can reach it.
	Plain bool
}

func addListening(flags *flag.FlagSet) *Listening {
	l := &Listening{}
	flags.StringVar(&l.Address, "listen", "127.0.0.1:8080", "the `address` to listen on")
	flags.StringVar(&l.Cert, "tls-cert", "", "the `file` of the certificate, with those that vouch for it")
	flags.StringVar(&l.Key, "tls-key", "", "the `file` of the certificate's key")
	flags.StringVar(&l.Hosts, "hosts", "", "the host `names` that people type, with commas between them; all when empty and not on a "+
		"loopback "+
		"address")
	flags.BoolVar(&l.Plain, "plain-http", false, "answer without TLS on a network address, where nobody else can reach it")
	return l
}

// check refuses an address that passwords would cross a network to in clear.
func (l *Listening) check(s config.SignIn) error {
	if _, _, err := net.SplitHostPort(l.Address); err != nil {
		return usage("Found the address %q. Use one like 127.0.0.1:8080.", l.Address)
	}
	if (l.Cert == "") != (l.Key == "") {
		return usage("TLS needs both files: --tls-cert FILE --tls-key FILE.")
	}
	if !l.loopback() && l.Cert == "" && len(s.TrustedProxies) == 0 && !l.Plain {
		return usage("Found the address %q, which others can reach, and no TLS. Add --tls-cert and --tls-key, or name the proxy that ends "+
			"TLS in "+
			"the partnership file (sign_in.trusted_proxies), or use 127.0.0.1. Where nobody else can reach the address, add --plain-http.",
			l.Address)
	}
	return nil
}

func (l *Listening) loopback() bool {
	host, _, err := net.SplitHostPort(l.Address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || (ip != nil && ip.IsLoopback()))
}

// secure says that people reach the server over TLS: here or at a proxy.
func (l *Listening) secure(s config.SignIn) bool {
	return l.Cert != "" || len(s.TrustedProxies) > 0
}

// names gives the host names that people type.
func (l *Listening) names(s config.SignIn) []string {
	var out []string
	for h := range strings.SplitSeq(l.Hosts, ",") {
		if h = strings.TrimSpace(h); h != "" {
			out = append(out, h)
		}
	}
	if s.WorkAccount != nil {
		if _, rest, ok := strings.Cut(s.WorkAccount.Address, "://"); ok {
			host, _, _ := strings.Cut(rest, "/")
			if name, _, err := net.SplitHostPort(host); err == nil {
				host = name
			}
			out = append(out, host)
		}
	}
	return out
}

// anyHost says that names are not checked: none are told, and the server is
// reached by its network address or through a proxy.
func (l *Listening) anyHost(s config.SignIn) bool {
	return len(l.names(s)) == 0 && (!l.loopback() || len(s.TrustedProxies) > 0)
}

// listen listens, with TLS when there is a certificate. The connections of the
// listener are bounded; proxies are the networks that many people's come from.
func (l *Listening) listen(ctx context.Context, proxies []*net.IPNet, log *slog.Logger) (net.Listener, *connections, error) {
	var settings *tls.Config
	if l.Cert != "" {
		pair, err := tls.LoadX509KeyPair(l.Cert, l.Key)
		if err != nil {
			return nil, nil, problem.Wrap(err, problem.Unavailable, "The certificate could not be read. Check the files of --tls-cert and --tls-key")
		}
		settings = &tls.Config{
			MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
			// Read anew at each handshake once its file has changed, so that a
			// renewed certificate needs no restart.
			GetCertificate: renewing(l.Cert, l.Key, pair),
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", l.Address)
	if err != nil {
		return nil, nil, problem.Wrap(err, problem.Unavailable, "The address %s cannot be listened on. Choose another with --listen", l.Address)
	}
	places := capped(listener, mostConnections, func(ip net.IP) bool {
		return ip.IsLoopback() || slices.ContainsFunc(proxies, func(n *net.IPNet) bool { return n.Contains(ip) })
	}, log)
	if settings != nil {
		return tls.NewListener(places, settings), places, nil
	}
	return places, places, nil
}

// renewing gives the certificate of two files, read again when the first has
// changed. A pair that cannot be read leaves the former one in use.
func renewing(cert, key string, pair tls.Certificate) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	read := make(chan tls.Certificate, 1)
	read <- pair
	stamp := changedAt(cert)
	return func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		now := <-read
		if at := changedAt(cert); at != stamp {
			if again, err := tls.LoadX509KeyPair(cert, key); err == nil {
				now, stamp = again, at
			}
		}
		read <- now
		return &now, nil
	}
}

func changedAt(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.ModTime().UnixNano()
}

// address gives the address as people type it.
func (l *Listening) address(listener net.Listener) string {
	scheme := "http://"
	if l.Cert != "" {
		scheme = "https://"
	}
	return scheme + listener.Addr().String()
}

// networks reads the networks of trusted proxies, which the partnership file
// has checked.
func networks(list []string) ([]*net.IPNet, error) {
	var out []*net.IPNet
	for _, text := range list {
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			return nil, problem.Wrap(err, problem.Invalid, "Found the network %q in sign_in.trusted_proxies. Expected one like 10.0.0.0/8", text)
		}
		out = append(out, network)
	}
	return out, nil
}
