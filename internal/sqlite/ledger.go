package sqlite

import (
	"context"
	"database/sql"

	"homeward/internal/delay"
	"homeward/internal/national"
)

// LedgerState names what StayRows and Waits give: while it is the same, so are
// they.
func (s *Store) LedgerState(ctx context.Context) (string, error) {
	var state string
	err := s.read.QueryRowContext(ctx, `
		SELECT (SELECT at FROM moment)
			|| ' ' || (SELECT count(*) || ' ' || coalesce(sum(counted_extract), 0) FROM standing)
			|| ' ' || (SELECT count(*) || ' ' || coalesce(max(entry_id), 0) FROM log_entry)
			|| ' ' || (SELECT count(*) FROM person_verdict)
			|| ' ' || (SELECT coalesce(max(log_day), 0) FROM derived_with)`).Scan(&state)
	return state, err
}

// Waits gives the delays of the providers that state no stays, each as a stay
// of one ready period: from the ready date to the day on which the wait ended,
// zero while it lasts. A period counts from the provider's first day, as the
// local count does (C9), and up to the last that it is listed (C2).
func (s *Store) Waits(ctx context.Context) ([]national.Stay, map[string]delay.Calendar, error) {
	var out []national.Stay
	days := map[string]delay.Calendar{}
	err := eachRow(ctx, s.read, `
		SELECT v.code, d.extract_date
		FROM standing d
		JOIN provider v ON v.provider_id = d.provider_id
		WHERE d.counted_extract <> 0
			AND d.provider_id NOT IN (SELECT e.provider_id FROM stay y JOIN extract e ON e.extract_id = y.extract_id)
		ORDER BY d.provider_id, d.extract_date`, func(rows *sql.Rows) error {
		var provider string
		var day delay.Day
		err := rows.Scan(&provider, &day)
		days[provider] = append(days[provider], day)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	err = eachRow(ctx, s.read, `
		SELECT v.code, p.reference, d.ready_date, d.end_date, d.listed_first, d.last_day
		FROM delay d
		JOIN patient p ON p.patient_id = d.patient_id
		JOIN provider v ON v.provider_id = d.provider_id
		WHERE d.provider_id NOT IN (SELECT e.provider_id FROM stay y JOIN extract e ON e.extract_id = y.extract_id)
		ORDER BY v.code, p.reference, d.ready_date, d.listed_first`, func(rows *sql.Rows) error {
		one := national.Stay{AgeAt: -1}
		p := national.Period{Age: -1}
		var last delay.Day
		if err := rows.Scan(&one.Provider, &one.Person, &p.Ready, &p.End, &p.Listed, &last); err != nil {
			return err
		}
		if on := days[one.Provider]; len(on) > 0 {
			p.From = on[0]
		}
		if one.Out = p.End; p.End != 0 {
			one.How = national.Alive
		} else {
			p.To = max(last, p.Listed)
		}
		p.Steps = []national.Step{{From: p.Ready}}
		one.Periods = []national.Period{p}
		out = append(out, one)
		return nil
	})
	return out, days, err
}
