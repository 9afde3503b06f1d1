package sqlite

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"homeward/internal/audit"
	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/problem"
)

var _ closing.Source = (*Store)(nil)

// CloseMonth keeps what a month is closed with and notes it in the audit log,
// in one transaction. It was worked out of a snapshot that was held at r.At: what
// arrived since is a revision. A month that is closed already is a problem of
// kind Conflict.
func (s *Store) CloseMonth(ctx context.Context, by people.Actor, r closing.Record, words string) error {
	return s.recorded(ctx, func(tx *recording) error {
		was, err := oneClose(ctx, tx.Tx, r.Month)
		if err == nil {
			return problem.New(problem.Conflict, "%s was closed already, on %s. Nothing has changed.", r.Month.Long(),
				was.At.Format("2 January 2006"))
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO month_close (month, closed_at, role, codes, rule_set, rule_version, days, frozen, sha256)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.Month, r.At.UnixMicro(), r.Role, strings.Join(r.Codes, ","), r.RuleSet, r.RuleVersion, r.Days, r.Frozen, r.SHA256[:]); err != nil {
			return err
		}
		if len(r.England) > 0 {
			if _, err := tx.ExecContext(ctx, `INSERT INTO month_close_england (month, frozen) VALUES (?, ?)`, r.Month, r.England); err != nil {
				return err
			}
		}
		return tx.record(entry(by, audit.MonthClosed, r.Month.String(), "", words))
	})
}

const closeColumns = `month, closed_at, role, codes, rule_set, rule_version, days, sha256`

func closeInto(r *closing.Record, more ...any) (into []any, done func()) {
	var at int64
	var codes string
	var sum []byte
	return append([]any{&r.Month, &at, &r.Role, &codes, &r.RuleSet, &r.RuleVersion, &r.Days, &sum}, more...), func() {
		r.At = moment(at)
		if codes != "" {
			r.Codes = strings.Split(codes, ",")
		}
		if len(sum) == sha256.Size {
			r.SHA256 = [sha256.Size]byte(sum)
		}
	}
}

// Closes gives the months that are closed, the earliest first, without what
// they were closed with.
func (s *Store) Closes(ctx context.Context) ([]closing.Record, error) {
	var out []closing.Record
	err := eachRow(ctx, s.read, `SELECT `+closeColumns+` FROM month_close ORDER BY month`, func(rows *sql.Rows) error {
		var r closing.Record
		into, done := closeInto(&r)
		err := rows.Scan(into...)
		done()
		out = append(out, r)
		return err
	})
	return out, err
}

// ClosedMonth gives what a month was closed with; ok is false when it is not
// closed.
func (s *Store) ClosedMonth(ctx context.Context, m delay.Month) (r closing.Record, ok bool, err error) {
	r, err = oneClose(ctx, s.read, m)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

func oneClose(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, m delay.Month) (closing.Record, error) {
	var r closing.Record
	into, done := closeInto(&r, &r.Frozen)
	err := q.QueryRowContext(ctx, `SELECT `+closeColumns+`, frozen FROM month_close WHERE month = ?`, m).Scan(into...)
	done()
	return r, err
}

// ClosedEngland gives England's counts that a month was closed with, none where
// none were kept.
func (s *Store) ClosedEngland(ctx context.Context, m delay.Month) ([]byte, error) {
	var frozen []byte
	err := s.read.QueryRowContext(ctx, `SELECT frozen FROM month_close_england WHERE month = ?`, m).Scan(&frozen)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return frozen, err
}

// FirstStayDay gives the first day of which an extract that lists everybody in a
// bed is held, zero for none.
func (s *Store) FirstStayDay(ctx context.Context) (delay.Day, error) {
	var first delay.Day
	err := s.read.QueryRowContext(ctx, `
		SELECT coalesce(min(e.extract_date), 0) FROM stay y JOIN extract e ON e.extract_id = y.extract_id`).Scan(&first)
	return first, err
}

// MonthFiles gives the file that counts for each provider's day of the month,
// and the days whose short file is held.
func (s *Store) MonthFiles(ctx context.Context, m delay.Month) ([]closing.File, error) {
	all, err := s.Arrivals(ctx, m.First(), m.Last())
	out := make([]closing.File, 0, len(all))
	for _, a := range all {
		f := closing.File{Provider: a.Provider, Day: a.Day, Held: a.Held, Codes: a.Codes}
		if a.Counted {
			f.SHA256, f.Reading = a.SHA256, a.Reading
		}
		out = append(out, f)
	}
	return out, err
}

// JoinedSince says whether it was found or said since the moment who is one
// person, of people who have delays on days from from to to (I6): a store was
// taken over, people said so, or a file brought two references together.
func (s *Store) JoinedSince(ctx context.Context, at time.Time, from, to delay.Day) (bool, error) {
	var joined bool
	err := s.read.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM derived_with WHERE linked_from > ?1)
			OR EXISTS (SELECT 1 FROM person_verdict WHERE made_at > ?1)
			OR EXISTS (
				SELECT 1
				FROM file f
				JOIN extract e ON e.file_id = f.file_id
				JOIN patient p ON p.provider_id = e.provider_id AND p.group_id <> 0
				JOIN delay d ON d.patient_id = p.person_id AND d.ready_date <= ?3 AND d.listed_last >= ?2
				WHERE f.received_at > ?1)`, at.UnixMicro(), from, to).Scan(&joined)
	return joined, err
}

// MonthPeople gives the people who have a delayed day in the month.
func (s *Store) MonthPeople(ctx context.Context, m delay.Month) (closing.People, error) {
	out := closing.People{Providers: map[string]int64{}, Councils: map[delay.Council]int64{}}
	// One reading of all periods for all three counts.
	type in[T comparable] struct {
		person int64
		of     T
	}
	all, providers, councils := map[int64]bool{}, map[in[string]]bool{}, map[in[delay.Council]]bool{}
	err := eachRow(ctx, s.read, `
		SELECT DISTINCT v.code, t.council, coalesce((SELECT min(nhs_id) FROM patient m WHERE m.person_id = p.patient_id AND m.nhs_id <> 0), `+
		`p.patient_id)
		FROM segment t
		JOIN patient p ON p.patient_id = t.patient_id
		JOIN provider v ON v.provider_id = t.provider_id
		WHERE t.first_day <= ? AND t.last_day >= ?`, func(rows *sql.Rows) error {
		var code string
		var council delay.Council
		var person int64
		if err := rows.Scan(&code, &council, &person); err != nil {
			return err
		}
		all[person], providers[in[string]{person, code}], councils[in[delay.Council]{person, council}] = true, true, true
		return nil
	}, m.Last(), m.First())
	out.All = int64(len(all))
	for p := range providers {
		out.Providers[p.of]++
	}
	for c := range councils {
		out.Councils[c.of]++
	}
	return out, err
}

// Convention gives the convention that the delayed days are counted by.
func (s *Store) Convention() delay.Convention { return s.settings.Delay.Convention }

// Settings gives the settings that everything was derived with, as a text.
func (s *Store) Settings(ctx context.Context) (string, error) {
	var out string
	err := s.read.QueryRowContext(ctx, `SELECT settings FROM derived_with`).Scan(&out)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return out, err
}

// MonthOpen gives the periods with days in the month that are not settled.
func (s *Store) MonthOpen(ctx context.Context, m delay.Month) ([]closing.Open, error) {
	var out []closing.Open
	err := eachRow(ctx, s.read, `
		SELECT v.code, t.council, t.body, t.state, t.next_side, t.level, count(*), sum(min(t.last_day, ?1) - max(t.first_day, ?2) + 1)
		FROM segment t
		JOIN provider v ON v.provider_id = t.provider_id
		WHERE t.state IN (0, 2, 4) AND t.first_day <= ?1 AND t.last_day >= ?2
		GROUP BY 1, 2, 3, 4, 5, 6
		ORDER BY 1, 2, 3, 4, 5, 6`, func(rows *sql.Rows) error {
		var o closing.Open
		err := rows.Scan(&o.Provider, &o.Council, &o.Body, &o.State, &o.Next, &o.Level, &o.Periods, &o.Days)
		out = append(out, o)
		return err
	}, m.Last(), m.First())
	return out, err
}

// Recount counts a month again from the periods, day by day, and from the
// waits, and gives both beside the stored counts by provider. It reads one
// moment and changes nothing.
func (s *Store) Recount(ctx context.Context, m delay.Month) ([]closing.Recounted, error) {
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	by := map[string]*closing.Recounted{}
	of := func(provider string) *closing.Recounted {
		if by[provider] == nil {
			by[provider] = &closing.Recounted{Provider: provider}
		}
		return by[provider]
	}
	type place struct {
		provider string
		cellKey
	}
	// By day of the month; 0 holds the total.
	snapshot, days := map[place]*[32]int64{}, map[place]*[32]int64{}
	at := func(into map[place]*[32]int64, p place) *[32]int64 {
		if into[p] == nil {
			into[p] = new([32]int64)
		}
		return into[p]
	}
	// A close does not tell pathways apart.
	var columns strings.Builder
	for i := 1; i <= 31; i++ {
		columns.WriteString(", sum(" + dayColumn(i) + ")")
	}
	if err := eachRow(ctx, tx, `
		SELECT v.code, c.council, c.care, c.reason, c.body, c.state, sum(c.days)`+columns.String()+`
		FROM month_count c
		JOIN provider v ON v.provider_id = c.provider_id
		WHERE c.month = ?
		GROUP BY 1, 2, 3, 4, 5, 6`, func(rows *sql.Rows) error {
		var p place
		var n [32]int64
		into := []any{&p.provider, &p.council, &p.care, &p.reason, &p.body, &p.state}
		for i := range n {
			into = append(into, &n[i])
		}
		err := rows.Scan(into...)
		*at(snapshot, p) = n
		of(p.provider).Snapshot += n[0]
		return err
	}, m); err != nil {
		return nil, fmt.Errorf("the counts of %s: %w", m, err)
	}
	if err := eachRow(ctx, tx, `
		SELECT v.code, t.council, t.care, t.reason, t.body, t.state, max(t.first_day, ?2), min(t.last_day, ?1), count(*)
		FROM segment t
		JOIN provider v ON v.provider_id = t.provider_id
		WHERE t.first_day <= ?1 AND t.last_day >= ?2
		GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`, func(rows *sql.Rows) error {
		var p place
		var first, last delay.Day
		var periods int64
		if err := rows.Scan(&p.provider, &p.council, &p.care, &p.reason, &p.body, &p.state, &first, &last, &periods); err != nil {
			return err
		}
		n := at(days, p)
		for day := first; day <= last; day++ {
			n[day-m.First()+1] += periods
			n[0] += periods
			of(p.provider).Days += periods
		}
		return nil
	}, m.Last(), m.First()); err != nil {
		return nil, fmt.Errorf("the periods of %s: %w", m, err)
	}
	if err := eachRow(ctx, tx, `
		SELECT v.code, sum(min(d.last_day, ?1) - max(d.first_day, ?2) + 1) - coalesce(sum((
			SELECT sum(min(x.last_day, ?1, d.last_day) - max(x.first_day, ?2, d.first_day) + 1)
			FROM stretch x
			WHERE x.patient_id = d.patient_id AND x.listed_first = d.listed_first AND x.mark IN (5, 7) AND x.first_day <= min(?1, d.last_day) AND `+
		`x.last_day >= max(?2, d.first_day))), 0)
		FROM delay d
		JOIN provider v ON v.provider_id = d.provider_id
		WHERE d.first_day BETWEEN 1 AND ?1 AND d.last_day >= ?2
		GROUP BY v.code`, func(rows *sql.Rows) error {
		var code string
		var n int64
		err := rows.Scan(&code, &n)
		of(code).Waits = n
		return err
	}, m.Last(), m.First()); err != nil {
		return nil, fmt.Errorf("the waits of %s: %w", m, err)
	}
	for p := range days {
		at(snapshot, p)
	}
	for p, n := range snapshot {
		counted, r := *at(days, p), of(p.provider)
		for i := range n {
			if n[i] == counted[i] {
				continue
			}
			l := closing.Line{Council: p.council, Care: p.care, Reason: p.reason, Body: p.body, State: p.state, Snapshot: n[i], Days: counted[i]}
			if i > 0 {
				l.Day = m.First() + delay.Day(i) - 1
			}
			r.Lines = append(r.Lines, l)
		}
	}
	out := make([]closing.Recounted, 0, len(by))
	for _, code := range slices.Sorted(maps.Keys(by)) {
		r := by[code]
		slices.SortFunc(r.Lines, func(a, b closing.Line) int {
			return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Council, b.Council), cmp.Compare(a.Reason, b.Reason),
				cmp.Compare(a.Care, b.Care), cmp.Compare(a.Body, b.Body), cmp.Compare(a.State, b.State))
		})
		out = append(out, *r)
	}
	return out, nil
}
