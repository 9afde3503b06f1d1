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
		if err := p.load(); err != nil || len(p.extracts) == 0 {
			return err
		}
		for rest := p.extracts; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].provider == rest[0].provider {
				n++
			}
			if err := p.thin(rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		if err := p.givens(); err != nil {
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
	out           NotReadyPurged

	extracts []stayExtract // by provider, date and id
	person   map[int64]int64
	council  map[int64]delay.Council // of a given
	last     map[int64]delay.Day     // on which a patient is listed
	waited   map[int64]bool          // a row says that the patient was ready
	bare     map[delay.Council]int64
	replaced map[int64]bool // givens that were taken off rows
	stated   map[int64]bool // givens of the rows that stay
}

// stayExtract is what one extract states of stays.
type stayExtract struct {
	id, provider int64
	day          delay.Day
	counted, due bool
}

// metOn is a row of a person's counted extracts.
type metOn struct {
	person int64
	day    delay.Day
	row    *stayRow
}

func (p *notReadyPurge) load() error {
	p.person, p.council, p.last = map[int64]int64{}, map[int64]delay.Council{}, map[int64]delay.Day{}
	p.bare, p.replaced, p.stated = map[delay.Council]int64{}, map[int64]bool{}, map[int64]bool{}
	p.waited = map[int64]bool{}
	if err := eachRow(p.r.ctx, p.r.Tx, `
		SELECT e.extract_id, e.provider_id, e.extract_date, y.purged_at = 0 AND e.extract_date < ?,
			EXISTS (SELECT 1 FROM standing s WHERE s.provider_id = e.provider_id AND s.extract_date = e.extract_date
				AND s.sender_id = e.sender_id AND s.counted_extract = e.extract_id)
		FROM stay y
		JOIN extract e ON e.extract_id = y.extract_id
		ORDER BY e.provider_id, e.extract_date, e.extract_id`, func(rows *sql.Rows) error {
		var e stayExtract
		err := rows.Scan(&e.id, &e.provider, &e.day, &e.due, &e.counted)
		p.extracts = append(p.extracts, e)
		return err
	}, p.before); err != nil || len(p.extracts) == 0 {
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
	return eachRow(p.r.ctx, p.r.Tx, `SELECT given_id, council FROM given`, func(rows *sql.Rows) error {
		var given int64
		var council delay.Council
		err := rows.Scan(&given, &council)
		p.council[given] = council
		return err
	})
}

// rows gives what an extract states, and notes who is listed in it.
func (p *notReadyPurge) rows(e stayExtract) ([]stayRow, error) {
	var packed []byte
	if err := p.r.QueryRowContext(p.r.ctx, `SELECT rows FROM stay WHERE extract_id = ?`, e.id).Scan(&packed); err != nil {
		return nil, err
	}
	rows, err := decodeStays(e.day, packed)
	for _, row := range rows {
		p.last[row.patient] = max(p.last[row.patient], e.day)
		if row.ready != 0 || row.discharged != 0 {
			p.waited[row.patient] = true
		}
	}
	return rows, err
}

// thin takes rows out of the extracts of one provider that are due. When any is, it holds
// what they all state, which is little where it was thinned before.
func (p *notReadyPurge) thin(of []stayExtract) error {
	all, n := make([][]stayRow, len(of)), 0
	due := slices.ContainsFunc(of, func(e stayExtract) bool { return e.due })
	for i, e := range of {
		rows, err := p.rows(e)
		if err != nil {
			return err
		}
		if !due {
			p.states(rows)
			continue
		}
		all[i] = rows
		n += len(rows)
	}
	met := make([]metOn, 0, n)
	for i, e := range of {
		for j := range all[i] {
			if row := &all[i][j]; e.counted {
				met = append(met, metOn{p.person[row.patient], e.day, row})
			}
		}
	}
	slices.SortStableFunc(met, func(a, b metOn) int { return cmp.Compare(a.person, b.person) })
	for i, e := range of {
		rows := all[i]
		if e.due {
			var err error
			if rows, err = p.thinOne(e, rows, met); err != nil {
				return err
			}
		}
		p.states(rows)
	}
	return nil
}

// states notes what is said of rows that stay.
func (p *notReadyPurge) states(rows []stayRow) {
	for _, row := range rows {
		p.stated[row.given] = true
	}
}

// thinOne takes rows out of one extract, and gives those that are left.
func (p *notReadyPurge) thinOne(e stayExtract, rows []stayRow, met []metOn) ([]stayRow, error) {
	var ready, not []stayRow
	below := p.replacedBelow(rows)
	for j, row := range rows {
		if row.ready != 0 || row.discharged != 0 {
			ready = append(ready, row) // Who left may have been ready on that day.
			continue
		}
		if below[j] || !p.needed(theirs(met, p.person[row.patient]), e.day, row) {
			p.replaced[row.given] = true
			p.out.Rows++
			continue
		}
		bare, err := p.withCouncil(p.council[row.given])
		if err != nil {
			return nil, err
		}
		if row.given != bare {
			p.replaced[row.given] = true
		}
		row.given, row.pathway = bare, ""
		not = append(not, row)
	}
	// A file that is read again has these after what it states.
	left := slices.Concat(ready, not)
	_, err := p.r.ExecContext(p.r.ctx, `UPDATE stay SET rows = ?, purged_at = ? WHERE extract_id = ?`, encodeStays(e.day, left),
		p.r.at.UnixMicro(), e.id)
	return left, err
}

// theirs gives what of met is of a person.
func theirs(met []metOn, person int64) []metOn {
	at := func(person int64) int {
		i, _ := slices.BinarySearchFunc(met, person, func(m metOn, person int64) int { return cmp.Compare(m.person, person) })
		return i
	}
	return met[at(person):at(person+1)]
}

// replacedBelow says of each row of an extract whether a later one stands for it (R7).
func (p *notReadyPurge) replacedBelow(rows []stayRow) []bool {
	type stay struct {
		person   int64
		admitted delay.Day
	}
	out, seen := make([]bool, len(rows)), map[stay]bool{}
	for i, row := range slices.Backward(rows) {
		at := stay{p.person[row.patient], row.admitted}
		out[i], seen[at] = seen[at], true
	}
	return out
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
	same := func(o *stayRow) bool {
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
	if err := eachRow(p.r.ctx, p.r.Tx, `SELECT DISTINCT given_id FROM statement`, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		p.stated[id] = true
		return err
	}); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(p.replaced)) {
		if p.stated[id] {
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
