package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/audit"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// version gives the name of the state that a patient's case is in for a scope:
// what the scope does not see makes no other version of it.
func version(ctx context.Context, tx *sql.Tx, scope people.Scope, patient int64) (string, error) {
	r := caseReader{ctx: ctx, tx: tx, scope: scope, patient: patient}
	var err error
	if r.view, err = viewOf(ctx, tx, scope, patient); err != nil {
		return "", err
	}
	if r.view.whole {
		var v string
		err := tx.QueryRowContext(ctx, `
			SELECT coalesce((SELECT max(entry_id) FROM log_entry WHERE patient_id = ?1), 0) || '.' ||
				coalesce((SELECT max(event_id) FROM agreement_event WHERE patient_id = ?1), 0) || '.' ||
				coalesce((SELECT max(action_id * 2 + (state <> 'open')) FROM action WHERE patient_id = ?1), 0)`, patient).Scan(&v)
		return v, err
	}
	c := &casework.Case{}
	if err := errors.Join(r.log(c), r.events(c), r.actions(c)); err != nil {
		return "", err
	}
	var entry, event, action int64
	for _, l := range c.Log {
		entry = max(entry, l.ID)
	}
	for _, e := range c.Events {
		event = max(event, e.ID)
	}
	for _, a := range c.Actions {
		n := a.ID * 2
		if a.State != "open" {
			n++
		}
		action = max(action, n)
	}
	return fmt.Sprintf("%d.%d.%d", entry, event, action), nil
}

// patientIn gives the patient with a reference whom the scope reaches, and
// refuses a change made from another version than the present one.
//
// A reference that leads to another (I6) gives the patient whose reference
// stands; about is the patient who has this one.
func (s *Store) patientIn(ctx context.Context, tx *sql.Tx, scope people.Scope, reference, from string) (about, patient, provider int64,
	err error) {
	w := reachableByLog(scope)
	found := 0
	err = eachRow(ctx, tx, `
		SELECT min(named.patient_id), p.patient_id, p.provider_id
		FROM patient named
		JOIN patient p ON p.patient_id = named.person_id
		WHERE `+named+` AND `+w.String()+`
		GROUP BY p.patient_id
		LIMIT 2`, func(rows *sql.Rows) error {
		found++
		return rows.Scan(&about, &patient, &provider)
	}, append([]any{reference}, w.args...)...)
	switch {
	case err == nil && found == 0:
		return 0, 0, 0, problem.New(problem.NotFound, "There is no delay with this reference, or it is outside your organisation.")
	case err == nil && found > 1:
		return 0, 0, 0, sharedReference(reference)
	}
	if err != nil || from == "" {
		return about, patient, provider, err
	}
	now, err := version(ctx, tx, scope, patient)
	if err != nil {
		return 0, 0, 0, err
	}
	if now != from {
		return 0, 0, 0, problem.New(problem.Conflict, "This record was changed after you opened it. Nothing you entered has been saved. Check "+
			"the latest details and try again.")
	}
	return about, patient, provider, nil
}

// sharedReference refuses to guess which of two people a reference is of.
func sharedReference(reference string) error {
	return problem.New(problem.Conflict, "Two patients have the reference %s, so what you look for could be the wrong one's. "+
		"Nothing has been changed. Tell the person who runs Homeward.", reference)
}

// reachableByLog is reachable for people of whom only the log knows too: a
// patient who was logged and has no delay yet belongs to the provider.
func reachableByLog(scope people.Scope) where {
	if len(scope.Providers()) == 0 {
		return reachable(scope)
	}
	var w where
	w.scoped(scope, "p.provider_id", "")
	return w
}

// Log adds one entry to the log and works out again what follows from it. It
// gives the entry's number and the patient's reference.
func (s *Store) Log(ctx context.Context, by people.Actor, in casework.NewEntry) (entry int64, reference string, err error) {
	saved, err := s.LogTogether(ctx, by, []casework.NewEntry{in})
	if err != nil {
		return 0, "", err
	}
	return saved[0].Entry, saved[0].Reference, nil
}

// LogTogether adds several entries to the log in one transaction, all or none,
// and works out again what follows from them. Entries that were saved together
// are known as such.
func (s *Store) LogTogether(ctx context.Context, by people.Actor, in []casework.NewEntry) (saved []casework.Saved, err error) {
	if !by.May(people.LogDelays) {
		return nil, problem.New(problem.Forbidden, "Delays are logged by coordinators. Your role is %s.", by.Grant.Role)
	}
	err = s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		changed := map[int64][]int64{}
		var until delay.Day
		for _, one := range in {
			l, err := s.logOne(ctx, r, by, one)
			if err != nil {
				return err
			}
			saved = append(saved, l.Saved)
			changed[l.provider] = append(changed[l.provider], l.patient)
			until = max(until, one.Made)
		}
		if len(saved) > 1 {
			for _, l := range saved {
				if _, err := r.ExecContext(ctx, `UPDATE log_entry SET together = ? WHERE entry_id = ?`, saved[0].Entry, l.Entry); err != nil {
					return err
				}
			}
		}
		if err := s.extendLog(ctx, r.Tx, r.at, until); err != nil {
			return err
		}
		for provider, patients := range changed {
			if err := s.rework(ctx, r.Tx, provider, unique(patients)...); err != nil {
				return err
			}
		}
		return nil
	})
	return saved, err
}

// logged is one entry that was added.
type logged struct {
	casework.Saved
	patient, provider int64
}

func (s *Store) logOne(ctx context.Context, r *recording, by people.Actor, in casework.NewEntry) (out logged, err error) {
	var about int64
	out.Reference = in.Reference
	if in.NewPatient != nil {
		about, out.patient, out.provider, out.Reference, err = s.addPatient(ctx, r, by, in)
	} else {
		about, out.patient, out.provider, err = s.patientIn(ctx, r.Tx, by.Scope(), in.Reference, in.Version)
	}
	if err != nil {
		return out, err
	}
	statement := int64(0)
	if in.Kind.States() {
		if statement, err = s.state(ctx, r.Tx, out.patient, out.provider, in); err != nil {
			return out, err
		}
	}
	if in.Kind == logbook.Undone {
		var kind logbook.Kind
		err := r.QueryRowContext(ctx, `SELECT kind FROM log_entry WHERE entry_id = ? AND patient_id = ?`, in.Undoes, out.patient).Scan(&kind)
		if errors.Is(err, sql.ErrNoRows) || kind == logbook.Undone {
			return out, problem.New(problem.Conflict, "There is nothing to undo.")
		}
		if err != nil {
			return out, err
		}
	}
	res, err := r.ExecContext(ctx, `
		INSERT INTO log_entry (
			patient_id, provider_id, made_at, made_on, made_by, made_role, kind, day,
			statement_id, undoes, uncertain, destination, how, reason, until_day, about_id, checked_at, sent_key
		) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		out.patient, out.provider, r.at.UnixMicro(), in.Made, by.Who(), by.As(), in.Kind, in.Day,
		statement, in.Undoes, in.Uncertain, in.Destination, in.How, in.Why, in.Until, about, microsOf(in.CheckedAt), in.SentKey)
	if err != nil {
		return out, err
	}
	if out.Entry, err = res.LastInsertId(); err != nil {
		return out, err
	}
	return out, r.record(auditEntry(by, audit.Edited, out.Reference, "", fmt.Sprintf("%s, %s", in.Kind, in.Day)))
}

func microsOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// SentBefore gives the entry that was sent with a key by the same account about
// the same person. A key that came with anything else is a Conflict.
func (s *Store) SentBefore(ctx context.Context, by people.Actor, reference, key string) (saved casework.Saved, ok bool, err error) {
	w := reachableByLog(by.Scope())
	var who string
	err = s.read.QueryRowContext(ctx, `
		SELECT l.entry_id, p.reference, l.made_by
		FROM log_entry l
		JOIN patient p ON p.patient_id = l.patient_id
		WHERE l.sent_key = ? AND l.sent_key <> '' AND `+w.String(), append([]any{key}, w.args...)...).Scan(&saved.Entry, &saved.Reference, &who)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return saved, false, nil
	case err != nil:
		return saved, false, err
	case who != by.Who() || saved.Reference != reference:
		return saved, false, problem.New(problem.Conflict, "This was sent before about somebody else. Nothing has been saved. Check them again.")
	}
	return saved, true, nil
}

// SavedTogether gives the entries that were saved at once with the one of the
// number, itself among them, as far as the scope reaches, and how many there
// are in all.
func (s *Store) SavedTogether(ctx context.Context, scope people.Scope, together int64) (saved []casework.Saved, all int, err error) {
	w := reachableByLog(scope)
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer done()
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM log_entry WHERE together = ? AND together <> 0`, together).Scan(&all); err != nil {
		return nil, 0, err
	}
	err = eachRow(ctx, tx, `
		SELECT p.reference, l.entry_id
		FROM log_entry l
		JOIN patient p ON p.patient_id = l.patient_id
		WHERE l.together = ? AND l.together <> 0 AND `+w.String()+`
		ORDER BY l.entry_id`, func(rows *sql.Rows) error {
		var one casework.Saved
		err := rows.Scan(&one.Reference, &one.Entry)
		saved = append(saved, one)
		return err
	}, append([]any{together}, w.args...)...)
	return saved, all, err
}

// auditEntry is entry under a name that does not clash with the log's.
func auditEntry(by people.Actor, what audit.What, record, before, after string) audit.Entry {
	return entry(by, what, record, before, after)
}

// addPatient adds a patient whom no extract has listed yet, or finds them.
func (s *Store) addPatient(ctx context.Context, r *recording, by people.Actor, in casework.NewEntry) (about, patient, provider int64,
	reference string, err error) {
	allowed := false
	for _, code := range by.Scope().Providers() {
		allowed = allowed || code == in.Provider
	}
	if !allowed {
		return 0, 0, 0, "", problem.New(problem.Forbidden, "You can log delays at your own hospitals only.")
	}
	if err := s.sameKey(ctx, r); err != nil {
		return 0, 0, 0, "", err
	}
	sender, provider, err := s.sender(ctx, r.Tx, in.Provider)
	if err != nil {
		return 0, 0, 0, "", err
	}
	t := &taking{ctx: ctx, tx: r.Tx, store: s, senderID: sender, providerID: provider,
		batch: &ingest.Batch{Patients: []ingest.Patient{*in.NewPatient}}}
	for _, step := range []func() error{t.locals, t.patients, t.stated} {
		if err := step(); err != nil {
			return 0, 0, 0, "", err
		}
	}
	about = t.patientIDs[0]
	err = r.QueryRowContext(ctx, `
		SELECT p.patient_id, p.reference
		FROM patient named
		JOIN patient p ON p.patient_id = named.person_id
		WHERE named.patient_id = ?`, about).Scan(&patient, &reference)
	return about, patient, provider, reference, err
}

// state keeps what an entry states and gives its number.
func (s *Store) state(ctx context.Context, tx *sql.Tx, patient, provider int64, in casework.NewEntry) (int64, error) {
	t := &taking{ctx: ctx, tx: tx, store: s, senderID: provider, providerID: provider, patientIDs: []int64{patient}, patientNew: []bool{false}}
	st := ingest.Statement{Ready: in.Ready, Admitted: in.Admitted}
	if in.Kind == logbook.Ended {
		st.Discharged = in.Day
	}
	t.batch = &ingest.Batch{
		Givens:     []ingest.Given{{Given: in.Given, Outcome: in.Outcome}},
		Places:     []ingest.Place{in.Place},
		Statements: []ingest.Statement{st},
	}
	for _, step := range []func() error{t.givens, t.places, t.statements} {
		if err := step(); err != nil {
			return 0, err
		}
	}
	return t.statementIDs[0], nil
}

// rework works out again what follows for one patient.
func (s *Store) rework(ctx context.Context, tx *sql.Tx, provider int64, patients ...int64) error {
	d := newDerivation(ctx, tx, s, provider)
	defer d.close()
	if err := d.look(); err != nil {
		return err
	}
	var err error
	if d.calendar, err = d.countedDays(); err != nil {
		return err
	}
	return d.rebuild(patients, nil, nil)
}

// ExtendLog makes the log evidence up to the London day today for providers
// that send no extracts (C17).
func (s *Store) ExtendLog(ctx context.Context, today delay.Day) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		at, err := s.stamp(ctx, tx)
		if err != nil {
			return err
		}
		return s.extendLog(ctx, tx, at, today)
	})
}

func (s *Store) extendLog(ctx context.Context, tx *sql.Tx, at time.Time, today delay.Day) error {
	res, err := tx.ExecContext(ctx, `UPDATE derived_with SET log_day = ? WHERE log_day < ?`, today, today)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	// Looking back to an earlier moment must not find the day (C15).
	if _, err := tx.ExecContext(ctx, `INSERT INTO log_reach (log_day, reached_at) VALUES (?, ?)`, today, at.UnixMicro()); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT DISTINCT provider_id, patient_id
		FROM log_entry l
		WHERE NOT EXISTS (SELECT 1 FROM standing s WHERE s.provider_id = l.provider_id AND s.counted_extract <> 0)
		ORDER BY provider_id, patient_id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	byProvider := map[int64][]int64{}
	var order []int64
	for rows.Next() {
		var provider, patient int64
		if err := rows.Scan(&provider, &patient); err != nil {
			return err
		}
		if byProvider[provider] == nil {
			order = append(order, provider)
		}
		byProvider[provider] = append(byProvider[provider], patient)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, provider := range order {
		if err := s.rework(ctx, tx, provider, byProvider[provider]...); err != nil {
			return err
		}
	}
	return nil
}

// Answer adds answers about segments, all or none, and works out again what
// follows. Who may give which answer is for package casework to have decided;
// here only the scope and the version stand.
func (s *Store) Answer(ctx context.Context, by people.Actor, answers []casework.NewAnswer) error {
	if !by.May(people.Agree) && !by.May(people.Propose) {
		return problem.New(problem.Forbidden, "Segments are answered by reviewers and directors. Your role is %s.", by.Grant.Role)
	}
	return s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		byProvider := map[int64][]int64{}
		for _, a := range answers {
			about, patient, provider, err := s.patientIn(ctx, r.Tx, by.Scope(), a.Reference, a.Version)
			if err != nil {
				return err
			}
			e := a.Event
			if councils := by.Scope().Councils(); len(councils) > 0 && !slices.Contains(councils, string(e.Segment.Council)) {
				return problem.New(problem.NotFound, "There is no period with this reference, or it is outside your organisation.")
			}
			// A decision that has a side is one party's (G5); those of before that
			// rule are the only ones that read otherwise.
			if e.Act == agreement.Decide && e.Side != agreement.Neither {
				e.Act = agreement.DecideAlone
			}
			if _, err := r.ExecContext(ctx, `
				INSERT INTO agreement_event (
					patient_id, made_at, made_by, made_role, act, side, body,
					first_day, last_day, cut, reason, council, care, rule_body, checks, words, example, review_on, about_id
				) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				patient, r.at.UnixMicro(), by.Who(), cmp.Or(a.As, by.As()), e.Act, e.Side, e.Body,
				e.Segment.First, e.Segment.Last, e.Cut, string(e.Segment.Reason), string(e.Segment.Council), e.Segment.Care, e.Segment.Body,
				a.Checks, a.Words, a.Example, a.ReviewOn, about); err != nil {
				return err
			}
			if err := r.record(auditEntry(by, audit.Decided, a.Reference, "", fmt.Sprintf("%s, %s to %s", e.Act, e.Segment.First,
				e.Segment.Last))); err != nil {
				return err
			}
			byProvider[provider] = append(byProvider[provider], patient)
		}
		for provider, patients := range byProvider {
			if err := s.rework(ctx, r.Tx, provider, unique(patients)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// AddAction adds a next step.
func (s *Store) AddAction(ctx context.Context, by people.Actor, reference, from string, a casework.Action) error {
	return s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		about, patient, _, err := s.patientIn(ctx, r.Tx, by.Scope(), reference, from)
		if err != nil {
			return err
		}
		v, err := viewOf(ctx, r.Tx, by.Scope(), patient)
		if err == nil {
			err = v.changeable(r.at)
		}
		if err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `
			INSERT INTO action (patient_id, made_at, made_by, made_role, what, owner_org, owner_role, due, state, closed_at, closed_why, about_id)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', 0, '', ?)`,
			patient, r.at.UnixMicro(), by.Who(), by.As(), a.What, a.OwnerOrg, a.Owner, a.Due, about); err != nil {
			return err
		}
		return r.record(auditEntry(by, audit.Edited, reference, "", "Action added, due "+a.Due.String()))
	})
}

// CloseAction marks an action done or declined; declining needs a reason.
func (s *Store) CloseAction(ctx context.Context, by people.Actor, reference string, id int64, state, why string) error {
	return s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		_, patient, _, err := s.patientIn(ctx, r.Tx, by.Scope(), reference, "")
		if err != nil {
			return err
		}
		c := &casework.Case{}
		seen := caseReader{ctx: ctx, tx: r.Tx, scope: by.Scope(), patient: patient}
		if seen.view, err = viewOf(ctx, r.Tx, by.Scope(), patient); err != nil {
			return err
		}
		if err := seen.actions(c); err != nil {
			return err
		}
		if !slices.ContainsFunc(c.Actions, func(a casework.Action) bool { return a.ID == id }) {
			return problem.New(problem.NotFound, "There is no such action in this record, or it is outside your organisation.")
		}
		if err := seen.view.changeable(r.at); err != nil {
			return err
		}
		res, err := r.ExecContext(ctx, `
			UPDATE action
			SET state = ?, closed_at = ?, closed_why = ?
			WHERE action_id = ? AND patient_id = ? AND state = 'open'`, state, r.at.UnixMicro(), why, id, patient)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, problem.New(problem.Conflict, "This action was closed already. Nothing has changed."))
		}
		return r.record(auditEntry(by, audit.Edited, reference, "", "Action "+state))
	})
}
