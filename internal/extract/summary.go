package extract

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"homeward/internal/delay"
	"homeward/internal/nhsnumber"
)

// Summary says what one file was and what became of its rows. Kept +
// Quarantined + Excluded = Read (R1).
type Summary struct {
	// Provider is the ODS code of the provider that the file is from.
	Provider string
	// Layout is the layout's name and Version its version; Fingerprint, twelve
	// hexadecimal digits, changes when the layout, a word list that it uses, a
	// list of councils or a name in the partnership file does.
	Layout, Version, Fingerprint string
	// Encoding is the encoding that the text was read in, or "workbook".
	Encoding string
	// Sheet is the name of the sheet that was read, of a workbook.
	Sheet string
	// Several is set when the layout says that a file holds several providers
	// (R12); Provider is then empty.
	Several bool
	// Dates holds every extract of the file, in the order of provider and date. A
	// file with headings and no rows has one with no rows.
	Dates []DateRows
	// Unplaced counts the rows of a file of several providers that belong to no
	// extract: those of a code that the partnership file lacks are excluded, those
	// whose provider cannot be read quarantined.
	Unplaced DateRows
	// Sent counts the rows of a file that covers a month, each once, where Dates
	// counts each on every day that it states (R14); nil for other files.
	Sent *DateRows
	// Doubt says why the whole file is to be held, in a sentence; empty when
	// nothing speaks against it (R9).
	Doubt string
	// Unlike is what the file states otherwise than its layout reads, where a figure
	// suffers if that is new (R5).
	Unlike Unlike
	// Changes are what the file states otherwise than its layout reads (R5), also of
	// one that is rejected.
	Changes []Change
	// Groups holds the problems by cause, all of them.
	Groups Groups
	// Read, Kept, Excluded and Quarantined count the rows that are patients.
	Read, Kept, Excluded, Quarantined int
	// Skipped counts lines that are not patients: titles, totals, repeated
	// headings, blanks.
	Skipped int
	// Problems lists what was found, in the order of the file, what concerns
	// the file as a whole last. MoreProblems counts those beyond the bound.
	Problems     []Problem
	MoreProblems int
	// NotReady are the rows of people who are not ready (R13), in the order of the
	// file.
	NotReady []NotReadyRows
	// Unread are the quarantined rows that name their patient (C20), in the
	// order of the file.
	Unread []UnreadRow
}

// DateRows counts the rows of one extract. Rows whose date could not be read
// count with the file's only date; when it has several, with the zero Day.
type DateRows struct {
	// Provider is the code in a file of several providers, and empty otherwise.
	Provider                          string
	Date                              delay.Day
	Read, Kept, Excluded, Quarantined int
}

// String gives the problem as one sentence for people.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "row %d: ", p.Line)
	}
	if p.Field != "" {
		fmt.Fprintf(&b, "%s: ", p.Field)
	}
	fmt.Fprintf(&b, "found %s; expected %s. %s", p.Found, p.Expected, p.Do)
	return b.String()
}

// shownLength bounds what a problem shows of a cell, in characters.
const shownLength = 60

var (
	// numbers are runs of digits that may identify a person.
	numbers = regexp.MustCompile(`\d{3}[ -]\d{3}[ -]\d{4}|\d{6,}`)
	// areaCode is an ONS code, which names a place.
	areaCode = regexp.MustCompile(`^[A-Z]\d{8}$`)
	// dateLike is what may be shown of a date's cell.
	dateLike = regexp.MustCompile(`^\d{8}$|^\d{1,4}[/. -]\d{1,2}[/. -]\d{1,4}([T ].*)?$`)
)

// shown gives what may be shown of a cell that is not identifying: cleaned,
// short, and without numbers that may identify someone when columns are out of
// place.
func shown(text string) string {
	if text == "" {
		return "a blank"
	}
	text = Masked(text)
	if utf8.RuneCountInString(text) > shownLength {
		text = string([]rune(text)[:shownLength]) + "…"
	}
	return "'" + text + "'"
}

// Masked gives the text of a cell without numbers that may identify someone when
// columns are out of place.
func Masked(text string) string {
	text = nhsnumber.Redact(text)
	if !dateLike.MatchString(text) && !areaCode.MatchString(text) {
		text = numbers.ReplaceAllString(text, "(a number, not shown)")
	}
	return text
}

// tally keeps a file's counts and problems while it is read.
type tally struct {
	Summary
	limit   int
	perDate map[extractKey]*DateRows
	last    *DateRows
	// file holds the problems of the file as a whole; they are few.
	file []Problem
}

// extractKey is a provider and a date; the provider is empty where the file has
// one only.
type extractKey struct {
	provider string
	date     delay.Day
}

func newTally(limit int) *tally {
	return &tally{limit: limit, perDate: map[extractKey]*DateRows{}}
}

func (t *tally) date(provider string, d delay.Day) *DateRows {
	if t.last != nil && t.last.Date == d && t.last.Provider == provider {
		return t.last
	}
	k := extractKey{provider, d}
	if t.perDate[k] == nil {
		t.perDate[k] = &DateRows{Provider: provider, Date: d}
	}
	t.last = t.perDate[k]
	return t.last
}

// add notes a problem of a row. Warnings leave room for what is graver.
func (t *tally) add(p Problem) {
	t.Groups.Add(p)
	if len(t.Problems) >= t.limit || p.Severity == Warned && len(t.Problems) >= t.limit*4/5 {
		t.MoreProblems++
		return
	}
	t.Problems = append(t.Problems, p)
}

// note notes a problem of the file as a whole.
func (t *tally) note(rule, found, expected, do string) {
	t.file = append(t.file, Problem{Rule: rule, Found: found, Expected: expected, Do: do})
}

// finish gives the Summary. only is the file's date when it has just one; rows
// whose own date could not be read are counted with it.
func (t *tally) finish(only delay.Day) *Summary {
	for i := range t.Unread {
		if t.Unread[i].ExtractDate == 0 {
			t.Unread[i].ExtractDate = only
		}
	}
	for k, stray := range t.perDate {
		switch {
		case t.Several && k.provider == "":
			t.Unplaced.add(stray)
			delete(t.perDate, k)
		case k.date == 0 && only != 0:
			delete(t.perDate, k)
			t.date(k.provider, only).add(stray)
		}
	}
	for _, d := range t.perDate {
		t.Dates = append(t.Dates, *d)
	}
	total := t.Unplaced
	for i := range t.Dates {
		total.add(&t.Dates[i])
	}
	t.Read, t.Kept, t.Excluded, t.Quarantined = total.Read, total.Kept, total.Excluded, total.Quarantined
	slices.SortFunc(t.Dates, func(a, b DateRows) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Date, b.Date))
	})
	t.Problems = append(t.Problems, t.file...)
	for i := range t.Problems {
		// Headings and names come from outside as cells do (P1).
		p := &t.Problems[i]
		p.Field, p.Found = nhsnumber.Redact(p.Field), nhsnumber.Redact(p.Found)
	}
	for _, p := range t.file {
		t.Groups.Add(p)
	}
	t.Doubt = nhsnumber.Redact(t.Doubt)
	t.Unlike.Says = nhsnumber.Redact(t.Unlike.Says)
	redactChanges(t.Changes)
	return &t.Summary
}

// hasRows says whether a row was read yet.
func (t *tally) hasRows() bool {
	if t.Unplaced.Read > 0 {
		return true
	}
	for _, d := range t.perDate {
		if d.Read > 0 {
			return true
		}
	}
	return false
}

func (d *DateRows) add(other *DateRows) {
	d.Read += other.Read
	d.Kept += other.Kept
	d.Quarantined += other.Quarantined
	d.Excluded += other.Excluded
}
