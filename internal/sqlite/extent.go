package sqlite

import (
	"context"
	"database/sql"

	"homeward/internal/delay"
)

// Extent gives the first and the last extract date for which figures are held,
// both zero when there are none. Of a provider that is run from the log these
// are the first ready day and the day up to which the log is evidence (C17). It
// looks at the ends of each provider's days only: every page asks for it.
func (s *Store) Extent(ctx context.Context) (first, last delay.Day, err error) {
	add := func(from, to delay.Day) {
		if first == 0 || from < first {
			first = from
		}
		last = max(last, to)
	}
	const end = `(
			SELECT extract_date
			FROM standing s
			WHERE s.provider_id = v.provider_id AND s.counted_extract <> 0
			ORDER BY extract_date `
	fromLog := map[int64]delay.Day{}
	if err := eachRow(ctx, s.read, `
		SELECT v.provider_id, coalesce(`+end+`LIMIT 1), 0), coalesce(`+end+`DESC LIMIT 1), 0), coalesce((SELECT log_day FROM derived_with), 0)
		FROM provider v`, func(rows *sql.Rows) error {
		var provider int64
		var from, to, logDay delay.Day
		err := rows.Scan(&provider, &from, &to, &logDay)
		switch {
		case to != 0:
			add(from, to)
		case logDay != 0:
			fromLog[provider] = logDay
		}
		return err
	}); err != nil {
		return 0, 0, err
	}
	for provider, logDay := range fromLog {
		var ready delay.Day
		err := s.read.QueryRowContext(ctx, `SELECT coalesce(min(ready_date), 0) FROM delay WHERE provider_id = ?`, provider).Scan(&ready)
		if err != nil {
			return 0, 0, err
		}
		if ready != 0 && ready <= logDay {
			add(ready, logDay)
		}
	}
	return first, last, nil
}
