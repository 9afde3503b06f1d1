package extract

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/config"
	"homeward/internal/identity"
)

// survey is what only all rows of a file together show: whether a column's
// times are midnights of London said in UTC, whether a spreadsheet has swapped
// day and month in it (R9), and whether every row ends before the headings do
// (R11).
type survey struct {
	// forms counts, for each field, dates in the layout's numeric order and true
	// dates, each with a day of the month up to 12 and over.
	forms [nFields]struct{ slashed, slashedLate, true_, trueLate int }
	// clocks counts the times of day of each field; judged is set once the whole
	// file was looked at for them, and utc says for which fields it is so.
	clocks [nFields]clocks
	judged bool
	utc    [nFields]bool
	// width is the number of cells of every row when that is less than headings,
	// -1 when it was looked for and is not so, with the reason why.
	width int
	why   string
}

type clocks struct{ marked, plain, shifted, other int }

func (s *survey) form(f field, v date) {
	n := &s.forms[f]
	switch {
	case v.form == slashedForm && v.late:
		n.slashedLate++
	case v.form == slashedForm:
		n.slashed++
	case v.late:
		n.trueLate++
	default:
		n.true_++
	}
}

func (c *clocks) count(v date) {
	switch v.clock {
	case zuluClock:
		c.marked++
	case plainClock:
		c.plain++
	case otherClock:
		c.other++
	}
	if v.london {
		c.shifted++
	}
}

// swapped gives the first column that has been through a spreadsheet that swaps
// day and month: it turned every date whose day can be a month into a date, and
// left the others as text (R9).
func (r *rowReader) swapped() string {
	for f := range nFields {
		n := r.survey.forms[f]
		if n.slashedLate > 0 && n.slashed == 0 && n.true_ > 0 && n.trueLate == 0 {
			return fmt.Sprintf("%s: every date written as %s has a day over 12 (%d of them) and every other date a day of "+
				"12 or less (%d of them). "+
				"That is what a spreadsheet leaves that reads day and month in the other order: where it could, it has swapped them. "+
				"Which day is meant is not guessed. Ask for the list straight from the patient system, or with dates as yyyy-mm-dd (R9).",
				r.headings[f], r.numericDate(), n.slashedLate, n.true_)
		}
	}
	return ""
}

// inLondon counts a time of day, and gives the London day where the whole column
// says midnights in UTC.
func (r *rowReader) inLondon(f field, v date) date {
	r.survey.clocks[f].count(v)
	if !v.london {
		return v
	}
	if !r.survey.judged && r.again != nil {
		r.survey.judged = true
		r.judgeClocks()
	}
	if r.survey.utc[f] {
		v.day++
	}
	return v
}

var dateFields = []field{fExtractDate, fBirthDate, fAdmitted, fReady, fDischarged}

// judgeClocks looks at the times of the whole file. What cannot be read a second
// time is left as it is written; the reading itself will say why.
func (r *rowReader) judgeClocks() {
	var all [nFields]clocks
	want := r.width
	if r.survey.width > 0 {
		want = r.survey.width
	}
	err := r.again(want, func(rec *record) error {
		rec.bare()
		for _, f := range dateFields {
			if cell := r.cell(rec, f); len(cell) > 0 {
				v := r.readDate(cell)
				all[f].count(v)
			}
		}
		return nil
	})
	for f := range nFields {
		r.survey.utc[f] = err == nil && all[f].shifted > 0 && all[f].other == 0
	}
}

// sayClocks notes the columns that were read as the London day, and those in
// which only some times look like it.
func (f *file) sayClocks(r *rowReader) {
	for _, i := range dateFields {
		n := r.survey.clocks[i]
		switch {
		case r.survey.utc[i] || n.marked > 0 && n.other == 0:
			f.file = append(f.file, Problem{Rule: "R9", Field: r.headings[i],
				Found:    "times that are all midnight in London, said in UTC (23:00 of the day before in summer)",
				Expected: "dates alone, or times in the time zone of London",
				Do:       "The dates were read as the London day. Ask the sender for dates without a time."})
		case n.shifted > 0 && n.other > 0:
			f.file = append(f.file, Problem{Rule: "R9", Field: r.headings[i],
				Found: fmt.Sprintf("%d times that may be midnight in London, said in UTC (23:00 of the day before in summer), "+
					"among other times", n.shifted),
				Expected: "dates alone, or times in the time zone of London",
				Do:       "The days were read as they are written, so some may be a day early. Ask the sender for dates without a time."})
		}
	}
}

var errNotSo = errors.New("not every row ends there")

// short says whether a row that ends before the headings do can be read: every
// row of the file ends there, the headings beyond are not needed, and each cell
// is of its heading's kind (R11).
func (r *rowReader) short(rec *record) bool {
	n := len(rec.cells)
	if r.survey.width == 0 {
		r.survey.width = -1
		if r.survey.why = r.judgeWidth(n); r.survey.why == "" {
			r.survey.width = n
			r.setWant(n)
		}
	}
	return r.survey.width == n && r.wrongKind(rec, nil) < 0
}

// judgeWidth says why rows of n cells cannot be read, and nothing when they can.
func (r *rowReader) judgeWidth(n int) string {
	for f := range nFields {
		if r.columns[f] >= n && r.layout.required[f] {
			return "the column " + r.headings[f] + " is missing"
		}
	}
	if r.again == nil {
		return ""
	}
	probe := newRowReader(r.set, r.layout, newTally(0))
	probe.columns, probe.headings, probe.width, probe.folded, probe.text = r.columns, r.headings, r.width, r.folded, true
	probe.provider, probe.dates, probe.dateOf = r.provider, r.dates, r.dateOf
	var filled, wrong [nFields]int
	err := r.again(n, func(rec *record) error {
		rec.bare()
		blank := !slices.ContainsFunc(rec.cells, func(cell []byte) bool { return len(cell) > 0 })
		switch {
		case blank && rec.flaw == sound || len(rec.cells) != n && probe.notPatient(rec):
			return nil
		case len(rec.cells) != n || rec.flaw == quoteAstray || rec.flaw == tooLong:
			return errNotSo
		case probe.notPatient(rec):
			return nil
		}
		probe.wrongKind(rec, func(f field, ok bool) {
			if filled[f]++; !ok {
				wrong[f]++
			}
		})
		return nil
	})
	if err != nil {
		return "not every row ends there"
	}
	for f := range nFields {
		if wrong[f]*5 > filled[f] {
			return "what stands under " + r.headings[f] + " is of another kind, so the cells may be out of place"
		}
	}
	return ""
}

// sayShort notes that the rows end before the headings do.
func (f *file) sayShort(t *table, r *rowReader) {
	if r.survey.width <= 0 {
		return
	}
	var names []string
	for _, h := range t.cells[r.survey.width:r.width] {
		names = append(names, shown(fold(h)))
	}
	found := fmt.Sprintf("rows that all end after %d cells, before the heading%s %s", r.survey.width, plural(len(names)),
		strings.Join(names, ", "))
	f.note("R11", found, "a cell for each heading",
		"The missing cells were read as blanks. Ask the sender whether the export drops empty columns.")
}

// wrongKind gives the first column whose cell is not of its heading's kind, or
// -1. each hears of every cell that is not blank.
func (r *rowReader) wrongKind(rec *record, each func(f field, ok bool)) int {
	first := -1
	for f := range nFields {
		cell := r.cell(rec, f)
		if text, _, _ := clean(cell, maxText); text == "" || nothing(text) {
			continue
		}
		ok := r.ofKind(f, cell)
		if !ok && first < 0 {
			first = r.columns[f]
		}
		if each != nil {
			each(f, ok)
		}
	}
	return first
}

// ofKind says whether a cell may stand under a field's heading.
func (r *rowReader) ofKind(f field, cell []byte) bool {
	dated := func() bool { return bytesHaveMark(cell) && r.readDate(cell).state == goodDate }
	numbered := func() bool { _, reading := identity.NHSNumber(string(cell)); return reading == identity.Good }
	switch f {
	case fExtractDate, fBirthDate, fAdmitted, fReady, fDischarged:
		v := r.readDate(cell)
		return v.state == goodDate || v.standIn
	case fProvider:
		text, _, _ := clean(cell, maxText)
		return r.set.providerOf(text) != nil || r.layout.cfg.SeveralProviders && len(text) <= 5
	case fNHSNumber:
		_, reading := identity.NHSNumber(string(cell))
		return reading == identity.Good || reading == identity.WrongCheck
	case fSite, fWard, fBed, fLocalID:
		return !dated() && !numbered()
	case fPseudonym, fSpell:
		return !dated()
	case fAge:
		_, ok := age(cell)
		return ok
	case fCare:
		v := r.careOf(cell)
		return v.why == "" || v.unusual
	case fReason:
		v := r.reasonOf(cell)
		return v.reason != "" || v.why != notInLayout
	case fResponsible:
		v := r.bodyOf(cell)
		return v.why == "" || v.unusual
	case fWaitingOn:
		v := r.waitingOf(cell)
		return v.why == ""
	case fFunding:
		v := r.fundingOf(cell)
		return v.why == ""
	case fCouncil:
		return len(r.areaOf(cell).areas) > 0
	case fCriteria:
		return r.criteriaOf(cell) != ""
	case fPathway:
		text, _, _ := clean(cell, maxText)
		_, ok := r.layout.pathwayOf(text)
		return ok
	case fDestination:
		text, _, _ := clean(cell, maxText)
		_, ok := r.layout.destinations[fold(text)]
		return ok
	}
	return true
}

// bytesHaveMark says whether a cell has a mark of dates: numbers alone are as
// likely an identifier.
func bytesHaveMark(cell []byte) bool {
	return strings.ContainsAny(string(cell), "/-. ")
}

// nothingCells counts the cells of one word or date that stands for none.
type nothingCells struct {
	cells  int
	fields [nFields]bool
}

// maxNothings bounds the different words that are said of one file.
const maxNothings = 50

// nothing counts a cell that stands for none.
func (r *rowReader) nothing(f field, cell []byte) {
	text, _, _ := clean(cell, maxText)
	n := r.nothings[text]
	if n == nil {
		if len(r.nothings) >= maxNothings {
			text = "and others"
			if n = r.nothings[text]; n == nil {
				n = &nothingCells{}
				r.nothings[text] = n
			}
		} else {
			n = &nothingCells{}
			r.nothings[text] = n
		}
	}
	n.cells++
	n.fields[f] = true
}

// sayNothings notes, once a file, the words that were read as blanks.
func (f *file) sayNothings(r *rowReader) {
	words := make([]string, 0, len(r.nothings))
	for word := range r.nothings {
		words = append(words, word)
	}
	slices.Sort(words)
	for _, word := range words {
		n := r.nothings[word]
		var under []string
		for i := range nFields {
			if n.fields[i] {
				under = append(under, r.headings[i])
			}
		}
		rule, cells := "I2", "1 cell"
		if r.readDate([]byte(word)).standIn && !nothing(word) {
			rule = "R9"
		}
		if n.cells > 1 {
			cells = fmt.Sprint(n.cells, " cells")
		}
		f.note(rule, fmt.Sprintf("%s in %s of %s", shown(word), cells, strings.Join(under, ", ")), "a value or a blank",
			"It stands for none and was read as a blank.")
	}
}

// countUnnumbered counts what a row that is kept has no identifier of, though the
// file has the column.
func (r *rowReader) countUnnumbered(row *Row) {
	r.named++
	r.lastNamed = r.lastLine
	count := func(f field, blank bool) {
		if blank && r.columns[f] >= 0 {
			r.unnumbered[f]++
		}
	}
	count(fNHSNumber, row.NHSNumber == "")
	count(fPseudonym, row.Pseudonym == "")
	count(fLocalID, row.LocalID == "")
	count(fSpell, row.LocalID == "" && row.Spell == "")
}

// sayUnnumbered notes, once a file, how many rows lack an identifier. A person is
// known by the others, so that days can count twice: at two hospitals without an
// NHS number, at one where no row has both.
func (f *file) sayUnnumbered(r *rowReader) {
	for _, i := range []field{fNHSNumber, fPseudonym, fLocalID, fSpell} {
		n := r.unnumbered[i]
		if n == 0 {
			continue
		}
		do := "They are known by their other number. Nobody is found at another hospital without this one, so a transfer may count twice."
		if i == fLocalID || i == fSpell {
			do = "They are known by their other number. A day on which that one is missing too cannot be told to be theirs."
		}
		f.file = append(f.file, Problem{Rule: "I3", Field: r.headings[i],
			Found:    fmt.Sprintf("nothing that can be used in %d of %d rows that were kept", n, r.named),
			Expected: "the number of every patient", Do: do})
	}
}

// criteriaOf reads whether a patient meets the criteria to reside: meets,
// does-not-meet, or empty when the layout does not know the word.
func (r *rowReader) criteriaOf(cell []byte) string {
	text, _, _ := clean(cell, maxText)
	switch meaning := r.layout.criteria[fold(text)]; meaning {
	case config.Criteria[0], config.Criteria[1]:
		return meaning
	}
	return ""
}
