package call

import (
	"fmt"
	"slices"

	"homeward/internal/measure"
)

// wholeWeek says that a week is over and that no hospital's lists are missing
// altogether. Only such weeks are drawn and counted.
func wholeWeek(p measure.Flow) bool {
	return p.CalendarDays() == 7 && !slices.ContainsFunc(p.Missing, func(m measure.Gap) bool { return m.Days >= 7 })
}

// weeksOf gives the weeks of a flow as they are kept, of so many hospitals.
func weeksOf(g measure.FlowGroup, hospitals int) []Week {
	var out []Week
	for _, p := range g.Periods {
		absent := 0
		for _, m := range p.Missing {
			if m.Days >= p.CalendarDays() {
				absent++
			}
		}
		w := Week{From: Day(p.First), Start: p.Start, New: p.By[measure.Began], Ended: p.By[measure.Ended], End: p.Now,
			Whole: wholeWeek(p), Gaps: len(p.Missing) > 0, Lists: absent < hospitals}
		w.Other = w.End - w.Start - w.Net()
		out = append(out, w)
	}
	return out
}

// flowTitle says in how many of the whole weeks more people became ready than
// left, or the other way round when that is more often so, and how many in all.
func flowTitle(weeks []Week, where string) (title, subtitle string) {
	var began, ended int64
	more, fewer, n := 0, 0, 0
	for _, w := range weeks {
		if !w.Whole {
			continue
		}
		n++
		began, ended = began+w.New, ended+w.Ended
		switch {
		case w.Net() > 0:
			more++
		case w.Net() < 0:
			fewer++
		}
	}
	if n == 0 {
		return "No week is over and whole yet", ""
	}
	finding := fmt.Sprintf("More people became ready than left%s in %d of %s", where, more, plural(int64(n), "week", "weeks"))
	if fewer > more {
		finding = fmt.Sprintf("More people left than became ready%s in %d of %s", where, fewer, plural(int64(n), "week", "weeks"))
	}
	net := began - ended
	sum := "as many in all"
	switch {
	case net > 0:
		sum = whole(net) + " more in all"
	case net < 0:
		sum = whole(-net) + " fewer in all"
	}
	subtitle = whole(began) + " new less " + whole(ended) + " ended = " + measure.Signed(net)
	if n < len(weeks) {
		subtitle += ", in the " + plural(int64(n), "week that is whole", "weeks that are whole")
	}
	if slices.ContainsFunc(weeks, func(w Week) bool { return w.Whole && w.Gaps }) {
		subtitle += ". ▲ lists of some days are missing"
	}
	return fit(finding+": "+sum, finding), subtitle
}
