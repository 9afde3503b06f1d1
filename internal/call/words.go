package call

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

func whole(n int64) string { return measure.Whole(n) }

func signed(n int64) string { return measure.Signed(n) }

func plural(n int64, one, many string) string { return measure.Plural(n, one, many) }

func peopleAre(n int64) string { return plural(n, "person is", "people are") }

func percent(v float64) string { return measure.PerCent(v) }

// change says how a count compares with that of the last call.
func change(now, before int64) string {
	switch d := now - before; {
	case d > 0:
		return whole(d) + " more than last call"
	case d < 0:
		return whole(-d) + " fewer than last call"
	}
	return "the same as last call"
}

// monthWords names a month, or the part of one that has data.
func monthWords(from, to delay.Day) string {
	m := from.Month()
	switch {
	case from == m.First() && to == m.Last():
		return m.Long()
	case from == to:
		return from.Long()
	}
	return fmt.Sprintf("%d to %s", from.Time().Day(), to.Long())
}

// TitleRoom is how many characters of a title stand on one line of the wall.
const TitleRoom = 66

// fit gives the first of the wordings, longest first, that stands on one line,
// and the last when none does.
func fit(wordings ...string) string {
	for _, w := range wordings {
		if utf8.RuneCountInString(w) <= TitleRoom {
			return w
		}
	}
	return wordings[len(wordings)-1]
}

// ShortName leaves off what every trust's name ends with, so that it can be
// read on a wall.
func ShortName(name string) string {
	for _, end := range []string{" NHS Foundation Trust", " NHS Trust"} {
		if short, ok := strings.CutSuffix(name, end); ok && short != "" {
			return short
		}
	}
	return name
}

// gapWords says by how much a movement does not add up: the total, or when the
// bodies' gaps cancel out, the largest.
func gapWords(g Count) string {
	n := g.Total()
	if n == 0 {
		for _, v := range [...]int64{g.SocialCare, g.NHS, g.Joint, g.NotAttributed} {
			n = max(n, v, -v)
		}
	}
	return "Movement does not add up by " + whole(max(n, -n)) + ". See Extracts."
}
