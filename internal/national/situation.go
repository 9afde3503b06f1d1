package national

import (
	"cmp"
	"slices"

	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Dimension is what a situation report is broken down by.
type Dimension string

// The dimensions of a situation report, in the order of its columns.
const (
	ByDay      Dimension = "day"
	ByProvider Dimension = "provider"
	ByCouncil  Dimension = "council"
	ByPathway  Dimension = "pathway"
	ByGroup    Dimension = "group"
	ByReason   Dimension = "reason"
)

// Dimensions lists them.
var Dimensions = []Dimension{ByDay, ByProvider, ByCouncil, ByPathway, ByGroup, ByReason}

// Key is where a number of a situation report stands. What the report is not
// broken down by is empty.
type Key struct {
	Day      delay.Day
	Provider string
	Council  delay.Council
	Pathway  string
	Group    string
	Reason   delay.Reason
}

// Numbers are what the situation report counts of one day (D6); added over
// several days they are person-days.
type Numbers struct {
	// Remaining are people who are ready on or before the day and not out by its
	// end.
	Remaining int
	// DischargedDated and DischargedBlank left the day while ready, with a ready
	// date and with a blank one; Died, Transferred and ZeroNight stand beside
	// them, as in Daily.
	DischargedDated, DischargedBlank, Died, Transferred, ZeroNight int
	// Stay counts those remaining by days since admission, SinceReady by days
	// since the ready date: 7, 14 and 21 or more, nested. ExtraDays are the days
	// past the ready date of the first. NoAdmission are those remaining whose
	// admission is not known.
	Stay, SinceReady, ExtraDays [3]int
	NoAdmission                 int
	// Internal are those remaining whose reason is of a group that is the
	// hospital's own process, InternalOver those of them who have been ready for
	// more than 48 hours, and InternalNear those who have for 2 days or more: a
	// date alone does not say the hour.
	Internal, InternalOver, InternalNear int
}

// InternalDays is how many days after the ready date are more than 48 hours
// where only dates are known, as Wales's census is read.
const InternalDays = 3

// Discharged is everybody who left while ready.
func (n Numbers) Discharged() int { return n.DischargedDated + n.DischargedBlank }

// Add adds numbers of another day or place.
func (n *Numbers) Add(m Numbers) {
	n.Remaining += m.Remaining
	n.DischargedDated += m.DischargedDated
	n.DischargedBlank += m.DischargedBlank
	n.Died += m.Died
	n.Transferred += m.Transferred
	n.ZeroNight += m.ZeroNight
	for i := range n.Stay {
		n.Stay[i] += m.Stay[i]
		n.SinceReady[i] += m.SinceReady[i]
		n.ExtraDays[i] += m.ExtraDays[i]
	}
	n.NoAdmission += m.NoAdmission
	n.Internal += m.Internal
	n.InternalOver += m.InternalOver
	n.InternalNear += m.InternalNear
}

// Situation is one row of a situation report.
type Situation struct {
	Key
	Numbers
}

// Asked is what a situation report is asked for.
type Asked struct {
	// Days are counted, in any order.
	Days []delay.Day
	// AgeFloor leaves out who is younger at the ready date.
	AgeFloor int
	By       []Dimension
	// Evidence are each provider's extract dates: nothing is counted of a
	// provider before its first and after its last (C2). Nil bounds nothing.
	Evidence map[string]delay.Calendar
	// Councils, Pathways, Groups and Reasons are counted alone where any are
	// named. The empty one is what is not known.
	Councils []delay.Council
	Pathways []string
	Groups   []string
	Reasons  []delay.Reason
}

func (a Asked) keeps(k Key) bool {
	return keeps(a.Councils, k.Council) && keeps(a.Pathways, k.Pathway) && keeps(a.Groups, k.Group) && keeps(a.Reasons, k.Reason)
}

// evident says whether there is evidence of the provider on the day.
func (a Asked) evident(provider string, day delay.Day) bool {
	on := a.Evidence[provider]
	return a.Evidence == nil || len(on) > 0 && on[0] <= day && day <= on[len(on)-1]
}

func keeps[T comparable](named []T, one T) bool {
	return len(named) == 0 || slices.Contains(named, one)
}

// Situations counts a situation report of the stays, in the order of its
// columns; groups of reasons in the order of their tables. Rows in which
// nothing is counted are left out.
func Situations(stays []Stay, defs *definition.Tables, a Asked) []Situation {
	groups := newGrouping(defs)
	at := map[Key]*Numbers{}
	add := func(k Key, n Numbers) {
		k.Group, _ = groups.of(k.Reason)
		if !a.keeps(k) {
			return
		}
		k = k.by(a.By)
		if at[k] == nil {
			at[k] = &Numbers{}
		}
		at[k].Add(n)
	}
	wanted := map[delay.Day]bool{}
	for _, day := range a.Days {
		wanted[day] = true
	}
	for i := range stays {
		s := &stays[i]
		for _, day := range a.Days {
			p := s.readyOn(day)
			if p == nil || !s.in(day) || !counted(p.Age, a.AgeFloor) || !a.evident(s.Provider, day) {
				continue
			}
			on := p.On(day)
			k := Key{day, s.Provider, on.Council, on.Pathway, "", on.Reason}
			_, internal := groups.of(on.Reason)
			add(k, s.remaining(p, day, internal))
		}
		if wanted[s.Out] && counted(s.ageAtReady(), a.AgeFloor) && a.evident(s.Provider, s.Out) {
			on := s.leaving()
			add(Key{s.Out, s.Provider, on.Council, on.Pathway, "", on.Reason}, s.left())
		}
	}
	out := make([]Situation, 0, len(at))
	for k, n := range at {
		out = append(out, Situation{k, *n})
	}
	slices.SortFunc(out, func(x, y Situation) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.Council, y.Council),
			cmp.Compare(known(x.Pathway), known(y.Pathway)), cmp.Compare(groups.place(x.Group), groups.place(y.Group)),
			cmp.Compare(x.Group, y.Group), groups.compare(x.Reason, y.Reason))
	})
	return out
}

// Only keeps of a key one thing that it is broken down by.
func (k Key) Only(d Dimension) Key { return k.by([]Dimension{d}) }

// by keeps of a key what is broken down by.
func (k Key) by(dims []Dimension) Key {
	var out Key
	for _, d := range dims {
		switch d {
		case ByDay:
			out.Day = k.Day
		case ByProvider:
			out.Provider = k.Provider
		case ByCouncil:
			out.Council = k.Council
		case ByPathway:
			out.Pathway = k.Pathway
		case ByGroup:
			out.Group = k.Group
		case ByReason:
			out.Reason, out.Group = k.Reason, k.Group
		}
	}
	return out
}

// remaining are the numbers of one person who remains at the end of the day.
func (s *Stay) remaining(p *Period, day delay.Day, internal bool) Numbers {
	n := Numbers{Remaining: 1}
	since := int(day - p.Ready)
	for i, days := range Thresholds {
		if s.Admitted != 0 && int(day-s.Admitted) >= days {
			n.Stay[i], n.ExtraDays[i] = 1, since
		}
		if since >= days {
			n.SinceReady[i] = 1
		}
	}
	if s.Admitted == 0 {
		n.NoAdmission = 1
	}
	if internal {
		n.Internal = 1
		if since >= InternalDays {
			n.InternalOver = 1
		}
		if since >= InternalDays-1 {
			n.InternalNear = 1
		}
	}
	return n
}

// left are the numbers of one person on the day of leaving.
func (s *Stay) left() Numbers {
	switch {
	case s.How == Died:
		return Numbers{Died: 1}
	case s.How == Transferred:
		return Numbers{Transferred: 1}
	case s.zeroNight():
		return Numbers{ZeroNight: 1}
	case s.dated():
		return Numbers{DischargedDated: 1}
	default:
		return Numbers{DischargedBlank: 1}
	}
}

// leaving is what stood of a person when they left.
func (s *Stay) leaving() Step {
	on := Step{Council: s.Council, Pathway: s.Pathway}
	if s.dated() {
		p := s.Periods[len(s.Periods)-1]
		last := p.On(p.End)
		on.Reason = last.Reason
		on.Pathway, on.Council = cmp.Or(on.Pathway, last.Pathway), cmp.Or(on.Council, last.Council)
	}
	return on
}

// grouping gives the groups of reasons as the code sets have them.
type grouping struct {
	defs  *definition.Tables
	kept  map[delay.Reason]groupOf
	order []string
}

type groupOf struct {
	group    string
	internal bool
	place    int
}

func newGrouping(defs *definition.Tables) *grouping {
	g := &grouping{defs: defs, kept: map[delay.Reason]groupOf{}}
	for _, set := range defs.CodeSets {
		for _, name := range set.Groups {
			if !slices.Contains(g.order, name) {
				g.order = append(g.order, name)
			}
		}
	}
	return g
}

func (g *grouping) find(key delay.Reason) groupOf {
	one, ok := g.kept[key]
	if !ok {
		if set, code, found := g.defs.Reason(key, latest); found {
			one = groupOf{code.Group, slices.Contains(set.Internal, code.Group), 1 + slices.IndexFunc(set.Codes,
				func(c definition.Code) bool { return c.Code == code.Code })}
		}
		g.kept[key] = one
	}
	return one
}

// latest asks for a code as it was last worded: its group does not change.
const latest = delay.Day(1 << 30)

func (g *grouping) of(key delay.Reason) (group string, internal bool) {
	one := g.find(key)
	return one.group, one.internal
}

// place is that of a group among all, those without a name last.
func (g *grouping) place(group string) int {
	if i := slices.Index(g.order, group); i >= 0 {
		return i
	}
	return len(g.order)
}

func (g *grouping) compare(a, b delay.Reason) int {
	if (a == "") != (b == "") {
		if a == "" {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(g.find(a).place, g.find(b).place), cmp.Compare(a, b))
}
