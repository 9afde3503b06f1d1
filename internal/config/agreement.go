package config

import "slices"

import "strings"

// Agreement is the section agreement of the partnership file: by when answers
// are expected, in working days of England. The zero value of a field means
// its default.
type Agreement struct {
	// AnswerDays is for an answer to a proposal, 2 by default; LeadDays,
	// DirectorDays and ChairDays for each step of a dispute after that, 2, 5
	// and 5 by default.
	AnswerDays   int `yaml:"answer_days"`
	LeadDays     int `yaml:"lead_days"`
	DirectorDays int `yaml:"director_days"`
	ChairDays    int `yaml:"chair_days"`
	// At is the London time of day by which an answer is expected, "17:00" by
	// default.
	At string `yaml:"at"`
	// DefaultAfterDays is after how many working days without an answer silence
	// counts as agreement (G2). 0, the default, means that it never does.
	DefaultAfterDays int `yaml:"default_after_days"`
	// DecideFrom is the level from which directors may settle a dispute:
	// reviewers, leads, directors (the default) or chair.
	DecideFrom string `yaml:"decide_from"`
	// Chair is who makes decisions that stand at once (G5): the other party need
	// not confirm them. Nobody by default.
	Chair Chair `yaml:"chair"`
	// LateDays is how many days back a ready date may be logged before the
	// reason is asked for once, 7 by default.
	LateDays int `yaml:"late_days"`
	// UndoMinutes is for how long an entry can be undone, 15 by default.
	UndoMinutes int `yaml:"undo_minutes"`
}

// Chair is the person whom both bodies have named to decide their disputes.
type Chair struct {
	Name string `yaml:"name"`
	// Email is the address of the chair's account.
	Email string `yaml:"email"`
}

// Levels are the names of the levels of a dispute, lowest first.
var Levels = []string{"reviewers", "leads", "directors", "chair"}

// check validates the clocks and fills in the defaults.
func (a *Agreement) check(d *document) {
	at := func(key string) []any { return []any{"agreement", key} }
	for _, n := range []struct {
		key       string
		value     *int
		otherwise int
		most      int
	}{
		{"answer_days", &a.AnswerDays, 2, 20}, {"lead_days", &a.LeadDays, 2, 20}, {"director_days", &a.DirectorDays, 5, 20},
		{"chair_days", &a.ChairDays, 5, 20},
		{"default_after_days", &a.DefaultAfterDays, 0, 60}, {"late_days", &a.LateDays, 7, 90}, {"undo_minutes", &a.UndoMinutes, 15, 120},
	} {
		if *n.value == 0 {
			*n.value = n.otherwise
		} else if *n.value < 1 || *n.value > n.most {
			d.add(at(n.key), "found %d, expected a number from 1 to %d", *n.value, n.most)
		}
	}
	if a.At == "" {
		a.At = "17:00"
	} else if !dueTime.MatchString(a.At) {
		d.add(at("at"), "found %q, expected a time of day such as \"17:00\", in quotation marks", a.At)
	}
	if a.DefaultAfterDays != 0 && a.DefaultAfterDays < a.AnswerDays {
		d.add(at("default_after_days"), "found %d, expected at least the %d days that an answer has", a.DefaultAfterDays, a.AnswerDays)
	}
	a.Chair.check(d)
	if a.DecideFrom == "" {
		a.DecideFrom = "directors"
	}
	if slices.Contains(Levels, a.DecideFrom) {
		return
	}
	d.add(at("decide_from"), "found %q, expected reviewers, leads, directors or chair", a.DecideFrom)
}

// check validates the chair: a name and the address of one account, or neither.
func (c *Chair) check(d *document) {
	at := func(key string) []any { return []any{"agreement", "chair", key} }
	c.Name, c.Email = strings.TrimSpace(c.Name), strings.TrimSpace(c.Email)
	if c.Name == "" && c.Email == "" {
		return
	}
	if c.Name == "" {
		d.add(at("name"), "a chair has a name; expected the name that both bodies know the chair by")
	}
	if badAddress(c.Email) {
		d.add(at("email"), "found %q, expected the e-mail address of the chair's account, such as chair@example.org", c.Email)
	}
}
