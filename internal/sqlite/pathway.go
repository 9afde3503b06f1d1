package sqlite

import (
	"cmp"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/logbook"
)

// wayRow is a part of the days of a delay on one pathway.
type wayRow struct {
	listedFirst delay.Day
	logbook.Way
}

// wend adds the pathways of the days of a delay, which its stretches tile, and
// notes that of its leaving on the delay's row. ends are the entries that end it.
func (c *course) wend(dl delay.Delay, listed []logbook.Way, entries, ends []logbook.Entry) {
	if len(dl.Stretches) == 0 || len(listed) == 0 && len(entries) == 0 && len(ends) == 0 {
		return
	}
	first, last := dl.Stretches[0].First, dl.Stretches[len(dl.Stretches)-1].Last
	on := delay.PathwayNotStated // the last delayed day
	for _, w := range logbook.Ways(first, last, dl.ListedFirst, listed, entries) {
		c.ways, on = append(c.ways, wayRow{dl.ListedFirst, w}), w.Pathway
	}
	if dl.EndKind == delay.Open {
		return
	}
	said := append(slices.DeleteFunc(slices.Clone(entries), func(e logbook.Entry) bool { return e.Kind == logbook.Ended }), ends...)
	slices.SortFunc(said, func(a, b logbook.Entry) int { return cmp.Compare(a.ID, b.ID) })
	left := logbook.Left(first, last, dl.ListedFirst, dl.ListedLast, listed, said)
	// The last day that counts may be before this one, in a pause or lost to another
	// provider (C19), so that what differs is asked of the segments.
	c.delays[len(c.delays)-1].leftTo = left.Pathway
	if words := leavingWords(left, on); words != "" {
		c.findings = append(c.findings, findingRow{dl.ListedFirst, "C16", dl.End, words})
	}
}

// endsOf gives the entries that end delay i: each ends the last delay that was
// ready before the day of leaving that it names, whenever it was made, or on that
// day where the delay before was over.
func endsOf(effective []logbook.Entry, delays []delay.Delay, i int) []logbook.Entry {
	var out []logbook.Entry
	for _, e := range effective {
		its := 0
		for j, d := range delays {
			if d.Ready < e.Day || d.Ready == e.Day && (j == 0 || delays[j-1].End < e.Day) {
				its = j
			}
		}
		if e.Kind == logbook.Ended && its == i {
			out = append(out, e)
		}
	}
	return out
}

// leavingWords says what was stated of a leaving where it is not one pathway,
// with what stands; on is the pathway of the last delayed day. Empty when there
// is nothing to look at.
func leavingWords(left logbook.Leaving, on delay.Pathway) string {
	var said []string
	var pathways []delay.Pathway
	for _, one := range []struct {
		words   string
		pathway delay.Pathway
	}{{"the log says that they left on pathway ", left.Logged}, {"the list said last pathway ", left.Listed},
		{"their last delayed day is on pathway ", on}} {
		if one.pathway != delay.PathwayNotStated {
			said = append(said, one.words+string(one.pathway))
			pathways = append(pathways, one.pathway)
		}
	}
	slices.Sort(pathways)
	if len(slices.Compact(pathways)) < 2 || left.Logged == delay.PathwayNotStated && left.Pathway == on {
		return "" // What the log said of a wait stands above the lists until they say something new, as ever.
	}
	return strings.Join(said, ", ") + ". What was said last stands: they left on pathway " + string(left.Pathway) +
		", and the delayed days stay where they are."
}

// parted gives a segment's days by pathway.
func (c *course) parted(s segmentRow) []logbook.Way {
	var out []logbook.Way
	for _, w := range c.ways {
		if w.listedFirst == s.listedFirst && w.First <= s.last && w.Last >= s.first {
			out = append(out, logbook.Way{First: max(w.First, s.first), Last: min(w.Last, s.last), Pathway: w.Pathway})
		}
	}
	if out == nil {
		out = append(out, logbook.Way{First: s.first, Last: s.last})
	}
	return out
}

// stay names what a row of an extract states a pathway beside.
type stay struct {
	patient, given int64
	ready          delay.Day
}

// staysOf gives the pathways that the rows of an extract state; of two rows that
// say the same otherwise the last stands (R7).
func (d *derivation) staysOf(extract int64, day delay.Day) (map[stay]delay.Pathway, error) {
	st, err := d.stmt(`SELECT rows FROM stay WHERE extract_id = ?`)
	if err != nil {
		return nil, err
	}
	var packed []byte
	if err := st.QueryRowContext(d.ctx, extract).Scan(&packed); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = nil // It states nothing of stays.
		}
		return nil, err
	}
	rows, err := decodeStays(day, packed)
	if err != nil {
		return nil, err
	}
	out := map[stay]delay.Pathway{}
	for _, r := range rows {
		at := stay{r.patient, r.given, r.ready}
		if r.pathway != "" {
			out[at] = delay.Pathway(r.pathway)
		} else {
			delete(out, at)
		}
	}
	return out, nil
}

// says notes that a patient is listed on a day on a pathway. Days come in order.
func (d *derivation) says(patient int64, day delay.Day, p delay.Pathway) {
	d.waysNow[patient] = joinWays(d.waysNow[patient], logbook.Way{First: day, Last: day, Pathway: p})
}

func joinWays(ways []logbook.Way, w logbook.Way) []logbook.Way {
	if n := len(ways); n > 0 && ways[n-1].Last+1 == w.First && ways[n-1].Pathway == w.Pathway {
		ways[n-1].Last = w.Last
		return ways
	}
	return append(ways, w)
}

// listedWays replaces, in what extracts state of a patient's pathway, the
// changed days by what is stated on them now. Days of another sender's patient
// have not changed.
func (d *derivation) listedWays(patient int64, before []logbook.Way) []logbook.Way {
	now := d.waysNow[patient]
	if len(before) == 0 {
		return now
	}
	if sender := d.senderOf[patient]; sender != 0 && sender != d.sender {
		return before
	}
	var left []logbook.Way
	for _, w := range before {
		i, _ := slices.BinarySearch(d.changed, w.First)
		for ; i < len(d.changed) && d.changed[i] <= w.Last; i++ {
			if w.First < d.changed[i] {
				left = append(left, logbook.Way{First: w.First, Last: d.changed[i] - 1, Pathway: w.Pathway})
			}
			w.First = d.changed[i] + 1
		}
		if w.First <= w.Last {
			left = append(left, w)
		}
	}
	left = append(left, now...)
	slices.SortFunc(left, func(a, b logbook.Way) int { return int(a.First - b.First) })
	var out []logbook.Way
	for _, w := range left {
		out = joinWays(out, w)
	}
	return out
}

// within gives the part of ways that lies in the days first to last.
func within(ways []logbook.Way, first, last delay.Day) []logbook.Way {
	var out []logbook.Way
	for _, w := range ways {
		if w.First <= last && w.Last >= first {
			out = append(out, logbook.Way{First: max(w.First, first), Last: min(w.Last, last), Pathway: w.Pathway})
		}
	}
	return out
}
