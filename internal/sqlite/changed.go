package sqlite

import (
	"cmp"
	"maps"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/ingest"
)

// changedKey is by what the days that a file changed are told apart, beside their
// provider.
type changedKey struct {
	month   delay.Month
	council delay.Council
	body    delay.Body
}

// changedDelays compares a patient's delays before and after. A delay is the same
// by its first listing; one that is listed from another day on has moved.
func changedDelays(before, after []delayRow) (c ingest.DelaysChanged) {
	was := map[delay.Day]delayRow{}
	for _, d := range before {
		was[d.listedFirst] = d
	}
	for _, d := range after {
		old, known := was[d.listedFirst]
		delete(was, d.listedFirst)
		switch {
		case !known:
			c.Started++
			if d.endKind != delay.Open {
				c.Ended++
			}
		case old.endKind == delay.Open && d.endKind != delay.Open && old.ready == d.ready:
			c.Ended++
		case old.ready != d.ready || old.endKind != delay.Open && (old.end != d.end || d.endKind == delay.Open):
			c.Moved++
		}
	}
	c.Gone = len(was)
	again := min(c.Started, c.Gone)
	c.Started, c.Gone, c.Moved = c.Started-again, c.Gone-again, c.Moved+again
	return c
}

// changedOnce joins lines of one place: those of a file of several providers can
// change the same days one after the other.
func changedOnce(lines []ingest.ChangedDays) []ingest.ChangedDays {
	type key struct{ month, provider, council, body string }
	at := map[key]int{}
	var out []ingest.ChangedDays
	for _, l := range lines {
		k := key{l.Month, l.Provider, l.Council, l.Responsible}
		if i, known := at[k]; known {
			out[i].After = l.After
			continue
		}
		at[k] = len(out)
		out = append(out, l)
	}
	out = slices.DeleteFunc(out, func(l ingest.ChangedDays) bool { return l.Before == l.After })
	slices.SortStableFunc(out, func(a, b ingest.ChangedDays) int { return cmp.Compare(a.Month, b.Month) })
	return out
}

// changes gives what the derivation changed, at other providers too (C19).
func (t *taking) changes(d *derivation) (out ingest.DelaysChanged, days []ingest.ChangedDays, err error) {
	all := []*derivation{d}
	for _, provider := range slices.Sorted(maps.Keys(d.others)) {
		all = append(all, d.others[provider])
	}
	for _, one := range all {
		out.Add(one.delaysChanged)
		lines, err := one.changedDays()
		if err != nil {
			return out, nil, err
		}
		days = append(days, lines...)
	}
	return out, days, nil
}

// changedDays gives the delayed days of the provider that differ, with what stands
// now.
func (d *derivation) changedDays() (out []ingest.ChangedDays, err error) {
	keys := slices.SortedFunc(maps.Keys(d.daysChanged), func(a, b changedKey) int {
		return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.council, b.council), cmp.Compare(a.body, b.body))
	})
	keys = slices.DeleteFunc(keys, func(k changedKey) bool { return d.daysChanged[k] == 0 })
	if len(keys) == 0 {
		return nil, nil
	}
	code, err := d.code()
	if err != nil {
		return nil, err
	}
	now, err := d.stmt(`
		SELECT coalesce(sum(days), 0) FROM month_count WHERE month = ? AND provider_id = ? AND council = ? AND body = ?`)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		line := ingest.ChangedDays{Month: k.month.String(), Provider: code, Council: cmp.Or(string(k.council), "not known"),
			Responsible: k.body.String()}
		if err := now.QueryRowContext(d.ctx, int64(k.month), d.provider, string(k.council), int64(k.body)).Scan(&line.After); err != nil {
			return nil, err
		}
		line.Before = line.After - d.daysChanged[k]
		out = append(out, line)
	}
	return out, nil
}
