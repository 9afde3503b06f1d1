package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// ReadFile is a received file as it was read last.
type ReadFile struct {
	// ID is the number of the receipt that stands.
	ID     int64
	SHA256 [32]byte
	Name   string
	// Received is when it arrived. A file that was turned away several times is
	// one, as it was sent last.
	Received time.Time
	Rejected bool
	// first is the receipt whose place in the order of receipt it has.
	first int64
}

// ReadFilter narrows files to those with an extract of a provider, or of the
// days from From to To. The zero filter lets all through, those that were turned
// away too, of which no extract is known.
type ReadFilter struct {
	Provider string
	From, To delay.Day
}

// ReadOtherwise gives the received files that were read with something else
// than today's words: layouts holds what a file that is taken can be read with,
// whole what one that is turned away is held against. They are in the order of
// receipt.
func (s *Store) ReadOtherwise(ctx context.Context, layouts []string, whole string, only ReadFilter) ([]ReadFile, error) {
	words, err := json.Marshal(layouts)
	if err != nil {
		return nil, err
	}
	var w where
	w.add(`(f.outcome = 'taken' AND f.read_with NOT IN (SELECT value FROM json_each(?))
			OR f.outcome = 'rejected' AND f.read_with <> ? AND NOT EXISTS (
				SELECT 1 FROM file o WHERE o.sha256 = f.sha256 AND (o.outcome = 'taken' OR o.file_id > f.file_id)))`, string(words), whole)
	w.add(`NOT EXISTS (SELECT 1 FROM reading q WHERE q.replaces = f.file_id)`)
	if only != (ReadFilter{}) {
		var e where
		e.add(`e.file_id = f.file_id`)
		if only.Provider != "" {
			e.add(`v.code = ?`, only.Provider)
		}
		if only.From != 0 {
			e.add(`e.extract_date >= ?`, only.From)
		}
		if only.To != 0 {
			e.add(`e.extract_date <= ?`, only.To)
		}
		w.add(`EXISTS (SELECT 1 FROM extract e JOIN provider v ON v.provider_id = e.provider_id WHERE `+e.String()+`)`, e.args...)
	}
	var out []ReadFile
	err = eachRow(ctx, s.read, `
		SELECT f.file_id, f.sha256, f.name, `+firstReceived+`, f.outcome = 'rejected',
			CASE f.outcome WHEN 'rejected' THEN (SELECT min(o.file_id) FROM file o WHERE o.sha256 = f.sha256)
				ELSE coalesce((SELECT q.first_file FROM reading q WHERE q.file_id = f.file_id), f.file_id) END AS first
		FROM file f
		WHERE `+w.String()+`
		ORDER BY first`, func(rows *sql.Rows) error {
		var f ReadFile
		var sum []byte
		var at int64
		if err := rows.Scan(&f.ID, &sum, &f.Name, &at, &f.Rejected, &f.first); err != nil {
			return err
		}
		if len(sum) != len(f.SHA256) {
			return fmt.Errorf("file %d has a fingerprint of %d bytes", f.ID, len(sum))
		}
		f.SHA256, f.Received = [32]byte(sum), moment(at)
		out = append(out, f)
		return nil
	}, w.args...)
	return out, err
}

// ScratchPattern is the pattern of the names of folders for copies, in the data
// folder. Those that a killed process left are swept at the start.
const ScratchPattern = ".known-*"

// Scratch is a copy of the store as of one moment, to try something on. Close
// it when done: then it is gone.
type Scratch struct {
	*Store
	dir string
}

// Close closes and removes it.
func (s *Scratch) Close() error { return errors.Join(s.Store.Close(), os.RemoveAll(s.dir)) }

// Scratch copies the store.
func (s *Store) Scratch(ctx context.Context) (_ *Scratch, err error) {
	dir, err := os.MkdirTemp(s.ledger.dir, ScratchPattern)
	if err != nil {
		return nil, fmt.Errorf("a folder for a copy: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if err := s.CopyTo(ctx, dir); err != nil {
		return nil, err
	}
	settings := s.settings
	made, err := Open(ctx, dir, &settings, disposable, WithClock(s.clock.now))
	if err != nil {
		return nil, err
	}
	return &Scratch{made, dir}, nil
}

// CopyTo copies the database into another folder, to try something on.
func (s *Store) CopyTo(ctx context.Context, dir string) error {
	if err := s.copyInto(ctx, filepath.Join(dir, FileName)); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The database could not be copied to try this out. Check that the disk has "+
			"room for a second one")
	}
	return nil
}

// copyInto copies the database as of one moment, whatever is written meanwhile.
func (s *Store) copyInto(ctx context.Context, path string) error {
	// The readers' connections may not write anywhere, not even a copy.
	db, err := sql.Open("sqlite3", asItIs(filepath.Join(s.ledger.dir, FileName)))
	if err != nil {
		return err
	}
	// SQLite fills an empty file and leaves its mode; one that it makes itself could
	// be opened by every account of the machine.
	err = os.WriteFile(path, nil, 0o600)
	if err == nil {
		_, err = db.ExecContext(ctx, `VACUUM INTO ?`, path)
	}
	return errors.Join(err, db.Close())
}

// Rereading is one write transaction in which received files are read again. It
// stands as a whole or not at all.
type Rereading struct {
	r     *recording
	store *Store
	// before is the day up to which identifiers may have been purged.
	before delay.Day
}

// evidenceMarks changes with everything that figures depend on, whichever
// process wrote it.
const evidenceMarks = `
	SELECT (SELECT coalesce(max(file_id), 0) FROM file) || ' ' || (SELECT coalesce(max(acceptance_id), 0) FROM acceptance)
		|| ' ' || (SELECT coalesce(max(entry_id), 0) FROM log_entry) || ' ' || (SELECT coalesce(max(event_id), 0) FROM agreement_event)
		|| ' ' || (SELECT coalesce(max(verdict_id), 0) FROM person_verdict)
		|| ' ' || (SELECT coalesce(max(answer_id), 0) FROM rule_answer)
		|| ' ' || (SELECT coalesce(max(log_day), 0) || settings FROM derived_with)`

// EvidenceMark gives a text that changes with everything that figures depend on.
func (s *Store) EvidenceMark(ctx context.Context) (string, error) {
	var mark sql.NullString
	err := s.read.QueryRowContext(ctx, evidenceMarks).Scan(&mark)
	return mark.String, err
}

// ReadAgain runs do in one write transaction. Identifiers of delays that ended
// before the day before may have been purged. mark is what EvidenceMark gave when
// it was worked out what would change: when something has arrived since, ok is
// false and nothing is done. The empty mark is any.
func (s *Store) ReadAgain(ctx context.Context, before delay.Day, mark string, do func(*Rereading) error) (ok bool, err error) {
	err = s.recorded(ctx, func(r *recording) error {
		if err := s.sameKey(ctx, r.Tx); err != nil {
			return err
		}
		if mark != "" {
			var now sql.NullString
			if err := r.QueryRowContext(ctx, evidenceMarks).Scan(&now); err != nil || now.String != mark {
				return err
			}
		}
		ok = true
		return do(&Rereading{r, s, before})
	})
	return ok && err == nil, err
}

// Audit notes in the audit log that files were read again.
func (a *Rereading) Audit(by people.Actor, words string) error {
	return a.r.record(entry(by, audit.FilesReadAgain, "", "", words))
}

// Same notes that a file was looked at with today's words and stays as it was
// read.
func (a *Rereading) Same(f ReadFile, with string) error {
	_, err := a.r.ExecContext(a.r.ctx, `UPDATE file SET read_with = ? WHERE file_id = ?`, with, f.ID)
	return err
}

// Before counts the rows of the file as it was read until now.
func (a *Rereading) Before(f ReadFile) (r ingest.Rows, err error) {
	err = a.r.QueryRowContext(a.r.ctx, `
		SELECT coalesce(sum(rows_read), 0), coalesce(sum(kept), 0), coalesce(sum(quarantined), 0), coalesce(sum(excluded), 0)
		FROM extract
		WHERE file_id = ?`, f.ID).Scan(&r.Read, &r.Kept, &r.Quarantined, &r.Excluded)
	return r, err
}

// Replace has what a file states now stand in the place of what it stated, and
// derives what follows. report is as for Take. The fate is ReadsTheSame when
// nothing differs, and IsPurged when people in the file can no longer be matched:
// then nothing is stored, but the file counts as looked at.
func (a *Rereading) Replace(f ReadFile, b *ingest.Batch, report func(ingest.Taken) ([]byte, error)) (ingest.Fate, error) {
	ctx := a.r.ctx
	old, days, err := a.stated(f.ID)
	if err != nil {
		return "", err
	}
	purged, err := a.purged(f, b)
	if err != nil {
		return "", err
	}
	if purged {
		return ingest.IsPurged, a.Same(f, b.File.ReadWith)
	}
	if _, err := a.r.ExecContext(ctx, `SAVEPOINT again`); err != nil {
		return "", err
	}
	file := b.File
	id, err := insertFile(ctx, a.r.Tx, file, a.r.at, "taken", nil)
	if err != nil {
		return "", err
	}
	if _, err := a.r.ExecContext(ctx, `INSERT INTO reading (file_id, replaces, first_file) VALUES (?, ?, ?)`, id, f.ID, f.first); err != nil {
		return "", err
	}
	var parts []*taking
	for _, part := range b.All() {
		t := &taking{ctx: ctx, tx: a.r.Tx, store: a.store, batch: part, at: a.r.at, fileID: id}
		if err := t.evidence(); err != nil {
			return "", err
		}
		if file.Thinned {
			if err := a.keepNotReady(old, t); err != nil {
				return "", err
			}
		}
		parts = append(parts, t)
	}
	now, _, err := a.stated(id)
	if err != nil {
		return "", err
	}
	if file.Thinned {
		for _, all := range [][]statedExtract{old, now} {
			if err := inOrder(all); err != nil {
				return "", err
			}
		}
	}
	if slices.Equal(old, now) && !f.Rejected {
		if _, err := a.r.ExecContext(ctx, `ROLLBACK TO again; RELEASE again`); err != nil {
			return "", err
		}
		return ingest.ReadsTheSame, a.Same(f, file.ReadWith)
	}
	taken, err := a.follow(id, parts, days)
	if err != nil {
		return "", err
	}
	text, err := report(taken)
	if err != nil {
		return "", err
	}
	if err = setReceipt(ctx, a.r.Tx, id, text); err == nil {
		_, err = a.r.ExecContext(ctx, `RELEASE again`)
	}
	return ingest.ReadsOtherwise, err
}

// inOrder puts what extracts state of stays in the order of patients: rows that
// were taken out of a file have lost their places among the others.
func inOrder(all []statedExtract) error {
	for i, e := range all {
		rows, err := decodeStays(e.date, []byte(e.stays))
		if err != nil {
			return err
		}
		slices.SortStableFunc(rows, func(a, b stayRow) int { return cmp.Compare(a.patient, b.patient) })
		all[i].stays = string(encodeStays(e.date, rows))
	}
	return nil
}

// keepNotReady lets what the extracts of a file stated of people who were not
// ready stand in the new ones: the file has these rows no more.
func (a *Rereading) keepNotReady(old []statedExtract, t *taking) error {
	for i, e := range t.batch.Extracts {
		at := slices.IndexFunc(old, func(o statedExtract) bool { return o.provider == t.senderID && o.date == e.Date })
		if at < 0 {
			continue
		}
		before, err := decodeStays(e.Date, []byte(old[at].stays))
		if err != nil {
			return err
		}
		var packed []byte
		if err := a.r.QueryRowContext(a.r.ctx, `SELECT coalesce((SELECT rows FROM stay WHERE extract_id = ?), x'')`, t.extractIDs[i]).
			Scan(&packed); err != nil {
			return err
		}
		rows, err := decodeStays(e.Date, packed)
		if err != nil {
			return err
		}
		for _, row := range before {
			if row.ready == 0 && !slices.ContainsFunc(rows, func(o stayRow) bool { return o.patient == row.patient }) {
				rows = append(rows, row)
			}
		}
		if len(rows) == 0 {
			continue
		}
		if _, err := a.r.ExecContext(a.r.ctx, `
			INSERT INTO stay (extract_id, rows) VALUES (?, ?)
			ON CONFLICT DO UPDATE SET rows = excluded.rows`, t.extractIDs[i], encodeStays(e.Date, rows)); err != nil {
			return err
		}
	}
	return nil
}

// follow derives what follows from the parts, and from the days, by provider,
// that the file stated until now.
func (a *Rereading) follow(file int64, parts []*taking, days map[int64][]delay.Day) (ingest.Taken, error) {
	var taken ingest.Taken
	begun := map[int64][]delay.Day{}
	for i, t := range parts {
		d := newDerivation(a.r.ctx, a.r.Tx, a.store, t.senderID)
		d.begun = begun
		err := d.derive(t, days[t.senderID]...)
		delete(days, t.senderID)
		var one ingest.Taken
		if err == nil {
			one, err = t.taken(d)
		}
		d.close()
		if err != nil {
			return taken, err
		}
		for j := range one.Elsewhere {
			one.Elsewhere[j].Batch = i
		}
		for _, st := range one.Standings {
			st.Replaces = -1 // Itself.
			taken.Standings = append(taken.Standings, st)
		}
		taken.Released = append(taken.Released, one.Released...)
		taken.NewlyHeld = append(taken.NewlyHeld, one.NewlyHeld...)
		taken.Elsewhere = append(taken.Elsewhere, one.Elsewhere...)
		taken.Delays.Add(one.Delays)
		taken.Days = append(taken.Days, one.Days...)
	}
	for _, provider := range slices.Sorted(maps.Keys(days)) {
		d := newDerivation(a.r.ctx, a.r.Tx, a.store, provider)
		d.begun = begun
		err := d.derive(nil, days[provider]...)
		d.close()
		if err != nil {
			return taken, err
		}
	}
	taken.Days = changedOnce(taken.Days)
	return taken, a.began(file, begun)
}

// began notes the segments that began otherwise by reading a file again: reply
// clocks start anew for them, and for no others.
func (a *Rereading) began(file int64, begun map[int64][]delay.Day) error {
	for _, patient := range slices.Sorted(maps.Keys(begun)) {
		for _, day := range begun[patient] {
			if _, err := a.r.ExecContext(a.r.ctx, `INSERT INTO reading_change (file_id, patient_id, first_day) VALUES (?, ?, ?) ON CONFLICT DO `+
				`NOTHING`, file, patient, day); err != nil {
				return err
			}
		}
	}
	return nil
}

// statedExtract is all that an extract states.
type statedExtract struct {
	provider                          int64
	date                              delay.Day
	read, kept, quarantined, excluded int
	doubt, unlike, in, listed, stays  string
	tells                             bool
}

// stated gives what a file's extracts state, and their days by provider.
func (a *Rereading) stated(file int64) (out []statedExtract, days map[int64][]delay.Day, err error) {
	days = map[int64][]delay.Day{}
	err = eachRow(a.r.ctx, a.r.Tx, `
		SELECT sender_id, extract_date, rows_read, kept, quarantined, excluded, doubt, unlike, unlike_in, tells, listed,
			coalesce((SELECT rows FROM stay y WHERE y.extract_id = e.extract_id), x'')
		FROM extract e
		WHERE file_id = ?
		ORDER BY sender_id, extract_date, extract_id`, func(rows *sql.Rows) error {
		var e statedExtract
		var listed, stays []byte
		err := rows.Scan(&e.provider, &e.date, &e.read, &e.kept, &e.quarantined, &e.excluded, &e.doubt,
			&e.unlike, &e.in, &e.tells, &listed, &stays)
		e.listed, e.stays = string(listed), string(stays)
		out = append(out, e)
		days[e.provider] = append(days[e.provider], e.date)
		return err
	}, file)
	return out, days, err
}

// wasReady says of a patient p that a row says so. Who never was loses the
// numbers much sooner, and the files lose the rows (R13): they are in nobody's
// way.
const wasReady = `EXISTS (SELECT 1 FROM statement st WHERE st.patient_id = p.patient_id)`

// purged says whether the identifiers of people in a file were purged: who would
// be read from it again could not be matched with them, and would count twice.
func (a *Rereading) purged(f ReadFile, b *ingest.Batch) (bool, error) {
	old, _, err := a.stated(f.ID)
	if err != nil {
		return false, err
	}
	var statements, patients []int64
	for _, e := range old {
		stays, err := decodeStays(e.date, []byte(e.stays))
		if err != nil {
			return false, err
		}
		for _, s := range stays {
			patients = append(patients, s.patient)
		}
		rows, err := decodeListed([]byte(e.listed))
		if err != nil {
			return false, err
		}
		for _, r := range rows {
			statements = append(statements, r.statement)
		}
	}
	found := false
	note := func(rows *sql.Rows) error {
		found = true
		return nil
	}
	if err := lookUp(a.r.ctx, a.r.Tx, `
		SELECT 1
		FROM json_each(?1) w
		CROSS JOIN statement st ON st.statement_id = w.value
		JOIN patient p ON p.patient_id = st.patient_id
		WHERE p.purged_at <> 0
		LIMIT 1`, statements, note); err != nil || found {
		return found, err
	}
	if err := lookUp(a.r.ctx, a.r.Tx, `
		SELECT 1
		FROM json_each(?1) w
		CROSS JOIN patient p ON p.patient_id = w.value
		WHERE p.purged_at <> 0 AND `+wasReady+`
		LIMIT 1`, patients, note); err != nil || found {
		return found, err
	}
	// People whom it did not name until now may have been purged by other files.
	for _, part := range b.All() {
		if len(part.Extracts) == 0 || part.Extracts[0].Date >= a.before {
			continue
		}
		if err := eachRow(a.r.ctx, a.r.Tx, `
			SELECT 1
			FROM patient p
			JOIN provider v ON v.provider_id = p.sender_id
			WHERE v.code = ? AND p.purged_at <> 0 AND `+wasReady+`
			LIMIT 1`, note, part.Provider); err != nil || found {
			return found, err
		}
	}
	return false, nil
}
