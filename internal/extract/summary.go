package extract

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"homeward/internal/delay"
)

// Summary says what one file was and what became of its rows. Kept +
// Quarantined + Excluded = Read (R1).
type Summary struct {
	// Provider is the ODS code of the provider that the file is from.
	Provider string
	// Layout is the layout's name and Version its version; Fingerprint, twelve
	// hexadecimal digits, changes when the layout or a word list that it uses
	// does.
	Layout, Version, Fingerprint string
	// Encoding is the encoding that the text was read in, or "workbook".
	Encoding string
	// Sheet is the name of the sheet that was read, of a workbook.
	Sheet string
	// Dates holds every extract date of the file, in order. A file with
	// headings and no rows has one with no rows.
	Dates []DateRows
	// Read, Kept, Excluded and Quarantined count the rows that are patients.
	Read, Kept, Excluded, Quarantined int
	// Skipped counts lines that are not patients: titles, totals, repeated
	// headings, blanks.
	Skipped int
	// Problems lists what was found, in the order of the file, what concerns
	// the file as a whole last. MoreProblems counts those beyond the bound.
	Problems     []Problem
	MoreProblems int
	// Unread are the quarantined rows that name their patient (C20), in the
	// order of the file.
	Unread []UnreadRow
}

// DateRows counts the rows of one extract date. Rows whose date could not be
// read count with the file's only date; when it has several, with the zero Day.
type DateRows struct {
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
	if !dateLike.MatchString(text) && !areaCode.MatchString(text) {
		text = numbers.ReplaceAllString(text, "(a number, not shown)")
	}
	if utf8.RuneCountInString(text) > shownLength {
		text = string([]rune(text)[:shownLength]) + "…"
	}
	return "'" + text + "'"
}

// tally keeps a file's counts and problems while it is read.
type tally struct {
	Summary
	limit   int
	perDate map[delay.Day]*DateRows
	last    *DateRows
	// file holds the problems of the file as a whole; they are few.
	file []Problem
}

func newTally(limit int) *tally {
	return &tally{limit: limit, perDate: map[delay.Day]*DateRows{}}
}

func (t *tally) date(d delay.Day) *DateRows {
	if t.last != nil && t.last.Date == d {
		return t.last
	}
	if t.perDate[d] == nil {
		t.perDate[d] = &DateRows{Date: d}
	}
	t.last = t.perDate[d]
	return t.last
}

// add notes a problem of a row. Warnings leave room for what is graver.
func (t *tally) add(p Problem) {
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
	if stray := t.perDate[0]; stray != nil && only != 0 {
		delete(t.perDate, 0)
		d := t.perDate[only]
		if d == nil {
			stray.Date = only
			t.perDate[only] = stray
		} else {
			d.Read += stray.Read
			d.Kept += stray.Kept
			d.Excluded += stray.Excluded
			d.Quarantined += stray.Quarantined
		}
	}
	for _, d := range t.perDate {
		t.Dates = append(t.Dates, *d)
		t.Read += d.Read
		t.Kept += d.Kept
		t.Excluded += d.Excluded
		t.Quarantined += d.Quarantined
	}
	sort.Slice(t.Dates, func(i, j int) bool { return t.Dates[i].Date < t.Dates[j].Date })
	t.Problems = append(t.Problems, t.file...)
	return &t.Summary
}
