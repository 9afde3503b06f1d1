package attribution

import "homeward/internal/delay"

// Given is what an extract or a log entry states about one patient that
// decides who the days wait for: the sender's words, kept for the receipt, and
// their reading by the provider's layout. It is comparable, so that equal
// statements are attributed once.
type Given struct {
	Words Words

	// Set names the code set that the reason is of, empty for england-dtoc
	// (D1): it decides which rules apply, also where the reason is not known.
	Set     string
	Reason  delay.Reason
	Care    delay.CareType
	Council delay.Council
	// Stated is the body that the extract names, NotAttributed when it names
	// none. StatedUnread is set when words were given that the layout cannot
	// read: they may name any body.
	Stated       delay.Body
	StatedUnread bool
	// WaitingOn holds the organisations that the patient is waiting on (A3).
	WaitingOn Organisations
	// Funding is who pays for the care waited for (A4).
	Funding Funding
}

// Words are the sender's own words for each field that decides, cleaned of
// control characters and bounded in length, empty where the extract has none.
type Words struct {
	Reason, Care, Council, Responsible, WaitingOn, Funding string
}

// Organisations is a set of the kinds of organisation that a patient waits on.
type Organisations uint8

// The members of a set of organisations. OrganisationUnread is set when the
// extract names one that the layout cannot read.
const (
	OnNHS Organisations = 1 << iota
	OnCouncil
	OrganisationUnread
)

// Funding is who pays for the care waited for.
type Funding uint8

// The funders. FundingNotGiven is the zero value.
const (
	FundingNotGiven Funding = iota
	FundedByNHS
	FundedByCouncil
	FundedJointly
	SelfFunded
	FundingUnread
)
