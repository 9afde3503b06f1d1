package app

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/config"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/problem"
	"homeward/internal/sqlite"
)

// counted is what a partnership counts by, from the tables of the reference data
// and those beside its file.
type counted struct {
	defs  *definition.Tables
	book  *definition.Book
	rules *attribution.Sets
	// tables are the rule sets without the partnership's mappings, which mapped
	// holds.
	tables *attribution.Sets
	mapped []attribution.Mapping
	// calendar is of the bank holidays of the nation whose days are counted, nil
	// when no table has any.
	calendar *agreement.Calendar
}

// countedBy reads what a partnership counts by. The error is an Invalid problem
// that names the place of the partnership file.
func countedBy(p *config.Partnership, ref reference) (*counted, error) {
	defs, err := definition.Load(ref.Embedded(), ref.Own())
	if err != nil {
		return nil, err
	}
	out := &counted{defs: defs}
	convention := p.Settings.Counting
	if convention == "" {
		convention = config.DefaultDefinitions
	}
	at := []any{"settings", "counting"}
	if c, err := defs.Convention(convention); err != nil {
		return nil, p.Problem(at, "%s", problem.Sentence(err))
	} else if c.Counts != "days" {
		return nil, p.Problem(at, "the convention %s counts people on census days and not delayed days; name one that counts days", convention)
	}
	if out.book, err = bookBy(p, defs, convention); err != nil {
		return nil, err
	}
	if days := defs.Holidays[out.book.Convention.Nation]; len(days) > 0 {
		out.calendar = agreement.NewCalendar(days)
	}
	own, err := ownRules(p.Settings.RuleSet, ref, defs)
	if err != nil {
		return nil, p.Problem([]any{"settings", "rule_set"}, "%s", problem.Sentence(err))
	}
	out.rules = &attribution.Sets{Own: own, ByCode: map[string]*attribution.RuleSet{}}
	for _, set := range defs.CodeSets {
		if set.Reason("x").Set() != "" {
			out.rules.ByCode[set.Name] = codeRules(set)
		}
	}
	for _, set := range out.book.Sets {
		out.rules.Used = append(out.rules.Used, set.Reason("x").Set())
	}
	out.tables = &attribution.Sets{Own: own, ByCode: maps.Clone(out.rules.ByCode)}
	return out, out.mapReasons(p)
}

func bookBy(p *config.Partnership, defs *definition.Tables, convention string) (*definition.Book, error) {
	var uses []definition.Use
	for _, one := range p.Providers {
		uses = append(uses, definition.Use{Provider: one.Code, Sets: setsOf(p, one)})
	}
	return definition.NewBook(defs, convention, uses)
}

// setsOf names the code sets of a provider: the one that it says its log is in,
// then those of its layouts.
func setsOf(p *config.Partnership, one config.Provider) []string {
	var sets []string
	if one.CodeSet != "" {
		sets = append(sets, one.CodeSet)
	}
	layouts := append([]string{one.Layout}, one.OtherLayouts...)
	for _, f := range one.Formerly {
		layouts = append(append(layouts, f.Layout), f.OtherLayouts...)
	}
	for _, name := range layouts {
		if l := p.Layouts[name]; l != nil {
			set := l.CodeSet
			if set == "" {
				set = config.DefaultDefinitions
			}
			if !slices.Contains(sets, set) {
				sets = append(sets, set)
			}
		}
	}
	if len(sets) == 0 {
		sets = append(sets, config.DefaultDefinitions)
	}
	return sets
}

// ownRules gives the partnership's own rule set: a table of rule sets beside its
// file or of the reference data, or else what the code set of that name says.
func ownRules(name string, ref reference, defs *definition.Tables) (*attribution.RuleSet, error) {
	if name == "" {
		name = config.DefaultDefinitions
	}
	for _, folder := range []fs.FS{ref.Own(), ref.Embedded()} {
		f, err := folder.Open("rulesets/" + name + ".csv")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The rule set %s could not be read", name)
		}
		defer f.Close()
		return attribution.ParseRuleSet(name, f)
	}
	set, err := defs.CodeSet(name)
	if err != nil {
		return nil, problem.New(problem.Invalid, "There is no rule set and no code set %s", name)
	}
	return codeRules(set), nil
}

// codeRules gives the rule set that a code set's table says.
func codeRules(set *definition.CodeSet) *attribution.RuleSet {
	rules := attribution.CodeRules{Name: set.Name, Version: set.Version, From: set.From, Matrix: map[delay.Reason]attribution.Allowed{},
		Divides: set.Bodies, StatedStands: set.StatedStands}
	for _, c := range set.Codes {
		rules.Matrix[set.Reason(c.Code)] = attribution.Allowed{Label: c.Label, Acute: c.Acute, NonAcute: c.NonAcute,
			NHS: slices.Contains(c.Bodies, delay.NHS), SocialCare: slices.Contains(c.Bodies, delay.SocialCare),
			Joint: slices.Contains(c.Bodies, delay.Joint)}
	}
	return rules.RuleSet()
}

// mapReasons puts the partnership's own mappings into the rule sets (D1).
func (c *counted) mapReasons(p *config.Partnership) error {
	by := map[string][]attribution.Mapping{}
	for i, m := range p.Mappings {
		at := func(key string) []any { return []any{"mappings", i, key} }
		set, err := c.defs.CodeSet(m.CodeSet)
		if err != nil {
			return p.Problem(at("code_set"), "%s", problem.Sentence(err))
		}
		from, _ := delay.ParseDay(m.From)
		one := attribution.Mapping{From: from, Agreed: m.Agreed}
		one.Until, _ = delay.ParseDay(m.Until)
		one.Body, _ = delay.ParseBody(m.Body)
		code, ok := set.Match(m.Reason, from)
		if !ok {
			return p.Problem(at("reason"), "found %q, which is no code or label of %s on %s, or several", m.Reason, set.Name, from.Long())
		}
		one.Reason = set.Reason(code.Code)
		by[set.Name] = append(by[set.Name], one)
		c.mapped = append(c.mapped, one)
		c.book.Mapped = append(c.book.Mapped, set.Name)
	}
	for name, mappings := range by {
		if rules := c.rules.ByCode[name]; rules != nil {
			c.rules.ByCode[name] = rules.Mapped(mappings)
			continue
		}
		c.rules.Own = c.rules.Own.Mapped(mappings)
	}
	return nil
}

// Settings gives what of the partnership's settings derived rows depend on.
func Settings(p *config.Partnership, convention *definition.Convention) (*sqlite.Settings, error) {
	out := sqlite.DefaultSettings
	out.Delay.Convention = convention.Delay()
	if p.Settings.OmittedLimitDays != 0 {
		out.Delay.OmittedLimit = p.Settings.OmittedLimitDays
	}
	if p.Settings.ShortFileRatio != 0 {
		out.Short.Ratio = p.Settings.ShortFileRatio
	}
	if p.Settings.ShortFileLeast != 0 {
		out.Short.Least = p.Settings.ShortFileLeast
	}
	if p.Settings.UnreadShare != 0 {
		out.Short.Unread = p.Settings.UnreadShare
	}
	if p.Settings.UnreadLeast != 0 {
		out.Short.LeastUnread = p.Settings.UnreadLeast
	}
	for _, v := range p.Providers {
		for _, f := range v.Formerly {
			former := sqlite.Former{Code: f.Code, Into: v.Code}
			if f.Until != "" {
				until, err := delay.ParseDay(f.Until)
				if err != nil {
					return nil, err
				}
				former.Until = until
			}
			out.Formerly = append(out.Formerly, former)
		}
	}
	// What is derived does not depend on the order of the file.
	slices.SortFunc(out.Formerly, func(a, b sqlite.Former) int { return cmp.Compare(a.Code, b.Code) })
	return &out, nil
}

// bookOf gives the book of the partnership file, for what opens no data folder
// whole, and what reasons mean alone where there is no file. The figures are by
// the convention that the store was derived with, whatever the file says now.
func (d *dataFlags) bookOf(derived delay.Convention) (*definition.Book, error) {
	path := d.options(nil).partnershipPath()
	ref := referenceBeside(path)
	p, err := config.LoadPartnership(path)
	if err != nil {
		p = &config.Partnership{Providers: []config.Provider{{}}}
	}
	defs, err := definition.Load(ref.Embedded(), ref.Own())
	if err != nil {
		return nil, err
	}
	return bookBy(p, defs, derived.Name)
}
