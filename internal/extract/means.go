package extract

import "homeward/internal/delay"

// Means gives what a layout of the set reads a word as, by the kind of words as a
// layout names it, on a day. ok is false for a word that the layout does not have.
func (s *Set) Means(name, kind, word string, on delay.Day) (meaning string, ok bool) {
	var l *layout
	for _, one := range s.layouts {
		if one.cfg.Name == name {
			l = one
		}
	}
	text, _, _ := clean([]byte(word), maxText)
	if l == nil || text == "" {
		return "", false
	}
	folded := fold(text)
	of := func(v vocabulary) (string, bool) {
		meaning, ok := v[folded]
		return meaning, ok
	}
	switch kind {
	case "reasons":
		if l.codes == nil {
			meaning, why := l.reasons.reason(text)
			return meaning, why != notInLayout
		}
		if meaning, ok := of(l.reasons); ok {
			return meaning, true
		}
		code, ok := l.codes.Match(text, on)
		return code.Code, ok
	case "responsible":
		return of(l.bodies)
	case "care":
		return of(l.care)
	case "waiting_on":
		return of(l.waiting)
	case "funding":
		return of(l.funding)
	case "criteria":
		return of(l.criteria)
	case "destination":
		return of(l.destinations)
	case "pathway":
		return l.pathwayOf(text)
	case "councils":
		if code := l.extraCouncils[folded]; s.councils.Coded(code) != nil {
			return code, true
		}
		found := s.councils.Find(text)
		code, _ := s.councils.Resolve(found, on)
		return string(code), len(found) > 0
	}
	return "", false
}
