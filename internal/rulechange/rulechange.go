// Package rulechange is how people change who a reason waits for: an analyst
// proposes, a director of a hospital and one of a council confirm (G1), and from
// then on the change stands as a dated version of its rule set. It is pure: what
// is proposed and answered, in, whether it stands and who may answer, out. What a
// change makes of a statement is package attribution's concern, what it moves the
// store's.
package rulechange

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"homeward/internal/attribution"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// Change is one change of one reason, as it was proposed.
type Change struct {
	Number int64
	// Set names the code set, CodeSet the same as statements name it (empty for
	// the partnership's own rule set), RuleSet the rule set that is changed.
	Set, CodeSet, RuleSet string
	Reason                delay.Reason
	From                  delay.Day
	// Body is the body that it names, NotAttributed when the table is to decide by
	// what is stated.
	Body delay.Body
	// Line is what the rule set says of the reason then, StatedStands and ByGroups
	// what its code set says of all its reasons.
	Line                   attribution.Allowed
	StatedStands, ByGroups bool
	Why                    string
	// Proposed is who proposed it, as what and when.
	Proposed Word
	Answers  []Answer
}

// Word is who said something, as what and when. By is the account, for the audit
// and to keep two keys with two people; pages show the role.
type Word struct {
	By, Role string
	At       time.Time
}

// Act is what an answer does.
type Act string

// The acts.
const (
	Confirmed Act = "confirmed"
	Declined  Act = "declined"
	Withdrawn Act = "withdrawn"
)

// Answer is one answer to a change.
type Answer struct {
	Word
	Act  Act
	Side people.Side
	Why  string
	// Moves are the days that would have moved as the one who confirmed saw them.
	Moves []Move
}

// State is where a change stands.
type State string

// The states.
const (
	Proposed State = "proposed"
	Half     State = "confirmed by one side"
	Stands   State = "stands"
	Refused  State = "declined"
	Back     State = "withdrawn"
)

// State gives where the change stands.
func (c *Change) State() State {
	sides := map[people.Side]bool{}
	for _, a := range c.Answers {
		switch a.Act {
		case Declined:
			return Refused
		case Withdrawn:
			return Back
		case Confirmed:
			sides[a.Side] = true
		}
	}
	switch len(sides) {
	case 0:
		return Proposed
	case 1:
		return Half
	}
	return Stands
}

// Open says that the change waits for an answer.
func (c *Change) Open() bool { return c.State() == Proposed || c.State() == Half }

// Stood gives when the change began to stand, zero when it does not.
func (c *Change) Stood() time.Time {
	var at time.Time
	if c.State() == Stands {
		for _, a := range c.Answers {
			if a.At.After(at) {
				at = a.At
			}
		}
	}
	return at
}

// MayConfirm says in a sentence why the actor cannot turn a key, or declines to:
// nil when they can. Two keys are two people, one of each side, and neither
// proposed the change (G1).
func (c *Change) MayConfirm(by people.Actor) error {
	switch {
	case !c.Open():
		return problem.New(problem.Conflict, "Change %d is not open any more: it is %s. Nothing was saved.", c.Number, c.State())
	case by.Kind != people.APerson || !by.May(people.ConfirmRules) || by.Grant.Side == people.Whole:
		return problem.New(problem.Forbidden, "A director of a hospital and a director of a council answer a change of the rules.")
	case by.Who() == c.Proposed.By:
		return problem.New(problem.Forbidden, "You proposed this change, so two other people confirm it.")
	}
	for _, a := range c.Answers {
		switch {
		case a.By == by.Who():
			return problem.New(problem.Forbidden, "You have confirmed this change already. The other key is another person's.")
		case a.Side == by.Grant.Side:
			return problem.New(problem.Conflict, "A director of a %s has confirmed this change already. The other side's confirmation is missing.",
				SideWords(a.Side))
		}
	}
	return nil
}

// MayWithdraw says in a sentence why the actor cannot take the proposal back.
func (c *Change) MayWithdraw(by people.Actor) error {
	switch {
	case !c.Open():
		return problem.New(problem.Conflict, "Change %d is not open any more: it is %s. Nothing was saved.", c.Number, c.State())
	case !by.May(people.ProposeRules):
		return problem.New(problem.Forbidden, "An analyst withdraws a change of the rules.")
	}
	return nil
}

// SideWords names a side as sentences do.
func SideWords(s people.Side) string {
	if s == people.ProviderSide {
		return "hospital"
	}
	return s.String()
}

// Amendment gives what attribution makes of the change. zone is that of the dates
// in its words.
func (c *Change) Amendment(zone *time.Location) attribution.Amendment {
	return attribution.Amendment{Number: c.Number, CodeSet: c.CodeSet, Reason: c.Reason, From: c.From, Line: c.Line, Body: c.Body,
		StatedStands: c.StatedStands, ByGroups: c.ByGroups, Agreed: c.AgreedWords(zone), Stands: c.Stood()}
}

// AgreedWords says who proposed and who confirmed the change, by role and code.
func (c *Change) AgreedWords(zone *time.Location) string {
	var words strings.Builder
	said := func(what string, w Word) {
		fmt.Fprintf(&words, ", %s by %s on %s", what, w.Role, delay.DayOf(w.At.In(zone)).Long())
	}
	said("proposed", c.Proposed)
	for _, a := range c.Answers {
		said(string(a.Act), a.Word)
	}
	return fmt.Sprintf("change %d%s", c.Number, words.String())
}

// Amendments are those of the changes that stand.
func Amendments(all []Change, zone *time.Location) attribution.Amendments {
	var out attribution.Amendments
	for i := range all {
		if all[i].State() == Stands {
			out = append(out, all[i].Amendment(zone))
		}
	}
	out.Sort()
	return out
}

// Move is delayed days of one council and month that a change has count under
// another body.
type Move struct {
	Month   string `json:"month"`
	Council string `json:"council"`
	Was     string `json:"was"`
	Is      string `json:"is"`
	Days    int64  `json:"days"`
	// Answered is how many of them had been agreed or disputed: their new body is
	// proposed anew.
	Answered int64 `json:"answered"`
}

// SortMoves puts moves in the order of tables.
func SortMoves(all []Move) {
	slices.SortFunc(all, func(a, b Move) int {
		return cmp.Or(strings.Compare(a.Month, b.Month), strings.Compare(a.Council, b.Council), strings.Compare(a.Was, b.Was),
			strings.Compare(a.Is, b.Is))
	})
}

// Total adds up moves.
func Total(all []Move) (days, answered int64) {
	for _, m := range all {
		days, answered = days+m.Days, answered+m.Answered
	}
	return days, answered
}

// Seen gives a text that names what somebody has looked at: other moves give
// another one.
func Seen(all []Move) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v", all))
	return hex.EncodeToString(sum[:8])
}

// Permits says in a sentence why a table does not let its reason be with a body,
// nil when it does. A table that names no body for the reason leaves it open.
func Permits(table attribution.Allowed, body delay.Body) error {
	permitted := map[delay.Body]bool{delay.NHS: table.NHS, delay.SocialCare: table.SocialCare, delay.Joint: table.Joint,
		delay.NotAttributed: true}
	if table.NHS || table.SocialCare || table.Joint {
		if !permitted[body] {
			return problem.New(problem.Invalid, "The table does not allow this reason to be with %s", body)
		}
	}
	return nil
}

// LineOf gives the line of the rule set with the body alone, or as the table has
// it.
func LineOf(table attribution.Allowed, body delay.Body) attribution.Allowed {
	if body != delay.NotAttributed {
		table.NHS, table.SocialCare, table.Joint = body == delay.NHS, body == delay.SocialCare, body == delay.Joint
	}
	return table
}
