package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
)

// Verification is what Verify found.
type Verification struct {
	Providers, Extracts, Patients, Delays int
	DelayedDays                           int64
	// Differences says, one sentence each, what is stored otherwise than the
	// evidence gives; empty when everything agrees. At most MaxDifferences are
	// listed, More counts the rest.
	Differences []string
	More        int
}

// MaxDifferences bounds the differences that are listed.
const MaxDifferences = 50

func (v *Verification) differ(format string, args ...any) {
	if len(v.Differences) == MaxDifferences {
		v.More++
		return
	}
	v.Differences = append(v.Differences, fmt.Sprintf(format, args...))
}

// Verify derives everything afresh from the evidence, as of one moment, and
// compares it with what is stored. It changes nothing.
func (s *Store) Verify(ctx context.Context) (*Verification, error) {
	// A read transaction sees one moment, whatever is written meanwhile.
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	v := &Verification{}
	rows, err := tx.QueryContext(ctx, `SELECT provider_id, code FROM provider WHERE shown_id = 0 ORDER BY code`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	providers := map[string]int64{}
	for rows.Next() {
		var id int64
		var code string
		if err := rows.Scan(&id, &code); err != nil {
			return nil, err
		}
		providers[code] = id
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, code := range slices.Sorted(maps.Keys(providers)) {
		if err := v.provider(ctx, s, tx, code, providers[code]); err != nil {
			return nil, err
		}
		v.Providers++
	}
	return v, nil
}

func (v *Verification) provider(ctx context.Context, s *Store, tx *sql.Tx, code string, id int64) error {
	d := newDerivation(ctx, tx, s, id)
	defer d.close()

	if err := d.look(); err != nil {
		return err
	}
	appearances, err := v.listings(d, code)
	if err != nil {
		return err
	}
	if d.history != nil {
		// Whoever sent under another code before is compared as part of this one.
		for _, sender := range d.history.senders[1:] {
			of := newDerivation(ctx, tx, s, sender.id)
			err := of.look()
			var more []appearance
			if err == nil {
				more, err = v.listings(of, sender.code)
			}
			of.close()
			if err != nil {
				return err
			}
			appearances = append(appearances, more...)
			maps.Copy(d.waysNow, of.waysNow)
			d.history = d.history.with(sender.id, of.calendar, s.settings.Formerly)
		}
		d.history = d.history.with(id, d.calendar, s.settings.Formerly)
		slices.SortStableFunc(appearances, func(a, b appearance) int { return cmp.Compare(a.patient, b.patient) })
	}
	patients, err := d.patientsOf()
	if err != nil {
		return err
	}
	groupOf, err := d.groups(patients)
	if err != nil {
		return err
	}
	compare := func(patient int64, stored *course, next course) error {
		if !stored.equal(next) {
			v.differ("%s: the delays of one patient are stored otherwise than the evidence gives.", code)
		}
		v.Delays += len(next.delays)
		d.count(&next, +1)
		return nil
	}
	at := 0
	together := map[int64][]presenceRow{} // the days of patients in groups
	for part := range slices.Chunk(patients, manyAtOnce) {
		stored, err := d.load(part)
		if err != nil {
			return err
		}
		words, err := d.said(part)
		if err != nil {
			return err
		}
		for _, patient := range part {
			from := at
			for at < len(appearances) && appearances[at].patient == patient {
				at++
			}
			presence := d.merge(nil, appearances[from:at])
			if groupOf[patient] != 0 {
				together[patient] = presence
				continue
			}
			next, err := d.resolve(presence, d.waysNow[patient], words.of(patient))
			if err != nil {
				return err
			}
			if err := compare(patient, stored[patient], next); err != nil {
				return err
			}
			v.Patients++
		}
	}
	if at != len(appearances) {
		v.differ("%s: %d listings are of patients who are not stored.", code, len(appearances)-at)
	}
	if err := v.families(d, code, groupOf, together, compare); err != nil {
		return err
	}
	return v.counts(d, code)
}

// listings compares where a sender's days stand, and gives who its extracts list.
func (v *Verification) listings(d *derivation, code string) ([]appearance, error) {
	received, err := d.received(0, never)
	if err != nil {
		return nil, err
	}
	v.Extracts += len(received)
	stored, err := d.standings(0, never)
	if err != nil {
		return nil, err
	}
	for _, st := range ingest.Standings(received, d.store.settings.Short) {
		d.now[st.Date] = st
		if st.Counted != 0 {
			d.calendar = append(d.calendar, st.Date)
			d.changed = append(d.changed, st.Date)
		}
		if was := stored[st.Date]; was.Counted != st.Counted || was.Held != st.Held {
			v.differ("%s %s: the evidence counts extract %d and holds %d, stored are %d and %d.", code, st.Date, st.Counted, st.Held, was.Counted,
				was.Held)
		}
		delete(stored, st.Date)
	}
	for day := range stored {
		v.differ("%s %s: stored as a day with extracts, and there is no extract.", code, day)
	}
	return d.appearances()
}

// families compares the people of groups. What other providers list is taken as
// stored: it is compared with the evidence in their own turn.
func (v *Verification) families(d *derivation, code string, groupOf map[int64]int64, presence map[int64][]presenceRow,
	compare func(int64, *course, course) error) error {
	groups := make([]int64, 0, len(groupOf))
	for _, id := range groupOf {
		groups = append(groups, id)
	}
	for part := range slices.Chunk(unique(groups), groupsAtOnce) {
		families, err := d.families(part)
		if err != nil {
			return err
		}
		stored, err := d.loadFamilies(families)
		if err != nil {
			return err
		}
		for _, f := range families {
			listed, ways := map[int64][]presenceRow{}, map[int64][]logbook.Way{}
			for _, m := range f {
				listed[m.ID], ways[m.ID] = stored[m.ID].presence, stored[m.ID].listedWays
				if m.provider == d.provider {
					listed[m.ID], ways[m.ID] = presence[m.ID], d.waysNow[m.ID]
				}
			}
			courses, heads, err := d.settle(f, listed, ways)
			if err != nil {
				return err
			}
			for _, m := range f {
				if m.provider != d.provider {
					continue
				}
				if heads[m.ID] == m.ID {
					v.Patients++
				}
				if heads[m.ID] != m.head {
					v.differ("%s: a reference leads to another person than the evidence gives.", code)
				}
				if err := compare(m.ID, stored[m.ID], courses[m.ID]); err != nil {
					return err
				}
			}
		}
	}
	var astray int
	if err := d.tx.QueryRowContext(d.ctx, `
		SELECT (SELECT count(*) FROM log_entry l JOIN patient p ON p.patient_id = l.about_id WHERE p.provider_id = ?1 AND l.patient_id <> `+
		`p.person_id)
			+ (SELECT count(*) FROM agreement_event e JOIN patient p ON p.patient_id = e.about_id WHERE p.provider_id = ?1 AND e.patient_id <> `+
		`p.person_id)
			+ (SELECT count(*) FROM action a JOIN patient p ON p.patient_id = a.about_id WHERE p.provider_id = ?1 AND a.patient_id <> p.person_id)`,
		d.provider).Scan(&astray); err != nil {
		return err
	}
	if astray > 0 {
		v.differ("%s: %d entries, answers and actions are with another person than the evidence gives.", code, astray)
	}
	return nil
}

// patientsOf gives the provider's patients, ascending.
func (d *derivation) patientsOf() ([]int64, error) {
	var out []int64
	err := d.each(`SELECT patient_id FROM patient WHERE provider_id = ? ORDER BY patient_id`, d.provider, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}

// counts compares the counts worked out afresh with those stored.
func (v *Verification) counts(d *derivation, code string) error {
	fresh := map[monthCell][32]int32{}
	for key, days := range d.counts {
		if *days != ([32]int32{}) {
			fresh[key] = *days
			v.DelayedDays += int64(days[0])
		}
	}
	var columns strings.Builder
	columns.WriteString("month, council, care, reason, body, state, pathway, days")
	for i := 1; i <= 31; i++ {
		columns.WriteString(", " + dayColumn(i))
	}
	rows, err := d.tx.QueryContext(d.ctx, `SELECT `+columns.String()+` FROM month_count WHERE provider_id = ? ORDER BY month, council, care, `+
		`reason, body, state, pathway`, d.provider)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var month delay.Month
		var key cellKey
		var days [32]int32
		into := []any{&month, &key.council, &key.care, &key.reason, &key.body, &key.state, &key.pathway}
		for i := range days {
			into = append(into, &days[i])
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		id, ok := d.cellIDs[key]
		at := monthCell{month, id}
		if !ok || fresh[at] != days {
			v.differ("%s %s: a count of delayed days is stored as %d, the evidence gives %d.", code, month, days[0], fresh[at][0])
		}
		if ok {
			delete(fresh, at)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	missing := slices.SortedFunc(maps.Keys(fresh), func(a, b monthCell) int { return cmp.Compare(a.month, b.month) })
	for _, key := range missing {
		v.differ("%s %s: %d delayed days are missing from the counts.", code, key.month, fresh[key][0])
	}
	return nil
}
