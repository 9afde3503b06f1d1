package casework

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

// Receipt is what decided the days of one segment (A7). It names roles and
// organisations, never people.
type Receipt struct {
	Reference   string `json:"reference"`
	Provider    string `json:"provider"`
	Period      int    `json:"period"`
	From        string `json:"from"`
	To          string `json:"to"`
	Days        int    `json:"days"`
	Responsible string `json:"responsible"`
	State       string `json:"state"`
	Rule        string `json:"rule"`
	RuleWords   string `json:"rule_words"`
	Why         string `json:"why"`
	RuleSet     string `json:"rule_set"`
	Version     string `json:"rule_version"`
	InForce     string `json:"in_force_from"`
	// Convention is by which the days were counted, and Counted which days that
	// counts, in words.
	Convention  string          `json:"convention,omitempty"`
	Counted     string          `json:"days_counted,omitempty"`
	Inputs      []ReceiptInput  `json:"inputs"`
	Evidence    []ReceiptDays   `json:"days_and_evidence"`
	Said        []ReceiptAnswer `json:"agreement"`
	Fingerprint string          `json:"fingerprint"`
}

// ReceiptInput is one input of the rules, as it was read and as it was given.
type ReceiptInput struct {
	Input string `json:"input"`
	Value string `json:"value"`
	Given string `json:"as_given"`
}

// ReceiptDays is where some of the days stand.
type ReceiptDays struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Mark   string `json:"mark"`
	Source string `json:"source"`
}

// ReceiptAnswer is one step of the agreement about the days.
type ReceiptAnswer struct {
	At    string `json:"at"`
	Who   string `json:"who"`
	What  string `json:"what"`
	Words string `json:"words"`
}

// Names gives names for codes.
type Names interface {
	ProviderWords(code string) string
	CouncilWords(c delay.Council) string
	// ReasonWords gives a reason's code with its label.
	ReasonWords(r delay.Reason) string
	// RoleWords gives a role with the names of its organisations in place of their
	// codes.
	RoleWords(role string) string
}

// Receipts makes receipts, under rule sets and with names, in times of a zone.
type Receipts struct {
	Rules *attribution.Sets
	// Book says by which convention the days were counted (D3).
	Book  *definition.Book
	Names Names
	Zone  *time.Location
}

func (r Receipts) moment(t time.Time) string { return delay.Moment(t.In(r.Zone)) }

// Of gives the segment of a number in the case, its delay and its receipt.
func (r Receipts) Of(k *Case, n int) (*Segment, *Delay, Receipt, error) {
	at := n
	for i := range k.Delays {
		d := &k.Delays[i]
		if at >= 1 && at <= len(d.Segments) {
			seg := &d.Segments[at-1]
			return seg, d, r.For(k, d, seg, n), nil
		}
		at -= len(d.Segments)
	}
	return nil, nil, Receipt{}, problem.New(problem.NotFound, "There is no period %d of this delay. Its receipts are numbered as in the "+
		"table of waiting periods.", n)
}

// For makes the receipt of a segment, which is the n-th of its case.
func (r Receipts) For(k *Case, d *Delay, seg *Segment, n int) Receipt {
	out := Receipt{Reference: k.Reference, Provider: k.Provider, Period: n, From: seg.Segment.First.String(), To: seg.Segment.Last.String(),
		Days:        seg.Days(),
		Responsible: seg.Standing.Body.String(), State: seg.State.String()}
	var given *attribution.Given
	var amended delay.Day // from which the change of the rules holds that decided
	for _, st := range d.Stretches {
		if st.Mark == delay.Paused || st.Last < seg.Segment.First || st.First > seg.Segment.Last {
			continue
		}
		if given == nil {
			given, amended = &st.Given, st.Outcome.From
			out.Rule, out.Why, out.RuleSet, out.Version = st.Outcome.Rule, st.Outcome.Why, st.Outcome.RuleSet, st.Outcome.Version
		}
		ev := ReceiptDays{From: max(st.First, seg.Segment.First).String(), To: min(st.Last, seg.Segment.Last).String(), Mark: st.Mark.String()}
		switch {
		case st.Entry != 0:
			ev.Source = "Log"
			for _, l := range k.Log {
				if l.ID == st.Entry {
					ev.Source = "Log, " + r.Names.RoleWords(l.Role) + ", " + r.moment(l.At)
				}
			}
		case st.File != "":
			ev.Source = "Extract " + st.File
			if st.Line > 0 {
				ev.Source += ", line " + strconv.Itoa(st.Line)
			}
		default:
			ev.Source = "As listed before and after"
		}
		out.Evidence = append(out.Evidence, ev)
	}
	if given != nil {
		out.Inputs = givenLines(*given, r.Names.ReasonWords(given.Reason), r.Names.CouncilWords(given.Council))
	}
	if seg.ByPeople {
		out.Rule, out.Why = "A6", "People decided that the next step is with "+seg.Standing.Body.String()+". By the rules it was with "+
			seg.Segment.Body.String()+"."
		if seg.State == agreement.Decided {
			out.Why = DecidedWords(r.Names, k, seg) + " By the rules it was with " + seg.Segment.Body.String() + "."
		}
	}
	out.RuleWords = attribution.RuleWords[out.Rule]
	if amended != 0 {
		out.InForce = amended.String()
	} else if rules := r.Rules.Named(out.RuleSet); rules != nil {
		for _, v := range rules.Versions {
			if v.Version == out.Version {
				out.InForce = v.From.String()
			}
		}
	}
	for _, e := range k.EventsOf(seg) {
		what := e.Act.String()
		if e.Body != delay.NotAttributed {
			what += ": " + e.Body.String()
		}
		out.Said = append(out.Said, ReceiptAnswer{r.moment(e.At), r.Names.RoleWords(e.Role), what, e.Argument()})
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v", out))
	out.Fingerprint = hex.EncodeToString(sum[:2]) + "-" + hex.EncodeToString(sum[2:3])
	// Said after it, so that receipts printed before they said it keep theirs.
	out.Convention, out.Counted = r.Book.Counting().NameWords(), r.Book.Counting().DayWords()
	return out
}

// givenLines are the inputs of a statement as a receipt lists them.
func givenLines(g attribution.Given, reason, council string) []ReceiptInput {
	orNot := func(s string) string { return cmp.Or(s, "Not given") }
	stated := "Not given"
	if g.Stated != delay.NotAttributed {
		stated = g.Stated.String()
	} else if g.StatedUnread {
		stated = "Could not be read"
	}
	var waits []string
	for _, o := range []struct {
		bit   attribution.Organisations
		words string
	}{{attribution.OnNHS, "NHS"}, {attribution.OnCouncil, "council"}, {attribution.OrganisationUnread, "one that could not be read"}} {
		if g.WaitingOn&o.bit != 0 {
			waits = append(waits, o.words)
		}
	}
	funding := map[attribution.Funding]string{attribution.FundedByNHS: "NHS", attribution.FundedByCouncil: "Council",
		attribution.FundedJointly: "Joint",
		attribution.SelfFunded:    "The person", attribution.FundingUnread: "Could not be read"}[g.Funding]
	return []ReceiptInput{
		{"Reason", reason, orNot(g.Words.Reason)},
		{"Type of care", g.Care.String(), orNot(g.Words.Care)},
		{"Council of residence", council, orNot(g.Words.Council)},
		{"Responsible body", stated, orNot(g.Words.Responsible)},
		{"Organisations waited on", orNot(strings.Join(waits, " and ")), orNot(g.Words.WaitingOn)},
		{"Who pays", orNot(funding), orNot(g.Words.Funding)},
	}
}

// FirstPeriod gives the number of a delay's first segment among all of the case,
// 1 for the first.
func (c *Case) FirstPeriod(delayAt int) int {
	n := 1
	for _, d := range c.Delays[:delayAt] {
		n += len(d.Segments)
	}
	return n
}

// Period gives the number of a segment among all of its case.
func (c *Case) Period(seg *Segment) int {
	n := 0
	for i := range c.Delays {
		for j := range c.Delays[i].Segments {
			if n++; &c.Delays[i].Segments[j] == seg {
				return n
			}
		}
	}
	return n
}

// DecidedWords say that one party has decided a segment and the other has not
// confirmed it (G5).
func DecidedWords(names Names, k *Case, seg *Segment) string {
	return measure.UpperFirst(SideWords(names, k, seg, seg.Next.Other())) + " has decided: " + seg.Standing.Body.String() +
		". It is not agreed until " + SideWords(names, k, seg, seg.Next) + " confirms it or the named chair makes it (rule G5)."
}

// SideWords names a side of the agreement about a segment.
func SideWords(names Names, k *Case, seg *Segment, side agreement.Side) string {
	switch {
	case side == agreement.NHSSide:
		return names.ProviderWords(k.Provider)
	case side != agreement.CouncilSide:
		return "nobody"
	case seg.Segment.Council == delay.CouncilNotKnown:
		return "a council that is not known"
	}
	return names.CouncilWords(seg.Segment.Council)
}
