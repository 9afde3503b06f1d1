package casework

import "homeward/internal/delay"

// Meaning is what a reason means, in words that help to choose it.
type Meaning struct {
	Sentence string
	// Examples are two worked examples.
	Examples [2]string
}

// Meanings are the reasons' meanings. They follow the definitions of the
// national guidance in our own words (domain/england.md 1.5) and agree with
// the rule set's matrix; a partnership's own rulings stand beside them.
var Meanings = map[delay.Reason]Meaning{
	"A": {"An assessment of future needs is not finished, or where they could go is not yet identified.", [2]string{
		"Counts: the social worker's assessment is booked for Thursday.", "Does not count: assessed, and care at home has no start date " +
			"(use E)."}},
	"B": {"Assessed, and waiting for the NHS or the council to decide on funding.", [2]string{
		"Counts: the continuing healthcare panel has not met.", "Does not count: funding is agreed and the home has no free room (use Di " +
			"or Dii)."}},
	"C": {"Assessed, and waiting for further NHS care that is not acute: community hospital, rehabilitation or intermediate care.", [2]string{
		"Counts: accepted by the community hospital, no bed until Monday.", "Does not count: waiting for the council's short-term care (use " +
			"Di or E)."}},
	"Di": {"Assessed, and no suitable place in a residential home is available.", [2]string{
		"Counts: three homes asked, none has a room.", "Does not count: the family is choosing between two free rooms (use G)."}},
	"Dii": {"Assessed, and no suitable place in a nursing home is available.", [2]string{
		"Counts: a nursing home that meets the needs has a waiting list.", "Does not count: who pays for the place is not agreed (use B)."}},
	"E": {"Assessed, and waiting for care at home to start.", [2]string{
		"Counts: the agency has no start date.", "Does not count: no assessment yet (use A)."}},
	"F": {"Assessed, and waiting for community equipment or minor adaptations.", [2]string{
		"Counts: the hospital bed for home comes on Friday.", "Does not count: major building work on a home they do not have yet (use I)."}},
	"G": {"A reasonable offer was declined, or the person or family is choosing.", [2]string{
		"Counts: holding out for one home when another suitable one is free.", "Does not count: no suitable place was offered (use Di or Dii)."}},
	"H": {"Organisations disagree about the next step, and nothing else is waited for.", [2]string{
		"Counts: two councils disagree about ordinary residence.", "Does not count: the person or family disagrees (use G)."}},
	"I": {"Housing, for people to whom social care has no duty.", [2]string{
		"Counts: no home to go to, and no care needs.", "Does not count: care needs that the council must meet (use A, Di or E)."}},
	"O": {"Another reason, in non-acute care only.", [2]string{
		"Counts: permission from the Ministry of Justice.", "Does not count: any reason that has its own code."}},
}
