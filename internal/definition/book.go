package definition

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"homeward/internal/delay"
)

// Book is what a partnership counts by: the convention of its own count and the
// code sets of its providers (D4). It names reasons and says which days count,
// in words of the tables. A nil Book knows no table: it names reasons by their
// codes and leaves which days count unsaid.
type Book struct {
	Tables     *Tables
	Convention *Convention
	// Sets are the code sets in use, in the order of the providers.
	Sets []*CodeSet
	// Mapped names the code sets of which the partnership maps reasons to bodies.
	Mapped []string

	// amended are those of which people have agreed a change since.
	amended atomic.Pointer[[]Amended]

	providers map[string][]*CodeSet
	meanings  map[delay.Reason]meaning
}

type meaning struct {
	set  *CodeSet
	code Code
}

// Use is a provider with the names of the code sets that its extracts and its
// log are in, the present one first.
type Use struct {
	Provider string
	Sets     []string
}

// NewBook makes the book of a partnership. The error is an Invalid problem that
// names what is in no table, or cannot count delayed days.
func NewBook(t *Tables, convention string, uses []Use) (*Book, error) {
	c, err := t.Convention(convention)
	if err != nil {
		return nil, err
	}
	b := &Book{Tables: t, Convention: c, providers: map[string][]*CodeSet{}, meanings: map[delay.Reason]meaning{}}
	for _, use := range uses {
		for _, name := range use.Sets {
			set, err := t.CodeSet(name)
			if err != nil {
				return nil, err
			}
			b.providers[use.Provider] = append(b.providers[use.Provider], set)
			if !slices.Contains(b.Sets, set) {
				b.Sets = append(b.Sets, set)
			}
		}
	}
	for _, set := range t.CodeSets {
		for _, c := range set.Codes {
			b.meanings[set.Reason(c.Code)] = meaning{set, c} // The latest wording stands last.
		}
	}
	return b, nil
}

// Short gives a reason's label in a few words, the code where no table has it.
func (b *Book) Short(r delay.Reason) string {
	if r == delay.ReasonNotKnown {
		return "Reason not known"
	}
	if b != nil {
		if m, ok := b.meanings[r]; ok {
			return m.code.Short
		}
	}
	return r.Code()
}

// Words gives a reason's code with its short label, "Di Residential home", and
// the label alone where the codes are this program's own.
func (b *Book) Words(r delay.Reason) string {
	short := b.Short(r)
	if r == delay.ReasonNotKnown || b == nil || short == r.Code() || b.meanings[r].set.OwnCodes {
		return short
	}
	return r.Code() + " " + short
}

// Meaning gives the code set and the code of a reason in its latest wording.
func (b *Book) Meaning(r delay.Reason) (*CodeSet, Code, bool) {
	if b == nil {
		return nil, Code{}, false
	}
	m, ok := b.meanings[r]
	return m.set, m.code, ok
}

// Group gives the group of a reason, the reason's own label where its code set
// has no groups, and "Reason not known".
func (b *Book) Group(r delay.Reason) string {
	if _, code, ok := b.Meaning(r); ok && code.Group != "" {
		return code.Group
	}
	return b.Short(r)
}

// Reasons lists the reasons of the code sets in use, each once, in the order of
// the tables.
func (b *Book) Reasons() []delay.Reason {
	if b == nil {
		return nil
	}
	var out []delay.Reason
	for _, set := range b.Sets {
		out = append(out, set.Reasons()...)
	}
	return out
}

// Reasons lists the reasons of the set, each once, in the order of the table.
func (s *CodeSet) Reasons() []delay.Reason {
	var out []delay.Reason
	for _, c := range s.Codes {
		if r := s.Reason(c.Code); !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// SetOf gives the code set that a provider's reasons are of now. A provider that
// the book does not know has the set of the first.
func (b *Book) SetOf(provider string) *CodeSet {
	if b == nil {
		return nil
	}
	if sets := b.providers[provider]; len(sets) > 0 {
		return sets[0]
	}
	if len(b.Sets) > 0 {
		return b.Sets[0]
	}
	return nil
}

// ReasonsOf lists the reasons of a provider's code set that are in force on a
// day, in the order of the table.
func (b *Book) ReasonsOf(provider string, on delay.Day) []delay.Reason {
	return b.SetOf(provider).reasonsOn(on)
}

// ReasonsBeside lists the reasons that may take the place of one that a record of
// a provider has: of the code set that the reason is of, where the provider has
// sent in it, because a period of before a change of lists keeps the reasons of
// its time (D4); else those of its present one.
func (b *Book) ReasonsBeside(provider string, recorded delay.Reason, on delay.Day) []delay.Reason {
	if set, _, ok := b.Meaning(recorded); ok && slices.Contains(b.providers[provider], set) {
		return set.reasonsOn(on)
	}
	return b.ReasonsOf(provider, on)
}

// reasonsOn lists the reasons of the set that are in force on a day.
func (s *CodeSet) reasonsOn(on delay.Day) []delay.Reason {
	if s == nil {
		return nil
	}
	var out []delay.Reason
	for _, c := range s.Codes {
		if r := s.Reason(c.Code); c.InForce(on) && !slices.Contains(out, r) && c.Code != s.NoReason {
			out = append(out, r)
		}
	}
	return out
}

// Divides says whether days are divided between bodies: of some code set in use
// they are, by its nation or by the partnership's own mapping. Where they are
// not, pages show groups and no council share (A8).
func (b *Book) Divides() bool {
	if b == nil || len(b.Sets) == 0 {
		return true
	}
	var amended []Amended
	if all := b.amended.Load(); all != nil {
		amended = *all
	}
	return slices.ContainsFunc(b.Sets, func(s *CodeSet) bool {
		return s.Bodies || slices.Contains(b.Mapped, s.Name) ||
			slices.ContainsFunc(amended, func(a Amended) bool { return a.Set == s.Name })
	})
}

// Amended is a code set of which a change of the rules that people agreed to maps
// a reason to a body, with the moment since which the change stands.
type Amended struct {
	Set string
	At  time.Time
}

// Amend gives the changes of the rules that stand, in place of those before.
func (b *Book) Amend(all []Amended) { b.amended.Store(&all) }

// Known gives the book as it was at a past moment (C15): changes of the rules that
// stand since a later moment are no part of it. At the zero moment it is the book
// as it is.
func (b *Book) Known(at time.Time) *Book {
	if b == nil || at.IsZero() {
		return b
	}
	all := b.amended.Load()
	if all == nil || !slices.ContainsFunc(*all, func(a Amended) bool { return a.At.After(at) }) {
		return b
	}
	out := &Book{Tables: b.Tables, Convention: b.Convention, Sets: b.Sets, Mapped: b.Mapped, providers: b.providers, meanings: b.meanings}
	out.Amend(slices.DeleteFunc(slices.Clone(*all), func(a Amended) bool { return a.At.After(at) }))
	return out
}

// Grouped says that some code set in use has groups of reasons.
func (b *Book) Grouped() bool {
	return b != nil && slices.ContainsFunc(b.Sets, func(s *CodeSet) bool { return len(s.Groups) > 0 })
}

// Mixed says that providers have different code sets, so that figures across
// them share groups and bodies and not reasons (D4).
func (b *Book) Mixed() bool { return b != nil && len(b.Sets) > 1 }

// SetWords names the code sets in use: "Delayed transfers of care: the reasons A
// to O".
func (b *Book) SetWords() string {
	if b == nil {
		return ""
	}
	titles := make([]string, len(b.Sets))
	for i, s := range b.Sets {
		titles[i] = s.Title
	}
	return strings.Join(titles, "; ")
}

// Counting gives the convention of the partnership's own count; without a book
// it has no name and no words.
func (b *Book) Counting() *Convention {
	if b == nil || b.Convention == nil {
		return &Convention{}
	}
	return b.Convention
}
