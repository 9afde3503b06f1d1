package web

import (
	"fmt"
	"slices"
	"strings"

	"homeward/internal/config"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// definedView is one definition that is a table: a counting convention, a code
// set or a rule set, with where it comes from and when it was in force (D1 to
// D3).
type definedView struct {
	Anchor, Title, Name, Words string
	// Used says what uses it here; empty when nothing does.
	Used  string
	Facts []page.Fact
	// Table is its worked examples or its codes, nil when it has none.
	Table *page.Table
	Open  string
}

func provenanceFacts(p definition.Provenance) []page.Fact {
	facts := []page.Fact{{Name: "In force", Value: inForceWords(p)}, {Name: "Nation", Value: nationWords(p.Nation)}}
	if p.Version != "" {
		facts = append(facts, page.Fact{Name: "Version", Value: p.Version})
	}
	facts = append(facts, page.Fact{Name: "Source", Value: p.Source}, page.Fact{Name: "How certain", Value: measure.UpperFirst(p.Certainty)})
	if p.Note != "" {
		facts = append(facts, page.Fact{Name: "Note", Value: measure.UpperFirst(p.Note)})
	}
	return facts
}

// nationWords writes a nation's name as tables have it: northern-ireland.
func nationWords(nation string) string {
	parts := strings.Split(nation, "-")
	for i, part := range parts {
		parts[i] = measure.UpperFirst(part)
	}
	return strings.Join(parts, " ")
}

// conventionViews are the counting conventions with their worked examples,
// which the tests of the program recompute.
func (s *Server) conventionViews() []definedView {
	var out []definedView
	for _, c := range s.opts.Defs.Conventions {
		v := definedView{Anchor: "convention-" + c.Name, Title: c.Title, Name: c.Name, Words: c.Words, Open: "Worked examples"}
		if c.Name == s.opts.Counting {
			v.Used = "The partnership's own figures count by it."
		}
		floor := "Nobody is left out for their age"
		if c.AgeFloor > 0 {
			floor = fmt.Sprintf("%d and over on the ready date", c.AgeFloor)
		}
		v.Facts = append([]page.Fact{{Name: "Counts", Value: measure.UpperFirst(c.Counts)}, {Name: "Age", Value: floor}},
			provenanceFacts(c.Provenance)...)
		t := page.Table{ID: v.Anchor + "-examples", Caption: "Worked examples, " + c.Name, HiddenCaption: true, Head: []page.Head{{Text: "Case"},
			{Text: "Ready"}, {Text: "Left"}, {Text: "Counted from"}, {Text: "To"}, {Text: "Answer"}}}
		for _, e := range s.opts.Defs.ExamplesOf(c.Name) {
			t.Rows = append(t.Rows, []page.Cell{{Text: measure.UpperFirst(e.Name), Header: true}, {Text: longOr(e.Span.Ready, "")},
				{Text: longOr(e.Span.Out, "Still in")}, {Text: longOr(e.From, "")}, {Text: longOr(e.To, "")}, {Text: e.Answer()}})
		}
		if len(t.Rows) > 0 {
			v.Table = &t
		}
		out = append(out, v)
	}
	return out
}

func longOr(day delay.Day, otherwise string) string {
	if day == 0 {
		return otherwise
	}
	return day.Long()
}

// codeSetViews are the code sets with their codes.
func (s *Server) codeSetViews() []definedView {
	var out []definedView
	for _, set := range s.opts.Defs.CodeSets {
		v := definedView{Anchor: "codes-" + set.Name, Title: set.Title, Name: set.Name, Open: "Its codes"}
		if slices.Contains(s.sets().Used, set.Name) {
			v.Used = "A hospital here sends it."
		}
		divides := "Groups: no body is stated nationally"
		if set.Bodies {
			divides = "Bodies: NHS, social care, both"
		}
		v.Facts = append([]page.Fact{{Name: "Delays are divided by", Value: divides}}, provenanceFacts(set.Provenance)...)
		if len(set.InDoubt) > 0 {
			v.Facts = append(v.Facts, page.Fact{Name: "In doubt", Value: strings.Join(set.InDoubt, ", ")})
		}
		t := page.Table{ID: v.Anchor + "-codes", Caption: "Codes, " + set.Name, HiddenCaption: true, Head: []page.Head{{Text: "Code"},
			{Text: "Label"}, {Text: "Group"}, {Text: "From"}, {Text: "Until"}}}
		for _, c := range set.Codes {
			t.Rows = append(t.Rows, []page.Cell{{Text: c.Code, Header: true}, {Text: c.Label}, {Text: orWords(c.Group, "None")},
				{Text: longOr(c.From, "Not known")}, {Text: longOr(c.Until, "Not ended")}})
		}
		v.Table = &t
		out = append(out, v)
	}
	return out
}

// ruleSetViews are the rule sets that decide whose next step a day is.
func (s *Server) ruleSetViews() []definedView {
	var out []definedView
	names := s.sets().Used
	if len(names) == 0 {
		names = []string{""}
	}
	for _, name := range names {
		rules := s.sets().For(name)
		v := definedView{Anchor: "rules-" + rules.Name, Title: rules.Name, Name: rules.Name, Open: "Its versions",
			Used: "Days of the hospitals that send its reasons are attributed by it."}
		if slices.ContainsFunc(out, func(o definedView) bool { return o.Anchor == v.Anchor }) {
			continue
		}
		t := page.Table{ID: v.Anchor + "-versions", Caption: "Versions, " + rules.Name, HiddenCaption: true,
			Head: []page.Head{{Text: "Version"}, {Text: "In force from"}, {Text: "Reasons", Numeric: true}}}
		for _, one := range rules.Versions {
			t.Rows = append(t.Rows, []page.Cell{{Text: one.Version, Header: true}, {Text: longOr(one.From, "Not known")}, numeric(len(one.Matrix))})
		}
		v.Table = &t
		out = append(out, v)
	}
	return out
}

// openChoices are what the nations' sources leave open, the reading taken, and
// where a partnership chooses otherwise.
func (s *Server) openChoices() page.Table {
	t := page.Table{ID: "open-table", Caption: "What the sources leave open", HiddenCaption: true,
		Head: []page.Head{{Text: "Left open"}, {Text: "The reading taken"}, {Text: "To choose otherwise"}}}
	const own = "A table of your own beside the partnership file, reference/conventions.csv"
	for _, row := range [][3]string{
		{"From which age discharges count in the discharge ready date: one source says 16, others say adults",
			fmt.Sprintf("%d and over on the ready date; a blank date is the day of leaving", s.opts.DischargeFloor),
			"settings: discharge_age_floor, or age=16 and age=18 in an address"},
		{"Whether the situation report's discharges hold people who died, moved to another hospital or stayed no night",
			"They do not, and each is counted beside; until they leave they are among those remaining", "Add the columns beside"},
		{"How extra bed days of the weekly snapshot are worked out", "The Monday less the ready date, of people by their stay",
			"No setting: the formula has not been seen"},
		{"When an internal delay is over 48 hours, where lists give dates alone", "From 3 days after the ready date; 2 days or more stand " +
			"beside it",
			"Read the figure beside it"},
		{"Unwell for no day or one day, then ready again", "A new wait begins and its ready day is a ready day; by england-mhs26 the record " +
			"continues and counts its first day", own},
		{"Whether a mental-health record that starts again with each reason is a new record", "It continues the one before it: the total is " +
			"the " +
			"same", own},
		{"Whether the codes in doubt are in Scotland's census", "They are counted in it, and shown beside it to be taken off", "The column " +
			"of_them_26x_46x of " +
			"homeward national census"},
		{"Wales's more than 48 hours, where lists give dates alone", "At least 3 days before the census day; 2 days or more stand beside it",
			own +
				" (grace_days)"},
		{"Whether who leaves on the census day is in it", "In Scotland yes, in Wales no", own + " (census_leaving)"},
		{"Days of a month of which a row gives one reason alone (Scotland)", "The reason of the month's row, the last, for all its days",
			"No setting: the file has no other"},
		{"The partnership's own figures", "Counted by " + s.opts.Counting, "settings: counting"},
		{"How long a person may be missing from lists and still have one wait", "14 days unless set otherwise", "settings: omitted_limit_days"},
		{"A plan for the average discharge delay", "None unless the partners agree one", "levels, measure: " + config.DischargeDelay},
	} {
		t.Rows = append(t.Rows, []page.Cell{{Text: row[0], Header: true}, {Text: row[1]}, {Text: row[2]}})
	}
	return t
}

// definedJSON are the tables in JSON.
func (s *Server) definedJSON() (conventions, codeSets []map[string]any) {
	of := func(p definition.Provenance) map[string]any {
		return map[string]any{"name": p.Name, "title": p.Title, "nation": p.Nation, "version": p.Version, "in_force_from": dayText(p.From),
			"in_force_until": dayText(p.Until), "source": p.Source, "certainty": p.Certainty, "note": p.Note}
	}
	for _, c := range s.opts.Defs.Conventions {
		one := of(c.Provenance)
		one["counts"], one["age_floor"], one["definition"] = c.Counts, c.AgeFloor, c.Words
		conventions = append(conventions, one)
	}
	for _, set := range s.opts.Defs.CodeSets {
		one := of(set.Provenance)
		one["divides_by"] = map[bool]string{true: "bodies", false: "groups"}[set.Bodies]
		one["groups"], one["codes"] = set.Groups, len(set.Codes)
		codeSets = append(codeSets, one)
	}
	return conventions, codeSets
}
