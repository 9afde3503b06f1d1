package extract

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"homeward/internal/attribution"
	"homeward/internal/config"
	"homeward/internal/council"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// Bounds on kept text, in characters.
const (
	maxText    = 200
	maxLocalID = 64
)

// cache remembers what distinct cells mean, so that a cell costs one look-up.
// It is emptied when a file has too many distinct cells for it.
type cache[T any] struct {
	of map[string]T
	// held counts the bytes of what is remembered, times how many it may hold of
	// cacheBytes, 0 for one.
	held, times int
}

// What one cache may hold. A file has about ten of them, and one that is made to fill
// them all must not fill the memory (R8).
const (
	cacheKey   = 256
	cacheBytes = 6 << 20
	// cacheEntry is about what an entry takes beside its texts.
	cacheEntry = 250
	// manyPeople is how much more the people of a file may take: there are as many as
	// anything else that repeats, and more than of words.
	manyPeople = 4
)

func (c *cache[T]) put(key []byte, v T) T {
	if len(key) <= cacheKey {
		if c.of == nil || c.held > cacheBytes*max(c.times, 1) {
			c.of, c.held = map[string]T{}, 0
		}
		c.of[string(key)] = v
		c.held += cacheEntry + 2*len(key) // What it means is a text of its own.
	}
	return v
}

// The cells, read. removed says that invisible characters were taken out, cut
// that the text was shortened, named that it held an NHS number and was dropped
// (P1), why what is to be warned about.
type (
	textCell struct {
		text                string
		removed, cut, named bool
		nothing             string // the word that stands for a blank, as given
	}
	// whoCell is whom two cells name together: the local ID and the NHS number.
	// nth tells the pair from others of the file.
	whoCell struct {
		local        string
		removed, cut bool
		number       string
		state        identity.Reading
		nth          int32
	}
	wordCell struct {
		textCell
		reason  delay.Reason
		care    delay.CareType
		body    delay.Body
		housing bool
		waiting attribution.Organisations
		funding attribution.Funding
		unread  bool
		unusual bool
		why     string
	}
	areaCell struct {
		textCell
		areas []*council.Area
	}
)

// rowReader turns the records of one file into rows.
type rowReader struct {
	*tally
	set      *Set
	layout   *layout
	provider *provider
	limits   Limits
	columns  [nFields]int // -1 when the file has none
	headings [nFields]string
	width    int // the number of headings
	text     bool
	asGiven  []string // the headings
	folded   []string // the headings, folded
	// outside is the extract date by the preamble or the name, zero when
	// neither gives one.
	outside delay.Day

	dates    dateReader
	dateOf   cache[date]
	texts    cache[textCell]
	people   cache[*whoCell]
	pair     []byte // scratch: the key of people
	pairs    int32  // how many people were read
	reasons  cache[wordCell]
	bodies   cache[wordCell]
	cares    cache[wordCell]
	waits    cache[wordCell]
	funders  cache[wordCell]
	areas    cache[areaCell]
	sameCode []byte // the last provider cell that was right

	// of is the provider of the row that is being read, in a file of several,
	// and empty otherwise; codes remembers what provider cells mean, and strangers
	// counts the rows of codes that the partnership file lacks (R12).
	of        string
	codes     cache[*provider]
	strangers map[string]int
	// again reads the file once more from its first row, for what only the whole
	// shows, with the number of cells that its rows are taken to have.
	again func(want int, each func(*record) error) error
	// setWant changes the number of cells that the rows to come are taken to have.
	setWant func(int)
	survey  survey
	// stated counts what columns state and what of it is not read, renamings looks
	// for those that are not there, and readyBefore counts the rows of those with an
	// admission date in which the ready date is before it (R5).
	stated                [nFields]stated
	renamings             []renaming
	admitted, readyBefore int
	readyEarly            map[delay.Day]bool // some of the ready dates of these rows
	// nothings counts the cells of words and dates that stand for none, by the
	// word (I2, R9).
	nothings map[string]*nothingCells
	notReady int // rows of patients who meet the criteria to reside (R13)
	// outsideWhy says why outsideCount last excluded a row, where that is of its
	// stay; quiet keeps what is found in rows apart from being said.
	outsideWhy Apart
	quiet      bool
	sentKept   int // rows kept of a file that covers a month, each once
	// unnumbered counts, of the named rows that are kept, those that have nothing
	// in a column of identifiers.
	unnumbered [nFields]int
	named      int
	lastNamed  int // the line of the last of them

	// orders counts, for each date field, what its cells tell about the order
	// of day and month.
	orders [nFields][3]int
	// yearsGuessed is set for date fields with two-digit years.
	yearsGuessed [nFields]bool
	days         map[delay.Day]int // extract dates of rows, with a line
	lastDay      delay.Day         // the last of them, 0 for none
	aside        int               // rows quarantined
	total        int               // what a total line says, -1 when none
	totals       int
	left         int      // rows kept of patients who have left
	noTexts      []noText // at the end of what was read, which are no text
	skippedLines []int
	lastLine     int
	lastShort    bool
	// reading is the record that is being read; its cells may be under the
	// wrong headings when it is misshapen.
	reading *record
	read    rowDates

	row  Row
	each func(*Row) error
}

func newRowReader(s *Set, l *layout, t *tally) *rowReader {
	r := &rowReader{tally: t, set: s, layout: l, limits: s.Limits, total: -1,
		dates: dateReader{formats: l.formats, serials: l.serials}, days: map[delay.Day]int{},
		codes: cache[*provider]{}, strangers: map[string]int{}, readyEarly: map[delay.Day]bool{}, nothings: map[string]*nothingCells{},
		dateOf: cache[date]{}, texts: cache[textCell]{}, people: cache[*whoCell]{times: manyPeople}, reasons: cache[wordCell]{},
		bodies: cache[wordCell]{}, cares: cache[wordCell]{}, waits: cache[wordCell]{}, funders: cache[wordCell]{}, areas: cache[areaCell]{}}
	return r
}

func (r *rowReader) cell(rec *record, f field) []byte {
	if i := r.columns[f]; i >= 0 && i < len(rec.cells) {
		return rec.cells[i]
	}
	return nil
}

func (r *rowReader) warn(line int, on delay.Day, rule string, f field, found, expected, do string) {
	r.add(Problem{Line: line, Date: on, Severity: Warned, Rule: rule, Field: r.headings[f], Found: found, Expected: expected, Do: do})
}

// warnWord is warn for a word that is a cause of its own.
func (r *rowReader) warnWord(line int, on delay.Day, rule string, f field, found, expected, do string) {
	r.add(Problem{Line: line, Date: on, Severity: Warned, Rule: rule, Field: r.headings[f], Found: found, Expected: expected, Do: do,
		ByFound: true})
}

func (r *rowReader) quarantine(line int, on delay.Day, rule, heading, found, expected, do string) {
	d := r.date(r.of, on)
	d.Read++
	d.Quarantined++
	r.aside++
	r.unread(on)
	r.add(Problem{Line: line, Date: on, Severity: Quarantined, Rule: rule, Field: heading, Found: found, Expected: expected, Do: do})
}

// tooManyAside rejects a file of which so many rows cannot be read that it would be
// held anyhow (R5): what is noted of each would fill the memory (R8).
func (r *rowReader) tooManyAside() error {
	first := ""
	if i := slices.IndexFunc(r.Problems, func(p Problem) bool { return p.Severity == Quarantined }); i >= 0 {
		first = " The first is " + r.Problems[i].String()
	}
	return reject("More than %d rows of the file cannot be read (R8). Nothing was taken from it.%s", r.limits.Aside, first)
}

func (r *rowReader) exclude(line int, on delay.Day, f field, found, expected string) {
	d := r.date(r.of, on)
	d.Read++
	d.Excluded++
	r.add(Problem{Line: line, Date: on, Severity: Excluded, Rule: "C14", Field: r.headings[f], Found: found, Expected: expected,
		Do: "Nothing, if the extract is right: the row is counted apart."})
}

func (r *rowReader) readDate(cell []byte) date {
	if len(cell) == 0 {
		return date{}
	}
	if v, ok := isoDate(cell); ok {
		return v
	}
	if v, ok := r.dateOf.of[string(cell)]; ok {
		return v
	}
	return r.dateOf.put(cell, r.dates.read(cell))
}

// rowDates are the dates of the row that is being read, each read once.
type rowDates struct {
	row int // counted from 1
	of  [nFields]struct {
		row  int // of which row it is
		date date
	}
}

// fieldDate reads a date field of the row that is being read.
func (r *rowReader) fieldDate(rec *record, f field) date {
	one := &r.read.of[f]
	if one.row != r.read.row {
		one.row, one.date = r.read.row, r.readDate(r.cell(rec, f))
	}
	return one.date
}

// dated reads a date field and counts what it tells about the file's dates.
func (r *rowReader) dated(rec *record, f field) date {
	if len(r.cell(rec, f)) == 0 {
		return date{}
	}
	v := r.fieldDate(rec, f)
	if v.order != orderUnknown {
		r.orders[f][v.order]++
	}
	if v.twoDigit {
		r.yearsGuessed[f] = true
	}
	if v.form != otherForm {
		r.survey.form(f, v)
	}
	if v.clock != noClock {
		v = r.inLondon(f, v)
	}
	if v.standIn {
		r.nothing(f, r.cell(rec, f))
	}
	return v
}

func readText(c *cache[textCell], cell []byte, max int) textCell {
	if v, ok := c.of[string(cell)]; ok {
		return v
	}
	v := nameless(cell, max)
	if v.text != "" && nothing(v.text) {
		v.text, v.nothing = "", v.text
	}
	return c.put(cell, v)
}

// nameless reads a cell that names nobody. One with an NHS number in it is as good
// as blank: a number that stands where it has no business would be shown to
// everybody who sees the column (P1). What would be cut off is looked at too.
func nameless(cell []byte, max int) (v textCell) {
	if v.text, v.removed, v.cut = clean(cell, max); nhsnumber.In(string(cell)) {
		v.text, v.cut, v.named = "", false, true
	}
	return v
}

const fixExport = "Correct it in the patient system and send the file again."

// onDay notes the first row of an extract date.
func (r *rowReader) onDay(on delay.Day) {
	if on == r.lastDay && on != 0 { // Rows of one day mostly stand together.
		return
	}
	if _, seen := r.days[on]; !seen {
		r.days[on] = r.lastLine
	}
	r.lastDay = on
}

// cellsFit says whether a row has no cell that is too long to be read (R8), and puts
// it aside otherwise. A long one of a column that is not read is told of, no more.
func (r *rowReader) cellsFit(rec *record, on delay.Day) bool {
	if !slices.ContainsFunc(rec.cells, func(cell []byte) bool { return len(cell) > r.limits.Cell }) {
		return true
	}
	for f := range nFields {
		if cell := r.cell(rec, f); len(cell) > r.limits.Cell {
			r.quarantine(rec.line, on, "R8", r.headings[f], fmt.Sprintf("a cell that is too long, %d bytes", len(cell)),
				fmt.Sprintf("at most %d bytes", r.limits.Cell), fixExport)
			return false
		}
	}
	if r.text {
		for i, cell := range rec.cells {
			if len(cell) > r.limits.Cell {
				r.add(Problem{Line: rec.line, Date: on, Rule: "R8", Field: r.headingAt(i),
					Found:    fmt.Sprintf("a cell that is very long, %d bytes", len(cell)),
					Expected: fmt.Sprintf("at most %d bytes", r.limits.Cell), Do: "The column is not read, so the row was kept. Check the export."})
			}
		}
	}
	return true
}

// record reads one record. The error ends the file: it is each's own, or an
// Invalid problem for which the file is rejected whole (R4).
func (r *rowReader) record(rec *record) error {
	if r.aside > r.limits.Aside {
		return r.tooManyAside()
	}
	r.lastLine, r.lastShort, r.reading = rec.line, false, rec
	r.read.row++
	r.ends(rec.line - 1)
	rec.bare()
	width := len(rec.cells)
	for width > 0 && len(rec.cells[width-1]) == 0 {
		width--
	}
	if width == 0 && rec.flaw == sound {
		r.Skipped++
		return nil
	}
	r.of = ""
	if rec.flaw == quoteAstray || rec.flaw == tooLong || r.text && (width > r.width || len(rec.cells) < r.width && !r.short(rec)) {
		return r.misshapen(rec, width)
	}
	if err := r.textAfter(); err != nil {
		return err
	}
	if r.layout.cfg.SeveralProviders && !r.place(rec) {
		return nil
	}

	// The extract date (R6).
	on := r.outside
	if r.columns[fExtractDate] >= 0 {
		switch v := r.dated(rec, fExtractDate); {
		case v.state == goodDate:
			on = v.day
		case r.notPatient(rec):
			return nil
		case v.state == noDate && on != 0:
			r.warn(rec.line, on, "R6", fExtractDate, "a blank", "the extract date", "The date of the file's name or heading was taken; fill the "+
				"column.")
		default:
			if v.state == badDate {
				r.state(fExtractDate, false, "")
			}
			r.quarantine(rec.line, r.outside, "R6", r.headings[fExtractDate], shown(r.cellText(rec, fExtractDate)),
				"the extract date, such as "+r.exampleDate(), fixExport)
			return nil
		}
	}

	if r.columns[fCriteria] >= 0 && r.staysRightly(rec, on) {
		r.onDay(on)
		r.notReadyRow(rec.line, on)
		return r.apart(rec, on, NotReady, 0, r.dated(rec, fDischarged))
	}

	ready := r.dated(rec, fReady)
	if left := r.dated(rec, fDischarged); r.layout.stays && ready.state == noDate && left.state == goodDate && left.day <= on {
		// Ready on the day of leaving: a delay of no days (R13).
		r.onDay(on)
		r.exclude(rec.line, on, fReady, "a blank in a row of someone who left: ready on the day of leaving, no delay", "a later discharge")
		return r.apart(rec, on, NoDays, 0, left)
	}
	if ready.state != goodDate {
		if r.notPatient(rec) {
			return nil
		}
		if ready.state == badDate {
			r.state(fReady, false, "")
		}
		found := shown(r.cellText(rec, fReady))
		expected := "a date such as " + r.exampleDate()
		r.quarantine(rec.line, on, "R2", r.headings[fReady], found, expected, "Fill in the discharge ready date, the day on which all three "+
			"tests were met, and send the file again.")
		return nil
	}
	r.onDay(on)
	r.warnQuotes(rec, on)

	// The provider (R4): another's code rejects the file whole.
	if err := r.checkProvider(rec, on); err != nil {
		return err
	}

	if !r.cellsFit(rec, on) {
		return nil
	}

	// Who it is (R2, R3).
	row := &r.row
	*row = Row{Line: rec.line, ExtractDate: on, Ready: ready.day}
	who := r.who(rec, on)
	row.NHSNumber, row.LocalID, row.Who = who.number, who.local, who.nth
	r.standIn(rec, row)
	if row.NHSNumber == "" && row.LocalID == "" && row.Pseudonym == "" && row.Spell == "" {
		if r.notPatient(rec) {
			return nil
		}
		heading, expected := r.headings[fNHSNumber], "an NHS number or a local patient ID"
		for _, f := range []field{fPseudonym, fLocalID, fSpell} {
			if heading == "" {
				heading = r.headings[f]
			}
		}
		found := "no patient identifier at all"
		if who.state != identity.Nothing {
			found = "no local patient ID and an NHS number that is not valid (" + numberWords[who.state] + ", not shown)"
		}
		r.quarantine(rec.line, on, "R2", heading, found, expected, "Fill in one of the two and send the file again.")
		return nil
	}

	// Dates that contradict each other (R2, R3, C14).
	if ready.day > on {
		r.quarantine(rec.line, on, "R2", r.headings[fReady], fmt.Sprintf("%s, which is after the extract date %s: the patient is not yet ready",
			ready.day, on), "a date on or before the extract date", fixExport)
		return nil
	}
	left := r.dated(rec, fDischarged)
	if left.state == goodDate && left.day < ready.day {
		r.quarantine(rec.line, on, "R2", r.headings[fDischarged], fmt.Sprintf("%s, which is before the discharge ready date %s", left.day,
			ready.day), "a date on or after the discharge ready date", fixExport)
		return nil
	}
	if r.outsideCount(rec, on, ready.day, left) {
		if why := r.outsideWhy; why != Delayed {
			return r.apart(rec, on, why, ready.day, left)
		}
		return nil
	}
	if left.state == goodDate && left.day <= on {
		row.Discharged = left.day
	} else if left.state == badDate {
		r.warn(rec.line, on, "R3", fDischarged, shown(r.cellText(rec, fDischarged)), "a date such as "+r.exampleDate()+" or a blank",
			"The row was kept as not discharged. "+fixExport)
	}
	if who.state > identity.Good {
		found := "a number that is not valid (" + numberWords[who.state] + ", not shown)"
		r.warn(rec.line, on, "R3", fNHSNumber, found, "an NHS number: ten digits with a good check digit", "The local ID was used. "+fixExport)
	}

	if admitted := r.dated(rec, fAdmitted); admitted.state == goodDate {
		row.Admitted = admitted.day
		if ready.day < admitted.day {
			r.warn(rec.line, on, "R3", fReady, fmt.Sprintf("%s, which is before the admission of %s (%s)", ready.day, admitted.day,
				r.headings[fAdmitted]), "a date on or after admission", "The row was kept. "+fixExport)
		}
	} else if admitted.state == badDate {
		r.warn(rec.line, on, "R3", fAdmitted, shown(r.cellText(rec, fAdmitted)), "a date such as "+r.exampleDate(),
			"The row was kept without it. "+fixExport)
	}
	if on-ready.day > 366 {
		r.warn(rec.line, on, "R3", fReady, fmt.Sprintf("%s, over a year before the extract date", ready.day), "a date within the year",
			"The row was kept. Check that the patient is still waiting.")
	}

	row.Provider = r.of
	row.Site = r.plainText(rec, on, fSite)
	row.Ward = r.plainText(rec, on, fWard)
	row.Bed = r.plainText(rec, on, fBed)
	r.given(rec, on)
	if r.layout.stays {
		r.stay(rec, on)
	}
	r.stateDates(rec, ready.day)
	r.lookRenamed(rec)

	if row.Discharged != 0 {
		r.left++
	}
	r.countUnnumbered(row)
	if !r.layout.monthly() {
		d := r.date(r.of, on)
		d.Read++
		d.Kept++
	} else {
		r.sentKept++
	}
	return r.give(row)
}

var numberWords = map[identity.Reading]string{
	identity.WrongCheck:  "its check digit is wrong or it is a filler",
	identity.WrongLength: "it is not ten digits",
	identity.Rounded:     "a spreadsheet has rounded it to scientific notation, and its digits are lost",
	identity.Failed:      "a spreadsheet error stands in its place",
}

// misshapen handles a record that is not a row of the table.
func (r *rowReader) misshapen(rec *record, width int) error {
	if rec.noText || rec.flaw != tooLong && r.text && notText(bytes.Join(rec.cells, []byte{' '})) {
		// After the last row it is dropped, before another it is a row that cannot
		// be read (R10).
		r.noTexts = append(r.noTexts, noText{line: rec.line, flaw: rec.flaw, cells: len(rec.cells), count: rec.count()})
		if len(r.noTexts) > maxNoTexts {
			return r.textAfter()
		}
		return nil
	}
	if rec.flaw != tooLong && r.notPatient(rec) {
		return nil
	}
	if err := r.textAfter(); err != nil {
		return err
	}
	r.lastShort = true
	return r.setAside(noText{line: rec.line, flaw: rec.flaw, cells: len(rec.cells), count: rec.count()})
}

// noText is what is kept of a line that is no row: of its cells their number alone.
type noText struct {
	line  int
	flaw  flaw
	cells int
	count string
}

// maxNoTexts bounds the lines without text that are kept until it is known
// whether a row follows.
const maxNoTexts = 10_000

// textAfter says of lines without text that a row follows them: they are rows
// that cannot be read.
func (r *rowReader) textAfter() error {
	for i := range r.noTexts {
		if err := r.setAside(r.noTexts[i]); err != nil {
			return err
		}
	}
	r.noTexts = r.noTexts[:0]
	return nil
}

// setAside quarantines a record whose cells cannot be told.
func (r *rowReader) setAside(rec noText) error {
	switch rec.flaw {
	case tooLong:
		r.quarantine(rec.line, r.outside, "R8", "", fmt.Sprintf("a line that is too long, over %d bytes", r.limits.Line), "one row", fixExport)
	case quoteAstray:
		r.quarantine(rec.line, r.outside, "R2", "", fmt.Sprintf("a quotation mark (\") that is not closed, so the cells of line %d cannot be "+
			"told apart", rec.line), "quotation marks in pairs around a cell", "Correct the row and send the file again. Reading went on with the "+
			"next line.")
	default:
		found := fmt.Sprintf("%s cells for %d headings", rec.count, r.width)
		if rec.cells < r.width && r.survey.why != "" {
			found += " (" + r.survey.why + ")"
		}
		r.quarantine(rec.line, r.outside, "R2", "", found, "as many cells as columns (a cell with a separator in it needs quotation marks)",
			"Correct the row and send the file again.")
	}
	return nil
}

func (r *rowReader) headingAt(i int) string {
	if i >= len(r.asGiven) {
		return ""
	}
	text, _, _ := clean([]byte(r.asGiven[i]), maxText)
	return text
}

func (r *rowReader) cellText(rec *record, f field) string {
	text, _, _ := clean(r.cell(rec, f), maxText)
	return text
}

func (r *rowReader) exampleDate() string {
	if len(r.layout.cfg.Dates) > 0 {
		return r.layout.cfg.Dates[0]
	}
	return "yyyy-mm-dd"
}

// numericDate gives the format of dates whose order must be known.
func (r *rowReader) numericDate() string {
	for _, f := range r.layout.formats {
		if f.Parts[0] != "y" {
			return f.Text
		}
	}
	return "yyyy-mm-dd"
}

// checkProvider compares the row's provider with the file's. A blank is taken
// as the file's, with a warning.
func (r *rowReader) checkProvider(rec *record, on delay.Day) error {
	if r.columns[fProvider] < 0 || r.layout.cfg.SeveralProviders {
		return nil
	}
	cell := r.cell(rec, fProvider)
	if len(r.sameCode) > 0 && bytes.Equal(cell, r.sameCode) {
		return nil
	}
	text, _, _ := clean(cell, maxText)
	if (text == "" || nothing(text)) && r.provider != nil {
		r.warn(rec.line, on, "R4", fProvider, "a blank", "the provider's code "+r.provider.code,
			"The provider of the file was taken; fill the column.")
		return nil
	}
	found := r.set.providerOf(text)
	switch {
	case r.provider == nil && found == nil:
		return problem.New(problem.Invalid, "Row %d: %s: found %s, expected the code of a provider of this partnership. No provider is to be "+
			"found for this file (R4).", rec.line, r.headings[fProvider], shown(text))
	case r.provider == nil:
		for _, l := range found.layouts {
			if l == r.layout {
				r.provider = found
			}
		}
		if r.provider == nil {
			return problem.New(problem.Invalid, "Row %d: %s: found %s, whose extracts have another layout than %s (R4).", rec.line,
				r.headings[fProvider], shown(text), r.layout.cfg.Name)
		}
	case found != r.provider:
		return problem.New(problem.Invalid, "Row %d: %s: found %s, another provider's code, in a file of %s. Nothing was taken from the file "+
			"(R4): send each trust's rows in its own file.", rec.line, r.headings[fProvider], shown(text), r.provider.code)
	}
	r.sameCode = append(r.sameCode[:0], cell...)
	return nil
}

// providerOf finds a provider by what a cell calls it, nil when there is none.
func (s *Set) providerOf(text string) *provider {
	found := s.providers[fold(text)]
	if found == nil && len(text) == 5 {
		// A site's code is its trust's with two characters more.
		found = s.providers[fold(text[:3])]
	}
	return found
}

// who reads the two cells that name a patient: the NHS number, and the provider's
// own number into its normal form (I1). Fillers, error values and rounded numbers
// are none: they would make one patient of several (I2).
func (r *rowReader) who(rec *record, on delay.Day) *whoCell {
	local, number := r.cell(rec, fLocalID), r.cell(rec, fNHSNumber)
	r.pair = append(binary.AppendUvarint(r.pair[:0], uint64(len(local))), local...)
	r.pair = append(r.pair, number...)
	v, ok := r.people.of[string(r.pair)]
	if !ok {
		r.pairs++
		v = &whoCell{nth: r.pairs}
		v.local, v.removed, v.cut = ownNumber(local)
		v.number, v.state = nhs(number)
		r.people.put(r.pair, v)
	}
	if v.cut {
		r.warn(rec.line, on, "R3", fLocalID, "a value that is no local patient ID (a spreadsheet error, a rounded number or a long text, "+
			"not shown)", "the provider's own number", "The NHS number alone was used. "+fixExport)
	}
	if v.removed {
		r.warnRemoved(rec.line, on, fLocalID)
	}
	return v
}

func ownNumber(cell []byte) (id string, removed, cut bool) {
	if len(cell) == 0 {
		return "", false, false
	}
	text, removed, cut := clean(cell, maxLocalID)
	id, reading := identity.LocalID(text)
	if cut || reading == identity.Failed || reading == identity.Rounded {
		return "", removed, true
	}
	return id, removed, false
}

// nhs reads an NHS number, which is empty unless it is a good one.
func nhs(cell []byte) (number string, state identity.Reading) {
	if len(cell) == 0 {
		return "", identity.Nothing
	}
	return identity.NHSNumber(string(cell))
}

// outsideCount applies C14 and says whether the row is excluded.
func (r *rowReader) outsideCount(rec *record, on, ready delay.Day, left date) bool {
	r.outsideWhy = Delayed
	if left.state == goodDate && left.day == ready {
		r.outsideWhy = NoDays
		r.exclude(rec.line, on, fDischarged, "a discharge on the discharge ready date: no delay", "a later discharge")
		return true
	}
	if cell := r.cell(rec, fCare); len(cell) > 0 {
		if c := r.careOf(cell); c.care == delay.Paediatric || c.care == delay.Maternity {
			r.exclude(rec.line, on, fCare, shown(c.text)+", which is outside what is counted", "acute or non-acute care of adults")
			return true
		}
	} else if c := r.layout.fixedCare; c == delay.Paediatric || c == delay.Maternity {
		r.exclude(rec.line, on, fCare, c.String()+" care, which is outside what is counted", "acute or non-acute care of adults")
		return true
	}
	born := r.dated(rec, fBirthDate)
	if born.state == noDate && r.columns[fAge] >= 0 {
		return r.outsideAge(rec, on)
	}
	if born.twoDigit && (born.day > ready || ready < adulthood(born.day)) {
		// 24 may be 1924 or 2024: nobody is left out as a child on a guess (R9).
		born.day = birthday(born.day, -100)
	}
	const expected = "a date of birth"
	switch {
	case born.state == noDate:
	case born.state == badDate:
		r.warn(rec.line, on, "R3", fBirthDate, "a value that is no date (not shown)", expected, "The row was kept as an adult's. "+fixExport)
	case born.day > ready:
		r.warn(rec.line, on, "R3", fBirthDate, "a birth date after the discharge ready date (not shown)", expected,
			"The row was kept as an adult's. "+fixExport)
	case ready < adulthood(born.day):
		r.outsideWhy = Young
		r.exclude(rec.line, on, fBirthDate, "a patient under 18 at the discharge ready date (birth date not shown); only adults count",
			"an age of 18 or over")
		return true
	case ready >= birthday(born.day, 121):
		r.warn(rec.line, on, "R3", fBirthDate, "a birth date that makes the patient over 120 years old (not shown; an age of 140 and the like)",
			expected, "The row was kept. "+fixExport)
	}
	return false
}

func adulthood(born delay.Day) delay.Day { return birthday(born, 18) }

// birthday gives the day on which someone becomes years old; those born on 29
// February do on 1 March.
func birthday(born delay.Day, years int) delay.Day {
	y, m, d := born.Time().Date()
	return delay.Date(y+years, m, d)
}

func (r *rowReader) warnRemoved(line int, on delay.Day, f field) {
	r.warn(line, on, "R8", f, "control or invisible (zero-width) characters", "plain text", "They were removed. Check the export.")
}

// warnNamed says that a cell was dropped because an NHS number stood in it.
func (r *rowReader) warnNamed(line int, on delay.Day, f field) {
	r.warn(line, on, "P1", f, "an NHS number (not shown)", "a cell that identifies nobody", "The row was kept without this cell. "+fixExport)
}

func (r *rowReader) plainText(rec *record, on delay.Day, f field) string {
	cell := r.cell(rec, f)
	if len(cell) == 0 {
		return ""
	}
	v := readText(&r.texts, cell, maxText)
	if v.nothing != "" {
		r.nothing(f, []byte(v.nothing))
	}
	if v.removed {
		r.warnRemoved(rec.line, on, f)
	}
	if v.named {
		r.warnNamed(rec.line, on, f)
	}
	if v.cut {
		r.warn(rec.line, on, "R8", f, "a text that is too long", fmt.Sprintf("at most %d characters", maxText),
			"It was shortened. Check the export.")
	}
	return v.text
}

func (r *rowReader) words(cell []byte) wordCell {
	return wordCell{textCell: nameless(cell, maxText)}
}

// orNothing makes a blank of a word that is in no list and stands for none.
func (v *wordCell) orNothing() {
	if v.why == notInLayout && nothing(v.text) {
		*v = wordCell{textCell: textCell{removed: v.removed, nothing: v.text}}
	}
}

func (r *rowReader) careOf(cell []byte) wordCell {
	if v, ok := r.cares.of[string(cell)]; ok {
		return v
	}
	v := r.words(cell)
	if v.text != "" {
		meaning, ok := r.layout.care[fold(v.text)]
		care, err := delay.ParseCareType(meaning)
		if v.care = care; !ok || err != nil {
			v.care, v.why = delay.CareNotKnown, notInLayout
		}
		v.orNothing()
		r.layout.unusual(&v, r.layout.cfg.Words.Care.Usual, "type of care", v.care.String())
	}
	return r.cares.put(cell, v)
}

func (r *rowReader) reasonOf(cell []byte) wordCell {
	if v, ok := r.reasons.of[string(cell)]; ok {
		return v
	}
	v := r.words(cell)
	if v.text != "" {
		var meaning string
		if meaning, v.why = r.layout.reasons.reason(v.text); meaning != config.NotKnown {
			v.reason = delay.Reason(meaning)
		} else if v.why == "" {
			v.why = "a code that stands for no reason"
		}
		v.orNothing()
		r.layout.unusual(&v, r.layout.cfg.Words.Reasons.Usual, "reason", "reason "+string(v.reason))
	}
	return r.reasons.put(cell, v)
}

func (r *rowReader) bodyOf(cell []byte) wordCell {
	if v, ok := r.bodies.of[string(cell)]; ok {
		return v
	}
	v := r.words(cell)
	if v.text != "" {
		var ok bool
		if v.body, v.housing, ok = bodyOf(r.layout.bodies[fold(v.text)]); !ok {
			v.unread, v.why = true, notInLayout
		}
		v.orNothing()
		r.layout.unusual(&v, r.layout.cfg.Words.Responsible.Usual, "responsible body", v.body.String())
	}
	return r.bodies.put(cell, v)
}

// unusual notes a word that was read and that the sender does not usually
// write: it may mean something else there.
func (l *layout) unusual(v *wordCell, usual config.List, what, read string) {
	if v.why != "" || v.text == "" || len(usual) == 0 {
		return
	}
	for _, u := range usual {
		if fold(u) == fold(v.text) {
			return
		}
	}
	v.unusual = true
	v.why = "a word or label for the " + what + " that this sender does not usually write; it was read as " + read
}

func (r *rowReader) waitingOf(cell []byte) wordCell {
	if v, ok := r.waits.of[string(cell)]; ok {
		return v
	}
	v := r.words(cell)
	if nothing(v.text) {
		v.text, v.nothing = "", v.text
	}
	parts := []string{v.text}
	if r.layout.separator != "" {
		parts = strings.Split(v.text, r.layout.separator)
	}
	for _, p := range parts {
		switch f := fold(p); {
		case f == "":
		case r.layout.waiting[f] == "nhs":
			v.waiting |= attribution.OnNHS
		case r.layout.waiting[f] == "council":
			v.waiting |= attribution.OnCouncil
		default:
			v.waiting |= attribution.OrganisationUnread
			v.why = notInLayout
		}
	}
	return r.waits.put(cell, v)
}

func (r *rowReader) fundingOf(cell []byte) wordCell {
	if v, ok := r.funders.of[string(cell)]; ok {
		return v
	}
	v := r.words(cell)
	if v.text != "" {
		if v.funding = fundingOf(r.layout.funding[fold(v.text)]); v.funding == attribution.FundingUnread {
			v.why = notInLayout
		}
		v.orNothing()
	}
	return r.funders.put(cell, v)
}

func (r *rowReader) areaOf(cell []byte) areaCell {
	if v, ok := r.areas.of[string(cell)]; ok {
		return v
	}
	v := areaCell{textCell: nameless(cell, maxText)}
	if v.text != "" {
		if a := r.set.councils.Coded(r.layout.extraCouncils[fold(v.text)]); a != nil {
			v.areas = []*council.Area{a}
		} else {
			v.areas = r.set.councils.Find(v.text)
		}
		if len(v.areas) == 0 && nothing(v.text) {
			v.text, v.nothing = "", v.text
		}
	}
	return r.areas.put(cell, v)
}

// given reads what decides attribution. What cannot be read is not known and
// warned about, and the row is kept: the patient is real (R2).
func (r *rowReader) given(rec *record, on delay.Day) {
	g := &r.row.Given
	line := rec.line
	say := func(f field, v *wordCell, expected, do string) {
		switch {
		case v.unusual:
			r.warnWord(line, on, "R2", f, shown(v.text)+": "+v.why, "the sender's usual words",
				"If that is right, add the word to the layout's usual ones."+ThenAgain)
		case v.why != "":
			if v.why != notInLayout {
				do = "Correct it, or add the whole of it to the layout." + ThenAgain
			}
			r.warnWord(line, on, "R2", f, shown(v.text)+": "+v.why, expected, do)
		}
		if v.removed {
			r.warnRemoved(line, on, f)
		}
	}

	// Words that stand for a blank are said once a file.
	mark := func(f field, v *textCell) {
		if v.nothing != "" {
			r.nothing(f, []byte(v.nothing))
		}
	}
	var reason wordCell
	if r.layout.codes != nil {
		reason = r.codeOf(rec, on)
		g.Set = r.layout.codes.Name
	} else {
		reason = r.reasonOf(r.cell(rec, fReason))
	}
	mark(fReason, &reason.textCell)
	r.stateWord(fReason, &reason)
	g.Reason, g.Words.Reason = reason.reason, reason.text
	if reason.named {
		r.warnNamed(line, on, fReason)
	} else if reason.text == "" && reason.reason == "" {
		r.warn(line, on, "R2", fReason, "a blank", "a reason", "The reason is missing, so the days are not attributed. Fill it in and send the "+
			"file again.")
	} else if reason.why != "" || reason.removed {
		say(fReason, &reason, "a reason of the layout's word lists", "Add it to a reason."+ThenAgain)
	}

	g.Care = r.layout.fixedCare
	if r.columns[fCare] >= 0 {
		care := r.careOf(r.cell(rec, fCare))
		mark(fCare, &care.textCell)
		r.stateWord(fCare, &care)
		g.Words.Care = care.text
		if care.named {
			g.Care = delay.CareNotKnown
			r.warnNamed(line, on, fCare)
		} else if care.text == "" {
			if g.Care == delay.CareNotKnown {
				r.warn(line, on, "R3", fCare, "a blank", "acute or non-acute", "The type of care is not known. "+fixExport)
			}
		} else {
			g.Care = care.care
			if care.why != "" || care.removed {
				say(fCare, &care, "acute or non-acute", "Add it to a type of care."+ThenAgain)
			}
		}
	}

	if r.columns[fResponsible] >= 0 {
		body := r.bodyOf(r.cell(rec, fResponsible))
		mark(fResponsible, &body.textCell)
		r.stateWord(fResponsible, &body)
		g.Stated, g.StatedUnread, g.Words.Responsible = body.body, body.unread || body.named, body.text
		if body.named {
			r.warnNamed(line, on, fResponsible)
		}
		if body.housing {
			// Housing is the NHS's as a reason (A1); beside another reason it
			// names a body that the matrix does not have.
			if g.StatedUnread = g.Reason != "I"; g.StatedUnread {
				r.warn(line, on, "R3", fResponsible, shown(body.text)+", housing, beside a reason that is not housing", "NHS, social care or both",
					"The days are not attributed. "+fixExport)
			}
		}
		if body.why != "" || body.removed {
			say(fResponsible, &body, "NHS, social care or both", "Add it to a responsible body; until then the days are not attributed."+ThenAgain)
		}
	}
	if r.columns[fWaitingOn] >= 0 {
		v := r.waitingOf(r.cell(rec, fWaitingOn))
		r.stateWord(fWaitingOn, &v)
		if mark(fWaitingOn, &v.textCell); v.named {
			g.WaitingOn = attribution.OrganisationUnread
			r.warnNamed(line, on, fWaitingOn)
		} else if v.text != "" {
			g.WaitingOn, g.Words.WaitingOn = v.waiting, v.text
			if v.why != "" || v.removed {
				say(fWaitingOn, &v, "organisations that the layout names", "Add it to those waited on."+ThenAgain)
			}
		}
	}
	if r.columns[fFunding] >= 0 {
		v := r.fundingOf(r.cell(rec, fFunding))
		r.stateWord(fFunding, &v)
		if mark(fFunding, &v.textCell); v.named {
			g.Funding = attribution.FundingUnread
			r.warnNamed(line, on, fFunding)
		} else if v.text != "" {
			g.Funding, g.Words.Funding = v.funding, v.text
			if v.why != "" || v.removed {
				say(fFunding, &v, "a funder that the layout names", "Add it to a funder."+ThenAgain)
			}
		}
	}

	asked := r.columns[fResponsible] >= 0 || r.columns[fWaitingOn] >= 0 || r.columns[fFunding] >= 0
	r.row.BodyBlank = asked && g.Stated == delay.NotAttributed && !g.StatedUnread && g.WaitingOn == 0 &&
		g.Funding == attribution.FundingNotGiven

	g.Council = r.layout.fixedCouncil
	if r.columns[fCouncil] < 0 {
		return
	}
	v := r.areaOf(r.cell(rec, fCouncil))
	mark(fCouncil, &v.textCell)
	if v.text != "" && !v.named {
		r.state(fCouncil, len(v.areas) > 0, v.text)
	}
	g.Words.Council = v.text
	if v.removed {
		r.warnRemoved(line, on, fCouncil)
	}
	const expected = "a council by ONS code, number or name, or an area outside England"
	switch {
	case v.named:
		g.Council = delay.CouncilNotKnown
		r.warnNamed(line, on, fCouncil)
	case v.text == "":
		r.warn(line, on, "R3", fCouncil, "a blank", expected, "The council is not known. "+fixExport)
	case len(v.areas) == 0:
		r.warnWord(line, on, "R3", fCouncil, shown(v.text)+": a council (local authority) that is not known", expected,
			"Correct it, or add the name to the partnership file."+ThenAgain)
	default:
		if a := v.areas[0]; len(v.areas) == 1 && a.Certain() {
			g.Council = a.CodeOn(on)
			return
		}
		var why string
		if g.Council, why = r.set.councils.Resolve(v.areas, on); why != "" {
			do := "Correct it in the patient system."
			if g.Council != delay.CouncilNotKnown {
				why += " (" + r.set.councils.Named(string(g.Council)) + ")"
				do = "If they live there, nothing is to be done; to follow this council apart, add it to the partnership file. Otherwise correct it " +
					"in the patient system."
			}
			r.warnWord(line, on, "R3", fCouncil, shown(v.text)+": "+why, expected, do)
		}
	}
}

// notPatient says whether a record is a line that is no patient: a blank, a
// repeated heading, a total or a footer. Such lines are counted as skipped and
// named at the end, so that none vanishes without a word (R1).
func (r *rowReader) notPatient(rec *record) bool {
	first, filled, matching := "", 0, 0
	number := -1
	for i, cell := range rec.cells {
		if len(cell) > 1000 {
			return false
		}
		text, _, _ := clean(cell, maxText)
		if text == "" {
			continue
		}
		filled++
		if first == "" {
			first = text
		} else if n, err := strconv.Atoi(text); err == nil && number < 0 {
			number = n
		}
		if i < len(r.folded) && fold(text) == r.folded[i] {
			matching++
		}
	}
	switch {
	case filled == 0:
		r.Skipped++
		return true
	case matching >= 3 && matching*3 >= filled*2:
		r.skip(rec.line, false)
		return true
	}
	for _, re := range r.layout.skip {
		if re.MatchString(first) {
			r.sum(first, number)
			r.skip(rec.line, true)
			return true
		}
	}
	// A line that names a patient is one, whatever it begins with.
	if filled > 4 || filled*2 > r.width || r.identified(rec) {
		return false
	}
	if m := totalLine.FindStringSubmatch(first); m != nil {
		if number < 0 && m[1] != "" {
			number, _ = strconv.Atoi(m[1])
		}
		r.sum(first, number)
		r.skip(rec.line, false)
		return true
	}
	if footerLine.MatchString(first) {
		r.skip(rec.line, false)
		return true
	}
	return false
}

// identified says whether a record has a valid NHS number or a ready date.
func (r *rowReader) identified(rec *record) bool {
	_, state := nhs(r.cell(rec, fNHSNumber))
	return state == identity.Good || r.readDate(r.cell(rec, fReady)).state == goodDate
}

func (r *rowReader) skip(line int, named bool) {
	r.Skipped++
	if !named {
		r.skippedLines = append(r.skippedLines[:min(len(r.skippedLines), 20)], line)
	}
}

// sum notes what a total line says, to be compared with the rows read.
func (r *rowReader) sum(first string, number int) {
	if number >= 0 && !strings.HasPrefix(strings.ToLower(first), "sub") {
		r.total = number
		r.totals++
	}
}
