package propose

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"homeward/internal/config"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/nhsnumber"
)

// findEverybody says whether the samples list everybody in a bed (R13), and what
// the words of the column that says who is ready mean. The name of the column and
// where the ready date is blank must say the same.
func (w *work) findEverybody() {
	d := &w.p.Everybody
	if c := w.held["criteria"]; c != nil && c.filled == 0 {
		c.field, c.why, c.unsure = notRead, "", "it may say who meets the criteria to reside, and no row of the samples has a value"
		w.held["criteria"] = nil
	}
	ready, c := w.held["ready"], w.held["criteria"]
	d.Value = "no"
	blank := 0.0
	if ready != nil && ready.cells > 0 {
		blank = float64(ready.blank) / float64(ready.cells)
	}
	if c == nil && ready != nil && blank > 0.05 && len(w.Answers.Fields) == 0 {
		// A column of yes and no that goes with the ready date, under another name.
		for _, other := range w.columns {
			if other.field != notRead || other.flags < 0.9 || len(other.values) < 2 || len(other.values) > 6 {
				continue
			}
			if yes, no := w.beside(other, ready); math.Abs(yes-no) > 0.9 {
				other.field, w.held["criteria"], c = "criteria", other, other
				other.why = "its yes and no go with whether the ready date is filled"
				other.unsure = "found by what stands in it alone; the heading does not say it"
				break
			}
		}
	}
	if c == nil {
		d.Evidence = "no column says who meets the criteria to reside: the list is of people who are delayed"
		if blank > 0.2 && ready != nil && ready.filled > 0 {
			d.Unsure = w.mark(fmt.Sprintf("%d of %d rows have no ready date, and no column says who meets the criteria to reside: such rows "+
				"would be set "+
				"aside. If the list is of everybody in a bed, ask for the column", ready.blank, ready.cells))
		}
		return
	}
	opposite := slices.Contains(c.words, "not") || slices.Contains(c.words, "delay") || slices.Contains(c.words, "ready")
	clear := slices.Contains(c.words, "criteria")
	yes, no := 0.0, 0.0
	if ready != nil {
		yes, no = w.beside(c, ready)
	}
	told := math.Abs(yes-no) > 0.5
	switch {
	case told && (yes > no) != opposite:
		if clear {
			c.unsure = join(c.unsure, "the name says that yes means "+meansOf(opposite)+", and the ready date is filled where it should be "+
				"blank; it was "+
				"read by the ready date")
		}
		opposite = yes > no
		if !clear {
			c.unsure = join(c.unsure, "what yes means was read from where the ready date is filled")
		}
	case !told && !clear:
		c.unsure = join(c.unsure, "nothing shows what yes and no mean here")
	case !told && slices.Contains(c.words, "not"):
		c.unsure = join(c.unsure, "yes was read as not meeting the criteria, by the name alone")
	}
	if c.blank*20 > c.cells {
		c.unsure = join(c.unsure, fmt.Sprintf("%d of %d rows say neither yes nor no, and are set aside without a ready date; "+
			"ask the sender what a blank means", c.blank, c.cells))
	}
	meets := 0
	for _, value := range c.order {
		y, ok := flagOf(value)
		meaning := config.Criteria[1]
		if y != opposite {
			meaning = config.Criteria[0]
		}
		// A word such as "Not met" says it itself, whatever the heading asks.
		if f := extract.Fold(value); strings.Contains(f, "met") || strings.Contains(f, "meet") || strings.Contains(f, "ctr") {
			meaning = config.Criteria[0]
			if !y {
				meaning = config.Criteria[1]
			}
		}
		if !ok {
			w.word("criteria", value, c.values[value], "", "none")
			continue
		}
		w.word("criteria", value, c.values[value], meaning, "list")
		if meaning == config.Criteria[0] {
			meets += c.values[value]
		}
	}
	d.Evidence = fmt.Sprintf("the column %s says who meets the criteria to reside", extract.Glimpse(c.heading))
	if meets > 0 {
		d.Value = "yes"
		d.Evidence += fmt.Sprintf("; %s who do", count(meets, "row"))
	} else {
		d.Evidence += "; nobody in the samples does"
	}
}

func meansOf(opposite bool) string {
	if opposite {
		return "not meeting the criteria"
	}
	return "meeting the criteria"
}

// beside gives the share of rows with a ready date among those that say yes and
// among those that say no.
func (w *work) beside(c, ready *column) (yes, no float64) {
	var of, with [2]int
	for _, s := range w.samples {
		i, ok := c.in[s]
		j, both := ready.in[s]
		if !ok || !both {
			continue
		}
		s.rows(func(cells []string) {
			if i >= len(cells) {
				return
			}
			y, ok := flagOf(cells[i])
			if !ok {
				return
			}
			k := 0
			if y {
				k = 1
			}
			of[k]++
			if j < len(cells) && !extract.IsNothing(cells[j]) {
				with[k]++
			}
		})
	}
	return float64(with[1]) / float64(max(of[1], 1)), float64(with[0]) / float64(max(of[0], 1))
}

// Dates at which lists changed in England: the last month of the reasons A to O.
var lettersUntil = delay.Date(2020, 2, 29)

// findCodeSet says of which code set the reasons are: the one that knows most of
// the words, and of several that know them alike the one in force.
func (w *work) findCodeSet() {
	d := &w.p.CodeSet
	c := w.held["reason"]
	on, _ := delay.ParseDay(w.day)
	if w.against != nil && w.Answers.CodeSet == "" && w.reasonsStay(c) {
		d.Value, d.Evidence = w.against.codeSet(), asInForce
		return
	}
	if c == nil || c.filled == 0 {
		d.Value = config.DefaultDefinitions
		if w.p.Everybody.Value == "yes" {
			d.Value = "england-acute-2024"
		}
		d.Evidence = "no reason is given in the samples"
		if w.Answers.CodeSet != "" {
			d.Value, d.Evidence = w.Answers.CodeSet, "as you said"
			return
		}
		d.Unsure = w.mark("no reason is given in the samples, so the code set is a guess: " + d.Value)
		return
	}
	rows := map[string]int{}
	detail := w.held["reason_detail"]
	for _, value := range c.order {
		sets, _, _ := w.reasonOf(value)
		if len(sets) == 0 && detail != nil {
			for _, second := range detail.order {
				more, _, _ := w.reasonOf(value + "/" + second)
				for _, name := range more {
					if !slices.Contains(sets, name) {
						sets = append(sets, name)
					}
				}
			}
		}
		for _, name := range sets {
			rows[name] += c.values[value]
		}
	}
	var names []string
	for _, set := range w.tables.CodeSets {
		names = append(names, set.Name)
	}
	inForce := func(name string) bool {
		set, err := w.tables.CodeSet(name)
		return err == nil && set.InForce(on)
	}
	better := func(a, b string) bool {
		switch {
		case b == "":
			return true
		case rows[a] != rows[b]:
			return rows[a] > rows[b]
		case inForce(a) != inForce(b):
			return inForce(a)
		}
		return a == config.DefaultDefinitions
	}
	best := ""
	for _, name := range names {
		if rows[name] > 0 && better(name, best) {
			best = name
		}
	}
	// Words that are nearly those of a list tell the list as well, where few are in one.
	if near, n := w.nearest(c, names, rows, on); n*2 > c.filled && rows[best]*2 < c.filled && near != best {
		best = near
	}
	share := 0.0
	if best != "" {
		share = float64(rows[best]) / float64(c.filled)
		d.Evidence = fmt.Sprintf("%d of %d reasons are in %s", rows[best], c.filled, best)
	}
	var ties []string
	for _, name := range names {
		if name != best && rows[name] > 0 && rows[name]*10 >= rows[best]*9 {
			ties = append(ties, name)
		}
	}
	switch {
	case w.Answers.CodeSet != "":
		best, d.Evidence = w.Answers.CodeSet, "as you said"
	case best == "":
		best = config.DefaultDefinitions
		if w.p.Everybody.Value == "yes" {
			best = "england-acute-2024"
		}
		d.Evidence = "no reason of the samples is in a national list"
		d.Unsure = w.mark("no reason of the samples is in a national list, so what each word means must be checked; " + best +
			" was taken as the list")
	case share < 0.5:
		d.Unsure = w.mark(fmt.Sprintf("only %d of %d reasons are in %s; the others are not known until they are mapped", rows[best],
			c.filled, best))
	case len(ties) > 0 && (!inForce(best) || inForce(ties[0])):
		d.Or = ties[0]
		d.Unsure = w.mark(fmt.Sprintf("the reasons read as %s and as %s alike; %s was taken", best, strings.Join(ties, " and "), best))
	}
	// The lists of services number their reasons with two figures. Without the zero in
	// front, any list that somebody has numbered looks like it.
	bare, one := 0, false
	for _, value := range c.order {
		if strings.Trim(value, "0123456789") == "" {
			bare += c.values[value]
			one = one || len(value) == 1
		}
	}
	if one && bare*2 > c.filled && w.Answers.CodeSet == "" && w.against == nil {
		d.Unsure = w.mark(join(d.Unsure, "the reasons are numbers without a zero in front, which any list may have; "+best+
			" was taken. Ask the sender what one of them means"))
	}
	d.Value = best
	if w.against != nil && best != w.against.codeSet() && w.Answers.CodeSet == "" {
		d.Unsure = w.mark(join(d.Unsure, "the layout reads "+w.against.codeSet()+", and most reasons are not in it"))
	}
}

// nearest gives the list that most reasons are in, or are like those of, and how many
// rows they have.
func (w *work) nearest(c *column, names []string, rows map[string]int, on delay.Day) (best string, most int) {
	for _, name := range names {
		set, err := w.tables.CodeSet(name)
		if err != nil || on != 0 && !set.InForce(on) {
			continue
		}
		n := 0
		for _, value := range c.order[:min(len(c.order), maxWords)] {
			if _, ok := set.Match(value, on); ok || alike(value, set, on) != "" {
				n += c.values[value]
			}
		}
		if n > most || n == most && n > 0 && rows[name] > rows[best] {
			best, most = name, n
		}
	}
	return best, most
}

// letters says whether the reasons are read as the letters of england-dtoc, and
// by which word list. Codes of the mental health data set were published as those
// letters while they were counted.
func (w *work) letters() (list string, ok bool) {
	switch w.p.CodeSet.Value {
	case config.DefaultDefinitions, "letters":
		return config.DefaultDefinitions, true
	case "england-mhsds-5":
		if on, err := delay.ParseDay(w.day); err == nil && on <= lettersUntil {
			return "england-mhsds-5", true
		}
	}
	return "", false
}

// findCare says what care the rows are of where no column does.
func (w *work) findCare() {
	d := &w.p.Care
	if c := w.held["care"]; c != nil {
		d.Value, d.Evidence = "column", "the column "+extract.Glimpse(c.heading)+" says it"
		return
	}
	if slices.Contains(config.CareTypes, w.Answers.Care) {
		d.Value, d.Evidence = w.Answers.Care, "as you said"
		return
	}
	if w.against != nil && w.against.layout.Fixed.Care != "" {
		d.Value, d.Evidence = w.against.layout.Fixed.Care, asInForce
		return
	}
	d.Value, d.Evidence = "acute", "no column says it"
	if strings.HasPrefix(w.p.CodeSet.Value, "england-mhsds") {
		d.Value, d.Evidence = "non-acute", "no column says it, and the codes are those of mental health services"
	}
	d.Unsure = w.mark("no column says the type of care, so every row is taken as " + d.Value)
}

// longestWord is how long a text may be, in letters, that is taken for a word and not
// for a note.
const longestWord = 80

// mayBeKept says whether a cell may stand in a layout unasked.
func mayBeKept(text string) bool {
	return extract.Masked(text) == text && utf8.RuneCountInString(text) <= longestWord
}

// word adds one word with its meaning, or what somebody has said of it.
func (w *work) word(kind, text string, rows int, meaning, how string) {
	text = nhsnumber.Redact(text) // Whoever maps words need not see it, and it is no word (P1).
	if said, ok := w.Answers.Words[kind][extract.Fold(text)]; ok {
		meaning, how = said, "you"
		if said == "" {
			how = "none"
		}
	} else if w.against != nil {
		meaning, how = w.inForce(kind, text, meaning, how)
	}
	for i := range w.p.Words {
		if x := &w.p.Words[i]; x.Kind == kind && extract.Fold(x.Word) == extract.Fold(text) {
			x.Rows += rows
			return
		}
	}
	// A layout is kept for good and in clear: what may be a note about somebody is no
	// word of it unless a person says so (P1).
	if how == "like" && !mayBeKept(text) {
		meaning, how = "", "none"
	}
	n := 0
	for _, x := range w.p.Words {
		if x.Kind == kind {
			n++
		}
	}
	if n < maxWords {
		w.p.Words = append(w.p.Words, Word{Kind: kind, Word: text, Rows: rows, Meaning: meaning, How: how})
	}
}

// findWords reads every word of the columns of words.
func (w *work) findWords() {
	each := func(field string, f func(value string, rows int)) {
		for _, c := range w.columns {
			if c.field == field {
				for _, value := range c.order {
					f(value, c.values[value])
				}
			}
		}
	}
	list, letters := w.letters()
	set, _ := w.tables.CodeSet(w.p.CodeSet.Value)
	on, _ := delay.ParseDay(w.day)
	detail := w.held["reason_detail"]
	each("reason", func(value string, rows int) {
		if letters {
			if meaning, ok := w.lexicons["reasons/"+list].Meaning(value); ok {
				w.word("reasons", value, rows, meaning, "list")
				return
			}
		} else if set != nil {
			if code, ok := set.Match(value, on); ok {
				w.word("reasons", value, rows, code.Code, "list")
				return
			}
			if detail != nil {
				for _, second := range detail.order {
					if _, ok := set.Match(value+"/"+second, on); ok {
						w.word("reasons", value, rows, value+"/…", "list")
						return
					}
				}
			}
		}
		if meaning := alike(value, w.reasonTable(), on); meaning != "" {
			w.word("reasons", value, rows, meaning, "like")
			return
		}
		if t := w.reasonTable(); t != nil && t.Name == config.DefaultDefinitions {
			if meaning, ok := w.onlyLikely("reasons", value); ok {
				w.word("reasons", value, rows, meaning, "like")
				return
			}
		}
		w.word("reasons", value, rows, "", "none")
	})
	by := func(kind string, lists []string) func(string, int) {
		return func(value string, rows int) {
			for _, name := range lists {
				if meaning, ok := w.lexicons[kind+"/"+name].Meaning(value); ok {
					w.word(kind, value, rows, meaning, "list")
					return
				}
			}
			// A code that has lost its zero in a spreadsheet.
			if kind == "responsible" && len(value) == 1 {
				if meaning, ok := w.lexicons["responsible/england-mhsds"].Meaning("0" + value); ok {
					w.word(kind, value, rows, meaning, "like")
					return
				}
			}
			if meaning, ok := w.likely(kind, value); ok {
				w.word(kind, value, rows, meaning, "like")
				return
			}
			w.word(kind, value, rows, "", "none")
		}
	}
	each("responsible", by("responsible", []string{"england-mhsds", "england"}))
	each("care", by("care", []string{"england"}))
	each("waiting_on", func(value string, rows int) {
		for part := range strings.SplitSeq(value, ";") {
			if part = strings.TrimSpace(part); part != "" {
				by("waiting_on", []string{"england"})(part, rows)
			}
		}
	})
	each("funding", by("funding", []string{"england"}))
	each("pathway", func(value string, rows int) {
		switch meaning, sure, ok := pathwayOf(value); {
		case sure:
			w.word("pathway", value, rows, meaning, "list")
		case ok:
			w.word("pathway", value, rows, meaning, "like")
		default:
			w.word("pathway", value, rows, "", "none")
		}
	})
	each("destination", func(value string, rows int) {
		meaning, ok := w.lexicons["destination/england-2024"].Meaning(value)
		switch {
		case ok:
			w.word("destination", value, rows, meaning, "list")
		default:
			if meaning, ok := w.likely("destination", value); ok {
				w.word("destination", value, rows, meaning, "like")
				return
			}
			w.word("destination", value, rows, "", "none")
		}
	})
	each("council", func(value string, rows int) {
		found := w.lists.Find(value)
		if len(found) == 0 {
			w.word("councils", value, rows, "", "none")
			return
		}
		code, _ := w.lists.Resolve(found, on)
		w.word("councils", value, rows, string(code), "list")
	})
}

// reasonTable gives the code set whose labels words are compared with.
func (w *work) reasonTable() *definition.CodeSet {
	name := w.p.CodeSet.Value
	if _, ok := w.letters(); ok {
		name = config.DefaultDefinitions
	}
	set, err := w.tables.CodeSet(name)
	if err != nil {
		return nil
	}
	return set
}

// alike finds the one reason whose label has nearly the same words. It is a
// suggestion, and shown as one.
func alike(text string, set *definition.CodeSet, on delay.Day) string {
	if set == nil {
		return ""
	}
	words := meaningful(text)
	if len(words) < 2 {
		return ""
	}
	best, second, meaning := 0.0, 0.0, ""
	for _, code := range set.Codes {
		if on != 0 && code.Until != 0 && on > code.Until {
			continue
		}
		likeness := 0.0
		for _, label := range append([]string{code.Label, code.Short}, code.Spellings...) {
			other := meaningful(label)
			both := 0
			for _, word := range words {
				if slices.Contains(other, word) {
					both++
				}
			}
			if all := len(words) + len(other) - both; all > 0 {
				likeness = max(likeness, float64(both)/float64(all))
			}
		}
		switch {
		case code.Code == meaning:
		case likeness > best:
			best, second, meaning = likeness, best, code.Code
		case likeness > second:
			second = likeness
		}
	}
	if best < 0.6 || best-second < 0.15 {
		return ""
	}
	return meaning
}

// meaningful gives the words of a label that carry its meaning, in one number.
func meaningful(text string) []string {
	var out []string
	for _, word := range strings.FieldsFunc(strings.ToLower(text),
		func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }) {
		switch word {
		case "of", "the", "for", "to", "in", "and", "or", "a", "awaiting", "waiting", "patient", "patients":
			continue
		}
		if len(word) > 3 {
			word = strings.TrimSuffix(word, "s")
		}
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}
