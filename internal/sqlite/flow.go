package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

var _ measure.TrendSource = (*Store)(nil)

// besides makes conditions on the columns of a segment, each with a prefix, so
// that both sides of a move can be asked. An empty filter gives "1".
func besides(f measure.Filter, prefix string) where {
	var w where
	w.add("1")
	in(&w, ofLeaving(prefix)+"council", f.Councils, func(c delay.Council) any { return string(c) })
	in(&w, ofLeaving(prefix)+"care", f.Care, func(c delay.CareType) any { return int64(c) })
	in(&w, ofLeaving(prefix)+"reason", f.Reasons, func(r delay.Reason) any { return string(r) })
	in(&w, ofLeaving(prefix)+"body", f.Bodies, func(b delay.Body) any { return int64(b) })
	in(&w, ofLeaving(prefix)+"state", f.InStates(), func(s agreement.State) any { return int64(s) })
	in(&w, prefix+"pathway", f.Pathways, func(p delay.Pathway) any { return string(p) })
	return w
}

// leavingAs is the prefix of columns as they are of a leaving: its pathway can be
// another than that of the last delayed day, everything else is that day's.
const leavingAs = "left_"

// ofLeaving is the prefix of what else than the pathway is asked with prefix.
func ofLeaving(prefix string) string {
	if prefix == leavingAs {
		return ""
	}
	return prefix
}

// waits is the segments of the delays that have a counted day, or an end, from
// from to to, each with its neighbours in the same delay. unpaused is the day on
// which the delay would have begun for the segment to have as many counted days
// before it without a pause. The index on the last listing keeps old delays out.
func (s *Store) waits(q measure.Query) (text string, args []any) {
	var w where
	// The last counted day is at most a day after the last listing, and the end
	// a day after that. The start of a wait is never before its ready date.
	w.add("d.listed_last >= ? AND d.first_day BETWEEN 1 AND ?", q.From-2, q.To)
	var codes where
	if len(q.Filter.Providers) > 0 {
		in(&codes, "code", q.Filter.Providers, func(code string) any { return code })
		w.add("d.provider_id IN (SELECT provider_id FROM provider WHERE "+codes.String()+")", codes.args...)
	} else {
		w.add("d.provider_id IN (SELECT provider_id FROM provider)")
	}
	segments, pathway := segmentsOf(q.Filter, q.By), ""
	if segments != "segment" {
		// left_pathway is that of a leaving; before it, the segment's own.
		pathway = "t.pathway, lag(t.pathway) OVER w AS was_pathway, iif(d.left_to <> '' AND d.end_kind <> " + fmt.Sprint(int(delay.Open)) +
			" AND lead(t.first_day) OVER w IS NULL, d.left_to, t.pathway) AS left_pathway,"
	}
	return `
		WITH s AS (
			SELECT t.patient_id, v.code, t.first_day, t.last_day, t.council, t.care, t.reason, t.body, t.state, ` + pathway + `
				d.ready_date, d.end_kind, d.listed_last, d.provider_id, d.first_day AS began,
				lag(t.last_day) OVER w AS was_last,
				lag(t.council) OVER w AS was_council, lag(t.care) OVER w AS was_care, lag(t.reason) OVER w AS was_reason,
				lag(t.body) OVER w AS was_body, lag(t.state) OVER w AS was_state,
				lead(t.first_day) OVER w AS next_first,
				sum(t.last_day - t.first_day + 1) OVER (PARTITION BY t.patient_id, t.listed_first) AS counted,
				t.first_day - coalesce(sum(t.last_day - t.first_day + 1) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS unpaused
			FROM delay d
			JOIN ` + segments + ` t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first
			JOIN provider v ON v.provider_id = d.provider_id
			WHERE ` + w.String() + `
			WINDOW w AS (PARTITION BY t.patient_id, t.listed_first ORDER BY t.first_day)
		)`, w.args
}

// segmentsOf names what days are counted from: segments, parted by pathway where
// it is asked about.
func segmentsOf(f measure.Filter, by []measure.Dimension) string {
	if len(f.Pathways) > 0 || slices.Contains(by, measure.ByPathway) {
		return "segment_by_pathway"
	}
	return "segment"
}

// cellColumns gives the columns of a query's dimensions without its period.
func cellColumns(q measure.Query, prefix string) (columns []string, fields func(*measure.Cell) []any) {
	columns, fields = dimensions(q)
	out := make([]string, len(columns))
	for i, c := range columns {
		switch {
		case c == "code": // A delay never changes its provider.
		case c == "pathway":
			c = prefix + c
		default:
			c = ofLeaving(prefix) + c
		}
		out[i] = c
	}
	return out, fields
}

// list joins columns that follow others in a query.
func list(columns []string) string {
	var b strings.Builder
	for _, c := range columns {
		b.WriteString(", ")
		b.WriteString(c)
	}
	return b.String()
}

// Events gives what changed the count of people delayed from one day to the
// next, from q.From to q.To, by day and q's dimensions (C16).
func (s *Store) Events(ctx context.Context, q measure.Query) ([]measure.Event, error) {
	out, err := s.entering(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	for _, more := range []func(context.Context, measure.Query) ([]measure.Event, error){s.leaving, s.departing} {
		events, err := more(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		out = append(out, events...)
	}
	slices.SortFunc(out, func(a, b measure.Event) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), compare(q.By, a.Cell, b.Cell), compare(q.By, a.From, b.From))
	})
	return out, nil
}

// entering gives the events at the first days of segments: beginnings and moves.
func (s *Store) entering(ctx context.Context, q measure.Query) ([]measure.Event, error) {
	text, args := s.waits(q)
	is, was := besides(q.Filter, ""), besides(q.Filter, "was_")
	columns, fields := cellColumns(q, "")
	before, fieldsBefore := cellColumns(q, "was_")
	ready := 1
	if s.settings.Delay.Convention.CountReady {
		ready = 0
	}
	// Somebody who was ready before their provider's first extract was already
	// waiting when it came (C9).
	args = append(args, ready)
	args = append(append(args, is.args...), was.args...)
	args = append(args, q.From, q.To)
	// The columns before are null on a beginning, and read as nothing.
	for i, c := range before {
		if c == "was_council" || c == "was_reason" || c == "was_pathway" {
			before[i] = "coalesce(" + c + ", '')"
		} else {
			before[i] = "coalesce(" + c + ", 0)"
		}
		if c == "code" {
			before[i] = "code"
		}
	}
	rows, err := s.read.QueryContext(ctx, text+`
		SELECT first_day,
			CASE
				WHEN was_last = first_day - 1 THEN 2
				WHEN was_last IS NOT NULL THEN 3
				WHEN ready_date + ? < first_day AND first_day = (
					SELECT min(extract_date) FROM standing c WHERE c.provider_id = s.provider_id AND c.counted_extract <> 0
				) THEN 1
				ELSE 0
			END,
			`+is.String()+`, coalesce(`+was.String()+`, 0)`+list(columns)+list(before)+`, count(*)
		FROM s
		WHERE first_day BETWEEN ? AND ?
		GROUP BY `+firstColumns(4+len(columns)+len(before)), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sums := map[measure.Event]int64{}
	for rows.Next() {
		var e measure.Event
		var came int
		var isIn, wasIn bool
		var n int64
		into := append([]any{&e.Day, &came, &isIn, &wasIn}, fields(&e.Cell)...)
		if err := rows.Scan(append(append(into, fieldsBefore(&e.From)...), &n)...); err != nil {
			return nil, err
		}
		if came != 2 {
			e.Kind, e.From = [...]measure.EventKind{measure.Began, measure.AlreadyWaiting, 0, measure.Resumed}[came], measure.Cell{}
			if isIn {
				sums[e] += n
			}
			continue
		}
		for _, e := range moved(e, isIn, wasIn) {
			sums[e] += n
		}
	}
	out := make([]measure.Event, 0, len(sums))
	for e, n := range sums {
		e.People = n
		out = append(out, e)
	}
	return out, rows.Err()
}

// leaving gives the events on the days after segments that nothing follows at
// once: ends, pauses and what is not known yet. An end is on the pathway of the
// leaving.
func (s *Store) leaving(ctx context.Context, q measure.Query) ([]measure.Event, error) {
	text, args := s.waits(q)
	is := besides(q.Filter, leavingAs)
	columns, fields := cellColumns(q, leavingAs)
	args = append(args, delay.Open, q.From-1, q.To-1)
	args = append(args, is.args...)
	rows, err := s.read.QueryContext(ctx, text+`
		SELECT last_day + 1,
			CASE
				WHEN next_first IS NOT NULL THEN 2
				WHEN end_kind <> ? THEN 0
				WHEN listed_last > last_day THEN 2
				ELSE 1
			END`+list(columns)+`, count(*)
		FROM s
		WHERE (next_first IS NULL OR next_first > last_day + 1) AND last_day BETWEEN ? AND ? AND `+is.String()+`
		GROUP BY `+firstColumns(2+len(columns)), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []measure.Event
	for rows.Next() {
		var e measure.Event
		var went int
		if err := rows.Scan(append(append([]any{&e.Day, &went}, fields(&e.Cell)...), &e.People)...); err != nil {
			return nil, err
		}
		e.Kind = [...]measure.EventKind{measure.Ended, measure.NoLongerListed, measure.Paused}[went]
		out = append(out, e)
	}
	return out, rows.Err()
}

// departing gives the moves to the pathway of a leaving where the last delayed
// day is on another: out of one and into the other on the day that ends the wait,
// so that who waits on each still adds up (C16).
func (s *Store) departing(ctx context.Context, q measure.Query) ([]measure.Event, error) {
	if segmentsOf(q.Filter, q.By) == "segment" {
		return nil, nil
	}
	text, args := s.waits(q)
	is, was := besides(q.Filter, leavingAs), besides(q.Filter, "")
	columns, fields := cellColumns(q, leavingAs)
	before, fieldsBefore := cellColumns(q, "")
	args = append(append(args, is.args...), was.args...)
	args = append(args, q.From-1, q.To-1)
	rows, err := s.read.QueryContext(ctx, text+`
		SELECT last_day + 1, `+is.String()+`, `+was.String()+list(columns)+list(before)+`, count(*)
		FROM s
		WHERE left_pathway <> pathway AND last_day BETWEEN ? AND ?
		GROUP BY `+firstColumns(3+len(columns)+len(before)), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []measure.Event
	for rows.Next() {
		var e measure.Event
		var isIn, wasIn bool
		into := append([]any{&e.Day, &isIn, &wasIn}, fields(&e.Cell)...)
		if err := rows.Scan(append(append(into, fieldsBefore(&e.From)...), &e.People)...); err != nil {
			return nil, err
		}
		out = append(out, moved(e, isIn, wasIn)...)
	}
	return out, rows.Err()
}

// moved gives what a move from e.From to e.Cell is to a query that has one of
// them, both or neither.
func moved(e measure.Event, isIn, wasIn bool) []measure.Event {
	if isIn && wasIn && e.Cell == e.From {
		return nil // What changed is not asked about.
	}
	var out []measure.Event
	if isIn {
		e.Kind = measure.MovedIn
		out = append(out, e)
	}
	if wasIn {
		e.Kind, e.Cell, e.From = measure.MovedOut, e.From, e.Cell
		out = append(out, e)
	}
	return out
}

// LongDays gives the delayed days of a query that are at least the atLeast-th
// counted day of their delay, by its dimensions and its day, week or month.
func (s *Store) LongDays(ctx context.Context, q measure.Query, atLeast int) ([]measure.Cell, error) {
	text, args := s.waits(q)
	is := besides(q.Filter, "")
	columns, fields := cellColumns(q, "")
	args = append(args, atLeast-1, q.From, q.To)
	args = append(append(args, is.args...), q.From, q.To, atLeast-1)
	rows, err := s.read.QueryContext(ctx, text+`
		SELECT max(first_day, unpaused + ?, ?), min(last_day, ?)`+list(columns)+`, count(*)
		FROM s
		WHERE `+is.String()+` AND last_day >= ? AND first_day <= ? AND last_day >= unpaused + ?
		GROUP BY `+firstColumns(2+len(columns)), args...)
	if err != nil {
		return nil, fmt.Errorf("long waits: %w", err)
	}
	defer rows.Close()
	sums := map[measure.Cell]int64{}
	for rows.Next() {
		var c measure.Cell
		var first, last delay.Day
		var n int64
		if err := rows.Scan(append(append([]any{&first, &last}, fields(&c)...), &n)...); err != nil {
			return nil, err
		}
		for day := first; day <= last; day++ {
			switch {
			case q.Has(measure.ByDay):
				c.Period = day
			case q.Has(measure.ByWeek):
				c.Period = max(day.Week(), q.From)
			case q.Has(measure.ByMonth):
				c.Period = max(day.Month().First(), q.From)
			}
			sums[c] += n
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	out := make([]measure.Cell, 0, len(sums))
	for c, n := range sums {
		c.Days = n
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b measure.Cell) int { return compare(q.By, a, b) })
	return out, nil
}

// Spells gives the waits that have delayed days, or an end, from q.From to
// q.To, by what was recorded last of them, of their leaving too.
func (s *Store) Spells(ctx context.Context, q measure.Query) ([]measure.Spell, error) {
	text, args := s.waits(q)
	is := besides(q.Filter, leavingAs)
	columns, fields := cellColumns(q, leavingAs)
	args = append(args, delay.Open, q.From-1)
	args = append(args, is.args...)
	rows, err := s.read.QueryContext(ctx, text+`
		SELECT began, last_day, counted, end_kind = ?`+list(columns)+`, count(*)
		FROM s
		WHERE next_first IS NULL AND last_day >= ? AND `+is.String()+`
		GROUP BY `+firstColumns(4+len(columns)), args...)
	if err != nil {
		return nil, fmt.Errorf("lengths: %w", err)
	}
	defer rows.Close()
	var out []measure.Spell
	for rows.Next() {
		var one measure.Spell
		if err := rows.Scan(append(append([]any{&one.First, &one.Last, &one.Delayed, &one.Open}, fields(&one.Cell)...), &one.People)...); err !=
			nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// firstColumns names so many columns of a query by their places, to group by.
func firstColumns(n int) string {
	places := make([]string, n)
	for i := range places {
		places[i] = strconv.Itoa(i + 1)
	}
	return strings.Join(places, ", ")
}
