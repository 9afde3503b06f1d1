package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/problem"
)

// Known gives the receipt of a file with the same bytes that was taken before.
func (s *Store) Known(ctx context.Context, sum [32]byte) ([]byte, bool, error) {
	var report []byte
	err := s.write.QueryRowContext(ctx, `
		SELECT report
		FROM file
		WHERE sha256 = ? AND outcome = 'taken'
		ORDER BY file_id
		LIMIT 1`, sum[:]).Scan(&report)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return report, err == nil, err
}

// Reject keeps the record of a file that was turned away (R4).
func (s *Store) Reject(ctx context.Context, f ingest.File, report []byte) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := insertFile(ctx, tx, f, "rejected", report)
		return err
	})
}

func insertFile(ctx context.Context, tx *sql.Tx, f ingest.File, outcome string, report []byte) (int64, error) {
	res, err := tx.ExecContext(ctx, `
		INSERT INTO file (sha256, name, bytes, received_at, outcome, report)
		VALUES (?, ?, ?, ?, ?, ?)`,
		f.SHA256[:], f.Name, f.Bytes, f.ReceivedAt.UnixMicro(), outcome, string(report))
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// Take stores a batch in one transaction and works out again what it touches.
// A Conflict problem says that another process took the same bytes meanwhile.
func (s *Store) Take(ctx context.Context, b *ingest.Batch, report func(ingest.Taken) ([]byte, error)) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.sameKey(ctx, tx); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM file WHERE sha256 = ? AND outcome = 'taken'`, b.File.SHA256[:]).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return problem.New(problem.Conflict, "%s was taken by another process just now. Nothing has changed.", b.File.Name)
		}
		t := &taking{ctx: ctx, tx: tx, batch: b}
		for _, step := range []func() error{t.provider, t.file, t.patients, t.givens, t.places, t.statements, t.extracts} {
			if err := step(); err != nil {
				return err
			}
		}
		d := newDerivation(ctx, tx, s, t.providerID)
		defer d.close()
		if err := d.derive(t); err != nil {
			return err
		}
		taken, err := t.taken(d)
		if err != nil {
			return err
		}
		text, err := report(taken)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE file SET report = ? WHERE file_id = ?`, string(text), t.fileID)
		return err
	})
}

// taking is a batch on its way in: the numbers that the store gave to what the
// batch refers to by index.
type taking struct {
	ctx   context.Context
	tx    *sql.Tx
	batch *ingest.Batch

	providerID, fileID int64
	fresh              bool // the provider had no patients before
	patientIDs         []int64
	patientNew         []bool
	givenIDs           []int64
	placeIDs           []int64
	statementIDs       []int64
	extractIDs         []int64
}

func (t *taking) provider() error {
	if _, err := t.tx.ExecContext(t.ctx, `INSERT INTO provider (code) VALUES (?) ON CONFLICT DO NOTHING`, t.batch.Provider); err != nil {
		return err
	}
	if err := t.tx.QueryRowContext(t.ctx, `SELECT provider_id FROM provider WHERE code = ?`, t.batch.Provider).Scan(&t.providerID); err != nil {
		return err
	}
	var any bool
	err := t.tx.QueryRowContext(t.ctx, `SELECT EXISTS (SELECT 1 FROM extract WHERE provider_id = ?)`, t.providerID).Scan(&any)
	t.fresh = !any
	return err
}

func (t *taking) file() (err error) {
	t.fileID, err = insertFile(t.ctx, t.tx, t.batch.File, "taken", nil)
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
	next, err := t.next("patient", "patient_id")
	if err != nil {
		return err
	}
	find, err := t.tx.PrepareContext(t.ctx, `SELECT patient_id FROM patient WHERE key_hash = ? AND provider_id = ?`)
	if err != nil {
		return err
	}
	defer find.Close()
	insert := newBulk(t.ctx, t.tx, "patient", []string{"patient_id", "provider_id", "key_hash", "reference", "nhs_number", "local_id"}, "")
	for i, p := range t.batch.Patients {
		if !t.fresh {
			err := find.QueryRowContext(t.ctx, p.Hash[:], t.providerID).Scan(&t.patientIDs[i])
			if err == nil {
				continue
			}
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		t.patientIDs[i], t.patientNew[i] = next, true
		if err := insert.add(next, t.providerID, p.Hash[:], p.Reference, p.NHSNumber, p.LocalID); err != nil {
			return err
		}
		next++
	}
	return insert.flush()
}

func (t *taking) givens() error {
	t.givenIDs = make([]int64, len(t.batch.Givens))
	for i, g := range t.batch.Givens {
		args := []any{
			g.Words.Reason, g.Words.Care, g.Words.Council, g.Words.Responsible, g.Words.WaitingOn, g.Words.Funding,
			string(g.Reason), g.Care, string(g.Council), g.Stated, g.StatedUnread, g.WaitingOn, g.Funding,
			g.Outcome.RuleSet, g.Outcome.Version, g.Outcome.Rule, g.Outcome.Body,
		}
		if _, err := t.tx.ExecContext(t.ctx, `
			INSERT INTO given (
				reason_words, care_words, council_words, responsible_words, waiting_on_words, funding_words,
				reason, care, council, stated, stated_unread, waiting_on, funding,
				rule_set, rule_version, rule, body, why, finding
			) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, append(slices.Clone(args), g.Outcome.Why, g.Outcome.Finding)...); err != nil {
			return err
		}
		if err := t.tx.QueryRowContext(t.ctx, `
			SELECT given_id
			FROM given
			WHERE reason_words = ? AND care_words = ? AND council_words = ? AND responsible_words = ?
				AND waiting_on_words = ? AND funding_words = ?
				AND reason = ? AND care = ? AND council = ? AND stated = ? AND stated_unread = ?
				AND waiting_on = ? AND funding = ?
				AND rule_set = ? AND rule_version = ? AND rule = ? AND body = ?`, args...).Scan(&t.givenIDs[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) places() error {
	t.placeIDs = make([]int64, len(t.batch.Places))
	for i, p := range t.batch.Places {
		if _, err := t.tx.ExecContext(t.ctx, `INSERT INTO place (provider_id, site, ward, bed) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			t.providerID, p.Site, p.Ward, p.Bed); err != nil {
			return err
		}
		if err := t.tx.QueryRowContext(t.ctx, `SELECT place_id FROM place WHERE provider_id = ? AND site = ? AND ward = ? AND bed = ?`,
			t.providerID, p.Site, p.Ward, p.Bed).Scan(&t.placeIDs[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) statements() error {
	t.statementIDs = make([]int64, len(t.batch.Statements))
	next, err := t.next("statement", "statement_id")
	if err != nil {
		return err
	}
	find, err := t.tx.PrepareContext(t.ctx, `
		SELECT statement_id
		FROM statement
		WHERE patient_id = ? AND ready_date = ? AND given_id = ? AND place_id = ? AND discharged_date = ? AND admitted_date = ?`)
	if err != nil {
		return err
	}
	defer find.Close()
	insert := newBulk(t.ctx, t.tx, "statement", []string{"patient_id", "ready_date", "given_id", "place_id", "discharged_date", "admitted_date", "statement_id"}, "")
	for i, st := range t.batch.Statements {
		patient, given, place := t.patientIDs[st.Patient], t.givenIDs[st.Given], t.placeIDs[st.Place]
		if !t.patientNew[st.Patient] {
			err := find.QueryRowContext(t.ctx, patient, st.Ready, given, place, st.Discharged, st.Admitted).Scan(&t.statementIDs[i])
			if err == nil {
				continue
			}
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		t.statementIDs[i] = next
		if err := insert.add(patient, int64(st.Ready), given, place, int64(st.Discharged), int64(st.Admitted), next); err != nil {
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
	insert := newBulk(t.ctx, t.tx, "extract", []string{"extract_id", "file_id", "provider_id", "extract_date", "rows_read", "kept", "quarantined", "excluded", "listed"}, "")
	var rows []listed
	for i, e := range t.batch.Extracts {
		rows = rows[:0]
		for _, l := range e.Listings {
			rows = append(rows, listed{statement: t.statementIDs[l.Statement], line: int64(l.Line)})
		}
		t.extractIDs[i] = next
		if err := insert.add(next, t.fileID, t.providerID, int64(e.Date), e.Read, e.Kept, e.Quarantined, e.Excluded, encodeListed(rows)); err != nil {
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
	compare := newComparison(t, d)
	for i, e := range t.batch.Extracts {
		st := ingest.Standing{Date: e.Date, Replaces: -1}
		now := d.now[e.Date]
		if now.Held == t.extractIDs[i] {
			st.Held, st.Before, st.BeforeDate = true, now.Before, now.BeforeDate
		}
		if before, ok := d.before[e.Date]; ok && before.Counted != 0 && !st.Held {
			if err := t.tx.QueryRowContext(t.ctx, `SELECT rows_read FROM extract WHERE extract_id = ?`, before.Counted).Scan(&st.Replaces); err != nil {
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
	var err error
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
	statementOf := make([]int32, len(t.patientIDs))
	for i, st := range t.batch.Statements {
		statementOf[st.Patient] = int32(i)
	}
	first, last := t.batch.Extracts[0].Date, t.batch.Extracts[len(t.batch.Extracts)-1].Date
	find, err := t.tx.PrepareContext(t.ctx, `
		SELECT v.code, max(a.first_date, b.first_date, ?4)
		FROM patient other
		JOIN provider v ON v.provider_id = other.provider_id
		JOIN presence a ON a.patient_id = ?3 AND a.last_date >= ?4 AND a.first_date <= ?5
		JOIN presence b ON b.patient_id = other.patient_id AND b.first_date <= a.last_date AND b.last_date >= a.first_date
			AND b.last_date >= ?4 AND b.first_date <= ?5
		WHERE other.key_hash = ?1 AND other.provider_id <> ?2
		LIMIT 1`)
	if err != nil {
		return nil, err
	}
	defer find.Close()
	var out []ingest.Elsewhere
	for i, p := range t.batch.Patients {
		if !p.ByNHSNumber {
			continue
		}
		e := ingest.Elsewhere{Statement: statementOf[i]}
		err := find.QueryRowContext(t.ctx, p.Hash[:], t.providerID, t.patientIDs[i], first, last).Scan(&e.Provider, &e.Date)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// comparison counts who is new, gone and changed beside the nearest earlier
// counted extract.
type comparison struct {
	t *taking
	d *derivation
	// extracts of the batch by number
	own map[int64]int
}

func newComparison(t *taking, d *derivation) *comparison {
	c := &comparison{t: t, d: d, own: make(map[int64]int, len(t.extractIDs))}
	for i, id := range t.extractIDs {
		c.own[id] = i
	}
	return c
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
	earlier, err := c.contents(c.d.now[st.Compared].Counted)
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

func (c *comparison) contents(id int64) (map[int64]content, error) {
	if i, ok := c.own[id]; ok {
		e := c.t.batch.Extracts[i]
		out := make(map[int64]content, len(e.Listings))
		for _, l := range e.Listings {
			st := c.t.batch.Statements[l.Statement]
			out[c.t.patientIDs[st.Patient]] = content{c.t.givenIDs[st.Given], st.Ready, st.Discharged}
		}
		return out, nil
	}
	rows, err := c.d.listedIn(id)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]content, len(rows))
	for _, r := range rows {
		st, err := c.d.statement(r.statement)
		if err != nil {
			return nil, err
		}
		out[st.patient] = content{st.given, st.ready, st.discharged}
	}
	return out, nil
}
