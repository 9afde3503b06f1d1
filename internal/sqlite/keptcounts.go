package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// keptCounts keeps the delayed days of every month, so that a write costs its readers
// what was read of the providers that it concerned, not a walk over all rows of the
// table for each question of a page.
type keptCounts struct {
	at int64 // the turn
	// turn is held by whoever reads; it guards all else but the table of before.
	turn  chan struct{}
	mu    sync.Mutex
	table *countTable // guarded by mu
	// never says that there are too many, or that they cannot be packed.
	never bool
	// most is how many rows are kept.
	most int
}

// keptRows bounds the rows that are kept, some 80 bytes each: a year of England's has
// 59,000.
const keptRows = 400_000

func newKeptCounts() *keptCounts { return &keptCounts{turn: make(chan struct{}, 1), most: keptRows} }

// goOn takes over what was kept at a turn before.
func (k *keptCounts) goOn(before *keptCounts) {
	before.mu.Lock()
	defer before.mu.Unlock()
	k.table, k.never, k.most = before.table, before.never, before.most
}

// countTable is all that is counted, by provider, as of a turn. It never changes.
type countTable struct {
	asOf int64
	// keys is what days are counted by, beside provider and month.
	keys *cellKeys
	// rows are those of each provider, in the order of the months.
	rows map[int64][]countRow
	n    int
	// codes names the providers.
	codes map[int64]string
}

// countRow is one row of month_count.
type countRow struct {
	month delay.Month
	key   int32
	total int32
	days  [31]uint16
}

// counts gives everything that is counted, nil where it is not kept: it is asked of no
// snapshot, or is too much.
func (s *Store) counts(ctx context.Context) (*countTable, error) {
	if s.sharing == nil {
		return nil, nil
	}
	kept := s.sharing.counts
	select {
	case kept.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-kept.turn }()
	kept.mu.Lock()
	table, never := kept.table, kept.never
	kept.mu.Unlock()
	if never || table != nil && table.asOf == kept.at {
		return table, nil
	}
	tx, end, err := s.atOnce(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	now := &countTable{asOf: kept.at, keys: newCellKeys(), rows: map[int64][]countRow{}}
	var again []int64 // nil for all
	if table != nil {
		ids, err := changed(ctx, tx, table.asOf)
		if err != nil {
			return nil, err
		}
		if len(ids) <= manyChanged {
			again = append(make([]int64, 0, len(ids)), ids...)
			now.keys, now.rows, now.n = table.keys.clone(), maps.Clone(table.rows), table.n
			for _, id := range again {
				now.n -= len(now.rows[id])
				delete(now.rows, id)
			}
		}
	}
	packed, err := now.read(ctx, tx, again, kept.most)
	if err != nil {
		return nil, err
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if !packed {
		now, kept.never = nil, true
	}
	kept.table = now
	return now, nil
}

// read reads the rows of providers, nil for all, and says whether they can be kept.
func (t *countTable) read(ctx context.Context, tx *sql.Tx, providers []int64, most int) (bool, error) {
	places, err := readPlaces(ctx, tx)
	if err != nil {
		return false, err
	}
	t.codes = make(map[int64]string, len(places))
	for id, p := range places {
		t.codes[id] = p.code
	}
	if providers != nil && len(providers) == 0 {
		return true, nil
	}
	if providers == nil {
		// To walk over rows is much less than to read them and let them go.
		var more bool
		err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM month_count LIMIT 1 OFFSET ?)`, most).Scan(&more)
		if err != nil || more {
			return false, err
		}
	}
	var w where
	w.add("true")
	in(&w, "provider_id", providers, func(id int64) any { return id })
	// Each column of a row costs as much as finding the row, so five days stand in a
	// number; what does not fit is found by its sum.
	var days strings.Builder
	for day := 1; day <= 31; day++ {
		switch {
		case day%5 != 1:
			fmt.Fprintf(&days, " | (%s << %d)", dayColumn(day), (day-1)%5*12)
		default:
			days.WriteString(", " + dayColumn(day))
		}
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT (provider_id << 32) | month, (days << 24) | (care << 16) | (body << 8) | state,
			council || char(9) || reason || char(9) || pathway`+days.String()+`
		FROM month_count
		WHERE `+w.String()+`
		ORDER BY month, provider_id`, w.args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	type words struct {
		kinds int64
		text  string
	}
	known := map[words]int32{}
	for rows.Next() {
		var where, kinds int64
		var text string
		var packed [7]int64
		into := []any{&where, &kinds, &text}
		for i := range packed {
			into = append(into, &packed[i])
		}
		if err := rows.Scan(into...); err != nil {
			return false, err
		}
		as := words{kinds & 0xffffff, text}
		key, ok := known[as]
		if !ok {
			said := strings.Split(text, "\t")
			key = t.keys.number(measure.Cell{Council: delay.Council(said[0]), Reason: delay.Reason(said[1]), Pathway: delay.Pathway(said[2]),
				Care: delay.CareType(kinds >> 16 & 0xff), Body: delay.Body(kinds >> 8 & 0xff), State: agreement.State(kinds & 0xff)})
			known[as] = key
		}
		row := countRow{month: delay.Month(int32(where)), key: key, total: int32(kinds >> 24)}
		sum := int32(0)
		for i := range row.days {
			n := packed[i/5] >> (i % 5 * 12) & 0xfff
			row.days[i] = uint16(n)
			sum += int32(n)
		}
		if t.n++; sum != row.total || t.n > most {
			return false, nil
		}
		t.rows[where>>32] = append(t.rows[where>>32], row)
	}
	return true, rows.Err()
}

// cells gives the cells of a query that are not zero, as the table of months has them.
func (t *countTable) cells(q measure.Query) []measure.Cell {
	sum := &cellSum{grouping: newGrouping(q), keys: t.keys, q: q, periods: newPeriods(q), out: []measure.Cell{}}
	at, byProvider := set(q.Filter.Providers), q.Has(measure.ByProvider)
	for provider, rows := range t.rows {
		if !among(at, t.codes[provider]) {
			continue
		}
		for i := range rows {
			sum.take(&rows[i])
		}
		if byProvider {
			sum.give(t.codes[provider])
		}
	}
	if !byProvider {
		sum.give("")
	}
	slices.SortFunc(sum.out, func(a, b measure.Cell) int { return compare(q.By, a, b) })
	return sum.out
}

// cellSum sums rows by what a query asks for.
type cellSum struct {
	*grouping
	keys    *cellKeys
	q       measure.Query
	periods *periods
	rows    [][]*countRow // by group
	sums    []int64
	out     []measure.Cell
}

// take notes a row for its group.
func (s *cellSum) take(r *countRow) {
	if r.month.Last() < s.q.From || r.month.First() > s.q.To {
		return
	}
	of := s.at(s.keys, r.key)
	if !of.asked {
		return
	}
	if n := len(s.groups) - len(s.rows); n > 0 {
		s.rows = append(s.rows, make([][]*countRow, n)...)
	}
	s.rows[of.group] = append(s.rows[of.group], r)
}

// give gives the cells of the rows taken since it was last called.
func (s *cellSum) give(provider string) {
	s.sums = slices.Grow(s.sums[:0], len(s.periods.first))[:len(s.periods.first)]
	for group, rows := range s.rows {
		if len(rows) == 0 {
			continue
		}
		clear(s.sums)
		for _, r := range rows {
			s.periods.add(r, s.sums)
		}
		s.rows[group] = rows[:0]
		for i, n := range s.sums {
			if n != 0 {
				cell := s.cell(int32(group), provider)
				cell.Period, cell.Days = s.periods.first[i], n
				s.out = append(s.out, cell)
			}
		}
	}
}

// periods are the days, weeks or months of a query, or its whole.
type periods struct {
	q measure.Query
	// first are their first days, cut to the query's, 0 for its whole, and of says in
	// which of them each day is.
	first []delay.Day
	of    []int32
}

func newPeriods(q measure.Query) *periods {
	p := &periods{q: q, of: make([]int32, max(0, q.To-q.From+1))}
	for day := q.From; day <= q.To; day++ {
		first := delay.Day(0)
		switch {
		case q.Has(measure.ByDay):
			first = day
		case q.Has(measure.ByWeek):
			first = max(day.Week(), q.From)
		case q.Has(measure.ByMonth):
			first = max(day.Month().First(), q.From)
		}
		if n := len(p.first); n == 0 || p.first[n-1] != first {
			p.first = append(p.first, first)
		}
		p.of[day-q.From] = int32(len(p.first) - 1)
	}
	return p
}

// add adds the days of a row, of a month that the query has days of, to the sums of the
// periods.
func (p *periods) add(r *countRow, sums []int64) {
	first, last := r.month.First(), r.month.Last()
	if p.q.From <= first && last <= p.q.To && p.of[first-p.q.From] == p.of[last-p.q.From] {
		sums[p.of[first-p.q.From]] += int64(r.total)
		return
	}
	for day := max(first, p.q.From); day <= min(last, p.q.To); day++ {
		if n := r.days[day-first]; n != 0 {
			sums[p.of[day-p.q.From]] += int64(n)
		}
	}
}
