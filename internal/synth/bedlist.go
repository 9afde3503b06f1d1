package synth

import (
	"bytes"
	"cmp"
	_ "embed" // The table of reasons.
	"encoding/csv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// The code sets that trusts write in from Options.BedsFrom on.
const (
	acuteReasons  = "england-acute-2024"
	mentalReasons = "england-mhsds-6"
)

// Stays of people who are never delayed, which a list of everybody in a bed has
// beside the delayed.
const (
	// othersForOneDelayed is how many of them are in a bed for one person delayed.
	othersForOneDelayed = 1.6
	// middleStay and stayBounds are the middle and the longest of their stays in
	// days.
	middleStay, longestStay = 3, 60
	// relapses is the part of delays of more than a week in which the person
	// meets the criteria to reside again for some days.
	relapses = 0.07
	// firstTestNumber is where their NHS numbers begin, so that those of the
	// delayed are the same with and without them.
	firstTestNumber = 500_000
)

// outcome is how a stay ends.
type outcome uint8

const (
	leftAlive outcome = iota
	diedThere
	movedOn
)

// labels are the labels of the code sets that trusts write reasons in, by set
// and code; they come from the reference data, so that no label stands twice.
type labels map[string]map[string]definition.Code

func (o Options) labels() (labels, error) {
	if o.BedsFrom == 0 {
		return nil, nil
	}
	if o.Reference == nil {
		return nil, problem.New(problem.Invalid, "Lists of everybody in a bed need the reference data, whose reasons they are in.")
	}
	defs, err := definition.Load(o.Reference)
	if err != nil {
		return nil, err
	}
	out := labels{}
	for _, name := range []string{acuteReasons, mentalReasons} {
		set, err := defs.CodeSet(name)
		if err != nil {
			return nil, err
		}
		out[name] = map[string]definition.Code{}
		for _, c := range set.Codes {
			out[name][c.Code] = c
		}
	}
	return out, nil
}

// weighted is a code with its weight among others.
type weighted struct {
	code   string
	weight int
}

type reasonOf struct {
	reason delay.Reason
	body   delay.Body
}

//go:embed bedreasons.csv
var bedReasonsTable []byte

// bedReasons are the codes of the acute list and of the mental-health data set
// that stand for a reason and body of the older return.
var bedReasons = readBedReasons(bedReasonsTable)

func readBedReasons(table []byte) map[string]map[reasonOf][]weighted {
	reader := csv.NewReader(bytes.NewReader(table))
	reader.Comment = '#'
	rows, err := reader.ReadAll()
	if err != nil {
		panic(err) // The table is part of the program.
	}
	out := map[string]map[reasonOf][]weighted{acuteReasons: {}, mentalReasons: {}}
	for _, row := range rows[1:] {
		body, err := delay.ParseBody(row[1])
		if err != nil {
			panic(err)
		}
		for i, set := range []string{acuteReasons, mentalReasons} {
			var codes []weighted
			for one := range strings.SplitSeq(row[2+i], "|") {
				code, weight, _ := strings.Cut(one, ":")
				n, err := strconv.Atoi(weight)
				if err != nil {
					panic(err)
				}
				codes = append(codes, weighted{code, n})
			}
			out[set][reasonOf{delay.Reason(row[0]), body}] = codes
		}
	}
	return out
}

// codeIn gives the part's reason as a code of a set, empty where the trust says
// none.
func (p *part) codeIn(set string) string {
	if p.reason == delay.ReasonNotKnown || p.unstated && set == acuteReasons {
		return ""
	}
	codes := bedReasons[set][reasonOf{p.reason, p.body}]
	if codes == nil {
		codes = bedReasons[set][reasonOf{p.reason, delay.NHS}]
	}
	all := 0
	for _, c := range codes {
		all += c.weight
	}
	n := int(p.wording) % all
	for _, c := range codes {
		if n -= c.weight; n < 0 {
			return c.code
		}
	}
	return ""
}

// inBeds draws who is in a bed of the trust from o.BedsFrom on: the delayed with
// their days before they were ready, and people who are never delayed. Its
// random numbers are its own, so that what is delayed stays the same.
func (c *course) inBeds(delayed []*stay, seed uint64) []*stay {
	b := &course{trust: c.trust, o: c.o, serial: c.serial, reg: &register{next: firstTestNumber + c.trust.numbers},
		r: rand.New(rand.NewPCG(c.o.Seed, seed))}
	var all []*stay
	left := map[*person]delay.Day{}
	for _, s := range delayed {
		// Somebody who was here before came in after they had left.
		s.bedFrom = min(s.admitted, s.ready)
		if before, ok := left[s.person]; ok {
			s.bedFrom = max(s.bedFrom, before+1)
		}
		left[s.person] = s.left
		if s.children || ageOn(s.born, s.ready) < 18 || s.left < c.o.BedsFrom {
			continue // A list of adults, who are in a bed now.
		}
		b.ending(s)
		all = append(all, s)
	}
	for day := c.o.BedsFrom - longestStay; day <= c.o.To; day++ {
		for range poisson(b.r, float64(c.o.Beds)*c.trust.share*othersForOneDelayed/b.meanStay()) {
			if s := b.other(day); s.left >= c.o.BedsFrom {
				all = append(all, s)
			}
		}
	}
	slices.SortStableFunc(all, func(x, y *stay) int { return cmp.Compare(x.bedFrom, y.bedFrom) })
	c.bedEverybody(all)
	return all
}

// ending draws what a list of everybody says of a delay beyond the older one:
// how it ends, and whether the person became unwell meanwhile.
func (c *course) ending(s *stay) {
	switch x := c.r.Float64(); {
	case x < 0.02:
		s.how = diedThere
	case x < 0.03:
		s.how = movedOn
	}
	s.dated = true
	if x := c.r.Float64(); x < relapses && s.left-s.ready > 7 {
		from := max(s.ready+2+delay.Day(c.r.IntN(int(s.left-s.ready)-6)), c.o.BedsFrom+1)
		if to := from + 2 + delay.Day(c.r.IntN(2)); to < s.left && (s.omitted < from-1 || s.omitted > to+1) {
			s.unwell, s.again = from, to
		}
	}
}

// other draws somebody who is never delayed and comes in on the day.
func (c *course) other(day delay.Day) *stay {
	r := c.r
	c.serial++
	s := &stay{person: newPerson(r, c.trust, c.reg, c.serial, day), bedFrom: day, admitted: day, care: delay.Acute,
		bed: 1 + r.IntN(bedsOfAWard)}
	if ageOn(s.born, day) < 18 {
		s.born -= 40 * 365 // A list of adults.
	}
	if r.Float64() < 0.12 {
		s.care = delay.NonAcute
	}
	s.site, s.ward = c.trust.place(r, s.care)
	s.left = day + c.stayLength()
	if d := weekday(s.left); (d == time.Saturday || d == time.Sunday) && r.Float64() < 0.35 {
		s.left += 2
	}
	s.ready, s.first = s.left, s.left
	s.dated = r.Float64() < 0.45
	switch x := r.Float64(); {
	case x < 0.03:
		s.how = diedThere
	case x < 0.05:
		s.how = movedOn
	}
	if x := r.Float64(); x < 0.10 {
		s.pathway = 1
	}
	s.parts = []part{{from: s.ready, wording: uint8(r.IntN(100))}}
	return s
}

func (c *course) stayLength() delay.Day {
	return delay.Day(min(middleStay*math.Exp(0.75*c.r.NormFloat64()), longestStay))
}

// meanStay measures how many days somebody who is never delayed stays on
// average, as meanListed does for the delayed.
func (c *course) meanStay() float64 {
	aside := course{r: rand.New(rand.NewPCG(2, 2))}
	const draws = 1000
	var days int
	for range draws {
		days += int(aside.stayLength()) + 1
	}
	return float64(days) / draws
}

// bedEverybody gives each a bed that nobody else is in, while the ward has one.
// Those who were listed before keep theirs. all is ordered by when they came in.
func (c *course) bedEverybody(all []*stay) {
	type spot struct {
		site *site
		ward string
		bed  int
	}
	taken := map[spot]delay.Day{} // up to and including this day
	listed := func(s *stay) bool { return s.ready < c.o.BedsFrom && s.first < c.o.BedsFrom }
	for _, s := range all {
		if listed(s) {
			at := spot{s.site, s.ward, s.bed}
			taken[at] = max(taken[at], s.left)
		}
	}
	for _, s := range all {
		if listed(s) {
			continue
		}
		at := spot{s.site, s.ward, s.bed}
		for range bedsOfAWard {
			if taken[at] < s.bedFrom {
				break
			}
			at.bed = at.bed%bedsOfAWard + 1
		}
		s.bed = at.bed
		taken[at] = max(taken[at], s.left)
	}
}

// everybody gives the trust's rows for a day from o.BedsFrom on: everybody in a
// bed at the end of the day, and those who left on it. Days must be asked for
// in order. The slice is reused by the next call.
func (w *writer) everybody(day delay.Day) []listing {
	for w.nextBed < len(w.beds) && w.beds[w.nextBed].bedFrom <= day {
		w.inBed = append(w.inBed, w.beds[w.nextBed])
		w.nextBed++
	}
	kept := w.inBed[:0]
	w.rows = w.rows[:0]
	for _, s := range w.inBed {
		if s.left < day {
			continue
		}
		kept = append(kept, s)
		if s.omitted == day {
			continue
		}
		l := listing{stay: s, day: day, now: s.part(day), meets: day < s.ready || s.unwell != 0 && s.unwell <= day && day < s.again}
		switch {
		case l.meets:
		case s.again != 0 && day >= s.again:
			l.stated = s.again
		case s.ready < s.left || s.dated:
			l.stated = s.ready
			if s.corrected != 0 && s.corrected < w.o.BedsFrom {
				l.stated--
			}
		}
		if s.left == day {
			l.leaves = day
			// Who died or was moved on in the same stay was never ready.
			if l.meets = s.ready == s.left && s.how != leftAlive; l.meets {
				l.stated = 0
			}
		}
		w.rows = append(w.rows, l)
	}
	w.inBed = kept
	return w.rows
}

// goesTo is the destination that the trust's list gives, as England words it.
func (l *listing) goesTo() string {
	if l.leaves == 0 {
		return ""
	}
	switch l.how {
	case diedThere:
		return "Died"
	case movedOn:
		return "Transferred to another acute hospital"
	}
	switch l.goesBy() {
	case "1":
		return "Pathway 1: Discharge to a domestic home, hotel, or other temporary accommodation, or hospice at home with rehabilitation, " +
			"reablement and recovery"
	case "2":
		return "Pathway 2: Short-term bed/hospice for rehabilitation, reablement and recovery / end of life care"
	case "3":
		return "Pathway 3: Discharge to a care home as a new admission"
	default:
		return "Pathway 0: Discharge to a domestic home, hotel, or other temporary accommodation without the need for new/increased care or " +
			"support from health and social care"
	}
}

// goesBy is the pathway: the one that the label of the reason names, else the
// stay's own.
func (l *listing) goesBy() string {
	if l.meets {
		return ""
	}
	if only := l.code.Pathways; len(only) == 1 {
		return only[0]
	} else if own := strconv.Itoa(l.pathway); len(only) == 0 || slices.Contains(only, own) {
		return own
	} else {
		return only[0]
	}
}

// at is the time of leaving, 04/11/2026 14:20.
func (l *listing) at() string {
	if l.leaves == 0 {
		return ""
	}
	minute := 600 + int(l.now.wording)*5%540
	return british(l.leaves) + " " + twoDigits(minute/60) + ":" + twoDigits(minute%60)
}

func twoDigits(n int) string { return strconv.Itoa(n/10) + strconv.Itoa(n%10) }

func ageOn(born, day delay.Day) int { return int(float64(day-born) / 365.25) }
