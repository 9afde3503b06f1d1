package attribution

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"homeward/internal/delay"
)

// Sets are the rule sets of a partnership (D4): its own, which decides where a
// statement names no code set, and that of each code set.
type Sets struct {
	Own    *RuleSet
	ByCode map[string]*RuleSet
	// Used names the code sets in use, the own rule set as the empty name, in the
	// order of the providers. Empty means the own one.
	Used []string

	// amended are the amendments that stand, with what they make of the rule sets.
	amended atomic.Pointer[amendedSets]
}

type amendedSets struct {
	all Amendments
	by  map[string]*RuleSet
}

// Amend lets the amendments that stand be part of the rule sets, in place of
// those before. What statements were attributed with when they were read stays.
func (s *Sets) Amend(all Amendments) {
	next := &amendedSets{all: slices.Clone(all), by: map[string]*RuleSet{}}
	next.all.Sort()
	for _, a := range next.all {
		next.by[a.CodeSet] = nil
	}
	for set := range next.by {
		of := slices.DeleteFunc(slices.Clone(next.all), func(a Amendment) bool { return a.CodeSet != set })
		next.by[set] = s.Plain(set).amended(of)
	}
	s.amended.Store(next)
}

// Known gives the rule sets with the amendments alone that stood at a moment.
func (s *Sets) Known(at time.Time) *Sets {
	now := s.amended.Load()
	if now == nil {
		return s
	}
	out := &Sets{Own: s.Own, ByCode: s.ByCode, Used: s.Used}
	out.Amend(slices.DeleteFunc(slices.Clone(now.all), func(a Amendment) bool { return a.Stands.After(at) }))
	return out
}

// For gives the rule set of a code set.
func (s *Sets) For(set string) *RuleSet {
	if now := s.amended.Load(); now != nil && now.by[set] != nil {
		return now.by[set]
	}
	return s.Plain(set)
}

// Plain gives the rule set of a code set as the tables and the partnership file
// have it, without amendments.
func (s *Sets) Plain(set string) *RuleSet {
	if rules := s.ByCode[set]; rules != nil && set != "" {
		return rules
	}
	return s.Own
}

// Named gives the rule set of that name, nil when there is none.
func (s *Sets) Named(name string) *RuleSet {
	if name == s.Own.Name {
		return s.For("")
	}
	for set, rules := range s.ByCode {
		if rules.Name == name {
			return s.For(set)
		}
	}
	return nil
}

// Words names the rule sets in use with the versions in force on a day: those
// that made the figures (D3).
func (s *Sets) Words(on delay.Day) string {
	names, version := s.WordsApart(on)
	return names + " " + version
}

// WordsApart gives the same with the version of the last rule set apart.
func (s *Sets) WordsApart(on delay.Day) (names, version string) {
	used := s.Used
	if len(used) == 0 {
		used = []string{""}
	}
	var before []string
	var last *RuleSet
	for _, set := range used {
		rules := s.For(set)
		if rules == last || slices.Contains(before, rules.Name+" "+rules.On(on).Version) {
			continue
		}
		if last != nil {
			before = append(before, last.Name+" "+last.On(on).Version)
		}
		last = rules
	}
	return strings.Join(append(before, last.Name), ", "), last.On(on).Version
}

// Mapping maps a reason to a body from a day on, because people agreed to.
type Mapping struct {
	Reason      delay.Reason
	Body        delay.Body
	From, Until delay.Day
	// Agreed says who agreed and when.
	Agreed string
}

// Mapped gives the rule set with the partnership's own mappings: a version more
// for each day on which one begins or ends, under which only the mapped body is
// possible (A1).
func (s *RuleSet) Mapped(mappings []Mapping) *RuleSet {
	out := &RuleSet{Name: s.Name, Versions: slices.Clone(s.Versions)}
	var days []delay.Day
	for _, m := range mappings {
		days = append(days, m.From)
		if m.Until != 0 {
			days = append(days, m.Until+1)
		}
	}
	slices.Sort(days)
	for _, day := range slices.Compact(days) {
		base := *s.On(day)
		at := slices.IndexFunc(out.Versions, func(v Version) bool { return v.From >= day })
		v := base.mapped(mappings, day)
		switch {
		case at < 0:
			out.Versions = append(out.Versions, v)
		case out.Versions[at].From == day:
			out.Versions[at] = v
		default:
			out.Versions = slices.Insert(out.Versions, at, v)
		}
	}
	// A version of the table that begins while a mapping holds has it too.
	for i, v := range out.Versions {
		if slices.ContainsFunc(s.Versions, func(own Version) bool { return own.Version == v.Version && own.From == v.From }) && i > 0 {
			out.Versions[i] = v.mapped(mappings, v.From)
		}
	}
	return out
}

// mapped gives the version as it stands on a day under mappings.
func (v Version) mapped(mappings []Mapping, on delay.Day) Version {
	matrix, agreed := maps.Clone(v.Matrix), map[delay.Reason]string{}
	for _, m := range mappings {
		if m.From > on || m.Until != 0 && on > m.Until {
			continue
		}
		a := matrix[m.Reason]
		a.NHS, a.SocialCare, a.Joint = m.Body == delay.NHS, m.Body == delay.SocialCare, m.Body == delay.Joint
		matrix[m.Reason], agreed[m.Reason] = a, m.Agreed
	}
	if len(agreed) > 0 || on > v.From {
		v.Version += " with the partnership's own of " + on.String()
	}
	v.Matrix, v.agreed, v.From = matrix, agreed, max(v.From, on)
	return v
}

// Fingerprint changes when the own rule set or a mapping does. The tables of
// other code sets are covered where they are read.
func (s *Sets) Fingerprint() string {
	out := []string{s.Own.Fingerprint()}
	for _, set := range slices.Sorted(maps.Keys(s.ByCode)) {
		if slices.ContainsFunc(s.ByCode[set].Versions, func(v Version) bool { return len(v.agreed) > 0 }) {
			out = append(out, s.ByCode[set].Fingerprint())
		}
	}
	return strings.Join(out, "\n")
}
