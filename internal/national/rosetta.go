package national

import (
	"strconv"

	"homeward/internal/definition"
	"homeward/internal/delay"
)

// ByConvention is one period counted by one convention.
type ByConvention struct {
	*definition.Convention
	// Days are its delayed days in the period; People and Waited those of its
	// census days there, and CensusDays how many of these there are.
	Days                       int
	People, Waited, CensusDays int
}

// Figure is what the convention itself counts: its days, or its people.
func (b ByConvention) Figure() int {
	if b.Counts == "people" {
		return b.People
	}
	return b.Days
}

// Rosetta counts one period by each convention. Whose codes and which nation
// the people are of changes nothing: a convention says which days count.
func Rosetta(stays []Stay, from, to delay.Day, evidence map[string]delay.Calendar, conventions []*definition.Convention) []ByConvention {
	out := make([]ByConvention, len(conventions))
	of := Stretch{From: from, To: to, Evidence: evidence}
	held := Ledger{Days: evidence}
	begin, last := held.Extent()
	for n, c := range conventions {
		b := &out[n]
		b.Convention = c
		var censuses []delay.Day
		for m := from.Month(); m <= to.Month(); m++ {
			day := c.Census.Day(m)
			if evidence != nil && (day < begin || day > last) {
				continue // Nothing is held of that day.
			}
			if day >= from && day <= to && day != 0 {
				censuses = append(censuses, day)
			}
		}
		b.CensusDays = len(censuses)
		for i := range stays {
			s := &stays[i]
			first, last, ok := of.bounds(s.Provider)
			if !ok {
				continue
			}
			for j, p := range s.Periods {
				span := s.span(j)
				here, until := p.within(first, last)
				b.Days += c.Days(span, here, until)
				for _, day := range censuses {
					if days, in := c.InCensus(span, day); in && day >= here && day <= until {
						b.People++
						b.Waited += days
					}
				}
			}
		}
	}
	return out
}

// differences are why a day counts by one convention and not by another, in
// the order of a bridge's steps.
type differences struct{ age, ready, continues, leaving, other int }

// Between walks from the days of a period by one convention to those by
// another. Every day that one counts and the other does not has the first cause
// that fits, so the steps add up exactly.
func Between(stays []Stay, from, to delay.Day, evidence map[string]delay.Calendar, a, b *definition.Convention) []Cause {
	of := Stretch{From: from, To: to, Evidence: evidence}
	var n differences
	days, want := 0, 0
	for i := range stays {
		s := &stays[i]
		first, last, ok := of.bounds(s.Provider)
		if !ok {
			continue
		}
		for j, p := range s.Periods {
			span := s.span(j)
			here, until := p.within(first, last)
			byA, byB := a.Days(span, here, until), b.Days(span, here, until)
			days, want = days+byA, want+byB
			if a.LeftOut(span) != b.LeftOut(span) {
				n.age += byB - byA
				continue
			}
			if a.LeftOut(span) {
				continue
			}
			firstA, lastA := a.Bounds(span, until)
			firstB, lastB := b.Bounds(span, until)
			for day := max(here, span.Ready); day <= until && (span.Out == 0 || day <= span.Out); day++ {
				more := btoi(firstB <= day && day <= lastB) - btoi(firstA <= day && day <= lastA)
				switch {
				case more == 0:
				case day == span.Ready && span.After == span.Ready && a.Continues != b.Continues && a.Ready == b.Ready:
					n.continues += more
				case day == span.Ready:
					n.ready += more
				case day == span.Out:
					n.leaving += more
				default:
					n.other += more
				}
			}
		}
	}
	steps := []Cause{{Words: a.Name, Short: a.Name, Of: Count(a.Name), Total: true, Days: days, Running: days}}
	running := days
	for _, step := range []struct {
		words, short string
		days         int
	}{
		{"people whom the age floor of one leaves out", byAge, n.age},
		{"ready days", byReady, n.ready},
		{"first days of records that continue another", byContinued, n.continues},
		{"days of leaving", byLeaving, n.leaving},
		{"other days", byOther, n.other},
	} {
		if step.days == 0 {
			continue
		}
		running += step.days
		steps = append(steps, Cause{Words: step.words, Short: step.short, Days: step.days, Running: running})
	}
	return append(steps, Cause{Words: b.Name, Short: b.Name, Of: Count(b.Name), Total: true, Days: want, Running: running})
}

// The short names of the steps of Between.
const (
	byAge, byReady, byContinued = "age floor", "ready day", "continued record"
	byLeaving, byOther          = "day of leaving", "other days"
)

func btoi(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// RosettaColumns are the columns of a table of one period by several
// conventions; numbers begin with base_days and end before definition.
var RosettaColumns = []string{"convention", "title", "nation", "in_force_from", "in_force_until", "counts", "base", "base_days",
	"by_age_floor",
	"by_ready_days", "by_continued_records", "by_leaving_days", "by_other_days", "days", "people", "days_delayed", "census_days", "definition"}

// RosettaNumeric says whether a column of RosettaColumns is of numbers.
func RosettaNumeric(column int) bool { return column > 6 && column < len(RosettaColumns)-1 }

// Row gives a convention's cells of RosettaColumns. steps walk to it from the
// base, and are nil for one that counts no days.
func (b ByConvention) Row(base string, steps []Cause) []string {
	day := func(d delay.Day) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	row := []string{b.Name, b.Title, b.Nation, day(b.From), day(b.Until), b.Counts}
	if len(steps) == 0 {
		row = append(row, "", "", "", "", "", "", "", "")
	} else {
		row = append(row, base, strconv.Itoa(steps[0].Days))
		for _, short := range []string{byAge, byReady, byContinued, byLeaving, byOther} {
			n := 0
			for _, s := range steps {
				if s.Short == short {
					n = s.Days
				}
			}
			row = append(row, strconv.Itoa(n))
		}
		row = append(row, strconv.Itoa(b.Days))
	}
	if b.Census == definition.Daily {
		row = append(row, "", "", "")
	} else {
		row = append(row, strconv.Itoa(b.People), strconv.Itoa(b.Waited), strconv.Itoa(b.CensusDays))
	}
	return append(row, b.Words)
}
