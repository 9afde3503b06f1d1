package sqlite

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/delay"
	"homeward/internal/logbook"
)

// statementRow is what of a statement the derivation needs.
type statementRow struct {
	patient, given    int64
	ready, discharged delay.Day // ready is 0 when the row could not be read (C20)
	local             int64     // the local number beside an NHS number, 0 for none
}

// givenRow is what of a given the derivation needs.
type givenRow struct {
	council delay.Council
	care    delay.CareType
	reason  delay.Reason
	body    delay.Body
}

// course is everything derived about one patient, in the order of the tables'
// keys.
type course struct {
	presence  []presenceRow
	delays    []delayRow
	stretches []stretchRow
	segments  []segmentRow
	findings  []findingRow
	// listedWays are the pathways that extracts state of the patient, and ways
	// those of the days of the delays.
	listedWays []logbook.Way
	ways       []wayRow
}

type delayRow struct {
	listedFirst, listedLast, ready, end delay.Day
	endKind                             delay.EndKind
	first, last                         delay.Day
	statement                           int64
	// leftTo is the pathway of the leaving, empty where nobody has said one.
	leftTo delay.Pathway
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

func (c course) equal(o course) bool {
	return slices.Equal(c.presence, o.presence) && slices.Equal(c.delays, o.delays) &&
		slices.Equal(c.stretches, o.stretches) && slices.Equal(c.segments, o.segments) && slices.Equal(c.findings, o.findings) &&
		slices.Equal(c.listedWays, o.listedWays) && slices.Equal(c.ways, o.ways)
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
		SELECT s.statement_id, s.patient_id, s.given_id, s.ready_date, s.discharged_date, s.local_number, g.council, g.care, g.reason, g.body
		FROM statement s
		JOIN given g ON g.given_id = s.given_id
		WHERE s.statement_id IN (SELECT value FROM json_each(?1))`, slices.Compact(wanted), func(r *sql.Rows) error {
		var id int64
		var row statementRow
		var given givenRow
		err := r.Scan(&id, &row.patient, &row.given, &row.ready, &row.discharged, &row.local, &given.council, &given.care, &given.reason,
			&given.body)
		d.statements[id], d.givens[row.given] = row, given
		return err
	})
}

// statement gives one statement, from the database when it is not of the batch.
func (d *derivation) statement(id int64) (statementRow, error) {
	if row, ok := d.statements[id]; ok {
		return row, nil
	}
	st, err := d.stmt(`SELECT patient_id, given_id, ready_date, discharged_date, local_number FROM statement WHERE statement_id = ?`)
	if err != nil {
		return statementRow{}, err
	}
	var row statementRow
	if err := st.QueryRowContext(d.ctx, id).Scan(&row.patient, &row.given, &row.ready, &row.discharged, &row.local); err != nil {
		return row, fmt.Errorf("statement %d: %w", id, err)
	}
	d.statements[id] = row
	return row, nil
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

// rebuild works out each touched patient again, with whoever may be the same
// person, and writes what changed.
func (d *derivation) rebuild(touched []int64, appearances []appearance, fresh map[int64]bool) error {
	w := newCourseWriter(d)
	groupOf, err := d.groups(touched)
	if err != nil {
		return err
	}
	at := 0
	now := func(patient int64) []appearance {
		for at < len(appearances) && appearances[at].patient < patient {
			at++
		}
		from := at
		for at < len(appearances) && appearances[at].patient == patient {
			at++
		}
		return appearances[from:at]
	}
	alone := touched
	if len(groupOf) > 0 {
		alone = slices.DeleteFunc(slices.Clone(touched), func(id int64) bool { return groupOf[id] != 0 })
	}
	for part := range slices.Chunk(alone, manyAtOnce) {
		met := slices.DeleteFunc(slices.Clone(part), func(id int64) bool { return fresh[id] })
		stored, err := d.load(met)
		if err != nil {
			return err
		}
		words, err := d.said(part)
		if err != nil {
			return err
		}
		for _, patient := range part {
			old := stored[patient]
			if old == nil {
				old = &course{}
			}
			presence, err := d.present(patient, old.presence, now(patient))
			if err != nil {
				return err
			}
			next, err := d.resolve(presence, d.listedWays(patient, old.listedWays), words.of(patient))
			if err != nil {
				return err
			}
			if err := d.replace(w, patient, old, next); err != nil {
				return err
			}
		}
	}
	if len(groupOf) > 0 {
		groups := make([]int64, 0, len(groupOf))
		for _, id := range groupOf {
			groups = append(groups, id)
		}
		if err := d.rebuildGroups(w, unique(groups), func(patient int64) []appearance {
			first, _ := slices.BinarySearchFunc(appearances, patient, func(a appearance, id int64) int { return cmp.Compare(a.patient, id) })
			last := first
			for last < len(appearances) && appearances[last].patient == patient {
				last++
			}
			return appearances[first:last]
		}); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	return d.writeCounts()
}

// replace counts and writes what is to be stored of a patient in place of what
// was.
func (d *derivation) replace(w *courseWriter, patient int64, old *course, next course) error {
	if old.equal(next) {
		return nil
	}
	d.count(old, -1)
	d.count(&next, +1)
	d.begins(patient, old.segments, next.segments)
	d.delaysChanged.Add(changedDelays(old.delays, next.delays))
	return w.write(patient, *old, next)
}

// begins notes the segments on whose first day nothing of the kind was there.
func (d *derivation) begins(patient int64, old, next []segmentRow) {
	if d.begun == nil {
		return
	}
	for _, s := range next {
		if !slices.ContainsFunc(old, func(o segmentRow) bool { return o.givenRow == s.givenRow && o.first <= s.first && s.first <= o.last }) {
			d.begun[patient] = append(d.begun[patient], s.first)
		}
	}
}

// resolve derives everything about a patient who is one person alone from
// their presence in the extracts with the pathways that these state, the log
// and the answers.
func (d *derivation) resolve(presence []presenceRow, listed []logbook.Way, words testimony) (course, error) {
	next, err := d.delays(presence, words, listed)
	if err != nil {
		return next, err
	}
	if len(presence) > 0 {
		next.presence = presence
	}
	next.listedWays = listed
	return next, d.attribute(&next, words)
}

// delays gives the delays of one person, the stretches that tile them and the
// pathways of their days.
func (d *derivation) delays(presence []presenceRow, words testimony, listed []logbook.Way) (course, error) {
	var next course
	calendar, err := d.calendarOf(presence)
	if err != nil {
		return next, err
	}
	fromLog := func(day delay.Day) bool { return logRun(calendar, day) }
	all, runs := d.evidence(calendar, words.effective, presence)
	if len(runs) == 0 {
		return next, nil
	}
	e := delay.Evidence{Calendar: all, Runs: make([]delay.Run, len(runs)), Statements: make([]delay.Statement, 0, len(runs))}
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
		next.delays = append(next.delays, delayRow{dl.ListedFirst, dl.ListedLast, dl.Ready, dl.End, dl.EndKind, dl.FirstDay, dl.LastDay,
			ids[dl.Statement], delay.PathwayNotStated})
		for _, f := range dl.Findings {
			next.findings = append(next.findings, findingRow{dl.ListedFirst, f.Rule, f.Day, f.Words})
		}
		from := len(next.stretches)
		for _, st := range dl.Stretches {
			next.stretches = append(next.stretches, stretchRow{dl.ListedFirst, st.First, st.Last, ids[st.Statement], st.Mark, 0})
		}
		var entries []logbook.Entry
		if len(words.effective) > 0 {
			entries = entriesOf(words.effective, delays, i)
			refined, err := d.refine(next.stretches[from:], entries, dl.ListedFirst, fromLog)
			if err != nil {
				return next, err
			}
			next.stretches = append(next.stretches[:from], refined...)
		}
		next.wend(dl, listed, entries, endsOf(words.effective, delays, i))
	}
	return next, nil
}

// attribute divides the counted days of a person's delays into segments.
func (d *derivation) attribute(c *course, words testimony) error {
	for from := 0; from < len(c.stretches); {
		to := from
		for to < len(c.stretches) && c.stretches[to].listedFirst == c.stretches[from].listedFirst {
			to++
		}
		segments, err := d.segments(c.stretches[from:to], words)
		if err != nil {
			return err
		}
		c.segments = append(c.segments, segments...)
		from = to
	}
	slices.SortFunc(c.findings, func(a, b findingRow) int {
		return cmp.Or(cmp.Compare(a.listedFirst, b.listedFirst), cmp.Compare(a.rule, b.rule), cmp.Compare(a.day, b.day))
	})
	return nil
}

// segments joins neighbouring counted stretches that are attributed alike, and
// says where each stands between the NHS and the council. What a correction
// states is a segment of its own beside what was said before it: nobody has
// answered it yet, whatever they said of the neighbouring days (G1).
func (d *derivation) segments(stretches []stretchRow, words testimony) ([]segmentRow, error) {
	all, err := d.amended()
	if err != nil {
		return nil, err
	}
	pieces, err := d.cut(stretches, nil, nil)
	if err != nil {
		return nil, err
	}
	out := answered(joined(pieces, words), words.events)
	// Changes of the rules in the order in which they came to stand: what people
	// had decided by then stays (A6).
	var stand attribution.Amendments
	for _, a := range all.Agreed() {
		stand = append(stand, a)
		stand.Sort()
		if !slices.ContainsFunc(out, func(s segmentRow) bool { return s.reason == a.Reason }) {
			continue
		}
		kept := slices.DeleteFunc(slices.Clone(out), func(s segmentRow) bool { return !s.standing.ByPeople })
		if pieces, err = d.cut(stretches, stand, kept); err != nil {
			return nil, err
		}
		out = answered(joined(pieces, words), words.events)
	}
	return out, nil
}

// joined makes segments of pieces of stretches.
func joined(pieces []piecedStretch, words testimony) []segmentRow {
	var out []segmentRow
	var before int64 // the entry of the piece before
	for _, st := range pieces {
		apart := st.entry != before && words.corrects(before, st.entry)
		before = st.entry
		if !st.mark.Counts() {
			continue
		}
		if n := len(out); n > 0 && !apart && out[n-1].givenRow == st.given && out[n-1].last+1 == st.first {
			out[n-1].last = st.last
			continue
		}
		out = append(out, segmentRow{listedFirst: st.listedFirst, first: st.first, last: st.last, givenRow: st.given})
	}
	return out
}

// answered parts segments where answers were about a part of them, and says
// where each part stands.
func answered(segments []segmentRow, events []agreement.Event) []segmentRow {
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
func (d *derivation) load(patients []int64) (map[int64]*course, error) {
	out := make(map[int64]*course, len(patients))
	for _, id := range patients {
		out[id] = &course{}
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
		{"listed_first, listed_last, ready_date, end_date, end_kind, first_day, last_day, statement_id, left_to", "delay",
			"listed_first",
			func(r *sql.Rows) error {
				var row delayRow
				if err := r.Scan(&patient, &row.listedFirst, &row.listedLast, &row.ready, &row.end, &row.endKind, &row.first, &row.last,
					&row.statement, &row.leftTo); err != nil {
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
		{"first_date, last_date, pathway", "pathway_listed", "first_date", func(r *sql.Rows) error {
			var row logbook.Way
			if err := r.Scan(&patient, &row.First, &row.Last, &row.Pathway); err != nil {
				return err
			}
			s := out[patient]
			s.listedWays = append(s.listedWays, row)
			return nil
		}},
		{"listed_first, first_day, last_day, pathway", "pathway", "listed_first, first_day", func(r *sql.Rows) error {
			var row wayRow
			if err := r.Scan(&patient, &row.listedFirst, &row.First, &row.Last, &row.Pathway); err != nil {
				return err
			}
			s := out[patient]
			s.ways = append(s.ways, row)
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

// courseWriter writes derived rows, many patients at once.
type courseWriter struct {
	d                                               *derivation
	presence, delays, stretches, segments, findings replacing
	listedWays, ways                                replacing
}

func newCourseWriter(d *derivation) *courseWriter {
	table := func(name string, columns ...string) replacing {
		return replacing{table: name, rows: newBulk(d.ctx, d.tx, name, append([]string{"patient_id"}, columns...), "")}
	}
	return &courseWriter{
		d:        d,
		presence: table("presence", "first_date", "last_date", "statement_id"),
		delays: table("delay", "listed_first", "listed_last", "provider_id", "ready_date", "end_date", "end_kind", "first_day", "last_day",
			"statement_id", "left_to"),
		stretches: table("stretch", "listed_first", "first_day", "last_day", "statement_id", "mark", "entry_id"),
		segments: table("segment", "listed_first", "first_day", "last_day", "provider_id", "council", "care", "reason", "rule_body", "body",
			"by_people", "state", "suggested", "next_side", "level", "event_id"),
		findings:   table("finding", "listed_first", "rule", "day", "words"),
		listedWays: table("pathway_listed", "first_date", "last_date", "pathway"),
		ways:       table("pathway", "listed_first", "first_day", "last_day", "pathway"),
	}
}

// replacing puts rows of one table in place of all that it has of their
// patients. What was goes out by the hundred as what is comes in: a call for
// each patient took most of the time of a day's extract.
type replacing struct {
	table string
	gone  []int64 // patients whose rows are still to go
	rows  *bulk
}

// of begins a patient of whom rows are stored; add comes after it.
func (r *replacing) of(patient int64, stored bool) {
	if stored {
		r.gone = append(r.gone, patient)
	}
}

func (r *replacing) add(args ...any) error {
	if r.rows.gather(args...) {
		return r.flush()
	}
	return nil
}

func (r *replacing) flush() error {
	for part := range slices.Chunk(r.gone, manyAtOnce) {
		list, err := json.Marshal(part)
		if err != nil {
			return err
		}
		const which = ` WHERE patient_id IN (SELECT value FROM json_each(?1))`
		if _, err := r.rows.tx.ExecContext(r.rows.ctx, `DELETE FROM `+r.table+which, string(list)); err != nil {
			return err
		}
	}
	r.gone = r.gone[:0]
	return r.rows.flush()
}

// write replaces what is stored about a patient, table by table where it
// differs.
func (w *courseWriter) write(patient int64, old, next course) error {
	var errs error
	note := func(err error) { errs = errors.Join(errs, err) }
	if !slices.Equal(old.presence, next.presence) {
		w.presence.of(patient, len(old.presence) > 0)
		for _, r := range next.presence {
			note(w.presence.add(patient, int64(r.first), int64(r.last), r.statement))
		}
	}
	if !slices.Equal(old.delays, next.delays) {
		w.delays.of(patient, len(old.delays) > 0)
		for _, r := range next.delays {
			note(w.delays.add(patient, int64(r.listedFirst), int64(r.listedLast), w.d.provider, int64(r.ready), int64(r.end), int64(r.endKind),
				int64(r.first), int64(r.last), r.statement, string(r.leftTo)))
		}
	}
	if !slices.Equal(old.stretches, next.stretches) {
		w.stretches.of(patient, len(old.stretches) > 0)
		for _, r := range next.stretches {
			note(w.stretches.add(patient, int64(r.listedFirst), int64(r.first), int64(r.last), r.statement, int64(r.mark), r.entry))
		}
	}
	if !slices.Equal(old.segments, next.segments) {
		w.segments.of(patient, len(old.segments) > 0)
		for _, r := range next.segments {
			st := r.standing
			note(w.segments.add(patient, int64(r.listedFirst), int64(r.first), int64(r.last), w.d.provider,
				string(r.council), int64(r.care), string(r.reason), int64(r.body), int64(st.Body), st.ByPeople, int64(st.State),
				int64(st.Suggested), int64(st.Next), int64(st.Level), st.Last))
		}
	}
	if !slices.Equal(old.findings, next.findings) {
		w.findings.of(patient, len(old.findings) > 0)
		for _, r := range next.findings {
			note(w.findings.add(patient, int64(r.listedFirst), r.rule, int64(r.day), r.words))
		}
	}
	if !slices.Equal(old.listedWays, next.listedWays) {
		w.listedWays.of(patient, len(old.listedWays) > 0)
		for _, r := range next.listedWays {
			note(w.listedWays.add(patient, int64(r.First), int64(r.Last), string(r.Pathway)))
		}
	}
	if !slices.Equal(old.ways, next.ways) {
		w.ways.of(patient, len(old.ways) > 0)
		for _, r := range next.ways {
			note(w.ways.add(patient, int64(r.listedFirst), int64(r.First), int64(r.Last), string(r.Pathway)))
		}
	}
	return errs
}

func (w *courseWriter) flush() error {
	errs := w.d.name()
	for _, t := range []*replacing{&w.presence, &w.delays, &w.stretches, &w.segments, &w.findings, &w.listedWays, &w.ways} {
		errs = errors.Join(errs, t.flush())
	}
	return errs
}
