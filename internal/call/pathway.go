package call

import (
	"context"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// Pathway is a way out of hospital: its code, a number, and its name in words.
type Pathway struct{ Code, Name string }

// PathwayFlow is how the count of people delayed changed, by where they are
// going. A pathway is empty for people of whom the log does not say.
type PathwayFlow struct {
	// Start is the people delayed on the day before the first.
	Start  map[string]int64
	Events []PathwayEvent
}

// PathwayEvent is people of one kind of event on one day on one pathway. There
// are no moves: somebody's pathway is the one that was said last.
type PathwayEvent struct {
	Day     delay.Day
	Kind    measure.EventKind
	Pathway string
	People  int64
}

// pathwayGroup is the flow of the people on one pathway, or with an empty code
// of those whose pathway is not decided or not known.
type pathwayGroup struct {
	Pathway
	group measure.FlowGroup
	// In more of the weeks that are whole more people became ready than left.
	more, weeks int
}

// pathwayGroups are the flows of every pathway that somebody was on, those
// without one last; nil when the log names none.
type pathwayGroups []pathwayGroup

// pathways splits the flow of everybody by pathway, with the same weeks.
func (m *maker) pathways(ctx context.Context, f measure.Flows) (pathwayGroups, error) {
	if len(m.set.Pathways) == 0 || len(f.Groups) == 0 {
		return nil, nil
	}
	all := f.Groups[0]
	said, err := m.src.PathwayFlow(ctx, all.Whole.First, all.Whole.Last)
	if err != nil {
		return nil, err
	}
	out := make(pathwayGroups, len(m.set.Pathways)+1)
	at := func(code string) *pathwayGroup {
		i := slices.IndexFunc(m.set.Pathways, func(p Pathway) bool { return p.Code == code })
		if i < 0 {
			i = len(m.set.Pathways)
		}
		return &out[i]
	}
	for i := range out {
		if i < len(m.set.Pathways) {
			out[i].Pathway = m.set.Pathways[i]
		}
		for _, p := range all.Periods {
			out[i].group.Periods = append(out[i].group.Periods, measure.Flow{Period: p.Period, Cell: p.Cell})
		}
	}
	for code, n := range said.Start {
		at(code).group.Whole.Start += n
	}
	for _, e := range said.Events {
		g := &at(e.Pathway).group
		if i := slices.IndexFunc(g.Periods, func(p measure.Flow) bool { return p.First <= e.Day && e.Day <= p.Last }); i >= 0 {
			g.Periods[i].By[e.Kind] += e.People
			g.Whole.By[e.Kind] += e.People
		}
	}
	for i := range out {
		out[i].sum(all.Whole)
	}
	known := false
	for _, g := range out[:len(m.set.Pathways)] {
		known = known || !g.empty()
	}
	if !known {
		return nil, nil
	}
	return slices.DeleteFunc(out, pathwayGroup.empty), nil
}

// sum fills in the counts between the events and counts the weeks.
func (g *pathwayGroup) sum(all measure.Flow) {
	w := &g.group.Whole
	w.First, w.Last, w.Now = all.First, all.Last, w.Start
	for i := range g.group.Periods {
		p := &g.group.Periods[i]
		p.Start = w.Now
		for _, k := range measure.EventKinds {
			if k.Adds() {
				w.Now += p.By[k]
			} else {
				w.Now -= p.By[k]
			}
		}
		p.Now = w.Now
		if wholeWeek(*p) {
			g.weeks++
			if p.By[measure.Began] > p.By[measure.Ended] {
				g.more++
			}
		}
	}
}

func (g pathwayGroup) empty() bool {
	return g.group.Whole.Start == 0 && g.group.Whole.By == measure.Flow{}.By
}

// enough is the tenths of those who became ready, and of those who left, of
// whom the pathway must be known before pathways are compared. People are
// logged while they wait: where few who left were logged, every pathway would
// seem to fill up.
const enough = 8

// compared says whether the pathway is known of enough people.
func (all pathwayGroups) compared() bool {
	for _, k := range [...]measure.EventKind{measure.Began, measure.Ended} {
		if known, n := all.known(k); known*10 < n*enough {
			return false
		}
	}
	return len(all) > 0
}

// known gives the people of a kind of event whose pathway is known, and all.
func (all pathwayGroups) known(k measure.EventKind) (known, everybody int64) {
	for _, g := range all {
		if g.Code != "" {
			known += g.group.Whole.By[k]
		}
		everybody += g.group.Whole.By[k]
	}
	return known, everybody
}

// most is the known pathway on which more people became ready than left in most
// weeks, if that is over half of them, else nil (T11).
func (all pathwayGroups) most() *pathwayGroup {
	if !all.compared() {
		return nil
	}
	var out *pathwayGroup
	grew := func(g *pathwayGroup) int64 { return g.group.Whole.By[measure.Began] - g.group.Whole.By[measure.Ended] }
	for i := range all {
		g := &all[i]
		if g.Code == "" || g.more*2 <= g.weeks {
			continue
		}
		if out == nil || g.more > out.more || g.more == out.more && grew(g) > grew(out) {
			out = g
		}
	}
	return out
}

// words says how many were new and ended on each pathway, which add up to
// everybody, or that too little is known of the pathways.
func (all pathwayGroups) words() []string {
	if len(all) == 0 {
		return nil
	}
	if !all.compared() {
		began, allBegan := all.known(measure.Began)
		ended, allEnded := all.known(measure.Ended)
		return []string{"The pathway is known of " + whole(began) + " of " + whole(allBegan) + " new and of " + whole(ended) + " of " +
			whole(allEnded) +
			" ended: too few to compare pathways."}
	}
	var parts []string
	for _, g := range all {
		name := "Not decided or not known"
		if g.Code != "" {
			name = "Pathway " + g.Code
		}
		parts = append(parts, name+": "+whole(g.group.Whole.By[measure.Began])+" new, "+whole(g.group.Whole.By[measure.Ended])+" ended")
	}
	return []string{strings.Join(parts, ". ") + "."}
}
