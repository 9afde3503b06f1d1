package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

// Next gives the next n moments at which a specification is due after a moment,
// in the moment's zone, or an Invalid problem as Add does.
func Next(spec string, after time.Time, n int) ([]time.Time, error) {
	times, err := timesOf(Job{Name: "of these times", When: spec})
	if err != nil {
		return nil, err
	}
	var out []time.Time
	for t := times.Next(after); !t.IsZero() && len(out) < n; t = times.Next(t) {
		out = append(out, t)
	}
	return out, nil
}

// Words says a specification as people would: "every Monday at 7:45am". What
// they would not put simply, such as every third minute of March, is a problem
// of kind Invalid that asks for words.
func Words(spec string) (string, error) {
	if _, err := Next(spec, time.Now(), 1); err != nil {
		return "", err
	}
	unclear := problem.New(problem.Invalid, "The times %q are not easily put in words. Say in words when it is.", spec)
	f := strings.Fields(spec)
	if len(f) != 5 || f[3] != "*" {
		return "", unclear
	}
	minute, err := strconv.Atoi(f[0])
	if err != nil {
		return "", unclear
	}
	var hours []string
	for h := range strings.SplitSeq(f[1], ",") {
		hour, err := strconv.Atoi(h)
		if err != nil {
			return "", unclear
		}
		hours = append(hours, clockWords(hour, minute))
	}
	days, err := daysWords(f[2], f[4])
	if err != nil {
		return "", unclear
	}
	return days + " at " + listed(hours), nil
}

func daysWords(ofMonth, ofWeek string) (string, error) {
	switch {
	case ofMonth == "*" && ofWeek == "*":
		return "every day", nil
	case ofMonth == "*" && (ofWeek == "1-5" || strings.EqualFold(ofWeek, "mon-fri")):
		return "every weekday, Monday to Friday,", nil
	case ofMonth == "*":
		var names []string
		for d := range strings.SplitSeq(ofWeek, ",") {
			day, err := weekday(d)
			if err != nil {
				return "", err
			}
			names = append(names, day.String())
		}
		return "every " + listed(names), nil
	case ofWeek == "*":
		var names []string
		for d := range strings.SplitSeq(ofMonth, ",") {
			day, err := strconv.Atoi(d)
			if err != nil {
				return "", err
			}
			names = append(names, ordinal(day))
		}
		return "on the " + listed(names) + " of each month", nil
	}
	return "", strconv.ErrSyntax // Cron takes either of the two days then, which no one expects.
}

func weekday(s string) (time.Weekday, error) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(s, d.String()[:3]) {
			return d, nil
		}
	}
	n, err := strconv.Atoi(s)
	return time.Weekday(n % 7), err
}

func clockWords(hour, minute int) string {
	return delay.Clock(time.Date(2000, 1, 1, hour, minute, 0, 0, time.UTC))
}

func ordinal(n int) string {
	end := "th"
	if n < 11 || n > 13 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, end)
}

func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
