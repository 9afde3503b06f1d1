package synth

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"homeward/internal/delay"
)

// stay is one delay of one patient as it truly happened, with the slips that
// the trust's export makes about it.
type stay struct {
	*person
	site     *site
	ward     string
	bed      int
	care     delay.CareType
	children bool // listed under paediatric care, which C14 leaves out
	pathway  int
	admitted delay.Day
	ready    delay.Day
	// first is the first listing, ready or a few days later. left is the day of
	// leaving, always given; listings go on to left−1.
	first, left delay.Day
	// saysLeaving lists the patient on the day of leaving too, with that day.
	saysLeaving bool
	parts       []part
	// corrected is the day from which the export states the ready date one day
	// earlier (C8), omitted a day on which it leaves the patient out (C7); both
	// may be zero.
	corrected, omitted delay.Day

	// The rest is of lists of everybody in a bed. bedFrom is the first day in the
	// bed, how the way of leaving, dated whether the list gives the day of readiness
	// of somebody who leaves on it, and from unwell to the day before again the
	// person meets the criteria to reside once more; both may be zero.
	bedFrom       delay.Day
	how           outcome
	dated         bool
	unwell, again delay.Day
}

// part is a piece of a stay with one reason and one body, from a day onwards.
type part struct {
	from   delay.Day
	reason delay.Reason
	body   delay.Body
	// unstated leaves out whatever says the body.
	unstated bool
	// wording draws among the ways in which a trust says the same.
	wording uint8
}

const (
	// spread is the standard deviation of the logarithm of a length: one delay
	// in twenty is more than four and a half times the middle one.
	spread = 0.92
	// longest bounds a part's length in days.
	longest = 280
	// handOver is the part of delays in which the reason changes once or more.
	handOver = 0.3
	// readmitted is the part of delays whose patient was delayed before.
	readmitted = 0.07
	// settling is how many days are lived through before the first extract, so
	// that the year begins with its long waits.
	settling = 240
	// The council's part of all days at the first and last extract.
	councilAtFirst, councilAtLast = 0.33, 0.26
)

// course draws the delays of one trust.
type course struct {
	trust *trust
	r     *rand.Rand
	reg   *register
	o     Options
	// mix is the council's part of all days at the drift's level 1.
	mix     float64
	serial  int
	leavers []*stay
}

// draw gives the trust's stays that have a listing from o.From to o.To,
// ordered by first listing.
func (c *course) draw() []*stay {
	c.mix = councilMix()
	people := float64(c.o.Beds) * c.trust.share
	rate := people / c.meanListed()
	var all []*stay
	for day := c.o.From - settling; day <= c.o.To; day++ {
		for range poisson(c.r, rate*arrivals(day)) {
			s := c.stay(day)
			all = append(all, s)
			c.leavers = append(c.leavers, s)
		}
	}
	all = slices.DeleteFunc(all, func(s *stay) bool { return s.last() < c.o.From || s.first > c.o.To })
	slices.SortStableFunc(all, func(a, b *stay) int { return int(a.first - b.first) })
	makeBeds(all)
	return all
}

// bedsOfAWard is how many beds a ward has.
const bedsOfAWard = 28

// makeBeds moves everybody who would be listed in a bed that somebody else is
// listed in to the next free one of the ward, while it has one. all is ordered
// by first listing.
func makeBeds(all []*stay) {
	type spot struct {
		site *site
		ward string
		bed  int
	}
	taken := map[spot]delay.Day{} // up to and including this day
	for _, s := range all {
		at := spot{s.site, s.ward, s.bed}
		for range bedsOfAWard {
			if taken[at] < s.first {
				break
			}
			at.bed = at.bed%bedsOfAWard + 1
		}
		s.bed = at.bed
		taken[at] = max(taken[at], s.last())
	}
}

// last is the last day on which the stay is listed.
func (s *stay) last() delay.Day {
	if s.saysLeaving {
		return s.left
	}
	return s.left - 1
}

// stay draws one delay whose ready date is day.
func (c *course) stay(day delay.Day) *stay {
	r := c.r
	s := &stay{person: c.patient(day), ready: day, care: delay.Acute, bed: 1 + r.IntN(bedsOfAWard)}
	s.parts = c.parts(day)
	if s.parts[0].reason == "O" || r.Float64() < 0.24 || c.trust.onlyNonAcute() {
		s.care = delay.NonAcute // O is a reason of non-acute care only
	}
	s.site, s.ward = c.trust.place(r, s.care)
	s.children = r.Float64() < 0.001
	s.pathway = pathway(r, s.parts[len(s.parts)-1].reason)
	s.admitted = day - 2 - delay.Day(math.Abs(r.NormFloat64())*14)
	// Most are listed on the day that they are ready, the others a little late.
	s.first = day
	for r.Float64() < 0.25 && s.first < day+4 {
		s.first++
	}
	s.left = c.leaving(s)
	s.saysLeaving = r.Float64() < c.trust.saysLeaving
	switch x := r.Float64(); {
	case x < 0.004 && c.trust.saysLeaving > 0:
		// Left on the day that they were ready: no delay (C14).
		s.left, s.first, s.saysLeaving = day, day, true
	case x < 0.012 && s.left-s.first > 5:
		s.omitted = s.first + 1 + delay.Day(r.IntN(int(s.left-s.first)-3))
	case x < 0.020 && s.left-s.first > 5:
		s.corrected = s.first + 2
	case x < 0.023 && s.first >= day+2:
		s.admitted = day + 1 // readiness before admission: warned of (R3)
	}
	return s
}

// patient draws who is delayed: sometimes somebody who left two days ago or
// earlier, mostly somebody new.
func (c *course) patient(day delay.Day) *person {
	if c.r.Float64() < readmitted && len(c.leavers) > 0 {
		i := c.r.IntN(len(c.leavers))
		s := c.leavers[i]
		if s.left <= day-2 {
			c.leavers = slices.Delete(c.leavers, i, i+1)
			return s.person
		}
	}
	c.serial++
	return newPerson(c.r, c.trust, c.reg, c.serial, day)
}

// parts draws the reasons of a delay, one after another, with a length for
// each but the last, which lasts until the patient leaves.
func (c *course) parts(day delay.Day) []part {
	reason := c.firstReason()
	parts := []part{c.part(reason, day)}
	for c.r.Float64() < handOver && len(parts) < 4 {
		next := natureOf(reason).next
		if len(next) == 0 {
			break
		}
		last := parts[len(parts)-1].from
		reason = next[c.r.IntN(len(next))]
		parts = append(parts, c.part(reason, last+1+c.length(parts[len(parts)-1].reason, last)))
	}
	return parts
}

// part draws who a reason's days are with.
func (c *course) part(reason delay.Reason, day delay.Day) part {
	n := natureOf(reason)
	p := part{from: day, reason: reason, body: delay.NHS, wording: uint8(c.r.IntN(100))}
	council := n.council * c.drift(day) / c.mix * c.trust.tilt
	switch x := c.r.Float64(); {
	case x < council:
		p.body = delay.SocialCare
	case x < council+n.joint:
		p.body = delay.Joint
	}
	switch x := c.r.Float64(); {
	case x < 0.008:
		p.unstated = true
	case x < 0.010 && n.council == 0:
		p.body = delay.SocialCare // forbidden for C and I: not attributed, a finding (A5)
	case x < 0.014:
		p.reason = delay.ReasonNotKnown
	}
	return p
}

// firstReason draws the reason that a delay begins with.
func (c *course) firstReason() delay.Reason {
	x := c.r.Float64() * 100
	for _, n := range natures {
		if x -= n.weight; x < 0 {
			return n.reason
		}
	}
	return natures[0].reason
}

// length draws how many days a part with the reason lasts, from 0, longer in
// winter.
func (c *course) length(reason delay.Reason, day delay.Day) delay.Day {
	n := natureOf(reason)
	days := n.middle * (1 + 0.10*winter(day)) * math.Exp(spread*c.r.NormFloat64())
	return delay.Day(min(days, longest))
}

// leaving draws the day of leaving: the last part's length after it began.
// Few leave at weekends, when most of what they wait for does not start.
func (c *course) leaving(s *stay) delay.Day {
	last := s.parts[len(s.parts)-1]
	left := max(last.from+1+c.length(last.reason, last.from), s.first+1)
	for range 2 {
		if d := weekday(left); (d == time.Saturday || d == time.Sunday) && c.r.Float64() < 0.6 {
			left++
		}
	}
	return left
}

// drift is the council's part of all days that is aimed at on the day.
func (c *course) drift(day delay.Day) float64 {
	part := float64(day-c.o.From) / float64(max(c.o.To-c.o.From, 1))
	part = min(max(part, 0), 1)
	return councilAtFirst + (councilAtLast-councilAtFirst)*part
}

// meanListed measures how many listings one delay has on average, by drawing
// some thousands aside, so that the size asked for is the size made.
func (c *course) meanListed() float64 {
	aside := course{trust: c.trust, o: c.o, reg: &register{}, mix: c.mix, r: rand.New(rand.NewPCG(1, 1))}
	const draws = 4000
	var listed int
	for i := range draws {
		s := aside.stay(c.o.From + delay.Day(i%365))
		listed += int(s.left - s.first)
	}
	return float64(listed) / draws
}

// part returns the piece of the stay in force on a day.
func (s *stay) part(day delay.Day) *part {
	i := len(s.parts) - 1
	for i > 0 && s.parts[i].from > day {
		i--
	}
	return &s.parts[i]
}

// councilMix is the council's part of all days when the drift's level is 1.
func councilMix() float64 {
	var council, all float64
	for _, n := range natures {
		all += n.weight * n.middle
		council += n.weight * n.middle * n.council
	}
	return council / all
}

// winter runs from 1 in the middle of January to −1 in the middle of July.
func winter(d delay.Day) float64 {
	return math.Cos(2 * math.Pi * float64(dayOfYear(d)-15) / 365.25)
}

// arrivals is how many people become ready on a day, against the mean: more
// towards the end of the week and in winter, few at weekends.
func arrivals(d delay.Day) float64 {
	week := [...]float64{
		time.Sunday: 0.38, time.Monday: 1.02, time.Tuesday: 1.16, time.Wednesday: 1.18,
		time.Thursday: 1.24, time.Friday: 1.50, time.Saturday: 0.52,
	}
	return week[weekday(d)] * (1 + 0.13*winter(d))
}

// pathway draws where the patient is going, by what they wait for last.
func pathway(r *rand.Rand, reason delay.Reason) int {
	if n := natureOf(reason); n.reason == reason && n.pathway >= 0 {
		return n.pathway
	}
	return r.IntN(4)
}

// poisson draws a count with the mean.
func poisson(r *rand.Rand, mean float64) int {
	if mean > 40 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	n, p, floor := 0, 1.0, math.Exp(-mean)
	for {
		if p *= r.Float64(); p <= floor {
			return n
		}
		n++
	}
}
