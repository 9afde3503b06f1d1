package web

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/problem"
)

// policy allows what the pages use and nothing else: no inline script or style,
// and no other host.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secure stands before everything else: it puts the headers on every answer,
// errors among them, bounds how many requests an address sends and how much and
// for how long, refuses host names that are not this service's, and refuses
// unsafe requests sent by other sites.
func (s *Server) secure(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		// Figures change with every extract, and addresses stay the same.
		h.Set("Cache-Control", "no-store")
		if s.opts.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		refuse := func(err error) {
			began := time.Now()
			s.writeError(w, r, "", err)
			status, _, _ := s.explain(r, err)
			s.observe(r.Method, "", status, time.Since(began))
		}
		r = boundedBody(w, r)
		if !s.pace.allows(r, s.addressOf(r), s.claims(r)) {
			refuse(errTooMany)
			return
		}
		if !s.opts.AnyHost && !s.ours(r.Host) {
			refuse(problem.New(problem.Forbidden,
				"This address is not one that Homeward answers to. Use localhost, or ask the person who runs Homeward to add this host name to its "+
					"settings."))
			return
		}
		var err error
		if r, err = s.ofCopy(w, r); err != nil {
			refuse(err)
			return
		}
		if err := guard.Check(r); err != nil {
			refuse(problem.Wrap(err, problem.Forbidden,
				"This request was sent by a page of another site, so nothing was done. Open Homeward's own page and try again"))
			return
		}
		if err := readForm(r); err != nil {
			refuse(err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// claims says that a request brings a session or a token, true or not.
func (s *Server) claims(r *http.Request) bool {
	if strings.HasPrefix(r.Header.Get("Authorization"), bearer) && forPrograms(r.URL.Path) {
		return true
	}
	cookie, err := r.Cookie(s.opts.Sessions.CookieName())
	return err == nil && cookie.Value != ""
}

// addressFinder gives what finds the network address of a request: the
// connection's own, or what a trusted proxy says before it.
func addressFinder(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, network := range proxies {
		trust = append(trust, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// ours says whether a Host header names this machine's loopback or one of the
// names in the settings.
func (s *Server) ours(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || slices.ContainsFunc(s.opts.Hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}
