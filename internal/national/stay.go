// Package national counts what the nations publish, from one ledger of stays
// in hospital: days by any convention (D2), England's situation report (D6)
// and discharge ready date (D7), records of the mental health data set,
// Scotland's bed days and census, Wales's census, and the bridge between any
// two of them (D8). It is pure: it reads no store, no extract and no clock.
package national

import (
	"cmp"
	"slices"

	"homeward/internal/definition"
	"homeward/internal/delay"
)

// How says how a stay ended, as far as the destination tells.
type How uint8

// The ends of a stay. StillIn is the zero value.
const (
	StillIn How = iota
	Alive
	Died
	Transferred
)

// Stay is one person's stay at one provider.
type Stay struct {
	Provider string
	// Person is the pseudonym by which people see the stay.
	Person string
	// Across names the person at every provider (I5), empty when they are known
	// at this one alone.
	Across string
	// Council and Pathway are what was last stated of them.
	Council delay.Council
	Pathway string
	// Admitted is zero when it is not known; Out is zero while the person is
	// in a bed.
	Admitted, Out delay.Day
	How           How
	// AgeAt is the age in whole years with which the person was last listed,
	// negative when it is not known.
	AgeAt int
	// Periods are the ready periods, ascending; none when the person never
	// was ready.
	Periods []Period
}

// Period is one ready period: from the day the person was ready to the day
// they met the criteria again or left, zero while it lasts.
type Period struct {
	Ready, End delay.Day
	// Age is in whole years at the ready date, negative when it is not known.
	Age int
	// Listed is the first day on which the provider lists it. From and To bound
	// the days that count here where the person was at another provider on the
	// others (C19), zero where nothing bounds them.
	Listed, From, To delay.Day
	// Steps are what was said of the period, ascending; the first begins on
	// the ready day or before it.
	Steps []Step
}

// within bounds the days of a period that count here to a stretch.
func (p *Period) within(first, last delay.Day) (from, to delay.Day) {
	if p.To != 0 {
		last = min(last, p.To)
	}
	return max(first, p.From), last
}

// Step is what stands of a period from a day on.
type Step struct {
	From    delay.Day
	Reason  delay.Reason
	Body    delay.Body
	Council delay.Council
	Pathway string
}

// On gives what stood on the day, the first step for days before it.
func (p Period) On(day delay.Day) Step {
	var on Step
	for i, s := range p.Steps {
		if i == 0 || s.From <= day {
			on = s
		}
	}
	return on
}

// in says whether the person is in a bed at the end of the day.
func (s *Stay) in(day delay.Day) bool { return s.Out == 0 || day < s.Out }

// zeroNight says whether the stay had no night.
func (s *Stay) zeroNight() bool { return s.Out != 0 && s.Out == s.Admitted }

// span gives a period as a convention counts it. The period before it decides
// whether it continues one.
func (s *Stay) span(i int) definition.Span {
	p := s.Periods[i]
	span := definition.Span{Ready: p.Ready, Out: p.End, Age: p.Age}
	if i > 0 {
		span.After = s.Periods[i-1].End
	}
	return span
}

// Window is the time that is counted: the months from First to Last and the
// days for which there is evidence (C2, C9).
type Window struct {
	First, Last delay.Month
	// From is the first day with evidence, To the last; an open period is
	// counted up to To and never ahead of it.
	From, To delay.Day
}

// Months gives the months of the window.
func (w Window) Months() []delay.Month {
	var out []delay.Month
	for m := w.First; m <= w.Last; m++ {
		out = append(out, m)
	}
	return out
}

// bounds gives the days of a month that are counted.
func (w Window) bounds(m delay.Month) (from, to delay.Day) {
	return max(m.First(), w.From), min(m.Last(), w.To)
}

// AgeBand names the three bands that England's counts of a different floor
// differ by.
func AgeBand(years int) string {
	switch {
	case years < 0:
		return "not known"
	case years < 16:
		return "under 16"
	case years < 18:
		return "16-17"
	default:
		return "18+"
	}
}

// Line is days by everything that stood on them.
type Line struct {
	Month    delay.Month
	Provider string
	Step     Step // without From
	Age      int  // at the ready date, negative when not known
	Days     []int
}

// Days counts days by convention, one number a convention, broken down by
// month, provider, age and what stood on each day; each caller sums what it
// does not ask for. No age is left out: the caller does, by the convention's
// floor.
func Days(stays []Stay, w Window, conventions ...*definition.Convention) []Line {
	type key struct {
		month    delay.Month
		provider string
		step     Step
		age      int
	}
	sums := map[key][]int{}
	for i := range stays {
		s := &stays[i]
		for j, p := range s.Periods {
			span := s.span(j)
			years := span.Age
			span.Age = -1
			for n, c := range conventions {
				first, last := p.within(c.Bounds(span, w.To))
				for day := max(first, w.From, w.First.First()); day <= min(last, w.To, w.Last.Last()); day++ {
					on := p.On(min(day, lastOf(p)))
					on.From = 0
					k := key{day.Month(), s.Provider, on, years}
					if sums[k] == nil {
						sums[k] = make([]int, len(conventions))
					}
					sums[k][n]++
				}
			}
		}
	}
	out := make([]Line, 0, len(sums))
	for k, days := range sums {
		out = append(out, Line{k.month, k.provider, k.step, k.age, days})
	}
	slices.SortFunc(out, func(a, b Line) int {
		return cmp.Or(
			cmp.Compare(a.Month, b.Month),
			cmp.Compare(a.Provider, b.Provider),
			cmp.Compare(a.Step.Council, b.Step.Council),
			cmp.Compare(
				a.Age,
				b.Age,
			),
			cmp.Compare(a.Step.Reason, b.Step.Reason),
			cmp.Compare(a.Step.Pathway, b.Step.Pathway),
			cmp.Compare(a.Step.Body, b.Step.Body),
		)
	})
	return out
}

// lastOf gives the last day of which a period's steps speak: the day of
// leaving has what stood the day before.
func lastOf(p Period) delay.Day {
	if p.End == 0 {
		return 1 << 30
	}
	return max(p.Ready, p.End-1)
}
