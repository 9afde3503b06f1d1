package synth

import (
	"bufio"
	"io"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

// BackfillName is the file name under which Northgate's layout knows a
// backfill.
const BackfillName = "RZ1_backfill.csv"

// WriteBackfill writes one CSV in the layout of Northgate NHS Trust with
// exactly the given number of rows and one extract date after another up to
// o.To (a backfill, R6). The size follows from rows and the period, so o.Beds
// is not used. The first extract date is the one that is cut to reach the
// number, because a short last one would be held (R5).
func WriteBackfill(w io.Writer, rows int, o Options) error {
	if rows < 1 || rows > 50_000_000 {
		return problem.New(problem.Invalid, "The number of rows is %d. Choose from 1 to 50,000,000.", rows)
	}
	o.Beds = 0
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	days := int(o.To-o.From) + 1
	t := &trusts[0]
	// A tenth more than the period needs, because the draw is not exact; what
	// is too much falls off at the beginning.
	need := float64(rows) / float64(days) / t.share
	var source *writer
	var first delay.Day
	var skip int
	for {
		if need *= 1.1; need > 50_000_000 {
			return problem.New(problem.Invalid, "%d rows do not fit in %d days. Choose a longer period.", rows, days)
		}
		o.Beds = int(need) + 1
		source = newWriter(t, 0, o, &register{})
		var ok bool
		if first, skip, ok = beginning(source.stays, o, rows); ok {
			break
		}
	}
	buffered := bufio.NewWriterSize(w, 1<<20)
	c := newCSV(buffered, ',')
	c.UseCRLF = true
	c.line(northgateHeadings)
	dates := dayTexts{}
	record := make([]string, 0, len(northgateHeadings))
	for day := first; day <= o.To; day++ {
		listed := source.list(day)
		if day == first {
			listed = listed[skip:]
		}
		for i := range listed {
			record = northgateRecord(record[:0], dates, &listed[i])
			c.line(record)
		}
	}
	if err := c.end(); err != nil {
		return err
	}
	return buffered.Flush()
}

// beginning finds the extract date from which on there are enough rows, and
// how many of that date's rows are too many; false when there are not enough.
func beginning(stays []*stay, o Options, rows int) (first delay.Day, skip int, ok bool) {
	change := make([]int, o.To-o.From+2)
	at := func(d delay.Day) int { return int(min(max(d, o.From), o.To+1) - o.From) }
	for _, s := range stays {
		change[at(s.first)]++
		change[at(s.last()+1)]--
		if s.omitted != 0 {
			change[at(s.omitted)]--
			change[at(s.omitted+1)]++
		}
	}
	counts := make([]int, o.To-o.From+1)
	n := 0
	for i := range counts {
		n += change[i]
		counts[i] = n
	}
	for i, count := range slices.Backward(counts) {
		if rows -= count; rows <= 0 {
			return o.From + delay.Day(i), -rows, true
		}
	}
	return 0, 0, false
}
