package measure

import (
	"strings"

	"homeward/internal/definition"
)

// Definition is what one measure counts, in words that stand the same on the
// page, in files, in JSON and under charts.
type Definition struct {
	// ID is permanent: a changed meaning gets a new version, another measure a
	// new ID.
	ID      string
	Version int
	Name    string
	// Sentence says what is counted, Formula how, LeftOut what is not.
	Sentence, Formula, LeftOut string
	Unit                       string
	// Direction is what readers want: "lower is better" or "neutral".
	Direction string
	// Rules are the counting rules that decide it.
	Rules string
}

// The IDs of the measures that are counted today.
const (
	DelayedDays   = "M01"
	DToCBeds      = "M01b"
	PeopleWaiting = "M02"
	CouncilShare  = "M03"
	LongWaits     = "M05"
	DaysWaited    = "M07"
	NewDelays     = "M08"
	EndedDelays   = "M09"
)

// Definitions lists the measures in the order of the definitions page, in words
// that fit the convention that makes the figures (D3).
func Definitions(b *definition.Book) []Definition {
	out := make([]Definition, len(measures))
	words := wordsOf(b.Counting())
	for i, d := range measures {
		d.Name = words.Replace(d.Name)
		d.Sentence, d.Formula, d.LeftOut = words.Replace(d.Sentence), words.Replace(d.Formula), words.Replace(d.LeftOut)
		out[i] = d
	}
	return out
}

// wordsOf puts a convention's words where definitions leave them open.
func wordsOf(c *definition.Convention) *strings.Replacer {
	first, today := "the first day that its counting convention counts", "Nobody whose day counts."
	switch {
	case c.Ready:
		first = "the day on which the person became ready to leave"
		today = "Nobody who is ready by the end of the day. Those whose ready date is that day are shown apart as ready today, and are in it."
	case c.Name != "":
		first = "the day after the person became ready to leave"
		today = "People whose ready date is that day: they are shown beside it as ready today."
	}
	return strings.NewReplacer("{Beds}", c.BedsWords(), "{beds}", c.BedsNoun(), "{span}", c.SpanWords(), "{ends}", c.EndWords(),
		"{ready today}", today, "{first day}", first)
}

// measures are the definitions. Words in braces are the convention's.
var measures = []Definition{
	{
		ID: DelayedDays, Version: 1, Name: "Delayed days",
		Sentence: "Days on which a person was ready to leave hospital and still in a bed, counted for everyone and added up.",
		Formula:  "For each delay, {span}. {ends} Weekends and holidays count like other days.",
		LeftOut: "People under 18 on their ready date, paediatric and maternity care, and people who left on their ready date. They are " +
			"counted " +
			"apart and shown with the reason.",
		Unit: "days", Direction: "lower is better", Rules: "C1 to C9, C14",
	},
	{
		ID: DToCBeds, Version: 1, Name: "{Beds}",
		Sentence: "The average number of beds that people who were ready to leave were in, on a day of the period.",
		Formula: "Delayed days in the period, divided by the calendar days in the period. For several months: total days divided by total " +
			"calendar days, never an average of monthly averages.",
		LeftOut: "What delayed days leave out.",
		Unit:    "beds", Direction: "lower is better", Rules: "C12",
	},
	{
		ID: PeopleWaiting, Version: 1, Name: "People waiting",
		Sentence: "The number of people whose wait counts on a day. Over a longer period it is the average for a day.",
		Formula: "The delayed days of the day: one person, one day. So people waiting yesterday, and those new, less those ended, are the " +
			"people waiting today.",
		LeftOut: "{ready today}",
		Unit:    "people", Direction: "lower is better", Rules: "C16",
	},
	{
		ID: CouncilShare, Version: 1, Name: "Council share",
		Sentence: "The part of all delayed days whose next step is with social care alone. Days that are joint are counted on their own and " +
			"never halved.",
		Formula: "Delayed days with social care, divided by all delayed days, those not attributed included. The range runs from the share if " +
			"every disputed or not attributed day fell to the NHS, to the share if every one fell to the council (G3). A day that one body has " +
			"decided and the other has not confirmed counts as disputed there (G5).",
		LeftOut: "Nothing: every delayed day is in the denominator.",
		Unit:    "per cent of delayed days", Direction: "neutral", Rules: "C12, G3, G5",
	},
	{
		ID: LongWaits, Version: 1, Name: "Waiting 7, 14 or 21 days or more",
		Sentence: "People waiting now who have already waited at least so many delayed days.",
		Formula:  "A count of people on the latest extract date. Someone who has waited 21 days is in all three counts.",
		LeftOut:  "People who have already left.",
		Unit:     "people", Direction: "lower is better", Rules: "C1, C2, C16",
	},
	{
		ID: DaysWaited, Version: 1, Name: "Days waited, ended",
		Sentence: "How many delayed days the waits had that ended in the period: the middle one, and the days that 9 in 10 did not exceed.",
		Formula: "Waits are put in order of their delayed days. With an even number, the middle is halfway between the two in the middle. A " +
			"wait belongs to the period of the day after its last delayed day.",
		LeftOut: "Waits that have not ended: their days so far are shown apart and never mixed in.",
		Unit:    "days", Direction: "lower is better", Rules: "C1 to C9",
	},
	{
		ID: NewDelays, Version: 1, Name: "New delays",
		Sentence: "Waits whose first delayed day is in the period: {first day}.",
		Formula: "A count of waits by their first delayed day, so that people waiting at the start, and those new, less those ended, are the " +
			"people waiting at the end.",
		LeftOut: "People who were already waiting when their hospital's extracts began, and people who left before a day counted.",
		Unit:    "people", Direction: "lower is better", Rules: "C1, C9, C16",
	},
	{
		ID: EndedDelays, Version: 1, Name: "Ended delays",
		Sentence: "Waits that ended, by the day after their last delayed day.",
		Formula:  "A count of waits. An end is stated by the hospital or inferred from the next extract.",
		LeftOut:  "Waits that are open in their hospital's latest extract.",
		Unit:     "people", Direction: "neutral", Rules: "C4 to C6, C16",
	},
}

// DefinitionOf gives the measure of the ID; ok is false when there is none.
func DefinitionOf(id string, b *definition.Book) (d Definition, ok bool) {
	for _, d := range Definitions(b) {
		if d.ID == id {
			return d, true
		}
	}
	return Definition{}, false
}
