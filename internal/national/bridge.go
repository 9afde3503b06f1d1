package national

import (
	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Cause is one step of a bridge between two counts of one period (D8). A Total
// is where the bridge stands; the other steps say what the next total counts
// and the one before does not. Running is the sum so far.
type Cause struct {
	Words         string
	Total         bool
	Days, Running int
}

// Bridge walks from the delayed days of a month by England's old return to
// the person-days of the situation report, and on to the bed days of the
// discharge ready date, of one provider or, when provider is empty, of all.
// It adds up exactly: every day of the report that the statistic leaves out
// has the first cause that fits, and then the days before the month of those
// who left in it are added. The report's floor is 18.
func Bridge(stays []Stay, m delay.Month, w Window, provider string, floor int, dtoc, drd *definition.Convention) []Cause {
	const adult = 18
	from, to := w.bounds(m)
	var dtocDays, drdDays, younger, notOut, died, transferred, earlier, noNight, before int
	for i := range stays {
		s := &stays[i]
		if provider != "" && s.Provider != provider {
			continue
		}
		for j, p := range s.Periods {
			span := s.span(j)
			years := span.Age
			span.Age = -1
			here, until := max(from, p.From), to
			if p.To != 0 {
				until = min(to, p.To)
			}
			days := drd.Days(span, here, until)
			if counted(years, adult) {
				dtocDays += dtoc.Days(span, here, until)
				drdDays += days
			} else if counted(years, floor) {
				younger += days
			} else {
				continue
			}
			last := j == len(s.Periods)-1 && p.End == s.Out
			switch {
			case s.Out == 0 || s.Out > to:
				notOut += days
			case s.How == Died:
				died += days
			case s.How == Transferred:
				transferred += days
			case !last:
				earlier += days
			case s.zeroNight():
				noNight += days
			case s.Out.Month() == m:
				before += int(s.Out-p.Ready) - days
			}
		}
	}
	var steps []Cause
	running := 0
	step := func(words string, days int) {
		running += days
		steps = append(steps, Cause{Words: words, Days: days, Running: running})
	}
	total := func(words string) {
		steps = append(steps, Cause{Words: words, Total: true, Days: running, Running: running})
	}
	running = dtocDays
	total("england-dtoc days, 18+ at the ready date")
	step("ready days counted too", drdDays-dtocDays)
	total("= sitrep remaining person-days, 18+")
	step("ages from the floor to 17 counted", younger)
	step("days in the month of people not discharged by its end", -notOut)
	step("days in the month of people who died", -died)
	step("days in the month of people transferred", -transferred)
	step("days in the month of ready periods before the last", -earlier)
	if noNight != 0 {
		step("days in the month of stays of no night", -noNight)
	}
	step("days before the month of people discharged in it", before)
	total("= DRD cohort bed days")
	return steps
}
