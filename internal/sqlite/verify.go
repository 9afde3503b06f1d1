package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/ingest"
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
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	v := &Verification{}
	rows, err := tx.QueryContext(ctx, `SELECT provider_id, code FROM provider ORDER BY code`)
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
	received, err := d.received(0, never)
	if err != nil {
		return err
	}
	v.Extracts += len(received)
	stored, err := d.standings(0, never)
	if err != nil {
		return err
	}
	for _, st := range ingest.Standings(received, s.settings.Short) {
		d.now[st.Date] = st
		if st.Counted != 0 {
			d.calendar = append(d.calendar, st.Date)
			d.changed = append(d.changed, st.Date)
		}
		if was := stored[st.Date]; was.Counted != st.Counted || was.Held != st.Held {
			v.differ("%s %s: the evidence counts extract %d and holds %d, stored are %d and %d.", code, st.Date, st.Counted, st.Held, was.Counted, was.Held)
		}
		delete(stored, st.Date)
	}
	for day := range stored {
		v.differ("%s %s: stored as a day with extracts, and there is no extract.", code, day)
	}

	appearances, err := d.appearances()
	if err != nil {
		return err
	}
	patients, err := d.patientsOf()
	if err != nil {
		return err
	}
	at := 0
	for part := range slices.Chunk(patients, manyAtOnce) {
		stored, err := d.load(part)
		if err != nil {
			return err
		}
		for _, patient := range part {
			from := at
			for at < len(appearances) && appearances[at].patient == patient {
				at++
			}
			next, err := d.resolve(patient, d.merge(nil, appearances[from:at]))
			if err != nil {
				return err
			}
			if !stored[patient].equal(next) {
				v.differ("%s: the delays of one patient are stored otherwise than the evidence gives.", code)
			}
			if err := d.count(next.segments, +1); err != nil {
				return err
			}
			v.Patients++
			v.Delays += len(next.delays)
		}
	}
	if at != len(appearances) {
		v.differ("%s: %d listings are of patients who are not stored.", code, len(appearances)-at)
	}
	return v.counts(d, code)
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
	columns := "month, council, care, reason, body, state, days"
	for i := 1; i <= 31; i++ {
		columns += ", " + dayColumn(i)
	}
	rows, err := d.tx.QueryContext(d.ctx, `SELECT `+columns+` FROM month_count WHERE provider_id = ? ORDER BY month, council, care, reason, body, state`, d.provider)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var month delay.Month
		var key cellKey
		var days [32]int32
		into := []any{&month, &key.council, &key.care, &key.reason, &key.body, &key.state}
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
