package chart

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// What each chart counts, in words. They follow the counting rules named in
// brackets and stand beside the figure wherever the chart is shown.
const (
	definitionShare = "The share is the delayed days with social care divided by all delayed days, those not attributed among them (C12). " +
		"The range runs from every unsettled day falling to the NHS to every one falling to the council (G3)."
	definitionAgreedShare = "The share is the agreed days with social care divided by all agreed days (C12, G2). " +
		"The range runs from every day that is not agreed falling to the NHS to every one falling to the council (G3)."
)

// The same, where it depends on which days the convention of the figures counts
// (D3).

func definitionDays(c *definition.Convention) string {
	return "A delayed day is one calendar day that one person, ready to leave, spent in a hospital bed." + told(c.DayWords())
}

func definitionBeds(c *definition.Convention) string {
	return c.BedsWords() + " are the delayed days of a period divided by its calendar days (C12)." + told(c.EndWords())
}

func definitionReasons(b *definition.Book) string {
	s := "Delayed days of the period by what the person was waiting for"
	if b.Divides() {
		s += ", and whose next step it was"
	}
	return s + "." + told(b.Counting().EndWords())
}

func definitionPeople(c *definition.Convention) string {
	return "People delayed on a day are the delayed days of that day: one person, one day (C16)." + told(c.PeopleWords())
}

// told adds a sentence that cites the rule of counting.
func told(sentence string) string {
	if sentence == "" {
		return ""
	}
	return " " + strings.TrimSuffix(sentence, ".") + " (C1)."
}

// reasonName names a reason in a title or beside a bar.
func reasonName(b *definition.Book, r delay.Reason) string { return name(b.Short(r)) }

// filterWords says what the figures are narrowed to. Providers and councils are
// named by the caller's place.
func filterWords(f measure.Filter) string {
	var parts []string
	if len(f.Care) > 0 {
		var words []string
		for _, c := range f.Care {
			words = append(words, strings.ToLower(c.String()))
		}
		parts = append(parts, joinAnd(words)+" care only")
	}
	if len(f.Bodies) > 0 {
		var words []string
		for _, b := range f.Bodies {
			words = append(words, b.String())
		}
		parts = append(parts, joinAnd(words)+" only")
	}
	if n := len(f.Reasons); n > 3 {
		parts = append(parts, fmt.Sprintf("%d reasons only", n))
	} else if n > 0 {
		var words []string
		for _, r := range f.Reasons {
			words = append(words, strings.ToLower(reasonName(f.Book, r)))
		}
		parts = append(parts, joinAnd(words)+" only")
	}
	if len(f.Pathways) > 0 {
		var words []string
		for _, p := range f.Pathways {
			words = append(words, cmp.Or(string(p), measure.NotStated))
		}
		parts = append(parts, "pathway "+joinAnd(words)+" only")
	}
	return strings.Join(parts, ", ")
}

// gap is one provider's missing days over the whole series.
type gap struct {
	name string
	days int
	// steps is the number of readings that lack every day of the provider,
	// latest that the last one does.
	steps  int
	latest bool
}

// gapsOf adds up what is missing, most missing first, then by name.
func gapsOf(rs []reading) []gap {
	byCode := map[string]*gap{}
	for i, r := range rs {
		for _, m := range r.Missing {
			g := byCode[m.Provider]
			if g == nil {
				g = &gap{name: m.Name}
				if g.name == "" {
					g.name = m.Provider
				}
				byCode[m.Provider] = g
			}
			g.days += m.Days
			if m.Days >= r.CalendarDays() {
				g.steps++
				g.latest = g.latest || i == len(rs)-1
			}
		}
	}
	out := make([]gap, 0, len(byCode))
	for _, g := range byCode {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b gap) int {
		if a.days != b.days {
			return b.days - a.days
		}
		return strings.Compare(a.name, b.name)
	})
	return out
}

// missingDays adds up the days of hospitals without data.
func missingDays(rs []reading) int {
	n := 0
	for _, g := range gapsOf(rs) {
		n += g.days
	}
	return n
}

// notes are the data-quality sentences under a chart.
func notes(o measure.Overview, rs []reading) []string {
	var out []string
	calendar := 0
	for _, r := range rs {
		calendar += r.CalendarDays()
	}
	for _, g := range gapsOf(rs) {
		out = append(out, fmt.Sprintf("No data from %s for %s of %s days.", name(g.name), whole(int64(g.days)), whole(int64(calendar))))
	}
	for _, r := range rs {
		if r.none && len(r.Missing) == 0 {
			out = append(out, fmt.Sprintf("No data for %s.", r.First.Month().Long()))
		}
	}
	if n := len(rs); n > 0 && rs[n-1].part {
		out = append(out, fmt.Sprintf("%s is not over: its figures run to %s.", rs[n-1].First.Month().Long(), rs[n-1].Last.Long()))
	}
	for _, p := range o.Providers {
		if p.Today == measure.Held {
			out = append(out, fmt.Sprintf("A short file from %s is held and counts for nothing until it is settled (R5).", name(p.Name)))
		}
	}
	return out
}

// gapWords names the gaps in alt text.
func gapWords(rs []reading) string {
	var none []string
	gappy := 0
	for _, r := range rs {
		if r.none {
			none = append(none, r.First.Month().Long())
		}
		if r.gappy {
			gappy++
		}
	}
	s := ""
	switch {
	case len(none) > 6:
		s = fmt.Sprintf(" No data for %d of %d months.", len(none), len(rs))
	case len(none) > 0:
		s = " No data for " + joinAnd(none) + "."
	}
	if gappy > 0 {
		s += " Some data is missing in " + plural(int64(gappy), "month", "months") + ", marked under the axis."
	}
	if n := len(rs); n > 0 && rs[n-1].part {
		s += " The last month runs to " + rs[n-1].Last.Long() + "."
	}
	return s
}

// missingTitle is the finding when the gaps are the finding (T1): the latest
// reading lacks all data of a provider, or over a tenth of the readings do.
// Empty when neither holds.
func missingTitle(measureName string, rs []reading, step string) string {
	if len(rs) == 0 {
		return measureName + ": no data"
	}
	n, latest := 0, false
	for i, r := range rs {
		lacking := r.none
		for _, m := range r.Missing {
			lacking = lacking || m.Days >= r.CalendarDays()
		}
		if lacking {
			n++
			latest = i == len(rs)-1
		}
	}
	if n == 0 || !latest && n*10 <= len(rs) {
		return ""
	}
	from := ""
	var who []gap
	for _, g := range gapsOf(rs) {
		if g.steps > 0 {
			who = append(who, g)
		}
	}
	switch {
	case len(who) == 1 && who[0].steps == n:
		from = " from " + name(who[0].name)
	case len(who) > 1:
		from = fmt.Sprintf(" from one or more of %d providers", len(who))
	}
	return fmt.Sprintf("%s: no data%s for %d of %s", measureName, from, n, plural(int64(len(rs)), step, step+"s"))
}

// monthlyTitle is the finding of a stacked monthly chart. The first condition
// that holds speaks: gaps (T1), no delayed days, too few to describe (T2), then
// the latest whole month against an earlier one that bears comparison, or alone
// when there is none. A change under 2 per cent is "about the same". No cause is
// named, and neither direction is good or bad.
func monthlyTitle(rs []reading, m monthlyMeasure) string {
	if t := missingTitle(m.name, rs, "month"); t != "" {
		return t
	}
	var total int64
	for _, r := range rs {
		total += r.Days.Total()
	}
	if total == 0 {
		return "No delayed days in this period"
	}
	if total < 10 {
		return fmt.Sprintf("Too few delayed days to describe a change (%s)", plural(total, "day", "days"))
	}
	now := latestWhole(rs)
	if now < 0 {
		l := rs[len(rs)-1]
		v := m.total(l.Period)
		return fmt.Sprintf("%s: %s in %s so far", m.name, m.words(v), l.First.Month().Long())
	}
	month := rs[now].First.Month()
	v := m.total(rs[now].Period)
	before := comparable(rs, now, m.whole)
	if before < 0 {
		return fmt.Sprintf("%s: %s in %s", m.name, m.words(v), month.Long())
	}
	then := rs[before].First.Month()
	was := m.total(rs[before].Period)
	switch change := v - was; {
	case m.words(v) == m.words(was):
		return fmt.Sprintf("%s were %s in %s, the same as in %s", m.name, m.words(v), month.Long(), then.Long())
	case change < 0.02*was && change > -0.02*was:
		return fmt.Sprintf("%s were %s in %s, about the same as %s in %s", m.name, m.words(v), month.Long(), m.words(was), then.Long())
	case change > 0:
		return fmt.Sprintf("%s rose to %s in %s, from %s in %s", m.name, m.words(v), month.Long(), m.words(was), then.Long())
	default:
		return fmt.Sprintf("%s fell to %s in %s, from %s in %s", m.name, m.words(v), month.Long(), m.words(was), then.Long())
	}
}

// comparable gives the month that month now may be set against: the same month
// a year before, else the month before; -1 if neither will do. A month with data
// missing will not do, on either side, and counts of days are compared only
// between months of the same length: February is not an improvement.
func comparable(rs []reading, now int, counts bool) int {
	if rs[now].gappy {
		return -1
	}
	for _, back := range [...]delay.Month{12, 1} {
		for i, r := range rs {
			if r.First.Month() != rs[now].First.Month()-back || r.none || r.gappy || r.part {
				continue
			}
			if !counts || r.CalendarDays() == rs[now].CalendarDays() {
				return i
			}
		}
	}
	return -1
}

// latestWhole gives the index of the latest month that is over and known, -1 if
// there is none.
func latestWhole(rs []reading) int {
	for i, r := range slices.Backward(rs) {
		if !r.none && !r.part {
			return i
		}
	}
	return -1
}

// shareTitle is the finding of the share chart (T8), of its latest whole month:
// the share, and its range when at least 5 per cent of the days are unsettled.
func shareTitle(rs []reading) string {
	if t := missingTitle("Council share", rs, "month"); t != "" {
		return t
	}
	now := latestWhole(rs)
	if now < 0 {
		now = len(rs) - 1
	}
	for now >= 0 && (rs[now].none || rs[now].Days.Total() == 0) {
		now--
	}
	if now < 0 {
		return "No delayed days in this period"
	}
	r := rs[now]
	if total := r.Days.Total(); total < 10 {
		return fmt.Sprintf("Too few delayed days to give a share (%s in %s)", plural(total, "day", "days"), r.First.Month().Long())
	}
	s := shareOf(r.Period)
	if s.High-s.Low < 0.05 {
		return sentenceCase(fmt.Sprintf("%s of %s were with social care in %s", measure.PerCent(s.Value), sharedDays(r.Basis),
			r.First.Month().Long()))
	}
	title := ""
	for _, month := range [...]string{r.First.Month().Long(), shortMonth(r.First)} {
		title = sentenceCase(fmt.Sprintf("%s of %s were with social care in %s; %s to %s with unsettled days",
			measure.PerCent(s.Value), strings.TrimPrefix(sharedDays(r.Basis), "delayed "), month, measure.PerCent(s.Low), measure.PerCent(s.High)))
		if len(title) < titleLimit {
			break
		}
	}
	return title
}

// reasonsTitle is the finding of the ranked reasons (T9): the fewest reasons
// that reach 80 per cent of all days, with their share in tenths, rounded down.
// Days without a known reason are in the whole; when they are over a fifth of
// it, no such number exists and they are the finding. When it takes every
// reason, the largest is.
func reasonsTitle(called names, ranked []measure.ReasonDays) string {
	var total, notKnown int64
	n := int64(0)
	for _, r := range ranked {
		total += r.Days.Total()
		if r.Reason == delay.ReasonNotKnown {
			notKnown += r.Days.Total()
			continue
		}
		n++
	}
	switch {
	case total == 0:
		return "No delayed days in this period"
	case total < 10:
		return fmt.Sprintf("Too few delayed days to describe %s (%s)", called.many, plural(total, "day", "days"))
	case notKnown*5 > total:
		return fmt.Sprintf("The reason is not known for %s of delayed days", measure.PerCent(float64(notKnown)/float64(total)))
	case n == 1 && notKnown == 0:
		return "All delayed days have one " + called.one + ": " + lowerFirst(name(called.of(ranked[0].Reason)))
	}
	if n == 1 {
		return fmt.Sprintf("The one known %s is %s, %s of delayed days", called.one, lowerFirst(name(called.of(ranked[0].Reason))),
			measure.PerCent(float64(ranked[0].Days.Total())/float64(total)))
	}
	k, days := fewest(ranked, total)
	if int64(k) == n {
		return fmt.Sprintf("The largest of %d %s is %s, %s of delayed days", n, called.many,
			lowerFirst(name(called.of(ranked[0].Reason))), measure.PerCent(float64(ranked[0].Days.Total())/float64(total)))
	}
	verb := "account"
	if k == 1 {
		verb = "accounts"
	}
	return fmt.Sprintf("%d of %s %s for %d in 10 delayed days", k, plural(n, called.one, called.many), verb, days*10/total)
}

// fewest gives how many reasons, largest first, reach 80 per cent of total, and
// their days.
func fewest(ranked []measure.ReasonDays, total int64) (k int, days int64) {
	for _, r := range ranked {
		if r.Reason == delay.ReasonNotKnown {
			continue
		}
		k++
		days += r.Days.Total()
		if days*10 >= total*8 {
			break
		}
	}
	return k, days
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
