package national

import (
	"cmp"
	"slices"

	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Record is one record of the mental health data set (table MHS518): a new
// one starts when the reason or the body changes. End is zero while it lasts.
type Record struct {
	Person     string
	Start, End delay.Day
	Step       Step
}

// Records gives the records of ready periods that last a day or more or have
// ended, in the order of person and start; a period that ends on the day it
// starts has one all the same.
func Records(stays []Stay) []Record {
	var out []Record
	for i := range stays {
		s := &stays[i]
		for _, p := range s.Periods {
			var of []Record
			for _, step := range p.Steps {
				start := max(step.From, p.Ready)
				step.From = 0
				if n := len(of); n > 0 {
					if of[n-1].Step.Reason == step.Reason && of[n-1].Step.Body == step.Body && of[n-1].Step.Council == step.Council {
						continue
					}
					of[n-1].End = start
				}
				of = append(of, Record{Person: s.Person, Start: start, End: p.End, Step: step})
			}
			out = append(out, of...)
		}
	}
	slices.SortStableFunc(out, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Start, b.Start))
	})
	return out
}

// CensusLine is one group of people counted on a census day.
type CensusLine struct {
	Month  delay.Month
	Census delay.Day
	Step   Step // council, and the reason as it stood on the day
	// People and the days since they were ready.
	People, Days int
	// Sooner counts those who would be in without the days of grace, beside
	// the ones who are.
	Sooner int
}

// CensusOf counts people on the census days of a convention, by council and
// reason.
func CensusOf(stays []Stay, months []delay.Month, c *definition.Convention, w Window) []CensusLine {
	type key struct {
		day     delay.Day
		council delay.Council
		reason  delay.Reason
	}
	at := map[key]*CensusLine{}
	sooner := *c
	sooner.GraceDays = max(0, c.GraceDays-1)
	for _, m := range months {
		day := c.Census.Day(m)
		if day < w.From || day > w.To {
			continue
		}
		for i := range stays {
			s := &stays[i]
			for j, p := range s.Periods {
				span := s.span(j)
				days, in := c.InCensus(span, day)
				_, near := sooner.InCensus(span, day)
				if !near {
					continue
				}
				on := p.On(min(day, lastOf(p)))
				k := key{day, on.Council, on.Reason}
				line := at[k]
				if line == nil {
					line = &CensusLine{Month: m, Census: day, Step: Step{Council: on.Council, Reason: on.Reason}}
					at[k] = line
				}
				line.Sooner++
				if in {
					line.People++
					line.Days += days
				}
			}
		}
	}
	out := make([]CensusLine, 0, len(at))
	for _, line := range at {
		out = append(out, *line)
	}
	slices.SortFunc(out, func(a, b CensusLine) int {
		return cmp.Or(cmp.Compare(a.Census, b.Census), cmp.Compare(a.Step.Council, b.Step.Council), cmp.Compare(a.Step.Reason, b.Step.Reason))
	})
	return out
}
