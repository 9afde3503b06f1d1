package casework

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// Found is one person whom a search found, without identifiers (P1).
type Found struct {
	Reference, Provider string
	Ward, Bed           string
	Ready               delay.Day
	// End is the day on which the last delay ended, 0 while it is open.
	End    delay.Day
	Reason delay.Reason
}

// foundAtMost is how many people a search lists.
const foundAtMost = 50

// Find gives the people within the actor's scope whom a text names: by their
// reference, else by the ward or bed in which they wait now, else, for those
// who may see identifiers, by NHS number or hospital number. A search by
// number is in the audit log, without the number (P2). more says that there
// are others. The text itself goes nowhere.
func (s *Service) Find(ctx context.Context, by people.Actor, text string) (found []Found, more bool, err error) {
	text = strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)), " ")
	r := &Refusal{}
	switch {
	case text == "":
		r.field("find", "Enter a reference, ward%s", hospitalNumber(by))
	case len([]rune(text)) > 60:
		r.field("find", "What you look for must be 60 characters or less")
	}
	if err := r.or(""); err != nil {
		return nil, false, err
	}
	if found, err = s.byReference(ctx, by, []string{identity.ReadReference(text)}); err != nil || len(found) > 0 {
		return found, false, err
	}
	if found, err = s.Store.FindPlace(ctx, by.Scope(), text, foundAtMost+1); err != nil || len(found) > 0 {
		more = len(found) > foundAtMost
		return found[:min(len(found), foundAtMost)], more, err
	}
	if !by.Scope().Identifiers() || !strings.ContainsFunc(text, unicode.IsDigit) {
		return nil, false, nil
	}
	references, err := s.Store.FindByNumber(ctx, by, s.Key, strings.ReplaceAll(text, " ", ""))
	if err != nil {
		return nil, false, err
	}
	found, err = s.byReference(ctx, by, references)
	return found, false, err
}

// FindWords is what a search can look for, as its label says.
func FindWords(by people.Actor) string { return "Find by reference, ward" + hospitalNumber(by) }

func hospitalNumber(by people.Actor) string {
	if by.Scope().Identifiers() {
		return " or hospital number"
	}
	return " or bed"
}

func (s *Service) byReference(ctx context.Context, by people.Actor, references []string) ([]Found, error) {
	var out []Found
	for _, reference := range references {
		c, err := s.Store.Case(ctx, by.Scope(), reference)
		if problem.KindOf(err) == problem.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		f := Found{Reference: c.Reference, Provider: c.Provider, Ready: c.Ready(), Reason: c.Stands().Reason}
		if d := c.Last(); d != nil {
			f.Ward, f.Bed, f.End = d.Ward, d.Bed, d.End
		}
		if !slices.ContainsFunc(out, func(o Found) bool { return o.Reference == f.Reference }) {
			out = append(out, f)
		}
	}
	return out, nil
}
