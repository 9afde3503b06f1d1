package delay

import (
	"fmt"
	"slices"
	"sort"
)

// Statement is what decides a delay's dates in one row of one extract.
// Discharged is zero unless it is on or before the extract date (C4). Without a
// ready date it is of a row that could not be read and names its patient (C20).
type Statement struct {
	Ready, Discharged Day
}

// Unread says whether the row of the statement could not be read.
func (s Statement) Unread() bool { return s.Ready == 0 }

// Run is an unbroken run of days on each of which the provider's counted
// extract lists the patient with the same statement. Statement indexes
// Evidence.Statements.
type Run struct {
	First, Last Day
	Statement   int
}

// Calendar is the extract dates of one provider for which an extract counts,
// ascending and without repeats.
type Calendar []Day

// Has says whether an extract counts for the day.
func (c Calendar) Has(d Day) bool {
	i := sort.Search(len(c), func(i int) bool { return c[i] >= d })
	return i < len(c) && c[i] == d
}

// After gives the first extract date after d, or zero when there is none.
func (c Calendar) After(d Day) Day {
	i := sort.Search(len(c), func(i int) bool { return c[i] > d })
	if i == len(c) {
		return 0
	}
	return c[i]
}

// Evidence is everything that is known about one patient at one provider. Runs
// ascend by day, do not overlap, and every day of a run is in the Calendar.
type Evidence struct {
	Calendar   Calendar
	Statements []Statement
	Runs       []Run
	// unread says, where it is not nil, which runs are of rows that could not be
	// read and stand on the patient's last readable statement (C20).
	unread []bool
}

// Settings are the partnership's choices that Resolve depends on.
type Settings struct {
	Convention Convention
	// OmittedLimit is the number of days after which a patient who was left
	// out of an extract and reappears with the same ready date starts a new
	// delay (C7).
	OmittedLimit int
}

// DefaultSettings are those of the counting rules, under their first convention:
// neither the ready day nor the day of leaving counts.
var DefaultSettings = Settings{Convention: Convention{Name: "england-dtoc"}, OmittedLimit: 14}

// EndKind says how a delay's end is known.
type EndKind uint8

// The kinds of end. An Open delay is counted up to the last extract date that
// lists it, never ahead of the evidence (C2).
const (
	Open EndKind = iota
	// Stated: a row gives the day of leaving (C4).
	Stated
	// Inferred: the patient is absent from the provider's next extract (C5, C6)
	// or was ready anew (C7, C8).
	Inferred
)

// String names the kind of end as it stands in tables.
func (k EndKind) String() string {
	switch k {
	case Stated:
		return "stated"
	case Inferred:
		return "inferred"
	default:
		return "open"
	}
}

// Mark says what stands behind a counted day.
type Mark uint8

// The marks.
const (
	// Listed: the extract of that day lists the patient.
	Listed Mark = iota
	// Backdated: before the first listing (C9).
	Backdated
	// Carried: no extract counts for that day (C6).
	Carried
	// Omitted: the extract of that day left the patient out (C7).
	Omitted
	// Unverified: the log alone is evidence, and nobody has checked since (C17).
	Unverified
	// Paused: the wait had stopped. A paused day does not count.
	Paused
	// NotReadable: the row of that day could not be read and names its patient
	// (C20).
	NotReadable
	// Elsewhere: the day counts at another provider, where the same person lay
	// (C19). It does not count here.
	Elsewhere
)

// Counts says whether days with the mark are delayed days.
func (m Mark) Counts() bool { return m != Paused && m != Elsewhere }

// String names the mark in the words of the rules.
func (m Mark) String() string {
	switch m {
	case Backdated:
		return "back-dated"
	case Carried:
		return "carried"
	case Omitted:
		return "omitted by the provider"
	case Unverified:
		return "unverified"
	case Paused:
		return "paused"
	case NotReadable:
		return "row not readable"
	case Elsewhere:
		return "counted at another provider"
	default:
		return "listed"
	}
}

// Stretch is an unbroken run of counted days of one delay that stand on one
// statement in one way. The stretches of a delay tile its counted days (C3).
type Stretch struct {
	First, Last Day
	Statement   int
	Mark        Mark
}

// Delay is one unbroken period in which the patient is ready and still in a
// bed. FirstDay and LastDay bound the counted days and are zero when no day
// counts.
type Delay struct {
	Ready   Day
	End     Day
	EndKind EndKind
	// ListedFirst and ListedLast are the first and last extract dates that
	// list the delay.
	ListedFirst, ListedLast Day
	FirstDay, LastDay       Day
	Stretches               []Stretch
	Findings                []Finding
	// Statement is the latest statement, which stands for the delay's dates.
	Statement int
}

// Finding is something about the evidence that people should look at. It never
// names a person.
type Finding struct {
	Rule  string
	Day   Day
	Words string
}

// episode is a delay being gathered: the runs first to last of the evidence.
type episode struct {
	first, last int
	// relisted is set when the delay counts from its first listing and not
	// from its ready date (C7).
	relisted bool
	findings []Finding
}

// Resolve works out the delays of one patient at one provider from all the
// evidence about them (C1 to C9, C18 and C20). It is a pure function: the same
// evidence gives the same delays, in whatever order it arrived (C10).
func Resolve(e Evidence, s Settings) []Delay {
	e, of := readable(e, s)
	episodes := gather(e, s)
	delays := make([]Delay, 0, len(episodes))
	// ended is the latest day on which an earlier delay ended (C18).
	var ended Day
	for _, ep := range episodes {
		d := ep.settle(e, s, ended)
		ended = max(ended, d.End)
		if of != nil {
			d.Statement = of[d.Statement]
			for i, st := range d.Stretches {
				d.Stretches[i].Statement = of[st.Statement]
			}
		}
		delays = append(delays, d)
	}
	return delays
}

// readable puts, for each run of rows that could not be read, the last readable
// statement, or takes the run out where it says nothing (C20): the patient was
// in a bed, and no delay begins with it. of gives the given statement of each
// statement of the result, nil when nothing was unread.
func readable(e Evidence, s Settings) (_ Evidence, of []int) {
	if !slices.ContainsFunc(e.Runs, func(r Run) bool { return e.Statements[r.Statement].Unread() }) {
		return e, nil
	}
	out := Evidence{Calendar: e.Calendar, Statements: slices.Clone(e.Statements), Runs: make([]Run, 0, len(e.Runs))}
	for i := range e.Statements {
		of = append(of, i)
	}
	for _, run := range e.Runs {
		row := e.Statements[run.Statement]
		if !row.Unread() {
			out.Runs, out.unread = append(out.Runs, run), append(out.unread, false)
			continue
		}
		n := len(out.Runs)
		if n == 0 {
			continue
		}
		at := out.Runs[n-1].Statement
		last := out.Statements[at]
		if last.Discharged != 0 {
			continue // They had left, and a row that cannot be read brings nobody back.
		}
		if row.Discharged != 0 && row.Discharged >= last.Ready {
			// C4 holds for a day of leaving that can be read. One before they
			// were ready is not one.
			out.Statements = append(out.Statements, Statement{Ready: last.Ready, Discharged: row.Discharged})
			of = append(of, of[at])
			at = len(out.Statements) - 1
		}
		out.Runs, out.unread = append(out.Runs, Run{run.First, run.Last, at}), append(out.unread, true)
		if next, _ := out.continues(n, s); next != sameDelay {
			out.Runs, out.unread = out.Runs[:n], out.unread[:n]
		}
	}
	return out, of
}

// gather divides the runs into delays.
func gather(e Evidence, s Settings) []episode {
	var episodes []episode
	for i, run := range e.Runs {
		if len(episodes) == 0 {
			episodes = append(episodes, episode{})
			continue
		}
		current := &episodes[len(episodes)-1]
		next, finding := e.continues(i, s)
		if finding != nil {
			finding.Day = run.First
		}
		switch next {
		case sameDelay:
			current.last = i
			if finding != nil {
				current.findings = append(current.findings, *finding)
			}
		default:
			fresh := episode{first: i, last: i, relisted: next == relistedDelay}
			if finding != nil {
				fresh.findings = append(fresh.findings, *finding)
			}
			episodes = append(episodes, fresh)
		}
	}
	return episodes
}

// sequel says how a run relates to the run before it.
type sequel uint8

const (
	sameDelay sequel = iota
	newDelay
	relistedDelay
)

// continues decides whether run i belongs to the delay of run i-1. Only
// neighbouring runs matter, because the latest statement stands for the whole
// delay.
func (e Evidence) continues(i int, s Settings) (sequel, *Finding) {
	before, run := e.Runs[i-1], e.Runs[i]
	was, is := e.Statements[before.Statement], e.Statements[run.Statement]

	if was.Discharged != 0 && is.Ready >= was.Discharged && is.Ready != was.Ready {
		// They left, came back and became ready again.
		return newDelay, nil
	}
	absent := false
	if next := e.Calendar.After(before.Last); next != 0 && next < run.First {
		absent = true
	}
	switch {
	case absent && is.Ready > was.Ready:
		return newDelay, nil // C7.
	case absent && int(run.First-before.Last) > s.OmittedLimit:
		return relistedDelay, &Finding{Rule: "C7", Words: fmt.Sprintf(
			"Listed again after %d days out of the extracts with a ready date that is not later. Counted as a new delay from that listing. Check "+
				"when they became ready.",
			int(run.First-before.Last)-1)}
	case !absent && is.Ready > before.Last:
		return newDelay, nil // C8.
	}
	if was.Discharged != 0 && is.Discharged == 0 {
		return sameDelay, &Finding{Rule: "C4", Words: fmt.Sprintf(
			"An earlier extract said that they left on %s; this one lists them as still here. The latest statement stands.", was.Discharged.Long())}
	}
	return sameDelay, nil
}

// settle works out the dates of a gathered delay and tiles its counted days.
func (ep episode) settle(e Evidence, s Settings, ended Day) Delay {
	first, last := e.Runs[ep.first], e.Runs[ep.last]
	latest := e.Statements[last.Statement]
	d := Delay{
		Ready:       latest.Ready,
		ListedFirst: first.First,
		ListedLast:  last.Last,
		Statement:   last.Statement,
		Findings:    ep.findings,
	}
	switch {
	case latest.Discharged != 0:
		d.End, d.EndKind = latest.Discharged, Stated
	case ep.last+1 < len(e.Runs) || e.Calendar.After(last.Last) != 0:
		// Absent from the next extract (C5), on the first day of a gap (C6), or
		// ready anew (C7, C8): each is the day after the last listing.
		d.End, d.EndKind = last.Last+1, Inferred
	}

	from := s.Convention.firstDay(d.Ready)
	if ep.relisted {
		from = max(from, first.First)
	}
	if clipped := s.Convention.firstDay(ended); ended > d.Ready && clipped > from {
		from = clipped
		d.Findings = append(d.Findings, Finding{Rule: "C18", Day: d.Ready, Words: fmt.Sprintf(
			"Ready on %s while an earlier delay ran until %s. Counted from where the earlier one ended.", d.Ready.Long(), ended.Long())})
	}
	if start := e.Calendar[0]; from < start {
		from = start // C9: days before the provider's first extract are not reported.
	}
	to := last.Last
	if d.EndKind != Open {
		to = s.Convention.lastDay(d.End)
	}
	if from > to {
		return d
	}
	d.FirstDay, d.LastDay = from, to
	d.Stretches = e.tile(ep, from, to)
	return d
}

// tile covers the days from to to without gap or overlap (C3): listed days by
// their own statement, days before the first listing by its statement (C9),
// days between and after by the statement before them (C6, C7).
func (e Evidence) tile(ep episode, from, to Day) []Stretch {
	tiles := make([]Stretch, 0, ep.last-ep.first+1)
	add := func(first, last Day, statement int, mark Mark) {
		first, last = max(first, from), min(last, to)
		if first > last {
			return
		}
		if n := len(tiles); n > 0 && tiles[n-1].Statement == statement && tiles[n-1].Mark == mark && tiles[n-1].Last+1 == first {
			tiles[n-1].Last = last
			return
		}
		tiles = append(tiles, Stretch{First: first, Last: last, Statement: statement, Mark: mark})
	}
	// unlisted covers days on which the patient is not listed.
	unlisted := func(first, last Day, statement int) {
		for day := max(first, from); day <= min(last, to); {
			if e.Calendar.Has(day) {
				add(day, day, statement, Omitted)
				day++
				continue
			}
			until := to
			if next := e.Calendar.After(day); next != 0 {
				until = min(until, next-1)
			}
			until = min(until, last)
			add(day, until, statement, Carried)
			day = until + 1
		}
	}
	runs := e.Runs[ep.first : ep.last+1]
	add(from, runs[0].First-1, runs[0].Statement, Backdated)
	for i, run := range runs {
		mark := Listed
		if e.unread != nil && e.unread[ep.first+i] {
			mark = NotReadable
		}
		add(run.First, run.Last, run.Statement, mark)
		if i+1 < len(runs) {
			unlisted(run.Last+1, runs[i+1].First-1, run.Statement)
		}
	}
	// Only a convention that counts the day of leaving reaches past the last
	// listing.
	if last := runs[len(runs)-1]; to > last.Last {
		add(last.Last+1, to, last.Statement, Carried)
	}
	return tiles
}
