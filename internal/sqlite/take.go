package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"homeward/internal/attribution"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/problem"
)

// Known gives the receipt of a file with the same bytes that was taken before.
func (s *Store) Known(ctx context.Context, sum [32]byte) ([]byte, bool, error) {
	var report, lists []byte
	err := s.write.QueryRowContext(ctx, `
		SELECT report, lists
		FROM file
		WHERE sha256 = ? AND +outcome = 'taken'
		ORDER BY file_id DESC -- as it was read last
		LIMIT 1`, sum[:]).Scan(&report, &lists)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	report, err = unpackReceipt(report, lists)
	return report, err == nil, err
}

// Reject keeps the record of a file that was turned away (R4).
func (s *Store) Reject(ctx context.Context, f ingest.File, report []byte) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		at, err := s.recordedAt(ctx, tx, f)
		if err == nil {
			_, err = insertFile(ctx, tx, f, at, "rejected", report)
		}
		return err
	})
}

// recordedAt gives the moment at which a file became known: now, but for one
// that was known before and is recovered.
func (s *Store) recordedAt(ctx context.Context, tx *sql.Tx, f ingest.File) (time.Time, error) {
	at, err := s.stamp(ctx, tx)
	if f.Recovered {
		at = f.ReceivedAt
	}
	return at, err
}

func insertFile(ctx context.Context, tx *sql.Tx, f ingest.File, at time.Time, outcome string, report []byte) (int64, error) {
	res, err := tx.ExecContext(ctx, `
		INSERT INTO file (sha256, name, bytes, received_at, outcome, report, read_with)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		f.SHA256[:], f.Name, f.Bytes, at.UnixMicro(), outcome, string(report), f.ReadWith)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// setReceipt stores the receipt of a file.
func setReceipt(ctx context.Context, tx *sql.Tx, file int64, receipt []byte) error {
	report, lists, err := packReceipt(receipt)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE file SET report = ?, lists = ? WHERE file_id = ?`, report, lists, file)
	return err
}

// Take stores a batch in one transaction and works out again what it touches.
// A Conflict problem says that another process took the same bytes meanwhile. The batch
// is spent: its sealed identifiers and its stays are let go once they are stored.
func (s *Store) Take(ctx context.Context, b *ingest.Batch, report func(ingest.Taken) ([]byte, error)) error {
	// The driver starts a goroutine for each statement that could be stopped. A file
	// makes hundreds of short ones, so it is the transaction that is stopped, between
	// two of them.
	steady := context.WithoutCancel(ctx)
	return s.inTxOfShort(ctx, func(tx *sql.Tx) error {
		ctx := steady
		if err := s.sameKey(ctx, tx); err != nil {
			return err
		}
		var n int
		// The plus keeps SQLite from looking through every file that was taken.
		const same = `SELECT count(*) FROM file WHERE sha256 = ? AND +outcome = 'taken'`
		if err := tx.QueryRowContext(ctx, same, b.File.SHA256[:]).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return problem.New(problem.Conflict, "%s was taken by another process just now. Nothing has changed.", b.File.Name)
		}
		at, err := s.recordedAt(ctx, tx, b.File)
		if err != nil {
			return err
		}
		var fileID int64
		var taken ingest.Taken
		for i, part := range b.All() {
			t := &taking{ctx: ctx, tx: tx, store: s, batch: part, fileID: fileID, at: at}
			one, err := s.take(t)
			if err != nil {
				return err
			}
			fileID = t.fileID
			for j := range one.Elsewhere {
				one.Elsewhere[j].Batch = i
			}
			taken.Standings = append(taken.Standings, one.Standings...)
			taken.Released = append(taken.Released, one.Released...)
			taken.NewlyHeld = append(taken.NewlyHeld, one.NewlyHeld...)
			taken.Elsewhere = append(taken.Elsewhere, one.Elsewhere...)
			taken.Delays.Add(one.Delays)
			taken.Days = append(taken.Days, one.Days...)
		}
		taken.Days = changedOnce(taken.Days)
		text, err := report(taken)
		if err != nil {
			return err
		}
		return setReceipt(ctx, tx, fileID, text)
	})
}

// take stores the batch of one provider and works out again what it touches.
func (s *Store) take(t *taking) (ingest.Taken, error) {
	if err := t.evidence(); err != nil {
		return ingest.Taken{}, err
	}
	t.letGo()
	d := newDerivation(t.ctx, t.tx, s, t.senderID)
	defer d.close()
	if err := d.derive(t); err != nil {
		return ingest.Taken{}, err
	}
	return t.taken(d)
}

// letGo lets go of what is stored and not asked for again: the sealed identifiers of the
// batch, hundreds of thousands of small texts of a backfill that the collector would look
// at until the end, and the stays of a long list of everybody in a bed.
func (t *taking) letGo() {
	for i := range t.batch.Extracts {
		t.batch.Extracts[i].Stays = nil
	}
	for i := range t.batch.Patients {
		p := &t.batch.Patients[i]
		p.NHSNumber, p.LocalID, p.Other = nil, nil, nil
	}
	t.batch.Locals = nil
}

// evidence stores what the batch states.
func (t *taking) evidence() error {
	for _, step := range []func() error{
		t.provider, t.file, t.locals, t.patients, t.stated, t.givens, t.places, t.statements, t.extracts, t.stays,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// taking is a batch on its way in: the numbers that the store gave to what the
// batch refers to by index.
type taking struct {
	ctx   context.Context
	tx    *sql.Tx
	store *Store
	batch *ingest.Batch
	at    time.Time // when it is received

	// senderID is whose file it is, and providerID under whom it is shown.
	senderID, providerID, fileID int64

	fresh        bool    // the provider had no patients before
	localIDs     []int64 // of the batch's local numbers
	localNew     []bool
	ownIDs       []int64 // the local numbers of patients known by them alone, 0 for others
	ownNew       []bool
	patientIDs   []int64
	patientNew   []bool
	givenIDs     []int64
	placeIDs     []int64
	statementIDs []int64
	extractIDs   []int64
}

func (t *taking) provider() error {
	var err error
	if t.senderID, t.providerID, err = t.store.sender(t.ctx, t.tx, t.batch.Provider); err != nil {
		return err
	}
	var any bool
	err = t.tx.QueryRowContext(t.ctx, `
		SELECT EXISTS (SELECT 1 FROM extract WHERE sender_id = ?1) OR EXISTS (SELECT 1 FROM log_entry WHERE provider_id = ?2)`,
		t.senderID, t.providerID).Scan(&any)
	t.fresh = !any
	return err
}

func (t *taking) file() (err error) {
	if t.fileID != 0 {
		return nil // its row stands already, for another provider (R12)
	}
	t.fileID, err = insertFile(t.ctx, t.tx, t.batch.File, t.at, "taken", nil)
	return err
}

// next gives the first unused number of a table's key. Numbers are given here
// and not by SQLite so that many rows can go in at one call.
func (t *taking) next(table, key string) (int64, error) {
	var max int64
	err := t.tx.QueryRowContext(t.ctx, `SELECT coalesce(max(`+key+`), 0) FROM `+table).Scan(&max)
	return max + 1, err
}

func (t *taking) patients() error {
	t.patientIDs = make([]int64, len(t.batch.Patients))
	t.patientNew = make([]bool, len(t.batch.Patients))
	if !t.fresh {
		wanted := make([]hashAt, len(t.batch.Patients))
		for i, p := range t.batch.Patients {
			wanted[i] = hashAt{i, hex.EncodeToString(p.Hash[:])}
		}
		// CROSS JOIN keeps SQLite from walking all patients.
		err := lookUp(t.ctx, t.tx, `
			SELECT w.value ->> 'At', p.patient_id
			FROM json_each(?1) w
			CROSS JOIN patient p ON p.key_hash = unhex(w.value ->> 'Hash') AND p.sender_id = ?2`, wanted, t.into(t.patientIDs), t.senderID)
		if err != nil {
			return err
		}
	}
	next, err := t.next("patient", "patient_id")
	if err != nil {
		return err
	}
	insert := newBulk(t.ctx, t.tx, "patient", patientColumns, "")
	for i, p := range t.batch.Patients {
		if t.patientIDs[i] != 0 {
			continue
		}
		t.patientIDs[i], t.patientNew[i] = next, true
		nhs := next
		if !p.ByNHSNumber {
			nhs = 0
		}
		if err := insert.add(next, t.providerID, p.Hash[:], p.Reference, p.NHSNumber, p.LocalID, t.ownIDs[i], nhs, next, p.Other,
			t.senderID); err != nil {
			return err
		}
		next++
	}
	return insert.flush()
}

// patientColumns are what a new patient is stored with.
var patientColumns = []string{"patient_id", "provider_id", "key_hash", "reference", "nhs_number", "local_id", "local_number", "nhs_id",
	"person_id", "other_id", "sender_id"}

// hashAt is the hash, in hexadecimal, of a patient at an index of the batch.
type hashAt struct {
	At   int
	Hash string
}

// into gives a receiver of look-ups: each row has an index and the number that
// belongs there.
func (t *taking) into(ids []int64) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var at, id int64
		err := rows.Scan(&at, &id)
		if err == nil {
			ids[at] = id
		}
		return err
	}
}

// givenAt is what makes a stored given the one that it is, at an index of the
// batch.
type givenAt struct {
	At int
	attribution.Given
	RuleSet, Version, Rule string
	Body                   delay.Body
}

func (t *taking) givens() error {
	t.givenIDs = make([]int64, len(t.batch.Givens))
	wanted := make([]givenAt, len(t.batch.Givens))
	for i, g := range t.batch.Givens {
		wanted[i] = givenAt{i, g.Given, g.Outcome.RuleSet, g.Outcome.Version, g.Outcome.Rule, g.Outcome.Body}
	}
	err := lookUp(t.ctx, t.tx, `
		SELECT w.value ->> 'At', g.given_id
		FROM json_each(?1) w
		CROSS JOIN given g ON g.reason_words = w.value ->> '$.Words.Reason' AND g.care_words = w.value ->> '$.Words.Care'
			AND g.council_words = w.value ->> '$.Words.Council' AND g.responsible_words = w.value ->> '$.Words.Responsible'
			AND g.waiting_on_words = w.value ->> '$.Words.WaitingOn' AND g.funding_words = w.value ->> '$.Words.Funding'
			AND g.reason = w.value ->> 'Reason' AND g.care = w.value ->> 'Care' AND g.council = w.value ->> 'Council'
			AND g.stated = w.value ->> 'Stated' AND g.stated_unread = w.value ->> 'StatedUnread'
			AND g.waiting_on = w.value ->> 'WaitingOn' AND g.funding = w.value ->> 'Funding'
			AND g.rule_set = w.value ->> 'RuleSet' AND g.rule_version = w.value ->> 'Version'
			AND g.rule = w.value ->> 'Rule' AND g.body = w.value ->> 'Body'`, wanted, t.into(t.givenIDs))
	if err != nil {
		return err
	}
	next, err := t.next("given", "given_id")
	if err != nil {
		return err
	}
	insert := newBulk(t.ctx, t.tx, "given", []string{"given_id",
		"reason_words", "care_words", "council_words", "responsible_words", "waiting_on_words", "funding_words",
		"reason", "care", "council", "stated", "stated_unread", "waiting_on", "funding",
		"rule_set", "rule_version", "rule", "body", "why", "finding"}, "")
	for i, g := range t.batch.Givens {
		if t.givenIDs[i] != 0 {
			continue
		}
		t.givenIDs[i] = next
		if err := insert.add(next,
			g.Words.Reason, g.Words.Care, g.Words.Council, g.Words.Responsible, g.Words.WaitingOn, g.Words.Funding,
			string(g.Reason), int64(g.Care), string(g.Council), int64(g.Stated), g.StatedUnread, int64(g.WaitingOn), int64(g.Funding),
			g.Outcome.RuleSet, g.Outcome.Version, g.Outcome.Rule, int64(g.Outcome.Body), g.Outcome.Why, g.Outcome.Finding); err != nil {
			return err
		}
		next++
	}
	return insert.flush()
}

// placeAt is a place at an index of the batch.
type placeAt struct {
	At int
	ingest.Place
}

func (t *taking) places() error {
	t.placeIDs = make([]int64, len(t.batch.Places))
	if !t.fresh {
		wanted := make([]placeAt, len(t.batch.Places))
		for i, p := range t.batch.Places {
			wanted[i] = placeAt{i, p}
		}
		err := lookUp(t.ctx, t.tx, `
			SELECT w.value ->> 'At', p.place_id
			FROM json_each(?1) w
			CROSS JOIN place p ON p.provider_id = ?2 AND p.site = w.value ->> 'Site' AND p.ward = w.value ->> 'Ward' AND p.bed = w.value ->> 'Bed'`,
			wanted, t.into(t.placeIDs), t.senderID)
		if err != nil {
			return err
		}
	}
	next, err := t.next("place", "place_id")
	if err != nil {
		return err
	}
	insert := newBulk(t.ctx, t.tx, "place", []string{"place_id", "provider_id", "site", "ward", "bed"}, "")
	for i, p := range t.batch.Places {
		if t.placeIDs[i] != 0 {
			continue
		}
		t.placeIDs[i] = next
		if err := insert.add(next, t.senderID, p.Site, p.Ward, p.Bed); err != nil {
			return err
		}
		next++
	}
	return insert.flush()
}

// statementKey is what makes a stored statement the one that it is.
type statementKey struct {
	patient, given, place       int64
	ready, discharged, admitted delay.Day
	local                       int64
}

func (t *taking) statements() error {
	t.statementIDs = make([]int64, len(t.batch.Statements))
	next, err := t.next("statement", "statement_id")
	if err != nil {
		return err
	}
	var met []int64 // patients who may have statements already
	for i, id := range t.patientIDs {
		if !t.patientNew[i] {
			met = append(met, id)
		}
	}
	known := map[statementKey]int64{}
	err = lookUp(t.ctx, t.tx, `
		SELECT patient_id, given_id, place_id, ready_date, discharged_date, admitted_date, local_number, statement_id
		FROM statement
		WHERE patient_id IN (SELECT value FROM json_each(?1))`, met, func(rows *sql.Rows) error {
		var k statementKey
		var id int64
		err := rows.Scan(&k.patient, &k.given, &k.place, &k.ready, &k.discharged, &k.admitted, &k.local, &id)
		known[k] = id
		return err
	})
	if err != nil {
		return err
	}
	insert := newBulk(t.ctx, t.tx, "statement", []string{"patient_id", "ready_date", "given_id", "place_id", "discharged_date",
		"admitted_date", "local_number", "statement_id"}, "")
	for i, st := range t.batch.Statements {
		k := statementKey{t.patientIDs[st.Patient], t.givenIDs[st.Given], t.placeIDs[st.Place], st.Ready, st.Discharged, st.Admitted,
			t.localOf(st)}
		if id, ok := known[k]; ok {
			t.statementIDs[i] = id
			continue
		}
		t.statementIDs[i] = next
		if err := insert.add(k.patient, int64(k.ready), k.given, k.place, int64(k.discharged), int64(k.admitted), k.local, next); err != nil {
			return err
		}
		next++
	}
	return insert.flush()
}

func (t *taking) extracts() error {
	t.extractIDs = make([]int64, len(t.batch.Extracts))
	next, err := t.next("extract", "extract_id")
	if err != nil {
		return err
	}
	insert := newBulk(t.ctx, t.tx, "extract", []string{"extract_id", "file_id", "provider_id", "extract_date", "rows_read", "kept",
		"quarantined", "excluded", "listed", "doubt", "unlike",
		"unlike_in", "tells", "sender_id"}, "")
	var rows []listed
	for i, e := range t.batch.Extracts {
		rows = rows[:0]
		for _, l := range e.Listings {
			rows = append(rows, listed{statement: t.statementIDs[l.Statement], line: int64(l.Line)})
		}
		t.extractIDs[i] = next
		if err := insert.add(next, t.fileID, t.providerID, int64(e.Date), e.Read, e.Kept, e.Quarantined, e.Excluded, encodeListed(rows),
			e.Doubt, e.Unlike.Says, strings.Join(e.Unlike.Fields, " "), e.Unlike.Tells, t.senderID); err != nil {
			return err
		}
		next++
	}
	return insert.flush()
}

// taken says what became of the batch, for the receipt.
func (t *taking) taken(d *derivation) (ingest.Taken, error) {
	var out ingest.Taken
	own := make(map[int64]int, len(t.extractIDs))
	for i, id := range t.extractIDs {
		own[id] = i
	}
	compare, err := newComparison(t, d)
	if err != nil {
		return out, err
	}
	for i, e := range t.batch.Extracts {
		st := ingest.Standing{Date: e.Date, Replaces: -1}
		now := d.now[e.Date]
		if now.Held == t.extractIDs[i] {
			st.Held, st.Broken, st.Unlike, st.Before, st.BeforeDate = true, now.Broken, now.Unlike, now.Before, now.BeforeDate
		}
		if before, ok := d.before[e.Date]; ok && before.Counted != 0 && !st.Held {
			if err := t.tx.QueryRowContext(t.ctx, `SELECT rows_read FROM extract WHERE extract_id = ?`, before.Counted).Scan(&st.Replaces); err !=
				nil {
				return out, err
			}
		}
		if err := compare.extract(i, &st); err != nil {
			return out, err
		}
		out.Standings = append(out.Standings, st)
	}
	for _, day := range d.changed {
		if _, ours := t.date(day); ours {
			continue
		}
		if d.now[day].Counted != 0 && d.before[day].Held == d.now[day].Counted {
			out.Released = append(out.Released, day)
		} else {
			out.NewlyHeld = append(out.NewlyHeld, day)
		}
	}
	if out.Delays, out.Days, err = t.changes(d); err != nil {
		return out, err
	}
	out.Elsewhere, err = t.elsewhere()
	return out, err
}

func (t *taking) date(day delay.Day) (int, bool) {
	return slices.BinarySearchFunc(t.batch.Extracts, day, func(e ingest.Extract, d delay.Day) int { return int(e.Date - d) })
}

// elsewhere finds patients of the batch who are listed at another provider on
// the same day (R7).
func (t *taking) elsewhere() ([]ingest.Elsewhere, error) {
	var providers int
	if err := t.tx.QueryRowContext(t.ctx, `SELECT count(*) FROM provider`).Scan(&providers); err != nil || providers < 2 {
		return nil, err
	}
	statementOf := make(map[int64]int32, len(t.patientIDs))
	for i, st := range t.batch.Statements {
		statementOf[t.patientIDs[st.Patient]] = int32(i)
	}
	var byNHSNumber []int64
	for i, p := range t.batch.Patients {
		if p.ByNHSNumber {
			byNHSNumber = append(byNHSNumber, t.patientIDs[i])
		}
	}
	first, last := t.batch.Extracts[0].Date, t.batch.Extracts[len(t.batch.Extracts)-1].Date
	var out []ingest.Elsewhere
	said := map[int64]bool{}
	err := lookUp(t.ctx, t.tx, `
		SELECT me.patient_id, max(a.first_date, b.first_date, ?2) AS day, v.code
		FROM json_each(?1) w
		CROSS JOIN patient me ON me.patient_id = w.value
		CROSS JOIN patient other ON other.key_hash = me.key_hash AND other.provider_id <> me.provider_id
		CROSS JOIN presence a ON a.patient_id = me.patient_id AND a.last_date >= ?2 AND a.first_date <= ?3
		CROSS JOIN presence b ON b.patient_id = other.patient_id AND b.first_date <= a.last_date AND b.last_date >= a.first_date
			AND b.last_date >= ?2 AND b.first_date <= ?3
		CROSS JOIN provider v ON v.provider_id = other.provider_id
		ORDER BY me.patient_id, day, v.code`, byNHSNumber, func(rows *sql.Rows) error {
		var e ingest.Elsewhere
		var patient int64
		if err := rows.Scan(&patient, &e.Date, &e.Provider); err != nil {
			return err
		}
		if !said[patient] { // Once a patient is enough for a file.
			said[patient] = true
			e.Statement = statementOf[patient]
			out = append(out, e)
		}
		return nil
	}, first, last)
	return out, err
}

// comparison counts who is new, gone and changed beside the nearest earlier
// counted extract.
type comparison struct {
	t *taking
	d *derivation
	// extracts of the batch by number
	own map[int64]int
	// heads are those who are shown as another, and as whom: asked once of all
	// whom the batch names, since a backfill lists the same people on hundreds of
	// days, and else of whom a stored extract lists
	heads map[int64]int64
	// last are the contents of the extract that was looked at before, with which
	// the next of a backfill is compared
	last   map[int64]content
	lastID int64
}

func newComparison(t *taking, d *derivation) (*comparison, error) {
	c := &comparison{t: t, d: d, own: make(map[int64]int, len(t.extractIDs))}
	for i, id := range t.extractIDs {
		c.own[id] = i
	}
	var err error
	c.heads, err = whoIs(t.ctx, t.tx, t.patientIDs)
	return c, err
}

// content is what of a listing counts as a change when it differs.
type content struct {
	given             int64
	ready, discharged delay.Day
}

func (c *comparison) extract(i int, st *ingest.Standing) error {
	day := c.t.batch.Extracts[i].Date
	at, _ := slices.BinarySearch(c.d.calendar, day)
	if at == 0 {
		st.New = len(c.t.batch.Extracts[i].Listings)
		return nil
	}
	st.Compared = c.d.calendar[at-1]
	counted, err := c.d.countedOn(st.Compared)
	if err != nil {
		return err
	}
	// Somebody who is named by another number is nobody new (I3).
	earlier, err := c.contents(counted)
	if err != nil {
		return err
	}
	here, err := c.contents(c.t.extractIDs[i])
	if err != nil {
		return err
	}
	for patient, is := range here {
		was, ok := earlier[patient]
		switch {
		case !ok:
			st.New++
		case was != is:
			st.Changed++
		}
	}
	st.Gone = len(earlier) - (len(here) - st.New)
	return nil
}

// contents gives what of an extract's listings is compared, by whom each patient
// is shown as.
func (c *comparison) contents(id int64) (map[int64]content, error) {
	if id == c.lastID {
		return c.last, nil
	}
	i, own := c.own[id]
	if !own {
		return c.stored(id)
	}
	e := c.t.batch.Extracts[i]
	out := make(map[int64]content, len(e.Listings))
	for _, l := range e.Listings {
		st := c.t.batch.Statements[l.Statement]
		out[c.head(c.t.patientIDs[st.Patient])] = content{c.t.givenIDs[st.Given], st.Ready, st.Discharged}
	}
	c.last, c.lastID = out, id
	return out, nil
}

// head gives who a patient is shown as.
func (c *comparison) head(patient int64) int64 {
	if head, ok := c.heads[patient]; ok {
		return head
	}
	return patient
}

// stored is contents for an extract that is not of the batch.
func (c *comparison) stored(id int64) (map[int64]content, error) {
	rows, err := c.d.listedIn(id)
	if err != nil {
		return nil, err
	}
	statements, patients := make([]statementRow, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		if statements[i], err = c.d.statement(r.statement); err != nil {
			return nil, err
		}
		patients[i] = statements[i].patient
	}
	heads, err := whoIs(c.t.ctx, c.t.tx, patients)
	if err != nil {
		return nil, err
	}
	maps.Copy(c.heads, heads)
	out := make(map[int64]content, len(rows))
	for _, st := range statements {
		out[c.head(st.patient)] = content{st.given, st.ready, st.discharged}
	}
	return out, nil
}
