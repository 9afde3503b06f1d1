package people

import (
	"slices"
	"strings"

	"homeward/internal/problem"
)

// Role is what a person does here.
type Role string

// The roles. Screen is the role of a screen link: the projector of the weekly
// call, which no person holds.
const (
	Coordinator   Role = "coordinator"
	Reviewer      Role = "reviewer"
	Director      Role = "director"
	Presenter     Role = "presenter"
	Viewer        Role = "viewer"
	Analyst       Role = "analyst"
	Administrator Role = "administrator"
	Screen        Role = "screen"
)

// Roles lists the roles that people can hold, in the order of forms and tables.
var Roles = [...]Role{Coordinator, Reviewer, Director, Presenter, Viewer, Analyst, Administrator}

// String gives the role as pages show it.
func (r Role) String() string {
	if r == "" {
		return "Nobody"
	}
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}

// FirstPage is the path that opens after sign-in unless the person chose
// another. A director's is for their council, which the web puts in.
func (r Role) FirstPage() string {
	switch r {
	case Coordinator:
		return "/today"
	case Reviewer:
		return "/agreement"
	case Director:
		return "/council"
	case Presenter, Screen:
		return "/call"
	case Analyst:
		return "/extracts"
	case Administrator:
		return "/admin/users"
	default:
		return "/trends"
	}
}

// Side is which kind of organisation a grant is for.
type Side uint8

// The sides. Whole is the whole partnership: of roles that see counts only.
const (
	Whole Side = iota
	ProviderSide
	CouncilSide
)

// String gives the side as commands and files write it.
func (s Side) String() string {
	switch s {
	case ProviderSide:
		return "provider"
	case CouncilSide:
		return "council"
	default:
		return "partnership"
	}
}

// Sides says which sides a role can be held for.
func (r Role) Sides() []Side {
	switch r {
	case Coordinator:
		return []Side{ProviderSide}
	case Reviewer, Director:
		return []Side{ProviderSide, CouncilSide}
	default:
		return []Side{Whole}
	}
}

// Grant is one role of one person for named organisations. A person may hold
// several and acts as one of them at a time.
type Grant struct {
	ID   int64
	Role Role
	Side Side
	// Codes are the organisations' codes, sorted: ODS codes on the provider
	// side, ONS codes on the council side, none for the whole partnership.
	Codes []string
	// FromWorkAccount is set when the grant follows from the claims of the
	// OpenID provider and is worked out again at each sign-in.
	FromWorkAccount bool
}

// String gives the grant in a few words, such as "Coordinator, RK9".
func (g Grant) String() string {
	if len(g.Codes) == 0 {
		return g.Role.String()
	}
	return g.Role.String() + ", " + strings.Join(g.Codes, " and ")
}

// Organisations is what exists to grant roles for: the partnership's providers
// and councils by code.
type Organisations interface {
	// SideOf gives the side of an organisation's code, Whole when the
	// partnership has no such organisation.
	SideOf(code string) Side
}

// NewGrant makes a grant of a role for the organisations of the given codes,
// and works out the side from them. The error is an Invalid problem: a role
// that is not known, an organisation that is not the partnership's, or one
// that the role cannot be held for.
func NewGrant(role Role, codes []string, all Organisations) (Grant, error) {
	if !slices.Contains(Roles[:], role) {
		return Grant{}, problem.New(problem.Invalid, "Found the role %q. Use one of coordinator, reviewer, director, presenter, viewer, "+
			"analyst, "+
			"administrator.", role)
	}
	g := Grant{Role: role}
	sides := role.Sides()
	if sides[0] == Whole {
		if len(codes) > 0 {
			return Grant{}, problem.New(problem.Invalid, "The role %s is for the whole partnership. Leave the organisations out.", role)
		}
		return g, nil
	}
	if len(codes) == 0 {
		return Grant{}, problem.New(problem.Invalid, "The role %s is for named organisations. Name at least one by its code, such as RK9 or "+
			"E10000008.", role)
	}
	for _, code := range codes {
		side := all.SideOf(code)
		switch {
		case side == Whole:
			return Grant{}, problem.New(problem.Invalid, "Found the organisation %q. Expected the code of a provider or council of the "+
				"partnership file.", code)
		case !slices.Contains(sides, side):
			return Grant{}, problem.New(problem.Invalid, "The role %s cannot be held for a %s. Name providers by their ODS codes.", role, side)
		case g.Side != Whole && g.Side != side:
			return Grant{}, problem.New(problem.Invalid, "One grant is for providers or for councils. Add two grants to give both.")
		}
		g.Side = side
		if !slices.Contains(g.Codes, code) {
			g.Codes = append(g.Codes, code)
		}
	}
	slices.Sort(g.Codes)
	return g, nil
}

// Scope is which rows about people may be seen and whether identifiers may be
// shown (P1). The zero Scope sees no row. Only a Grant gives another, so that
// no query can be widened by filling in a struct.
type Scope struct {
	side        Side
	codes       []string
	identifiers bool
}

// Scope gives the scope of the grant: coordinators see those of their own
// providers, reviewers and directors those of their own organisation (a
// provider's beds, a council's residents at any provider), everyone else
// counts. Identifiers are for coordinators and reviewers only (P1).
func (g Grant) Scope() Scope {
	if g.Side == Whole || len(g.Codes) == 0 || !slices.Contains(g.Role.Sides(), g.Side) {
		return Scope{}
	}
	return Scope{side: g.Side, codes: slices.Clone(g.Codes), identifiers: g.Role == Coordinator || g.Role == Reviewer}
}

// Empty says that the scope sees no row about a person.
func (s Scope) Empty() bool { return s.side == Whole || len(s.codes) == 0 }

// Providers gives the ODS codes whose beds may be seen; nil when the scope is
// by council or empty.
func (s Scope) Providers() []string {
	if s.side != ProviderSide {
		return nil
	}
	return slices.Clone(s.codes)
}

// Councils gives the ONS codes whose residents may be seen, wherever they are;
// nil when the scope is by provider or empty.
func (s Scope) Councils() []string {
	if s.side != CouncilSide {
		return nil
	}
	return slices.Clone(s.codes)
}

// Identifiers says whether NHS numbers and local numbers may be shown for rows
// of the scope. Each display is audited (P2).
func (s Scope) Identifiers() bool { return s.identifiers && !s.Empty() }
