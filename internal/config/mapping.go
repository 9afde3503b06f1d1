package config

import (
	"slices"
	"time"
)

// DefaultDefinitions names the convention, the rule set and the code set of
// files that name none.
const DefaultDefinitions = "england-dtoc"

// Mapping maps one reason of a code set to the body that its days wait for, from
// a day on, because the partners have agreed so.
type Mapping struct {
	CodeSet string `yaml:"code_set"`
	// Reason is a code or label of the set, Body nhs, social-care or joint.
	Reason string `yaml:"reason"`
	Body   string `yaml:"body"`
	// From and Until are ISO dates; Until may be empty.
	From  string `yaml:"from"`
	Until string `yaml:"until"`
	// Agreed says who agreed and when.
	Agreed string `yaml:"agreed"`
}

func (p *Partnership) checkMappings(d *document) {
	for i, m := range p.Mappings {
		at := func(key string) []any { return []any{"mappings", i, key} }
		if !layoutName.MatchString(m.CodeSet) {
			d.add(at("code_set"), "found %q, expected the name of a code set such as england-acute-2024", m.CodeSet)
		}
		if m.Reason == "" {
			d.add(at("reason"), "expected a code or label of the code set")
		}
		if !slices.Contains(Bodies[:3], m.Body) {
			d.add(at("body"), "found %q, expected nhs, social-care or joint", m.Body)
		}
		if !isDate(m.From) {
			d.add(at("from"), "found %q, expected the day from which it holds, such as 2026-04-01", m.From)
		}
		if m.Until != "" && (!isDate(m.Until) || m.Until < m.From) {
			d.add(at("until"), "found %q, expected the last day on which it holds, such as 2027-03-31", m.Until)
		}
		if m.Agreed == "" {
			d.add(at("agreed"), "expected who agreed and when, such as: Discharge board, 18 March 2026")
		}
	}
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}
