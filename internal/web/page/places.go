package page

import (
	"strings"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// Place is an organisation by code and name.
type Place struct{ Code, Name string }

// Places names the partnership, its providers and its councils.
type Places struct {
	// Partnership is the name under "Homeward" in the header.
	Partnership string
	Providers   []Place
	Councils    []Place
	// NameOfCouncil names any council or pseudo-area by ONS code, those outside
	// the partnership too; empty when the code is not one. It may be nil.
	NameOfCouncil func(code string) string
	// Adults is the adult population of councils by code; absent where none is
	// loaded.
	Adults map[string]Adults
	// Book names the reasons and says by which convention days are counted.
	Book *definition.Book
	// Into gives the code of the provider under whom another's history is shown,
	// else the code itself. It may be nil.
	Into func(code string) string
	// Headline is the basis of figures for which the address names none.
	Headline measure.Basis
}

// ShownAs gives the code under which a provider's history is shown.
func (p Places) ShownAs(code string) string {
	if p.Into == nil {
		return code
	}
	return p.Into(code)
}

// CouncilName gives the name of a council, empty when its code is not known.
// Use councilWords for display.
func (p Places) CouncilName(c delay.Council) string {
	for _, place := range p.Councils {
		if place.Code == string(c) {
			return place.Name
		}
	}
	if p.NameOfCouncil != nil {
		return p.NameOfCouncil(string(c))
	}
	return ""
}

func (p Places) CouncilWords(c delay.Council) string {
	if c == delay.CouncilNotKnown {
		return "Not known"
	}
	if name := p.CouncilName(c); name != "" {
		return name
	}
	return string(c)
}

// OrgWords names an organisation of the partnership by its code, a provider or
// a council.
func (p Places) OrgWords(code string) string {
	if name := p.CouncilName(delay.Council(code)); name != "" {
		return name
	}
	return p.ProviderWords(code)
}

func (p Places) ProviderWords(code string) string {
	for _, place := range p.Providers {
		if place.Code == code {
			return place.Name
		}
	}
	return code
}

// FilterWords says what is shown: "all hospitals" or those that the filter
// names, and so on, in one list.
func (p Places) FilterWords(f measure.Filter) string {
	parts := []string{"all hospitals"}
	if len(f.Providers) > 0 {
		names := make([]string, len(f.Providers))
		for i, c := range f.Providers {
			names[i] = p.ProviderWords(c)
		}
		parts[0] = either(names)
	}
	if len(f.Councils) > 0 {
		names := make([]string, len(f.Councils))
		for i, c := range f.Councils {
			names[i] = p.CouncilWords(c)
			if c == delay.CouncilNotKnown {
				names[i] = "council not known"
			}
		}
		parts = append(parts, either(names))
	} else {
		parts = append(parts, "all councils")
	}
	if len(f.Care) > 0 {
		names := make([]string, len(f.Care))
		for i, c := range f.Care {
			names[i] = strings.ToLower(c.String())
			if c == delay.CareNotKnown {
				names[i] = "type not known"
			}
		}
		parts = append(parts, either(names)+" care")
	}
	if len(f.Reasons) > 0 {
		names := make([]string, len(f.Reasons))
		for i, r := range f.Reasons {
			names[i] = p.ReasonWords(r)
		}
		parts = append(parts, "waiting for "+either(names))
	}
	if len(f.Bodies) > 0 {
		names := make([]string, len(f.Bodies))
		for i, b := range f.Bodies {
			names[i] = b.String()
		}
		parts = append(parts, "next step with "+either(names))
	}
	if len(f.States) > 0 {
		names := make([]string, len(f.States))
		for i, st := range f.States {
			names[i] = st.String()
		}
		parts = append(parts, either(names))
	}
	if len(f.Pathways) > 0 {
		names := make([]string, len(f.Pathways))
		for i, one := range f.Pathways {
			names[i] = string(one)
			if one == delay.PathwayNotStated {
				names[i] = measure.NotStated
			}
		}
		parts = append(parts, "pathway "+either(names))
	}
	if f.Basis == measure.BasisAgreed {
		parts = append(parts, f.Basis.Short())
	}
	return strings.Join(parts, ", ")
}

// ReasonWords gives a reason's code with its label.
func (p Places) ReasonWords(r delay.Reason) string { return p.Book.Words(r) }

// PublicRows are the providers, councils and reasons that have a row in every public
// table.
func (p Places) PublicRows() (known measure.Known) {
	for _, one := range p.Providers {
		known.Providers = append(known.Providers, one.Code)
	}
	for _, one := range p.Councils {
		known.Councils = append(known.Councils, delay.Council(one.Code))
	}
	known.Reasons = p.Book.Reasons()
	return known
}

// Adults is a council's adult population with its year and source (C13).
type Adults struct {
	Number       int
	Year, Source string
}

func either(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func Codes(places []Place) []string {
	out := make([]string, len(places))
	for i, p := range places {
		out[i] = p.Code
	}
	return out
}

func Example(places []Place, otherwise string) string {
	if len(places) > 0 {
		return places[0].Code
	}
	return otherwise
}

// RoleWords gives a role with the names of its organisations in place of their
// codes.
func (p Places) RoleWords(role string) string {
	for _, list := range [][]Place{p.Providers, p.Councils} {
		for _, place := range list {
			role = strings.ReplaceAll(role, place.Code, place.Name)
		}
	}
	return role
}
