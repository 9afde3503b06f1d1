package call

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"homeward/internal/delay"
	"homeward/internal/nhsnumber"
)

// Action is something that somebody said on a call that their organisation will
// do.
type Action struct {
	ID   int64
	What string
	// Owner is the organisation's code.
	Owner string
	Due   delay.Day
	// Call is the call on which it was said, and By who logged it.
	Call delay.Day
	At   time.Time
	By   string
	// Done is the call on which it was done, zero while it is open; Carried the
	// latest call that carried it over, Changed the latest on which its words,
	// owner or date were put right, zero for none.
	Done, Carried, Changed delay.Day
	// Withdrawn is the call on which it was taken back, zero while it stands.
	Withdrawn delay.Day
	// WithdrawnAt is when that was, As the role of who did and Why the reason; the
	// audit log names the person.
	WithdrawnAt time.Time
	As, Why     string
}

// State is where an action stands on a call.
type State string

// The states.
const (
	Open        State = "Open"
	Done        State = "Done"
	CarriedOver State = "Carried over"
	TakenBack   State = "Withdrawn"
)

// On gives where the action stands, as the page of the call of the day shows it.
func (a Action) On(day delay.Day) State {
	switch {
	case a.Withdrawn != 0 && a.Withdrawn <= day:
		return TakenBack
	case a.Done != 0 && a.Done <= day:
		return Done
	case a.Carried == day:
		return CarriedOver
	default:
		return Open
	}
}

// Stands says whether the action is neither done nor withdrawn.
func (a Action) Stands() bool { return a.Done == 0 && a.Withdrawn == 0 }

// PastDue says whether the action is open and its date has gone by.
func (a Action) PastDue(today delay.Day) bool { return a.Stands() && a.Due < today }

// NewAction is an action about to be logged or put right.
type NewAction struct {
	What, Owner string
	Due         string // ISO date, as the form gives it
	// Was is the date that it has already, which may stay although it has gone by.
	Was delay.Day
}

// Trouble is what is to be put right in one field of a form.
type Trouble struct{ Field, Words string }

// WhatLimit is the length of an action in characters.
const WhatLimit = 200

// Check reads a new action. organisations are the codes that can own one.
func (n NewAction) Check(organisations []string, today delay.Day) (Action, []Trouble) {
	var out []Trouble
	a := Action{What: strings.Join(strings.Fields(n.What), " "), Owner: n.Owner}
	if words := wrong(a.What, "Enter the action", "Action"); words != "" {
		out = append(out, Trouble{"what", words})
	}
	if !slices.Contains(organisations, n.Owner) {
		out = append(out, Trouble{"owner", "Select the owner organisation"})
	}
	due, err := delay.ParseDay(strings.TrimSpace(n.Due))
	switch {
	case strings.TrimSpace(n.Due) == "":
		out = append(out, Trouble{"due", "Enter the due date"})
	case err != nil:
		out = append(out, Trouble{"due", "Due date must be a real date, like 2026-11-06"})
	case due < today && due != n.Was:
		out = append(out, Trouble{"due", "Due date must be today or in the future"})
	case due > today+366:
		out = append(out, Trouble{"due", "Due date must be within a year"})
	}
	a.Due = due
	return a, out
}

// CheckReason reads why an action is withdrawn.
func CheckReason(typed string) (reason string, out []Trouble) {
	reason = strings.Join(strings.Fields(typed), " ")
	if words := wrong(reason, "Enter why the action is withdrawn", "Reason"); words != "" {
		out = append(out, Trouble{"why", words})
	}
	return reason, out
}

// wrong says what is to be put right in words for the wall, nothing when they may
// stand there.
func wrong(words, empty, name string) string {
	switch {
	case words == "":
		return empty
	case utf8.RuneCountInString(words) > WhatLimit:
		return name + " must be 200 characters or less"
	}
	return identifying(words)
}

var (
	// tenDigits is an NHS number however it is spaced; whether its check digit
	// is right does not matter on a wall.
	tenDigits = regexp.MustCompile(`(?:^|[^\p{Nd}])\p{Nd}(?:[\s\p{Pd}.\x{200b}-\x{200f}\x{2060}]*\p{Nd}){9}(?:[^\p{Nd}]|$)`)
	// manyDigits is a hospital number: five digits or more in a row.
	manyDigits = regexp.MustCompile(`\p{Nd}{5,}`)
)

// identifying gives what to put right when the words hold a number that can
// identify a person, else nothing. It never repeats the number.
func identifying(words string) string {
	switch {
	case tenDigits.MatchString(words) || nhsnumber.In(words):
		return "Remove the NHS number. This screen is shown on a wall."
	case manyDigits.MatchString(words):
		return "Remove the number. Numbers of 5 digits or more can identify a person, and this screen is shown on a wall."
	}
	return ""
}

// WithoutNumbers gives the words with … in the place of what can identify a
// person, so that the rest need not be typed again.
func WithoutNumbers(words string) string {
	words = tenDigits.ReplaceAllString(strings.Join(strings.Fields(words), " "), " … ")
	words = strings.Join(strings.Fields(manyDigits.ReplaceAllString(words, "…")), " ")
	if identifying(words) != "" {
		return "" // Written so that it cannot be told from the words around it.
	}
	return words
}

// Tally is the actions of one organisation that are past their date.
type Tally struct {
	Owner   string
	PastDue int
	Oldest  delay.Day
}

// PastDue gives the organisations that have open actions past their date, most
// first.
func PastDue(actions []Action, today delay.Day) []Tally {
	var out []Tally
	for _, a := range actions {
		if !a.PastDue(today) {
			continue
		}
		i := slices.IndexFunc(out, func(t Tally) bool { return t.Owner == a.Owner })
		if i < 0 {
			i = len(out)
			out = append(out, Tally{Owner: a.Owner, Oldest: a.Due})
		}
		out[i].PastDue++
		out[i].Oldest = min(out[i].Oldest, a.Due)
	}
	slices.SortStableFunc(out, func(a, b Tally) int { return b.PastDue - a.PastDue })
	return out
}
