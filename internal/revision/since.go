package revision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// Moment answers as of one moment.
type Moment interface {
	measure.TrendSource
	measure.CouncilSource
	// Arrivals gives every provider's days from from to to, both included.
	Arrivals(ctx context.Context, from, to delay.Day) ([]measure.ExtractLine, error)
}

// Present is the moment that is now.
type Present interface {
	Moment
	// Expected names the providers.
	Expected() []measure.Expected
	// AnswersSince gives what people have entered, answered and accepted after a
	// moment.
	AnswersSince(ctx context.Context, at time.Time) (Answers, error)
}

// Names gives names for codes.
type Names interface {
	ProviderWords(code string) string
	CouncilWords(c delay.Council) string
}

// Since is the two moments that are compared: what was known At then, and what
// is known now.
type Since struct {
	Then  Moment
	At    time.Time
	Now   Present
	Names Names
}

// Line is one figure then and now, in words.
type Line struct{ Name, Was, Is, Difference, Why string }

// Comparison is figures as they were known at a past moment beside the same
// figures now.
type Comparison struct {
	Lines []Line
	// Differing is the number of signs that something differs, zero when nothing
	// does.
	Differing int
	// Answers is how many answers and entries have been made since.
	Answers int64
	// Readings names the periods of a trend that read differently now.
	Readings string

	evidence Evidence
	names    Names
}

// compare prepares to compare figures of the days from from to to.
func (s Since) compare(ctx context.Context, from, to delay.Day) (*Comparison, error) {
	x := &Comparison{names: s.Names}
	var err error
	if x.evidence.Then, x.evidence.HeldThen, err = filesOf(ctx, s.Then, from, to); err != nil {
		return nil, err
	}
	lines, err := s.Now.Arrivals(ctx, from, to)
	if err != nil {
		return nil, err
	}
	x.evidence.Now, x.evidence.HeldNow = filesIn(lines)
	x.evidence.Codes, x.evidence.Since = map[Spot][]measure.CodeDay{}, s.At
	for _, line := range lines {
		for _, d := range line.Days {
			if len(d.Codes) > 0 {
				x.evidence.Codes[Spot{line.Code, d.Day}] = d.Codes
			}
		}
	}
	x.evidence.Answers, err = s.Now.AnswersSince(ctx, s.At)
	x.Answers = x.evidence.Answers.Count
	return x, err
}

// filesOf gives the file that counts for each provider's day, and the days on which
// one is held.
func filesOf(ctx context.Context, m Moment, from, to delay.Day) (counted map[Spot]File, held map[Spot]bool, err error) {
	lines, err := m.Arrivals(ctx, from, to)
	if err != nil {
		return nil, nil, err
	}
	counted, held = filesIn(lines)
	return counted, held, nil
}

func filesIn(lines []measure.ExtractLine) (counted map[Spot]File, held map[Spot]bool) {
	counted, held = map[Spot]File{}, map[Spot]bool{}
	for _, line := range lines {
		for _, d := range line.Days {
			if d.Arrival == measure.In || d.Arrival == measure.Late || len(d.Lacks) > 0 {
				counted[Spot{line.Code, d.Day}] = File{d.File, d.Reading}
			}
			if d.Arrival == measure.Held || d.Held != "" {
				held[Spot{line.Code, d.Day}] = true
			}
		}
	}
	return counted, held
}

// whyEvent says why the events of a provider's day are others now. They follow
// from that day and the day before.
func (x *Comparison) whyEvent(at Spot) Cause {
	return x.evidence.Why(x.evidence.ofEvent(at))
}

// difference adds up a figure of each provider's day, with why for its causes.
func (x *Comparison) difference(then, now map[Spot]int64, why func(Spot) Cause) Difference {
	var d Difference
	for at, was := range then {
		d.Add(why(at), x.evidence.named(x.names.ProviderWords(at.Provider), at), was, now[at])
	}
	for at, is := range now {
		if _, counted := then[at]; !counted {
			d.Add(why(at), x.evidence.named(x.names.ProviderWords(at.Provider), at), 0, is)
		}
	}
	return d
}

// line adds a line, with its difference already in words.
func (x *Comparison) line(name, was, is, difference, why string) {
	if was != is {
		x.Differing++
	}
	x.Lines = append(x.Lines, Line{name, was, is, difference, why})
}

// counted adds a line of a count. The causes may cancel out.
func (x *Comparison) counted(name string, d Difference) {
	if d.By != nil {
		x.Differing++
	}
	x.line(name, measure.Whole(d.Then), measure.Whole(d.Now), measure.Signed(d.Now-d.Then), d.Words())
}

// follows adds a line that is worked out from the lines above it.
func (x *Comparison) follows(name string, was, is float64) {
	x.line(name, measure.Decimal(was), measure.Decimal(is), signedDecimal(is-was), "It follows from the lines above")
}

// share adds a line of a share, unless there is nothing to divide by.
func (x *Comparison) share(name string, part, whole Difference) {
	if whole.Then > 0 && whole.Now > 0 {
		was, is := 100*float64(part.Then)/float64(whole.Then), 100*float64(part.Now)/float64(whole.Now)
		x.line(name, measure.Decimal(was)+"%", measure.Decimal(is)+"%", sharePoints(is-was), "It follows from the days above")
	}
}

// signedDecimal writes a difference of two numbers that are shown with one
// decimal.
func signedDecimal(d float64) string {
	return unsigned.Replace(strings.Replace(fmt.Sprintf("%+.1f", d), "-", "−", 1))
}

// unsigned takes the sign from nothing.
var unsigned = strings.NewReplacer("+0.0", "0.0", "−0.0", "0.0")

// sharePoints writes a difference of shares.
func sharePoints(d float64) string { return signedDecimal(d) + " points" }

// both asks the past and then the present the same.
func both[T any](s Since, ask func(Moment) (T, error)) (was, is T, err error) {
	if was, err = ask(s.Then); err != nil {
		return was, is, err
	}
	is, err = ask(s.Now)
	return was, is, err
}

// spotBody is one body's part of a provider's day.
type spotBody struct {
	Spot
	body delay.Body
}

// bodiesOf adds up delayed days by provider's day and body.
func bodiesOf(ctx context.Context, m Moment, q measure.Query) (map[spotBody]int64, error) {
	cells, err := m.Cells(ctx, q)
	if err != nil {
		return nil, err
	}
	out := make(map[spotBody]int64, len(cells))
	for _, c := range cells {
		out[spotBody{Spot{c.Provider, c.Period}, c.Body}] += c.Days
	}
	return out, nil
}

// daysOf adds up delayed days by provider's day.
func daysOf(ctx context.Context, m Moment, from, to delay.Day, filter measure.Filter) (map[Spot]int64, error) {
	cells, err := m.Cells(ctx, byDay(from, to, filter))
	return bySpot(cells), err
}

// byDay is the query for a figure of each provider's day.
func byDay(from, to delay.Day, filter measure.Filter) measure.Query {
	return measure.Query{From: from, To: to, By: []measure.Dimension{measure.ByDay, measure.ByProvider}, Filter: filter}
}

func bySpot(cells []measure.Cell) map[Spot]int64 {
	out := map[Spot]int64{}
	for _, c := range cells {
		out[Spot{c.Provider, c.Period}] += c.Days
	}
	return out
}

// spots adds up the days of some bodies from a day on. A day that went from one
// body to another is the same day.
func spots(m map[spotBody]int64, from delay.Day, bodies ...delay.Body) map[Spot]int64 {
	out := map[Spot]int64{}
	for k, n := range m {
		if k.Day >= from && slices.Contains(bodies, k.body) {
			out[k.Spot] += n
		}
	}
	return out
}

// waiting compares the people waiting: each hospital on the day of its latest
// extract then, or on the day of the figures when that has come since.
func (x *Comparison) waiting(then measure.Overview, before, after map[spotBody]int64) Difference {
	var d Difference
	for _, p := range then.Providers {
		at := Spot{p.Code, min(p.Latest, then.AsAt)}
		was := int64(0)
		if p.Latest > then.AsAt-14 {
			was = totalOf(before, at)
		}
		end := Spot{p.Code, then.AsAt}
		if x.evidence.Now[end].SHA256 != "" || at.Day <= then.AsAt-14 {
			at = end
		}
		d.Add(x.evidence.Why(at), x.evidence.named(x.names.ProviderWords(p.Code), at), was, totalOf(after, at))
	}
	return d
}

func totalOf(m map[spotBody]int64, at Spot) (n int64) {
	for _, b := range delay.Bodies {
		n += m[spotBody{at, b}]
	}
	return n
}

// Overview compares the overview as it was known with the same figures now.
func (s Since) Overview(ctx context.Context, then measure.Overview) (*Comparison, error) {
	from := min(then.From, then.AsAt-13)
	ask := func(f measure.Filter) (was, is map[spotBody]int64, err error) {
		q := byDay(from, then.AsAt, f)
		q.By = append(q.By, measure.ByResponsible)
		return both(s, func(m Moment) (map[spotBody]int64, error) { return bodiesOf(ctx, m, q) })
	}
	before, after, err := ask(then.Filter)
	if err != nil {
		return nil, err
	}
	x, err := s.compare(ctx, from, then.AsAt)
	if err != nil {
		return nil, err
	}
	// People wait whether or not their days are agreed.
	everybody, everybodyNow := before, after
	if then.Filter.Basis != measure.BasisCounted {
		if everybody, everybodyNow, err = ask(then.Filter.On(measure.BasisCounted)); err != nil {
			return nil, err
		}
	}
	of := func(bodies ...delay.Body) Difference {
		return x.difference(spots(before, then.From, bodies...), spots(after, then.From, bodies...), x.evidence.Why)
	}
	period := delay.Span(then.From, then.To)
	days, social := of(delay.Bodies[:]...), of(delay.SocialCare)
	x.counted("People waiting, "+then.AsAt.Long(), x.waiting(then, everybody, everybodyNow))
	x.counted("Delayed days, "+period, days)
	if len(then.Filter.Bodies) == 0 && then.Filter.Book.Divides() { // Else the page shows no share (A8).
		x.counted("Delayed days with social care, "+period, social)
		x.counted("Delayed days not attributed, "+period, of(delay.NotAttributed))
		x.share("Council share, "+period, social, days)
	}
	return x, nil
}
