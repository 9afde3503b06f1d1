package quality

import (
	"homeward/internal/measure"
	"homeward/internal/person"
)

// Field is something that rows give and measures need.
type Field string

// The fields, in the order of the page.
const (
	ReadyDate   Field = "discharge ready date"
	Reason      Field = "reason"
	Responsible Field = "responsible body"
	Council     Field = "council"
	Care        Field = "type of care"
	Pathway     Field = "pathway"
	Leaving     Field = "discharge date"
	Admission   Field = "admission date"
	NHSNumber   Field = "NHS number"
	Ward        Field = "ward"
)

// needs says of each field what it is counted of and what measures go without
// where it is blank.
var needs = []struct {
	field      Field
	one, many  string
	without    string
	onlyShared bool // said only where days are divided between bodies (A8)
}{
	{ReadyDate, "discharge", "discharges",
		"Each counts as no delay, so the average delay from the ready date may be longer than is shown.", false},
	{Reason, "delayed day", "delayed days", "They stand as not known in figures by reason.", false},
	{Responsible, "delayed day", "delayed days",
		"They are counted and fall to neither body: the range of the council share is wider by them.", true},
	{Council, "delayed day", "delayed days", "They are on no council's page and in no rate for a council.", false},
	{Care, "delayed day", "delayed days", "They stand as not known in figures by type of care.", false},
	{Pathway, "delayed day", "delayed days", "They stand as not stated in figures by pathway.", false},
	{Leaving, "delay that ended", "delays that ended",
		"Their end is taken from the next extract that leaves the person out (rule C5), which may be a day late.", false},
	{Admission, "delay", "delays", "The days since admission cannot be given for them.", false},
	{NHSNumber, "delay", "delays", "Somebody who moves to another hospital is counted as another person.", false},
	{Ward, "delay", "delays", "The worklist and the round cannot say where they are.", false},
}

// Blank is how often one provider leaves a field blank, or writes it so that it
// cannot be read.
type Blank struct {
	Provider  string
	Field     Field
	Blank, Of int64
}

// Counted is what the blanks are counted of.
func (b Blank) Counted() string {
	for _, n := range needs {
		if n.field == b.Field {
			return n.many
		}
	}
	return ""
}

// Share says how much is blank: "14% of 212 discharges".
func (b Blank) Share() string {
	for _, n := range needs {
		if n.field == b.Field {
			return measure.PerCent(float64(b.Blank)/float64(b.Of)) + " of " + measure.Plural(b.Of, n.one, n.many)
		}
	}
	return ""
}

// Without says what measures go without.
func (b Blank) Without() string {
	for _, n := range needs {
		if n.field == b.Field {
			return n.without
		}
	}
	return ""
}

// Blanks gives the blanks that measures miss, provider by provider in the order
// given and field by field. divided says that days are divided between bodies.
func Blanks(counted []Blank, providers []string, divided bool) []Blank {
	var out []Blank
	for _, provider := range providers {
		for _, n := range needs {
			if n.onlyShared && !divided {
				continue
			}
			for _, b := range counted {
				if b.Provider == provider && b.Field == n.field && b.Blank > 0 {
					out = append(out, b)
				}
			}
		}
	}
	return out
}

// Pairs counts people who may be one, of one kind.
type Pairs struct{ Open, Decided int }

// Words says how many pairs wait and how many are decided.
func (p Pairs) Words() string {
	if p.Open+p.Decided == 0 {
		return "None"
	}
	return measure.Plural(int64(p.Open), "pair waits", "pairs wait") + " for a decision, " + measure.Whole(int64(p.Decided)) + " decided"
}

// CountPairs counts pairs of people by whether anybody has decided them: possible
// same people (I4), possible transfers (C19), and pairs that nothing but people's
// word concerns any more, which all are decided.
func CountPairs(pairs []person.Pair) (same, transfers Pairs, before int) {
	for _, p := range pairs {
		of := &same
		switch p.Kind {
		case person.JudgedPair:
			before++
			continue
		case person.Transfer:
			of = &transfers
		}
		if p.Judged {
			of.Decided++
		} else {
			of.Open++
		}
	}
	return same, transfers, before
}
