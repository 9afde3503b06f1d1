// Package sqlite makes figures follow from evidence, a file a step:
//
//   - derive.go: what a change touches, in order
//   - standing.go: which extract counts for each day (R5, C11)
//   - presence.go: who is listed on which days
//   - course.go: the delays, stretches and segments of one person
//   - pathway.go: on which pathway each of their days is
//   - count.go: the delayed days of each month
//
// The nouns, from what arrives to what is counted:
//
//   - A statement is what one row says of a patient: ready, discharged and
//     admitted dates, with a given and a place. Rows that say the same share one.
//   - A given is what of a statement decides attribution, in the sender's words
//     and as read, with the outcome of the rules (A1 to A5).
//   - A standing is which extract counts for a provider's day, and which is held.
//   - Presence is the unbroken days on which the counted extracts list a patient
//     with one statement.
//   - A delay is one unbroken wait; its stretches tile its days, each on one
//     statement and with one mark (listed, back-dated, carried …).
//   - A segment is a run of counted days attributed alike; people agree about
//     segments.
//   - A course is all of this about one person; testimony is what people have
//     logged and answered about them.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"homeward/internal/attribution"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
)

// derivation works out again what a change of one sender's evidence touches:
// where its days stand, the presence of the touched patients, their delays and
// stretches, and the counts. The rules themselves are delay.Resolve and
// ingest.Standings; this moves rows to and from them.
type derivation struct {
	ctx   context.Context
	tx    *sql.Tx
	store *Store
	// sender is whose days are worked out, provider under whom they are shown:
	// the same, but where it merged into another.
	sender, provider int64

	before, now map[delay.Day]ingest.DayStanding
	calendar    delay.Calendar // days for which an extract of the sender counts now
	was         delay.Calendar // and before
	changed     []delay.Day    // days for which another extract counts now, ascending

	statements map[int64]statementRow
	givens     map[int64]givenRow
	cellKeys   []cellKey
	cellIDs    map[cellKey]int32
	counts     map[monthCell]*[32]int32 // by day of the month; 0 holds the total
	// begun are the first days of segments that were not there before, by who has
	// them, where that is asked for.
	begun     map[int64][]delay.Day
	decreased bool
	// delaysChanged and daysChanged are what came out otherwise so far.
	delaysChanged ingest.DelaysChanged
	daysChanged   map[changedKey]int64
	// waysNow are the pathways that the extracts state on the changed days, by
	// patient.
	waysNow map[int64][]logbook.Way

	// logDay is the day up to which the log is evidence (C17). hasLog and
	// hasEvents say whether there is any log or answer to look for.
	logDay            delay.Day
	hasLog, hasEvents bool

	queries map[string]*sql.Stmt

	// history is that of a provider under whom others are shown, nil for one that
	// is alone; senderOf are who names patients of it.
	history  *history
	senderOf map[int64]int64

	// others are the derivations of other providers at which the same people
	// lie (C19), and providerCode this one's code.
	others       map[int64]*derivation
	providerCode string
	// linesOf are the lines of the statements of linesDay, as linesBy sent them.
	linesDay delay.Day
	linesBy  int64
	linesOf  map[int64]int64

	// amendments are the changes of the rules that stand, nil until they are
	// read, and ruledAs what givens count under by them.
	amendments *attribution.Amendments
	ruledAs    map[ruledKey]delay.Body
}

// newDerivation starts a derivation of what one provider sent. Close it when
// done.
func newDerivation(ctx context.Context, tx *sql.Tx, s *Store, sender int64) *derivation {
	return &derivation{
		ctx: ctx, tx: tx, store: s, sender: sender, provider: sender,
		now:        map[delay.Day]ingest.DayStanding{},
		statements: map[int64]statementRow{},
		givens:     map[int64]givenRow{},
		cellIDs:    map[cellKey]int32{},
		counts:     map[monthCell]*[32]int32{},
		queries:    map[string]*sql.Stmt{},
		waysNow:    map[int64][]logbook.Way{},
		others:     map[int64]*derivation{},
	}
}

// stmt prepares a query once a derivation; close closes it.
func (d *derivation) stmt(query string) (*sql.Stmt, error) {
	if st, ok := d.queries[query]; ok {
		return st, nil
	}
	st, err := d.tx.PrepareContext(d.ctx, query)
	if err == nil {
		d.queries[query] = st
	}
	return st, err
}

// name says to readers that what they keep of the provider may be another when this
// is committed.
func (d *derivation) name() error {
	_, err := d.tx.ExecContext(d.ctx, `
		INSERT INTO provider_turn (provider_id, turn) SELECT ?, turn FROM moment WHERE true
		ON CONFLICT DO UPDATE SET turn = excluded.turn`, d.provider)
	return err
}

func (d *derivation) close() {
	for _, st := range d.queries {
		st.Close()
	}
	for _, other := range d.others {
		other.close()
	}
}

// derive brings everything derived up to date after the evidence of t was
// stored, or, when t is nil, after a decision about days; no days mean all.
func (d *derivation) derive(t *taking, days ...delay.Day) error {
	if err := d.look(); err != nil {
		return err
	}
	if t != nil {
		for _, e := range t.batch.Extracts {
			days = append(days, e.Date)
		}
		slices.Sort(days)
	}
	if err := d.stand(days); err != nil {
		return err
	}
	if d.history != nil {
		d.history = d.history.with(d.sender, d.calendar, d.store.settings.Formerly)
	}
	if len(d.changed) == 0 {
		return nil
	}
	fresh := map[int64]bool{}
	if t != nil {
		for i, st := range t.batch.Statements {
			d.statements[t.statementIDs[i]] = statementRow{t.patientIDs[st.Patient], t.givenIDs[st.Given], st.Ready, st.Discharged, t.localOf(st)}
		}
		for i, g := range t.batch.Givens {
			d.givens[t.givenIDs[i]] = givenRow{g.Council, g.Care, g.Reason, g.Outcome.Body}
		}
		for i, id := range t.patientIDs {
			if t.patientNew[i] {
				fresh[id] = true
			}
		}
	}
	appearances, err := d.appearances()
	if err != nil {
		return err
	}
	touched, err := d.touched(appearances)
	if err != nil {
		return err
	}
	return d.rebuild(touched, appearances, fresh)
}

// look finds out whether people have said anything that must be looked for, and
// with whom the sender shares a history.
func (d *derivation) look() error {
	if err := d.lookHistory(); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil // No provider has the number.
		}
		return err
	}
	return d.tx.QueryRowContext(d.ctx, `
		SELECT EXISTS (SELECT 1 FROM log_entry WHERE provider_id = ?),
			EXISTS (SELECT 1 FROM agreement_event),
			coalesce((SELECT log_day FROM derived_with), 0)`, d.provider).Scan(&d.hasLog, &d.hasEvents, &d.logDay)
}

func (d *derivation) each(query string, patient int64, f func(*sql.Rows) error) error {
	st, err := d.stmt(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(d.ctx, patient)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// never is later than every day.
const never = delay.Day(1 << 30)
