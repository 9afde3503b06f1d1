package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// SignIn is the section sign_in of the partnership file: how people sign in
// and how long they stay signed in. The zero value of a field means its
// default.
type SignIn struct {
	// IdleMinutes is how long a session lasts without a page being asked for,
	// 30 by default; LongestHours how long it lasts at all, 12 by default.
	IdleMinutes  int `yaml:"idle_minutes"`
	LongestHours int `yaml:"longest_hours"`
	// RequireSecondFactor has everybody who signs in with a password set up a
	// code from an authenticator app before anything else. Nil means yes.
	RequireSecondFactor *bool `yaml:"require_second_factor"`
	// Help is whom the sign-in page names for help: a name and an e-mail
	// address or telephone number.
	Help string `yaml:"help"`
	// WorkAccount is the OpenID provider, nil when only local accounts exist.
	WorkAccount *WorkAccount `yaml:"work_account"`
	// TrustedProxies are the networks of reverse proxies in front of Homeward,
	// such as 10.0.0.0/8, whose X-Forwarded-For is believed.
	TrustedProxies List `yaml:"trusted_proxies"`
	// RequestsPerSecond bounds what one person, one program or one address that
	// nobody is signed in from may ask, 40 by default; ten times as many at once.
	RequestsPerSecond int `yaml:"requests_per_second"`
}

// WorkAccount is an OpenID provider: Entra ID, NHS CIS2, Keycloak or any other
// that has discovery.
type WorkAccount struct {
	// Issuer is the provider's issuer address, exactly as it names itself.
	Issuer string `yaml:"issuer"`
	// ClientID and ClientSecretFile are what the provider registered Homeward
	// under. The secret stands in a file of its own, never in this one.
	ClientID         string `yaml:"client_id"`
	ClientSecretFile string `yaml:"client_secret_file"`
	// Address is Homeward's own address as people type it, such as
	// https://homeward.example.org; /sign-in/work/back below it is what the
	// provider must know as the redirect address.
	Address string `yaml:"address"`
	// Label is the button's text, "Continue with your work account" by default.
	Label string `yaml:"label"`
	// Scopes are asked for beside openid; email and profile by default.
	Scopes List `yaml:"scopes"`
	// Levels are the values of the claim acr of which one must come back, such
	// as AAL3_ANY for CIS2; they are asked for as acr_values. None by default.
	Levels List `yaml:"levels"`
	// EmailClaim and NameClaim name the claims that hold the e-mail address and
	// the name; email and name by default.
	EmailClaim string `yaml:"email_claim"`
	NameClaim  string `yaml:"name_claim"`
	// Roles say which claims give which role. Every line that fits gives its
	// role. A person whom none fits cannot sign in, unless an administrator has
	// given them a role.
	Roles []ClaimRole `yaml:"roles"`
}

// ClaimRole gives a role to whoever's claim has the value.
type ClaimRole struct {
	// Claim is the claim's name, with dots to reach into objects; its value is
	// a text or a list of texts.
	Claim string `yaml:"claim"`
	Value string `yaml:"value"`
	Role  string `yaml:"role"`
	// Organisations are the codes of providers or councils of this file.
	Organisations List `yaml:"organisations"`
}

// RoleNames are the roles that people can hold. They are package people's
// words; config stands below it and spells them out.
var RoleNames = []string{"coordinator", "reviewer", "director", "presenter", "viewer", "analyst", "administrator"}

// Idle is IdleMinutes as a duration.
func (s SignIn) Idle() time.Duration { return time.Duration(s.IdleMinutes) * time.Minute }

// Longest is LongestHours as a duration.
func (s SignIn) Longest() time.Duration { return time.Duration(s.LongestHours) * time.Hour }

// NeedsSecondFactor is RequireSecondFactor with its default.
func (s SignIn) NeedsSecondFactor() bool {
	return s.RequireSecondFactor == nil || *s.RequireSecondFactor
}

// check validates the section and fills in the defaults.
func (s *SignIn) check(d *document, p *Partnership) {
	at := func(rest ...any) []any { return append([]any{"sign_in"}, rest...) }
	if s.RequestsPerSecond == 0 {
		s.RequestsPerSecond = 40
	} else if s.RequestsPerSecond < 5 || s.RequestsPerSecond > 10000 {
		d.add(at("requests_per_second"), "found %d, expected a number of requests from 5 to 10000", s.RequestsPerSecond)
	}
	if s.IdleMinutes == 0 {
		s.IdleMinutes = 30
	} else if s.IdleMinutes < 2 || s.IdleMinutes > 240 {
		d.add(at("idle_minutes"), "found %d, expected a number of minutes from 2 to 240", s.IdleMinutes)
	}
	if s.LongestHours == 0 {
		s.LongestHours = 12
	} else if s.LongestHours < 1 || s.LongestHours > 24 {
		d.add(at("longest_hours"), "found %d, expected a number of hours from 1 to 24", s.LongestHours)
	}
	for i, network := range s.TrustedProxies {
		if badNetwork(network) {
			d.add(at("trusted_proxies", i), "found %q, expected a network such as 10.0.0.0/8", network)
		}
	}
	w := s.WorkAccount
	if w == nil {
		return
	}
	in := func(rest ...any) []any { return at(append([]any{"work_account"}, rest...)...) }
	for _, field := range []struct{ key, value string }{{"issuer", w.Issuer}, {"address", w.Address}} {
		if u, err := url.Parse(field.value); err != nil || u.Host == "" || (u.Scheme != "https" && !loopback(u)) {
			d.add(in(field.key), "found %q, expected an address that begins with https://", field.value)
		}
	}
	w.Address = strings.TrimSuffix(w.Address, "/")
	if w.ClientID == "" {
		d.add(in("client_id"), "expected the name under which the provider registered Homeward")
	}
	if w.ClientSecretFile == "" {
		d.add(in("client_secret_file"), "expected the path of the file that holds the client secret")
	}
	if w.Label == "" {
		w.Label = "Continue with your work account"
	}
	if len(w.Scopes) == 0 {
		w.Scopes = List{"email", "profile"}
	}
	if w.EmailClaim == "" {
		w.EmailClaim = "email"
	}
	if w.NameClaim == "" {
		w.NameClaim = "name"
	}
	for i, r := range w.Roles {
		row := func(key string) []any { return in("roles", i, key) }
		if r.Claim == "" || r.Value == "" {
			d.add(in("roles", i), "expected a claim and its value")
		}
		if !slices.Contains(RoleNames, r.Role) {
			d.add(row("role"), "found %q, expected one of %s", r.Role, strings.Join(RoleNames, ", "))
		}
		for j, code := range r.Organisations {
			switch side := p.SideOf(code); {
			case side == "":
				d.add(in("roles", i, "organisations", j), "found %q, expected the code of a provider or council of this file", code)
			case side == "council" && r.Role == "coordinator":
				d.add(in("roles", i, "organisations", j), "found the council %s, expected a provider, because coordinators are of providers", code)
			}
		}
		named := r.Role == "coordinator" || r.Role == "reviewer" || r.Role == "director"
		if named != (len(r.Organisations) > 0) {
			d.add(in("roles", i), "the role %s is for %s", r.Role, map[bool]string{true: "named organisations; expected organisations",
				false: "the whole partnership; expected no organisations"}[named])
		}
	}
}

func badNetwork(s string) bool {
	_, err := netip.ParsePrefix(s)
	return err != nil
}

// loopback allows an address without TLS on the machine itself, for trying a
// provider out.
func loopback(u *url.URL) bool {
	return u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1")
}

// SideOf says what the organisation of the code is: "provider", "council", or
// nothing when the partnership has none.
func (p *Partnership) SideOf(code string) string {
	switch {
	case slices.ContainsFunc(p.Providers, func(v Provider) bool { return v.Code == code }):
		return "provider"
	case slices.ContainsFunc(p.Councils, func(c Council) bool { return c.Code == code }):
		return "council"
	}
	return ""
}

// NameOf gives the name of the provider or council of the code, and the code
// when the partnership has no such organisation.
func (p *Partnership) NameOf(code string) string {
	for _, v := range p.Providers {
		if v.Code == code {
			return v.Name
		}
	}
	for _, c := range p.Councils {
		if c.Code == code {
			return c.Name
		}
	}
	return code
}
