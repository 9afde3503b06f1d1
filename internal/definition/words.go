package definition

import (
	"cmp"
	"strings"

	"homeward/internal/delay"
)

// The words of a convention follow from its table, so that they cannot belong to
// another convention than the one that made the figure (D3).

// ends picks among four words by whether the ready day and the day of leaving
// count.
func (c *Convention) ends(neither, ready, end, both string) string {
	switch {
	case c.Name == "":
		return ""
	case c.Ready && c.End:
		return both
	case c.Ready:
		return ready
	case c.End:
		return end
	}
	return neither
}

// Delay gives what deriving delays needs of the convention.
func (c *Convention) Delay() delay.Convention {
	return delay.Convention{Name: c.Name, CountReady: c.Ready, CountEnd: c.End}
}

// NameWords names the convention for readers, "england-dtoc: Delayed transfers
// of care (England)".
func (c *Convention) NameWords() string {
	if c.Name == "" {
		return ""
	}
	return c.Name + ": " + c.Title
}

// DelaysWords is what the publication of the convention calls its delays:
// "Delayed transfers of care".
func (c *Convention) DelaysWords() string { return cmp.Or(c.delays, "Delayed discharges") }

// BedsWords is what it calls delayed days divided by calendar days: "DToC beds".
func (c *Convention) BedsWords() string { return cmp.Or(c.beds, "Beds in delays") }

// BedsNoun is BedsWords inside a sentence.
func (c *Convention) BedsNoun() string {
	words := c.BedsWords()
	if len(words) > 1 && words[1] >= 'a' && words[1] <= 'z' {
		return strings.ToLower(words[:1]) + words[1:]
	}
	return words // An abbreviation.
}

// BedsID is BedsWords in addresses and file names, "dtoc-beds"; BedsColumn in
// the heads of tables for machines, "dtoc_beds".
func (c *Convention) BedsID() string {
	return strings.ReplaceAll(strings.ToLower(c.BedsWords()), " ", "-")
}

// BedsColumn is BedsID with underscores.
func (c *Convention) BedsColumn() string { return strings.ReplaceAll(c.BedsID(), "-", "_") }

// DayWords says which days count, as a sentence.
func (c *Convention) DayWords() string {
	return c.ends("The ready day and the day of leaving are not counted; every day between is, weekends too.",
		"The ready day is counted and the day of leaving is not; every day between is counted, weekends too.",
		"The ready day is not counted; the day of leaving is, and every day between, weekends too.",
		"The ready day and the day of leaving are counted, and every day between, weekends too.")
}

// EndWords says whether the ready day and the day of leaving count, as a
// sentence.
func (c *Convention) EndWords() string {
	return c.ends("The ready day and the day of leaving are not counted.",
		"The ready day is counted and the day of leaving is not.",
		"The ready day is not counted and the day of leaving is.",
		"The ready day and the day of leaving are counted.")
}

// ReadyWords says whether the ready day counts, as a sentence.
func (c *Convention) ReadyWords() string {
	const not, is = "The day they became ready is not counted.", "The day they became ready is counted."
	return c.ends(not, is, not, is)
}

// LeavingWords says whether the day of leaving counts, as a sentence.
func (c *Convention) LeavingWords() string {
	const not, is = "The day of leaving is not counted.", "The day of leaving is counted."
	return c.ends(not, not, is, is)
}

// PeopleWords says whether people whose ready day it is are among those delayed
// on a day, as a sentence.
func (c *Convention) PeopleWords() string {
	const not, are = "People whose ready day it is are not yet among them.", "People whose ready day it is are among them."
	return c.ends(not, are, not, are)
}

// SpanWords gives the days that count as the end of a phrase: "the days after
// the ready date and before the day of leaving".
func (c *Convention) SpanWords() string {
	if c.Name == "" {
		return "the days that its counting convention counts"
	}
	from, to := "after the ready date", "before the day of leaving"
	if c.Ready {
		from = "from the ready date on"
	}
	if c.End {
		to = "up to and with the day of leaving"
	}
	return "the days " + from + " and " + to
}
