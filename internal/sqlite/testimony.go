package sqlite

import (
	"cmp"
	"database/sql"
	"slices"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/logbook"
)

// testimony is what people have said of one patient.
type testimony struct {
	effective []logbook.Entry
	events    []agreement.Event
}

// corrects says whether a correction begins or ends between neighbouring days
// that the entries before and next refine: a correction of the present wait has
// no end of its own, since what follows was said after it.
func (s testimony) corrects(before, next int64) bool {
	for _, e := range s.effective {
		if e.Kind == logbook.Corrected && (e.ID == next || e.ID == before && e.OfThePast()) {
			return true
		}
	}
	return false
}

// said is what people have said of patients, by patient and as it was given.
type said struct {
	entries map[int64][]logbook.Entry
	events  map[int64][]agreement.Event
}

// said reads the log and the answers about patients, of many at once.
func (d *derivation) said(patients []int64) (said, error) {
	s := said{map[int64][]logbook.Entry{}, map[int64][]agreement.Event{}}
	var about int64
	if d.hasLog {
		if err := lookUp(d.ctx, d.tx, `
			SELECT about_id, entry_id, kind, made_on, day, until_day, statement_id, undoes, destination
			FROM log_entry
			WHERE about_id IN (SELECT value FROM json_each(?1))`, patients, func(r *sql.Rows) error {
			var e logbook.Entry
			err := r.Scan(&about, &e.ID, &e.Kind, &e.Made, &e.Day, &e.Until, &e.Statement, &e.Undoes, &e.Destination)
			s.entries[about] = append(s.entries[about], e)
			return err
		}); err != nil {
			return s, err
		}
	}
	if d.hasEvents {
		return s, lookUp(d.ctx, d.tx, `
			SELECT about_id, event_id, act, side, body, first_day, last_day, cut, reason, council, care, rule_body
			FROM agreement_event
			WHERE about_id IN (SELECT value FROM json_each(?1))`, patients, func(r *sql.Rows) error {
			var e agreement.Event
			of := &e.Segment
			err := r.Scan(&about, &e.ID, &e.Act, &e.Side, &e.Body, &of.First, &of.Last, &e.Cut, &of.Reason, &of.Council, &of.Care, &of.Body)
			s.events[about] = append(s.events[about], e)
			return err
		})
	}
	return s, nil
}

// of gives what was said of the patients who are one person, in the order in
// which it was given.
func (s said) of(patients ...int64) (t testimony) {
	var entries []logbook.Entry
	for _, patient := range patients {
		entries = append(entries, s.entries[patient]...)
		t.events = append(t.events, s.events[patient]...)
	}
	slices.SortFunc(entries, func(a, b logbook.Entry) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(t.events, func(a, b agreement.Event) int { return cmp.Compare(a.ID, b.ID) })
	t.effective = logbook.Effective(entries)
	return t
}

// evidence gives the calendar and the runs that a patient's delays follow from:
// the extracts', and on days before the provider's first extract, or on all
// days up to logDay when it sends none, the log's (C17).
func (d *derivation) evidence(own delay.Calendar, effective []logbook.Entry, presence []presenceRow) (delay.Calendar,
	[]presenceRow) {
	if len(effective) == 0 {
		return own, presence
	}
	upTo := d.logDay
	if len(own) > 0 {
		upTo = own[0] - 1
	}
	first := upTo + 1
	var runs []presenceRow
	for _, r := range logbook.Presence(effective, upTo) {
		runs = append(runs, presenceRow{r.First, r.Last, r.Statement})
	}
	if len(runs) == 0 {
		return own, presence
	}
	for _, e := range effective {
		first = min(first, e.Day)
	}
	calendar := make(delay.Calendar, 0, int(upTo-first)+1+len(own))
	for day := first; day <= upTo; day++ {
		calendar = append(calendar, day)
	}
	return append(calendar, own...), append(runs, presence...)
}

// entriesOf gives the entries that were made about delay i: each is about the
// last delay that was ready by the day on which it was made.
func entriesOf(effective []logbook.Entry, delays []delay.Delay, i int) []logbook.Entry {
	return slices.DeleteFunc(slices.Clone(effective), func(e logbook.Entry) bool {
		its := 0
		for j, d := range delays {
			if d.Ready <= e.Made {
				its = j
			}
		}
		return its != i
	})
}

// refine lets the log speak on the stretches of one delay.
func (d *derivation) refine(stretches []stretchRow, entries []logbook.Entry, listedFirst delay.Day,
	fromLog func(delay.Day) bool) ([]stretchRow, error) {
	pieces := make([]logbook.Piece, len(stretches))
	for i, st := range stretches {
		row, err := d.statement(st.statement)
		if err != nil {
			return nil, err
		}
		pieces[i] = logbook.Piece{First: st.first, Last: st.last, Statement: st.statement, Given: row.given, Mark: st.mark}
	}
	checked := logbook.LastChecked(entries)
	var out []stretchRow
	for _, r := range logbook.Refine(pieces, entries) {
		st := stretchRow{listedFirst, r.First, r.Last, r.Statement, r.Mark, r.Entry}
		if r.Paused {
			st.mark = delay.Paused
		}
		if !fromLog(r.First) || r.Paused || r.Last <= checked {
			out = append(out, st)
			continue
		}
		// The log alone is evidence, and nobody has said anything since.
		if r.First <= checked {
			known := st
			known.last = checked
			out = append(out, known)
			st.first = checked + 1
		}
		st.mark = delay.Unverified
		out = append(out, st)
	}
	return out, nil
}

// logRun says whether the log alone is evidence for the day.
func logRun(calendar delay.Calendar, day delay.Day) bool {
	return len(calendar) == 0 || day < calendar[0]
}
