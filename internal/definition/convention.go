package definition

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"homeward/internal/delay"
)

// Convention is a counting convention (D2): which days of a delay count, who
// is left out, and on which days people are counted.
type Convention struct {
	Provenance
	// Counts is days or people.
	Counts string
	// Ready and End say whether the ready day and the day of leaving count.
	Ready, End bool
	// Continues says that a record which continues another counts its first
	// day (MHS26).
	Continues bool
	// AgeFloor leaves out who is younger at the ready date; 0 leaves out
	// nobody.
	AgeFloor int
	// GraceDays are the whole days past the ready date before a census counts
	// the person.
	GraceDays int
	Census    Census
	// CensusLeaving says that who leaves on the census day is in it.
	CensusLeaving bool
	Apart         []string
	Words         string
	// delays and beds are what the publication calls its delays, and its delayed
	// days over calendar days; empty where the table leaves them open.
	delays, beds string
}

// Census names the days on which people are counted.
type Census string

// The census days. Daily is every day.
const (
	Daily          Census = "daily"
	LastThursday   Census = "last-thursday"
	ThirdWednesday Census = "third-wednesday"
)

// Day gives the census day of a month, zero for Daily.
func (c Census) Day(m delay.Month) delay.Day {
	switch c {
	case LastThursday:
		day := m.Last()
		for weekday(day) != time.Thursday {
			day--
		}
		return day
	case ThirdWednesday:
		day := m.First()
		for weekday(day) != time.Wednesday {
			day++
		}
		return day + 14
	default:
		return 0
	}
}

func weekday(d delay.Day) time.Weekday { return d.Time().Weekday() }

// Span is one ready period of one person. Out is zero while it is open, and
// After the end of the record that it continues, zero when it is the first.
type Span struct {
	Ready, Out, After delay.Day
	// Age is in whole years at the ready date, negative when it is not known.
	Age int
}

// LeftOut says whether the convention leaves the person out for their age. An
// age that is not known leaves nobody out.
func (c *Convention) LeftOut(s Span) bool { return s.Age >= 0 && s.Age < c.AgeFloor }

// Bounds gives the first and last day of the span that count, the last being
// to where it is open. Nothing counts when first is later than last.
func (c *Convention) Bounds(s Span, to delay.Day) (first, last delay.Day) {
	first, last = s.Ready+1, to
	if c.Ready || c.Continues && s.After != 0 && s.After == s.Ready {
		first = s.Ready
	}
	if s.Out != 0 {
		last = s.Out - 1
		if c.End && s.Out > s.Ready {
			last = s.Out
		}
		if s.Out == s.Ready {
			last = first - 1
		}
	}
	return first, last
}

// Days counts the days of the span from from to to. An open span counts to
// the last day asked for: the caller bounds it by the evidence (C2).
func (c *Convention) Days(s Span, from, to delay.Day) int {
	if c.LeftOut(s) {
		return 0
	}
	first, last := c.Bounds(s, to)
	return max(0, int(min(last, to)-max(first, from))+1)
}

// InCensus says whether the span is counted on a census day, and the days
// delayed by then.
func (c *Convention) InCensus(s Span, day delay.Day) (days int, in bool) {
	days = int(day - s.Ready)
	left := s.Out != 0 && (s.Out < day || s.Out == day && !c.CensusLeaving)
	return days, !c.LeftOut(s) && !left && days >= max(1, c.GraceDays)
}

// Example is a worked example of a convention, which the tests recompute.
type Example struct {
	Convention, Name, Source string
	Span                     Span
	From, To                 delay.Day
	// Census says that the answer is of a census day; In and Days are the
	// answer.
	Census, In bool
	Days       int
}

// Compute gives the answer of the convention, in the form of the table.
func (c *Convention) Compute(e Example) string {
	if !e.Census {
		return strconv.Itoa(c.Days(e.Span, e.From, e.To))
	}
	if days, in := c.InCensus(e.Span, e.To); in {
		return "in " + strconv.Itoa(days)
	}
	return "not in"
}

// Answer gives the answer that the table states, in the same form.
func (e Example) Answer() string {
	switch {
	case !e.Census:
		return strconv.Itoa(e.Days)
	case e.In:
		return "in " + strconv.Itoa(e.Days)
	default:
		return "not in"
	}
}

// named is what may be the name of a measure: it heads sheets of workbooks and
// stands in addresses and columns.
var named = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 -]{0,30}$`)

func parseConvention(r *row) (*Convention, error) {
	c := &Convention{
		Counts: r.text("counts"), Ready: r.yes("ready"), End: r.yes("end"), Continues: r.yes("continues"),
		AgeFloor: r.number("age_floor"), GraceDays: r.number("grace_days"), Census: Census(r.text("census")),
		CensusLeaving: r.yes("census_leaving"), Apart: r.list("apart"), Words: r.text("words"),
	}
	c.Provenance = Provenance{
		Name: r.text("name"), Title: r.text("title"), Nation: r.text("nation"), From: r.day("from"), Until: r.day("until"),
		Source: r.text("source"), Certainty: r.text("certainty"),
	}
	c.delays, c.beds = r.given("delays"), r.given("beds")
	if !named.MatchString(c.BedsWords()) {
		r.fail("beds: found %q, expected a name of at most 31 letters, digits, spaces and hyphens that begins with a letter", c.beds)
	}
	switch c.Census {
	case Daily, LastThursday, ThirdWednesday:
	default:
		r.fail("census: found %q, expected daily, last-thursday or third-wednesday", c.Census)
	}
	if c.Counts != "days" && c.Counts != "people" {
		r.fail("counts: found %q, expected days or people", c.Counts)
	}
	for name, text := range map[string]string{"name": c.Name, "title": c.Title, "source": c.Source, "certainty": c.Certainty,
		"words": c.Words} {
		if text == "" {
			r.fail("%s: expected words", name)
		}
	}
	return c, r.err
}

func parseExample(r *row) (Example, error) {
	e := Example{
		Convention: r.text("convention"), Name: r.text("example"), Source: r.text("source"),
		Span: Span{Ready: r.day("ready"), Out: r.day("out"), After: r.day("after"), Age: -1},
		From: r.day("from"), To: r.day("to"),
	}
	if r.text("age") != "" {
		e.Span.Age = r.number("age")
	}
	answer := r.text("expect")
	if days, ok := strings.CutPrefix(answer, "in "); ok {
		e.Census, e.In, answer = true, true, days
	} else if answer == "not in" {
		e.Census = true
		return e, r.err
	}
	days, err := strconv.Atoi(answer)
	if err != nil {
		return e, fmt.Errorf("expect: found %q, expected a number of days, \"in\" with a number, or \"not in\"", answer)
	}
	e.Days = days
	return e, r.err
}
