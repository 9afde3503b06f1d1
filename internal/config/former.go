package config

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Former is a code under which a provider sent before it merged into the one
// that lists it, or was given that one's code. What was sent under it is part of
// the history of the provider that lists it.
type Former struct {
	// Code is the ODS code of then, such as RBZ.
	Code string `yaml:"code"`
	// Until is the last day of which its extracts speak, such as 2022-03-31.
	// Empty means the day of its last extract.
	Until string `yaml:"until"`
	// Names are what else a provider column may call it.
	Names List `yaml:"names"`
	// Layout and OtherLayouts are the layouts of its extracts; without any they
	// are those of the provider that lists it.
	Layout       string `yaml:"layout"`
	OtherLayouts List   `yaml:"other_layouts"`
}

// UnmarshalYAML reads a code alone, or a code with its last day and the rest.
func (f *Former) UnmarshalYAML(node ast.Node) error {
	if scalar, ok := node.(ast.ScalarNode); ok {
		*f = Former{Code: scalar.GetToken().Value}
		return nil
	}
	type plain Former
	return yaml.NodeToValue(node, (*plain)(f))
}

// Layouts gives the layouts of the extracts of a former code of a provider.
func (v Provider) layoutsOf(f Former) List {
	if f.Layout == "" && len(f.OtherLayouts) == 0 {
		return v.layouts()
	}
	return append(List{f.Layout}, f.OtherLayouts...)
}

func (v Provider) layouts() List { return append(List{v.Layout}, v.OtherLayouts...) }

// FormerProviders gives the former codes of the provider as providers: each
// sends under its code, in its layouts.
func (v Provider) FormerProviders() []Provider {
	var out []Provider
	for _, f := range v.Formerly {
		layouts := v.layoutsOf(f)
		out = append(out, Provider{Code: f.Code, Names: f.Names, Layout: layouts[0], OtherLayouts: layouts[1:]})
	}
	return out
}

// IntoOf gives the code of the provider that lists the code as a former one,
// else the code itself.
func (p *Partnership) IntoOf(code string) string {
	for _, v := range p.Providers {
		if slices.ContainsFunc(v.Formerly, func(f Former) bool { return f.Code == code }) {
			return v.Code
		}
	}
	return code
}

// checkFormerly validates the former codes of all providers: a code is either a
// provider's today or one that it had, and leads to one provider.
func (p *Partnership) checkFormerly(d *document) {
	listed := map[string]string{}
	for i, v := range p.Providers {
		for j, f := range v.Formerly {
			at := func(rest ...any) []any { return append([]any{"providers", i, "formerly", j}, rest...) }
			today := slices.ContainsFunc(p.Providers, func(o Provider) bool { return o.Code == f.Code })
			switch other, twice := listed[f.Code]; {
			case !d.areas.is(areaProvider, f.Code):
				d.add(at("code"), "found %q, expected an ODS code such as RBZ, in capitals", f.Code)
			case f.Code == v.Code:
				d.add(at("code"), "found %s, which is the provider's code of today; expected one that it had before. Take the line out", f.Code)
			case today:
				d.add(at("code"), "found %s, which is a provider of this file too; expected a code that no provider has today. "+
					"Take the provider %s out of the list when it has merged into %s, or take the line out", f.Code, f.Code, v.Code)
			case twice:
				d.add(at("code"), "found %s, which %s lists already; expected each former code at one provider, once. Take one of the lines out",
					f.Code, other)
			default:
				listed[f.Code] = v.Code
			}
			if f.Until != "" {
				d.date(at("until"), f.Until)
			}
			if f.Layout == "" && len(f.OtherLayouts) > 0 {
				d.add(at("layout"), "expected the layout of its latest extracts beside other_layouts")
			}
			for k, name := range f.Names {
				if strings.TrimSpace(name) == "" {
					d.add(at("names", k), "found a blank, expected a name that its extracts call it by")
				}
			}
		}
	}
}
