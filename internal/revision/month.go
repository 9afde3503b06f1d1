package revision

import (
	"cmp"
	"context"
	"slices"
	"time"

	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
)

// MonthSource is what is known of a month now.
type MonthSource interface {
	measure.Source
	// MonthFiles gives the file that counts for each provider's day of a month,
	// and the days whose short file is held.
	MonthFiles(ctx context.Context, m delay.Month) ([]closing.File, error)
	// AnswersSince gives what people have entered, answered and accepted after a
	// moment.
	AnswersSince(ctx context.Context, at time.Time) (Answers, error)
}

// Closed is a month that is closed, and how it would be counted now.
type Closed struct {
	Record  closing.Record
	Content *closing.Content
	Now     MonthSource
	Names   Names
	// RuleSet names the rule set that the month is counted under now, Settings
	// are those that days are counted with.
	RuleSet, Settings string
	// Joined says that it was found or said since who is one person (I6).
	Joined bool
	// England is England's counts that the month was closed with, nil where none
	// were kept; EnglandNow the same now, and Place how a place of theirs is called.
	England, EnglandNow *closing.England
	Place               func(by national.Dimension, at national.Key) string
}

// Figure is how one figure of a closed month stands now.
type Figure struct {
	Name string
	Difference
}

// Revised is a closed month beside what is known of it now.
type Revised struct {
	Figures []Figure
	// Shares are those of the councils, which follow from the days.
	Shares []Line
	// More is by how many days the total has changed, Elsewhere how many count in
	// another place.
	More, Elsewhere int64
	// RuleSet is the one that the month is counted under now, when it is another;
	// Settings says that days are counted with other settings.
	RuleSet  string
	Settings bool
	// England is how England's counts of the month have changed, nil where none
	// were kept.
	England *England
}

// Lines are the figures and shares in words.
func (r *Revised) Lines() []Line {
	var out []Line
	for _, f := range r.Figures {
		out = append(out, Line{f.Name, measure.Whole(f.Then), measure.Whole(f.Now), measure.Signed(f.Now - f.Then), f.Words()})
	}
	return append(out, r.Shares...)
}

// bodyDays names the days of each body.
var bodyDays = map[delay.Body]string{
	delay.SocialCare: "Days with social care", delay.NHS: "Days with the NHS", delay.Joint: "Joint days",
	delay.NotAttributed: "Days not attributed",
}

// stood is how one provider's day stood.
type stood struct {
	file    File
	held    bool
	days    measure.ByBody
	inRange int64
	codes   []measure.CodeDay
}

// with adds what another code of the same provider had on the day; own says that
// it is the provider's own, whose file stands for the day.
func (s stood) with(o stood, own bool) stood {
	if own && o.file.SHA256 != "" || s.file.SHA256 == "" {
		s.file = o.file
	}
	s.held = s.held || o.held
	for i, n := range o.days {
		s.days[i] += n
	}
	s.inRange += o.inRange
	return s
}

// Revise compares what a month was closed with with the same figures now. Every
// difference is put down to one cause for each hospital's day, so that the
// causes add up.
func (c Closed) Revise(ctx context.Context) (*Revised, error) {
	from, to := c.Record.Month.First(), c.Record.Month.Last()
	out := &Revised{Settings: c.Settings != c.Content.Settings}
	if c.RuleSet != c.Record.RuleSet+" "+c.Record.RuleVersion {
		out.RuleSet = c.RuleSet
	}
	places, err := c.Now.Cells(ctx, measure.Query{From: from, To: to,
		By: []measure.Dimension{measure.ByProvider, measure.ByCouncil, measure.ByCare, measure.ByReason, measure.ByResponsible}})
	if err != nil {
		return nil, err
	}
	counted, err := c.Content.Counted(measure.Filter{})
	if err != nil {
		return nil, err
	}
	out.More, out.Elsewhere = closing.Moved(counted, places, func(c measure.Cell) measure.Cell {
		c.State, c.Days = 0, 0
		return c
	})
	then, err := c.then()
	if err != nil {
		return nil, err
	}
	now, err := c.now(ctx)
	if err != nil {
		return nil, err
	}
	evidence := Evidence{Then: map[Spot]File{}, Now: map[Spot]File{}, HeldThen: map[Spot]bool{}, HeldNow: map[Spot]bool{},
		Codes: map[Spot][]measure.CodeDay{}, Since: c.Record.At}
	if evidence.Answers, err = c.Now.AnswersSince(ctx, c.Record.At); err != nil {
		return nil, err
	}
	for at, w := range now {
		evidence.Now[at], evidence.HeldNow[at], evidence.Codes[at] = w.file, w.held, w.codes
	}
	for at, w := range then {
		evidence.Then[at], evidence.HeldThen[at] = w.file, w.held
	}
	out.Figures = c.figures(then, now, func(at Spot) Cause {
		why := evidence.Why(at)
		switch {
		case why == LaterWords && c.Joined:
			return OtherPeople
		case why == LaterWords && (out.Settings || out.RuleSet != ""):
			return OtherRules
		}
		return why
	}, evidence.named)
	if c.England != nil {
		evidence.Answers = Answers{} // What people say of a delay is no part of England's counts.
		if out.England, err = c.england(evidence, out.Settings); err != nil {
			return nil, err
		}
	}
	return out, c.shares(ctx, out)
}

// then gives the days as the month was closed with them.
func (c Closed) then() (map[Spot]stood, error) {
	out := map[Spot]stood{}
	for _, d := range c.Content.ByDay {
		day, err := delay.ParseDay(d.Day)
		if err != nil {
			return nil, err
		}
		at, w := Spot{c.Content.Into(d.Provider), day}, stood{file: File{d.File, d.Reading}, held: d.Held, days: d.ByBody(), inRange: d.InRange}
		if was, ok := out[at]; ok {
			w = was.with(w, at.Provider == d.Provider)
		}
		out[at] = w
	}
	return out, nil
}

// now gives the days as they are known now.
func (c Closed) now(ctx context.Context) (map[Spot]stood, error) {
	m := c.Record.Month
	cells, err := c.Now.Cells(ctx, measure.Query{From: m.First(), To: m.Last(),
		By: []measure.Dimension{measure.ByDay, measure.ByProvider, measure.ByResponsible, measure.ByState}})
	if err != nil {
		return nil, err
	}
	files, err := c.Now.MonthFiles(ctx, m)
	if err != nil {
		return nil, err
	}
	out := map[Spot]stood{}
	for _, f := range files {
		out[Spot{f.Provider, f.Day}] = stood{file: File{f.SHA256, f.Reading}, held: f.Held, codes: f.Codes}
	}
	for _, c := range cells {
		at := Spot{c.Provider, c.Period}
		w := out[at]
		w.days[c.Body] += c.Days
		if closing.InRange(c) {
			w.inRange += c.Days
		}
		out[at] = w
	}
	return out, nil
}

// figures adds up the days: all, by body, those in the range, and by hospital.
func (c Closed) figures(then, now map[Spot]stood, why func(Spot) Cause, named func(string, Spot) string) []Figure {
	var all []Spot
	for at := range then {
		all = append(all, at)
	}
	for at := range now {
		if _, ok := then[at]; !ok {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, func(a, b Spot) int { return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Day, b.Day)) })
	total, inRange := Figure{Name: "Delayed days"}, Figure{Name: "Days disputed or not attributed"}
	bodies := make([]Figure, len(delay.Bodies))
	for i, b := range delay.Bodies {
		bodies[i].Name = bodyDays[b]
	}
	var hospitals []Figure
	for i, at := range all {
		a, b, cause := then[at], now[at], why(at)
		name := c.Content.Named(at.Provider)
		if name == at.Provider {
			name = c.Names.ProviderWords(name)
		}
		where := named(name, at)
		total.Add(cause, where, a.days.Total(), b.days.Total())
		inRange.Add(cause, where, a.inRange, b.inRange)
		for j, body := range delay.Bodies {
			bodies[j].Add(cause, where, a.days[body], b.days[body])
		}
		if i == 0 || all[i-1].Provider != at.Provider {
			hospitals = append(hospitals, Figure{Name: "Delayed days, " + name})
		}
		hospitals[len(hospitals)-1].Add(cause, where, a.days.Total(), b.days.Total())
	}
	if c.Content.ByGroups() {
		return append([]Figure{total}, hospitals...) // Days are not divided between bodies (A8).
	}
	return slices.Concat([]Figure{total}, bodies, []Figure{inRange}, hospitals)
}

// notKnown stands in a close for the council that is not known.
const notKnown = "not-known"

// shares sets each council's share beside the one now.
func (c Closed) shares(ctx context.Context, out *Revised) error {
	if c.Content.ByGroups() {
		return nil
	}
	m := c.Record.Month
	cells, err := c.Now.Cells(ctx, measure.Query{From: m.First(), To: m.Last(),
		By: []measure.Dimension{measure.ByCouncil, measure.ByResponsible, measure.ByState}})
	if err != nil {
		return err
	}
	now := map[string]*measure.Period{}
	for _, cell := range cells {
		code := cmp.Or(string(cell.Council), notKnown)
		if now[code] == nil {
			now[code] = &measure.Period{}
		}
		now[code].Days[cell.Body] += cell.Days
		if cell.State.Contested() {
			now[code].Disputed[cell.Body] += cell.Days
		}
	}
	for _, one := range c.Content.Councils {
		code := delay.Council(one.Code)
		if one.Code == notKnown {
			code = delay.CouncilNotKnown
		}
		const none = "Not applicable"
		line := Line{"Council share, " + c.Names.CouncilWords(code), none, none, none, "It follows from the days above"}
		if one.Share != nil {
			line.Was = withRange(measure.Share{Known: true, Value: *one.Share, Low: *one.Lowest, High: *one.Highest}, one.InRange)
		}
		if p := now[one.Code]; p != nil {
			if share := p.Share(); share.Known {
				line.Is = withRange(share, p.Unsettled())
				if one.Share != nil {
					line.Difference = sharePoints(100 * (share.Value - *one.Share))
				}
			}
		}
		out.Shares = append(out.Shares, line)
	}
	return nil
}

// withRange writes a share, with its range where days are not settled.
func withRange(s measure.Share, inRange int64) string {
	if inRange == 0 {
		return measure.PerCent(s.Value)
	}
	return measure.PerCent(s.Value) + " (" + measure.PerCent(s.Low) + " to " + measure.PerCent(s.High) + ")"
}
