// Package extract reads one extract, a text file or a workbook, by a layout
// into typed rows and row problems (R1 to R8). Layouts are data: what a trust
// sends is described in a file of package config, compiled here. It knows no
// SQL and no HTTP, and decides nothing about delays or who they wait for.
package extract

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/unicode"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

var (
	totalLine  = regexp.MustCompile(`(?i)^(?:grand |sub-?)?total\b[^0-9]*(\d*)`)
	footerLine = regexp.MustCompile(`(?i)^(page \d|end of (report|file|list|data)|printed|produced|generated|report ` +
		`(run|printed|produced)|run (on|date|at|by)|\*|-{3,}|={3,}|count\b|number of (patients|rows|records)|\d+ ` +
		`(rows|patients|records)|confidential|official|data as at|source:|notes?:|key:)`)
)

// headLength is how much of a text file is searched for its headings, in bytes.
const headLength = 256 << 10

// Read reads one file and gives each row that is kept, in the order of the
// file. name is the file's name as it was sent; only its last element is used.
// When the error is an Invalid problem the file is rejected whole (R4), and
// rows already given are void; the Summary then holds what was found until
// then. An error of each or of src is returned as it is.
func (s *Set) Read(ctx context.Context, name string, src io.ReadSeeker, each func(*Row) error) (sum *Summary, err error) {
	t := newTally(s.Limits.Problems)
	defer func() {
		// Nothing in a file may stop the program (R8).
		if cause := recover(); cause != nil {
			sum, err = t.finish(0), problem.Wrap(fmt.Errorf("panic: %v", cause), problem.Invalid,
				"The file could not be read: it is damaged in a way that is not known. Export it again.")
		}
	}()
	f := &file{set: s, tally: t, name: base(name), src: src, each: each, ctx: ctx}
	err = f.read()
	if err != nil {
		// What was read before a rejection counts for nothing, and what was said
		// of single rows may be wrong for the same reason.
		t.perDate, t.Problems, t.MoreProblems, t.Groups = nil, nil, 0, Groups{}
		return t.finish(0), err
	}
	return t.finish(f.only), nil
}

// base gives the last element of a file name. A back-slash may be part of a
// name; the name is only matched, never opened.
func base(name string) string {
	return name[strings.LastIndexByte(name, '/')+1:]
}

// file is one file being read.
type file struct {
	*tally
	set  *Set
	ctx  context.Context
	name string
	src  io.ReadSeeker
	each func(*Row) error
	only delay.Day
	size int // of the file, headLength of a larger one
}

// candidate is a layout that the file may have.
type candidate struct {
	layout   *layout
	provider *provider // nil while only a column can say
	nameDate string    // as the name has it
	byName   bool
}

func reject(format string, args ...any) error { return problem.New(problem.Invalid, format, args...) }

func (f *file) read() error {
	size, err := f.src.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.src.Seek(0, io.SeekStart)
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The file could not be read")
	}
	f.size = int(min(size, headLength))
	head := make([]byte, f.size)
	n, err := io.ReadFull(f.src, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return problem.Wrap(err, problem.Unavailable, "The file could not be read")
	}
	head = head[:n]
	kind, found, do := sniff(head)
	if kind == unreadable {
		return reject("The file is %s. %s", found, do)
	}
	candidates, err := f.candidates()
	if err != nil {
		return err
	}
	if kind == zipArchive {
		return f.readWorkbook(candidates)
	}
	return f.readText(kind, head, candidates)
}

// candidates gives the layouts that the name points to, or all of them when it
// points to none.
func (f *file) candidates() ([]candidate, error) {
	var all []candidate
	unknown := ""
	for _, l := range f.set.layouts {
		if l.name == nil || len(l.providers) == 0 {
			continue
		}
		m := l.name.FindStringSubmatch(f.name)
		if m == nil {
			// The name may be a path of the sender's system.
			m = l.name.FindStringSubmatch(f.name[strings.LastIndexByte(f.name, '\\')+1:])
		}
		if m == nil {
			continue
		}
		c := candidate{layout: l, byName: true}
		if i := l.name.SubexpIndex("date"); i >= 0 {
			c.nameDate = strings.ReplaceAll(m[i], "_", "-") // 2026_11_04
		}
		if i := l.name.SubexpIndex("provider"); i >= 0 && m[i] != "" {
			c.provider = f.set.providers[fold(m[i])]
			if c.provider == nil {
				unknown = m[i]
				continue
			}
			if !c.provider.has(l) {
				continue
			}
		} else if len(l.providers) == 1 {
			c.provider = l.providers[0]
		}
		if l.cfg.SeveralProviders {
			c.provider = nil // its rows say
		}
		all = append(all, c)
	}
	if len(all) > 0 {
		return all, nil
	}
	if unknown != "" {
		return nil, reject("The file name says that the provider is %s, which is not a provider of this partnership (R4). Add it to the "+
			"partnership file, or send the file under its usual name.", shown(unknown))
	}
	for _, l := range f.set.layouts {
		if len(l.providers) == 0 {
			continue
		}
		c := candidate{layout: l}
		if l.name == nil && len(l.providers) == 1 && !l.cfg.SeveralProviders {
			c.provider = l.providers[0]
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, reject("No provider of this partnership has a layout. Add one to the partnership file.")
	}
	return all, nil
}

func (p *provider) has(l *layout) bool {
	return slices.Contains(p.layouts, l)
}

// table is where a file's headings stand.
type table struct {
	candidate
	separator byte
	line      int // of the headings
	cells     []string
	preamble  []string
	columns   [nFields]int
	matched   int
	missing   []string
	twice     string
}

// look compares a line with the headings of a layout.
func (c candidate) look(line int, cells []string) *table {
	t := &table{candidate: c, line: line, cells: cells}
	for i := range t.columns {
		t.columns[i] = -1
	}
	rank := map[field]int{}
	for i, h := range cells {
		known, ok := c.layout.headings[fold(h)]
		if !ok {
			continue
		}
		// Several headings may stand for one field; the first listed is taken,
		// but the same heading twice leaves open which column is meant.
		f, n := known.of, known.rank
		switch at, seen := rank[f]; {
		case !seen || n < at:
			if !seen {
				t.matched++
			}
			rank[f], t.columns[f] = n, i
		case n == at:
			t.twice = fmt.Sprintf("%s stands twice (columns %d and %d)", strings.TrimSpace(cells[t.columns[f]]), t.columns[f]+1, i+1)
		}
	}
	for f := range nFields {
		if c.layout.required[f] && t.columns[f] < 0 {
			t.missing = append(t.missing, c.layout.names[f])
		}
	}
	return t
}

// better says whether t is a likelier reading of the headings than other.
func (t *table) better(other *table) bool {
	switch {
	case other == nil:
		return true
	case (len(t.missing) == 0) != (len(other.missing) == 0):
		return len(t.missing) == 0
	case len(t.missing) == 0 && t.matched != other.matched:
		return t.matched > other.matched
	}
	return t.matched-len(t.missing) > other.matched-len(other.missing)
}

// heading decides whether the best reading of the headings will do.
func (f *file) heading(best *table, candidates []candidate) error {
	if best != nil && best.matched >= 2 && best.matched*3 >= len(best.missing) {
		f.Layout, f.Version = best.layout.cfg.Name, best.layout.cfg.Version
		best.changeHeadings(f.tally)
		switch {
		case best.twice != "":
			return reject("The heading %s, so it cannot be told which column is meant. Remove or rename one of the two columns, and send the file "+
				"again (R4).", best.twice)
		case len(best.missing) > 0:
			return reject("By the layout %s, line %d has the headings but not the column%s %s. Nothing was taken from the file (R4): send it with "+
				"its usual columns, or change the layout.",
				best.layout.cfg.Name, best.line, plural(len(best.missing)), strings.Join(best.missing, ", "))
		}
		return nil
	}
	if len(candidates) == 1 {
		f.Layout, f.Version = candidates[0].layout.cfg.Name, candidates[0].layout.cfg.Version
	}
	var tried []string
	for _, c := range candidates {
		var names []string
		for i := range nFields {
			if c.layout.required[i] {
				names = append(names, c.layout.names[i])
			}
		}
		tried = append(tried, fmt.Sprintf("%s (%s)", c.layout.cfg.Name, strings.Join(names, ", ")))
	}
	return reject("No heading row was found: no line near the top has the column headings of a layout (R4). Tried %s. Send the file with its "+
		"headings, or add a layout.", strings.Join(tried, "; "))
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func notPatients(n int) string {
	if n == 1 {
		return "1 line that is not a patient"
	}
	return fmt.Sprint(n, " lines that are not patients")
}

// prepare makes the row reader of a table that was found, and notes what is
// unusual about it.
func (f *file) prepare(t *table) (*rowReader, error) {
	r := newRowReader(f.set, t.layout, f.tally)
	r.ctxDone(f)
	r.columns, r.provider, r.width = t.columns, t.provider, len(t.cells)
	for len(t.cells) > 0 && r.width > 0 && fold(t.cells[r.width-1]) == "" {
		r.width--
	}
	if r.width > r.limits.Columns {
		return nil, tooManyColumns(r.width, r.limits)
	}
	r.asGiven = t.cells
	var strange []string
	var unknown []int
	for i, h := range t.cells {
		folded := fold(h)
		r.folded = append(r.folded, folded)
		if _, ok := t.layout.headings[folded]; !ok && folded != "" && !t.layout.known[folded] {
			strange, unknown = append(strange, shown(folded)), append(unknown, i)
		}
	}
	var gone []field
	for i, c := range t.columns {
		if c >= 0 {
			r.headings[i], _, _ = clean([]byte(t.cells[c]), maxText)
		} else if t.layout.mapped[i] {
			f.note("R4", "no column "+t.layout.names[i], "the usual columns", "The file was read without it. Check the export.")
			if t.layout.counts(field(i)) {
				gone = append(gone, field(i))
			}
		}
	}
	r.watchRenamed(gone, unknown)
	if len(strange) > 0 {
		more := ""
		if len(strange) > 10 {
			strange, more = strange[:10], " and others"
		}
		f.note("R4", "columns that the layout does not name: "+strings.Join(strange, ", ")+more, "known columns",
			"They were not read. Add them to the layout, under columns or not_read.")
	}
	f.Several = t.layout.cfg.SeveralProviders
	f.Layout, f.Version, f.Fingerprint = t.layout.cfg.Name, t.layout.cfg.Version, t.layout.fingerprint
	if t.provider != nil {
		f.Provider = t.provider.code
	} else if t.columns[fProvider] < 0 {
		return nil, reject("No provider is to be found: the file name is not one that the partnership knows, and the layout %s has no provider "+
			"column (R4). Send the file under its usual name.", t.layout.cfg.Name)
	}
	return r, nil
}

func tooManyColumns(n int, limits Limits) error {
	count := strconv.Itoa(n)
	if n >= mostCells {
		count = fmt.Sprintf("%d or more", mostCells)
	}
	return reject("The file has too many columns: %s, and the limit is %d. Send only the columns of the layout.", count, limits.Columns)
}

// ctxDone makes each stop when the work is cancelled.
func (r *rowReader) ctxDone(f *file) {
	n := 0
	r.each = func(row *Row) error {
		if n++; n&1023 == 0 {
			if err := f.ctx.Err(); err != nil {
				return err
			}
		}
		return f.each(row)
	}
}

// outsideDate works out the extract date that the preamble and the name give
// (R6). Two that disagree reject the file.
func (f *file) outsideDate(t *table, r *rowReader) error {
	var preamble delay.Day
	if re := t.layout.preamble; re != nil {
		for _, line := range t.preamble {
			m := re.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			v := t.layout.periodDay(r.readDate, m[re.SubexpIndex("date")])
			f.sayTwoDigit(v, "the line above the headings")
			if v.state != goodDate {
				return reject("The line above the headings gives the extract date as %s, which is no date. Expected %s (R6).",
					shown(m[re.SubexpIndex("date")]), r.exampleDate())
			}
			if preamble != 0 && preamble != v.day {
				return reject("The lines above the headings give two extract dates, %s and %s (R6).", preamble, v.day)
			}
			preamble = v.day
		}
	}
	var byName delay.Day
	if t.nameDate != "" {
		v := t.layout.periodDay((&dateReader{formats: r.dates.formats}).read, t.nameDate)
		if f.sayTwoDigit(v, "the file name"); v.state == goodDate {
			byName = v.day
		} else {
			f.note("R6", "a date in the file name that is no date: "+shown(t.nameDate), "a date such as "+r.exampleDate(), "Check the name.")
		}
	}
	if preamble != 0 && byName != 0 && preamble != byName {
		return reject("The file name says that the extract date is %s (%s) and the line above the headings (Census or title) says %s (%s). "+
			"Nothing was taken (R6): correct the one that is wrong and send the file again.",
			byName, byName.Long(), preamble, preamble.Long())
	}
	r.outside = preamble
	if r.outside == 0 {
		r.outside = byName
	}
	if r.outside == 0 && t.columns[fExtractDate] < 0 {
		return reject("No extract date is to be found: there is no column, no line above the headings and no date in the file name (R6). Send " +
			"the file under its usual name.")
	}
	return nil
}

// sayTwoDigit notes an extract date with a year of two digits (R9).
func (f *file) sayTwoDigit(v date, where string) {
	if v.twoDigit {
		f.note("R9", "a year of two digits in "+where, "a year of four digits", "It was read as a year of 2000 to 2099.")
	}
}

// conclude checks what only the whole file shows.
func (f *file) conclude(t *table, r *rowReader) error {
	if n := len(r.noTexts); n > 0 {
		f.note("R10", fmt.Sprintf("%d line%s of bytes that are no text after the last row, from line %d", n, plural(n), r.noTexts[0].line),
			"the end of the file", "They were dropped. Check that the file arrived whole.")
	}
	if f.Several {
		if len(r.days) == 0 && len(r.strangers) > 0 {
			return reject("No row is of a provider of this partnership that has the layout %s (R12): found %s. Add the providers to the "+
				"partnership "+
				"file, or check which list this is.", t.layout.cfg.Name, r.strangerWords())
		}
		if f.rowsRead() == 0 {
			return reject("The file has headings and no rows, and it would hold several providers, so nothing says whose lists are empty (R12). " +
				"Check with the sender.")
		}
		f.sayStrangers(r)
	} else if r.provider == nil {
		if len(r.days) == 0 {
			return reject("No provider is to be found: the file name is not one that the partnership knows, and no row names one (R4). Send the " +
				"file under its usual name.")
		}
	} else {
		f.Provider = r.provider.code
	}
	if err := r.checkOrder(); err != nil {
		return err
	}
	f.everyDay(r)
	if t.layout.monthly() {
		f.Sent = &DateRows{Kept: r.sentKept}
		for _, d := range f.perDate {
			f.Sent.Excluded += d.Excluded
			f.Sent.Quarantined += d.Quarantined
		}
		f.Sent.Read = f.Sent.Kept + f.Sent.Excluded + f.Sent.Quarantined
	}
	if err := f.checkDays(t, r); err != nil {
		return err
	}
	rows := 0
	for k, d := range f.perDate {
		rows += d.Read
		if d.Read > f.set.Limits.UsualRows {
			f.note("R8", fmt.Sprintf("%d rows for %s: a very large extract", d.Read, k.date),
				fmt.Sprintf("at most %d patients of one trust on one day", f.set.Limits.UsualRows),
				"Check that the file holds one day's delayed patients only.")
		}
	}
	if rows == 0 {
		if r.outside == 0 {
			return reject("The file has headings and no rows, and nothing says of which date it is (R6). Send it under its usual name.")
		}
		f.date("", r.outside)
		f.note("R4", "headings and no rows: no patients", "a row for each delayed patient",
			"Either nobody is delayed or the export did not finish. Check with the sender.")
	}
	if len(r.skippedLines) > 0 {
		var lines []string
		for _, n := range r.skippedLines {
			lines = append(lines, fmt.Sprint(n))
		}
		f.note("R1", fmt.Sprintf("%s (title, total, footer or repeated heading): line %s", notPatients(len(lines)), strings.Join(lines, ", ")),
			"rows only", "They were passed over. Name them in the layout under skip_lines if they are usual.")
	}
	// Some lists count those who left that day in their total and some do not.
	if r.totals == 1 && r.total != rows && r.total != rows-r.left {
		f.note("R1", fmt.Sprintf("a total of %d below %d rows", r.total, rows), "a total that agrees with the rows",
			"Check that no row is missing.")
	}
	for i, guessed := range r.yearsGuessed {
		if !guessed {
			continue
		}
		do := "They were read as 2000 to 2099. Send years with four digits."
		if field(i) == fBirthDate {
			do = "They were read as 2000 to 2099, and as 1900 to 1999 where an adult would else be a child, so nobody was left out as a " +
				"child. Send " +
				"years with four digits."
		}
		f.file = append(f.file, Problem{Rule: "R9", Field: r.headings[i], Found: "dates with two-digit years",
			Expected: "years with four digits", Do: do})
	}
	f.sayNotReady(r)
	f.sayClocks(r)
	f.sayShort(t, r)
	f.sayNothings(r)
	f.sayUnnumbered(r)
	if f.Doubt == "" {
		f.Doubt = r.swapped()
	}
	why, unlike := f.drifted(r)
	f.Doubt, f.Unlike = cmp.Or(f.Doubt, why), unlike
	return nil
}

// checkOrder rejects a file whose dates are written in the other order: the
// dates of such a column that can be read are the wrong way round.
func (r *rowReader) checkOrder() error {
	for f := range nFields {
		usual, other := orderDay, orderMonth
		for _, format := range r.layout.formats {
			if format.Parts[0] == "m" {
				usual, other = orderMonth, orderDay
			}
		}
		n := r.orders[f][other]
		if n == 1 && r.orders[f][usual] == 0 && r.survey.forms[f].slashed > 0 && r.Doubt == "" {
			// One alone may be a slip, and the others may be read either way.
			r.changedOrder(f, n)
			r.Doubt = fmt.Sprintf("%s: one date can only be read with day and month in the other order than %s, and none shows that order, so the "+
				"others may mean other days than were read. Ask for the list with dates as %s (R9).", r.headings[f], r.numericDate(), r.numericDate())
		}
		if n >= 2 && r.orders[f][usual] == 0 {
			r.changedOrder(f, n)
			return reject("%s: %d dates can only be read with day and month in the other order than %s, and none shows that order. Which day the "+
				"other dates mean is not guessed, so nothing was taken: send the dates as %s.",
				r.headings[f], n, r.numericDate(), r.numericDate())
		}
	}
	return nil
}

// checkDays compares the extract dates of the rows with the name and the
// preamble (R6).
func (f *file) checkDays(t *table, r *rowReader) error {
	days := make([]delay.Day, 0, len(r.days))
	for d := range r.days {
		days = append(days, d)
	}
	slices.Sort(days)
	f.only = r.outside
	if len(days) == 0 {
		return nil
	}
	if f.only = 0; len(days) == 1 {
		f.only = days[0]
	}
	if r.outside == 0 || t.columns[fExtractDate] < 0 {
		return nil
	}
	if _, ok := r.days[r.outside]; ok {
		if len(days) > 1 {
			f.note("R6", fmt.Sprintf("rows of %d extract dates, %s to %s, in a file named for %s", len(days), days[0], days[len(days)-1],
				r.outside), "one date, unless the file is a backfill", "Each date was taken as an extract of its own. Check that each is whole.")
		}
		return nil
	}
	hint := ""
	if y, m, d := days[0].Time().Date(); d <= 12 && delay.Date(y, time.Month(d), int(m)) == r.outside {
		hint = " The rows' dates may have the month first, in the American order; it is not guessed."
	}
	found := days[0].String()
	if len(days) > 1 {
		found = fmt.Sprintf("%s to %s", days[0], days[len(days)-1])
	}
	return reject("The file name says that the extract date is %s (%s) and the column %s says %s (%s, line %d, read as %s). The two do not "+
		"match, so nothing was taken (R6): correct the one that is wrong and send the file again.%s",
		r.outside, r.outside.Long(), r.headings[fExtractDate], found, days[0].Long(), r.days[days[0]], r.numericDate(), hint)
}

// readText reads a file of lines.
func (f *file) readText(kind container, head []byte, candidates []candidate) error {
	open := func(src io.Reader) io.Reader {
		switch kind {
		case utf16Little:
			return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(src)
		case utf16Big:
			return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(src)
		}
		return src
	}
	decoded, err := io.ReadAll(open(bytes.NewReader(head)))
	if err != nil {
		return reject("The file's text cannot be decoded from UTF-16. Export it again as UTF-8.")
	}
	var best *table
	for _, sep := range separators {
		for i := range candidates {
			c := candidates[i]
			if t := c.find(decoded, sep.char, f.set.Limits); t != nil && (t.better(best) ||
				best != nil && !best.better(t) && sep.name == c.layout.cfg.File.Separator) {
				best = t
			}
		}
	}
	if err := f.heading(best, candidates); err != nil {
		return err
	}
	r, err := f.prepare(best)
	if err != nil {
		return err
	}
	r.text = true
	if err := f.outsideDate(best, r); err != nil {
		return err
	}
	for _, sep := range separators {
		if sep.char == best.separator && sep.name != best.layout.cfg.File.Separator {
			f.note("R4", "cells separated by "+sep.name, best.layout.cfg.File.Separator+" as the separator",
				"The file was read with it. If the sender has changed, change the layout.")
		}
	}
	if best.layout.cfg.File.Kind == "workbook" {
		f.note("R4", "a text file", "a workbook", "The file was read as text. If the sender has changed, change the layout.")
	}

	if _, err := f.src.Seek(0, io.SeekStart); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The file could not be read again")
	}
	lines := newLineReader(open(f.src), f.set.Limits.Line, f.size)
	s := &splitter{lines: lines, sep: best.separator}
	r.setWant = func(n int) { s.want = n }
	r.again = func(want int, each func(*record) error) error { return f.textAgain(best, open, want, each) }
	count := 0
	var rec record // one for all rows: the reader keeps where it stands
	for {
		var ok bool
		if rec, ok = s.next(); !ok {
			break
		}
		if rec.line < best.line {
			continue
		}
		if rec.line == best.line {
			s.want = r.width
			continue
		}
		if count++; count > f.set.Limits.Rows {
			return reject("The file has too many rows: more than the limit of %d. Send it in parts.", f.set.Limits.Rows)
		}
		if count&1023 == 0 && f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		if err := r.record(&rec); err != nil {
			return err
		}
	}
	if lines.err != nil {
		if kind != plainText {
			return reject("The file's text cannot be decoded from UTF-16. Export it again as UTF-8.")
		}
		return problem.Wrap(lines.err, problem.Unavailable, "The file could not be read to its end")
	}
	r.ends(lines.line)
	f.encoding(kind, s, best.layout)
	if lines.open && r.named > 0 && r.lastLine == r.lastNamed {
		f.note("R10", "a last row without an end of its line", "a whole file",
			"It was read. Where this sender's files usually end with a line ending, rows may be missing: check with the sender.")
	}
	if lines.open && r.lastShort {
		f.note("R4", fmt.Sprintf("a file that ends in the middle of line %d: it looks cut off", r.lastLine), "a whole file",
			"Check with the sender, and send the whole file again.")
	}
	return f.conclude(best, r)
}

// textAgain reads the rows of a text once more and comes back to where the
// reading stands. A last line that has no ending is left out: it may be cut.
func (f *file) textAgain(t *table, open func(io.Reader) io.Reader, want int, each func(*record) error) (err error) {
	at, err := f.src.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = f.src.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	defer func() {
		if _, back := f.src.Seek(at, io.SeekStart); err == nil {
			err = back
		}
	}()
	lines := newLineReader(open(f.src), f.set.Limits.Line, f.size)
	s := &splitter{lines: lines, sep: t.separator}
	for count := 0; ; count++ {
		rec, ok := s.next()
		switch {
		case !ok || lines.open && len(s.pending) == 0 && len(rec.cells) != want:
			return lines.err
		case rec.line == t.line:
			s.want = want
		case rec.line > t.line:
			if err := each(&rec); err != nil {
				return err
			}
		}
		if count&1023 == 0 && f.ctx.Err() != nil {
			return f.ctx.Err()
		}
	}
}

// encoding notes in which encoding the text was.
func (f *file) encoding(kind container, s *splitter, l *layout) {
	const do = "Every character was read. If the sender has changed, change the layout."
	switch {
	case kind != plainText:
		f.Encoding = "UTF-16"
		f.note("R4", "text in the encoding UTF-16", "UTF-8 or Windows-1252", do)
	case s.legacy > 0:
		f.Encoding = "Windows-1252"
		if l.cfg.File.Encoding == "utf-8" {
			f.note("R4", fmt.Sprintf("characters in the encoding Windows-1252, on %d lines", s.legacy), "UTF-8", do)
		}
		if s.utf8 > 0 {
			f.note("R4", fmt.Sprintf("two encodings in one file: UTF-8 on %d lines, Windows-1252 on %d", s.utf8, s.legacy), "one encoding",
				"Each line was read in its own. Check the export.")
		}
		if s.undefined {
			f.note("R8", "bytes that are no character in any encoding that is known", "UTF-8 or Windows-1252",
				"They were replaced. Check the export.")
		}
	default:
		f.Encoding = "UTF-8"
	}
}

// find looks for a layout's headings near the top of a text.
func (c candidate) find(head []byte, sep byte, limits Limits) *table {
	s := &splitter{lines: newLineReader(bytes.NewReader(head), limits.Line, len(head)), sep: sep}
	var best *table
	var above, preamble []string
	var last [][]string
	for {
		rec, ok := s.next()
		if !ok || rec.line > c.layout.cfg.File.HeadingWithin {
			break
		}
		cells := rec.texts()
		t := c.look(rec.line, Spread(last, cells, c.layout.cfg.File.HeadingLines))
		last = append(last[max(len(last)-2, 0):], cells)
		if t.separator = sep; t.matched > 0 && t.better(best) {
			best, preamble = t, above
		}
		line, _, _ := clean([]byte(strings.Join(cells, string(sep))), 1000)
		above = append(above, line)
	}
	if best != nil {
		best.preamble = preamble
	}
	return best
}

// Spread gives the headings of a line where they are spread over several: what
// stands above a cell in the lines before is part of its heading.
func Spread(above [][]string, cells []string, lines int) []string {
	if lines < 2 || len(above) == 0 {
		return cells
	}
	above = above[max(len(above)-lines+1, 0):]
	width := len(cells)
	for _, row := range above {
		width = max(width, len(row))
	}
	out := make([]string, width)
	for i := range out {
		var parts []string
		for _, row := range append(slices.Clip(above), cells) {
			if i < len(row) && strings.TrimSpace(row[i]) != "" {
				parts = append(parts, strings.TrimSpace(row[i]))
			}
		}
		out[i] = strings.Join(parts, " ")
	}
	return out
}

// readWorkbook reads an Excel workbook.
func (f *file) readWorkbook(candidates []candidate) error {
	size, err := f.src.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.src.Seek(0, io.SeekStart)
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The file could not be read again")
	}
	if size > f.set.Limits.Workbook {
		return reject("The workbook is too large: %d MB, and the limit is %d MB. Send the list as CSV.", size>>20, f.set.Limits.Workbook>>20)
	}
	data, err := readWhole(f.src, size)
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The file could not be read to its end")
	}
	book, err := openWorkbook(data, f.set.Limits)
	if err != nil {
		return err
	}
	f.Encoding = "workbook"
	best, where, err := f.findSheet(book, candidates)
	if err != nil {
		return err
	}
	if err := f.heading(best, candidates); err != nil {
		return err
	}
	r, err := f.prepare(best)
	if err != nil {
		return err
	}
	r.dates.serials, r.dates.from1904 = true, book.from1904
	if err := f.outsideDate(best, r); err != nil {
		return err
	}
	if best.layout.cfg.File.Kind != "workbook" {
		f.note("R4", "a workbook", "a text file", "The file was read as a workbook. If the sender has changed, change the layout.")
	}
	f.Sheet, _, _ = clean([]byte(where.name), maxText)
	r.again = func(_ int, each func(*record) error) error {
		// What is unpacked once more is not kept, so it counts once.
		left := book.left
		defer func() { book.left = left }()
		return book.rows(where, func(rec record) error {
			if rec.line <= best.line {
				return nil
			}
			return each(&rec)
		})
	}
	count := 0
	err = book.rows(where, func(rec record) error {
		if count++; count&1023 == 0 && f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		if rec.beyond > 0 && rec.line > best.line {
			f.sayBeyond(where, &rec)
		}
		if rec.line <= best.line {
			return nil
		}
		return r.record(&rec)
	})
	if err != nil {
		return err
	}
	return f.conclude(best, r)
}

// readWhole reads so many bytes into a memory of just that size.
func readWhole(src io.Reader, size int64) ([]byte, error) {
	data := make([]byte, size)
	n, err := io.ReadFull(src, data)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // It became shorter; what is there is read.
	}
	return data[:n], err
}

// sayBeyond notes, once a sheet, a cell so far to the right that it is of no
// list.
func (f *file) sayBeyond(s sheet, rec *record) {
	found := fmt.Sprintf("a stray cell in column %s on the sheet %s", columnName(rec.beyond), shown(s.name))
	for _, p := range f.file {
		if p.Found == found {
			return
		}
	}
	f.note("R8", found, fmt.Sprintf("at most %d columns", f.set.Limits.Columns),
		fmt.Sprintf("It was passed over. Look at %s%d and delete it.", columnName(rec.beyond), rec.line))
}

var errEnough = fmt.Errorf("enough rows")

// findSheet looks for the headings in the sheet that the layout names, else in
// the visible sheets in their order. A hidden sheet is read only by name.
func (f *file) findSheet(book *workbook, candidates []candidate) (best *table, where sheet, err error) {
	for _, s := range book.sheets {
		var wanted []candidate
		for _, c := range candidates {
			if named := c.layout.cfg.File.Sheet; named == "" && !s.hidden || strings.EqualFold(named, s.name) {
				wanted = append(wanted, c)
			}
		}
		if len(wanted) == 0 {
			continue
		}
		var above []string
		var last [][]string
		var here *table // this sheet's headings, when another sheet has them all
		rows := 0
		var stray *record
		err := book.rows(s, func(rec record) error {
			cells := rec.texts()
			if stray == nil && rec.beyond > 0 {
				stray = &record{line: rec.line, beyond: rec.beyond}
			}
			for _, c := range wanted {
				if rec.line > c.layout.cfg.File.HeadingWithin {
					continue
				}
				t := c.look(rec.line, Spread(last, cells, c.layout.cfg.File.HeadingLines))
				if whole := best != nil && len(best.missing) == 0; whole && where != s {
					if len(t.missing) == 0 {
						here = t
					}
				} else if t.matched > 0 && t.better(best) {
					best, where = t, s
					best.preamble = slices.Clip(above)
				}
			}
			last = append(last[max(len(last)-2, 0):], cells)
			if here != nil && rec.line > here.line {
				rows++
			}
			line, _, _ := clean([]byte(strings.Join(cells, "\t")), 1000)
			if above = append(above, line); len(above) > 100 {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return nil, where, err
		}
		switch {
		case stray == nil:
		case where != s:
			f.sayBeyond(s, stray)
		case stray.line == best.line:
			return nil, where, reject("The sheet %s has too many columns: its row %d of headings goes on to column %s, and the limit is %d "+
				"columns. "+
				"Send only the columns of the layout.",
				shown(s.name), stray.line, columnName(stray.beyond), f.set.Limits.Columns)
		}
		if rows > 0 {
			return nil, where, reject("Two sheets of the workbook have the headings and rows below them, %s and %s. Which holds the list is not "+
				"guessed: remove one, put the rows on one sheet, or name the sheet in the layout (R4).",
				shown(where.name), shown(s.name))
		}
	}
	if best == nil {
		var names []string
		for _, s := range book.sheets {
			name := shown(s.name)
			if s.hidden {
				name += " (hidden)"
			}
			names = append(names, name)
		}
		return nil, where, reject("No sheet of the workbook has the headings of a layout; its sheets are %s (R4). Put the list on the first "+
			"visible sheet with its heading row, or name the sheet in the layout.", strings.Join(names, ", "))
	}
	return best, where, nil
}
