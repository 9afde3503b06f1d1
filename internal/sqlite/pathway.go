package sqlite

import (
	"database/sql"
	"errors"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/logbook"
)

// wayRow is a part of the days of a delay on one pathway.
type wayRow struct {
	listedFirst delay.Day
	logbook.Way
}

// wend adds the pathways of the days of a delay, which its stretches tile.
func (c *course) wend(dl delay.Delay, listed []logbook.Way, entries []logbook.Entry) {
	if len(dl.Stretches) == 0 || len(listed) == 0 && len(entries) == 0 {
		return
	}
	first, last := dl.Stretches[0].First, dl.Stretches[len(dl.Stretches)-1].Last
	for _, w := range logbook.Ways(first, last, dl.ListedFirst, listed, entries) {
		c.ways = append(c.ways, wayRow{dl.ListedFirst, w})
	}
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
