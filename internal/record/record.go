// Package record holds rows about people as a person with a scope may see
// them: pseudonymous delays, the filter that narrows a list of them, and
// identifiers, which stand apart because each display of them is audited (P1,
// P2). It knows no SQL and no HTTP, and decides nothing about who may see
// what: package people does.
package record

import (
	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// State narrows a list of delays to those that go on or those that ended.
type State string

// The states. The zero State does not narrow.
const (
	Open  State = "open"
	Ended State = "ended"
)

// Filter narrows a list of delays. Its parts that speak of days (the measure's
// filter, From, To, Sites, Wards) must hold for one and the same day of the
// delay, so that the rows behind a figure are the days that it counts. Zero
// parts do not narrow.
type Filter struct {
	measure.Filter
	// From and To bound the counted days, both included.
	From, To delay.Day
	Sites    []string
	Wards    []string
	State    State
	// Reference is one patient's pseudonym, whole.
	Reference string
}

// Sort orders a list of delays.
type Sort string

// The orders. ByReady is the longest waiting first, ByDays the most delayed
// days that the filter lets through.
const (
	ByReady Sort = "ready"
	ByDays  Sort = "days"
)

// Page asks for part of a list. Size is bounded by MaxPage.
type Page struct {
	Sort       Sort
	Descending bool // the other way round
	// Number counts from 1; Size is 50 when zero.
	Number, Size int
}

// MaxPage bounds how many rows one page of a list holds. Exports read page
// after page.
const MaxPage = 1000

// List is one page of delays with what the whole list comes to.
type List struct {
	Delays []Delay
	// Total is the number of delays, Days the number of delayed days that the
	// filter lets through, over all pages.
	Total int
	Days  int64
	// Uncertain is how many of the days belong to delays whose ready date the
	// log holds as uncertain.
	Uncertain int64
}

// Delay is one delay as far as the scope reaches. It holds no identifier.
type Delay struct {
	Provider, Reference string
	// Listed is the first extract date that lists the delay; with provider and
	// reference it names the delay.
	Listed delay.Day
	Ready  delay.Day
	// End is the day of leaving, zero while open. Moved is set when the delay
	// went on as another council's: then End is the day after the last day of
	// the scope's council, and what came later is not shown.
	End     delay.Day
	EndKind delay.EndKind
	Moved   bool
	// Site, Ward and Bed are the latest that the scope reaches.
	Site, Ward, Bed string
	// Stretches are the counted days, without those of another council when
	// the scope is a council's.
	Stretches []Stretch
	// Days is the number of counted days that the filter lets through.
	Days int64
}

// Stretch is an unbroken run of counted days that stand on one statement.
type Stretch struct {
	First, Last     delay.Day
	Mark            delay.Mark
	Reason          delay.Reason
	Body            delay.Body
	Council         delay.Council
	Care            delay.CareType
	Rule            string
	Site, Ward, Bed string
	// Counted is as what the days count; zero where they count nowhere.
	Counted Counted
}

// Counted is the segment in which days count: what figures say of them.
type Counted struct {
	// First is the first day of the segment, which names it; zero for none.
	First   delay.Day
	Reason  delay.Reason
	Body    delay.Body
	Council delay.Council
	Care    delay.CareType
	State   agreement.State
	// Pathway is empty unless the filter asks for pathways.
	Pathway delay.Pathway
}

// Identifiers are the numbers that name a patient.
type Identifiers struct {
	Provider, Reference string
	// NHSNumber and LocalID are empty when the extracts gave none.
	NHSNumber, LocalID string
	// Purged is set when they were purged under the retention period.
	Purged bool
}
