package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"homeward/internal/attribution"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// Case gives one patient's delays, log, answers and actions as far as the scope
// reaches, without identifiers (P1). The error is a NotFound problem when the
// scope holds no such patient.
func (s *Store) Case(ctx context.Context, scope people.Scope, reference string) (*casework.Case, error) {
	// One read transaction, so that the parts and the version are of one moment.
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	_, patient, provider, err := s.patientIn(ctx, tx, scope, reference, "")
	if err != nil {
		return nil, err
	}
	c := &casework.Case{Patient: patient}
	if err := tx.QueryRowContext(ctx, `SELECT reference FROM patient WHERE patient_id = ?`, patient).Scan(&c.Reference); err != nil {
		return nil, err
	}
	if c.Version, err = version(ctx, tx, scope, patient); err != nil {
		return nil, err
	}
	if err := tx.QueryRowContext(ctx, `
		SELECT v.code, coalesce((SELECT max(extract_date) FROM standing s WHERE s.provider_id = v.provider_id AND s.counted_extract <> 0), 0)
		FROM provider v
		WHERE v.provider_id = ?`, provider).Scan(&c.Provider, &c.LatestExtract); err != nil {
		return nil, err
	}
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM presence WHERE patient_id IN (SELECT patient_id FROM patient WHERE `+
		`person_id = ?) AND last_date = ?)`, patient, c.LatestExtract).Scan(&c.InExtract); err != nil {
		return nil, err
	}
	r := caseReader{ctx: ctx, tx: tx, scope: scope, patient: patient, provider: provider}
	if r.amended, err = amendments(ctx, tx); err != nil {
		return nil, err
	}
	if r.view, err = viewOf(ctx, tx, scope, patient); err != nil {
		return nil, err
	}
	for _, step := range []func(*casework.Case) error{r.delays, r.segments, r.stretches, r.findings, r.log, r.events, r.actions} {
		if err := step(c); err != nil {
			return nil, err
		}
	}
	if n := len(c.Delays); n > 0 && !r.view.whole {
		// Whether the latest extract lists a person is of the present, which is
		// another's once the person has moved.
		c.Moved = c.Delays[n-1].Moved || !r.view.pieces[len(r.view.pieces)-1].own
		c.InExtract = c.InExtract && !c.Moved
	}
	if !c.Moved {
		if c.Stated, err = r.stated(c.LatestExtract); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Periods gives the numbers that the periods of people have in their cases, as far
// as the scope reaches, in one query whatever the number of people. A reference
// that the scope does not reach, or that two people have, has none.
func (s *Store) Periods(ctx context.Context, scope people.Scope, references []string) (casework.Periods, error) {
	var w where
	w.scoped(scope, "t.provider_id", "t.council")
	in(&w, "named.reference", references, func(r string) any { return r })
	if len(references) == 0 {
		w.add("0")
	}
	out, whose := casework.Periods{}, map[string]int64{}
	err := eachRow(ctx, s.read, `
		SELECT named.reference, named.person_id, t.first_day,
			row_number() OVER (PARTITION BY named.patient_id ORDER BY t.listed_first, t.first_day)
		FROM patient named
		JOIN segment t ON t.patient_id = named.person_id
		WHERE `+w.String(), func(rows *sql.Rows) error {
		var reference string
		var person int64
		var first delay.Day
		var number int
		if err := rows.Scan(&reference, &person, &first, &number); err != nil {
			return err
		}
		switch of, known := whose[reference]; {
		case !known:
			whose[reference], out[reference] = person, map[delay.Day]int{}
		case of != person:
			out[reference] = nil // Nobody guesses whose it is.
		}
		if out[reference] != nil {
			out[reference][first] = number
		}
		return nil
	}, w.args...)
	if err != nil {
		return nil, fmt.Errorf("the periods of people: %w", err)
	}
	return out, nil
}

// caseReader reads the parts of one case.
type caseReader struct {
	ctx               context.Context
	tx                *sql.Tx
	scope             people.Scope
	patient, provider int64
	view              view
	amended           attribution.Amendments
}

func (r caseReader) each(query string, args []any, f func(*sql.Rows) error) error {
	rows, err := r.tx.QueryContext(r.ctx, query, args...)
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

// council narrows to the scope's councils: a council's people do not see what
// is another council's.
func (r caseReader) council(column string) (condition string, args []any) {
	if len(r.scope.Councils()) == 0 {
		return "1", nil
	}
	var w where
	in(&w, column, r.scope.Councils(), func(c string) any { return c })
	return w.String(), w.args
}

func (r caseReader) delays(c *casework.Case) error {
	err := r.each(`
		SELECT d.listed_first, d.listed_last, d.ready_date, d.end_date, d.end_kind, d.first_day, d.last_day, st.admitted_date, pl.site, `+
		`pl.ward, `+
		`pl.bed,
			`+givenColumns+`
		FROM delay d
		JOIN statement st ON st.statement_id = d.statement_id
		JOIN given g ON g.given_id = st.given_id
		JOIN place pl ON pl.place_id = st.place_id
		WHERE d.patient_id = ?
		ORDER BY d.listed_first`, []any{r.patient}, func(rows *sql.Rows) error {
		var d casework.Delay
		err := rows.Scan(append([]any{&d.Listed, &d.ListedLast, &d.Ready, &d.End, &d.EndKind, &d.FirstDay, &d.LastDay, &d.Admitted, &d.Site,
			&d.Ward, &d.Bed},
			scanGiven(&d.Given, &d.Outcome)...)...)
		d.Outcome = amendedOutcome(r.amended, d.Given, d.Outcome, d.ListedLast)
		if _, last, _ := r.view.of(d.Listed); r.view.whole || last != nil {
			c.Delays = append(c.Delays, d)
		}
		return err
	})
	if err != nil || r.view.whole {
		return err
	}
	for i := range c.Delays {
		if err := r.narrow(&c.Delays[i]); err != nil {
			return err
		}
	}
	return nil
}

// narrow leaves of a delay what is the scope's own.
func (r caseReader) narrow(d *casework.Delay) error {
	first, last, moved := r.view.of(d.Listed)
	if last.last == 0 {
		return nil // No day counts yet: it is all of one piece.
	}
	if d.FirstDay != 0 && first.listed == d.Listed {
		d.FirstDay, d.LastDay = max(d.FirstDay, first.first), min(d.LastDay, last.last)
	}
	if !moved {
		return nil
	}
	d.Moved, d.ListedLast, d.End, d.EndKind = true, min(d.ListedLast, last.last), last.last+1, delay.Inferred
	err := r.tx.QueryRowContext(r.ctx, `
		SELECT st.admitted_date, pl.site, pl.ward, pl.bed, `+givenColumns+`
		FROM statement st
		JOIN given g ON g.given_id = st.given_id
		JOIN place pl ON pl.place_id = st.place_id
		WHERE st.statement_id = ?`, last.statement).Scan(append([]any{&d.Admitted, &d.Site, &d.Ward, &d.Bed},
		scanGiven(&d.Given, &d.Outcome)...)...)
	d.Outcome = amendedOutcome(r.amended, d.Given, d.Outcome, last.last)
	return err
}

// delayOf gives the delay that was first listed on the day.
func delayOf(c *casework.Case, listed delay.Day) *casework.Delay {
	for i := range c.Delays {
		if c.Delays[i].Listed == listed {
			return &c.Delays[i]
		}
	}
	return nil
}

// sinceColumn is since when segment t stands as it does, in Unix microseconds:
// the answer that brought it there, else the receipt of the extract that first
// lists it, else the log's first entry. An extract that was read again was
// received when it came first, but for segments that began otherwise by it; and a
// segment that a change of the rules made stands since that was agreed.
const sinceColumn = `coalesce(
			(SELECT made_at FROM agreement_event a WHERE a.event_id = t.event_id),
			(SELECT max(ra.made_at)
				FROM rule_began rb
				JOIN rule_answer ra ON ra.change_id = rb.change_id
				WHERE rb.patient_id = t.patient_id AND rb.first_day = t.first_day),
			(SELECT coalesce(
					(SELECT max(cf.received_at)
						FROM reading_change c
						JOIN reading cq ON cq.file_id = c.file_id
						JOIN file cf ON cf.file_id = c.file_id
						JOIN reading q ON q.file_id = f.file_id
						WHERE c.patient_id = t.patient_id AND c.first_day = t.first_day AND cq.first_file = q.first_file),
					` + firstReceived + `)
				FROM standing s
				JOIN extract e ON e.extract_id = s.counted_extract
				JOIN file f ON f.file_id = e.file_id
				WHERE s.provider_id = t.provider_id AND s.extract_date >= max(t.first_day, t.listed_first) AND s.counted_extract <> 0
				ORDER BY s.extract_date, s.sender_id = (SELECT p.sender_id FROM patient p WHERE p.patient_id = t.patient_id) DESC
				LIMIT 1),
			(SELECT min(made_at) FROM log_entry l WHERE l.patient_id = t.patient_id AND l.day <= t.last_day),
			0)`

func (r caseReader) segments(c *casework.Case) error {
	condition, args := r.council("t.council")
	return r.each(`
		SELECT t.listed_first, `+sinceColumn+`, `+segmentColumns+`
		FROM segment t
		WHERE t.patient_id = ? AND `+condition+`
		ORDER BY t.first_day`, append([]any{r.patient}, args...), func(rows *sql.Rows) error {
		var listed delay.Day
		var since int64
		var s Segment
		if err := rows.Scan(append([]any{&listed, &since}, s.scan()...)...); err != nil {
			return err
		}
		if d := delayOf(c, listed); d != nil {
			d.Segments = append(d.Segments, casework.Segment{Segment: s.Segment, Standing: s.Standing, Since: moment(since)})
		}
		return nil
	})
}

func (r caseReader) stretches(c *casework.Case) error {
	condition, args := r.council("g.council")
	err := r.each(`
		SELECT t.listed_first, t.first_day, t.last_day, t.mark, t.entry_id, `+givenColumns+`
		FROM stretch t
		JOIN statement st ON st.statement_id = t.statement_id
		JOIN given g ON g.given_id = st.given_id
		WHERE t.patient_id = ? AND `+condition+`
		ORDER BY t.first_day`, append([]any{r.patient}, args...), func(rows *sql.Rows) error {
		var listed delay.Day
		var st casework.Stretch
		if err := rows.Scan(append([]any{&listed, &st.First, &st.Last, &st.Mark, &st.Entry}, scanGiven(&st.Given, &st.Outcome)...)...); err !=
			nil {
			return err
		}
		d := delayOf(c, listed)
		if d == nil {
			return nil
		}
		// A stretch on which a change of the rules begins is decided in parts.
		was := st.Outcome
		begins := r.amended.Begins(st.Given.Reason, st.First, st.Last)
		for _, until := range append(begins, st.Last+1) {
			part := st
			part.Last = until - 1
			part.Outcome = amendedOutcome(r.amended, st.Given, was, attribution.ListingDay(st.Mark, listed, part.First))
			d.Stretches = append(d.Stretches, part)
			st.First = until
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range c.Delays {
		for j := range c.Delays[i].Stretches {
			if err := r.line(&c.Delays[i].Stretches[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// line finds the file and the line that list the patient on a stretch's first
// day.
func (r caseReader) line(st *casework.Stretch) error {
	if st.Mark != delay.Listed {
		return nil
	}
	var name string
	var blob []byte
	err := r.tx.QueryRowContext(r.ctx, `
		SELECT f.name, e.listed
		FROM standing s
		JOIN extract e ON e.extract_id = s.counted_extract
		JOIN file f ON f.file_id = e.file_id
		WHERE s.provider_id = ?1 AND s.extract_date = ?2
		ORDER BY s.sender_id = ( -- of two codes of the provider, whose row it is
			SELECT p.sender_id
			FROM stretch t
			JOIN statement q ON q.statement_id = t.statement_id
			JOIN patient p ON p.patient_id = q.patient_id
			WHERE t.patient_id = ?3 AND t.first_day = ?2) DESC, s.sender_id
		LIMIT 1`, r.provider, st.First, r.patient).Scan(&name, &blob)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // The log alone is evidence.
	}
	if err != nil {
		return err
	}
	statements := map[int64]bool{}
	if err := r.each(`
		SELECT statement_id
		FROM presence
		WHERE patient_id IN (SELECT patient_id FROM patient WHERE person_id = ?) AND ? BETWEEN first_date AND last_date`,
		[]any{r.patient, st.First}, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			statements[id] = true
			return err
		}); err != nil {
		return err
	}
	rows, err := decodeListed(blob)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if statements[row.statement] {
			st.File, st.Line = name, int(row.line)
		}
	}
	return nil
}

// givenColumns are the columns of a given g, in the order of scanGiven.
const givenColumns = `g.reason_words, g.care_words, g.council_words, g.responsible_words, g.waiting_on_words, g.funding_words,
			g.reason, g.care, g.council, g.stated, g.stated_unread, g.waiting_on, g.funding,
			g.body, g.rule, g.rule_set, g.rule_version, g.why, g.finding`

func scanGiven(g *attribution.Given, o *attribution.Outcome) []any {
	w := &g.Words
	return []any{&w.Reason, &w.Care, &w.Council, &w.Responsible, &w.WaitingOn, &w.Funding,
		&g.Reason, &g.Care, &g.Council, &g.Stated, &g.StatedUnread, &g.WaitingOn, &g.Funding,
		&o.Body, &o.Rule, &o.RuleSet, &o.Version, &o.Why, &o.Finding}
}

func (r caseReader) findings(c *casework.Case) error {
	return r.each(`SELECT listed_first, rule, day, words FROM finding WHERE patient_id = ? ORDER BY day`, []any{r.patient},
		func(rows *sql.Rows) error {
			var listed delay.Day
			var f delay.Finding
			if err := rows.Scan(&listed, &f.Rule, &f.Day, &f.Words); err != nil {
				return err
			}
			if d := delayOf(c, listed); d != nil && r.view.holds(f.Day) {
				d.Findings = append(d.Findings, f)
			}
			return nil
		})
}

func (r caseReader) log(c *casework.Case) error {
	condition, args := r.council("g.council")
	err := r.each(`
		SELECT l.entry_id, l.kind, l.made_on, l.day, l.until_day, l.statement_id, l.undoes, l.made_at, l.made_role, l.uncertain,
			l.destination, l.how, l.reason, l.together, l.checked_at,
			(SELECT count(*) FROM log_entry x WHERE x.together = l.together AND x.together <> 0), `+
		coalesced(givenColumns)+`
		FROM log_entry l
		LEFT JOIN statement st ON st.statement_id = l.statement_id
		LEFT JOIN given g ON g.given_id = st.given_id
		WHERE l.patient_id = ? AND (l.statement_id = 0 OR g.council = '' OR `+condition+`)
		ORDER BY l.entry_id`, append([]any{r.patient}, args...), func(rows *sql.Rows) error {
		var l casework.LogLine
		var at, checked int64
		var g attribution.Given
		var o attribution.Outcome
		if err := rows.Scan(append([]any{&l.ID, &l.Kind, &l.Made, &l.Day, &l.Until, &l.Statement, &l.Undoes, &at, &l.Role, &l.Uncertain,
			&l.Destination, &l.How, &l.Why, &l.Together, &checked, &l.Others},
			scanGiven(&g, &o)...)...); err != nil {
			return err
		}
		l.At = time.UnixMicro(at)
		if checked != 0 {
			l.CheckedAt = time.UnixMicro(checked)
		}
		if l.Statement != 0 {
			l.Given = &g
		}
		if r.view.holds(l.Day) {
			c.Log = append(c.Log, l)
		}
		return nil
	})
	for i, l := range c.Log {
		for _, later := range c.Log[i+1:] {
			if later.Kind == logbook.Undone && later.Undoes == l.ID {
				c.Log[i].Undone = true
			}
		}
	}
	return err
}

// coalesced gives columns of a LEFT JOIN as texts and numbers that are never
// null.
func coalesced(columns string) string {
	names := strings.Split(columns, ",")
	for i, name := range names {
		names[i] = "coalesce(" + strings.TrimSpace(name) + ", '')"
		for _, number := range []string{"care", "stated", "stated_unread", "waiting_on", "funding", "body"} {
			if strings.TrimSpace(name) == "g."+number {
				names[i] = "coalesce(g." + number + ", 0)"
			}
		}
	}
	return strings.Join(names, ", ")
}

func (r caseReader) events(c *casework.Case) error {
	condition, args := r.council("council")
	return r.each(`
		SELECT event_id, act, side, body, first_day, last_day, cut, reason, council, care, rule_body, made_at, made_role,
			checks, words, example, review_on
		FROM agreement_event
		WHERE patient_id = ? AND `+condition+`
		ORDER BY event_id`, append([]any{r.patient}, args...), func(rows *sql.Rows) error {
		var e casework.EventLine
		var at int64
		s := &e.Segment
		err := rows.Scan(&e.ID, &e.Act, &e.Side, &e.Body, &s.First, &s.Last, &e.Cut, &s.Reason, &s.Council, &s.Care, &s.Body, &at, &e.Role,
			&e.Checks, &e.Words, &e.Example, &e.ReviewOn)
		e.At = time.UnixMicro(at)
		c.Events = append(c.Events, e)
		return err
	})
}

const actionColumns = `action_id, made_at, made_role, what, owner_org, owner_role, due, state, closed_at, closed_why`

func scanAction(rows *sql.Rows, before ...any) (casework.Action, error) {
	var a casework.Action
	var at, closed int64
	err := rows.Scan(append(before, &a.ID, &at, &a.Role, &a.What, &a.OwnerOrg, &a.Owner, &a.Due, &a.State, &closed, &a.ClosedWhy)...)
	a.At = time.UnixMicro(at)
	if closed != 0 {
		a.ClosedAt = time.UnixMicro(closed)
	}
	return a, err
}

func (r caseReader) actions(c *casework.Case) error {
	return r.each(`SELECT `+actionColumns+` FROM action WHERE patient_id = ? ORDER BY state <> 'open', due, action_id`, []any{r.patient},
		func(rows *sql.Rows) error {
			a, err := scanAction(rows)
			if err != nil || r.view.whole {
				c.Actions = append(c.Actions, a)
				return err
			}
			made, err := londonDay(a.At)
			if err != nil || !r.view.holds(made) {
				return err
			}
			if closed, err := londonDay(a.ClosedAt); err != nil || !a.ClosedAt.IsZero() && !r.view.holds(closed) {
				// It was closed after the person moved: it stood open until then.
				a.State, a.ClosedAt, a.ClosedWhy = "open", time.Time{}, ""
			}
			c.Actions = append(c.Actions, a)
			return err
		})
}

// Worklist gives the people who wait at one provider now, longest first, and
// those whom the log holds as waiting and the latest extract does not list.
// day is the provider's latest extract date, or today when it sends none.
func (s *Store) Worklist(ctx context.Context, scope people.Scope, provider string) (rows []casework.WorkRow, day delay.Day, err error) {
	var w where
	w.scoped(scope, "v.provider_id", "''")
	w.add("v.code = ?", provider)
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer done()
	var id int64
	err = tx.QueryRowContext(ctx, `
		SELECT v.provider_id, coalesce((SELECT max(extract_date) FROM standing s WHERE s.provider_id = v.provider_id AND s.counted_extract <> 0),
			(SELECT log_day FROM derived_with), 0)
		FROM provider v
		WHERE `+w.String(), w.args...).Scan(&id, &day)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, problem.New(problem.NotFound, "There is no worklist for this hospital, or it is outside your organisation.")
	}
	if err != nil {
		return nil, 0, err
	}
	l := worklist{ctx: ctx, tx: tx, provider: id, day: day, at: map[int64]int{}}
	if l.amended, err = amendments(ctx, tx); err != nil {
		return nil, 0, err
	}
	if err := errors.Join(l.open(), l.logged(), l.actions()); err != nil {
		return nil, 0, err
	}
	return l.rows, day, nil
}

type worklist struct {
	ctx      context.Context
	tx       *sql.Tx
	provider int64
	day      delay.Day
	rows     []casework.WorkRow
	at       map[int64]int // the row of each patient
	amended  attribution.Amendments
}

func (l *worklist) open() error {
	rows, err := l.tx.QueryContext(l.ctx, `
		SELECT d.patient_id, p.reference, d.listed_first, d.ready_date, pl.site, pl.ward, pl.bed,
			coalesce((SELECT sum(t.last_day - t.first_day + 1) FROM segment t WHERE t.patient_id = d.patient_id AND t.listed_first = `+
		`d.listed_first), 0),
			coalesce(t.reason, g.reason), coalesce(t.body, -1), coalesce(t.council, g.council), coalesce(t.state, 0), `+givenColumns+`
		FROM delay d
		JOIN patient p ON p.patient_id = d.patient_id
		JOIN statement st ON st.statement_id = d.statement_id
		JOIN given g ON g.given_id = st.given_id
		JOIN place pl ON pl.place_id = st.place_id
		LEFT JOIN segment t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first AND t.last_day = d.last_day
		WHERE d.provider_id = ? AND d.listed_last = ? AND d.end_kind = 0
		ORDER BY d.ready_date, p.reference`, l.provider, l.day)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r casework.WorkRow
		var patient, body int64
		var g attribution.Given
		var o attribution.Outcome
		if err := rows.Scan(append([]any{&patient, &r.Reference, &r.Listed, &r.Ready, &r.Site, &r.Ward, &r.Bed, &r.Days, &r.Reason, &body,
			&r.Council, &r.State}, scanGiven(&g, &o)...)...); err != nil {
			return err
		}
		if r.Body = delay.Body(max(body, 0)); body < 0 { // No day counts yet.
			r.Body = amendedOutcome(l.amended, g, o, l.day).Body
		}
		l.at[patient] = len(l.rows)
		l.rows = append(l.rows, r)
	}
	return rows.Err()
}

// discrepancyDays is how long a patient whom the log holds as waiting and no
// extract lists stays on the worklist.
const discrepancyDays = 60

// logged adds what the log says of the people of the list, and those whom only
// the log holds as waiting.
func (l *worklist) logged() error {
	rows, err := l.tx.QueryContext(l.ctx, `
		SELECT l.patient_id, p.reference, l.entry_id, l.kind, l.made_on, l.day, l.until_day, l.statement_id, l.undoes, l.made_at, l.uncertain, `+
		`l.destination, l.together, l.checked_at
		FROM log_entry l
		JOIN patient p ON p.patient_id = l.patient_id
		WHERE l.provider_id = ?
			AND l.patient_id IN (SELECT patient_id FROM log_entry WHERE provider_id = ? AND made_on >= ?
				UNION SELECT patient_id FROM delay WHERE provider_id = ? AND listed_last = ? AND end_kind = 0)
		ORDER BY l.patient_id, l.entry_id`, l.provider, l.provider, l.day-discrepancyDays, l.provider, l.day)
	if err != nil {
		return err
	}
	defer rows.Close()
	type line struct {
		logbook.Entry
		at          time.Time
		uncertain   bool
		destination string
		together    int64
		checked     int64
	}
	lines := map[int64][]line{}
	references := map[int64]string{}
	var order []int64
	for rows.Next() {
		var patient, at int64
		var reference string
		var e line
		if err := rows.Scan(&patient, &reference, &e.ID, &e.Kind, &e.Made, &e.Day, &e.Until, &e.Statement, &e.Undoes, &at, &e.uncertain,
			&e.destination, &e.together, &e.checked); err != nil {
			return err
		}
		e.at = time.UnixMicro(at)
		if lines[patient] == nil {
			order = append(order, patient)
		}
		lines[patient] = append(lines[patient], e)
		references[patient] = reference
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, patient := range order {
		entries := make([]logbook.Entry, len(lines[patient]))
		byID := map[int64]line{}
		for i, e := range lines[patient] {
			entries[i], byID[e.ID] = e.Entry, e
		}
		effective := logbook.Effective(entries)
		at, listed := l.at[patient]
		open := logbook.IsOpen(effective)
		if !listed {
			if !open {
				continue
			}
			at = len(l.rows)
			l.at[patient] = at
			l.rows = append(l.rows, casework.WorkRow{Reference: references[patient],
				Discrepancy: "Logged as waiting, and not in the extract of " + l.day.Long() + ". End the delay, or ask for a new extract."})
		}
		r := &l.rows[at]
		for _, e := range effective {
			// What was said of an earlier delay is not about this one.
			if listed && e.Made < r.Ready || e.OfThePast() {
				continue
			}
			full := byID[e.ID]
			r.Logged, r.Recorded, r.Last, r.Entry = true, full.at, e.Kind, 0
			if full.together == 0 {
				r.Entry = e.ID
			}
			checked := full.at
			if full.checked != 0 {
				checked = time.UnixMicro(full.checked)
			}
			// One that was made without a network may come after a later one.
			if checked.After(r.Checked) {
				r.Checked = checked
			}
			if e.Kind == logbook.Opened || e.Kind == logbook.Resumed {
				r.Uncertain = full.uncertain
				if !listed {
					r.Ready = e.Day
				}
			}
			r.Pathway = cmp.Or(full.destination, r.Pathway)
		}
		r.Paused = r.Logged && logbook.IsPaused(effective)
		if listed && r.Logged && !open && !r.Paused {
			r.Discrepancy = "Logged as ended, and still in the extract of " + l.day.Long() + ". Check whether they have left."
		}
	}
	return nil
}

func (l *worklist) actions() error {
	rows, err := l.tx.QueryContext(l.ctx, `
		SELECT patient_id, `+actionColumns+`
		FROM action
		WHERE state = 'open' AND (SELECT provider_id FROM patient p WHERE p.patient_id = action.patient_id) = ?
		ORDER BY due, action_id`, l.provider)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var patient int64
		a, err := scanAction(rows, &patient)
		if err != nil {
			return err
		}
		if at, ok := l.at[patient]; ok && l.rows[at].Action == nil {
			l.rows[at].Action = &a
		}
	}
	return rows.Err()
}

// Versions gives the version of each reference that the scope reaches, for
// forms that change several at once.
func (s *Store) Versions(ctx context.Context, scope people.Scope, references []string) (map[string]string, error) {
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	out := map[string]string{}
	for _, reference := range references {
		_, patient, _, err := s.patientIn(ctx, tx, scope, reference, "")
		if err != nil {
			return nil, err
		}
		if out[reference], err = version(ctx, tx, scope, patient); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Queue gives the segments of one part of the queue that the scope reaches, as
// the side sees them, oldest first. A segment of a delay counts from its first day.
func (s *Store) Queue(ctx context.Context, scope people.Scope, q casework.QueueQuery) (casework.QueueList, error) {
	var list casework.QueueList
	var w where
	w.scoped(scope, "t.provider_id", "t.council")
	switch q.Which {
	case casework.ForMe:
		w.add("t.state IN (0, 2, 4) AND t.next_side = ?", q.Side)
	case casework.ForOther:
		w.add("t.state IN (0, 2, 4) AND t.next_side = ?", q.Side.Other())
	case casework.InDispute:
		// The first condition is that of the index of what is not settled.
		w.add("t.state IN (0, 2, 4) AND t.state IN (2, 4)")
	case casework.Settled:
		// The first condition keeps SQLite from walking all segments.
		w.add("t.patient_id IN (SELECT patient_id FROM agreement_event WHERE made_at >= ?) AND t.state IN (1, 3) AND t.event_id IN (SELECT "+
			"event_id FROM agreement_event WHERE made_at >= ?)",
			q.SettledSince.UnixMicro(), q.SettledSince.UnixMicro())
	default:
		return list, problem.New(problem.Invalid, "Found the list %q. Use for-you, for-other, disputed or settled.", q.Which)
	}
	from, to := q.From, cmp.Or(q.To, delay.Day(1<<30))
	if q.From != 0 || q.To != 0 {
		w.add("t.last_day >= ? AND t.first_day <= ?", from, to)
	}
	if len(q.Filter.Providers) > 0 {
		var codes where
		in(&codes, "code", q.Filter.Providers, func(code string) any { return code })
		w.add("t.provider_id IN (SELECT provider_id FROM provider WHERE "+codes.String()+")", codes.args...)
	}
	is := besides(q.Filter, "t.")
	w.add(is.String(), is.args...)
	if err := s.read.QueryRowContext(ctx, `
		SELECT count(*), coalesce(sum(min(t.last_day, ?) - max(t.first_day, ?) + 1), 0), coalesce(min(t.first_day), 0)
		FROM segment t
		WHERE `+w.String(), append([]any{to, from}, w.args...)...).Scan(&list.Total, &list.Days, &list.Oldest); err != nil {
		return list, fmt.Errorf("counting the queue: %w", err)
	}
	if q.Limit == 0 {
		return list, nil
	}
	// Where a person lies who has moved to another council is that one's to see.
	current, currentArgs := latest(scope)
	rows, err := s.read.QueryContext(ctx, `
		SELECT p.reference, v.code, t.listed_first, pl.ward, pl.bed, `+sinceColumn+`, `+segmentColumns+`
		FROM segment t
		JOIN patient p ON p.patient_id = t.patient_id
		JOIN provider v ON v.provider_id = t.provider_id
		JOIN delay d ON d.patient_id = t.patient_id AND d.listed_first = t.listed_first
		JOIN stretch x ON x.patient_id = t.patient_id AND x.listed_first = t.listed_first AND t.last_day BETWEEN x.first_day AND x.last_day
		JOIN statement st ON st.statement_id = CASE WHEN `+current+` THEN d.statement_id ELSE x.statement_id END
		JOIN place pl ON pl.place_id = st.place_id
		WHERE `+w.String()+`
		ORDER BY t.first_day, p.reference
		LIMIT ? OFFSET ?`, append(append(currentArgs, w.args...), q.Limit, q.Offset)...)
	if err != nil {
		return list, fmt.Errorf("the queue: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r casework.QueueRow
		var since int64
		var seg Segment
		if err := rows.Scan(append([]any{&r.Reference, &r.Provider, &r.Delay, &r.Ward, &r.Bed, &since}, seg.scan()...)...); err != nil {
			return list, err
		}
		r.Segment = casework.Segment{Segment: seg.Segment, Standing: seg.Standing, Since: moment(since)}
		list.Rows = append(list.Rows, r)
	}
	return list, rows.Err()
}

// NextActions gives the open action that is due first of each person, as far as the
// scope reaches; a reference without one, or that two people have, is left out.
func (s *Store) NextActions(ctx context.Context, scope people.Scope, references []string) (map[string]casework.Action, error) {
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	out := map[string]casework.Action{}
	for _, reference := range references {
		_, patient, provider, err := s.patientIn(ctx, tx, scope, reference, "")
		switch problem.KindOf(err) {
		case problem.NotFound, problem.Conflict:
			continue
		}
		if err != nil {
			return nil, err
		}
		r := caseReader{ctx: ctx, tx: tx, scope: scope, patient: patient, provider: provider}
		if r.view, err = viewOf(ctx, tx, scope, patient); err != nil {
			return nil, err
		}
		var c casework.Case
		if err := r.actions(&c); err != nil {
			return nil, err
		}
		for _, one := range c.Actions {
			if earliest, any := out[reference]; one.State == "open" && (!any || one.Due < earliest.Due) {
				out[reference] = one
			}
		}
	}
	return out, nil
}

// Examples gives the latest rulings that were kept as local examples for a
// reason (G2), newest first.
func (s *Store) Examples(ctx context.Context, reason delay.Reason, limit int) ([]casework.EventLine, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT event_id, act, body, made_at, made_role, words, review_on
		FROM agreement_event
		WHERE example = 1 AND reason = ?
		ORDER BY event_id DESC
		LIMIT ?`, string(reason), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []casework.EventLine
	for rows.Next() {
		e := casework.EventLine{Example: true}
		var at int64
		if err := rows.Scan(&e.ID, &e.Act, &e.Body, &at, &e.Role, &e.Words, &e.ReviewOn); err != nil {
			return nil, err
		}
		e.At = time.UnixMicro(at)
		out = append(out, e)
	}
	return out, rows.Err()
}
