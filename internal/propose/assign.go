package propose

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"homeward/internal/extract"
)

// fields are those of a layout, in the order in which layouts are written.
var fields = []string{"extract_date", "provider", "site", "ward", "bed", "local_id", "nhs_number", "pseudonym", "spell",
	"birth_date", "age",
	"admitted", "criteria", "ready", "care", "reason", "reason_detail", "pathway", "responsible", "waiting_on", "funding", "council",
	"discharged", "destination"}

// told are the fields that contents tell where the name says nothing.
var told = map[string]float64{"nhs_number": 0.9, "council": 0.8, "reason": 0.8, "responsible": 0.9, "care": 0.9}

// score says how likely a column is a field's, from 0 to 1.
func (w *work) score(c *column, field string) float64 {
	name, suits := w.named(c.words, field), w.suits(c, field)
	switch {
	case suits <= -1:
		return 0
	case c.filled == 0:
		return name * 0.9
	case name < 0.2:
		if least, ok := told[field]; ok && suits >= least && len(c.values) >= min(2, c.filled) {
			return 0.5 * suits
		}
		return 0
	case suits < 0:
		return name * 0.6
	case suits == 0:
		return name * 0.85
	}
	return name*0.6 + suits*0.4
}

// enough is the score from which a column is taken for a field, sure that from
// which it is taken without a mark, and near the distance at which a second
// reading is told.
const (
	enough = 0.42
	sure   = 0.66
	near   = 0.1
)

// assign gives each column its field, the surest first.
func (w *work) assign() {
	type pair struct {
		c     *column
		field string
		score float64
	}
	var all []pair
	for _, c := range w.columns {
		none := w.named(c.words, notRead)
		c.scores[notRead] = none
		if c.twice {
			continue
		}
		for _, field := range fields {
			s := w.score(c, field)
			// A heading that is known and no field's is none's, unless it says the
			// field as clearly.
			if none > w.named(c.words, field) {
				s *= 0.5
			}
			c.scores[field] = s
			if s >= enough {
				all = append(all, pair{c, field, s})
			}
		}
	}
	order := func(c *column) int { return slices.Index(w.columns, c) }
	slices.SortStableFunc(all, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(slices.Index(fields, a.field), slices.Index(fields, b.field)),
			cmp.Compare(order(a.c), order(b.c)))
	})
	for _, c := range w.columns {
		f, ok := w.Answers.Fields[c.fold]
		why := "as you said"
		if !ok && w.against != nil {
			f, ok = w.against.fields[c.fold]
			why = asInForce
		}
		if ok && (f == notRead || slices.Contains(fields, f)) {
			c.field = f
			c.why = why
			if f != notRead && w.held[f] == nil {
				w.held[f] = c
			}
		}
	}
	for _, p := range all {
		if p.c.field != "" || w.taken(p.field, p.c) {
			continue
		}
		p.c.field = p.field
		if w.held[p.field] == nil {
			w.held[p.field] = p.c
		}
		w.explain(p.c, p.score)
	}
	for _, c := range w.columns {
		if c.field == "" {
			c.field = notRead
			w.explainUnread(c)
		}
	}
	if w.against != nil {
		w.changedColumns()
		return
	}
	w.pseudonyms()
	w.standIn()
	w.betterReason()
	w.ownReasons()
	w.wardAndBed()
}

// bedText is a bed or a bay named within a cell.
var bedText = regexp.MustCompile(`(?i).\b(?:bed|bay)\b`)

// wardAndBed marks a ward whose cells name the bed as well: each bed would be a ward.
func (w *work) wardAndBed() {
	c := w.held["ward"]
	if c == nil || c.filled == 0 {
		return
	}
	beds := 0
	for _, value := range c.order {
		if bedText.MatchString(value) {
			beds += c.values[value]
		}
	}
	if beds*2 > c.filled {
		c.unsure = join(c.unsure, "it holds ward and bed in one cell, so that each bed would be a ward; ask for a column of each")
	}
}

// betterReason takes the column whose words are reasons of a national list, where the
// one that is named as the reason has none of them: groups of reasons stand beside the
// reasons themselves.
func (w *work) betterReason() {
	held := w.held["reason"]
	if held == nil || held.filled == 0 || held.reasons >= 0.2 {
		return
	}
	for _, c := range w.columns {
		_, said := w.Answers.Fields[c.fold]
		_, fixed := w.Answers.Fields[held.fold]
		if c.reasons < 0.6 && (c.reasons <= held.reasons || !w.parts(c, held)) || said || fixed || c.twice || c.field != notRead &&
			c.field != "reason_detail" || !c.shares(held) ||
			w.named(c.words, "reason")+w.named(c.words, "reason_detail") < 0.2 || c.integers > 0.5 {
			continue
		}
		if c.field == "reason_detail" {
			w.held["reason_detail"] = nil
		}
		c.field, w.held["reason"], c.or = "reason", c, ""
		c.why = join(c.says("reason"), "the column "+extract.Glimpse(held.heading)+" has none, or only their groups")
		c.unsure = ""
		if c.reasons < 0.6 {
			c.unsure = "most of its words are in no national list; " +
				"it was taken because each belongs to one value of " + extract.Glimpse(held.heading)
		}
		held.field, held.why, held.or = notRead, "it is named as the reason, and the reasons of a national list stand in another column", "reason"
		held.unsure = "it could be reason as well as the column that is"
		return
	}
}

// ownReasons takes the column of a sender's own words for reasons, where no column is
// named as the reason.
func (w *work) ownReasons() {
	if w.held["reason"] != nil {
		return
	}
	var best *column
	for _, c := range w.columns {
		_, said := w.Answers.Fields[c.fold]
		if said || c.field != notRead || c.twice || c.likeReasons < 0.5 || c.scores[notRead] >= 0.6 || len(c.values) < 2 ||
			c.distinct > 0.8 && c.filled > 5 {
			continue
		}
		if best == nil || c.likeReasons > best.likeReasons {
			best = c
		}
	}
	if best == nil {
		return
	}
	best.field, w.held["reason"], best.or = "reason", best, notRead
	best.why = "no column is named as the reason; what stands in this one is like reasons"
	best.unsure = "found by what stands in it alone; the heading does not say it"
}

// standIn takes what stands for a ward where no column is one, as the specialty does in
// a national return: a round needs a place, and no figure counts by it.
func (w *work) standIn() {
	if w.held["ward"] != nil {
		return
	}
	var best *column
	for _, c := range w.columns {
		if _, said := w.Answers.Fields[c.fold]; said || c.field != notRead || c.twice || c.filled == 0 {
			continue
		}
		if name := w.named(c.words, "ward"); name >= 0.3 && (best == nil || name > w.named(best.words, "ward")) {
			best = c
		}
	}
	if best == nil {
		return
	}
	best.field, w.held["ward"] = "ward", best
	best.why = "no column is the ward; this one says roughly where somebody is"
	best.unsure, best.or = "it stands for the ward, because no column is one", notRead
}

// taken says whether a field has a column in a sample that has this one too.
// Columns of different samples may stand for one field: headings change.
func (w *work) taken(field string, c *column) bool {
	for _, other := range w.columns {
		if other == c || other.field != field {
			continue
		}
		for s := range c.in {
			if _, both := other.in[s]; both {
				return true
			}
		}
	}
	return false
}

// explain says why a column is its field's, and what speaks against it.
func (w *work) explain(c *column, score float64) {
	name, suits := w.named(c.words, c.field), w.suits(c, c.field)
	var why []string
	if name >= 0.5 {
		why = append(why, "by its name")
	}
	if c.filled == 0 {
		why = append(why, "no row has a value")
	} else if text := c.says(c.field); text != "" && suits > 0 {
		why = append(why, text)
	}
	c.why = strings.Join(why, "; ")
	best, second := "", 0.0
	for _, field := range fields {
		if field != c.field && c.scores[field] > second {
			best, second = field, c.scores[field]
		}
	}
	if score-second < near && second >= enough && w.held[best] == nil {
		c.or = best
	}
	switch {
	case name < 0.2:
		c.unsure = "found by what stands in it alone; the heading does not say it"
	case c.or != "":
		c.unsure = "it could be " + c.or + " as well"
	case name < 0.5 && slices.Contains(dateFields, c.field):
		// One date looks like another: only the name tells which it is.
		c.unsure = "the name does not say it clearly, and dates of all kinds look alike"
	case score < sure && c.filled > 0 && suits <= 0:
		c.unsure = "the name alone says so, and not clearly; what stands in it does not tell"
	case score < sure-0.1:
		c.unsure = "the name does not say it clearly"
	case c.filled == 0 && name < 0.8:
		c.unsure = "no row has a value, and the name does not say it clearly"
	}
	// Another column that says the same as clearly.
	for _, other := range w.columns {
		// One without a value puts none in doubt that has them.
		if other.filled == 0 && c.filled > 0 {
			continue
		}
		if other != c && other.scores[c.field] >= score-near && other.scores[c.field] >= enough && other.shares(c) &&
			(other.field == "" || other.field == notRead) && bestOf(other) == c.field && !w.twins(c, other) {
			c.unsure = fmt.Sprintf("the column %s could be %s as well", extract.Glimpse(other.heading), c.field)
		}
	}
}

// twins says whether two columns are a code and its name, or the like: each value of
// one goes with one value of the other in every row, so that either says the same. Of
// dates and numbers of a person that shows nothing, nor does it in a few rows.
func (w *work) twins(a, b *column) bool {
	if a.filled != b.filled || a.more || b.more || len(a.values) != len(b.values) || len(a.values) < 2 {
		return false
	}
	of := func(c *column) bool { return c.dates > 0.3 || c.weakDates > 0.8 || c.distinct > 0.8 }
	if of(a) || of(b) || a.filled < 6 {
		return false
	}
	return w.goesWith(a, b) && w.goesWith(b, a)
}

// parts says whether the values of a column are parts of those of another: each goes
// with one of them, and there are more.
func (w *work) parts(c, of *column) bool {
	return len(of.values) > 1 && len(c.values) > len(of.values) && (c.distinct < 0.8 || c.filled <= 5) && w.goesWith(c, of)
}

// goesWith says whether each value of one column has one value of the other beside it
// wherever it stands.
func (w *work) goesWith(a, b *column) bool {
	with := map[string]string{}
	same := true
	for _, s := range w.samples {
		i, one := a.in[s]
		j, two := b.in[s]
		if one != two {
			return false
		}
		if !one {
			continue
		}
		s.rows(func(cells []string) {
			if max(i, j) >= len(cells) || extract.IsNothing(cells[i]) || extract.IsNothing(cells[j]) {
				return
			}
			if had, ok := with[cells[i]]; ok && had != cells[j] {
				same = false
			}
			with[cells[i]] = cells[j]
		})
	}
	return same
}

func bestOf(c *column) string {
	best := fields[0]
	for _, f := range fields {
		if c.scores[f] > c.scores[best] {
			best = f
		}
	}
	return best
}

// shares says whether a sample has both columns.
func (c *column) shares(other *column) bool {
	for s := range c.in {
		if _, both := other.in[s]; both {
			return true
		}
	}
	return false
}

// says gives what stands in a column, as far as it speaks for a field.
func (c *column) says(field string) string {
	of := func(share float64, what string) string {
		n := int(math.Round(share * float64(c.filled)))
		if share < 0.3 {
			return ""
		}
		if n == c.filled {
			return fmt.Sprintf("all %d values are %s", n, what)
		}
		return fmt.Sprintf("%d of %d values are %s", n, c.filled, what)
	}
	switch field {
	case "nhs_number":
		return of(c.nhs, "ten digits with a right check digit")
	case "birth_date", "admitted", "ready", "discharged", "extract_date":
		return of(max(c.dates, c.weakDates), "dates")
	case "council":
		return of(c.councils, "councils by code, number or name")
	case "reason":
		return of(c.reasons, "reasons of a national list")
	case "responsible":
		return of(c.bodies, "words for who is responsible")
	case "care":
		return of(c.care, "types of care")
	case "pathway":
		return of(c.pathways, "pathways 0 to 3")
	case "criteria":
		return of(c.flags, "yes or no")
	case "age":
		return of(c.integers, "whole numbers up to 120")
	case "waiting_on":
		return of(c.waits, "organisations or teams")
	case "funding":
		return of(c.funds, "words for who pays")
	case "provider":
		return of(max(c.odsCodes, c.knownProviders), "codes or names of providers")
	}
	return ""
}

// explainUnread says why a column is not read, and marks one that might matter.
func (w *work) explainUnread(c *column) {
	best := bestOf(c)
	switch {
	case c.twice:
		c.why = "the heading stands twice"
		if w.named(c.words, w.bestName(c.words)) >= 0.5 && c.scores[notRead] < 0.7 {
			c.unsure = "the heading stands twice, so neither column can be read; ask for headings that differ"
		}
	case c.scores[notRead] >= 0.6:
		c.why = "known, and nothing that is counted"
	case c.scores[best] >= enough && w.held[best] != nil && w.twins(w.held[best], c):
		c.why = "it says the same as the column " + extract.Glimpse(w.held[best].heading)
	case c.scores[best] >= enough:
		c.why = "another column is " + best
		c.unsure = fmt.Sprintf("it could be %s as well as the column that is", best)
		c.or = best
	case c.filled == 0:
		c.why = "no row has a value"
	case c.dates > 0.6, w.samples[0].Kind == "text" && c.weakDates >= 0.9 && len(c.values) > 1:
		c.why = "dates of which the name does not say what they are"
		c.unsure = "it holds dates, and the name does not say which"
	case w.held["provider"] == nil && c.odsCodes > 0.8 && len(c.values) <= 5:
		c.why = "no field that is known"
		c.unsure, c.or = "it holds what may be codes of providers, and no column is the provider", "provider"
	default:
		c.why = "no field that is known"
		if named := w.bestName(c.words); w.named(c.words, named) >= 0.5 && w.held[named] == nil {
			c.unsure = fmt.Sprintf("its name says that it is %s, and what stands in it does not look so", named)
			c.or = named
		}
	}
	// A days-delayed column must not be counted with, and the first test starts
	// nothing.
	switch {
	case (slices.Contains(c.words, "days") || slices.Contains(c.words, "los")) && c.dates < 0.6:
		c.why = "a number of days; days are counted from the dates"
	case slices.Contains(c.words, "medically"), slices.Contains(c.words, "fit"):
		c.why = "the clinical test only; it starts no delay"
	}
}

func (w *work) bestName(words []string) string {
	best := fields[0]
	for _, f := range fields {
		if w.named(words, f) > w.named(words, best) {
			best = f
		}
	}
	return best
}

// pseudonyms tells numbers that look like NHS numbers and fail its check from
// those that are.
func (w *work) pseudonyms() {
	if w.held["nhs_number"] != nil || w.held["pseudonym"] != nil {
		return
	}
	for _, c := range w.columns {
		if c.field != notRead || w.named(c.words, "nhs_number") < 0.6 || c.filled == 0 || c.ten < 0.8 && c.hex < 0.8 {
			continue
		}
		if _, said := w.Answers.Fields[c.fold]; said {
			continue
		}
		c.field, w.held["pseudonym"] = "pseudonym", c
		c.or = "nhs_number"
		n := int(math.Round(c.nhs * float64(c.filled)))
		c.why = fmt.Sprintf("named as the NHS number, and only %d of %d values have its check digit: one in eleven passes by chance", n,
			c.filled)
		c.unsure, c.or = "", ""
		if c.filled < 20 || len(c.values) < 10 || c.nhs > 0.3 {
			c.unsure = "it could be a damaged NHS number; ask the sender whether it is a pseudonym"
			c.or = "nhs_number"
		}
		return
	}
}
