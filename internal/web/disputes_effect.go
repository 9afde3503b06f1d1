package web

import (
	"context"
	"math"
	"strconv"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// effectView says what settling the days of a dispute would do to the share of
// the council, before anybody does it.
type effectView struct {
	Heading   string
	From, To  string // the share as it stands and as it would be
	Sum       string
	Swatch    string
	Scale     *effectScale
	Outcomes  page.Table
	Note      string
	Withheld  string
	Council   page.Link
	NowNumber string
}

// effectScale draws both shares on the range that is open (G3).
type effectScale struct {
	Label             string
	Ticks             []effectTick
	Low, Width        string // of the range
	Now, If           string
	NowWords, IfWords string
	RangeWords        string
}

type effectTick struct{ X, Words, Anchor string }

// sharesWords writes shares in whole per cent, or to one decimal where whole ones
// would hide that they differ.
func sharesWords(shares ...float64) []string {
	whole, tenths := make([]string, len(shares)), make([]string, len(shares))
	hidden := false
	for i, v := range shares {
		whole[i], tenths[i] = measure.PerCent(v), strconv.FormatFloat(v*100, 'f', 1, 64)+"%"
		hidden = hidden || whole[i] == whole[0] && math.Abs(v-shares[0]) >= 0.0005
	}
	if hidden {
		return tenths
	}
	return whole
}

// effect says what settling a contested segment would do; nil where there is no
// council to have a share.
func (s *Server) effect(ctx context.Context, seg *casework.Segment) (*effectView, error) {
	if !seg.State.Contested() || seg.Segment.Council == delay.CouncilNotKnown || s.opts.Places.CouncilName(seg.Segment.Council) == "" {
		return nil, nil
	}
	present, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	f := measure.Filter{Councils: []delay.Council{seg.Segment.Council}, Basis: s.opts.Places.Headline, Book: s.opts.Places.Book}
	effects, err := measure.MakeEffects(ctx, present, present, f, measure.Unsettled{First: seg.Segment.First, Last: seg.Segment.Last,
		State: seg.State, Body: seg.Standing.Body})
	if err != nil || len(effects) == 0 {
		return nil, err
	}
	return s.effectView(seg, effects), nil
}

func (s *Server) effectView(seg *casework.Segment, effects []measure.Effect) *effectView {
	e := effects[0]
	upheld, otherwise := seg.Suggested, seg.Segment.Body
	v := &effectView{Heading: "If it is upheld", Swatch: swatch(upheld)}
	not := "If not upheld, " + otherwise.String()
	if seg.State == agreement.Decided {
		upheld = seg.Standing.Body
		v.Heading, v.Swatch, not = "If it is confirmed", swatch(upheld), "If the proposal stands, "+otherwise.String()
	}
	name := s.opts.Places.CouncilWords(seg.Segment.Council)
	v.Council = page.Link{Text: "Council share, " + name + ", " + e.Month.Long(), Href: page.Address("/council/"+string(seg.Segment.Council),
		page.Dated(measure.Filter{Basis: e.Now.Basis}, e.Month.First(), e.Month.Last()))}
	now := e.Now.Share(e.Now.Now)
	then := e.If(upheld)
	share := e.Now.Share(then)
	switch {
	case e.Now.Few():
		v.Withheld = "Too few people to give a share: " + plural(e.Now.People, "person", "people") + " waited in " + e.Month.Long() + "."
		return v
	case !now.Known || !share.Known:
		v.Withheld = "No day of " + e.Month.Long() + " is agreed by both bodies, so there is no share to change yet."
		return v
	}
	shares := sharesWords(now.Value, share.Value)
	v.From, v.To = shares[0], shares[1]
	before, after := e.Now.Shared(e.Now.Now), e.Now.Shared(then)
	v.Sum = name + ", " + e.Month.Long() + ": " + count(before[delay.SocialCare]) + " of " + count(before.Total()) + " " +
		sharedDays[e.Now.Basis] + " → " + count(after[delay.SocialCare]) + " of " + count(after.Total()) + ". "
	if moved := days(e.Days); upheld == seg.Standing.Body {
		v.Sum += measure.UpperFirst(moved) + " stay with " + strings.TrimPrefix(withWords(upheld), "with ") + "; the range closes by them."
	} else {
		v.Sum += measure.UpperFirst(moved) + " move to " + strings.TrimPrefix(withWords(upheld), "with ") + "; the total stays."
	}
	v.Scale = scaleOf(now, share, shares)
	v.Outcomes = page.Table{ID: "outcomes", Caption: "Outcomes", HiddenCaption: true,
		Head: []page.Head{{Text: "Outcome"}, {Text: "Share", Numeric: true}, {Text: "Range", Numeric: true}}}
	row := func(words string, sh measure.Share) {
		parts := sharesWords(now.Value, sh.Value)
		v.Outcomes.Rows = append(v.Outcomes.Rows, []page.Cell{{Text: words, Header: true}, {Text: parts[1], Class: page.Numeric},
			{Text: rangeWords(sh), Class: page.Numeric}})
	}
	row("As it stands", now)
	row(strings.TrimSuffix(v.Heading, ".")+", "+upheld.String(), share)
	if otherwise != delay.NotAttributed { // Nobody can agree or decide that days are nobody's.
		row(not, e.Now.Share(e.If(otherwise)))
	}
	if all, n := e.IfAll(); n > 1 {
		row("If all "+count(n)+" open disputes are upheld", e.Now.Share(all))
	}
	for _, other := range effects[1:] {
		was := other.Now.Share(other.Now.Now)
		will := other.Now.Share(other.If(upheld))
		if other.Now.Few() || !was.Known || !will.Known {
			continue
		}
		parts := sharesWords(was.Value, will.Value)
		v.Outcomes.Rows = append(v.Outcomes.Rows, []page.Cell{{Text: other.Month.Long() + ", " + days(other.Days), Header: true},
			{Text: parts[0] + " → " + parts[1], Class: page.Numeric}, {Text: rangeWords(will), Class: page.Numeric}})
	}
	return v
}

// rangeWords write the range of a share (G3).
func rangeWords(sh measure.Share) string {
	ends := sharesWords(sh.Low, sh.High)
	if ends[0] == ends[1] {
		return "none"
	}
	return ends[0] + " to " + ends[1]
}

// scaleOf draws the range that is open, the share in it and the share as it would
// be, on whole per cents.
func scaleOf(now, then measure.Share, words []string) *effectScale {
	const left, right = 14.0, 326.0
	low := math.Floor(min(now.Low, then.Value)*100) - 1
	high := math.Ceil(max(now.High, then.Value)*100) + 1
	low, high = max(low, 0), min(high, 100)
	x := func(share float64) float64 { return left + (right-left)*(share*100-low)/(high-low) }
	ends := sharesWords(now.Low, now.High)
	v := &effectScale{Low: fixed(x(now.Low)), Width: fixed(max(x(now.High)-x(now.Low), 1)), Now: fixed(x(now.Value)), If: fixed(x(then.Value)),
		NowWords: "now " + words[0], IfWords: "if so " + words[1], RangeWords: "range now " + ends[0] + " to " + ends[1]}
	v.Label = "The share is " + words[0] + " now and would be " + words[1] + ". The range now is " + ends[0] + " to " + ends[1] + "."
	step := 1.0
	for (high-low)/step > 5 {
		step *= 2
	}
	for p := math.Ceil(low/step) * step; p <= high; p += step {
		v.Ticks = append(v.Ticks, effectTick{X: fixed(x(p / 100)), Words: strconv.FormatFloat(p, 'f', 0, 64) + "%", Anchor: "middle"})
	}
	return v
}
