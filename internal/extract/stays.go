package extract

import (
	"regexp"

	"homeward/internal/config"
	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Apart says why a row is no listing of a delay though it is of a person in a
// bed or of one who left (R13): it is handed on for the counts of stays alone.
type Apart uint8

// The rows apart. Delayed is the zero value: a row of a delay.
const (
	Delayed Apart = iota
	// NotReady: the person meets the criteria to reside.
	NotReady
	// NoDays: the person left on the day they were ready, or without a date.
	NoDays
	// Young: the person was under 18 at the ready date.
	Young
)

// Left says how somebody left, as far as the destination tells (D7).
type Left uint8

// The ways of leaving. LeftNotSaid is the zero value.
const (
	LeftNotSaid Left = iota
	LeftAlive
	LeftDied
	LeftTransferred
)

func reasonLists(cfg *config.Layout) []string {
	if cfg.CodeSet != "" {
		return nil
	}
	return []string{config.DefaultDefinitions}
}

// withUsual has the usual list of destinations read beside a layout's own
// words, which stand above it.
func withUsual(v config.Vocabulary) config.Vocabulary {
	if len(v.Use) == 0 {
		v.Use = config.List{"england-2024"}
	}
	return v
}

// useCodes finds the code set of the layout and checks the layout's own words.
func (l *layout) useCodes(defs *definition.Tables) error {
	name := l.cfg.CodeSet
	if name == "" {
		name = config.DefaultDefinitions
	}
	set, err := defs.CodeSet(name)
	if err != nil {
		return err
	}
	var codes []string
	for _, r := range set.Reasons() {
		codes = append(codes, r.Code())
	}
	if err := l.cfg.Meanings(codes); err != nil {
		return err
	}
	if l.cfg.CodeSet != "" {
		l.codes = set
	}
	return nil
}

// codeOf reads a reason of the layout's code set (D1) on a day: the layout's
// own words first, then the reason with its detail, then the reason alone.
func (r *rowReader) codeOf(rec *record, on delay.Day) wordCell {
	v := r.words(r.cell(rec, fReason))
	set := r.layout.codes
	if v.text == "" || v.named {
		if set.BlankReason != "" && !v.named {
			v.reason = set.Reason(set.BlankReason)
		}
		return v
	}
	if meaning, ok := r.layout.reasons[fold(v.text)]; ok {
		if meaning != config.NotKnown {
			v.reason = set.Reason(meaning)
		}
		return v
	}
	if detail := r.words(r.cell(rec, fReasonDetail)); detail.text != "" && !detail.named && !nothing(detail.text) {
		if code, ok := set.Match(v.text+"/"+detail.text, on); ok {
			v.reason, v.text = set.Reason(code.Code), v.text+"/"+detail.text
			return v
		}
	}
	code, ok := set.Match(v.text, on)
	if ok {
		v.reason = set.Reason(code.Code)
	} else if v.why = notInLayout; nothing(v.text) {
		v.orNothing()
		if set.BlankReason != "" {
			v.reason = set.Reason(set.BlankReason)
		}
	}
	return v
}

// pathwayText finds the pathway in words such as "P1" or "Pathway 1 - D2A".
var pathwayText = regexp.MustCompile(`^p(?:athway)? ?([0-3])(?:[^0-9].*)?$|^([0-3])$`)

// pathwayOf reads a pathway, which is empty for a word that stands for none.
func (l *layout) pathwayOf(text string) (meaning string, ok bool) {
	if meaning, ok := l.pathways[fold(text)]; ok {
		if meaning == config.NotKnown {
			meaning = ""
		}
		return meaning, true
	}
	return PathwayOf(text)
}

// pathway reads a pathway of discharge, empty when it is not known.
func (r *rowReader) pathway(rec *record, on delay.Day) string {
	text := r.cellText(rec, fPathway)
	if text == "" || nothing(text) {
		return ""
	}
	meaning, ok := r.layout.pathwayOf(text)
	if r.state(fPathway, ok, text); ok {
		return meaning
	}
	r.warnWord(rec.line, on, "R13", fPathway, shown(text)+": "+notInLayout, "a pathway, 0 to 3",
		"Add it to a pathway. The row was kept without one."+ThenAgain)
	return ""
}

// how reads a destination of discharge. Words that no list has are of somebody
// who left alive, with a warning.
func (r *rowReader) how(rec *record, on delay.Day) Left {
	if r.row.Discharged == 0 {
		return LeftNotSaid
	}
	text := r.cellText(rec, fDestination)
	if text == "" || nothing(text) {
		return LeftAlive
	}
	meaning, known := r.layout.destinations[fold(text)]
	r.state(fDestination, known, text)
	switch meaning {
	case "died":
		return LeftDied
	case "transferred":
		return LeftTransferred
	case "left", config.NotKnown:
	default:
		r.warnWord(rec.line, on, "D7", fDestination, shown(text)+": "+notInLayout, "a destination of discharge",
			"Add it to died, transferred or left. It was read as left."+
				ThenAgain)
	}
	return LeftAlive
}

// years gives the age in whole years on a day, negative when it is not known.
func (r *rowReader) years(rec *record, on delay.Day) int {
	born := r.dated(rec, fBirthDate)
	if born.state == goodDate {
		day := born.day
		if born.twoDigit && (day > on || on < adulthood(day)) {
			day = birthday(day, -100) // As outsideCount reads it (R9).
		}
		years := on.Time().Year() - day.Time().Year()
		for years > 0 && birthday(day, years) > on {
			years--
		}
		if years < 0 || years > 130 {
			return -1
		}
		return years
	}
	if years, ok := age(r.cell(rec, fAge)); ok {
		return years
	}
	return -1
}

// stay completes a row with what it states of the stay, and hands on rows
// apart, which have been counted already.
func (r *rowReader) stay(rec *record, on delay.Day) {
	row := &r.row
	at := row.Ready
	if at == 0 {
		at = row.Discharged
	}
	if at == 0 {
		at = on
	}
	row.Age = r.years(rec, at)
	row.Pathway = r.pathway(rec, on)
	row.Left = r.how(rec, on)
}

// apart hands on a row of which no delay begins. Who cannot be told is counted
// by the reader and known to nobody.
func (r *rowReader) apart(rec *record, on delay.Day, why Apart, ready delay.Day, left date) error {
	if !r.layout.stays {
		return nil
	}
	row := &r.row
	*row = Row{Line: rec.line, ExtractDate: on, Provider: r.of, Apart: why, Ready: ready}
	who := r.who(rec, on)
	row.NHSNumber, row.LocalID, row.Who = who.number, who.local, who.nth
	r.standIn(rec, row)
	if row.NHSNumber == "" && row.LocalID == "" && row.Pseudonym == "" && row.Spell == "" {
		return nil
	}
	if left.state == goodDate && left.day <= on {
		row.Discharged = left.day
	}
	if admitted := r.dated(rec, fAdmitted); admitted.state == goodDate {
		row.Admitted = admitted.day
	}
	r.quiet = true
	r.given(rec, on)
	r.stay(rec, on)
	r.quiet = false
	return r.give(row)
}

// monthly says whether each row states one whole delay of a month (R14).
func (l *layout) monthly() bool { return l.cfg.File.Covers == "month" }

// give hands a row on. A row that states a whole delay of a month is handed on
// for each of its days (R14), so that a month counts as its days would.
func (r *rowReader) give(row *Row) error {
	if !r.layout.monthly() {
		return r.each(row)
	}
	last := row.ExtractDate
	from, to := max(row.ExtractDate.Month().First(), row.Ready), last
	if row.Discharged != 0 {
		to = min(to, row.Discharged)
	}
	if row.Ready == 0 {
		from = to
	}
	left := row.Discharged
	for day := from; day <= to; day++ {
		row.ExtractDate, row.Discharged = day, 0
		if left != 0 && left <= day {
			row.Discharged = left
		}
		if row.Apart == Delayed {
			d := r.date(r.of, day)
			d.Read++
			d.Kept++
		}
		if err := r.each(row); err != nil {
			return err
		}
	}
	row.ExtractDate, row.Discharged = last, left
	return nil
}

// everyDay gives a month's file an extract for each of its days, also where
// nobody was delayed.
func (f *file) everyDay(r *rowReader) {
	if r.layout.monthly() && r.outside != 0 {
		for day := r.outside.Month().First(); day <= r.outside; day++ {
			f.date("", day)
		}
	}
}

// monthText is a month in a file name or above the headings, such as 2026-02.
var monthText = regexp.MustCompile(`^(\d{4})[-_]?(\d{2})$`)

// periodDay reads the day of which a file speaks: a date, or, where it covers a
// month, the last day of the month that the text names (R14).
func (l *layout) periodDay(read func([]byte) date, text string) date {
	if l.monthly() {
		if m := monthText.FindStringSubmatch(text); m != nil {
			if first, err := delay.ParseDay(m[1] + "-" + m[2] + "-01"); err == nil {
				return date{state: goodDate, day: first.Month().Last()}
			}
		}
	}
	v := read([]byte(text))
	if l.monthly() && v.state == goodDate {
		v.day = v.day.Month().Last()
	}
	return v
}

// add notes a problem, but for those of rows apart, which are nobody's to mend.
func (r *rowReader) add(p Problem) {
	if !r.quiet {
		p.Provider = r.of
		r.tally.add(p)
	}
}
