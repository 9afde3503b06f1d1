package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/ingest"
)

// derivation works out again what a change of one provider's evidence touches:
// where its days stand, the presence of the touched patients, their delays and
// stretches, and the counts. The rules themselves are delay.Resolve and
// ingest.Standings; this moves rows to and from them.
type derivation struct {
	ctx      context.Context
	tx       *sql.Tx
	store    *Store
	provider int64

	before, now map[delay.Day]ingest.DayStanding
	calendar    delay.Calendar // days for which an extract counts now
	was         delay.Calendar // and before
	changed     []delay.Day    // days for which another extract counts now, ascending

	statements map[int64]statementRow
	givens     map[int64]givenRow
	cellKeys   []cellKey
	cellIDs    map[cellKey]int32
	counts     map[monthCell]*[32]int32 // by day of the month; 0 holds the total
	decreased  bool

	// logDay is the day up to which the log is evidence (C17). hasLog and
	// hasEvents say whether there is any log or answer to look for.
	logDay            delay.Day
	hasLog, hasEvents bool

	queries map[string]*sql.Stmt
}

// statementRow is what of a statement the derivation needs.
type statementRow struct {
	patient, given    int64
	ready, discharged delay.Day
}

// givenRow is what of a given the derivation needs.
type givenRow struct {
	council delay.Council
	care    delay.CareType
	reason  delay.Reason
	body    delay.Body
}

// cellKey is what delayed days are counted by, beside day and provider.
type cellKey struct {
	givenRow
	state agreement.State
}

type monthCell struct {
	month delay.Month
	cell  int32
}

// state is everything derived about one patient, in the order of the tables'
// keys.
type state struct {
	presence  []presenceRow
	delays    []delayRow
	stretches []stretchRow
	segments  []segmentRow
	findings  []findingRow
}

type presenceRow struct {
	first, last delay.Day
	statement   int64
}

type delayRow struct {
	listedFirst, listedLast, ready, end delay.Day
	endKind                             delay.EndKind
	first, last                         delay.Day
	statement                           int64
}

type stretchRow struct {
	listedFirst, first, last delay.Day
	statement                int64
	mark                     delay.Mark
	entry                    int64
}

// segmentRow is a segment with where it stands. Its given body is what the
// rules give, its standing's what it counts under.
type segmentRow struct {
	listedFirst, first, last delay.Day
	givenRow
	standing agreement.Standing
}

type findingRow struct {
	listedFirst delay.Day
	rule        string
	day         delay.Day
	words       string
}

func (s state) equal(o state) bool {
	return slices.Equal(s.presence, o.presence) && slices.Equal(s.delays, o.delays) &&
		slices.Equal(s.stretches, o.stretches) && slices.Equal(s.segments, o.segments) && slices.Equal(s.findings, o.findings)
}

// appearance is one patient listed on one day.
type appearance struct {
	patient   int64
	day       delay.Day
	statement int64
}

// newDerivation starts a derivation of one provider. Close it when done.
func newDerivation(ctx context.Context, tx *sql.Tx, s *Store, provider int64) *derivation {
	return &derivation{
		ctx: ctx, tx: tx, store: s, provider: provider,
		now:        map[delay.Day]ingest.DayStanding{},
		statements: map[int64]statementRow{},
		givens:     map[int64]givenRow{},
		cellIDs:    map[cellKey]int32{},
		counts:     map[monthCell]*[32]int32{},
		queries:    map[string]*sql.Stmt{},
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

func (d *derivation) close() {
	for _, st := range d.queries {
		st.Close()
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
	}
	if err := d.stand(days); err != nil {
		return err
	}
	if len(d.changed) == 0 {
		return nil
	}
	fresh := map[int64]bool{}
	if t != nil {
		for i, st := range t.batch.Statements {
			d.statements[t.statementIDs[i]] = statementRow{t.patientIDs[st.Patient], t.givenIDs[st.Given], st.Ready, st.Discharged}
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

// look finds out whether people have said anything that must be looked for.
func (d *derivation) look() error {
	return d.tx.QueryRowContext(d.ctx, `
		SELECT EXISTS (SELECT 1 FROM log_entry WHERE provider_id = ?),
			EXISTS (SELECT 1 FROM agreement_event),
			coalesce((SELECT log_day FROM derived_with), 0)`, d.provider).Scan(&d.hasLog, &d.hasEvents, &d.logDay)
}

// stand works out where the provider's days stand and writes what changed.
// Only the days given, ascending, and the extract after each can stand
// otherwise than before (R5); no days mean all.
func (d *derivation) stand(days []delay.Day) error {
	from, to := delay.Day(0), never
	if len(days) > 0 {
		if err := d.tx.QueryRowContext(d.ctx, `
			SELECT coalesce((SELECT max(extract_date) FROM extract WHERE provider_id = ?1 AND extract_date < ?2), ?2),
				coalesce((SELECT min(extract_date) FROM extract WHERE provider_id = ?1 AND extract_date > ?3), ?3)`,
			d.provider, days[0], days[len(days)-1]).Scan(&from, &to); err != nil {
			return err
		}
	}
	received, err := d.received(from, to)
	if err != nil {
		return err
	}
	if d.before, err = d.standings(from, to); err != nil {
		return err
	}
	if d.was, err = d.countedDays(); err != nil {
		return err
	}
	put, err := d.stmt(`
		INSERT INTO standing (provider_id, extract_date, counted_extract, held_extract)
		VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET counted_extract = excluded.counted_extract, held_extract = excluded.held_extract`)
	if err != nil {
		return err
	}
	for _, st := range ingest.Standings(received, d.store.settings.Short) {
		was := d.before[st.Date]
		if len(days) > 0 && st.Date < days[0] {
			// It is here to compare the next with, and stands as it stood.
			st.Counted, st.Held = was.Counted, was.Held
		}
		d.now[st.Date] = st
		if was.Counted == st.Counted && was.Held == st.Held {
			continue
		}
		if was.Counted != st.Counted {
			d.changed = append(d.changed, st.Date)
		}
		if _, err := put.ExecContext(d.ctx, d.provider, st.Date, st.Counted, st.Held); err != nil {
			return err
		}
	}
	d.calendar, err = d.countedDays()
	return err
}

// never is later than every day.
const never = delay.Day(1 << 30)

// received gives the extracts received for the days from from to to.
func (d *derivation) received(from, to delay.Day) ([]ingest.Received, error) {
	var out []ingest.Received
	err := eachRow(d.ctx, d.tx, `
		SELECT extract_id, extract_date, rows_read, EXISTS (SELECT 1 FROM acceptance a WHERE a.extract_id = e.extract_id)
		FROM extract e
		WHERE provider_id = ? AND extract_date BETWEEN ? AND ?
		ORDER BY extract_date, extract_id`, func(rows *sql.Rows) error {
		var r ingest.Received
		err := rows.Scan(&r.ID, &r.Date, &r.Rows, &r.Accepted)
		out = append(out, r)
		return err
	}, d.provider, from, to)
	return out, err
}

// standings gives where the days from from to to are stored to stand.
func (d *derivation) standings(from, to delay.Day) (map[delay.Day]ingest.DayStanding, error) {
	out := map[delay.Day]ingest.DayStanding{}
	err := eachRow(d.ctx, d.tx, `
		SELECT extract_date, counted_extract, held_extract
		FROM standing
		WHERE provider_id = ? AND extract_date BETWEEN ? AND ?`, func(rows *sql.Rows) error {
		var st ingest.DayStanding
		err := rows.Scan(&st.Date, &st.Counted, &st.Held)
		out[st.Date] = st
		return err
	}, d.provider, from, to)
	return out, err
}

// countedDays gives the days for which an extract is stored to count. They
// come as one text, because ten years are thousands of rows.
func (d *derivation) countedDays() (delay.Calendar, error) {
	st, err := d.stmt(`
		SELECT json_group_array(extract_date)
		FROM (SELECT extract_date FROM standing WHERE provider_id = ? AND counted_extract <> 0 ORDER BY extract_date)`)
	if err != nil {
		return nil, err
	}
	var text []byte
	if err := st.QueryRowContext(d.ctx, d.provider).Scan(&text); err != nil {
		return nil, err
	}
	return parseDays(text)
}

// parseDays reads a JSON array of days.
func parseDays(text []byte) ([]delay.Day, error) {
	text = bytes.Trim(text, "[]")
	if len(text) == 0 {
		return nil, nil
	}
	days := make([]delay.Day, 0, len(text)/8+1)
	for part := range bytes.SplitSeq(text, []byte(",")) {
		day, err := strconv.ParseInt(string(part), 10, 32)
		if err != nil {
			return nil, err
		}
		days = append(days, delay.Day(day))
	}
	return days, nil
}

// countedOn gives the extract that counts for the day now, 0 when none does.
func (d *derivation) countedOn(day delay.Day) (id int64, err error) {
	if st, ok := d.now[day]; ok {
		return st.Counted, nil
	}
	st, err := d.stmt(`SELECT counted_extract FROM standing WHERE provider_id = ? AND extract_date = ?`)
	if err == nil {
		err = st.QueryRowContext(d.ctx, d.provider, day).Scan(&id)
	}
	return id, err
}

// listedIn gives the rows of a stored extract and foresees their statements.
func (d *derivation) listedIn(extract int64) ([]listed, error) {
	st, err := d.stmt(`SELECT listed FROM extract WHERE extract_id = ?`)
	if err != nil {
		return nil, err
	}
	var blob []byte
	if err := st.QueryRowContext(d.ctx, extract).Scan(&blob); err != nil {
		return nil, err
	}
	rows, err := decodeListed(blob)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.statement
	}
	return rows, d.foresee(ids)
}

// foresee reads statements that will be asked for, and what their days are
// counted by, many at once.
func (d *derivation) foresee(statements []int64) error {
	wanted := slices.DeleteFunc(statements, func(id int64) bool {
		_, ok := d.statements[id]
		return ok
	})
	if len(wanted) == 0 {
		return nil
	}
	slices.Sort(wanted)
	return lookUp(d.ctx, d.tx, `
		SELECT s.statement_id, s.patient_id, s.given_id, s.ready_date, s.discharged_date, g.council, g.care, g.reason, g.body
		FROM statement s
		JOIN given g ON g.given_id = s.given_id
		WHERE s.statement_id IN (SELECT value FROM json_each(?1))`, slices.Compact(wanted), func(r *sql.Rows) error {
		var id int64
		var row statementRow
		var given givenRow
		err := r.Scan(&id, &row.patient, &row.given, &row.ready, &row.discharged, &given.council, &given.care, &given.reason, &given.body)
		d.statements[id], d.givens[row.given] = row, given
		return err
	})
}

// statement gives one statement, from the database when it is not of the batch.
func (d *derivation) statement(id int64) (statementRow, error) {
	if row, ok := d.statements[id]; ok {
		return row, nil
	}
	st, err := d.stmt(`SELECT patient_id, given_id, ready_date, discharged_date FROM statement WHERE statement_id = ?`)
	if err != nil {
		return statementRow{}, err
	}
	var row statementRow
	if err := st.QueryRowContext(d.ctx, id).Scan(&row.patient, &row.given, &row.ready, &row.discharged); err != nil {
		return row, fmt.Errorf("statement %d: %w", id, err)
	}
	d.statements[id] = row
	return row, nil
}

// appearances gives who is listed on the changed days now, by patient and day.
func (d *derivation) appearances() ([]appearance, error) {
	var out []appearance
	if n := len(d.changed); n > 1 {
		// A slice of a million that grows holds itself twice.
		var kept int
		if err := d.tx.QueryRowContext(d.ctx, `SELECT coalesce(sum(kept), 0) FROM extract WHERE provider_id = ? AND extract_date BETWEEN ? AND ?`,
			d.provider, d.changed[0], d.changed[n-1]).Scan(&kept); err != nil {
			return nil, err
		}
		out = make([]appearance, 0, kept)
	}
	for _, day := range d.changed {
		counted := d.now[day].Counted
		if counted == 0 {
			continue
		}
		rows, err := d.listedIn(counted)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			st, err := d.statement(r.statement)
			if err != nil {
				return nil, err
			}
			out = append(out, appearance{st.patient, day, r.statement})
		}
	}
	slices.SortFunc(out, func(a, b appearance) int {
		if a.patient != b.patient {
			return cmp.Compare(a.patient, b.patient)
		}
		return cmp.Compare(a.day, b.day)
	})
	return out, nil
}

// touched gives the patients whose delays a change of the changed days can
// change, ascending: those listed on them before or now; those last listed on
// the counted day before one, whose end they decide (C5); those listed on both
// sides of one (C6, C7); and, when the provider's first day moved, those who
// were ready before it (C9).
func (d *derivation) touched(now []appearance) ([]int64, error) {
	set := map[int64]struct{}{}
	for _, a := range now {
		set[a.patient] = struct{}{}
	}
	collect := func(query string, args ...any) error {
		st, err := d.stmt(query)
		if err != nil {
			return err
		}
		rows, err := st.QueryContext(d.ctx, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			set[id] = struct{}{}
		}
		return rows.Err()
	}
	if d.hasLog && (len(d.was) == 0 || len(d.calendar) == 0 || d.was[0] != d.calendar[0]) {
		// The log is evidence for the days before the first extract (C17).
		if err := collect(`SELECT patient_id FROM log_entry WHERE provider_id = ?`, d.provider); err != nil {
			return nil, err
		}
	}
	if len(d.was) > 0 {
		for _, day := range d.changed {
			if counted := d.before[day].Counted; counted != 0 {
				rows, err := d.listedIn(counted)
				if err != nil {
					return nil, err
				}
				for _, r := range rows {
					st, err := d.statement(r.statement)
					if err != nil {
						return nil, err
					}
					set[st.patient] = struct{}{}
				}
			}
			for _, calendar := range []delay.Calendar{d.was, d.calendar} {
				if i, _ := slices.BinarySearch(calendar, day); i > 0 {
					if err := collect(`SELECT patient_id FROM delay WHERE provider_id = ? AND listed_last = ?`, d.provider, calendar[i-1]); err != nil {
						return nil, err
					}
				}
			}
			if err := collect(`SELECT patient_id FROM delay WHERE provider_id = ? AND listed_last > ? AND listed_first < ?`, d.provider, day, day); err != nil {
				return nil, err
			}
		}
		if len(d.calendar) == 0 || d.calendar[0] != d.was[0] {
			first := d.was[0]
			if len(d.calendar) > 0 {
				first = max(first, d.calendar[0])
			}
			if err := collect(`SELECT patient_id FROM delay WHERE provider_id = ? AND ready_date < ?`, d.provider, first); err != nil {
				return nil, err
			}
		}
	}
	out := make([]int64, 0, len(set))
	for id := range set {
		out = append(out, id)
	}
	slices.Sort(out)
	return out, nil
}

// rebuild works out each touched patient again and writes what changed.
func (d *derivation) rebuild(touched []int64, appearances []appearance, fresh map[int64]bool) error {
	w := newStateWriter(d)
	at := 0
	for part := range slices.Chunk(touched, manyAtOnce) {
		met := slices.DeleteFunc(slices.Clone(part), func(id int64) bool { return fresh[id] })
		stored, err := d.load(met)
		if err != nil {
			return err
		}
		for _, patient := range part {
			from := at
			for at < len(appearances) && appearances[at].patient == patient {
				at++
			}
			if err := d.rebuildOne(w, patient, stored[patient], appearances[from:at]); err != nil {
				return err
			}
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	return d.writeCounts()
}

// rebuildOne works out one patient again; old is nil when nothing is stored.
func (d *derivation) rebuildOne(w *stateWriter, patient int64, old *state, now []appearance) error {
	if old == nil {
		old = &state{}
	}
	next, err := d.resolve(patient, d.merge(old.presence, now))
	if err != nil || old.equal(next) {
		return err
	}
	if err := d.count(old.segments, -1); err != nil {
		return err
	}
	if err := d.count(next.segments, +1); err != nil {
		return err
	}
	return w.write(patient, *old, next)
}

// merge replaces, in a patient's presence, the changed days by what is listed
// on them now.
func (d *derivation) merge(presence []presenceRow, now []appearance) []presenceRow {
	out := make([]presenceRow, 0, len(presence)+1)
	add := func(first, last delay.Day, statement int64) {
		if n := len(out); n > 0 && out[n-1].last+1 == first && out[n-1].statement == statement {
			out[n-1].last = last
			return
		}
		out = append(out, presenceRow{first, last, statement})
	}
	addNow := func(before delay.Day) {
		for len(now) > 0 && now[0].day < before {
			add(now[0].day, now[0].day, now[0].statement)
			now = now[1:]
		}
	}
	for _, run := range presence {
		// The parts of the run between changed days stay.
		i, _ := slices.BinarySearch(d.changed, run.first)
		first := run.first
		for ; i < len(d.changed) && d.changed[i] <= run.last; i++ {
			if first < d.changed[i] {
				addNow(first)
				add(first, d.changed[i]-1, run.statement)
			}
			first = d.changed[i] + 1
		}
		if first <= run.last {
			addNow(first)
			add(first, run.last, run.statement)
		}
	}
	addNow(never)
	return out
}

// resolve derives everything about a patient from their presence in the
// extracts, the log and the answers.
func (d *derivation) resolve(patient int64, presence []presenceRow) (state, error) {
	next := state{presence: presence}
	if len(presence) == 0 {
		next.presence = nil
	}
	said, err := d.said(patient)
	if err != nil {
		return next, err
	}
	calendar, runs := d.evidence(said.effective, presence)
	if len(runs) == 0 {
		return next, nil
	}
	e := delay.Evidence{Calendar: calendar, Runs: make([]delay.Run, len(runs)), Statements: make([]delay.Statement, 0, len(runs))}
	ids := make([]int64, 0, len(runs))
	for i, run := range runs {
		at := slices.Index(ids, run.statement)
		if at < 0 {
			row, err := d.statement(run.statement)
			if err != nil {
				return next, err
			}
			at = len(ids)
			ids = append(ids, run.statement)
			e.Statements = append(e.Statements, delay.Statement{Ready: row.ready, Discharged: row.discharged})
		}
		e.Runs[i] = delay.Run{First: run.first, Last: run.last, Statement: at}
	}
	delays := delay.Resolve(e, d.store.settings.Delay)
	for i, dl := range delays {
		next.delays = append(next.delays, delayRow{dl.ListedFirst, dl.ListedLast, dl.Ready, dl.End, dl.EndKind, dl.FirstDay, dl.LastDay, ids[dl.Statement]})
		for _, f := range dl.Findings {
			next.findings = append(next.findings, findingRow{dl.ListedFirst, f.Rule, f.Day, f.Words})
		}
		from := len(next.stretches)
		for _, st := range dl.Stretches {
			next.stretches = append(next.stretches, stretchRow{dl.ListedFirst, st.First, st.Last, ids[st.Statement], st.Mark, 0})
		}
		if len(said.effective) > 0 {
			refined, err := d.refine(next.stretches[from:], entriesOf(said.effective, delays, i), dl.ListedFirst)
			if err != nil {
				return next, err
			}
			next.stretches = append(next.stretches[:from], refined...)
		}
		segments, err := d.segments(next.stretches[from:], said)
		if err != nil {
			return next, err
		}
		next.segments = append(next.segments, segments...)
	}
	slices.SortFunc(next.findings, func(a, b findingRow) int {
		return cmp.Or(cmp.Compare(a.listedFirst, b.listedFirst), cmp.Compare(a.rule, b.rule), cmp.Compare(a.day, b.day))
	})
	return next, nil
}

// segments joins neighbouring counted stretches that are attributed alike, and
// says where each stands between the NHS and the council. What a correction
// states is a segment of its own beside what was said before it: nobody has
// answered it yet, whatever they said of the neighbouring days (G1).
func (d *derivation) segments(stretches []stretchRow, said said) ([]segmentRow, error) {
	var out []segmentRow
	var before int64 // the entry of the stretch before
	for _, st := range stretches {
		apart := st.entry != before && said.corrects(before, st.entry)
		before = st.entry
		if st.mark == delay.Paused {
			continue
		}
		row, err := d.statement(st.statement)
		if err != nil {
			return nil, err
		}
		given, err := d.given(row.given)
		if err != nil {
			return nil, err
		}
		if n := len(out); n > 0 && !apart && out[n-1].givenRow == given && out[n-1].last+1 == st.first {
			out[n-1].last = st.last
			continue
		}
		out = append(out, segmentRow{listedFirst: st.listedFirst, first: st.first, last: st.last, givenRow: given})
	}
	return stand(out, said.events), nil
}

// stand parts segments where answers were about a part of them, and says where
// each part stands.
func stand(segments []segmentRow, events []agreement.Event) []segmentRow {
	out := make([]segmentRow, 0, len(segments))
	for _, s := range segments {
		whole := agreement.Segment{First: s.first, Last: s.last, Reason: s.reason, Council: s.council, Care: s.care, Body: s.body}
		for _, part := range agreement.Split(whole, events) {
			s.first, s.last, s.standing = part.First, part.Last, agreement.Stand(part, events)
			out = append(out, s)
		}
	}
	return out
}

// load reads what is stored as derived about patients, and the statements that
// it stands on.
func (d *derivation) load(patients []int64) (map[int64]*state, error) {
	out := make(map[int64]*state, len(patients))
	for _, id := range patients {
		out[id] = &state{}
	}
	var patient int64
	var statements []int64
	for _, part := range []struct {
		columns, table, order string
		scan                  func(*sql.Rows) error
	}{
		{"first_date, last_date, statement_id", "presence", "first_date", func(r *sql.Rows) error {
			var row presenceRow
			if err := r.Scan(&patient, &row.first, &row.last, &row.statement); err != nil {
				return err
			}
			s := out[patient]
			s.presence = append(s.presence, row)
			statements = append(statements, row.statement)
			return nil
		}},
		{"listed_first, listed_last, ready_date, end_date, end_kind, first_day, last_day, statement_id", "delay", "listed_first", func(r *sql.Rows) error {
			var row delayRow
			if err := r.Scan(&patient, &row.listedFirst, &row.listedLast, &row.ready, &row.end, &row.endKind, &row.first, &row.last, &row.statement); err != nil {
				return err
			}
			s := out[patient]
			s.delays = append(s.delays, row)
			return nil
		}},
		{"listed_first, first_day, last_day, statement_id, mark, entry_id", "stretch", "listed_first, first_day", func(r *sql.Rows) error {
			var row stretchRow
			if err := r.Scan(&patient, &row.listedFirst, &row.first, &row.last, &row.statement, &row.mark, &row.entry); err != nil {
				return err
			}
			s := out[patient]
			s.stretches = append(s.stretches, row)
			statements = append(statements, row.statement)
			return nil
		}},
		{"listed_first, first_day, last_day, council, care, reason, rule_body, body, by_people, state, suggested, next_side, level, event_id",
			"segment", "listed_first, first_day", func(r *sql.Rows) error {
				var row segmentRow
				st := &row.standing
				if err := r.Scan(&patient, &row.listedFirst, &row.first, &row.last, &row.council, &row.care, &row.reason, &row.body,
					&st.Body, &st.ByPeople, &st.State, &st.Suggested, &st.Next, &st.Level, &st.Last); err != nil {
					return err
				}
				s := out[patient]
				s.segments = append(s.segments, row)
				return nil
			}},
		{"listed_first, rule, day, words", "finding", "listed_first, rule, day", func(r *sql.Rows) error {
			var row findingRow
			if err := r.Scan(&patient, &row.listedFirst, &row.rule, &row.day, &row.words); err != nil {
				return err
			}
			s := out[patient]
			s.findings = append(s.findings, row)
			return nil
		}},
	} {
		if err := lookUp(d.ctx, d.tx, `
			SELECT patient_id, `+part.columns+`
			FROM `+part.table+`
			WHERE patient_id IN (SELECT value FROM json_each(?1))
			ORDER BY patient_id, `+part.order, patients, part.scan); err != nil {
			return nil, err
		}
	}
	return out, d.foresee(statements)
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

// given gives what of a given days are counted by.
func (d *derivation) given(id int64) (givenRow, error) {
	if row, ok := d.givens[id]; ok {
		return row, nil
	}
	st, err := d.stmt(`SELECT council, care, reason, body FROM given WHERE given_id = ?`)
	if err != nil {
		return givenRow{}, err
	}
	var row givenRow
	if err := st.QueryRowContext(d.ctx, id).Scan(&row.council, &row.care, &row.reason, &row.body); err != nil {
		return row, fmt.Errorf("given %d: %w", id, err)
	}
	d.givens[id] = row
	return row, nil
}

// count adds the days of segments to the counts, or takes them off. A segment
// counts under the body that it stands with.
func (d *derivation) count(segments []segmentRow, sign int32) error {
	for _, s := range segments {
		key := cellKey{s.givenRow, s.standing.State}
		key.body = s.standing.Body
		cell, ok := d.cellIDs[key]
		if !ok {
			cell = int32(len(d.cellKeys))
			d.cellIDs[key] = cell
			d.cellKeys = append(d.cellKeys, key)
		}
		if sign < 0 {
			d.decreased = true
		}
		for day := s.first; day <= s.last; {
			month := day.Month()
			first := month.First()
			last := min(s.last, month.Last())
			at := monthCell{month, cell}
			days := d.counts[at]
			if days == nil {
				days = new([32]int32)
				d.counts[at] = days
			}
			for ; day <= last; day++ {
				days[day-first+1] += sign
				days[0] += sign
			}
		}
	}
	return nil
}

// writeCounts adds the gathered differences to month_count.
func (d *derivation) writeCounts() error {
	keys := make([]monthCell, 0, len(d.counts))
	for key, days := range d.counts {
		if *days != ([32]int32{}) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, func(a, b monthCell) int {
		return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.cell, b.cell))
	})
	columns := []string{"month", "provider_id", "council", "care", "reason", "body", "state", "days"}
	tail := " ON CONFLICT DO UPDATE SET days = days + excluded.days"
	for i := 1; i <= 31; i++ {
		columns = append(columns, dayColumn(i))
		tail += fmt.Sprintf(", %[1]s = %[1]s + excluded.%[1]s", dayColumn(i))
	}
	insert := newBulk(d.ctx, d.tx, "month_count", columns, tail)
	args := make([]any, 0, len(columns))
	for _, key := range keys {
		cell, days := d.cellKeys[key.cell], d.counts[key]
		args = append(args[:0], int64(key.month), d.provider, string(cell.council), int64(cell.care), string(cell.reason), int64(cell.body), int64(cell.state))
		for _, n := range days {
			args = append(args, int64(n))
		}
		if err := insert.add(args...); err != nil {
			return err
		}
	}
	if err := insert.flush(); err != nil {
		return err
	}
	if !d.decreased {
		return nil
	}
	_, err := d.tx.ExecContext(d.ctx, `DELETE FROM month_count WHERE month BETWEEN ? AND ? AND provider_id = ? AND days = 0`,
		keys[0].month, keys[len(keys)-1].month, d.provider)
	return err
}

// dayColumn names the column of a day of the month.
func dayColumn(day int) string { return fmt.Sprintf("d%02d", day) }

// stateWriter writes derived rows.
type stateWriter struct {
	d                                             *derivation
	presence, delays, stretch, segments, findings *bulk
}

func newStateWriter(d *derivation) *stateWriter {
	return &stateWriter{
		d:        d,
		presence: newBulk(d.ctx, d.tx, "presence", []string{"patient_id", "first_date", "last_date", "statement_id"}, ""),
		delays: newBulk(d.ctx, d.tx, "delay", []string{"patient_id", "listed_first", "listed_last", "provider_id", "ready_date",
			"end_date", "end_kind", "first_day", "last_day", "statement_id"}, ""),
		stretch: newBulk(d.ctx, d.tx, "stretch", []string{"patient_id", "listed_first", "first_day", "last_day", "statement_id", "mark", "entry_id"}, ""),
		segments: newBulk(d.ctx, d.tx, "segment", []string{"patient_id", "listed_first", "first_day", "last_day", "provider_id",
			"council", "care", "reason", "rule_body", "body", "by_people", "state", "suggested", "next_side", "level", "event_id"}, ""),
		findings: newBulk(d.ctx, d.tx, "finding", []string{"patient_id", "listed_first", "rule", "day", "words"}, ""),
	}
}

// write replaces what is stored about a patient, table by table where it
// differs.
func (w *stateWriter) write(patient int64, old, next state) error {
	remove := func(query string, needed bool) error {
		if !needed {
			return nil
		}
		st, err := w.d.stmt(query)
		if err != nil {
			return err
		}
		_, err = st.ExecContext(w.d.ctx, patient)
		return err
	}
	var errs error
	note := func(err error) { errs = errors.Join(errs, err) }
	if !slices.Equal(old.presence, next.presence) {
		note(remove(`DELETE FROM presence WHERE patient_id = ?`, len(old.presence) > 0))
		for _, r := range next.presence {
			note(w.presence.add(patient, int64(r.first), int64(r.last), r.statement))
		}
	}
	if !slices.Equal(old.delays, next.delays) {
		note(remove(`DELETE FROM delay WHERE patient_id = ?`, len(old.delays) > 0))
		for _, r := range next.delays {
			note(w.delays.add(patient, int64(r.listedFirst), int64(r.listedLast), w.d.provider, int64(r.ready), int64(r.end), int64(r.endKind), int64(r.first), int64(r.last), r.statement))
		}
	}
	if !slices.Equal(old.stretches, next.stretches) {
		note(remove(`DELETE FROM stretch WHERE patient_id = ?`, len(old.stretches) > 0))
		for _, r := range next.stretches {
			note(w.stretch.add(patient, int64(r.listedFirst), int64(r.first), int64(r.last), r.statement, int64(r.mark), r.entry))
		}
	}
	if !slices.Equal(old.segments, next.segments) {
		note(remove(`DELETE FROM segment WHERE patient_id = ?`, len(old.segments) > 0))
		for _, r := range next.segments {
			st := r.standing
			note(w.segments.add(patient, int64(r.listedFirst), int64(r.first), int64(r.last), w.d.provider,
				string(r.council), int64(r.care), string(r.reason), int64(r.body), int64(st.Body), st.ByPeople, int64(st.State),
				int64(st.Suggested), int64(st.Next), int64(st.Level), st.Last))
		}
	}
	if !slices.Equal(old.findings, next.findings) {
		note(remove(`DELETE FROM finding WHERE patient_id = ?`, len(old.findings) > 0))
		for _, r := range next.findings {
			note(w.findings.add(patient, int64(r.listedFirst), r.rule, int64(r.day), r.words))
		}
	}
	return errs
}

func (w *stateWriter) flush() error {
	return errors.Join(w.presence.flush(), w.delays.flush(), w.stretch.flush(), w.segments.flush(), w.findings.flush())
}
