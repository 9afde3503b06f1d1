package national

import (
	"cmp"
	"slices"

	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Present is England's situation report of the providers as they stand, each on
// a day of its own, so that one whose list is late does not look empty.
type Present struct {
	// Days is the day of each provider that is counted.
	Days map[string]delay.Day
	// Now is counted on those days and Before a week earlier; Whole says that
	// every provider has a list from then, without which no change can be said.
	Now, Before Numbers
	Whole       bool
	// ReadyThatDay are those of Now whom a convention that leaves the ready day
	// out does not count yet.
	ReadyThatDay int
	// Reasons is Now by reason, GroupsBefore the people of Before by group.
	Reasons      []Situation
	GroupsBefore map[string]int
	// Pathways is the week between the two, by pathway, without First and Last.
	Pathways []PathwayFlow
}

// week is the days between Before and Now.
const week = 7

// PresentOn counts the situation report of the ledger, each provider on its day
// in days, as a asks of places and ages. leaves is the convention that ReadyThatDay
// is of.
func (l *Ledger) PresentOn(days map[string]delay.Day, defs *definition.Tables, a Asked, leaves *definition.Convention) Present {
	out := Present{Days: map[string]delay.Day{}, Whole: true, GroupsBefore: map[string]int{}}
	reasons := map[Key]*Numbers{}
	a.Evidence = l.Days
	var flows []PathwayFlow
	for _, provider := range l.Beds {
		day, ok := days[provider]
		if !ok {
			continue
		}
		out.Days[provider] = day
		out.Whole = out.Whole && l.Days[provider][0] <= day-week
		one := a
		one.Days, one.By = []delay.Day{day - week, day}, []Dimension{ByDay, ByReason}
		stays := l.Of([]string{provider}).Stays
		for _, n := range Situations(stays, defs, one) {
			if n.Day != day {
				out.Before.Add(n.Numbers)
				out.GroupsBefore[n.Group] += n.Remaining
				continue
			}
			out.Now.Add(n.Numbers)
			k := n.Only(ByReason)
			if reasons[k] == nil {
				reasons[k] = &Numbers{}
			}
			reasons[k].Add(n.Numbers)
		}
		out.ReadyThatDay += readyThatDay(stays, day, newGrouping(defs), one, leaves)
		for _, f := range PathwayFlows(stays, defs, one, [2]delay.Day{day - week + 1, day}) {
			f.First, f.Last = 0, 0 // Each provider has a week of its own.
			flows = append(flows, f)
		}
	}
	out.Pathways = sumFlows(flows)
	for k, n := range reasons {
		out.Reasons = append(out.Reasons, Situation{k, *n})
	}
	groups := newGrouping(defs)
	slices.SortFunc(out.Reasons, func(x, y Situation) int {
		return cmp.Or(cmp.Compare(groups.place(x.Group), groups.place(y.Group)), groups.compare(x.Reason, y.Reason))
	})
	return out
}

// readyThatDay counts the people remaining on a day that the convention does not
// count on it.
func readyThatDay(stays []Stay, day delay.Day, groups *grouping, a Asked, leaves *definition.Convention) int {
	n := 0
	for i := range stays {
		s := &stays[i]
		for j := range s.Periods {
			p := &s.Periods[j]
			if p != s.readyOn(day) || !s.remains(day, groups, a).kept {
				continue
			}
			span := s.span(j)
			span.Age = -1
			if from, to := p.within(day, day); leaves.Days(span, from, to) == 0 {
				n++
			}
		}
	}
	return n
}

// standing is how a person stands at the end of a day: whether they remain, and
// if so on which pathway and whether they are among those asked for.
type standing struct {
	remains, kept bool
	pathway       string
}

// remains says how a person stands at the end of a day, for which there is
// evidence.
func (s *Stay) remains(day delay.Day, groups *grouping, a Asked) standing {
	p := s.readyOn(day)
	if p == nil || !s.in(day) || !counted(p.Age, a.AgeFloor) {
		return standing{}
	}
	on := p.On(day)
	group, _ := groups.of(on.Reason)
	return standing{true, a.keeps(Key{day, s.Provider, on.Council, on.Pathway, group, on.Reason}), on.Pathway}
}

// PathwayFlow is how the count of people remaining changed on one pathway, from
// the end of the day before First to the end of Last: Start and who became
// ready, less who left or met the criteria again, and those who were moved here
// and from here, are End. Somebody who left on the day they became ready was
// waiting at the end of no day and is in none of it. Where a provider's lists
// begin after First, Start is of its first list.
type PathwayFlow struct {
	First, Last delay.Day
	// Pathway is empty where none is stated.
	Pathway                                    string
	Start, Ready, Left, MetAgain, In, Out, End int
}

// Net is how many more there are at the end than at the start.
func (f PathwayFlow) Net() int { return f.End - f.Start }

// Moved is how many more were moved here than from here.
func (f PathwayFlow) Moved() int { return f.In - f.Out }

// Gone is everybody who stopped waiting.
func (f PathwayFlow) Gone() int { return f.Left + f.MetAgain }

// Add adds the flow of another place.
func (f *PathwayFlow) Add(o PathwayFlow) {
	f.Start += o.Start
	f.Ready += o.Ready
	f.Left += o.Left
	f.MetAgain += o.MetAgain
	f.In += o.In
	f.Out += o.Out
	f.End += o.End
}

// PathwayFlows counts the flow of each period, given by its first and last day,
// by pathway; a says of which places, ages and reasons. Nothing moves outside
// the evidence (C2). Pathways on which nobody was are left out.
func PathwayFlows(stays []Stay, defs *definition.Tables, a Asked, periods ...[2]delay.Day) []PathwayFlow {
	groups := newGrouping(defs)
	var out []PathwayFlow
	for _, period := range periods {
		at := map[string]*PathwayFlow{}
		of := func(pathway string) *PathwayFlow {
			if at[pathway] == nil {
				at[pathway] = &PathwayFlow{First: period[0], Last: period[1], Pathway: pathway}
			}
			return at[pathway]
		}
		for i := range stays {
			if len(stays[i].Periods) > 0 {
				stays[i].flow(period[0]-1, period[1], groups, a, of)
			}
		}
		flows := make([]PathwayFlow, 0, len(at))
		for _, f := range at {
			flows = append(flows, *f)
		}
		out = append(out, sumFlows(flows)...)
	}
	return out
}

// flow adds one person's part, from the end of one day to that of another.
func (s *Stay) flow(before, last delay.Day, groups *grouping, a Asked, of func(string) *PathwayFlow) {
	if a.Evidence != nil {
		on := a.Evidence[s.Provider]
		if len(on) == 0 {
			return
		}
		before, last = max(before, on[0]), min(last, on[len(on)-1])
		if before > last {
			return
		}
	}
	was := s.remains(before, groups, a)
	if was.kept {
		of(was.pathway).Start++
	}
	for day := before + 1; day <= last; day++ {
		is := s.remains(day, groups, a)
		switch {
		case was == is:
		case !was.remains && is.kept:
			of(is.pathway).Ready++
		case !is.remains && was.kept && s.Out != 0 && s.Out <= day:
			of(was.pathway).Left++
		case !is.remains && was.kept:
			of(was.pathway).MetAgain++
		case was.remains && is.remains:
			// Another pathway, or another council or reason than is asked for.
			if was.kept {
				of(was.pathway).Out++
			}
			if is.kept {
				of(is.pathway).In++
			}
		}
		was = is
	}
	if was.kept {
		of(was.pathway).End++
	}
}

// sumFlows adds up flows of one period and pathway, in the order of periods and
// pathways; the one that is not stated is last.
func sumFlows(flows []PathwayFlow) []PathwayFlow {
	slices.SortStableFunc(flows, func(x, y PathwayFlow) int {
		return cmp.Or(cmp.Compare(x.First, y.First), cmp.Compare(known(x.Pathway), known(y.Pathway)))
	})
	var out []PathwayFlow
	for _, f := range flows {
		if n := len(out); n > 0 && out[n-1].First == f.First && out[n-1].Pathway == f.Pathway {
			out[n-1].Add(f)
			continue
		}
		out = append(out, f)
	}
	return out
}
