package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"homeward/internal/audit"
	"homeward/internal/call"
	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
)

var (
	_ call.Source      = (*Store)(nil)
	_ call.SinceSource = (*Store)(nil)
)

// StartCall keeps a call with what it shows. It gives a problem of kind Conflict
// when the day has a call.
func (s *Store) StartCall(ctx context.Context, r call.Record) error {
	// Without inTx, which would tell readers that figures changed.
	done, err := s.write.ExecContext(ctx, `
		INSERT INTO call (day, started_at, started_by, ended_at, frozen)
		VALUES (?, ?, ?, 0, ?)
		ON CONFLICT DO NOTHING`, r.Day, r.StartedAt.UnixMicro(), r.StartedBy, r.Frozen)
	if err != nil {
		return busy(err)
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return problem.New(problem.Conflict, "The call of %s has already started. Open it from the page of the calls.", r.Day.Long())
}

// EndCall notes that the call of the day is over. Ending it again changes
// nothing.
func (s *Store) EndCall(ctx context.Context, day delay.Day, at time.Time) error {
	_, err := s.write.ExecContext(ctx, `
		UPDATE call
		SET ended_at = ?
		WHERE day = ? AND ended_at = 0`, at.UnixMicro(), day)
	if err != nil {
		return busy(err)
	}
	_, err = s.Call(ctx, day)
	return err
}

// WithdrawCall takes back the call of the day that started at the moment: it is
// kept as a withdrawn one, and the day can have another. It gives a problem of
// kind NotFound when the day has no call, and of kind Conflict when another one
// stands there, when the call started longer ago than within, or when an action
// was noted in it.
func (s *Store) WithdrawCall(ctx context.Context, day delay.Day, started time.Time, within time.Duration, by people.Actor) error {
	return s.recorded(ctx, func(r *recording) error {
		var was, ended int64
		err := r.QueryRowContext(ctx, `SELECT started_at, ended_at FROM call WHERE day = ?`, day).Scan(&was, &ended)
		if errors.Is(err, sql.ErrNoRows) {
			return problem.New(problem.NotFound, "There is no call of %s to withdraw. Look at the page of the calls.", day.Long())
		}
		if err != nil {
			return err
		}
		if was != started.UnixMicro() {
			return problem.New(problem.Conflict, "The call that you opened was withdrawn already, and another one has started since. Look at the "+
				"page of the calls.")
		}
		if r.at.Sub(started) > within {
			return problem.New(problem.Conflict, "A call can be withdrawn within %d minutes of its start, and these have gone by. End it instead.",
				int(within.Minutes()))
		}
		var noted bool
		if err := r.QueryRowContext(ctx, `
			SELECT EXISTS (SELECT 1 FROM call_action WHERE ?1 IN (call_day, done_day, carried_day, withdrawn_day))
				OR EXISTS (SELECT 1 FROM call_action_change WHERE changed_day = ?1)`, day).Scan(&noted); err != nil {
			return err
		}
		if noted {
			return problem.New(problem.Conflict, "An action was noted in this call, so it cannot be withdrawn. End it instead.")
		}
		if _, err := r.ExecContext(ctx, `
			INSERT INTO call_withdrawn (day, started_at, started_by, ended_at, withdrawn_at, withdrawn_by, withdrawn_as, frozen)
			SELECT day, started_at, started_by, ended_at, ?2, ?3, ?4, frozen
			FROM call
			WHERE day = ?1`, day, r.at.UnixMicro(), by.Who(), by.As()); err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `DELETE FROM call WHERE day = ?`, day); err != nil {
			return err
		}
		return r.record(entry(by, audit.CallWithdrawn, "call of "+day.String(), "started "+moment(was).UTC().Format(time.RFC3339), "withdrawn"))
	})
}

// WithdrawnCalls gives the calls that were taken back, newest day first, without
// what they showed.
func (s *Store) WithdrawnCalls(ctx context.Context) ([]call.Withdrawn, error) {
	return s.withdrawn(ctx, `x''`, `TRUE`)
}

// WithdrawnCall gives the withdrawn call of a day by its number, with what it
// showed, or a problem of kind NotFound.
func (s *Store) WithdrawnCall(ctx context.Context, day delay.Day, number int) (call.Withdrawn, error) {
	all, err := s.withdrawn(ctx, `frozen`, `day = ?`, day)
	if err != nil {
		return call.Withdrawn{}, err
	}
	for _, w := range all {
		if w.Number == number {
			return w, nil
		}
	}
	return call.Withdrawn{}, problem.New(problem.NotFound, "There is no withdrawn call %d of %s. Look at the page of the calls.", number,
		day.Long())
}

func (s *Store) withdrawn(ctx context.Context, frozen, condition string, args ...any) ([]call.Withdrawn, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT day, row_number() OVER (PARTITION BY day ORDER BY call_withdrawn_id), started_at, started_by, ended_at, withdrawn_at, `+
		`withdrawn_as, `+frozen+`
		FROM call_withdrawn
		WHERE `+condition+`
		ORDER BY day DESC, call_withdrawn_id DESC`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []call.Withdrawn
	for rows.Next() {
		var w call.Withdrawn
		var started, ended, at int64
		if err := rows.Scan(&w.Day, &w.Number, &started, &w.StartedBy, &ended, &at, &w.As, &w.Frozen); err != nil {
			return nil, err
		}
		w.StartedAt, w.EndedAt, w.WithdrawnAt = moment(started), moment(ended), moment(at)
		out = append(out, w)
	}
	return out, rows.Err()
}

// Calls gives the calls, newest first, without what they showed.
func (s *Store) Calls(ctx context.Context) ([]call.Record, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT day, started_at, started_by, ended_at FROM call ORDER BY day DESC`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []call.Record
	for rows.Next() {
		var r call.Record
		var started, ended int64
		if err := rows.Scan(&r.Day, &started, &r.StartedBy, &ended); err != nil {
			return nil, err
		}
		r.StartedAt, r.EndedAt = moment(started), moment(ended)
		out = append(out, r)
	}
	return out, rows.Err()
}

// Call gives the call of a day with what it showed, or a problem of kind
// NotFound.
func (s *Store) Call(ctx context.Context, day delay.Day) (call.Record, error) {
	r, err := s.call(ctx, `day = ?`, day)
	if errors.Is(err, sql.ErrNoRows) {
		return r, problem.New(problem.NotFound, "There was no call on %s. Choose one from the page of the calls.", day.Long())
	}
	return r, err
}

// CallBefore gives the latest call before the day; ok is false when there is
// none.
func (s *Store) CallBefore(ctx context.Context, day delay.Day) (r call.Record, ok bool, err error) {
	r, err = s.call(ctx, `day = (SELECT max(day) FROM call WHERE day < ?)`, day)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

func (s *Store) call(ctx context.Context, condition string, arg any) (call.Record, error) {
	var r call.Record
	var started, ended int64
	err := s.read.QueryRowContext(ctx, `
		SELECT day, started_at, started_by, ended_at, frozen
		FROM call
		WHERE `+condition, arg).Scan(&r.Day, &started, &r.StartedBy, &ended, &r.Frozen)
	r.StartedAt, r.EndedAt = moment(started), moment(ended)
	return r, err
}

// AddCallAction keeps an action said on the call a.Call, and gives its number.
// Its words have been checked by the caller.
func (s *Store) AddCallAction(ctx context.Context, a call.Action) (int64, error) {
	if _, err := s.Call(ctx, a.Call); err != nil {
		return 0, err
	}
	done, err := s.write.ExecContext(ctx, `
		INSERT INTO call_action (what, owner_org, due, call_day, made_at, made_by, done_day, done_at, done_by, carried_day)
		VALUES (?, ?, ?, ?, ?, ?, 0, 0, '', 0)`, a.What, a.Owner, a.Due, a.Call, a.At.UnixMicro(), a.By)
	if err != nil {
		return 0, busy(err)
	}
	return done.LastInsertId()
}

// SettleCallAction notes on the call of the day that an open action of that
// call or an earlier one is done, or is carried over to the next. It gives a
// problem of kind Conflict when the action is not open.
func (s *Store) SettleCallAction(ctx context.Context, id int64, day delay.Day, state call.State, at time.Time, by string) error {
	query, args := `
		UPDATE call_action
		SET carried_day = ?1
		WHERE call_action_id = ?2 AND done_day = 0 AND withdrawn_day = 0 AND call_day <= ?1`, []any{day, id}
	if state == call.Done {
		query, args = `
			UPDATE call_action
			SET done_day = ?1, done_at = ?3, done_by = ?4
			WHERE call_action_id = ?2 AND done_day = 0 AND withdrawn_day = 0 AND call_day <= ?1`, []any{day, id, at.UnixMicro(), by}
	}
	done, err := s.write.ExecContext(ctx, query, args...)
	if err != nil {
		return busy(err)
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return notOpen()
}

// ChangeCallAction puts the words, the owner and the date of an action right on
// the call of the day, and keeps what they were. Its words have been checked by
// the caller. It gives a problem of kind Conflict when that call is over or the
// action is not open.
func (s *Store) ChangeCallAction(ctx context.Context, by people.Actor, day delay.Day, a call.Action) error {
	return s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		was, err := r.openCallAction(a.ID, day)
		if err != nil || (was.What == a.What && was.Owner == a.Owner && was.Due == a.Due) {
			return err
		}
		if _, err := r.ExecContext(ctx, `
			INSERT INTO call_action_change (call_action_id, what, owner_org, due, changed_day, changed_at, changed_by)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, a.ID, was.What, was.Owner, was.Due, day, r.at.UnixMicro(), by.Who()); err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `UPDATE call_action SET what = ?, owner_org = ?, due = ? WHERE call_action_id = ?`,
			a.What, a.Owner, a.Due, a.ID); err != nil {
			return err
		}
		return r.record(entry(by, audit.ActionChanged, actionName(a.ID, day), actionWords(was), actionWords(a)))
	})
}

// WithdrawCallAction takes an action back on the call of the day, and keeps it
// with the reason. It gives a problem of kind Conflict when that call is over or
// the action is not open.
func (s *Store) WithdrawCallAction(ctx context.Context, by people.Actor, day delay.Day, id int64, why string) error {
	return s.recorded(ctx, func(r *recording) error {
		was, err := r.openCallAction(id, day)
		if err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, `
			UPDATE call_action
			SET withdrawn_day = ?, withdrawn_at = ?, withdrawn_by = ?, withdrawn_as = ?, withdrawn_why = ?
			WHERE call_action_id = ?`, day, r.at.UnixMicro(), by.Who(), by.As(), why, id); err != nil {
			return err
		}
		return r.record(entry(by, audit.ActionWithdrawn, actionName(id, day), actionWords(was), "withdrawn: "+why))
	})
}

func actionName(id int64, day delay.Day) string {
	return fmt.Sprintf("action %d on the call of %s", id, day)
}

func actionWords(a call.Action) string { return a.What + ", " + a.Owner + ", due " + a.Due.String() }

// openCallAction gives an action that is open on the call of the day while that
// call goes on: it has not ended, and no later one has taken its actions over.
func (r *recording) openCallAction(id int64, day delay.Day) (call.Action, error) {
	a := call.Action{ID: id}
	var over bool
	err := r.QueryRowContext(r.ctx, `SELECT ended_at <> 0 OR EXISTS (SELECT 1 FROM call WHERE day > ?1) FROM call WHERE day = ?1`, day).
		Scan(&over)
	if errors.Is(err, sql.ErrNoRows) {
		return a, problem.New(problem.NotFound, "There was no call on %s. Choose one from the page of the calls.", day.Long())
	}
	if err != nil {
		return a, err
	}
	if over {
		return a, problem.New(problem.Conflict, "The call of %s is over, so its actions stay as they are. What is still open stands on the next "+
			"call, and can be changed or withdrawn there.", day.Long())
	}
	err = r.QueryRowContext(r.ctx, `
		SELECT what, owner_org, due
		FROM call_action
		WHERE call_action_id = ? AND call_day <= ? AND done_day = 0 AND withdrawn_day = 0`, id, day).Scan(&a.What, &a.Owner, &a.Due)
	if errors.Is(err, sql.ErrNoRows) {
		err = notOpen()
	}
	return a, err
}

func notOpen() error {
	return problem.New(problem.Conflict, "This action is not open any more. Check the latest list and try again.")
}

// CallActions gives the actions that stand on the call of the day: those said
// on it, and those of earlier calls that were open when it started. Those of
// earlier calls come first, by the date that they are due.
func (s *Store) CallActions(ctx context.Context, day delay.Day) ([]call.Action, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT call_action_id, what, owner_org, due, call_day, made_at, made_by, done_day, carried_day,
			coalesce((SELECT max(changed_day) FROM call_action_change c WHERE c.call_action_id = a.call_action_id), 0),
			withdrawn_day, withdrawn_at, withdrawn_as, withdrawn_why
		FROM call_action a
		WHERE call_day <= ?1 AND (done_day = 0 OR done_day >= ?1) AND (withdrawn_day = 0 OR withdrawn_day >= ?1)
		ORDER BY call_day = ?1, due, call_action_id`, day)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []call.Action
	for rows.Next() {
		var a call.Action
		var at, withdrawn int64
		if err := rows.Scan(&a.ID, &a.What, &a.Owner, &a.Due, &a.Call, &at, &a.By, &a.Done, &a.Carried, &a.Changed, &a.Withdrawn, &withdrawn,
			&a.As, &a.Why); err != nil {
			return nil, err
		}
		a.At, a.WithdrawnAt = moment(at), moment(withdrawn)
		out = append(out, a)
	}
	return out, rows.Err()
}

// Turn gives the slide that the walls of the call of the day are to show; the
// zero Turn says that nobody has turned one.
func (s *Store) Turn(ctx context.Context, day delay.Day) (call.Turn, error) {
	var t call.Turn
	err := s.read.QueryRowContext(ctx, `SELECT turn, slide, theme FROM call_turn WHERE day = ?`, day).Scan(&t.Number, &t.Slide, &t.Theme)
	if errors.Is(err, sql.ErrNoRows) {
		return call.Turn{}, nil
	}
	return t, err
}

// TurnTo has the walls of the call of the day show a slide, or a theme, and
// leaves what is empty as it is. The last one stands. It gives a problem of kind
// NotFound when the day has no call.
func (s *Store) TurnTo(ctx context.Context, day delay.Day, slide int, theme string) error {
	done, err := s.write.ExecContext(ctx, `
		INSERT INTO call_turn (day, turn, slide, theme)
		SELECT day, 1, max(?2, 1), ?3
		FROM call
		WHERE day = ?1
		ON CONFLICT DO UPDATE SET turn = turn + 1, slide = iif(?2 = 0, slide, ?2), theme = iif(?3 = '', theme, ?3)`, day, slide, theme)
	if err != nil {
		return busy(err)
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return problem.New(problem.NotFound, "There is no call today. The remote works once the presenter has started it.")
}

// Checked gives the people delayed at a provider on the day of whom the log has
// an entry that was not taken back, made after since and not after until.
func (s *Store) Checked(ctx context.Context, provider string, day delay.Day, since, until time.Time) (int64, error) {
	var n int64
	err := s.read.QueryRowContext(ctx, `
		SELECT count(DISTINCT d.patient_id)
		FROM delay d
		JOIN segment t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first AND ?1 BETWEEN t.first_day AND t.last_day
		WHERE d.provider_id = (SELECT provider_id FROM provider WHERE code = ?2) AND d.listed_last >= ?1
			AND EXISTS (
				SELECT 1
				FROM log_entry l
				WHERE l.patient_id = d.patient_id AND l.made_at > ?3 AND l.made_at <= ?4 AND l.undoes = 0
					AND NOT EXISTS (SELECT 1 FROM log_entry u WHERE u.patient_id = l.patient_id AND u.undoes = l.entry_id))`,
		day, provider, since.UnixMicro(), until.UnixMicro()).Scan(&n)
	return n, err
}

// LogUsed says whether anything was logged after since and not after until.
func (s *Store) LogUsed(ctx context.Context, since, until time.Time) (bool, error) {
	var used bool
	err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM log_entry WHERE made_at > ? AND made_at <= ?)`,
		since.UnixMicro(), until.UnixMicro()).Scan(&used)
	return used, err
}

// LongestWaits gives the longest waits of the people delayed at the providers
// on their days, longest first, at most limit, by reference.
func (s *Store) LongestWaits(ctx context.Context, at map[string]delay.Day, limit int) ([]call.Wait, error) {
	var out []call.Wait
	for code, day := range at {
		err := func() error {
			rows, err := s.read.QueryContext(ctx, `
				SELECT p.reference, ?1 - d.first_day + 1, t.reason, t.body,
					coalesce((SELECT min(a.due) FROM action a WHERE a.patient_id = d.patient_id AND a.state = 'open'), 0)
				FROM delay d
				JOIN segment t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first AND ?1 BETWEEN t.first_day AND t.last_day
				JOIN patient p ON p.patient_id = d.patient_id
				WHERE d.provider_id = (SELECT provider_id FROM provider WHERE code = ?2)
					AND d.listed_last >= ?1 AND d.first_day BETWEEN 1 AND ?1
				ORDER BY d.first_day, p.reference
				LIMIT ?3`, day, code, limit)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				w := call.Wait{Provider: code}
				if err := rows.Scan(&w.Reference, &w.Days, &w.Reason, &w.Body, &w.Due); err != nil {
					return err
				}
				out = append(out, w)
			}
			return rows.Err()
		}()
		if err != nil {
			return nil, fmt.Errorf("longest waits: %w", err)
		}
	}
	slices.SortFunc(out, func(a, b call.Wait) int {
		return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Reference, b.Reference))
	})
	return out[:min(limit, len(out))], nil
}

// PathwayFlow gives the events that changed the count of people delayed from
// from to to, and that count on the day before, by where the log says that the
// people are going, and where it does not, the lists of their hospital. What was
// said of an earlier or later wait is not about this one, and what was undone or
// withdrawn was not said.
func (s *Store) PathwayFlow(ctx context.Context, from, to delay.Day) (call.PathwayFlow, error) {
	out := call.PathwayFlow{Start: map[string]int64{}}
	listed, err := s.listedPathways(ctx, from)
	if err != nil {
		return out, fmt.Errorf("flow by pathway: %w", err)
	}
	ready := 1
	if s.settings.Delay.Convention.CountReady {
		ready = 0
	}
	// The kinds are those of Events.
	args := []any{listedEarly(measure.Query{From: from, To: to}), to, logbook.Withdrawn, logbook.Undone, logbook.Withdrawn,
		measure.Resumed, ready, measure.AlreadyWaiting, measure.Began, from, to,
		measure.Paused, delay.Open, measure.Ended, measure.Paused, measure.NoLongerListed, from - 1, to - 1, from - 1}
	rows, err := s.read.QueryContext(ctx, `
		WITH s AS (
			SELECT t.patient_id, t.first_day, t.last_day, d.ready_date, d.end_kind, d.listed_last, d.provider_id,
				lag(t.last_day) OVER w AS was_last, lead(t.first_day) OVER w AS next_first
			FROM delay d
			JOIN segment t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first
			WHERE d.listed_last >= ? AND d.first_day BETWEEN 1 AND ? AND d.provider_id IN (SELECT provider_id FROM provider)
			WINDOW w AS (PARTITION BY t.patient_id, t.listed_first ORDER BY t.first_day)
		), p AS MATERIALIZED (
			SELECT s.*, coalesce((
				SELECT l.destination
				FROM log_entry l
				WHERE l.patient_id = s.patient_id AND l.destination <> '' AND l.kind NOT IN (?, ?) AND l.made_on >= s.ready_date
					AND l.made_on < coalesce((SELECT min(n.ready_date) FROM delay n WHERE n.patient_id = s.patient_id AND n.ready_date > s.ready_date), `+
		`l.made_on + 1)
					AND NOT EXISTS (SELECT 1 FROM log_entry u WHERE u.patient_id = l.patient_id AND u.undoes = l.entry_id)
					AND NOT EXISTS (
						SELECT 1
						FROM log_entry x
						WHERE x.patient_id = l.patient_id AND x.entry_id > l.entry_id AND x.kind = ?
							AND NOT EXISTS (SELECT 1 FROM log_entry u WHERE u.patient_id = x.patient_id AND u.undoes = x.entry_id))
				ORDER BY l.entry_id DESC
				LIMIT 1), '') AS pathway
			FROM s)
		SELECT first_day,
			CASE
				WHEN was_last IS NOT NULL THEN ?
				WHEN ready_date + ? < first_day AND first_day = (
					SELECT min(extract_date) FROM standing c WHERE c.provider_id = p.provider_id AND c.counted_extract <> 0
				) THEN ?
				ELSE ?
			END, pathway, patient_id, provider_id, ready_date
		FROM p
		WHERE (was_last IS NULL OR was_last < first_day - 1) AND first_day BETWEEN ? AND ?
		UNION ALL
		SELECT last_day + 1,
			CASE
				WHEN next_first IS NOT NULL THEN ?
				WHEN end_kind <> ? THEN ?
				WHEN listed_last > last_day THEN ?
				ELSE ?
			END, pathway, patient_id, provider_id, ready_date
		FROM p
		WHERE (next_first IS NULL OR next_first > last_day + 1) AND last_day BETWEEN ? AND ?
		UNION ALL
		SELECT 0, 0, pathway, patient_id, provider_id, ready_date
		FROM p
		WHERE ? BETWEEN first_day AND last_day
		ORDER BY 1, 2`, args...)
	if err != nil {
		return out, fmt.Errorf("flow by pathway: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e := call.PathwayEvent{People: 1}
		var of pathwayOf
		if err := rows.Scan(&e.Day, &e.Kind, &e.Pathway, &of.person, &of.provider, &of.ready); err != nil {
			return out, err
		}
		if e.Pathway == "" {
			e.Pathway = listed[of]
		}
		if e.Day == 0 {
			out.Start[e.Pathway]++
			continue
		}
		out.Events = append(out.Events, e)
	}
	if err := rows.Err(); err != nil {
		return out, err
	}
	out.Events = sumPathways(out.Events)
	return out, nil
}

// sumPathways adds up events of one day, kind and pathway, in that order.
func sumPathways(events []call.PathwayEvent) []call.PathwayEvent {
	slices.SortFunc(events, func(a, b call.PathwayEvent) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Pathway, b.Pathway))
	})
	var out []call.PathwayEvent
	for _, e := range events {
		if n := len(out); n > 0 && out[n-1].Day == e.Day && out[n-1].Kind == e.Kind && out[n-1].Pathway == e.Pathway {
			out[n-1].People += e.People
			continue
		}
		out = append(out, e)
	}
	return out
}

// pathwayOf is a wait, of which a list states a pathway.
type pathwayOf struct {
	person, provider int64
	ready            delay.Day
}

// listedPathways gives the pathway that the lists that count stated last of each
// wait that goes on from the day before from: lists older than the longest time
// that somebody may be left out (C7) say nothing newer of it.
func (s *Store) listedPathways(ctx context.Context, from delay.Day) (map[pathwayOf]string, error) {
	out, person := map[pathwayOf]string{}, map[int64]int64{}
	err := eachRow(ctx, s.read, `SELECT patient_id, person_id FROM patient WHERE EXISTS (SELECT 1 FROM stay)`, func(rows *sql.Rows) error {
		var patient, is int64
		err := rows.Scan(&patient, &is)
		person[patient] = is
		return err
	})
	if err != nil || len(person) == 0 {
		return out, err
	}
	err = eachRow(ctx, s.read, `
		SELECT e.provider_id, e.extract_date, y.rows
		FROM stay y
		JOIN extract e ON e.extract_id = y.extract_id
		JOIN standing d ON d.counted_extract = e.extract_id AND d.provider_id = e.provider_id AND d.extract_date = e.extract_date
			AND d.sender_id = e.sender_id
		WHERE e.extract_date >= ?
		ORDER BY e.provider_id, e.extract_date, e.sender_id`, func(rows *sql.Rows) error {
		var provider int64
		var on delay.Day
		var packed []byte
		if err := rows.Scan(&provider, &on, &packed); err != nil {
			return err
		}
		stays, err := decodeStays(on, packed)
		for _, r := range stays {
			if r.pathway != "" && r.ready != 0 {
				out[pathwayOf{person[r.patient], provider, r.ready}] = r.pathway
			}
		}
		return err
	}, from-1-delay.Day(s.settings.Delay.OmittedLimit))
	return out, err
}

// Pending gives the parts of waits that are not settled and have days from from
// to to, by their standing.
func (s *Store) Pending(ctx context.Context, from, to delay.Day) ([]call.Pending, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT state, body <> 0, next_side, level, count(*), sum(days), min(nullif(since, 0))
		FROM (
			SELECT t.state, t.body, t.next_side, t.level, min(t.last_day, ?2) - max(t.first_day, ?1) + 1 AS days, `+sinceColumn+` AS since
			FROM segment t
			WHERE t.state IN (0, 2, 4) AND t.first_day <= ?2 AND t.last_day >= ?1)
		GROUP BY 1, 2, 3, 4
		ORDER BY 1, 2, 3, 4`, from, to)
	if err != nil {
		return nil, fmt.Errorf("what is not settled: %w", err)
	}
	defer rows.Close()
	var out []call.Pending
	for rows.Next() {
		var p call.Pending
		var oldest sql.NullInt64
		if err := rows.Scan(&p.State, &p.Attributed, &p.Next, &p.Level, &p.Waits, &p.Days, &oldest); err != nil {
			return nil, err
		}
		p.Oldest = moment(oldest.Int64)
		out = append(out, p)
	}
	return out, rows.Err()
}

// ArrivedSince gives what came in after a moment and speaks of days up to those
// given for each provider.
func (s *Store) ArrivedSince(ctx context.Context, after time.Time, days map[string]delay.Day) (call.Arrived, error) {
	a := call.Arrived{Late: map[string][]delay.Day{}, Corrected: map[string][]delay.Day{}}
	at := after.UnixMicro()
	rows, err := s.read.QueryContext(ctx, `
		SELECT v.code, e.extract_date, EXISTS (
			SELECT 1
			FROM extract b
			JOIN file bf ON bf.file_id = b.file_id
			WHERE b.sender_id = e.sender_id AND b.extract_date = e.extract_date AND bf.received_at <= ?1)
		FROM extract e
		JOIN file f ON f.file_id = e.file_id
		JOIN provider v ON v.provider_id = e.provider_id
		WHERE f.received_at > ?1 AND `+lastWord+` <> 1
		GROUP BY v.code, e.extract_date
		ORDER BY v.code, e.extract_date`, at)
	if err != nil {
		return a, err
	}
	defer rows.Close()
	for rows.Next() {
		var code string
		var day delay.Day
		var again bool
		if err := rows.Scan(&code, &day, &again); err != nil {
			return a, err
		}
		switch last, shown := days[code]; {
		case !shown:
		case day > last:
			a.Later++
		case again:
			a.Corrected[code] = append(a.Corrected[code], day)
		default:
			a.Late[code] = append(a.Late[code], day)
		}
	}
	if err := rows.Err(); err != nil {
		return a, err
	}
	latest := delay.Day(0)
	for _, d := range days {
		latest = max(latest, d)
	}
	for _, one := range []struct {
		into  *int
		query string
	}{
		{&a.Accepted, `SELECT count(*) FROM acceptance JOIN extract USING (extract_id)
			WHERE discarded = 0 AND accepted_at > ?1 AND extract_date <= ?2`},
		{&a.Logged, `SELECT count(*) FROM log_entry WHERE made_at > ?1 AND day <= ?2 AND kind <> 2`},
		{&a.Answered, `SELECT count(*) FROM agreement_event WHERE made_at > ?1 AND first_day <= ?2 AND act IN (1, 6, 7, 8)`},
		{&a.Disputed, `SELECT count(*) FROM agreement_event WHERE made_at > ?1 AND first_day <= ?2 AND act = 2`},
	} {
		if err := s.read.QueryRowContext(ctx, one.query, at, latest).Scan(one.into); err != nil {
			return a, err
		}
	}
	return a, nil
}
