package sqlite

import (
	"cmp"
	"slices"

	"homeward/internal/delay"
)

type presenceRow struct {
	first, last delay.Day
	statement   int64
}

// appearance is one patient listed on one day.
type appearance struct {
	patient   int64
	day       delay.Day
	statement int64
}

// listedIn gives the rows of a stored extract and foresees their statements.
func (d *derivation) listedIn(extract int64) ([]listed, error) {
	st, err := d.stmt(`SELECT listed FROM extract WHERE extract_id = ?`)
	if err != nil {
		return nil, err
	}
	var blob []byte
	if err := st.QueryRowContext(d.ctx, extract).Scan(&blob); err != nil {
		return nil, err
	}
	rows, err := decodeListed(blob)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.statement
	}
	return rows, d.foresee(ids)
}

// appearances gives who is listed on the changed days now, by patient and day,
// and notes on which pathways.
func (d *derivation) appearances() ([]appearance, error) {
	var out []appearance
	if n := len(d.changed); n > 1 {
		// A slice of a million that grows holds itself twice.
		var kept int
		if err := d.tx.QueryRowContext(d.ctx, `SELECT coalesce(sum(kept), 0) FROM extract WHERE sender_id = ? AND extract_date BETWEEN ? AND ?`,
			d.sender, d.changed[0], d.changed[n-1]).Scan(&kept); err != nil {
			return nil, err
		}
		out = make([]appearance, 0, kept)
	}
	for _, day := range d.changed {
		counted := d.now[day].Counted
		if counted == 0 {
			continue
		}
		rows, err := d.listedIn(counted)
		if err != nil {
			return nil, err
		}
		pathways, err := d.staysOf(counted, day)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			st, err := d.statement(r.statement)
			if err != nil {
				return nil, err
			}
			out = append(out, appearance{st.patient, day, r.statement})
			if p, ok := pathways[stay{st.patient, st.given, st.ready}]; ok {
				d.says(st.patient, day, p)
			}
		}
	}
	slices.SortFunc(out, func(a, b appearance) int {
		if a.patient != b.patient {
			return cmp.Compare(a.patient, b.patient)
		}
		return cmp.Compare(a.day, b.day)
	})
	return out, nil
}

// touched gives the patients whose delays a change of the changed days can
// change, ascending: those listed on them before or now; those last listed on
// the counted day before one, whose end they decide (C5); those listed on both
// sides of one (C6, C7); and, when the provider's first day moved, those who
// were ready before it (C9).
func (d *derivation) touched(now []appearance) ([]int64, error) {
	set := map[int64]struct{}{}
	for _, a := range now {
		set[a.patient] = struct{}{}
	}
	collect := func(query string, args ...any) error {
		st, err := d.stmt(query)
		if err != nil {
			return err
		}
		rows, err := st.QueryContext(d.ctx, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			set[id] = struct{}{}
		}
		return rows.Err()
	}
	if d.history != nil {
		if err := d.touchedOfHistory(set, collect); err != nil {
			return nil, err
		}
	}
	if d.hasLog && (len(d.was) == 0 || len(d.calendar) == 0 || d.was[0] != d.calendar[0]) {
		// The log is evidence for the days before the first extract (C17).
		if err := collect(`SELECT patient_id FROM log_entry WHERE provider_id = ?`, d.provider); err != nil {
			return nil, err
		}
	}
	if len(d.was) > 0 {
		for _, day := range d.changed {
			if counted := d.before[day].Counted; counted != 0 {
				rows, err := d.listedIn(counted)
				if err != nil {
					return nil, err
				}
				for _, r := range rows {
					st, err := d.statement(r.statement)
					if err != nil {
						return nil, err
					}
					set[st.patient] = struct{}{}
				}
			}
			for _, calendar := range []delay.Calendar{d.was, d.calendar} {
				if i, _ := slices.BinarySearch(calendar, day); i > 0 {
					if err := collect(`SELECT patient_id FROM delay WHERE provider_id = ? AND listed_last = ?`, d.provider, calendar[i-1]); err != nil {
						return nil, err
					}
				}
			}
			if err := collect(`SELECT patient_id FROM delay WHERE provider_id = ? AND listed_last > ? AND listed_first < ?`, d.provider, day,
				day); err != nil {
				return nil, err
			}
		}
		if len(d.calendar) == 0 || d.calendar[0] != d.was[0] {
			first := d.was[0]
			if len(d.calendar) > 0 {
				first = max(first, d.calendar[0])
			}
			if err := collect(`SELECT patient_id FROM delay WHERE provider_id = ? AND ready_date < ?`, d.provider, first); err != nil {
				return nil, err
			}
		}
	}
	out := make([]int64, 0, len(set))
	for id := range set {
		out = append(out, id)
	}
	slices.Sort(out)
	return out, nil
}

// merge replaces, in a patient's presence, the changed days by what is listed
// on them now.
func (d *derivation) merge(presence []presenceRow, now []appearance) []presenceRow {
	out := make([]presenceRow, 0, len(presence)+1)
	add := func(first, last delay.Day, statement int64) {
		if n := len(out); n > 0 && out[n-1].last+1 == first && out[n-1].statement == statement {
			out[n-1].last = last
			return
		}
		out = append(out, presenceRow{first, last, statement})
	}
	addNow := func(before delay.Day) {
		for len(now) > 0 && now[0].day < before {
			add(now[0].day, now[0].day, now[0].statement)
			now = now[1:]
		}
	}
	for _, run := range presence {
		// The parts of the run between changed days stay.
		i, _ := slices.BinarySearch(d.changed, run.first)
		first := run.first
		for ; i < len(d.changed) && d.changed[i] <= run.last; i++ {
			if first < d.changed[i] {
				addNow(first)
				add(first, d.changed[i]-1, run.statement)
			}
			first = d.changed[i] + 1
		}
		if first <= run.last {
			addNow(first)
			add(first, run.last, run.statement)
		}
	}
	addNow(never)
	return out
}
