package sqlite

import (
	"context"
	"math"
	"time"

	"homeward/internal/delay"
)

// FirstReceived gives when the first extract arrived, zero when none has.
func (s *Store) FirstReceived(ctx context.Context) (time.Time, error) {
	var at int64
	err := s.read.QueryRowContext(ctx, `SELECT coalesce(min(received_at), 0) FROM file`).Scan(&at)
	return moment(at), err
}

// Learnt gives when the latest of what figures are made from became known:
// extracts, what people entered, answered, accepted, said of who is one person
// and agreed of the rules, the days up to which the log is evidence (C17), and
// the notes on the charts. Looking back to it shows what is shown now. It is zero
// when there is nothing.
func (s *Store) Learnt(ctx context.Context) (at time.Time, err error) {
	var micro int64
	err = s.read.QueryRowContext(ctx, `
		SELECT max(
			(SELECT coalesce(max(received_at), 0) FROM file),
			(SELECT coalesce(max(accepted_at), 0) FROM acceptance),
			(SELECT coalesce(max(made_at), 0) FROM log_entry),
			(SELECT coalesce(max(made_at), 0) FROM agreement_event),
			(SELECT coalesce(max(made_at), 0) FROM person_verdict),
			(SELECT coalesce(max(made_at), 0) FROM rule_answer),
			(SELECT coalesce(max(linked_from), 0) FROM derived_with),
			-- 0 stands for the beginning of the day itself.
			(SELECT coalesce(max(iif(reached_at = 0, (log_day - 2440588) * 86400000000, reached_at)), 0) FROM log_reach),
			(SELECT coalesce(max(max(made_at, withdrawn_at)), 0) FROM annotation))`).Scan(&micro)
	return moment(micro), err
}

// AnsweredDays are days of one provider of which people have said something.
type AnsweredDays struct {
	Provider    string
	First, Last delay.Day
}

// AnswersSince counts what people have entered, answered and accepted after a
// moment, and gives the days of which the answers and entries speak: of an
// answer those of its segment, of an entry its day and all after it. That a
// patient was checked on changes no day.
func (s *Store) AnswersSince(ctx context.Context, at time.Time) (n int64, days []AnsweredDays, err error) {
	if err := s.read.QueryRowContext(ctx, `
		SELECT
			(SELECT count(*) FROM log_entry WHERE made_at > ?1)
			+ (SELECT count(*) FROM agreement_event WHERE made_at > ?1)
			+ (SELECT count(*) FROM acceptance WHERE accepted_at > ?1)`, at.UnixMicro()).Scan(&n); err != nil {
		return 0, nil, err
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT DISTINCT v.code, a.first_day, a.last_day
		FROM agreement_event a
		JOIN patient p ON p.patient_id = a.patient_id
		JOIN provider v ON v.provider_id = p.provider_id
		WHERE a.made_at > ?1
		UNION
		SELECT v.code, min(l.day), ?2
		FROM log_entry l
		JOIN provider v ON v.provider_id = l.provider_id
		WHERE l.made_at > ?1 AND l.kind <> 2
		GROUP BY v.code
		ORDER BY 1, 2, 3`, at.UnixMicro(), math.MaxInt32)
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var d AnsweredDays
		if err := rows.Scan(&d.Provider, &d.First, &d.Last); err != nil {
			return 0, nil, err
		}
		days = append(days, d)
	}
	return n, days, rows.Err()
}
