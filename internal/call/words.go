package call

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"homeward/internal/delay"
)

// whole writes a count with commas from 1,000 and a real minus.
func whole(n int64) string {
	if n < 0 {
		return "−" + whole(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// signed writes a change: +9, −10, 0.
func signed(n int64) string {
	if n > 0 {
		return "+" + whole(n)
	}
	return whole(n)
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return whole(n) + " " + many
}

func peopleAre(n int64) string { return plural(n, "person is", "people are") }

// percent writes a part of 1 as whole per cent; one that would round to nothing
// or to everything says so.
func percent(v float64) string {
	p := math.Round(v * 100)
	switch {
	case v > 0 && p == 0:
		return "under 1%"
	case v < 1 && p == 100:
		return "over 99%"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + "%"
}

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

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func reasonWords(r delay.Reason) string { return strings.TrimSpace(string(r) + " " + r.Short()) }

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
