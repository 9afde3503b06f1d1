// Package revision is how figures have changed since a past moment or a month
// close, and why: the same days are counted as they were known then and as they
// are known now, and every difference of one provider's day has one cause, so
// that the causes add up to it. It asks the two moments through small
// interfaces and looks at nothing else. How a comparison is laid out is package
// web's concern.
package revision

import (
	"slices"
	"strings"
	"time"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// Cause is why a figure of one day and provider is no longer what it was.
type Cause string

// The causes.
const (
	ArrivedLate Cause = "extracts that arrived later"
	SentAgain   Cause = "extracts that were sent again"
	Released    Cause = "extracts that were held then"
	NotCounted  Cause = "extracts that are held now"
	ReadAgain   Cause = "files that were read again with other words"
	RulesAgreed Cause = "a change of the rules that both sides confirmed"
	Answered    Cause = "answers and entries about these days"
	OtherPeople Cause = "who is one person, as later evidence shows or people have said"
	LaterWords  Cause = "what later extracts say of these days"
	OtherRules  Cause = "rules or settings that have changed"
)

// Causes lists them in the order in which they are named.
var Causes = []Cause{ArrivedLate, SentAgain, Released, NotCounted, ReadAgain, RulesAgreed, Answered, OtherPeople, LaterWords, OtherRules}

// Spot is one provider's day.
type Spot struct {
	Provider string
	Day      delay.Day
}

// Answers is how much people have entered, answered and accepted, and of which
// days.
type Answers struct {
	Count int64
	Days  []AnsweredDays
	// Ruled are the days of which a change of the rules that has come to stand
	// speaks.
	Ruled []AnsweredDays
}

// AnsweredDays are days of one provider about which people have said something.
type AnsweredDays struct {
	Provider    string
	First, Last delay.Day
}

func (a Answers) of(at Spot) bool { return holds(a.Days, at) }

func holds(days []AnsweredDays, at Spot) bool {
	return slices.ContainsFunc(days, func(d AnsweredDays) bool {
		return d.Provider == at.Provider && d.First <= at.Day && at.Day <= d.Last
	})
}

// File is a file as it was read: its SHA-256, and the number of the reading when
// it was read again. The zero File is none.
type File struct {
	SHA256  string
	Reading int64
}

// Evidence is what figures stand on at two moments.
type Evidence struct {
	// Then and Now give the file that counts.
	Then, Now map[Spot]File
	// HeldThen and HeldNow are the days on which a file was and is held.
	HeldThen, HeldNow map[Spot]bool
	// Answers are those since.
	Answers Answers
	// Codes are what other codes of the provider have sent for its day, as it stands
	// now; Since is the moment of then.
	Codes map[Spot][]measure.CodeDay
	Since time.Time
}

// same says whether a provider's day stands on the same files, those of its other
// codes among them.
func (e *Evidence) same(at Spot) bool {
	return e.Then[at] == e.Now[at] && e.changedCode(at) == nil
}

// changedCode gives the other code of a provider whose extract of the day is not
// what it was, nil when there is none.
func (e *Evidence) changedCode(at Spot) *measure.CodeDay {
	for i, c := range e.Codes[at] {
		if c.Since(e.Since) {
			return &e.Codes[at][i]
		}
	}
	return nil
}

// of gives the other code of the provider whose file changed its day, empty where
// it was the provider's own or no file.
func (e *Evidence) of(at Spot) string {
	was, is := e.Then[at], e.Now[at]
	if was == is {
		if c := e.changedCode(at); c != nil {
			return c.Code
		}
		return ""
	}
	for _, c := range e.Codes[at] {
		if c.File != "" && (c.File == is.SHA256 || is.SHA256 == "" && c.File == was.SHA256) {
			return c.Code
		}
	}
	return ""
}

// ofEvent gives the provider's day on whose files its events stand: that day, or
// the day before where only that changed.
func (e *Evidence) ofEvent(at Spot) Spot {
	if yesterday := (Spot{at.Provider, at.Day - 1}); e.same(at) && !e.same(yesterday) {
		return yesterday
	}
	return at
}

// named says of which of a provider's codes the cause is, behind its name.
func (e *Evidence) named(name string, at Spot) string {
	return withCode(name, e.of(at))
}

func withCode(name, code string) string {
	if code == "" {
		return name
	}
	return name + " (" + code + ")"
}

// Why says why a figure of a provider's day is another now.
func (e *Evidence) Why(at Spot) Cause {
	was, is := e.Then[at], e.Now[at]
	released := e.HeldThen[at] && !e.HeldNow[at]
	if c := e.changedCode(at); c != nil && was == is {
		switch {
		case c.Began.After(e.Since):
			return ArrivedLate
		case !c.Counted:
			return NotCounted
		case c.Again:
			return ReadAgain
		}
		return SentAgain
	}
	switch {
	case was.SHA256 != "" && is.SHA256 != "" && slices.ContainsFunc(e.Codes[at], func(c measure.CodeDay) bool {
		return c.File == was.SHA256 && c.File != is.SHA256
	}):
		if released {
			return Released
		}
		return ArrivedLate // The provider's own, beside that of its other code.
	case was == is && released && len(e.Codes[at]) > 0: // Of another code, beside the file that counts.
		return Released
	case was == is && holds(e.Answers.Ruled, at):
		return RulesAgreed
	case was == is && e.Answers.of(at):
		return Answered
	case was == is:
		return LaterWords
	case was.SHA256 == "" && e.HeldThen[at]:
		return Released
	case was.SHA256 == "":
		return ArrivedLate
	case is.SHA256 == "":
		return NotCounted
	case was.SHA256 == is.SHA256:
		return ReadAgain
	default:
		return SentAgain
	}
}

// Difference is a count then and now, with the difference by its causes.
type Difference struct {
	Then, Now int64
	// By holds the difference of each cause, zero where it cancels out; nil when
	// no day differs.
	By    map[Cause]int64
	where map[Cause][]string
}

// Add adds one provider's day, whose difference has the cause why. where is the
// provider's name.
func (d *Difference) Add(why Cause, where string, then, now int64) {
	d.Then, d.Now = d.Then+then, d.Now+now
	if then == now {
		return
	}
	if d.By == nil {
		d.By, d.where = map[Cause]int64{}, map[Cause][]string{}
	}
	d.By[why] += now - then
	if !slices.Contains(d.where[why], where) {
		d.where[why] = append(d.where[why], where)
	}
}

// Words says the causes; their numbers add up to the difference.
func (d *Difference) Words() string {
	var out []string
	for _, why := range Causes {
		where := d.where[why]
		if len(where) == 0 {
			continue
		}
		slices.Sort(where)
		named := strings.Join(where, ", ")
		if len(where) > 3 {
			named = measure.Plural(int64(len(where)), "hospital", "hospitals")
		}
		amount := measure.Signed(d.By[why])
		if d.By[why] == 0 {
			amount = "0 in all"
		}
		out = append(out, amount+" from "+string(why)+": "+named)
	}
	if len(out) == 0 {
		return "No change"
	}
	return strings.Join(out, "; ")
}
