package call

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/chart"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// Source is what a call is made from. Its answers hold counts and references.
type Source interface {
	measure.OverviewSource
	measure.TrendSource
	// Checked gives the people delayed at one provider on the day of whom the
	// log has an entry, not taken back, made from since to until.
	Checked(ctx context.Context, provider string, day delay.Day, since, until time.Time) (int64, error)
	// LogUsed says whether anything was logged from since to until.
	LogUsed(ctx context.Context, since, until time.Time) (bool, error)
	// LongestWaits gives the longest waits of the people delayed at the
	// providers on their days, longest first, at most limit.
	LongestWaits(ctx context.Context, at map[string]delay.Day, limit int) ([]Wait, error)
	// PathwayFlow gives what changed the count of people delayed from from to to
	// by where the log says that they are going.
	PathwayFlow(ctx context.Context, from, to delay.Day) (PathwayFlow, error)
	// Pending gives the parts of waits that are not settled and have days from
	// from to to.
	Pending(ctx context.Context, from, to delay.Day) ([]Pending, error)
}

// Wait is one long wait, by pseudonym.
type Wait struct {
	Reference string
	Provider  string
	Days      int
	Reason    delay.Reason
	Body      delay.Body
	// Due is when the first of the open actions is due, zero for none.
	Due delay.Day
}

// Pending is parts of waits that are not settled, of one standing.
type Pending struct {
	State agreement.State
	// Attributed is false when no body could be named.
	Attributed bool
	Next       agreement.Side
	Level      agreement.Level
	// Waits is the number of parts, Days their days in the period.
	Waits, Days int64
	// Oldest is the earliest moment since which one of them stands so.
	Oldest time.Time
}

// Unsettled is the days of a month that are not settled: proposed, disputed or
// not attributed.
type Unsettled struct {
	From Day   `json:"from"`
	To   Day   `json:"to"`
	Days int64 `json:"days"`
	// Of is every delayed day of the period.
	Of int64 `json:"of,omitempty"`
	// ReplyBy is the earliest moment by which an answer is expected, zero when
	// none is.
	ReplyBy time.Time `json:"reply_by"`
}

// Drawer draws a chart as SVG.
type Drawer interface {
	SVG(ctx context.Context, c chart.Chart) ([]byte, error)
}

// Setup is when and for whom a call is made.
type Setup struct {
	// Now is the moment, in London time.
	Now                  time.Time
	Partnership, RuleSet string
	Expected             []measure.Expected
	Clocks               agreement.Clocks
	Annotations          []measure.Annotation
	// Levels are the agreed levels of measures.
	Levels []measure.Level
	// Book names the reasons and says by which convention days are counted.
	Book *definition.Book
	// Headline says of which days the council share is one.
	Headline measure.Basis
	// Pathways are the pathways out of hospital by their codes in the log, in the
	// order of pages. Any other code is not decided or not known.
	Pathways []Pathway
	// Sitrep gives for a hospital and day how many people England's old return
	// and its situation report count, and false for a hospital that does not list
	// everybody in a bed. It may be nil.
	Sitrep func(provider string, day delay.Day) (before, remaining int64, ok bool)
	// Last is what was shown at the call before, nil on the first.
	Last *Content
}

// recent is the number of days for which a provider's latest extract still
// speaks for "now", as on the overview.
const recent = 14

// slideSize is how charts are drawn: as wide as a poster, of which sixteen units
// make one hundredth of the width of the wall, with the least letters that a
// poster has.
var slideSize = chart.Size{Width: 1504, Height: 610, Font: 31, Line: 5}

// phoneSize is how they are drawn for a phone, on which they are never shrunk.
var phoneSize = chart.Size{Width: 340, Height: 290, Font: 14, Line: 2}

// maker gathers what a call says.
type maker struct {
	set Setup
	*Content
	src  Source
	draw Drawer
	over measure.Overview
	// reasons is the people waiting by reason; pending what is not settled;
	// longer the people who have passed LongDays since the last call.
	reasons map[delay.Reason]int64
	bodies  map[delay.Reason]measure.ByBody
	pending []Pending
	longer  int64
	at      map[string]delay.Day
}

// Make works out everything that a call shows. Without a drawer the charts are
// left out, for the checks before a call.
func Make(ctx context.Context, src Source, draw Drawer, s Setup) (*Content, error) {
	m := &maker{set: s, src: src, draw: draw, reasons: map[delay.Reason]int64{}, bodies: map[delay.Reason]measure.ByBody{},
		at: map[string]delay.Day{}, Content: &Content{
			Version: version, Call: Day(delay.DayOf(s.Now)), Held: s.Now, Partnership: s.Partnership, RuleSet: s.RuleSet,
			Convention: s.Book.Counting().Name, Undivided: !s.Book.Divides(),
		}}
	if s.Last != nil {
		m.Content.Last = s.Last.Call
	}
	for _, step := range []func(context.Context) error{m.standing, m.movement, m.waits, m.share, m.unsettled, m.slides} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return m.Content, nil
}

// standing finds where each hospital stands, each on its own latest extract
// date so that one that is late does not look empty.
func (m *maker) standing(ctx context.Context) error {
	var err error
	if m.over, err = measure.MakeOverview(ctx, m.src, measure.Filter{Book: m.set.Book}, 0, 0, measure.Moment{Now: m.set.Now},
		m.set.Expected); err != nil {
		return err
	}
	stand, err := m.src.ProviderDays(ctx, 0, delay.DayOf(m.set.Now))
	if err != nil {
		return err
	}
	m.AsAt, m.Ready = Day(m.over.AsAt), m.over.ReadyToday
	known := map[string]bool{}
	add := func(code, name, words string) error {
		known[code] = true
		h := Hospital{Code: code, Name: name, Extract: words}
		if i := slices.IndexFunc(stand, func(p measure.ProviderDays) bool { return p.Code == code }); i >= 0 && len(stand[i].Counted) > 0 {
			day := stand[i].Counted[len(stand[i].Counted)-1]
			h.Day, h.Counted = Day(day), day > m.over.AsAt-recent
			cells, err := m.src.Cells(ctx, measure.Query{From: day, To: day, By: []measure.Dimension{measure.ByReason, measure.ByResponsible},
				Filter: measure.Filter{Providers: []string{code}}})
			if err != nil {
				return err
			}
			var b measure.ByBody
			h.Reasons = map[delay.Reason]int64{}
			for _, c := range cells {
				b[c.Body] += c.Days
				h.Reasons[c.Reason] += c.Days
			}
			h.Waiting = CountOf(b)
			if h.Counted {
				m.at[code] = day
				m.Waiting = m.Waiting.Plus(h.Waiting, 1)
				for _, c := range cells {
					b := m.bodies[c.Reason]
					b[c.Body] += c.Days
					m.reasons[c.Reason], m.bodies[c.Reason] = m.reasons[c.Reason]+c.Days, b
				}
				if stand[i].LatestReceived.After(m.Arrived) {
					m.Arrived = stand[i].LatestReceived.In(m.set.Now.Location())
				}
			}
		}
		m.Hospitals = append(m.Hospitals, h)
		return nil
	}
	for _, p := range m.over.Providers {
		if err := add(p.Code, p.Name, string(p.Today)); err != nil {
			return err
		}
	}
	for _, p := range stand {
		if !known[p.Code] {
			if err := add(p.Code, p.Code, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// movement works out how the people of the last call became those of now.
func (m *maker) movement(ctx context.Context) error {
	if m.set.Last == nil {
		return nil
	}
	stand, err := m.src.ProviderDays(ctx, 0, delay.DayOf(m.set.Now))
	if err != nil {
		return err
	}
	var parts []Part
	for _, h := range m.Hospitals {
		var shown Hospital
		if i := slices.IndexFunc(m.set.Last.Hospitals, func(o Hospital) bool { return o.Code == h.Code }); i >= 0 {
			shown = m.set.Last.Hospitals[i]
		}
		p := Part{Latest: h.Waiting.ByBody(), Counted: h.Counted}
		if shown.Counted {
			p.Shown = shown.Waiting.ByBody()
		}
		base := delay.Day(shown.Day)
		if base == 0 {
			// Nothing was known of it: its first extract is where it begins.
			if i := slices.IndexFunc(stand, func(s measure.ProviderDays) bool { return s.Code == h.Code }); i >= 0 && stand[i].First != 0 {
				base = stand[i].First - 1
			}
		}
		if base != 0 {
			// An extract that counted then may be held now (R5): then both counts
			// are of the earlier day.
			base = min(base, delay.Day(h.Day))
			f := measure.Filter{Providers: []string{h.Code}}
			cells, err := m.src.Cells(ctx, measure.Query{From: base, To: base, By: []measure.Dimension{measure.ByResponsible}, Filter: f})
			if err != nil {
				return err
			}
			for _, c := range cells {
				p.Then[c.Body] += c.Days
			}
			if base < delay.Day(h.Day) {
				p.Events, err = m.src.Events(ctx, measure.Query{From: base + 1, To: delay.Day(h.Day), By: []measure.Dimension{measure.ByResponsible},
					Filter: f})
				if err != nil {
					return err
				}
			}
		}
		parts = append(parts, p)
	}
	for _, o := range m.set.Last.Hospitals {
		if !slices.ContainsFunc(m.Hospitals, func(h Hospital) bool { return h.Code == o.Code }) && o.Counted {
			parts = append(parts, Part{Shown: o.Waiting.ByBody(), Counted: true})
		}
	}
	m.Movement = Reconcile(parts)
	return nil
}

// waits counts checks, long waits and disputes among the people waiting.
func (m *maker) waits(ctx context.Context) error {
	since := m.set.Now.Add(-24 * time.Hour)
	var err error
	if m.Logs, err = m.src.LogUsed(ctx, m.set.Now.Add(-recent*24*time.Hour), m.set.Now); err != nil {
		return err
	}
	for _, h := range m.Hospitals {
		if !h.Counted {
			continue
		}
		day := delay.Day(h.Day)
		n, err := m.src.Checked(ctx, h.Code, day, since, m.set.Now)
		if err != nil {
			return err
		}
		m.Checked += n
		waited, err := m.src.Waiting(ctx, measure.Filter{}, map[string]delay.Day{h.Code: day})
		if err != nil {
			return err
		}
		gone := 0 // the days since the last call's figures
		if m.set.Last != nil {
			for _, o := range m.set.Last.Hospitals {
				if o.Code == h.Code && o.Day != 0 {
					gone = int(day - delay.Day(o.Day))
				}
			}
		}
		for _, w := range waited {
			if w.Days >= LongDays {
				m.Long += w.People
				if w.Days < LongDays+gone {
					m.longer += w.People
				}
			}
		}
		cells, err := m.src.Cells(ctx, measure.Query{From: day, To: day, By: []measure.Dimension{measure.ByState}, Filter: measure.Filter{
			Providers: []string{h.Code}, States: []agreement.State{agreement.Disputed, agreement.Decided}}})
		if err != nil {
			return err
		}
		for _, c := range cells {
			m.Disputed += c.Days
		}
	}
	return nil
}

// month gives the last whole month, or when it has no day with data, the days
// since data begin.
func month(asAt, first delay.Day) (from, to delay.Day) {
	m := asAt.Month()
	if asAt == m.Last() {
		return max(m.First(), first), asAt
	}
	if first != 0 && first > (m-1).Last() {
		return max(m.First(), first), asAt
	}
	return max((m - 1).First(), first), (m - 1).Last()
}

// shareOf works out the share and its band for a period (C12, G3).
func shareOf(ctx context.Context, src measure.Source, basis measure.Basis, from, to delay.Day) (Share, error) {
	s := Share{From: Day(from), To: Day(to)}
	if basis == measure.BasisAgreed {
		split, err := measure.MakeSplit(ctx, src, measure.Filter{}, from, to)
		share := split.AgreedShare()
		s.Basis, s.Days, s.Known, s.Value, s.Low, s.High = basis.String(), CountOf(split.Agreed), share.Known, share.Value, share.Low, share.High
		return s, err
	}
	cells, err := src.Cells(ctx, measure.Query{From: from, To: to, By: []measure.Dimension{measure.ByResponsible, measure.ByState}})
	if err != nil {
		return s, err
	}
	var days measure.ByBody
	var council, other int64
	for _, c := range cells {
		days[c.Body] += c.Days
		switch {
		case !c.State.Contested():
		case c.Body == delay.SocialCare:
			council += c.Days
		case c.Body != delay.NotAttributed: // those are in the band already
			other += c.Days
		}
	}
	share := measure.SocialCareShare(days, council, other)
	s.Days, s.Known, s.Value, s.Low, s.High = CountOf(days), share.Known, share.Value, share.Low, share.High
	return s, nil
}

func (m *maker) share(ctx context.Context) error {
	if m.over.AsAt == 0 {
		return nil
	}
	stand, err := m.src.ProviderDays(ctx, 0, delay.DayOf(m.set.Now))
	if err != nil {
		return err
	}
	first := delay.Day(0)
	for _, p := range stand {
		if p.First != 0 && (first == 0 || p.First < first) {
			first = p.First
		}
	}
	from, to := month(m.over.AsAt, first)
	m.Share, err = shareOf(ctx, m.src, m.set.Headline, from, to)
	return err
}

func (m *maker) unsettled(ctx context.Context) error {
	if m.over.AsAt == 0 || !m.set.Book.Divides() {
		return nil
	}
	var err error
	from, to := delay.Day(m.Share.From), delay.Day(m.Share.To)
	m.Unsettled = Unsettled{From: m.Share.From, To: m.Share.To}
	if m.pending, err = m.src.Pending(ctx, from, to); err != nil {
		return err
	}
	for _, p := range m.pending {
		m.Unsettled.Days += p.Days
		if by := m.replyBy(p); !by.IsZero() && (m.Unsettled.ReplyBy.IsZero() || by.Before(m.Unsettled.ReplyBy)) {
			m.Unsettled.ReplyBy = by
		}
	}
	m.Unsettled.Of = m.Share.Days.Total()
	if m.Share.Basis != "" {
		m.Unsettled.Of += m.Unsettled.Days
	}
	return nil
}

func (m *maker) replyBy(p Pending) time.Time {
	if p.Oldest.IsZero() || p.Oldest.Unix() == 0 {
		return time.Time{}
	}
	return m.set.Clocks.ReplyBy(p.Oldest, p.Level, m.set.Now.Location())
}

// slides writes the nine slides.
func (m *maker) slides(ctx context.Context) error {
	for i, make := range []func(context.Context, *Slide) error{
		m.where, m.moved, m.trend, m.nextStep, m.leading, m.flow, m.longest, m.notSettled, m.actions,
	} {
		s := Slide{Number: i + 1}
		if err := make(ctx, &s); err != nil {
			return err
		}
		m.Slides = append(m.Slides, s)
	}
	return nil
}

// mostRows is how many rows of a table can be read from the back of a room.
const mostRows = 8

func (m *maker) where(_ context.Context, s *Slide) error {
	s.Name = "Where we are"
	if m.AsAt == 0 {
		s.Title = "No extracts are held yet"
		return nil
	}
	n := m.Waiting.Total()
	s.Title = peopleAre(n) + " waiting to leave"
	if m.Movement != nil {
		s.Title = fit(peopleAre(n)+" waiting to leave, "+change(n, m.Movement.Of(Shown).Total()),
			peopleAre(n)+" waiting, "+change(n, m.Movement.Of(Shown).Total()))
	}
	s.Figure, s.FigureWords = whole(n), "people waiting to leave hospital at the end of "+m.AsAt.Long()
	if n == 1 {
		s.FigureWords = "person waiting to leave hospital at the end of " + m.AsAt.Long()
	}
	if m.Content.Sitrep = m.sitrep(); m.Content.Sitrep != nil {
		s.Title = whole(m.Content.Sitrep.Remaining) + " remain by the sitrep; " + whole(n) + " waiting by our count"
		s.Subtitle = m.Content.Sitrep.words()
		s.Lines = append(s.Lines, m.Content.Sitrep.words())
	}
	if m.Ready > 0 && (m.Content.Sitrep == nil || m.Content.Sitrep.Ready == 0) {
		line := plural(m.Ready, "person", "people") + " became ready that day and will count from the next."
		if m.set.Book.Counting().Ready {
			line = plural(m.Ready, "person", "people") + " became ready that day and " + isAre(m.Ready) + " among them."
		}
		s.Lines = append(s.Lines, line)
	}
	if m.Logs {
		s.Lines = append(s.Lines, whole(m.Checked)+" of "+whole(n)+" checked in the last 24 hours.")
	}
	if m.Unsettled.Days > 0 {
		s.Lines = append(s.Lines, plural(m.Unsettled.Days, "day", "days")+" of "+monthWords(delay.Day(m.Share.From), delay.Day(m.Share.To))+" "+
			isAre(m.Unsettled.Days)+" not settled.")
	}
	in, due := int64(0), int64(0)
	t := &Table{Caption: "People waiting by hospital, with where its extract stands",
		Head: []Column{{Text: "Hospital"}, {Text: "Waiting", Numeric: true}, {Text: "Extract"}, {Text: "Figures from"}}}
	var rest []Hospital
	for i, h := range m.Hospitals {
		if h.Extract != string(measure.NotDue) && h.Extract != "" {
			due++
		}
		if h.Extract == string(measure.In) || h.Extract == string(measure.Late) {
			in++
		}
		if i >= mostRows-1 && len(m.Hospitals) > mostRows {
			rest = append(rest, h)
			continue
		}
		row := Row{Cells: []string{ShortName(h.Name), whole(h.Waiting.Total()), cmp.Or(h.Extract, "Not expected"), shortDay(delay.Day(h.Day))}}
		switch {
		case h.Day == 0:
			row.Cells[1], row.Cells[3] = "No data", "No extract yet"
		case !h.Counted:
			row.Cells[1] = "Not counted"
		}
		t.Rows = append(t.Rows, row)
	}
	if len(rest) > 0 {
		sum, uncounted := int64(0), int64(0)
		for _, h := range rest {
			if h.Counted {
				sum += h.Waiting.Total()
			} else {
				uncounted++
			}
		}
		name := plural(int64(len(rest)), "other", "others")
		if uncounted > 0 {
			name += ", " + whole(uncounted) + " not counted"
		}
		t.Rows = append(t.Rows, Row{Cells: []string{name, whole(sum), "See Extracts", "See Extracts"}})
	}
	if due == 0 {
		s.Lines = append(s.Lines, "No extract is due yet.")
	} else {
		s.Lines = append(s.Lines, fmt.Sprintf("%s of %s in.", whole(in), plural(due, "extract is", "extracts are")))
	}
	s.Table = t
	s.Facts = m.facts(in, due)
	return nil
}

// facts are the three numbers below the people waiting: who became ready, who
// was checked or else what is not settled, and the extracts.
func (m *maker) facts(in, due int64) []Fact {
	ready := Fact{whole(m.Ready), "became ready that day; they count from the next"}
	if m.set.Book.Counting().Ready {
		ready.Words = "became ready that day and are among them"
	}
	second := Fact{whole(m.Checked), "of " + whole(m.Waiting.Total()) + " checked in the last 24 hours"}
	if !m.Logs {
		figure, days, _ := strings.Cut(plural(m.Unsettled.Days, "day", "days"), " ")
		second = Fact{figure, days + " of " + monthWords(delay.Day(m.Share.From), delay.Day(m.Share.To)) + " not settled"}
	}
	out := []Fact{ready, second, {whole(in) + " of " + whole(due), "extracts in"}}
	if due == 0 {
		out[2] = Fact{"0", "extracts due yet"}
	}
	return out
}

func isAre(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// bodyColumns are the columns of the bodies, in their order everywhere.
func bodyColumns() []Column {
	var out []Column
	for _, b := range delay.Bodies {
		out = append(out, Column{Text: measure.UpperFirst(b.String()), Body: b.Slug(), Numeric: true})
	}
	return append(out, Column{Text: "All", Numeric: true})
}

func (m *maker) moved(_ context.Context, s *Slide) error {
	s.Name = "Since last call"
	now := m.Waiting.Total()
	if m.Movement == nil {
		s.Title = "First call: " + peopleAre(now) + " waiting"
		s.Lines = []string{"This is the first call, so there is nothing to compare with."}
		return nil
	}
	total := func(k LineKey) int64 { return m.Movement.Of(k).Total() }
	ended := whole(total(New)) + " new, " + whole(-total(Ended)) + " ended: " + whole(now) + " waiting, " + change(now, total(Shown))
	s.Title = fit(ended, whole(now)+" waiting, "+change(now, total(Shown)))
	s.Subtitle = m.Movement.sum()
	s.Table = &Table{Caption: "From the last call to now, by who the next step is with",
		Head: append([]Column{{Text: "People"}}, bodyColumns()...)}
	divides := m.set.Book.Divides()
	if !divides {
		s.Table.Caption, s.Table.Head = "From the last call to now", []Column{{Text: "People"}, {Text: "All", Numeric: true}}
	}
	for _, l := range m.Movement.Lines {
		write := signed
		strong := l.Key == Shown || l.Key == Now
		if strong {
			write = whole
		}
		c := l.Count
		if !divides {
			s.Table.Rows = append(s.Table.Rows, Row{Strong: strong,
				Cells: []string{l.Key.Words(delay.Day(m.Content.Last), delay.Day(m.Call)), write(c.Total())}})
			continue
		}
		s.Table.Rows = append(s.Table.Rows, Row{Strong: strong, Cells: []string{l.Key.Words(delay.Day(m.Content.Last), delay.Day(m.Call)),
			write(c.SocialCare), write(c.NHS), write(c.Joint), write(c.NotAttributed), write(c.Total())}})
	}
	if !m.Movement.Adds() {
		s.Lines = append(s.Lines, gapWords(m.Movement.Gap))
	}
	line := fmt.Sprintf("%s passed %d days since.", plural(m.longer, "person has", "people have"), LongDays)
	if divides {
		line += fmt.Sprintf(" %s disputed, %s at the last call.", plural(m.Disputed, "wait is", "waits are"), whole(m.set.Last.Disputed))
	}
	s.Lines = append(s.Lines, line)
	return nil
}

func (m *maker) trend(ctx context.Context, s *Slide) error {
	s.Name, s.Title = "Trend", "People waiting: no readings yet"
	if m.AsAt == 0 || m.draw == nil {
		return nil
	}
	metric, _ := measure.MetricOf("M02", m.over.Filter.Book)
	grain, from := measure.ByWeek, (m.over.AsAt - 363).Week()
	if first := m.first(); m.over.AsAt-first < 14*7 {
		grain, from = measure.ByDay, m.over.AsAt-97
	}
	t, err := measure.MakeTrend(ctx, m.src, measure.TrendQuery{Metric: metric, Grain: grain, From: from, To: m.over.AsAt}, m.set.Expected)
	if err != nil {
		return err
	}
	o := chart.TrendOptions{ID: "call-trend", Place: m.set.Partnership, TitleRoom: TitleRoom,
		Levels: measure.LevelsFor(m.set.Levels, metric, grain, measure.Filter{}, t.From, t.To)}
	for _, a := range m.set.Annotations {
		if a.Touches(metric, measure.Filter{}, t.From, t.To) {
			a.Restart = a.Restart && a.Covers(measure.Filter{}) // A change in one hospital is none of all of them.
			o.Annotations = append(o.Annotations, a)
		}
	}
	control, err := chart.ControlOf(t, 0, o)
	if err != nil {
		return err
	}
	s.Title, s.Subtitle = control.Title, trendWords(metric, t)
	if s.Chart, err = m.drawn(ctx, control.Chart); err != nil {
		return err
	}
	// One line of text is room for the drawing: the title says the shape, and the
	// icon beside the line that it is of the latest reading.
	s.Chart.Says = measure.UpperFirst(strings.TrimPrefix(control.Result.LatestWords(), "The latest reading is "))
	s.Chart.Icon = string(control.Variation.SVG)
	if w := control.Assurance.Words; w != "" {
		s.Chart.Says = strings.TrimSuffix(s.Chart.Says, ".") + ". " + strings.TrimSuffix(w, ".") + "."
	}
	return nil
}

// trendWords says of what the control chart is, in one line of the wall.
func trendWords(m measure.Metric, t measure.Trend) string {
	step := "week"
	if t.Grain == measure.ByDay {
		step = "day"
	}
	return fmt.Sprintf("%s, by %s, %s to %s", m.Name, step, t.From.Time().Format("January 2006"), t.To.Time().Format("January 2006"))
}

// first is the first date with an extract of anybody.
func (m *maker) first() delay.Day {
	first := m.over.AsAt
	for _, p := range m.over.Months {
		first = min(first, p.First)
	}
	return first
}

// drawn draws a chart and keeps its words and table.
func (m *maker) drawn(ctx context.Context, c chart.Chart) (*Chart, error) {
	out := worded(c)
	sized := c.At(slideSize)
	if len(sized.Option) == 0 {
		return nil, nil // Nobody became ready and nobody left: the slide has its sentence alone.
	}
	b, err := m.draw.SVG(ctx, sized)
	if err != nil {
		return nil, err
	}
	out.SVG = string(b)
	c.ID += "-narrow"
	if b, err = m.draw.SVG(ctx, c.At(phoneSize)); err != nil {
		return nil, err
	}
	out.Narrow = string(b)
	return out, nil
}

// worded keeps the words and the table of a chart without its drawing.
func worded(c chart.Chart) *Chart {
	out := &Chart{ID: c.ID, Subtitle: c.Subtitle, Alt: c.Alt, Notes: c.Notes, Source: c.Source}
	out.Table = Table{Caption: c.Table.Caption}
	for i, h := range c.Table.Head {
		out.Table.Head = append(out.Table.Head, Column{Text: h, Numeric: i > 0})
	}
	for _, cells := range c.Table.Rows {
		row := Row{}
		for _, cell := range cells {
			row.Cells = append(row.Cells, cell.Text)
		}
		out.Table.Rows = append(out.Table.Rows, row)
	}
	return out
}

// groups stands where the next step does, where the nation divides delays by
// groups and not between bodies (A8).
func (m *maker) groups(s *Slide) {
	s.Name, s.Title = "Groups", "Nobody is waiting"
	people := map[string]int64{}
	for r, n := range m.reasons {
		people[m.set.Book.Group(r)] += n
	}
	order := slices.SortedFunc(maps.Keys(people), func(a, b string) int {
		return cmp.Or(cmp.Compare(people[b], people[a]), cmp.Compare(a, b))
	})
	for i, g := range order[:min(mostRows, len(order))] {
		if people[g] == 0 {
			break
		}
		if i == 0 {
			s.Title = "Most people wait for " + g
		}
		s.Bars = append(s.Bars, Bar{Name: g, Value: people[g], Words: whole(people[g])})
	}
}

func (m *maker) nextStep(ctx context.Context, s *Slide) error {
	if !m.set.Book.Divides() {
		m.groups(s)
		return nil
	}
	s.Name = "Next step with"
	sh := m.Share
	period := monthWords(delay.Day(sh.From), delay.Day(sh.To))
	if !sh.Known {
		s.Title = "No " + sh.daysWords() + " to share yet"
		return nil
	}
	s.Title = fit(percent(sh.Value)+" of "+sh.daysWords()+" in "+period+" were with social care",
		percent(sh.Value)+" of "+sh.daysWords()+" were with social care")
	s.Subtitle = whole(sh.Days.Total()) + " " + sh.daysWords() + " in " + period
	if sh.Basis == "" {
		s.Subtitle += ", every counted day as it stands attributed"
	}
	s.Stack = &Stack{Count: sh.Days, Unit: sh.daysWords()}
	switch {
	case sh.High > sh.Low && sh.Basis != "":
		s.Lines = append(s.Lines, "Lowest "+percent(sh.Low)+", if every day that is not agreed fell to the NHS; highest "+percent(sh.High)+
			", if every one fell to the council.")
	case sh.Basis != "":
		s.Lines = append(s.Lines, "Every counted day is agreed, so there is no range.")
	case sh.High > sh.Low:
		s.Lines = append(s.Lines, "Lowest "+percent(sh.Low)+", if every disputed or not attributed day fell to the NHS; highest "+
			percent(sh.High)+", if every one fell to the council.")
	default:
		s.Lines = append(s.Lines, "No day is disputed or not attributed, so there is no range.")
	}
	if last := m.set.Last; last != nil && last.Share.Known {
		s.Lines = append(s.Lines, "Shown at the last call: "+percent(last.Share.Value)+" for "+
			monthWords(delay.Day(last.Share.From), delay.Day(last.Share.To))+".")
	}
	if m.draw == nil {
		return nil
	}
	var err error
	s.Months, err = m.months(ctx)
	return err
}

// months are the shares of the twelve months up to the one that is shown, those
// before the first extract left out.
func (m *maker) months(ctx context.Context) ([]Share, error) {
	to := delay.Day(m.Share.To)
	first := m.first()
	var out []Share
	for i := range delay.Month(12) {
		month := to.Month() - 11 + i
		if month.Last() < first {
			continue
		}
		sh, err := shareOf(ctx, m.src, m.set.Headline, max(month.First(), first), min(month.Last(), to))
		if err != nil {
			return nil, err
		}
		sh.Gaps = slices.ContainsFunc(m.over.Months, func(p measure.Period) bool {
			return p.First.Month() == month && len(p.Missing) > 0
		})
		out = append(out, sh)
	}
	return out, nil
}

// daysWords names the days of which the share is one.
func (s Share) daysWords() string {
	if s.Basis != "" {
		return "agreed days"
	}
	return "delayed days"
}

func (m *maker) leading(_ context.Context, s *Slide) error {
	s.Name = "Reasons"
	total := m.Waiting.Total()
	type line struct {
		reason delay.Reason
		people int64
	}
	var all []line
	for r, n := range m.reasons {
		if n > 0 {
			all = append(all, line{r, n})
		}
	}
	slices.SortFunc(all, func(a, b line) int {
		return cmp.Or(cmp.Compare(b.people, a.people), delay.CompareReasons(a.reason, b.reason))
	})
	if total < 10 {
		s.Title = "Too few people to describe the reasons (" + plural(total, "person", "people") + ")"
	} else {
		sum, k := int64(0), 0
		for sum*10 < total*8 {
			sum += all[k].people
			k++
		}
		s.Title = fmt.Sprintf("%d of %s for %d in 10 people waiting", k, plural(int64(len(all)), "reason accounts", "reasons account"),
			sum*10/total)
	}
	before := map[delay.Reason]int64{}
	if m.set.Last != nil {
		for _, h := range m.set.Last.Hospitals {
			if h.Counted {
				for r, n := range h.Reasons {
					before[r] += n
				}
			}
		}
	}
	s.Subtitle = plural(total, "person", "people") + " waiting on " + m.AsAt.Long() + ", by what they wait for"
	rest := Bar{Value: total, Rest: true}
	restOf, restBefore := m.Waiting, int64(0)
	for _, n := range before {
		restBefore += n
	}
	for _, l := range all[:min(mostReasons, len(all))] {
		bar := Bar{Name: m.set.Book.Words(l.reason), Value: l.people, Words: whole(l.people)}
		if m.set.Book.Divides() {
			c := CountOf(m.bodies[l.reason])
			bar.Count, restOf = &c, restOf.Plus(c, -1)
		}
		rest.Value -= l.people
		restBefore -= before[l.reason]
		if m.set.Last != nil {
			was := before[l.reason]
			bar.Words, bar.Before = bar.Words+", "+change(l.people, was), &was
		}
		s.Bars = append(s.Bars, bar)
	}
	// Those that were among the leading ones then and are no longer are among the
	// others now, so that the changes add up.
	if len(all) > mostReasons || restBefore > 0 {
		rest.Name = plural(int64(max(0, len(all)-mostReasons)), "other reason", "other reasons")
		rest.Words = whole(rest.Value)
		if m.set.Book.Divides() {
			rest.Count = &restOf
		}
		if m.set.Last != nil {
			rest.Words, rest.Before = rest.Words+", "+change(rest.Value, restBefore), &restBefore
		}
		s.Bars = append(s.Bars, rest)
	}
	return nil
}

// mostReasons is how many reasons have a bar of their own.
const mostReasons = 6

// flowWeeks is how many whole weeks the flow slide shows.
const flowWeeks = 8

func (m *maker) flow(ctx context.Context, s *Slide) error {
	s.Name, s.Title = "Flow", "No week is over and whole yet"
	if m.AsAt == 0 || m.draw == nil {
		return nil
	}
	to := (m.over.AsAt + 1).Week() - 1 // the last Sunday with data
	if to-6 < m.first() {
		return nil
	}
	f, err := measure.MakeFlows(ctx, m.src, measure.TrendQuery{Grain: measure.ByWeek, From: to - 7*flowWeeks + 1, To: to,
		Filter: measure.Filter{Book: m.set.Book}}, m.set.Expected)
	if err != nil {
		return err
	}
	by, err := m.pathways(ctx, f)
	if err != nil {
		return err
	}
	if len(f.Groups) == 0 {
		return nil
	}
	c := chart.FlowOf(f, 0, chart.TrendOptions{ID: "call-flow", Place: m.set.Partnership})
	group, where := f.Groups[0], ""
	if most := by.most(); most != nil {
		group, where = most.group, " on pathway "+most.Code
		one := f
		one.Groups = []measure.FlowGroup{group}
		c = chart.FlowOf(one, 0, chart.TrendOptions{ID: "call-flow", Place: m.set.Partnership,
			Name: "Pathway " + most.Code + " (" + most.Name + ")"})
	}
	s.Weeks = weeksOf(group, len(m.set.Expected))
	s.Title, s.Subtitle = flowTitle(s.Weeks, where)
	if m.draw != nil {
		s.Chart = worded(c)
	}
	if len(f.Groups) > 0 {
		w := f.Groups[0].Whole
		s.Lines = append(s.Lines, fmt.Sprintf("%s new and %s ended from %s to %s.", whole(w.By[measure.Began]), whole(w.By[measure.Ended]),
			w.First.Long(), w.Last.Long()))
		s.Lines = append(s.Lines, by.words()...)
	}
	return nil
}

func (m *maker) longest(ctx context.Context, s *Slide) error {
	s.Name = "Longest waits"
	s.Title = fmt.Sprintf("%s waited %d days or more", plural(m.Long, "person has", "people have"), LongDays)
	waits, err := m.src.LongestWaits(ctx, m.at, mostRows)
	if err != nil || len(waits) == 0 {
		return err
	}
	names := map[string]string{}
	for _, h := range m.Hospitals {
		names[h.Code] = h.Name
	}
	s.Table = &Table{Dense: true, Caption: "The longest waits, by reference", Head: []Column{{Text: "Reference"}, {Text: "Hospital"},
		{Text: "Days", Numeric: true},
		{Text: "Waiting for"}, {Text: "Next step with"}, {Text: "Due"}}}
	if !m.set.Book.Divides() {
		s.Table.Head = slices.DeleteFunc(s.Table.Head, func(c Column) bool { return c.Text == "Next step with" })
	}
	dueNow := int64(0)
	for _, w := range waits {
		long := Longer{Reference: w.Reference, Hospital: ShortName(names[w.Provider]), Days: int64(w.Days),
			Reason: m.set.Book.Words(w.Reason), Due: Day(w.Due)}
		if m.set.Book.Divides() {
			long.Body = w.Body.Slug()
		}
		s.Longest = append(s.Longest, long)
		if w.Due != 0 && w.Due <= delay.Day(m.Call) {
			dueNow++
		}
		due := "No date"
		if w.Due != 0 {
			due = shortDay(w.Due)
		}
		if !m.set.Book.Divides() {
			s.Table.Rows = append(s.Table.Rows, Row{Cells: []string{w.Reference, ShortName(names[w.Provider]), whole(int64(w.Days)),
				m.set.Book.Words(w.Reason), due}})
			continue
		}
		s.Table.Rows = append(s.Table.Rows, Row{Body: w.Body.Slug(), BodyAt: 4,
			Cells: []string{w.Reference, ShortName(names[w.Provider]), whole(int64(w.Days)), m.set.Book.Words(w.Reason),
				measure.UpperFirst(w.Body.String()),
				due}})
	}
	s.Subtitle = fmt.Sprintf("The %s longest of %s. Dashed line: %d days", whole(int64(len(waits))),
		plural(m.Waiting.Total(), "wait", "waits"), LongDays)
	if dueNow > 0 {
		s.Subtitle += fmt.Sprintf(". %s due by today", plural(dueNow, "step is", "steps are"))
	}
	return nil
}

func (m *maker) notSettled(_ context.Context, s *Slide) error {
	s.Name = "Not settled"
	if !m.set.Book.Divides() {
		s.Title = "Delays are divided by groups here, so nothing is to be settled between bodies"
		return nil
	}
	u := m.Unsettled
	period := monthWords(delay.Day(u.From), delay.Day(u.To))
	if u.Days == 0 {
		s.Title = "Every day is settled"
		if u.From != 0 {
			s.Title = "Every delayed day of " + period + " is settled"
		}
		return nil
	}
	days := plural(u.Days, "day", "days") + " of " + period
	s.Title = fit(days+" not settled", plural(u.Days, "day", "days")+" not settled")
	if !u.ReplyBy.IsZero() {
		s.Title = fit(days+" not settled; oldest reply date "+u.ReplyBy.Format("2 January 2006"),
			days+" not settled; oldest reply date "+u.ReplyBy.Format("2 Jan 2006"),
			days+" not settled; oldest reply "+u.ReplyBy.Format("2 Jan 2006"), s.Title)
	}
	s.Desks = m.desks()
	s.Subtitle = whole(u.Days) + " of " + plural(u.Of, "day", "days") + " (" + percent(float64(u.Days)/float64(max(u.Of, u.Days))) + ")"
	if sh := m.Share; sh.Known && sh.High > sh.Low {
		s.Subtitle += ". The share with social care lies between " + percent(sh.Low) + " and " + percent(sh.High)
	}
	s.Table = &Table{Caption: "Days that are not settled, and whose answer comes next",
		Head: []Column{{Text: "Days"}, {Text: "All", Numeric: true}}}
	for _, d := range s.Desks {
		s.Table.Head = append(s.Table.Head, Column{Text: d.Name, Body: d.Body, Numeric: true})
	}
	row := func(words string, strong bool, of func(Desk) int64) {
		all, cells := int64(0), []string(nil)
		for _, d := range s.Desks {
			all += of(d)
			cells = append(cells, whole(of(d)))
		}
		s.Table.Rows = append(s.Table.Rows, Row{Strong: strong, Cells: append([]string{words, whole(all)}, cells...)})
	}
	for i, words := range standings {
		row(words, false, func(d Desk) int64 { return d.Parts[i].Days })
	}
	row("All", true, func(d Desk) int64 { return d.Days })
	reply := Row{Cells: []string{"Oldest reply date", dateOrNone(u.ReplyBy)}}
	for _, d := range s.Desks {
		reply.Cells = append(reply.Cells, dateOrNone(d.ReplyBy))
	}
	s.Table.Rows = append(s.Table.Rows, reply)
	return nil
}

func dateOrNone(t time.Time) string {
	if t.IsZero() {
		return "None"
	}
	return t.Format("2 Jan 2006")
}

// standings are the ways in which days are not settled, in the order of desks.
var standings = [...]string{"Proposed", "Disputed", "Decided, not agreed", "Not attributed"}

// desks divides what is not settled by whose answer comes next; the third, of
// nobody's, is left out where it has no day.
func (m *maker) desks() []Desk {
	all := []Desk{{Name: "The council answers next", Body: delay.SocialCare.Slug()}, {Name: "The NHS answers next", Body: delay.NHS.Slug()},
		{Name: "No answer is expected"}}
	for i := range all {
		for _, words := range standings {
			all[i].Parts = append(all[i].Parts, DeskPart{Words: words})
		}
	}
	for _, p := range m.pending {
		d, i := &all[2], 0
		switch p.Next {
		case agreement.CouncilSide:
			d = &all[0]
		case agreement.NHSSide:
			d = &all[1]
		}
		switch {
		case p.State == agreement.Disputed:
			i = 1
		case p.State == agreement.Decided:
			i = 2
		case !p.Attributed:
			i = 3
		}
		d.Days, d.Waits, d.Parts[i].Days = d.Days+p.Days, d.Waits+p.Waits, d.Parts[i].Days+p.Days
		if !p.Oldest.IsZero() && p.Oldest.Unix() != 0 && (d.Since.IsZero() || p.Oldest.Before(d.Since)) {
			d.Since = p.Oldest.In(m.set.Now.Location())
		}
		if by := m.replyBy(p); !by.IsZero() && (d.ReplyBy.IsZero() || by.Before(d.ReplyBy)) {
			d.ReplyBy = by
		}
	}
	if all[2].Days == 0 {
		all = all[:2]
	}
	return all
}

func (m *maker) actions(_ context.Context, s *Slide) error {
	s.Name, s.Title, s.Actions = "Actions", "Actions", true
	return nil
}
