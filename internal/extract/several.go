package extract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/identity"
)

// place finds the provider of a row in a file that holds several (R12). Rows of
// a code that the partnership file lacks are counted and named; they belong to
// no extract.
func (r *rowReader) place(rec *record) bool {
	cell := r.cell(rec, fProvider)
	p, known := r.codes.of[string(cell)]
	if !known {
		text, _, _ := clean(cell, maxText)
		if text != "" && !nothing(text) {
			p = r.set.providerOf(text)
		}
		r.codes.put(cell, p)
	}
	if p != nil && p.has(r.layout) {
		r.of = p.code
		return true
	}
	if r.notPatient(rec) {
		return false
	}
	text, _, _ := clean(cell, maxText)
	if text == "" || nothing(text) {
		r.quarantine(rec.line, r.outside, "R12", r.headings[fProvider], shown(text), "the code of the row's provider", fixExport)
		return false
	}
	if p != nil {
		text = p.code + " (its extracts have another layout)"
	}
	if len(r.strangers) >= maxNothings && r.strangers[text] == 0 {
		text = "other codes"
	}
	r.strangers[text]++
	d := r.date("", r.outside)
	d.Read++
	d.Excluded++
	return false
}

// sayStrangers names the codes that the partnership file lacks, each with its
// number of rows.
func (f *file) sayStrangers(r *rowReader) {
	codes := make([]string, 0, len(r.strangers))
	for code := range r.strangers {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		f.file = append(f.file, Problem{Rule: "R12", Field: r.headings[fProvider], ByFound: true, rows: r.strangers[code],
			Found:    shown(code) + ": not a provider of the partnership file that has this layout",
			Expected: "a provider of this partnership",
			Do:       "Its rows count nowhere. Add it to the partnership file with this layout, or leave it out of the export." + ThenAgain})
	}
	if blank := r.blankProviders(); blank >= 3 && blank*5 > f.rowsRead() {
		f.Doubt = fmt.Sprintf("%d of %d rows do not say which provider they are of, so each provider's list may be short (R5, R12). "+
			"Ask for the list with the column %s filled.",
			blank, f.rowsRead(), r.headings[fProvider])
	}
}

// strangerWords names the codes with their rows, for a sentence.
func (r *rowReader) strangerWords() string {
	var all []string
	for code, n := range r.strangers {
		all = append(all, fmt.Sprintf("%s (%d row%s)", shown(code), n, plural(n)))
	}
	slices.Sort(all)
	return strings.Join(all[:min(len(all), 10)], ", ")
}

// blankProviders counts the rows whose provider cannot be read.
func (r *rowReader) blankProviders() int {
	n := 0
	for k, d := range r.perDate {
		if k.provider == "" {
			n += d.Quarantined
		}
	}
	return n
}

func (t *tally) rowsRead() int {
	n := 0
	for _, d := range t.perDate {
		n += d.Read
	}
	return n
}

// staysRightly says whether a patient meets the criteria to reside and is not
// ready (R13). A word that the layout does not know is no answer: the ready date
// decides.
func (r *rowReader) staysRightly(rec *record, on delay.Day) bool {
	cell := r.cell(rec, fCriteria)
	meaning := r.criteriaOf(cell)
	if text, _, _ := clean(cell, maxText); text != "" && !nothing(text) {
		r.state(fCriteria, meaning != "", text)
	}
	if text, _, _ := clean(cell, maxText); meaning == "" && text != "" && !nothing(text) {
		r.warnWord(rec.line, on, "R13", fCriteria, shown(text)+": "+notInLayout,
			"a word for meeting the criteria to reside or not", "Add it to the criteria; until then the ready date decides."+ThenAgain)
	}
	return meaning == config.Criteria[0]
}

// notReadyRow counts a row of a patient who is not ready, apart and as no fault.
func (r *rowReader) notReadyRow(line int, on delay.Day) {
	r.NotReady = append(r.NotReady, NotReadyRows{Provider: r.of, Date: on, First: line, Rows: 1})
	d := r.date(r.of, on)
	d.Read++
	d.Excluded++
	r.notReady++
}

func (f *file) sayNotReady(r *rowReader) {
	if r.notReady > 0 {
		f.file = append(f.file, Problem{Severity: Excluded, Rule: "R13", Field: r.headings[fCriteria],
			Found:    "patients who meet the criteria to reside and are not ready",
			Expected: "patients who are ready", Do: "Nothing: the rows are counted apart.", rows: r.notReady})
	}
}

// standIn reads what identifies a patient where there is no NHS number or no
// local ID (R15).
func (r *rowReader) standIn(rec *record, row *Row) {
	if r.columns[fPseudonym] >= 0 {
		if row.Pseudonym = mark(r.cell(rec, fPseudonym)); row.Pseudonym != "" {
			row.Scheme = r.layout.cfg.Pseudonyms
		}
	}
	if r.columns[fSpell] >= 0 && row.LocalID == "" {
		row.Spell = mark(r.cell(rec, fSpell))
	}
}

// mark reads a pseudonym or the number of a spell in the normal form of local
// IDs (I1), and nothing where a filler, an error value or a rounded number stands
// (I2).
func mark(cell []byte) string {
	text, _, cut := clean(cell, maxLocalID)
	if cut || text == "" {
		return ""
	}
	id, reading := identity.LocalID(text)
	if reading != identity.Good || identity.Filler(id) {
		return ""
	}
	return id
}

// age reads an age in whole years.
func age(cell []byte) (years int, ok bool) {
	text, _, _ := clean(cell, maxText)
	text = strings.TrimSuffix(strings.TrimSuffix(text, ".0"), "+")
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && n < 1000
}

// outsideAge applies C14 by the age at the listing, where there is no birth date
// (R15).
func (r *rowReader) outsideAge(rec *record, on delay.Day) bool {
	cell := r.cell(rec, fAge)
	text, _, _ := clean(cell, maxText)
	if text == "" || nothing(text) {
		if text != "" {
			r.nothing(fAge, cell)
		}
		return false
	}
	years, ok := age(cell)
	switch {
	case !ok:
		r.warn(rec.line, on, "R3", fAge, "a value that is no age (not shown)", "an age in years",
			"The row was kept as an adult's. "+fixExport)
	case years < 18:
		r.outsideWhy = Young
		r.exclude(rec.line, on, fAge, "a patient under 18 at this listing (age not shown); only adults count", "an age of 18 or over")
		return true
	case years > 120:
		r.warn(rec.line, on, "R3", fAge, "an age over 120 (not shown)", "an age in years", "The row was kept. "+fixExport)
	}
	return false
}

// warnQuotes says which cell a stray quotation mark puts in doubt.
func (r *rowReader) warnQuotes(rec *record, on delay.Day) {
	if rec.flaw == quoteKept {
		r.add(Problem{Line: rec.line, Date: on, Rule: "R8", Field: r.headingAt(rec.astray),
			Found:    "a quotation mark (\") that is not closed or not doubled",
			Expected: "marks in pairs around a cell", Do: "The mark was read as a character and the row was kept. Check this cell."})
	}
	if rec.lines > 0 {
		r.add(Problem{Line: rec.line, Date: on, Rule: "R10",
			Found:    fmt.Sprintf("a quoted cell that holds %d line%s like rows of their own", rec.lines, plural(rec.lines)),
			Expected: "a row on a line",
			Do:       "It is one cell, because its quotation marks are closed. Check that no mark is missing there."})
	}
}
