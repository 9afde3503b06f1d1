package national

import (
	"cmp"
	"slices"

	"homeward/internal/delay"
)

// Row is what one extract says of one person at the end of its day.
type Row struct {
	Day      delay.Day
	Provider string
	Person   string
	// Patient tells two people of one provider apart whose reference is the same by
	// chance. It is zero where the reference does.
	Patient int64
	// Sender is the code that it was sent under where the provider's history is
	// of several, else empty.
	Sender string
	// Across names the person at every provider, empty when they are known at
	// this one alone (I5).
	Across string
	// Ready is the discharge ready date, zero when the row gives none: the
	// person meets the criteria to reside, or left on the day they were ready
	// (R13).
	Ready delay.Day
	// Admitted is zero when it is not known, Discharged unless it is on or
	// before the day.
	Admitted, Discharged delay.Day
	How                  How
	// Age is in whole years at the ready date, else at the day of leaving,
	// else on the day; negative when it is not known.
	Age     int
	Council delay.Council
	Reason  delay.Reason
	Body    delay.Body
	Pathway string
}

// Build makes stays of rows. days are each provider's, or each sender's,
// extract dates that count, ascending: those on which somebody whom it listed
// last would be listed; omitted is the limit of rule C7 in days. A ready period
// ends where its rows say so, where the person is no longer listed (C5, C6),
// is listed with a later ready date (C8), or meets the criteria again (R13).
// The order of the rows changes nothing (C10).
func Build(rows []Row, days map[string]delay.Calendar, omitted int) []Stay {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Person, b.Person), cmp.Compare(a.Patient, b.Patient),
			cmp.Compare(a.Day, b.Day))
	})
	var out []Stay
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Provider == rows[0].Provider && rows[n].Person == rows[0].Person && rows[n].Patient == rows[0].Patient {
			n++
		}
		for _, of := range admissions(oneSender(rows[:n])) {
			calendar, after := calendars(of, days)
			out = append(out, stay(of, calendar, after, omitted))
		}
		rows = rows[n:]
	}
	oneDayOnce(out)
	return out
}

// oneDayOnce has a day of one person count at one provider (C19): of two
// periods of one wait, the one whose listing began later counts from there, and
// the other up to the day before.
func oneDayOnce(stays []Stay) {
	type at struct{ stay, period int }
	across := map[string][]at{}
	for i := range stays {
		if stays[i].Across == "" {
			continue
		}
		for j := range stays[i].Periods {
			across[stays[i].Across] = append(across[stays[i].Across], at{i, j})
		}
	}
	for _, of := range across {
		for _, a := range of {
			for _, b := range of {
				first, later := &stays[a.stay].Periods[a.period], &stays[b.stay].Periods[b.period]
				if stays[a.stay].Provider == stays[b.stay].Provider || later.Listed <= first.Listed {
					continue
				}
				if first.End == 0 || first.End > later.Ready {
					// The days before the later listing are the other provider's as
					// far as it has them.
					if first.Listed < later.Listed {
						later.From = max(later.From, min(later.Listed, cmp.Or(first.End, later.Listed)))
					}
					if first.End == 0 || first.End > later.Listed {
						first.To = later.Listed - 1
					}
				}
			}
		}
	}
}

// admissions divides the rows of one person by admission. A row that gives no
// admission belongs to the one before it, unless that has ended.
func admissions(rows []Row) [][]Row {
	var out [][]Row
	for _, r := range rows {
		if n := len(out); n > 0 {
			last := out[n-1][len(out[n-1])-1]
			same := r.Admitted == last.Admitted || r.Admitted == 0 || last.Admitted == 0
			if same && (last.Discharged == 0 || r.Discharged != 0 || r.Admitted == last.Admitted && r.Admitted != 0) {
				out[n-1] = append(out[n-1], r)
				continue
			}
		}
		out = append(out, []Row{r})
	}
	return out
}

// oneSender keeps, of the rows of one person and day that were sent under two
// codes of one provider, those of the code whose listing began later, then of
// the first code in order (C19).
func oneSender(rows []Row) []Row {
	began := map[string]delay.Day{}
	for _, r := range rows {
		if _, ok := began[r.Sender]; !ok {
			began[r.Sender] = r.Day
		}
	}
	if len(began) < 2 {
		return rows
	}
	best := map[delay.Day]string{}
	for _, r := range rows {
		now, ok := best[r.Day]
		if !ok || cmp.Or(cmp.Compare(began[now], began[r.Sender]), cmp.Compare(r.Sender, now)) < 0 {
			best[r.Day] = r.Sender
		}
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return best[r.Day] != r.Sender })
}

// calendars gives the extract dates that a person's rows are among, and those
// on which they would be listed after the last.
func calendars(rows []Row, days map[string]delay.Calendar) (calendar, after delay.Calendar) {
	first, last := rows[0], rows[len(rows)-1]
	calendar = days[cmp.Or(first.Sender, first.Provider)]
	if first.Sender == "" || first.Sender == last.Sender {
		return calendar, calendar
	}
	after = days[last.Sender]
	calendar = slices.DeleteFunc(slices.Clone(calendar), func(d delay.Day) bool { return d > last.Day })
	for _, r := range rows {
		calendar = append(calendar, r.Day)
	}
	calendar = append(calendar, slices.DeleteFunc(slices.Clone(after), func(d delay.Day) bool { return d <= last.Day })...)
	slices.Sort(calendar)
	return slices.Compact(calendar), after
}

func stay(rows []Row, days, after delay.Calendar, omitted int) Stay {
	last := rows[len(rows)-1]
	s := Stay{Provider: last.Provider, Person: last.Person, Across: last.Across, AgeAt: last.Age}
	for _, r := range rows {
		s.Admitted = cmp.Or(r.Admitted, s.Admitted)
		s.Council, s.Pathway = cmp.Or(r.Council, s.Council), cmp.Or(r.Pathway, s.Pathway)
	}
	switch {
	case last.Discharged != 0:
		s.Out, s.How = last.Discharged, cmp.Or(last.How, Alive)
	case after.After(last.Day) != 0:
		s.Out, s.How = last.Day+1, Alive // No longer listed.
	}
	for len(rows) > 0 {
		// Rows without a ready date divide the ready periods (R13).
		n := 0
		for n < len(rows) && rows[n].Ready != 0 {
			n++
		}
		if n > 0 {
			s.periods(rows[:n], days, omitted)
		}
		for n < len(rows) && rows[n].Ready == 0 {
			n++
		}
		rows = rows[n:]
	}
	return s
}

// periods adds the ready periods of rows that all give a ready date.
func (s *Stay) periods(rows []Row, days delay.Calendar, omitted int) {
	e := delay.Evidence{Calendar: days}
	for i, r := range rows {
		e.Statements = append(e.Statements, delay.Statement{Ready: r.Ready, Discharged: r.Discharged})
		e.Runs = append(e.Runs, delay.Run{First: r.Day, Last: r.Day, Statement: i})
	}
	for _, d := range delay.Resolve(e, delay.Settings{Convention: delay.Convention{CountReady: true}, OmittedLimit: omitted}) {
		p := Period{Ready: d.Ready, End: d.End, Age: rows[d.Statement].Age, Listed: d.ListedFirst}
		if n := len(s.Periods); n > 0 && s.Periods[n-1].End != 0 && p.Ready < s.Periods[n-1].End {
			// The person was listed as ready before they ceased to be: it counts
			// from where it is listed.
			p.Ready = max(s.Periods[n-1].End, min(d.ListedFirst, cmp.Or(d.End, d.ListedFirst)))
		}
		for _, r := range rows {
			if r.Day < d.ListedFirst || r.Day > d.ListedLast {
				continue
			}
			from := r.Day
			if len(p.Steps) == 0 {
				from = min(from, p.Ready) // The first listing stands for the days before it (C9).
			}
			step := Step{From: from, Reason: r.Reason, Body: r.Body, Council: r.Council, Pathway: r.Pathway}
			if r.Discharged != 0 && len(p.Steps) > 0 {
				// The row of the day of leaving often leaves blank what stood.
				before := p.Steps[len(p.Steps)-1]
				step.Reason, step.Pathway = cmp.Or(step.Reason, before.Reason), cmp.Or(step.Pathway, before.Pathway)
				step.Council = cmp.Or(step.Council, before.Council)
			}
			p.Steps = append(p.Steps, step)
		}
		s.Periods = append(s.Periods, p)
	}
}
