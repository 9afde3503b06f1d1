package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

var _ measure.OverviewSource = (*Store)(nil)

// where gathers the conditions and arguments of a query.
type where struct {
	conditions []string
	args       []any
}

func (w *where) add(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

// in narrows a column to values; no values mean no narrowing.
func in[T any](w *where, column string, values []T, arg func(T) any) {
	if len(values) == 0 {
		return
	}
	w.conditions = append(w.conditions, column+" IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")+")")
	for _, v := range values {
		w.args = append(w.args, arg(v))
	}
}

func (w *where) String() string { return strings.Join(w.conditions, " AND ") }

// filter adds a measure's filter on the columns of month_count or given,
// without the provider.
func (w *where) filter(f measure.Filter) {
	in(w, "council", f.Councils, func(c delay.Council) any { return string(c) })
	in(w, "care", f.Care, func(c delay.CareType) any { return int64(c) })
	in(w, "reason", f.Reasons, func(r delay.Reason) any { return string(r) })
	in(w, "body", f.Bodies, func(b delay.Body) any { return int64(b) })
	in(w, "state", f.InStates(), func(s agreement.State) any { return int64(s) })
	in(w, "pathway", f.Pathways, func(p delay.Pathway) any { return string(p) })
}

// Cells gives the delayed days of a query. It reads month_count only, or what is kept
// of it.
func (s *Store) Cells(ctx context.Context, q measure.Query) ([]measure.Cell, error) {
	return sharedAnswer(ctx, s, question("cells", q), func() ([]measure.Cell, error) { return s.cells(ctx, q) })
}

func (s *Store) cells(ctx context.Context, q measure.Query) ([]measure.Cell, error) {
	table, err := s.counts(ctx)
	switch {
	case err != nil:
		return nil, err
	case table != nil:
		return table.cells(q), nil
	}
	return s.countedCells(ctx, q)
}

// countedCells reads the cells of a query: whole months by their total, parts of
// months, weeks and days by the columns of the days.
func (s *Store) countedCells(ctx context.Context, q measure.Query) ([]measure.Cell, error) {
	sums := map[measure.Cell]int64{}
	first, last := q.From.Month(), q.To.Month()
	daily := q.Has(measure.ByDay) || q.Has(measure.ByWeek)
	switch {
	case daily || first == last:
		if err := s.byDay(ctx, q, first, last, sums); err != nil {
			return nil, err
		}
	default:
		if q.From != first.First() {
			if err := s.byDay(ctx, q, first, first, sums); err != nil {
				return nil, err
			}
			first++
		}
		if q.To != last.Last() {
			if err := s.byDay(ctx, q, last, last, sums); err != nil {
				return nil, err
			}
			last--
		}
		if err := s.byMonth(ctx, q, first, last, sums); err != nil {
			return nil, err
		}
	}
	out := make([]measure.Cell, 0, len(sums))
	for c, days := range sums {
		if days != 0 {
			c.Days = days
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b measure.Cell) int { return compare(q.By, a, b) })
	return out, nil
}

// compare orders cells by the dimensions in turn, each in the order of tables.
func compare(by []measure.Dimension, a, b measure.Cell) int {
	for _, d := range by {
		var c int
		switch d {
		case measure.ByDay, measure.ByWeek, measure.ByMonth:
			c = cmp.Compare(a.Period, b.Period)
		case measure.ByProvider:
			c = cmp.Compare(a.Provider, b.Provider)
		case measure.ByCouncil:
			c = cmp.Or(unknownLast(a.Council, b.Council), cmp.Compare(a.Council, b.Council))
		case measure.ByCare:
			c = cmp.Compare(slices.Index(delay.CareTypes[:], a.Care), slices.Index(delay.CareTypes[:], b.Care))
		case measure.ByReason:
			c = delay.CompareReasons(a.Reason, b.Reason)
		case measure.ByResponsible:
			c = cmp.Compare(slices.Index(delay.Bodies[:], a.Body), slices.Index(delay.Bodies[:], b.Body))
		case measure.ByState:
			c = cmp.Compare(slices.Index(agreement.States[:], a.State), slices.Index(agreement.States[:], b.State))
		case measure.ByPathway:
			c = cmp.Compare(slices.Index(delay.Pathways[:], a.Pathway), slices.Index(delay.Pathways[:], b.Pathway))
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func unknownLast[T ~string](a, b T) int {
	switch {
	case a == "" && b != "":
		return 1
	case a != "" && b == "":
		return -1
	default:
		return 0
	}
}

// dimensions gives the columns that a query groups by, and a cell's fields to
// scan them into.
func dimensions(q measure.Query) (columns []string, fields func(*measure.Cell) []any) {
	var pick []func(*measure.Cell) any
	for _, d := range q.By {
		switch d {
		case measure.ByProvider:
			columns = append(columns, "code")
			pick = append(pick, func(c *measure.Cell) any { return &c.Provider })
		case measure.ByCouncil:
			columns = append(columns, "council")
			pick = append(pick, func(c *measure.Cell) any { return &c.Council })
		case measure.ByCare:
			columns = append(columns, "care")
			pick = append(pick, func(c *measure.Cell) any { return &c.Care })
		case measure.ByReason:
			columns = append(columns, "reason")
			pick = append(pick, func(c *measure.Cell) any { return &c.Reason })
		case measure.ByState:
			columns = append(columns, "state")
			pick = append(pick, func(c *measure.Cell) any { return &c.State })
		case measure.ByPathway:
			columns = append(columns, "pathway")
			pick = append(pick, func(c *measure.Cell) any { return &c.Pathway })
		case measure.ByResponsible:
			columns = append(columns, "body")
			pick = append(pick, func(c *measure.Cell) any { return &c.Body })
		}
	}
	return columns, func(c *measure.Cell) []any {
		out := make([]any, len(pick))
		for i, p := range pick {
			out[i] = p(c)
		}
		return out
	}
}

func (s *Store) byMonth(ctx context.Context, q measure.Query, first, last delay.Month, sums map[measure.Cell]int64) error {
	if first > last {
		return nil
	}
	columns, fields := dimensions(q)
	period := "0"
	if q.Has(measure.ByMonth) {
		period = "month"
	}
	return s.eachCount(ctx, q, first, last, period, columns, "sum(days)", func(rows *sql.Rows) error {
		var c measure.Cell
		var month delay.Month
		var days int64
		if err := rows.Scan(append(append([]any{&month}, fields(&c)...), &days)...); err != nil {
			return err
		}
		if month != 0 {
			c.Period = month.First()
		}
		sums[c] += days
		return nil
	})
}

func (s *Store) byDay(ctx context.Context, q measure.Query, first, last delay.Month, sums map[measure.Cell]int64) error {
	columns, fields := dimensions(q)
	totals := make([]string, 31)
	for i := range totals {
		totals[i] = "sum(" + dayColumn(i+1) + ")"
	}
	return s.eachCount(ctx, q, first, last, "month", columns, strings.Join(totals, ", "), func(rows *sql.Rows) error {
		var c measure.Cell
		var month delay.Month
		var days [31]int64
		into := append([]any{&month}, fields(&c)...)
		for i := range days {
			into = append(into, &days[i])
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, n := range days {
			day := month.First() + delay.Day(i)
			if n == 0 || day < q.From || day > q.To {
				continue
			}
			switch {
			case q.Has(measure.ByDay):
				c.Period = day
			case q.Has(measure.ByWeek):
				c.Period = max(day.Week(), q.From)
			case q.Has(measure.ByMonth):
				c.Period = max(month.First(), q.From)
			}
			sums[c] += n
		}
		return nil
	})
}

// eachCount reads grouped rows of month_count. Column names come from this
// package alone; values are always arguments.
func (s *Store) eachCount(ctx context.Context, q measure.Query, first, last delay.Month, period string, columns []string, sums string,
	f func(*sql.Rows) error) error {
	var w where
	w.add("month BETWEEN ? AND ?", first, last)
	w.filter(q.Filter)
	if len(q.Filter.Providers) > 0 {
		// A sub-query keeps the filter on the numbered column of the key.
		var codes where
		in(&codes, "code", q.Filter.Providers, func(code string) any { return code })
		w.add("provider_id IN (SELECT provider_id FROM provider WHERE "+codes.String()+")", codes.args...)
	}
	from := "month_count"
	if slices.Contains(columns, "code") {
		from += " JOIN provider USING (provider_id)"
	}
	group := slices.Clone(columns)
	if period != "0" {
		group = append([]string{period}, group...)
	}
	query := "SELECT " + strings.Join(append([]string{period}, columns...), ", ") + ", " + sums + " FROM " + from + " WHERE " + w.String()
	if len(group) > 0 {
		query += " GROUP BY " + strings.Join(group, ", ")
	} else {
		query += " HAVING count(*) > 0"
	}
	rows, err := s.read.QueryContext(ctx, query, w.args...)
	if err != nil {
		return fmt.Errorf("counts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// providerDays gives where the extracts of providers stand, nil for all. A provider's
// days come as one text, because ten years of a nation are 400,000 rows.
func (s *Store) providerDays(ctx context.Context, from, to delay.Day, codes []string) ([]measure.ProviderDays, error) {
	if codes != nil && len(codes) == 0 {
		return nil, nil
	}
	var which where
	which.add("true")
	in(&which, "v.code", codes, func(code string) any { return code })
	const days = `
			(SELECT json_group_array(extract_date) FROM (
				SELECT DISTINCT extract_date
				FROM standing s
				WHERE s.provider_id = v.provider_id AND extract_date BETWEEN ?1 AND ?2 AND `
	const ordered = ` <> 0
				ORDER BY extract_date))`
	const one = `
			coalesce((
				SELECT extract_date
				FROM standing s
				WHERE s.provider_id = v.provider_id AND counted_extract <> 0
				ORDER BY extract_date `
	rows, err := s.read.QueryContext(ctx, `
		SELECT v.code,`+days+`counted_extract`+ordered+`,`+days+`held_extract`+ordered+`,`+one+`LIMIT 1), 0),`+one+`DESC LIMIT 1), 0)
		FROM provider v
		WHERE `+which.String()+`
		ORDER BY v.code`, append([]any{from, to}, which.args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []measure.ProviderDays
	for rows.Next() {
		var p measure.ProviderDays
		var counted, held []byte
		if err := rows.Scan(&p.Code, &counted, &held, &p.First, &p.Latest); err != nil {
			return nil, err
		}
		if p.Counted, err = parseDays(counted); err != nil {
			return nil, err
		}
		if p.Held, err = parseDays(held); err != nil {
			return nil, err
		}
		if len(p.Counted)+len(p.Held) > 0 {
			out = append(out, p)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	histories, err := s.histories(ctx)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if h := histories[out[i].Code]; h != nil {
			out[i].Lacking = h.lacking(out[i].Counted)
		}
		if out[i].Latest == 0 {
			continue
		}
		var received int64
		if err := s.read.QueryRowContext(ctx, `
			SELECT e.kept, `+firstReceived+`
			FROM provider v
			JOIN standing s ON s.provider_id = v.provider_id
			JOIN extract e ON e.extract_id = s.counted_extract
			JOIN file f ON f.file_id = e.file_id
			WHERE v.code = ? AND s.extract_date = ?
			ORDER BY s.sender_id <> s.provider_id, s.sender_id
			LIMIT 1`, out[i].Code, out[i].Latest).Scan(&out[i].Rows, &received); err != nil {
			return nil, err
		}
		out[i].LatestReceived = time.UnixMicro(received)
	}
	fromLog, err := s.fromLog(ctx, from, to, which)
	if err != nil {
		return nil, err
	}
	out = append(out, fromLog...)
	slices.SortFunc(out, func(a, b measure.ProviderDays) int { return cmp.Compare(a.Code, b.Code) })
	return out, nil
}

// fromLog gives the providers that send no extracts and are run from the log:
// it is evidence for every day from the first that it counts (C17).
func (s *Store) fromLog(ctx context.Context, from, to delay.Day, which where) ([]measure.ProviderDays, error) {
	var out []measure.ProviderDays
	err := eachRow(ctx, s.read, `
		SELECT v.code, min(d.ready_date), w.log_day, sum(d.end_kind = 0)
		FROM provider v
		JOIN delay d ON d.provider_id = v.provider_id
		JOIN derived_with w
		WHERE NOT EXISTS (SELECT 1 FROM standing s WHERE s.provider_id = v.provider_id AND s.counted_extract <> 0)
			AND `+which.String()+`
		GROUP BY v.provider_id`, func(rows *sql.Rows) error {
		p := measure.ProviderDays{FromLog: true}
		if err := rows.Scan(&p.Code, &p.First, &p.Latest, &p.Rows); err != nil {
			return err
		}
		for day := max(from, p.First); day <= min(to, p.Latest); day++ {
			p.Counted = append(p.Counted, day)
		}
		if len(p.Counted) > 0 {
			out = append(out, p)
		}
		return nil
	}, which.args...)
	return out, err
}

// Waiting gives the people delayed at providers on an extract date of each, by
// the delayed days that they have by then, paused days left out. It reads the delays that were last
// listed on or after that day and covers no others.
func (s *Store) Waiting(ctx context.Context, f measure.Filter, at map[string]delay.Day) ([]measure.Waited, error) {
	return sharedAnswer(ctx, s, question("waiting", measure.Query{Filter: f}, at), func() ([]measure.Waited, error) {
		var out []measure.Waited
		for _, day := range sameDay(at) {
			waited, err := s.waiting(ctx, f, day)
			if err != nil {
				return nil, err
			}
			out = append(out, waited...)
		}
		return out, nil
	})
}

// providersOn are the codes of providers of whom the same day is asked.
type providersOn struct {
	day   delay.Day
	codes []string
}

// in is the condition that a delay d is of the providers.
func (p providersOn) in(w *where) {
	var codes where
	in(&codes, "code", p.codes, func(code string) any { return code })
	w.add("d.provider_id IN (SELECT provider_id FROM provider WHERE "+codes.String()+")", codes.args...)
}

// sameDay puts the providers of each day together: those of a nation differ by a few
// days, and one query of many is much less than many.
func sameDay(at map[string]delay.Day) (out []providersOn) {
	for _, code := range slices.Sorted(maps.Keys(at)) {
		day := at[code]
		i := slices.IndexFunc(out, func(p providersOn) bool { return p.day == day })
		if i < 0 {
			i = len(out)
			out = append(out, providersOn{day: day})
		}
		out[i].codes = append(out[i].codes, code)
	}
	return out
}

func (s *Store) waiting(ctx context.Context, f measure.Filter, on providersOn) ([]measure.Waited, error) {
	var w where
	on.in(&w)
	w.add("d.listed_last >= ?", on.day)
	w.add("d.first_day BETWEEN 1 AND ?", on.day)
	w.add("d.last_day >= ?", on.day)
	w.filter(f)
	rows, err := s.read.QueryContext(ctx, `
		SELECT v.code, t.body, (
				SELECT sum(min(x.last_day, ?) - x.first_day + 1)
				FROM segment x
				WHERE x.patient_id = d.patient_id AND x.listed_first = d.listed_first AND x.first_day <= ?
			) AS waited, count(*)
		FROM delay d
		JOIN `+segmentsOf(f, nil)+` t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first AND ? BETWEEN t.first_day AND `+
		`t.last_day
		JOIN provider v ON v.provider_id = d.provider_id
		WHERE `+w.String()+`
		GROUP BY v.code, t.body, waited`, append([]any{on.day, on.day, on.day}, w.args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []measure.Waited
	for rows.Next() {
		var one measure.Waited
		if err := rows.Scan(&one.Provider, &one.Body, &one.Days, &one.People); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// ReadyOn gives the number of people listed at providers on a day of each whose
// ready day it is (C16).
func (s *Store) ReadyOn(ctx context.Context, f measure.Filter, at map[string]delay.Day) (int64, error) {
	return sharedCount(ctx, s, question("ready on", measure.Query{Filter: f}, at), func() (all int64, err error) {
		for _, day := range sameDay(at) {
			n, err := s.readyOn(ctx, f, day)
			if err != nil {
				return 0, err
			}
			all += n
		}
		return all, nil
	})
}

func (s *Store) readyOn(ctx context.Context, f measure.Filter, on providersOn) (int64, error) {
	var w where
	day := on.day
	on.in(&w)
	w.add("d.listed_last >= ? AND d.listed_first <= ? AND d.ready_date = ?", day, day, day)
	f.States, f.Basis = nil, measure.BasisCounted // Nothing is proposed before the first day counts.
	if len(f.Pathways) > 0 {
		var as where
		in(&as, "coalesce((SELECT h.pathway FROM pathway_listed h WHERE h.patient_id = m.patient_id AND ? BETWEEN h.first_date AND "+
			"h.last_date), '')", f.Pathways, func(p delay.Pathway) any { return string(p) })
		w.add(as.String(), append([]any{day}, as.args...)...)
		f.Pathways = nil
	}
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	if err := w.given(ctx, tx, &f, day); err != nil {
		return 0, err
	}
	w.filter(f)
	var n int64
	err = tx.QueryRowContext(ctx, `
		SELECT count(DISTINCT d.provider_id || char(9) || d.patient_id)
		FROM delay d
		JOIN patient m ON m.person_id = d.patient_id
		JOIN presence p ON p.patient_id = m.patient_id AND ? BETWEEN p.first_date AND p.last_date
		JOIN statement st ON st.statement_id = p.statement_id AND st.ready_date <> 0
		JOIN given g ON g.given_id = st.given_id
		WHERE `+w.String(), append([]any{day}, w.args...)...).Scan(&n)
	return n, err
}
