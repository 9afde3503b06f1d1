package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/measure"
)

var _ measure.CouncilSource = (*Store)(nil)

// inDays makes the conditions on the segments t of the delays d that have a day
// of the query. The index on the last listing keeps old delays out.
func inDays(q measure.Query) where {
	var w where
	// The last counted day is at most a day after the last listing.
	w.add("d.listed_last >= ? AND d.first_day BETWEEN 1 AND ?", q.From-1, q.To)
	w.add("t.last_day >= ? AND t.first_day <= ?", q.From, q.To)
	if len(q.Filter.Providers) > 0 {
		var codes where
		in(&codes, "code", q.Filter.Providers, func(code string) any { return code })
		w.add("d.provider_id IN (SELECT provider_id FROM provider WHERE "+codes.String()+")", codes.args...)
	} else {
		w.add("d.provider_id IN (SELECT provider_id FROM provider)")
	}
	is := besides(q.Filter, "t.")
	w.add(is.String(), is.args...)
	return w
}

// NewDays gives the delayed days of a query that belong to delays which began
// in its period, by its dimensions without its periods. Somebody who was ready
// before their provider's first extract was already waiting when it came (C9),
// as in Events.
func (s *Store) NewDays(ctx context.Context, q measure.Query) ([]measure.Cell, error) {
	return sharedAnswer(ctx, s, question("new days", q), func() ([]measure.Cell, error) { return s.newDays(ctx, q) })
}

func (s *Store) newDays(ctx context.Context, q measure.Query) ([]measure.Cell, error) {
	columns, fields := cellColumns(q, "t.")
	ready := 1
	if s.settings.Delay.Convention.CountReady {
		ready = 0
	}
	w := inDays(q)
	w.add("d.first_day >= ?", q.From)
	w.add(`NOT (d.ready_date + ? < d.first_day AND d.first_day = (
		SELECT min(extract_date) FROM standing c WHERE c.provider_id = d.provider_id AND c.counted_extract <> 0
	))`, ready)
	grouped := ""
	if len(columns) > 0 {
		grouped = " GROUP BY " + strings.Join(columns, ", ")
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT coalesce(sum(min(t.last_day, ?) - t.first_day + 1), 0)`+list(columns)+`
		FROM delay d
		JOIN segment t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first
		JOIN provider v ON v.provider_id = d.provider_id
		WHERE `+w.String()+grouped, append([]any{q.To}, w.args...)...)
	if err != nil {
		return nil, fmt.Errorf("days of new delays: %w", err)
	}
	defer rows.Close()
	var out []measure.Cell
	for rows.Next() {
		var c measure.Cell
		if err := rows.Scan(append([]any{&c.Days}, fields(&c)...)...); err != nil {
			return nil, err
		}
		if c.Days > 0 {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b measure.Cell) int { return compare(q.By, a, b) })
	return out, rows.Err()
}

// PeopleIn gives how many people have a delayed day of a query.
func (s *Store) PeopleIn(ctx context.Context, q measure.Query) (int64, error) {
	return sharedCount(ctx, s, question("people in", q), func() (int64, error) { return s.peopleIn(ctx, q) })
}

func (s *Store) peopleIn(ctx context.Context, q measure.Query) (int64, error) {
	w := inDays(q)
	var n int64
	err := s.read.QueryRowContext(ctx, `
		SELECT count(DISTINCT t.patient_id)
		FROM delay d
		JOIN segment t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first
		WHERE `+w.String(), w.args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("people in a period: %w", err)
	}
	return n, nil
}

// NotSettled gives the parts of waits that are not settled and have
// days of a query, by how they stand.
func (s *Store) NotSettled(ctx context.Context, q measure.Query) ([]measure.Standing, error) {
	return sharedAnswer(ctx, s, question("not settled", q), func() ([]measure.Standing, error) { return s.notSettled(ctx, q) })
}

func (s *Store) notSettled(ctx context.Context, q measure.Query) ([]measure.Standing, error) {
	w := inDays(q)
	w.add("t.state IN (?, ?, ?)", agreement.Proposed, agreement.Disputed, agreement.Decided)
	rows, err := s.read.QueryContext(ctx, `
		SELECT state, body, suggested, next_side, level, count(*), sum(days), coalesce(min(nullif(since, 0)), 0)
		FROM (
			SELECT t.state, t.body, t.suggested, t.next_side, t.level, min(t.last_day, ?) - max(t.first_day, ?) + 1 AS days,
				`+sinceColumn+` AS since
			FROM delay d
			JOIN segment t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first
			WHERE `+w.String()+`)
		GROUP BY state, body, suggested, next_side, level
		ORDER BY state, body, suggested, next_side, level`, append([]any{q.To, q.From}, w.args...)...)
	if err != nil {
		return nil, fmt.Errorf("what is not settled: %w", err)
	}
	defer rows.Close()
	var out []measure.Standing
	for rows.Next() {
		var one measure.Standing
		var oldest int64
		if err := rows.Scan(&one.State, &one.Body, &one.Suggested, &one.Next, &one.Level, &one.Waits, &one.Days, &oldest); err != nil {
			return nil, err
		}
		if oldest > 0 {
			one.Oldest = moment(oldest)
		}
		out = append(out, one)
	}
	return out, rows.Err()
}
