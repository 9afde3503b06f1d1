package national

import (
	"fmt"
	"slices"

	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Count names a count that a bridge walks to or from.
type Count string

// The counts. Ours is the local ledger's, by the convention of the settings.
const (
	Ours      Count = "ours"
	DToC      Count = "england-dtoc"
	Remaining Count = "sitrep"
	ReadyDate Count = "england-drd-statistic"
)

// Adult is the age floor of the situation report.
const Adult = 18

// Counts lists them in the order in which a bridge stands.
var Counts = []Count{Ours, DToC, Remaining, ReadyDate}

// Cause is one step of a bridge between two counts of one period (D8). A Total
// is where the bridge stands; the other steps say what the next total counts
// and the one before does not. Running is the sum so far.
type Cause struct {
	Words string
	// Short is Words in a few words, for a chart; Of names the count of a total.
	Short         string
	Of            Count
	Total         bool
	Days, Running int
}

// Label is what the step is called where there is room for a sentence.
func (c Cause) Label() string {
	if c.Total {
		return c.Short
	}
	return c.Words
}

// Bridge walks from the delayed days of a month by England's old return to
// the person-days of the situation report, and on to the bed days of the
// discharge ready date, of one provider or, when provider is empty, of all.
// It adds up exactly: every day of the report that the statistic leaves out
// has the first cause that fits, and then the days before the month of those
// who left in it are added. The report's floor is 18.
func Bridge(stays []Stay, m delay.Month, w Window, provider string, floor int, dtoc, drd *definition.Convention) []Cause {
	from, to := w.bounds(m)
	return Chain(stays, Stretch{From: from, To: to, Month: m, Provider: provider, Floor: floor}, dtoc, drd)
}

// Stretch is what a bridge is of.
type Stretch struct {
	From, To delay.Day
	// Month is the month of the days from From to To, zero for any other period:
	// discharges are counted by months alone, so its bridge ends with the
	// situation report.
	Month delay.Month
	// Provider is one provider, empty for all. Council is one council, nil for
	// all; days are of the council that stood on them, discharges of the one
	// last stated.
	Provider string
	Council  *delay.Council
	// Floor is the age floor of discharges.
	Floor int
	// Evidence bounds the days of each provider as in Asked, nil bounds nothing.
	Evidence map[string]delay.Calendar
}

// causes are the sums of a bridge in the order of its steps.
type causes struct {
	dtoc, remaining                                                         int
	younger, notOut, died, transferred, earlier, noNight, elsewhere, before int
}

// Chain gives the whole bridge of a stretch, from England's old return through
// the situation report to the discharge ready date.
func Chain(stays []Stay, of Stretch, dtoc, drd *definition.Convention) []Cause {
	var n causes
	for i := range stays {
		s := &stays[i]
		if of.Provider != "" && s.Provider != of.Provider {
			continue
		}
		from, to, ok := of.bounds(s.Provider)
		if !ok {
			continue
		}
		for j, p := range s.Periods {
			span := s.span(j)
			years := span.Age
			span.Age = -1
			if !counted(years, min(Adult, of.Floor)) {
				continue
			}
			here, until := p.within(from, to)
			all := drd.Days(span, here, until)
			days, old := all, dtoc.Days(span, here, until)
			if of.Council != nil {
				days, old = of.among(p, span, here, until, drd), of.among(p, span, here, until, dtoc)
			}
			if counted(years, Adult) {
				n.dtoc += old
				n.remaining += days
			} else {
				n.younger += days
			}
			if of.Month == 0 {
				continue
			}
			if !counted(years, of.Floor) {
				n.younger -= days // An adult of the report, too young for a higher floor.
				continue
			}
			last := j == len(s.Periods)-1 && p.End == s.Out
			switch {
			case s.Out == 0 || s.Out > to:
				n.notOut += days
			case s.How == Died:
				n.died += days
			case s.How == Transferred:
				n.transferred += days
			case !last:
				n.earlier += days
			case s.zeroNight():
				n.noNight += days
			case s.Out.Month() != of.Month:
			case of.Council != nil && s.Council != *of.Council:
				n.elsewhere -= days
			default:
				n.elsewhere += all - days
				n.before += int(s.Out-p.Ready) - all
			}
		}
	}
	return n.steps(of)
}

// bounds gives the days of a provider that count; ok is false when none do.
func (of Stretch) bounds(provider string) (from, to delay.Day, ok bool) {
	if of.Evidence == nil {
		return of.From, of.To, true
	}
	on := of.Evidence[provider]
	if len(on) == 0 {
		return 0, 0, false
	}
	return max(of.From, on[0]), min(of.To, on[len(on)-1]), true
}

// among counts the days of a period on which the council stood.
func (of Stretch) among(p Period, span definition.Span, from, to delay.Day, c *definition.Convention) int {
	first, last := c.Bounds(span, to)
	n := 0
	for day := max(first, from); day <= min(last, to); day++ {
		if p.On(min(day, lastOf(p))).Council == *of.Council {
			n++
		}
	}
	return n
}

func (n causes) steps(of Stretch) []Cause {
	var steps []Cause
	running := n.dtoc
	step := func(words, short string, days int) {
		running += days
		steps = append(steps, Cause{Words: words, Short: short, Days: days, Running: running})
	}
	total := func(words, short string, count Count) {
		steps = append(steps, Cause{Words: words, Short: short, Of: count, Total: true, Days: running, Running: running})
	}
	total("england-dtoc days, 18+ at the ready date", "DToC days", DToC)
	step("ready days counted too", "ready day counted too", n.remaining-n.dtoc)
	total("= sitrep remaining person-days, 18+", "Sitrep person-days", Remaining)
	if of.Month == 0 {
		return steps
	}
	step("ages from the floor to 17 counted", fmt.Sprintf("aged %d to 17", of.Floor), n.younger)
	step("days in the month of people not discharged by its end", "not out at month end", -n.notOut)
	step("days in the month of people who died", "died", -n.died)
	step("days in the month of people transferred", "moved to another hospital", -n.transferred)
	step("days in the month of ready periods before the last", "ready before, then unwell", -n.earlier)
	if n.noNight != 0 {
		step("days in the month of stays of no night", "no night in hospital", -n.noNight)
	}
	if of.Council != nil {
		step("days on which another council was stated than at the end", "council stated otherwise", n.elsewhere)
	}
	step("days before the month of people discharged in it", "days before the month", n.before)
	total("= DRD cohort bed days", "Discharge bed days", ReadyDate)
	return steps
}

// Local is the local count of a stretch, to be walked from or to.
type Local struct {
	// Days is the count; Elsewhere the part of it that is of providers that do
	// not list everybody in a bed.
	Days, Elsewhere int
	// Anchor is the count that has the same days by the same convention, where
	// both are of the same people: DToC or Remaining.
	Anchor Count
	// Name is what the convention of the settings is called.
	Name string
}

// Walk gives the part of a chain from one count to another; local may be nil
// where neither is Ours. It is empty where the chain does not reach a count.
func Walk(chain []Cause, local *Local, from, to Count) []Cause {
	switch {
	case to == Ours && from != Ours:
		return reversed(Walk(chain, local, to, from))
	case from == Ours:
		if local == nil || to == Ours {
			return nil
		}
		anchor := slices.IndexFunc(chain, func(c Cause) bool { return c.Of == local.Anchor })
		rest := between(chain, local.Anchor, to)
		if anchor < 0 || len(rest) == 0 {
			return nil
		}
		running := local.Days - local.Elsewhere
		steps := []Cause{
			{Words: local.Name + " days of this ledger", Short: "Our figure", Of: Ours, Total: true, Days: local.Days, Running: local.Days},
			{Words: "hospitals that do not list everybody in a bed", Short: "hospitals without lists", Days: -local.Elsewhere, Running: running},
			{Words: "not explained: what the log, a decision or another reading of a row changed", Short: "not explained",
				Days: chain[anchor].Days - running, Running: chain[anchor].Days},
		}
		return append(steps, rest...)
	default:
		return between(chain, from, to)
	}
}

// between gives the steps of a chain from one total to another, whichever
// stands first.
func between(chain []Cause, from, to Count) []Cause {
	a := slices.IndexFunc(chain, func(c Cause) bool { return c.Of == from })
	b := slices.IndexFunc(chain, func(c Cause) bool { return c.Of == to })
	switch {
	case a < 0 || b < 0:
		return nil
	case a > b:
		return reversed(chain[b : a+1])
	}
	return slices.Clone(chain[a : b+1])
}

// reversed walks steps the other way.
func reversed(steps []Cause) []Cause {
	out := slices.Clone(steps)
	slices.Reverse(out)
	for i := range out {
		if !out[i].Total {
			out[i].Days = -out[i].Days
		}
		out[i].Running = out[i].Days
		if i > 0 && !out[i].Total {
			out[i].Running = out[i-1].Running + out[i].Days
		}
	}
	return out
}
