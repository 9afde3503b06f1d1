package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/web/page"
)

// answerTile answers "is this my share?" at a glance.
type answerTile struct {
	Value, Of, Words string
	// Change says how the share moved, in points, and Days how its days did,
	// which can be the other way.
	Change, Days string
	// Moved is the part that moved it most; Waits is what of its days waits for an
	// answer, and whose.
	Moved, Waits string
	Bars         []shareBar
}

// shareBar is the bar of the days by body with the range of the share (G3)
// drawn as a whisker over it; a phone has one of its own.
type shareBar struct {
	Class, Label, ViewBox string
	Parts                 []sharePart
	Low, High, Width      string // of the whisker
	RangeX, RangeY, Range string
	RangeAnchor           string
	Hatch, Dots           string // the addresses of its patterns
	HatchID, DotsID       string
	Below, BelowX, BelowY string
	Whisker               bool
}

type sharePart struct {
	barPart
	TextX, Ink, PerCent, Words string
}

// standCard is the days of one state: who answers, what it would change and
// what the reader can do.
type standCard struct {
	ID, Tag, TagClass    string
	Days                 page.Link
	Words, Who, Effect   string
	Do                   page.Link
	Mine                 bool
	Sum                  string
	AllRows              page.Link
	Heading, HeadingRest string
}

// shareBars makes the bar for a wide page and for a phone.
func shareBars(f measure.CouncilFigures, period string) []shareBar {
	d, share := f.Shared(f.Now), f.Share(f.Now)
	total := d.Total()
	if total == 0 || !share.Known || f.Few() {
		return nil
	}
	label := "Bar of " + count(total) + " " + sharedDays[f.Basis] + " in " + period + ": "
	var words []string
	for _, b := range delay.Bodies {
		if d[b] > 0 {
			words = append(words, b.String()+" "+count(d[b])+", "+measure.PerCent(float64(d[b])/float64(total)))
		}
	}
	label += strings.Join(words, "; ") + "."
	open := share.High-share.Low >= 0.0005
	if open {
		label += " The range of the share is " + measure.PerCent(share.Low) + " to " + measure.PerCent(share.High) + "."
	}
	var out []shareBar
	for _, one := range []struct {
		class         string
		width, narrow float64
	}{{"wide", 800, 92}, {"phone", 330, 62}} {
		bar := shareBar{Class: "app-answer__bar app-answer__bar--" + one.class, Label: label, Whisker: open,
			ViewBox: "0 0 " + fixed(one.width) + " 132", HatchID: "answer-hatch-" + one.class, DotsID: "answer-dots-" + one.class}
		x, small := 1.0, []string{}
		whole := one.width - 2
		for _, b := range delay.Bodies {
			if d[b] == 0 {
				continue
			}
			width := whole * float64(d[b]) / float64(total)
			part := sharePart{barPart: barPart{X: fixed(x), Width: fixed(max(width-1.5, 1)), Fill: fills[b], Stroke: "1"}, TextX: fixed(x + 9),
				Ink: "#212b32"}
			switch b {
			case delay.NHS:
				part.Ink = "#ffffff"
			case delay.Joint:
				part.Fill = "url(#" + bar.DotsID + ")"
			case delay.NotAttributed:
				part.Fill = "url(#" + bar.HatchID + ")"
			}
			per := measure.PerCent(float64(d[b]) / float64(total))
			name := measure.UpperFirst(b.String())
			switch plain := b == delay.SocialCare || b == delay.NHS; {
			case plain && width >= one.narrow+60:
				part.PerCent, part.Words = per, name+" "+count(d[b])
			case plain && width >= one.narrow:
				part.PerCent, part.Words = per, count(d[b])
			default:
				small = append(small, name+" "+count(d[b])+" ("+per+")")
			}
			bar.Parts, x = append(bar.Parts, part), x+width
		}
		bar.Below, bar.BelowX, bar.BelowY = strings.Join(small, ", "), fixed(one.width-2), "126"
		if open {
			low, high := 1+whole*share.Low, 1+whole*share.High
			bar.Low, bar.High = fixed(low), fixed(max(high, low+2))
			bar.Range = "range " + measure.PerCent(share.Low) + " to " + measure.PerCent(share.High)
			bar.RangeX, bar.RangeY, bar.RangeAnchor = fixed(high+10), "22", "start"
			if high+10+170 > one.width {
				bar.RangeX, bar.RangeAnchor = fixed(low-10), "end"
			}
		}
		out = append(out, bar)
	}
	return out
}

// answerOf is the first thing that the page says.
func answerOf(f measure.CouncilFigures, period string) answerTile {
	var v answerTile
	d, share := f.Shared(f.Now), f.Share(f.Now)
	if !share.Known || f.Few() {
		return v
	}
	v.Value = measure.PerCent(share.Value)
	v.Of = count(d[delay.SocialCare]) + " of " + count(d.Total()) + " " + sharedDays[f.Basis]
	v.Words = "in " + period + " were with social care."
	v.Bars = shareBars(f, period)
	was := f.Share(f.Was)
	parts, ok := f.DaysChange()
	if !ok || !was.Known {
		v.Change = "There is nothing to compare with in " + span(f.WasFrom, f.WasTo) + "."
		return v
	}
	before := span(f.WasFrom, f.WasTo)
	switch {
	case f.Change > 0:
		v.Change = "The share rose by " + strings.TrimPrefix(points(f.Change), "+") + " points"
	case f.Change < 0:
		v.Change = "The share fell by " + strings.TrimPrefix(points(f.Change), "−") + " points"
	default:
		v.Change = "The share is the same"
	}
	v.Change += " from " + measure.PerCent(was.Value) + " in " + before + "."
	if f.Change == 0 {
		v.Change = "The share is the same as in " + before + "."
	}
	v.Days = daysChangeWords(f, parts)
	return v
}

// waitsWords say how many of social care's days wait for whose answer.
func waitsWords(f measure.CouncilFigures, council string) string {
	var mine, nhs, n int64
	for _, state := range []agreement.State{agreement.Proposed, agreement.Disputed, agreement.Decided} {
		w := f.Unanswered(delay.SocialCare, state)
		mine, nhs, n = mine+w.Council, nhs+w.NHS, n+w.Days
	}
	if all := f.Now.Days[delay.SocialCare]; n > 0 {
		return count(n) + " of the " + count(all) + " wait for an answer: " + council + " answers for " + count(mine) + ", the NHS for " +
			count(nhs) + "."
	}
	return ""
}

// daysChangeWords say how the days moved and why; more days at a smaller share
// are said as that.
func daysChangeWords(f measure.CouncilFigures, c measure.DaysChange) string {
	now, was := f.Shared(f.Now), f.Shared(f.Was)
	text := "Its days went from " + count(was[delay.SocialCare]) + " to " + count(now[delay.SocialCare]) + " (" + measure.Signed(c.Days) + ")"
	switch {
	case c.Days > 0 && f.Change < 0:
		text = "And yet its days rose from " + count(was[delay.SocialCare]) + " to " + count(now[delay.SocialCare]) + " (" +
			measure.Signed(c.Days) + ")"
	case c.Days < 0 && f.Change > 0:
		text = "And yet its days fell from " + count(was[delay.SocialCare]) + " to " + count(now[delay.SocialCare]) + " (" +
			measure.Signed(c.Days) + ")"
	}
	all := "there were " + change(now.Total(), was.Total(), "before") + " in all"
	if now.Total() == was.Total() {
		all = "there were as many in all"
	}
	mix := "the share of them is another"
	switch {
	case f.Change > 0:
		mix = "more of them are with social care"
	case f.Change < 0:
		mix = "fewer of them are with social care"
	}
	text += ": " + measure.Signed(c.Volume) + " because " + all + " (volume), " + measure.Signed(c.Mix) + " because " + mix + " (mix)."
	if d := (f.To - f.From) - (f.WasTo - f.WasFrom); d != 0 {
		long := "longer"
		if d < 0 {
			d, long = -d, "shorter"
		}
		text += " The period is " + days(int64(d)) + " " + long + "."
	}
	return text
}

// stands are the social care days by how they stand, which add up to all of
// them, and a sentence on what could come to them.
func (s *Server) stands(c echo.Context, a councilAsked) (cards []standCard, beside string) {
	f := a.figures
	all := f.Now.Days[delay.SocialCare]
	if all == 0 || f.Few() {
		return nil, ""
	}
	rows := func(states ...agreement.State) string {
		return a.rows(f.From, f.To, func(m *measure.Filter) {
			m.States, m.Bodies, m.Basis = states, []delay.Body{delay.SocialCare}, measure.BasisCounted
		})
	}
	share := measure.PerCent(f.Now.Share().Value)
	effect := func(if_ string, n int64) string {
		if f.Basis == measure.BasisAgreed {
			return ""
		}
		return if_ + ": " + share + " → " + measure.PerCent(f.Now.Without(n))
	}
	actor := s.actor(c)
	// Another council's list is not the reader's to see (P1).
	mine := a.see.text == "" && actor.May(people.Agree) && slices.Contains(actor.Scope().Councils(), a.code)
	queue := func(which casework.Which, states ...agreement.State) string {
		// The list that is opened holds what the card counts, no more and no less.
		q := queueAsked{from: f.From, to: f.To, filter: a.filter.On(measure.BasisCounted)}
		q.filter.States, q.filter.Bodies = states, []delay.Body{delay.SocialCare}
		return page.Address(queuePath, q.query(which))
	}
	agreed := standCard{ID: "stands-agreed", Tag: "Agreed", TagClass: stateTags[agreement.Agreed], Words: "Both bodies have said yes. " +
		"Settled unless someone reopens it."}
	open := func(state agreement.State, id, tag, upheld string) standCard {
		w := f.Unanswered(delay.SocialCare, state)
		card := standCard{ID: id, Tag: tag, TagClass: stateTags[state], Effect: effect(upheld, w.Days)}
		council, nhs := s.opts.Places.CouncilWords(delay.Council(a.code)), "The NHS"
		switch {
		case w.Council > 0 && w.NHS > 0:
			card.Who = council + " answers for " + days(w.Council) + " next, the NHS for " + days(w.NHS) + "."
		case w.NHS > 0:
			card.Who = nhs + " answers next."
		case w.Council > 0:
			card.Who = council + " answers next."
			if mine {
				card.Who = "You answer next."
			}
		}
		card.Words = measure.UpperFirst(plural(w.Waits, "part of a wait", "parts of waits")) + "."
		if one := w.Oldest; !one.Oldest.IsZero() {
			by := s.clocks().ReplyBy(one.Oldest, one.Level, s.opts.Zone).In(s.opts.Zone)
			verb := " is due on "
			if s.opts.Now().After(by) {
				verb = " was due on "
			}
			card.Words += " The oldest reply" + verb + by.Format("2 January 2006") + "."
		}
		card.Mine = mine && w.Council > 0
		return card
	}
	add := func(card standCard, n int64, states ...agreement.State) {
		if n == 0 && states[0] == agreement.Decided {
			return
		}
		card.Days = page.Link{Text: count(n)}
		if n > 0 {
			card.Days.Href = rows(states...)
		} else {
			card.Words, card.Who, card.Effect = "None.", "", ""
			card.Mine = false
		}
		switch {
		case n == 0 || a.see.text != "":
		case card.Mine && states[0] == agreement.Proposed:
			card.Do = page.Link{Text: "Answer them", Href: queue(casework.ForMe, states...)}
		case mine && states[0] != agreement.Agreed:
			card.Do = page.Link{Text: "Follow them", Href: queue(casework.InDispute, states...)}
			if states[0] == agreement.Proposed {
				card.Do.Href = queue(casework.ForOther, states...)
			}
		default:
			card.Do = page.Link{Text: "Check the rows", Href: card.Days.Href}
		}
		cards = append(cards, card)
	}
	var sum []string
	n := f.Now
	add(agreed, n.Agreed[delay.SocialCare], agreement.Agreed, agreement.AgreedByDefault)
	add(open(agreement.Proposed, "stands-proposed", "Proposed", "If none were"), n.Proposed[delay.SocialCare],
		agreement.Proposed)
	add(open(agreement.Disputed, "stands-disputed", "Disputed", "If all upheld"), n.Disputed[delay.SocialCare], agreement.Disputed)
	add(open(agreement.Decided, "stands-decided", "Decided, not agreed", "If none confirmed"), n.Decided[delay.SocialCare],
		agreement.Decided)
	for _, card := range cards {
		sum = append(sum, card.Days.Text)
	}
	total := standCard{ID: "stands-all", Sum: strings.Join(sum, " + ") + " = " + count(all), Words: "Each number opens its rows, their rule " +
		"and who said so."}
	if href := rows(); href != "" {
		total.AllRows = page.Link{Text: "Open all " + days(all), Href: href}
	} else {
		total.Words = "Rows are as they stand today; show the latest to open them."
	}
	return append(cards, total), standsBesideWords(f)
}

// standsBesideWords say what could come to social care: the upper end of the range.
func standsBesideWords(f measure.CouncilFigures) string {
	if f.Basis == measure.BasisAgreed {
		return ""
	}
	c := f.Now.Contested()
	other, none := c[delay.NHS]+c[delay.Joint], f.Now.Days[delay.NotAttributed]
	var parts []string
	if other > 0 {
		parts = append(parts, days(other)+" of the NHS or joint in dispute")
	}
	if none > 0 {
		parts = append(parts, days(none)+" not attributed")
	}
	if len(parts) == 0 {
		return ""
	}
	share := f.Now.Share()
	return "Beside these stand " + strings.Join(parts, " and ") + ". If every one fell to social care: " + measure.PerCent(share.Value) +
		" → " + measure.PerCent(share.High) + "."
}

// clocks are the times that the sides have for an answer.
func (s *Server) clocks() agreement.Clocks {
	if s.opts.Casework != nil {
		return s.opts.Casework.Settings.Clocks
	}
	return agreement.DefaultClocks
}

// reasonBars are the reasons with most social care days as bars by body on one scale, and a line
// that accounts for the rest.
func (s *Server) reasonBars(f measure.CouncilFigures) (bars []reasonBar, rest string) {
	const shown = 6
	parts := make([]measure.PartSplit, 0, len(f.ByReason))
	for _, p := range f.ByReason {
		if f.Shared(p.Split).Total() > 0 {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return nil, ""
	}
	slices.SortStableFunc(parts, func(a, b measure.PartSplit) int {
		return cmp.Compare(f.Shared(b.Split)[delay.SocialCare], f.Shared(a.Split)[delay.SocialCare])
	})
	most := int64(1)
	for _, p := range parts[:min(shown, len(parts))] {
		most = max(most, f.Shared(p.Split).Total())
	}
	var left, social int64
	for i, p := range parts {
		d := f.Shared(p.Split)
		if i >= shown {
			left += d.Total()
			social += d[delay.SocialCare]
			continue
		}
		one := reasonBar{hospitalView: hospital(s.opts.Places.ReasonWords(p.Cell.Reason), d, most), Share: "Too few"}
		if !f.Few() {
			one.Share = measure.PerCent(float64(d[delay.SocialCare]) / float64(d.Total()))
		}
		bars = append(bars, one)
	}
	if n := len(parts) - shown; n > 0 {
		rest = plural(int64(n), "more reason has", "more reasons have") + " " + days(left) + ", " + count(social) +
			" of them with social care. All are in the table."
	}
	return bars, rest
}

type reasonBar struct {
	hospitalView
	Share string
}

// whoseWords say whose residents and which hospitals a rate is of.
func (s *Server) whoseWords(f measure.CouncilFigures, name string) string {
	var hospitals []string
	for _, p := range f.ByProvider {
		if p.Split.Days.Total() > 0 {
			hospitals = append(hospitals, s.opts.Places.ProviderWords(p.Cell.Provider))
		}
	}
	if len(hospitals) == 0 {
		return ""
	}
	where := strings.Join(hospitals, ", ")
	if len(hospitals) > 6 {
		where = strconv.Itoa(len(hospitals)) + " hospitals"
	}
	return "Every figure is of people who live in " + name + " and waited in " + where + ". Waits in other hospitals are not in them."
}
