// Package delay holds the nouns of a delayed transfer of care, the arithmetic
// of days, and Resolve, the pure function from evidence to delays (rules C1 to
// C18 of the counting rules). It does no input or output and reads no clock.
// Who each day waits for is package attribution's concern.
package delay

import (
	"cmp"
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

// Reason is a code in its code set (D1): the name of the set, a stroke and the
// code, such as england-mhsds-6/07, or the code alone for the letters of
// england-dtoc. What it means stands in the set's table, which package
// definition reads. The empty Reason means that the reason is not known.
type Reason string

// ReasonNotKnown is the reason of a patient whose extract gives none that can
// be read; the patient is real and is kept (R2).
const ReasonNotKnown Reason = ""

// Set names the code set that the reason is of, empty for the letters of
// england-dtoc and for a reason that is not known.
func (r Reason) Set() string {
	set, _, ok := strings.Cut(string(r), "/")
	if !ok {
		return ""
	}
	return set
}

// Code gives the code within its set.
func (r Reason) Code() string {
	_, code, ok := strings.Cut(string(r), "/")
	if !ok {
		return string(r)
	}
	return code
}

// CompareReasons orders reasons by set and code, numbers in codes by their
// value and the reason that is not known last.
func CompareReasons(a, b Reason) int {
	if a == b {
		return 0
	}
	if a == ReasonNotKnown || b == ReasonNotKnown {
		return len(b) - len(a)
	}
	return cmp.Or(strings.Compare(a.Set(), b.Set()), CompareCodes(a.Code(), b.Code()))
}

// CompareCodes compares codes or names of places as people count them: 4B-2 comes
// before 4B-10.
func CompareCodes(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			m, n := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if c := cmp.Or(cmp.Compare(len(m), len(n)), strings.Compare(m, n)); c != 0 {
				return c
			}
			a, b = a[x:], b[y:]
			continue
		}
		if c := cmp.Compare(a[0], b[0]); c != 0 {
			return c
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits is how many digits a text begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// Council is a council or pseudo-area by ONS code. CouncilNotKnown is the empty
// Council: blank or unreadable in the extract, never a default (A7).
type Council string

// CouncilNotKnown is the council of a patient whose extract names none that is
// known.
const CouncilNotKnown Council = ""
