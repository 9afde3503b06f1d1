// Package quality says what senders' files leave to be mended: every check by
// provider, the words that wait to be mapped, and which fields that the measures
// need are blank. It gives counts and no score: a list can be worked, a score
// can be pleased. It knows no SQL and no HTTP.
package quality

import (
	"cmp"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/extract"
)

// Longest bounds the period that is looked at, in days.
const Longest = 366

// weeksShown bounds the weeks of a trend.
const weeksShown = 8

// Extract is one extract that stands for its day, counted or held, with what was
// found in it.
type Extract struct {
	Provider string
	Day      delay.Day
	// File is the SHA-256 of its file in hexadecimal.
	File  string
	Found []Found
	// Undivided says that its file holds several extracts and came before what was
	// found was kept by extract: nothing of it is in Found.
	Undivided bool
}

// Found is how many rows of one extract a check found, for one cause.
type Found struct {
	extract.Group
	Rows int
}

// Of gives what a file's groups found in one of its extracts. sole says that
// there is no other extract in the file; sentAs is the code under which it was
// sent.
func Of(groups []extract.Group, sole bool, sentAs string, day delay.Day) (found []Found, undivided bool) {
	on := day.String() // A file of a year has groups by the thousand, of a day each.
	for _, g := range groups {
		switch {
		case g.Rows == 0: // It is of the file as a whole.
		case sole:
			found = append(found, Found{g, g.Rows})
		case g.Days == nil:
			undivided = true
		}
		for _, d := range g.Days {
			if d.Date == on && (d.Provider == "" || d.Provider == sentAs) {
				found = append(found, Found{g, d.Rows})
			}
		}
	}
	return found, undivided
}

// Week is a week of a trend, Monday to Sunday.
type Week struct {
	First delay.Day
	// Extracts is how many extracts the week has, Rows what was found in them.
	Extracts, Rows int
}

// Check is one check of one provider over a period.
type Check struct {
	Provider                            string
	Rule, Severity, Field, Expected, Do string
	// Word is the word that is in no list, where that is the check.
	Word string
	// Rows are those of all extracts of the period: one that is sent every day
	// counts every day. Latest are those of the provider's latest extract.
	Rows, Latest int
	// Since is the first extract of the period in which it was found, and Last the
	// last, whose file is File.
	Since, Last delay.Day
	File        string
	Weeks       []Week
}

// Age is for how many days it has been found, up to the provider's latest
// extract; 0 when the latest has none of it.
func (c Check) Age(latest delay.Day) int {
	if c.Latest == 0 {
		return 0
	}
	return int(latest - c.Since)
}

// Waiting says that the check is a word that waits to be mapped.
func (c Check) Waiting() bool { return c.Word != "" }

// Trend compares the last two weeks that have extracts.
func (c Check) Trend() string {
	var rows []int
	for _, w := range c.Weeks {
		if w.Extracts > 0 {
			rows = append(rows, w.Rows)
		}
	}
	n := len(rows)
	switch {
	case n < 2:
		return "no week to compare with"
	case rows[n-1] > rows[n-2]:
		return "more than the week before"
	case rows[n-1] < rows[n-2]:
		return "fewer than the week before"
	case rows[n-1] == 0:
		return "none for two weeks"
	}
	return "as many as the week before"
}

// Report is all checks of a period.
type Report struct {
	From, To delay.Day
	// Checks are in the order of the providers and then of how much they matter;
	// Words those of them that are words waiting to be mapped.
	Checks, Words []Check
	// Latest is each provider's latest extract.
	Latest map[string]delay.Day
	// Undivided counts the extracts of which nothing is known by extract.
	Undivided int
}

var worst = map[string]int{extract.Quarantined.String(): 0, extract.Warned.String(): 1, extract.Excluded.String(): 2}

// Make gathers what the extracts of a period found. providers says the order.
func Make(from, to delay.Day, extracts []Extract, providers []string) Report {
	r := Report{From: from, To: to, Latest: map[string]delay.Day{}}
	for _, e := range extracts {
		r.Latest[e.Provider] = max(r.Latest[e.Provider], e.Day)
		if e.Undivided {
			r.Undivided++
		}
	}
	type key struct{ provider, rule, severity, field, expected, do, word string }
	all := map[key]*Check{}
	for _, e := range extracts {
		for _, f := range e.Found {
			if f.Severity == extract.Excluded.String() {
				continue // It is nobody's to mend: the row is rightly left out, and its receipt says so.
			}
			word := wordOf(f.Cause)
			k := key{e.Provider, f.Rule, f.Severity, f.Field, f.Expected, f.Do, word}
			c := all[k]
			if c == nil {
				c = &Check{Provider: e.Provider, Rule: f.Rule, Severity: f.Severity, Field: f.Field, Expected: f.Expected, Do: f.Do,
					Word: word, Since: e.Day}
				all[k] = c
			}
			c.Rows += f.Rows
			c.Since = min(c.Since, e.Day)
			if e.Day >= c.Last {
				c.Last, c.File = e.Day, e.File
			}
			if e.Day == r.Latest[e.Provider] {
				c.Latest += f.Rows
			}
			c.in(e.Day, f.Rows)
		}
	}
	weeks := weeksOf(from, to, extracts)
	for _, c := range all {
		c.Weeks = c.trend(weeks[c.Provider])
		if c.Waiting() {
			r.Words = append(r.Words, *c)
		} else {
			r.Checks = append(r.Checks, *c)
		}
	}
	for _, list := range [][]Check{r.Checks, r.Words} {
		slices.SortFunc(list, func(a, b Check) int {
			return cmp.Or(cmp.Compare(slices.Index(providers, a.Provider), slices.Index(providers, b.Provider)),
				cmp.Compare(a.Provider, b.Provider), cmp.Compare(worst[a.Severity], worst[b.Severity]), cmp.Compare(b.Latest, a.Latest),
				cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Word, b.Word),
				cmp.Compare(a.Expected, b.Expected), cmp.Compare(a.Do, b.Do))
		})
	}
	return r
}

// in counts rows in the week of a day.
func (c *Check) in(day delay.Day, rows int) {
	for i := range c.Weeks {
		if c.Weeks[i].First == day.Week() {
			c.Weeks[i].Rows += rows
			return
		}
	}
	c.Weeks = append(c.Weeks, Week{First: day.Week(), Rows: rows})
}

// trend puts the check's rows on the provider's weeks.
func (c *Check) trend(weeks []Week) []Week {
	out := slices.Clone(weeks)
	for i := range out {
		for _, w := range c.Weeks {
			if w.First == out[i].First {
				out[i].Rows = w.Rows
			}
		}
	}
	return out
}

// weeksOf gives the last weeks of the period with the number of extracts, by
// provider.
func weeksOf(from, to delay.Day, extracts []Extract) map[string][]Week {
	out := map[string][]Week{}
	first := max(from.Week(), to.Week()-7*(weeksShown-1))
	for _, e := range extracts {
		if out[e.Provider] == nil {
			for w := first; w <= to; w += 7 {
				out[e.Provider] = append(out[e.Provider], Week{First: w})
			}
		}
		if at := int(e.Day.Week()-first) / 7; e.Day >= first {
			out[e.Provider][at].Extracts++
		}
	}
	return out
}

// wordOf gives the word that a cause speaks of, empty for other causes. The causes
// are those of extract.Group.
func wordOf(cause string) string {
	if word, _, ok := strings.Cut(cause, "': "); ok && strings.HasPrefix(word, "'") {
		return strings.TrimPrefix(word, "'")
	}
	return ""
}
