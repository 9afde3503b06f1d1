// Package delay holds the nouns of a delayed transfer of care, the arithmetic
// of days, and Resolve, the pure function from evidence to delays (rules C1 to
// C18 of the counting rules). It does no input or output and reads no clock.
// Who each day waits for is package attribution's concern.
package delay

import (
	"fmt"
	"strings"
)

// Body is who a delayed day is attributed to.
type Body uint8

// The bodies. NotAttributed is the zero value: shown, counted in the total and
// listed for a decision, never guessed (A5).
const (
	NotAttributed Body = iota
	NHS
	SocialCare
	Joint
)

// Bodies lists every body in the order of the product's charts, keys and
// tables: social care first so that it reads from the zero line, not
// attributed last.
var Bodies = [...]Body{SocialCare, NHS, Joint, NotAttributed}

// String gives the body as it stands in tables and files.
func (b Body) String() string {
	switch b {
	case NHS:
		return "NHS"
	case SocialCare:
		return "social care"
	case Joint:
		return "joint"
	default:
		return "not attributed"
	}
}

// Slug gives the body as it stands in addresses: nhs, social-care, joint, none.
func (b Body) Slug() string {
	switch b {
	case NHS:
		return "nhs"
	case SocialCare:
		return "social-care"
	case Joint:
		return "joint"
	default:
		return "none"
	}
}

// ParseBody reads what String or Slug wrote.
func ParseBody(s string) (Body, error) {
	for _, b := range Bodies {
		if s == b.String() || s == b.Slug() {
			return b, nil
		}
	}
	return NotAttributed, fmt.Errorf("%q is not a responsible body; use nhs, social-care, joint or none", s)
}

// CareType is the care that the patient is receiving.
type CareType uint8

// The care types. CareNotKnown is the zero value. Paediatric and Maternity are
// outside what is counted (C14).
const (
	CareNotKnown CareType = iota
	Acute
	NonAcute
	Paediatric
	Maternity
)

// CareTypes lists the counted care types in the order of tables.
var CareTypes = [...]CareType{Acute, NonAcute, CareNotKnown}

// String gives the care type as it stands in the published tables.
func (c CareType) String() string {
	switch c {
	case Acute:
		return "Acute"
	case NonAcute:
		return "Non-Acute"
	case Paediatric:
		return "Paediatric"
	case Maternity:
		return "Maternity"
	default:
		return "Not known"
	}
}

// Slug gives the care type as it stands in addresses: acute, non-acute,
// not-known.
func (c CareType) Slug() string {
	switch c {
	case Acute:
		return "acute"
	case NonAcute:
		return "non-acute"
	case Paediatric:
		return "paediatric"
	case Maternity:
		return "maternity"
	default:
		return "not-known"
	}
}

// ParseCareType reads what String or Slug wrote.
func ParseCareType(s string) (CareType, error) {
	for _, c := range [...]CareType{Acute, NonAcute, CareNotKnown, Paediatric, Maternity} {
		if s == c.String() || s == c.Slug() {
			return c, nil
		}
	}
	return CareNotKnown, fmt.Errorf("%q is not a type of care; use acute, non-acute or not-known", s)
}

// Reason is a code of the code set england-dtoc: A to I with Di and Dii, and
// O. The empty Reason means that the reason is not known.
type Reason string

// ReasonNotKnown is the reason of a patient whose extract gives none that can
// be read; the patient is real and is kept (R2).
const ReasonNotKnown Reason = ""

// Reasons lists the codes of england-dtoc in the order of the published tables.
var Reasons = [...]Reason{"A", "B", "C", "Di", "Dii", "E", "F", "G", "H", "I", "O"}

// Words gives the code with the short name: "Di Residential home".
func (r Reason) Words() string { return strings.TrimSpace(string(r) + " " + r.Short()) }

// Short gives a reason's name in a few words, from the labels of the published
// tables.
func (r Reason) Short() string {
	switch r {
	case "A":
		return "Assessment"
	case "B":
		return "Public funding"
	case "C":
		return "Further non-acute NHS care"
	case "Di":
		return "Residential home"
	case "Dii":
		return "Nursing home"
	case "E":
		return "Care package in own home"
	case "F":
		return "Community equipment and adaptations"
	case "G":
		return "Patient or family choice"
	case "H":
		return "Disputes"
	case "I":
		return "Housing"
	case "O":
		return "Other"
	default:
		return "Reason not known"
	}
}

// Council is a council or pseudo-area by ONS code. CouncilNotKnown is the empty
// Council: blank or unreadable in the extract, never a default (A7).
type Council string

// CouncilNotKnown is the council of a patient whose extract names none that is
// known.
const CouncilNotKnown Council = ""
