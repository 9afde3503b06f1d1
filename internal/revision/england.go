package revision

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
)

// England is England's counts of a closed month beside the same counts now.
type England struct {
	// Figures are the totals, and the places in which a count is another now.
	Figures []Figure
	// Averages follow from the discharges.
	Averages []Average
}

// Average is a mean or a share of a closed month's discharges and the same now,
// nothing where there is nothing to divide by.
type Average struct {
	Name     string
	Then, Is *float64
	// Share says that it is a share, shown in per cent; else it is in days.
	Share bool
}

// Changed says whether anything is another now.
func (e *England) Changed() bool {
	return e != nil && (slices.ContainsFunc(e.Figures, func(f Figure) bool { return f.By != nil }) ||
		slices.ContainsFunc(e.Averages, Average.Changed))
}

// Changed says whether it is another now.
func (a Average) Changed() bool {
	return (a.Then == nil) != (a.Is == nil) || a.Then != nil && *a.Then != *a.Is
}

// Follows says why an average is another now.
const Follows = "It follows from the discharges and bed days"

// Lines are the figures and averages in words.
func (e *England) Lines() []Line {
	out := make([]Line, 0, len(e.Figures)+len(e.Averages))
	for _, a := range e.Averages {
		out = append(out, a.line())
	}
	for _, f := range e.Figures {
		out = append(out, Line{f.Name, measure.Whole(f.Then), measure.Whole(f.Now), measure.Signed(f.Now - f.Then), f.Words()})
	}
	return out
}

func (a Average) line() Line {
	const none = "Not applicable"
	words := func(v *float64) string {
		switch {
		case v == nil:
			return none
		case a.Share:
			return measure.Decimal(100**v) + "%"
		}
		return fmt.Sprintf("%.2f", *v)
	}
	out := Line{a.Name, words(a.Then), words(a.Is), none, Follows}
	if a.Then != nil && a.Is != nil {
		if d := *a.Is - *a.Then; a.Share {
			out.Difference = sharePoints(100 * d)
		} else {
			out.Difference = strings.NewReplacer("+0.00", "0.00", "-0.00", "0.00", "-", "−").Replace(fmt.Sprintf("%+.2f", d))
		}
	}
	if !a.Changed() {
		out.Why = "No change"
	}
	return out
}

// leftCounts are what is compared of each provider's day of leaving, and
// dayCounts of each provider's day of the situation report.
var (
	leftCounts = []struct {
		name string
		of   func(closing.LeavingDay) int
	}{
		{"Discharges counted", func(d closing.LeavingDay) int { return d.Discharges }},
		{"Discharges on the ready date", func(d closing.LeavingDay) int { return d.SameDay }},
		{"Bed days of the discharges", func(d closing.LeavingDay) int { return d.BedDays }},
		{"Discharges left out", func(d closing.LeavingDay) int { return d.LeftOut }},
	}
	dayCounts = func() []dayCount {
		out := []dayCount{{"People remaining, person-days", func(n national.Numbers) int { return n.Remaining }},
			{"People who left while ready", national.Numbers.Discharged}}
		for i, days := range national.Thresholds {
			out = append(out, dayCount{fmt.Sprintf("Remaining %d days or more since admission, person-days", days),
				func(n national.Numbers) int { return n.Stay[i] }})
		}
		for i, days := range national.Thresholds {
			out = append(out, dayCount{fmt.Sprintf("Remaining %d days or more since ready, person-days", days),
				func(n national.Numbers) int { return n.SinceReady[i] }})
		}
		return out
	}()
)

type dayCount struct {
	name string
	of   func(national.Numbers) int
}

// places are the dimensions by which the places of a difference are named.
var places = []national.Dimension{national.ByProvider, national.ByCouncil, national.ByPathway, national.ByGroup, national.ByReason}

// england compares England's counts. Every difference has one cause for each
// hospital's day.
func (c Closed) england(evidence Evidence, settings bool) (*England, error) {
	now := c.EnglandNow
	if now == nil {
		now = &closing.England{Month: c.England.Month}
	} else {
		settings = settings || now.ReadyDate.AgeFloor != c.England.ReadyDate.AgeFloor || now.Report.AgeFloor != c.England.Report.AgeFloor
	}
	why := func(at Spot) (Cause, string) {
		cause, code := evidence.Why(at), evidence.of(at)
		switch {
		case cause == LaterWords && c.Joined:
			return OtherPeople, code
		case cause == LaterWords && settings:
			return OtherRules, code
		}
		return cause, code
	}
	out := &England{}
	if err := c.leavings(out, now, func(at Spot) (Cause, string) {
		// Who leaves is seen on that day's list and on the one before, if that is one
		// of the month: the evidence is that of its days.
		return why(evidence.ofEvent(at))
	}); err != nil {
		return nil, err
	}
	if err := c.report(out, now, why); err != nil {
		return nil, err
	}
	return out, c.averages(out, now)
}

// EnglandMoved says whether England's counts that the month was closed with are
// others now, as Revise says it with the causes.
func (c Closed) EnglandMoved() (bool, error) {
	e, err := c.england(Evidence{}, false)
	return e.Changed(), err
}

// hospital names one.
func (c Closed) hospital(code string) string {
	if name := c.England.Named(code); name != code {
		return name
	}
	return c.Names.ProviderWords(code)
}

// pairs are counts of each spot, then and now.
type pairs map[Spot][2]int

func (p pairs) add(at Spot, when, n int) {
	both := p[at]
	both[when] += n
	p[at] = both
}

// figure adds up a count of each spot. why gives its cause, and the provider's
// other code of whose file it is.
func (c Closed) figure(name string, of pairs, why func(Spot) (Cause, string)) Figure {
	f := Figure{Name: name}
	for at, both := range of {
		cause, code := why(at)
		f.Add(cause, withCode(c.hospital(at.Provider), code), int64(both[0]), int64(both[1]))
	}
	return f
}

// leavings compares the discharges of each day of leaving.
func (c Closed) leavings(out *England, now *closing.England, why func(Spot) (Cause, string)) error {
	of := make([]pairs, len(leftCounts))
	by := make([]map[string]pairs, len(leftCounts))
	for i := range leftCounts {
		of[i], by[i] = pairs{}, map[string]pairs{}
	}
	for when, e := range []*closing.England{c.England, now} {
		for _, d := range e.ReadyDate.Days {
			day, err := delay.ParseDay(d.Day)
			if err != nil {
				return err
			}
			at := Spot{c.Content.Into(d.Provider), day}
			for i, one := range leftCounts {
				of[i].add(at, when, one.of(d))
				if by[i][at.Provider] == nil {
					by[i][at.Provider] = pairs{}
				}
				by[i][at.Provider].add(at, when, one.of(d))
			}
		}
	}
	for i, one := range leftCounts {
		out.Figures = append(out.Figures, c.figure(one.name, of[i], why))
		for _, code := range slices.Sorted(maps.Keys(by[i])) {
			if f := c.figure(one.name+", "+c.hospital(code), by[i][code], why); f.By != nil {
				out.Figures = append(out.Figures, f)
			}
		}
	}
	return nil
}

// report compares the situation report of each day.
func (c Closed) report(out *England, now *closing.England, why func(Spot) (Cause, string)) error {
	of := make([]pairs, len(dayCounts))
	for i := range dayCounts {
		of[i] = pairs{}
	}
	// The people who remain and those who left, by each place.
	const placed = 2
	by := make([]map[national.Key]pairs, placed*len(places))
	for i := range by {
		by[i] = map[national.Key]pairs{}
	}
	for when, e := range []*closing.England{c.England, now} {
		rows, err := e.Situations()
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.Provider = c.Content.Into(row.Provider)
			at := Spot{row.Provider, row.Day}
			for i, one := range dayCounts {
				of[i].add(at, when, one.of(row.Numbers))
			}
			for i := range by {
				k := row.Only(places[i/placed])
				if by[i][k] == nil {
					by[i][k] = pairs{}
				}
				by[i][k].add(at, when, dayCounts[i%placed].of(row.Numbers))
			}
		}
	}
	for i, one := range dayCounts {
		out.Figures = append(out.Figures, c.figure(one.name, of[i], why))
		for j := range by {
			if i >= placed || j%placed != i {
				continue
			}
			var moved []Figure
			for k, spots := range by[j] {
				if f := c.figure(one.name+", "+c.Place(places[j/placed], k), spots, why); f.By != nil {
					moved = append(moved, f)
				}
			}
			slices.SortFunc(moved, func(a, b Figure) int { return cmp.Compare(a.Name, b.Name) })
			out.Figures = append(out.Figures, moved...)
		}
	}
	return nil
}

// averages sets the averages of all discharges, and of each place in which one is
// another now, beside each other.
func (c Closed) averages(out *England, now *closing.England) error {
	type place struct {
		by   national.Dimension // empty for all
		code string
	}
	at := map[place]*[2]national.Discharges{{}: {}}
	for when, e := range []*closing.England{c.England, now} {
		rows, _, err := e.Discharges()
		if err != nil {
			return err
		}
		for _, d := range rows {
			var k place
			switch by := national.Dimension(d.By); by {
			case national.ByProvider:
				k = place{by, c.Content.Into(d.Code)}
			case national.ByCouncil:
				k = place{by, d.Code}
			}
			if at[k] == nil {
				at[k] = &[2]national.Discharges{}
			}
			at[k][when].Add(d)
		}
	}
	keys := slices.SortedFunc(maps.Keys(at), func(a, b place) int {
		return cmp.Or(cmp.Compare(slices.Index(places, a.by), slices.Index(places, b.by)), cmp.Compare(a.code, b.code))
	})
	for _, k := range keys {
		words := ""
		switch k.by {
		case national.ByCouncil:
			words = ", " + c.Place(k.by, national.Key{Council: delay.Council(k.code)})
		case national.ByProvider:
			words = ", " + c.hospital(k.code)
		}
		was, is := at[k][0], at[k][1]
		for _, one := range []Average{
			{"Average discharge delay" + words, over(was.BedDays, was.Discharges), over(is.BedDays, is.Discharges), false},
			{"Left on the ready date" + words, over(was.SameDay, was.Discharges), over(is.SameDay, is.Discharges), true},
			{"Mean days of those who left later" + words, over(was.BedDays, was.Delayed()), over(is.BedDays, is.Delayed()), false},
		} {
			if k.by == "" || one.Changed() {
				out.Averages = append(out.Averages, one)
			}
		}
	}
	return nil
}

func over(a, b int) *float64 {
	if b == 0 {
		return nil
	}
	v := float64(a) / float64(b)
	return &v
}
