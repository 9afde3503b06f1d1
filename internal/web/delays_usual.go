package web

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/web/page"
)

// What the log's page has instead of one long list: the ward's five usual reasons
// with a key each, and the others in a list that is found by typing.

// The values of the field for reasons, beside reasons themselves, and the field
// of the list that the others stand in.
const (
	anotherReason = "another"
	fieldAnother  = "other-reason"
)

// typedReason reads the reason of the log's form. A reason from the list stands
// when "Another reason" or nothing is chosen above it; two different ones are
// none, so that nothing is guessed.
func typedReason(c echo.Context) string {
	usual, another := typed(c, "reason"), typed(c, fieldAnother)
	switch {
	case usual == "" || usual == anotherReason:
		return another
	case another != "" && another != usual:
		return ""
	}
	return usual
}

// reasonParts makes the log's second question. Where reasons have letters of
// their own that readers know, it is one list in which typing the letter selects.
func (s *Server) reasonParts(c echo.Context, provider, ward, chosen string) []page.Part {
	const question = "2 What are they waiting for?"
	reasons := s.opts.Casework.Reasons(provider, s.today())
	used := s.usedOn(c, provider, ward)
	usual := s.usual(reasons, used, func() map[delay.Reason]int { return s.usedOn(c, provider, "") })
	if len(usual) == 0 {
		return []page.Part{{Kind: "select", ID: "reason", Label: question, Groups: s.reasonGroups(reasons, used, chosen)}}
	}
	first := page.Part{Kind: "radios", ID: "reason", Label: question, Hint: "The most used on this ward. The others are in the list below.",
		Class: "app-choices", Groups: []page.PartGroup{{}}}
	if ward == "" {
		first.Hint = "The most used at this hospital. The others are in the list below."
	}
	found := slices.Contains(usual, delay.Reason(chosen))
	add := func(value, text, key string, is bool) {
		first.Groups[0].Items = append(first.Groups[0].Items, page.Choice{ID: "reason-" + cmp.Or(key, value), Value: value, Text: text, Key: key,
			Chosen: is})
	}
	for i, r := range usual {
		add(string(r), s.opts.Places.ReasonWords(r), strconv.Itoa(i+1), chosen == string(r))
	}
	add(anotherReason, "Another reason", "", chosen != "" && !found)
	if found {
		chosen = ""
	}
	others := slices.DeleteFunc(slices.Clone(reasons), func(r delay.Reason) bool { return slices.Contains(usual, r) })
	list := page.Part{Kind: "select", ID: fieldAnother, Label: "If another reason", Chooses: "reason-" + anotherReason,
		Groups: s.reasonGroups(others, nil, chosen)}
	return []page.Part{first, list}
}

// usual gives the reasons most used on the ward, filled up with those of the
// hospital, in the order of use.
func (s *Server) usual(reasons []delay.Reason, ward map[delay.Reason]int, hospital func() map[delay.Reason]int) []delay.Reason {
	most := func(used map[delay.Reason]int, without []delay.Reason) []delay.Reason {
		var out []delay.Reason
		for _, r := range reasons {
			if used[r] > 0 && !slices.Contains(without, r) {
				out = append(out, r)
			}
		}
		slices.SortStableFunc(out, func(a, b delay.Reason) int { return cmp.Compare(used[b], used[a]) })
		return out
	}
	out := most(ward, nil)
	if len(out) < usualReasons {
		out = append(out, most(hospital(), out)...)
	}
	return out[:min(usualReasons, len(out))]
}

// sayStated shows what the latest extract states beside the reason, the criteria
// to reside and the pathway, and chooses that pathway until another is chosen.
func (s *Server) sayStated(v *page.CaseForm, where *page.Part, k *casework.Case, f casework.LogForm) {
	said := k.Stated
	if said == nil {
		return
	}
	fact := func(name, value string) {
		v.Facts = append(v.Facts, page.CaseFact{Name: name, Value: value, Source: s.extractAge(k)})
	}
	if s.opts.Casework.ListsBeds(k.Provider) {
		words := "Met: not ready to leave"
		if said.Ready != 0 {
			words = "Not met since " + said.Ready.Long()
		}
		fact("Criteria to reside", words)
	}
	if said.Pathway == "" {
		return
	}
	fact("Pathway, by the extract", casework.DestinationWords(said.Pathway))
	if f.Destination != "" || f.Reason != "" {
		return
	}
	for i := range where.Groups[0].Items {
		if one := &where.Groups[0].Items[i]; one.Value == said.Pathway {
			one.Chosen, one.Text = true, one.Text+", from the extract"
		}
	}
}
