package extract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/nhsnumber"
)

// Change is one thing in which a file is unlike the layout that it is read by: a
// sender's habits change over the years (R5).
type Change struct {
	Kind ChangeKind `json:"kind"`
	// Field is the layout's, empty for a heading that it does not name.
	Field string `json:"field,omitempty"`
	// Heading is the file's, or the layout's where the file has none.
	Heading string `json:"heading,omitempty"`
	// Rows of Of state something that the layout does not read. Both are 0 where a
	// heading is concerned.
	Rows int `json:"rows,omitempty"`
	Of   int `json:"of,omitempty"`
	// Words are those that the layout does not have, the most frequent first.
	Words []ChangedWord `json:"words,omitempty"`
	// List is the code set that has them, where it is another than the layout's.
	List string `json:"list,omitempty"`
	// Suffers says that a figure would suffer: the file is held or turned away.
	Suffers bool `json:"suffers"`
	// Says is all of it in a sentence for people.
	Says string `json:"says"`
}

// ChangedWord is a word with its rows, as it may be shown.
type ChangedWord struct {
	Word string `json:"word"`
	Rows int    `json:"rows"`
}

// Unlike says of which fields a file states most otherwise than its layout reads. A
// sender who has always done so is read as the layout says; where it is new the file
// is held.
type Unlike struct {
	// Says is empty where there are none.
	Says   string
	Fields []string
	// Tells says that the file states enough of every field to tell a habit by.
	Tells bool
}

// ChangeKind tells changes apart.
type ChangeKind string

// The kinds of changes.
const (
	HeadingMissing ChangeKind = "heading missing"
	HeadingNew     ChangeKind = "heading new"
	HeadingRenamed ChangeKind = "heading renamed"
	HeadingMoved   ChangeKind = "heading over other contents"
	OtherWords     ChangeKind = "words"
	OtherList      ChangeKind = "another list"
	OtherDates     ChangeKind = "dates"
)

// A column suffers when most of what it states is not read, and at least so many
// rows; reasons also when a fifth of them are of another national list, because
// a list changes as a whole.
const (
	driftLeast  = 3
	driftListed = 5 // one in so many
)

// mostly says whether so many of a column's cells are too many to count.
func mostly(rows, of int) bool { return rows >= driftLeast && rows*2 > of }

// maxDrift bounds the different words that are kept of a column, shownDrift those
// that a change names.
const (
	maxDrift   = 500
	shownDrift = 20
)

// stated counts what a column of words or dates states and what of it is not
// read.
type stated struct {
	cells, unread int
	words         map[string]int
}

// state counts one cell that is not blank. word is shown where it is one of a
// list, and empty for what may be of a person.
func (r *rowReader) state(f field, read bool, word string) {
	if r.quiet {
		return
	}
	n := &r.stated[f]
	if n.cells++; read {
		return
	}
	n.unread++
	if word == "" {
		return
	}
	if n.words == nil {
		n.words = map[string]int{}
	}
	if _, known := n.words[word]; known || len(n.words) < maxDrift {
		n.words[word]++
	}
}

// stateWord counts a cell that was read as a word.
func (r *rowReader) stateWord(f field, v *wordCell) {
	if v.text != "" && !v.named {
		r.state(f, v.why != notInLayout, v.text)
	}
}

// stateDates counts the dates of a row that is kept whatever they say.
func (r *rowReader) stateDates(rec *record, ready delay.Day) {
	r.state(fReady, true, "")
	for _, f := range [...]field{fBirthDate, fAdmitted, fDischarged} {
		if v := r.fieldDate(rec, f); v.state != noDate {
			r.state(f, v.state == goodDate, "")
		}
	}
	if v := r.fieldDate(rec, fAdmitted); v.state == goodDate {
		r.admitted++
		if ready < v.day {
			if r.readyBefore++; len(r.readyEarly) < driftLeast {
				r.readyEarly[ready] = true
			}
		}
	}
}

// counts says whether what a field states decides a figure of the layout though
// the field may be absent.
func (l *layout) counts(f field) bool {
	switch f {
	case fBirthDate, fAge:
		return true // Under 18 is left out (C14).
	case fAdmitted, fPathway, fDestination, fReasonDetail:
		return l.stays
	}
	return false
}

// renaming looks, for a column that is not there, at one that the layout does not
// name: where its cells are all of the field's kind it is likely the same under
// another heading.
type renaming struct {
	field  field
	column int
	// filled counts the cells that are not blank, fits those of the field's kind.
	filled, fits int
}

// watchRenamed begins to look for the fields that are not there and that decide
// figures.
func (r *rowReader) watchRenamed(missing []field, unknown []int) {
	for _, f := range missing {
		for _, at := range unknown[:min(len(unknown), 20)] {
			r.renamings = append(r.renamings, renaming{field: f, column: at})
		}
	}
}

func (r *rowReader) lookRenamed(rec *record) {
	for i := range r.renamings {
		n := &r.renamings[i]
		if n.column >= len(rec.cells) {
			continue
		}
		cell := rec.cells[n.column]
		if text, _, _ := clean(cell, maxText); text == "" || nothing(text) {
			continue
		}
		if n.filled++; r.ofKind(n.field, cell) {
			n.fits++
		}
	}
}

// renamed gives the column that is likely a field under another heading, or -1.
// An age or a pathway is a small number as much else is, so only what its heading
// says too is taken for one.
func (r *rowReader) renamed(f field) int {
	best, fits := -1, 0
	for _, n := range r.renamings {
		if n.field != f || n.fits < driftLeast || n.fits*10 < n.filled*9 || n.fits <= fits {
			continue
		}
		if !slices.Contains(dateFields, f) && !alikeHeading(r.layout.names[f], r.asGiven[n.column]) {
			continue
		}
		best, fits = n.column, n.fits
	}
	return best
}

// alikeHeading says whether two headings share a word that is not a small one.
func alikeHeading(a, b string) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(fold(s), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
	}
	other := words(b)
	for _, word := range words(a) {
		if len(word) > 2 && slices.Contains(other, word) {
			return true
		}
	}
	return false
}

// changeHeadings notes the headings that are not there and those that the layout
// does not name.
func (t *table) changeHeadings(into *tally) {
	for f := range nFields {
		if t.columns[f] < 0 && t.layout.mapped[f] {
			c := Change{Kind: HeadingMissing, Field: fieldNames[f], Heading: t.layout.names[f], Suffers: t.layout.required[f]}
			c.Says = "No column is headed " + shown(c.Heading) + "."
			into.Changes = append(into.Changes, c)
		}
	}
	for i, h := range t.cells {
		folded := fold(h)
		if _, ok := t.layout.headings[folded]; ok || folded == "" || t.layout.known[folded] || len(into.Changes) >= maxDrift {
			continue
		}
		text, _, _ := clean([]byte(t.cells[i]), maxText)
		into.Changes = append(into.Changes, Change{Kind: HeadingNew, Heading: text,
			Says: "The layout does not name the column " + shown(text) + "."})
	}
}

// drifted says of the whole file what it states otherwise than the layout reads (R5):
// why it is held for that, and what would hold it unless the sender has always done
// so. Either says nothing where no figure suffers.
func (f *file) drifted(r *rowReader) (doubt string, unlike Unlike) {
	unlike.Tells = r.columns[fReason] < 0 || r.stated[fReason].cells >= driftLeast
	var why, fresh []string
	add := func(c Change, certain bool) {
		switch {
		case c.Suffers && certain:
			why = append(why, c.Says)
		case c.Suffers:
			fresh, unlike.Fields = append(fresh, c.Says), append(unlike.Fields, c.Field)
		}
		f.Changes = append(f.Changes, c)
	}
	var moved []string
	for i := range f.Changes {
		c := &f.Changes[i]
		at := -1
		if c.Kind == HeadingMissing {
			at = r.renamed(fieldOf(c.Field))
		}
		if at < 0 {
			if says := f.suffersWithout(r, fieldOf(c.Field)); c.Kind == HeadingMissing && says != "" {
				c.Suffers = true
				c.Says = strings.TrimSuffix(c.Says, ".") + ", " + says
				fresh, unlike.Fields = append(fresh, c.Says), append(unlike.Fields, c.Field)
			}
			continue
		}
		now := r.headingAt(at)
		moved = append(moved, now)
		c.Kind, c.Suffers = HeadingRenamed, true
		c.Says = fmt.Sprintf("No column is headed %s, and what stands under %s looks like it.", shown(c.Heading), shown(now))
		why = append(why, c.Says)
	}
	// Its new heading is said with the old one.
	f.Changes = slices.DeleteFunc(f.Changes, func(c Change) bool { return c.Kind == HeadingNew && slices.Contains(moved, c.Heading) })
	// One date in all rows is a slip of whoever filled them in (R3).
	if mostly(r.readyBefore, r.admitted) && len(r.readyEarly) >= driftLeast {
		add(Change{Kind: HeadingMoved, Field: fieldNames[fReady], Heading: r.headings[fReady], Rows: r.readyBefore, Of: r.admitted, Suffers: true,
			Says: fmt.Sprintf("%s is before %s in %d of %d rows, so another date may stand there now.", r.headings[fReady], r.headings[fAdmitted],
				r.readyBefore, r.admitted)}, false)
	}
	for _, i := range dateFields {
		if n := r.stated[i]; n.unread > 0 {
			c := Change{Kind: OtherDates, Field: fieldNames[i], Heading: r.headings[i], Rows: n.unread, Of: n.cells,
				Suffers: mostly(n.unread, n.cells) && (i == fDischarged || r.layout.counts(i))}
			c.Says = fmt.Sprintf("%s: %d of %d dates are written in a form that the layout does not read.", c.Heading, c.Rows, c.Of)
			if i == fReady || i == fExtractDate {
				// Such rows are put aside, and hold the file where they are many (R5).
				c.Suffers = false
			}
			add(c, true)
		}
	}
	for i := range nFields {
		if n := r.stated[i]; n.words != nil {
			c := r.changedWords(i, n)
			// What is neither nearly all nor most says nothing of what is usual.
			unlike.Tells = unlike.Tells && (c.Suffers || n.unread*10 < n.cells)
			add(c, false)
		}
	}
	const suffers = " Figures would suffer, so the file is held (R5): change the layout and read the file again, or ask for " +
		"the list as it was."
	if len(why) > 0 {
		doubt = strings.Join(why, " ") + suffers
	}
	if len(fresh) > 0 {
		unlike.Says = strings.Join(fresh, " ") + suffers
	}
	return doubt, unlike
}

// suffersWithout says what becomes of the figures of a file that has rows and not the
// column of a field; nothing where they do not suffer. Only a column that counts and
// that the layout does not say may be missing is missed.
func (f *file) suffersWithout(r *rowReader, of field) string {
	if !f.hasRows() || !r.layout.counts(of) || slices.Contains(r.layout.cfg.MayBeMissing, fieldNames[of]) {
		return ""
	}
	switch of {
	case fBirthDate, fAge:
		if r.columns[fBirthDate] >= 0 || r.columns[fAge] >= 0 {
			return "" // One of them will do.
		}
		return "so nobody would be left out as under 18 (C14)."
	case fAdmitted:
		return "so the days before readiness could not be told."
	}
	return "so tables by it would say not known."
}

// changedWords says which words of a column the layout does not have. One new word is
// a new word, however many rows have it; several for most rows are another habit.
func (r *rowReader) changedWords(f field, n stated) Change {
	several := 2
	if f == fReason {
		several = 3
	}
	c := Change{Kind: OtherWords, Field: fieldNames[f], Heading: r.headings[f], Rows: n.unread, Of: n.cells,
		Suffers: mostly(n.unread, n.cells) && len(n.words) >= several}
	for word, rows := range n.words {
		c.Words = append(c.Words, ChangedWord{word, rows})
	}
	slices.SortFunc(c.Words, func(a, b ChangedWord) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Word, b.Word)) })
	of := ""
	if f == fReason {
		if name, rows := r.otherList(n.words); rows >= driftLeast && rows*driftListed >= n.cells {
			c.Kind, c.List, c.Suffers = OtherList, name, true
			of = fmt.Sprintf(", and %d of them are of the list %s", rows, name)
		}
	}
	c.Words = c.Words[:min(len(c.Words), shownDrift)]
	var few []string
	for i := range c.Words {
		c.Words[i].Word = strings.Trim(shown(c.Words[i].Word), "'")
		if len(few) < 3 {
			few = append(few, "'"+c.Words[i].Word+"'")
		}
	}
	more := ""
	if len(n.words) > len(few) {
		more = " and others"
	}
	are := "are"
	if c.Rows == 1 {
		are = "is"
	}
	c.Says = fmt.Sprintf("%s: %d of %d values %s not in the layout (%s%s)%s.", c.Heading, c.Rows, c.Of, are, strings.Join(few, ", "), more, of)
	return c
}

// otherList gives the code set, not the layout's own, that has the words of most
// rows.
func (r *rowReader) otherList(words map[string]int) (name string, rows int) {
	var on delay.Day
	for day := range r.days {
		on = max(on, day)
	}
	inForce := false
	for _, set := range r.set.codeSets {
		if set.Name == cmp.Or(r.layout.cfg.CodeSet, config.DefaultDefinitions) {
			continue
		}
		n := 0
		for word, times := range words {
			if _, ok := set.Match(word, on); ok {
				n += times
			}
		}
		if n > rows || n == rows && n > 0 && !inForce && set.InForce(on) {
			name, rows, inForce = set.Name, n, set.InForce(on)
		}
	}
	return name, rows
}

// changedOrder notes that the dates of a column are written in the other order.
func (r *rowReader) changedOrder(f field, n int) {
	c := Change{Kind: OtherDates, Field: fieldNames[f], Heading: r.headings[f], Rows: n, Suffers: true}
	c.Says = fmt.Sprintf("%s: dates are written with day and month in the other order than %s.", c.Heading, r.numericDate())
	r.Changes = append(r.Changes, c)
}

// redactChanges takes numbers of people out of what changes say: headings and
// words come from outside (P1).
func redactChanges(all []Change) {
	for i := range all {
		c := &all[i]
		c.Heading, c.Says = nhsnumber.Redact(c.Heading), nhsnumber.Redact(c.Says)
	}
}

// fieldNames are the names of the fields in layouts.
var fieldNames = func() (names [nFields]string) {
	for i, f := range (&config.Columns{}).Fields() {
		names[i] = f.Name
	}
	return names
}()

func fieldOf(name string) field { return field(slices.Index(fieldNames[:], name)) }
