package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/attribution"
	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/record"
)

// Every query about people that a request can reach takes a people.Scope and
// narrows itself with scoped, below. The unscoped Delays is for the command
// line of the machine that holds the data folder.

// scoped narrows a query about delays to what the scope may see (P1): provider
// is the column of the provider's number, council that of the statement's
// council. An empty scope lets nothing through.
func (w *where) scoped(scope people.Scope, provider, council string) {
	switch providers, councils := scope.Providers(), scope.Councils(); {
	case len(providers) > 0:
		var codes where
		in(&codes, "code", providers, func(code string) any { return code })
		w.add(provider+" IN (SELECT provider_id FROM provider WHERE "+codes.String()+")", codes.args...)
	case len(councils) > 0:
		in(w, council, councils, func(code string) any { return code })
	default:
		w.add("0")
	}
}

// together says that a stretch t and a segment s of one delay share days.
const together = `s.patient_id = t.patient_id AND s.listed_first = t.listed_first
			AND s.first_day <= t.last_day AND s.last_day >= t.first_day`

// matched gives, as a query, the delays that the scope and the filter let
// through, with the number of days of each that they let through. uncounted are
// the bodies of the filter where no day counts yet, as where.given has them.
func matched(scope people.Scope, f record.Filter, uncounted where) (query string, args []any) {
	first, last := f.From, f.To
	if last == 0 {
		last = delay.Day(1 << 30)
	}
	// Days count by the segment that they are in, like every figure; a stretch
	// says where the patient lay. Paused days are in no segment. Neither is made
	// of whole ones of the other: a dispute of a part parts a stretch (G5).
	var days where
	days.scoped(scope, "d.provider_id", "s.council")
	days.add("max(t.first_day, s.first_day) <= ? AND min(t.last_day, s.last_day) >= ?", last, first)
	if f.From != 0 {
		// As in inDays: the index on the last listing keeps old delays out.
		days.add("d.listed_last >= ?", first-1)
	}
	days.narrow(f)
	current, currentArgs := latest(scope)
	query = `
		SELECT t.patient_id, t.listed_first, sum(min(t.last_day, s.last_day, ?) - max(t.first_day, s.first_day, ?) + 1) AS days
		FROM delay d
		JOIN patient p ON p.patient_id = d.patient_id
		JOIN stretch t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first
		JOIN ` + segmentsOf(f.Filter, nil) + ` s ON ` + together + `
		JOIN statement st ON st.statement_id = t.statement_id
		JOIN place pl ON pl.place_id = st.place_id
		WHERE ` + days.String() + stateClause(f.State, current) + `
		GROUP BY t.patient_id, t.listed_first`
	args = append([]any{last, first}, days.args...)
	if f.State != "" {
		args = append(args, currentArgs...)
	}
	if f.From != 0 || f.To != 0 || len(f.InStates()) > 0 || len(f.Pathways) > 0 {
		return query, args
	}
	// A delay with no counted day yet is there too, unless days are asked for.
	var rest where
	rest.scoped(scope, "d.provider_id", "g.council")
	rest.add("NOT EXISTS (SELECT 1 FROM segment s WHERE s.patient_id = d.patient_id AND s.listed_first = d.listed_first)")
	if len(uncounted.conditions) > 0 {
		rest.add(uncounted.String(), uncounted.args...)
		f.Bodies = nil
	}
	rest.narrow(f)
	query += `
		UNION ALL
		SELECT d.patient_id, d.listed_first, 0
		FROM delay d
		JOIN patient p ON p.patient_id = d.patient_id
		JOIN statement st ON st.statement_id = d.statement_id
		JOIN given g ON g.given_id = st.given_id
		JOIN place pl ON pl.place_id = st.place_id
		WHERE ` + rest.String() + stateClause(f.State, current)
	args = append(args, rest.args...)
	if f.State != "" {
		args = append(args, currentArgs...)
	}
	return query, args
}

// named is the condition on a patient called named that they have a reference. The
// index goes by sender, so that what one file brings lies together: those of all in
// the order of their references were half of what a nation's year wrote.
const named = "named.sender_id IN (SELECT provider_id FROM provider) AND named.reference = ?"

// narrow adds the parts of a filter that speak of a statement and its patient.
func (w *where) narrow(f record.Filter) {
	w.filter(f.Filter)
	if len(f.Providers) > 0 {
		var codes where
		in(&codes, "code", f.Providers, func(code string) any { return code })
		w.add("d.provider_id IN (SELECT provider_id FROM provider WHERE "+codes.String()+")", codes.args...)
	}
	in(w, "pl.site", f.Sites, func(s string) any { return s })
	in(w, "pl.ward", f.Wards, func(s string) any { return s })
	if f.Reference != "" {
		w.add("p.patient_id IN (SELECT person_id FROM patient named WHERE "+named+")", f.Reference)
	}
}

// latest gives, as a condition, whether what the delay d comes to is the
// scope's own, as view has it: a council does not see where another council's
// delay went on. What the log states of the last days stands before the extract.
func latest(scope people.Scope) (condition string, args []any) {
	if len(scope.Councils()) == 0 {
		return "1", nil
	}
	var w where
	w.scoped(scope, "d.provider_id", "lg.council")
	return `coalesce(
		(SELECT ` + w.String() + `
			FROM stretch lt
			JOIN statement ls ON ls.statement_id = lt.statement_id
			JOIN given lg ON lg.given_id = ls.given_id
			WHERE lt.patient_id = d.patient_id AND lt.listed_first = d.listed_first
			ORDER BY lt.first_day DESC
			LIMIT 1),
		(SELECT ` + w.String() + `
			FROM statement ls
			JOIN given lg ON lg.given_id = ls.given_id
			WHERE ls.statement_id = d.statement_id))`, append(slices.Clone(w.args), w.args...)
}

func stateClause(state record.State, current string) string {
	switch state {
	case record.Open:
		return " AND d.end_date = 0 AND " + current
	case record.Ended:
		return " AND NOT (d.end_date = 0 AND " + current + ")"
	default:
		return ""
	}
}

// uncertainReady says whether the log's last word of when the person of the
// delay m became ready is marked uncertain.
const uncertainReady = `EXISTS (
	SELECT 1
	FROM log_entry l
	JOIN delay d ON d.patient_id = m.patient_id AND d.listed_first = m.listed_first
	WHERE l.patient_id = m.patient_id AND l.uncertain = 1 AND l.made_on >= d.ready_date AND (d.end_date = 0 OR l.day < d.end_date)
		AND NOT EXISTS (
			SELECT 1
			FROM log_entry u
			WHERE u.patient_id = l.patient_id AND u.entry_id > l.entry_id
				AND (u.undoes = l.entry_id OR u.kind IN (1, 6, 8) AND (d.end_date = 0 OR u.day < d.end_date)
					AND NOT EXISTS (SELECT 1 FROM log_entry x WHERE x.patient_id = u.patient_id AND x.undoes = u.entry_id))))`

// ScopedDelays gives one page of the delays that the scope may see and the
// filter lets through, without identifiers (P1).
func (s *Store) ScopedDelays(ctx context.Context, scope people.Scope, f record.Filter, page record.Page) (*record.List, error) {
	out := &record.List{}
	l, err := s.scopedList(ctx, scope, f, page)
	if err != nil || scope.Empty() {
		return out, err
	}
	defer l.done()
	query, args := matched(scope, f, l.uncounted)
	if err := l.tx.QueryRowContext(ctx, `
		SELECT count(*), coalesce(sum(days), 0), coalesce(sum(CASE WHEN `+uncertainReady+` THEN days END), 0)
		FROM (`+query+`) m`, args...).Scan(&out.Total, &out.Days, &out.Uncertain); err != nil {
		return nil, fmt.Errorf("counting delays: %w", err)
	}
	size, number := min(cmp.Or(page.Size, 50), record.MaxPage), max(page.Number, 1)
	err = l.each(ctx, size, (number-1)*size, func(d record.Delay) error {
		out.Delays = append(out.Delays, d)
		return nil
	})
	return out, err
}

// EachScopedDelay gives all delays that the scope may see and the filter lets
// through in turn, without identifiers (P1), for files. It reads them in one
// pass, whatever their number.
func (s *Store) EachScopedDelay(ctx context.Context, scope people.Scope, f record.Filter, order record.Sort,
	each func(record.Delay) error) error {
	l, err := s.scopedList(ctx, scope, f, record.Page{Sort: order})
	if err != nil || scope.Empty() {
		return err
	}
	defer l.done()
	return l.each(ctx, -1, 0, each)
}

// scopedList reads a list of delays as of one moment.
type scopedList struct {
	tx    *sql.Tx
	done  func()
	scope people.Scope
	f     record.Filter
	order string
	// uncounted are the bodies of f where no day counts yet.
	uncounted where
}

// scopedList checks what is asked for. For a scope that is not empty the caller
// calls done.
func (s *Store) scopedList(ctx context.Context, scope people.Scope, f record.Filter, page record.Page) (*scopedList, error) {
	l := &scopedList{scope: scope, f: f}
	switch page.Sort {
	case record.ByReady, "":
		l.order = "d.ready_date"
		if page.Descending {
			l.order = "d.ready_date DESC"
		}
	case record.ByDays:
		l.order = "m.days DESC, d.ready_date"
		if page.Descending {
			l.order = "m.days, d.ready_date DESC"
		}
	default:
		return nil, problem.New(problem.Invalid, "Found the order %q. Use ready or days.", page.Sort)
	}
	if f.State != "" && f.State != record.Open && f.State != record.Ended {
		return nil, problem.New(problem.Invalid, "Found the state %q. Use open or ended.", f.State)
	}
	if scope.Empty() {
		return l, nil
	}
	var err error
	if l.tx, l.done, err = s.atOnce(ctx); err != nil {
		return nil, err
	}
	narrowed := l.f.Filter
	if err := l.uncounted.given(ctx, l.tx, &narrowed, never); err != nil {
		l.done()
		return nil, err
	}
	return l, nil
}

// each gives the delays of the list in order, at most limit of them from offset
// on; -1 is all.
func (l *scopedList) each(ctx context.Context, limit, offset int, each func(record.Delay) error) error {
	query, args := matched(l.scope, l.f, l.uncounted)
	current, currentArgs := latest(l.scope)
	rows, err := l.tx.QueryContext(ctx, `
		SELECT v.code, p.reference, d.patient_id, d.listed_first, d.ready_date, d.end_date, d.end_kind, m.days, `+current+`,
			pl.site, pl.ward, pl.bed
		FROM (`+query+`) m
		JOIN delay d ON d.patient_id = m.patient_id AND d.listed_first = m.listed_first
		JOIN patient p ON p.patient_id = d.patient_id
		JOIN provider v ON v.provider_id = d.provider_id
		JOIN statement st ON st.statement_id = d.statement_id
		JOIN place pl ON pl.place_id = st.place_id
		ORDER BY `+l.order+`, v.code, p.reference, d.listed_first
		LIMIT ? OFFSET ?`,
		append(append(append([]any{}, currentArgs...), args...), limit, offset)...)
	if err != nil {
		return fmt.Errorf("listing delays: %w", err)
	}
	defer rows.Close()
	var some []scopedDelay
	give := func() error {
		if err := l.stretches(ctx, some); err != nil {
			return err
		}
		for _, d := range some {
			if err := each(d.Delay); err != nil {
				return err
			}
		}
		some = some[:0]
		return nil
	}
	for rows.Next() {
		var d scopedDelay
		var current bool
		if err := rows.Scan(&d.Provider, &d.Reference, &d.patient, &d.Listed, &d.Ready, &d.End, &d.EndKind, &d.Days, &current, &d.Site, &d.Ward,
			&d.Bed); err != nil {
			return err
		}
		if !current {
			d.Moved, d.End, d.EndKind, d.Site, d.Ward, d.Bed = true, 0, delay.Open, "", "", ""
		}
		if some = append(some, d); len(some) == manyAtOnce {
			if err := give(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return give()
}

// scopedDelay is a delay with the patient whose it is.
type scopedDelay struct {
	record.Delay
	patient int64
}

// stretches fills in what of each delay's counted days the scope may see.
func (l *scopedList) stretches(ctx context.Context, delays []scopedDelay) error {
	type one struct {
		At              int
		Patient, Listed int64
	}
	wanted := make([]one, len(delays))
	for i, d := range delays {
		wanted[i] = one{i, d.patient, int64(d.Listed)}
	}
	amended, err := amendments(ctx, l.tx)
	if err != nil {
		return err
	}
	var w where
	w.scoped(l.scope, "d.provider_id", "g.council")
	// Days are told apart by pathway only where it is asked about.
	ways := "LEFT JOIN pathway y ON false"
	if len(l.f.Pathways) > 0 {
		ways = `LEFT JOIN pathway y ON y.patient_id = t.patient_id AND y.listed_first = t.listed_first
			AND y.first_day <= min(t.last_day, coalesce(s.last_day, t.last_day))
			AND y.last_day >= max(t.first_day, coalesce(s.first_day, t.first_day))`
	}
	// CROSS JOIN keeps SQLite from walking all stretches.
	err = lookUp(ctx, l.tx, `
		SELECT w.value ->> 'At', max(t.first_day, coalesce(s.first_day, 0), coalesce(y.first_day, 0)),
			min(t.last_day, coalesce(s.last_day, t.last_day), coalesce(y.last_day, t.last_day)), t.mark, coalesce(y.pathway, ''),
			coalesce(s.body, -1), coalesce(s.by_people, 0), coalesce(s.first_day, 0), coalesce(s.reason, ''), coalesce(s.council, ''),
			coalesce(s.care, 0), coalesce(s.state, 0), t.listed_first, pl.site, pl.ward, pl.bed,
			`+givenColumns+`
		FROM json_each(?) w
		CROSS JOIN stretch t ON t.patient_id = w.value ->> 'Patient' AND t.listed_first = w.value ->> 'Listed'
		JOIN delay d ON d.patient_id = t.patient_id AND d.listed_first = t.listed_first
		LEFT JOIN segment s ON `+together+`
		`+ways+`
		JOIN statement st ON st.statement_id = t.statement_id
		JOIN given g ON g.given_id = st.given_id
		JOIN place pl ON pl.place_id = st.place_id
		WHERE `+w.String()+`
		ORDER BY 1, 2`, wanted, func(rows *sql.Rows) error {
		var at int
		var body int64
		var byPeople bool
		var listed delay.Day
		var st record.Stretch
		var g attribution.Given
		var o attribution.Outcome
		c := &st.Counted
		if err := rows.Scan(append([]any{&at, &st.First, &st.Last, &st.Mark, &c.Pathway, &body, &byPeople, &c.First, &c.Reason,
			&c.Council, &c.Care, &c.State, &listed, &st.Site, &st.Ward, &st.Bed}, scanGiven(&g, &o)...)...); err != nil {
			return err
		}
		c.Body = delay.Body(max(body, 0))
		st.Reason, st.Council, st.Care = g.Reason, g.Council, g.Care
		for _, until := range append(amended.Begins(g.Reason, st.First, st.Last), st.Last+1) {
			part := st
			part.Last = until - 1
			ruled := amendedOutcome(amended, g, o, attribution.ListingDay(st.Mark, listed, part.First))
			if part.Rule, part.Body = ruled.Rule, delay.Body(max(body, 0)); body < 0 { // The day counts nowhere.
				part.Body = ruled.Body
			}
			if byPeople {
				part.Rule = "A6"
			}
			delays[at].Stretches = append(delays[at].Stretches, part)
			st.First = until
		}
		return nil
	}, w.args...)
	for i := range delays {
		d := &delays[i]
		if n := len(d.Stretches); n > 0 && d.Moved {
			last := d.Stretches[n-1]
			d.End, d.EndKind, d.Site, d.Ward, d.Bed = last.Last+1, delay.Inferred, last.Site, last.Ward, last.Bed
		}
	}
	return err
}

// reachable gives, as conditions on the patient p, who of the patients the
// scope may see: those with a delay that it reaches.
func reachable(scope people.Scope) where {
	var days, rest where
	days.scoped(scope, "d.provider_id", "g.council")
	rest.scoped(scope, "d.provider_id", "g.council")
	var w where
	w.add(`(EXISTS (
			SELECT 1
			FROM delay d
			JOIN stretch t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first
			JOIN statement st ON st.statement_id = t.statement_id
			JOIN given g ON g.given_id = st.given_id
			WHERE d.patient_id = p.patient_id AND `+days.String()+`)
		OR EXISTS (
			SELECT 1
			FROM delay d
			JOIN statement st ON st.statement_id = d.statement_id
			JOIN given g ON g.given_id = st.given_id
			WHERE d.patient_id = p.patient_id AND d.first_day = 0 AND `+rest.String()+`))`, append(append([]any{}, days.args...), rest.args...)...)
	return w
}

// Identifiers gives the identifiers of the patient with the reference and notes
// the display in the audit log, both or neither (P2). The error is a Forbidden
// problem when the actor's role never sees identifiers, a NotFound problem when
// the scope holds no such patient, and an Unavailable problem without the key:
// key is nil when it is lost.
func (s *Store) Identifiers(ctx context.Context, by people.Actor, key *identity.Key, reference string) (*record.Identifiers, error) {
	scope := by.Scope()
	if !scope.Identifiers() {
		return nil, problem.New(problem.Forbidden, "NHS numbers and hospital numbers are shown to coordinators and reviewers only. Your "+
			"role is %s.", by.Grant.Role)
	}
	if key == nil {
		return nil, problem.New(problem.Unavailable, "The key file for identifiers is missing. Figures still work; identifiers cannot be shown. "+
			"Ask the person who runs Homeward to restore the key file from the backup.")
	}
	out := &record.Identifiers{Reference: reference}
	err := s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		if err := s.sameKey(ctx, r); err != nil {
			return err
		}
		w := reachable(scope)
		var numbers [][2][]byte
		patients := map[int64]bool{}
		err := eachRow(ctx, r.Tx, `
			SELECT v.code, p.patient_id, m.nhs_number, m.local_id, m.purged_at <> 0
			FROM patient named
			JOIN patient p ON p.patient_id = named.person_id
			JOIN patient m ON m.person_id = p.patient_id
			JOIN provider v ON v.provider_id = p.provider_id
			WHERE `+named+` AND `+w.String()+`
			ORDER BY m.nhs_id = 0, m.patient_id`, func(rows *sql.Rows) error {
			var patient int64
			var purged bool
			var nhs, local []byte
			err := rows.Scan(&out.Provider, &patient, &nhs, &local, &purged)
			out.Purged = out.Purged || purged
			patients[patient] = true
			numbers = append(numbers, [2][]byte{nhs, local})
			return err
		}, append([]any{reference}, w.args...)...)
		if err != nil {
			return err
		}
		switch len(patients) {
		case 0:
			return problem.New(problem.NotFound, "No delay in your area matches this reference.")
		case 1:
		default:
			// Showing one of two would name the wrong patient.
			return problem.New(problem.Conflict, "Two patients have this reference. Find the patient by hospital number instead.")
		}
		for i, text := range []*string{&out.NHSNumber, &out.LocalID} {
			for _, sealed := range numbers {
				if sealed[i] == nil || *text != "" {
					continue
				}
				if *text, err = key.Open(sealed[i]); err != nil {
					return err
				}
			}
		}
		var shown []string
		if out.NHSNumber != "" {
			shown = append(shown, "NHS number")
		}
		if out.LocalID != "" {
			shown = append(shown, "local number")
		}
		return r.record(entry(by, audit.IdentifierSeen, reference, "", out.Provider+", "+cmp.Or(strings.Join(shown, " and "), "none kept")))
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// FindByNumber gives the references of the patients whom the scope reaches and
// whose NHS number or local number is the one typed, most recent first, at
// most ten, and notes the search without the number. Like Identifiers it needs
// a scope that sees identifiers, and the key: whoever may search by a number
// can tell whose it is.
func (s *Store) FindByNumber(ctx context.Context, by people.Actor, key *identity.Key, number string) ([]string, error) {
	scope := by.Scope()
	if !scope.Identifiers() {
		return nil, problem.New(problem.Forbidden, "Searching by NHS number or hospital number is for coordinators and reviewers only. Your "+
			"role is %s.", by.Grant.Role)
	}
	if key == nil {
		return nil, problem.New(problem.Unavailable, "The key file for identifiers is missing. Search by reference instead, and ask the person "+
			"who runs Homeward to restore the key file from the backup.")
	}
	number = strings.TrimSpace(number)
	var out []string
	err := s.recordedOf(ctx, whatIsDerived, func(r *recording) error {
		if err := s.sameKey(ctx, r); err != nil {
			return err
		}
		var err error
		if out, err = r.findByNumber(scope, key, number); err != nil {
			return err
		}
		return r.record(entry(by, audit.IdentifierSearched, strings.Join(out, " "), "", fmt.Sprintf("%d found", len(out))))
	})
	return out, err
}

// findByNumber matches the number as extracts' numbers are matched (I1): as an
// NHS number, and as the own number of each provider.
func (r *recording) findByNumber(scope people.Scope, key *identity.Key, number string) ([]string, error) {
	type hashOf struct {
		Hash   string
		Sender int64 // 0 for anybody's
	}
	var hashes []hashOf
	add := func(sender int64, p identity.Patient) {
		h := key.Hash(p)
		hashes = append(hashes, hashOf{hex.EncodeToString(h[:]), sender})
	}
	if nhs, reading := identity.NHSNumber(number); reading == identity.Good {
		add(0, identity.Patient{NHSNumber: nhs})
	}
	if local, reading := identity.LocalID(number); reading == identity.Good {
		if err := eachRow(r.ctx, r.Tx, `SELECT provider_id, code FROM provider ORDER BY code`, func(rows *sql.Rows) error {
			var sender int64
			var code string
			err := rows.Scan(&sender, &code)
			add(sender, identity.Patient{Provider: code, LocalID: local})
			add(sender, identity.Patient{Provider: code, Spell: local})
			return err
		}); err != nil {
			return nil, err
		}
	}
	wanted, err := json.Marshal(hashes)
	if err != nil {
		return nil, err
	}
	w := reachable(scope)
	var out []string
	err = eachRow(r.ctx, r.Tx, `
		WITH wanted AS (SELECT unhex(value ->> 'Hash') AS hash, value ->> 'Sender' AS sender FROM json_each(?)),
			found AS (
				SELECT p.person_id FROM wanted JOIN patient p ON p.key_hash = wanted.hash
				UNION
				SELECT p.person_id FROM wanted JOIN local_number l ON l.provider_id = wanted.sender AND l.hash = wanted.hash
					JOIN patient p ON p.local_number <> 0 AND p.local_number = l.local_number_id
				UNION
				SELECT p.person_id FROM wanted JOIN local_number l ON l.provider_id = wanted.sender AND l.hash = wanted.hash
					JOIN stated_with s ON s.local_number_id = l.local_number_id JOIN patient p ON p.patient_id = s.patient_id)
		SELECT p.reference
		FROM found
		JOIN patient p ON p.patient_id = found.person_id
		WHERE `+w.String()+`
		ORDER BY (SELECT max(d.listed_last) FROM delay d WHERE d.patient_id = p.patient_id) DESC, p.reference
		LIMIT 10`, func(rows *sql.Rows) error {
		var reference string
		err := rows.Scan(&reference)
		out = append(out, reference)
		return err
	}, append([]any{string(wanted)}, w.args...)...)
	return out, err
}
