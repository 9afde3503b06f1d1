package national

import (
	"cmp"
	"fmt"
	"slices"

	"homeward/internal/delay"
)

// numbers are the columns of a situation report's numbers, in their order. The
// one without a place is a sum of others.
var numbers = func() []numberColumn {
	out := []numberColumn{
		{"remaining", func(n *Numbers) *int { return &n.Remaining }},
		{"discharged", nil},
		{"discharged_dated", func(n *Numbers) *int { return &n.DischargedDated }},
		{"discharged_blank_date", func(n *Numbers) *int { return &n.DischargedBlank }},
		{"died", func(n *Numbers) *int { return &n.Died }},
		{"transferred", func(n *Numbers) *int { return &n.Transferred }},
		{"zero_night", func(n *Numbers) *int { return &n.ZeroNight }},
	}
	for _, what := range []struct {
		name string
		at   func(*Numbers) *[3]int
	}{
		{"people_stay", func(n *Numbers) *[3]int { return &n.Stay }},
		{"people_since_ready", func(n *Numbers) *[3]int { return &n.SinceReady }},
		{"extra_days_stay", func(n *Numbers) *[3]int { return &n.ExtraDays }},
	} {
		for i, days := range Thresholds {
			out = append(out, numberColumn{fmt.Sprintf("%s_%dplus", what.name, days), func(n *Numbers) *int { return &what.at(n)[i] }})
		}
	}
	return append(out,
		numberColumn{"admission_not_known", func(n *Numbers) *int { return &n.NoAdmission }},
		numberColumn{"internal", func(n *Numbers) *int { return &n.Internal }},
		numberColumn{"internal_over_48_hours", func(n *Numbers) *int { return &n.InternalOver }},
		numberColumn{"internal_2_days_or_more", func(n *Numbers) *int { return &n.InternalNear }})
}()

type numberColumn struct {
	name string
	at   func(*Numbers) *int
}

// NumberNames name the numbers of a situation report as the columns of its
// files do, in their order.
func NumberNames() []string {
	out := make([]string, len(numbers))
	for i, c := range numbers {
		out[i] = c.name
	}
	return out
}

// Values gives the numbers in the order of NumberNames.
func (n Numbers) Values() []int {
	out := make([]int, len(numbers))
	for i, c := range numbers {
		if c.at == nil {
			out[i] = n.Discharged()
		} else {
			out[i] = *c.at(&n)
		}
	}
	return out
}

// Named gives by their names the numbers that are not 0, for NumbersOf to read.
func (n Numbers) Named() map[string]int {
	out := map[string]int{}
	for i, v := range n.Values() {
		if v != 0 {
			out[numbers[i].name] = v
		}
	}
	return out
}

// NumbersOf reads what Named gives.
func NumbersOf(named map[string]int) Numbers {
	var n Numbers
	for _, c := range numbers {
		if c.at != nil {
			*c.at(&n) = named[c.name]
		}
	}
	return n
}

// Leaving is what the discharge ready date statistic counts of the people who
// left one provider on one day.
type Leaving struct {
	Provider string
	Day      delay.Day
	Discharges
}

// Leavings counts the discharge ready date statistic of a month by provider and
// day of leaving: added up they are ReadyDates of that month.
func Leavings(stays []Stay, month delay.Month, floor int) []Leaving {
	type key struct {
		provider string
		day      delay.Day
	}
	at := map[key]*Leaving{}
	for i := range stays {
		s := &stays[i]
		if s.Out == 0 || s.Out.Month() != month {
			continue
		}
		k := key{s.Provider, s.Out}
		if at[k] == nil {
			at[k] = &Leaving{Provider: s.Provider, Day: s.Out, Discharges: Discharges{Month: month, AgeFloor: floor}}
		}
		at[k].leave(s.waited(floor))
	}
	out := make([]Leaving, 0, len(at))
	for _, l := range at {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b Leaving) int { return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Day, b.Day)) })
	return out
}
