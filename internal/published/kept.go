package published

import (
	"crypto/sha256"
	"strings"
	"time"

	"homeward/internal/delay"
	"homeward/internal/nhsnumber"
)

// Kept is a file that was added: what it is, of which vintage, and where it
// came from.
type Kept struct {
	ID                 int64
	Series, Title      string
	Name               string
	SHA256             [sha256.Size]byte
	Bytes              int64
	Published, Revised delay.Day
	// Vintage is zero when neither the file nor who added it said; it then counts
	// as older than every file that has one. Given says who: the person.
	Vintage delay.Day
	Given   bool
	Notes   []string
	Values  int
	// First and Last are the first days of its first and last period.
	First, Last delay.Day
	By          string
	At          time.Time
}

// VintageWords says the vintage in words.
func (k Kept) VintageWords() string {
	switch {
	case k.Vintage == 0:
		return "not stated"
	case k.Given:
		return k.Vintage.String() + " (given)"
	case k.Revised != 0 && k.Revised == k.Vintage:
		return k.Vintage.String() + " (revised)"
	}
	return k.Vintage.String()
}

// Periods says of which months the file is.
func (k Kept) Periods() string { return Span(Monthly, k.First, k.Last) }

// Span says from which to which period figures are, in words.
func Span(grain Grain, first, last delay.Day) string {
	words := func(d delay.Day) string {
		switch grain {
		case Monthly:
			return d.Month().Long()
		case Weekly:
			return "the week of " + d.Long()
		default:
			return d.Long()
		}
	}
	if words(first) == words(last) {
		return words(first)
	}
	return words(first) + " to " + words(last)
}

// Query says which values are wanted; what is empty leaves nothing out.
type Query struct {
	Series   string
	From, To delay.Day // of the periods' first days
	Levels   []Level
	Codes    []string
	Measures []string
	// File asks for what one file states, zero for those of all.
	File int64
	// Every asks for the values of every vintage, not of the newest alone.
	Every bool
}

// Stored is a value with the file that states it.
type Stored struct {
	Value
	File int64
}

// Describe gives what is kept of a file beside its values: its name without
// its folder, its digest and its vintage. given is the vintage that who adds it
// says, zero for that of the file itself. A name with an NHS number is refused.
func Describe(name string, data []byte, f *File, given delay.Day) (Kept, error) {
	name = plain(name[strings.LastIndexAny(name, `/\`)+1:])
	if nhsnumber.In(name) {
		return Kept{}, refuse("The name of the file reads as an NHS number. Name it for what it is, and add it again.")
	}
	k := Kept{Name: name, SHA256: sha256.Sum256(data), Bytes: int64(len(data)), Vintage: f.Vintage()}
	if given != 0 {
		k.Vintage, k.Given = given, true
	}
	return k, nil
}
