package attribution

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeward/internal/delay"
)

// Amendment is a change of what a rule set says of one reason, from a day on
// until the next one of that reason begins, because both bodies have agreed to
// it (G1). It holds the whole line of the matrix, so that what it says never
// follows a table that is changed later.
type Amendment struct {
	Number int64
	// CodeSet is the code set that the reason is of, as Given names it: empty for
	// the partnership's own rule set.
	CodeSet string
	Reason  delay.Reason
	From    delay.Day
	Line    Allowed
	// Body is the one body that is possible, NotAttributed when the bodies of Line
	// are and what is stated decides.
	Body delay.Body
	// StatedStands and ByGroups are what the code set said of all its reasons.
	StatedStands, ByGroups bool
	// Agreed says who proposed and who confirmed it, and when; Stands is when the
	// last of them did.
	Agreed string
	Stands time.Time
}

// version gives the amendment as a version of its rule set.
func (a Amendment) version(base string) *Version {
	v := &Version{Version: base + " with change " + strconv.FormatInt(a.Number, 10), From: a.From, statedStands: a.StatedStands,
		byGroups: a.ByGroups, Matrix: map[delay.Reason]Allowed{a.Reason: a.Line}, agreed: map[delay.Reason]string{}}
	if a.Body != delay.NotAttributed {
		v.agreed[a.Reason] = a.Agreed
	}
	return v
}

// Attribute gives what the rules say of a statement with the amendment, was being
// what they said of it without.
func (a Amendment) Attribute(g Given, was Outcome) Outcome {
	v := a.version(was.Version)
	out := Outcome{RuleSet: was.RuleSet, Version: v.Version, From: a.From}
	out.Body, out.Rule, out.Why, out.Finding = v.decide(g)
	if a.Body == delay.NotAttributed {
		out.Why += " The table has decided again since a change of the rules. Agreed: " + a.Agreed + "."
	}
	return out
}

// Amendments are those that stand.
type Amendments []Amendment

// Sort puts them in the order in which they begin; of two of one day the one that
// was agreed later stands last.
func (all Amendments) Sort() {
	slices.SortFunc(all, func(a, b Amendment) int {
		return cmp.Or(cmp.Compare(a.From, b.From), a.Stands.Compare(b.Stands), cmp.Compare(a.Number, b.Number))
	})
}

// Agreed gives them in the order in which they came to stand.
func (all Amendments) Agreed() Amendments {
	return slices.SortedStableFunc(slices.Values(all), func(a, b Amendment) int {
		return cmp.Or(a.Stands.Compare(b.Stands), cmp.Compare(a.Number, b.Number))
	})
}

// On gives the amendment that decides about a reason on a day, nil when none
// does. They must be sorted.
func (all Amendments) On(reason delay.Reason, day delay.Day) *Amendment {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Reason == reason && all[i].From <= day {
			return &all[i]
		}
	}
	return nil
}

// Begins gives the days from first+1 to last on which another amendment of a
// reason begins, ascending.
func (all Amendments) Begins(reason delay.Reason, first, last delay.Day) []delay.Day {
	var out []delay.Day
	for _, a := range all {
		if a.Reason == reason && first < a.From && a.From <= last && !slices.Contains(out, a.From) {
			out = append(out, a.From)
		}
	}
	return out
}

// ListingDay gives the day whose rules decide about a day with the mark, of a
// delay that was first listed on listed: its own, but for a day before the first
// listing, which counts as that listing does (C9).
func ListingDay(mark delay.Mark, listed, day delay.Day) delay.Day {
	if mark == delay.Backdated {
		return listed
	}
	return day
}

// amended gives the rule set with the amendments of its code set: a version more
// for each day on which one begins.
func (s *RuleSet) amended(all Amendments) *RuleSet {
	if len(all) == 0 {
		return s
	}
	days := make([]delay.Day, 0, len(all)+len(s.Versions))
	for _, a := range all {
		days = append(days, a.From)
	}
	for _, v := range s.Versions[1:] {
		days = append(days, v.From)
	}
	slices.Sort(days)
	out := &RuleSet{Name: s.Name, Versions: []Version{s.Versions[0]}}
	for _, day := range slices.Compact(days) {
		v := *s.On(day)
		v.From, v.Matrix, v.agreed = day, maps.Clone(v.Matrix), maps.Clone(v.agreed)
		if v.agreed == nil {
			v.agreed = map[delay.Reason]string{}
		}
		var numbers []int64
		for _, reason := range all.Reasons() {
			a := all.On(reason, day)
			if a == nil {
				continue
			}
			numbers = append(numbers, a.Number)
			v.Matrix[reason] = a.Line
			delete(v.agreed, reason)
			if a.Body != delay.NotAttributed {
				v.agreed[reason] = a.Agreed
			}
		}
		v.Version += changeWords(numbers)
		if day <= out.Versions[0].From {
			out.Versions[0] = v
			continue
		}
		out.Versions = append(out.Versions, v)
	}
	return out
}

// Reasons lists the reasons that amendments are of, each once.
func (all Amendments) Reasons() []delay.Reason {
	var out []delay.Reason
	for _, a := range all {
		if !slices.Contains(out, a.Reason) {
			out = append(out, a.Reason)
		}
	}
	return out
}

// changeWords names changes behind a version: " with changes 2 and 5".
func changeWords(numbers []int64) string {
	slices.Sort(numbers)
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.FormatInt(n, 10)
	}
	switch n := len(texts); n {
	case 0:
		return ""
	case 1:
		return " with change " + texts[0]
	default:
		return " with changes " + strings.Join(texts[:n-1], ", ") + " and " + texts[n-1]
	}
}
