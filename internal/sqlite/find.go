package sqlite

import (
	"context"
	"fmt"

	"homeward/internal/casework"
	"homeward/internal/people"
)

// FindPlace gives the people whom the scope reaches and who wait now in a ward
// or bed whose name is, or begins with, the text, in whatever case it was
// typed, by ward and bed, at most limit.
func (s *Store) FindPlace(ctx context.Context, scope people.Scope, text string, limit int) ([]casework.Found, error) {
	var w where
	w.scoped(scope, "d.provider_id", "coalesce(t.council, g.council)")
	current, currentArgs := latest(scope)
	w.add(current, currentArgs...)
	w.add("(substr(pl.ward, 1, length(?)) = ? COLLATE NOCASE OR substr(pl.bed, 1, length(?)) = ? COLLATE NOCASE)", text, text, text, text)
	rows, err := s.read.QueryContext(ctx, `
		SELECT p.reference, v.code, pl.ward, pl.bed, d.ready_date, coalesce(t.reason, g.reason)
		FROM provider v
		JOIN delay d ON d.provider_id = v.provider_id AND d.end_kind = 0
			AND d.listed_last = coalesce((SELECT max(extract_date) FROM standing s WHERE s.provider_id = v.provider_id AND s.counted_extract <> 0),
				(SELECT log_day FROM derived_with), 0)
		JOIN patient p ON p.patient_id = d.patient_id
		JOIN statement st ON st.statement_id = d.statement_id
		JOIN given g ON g.given_id = st.given_id
		JOIN place pl ON pl.place_id = st.place_id
		LEFT JOIN segment t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first AND t.last_day = d.last_day
		WHERE `+w.String()+`
		ORDER BY v.code, pl.ward, pl.bed, p.reference
		LIMIT ?`, append(w.args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("finding by ward: %w", err)
	}
	defer rows.Close()
	var out []casework.Found
	for rows.Next() {
		var f casework.Found
		if err := rows.Scan(&f.Reference, &f.Provider, &f.Ward, &f.Bed, &f.Ready, &f.Reason); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}
