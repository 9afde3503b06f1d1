package web

import (
	"slices"

	"homeward/internal/measure"
	"homeward/internal/problem"
)

// readBasis reads which days are counted: as the address says, else the
// partnership's headline. An address that asks for a state asks for its days,
// so the headline does not stand in its way.
func (p Places) readBasis(a *asked, given string, words []string) error {
	switch {
	case given != "":
		names := make([]string, len(measure.Bases))
		for i, b := range measure.Bases {
			names[i] = b.String()
		}
		name, err := choose(wordBasis, given, names)
		if err != nil {
			return err
		}
		a.Filter.Basis, _ = measure.ParseBasis(name)
		a.BasisGiven = true
	case slices.Contains(words, wordBasis) && len(a.Filter.States) == 0:
		a.Filter.Basis = p.Headline
	}
	return a.Filter.CheckBasis()
}

// everybody is for what is counted whatever is agreed, such as people who begin
// or end a wait: an address that asks for agreed days alone is refused, and the
// partnership's headline does not hold.
func (a *asked) everybody(why string) error {
	if a.Filter.Basis == measure.BasisAgreed && a.BasisGiven {
		return problem.New(problem.Invalid, "basis=agreed is not available here: %s. Remove 'basis', or use basis=counted.", why)
	}
	a.Filter.Basis = measure.BasisCounted
	return nil
}

// basisGroup is the field that says which days are counted.
func basisGroup(f measure.Filter) choiceGroup {
	g := choiceGroup{Legend: "Which days", Name: wordBasis, Kind: "radio", Style: "radios"}
	for _, b := range measure.Bases {
		g.Items = append(g.Items, choice{ID: "basis-" + b.String(), Value: b.String(), Text: upperFirst(b.Short()), Chosen: b == f.Basis})
	}
	return g
}

// notAgreedWords say beside a figure of agreed days how many are not agreed;
// empty on another basis.
func notAgreedWords(b measure.Basis, agreed, notAgreed int64) string {
	switch {
	case b != measure.BasisAgreed:
		return ""
	case notAgreed == 0:
		return "Every counted day is agreed."
	}
	return upperFirst(plural(notAgreed, "more day is", "more days are")) + " not agreed by both bodies; " +
		count(agreed+notAgreed) + " are counted in all."
}
