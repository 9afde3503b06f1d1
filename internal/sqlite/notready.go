package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/people"
)

// NotReadyPurged counts what PurgeNotReady deleted.
type NotReadyPurged struct {
	// Rows are the rows of people who were not ready; People are those who were
	// never ready, whose numbers were deleted.
	Rows, People int64
}

// PurgeNotReady deletes, from what extracts of days before the day state of
// stays, the rows of people who met the criteria to reside (R13). Of each time
// that somebody met them the first and the last row stay, with days, age and
// council alone: without them ready periods would run on, and who left could not
// be counted. People of whom no row says that they were ready lose their numbers,
// as PurgeIdentifiers does it, once they are no longer listed; those who were
// ready and are outside all delays (C14) when they were last listed before the day
// ended. No figure changes.
func (s *Store) PurgeNotReady(ctx context.Context, by people.Actor, before, ended delay.Day) (out NotReadyPurged, err error) {
	if _, err := s.write.ExecContext(ctx, `PRAGMA secure_delete = ON`); err != nil {
		return out, busy(err)
	}
	err = s.recorded(ctx, func(r *recording) error {
		p := &notReadyPurge{r: r, before: before, ended: ended}
		if err := p.load(); err != nil || !p.due {
			return err
		}
		if err := p.thin(); err != nil {
			return err
		}
		if err := p.forget(); err != nil {
			return err
		}
		if out = p.out; out == (NotReadyPurged{}) {
			return nil
		}
		if _, err := r.ExecContext(ctx, owing(true), string(Wiping)); err != nil {
			return err
		}
		return r.record(entry(by, audit.IdentifiersPurged, "", "", fmt.Sprintf(
			"%d rows of people who were not ready, and the numbers of %d people who never were, of days before %s", out.Rows, out.People, before)))
	})
	return out, err
}

// notReadyPurge is one purge in its transaction.
type notReadyPurge struct {
	r             *recording
	before, ended delay.Day
	due           bool // there is anything to look at
	out           NotReadyPurged

	extracts []stayExtract
	person   map[int64]int64
	council  map[int64]delay.Council // of a given
	last     map[int64]delay.Day     // on which a patient is listed
	waited   map[int64]bool          // a row says that the patient was ready
	bare     map[delay.Council]int64
	replaced map[int64]bool // givens that were taken off rows
}

// stayExtract is what one extract states of stays.
type stayExtract struct {
	id, provider int64
	day          delay.Day
	counted, due bool
	rows         []stayRow
}

// metOn is what a person's counted extracts say of a day.
type metOn struct {
	day delay.Day
	row stayRow
}

func (p *notReadyPurge) load() error {
	p.person, p.council, p.last = map[int64]int64{}, map[int64]delay.Council{}, map[int64]delay.Day{}
	p.bare, p.replaced = map[delay.Council]int64{}, map[int64]bool{}
	p.waited = map[int64]bool{}
	if err := p.r.QueryRowContext(p.r.ctx, `SELECT EXISTS (SELECT 1 FROM stay)`).Scan(&p.due); err != nil || !p.due {
		return err
	}
	if err := eachRow(p.r.ctx, p.r.Tx, `SELECT patient_id, person_id FROM patient`, func(rows *sql.Rows) error {
		var patient, person int64
		err := rows.Scan(&patient, &person)
		p.person[patient] = person
		return err
	}); err != nil {
		return err
	}
	if err := eachRow(p.r.ctx, p.r.Tx, `SELECT given_id, council FROM given`, func(rows *sql.Rows) error {
		var given int64
		var council delay.Council
		err := rows.Scan(&given, &council)
		p.council[given] = council
		return err
	}); err != nil {
		return err
	}
	return eachRow(p.r.ctx, p.r.Tx, `
		SELECT e.extract_id, e.provider_id, e.extract_date, y.purged_at = 0 AND e.extract_date < ?, y.rows,
			EXISTS (SELECT 1 FROM standing s WHERE s.provider_id = e.provider_id AND s.extract_date = e.extract_date
				AND s.sender_id = e.sender_id AND s.counted_extract = e.extract_id)
		FROM stay y
		JOIN extract e ON e.extract_id = y.extract_id
		ORDER BY e.provider_id, e.extract_date, e.extract_id`, func(rows *sql.Rows) error {
		var e stayExtract
		var packed []byte
		err := rows.Scan(&e.id, &e.provider, &e.day, &e.due, &packed, &e.counted)
		if err == nil {
			e.rows, err = decodeStays(e.day, packed)
		}
		for _, row := range e.rows {
			p.last[row.patient] = max(p.last[row.patient], e.day)
			if row.ready != 0 || row.discharged != 0 {
				p.waited[row.patient] = true
			}
		}
		p.extracts = append(p.extracts, e)
		return err
	}, p.before)
}

// thin takes rows out of the extracts that are due.
func (p *notReadyPurge) thin() error {
	type who struct{ provider, person int64 }
	met := map[who][]metOn{}
	for _, e := range p.extracts {
		if !e.counted {
			continue
		}
		for _, row := range e.rows {
			at := who{e.provider, p.person[row.patient]}
			met[at] = append(met[at], metOn{e.day, row})
		}
	}
	for i := range p.extracts {
		e := &p.extracts[i]
		if !e.due {
			continue
		}
		var ready, not []stayRow
		for j, row := range e.rows {
			if row.ready != 0 || row.discharged != 0 {
				ready = append(ready, row) // Who left may have been ready on that day.
				continue
			}
			if p.replacedBelow(e.rows[j+1:], row) || !p.needed(met[who{e.provider, p.person[row.patient]}], e.day, row) {
				p.replaced[row.given] = true
				p.out.Rows++
				continue
			}
			bare, err := p.withCouncil(p.council[row.given])
			if err != nil {
				return err
			}
			if row.given != bare {
				p.replaced[row.given] = true
			}
			row.given, row.pathway = bare, ""
			not = append(not, row)
		}
		// A file that is read again has these after what it states.
		e.rows = append(ready, not...)
		if _, err := p.r.ExecContext(p.r.ctx, `UPDATE stay SET rows = ?, purged_at = ? WHERE extract_id = ?`, encodeStays(e.day, e.rows),
			p.r.at.UnixMicro(), e.id); err != nil {
			return err
		}
	}
	return p.givens()
}

// replacedBelow says whether a later row of the extract stands for this one (R7).
func (p *notReadyPurge) replacedBelow(below []stayRow, row stayRow) bool {
	return slices.ContainsFunc(below, func(o stayRow) bool {
		return p.person[o.patient] == p.person[row.patient] && o.admitted == row.admitted
	})
}

// needed says whether figures need a row of somebody who was not ready: it is
// the first or the last of its kind in their stay, or says what none after it
// says.
func (p *notReadyPurge) needed(met []metOn, day delay.Day, row stayRow) bool {
	from, _ := slices.BinarySearchFunc(met, day, func(m metOn, d delay.Day) int { return cmp.Compare(m.day, d) })
	to := from
	for to < len(met) && met[to].day == day {
		to++
	}
	if from == 0 || to == len(met) {
		return true
	}
	before, after := met[from-1].row, met[to].row
	same := func(o stayRow) bool {
		return o.ready == 0 && (o.admitted == row.admitted || o.admitted == 0 || row.admitted == 0)
	}
	return !same(before) || before.discharged != 0 || !same(after) ||
		row.admitted != 0 && after.admitted != row.admitted ||
		p.council[row.given] != "" && p.council[after.given] == ""
}

// withCouncil gives the given that says a council and nothing else.
func (p *notReadyPurge) withCouncil(council delay.Council) (int64, error) {
	if id, ok := p.bare[council]; ok {
		return id, nil
	}
	for _, query := range []string{
		`INSERT INTO given (reason_words, care_words, council_words, responsible_words, waiting_on_words, funding_words, reason, care, council,
			stated, stated_unread, waiting_on, funding, body, rule, rule_set, rule_version, why, finding)
			VALUES ('', '', '', '', '', '', '', 0, ?, 0, 0, 0, 0, 0, '', '', '', '', '') ON CONFLICT DO NOTHING`,
		`SELECT given_id FROM given
			WHERE reason_words = '' AND care_words = '' AND council_words = '' AND responsible_words = '' AND waiting_on_words = ''
				AND funding_words = '' AND reason = '' AND care = 0 AND council = ? AND stated = 0 AND stated_unread = 0 AND waiting_on = 0
				AND funding = 0 AND body = 0 AND rule = '' AND rule_set = '' AND rule_version = ''`,
	} {
		if query[0] == 'I' {
			if _, err := p.r.ExecContext(p.r.ctx, query, string(council)); err != nil {
				return 0, err
			}
			continue
		}
		var id int64
		if err := p.r.QueryRowContext(p.r.ctx, query, string(council)).Scan(&id); err != nil {
			return 0, err
		}
		p.bare[council], p.council[id] = id, council
	}
	return p.bare[council], nil
}

// givens deletes what was said of people who were not ready and of nobody else:
// the sender's words of a reason, say.
func (p *notReadyPurge) givens() error {
	for _, e := range p.extracts {
		for _, row := range e.rows {
			delete(p.replaced, row.given)
		}
	}
	used := map[int64]bool{}
	if err := eachRow(p.r.ctx, p.r.Tx, `SELECT DISTINCT given_id FROM statement`, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		used[id] = true
		return err
	}); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(p.replaced)) {
		if used[id] {
			continue
		}
		if _, err := p.r.ExecContext(p.r.ctx, `DELETE FROM given WHERE given_id = ?`, id); err != nil {
			return err
		}
	}
	return nil
}

// forget deletes the numbers of people who are listed no longer and of whom no
// row says that they waited.
func (p *notReadyPurge) forget() error {
	var gone []int64
	if err := eachRow(p.r.ctx, p.r.Tx, `
		SELECT patient_id
		FROM patient
		WHERE purged_at = 0
			AND NOT EXISTS (
				SELECT 1
				FROM patient o
				JOIN statement st ON st.patient_id = o.patient_id
				WHERE o.person_id = patient.person_id)
			AND NOT EXISTS (SELECT 1 FROM log_entry l WHERE l.about_id = patient.patient_id)
		ORDER BY patient_id`, func(rows *sql.Rows) error {
		var patient int64
		err := rows.Scan(&patient)
		past := p.before
		if p.waited[patient] {
			past = p.ended
		}
		if err == nil && p.last[patient] < past {
			gone = append(gone, patient)
		}
		return err
	}); err != nil {
		return err
	}
	for _, patient := range gone {
		if _, err := p.r.ExecContext(p.r.ctx, `
			UPDATE patient
			SET nhs_number = NULL, local_id = NULL, other_id = NULL, key_hash = randomblob(16), purged_at = ?
			WHERE patient_id = ?`, p.r.at.UnixMicro(), patient); err != nil {
			return err
		}
	}
	p.out.People = int64(len(gone))
	if len(gone) == 0 {
		return nil
	}
	_, err := p.r.ExecContext(p.r.ctx, purgeLocalNumbers)
	return err
}

// notReadyMark is what the place in the order of receipt is kept under up to
// which received files were looked at for rows of people who were not ready.
const notReadyMark = "not ready: looked at, with words"

// NotReadyMark gives the place in the order of receipt up to which received files
// were looked at with these words for rows of people who were not ready, empty
// when they were looked at with others.
func (s *Store) NotReadyMark(ctx context.Context, words string) (string, error) {
	var value []byte
	err := s.read.QueryRowContext(ctx, `SELECT value FROM kept WHERE name = ?`, notReadyMark).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	with, mark, _ := strings.Cut(string(value), " ")
	if err != nil || with != words {
		return "", err
	}
	return mark, nil
}

// SetNotReadyMark notes it.
func (s *Store) SetNotReadyMark(ctx context.Context, words, mark string) error {
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO kept (name, value) VALUES (?, ?)
		ON CONFLICT DO UPDATE SET value = excluded.value`, notReadyMark, []byte(words+" "+mark))
	if err != nil {
		return s.unwritten(err)
	}
	return nil
}

// AddNote adds a sentence to the receipts of a file that was taken.
func (s *Store) AddNote(ctx context.Context, sum [32]byte, note string) error {
	_, err := s.write.ExecContext(ctx, `
		UPDATE file
		SET report = json_set(report, '$.note', ltrim(coalesce(report ->> '$.note', '') || ' ' || ?2))
		WHERE sha256 = ?1 AND outcome = 'taken' AND report <> ''`, sum[:], note)
	if err != nil {
		return s.unwritten(err)
	}
	return nil
}
