// Package attribution decides who each listed day waits for: the rules A1 to
// A5 over a rule set that is data, with a receipt that says which rule decided
// and why. It is pure. A decision by people (A6) stands above it and lives
// with agreement; the council (A7) is read by package extract.
package attribution

import (
	"fmt"
	"slices"
	"strings"

	"homeward/internal/delay"
)

// Outcome is the answer for one statement, with what the receipt needs beside
// the words that were given.
type Outcome struct {
	Body delay.Body
	// Rule is A1 to A5.
	Rule    string
	RuleSet string
	Version string
	// From is the day from which an amendment of the version holds, 0 without one.
	From delay.Day
	// Why says in one sentence, for the receipt, how the rule applied.
	Why string
	// Finding is set when the statement contradicts the matrix or could not be
	// read, so that people look at it (R2, R3). It is empty otherwise.
	Finding string
}

// Attribute applies A1 to A5 to what was stated about a patient on a listed
// day, in that order; the first that answers decides.
func (s *RuleSet) Attribute(g Given, on delay.Day) Outcome {
	version := s.On(on)
	out := Outcome{RuleSet: s.Name, Version: version.Version}
	out.Body, out.Rule, out.Why, out.Finding = version.decide(g)
	return out
}

func (v *Version) decide(g Given) (body delay.Body, rule, why, finding string) {
	if v.statedStands && g.Stated != delay.NotAttributed && !g.StatedUnread {
		return g.Stated, "A2", fmt.Sprintf("The extract names %s, and under these rules a stated body stands for every reason.", g.Stated), ""
	}
	mapped := v.agreed[g.Reason]
	if v.byGroups && mapped == "" {
		return delay.NotAttributed, "A8", "These reasons are divided by groups and not between the NHS and the council.", ""
	}
	if g.Reason == delay.ReasonNotKnown {
		return delay.NotAttributed, "A5", "The reason is not known, so no rule decides.", "The reason is not known"
	}
	allowed := v.Bodies(g.Reason, g.Care)
	if len(allowed) == 0 {
		return delay.NotAttributed, "A5",
			fmt.Sprintf("Reason %s does not exist for %s care under version %s.", g.Reason.Code(), careWords(g.Care), v.Version),
			fmt.Sprintf("Reason %s does not exist for %s care", g.Reason.Code(), careWords(g.Care))
	}
	if g.StatedUnread {
		return delay.NotAttributed, "A5", "The responsible body that the extract names could not be read, and it may be any body.",
			"The responsible body could not be read"
	}
	if len(allowed) == 1 && (g.Stated == delay.NotAttributed || g.Stated == allowed[0]) {
		if mapped != "" {
			return allowed[0], "A1", fmt.Sprintf("The partnership maps reason %s to %s. Agreed: %s.", g.Reason.Code(), allowed[0], mapped), ""
		}
		return allowed[0], "A1", fmt.Sprintf("Reason %s can only be with %s.", g.Reason.Code(), allowed[0]), ""
	}
	if g.Stated != delay.NotAttributed {
		if !slices.Contains(allowed, g.Stated) {
			words := fmt.Sprintf("Reason %s cannot be with %s; it can be with %s", g.Reason.Code(), g.Stated, list(allowed))
			return delay.NotAttributed, "A5", words + ".", words
		}
		return g.Stated, "A2", fmt.Sprintf("The extract names %s, which reason %s allows.", g.Stated, g.Reason.Code()), ""
	}
	if b := g.WaitingOn.body(); b != delay.NotAttributed && slices.Contains(allowed, b) {
		return b, "A3", fmt.Sprintf("The patient is waiting on %s.", waitingWords[b]), ""
	}
	if b := g.Funding.body(); b != delay.NotAttributed && slices.Contains(allowed, b) {
		return b, "A4", fundingWords[g.Funding], ""
	}
	why = "The extract names no body, no organisation that is waited on and no funder that decides."
	if g.WaitingOn != 0 || g.Funding != FundingNotGiven {
		why = fmt.Sprintf("Who is waited on and who pays do not decide between %s.", list(allowed))
	}
	return delay.NotAttributed, "A5", why, ""
}

// body gives A3's answer: NHS only, council only, or both. A set with an
// organisation that could not be read gives none.
func (o Organisations) body() delay.Body {
	switch o {
	case OnNHS:
		return delay.NHS
	case OnCouncil:
		return delay.SocialCare
	case OnNHS | OnCouncil:
		return delay.Joint
	default:
		return delay.NotAttributed
	}
}

// body gives A4's answer; a self-funder is the NHS's.
func (f Funding) body() delay.Body {
	switch f {
	case FundedByNHS, SelfFunded:
		return delay.NHS
	case FundedByCouncil:
		return delay.SocialCare
	case FundedJointly:
		return delay.Joint
	default:
		return delay.NotAttributed
	}
}

var waitingWords = map[delay.Body]string{
	delay.NHS:        "NHS organisations only",
	delay.SocialCare: "the council only",
	delay.Joint:      "the NHS and the council",
}

var fundingWords = map[Funding]string{
	FundedByNHS:     "The NHS pays for the care waited for.",
	FundedByCouncil: "The council pays for the care waited for.",
	FundedJointly:   "The NHS and the council pay together for the care waited for.",
	SelfFunded:      "The person pays for their own care, which is with the NHS.",
}

// RuleWords gives each rule of attribution in plain words, for receipts and
// the definitions page.
var RuleWords = map[string]string{
	"A1": "Only one body is possible for this reason, and the extract does not state another.",
	"A2": "The extract names the body, and the rule set allows it for the reason and type of care, or lets a stated body stand.",
	"A3": "Who must act: the organisations that the patient is waiting on decide.",
	"A4": "Who pays for the care waited for decides; a person who pays for their own care is with the NHS.",
	"A5": "None of these rules decides, or what was stated contradicts the matrix: not attributed, counted in the total, and listed for a " +
		"decision.",
	"A6": "A decision by people stands above the rules for the segment it names.",
	"A8": "A rule set whose nation divides delays by groups has no bodies: its days are shown by group alone.",
	"A7": "The council that the extract names, by code or any known name; unknown or blank is not known.",
}

func list(bodies []delay.Body) string {
	names := make([]string, len(bodies))
	for i, b := range bodies {
		names[i] = b.String()
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func careWords(c delay.CareType) string {
	if c == delay.CareNotKnown {
		return "unknown"
	}
	return strings.ToLower(c.String())
}
