package sqlite

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/delay"
)

// cellKey is what delayed days are counted by, beside day and provider.
type cellKey struct {
	givenRow
	state   agreement.State
	pathway delay.Pathway
}

type monthCell struct {
	month delay.Month
	cell  int32
}

// count adds the days of a course's segments to the counts, or takes them off.
// A segment counts under the body that it stands with.
func (d *derivation) count(c *course, sign int32) {
	for _, s := range c.segments {
		if len(c.ways) == 0 {
			d.countDays(s, s.first, s.last, delay.PathwayNotStated, sign)
			continue
		}
		for _, w := range c.parted(s) {
			d.countDays(s, w.First, w.Last, w.Pathway, sign)
		}
	}
}

func (d *derivation) countDays(s segmentRow, from, to delay.Day, pathway delay.Pathway, sign int32) {
	key := cellKey{s.givenRow, s.standing.State, pathway}
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
	for day := from; day <= to; {
		month := day.Month()
		first := month.First()
		last := min(to, month.Last())
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
	columns := []string{"month", "provider_id", "council", "care", "reason", "body", "state", "pathway", "days"}
	var tail strings.Builder
	tail.WriteString(" ON CONFLICT DO UPDATE SET days = days + excluded.days")
	for i := 1; i <= 31; i++ {
		columns = append(columns, dayColumn(i))
		fmt.Fprintf(&tail, ", %[1]s = %[1]s + excluded.%[1]s", dayColumn(i))
	}
	insert := newBulk(d.ctx, d.tx, "month_count", columns, tail.String())
	args := make([]any, 0, len(columns))
	for _, key := range keys {
		cell, days := d.cellKeys[key.cell], d.counts[key]
		args = append(args[:0], int64(key.month), d.provider, string(cell.council), int64(cell.care), string(cell.reason), int64(cell.body),
			int64(cell.state), string(cell.pathway))
		for _, n := range days {
			args = append(args, int64(n))
		}
		if d.daysChanged == nil {
			d.daysChanged = map[changedKey]int64{}
		}
		d.daysChanged[changedKey{key.month, cell.council, cell.body}] += int64(days[0])
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
