package measure

import (
	"cmp"
	"context"
	"slices"

	"homeward/internal/delay"
)

// Spell is waits alike: same first and last delayed day, and same cell by what
// was recorded last. Fields that the query's By does not name are zero.
type Spell struct {
	Cell
	First, Last delay.Day
	// Delayed is the delayed days from First to Last: all of them but paused
	// ones.
	Delayed int
	// Open says that the wait had not ended by the provider's latest extract.
	Open   bool
	People int64
}

// Ended is the day that the wait's end is dated with: the day after its last
// delayed day, as in flows. Zero while it is open.
func (s Spell) Ended() delay.Day {
	if s.Open {
		return 0
	}
	return s.Last + 1
}

// Quantiles are the middle and the nine-in-ten point of some waits, in days.
type Quantiles struct {
	People          int64
	Middle, NineTen float64
}

// quantiles takes the middle as the mean of the two middle values when their
// number is even, and nine in ten as the least number of days that nine in ten
// waits do not exceed.
func quantiles(waits []wait) Quantiles {
	w := slices.Clone(waits)
	slices.SortFunc(w, func(a, b wait) int { return cmp.Compare(a.days, b.days) })
	var q Quantiles
	for _, x := range w {
		q.People += x.n
	}
	if q.People == 0 {
		return q
	}
	at := func(k int64) float64 { // the k-th smallest, from 1
		for _, x := range w {
			if k -= x.n; k <= 0 {
				return float64(x.days)
			}
		}
		return 0
	}
	q.Middle = (at((q.People+1)/2) + at(q.People/2+1)) / 2
	q.NineTen = at((q.People*9 + 9) / 10)
	return q
}

// Lengths is how long waits last: those that ended in a period, and the part
// of those that began in it who still waited after so many days.
type Lengths struct {
	From, To, AsAt delay.Day
	Filter         Filter
	// Ended counts the waits that ended in the period by their days; Ended[0]
	// is those of one day.
	Ended []int64
	// EndedQuantiles are of those; OpenQuantiles of the people waiting on the
	// last day, by the days waited so far. The two are never mixed.
	EndedQuantiles, OpenQuantiles Quantiles
	// AtLeast counts the ended waits of 7, 14 and 21 days or more, OpenAtLeast
	// those of people waiting on the last day.
	AtLeast, OpenAtLeast [3]int64
	// Survival holds, for each number of days from 0, the estimated part of the
	// waits that began in the period and lasted longer, allowing for waits that
	// are still open (Kaplan and Meier). It ends where fewer than LeastAtRisk
	// waits are left to tell. Begun is their number.
	Survival []float64
	Begun    int64
}

// LeastAtRisk is the fewest waits on which a point of the survival curve may
// stand: below it one person moves the curve by a tenth or more.
const LeastAtRisk = 10

// Bands are the days waited that are counted apart.
var Bands = [3]int{7, 14, 21}

// MakeLengths works out how long waits last that began or ended from from to
// to.
func MakeLengths(ctx context.Context, src TrendSource, f Filter, from, to, asAt delay.Day) (Lengths, error) {
	l := Lengths{From: from, To: to, AsAt: asAt, Filter: f}
	spells, err := src.Spells(ctx, Query{From: from, To: to, By: []Dimension{ByDay}, Filter: f})
	if err != nil {
		return l, err
	}
	var ended, open []wait
	type risk struct{ ends, leaves int64 }
	byDays := map[int]*risk{}
	longest := 0
	for _, s := range spells {
		n := s.Delayed
		if e := s.Ended(); e >= from && e <= to {
			ended = append(ended, wait{n, s.People})
			for len(l.Ended) < n {
				l.Ended = append(l.Ended, 0)
			}
			l.Ended[n-1] += s.People
			for i, band := range Bands {
				if n >= band {
					l.AtLeast[i] += s.People
				}
			}
		}
		if s.First <= to && s.Last >= to {
			soFar := n - int(s.Last-to)
			open = append(open, wait{soFar, s.People})
			for i, band := range Bands {
				if soFar >= band {
					l.OpenAtLeast[i] += s.People
				}
			}
		}
		if s.First < from || s.First > to {
			continue
		}
		l.Begun += s.People
		longest = max(longest, n)
		if byDays[n] == nil {
			byDays[n] = &risk{}
		}
		if s.Open {
			byDays[n].leaves += s.People
		} else {
			byDays[n].ends += s.People
		}
	}
	l.EndedQuantiles, l.OpenQuantiles = quantiles(ended), quantiles(open)
	left, part := l.Begun, 1.0
	if left >= LeastAtRisk {
		l.Survival = append(l.Survival, 1)
	}
	for n := 1; n <= longest && left >= LeastAtRisk; n++ {
		if r := byDays[n]; r != nil {
			part *= 1 - float64(r.ends)/float64(left)
			left -= r.ends + r.leaves
		}
		l.Survival = append(l.Survival, part)
	}
	return l, nil
}

// Weekday is one day of the week: how many people become delayed and leave on
// such a day, on average.
type Weekday struct {
	// Days is the number of such days with every extract; events of other days
	// are left out, because an end is dated by the first extract that shows it.
	Days                  int
	Began, Ended, Waiting int64
}

// Weekdays gives Monday to Sunday from from to to, over days whose extract and
// whose day before's extract every asked provider sent.
func Weekdays(ctx context.Context, src TrendSource, f Filter, from, to delay.Day) ([7]Weekday, error) {
	var out [7]Weekday
	stand, err := src.ProviderDays(ctx, 0, to)
	if err != nil {
		return out, err
	}
	complete := func(d delay.Day) bool {
		any := false
		for _, p := range stand {
			if !f.asks(p.Code) || p.First == 0 || p.First > d-1 {
				continue
			}
			any = true
			for _, day := range [...]delay.Day{d - 1, d} {
				if !p.Whole(day) {
					return false
				}
			}
		}
		return any
	}
	whole := map[delay.Day]bool{}
	for d := from; d <= to; d++ {
		if complete(d) {
			whole[d] = true
			out[d%7].Days++
		}
	}
	events, err := src.Events(ctx, Query{From: from, To: to, By: []Dimension{ByDay}, Filter: f})
	if err != nil {
		return out, err
	}
	for _, e := range events {
		switch {
		case !whole[e.Day]:
		case e.Kind == Began:
			out[e.Day%7].Began += e.People
		case e.Kind == Ended:
			out[e.Day%7].Ended += e.People
		}
	}
	cells, err := src.Cells(ctx, Query{From: from, To: to, By: []Dimension{ByDay}, Filter: f})
	if err != nil {
		return out, err
	}
	for _, c := range cells {
		if whole[c.Period] {
			out[c.Period%7].Waiting += c.Days
		}
	}
	return out, nil
}
